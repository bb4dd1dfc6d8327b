//! A command line as a value: what it runs, with which words and variables and in which folder, as far as that can be known
//! without a shell. One reader for scripts, processes, and the commands of Dockerfiles and compose files.

use crate::catalog::SHARED;
use crate::path;
use crate::source::shell;
use crate::source::{Found, Pattern};

/// What a line comes down to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Command {
    /// Variables that the line sets, in order.
    pub environment: Vec<(String, String)>,
    /// The folder that it changes into; empty where it stays.
    pub folder: String,
    /// The program and its words; empty where only a shell can tell.
    pub argv: Vec<String>,
    /// The steps that it runs before, as they are written, each with the folder that it runs in.
    pub before: Vec<String>,
    /// What only a shell can read, where that stands in the place of a program.
    pub rest: String,
    /// Whether it takes the place of the script that it stands in.
    pub replaces: bool,
}

/// What a language makes of the words of a command that stand for a line: the name of a script. `None` where they stand for
/// themselves.
pub type Hop<'a> = dyn Fn(&[String]) -> Option<String> + 'a;

/// Reads lines.
struct Reader<'a> {
    /// Divides a line into steps.
    split: fn(&str) -> Vec<&str>,
    /// What the language knows.
    hop: &'a Hop<'a>,
}

/// Where no language is asked.
const PLAIN: Reader<'static> = Reader { split: shell::sequence, hop: &|_| None };

/// Stands for `$PORT` among the words.
pub const PORT: &str = "{port}";

/// How many programs may run one another.
const DEEPEST: usize = 8;

static PORT_VARIABLE: Pattern = Pattern::new(r"\$(?:PORT\b|\{PORT(?::?-[^}]*)?\})");

/// Reads a line as it is written for a shell.
pub fn read(line: &str) -> Command {
    let mut command = Command::default();
    PLAIN.line_into(&PORT_VARIABLE.replace_all(line, |_| PORT.to_owned()), &mut command, 0);
    command
}

/// Reads a line with what a language knows of its words. Steps of which each needs the one before are told apart; variables stay.
pub fn read_by(line: &str, hop: &Hop) -> Command {
    let mut command = Command::default();
    Reader { split: shell::steps, hop }.line_into(line, &mut command, 0);
    command
}

/// The words of a command without the programs before it that run it, and without their assignments.
pub fn bare(mut argv: Vec<String>) -> Vec<String> {
    let mut command = Command::default();
    let set = argv.iter().take_while(|word| shell::assignment(word).is_some()).count();
    argv.drain(..set.min(argv.len().saturating_sub(1)));
    PLAIN.unwrap(argv, &mut command, 0)
}

/// The value of the first of these options, `--x y` or `--x=y`.
pub fn option<S: AsRef<str>>(words: &[String], options: &[S]) -> Option<String> {
    let value = |(at, word): (usize, &String)| {
        options.iter().find_map(|option| match word.strip_prefix(option.as_ref())? {
            "" => words.get(at + 1).filter(|value| !value.starts_with('-')).cloned(),
            rest => rest.strip_prefix('=').map(str::to_owned),
        })
    };
    words.iter().enumerate().find_map(value)
}

/// The words behind these, where a command begins with them: `go build`.
pub fn behind<'a>(argv: &'a [String], words: &str) -> Option<&'a [String]> {
    let (head, rest) = argv.split_at_checked(words.split(' ').count())?;
    words.split(' ').eq(head.iter().map(String::as_str)).then_some(rest)
}

/// Reads the words of an exec form.
pub fn of_words(argv: &[String]) -> Command {
    let mut command = Command::default();
    PLAIN.words_into(argv.to_vec(), &mut command, 0);
    command
}

/// No more commands of one text than this are read, and no more variables are kept.
const MOST: usize = 1000;
const MOST_VARIABLES: usize = 40;

