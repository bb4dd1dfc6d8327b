//! `pyproject.toml`: the project table, the build system, and the tables of Poetry, uv, PDM, setuptools and Hatch.

use std::collections::HashMap;

use toml::{Table, Value};

use super::Fault;
use super::requirements::{Requirement, normalize, parse_requirement};
use super::toml_table::{flag, parse as parse_table, table, text, texts, value};

/// What a `pyproject.toml` says, whoever is to read it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pyproject {
    /// `project.name`, else Poetry's.
    pub name: Option<String>,
    /// `project.version`, else Poetry's; none where it is computed.
    pub version: Option<String>,
    /// One line.
    pub description: Option<String>,
    /// An SPDX expression, or what stands in its place.
    pub license: Option<String>,
    /// `project.requires-python` as it stands.
    pub requires_python: Option<String>,
    /// `tool.poetry.dependencies.python` as it stands.
    pub poetry_python: Option<String>,
    /// Fields that the build back end computes: `version`, `dependencies`.
    pub dynamic: Vec<String>,
    /// What the project needs to run.
    pub dependencies: Vec<Requirement>,
    /// Extras and Poetry's optional groups, each with its requirements.
    pub extras: Vec<(String, Vec<Requirement>)>,
    /// Dependency groups of PEP 735, Poetry and PDM.
    pub groups: Vec<(String, Vec<Requirement>)>,
    /// Commands: name and `module:function`.
    pub scripts: Vec<(String, String)>,
    /// Plugins are declared that programs look for in installed projects.
    pub has_entry_points: bool,
    /// What FastAPI's own command starts.
    pub fastapi: Option<String>,
    /// Files in which the build back end finds the requirements.
    pub requirement_files: Vec<String>,
    /// Files that the build back end writes the version into.
    pub version_files: Vec<String>,
    /// Versions of managers that the file demands: the manager and its range.
    pub managers: Vec<(&'static str, String)>,
    /// `[build-system]`, where it is written down.
    pub build_system: Option<BuildSystem>,
    /// Files that the build back end reads besides the sources: readme, license.
    pub build_reads: Vec<String>,
    /// Folders which hold top-level packages, such as `src`, as far as a tool's table says so.
    pub source_roots: Vec<String>,
    /// There is a `[project]` table.
    pub has_project: bool,
    /// There is a `[tool.poetry]` table.
    pub has_poetry: bool,
    /// There is a `[tool.pdm]` table.
    pub has_pdm: bool,
    /// There is a `[tool.uv]` table.
    pub has_uv: bool,
    /// Whether a tool's own table says that the project is, or is not, to be installed.
    pub packaged: Option<bool>,
    /// Member patterns of a uv workspace.
    pub workspace_members: Vec<String>,
    /// Requirements that come from the repository itself: name and path (uv, Poetry), or an empty path for a workspace member.
    pub local_sources: Vec<(String, String)>,
    /// Package indexes: name and address.
    pub indexes: Vec<(String, String)>,
}

/// How the project is built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildSystem {
    /// Requirement strings as they stand.
    pub requires: Vec<String>,
    /// `hatchling.build`, `setuptools.build_meta`, ...
    pub backend: Option<String>,
}

/// Reads a `pyproject.toml`; only broken TOML is an error, an odd value counts as absent.
///
/// # Errors
/// What the TOML reader says.
pub fn parse(document: &str) -> Result<Pyproject, Fault> {
    let document = parse_table(document)?;
    let mut out = Pyproject {
        has_project: table(&document, &["project"]).is_some(),
        has_poetry: table(&document, &["tool", "poetry"]).is_some(),
        has_pdm: table(&document, &["tool", "pdm"]).is_some(),
        has_uv: table(&document, &["tool", "uv"]).is_some(),
        ..Pyproject::default()
    };
    read_project(&document, &mut out);
    read_groups(&document, &mut out);
    read_poetry(&document, &mut out);
    read_uv(&document, &mut out);
    read_pdm(&document, &mut out);
    read_build(&document, &mut out);
    out.source_roots.extend(source_roots(&document));
    out.build_system = table(&document, &["build-system"]).map(|system| BuildSystem {
        requires: texts(system, &["requires"]),
        backend: text(system, &["build-backend"]),
    });
    Ok(out)
}

fn read_project(document: &Table, out: &mut Pyproject) {
    let Some(project) = table(document, &["project"]) else { return };
    out.name = text(project, &["name"]);
    out.version = text(project, &["version"]);
    out.description = text(project, &["description"]);
    out.license = text(project, &["license"]).or_else(|| text(project, &["license", "text"]));
    out.requires_python = text(project, &["requires-python"]);
    out.dependencies = requirements(&texts(project, &["dependencies"]));
    out.dynamic = texts(project, &["dynamic"]);
    out.extras = lists(project, &["optional-dependencies"]);
    out.scripts = pairs(project, &["scripts"]);
    out.build_reads.extend(text(project, &["readme"]).or_else(|| text(project, &["readme", "file"])));
    out.build_reads.extend(text(project, &["license", "file"]));
    out.build_reads.extend(texts(project, &["license-files"]).into_iter().filter(|file| !file.contains('*')));
}

