//! Files that git tracks although a `.gitignore` hides them.

use std::path::{Path, PathBuf};

use super::door::{self, LARGEST_INDEX, Unread, Why};
use super::walk::{Found, Gap, is_entered};
use crate::format::git_index;
use crate::path::parent;

/// Adds them to what a walk found, whose paths are sorted. An index that cannot be read is a gap.
pub fn add(root: &Path, found: &mut Found) {
    let Some(git) = super::git_root(root) else { return };
    let below = super::below_git_root(root);
    let prefix = if below.is_empty() { below } else { below + "/" };
    let bytes = match folder_of_git(&git).and_then(|folder| door::bytes(&folder.join("index"), LARGEST_INDEX)) {
        Ok(bytes) => bytes,
        Err(unread) if unread.why() == Why::Absent => return,
        Err(unread) => return found.gaps.push(gap(&unread.to_string())),
    };
    let mut known = found.paths.iter().peekable();
    let mut hidden: Vec<String> = Vec::new();
    let read = git_index::parse(&bytes, |path| {
        let Some(path) = path.strip_prefix(prefix.as_str()) else { return };
        while known.next_if(|known| known.as_str() < path).is_some() {}
        if known.peek().is_none_or(|known| *known != path) {
            hidden.push(path.to_owned());
        }
    });
    for path in hidden.into_iter().filter(|path| is_plain(path) && is_entered(path)) {
        let Ok(about) = place(root, &path).and_then(|place| Ok(place.symlink_metadata()?)) else { continue };
        if about.is_symlink() {
            found.links.push(path.clone());
        }
        if about.is_file() || about.is_symlink() {
            found.paths.push(path);
        }
    }
    if let Err(fault) = read {
        found.gaps.push(gap(&fault.to_string()));
    }
    found.sort();
}

fn gap(what: &str) -> Gap {
    Gap { what: format!("`.git/index` {what}: files that are tracked and ignored are not seen"), is_partial: true }
}

/// The folder of git: `.git`, or where the file of that name leads.
fn folder_of_git(root: &Path) -> Result<PathBuf, Unread> {
    let place = root.join(".git");
    if place.is_dir() {
        return Ok(place);
    }
    let text = door::utf_8(door::bytes(&place, door::LARGEST_IGNORE)?)?;
    let named = text.trim().strip_prefix("gitdir: ").ok_or_else(|| Unread::new(Why::Absent, "names no folder"))?;
    Ok(root.join(named))
}

/// Whether a path is one of a file below the top.
fn is_plain(path: &str) -> bool {
    path.split('/').all(|part| !["", ".", ".."].contains(&part) && !part.contains('\\'))
}

/// The place of a path, none of whose folders is a link.
fn place(root: &Path, path: &str) -> Result<PathBuf, Unread> {
    let folder = door::place(root, parent(path))?;
    match folder == root.join(parent(path)) {
        true => Ok(root.join(path)),
        false => Err(Unread::new(Why::Link, "lies behind a link")),
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the test makes a tree")]
mod tests {
    use std::fs;

    use super::*;
    use crate::repo::Repo;

    /// An index of version 2 with these paths.
    fn index(paths: &[&str]) -> Vec<u8> {
        let mut bytes = [b"DIRC".as_slice(), &[0, 0, 0, 2], &(paths.len() as u32).to_be_bytes()].concat();
        for path in paths {
            let mut entry = vec![0; 62];
            entry[26] = 0x80;
            entry.extend(path.as_bytes());
            entry.resize((entry.len() + 8) / 8 * 8, 0);
            bytes.extend(entry);
        }
        bytes.extend([0; 20]);
        bytes
    }

    fn seen(root: &Path) -> (Vec<String>, Vec<String>) {
        let repo = Repo::open(root).unwrap();
        (repo.files().map(str::to_owned).collect(), repo.gaps().map(str::to_owned).collect())
    }

    #[test]
    fn tracked_files_count_whatever_hides_them() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for (path, text) in [
            (".gitignore", "*.yaml\nout\n"),
            ("config.yaml", "a: b"),
            ("new.yaml", ""),
            ("out/x/main.go", ""),
            ("sub/app.yaml", ""),
        ] {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), text).unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc", root.join("etc")).unwrap();
        fs::create_dir(root.join(".git")).unwrap();
        let tracked = [
            "../out.yaml",
            ".gitignore",
            "/etc/passwd",
            "config.yaml",
            "etc/passwd",
            "gone.yaml",
            "node_modules/a.js",
            "out/x/main.go",
            "sub/app.yaml",
        ];
        fs::write(root.join(".git/index"), index(&tracked)).unwrap();
        let (files, gaps) = seen(root);
        let files: Vec<&str> = files.iter().map(String::as_str).filter(|path| *path != "etc").collect();
        assert_eq!((files, gaps), (vec![".gitignore", "config.yaml", "out/x/main.go", "sub/app.yaml"], vec![]));
        assert_eq!(Repo::open(root).unwrap().text("config.yaml"), Some("a: b"));
        assert_eq!(seen(&root.join("sub")).0, ["app.yaml"]);
        fs::write(root.join(".git/index"), "DIRC").unwrap();
        assert_eq!(seen(root).1.len(), 1);
        fs::rename(root.join(".git"), root.join("git")).unwrap();
        fs::write(root.join("git/index"), index(&tracked)).unwrap();
        fs::write(root.join(".git"), "gitdir: git\n").unwrap();
        assert!(seen(root).0.iter().any(|path| path == "config.yaml"));
    }
}
