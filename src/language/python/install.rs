//! How packages get into the environment: by pip, by uv, through an exported lock, by PDM.

use serde::Serialize;

use super::feeds::{self, Secret};
use super::manifests::{Dependency, Manifests};
use super::own_build::{self, Build};
use super::requirements::join;
use super::rows::{CATALOG, Form, Manager};
use super::sources::Program;
use super::wheels::numbers;
use crate::error::Error;
use crate::facts::Evidence;
use crate::path;
use crate::plan::toolchain::Toolchain;
use crate::plan::{Decision, Planner, topic};

/// How packages get into the environment: the words of the template that puts them there.
#[derive(Debug, Default, Serialize)]
pub struct Install {
    /// The template.
    #[serde(skip)]
    pub template: &'static str,
    /// There is nothing to install.
    #[serde(skip)]
    pub nothing: bool,
    /// uv's version, where it installs.
    #[serde(skip)]
    pub uv: Option<String>,
    /// The project is installed too.
    #[serde(skip)]
    pub project: Option<Build>,
    /// Some package comes from a git repository.
    #[serde(skip)]
    pub needs_git: bool,
    /// The environment is made by a step of its own.
    pub venv: bool,
    /// A pip that can install into another environment, where that of the image is too old.
    old_pip: Option<&'static str>,
    /// The manager that installs by itself, or whose lock becomes requirements.
    manager: &'static str,
    /// What pip installs for it.
    tools: String,
    /// The image in which a lock becomes requirements.
    image: String,
    /// The command that installs, or makes requirements of the lock.
    command: String,
    /// The file that pip installs.
    pub requirements: Option<String>,
    /// Files that the command reads.
    pub manifests: Vec<String>,
    /// Folders that packages are installed from.
    copies: Vec<String>,
    /// The project itself is among the packages, so all of it is copied first.
    copies_all: bool,
    /// Secrets that the install step is given.
    pub secrets: Vec<Secret>,
    /// What imports a part of setuptools that it has to be given.
    pub setuptools: Option<Setuptools>,
}

/// An older setuptools beside the packages.
#[derive(Debug, Serialize)]
pub struct Setuptools {
    who: String,
    below: &'static str,
}

impl Install {
    /// Paths that the build reads.
    pub fn reads(&self) -> Vec<String> {
        self.manifests.iter().chain(&self.copies).cloned().collect()
    }
}

/// Gives a program or a package the setuptools that it takes for granted.
pub fn add_setuptools(planner: &mut Planner, view: &mut Install, who: String, evidence: Evidence) {
    let reason = format!("{who} imports a part of it without asking for it, or one that newer ones do not have");
    planner.note(Decision::new(topic::SETUPTOOLS, format!("below {}", CATALOG.setuptools), reason, evidence));
    view.setuptools = Some(Setuptools { who, below: &CATALOG.setuptools });
}

