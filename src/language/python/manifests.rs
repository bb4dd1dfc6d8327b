//! The manifests of a Python project: what they are, and what the program depends on by them.

use std::collections::BTreeSet;

use globset::Glob;

use super::requirements::{RequirementsSet, join};
use super::rows::{CATALOG, Manager};
use crate::catalog;
use crate::dockerignore::Matcher;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::format::Fault;
use crate::format::pipfile::{self, Pipfile, PipfileLock};
use crate::format::pyproject::{self, Pyproject};
use crate::format::python_lock::{self, Lock};
use crate::format::requirements::{self, Requirement, normalize};
use crate::format::setup_cfg::{self, SetupCfg};
use crate::repo::Repo;
use crate::source::python::Module;

/// The lock file of Pipenv, which has a shape of its own.
pub const PIPFILE_LOCK: &str = "Pipfile.lock";

/// A requirement and the file that says it.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// The requirement.
    pub requirement: Requirement,
    /// The file.
    pub file: String,
}

impl Dependency {
    /// The testimony.
    pub fn evidence(&self, strength: Strength) -> Evidence {
        Evidence::new(&self.file, &self.requirement.to_string(), strength)
    }
}

/// Everything that the manifests say.
#[derive(Debug, Default)]
pub struct Manifests {
    /// `pyproject.toml`.
    pub pyproject: Option<Pyproject>,
    /// `Pipfile`.
    pub pipfile: Option<Pipfile>,
    /// `Pipfile.lock`.
    pub pipfile_lock: Option<PipfileLock>,
    /// `setup.cfg`.
    pub setup_cfg: Option<SetupCfg>,
    /// There is a `setup.py`.
    pub has_setup_py: bool,
    /// The requirements file that counts.
    pub requirements: Option<RequirementsSet>,
    /// Lock files: the file's name and what it says.
    pub locks: Vec<(&'static str, Lock)>,
    /// Manifests of the other members of a workspace.
    pub members: Vec<String>,
    /// Files that the manifest names and the .dockerignore keeps away: a readme, a license.
    pub stand_ins: Vec<String>,
    /// Files that cannot be read, with the reason.
    pub faults: Vec<(String, Fault)>,
}

impl Manifests {
    /// Reads what lies at the top of the repository.
    pub fn read(repo: &Repo) -> Self {
        let mut read = Manifests { has_setup_py: repo.has("setup.py"), ..Manifests::default() };
        let faults = &mut read.faults;
        read.pyproject = parsed(repo, "pyproject.toml", pyproject::parse, faults);
        read.pipfile = parsed(repo, "Pipfile", pipfile::parse, faults);
        read.pipfile_lock = parsed(repo, PIPFILE_LOCK, pipfile::parse_lock, faults);
        let cfg = parsed(repo, "setup.cfg", setup_cfg::parse, faults);
        // Most files of this name only configure linters.
        read.setup_cfg = cfg.filter(|cfg| *cfg != SetupCfg::default()).or_else(|| setup_py(repo));
        let locks = CATALOG.manager.iter().map(|row| row.lock.as_str());
        for file in locks.filter(|file| !matches!(*file, "" | PIPFILE_LOCK)) {
            read.locks.extend(parsed(repo, file, python_lock::parse, faults).map(|lock| (file, lock)));
        }
        read.requirements = RequirementsSet::read(repo, faults);
        read.members = read.pyproject.as_ref().map(|read| members(repo, &read.workspace_members)).unwrap_or_default();
        read.stand_ins = read.pyproject.as_ref().map(|read| stand_ins(repo, read)).unwrap_or_default();
        read
    }

    /// The lock file of a manager.
    pub fn lock(&self, file: &str) -> Option<&Lock> {
        self.locks.iter().find(|(name, _)| *name == file).map(|(_, lock)| lock)
    }

    /// Whether the lock file of a manager is there.
    pub fn has_lock(&self, manager: &Manager) -> bool {
        self.lock(&manager.lock).is_some() || (manager.lock == PIPFILE_LOCK && self.pipfile_lock.is_some())
    }

    /// The testimony of the files: those that cannot be read, and those that packages are installed from.
    pub fn testify(&self) -> Vec<Fact> {
        let fault = |(file, fault): &(String, Fault)| {
            Fact::new(Kind::Unreadable(fault.what.clone()), file, &fault.quote, Strength::Stated)
        };
        let files = self.files().into_iter();
        let manifests = files.map(|file| Fact::new(Kind::Manifest(file.clone()), &file, "", Strength::Stated));
        self.faults.iter().map(fault).chain(manifests).collect()
    }

    /// The files that packages are installed from, whichever manager does it.
    fn files(&self) -> BTreeSet<String> {
        let named = [
            (self.pyproject.is_some(), "pyproject.toml"),
            (self.pipfile.is_some(), "Pipfile"),
            (self.pipfile_lock.is_some(), PIPFILE_LOCK),
        ];
        let named = named.into_iter().filter_map(|(is_there, file)| is_there.then_some(file));
        let named = named.chain(self.locks.iter().map(|(file, _)| *file)).map(str::to_owned);
        let required = self.requirements.iter().flat_map(|set| set.files.iter().cloned());
        named.chain(required).chain(self.members.iter().cloned()).collect()
    }

    /// What the program depends on by any manifest, by names.
    pub fn declared(&self) -> BTreeSet<String> {
        CATALOG.manager.iter().flat_map(|row| names(&self.dependencies(&row.id))).collect()
    }

