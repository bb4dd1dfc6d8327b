//! Releases of packages that do not fit every release of Node: what speaks against a release, and what helps on it.

use std::collections::BTreeMap;

use nodejs_semver::{Range, Version};

use crate::facts::{Fact, Kind, Strength};
use crate::format::package_json;
use crate::plan::toolchain::{Requirement, Toolchain};

use super::catalog::{Aged, CATALOG};
use super::project::{Package, Project};

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
pub fn environment(project: &Project, package: &Package, toolchain: &Toolchain) -> BTreeMap<String, String> {
    let below: Vec<Package> = manifests(project, package);
    let uses = |row: &&Aged| {
        version(project, package, &row.package).is_some_and(|version| fits(&row.releases, &version))
            || below
                .iter()
                .any(|other| stated(other, &row.package).is_some_and(|version| fits(&row.releases, &version)))
    };
    let rows = CATALOG.aged.iter().filter(|row| row.since.as_ref().is_some_and(|since| on(since, toolchain)));
    rows.filter(uses).flat_map(|row| row.environment.clone()).collect()
}

/// Manifests in folders below, which a script of the service may build.
fn manifests(project: &Project, package: &Package) -> Vec<Package> {
    let files = project.repo.below(&package.folder).filter_map(|path| path.strip_suffix("/package.json"));
    let read = |folder: &str| {
        let manifest = package_json::parse(project.repo.text(&format!("{folder}/package.json"))?).ok()?;
        Some(Package { folder: folder.to_owned(), manifest })
    };
    files.take(MOST_MANIFESTS).filter_map(read).collect()
}

/// The locked version, else the oldest that the manifest allows.
fn version(project: &Project, package: &Package, name: &str) -> Option<Version> {
    let locked = project.locked.get(name).map(|version| Version::parse(version).ok());
    locked.flatten().or_else(|| stated(package, name))
}

fn stated(package: &Package, name: &str) -> Option<Version> {
    Range::parse(package.manifest.dependency(name)?).ok()?.min_version()
}

fn fits(range: &str, version: &Version) -> bool {
    Range::parse(range).is_ok_and(|range| range.satisfies(version))
}

fn on(range: &str, toolchain: &Toolchain) -> bool {
    Version::parse(&toolchain.version).is_ok_and(|version| fits(range, &version))
}
