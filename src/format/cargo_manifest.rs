//! `Cargo.toml` of a package or a workspace, read with the crate `cargo_toml`.

use std::path::Path;

use cargo_toml::{Inheritable, Manifest, OptionalFile, Product};

use super::Fault;

/// What a manifest says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CargoManifest {
    /// `[package]`; `None` where the file only describes a workspace.
    pub package: Option<Package>,
    /// `[workspace]`.
    pub workspace: Option<Workspace>,
    /// What the package needs to be built and to run, on whatever system; nothing that only tests need.
    pub dependencies: Vec<Dependency>,
    /// `[lib]`.
    pub library: Option<Target>,
    /// `[[bin]]`.
    pub binaries: Vec<Target>,
    /// `[[test]]`, `[[bench]]` and `[[example]]`.
    pub others: Vec<Target>,
    /// `strip` of the release profile is said.
    pub strips: bool,
    /// The tools that have a table below `metadata` of the package or the workspace.
    pub tools: Vec<String>,
}

/// `[package]`, in a workspace with what it inherits once [`CargoManifest::inherit`] was called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// The binary that `cargo run` starts.
    pub default_run: Option<String>,
    /// Whether files in `src/bin` are binaries.
    pub finds_binaries: bool,
    /// The build script: a path, `None` for `build.rs` where that is there.
    pub build: Option<String>,
    /// Whether there is a build script if `build.rs` is there.
    pub may_build: bool,
    /// The oldest release of Rust that compiles it.
    pub rust_version: Field,
    /// A sentence about it.
    pub description: Field,
    /// Its licence.
    pub license: Field,
    /// Where its sources are.
    pub repository: Field,
}

/// A value that a package may take from its workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Field {
    /// It is not said.
    #[default]
    None,
    /// The workspace says it.
    Inherited,
    /// It is said.
    Own(String),
}

impl Field {
    /// The value, where it is said here.
    pub fn get(&self) -> Option<&str> {
        match self {
            Field::Own(value) => Some(value),
            _ => None,
        }
    }
}

/// `[workspace]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Workspace {
    /// Folders of members, as globs.
    pub members: Vec<String>,
    /// Folders that are no members.
    pub exclude: Vec<String>,
    /// Members that are built where none is named.
    pub default_members: Vec<String>,
    /// What members may inherit; its name is empty.
    pub package: Package,
    /// What members may inherit.
    pub dependencies: Vec<Dependency>,
}

/// A dependency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dependency {
    /// How the manifest calls it.
    pub key: String,
    /// The package's own name.
    pub name: String,
    /// The folder of it, relative to the manifest that says it.
    pub path: Option<String>,
    /// Where it comes from, if that is not crates.io: a git repository or a registry.
    pub source: Option<String>,
    /// Whether a feature has to ask for it.
    pub optional: bool,
    /// Whether the workspace says the rest.
    pub inherited: bool,
    /// Whether the build script needs it and not the program.
    pub for_build: bool,
}

/// Something that Cargo builds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// Its name, where it is said.
    pub name: Option<String>,
    /// Its file, where that is said.
    pub path: Option<String>,
    /// The features without which it is not built.
    pub features: Vec<String>,
}

impl CargoManifest {
    /// Takes over from the workspace what this says is inherited. `up` leads from this manifest's folder to the workspace's.
    pub fn inherit(&mut self, from: &Workspace, up: &str) {
        if let Some(package) = &mut self.package {
            let fields = [
                (&mut package.rust_version, &from.package.rust_version),
                (&mut package.description, &from.package.description),
                (&mut package.license, &from.package.license),
                (&mut package.repository, &from.package.repository),
            ];
            for (field, theirs) in fields.into_iter().filter(|(field, _)| **field == Field::Inherited) {
                *field = theirs.clone();
            }
        }
        for dependency in self.dependencies.iter_mut().filter(|dependency| dependency.inherited) {
            if let Some(theirs) = from.dependencies.iter().find(|theirs| theirs.key == dependency.key) {
                dependency.name.clone_from(&theirs.name);
                dependency.source.clone_from(&theirs.source);
                dependency.path = theirs.path.as_ref().map(|path| format!("{up}{path}"));
            }
        }
    }
}

