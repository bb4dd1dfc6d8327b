//! What a run would do with a repository, from the lock that it begins under to the writing that ends it.

use std::path::Path;

use super::print::{self, DIM};
use super::{Printed, settle};
use crate::ask::{self, Wanted};
use crate::changes::{Change, Fate, Manners};
use crate::disk::{self, Hold};
use crate::error::{Error, Exit};
use crate::judge;
use crate::lint::Reason;
use crate::lock::{self, Lock};
use crate::repo::Repo;
use crate::service::Role;
use crate::wishes::Wishes;
use crate::{Draft, config, news};

/// The beginning of every run that looks at a repository: one that writes keeps the others out, one that only reads waits
/// for them.
///
/// # Errors
/// As for [`disk::hold`] and [`disk::look`].
pub fn enter(root: &Path, writes: bool) -> Result<Option<Hold>, Error> {
    match writes {
        true => hold(root).map(Some),
        false => disk::look(root).map(|()| None),
    }
}

/// Keeps other runs out, and says what became of an interrupted one.
///
/// # Errors
/// As for [`disk::hold`].
pub fn hold(root: &Path) -> Result<Hold, Error> {
    let hold = disk::hold(root)?;
    if let Some(mended) = hold.mended {
        print::warning(mended);
    }
    Ok(hold)
}

/// What a run would do with the repository as it is now.
pub struct Outlook {
    pub repo: Repo,
    pub draft: Draft,
    pub lock: Lock,
    pub changes: Vec<Change>,
    /// The new text of `dockgen.toml`, where it changes.
    pub config: Option<String>,
}

impl Outlook {
    /// Looks, decides and compares; writes nothing.
    ///
    /// # Errors
    /// As for a draft; where a file that is there cannot be read; where files were generated already and the repository
    /// cannot be read in full, since what is not seen would be taken for gone.
    pub fn of(root: &Path, lock: Lock, asked: &Wishes, manners: Manners) -> Result<Self, Error> {
        let repo = Repo::in_git(root)?;
        let standing = settle::standing_wishes(root)?;
        let draft = settle::draft(&repo, asked, &standing)?;
        if !lock.is_empty() {
            whole(&repo)?;
        }
        let (draft, changes) = settle::changes(root, &repo, draft, &lock, manners)?;
        let config = settle::kept(root, asked, &standing)?;
        Ok(Outlook { repo, draft, lock, changes, config })
    }

    /// Whether the same would be written over the same files.
    pub fn is_same(&self, other: &Outlook) -> bool {
        fn texts(outlook: &Outlook) -> impl Iterator<Item = (&str, &Option<String>, &Option<String>)> {
            outlook.changes.iter().map(|change| (change.path.as_str(), &change.today, &change.text))
        }
        texts(self).eq(texts(other)) && self.config == other.config && self.lock == other.lock
    }

    /// Whether no document changes.
    pub fn is_quiet(&self) -> bool {
        self.changes.iter().all(|change| change.text.is_none())
    }

    /// The same outlook as it is now, once nobody else writes any more.
    ///
    /// # Errors
    /// Where something changed since it was shown.
    pub fn still(&self, now: Outlook) -> Result<Outlook, Error> {
        match now.is_same(self) {
            true => Ok(now),
            false => Err(Error::no("the repository changed while you were asked; nothing was written")
                .hint("run it once more: it looks again")),
        }
    }

    /// Names every file that would be written, warns, and asks, as often as the difference is wanted; where there is nothing to
    /// ask about, it is written.
    ///
    /// # Errors
    /// Where the person goes away.
    pub fn consent(&self, can_change: bool) -> Result<Wanted, Error> {
        let files = self.files();
        if files.is_empty() {
            return Ok(Wanted::Write);
        }
        for (path, text) in &files {
            print::say(&format!("  {path} {DIM}{} lines, {} bytes{DIM:#}", text.lines().count(), text.len()));
        }
        self.warn();
        loop {
            match ask::last(files.len(), can_change)? {
                Wanted::Difference => self.show(|_| true),
                wanted => break Ok(wanted),
            }
        }
    }

    /// Shows the difference of some documents to what is there.
    pub fn show(&self, is_meant: impl Fn(&str) -> bool) {
        let meant = self.changes.iter().filter(|change| is_meant(&change.path));
        meant.for_each(|change| print::say(&print::diff(&change.diff())));
    }

