//! The planner: chooses among testimonies by one rule, and keeps the reason of every choice.

pub mod image;
pub mod runtime;
pub mod toolchain;

use serde::Serialize;

use crate::catalog::{Release, Runtime};
use crate::error::Error;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::repo::Repo;
use crate::values;
use crate::wishes::{PortWish, Wishes};
use toolchain::Toolchain;

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
        (self.tie || self.evidence.strength == Strength::Guess) && self.options.len() > 1
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
    /// Why it may be right, a clause.
    pub reason: String,
    /// What speaks for it.
    pub evidence: Evidence,
}

impl<T> Candidate<T> {
    /// A candidate.
    pub fn new(value: T, label: impl Into<String>, reason: impl Into<String>, evidence: Evidence) -> Self {
        Candidate { value, label: label.into(), reason: reason.into(), evidence }
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

/// The desk at which one service is planned: what is known, and the log of what was decided.
pub struct Planner<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// The testimonies.
    pub facts: Vec<Fact>,
    /// What was asked for.
    pub wishes: &'a Wishes,
    decisions: Vec<Decision>,
    needs: Vec<Need>,
    warnings: Vec<String>,
}

impl<'a> Planner<'a> {
    /// A desk with nothing decided.
    pub fn new(repo: &'a Repo, facts: Vec<Fact>, wishes: &'a Wishes) -> Self {
        Planner { repo, facts, wishes, decisions: Vec::new(), needs: Vec::new(), warnings: Vec::new() }
    }

    /// What was decided, the needs, and what a person should know, in order.
    pub fn finish(self) -> (Vec<Fact>, Vec<Decision>, Vec<Need>, Vec<String>) {
        (self.facts, self.decisions, self.needs, self.warnings)
    }

    /// Notes a decision that was made elsewhere.
    pub fn note(&mut self, decision: Decision) {
        self.decisions.push(decision);
    }

    /// Notes something that a person should know.
    pub fn warn(&mut self, sentence: impl Into<String>) {
        self.warnings.push(sentence.into());
    }

    /// The toolchain's release.
    ///
    /// # Errors
    /// Where a demanded version exists nowhere.
    pub fn toolchain(&mut self, title: &str, releases: &[Release]) -> Result<Toolchain, Error> {
        let wish = self.wishes.toolchain.as_deref();
        let (toolchain, decision, warnings) = toolchain::choose(title, wish, &self.facts, releases)?;
        self.decisions.push(decision);
        self.warnings.extend(warnings);
        Ok(toolchain)
    }

    /// Another program than the toolchain runs what is built: `toolchain` names it.
    pub fn runs_on(&mut self, toolchain: &str, evidence: Evidence) {
        if let Some(decision) = self.decisions.iter_mut().find(|decision| decision.topic == "toolchain") {
            decision.reason = format!("it runs the program; {} installs and builds", decision.value);
            decision.value = toolchain.to_owned();
            decision.evidence = evidence;
        }
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
            ..Decision::new(topic, best.label, best.reason, best.evidence)
        });
        Some(best.value)
    }

    /// The package manager among facts of [`Kind::Manager`]: its id and, where somebody names one, its version.
    ///
    /// # Errors
    /// Where a wish names a manager that is not among `known`.
    pub fn manager(&mut self, known: &[&str], fallback: &str) -> Result<(String, Option<String>), Error> {
        let mut candidates: Vec<Candidate<(String, Option<String>)>> = Vec::new();
        let mut versions = Vec::new();
        for fact in &self.facts {
            if let Kind::Manager(id, version) = &fact.kind {
                versions.push((id.clone(), version.clone()));
                let reason = format!("{} names it", fact.evidence);
                candidates.push(Candidate::new((id.clone(), None), id.clone(), reason, fact.evidence.clone()));
            }
        }
        if let Some(wish) = &self.wishes.package_manager {
            values::one_of(wish, known).map_err(|what| Error::usage(format!("--package-manager {what}")))?;
            let evidence = Evidence::asked(&format!("--package-manager {wish}"));
            candidates.push(Candidate::new((wish.clone(), None), wish.clone(), "asked for", evidence));
        }
        if candidates.is_empty() {
            let evidence = Evidence::new("", "", Strength::Convention);
            let reason = "the ecosystem's own, where nothing names another";
            candidates.push(Candidate::new((fallback.to_owned(), None), fallback, reason, evidence));
        }
        let id = self.choose("package-manager", candidates).map_or_else(|| fallback.to_owned(), |(id, _)| id);
        let version = versions.into_iter().find_map(|(of, version)| version.filter(|_| of == id));
        Ok((id, version))
    }

    /// The port among facts of [`Kind::Port`]; `fallback` is a convention of a framework, `(port, why)`.
    pub fn port(&mut self, fallback: Option<(u16, String)>) -> Option<u16> {
        if let Some(wish) = self.wishes.port {
            let (label, port) = match wish {
                PortWish::None => ("none".to_owned(), None),
                PortWish::Port(port) => (port.to_string(), Some(port)),
            };
            let evidence = Evidence::asked(&format!("--port {label}"));
            self.decisions.push(Decision::new("port", label, "asked for", evidence));
            return port;
        }
        let mut candidates: Vec<Candidate<u16>> = Vec::new();
        for fact in &self.facts {
            if let Kind::Port(port) = fact.kind {
                candidates.push(Candidate::new(
                    port,
                    port.to_string(),
                    "the program listens there",
                    fact.evidence.clone(),
                ));
            }
        }
        if let Some((port, why)) = fallback {
            let evidence = Evidence::new("", &why, Strength::Guess);
            candidates.push(Candidate::new(port, port.to_string(), why, evidence));
        }
        let port = self.choose("port", candidates);
        if let Some(decision) = self.decisions.last_mut().filter(|decision| decision.topic == "port") {
            decision.options.push("none".to_owned());
        }
        port
    }

    /// What keeps the program out of smaller images, with the file that shows it; `None` where no file does.
    pub fn runtime_comment(&self) -> Option<String> {
        let decision = self.decisions.iter().find(|decision| decision.topic == "runtime")?;
        let rival = decision.rivals.iter().rev().find(|rival| !rival.evidence.file.is_empty())?;
        let need = self.needs.iter().find(|need| need.evidence == rival.evidence)?;
        Some(format!("{} ({}).", upper(&need.reason), need.evidence.file))
    }

    /// The smallest runtime that meets the needs.
    ///
    /// # Errors
    /// Where the one that was asked for does not, or none does.
    pub fn runtime(&mut self, needs: Vec<Need>, rows: &[Runtime], toolchain: &Toolchain) -> Result<Runtime, Error> {
        let mut needs = needs;
        for package in &self.wishes.extras.run_packages {
            let evidence = Evidence::new(crate::config::PATH, &format!("run.packages: {package}"), Strength::Asked);
            needs.push(Need::new(format!("package:{package}"), format!("it is given `{package}`"), evidence));
        }
        let rows: Vec<&Runtime> = rows.iter().filter(|row| toolchain.has(row)).collect();
        let wish = self.wishes.runtime.as_deref().filter(|wish| *wish != "auto");
        let (row, mut decision) = runtime::solve(wish, &needs, &rows)?;
        decision.value = toolchain.fill(&decision.value);
        decision.rivals.iter_mut().for_each(|rival| rival.value = toolchain.fill(&rival.value));
        self.decisions.push(decision);
        self.needs = needs;
        Ok(row.clone())
    }
}

/// The sentence with a capital.
fn upper(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
