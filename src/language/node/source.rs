//! What the sources say: ports, and whether the program ends when it is told to.

use std::cell::{LazyCell, RefCell};
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crate::catalog::SHARED;
use crate::facts::{Evidence, Strength};
use crate::path;
use crate::repo::Repo;
use crate::source::mask::{JAVASCRIPT, Masked};
use crate::source::{Found, Pattern, Place};

use super::catalog::CATALOG;
use super::package::package_name;
use super::writes;

/// No more sources than this are read; entry files come first.
pub const MOST_FILES: usize = 300;

/// What was found.
#[derive(Debug, Default)]
pub struct Findings {
    /// Ports, with what says so.
    pub ports: Vec<(u16, Evidence)>,
    /// Where the port is taken from the environment; the flag says that a default is there.
    pub from_environment: Option<(Evidence, bool)>,
    /// Where the program begins to listen.
    pub listens: Option<Evidence>,
    /// A variable that says where it listens, on its own machine where it is not given.
    pub address: Option<(String, Evidence)>,
    /// Where it is bound to its own machine, which nobody outside of the container reaches.
    pub local: Option<Evidence>,
    /// Where it listens and names a port, and no address.
    pub unbound: Option<Evidence>,
    /// Where it handles SIGTERM.
    pub signals: Option<Evidence>,
    /// Commands that it starts.
    pub commands: Vec<(String, Evidence)>,
    /// Where it runs command lines.
    pub lines: Option<Evidence>,
    /// Folders that it writes to, relative to the repository.
    pub writes: Vec<(String, Evidence)>,
    /// Where it keeps something in the folder of its user.
    pub home: Option<Evidence>,
    /// Where it makes a folder that only shows when it runs.
    pub unplaced: Option<Evidence>,
    /// Names in string literals, to know which files are read.
    pub literals: String,
}

