//! Looks into Python sources: imports, module-level objects, factories, ports, environment variables, signal handlers.
//!
//! Nothing here knows a framework. Callees come back resolved through the imports (`flask.Flask`), and the catalog knows
//! which of them is an application.

mod definitions;
mod environment;
mod imports;
mod listening;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Range;

use super::Pattern;
use super::mask::{Masked, PYTHON};
pub use definitions::{Assignment, Function};
pub use environment::Variable;
use imports::{Import, aliases, read as read_imports};
pub use listening::{Listener, Number};

/// A call with the string that its arguments begin with, also inside of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call<'a> {
    /// The callee, resolved through the imports.
    pub callee: String,
    /// The string.
    pub text: Option<&'a str>,
    /// `shell=True` is among the arguments.
    pub shell: bool,
    /// The line that shows it.
    pub quote: &'a str,
}

/// A Python source, masked, with its imports resolved. What is asked for more than once is kept.
#[derive(Debug)]
pub struct Module<'a> {
    masked: Masked<'a>,
    imports: Vec<Import>,
    /// The last import that binds a name, by its place in `imports`.
    bound: HashMap<String, usize>,
    brackets: OnceCell<Vec<Bracket>>,
    constants: OnceCell<HashMap<String, usize>>,
    calls: OnceCell<Vec<Site>>,
    functions: OnceCell<Vec<Function>>,
    makers: OnceCell<HashMap<String, Vec<String>>>,
    listeners: OnceCell<Vec<Listener>>,
    option_port: OnceCell<Option<Number>>,
}

/// Where a call stands: its name, and what is behind its opening bracket.
#[derive(Debug)]
struct Site {
    name: Range<usize>,
    inside: usize,
}

/// A bracket's place, and where the brackets close that are open behind it.
#[derive(Debug)]
struct Bracket {
    at: usize,
    closed: Option<usize>,
}

/// How long the arguments of a call may be that is understood, in bytes: calls stand inside of each other, and each is read.
const ARGUMENTS: usize = 2_000;

/// How many texts are looked at for the statement that they stand in.
const SAID: usize = 40;

/// How many texts are joined to a path, at most.
const JOINED: usize = 8;

/// How long a list may be that a keyword names, in bytes.
const LIST: usize = 20_000;

static PLAIN_IMPORT: Pattern = Pattern::new(r"(?m)^(?:from[ \t]+(\w[.\w]*)[ \t]+import\b|import[ \t]+([^\n]+))");
static CONSTANT: Pattern = Pattern::new(r"(?m)^[ \t]*([A-Za-z_]\w*)[ \t]*(?::[^=\n]+)?=[ \t]*");
static CALL: Pattern = Pattern::new(r"([A-Za-z_][\w.]*)[ \t]*\(");
static WORD_EQUALS: Pattern = Pattern::new(r"\b([A-Za-z_]\w*)[ \t]*=[ \t]*");

impl<'a> Module<'a> {
    /// Masks a source and reads its imports.
    pub fn new(text: &'a str) -> Self {
        let masked = Masked::new(text, &PYTHON);
        let imports = read_imports(masked.code());
        let bound = imports.iter().enumerate().map(|(at, import)| (import.bound.clone(), at)).collect();
        Module {
            masked,
            imports,
            bound,
            brackets: OnceCell::new(),
            constants: OnceCell::new(),
            calls: OnceCell::new(),
            functions: OnceCell::new(),
            makers: OnceCell::new(),
            listeners: OnceCell::new(),
            option_port: OnceCell::new(),
        }
    }

    /// Top-level names of the modules that are imported anywhere: `flask`, `google`; relative ones are left out.
    pub fn imported(&self) -> Vec<&str> {
        let tops = self.imports.iter().filter_map(|import| import.target.split('.').next());
        let mut tops: Vec<_> = tops.filter(|top| !top.is_empty()).collect();
        tops.sort_unstable();
        tops.dedup();
        tops
    }

