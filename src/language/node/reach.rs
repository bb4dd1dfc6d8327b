//! Which members of a workspace a service is made of: those that manifests name, and those that files name by their place.

use std::collections::BTreeSet;

use crate::members::Members;
use crate::path::{is_below, parent, resolve};
use crate::repo::Repo;
use crate::source::Pattern;

use super::Desk;
use super::catalog::CATALOG;
use super::source::MOST_FILES;

/// A string that begins with the folder above.
static ABOVE: Pattern = Pattern::new(r#"["'`](\.\./[^"'`\n]*)["'`]"#);

/// What files of a package name outside of it: those that configure tools, and `deep` its sources too.
pub fn outside(repo: &Repo, folder: &str, deep: bool) -> BTreeSet<String> {
    let is_meant = |path: &&str| CATALOG.sources.linked.iter().any(|end| path.ends_with(end.as_str()));
    let direct = repo.inside(folder).filter(is_meant);
    let below = repo.below(folder).filter(|_| deep).filter(is_meant).take(MOST_FILES);
    named(repo, folder, direct.chain(below), &ABOVE)
}

/// The places outside of a folder that files in it name, by a pattern whose group is a path as it is seen from the file.
pub fn named<'r>(
    repo: &Repo,
    folder: &str,
    files: impl Iterator<Item = &'r str>,
    pattern: &Pattern,
) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in files {
        let named = repo.text(path).into_iter().flat_map(|text| pattern.captures_iter(text));
        let places = named.filter_map(|named| resolve(parent(path), named.get(1)?.as_str()));
        found.extend(places.filter(|place| !is_below(place, folder)));
    }
    found
}

impl Desk<'_> {
    /// The members, and those that the service is made of.
    pub fn made_of(&self) -> Members {
        let mut own: BTreeSet<&str> = BTreeSet::new();
        let mut waiting = self.installed();
        while let Some(package) = waiting.pop() {
            if own.insert(&package.folder) {
                let reached = package.outside.iter().chain(&self.service.outside);
                waiting.extend(reached.filter_map(|path| self.project.holding(path)));
                waiting.extend(self.project.others(package));
            }
        }
        let members = self.project.members.iter().map(|member| member.folder.clone());
        Members::new(members, own.into_iter().filter(|folder| !folder.is_empty()).map(str::to_owned))
    }
}
