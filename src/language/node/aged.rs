//! Releases of packages that do not fit every release of Node: what speaks against a release, and what helps on it.

use std::collections::BTreeMap;

use nodejs_semver::{Range, Version};

use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::format::package_json::{self, PackageJson};
use crate::plan::toolchain::Toolchain;
use crate::repo::Repo;
use crate::rows::{self, Seen};

use super::catalog::CATALOG;
use super::package::Package;
use super::project::Project;

/// No more manifests than this are looked at.
const MOST_MANIFESTS: usize = 30;

/// What a service is built with, as rows ask for it.
struct Built<'a> {
    project: &'a Project,
    package: &'a Package,
    below: &'a [PackageJson],
    toolchain: Option<&'a Toolchain>,
}

impl Seen for Built<'_> {
    fn dependency(&self, name: &str) -> Option<(Option<String>, Evidence)> {
        let below = || self.below.iter().find_map(|other| stated(other, name));
        let used = version(self.project, self.package, name).or_else(below)?.to_string();
        let quote = format!("{name} {used}");
        let evidence = Evidence::new(&self.package.path("package.json"), &quote, Strength::Convention);
        Some((Some(used), evidence))
    }

    fn has(&self, _path: &str) -> bool {
        false
    }

    /// Node 17 came with OpenSSL 3.
    fn asks(&self, question: &str) -> Option<Evidence> {
        let is_new = |toolchain: &&Toolchain| toolchain.cycle.parse::<u32>().is_ok_and(|cycle| cycle >= 17);
        self.toolchain.filter(|toolchain| question == "has_openssl_3" && is_new(toolchain)).map(|_| Evidence::guess())
    }
}

/// Testimonies against releases of Node.
pub fn facts(project: &Project, package: &Package) -> Vec<Fact> {
    rows::follow(&CATALOG.aged, &Built { project, package, below: &[], toolchain: None })
}

/// Variables with which the build works on a release of Node that is newer than its packages.
pub fn environment(
    project: &Project,
    package: &Package,
    below: &[PackageJson],
    toolchain: &Toolchain,
) -> BTreeMap<String, String> {
    let facts = rows::follow(&CATALOG.aged, &Built { project, package, below, toolchain: Some(toolchain) });
    let variable = |fact: Fact| match fact.kind {
        Kind::Variable(name, value) => Some((name, value)),
        _ => None,
    };
    facts.into_iter().filter_map(variable).collect()
}

/// Manifests in folders below, which a script of the service may build.
pub fn manifests(repo: &Repo, package: &Package) -> Vec<PackageJson> {
    let files = repo.below(&package.folder).filter(|path| path.ends_with("/package.json"));
    let files = files.filter(|path| **path != package.path("package.json"));
    let read = |path: &str| package_json::parse(repo.text(path)?).ok();
    files.take(MOST_MANIFESTS).filter_map(read).collect()
}

/// The locked version, else the oldest that the manifest allows.
pub fn version(project: &Project, package: &Package, name: &str) -> Option<Version> {
    let locked = project.locked.get(name).map(|version| Version::parse(version).ok());
    locked.flatten().or_else(|| stated(&package.manifest, name))
}

fn stated(manifest: &PackageJson, name: &str) -> Option<Version> {
    Range::parse(manifest.dependency(name)?).ok()?.min_version()
}

/// Whether a version is in a range.
pub fn fits(range: &str, version: &Version) -> bool {
    Range::parse(range).is_ok_and(|range| range.satisfies(version))
}