    /// Dotted names of what is imported whenever the module is loaded, relative ones with their dots, and the lines that do.
    pub fn loads(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.imports.iter().filter_map(|import| Some((import.target.as_str(), self.masked.line(import.plain?))))
    }

    /// The modules of which all names are imported.
    pub fn stars(&self) -> impl Iterator<Item = &str> {
        self.imports.iter().filter_map(|import| import.target.strip_suffix(".*"))
    }

    /// The first line that imports one of these modules (by their top-level names) outside of any block.
    pub fn plain_import(&self, names: &[String]) -> Option<&'a str> {
        let found = PLAIN_IMPORT.captures_iter(self.masked.code());
        found
            .filter_map(|found| {
                let modules = found.get(1).or(found.get(2))?;
                let tops = aliases(modules.as_str()).into_iter().filter_map(|(name, _)| name.split('.').next());
                let wanted = tops.into_iter().any(|top| names.iter().any(|name| name == top));
                wanted.then(|| self.masked.line(modules.start()))
            })
            .next()
    }

    /// Whether one of these words stands anywhere in the text: quicker than to look into it.
    pub fn says_one_of(&self, words: &[&str]) -> bool {
        let text = self.masked.original(0..self.masked.code().len()).as_bytes();
        words.iter().any(|word| memchr::memmem::find(text, word.as_bytes()).is_some())
    }

    /// What an imported name stands for: `.factory.create_app`.
    fn imported_as(&self, name: &str) -> Option<&str> {
        self.bound.get(name).and_then(|at| self.imports.get(*at)).map(|import| import.target.as_str())
    }

    /// The text of a constant such as `WSGI_APPLICATION = "site.wsgi.application"`, wherever it is assigned.
    pub fn text_constant(&self, name: &str) -> Option<&'a str> {
        self.constant(name).and_then(|at| self.masked.string_at(at))
    }

    /// Whether a variable is assigned anywhere, also inside a block or a class.
    pub fn assigns(&self, name: &str) -> bool {
        self.constant(name).is_some()
    }

    /// Contents of all string literals.
    pub fn strings(&self) -> impl Iterator<Item = &'a str> {
        self.masked.strings()
    }

    /// Whether a text that begins like this stands in a statement that always runs: none below an `if` or the like.
    pub fn says_always(&self, beginning: &str) -> bool {
        let statement = |at: usize| {
            let head = self.masked.code().get(..at).unwrap_or_default();
            head.lines().rev().find(|line| line.starts_with(|c: char| c.is_ascii_alphabetic())).unwrap_or_default()
        };
        let is_conditional =
            |at: usize| ["if ", "elif ", "else", "try", "except"].iter().any(|word| statement(at).starts_with(word));
        let mut said = self.masked.literals().filter(|(_, text)| text.starts_with(beginning)).take(SAID);
        said.any(|(at, _)| !is_conditional(at))
    }

    /// String literals, each with those that it is joined to: `BASE / "data" / "x.db"`, `join(BASE, "data", "x.db")`. None where it
    /// is joined to nothing.
    pub fn joined_texts(&self) -> Vec<(Vec<&'a str>, &'a str)> {
        let (mut found, mut before, mut last) = (Vec::new(), None::<Vec<&str>>, 0);
        let mut mark = '/';
        for (at, text) in self.masked.literals() {
            let between = self.masked.code().get(last..at).unwrap_or_default();
            let joint = between.trim_matches(['"', '\'', ' ', '\n']);
            if joint.len() != 1 || !joint.starts_with(mark) || before.is_none() {
                mark = if between.contains("join(") { ',' } else { '/' };
                let is_joined = between.trim_end_matches(['"', '\'', ' ']).ends_with(mark);
                before = is_joined.then(Vec::new);
            }
            found.extend(before.clone().map(|before| (before, text)));
            if let Some(before) = &mut before {
                before.push(text);
            }
            before = before.filter(|before| before.len() < JOINED);
            last = at + text.len();
        }
        found
    }

    /// Calls of what is wanted, by its name resolved through the imports, each with its first string where one stands there.
    pub fn calls_with_text(&self, wanted: impl Fn(&str) -> bool) -> Vec<Call<'a>> {
        let call = |site: &Site| {
            let callee = Some(self.resolve(self.code(&site.name))).filter(|callee| wanted(callee))?;
            let arguments = self.arguments(site.inside);
            let skipped = self.code(&arguments).find(|c: char| !(c.is_whitespace() || "[(".contains(c)))?;
            Some(Call {
                callee,
                text: self.masked.string_at(arguments.start + skipped),
                shell: self.code(&arguments).replace(' ', "").contains("shell=True"),
                quote: self.masked.line(site.name.start),
            })
        };
        self.sites().iter().filter_map(call).collect()
    }

    /// The strings behind a keyword argument of any call: `name="x"`, `install_requires=["a", "b"]`.
    pub fn keyword_texts(&self, name: &str) -> Vec<&'a str> {
        let found = WORD_EQUALS
            .captures_iter(self.masked.code())
            .find(|found| found.get(1).is_some_and(|word| word.as_str() == name));
        let Some(at) = found.and_then(|found| found.get(0)).map(|all| all.end()) else { return Vec::new() };
        match self.masked.code().get(at..).is_some_and(|tail| tail.starts_with(['[', '('])) {
            true => self
                .split(self.balanced(at + 1, LIST))
                .into_iter()
                .filter_map(|part| self.masked.string_at(part.start))
                .collect(),
            false => self.masked.string_at(at).into_iter().collect(),
        }
    }

    /// The lists of texts in a map behind a keyword argument of any call, with their keys: `extras_require={"api": ["x"]}`.
    pub fn keyword_lists(&self, name: &str) -> Vec<(&'a str, Vec<&'a str>)> {
        let found = WORD_EQUALS
            .captures_iter(self.masked.code())
            .find(|found| found.get(1).is_some_and(|it| it.as_str() == name));
        let Some(at) = found.and_then(|found| found.get(0)).map(|all| all.end()) else { return Vec::new() };
        if !self.masked.code().get(at..).is_some_and(|tail| tail.starts_with('{')) {
            return Vec::new();
        }
        let text = |part: &Range<usize>| self.masked.string_at(part.start + self.leading(part));
        let list = |part: Range<usize>| {
            let open = part.start + self.code(&part).find('[')?;
            let items = self.split(self.balanced(open + 1, LIST));
            Some((text(&part)?, items.iter().filter_map(text).collect()))
        };
        self.split(self.balanced(at + 1, LIST)).into_iter().filter_map(list).collect()
    }

    /// Blanks before a part.
    fn leading(&self, part: &Range<usize>) -> usize {
        let code = self.code(part);
        code.len() - code.trim_start().len()
    }

    /// Whether a relative import stands in it, so that it must be imported as part of its package.
    pub fn imports_relatively(&self) -> bool {
        self.imports.iter().any(|import| import.target.starts_with('.'))
    }

    /// Dotted names of the modules that are imported, relative ones with their dots.
    pub fn import_targets(&self) -> impl Iterator<Item = &str> {
        self.imports.iter().map(|import| import.target.as_str())
    }

    /// The first line that matches a literal text, for evidence.
    pub fn quote(&self, text: &str) -> &'a str {
        self.masked.code().find(text).map(|at| self.masked.line(at)).unwrap_or_default()
    }

    fn code(&self, range: &Range<usize>) -> &str {
        self.masked.code().get(range.clone()).unwrap_or_default()
    }

    /// Where the value begins that a name is first given.
    fn constant(&self, name: &str) -> Option<usize> {
        let constants = self.constants.get_or_init(|| {
            let mut constants = HashMap::new();
            for found in CONSTANT.captures_iter(self.masked.code()) {
                let (Some(all), Some(name)) = (found.get(0), found.get(1)) else { continue };
                constants.entry(name.as_str().to_owned()).or_insert(all.end());
            }
            constants
        });
        constants.get(name).copied()
    }

    fn resolve(&self, callee: &str) -> String {
        let (head, tail) = callee.split_once('.').map_or((callee, None), |(head, tail)| (head, Some(tail)));
        let target = self.imported_as(head).unwrap_or(head);
        tail.map_or_else(|| target.to_owned(), |tail| format!("{target}.{tail}"))
    }

    /// All calls, in order.
    fn sites(&self) -> &[Site] {
        self.calls.get_or_init(|| {
            let found = CALL.captures_iter(self.masked.code());
            found.filter_map(|found| Some(Site { name: found.get(1)?.range(), inside: found.get(0)?.end() })).collect()
        })
    }

    /// What is called in a part of the module, resolved through the imports.
    fn calls(&self, body: Range<usize>) -> Vec<String> {
        let sites = self.sites();
        let first = sites.partition_point(|site| site.name.start < body.start);
        let inside = sites.iter().skip(first).take_while(|site| site.inside <= body.end);
        inside.map(|site| self.resolve(self.code(&site.name))).collect()
    }

    /// The arguments of a call, from behind its opening bracket.
    fn arguments(&self, start: usize) -> Range<usize> {
        self.balanced(start, ARGUMENTS)
    }

    /// From behind an opening bracket to its closing one; empty where that is farther away than `most`.
    fn balanced(&self, start: usize, most: usize) -> Range<usize> {
        let brackets = self.brackets.get_or_init(|| brackets(self.masked.code()));
        let before = brackets.partition_point(|bracket| bracket.at < start);
        let closed = before.checked_sub(1).and_then(|last| brackets.get(last)?.closed);
        start..closed.filter(|end| (start..start + most).contains(end)).unwrap_or(start)
    }

    /// Splits arguments at the commas of the outermost level; empty ones are left out.
    fn split(&self, arguments: Range<usize>) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        let (mut depth, mut start) = (0usize, arguments.start);
        for (at, byte) in self.masked.code().bytes().enumerate().take(arguments.end).skip(arguments.start) {
            match byte {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                b',' if depth == 0 => {
                    parts.push(start..at);
                    start = at + 1;
                }
                _ => {}
            }
        }
        parts.push(start..arguments.end);
        parts.retain(|part| !self.code(part).trim().is_empty());
        parts
    }
}

