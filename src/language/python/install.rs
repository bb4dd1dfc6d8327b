//! How packages get into the environment: by pip, by uv, through an exported lock, by PDM; and whether the project
//! itself has to be installed.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use globset::Glob;
use regex::Regex;
use serde::Serialize;

use super::packages::numbers;
use super::program::Program;
use super::project::{Dependency, Project, join};
use super::rows::{CATALOG, Form, Manager};
use crate::catalog;
use crate::dockerignore::Matcher;
use crate::error::Error;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::plan::toolchain::Toolchain;
use crate::plan::{Decision, Planner, topic};
use crate::repo::Repo;
use crate::source::pattern;

/// A variable in an index's address.
static VARIABLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}"));

/// Build requirements of a project that names none.
const SETUPTOOLS: [&str; 2] = ["setuptools", "wheel"];

/// The words of the template.
#[derive(Debug, Default, Serialize)]
pub struct View {
    /// There is nothing to install.
    pub nothing: bool,
    /// The environment is made by a step of its own.
    venv: bool,
    /// The pip of the image is too old to install into another environment.
    old_pip: bool,
    /// uv's version, where it installs.
    uv: Option<String>,
    /// `uv sync` and its flags.
    sync: Option<String>,
    /// `uv pip install -r pyproject.toml`.
    uv_pip: Option<UvPip>,
    /// A stage that turns the lock into a requirements file.
    lock: Option<LockStage>,
    /// A manager that installs by itself.
    tool: Option<Tool>,
    /// The file that pip installs.
    requirements: Option<String>,
    /// Files that the install step reads.
    manifests: Vec<String>,
    /// Folders that packages are installed from.
    copies: Vec<String>,
    /// The project itself is among the packages, so all of it is copied first.
    copies_all: bool,
    /// Secrets that the install step is given.
    pub secrets: Vec<Secret>,
    /// The project is installed too.
    pub project: Option<Build>,
    /// Some package comes from a git repository.
    pub needs_git: bool,
    /// What imports a part of setuptools that it has to be given.
    pub setuptools: Option<Setuptools>,
}

/// An older setuptools beside the packages.
#[derive(Debug, Serialize)]
pub struct Setuptools {
    who: String,
    below: &'static str,
}

impl View {
    /// Paths that the build reads.
    pub fn reads(&self) -> Vec<String> {
        let stage = self.lock.iter().flat_map(|lock| &lock.reads);
        self.manifests.iter().chain(stage).chain(&self.copies).cloned().collect()
    }
}

#[derive(Debug, Serialize)]
struct UvPip {
    flags: String,
}

#[derive(Debug, Serialize)]
struct LockStage {
    image: String,
    tools: String,
    reads: Vec<String>,
    command: String,
}

#[derive(Debug, Serialize)]
struct Tool {
    tools: String,
    command: String,
}

/// A secret of the build.
#[derive(Debug, Clone, Serialize)]
pub struct Secret {
    /// Its id, and its name in CI.
    pub id: String,
    /// It is a variable, else a netrc file.
    variable: bool,
}

/// How the project itself is built.
#[derive(Debug, Serialize)]
pub struct Build {
    /// What its back end needs; empty where pip finds out by itself.
    requires: Vec<String>,
    /// Its version comes from git, which is not there in the build.
    version_from_git: bool,
    /// Files that the manifest names and the .dockerignore keeps away: a readme, a license.
    stand_ins: Vec<String>,
}

/// Gives a program or a package the setuptools that it takes for granted.
pub fn add_setuptools(planner: &mut Planner, view: &mut View, who: String, evidence: Evidence) {
    let reason = format!("{who} imports a part of it without asking for it, or one that newer ones do not have");
    planner.note(Decision::new("setuptools", format!("below {}", CATALOG.setuptools), reason, evidence));
    view.setuptools = Some(Setuptools { who, below: &CATALOG.setuptools });
}

