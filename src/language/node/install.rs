//! How a service's packages are installed, in the words of the templates.

use serde::Serialize;

use crate::error::Error;
use crate::path;
use crate::render::sinks::path_operand;

use super::Desk;
use super::catalog::{CATALOG, Patcher};
use super::manager::{Chosen, fill, holds, split};
use super::package::Package;
use super::project::Project;
use super::registry::Secret;

/// The part of a manifest that an image has no use for.
const DEVELOPMENT: &str = "devDependencies";

/// A dependency step, in the words of the templates.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Install {
    /// Files that are mounted while it runs.
    pub binds: Vec<String>,
    /// Manifests that are copied, with their folder: `(files, folder/)`.
    pub copies: Vec<Copied>,
    /// The folder of downloads.
    pub cache: String,
    /// `locked` or `shared`.
    pub sharing: String,
    /// Secrets.
    pub secrets: Vec<Secret>,
    /// Whether scripts that need the sources are taken out of the manifest.
    pub without_scripts: bool,
    /// Commands, each a list of words.
    pub commands: Vec<Vec<String>>,
}

/// Files copied into a folder.
#[derive(Debug, Clone, Serialize)]
pub struct Copied {
    /// Paths in the repository.
    pub files: Vec<String>,
    /// `./` or `apps/web/`.
    pub folder: String,
}

/// How one service is installed.
pub struct Order<'a> {
    /// The project.
    pub project: &'a Project,
    /// The manager.
    pub manager: &'a Chosen,
    /// The service.
    pub service: &'a Package,
    /// The packages whose manifests are needed, the service last; empty where there is no workspace.
    pub closure: Vec<&'a Package>,
    /// Members that are installed with the service: for the program, and for the build.
    pub beside: (Vec<&'a Package>, Vec<&'a Package>),
    /// Scripts of the root that are taken out of its manifest before the install, as they need the sources.
    pub hooks: Vec<String>,
    /// The command that patches packages after the install, with the files of `patches/`.
    pub patches: Option<(String, Vec<String>)>,
    /// Secrets.
    pub secrets: Vec<Secret>,
}

