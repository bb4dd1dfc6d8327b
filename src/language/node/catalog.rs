//! The rows of `templates/node/catalog.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::catalog::{self, Image, Release, Runtime};
use crate::format::package_json::PackageJson;
use crate::path::join;
use crate::repo::Repo;
use crate::rows::Row;

use super::aged::Aged;
use super::framework::Framework;
use super::manager::Manager;
use super::wrapper::Wrapper;

/// The catalog.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    /// The image of Node.
    pub image: Image,
    /// Release lines of Node.
    pub release: Vec<Release>,
    /// Images for servers.
    pub runtime: Vec<Runtime>,
    /// Images for programs that Bun runs.
    pub bun: Vec<Runtime>,
    /// Images that serve built files.
    pub server: Vec<Runtime>,
    /// Hosts of registries that everybody may read.
    pub registries: Vec<String>,
    /// Package managers.
    pub manager: Vec<Manager>,
    /// Frameworks, the most specific first.
    pub framework: Vec<Framework>,
    /// Names that people give.
    pub usual: Usual,
    /// What the build context leaves out.
    pub context: Clutter,
    /// Ports of other services.
    pub elsewhere: Elsewhere,
    /// What is generated into node_modules.
    pub generated: Vec<Generated>,
    /// What runs before a build.
    pub prepare: Vec<Prepare>,
    /// What patches packages.
    pub patcher: Vec<Patcher>,
    /// Programs of build scripts.
    pub builder: Vec<Builder>,
    /// What is left out of scripts.
    pub skipped: Skipped,
    /// Command to its file below node_modules.
    pub commands: BTreeMap<String, String>,
    /// What stands before the real command.
    pub wrapper: Vec<Wrapper>,
    /// Programs of packages that serve.
    pub program: Vec<Program>,
    /// Libraries with a server inside.
    pub library: Vec<Library>,
    /// Packages with native parts.
    pub native: Vec<Native>,
    /// What follows from packages and from commands.
    pub row: Vec<Row>,
    /// Releases of packages that do not fit every release of Node.
    pub aged: Vec<Aged>,
}

/// A program that build scripts call.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Builder {
    /// Its name.
    pub command: String,
    /// Options that name its output.
    #[serde(default)]
    pub options: Vec<String>,
    /// Where it writes without one.
    pub default: Option<String>,
    /// Whether a tsconfig.json names its output.
    #[serde(default)]
    pub tsconfig: bool,
}

/// What is left out of scripts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skipped {
    /// Beginnings of install scripts.
    pub hooks: Vec<String>,
    /// Beginnings of steps that need a database.
    pub migrations: Vec<String>,
    /// Programs that turn sources into files: before a start they are part of the build.
    pub makers: Vec<String>,
    /// Words with which a project approves of install scripts.
    pub approvals: Vec<String>,
    /// Beginnings of steps that the build of the image has done.
    pub built: Vec<String>,
    /// Options for developers; a `*` at the end stands for any ending.
    pub options: Vec<String>,
    /// The same, with a value behind.
    pub pairs: Vec<String>,
    /// Commands that take PORT by themselves.
    pub ports: Vec<String>,
}

/// Names that people give, the usual one first.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usual {
    /// Scripts that start.
    pub scripts: Vec<String>,
    /// Those that say that they are for production.
    pub production: Vec<String>,
    /// Scripts that make what is started.
    pub builds: Vec<String>,
    /// Scripts that make parts of it.
    pub parts: Vec<String>,
    /// Files that are started.
    pub files: Vec<String>,
    /// Sources of what is started.
    pub sources: Vec<String>,
    /// How the names of files begin in which a program begins.
    pub begins: Vec<String>,
    /// Files and folders that programs read.
    pub read: Vec<String>,
    /// How names begin of what only tools and people read.
    pub tooling: Vec<String>,
}

/// What a build context leaves out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clutter {
    /// What tools leave behind.
    pub made: Vec<String>,
    /// A part of a path that only tests have, and the pattern that hides them.
    pub tests: Vec<(String, String)>,
}