/// Plans the installation.
///
/// # Errors
/// Where a package lies outside of the repository.
pub fn plan(
    planner: &mut Planner,
    project: &Project,
    program: &Program,
    manager: &str,
    version: Option<&str>,
    toolchain: &Toolchain,
) -> Result<View, Error> {
    let repo = planner.repo;
    let row = CATALOG.manager.iter().find(|row| row.id == manager).unwrap_or(&CATALOG.manager[0]);
    let dependencies = project.dependencies(manager);
    let mut view = View { venv: true, ..View::default() };
    view.needs_git = needs_git(project, row, &dependencies);
    view.copies = copies(repo, project, row, &dependencies)?;
    match row.form {
        Form::Uv if repo.has(&row.lock) => sync(repo, project, row, version, &mut view),
        Form::Uv => declared(project, row, version, &mut view),
        Form::Export => export(repo, row, toolchain, &mut view),
        Form::Install => install(repo, row, &mut view),
        Form::Pip => requirements(project, &dependencies, &mut view),
    }
    if view.uv.is_none() {
        view.old_pip = CATALOG.pip_since.iter().any(|since| is_older_patch(&toolchain.version, since));
    }
    if !repo.has(&row.lock) && row.form != Form::Pip && !view.nothing {
        planner.warn(format!(
            "there is no {}: every build may get other versions; run `{} lock` and commit the file",
            row.lock, row.id
        ));
    }
    if view.copies.iter().any(|path| path == ".") {
        view.copies.clear();
        view.copies_all = true;
        view.manifests.clear();
        planner
            .warn("the project is among its own requirements, so every edit installs them again: take that line out");
    }
    warn_of_foreign(planner, &dependencies);
    feeds(planner, project, manager, &mut view);
    own_build(planner, project, program, &mut view);
    Ok(view)
}

fn is_older_patch(version: &str, since: &str) -> bool {
    let (Some(version), Some(since)) = (numbers(version), numbers(since)) else { return false };
    version.major() == since.major() && version.minor() == since.minor() && version < since
}

fn tool_version<'a>(row: &'a Manager, version: Option<&'a str>) -> &'a str {
    let is_version = |text: &&str| text.split('.').count() == 3 && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    version.filter(is_version).unwrap_or(&row.version)
}

/// The tools of the lock stage. They only read a lock file, so the version that developers use does not matter.
fn tools(row: &Manager) -> String {
    row.tools.iter().map(|tool| tool.replace("{version}", &row.version)).collect::<Vec<_>>().join(" ")
}

/// `uv sync`: the lock as it is, without the project.
fn sync(repo: &Repo, project: &Project, row: &Manager, version: Option<&str>, view: &mut View) {
    let pyproject = project.pyproject.as_ref();
    let members = pyproject.map(|pyproject| members(repo, &pyproject.workspace_members)).unwrap_or_default();
    let copied = |path: &str| view.copies.iter().any(|folder| path.starts_with(&format!("{folder}/")));
    view.manifests = ["pyproject.toml", "uv.lock"]
        .map(str::to_owned)
        .into_iter()
        .chain(members)
        .filter(|path| !copied(path))
        .collect();
    let local = if view.copies.is_empty() { "" } else { " --no-editable" };
    view.sync = Some(format!("--locked --no-install-project{local}{}", extras(project)));
    view.uv = Some(tool_version(row, version).to_owned());
    view.venv = false;
}

/// The dependencies of a pyproject.toml without a lock.
fn declared(project: &Project, row: &Manager, version: Option<&str>, view: &mut View) {
    view.nothing = project.pyproject.as_ref().is_none_or(|pyproject| pyproject.dependencies.is_empty());
    view.manifests = vec!["pyproject.toml".to_owned()];
    view.uv_pip = Some(UvPip { flags: extras(project) }).filter(|_| !view.nothing);
    view.uv = Some(tool_version(row, version).to_owned()).filter(|_| !view.nothing);
}

/// Flags for the extras and groups that production needs, by their names.
fn extras(project: &Project) -> String {
    let extras = project.production_extras().into_iter().map(|name| format!(" --extra {name}"));
    extras.collect()
}

fn members(repo: &Repo, patterns: &[String]) -> Vec<String> {
    let globs: Vec<_> =
        patterns.iter().filter_map(|pattern| Some(Glob::new(pattern).ok()?.compile_matcher())).collect();
    let is_member = |path: &&str| {
        path.strip_suffix("/pyproject.toml").is_some_and(|folder| globs.iter().any(|glob| glob.is_match(folder)))
    };
    repo.files().filter(is_member).map(str::to_owned).collect()
}

