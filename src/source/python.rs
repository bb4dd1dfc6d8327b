//! Looks into Python sources: imports, module-level objects, factories, ports, environment variables, signal handlers.
//!
//! Nothing here knows a framework. Callees come back resolved through the imports (`flask.Flask`), and the catalog knows
//! which of them is an application.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::mask::{LONG, Masked, PYTHON, boundary};
use super::pattern;

/// A module-level `variable = callee(…)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The variable.
    pub variable: String,
    /// The callee, resolved through the imports: `flask.Flask`, `.factory.create_app`, or a plain local name.
    pub callee: String,
    /// The line that shows it.
    pub quote: String,
}

/// A module-level function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// It can be called without arguments.
    pub callable_bare: bool,
    /// What it calls, resolved through the imports.
    pub calls: Vec<String>,
    /// Its first line.
    pub quote: String,
}

/// A name that an import binds.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Import {
    /// The name in this module.
    bound: String,
    /// What it stands for: `flask.Flask`, `.factory.create_app`, `numpy`.
    target: String,
}

/// A number that the source says itself, or leaves to an environment variable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Number {
    /// The literal, or the default of the variable.
    pub value: Option<u16>,
    /// The environment variable that decides.
    pub variable: Option<String>,
}

/// Where a program listens by its own doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// The call, resolved through the imports (`uvicorn.run`, `app.run`).
    pub callee: String,
    /// Its port.
    pub port: Number,
    /// Its host, where it is a literal.
    pub host: Option<String>,
    /// The line that shows it.
    pub quote: String,
}

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

/// An environment variable that the module reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// The module cannot be imported without it, as far as one sees: no default, read at module level.
    pub required: bool,
    /// A number is made of it.
    pub numeric: bool,
    /// A truth value is made of it.
    pub boolean: bool,
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
    makers: OnceCell<HashMap<String, Vec<String>>>,
    option_port: OnceCell<Option<Number>>,
}

/// A bracket's place, and where the brackets close that are open behind it.
#[derive(Debug)]
struct Bracket {
    at: usize,
    closed: Option<usize>,
}

/// Modules that listen for a developer.
const DEBUGGERS: [&str; 3] = ["debugpy", "ptvsd", "pydevd"];

/// How long the arguments of a call may be that is understood, in bytes: calls stand inside of each other, and each is read.
const ARGUMENTS: usize = 2_000;

/// How long a list may be that a keyword names, in bytes.
const LIST: usize = 20_000;

