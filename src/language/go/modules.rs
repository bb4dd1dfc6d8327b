//! The modules of the build, and which folders belong to them.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::format::go_mod;
use crate::path::{join, resolve};
use crate::repo::Repo;

/// A module of the build: the main one, a workspace's member, or a local replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// The module's path; empty where the manifest names none.
    pub path: String,
    /// Its folder; empty for the top.
    pub folder: String,
    /// Whether the folder lies outside of the repository.
    pub outside: bool,
}

/// The modules of the build, the top one first.
pub fn modules(repo: &Repo) -> Vec<Module> {
    let read = |path: &str| repo.text(path).and_then(|text| go_mod::parse(text).ok());
    let mut folders: VecDeque<(String, Option<String>)> = VecDeque::new();
    if repo.has("go.mod") {
        folders.push_back((String::new(), None));
    }
    let workspace = read("go.work");
    let members = workspace.iter().flat_map(|work| work.members.iter().map(|member| (member, None)));
    let replaced =
        workspace.iter().flat_map(|work| work.replace.iter().map(|(path, folder)| (folder, Some(path.clone()))));
    let (mut found, mut strays): (Vec<Module>, Vec<Module>) = (Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    let outside =
        |path: Option<String>| Module { path: path.unwrap_or_default(), folder: String::new(), outside: true };
    for (target, path) in members.chain(replaced) {
        match resolve("", target) {
            Some(folder) => folders.push_back((folder, path)),
            None => strays.push(outside(path)),
        }
    }
    while let Some((folder, named)) = folders.pop_front() {
        if !seen.insert(folder.clone()) {
            continue;
        }
        let manifest = read(&join(&folder, "go.mod")).unwrap_or_default();
        for (path, target) in manifest.replace {
            match resolve(&folder, &target) {
                Some(target) => folders.push_back((target, Some(path))),
                None => strays.push(outside(Some(path))),
            }
        }
        found.push(Module { path: manifest.module.or(named).unwrap_or_default(), folder, outside: false });
    }
    found.append(&mut strays);
    found
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
    let named = modules.iter().filter(|module| !module.path.is_empty() && !module.outside);
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
        let found = modules(&repo);
        assert_eq!(
            found
                .iter()
                .map(|module| (module.path.as_str(), module.folder.as_str(), module.outside))
                .collect::<Vec<_>>(),
            [("a", "", false), ("b", "libs/b", false), ("c", "", true)]
        );
    }
}