/// Reads a manifest.
///
/// # Errors
/// The parser's message and the line it points at.
pub fn parse(text: &str) -> Result<CargoManifest, Fault> {
    let read = Manifest::from_str(text).map_err(|error| fault(&error, text))?;
    let metadata = [read.package.as_ref().and_then(|package| package.metadata.as_ref())];
    let metadata = metadata.into_iter().chain([read.workspace.as_ref().and_then(|all| all.metadata.as_ref())]);
    let tools = metadata.flatten().filter_map(|value| value.as_table()).flat_map(toml::Table::keys).cloned().collect();
    Ok(CargoManifest {
        package: read.package.as_ref().map(package),
        workspace: read.workspace.as_ref().map(workspace),
        dependencies: dependencies(&read),
        library: read.lib.as_ref().map(target),
        binaries: read.bin.iter().map(target).collect(),
        others: [&read.test, &read.bench, &read.example].into_iter().flatten().map(target).collect(),
        strips: read.profile.release.as_ref().is_some_and(|release| release.strip.is_some()),
        tools,
    })
}

fn fault(error: &cargo_toml::Error, text: &str) -> Fault {
    let cargo_toml::Error::Parse(error) = error else { return Fault::new(error.to_string(), "") };
    let line = error.span().and_then(|span| text.get(..span.start)).map(|head| head.rfind('\n').map_or(0, |at| at + 1));
    let message: Vec<&str> = error.message().lines().collect();
    Fault::new(message.join(", "), line.and_then(|at| text.get(at..)).unwrap_or_default())
}

fn field(value: Option<&Inheritable<String>>) -> Field {
    match value {
        None => Field::None,
        Some(Inheritable::Inherited) => Field::Inherited,
        Some(Inheritable::Set(value)) => Field::Own(value.clone()),
    }
}

fn package(read: &cargo_toml::Package) -> Package {
    let build = match &read.build {
        Some(OptionalFile::Path(path)) => slashes(path),
        _ => None,
    };
    Package {
        name: read.name.clone(),
        default_run: read.default_run.clone(),
        finds_binaries: read.autobins,
        build,
        may_build: !matches!(read.build, Some(OptionalFile::Flag(false))),
        rust_version: field(read.rust_version.as_ref()),
        description: field(read.description.as_ref()),
        license: field(read.license.as_ref()),
        repository: field(read.repository.as_ref()),
    }
}

fn slashes(path: &Path) -> Option<String> {
    path.to_str().map(str::to_owned)
}

fn workspace(read: &cargo_toml::Workspace) -> Workspace {
    let own = |value: Option<&String>| value.cloned().map_or(Field::None, Field::Own);
    let shared = read.package.as_ref().map(|shared| Package {
        rust_version: own(shared.rust_version.as_ref()),
        description: own(shared.description.as_ref()),
        license: own(shared.license.as_ref()),
        repository: own(shared.repository.as_ref()),
        ..Package::default()
    });
    Workspace {
        members: read.members.clone(),
        exclude: read.exclude.clone(),
        default_members: read.default_members.clone(),
        package: shared.unwrap_or_default(),
        dependencies: read.dependencies.iter().map(|(key, said)| dependency(key, said, false)).collect(),
    }
}

fn dependencies(read: &Manifest) -> Vec<Dependency> {
    let targets = read.target.values().map(|target| (&target.dependencies, &target.build_dependencies));
    let tables = [(&read.dependencies, &read.build_dependencies)].into_iter().chain(targets);
    let mut found = Vec::new();
    for (program, build) in tables {
        found.extend(program.iter().map(|(key, said)| dependency(key, said, false)));
        found.extend(build.iter().map(|(key, said)| dependency(key, said, true)));
    }
    found
}

fn dependency(key: &str, said: &cargo_toml::Dependency, for_build: bool) -> Dependency {
    let detail = said.detail();
    let name = detail.and_then(|detail| detail.package.as_deref()).unwrap_or(key);
    let source = detail.and_then(|detail| {
        [&detail.git, &detail.registry, &detail.registry_index].into_iter().flatten().next().cloned()
    });
    Dependency {
        key: key.to_owned(),
        name: name.to_owned(),
        path: detail.and_then(|detail| detail.path.clone()),
        source,
        optional: said.optional(),
        inherited: matches!(said, cargo_toml::Dependency::Inherited(_)),
        for_build,
    }
}

