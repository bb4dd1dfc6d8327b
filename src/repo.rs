//! A repository as a value: its paths, and the texts that somebody asks for. The only file that reads.

use std::cell::OnceCell;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ignore::{DirEntry, WalkBuilder, WalkState};

use crate::error::Error;

/// No manifest, lockfile or source above this size is read, in bytes.
pub const LARGEST_TEXT: u64 = 16 * 1024 * 1024;

/// Folders of sources at the top, which a `.gitignore` that names a program means no more than git does for files that it
/// tracks: `server` is there for the binary, and hides `cmd/server`.
const NEVER_HIDDEN: [&str; 1] = ["cmd"];

/// Folders that hold what tools made, also where no `.gitignore` says so.
const NEVER_ENTERED: [&str; 5] = [".git", "node_modules", ".venv", "__pycache__", ".terraform"];

/// Why a file's text is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread(String);

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

type Text = Result<String, Unread>;
type Reader = dyn Fn(&str) -> Text;

/// The root of the git repository that a folder belongs to.
pub fn git_root(folder: &Path) -> Option<PathBuf> {
    let real = folder.canonicalize().ok()?;
    real.ancestors().find(|above| above.join(".git").exists()).map(Path::to_owned)
}

/// The path of a folder below the root of its git repository, with slashes; empty at the root and outside of git.
pub fn below_git_root(folder: &Path) -> String {
    let below = || folder.canonicalize().ok()?.strip_prefix(git_root(folder)?).ok().map(Path::to_owned);
    let parts = below().unwrap_or_default();
    parts.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// The paths of a tree, sorted, relative, with slashes; texts are read when first asked for and kept.
pub struct Repo {
    name: String,
    paths: Vec<String>,
    texts: Vec<OnceCell<Text>>,
    reader: Box<Reader>,
    closed: Vec<String>,
}

impl Repo {
    /// Walks a folder, honouring its `.gitignore` files and nothing that belongs to the machine.
    ///
    /// # Errors
    /// Where the folder is not there or is no folder.
    pub fn open(root: &Path) -> Result<Self, Error> {
        let shown = root.display();
        let root = root.canonicalize().map_err(|error| Error::usage(format!("cannot open `{shown}`: {error}")))?;
        if !root.is_dir() {
            return Err(Error::usage(format!("`{shown}` is not a folder")).hint("name the folder of the repository"));
        }
        let (paths, closed) = walk(&root);
        let name = root.file_name().map_or_else(|| "app".to_owned(), |name| name.to_string_lossy().into_owned());
        Ok(Self::new(name, paths, closed, Box::new(move |path| read_text(&root, path))))
    }

    /// A repository from a list, for tests and for places without a disk.
    pub fn from_list<'a>(name: &str, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let files: std::collections::BTreeMap<String, String> =
            files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
        let paths = files.keys().cloned().collect();
        let reader = move |path: &str| files.get(path).cloned().ok_or_else(|| Unread("is not there".to_owned()));
        Self::new(name.to_owned(), paths, Vec::new(), Box::new(reader))
    }

    fn new(name: String, paths: Vec<String>, closed: Vec<String>, reader: Box<Reader>) -> Self {
        let texts = paths.iter().map(|_| OnceCell::new()).collect();
        Repo { name, paths, texts, reader, closed }
    }

    /// The folder's own name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All files, sorted.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().map(String::as_str)
    }

    /// The files in a folder and below; the empty path is the whole tree.
    pub fn below<'a>(&'a self, folder: &str) -> impl Iterator<Item = &'a str> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        self.paths[self.first(&prefix)..].iter().map(String::as_str).take_while(move |path| path.starts_with(&prefix))
    }

    /// The files that lie directly in a folder.
    pub fn inside<'a>(&'a self, folder: &str) -> impl Iterator<Item = &'a str> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut rest = self.paths.get(self.first(&prefix)..).unwrap_or_default();
        std::iter::from_fn(move || {
            loop {
                let (path, behind) = rest.split_first()?;
                let Some((below, _)) = path.strip_prefix(&prefix)?.split_once('/') else {
                    rest = behind;
                    return Some(path.as_str());
                };
                let folder = &path[..=prefix.len() + below.len()];
                rest = &rest[rest.partition_point(|path| path.starts_with(folder))..];
            }
        })
    }

    /// Whether this file is there.
    pub fn has(&self, path: &str) -> bool {
        self.index(path).is_some()
    }

    /// Whether a file lies below this folder.
    pub fn has_folder(&self, folder: &str) -> bool {
        self.below(folder).next().is_some()
    }

    /// Whether the path is a file or a folder.
    pub fn exists(&self, path: &str) -> bool {
        self.has(path) || self.has_folder(path)
    }

    /// The names of the files and folders at the top, sorted.
    pub fn top(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.files().map(|path| path.split('/').next().unwrap_or(path)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The text of a file, where it is there and can be read; a byte order mark is taken away.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.try_text(path)?.ok()
    }

    /// The text of a file or why it cannot be read; `None` where there is no such file.
    pub fn try_text(&self, path: &str) -> Option<Result<&str, &Unread>> {
        let cell = self.texts.get(self.index(path)?)?;
        Some(cell.get_or_init(|| (self.reader)(path)).as_ref().map(String::as_str))
    }

    /// Folders that could not be entered, with the reason.
    pub fn closed(&self) -> &[String] {
        &self.closed
    }

    /// Where the paths begin that are not before this text.
    fn first(&self, text: &str) -> usize {
        self.paths.partition_point(|path| path.as_str() < text)
    }

    fn index(&self, path: &str) -> Option<usize> {
        self.paths.binary_search_by(|known| known.as_str().cmp(path)).ok()
    }
}

