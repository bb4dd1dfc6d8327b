//! `uv.lock`, `poetry.lock`, `pdm.lock` and `pylock.toml`: which packages, which versions, which wheels.

use std::collections::{BTreeSet, HashMap};

use toml::{Table, Value};

use super::Fault;
use super::requirements::{normalize, parse_requirement};
use super::toml_table::{parse as parse_table, text};

/// What a lock file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    /// The range of Python versions it was made for, as it stands.
    pub requires_python: Option<String>,
    /// The version of the tool that wrote it, where the first comment says so (`2.1.3`).
    pub tool_version: Option<String>,
    /// In the order of the file.
    pub packages: Vec<LockedPackage>,
}

/// One locked package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LockedPackage {
    /// Normalised.
    pub name: String,
    /// Empty where it has none (a path, a workspace member).
    pub version: String,
    /// Normalised names of what it needs, whatever the markers say.
    pub dependencies: Vec<String>,
    /// File names of its wheels.
    pub wheels: Vec<String>,
    /// Whether a source distribution is listed.
    pub has_source: bool,
    /// Whether git has to fetch it.
    pub from_git: bool,
    /// Whether it is the project itself, a member of its workspace, or a folder beside it: name it by its path.
    pub local_path: Option<String>,
}

impl Lock {
    /// The packages that these need, and those that they need, these included.
    pub fn closure<'a>(&'a self, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a LockedPackage> {
        let packages: HashMap<&str, &LockedPackage> =
            self.packages.iter().rev().map(|package| (package.name.as_str(), package)).collect();
        let mut open: Vec<&str> = names.into_iter().collect();
        let mut seen = BTreeSet::new();
        while let Some(name) = open.pop() {
            if seen.insert(name) {
                let needed = packages.get(name).into_iter().flat_map(|package| &package.dependencies);
                open.extend(needed.map(String::as_str));
            }
        }
        self.packages.iter().filter(|package| seen.contains(package.name.as_str())).collect()
    }

    /// The package of a normalised name.
    pub fn package(&self, name: &str) -> Option<&LockedPackage> {
        self.packages.iter().find(|package| package.name == name)
    }
}

impl LockedPackage {
    /// Whether some wheel runs on a line of CPython (`3.12`) under Linux on x86-64 with glibc; true where no wheel is listed.
    pub fn has_wheel_for(&self, line: &str) -> bool {
        self.wheels.is_empty() || self.wheels.iter().any(|wheel| wheel_fits(wheel, line, "manylinux"))
    }

    /// The same for Alpine's musl; false where no wheel is listed.
    pub fn has_musl_wheel_for(&self, line: &str) -> bool {
        self.wheels.iter().any(|wheel| wheel_fits(wheel, line, "musllinux"))
    }

    /// Whether every wheel is made for one platform, so the package holds compiled code.
    pub fn is_native(&self) -> bool {
        !self.wheels.is_empty() && !self.wheels.iter().any(|wheel| wheel.ends_with("-any.whl"))
    }
}

/// Tags of a wheel: `name-version(-build)?-python-abi-platform.whl`.
fn wheel_fits(wheel: &str, line: &str, libc: &str) -> bool {
    let mut tags = wheel.trim_end_matches(".whl").rsplit('-');
    let (Some(platform), Some(abi), Some(python)) = (tags.next(), tags.next(), tags.next()) else { return false };
    let platform_fits =
        platform == "any" || (platform.contains(libc) && platform.contains("x86_64")) || platform == "linux_x86_64";
    let minor = |tag: &str| tag.strip_prefix("cp3").and_then(|minor| minor.parse::<u32>().ok());
    let wanted = line.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok());
    platform_fits
        && python.split('.').any(|tag| match minor(tag) {
            Some(minor) if abi == "abi3" || abi == "none" => wanted.is_some_and(|wanted| wanted >= minor),
            Some(minor) => wanted == Some(minor) && !abi.ends_with('t'),
            None => tag == "py3" || tag == "py2.py3",
        })
}

