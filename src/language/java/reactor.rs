//! The poms of a repository: the one at the top, the modules below it, and the parents that they name.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::catalog::CATALOG;
use super::config;
use crate::facts::Fact;
use crate::format::Fault;
use crate::format::pom::{self, Dependency, Lineage, Parent, Pom, resolve};
use crate::language::parsed;
use crate::members::Members;
use crate::path::{self, join, visit};
use crate::repo::Repo;

/// More modules than any build has.
const MODULES: usize = 1000;

/// What is said of a module that no build context of this folder holds.
pub const OUTSIDE: &str = "this module lies outside of this folder";

/// More parents than any pom has.
const PARENTS: usize = 16;

/// A module: a pom with its parents, and what it depends on.
#[derive(Debug)]
pub struct Module {
    /// The pom.
    pub file: String,
    /// The pom with its parents.
    pub lineage: Lineage,
    /// What the pom and its parents depend on.
    pub dependencies: Vec<Dependency>,
    /// Files that are there and make a profile active.
    pub switches: Vec<String>,
    /// Whether another module depends on this one.
    pub is_library: bool,
    /// The modules among the dependencies.
    siblings: Vec<usize>,
}

impl Module {
    fn new(repo: &Repo, file: String, lineage: Lineage) -> Self {
        let switches = lineage.activating_files().filter_map(|path| resolve(path::parent(&file), path));
        Module {
            switches: switches.filter(|path| repo.has(path)).collect(),
            dependencies: lineage.dependencies(),
            is_library: false,
            siblings: Vec::new(),
            file,
            lineage,
        }
    }

    /// Whether Maven has dependencies to copy.
    pub fn has_library(&self) -> bool {
        self.dependencies.iter().any(|entry| entry.at_run_time() && entry.scope != "system")
    }

    /// The module's folder; empty for the top.
    pub fn folder(&self) -> &str {
        path::parent(&self.file)
    }
}

/// Every pom that takes part in a build.
#[derive(Debug, Default)]
pub struct Reactor {
    /// The modules, the top first.
    pub modules: Vec<Module>,
    /// The files of all poms, modules and parents.
    pub files: Vec<String>,
    /// The profile that is asked for, as its name says production: the pom that has it, and the name.
    pub production: Option<(String, String)>,
    /// A pom whose parent lies outside of the repository and was never published, as far as that shows: its version is not final,
    /// the pom takes its own version from it, or says where it lies.
    pub lost_parent: Option<(String, Parent)>,
    /// Poms that are named and cannot be read, as facts.
    pub faults: Vec<Fact>,
}

impl Reactor {
    /// Reads the poms that the one at the top leads to, with the profiles that Maven is told of, and one for production.
    pub fn read(repo: &Repo) -> Self {
        let mut poms = Poms::new(repo);
        let (mut modules, mut missing) = poms.walk();
        let production = poms.production();
        if let Some((_, id)) = &production {
            poms.asked.push(id.clone());
            (modules, missing) = poms.walk();
        }
        connect(&mut modules);
        let lost_parent = poms.lost_parent();
        let faults = poms.faults.into_iter().chain(missing).collect();
        Reactor { modules, files: poms.poms.into_keys().collect(), production, lost_parent, faults }
    }

    /// A module and the modules that it depends on, whatever for.
    pub fn with_siblings(&self, module: usize) -> Vec<&Module> {
        let mut found = Vec::new();
        visit([module], |at| {
            found.push(&self.modules[*at]);
            self.modules[*at].siblings.clone()
        });
        found
    }

    /// The modules below the top, and those that one is made of, or that plugins of these run with.
    pub fn members(&self, module: usize) -> Members {
        let folder = |module: &Module| Some(module.folder().to_owned()).filter(|folder| !folder.is_empty());
        let names = names(&self.modules);
        let mut own = Vec::new();
        visit([module], |at| {
            let module = &self.modules[*at];
            own.extend(folder(module));
            let of_plugins = module.lineage.of_plugins();
            module.siblings.iter().chain(of_plugins.iter().filter_map(|name| names.get(name))).copied().collect()
        });
        Members::new(self.modules.iter().filter_map(folder), own)
    }