/// Words before a command that are the shell's own.
pub const KEYWORDS: [&str; 12] = ["if", "then", "else", "elif", "do", "while", "!", "{", "fi", "done", "esac", "}"];

/// Reads all commands of a text for a shell, each with the folder and the variables that are set where it stands. Variables
/// whose values are known are filled in.
pub fn script(text: &str, folder: &str, environment: &[(String, String)]) -> Vec<Command> {
    let start = Command { folder: folder.to_owned(), environment: environment.to_vec(), ..Command::default() };
    let (mut places, mut found, mut conditions) = (vec![start], Vec::new(), Vec::new());
    for words in shell::script(text).into_iter().take(MOST) {
        let Some(place) = places.last_mut() else { break };
        match words.first().map(String::as_str) {
            Some("(") => {
                let inner = place.clone();
                places.extend(Some(inner).filter(|_| places.len() < DEEPEST));
            }
            Some(")") => places.truncate(places.len().saturating_sub(1).max(1)),
            first => {
                // What is set where something is empty is its default; what is set where something is there, is not set.
                match first {
                    Some("if") => conditions.push(words.iter().any(|word| word == "-z")),
                    Some("else" | "elif") => conditions.last_mut().into_iter().for_each(|holds| *holds = !*holds),
                    Some("fi") => drop(conditions.pop()),
                    _ => {}
                }
                found.extend(one(words, place, conditions.iter().all(|holds| *holds)));
            }
        }
    }
    found
}

/// One command of a script; what only changes where the next ones stand is none, and does so where its condition holds.
fn one(words: Vec<String>, place: &mut Command, holds: bool) -> Option<Command> {
    let mut words: Vec<String> = words.into_iter().skip_while(|word| KEYWORDS.contains(&word.as_str())).collect();
    let declares =
        ["export", "declare", "local", "readonly"].iter().any(|word| words.first().is_some_and(|first| first == word));
    words.drain(..usize::from(declares));
    if declares || words.iter().all(|word| shell::assignment(word).is_some()) {
        for (name, value) in words.iter().filter(|_| holds).filter_map(|word| shell::assignment(word)) {
            let value = filled(value, &place.environment);
            place.set(name, value);
        }
        return None;
    }
    match words.first().map(String::as_str)? {
        "cd" | "pushd" => {
            place.folder = below(&place.folder, words.get(1).map_or("", |folder| folder.trim()));
            None
        }
        "set" => None,
        _ => {
            let mut command = place.clone();
            let set = words.iter().map_while(|word| shell::assignment(word)).count();
            for (name, value) in
                words.drain(..set).collect::<Vec<_>>().iter().filter_map(|word| shell::assignment(word))
            {
                command.set(name, filled(value, &place.environment));
            }
            command.replaces = words.first().is_some_and(|word| word == "exec");
            PLAIN.words_into(spread(&words, &place.environment), &mut command, 0);
            Some(command).filter(|command| !command.argv.is_empty())
        }
    }
}

/// The words with their variables; a variable that holds several options becomes several words.
fn spread(words: &[String], environment: &[(String, String)]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for word in words {
        let value = filled(word, environment);
        let takes_it = out.last().is_some_and(|before| before.starts_with('-'));
        match word.starts_with('$') && value.starts_with('-') && !takes_it {
            true => out.extend(shell::commands(&value).into_iter().flatten()),
            false => out.push(value),
        }
    }
    out
}

/// The text with the values of known variables.
pub fn filled(text: &str, environment: &[(String, String)]) -> String {
    static VARIABLE: Pattern = Pattern::new(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::?-[^}]*)?\})");
    let value = |found: &Found| {
        let name = found.get(1).or(found.get(2)).map_or("", |name| name.as_str());
        let known = environment.iter().rfind(|(known, value)| known == name && value.len() < 2000);
        known.map_or_else(|| found[0].to_owned(), |(_, value)| value.clone())
    };
    if text.len() > 4000 { text.to_owned() } else { VARIABLE.replace_all(text, value) }
}

