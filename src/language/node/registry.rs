//! Private registries: the secrets of an install.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::facts::{Fact, Kind, Strength};
use crate::plan::Planner;

use super::catalog::CATALOG;
use super::project::Project;

/// A secret of the build.
#[derive(Debug, Clone, Serialize)]
pub struct Secret {
    /// Its id.
    pub id: String,
    /// The variable that it becomes, where it is one.
    pub env: Option<String>,
    /// The file that it becomes, where it is one.
    pub target: Option<String>,
}

impl Secret {
    /// One that becomes a variable of its name.
    pub fn variable(name: &str) -> Self {
        Secret { id: name.to_owned(), env: Some(name.to_owned()), target: None }
    }
}

/// Testimonies about private registries.
pub fn feeds(project: &Project) -> impl Iterator<Item = Fact> {
    let names = project.npmrc.iter().flat_map(|npmrc| npmrc.credentials().map(|(name, _)| name));
    names.map(|name| Fact::new(Kind::Feed(name.to_owned()), ".npmrc", name, Strength::Stated))
}

/// The secrets of the install, for private registries.
pub fn secrets(planner: &mut Planner, project: &Project) -> Vec<Secret> {
    let Some(npmrc) = &project.npmrc else { return Vec::new() };
    let file = || Secret { id: "npmrc".to_owned(), env: None, target: Some("/root/.npmrc".to_owned()) };
    if npmrc.credentials().any(|(_, value)| !value.contains("${")) {
        planner.warn("`.npmrc` holds a token: it stays out of the build, which takes the file as the secret `npmrc`; replace the token with `${NPM_TOKEN}`");
        return vec![file()];
    }
    let is_name = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let names: BTreeSet<&str> = npmrc.variables().filter(is_name).collect();
    let is_public = |address: &str| CATALOG.registries.iter().any(|host| address.contains(host.as_str()));
    let private = npmrc.registries().any(|address| !is_public(address)) && npmrc.credentials().next().is_none();
    names.into_iter().map(Secret::variable).chain(private.then(file)).collect()
}
