//! Which folder a command is about.

use std::path::{Path, PathBuf};

use super::print;
use crate::{config, lock, repo};

/// The folder that was named; else this one; else, where dockgen has no files here, the nearest above that has some, up to
/// the root of the git repository, which is said unless `quiet`.
pub fn folder(named: Option<&Path>, quiet: bool) -> PathBuf {
    if let Some(named) = named {
        return named.to_owned();
    }
    let files = [lock::PATH, config::PATH];
    let above = repo::nearest_with(Path::new("."), &files).filter(|above| !above.as_os_str().is_empty());
    let Some(above) = above else { return PathBuf::from(".") };
    if !quiet {
        print::say(&format!("in `{}`, where dockgen's files are", above.display()));
    }
    above
}
