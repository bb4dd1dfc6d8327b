//! The manifests of a Python project: what they are, what the program depends on, which manager keeps them.

use std::collections::BTreeSet;

use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::format::pep440::{Bare, npm_range};
use crate::format::pipfile::{self, Pipfile, PipfileLock};
use crate::format::pyproject::{self, Pyproject};
use crate::format::python_lock::{self, Lock};
use crate::format::requirements::{self, Requirement, normalize};
use crate::format::setup_cfg::{self, SetupCfg};
use crate::format::{Fault, python_version};
use crate::plan::toolchain;
use crate::repo::Repo;
use crate::source::python::Module;

/// Requirements files in the order in which they are taken, where several could be the one for production.
const REQUIREMENTS: [&str; 18] = [
    "requirements.txt",
    "requirements/production.txt",
    "requirements/prod.txt",
    "requirements/deploy.txt",
    "requirements/main.txt",
    "requirements/requirements.txt",
    "requirements/base.txt",
    "requirements/common.txt",
    "requirements/app.txt",
    "requirements/web.txt",
    "requirements-prod.txt",
    "requirements-production.txt",
    "requirements_prod.txt",
    "requirements.prod.txt",
    "requirements.lock",
    "requirements/requirements.in",
    "requirements.in",
    "requirement.txt",
];

/// Extras for production.
const PRODUCTION: [&str; 5] = ["prod", "production", "deploy", "deployment", "server"];

/// Requirements files that are followed at most.
const MOST_FILES: usize = 40;

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

/// A requirements file with all that it includes.
#[derive(Debug, Clone, Default)]
pub struct RequirementsSet {
    /// The file that is installed.
    pub file: String,
    /// It and every file that it includes or is constrained by.
    pub files: Vec<String>,
    /// Included files that are not there.
    pub missing: Vec<String>,
    /// All requirements.
    pub dependencies: Vec<Dependency>,
    /// Addresses of package indexes.
    pub indexes: Vec<String>,
    /// Folders of wheels in the repository.
    pub find_links: Vec<String>,
    /// Every line needs a hash.
    pub hashed: bool,
}

/// Everything that the manifests say.
#[derive(Debug, Default)]
pub struct Project {
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
    /// Files that cannot be read, with the reason.
    pub faults: Vec<(String, Fault)>,
}

/// Lock files of the shape that [`python_lock`] reads.
const LOCKS: [&str; 3] = ["uv.lock", "poetry.lock", "pdm.lock"];

impl Project {
    /// Reads what lies at the top of the repository.
    pub fn read(repo: &Repo) -> Self {
        let mut project = Project { has_setup_py: repo.has("setup.py"), ..Project::default() };
        let faults = &mut project.faults;
        project.pyproject = read(repo, "pyproject.toml", pyproject::parse, faults);
        project.pipfile = read(repo, "Pipfile", pipfile::parse, faults);
        project.pipfile_lock = read(repo, "Pipfile.lock", pipfile::parse_lock, faults);
        let cfg = read(repo, "setup.cfg", setup_cfg::parse, faults);
        // Most files of this name only configure linters.
        project.setup_cfg = cfg.filter(|cfg| *cfg != SetupCfg::default()).or_else(|| setup_py(repo));
        for file in LOCKS {
            project.locks.extend(read(repo, file, python_lock::parse, faults).map(|lock| (file, lock)));
        }
        project.requirements = main_requirements(repo).map(|file| requirements_set(repo, &file, faults));
        project
    }