/// What back ends read and write, and what else the tables of tools say.
fn read_build(document: &Table, out: &mut Pyproject) {
    let any = |path: &[&str]| text(document, path).into_iter().chain(texts(document, path));
    let declares = |path: &[&str]| table(document, path).is_some_and(|table| !table.is_empty());
    out.has_entry_points = declares(&["project", "entry-points"]) || declares(&["tool", "poetry", "plugins"]);
    out.fastapi = text(document, &["tool", "fastapi", "entrypoint"]);
    for path in [
        ["tool", "setuptools", "dynamic", "dependencies", "file"].as_slice(),
        &["tool", "hatch", "metadata", "hooks", "requirements_txt", "files"],
    ] {
        out.requirement_files.extend(any(path));
    }
    for path in [
        ["tool", "hatch", "build", "hooks", "vcs", "version-file"].as_slice(),
        &["tool", "setuptools_scm", "write_to"],
        &["tool", "setuptools_scm", "version_file"],
        &["tool", "versioningit", "write", "file"],
        &["tool", "pdm", "version", "write_to"],
    ] {
        out.version_files.extend(text(document, path));
    }
    let uv = text(document, &["tool", "uv", "required-version"]).map(|range| ("uv", range));
    let poetry = text(document, &["tool", "poetry", "requires-poetry"]).map(|range| ("poetry", range));
    out.managers.extend(uv.into_iter().chain(poetry));
}

fn read_groups(document: &Table, out: &mut Pyproject) {
    out.groups.extend(lists(document, &["dependency-groups"]));
    out.groups.extend(lists(document, &["tool", "pdm", "dev-dependencies"]));
    let uv_dev = requirements(&texts(document, &["tool", "uv", "dev-dependencies"]));
    if !uv_dev.is_empty() {
        out.groups.push(("dev".into(), uv_dev));
    }
}

fn read_poetry(document: &Table, out: &mut Pyproject) {
    let Some(poetry) = table(document, &["tool", "poetry"]) else { return };
    out.name = out.name.take().or_else(|| text(poetry, &["name"]));
    out.version = out.version.take().or_else(|| text(poetry, &["version"]));
    out.description = out.description.take().or_else(|| text(poetry, &["description"]));
    out.license = out.license.take().or_else(|| text(poetry, &["license"]));
    out.poetry_python = poetry_python(poetry);
    out.packaged = flag(poetry, &["package-mode"]);
    out.build_reads.extend(text(poetry, &["readme"]));
    out.build_reads.extend(texts(poetry, &["readme"]));
    if let Some(dependencies) = table(poetry, &["dependencies"]) {
        let (own, optional) = poetry_requirements(dependencies, &mut out.local_sources);
        out.dependencies.extend(own);
        for (name, list) in table(poetry, &["extras"]).into_iter().flatten() {
            let names: Vec<String> = texts_of(list).map(normalize).collect();
            let brought = optional.iter().filter(|requirement| names.contains(&requirement.name)).cloned();
            out.extras.push((name.clone(), brought.collect()));
        }
    }
    for (name, group) in table(poetry, &["group"]).into_iter().flatten() {
        if let Some(dependencies) = group.get("dependencies").and_then(Value::as_table) {
            out.groups.push((name.clone(), poetry_requirements(dependencies, &mut Vec::new()).0));
        }
    }
    if let Some(dependencies) = table(poetry, &["dev-dependencies"]) {
        out.groups.push(("dev".into(), poetry_requirements(dependencies, &mut Vec::new()).0));
    }
    out.scripts.extend(pairs(poetry, &["scripts"]));
    let sources = value(poetry, &["source"]).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    out.indexes.extend(sources.iter().filter_map(named_url));
    let packages = value(poetry, &["packages"]).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    out.source_roots.extend(packages.iter().filter_map(|package| Some(package.get("from")?.as_str()?.to_owned())));
}

fn poetry_python(poetry: &Table) -> Option<String> {
    text(poetry, &["dependencies", "python"]).or_else(|| text(poetry, &["dependencies", "python", "version"]))
}

