//! A repository as a value: its paths, and the texts that somebody asks for. The only file that reads.

pub mod door;
mod tracked;
mod walk;

use std::cell::{Cell, OnceCell};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::error::Error;
use crate::path;
use door::{Unread, Why};
use walk::{Found, Gap};

type Text = Result<String, Unread>;
type Reader = dyn Fn(&str) -> Text;

/// The root of the git repository that a folder belongs to.
pub fn git_root(folder: &Path) -> Option<PathBuf> {
    let real = folder.canonicalize().ok()?;
    real.ancestors().find(|above| above.join(".git").exists()).map(Path::to_owned)
}

/// The nearest folder, this one or one above up to the root of the git repository, that holds one of these files; relative
/// to this one, empty where that is it.
pub fn nearest_with(folder: &Path, files: &[&str]) -> Option<PathBuf> {
    let (real, root) = (folder.canonicalize().ok()?, git_root(folder)?);
    let mut upwards = real.ancestors().take_while(|above| above.starts_with(&root));
    let steps = upwards.position(|above| files.iter().any(|file| above.join(file).exists()))?;
    Some(std::iter::repeat_n("..", steps).collect())
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
    folder: String,
    paths: Vec<String>,
    texts: Vec<OnceCell<Text>>,
    reader: Rc<Reader>,
    gaps: Vec<Gap>,
    is_closed: Cell<bool>,
    late: Cell<usize>,
}

/// The real path of a repository's folder.
///
/// # Errors
/// Where it is not there or is no folder.
pub fn root(folder: &Path) -> Result<PathBuf, Error> {
    let shown = folder.display();
    let root = folder.canonicalize().map_err(|error| Error::usage(format!("cannot open `{shown}`: {error}")))?;
    match root.is_dir() {
        true => Ok(root),
        false => Err(Error::usage(format!("`{shown}` is not a folder")).hint("name the folder of the repository")),
    }
}

impl Repo {
    /// Walks a folder, honouring its `.gitignore` files and nothing that belongs to the machine.
    ///
    /// # Errors
    /// Where the folder is not there or is no folder.
    pub fn open(root: &Path) -> Result<Self, Error> {
        let root = self::root(root)?;
        let mut found = walk::walk(&root);
        tracked::add(&root, &mut found);
        let Found { paths, links, gaps } = found;
        let name = root.file_name().map_or_else(|| "app".to_owned(), |name| name.to_string_lossy().into_owned());
        let reader = move |path: &str| match links.binary_search_by(|link| link.as_str().cmp(path)) {
            Ok(_) => read_text(&door::place(&root, path)?),
            Err(_) => read_text(&root.join(path)),
        };
        Ok(Self::new(name, paths, gaps, Rc::new(reader)))
    }

    /// The same, as a part of the git repository that it lies in.
    ///
    /// # Errors
    /// As for [`Repo::open`].
    pub fn in_git(root: &Path) -> Result<Self, Error> {
        Ok(Repo { folder: below_git_root(root), ..Self::open(root)? })
    }

