//! Testimonies about a service: what a detector saw, where, and how strongly it speaks. A detector never chooses.

use std::cmp::Reverse;
use std::fmt;

use serde::Serialize;

use crate::command::Command;
use crate::format::Fault;
use crate::requirement::Requirement;

/// How strongly a source speaks; the order decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// Nothing says so; it is only likely.
    Guess,
    /// A convention of the ecosystem says so.
    Convention,
    /// A file says so.
    Stated,
    /// A file that exists to pin this says so.
    Pinned,
    /// A person says so.
    Asked,
}

impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Strength::Guess => "guess",
            Strength::Convention => "convention",
            Strength::Stated => "stated",
            Strength::Pinned => "pinned",
            Strength::Asked => "asked",
        })
    }
}

/// Where a fact comes from. A quote and no line number, so that it stays true when lines move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The file, relative to the repository; empty where no file speaks.
    pub file: String,
    /// The quoted text, one line.
    pub quote: String,
    /// How strongly it speaks.
    pub strength: Strength,
}

impl Evidence {
    /// Evidence from a file.
    pub fn new(file: &str, quote: &str, strength: Strength) -> Self {
        let line = quote.trim().lines().next().unwrap_or_default();
        let quote = line.chars().filter(|c| !c.is_control()).take(100).collect();
        Evidence { file: file.to_owned(), quote, strength }
    }

    /// What dockgen itself assumes.
    pub fn guess() -> Self {
        Evidence::new("", "", Strength::Guess)
    }

    /// A wish.
    pub fn asked(quote: &str) -> Self {
        Evidence::new("", quote, Strength::Asked)
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.file.is_empty(), self.quote.is_empty()) {
            (true, true) => f.write_str("nothing says otherwise"),
            (true, false) => write!(f, "`{}`", self.quote),
            (false, true) => write!(f, "`{}`", self.file),
            (false, false) => write!(f, "`{}`: `{}`", self.file, self.quote),
        }
    }
}

/// Which addresses of its machine a program listens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// All of them.
    All,
    /// That which nobody else can reach.
    Loopback,
}

/// A value that says where a program listens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listens {
    /// The address, where the value holds one.
    pub host: Option<Host>,
    /// The port, where the value holds one.
    pub port: Option<u16>,
    /// The value as it is written.
    pub value: String,
    /// The variable of the environment that takes its place.
    pub variable: Option<String>,
    /// The flag that does.
    pub flag: Option<String>,
}

/// What a fact says: the closed vocabulary.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A release of this tool is wanted: a language's id.
    Toolchain(String, Requirement),
    /// The build refuses other releases of this tool.
    Bound(String, Requirement),
    /// A package manager is used: its id, and its version where one is named.
    Manager(String, Option<String>),
    /// A framework is used: its id in the catalog.
    Framework(String),
    /// A script of a manifest: its name and its line.
    Script(String, String),
    /// What a platform runs: the name of the process and its line.
    Process(String, String),
    /// A container of it is started with these words.
    Start(Vec<String>),
    /// A container of it is given these words behind the program that its image starts.
    Arguments(Vec<String>),
    /// It is built with these commands, one after the other.
    Build(Vec<Command>),
    /// Something that can be started: what `--entry` would say.
    Entry(String),
    /// Something that a file says and that cannot be started, and why.
    Cannot(String, String),
    /// A file that the dependency step reads.
    Manifest(String),
    /// A path that the build reads besides sources.
    Input(String),
    /// A path that the program reads when it runs.
    Data(String),
    /// A file of the repository lies there when the program runs.
    Placed(String, String),
    /// A folder that the program writes to.
    Writes(String),
    /// A path that the build makes.
    Output(String),
    /// Something the runtime must provide: a need of the catalog's vocabulary, and why, a clause.
    Need(String, String),
    /// A package of Debian that the build needs.
    Package(String),
    /// A variable of the program's environment and its value.
    Variable(String, String),
    /// A variable that is given when the program is run, and an example of its value; never a secret.
    Wants(String, Option<String>),
    /// Another service that the program uses: its name, for people.
    Uses(String),
    /// The program listens here.
    Port(u16),
    /// The program takes datagrams here.
    Udp(u16),
    /// A value in the program that says where it listens.
    Listens(Listens),
    /// The program answers health checks here.
    HealthPath(String),
    /// The program ends by itself on SIGTERM.
    Signals,
    /// Packages come from here, with credentials.
    Feed(String),
    /// A file cannot be read, and why.
    Unreadable(String),
    /// A sentence that a person should know.
    Warning(String),
    /// Why no image can be made, and what to do.
    Obstacle(String, String),
}

/// One testimony.
#[derive(Debug, Clone)]
pub struct Fact {
    /// What it says.
    pub kind: Kind,
    /// Where it comes from.
    pub evidence: Evidence,
    /// The program that it holds for, as [`Kind::Entry`] names it; each one where none is named.
    pub program: Option<String>,
}

