//! What is seen of one program: its packages, its sources, and what follows from both.

use super::CATALOG;
use super::crates::{Binary, Built, Crates, Member};
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::path::{is_below, join, parent};
use crate::repo::Repo;
use crate::rows::{self, Seen};
use crate::source::rust::{Source, Sources};

/// One program and where it is looked for.
pub struct Program<'p> {
    /// The repository.
    pub repo: &'p Repo,
    /// All packages.
    pub crates: &'p Crates,
    /// Its own package.
    pub member: &'p Member,
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
        if behind.is_some_and(|behind| self.crates.behind(name).iter().all(|one| one != behind)) {
            return None;
        }
        Some((self.crates.lock.get(name).map(|locked| locked.version.clone()), evidence))
    }

    fn has(&self, path: &str) -> bool {
        self.repo.exists(&join(&self.member.folder, path)) || self.repo.exists(path)
    }

    fn word(&self, word: &str) -> Option<Evidence> {
        let line =
            |(path, source): (&str, &Source)| Some(Evidence::new(path, source.line_with(word)?, Strength::Stated));
        self.sources().find_map(line)
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
    fn sources(&self) -> impl Iterator<Item = (&str, &Source<'_>)> {
        let is_other = |binary: &Binary, path: &str| {
            let is_own_folder = binary.file.contains("/bin/") && binary.file.ends_with("/main.rs");
            binary.file != self.binary.file
                && (binary.file == path || is_own_folder && is_below(path, parent(&binary.file)))
        };
        let is_of = move |member: &Member, path: &str| {
            let is_own =
                is_below(path, &join(&member.folder, "src")) || member.targets.iter().any(|target| target == path);
            is_own && !member.binaries.iter().any(|binary| is_other(binary, path))
        };
        let members: Vec<&Member> =
            self.built.members.iter().filter_map(|place| self.crates.members.get(*place)).collect();
        let all = self.sources.iter().map(|(path, source)| (*path, source));
        all.filter(move |(path, _)| path.starts_with(".cargo/") || members.iter().any(|member| is_of(member, path)))
    }

    /// Everything that follows.
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = rows::follow(&CATALOG.row, self);
        for (name, evidence) in &self.built.packages {
            let kind = CATALOG.native.kind(name, self.crates.behind(name));
            facts.extend(kind.map(|kind| Fact::from_evidence(kind, evidence.clone())));
        }
        facts.extend(self.command_that_serves());
        facts.extend(self.wasm());
        let naming = self.sources().find_map(|(_, source)| source.naming());
        for (path, source) in self.sources() {
            facts.extend(source.facts(self.repo, &CATALOG.embed, (path, self.package_of(path)), naming.as_ref()));
        }
        facts
    }

    /// The command without which the program only tells how it is used.
    fn command_that_serves(&self) -> Option<Fact> {
        let of = self.sources().find_map(|(_, source)| source.needs_command())?;
        let serves =
            |word: &'static String| self.sources().find_map(|(path, it)| Some((word, path, it.variant(of, word)?)));
        let (word, path, line) = CATALOG.serving.iter().find_map(serves)?;
        Some(Fact::new(Kind::Start(vec![self.binary.name.clone(), word.clone()]), path, line, Strength::Convention))
    }

    /// Features of which the sources demand one, where none is on.
    pub fn demanded(&self) -> Option<Fact> {
        let asked = self.member.manifest.asked(&self.binary.features);
        let is_off = |names: &Vec<&str>| names.iter().all(|name| !asked.contains(name));
        let (path, names) =
            self.sources().find_map(|(path, it)| Some((path, it.demands().into_iter().find(is_off)?)))?;
        let what = format!("`{path}` ends the build, as none of the features `{}` is on", names.join("`, `"));
        let hint = format!(
            "name what the program shall have, as in `dockgen config set build.flags -- --features={}`",
            names.first()?
        );
        Some(Fact::new(Kind::Obstacle(what, hint), path, "compile_error!", Strength::Stated))
    }

    /// A front end of the workspace that becomes WebAssembly, and that Cargo does not build along.
    fn wasm(&self) -> Option<Fact> {
        let others = self.crates.members.iter().enumerate().filter(|(at, _)| !self.built.members.contains(at));
        let (member, with) = others.into_iter().find_map(|(_, member)| {
            let with = member.manifest.dependencies.iter().find(|one| CATALOG.wasm.contains(&one.name))?;
            Some((member, &with.name))
        })?;
        let what = format!(
            "`{}` is a front end in WebAssembly (`{with}`), which Cargo does not build along: the image has none; build it with its own tool, and mount it where the program looks for it",
            member.name()
        );
        Some(Fact::new(Kind::Warning(what), &member.path(), with, Strength::Stated))
    }

    /// The folder of the package that a source belongs to.
    fn package_of(&self, path: &str) -> &str {
        let folders = self.crates.members.iter().map(|member| member.folder.as_str());
        folders.filter(|folder| is_below(path, folder)).max_by_key(|folder| folder.len()).unwrap_or_default()
    }
}
