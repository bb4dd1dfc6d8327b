//! The rows of `templates/python/catalog.toml`, whose comments say what the fields mean.

#![allow(missing_docs, reason = "the catalog itself explains its fields")]

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::catalog::{self, Image, Release, Runtime};
use crate::rows::Row;

/// `templates/python/catalog.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    pub pip: String,
    pub pip_since: Vec<String>,
    pub distutils: String,
    pub setuptools: Setuptools,
    pub public_indexes: Vec<String>,
    pub version_from_git: Vec<String>,
    pub build_requires: Vec<String>,
    pub alpine_build: Vec<String>,
    pub vcs: String,
    pub build_tools: HashMap<String, String>,
    pub development_options: Vec<String>,
    pub environment: Vec<(String, String)>,
    pub pure: BTreeSet<String>,
    pub windows: BTreeSet<String>,
    pub stdlib: BTreeSet<String>,
    pub names: Usual,
    pub modules: HashMap<String, Vec<String>>,
    pub chosen: Chosen,
    pub calls: Calls,
    pub writes: Writes,
    pub host: Host,
    pub ignore: Ignore,
    pub image: Image,
    pub release: Vec<Release>,
    pub runtime: Vec<Runtime>,
    pub manager: Vec<Manager>,
    pub framework: Vec<Framework>,
    pub server: Vec<Server>,
    pub worker: Vec<Worker>,
    pub tool: Vec<Names>,
    pub development: Vec<Development>,
    pub stand_in: Vec<StandIn>,
    pub listener: Vec<ListenerRow>,
    pub told: Vec<Told>,
    pub back_end: Vec<BackEnd>,
    pub row: Vec<Row>,
    pub carried: Vec<Carried>,
    pub fetch: Vec<Fetch>,
    pub glibc: Vec<Glibc>,
    pub wheels: Vec<Wheels>,
    pub pkg_resources: Vec<PkgResources>,
    pub gone: Vec<Gone>,
}

/// What programs and their files are usually called.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usual {
    pub aside: Vec<String>,
    pub aside_files: Vec<String>,
    pub no_program: Vec<String>,
    pub copies: Vec<String>,
    pub modules: Vec<String>,
    pub scripts: Vec<String>,
    pub variables: Vec<String>,
    pub factories: Vec<String>,
    pub completers: Vec<String>,
    pub production: Vec<String>,
    pub settings: Vec<String>,
    pub development: Vec<String>,
    pub extras: Vec<String>,
    pub requirements: Vec<String>,
    pub examples: Vec<String>,
    pub builds: Vec<String>,
    pub tests: Vec<String>,
    pub served: Vec<String>,
    pub packages: String,
}

/// The package that programs and packages take for granted, and what they import of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setuptools {
    pub package: String,
    pub below: String,
    pub modules: Vec<String>,
}

/// The place of a name in a list of usual ones, which ends with all others.
pub fn place(usual: &[String], name: &str) -> usize {
    usual.iter().position(|known| known == name).unwrap_or(usual.len())
}

/// Functions by their names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calls {
    pub metadata: Vec<String>,
    pub entry_points: Vec<String>,
    pub shells: Vec<String>,
    pub starts: Vec<String>,
    pub debuggers: Vec<String>,
    pub folders: Vec<String>,
    pub user: Vec<String>,
    pub serves: Vec<String>,
    pub divides: Vec<String>,
    pub commands: Vec<String>,
}

/// What sources say that write to folders.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Writes {
    pub words: Vec<(String, String)>,
    pub databases: Vec<String>,
    pub files: Vec<String>,
    pub tables: Vec<String>,
    pub lost: String,
    pub settings: Vec<String>,
    pub system: Vec<String>,
}

/// The option of a program that says at which address it listens.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    pub options: Vec<String>,
    pub option: String,
    pub value: String,
    pub commands: Vec<String>,
}

/// What stays out of the build.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ignore {
    pub made: Vec<String>,
    pub aside: Vec<String>,
}

/// A value that lets settings load.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StandIn {
    pub says: Vec<String>,
    pub holds: String,
    pub ends: String,
    pub secret: bool,
    pub value: String,
}

impl StandIn {
    /// Whether it is for a variable of this name, which this line reads.
    pub fn fits(&self, name: &str, line: &str) -> bool {
        let is_said = self.says.is_empty() || self.says.iter().any(|word| line.contains(word.as_str()));
        is_said && name.contains(&self.holds) && name.ends_with(&self.ends)
    }
}

/// How a manager's locked packages are installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    Pip,
    Uv,
    Export,
    Install,
}

