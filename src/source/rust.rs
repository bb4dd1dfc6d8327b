//! Looks into Rust sources: where they listen, which files they name, which words stand in them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::mask::{Masked, RUST, boundary};
use super::named::{self, Naming};
use super::{Found as Match, Pattern};
use crate::catalog::SHARED;
use crate::facts::{Evidence, Fact, Host, Kind, Listens, Strength};
use crate::path::{join, parent};
use crate::repo::Repo;
use crate::rows::Embed;

/// How far a statement is looked at before a value, in bytes.
const BEFORE: usize = 200;

/// A source text without its tests.
#[derive(Debug)]
pub struct Source<'a> {
    masked: Masked<'a>,
    /// The text without comments.
    text: String,
}

/// A value that says where a program listens, in its place.
#[derive(Debug)]
pub struct Found {
    /// The value.
    pub listens: Listens,
    /// The line.
    pub quote: String,
    /// How strongly it speaks: a second listener of a program does not.
    pub strength: Strength,
    statement: String,
}

/// What stands before the name of a variable that is read.
const TAKES: [&str; 3] = ["var(\"", "var_os(\"", "env = \""];
static TESTS: Pattern = Pattern::new(r"(?m)^\s*#\[cfg\((?:all\()?test\b.*\n(?:\s*#\[[^\]]*\])*\s*(?:pub )?mod ");
static NUMBER: Pattern = Pattern::new(r"\b[1-9][0-9]{1,4}\b");
static PORT: Pattern = Pattern::new(r"(?i)(?:^|[^a-z])port(?:[^a-z]|$)");
static ADDRESS: Pattern = Pattern::new(
    r"^(?:(0\.0\.0\.0|\[::\]|::)|(127\.0\.0\.1|localhost|\[::1\]|::1))?(?::([0-9]{1,5}|\{[a-zA-Z_.]{0,40}\}))?$",
);
static NEXT: Pattern = Pattern::new(r#"^"(?:\.(?:to_string|into)\(\))?\s*,\s*([0-9]{2,5})\b"#);
static SOCKET: Pattern = Pattern::new(
    r"(?:\[\s*(0|127)\s*,\s*0\s*,\s*0\s*,\s*[01]\s*\]|\b(UNSPECIFIED|LOCALHOST)\b)[\s)]{0,9},?\s*([0-9]{2,5})?",
);
static LISTENING: Pattern = Pattern::new(r"(?i)bind|listen|serve|addr|host|socket|default_value|\bip\b|\brun\b");
static COMPARED: Pattern = Pattern::new(r#"(?:[=!]=\s*|(?:contains|starts_with|ends_with|eq|replace)\(\s*|\|\s*)"?$"#);
static VARIABLE: Pattern = Pattern::new(r#""([A-Z][A-Z0-9_]{1,60})""#);
static LONG: Pattern = Pattern::new(r#"\blong\b(?:\s*=\s*"([\w-]{1,60})")?"#);
static FIELD: Pattern = Pattern::new(r"^[^\]]{0,200}\](?:\s*#\[[^\]]{0,200}\])*\s*(?:pub )?(\w{1,60})\s*:");

static COMMANDS: Pattern =
    Pattern::new(r"\(subcommand[^\]\n]{0,60}\]\s*(?:pub(?:\(\w+\))? )?\w{1,60}\s*:\s*(?:\w{1,60}::){0,4}(\w{1,60})");
static DEMANDS: Pattern =
    Pattern::new(r#"#\[cfg\(not\(any\(((?:\s*feature\s*=\s*"[\w-]{1,60}"\s*,?){1,20})\s*\)\)\)\]\s*compile_error!"#);

/// Folders whose sources are no part of a program.
const ASIDE: [&str; 4] = ["target", "tests", "benches", "examples"];

/// The sources of a repository by their paths.
pub type Sources<'r> = BTreeMap<&'r str, Source<'r>>;

/// The word without which a program of these sources only tells how it is used: the likeliest of its commands.
pub fn serving<'s>(
    sources: impl Iterator<Item = (&'s str, &'s Source<'s>)> + Clone,
) -> Option<(&'static str, Evidence)> {
    let of = sources.clone().find_map(|(_, source)| source.needs_command())?;
    let serves = |word: &'static String| {
        let (path, line) = sources.clone().find_map(|(path, source)| Some((path, source.variant(of, word)?)))?;
        Some((word.as_str(), Evidence::new(path, line, Strength::Convention)))
    };
    SHARED.serving.iter().find_map(serves)
}

/// What follows from sources, each with its path and the folder of its package.
pub fn facts(repo: &Repo, rows: &[Embed], sources: &[(&str, &str, &Source)]) -> Vec<Fact> {
    let naming = sources.iter().find_map(|(_, _, source)| source.naming());
    sources.iter().flat_map(|(path, package, it)| it.facts(repo, rows, (path, package), naming.as_ref())).collect()
}

/// Features of which these sources demand one, where none of them is among those that are on.
pub fn demanded<'s>(mut sources: impl Iterator<Item = (&'s str, &'s Source<'s>)>, on: &BTreeSet<&str>) -> Option<Fact> {
    let is_off = |names: &Vec<&str>| names.iter().all(|name| !on.contains(name));
    let (path, names) = sources.find_map(|(path, source)| Some((path, source.demands().into_iter().find(is_off)?)))?;
    let what = format!("`{path}` ends the build, as none of the features `{}` is on", names.join("`, `"));
    let hint = format!(
        "name what the program shall have, as in `dockgen config set build.flags -- --features={}`",
        names.first()?
    );
    Some(Fact::new(Kind::Obstacle(what, hint), path, "compile_error!", Strength::Stated))
}

impl<'a> Source<'a> {
    /// Every source of a repository, and the configuration of Cargo.
    pub fn all(repo: &'a Repo) -> Sources<'a> {
        let is_source = |path: &&str| path.ends_with(".rs") && !path.split('/').any(|part| ASIDE.contains(&part));
        let paths = repo.files().filter(|path| is_source(path) || path.starts_with(".cargo/"));
        paths.filter_map(|path| Some((path, Source::new(repo.text(path)?)))).collect()
    }

    /// How variables take the place of settings, where the source says it: `Environment::with_prefix("APP").separator("__")`.
    fn naming(&self) -> Option<Naming> {
        let first = |call: &str| self.behind(call).into_iter().find_map(|(text, _)| text.map(str::to_owned));
        let separator = first("Environment::default().separator(").or_else(|| first(".separator("))?;
        self.line_with("Environment").map(|_| Naming { prefix: first("Environment::with_prefix("), separator })
    }

    /// What follows from a source of a package: files that it names, what it compiles in, where it listens. `naming` is how
    /// variables take the place of settings.
    fn facts(&self, repo: &Repo, rows: &[Embed], (path, package): (&str, &str), naming: Option<&Naming>) -> Vec<Fact> {
        let fact = |kind, line: &str, strength| Fact::new(kind, path, line, strength);
        let mut facts = named::embedded(repo, rows, (path, package), |call| self.behind(call));
        let is_script = path.ends_with("build.rs") && parent(path) == package;
        for (text, line) in self.strings() {
            // The folder of a package is its name.
            let is_data = |found: &String| !repo.has(&join(found, "Cargo.toml"));
            let found = named::find(repo, &[package, parent(path), ""], text, line).filter(is_data);
            let is_compiled_in = |fact: &Fact| matches!(&fact.kind, Kind::Input(_)) && fact.evidence.quote == line;
            let Some(found) = found.filter(|_| is_script || !facts.iter().any(is_compiled_in)) else { continue };
            let is_embedded = facts.iter().any(|fact| matches!(&fact.kind, Kind::Input(path) if *path == found));
            if !is_script && !is_embedded {
                facts.extend(named::settings(repo, &found, naming));
            }
            let kind = if is_script || is_embedded { Kind::Input(found) } else { Kind::Data(found) };
            facts.push(fact(kind, line, Strength::Stated));
        }
        let listens = self.listens().into_iter().filter(|_| !is_script);
        facts.extend(listens.map(|found| fact(Kind::Listens(found.listens), &found.quote, found.strength)));
        facts
    }

    /// Masks a text up to its tests.
    pub fn new(text: &'a str) -> Self {
        let text = TESTS.find(text).and_then(|tests| text.get(..tests.start())).unwrap_or(text);
        let masked = Masked::new(text, &RUST);
        let mut plain = masked.code().as_bytes().to_vec();
        for (start, literal) in masked.literals() {
            plain[start..start + literal.len()].copy_from_slice(literal.as_bytes());
        }
        let plain = String::from_utf8(plain).unwrap_or_default();
        Source { masked, text: plain }
    }

    /// The line of the first place outside of comments that holds this.
    pub fn line_with(&self, word: &str) -> Option<&'a str> {
        Some(self.masked.line(memchr::memmem::find(self.text.as_bytes(), word.as_bytes())?))
    }

    /// What stands as a string behind a call, `None` where no string does, each with its line.
    pub fn behind(&self, call: &str) -> Vec<(Option<&'a str>, &'a str)> {
        let found = memchr::memmem::find_iter(self.masked.code().as_bytes(), call.as_bytes());
        found.map(|at| (self.masked.string_at(at + call.len()), self.masked.line(at))).collect()
    }

    /// The string literals with their lines.
    pub fn strings(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.masked.literals().map(|(at, text)| (text, self.masked.line(at)))
    }

    /// The commands that it starts, with their lines.
    pub fn commands(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.behind("Command::new(").into_iter().filter_map(|(name, line)| Some((name?, line)))
    }

    /// The type of the commands that have to be typed, where there are some: a field that is no `Option`.
    fn needs_command(&self) -> Option<&str> {
        let of = COMMANDS.captures(&self.text)?.get(1)?.as_str();
        Some(of).filter(|of| *of != "Option")
    }

    /// The line of a command of this type that is typed so: `Serve(Options)` of `serve`.
    fn variant(&self, of: &str, word: &str) -> Option<&str> {
        let body = self.text.split_once(&format!("enum {of} {{"))?.1.split("\n}").next()?;
        let is_it = |line: &&str| {
            let name = line.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            name.to_ascii_lowercase() == word && name.starts_with(|c: char| c.is_ascii_uppercase())
        };
        body.lines().map(str::trim).find(is_it)
    }

    /// Features of which one has to be on: without, the build ends.
    fn demands(&self) -> Vec<Vec<&str>> {
        let names = |found: Match| found.get(1).map(|list| list.range());
        let lists = DEMANDS.captures_iter(&self.text).filter_map(names).filter_map(|range| self.text.get(range));
        lists.map(|list| list.split('"').skip(1).step_by(2).collect()).collect()
    }

    /// The values that say where it listens.
    pub fn listens(&self) -> Vec<Found> {
        let literals = self.masked.literals().filter_map(|(at, text)| self.literal(at, text));
        let code = self.masked.code();
        let numbers = NUMBER.find_iter(code).filter_map(|number| self.number(number.range(), number.as_str()));
        let sockets = SOCKET.captures_iter(code).filter_map(|socket| {
            let range = socket.get(0)?.range();
            let is_local =
                [socket.get(1), socket.get(2)].into_iter().flatten().any(|part| "127LOCALHOST".contains(part.as_str()));
            let host = if is_local { Host::Loopback } else { Host::All };
            let port = socket.get(3).and_then(|port| port.as_str().parse().ok());
            Some(self.found(range, Some(host), port, ""))
        });
        let (mut named, said): (Vec<Found>, Vec<Found>) = literals
            .chain(numbers)
            .chain(sockets)
            .partition(|found| found.listens.value.is_empty() && found.listens.host.is_none());
        named.retain(|one| said.iter().all(|other| other.listens.variable != one.listens.variable));
        let is_of_others = |found: &Found| {
            let flag = found.listens.flag.as_deref().unwrap_or_default();
            [found.statement.as_str(), flag].into_iter().any(|text| SHARED.listen.others.is_match(text))
        };
        said.into_iter().chain(named).filter(|found| !is_of_others(found)).collect()
    }

    /// An address, or a number that is called a port.
    fn literal(&self, at: usize, text: &str) -> Option<Found> {
        let range = at..at + text.len();
        if text.chars().all(|c| c.is_ascii_digit()) {
            return self.number(range, text);
        }
        if text.ends_with("PORT") && TAKES.iter().any(|takes| self.statement(at).ends_with(takes)) {
            let found = self.found(at..range.end + 1, None, None, "");
            return Some(Found { listens: Listens { variable: Some(text.to_owned()), ..found.listens }, ..found });
        }
        let parts = ADDRESS.captures(text).filter(|_| !text.is_empty())?;
        let host = match (parts.get(1), parts.get(2)) {
            (Some(_), _) => Some(Host::All),
            (_, Some(_)) => Some(Host::Loopback),
            _ => None,
        };
        let behind = self.text.get(range.end..boundary(&self.text, range.end + 60)).unwrap_or_default();
        let port = parts.get(3).or_else(|| NEXT.captures(behind)?.get(1)).and_then(|port| port.as_str().parse().ok());
        // A test or a probe takes whatever port is free.
        if port == Some(0) {
            return None;
        }
        let found = self.found(range.clone(), host, port, text);
        let is_compared =
            COMPARED.is_match(&found.statement) || behind.trim_start_matches('"').trim_start().starts_with("=");
        if is_compared {
            return None;
        }
        let is_said = LISTENING.is_match(&found.statement) || LISTENING.is_match(behind);
        (is_said && (host.is_some() || port.is_some())).then_some(found)
    }

    fn number(&self, range: Range<usize>, digits: &str) -> Option<Found> {
        let port = digits.parse().ok().filter(|port| *port >= 80)?;
        let statement = self.statement(range.start);
        let is_said = PORT.is_match(statement.rfind(",\n").and_then(|at| statement.get(at..)).unwrap_or(statement));
        if !is_said && !statement.starts_with("#[") {
            return None;
        }
        let found = self.found(range, None, Some(port), digits);
        (is_said || found.listens.flag.as_ref().is_some_and(|flag| PORT.is_match(flag))).then_some(found)
    }

    /// A value with what takes its place.
    fn found(&self, range: Range<usize>, host: Option<Host>, port: Option<u16>, value: &str) -> Found {
        let statement = self.statement(range.start);
        let is_attribute = statement.starts_with("#[");
        let field = || Some(FIELD.captures(self.text.get(range.end..)?)?.get(1)?.as_str().replace('_', "-"));
        let flag = LONG.captures(statement).filter(|_| is_attribute);
        let flag = flag.and_then(|long| long.get(1).map(|name| name.as_str().to_owned()).or_else(field));
        let variable = VARIABLE.captures_iter(statement).last().map(|name| name[1].to_owned());
        let quote = self.masked.line(range.start).to_owned();
        let listens = Listens { host, port, value: value.to_owned(), variable, flag };
        let strength = if SHARED.listen.second.is_match(statement) { Strength::Guess } else { Strength::Stated };
        Found { listens, quote, strength, statement: statement.to_owned() }
    }

    /// The text before an offset, as far as it belongs to the same statement or attribute.
    fn statement(&self, at: usize) -> &str {
        let from = boundary(&self.text, at.saturating_sub(BEFORE)).min(at);
        let text = self.text.get(from..at).unwrap_or_default();
        let attribute = text.rfind("#[");
        let end = text.rfind([';', '}']).map_or(0, |at| at + 1);
        text.get(attribute.unwrap_or(0).max(end)..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Host, port, variable and flag of the first that is found.
    fn found(text: &str) -> String {
        let one = Source::new(text).listens().into_iter().next();
        one.map_or_else(String::new, |one| {
            format!("{:?}", (one.listens.host, one.listens.port, one.listens.variable, one.listens.flag))
        })
    }

    #[test]
    fn where_programs_listen() {
        let (all, local) = (Some(Host::All), Some(Host::Loopback));
        for (text, host, port, variable, flag) in [
            ("TcpListener::bind(\"0.0.0.0:3000\").await", all, Some(3000), None, None),
            ("HttpServer::new(|| app).bind((\"127.0.0.1\", 8080))?", local, Some(8080), None, None),
            ("let addr = SocketAddr::from(([0, 0, 0, 0], 3000));", all, Some(3000), None, None),
            ("warp::serve(routes).run(([127, 0, 0, 1], 3030)).await;", local, Some(3030), None, None),
            ("let addr = \"[::1]:50051\".parse()?;", local, Some(50051), None, None),
            ("let a = (Ipv4Addr::UNSPECIFIED, 4000);", all, Some(4000), None, None),
            ("const PORT: u16 = 3000;", None, Some(3000), None, None),
            (
                "let port = env::var(\"PORT\").unwrap_or_else(|_| \"3000\".to_string());",
                None,
                Some(3000),
                Some("PORT"),
                None,
            ),
            ("fn default_port() -> u16 {\n    8080\n}", None, Some(8080), None, None),
            (
                "#[arg(short, long, env = \"APP_PORT\", default_value_t = 8080)]\nport: u16,",
                None,
                Some(8080),
                Some("APP_PORT"),
                Some("port"),
            ),
            (
                "#[arg(long = \"listen\", default_value = \"127.0.0.1:9000\")]\naddress: String,",
                local,
                Some(9000),
                None,
                Some("listen"),
            ),
            ("let port = env::var(\"PORT\").expect(\"port\");", None, None, Some("PORT"), None),
            ("let listener = bind(format!(\"127.0.0.1:{port}\"));", local, None, None, None),
            ("let x = \"http://localhost:3000\";", None, None, None, None),
            ("if host == \"localhost\" || addr.contains(\"127.0.0.1\") {", None, None, None, None),
            ("TcpListener::bind(\"127.0.0.1:0\")", None, None, None, None),
            ("match host { \"localhost\" => 1, _ => 2 }", None, None, None, None),
            ("let export = 3000; let report = 4000;", None, None, None, None),
            ("#[cfg(test)]\nmod tests { const PORT: u16 = 1; }", None, None, None, None),
            ("// const PORT: u16 = 3000;", None, None, None, None),
        ] {
            let expected = format!("{:?}", (host, port, variable.map(str::to_owned), flag.map(str::to_owned)));
            let is_nothing = host.is_none() && port.is_none() && variable.is_none();
            assert_eq!(found(text), if is_nothing { String::new() } else { expected }, "{text}");
        }
    }

    #[test]
    fn what_stands_behind_a_call() {
        let source = Source::new("include_str!(\"../a.txt\"); include_str!(concat!(\"b\")); Command::new(\"git\")");
        let behind: Vec<_> = source.behind("include_str!(").into_iter().map(|(text, _)| text).collect();
        assert_eq!(behind, [Some("../a.txt"), None]);
        assert_eq!(source.commands().next().unwrap().0, "git");
        assert!(source.line_with("concat!").is_some() && source.line_with("b.txt").is_none());
        assert_eq!(source.strings().count(), 3);
    }
}
