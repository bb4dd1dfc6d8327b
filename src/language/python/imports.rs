//! What sources import: of each other, and of others.

use std::collections::{BTreeSet, HashSet};

use super::rows::CATALOG;
use super::source::Source;
use super::sources::{Program, ancestors};
use crate::facts::{Evidence, Strength};
use crate::path;

/// The sources that an import leads to are followed this far.
const MOST_LOADED: usize = 400;

impl<'a> Program<'a> {
    /// Files of this repository that a file imports and that start a server.
    pub fn imported_and_listening(&self, source: &Source) -> Vec<&Source<'a>> {
        let parts = source.module.import_targets().flat_map(|target| target.split('.')).filter(|part| !part.is_empty());
        let places: BTreeSet<usize> = parts.filter_map(|part| self.named.get(part)).flatten().copied().collect();
        let found = places.into_iter().filter_map(|at| self.sources.get(at));
        found.filter(|other| other.path != source.path && !other.listeners().is_empty()).collect()
    }
    /// Imported modules that are neither Python's nor this repository's, each with a file that imports it.
    pub fn foreign_imports(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        for source in &self.sources {
            for name in source.module.imported().into_iter().filter(|name| !CATALOG.stdlib.contains(*name)) {
                let local = ancestors(source.folder()).into_iter().any(|root| self.is_module(root, name))
                    || self.roots.iter().any(|root| self.is_module(root, name));
                if !local && seen.insert(name) {
                    found.push((name.to_owned(), source.path.to_owned()));
                }
            }
        }
        found
    }

    /// The first import of one of these modules that happens whenever its file is loaded.
    pub fn imports_one_of(&self, names: &[String]) -> Option<Evidence> {
        let sources = self.sources.iter().filter(|source| source.stem() != "setup");
        let mut found = sources.filter_map(|source| {
            let line = source.module.plain_import(names)?;
            let folders = ancestors(source.folder());
            let local = |name: &String| folders.iter().any(|root| self.is_module(root, name));
            let foreign = names.iter().filter(|name| line.contains(name.as_str())).any(|name| !local(name));
            foreign.then(|| Evidence::new(source.path, line, Strength::Convention))
        });
        found.next()
    }

    /// Modules of others that are imported whenever a file is loaded, or one that it loads.
    pub fn loaded(&self, source: &Source<'a>) -> Vec<(String, Evidence)> {
        let (mut found, mut names) = (Vec::new(), HashSet::new());
        let (mut open, mut seen) = (vec![source], HashSet::from([source.path]));
        while let Some(source) = open.pop() {
            for (target, line) in source.module.loads() {
                let local = self.local(source, target);
                let top = target.split('.').next().unwrap_or_default();
                if local.is_empty() && !top.is_empty() && !CATALOG.stdlib.contains(top) && names.insert(top.to_owned())
                {
                    found.push((top.to_owned(), Evidence::new(source.path, line, Strength::Stated)));
                }
                open.extend(local.into_iter().filter(|other| seen.len() < MOST_LOADED && seen.insert(other.path)));
            }
        }
        found
    }

    /// The sources of this repository that an import loads.
    fn local(&self, source: &Source<'a>, target: &str) -> Vec<&Source<'a>> {
        let name = target.trim_start_matches('.');
        let up = target.len() - name.len();
        let folders = ancestors(source.folder());
        let roots: Vec<&str> = match up {
            0 => folders.into_iter().chain(self.roots.iter().map(String::as_str)).collect(),
            _ => folders.len().checked_sub(up).and_then(|at| folders.get(at).copied()).into_iter().collect(),
        };
        let ends = name.match_indices('.').map(|(at, _)| at).chain([name.len()]);
        let paths: Vec<String> = ends.filter_map(|end| Some(name.get(..end)?.replace('.', "/"))).collect();
        let files = |root: &&str| -> Vec<&Source<'a>> {
            let path = |path: &String| path::join(root, path);
            let named = paths.iter().map(path).flat_map(|path| [format!("{path}.py"), format!("{path}/__init__.py")]);
            named.filter_map(|path| self.source(&path)).collect()
        };
        roots.iter().rev().map(files).find(|found| !found.is_empty()).unwrap_or_default()
    }
}
