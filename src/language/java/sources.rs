//! The sources of a module, each looked into once.

use std::sync::LazyLock;

use super::catalog::CATALOG;
use super::reactor::Module;
use super::shape;
use crate::format::pom::resolve;
use crate::path::join;
use crate::repo::Repo;
use crate::source::Pattern;
use crate::source::java::{self, JavaSource};

/// The patterns of the calls that open a port.
pub static LISTENS: LazyLock<Vec<Pattern>> =
    LazyLock::new(|| CATALOG.listen.iter().map(|row| Pattern::from(row.pattern.clone())).collect());

/// How many sources of a module are looked into.
const SOURCES: usize = 3000;

/// How many words are taken for names of settings.
const NAMES: usize = 50;

/// The sources of a module.
#[derive(Debug, Default)]
pub struct Sources<'r> {
    /// The files.
    pub files: Vec<&'r str>,
    /// What was found in them.
    pub found: Vec<(&'r str, JavaSource)>,
    /// Words that rows ask for, each with the first source that has it.
    pub words: Vec<(&'r str, &'static str)>,
    /// Sources that name what a plugin makes.
    pub reads: Vec<(&'r str, &'static str)>,
    /// Sources with the address of a database or a folder of their own, each with its line.
    pub places: Vec<(&'r str, &'r str)>,
    /// Words that may be the name of the settings, where a source names them.
    pub names: Vec<&'r str>,
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
        Sources {
            found,
            words: words(&texts),
            names: names(&texts),
            reads: reads(&texts),
            places: places(&texts),
            files,
        }
    }
}

/// Lines with an address of a database, or a folder below `/var`.
fn places<'r>(texts: &[(&'r str, &'r str)]) -> Vec<(&'r str, &'r str)> {
    let is_one = |text: &str| text.contains("\"jdbc:") || text.contains("\"/var/");
    let lines = |(file, text): &(&'r str, &'r str)| {
        let lines = is_one(text).then(|| text.lines().filter(|line| is_one(line)));
        lines.into_iter().flatten().map(|line| (*file, line)).collect::<Vec<_>>()
    };
    texts.iter().flat_map(lines).take(NAMES).collect()
}

fn words<'r>(texts: &[(&'r str, &'r str)]) -> Vec<(&'r str, &'static str)> {
    named(texts, CATALOG.row.iter().flat_map(|row| &row.when.word))
}

fn reads<'r>(texts: &[(&'r str, &'r str)]) -> Vec<(&'r str, &'static str)> {
    named(texts, CATALOG.skip.iter().flat_map(|row| &row.reads))
}

/// Each of these words with the first source that has it.
fn named<'r>(
    texts: &[(&'r str, &'r str)],
    words: impl Iterator<Item = &'static String>,
) -> Vec<(&'r str, &'static str)> {
    let first = |word: &'static String| {
        let (file, _) = texts.iter().find(|(_, text)| text.contains(word.as_str()))?;
        Some((*file, word.as_str()))
    };
    words.filter_map(first).collect()
}

/// The quoted words of the sources that name the settings.
fn names<'r>(texts: &[(&'r str, &'r str)]) -> Vec<&'r str> {
    let naming = texts.iter().filter(|(_, text)| text.contains(&CATALOG.settings.renamed));
    let quoted = naming.flat_map(|(_, text)| text.lines().flat_map(|line| line.split('"').skip(1).step_by(2)));
    quoted.map(|word| word.rsplit('=').next().unwrap_or(word)).filter(|word| is_name(word)).take(NAMES).collect()
}

fn is_name(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
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
