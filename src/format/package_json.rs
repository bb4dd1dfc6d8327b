//! `package.json`: npm's manifest. Each field is read with tolerance: one of a wrong type is as if absent.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Fault, json};

/// Name to text, in alphabetical order.
pub type Texts = BTreeMap<String, String>;

/// What a manifest says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackageJson {
    /// `name`, with its scope.
    pub name: Option<String>,
    /// `version`.
    pub version: Option<String>,
    /// Whether `private` is set.
    pub private: bool,
    /// Whether `type` is `module`.
    pub module: bool,
    /// `main`.
    pub main: Option<String>,
    /// The field `module`: what bundlers, and Bun, take in the place of `main`.
    pub module_file: Option<String>,
    /// `bin`; the single form has the name of the package without its scope.
    pub bin: Texts,
    /// `scripts`.
    pub scripts: Texts,
    /// `dependencies`.
    pub dependencies: Texts,
    /// `devDependencies`.
    pub dev_dependencies: Texts,
    /// `peerDependencies`.
    pub peer_dependencies: Texts,
    /// `optionalDependencies`.
    pub optional_dependencies: Texts,
    /// `engines`.
    pub engines: Texts,
    /// `packageManager`, without the hash behind the version.
    pub package_manager: Option<Tool>,
    /// `devEngines.packageManager`.
    pub dev_package_managers: Vec<Tool>,
    /// `devEngines.runtime`.
    pub dev_runtimes: Vec<Tool>,
    /// `volta`: node, npm, yarn, pnpm.
    pub volta: Texts,
    /// `workspaces`, in its list form or as `packages`.
    pub workspaces: Option<Vec<String>>,
    /// Patch files that `pnpm.patchedDependencies` and `patchedDependencies` name.
    pub patches: Vec<String>,
    /// `description`.
    pub description: Option<String>,
    /// `license`, an SPDX expression.
    pub license: Option<String>,
    /// `repository`, as written.
    pub repository: Option<String>,
    /// `homepage`.
    pub homepage: Option<String>,
}

/// A tool with the version or range wanted of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// `pnpm`, `node`.
    pub name: String,
    /// Exact or a range.
    pub version: Option<String>,
}

impl PackageJson {
    /// The version range of a direct dependency of any kind but peer.
    pub fn dependency(&self, name: &str) -> Option<&str> {
        let tables = [&self.dependencies, &self.optional_dependencies, &self.dev_dependencies];
        tables.iter().find_map(|table| table.get(name)).map(String::as_str)
    }

    /// The names of what is installed in production.
    pub fn runtime_dependencies(&self) -> impl Iterator<Item = &str> {
        self.dependencies.keys().chain(self.optional_dependencies.keys()).map(String::as_str)
    }

    /// The version range of a dependency that is installed in production.
    pub fn runtime_dependency(&self, name: &str) -> Option<&str> {
        let tables = [&self.dependencies, &self.optional_dependencies];
        tables.iter().find_map(|table| table.get(name)).map(String::as_str)
    }
}

const FIELDS: &[&str] = &[
    "name",
    "version",
    "private",
    "type",
    "main",
    "module",
    "bin",
    "scripts",
    "dependencies",
    "devDependencies",
    "peerDependencies",
    "optionalDependencies",
    "engines",
    "packageManager",
    "devEngines",
    "volta",
    "workspaces",
    "pnpm",
    "patchedDependencies",
    "description",
    "license",
    "repository",
    "homepage",
];

/// Reads a manifest; what is no JSON object is a fault.
pub fn parse(text: &str) -> Result<PackageJson, Fault> {
    let fields = Fields(json::pick(text, FIELDS)?);
    let name = fields.text("name");
    Ok(PackageJson {
        version: fields.text("version"),
        private: fields.get("private") == &Value::Bool(true),
        module: fields.get("type") == "module",
        main: fields.text("main"),
        module_file: fields.text("module"),
        bin: bin(fields.get("bin"), name.as_deref()),
        scripts: fields.texts("scripts"),
        dependencies: fields.texts("dependencies"),
        dev_dependencies: fields.texts("devDependencies"),
        peer_dependencies: fields.texts("peerDependencies"),
        optional_dependencies: fields.texts("optionalDependencies"),
        engines: fields.texts("engines"),
        package_manager: fields.text("packageManager").and_then(|text| tool(&text)),
        dev_package_managers: tools(member(fields.get("devEngines"), "packageManager")),
        dev_runtimes: tools(member(fields.get("devEngines"), "runtime")),
        volta: fields.texts("volta"),
        workspaces: workspaces(fields.get("workspaces")),
        patches: patches(&fields),
        description: fields.text("description"),
        license: either(fields.get("license"), "type"),
        repository: either(fields.get("repository"), "url"),
        homepage: fields.text("homepage"),
        name,
    })
}

struct Fields(Map<String, Value>);

impl Fields {
    fn get(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }

    fn text(&self, name: &str) -> Option<String> {
        json::text(self.get(name))
    }

    fn texts(&self, name: &str) -> Texts {
        json::text_map(self.get(name))
    }
}

fn member<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.get(name).unwrap_or(&Value::Null)
}