fn export(repo: &Repo, row: &Manager, toolchain: &Toolchain, view: &mut View) {
    let locked = repo.has(&row.lock);
    let preferred = CATALOG.release.iter().find(|release| release.preferred);
    let image = match (row.cycles.contains(&toolchain.cycle), preferred) {
        (false, Some(release)) => Toolchain::new(release, &release.version).fill(&CATALOG.image.builder),
        _ => toolchain.fill_with(&CATALOG.image.builder, "${PYTHON_VERSION}"),
    };
    let has_hashes = !view.needs_git && view.copies.is_empty();
    let command = if has_hashes { &row.command } else { &row.unhashed };
    view.lock = Some(LockStage {
        image,
        tools: tools(row),
        reads: [row.manifest.clone()].into_iter().chain(locked.then(|| row.lock.clone())).collect(),
        command: if locked { command.clone() } else { format!("{} && {command}", row.relock) },
    });
}

fn install(repo: &Repo, row: &Manager, view: &mut View) {
    let locked = repo.has(&row.lock);
    view.manifests = [row.manifest.clone()].into_iter().chain(locked.then(|| row.lock.clone())).collect();
    let command = if locked { row.command.clone() } else { format!("{} && {}", row.relock, row.command) };
    view.tool = Some(Tool { tools: tools(row), command });
}

fn requirements(project: &Project, dependencies: &[Dependency], view: &mut View) {
    let Some(set) = &project.requirements else {
        view.nothing = true;
        return;
    };
    view.nothing = dependencies.is_empty();
    view.requirements = Some(set.file.clone()).filter(|_| !view.nothing);
    view.manifests = set.files.clone();
}

fn needs_git(project: &Project, row: &Manager, dependencies: &[Dependency]) -> bool {
    let locked = project.lock(&row.lock).is_some_and(|lock| lock.packages.iter().any(|package| package.from_git));
    locked || dependencies.iter().any(|dependency| dependency.requirement.needs_git())
}

/// Folders and archives of this repository that are installed as packages.
fn copies(repo: &Repo, project: &Project, row: &Manager, dependencies: &[Dependency]) -> Result<Vec<String>, Error> {
    let mut paths: Vec<(String, String)> = Vec::new();
    for dependency in dependencies {
        let folder = dependency.file.rsplit_once('/').map_or("", |(folder, _)| folder);
        // pip resolves paths from where it runs, not from the file's folder.
        let folder = if row.form == Form::Pip { "" } else { folder };
        if let Some(path) = dependency.requirement.local_path() {
            paths.push((folder.to_owned(), path.to_owned()));
        }
    }
    let pyproject = project.pyproject.iter().filter(|_| row.form != Form::Pip);
    for (name, path) in pyproject.clone().flat_map(|pyproject| &pyproject.local_sources) {
        match path.is_empty() {
            false => paths.push((String::new(), path.clone())),
            true => {
                let all = pyproject.clone().flat_map(|pyproject| members(repo, &pyproject.workspace_members));
                paths.extend(
                    all.map(|member| (String::new(), member.trim_end_matches("/pyproject.toml").to_owned()))
                        .filter(|_| !name.is_empty()),
                );
            }
        }
    }
    let links = project.requirements.iter().filter(|_| row.form == Form::Pip).flat_map(|set| set.find_links.clone());
    paths.extend(links.filter(|link| !link.contains("://")).map(|link| (String::new(), link)));
    let mut copies = Vec::new();
    for (folder, path) in paths {
        let Some(inside) = join(&folder, &path) else {
            return Err(Error::no(format!("the package at `{path}` lies outside of this repository"))
                .hint("run dockgen in the folder that holds both, which becomes the build context"));
        };
        copies.push(if inside.is_empty() { ".".to_owned() } else { inside });
    }
    copies.sort();
    copies.dedup();
    match copies.iter().any(|copy| copy == ".") {
        true => Ok(vec![".".to_owned()]),
        false => Ok(copies),
    }
}

