//! Where the program listens.

use super::{Candidate, Decision, Planner, topic};
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::wishes::PortWish;

/// How addresses begin that only the machine itself can reach.
const LOCAL: [&str; 2] = ["127.0.0.1:", "localhost:"];

/// The first port that a user who is not root may listen at everywhere.
pub const FIRST_OF_USERS: u16 = 1024;

impl Planner<'_> {
    /// The port, or none where nothing listens and nobody asks for one. One that only its own machine can reach is told.
    pub fn listen(&mut self, listens: bool, fallback: Option<(u16, String)>) -> Option<u16> {
        let is_said = self.heard().any(|fact| matches!(fact.kind, Kind::Port(_)));
        if !listens && !is_said && self.wishes.port.is_none() {
            let nothing = Evidence::new("", "", Strength::Stated);
            self.note(Decision::new(topic::PORT, "none", "nothing listens", nothing));
            return None;
        }
        let port = self.port(fallback);
        let is_it = |fact: &&Fact| matches!(fact.kind, Kind::Port(number) if Some(number) == port);
        let is_local = |fact: &&Fact| LOCAL.iter().any(|host| fact.evidence.quote.contains(host));
        let local = self.heard().find(is_it).filter(is_local).map(|fact| fact.evidence.clone());
        if let Some(evidence) = local {
            self.warn(format!("{evidence}: the program listens to its own machine only, unless it is told otherwise; give it an address on 0.0.0.0, by `run.env` in `dockgen.toml` for one"));
        }
        port
    }

    /// The port among facts of [`Kind::Port`] that hold for the program; `fallback` is a convention of a framework, `(port, why)`.
    pub fn port(&mut self, fallback: Option<(u16, String)>) -> Option<u16> {
        if let Some(wish) = self.wishes.port {
            let (label, port) = match wish {
                PortWish::None => ("none".to_owned(), None),
                PortWish::Port(port) => (port.to_string(), Some(port)),
            };
            let evidence = Evidence::asked(&format!("--port {label}"));
            self.decisions.push(Decision::new(topic::PORT, label, "asked for", evidence));
            return port;
        }
        let mut candidates: Vec<Candidate<u16>> = Vec::new();
        for fact in self.facts.iter().filter(|fact| self.is_heard(fact)) {
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
        // A user may not listen there everywhere: a guess of such a port is the last.
        candidates.sort_by_key(|it| it.evidence.strength == Strength::Guess && it.value < FIRST_OF_USERS);
        let port = self.choose(topic::PORT, candidates);
        if let Some(decision) = self.decisions.last_mut().filter(|decision| decision.topic == topic::PORT) {
            decision.options.push("none".to_owned());
        }
        port
    }
}
