//! Whether the project itself has to be installed, and how it is built.

use serde::Serialize;

use super::manifests::Manifests;
use super::rows::CATALOG;
use super::sources::Program;
use crate::facts::{Evidence, Strength};
use crate::path;
use crate::plan::{Decision, Planner, topic};

/// How the project itself is built.
#[derive(Debug, Default, Serialize)]
pub struct Build {
    /// What its back end needs; empty where pip finds out by itself.
    pub requires: Vec<String>,
    /// Its version comes from git, which is not there in the build.
    pub version_from_git: bool,
    /// Files that the manifest names and the .dockerignore keeps away: a readme, a license.
    pub stand_ins: Vec<String>,
    /// Its extras, as pip names them.
    pub extras: String,
    /// The member of a workspace that uv installs.
    pub member: Option<String>,
    /// What is built lies among the sources too, as the program is loaded from there.
    pub in_place: bool,
    /// Only the build knows the packages that the project needs.
    #[serde(skip)]
    pub knows_alone: bool,
    /// Packages of Debian that its build needs.
    #[serde(skip)]
    pub packages: Vec<String>,
}

/// The project itself is installed where it asks for its own metadata, where its build makes parts of it, or where only its build knows
/// what it needs; `nothing` else is installed.
pub fn plan(planner: &mut Planner, manifests: &Manifests, program: &Program, nothing: bool) -> Option<Build> {
    let pyproject = manifests.pyproject.as_ref();
    let system = pyproject.and_then(|read| read.build_system.as_ref());
    let requires = system.map_or(&CATALOG.build_requires, |system| &system.requires).clone();
    let is_scm = |name: &String| CATALOG.version_from_git.iter().any(|scm| name.starts_with(scm.as_str()));
    let build = Build {
        version_from_git: requires.iter().any(is_scm),
        requires,
        stand_ins: manifests.stand_ins.clone(),
        in_place: manifests.compiled.is_some() || !manifests.unwritten.is_empty(),
        packages: packages(manifests, program),
        ..Build::default()
    };
    let has_build = system.is_some() || manifests.has_setup_py;
    let is_dynamic = pyproject.is_some_and(|read| read.dynamic.iter().any(|field| field == "dependencies"));
    if nothing && has_build && (manifests.has_setup_py || manifests.setup_cfg.is_some() || is_dynamic) {
        return Some(only_build_knows(planner, manifests, build));
    }
    let (reason, evidence) = reason(manifests, program).filter(|_| has_build)?;
    planner.note(Decision::new(topic::PROJECT, "installed", reason, evidence));
    Some(build)
}

/// Packages of Debian for its build: what compiles it, and programs that a file of the build starts.
fn packages(manifests: &Manifests, program: &Program) -> Vec<String> {
    let compiling = manifests.compiled.iter().flat_map(|(row, _)| &row.build);
    let is_of_build = |file: &str| CATALOG.names.builds.iter().any(|name| path::name(file) == name);
    let started = program.commands().iter().filter(|(_, evidence)| is_of_build(&evidence.file));
    let tools = started.filter_map(|(name, _)| CATALOG.build_tools.get(name));
    compiling.chain(tools).cloned().collect()
}

/// Why the project itself has to be installed.
fn reason(manifests: &Manifests, program: &Program) -> Option<(&'static str, Evidence)> {
    let stated = |file: &str, quote: &str| Evidence::new(file, quote, Strength::Stated);
    let own = || {
        let evidence = manifests.name().and_then(|(name, _)| program.reads_own_metadata(name))?;
        Some(("the program asks for its own metadata", evidence))
    };
    let plugins = || {
        let declares = manifests.pyproject.as_ref().is_some_and(|read| read.has_entry_points);
        let evidence = program.calls_one_of(&CATALOG.calls.entry_points).filter(|_| declares)?;
        Some(("the program looks for plugins that the project declares", evidence))
    };
    let unwritten = manifests.unwritten.first();
    let written = || Some(("its build writes the file of its version", stated("pyproject.toml", unwritten?)));
    let compiled = || Some(("its build compiles a part of it", stated(&manifests.compiled.as_ref()?.1, "")));
    compiled().or_else(written).or_else(own).or_else(plugins)
}

fn only_build_knows(planner: &mut Planner, manifests: &Manifests, build: Build) -> Build {
    let file = if manifests.has_setup_py { "setup.py" } else { "pyproject.toml" };
    let evidence = Evidence::new(file, "", Strength::Stated);
    let reason = "only its build knows the packages that it needs";
    planner.note(Decision::new(topic::PROJECT, "installed", reason, evidence));
    planner.warn("the packages are known to the project's build only, so every edit installs them again: list them in a requirements.txt or in pyproject.toml");
    Build { requires: Vec::new(), knows_alone: true, ..build }
}
