//! `dockgen.toml`: the wishes that belong to the user. One table of keys gives the reader, the schema and the checks of
//! `dockgen config`.

mod edit;

pub use edit::{get, json, list, set, unset};

use serde::Deserialize;

use crate::catalog::SHARED;
use crate::error::Error;
use crate::language;
use crate::values;
use crate::wishes::{Ci, Extras, Wishes};

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
    /// A list of numbers from 1 to 65535.
    Ports,
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
    pub values: fn() -> Vec<&'static str>,
    /// What it means, a sentence without a full stop.
    pub help: &'static str,
}

const fn key(name: &'static str, holds: Holds, help: &'static str) -> Key {
    Key { name, holds, values: Vec::new, help }
}

/// Every key.
pub const KEYS: &[Key] = &[
    Key { values: language::ids, ..key("lang", Holds::Text, "The language") },
    Key { values: || values::RUNTIMES.to_vec(), ..key("runtime", Holds::Text, "The image to run in") },
    key("toolchain", Holds::Text, "The version of the language's toolchain"),
    Key { values: language::managers, ..key("package-manager", Holds::Text, "The package manager") },
    key("entry", Holds::Text, "What to start"),
    key("port", Holds::Port, "Where the program listens, or \"none\""),
    key("name", Holds::Text, "The image's name"),
    Key { values: || vec!["github", "none"], ..key("ci", Holds::Text, "The CI workflow to write") },
    key("check", Holds::Flag, "Whether the workflow runs `dockgen check` first, with a released dockgen"),
    key("platforms", Holds::List, "The platforms that the workflow builds for"),
    key("uid", Holds::Number, "The numeric user that the image runs as"),
    key("mirror", Holds::Text, "A registry that the base images come from, such as `registry.example.com/mirror`"),
    key("templates", Holds::Text, "A folder with templates that take the place of dockgen's own"),
    key(
        "front-ends",
        Holds::Table,
        "Folders of front ends, and where the program serves what they make: `{ web = \"static\" }`",
    ),
    key("build.packages", Holds::List, "Debian packages that the build needs"),
    key("build.args", Holds::Table, "Build arguments and their defaults"),
    key("build.commands", Holds::List, "Commands to run before the build"),
    key(
        "build.flags",
        Holds::List,
        "Arguments of the command that builds: `-tags=prod`, `--features=tls`, `-Pprod`, `--extra=web`",
    ),
    key("build.script", Holds::Text, "The script of the manifest that builds"),
    key("build.env", Holds::Table, "Environment of the build"),
    key("build.secrets", Holds::List, "Variables that the build is given as secrets, which no layer keeps"),
    key("run.args", Holds::List, "The arguments of the program"),
    key("run.command", Holds::List, "The words that start the program, as exec form, in place of dockgen's own"),
    key("run.ports", Holds::Ports, "Ports that it listens on beside `port`"),
    key("run.data", Holds::List, "Folders of the image that the program writes to, such as `/app/data`"),
    key("run.packages", Holds::List, "Debian packages that the program needs"),
    key("run.env", Holds::Table, "Environment of the program"),
    key("run.labels", Holds::Table, "Labels of the image"),
    key("run.copy", Holds::List, "Files and folders of the repository that the program reads"),
    key("run.health", Holds::List, "The command that says whether the program is well, as exec form"),
];

/// The key with this name, and for a table what follows: `run.env.NAME` is `NAME` of `run.env`.
///
/// # Errors
/// Where there is none, with the nearest.
pub fn by_name(name: &str) -> Result<(&'static Key, Option<&str>), Error> {
    let member = |key: &Key| name.strip_prefix(key.name)?.strip_prefix('.').filter(|rest| !rest.is_empty());
    let exact = KEYS.iter().find(|key| key.name == name).map(|key| (key, None));
    let nested = || KEYS.iter().filter(|key| key.holds == Holds::Table).find_map(|key| Some((key, Some(member(key)?))));
    exact.or_else(nested).ok_or_else(|| {
        let names: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
        Error::usage(format!("`{name}` is no key of {PATH}{}", meant(name)))
            .hint(format!("keys are {}", names.join(", ")))
    })
}

