//! What the build context leaves out: a deny list, computed for what the repository holds.

use crate::dockerignore::{Section, literal};

use super::Desk;
use super::build::Build;
use super::catalog::CATALOG;
use super::framework::Shape;

impl Desk<'_> {
    /// The sections, and the paths that must survive them.
    pub fn ignore(&self, build: &Build, shape: Option<&Shape>) -> (Vec<Section>, Vec<String>) {
        let context = &self.project.context;
        let mut sections = vec![Section::new("Installed or built inside of the image.", self.inside(build, shape))];
        if !context.tests.is_empty() {
            sections.push(Section::new("Tests are no part of an image.", context.tests.clone()));
        }
        sections.extend(self.written(shape));
        let manifests = std::iter::once("package.json".to_owned()).chain(self.manager.lockfile.clone());
        (sections, manifests.collect())
    }

    fn inside(&self, build: &Build, shape: Option<&Shape>) -> Vec<String> {
        let mut inside = CATALOG.context.inside.clone();
        let of_mode = shape.map(|shape| &shape.mode.hidden).filter(|hidden| !hidden.is_empty());
        let made = of_mode.unwrap_or(&build.outputs).iter().filter(|path| !build.committed.contains(path));
        inside.extend(made.map(|path| literal(&self.service.package.path(path))));
        inside.extend(CATALOG.context.made.iter().filter(|path| self.project.has(path)).cloned());
        let secret = self.secrets.iter().any(|secret| secret.id == "npmrc") && self.project.npmrc.is_some();
        inside.extend(secret.then(|| ".npmrc".to_owned()));
        inside.sort_by_key(|pattern| !pattern.starts_with("**"));
        inside.dedup();
        inside
    }

    /// What the list for all languages hides, and this project needs.
    fn written(&self, shape: Option<&Shape>) -> Option<Section> {
        let context = &self.project.context;
        let pages = shape.is_some_and(|shape| shape.mode.pages || shape.framework.markdown);
        if pages && context.has_markdown {
            return Some(Section::new(
                "Pages are written in these.",
                ["!docs", "!**/*.md", "README.md", "CHANGELOG.md"],
            ));
        }
        let named = self.service.named.contains("docs") && context.has_docs;
        named.then(|| Section::new("The program reads these.", ["!docs"]))
    }
}