/// A number in one of a pattern's groups is a port.
static PORTS: [Pattern; 7] = [
    Pattern::new(
        r#"env(?:\.|\[['"])(?:APP_|HTTP_|SERVER_|API_|WEB_)?PORT(?:['"]\])?\s*\)?\s*(?:,\s*10\s*\))?\s*(?:\|\||\?\?|:)\s*(?:process\.env\.\w+\s*(?:\|\||\?\?)\s*)*['"`]?(\d{2,5})\b"#,
    ),
    Pattern::new(r#"env(?:\.|\[['"])(?:APP_|HTTP_|SERVER_|API_|WEB_)?PORT(?:['"]\])?\s*,\s*['"`]?(\d{3,5})\b"#),
    Pattern::new(r#"\bPORT\s*=\s*['"`]?(\d{2,5})['"`]?\s*[,}][\t -~]{0,40}=\s*process\.env"#),
    Pattern::new(r#"(?:\.listen|\bserve)\(\s*(?:\{[^{}]*?\bport\s*:\s*)?['"`]?(\d{2,5})\b"#),
    Pattern::new(
        r#"\w(?:<\w+>)?\(\s*['"](?:APP_|HTTP_|SERVER_|API_)?PORT['"]\s*(?:,|\)\s*(?:\|\||\?\?))\s*['"`]?(\d{2,5})\b"#,
    ),
    Pattern::new(r#"\bPORT\s*:\s*\w[\t -:<-~]{0,80}?\.default\(\s*['"]?(\d{2,5})\b"#),
    Pattern::new(r#"\bPORT\s*:\s*\w+\(\s*\{[^{}]*\bdefault\s*:\s*['"]?(\d{2,5})\b"#),
];

/// Weaker: a name that is a port's.
static NAMED: Pattern =
    Pattern::new(r"(?i)\b(?:(?:const|let|var)\s+(?:\w*_)?port(?::\s*\w+)?\s*=|port\s*:)\s*(\d{2,5})\b");
static ENVIRONMENT: Pattern = Pattern::new(
    r#"\benv(?:\.PORT\b|\[['"]PORT['"]\])|\{[^{}]*\bPORT\b[^{}]*\}\s*=\s*process\.env|(?i:get|env)\w*(?:<\w+>)?\(\s*['"]PORT['"]"#,
);
static LISTENS: Pattern = Pattern::new(r"\.listen\(|\bserve\(|export default \{[^}]*\bfetch\b");
static LOCAL: Pattern = Pattern::new(r#"\.listen\([^)]*['"](?:localhost|127\.0\.0\.1)['"]"#);
static ADDRESS: Pattern = Pattern::new(
    r#"\benv(?:\.|\[['"])((?:\w*(?:BIND|LISTEN|APP|SERVER|HTTP|WEB)_)?HOST(?:NAME)?|\w*(?:BIND|LISTEN)_(?:ADDRESS|ADDR|IP))(?:['"]\])?\s*(?:\|\||\?\?)\s*['"](?:localhost|127\.0\.0\.1)['"]"#,
);
static UNBOUND: Pattern = Pattern::new(r"\.listen\(\s*(?:\{[^{}]*\bport\b[^{}]*\}|\d+)");
static BOUND: Pattern = Pattern::new(r"(?i)\bhost\b|0\.0\.0\.0|::|\.\.\.");

/// A command that is started: of `exec` and its like a whole line, which a shell runs.
static STARTS: Pattern = Pattern::new(
    r#"(?:^|[^.\w]|\b(?:child_process|childProcess|cp|pty)\.)((exec|execSync)|execFile|execFileSync|spawn|spawnSync|execa|execaSync)\(\s*['"`](?:(?:/usr)?/s?bin/)?([A-Za-z][\w.+-]*)"#,
);
/// A folder in that of the user, as programs hide theirs.
static HOME: Pattern = Pattern::new(r#"(?i)\b\w*home\w*(?:\.\w+)?(?:\(\))?\s*[,+]\s*['"`]/?\.[a-z]"#);
static SIGNALS: Pattern = Pattern::new(r#"process\.(?:on|once)\(\s*['"`]SIGTERM['"`]|enableShutdownHooks\("#);

/// Whether a path is code that may run in production.
fn is_code(path: &str) -> bool {
    let (name, row) = (path::name(path), &CATALOG.sources);
    let code = row.code.iter().any(|end| path.ends_with(end.as_str()));
    let aside = row.aside.iter().any(|part| name.contains(part.as_str()));
    let is_aside = |part: &str| part.starts_with('.') || row.folders.iter().any(|folder| folder == part);
    code && !aside && !path.split('/').any(is_aside)
}

/// The sources of a repository. What several services are made of is looked into once.
pub struct Sources<'r> {
    repo: &'r Repo,
    /// The sources below folders.
    below: RefCell<HashMap<String, Rc<[&'r str]>>>,
    seen: RefCell<HashMap<String, Rc<Seen>>>,
}

/// What a source says whoever is made of it.
struct Seen {
    commands: Vec<(String, Evidence)>,
    lines: Option<Evidence>,
    literals: String,
    home: Option<Evidence>,
    /// Whether something in it may make a folder.
    makes: bool,
}

impl<'r> Sources<'r> {
    /// Looks into nothing yet.
    pub fn new(repo: &'r Repo) -> Self {
        Sources { repo, below: RefCell::default(), seen: RefCell::default() }
    }

    /// Reads the sources of a folder: first those that are started, then those whose names say that something begins there; those
    /// of the packages `beside`, which it is made of, come last. `base` is the folder that the program runs in.
    pub fn read(&self, (folder, base): (&str, &str), beside: &[&str], entries: &[&str]) -> Findings {
        let folders = || std::iter::once(folder).chain(beside.iter().copied());
        let is_there = |path: &&str| self.repo.has(path) && folders().any(|folder| path::is_below(path, folder));
        let mut files: Vec<&str> = entries.iter().copied().filter(is_there).collect();
        folders().for_each(|folder| files.extend(self.below(folder).iter()));
        let rank = |path: &&str| {
            let started = entries.iter().position(|entry| entry == path).unwrap_or(entries.len());
            (started, !path::is_below(path, folder), !begins(path), path.matches('/').count(), path.to_string())
        };
        files.sort_by_cached_key(rank);
        files.dedup();
        let mut findings = Findings::default();
        for path in files.into_iter().take(MOST_FILES) {
            let Some(text) = self.repo.text(path) else { continue };
            let masked = LazyCell::new(|| Masked::new(text, &JAVASCRIPT));
            let seen = self.seen(path, || Seen::new(path, text, &masked));
            if path::is_below(path, folder) || seen.makes {
                findings.add(path, (folder, base), text, &masked, &seen);
            }
            findings.take(&seen);
        }
        findings
    }

    fn below(&self, folder: &str) -> Rc<[&'r str]> {
        let find = || self.repo.below(folder).filter(|path| is_code(path)).collect();
        self.below.borrow_mut().entry(folder.to_owned()).or_insert_with(find).clone()
    }

    fn seen(&self, path: &str, look: impl FnOnce() -> Seen) -> Rc<Seen> {
        self.seen.borrow_mut().entry(path.to_owned()).or_insert_with(|| Rc::new(look())).clone()
    }
}

impl Seen {
    fn new(path: &str, text: &str, masked: &Masked) -> Self {
        let mut seen = Seen { commands: Vec::new(), lines: None, literals: String::new(), home: None, makes: false };
        if !is_aside(path) {
            let home = HOME.find_iter(text).find(|found| masked.is_code(found.start()));
            seen.home = home.map(|found| Evidence::new(path, masked.line(found.start()), Strength::Stated));
            seen.makes = writes::may_make(text, masked);
            for found in STARTS.captures_iter(text) {
                let (Some(name), Some(command)) = (found.get(1), found.get(3)) else { continue };
                if masked.is_code(name.start()) {
                    let evidence = Evidence::new(path, masked.line(name.start()), Strength::Stated);
                    seen.lines = seen.lines.take().or_else(|| found.get(2).map(|_| evidence.clone()));
                    seen.commands.push((command.as_str().to_owned(), evidence));
                }
            }
        }
        for literal in masked.strings().filter(|literal| literal.len() < 200) {
            seen.literals.push_str(literal);
            seen.literals.push('\n');
        }
        seen
    }
}

/// Whether a file's name says that a program begins there.
pub fn begins(path: &str) -> bool {
    let name = path::name(path);
    CATALOG.usual.begins.iter().any(|begin| name.starts_with(begin.as_str()))
}

impl Findings {
    /// What a source says whoever is made of it.
    fn take(&mut self, seen: &Seen) {
        self.commands.extend(seen.commands.iter().cloned());
        self.lines = self.lines.take().or_else(|| seen.lines.clone());
        self.home = self.home.take().or_else(|| seen.home.clone());
        self.literals.push_str(&seen.literals);
    }

    /// What a source says that depends on the folder of the package.
    fn add(&mut self, path: &str, (folder, base): (&str, &str), text: &str, masked: &Masked, seen: &Seen) {
        let stated = |at| Evidence::new(path, masked.line(at), Strength::Stated);
        // Where a package listens that it is made of, other programs may.
        if path::is_below(path, folder) {
            self.add_listening(path, text, masked);
            let signals = || SIGNALS.find_iter(text).find(|found| masked.is_code(found.start()));
            self.signals = self.signals.take().or_else(|| signals().map(|found| stated(found.start())));
        }
        if seen.makes {
            self.unplaced = self.unplaced.take().or_else(|| writes::unplaced(path, base, text, masked).map(stated));
            let written = writes::find(path, (folder, base), text, masked).into_iter();
            self.writes.extend(written.map(|(folder, at)| (folder, stated(at))));
        }
    }

    fn add_listening(&mut self, path: &str, text: &str, masked: &Masked) {
        let at = |pattern: &Pattern| {
            let found = pattern.find_iter(text).find(|found| masked.is_code(found.start()));
            found.map(|found| Evidence::new(path, masked.line(found.start()), Strength::Stated))
        };
        for (index, pattern) in PORTS.iter().chain([&NAMED]).enumerate() {
            let named = index == PORTS.len();
            let mut all: Vec<Found> = pattern.captures_iter(text).collect();
            if named {
                all.sort_by_key(|found| found.get(0).map_or(0, |whole| indent(text, whole.start())));
            }
            for found in all {
                let (Some(whole), Some(port)) =
                    (found.get(0), found.get(1).and_then(|digits| digits.as_str().parse().ok()))
                else {
                    continue;
                };
                if masked.is_code(whole.start()) && port > 0 && !(named && is_elsewhere(path, port)) {
                    let strength = if named { Strength::Convention } else { Strength::Stated };
                    self.ports.push((port, Evidence::new(path, masked.line(whole.start()), strength)));
                }
            }
        }
        if self.from_environment.is_none() {
            let default = PORTS.iter().any(|pattern| at(pattern).is_some());
            self.from_environment = at(&ENVIRONMENT).map(|evidence| (evidence, default));
        }
        let listens = || LISTENS.find(masked.code()).map(|found| masked.line(found.start()));
        let listens = || listens().map(|line| Evidence::new(path, line, Strength::Stated));
        self.listens = self.listens.take().or_else(listens);
        if !is_aside(path) {
            self.local = self.local.take().or_else(|| at(&LOCAL));
            let named = ADDRESS.captures(text).and_then(|found| Some(found.get(1)?.as_str().to_owned()));
            self.address = self.address.take().or_else(|| named.zip(at(&ADDRESS)));
            let unbound = |found: &Place| !BOUND.is_match(found.as_str()) && masked.is_code(found.start());
            let unbound = || UNBOUND.find_iter(text).find(unbound).map(|found| masked.line(found.start()));
            self.unbound =
                self.unbound.take().or_else(|| unbound().map(|line| Evidence::new(path, line, Strength::Stated)));
        }
    }

    /// Those of these names that a string of the program names.
    pub fn named<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
        let names: BTreeSet<&str> = names.into_iter().collect();
        let parts = self.literals.lines().flat_map(|literal| literal.split('/'));
        parts.filter(|part| names.contains(part)).map(str::to_owned).collect()
    }

    /// Whether a string names this path, or strings one after the other its parts.
    pub fn names_path(&self, path: &str) -> bool {
        self.literals.contains(path) || self.literals.contains(&path.replace('/', "\n"))
    }

    /// Whether a string is the name of this file, or a path that ends with it.
    pub fn names_file(&self, name: &str) -> bool {
        let is_it =
            |literal: &str| literal.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
        self.literals.lines().any(is_it)
    }

    /// The paths in these folders that a string names, or strings one after the other: as long as they are there.
    pub fn paths(&self, folders: &BTreeSet<String>, is_there: &dyn Fn(&str) -> bool) -> BTreeSet<String> {
        let lines: Vec<&str> = self.literals.lines().collect();
        let begins = |line: &str| line.split('/').next().is_some_and(|first| folders.contains(first));
        let path = |at: usize| {
            let mut path = (*lines.get(at)?).to_owned();
            for next in lines.iter().skip(at + 1).take(6) {
                match path::resolve(&path, next).filter(|path| is_there(path)) {
                    Some(longer) if longer.len() > path.len() => path = longer,
                    _ => break,
                }
            }
            Some(path).filter(|path| path.contains('/') && is_there(path))
        };
        (0..lines.len()).filter(|at| lines.get(*at).is_some_and(|line| begins(line))).filter_map(path).collect()
    }

    /// The packages that strings may name.
    pub fn packages(&self) -> BTreeSet<String> {
        self.literals.lines().filter(|literal| !literal.starts_with('.')).filter_map(package_name).collect()
    }

    /// The ports, the likeliest first. Numbers of other files than the first that states one are likelier those of workers and
    /// examples, and so count less.
    pub fn ports(&self) -> Vec<(u16, Evidence)> {
        let is_stated = |(_, evidence): &&(u16, Evidence)| evidence.strength >= Strength::Stated;
        let own = self.ports.iter().find(is_stated).or(self.ports.first()).map(|(_, evidence)| &evidence.file);
        let weigh = |(port, evidence): &(u16, Evidence)| {
            let strength = match evidence.strength {
                strength if own == Some(&evidence.file) => strength,
                Strength::Stated => Strength::Convention,
                _ => Strength::Guess,
            };
            (*port, Evidence { strength, ..evidence.clone() })
        };
        let mut ports: Vec<(u16, Evidence)> = self.ports.iter().map(weigh).collect();
        ports.sort_by_key(|(_, evidence)| Reverse(evidence.strength));
        let mut seen = BTreeSet::new();
        ports.retain(|(port, _)| seen.insert(*port));
        ports
    }

    /// Whether it is known where the program listens.
    pub fn says_where(&self) -> bool {
        self.listens.is_some() && !self.ports.is_empty()
    }
}

/// How far the line at this place stands in: what is set for the program itself stands out farther than what is for its parts.
fn indent(text: &str, at: usize) -> usize {
    let line = text.get(..at).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
    line.len() - line.trim_start().len()
}

/// The command with which a program serves, where its sources have several commands and one is called so.
pub fn serving(repo: &Repo, folder: &str) -> Option<&'static String> {
    static COMMAND: Pattern = Pattern::new(r#"(?:\.command\(\s*|\bcommand\s*[:=]\s*)['"`](\w+)[ '"`]"#);
    let files = repo.below(folder).filter(|path| is_code(path) && !is_aside(path)).take(MOST_FILES);
    let texts = files.filter_map(|path| repo.text(path));
    let words: BTreeSet<&str> =
        texts.flat_map(|text| COMMAND.captures_iter(text)).filter_map(|found| Some(found.get(1)?.as_str())).collect();
    CATALOG.usual.serving.iter().find(|word| words.contains(word.as_str()))
}

/// Whether a file belongs to a tool or a sample.
fn is_aside(path: &str) -> bool {
    path.split('/').any(|part| SHARED.aside.iter().any(|aside| aside == part))
}

/// Whether a number beside the word port is another service's: of mail, of a database, of a message broker.
fn is_elsewhere(path: &str, port: u16) -> bool {
    let path = path.to_lowercase();
    CATALOG.elsewhere.ports.contains(&port) || CATALOG.elsewhere.words.iter().any(|word| path.contains(word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Findings {
        let repo = Repo::from_list("x", [("src/main.ts", text)]);
        Sources::new(&repo).read(("", ""), &[], &["src/main.ts"])
    }

    #[test]
    fn ports() {
        for (text, port) in [
            ("app.listen(3000)", Some(3000)),
            ("// app.listen(3000)", None),
            ("const PORT = process.env.PORT || 8080; app.listen(PORT)", Some(8080)),
            ("app.listen(process.env.PORT ?? 5000)", Some(5000)),
            ("app.listen(parseInt(process.env.PORT || '4000', 10))", Some(4000)),
            ("const port = process.env['PORT'] ?? '4001'", Some(4001)),
            ("const port = process.env.PORT ? +process.env.PORT : 4002", Some(4002)),
            ("fastify.listen({ host: '0.0.0.0', port: 3001 })", Some(3001)),
            ("serve({ fetch: app.fetch, port: 8788 })", Some(8788)),
            ("const schema = { PORT: Joi.number().default(3003) }; app.listen(c.port)", Some(3003)),
            ("cleanEnv(process.env, { PORT: port({ default: 3004 }) })", Some(3004)),
            ("const { PORT = 3002 } = process.env;", Some(3002)),
            ("const port: number = 7000;\napp.listen(port)", Some(7000)),
            ("await app.listen(config.get<number>('PORT', 3333))", Some(3333)),
            ("app.set('port', process.env.PORT || process.env.OTHER_PORT || 8081); app.listen(x)", Some(8081)),
            ("number(process.env.HTTP_PORT || process.env.PORT, 4242)", Some(4242)),
            ("parseInt(process.env.PORT, 10)", None),
            ("getWithDefault('PORT', 8085)", Some(8085)),
            ("const o = {\n  cluster: {\n    port: 11002,\n  },\n  port: 6001,\n};\napp.listen(o.port)", Some(6001)),
            ("mail({ port: 465 }); app.listen(x)", None),
            ("const host = process.env.PGPORT || 5432", None),
            ("console.log('process.env.PORT || 9000')", None),
        ] {
            assert_eq!(findings(text).ports.first().map(|(port, _)| *port), port, "{text}");
        }
    }

    #[test]
    fn the_environment_signals_and_local_addresses() {
        assert!(findings("app.listen(process.env.PORT)").from_environment.is_some_and(|(_, default)| !default));
        assert!(findings("app.listen(process.env.PORT || 3000)").from_environment.is_some_and(|(_, default)| default));
        assert!(findings("process.on('SIGTERM', () => server.close())").signals.is_some());
        assert!(findings("// process.on('SIGTERM')").signals.is_none());
        assert!(findings("app.listen(3000, '127.0.0.1')").local.is_some());
        assert!(findings("path.join(__dirname, '../views/a')").named(["views"]).contains("views"));
    }

    #[test]
    fn commands_that_are_started() {
        for (text, commands, lines) in [
            ("execSync('git log -1')", &["git"][..], true),
            ("const { spawn } = require('child_process');\nspawn('ffmpeg', ['-i', x])", &["ffmpeg"], false),
            ("child_process.execFile(\"convert\", [])", &["convert"], false),
            ("pty.spawn('/usr/bin/env', ['ssh'])", &["env"], false),
            ("pattern.exec('git log')", &[], false),
            ("// exec('git')", &[], false),
        ] {
            let found = findings(text);
            let names: Vec<&str> = found.commands.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!((names.as_slice(), found.lines.is_some()), (commands, lines), "{text}");
        }
    }

    #[test]
    fn every_pattern_compiles() {
        let more = [&NAMED, &ENVIRONMENT, &LISTENS, &LOCAL, &UNBOUND, &BOUND, &STARTS, &SIGNALS];
        let long = " ".repeat(5000);
        assert!(PORTS.iter().chain(more).all(|pattern| !pattern.is_match(&long)));
    }
}