/// Plans the installation.
///
/// # Errors
/// Where a package lies outside of the repository.
pub fn plan(
    planner: &mut Planner,
    manifests: &Manifests,
    program: &Program,
    manager: &str,
    version: Option<&str>,
    toolchain: &Toolchain,
) -> Result<Install, Error> {
    let row = CATALOG.manager.iter().find(|row| row.id == manager).unwrap_or(&CATALOG.manager[0]);
    let dependencies = manifests.dependencies(manager);
    let has_lock = manifests.has_lock(row);
    let mut view = Install { template: "python/pip.tera", manager: &row.id, venv: true, ..Install::default() };
    view.needs_git = needs_git(manifests, row, &dependencies);
    view.copies = copies(manifests, row, &dependencies)?;
    match row.form {
        Form::Uv if has_lock => sync(manifests, row, version, &mut view),
        Form::Uv => declared(manifests, row, version, &mut view),
        Form::Export => export(has_lock, row, toolchain, &mut view),
        Form::Install => install(has_lock, row, &mut view),
        Form::Pip => requirements(manifests, &dependencies, &mut view),
    }
    for flag in planner.wishes.extras.build_flags.iter().filter(|_| row.form != Form::Pip) {
        view.command.push(' ');
        view.command.push_str(&shlex::try_quote(flag).unwrap_or_default());
    }
    if view.uv.is_none() {
        let is_too_old = CATALOG.pip_since.iter().any(|since| is_older_patch(&toolchain.version, since));
        view.old_pip = is_too_old.then_some(CATALOG.pip.as_str());
    }
    if !has_lock && row.form != Form::Pip && !view.nothing {
        planner.warn(format!(
            "there is no {}: every build may get other versions; run `{} lock` and commit the file",
            row.lock, row.id
        ));
    }
    if view.copies.iter().any(|path| path == ".") {
        view.copies.clear();
        view.copies_all = true;
        view.manifests.retain(|_| row.form == Form::Export);
        planner
            .warn("the project is among its own requirements, so every edit installs them again: take that line out");
    }
    warn_of_foreign(planner, &dependencies);
    view.secrets = feeds::secrets(planner, manifests, manager);
    own_build::plan(planner, manifests, program, &mut view);
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

/// `uv sync`: the lock as it is, without the manifests.
fn sync(manifests: &Manifests, row: &Manager, version: Option<&str>, view: &mut Install) {
    let copied = |path: &str| view.copies.iter().any(|folder| path.starts_with(&format!("{folder}/")));
    view.manifests = ["pyproject.toml", "uv.lock"]
        .map(str::to_owned)
        .into_iter()
        .chain(manifests.members.iter().cloned())
        .filter(|path| !copied(path))
        .collect();
    let local = if view.copies.is_empty() { "" } else { " --no-editable" };
    view.template = "python/uv.tera";
    view.command = format!("uv sync --locked --no-install-project{local}{}", extras(manifests));
    view.uv = Some(tool_version(row, version).to_owned());
    view.venv = false;
}

/// The dependencies of a pyproject.toml without a lock.
fn declared(manifests: &Manifests, row: &Manager, version: Option<&str>, view: &mut Install) {
    view.nothing = manifests.pyproject.as_ref().is_none_or(|pyproject| pyproject.dependencies.is_empty());
    view.manifests = vec!["pyproject.toml".to_owned()];
    if !view.nothing {
        view.template = "python/uv.tera";
        view.command = format!("uv pip install --python /venv/bin/python -r pyproject.toml{}", extras(manifests));
        view.uv = Some(tool_version(row, version).to_owned());
    }
}

/// Flags for the extras and groups that production needs, by their names.
fn extras(manifests: &Manifests) -> String {
    let extras = manifests.production_extras().into_iter().map(|name| format!(" --extra {name}"));
    extras.collect()
}

/// What the tool reads: the manifest, and the lock where there is one.
fn tool(locked: bool, row: &'static Manager, command: &str, view: &mut Install) {
    view.manifests = [row.manifest.clone()].into_iter().chain(locked.then(|| row.lock.clone())).collect();
    view.command = if locked { command.to_owned() } else { format!("{} && {command}", row.relock) };
    view.tools = tools(row);
}

fn export(locked: bool, row: &'static Manager, toolchain: &Toolchain, view: &mut Install) {
    let preferred = CATALOG.release.iter().find(|release| release.preferred);
    let has_hashes = !view.needs_git && view.copies.is_empty();
    tool(locked, row, if has_hashes { &row.command } else { &row.unhashed }, view);
    view.template = "python/lock.tera";
    view.image = match (row.cycles.contains(&toolchain.cycle), preferred) {
        (false, Some(release)) => Toolchain::new(release, &release.version).fill(&CATALOG.image.builder),
        _ => toolchain.fill_with(&CATALOG.image.builder, "${PYTHON_VERSION}"),
    };
}

fn install(locked: bool, row: &'static Manager, view: &mut Install) {
    tool(locked, row, &row.command, view);
    view.template = "python/tool.tera";
}

fn requirements(manifests: &Manifests, dependencies: &[Dependency], view: &mut Install) {
    let Some(set) = &manifests.requirements else {
        view.nothing = true;
        return;
    };
    view.nothing = dependencies.is_empty();
    view.requirements = Some(set.file.clone()).filter(|_| !view.nothing);
    view.manifests = set.files.clone();
}

fn needs_git(manifests: &Manifests, row: &Manager, dependencies: &[Dependency]) -> bool {
    let locked = manifests.lock(&row.lock).is_some_and(|lock| lock.packages.iter().any(|package| package.from_git));
    locked || dependencies.iter().any(|dependency| dependency.requirement.needs_git())
}

/// Folders and archives of this repository that are installed as packages.
fn copies(manifests: &Manifests, row: &Manager, dependencies: &[Dependency]) -> Result<Vec<String>, Error> {
    let mut copies = Vec::new();
    for (folder, path) in local_packages(manifests, row, dependencies) {
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

/// Where packages of this repository lie, each with the folder that the path starts from.
fn local_packages(manifests: &Manifests, row: &Manager, dependencies: &[Dependency]) -> Vec<(String, String)> {
    let of_requirement = |dependency: &Dependency| {
        let folder = path::parent(&dependency.file);
        // pip resolves paths from where it runs, not from the file's folder.
        let folder = if row.form == Form::Pip { "" } else { folder };
        Some((folder.to_owned(), dependency.requirement.local_path()?.to_owned()))
    };
    let mut paths: Vec<(String, String)> = dependencies.iter().filter_map(of_requirement).collect();
    let at_top = |path: &str| (String::new(), path.to_owned());
    let sources = manifests.pyproject.iter().filter(|_| row.form != Form::Pip).flat_map(|read| &read.local_sources);
    for (name, path) in sources {
        match (path.is_empty(), name.is_empty()) {
            (false, _) => paths.push(at_top(path)),
            (true, true) => {}
            (true, false) => {
                let members = manifests.members.iter();
                paths.extend(members.map(|member| at_top(member.trim_end_matches("/pyproject.toml"))));
            }
        }
    }
    let sets = manifests.requirements.iter().filter(|_| row.form == Form::Pip);
    let links = sets.flat_map(|set| &set.find_links).filter(|link| !link.contains("://"));
    paths.extend(links.map(|link| at_top(link)));
    paths
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