/// Reads any of the four; they share their shape. Each package is read by itself, because such a file is the largest that a
/// project has, and its tree takes many times as much.
///
/// # Errors
/// What the TOML reader says.
pub fn parse(document: &str) -> Result<Lock, Fault> {
    let starts = memchr::memmem::find_iter(document.as_bytes(), "\n[[package").map(|at| at + 1);
    let starts: Vec<usize> = std::iter::once(0).chain(starts).collect();
    let ends = starts.iter().skip(1).copied().chain([document.len()]);
    let parts: Vec<&str> = starts.iter().zip(ends).filter_map(|(start, end)| document.get(*start..end)).collect();
    // A part that is broken is no part: only the whole shows what is wrong with it.
    read(document, &parts).or_else(|_| read(document, &[document]))
}

fn read(document: &str, parts: &[&str]) -> Result<Lock, Fault> {
    let head = parse_table(parts.first().unwrap_or(&document))?;
    let end = parse_table(parts.last().unwrap_or(&document))?;
    let mut packages = Vec::new();
    for part in parts {
        let table = parse_table(part)?;
        let found = ["package", "packages"].iter().find_map(|key| table.get(*key)?.as_array());
        packages.extend(found.into_iter().flatten().filter_map(|package| read_package(package, &end)));
    }
    let requires_python = ["requires-python", "requires_python"].iter().find_map(|key| text(&head, &[key]));
    Ok(Lock {
        requires_python: requires_python
            .or_else(|| text(&end, &["metadata", "python-versions"]))
            .or_else(|| text(&end, &["metadata", "requires_python"])),
        tool_version: tool_version(document),
        packages,
    })
}

/// `# This file is automatically @generated by Poetry 2.1.3 and should not be changed by hand.`
fn tool_version(document: &str) -> Option<String> {
    let first = document.lines().next().filter(|line| line.starts_with('#'))?;
    let word =
        first.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.'))?;
    Some(word.trim_end_matches('.').to_owned())
        .filter(|word| word.chars().all(|c| c.is_ascii_alphanumeric() || c == '.'))
}

fn read_package(package: &Value, document: &Table) -> Option<LockedPackage> {
    let name = package.get("name")?.as_str()?;
    let source = |key: &str| package.get("source").and_then(|source| source.get(key)?.as_str());
    let mut files = file_names(package.get("wheels"));
    files.extend(file_names(package.get("files")));
    let version = package.get("version").and_then(Value::as_str).unwrap_or_default();
    // Poetry before 1.3 and PDM before 2.8 had one table for all packages, by `name` and by `name version`.
    let common = document.get("metadata").and_then(|metadata| metadata.get("files"));
    let common = common.and_then(|files| files.get(name).or_else(|| files.get(format!("{name} {version}"))));
    files.extend(file_names(common));
    let is_source = |file: &String| [".tar.gz", ".zip", ".tar.bz2"].iter().any(|end| file.ends_with(end));
    Some(LockedPackage {
        name: normalize(name),
        version: version.to_owned(),
        dependencies: dependencies(package),
        has_source: package.get("sdist").is_some() || files.iter().any(is_source),
        wheels: files.into_iter().filter(|file| file.ends_with(".whl")).collect(),
        from_git: source("git").is_some() || source("type") == Some("git") || package.get("git").is_some(),
        local_path: local_path(package, &source),
    })
}

/// uv: a list of tables with a name; Poetry: a table; PDM: a list of requirements.
fn dependencies(package: &Value) -> Vec<String> {
    match package.get("dependencies") {
        Some(Value::Table(table)) => table.keys().map(|name| normalize(name)).collect(),
        Some(Value::Array(list)) => {
            let name = |item: &Value| match item.as_str() {
                Some(text) => parse_requirement(text).map(|requirement| requirement.name),
                None => item.get("name").and_then(Value::as_str).map(normalize),
            };
            list.iter().filter_map(name).collect()
        }
        _ => Vec::new(),
    }
}

/// uv: `virtual`, `editable`, `directory`; Poetry: `type = "directory"`; PDM: `path`.
fn local_path<'a>(package: &'a Value, source: &dyn Fn(&str) -> Option<&'a str>) -> Option<String> {
    let of_uv = ["virtual", "editable", "directory"].iter().find_map(|key| source(key));
    let of_poetry = source("url").filter(|_| source("type") == Some("directory"));
    of_uv.or(of_poetry).or_else(|| package.get("path")?.as_str()).map(str::to_owned)
}

