//! Rows about package managers: their files, their words, their releases.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A package manager.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manager {
    /// `npm`, `pnpm`, `yarn`, `yarn-berry`, `bun`.
    pub id: String,
    /// What people, and `--package-manager`, call it.
    pub name: String,
    /// Whether this is the later one of two of the same name.
    #[serde(default)]
    pub modern: bool,
    /// Its own name on the registry, where npm has to install it.
    pub package: Option<String>,
    /// Its lock files.
    pub lockfiles: Vec<String>,
    /// Files that speak for it.
    #[serde(default)]
    pub marks: Vec<String>,
    /// What else an install reads, where it is there.
    pub reads: Vec<String>,
    /// Whether it keeps the packages of members apart.
    #[serde(default)]
    pub isolated: bool,
    /// Whether it runs programs too.
    #[serde(default)]
    pub runs: bool,
    /// Whether nobody reads its lock file here.
    #[serde(default)]
    pub opaque: bool,
    /// Whether a copy of it may lie in the repository.
    #[serde(default)]
    pub committed: bool,
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
    /// The option with which it resolves as its releases did that wrote the oldest lock files.
    pub legacy: Option<String>,
    /// The option that installs one member; `{folder}` and `{name}` are the member's.
    pub member: Option<String>,
    /// The option that installs the root with it, for the build.
    pub with_root: Option<String>,
    /// The command that installs one member, where that is one of its own: of releases that are not in `unfocused`.
    pub focus: Option<String>,
    /// The releases without it.
    pub unfocused: Option<String>,
    /// The option of `npm install` that brings it.
    pub bring: Option<String>,
    /// Runs a script.
    pub run: String,
    /// Runs a `{script}` of a member; `{folder}` and `{name}` are the member's.
    pub run_in: String,
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

impl Manager {
    /// Its newest release.
    pub fn newest(&self) -> Option<&str> {
        self.releases.first().map(|release| release.version.as_str())
    }

    /// Whether a package is called by its name, and not by its folder.
    pub fn calls_by_name(&self) -> bool {
        let words = [self.member.as_deref(), self.focus.as_deref(), Some(self.run_in.as_str())];
        words.into_iter().flatten().any(|words| words.contains("{name}") || words.contains("{selector}"))
    }
}
