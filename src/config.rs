//! `dockgen.toml`: the wishes that belong to the user. One table of keys gives the reader, the schema and the checks of
//! `dockgen config`.

use serde::Deserialize;
use toml_edit::{DocumentMut, Item, Value};

use crate::catalog::SHARED;
use crate::error::Error;
use crate::wishes::{Ci, Extras, PortWish, Wishes};

/// The file's path in the repository.
pub const PATH: &str = "dockgen.toml";

/// Where editors find the schema.
pub const SCHEMA_URL: &str = "https://raw.githubusercontent.com/dockgen/dockgen/main/docs/dockgen.schema.json";

/// What a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// A string.
    Text,
    /// A number, or a word such as `none`.
    Port,
    /// A number.
    Number,
    /// A list of strings.
    List,
    /// A table of strings.
    Table,
    /// `true` or `false`.
    Flag,
}

/// A key of the file.
#[derive(Debug)]
pub struct Key {
    /// Its dotted name.
    pub name: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// The values it may have; any where empty.
    pub values: &'static [&'static str],
    /// What it means, a sentence without a full stop.
    pub help: &'static str,
}

const fn key(name: &'static str, holds: Holds, help: &'static str) -> Key {
    Key { name, holds, values: &[], help }
}

/// Every key.
pub const KEYS: &[Key] = &[
    Key { values: &["go", "node", "python", "java"], ..key("lang", Holds::Text, "The language") },
    Key {
        values: &["auto", "scratch", "distroless", "alpine", "slim"],
        ..key("runtime", Holds::Text, "The image to run in")
    },
    key("toolchain", Holds::Text, "The version of the language's toolchain"),
    key("package-manager", Holds::Text, "The package manager"),
    key("entry", Holds::Text, "What to start"),
    key("port", Holds::Port, "Where the program listens, or \"none\""),
    key("name", Holds::Text, "The image's name"),
    Key { values: &["github", "none"], ..key("ci", Holds::Text, "The CI workflow to write") },
    key("check", Holds::Flag, "Whether the workflow runs `dockgen check` first, with a released dockgen"),
    key("platforms", Holds::List, "The platforms that the workflow builds for"),
    key("uid", Holds::Number, "The numeric user that the image runs as"),
    key("mirror", Holds::Text, "A registry that the base images come from, such as `registry.example.com/mirror`"),
    key("templates", Holds::Text, "A folder with templates that take the place of dockgen's own"),
    key("build.packages", Holds::List, "Debian packages that the build needs"),
    key("build.args", Holds::Table, "Build arguments and their defaults"),
    key("build.commands", Holds::List, "Commands to run before the build"),
    key("run.packages", Holds::List, "Debian packages that the program needs"),
    key("run.env", Holds::Table, "Environment of the program"),
    key("run.labels", Holds::Table, "Labels of the image"),
    key("run.copy", Holds::List, "Files and folders of the repository that the program reads"),
    key("run.health", Holds::List, "The command that says whether the program is well, as exec form"),
];

