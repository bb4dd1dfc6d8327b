//! Files that people of every language write: what they say holds for all languages alike.

pub mod processes;
mod versions;

use std::sync::LazyLock;

use serde::Deserialize;

use crate::catalog;
use crate::facts::Fact;
use crate::repo::Repo;

/// What is known of these files.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalog {
    version_file: Vec<versions::File>,
    tool: Vec<versions::Tool>,
}

static CATALOG: LazyLock<Catalog> =
    LazyLock::new(|| catalog::parse("witness.toml", include_str!("../templates/witness.toml")));

/// The testimonies of all of them.
pub fn testify(repo: &Repo) -> Vec<Fact> {
    [versions::testify(repo), processes::testify(repo)].concat()
}
