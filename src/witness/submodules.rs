//! Submodules of git: other repositories in folders of this one, which a checkout may leave empty.

use super::CATALOG;
use crate::facts::{Fact, Kind, Strength};
use crate::path;
use crate::repo::Repo;

/// A word about folders of submodules that hold nothing.
pub fn testify(repo: &Repo) -> Option<Fact> {
    let file = CATALOG.submodules.as_str();
    let empty = |line: &str| {
        let (key, folder) = line.split_once('=')?;
        let folder = path::normal(folder.trim()).filter(|folder| key.trim() == "path" && !folder.is_empty())?;
        (!repo.has_folder(&folder)).then_some(folder)
    };
    let empty: Vec<String> = repo.text(file)?.lines().filter_map(empty).map(|folder| format!("`{folder}`")).collect();
    let what = match empty.as_slice() {
        [] => return None,
        [only] => format!("{only} is a submodule of git, and nothing of it is here"),
        several => format!("{} are submodules of git, and nothing of them is here", several.join(", ")),
    };
    let what = format!(
        "{what}: where the build needs it, fetch it with `git submodule update --init`, and let the checkout of the workflow do so (`submodules: true`)"
    );
    Some(Fact::new(Kind::Warning(what), file, "", Strength::Stated))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_submodules_are_said() {
        let modules = "[submodule \"a\"]\n\tpath = lib/a\n\turl = https://e.com/a\n[submodule \"b\"]\n\tpath = lib/b\n";
        let said = |files: &[(&str, &str)]| {
            testify(&Repo::from_list("x", files.iter().copied())).map(|fact| fact.kind.to_string())
        };
        let of = (".gitmodules", modules);
        assert!(said(&[of, ("lib/a/x", "")]).is_some_and(|said| said.starts_with("to know: `lib/b` is a submodule")));
        assert!(said(&[of]).is_some_and(|said| said.contains("`lib/a`, `lib/b` are submodules")));
        assert_eq!((said(&[of, ("lib/a/x", ""), ("lib/b/y", "")]), said(&[])), (None, None));
    }
}
