//! Whether the project itself has to be installed, and how it is built.

use serde::Serialize;

use super::install::Install;
use super::manifests::Manifests;
use super::rows::CATALOG;
use super::sources::Program;
use crate::facts::{Evidence, Strength};
use crate::plan::{Decision, Planner, topic};

/// Build requirements of a project that names none.
const SETUPTOOLS: [&str; 2] = ["setuptools", "wheel"];

/// How the project itself is built.
#[derive(Debug, Serialize)]
pub struct Build {
    /// What its back end needs; empty where pip finds out by itself.
    pub requires: Vec<String>,
    /// Its version comes from git, which is not there in the build.
    pub version_from_git: bool,
    /// Files that the manifest names and the .dockerignore keeps away: a readme, a license.
    pub stand_ins: Vec<String>,
}

/// The project itself is installed where it asks for its own metadata, or where only its build knows what it needs.
pub fn plan(planner: &mut Planner, manifests: &Manifests, program: &Program, view: &mut Install) {
    let pyproject = manifests.pyproject.as_ref();
    let system = pyproject.and_then(|read| read.build_system.as_ref());
    let requires = system.map_or_else(|| SETUPTOOLS.map(str::to_owned).to_vec(), |system| system.requires.clone());
    let is_scm = |name: &String| CATALOG.version_from_git.iter().any(|scm| name.starts_with(scm.as_str()));
    let build =
        Build { version_from_git: requires.iter().any(is_scm), requires, stand_ins: manifests.stand_ins.clone() };
    let has_build = system.is_some() || manifests.has_setup_py;
    let is_dynamic = pyproject.is_some_and(|read| read.dynamic.iter().any(|field| field == "dependencies"));
    if view.nothing && has_build && (manifests.has_setup_py || manifests.setup_cfg.is_some() || is_dynamic) {
        return only_build_knows(planner, manifests, build, view);
    }
    let own = manifests.name().and_then(|(name, _)| program.reads_own_metadata(name));
    if let Some(evidence) = own.filter(|_| has_build) {
        view.project = Some(build);
        view.venv |= view.nothing;
        view.nothing = false;
        planner.note(Decision::new(topic::PROJECT, "installed", "the program asks for its own metadata", evidence));
    }
}

fn only_build_knows(planner: &mut Planner, manifests: &Manifests, build: Build, view: &mut Install) {
    view.nothing = false;
    view.requirements = None;
    view.manifests.clear();
    view.venv = true;
    view.project = Some(Build { requires: Vec::new(), ..build });
    let file = if manifests.has_setup_py { "setup.py" } else { "pyproject.toml" };
    let evidence = Evidence::new(file, "", Strength::Stated);
    let reason = "only its build knows the packages that it needs";
    planner.note(Decision::new(topic::PROJECT, "installed", reason, evidence));
    planner.warn("the packages are known to the project's build only, so every edit installs them again: list them in a requirements.txt or in pyproject.toml");
}