    /// What the program depends on by the word of this manager's manifest, without development.
    pub fn dependencies(&self, manager: &str) -> Vec<Dependency> {
        let from = |file: &str, list: &[Requirement]| -> Vec<Dependency> {
            list.iter()
                .map(|requirement| Dependency { requirement: requirement.clone(), file: file.to_owned() })
                .collect()
        };
        let pyproject = || {
            let pyproject = self.pyproject.as_ref()?;
            let mut all = pyproject.dependencies.clone();
            let wanted = self.production_extras();
            all.extend(
                pyproject.extras.iter().filter(|(name, _)| wanted.contains(name)).flat_map(|(_, list)| list.clone()),
            );
            Some(from("pyproject.toml", &all))
        };
        let manifest = CATALOG.manager.iter().find(|row| row.id == manager).map(|row| row.manifest.as_str());
        let found = match manifest {
            Some("requirements.txt") => self.requirements.as_ref().map(|set| set.dependencies.clone()),
            Some("Pipfile") => self.pipfile.as_ref().map(|pipfile| from("Pipfile", &pipfile.packages)),
            _ => pyproject(),
        };
        found
            .or_else(pyproject)
            .or_else(|| self.setup_cfg.as_ref().map(|cfg| from("setup.cfg", &cfg.install_requires)))
            .unwrap_or_default()
    }

    /// Extras that production needs, by their names.
    pub fn production_extras(&self) -> Vec<String> {
        let extras = self.pyproject.iter().flat_map(|pyproject| &pyproject.extras);
        extras.map(|(name, _)| name.clone()).filter(|name| CATALOG.names.production.contains(name)).collect()
    }

    /// Folders that hold top-level packages, as the build's tables say.
    pub fn source_roots(&self) -> Vec<String> {
        let mut roots = self.pyproject.as_ref().map(|pyproject| pyproject.source_roots.clone()).unwrap_or_default();
        roots.extend(self.setup_cfg.as_ref().and_then(|cfg| cfg.source_root.clone()));
        roots.iter().map(|root| root.trim_start_matches("./").trim_end_matches('/').to_owned()).collect()
    }

    /// Commands that the project declares: the file, the name and `module:function`.
    pub fn scripts(&self) -> Vec<(&'static str, String, String)> {
        let of_pyproject = self.pyproject.iter().flat_map(|read| &read.scripts).map(|pair| ("pyproject.toml", pair));
        let of_cfg = self.setup_cfg.iter().flat_map(|read| &read.scripts).map(|pair| ("setup.cfg", pair));
        of_pyproject.chain(of_cfg).map(|(file, (name, target))| (file, name.clone(), target.clone())).collect()
    }

    /// The project's own name and the file that says it.
    pub fn name(&self) -> Option<(&str, &'static str)> {
        let of_pyproject = self
            .pyproject
            .as_ref()
            .and_then(|pyproject| pyproject.name.as_deref())
            .map(|name| (name, "pyproject.toml"));
        of_pyproject.or_else(|| self.setup_cfg.as_ref()?.name.as_deref().map(|name| (name, "setup.cfg")))
    }
}

/// What a file says, where it is there and can be read.
pub fn parsed<T>(
    repo: &Repo,
    file: &str,
    parse: fn(&str) -> Result<T, Fault>,
    faults: &mut Vec<(String, Fault)>,
) -> Option<T> {
    let text = match repo.try_text(file)? {
        Ok(text) => text,
        Err(why) => {
            faults.push((file.to_owned(), Fault::new(why.to_string(), "")));
            return None;
        }
    };
    parse(text).map_err(|fault| faults.push((file.to_owned(), fault))).ok()
}

/// The manifests of a workspace's members.
fn members(repo: &Repo, patterns: &[String]) -> Vec<String> {
    if patterns.is_empty() {
        return Vec::new();
    }
    let globs: Vec<_> =
        patterns.iter().filter_map(|pattern| Some(Glob::new(pattern).ok()?.compile_matcher())).collect();
    let is_member = |path: &&str| {
        path.strip_suffix("/pyproject.toml").is_some_and(|folder| globs.iter().any(|glob| glob.is_match(folder)))
    };
    repo.files().filter(is_member).map(str::to_owned).collect()
}

/// What the build back end reads and the .dockerignore hides.
fn stand_ins(repo: &Repo, pyproject: &Pyproject) -> Vec<String> {
    let named = pyproject.build_reads.iter().filter_map(|path| join("", path)).filter(|path| repo.has(path));
    let named: BTreeSet<String> = named.collect();
    if named.is_empty() {
        return Vec::new();
    }
    let hidden = Matcher::new(&catalog::SHARED.clutter.join("\n"));
    named.into_iter().filter(|path| hidden.hides(path)).collect()
}

/// What a `setup.py` says in plain words.
fn setup_py(repo: &Repo) -> Option<SetupCfg> {
    let module = Module::new(repo.text("setup.py")?);
    let text = |keyword: &str| module.keyword_texts(keyword).first().map(|text| (*text).to_owned());
    Some(SetupCfg {
        name: text("name"),
        python_requires: text("python_requires"),
        install_requires: module
            .keyword_texts("install_requires")
            .into_iter()
            .filter_map(requirements::parse_requirement)
            .collect(),
        ..SetupCfg::default()
    })
}

/// Names in normal form, extras written as `name[extra]` too.
pub fn names(dependencies: &[Dependency]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for Dependency { requirement, .. } in dependencies {
        names.insert(requirement.name.clone());
        names.extend(requirement.extras.iter().map(|extra| format!("{}[{extra}]", requirement.name)));
    }
    names.remove("");
    names
}

/// Whether two names are the same for pip.
pub fn is_same(a: &str, b: &str) -> bool {
    normalize(a) == normalize(b)
}
