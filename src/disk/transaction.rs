//! All files of a run, or none: docs/decisions/0013-writing-is-a-transaction.md.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::journal::{Journal, Stamp, Step};
use crate::error::Error;
use crate::repo::door::{self, LARGEST_DOCUMENT, Why};

/// The folder, at the root of the repository, of what a run that writes needs while it runs.
const FOLDER: &str = ".dockgen";

/// Whether a run was interrupted here, or is under way.
pub fn is_open(root: &Path) -> bool {
    root.join(FOLDER).join("journal").symlink_metadata().is_ok()
}

/// Writes all files, or none.
///
/// # Errors
/// Where something cannot be written. Nothing has changed then, or the sentence says that the next run takes it back.
pub fn write(root: &Path, files: &[(&str, &str)]) -> Result<(), Error> {
    if files.is_empty() {
        return Ok(());
    }
    let work = Work { root, folder: root.join(FOLDER) };
    let done = work.stage(files).and_then(|journal| work.run(&journal));
    work.sweep();
    done
}

/// Ends what an interrupted run began, and removes what it left; says so where files changed.
///
/// # Errors
/// Where that cannot be done.
pub fn recover(root: &Path) -> Result<Option<&'static str>, Error> {
    let work = Work { root, folder: root.join(FOLDER) };
    sweep_old_names(root);
    match work.folder.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Ok(about) if !about.is_dir() => {
            return Err(Error::usage(format!("`{FOLDER}` is not a folder, and dockgen needs one of this name"))
                .hint(format!("move it away: `mv {FOLDER} {FOLDER}.mine`")));
        }
        _ => {}
    }
    let text = match door::bytes(&work.journal(), LARGEST_DOCUMENT).and_then(door::utf_8) {
        Ok(text) => text,
        Err(unread) if unread.why() == Why::Absent => {
            work.sweep();
            return Ok(None);
        }
        Err(unread) => return Err(Error::usage(format!("a run was interrupted here, and its journal {unread}"))),
    };
    let said = work.end(&Journal::parse(&text)?).map_err(|error| {
        Error::usage(format!("a run was interrupted here, and what it began cannot be taken back: {error}"))
            .hint("mend that and run `dockgen update` again, or keep the files as they are: `rm -r .dockgen`")
    })?;
    work.sweep();
    Ok(Some(said))
}

/// How far a file of an interrupted run came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// As it was.
    Old,
    /// Moved aside; the new one is not there yet.
    Aside,
    /// Renamed into place.
    New,
    /// It was to be written, and somebody changed it since.
    OldEdited,
    /// It was written, and somebody changed it since.
    NewEdited,
}

/// A run's folder.
struct Work<'a> {
    root: &'a Path,
    folder: PathBuf,
}

