//! Which program is started, of all that can be.

use super::{Candidate, Planner, topic};
use crate::catalog::SHARED;
use crate::error::{Error, typed};
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::path::{self, parent};

/// Something that can be started, with what speaks for its being the service.
#[derive(Debug, Clone)]
pub struct Startable<T> {
    /// The value.
    pub value: T,
    /// What `--entry` calls it.
    pub entry: String,
    /// What `--entry` may call it too.
    pub aliases: Vec<String>,
    /// Its folder; the words in it say whether it is the service, or a tool or a sample.
    pub place: String,
    /// Whether it serves, as far as that shows.
    pub serves: bool,
    /// Why it can be started, a clause.
    pub reason: String,
    /// Where that shows.
    pub evidence: Evidence,
}

impl<T> From<Startable<T>> for Candidate<T> {
    fn from(it: Startable<T>) -> Self {
        Candidate::new(it.value, it.entry, it.reason, it.evidence)
    }
}

impl<T> Startable<T> {
    fn words(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.place.split(['/', '-']).filter(|word| !word.is_empty())
    }

    fn is_aside(&self) -> bool {
        self.words().any(|word| SHARED.aside.iter().any(|aside| aside == word))
    }

    /// What is likelier the service comes first: no tool, it serves, its usual name, near the top.
    fn rank(&self) -> (bool, bool, usize, usize) {
        let usual = SHARED.services.iter().position(|name| self.words().next_back() == Some(name));
        let depth = self.place.split('/').filter(|part| !part.is_empty()).count();
        (self.is_aside(), !self.serves, usual.unwrap_or(SHARED.services.len()), depth)
    }

    fn is_called(&self, wish: &str) -> bool {
        self.entry == wish || self.aliases.iter().any(|alias| alias == wish)
    }
}

/// What a program is to people: the earlier ones are rather meant to be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A platform runs it.
    Process,
    /// A server loads it.
    Application,
    /// A manifest declares it as a command.
    Command,
    /// A file that does something when it is run.
    File,
}

/// What speaks for a way to start beside others.
#[derive(Debug, Clone)]
pub struct Traits {
    /// What it is.
    pub role: Role,
    /// It serves, and does not only work through a queue.
    pub serves: bool,
    /// It is chosen by a platform, made by a tool of its framework, or named and placed as programs are.
    pub is_usual: bool,
    /// How unusual it is among its like, what counts most first.
    pub rank: Vec<usize>,
}

/// Weighs ways to start: of what was only found the most usual one is likely and the others are guesses; what is the only one
/// of its kind is more than likely; beside an application that serves, commands and files are guesses.
pub fn weigh<T>(mut found: Vec<(Traits, Startable<T>)>) -> Vec<Startable<T>> {
    found.sort_by_cached_key(|(traits, way)| (traits.role, traits.rank.clone(), way.entry.clone()));
    let is_server = |traits: &Traits| traits.role == Role::Application && traits.serves;
    let count = |is_meant: &dyn Fn(&Traits) -> bool| found.iter().filter(|(traits, _)| is_meant(traits)).count();
    let servers = count(&is_server);
    let commands = count(&|traits| traits.role == Role::Command);
    let has_files = count(&|traits| traits.role == Role::File) > 0;
    let is_said = |(traits, way): &(Traits, Startable<T>)| {
        traits.role == Role::Process && traits.is_usual && way.evidence.strength >= Strength::Stated
    };
    let is_started = found.iter().any(is_said);
    let mut last = None;
    for (traits, way) in &mut found {
        let is_first = last.replace(traits.role) != Some(traits.role);
        way.evidence.strength = match (traits.role, is_first) {
            (Role::Process, _) if traits.is_usual => way.evidence.strength,
            (Role::Application, true) if is_server(traits) && (servers == 1 || traits.is_usual) => Strength::Stated,
            (Role::Application, true) if is_server(traits) || !has_files => Strength::Convention,
            (Role::Command, _) if servers == 0 && commands == 1 && !is_started => Strength::Stated,
            (Role::Command, _) if servers == 0 => Strength::Convention,
            (Role::File, true) if servers == 0 && traits.is_usual => Strength::Convention,
            _ => Strength::Guess,
        };
    }
    found.into_iter().map(|(_, way)| way).collect()
}

