//! What a service needs beside its packages: rows about packages that it depends on and commands that it starts.

use crate::facts::{Evidence, Fact, Strength};
use crate::plan::{Need, Planner};
use crate::rows::{self, Seen};

use super::Desk;
use super::catalog::{CATALOG, Native};
use super::project::{Package, Project};
use super::server::Server;
use super::service::Service;
use super::start::Start;

/// What rows may ask about a service.
struct Used<'a> {
    project: &'a Project,
    service: &'a Service,
}

impl Seen for Used<'_> {
    fn dependency(&self, name: &str) -> Option<(Option<String>, Evidence)> {
        let package = &self.service.package;
        let mut packages = self.project.closure(&package.folder).into_iter().chain([package]);
        packages.find(|package| package.manifest.runtime_dependency(name).is_some())?;
        let evidence = Evidence::new(&package.path("package.json"), &format!("\"{name}\""), Strength::Stated);
        Some((self.project.locked.get(name).cloned(), evidence))
    }

    fn has(&self, path: &str) -> bool {
        self.project.has(path)
    }

    fn command(&self, name: &str) -> Option<Evidence> {
        let mut commands = self.service.findings.commands.iter();
        commands.find(|(command, _)| command == name).map(|(_, evidence)| evidence.clone())
    }

    fn asks(&self, question: &str) -> Option<Evidence> {
        let lines = self.service.findings.lines.as_ref();
        lines.filter(|_| question == "starts_lines").cloned()
    }
}

/// What follows from the packages and the commands of a service.
pub fn facts(project: &Project, service: &Service) -> Vec<Fact> {
    rows::follow(&CATALOG.row, &Used { project, service })
}

/// Rows about packages with native parts of which one is used.
pub fn natives(project: &Project, package: &Package) -> Vec<&'static Native> {
    let packages: Vec<&Package> = project.closure(&package.folder).into_iter().chain([package]).collect();
    let direct = |name: &String| packages.iter().any(|package| package.manifest.runtime_dependency(name).is_some());
    let used = |row: &Native, name: &String| match row.compile {
        true => packages.iter().any(|package| project.uses(package, name)),
        false => direct(name),
    };
    CATALOG.native.iter().filter(|row| row.packages.iter().any(|name| used(row, name))).collect()
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
