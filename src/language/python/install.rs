//! How packages get into the environment: by pip, by uv, through an exported lock, by PDM.

use serde::Serialize;

use super::feeds::{self, Secret};
use super::manifests::{Form, Manifests, Selection};
use super::own_build::{self, Build};
use super::packages::Step;
use super::requirements::{Dependency, join};
use super::rows::{CATALOG, Manager, Way};
use super::sources::Program;
use super::wheels::numbers;
use crate::error::Error;
use crate::facts::Evidence;
use crate::format::pyproject::Pyproject;
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
    /// The files that pip installs.
    pub requirements: Vec<String>,
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
    /// Steps that bring data of packages.
    pub steps: Vec<Step>,
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
    planner.note(Decision::new(topic::SETUPTOOLS, format!("below {}", CATALOG.setuptools.below), reason, evidence));
    view.setuptools = Some(Setuptools { who, below: &CATALOG.setuptools.below });
}

/// What is installed, by which manager, for which release.
pub struct Order<'o> {
    /// The manager.
    pub row: &'static Manager,
    /// Its version, where somebody names one.
    pub version: Option<&'o str>,
    /// The release.
    pub toolchain: &'o Toolchain,
    /// What is asked for of the manifests.
    pub selection: &'o Selection,
    /// What that is.
    pub dependencies: &'o [Dependency],
}

/// Plans the installation.
///
/// # Errors
/// Where a package lies outside of the repository.
pub fn plan(planner: &mut Planner, manifests: &Manifests, program: &Program, order: &Order) -> Result<Install, Error> {
    let Order { row, version, toolchain, selection, dependencies } = *order;
    let has_lock = manifests.has_lock(row);
    let mut view = Install { template: "python/pip.tera", manager: &row.id, venv: true, ..Install::default() };
    view.needs_git = needs_git(manifests, row, dependencies);
    if selection.member.is_none() {
        view.copies = copies(manifests, row, dependencies)?;
    }
    match row.form {
        Way::Uv if has_lock => sync(manifests, row, version, selection, &mut view),
        Way::Uv => declared(manifests, row, version, dependencies, &mut view),
        Way::Export => {
            let demands = |read: &Pyproject| read.managers.iter().any(|(id, _)| *id == row.id);
            let version = version.filter(|_| manifests.pyproject.as_ref().is_some_and(demands));
            export(has_lock, row, version, toolchain, &mut view);
        }
        Way::Install => install(has_lock, row, &mut view),
        Way::Pip => requirements(manifests, dependencies, selection, &mut view),
    }
    if !view.command.is_empty() {
        view.command.push_str(&flags(row, selection));
    }
    for flag in planner.wishes.extras.build_flags.iter().filter(|_| row.form != Way::Pip) {
        view.command.push(' ');
        view.command.push_str(&shlex::try_quote(flag).unwrap_or_default());
    }
    if view.uv.is_none() {
        let is_too_old = CATALOG.pip_since.iter().any(|since| is_older_patch(&toolchain.version, since));
        view.old_pip = is_too_old.then_some(CATALOG.pip.as_str());
    }
    if !has_lock && row.form != Way::Pip && !view.nothing {
        planner.warn(format!(
            "there is no {}: every build may get other versions; run `{} lock` and commit the file",
            row.lock, row.id
        ));
    }
    if view.copies.iter().any(|path| path == ".") {
        view.copies.clear();
        view.copies_all = true;
        view.manifests.retain(|_| row.form == Way::Export);
        planner
            .warn("the project is among its own requirements, so every edit installs them again: take that line out");
    }
    warn_of_foreign(planner, dependencies);
    view.secrets = feeds::secrets(planner, manifests, row);
    let build = own_build::plan(planner, manifests, program, view.nothing);
    add_project(manifests, selection, build, &mut view);
    Ok(view)
}

/// The project itself beside its packages; a member of a workspace comes with those that it needs.
fn add_project(manifests: &Manifests, selection: &Selection, build: Option<Build>, view: &mut Install) {
    let member = selection.member.and_then(|at| manifests.members.get(at)).filter(|_| view.uv.is_some());
    let member = member.and_then(|member| member.pyproject.name.clone()).filter(|name| is_name(name));
    view.project = match (build, member) {
        (_, Some(name)) => Some(Build { member: Some(name), ..Build::default() }),
        (Some(build), None) => {
            if build.knows_alone {
                view.requirements.clear();
                view.manifests.clear();
            }
            view.venv |= view.nothing;
            view.nothing = false;
            let extras: Vec<&str> = extras(selection).collect();
            let extras =
                if extras.is_empty() || !build.knows_alone { String::new() } else { format!("[{}]", extras.join(",")) };
            Some(Build { extras, ..build })
        }
        (None, None) => None,
    };
}

/// Whether a name is one that needs no quotes.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

fn extras(selection: &Selection) -> impl Iterator<Item = &str> {
    let extras = selection.choices.iter().filter(|choice| choice.form == Form::Extra && is_name(&choice.name));
    extras.map(|choice| choice.name.as_str())
}

/// What the manager's command is told of extras and groups.
fn flags(row: &Manager, selection: &Selection) -> String {
    let flag = |(form, name): (Form, &str)| match form {
        Form::Extra => row.extra.replace("{name}", name),
        Form::Group => row.group.replace("{name}", name),
        Form::File => String::new(),
    };
    let choices = selection.choices.iter().map(|choice| (choice.form, choice.name.as_str()));
    choices.filter(|(_, name)| is_name(name)).map(flag).collect()
}

