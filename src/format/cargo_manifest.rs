//! `Cargo.toml` of a package or a workspace, read with the crate `cargo_toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cargo_toml::{Inheritable, Manifest, OptionalFile, Product};
use globset::GlobBuilder;

use super::Fault;
use crate::path::{is_below, parent};

/// The shortest feature that may be the name of a package.
const SHORT: usize = 4;

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
    /// `[features]`: what each asks for.
    pub features: BTreeMap<String, Vec<String>>,
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

    /// The same, to keep.
    pub fn said(&self) -> Option<String> {
        self.get().map(str::to_owned)
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

impl Workspace {
    /// Those of these folders that are members.
    pub fn members_of<'a>(&self, folders: impl Iterator<Item = &'a str>) -> Vec<String> {
        let matcher = |glob: &String| {
            let glob = glob.trim_start_matches("./").trim_end_matches('/');
            Some(GlobBuilder::new(glob).literal_separator(true).build().ok()?.compile_matcher())
        };
        let globs: Vec<_> = self.members.iter().filter_map(matcher).collect();
        let is_out = |folder: &str| self.exclude.iter().any(|out| is_below(folder, out));
        folders
            .filter(|folder| !is_out(folder) && globs.iter().any(|glob| glob.is_match(folder)))
            .map(str::to_owned)
            .collect()
    }

    /// What it names as members, if it names any.
    pub fn named(&self) -> Option<String> {
        (!self.members.is_empty()).then(|| self.members.join(", "))
    }
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
    /// The features of it that are asked for.
    pub features: Vec<String>,
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

/// Something that can be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binary {
    /// Its name.
    pub name: String,
    /// Its main file.
    pub file: String,
    /// The features without which it is not built.
    pub features: Vec<String>,
}

impl Binary {
    /// Whether a source is of this program alone: its main file, and what lies in a folder of its own.
    pub fn holds(&self, path: &str) -> bool {
        let has_folder = self.file.contains("/bin/") && self.file.ends_with("/main.rs");
        self.file == path || has_folder && is_below(path, parent(&self.file))
    }
}

/// Something that Cargo builds: the name of a binary, and the places in which it looks for the main file.
#[derive(Default)]
struct Place {
    binary: Option<String>,
    paths: Vec<String>,
    features: Vec<String>,
}