static FROM: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?m)^[ \t]*from[ \t]+([.\w]+)[ \t]+import[ \t]+(\([^()]*\)|[^\n]+)"));
static IMPORT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^[ \t]*import[ \t]+([^\n]+)"));
static PLAIN_IMPORT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?m)^(?:from[ \t]+(\w[.\w]*)[ \t]+import\b|import[ \t]+([^\n]+))"));
static ASSIGNMENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?m)^([A-Za-z_]\w*)(?:[ \t]*,[ \t]*\w+)*[ \t]*(?::[^=\n]+)?=[ \t]*(?:[A-Za-z_]\w*[ \t]*=[ \t]*)?(?:\(\s*)?([A-Za-z_][\w.]*)[ \t]*\(",
    )
});
static ATTRIBUTE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?m)^([A-Za-z_]\w*)[ \t]*=[ \t]*([A-Za-z_]\w*)\.([A-Za-z_]\w*)[ \t]*$"));
static CONSTANT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^[ \t]*([A-Za-z_]\w*)[ \t]*(?::[^=\n]+)?=[ \t]*"));
static FUNCTION: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^(?:async[ \t]+)?def[ \t]+(\w+)[ \t]*\("));
static CLASS: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^class[ \t]+(\w+)[ \t]*\("));
static CALL: LazyLock<Regex> = LazyLock::new(|| pattern(r"([A-Za-z_][\w.]*)[ \t]*\("));
static GUARD: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?m)^if[ \t(]+(?:__name__[ \t]*==|.{10,14}==[ \t]*__name__)"));
static WORD_EQUALS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b([A-Za-z_]\w*)[ \t]*=[ \t]*"));
static PORT_KEYWORD: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:server_port|http_port|port)[ \t]*=[ \t]*"));
static DEFAULT_KEYWORD: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bdefault[ \t]*=[ \t]*"));
static OPTION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:^|\.)(?:add_argument|add_option|option|define|DEFINE_integer)$"));
static HOST_KEYWORD: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:server_name|host|address|hostname)[ \t]*=[ \t]*"));
static NUMBER: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\d[\d_]*$"));
static NAME: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:int\()?[ \t]*([A-Za-z_]\w*)[ \t]*\)?$"));
static READ: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:environ[ \t]*\[|environ\.get[ \t]*\(|getenv[ \t]*\(|config[ \t]*\(|env(?:\.[a-z_]+)?[ \t]*\()[ \t\r\n]*",
    )
});
static ENVIRONMENT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\benviron(?:\.setdefault[ \t]*\(|[ \t]*\[)[ \t\r\n]*"));
static SIGTERM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"signal(?:_handler)?[ \t]*\([^()\n]*\bSIGTERM\b|(?s)\bfor\s+(\w+)\s+in\s*[\[({][^\])}]*\bSIGTERM\b[\x00-\x7F]{0,200}signal(?:_handler)?\s*\(\s*\w+",
    )
});
static LISTENING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:^|\.)(?:run|run_app|run_simple|run_server|listen|bind|serve|launch|make_server|start_server|create_server|serve_forever|HTTPServer|ThreadingHTTPServer|TCPServer|ThreadingTCPServer|WSGIServer|add_insecure_port|Config)$",
    )
});

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
            makers: OnceCell::new(),
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

    /// Calls whose result is kept in a module-level variable.
    pub fn assignments(&self) -> Vec<Assignment> {
        let found = ASSIGNMENT.captures_iter(self.masked.code());
        found
            .filter_map(|found| {
                let (variable, callee) = (found.get(1)?, found.get(2)?);
                Some(Assignment {
                    variable: variable.as_str().to_owned(),
                    callee: self.resolve(callee.as_str()),
                    quote: self.masked.line(variable.start()).to_owned(),
                })
            })
            .collect()
    }

    /// Module-level functions.
    pub fn functions(&self) -> Vec<Function> {
        let found = FUNCTION.captures_iter(self.masked.code());
        found
            .filter_map(|found| {
                let (all, name) = (found.get(0)?, found.get(1)?);
                let arguments = self.balanced(all.end(), LIST);
                let body = self.block(arguments.end);
                Some(Function {
                    name: name.as_str().to_owned(),
                    callable_bare: self.split(arguments).iter().all(|argument| is_optional(self.code(argument))),
                    calls: self.calls(body),
                    quote: self.masked.line(name.start()).to_owned(),
                })
            })
            .collect()
    }

    /// Whether a pattern matches anywhere in the text: quicker than to look into it.
    pub fn matches(&self, pattern: &Regex) -> bool {
        pattern.is_match(self.masked.original(0..self.masked.code().len()))
    }

    /// What a name of this module is made of: what the function calls, what the class inherits from, what is imported.
    pub fn makers(&self, name: &str) -> Vec<String> {
        let makers = self.makers.get_or_init(|| {
            let functions = self.functions().into_iter().rev().map(|function| (function.name, function.calls));
            let classes = self.classes().into_iter().rev().map(|(name, bases)| (name.to_owned(), bases));
            let mut makers: HashMap<String, Vec<String>> = classes.collect();
            makers.extend(functions);
            makers
        });
        let imported = || self.imported_as(name).map(str::to_owned).into_iter().collect();
        makers.get(name).cloned().unwrap_or_else(imported)
    }

    /// What an imported name stands for: `.factory.create_app`.
    fn imported_as(&self, name: &str) -> Option<&str> {
        self.bound.get(name).and_then(|at| self.imports.get(*at)).map(|import| import.target.as_str())
    }

    /// Module-level classes, each with the classes that it is made from, resolved through the imports.
    pub fn classes(&self) -> Vec<(&str, Vec<String>)> {
        let found = CLASS.captures_iter(self.masked.code());
        found
            .filter_map(|found| {
                let (all, name) = (found.get(0)?, found.get(1)?);
                let bases = self.split(self.balanced(all.end(), LIST));
                Some((name.as_str(), bases.iter().map(|base| self.resolve(self.code(base).trim())).collect()))
            })
            .collect()
    }

    /// The body of `if __name__ == "__main__":`, as calls that it makes; `None` where there is no such block.
    pub fn main_guard(&self) -> Option<Vec<String>> {
        let found = GUARD.find(self.masked.code())?;
        let line_end =
            self.masked.code().get(found.end()..)?.find('\n').map_or(self.masked.code().len(), |at| at + found.end());
        let rest_of_line = found.start()..line_end;
        Some(self.calls(rest_of_line.start..self.block(line_end).end))
    }

    /// Whether the module does something when it is run: a main guard, or calls at module level besides definitions.
    pub fn runs(&self) -> bool {
        let statement = |line: &str| line.starts_with(|c: char| c.is_ascii_alphabetic()) && line.contains('(');
        let definition = |line: &str| {
            ["def ", "class ", "from ", "import ", "async def ", "@"].iter().any(|word| line.starts_with(word))
        };
        let lines = self.masked.code().lines();
        self.main_guard().is_some()
            || lines.into_iter().any(|line| statement(line) && !definition(line) && !ASSIGNMENT.is_match(line))
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

    /// The value of `setdefault("NAME", "value")` or `environ["NAME"] = "value"`.
    pub fn environment_default(&self, name: &str) -> Option<&'a str> {
        let pair = |found: regex::Match| {
            self.masked.string_at(found.end()).filter(|text| *text == name)?;
            let arguments = self.arguments(found.end());
            let value = self.split(arguments.clone()).into_iter().nth(1).map_or(arguments.end, |part| part.start);
            let at =
                self.code(&(value..self.masked.code().len())).find(|c: char| !(c.is_whitespace() || "]=".contains(c)));
            self.masked.string_at(value + at?)
        };
        ENVIRONMENT.find_iter(self.masked.code()).find_map(pair)
    }

    /// Servers that the module starts itself, with what it says about their ports.
    pub fn listeners(&self) -> Vec<Listener> {
        let found = CALL.captures_iter(self.masked.code());
        found
            .filter_map(|found| {
                let (all, callee) = (found.get(0)?, found.get(1)?);
                let resolved = self.resolve(callee.as_str());
                let debugs = DEBUGGERS.contains(&resolved.split('.').next().unwrap_or_default());
                if debugs || !LISTENING.is_match(&resolved) || self.is_definition(callee.start()) {
                    return None;
                }
                let arguments = self.arguments(all.end());
                Some(Listener {
                    port: self.port_of(&arguments).or_else(|| self.port_of_option(&arguments))?,
                    host: self
                        .keyword(&HOST_KEYWORD, &arguments)
                        .and_then(|value| self.masked.string_at(value.start))
                        .map(str::to_owned),
                    quote: self.masked.line(callee.start()).to_owned(),
                    callee: resolved,
                })
            })
            .collect()
    }

    /// Environment variables that the module reads by name.
    pub fn variables(&self) -> Vec<Variable> {
        READ.find_iter(self.masked.code())
            .filter_map(|found| {
                let name = self.masked.string_at(found.end()).filter(|name| is_variable(name))?;
                let arguments = self.arguments(found.end());
                let call = found.as_str();
                let line = self.masked.line(found.start());
                let has_default = self.split(arguments.clone()).len() > 1 && self.has_default(&arguments)
                    || call.contains(".get")
                    || call.contains("getenv");
                Some(Variable {
                    name: name.to_owned(),
                    required: !has_default && !self.is_indented(found.start()) && !self.is_stored(found.end()),
                    numeric: call.contains(".int")
                        || call.contains("float")
                        || line.contains("cast=int")
                        || line.contains("int("),
                    boolean: call.contains(".bool") || line.contains("cast=bool"),
                })
            })
            .collect()
    }

    /// Calls of what is wanted, by its name resolved through the imports, each with its first string where one stands there.
    pub fn calls_with_text(&self, wanted: impl Fn(&str) -> bool) -> Vec<Call<'a>> {
        let found = CALL.captures_iter(self.masked.code());
        found
            .filter_map(|found| {
                let (all, name) = (found.get(0)?, found.get(1)?);
                let callee = Some(self.resolve(name.as_str())).filter(|callee| wanted(callee))?;
                let arguments = self.arguments(all.end());
                let skipped = self.code(&arguments).find(|c: char| !(c.is_whitespace() || "[(".contains(c)))?;
                Some(Call {
                    callee,
                    text: self.masked.string_at(arguments.start + skipped),
                    shell: self.code(&arguments).replace(' ', "").contains("shell=True"),
                    quote: self.masked.line(name.start()),
                })
            })
            .collect()
    }

    /// Module-level `variable = object.attribute`, as variable, object and attribute.
    pub fn attributes(&self) -> Vec<(&str, &str, &str)> {
        let found = ATTRIBUTE.captures_iter(self.masked.code());
        found
            .filter_map(|found| Some((found.get(1)?.as_str(), found.get(2)?.as_str(), found.get(3)?.as_str())))
            .collect()
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

    /// Whether the program handles SIGTERM itself.
    pub fn handles_sigterm(&self) -> bool {
        SIGTERM.is_match(self.masked.code())
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

    fn calls(&self, body: Range<usize>) -> Vec<String> {
        CALL.captures_iter(self.code(&body)).filter_map(|found| Some(self.resolve(found.get(1)?.as_str()))).collect()
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

    /// From a line's end to the next line that is not indented.
    fn block(&self, start: usize) -> Range<usize> {
        let code = self.masked.code();
        let mut at = code.get(start..).and_then(|tail| tail.find('\n')).map_or(code.len(), |end| start + end + 1);
        while let Some(line) = code.get(at..).and_then(|tail| tail.split_inclusive('\n').next()) {
            if line.starts_with(|c: char| !c.is_whitespace() && !")]}".contains(c)) {
                break;
            }
            at += line.len();
        }
        start..at
    }

    fn is_definition(&self, at: usize) -> bool {
        self.masked.code().get(..at).is_some_and(|head| head.trim_end_matches([' ', '\t']).ends_with("def"))
    }

    fn is_indented(&self, at: usize) -> bool {
        let line = self.masked.line_start(at).and_then(|start| self.masked.code().get(start..));
        line.is_none_or(|line| line.starts_with([' ', '\t']))
    }

    /// `environ["X"] = …` writes.
    fn is_stored(&self, at: usize) -> bool {
        let tail = self.masked.code().get(self.arguments(at).end..).unwrap_or_default();
        let tail = tail.trim_start_matches([']', ' ', '\t']);
        tail.starts_with('=') && !tail.starts_with("==")
    }

    fn has_default(&self, arguments: &Range<usize>) -> bool {
        let parts = self.split(arguments.clone());
        let is_keyword = |part: &str| {
            part.split_once('=').is_some_and(|(name, _)| name.trim().chars().all(|c| c.is_alphanumeric() || c == '_'))
        };
        parts
            .iter()
            .skip(1)
            .map(|part| self.code(part).trim())
            .any(|part| part.starts_with("default") || !is_keyword(part))
    }

    fn keyword(&self, pattern: &Regex, arguments: &Range<usize>) -> Option<Range<usize>> {
        let found = pattern.find(self.code(arguments))?;
        let start = arguments.start + found.end();
        self.split(start..arguments.end.max(start)).into_iter().next()
    }

    /// `port=…`, else the last positional argument (or the last of an address pair) that is a number.
    fn port_of(&self, arguments: &Range<usize>) -> Option<Number> {
        if let Some(value) = self.keyword(&PORT_KEYWORD, arguments) {
            return self.number(&value, true);
        }
        self.split(arguments.clone()).iter().find_map(|part| {
            let code = self.code(part);
            let open = code.find('(').filter(|at| code.get(..*at).is_some_and(|head| head.trim().is_empty()));
            match open {
                Some(at) => {
                    self.split(self.arguments(part.start + at + 1)).last().and_then(|last| self.number(last, true))
                }
                None => self.address(part).or_else(|| self.number(part, true).filter(is_port)),
            }
        })
    }

    /// The default of an option of the command line, where a server is given `args.port`.
    fn port_of_option(&self, arguments: &Range<usize>) -> Option<Number> {
        self.code(arguments).contains(".port").then_some(())?;
        self.option_port.get_or_init(|| self.first_option_port()).clone()
    }

    fn first_option_port(&self) -> Option<Number> {
        let options = CALL.captures_iter(self.masked.code()).filter_map(|found| Some((found.get(0)?, found.get(1)?)));
        let options = options.filter(|(_, callee)| OPTION.is_match(callee.as_str()));
        let port = |(all, _): (regex::Match, regex::Match)| {
            let arguments = self.arguments(all.end());
            let parts = self.split(arguments.clone());
            let is_port = |part: &Range<usize>| {
                self.masked
                    .string_at(part.start + self.leading(part))
                    .is_some_and(|text| text.trim_start_matches('-') == "port")
            };
            parts.iter().any(is_port).then_some(())?;
            let default = self.keyword(&DEFAULT_KEYWORD, &arguments).or_else(|| parts.get(1).cloned())?;
            self.number(&default, true)
        };
        options.filter_map(port).next()
    }

    /// Blanks before an argument.
    fn leading(&self, part: &Range<usize>) -> usize {
        let code = self.code(part);
        code.len() - code.trim_start().len()
    }

    /// `"[::]:50051"`, `"[::]:" + port`, `f"[::]:{port}"`.
    fn address(&self, part: &Range<usize>) -> Option<Number> {
        let code = self.code(part);
        let start = part.start + code.find(['"', '\'']).filter(|at| code.get(..*at).is_some_and(is_prefix))?;
        let tail = self.masked.string_at(start)?.rsplit_once(':')?.1;
        if let Ok(value) = tail.parse() {
            return Some(Number { value: Some(value), variable: None });
        }
        let inside = tail.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let behind = || {
            let joined = code.rsplit_once(['+', '%']).map(|(_, name)| name.trim());
            let name = joined.or_else(|| Some(code.split_once(".format(")?.1.trim_end_matches(')')))?;
            Some(name.strip_prefix("str(").map_or(name, |name| name.trim_end_matches(')')))
        };
        self.number_of(inside.or_else(behind)?)
    }

    /// What a module's constant says.
    fn number_of(&self, name: &str) -> Option<Number> {
        let start = self.constant(name)?;
        self.number(&(start..start + self.masked.rest_of_line(start).len()), false)
    }

    /// A literal, a variable of the environment with its default, or a module's constant that is one of these.
    fn number(&self, range: &Range<usize>, follow: bool) -> Option<Number> {
        let code = self.code(range).trim();
        if NUMBER.is_match(code) {
            return plain_number(code).map(|value| Number { value: Some(value), variable: None });
        }
        if let Some(read) = READ.find(self.code(range)) {
            return self.environment_number(range.start + read.end());
        }
        let name = NAME.captures(code).and_then(|found| found.get(1)).filter(|_| follow)?;
        self.number_of(name.as_str())
    }

    fn environment_number(&self, at: usize) -> Option<Number> {
        let name = self.masked.string_at(at).filter(|name| is_variable(name))?;
        let arguments = self.arguments(at);
        let end = boundary(self.masked.code(), arguments.end + LONG);
        let tail = self.masked.code().get(arguments.end..end).unwrap_or_default();
        // `os.environ.get("PORT") or 5000`
        let fallback =
            tail.split('\n').next().and_then(|line| line.split_once(" or ")).and_then(|(_, value)| plain_number(value));
        let default = self.split(arguments).into_iter().nth(1).and_then(|part| self.default_number(&part));
        Some(Number { value: default.or(fallback), variable: Some(name.to_owned()) })
    }

    fn default_number(&self, part: &Range<usize>) -> Option<u16> {
        let code = self.code(part);
        let value = code.rfind('=').map_or(part.start, |at| part.start + at + 1);
        self.masked.string_at(value).and_then(plain_number).or_else(|| plain_number(self.code(&(value..part.end))))
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

fn plain_number(text: &str) -> Option<u16> {
    let digits: String = text.trim().trim_end_matches([')', ' ']).chars().filter(|c| *c != '_').collect();
    digits.parse().ok().filter(|port| *port > 0)
}

/// Whether an argument without a keyword is a port: a number is, a variable that only the environment fills by its name.
fn is_port(number: &Number) -> bool {
    number.value.is_some() || number.variable.as_ref().is_some_and(|name| name.to_ascii_uppercase().contains("PORT"))
}

/// Nothing, or what may stand before a string's quote.
fn is_prefix(text: &str) -> bool {
    text.trim().chars().all(|c| "fFrRuU".contains(c)) && text.trim().len() <= 2
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.len() < 60 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A parameter that a call may leave out.
fn is_optional(parameter: &str) -> bool {
    let parameter = parameter.trim();
    parameter.starts_with(['*', '/']) || parameter.contains('=')
}

fn read_imports(code: &str) -> Vec<Import> {
    let mut imports = Vec::new();
    for found in FROM.captures_iter(code) {
        let (Some(module), Some(names)) = (found.get(1), found.get(2)) else { continue };
        let module = module.as_str();
        let separator = if module.ends_with('.') { "" } else { "." };
        for (name, bound) in aliases(names.as_str()) {
            imports.push(Import { bound: bound.to_owned(), target: format!("{module}{separator}{name}") });
        }
    }
    for found in IMPORT.captures_iter(code) {
        for (name, bound) in found.get(1).map(|names| aliases(names.as_str())).unwrap_or_default() {
            let top = name.split('.').next().unwrap_or_default();
            let target = if bound == name { top } else { name };
            let bound = if bound == name { top } else { bound };
            imports.push(Import { bound: bound.to_owned(), target: target.to_owned() });
        }
    }
    imports
}

/// `a, b as c` as pairs of a name and what it is called here.
fn aliases(names: &str) -> Vec<(&str, &str)> {
    let names = names.trim().trim_start_matches('(').trim_end_matches(')');
    let names = names.split([',', ';']).map(|name| name.trim_matches(|c: char| c.is_whitespace() || c == '\\'));
    let pair = |name: &'_ str| name.split_whitespace().count() <= 3;
    names
        .filter(|name| !name.is_empty() && pair(name))
        .map(|name| match name.split_once(" as ") {
            Some((name, bound)) => (name.trim(), bound.trim()),
            None => (name, name),
        })
        .collect()
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
    fn factories_tell_their_arguments_and_calls() {
        let module = Module::new(
            "from flask import Flask\n\ndef create_app(config: dict[str, int] | None = None, *, name='x'):\n    app = Flask(__name__)\n\n    return app\n\n\
             def build(config):\n    return Flask(config)\nx = 1\n",
        );
        let functions = module.functions();
        assert_eq!(functions.len(), 2);
        assert!(functions[0].callable_bare && functions[0].calls.contains(&"flask.Flask".to_owned()));
        assert!(!functions[1].callable_bare);
    }

    #[test]
    fn classes_tell_what_they_are_made_from() {
        let module = Module::new(
            "import flask\nclass Shop(flask.Flask, Mixin):\n    class Inner(X):\n        pass\nclass Bare:\n    pass\n",
        );
        assert_eq!(module.classes(), [("Shop", vec!["flask.Flask".to_owned(), "Mixin".to_owned()])]);
    }

    #[test]
    fn a_main_guard_is_found_with_its_calls() {
        let module = Module::new("def main():\n    pass\n\nif __name__ == '__main__':\n    # run it\n    main()\n");
        assert_eq!(module.main_guard(), Some(vec!["main".to_owned()]));
        assert!(module.runs());
        assert_eq!(Module::new("if __name__ == \"__main__\": go()").main_guard(), Some(vec!["go".to_owned()]));
        assert_eq!(Module::new("'if __name__ == 1'\nx = 1\n").main_guard(), None);
        assert!(Module::new("print('hello')\n").runs());
        assert!(!Module::new("import os\n\ndef f():\n    print(1)\n\nX = dict()\n").runs());
    }

    #[test]
    fn ports_are_read_from_every_form() {
        for (text, value, variable) in [
            ("import uvicorn\nuvicorn.run(app, host='0.0.0.0', port=8001)", Some(8001), None),
            ("app.run(debug=True, port=os.getenv('PORT', default=5000))", Some(5000), Some("PORT")),
            ("app.run('0.0.0.0', int(os.environ.get(\"PORT\", \"8080\")))", Some(8080), Some("PORT")),
            (
                "PORT = int(os.environ.get('APP_PORT', 3000))\nif x:\n    serve(app, port=PORT)",
                Some(3000),
                Some("APP_PORT"),
            ),
            ("port = int(os.environ['PORT'])\napp.run(port=port)", None, Some("PORT")),
            ("app.run(port=int(os.environ.get('PORT') or 4000))", Some(4000), Some("PORT")),
            ("from http.server import HTTPServer\nHTTPServer(('', 9000), Handler).serve_forever()", Some(9000), None),
            ("server.add_insecure_port('[::]:50051')", Some(50051), None),
            ("server.add_insecure_port(f'[::]:{port}')\nport = os.getenv('PORT', '8081')", Some(8081), Some("PORT")),
            ("port = os.environ.get('PORT', \"8080\")\ns.add_insecure_port('[::]:'+port)", Some(8080), Some("PORT")),
            ("PORT = 50052\ns.add_insecure_port('[::]:' + str(PORT))", Some(50052), None),
            ("app.run('0.0.0.0', os.environ['PORT'])", None, Some("PORT")),
            (
                "p.add_argument(\n    '-p', '--port', type=int, default=5001)\nargs = p.parse_args()\nserve(app, port=args.port)",
                Some(5001),
                None,
            ),
            ("define('port', default=8888, help='x', type=int)\napp.listen(options.port)", Some(8888), None),
            ("app.listen(8888)", Some(8888), None),
            ("web.run_app(app, port=8_090)", Some(8090), None),
            ("demo.launch(server_name='0.0.0.0', server_port=7860)", Some(7860), None),
        ] {
            let listeners = Module::new(text).listeners();
            let port = &listeners.first().unwrap_or_else(|| panic!("{text}")).port;
            assert_eq!((port.value, port.variable.as_deref()), (value, variable), "{text}");
        }
        assert!(
            Module::new("def run(port=3):\n    pass\nsubprocess.run(['ls'])\n# app.run(port=1)\n")
                .listeners()
                .is_empty()
        );
        assert!(Module::new("bot.run(os.getenv('TOKEN'))").listeners().is_empty());
        assert!(Module::new("import debugpy\ndebugpy.listen(('0.0.0.0', 5678))").listeners().is_empty());
        let listeners = Module::new("uvicorn.run('main:app', host=\"127.0.0.1\", port=8000)").listeners();
        assert_eq!(listeners[0].host.as_deref(), Some("127.0.0.1"));
    }

    #[test]
    fn variables_without_a_default_are_required() {
        let module = Module::new(
            "SECRET = os.environ['SECRET_KEY']\nDEBUG = config('DEBUG', default=False, cast=bool)\nKEY = config('KEY')\nN = env.int('N')\n\
             X = os.getenv('X')\nos.environ['TZ'] = 'UTC'\ndef f():\n    return os.environ['LATER']\nD = env('D', 'x')\nC = config('C', cast=bool)\n",
        );
        let required: Vec<_> =
            module.variables().into_iter().filter(|v| v.required).map(|v| (v.name, v.numeric, v.boolean)).collect();
        let expected = [("SECRET_KEY", false, false), ("KEY", false, false), ("N", true, false), ("C", false, true)];
        assert_eq!(required, expected.map(|(name, numeric, boolean)| (name.to_owned(), numeric, boolean)));
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
    fn what_makes_a_name() {
        let module = Module::new("from a import b, f\ndef f():\n    g()\nclass C(b.D):\n    def b(self): pass\n");
        assert_eq!(["f", "C", "b", "x"].map(|name| module.makers(name).join(" ")), ["g", "a.b.D", "a.b", ""]);
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

    #[test]
    fn a_signal_handler_is_seen() {
        assert!(Module::new("signal.signal(signal.SIGTERM, stop)").handles_sigterm());
        assert!(Module::new("loop.add_signal_handler(signal.SIGTERM, stop)").handles_sigterm());
        assert!(Module::new("for s in (signal.SIGINT, signal.SIGTERM):\n    signal.signal(s, stop)").handles_sigterm());
        assert!(!Module::new("os.kill(pid, signal.SIGTERM)\nsignal.signal(signal.SIGINT, stop)").handles_sigterm());
        assert!(
            !Module::new("# signal.signal(signal.SIGTERM, stop)\nsignal.signal(signal.SIGINT, stop)").handles_sigterm()
        );
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