    /// A repository from a list, for tests and for places without a disk.
    pub fn from_list<'a>(name: &str, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let files: std::collections::BTreeMap<String, String> =
            files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
        let paths = files.keys().cloned().collect();
        let reader = move |path: &str| files.get(path).cloned().ok_or_else(|| Unread::new(Why::Absent, "is not there"));
        Self::new(name.to_owned(), paths, Vec::new(), Rc::new(reader))
    }

    /// A folder of it as a repository of its own, without another walk; the empty path is the whole. What could not be looked at
    /// is told by the whole alone.
    #[must_use]
    pub fn part(&self, folder: &str) -> Self {
        let begin = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let paths = self.below(folder).filter_map(|path| Some(path.strip_prefix(&begin)?.to_owned())).collect();
        let name = if folder.is_empty() { self.name.clone() } else { path::name(folder).to_owned() };
        let whole = Rc::clone(&self.reader);
        let reader = move |path: &str| whole(&format!("{begin}{path}"));
        Repo { folder: path::join(&self.folder, folder), ..Self::new(name, paths, Vec::new(), Rc::new(reader)) }
    }

    /// The same with another text of a file, which need not be there.
    #[must_use]
    pub fn with(mut self, path: &str, text: String) -> Self {
        let at = self.index(path).unwrap_or_else(|| {
            let at = self.first(path);
            self.paths.insert(at, path.to_owned());
            self.texts.insert(at, OnceCell::new());
            at
        });
        if let Some(cell) = self.texts.get_mut(at) {
            *cell = OnceCell::from(Ok(text));
        }
        self
    }

    fn new(name: String, paths: Vec<String>, gaps: Vec<Gap>, reader: Rc<Reader>) -> Self {
        let texts = paths.iter().map(|_| OnceCell::new()).collect();
        Repo {
            name,
            folder: String::new(),
            paths,
            texts,
            reader,
            gaps,
            is_closed: Cell::new(false),
            late: Cell::new(0),
        }
    }

    /// The folder's own name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The path from the top of the git repository, with slashes; empty at the top, and where nobody looked.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// All files, sorted.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.count();
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

    /// Whether a path begins so.
    pub fn has_beginning(&self, prefix: &str) -> bool {
        self.paths.get(self.first(prefix)).is_some_and(|path| path.starts_with(prefix))
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

    /// Sentences about what was not looked at.
    pub fn gaps(&self) -> impl Iterator<Item = &str> {
        self.gaps.iter().map(|gap| gap.what.as_str())
    }

    /// Sentences about what the system did not hand out so far: another run may see more.
    pub fn closed(&self) -> Vec<String> {
        let gaps = self.gaps.iter().filter(|gap| gap.is_partial).map(|gap| gap.what.clone());
        gaps.chain(self.unread(Why::is_of_this_time)).collect()
    }

    /// Sentences about texts that were asked for and are not there.
    pub fn unread(&self, is_meant: impl Fn(Why) -> bool) -> impl Iterator<Item = String> {
        let texts = self.paths.iter().zip(&self.texts);
        texts.filter_map(move |(path, text)| match text.get() {
            Some(Err(unread)) if is_meant(unread.why()) => Some(format!("`{path}` {unread}")),
            _ => None,
        })
    }

    /// Testimony is closed: questions from here on are counted.
    pub fn close(&self) {
        self.is_closed.set(true);
    }

    /// The plan stands: what comes now writes.
    pub fn reopen(&self) {
        self.is_closed.set(false);
    }

    /// How many questions were asked while testimony was closed: texts, and whether something is there.
    pub fn late(&self) -> usize {
        self.late.get()
    }

    fn count(&self) {
        self.late.set(self.late.get() + usize::from(self.is_closed.get()));
    }

    /// Where the paths begin that are not before this text.
    fn first(&self, text: &str) -> usize {
        self.count();
        self.paths.partition_point(|path| path.as_str() < text)
    }

    fn index(&self, path: &str) -> Option<usize> {
        self.count();
        self.paths.binary_search_by(|known| known.as_str().cmp(path)).ok()
    }
}

fn read_text(place: &Path) -> Text {
    let bytes = door::bytes(place, door::limit(place))?;
    match place.extension().is_some_and(|ending| ending == "txt") {
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
    if declares_latin(&bytes) {
        return Ok(bytes.into_iter().map(char::from).collect());
    }
    let mut text = door::utf_8(bytes)?;
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
        let part = repo.part("a");
        assert_eq!((part.name(), part.files().collect::<Vec<_>>()), ("a", vec!["b.go", "c/d.go"]));
        assert_eq!(repo.part("").files().count(), 4);
        let changed = part.with("c.go", "new".to_owned()).with("b.go", "other".to_owned());
        assert_eq!(changed.files().collect::<Vec<_>>(), ["b.go", "c.go", "c/d.go"]);
        assert_eq!(
            (changed.text("b.go"), changed.text("c.go"), changed.text("c/d.go")),
            (Some("other"), Some("new"), Some(""))
        );
    }

    #[test]
    fn manifests_are_smaller_than_locks_and_sources() {
        let limit = |path: &str| door::limit(Path::new(path));
        for path in ["go.mod", "a/pyproject.toml", "pom.xml", "Procfile", "b.go/application.yml"] {
            assert_eq!(limit(path), door::LARGEST_MANIFEST, "{path}");
        }
        for path in ["main.go", "uv.lock", "web/pnpm-lock.yaml", "package-lock.json", "requirements.txt"] {
            assert_eq!(limit(path), door::LARGEST_TEXT, "{path}");
        }
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