impl CargoManifest {
    /// What can be started, and the main files of everything that Cargo builds. `found` are the files below `src/bin`, relative
    /// to that; `there` is the path of a file of the package that is there.
    pub fn targets<'a>(
        &self,
        found: impl Iterator<Item = &'a str>,
        there: impl Fn(&str) -> Option<String>,
    ) -> (Vec<Binary>, Vec<String>) {
        let (mut binaries, mut files) = (Vec::new(), Vec::new());
        for place in self.places(found) {
            let is_new = |file: &String| !files.contains(file);
            let Some(file) = place.paths.iter().find_map(|path| there(path).filter(is_new)) else { continue };
            files.push(file.clone());
            binaries.extend(place.binary.map(|name| Binary { name, file, features: place.features }));
        }
        (binaries, files)
    }

    /// Everything that the manifest names, then the main program, the library and the build script.
    fn places<'a>(&self, found: impl Iterator<Item = &'a str>) -> Vec<Place> {
        let Some(package) = &self.package else { return Vec::new() };
        let name = |target: &Target| target.name.clone().unwrap_or_else(|| package.name.clone());
        let below = |folders: &[&str], target: &Target| {
            let name = name(target);
            let usual =
                folders.iter().flat_map(|folder| [format!("{folder}/{name}.rs"), format!("{folder}/{name}/main.rs")]);
            target.path.iter().cloned().chain(usual).collect::<Vec<_>>()
        };
        let plain = |path: &str| Place { paths: vec![path.to_owned()], ..Place::default() };
        let mut places: Vec<Place> = Vec::new();
        for target in &self.binaries {
            let paths = below(&["src/bin"], target).into_iter().chain(["src/main.rs".to_owned()]).collect();
            places.push(Place { binary: Some(name(target)), paths, features: target.features.clone() });
        }
        if package.finds_binaries {
            places.push(Place { binary: Some(package.name.clone()), ..plain("src/main.rs") });
            places.extend(found.filter_map(|path| {
                let name = path.strip_suffix("/main.rs").or(path.strip_suffix(".rs"))?;
                let place = Place { binary: Some(name.to_owned()), ..plain(&format!("src/bin/{path}")) };
                (!name.contains('/')).then_some(place)
            }));
        }
        let library = self.library.as_ref().and_then(|library| library.path.as_deref());
        places.push(plain(library.unwrap_or("src/lib.rs")));
        places.extend(package.may_build.then(|| plain(package.build.as_deref().unwrap_or("build.rs"))));
        let others = self.others.iter().map(|target| below(&["tests", "benches", "examples"], target));
        places.extend(others.map(|paths| Place { paths, ..Place::default() }));
        places
    }

    /// A binary with those of these words that are features of the package, in addition to its own; `None` where none is.
    pub fn with_features(&self, binary: &Binary, words: &str) -> Option<Binary> {
        let is_own =
            |name: &&str| self.features.contains_key(*name) || self.dependencies.iter().any(|it| it.key == *name);
        let known: Vec<&str> = words.split([',', ' ']).filter(is_own).collect();
        let new = known.iter().filter(|name| binary.features.iter().all(|own| own != *name));
        let features = binary.features.iter().cloned().chain(new.map(|name| (*name).to_owned())).collect();
        (!known.is_empty()).then(|| Binary { features, ..binary.clone() })
    }

    /// The binary that `cargo run` starts, where the manifest names one.
    pub fn default_run(&self) -> Option<&String> {
        self.package.as_ref()?.default_run.as_ref()
    }

    /// What the package is built from with the usual features and these.
    pub fn built_from<'m>(&'m self, features: &'m [String]) -> impl Iterator<Item = &'m Dependency> {
        let asked = self.asked(features);
        self.dependencies.iter().filter(move |one| !one.optional || asked.contains(one.key.as_str()))
    }

    /// What the usual features and these ask for, by its first name: features, and dependencies.
    pub fn asked<'m>(&'m self, features: &'m [String]) -> BTreeSet<&'m str> {
        let mut open: Vec<&str> = features.iter().map(String::as_str).chain(["default"]).collect();
        let mut asked = BTreeSet::new();
        while let Some(feature) = open.pop() {
            let name = feature.strip_prefix("dep:").unwrap_or(feature).split('/').next().unwrap_or_default();
            if asked.insert(name) {
                open.extend(self.features.get(name).into_iter().flatten().map(String::as_str));
            }
        }
        asked
    }

    /// The features of dependencies, in two: those that are asked for with the usual features and these, and those that only
    /// other features of the package ask for.
    fn features_of_others<'m>(&'m self, features: &'m [String]) -> [BTreeSet<&'m str>; 2] {
        let asked = self.asked(features);
        let [mut on, mut off] = [BTreeSet::new(), BTreeSet::new()];
        on.extend(self.dependencies.iter().flat_map(|one| &one.features).map(String::as_str));
        for (name, asks) in &self.features {
            let list = if asked.contains(name.as_str()) { &mut on } else { &mut off };
            list.extend(asks.iter().filter_map(|ask| ask.split_once('/')).map(|(_, feature)| feature));
        }
        [on, off]
    }

    /// Takes over from the workspace at the top what this says is inherited; `folder` is the manifest's own.
    pub fn inherit(&mut self, from: &Workspace, folder: &str) {
        let up = "../".repeat(folder.split('/').filter(|part| !part.is_empty()).count());
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

/// Features of packages of others that no feature of these manifests asks for which is on: a lock file lists what they need all
/// the same.
pub fn off<'m>(manifests: impl Iterator<Item = &'m CargoManifest>, features: &'m [String]) -> BTreeSet<&'m str> {
    let said: Vec<_> = manifests.map(|manifest| manifest.features_of_others(features)).collect();
    let is_off = |feature: &&str| feature.len() >= SHORT && !said.iter().any(|[on, _]| on.contains(feature));
    said.iter().flat_map(|[_, off]| off.iter().copied()).filter(is_off).collect()
}

/// Whether a package is that which a feature is named for: `openssl-sys` and `tokio-openssl` are those of `openssl`.
pub fn is_named_for(package: &str, feature: &str) -> bool {
    let begins = |rest: &str| rest.is_empty() || rest.starts_with('-');
    package.strip_prefix(feature).is_some_and(begins)
        || package.strip_suffix(feature).is_some_and(|start| start.ends_with('-'))
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
        features: read.features.iter().map(|(name, asks)| (name.clone(), asks.clone())).collect(),
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
        features: said.req_features().to_vec(),
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
    fn features_of_others_are_on_or_off() {
        let text = "[package]\nname = \"a\"\nversion = \"1.0.0\"\n[features]\ndefault = [\"rustls\"]\nopenssl = [\"awc/openssl\", \"web?/json\"]\nrustls = [\"awc/rustls\"]\n[dependencies]\nawc = \"3\"\nweb = { version = \"1\", features = [\"json\"], optional = true }\n";
        let read = parse(text).unwrap();
        let shown = |features: &[String]| off([&read].into_iter(), features).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!((shown(&[]), shown(&["openssl".to_owned()])), ("openssl".to_owned(), String::new()));
        for (package, holds) in [("openssl", true), ("openssl-sys", true), ("tokio-openssl", true), ("opensslx", false)]
        {
            assert_eq!(is_named_for(package, "openssl"), holds, "{package}");
        }
    }

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

            [features]
            default = ["sql"]
            sql = ["dep:db", "words?/x"]

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
        let read = parse(text).unwrap();
        assert_eq!(read.built_from(&[]).count(), 6);
        let bare = parse(&text.replace("default =", "other =")).unwrap();
        assert_eq!((bare.built_from(&[]).count(), bare.built_from(&["sql".to_owned()]).count()), (5, 6));
        let found = ["tool.rs", "more/main.rs", "more/other.rs"];
        let (binaries, files) = read.targets(found.into_iter(), |path| Some(format!("a/{path}")));
        let named: Vec<_> = binaries.iter().map(|one| (one.name.as_str(), one.file.as_str())).collect();
        let mut expected = vec![
            ("greet", "a/bin/greet.rs"),
            ("greeter", "a/src/main.rs"),
            ("tool", "a/src/bin/tool.rs"),
            ("more", "a/src/bin/more/main.rs"),
        ];
        assert_eq!(named, expected);
        expected.extend([("", "a/src/lib.rs"), ("", "a/make/build.rs"), ("", "a/tests/speed.rs")]);
        assert!(files.iter().eq(expected.iter().map(|(_, file)| file)));
        assert_eq!(read.with_features(&binaries[0], "sql,none server").unwrap().features, ["server", "sql"]);
        assert_eq!(read.with_features(&binaries[0], "none"), None);
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
        let folders = ["crates/api", "crates/old", "crates/a/b", "tools"];
        assert_eq!(workspace.members_of(folders.into_iter()), ["crates/api"]);
        let mut member = parse(
            "[package]\nname = \"api\"\nlicense.workspace = true\nrust-version.workspace = true\nbuild = false\n\
             [dependencies]\nwords.workspace = true\nsql = { workspace = true, optional = true }\n",
        )
        .unwrap();
        member.inherit(&workspace, "crates/api");
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