/// Names of `[{ file = "…" }]` and of `[{ url = "https://…/…" }]`.
fn file_names(list: Option<&Value>) -> Vec<String> {
    let list = list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let name = |file: &Value| {
        let text = ["file", "filename", "name", "url"].iter().find_map(|key| file.get(*key)?.as_str())?;
        text.split(['#', '?']).next()?.rsplit('/').next().map(str::to_owned)
    };
    list.iter().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const UV: &str = r#"
version = 1
requires-python = ">=3.12"
[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "numpy" }]
[[package]]
name = "NumPy"
version = "1.26.4"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://example.org/numpy-1.26.4.tar.gz", hash = "sha256:0" }
wheels = [
  { url = "https://example.org/numpy-1.26.4-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl" },
  { url = "https://example.org/numpy-1.26.4-cp312-cp312-musllinux_1_1_x86_64.whl" },
]
[[package]]
name = "tool"
version = "1"
source = { git = "https://example.org/t.git" }
"#;

    #[test]
    fn uv_names_wheels_and_sources() {
        let lock = parse(UV).unwrap();
        assert_eq!(lock.requires_python.as_deref(), Some(">=3.12"));
        assert_eq!(lock.package("app").unwrap().local_path.as_deref(), Some("."));
        assert_eq!(lock.closure(["app"]).iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["app", "numpy"]);
        let numpy = lock.package("numpy").unwrap();
        assert!(numpy.has_wheel_for("3.12") && !numpy.has_wheel_for("3.13") && numpy.has_musl_wheel_for("3.12"));
        assert!(numpy.is_native() && numpy.has_source);
        assert!(lock.package("tool").unwrap().from_git);
    }

    #[test]
    fn poetry_names_files_and_its_own_version() {
        let lock = parse(
            "# This file is automatically @generated by Poetry 2.1.3 and should not be changed by hand.\n\n[[package]]\nname = \"x\"\n\
             version = \"1.0\"\nfiles = [\n    {file = \"x-1.0-py3-none-any.whl\", hash = \"sha256:0\"},\n    {file = \"x-1.0.tar.gz\"},\n]\n\
             [metadata]\npython-versions = \"^3.10\"\n",
        )
        .unwrap();
        assert_eq!((lock.tool_version.as_deref(), lock.requires_python.as_deref()), (Some("2.1.3"), Some("^3.10")));
        let package = lock.package("x").unwrap();
        assert!(!package.is_native() && package.has_source && package.has_wheel_for("3.14"));
    }

    #[test]
    fn what_only_looks_like_a_package_is_none() {
        let lock = parse(
            "x = \"\"\"\n[[package]]\nname = 1\n\"\"\"\n[[package]]\nname = 'a'\n[metadata]\npython-versions = '3'\n",
        );
        let lock = lock.unwrap();
        assert_eq!((lock.packages.len(), lock.requires_python.as_deref()), (1, Some("3")));
        assert!(parse("a = 1\n[[package]]\nname = \n").unwrap_err().to_string().contains("name ="));
    }

    #[test]
    fn wheels_fit_by_their_tags() {
        for (wheel, line, fits) in [
            ("a-1-cp39-abi3-manylinux_2_28_x86_64.whl", "3.13", true),
            ("a-1-cp39-abi3-manylinux_2_28_x86_64.whl", "3.8", false),
            ("a-1-cp313-cp313t-manylinux_2_28_x86_64.whl", "3.13", false),
            ("a-1-py3-none-manylinux_2_28_x86_64.whl", "3.13", true),
            ("a-1-cp312-cp312-win_amd64.whl", "3.12", false),
            ("a-1-1-py2.py3-none-any.whl", "3.12", true),
            ("rubbish.whl", "3.12", false),
        ] {
            let package = LockedPackage { wheels: vec![wheel.into()], ..LockedPackage::default() };
            assert_eq!(package.has_wheel_for(line), fits, "{wheel}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = parse(&text);
        }
    }
}
