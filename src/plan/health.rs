//! Where the program says whether it is well.

use super::{Candidate, Planner, topic};
use crate::facts::{Fact, Kind};

impl Planner<'_> {
    /// Where the program says whether it is well.
    pub(super) fn health(&mut self) {
        let candidate = |fact: &Fact| match &fact.kind {
            Kind::HealthPath(path) => {
                let reason = "it answers there whether it is well";
                Some(Candidate::new(path.clone(), path, reason, fact.evidence.clone()))
            }
            _ => None,
        };
        let candidates: Vec<Candidate<String>> = self.heard().filter_map(candidate).collect();
        if self.choose(topic::HEALTH, candidates).is_some() {
            // No flag takes another one.
            self.amend(topic::HEALTH, |decision| decision.options.clear());
        }
    }
}
