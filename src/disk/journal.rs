//! The journal of a run that writes: what each file was before and is afterwards, so that the next run can tell what an
//! interrupted one did, and what a person did since.

use std::fs::Metadata;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The format that this dockgen writes; it reads no newer one.
const FORMAT: u32 = 1;

/// What a run is about to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Journal {
    format: u32,
    /// Folders that the run makes, outermost first.
    pub folders: Vec<String>,
    /// The files, in the order in which they are renamed.
    pub file: Vec<Step>,
}

/// One file of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Relative to the repository.
    pub path: String,
    /// The file before; `None` where there was none.
    pub before: Option<Stamp>,
    /// The file afterwards.
    pub after: Stamp,
}

/// By what a file is known again: whoever edits it changes this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stamp {
    bytes: u64,
    seconds: i64,
    nanoseconds: u32,
}

impl Stamp {
    /// The stamp of a file.
    pub fn of(about: &Metadata) -> Self {
        let modified = about.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
        Stamp {
            bytes: about.len(),
            seconds: i64::try_from(modified.as_secs()).unwrap_or_default(),
            nanoseconds: modified.subsec_nanos(),
        }
    }
}

impl Journal {
    /// A journal of these files.
    pub fn new(folders: Vec<String>, file: Vec<Step>) -> Self {
        Journal { format: FORMAT, folders, file }
    }

    /// The journal's text.
    pub fn text(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }

    /// Reads a journal.
    ///
    /// # Errors
    /// Where it is damaged, of a newer dockgen, or names a path that leads out of the repository.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let journal: Journal = toml::from_str(text).map_err(|error| damaged(error.message()))?;
        if journal.format > FORMAT {
            return Err(damaged(&format!("it has format {}, and this dockgen knows {FORMAT}", journal.format)));
        }
        let paths = journal.file.iter().map(|step| &step.path).chain(&journal.folders);
        match paths.into_iter().find(|path| !is_below(path)) {
            Some(path) => Err(damaged(&format!("`{path}` is no path below the repository"))),
            None => Ok(journal),
        }
    }
}

fn is_below(path: &str) -> bool {
    let plain = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', ':', '\0']);
    path.split('/').all(plain)
}

fn damaged(what: &str) -> Error {
    let what = what.lines().next().unwrap_or_default();
    Error::usage(format!("a run was interrupted here, and its `.dockgen/journal` cannot be used: {what}"))
        .hint("look at the files with `git diff`, then remove the folder `.dockgen`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_reads_back_and_leads_nowhere_else() {
        let stamp = Stamp { bytes: 3, seconds: 1_700_000_000, nanoseconds: 5 };
        let step = |path: &str| Step { path: path.to_owned(), before: None, after: stamp };
        let known = Step { before: Some(stamp), ..step("a/b") };
        let journal = Journal::new(vec!["a".to_owned()], vec![known, step("c")]);
        assert_eq!(Journal::parse(&journal.text()).unwrap(), journal);
        for path in ["../x", "/x", "a/../../x", "", "a//b", "C:\\x"] {
            let journal = Journal::new(Vec::new(), vec![step(path)]);
            assert!(Journal::parse(&journal.text()).unwrap_err().what.contains("no path below"), "{path}");
        }
        assert!(Journal::parse("format = 2\nfolders = []\nfile = []\n").unwrap_err().what.contains("format 2"));
        assert!(Journal::parse("").is_err() && Journal::parse("format = 1\nfile = 3").is_err());
    }
}
