//! Members of a workspace that a service does not name among its dependencies, and cannot do without: front ends whose result
//! it serves, and packages that it imports by way of the root.

use crate::path::{is_below, join, resolve};
use crate::repo::Repo;

use super::build::{self, Build};
use super::catalog::CATALOG;
use super::framework::Shape;
use super::package::Package;
use super::project::Project;
use super::source::Findings;

/// A member with its build and its framework.
pub type Member = (Package, Build, Option<Shape>);

/// A member whose result a service serves.
#[derive(Debug, Clone)]
pub struct Site {
    /// The member's folder.
    pub folder: String,
    /// The script that makes it.
    pub script: Option<String>,
    /// What is made, relative to the repository.
    pub made: String,
}

/// The front ends among the members whose result a service serves.
pub fn find(
    repo: &Repo,
    project: &Project,
    (package, findings): (&Package, &Findings),
    members: &[Member],
) -> Vec<Site> {
    let own: Vec<&str> = project.closure(&package.folder).iter().map(|it| it.folder.as_str()).collect();
    let others = members.iter().filter(|other| !own.contains(&other.0.folder.as_str()));
    others.filter_map(|other| into(repo, package, &other.0).or_else(|| named(findings, other))).collect()
}

/// A member of which a script writes into the folder of the service.
fn into(repo: &Repo, package: &Package, other: &Package) -> Option<Site> {
    let is_meant = |name: &str| {
        let mut parts = name.split([':', '-', '_']);
        !parts.any(|part| CATALOG.front_end.not.iter().any(|word| word == part))
    };
    let scripts = other.manifest.scripts.iter().filter(|(name, _)| is_meant(name));
    let mut made = scripts.filter_map(|(name, line)| {
        let made = resolve(&other.folder, &build::said(repo, other, line)?)?;
        (made != package.folder && is_below(&made, &package.folder)).then(|| (name.clone(), made))
    });
    let (script, made) = made.next()?;
    Some(Site { folder: other.folder.clone(), script: Some(script), made })
}

/// A member whose result the sources of the service name, with its folder.
fn named(findings: &Findings, (package, build, shape): &Member) -> Option<Site> {
    let shape = shape.as_ref().filter(|shape| shape.mode.is_static && !shape.framework.library)?;
    let output = build.outputs.first().or_else(|| shape.mode.output.first())?;
    let place = format!("{}/{output}", package.folder.rsplit('/').next()?);
    findings.names_path(&place).then(|| Site {
        folder: package.folder.clone(),
        script: build.script.clone(),
        made: join(&package.folder, output),
    })
}

/// What the sources of a member import that only the manifest of the root names.
pub fn borrowed(project: &Project, package: &Package, findings: &Findings) -> Vec<String> {
    let imported = findings.packages();
    let names = project.root.manifest.dependencies.keys().filter(|_| package.is_member());
    let is_own = |name: &String| package.manifest.dependency(name).is_some();
    let name = package.manifest.name.as_ref();
    let is_meant = |wanted: &&String| imported.contains(*wanted) && !is_own(wanted) && Some(*wanted) != name;
    names.filter(is_meant).cloned().collect()
}
