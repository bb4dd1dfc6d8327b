//! What the build of a front end reads beside its own folder, as its scripts and its settings name it.

use std::collections::BTreeSet;

use crate::path::{is_below, name};
use crate::repo::Repo;
use crate::source::{Pattern, named};

use super::super::catalog::CATALOG;
use super::super::reach;

/// A path that climbs, also within the line of a script.
static CLIMBS: Pattern = Pattern::new(r"(\.\./[A-Za-z0-9_@./-]*[A-Za-z0-9_])");

/// No more places than this are taken.
const MOST: usize = 12;

/// Files and folders of the repository that scripts and settings in a folder name, outside of it and of what it makes.
pub fn outside(repo: &Repo, folder: &str, made: &str) -> Vec<String> {
    let is_settings = |path: &&str| {
        let begins = |begin: &String| name(path).starts_with(begin.as_str());
        CATALOG.front_end.settings.iter().chain(&CATALOG.front_end.outside).any(begins)
    };
    let is_apart = |path: &str| !is_below(folder, path) && !is_below(made, path);
    let is_meant = |path: &String| {
        let is_open = !path.split('/').any(|part| part.starts_with('.'));
        is_apart(path) && is_open && !is_below(path, made) && !named::is_secret(path) && repo.exists(path)
    };
    let named = reach::named(repo, folder, repo.inside(folder).filter(is_settings), &CLIMBS);
    let places: BTreeSet<String> = named.into_iter().filter(is_meant).take(MOST).collect();
    let is_inner = |path: &str| places.iter().any(|other| other != path && is_below(path, other));
    places.iter().filter(|path| !is_inner(path)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_beside_the_folder() {
        let files = [
            (
                "web/package.json",
                r#"{"scripts": {"build": "vite build --outDir ../server/dist", "gen": "x --schema ../api/s.graphql"}}"#,
            ),
            (
                "web/vite.config.ts",
                "const all = path.resolve(__dirname, '../i18n'); const own = '../.env'; const none = '../gone'",
            ),
            ("web/tsconfig.json", r#"{"extends": "../tsconfig.base.json"}"#),
            ("web/src/a.ts", "import x from '../../other/a'"),
            ("api/s.graphql", ""),
            ("i18n/en.yaml", ""),
            ("server/dist/.gitkeep", ""),
            ("tsconfig.base.json", ""),
            (".env", ""),
            ("other/a.ts", ""),
        ];
        let repo = Repo::from_list("x", files);
        assert_eq!(outside(&repo, "web", "server/dist"), ["api/s.graphql", "i18n", "tsconfig.base.json"]);
    }
}
