//! The packages that a build context holds, and which of them a program is made of: what every language says of its workspaces.

use std::collections::BTreeMap;

use crate::path::parent;

/// The packages of a build context, as paths of folders and files, and whether a program is made of them. What lies in none of
/// these is everybody's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Members(BTreeMap<String, bool>);

impl Members {
    /// All packages, and those that the program is made of.
    pub fn new(all: impl IntoIterator<Item = String>, own: impl IntoIterator<Item = String>) -> Self {
        let mut members: BTreeMap<String, bool> = all.into_iter().map(|path| (path, false)).collect();
        members.extend(own.into_iter().map(|path| (path, true)));
        Members(members)
    }

    /// The paths of packages, each with whether the program is made of it; of what several have, one is enough.
    pub fn of(packages: impl IntoIterator<Item = (bool, Vec<String>)>) -> Self {
        let paths = |(is_own, paths): (bool, Vec<String>)| paths.into_iter().map(move |path| (path, is_own));
        let mut all: Vec<(String, bool)> = packages.into_iter().flat_map(paths).collect();
        all.sort();
        Members(all.into_iter().collect())
    }

    /// The same without folders that only others are made from, as far as nobody knows better.
    pub fn without(mut self, apart: &[String]) -> Self {
        for folder in apart {
            self.0.entry(folder.clone()).or_insert(false);
        }
        self
    }

    /// Whether the nearest package that holds a path is one that the program is made of.
    pub fn has(&self, path: &str) -> bool {
        let mut at = path;
        loop {
            match self.0.get(at) {
                Some(is_own) => return *is_own,
                None if at.is_empty() => return true,
                None => at = parent(at),
            }
        }
    }
}
