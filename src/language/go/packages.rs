//! The packages of the repository: their files, what they use of each other, and which of them are programs.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use crate::path::{name, parent};
use crate::repo::Repo;
use crate::source::Pattern;

use super::modules::{self, Module};
use super::source::Source;

/// A folder of sources.
#[derive(Debug, Default)]
pub struct Package {
    /// Its files that an ordinary build on Linux compiles.
    pub sources: Vec<Source>,
    /// The folders of the repository that it imports.
    pub uses: Vec<String>,
}

impl Package {
    /// Their paths.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|source| source.path.as_str())
    }
}

/// The packages of the programs, by their folders; each is read once.
pub struct Packages<'r> {
    repo: &'r Repo,
    folders: HashMap<&'r str, &'r str>,
    read: BTreeMap<String, Package>,
    looks: usize,
    /// Build tags that are set.
    tags: Vec<String>,
}

/// How often packages are looked into for programs: hundreds of programs that share hundreds of packages have more looks than
/// anybody waits for, and what they share was seen in the first ones.
const MOST_LOOKS: usize = 20_000;

impl<'r> Packages<'r> {
    /// Packages that nobody asked for yet.
    pub fn new(repo: &'r Repo, modules: &'r [Module], tags: Vec<String>) -> Self {
        Packages { repo, folders: modules::folders(modules), read: BTreeMap::new(), looks: 0, tags }
    }

    /// The folders of the packages that a program is made of, its own first; that alone behind [`MOST_LOOKS`].
    pub fn closure(&mut self, main: &str) -> Vec<String> {
        let (mut seen, mut found) = (HashSet::from([main.to_owned()]), Vec::new());
        let mut waiting = VecDeque::from([main.to_owned()]);
        while let Some(folder) = waiting.pop_front() {
            self.looks += 1;
            if self.is_full() {
                found.push(folder);
                break;
            }
            let uses = self.package(&folder).uses.iter().filter(|used| seen.insert((*used).clone()));
            waiting.extend(uses.cloned().collect::<Vec<_>>());
            found.push(folder);
        }
        found
    }

    /// Whether packages were left out.
    pub fn is_full(&self) -> bool {
        self.looks > MOST_LOOKS
    }

    fn package(&mut self, folder: &str) -> &Package {
        if !self.read.contains_key(folder) {
            let files = compiled(self.repo, folder, &self.tags);
            let sources: Vec<Source> = files.map(|(path, text)| Source::read(path, text)).collect();
            let imports = sources.iter().flat_map(|source| &source.imports);
            let uses = imports.filter_map(|(import, _)| modules::local(&self.folders, import)).collect();
            self.read.insert(folder.to_owned(), Package { sources, uses });
        }
        &self.read[folder]
    }

    /// The file in which the program of a folder begins, if there is one.
    fn begins(&mut self, folder: &str) -> Option<String> {
        let sources = &self.package(folder).sources;
        sources.iter().find(|source| source.begins).map(|source| source.path.clone())
    }

    /// What was read.
    pub fn finish(self) -> BTreeMap<String, Package> {
        self.read
    }

    /// The folders with a program, each with the file where it begins, outside of vendored trees.
    pub fn mains(&mut self, modules: &[Module]) -> Vec<(String, String)> {
        let ours: HashSet<&str> = modules.iter().map(|module| module.folder.as_str()).collect();
        let mut mains = Vec::new();
        // The package clause of one file holds for all in its folder.
        let mut settled: HashSet<&str> = HashSet::new();
        for path in self.repo.files().filter(|path| is_compiled(path)) {
            let folder = parent(path);
            if settled.contains(folder) || modules::is_hidden(folder) || !modules::is_ours(self.repo, &ours, folder) {
                continue;
            }
            let Some(text) = self.repo.text(path).filter(|text| !is_constrained(text, &self.tags)) else { continue };
            settled.insert(folder);
            if CLAUSE.is_match(text) {
                mains.extend(self.begins(folder).map(|file| (folder.to_owned(), file)));
            }
        }
        mains
    }
}

/// Quick to search for: a text without it is of no main package.
static CLAUSE: Pattern = Pattern::new(r"package\s+main\b");

/// The files of a folder that an ordinary build compiles, with their texts.
fn compiled<'a>(repo: &'a Repo, folder: &str, tags: &[String]) -> impl Iterator<Item = (&'a str, &'a str)> {
    let texts = repo.inside(folder).filter(|path| is_compiled(path)).filter_map(|path| Some((path, repo.text(path)?)));
    texts.filter(move |(_, text)| !is_constrained(text, tags))
}

/// What ends the names of files for tests and for other systems.
const FOREIGN: [&str; 10] =
    ["_test", "_windows", "_darwin", "_freebsd", "_netbsd", "_openbsd", "_solaris", "_plan9", "_js", "_wasm"];

/// Whether a file is compiled on Linux and not a test.
fn is_compiled(path: &str) -> bool {
    let Some(stem) = name(path).strip_suffix(".go") else { return false };
    !stem.starts_with(['.', '_']) && !FOREIGN.iter().any(|end| stem.ends_with(end))
}

/// Whether a `//go:build` line keeps the file out of an ordinary Linux build, without cgo and with these tags.
fn is_constrained(text: &str, tags: &[String]) -> bool {
    let line = text.lines().map(str::trim).take(40).find_map(|line| line.strip_prefix("//go:build "));
    let is_set = |tag: &str| {
        tags.iter().any(|set| set == tag)
            || ["linux", "unix", "gc", "amd64", "arm64"].contains(&tag)
            || tag.strip_prefix("go1.").is_some()
    };
    line.is_some_and(|line| !holds(line, &is_set))
}

/// Whether a build constraint holds: alternatives of conjunctions of tags, with `!` before single ones and groups.
fn holds(line: &str, is_set: &dyn Fn(&str) -> bool) -> bool {
    static INNER: Pattern = Pattern::new(r"\(([^()]*)\)");
    let flat = |text: &str| {
        let term = |term: &str| {
            let tag = term.trim().trim_start_matches('!');
            let negative = term.matches('!').count() % 2 == 1;
            (tag == "true" || tag != "false" && is_set(tag)) != negative
        };
        text.split("||").any(|all| all.split("&&").all(term))
    };
    let mut text = line.to_owned();
    for _ in 0..50 {
        let Some((range, value)) =
            INNER.captures(&text).and_then(|found| Some((found.get(0)?.range(), flat(found.get(1)?.as_str()))))
        else {
            break;
        };
        text.replace_range(range, if value { "true" } else { "false" });
    }
    flat(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_of_an_ordinary_build() {
        for (line, constrained) in [
            ("ignore_build", true),
            ("linux && !cgo", false),
            ("!windows", false),
            ("(darwin || linux) && amd64", false),
            ("!(linux && amd64)", true),
            ("sqlite && !wflib", true),
            ("go1.21", false),
            ("!web", true),
            ("((", true),
        ] {
            assert_eq!(
                is_constrained(&format!("//go:build {line}\npackage x\n"), &["web".to_owned()]),
                constrained,
                "{line}"
            );
        }
    }
}
