//! What a container is started with: the words of its instructions, and what a script of the repository starts in the end.

use super::super::tasks;
use super::Reader;
use crate::command;
use crate::dockerfile::{Body, Step};
use crate::facts::{Host, Kind, Strength};
use crate::path;
use crate::source::listening;
use crate::witness::{inside, stages::filled};

/// No more scripts than this are followed from one to the next.
const MOST_SCRIPTS: usize = 4;

impl Reader<'_> {
    /// What a container is started with, as far as it needs no shell.
    pub(super) fn start(&mut self, entrypoint: Option<&Step>, words: Option<&Step>) {
        // A platform says the port anew.
        let known = self.values.iter().filter(|(name, _)| *name != "PORT");
        let known: Vec<(String, String)> = known.map(|(name, value)| (name.clone(), value.clone())).collect();
        let read = |step: &Step| match &step.body {
            Body::Exec(words) => match command::shell_line(words) {
                Some(line) => command::read(&command::filled(&line, &known)),
                None => command::of_words(words),
            },
            _ => command::read(&command::filled(&step.rest, &known)),
        };
        let Some(step) = entrypoint.or(words) else { return };
        let mut start = read(step);
        if let (Some(more), Body::Exec(_), true) = (words, &step.body, entrypoint.is_some()) {
            let more = match &more.body {
                Body::Exec(words) => words.clone(),
                _ => Vec::new(),
            };
            start = command::of_words(&[start.argv, more].concat());
        }
        let argv = self.behind_script(start.argv);
        let argv: Vec<String> = argv.iter().map(|word| filled(word, &self.values)).collect();
        // An address of all interfaces is one to listen at, whatever the option is called.
        let address = |word: &str| match listening::address(word).filter(|_| word.contains(':')) {
            Some((Some(Host::All), port)) => port,
            _ => None,
        };
        if let Some(port) = argv.iter().skip(1).flat_map(|word| word.split(['=', ','])).find_map(address) {
            self.say(Kind::Port(port), step, Strength::Convention);
        }
        if !argv.is_empty() {
            self.say(Kind::Start(argv), step, Strength::Stated);
        }
    }

    /// Paths below the working folder lie below `/app` here: those of variables, and those behind the program.
    pub(super) fn move_in(&mut self) {
        let folder = &self.folder;
        let move_in = |word: &mut String| {
            let at = word.find('=').map_or(0, |at| at + 1);
            if let Some(inside) = inside(&word[at..], folder) {
                *word = format!("{}/app{inside}", &word[..at]);
            }
        };
        for fact in &mut self.facts {
            match &mut fact.kind {
                Kind::Variable(_, value) => move_in(value),
                Kind::Start(argv) => argv.iter_mut().skip(1).for_each(move_in),
                _ => {}
            }
        }
    }

    /// What a script of the repository starts in the end, where the words begin with one: what takes its place, else its last
    /// command. `exec "$@"` is the words behind it, and so is what only the running script knows.
    fn behind_script(&self, mut argv: Vec<String>) -> Vec<String> {
        for _ in 0..MOST_SCRIPTS {
            let Some(text) = argv.first().and_then(|program| self.script(path::name(program))) else { break };
            let commands = command::script(text, "", &[]);
            let last = commands.iter().rfind(|command| command.replaces).or(commands.last());
            let Some(last) = last else { break };
            let behind = argv.get(1..).unwrap_or_default();
            let is_told = last.argv.first().is_some_and(|program| !program.starts_with('$'));
            let words = last.argv.iter().filter(|word| is_told || is_all(word)).flat_map(|word| match is_all(word) {
                true => behind.to_vec(),
                false => vec![word.clone()],
            });
            argv = command::of_words(&words.collect::<Vec<_>>()).argv;
        }
        argv
    }

    /// The text of the script of this name: of the one that is copied so, where one is.
    fn script(&self, file: &str) -> Option<&str> {
        let script = |path: &str| self.repo.text(path).filter(|text| tasks::is_script(path, text));
        let is_brought = |(source, target): &&(String, String)| path::name(source) == file || target == file;
        match self.brought.iter().find(is_brought) {
            Some((source, _)) => script(&self.in_repository(source)?),
            None => self.repo.files().filter(|path| !file.is_empty() && path::name(path) == file).find_map(script),
        }
    }
}

/// Whether a word of a script stands for all the words that it was given.
fn is_all(word: &str) -> bool {
    ["$@", "$*", "${@}"].contains(&word)
}
