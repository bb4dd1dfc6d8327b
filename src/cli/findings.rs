//! The findings of `dockgen check` for other programs: annotations of GitHub Actions, and SARIF.

use std::path::Path;

use serde_json::{Value, json};

use crate::disk;
use crate::dockerfile::{Step, steps};
use crate::error::Error;
use crate::lint::{self, Level, Reason};
use crate::repo;

/// The page that tells about the rules.
const PAGE: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/check.md#the-rules");

/// The folder that was checked, as other programs see it.
pub struct Folder {
    /// Its path below the root of the git repository, with slashes; empty at the root.
    below: String,
    dockerfile: Vec<Step>,
}

impl Folder {
    /// A folder, with its Dockerfile as far as that can be read.
    ///
    /// # Errors
    /// Where the Dockerfile is there and is no text.
    pub fn of(dir: &Path) -> Result<Self, Error> {
        let text = disk::today(dir, "Dockerfile")?.unwrap_or_default();
        Ok(Folder { below: repo::below_git_root(dir), dockerfile: steps(&text).unwrap_or_default() })
    }

    fn path(&self, reason: &Reason) -> String {
        if self.below.is_empty() { reason.file.clone() } else { format!("{}/{}", self.below, reason.file) }
    }

    /// The first and the last line, of the whole instruction where one begins there.
    fn lines(&self, reason: &Reason) -> Option<(usize, usize)> {
        let line = reason.line?;
        let step = self.dockerfile.iter().find(|step| reason.file == "Dockerfile" && step.line == line);
        Some((line, step.map_or(line, |step| step.end)))
    }

    /// A line that GitHub shows beside the file.
    pub fn annotation(&self, reason: &Reason) -> String {
        let command = match reason.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "notice",
        };
        let lines = self.lines(reason).map_or_else(String::new, |(line, end)| format!(",line={line},endLine={end}"));
        let (file, title) = (property(&self.path(reason)), property(&format!("dockgen {}", reason.rule)));
        format!("::{command} file={file}{lines},title={title}::{}\n", data(&reason.message))
    }

    /// All findings as SARIF 2.1.0.
    pub fn sarif(&self, reasons: &[Reason]) -> Value {
        json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": "dockgen",
                    "version": env!("CARGO_PKG_VERSION"),
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "informationUri": env!("CARGO_PKG_REPOSITORY"),
                    "rules": lint::RULES.iter().map(rule).collect::<Vec<_>>(),
                } },
                "results": reasons.iter().map(|reason| self.result(reason)).collect::<Vec<_>>(),
            }],
        })
    }

    fn result(&self, reason: &Reason) -> Value {
        // Code scanning shows nothing without a line.
        let (line, end) = self.lines(reason).unwrap_or((1, 1));
        json!({
            "ruleId": reason.rule,
            "ruleIndex": lint::RULES.iter().position(|rule| rule.id == reason.rule),
            "level": reason.level,
            "message": { "text": reason.message },
            "locations": [{ "physicalLocation": {
                "artifactLocation": { "uri": uri(&self.path(reason)), "uriBaseId": "%SRCROOT%" },
                "region": { "startLine": line, "endLine": end },
            } }],
        })
    }
}

fn rule(rule: &lint::Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.text },
        "help": { "text": rule.help },
        "helpUri": PAGE,
        "defaultConfiguration": { "level": rule.level },
    })
}

/// What GitHub's runner wants escaped in the message of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// What it wants escaped in a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A path as a relative URI.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
