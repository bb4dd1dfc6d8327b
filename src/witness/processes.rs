//! Processes: what a platform runs of this repository, by a Procfile.

use crate::facts::{Fact, Kind, Strength};
use crate::format::procfile;
use crate::repo::Repo;

/// The file.
const PROCFILE: &str = "Procfile";

/// More processes than any platform runs of one repository.
const MOST: usize = 1000;

/// Every process, and every step before a release.
pub fn testify(repo: &Repo) -> Vec<Fact> {
    let processes = match repo.text(PROCFILE).map(procfile::parse) {
        None => return Vec::new(),
        Some(Err(fault)) => {
            return vec![Fact::new(Kind::Unreadable(fault.what), PROCFILE, &fault.quote, Strength::Guess)];
        }
        Some(Ok(processes)) => processes,
    };
    let most = (processes.len() > MOST).then(|| {
        let what = format!("`{PROCFILE}` has {} processes: no more than {MOST} are looked at", processes.len());
        Fact::new(Kind::Warning(what), PROCFILE, "", Strength::Stated)
    });
    let fact = |(name, line): (String, String)| {
        let quote = format!("{name}: {line}");
        Fact::new(Kind::Process(name, line), PROCFILE, &quote, Strength::Stated)
    };
    processes.into_iter().take(MOST).map(fact).chain(most).collect()
}
