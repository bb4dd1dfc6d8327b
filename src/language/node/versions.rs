//! Which Node is wanted: version files pin it, manifests state a range.

use crate::facts::{Fact, Kind, Strength};
use crate::format::Fault;
use crate::format::node_version::{self, Request};
use crate::format::package_json::PackageJson;
use crate::format::tool_versions::{self, ToolVersions};
use crate::plan::toolchain::Requirement;
use crate::repo::Repo;

use super::catalog::CATALOG;

/// The testimonies of the files below a folder.
pub fn facts(repo: &Repo, path: impl Fn(&str) -> String, manifest: &PackageJson) -> Vec<Fact> {
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
    let file = path("package.json");
    if let Some(version) = manifest.volta.get("node") {
        facts.extend(range(version, &file, &format!("\"volta\": {{\"node\": \"{version}\"}}"), Strength::Pinned));
    }
    if let Some(version) = manifest.engines.get("node") {
        facts.extend(range(version, &file, &format!("\"node\": \"{version}\""), Strength::Stated));
    }
    for runtime in manifest.dev_runtimes.iter().filter(|runtime| runtime.name == "node") {
        let version = runtime.version.as_deref().unwrap_or("*");
        facts.extend(range(version, &file, "\"devEngines\"", Strength::Stated));
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