/// A question for the key that was meant, by its whole name or its last part.
fn meant(name: &str) -> String {
    let last = |name: &'static str| name.rsplit('.').next().unwrap_or(name);
    let whole = values::nearest(name, KEYS.iter().map(|key| key.name));
    let known = whole.or_else(|| {
        let part = values::nearest(name, KEYS.iter().map(|key| last(key.name)))?;
        KEYS.iter().map(|key| key.name).find(|name| last(name) == part)
    });
    known.map_or_else(String::new, |known| format!("; did you mean `{known}`?"))
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
    port: Option<toml::Value>,
    name: Option<String>,
    ci: Option<String>,
    check: bool,
    platforms: Vec<String>,
    uid: Option<i64>,
    mirror: Option<String>,
    templates: Option<String>,
    front_ends: std::collections::BTreeMap<String, String>,
    build: Build,
    run: Run,
    service: std::collections::BTreeMap<String, File>,
}

/// What the file says of all services, and of each in its section `[service.NAME]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Of all.
    pub all: Wishes,
    /// Of each, by its name.
    pub services: std::collections::BTreeMap<String, Wishes>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Build {
    packages: Vec<String>,
    args: std::collections::BTreeMap<String, String>,
    commands: Vec<String>,
    flags: Vec<String>,
    script: Option<String>,
    env: std::collections::BTreeMap<String, String>,
    secrets: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Run {
    args: Vec<String>,
    command: Vec<String>,
    ports: Vec<i64>,
    data: Vec<String>,
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
    parse_all(text).map(|standing| standing.all)
}

/// The same with the sections of services.
///
/// # Errors
/// As for [`parse`].
pub fn parse_all(text: &str) -> Result<Standing, Error> {
    let mut file: File = toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or_default();
        let what = error.message().lines().next().unwrap_or_default();
        let what = match what.starts_with("unknown field") {
            true => {
                let name = text.get(span.clone()).unwrap_or_default();
                format!("there is no such key{}", meant(name))
            }
            false => what.to_owned(),
        };
        wrong(text, Some(span.start), &what).hint("`dockgen config schema` tells every key")
    })?;
    let sections = std::mem::take(&mut file.service);
    let is_checked = file.check || sections.values().any(|section| section.check);
    if let Some((name, _)) = sections.iter().find(|(_, section)| !section.service.is_empty()) {
        return Err(wrong(text, None, &format!("`service.{name}` has services of its own")));
    }
    if is_checked && SHARED.released.is_none() {
        return Err(Error::no(format!("`{PATH}`: check = true needs a released dockgen, and none is released yet"))
            .hint("`dockgen config unset check`, and run `dockgen check` in a step of your own"));
    }
    let all = wishes(file).map_err(|(key, what)| wrong(text, place(text, key), &what))?;
    let section = |(name, file): (String, File)| {
        let wishes =
            wishes(file).map_err(|(key, what)| wrong(text, place(text, &format!("{SECTIONS}.{name}.{key}")), &what))?;
        Ok((name, wishes))
    };
    Ok(Standing { all, services: sections.into_iter().map(section).collect::<Result<_, Error>>()? })
}

/// The table whose members are the sections of services.
const SECTIONS: &str = "service";

/// What is wrong, with the line of this offset.
fn wrong(text: &str, offset: Option<usize>, what: &str) -> Error {
    let Some(offset) = offset else { return Error::usage(format!("`{PATH}`: {what}")) };
    let line = text[..offset.min(text.len())].matches('\n').count() + 1;
    let quote = text.lines().nth(line - 1).unwrap_or_default().trim();
    Error::usage(format!("`{PATH}`, line {line}, `{quote}`: {what}"))
}

