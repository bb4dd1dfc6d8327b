//! Looks into Rust sources: where they listen, which files they name, which words stand in them.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::mask::{Masked, RUST, boundary};
use super::pattern;

/// How far a statement is looked at before a value, in bytes.
const BEFORE: usize = 200;

/// A source text without its tests.
#[derive(Debug)]
pub struct Source<'a> {
    masked: Masked<'a>,
    /// The text without comments.
    text: String,
}

/// A value that says where a program listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listens {
    /// The address, where the value holds one.
    pub host: Option<Host>,
    /// The port, where the value holds one.
    pub port: Option<u16>,
    /// The literal as a whole: what a variable or a flag would have to say.
    pub value: String,
    /// The variable of the environment that takes the place of the value.
    pub variable: Option<String>,
    /// The flag that does.
    pub flag: Option<String>,
    /// The line.
    pub quote: String,
    /// The statement up to the value.
    pub statement: String,
}

/// Which addresses of its machine a program listens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// All of them.
    All,
    /// That which nobody else can reach.
    Loopback,
}

static TESTS: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^\s*#\[cfg\((?:all\()?test\b.*\n\s*(?:pub )?mod "));
static NUMBER: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b[1-9][0-9]{1,4}\b"));
static PORT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)(?:^|[^a-z])port(?:[^a-z]|$)"));
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:(0\.0\.0\.0|\[::\]|::)|(127\.0\.0\.1|localhost|\[::1\]|::1))?(?::([0-9]{1,5}|\{[a-zA-Z_.]{0,40}\}))?$",
    )
});
static NEXT: LazyLock<Regex> = LazyLock::new(|| pattern(r#"^"(?:\.(?:to_string|into)\(\))?\s*,\s*([0-9]{2,5})\b"#));
static SOCKET: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?:\[\s*(0|127)\s*,\s*0\s*,\s*0\s*,\s*[01]\s*\]|\b(UNSPECIFIED|LOCALHOST)\b)[\s)]{0,9},?\s*([0-9]{2,5})?")
});
static LISTENING: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)bind|listen|serve|addr|host|socket|default_value|\bip\b|\brun\b"));
static VARIABLE: LazyLock<Regex> = LazyLock::new(|| pattern(r#""([A-Z][A-Z0-9_]{1,60})""#));
static LONG: LazyLock<Regex> = LazyLock::new(|| pattern(r#"\blong\b(?:\s*=\s*"([\w-]{1,60})")?"#));
static FIELD: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^[^\]]{0,200}\](?:\s*#\[[^\]]{0,200}\])*\s*(?:pub )?(\w{1,60})\s*:"));

impl<'a> Source<'a> {
    /// Masks a text up to its tests.
    pub fn new(text: &'a str) -> Self {
        let text = TESTS.find(text).and_then(|tests| text.get(..tests.start())).unwrap_or(text);
        let masked = Masked::new(text, &RUST);
        let mut plain = masked.code().to_owned();
        for (start, literal) in masked.literals() {
            plain.replace_range(start..start + literal.len(), literal);
        }
        Source { masked, text: plain }
    }

    /// The line of the first place that holds this as code.
    pub fn line_with(&self, word: &str) -> Option<&'a str> {
        Some(self.masked.line(memchr::memmem::find(self.masked.code().as_bytes(), word.as_bytes())?))
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

    /// The values that say where it listens.
    pub fn listens(&self) -> Vec<Listens> {
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
        literals.chain(numbers).chain(sockets).collect()
    }

    /// An address, or a number that is called a port.
    fn literal(&self, at: usize, text: &str) -> Option<Listens> {
        let range = at..at + text.len();
        if text.chars().all(|c| c.is_ascii_digit()) {
            return self.number(range, text);
        }
        let parts = ADDRESS.captures(text).filter(|_| !text.is_empty())?;
        let host = match (parts.get(1), parts.get(2)) {
            (Some(_), _) => Some(Host::All),
            (_, Some(_)) => Some(Host::Loopback),
            _ => None,
        };
        let behind = self.text.get(range.end..boundary(&self.text, range.end + 60)).unwrap_or_default();
        let port = parts.get(3).or_else(|| NEXT.captures(behind)?.get(1)).and_then(|port| port.as_str().parse().ok());
        let found = self.found(range, host, port, text);
        let is_said = LISTENING.is_match(&found.statement) || LISTENING.is_match(behind);
        (is_said && (host.is_some() || port.is_some())).then_some(found)
    }

    fn number(&self, range: Range<usize>, digits: &str) -> Option<Listens> {
        let port = digits.parse().ok().filter(|port| *port >= 80)?;
        let found = self.found(range.clone(), None, Some(port), digits);
        let named = found.flag.as_ref().is_some_and(|flag| PORT.is_match(flag));
        let is_said = || found.statement.rfind(",\n").map_or(&found.statement[..], |at| &found.statement[at..]);
        (named || PORT.is_match(is_said())).then_some(found)
    }

    /// A value with what takes its place.
    fn found(&self, range: Range<usize>, host: Option<Host>, port: Option<u16>, value: &str) -> Listens {
        let statement = self.statement(range.start);
        let is_attribute = statement.starts_with("#[");
        let field = || Some(FIELD.captures(self.text.get(range.end..)?)?.get(1)?.as_str().replace('_', "-"));
        let flag = LONG.captures(statement).filter(|_| is_attribute);
        Listens {
            host,
            port,
            value: value.to_owned(),
            variable: VARIABLE.captures_iter(statement).last().map(|name| name[1].to_owned()),
            flag: flag.and_then(|long| long.get(1).map(|name| name.as_str().to_owned()).or_else(field)),
            quote: self.masked.line(range.start).to_owned(),
            statement: statement.to_owned(),
        }
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
        one.map_or_else(String::new, |one| format!("{:?}", (one.host, one.port, one.variable, one.flag)))
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
            ("let listener = bind(format!(\"127.0.0.1:{port}\"));", local, None, None, None),
            ("let x = \"http://localhost:3000\";", None, None, None, None),
            ("let export = 3000; let report = 4000;", None, None, None, None),
            ("#[cfg(test)]\nmod tests { const PORT: u16 = 1; }", None, None, None, None),
            ("// const PORT: u16 = 3000;", None, None, None, None),
        ] {
            let expected = format!("{:?}", (host, port, variable.map(str::to_owned), flag.map(str::to_owned)));
            let is_nothing = host.is_none() && port.is_none();
            assert_eq!(found(text), if is_nothing { String::new() } else { expected }, "{text}");
        }
    }

    #[test]
    fn what_stands_behind_a_call() {
        let source = Source::new("include_str!(\"../a.txt\"); include_str!(concat!(\"b\")); Command::new(\"git\")");
        let behind: Vec<_> = source.behind("include_str!(").into_iter().map(|(text, _)| text).collect();
        assert_eq!(behind, [Some("../a.txt"), None]);
        assert_eq!(source.commands().next().unwrap().0, "git");
        assert!(source.line_with("concat!").is_some() && source.line_with("a.txt").is_none());
        assert_eq!(source.strings().count(), 3);
    }
}
