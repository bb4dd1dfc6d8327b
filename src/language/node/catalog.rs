//! The rows of `templates/node/catalog.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::catalog::{self, Image, Release, Runtime};

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
    /// Package managers.
    pub manager: Vec<Manager>,
    /// Frameworks, the most specific first.
    pub framework: Vec<Framework>,
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
    /// Releases of packages that do not fit every release of Node.
    pub aged: Vec<Aged>,
}

/// A package manager.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manager {
    /// `npm`, `pnpm`, `yarn`, `yarn-berry`, `bun`.
    pub id: String,
    /// Its own name on the registry, where npm has to install it.
    pub package: Option<String>,
    /// Its lock files.
    pub lockfiles: Vec<String>,
    /// What else an install reads, where it is there.
    pub reads: Vec<String>,
    /// Where downloads are kept.
    pub cache: String,
    /// `locked` or `shared`.
    pub sharing: String,
    /// The releases of Node whose image has it.
    pub bundled: Option<String>,
    /// Variables of the builder.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Whether it refuses a release of Node that `engines` rules out.
    #[serde(default)]
    pub engines: bool,
    /// Installs what the lock file says.
    pub install: String,
    /// Installs without a lock file.
    pub unlocked: String,
    /// Installs with a lock file that is older than the manifest.
    pub stale: String,
    /// Installs without development packages, where that is a command of its own.
    pub install_production: Option<String>,
    /// The option that leaves development packages out.
    pub production: String,
    /// Runs a script.
    pub run: String,
    /// Runs a command of an installed package.
    pub exec: String,
    /// Its own releases, newest first.
    #[serde(default)]
    pub releases: Vec<ManagerRelease>,
}

/// A release of a package manager.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManagerRelease {
    /// The exact version.
    pub version: String,
    /// The releases of Node on which it runs.
    pub node: String,
    /// The versions of lock files that it is taken for.
    pub locks: Vec<String>,
    /// Whether it runs the install scripts of packages that nobody has approved.
    #[serde(default)]
    pub scripts: bool,
}

/// A framework.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Framework {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// The package that speaks for it.
    pub dependency: String,
    /// What its build is called; the first is taken where no script calls one.
    pub commands: Vec<String>,
    /// The package that brings the command, where it is another one.
    pub command_package: Option<String>,
    /// Its own files.
    #[serde(default)]
    pub config: Vec<String>,
    /// A folder that makes the next build quicker.
    pub cache: Option<String>,
    /// Variables of the build.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// What to do where none of the modes fits.
    pub advice: Option<String>,
    /// The option that names the output.
    pub output_option: Option<String>,
    /// A pattern that finds the output in one of the `config` files.
    pub output_setting: Option<String>,
    /// What it can be; the first that fits.
    pub mode: Vec<Mode>,
}

/// A shape of a framework's result.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mode {
    /// Its name.
    pub id: String,
    /// A pattern in one of the framework's files.
    pub when: Option<String>,
    /// A pattern that is in none of the framework's files.
    pub unless: Option<String>,
    /// A dependency.
    pub needs: Option<String>,
    /// A part of the build script.
    pub script: Option<String>,
    /// A file of the service.
    pub file: Option<String>,
    /// Files for a web server.
    #[serde(default, rename = "static")]
    pub is_static: bool,
    /// Each page is a file.
    #[serde(default)]
    pub pages: bool,
    /// What the build writes.
    pub output: Vec<String>,
    /// Whether the runtime needs node_modules.
    #[serde(default)]
    pub modules: bool,
    /// What the runtime reads beside the output.
    #[serde(default)]
    pub keeps: Vec<String>,
    /// What node runs.
    #[serde(default)]
    pub start: Vec<String>,
    /// Where it listens.
    pub port: Option<u16>,
    /// Whether it ends on SIGTERM by itself.
    #[serde(default)]
    pub signals: bool,
    /// The variable that makes it listen to other machines.
    pub host: Option<String>,
    /// Whether it does not start without PORT.
    #[serde(default)]
    pub wants_port: bool,
    /// A folder of files whose names change with their content.
    pub assets: Option<String>,
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
}

/// What a wrapper means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WrapperKind {
    /// The command follows.
    Pass,
    /// The name of a script follows.
    Script,
    /// Arguments of node follow.
    Node,
    /// A TypeScript source follows.
    Typescript,
    /// It serves built files.
    Static,
    /// It is for development.
    Develop,
}

/// Words before the real command.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wrapper {
    /// The words, each entry one or several.
    pub words: Vec<String>,
    /// What they mean.
    pub kind: WrapperKind,
    /// Options that make node load TypeScript.
    #[serde(default)]
    pub load: Vec<String>,
    /// The packages that this takes.
    #[serde(default)]
    pub packages: Vec<String>,
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
    /// Whether it ends on SIGTERM.
    #[serde(default)]
    pub signals: bool,
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
    /// Debian packages of the builder.
    #[serde(default)]
    pub build: Vec<String>,
    /// Needs of the runtime.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Variables of the install and of the runtime.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
}

/// Releases of packages that do not fit every release of Node.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aged {
    /// The package.
    pub package: String,
    /// Its releases.
    pub releases: String,
    /// The releases of Node on which they work, where nothing helps them on others.
    pub node: Option<String>,
    /// What makes the build work on `since` and later.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// The releases of Node that need `environment`.
    pub since: Option<String>,
}

/// The catalog, read once.
pub static CATALOG: LazyLock<Catalog> =
    LazyLock::new(|| catalog::parse("node/catalog.toml", include_str!("../../../templates/node/catalog.toml")));

impl Catalog {
    /// The manager with this id.
    pub fn manager(&self, id: &str) -> Option<&Manager> {
        self.manager.iter().find(|manager| manager.id == id)
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
