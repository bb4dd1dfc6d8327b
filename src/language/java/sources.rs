//! The sources of a module, each looked into once.

use super::catalog::{CATALOG, Import, LISTENS};
use super::reactor::{Module, resolve};
use super::shape;
use crate::path::join;
use crate::repo::Repo;
use crate::source::java::{self, JavaSource};

/// How many sources of a module are looked into.
const SOURCES: usize = 3000;

/// The sources of a module.
#[derive(Debug, Default)]
pub struct Sources<'r> {
    /// The files.
    pub files: Vec<&'r str>,
    /// What was found in them.
    pub found: Vec<(&'r str, JavaSource)>,
    /// Imports that need something of the runtime.
    pub imports: Vec<(&'r str, &'static Import)>,
}

impl<'r> Sources<'r> {
    /// Looks into the sources of a module: where it listens and which paths it names is only looked for where its own classes
    /// say so, and not the settings of a framework.
    pub fn read(repo: &'r Repo, module: &Module) -> Self {
        let files = files(repo, module);
        let texts: Vec<(&str, &str)> = files.iter().filter_map(|file| Some((*file, repo.text(file)?))).collect();
        let may_start = || shape::is_named(&module.lineage) || texts.iter().any(|(_, text)| text.contains(" main"));
        let listens = (!shape::is_packed(&module.lineage) && may_start()).then_some(LISTENS.as_slice());
        let look = |(file, text): &(&'r str, &'r str)| {
            let (stem, ending) = file.rsplit('/').next()?.rsplit_once('.')?;
            Some((*file, java::read(stem, ending == "kt", text, listens)))
        };
        let found = texts.iter().filter_map(look).collect();
        Sources { found, imports: imports(&texts), files }
    }
}

fn imports<'r>(texts: &[(&'r str, &'r str)]) -> Vec<(&'r str, &'static Import)> {
    let first = |row: &'static Import| {
        let line = format!("\n{}.", row.text);
        texts.iter().find(|(_, text)| text.contains(&line)).map(|(file, _)| (*file, row))
    };
    CATALOG.import.iter().filter_map(first).collect()
}

fn files<'r>(repo: &'r Repo, module: &Module) -> Vec<&'r str> {
    let written = module.lineage.pom().and_then(|pom| pom.source_directory.as_deref());
    let written = written.and_then(|path| resolve(module.folder(), &module.lineage.resolve(path)));
    let usual = CATALOG.layout.sources.iter().map(|path| join(module.folder(), path));
    let folders = usual.chain(written).filter(|path| !path.is_empty());
    let is_source = |path: &&str| path.ends_with(".java") || path.ends_with(".kt");
    let mut files: Vec<&str> =
        folders.flat_map(|path| repo.below(&path).filter(is_source).collect::<Vec<_>>()).collect();
    files.sort_unstable();
    files.dedup();
    files.truncate(SOURCES);
    files
}
