//! One file per manifest or lockfile format: text in, small struct out; no paths, no policy.

use std::fmt;

pub mod application_yaml;
pub mod cargo_lock;
pub mod cargo_manifest;
pub mod compose;
pub mod git_index;
pub mod go_mod;
pub mod goreleaser;
pub mod json;
pub mod justfile;
pub mod makefile;
pub mod node_version;
pub mod npm_lock;
pub mod npmrc;
pub mod package_json;
pub mod pep440;
pub mod pipfile;
pub mod pnpm_lock;
pub mod pnpm_workspace;
pub mod pom;
pub mod procfile;
pub mod properties;
pub mod pyproject;
pub mod python_lock;
pub mod python_version;
pub mod requirements;
pub mod setup_cfg;
pub mod taskfile;
pub mod tasks;
pub mod toml_table;
pub mod tool_versions;
pub mod tsconfig;
pub mod yaml;
pub mod yarn_lock;
pub mod yarnrc;

/// Why a text could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong, a sentence without a full stop.
    pub what: String,
    /// The text at fault, one line, shortened; empty where there is none to show.
    pub quote: String,
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
}

impl Fault {
    /// A fault with the line that shows it.
    pub fn new(what: impl Into<String>, quote: &str) -> Self {
        let line = quote.trim().lines().next().unwrap_or_default();
        let quote = line.chars().filter(|c| !c.is_control()).take(80).collect();
        Fault { what: what.into(), quote, line: None }
    }

    /// The fault at a line, from 1; 0 is none.
    #[must_use]
    pub fn at(self, line: usize) -> Self {
        Fault { line: (line > 0).then_some(line), ..self }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.quote.is_empty() {
            true => f.write_str(&self.what),
            false => write!(f, "{}: `{}`", self.what, self.quote),
        }
    }
}

impl std::error::Error for Fault {}
