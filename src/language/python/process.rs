//! Processes that a platform runs: those that need no shell, in the words of `python`.

use std::sync::LazyLock;

use regex::Regex;

use super::rows::{CATALOG, Server};
use super::sources::{Program, Source};
use super::ways::{Entry, Way};
use crate::catalog::SHARED;
use crate::command::{self, Command, PORT};
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::language::Variable;
use crate::plan::processes::{self, Process as Told};
use crate::plan::program::{Role, Traits};
use crate::source::pattern;

/// A port behind a flag or an address.
static PORT_ARGUMENT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:^|[:=])(\d{2,5})$"));

/// A process that can be started.
#[derive(Debug, Clone)]
pub struct Process {
    /// A platform sends requests to it.
    pub web: bool,
    /// Variables of its line.
    pub environment: Vec<Variable>,
    /// The program, where it is none that `python` runs.
    pub program: Option<String>,
    /// The arguments of `python`, or of the program; [`PORT`] stands for `$PORT`.
    pub argv: Vec<String>,
    /// The server that is started.
    pub server: Option<&'static Server>,
    /// The line's words.
    pub words: String,
}

impl Process {
    fn new(web: bool, environment: Vec<Variable>, words: Vec<String>) -> Self {
        let first = words.first().cloned().unwrap_or_default();
        let name = first.rsplit('/').next().unwrap_or_default().to_owned();
        let rest = words.iter().skip(1).cloned();
        let is_python =
            name.strip_prefix("python").is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || c == '.'));
        let is_module = CATALOG.tool.iter().any(|row| row.names.contains(&name));
        let (program, mut argv): (Option<String>, Vec<String>) = match (is_python, is_module) {
            (true, _) => (None, rest.collect()),
            (_, true) => (None, ["-m".to_owned(), name].into_iter().chain(rest).collect()),
            _ => (Some(first), rest.collect()),
        };
        let module = argv.iter().position(|word| word == "-m").and_then(|at| argv.get(at + 1));
        let server = CATALOG.server.iter().find(|row| Some(&row.id) == module);
        if let Some(row) = server {
            complete(&mut argv, row);
        }
        Process { web, environment, program, argv, server, words: words.join(" ") }
    }

    /// The source that is started.
    pub fn script<'p, 'a>(&self, program: &'p Program<'a>) -> Option<&'p Source<'a>> {
        self.argv.iter().find(|word| word.ends_with(".py")).and_then(|word| program.source(word))
    }

    /// It is told the port by the platform.
    pub fn takes_port(&self) -> bool {
        self.argv.iter().any(|word| word.contains(PORT))
    }

    /// The port that stands in the line.
    pub fn stated_port(&self) -> Option<u16> {
        self.argv.iter().skip(1).find_map(|word| PORT_ARGUMENT.captures(word)?.get(1)?.as_str().parse().ok())
    }
}

/// The processes that can be started; steps of a deployment are none.
pub fn processes(told: &[Fact]) -> Vec<Way> {
    let started = processes::started(told).map(|process| process.name);
    let running = processes::all(told).filter(|process| !process.is_step());
    let way = |(at, process): (usize, Told)| {
        let words = words(&process.command)?;
        let is_usual = started.as_ref() == Some(&process.name);
        let environment = process.command.environment.iter().map(|(name, value)| Variable::new(name, value)).collect();
        Some(Way {
            entry: Entry::Process(Process::new(process.name == SHARED.process.serves, environment, words)),
            label: process.name,
            reason: "the Procfile starts it",
            evidence: process.evidence,
            traits: Traits { role: Role::Process, serves: true, is_usual, rank: vec![at] },
        })
    };
    running.enumerate().filter_map(way).collect()
}

/// What other images are started with, where Python runs it and all that it names is in the repository.
pub fn of_containers(told: &[Fact], program: &Program) -> Vec<Way> {
    let way = |fact: &Fact| {
        let Kind::Start(argv) = &fact.kind else { return None };
        let words = words(&command::of_words(argv))?;
        let holds = words.iter().skip(1).all(|word| is_there(program, word));
        let process = Process::new(false, Vec::new(), words);
        (holds && process.program.is_none()).then(|| Way {
            entry: Entry::Process(process),
            label: fact.evidence.file.clone(),
            reason: "another container file starts it",
            evidence: Evidence { strength: Strength::Convention, ..fact.evidence.clone() },
            traits: Traits { role: Role::Process, serves: true, is_usual: true, rank: vec![usize::MAX] },
        })
    };
    told.iter().filter_map(way).collect()
}