/// A text, or a text inside an object.
fn either(value: &Value, name: &str) -> Option<String> {
    json::text(value).or_else(|| json::text(member(value, name)))
}

fn bin(value: &Value, name: Option<&str>) -> Texts {
    let single = || Some((name?.rsplit('/').next()?.to_owned(), json::text(value)?));
    single().map_or_else(|| json::text_map(value), |pair| Texts::from([pair]))
}

/// Splits `pnpm@9.1.0+sha512.abc`.
fn tool(text: &str) -> Option<Tool> {
    let (name, version) = text.split_once('@').unwrap_or((text, ""));
    let version = version.split('+').next().filter(|version| !version.is_empty()).map(str::to_owned);
    (!name.is_empty()).then(|| Tool { name: name.to_owned(), version })
}

fn tools(value: &Value) -> Vec<Tool> {
    let one = std::slice::from_ref(value);
    let list = value.as_array().map_or(one, Vec::as_slice);
    let tool = |entry: &Value| {
        Some(Tool { name: json::text(member(entry, "name"))?, version: json::text(member(entry, "version")) })
    };
    list.iter().filter_map(tool).collect()
}

fn workspaces(value: &Value) -> Option<Vec<String>> {
    json::texts(value).or_else(|| json::texts(member(value, "packages")))
}

fn patches(fields: &Fields) -> Vec<String> {
    let tables = [member(fields.get("pnpm"), "patchedDependencies"), fields.get("patchedDependencies")];
    tables.into_iter().flat_map(json::text_map).map(|(_, path)| path).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tool(name: &str, version: Option<&str>) -> Tool {
        Tool { name: name.to_owned(), version: version.map(str::to_owned) }
    }

    #[test]
    fn a_full_manifest() {
        let read = parse(
            r#"{
  "name": "@shop/api", "version": "1.2.3", "private": true, "type": "module", "main": "dist/main.js",
  "bin": "cli.js",
  "scripts": {"start": "node .", "build": "tsc", "odd": 1},
  "dependencies": {"express": "^4", "left": null},
  "devDependencies": {"typescript": "5"},
  "optionalDependencies": {"sharp": "*"},
  "engines": {"node": ">=20"},
  "packageManager": "pnpm@9.1.0+sha512.abc",
  "devEngines": {"packageManager": {"name": "pnpm", "version": "^9"}, "runtime": [{"name": "node", "version": "24"}, {}]},
  "volta": {"node": "20.1.0"},
  "workspaces": {"packages": ["packages/*", 7], "nohoist": []},
  "pnpm": {"patchedDependencies": {"a@1": "patches/a.patch"}},
  "license": {"type": "MIT"}, "repository": {"url": "git+https://example.com/a.git"}
}"#,
        )
        .unwrap();
        assert_eq!(read.name.as_deref(), Some("@shop/api"));
        assert!(read.private && read.module);
        assert_eq!(read.bin, Texts::from([("api".to_owned(), "cli.js".to_owned())]));
        assert_eq!(read.scripts.len(), 2);
        assert_eq!(read.dependencies.len(), 1);
        assert_eq!(read.dependency("typescript"), Some("5"));
        assert_eq!(read.runtime_dependency("typescript"), None);
        assert_eq!(read.runtime_dependency("sharp"), Some("*"));
        assert_eq!(read.package_manager, Some(tool("pnpm", Some("9.1.0"))));
        assert_eq!(read.dev_package_managers, [tool("pnpm", Some("^9"))]);
        assert_eq!(read.dev_runtimes, [tool("node", Some("24"))]);
        assert_eq!(read.workspaces, Some(vec!["packages/*".to_owned()]));
        assert_eq!(read.patches, ["patches/a.patch"]);
        assert_eq!(read.license.as_deref(), Some("MIT"));
        assert_eq!(read.repository.as_deref(), Some("git+https://example.com/a.git"));
    }

    #[test]
    fn wrongly_typed_fields_are_as_if_absent() {
        let read = parse(
            r#"{"name": 1, "private": "yes", "bin": [], "scripts": "x", "dependencies": [], "engines": ["node >= 1"],
            "packageManager": {}, "devEngines": 1, "workspaces": "packages/*", "license": ["MIT"], "repository": 5}"#,
        );
        assert_eq!(read, Ok(PackageJson::default()));
    }

    #[test]
    fn package_managers() {
        for (text, name, version) in [
            ("yarn@4.0.0", "yarn", Some("4.0.0")),
            ("yarn", "yarn", None),
            ("npm@", "npm", None),
            ("bun@1.2", "bun", Some("1.2")),
        ] {
            let read = parse(&format!("{{\"packageManager\": \"{text}\"}}")).unwrap();
            assert_eq!(read.package_manager, Some(tool(name, version)));
        }
    }

    #[test]
    fn what_is_no_object_is_a_fault() {
        for text in ["", "[]", "null", "{", "{\"name\": \"a\"", "{'name': 1}", "<<<<<<< HEAD\n{}"] {
            parse(text).unwrap_err();
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s).{0,200}") {
            let _ = parse(&text);
        }
    }
}
