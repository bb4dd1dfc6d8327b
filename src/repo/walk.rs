//! The walk over a tree: which paths there are, and what could not be looked at.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{DirEntry, WalkBuilder, WalkState};

use super::door::{self, LARGEST_IGNORE, Unread, Why};

/// Folders of sources at the top, which a `.gitignore` that names a program means no more than git does for files that it
/// tracks: `server` is there for the binary, and hides `cmd/server`.
const NEVER_HIDDEN: [&str; 1] = ["cmd"];

/// Folders that hold what tools made, also where no `.gitignore` says so.
const NEVER_ENTERED: [&str; 6] = [".git", ".dockgen", "node_modules", ".venv", "__pycache__", ".terraform"];

/// More patterns with several `*` than any `.gitignore` has: each takes thousands of bytes.
const MOST_WILD: usize = 2000;

/// Up to this many entries one thread is quicker than starting several.
const FEW: usize = 300;

/// What a walk found.
#[derive(Debug, Default)]
pub struct Found {
    /// Files and links, relative, with slashes.
    pub paths: Vec<String>,
    /// Those of them that are links.
    pub links: Vec<String>,
    /// What was not looked at.
    pub gaps: Vec<Gap>,
}

/// Something that a walk did not look at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// The sentence that names it.
    pub what: String,
    /// Whether files may be missing for it, or be there that git ignores.
    pub is_partial: bool,
}

/// Everything below `root`, which is canonical, sorted.
pub fn walk(root: &Path) -> Found {
    let mut found = walk_in(root, root, true);
    for folder in NEVER_HIDDEN {
        match root.join(folder).symlink_metadata() {
            Ok(about) if about.is_dir() => found.append(&mut walk_in(root, &root.join(folder), false)),
            Err(error) if error.kind() != ErrorKind::NotFound => {
                found.gaps.push(Gap { what: format!("`{folder}` cannot be read: {error}"), is_partial: true });
            }
            _ => {}
        }
    }
    found.sort();
    found.gaps.sort_unstable();
    found.gaps.dedup();
    found
}

fn walk_in(root: &Path, folder: &Path, honours: bool) -> Found {
    let ignores = Arc::new(Ignores { root: root.to_owned(), ..Ignores::default() });
    let mut builder = WalkBuilder::new(folder);
    // The walker would read `.gitignore` files, also those of the folders above, whatever they are.
    builder.standard_filters(false);
    if honours {
        ignores.enter(folder);
    }
    let asked = Arc::clone(&ignores);
    builder.filter_entry(move |entry| enters(entry) && (!honours || asked.admits(entry)));
    let mut found = Found::default();
    let mut entries = builder.build();
    entries.by_ref().take(FEW).for_each(|entry| found.take(root, entry));
    if entries.next().is_some() {
        found = in_parallel(root, &builder);
    }
    drop((entries, builder));
    found.gaps.append(&mut ignores.gaps.lock().unwrap_or_else(PoisonError::into_inner));
    found
}

/// Whether no part of a path is a folder that holds what tools made.
pub(super) fn is_entered(path: &str) -> bool {
    path.split('/').all(|part| !NEVER_ENTERED.contains(&part))
}

fn enters(entry: &DirEntry) -> bool {
    entry.file_name().to_str().is_none_or(|name| !NEVER_ENTERED.contains(&name))
}

fn in_parallel(root: &Path, builder: &WalkBuilder) -> Found {
    let all = Mutex::new(Found::default());
    builder.build_parallel().run(|| {
        let mut batch = Batch { found: Found::default(), all: &all };
        Box::new(move |entry| {
            batch.found.take(root, entry);
            WalkState::Continue
        })
    });
    all.into_inner().unwrap_or_else(PoisonError::into_inner)
}