impl Planner<'_> {
    /// The program among facts of [`Kind::Entry`], whose evidence is its main file or what names it. The only one that serves is the
    /// usual one, and one that serves nothing beside others that do is no more than a guess.
    ///
    /// # Errors
    /// Where none is there, or not the one that was asked for.
    pub fn program_of_facts(&mut self, what: &str) -> Result<String, Error> {
        let entries = self.facts.iter().filter_map(|fact| match &fact.kind {
            Kind::Entry(name) => Some((name, &fact.evidence, self.serves(name))),
            _ => None,
        });
        let entries: Vec<_> = entries.collect();
        let servers = entries.iter().filter(|(.., serves)| *serves).count();
        let startable = |(name, evidence, serves): &(&String, &Evidence, bool)| {
            let strength = match evidence.strength {
                _ if entries.len() == 1 || self.is_started(name) => Strength::Stated,
                Strength::Guess if *serves && servers == 1 => Strength::Convention,
                Strength::Convention if !serves && servers > 0 => Strength::Guess,
                strength => strength,
            };
            Startable {
                value: (*name).clone(),
                entry: (*name).clone(),
                aliases: Vec::new(),
                place: format!("{}/{name}", parent(&evidence.file)),
                serves: *serves,
                reason: if entries.len() == 1 { format!("the only {what}") } else { format!("a {what}") },
                evidence: Evidence { strength, ..(*evidence).clone() },
            }
        };
        let found = entries.iter().map(startable).collect();
        let cannot = self.facts.iter().find_map(|fact| match &fact.kind {
            Kind::Cannot(entry, why) => Some(format!("`{entry}` cannot be started: {why}")),
            _ => None,
        });
        self.program(what, found)?.ok_or_else(|| nothing(what, cannot))
    }

    /// Whether a container of it is started elsewhere.
    fn is_started(&self, program: &str) -> bool {
        let is_it = |argv: &[String]| argv.first().is_some_and(|word| path::name(word) == program);
        self.facts.iter().any(|fact| matches!(&fact.kind, Kind::Start(argv) if is_it(argv)))
    }

    /// Whether a program is seen to serve others.
    fn serves(&self, program: &str) -> bool {
        let is_server = |kind: &Kind| matches!(kind, Kind::Listens(_) | Kind::Port(_) | Kind::Framework(_));
        self.facts.iter().any(|fact: &Fact| fact.program.as_deref() == Some(program) && is_server(&fact.kind))
    }

    /// The program: the one that is asked for, else the strongest; beside others a tool or a sample is no more than a guess.
    /// `what` says what programs are in this language.
    ///
    /// # Errors
    /// Where there is none of the name that is asked for.
    pub fn program<T: Clone + PartialEq>(
        &mut self,
        what: &str,
        mut found: Vec<Startable<T>>,
    ) -> Result<Option<T>, Error> {
        let are_all_aside = found.iter().all(Startable::is_aside);
        found.sort_by_key(Startable::rank);
        let mut candidates: Vec<Candidate<T>> = Vec::new();
        if let Some(wish) = &self.wishes.entry {
            let named = wish.trim_start_matches("./").trim_end_matches('/');
            let program = found.iter().find(|program| program.is_called(named));
            let program = program.ok_or_else(|| none_of(wish, what, &found))?;
            let evidence = Evidence::asked(&format!("--entry {wish}"));
            candidates.push(Candidate::new(program.value.clone(), program.entry.clone(), "asked for", evidence));
        }
        candidates.extend(found.iter().map(|program| {
            let mut evidence = program.evidence.clone();
            if program.is_aside() && !are_all_aside {
                evidence.strength = Strength::Guess;
            }
            Candidate::new(program.value.clone(), program.entry.clone(), program.reason.clone(), evidence)
        }));
        let chosen = self.choose(topic::ENTRY, candidates);
        self.program = found.into_iter().find(|program| chosen.as_ref() == Some(&program.value)).map(|one| one.entry);
        Ok(chosen)
    }
}

/// The refusal where nothing can be started, and why.
pub fn nothing(what: &str, why: Option<String>) -> Error {
    let why = why.unwrap_or_else(|| "this is a library, and a library is no image".to_owned());
    Error::nothing(format!("there is no {what}: {why}")).hint(format!("run dockgen where a {what} is"))
}