impl Order<'_> {
    /// The words that install with or without what is for development only.
    pub fn install(&self, production: bool) -> Install {
        let edits = self.edits(production);
        let (mut binds, copies) = match self.project.is_workspace() {
            true => self.files_of_workspace(),
            false => self.files(&edits),
        };
        let mut commands = Vec::new();
        if !edits.is_empty() {
            commands.push([split("npm pkg delete"), edits].concat());
        }
        commands.extend(self.edits_of_members());
        commands.push(self.command(production));
        if let Some((folder, command)) = &self.patches {
            commands.push(command.clone());
            binds.push(folder.clone());
        }
        Install {
            binds,
            copies,
            cache: self.manager.row.cache.clone(),
            sharing: self.manager.row.sharing.clone(),
            secrets: self.secrets.clone(),
            without_scripts: !self.hooks.is_empty() || self.edits_of_members().next().is_some(),
            commands,
        }
    }

    /// Manifests are mounted, except those that the step changes.
    fn files(&self, edits: &[String]) -> (Vec<String>, Vec<Copied>) {
        let stale = self.manager.stale.is_some();
        let manifest = std::iter::once(("package.json".to_owned(), !edits.is_empty() || stale));
        // A manager writes its lock file anew where dependencies were taken out of the manifest.
        let lockfile =
            self.manager.lockfile.clone().map(|file| (file, stale || edits.iter().any(|it| it == DEVELOPMENT)));
        let (changed, kept): (Vec<_>, Vec<_>) = manifest.chain(lockfile).partition(|(_, changed)| *changed);
        let names = |pairs: Vec<(String, bool)>| -> Vec<String> { pairs.into_iter().map(|(path, _)| path).collect() };
        let copies = Copied { files: names(changed), folder: "./".to_owned() };
        let mut binds = names(kept);
        binds.extend(self.beside());
        (binds, if copies.files.is_empty() { Vec::new() } else { vec![copies] })
    }

    /// Manifests are copied, as the image takes them along.
    fn files_of_workspace(&self) -> (Vec<String>, Vec<Copied>) {
        let mut top = vec!["package.json".to_owned()];
        top.extend(self.manager.lockfile.clone());
        top.extend(self.project.has("pnpm-workspace.yaml").then(|| "pnpm-workspace.yaml".to_owned()));
        let binds = self.beside().into_iter().filter(|path| !top.contains(path)).collect();
        let manifest = |package: &Package| Copied {
            files: vec![package.path("package.json")],
            folder: format!("{}/", package.folder),
        };
        // A manager that keeps packages apart links the commands of members while it installs.
        let linked = self.project.is_isolated();
        let commands = |package: &Package| {
            let files = package.commands.clone().into_iter().filter(move |_| linked);
            files
                .map(|file| Copied { folder: format!("{}/", path::parent(&file)), files: vec![file] })
                .collect::<Vec<_>>()
        };
        let members =
            self.copied_members().flat_map(|package| std::iter::once(manifest(package)).chain(commands(package)));
        (binds, std::iter::once(Copied { files: top, folder: "./".to_owned() }).chain(members).collect())
    }

    /// Settings and patches that the install reads.
    fn beside(&self) -> Vec<String> {
        let reads = self.manager.row.reads.iter().filter(|path| self.project.has(path)).cloned();
        let secret = self.secrets.iter().any(|secret| secret.id == "npmrc");
        let mut all: Vec<String> =
            reads.chain(self.project.patched.iter().cloned()).filter(|path| !(secret && path == ".npmrc")).collect();
        all.dedup();
        all
    }

    /// npm, pnpm and Yarn 4 install one member from the manifests that it is made of; others want them all.
    fn copied_members(&self) -> impl Iterator<Item = &Package> {
        let whole = !self.by_member();
        let members = self.project.members.iter().filter(move |_| whole);
        members.chain(self.closure.iter().copied().filter(move |package| !whole && !package.folder.is_empty()))
    }

    fn by_member(&self) -> bool {
        let row = self.manager.row;
        self.manager.lockfile.is_some() && self.service.is_member() && (row.member.is_some() || self.focuses())
    }

    /// Whether this release has a command that installs one member.
    fn focuses(&self) -> bool {
        let row = self.manager.row;
        let brought = self.manager.version.as_deref().filter(|_| !self.manager.committed);
        let version = brought.or_else(|| self.project.yarn_path.as_deref().and_then(version_in));
        let lacks = |range: &str| version.is_some_and(|version| holds(range, version));
        row.focus.is_some() && !row.unfocused.as_deref().is_some_and(lacks)
    }

    /// What goes from the manifest before the install.
    fn edits(&self, production: bool) -> Vec<String> {
        let mut edits: Vec<String> = self.hooks.iter().map(|name| format!("scripts.{name}")).collect();
        if production && self.manager.row.focus.is_some() && !self.focuses() {
            edits.push(DEVELOPMENT.to_owned());
        }
        edits
    }

    /// The same for the members whose manifests are there.
    fn edits_of_members(&self) -> impl Iterator<Item = Vec<String>> {
        self.copied_members().filter_map(|package| {
            let hooks: Vec<String> = package.hooks().map(|name| format!("scripts.{name}")).collect();
            let place = ["--prefix".to_owned(), path_operand(&package.folder)];
            (!hooks.is_empty()).then(|| [split("npm pkg delete"), hooks, place.to_vec()].concat())
        })
    }

    fn command(&self, production: bool) -> Vec<String> {
        let row = self.manager.row;
        let (run, build) = &self.beside;
        let beside = run.iter().chain(build.iter().filter(|_| !production));
        let root = (!self.service.borrowed.is_empty()).then_some(&self.project.root);
        if let Some(focus) = row.focus.as_ref().filter(|_| self.by_member() && row.member.is_none()) {
            let production = production.then(|| "--production".to_owned());
            let all = beside.copied().chain(root).chain([self.service]).map(|package| package.label().to_owned());
            return split(focus).into_iter().chain(production).chain(all).collect();
        }
        let stale = self.manager.stale.is_some() && !row.stale.is_empty();
        let mut words = split(match (self.manager.lockfile.is_some(), production) {
            (true, _) if stale => &row.stale,
            (_, true) if self.focuses() => row.install_production.as_deref().unwrap_or_default(),
            (true, true) if row.focus.is_some() => &row.unlocked,
            (true, _) => &row.install,
            (false, _) => &row.unlocked,
        });
        words.extend(production.then(|| split(&row.production)).into_iter().flatten());
        words.extend(row.legacy.clone().filter(|_| self.manager.legacy));
        if let Some(member) = row.member.as_ref().filter(|_| self.by_member()) {
            words.extend(fill(member, self.service, ""));
            words.extend(beside.flat_map(|package| fill(member, package, "")));
            words.extend(row.with_root.clone().filter(|_| !production || root.is_some()));
        }
        words
    }

    /// Names that managers would read as patterns or options.
    ///
    /// # Errors
    /// Where a package of the service has one.
    pub fn check_names(&self) -> Result<(), Error> {
        let is_word = |text: &str| {
            !text.starts_with('-') && text.chars().all(|c| c.is_ascii_alphanumeric() || "@/._~-".contains(c))
        };
        let by_name = |package: &&&Package| self.manager.row.calls_by_name() && package.is_member();
        match self.closure.iter().filter(by_name).find(|package| !is_word(package.label())) {
            None => Ok(()),
            Some(package) => {
                let (label, file, manager) = (package.label(), package.path("package.json"), &self.manager.row.name);
                Err(Error::no(format!("{manager} cannot be asked for the package `{label}` (`{file}`), whose name is more than a word to it"))
                    .hint("give it a name of letters, digits and dashes inside"))
            }
        }
    }
}

