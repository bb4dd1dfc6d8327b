//! Task runners and scripts: how the people of a repository build and start it.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::CATALOG;
use crate::catalog::SHARED;
use crate::command::{self, Command};
use crate::facts::{Fact, Kind, Strength};
use crate::format::tasks::Task;
use crate::format::{justfile, makefile, taskfile};
use crate::path;
use crate::repo::Repo;
use crate::source::shell;

/// What is known of task runners.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// Their files.
    file: Vec<File>,
    /// Folders of scripts.
    scripts: Vec<String>,
    /// Words in names of tasks that say that they are not for production.
    aside: Vec<String>,
    /// Words in names of what is for production.
    production: Vec<String>,
    /// Words in names of what builds.
    builds: Vec<String>,
    /// Words in names of what starts the program.
    starts: Vec<String>,
    /// Commands that make a program.
    makes: Vec<String>,
    /// Commands that install what a program needs.
    installs: Vec<String>,
    /// Commands that run a program from its sources.
    runs: Vec<String>,
    /// The option that gives an argument to a build of an image.
    argument: String,
}

/// A file of tasks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Its path.
    path: String,
    /// How it is written.
    form: Form,
    /// What runs its tasks.
    call: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Form {
    Make,
    Yaml,
    Just,
}

/// How many tasks may call one another.
const DEEPEST: usize = 6;

/// No more commands come of one task.
const MOST_COMMANDS: usize = 200;

/// No more tasks and scripts are followed for facts.
const MOST_FOLLOWED: usize = 100;

/// The tasks of a repository.
pub struct Tasks<'r> {
    repo: &'r Repo,
    files: Vec<(&'static File, Vec<Task>)>,
    /// Arguments that builds of images are given.
    arguments: Vec<(String, String)>,
    faults: Vec<Fact>,
}

impl<'r> Tasks<'r> {
    /// Reads the files at the top.
    pub fn read(repo: &'r Repo) -> Self {
        let mut tasks = Tasks { repo, files: Vec::new(), arguments: Vec::new(), faults: Vec::new() };
        for file in &CATALOG.tasks.file {
            let parse = match file.form {
                Form::Make => makefile::parse,
                Form::Yaml => taskfile::parse,
                Form::Just => justfile::parse,
            };
            match repo.text(&file.path).map(parse) {
                Some(Ok(read)) => tasks.files.push((file, read)),
                Some(Err(fault)) => {
                    let kind = Kind::Unreadable(fault.what);
                    tasks.faults.push(Fact::new(kind, &file.path, &fault.quote, Strength::Guess));
                }
                None => {}
            }
        }
        tasks.arguments = tasks.arguments();
        tasks
    }

