//! Files of the repository that the build or the program reads besides sources.

use super::Planner;
use crate::catalog::SHARED;
use crate::dockerignore::Matcher;
use crate::facts::Kind;

impl Planner<'_> {
    /// Paths that a kind of fact names, sorted, without those below others of them.
    fn paths(&self, of: fn(&Kind) -> Option<&String>) -> Vec<String> {
        let mut paths: Vec<String> = self.heard().filter_map(|fact| of(&fact.kind)).cloned().collect();
        paths.sort();
        paths.dedup();
        let is_below = |path: &String, folder: &String| {
            path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        let all = paths.clone();
        paths.retain(|path| !all.iter().any(|folder| is_below(path, folder)));
        paths
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
}
