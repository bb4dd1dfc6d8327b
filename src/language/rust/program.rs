//! What is seen of one program: its packages, its sources, and what follows from both.

use super::CATALOG;
use super::crates::{Built, Crates, Member};
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::format::cargo_lock;
use crate::format::cargo_manifest::Binary;
use crate::path::{innermost, is_below, join};
use crate::repo::Repo;
use crate::rows::Seen;
use crate::source::rust::{self as source, Source, Sources};
use crate::witness;

/// One program and where it is looked for.
pub struct Program<'p> {
    /// The repository.
    pub repo: &'p Repo,
    /// All packages.
    pub crates: &'p Crates,
    /// Itself.
    pub binary: &'p Binary,
    /// What it is built from.
    pub built: Built,
    /// All sources.
    pub sources: &'p Sources<'p>,
}

impl Seen for Program<'_> {
    /// `a/b` is a package that asks for another.
    fn dependency(&self, name: &str) -> Option<(Option<String>, Evidence)> {
        let (name, behind) = name.split_once('/').map_or((name, None), |(name, behind)| (name, Some(behind)));
        let evidence = self.built.packages.get(name)?.clone();
        if behind.is_some_and(|behind| cargo_lock::behind(&self.crates.lock, name).iter().all(|one| one != behind)) {
            return None;
        }
        Some((self.crates.lock.get(name).map(|locked| locked.version.clone()), evidence))
    }

    fn has(&self, path: &str) -> bool {
        let is_in = |place: &usize| self.repo.exists(&join(&self.crates.members[*place].folder, path));
        self.built.members.iter().any(is_in) || self.repo.exists(path)
    }

    fn word(&self, word: &str) -> Option<Evidence> {
        let line =
            |(path, source): (&str, &Source)| Some(Evidence::new(path, source.line_with(word)?, Strength::Stated));
        self.sources().find_map(line)
    }

    fn beside(&self, name: &str) -> Option<Evidence> {
        let others = self.crates.members.iter().enumerate().filter(|(at, _)| !self.built.members.contains(at));
        let has = |member: &Member| member.manifest.dependencies.iter().any(|one| one.name == name);
        let other = others.map(|(_, member)| member).find(|member| has(member))?;
        Some(Evidence::new(&other.path(), name, Strength::Stated))
    }

    fn command(&self, name: &str) -> Option<Evidence> {
        self.sources().filter(|(path, _)| !path.ends_with("build.rs")).find_map(|(path, source)| {
            let (_, line) = source.commands().find(|(command, _)| *command == name)?;
            Some(Evidence::new(path, line, Strength::Stated))
        })
    }
}

impl Program<'_> {
    /// The sources that it is compiled from: those of its packages, without the other programs in them.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &Source<'_>)> + Clone {
        let is_other = |other: &Binary, path: &str| other.file != self.binary.file && other.holds(path);
        let is_of = move |member: &Member, path: &str| {
            let is_own =
                is_below(path, &join(&member.folder, "src")) || member.targets.iter().any(|target| target == path);
            is_own && !member.binaries.iter().any(|binary| is_other(binary, path))
        };
        let all = self.sources.iter().map(|(path, source)| (*path, source));
        all.filter(move |(path, _)| {
            path.starts_with(".cargo/")
                || self.built.members.iter().any(|place| is_of(&self.crates.members[*place], path))
        })
    }

    /// Everything that follows.
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = witness::follow(&CATALOG.row, self);
        facts.extend(CATALOG.native.facts(&self.built.packages, |name| cargo_lock::behind(&self.crates.lock, name)));
        let start = |word: &str| Kind::Start(vec![self.binary.name.clone(), word.to_owned()]);
        let serving = source::serving(self.sources());
        facts.extend(serving.map(|(word, evidence)| Fact::from_evidence(start(word), evidence)));
        let folders = || self.crates.members.iter().map(|member| member.folder.as_str());
        let sources: Vec<_> = self.sources().map(|(path, it)| (path, innermost(path, folders()), it)).collect();
        facts.extend(source::facts(self.repo, &CATALOG.embed, &sources));
        facts
    }
}
