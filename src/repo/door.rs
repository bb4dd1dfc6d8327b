//! The door to the disk: plain files inside the repository, up to a size, and nothing that has to be waited for.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// No lock file or source above this size is read, in bytes.
pub const LARGEST_TEXT: u64 = 16 * 1024 * 1024;

/// No other manifest is read above this size, in bytes: the largest real ones have a fifth of it, and they are held as trees,
/// which take many times their size.
pub const LARGEST_MANIFEST: u64 = 1024 * 1024;

/// Endings of sources, of lock files, and of what is read piece by piece.
const LARGE: [&str; 19] = [
    "go", "js", "mjs", "cjs", "ts", "mts", "cts", "jsx", "tsx", "vue", "svelte", "astro", "py", "java", "kt", "rs",
    "json", "txt", "lock",
];

/// No file that dockgen writes is read above this size, in bytes.
pub const LARGEST_DOCUMENT: u64 = 1024 * 1024;

/// No `.gitignore` is read above this size, in bytes: each of its lines becomes a pattern, which takes a hundred times its
/// bytes.
pub const LARGEST_IGNORE: u64 = 256 * 1024;

/// No index of git is read above this size, in bytes: it has a hundred for each file.
pub const LARGEST_INDEX: u64 = 32 * 1024 * 1024;

/// Why a file's text is not there; reads as a sentence behind the file's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    what: String,
    why: Why,
}

/// What kind of obstacle keeps a text away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It is not there.
    Absent,
    /// It is a file whose bytes are no text, or too many.
    Text,
    /// It is a link that leads out of the repository, or to nothing.
    Link,
    /// It is a folder, a pipe or a device.
    Kind,
    /// The system did not hand it out, this time.
    Failed,
}

impl Why {
    /// Whether another run may find it otherwise: the system did not hand it out, or it is gone since the walk.
    pub fn is_of_this_time(self) -> bool {
        matches!(self, Why::Failed | Why::Absent)
    }
}

impl Unread {
    pub(super) fn new(why: Why, what: impl Into<String>) -> Self {
        Unread { what: what.into(), why }
    }

    /// The kind of obstacle.
    pub fn why(&self) -> Why {
        self.why
    }
}

impl From<std::io::Error> for Unread {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Unread::new(Why::Absent, "is not there"),
            _ => Unread::new(Why::Failed, format!("cannot be read: {error}")),
        }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// The largest size that a text of this name may have, in bytes.
pub fn limit(place: &Path) -> u64 {
    let large = place.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| LARGE.contains(&ending));
    let lock = place.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.contains("lock"));
    if large || lock { LARGEST_TEXT } else { LARGEST_MANIFEST }
}

/// Where a path leads, through links, but not out of the repository. What is not there leads to its own place.
///
/// # Errors
/// Where it is a link that leads out or to nothing, or cannot be followed.
pub fn place(root: &Path, path: &str) -> Result<PathBuf, Unread> {
    let mut place = root.to_owned();
    for part in path.split('/') {
        place.push(part);
        match place.symlink_metadata() {
            Ok(about) if about.is_symlink() => place = followed(root, &place)?,
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(place)
}

pub(super) fn followed(root: &Path, link: &Path) -> Result<PathBuf, Unread> {
    let real = link.canonicalize().map_err(|error| match error.kind() {
        ErrorKind::NotFound => Unread::new(Why::Link, "is a link to nothing"),
        _ => error.into(),
    })?;
    match real.starts_with(root.canonicalize()?) {
        true => Ok(real),
        false => Err(Unread::new(Why::Link, "is a link that leads out of the repository")),
    }
}

/// The bytes of the plain file at a place that is no link.
///
/// # Errors
/// Where it is no plain file, has more than `limit` bytes, or cannot be read.
pub fn bytes(place: &Path, limit: u64) -> Result<Vec<u8>, Unread> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK | libc::O_NOFOLLOW);
    bounded(options.open(place)?, limit)
}

fn bounded(file: File, limit: u64) -> Result<Vec<u8>, Unread> {
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(Unread::new(Why::Kind, "is not a regular file"));
    }
    let large =
        |size| Unread::new(Why::Text, format!("is {} large, and no more than {} are read", shown(size), shown(limit)));
    if about.len() > limit {
        return Err(large(about.len()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or_default() + 1);
    file.take(limit + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > limit {
        true => Err(large(bytes.len() as u64)),
        false => Ok(bytes),
    }
}

/// A size for a person.
fn shown(bytes: u64) -> String {
    if bytes < 1 << 20 { format!("{} KiB", bytes >> 10) } else { format!("{} MiB", bytes >> 20) }
}

/// The text of a file that dockgen may have written, as it is.
///
/// # Errors
/// Where it is not there, leads out, is too large or no text.
pub fn document(root: &Path, path: &str) -> Result<String, Unread> {
    utf_8(bytes(&place(root, path)?, LARGEST_DOCUMENT)?)
}

/// Bytes as text.
///
/// # Errors
/// Where they are none.
pub fn utf_8(bytes: Vec<u8>) -> Result<String, Unread> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Unread::new(Why::Text, "is UTF-16 text: save it as UTF-8"));
    }
    String::from_utf8(bytes).map_err(|error| {
        Unread::new(Why::Text, format!("is not UTF-8 text (byte {})", error.utf8_error().valid_up_to() + 1))
    })
}
