//! The only file that writes: all files of a run, or none of them.

pub mod journal;
mod transaction;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::Error;
use crate::repo::{self, door};
use door::Why;

/// How often a lock that somebody else holds is tried, with [`PAUSE`] between: five seconds.
const TRIES: u32 = 250;
const PAUSE: Duration = Duration::from_millis(20);

/// The text of a file that dockgen may have written; `None` where it is not there.
///
/// # Errors
/// Where it is there and cannot be read as text.
pub fn today(root: &Path, path: &str) -> Result<Option<String>, Error> {
    today_or(root, path, false)
}

/// The same. `replaces`: what is no text counts as an empty one, as it will be replaced whole.
///
/// # Errors
/// Where it is there and is no file of the repository, or cannot be read.
pub fn today_or(root: &Path, path: &str, replaces: bool) -> Result<Option<String>, Error> {
    let unread = match door::document(root, path) {
        Ok(text) => return Ok(Some(text)),
        Err(unread) => unread,
    };
    let hint = match unread.why() {
        Why::Absent => return Ok(None),
        Why::Text if replaces => return Ok(Some(String::new())),
        Why::Text => {
            "mend it, or move it away; `dockgen init --force` replaces a Dockerfile, .dockerignore or workflow"
        }
        Why::Link => "remove the link",
        Why::Kind => "move it away",
        Why::Failed => "move it away, or mend its permissions",
    };
    Err(Error::usage(format!("`{path}` {unread}")).hint(hint))
}

/// A repository in which no other dockgen reads and writes until this is dropped.
#[derive(Debug)]
pub struct Hold {
    root: PathBuf,
    _lock: Option<File>,
    /// What was done about an interrupted run, where there was one: a sentence for the person.
    pub mended: Option<&'static str>,
}

/// Waits for other runs of dockgen, and ends what an interrupted one began. Everything that a run decides on is read after
/// this.
///
/// # Errors
/// Where the folder cannot be opened, another run goes on and on, or what was begun cannot be ended.
pub fn hold(root: &Path) -> Result<Hold, Error> {
    let root = repo::root(root)?;
    let lock = locked(&root)?;
    let mended = transaction::recover(&root)?;
    Ok(Hold { root, _lock: lock, mended })
}

impl Hold {
    /// Writes all files, or none.
    ///
    /// # Errors
    /// Where something cannot be written. Nothing has changed then, or the sentence says that the next run takes it back.
    pub fn write(&self, files: &[(&str, &str)]) -> Result<(), Error> {
        transaction::write(&self.root, files)
    }
}

/// For a run that only reads: a run under way is waited for, and one that was interrupted is named.
///
/// # Errors
/// Where the files are partly those of an interrupted run.
pub fn look(root: &Path) -> Result<(), Error> {
    let root = repo::root(root)?;
    if transaction::is_open(&root) {
        let _lock = locked(&root)?;
        if transaction::is_open(&root) {
            return Err(Error::usage("a run of dockgen was interrupted here, and some of its files may be written")
                .hint("`dockgen update`, or any run that writes, ends it before anything else"));
        }
    }
    Ok(())
}

/// Keeps others waiting until the result is dropped. Where the system locks no folders (Windows, some networks), nobody
/// waits; the files are still renamed whole.
#[expect(clippy::disallowed_methods, reason = "a lock, nothing is read")]
fn locked(root: &Path) -> Result<Option<File>, Error> {
    let folder = match File::open(root) {
        Ok(folder) => folder,
        Err(_) if cfg!(windows) => return Ok(None),
        Err(error) => return Err(Error::usage(format!("cannot open `{}`: {error}", root.display()))),
    };
    for _ in 0..TRIES {
        match folder.try_lock() {
            Ok(()) => return Ok(Some(folder)),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Err(TryLockError::Error(_)) => return Ok(None),
        }
    }
    Err(Error::usage(format!("another program holds the lock of `{}`", root.display()))
        .hint("wait for the other dockgen to end, then run this again"))
}