    fn arguments(&self) -> Vec<(String, String)> {
        let lines = self.files.iter().flat_map(|(_, tasks)| tasks).flat_map(|task| &task.lines);
        let with = lines.filter(|line| line.contains(&CATALOG.tasks.argument)).take(MOST_FOLLOWED);
        let words = with.flat_map(|line| shell::script(line)).flatten().collect::<Vec<_>>();
        let behind = words.windows(2).filter(|pair| pair.first() == Some(&CATALOG.tasks.argument));
        let pairs = behind.filter_map(|pair| shell::assignment(pair.get(1)?));
        let said = pairs.filter(|(_, value)| !value.starts_with('$') && !value.is_empty());
        said.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// The commands with those of the tasks and scripts that they call in their place.
    pub fn followed(&self, commands: Vec<Command>) -> Vec<Command> {
        let (mut out, mut seen) = (Vec::new(), BTreeSet::new());
        self.follow(commands, &mut out, &mut seen, 0);
        for command in &mut out {
            let words = std::mem::take(&mut command.argv);
            command.argv = words.iter().map(|word| command::filled(word, &self.arguments)).collect();
        }
        out
    }

    fn follow(&self, commands: Vec<Command>, out: &mut Vec<Command>, seen: &mut BTreeSet<String>, depth: usize) {
        for command in commands {
            if out.len() >= MOST_COMMANDS {
                return;
            }
            match self.called(&command).filter(|_| depth < DEEPEST) {
                Some(called) => {
                    for (file, task) in called {
                        self.run(file, task, &command.environment, out, seen, depth + 1);
                    }
                }
                None => match self.script(&command).filter(|(path, _)| depth < DEEPEST && seen.insert(path.clone())) {
                    Some((_, text)) => {
                        let inner = command::script(text, "", &command.environment);
                        self.follow(inner, out, seen, depth + 1);
                    }
                    None => out.push(command),
                },
            }
        }
    }

    fn run(
        &self,
        file: &'static File,
        task: &Task,
        environment: &[(String, String)],
        out: &mut Vec<Command>,
        seen: &mut BTreeSet<String>,
        depth: usize,
    ) {
        if depth > DEEPEST || !seen.insert(format!("{} {}", file.path, task.name)) {
            return;
        }
        for need in task.needs.iter().filter_map(|need| self.task(file, need)) {
            self.run(file, need, environment, out, seen, depth + 1);
        }
        let environment = [environment, &task.environment].concat();
        for line in &task.lines {
            self.follow(command::script(line, &task.folder, &environment), out, seen, depth);
        }
    }

    fn task(&self, file: &File, name: &str) -> Option<&Task> {
        let (_, tasks) = self.files.iter().find(|(known, _)| known.path == file.path)?;
        tasks.iter().find(|task| task.name == name)
    }

    /// The tasks that a command calls; `None` where it calls none of the files at the top.
    fn called(&self, command: &Command) -> Option<Vec<(&'static File, &Task)>> {
        let (file, tasks) = self.files.iter().find(|(file, _)| file.call == command.program())?;
        let is_elsewhere = command.words().iter().any(|word| word == "-C" || word.starts_with("--directory"));
        let names = command.words().iter().filter(|word| !word.starts_with('-') && !word.contains(['=', '$']));
        let named: Vec<&Task> = names.clone().filter_map(|name| self.task(file, name)).collect();
        let found = if names.count() == 0 { tasks.first().into_iter().collect() } else { named };
        (!is_elsewhere && !found.is_empty()).then(|| found.into_iter().map(|task| (*file, task)).collect())
    }

    /// The script of the repository that a command runs.
    fn script(&self, command: &Command) -> Option<(String, &'r str)> {
        let is_shell = SHARED.shells.iter().any(|shell| shell == command.program());
        let word = command.argv.iter().skip(usize::from(is_shell)).find(|word| !word.starts_with('-'))?;
        let path = path::resolve(&command.folder, word).filter(|path| self.repo.has(path))?;
        let text = self.repo.text(&path).filter(|text| is_shell || is_script(&path, text))?;
        Some((path, text))
    }

    /// What the tasks and the scripts say, those for production first.
    pub fn testify(&self) -> Vec<Fact> {
        let first = |tasks: &[Task]| tasks.first().map(|task| task.name.clone());
        let mut named: Vec<(Rank, &str, String, Vec<Command>)> = Vec::new();
        for (file, tasks) in &self.files {
            let goal = first(tasks);
            for task in tasks.iter().take(MOST_FOLLOWED) {
                let Some(rank) = rank(&task.name, goal.as_ref() == Some(&task.name)) else { continue };
                let (mut out, mut seen) = (Vec::new(), BTreeSet::new());
                self.run(file, task, &[], &mut out, &mut seen, 0);
                named.push((rank, &file.path, task.name.clone(), self.followed(out)));
            }
        }
        for path in self.scripts() {
            let stem = path::name(path).trim_end_matches(".sh");
            let Some(rank) = rank(stem, false) else { continue };
            let text = self.repo.text(path).unwrap_or_default();
            named.push((rank, path, stem.to_owned(), self.followed(command::script(text, "", &[]))));
        }
        named.sort_by_key(|(rank, ..)| *rank);
        let facts = named.into_iter().flat_map(|(rank, path, name, commands)| said(rank, path, &name, commands));
        self.faults.iter().cloned().chain(facts).collect()
    }

    fn scripts(&self) -> impl Iterator<Item = &'r str> {
        let folders = CATALOG.tasks.scripts.iter().flat_map(|folder| self.repo.inside(folder));
        folders.filter(|path| path.ends_with(".sh")).take(MOST_FOLLOWED)
    }
}

/// Whether a file is written for a shell.
pub fn is_script(path: &str, text: &str) -> bool {
    path.ends_with(".sh") || text.lines().next().is_some_and(|line| line.starts_with("#!") && line.ends_with("sh"))
}

/// What the name of a task promises; what is likelier for production comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Production,
    Build,
    Other,
    Start,
}

