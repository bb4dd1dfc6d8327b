//! `.goreleaser.yaml`: which programs are released, and with which flags they are built.

use serde::Deserialize;
use serde_json::Value;

use super::{Fault, yaml};

/// What a release says of its builds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Release {
    /// Commands that run before all builds.
    pub before: Vec<String>,
    /// The builds, in order.
    pub builds: Vec<Build>,
}

/// A build of one program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Build {
    /// What it is called.
    pub id: String,
    /// The folder of the module.
    pub folder: String,
    /// The main package or file, relative to the folder.
    pub main: String,
    /// The name of the program.
    pub binary: String,
    /// Build tags.
    pub tags: Vec<String>,
    /// Flags for the linker.
    pub ldflags: Vec<String>,
    /// Other flags.
    pub flags: Vec<String>,
    /// Variables: `NAME=value`.
    pub environment: Vec<String>,
    /// Commands that run before it.
    pub before: Vec<String>,
    /// The systems that it is built for; Linux among others where it is not said.
    pub systems: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct File {
    #[serde(deserialize_with = "yaml::lenient")]
    before: Value,
    #[serde(deserialize_with = "yaml::lenient")]
    builds: Vec<Value>,
    #[serde(deserialize_with = "yaml::lenient")]
    build: Value,
    #[serde(deserialize_with = "yaml::lenient")]
    env: Value,
}

/// No more builds than this are read.
const MOST: usize = 50;

/// Reads the file.
///
/// # Errors
/// Where the text is no YAML.
pub fn parse(text: &str) -> Result<Release, Fault> {
    let file: File = yaml::parse(text)?;
    let shared = list(&file.env);
    let builds = file.builds.iter().take(MOST).chain(Some(&file.build).filter(|build| build.is_object()));
    let build = |value: &Value| {
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let items = |key: &str| value.get(key).map(list).unwrap_or_default();
        let hooks = value.get("hooks").and_then(|hooks| hooks.get("pre")).map(list).unwrap_or_default();
        Build {
            id: text("id"),
            folder: text("dir"),
            main: text("main"),
            binary: text("binary"),
            tags: items("tags"),
            ldflags: items("ldflags"),
            flags: items("flags"),
            environment: shared.iter().cloned().chain(items("env")).take(50).collect(),
            before: hooks,
            systems: items("goos"),
        }
    };
    let of_binary = |value: &Value| {
        let binaries = value.get("binaries").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let text = |of: &Value, key: &str| of.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let one = |binary: &Value| Build { main: text(binary, "path"), binary: text(binary, "name"), ..build(value) };
        if binaries.is_empty() { vec![build(value)] } else { binaries.iter().take(MOST).map(one).collect() }
    };
    let before = file.before.get("hooks").map(list).unwrap_or_default();
    Ok(Release { before, builds: builds.flat_map(of_binary).collect() })
}

/// Texts of a list, or one text; of a hook in many words its command.
fn list(value: &Value) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        value => value.get("cmd").and_then(Value::as_str).map(str::to_owned),
    };
    match value {
        Value::Array(items) => items.iter().take(100).filter_map(text).collect(),
        value => text(value).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_of_a_release() {
        let text = "version: 2\nbefore:\n  hooks: [go mod tidy, {cmd: go generate ./...}]\nenv: [A=1]\nbuilds:\n  - id: x\n    main: ./cmd/x\n    binary: x\n    \
                    env: [CGO_ENABLED=0]\n    tags: [a, b]\n    goos: [linux]\n    ldflags: -s -w -X main.v={{.Version}}\n    hooks:\n      pre: make web\n  - 1\n";
        let release = parse(text).unwrap();
        assert_eq!(release.before, ["go mod tidy", "go generate ./..."]);
        let build = &release.builds[0];
        assert_eq!(
            (build.main.as_str(), build.tags.join(","), build.environment.join(" ")),
            ("./cmd/x", "a,b".to_owned(), "A=1 CGO_ENABLED=0".to_owned())
        );
        assert_eq!(
            (build.ldflags.join(" "), build.before.join(" ")),
            ("-s -w -X main.v={{.Version}}".to_owned(), "make web".to_owned())
        );
        let text =
            "build:\n  binaries: [{name: x, path: ./cmd/x}, {name: y, path: ./cmd/y}]\n  ldflags: |\n    -X a.b=c\n";
        let mains: Vec<String> = parse(text)
            .unwrap()
            .builds
            .iter()
            .map(|build| format!("{} {}", build.main, build.ldflags.concat()))
            .collect();
        assert_eq!(mains, ["./cmd/x -X a.b=c\n", "./cmd/y -X a.b=c\n"]);
        assert_eq!(parse(""), Ok(Release::default()));
        parse("builds: 'a").unwrap_err();
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s).{0,200}") {
            let _ = parse(&text);
        }
    }
}