/// The version in the name of a script: `.yarn/releases/yarn-3.2.1.cjs`.
fn version_in(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next()?.rsplit_once('.')?.0;
    name.split_once('-').map(|(_, version)| version)
}

impl Desk<'_> {
    /// The command that patches packages, where a hook of the root calls it, and the folder of patches.
    fn patches(&self) -> Option<(String, Vec<String>)> {
        let root = &self.project.root.manifest;
        let lines = || self.project.root.hooks().filter_map(|name| root.scripts.get(name));
        let called = |row: &&Patcher| lines().any(|line| line.contains(&row.package)) && self.project.has(&row.folder);
        let row = CATALOG.patcher.iter().find(called)?;
        let range = root.dependency(&row.package).unwrap_or_default();
        let version = range.trim_start_matches(['^', '~', '=', 'v']);
        let exact = version.split('.').count() == 3 && version.chars().all(|c| c.is_ascii_digit() || c == '.');
        let command = row.command.replace("{version}", if exact { version } else { &row.version });
        Some((row.folder.clone(), split(&command)))
    }

    /// The packages whose manifests an install of the service reads: with the root come those that it is made of.
    pub fn installed(&self) -> Vec<&Package> {
        let with_root = self.manager.row.with_root.is_some() && self.service.package.is_member();
        let of_root = self.project.others(&self.project.root).filter(|_| with_root);
        let built = self.members();
        let is_built = |package: &&Package| built.iter().any(|known| known.folder == package.folder);
        let of_root: Vec<&Package> = of_root.filter(|package| !is_built(package)).collect();
        of_root.into_iter().chain(built.iter().copied()).collect()
    }

    /// How the service is installed.
    pub fn order(&self) -> Order<'_> {
        let package = &self.service.package;
        let borrows =
            |other: &&Package| other.manifest.name.as_ref().is_some_and(|name| package.borrowed.contains(name));
        let borrowed = self.project.members.iter().filter(borrows);
        let is_site = |other: &&Package| self.service.sites.iter().any(|site| site.folder == other.folder);
        let sites = self.project.members.iter().filter(is_site);
        Order {
            project: self.project,
            manager: &self.manager,
            service: package,
            closure: self.installed(),
            beside: (borrowed.collect(), sites.collect()),
            hooks: self.project.root.hooks().map(str::to_owned).collect(),
            patches: self.patches(),
            secrets: self.secrets.clone(),
        }
    }
}
