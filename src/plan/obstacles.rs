//! What speaks against an image, and what a person should know of the program.

use super::Planner;
use crate::error::Error;
use crate::facts::{Fact, Kind};

impl Planner<'_> {
    /// # Errors
    /// Where a manifest cannot be read.
    pub fn readable(&self) -> Result<(), Error> {
        let why = |fact: &Fact| match &fact.kind {
            Kind::Unreadable(why) => Some(Error::usage(format!("{}: {why}", fact.evidence)).hint("correct the file")),
            _ => None,
        };
        self.facts.iter().find_map(why).map_or(Ok(()), Err)
    }

    /// Notes what a person should know of the program.
    ///
    /// # Errors
    /// Where no image of it can be made.
    pub fn obey(&mut self) -> Result<(), Error> {
        for fact in self.heard() {
            if let Kind::Obstacle(what, hint) = &fact.kind {
                return Err(Error::no(format!("{what} ({})", fact.evidence)).hint(hint));
            }
        }
        let mut sentences: Vec<String> = Vec::new();
        for fact in self.heard() {
            if let Kind::Warning(what) = &fact.kind
                && !sentences.contains(what)
            {
                sentences.push(what.clone());
            }
        }
        self.warnings.extend(sentences);
        Ok(())
    }
}
