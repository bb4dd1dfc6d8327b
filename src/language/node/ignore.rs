//! What the build context leaves out: a deny list, computed for what the repository holds.

use crate::dockerignore::{Section, literal};
use crate::repo::Repo;

use super::Desk;
use super::build::{Build, Shape};
use super::source::Findings;

/// What tools leave behind, hidden where it is there.
const MADE: [&str; 13] = [
    ".next",
    ".nuxt",
    ".output",
    ".svelte-kit",
    ".turbo",
    ".yarn/cache",
    ".yarn/install-state.gz",
    ".yarn/unplugged",
    ".pnp.cjs",
    ".pnp.loader.mjs",
    "coverage",
    ".cache",
    ".parcel-cache",
];

/// A part of a path that only tests have, and the pattern that hides them.
const TESTS: [(&str, &str); 5] = [
    (".test.", "**/*.test.*"),
    (".spec.", "**/*.spec.*"),
    ("__tests__/", "**/__tests__"),
    ("cypress/", "**/cypress"),
    ("e2e/", "**/e2e"),
];

impl Desk<'_> {
    /// The sections, and the paths that must survive them.
    pub fn ignore(
        &self,
        build: &Build,
        shape: Option<&Shape>,
        findings: Option<&Findings>,
    ) -> (Vec<Section>, Vec<String>) {
        let repo = self.project.repo;
        let mut sections = vec![Section::new("Installed or built inside of the image.", self.inside(build))];
        let tests = TESTS.iter().filter(|(part, _)| repo.files().any(|path| path.contains(part)));
        let tests: Vec<&str> = tests.map(|(_, pattern)| *pattern).collect();
        if !tests.is_empty() {
            sections.push(Section::new("Tests are no part of an image.", tests));
        }
        sections.extend(written(repo, shape, findings));
        let manifests = std::iter::once("package.json".to_owned()).chain(self.manager.lockfile.clone());
        (sections, manifests.collect())
    }

    fn inside(&self, build: &Build) -> Vec<String> {
        let repo = self.project.repo;
        let mut inside = vec!["**/node_modules".to_owned(), "**/*.tsbuildinfo".to_owned()];
        inside.extend(build.outputs.iter().map(|path| literal(&self.package.path(path))));
        inside.extend(MADE.iter().filter(|path| repo.exists(path)).map(|path| (*path).to_owned()));
        let secret = self.secrets.iter().any(|secret| secret.id == "npmrc") && repo.has(".npmrc");
        inside.extend(secret.then(|| ".npmrc".to_owned()));
        inside.sort_by_key(|pattern| !pattern.starts_with("**"));
        inside.dedup();
        inside
    }
}

/// What the list for all languages hides, and this project needs.
fn written(repo: &Repo, shape: Option<&Shape>, findings: Option<&Findings>) -> Option<Section> {
    let meta = ["next", "nuxt", "astro", "sveltekit"];
    let pages = shape.is_some_and(|shape| shape.mode.pages || meta.contains(&shape.framework.id.as_str()));
    if pages && repo.files().any(|path| path.ends_with(".md")) {
        return Some(Section::new("Pages are written in these.", ["!docs", "!**/*.md", "README.md", "CHANGELOG.md"]));
    }
    let named = findings.is_some_and(|findings| findings.names("docs")) && repo.has_folder("docs");
    named.then(|| Section::new("The program reads these.", ["!docs"]))
}