/// Indexes that want a password: variables in their addresses become secrets, other hosts may have a netrc.
fn feeds(planner: &mut Planner, project: &Project, manager: &str, view: &mut View) {
    let of_requirements = project
        .requirements
        .iter()
        .filter(|_| manager == "pip")
        .flat_map(|set| set.indexes.iter().map(|url| (set.file.clone(), url.clone())));
    let of_pyproject = project
        .pyproject
        .iter()
        .filter(|_| manager != "pip")
        .flat_map(|p| p.indexes.iter().map(|(_, url)| ("pyproject.toml".to_owned(), url.clone())));
    let of_pipfile = project
        .pipfile
        .iter()
        .filter(|_| manager == "pipenv")
        .flat_map(|p| p.indexes.iter().map(|url| ("Pipfile".to_owned(), url.clone())));
    let all: Vec<(String, String)> = of_requirements.chain(of_pyproject).chain(of_pipfile).collect();
    for (file, url) in all {
        let address = url.split("://").nth(1).unwrap_or(&url);
        let (credentials, rest) =
            address.split_once('@').map_or((None, address), |(credentials, rest)| (Some(credentials), rest));
        let host = rest.split(['/', ':']).next().unwrap_or_default();
        if CATALOG.public_indexes.iter().any(|public| public == host) && credentials.is_none() {
            continue;
        }
        let variables: Vec<String> =
            VARIABLE.captures_iter(&url).filter_map(|found| Some(found.get(1)?.as_str().to_owned())).collect();
        if credentials.is_some() && variables.is_empty() {
            planner.warn(format!(
                "`{file}` holds a password for {host}: take it out, and let the build have it as a secret"
            ));
        }
        planner.facts.push(Fact::new(Kind::Feed(host.to_owned()), &file, rest, Strength::Stated));
        let secrets = match variables.is_empty() {
            true => vec![Secret { id: "NETRC".to_owned(), variable: false }],
            false => variables.into_iter().map(|id| Secret { id, variable: true }).collect(),
        };
        for secret in secrets {
            if !view.secrets.iter().any(|known| known.id == secret.id) {
                view.secrets.push(secret);
            }
        }
    }
}

/// Requirements that no Linux build can meet: what a freeze on somebody's machine wrote down.
fn warn_of_foreign(planner: &mut Planner, dependencies: &[Dependency]) {
    for Dependency { requirement, file } in
        dependencies.iter().filter(|dependency| dependency.requirement.marker.is_empty())
    {
        if CATALOG.windows.contains(&requirement.name) {
            planner.warn(format!(
                "`{file}` asks for `{requirement}`, which exists for Windows only: write `{requirement}; sys_platform == \"win32\"`"
            ));
        }
        if requirement.location.as_deref().is_some_and(|location| location.starts_with("file:///")) {
            planner.warn(format!(
                "`{file}` asks for `{requirement}`, a path of one machine: write a version in its place"
            ));
        }
    }
}

/// What the build back end reads and the .dockerignore hides.
fn stand_ins(repo: &Repo, project: &Project) -> Vec<String> {
    let hidden = Matcher::new(&catalog::SHARED.clutter.join("\n"));
    let named = project.pyproject.iter().flat_map(|pyproject| &pyproject.build_reads);
    let inside = named.filter_map(|path| join("", path)).filter(|path| repo.has(path) && hidden.hides(path));
    inside.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The project itself is installed where it asks for its own metadata, or where only its build knows what it needs.
fn own_build(planner: &mut Planner, project: &Project, program: &Program, view: &mut View) {
    let system = project.pyproject.as_ref().and_then(|pyproject| pyproject.build_system.as_ref());
    let requires = match system {
        Some(system) => system.requires.clone(),
        None => SETUPTOOLS.map(str::to_owned).to_vec(),
    };
    let version_from_git = requires.iter().any(|name| {
        ["setuptools-scm", "setuptools_scm", "hatch-vcs", "versioningit"].iter().any(|scm| name.starts_with(scm))
    });
    let has_build = system.is_some() || project.has_setup_py;
    let dynamic = project
        .pyproject
        .as_ref()
        .is_some_and(|pyproject| pyproject.dynamic.iter().any(|field| field == "dependencies"));
    let only_build_knows =
        view.nothing && has_build && (project.has_setup_py || project.setup_cfg.is_some() || dynamic);
    if only_build_knows {
        view.nothing = false;
        view.requirements = None;
        view.manifests.clear();
        view.venv = true;
        view.project =
            Some(Build { requires: Vec::new(), version_from_git, stand_ins: stand_ins(planner.repo, project) });
        let evidence =
            Evidence::new(if project.has_setup_py { "setup.py" } else { "pyproject.toml" }, "", Strength::Stated);
        planner.note(Decision::new(
            topic::PROJECT,
            "installed",
            "only its build knows the packages that it needs",
            evidence,
        ));
        planner.warn("the packages are known to the project's build only, so every edit installs them again: list them in a requirements.txt or in pyproject.toml");
        return;
    }
    let own = project.name().and_then(|(name, _)| program.reads_own_metadata(name));
    if let Some(evidence) = own.filter(|_| has_build) {
        view.project = Some(Build { requires, version_from_git, stand_ins: stand_ins(planner.repo, project) });
        view.venv |= view.nothing;
        view.nothing = false;
        planner.note(Decision::new(topic::PROJECT, "installed", "the program asks for its own metadata", evidence));
    }
}
