//! What lies in the repository: the manifests of the root and of workspace members, and the lock files. Read once.

use std::collections::{BTreeMap, BTreeSet};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::facts::{Fact, Strength};
use crate::format::npm_lock::NpmLock;
use crate::format::npmrc::Npmrc;
use crate::format::package_json::{self, PackageJson};
use crate::format::pnpm_workspace::{self, PnpmWorkspace};
use crate::format::{npm_lock, npmrc, pnpm_lock, yarn_lock, yarnrc};
use crate::language::parsed;
use crate::path::{is_below, join, normal};
use crate::repo::Repo;

use super::catalog::CATALOG;
use super::package::Package;
use super::reach;
use super::versions;

/// A file or folder at the top of the repository.
#[derive(Debug)]
pub struct Top {
    /// Its name.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
}

/// What is there that decides what is left out.
#[derive(Debug)]
pub struct Context {
    /// Patterns of tests that are there.
    pub tests: Vec<&'static str>,
    /// Whether there are texts in Markdown.
    pub has_markdown: bool,
    /// Whether there is a folder `docs`.
    pub has_docs: bool,
}

impl Context {
    /// Looks.
    pub fn read(repo: &Repo) -> Self {
        let tests = CATALOG.context.tests.iter();
        let tests = tests.filter(|(part, _)| repo.files().any(|path| path.contains(part.as_str())));
        Context {
            tests: tests.map(|(_, pattern)| pattern.as_str()).collect(),
            has_markdown: repo.files().any(|path| path.ends_with(".md")),
            has_docs: repo.has_folder("docs"),
        }
    }
}

/// A repository with a `package.json` at its top.
pub struct Project {
    /// Whether that one is there.
    pub is_there: bool,
    /// The package at the top.
    pub root: Package,
    /// The workspace's members, by folder.
    pub members: Vec<Package>,
    /// The places of members by their names.
    named: BTreeMap<String, Vec<usize>>,
    /// A lock file in a folder above, which what lies here does not read where it is built alone.
    pub lock_above: Option<String>,
    /// `package-lock.json` or `npm-shrinkwrap.json`.
    pub npm: Option<NpmLock>,
    /// All locked packages with one of their versions, whatever the manager; empty where it is not known.
    pub locked: BTreeMap<String, String>,
    /// The version of the lock file of pnpm or of Yarn 2 and later.
    pub lock_version: Option<String>,
    /// Whether a locked package comes from a git repository.
    pub git: bool,
    /// The script in `yarnPath`, and whether `.yarnrc.yml` or the lock file is there: Yarn 2 and later.
    pub yarn_path: Option<String>,
    /// Yarn 2 and later.
    pub berry: bool,
    /// The settings of registries.
    pub npmrc: Option<Npmrc>,
    /// Whether the project says which packages may run install scripts, as pnpm 10 asks.
    pub approves: bool,
    /// Patches and packages of the repository that an install reads.
    pub patched: Vec<String>,
    /// The files and folders of tools that lie at the top.
    pub there: BTreeSet<&'static str>,
    /// The folders below with a manifest, whether of the workspace or not.
    pub folders: Vec<String>,
    /// What lies at the top, sorted.
    pub top: Vec<Top>,
    /// What decides what the build context leaves out.
    pub context: Context,
    /// Testimonies of the top about the toolchain.
    pub versions: Vec<Fact>,
    /// Files that cannot be read.
    pub faults: Vec<Fact>,
}

/// More members than any repository has.
const MOST_MEMBERS: usize = 1000;

impl Project {
    /// The member that a path lies in.
    pub fn holding(&self, path: &str) -> Option<&Package> {
        let members = self.members.iter().filter(|member| is_below(path, &member.folder));
        members.max_by_key(|member| member.folder.len())
    }

    /// Reads what there is.
    pub fn read(repo: &Repo) -> Self {
        let mut faults = Vec::new();
        let root = parsed(repo, "package.json", package_json::parse, &mut faults).unwrap_or_default();
        let pnpm = parsed(repo, "pnpm-workspace.yaml", pnpm_workspace::parse, &mut faults);
        let folders = repo.files().filter_map(|path| path.strip_suffix("/package.json")).map(str::to_owned);
        let mut project = Project {
            lock_above: None,
            is_there: repo.has("package.json"),
            root: Package::new(repo, "", root),
            members: Vec::new(),
            named: BTreeMap::new(),
            npm: None,
            locked: BTreeMap::new(),
            lock_version: None,
            git: false,
            yarn_path: None,
            berry: false,
            npmrc: repo.text(".npmrc").and_then(|text| npmrc::parse(text).ok()),
            approves: approves(repo),
            patched: Vec::new(),
            there: CATALOG.tools().filter(|path| repo.exists(path)).collect(),
            folders: folders.collect(),
            top: top(repo),
            context: Context::read(repo),
            versions: Vec::new(),
            faults,
        };
        let globs =
            pnpm.as_ref().and_then(|file| file.packages.clone()).or_else(|| project.root.manifest.workspaces.clone());
        if let Some(globs) = globs {
            project.read_members(repo, &globs);
        }
        project.read_locks(repo);
        project.patched = project.patched(repo, pnpm.as_ref());
        // Without another file it can be built.
        let others = project.faults.iter_mut().filter(|fault| fault.evidence.file != "package.json");
        others.for_each(|fault| fault.evidence.strength = Strength::Guess);
        project.versions = versions::facts(repo, "package.json", &project.root.manifest);
        project
    }

