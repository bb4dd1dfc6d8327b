//! The modules of the build, and which folders belong to them.

use std::collections::{HashMap, HashSet};

use crate::facts::Fact;
use crate::format::go_mod;
use crate::path::{join, parent, resolve, visit};
use crate::repo::Repo;

/// A module of the build: the main one, a workspace's member, or a local replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// The module's path; empty where the manifest names none.
    pub path: String,
    /// Its folder; empty for the top.
    pub folder: String,
}

/// The modules of the build, the top one first, and those that lie outside of the repository, as facts.
pub fn modules(repo: &Repo) -> (Vec<Module>, Vec<Fact>) {
    let read = |path: &str| repo.text(path).and_then(|text| go_mod::parse(text).ok());
    let (mut found, mut strays, mut names) = (Vec::new(), Vec::new(), HashMap::new());
    let mut place = |file: &str, name: &str, said: &str| {
        let folder = resolve(parent(file), said);
        match &folder {
            Some(folder) => drop(names.entry(folder.clone()).or_insert_with(|| name.to_owned())),
            None => strays.push(Fact::outside(file, if name.is_empty() { said } else { name }, said)),
        }
        folder
    };
    let mut first: Vec<String> = repo.has("go.mod").then(String::new).into_iter().collect();
    let work = read("go.work").unwrap_or_default();
    first.extend(work.members.iter().filter_map(|said| place("go.work", "", said)));
    first.extend(work.replace.iter().filter_map(|(name, said)| place("go.work", name, said)));
    visit(first, |folder| {
        let file = join(folder, "go.mod");
        let manifest = read(&file).unwrap_or_default();
        found.push((manifest.module, folder.clone()));
        manifest.replace.iter().filter_map(|(name, said)| place(&file, name, said)).collect()
    });
    let path = |own: Option<String>, folder: &str| own.or_else(|| names.get(folder).cloned()).unwrap_or_default();
    let modules = found.into_iter().map(|(own, folder)| Module { path: path(own, &folder), folder });
    (modules.collect(), strays)
}

/// Whether the go command passes a folder over.
pub fn is_hidden(folder: &str) -> bool {
    folder
        .split('/')
        .any(|part| part == "vendor" || part == "testdata" || (part.starts_with(['.', '_']) && part.len() > 1))
}

/// Whether the go command, run at the top, can build this folder; `ours` are the folders of the modules.
pub fn is_ours(repo: &Repo, ours: &HashSet<&str>, folder: &str) -> bool {
    if ours.is_empty() {
        return folder.is_empty();
    }
    let mut at = folder;
    loop {
        if repo.has(&join(at, "go.mod")) {
            return ours.contains(at);
        }
        match at.rsplit_once('/') {
            Some((parent, _)) => at = parent,
            None if at.is_empty() => return false,
            None => at = "",
        }
    }
}

/// The folders of this repository's modules by their paths.
pub fn folders(modules: &[Module]) -> HashMap<&str, &str> {
    let named = modules.iter().filter(|module| !module.path.is_empty());
    named.map(|module| (module.path.as_str(), module.folder.as_str())).collect()
}

/// The deepest package that is looked for, in folders below its module.
const DEEPEST: usize = 64;

/// The folder of an import path of this repository: of the module with the longest path that it begins with.
pub fn local(folders: &HashMap<&str, &str>, import: &str) -> Option<String> {
    let ends = import.rmatch_indices('/').map(|(at, _)| at).take(DEEPEST);
    std::iter::once(import.len()).chain(ends).find_map(|end| {
        let (module, rest) = import.split_at(end);
        Some(join(folders.get(module)?, rest.trim_start_matches('/')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacements_are_modules_and_leaving_the_repository_is_seen() {
        let repo = Repo::from_list(
            "x",
            [("go.mod", "module a\nreplace b => ./libs/b\nreplace c => ../c"), ("libs/b/go.mod", "module b")],
        );
        let (found, strays) = modules(&repo);
        let shown: Vec<_> = found.iter().map(|module| (module.path.as_str(), module.folder.as_str())).collect();
        assert_eq!(shown, [("a", ""), ("b", "libs/b")]);
        assert_eq!(strays[0].evidence.quote, "c");
    }
}
