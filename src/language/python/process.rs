//! Processes of a Procfile: the command lines that need no shell, in the words of `python`.

use std::sync::LazyLock;

use regex::Regex;

use super::rows::{CATALOG, Server};
use super::sources::{Program, Source};
use super::ways::{Entry, Way};
use crate::facts::{Evidence, Strength};
use crate::format::procfile;
use crate::language::Variable;
use crate::repo::Repo;
use crate::source::pattern;
use crate::source::shell::{self, Command};

/// The variable of platforms in command lines: `$PORT`, `${PORT}`, `${PORT:-8000}`.
static PORT_VARIABLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\$\{PORT(?::?-\d+)?\}|\$PORT\b"));

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
    /// The arguments of `python`, or of the program; `{port}` stands for `$PORT`.
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
        self.argv.iter().any(|word| word.contains("{port}"))
    }

    /// The port that stands in the line.
    pub fn stated_port(&self) -> Option<u16> {
        self.argv.iter().skip(1).find_map(|word| PORT_ARGUMENT.captures(word)?.get(1)?.as_str().parse().ok())
    }
}

/// The processes that can be started; steps of a deployment are none.
pub fn processes(repo: &Repo) -> Vec<Way> {
    let processes = repo.text("Procfile").and_then(|text| procfile::parse(text).ok()).unwrap_or_default();
    let is_one = |name: &str| !matches!(name, "release" | "postdeploy");
    let only = processes.iter().filter(|(name, _)| is_one(name)).count() == 1;
    let started = processes.iter().filter(|(name, _)| is_one(name));
    started
        .filter_map(|(name, command)| {
            let (environment, words) = command_line(command)?;
            let words = without_wrapper(repo, words);
            let strength = if name == "web" || only { Strength::Stated } else { Strength::Guess };
            Some(Way {
                entry: Entry::Process(Process::new(name == "web", environment, words)),
                label: name.clone(),
                reason: "the Procfile starts it",
                evidence: Evidence::new("Procfile", &format!("{name}: {command}"), strength),
            })
        })
        .collect()
}

/// The words of a command line that needs no shell and starts no development server; `{port}` stands for `$PORT`. Of
/// several steps the last counts: those before it prepare.
fn command_line(command: &str) -> Option<(Vec<Variable>, Vec<String>)> {
    let command = PORT_VARIABLE.replace_all(command, "{port}");
    let step = shell::steps(&command).into_iter().next_back()?.to_owned();
    if command.trim_start().starts_with("cd ") {
        return None;
    }
    let Command::Simple { env, argv } = shell::parse(&step) else { return None };
    let runner = CATALOG.runners.iter().find(|runner| argv.starts_with(runner)).map_or(0, Vec::len);
    let words: Vec<String> = argv.into_iter().skip(runner).filter(|word| word != "--reload").collect();
    let is_development = CATALOG
        .development
        .iter()
        .any(|row| row.words.iter().all(|word| words.iter().any(|own| own.ends_with(word.as_str()))));
    let environment = env.into_iter().map(|(name, value)| Variable::new(name, value)).collect();
    (!words.is_empty() && !is_development).then_some((environment, words))
}

/// Leaves out a program such as `bin/start-nginx`, which the platform lays beside the sources, before one that is known.
fn without_wrapper(repo: &Repo, words: Vec<String>) -> Vec<String> {
    let is_known = |word: &String| word == "python" || CATALOG.tool.iter().any(|row| row.names.contains(word));
    let is_foreign = |word: &String| {
        let path = word.trim_start_matches("./");
        !word.starts_with('/') && path.contains('/') && !repo.has(path)
    };
    let wrapped = words.first().is_some_and(is_foreign) && words.get(1).is_some_and(is_known);
    words.into_iter().skip(usize::from(wrapped)).collect()
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

    #[test]
    fn command_lines_are_taken_without_a_shell() {
        let words = |line: &str| command_line(line).map(|(_, words)| words.join(" "));
        assert_eq!(
            words("gunicorn app:app --bind 0.0.0.0:$PORT").as_deref(),
            Some("gunicorn app:app --bind 0.0.0.0:{port}")
        );
        assert_eq!(
            words("poetry run uvicorn main:app --reload --port ${PORT:-8000}").as_deref(),
            Some("uvicorn main:app --port {port}")
        );
        assert_eq!(words("python manage.py migrate && gunicorn x.wsgi").as_deref(), Some("gunicorn x.wsgi"));
        assert_eq!(words("python manage.py runserver 0.0.0.0:$PORT"), None);
        assert_eq!(words("flask run"), None);
        assert_eq!(words("make run"), None);
        assert_eq!(words("cd src && python main.py"), None);
        assert_eq!(words("gunicorn app:app -w $WEB_CONCURRENCY"), None);
    }

    #[test]
    fn what_a_platform_wraps_is_unwrapped() {
        let repo = Repo::from_list("x", [("bin/mine", "")]);
        let words = |line: &str| without_wrapper(&repo, line.split(' ').map(str::to_owned).collect()).join(" ");
        assert_eq!(words("bin/start-nginx gunicorn x.wsgi"), "gunicorn x.wsgi");
        assert_eq!(words("bin/mine gunicorn x.wsgi"), "bin/mine gunicorn x.wsgi");
        assert_eq!(words("bin/other"), "bin/other");
        assert_eq!(words("gunicorn a/b"), "gunicorn a/b");
    }

    #[test]
    fn a_server_is_told_what_it_was_not() {
        let gunicorn = CATALOG.server.iter().find(|row| row.id == "gunicorn").unwrap();
        let mut argv: Vec<String> = ["-m", "gunicorn", "app:app", "-b0.0.0.0:5000"].map(str::to_owned).to_vec();
        complete(&mut argv, gunicorn);
        assert_eq!(argv.join(" "), "-m gunicorn --worker-tmp-dir /dev/shm app:app -b0.0.0.0:5000");
    }
}
