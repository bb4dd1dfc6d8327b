//! Processes: which one is started, and what is said of the others. One meaning for all languages.

use super::{Decision, Planner, topic};
use crate::catalog::SHARED;
use crate::command::{self, Command};
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::witness;

/// What a platform runs of this repository.
#[derive(Debug, Clone)]
pub struct Process {
    /// Its name: `web`.
    pub name: String,
    /// Its line, as it is written.
    pub line: String,
    /// What the line comes down to.
    pub command: Command,
    /// Where it stands.
    pub evidence: Evidence,
}

impl Process {
    /// Whether it is a step before a release, which ends by itself.
    pub fn is_step(&self) -> bool {
        SHARED.process.steps.contains(&self.name)
    }
}

/// All processes, in the order of their files.
pub fn all(facts: &[Fact]) -> impl Iterator<Item = Process> {
    facts.iter().filter_map(|fact| match &fact.kind {
        Kind::Process(name, line) => Some(Process {
            name: name.clone(),
            line: line.clone(),
            command: command::read(line),
            evidence: fact.evidence.clone(),
        }),
        _ => None,
    })
}

/// The one that serves, else the only one that is no step before a release.
pub fn started(facts: &[Fact]) -> Option<Process> {
    let is_said = |process: &Process| !process.is_step() && process.evidence.strength >= Strength::Stated;
    let mut running: Vec<Process> = all(facts).filter(is_said).collect();
    let web = running.iter().position(|process| process.name == SHARED.process.serves);
    let at = web.or((running.len() == 1).then_some(0))?;
    Some(running.swap_remove(at))
}

fn left_out(step: &str, evidence: &Evidence) -> String {
    let file = &evidence.file;
    format!("`{step}` is left out of the start (`{file}`): run it from the same image before each release")
}

/// How many processes beside the one that is started are told by name.
const MOST_TOLD: usize = 8;

impl Planner<'_> {
    /// Says which steps before a process its image does not run.
    pub fn leave_out(&mut self, process: &Process) {
        for step in &process.command.before {
            self.before_release(step, &process.evidence, left_out(step, &process.evidence));
        }
    }

    /// Notes a step before each release, once.
    fn before_release(&mut self, step: &str, evidence: &Evidence, sentence: String) {
        let is_known = |decision: &Decision| decision.topic == topic::RELEASE && decision.value == step;
        if !self.decisions.iter().any(is_known) {
            self.note(Decision::new(topic::RELEASE, step, "no image does it when it starts", evidence.clone()));
            self.warn(sentence);
        }
    }

    /// Says what witnesses and rows want to be known.
    pub fn tell_testimony(&mut self) {
        let told = self.facts.iter().filter(|fact| self.is_heard(fact)).filter_map(|fact| match &fact.kind {
            Kind::Warning(what) => Some(what.clone()),
            _ => None,
        });
        let told: Vec<String> = told.filter(|what| !self.warnings.contains(what)).collect();
        self.warnings.extend(told);
    }

    /// Says what else there is to run: steps before a release, and processes beside the one that is started.
    pub fn tell_processes(&mut self) {
        let entry = self.decisions.iter().find(|decision| decision.topic == topic::ENTRY).map(|it| it.value.clone());
        let mut others: Vec<Process> = all(&self.facts).collect();
        let started = others.iter().find(|process| Some(&process.name) == entry.as_ref()).cloned();
        let started = started.or_else(|| self::started(&self.facts));
        for step in started.iter().flat_map(|process| &process.command.before) {
            let evidence = started.as_ref().map_or_else(Evidence::guess, |process| process.evidence.clone());
            let is_told = self.warnings.iter().any(|sentence| sentence.contains(step.as_str()));
            if !is_told && witness::changes_database(step) {
                self.before_release(step, &evidence, left_out(step, &evidence));
            }
        }
        let started = started.map(|process| process.name);
        others.retain(|process| Some(&process.name) != started.as_ref());
        for Process { name, line, evidence, .. } in others.iter().filter(|process| process.is_step()) {
            let file = &evidence.file;
            let sentence =
                format!("`{file}` has the step `{name}`: run `{line}` from the same image before each release");
            self.before_release(line, evidence, sentence);
        }
        let running = others.iter().filter(|process| !process.is_step());
        for Process { name, line, evidence, .. } in running.clone().take(MOST_TOLD) {
            self.warn(format!("`{}` has the process `{name}` too: start it from the same image with `{line}` in place of its own words", evidence.file));
        }
        if let Some(process) = running.clone().nth(MOST_TOLD) {
            let more = running.count() - MOST_TOLD;
            self.warn(format!("`{}` has {more} processes more than these", process.evidence.file));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;
    use crate::wishes::Wishes;

    fn facts(processes: &[(&str, &str)]) -> Vec<Fact> {
        let fact = |(name, line): &(&str, &str)| {
            Fact::new(Kind::Process((*name).to_owned(), (*line).to_owned()), "Procfile", line, Strength::Stated)
        };
        processes.iter().map(fact).collect()
    }

    #[test]
    fn one_is_started() {
        let name = |processes: &[(&str, &str)]| started(&facts(processes)).map(|process| process.name);
        assert_eq!(name(&[("worker", "a"), ("web", "b")]).as_deref(), Some("web"));
        assert_eq!(name(&[("release", "a"), ("bot", "b")]).as_deref(), Some("bot"));
        assert_eq!(name(&[("worker", "a"), ("beat", "b")]), None);
        assert_eq!(name(&[("release", "a")]), None);
    }

    #[test]
    fn the_others_are_told() {
        let repo = Repo::from_list("x", []);
        let wishes = Wishes::default();
        let processes = facts(&[("release", "./migrate"), ("web", "a; b"), ("worker", "c")]);
        let mut planner = Planner::new(&repo, processes, &wishes);
        let web = started(&planner.facts).unwrap();
        planner.leave_out(&web);
        planner.tell_processes();
        let warnings = planner.finish().warnings;
        assert_eq!(
            warnings,
            [
                "`a` is left out of the start (`Procfile`): run it from the same image before each release",
                "`Procfile` has the step `release`: run `./migrate` from the same image before each release",
                "`Procfile` has the process `worker` too: start it from the same image with `c` in place of its own words",
            ]
        );
    }
}
