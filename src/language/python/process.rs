//! Processes that a platform runs: those that need no shell, in the words of `python`.

use super::rows::{CATALOG, Server, Told};
use super::source::Source;
use super::sources::Program;
use crate::command::{Command, PORT};
use crate::language::Variable;
use crate::source::Pattern;

/// A port behind a flag or an address.
static PORT_ARGUMENT: Pattern = Pattern::new(r"(?:^|[:=])(\d{2,5})$");

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
    /// The variable that the server takes its port from.
    pub bound_by: Option<&'static str>,
    /// It was told to end on SIGTERM.
    pub ends: bool,
    /// The line's words.
    pub words: String,
}

impl Process {
    /// A process of these words.
    pub fn new(web: bool, environment: Vec<Variable>, words: Vec<String>) -> Self {
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
        let bound_by = server.and_then(|row| complete(&mut argv, row, web));
        let words = words.join(" ");
        let mut process = Process { web, environment, program, argv, server, bound_by, ends: false, words };
        let name = process.name().to_owned();
        CATALOG.told.iter().filter(|row| row.names.contains(&name)).for_each(|row| process.tell(row));
        process
    }

    /// What is started, by its name.
    fn name(&self) -> &str {
        let program = self.program.as_deref().map(|program| program.rsplit('/').next().unwrap_or_default());
        program.or_else(|| self.argv.get(1).map(String::as_str)).unwrap_or_default()
    }

    fn tell(&mut self, row: &Told) {
        let says = |words: &[String]| {
            let is_said =
                |word: &String| self.argv.iter().any(|own| own == word || own.starts_with(&format!("{word}=")));
            words.iter().any(is_said)
        };
        if (row.words.is_empty() || says(&row.words)) && !says(&row.unless) {
            self.argv.extend(row.options.iter().cloned());
            self.environment.extend(row.variables.iter().map(|(name, value)| Variable::new(name, value)));
            self.ends |= row.signals;
        }
    }

    /// The source that is started.
    pub fn script<'p, 'a>(&self, program: &'p Program<'a>) -> Option<&'p Source<'a>> {
        self.argv.iter().find(|word| word.ends_with(".py")).and_then(|word| program.source(word))
    }

    /// The source that is started, or that is loaded by what is started.
    pub fn source<'p, 'a>(&self, program: &'p Program<'a>) -> Option<&'p Source<'a>> {
        let module = |word: &String| program.module(word.split_once(':').map_or(word.as_str(), |(module, _)| module));
        let is_option = |word: &&String| word.starts_with('-') || word.contains('/');
        self.script(program).or_else(|| self.argv.iter().skip(2).filter(|word| !is_option(word)).find_map(module))
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

/// Whether a word that names a file or a module names one of the sources at their top.
pub fn is_there(program: &Program, word: &str) -> bool {
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
pub fn words(command: &Command) -> Option<Vec<String>> {
    let argv = (command.folder.is_empty() && !command.argv.is_empty()).then_some(&command.argv)?.iter();
    let words: Vec<String> = argv.filter(|word| !CATALOG.development_options.contains(word)).cloned().collect();
    let says = |word: &String| words.iter().any(|own| own.ends_with(word.as_str()));
    let is_development = CATALOG.development.iter().any(|row| row.words.iter().all(says));
    (!is_development).then_some(words)
}

/// Adds what the server must be told in a container and the line does not say: the address, the port. A platform's line that says no
/// port leaves it to the variable that is returned, and so to a file of the server's own.
fn complete(argv: &mut Vec<String>, server: &'static Server, web: bool) -> Option<&'static str> {
    let mut bound_by = None;
    for (flags, value) in server.options.iter().rev() {
        let said = |word: &String| {
            flags.split('|').any(|flag| {
                word == flag
                    || word.starts_with(&format!("{flag}="))
                    || (!flag.starts_with("--") && word.starts_with(flag))
            })
        };
        if argv.iter().any(said) || value.contains("{interface}") {
            continue;
        }
        if web && !server.bound_by.is_empty() && value.contains(PORT) {
            bound_by = Some(server.bound_by.as_str());
        } else {
            let flag = flags.split('|').next().unwrap_or_default().to_owned();
            argv.splice(2..2, [flag, value.clone()]);
        }
    }
    bound_by
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command;

    #[test]
    fn command_lines_are_taken_without_a_shell() {
        let started = |line: &str| {
            let process = Process::new(true, Vec::new(), words(&command::read(line))?);
            Some(format!(
                "{}{}",
                process.argv.join(" "),
                process.bound_by.map(|it| format!(" {it}")).unwrap_or_default()
            ))
        };
        for (line, expected) in [
            (
                "gunicorn app:app --bind 0.0.0.0:$PORT",
                Some("-m gunicorn --worker-tmp-dir /dev/shm app:app --bind 0.0.0.0:{port}"),
            ),
            ("gunicorn app:app", Some("-m gunicorn --worker-tmp-dir /dev/shm app:app PORT")),
            ("gunicorn app:app -b0.0.0.0:5000", Some("-m gunicorn --worker-tmp-dir /dev/shm app:app -b0.0.0.0:5000")),
            ("poetry run uvicorn main:app --reload --host ::", Some("-m uvicorn --port {port} main:app --host ::")),
            ("python manage.py migrate && python main.py", Some("main.py")),
            ("bin/start-nginx python main.py", Some("main.py")),
            ("celery -A x worker -B", Some("-m celery -A x worker -B --schedule /tmp/celerybeat-schedule")),
            ("celery -A x beat -S django", Some("-m celery -A x beat -S django")),
            ("celery -A x worker", Some("-m celery -A x worker")),
            ("python manage.py runserver 0.0.0.0:$PORT", None),
            ("flask run", None),
            ("make run", None),
            ("cd src && python main.py", None),
            ("gunicorn app:app -w $WEB_CONCURRENCY", None),
        ] {
            assert_eq!(started(line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn a_program_is_told_to_end() {
        let process = Process::new(true, Vec::new(), vec!["uwsgi".to_owned(), "x.ini".to_owned()]);
        assert!(process.ends && process.environment.iter().any(|it| it.name == "UWSGI_DIE_ON_TERM"));
    }
}
