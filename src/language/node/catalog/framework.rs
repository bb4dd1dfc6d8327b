//! Rows about frameworks: what builds, what comes of it, and how that runs.

use std::collections::BTreeMap;

use serde::Deserialize;

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
    /// What reads its own settings.
    pub reader: Option<Reader>,
    /// What names the path below which browsers ask for the files.
    #[serde(default)]
    pub base: Base,
    /// Whether pages may be written in Markdown.
    #[serde(default)]
    pub markdown: bool,
    /// Whether it shows parts of a program, and is none.
    #[serde(default)]
    pub library: bool,
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
    /// The releases of the framework, where not all are meant.
    pub releases: Option<String>,
    /// A part of the build script.
    pub script: Option<String>,
    /// A file of the service.
    pub file: Option<String>,
    /// A word of the framework's own settings.
    pub says: Option<String>,
    /// Files for a web server.
    #[serde(default, rename = "static")]
    pub is_static: bool,
    /// Each page is a file.
    #[serde(default)]
    pub pages: bool,
    /// The page that answers for what no file is there: its name, or a pattern that finds it in one of the framework's files.
    pub fallback: Option<String>,
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
    /// Whether the output holds paths of the repository.
    #[serde(default)]
    pub rooted: bool,
    /// Whether the program writes into the output.
    #[serde(default)]
    pub owned: bool,
    /// Whether the output is an application of its own, which is started in its own folder.
    #[serde(default)]
    pub home: bool,
    /// What the build context leaves out in the place of the output.
    #[serde(default)]
    pub hidden: Vec<String>,
    /// What else of the build has to lie beside the output.
    #[serde(default)]
    pub made: Vec<String>,
    /// What else of the repository has to, where it is there.
    #[serde(default)]
    pub beside: Vec<String>,
}

/// A named way to read settings that a pattern cannot read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reader {
    /// `angular.json`.
    AngularJson,
}

/// What names the path below which browsers ask for the files.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Base {
    /// A pattern in one of the framework's files.
    pub setting: Option<String>,
    /// An option of the build.
    pub option: Option<String>,
    /// Whether the manifest's `homepage` does.
    pub homepage: bool,
}