/// Whether a word that names a file or a module names one of the sources at their top.
fn is_there(program: &Program, word: &str) -> bool {
    let module = word.split_once(':').map_or(word, |(module, _)| module);
    let is_name = module.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && module.chars().all(|c| c.is_ascii_alphanumeric() || "_.".contains(c));
    let is_module =
        word.contains(':') || CATALOG.names.modules.iter().any(|name| module.ends_with(&format!(".{name}")));
    match word {
        _ if word.starts_with('/') || word.contains("=/") => word.starts_with("/dev/"),
        _ if word.ends_with(".py") => program.source(word.trim_start_matches("./")).is_some(),
        _ if is_name && is_module => program.module(module).is_some_and(|source| {
            let path = source.path.strip_prefix("src/").unwrap_or(source.path);
            path.starts_with(&module.replace('.', "/"))
        }),
        _ => true,
    }
}

/// The words of a command that stays where it is and starts no development server.
fn words(command: &Command) -> Option<Vec<String>> {
    let argv = (command.folder.is_empty() && !command.argv.is_empty()).then_some(&command.argv)?.iter();
    let words: Vec<String> = argv.filter(|word| !CATALOG.development_options.contains(word)).cloned().collect();
    let says = |word: &String| words.iter().any(|own| own.ends_with(word.as_str()));
    let is_development = CATALOG.development.iter().any(|row| row.words.iter().all(says));
    (!is_development).then_some(words)
}

/// Adds what the server must be told in a container and the line does not say: the address, the port.
fn complete(argv: &mut Vec<String>, server: &Server) {
    for (flags, value) in server.options.iter().rev() {
        let said = |word: &String| {
            flags.split('|').any(|flag| {
                word == flag
                    || word.starts_with(&format!("{flag}="))
                    || (!flag.starts_with("--") && word.starts_with(flag))
            })
        };
        if !argv.iter().any(said) && !value.contains("{interface}") {
            let flag = flags.split('|').next().unwrap_or_default().to_owned();
            argv.splice(2..2, [flag, value.clone()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Kind, Strength};

    #[test]
    fn command_lines_are_taken_without_a_shell() {
        let words = |line: &str| {
            let kind = Kind::Process("web".to_owned(), line.to_owned());
            let told = [Fact::new(kind, "Procfile", line, Strength::Stated)];
            let ways = processes(&told);
            ways.first().map(|way| match &way.entry {
                Entry::Process(process) => process.argv.join(" "),
                _ => panic!("{line}"),
            })
        };
        for (line, expected) in [
            (
                "gunicorn app:app --bind 0.0.0.0:$PORT",
                Some("-m gunicorn --worker-tmp-dir /dev/shm app:app --bind 0.0.0.0:{port}"),
            ),
            ("poetry run uvicorn main:app --reload --host ::", Some("-m uvicorn --port {port} main:app --host ::")),
            ("python manage.py migrate && python main.py", Some("main.py")),
            ("bin/start-nginx python main.py", Some("main.py")),
            ("python manage.py runserver 0.0.0.0:$PORT", None),
            ("flask run", None),
            ("make run", None),
            ("cd src && python main.py", None),
            ("gunicorn app:app -w $WEB_CONCURRENCY", None),
        ] {
            assert_eq!(words(line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn a_server_is_told_what_it_was_not() {
        let gunicorn = CATALOG.server.iter().find(|row| row.id == "gunicorn").unwrap();
        let mut argv: Vec<String> = ["-m", "gunicorn", "app:app", "-b0.0.0.0:5000"].map(str::to_owned).to_vec();
        complete(&mut argv, gunicorn);
        assert_eq!(argv.join(" "), "-m gunicorn --worker-tmp-dir /dev/shm app:app -b0.0.0.0:5000");
    }
}
