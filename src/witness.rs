//! Files that people of every language write: what they say holds for all languages alike.

mod clusters;
pub mod compose;
pub mod containers;
mod examples;
mod packages;
pub mod platforms;
pub mod processes;
mod releases;
mod services;
pub mod stages;
mod submodules;
pub mod tasks;
mod tree;
mod units;
pub mod variables;
mod versions;
mod workflows;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::catalog;
use crate::facts::{Fact, Kind, Strength};
use crate::plan::listen::FIRST_OF_USERS;
use crate::repo::Repo;
use crate::rows::{self, Row, Seen};
use crate::values;
pub use platforms::changes_database;
pub use variables::is_of_others;

/// What is known of these files.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalog {
    version_file: Vec<versions::File>,
    tool: Vec<versions::Tool>,
    containers: containers::Rows,
    packages: packages::Rows,
    tasks: tasks::Rows,
    released: releases::Rows,
    units: units::Rows,
    variables: variables::Rows,
    service: Vec<services::Row>,
    release: platforms::Release,
    platform: Vec<platforms::Row>,
    nix: BTreeMap<String, String>,
    cluster: clusters::Rows,
    setup: Vec<workflows::Row>,
    examples: examples::Rows,
    called: Vec<Row>,
    submodules: String,
}

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| catalog::parse("witness.toml"));

/// What follows from the rows of a language, and from the programs that sources of any language start.
pub fn follow<'a>(own: impl IntoIterator<Item = &'a Row>, seen: &dyn Seen) -> Vec<Fact> {
    rows::follow(own.into_iter().chain(&CATALOG.called), seen)
}

/// The testimonies of all of them.
pub fn testify(repo: &Repo) -> Vec<Fact> {
    let tasks = tasks::Tasks::read(repo);
    let mut facts = [
        versions::testify(repo),
        processes::testify(repo),
        containers::testify(repo, &tasks),
        compose::testify(repo),
        platforms::testify(repo),
        clusters::testify(repo),
        workflows::testify(repo),
        examples::testify(repo),
        releases::testify(repo, &tasks),
        units::testify(repo),
        tasks.testify(),
    ]
    .concat();
    facts.extend(submodules::testify(repo));
    // What two platforms run alike is one process.
    let mut known = BTreeSet::new();
    facts.retain(|fact| match &fact.kind {
        Kind::Process(name, line) => known.insert((name.clone(), line.clone())),
        _ => true,
    });
    facts
}

/// The path of a check, without its question; `None` where it is no path of a site.
fn health_path(path: &str) -> Option<String> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-~".contains(c);
    (path.starts_with('/') && path.len() < 200 && path.chars().all(is_plain)).then(|| path.to_owned())
}

/// How strongly a port speaks: the first is the likeliest, and one that only root may listen at need not be taken over.
fn strength(port: u16, is_first: bool) -> Strength {
    if is_first && port >= FIRST_OF_USERS { Strength::Convention } else { Strength::Guess }
}

/// Where a folder of somebody's image lies in dockgen's: what is below the working folder there is below `/app` here. `None`
/// for what belongs to the system.
pub fn placed(path: &str, folder: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    let path = path.trim_end_matches('/').trim_start_matches("./");
    if path.is_empty() || !path.chars().all(plain) || path.split('/').any(|part| part == "..") {
        return None;
    }
    let inside = match path.strip_prefix('/') {
        None => Some(path),
        Some(_) => inside(path, folder).and_then(|rest| rest.strip_prefix('/')),
    };
    if let Some(inside) = inside {
        return Some(format!("/app/{inside}"));
    }
    (!values::is_of_the_system(path)).then(|| path.to_owned())
}

/// What stands behind the working folder of somebody's image in a path: nothing, or a slash and more. `None` where it lies elsewhere,
/// and where the working folder is the top.
fn inside<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    let folder = Some(folder.trim_end_matches('/')).filter(|folder| !folder.is_empty())?;
    path.strip_prefix(folder).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_have_their_place() {
        for (path, folder, expected) in [
            ("/usr/src/app/data/", "/usr/src/app", Some("/app/data")),
            ("data", "/x", Some("/app/data")),
            ("/data", "/app", Some("/data")),
            ("/data", "/", Some("/data")),
            ("/var/lib/shop", "", Some("/var/lib/shop")),
            ("/var/data", "/opt/x", Some("/var/data")),
            ("/etc/shop", "/app", None),
            ("/app/../etc", "/app", None),
            ("/a$b", "", None),
            ("/", "", None),
        ] {
            assert_eq!(placed(path, folder).as_deref(), expected, "{path}");
        }
    }
}
