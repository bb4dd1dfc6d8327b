//! Every kind of workspace, as a tree of a few files in `kinds.txt`: which services it has, and what each is made from.

use super::{Asked, find};
use crate::lock::Lock;
use crate::path::shown;
use crate::repo::Repo;
use crate::service::Role;
use crate::wishes::Wishes;

/// Services with their contexts and what they are made from, and what was passed over; `?` where one is not certain, `*` where it
/// takes its whole context.
fn found(files: &[(&str, &str)]) -> String {
    let repo = Repo::from_list("shop", files.iter().copied());
    let (wishes, lock) = (|_: &str| Wishes::default(), Lock::default());
    let is_foreign = |folder: &str| folder.ends_with("foreign");
    let search = find(&repo, &Asked { wishes: &wishes, lock: &lock, is_foreign: &is_foreign }).unwrap();
    let mut lines = Vec::new();
    for found in &search.services {
        let taken = if found.draft.taken.is_empty() { "*".to_owned() } else { found.draft.taken.join(" ") };
        let doubt = if found.is_certain { "" } else { "?" };
        lines.push(format!("{}{doubt} in {}: {taken}", found.known.name, shown(&found.known.context)));
        if found.known.service.is_shared() && !found.draft.taken.is_empty() {
            let text = found.draft.text(Role::Dockerfile);
            assert!(!text.lines().any(|line| line.starts_with("COPY") && line.ends_with(" . .")), "{text}");
        }
    }
    lines.extend(search.passed.iter().map(|(folder, why)| format!("no {}: {why}", shown(folder))));
    lines.join("\n")
}

/// The files of a tree: a line `-- PATH` and the text below it; `++ KIND` takes those of another tree.
fn files<'t>(all: &[(&'t str, &'t str)], text: &'t str) -> Vec<(&'t str, &'t str)> {
    let mut files = Vec::new();
    for part in text.split("\n-- ").skip(1) {
        let (path, text) = part.split_once('\n').unwrap_or((part, ""));
        files.push((path, text));
    }
    let of_others = text.lines().filter_map(|line| line.strip_prefix("++ "));
    let others = of_others.filter_map(|kind| all.iter().find(|(known, _)| *known == kind));
    files.extend(others.flat_map(|(_, text)| self::files(all, text)));
    files
}

#[test]
fn each_kind_of_workspace_is_divided() {
    let kinds = include_str!("kinds.txt").split("\n== ").skip(1);
    let kinds: Vec<(&str, &str, &str)> = kinds
        .filter_map(|kind| {
            let (kind, rest) = kind.split_at(kind.find('\n')?);
            let (tree, expected) = rest.split_once(">>\n")?;
            Some((kind, tree, expected.trim_end()))
        })
        .collect();
    let all: Vec<(&str, &str)> = kinds.iter().map(|(kind, tree, _)| (*kind, *tree)).collect();
    assert!(kinds.len() >= 14, "{}", kinds.len());
    let mut wrong = String::new();
    for (kind, tree, expected) in kinds {
        let found = found(&files(&all, tree));
        if found != expected {
            wrong.push_str(&format!("== {kind}\n{found}\n"));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn of_very_many_folders_only_some_are_looked_into_and_that_is_said() {
    let paths: Vec<String> = (0..10_000).map(|at| format!("s{at:05}/package.json")).collect();
    let files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), "{}")).collect();
    let found = found(&files);
    assert!(
        found.contains("no s00200: more than 200 folders have manifests: name one, `dockgen init FOLDER`"),
        "{found}"
    );
    assert!(!found.contains("s00201"), "{found}");
}