impl Command {
    /// Sets a variable.
    fn set(&mut self, name: &str, value: String) {
        self.environment.retain(|(known, _)| known != name);
        if self.environment.len() < MOST_VARIABLES {
            self.environment.push((name.to_owned(), value));
        }
    }

    /// The value of a variable.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.iter().rfind(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The last part of the program's path; empty where it is not known.
    pub fn program(&self) -> &str {
        self.argv.first().map_or("", |program| path::name(program))
    }

    /// The words behind the program.
    pub fn words(&self) -> &[String] {
        self.argv.get(1..).unwrap_or_default()
    }
}

impl Reader<'_> {
    fn line_into(&self, line: &str, command: &mut Command, depth: usize) {
        let steps = (self.split)(line);
        let (last, before) = steps.split_last().map_or(("", &[][..]), |(last, before)| (*last, before));
        for step in before.iter().filter(|step| !step.is_empty()) {
            let assigned = step.strip_prefix("export ").or_else(|| step.strip_prefix("set ")).map(str::trim);
            match (step.strip_prefix("cd "), assigned.and_then(shell::assignment), assigned) {
                (Some(folder), ..) => command.folder = below(&command.folder, folder.trim()),
                (_, Some((name, value)), _) => command.environment.push((name.to_owned(), value.trim().to_owned())),
                (_, _, Some(options)) if options.starts_with('-') => {}
                _ if command.folder.is_empty() => command.before.push((*step).to_owned()),
                _ => command.before.push(format!("cd {} && {step}", command.folder)),
            }
        }
        match shell::parse(last) {
            shell::Command::Simple { env, argv } => {
                command.environment.extend(env);
                self.words_into(argv, command, depth);
            }
            shell::Command::Shell => last.clone_into(&mut command.rest),
        }
    }

    fn words_into(&self, argv: Vec<String>, command: &mut Command, depth: usize) {
        let argv = self.unwrap(argv, command, depth);
        let line = shell_line(&argv).or_else(|| (self.hop)(&argv));
        match line.filter(|_| depth < DEEPEST) {
            Some(line) => self.line_into(&line, command, depth + 1),
            None => command.argv = argv,
        }
    }

    /// What programs run that only run another one.
    fn unwrap(&self, mut argv: Vec<String>, command: &mut Command, depth: usize) -> Vec<String> {
        for _ in depth..DEEPEST {
            let Some(inner) = unwrapped(&argv, command) else { break };
            argv = inner;
        }
        argv
    }
}

/// The line of `sh -c LINE`.
pub fn shell_line(argv: &[String]) -> Option<String> {
    let [program, option, line, ..] = argv else { return None };
    let name = path::name(program);
    let is_line = option.starts_with('-') && option.ends_with('c');
    (is_line && SHARED.shells.iter().any(|shell| shell == name)).then(|| line.clone())
}

/// What a wrapper runs, behind its options and assignments.
fn unwrapped(argv: &[String], command: &mut Command) -> Option<Vec<String>> {
    let rows = SHARED.wrapper.iter();
    let found = rows.flat_map(|row| row.words.iter().filter_map(move |words| Some((row, behind(argv, words)?))));
    let (row, rest) = found.min_by_key(|(_, rest)| rest.len())?;
    let mut rest = rest.iter().peekable();
    while let Some(word) = rest.peek() {
        if let Some((name, value)) = shell::assignment(word) {
            command.environment.push((name.to_owned(), value.to_owned()));
        } else if !word.starts_with('-') {
            break;
        } else if *word == "--" {
            rest.next();
            break;
        } else if row.values.contains(word) {
            rest.next();
        }
        rest.next();
    }
    let inner: Vec<String> = rest.skip(row.takes).cloned().collect();
    (!inner.is_empty()).then_some(inner)
}