/// The sorted paths below `root`, and sentences about folders that could not be entered.
fn walk(root: &Path) -> (Vec<String>, Vec<String>) {
    let (mut paths, mut closed) = walk_in(root, root, true);
    for folder in
        NEVER_HIDDEN.iter().map(|folder| root.join(folder)).filter(|folder| folder.is_dir() && !folder.is_symlink())
    {
        let (more, again) = walk_in(root, &folder, false);
        paths.extend(more);
        closed.extend(again);
    }
    paths.sort_unstable();
    paths.dedup();
    closed.sort_unstable();
    closed.dedup();
    (paths, closed)
}

/// Up to this many entries one thread is quicker than starting several.
const FEW: usize = 300;

fn walk_in(root: &Path, folder: &Path, honours: bool) -> (Vec<String>, Vec<String>) {
    let mut builder = WalkBuilder::new(folder);
    builder
        .hidden(false)
        .git_ignore(honours)
        .parents(false)
        .ignore(false)
        .git_global(false)
        .git_exclude(false)
        .require_git(false)
        .filter_entry(|entry| entry.file_name().to_str().is_none_or(|name| !NEVER_ENTERED.contains(&name)));
    let mut few = Found::new(root);
    let mut entries = builder.build();
    entries.by_ref().take(FEW).for_each(|entry| few.take(entry));
    if entries.next().is_none() {
        return (few.paths, few.closed);
    }
    let all = Mutex::new(Found::new(root));
    builder.build_parallel().run(|| {
        let mut batch = Batch { found: Found::new(root), all: &all };
        Box::new(move |entry| {
            batch.found.take(entry);
            WalkState::Continue
        })
    });
    let all = all.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    (all.paths, all.closed)
}

/// What a walk found: paths, and sentences about what could not be entered.
struct Found<'a> {
    root: &'a Path,
    paths: Vec<String>,
    closed: Vec<String>,
}

impl<'a> Found<'a> {
    fn new(root: &'a Path) -> Self {
        Found { root, paths: Vec::new(), closed: Vec::new() }
    }

    fn take(&mut self, entry: Result<DirEntry, ignore::Error>) {
        match entry {
            Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file() || kind.is_symlink()) => {
                if let Some(path) = entry.path().strip_prefix(self.root).ok().and_then(Path::to_str) {
                    self.paths.push(if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() });
                }
            }
            Ok(_) => {}
            Err(error) => self.closed.push(error.to_string().replace(&format!("{}/", self.root.display()), "")),
        }
    }
}

/// What one thread found; handed over when the thread is done.
struct Batch<'a, 'b> {
    found: Found<'b>,
    all: &'a Mutex<Found<'b>>,
}

impl Drop for Batch<'_, '_> {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        all.paths.append(&mut self.found.paths);
        all.closed.append(&mut self.found.closed);
    }
}