/// Poetry's table of dependencies, and behind them the optional ones, which belong to an extra.
fn poetry_requirements(
    dependencies: &Table,
    local: &mut Vec<(String, String)>,
) -> (Vec<Requirement>, Vec<Requirement>) {
    let (mut out, mut optional) = (Vec::new(), Vec::new());
    for (name, value) in dependencies.iter().filter(|(name, _)| *name != "python") {
        let value = value.as_array().and_then(|choices| choices.first()).unwrap_or(value);
        let details = value.as_table();
        let detail = |key: &str| details.and_then(|details| text(details, &[key]));
        if let Some(path) = detail("path") {
            local.push((normalize(name), path));
        }
        let is_optional = details.and_then(|details| flag(details, &["optional"])) == Some(true);
        let list = if is_optional { &mut optional } else { &mut out };
        list.push(Requirement {
            name: normalize(name),
            extras: details
                .map(|details| texts(details, &["extras"]).iter().map(|e| normalize(e)).collect())
                .unwrap_or_default(),
            specifier: value.as_str().map(str::to_owned).or_else(|| detail("version")).unwrap_or_default(),
            location: detail("git")
                .map(|git| format!("git+{git}"))
                .or_else(|| detail("path"))
                .or_else(|| detail("url")),
            marker: detail("markers").unwrap_or_default(),
            editable: details.and_then(|details| flag(details, &["develop"])).unwrap_or_default(),
        });
    }
    (out, optional)
}

fn read_uv(document: &Table, out: &mut Pyproject) {
    let Some(uv) = table(document, &["tool", "uv"]) else { return };
    out.packaged = out.packaged.or_else(|| flag(uv, &["package"]));
    out.workspace_members = texts(uv, &["workspace", "members"]);
    let mut from_git = HashMap::new();
    for (name, source) in table(uv, &["sources"]).into_iter().flatten() {
        let source = source.as_array().and_then(|choices| choices.first()).unwrap_or(source);
        match (source.get("path").and_then(Value::as_str), source.get("workspace").and_then(Value::as_bool)) {
            (Some(path), _) => out.local_sources.push((normalize(name), path.to_owned())),
            (None, Some(true)) => out.local_sources.push((normalize(name), String::new())),
            _ => {}
        }
        if let Some(git) = source.get("git").and_then(Value::as_str) {
            from_git.insert(normalize(name), format!("git+{git}"));
        }
    }
    for requirement in &mut out.dependencies {
        requirement.location = from_git.get(&requirement.name).cloned().or(requirement.location.take());
    }
    let indexes = value(uv, &["index"]).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    out.indexes.extend(indexes.iter().filter_map(named_url));
    for key in ["index-url", "extra-index-url"] {
        out.indexes.extend(text(uv, &[key]).into_iter().chain(texts(uv, &[key])).map(|url| (String::new(), url)));
    }
}

fn read_pdm(document: &Table, out: &mut Pyproject) {
    let Some(pdm) = table(document, &["tool", "pdm"]) else { return };
    out.packaged = out.packaged.or_else(|| flag(pdm, &["distribution"]));
    let sources = value(pdm, &["source"]).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    out.indexes.extend(sources.iter().filter_map(named_url));
    out.source_roots.extend(text(pdm, &["build", "package-dir"]));
}

/// `where` and `package-dir` of setuptools, `sources` and `packages` of Hatch, `module-root` of uv's back end, `python-source` of maturin.
fn source_roots(document: &Table) -> Vec<String> {
    let tool = |path: &[&str]| table(document, &["tool"]).map(|tool| texts(tool, path)).unwrap_or_default();
    let mut roots = tool(&["setuptools", "packages", "find", "where"]);
    roots.extend(text(document, &["tool", "setuptools", "package-dir", ""]));
    roots.extend(tool(&["hatch", "build", "targets", "wheel", "sources"]));
    let packages = tool(&["hatch", "build", "targets", "wheel", "packages"]);
    roots.extend(packages.iter().filter_map(|package| Some(package.rsplit_once('/')?.0.to_owned())));
    roots.extend(text(document, &["tool", "uv", "build-backend", "module-root"]));
    roots.extend(text(document, &["tool", "maturin", "python-source"]));
    roots.retain(|root| !matches!(root.as_str(), "" | "." | "./"));
    roots
}

fn requirements(texts: &[String]) -> Vec<Requirement> {
    texts.iter().filter_map(|text| parse_requirement(text)).collect()
}

/// A table of lists of requirements; items that are no text (`{ include-group = … }`) are left out.
fn lists(from: &Table, path: &[&str]) -> Vec<(String, Vec<Requirement>)> {
    let lists = table(from, path).into_iter().flatten();
    lists.filter(|(_, list)| list.is_array()).map(|(name, list)| (name.clone(), items(list))).collect()
}

fn items(list: &Value) -> Vec<Requirement> {
    texts_of(list).filter_map(parse_requirement).collect()
}

fn texts_of(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().map(Vec::as_slice).unwrap_or_default().iter().filter_map(Value::as_str)
}

fn pairs(from: &Table, path: &[&str]) -> Vec<(String, String)> {
    let pairs = table(from, path).into_iter().flatten();
    pairs
        .filter_map(|(name, value)| {
            let target =
                value.as_str().or_else(|| value.get("reference").or_else(|| value.get("callable"))?.as_str())?;
            Some((name.clone(), target.to_owned()))
        })
        .collect()
}