    /// The lock file of a manager.
    pub fn lock(&self, file: &str) -> Option<&Lock> {
        self.locks.iter().find(|(name, _)| *name == file).map(|(_, lock)| lock)
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
        let found = match manager {
            "pip" => self.requirements.as_ref().map(|set| set.dependencies.clone()),
            "pipenv" => self.pipfile.as_ref().map(|pipfile| from("Pipfile", &pipfile.packages)),
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
        extras.map(|(name, _)| name.clone()).filter(|name| PRODUCTION.contains(&name.as_str())).collect()
    }

    /// Folders that hold top-level packages, as the build's tables say.
    pub fn source_roots(&self) -> Vec<String> {
        let mut roots = self.pyproject.as_ref().map(|pyproject| pyproject.source_roots.clone()).unwrap_or_default();
        roots.extend(self.setup_cfg.as_ref().and_then(|cfg| cfg.source_root.clone()));
        roots.iter().map(|root| root.trim_start_matches("./").trim_end_matches('/').to_owned()).collect()
    }

    /// Commands that the project declares: name and `module:function`.
    pub fn scripts(&self) -> Vec<(String, String)> {
        let mut scripts = self.pyproject.as_ref().map(|pyproject| pyproject.scripts.clone()).unwrap_or_default();
        scripts.extend(self.setup_cfg.iter().flat_map(|cfg| cfg.scripts.clone()));
        scripts
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

fn read<T>(
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

/// A file for production that includes the plain one, else the first of the table, else the only one there is.
fn main_requirements(repo: &Repo) -> Option<String> {
    let there: Vec<&str> = REQUIREMENTS.into_iter().filter(|file| repo.has(file)).collect();
    let wraps = |file: &&str| {
        file.contains("prod")
            && repo.text(file).is_some_and(|text| {
                text.lines().any(|line| line.trim_start().starts_with("-r") && line.contains("requirements.txt"))
            })
    };
    let chosen = there.iter().copied().find(wraps).or(there.first().copied());
    chosen.map(str::to_owned).or_else(|| {
        let is_one = |path: &&str| {
            path.ends_with(".txt")
                && path.rsplit('/').next().is_some_and(|name| {
                    name.starts_with("requirement") && !name.contains("dev") && !name.contains("test")
                })
        };
        let mut others = repo.inside("").chain(repo.inside("requirements")).filter(is_one);
        others.next().filter(|_| others.next().is_none()).map(str::to_owned)
    })
}

fn requirements_set(repo: &Repo, file: &str, faults: &mut Vec<(String, Fault)>) -> RequirementsSet {
    let mut set = RequirementsSet { file: file.to_owned(), ..RequirementsSet::default() };
    let mut open = vec![(file.to_owned(), true)];
    let mut seen = BTreeSet::new();
    while let Some((path, counts)) = open.pop() {
        if !seen.insert(path.clone()) || seen.len() > MOST_FILES {
            continue;
        }
        if !repo.has(&path) {
            set.missing.push(path);
            continue;
        }
        set.files.push(path.clone());
        let Some(read) = read(repo, &path, requirements::parse, faults) else { continue };
        for line in &read.unknown {
            faults.push((path.clone(), Fault::new("this line is no requirement", line)));
        }
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        open.extend(read.includes.iter().filter_map(|include| join(folder, include)).map(|path| (path, counts)));
        open.extend(read.constraints.iter().filter_map(|include| join(folder, include)).map(|path| (path, false)));
        if counts {
            set.dependencies.extend(
                read.requirements.into_iter().map(|requirement| Dependency { requirement, file: path.clone() }),
            );
        }
        set.indexes.extend(read.indexes);
        set.find_links.extend(read.find_links);
        set.hashed |= read.hashed;
    }
    set.files.sort();
    set
}

/// A path relative to a folder, `.` and `..` resolved; `None` where it leads out of the repository.
pub fn join(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains("://") {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// A release as version files name it; only Python's own implementation has images.
pub fn release(text: &str) -> Option<toolchain::Requirement> {
    let wanted = python_version::parse(text).ok()?.into_iter().next()?;
    let npm = npm_range(&wanted.version, Bare::Line).filter(|_| wanted.implementation == "cpython")?;
    toolchain::Requirement::range(&wanted.version, &npm)
}

/// Which Python the manifests ask for. Pipenv only warns of another.
pub fn versions(project: &Project) -> Vec<Fact> {
    let pyproject = project.pyproject.as_ref();
    let pipfile = project.pipfile.as_ref().and_then(|pipfile| pipfile.python.clone());
    let lock = project.pipfile_lock.as_ref().and_then(|lock| lock.python.clone()).filter(|_| pipfile.is_none());
    let cfg = project.setup_cfg.as_ref().and_then(|cfg| cfg.python_requires.clone());
    let sources = [
        (pyproject.and_then(|p| p.requires_python.clone()), "pyproject.toml", "requires-python"),
        (pyproject.and_then(|p| p.poetry_python.clone()), "pyproject.toml", "python"),
        (cfg, "setup.cfg", "python_requires"),
        (pipfile, "Pipfile", "python_version"),
        (lock, "Pipfile.lock", "python_version"),
    ];
    let fact = |(text, file, key): (Option<String>, &str, &str)| {
        let text = text?;
        let wanted = toolchain::Requirement::range(&text, &npm_range(&text, Bare::Line)?)?;
        let kind = if file.starts_with("Pipfile") { Kind::Toolchain } else { Kind::Bound };
        Some(Fact::new(kind("python".to_owned(), wanted), file, &format!("{key} = \"{text}\""), Strength::Stated))
    };
    sources.into_iter().filter_map(fact).collect()
}

/// The managers that files speak for, the strongest first.
pub fn managers(repo: &Repo, project: &Project) -> Vec<Fact> {
    let fact = |id: &str, version: Option<String>, file: &str, quote: &str, strength| {
        Fact::new(Kind::Manager(id.to_owned(), version), file, quote, strength)
    };
    let mut facts = Vec::new();
    for (id, file) in [("uv", "uv.lock"), ("poetry", "poetry.lock"), ("pdm", "pdm.lock"), ("pipenv", "Pipfile.lock")] {
        if repo.has(file) {
            facts.push(fact(id, None, file, "", Strength::Pinned));
        }
    }
    if let Some(set) = &project.requirements {
        facts.push(fact("pip", None, &set.file, "", Strength::Stated));
    }
    if project.pipfile.is_some() {
        facts.push(fact("pipenv", None, "Pipfile", "", Strength::Stated));
    }
    if let Some(pyproject) = &project.pyproject {
        let id = if pyproject.has_poetry && !pyproject.has_project { "poetry" } else { "uv" };
        let names_packages = pyproject.has_poetry || !pyproject.dependencies.is_empty();
        if names_packages && !pyproject.dynamic.iter().any(|field| field == "dependencies") {
            facts.push(fact(id, None, "pyproject.toml", "dependencies", Strength::Convention));
        }
    }
    if facts.is_empty() && (project.has_setup_py || project.setup_cfg.is_some() || project.pyproject.is_some()) {
        let file =
            ["setup.py", "setup.cfg", "pyproject.toml"].into_iter().find(|file| repo.has(file)).unwrap_or_default();
        facts.push(fact("pip", None, file, "", Strength::Convention));
    }
    facts
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_follow_their_includes() {
        let repo = Repo::from_list(
            "x",
            [
                ("requirements/base.txt", "flask==3.0\n-c ../constraints.txt\n"),
                ("requirements/production.txt", "-r base.txt\ngunicorn\n-r missing.txt\n"),
                ("constraints.txt", "werkzeug==3\n"),
                ("requirements/dev.txt", "pytest\n"),
            ],
        );
        let set = Project::read(&repo).requirements.unwrap();
        assert_eq!(set.file, "requirements/production.txt");
        assert_eq!(set.files, ["constraints.txt", "requirements/base.txt", "requirements/production.txt"]);
        assert_eq!(set.missing, ["requirements/missing.txt"]);
        let all: Vec<_> = set.dependencies.iter().map(|d| d.requirement.name.as_str()).collect();
        assert_eq!(all, ["gunicorn", "flask"]);
    }

    #[test]
    fn a_production_file_that_includes_the_plain_one_wins() {
        let repo = Repo::from_list(
            "x",
            [("requirements.txt", "flask"), ("requirements-prod.txt", "-r requirements.txt\ngunicorn")],
        );
        assert_eq!(Project::read(&repo).requirements.unwrap().file, "requirements-prod.txt");
    }

    #[test]
    fn a_lock_speaks_louder_than_an_export() {
        let repo = Repo::from_list(
            "x",
            [
                ("uv.lock", "version = 1"),
                ("requirements.txt", ""),
                ("pyproject.toml", "[project]\nname='x'\ndependencies=['a']"),
            ],
        );
        let facts = managers(&repo, &Project::read(&repo));
        let found: Vec<_> = facts.iter().map(|fact| (fact.kind.to_string(), fact.evidence.strength)).collect();
        assert_eq!(found[0], ("package manager uv".to_owned(), Strength::Pinned));
        assert_eq!(found[1], ("package manager pip".to_owned(), Strength::Stated));
    }

    #[test]
    fn manifests_bound_the_release_and_pipenv_only_asks() {
        let repo = Repo::from_list(
            "x",
            [
                ("pyproject.toml", "[project]\nrequires-python = '>=3.10,<3.13'"),
                ("Pipfile", "[requires]\npython_version = '3.11'"),
            ],
        );
        let facts = versions(&Project::read(&repo));
        let found: Vec<_> =
            facts.iter().map(|fact| (matches!(fact.kind, Kind::Bound(..)), fact.kind.to_string())).collect();
        assert_eq!(found, [(true, "toolchain >=3.10,<3.13".to_owned()), (false, "toolchain 3.11".to_owned())]);
        assert!(release("pypy3.10").is_none() && release("my-env").is_none() && release("3.12").is_some());
    }

    #[test]
    fn paths_stay_inside() {
        assert_eq!(join("a/b", "../c.txt").as_deref(), Some("a/c.txt"));
        assert_eq!(join("", "../c.txt"), None);
        assert_eq!(join("", "/c.txt"), None);
    }
}
