//! The part of a build context that one of several services is made from.
//!
//! Languages say which packages the context holds, and which of these a program is made of ([`Members`]). What the Dockerfile
//! copies, what its ignore file keeps away, and which changes build the image follow from that here, for all of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::dockerignore::{Matcher, Section, literal};
use crate::members::Members;
use crate::neighbours;
use crate::path::parent;
use crate::render::sinks;
use crate::repo::Repo;
use crate::service::{Role, Service};

/// Why a file of the context is in a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It belongs to what the program is made of.
    Own,
    /// That too, and no step copies it.
    Idle,
    /// It belongs to others, and the build reads it among the sources.
    Read,
    /// It belongs to others, and a step of the Dockerfile names it.
    Named,
    /// It belongs to others.
    Others,
}

/// The part of a build context.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slice {
    /// What is copied in place of everything.
    copied: Vec<String>,
    /// What the build is made from.
    pub taken: Vec<String>,
    /// What the ignore file hides, and what it lets in of that.
    hidden: Vec<String>,
    shown: Vec<String>,
}

/// More lines of COPY than these are of the folders above: the ignore file keeps away the rest of them.
const MOST_LINES: usize = 16;

impl Slice {
    /// What a build takes of its context, whose Dockerfile copies everything, and whose ignore file hides these; none where it
    /// takes all.
    pub fn new(repo: &Repo, members: &Members, reads: &[String], dockerfile: &str, ignore: &str) -> Option<Self> {
        let ignore = Matcher::new(ignore);
        let sources = neighbours::sources(dockerfile);
        let (named, all): (Vec<&str>, Vec<&str>) =
            sources.iter().map(|source| neighbours::plain(source)).partition(|path| !path.is_empty());
        let named = Paths::new(named.into_iter());
        let read = Paths::new(reads.iter().map(String::as_str));
        let bake = Service::default().path(Role::Bake);
        let place = |path: &str| match () {
            () if path != bake && members.has(path) => match all.is_empty() && !named.hold(path) {
                true => Place::Idle,
                false => Place::Own,
            },
            () if read.hold(path) => Place::Read,
            () if named.hold(path) => Place::Named,
            () => Place::Others,
        };
        let files: Vec<(&str, Place)> =
            repo.files().filter(|path| !ignore.hides(path)).map(|path| (path, place(path))).collect();
        if files.iter().all(|(_, place)| *place != Place::Others) {
            return None;
        }
        let copied = cover(&files, |place| matches!(place, Place::Own | Place::Read), |place| place == Place::Others);
        let is_own = |place| matches!(place, Place::Own | Place::Idle);
        let hidden = cover(&files, |place| place == Place::Others, is_own);
        let is_shown = |(path, place): &&(&str, Place)| {
            matches!(place, Place::Read | Place::Named) && hidden.iter().any(|folder| path.starts_with(folder.as_str()))
        };
        let is_idle = |place| matches!(place, Place::Others | Place::Idle);
        let taken = cover(&files, |place| !is_idle(place), is_idle);
        Some(Slice {
            shown: files.iter().filter(is_shown).map(|(path, _)| (*path).to_owned()).collect(),
            taken: taken.iter().map(|path| path.trim_end_matches('/').to_owned()).collect(),
            copied,
            hidden,
        })
    }

    /// The section of the ignore file that keeps away what belongs to others.
    pub fn section(&self) -> Section {
        let hidden = self.hidden.iter().map(|path| literal(path.trim_end_matches('/')));
        let shown = self.shown.iter().map(|path| format!("!{}", literal(path)));
        Section::new("What this image is not made of.", hidden.chain(shown))
    }

    /// The Dockerfile with lines for what it is made from, in place of one that copies everything.
    ///
    /// # Errors
    /// Where a path cannot be written.
    pub fn dockerfile(&self, text: &str) -> Result<String, String> {
        let mut out = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            let flags = line.strip_prefix("COPY ").and_then(|rest| rest.strip_suffix(". .\n"));
            match flags.filter(|flags| flags.split(' ').all(|flag| flag.is_empty() || flag.starts_with("--"))) {
                Some(flags) => out.push_str(&self.lines(flags)?),
                None => out.push_str(line),
            }
        }
        Ok(out)
    }

    /// Lines of COPY: files of one folder together, folders each for itself.
    fn lines(&self, flags: &str) -> Result<String, String> {
        let outermost = |path: &String| path.split_once('/').map_or(path.clone(), |(top, _)| format!("{top}/"));
        let outer: BTreeSet<String> = self.copied.iter().map(outermost).collect();
        let lines = Some(grouped(&self.copied)).filter(|lines| lines.len() <= MOST_LINES);
        let lines = lines.unwrap_or_else(|| grouped(&outer));
        let line =
            |(target, sources): (String, Vec<&str>)| Ok(format!("COPY {flags}{}\n", sinks::copy(&sources, &target)?));
        lines.into_iter().map(line).collect()
    }
}

/// Targets with their sources.
fn grouped<'p>(paths: impl IntoIterator<Item = &'p String>) -> BTreeMap<String, Vec<&'p str>> {
    let mut lines: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for path in paths {
        let target = match (path.ends_with('/'), parent(path)) {
            (true, _) => path.clone(),
            (false, "") => "./".to_owned(),
            (false, folder) => format!("{folder}/"),
        };
        lines.entry(target).or_default().push(path);
    }
    lines
}

/// Paths that may be folders, to ask what lies in them.
struct Paths<'p> {
    paths: BTreeSet<&'p str>,
    /// Those with wildcards.
    patterns: Matcher,
}

impl<'p> Paths<'p> {
    fn new(all: impl Iterator<Item = &'p str>) -> Self {
        let (patterns, paths): (Vec<&str>, Vec<&str>) = all.partition(|path| path.contains(['*', '?', '[']));
        Paths { paths: paths.into_iter().collect(), patterns: Matcher::new(&patterns.join("\n")) }
    }

    fn hold(&self, path: &str) -> bool {
        folders(path).chain([path]).any(|path| self.paths.contains(path)) || self.patterns.hides(path)
    }
}

/// The fewest paths with all files of which this holds, and with none that must not be among them; folders end with a slash.
fn cover(files: &[(&str, Place)], is_meant: impl Fn(Place) -> bool, is_barred: impl Fn(Place) -> bool) -> Vec<String> {
    let barred = files.iter().filter(|(_, place)| is_barred(*place));
    let mixed: BTreeSet<&str> = barred.flat_map(|(path, _)| folders(path)).collect();
    let outermost = |path: &str| match folders(path).find(|folder| !mixed.contains(folder)) {
        Some(folder) => format!("{folder}/"),
        None => path.to_owned(),
    };
    let found: BTreeSet<String> =
        files.iter().filter(|(_, place)| is_meant(*place)).map(|(path, _)| outermost(path)).collect();
    found.into_iter().collect()
}

/// The folders that a path lies in, the outermost first.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').filter_map(|(at, _)| path.get(..at))
}