/// A folder below another one, both relative.
fn below(folder: &str, path: &str) -> String {
    let path = path.trim_matches(['"', '\'']).trim_start_matches("./").trim_end_matches('/');
    if path.contains('$') {
        return String::new();
    }
    match (folder.is_empty() || path.starts_with('/'), path == ".") {
        (_, true) => folder.to_owned(),
        (true, _) => path.to_owned(),
        _ => path::resolve(folder, path)
            .filter(|_| !folder.starts_with('/'))
            .unwrap_or_else(|| format!("{folder}/{path}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_down_to_a_program() {
        let shown = |line: &str| {
            let Command { environment, folder, argv, before, .. } = read(line);
            let environment: Vec<String> = environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
            [environment.join(" "), folder, argv.join(" "), before.join(" | ")].join("; ")
        };
        for (line, expected) in [
            ("gunicorn app:app", "; ; gunicorn app:app; "),
            ("exec gunicorn -b :$PORT app", "; ; gunicorn -b :{port} app; "),
            ("x --port=${PORT:-8000}", "; ; x --port={port}; "),
            ("A=1 cross-env B=2 node a.js", "A=1 B=2; ; node a.js; "),
            ("env -u X A=1 uv run --no-dev uvicorn m:a", "A=1; ; uvicorn m:a; "),
            ("poetry run python -m app", "; ; python -m app; "),
            ("dotenv -e .env -- next start", "; ; next start; "),
            ("cd app && export A=b; set -e; ./migrate && python x.py", "A=b; app; python x.py; cd app && ./migrate"),
            ("flask db upgrade; gunicorn app:app", "; ; gunicorn app:app; flask db upgrade"),
            ("sh -c 'cd a && exec bin/x serve'", "; a; bin/x serve; "),
            ("/usr/bin/tini -s -- gosu app ./server", "; ; ./server; "),
            ("node a | tee log", "; ; ; "),
            ("poetry run", "; ; poetry run; "),
            ("", "; ; ; "),
        ] {
            assert_eq!(shown(line), expected, "{line}");
        }
        let words = ["sh", "-c", "python a.py"].map(str::to_owned);
        assert_eq!(of_words(&words).argv, ["python", "a.py"]);
        assert_eq!((read("bin/x a").program(), read("bin/x a").words().join(" ")), ("x", "a".to_owned()));
    }

    #[test]
    fn scripts_are_read_command_by_command() {
        let shown = |text: &str| {
            let one = |it: &Command| {
                let set: Vec<String> = it.environment.iter().map(|(name, value)| format!("{name}={value} ")).collect();
                format!("{}:{}{}", it.folder, set.concat(), it.argv.join(" "))
            };
            script(text, "", &[]).iter().map(one).collect::<Vec<_>>().join("; ")
        };
        for (text, expected) in [
            (
                "go mod download && CGO_ENABLED=0 go build -o x ./cmd/x",
                ":go mod download; :CGO_ENABLED=0 go build -o x ./cmd/x",
            ),
            ("(cd ui && yarn build)\ngo build", "ui:yarn build; :go build"),
            ("cd a; cd b\nx", "a/b:x"),
            (
                "export V=$(git describe)\nF=\"-X a=$V\"\ngo build -ldflags \"$F\"",
                ":V=${?} F=-X a=${?} go build -ldflags -X a=${?}",
            ),
            ("F='-tags x -v'\ngo build $F .", ":F=-tags x -v go build -tags x -v ."),
            ("if ! x; then exec sudo -u y go build; fi", ":x; :go build"),
            ("go build -ldflags \"-X 'a=$(date '+%Y %Z')'\"", ":go build -ldflags -X 'a=${?}'"),
            ("x `y (` z", ":x ${?} z"),
            ("A=1", ""),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_line_is_read_without_a_panic(line in "(?s).{0,200}") {
            read(&line);
            script(&line, "", &[]);
        }
    }
}