/// What says that a port is another service's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Elsewhere {
    /// The ports themselves.
    pub ports: Vec<u16>,
    /// Words in the path of the file.
    pub words: Vec<String>,
}

/// What a package generates into node_modules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generated {
    /// The package.
    pub dependency: String,
    /// Files of which one says so.
    pub files: Vec<String>,
    /// What it says.
    pub says: String,
    /// The beginning of a line that names another place.
    pub unless: String,
    /// Where it is.
    pub path: String,
    /// Where it is below the folder in which pnpm keeps packages.
    pub pnpm: String,
}

impl Generated {
    /// Whether a package has it.
    pub fn is_made(&self, repo: &Repo, folder: &str, manifest: &PackageJson) -> bool {
        let text = || self.files.iter().find_map(|file| repo.text(&join(folder, file)));
        let says = |text: &str| {
            text.contains(&self.says) && !text.lines().any(|line| line.trim_start().starts_with(&self.unless))
        };
        manifest.dependency(&self.dependency).is_some() && text().is_some_and(says)
    }
}

/// What has to run before a build.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prepare {
    /// The package.
    pub dependency: String,
    /// Files of which one is there.
    pub files: Vec<String>,
    /// The command.
    pub command: String,
    /// Parts of the steps that call it already.
    pub called: Vec<String>,
}

/// What patches packages behind the install.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patcher {
    /// The package, and its command.
    pub package: String,
    /// The folder of patches.
    pub folder: String,
    /// What is run.
    pub command: String,
    /// The release where the manifest names none.
    pub version: String,
}

/// A program of a package that serves.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// The package.
    pub package: String,
    /// Where it listens.
    pub port: u16,
    /// The variable that makes it listen to other machines.
    pub host: Option<String>,
}

/// A library with a server inside.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Library {
    /// The package.
    pub dependency: String,
    /// Where it listens by default.
    pub port: Option<u16>,
}

/// Packages with native parts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Native {
    /// Their names.
    pub packages: Vec<String>,
    /// Whether a compiler may be needed.
    #[serde(default)]
    pub compile: bool,
    /// Variables of the install.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Variables of the program.
    #[serde(default)]
    pub run_environment: BTreeMap<String, String>,
}
/// The catalog, read once.
pub static CATALOG: LazyLock<Catalog> =
    LazyLock::new(|| catalog::parse("node/catalog.toml", include_str!("../../../templates/node/catalog.toml")));

impl Catalog {
    /// The manager with this id.
    pub fn manager(&self, id: &str) -> Option<&Manager> {
        self.manager.iter().find(|manager| manager.id == id)
    }

    /// The manager of this name; of two the later one where that is meant.
    pub fn named(&self, name: &str, modern: bool) -> Option<&Manager> {
        let of_name = || self.manager.iter().filter(|manager| manager.name == name);
        of_name().find(|manager| manager.modern == modern).or_else(|| of_name().next())
    }

    /// The files and folders of managers and patchers that lie at the top.
    pub fn tools(&self) -> impl Iterator<Item = &str> {
        let managers = self.manager.iter().flat_map(|row| row.lockfiles.iter().chain(&row.reads).chain(&row.marks));
        let patchers = self.patcher.iter().map(|row| &row.folder);
        managers.chain(patchers).chain(&self.context.made).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalog_is_sound() {
        let catalog = &*CATALOG;
        let pattern = |text: &Option<String>| text.iter().for_each(|text| drop(regex::Regex::new(text).unwrap()));
        for framework in &catalog.framework {
            pattern(&framework.output_setting);
            framework.mode.iter().for_each(|mode| {
                pattern(&mode.when);
                pattern(&mode.unless);
            });
        }
        for release in catalog.manager.iter().flat_map(|manager| &manager.releases) {
            nodejs_semver::Range::parse(&release.node).unwrap();
        }
        for row in &catalog.aged {
            for range in [Some(&row.releases), row.node.as_ref(), row.since.as_ref()].into_iter().flatten() {
                nodejs_semver::Range::parse(range).unwrap();
            }
        }
        assert!(catalog.manager("npm").is_some() && catalog.manager("yarn-berry").is_some());
    }
}
