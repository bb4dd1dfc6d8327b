//! Package indexes that want a password.

use serde::Serialize;

use super::manifests::Manifests;
use super::rows::{CATALOG, Manager};
use crate::facts::{Fact, Kind, Strength};
use crate::plan::Planner;
use crate::source::Pattern;

/// A variable in an index's address.
static VARIABLE: Pattern = Pattern::new(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}");

/// A secret of the build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Secret {
    /// Its id, and its name in CI.
    pub id: String,
    /// It is a variable, else a netrc file.
    variable: bool,
}

/// An index that is none of the public ones.
#[derive(Debug)]
struct Feed {
    /// The file that names it.
    file: String,
    /// The managers' manifest that it belongs to.
    manifest: &'static str,
    /// Its host, and its address without a password.
    host: String,
    shown: String,
    /// Its address holds a password, or variables of one.
    has_credentials: bool,
    variables: Vec<String>,
}

impl Feed {
    fn new(manifest: &'static str, file: &str, url: &str) -> Option<Self> {
        let address = url.split("://").nth(1).unwrap_or(url);
        let (credentials, rest) =
            address.split_once('@').map_or((None, address), |(credentials, rest)| (Some(credentials), rest));
        let host = rest.split(['/', ':']).next().unwrap_or_default();
        let is_public = CATALOG.public_indexes.iter().any(|public| public == host) && credentials.is_none();
        let variables = VARIABLE.captures_iter(url).filter_map(|found| Some(found.get(1)?.as_str().to_owned()));
        (!is_public).then(|| Feed {
            file: file.to_owned(),
            manifest,
            host: host.to_owned(),
            shown: rest.to_owned(),
            has_credentials: credentials.is_some(),
            variables: variables.collect(),
        })
    }
}

/// The indexes that any manifest names.
fn feeds(manifests: &Manifests) -> Vec<Feed> {
    let required = manifests
        .requirements
        .iter()
        .flat_map(|set| set.indexes.iter().map(|url| (set.installed.first().map_or("", String::as_str), url)));
    let required = required.map(|(file, url)| ("requirements.txt", file, url));
    let of_pyproject = manifests.pyproject.iter().flat_map(|read| &read.indexes);
    let of_pyproject = of_pyproject.map(|(_, url)| ("pyproject.toml", "pyproject.toml", url));
    let of_pipfile = manifests.pipfile.iter().flat_map(|read| &read.indexes).map(|url| ("Pipfile", "Pipfile", url));
    let all = required.chain(of_pyproject).chain(of_pipfile);
    all.filter_map(|(manifest, file, url)| Feed::new(manifest, file, url)).collect()
}

/// The testimony of them.
pub fn testify(manifests: &Manifests) -> Vec<Fact> {
    let fact = |feed: Feed| Fact::new(Kind::Feed(feed.host), &feed.file, &feed.shown, Strength::Stated);
    feeds(manifests).into_iter().map(fact).collect()
}

/// What the manager's install step is given: variables in an address become secrets, other hosts may have a netrc.
pub fn secrets(planner: &mut Planner, manifests: &Manifests, row: &Manager) -> Vec<Secret> {
    let mut secrets: Vec<Secret> = Vec::new();
    for feed in feeds(manifests).into_iter().filter(|feed| feed.manifest == row.manifest) {
        if feed.has_credentials && feed.variables.is_empty() {
            planner.warn(format!(
                "`{}` holds a password for {}: take it out, and let the build have it as a secret",
                feed.file, feed.host
            ));
        }
        let found = match feed.variables.is_empty() {
            true => vec![Secret { id: "NETRC".to_owned(), variable: false }],
            false => feed.variables.into_iter().map(|id| Secret { id, variable: true }).collect(),
        };
        for secret in found {
            if !secrets.iter().any(|known| known.id == secret.id) {
                secrets.push(secret);
            }
        }
    }
    secrets
}