#[expect(clippy::disallowed_methods, reason = "the only reader")]
fn read_text(root: &Path, path: &str) -> Text {
    let real = root.join(path).canonicalize().map_err(|error| Unread(format!("cannot be read: {error}")))?;
    if !real.starts_with(root) {
        return Err(Unread("is a link that leads out of the repository".to_owned()));
    }
    let about = real.metadata().map_err(|error| Unread(format!("cannot be read: {error}")))?;
    if !about.is_file() {
        return Err(Unread("is not a regular file".to_owned()));
    }
    if about.len() > LARGEST_TEXT {
        let (size, limit) = (about.len() >> 20, LARGEST_TEXT >> 20);
        return Err(Unread(format!("is {size} MiB large, and no more than {limit} MiB are read")));
    }
    let bytes = std::fs::read(&real).map_err(|error| Unread(format!("cannot be read: {error}")))?;
    match real.extension().is_some_and(|ending| ending == "txt") {
        true => decode(without_utf_16(bytes)),
        false => decode(bytes),
    }
}

/// UTF-16 with a byte order mark, which PowerShell writes and pip reads, as UTF-8; anything else as it is.
fn without_utf_16(bytes: Vec<u8>) -> Vec<u8> {
    let unit: fn([u8; 2]) -> u16 = match bytes.get(..2) {
        Some([0xff, 0xfe]) => u16::from_le_bytes,
        Some([0xfe, 0xff]) => u16::from_be_bytes,
        _ => return bytes,
    };
    let units = bytes.chunks_exact(2).skip(1).filter_map(|pair| Some(unit([*pair.first()?, *pair.get(1)?])));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>().into_bytes()
}

/// Whether this is XML that says of itself that each byte is a character (older poms do).
fn declares_latin(bytes: &[u8]) -> bool {
    if !bytes.get(..5).is_some_and(|head| head.eq_ignore_ascii_case(b"<?xml")) {
        return false;
    }
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(120)]).to_ascii_lowercase();
    let declaration = head.strip_prefix("<?xml").and_then(|rest| rest.split("?>").next()).unwrap_or_default();
    ["iso-8859-1", "iso-8859-15", "windows-1252", "latin1"]
        .iter()
        .any(|name| declaration.contains(&format!("{name}\"")) || declaration.contains(&format!("{name}'")))
}

fn decode(bytes: Vec<u8>) -> Text {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Unread("is UTF-16 text: save it as UTF-8".to_owned()));
    }
    if declares_latin(&bytes) {
        return Ok(bytes.into_iter().map(char::from).collect());
    }
    let mut text = String::from_utf8(bytes)
        .map_err(|error| Unread(format!("is not UTF-8 text (byte {})", error.utf8_error().valid_up_to() + 1)))?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_ranges_of_the_sorted_paths() {
        let repo = Repo::from_list("x", [("a/b.go", ""), ("a/c/d.go", ""), ("a.go", ""), ("ab/e.go", "")]);
        assert_eq!(repo.below("a").collect::<Vec<_>>(), ["a/b.go", "a/c/d.go"]);
        assert_eq!(repo.inside("a").collect::<Vec<_>>(), ["a/b.go"]);
        assert_eq!(repo.inside("").collect::<Vec<_>>(), ["a.go"]);
        assert_eq!(repo.inside("a/c").collect::<Vec<_>>(), ["a/c/d.go"]);
        assert_eq!(repo.inside("x").count(), 0);
        assert_eq!(repo.top(), ["a", "a.go", "ab"]);
        assert!(repo.has_folder("a/c") && !repo.has_folder("a/b.go"));
    }

    #[test]
    fn a_byte_order_mark_goes_and_utf_16_is_named() {
        assert_eq!(decode(b"\xef\xbb\xbfmodule x".to_vec()).unwrap(), "module x");
        assert!(decode(b"\xff\xfem\0".to_vec()).unwrap_err().to_string().contains("UTF-16"));
        assert_eq!(without_utf_16(b"\xff\xfem\0\xe9\0".to_vec()), "mé".as_bytes());
        assert_eq!(without_utf_16(b"\xfe\xff\0mx".to_vec()), b"m");
        assert_eq!(without_utf_16(b"plain".to_vec()), b"plain");
        let latin = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><project>\xe9</project>";
        assert!(decode(latin.to_vec()).unwrap().contains("<project>é"));
        assert!(decode(b"a\xff".to_vec()).unwrap_err().to_string().contains("byte 2"));
    }
}