    fn read_members(&mut self, repo: &Repo, globs: &[String]) {
        let (taken, left) = (glob_set(globs, false), glob_set(globs, true));
        let folders = self.folders.iter().filter(|folder| taken.is_match(folder) && !left.is_match(folder));
        for folder in folders.take(MOST_MEMBERS) {
            let path = join(folder, "package.json");
            if let Some(manifest) = parsed(repo, &path, package_json::parse, &mut self.faults) {
                let name = manifest.name.clone().unwrap_or_default();
                self.named.entry(name).or_default().push(self.members.len());
                let outside = reach::outside(repo, folder, false);
                self.members.push(Package { outside, ..Package::new(repo, folder, manifest) });
            }
        }
    }

    fn read_locks(&mut self, repo: &Repo) {
        let faults = &mut self.faults;
        self.npm = ["package-lock.json", "npm-shrinkwrap.json"]
            .iter()
            .find_map(|file| parsed(repo, file, npm_lock::parse, faults));
        if let Some(lock) = &self.npm {
            self.locked.extend(lock.install_scripts.iter().map(|name| (name.clone(), String::new())));
            let versions = lock.packages.iter().map(|(name, locked)| (name.clone(), locked.version.clone()));
            self.locked.extend(versions);
            self.git |= lock.git;
        }
        if let Some(lock) = parsed(repo, "pnpm-lock.yaml", pnpm_lock::parse, faults) {
            self.locked.extend(lock.packages);
            self.lock_version = Some(lock.version);
            self.git |= lock.git;
        }
        if let Some(lock) = parsed(repo, "yarn.lock", yarn_lock::parse, faults) {
            self.locked.extend(lock.packages);
            self.berry = lock.berry.is_some();
            self.lock_version = self.lock_version.take().or_else(|| lock.berry.map(|version| version.to_string()));
            self.git |= lock.git;
        }
        if let Some(settings) = parsed(repo, ".yarnrc.yml", yarnrc::parse, faults) {
            self.berry = true;
            self.yarn_path = settings.yarn_path.as_deref().and_then(normal).filter(|path| repo.has(path));
        }
    }

    /// The root and the members.
    pub fn packages(&self) -> impl Iterator<Item = &Package> {
        std::iter::once(&self.root).chain(&self.members)
    }

    /// Whether this is a workspace.
    pub fn is_workspace(&self) -> bool {
        !self.members.is_empty()
    }

    /// The packages of the workspace that a member is made of, those that others build on first, itself last.
    pub fn closure(&self, folder: &str) -> Vec<&Package> {
        let mut order = Vec::new();
        let mut seen = BTreeSet::new();
        let mut stack: Vec<(&Package, bool)> =
            self.packages().filter(|package| package.folder == folder).map(|package| (package, false)).collect();
        while let Some((package, done)) = stack.pop() {
            if done {
                order.push(package);
            } else if seen.insert(&package.folder) {
                stack.push((package, true));
                stack.extend(self.needed(package).map(|needed| (needed, false)));
            }
        }
        order
    }

    fn needed<'b>(&'b self, package: &'b Package) -> impl Iterator<Item = &'b Package> {
        let manifest = &package.manifest;
        let tables = [&manifest.dependencies, &manifest.optional_dependencies, &manifest.dev_dependencies];
        let names = tables.into_iter().flat_map(|table| table.keys()).chain(&package.borrowed);
        let places: BTreeSet<usize> = names.filter_map(|name| self.named.get(name)).flatten().copied().collect();
        places.into_iter().filter_map(|place| self.members.get(place))
    }

    /// Whether another member is built on this one.
    pub fn is_needed(&self, package: &Package) -> bool {
        let name = package.manifest.name.as_deref();
        name.is_some_and(|name| self.packages().any(|other| other.manifest.dependency(name).is_some()))
    }

