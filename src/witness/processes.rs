//! Processes: what a platform runs of this repository, by a Procfile.

use crate::facts::{Fact, Kind, Strength};
use crate::format::procfile;
use crate::repo::Repo;

/// The file.
const PROCFILE: &str = "Procfile";

/// Every process, and every step before a release.
pub fn testify(repo: &Repo) -> Vec<Fact> {
    let processes = match repo.text(PROCFILE).map(procfile::parse) {
        None => return Vec::new(),
        Some(Err(fault)) => {
            return vec![Fact::new(Kind::Unreadable(fault.what), PROCFILE, &fault.quote, Strength::Guess)];
        }
        Some(Ok(processes)) => processes,
    };
    let fact = |(name, line): (String, String)| {
        let quote = format!("{name}: {line}");
        Fact::new(Kind::Process(name, line), PROCFILE, &quote, Strength::Stated)
    };
    processes.into_iter().map(fact).collect()
}
