//! Toolchain version files: which release of which tool a team uses.

use serde::Deserialize;

use super::CATALOG;
use crate::facts::{Fact, Kind, Strength};
use crate::format::tool_versions::{self, ToolVersions};
use crate::format::{Fault, properties, toml_table};
use crate::language;
use crate::repo::Repo;
use crate::requirement::Requirement;

/// A version file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    path: String,
    form: Form,
    tool: Option<String>,
}

/// How a version file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Form {
    /// A release on a line of its own.
    Line,
    /// rustup's: a channel on a line of its own, or in a table.
    Channel,
    /// asdf's: a tool and its releases on each line.
    List,
    /// mise's: a table of tools.
    Mise,
    /// proto's: tools at the top of the file.
    Proto,
    /// A tool and its release as a property.
    Properties,
}

/// A tool that these files install.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    id: String,
    names: Vec<String>,
    #[serde(default)]
    manager: bool,
}

/// No more folders than this are looked into, beside the top.
const MOST_FOLDERS: usize = 50;

/// The testimonies of the version files at the top, and of those beside the manifest of a program below.
pub fn testify(repo: &Repo) -> Vec<Fact> {
    let mut facts = in_folder(repo, "");
    for folder in folders(repo) {
        facts.extend(in_folder(repo, folder).into_iter().map(|fact| fact.of(folder)));
    }
    facts
}

/// The folders below the top that hold a version file and a manifest.
fn folders(repo: &Repo) -> Vec<&str> {
    let holder = |path| CATALOG.version_file.iter().find_map(|row| repo_folder(path, &row.path));
    let mut folders: Vec<&str> = repo.files().filter_map(holder).collect();
    folders.dedup();
    folders.retain(|folder| language::has_sign(repo, folder));
    folders.truncate(MOST_FOLDERS);
    folders
}

/// The folder in which this is a file of the name.
fn repo_folder<'a>(path: &'a str, name: &str) -> Option<&'a str> {
    path.strip_suffix(name)?.strip_suffix('/')
}

fn in_folder(repo: &Repo, folder: &str) -> Vec<Fact> {
    let mut facts = Vec::new();
    for row in &CATALOG.version_file {
        let path = if folder.is_empty() { row.path.clone() } else { format!("{folder}/{}", row.path) };
        let Some(text) = repo.text(&path) else { continue };
        facts.extend(match (row.form, &row.tool) {
            (Form::Line, Some(tool)) => of_lines(tool, text, &path),
            (Form::Channel, Some(tool)) => of_channel(tool, text, &path),
            (form, _) => of_tools(form, text, &path),
        });
    }
    facts
}

/// The first line that names a release, else the first that says something.
fn of_lines(tool: &str, text: &str, path: &str) -> Vec<Fact> {
    let lines = || text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let said = || lines().filter(|line| !line.is_empty());
    let line = said().find(|line| read(tool, line).is_some()).or_else(|| said().next());
    line.and_then(|line| wanted(tool, line, path, line)).into_iter().collect()
}

fn of_channel(tool: &str, text: &str, path: &str) -> Vec<Fact> {
    let table = toml_table::parse(text).ok();
    let channel = table.and_then(|table| toml_table::text(&table, &["toolchain", "channel"]));
    let line = text.trim();
    let quote = channel.as_ref().map_or(line.to_owned(), |channel| format!("channel = \"{channel}\""));
    let channel = channel.as_deref().unwrap_or(line);
    // The name of a machine may stand behind: `nightly-2025-06-01-x86_64-unknown-linux-gnu`.
    let is_of_channel = |(at, part): &(usize, &str)| *at == 0 || part.starts_with(|c: char| c.is_ascii_digit());
    let parts: Vec<&str> = channel.split('-').enumerate().take_while(is_of_channel).map(|(_, part)| part).collect();
    wanted(tool, &parts.join("-"), path, &quote).into_iter().collect()
}

