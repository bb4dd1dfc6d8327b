//! Whether the first process of the container passes signals on.

use super::{Decision, Planner, topic};
use crate::facts::{Evidence, Kind, Strength};

impl Planner<'_> {
    /// Whether the program ends by itself on SIGTERM, so that it can be the first process; `tini` is that one where it cannot.
    pub fn ends_by_itself(&mut self) -> bool {
        let signals = self.heard().find(|fact| matches!(fact.kind, Kind::Signals)).map(|fact| fact.evidence.clone());
        let is_there = signals.is_some();
        let (value, reason) = match is_there {
            true => ("none", "the program ends by itself on SIGTERM"),
            false => ("tini", "the first process ignores SIGTERM where it has no handler for it"),
        };
        let evidence = signals.unwrap_or_else(|| Evidence::new("", "", Strength::Convention));
        self.note(Decision::new(topic::INIT, value, reason, evidence));
        is_there
    }
}