fn target(read: &Product) -> Target {
    Target { name: read.name.clone(), path: read.path.clone(), features: read.required_features.clone() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_package() {
        let text = r#"
            [package]
            name = "greeter"
            edition = "2024"
            rust-version = "1.85"
            default-run = "greet"
            build = "make/build.rs"
            license.workspace = true
            metadata.leptos.site = "x"

            [[bin]]
            name = "greet"
            path = "bin/greet.rs"
            required-features = ["server"]

            [[bench]]
            name = "speed"

            [dependencies]
            axum = "0.8"
            db = { package = "rusqlite", version = "0.37", optional = true }
            words = { path = "../words" }
            tls = { git = "https://example.org/tls" }
            [target.'cfg(unix)'.dependencies]
            libc = "0.2"
            [build-dependencies]
            tonic-build = "0.14"
            [dev-dependencies]
            tempfile = "3"

            [profile.release]
            strip = true
        "#;
        let read = parse(text).unwrap();
        let package = read.package.unwrap();
        assert_eq!((package.name.as_str(), package.default_run.as_deref()), ("greeter", Some("greet")));
        assert_eq!((package.build.as_deref(), package.rust_version.get()), (Some("make/build.rs"), Some("1.85")));
        assert_eq!((package.license, package.description), (Field::Inherited, Field::None));
        assert!(read.strips && package.may_build && package.finds_binaries);
        assert_eq!(read.binaries[0].features, ["server"]);
        assert_eq!(read.others[0].name.as_deref(), Some("speed"));
        assert_eq!(read.tools, ["leptos"]);
        let names: Vec<&str> = read.dependencies.iter().map(|dependency| dependency.name.as_str()).collect();
        assert_eq!(names, ["axum", "rusqlite", "tls", "words", "tonic-build", "libc"]);
        let [_, db, tls, words, build, _] = &read.dependencies[..] else { panic!("{names:?}") };
        assert!(db.optional && build.for_build && !words.for_build);
        assert_eq!(words.path.as_deref(), Some("../words"));
        assert_eq!(tls.source.as_deref(), Some("https://example.org/tls"));
    }

    #[test]
    fn members_inherit() {
        let root = parse(
            r#"
            [workspace]
            members = ["crates/*"]
            exclude = ["crates/old"]
            default-members = ["crates/api"]
            [workspace.package]
            license = "MIT"
            [workspace.dependencies]
            words = { path = "crates/words" }
            sql = { package = "rusqlite", version = "0.37" }
            "#,
        )
        .unwrap();
        let workspace = root.workspace.unwrap();
        assert_eq!((&workspace.members[0], &workspace.exclude[0]), (&"crates/*".to_owned(), &"crates/old".to_owned()));
        let mut member = parse(
            "[package]\nname = \"api\"\nlicense.workspace = true\nrust-version.workspace = true\nbuild = false\n\
             [dependencies]\nwords.workspace = true\nsql = { workspace = true, optional = true }\n",
        )
        .unwrap();
        member.inherit(&workspace, "../../");
        let package = member.package.unwrap();
        assert_eq!((package.license.get(), package.rust_version.get()), (Some("MIT"), None));
        assert!(!package.may_build);
        assert_eq!(member.dependencies[0].name, "rusqlite");
        assert!(member.dependencies[0].optional);
        assert_eq!(member.dependencies[1].path.as_deref(), Some("../../crates/words"));
    }

    #[test]
    fn what_is_none() {
        let fault = parse("[package]\nname = 1\n").unwrap_err();
        assert_eq!(fault.quote, "name = 1");
        parse("[package]\nname = \"a\"\nedition = \"1999\"\n").unwrap_err();
        parse("[dependencies\n").unwrap_err();
        assert_eq!(parse("").unwrap(), CargoManifest::default());
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s)\\[(package|workspace|dependencies)\\]\n([a-z.]{1,9} ?= ?.{0,20}\n){0,6}") {
            let _ = parse(&text);
        }
    }
}