/// The key with this name.
///
/// # Errors
/// Where there is none, with the nearest.
pub fn by_name(name: &str) -> Result<&'static Key, Error> {
    KEYS.iter().find(|key| key.name == name).ok_or_else(|| {
        let names: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
        Error::usage(format!("`{name}` is no key of {PATH}")).hint(format!("keys are {}", names.join(", ")))
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct File {
    #[serde(rename = "$schema")]
    _schema: Option<String>,
    lang: Option<String>,
    runtime: Option<String>,
    toolchain: Option<String>,
    package_manager: Option<String>,
    entry: Option<String>,
    port: Option<PortValue>,
    name: Option<String>,
    ci: Option<String>,
    check: bool,
    platforms: Vec<String>,
    uid: Option<u32>,
    mirror: Option<String>,
    templates: Option<String>,
    build: Build,
    run: Run,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum PortValue {
    Number(u16),
    Word(String),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Build {
    packages: Vec<String>,
    args: std::collections::BTreeMap<String, String>,
    commands: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Run {
    packages: Vec<String>,
    env: std::collections::BTreeMap<String, String>,
    labels: std::collections::BTreeMap<String, String>,
    copy: Vec<String>,
    health: Vec<String>,
}

/// Reads the file's text into wishes.
///
/// # Errors
/// Where it is no TOML, or holds an unknown key or a wrong value; with the line.
pub fn parse(text: &str) -> Result<Wishes, Error> {
    let file: File = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        let quote = text.lines().nth(line - 1).unwrap_or_default().trim();
        let what = error.message().lines().next().unwrap_or_default();
        Error::usage(format!("`{PATH}`, line {line}, `{quote}`: {what}"))
            .hint("`dockgen config schema` tells every key")
    })?;
    let wrong = |what: String| Error::usage(format!("`{PATH}`: {what}"));
    for key in KEYS.iter().filter(|key| !key.values.is_empty()) {
        let value = match key.name {
            "lang" => &file.lang,
            "runtime" => &file.runtime,
            _ => &file.ci,
        };
        if let Some(value) = value.as_ref().filter(|value| !key.values.contains(&value.as_str())) {
            return Err(wrong(format!("{} = \"{value}\" is not one of {}", key.name, key.values.join(", "))));
        }
    }
    if file.check && SHARED.released.is_none() {
        return Err(Error::no(format!("`{PATH}`: check = true needs a released dockgen, and none is released yet"))
            .hint("`dockgen config unset check`, and run `dockgen check` in a step of your own"));
    }
    let port = match file.port {
        None => None,
        Some(PortValue::Number(port)) => Some(PortWish::Port(port)),
        Some(PortValue::Word(word)) => Some(word.parse().map_err(wrong)?),
    };
    Ok(Wishes {
        lang: file.lang,
        runtime: file.runtime,
        toolchain: file.toolchain,
        package_manager: file.package_manager,
        entry: file.entry,
        port,
        name: file.name,
        ci: file.ci.map(|ci| if ci == "none" { Ci::None } else { Ci::Github }),
        platforms: file.platforms,
        uid: file.uid,
        extras: Extras {
            check: file.check,
            mirror: file.mirror,
            templates: file.templates,
            build_packages: file.build.packages,
            build_args: file.build.args,
            build_commands: file.build.commands,
            run_packages: file.run.packages,
            env: file.run.env,
            labels: file.run.labels,
            copy: file.run.copy,
            health: file.run.health,
        },
    })
}

/// The value of a key as it is written; `None` where it is not set.
///
/// # Errors
/// Where the text is no TOML or the key is unknown.
pub fn get(text: &str, name: &str) -> Result<Option<String>, Error> {
    by_name(name)?;
    let document = document(text)?;
    let mut item = document.as_item();
    for part in name.split('.') {
        match item.get(part) {
            Some(next) => item = next,
            None => return Ok(None),
        }
    }
    Ok(Some(item.to_string().trim().to_owned()))
}

/// The text with a key set; comments, order and everything else stay.
///
/// # Errors
/// Where the key is unknown or cannot hold the value.
pub fn set(text: &str, name: &str, value: &str) -> Result<String, Error> {
    let key = by_name(name)?;
    if !key.values.is_empty() && !key.values.contains(&value) {
        return Err(Error::usage(format!("{name} = {value} is not one of {}", key.values.join(", "))));
    }
    let mut value = typed(key, value)?;
    let mut document = document(text)?;
    let mut table = document.as_table_mut();
    let parts: Vec<&str> = name.split('.').collect();
    let (last, folders) =
        parts.split_last().ok_or_else(|| by_name("").err().unwrap_or_else(|| Error::usage("no key")))?;
    for part in folders {
        let item = table.entry(part).or_insert(toml_edit::table());
        table = item.as_table_mut().ok_or_else(|| Error::usage(format!("`{part}` is no table in {PATH}")))?;
    }
    match table.get_mut(last) {
        Some(Item::Value(old)) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        _ => {
            table.insert(last, Item::Value(value));
        }
    }
    let text = with_head_first(&document.to_string());
    parse(&text)?;
    Ok(text)
}

/// The head stays the beginning, wherever the keys went.
fn with_head_first(text: &str) -> String {
    match text.split_once(&head()) {
        Some((before, after)) => format!("{}{before}{after}", head()),
        None => text.to_owned(),
    }
}

/// The text without a key.
///
/// # Errors
/// Where the key is unknown.
pub fn unset(text: &str, name: &str) -> Result<String, Error> {
    by_name(name)?;
    let mut document = document(text)?;
    let (folder, last) = name.split_once('.').map_or((None, name), |(folder, last)| (Some(folder), last));
    let table = match folder {
        None => Some(document.as_table_mut()),
        Some(folder) => document.get_mut(folder).and_then(Item::as_table_mut),
    };
    if let Some(table) = table {
        table.remove(last);
    }
    Ok(document.to_string())
}

fn document(text: &str) -> Result<DocumentMut, Error> {
    text.parse().map_err(|error: toml_edit::TomlError| {
        Error::usage(format!("`{PATH}` is no TOML: {}", error.message())).hint("mend the file by hand")
    })
}

/// A value as the key wants it: lists and tables are written as in TOML.
fn typed(key: &Key, value: &str) -> Result<Value, Error> {
    let wrong = |what: &str| Error::usage(format!("{} wants {what}, not `{value}`", key.name));
    let parsed = || value.parse::<Value>().ok();
    match key.holds {
        Holds::Text => Ok(value.into()),
        Holds::Port => Ok(value.parse::<i64>().map_or_else(|_| value.into(), Value::from)),
        Holds::Number => value.parse::<i64>().map(Value::from).map_err(|_| wrong("a number")),
        Holds::Flag => value.parse::<bool>().map(Value::from).map_err(|_| wrong("true or false")),
        Holds::List => match parsed().filter(Value::is_array) {
            Some(list) => Ok(list),
            None => Ok(Value::Array(value.split(',').map(str::trim).collect())),
        },
        Holds::Table => {
            parsed().filter(Value::is_inline_table).ok_or_else(|| wrong("a table such as `{ NAME = \"value\" }`"))
        }
    }
}

/// The first lines of a new file.
pub fn head() -> String {
    format!(
        "#:schema {SCHEMA_URL}\n# What dockgen would not choose by itself. Yours to edit; `dockgen config schema` tells every key.\n\n"
    )
}

/// The JSON schema of the file.
pub fn schema() -> serde_json::Value {
    let kind = |key: &Key| {
        let mut value = match key.holds {
            Holds::Text => serde_json::json!({ "type": "string" }),
            Holds::Port => serde_json::json!({ "anyOf": [
                { "type": "integer", "minimum": 1, "maximum": 65535 }, { "const": "none" }
            ] }),
            Holds::Number => serde_json::json!({ "type": "integer", "minimum": 1 }),
            Holds::Flag => serde_json::json!({ "type": "boolean" }),
            Holds::List => serde_json::json!({ "type": "array", "items": { "type": "string" } }),
            Holds::Table => serde_json::json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        };
        value["description"] = key.help.into();
        if !key.values.is_empty() {
            value["enum"] = key.values.into();
        }
        value
    };
    let object = |title: &str| serde_json::json!({ "type": "object", "description": title, "additionalProperties": false, "properties": {} });
    let mut root = object("The wishes of dockgen");
    root["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    root["properties"]["$schema"] = serde_json::json!({ "type": "string" });
    for key in KEYS {
        match key.name.split_once('.') {
            None => root["properties"][key.name] = kind(key),
            Some((folder, name)) => {
                if root["properties"][folder].is_null() {
                    root["properties"][folder] =
                        object(if folder == "build" { "Of the build" } else { "Of the running program" });
                }
                root["properties"][folder]["properties"][name] = kind(key);
            }
        }
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_schema_is_read() {
        for key in KEYS.iter().filter(|key| key.name != "check") {
            let value = match key.holds {
                Holds::Text => key.values.first().copied().unwrap_or("x"),
                Holds::Port | Holds::Number => "8080",
                Holds::Flag => "true",
                Holds::List => "a,b",
                Holds::Table => "{ A = \"b\" }",
            };
            let text = set("", key.name, value).unwrap();
            assert_ne!(parse(&text).unwrap(), Wishes::default(), "{}", key.name);
            assert!(get(&text, key.name).unwrap().is_some(), "{}", key.name);
            assert_eq!(parse(&unset(&text, key.name).unwrap()).unwrap(), Wishes::default(), "{}", key.name);
        }
    }

    #[test]
    fn a_check_in_the_workflow_waits_for_a_release() {
        let done = set("", "check", "true");
        assert_eq!(done.is_ok(), SHARED.released.is_some(), "{done:?}");
        assert!(set("", "check", "false").is_ok() && unset("check = true\n", "check").unwrap().is_empty());
    }

    #[test]
    fn comments_and_order_stay() {
        let text = "# mine\nuid = 2000 # because\nlang = \"go\"\n";
        assert_eq!(set(text, "uid", "3000").unwrap(), "# mine\nuid = 3000 # because\nlang = \"go\"\n");
        assert_eq!(unset(text, "lang").unwrap(), "# mine\nuid = 2000 # because\n");
    }

    #[test]
    fn a_new_file_begins_with_its_head() {
        for (name, value) in [("runtime", "slim"), ("run.packages", "git")] {
            let text = set(&head(), name, value).unwrap();
            assert!(text.starts_with("#:schema "), "{text}");
            assert!(set(&text, "uid", "5").unwrap().starts_with("#:schema "), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_quoted_with_its_line() {
        let what = |text| parse(text).unwrap_err().what;
        assert!(what("lang = \"go\"\nrun-time = \"x\"\n").contains("line 2, `run-time = \"x\"`"));
        assert!(what("runtime = \"windows\"").contains("not one of"));
        assert!(what("toolchain = 3.12").contains("line 1"));
        assert!(what("port = 0.5").contains("line 1"));
        assert!(set("", "nope", "x").is_err() && set("", "uid", "x").is_err() && set("", "ci", "x").is_err());
    }

    #[test]
    fn the_published_schema_is_this_one() {
        let published: serde_json::Value = serde_json::from_str(include_str!("../docs/dockgen.schema.json")).unwrap();
        assert_eq!(published, schema(), "write it anew with `dockgen config schema`");
    }
}