    /// What a module needs when it runs: its own dependencies, and those of the modules among them.
    pub fn dependencies(&self, module: usize) -> Vec<&Dependency> {
        let mut known = BTreeSet::new();
        let all = self.with_siblings(module).into_iter().flat_map(|module| &module.dependencies);
        let needed = all.filter(|entry| entry.at_run_time());
        needed.filter(|entry| known.insert((entry.group.as_str(), entry.artifact.as_str()))).collect()
    }
}

/// The places of modules by their names.
fn names(modules: &[Module]) -> BTreeMap<(String, String), usize> {
    let name = |(at, module): (usize, &Module)| ((module.lineage.group(), module.lineage.artifact()), at);
    modules.iter().enumerate().map(name).collect()
}

/// Finds out which modules need which.
fn connect(modules: &mut [Module]) {
    let names = names(modules);
    let mut libraries = BTreeSet::new();
    for (at, module) in modules.iter_mut().enumerate() {
        let named = module.dependencies.iter().map(|entry| (entry.group.clone(), entry.artifact.clone()));
        module.siblings = named.filter_map(|name| names.get(&name).copied()).filter(|sibling| *sibling != at).collect();
        libraries.extend(module.siblings.iter().copied());
    }
    modules.iter_mut().enumerate().for_each(|(at, module)| module.is_library = libraries.contains(&at));
}

/// The poms that were read so far.
struct Poms<'r> {
    repo: &'r Repo,
    poms: BTreeMap<String, Rc<Pom>>,
    /// The parents that lie in the repository, by the file of the pom that names them.
    parents: BTreeMap<String, String>,
    /// The profiles that are asked for.
    asked: Vec<String>,
    faults: Vec<Fact>,
    faulty: BTreeSet<String>,
}

impl<'r> Poms<'r> {
    fn new(repo: &'r Repo) -> Self {
        let (poms, parents) = (BTreeMap::new(), BTreeMap::new());
        let asked = config::read(repo).profiles;
        Poms { repo, poms, parents, asked, faults: Vec::new(), faulty: BTreeSet::new() }
    }

    /// The modules that the pom at the top leads to, and those that are named and not there.
    fn walk(&mut self) -> (Vec<Module>, Vec<Fact>) {
        let (mut modules, mut missing) = (Vec::new(), Vec::new());
        visit(["pom.xml".to_owned()], |file| {
            if modules.len() >= MODULES || !self.load(file) {
                return Vec::new();
            }
            self.load_parents(file);
            let lineage = self.lineage(file);
            let next = self.modules_of(file, &lineage, &mut missing);
            modules.push(Module::new(self.repo, file.clone(), lineage));
            next
        });
        (modules, missing)
    }

    /// A profile whose name says production, where none is asked for: the pom that has it, and the name.
    fn production(&self) -> Option<(String, String)> {
        let named = |id: &&String| self.poms.iter().find(|(_, pom)| pom.profiles.iter().any(|one| one.id == **id));
        let mut found = CATALOG.profile.production.iter().filter_map(|id| Some((named(&id)?.0.clone(), id.clone())));
        found.next().filter(|_| self.asked.is_empty())
    }

    /// Whether a pom is there and can be read; each one is read once.
    fn load(&mut self, file: &str) -> bool {
        if self.poms.contains_key(file) || self.faulty.contains(file) {
            return self.poms.contains_key(file);
        }
        match parsed(self.repo, file, pom::parse, &mut self.faults) {
            Some(pom) => self.poms.insert(file.to_owned(), Rc::new(pom)).is_none(),
            None => !self.faulty.insert(file.to_owned()),
        }
    }

