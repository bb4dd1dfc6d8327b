//! The planner: chooses among testimonies by one rule, and keeps the reason of every choice.

mod build;
mod complete;
mod context;
mod data;
mod environment;
mod given;
mod health;
mod init;
pub mod labels;
mod left_out;
pub mod listen;
mod manager;
pub mod name;
mod obstacles;
mod packages;
mod placed;
pub mod processes;
pub mod program;
pub mod runtime;
mod start;
pub mod toolchain;
pub mod topic;
pub mod unproven;

use serde::Serialize;

use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::repo::Repo;
use crate::wishes::Wishes;

/// A chosen value with its reason and what else was there.
#[derive(Debug, Clone, Serialize)]
pub struct Decision {
    /// What it is about; where a flag can change it, the flag's name.
    pub topic: &'static str,
    /// What was chosen, for people.
    pub value: String,
    /// Why, a clause.
    pub reason: String,
    /// What speaks for it.
    pub evidence: Evidence,
    /// Whether an equally strong rival was there.
    pub tie: bool,
    /// What lost.
    pub rivals: Vec<Rival>,
    /// What could be answered, where this is a question: values for the wish of the topic.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
}

impl Decision {
    /// A decision without rivals.
    pub fn new(topic: &'static str, value: impl Into<String>, reason: impl Into<String>, evidence: Evidence) -> Self {
        let (value, reason) = (value.into(), reason.into());
        Decision { topic, value, reason, evidence, tie: false, rivals: Vec::new(), options: Vec::new() }
    }

    /// Whether a person should be asked: nothing better than a guess, or a tie, and there is something to choose.
    pub fn is_question(&self) -> bool {
        self.is_guess() && self.options.len() > 1
    }
}

/// A value that lost.
#[derive(Debug, Clone, Serialize)]
pub struct Rival {
    /// What it would have been.
    pub value: String,
    /// Why it lost.
    pub why: String,
    /// What spoke for it.
    pub evidence: Evidence,
}

/// A value that may be chosen.
#[derive(Debug, Clone)]
pub struct Candidate<T> {
    /// The value.
    pub value: T,
    /// How people, and the topic's flag, name it.
    pub label: String,
    /// What is told of it where it is chosen, if that is more than its label.
    pub shown: Option<String>,
    /// Why it may be right, a clause.
    pub reason: String,
    /// What speaks for it.
    pub evidence: Evidence,
}

impl<T> Candidate<T> {
    /// A candidate.
    pub fn new(value: T, label: impl Into<String>, reason: impl Into<String>, evidence: Evidence) -> Self {
        Candidate { value, label: label.into(), shown: None, reason: reason.into(), evidence }
    }

    /// The same, of which this is told where it is chosen.
    pub fn shown(self, shown: String) -> Self {
        Candidate { shown: Some(shown), ..self }
    }
}

/// What a runtime must provide, with the testimony.
#[derive(Debug, Clone, Serialize)]
pub struct Need {
    /// A word of the catalogs: `glibc`, `shell`, `package:libpq5`.
    pub id: String,
    /// Why, a clause.
    pub reason: String,
    /// Where it shows.
    pub evidence: Evidence,
}

impl Need {
    /// A need.
    pub fn new(id: impl Into<String>, reason: impl Into<String>, evidence: Evidence) -> Self {
        Need { id: id.into(), reason: reason.into(), evidence }
    }
}

/// Everything that was decided about one service, and from what.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The testimonies.
    pub facts: Vec<Fact>,
    /// The choices, in the order in which they were made.
    pub decisions: Vec<Decision>,
    /// What the runtime must provide.
    pub needs: Vec<Need>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

impl Plan {
    /// The choice about a topic.
    pub fn decision(&self, topic: &str) -> Option<&Decision> {
        self.decisions.iter().find(|decision| decision.topic == topic)
    }
}

/// The desk at which one service is planned: what is known, and the log of what was decided.
pub struct Planner<'a> {
    /// The name of the service's folder.
    pub folder: &'a str,
    /// The testimonies.
    pub facts: Vec<Fact>,
    /// The program that was chosen, as facts name it.
    pub program: Option<String>,
    /// What was asked for.
    pub wishes: &'a Wishes,
    /// The runtime that was chosen: its id.
    runtime: Option<String>,
    decisions: Vec<Decision>,
    needs: Vec<Need>,
    warnings: Vec<String>,
}

