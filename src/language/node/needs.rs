//! What a service needs beside its packages: rows about packages that it depends on and commands that it starts.

use std::collections::BTreeMap;

use crate::facts::{Evidence, Fact, Strength};
use crate::plan::{Need, Planner};
use crate::rows::Seen;
use crate::witness;

use super::Desk;
use super::aged;
use super::catalog::{CATALOG, Native};
use super::package::Package;
use super::project::Project;
use super::server::Server;
use super::service::Service;
use super::start::Start;
use super::ways::Verdict;

/// What rows may ask about a service.
struct Used<'a> {
    project: &'a Project,
    service: &'a Service,
    /// What it is made of, itself last.
    packages: Vec<&'a Package>,
    /// Packages that are installed in production, each with the first of these that asks for it.
    dependencies: BTreeMap<&'a str, &'a Package>,
}

impl<'a> Used<'a> {
    fn new(project: &'a Project, service: &'a Service) -> Self {
        let own = [&service.package];
        let packages: Vec<&Package> = project.closure(&service.package.folder).into_iter().chain(own).collect();
        let mut dependencies = BTreeMap::new();
        for package in &packages {
            for name in package.manifest.runtime_dependencies() {
                dependencies.entry(name).or_insert(*package);
            }
        }
        Used { project, service, packages, dependencies }
    }
}

impl Seen for Used<'_> {
    fn dependency(&self, name: &str) -> Option<(Option<String>, Evidence)> {
        let of = self.dependencies.get(name)?;
        let evidence = Evidence::new(&of.path("package.json"), &format!("\"{name}\""), Strength::Stated);
        Some((aged::version(self.project, of, name).map(|version| version.to_string()), evidence))
    }

    fn has(&self, path: &str) -> bool {
        self.packages.iter().any(|package| package.there.contains(path))
    }

    fn command(&self, name: &str) -> Option<Evidence> {
        let mut commands = self.service.findings.commands.iter();
        commands.find(|(command, _)| command == name).map(|(_, evidence)| evidence.clone())
    }

    fn asks(&self, question: &str) -> Option<Evidence> {
        match question {
            "starts_lines" => self.service.findings.lines.clone(),
            "leaves_migrations" => {
                let first = self.service.ways.iter().find(|way| way.verdict == Verdict::Starts);
                let dropped = first.is_some_and(|way| !way.resolved.dropped.is_empty());
                (!dropped && self.service.build.dropped.is_empty()).then(Evidence::guess)
            }
            "writes_unknown" => self.service.findings.writes.is_empty().then(Evidence::guess),
            "renders" => self.service.server().map(|shape| shape.evidence.clone()),
            _ => None,
        }
    }
}

/// What follows from the packages and the commands of a service.
pub fn facts(project: &Project, service: &Service) -> Vec<Fact> {
    witness::follow(&CATALOG.row, &Used::new(project, service))
}

/// Rows about packages with native parts of which one is used.
pub fn natives(project: &Project, package: &Package) -> Vec<&'static Native> {
    let packages: Vec<&Package> = project.closure(&package.folder).into_iter().chain([package]).collect();
    let direct = |name: &String| packages.iter().any(|package| package.manifest.runtime_dependency(name).is_some());
    let used = |row: &Native, name: &String| match row.compile {
        true => packages.iter().any(|package| project.uses(package, name)),
        false => direct(name),
    };
    let is_meant = |row: &Native, name: &String| {
        let versions = || packages.iter().find_map(|package| aged::version(project, package, name));
        row.releases.as_ref().is_none_or(|releases| versions().is_none_or(|version| aged::fits(releases, &version)))
    };
    let fits = |row: &&Native| row.packages.iter().any(|name| used(row, name) && is_meant(row, name));
    CATALOG.native.iter().filter(fits).collect()
}

impl Desk<'_> {
    /// What the image must provide that runs the program.
    pub fn needs(&self, planner: &Planner, server: &Server) -> Vec<Need> {
        let assumed = [("node", "it is a program for Node"), ("libc", "packages bring programs for the GNU C library")];
        let mut needs = planner.needs(&assumed);
        let version = &self.toolchain.version;
        if !CATALOG.release.iter().any(|release| release.version == *version) {
            let reason = format!("Node {version} is asked for, to the patch release");
            needs.push(Need::new("exact", reason, Evidence::new("", "", Strength::Convention)));
        }
        if matches!(server.start, Start::Shell(_) | Start::Program(_)) {
            needs.push(Need::new("shell", "what is started needs a shell", server.way.evidence.clone()));
        }
        needs
    }
}
