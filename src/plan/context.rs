//! Files of the repository that the build or the program reads besides sources.

use std::collections::BTreeSet;

use super::Planner;
use crate::catalog::SHARED;
use crate::dockerignore::{Matcher, Section, literal};
use crate::facts::Kind;

impl Planner<'_> {
    /// Paths that a kind of fact names, sorted, without those below others of them.
    fn paths(&self, of: fn(&Kind) -> Option<&String>) -> Vec<String> {
        outermost(self.heard().filter_map(|fact| of(&fact.kind)).cloned().collect())
    }

    /// What the program reads when it runs, without files that may hold secrets.
    pub fn data(&self) -> Vec<String> {
        self.split_data().1
    }

    /// The same, in two: what may hold secrets, and the rest.
    fn split_data(&self) -> (Vec<String>, Vec<String>) {
        let data = self.paths(|kind| if let Kind::Data(path) = kind { Some(path) } else { None });
        match data.is_empty() {
            true => (Vec::new(), data),
            false => {
                let secrets = Matcher::new(&SHARED.secrets.join("\n"));
                data.into_iter().partition(|path| secrets.hides(path))
            }
        }
    }

    /// Says what stays out of the image, as it may hold secrets.
    pub fn tell_secrets(&mut self) {
        for path in self.split_data().0 {
            self.warn(format!("the program reads `{path}`, which may hold secrets and stays out of the image: mount it, or give its variables when the image is run"));
        }
    }

    /// What the build reads besides sources, without files that may hold secrets.
    pub fn inputs(&self) -> Vec<String> {
        let secrets = Matcher::new(&SHARED.secrets.join("\n"));
        let inputs = self.paths(|kind| if let Kind::Input(path) = kind { Some(path) } else { None });
        inputs.into_iter().filter(|path| !secrets.hides(path)).collect()
    }

    /// An allow list: what the build always reads, and what facts say.
    pub fn allow_list(&self, comment: &str, own: impl Iterator<Item = String>) -> Vec<Section> {
        let inputs = self.inputs();
        let lines = |paths: Vec<String>| paths.into_iter().map(|path| format!("!{}", literal(&path)));
        let own = ["*".to_owned()].into_iter().chain(lines(outermost(own.collect())));
        let mut sections = vec![Section::new(comment, own)];
        let more = [("Read by the build.", inputs), ("Read when the program runs.", self.data())];
        let full = more.into_iter().filter(|(_, paths)| !paths.is_empty());
        sections.extend(full.map(|(comment, paths)| Section::new(comment, lines(paths))));
        sections
    }
}

/// Paths, sorted, without those below others of them.
fn outermost(paths: Vec<String>) -> Vec<String> {
    let all: BTreeSet<String> = paths.into_iter().collect();
    let is_outer = |path: &&String| !path.match_indices('/').any(|(at, _)| all.contains(&path[..at]));
    all.iter().filter(is_outer).cloned().collect()
}
