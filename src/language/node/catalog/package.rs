//! Rows about packages of npm: what they generate, serve, need, and on which releases of Node they work.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::format::package_json::PackageJson;
use crate::path::join;
use crate::repo::Repo;
use crate::source::Pattern;

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
    /// Files with its settings.
    #[serde(default)]
    pub settings: Vec<String>,
    /// A pattern that finds variables in them without which it does not start.
    #[serde(default)]
    pub demands: Pattern,
    /// What stands in for their values.
    #[serde(default)]
    pub stand_in: String,
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

/// A package that serves: by a program of its own, or as a library.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Serves {
    /// The package.
    pub package: String,
    /// Where it listens where nothing says another place.
    pub port: Option<u16>,
    /// The variable that makes it listen to other machines.
    pub host: Option<String>,
    /// Whether it listens to its own machine where no address is named.
    #[serde(default)]
    pub local: bool,
}

/// Packages with native parts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Native {
    /// Their names.
    pub packages: Vec<String>,
    /// Those of their releases that are meant, where not all are.
    pub releases: Option<String>,
    /// Whether a compiler may be needed.
    #[serde(default)]
    pub compile: bool,
    /// What installs, into the image that runs, what they start.
    pub install: Option<String>,
    /// Variables of the install.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Variables of the program.
    #[serde(default)]
    pub run_environment: BTreeMap<String, String>,
}