impl<'a> Planner<'a> {
    /// A desk with nothing decided. What cannot be read of a file that no build needs is passed over, and said.
    pub fn new(repo: &'a Repo, facts: Vec<Fact>, wishes: &'a Wishes) -> Self {
        let is_passed_over = |fact: &Fact| fact.evidence.strength == Strength::Guess;
        let (passed, facts): (Vec<Fact>, Vec<Fact>) =
            facts.into_iter().partition(|fact| matches!(fact.kind, Kind::Unreadable(_)) && is_passed_over(fact));
        let sentence = |fact: &Fact| match &fact.kind {
            Kind::Unreadable(why) => Some(format!("{}: {why}; it is as if it were not there", fact.evidence)),
            _ => None,
        };
        Planner {
            folder: repo.name(),
            facts,
            program: None,
            wishes,
            runtime: None,
            decisions: Vec::new(),
            needs: Vec::new(),
            warnings: passed.iter().filter_map(sentence).collect(),
        }
    }

    /// A desk for a part of the image that another language builds: what its folder says and what version files say for all.
    /// Nobody's wishes reach it.
    pub fn beside<'b>(&self, facts: &[Fact], wishes: &'b Wishes) -> Planner<'b>
    where
        'a: 'b,
    {
        let is_for_all = |fact: &&Fact| matches!(fact.kind, Kind::Toolchain(..)) && fact.program.is_none();
        Planner {
            folder: self.folder,
            facts: facts.iter().chain(self.facts.iter().filter(is_for_all)).cloned().collect(),
            program: None,
            wishes,
            decisions: Vec::new(),
            needs: Vec::new(),
            runtime: None,
            warnings: Vec::new(),
        }
    }

    /// Takes over what was decided at such a desk: no questions, and sentences with the folder that they are about.
    pub fn take_back(&mut self, folder: &str, beside: Planner) {
        let decision = |decision: Decision| Decision {
            topic: topic::of_front_end(decision.topic),
            options: Vec::new(),
            ..decision
        };
        self.decisions.extend(beside.decisions.into_iter().map(decision));
        let folder = if folder.is_empty() { "." } else { folder };
        self.warnings.extend(beside.warnings.into_iter().map(|sentence| format!("front end `{folder}`: {sentence}")));
    }

    /// The facts that hold for the chosen program.
    pub fn heard(&self) -> impl Iterator<Item = &Fact> {
        self.facts.iter().filter(|fact| self.is_heard(fact))
    }

    /// The plan.
    pub fn finish(self) -> Plan {
        Plan { facts: self.facts, decisions: self.decisions, needs: self.needs, warnings: self.warnings }
    }

    /// Whether a fact holds for every program or for the chosen one.
    pub fn is_heard(&self, fact: &Fact) -> bool {
        fact.is_about(self.program.as_deref().unwrap_or_default())
    }

    /// Completes what was decided about a topic.
    pub fn amend(&mut self, topic: &str, change: impl FnOnce(&mut Decision)) {
        if let Some(decision) = self.decisions.iter_mut().rev().find(|decision| decision.topic == topic) {
            change(decision);
        }
    }

    /// Notes a decision that was made elsewhere.
    pub fn note(&mut self, decision: Decision) {
        self.decisions.push(decision);
    }

    /// Notes something that a person should know.
    pub fn warn(&mut self, sentence: impl Into<String>) {
        self.warnings.push(sentence.into());
    }

    /// The strongest candidate; `None` where there is none. Of equally strong ones the first, and then it is a tie.
    pub fn choose<T: Clone + PartialEq>(&mut self, topic: &'static str, candidates: Vec<Candidate<T>>) -> Option<T> {
        let strongest = candidates.iter().map(|candidate| candidate.evidence.strength).max()?;
        let best = candidates.iter().find(|candidate| candidate.evidence.strength == strongest)?.clone();
        let others = || candidates.iter().filter(|candidate| candidate.value != best.value);
        let rival = |candidate: &Candidate<T>| Rival {
            value: candidate.label.clone(),
            why: match candidate.evidence.strength == strongest {
                true => "as likely; the first was taken".to_owned(),
                false => format!("{} is weaker than {strongest}", candidate.evidence.strength),
            },
            evidence: candidate.evidence.clone(),
        };
        let mut options: Vec<String> = vec![best.label.clone()];
        options.extend(others().map(|candidate| candidate.label.clone()));
        options.dedup();
        self.decisions.push(Decision {
            tie: others().any(|candidate| candidate.evidence.strength == strongest),
            rivals: others().map(rival).collect(),
            options,
            ..Decision::new(topic, best.shown.unwrap_or(best.label), best.reason, best.evidence)
        });
        Some(best.value)
    }
}
