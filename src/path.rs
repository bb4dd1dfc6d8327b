//! Paths of a repository: relative, with slashes, the top is empty.

use std::collections::{BTreeSet, VecDeque};

/// Two parts of a path; either may be empty.
pub fn join(folder: &str, name: &str) -> String {
    match (folder.is_empty(), name.is_empty()) {
        (true, _) => name.to_owned(),
        (_, true) => folder.to_owned(),
        _ => format!("{folder}/{name}"),
    }
}

/// The folder that a path lies in.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A folder as it is shown and as tools take it: the top is `.`.
pub fn shown(folder: &str) -> &str {
    if folder.is_empty() { "." } else { folder }
}

/// The last part of a path.
pub fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a path is this folder or lies in it.
pub fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The innermost of these folders that a path lies in; the top where there is none.
pub fn innermost<'f>(path: &str, folders: impl Iterator<Item = &'f str>) -> &'f str {
    folders.filter(|folder| is_below(path, folder)).max_by_key(|folder| folder.len()).unwrap_or_default()
}

/// A path below `folder` with `.` and `..` resolved; `None` where it leaves the repository.
pub fn resolve(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Visits each of these once, and what a visit names, in the order in which they are named.
pub fn visit<T: Clone + Ord>(first: impl IntoIterator<Item = T>, mut visit: impl FnMut(&T) -> Vec<T>) {
    let (mut open, mut seen) = (VecDeque::from_iter(first), BTreeSet::new());
    while let Some(next) = open.pop_front() {
        if seen.insert(next.clone()) {
            open.extend(visit(&next));
        }
    }
}

/// A path without `.`, `..` and doubled slashes; `None` where it leaves the repository.
pub fn normal(path: &str) -> Option<String> {
    resolve("", path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_together() {
        assert_eq!((join("", "a"), join("a", ""), join("a", "b")), ("a".into(), "a".into(), "a/b".into()));
        assert_eq!((parent("a/b/c"), parent("a"), name("a/b"), name("a")), ("a/b", "", "b", "a"));
        assert_eq!(resolve("a/b", "../c/./d").as_deref(), Some("a/c/d"));
        assert_eq!(resolve("a", "../.."), None);
        assert_eq!((innermost("a/b/c", ["a", "a/b", "x"].into_iter()), innermost("y", ["x"].into_iter())), ("a/b", ""));
        assert!(is_below("a/b", "a") && is_below("a", "") && is_below("a", "a") && !is_below("ab", "a"));
    }
}