    /// What breaks a rule in the files as they will be.
    pub fn found(&self) -> Vec<Reason> {
        settle::found(&self.repo, &self.draft, &self.lock, &self.changes)
    }

    /// Says what a person should know before and after writing, each thing once, and what is not proven.
    pub fn warn(&self) {
        let (warnings, findings) = self.told();
        warnings.into_iter().for_each(|it| print::warning(it));
        findings.iter().for_each(print::finding);
    }

    /// What a person should know, and apart from that what breaks a rule in the files as they will be or is not proven.
    pub fn told(&self) -> (Vec<&String>, Vec<Reason>) {
        let mut found = self.found();
        let is_told = |warning: &&String| found.iter().any(|reason| says(warning, reason));
        let warnings = self.draft.plan.warnings.iter().filter(|warning| !is_told(warning)).collect();
        if self.changes.iter().any(|change| change.role == Role::Dockerfile && change.fate != Fate::Foreign) {
            found.extend(judge::not_proven(&self.draft, false));
        }
        (warnings, found)
    }

    /// What changed in the repository since the files were generated, where a file changes for it.
    pub fn news(&self) -> Vec<String> {
        if self.is_quiet() { Vec::new() } else { news::since(self.lock.noted(), &self.draft) }
    }

    /// Writes the documents, what was generated, and the wishes, all or none.
    ///
    /// # Errors
    /// As for [`Hold::write`].
    pub fn apply(&self, hold: &Hold) -> Result<(), Error> {
        let files = self.files();
        hold.write(&files.iter().map(|(path, text)| (*path, text.as_str())).collect::<Vec<_>>())
    }

    /// Everything that would be written: paths and texts.
    fn files(&self) -> Vec<(&str, String)> {
        let after = self.after();
        let lock = (!after.has_same_documents(&self.lock)).then(|| (lock::PATH, after.text()));
        let config = self.config.clone().map(|text| (config::PATH, text));
        self.texts().chain(lock).chain(config).collect()
    }

    /// The documents that would be written.
    pub fn texts(&self) -> impl Iterator<Item = (&str, String)> {
        self.changes.iter().filter_map(|change| Some((change.path.as_str(), change.text.clone()?)))
    }

    /// The lock once they are written.
    pub fn after(&self) -> Lock {
        let mut after = self.lock.clone();
        // What waits for a conflict to be resolved was not merged yet: it comes with the next run.
        for change in &self.changes {
            match change.fate {
                Fate::Conflict if change.text.is_none() => {}
                Fate::Held if change.role != Role::Workflow => after.hold(&change.path),
                Fate::Held | Fate::Foreign => {}
                _ => {
                    let is_first = change.role == Role::Dockerfile && self.lock.base(&change.path).is_none();
                    if let Some(theirs) = change.today.as_deref().filter(|_| is_first) {
                        after.keep_replaced(theirs);
                    }
                    after.set(&change.path, &change.generated);
                }
            }
        }
        after.note(&self.draft);
        after
    }
}

/// Prints one document.
///
/// # Errors
/// Where it is not written with these wishes, or cannot be printed.
pub fn document(draft: &Draft, printed: Printed) -> Result<Exit, Error> {
    let document = draft.documents.iter().find(|document| document.role == printed.role());
    let document = document.ok_or_else(|| {
        Error::usage(format!("`{}` is not written with these wishes", draft.service.path(printed.role())))
    })?;
    print::product(&document.text)?;
    Ok(Exit::Done)
}

/// A session that ends without writing.
pub fn stopped() -> Exit {
    print::say("nothing was written");
    Exit::No
}

/// Whether a warning says what a finding does: it holds the finding's words, behind the image and the name of what ended.
fn says(warning: &str, reason: &Reason) -> bool {
    let said = reason.message.rsplit_once("`: ").map_or(reason.message.as_str(), |(_, said)| said);
    warning == reason.message || said.split_once(' ').is_some_and(|(_, said)| warning.contains(said))
}

/// Refuses where the repository cannot be read in full.
///
/// # Errors
/// Names the first thing that cannot be read.
pub fn whole(repo: &Repo) -> Result<(), Error> {
    match repo.closed().first() {
        None => Ok(()),
        Some(closed) => Err(Error::usage(format!("the repository cannot be read in full: {closed}"))
            .hint("make it readable, or name it in `.gitignore`")),
    }
}
