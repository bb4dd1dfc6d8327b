//! Rows about the words of scripts: what stands before the real command, and what is left out.

use serde::Deserialize;

/// What a wrapper means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WrapperKind {
    /// The name of a script follows.
    Script,
    /// The names of scripts follow.
    Series,
    /// Arguments of Bun follow, or the name of a script.
    Bun,
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
    /// Options of it that take a word.
    #[serde(default)]
    pub values: Vec<String>,
    /// Options that make node load TypeScript.
    #[serde(default)]
    pub load: Vec<String>,
    /// Whether watchers take it for a TypeScript source.
    #[serde(default)]
    pub helps: bool,
    /// The packages that this takes.
    #[serde(default)]
    pub packages: Vec<String>,
}

/// What is left out of scripts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skipped {
    /// Scripts that an install runs.
    pub installed: Vec<String>,
    /// Beginnings of install scripts.
    pub hooks: Vec<String>,
    /// Names of programs that are called after what they do to a database.
    pub migrations: Vec<String>,
    /// Commands of managers that are no scripts.
    pub commands: Vec<String>,
    /// Those that bring packages.
    pub installs: Vec<String>,
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
    /// Words that run a script in all members of a workspace.
    pub all: Vec<String>,
    /// Programs that run another script by the system that they run on.
    pub choosers: Vec<String>,
    /// How the names of those end that are for Linux, the likeliest first.
    pub systems: Vec<String>,
    /// Commands that take PORT by themselves.
    pub ports: Vec<String>,
}
