//! Where the program says whether it is well.

use super::{Decision, Planner, topic};
use crate::facts::Kind;

impl Planner<'_> {
    /// Where the program says whether it is well.
    pub(super) fn health(&mut self) {
        let path = self.testimony().into_iter().find_map(|fact| match fact.kind {
            Kind::HealthPath(path) => Some((path, fact.evidence)),
            _ => None,
        });
        if let Some((path, evidence)) = path {
            self.note(Decision::new(topic::HEALTH, path, "it answers there whether it is well", evidence));
        }
    }
}