fn named_url(value: &Value) -> Option<(String, String)> {
    let name = value.get("name").and_then(Value::as_str).unwrap_or_default();
    Some((name.to_owned(), value.get("url")?.as_str()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_table_is_read() {
        let project = parse(
            r#"
            [project]
            name = "My_App"
            version = "1.2"
            readme = { file = "docs/README.md", content-type = "text/markdown" }
            license = "MIT"
            requires-python = ">=3.11"
            dependencies = ["fastapi[standard]>=0.110", "shared"]
            [project.optional-dependencies]
            web = ["uvicorn"]
            [project.scripts]
            serve = "my_app.main:run"
            [dependency-groups]
            dev = ["pytest", { include-group = "lint" }]
            [build-system]
            requires = ["hatchling>=1.20"]
            build-backend = "hatchling.build"
            [tool.uv]
            package = true
            required-version = ">=0.9,<0.10"
            sources = { shared = { workspace = true }, other = { path = "../other" } }
            index = [{ name = "corp", url = "https://example.org/simple" }]
            [tool.uv.workspace]
            members = ["packages/*"]
            [tool.hatch.build.targets.wheel]
            packages = ["src/my_app"]
            [tool.hatch.build.hooks.vcs]
            version-file = "src/my_app/_version.py"
            [tool.setuptools.dynamic]
            dependencies = { file = ["base.in"] }
            [tool.fastapi]
            entrypoint = "my_app.main:app"
            "#,
        )
        .unwrap();
        assert_eq!(project.name.as_deref(), Some("My_App"));
        assert_eq!(project.dependencies[0].extras, ["standard"]);
        assert_eq!(project.extras[0].0, "web");
        assert_eq!(project.groups[0].1.len(), 1);
        assert_eq!(project.scripts, [("serve".to_owned(), "my_app.main:run".to_owned())]);
        assert_eq!(project.build_reads, ["docs/README.md"]);
        assert_eq!(project.source_roots, ["src"]);
        assert_eq!(project.packaged, Some(true));
        assert_eq!(project.local_sources.len(), 2);
        assert_eq!(project.indexes[0].0, "corp");
        assert_eq!(project.managers, [("uv", ">=0.9,<0.10".to_owned())]);
        assert_eq!(
            (project.requirement_files, project.version_files),
            (vec!["base.in".into()], vec!["src/my_app/_version.py".into()])
        );
        assert_eq!(project.fastapi.as_deref(), Some("my_app.main:app"));
        assert_eq!(project.build_system.unwrap().requires, ["hatchling>=1.20"]);
    }

    #[test]
    fn poetry_has_tables_of_its_own() {
        let project = parse(
            r#"
            [tool.poetry]
            name = "app"
            package-mode = false
            packages = [{ include = "app", from = "src" }]
            [tool.poetry.dependencies]
            python = "^3.10"
            Django = "^5.0"
            psycopg = { version = "^3", extras = ["binary"] }
            tool = { git = "https://example.org/t.git" }
            lib = { path = "../lib", develop = true }
            extra = { version = "1", optional = true }
            numpy = [{ version = "1.26", python = "<3.12" }, { version = "2", python = ">=3.12" }]
            [tool.poetry.extras]
            more = ["extra", "unknown"]
            [tool.poetry.group.dev.dependencies]
            pytest = "*"
            [[tool.poetry.source]]
            name = "corp"
            url = "https://example.org/simple"
            "#,
        )
        .unwrap();
        let names: Vec<_> = project.dependencies.iter().map(|r| r.name.as_str()).collect();
        assert_eq!(names, ["django", "psycopg", "tool", "lib", "numpy"]);
        assert_eq!(project.poetry_python.as_deref(), Some("^3.10"));
        assert_eq!(project.packaged, Some(false));
        assert!(project.dependencies[2].needs_git());
        assert_eq!(project.local_sources, [("lib".to_owned(), "../lib".to_owned())]);
        assert_eq!(project.source_roots, ["src"]);
        assert_eq!(project.groups[0].0, "dev");
        assert_eq!((project.extras[0].0.as_str(), project.extras[0].1.len()), ("more", 1));
    }

    #[test]
    fn odd_values_count_as_absent_and_broken_toml_is_a_fault() {
        let project = parse("[project]\nname = 3\ndependencies = 'x'\n[tool]\npoetry = 1\n").unwrap();
        assert_eq!(project, Pyproject { has_project: true, ..Pyproject::default() });
        let fault = parse("[project]\nname = \"x\nversion = 1\n").unwrap_err();
        assert!(fault.quote.starts_with("name"), "{fault}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = parse(&text);
        }
    }
}
