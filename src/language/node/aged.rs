//! Releases of packages that do not fit every release of Node: what speaks against a release, and what helps on it.

use std::collections::BTreeMap;

use nodejs_semver::{Range, Version};

use crate::facts::{Fact, Kind, Strength};
use crate::format::package_json::{self, PackageJson};
use crate::plan::toolchain::Toolchain;
use crate::repo::Repo;
use crate::requirement::Requirement;

use super::catalog::{Aged, CATALOG};
use super::package::Package;
use super::project::Project;

/// No more manifests than this are looked at.
const MOST_MANIFESTS: usize = 30;

/// Testimonies against releases of Node.
pub fn facts(project: &Project, package: &Package) -> Vec<Fact> {
    let row = |row: &Aged| {
        let used = version(project, package, &row.package).filter(|version| fits(&row.releases, version))?;
        let range = Requirement::range(row.node.as_ref()?, row.node.as_ref()?)?;
        let quote = format!("{} {used}", row.package);
        Some(Fact::new(
            Kind::Toolchain("node".to_owned(), range),
            &package.path("package.json"),
            &quote,
            Strength::Convention,
        ))
    };
    CATALOG.aged.iter().filter_map(row).collect()
}

/// Variables with which the build works on a release of Node that is newer than its packages.
pub fn environment(
    project: &Project,
    package: &Package,
    below: &[PackageJson],
    toolchain: &Toolchain,
) -> BTreeMap<String, String> {
    let uses = |row: &&Aged| {
        let fits = |version: Option<Version>| version.is_some_and(|version| fits(&row.releases, &version));
        fits(version(project, package, &row.package)) || below.iter().any(|other| fits(stated(other, &row.package)))
    };
    let rows = CATALOG.aged.iter().filter(|row| row.since.as_ref().is_some_and(|since| on(since, toolchain)));
    rows.filter(uses).flat_map(|row| row.environment.clone()).collect()
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

fn on(range: &str, toolchain: &Toolchain) -> bool {
    Version::parse(&toolchain.version).is_ok_and(|version| fits(range, &version))
}
