//! Names: of the image, and of things that may not hold every character.

use super::{Candidate, Planner, topic};
use crate::facts::{Evidence, Strength};
use crate::values;

/// What a name of an image, a binary or a cache may be: lower case, digits, single dashes inside.
pub fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars() {
        match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9') => slug.push(c),
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    let slug = slug.trim_end_matches('-');
    match slug.is_empty() {
        true => "app".to_owned(),
        false => slug.chars().take(60).collect(),
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_safe_everywhere() {
        assert_eq!(slug("@Scope/My App"), "scope-my-app");
        assert_eq!(slug("x$(touch pwned)"), "x-touch-pwned");
        assert_eq!(slug("…"), "app");
    }
}
