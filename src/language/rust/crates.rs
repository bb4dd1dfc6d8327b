//! The packages of the repository, their binaries, and what each is built from.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::LazyLock;

use super::super::parsed;
use super::CATALOG;
use crate::command::option;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::format::cargo_lock::{self, CargoLock, Locked};
use crate::format::cargo_manifest::{self, CargoManifest, Workspace};
use crate::path::{join, resolve};
use crate::repo::Repo;

/// The name of a manifest.
const MANIFEST: &str = "Cargo.toml";
/// How a command begins that builds.
static CARGO_BUILD: LazyLock<[String; 2]> = LazyLock::new(|| ["cargo", "build"].map(str::to_owned));
/// The path of the lock file.
pub const LOCK: &str = "Cargo.lock";

/// All packages.
#[derive(Debug, Default)]
pub struct Crates {
    /// Those that Cargo reads, the top one first.
    pub members: Vec<Member>,
    /// Packages of others with what they have behind them in a build for Linux: of the lock file, else what rows know.
    pub lock: CargoLock,
    /// Whether there is a lock file.
    pub is_locked: bool,
    /// What cannot be read or is not there.
    pub faults: Vec<Fact>,
}

/// A package of the repository, or the workspace.
#[derive(Debug)]
pub struct Member {
    /// Its folder.
    pub folder: String,
    /// Its manifest.
    pub manifest: CargoManifest,
    /// What can be started.
    pub binaries: Vec<Binary>,
    /// The main files of everything that Cargo builds of it.
    pub targets: Vec<String>,
}

/// A program.
#[derive(Debug, Clone)]
pub struct Binary {
    /// Its name.
    pub name: String,
    /// Its main file.
    pub file: String,
    /// The features without which it is not built.
    pub features: Vec<String>,
}

/// What a program is built from.
#[derive(Debug, Default)]
pub struct Built {
    /// Packages of the repository, by their places in [`Crates::members`].
    pub members: BTreeSet<usize>,
    /// Packages of others, with what names them.
    pub packages: BTreeMap<String, Evidence>,
}

impl Member {
    fn new(repo: &Repo, folder: &str, manifest: CargoManifest) -> Self {
        let (mut binaries, mut targets) = (Vec::new(), Vec::new());
        let bin = join(folder, "src/bin");
        let found = repo.below(&bin).filter_map(|path| path.strip_prefix(&bin)?.strip_prefix('/'));
        for place in manifest.places(found) {
            let there = |path: &String| resolve(folder, path).filter(|path| repo.has(path) && !targets.contains(path));
            let Some(file) = place.paths.iter().find_map(there) else { continue };
            targets.push(file.clone());
            binaries.extend(place.binary.map(|name| Binary { name, file, features: place.features }));
        }
        Member { folder: folder.to_owned(), manifest, binaries, targets }
    }

    /// Its name; empty for a manifest that only describes a workspace.
    pub fn name(&self) -> &str {
        self.manifest.package.as_ref().map_or("", |package| &package.name)
    }

    /// The path of its manifest.
    pub fn path(&self) -> String {
        join(&self.folder, MANIFEST)
    }
}

impl Crates {
    /// Reads the manifest at the top, those of the members, and of what they depend on by a path.
    pub fn read(repo: &Repo) -> Self {
        let mut crates = Crates::default();
        let lock = parsed(repo, LOCK, cargo_lock::parse, &mut crates.faults);
        crates.is_locked = lock.is_some();
        crates.lock = lock
            .unwrap_or_else(|| CATALOG.implied.iter().map(|row| (row.package.clone(), Locked::on(&row.of))).collect());
        CATALOG.unused.iter().for_each(|row| cargo_lock::forget(&mut crates.lock, &row.package, &row.of));
        let (mut open, mut workspace) = (VecDeque::from([String::new()]), Workspace::default());
        while let Some(folder) = open.pop_front() {
            let path = join(&folder, MANIFEST);
            let is_new = crates.members.iter().all(|member| member.folder != folder);
            let read = || parsed(repo, &path, cargo_manifest::parse, &mut crates.faults);
            let Some(mut manifest) = is_new.then(read).flatten() else { continue };
            if let Some(own) = manifest.workspace.clone().filter(|_| folder.is_empty()) {
                let folders = repo.files().filter_map(|path| path.strip_suffix(MANIFEST)?.strip_suffix('/'));
                open.extend(own.members_of(folders));
                let lost =
                    own.named().filter(|_| open.is_empty()).map(|it| Kind::Cannot(it, "nothing is there".into()));
                crates.faults.extend(lost.map(|kind| Fact::new(kind, &path, "members", Strength::Stated)));
                workspace = own;
            }
            manifest.inherit(&workspace, &folder);
            for (key, said) in manifest.dependencies.iter().filter_map(|one| Some((&one.key, one.path.as_ref()?))) {
                match resolve(&folder, said).filter(|folder| repo.has(&join(folder, MANIFEST))) {
                    Some(folder) => open.push_back(folder),
                    None => {
                        let what = format!("`{key}` lies at `{said}`, which is not below this folder");
                        let hint = "run dockgen at the top of the workspace, and name the program with `--entry`";
                        let kind = Kind::Obstacle(what, hint.to_owned());
                        crates.faults.push(Fact::new(kind, &path, key, Strength::Stated));
                    }
                }
            }
            crates.members.push(Member::new(repo, &folder, manifest));
        }
        crates
    }