/// The commands with which others build, those of the strongest first: the ones before it, the command, and what tells of it.
pub fn builds(told: &[Fact]) -> impl Iterator<Item = (&[Command], &Command, &Evidence)> {
    let mut facts: Vec<&Fact> = told.iter().collect();
    facts.sort_by_key(|fact| Reverse(fact.evidence.strength));
    facts.into_iter().flat_map(|fact| {
        let commands = if let Kind::Build(commands) = &fact.kind { commands.as_slice() } else { &[] };
        commands.iter().enumerate().map(move |(at, command)| (&commands[..at], command, &fact.evidence))
    })
}

impl Fact {
    /// A fact from a file.
    pub fn new(kind: Kind, file: &str, quote: &str, strength: Strength) -> Self {
        Fact::from_evidence(kind, Evidence::new(file, quote, strength))
    }

    /// A file that the dependency step reads.
    pub fn manifest(path: &str) -> Self {
        Fact::new(Kind::Manifest(path.to_owned()), path, "", Strength::Stated)
    }

    /// A file that cannot be read, and without which nothing is built.
    pub fn unreadable(path: &str, fault: &Fault) -> Self {
        Fact::new(Kind::Unreadable(fault.what.clone()), path, &fault.quote, Strength::Stated)
    }

    /// What a manifest says of its build lies where no build context of this folder reaches.
    pub fn outside(path: &str, name: &str, said: &str) -> Self {
        let what = format!("`{name}` lies at `{said}`, which is not below this folder");
        let hint = "run dockgen in the folder above that holds both, and name the program with `--entry`";
        Fact::new(Kind::Obstacle(what, hint.to_owned()), path, name, Strength::Stated)
    }

    /// A fact with evidence that is there already.
    pub fn from_evidence(kind: Kind, evidence: Evidence) -> Self {
        Fact { kind, evidence, program: None }
    }

    /// The same, which holds for one program only.
    pub fn of(self, program: &str) -> Self {
        Fact { program: Some(program.to_owned()), ..self }
    }

    /// Whether it holds for this program: one that is named with what it is a part of, behind a space, is meant by that too.
    pub fn is_about(&self, program: &str) -> bool {
        let holds = |of: &str| program.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
        self.program.as_deref().is_none_or(holds)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Toolchain(_, wanted) | Kind::Bound(_, wanted) => write!(f, "toolchain {wanted}"),
            Kind::Manager(id, None) => write!(f, "package manager {id}"),
            Kind::Manager(id, Some(version)) => write!(f, "package manager {id} {version}"),
            Kind::Framework(id) => write!(f, "framework {id}"),
            Kind::Start(argv) => write!(f, "started with {}", argv.join(" ")),
            Kind::Arguments(words) => write!(f, "given the words {}", words.join(" ")),
            Kind::Build(commands) => {
                let lines: Vec<String> = commands.iter().map(|command| command.argv.join(" ")).collect();
                write!(f, "built with {}", lines.join("; "))
            }
            Kind::Process(name, line) => write!(f, "process {name}: {line}"),
            Kind::Script(name, command) => write!(f, "script {name}: {command}"),
            Kind::Entry(entry) => write!(f, "entry {entry}"),
            Kind::Cannot(entry, why) => write!(f, "{entry} cannot be started: {why}"),
            Kind::Manifest(path) => write!(f, "manifest {path}"),
            Kind::Input(path) => write!(f, "reads {path}"),
            Kind::Data(path) => write!(f, "reads {path} when it runs"),
            Kind::Placed(path, target) => write!(f, "has {path} at {target}"),
            Kind::Writes(path) => write!(f, "writes {path}"),
            Kind::Output(path) => write!(f, "makes {path}"),
            Kind::Need(need, why) => write!(f, "needs {need}: {why}"),
            Kind::Package(name) => write!(f, "is built with the package {name}"),
            Kind::Variable(name, value) => write!(f, "environment {name}={value}"),
            Kind::Wants(name, None) => write!(f, "is given {name}"),
            Kind::Wants(name, Some(example)) => write!(f, "is given {name}, such as {example}"),
            Kind::Uses(service) => write!(f, "uses {service}"),
            Kind::Port(port) => write!(f, "port {port}"),
            Kind::Udp(port) => write!(f, "port {port}/udp"),
            Kind::Listens(found) => write!(f, "listens by {}", found.value),
            Kind::HealthPath(path) => write!(f, "health path {path}"),
            Kind::Signals => f.write_str("ends on SIGTERM"),
            Kind::Feed(feed) => write!(f, "private feed {feed}"),
            Kind::Unreadable(why) => write!(f, "unreadable: {why}"),
            Kind::Warning(what) => write!(f, "to know: {what}"),
            Kind::Obstacle(what, _) => write!(f, "no image, because {what}"),
        }
    }
}
