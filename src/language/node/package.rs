//! A package of the repository: its manifest, and what its files say beside it.

use std::collections::BTreeSet;

use crate::format::package_json::{PackageJson, Texts};
use crate::neighbours;
use crate::path::{join, normal};
use crate::repo::Repo;

use super::catalog::{CATALOG, Generated, Prepare};

/// A package of the repository.
#[derive(Debug, Clone, Default)]
pub struct Package {
    /// Its folder; empty for the root.
    pub folder: String,
    /// Its manifest.
    pub manifest: PackageJson,
    /// What its build writes into node_modules.
    pub generated: Option<&'static Generated>,
    /// The files of its commands that are in the repository.
    pub commands: Vec<String>,
    /// Files and folders of it that rows ask for.
    pub there: BTreeSet<&'static str>,
    /// Commands that make what others import of it, and that its scripts do not call.
    pub prepares: Vec<&'static str>,
    /// The container file that lies in its folder.
    pub container: Option<String>,
    /// What its files name outside of its folder.
    pub outside: BTreeSet<String>,
    /// What it imports that only the manifest of the root names.
    pub borrowed: Vec<String>,
    /// The script that somebody wants it to be built with.
    pub asked: Option<String>,
}

impl Package {
    /// With what its files say.
    pub fn new(repo: &Repo, folder: &str, mut manifest: PackageJson) -> Self {
        by_system(&mut manifest.scripts);
        let generated = CATALOG.generated.iter().find(|row| row.is_made(repo, folder, &manifest));
        let commands = manifest.bin.values().filter_map(|file| normal(&join(folder, file)));
        let commands = commands.filter(|file| repo.has(file)).collect();
        let prepares = prepares(repo, folder, &manifest);
        let container = repo.inside(folder).find(|path| neighbours::is_container_file(path)).map(str::to_owned);
        let asked = CATALOG.row.iter().flat_map(|row| row.when.file.iter().chain(&row.when.unless));
        let there = asked.map(String::as_str).filter(|path| repo.exists(&join(folder, path))).collect();
        Package {
            there,
            folder: folder.to_owned(),
            manifest,
            generated,
            commands,
            prepares,
            container,
            ..Package::default()
        }
    }

    /// Whether a script says that it starts for production.
    pub fn has_production_start(&self) -> bool {
        CATALOG.usual.production.iter().any(|name| self.manifest.scripts.contains_key(name))
    }

    /// What people call it: its name, else its folder.
    pub fn label(&self) -> &str {
        self.manifest.name.as_deref().unwrap_or(&self.folder)
    }

    /// A path inside the repository.
    pub fn path(&self, inside: &str) -> String {
        join(&self.folder, inside)
    }

    /// The names of its scripts that an install runs.
    pub fn hooks(&self) -> impl Iterator<Item = &'static str> {
        let names = CATALOG.skipped.installed.iter().map(String::as_str);
        names.filter(|name| self.manifest.scripts.contains_key(*name))
    }

    /// Whether it is a member of a workspace.
    pub fn is_member(&self) -> bool {
        !self.folder.is_empty()
    }
}

/// Commands that have to run before what others import of a package is there, and that none of its scripts calls.
fn prepares(repo: &Repo, folder: &str, manifest: &PackageJson) -> Vec<&'static str> {
    let lines: Vec<&String> = ["build"]
        .into_iter()
        .chain(CATALOG.skipped.installed.iter().map(String::as_str))
        .filter_map(|name| manifest.scripts.get(name))
        .collect();
    let calls = |row: &Prepare| lines.iter().any(|line| row.called.iter().any(|call| line.contains(call.as_str())));
    let is_there = |row: &&Prepare| {
        manifest.dependency(&row.dependency).is_some() && row.files.iter().any(|file| repo.has(&join(folder, file)))
    };
    CATALOG.prepare.iter().filter(is_there).filter(|row| !calls(row)).map(|row| row.command.as_str()).collect()
}

/// Scripts that choose another one by the system say what the one for this says.
fn by_system(scripts: &mut Texts) {
    let row = &CATALOG.skipped;
    let chosen = |name: &String| row.systems.iter().find_map(|end| scripts.get(&format!("{name}{end}"))).cloned();
    let choosing = scripts.iter().filter(|(_, line)| row.choosers.contains(&line.trim().to_owned()));
    let said: Texts = choosing.filter_map(|(name, _)| Some((name.clone(), chosen(name)?))).collect();
    scripts.extend(said);
}

/// `@a/b/c` is of the package `@a/b`.
pub fn package_name(target: &str) -> Option<String> {
    let parts = if target.starts_with('@') { 2 } else { 1 };
    let name = target.split('/').take(parts).collect::<Vec<_>>().join("/");
    (!name.starts_with("node:") && !name.is_empty()).then_some(name)
}
