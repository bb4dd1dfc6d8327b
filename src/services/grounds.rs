//! Which folders may be build contexts of services.

use super::Asked;
use super::members::{self, Workspace};
use crate::catalog::SHARED;
use crate::error::typed;
use crate::path::{self, is_below, join};
use crate::repo::Repo;
use crate::service::Known;
use crate::{language, lock, neighbours};

/// No more folders with manifests are drafted than these.
const MOST: usize = 200;

/// A folder that may be a build context.
pub struct Ground {
    /// The folder.
    pub folder: String,
    /// The folders of the workspace that begins here.
    pub members: Vec<String>,
    /// What builds it already, a clause.
    pub named: Option<String>,
}

/// The folders with a manifest that belong to no workspace above them.
pub fn grounds(repo: &Repo, asked: &Asked, known: &[Known], passed: &mut Vec<(String, String)>) -> Vec<Ground> {
    let built = neighbours::contexts(repo);
    for (by, _) in built.iter().filter(|(by, context)| context.is_none() && !by.is_empty()) {
        passed
            .push((path::parent(by).to_owned(), format!("`{by}` builds from a folder that is not in this repository")));
    }
    let mut workspaces: Vec<Workspace> = Vec::new();
    let mut grounds: Vec<Ground> = Vec::new();
    let mut folders: Vec<&str> = language::signed(repo).into_iter().map(|(folder, _)| folder).collect();
    if folders.first().is_none_or(|first| !first.is_empty()) && !repo.inside("").all(|path| path.starts_with('.')) {
        folders.insert(0, "");
    }
    let mut foreign: Option<&str> = None;
    for folder in folders {
        if foreign.is_some_and(|above| is_below(folder, above)) {
            continue;
        }
        if !folder.is_empty() && (asked.is_foreign)(folder) {
            foreign = Some(folder);
            passed.push((folder.to_owned(), "a git repository of its own".to_owned()));
            continue;
        }
        let own = join(folder, lock::PATH);
        if !folder.is_empty() && repo.has(&own) {
            let why = format!("`{own}` is there: `dockgen update {}` keeps its files", typed(folder));
            passed.push((folder.to_owned(), why));
            continue;
        }
        if grounds.len() == MOST {
            let why = format!("more than {MOST} folders have manifests: name one, `dockgen init FOLDER`");
            passed.push((folder.to_owned(), why));
            break;
        }
        if let Some(workspace) = workspaces.iter().find(|it| it.has(folder)) {
            if let Some(ground) = grounds.iter_mut().find(|ground| ground.folder == workspace.folder) {
                ground.members.push(folder.to_owned());
            }
            continue;
        }
        let named = named(repo, folder, &built, known);
        if let Some(word) = aside(folder).filter(|_| named.is_none()) {
            passed.push((folder.to_owned(), format!("`{word}` is a name for tools, samples and tests")));
            continue;
        }
        workspaces.extend(members::of(repo, folder));
        grounds.push(Ground { folder: folder.to_owned(), members: Vec::new(), named });
    }
    grounds
}

/// The part of a path that says that it holds no service.
pub fn aside(folder: &str) -> Option<&str> {
    let mut words = folder.split(['/', '-', '_']);
    words.find(|word| SHARED.aside.iter().any(|aside| aside == word))
}

/// What builds an image of a folder already.
fn named(repo: &Repo, folder: &str, built: &[(String, Option<String>)], known: &[Known]) -> Option<String> {
    let by = built.iter().find(|(_, context)| !folder.is_empty() && context.as_deref() == Some(folder));
    let is_dockgens = |path: &str| known.iter().any(|known| known.dockerfile() == path);
    let is_theirs = |path: &&str| neighbours::is_container_file(path) && !folder.is_empty() && !is_dockgens(path);
    let own = || repo.inside(folder).find(is_theirs);
    by.map(|(by, _)| format!("`{by}` builds it")).or_else(|| own().map(|path| format!("`{path}` is there")))
}