/// The brackets of a source in order; one that closes nothing closes what stands outside of all others.
fn brackets(code: &str) -> Vec<Bracket> {
    let mut closings: Vec<Option<usize>> = vec![None];
    let mut open = vec![0];
    let mut inside = Vec::new();
    for (at, byte) in code.bytes().enumerate().filter(|(_, byte)| b"()[]{}".contains(byte)) {
        let opens = b"([{".contains(&byte);
        if !opens && let Some(closed) = open.pop().and_then(|index| closings.get_mut(index)) {
            *closed = Some(at);
        }
        if opens || open.is_empty() {
            open.push(closings.len());
            closings.push(None);
        }
        inside.push((at, open.last().copied().unwrap_or_default()));
    }
    let bracket = |(at, index): (usize, usize)| Bracket { at, closed: closings.get(index).copied().flatten() };
    inside.into_iter().map(bracket).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callees_are_resolved_through_imports() {
        let module = Module::new(
            "import falcon.asgi\nimport flask as f\nfrom fastapi import (\n    FastAPI,\n    Depends as D,\n)\nfrom .factory import create_app\n\
             '''app = Flask(__name__)'''\n# web = Flask()\napi: FastAPI = FastAPI(title='x')\napp = application = f.Flask(__name__)\n\
             hook = falcon.asgi.App()\nsite = create_app()\n",
        );
        let found: Vec<_> = module.assignments().into_iter().map(|a| (a.variable, a.callee)).collect();
        let expected = [
            ("api", "fastapi.FastAPI"),
            ("app", "flask.Flask"),
            ("hook", "falcon.asgi.App"),
            ("site", ".factory.create_app"),
        ];
        assert_eq!(found, expected.map(|(v, c)| (v.to_owned(), c.to_owned())));
        assert_eq!(module.imported(), ["falcon", "fastapi", "flask"]);
    }

    #[test]
    fn django_speaks_in_constants() {
        let module = Module::new(
            "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings')\nSTATIC_ROOT = BASE / 'x'\nWSGI_APPLICATION = 'site.wsgi.application'\n",
        );
        assert_eq!(module.environment_default("DJANGO_SETTINGS_MODULE"), Some("site.settings"));
        let other = Module::new("os.environ['DJANGO_SETTINGS_MODULE'] = \"b.settings\"\n");
        assert_eq!(other.environment_default("DJANGO_SETTINGS_MODULE"), Some("b.settings"));
        let computed = Module::new("os.environ.setdefault('DJANGO_SETTINGS_MODULE', module)\nx = 'y'\n");
        assert_eq!(computed.environment_default("DJANGO_SETTINGS_MODULE"), None);
        assert_eq!(module.text_constant("WSGI_APPLICATION"), Some("site.wsgi.application"));
        assert!(module.assigns("STATIC_ROOT") && !module.assigns("ASGI_APPLICATION"));
    }

    #[test]
    fn calls_come_with_their_first_text() {
        let module = Module::new(
            "import subprocess as sp\nfrom os import system\nsp.run([\n    'git', 'log'], check=True)\nsystem('ls -l')\nsp.Popen(cmd, shell = True)\nserver = app.server\n",
        );
        let calls: Vec<_> = module.calls_with_text(|_| true).into_iter().map(|c| (c.callee, c.text, c.shell)).collect();
        let expected = [
            ("subprocess.run", Some("git"), false),
            ("os.system", Some("ls -l"), false),
            ("subprocess.Popen", None, true),
        ];
        assert_eq!(calls, expected.map(|(callee, text, shell)| (callee.to_owned(), text, shell)));
        assert_eq!(module.attributes(), [("server", "app", "server")]);
    }

    #[test]
    fn brackets_are_paired() {
        let module = Module::new("a(b[c], {d}) e] f(g");
        let inside = |start: usize| module.code(&module.balanced(start, LIST)).to_owned();
        assert_eq!([2, 4, 9, 12, 18].map(inside), ["b[c], {d}", "c", "d", " e", ""]);
        assert_eq!(module.balanced(2, 3), 2..2);
    }

    #[test]
    fn keyword_arguments_are_read() {
        let module = Module::new(
            "setup(\n    name='x',\n    python_requires='>=3.8',\n    install_requires=[\n        'flask',  # web\n        'gunicorn>=20',\n    ],\n)\n",
        );
        assert_eq!(module.keyword_texts("install_requires"), ["flask", "gunicorn>=20"]);
        assert_eq!(module.keyword_texts("python_requires"), [">=3.8"]);
        assert!(module.keyword_texts("extras").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_looked_into(text in "(?s)[a-z_.=(),\\[\\]{}:'\"#\\\\ \\né]{0,80}|(def |app = |run\\(|port=|os.environ\\[|'|\"|\\)|\\(|,|\\n|x|1|é){0,30}") {
            let module = Module::new(&text);
            module.assignments();
            module.functions();
            module.classes();
            module.plain_import(&["x".to_owned()]);
            module.main_guard();
            module.listeners();
            module.variables();
            module.runs();
            module.handles_sigterm();
            module.keyword_texts("app");
            module.calls_with_text(|_| true);
            module.makers("app");
            module.environment_default("x");
        }
    }
}
