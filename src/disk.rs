//! The only file that writes: all files of a run, or none of them.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::Error;

/// The text of a file that dockgen may have written; `None` where it is not there.
///
/// # Errors
/// Where it is there and cannot be read as text.
#[expect(clippy::disallowed_methods, reason = "what stands at the place of writing")]
pub fn today(root: &Path, path: &str) -> Result<Option<String>, Error> {
    match std::fs::read_to_string(root.join(path)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(Error::usage(format!("`{path}` is there and cannot be read: {error}"))
            .hint("move it away, or mend its permissions")),
    }
}

/// Waits until no other dockgen reads and writes here, and keeps others waiting until the result is dropped. Where the
/// system locks no folders (Windows), nobody waits; the files are still renamed whole.
#[expect(clippy::disallowed_methods, reason = "a lock, nothing is read")]
pub fn alone(root: &Path) -> Option<File> {
    let folder = File::open(root).ok()?;
    folder.lock().ok().map(|()| folder)
}

/// Writes all files. Each goes to a temporary file beside its place first; only when all are on the disk are they
/// renamed, and if a renaming fails the earlier ones are taken back.
///
/// # Errors
/// Where something cannot be written; nothing has changed then.
pub fn write(root: &Path, files: &[(&str, &str)]) -> Result<(), Error> {
    let mut made = MadeFolders(Vec::new());
    let mut staged = Vec::new();
    for (path, text) in files {
        let target = target(root, path)?;
        staged.push((*path, stage(&target, text, &mut made).map_err(|error| failed(path, &error))?, target));
    }
    let mut done: Vec<(PathBuf, Option<Vec<u8>>)> = Vec::new();
    for (path, temporary, target) in staged {
        let before = before(&target);
        if let Err(error) = temporary.persist(&target) {
            take_back(done);
            return Err(failed(path, &error.error));
        }
        done.push((target, before));
    }
    made.0.clear();
    Ok(())
}

/// Folders that a run made; removed again where the run fails.
struct MadeFolders(Vec<PathBuf>);

impl Drop for MadeFolders {
    fn drop(&mut self) {
        for folder in self.0.iter().rev() {
            let _ = std::fs::remove_dir(folder);
        }
    }
}

/// Where a path leads, through links, but not out of the repository.
fn target(root: &Path, path: &str) -> Result<PathBuf, Error> {
    let inside = |real: &Path| root.canonicalize().is_ok_and(|root| real.starts_with(root));
    let place = root.join(path);
    let is_inside = match place.canonicalize() {
        Ok(real) if inside(&real) => return Ok(real),
        Ok(_) => false,
        Err(_) => {
            let known = place.ancestors().skip(1).find_map(|folder| folder.canonicalize().ok());
            !place.is_symlink() && known.is_some_and(|folder| inside(&folder))
        }
    };
    match is_inside {
        true => Ok(place),
        false => {
            Err(Error::usage(format!("`{path}` is a link that leads out of the repository")).hint("remove the link"))
        }
    }
}

fn stage(target: &Path, text: &str, made: &mut MadeFolders) -> std::io::Result<NamedTempFile> {
    let folder = target.parent().unwrap_or(target);
    let missing: Vec<&Path> = folder.ancestors().take_while(|folder| !folder.exists()).collect();
    for folder in missing.into_iter().rev() {
        std::fs::create_dir(folder)?;
        made.0.push(folder.to_owned());
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".dockgen-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = target.metadata().map_or(0o666, |about| about.permissions().mode() & 0o7777);
        builder.permissions(std::fs::Permissions::from_mode(mode));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

#[expect(clippy::disallowed_methods, reason = "to take a writing back")]
fn before(target: &Path) -> Option<Vec<u8>> {
    std::fs::read(target).ok()
}

#[expect(clippy::disallowed_methods, reason = "to take a writing back")]
fn take_back(done: Vec<(PathBuf, Option<Vec<u8>>)>) {
    for (target, before) in done.into_iter().rev() {
        let _ = match before {
            Some(bytes) => std::fs::write(&target, bytes),
            None => std::fs::remove_file(&target),
        };
    }
}

fn failed(path: &str, error: &std::io::Error) -> Error {
    Error::usage(format!("cannot write `{path}`: {error}; nothing was changed"))
        .hint("make room or mend the permissions, or print it instead: `dockgen init --stdout dockerfile`")
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests look at what was written")]
mod tests {
    use super::*;

    #[test]
    fn all_or_none() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), &[("a", "1"), ("deep/er/b", "2")]).unwrap();
        assert_eq!(std::fs::read_to_string(root.path().join("deep/er/b")).unwrap(), "2");
        std::fs::create_dir(root.path().join("folder")).unwrap();
        let error = write(root.path(), &[("a", "changed"), ("new/c", "3"), ("folder", "x")]).unwrap_err();
        assert!(error.what.contains("nothing was changed"), "{error}");
        assert_eq!(std::fs::read_to_string(root.path().join("a")).unwrap(), "1");
        assert!(!root.path().join("new/c").exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_repository_is_not_followed() {
        let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink(other.path().join("x"), root.path().join("Dockerfile")).unwrap();
        assert!(write(root.path(), &[("Dockerfile", "1")]).is_err());
        std::os::unix::fs::symlink(other.path(), root.path().join(".github")).unwrap();
        assert!(write(root.path(), &[(".github/workflows/docker.yml", "1")]).is_err());
    }
}
