//! The poms of a repository: the one at the top, the modules below it, and the parents that they name.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::facts::{Fact, Kind, Strength};
use crate::format::pom::{self, Dependency, Lineage, Parent, Pom};
use crate::repo::Repo;

/// More modules than any build has.
const MODULES: usize = 1000;

/// More parents than any pom has.
const PARENTS: usize = 16;

/// Every pom that takes part in a build.
#[derive(Debug, Default)]
pub struct Reactor {
    poms: BTreeMap<String, Pom>,
    /// The parents that lie in the repository, by the file of the pom that names them.
    parents: BTreeMap<String, String>,
    /// The files of the modules by group and artifact.
    names: BTreeMap<(String, String), String>,
    /// The files of modules that other modules depend on.
    libraries: BTreeSet<String>,
    /// The files of the modules, the top first.
    pub modules: Vec<String>,
    /// Poms that are named and cannot be read, as facts.
    pub faults: Vec<Fact>,
}

impl Reactor {
    /// Reads the poms that the one at the top leads to.
    pub fn read(repo: &Repo) -> Self {
        let mut reactor = Reactor::default();
        let mut queue = VecDeque::from(["pom.xml".to_owned()]);
        while let Some(file) = queue.pop_front() {
            if reactor.modules.len() >= MODULES || reactor.modules.contains(&file) || !reactor.load(repo, &file) {
                continue;
            }
            reactor.load_parents(repo, &file);
            let (found, missing) = reactor.modules_of(repo, &file);
            queue.extend(found);
            reactor.faults.extend(missing);
            reactor.modules.push(file);
        }
        reactor.connect(repo);
        reactor
    }

    /// Finds out which modules need which.
    fn connect(&mut self, repo: &Repo) {
        let lineages: Vec<(&str, Lineage<'_>)> = self.lineages(repo).collect();
        let name = |(file, lineage): &(&str, Lineage<'_>)| ((lineage.group(), lineage.artifact()), (*file).to_owned());
        let names: BTreeMap<(String, String), String> = lineages.iter().map(name).collect();
        let needed = |(file, lineage): &(&str, Lineage<'_>)| {
            let siblings =
                lineage.dependencies().into_iter().filter_map(|entry| names.get(&(entry.group, entry.artifact)));
            siblings.filter(|sibling| sibling.as_str() != *file).cloned().collect::<Vec<_>>()
        };
        let libraries = lineages.iter().flat_map(needed).collect();
        (self.names, self.libraries) = (names, libraries);
    }

    fn load(&mut self, repo: &Repo, file: &str) -> bool {
        if self.poms.contains_key(file) {
            return true;
        }
        let unreadable = |why: String, quote: &str| Fact::new(Kind::Unreadable(why), file, quote, Strength::Stated);
        match repo.try_text(file).map(|text| text.map(pom::parse)) {
            None => return false,
            Some(Err(why)) => self.faults.push(unreadable(why.to_string(), "")),
            Some(Ok(Err(fault))) => self.faults.push(unreadable(fault.what, &fault.quote)),
            Some(Ok(Ok(pom))) => {
                self.poms.insert(file.to_owned(), pom);
                return true;
            }
        }
        false
    }

    fn load_parents(&mut self, repo: &Repo, file: &str) {
        let mut file = file.to_owned();
        for _ in 0..PARENTS {
            let Some(parent) = self.poms.get(&file).and_then(|pom| parent_path(repo, &file, pom)) else { return };
            if self.parents.contains_key(&file) || !self.load(repo, &parent) {
                return;
            }
            self.parents.insert(file, parent.clone());
            file = parent;
        }
    }

    fn modules_of(&self, repo: &Repo, file: &str) -> (Vec<String>, Vec<Fact>) {
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        let lineage = self.lineage(repo, file);
        let exists = |path: &str| repo.exists(&join(folder(file), path));
        for entry in self.poms.get(file).iter().flat_map(|pom| pom.models(&exists)).flat_map(|model| &model.modules) {
            let path = resolve(folder(file), &lineage.resolve(entry));
            match path.as_deref().and_then(|path| pom_at(repo, path)) {
                Some(pom) => found.push(pom),
                None => {
                    let why = "there is no pom for this module".to_owned();
                    missing.push(Fact::new(
                        Kind::Unreadable(why),
                        file,
                        &format!("<module>{entry}</module>"),
                        Strength::Stated,
                    ));
                }
            }
        }
        (found, missing)
    }

    /// A pom whose parent lies outside of the repository and was never published: its version is not final.
    pub fn lost_parent(&self) -> Option<(&str, &Parent)> {
        let parents = self.poms.iter().filter_map(|(file, pom)| Some((file.as_str(), pom.parent.as_ref()?)));
        let is_lost = |(file, parent): &(&str, &Parent)| {
            let path = parent.relative_path.as_deref();
            let is_outside = path.is_some_and(|path| !path.is_empty() && resolve(folder(file), path).is_none());
            is_outside && (parent.version.ends_with("-SNAPSHOT") || parent.version.contains("${"))
        };
        parents.into_iter().find(is_lost)
    }

    /// A pom with its parents.
    pub fn lineage(&self, repo: &Repo, file: &str) -> Lineage<'_> {
        static NONE: std::sync::LazyLock<Pom> = std::sync::LazyLock::new(Pom::default);
        let mut parents = Vec::new();
        let mut at = file;
        while let Some(parent) = self.parents.get(at).filter(|_| parents.len() < PARENTS) {
            parents.extend(self.poms.get(parent));
            at = parent;
        }
        let exists = |path: &str| repo.exists(&join(folder(file), path));
        Lineage::new(self.poms.get(file).unwrap_or(&NONE), parents, &exists)
    }

    /// What a module needs when it runs: its own dependencies, and those of the modules among them.
    pub fn dependencies(&self, repo: &Repo, file: &str) -> Vec<Dependency> {
        let modules = self.with_siblings(repo, file);
        let all = modules.iter().flat_map(|file| self.lineage(repo, file).dependencies());
        all.filter(Dependency::at_run_time).collect()
    }

    /// A module and the modules that it depends on, whatever for.
    pub fn with_siblings<'a>(&'a self, repo: &'a Repo, file: &'a str) -> Vec<&'a str> {
        let mut found = vec![file];
        let mut next = 0;
        while let Some(file) = found.get(next).copied() {
            for entry in self.lineage(repo, file).dependencies() {
                let sibling = self.names.get(&(entry.group, entry.artifact)).map(String::as_str);
                found.extend(sibling.filter(|sibling| !found.contains(sibling)));
            }
            next += 1;
        }
        found
    }

    /// Whether another module depends on this one.
    pub fn is_library(&self, file: &str) -> bool {
        self.libraries.contains(file)
    }

    /// The files of all poms, modules and parents.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.poms.keys().map(String::as_str)
    }

    /// The lineages of all modules.
    pub fn lineages<'a>(&'a self, repo: &'a Repo) -> impl Iterator<Item = (&'a str, Lineage<'a>)> {
        self.modules.iter().map(|file| (file.as_str(), self.lineage(repo, file)))
    }
}

