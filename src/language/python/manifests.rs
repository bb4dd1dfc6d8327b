//! The manifests of a Python project: what they are, and what the program depends on by them.

use std::collections::BTreeSet;

use globset::Glob;

use super::requirements::{Dependency, RequirementsSet, join, optional_requirements};
use super::rows::{BackEnd, CATALOG, Manager};
use crate::catalog;
use crate::dockerignore::Matcher;
use crate::facts::Fact;
use crate::format::pipfile::{self, Pipfile, PipfileLock};
use crate::format::pyproject::{self, Pyproject};
use crate::format::python_lock::{self, Lock};
use crate::format::requirements::{self, Requirement, normalize};
use crate::format::setup_cfg::{self, SetupCfg};
use crate::language::parsed;
use crate::members::Members;
use crate::path;
use crate::repo::Repo;
use crate::source::python::Module;

/// The lock file of Pipenv, which has a shape of its own.
pub const PIPFILE_LOCK: &str = "Pipfile.lock";

/// How requirements are asked for that are not always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An extra of the project.
    Extra,
    /// A group of dependencies.
    Group,
    /// A requirements file beside the main one.
    File,
}

/// Requirements that are installed only where somebody asks for them.
#[derive(Debug, Clone)]
pub struct Choice {
    /// How.
    pub form: Form,
    /// The name to ask by; of a file its path.
    pub name: String,
    /// The file that says them.
    pub file: String,
    /// The requirements.
    pub requirements: Vec<Requirement>,
}

impl Choice {
    /// What it brings.
    pub fn dependencies(&self) -> Vec<Dependency> {
        from(&self.file, &self.requirements)
    }
}

fn from(file: &str, list: &[Requirement]) -> Vec<Dependency> {
    let dependency = |requirement: &Requirement| Dependency { requirement: requirement.clone(), file: file.to_owned() };
    list.iter().map(dependency).collect()
}

/// What is installed of the manifests.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// What is asked for beside what is always there.
    pub choices: Vec<Choice>,
    /// The member of the workspace, by its place.
    pub member: Option<usize>,
}

/// A member of a workspace.
#[derive(Debug)]
pub struct Member {
    /// Its manifest.
    pub path: String,
    /// What that says.
    pub pyproject: Pyproject,
}

