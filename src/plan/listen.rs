//! Where the program listens.

use super::{Candidate, Decision, Planner, topic};
use crate::facts::{Evidence, Kind, Strength};
use crate::wishes::PortWish;

impl Planner<'_> {
    /// Where the program listens, if it does: [`Planner::port`], or none.
    pub fn listen(&mut self, listens: bool, fallback: Option<(u16, String)>) -> Option<u16> {
        if listens || self.wishes.port.is_some() {
            return self.port(fallback);
        }
        let evidence = Evidence::new("", "", Strength::Stated);
        self.decisions.push(Decision::new(topic::PORT, "none", "nothing listens", evidence));
        None
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
        let port = self.choose(topic::PORT, candidates);
        if let Some(decision) = self.decisions.last_mut().filter(|decision| decision.topic == topic::PORT) {
            decision.options.push("none".to_owned());
        }
        port
    }
}