    /// Takes over the features with which others build programs, as far as their packages have them: what, and where it stands.
    pub fn follow(&mut self, told: &[Fact]) -> BTreeMap<String, (String, Evidence)> {
        let mut followed = BTreeMap::new();
        let mut builds: Vec<&Fact> =
            told.iter().filter(|fact| fact.evidence.strength >= Strength::Convention).collect();
        builds.sort_by_key(|fact| Reverse(fact.evidence.strength));
        for fact in builds {
            let Kind::Build(commands) = &fact.kind else { continue };
            for words in commands.iter().map(|command| &command.argv).filter(|words| words.starts_with(&*CARGO_BUILD)) {
                let is_meant = |names: &[&str], own: &str| option(words, names).is_none_or(|name| name == own);
                let asked = option(words, &["--features", "-F"]).unwrap_or_default();
                for member in self.members.iter_mut().filter(|it| is_meant(&["--package", "-p"], it.name())) {
                    let is_own = |name: &&str| {
                        let mut keys = member.manifest.dependencies.iter().map(|one| &one.key);
                        member.manifest.features.contains_key(*name) || keys.any(|key| key == name)
                    };
                    let known: Vec<String> = asked.split([',', ' ']).filter(is_own).map(str::to_owned).collect();
                    for binary in member.binaries.iter_mut().filter(|it| is_meant(&["--bin"], &it.name)) {
                        if !known.is_empty() && !followed.contains_key(&binary.name) {
                            let said = (format!("--features {}", known.join(",")), fact.evidence.clone());
                            followed.insert(binary.name.clone(), said);
                            binary.features.extend(
                                known.iter().filter(|it| !binary.features.contains(it)).cloned().collect::<Vec<_>>(),
                            );
                        }
                    }
                }
            }
        }
        followed
    }

    /// What a binary is built from: by the manifests of the repository, and by the lock file behind them.
    pub fn built(&self, member: usize, binary: &Binary) -> Built {
        let mut built = Built::default();
        let (mut members, mut packages) = (vec![member], Vec::new());
        while let Some(place) = members.pop() {
            let Some(member) = self.members.get(place).filter(|_| built.members.insert(place)) else { continue };
            for dependency in member.manifest.built_from(&binary.features) {
                let path = dependency.path.as_ref().and_then(|path| resolve(&member.folder, path));
                match path.and_then(|path| self.members.iter().position(|member| member.folder == path)) {
                    Some(own) => members.push(own),
                    None => {
                        let evidence = Evidence::new(&member.path(), &dependency.key, Strength::Stated);
                        packages.push((dependency.name.clone(), evidence));
                    }
                }
            }
        }
        let manifests = built.members.iter().map(|place| &self.members[*place].manifest);
        let off = cargo_manifest::off(manifests, &binary.features);
        let is_on = |next: &&String| !off.iter().any(|feature| cargo_manifest::is_named_for(next, feature));
        while let Some((name, evidence)) = packages.pop() {
            if built.packages.insert(name.clone(), evidence.clone()).is_none() {
                packages.extend(self.behind(&name).iter().filter(is_on).map(|next| match self.is_locked {
                    true => (next.clone(), Evidence::new(LOCK, &format!("name = \"{next}\""), Strength::Stated)),
                    false => (next.clone(), evidence.clone()),
                }));
            }
        }
        built
    }

    /// The packages that one of others depends on.
    pub fn behind(&self, name: &str) -> &[String] {
        self.lock.get(name).map(|locked| locked.dependencies.as_slice()).unwrap_or_default()
    }

    /// How Cargo is told which member is meant: a name that a package of others has too needs the place.
    pub fn spec(&self, member: &Member) -> String {
        let is_foreign = self.lock.get(member.name()).is_some_and(|locked| locked.source.is_some());
        let mut named = self.members.iter().flat_map(|one| &one.manifest.dependencies);
        match is_foreign || named.any(|one| one.path.is_none() && one.name == member.name()) {
            true => format!("file:///{}", join("app", &member.folder)),
            false => member.name().to_owned(),
        }
    }
}
