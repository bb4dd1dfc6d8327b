//! Whether the first process of the container passes signals on.

use super::{Decision, Planner, topic};
use crate::facts::{Evidence, Kind, Strength};

impl Planner<'_> {
    /// Whether the program ends by itself on SIGTERM, so that it can be the first process, by facts of [`Kind::Signals`].
    pub fn ends_by_itself(&mut self) -> bool {
        let signals = self.heard().find(|fact| matches!(fact.kind, Kind::Signals)).map(|fact| fact.evidence.clone());
        self.first_process(signals)
    }

    /// The same where something says so of a server that the program is put behind; `tini` is the first process where nothing does.
    pub fn first_process(&mut self, signals: Option<Evidence>) -> bool {
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