impl Work<'_> {
    fn journal(&self) -> PathBuf {
        self.folder.join("journal")
    }

    fn staged(&self, index: usize) -> PathBuf {
        self.folder.join(format!("{index}.new"))
    }

    fn kept(&self, index: usize) -> PathBuf {
        self.folder.join(format!("{index}.old"))
    }

    fn place(&self, step: &Step) -> io::Result<PathBuf> {
        door::place(self.root, &step.path).map_err(|unread| io::Error::other(format!("`{}` {unread}", step.path)))
    }

    /// Writes the new files into the folder.
    fn stage(&self, files: &[(&str, &str)]) -> Result<Journal, Error> {
        let unchanged = |path: &str, error: &io::Error| failed(path, error, "nothing was changed");
        let (first, _) = files.first().copied().unwrap_or_default();
        self.make().map_err(|error| unchanged(first, &error))?;
        let (mut steps, mut folders) = (Vec::new(), Vec::new());
        for (index, (path, text)) in files.iter().enumerate() {
            let place = door::place(self.root, path)
                .map_err(|unread| Error::usage(format!("`{path}` {unread}; nothing was changed")))?;
            let (before, after) = stage(&place, &self.staged(index), text).map_err(|error| unchanged(path, &error))?;
            steps.push(Step { path: (*path).to_owned(), before, after });
            folders.extend(missing(self.root, path));
        }
        folders.dedup();
        Ok(Journal::new(folders, steps))
    }

    fn make(&self) -> io::Result<()> {
        match fs::create_dir(&self.folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        create(&self.folder.join(".gitignore"), "*\n").map(drop)
    }

    /// Puts the files into place. The journal's rename begins it, and its removal is the point from which everything is new.
    fn run(&self, journal: &Journal) -> Result<(), Error> {
        let draft = self.folder.join("journal.new");
        let mut at = journal.file.first().map_or("", |step| step.path.as_str());
        create(&draft, &journal.text())
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&draft, self.journal()))
            .map_err(|error| failed(at, &error, "nothing was changed"))?;
        let done = make_folders(self.root, journal)
            .and_then(|()| {
                journal.file.iter().enumerate().try_for_each(|(index, step)| {
                    at = &step.path;
                    self.put(index, step)
                })
            })
            .and_then(|()| fs::remove_file(self.journal()));
        let Err(error) = done else { return Ok(()) };
        match self.take_back(journal) {
            // A journal that stays says no more than that all is old.
            Ok(()) => {
                let _ = fs::remove_file(self.journal());
                Err(failed(at, &error, "nothing was changed"))
            }
            Err(second) => Err(failed(at, &error, &format!("taking back the files before it failed too ({second})"))
                .hint("`dockgen update`, or any run that writes, takes them back before anything else")),
        }
    }

    /// Puts one new file into place, where it is not there yet. The old one gets a second name first; where the file system
    /// knows no second names, it is moved.
    fn put(&self, index: usize, step: &Step) -> io::Result<()> {
        if !self.staged(index).try_exists()? {
            return Ok(());
        }
        let place = self.place(step)?;
        if step.before.is_some() && place.try_exists()? {
            let old = self.kept(index);
            fs::hard_link(&place, &old).or_else(|_| fs::rename(&place, &old))?;
        }
        fs::rename(self.staged(index), place)
    }

    fn state(&self, index: usize, step: &Step) -> io::Result<State> {
        let now = stamp(&self.place(step)?)?;
        let waits = self.staged(index).try_exists()?;
        let is_aside = now.is_none() && step.before.is_some() && waits && self.kept(index).try_exists()?;
        Ok(match waits {
            _ if is_aside => State::Aside,
            false if now == Some(step.after) => State::New,
            _ if now == step.before => State::Old,
            true => State::OldEdited,
            false => State::NewEdited,
        })
    }

    /// Gives every old file its name back, in the reverse order. What somebody changed since stays.
    fn take_back(&self, journal: &Journal) -> io::Result<()> {
        for (index, step) in journal.file.iter().enumerate().rev() {
            match self.state(index, step)? {
                State::New if step.before.is_none() => fs::remove_file(self.place(step)?)?,
                State::New | State::Aside => fs::rename(self.kept(index), self.place(step)?)?,
                State::Old | State::OldEdited | State::NewEdited => {}
            }
        }
        journal.folders.iter().rev().try_for_each(|folder| match fs::remove_dir(self.root.join(folder)) {
            // One that is not empty has got something from somebody else.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::DirectoryNotEmpty) => Ok(()),
            done => done,
        })
    }

    /// Takes an interrupted run back; finishes it where somebody went on from a file that it had written already.
    fn end(&self, journal: &Journal) -> io::Result<&'static str> {
        let mut goes_on = false;
        let mut can_finish = true;
        for (index, step) in journal.file.iter().enumerate() {
            let state = self.state(index, step)?;
            goes_on |= state == State::NewEdited;
            can_finish &= state != State::OldEdited && (state != State::Old || self.staged(index).try_exists()?);
        }
        let said = if goes_on && can_finish {
            make_folders(self.root, journal)?;
            journal.file.iter().enumerate().try_for_each(|(index, step)| self.put(index, step))?;
            "a run of dockgen was interrupted here; its files are complete now"
        } else {
            self.take_back(journal)?;
            "a run of dockgen was interrupted here; what it had begun is taken back"
        };
        fs::remove_file(self.journal())?;
        Ok(said)
    }

    /// Removes what a run left in its folder, unless a journal still needs it.
    #[expect(clippy::disallowed_methods, reason = "names only")]
    fn sweep(&self) {
        if !matches!(self.journal().try_exists(), Ok(false)) {
            return;
        }
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let is_ours = name.to_str().and_then(|name| name.split_once('.')).is_some_and(|(stem, ending)| {
                stem == "journal" || (matches!(ending, "new" | "old") && stem.parse::<usize>().is_ok())
            });
            if is_ours {
                let _ = fs::remove_file(entry.path());
            }
        }
        // The last one: what stays until then is hidden from git.
        let _ = fs::remove_file(self.folder.join(".gitignore"));
        let _ = fs::remove_dir(&self.folder);
    }
}

/// Removes temporary files that earlier versions left beside the files that they wrote.
#[expect(clippy::disallowed_methods, reason = "names only")]
fn sweep_old_names(root: &Path) {
    for folder in [root.to_owned(), root.join(".github/workflows")] {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let rest = name.to_str().and_then(|name| name.strip_prefix(".dockgen-"));
            let is_ours = rest.is_some_and(|rest| rest.len() == 6 && rest.bytes().all(|c| c.is_ascii_alphanumeric()));
            if is_ours && entry.file_type().is_ok_and(|kind| kind.is_file()) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn stage(place: &Path, new: &Path, text: &str) -> io::Result<(Option<Stamp>, Stamp)> {
    let about = match place.symlink_metadata() {
        Ok(about) if about.is_file() => Some(about),
        Ok(_) => return Err(io::Error::other("it is not a regular file")),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let file = create(new, text)?;
    file.sync_all()?;
    if let Some(about) = &about {
        file.set_permissions(about.permissions())?;
    }
    Ok((about.as_ref().map(Stamp::of), Stamp::of(&file.metadata()?)))
}

fn create(path: &Path, text: &str) -> io::Result<File> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    Ok(file)
}

fn stamp(place: &Path) -> io::Result<Option<Stamp>> {
    match place.symlink_metadata() {
        Ok(about) => Ok(Some(Stamp::of(&about))),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The folders above a path that are not there, outermost first.
fn missing(root: &Path, path: &str) -> Vec<String> {
    let folders = path.match_indices('/').map(|(end, _)| path[..end].to_owned());
    folders.filter(|folder| !root.join(folder).exists()).collect()
}

fn make_folders(root: &Path, journal: &Journal) -> io::Result<()> {
    journal.folders.iter().try_for_each(|folder| match fs::create_dir(root.join(folder)) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        done => done,
    })
}

fn failed(path: &str, error: &io::Error, state: &str) -> Error {
    let (why, hint) = match error.kind() {
        ErrorKind::CrossesDevices => (
            "it is on another file system than the repository's folder".to_owned(),
            "a workflow can be left out (`--ci none`) or printed (`dockgen init --stdout workflow`)",
        ),
        _ => (
            error.to_string(),
            "make room or mend the permissions, or print it instead: `dockgen init --stdout dockerfile`",
        ),
    };
    Error::usage(format!("cannot write `{path}`: {why}; {state}")).hint(hint)
}

#[cfg(test)]
mod tests;
