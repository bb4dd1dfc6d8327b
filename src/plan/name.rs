//! The image's name.

use super::{Candidate, Planner, topic};
use crate::facts::{Evidence, Strength};
use crate::values::{self, slug};

impl Planner<'_> {
    /// The image's name: asked for, else what the manifest says, else the folder's.
    pub fn name(&mut self, stated: Option<(&str, Evidence)>) -> String {
        let folder = self.folder;
        let mut candidates = Vec::new();
        if let Some(name) = self.wishes.name.as_deref() {
            let asked = values::image_name(name).unwrap_or_else(|_| slug(name));
            let evidence = Evidence::asked(&format!("--name {name}"));
            candidates.push(Candidate::new(asked.clone(), asked, "asked for", evidence));
        }
        if let Some((name, evidence)) = stated {
            candidates.push(Candidate::new(slug(name), slug(name), "the manifest's name", evidence));
        }
        let evidence = Evidence::new("", folder, Strength::Convention);
        candidates.push(Candidate::new(slug(folder), slug(folder), "the folder's name", evidence));
        self.choose(topic::NAME, candidates).unwrap_or_else(|| slug(folder))
    }
}
