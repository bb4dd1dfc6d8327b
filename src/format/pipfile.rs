//! `Pipfile` and `Pipfile.lock`.

use serde::Deserialize;
use toml::Value;

use super::Fault;
use super::requirements::{Requirement, normalize};
use super::toml_table::{parse as parse_table, table, text, texts};

/// What a `Pipfile` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pipfile {
    /// `requires.python_full_version`, else `requires.python_version`.
    pub python: Option<String>,
    /// `[packages]`; a specifier may be `*`.
    pub packages: Vec<Requirement>,
    /// `[dev-packages]`.
    pub dev_packages: Vec<Requirement>,
    /// `[scripts]`: name and command line.
    pub scripts: Vec<(String, String)>,
    /// Addresses of `[[source]]`.
    pub indexes: Vec<String>,
}

/// Reads a `Pipfile`.
///
/// # Errors
/// What the TOML reader says.
pub fn parse(document: &str) -> Result<Pipfile, Fault> {
    let document = parse_table(document)?;
    let sources = document.get("source").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Ok(Pipfile {
        python: text(&document, &["requires", "python_full_version"])
            .or_else(|| text(&document, &["requires", "python_version"])),
        packages: packages(&document, "packages"),
        dev_packages: packages(&document, "dev-packages"),
        scripts: table(&document, &["scripts"]).into_iter().flatten().filter_map(script).collect(),
        indexes: sources.iter().filter_map(|source| Some(source.get("url")?.as_str()?.to_owned())).collect(),
    })
}

fn script((name, value): (&String, &Value)) -> Option<(String, String)> {
    let command = value.as_str().or_else(|| value.get("cmd")?.as_str())?;
    Some((name.clone(), command.to_owned()))
}

fn packages(document: &toml::Table, key: &str) -> Vec<Requirement> {
    table(document, &[key]).into_iter().flatten().map(|(name, value)| package(name, value)).collect()
}

fn package(name: &str, value: &Value) -> Requirement {
    let details = value.as_table();
    let detail = |key: &str| details.and_then(|details| text(details, &[key]));
    Requirement {
        name: normalize(name),
        extras: details
            .map(|details| texts(details, &["extras"]).iter().map(|e| normalize(e)).collect())
            .unwrap_or_default(),
        specifier: value.as_str().map(str::to_owned).or_else(|| detail("version")).unwrap_or_default(),
        location: detail("git").map(|git| format!("git+{git}")).or_else(|| detail("path")).or_else(|| detail("file")),
        marker: detail("markers").unwrap_or_default(),
        editable: details.is_some_and(|details| details.get("editable").and_then(Value::as_bool) == Some(true)),
    }
}

/// What a `Pipfile.lock` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PipfileLock {
    /// `_meta.requires`, the full version first.
    pub python: Option<String>,
    /// Locked packages and their versions, without those for development.
    pub packages: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct LockDocument {
    #[serde(default, rename = "_meta")]
    meta: serde_json::Value,
    #[serde(default)]
    default: serde_json::Map<String, serde_json::Value>,
}

/// Reads a `Pipfile.lock`.
///
/// # Errors
/// What the JSON reader says.
pub fn parse_lock(document: &str) -> Result<PipfileLock, Fault> {
    let document: LockDocument = serde_json::from_str(document).map_err(|error| {
        let line = document.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
        Fault::new(error.to_string(), line)
    })?;
    let requires = |key: &str| document.meta.get("requires").and_then(|requires| requires.get(key)?.as_str());
    let version = |value: &serde_json::Value| {
        value.get("version").and_then(|version| version.as_str()).unwrap_or_default().trim_start_matches('=').to_owned()
    };
    Ok(PipfileLock {
        python: requires("python_full_version").or_else(|| requires("python_version")).map(str::to_owned),
        packages: document.default.iter().map(|(name, value)| (normalize(name), version(value))).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipfile_is_read() {
        let file = parse(
            "[[source]]\nurl = \"https://pypi.org/simple\"\nverify_ssl = true\n[packages]\nFlask = \"*\"\n\
             django = {version = \">=4\", extras = [\"argon2\"]}\nx = {git = \"https://example.org/x.git\", ref = \"1\"}\n\
             [dev-packages]\npytest = \"*\"\n[requires]\npython_version = \"3.11\"\npython_full_version = \"3.11.4\"\n\
             [scripts]\nserve = \"gunicorn app:app\"\n",
        )
        .unwrap();
        assert_eq!(file.python.as_deref(), Some("3.11.4"));
        assert_eq!(file.packages.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(), ["flask", "django", "x"]);
        assert!(file.packages[2].needs_git());
        assert_eq!(file.scripts[0].1, "gunicorn app:app");
        assert_eq!(file.indexes, ["https://pypi.org/simple"]);
    }

    #[test]
    fn a_lock_is_read() {
        let lock = r#"{"_meta": {"requires": {"python_version": "3.12"}}, "default": {"Flask": {"version": "==3.0.0"}, "x": {"git": "y"}}}"#;
        let lock = parse_lock(lock).unwrap();
        assert_eq!(lock.python.as_deref(), Some("3.12"));
        assert_eq!(lock.packages, [("flask".to_owned(), "3.0.0".to_owned()), ("x".to_owned(), String::new())]);
        assert!(parse_lock("{\"default\": ").is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = parse(&text);
            let _ = parse_lock(&text);
        }
    }
}
