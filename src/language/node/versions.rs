//! Which Node is wanted: how version files name it, and the range of a manifest.

use crate::facts::{Fact, Kind, Strength};
use crate::format::node_version::{self, Request};
use crate::format::package_json::PackageJson;
use crate::repo::Repo;
use crate::requirement::Requirement;

use super::catalog::CATALOG;

/// A release as version files name it.
pub fn release(text: &str) -> Option<Requirement> {
    match node_version::request(text)? {
        Request::Version(version) => Requirement::line(&version),
        Request::Codename(name) => Some(Requirement::alias(&format!("lts/{name}"))),
        Request::Lts => Some(Requirement::alias("lts/*")),
        Request::Latest => Some(Requirement::alias("latest")),
    }
}

/// The testimonies of a manifest. Some managers refuse to build with another release than it asks for.
pub fn facts(repo: &Repo, file: &str, manifest: &PackageJson) -> Vec<Fact> {
    let mut enforced = CATALOG.manager.iter().filter(|row| row.engines).flat_map(|row| &row.lockfiles);
    let kind = if enforced.any(|lock| repo.has(lock)) { Kind::Bound } else { Kind::Toolchain };
    let stated = |text: &str, quote: &str, strength| match range(text)? {
        Ok(wanted) => Some(Fact::new(kind("node".to_owned(), wanted), file, quote, strength)),
        Err(what) => Some(Fact::new(Kind::Unreadable(what.to_owned()), file, quote, Strength::Guess)),
    };
    let volta = manifest.volta.get("node");
    let volta =
        volta.map(|version| stated(version, &format!("\"volta\": {{\"node\": \"{version}\"}}"), Strength::Pinned));
    let engines = manifest.engines.get("node");
    let engines = engines.map(|version| stated(version, &format!("\"node\": \"{version}\""), Strength::Stated));
    let runtimes = manifest.dev_runtimes.iter().filter(|runtime| runtime.name == "node");
    let runtimes =
        runtimes.map(|runtime| stated(runtime.version.as_deref().unwrap_or("*"), "\"devEngines\"", Strength::Stated));
    volta.into_iter().chain(engines).chain(runtimes).flatten().collect()
}

/// A range of a manifest; an empty one and `*` say nothing.
fn range(text: &str) -> Option<Result<Requirement, &'static str>> {
    let text = text.trim();
    if text.is_empty() || text == "*" || text == "x" {
        return None;
    }
    let named = release(text).filter(|wanted| wanted.is_name());
    Some(named.or_else(|| Requirement::range(text, text)).ok_or("names no range of versions"))
}
