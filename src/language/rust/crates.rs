//! The packages of the repository, their binaries, and what each is built from.

use std::collections::{BTreeMap, BTreeSet};

use super::super::parsed;
use super::CATALOG;
use crate::command::{Command, behind, option};
use crate::facts::{self, Evidence, Fact, Kind, Strength};
use crate::format::cargo_lock::{self, CargoLock, Locked};
use crate::format::cargo_manifest::{self, Binary, CargoManifest, Workspace};
use crate::path::{join, resolve, visit};
use crate::repo::Repo;

/// The name of a manifest.
const MANIFEST: &str = "Cargo.toml";
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
        let bin = join(folder, "src/bin");
        let found = repo.below(&bin).filter_map(|path| path.strip_prefix(&bin)?.strip_prefix('/'));
        let there = |path: &str| resolve(folder, path).filter(|path| repo.has(path));
        let (binaries, targets) = manifest.targets(found, there);
        Member { folder: folder.to_owned(), manifest, binaries, targets }
    }

    /// Its name; empty for a manifest that only describes a workspace.
    pub fn name(&self) -> &str {
        self.manifest.package.as_ref().map_or("", |package| &package.name)
    }

    /// A program of it with the features with which others build it, and what tells of these.
    pub fn as_built(&self, binary: &Binary, told: &[Fact]) -> (Binary, Option<Evidence>) {
        let read = |(_, command, evidence): (_, &Command, &Evidence)| {
            let words = behind(&command.argv, "cargo build").filter(|_| evidence.strength >= Strength::Convention)?;
            let is_meant = |names: &[&str], own: &str| option(words, names).is_none_or(|name| name == own);
            let is_it = is_meant(&["--package", "-p"], self.name()) && is_meant(&["--bin"], &binary.name);
            let asked = option(words, &["--features", "-F"]).filter(|_| is_it)?;
            Some((self.manifest.with_features(binary, &asked)?, evidence.clone()))
        };
        let (with, evidence) = facts::builds(told).find_map(read).unzip();
        (with.unwrap_or_else(|| binary.clone()), evidence)
    }

    /// Where its sources lie; nowhere of a manifest that only describes a workspace.
    pub fn sources(&self) -> Vec<String> {
        match (self.name().is_empty(), self.folder.is_empty()) {
            (true, _) => Vec::new(),
            (_, true) => self.targets.iter().cloned().chain(["src".to_owned()]).collect(),
            (_, false) => vec![self.folder.clone()],
        }
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
        let mut workspace = Workspace::default();
        visit([String::new()], |folder| {
            let path = join(folder, MANIFEST);
            let read = parsed(repo, &path, cargo_manifest::parse, &mut crates.faults);
            let Some(mut manifest) = read else { return Vec::new() };
            let mut next = Vec::new();
            if let Some(own) = manifest.workspace.clone().filter(|_| folder.is_empty()) {
                let folders = repo.files().filter_map(|path| path.strip_suffix(MANIFEST)?.strip_suffix('/'));
                next = own.members_of(folders);
                let lost =
                    own.named().filter(|_| next.is_empty()).map(|it| Kind::Cannot(it, "nothing is there".into()));
                crates.faults.extend(lost.map(|kind| Fact::new(kind, &path, "members", Strength::Stated)));
                workspace = own;
            }
            manifest.inherit(&workspace, folder);
            for (key, said) in manifest.dependencies.iter().filter_map(|one| Some((&one.key, one.path.as_ref()?))) {
                match resolve(folder, said).filter(|folder| repo.has(&join(folder, MANIFEST))) {
                    Some(folder) => next.push(folder),
                    None => crates.faults.push(Fact::outside(&path, key, said)),
                }
            }
            crates.members.push(Member::new(repo, folder, manifest));
            next
        });
        crates
    }

    /// What a binary is built from: by the manifests of the repository, and by the lock file behind them.
    pub fn built(&self, member: usize, binary: &Binary) -> Built {
        let mut built = Built::default();
        let mut named = BTreeMap::new();
        visit([member], |place| {
            built.members.insert(*place);
            let (member, mut own) = (&self.members[*place], Vec::new());
            for dependency in member.manifest.built_from(&binary.features) {
                let path = dependency.path.as_ref().and_then(|path| resolve(&member.folder, path));
                match path.and_then(|path| self.members.iter().position(|member| member.folder == path)) {
                    Some(place) => own.push(place),
                    None => {
                        let evidence = Evidence::new(&member.path(), &dependency.key, Strength::Stated);
                        named.entry(dependency.name.as_str()).or_insert(evidence);
                    }
                }
            }
            own
        });
        let manifests = built.members.iter().map(|place| &self.members[*place].manifest);
        let off = cargo_manifest::off(manifests, &binary.features);
        let is_on = |next: &str| !off.iter().any(|feature| cargo_manifest::is_named_for(next, feature));
        let locked = |name: &str| Evidence::new(LOCK, &format!("name = \"{name}\""), Strength::Stated);
        for (name, root) in cargo_lock::closure(&self.lock, named.keys().copied(), is_on) {
            let is_named = named.contains_key(name) || !self.is_locked;
            built.packages.insert(name.to_owned(), if is_named { named[root].clone() } else { locked(name) });
        }
        built
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