/// The rank of a task by its name; `None` for tests and the like.
fn rank(name: &str, is_goal: bool) -> Option<Rank> {
    let words: Vec<String> = name.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase).collect();
    let has = |of: &[String]| words.iter().any(|word| of.contains(word));
    let rows = &CATALOG.tasks;
    match (has(&rows.aside), has(&rows.production), has(&rows.builds), has(&rows.starts)) {
        (true, ..) => None,
        (_, true, ..) => Some(Rank::Production),
        (.., true, _) => Some(Rank::Build),
        (.., true) => Some(Rank::Start),
        _ if is_goal => Some(Rank::Build),
        _ => Some(Rank::Other),
    }
}

/// What a task testifies: a build where it makes a program, a start where it is for that.
fn said(rank: Rank, path: &str, name: &str, commands: Vec<Command>) -> Vec<Fact> {
    let rows = &CATALOG.tasks;
    let quote = |command: &Command| format!("{name}: {}", command.argv.join(" "));
    let is_own = |last: &Command| last.argv.first().is_some_and(|it| it.contains('/') && !it.starts_with('/'));
    let last = commands.last().filter(|last| rank == Rank::Start && (is_own(last) || is_one(last, &rows.runs)));
    let start = last.map(|last| Fact::new(Kind::Start(last.argv.clone()), path, &quote(last), Strength::Guess));
    let strength = if rank < Rank::Other { Strength::Convention } else { Strength::Guess };
    let made = commands.iter().find(|command| makes(command)).map(quote);
    let build = made.map(|quote| Fact::new(Kind::Build(commands), path, &quote, strength));
    build.into_iter().chain(start).collect()
}

/// Whether a command makes a program.
pub fn makes(command: &Command) -> bool {
    is_one(command, &CATALOG.tasks.makes)
}

/// Whether a command installs what a program needs.
pub fn installs(command: &Command) -> bool {
    is_one(command, &CATALOG.tasks.installs)
}

fn is_one(command: &Command, rows: &[String]) -> bool {
    rows.iter().any(|row| command::behind(&command.argv, row).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(files: &[(&str, &str)]) -> Vec<String> {
        let repo = Repo::from_list("x", files.iter().copied());
        let facts = Tasks::read(&repo).testify();
        facts.iter().map(|fact| format!("{} {}", fact.evidence.strength, fact.kind)).collect()
    }

    #[test]
    fn what_tasks_say() {
        let make = "T := a,b\nall: gen\n\tgo build -tags $(T) -o bin/x ./cmd/x\ngen:\n\tgo tool templ generate\ntest:\n\tgo build -race .\nrun: all\n\t./bin/x serve\n\
                    release:\n\tmake all && ./scripts/pack.sh\nimage:\n\tdocker build --build-arg FLAGS=\"-X a=b\" .\nin-docker:\n\tgo build -ldflags \"$$FLAGS\"\n";
        assert_eq!(
            said(&[("Makefile", make), ("scripts/pack.sh", "#!/bin/sh\nupx x\n")]),
            [
                "convention built with go tool templ generate; go build -tags a,b -o bin/x ./cmd/x; upx x",
                "convention built with go build -ldflags -X a=b",
                "convention built with go tool templ generate; go build -tags a,b -o bin/x ./cmd/x",
                "guess built with go tool templ generate; go build -tags a,b -o bin/x ./cmd/x; ./bin/x serve",
                "guess started with ./bin/x serve",
            ]
        );
        assert_eq!(
            said(&[("Taskfile.yml", "tasks:\n  serve: go run ./cmd/x serve\n")]),
            ["guess started with go run ./cmd/x serve"]
        );
        assert_eq!(said(&[("justfile", "build:\n  go build .\n")]), ["convention built with go build ."]);
        assert_eq!(said(&[("scripts/build.sh", "cd x\ngo build .\n")]), ["convention built with go build ."]);
        assert_eq!(
            said(&[("Makefile", "a: b\n\tmake b\nb: a\n\tmake a\n\tgo build\n")]),
            ["convention built with go build", "guess built with go build"]
        );
    }

    proptest::proptest! {
        #[test]
        fn any_tasks_are_followed_without_a_panic(text in "[ab:\n\tmake$()./sh ]{0,200}") {
            said(&[("Makefile", &text), ("a.sh", &text), ("b", &text)]);
        }
    }
}