impl Found {
    fn take(&mut self, root: &Path, entry: Result<DirEntry, ignore::Error>) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => return self.gaps.push(Gap { what: closed(root, &error), is_partial: true }),
        };
        let Some(kind) = entry.file_type().filter(|kind| kind.is_file() || kind.is_symlink()) else { return };
        if let Some(path) = slashed(root, entry.path()) {
            if kind.is_symlink() {
                self.links.push(path.clone());
            }
            self.paths.push(path);
        }
    }

    /// Sorts the paths, each once.
    pub(super) fn sort(&mut self) {
        for list in [&mut self.paths, &mut self.links] {
            list.sort_unstable();
            list.dedup();
        }
    }

    fn append(&mut self, other: &mut Found) {
        self.paths.append(&mut other.paths);
        self.links.append(&mut other.links);
        self.gaps.append(&mut other.gaps);
    }
}

fn slashed(root: &Path, path: &Path) -> Option<String> {
    let path = path.strip_prefix(root).ok()?.to_str()?;
    Some(if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() })
}

fn closed(root: &Path, error: &ignore::Error) -> String {
    match error {
        ignore::Error::WithDepth { err, .. } => closed(root, err),
        ignore::Error::WithPath { path, err } => {
            let path = path.strip_prefix(root).unwrap_or(path);
            let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
            // The walker says the path once more, before the last colon.
            let err = err.to_string();
            format!("`{}` cannot be read: {}", path.display(), err.rsplit(": ").next().unwrap_or_default())
        }
        other => other.to_string(),
    }
}

/// What one thread found; handed over when the thread is done.
struct Batch<'a> {
    found: Found,
    all: &'a Mutex<Found>,
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).append(&mut self.found);
    }
}

/// The `.gitignore` files of the folders that were entered, read through the door.
#[derive(Debug, Default)]
struct Ignores {
    root: PathBuf,
    known: RwLock<HashMap<PathBuf, Gitignore>>,
    gaps: Mutex<Vec<Gap>>,
}

impl Ignores {
    /// Whether git would look at this; a folder's own `.gitignore` is read then.
    fn admits(&self, entry: &DirEntry) -> bool {
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut above = entry.path().ancestors().skip(1).take(entry.depth()).filter_map(|folder| known.get(folder));
        let says = above.find_map(|ignore| {
            let says = ignore.matched(entry.path(), is_folder);
            (!says.is_none()).then(|| says.is_ignore())
        });
        drop(known);
        let admits = !says.unwrap_or_default();
        if admits && is_folder && entry.depth() > 0 {
            self.enter(entry.path());
        }
        admits
    }

    fn enter(&self, folder: &Path) {
        match self.text(&folder.join(".gitignore")) {
            Ok(text) => {
                let mut builder = GitignoreBuilder::new(folder);
                for line in text.trim_start_matches('\u{feff}').lines() {
                    // A line that is no pattern hides nothing, as in git.
                    let _ = builder.add_line(None, line);
                }
                if let Ok(ignore) = builder.build() {
                    self.known.write().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned(), ignore);
                }
            }
            Err(unread) if unread.why() == Why::Absent => {}
            Err(unread) => {
                let folder = slashed(&self.root, folder).filter(|folder| !folder.is_empty());
                let what = format!("`{}.gitignore` {unread}", folder.map_or_else(String::new, |it| it + "/"));
                // git follows no link here either.
                let gap = Gap { what, is_partial: unread.why() != Why::Link };
                self.gaps.lock().unwrap_or_else(PoisonError::into_inner).push(gap);
            }
        }
    }

    fn text(&self, place: &Path) -> Result<String, Unread> {
        let bytes = match door::bytes(place, LARGEST_IGNORE) {
            Err(unread) if unread.why() == Why::Failed && place.is_symlink() => {
                door::bytes(&door::followed(&self.root, place)?, LARGEST_IGNORE)
            }
            done => done,
        };
        let text = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())?;
        match text.lines().filter(|line| line.matches('*').count() > 1).nth(MOST_WILD) {
            Some(_) => Err(Unread::new(Why::Text, format!("has more than {MOST_WILD} patterns with several `*`"))),
            None => Ok(text),
        }
    }
}
