//! The packages that a file imports whenever it is started.

use std::collections::BTreeSet;

use crate::path;
use crate::path::{join, normal};
use crate::repo::Repo;
use crate::source::Pattern;
use crate::source::mask::{JAVASCRIPT, Masked};

use super::catalog::CATALOG;
use super::package::package_name;
use super::source::MOST_FILES;

/// Lines at the top level that import something.
static IMPORTS: Pattern = Pattern::new(
    r#"(?m)^(?:(?:const|let|var)\b[^\n]*?=\s*|module\.exports\s*=\s*)?(?:require\(\s*|import\s+|import\s[^\n"']*?from\s+|export\s[^\n"']*?from\s+)['"]([^'"\n]+)['"]"#,
);

/// Names of the packages that a file, and what it imports of the repository, import whenever it is started.
pub fn imported(repo: &Repo, entry: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut seen = BTreeSet::from([entry.to_owned()]);
    let mut waiting = vec![entry.to_owned()];
    while let Some(path) = waiting.pop().filter(|_| seen.len() < MOST_FILES) {
        let Some(text) = repo.text(&path) else { continue };
        let masked = Masked::new(text, &JAVASCRIPT);
        let live =
            IMPORTS.captures_iter(text).filter(|found| found.get(0).is_some_and(|all| masked.is_code(all.start())));
        for target in live.filter_map(|found| found.get(1)).map(|target| target.as_str()) {
            match target.starts_with('.') {
                true => waiting.extend(local(repo, &path, target).filter(|next| seen.insert(next.clone()))),
                false => names.extend(package_name(target)),
            }
        }
    }
    names
}

/// The file that a relative import names.
fn local(repo: &Repo, from: &str, target: &str) -> Option<String> {
    let folder = path::parent(from);
    let path = normal(&join(folder, target))?;
    CATALOG.sources.endings.iter().map(|end| format!("{path}{end}")).find(|path| repo.has(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_found_through_what_is_imported() {
        let repo = Repo::from_list(
            "x",
            [
                (
                    "a.js",
                    "require('ts-node/register');\nconst b = require('./b');\n// require('c')\nif (x) {\n  require('d')\n}",
                ),
                ("b/index.js", "import x from '@e/f/g';\nimport 'node:fs';\nimport '../a';"),
            ],
        );
        assert_eq!(imported(&repo, "a.js").into_iter().collect::<Vec<_>>(), ["@e/f", "ts-node"]);
    }
}
