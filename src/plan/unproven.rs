//! What is not proven: decisions that rest on a guess or on the first of several that are as likely.

use std::fmt;

use serde::Serialize;

use super::{Decision, Plan, topic};
use crate::error::typed;

/// A decision that is not proven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unproven {
    /// What it is about.
    pub topic: &'static str,
    /// What was taken.
    pub value: String,
    /// Why, with what speaks for it.
    pub reason: String,
    /// What else it may be.
    pub rivals: Vec<String>,
    /// What changes it: a flag as it can be typed, or a key of `dockgen.toml`.
    pub change: Option<String>,
}

/// How many rivals are named.
const RIVALS: usize = 3;

impl Decision {
    /// Whether nothing better than a guess speaks for it, or something else is as likely.
    pub fn is_guess(&self) -> bool {
        self.tie || self.evidence.strength == crate::facts::Strength::Guess
    }

    fn unproven(&self) -> Unproven {
        let rivals: Vec<String> = self.rivals.iter().take(RIVALS).map(|rival| rival.value.clone()).collect();
        let flag = topic::changed_by(self.topic);
        let other = self.options.iter().skip(1).find(|option| rivals.contains(option));
        let name = |flag: &str| flag.split(' ').next().unwrap_or_default().to_owned();
        let change = flag.map(|flag| match other.filter(|_| flag.starts_with("--")) {
            Some(other) => format!("{} {}", name(flag), typed(other)),
            None => flag.to_owned(),
        });
        let reason = match self.evidence.quote == self.reason || self.evidence.to_string() == "nothing says otherwise" {
            true => self.reason.clone(),
            false => format!("{} ({})", self.reason, self.evidence),
        };
        Unproven { topic: self.topic, value: self.value.clone(), reason, rivals, change }
    }
}

impl Plan {
    /// The decisions that are not proven, in the order in which they were made.
    pub fn unproven(&self) -> Vec<Unproven> {
        self.decisions.iter().filter(|decision| decision.is_guess()).map(Decision::unproven).collect()
    }
}

impl fmt::Display for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} is not proven: {}", self.topic, self.value, self.reason)?;
        if !self.rivals.is_empty() {
            write!(f, "; it may be {}", self.rivals.join(" or "))?;
        }
        match self.change.as_deref() {
            Some(flag) if flag.starts_with("--") => write!(f, "; `{flag}` says otherwise"),
            Some(key) => write!(f, "; `{key}` in `dockgen.toml` says otherwise"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Evidence, Strength};
    use crate::plan::{Candidate, Planner};
    use crate::repo::Repo;
    use crate::wishes::Wishes;

    #[test]
    fn guesses_and_ties_are_told_with_their_rivals_and_what_changes_them() {
        let (repo, wishes) = (Repo::from_list("x", []), Wishes::default());
        let mut planner = Planner::new(&repo, Vec::new(), &wishes);
        let candidate = |name: &str, strength| {
            Candidate::new(name.to_owned(), name, "it is there", Evidence::new(name, "", strength))
        };
        planner.choose(topic::ENTRY, vec![candidate("a b", Strength::Stated), candidate("c d", Strength::Stated)]);
        planner.choose(topic::NAME, vec![candidate("n", Strength::Stated), candidate("m", Strength::Guess)]);
        planner.note(Decision::new(topic::PORT, "80", "why", Evidence::new("", "why", Strength::Guess)));
        planner.note(Decision::new(topic::HEALTH, "/up", "why", Evidence::guess()));
        let said: Vec<String> = planner.finish().unproven().iter().map(Unproven::to_string).collect();
        assert_eq!(
            said,
            [
                "entry a b is not proven: it is there (`a b`); it may be c d; `--entry 'c d'` says otherwise",
                "port 80 is not proven: why; `--port PORT` says otherwise",
                "health /up is not proven: why; `run.health` in `dockgen.toml` says otherwise",
            ]
        );
    }
}