/// Where the value of a key begins.
fn place(text: &str, key: &str) -> Option<usize> {
    let document = toml_edit::Document::parse(text).ok()?;
    let item = key.split('.').try_fold(document.as_item(), |item, part| item.get(part))?;
    Some(item.span()?.start)
}

/// The wishes of a file; else the key whose value is wrong, and why.
fn wishes(file: File) -> Result<Wishes, (&'static str, String)> {
    let words = [
        ("lang", &file.lang),
        ("runtime", &file.runtime),
        ("package-manager", &file.package_manager),
        ("ci", &file.ci),
    ];
    for (name, word) in words {
        let known = KEYS.iter().find(|key| key.name == name).map_or_else(Vec::new, |key| (key.values)());
        word.as_ref().map_or(Ok(String::new()), |word| values::one_of(word, &known)).map_err(|what| (name, what))?;
    }
    let port = |port: toml::Value| port.as_str().map_or_else(|| port.to_string(), str::to_owned).parse();
    let checked = |value: &Option<String>, name, check: fn(&str) -> Result<String, String>| {
        value.as_deref().map(check).transpose().map(drop).map_err(|what| (name, what))
    };
    checked(&file.name, "name", values::image_name)?;
    checked(&file.mirror, "mirror", values::registry)?;
    let ports = ports(&file.run.ports).map_err(|what| ("run.ports", what))?;
    file.run.data.iter().try_for_each(|it| values::folder(it).map(drop)).map_err(|what| ("run.data", what))?;
    file.build
        .secrets
        .iter()
        .try_for_each(|it| values::variable(it).map(drop))
        .map_err(|what| ("build.secrets", what))?;
    file.platforms.iter().try_for_each(|it| values::platform(it).map(drop)).map_err(|what| ("platforms", what))?;
    Ok(Wishes {
        lang: file.lang,
        runtime: file.runtime,
        toolchain: file.toolchain,
        package_manager: file.package_manager,
        entry: file.entry,
        port: file.port.map(port).transpose().map_err(|what| ("port", what))?,
        name: file.name,
        ci: file.ci.map(|ci| if ci == "none" { Ci::None } else { Ci::Github }),
        platforms: file.platforms,
        uid: file.uid.map(|uid| values::uid(&uid.to_string())).transpose().map_err(|what| ("uid", what))?,
        args: file.run.args,
        data: file.run.data,
        extras: Extras {
            front_ends: file.front_ends,
            build_flags: file.build.flags,
            build_script: file.build.script,
            build_env: file.build.env,
            build_secrets: file.build.secrets,
            command: file.run.command,
            ports,
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

/// Ports beside the one that the program serves on.
fn ports(list: &[i64]) -> Result<Vec<u16>, String> {
    let port = |port: &i64| u16::try_from(*port).ok().filter(|port| *port > 0);
    let ports: Option<Vec<u16>> = list.iter().map(port).collect();
    ports.ok_or_else(|| "a port is a number from 1 to 65535".to_owned())
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
            Holds::Number => serde_json::json!({ "type": "integer", "minimum": 1, "maximum": values::LARGEST_USER }),
            Holds::Flag => serde_json::json!({ "type": "boolean" }),
            Holds::List => serde_json::json!({ "type": "array", "items": { "type": "string" } }),
            Holds::Ports => serde_json::json!({ "type": "array", "items": {
                "type": "integer", "minimum": 1, "maximum": 65535
            } }),
            Holds::Table => serde_json::json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        };
        value["description"] = key.help.into();
        let values = (key.values)();
        if !values.is_empty() {
            value["enum"] = values.into();
        }
        value
    };
    let object = |title: &str| serde_json::json!({ "type": "object", "description": title, "additionalProperties": false, "properties": {} });
    let mut root = object("The wishes of dockgen");
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
    let mut section = root.clone();
    section["description"] = "What is wished for one of several services alone".into();
    root["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    root["properties"]["$schema"] = serde_json::json!({ "type": "string" });
    root["properties"][SECTIONS] = serde_json::json!({
        "type": "object", "description": "Services by their names", "additionalProperties": section
    });
    root
}

impl Wishes {
    /// Everything that was said, a line `key = value` each.
    pub fn lines(&self) -> Vec<String> {
        let said = self.said().into_iter().map(|(key, value)| format!("{key} = {value}"));
        let extras = serde_json::to_value(&self.extras).unwrap_or_default();
        let is_said = |value: &serde_json::Value| match value {
            serde_json::Value::Array(list) => !list.is_empty(),
            serde_json::Value::Object(map) => !map.is_empty(),
            value => !matches!(value, serde_json::Value::Null | serde_json::Value::Bool(false)),
        };
        let extras = extras.as_object().into_iter().flatten().filter(|(_, value)| is_said(value));
        said.chain(extras.map(|(field, value)| format!("{} = {value}", key_of(field)))).collect()
    }
}

/// The key of `dockgen.toml` for a field of the extras.
fn key_of(field: &str) -> &str {
    let means = |key: &&Key| {
        key.name.replace(['.', '-'], "_") == field || key.name.strip_prefix("run.").is_some_and(|name| name == field)
    };
    KEYS.iter().find(means).map_or(field, |key| key.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_lines_with_the_keys_of_the_file() {
        let text = "port = 9000\nmirror = \"m.io\"\n[run]\npackages = [\"curl\"]\nenv = { A = \"1\" }\n[build]\nargs = { B = \"2\" }\n";
        let mut lines = parse(text).unwrap().lines();
        lines.sort();
        assert_eq!(
            lines,
            [
                "build.args = {\"B\":\"2\"}",
                "mirror = \"m.io\"",
                "port = 9000",
                "run.env = {\"A\":\"1\"}",
                "run.packages = [\"curl\"]"
            ]
        );
        assert_eq!(Wishes::default().lines(), Vec::<String>::new());
    }

    #[test]
    fn every_key_of_the_schema_is_read() {
        for key in KEYS.iter().filter(|key| key.name != "check") {
            let value = match key.holds {
                Holds::Text => (key.values)().first().copied().unwrap_or("x"),
                Holds::Port | Holds::Number => "8080",
                Holds::Flag => "true",
                Holds::List if key.name == "platforms" => "linux/amd64,linux/arm64",
                Holds::List if key.name == "run.data" => "/data,/app/var",
                Holds::List => "a,b",
                Holds::Ports => "25,8080",
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
        for (text, said) in [
            ("port = 99999\n", "line 1, `port = 99999`: a port is a number from 1 to 65535, or `none`"),
            ("port = 0\n", "from 1 to 65535"),
            ("port = 0.5\n", "from 1 to 65535"),
            ("# x\nuid = 0\n", "line 2, `uid = 0`: a user is a number from 1 to 2147483647"),
            ("uid = 2147483648\n", "from 1 to 2147483647"),
            ("lang = \"nod\"\n", "did you mean `node`?"),
            ("package-manager = \"pnp\"\n", "did you mean `pnpm`?"),
            ("platforms = [\"linux/adm64\"]\n", "did you mean `linux/amd64`?"),
            ("name = \"My Shop\"\n", "did you mean `my-shop`?"),
            ("mirror = \"https://r.io\"\n", "without `https://`"),
            ("run-time = \"slim\"\n", "did you mean `runtime`?"),
            ("[run]\npackage = [\"git\"]\n", "packages`?"),
        ] {
            assert!(what(text).contains(said), "{text}{}", what(text));
        }
        assert!(set("", "nope", "x").is_err() && set("", "uid", "x").is_err() && set("", "ci", "x").is_err());
    }

    #[test]
    fn the_published_schema_is_this_one() {
        let published: serde_json::Value = serde_json::from_str(include_str!("../docs/dockgen.schema.json")).unwrap();
        assert_eq!(published, schema(), "write it anew with `dockgen config schema`");
    }
}
