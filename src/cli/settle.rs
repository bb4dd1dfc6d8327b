//! From a draft to the disk: what `init` and `update` share.

use std::path::Path;

use crate::changes::{Change, Fate, Manners, reconcile};
use crate::config;
use crate::disk;
use crate::error::{Error, Exit};
use crate::lock::{self, Lock};
use crate::wishes::Wishes;
use crate::{Document, Draft};

/// The wishes of `dockgen.toml`; none where it is not there.
///
/// # Errors
/// Where it cannot be read.
pub fn standing_wishes(root: &Path) -> Result<Wishes, Error> {
    disk::today(root, config::PATH)?.map_or_else(|| Ok(Wishes::default()), |text| config::parse(&text))
}

/// The lock beside the files; an absent one is empty.
///
/// # Errors
/// Where it is damaged.
pub fn lock(root: &Path) -> Result<Lock, Error> {
    disk::today(root, lock::PATH)?.map_or_else(|| Ok(Lock::default()), |text| Lock::parse(&text))
}

/// What would happen to each document.
///
/// # Errors
/// Where a file that is there cannot be read.
pub fn changes(root: &Path, documents: &[Document], lock: &Lock, manners: Manners) -> Result<Vec<Change>, Error> {
    let mut today = std::collections::BTreeMap::new();
    for document in documents {
        today.insert(document.path, disk::today(root, document.path)?);
    }
    Ok(reconcile(documents, lock, |path| today.get(path).cloned().flatten(), manners))
}

/// Writes the documents, what was generated, and `config`, all or none.
///
/// # Errors
/// Where something cannot be written; nothing has changed then.
pub fn apply(root: &Path, changes: &[Change], lock: &Lock, draft: &Draft, config: Option<&str>) -> Result<(), Error> {
    let mut after = lock.clone();
    // What waits for a conflict to be resolved was not merged yet: it comes with the next run.
    let waits = |change: &&Change| change.fate == Fate::Conflict && change.text.is_none();
    for change in changes.iter().filter(|change| change.fate != Fate::Foreign && !waits(change)) {
        after.set(change.path, &change.generated);
    }
    after.note(draft);
    let text = after.text();
    let mut files: Vec<(&str, &str)> =
        changes.iter().filter_map(|change| Some((change.path, change.text.as_deref()?))).collect();
    if !after.has_same_documents(lock) {
        files.push((lock::PATH, &text));
    }
    if let Some(config) = config {
        files.push((config::PATH, config));
    }
    disk::write(root, &files)
}

/// The text of `dockgen.toml` with what was said by flags and answers, also where it is what dockgen would choose today;
/// `None` where it stays as it is.
///
/// # Errors
/// Where it cannot be read.
pub fn kept(root: &Path, asked: &Wishes, standing: &Wishes) -> Result<Option<String>, Error> {
    let before = disk::today(root, config::PATH)?.unwrap_or_else(config::head);
    let standing = standing.said();
    let mut text = before.clone();
    for said in asked.said().iter().filter(|said| !standing.contains(said)) {
        text = config::set(&text, said.0, &said.1)?;
    }
    Ok((text != before).then_some(text))
}

/// How a run over these changes ends.
pub fn exit(changes: &[Change]) -> Exit {
    let nothing = changes.iter().all(|change| matches!(change.fate, Fate::Foreign | Fate::Away));
    let conflict = changes.iter().any(|change| change.fate == Fate::Conflict);
    if nothing || conflict { Exit::No } else { Exit::Done }
}
