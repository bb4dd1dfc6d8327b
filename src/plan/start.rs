//! The words with which the program is started, where other container files know more than the sources.

use super::placed::file_of;
use super::{Decision, Planner, Rival, topic};
use crate::catalog::SHARED;
use crate::command;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::image::Run;
use crate::path;

/// What says how the program is started.
const STARTS: [&str; 3] = [topic::START, topic::SERVER, topic::ENTRY];

impl Planner<'_> {
    /// The words that are asked for: behind those that start the program, or in place of them.
    pub(super) fn started_as_asked(&mut self, run: &mut Run) {
        let (args, command) = (&self.wishes.args, &self.wishes.extras.command);
        if !command.is_empty() {
            let init = run.entrypoint.iter().position(|word| word == "--").map_or(0, |at| at + 1);
            run.entrypoint.truncate(init);
            run.entrypoint.extend_from_slice(command);
            run.command.clear();
        }
        run.command.extend_from_slice(args);
        if !command.is_empty() || !args.is_empty() {
            let words = [command.as_slice(), args].concat().join(" ");
            let evidence = Evidence::asked(&format!("-- {words}"));
            self.note(Decision::new(topic::START, words, "asked for", evidence));
        }
    }

    /// What other images are started with: words behind a program that is built here too, else a rival.
    pub(super) fn starts(&mut self, run: &mut Run, placed: &[String]) {
        let mut starts = self.testimony();
        starts.sort_by_key(|fact| std::cmp::Reverse(fact.evidence.strength));
        for fact in starts {
            let argv = match (&fact.kind, own(run)) {
                (Kind::Start(argv), _) => argv,
                // Whatever its image starts is what is built here, where that is one program.
                (Kind::Arguments(words), Some(program)) => &[std::slice::from_ref(program), words].concat(),
                _ => continue,
            };
            let argv = from_own(argv, run);
            let is_taken = |it: &Decision| {
                STARTS.contains(&it.topic)
                    && (&it.evidence.file, &it.evidence.quote) == (&fact.evidence.file, &fact.evidence.quote)
            };
            if run.entrypoint.iter().chain(&run.command).eq(argv) || self.decisions.iter().any(is_taken) {
                continue;
            }
            let words = plain(argv.get(1..).unwrap_or_default(), placed, &run.writes);
            if !words.is_empty() && words == run.command {
                continue;
            }
            let is_here = fact.program.is_some() || self.is_built_here(argv, run);
            let is_told = argv.iter().any(|word| SHARED.telling.contains(word));
            if run.command.is_empty() && is_here && words.len() + 1 < argv.len() && !is_told {
                let all = argv.get(1..).unwrap_or_default().join(" ").replace(command::PORT, "$PORT");
                self.warn(format!("`{}` starts it with `{all}`, and not all that this names is in the image: mount it, and say `-- {all}`", fact.evidence.file));
            }
            if run.command.is_empty() && !words.is_empty() && is_here {
                let port = run.port.unwrap_or_default().to_string();
                run.command = words.iter().map(|word| word.replace(command::PORT, &port)).collect();
                let words = run.command.join(" ");
                self.note(Decision::new(topic::START, words, reason(&fact), fact.evidence));
            } else {
                self.lose(argv, &fact.evidence);
            }
        }
    }

    /// The words behind a command of this name that other container files start, also by the path of an interpreter; none where they
    /// name a file that may not be there.
    pub fn words_behind(&mut self, name: &str) -> Vec<String> {
        let behind = |fact: &Fact| {
            let Kind::Start(argv) = &fact.kind else { return None };
            let at = argv.iter().take(2).position(|word| path::name(word) == name)?;
            let words = argv.get(at + 1..).filter(|words| at == 0 || argv[at].starts_with('/') && !words.is_empty())?;
            words.iter().all(|word| is_plain(word)).then(|| (words.to_vec(), fact.evidence.clone()))
        };
        let told = self.testimony().iter().filter_map(behind).max_by_key(|(_, evidence)| evidence.strength);
        let Some((words, evidence)) = told.filter(|(words, _)| !words.is_empty()) else { return Vec::new() };
        self.note(Decision::new(topic::START, words.join(" "), "a container of it is started so", evidence));
        words
    }

    /// Whether the first of these words is the one program that is built: by its name, or as there is no other.
    fn is_built_here(&self, argv: &[String], run: &Run) -> bool {
        let Some(program) = own(run) else { return false };
        let last = |path: &str| path::name(path).to_owned();
        let name = last(argv.first().map_or("", String::as_str));
        let entries = self.facts.iter().filter(|fact| matches!(fact.kind, Kind::Entry(_))).count();
        let is_other = name.contains('.') || SHARED.interpreters.contains(&name) || SHARED.shells.contains(&name);
        name.eq_ignore_ascii_case(&last(program)) || (entries == 1 && !is_other)
    }

    /// A start that is not taken is told beside the one that is.
    fn lose(&mut self, argv: &[String], evidence: &Evidence) {
        let decided = STARTS.iter().find_map(|topic| self.decisions.iter().position(|it| it.topic == *topic));
        if let Some(decision) = decided.and_then(|at| self.decisions.get_mut(at)) {
            let why = match evidence.strength {
                Strength::Stated => "a container of it is started so, and dockgen starts what it builds".to_owned(),
                weaker => format!("it is started so elsewhere ({weaker})"),
            };
            decision.rivals.push(Rival { value: argv.join(" "), why, evidence: evidence.clone() });
        }
    }
}