impl Member {
    /// Its folder.
    pub fn folder(&self) -> &str {
        path::parent(&self.path)
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
    /// The other members of a workspace.
    pub members: Vec<Member>,
    /// Requirements files beside the main one.
    others: Vec<Choice>,
    /// Files that the build of the project writes its version into, which are not there.
    pub unwritten: Vec<String>,
    /// What compiles parts of the project, and a source of it.
    pub compiled: Option<(&'static BackEnd, String)>,
    /// Files that the manifest names and the .dockerignore keeps away: a readme, a license.
    pub stand_ins: Vec<String>,
    /// Files that cannot be read, with the reason.
    pub faults: Vec<Fact>,
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
        let named = read.pyproject.as_ref().map(|read| read.requirement_files.as_slice()).unwrap_or_default();
        read.requirements = RequirementsSet::read(repo, named, faults);
        read.others = read.requirements.as_ref().map(|set| other_files(repo, set)).unwrap_or_default();
        if let Some(pyproject) = &read.pyproject {
            read.members = members(repo, &pyproject.workspace_members);
            read.stand_ins = stand_ins(repo, pyproject);
            let written = pyproject.version_files.iter().filter_map(|file| join("", file));
            read.unwritten = written.filter(|file| !repo.has(file)).collect();
        }
        read.compiled = compiled(repo, &read);
        read
    }

    /// Whether the top only holds a workspace together.
    pub fn is_virtual(&self) -> bool {
        let is_bare =
            |read: &Pyproject| read.dependencies.is_empty() && read.scripts.is_empty() && read.build_system.is_none();
        let names_nothing = |read: &Pyproject| (!read.has_project || is_bare(read)) && !read.has_poetry;
        !self.members.is_empty() && self.pyproject.as_ref().is_some_and(names_nothing)
    }

    /// The members of the workspace, and those that what is installed needs.
    pub fn made_of(&self, selection: &Selection) -> Members {
        let folder = |member: &Member| member.folder().to_owned();
        let names =
            |member: &Member, name: &str| member.pyproject.name.as_deref().map(normalize) == Some(normalize(name));
        let started = selection.member.and_then(|at| self.members.get(at));
        let mut own: BTreeSet<String> = started.map(folder).into_iter().collect();
        let mut waiting: Vec<&Pyproject> =
            started.map(|it| &it.pyproject).or(self.pyproject.as_ref()).into_iter().collect();
        while let Some(read) = waiting.pop() {
            let of_extras = read.extras.iter().flat_map(|(_, list)| list);
            for requirement in read.dependencies.iter().chain(of_extras) {
                let named = self.members.iter().filter(|member| names(member, &requirement.name));
                waiting.extend(named.filter(|member| own.insert(folder(member))).map(|member| &member.pyproject));
            }
        }
        Members::new(self.members.iter().map(folder), own)
    }

    /// What may be asked for beside what a manager always installs.
    pub fn choices(&self, manager: &Manager) -> Vec<Choice> {
        let choice = |form, file: &str, (name, requirements): &(String, Vec<Requirement>)| Choice {
            form,
            name: name.clone(),
            file: file.to_owned(),
            requirements: requirements.clone(),
        };
        let of_pyproject = self.pyproject.iter().flat_map(|read| {
            let extras = read.extras.iter().map(|extra| choice(Form::Extra, "pyproject.toml", extra));
            extras.chain(read.groups.iter().map(|group| choice(Form::Group, "pyproject.toml", group)))
        });
        let of_cfg =
            self.setup_cfg.iter().flat_map(|cfg| &cfg.extras).map(|extra| choice(Form::Extra, "setup.py", extra));
        match manager.manifest == "requirements.txt" {
            true => self.others.iter().cloned().chain(of_cfg).collect(),
            false => of_pyproject.collect(),
        }
    }

    /// What production needs by its name.
    pub fn usual(&self, manager: &Manager) -> Selection {
        let is_usual = |choice: &Choice| choice.form == Form::Extra && CATALOG.names.production.contains(&choice.name);
        let choices = self.choices(manager).into_iter().filter(is_usual).collect();
        Selection { choices, member: None }
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
        let files = self.files();
        self.faults.iter().cloned().chain(files.iter().map(|file| Fact::manifest(file))).collect()
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
        named.chain(required).chain(self.members.iter().map(|member| member.path.clone())).collect()
    }

    /// What the program depends on by any manifest, by names.
    pub fn declared(&self) -> BTreeSet<String> {
        let members = 0..self.members.len();
        let selections = |row: &Manager| {
            let of_member = members.clone().filter(|_| self.is_virtual()).map(Some);
            let of_member = of_member.map(|member| Selection { member, choices: Vec::new() });
            std::iter::once(self.usual(row)).chain(of_member).collect::<Vec<_>>()
        };
        let of_row = |row: &Manager| -> Vec<Dependency> {
            selections(row).iter().flat_map(|selection| self.dependencies(row, selection)).collect()
        };
        CATALOG.manager.iter().flat_map(|row| names(&of_row(row))).collect()
    }

    /// What the program depends on by the word of this manager's manifest, without development.
    pub fn dependencies(&self, manager: &Manager, selection: &Selection) -> Vec<Dependency> {
        let member = selection.member.and_then(|at| self.members.get(at));
        let pyproject = || match member {
            Some(member) => Some(from(&member.path, &member.pyproject.dependencies)),
            None => self.pyproject.as_ref().map(|read| from("pyproject.toml", &read.dependencies)),
        };
        let found = match manager.manifest.as_str() {
            "requirements.txt" => self.requirements.as_ref().map(|set| set.dependencies.clone()),
            "Pipfile" => self.pipfile.as_ref().map(|pipfile| from("Pipfile", &pipfile.packages)),
            _ => pyproject(),
        };
        let of_cfg = || self.setup_cfg.as_ref().map(|cfg| from("setup.cfg", &cfg.install_requires));
        let mut all = found.or_else(pyproject).or_else(of_cfg).unwrap_or_default();
        all.extend(selection.choices.iter().flat_map(Choice::dependencies));
        all
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

/// Requirements files beside the main one.
fn other_files(repo: &Repo, set: &RequirementsSet) -> Vec<Choice> {
    let choice = |(_, path): (String, &str)| {
        let read = requirements::parse(repo.text(path)?).ok()?;
        let (name, file) = (path.to_owned(), path.to_owned());
        Some(Choice { form: Form::File, name, file, requirements: read.requirements })
    };
    let is_aside = |name: &str| {
        CATALOG.names.aside.iter().chain(&CATALOG.names.development).any(|aside| name.contains(aside.as_str()))
    };
    let found = optional_requirements(repo, set).into_iter().filter(|(name, _)| !is_aside(name));
    found.filter_map(choice).collect()
}

/// What compiles parts of the project: its build asks for it, and there is a source for it.
fn compiled(repo: &Repo, read: &Manifests) -> Option<(&'static BackEnd, String)> {
    let system = read.pyproject.as_ref().and_then(|read| read.build_system.as_ref());
    let asked: Vec<String> = match system {
        Some(system) => {
            system.requires.iter().filter_map(|text| Some(requirements::parse_requirement(text)?.name)).collect()
        }
        None if read.has_setup_py => CATALOG.build_requires.clone(),
        None => Vec::new(),
    };
    let is_aside = |path: &str| path.split('/').any(|part| CATALOG.names.aside.iter().any(|aside| aside == part));
    let source = |row: &BackEnd| {
        let compiles =
            |path: &&str| row.endings.iter().any(|ending| path.ends_with(ending.as_str())) && !is_aside(path);
        repo.files().filter(compiles).min_by_key(|path| (path.len(), *path)).map(str::to_owned)
    };
    let mut rows = CATALOG.back_end.iter().filter(|row| row.requires.iter().any(|name| asked.contains(name)));
    rows.find_map(|row| Some((row, source(row)?)))
}

/// The members of a workspace.
fn members(repo: &Repo, patterns: &[String]) -> Vec<Member> {
    if patterns.is_empty() {
        return Vec::new();
    }
    let globs: Vec<_> =
        patterns.iter().filter_map(|pattern| Some(Glob::new(pattern).ok()?.compile_matcher())).collect();
    let is_member = |path: &&str| {
        path.strip_suffix("/pyproject.toml").is_some_and(|folder| globs.iter().any(|glob| glob.is_match(folder)))
    };
    let member = |path: &str| {
        let pyproject = pyproject::parse(repo.text(path)?).ok()?;
        Some(Member { path: path.to_owned(), pyproject })
    };
    repo.files().filter(is_member).filter_map(member).collect()
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
    let extra = |(name, list): (&str, Vec<&str>)| {
        (name.to_owned(), list.into_iter().filter_map(requirements::parse_requirement).collect())
    };
    let entry_points = module.keyword_lists("entry_points").into_iter();
    let declared = entry_points.filter(|(group, _)| *group == "console_scripts").flat_map(|(_, list)| list);
    let pair =
        |line: &str| line.split_once('=').map(|(name, target)| (name.trim().to_owned(), target.trim().to_owned()));
    Some(SetupCfg {
        extras: module.keyword_lists("extras_require").into_iter().map(extra).collect(),
        scripts: declared.filter_map(pair).collect(),
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