/// How a manager's packages get into the environment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manager {
    pub id: String,
    pub form: Way,
    pub version: String,
    #[serde(default)]
    pub lock: String,
    pub manifest: String,
    #[serde(default)]
    pub own_table: bool,
    #[serde(default)]
    pub older: Vec<String>,
    #[serde(default)]
    pub extra: String,
    #[serde(default)]
    pub group: String,
    #[serde(default)]
    pub tools: Vec<String>,
    #[serde(default)]
    pub tools_older: Vec<String>,
    #[serde(default)]
    pub command: String,
    #[serde(default)]
    pub unhashed: String,
    #[serde(default)]
    pub relock: String,
    #[serde(default)]
    pub cycles: Vec<String>,
}

impl Manager {
    /// The manager of this id.
    pub fn named(id: &str) -> &'static Manager {
        CATALOG.manager.iter().find(|row| row.id == id).unwrap_or(&CATALOG.manager[0])
    }

    /// The first manager of a manifest, which is the one where nothing names another.
    pub fn of(manifest: &str) -> &'static Manager {
        CATALOG.manager.iter().find(|row| row.manifest == manifest).unwrap_or(&CATALOG.manager[0])
    }
}

/// What an application is made with.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Framework {
    pub id: String,
    pub interface: String,
    pub constructors: Vec<String>,
    pub imports: String,
    pub attribute: String,
    pub wraps: bool,
    pub before: Vec<String>,
    pub generated: bool,
    pub settings: String,
    pub assets: Option<Assets>,
    pub argv: Vec<String>,
    pub port: Option<u16>,
    pub environment: Vec<(String, String)>,
    pub signals: bool,
}

/// Static files that a script of a framework gathers in the build.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assets {
    pub script: String,
    pub arguments: String,
    pub folder: String,
    pub elsewhere: String,
    pub served: Vec<String>,
    pub more: Vec<(String, String)>,
}

/// A server for applications.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    pub id: String,
    pub interfaces: Vec<String>,
    pub with: Vec<String>,
    pub install: Option<String>,
    pub python: String,
    pub older: String,
    pub config: Option<(String, String)>,
    pub bound_by: String,
    pub options: Vec<(String, String)>,
    pub factory: Vec<String>,
    pub call: bool,
    pub signals: bool,
}

/// Options that a server needs beside certain packages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worker {
    pub server: String,
    pub packages: Vec<String>,
    pub options: Vec<String>,
}

/// Programs by their names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    pub names: Vec<String>,
}

/// The words of a development server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Development {
    pub words: Vec<String>,
}

/// Options that name what is installed beside the usual.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    pub extras: Vec<String>,
    pub groups: Vec<String>,
    pub files: Vec<String>,
    pub all: String,
}

/// A call that serves.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListenerRow {
    pub callee: String,
    pub signals: bool,
    pub port: Option<u16>,
    pub loopback: bool,
    pub beside: Vec<String>,
    pub variable: Option<(String, String)>,
}

/// What a program must be told that runs in a container.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Told {
    pub names: Vec<String>,
    pub words: Vec<String>,
    pub unless: Vec<String>,
    pub options: Vec<String>,
    pub variables: Vec<(String, String)>,
    pub signals: bool,
}

/// What compiles parts of the project itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackEnd {
    pub requires: Vec<String>,
    pub endings: Vec<String>,
    pub build: Vec<String>,
}

/// A package that meets a need.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Carried {
    pub need: String,
    pub package: String,
}

/// A step that brings data of a package.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fetch {
    pub package: String,
    pub call: String,
    pub word: String,
    pub command: String,
    pub folder: String,
    pub variable: String,
    pub pip: bool,
}

/// Packages that only the GNU C library holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Glibc {
    pub packages: Vec<String>,
}

/// Where the wheels of a package's versions end.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wheels {
    pub package: String,
    pub below: Vec<(String, String)>,
    pub newest: Option<String>,
}

/// A package that imports `pkg_resources`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PkgResources {
    pub package: String,
    pub below: String,
}

/// Modules that Python had up to a line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gone {
    pub modules: Vec<String>,
    pub until: String,
}

/// The catalog.
pub static CATALOG: LazyLock<Catalog> = LazyLock::new(|| catalog::parse("python/catalog.toml"));

static CONSTRUCTORS: LazyLock<HashMap<&str, &Framework>> = LazyLock::new(|| {
    let pairs = CATALOG.framework.iter().rev().flat_map(|row| row.constructors.iter().map(move |call| (&**call, row)));
    pairs.collect()
});

impl Framework {
    /// The framework whose application a call makes.
    pub fn made_by(callee: &str) -> Option<&'static Framework> {
        CONSTRUCTORS.get(callee).copied()
    }
}