/// The program that is started, alone or behind an init.
fn own(run: &Run) -> Option<&String> {
    let init = run.entrypoint.iter().position(|word| word == "--").map_or(0, |at| at + 1);
    run.entrypoint.get(init).filter(|_| run.entrypoint.len() == init + 1)
}

/// The words from the program on that is built here, where another one starts it.
fn from_own<'a>(argv: &'a [String], run: &Run) -> &'a [String] {
    let is_own = |word: &String| own(run).is_some_and(|own| path::name(own).eq_ignore_ascii_case(path::name(word)));
    let at = argv.iter().position(is_own);
    argv.get(at.unwrap_or(0)..).unwrap_or(argv)
}

/// Why a program is started with these words, a clause.
fn reason(fact: &Fact) -> &'static str {
    match (fact.evidence.strength, &fact.program) {
        (Strength::Stated, _) => "a container of it is started so",
        (_, Some(_)) => "what makes the program serve",
        (_, None) => "it is started so elsewhere",
    }
}

/// The words as far as every file that they name is there, or is the program's to write: all, or the ones before the first option.
fn plain<'a>(words: &'a [String], placed: &[String], written: &[String]) -> &'a [String] {
    let tells = |word: &String| SHARED.telling.contains(word);
    if words.iter().any(tells) {
        return &[];
    }
    let is_written = |word: &str| !is_file(word) && written.iter().any(|folder| path::is_below(word, folder));
    let is_there = |word: &String| {
        is_plain(word) || placed.iter().any(|place| file_of(word) == place) || is_written(file_of(word))
    };
    if words.iter().all(is_there) {
        return words;
    }
    let options = words.iter().position(|word| word.starts_with('-')).unwrap_or(0);
    words.get(..options).filter(|words| words.iter().all(|word| is_plain(word))).unwrap_or_default()
}

/// Whether a word names no file.
fn is_plain(word: &str) -> bool {
    !word.contains(['/', '$', '`']) && !is_file(word)
}

/// Whether a word ends as a file that somebody else writes.
fn is_file(word: &str) -> bool {
    let ends = [".yaml", ".yml", ".toml", ".json", ".conf", ".ini", ".cfg", ".env", ".js", ".py", ".sh"];
    ends.iter().any(|end| word.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_word_names_no_file() {
        assert!(is_plain("serve") && is_plain("--port={port}") && !is_plain("/etc/x") && !is_plain("c.yaml"));
        let words = ["serve", "--config", "/etc/x"].map(str::to_owned);
        assert_eq!(
            (plain(&words, &[], &[]), plain(&words[..2], &[], &[]).len(), plain(&words[1..], &[], &[]).len()),
            (&words[..1], 2, 0)
        );
        assert_eq!(plain(&words, &["/etc/x".to_owned()], &[]), words);
        assert!(plain(&["--help".to_owned()], &[], &[]).is_empty());
        let data = ["/data".to_owned()];
        for (word, is_there) in
            [("--db=/data", true), ("/data/x.db", true), ("/data/x.conf", false), ("/database", false)]
        {
            assert_eq!(plain(&[word.to_owned()], &[], &data).len(), usize::from(is_there), "{word}");
        }
    }
}
