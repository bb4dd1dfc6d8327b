//! Which Node is wanted: version files pin it, manifests state a range.

use crate::facts::{Fact, Kind, Strength};
use crate::format::Fault;
use crate::format::node_version::{self, Request};
use crate::format::package_json::PackageJson;
use crate::format::tool_versions::{self, ToolVersions};
use crate::plan::toolchain::{self, Requirement};
use crate::repo::Repo;

use super::catalog::CATALOG;

/// The testimonies of the files below a folder.
pub fn facts(repo: &Repo, path: impl Fn(&str) -> String, manifest: &PackageJson) -> Vec<Fact> {
    let files = known(of_files(repo, &path));
    let stated = known(of_manifest(&path("package.json"), manifest));
    let enforced = CATALOG.manager.iter().filter(|row| row.engines).flat_map(|row| &row.lockfiles);
    match enforced.into_iter().any(|lock| repo.has(lock)) {
        true => toolchain::bounded(files, stated),
        false => [files, stated].concat(),
    }
}

/// What files of tools that install Node say.
fn of_files(repo: &Repo, path: impl Fn(&str) -> String) -> Vec<Fact> {
    let mut facts = Vec::new();
    for file in [".nvmrc", ".node-version"].map(&path) {
        if let Some(text) = repo.text(&file) {
            facts.push(match node_version::parse(text) {
                Ok(request) => wanted(&request, &file, text.trim(), Strength::Pinned),
                Err(fault) => unreadable(&file, &fault),
            });
        }
    }
    type Parse = fn(&str) -> Result<ToolVersions, Fault>;
    let files: [(&str, Parse); 3] = [
        (".tool-versions", tool_versions::parse),
        ("mise.toml", tool_versions::parse_mise),
        (".mise.toml", tool_versions::parse_mise),
    ];
    for (file, parse) in files {
        let file = path(file);
        match repo.text(&file).map(parse) {
            Some(Ok(tools)) => facts.extend(tool(&tools, &file)),
            Some(Err(fault)) => facts.push(unreadable(&file, &fault)),
            None => {}
        }
    }
    facts
}

fn of_manifest(file: &str, manifest: &PackageJson) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(version) = manifest.volta.get("node") {
        facts.extend(range(version, file, &format!("\"volta\": {{\"node\": \"{version}\"}}"), Strength::Pinned));
    }
    if let Some(version) = manifest.engines.get("node") {
        facts.extend(range(version, file, &format!("\"node\": \"{version}\""), Strength::Stated));
    }
    for runtime in manifest.dev_runtimes.iter().filter(|runtime| runtime.name == "node") {
        let version = runtime.version.as_deref().unwrap_or("*");
        facts.extend(range(version, file, "\"devEngines\"", Strength::Stated));
    }
    facts
}

fn tool(tools: &ToolVersions, file: &str) -> Option<Fact> {
    let (name, versions) = ["nodejs", "node"].iter().find_map(|name| tools.get_key_value(*name))?;
    let version = versions.first()?;
    let quote = format!("{name} {version}");
    Some(match node_version::request(version) {
        Some(request) => wanted(&request, file, &quote, Strength::Pinned),
        None => unreadable(file, &Fault::new("names no version that Node has", &quote)),
    })
}

/// Testimonies in which one for a release that is older than all known ones becomes one for the old ones.
fn known(facts: Vec<Fact>) -> Vec<Fact> {
    facts.into_iter().flat_map(heard).collect()
}

fn heard(fact: Fact) -> Vec<Fact> {
    let Kind::Toolchain(requirement) = &fact.kind else { return vec![fact] };
    let oldest = CATALOG.release.last().map_or("", |release| &release.cycle);
    if !requirement.is_below(oldest) {
        return vec![fact];
    }
    let why = format!("it asks for {requirement}, and the oldest release known to dockgen is {oldest}");
    let old = Requirement::range(OLD, OLD).map(Kind::Toolchain);
    let evidence = &fact.evidence;
    let new = |kind, strength| Fact::new(kind, &evidence.file, &evidence.quote, strength);
    std::iter::once(new(Kind::Unreadable(why), Strength::Guess))
        .chain(old.map(|kind| new(kind, Strength::Convention)))
        .collect()
}

/// The releases that run what was written for older ones: newer ones dropped more.
const OLD: &str = "<17";

fn unreadable(file: &str, fault: &Fault) -> Fact {
    Fact::new(Kind::Unreadable(fault.what.clone()), file, &fault.quote, Strength::Guess)
}

fn wanted(request: &Request, file: &str, quote: &str, strength: Strength) -> Fact {
    let known = |alias: String| {
        let known = CATALOG.release.iter().any(|release| release.aliases.contains(&alias));
        known.then(|| Requirement::alias(&alias))
    };
    let requirement = match request {
        Request::Version(version) => Requirement::line(version),
        Request::Codename(name) => known(format!("lts/{name}")),
        Request::Lts => known("lts/*".to_owned()),
        Request::Latest => known("latest".to_owned()),
    };
    match requirement {
        Some(requirement) => Fact::new(Kind::Toolchain(requirement), file, quote, strength),
        None => unreadable(file, &Fault::new("names no version that Node has", quote)),
    }
}

/// A range of a manifest; an empty one and `*` say nothing.
fn range(text: &str, file: &str, quote: &str, strength: Strength) -> Option<Fact> {
    let text = text.trim();
    if text.is_empty() || text == "*" || text == "x" {
        return None;
    }
    if let Some(request) = node_version::request(text).filter(|request| !matches!(request, Request::Version(_))) {
        return Some(wanted(&request, file, quote, strength));
    }
    Some(match Requirement::range(text, text) {
        Some(requirement) => Fact::new(Kind::Toolchain(requirement), file, quote, strength),
        None => unreadable(file, &Fault::new("names no range of versions", quote)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::package_json;

    #[test]
    fn releases_that_nobody_has_any_more_become_old_ones() {
        for (range, heard) in [("4.0.0", "<17"), ("8.x", "<17"), (">=8.9", ">=8.9"), ("^12", "^12"), ("24", "24")] {
            let manifest = package_json::parse(&format!(r#"{{"engines": {{"node": "{range}"}}}}"#)).unwrap();
            let repo = Repo::from_list("x", []);
            let found = facts(&repo, str::to_owned, &manifest).into_iter().find_map(|fact| match fact.kind {
                Kind::Toolchain(requirement) => Some(requirement.to_string()),
                _ => None,
            });
            assert_eq!(found.as_deref(), Some(heard), "{range}");
        }
    }
}