fn of_tools(form: Form, text: &str, path: &str) -> Vec<Fact> {
    let tools = match form {
        Form::Mise => tool_versions::parse_mise(text),
        Form::Proto => tool_versions::parse_proto(text),
        Form::Properties => of_properties(text),
        _ => tool_versions::parse(text),
    };
    match tools {
        Ok(tools) => {
            let between = if form == Form::List { " " } else { "=" };
            CATALOG.tool.iter().filter_map(|tool| of_tool(tool, &tools, between, path)).collect()
        }
        Err(fault) => vec![Fact::new(Kind::Unreadable(fault.what.clone()), path, &fault.quote, Strength::Guess)],
    }
}

fn of_properties(text: &str) -> Result<ToolVersions, Fault> {
    let pairs = properties::parse(text)?;
    Ok(pairs.entries().map(|(tool, version)| (tool.to_owned(), vec![version.trim().to_owned()])).collect())
}

fn of_tool(tool: &Tool, tools: &ToolVersions, between: &str, path: &str) -> Option<Fact> {
    let (name, versions) = tool.names.iter().find_map(|name| tools.get_key_value(name))?;
    let version = versions.first()?;
    wanted(&tool.id, version, path, &format!("{name}{between}{version}"))
}

/// A release of a language's toolchain, or of a package manager: that says little about which one is used.
fn wanted(tool: &str, version: &str, path: &str, quote: &str) -> Option<Fact> {
    let row = CATALOG.tool.iter().find(|row| row.id == tool)?;
    if row.manager {
        let is_release = version.starts_with(|c: char| c.is_ascii_digit())
            && version.chars().all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c));
        let kind = Kind::Manager(row.id.clone(), Some(version.to_owned()));
        return is_release.then(|| Fact::new(kind, path, quote, Strength::Guess));
    }
    language::by_id(tool)?;
    let requirement = read(tool, version).unwrap_or_else(|| Requirement::alias(version));
    Some(Fact::new(Kind::Toolchain(row.id.clone(), requirement), path, quote, Strength::Pinned))
}

fn read(tool: &str, version: &str) -> Option<Requirement> {
    (language::by_id(tool)?.release)(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_file_speaks_for_its_tools() {
        let repo = Repo::from_list(
            "x",
            [
                (".nvmrc", "\n# node\n v22.11.0 # why\n20\n"),
                (".node-version", "what\n"),
                (".python-version", "my-env\n3.12.4\n"),
                ("runtime.txt", "python-3.11.4"),
                (".go-version", "1.25.3\n"),
                (".java-version", "temurin-21.0.2+13\n"),
                (".sdkmanrc", "java=17.0.9-tem\n"),
                (".tool-versions", "golang 1.25.4\nnodejs lts/iron\npoetry 1.8.2\npnpm ref:x\n"),
                ("mise.toml", "[tools]\njava = '25'\n"),
                (".mise.toml", "[tools\n"),
                (".config/mise/config.toml", "[tools]\ngo = { version = '1.26' }\n"),
                (".prototools", "node = '24'\n[settings]\nx = 1\n"),
                ("api/.nvmrc", "20\n"),
                ("api/package.json", "{}"),
                ("docs/.nvmrc", "18\n"),
            ],
        );
        let said: Vec<String> = testify(&repo)
            .iter()
            .map(|fact| match &fact.kind {
                Kind::Toolchain(tool, wanted) => format!("{} {tool} {wanted}", fact.evidence.file),
                kind => format!("{} {kind}", fact.evidence.file),
            })
            .collect();
        assert_eq!(
            said,
            [
                ".nvmrc node 22.11.0",
                ".node-version node what",
                ".python-version python 3.12.4",
                "runtime.txt python 3.11.4",
                ".go-version go 1.25.3",
                ".java-version java 21",
                ".sdkmanrc java 17",
                ".tool-versions node lts/iron",
                ".tool-versions go 1.25.4",
                ".tool-versions package manager poetry 1.8.2",
                "mise.toml java 25",
                ".mise.toml unreadable: is no valid TOML",
                ".config/mise/config.toml go 1.26",
                ".prototools node 24",
                "api/.nvmrc node 20",
            ]
        );
        assert_eq!(testify(&repo).last().and_then(|fact| fact.program.as_deref()), Some("api"));
    }
}