fn is_older_patch(version: &str, since: &str) -> bool {
    let (Some(version), Some(since)) = (numbers(version), numbers(since)) else { return false };
    version.major() == since.major() && version.minor() == since.minor() && version < since
}

/// The version of a manager: the one of the catalog, unless the manifest demands another.
fn tool_version<'a>(row: &'a Manager, version: Option<&'a str>) -> &'a str {
    let is_version = |text: &&str| {
        row.older.iter().any(|older| older == text)
            || (text.split('.').count() == 3 && text.chars().all(|c| c.is_ascii_digit() || c == '.'))
    };
    version.filter(is_version).unwrap_or(&row.version)
}

/// The tools of the lock stage. They only read a lock file, so the version that developers use does not matter where the manifest does
/// not demand it.
fn tools(row: &Manager, version: Option<&str>) -> String {
    let version = tool_version(row, version);
    let list = if version == row.version { &row.tools } else { &row.tools_older };
    list.iter().map(|tool| tool.replace("{version}", version)).collect::<Vec<_>>().join(" ")
}

/// `uv sync`: the lock as it is, without the manifests.
fn sync(manifests: &Manifests, row: &Manager, version: Option<&str>, selection: &Selection, view: &mut Install) {
    let copied = |path: &str| view.copies.iter().any(|folder| path.starts_with(&format!("{folder}/")));
    view.manifests = ["pyproject.toml", "uv.lock"]
        .map(str::to_owned)
        .into_iter()
        .chain(manifests.members.iter().map(|member| member.path.clone()))
        .filter(|path| !copied(path))
        .collect();
    let local = if view.copies.is_empty() { "" } else { " --no-editable" };
    let member = selection
        .member
        .and_then(|at| manifests.members.get(at)?.pyproject.name.as_deref())
        .filter(|name| is_name(name));
    view.template = "python/uv.tera";
    view.command = match member {
        Some(name) => format!("uv sync --locked --no-install-workspace --package {name}"),
        None => format!("uv sync --locked --no-install-project{local}"),
    };
    view.uv = Some(tool_version(row, version).to_owned());
    view.venv = false;
}

/// The dependencies of a pyproject.toml without a lock.
fn declared(
    manifests: &Manifests,
    row: &Manager,
    version: Option<&str>,
    dependencies: &[Dependency],
    view: &mut Install,
) {
    view.nothing = manifests.pyproject.is_none() || dependencies.is_empty();
    view.manifests = vec!["pyproject.toml".to_owned()];
    if !view.nothing {
        view.template = "python/uv.tera";
        let has_project = manifests.pyproject.as_ref().is_some_and(|read| read.has_project);
        let of_project = if has_project { " -r pyproject.toml" } else { "" };
        view.command = format!("uv pip install --python /venv/bin/python{of_project}");
        view.uv = Some(tool_version(row, version).to_owned());
    }
}

/// What the tool reads: the manifest, and the lock where there is one.
fn tool(locked: bool, row: &'static Manager, version: Option<&str>, command: &str, view: &mut Install) {
    view.manifests = [row.manifest.clone()].into_iter().chain(locked.then(|| row.lock.clone())).collect();
    view.command = if locked { command.to_owned() } else { format!("{} && {command}", row.relock) };
    view.tools = tools(row, version);
}

fn export(locked: bool, row: &'static Manager, version: Option<&str>, toolchain: &Toolchain, view: &mut Install) {
    let preferred = CATALOG.release.iter().find(|release| release.preferred);
    let has_hashes = !view.needs_git && view.copies.is_empty();
    tool(locked, row, version, if has_hashes { &row.command } else { &row.unhashed }, view);
    view.template = "python/lock.tera";
    view.image = match (row.cycles.contains(&toolchain.cycle), preferred) {
        (false, Some(release)) => Toolchain::new(release, &release.version).fill(&CATALOG.image.builder),
        _ => toolchain.fill_with(&CATALOG.image.builder, "${PYTHON_VERSION}"),
    };
}

fn install(locked: bool, row: &'static Manager, view: &mut Install) {
    tool(locked, row, None, &row.command, view);
    view.template = "python/tool.tera";
}

fn requirements(manifests: &Manifests, dependencies: &[Dependency], selection: &Selection, view: &mut Install) {
    let Some(set) = &manifests.requirements else {
        view.nothing = true;
        return;
    };
    view.nothing = dependencies.is_empty();
    let files = selection.choices.iter().filter(|choice| choice.form == Form::File).map(|choice| choice.name.clone());
    let files: Vec<String> = files.collect();
    view.manifests = set.files.iter().chain(&files).cloned().collect();
    if !view.nothing {
        view.requirements = set.installed.iter().cloned().chain(files).collect();
    }
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
        copies.push(path::shown(&inside).to_owned());
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
        let folder = if row.form == Way::Pip { "" } else { folder };
        Some((folder.to_owned(), dependency.requirement.local_path()?.to_owned()))
    };
    let mut paths: Vec<(String, String)> = dependencies.iter().filter_map(of_requirement).collect();
    let at_top = |path: &str| (String::new(), path.to_owned());
    let sources = manifests.pyproject.iter().filter(|_| row.form != Way::Pip).flat_map(|read| &read.local_sources);
    for (name, path) in sources {
        match (path.is_empty(), name.is_empty()) {
            (false, _) => paths.push(at_top(path)),
            (true, true) => {}
            (true, false) => {
                paths.extend(manifests.members.iter().map(|member| at_top(member.folder())));
            }
        }
    }
    let sets = manifests.requirements.iter().filter(|_| row.form == Way::Pip);
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