fn none_of<T>(wish: &str, what: &str, found: &[Startable<T>]) -> Error {
    let known: Vec<String> =
        found.iter().take(8).map(|program| format!("`--entry {}`", typed(&program.entry))).collect();
    let error = Error::no(format!("`--entry {wish}`: there is no such {what}"));
    if known.is_empty() { error } else { error.hint(format!("there is {}", known.join(", "))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;
    use crate::wishes::Wishes;

    fn chosen(wish: Option<&str>, places: &[(&str, bool)]) -> Result<(String, bool), Error> {
        let wishes = Wishes { entry: wish.map(str::to_owned), ..Wishes::default() };
        let repo = Repo::from_list("x", []);
        let mut planner = Planner::new(&repo, Vec::new(), &wishes);
        let program = |(place, serves): &(&str, bool)| Startable {
            value: (*place).to_owned(),
            entry: format!("./{place}"),
            aliases: vec![(*place).to_owned()],
            place: (*place).to_owned(),
            serves: *serves,
            reason: String::new(),
            evidence: Evidence::new(place, "", Strength::Stated),
        };
        let chosen = planner.program("program", places.iter().map(program).collect())?.unwrap_or_default();
        assert_eq!(planner.program, Some(format!("./{chosen}")).filter(|_| !chosen.is_empty()));
        let decisions = planner.finish().decisions;
        Ok((chosen, decisions.last().is_some_and(|decision| decision.is_question())))
    }

    #[test]
    fn the_service_comes_before_tools_and_samples() {
        type Case<'a> = (&'a [(&'a str, bool)], &'a str, bool);
        let cases: [Case; 6] = [
            (&[("a", true), ("b", true)], "a", true),
            (&[("a", false), ("b", true)], "b", true),
            (&[("shop-demo", true), ("shop-server", true)], "shop-server", false),
            (&[("a/b", true), ("c", true)], "c", true),
            (&[("worker", true), ("api", true)], "api", true),
            (&[("examples/a", true)], "examples/a", false),
        ];
        for (places, expected, asks) in cases {
            assert_eq!(chosen(None, places).unwrap(), (expected.to_owned(), asks), "{places:?}");
        }
        assert_eq!(chosen(None, &[]).unwrap().0, "");
    }

    #[test]
    fn ways_are_weighed_against_each_other() {
        use Role::{Application, Command, File, Process};
        let way = |(entry, role, serves, is_usual, rank): &(&str, Role, bool, bool, usize)| {
            let traits = Traits { role: *role, serves: *serves, is_usual: *is_usual, rank: vec![*rank] };
            let (entry, evidence) = ((*entry).to_owned(), Evidence::new("x", "", Strength::Stated));
            let (aliases, place, reason) = (Vec::new(), String::new(), String::new());
            (traits, Startable { value: (), entry, aliases, place, serves: true, reason, evidence })
        };
        let weighed = |ways: &[(&str, Role, bool, bool, usize)]| {
            let found = weigh(ways.iter().map(way).collect());
            found.iter().map(|way| format!("{} {}", way.entry, way.evidence.strength)).collect::<Vec<_>>().join(", ")
        };
        let (app, other) = (("app", Application, true, false, 0), ("other", Application, true, false, 1));
        let (file, second) = (("main", File, true, true, 0), ("tool", File, true, false, 1));
        let worker = ("worker", Application, false, false, 2);
        let (command, more) = (("run", Command, true, false, 0), ("more", Command, true, false, 1));
        let (web, beat) = (("web", Process, true, true, 0), ("beat", Process, true, false, 1));
        for (ways, expected) in [
            (vec![file, app, command], "app stated, run guess, main guess"),
            (vec![other, app], "app convention, other guess"),
            (vec![("made", Application, true, true, 0), other], "made stated, other guess"),
            (vec![second, file], "main convention, tool guess"),
            (vec![second], "tool guess"),
            (vec![worker, file], "worker guess, main convention"),
            (vec![worker], "worker convention"),
            (vec![command, file], "run stated, main convention"),
            (vec![more, command], "run convention, more convention"),
            (vec![beat, web], "web stated, beat guess"),
        ] {
            assert_eq!(weighed(&ways), expected);
        }
    }

    #[test]
    fn what_is_asked_for_is_there_or_refused() {
        assert_eq!(chosen(Some("b/"), &[("a", true), ("b", false)]).unwrap().0, "b");
        let error = chosen(Some("c"), &[("a", true)]).unwrap_err();
        assert_eq!(error.what, "`--entry c`: there is no such program");
        assert_eq!(error.hint.unwrap(), "there is `--entry ./a`");
    }
}
