//! What lies in the repository: the manifests of the root and of workspace members, and the lock files.

use std::collections::{BTreeMap, BTreeSet};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::format::npm_lock::NpmLock;
use crate::format::package_json::{self, PackageJson};
use crate::format::pnpm_workspace;
use crate::format::{Fault, npm_lock, pnpm_lock, yarn_lock, yarnrc};
use crate::repo::Repo;

/// A package of the repository.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its folder; empty for the root.
    pub folder: String,
    /// Its manifest.
    pub manifest: PackageJson,
}

impl Package {
    /// What people call it: its name, else its folder.
    pub fn label(&self) -> &str {
        self.manifest.name.as_deref().unwrap_or(&self.folder)
    }

    /// A path inside the repository.
    pub fn path(&self, inside: &str) -> String {
        join(&self.folder, inside)
    }
}

/// A repository with a `package.json` at its top.
pub struct Project<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// The package at the top.
    pub root: Package,
    /// The workspace's members, by folder.
    pub members: Vec<Package>,
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
    /// Files that cannot be read.
    pub faults: Vec<(String, Fault)>,
}

/// A path below a folder.
pub fn join(folder: &str, path: &str) -> String {
    match folder.is_empty() {
        true => path.to_owned(),
        false => format!("{folder}/{path}"),
    }
}

/// A path without `.`, `..` and doubled slashes; `None` where it leads out of the repository.
pub fn normal(path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// More members than any repository has.
const MOST_MEMBERS: usize = 1000;

impl<'a> Project<'a> {
    /// Reads what there is.
    pub fn read(repo: &'a Repo) -> Self {
        let mut faults = Vec::new();
        let root = read(repo, "package.json", package_json::parse, &mut faults).unwrap_or_default();
        let globs = workspace(repo, &root, &mut faults);
        let mut project = Project {
            repo,
            root: Package { folder: String::new(), manifest: root },
            members: Vec::new(),
            npm: None,
            locked: BTreeMap::new(),
            lock_version: None,
            git: false,
            yarn_path: None,
            berry: false,
            faults,
        };
        if let Some(globs) = globs {
            project.read_members(&globs);
        }
        project.read_locks();
        project
    }

    fn read_members(&mut self, globs: &[String]) {
        let (taken, left) = (glob_set(globs, false), glob_set(globs, true));
        let manifests = self.repo.files().filter_map(|path| path.strip_suffix("/package.json"));
        let folders = manifests.filter(|folder| taken.is_match(folder) && !left.is_match(folder));
        for folder in folders.take(MOST_MEMBERS) {
            let path = join(folder, "package.json");
            if let Some(manifest) = read(self.repo, &path, package_json::parse, &mut self.faults) {
                self.members.push(Package { folder: folder.to_owned(), manifest });
            }
        }
    }

    fn read_locks(&mut self) {
        let faults = &mut self.faults;
        self.npm = ["package-lock.json", "npm-shrinkwrap.json"]
            .iter()
            .find_map(|file| read(self.repo, file, npm_lock::parse, faults));
        if let Some(lock) = &self.npm {
            self.locked.extend(lock.install_scripts.iter().map(|name| (name.clone(), String::new())));
            let versions = lock.packages.iter().map(|(name, locked)| (name.clone(), locked.version.clone()));
            self.locked.extend(versions);
            self.git |= lock.git;
        }
        if let Some(lock) = read(self.repo, "pnpm-lock.yaml", pnpm_lock::parse, faults) {
            self.locked.extend(lock.packages);
            self.lock_version = Some(lock.version);
            self.git |= lock.git;
        }
        if let Some(lock) = read(self.repo, "yarn.lock", yarn_lock::parse, faults) {
            self.locked.extend(lock.packages);
            self.berry = lock.berry.is_some();
            self.lock_version = self.lock_version.take().or_else(|| lock.berry.map(|version| version.to_string()));
            self.git |= lock.git;
        }
        if let Some(settings) = read(self.repo, ".yarnrc.yml", yarnrc::parse, faults) {
            self.berry = true;
            self.yarn_path = settings.yarn_path.as_deref().and_then(normal).filter(|path| self.repo.has(path));
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
        let names = |name: &String| manifest.dependency(name).is_some();
        self.members.iter().filter(move |member| member.manifest.name.as_ref().is_some_and(names))
    }

    /// Whether another member is built on this one.
    pub fn is_needed(&self, package: &Package) -> bool {
        let name = package.manifest.name.as_deref();
        name.is_some_and(|name| self.packages().any(|other| other.manifest.dependency(name).is_some()))
    }

    /// Whether a dependency of a package, or of what it is made of, or a locked package has this name.
    pub fn uses(&self, package: &Package, name: &str) -> bool {
        package.manifest.dependency(name).is_some() || self.locked.contains_key(name)
    }
}

/// The text of a file, read; a fault is kept.
fn read<T>(
    repo: &Repo,
    path: &str,
    parse: fn(&str) -> Result<T, Fault>,
    faults: &mut Vec<(String, Fault)>,
) -> Option<T> {
    let parsed = match repo.try_text(path)? {
        Ok(text) => parse(text),
        Err(why) => Err(Fault::new(why.to_string(), "")),
    };
    parsed.map_err(|fault| faults.push((path.to_owned(), fault))).ok()
}

/// The globs of the members, as pnpm or as package.json has them.
fn workspace(repo: &Repo, root: &PackageJson, faults: &mut Vec<(String, Fault)>) -> Option<Vec<String>> {
    let pnpm = read(repo, "pnpm-workspace.yaml", pnpm_workspace::parse, faults);
    pnpm.and_then(|file| file.packages).or_else(|| root.workspaces.clone())
}

fn glob_set(globs: &[String], negative: bool) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let (is_negative, glob) = glob.strip_prefix('!').map_or((false, glob.as_str()), |rest| (true, rest));
        let glob = glob.trim_start_matches("./").trim_end_matches('/');
        if is_negative == negative {
            set.extend(GlobBuilder::new(glob).literal_separator(true).build().ok());
        }
    }
    set.build().unwrap_or_default()
}

trait Extend {
    fn extend(&mut self, glob: Option<globset::Glob>);
}

impl Extend for GlobSetBuilder {
    fn extend(&mut self, glob: Option<globset::Glob>) {
        if let Some(glob) = glob {
            self.add(glob);
        }
    }
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

    #[test]
    fn paths() {
        assert_eq!(normal("./a//b/../c").as_deref(), Some("a/c"));
        assert_eq!(normal("../a"), None);
    }
}