/// The pom that a path of a module means.
fn pom_at(repo: &Repo, path: &str) -> Option<String> {
    let inside = join(path, "pom.xml");
    if repo.has(&inside) {
        return Some(inside);
    }
    (path.ends_with(".xml") && repo.has(path)).then(|| path.to_owned())
}

/// Where the parent of a pom lies, if it is the one that the pom names.
fn parent_path(repo: &Repo, file: &str, pom: &Pom) -> Option<String> {
    let parent = pom.parent.as_ref()?;
    let path = pom_at(repo, &resolve(folder(file), parent.relative_path.as_deref()?)?)?;
    let text = repo.text(&path)?;
    (path != file && text.contains(&parent.artifact)).then_some(path)
}

/// The folder of a file; empty for the top.
pub fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Two parts of a path; either may be empty.
pub fn join(folder: &str, name: &str) -> String {
    match (folder.is_empty(), name.is_empty()) {
        (true, _) => name.to_owned(),
        (_, true) => folder.to_owned(),
        _ => format!("{folder}/{name}"),
    }
}

/// A path relative to a folder, without `.` and `..`; `None` where it leaves the repository.
pub fn resolve(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    if path.starts_with('/') {
        return None;
    }
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_and_parents_are_followed() {
        let repo = Repo::from_list(
            "x",
            [
                (
                    "pom.xml",
                    "<project><artifactId>root</artifactId><modules><module>app</module><module>gone</module></modules></project>",
                ),
                (
                    "app/pom.xml",
                    "<project><parent><artifactId>parent</artifactId><relativePath>../parent</relativePath></parent><modules><module>.</module></modules></project>",
                ),
                (
                    "parent/pom.xml",
                    "<project><artifactId>parent</artifactId><properties><a>1</a></properties></project>",
                ),
            ],
        );
        let reactor = Reactor::read(&repo);
        assert_eq!(reactor.modules, ["pom.xml", "app/pom.xml"]);
        assert_eq!(reactor.files().collect::<Vec<_>>(), ["app/pom.xml", "parent/pom.xml", "pom.xml"]);
        assert_eq!(reactor.lineage(&repo, "app/pom.xml").property("a").as_deref(), Some("1"));
        assert_eq!(reactor.faults.len(), 1);
    }

    #[test]
    fn a_parent_that_nobody_published_is_missed() {
        let lost = |parent: &str| {
            let pom = format!(
                "<project><artifactId>a</artifactId><parent><artifactId>p</artifactId>{parent}</parent></project>"
            );
            let repo = Repo::from_list("x", [("pom.xml", pom.as_str())]);
            Reactor::read(&repo).lost_parent().is_some()
        };
        assert!(lost("<version>1.0-SNAPSHOT</version>"));
        assert!(lost("<version>${revision}</version><relativePath>../../pom.xml</relativePath>"));
        assert!(!lost("<version>1.0</version>"));
        assert!(!lost("<version>1.0-SNAPSHOT</version><relativePath/>"));
    }

    #[test]
    fn paths_stay_inside() {
        assert_eq!(resolve("a/b", "../c/./d").as_deref(), Some("a/c/d"));
        assert_eq!(resolve("a", "../..").as_deref(), None);
        assert_eq!(resolve("", "/etc").as_deref(), None);
        assert_eq!(resolve("a", "..").as_deref(), Some(""));
    }
}