    /// Patches, and what the root takes from folders of the repository.
    fn patched(&self, repo: &Repo, pnpm: Option<&PnpmWorkspace>) -> Vec<String> {
        let by_pnpm = pnpm.iter().flat_map(|file| file.patched_dependencies.values());
        let mut patched: Vec<String> =
            self.root.manifest.patches.iter().chain(by_pnpm).filter(|path| repo.has(path)).cloned().collect();
        if !self.is_workspace() {
            patched.extend(local_packages(repo, &self.root.manifest));
        }
        patched.extend(self.yarn_path.clone().filter(|path| !path.starts_with(".yarn/releases/")));
        patched
    }

    /// Whether a folder below has a manifest.
    pub fn has_manifest(&self, folder: &str) -> bool {
        self.folders.iter().any(|known| known == folder)
    }

    /// The other packages that this one is made of.
    pub fn others(&self, package: &Package) -> impl Iterator<Item = &Package> {
        self.closure(&package.folder).into_iter().filter(|other| other.folder != package.folder)
    }

    /// Whether a file or folder of a tool lies at the top.
    pub fn has(&self, path: &str) -> bool {
        self.there.contains(path)
    }

    /// Whether this is a folder at the top.
    pub fn is_folder(&self, name: &str) -> bool {
        self.top.iter().any(|top| top.is_folder && top.name == name)
    }

    /// Whether a manager installs that keeps the packages of members apart.
    pub fn is_isolated(&self) -> bool {
        let mut locks = CATALOG.manager.iter().filter(|row| row.isolated).flat_map(|row| &row.lockfiles);
        locks.any(|lock| self.has(lock))
    }

    /// Whether a dependency of a package, or of what it is made of, or a locked package has this name.
    pub fn uses(&self, package: &Package, name: &str) -> bool {
        package.manifest.dependency(name).is_some() || self.locked.contains_key(name)
    }
}

/// What the manifest of the root takes from folders of the repository, `file:lib`: their manifests, or packed files.
fn local_packages(repo: &Repo, manifest: &PackageJson) -> Vec<String> {
    let all = manifest.dependencies.values().chain(manifest.dev_dependencies.values());
    let paths = all.filter_map(|range| normal(range.strip_prefix("file:").or_else(|| range.strip_prefix("link:"))?));
    let there = |path: String| {
        let inside = join(&path, "package.json");
        [path, inside].into_iter().find(|file| repo.has(file))
    };
    paths.filter_map(there).collect()
}

fn approves(repo: &Repo) -> bool {
    let texts = ["package.json", "pnpm-workspace.yaml"].into_iter().filter_map(|file| repo.text(file));
    texts.into_iter().any(|text| CATALOG.skipped.approvals.iter().any(|word| text.contains(word.as_str())))
}

fn top(repo: &Repo) -> Vec<Top> {
    repo.top().into_iter().map(|name| Top { name: name.to_owned(), is_folder: !repo.has(name) }).collect()
}

fn glob_set(globs: &[String], negative: bool) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let (is_negative, glob) = glob.strip_prefix('!').map_or((false, glob.as_str()), |rest| (true, rest));
        let glob = glob.trim_start_matches("./").trim_end_matches('/');
        if let (true, Ok(glob)) = (is_negative == negative, GlobBuilder::new(glob).literal_separator(true).build()) {
            set.add(glob);
        }
    }
    set.build().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_what_they_are_made_of() {
        let repo = Repo::from_list(
            "shop",
            [
                ("package.json", r#"{"workspaces": ["apps/*", "packages/**", "!packages/old"]}"#),
                ("apps/web/package.json", r#"{"name": "web", "dependencies": {"@s/ui": "*"}}"#),
                ("packages/ui/package.json", r#"{"name": "@s/ui", "devDependencies": {"base": "*"}}"#),
                ("packages/deep/base/package.json", r#"{"name": "base", "dependencies": {"@s/ui": "*"}}"#),
                ("packages/old/package.json", r#"{"name": "old"}"#),
                ("packages/bad/package.json", "{"),
                ("tools/x/package.json", r#"{"name": "x"}"#),
            ],
        );
        let project = Project::read(&repo);
        let names: Vec<_> = project.members.iter().map(Package::label).collect();
        assert_eq!(names, ["web", "base", "@s/ui"]);
        let order: Vec<_> = project.closure("apps/web").into_iter().map(Package::label).collect();
        assert_eq!(order, ["base", "@s/ui", "web"]);
        assert_eq!(project.faults.len(), 1);
        assert!(!project.is_needed(&project.members[0]) && project.is_needed(&project.members[1]));
    }
}