    fn load_parents(&mut self, file: &str) {
        let mut file = file.to_owned();
        for _ in 0..PARENTS {
            let Some(parent) = self.poms.get(&file).and_then(|pom| parent_path(self.repo, &file, pom)) else { return };
            if self.parents.contains_key(&file) || !self.load(&parent) {
                return;
            }
            self.parents.insert(file, parent.clone());
            file = parent;
        }
    }

    /// A pom with its parents.
    fn lineage(&self, file: &str) -> Lineage {
        let parent = |file: &&String| self.parents.get(file.as_str());
        let file_itself = file.to_owned();
        let files = std::iter::successors(Some(&file_itself), parent).take(PARENTS + 1);
        let exists = |path: &str| self.repo.exists(&join(path::parent(file), path));
        Lineage::new(files.filter_map(|file| self.poms.get(file).cloned()), &self.asked, &exists)
    }

    /// The poms of the modules that a pom names; one that is not there is a fault.
    fn modules_of(&self, file: &str, lineage: &Lineage, missing: &mut Vec<Fact>) -> Vec<String> {
        let mut found = Vec::new();
        for (written, entry) in lineage.modules() {
            match resolve(path::parent(file), &entry).and_then(|path| pom_at(self.repo, &path)) {
                Some(pom) => found.push(pom),
                None => {
                    let is_outside = resolve(path::parent(file), &entry).is_none();
                    let why = if is_outside { OUTSIDE } else { "there is no pom for this module" };
                    missing.push(Fact::unreadable(file, &Fault::new(why, &format!("<module>{written}</module>"))));
                }
            }
        }
        found
    }

    fn lost_parent(&self) -> Option<(String, Parent)> {
        let parents = self.poms.iter().filter_map(|(file, pom)| Some((file, pom, pom.parent.as_ref()?)));
        let is_lost = |(file, pom, parent): &(&String, &Rc<Pom>, &Parent)| {
            let path = parent.relative_path.as_deref();
            let is_outside = path.is_some_and(|path| !path.is_empty() && resolve(path::parent(file), path).is_none());
            let is_named = path.is_some_and(|path| path != "../pom.xml");
            let is_final = !parent.version.ends_with("-SNAPSHOT") && !parent.version.contains("${");
            is_outside && (is_named || !is_final || pom.version.is_none())
        };
        parents.into_iter().find(is_lost).map(|(file, _, parent)| (file.clone(), parent.clone()))
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
    let path = pom_at(repo, &resolve(path::parent(file), parent.relative_path.as_deref()?)?)?;
    let text = repo.text(&path)?;
    (path != file && text.contains(&parent.artifact)).then_some(path)
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
        let modules: Vec<&str> = reactor.modules.iter().map(|module| module.file.as_str()).collect();
        assert_eq!(modules, ["pom.xml", "app/pom.xml"]);
        assert_eq!(reactor.files, ["app/pom.xml", "parent/pom.xml", "pom.xml"]);
        assert_eq!(reactor.modules[1].lineage.property("a").as_deref(), Some("1"));
        assert_eq!(reactor.faults.len(), 1);
    }

    #[test]
    fn a_parent_that_nobody_published_is_missed() {
        let lost = |parent: &str| {
            let pom = format!(
                "<project><artifactId>a</artifactId><parent><artifactId>p</artifactId>{parent}</parent></project>"
            );
            let repo = Repo::from_list("x", [("pom.xml", pom.as_str())]);
            Reactor::read(&repo).lost_parent.is_some()
        };
        assert!(lost("<version>1.0-SNAPSHOT</version>"));
        assert!(lost("<version>${revision}</version><relativePath>../../pom.xml</relativePath>"));
        assert!(!lost("<version>1.0</version></parent><version>1</version><parent>"));
        assert!(lost("<version>1.0</version>"));
        assert!(lost(
            "<version>1.0</version><relativePath>../build/pom.xml</relativePath></parent><version>1</version><parent>"
        ));
        assert!(!lost("<version>1.0-SNAPSHOT</version><relativePath/>"));
    }
}
