//! The rows of `tests/containers.toml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// One repository to build and run, and what its image has to do.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The folder below `tests/fixtures`.
    pub fixture: String,
    /// Flags for `dockgen init` besides `--yes`.
    #[serde(default)]
    pub init: Vec<String>,
    /// The port that is asked over HTTP; a row without it names an `output`.
    pub port: Option<u16>,
    /// What is asked for there.
    #[serde(default = "root_path")]
    pub path: String,
    /// What the answer's body contains, at status 200.
    #[serde(default)]
    pub expect: String,
    /// What the program prints before it ends with exit code 0, or while it runs on.
    pub output: Option<String>,
    /// Variables that the container is given.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// The source file that a comment is appended to.
    pub edit: PathBuf,
    /// Whether the runtime brings a shell; where it does not, `/bin/sh` must be missing.
    #[serde(default)]
    pub shell: bool,
    /// Files that are written afterwards. Then `dockgen update` runs over a Dockerfile with a line of its user's, and what
    /// it gives is built and run.
    #[serde(default)]
    pub change: BTreeMap<String, String>,
    /// The most megabytes (10^6 bytes) that the image may have.
    pub megabytes: Option<f64>,
}

fn root_path() -> String {
    "/".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<Case>,
}

impl Case {
    /// The fixture and the flags that it is tried with.
    pub fn name(&self) -> String {
        [std::slice::from_ref(&self.fixture), &self.init].concat().join(" ")
    }

    /// The line that an editor would append to the source file; another in every run, so that no layer of an earlier
    /// run on the same machine fits it.
    pub fn comment(&self) -> Result<String, String> {
        let since = std::time::UNIX_EPOCH.elapsed().map_err(|error| error.to_string())?;
        let edit = format!("an edit at {}", since.as_nanos());
        match self.edit.extension().and_then(|suffix| suffix.to_str()) {
            Some("go" | "rs" | "java" | "js" | "cjs" | "mjs" | "jsx" | "ts" | "mts" | "tsx") => {
                Ok(format!("\n// {edit}\n"))
            }
            Some("py") => Ok(format!("\n# {edit}\n")),
            Some("html" | "vue" | "svelte" | "astro") => Ok(format!("\n<!-- {edit} -->\n")),
            Some("css") => Ok(format!("\n/* {edit} */\n")),
            _ => Err(format!("no comment is known for a file like `{}`", self.edit.display())),
        }
    }

    fn validate(&self, fixtures: &Path) -> Result<(), String> {
        if self.port.is_some() == self.output.is_some() {
            return Err(format!("`{}` needs a port or an output, one of both", self.name()));
        }
        let source = fixtures.join(&self.fixture).join(&self.edit);
        if !source.is_file() {
            return Err(format!("`{}`: there is no `{}`", self.name(), source.display()));
        }
        self.comment().map(drop)
    }
}

/// Reads every row; a row that cannot be tried is an error, so that none is left out silently.
pub fn read(rows: &Path, fixtures: &Path) -> Result<Vec<Case>, String> {
    let text = std::fs::read_to_string(rows).map_err(|error| format!("{}: {error}", rows.display()))?;
    let table: Table = toml::from_str(&text).map_err(|error| format!("{}: {error}", rows.display()))?;
    table.case.iter().try_for_each(|case| case.validate(fixtures))?;
    Ok(table.case)
}
