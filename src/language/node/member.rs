//! Which package is the service: the root, or a member of the workspace.

use crate::catalog::SHARED;
use crate::error::{Error, typed};
use crate::facts::{Evidence, Strength};
use crate::plan::program::Startable;
use crate::plan::{Candidate, Planner, topic};

use super::catalog::CATALOG;
use super::package::Package;
use super::project::Project;
use super::service::Service;
use super::ways::Verdict;
use super::workspace::{Workspace, asked, names, root_script};

/// The package to write for.
///
/// # Errors
/// Where a wish names none, or no member can be started.
pub fn choose<'a>(planner: &mut Planner, workspace: &'a Workspace) -> Result<&'a Service, Error> {
    let project = &workspace.project;
    let folder = match (project.is_workspace(), is_of_root(planner, workspace)) {
        (false, _) => None,
        (true, false) => planner.program("member of the workspace", members(workspace))?,
        (true, true) => planner.choose(topic::ENTRY, members(workspace).into_iter().map(Candidate::from).collect()),
    };
    let service = workspace.service(&folder.unwrap_or_default());
    let chosen = service.map(|service| service.package.folder.clone()).unwrap_or_default();
    let sites: Vec<&String> = service.iter().flat_map(|service| &service.sites).map(|site| &site.folder).collect();
    let is_other = |other: &&Service| other.package.is_member() && other.package.folder != chosen;
    let unseen = |other: &&Package| other.folder != chosen && workspace.service(&other.folder).is_none();
    for other in project.members.iter().filter(unseen).filter(|other| !sites.contains(&&other.folder)) {
        let Some(file) = other.container.as_ref().filter(|_| planner.wishes.entry.is_none()) else { continue };
        let folder = &other.folder;
        planner.left_out(&format!("`{folder}` has an image of its own by `{file}`, and is not in this one"), folder);
    }
    let is_built = |other: &&Service| chosen.is_empty() && is_built_by_root(project, &other.package);
    let others = workspace.services.iter().filter(is_other).filter(|other| !is_built(other));
    for other in others.filter(|other| !sites.contains(&&other.package.folder)) {
        let folder = &other.package.folder;
        let what = match (is_started(project, &other.package), stands_alone(other)) {
            (true, _) => format!("`package.json` starts `{folder}` too, which"),
            (_, true) => format!("`{folder}` is a program too, which"),
            _ => continue,
        };
        planner.left_out(&format!("{what} is not in this image"), folder);
    }
    let can_be =
        |service: &&Service| service.package.is_member() || !project.is_workspace() || service.runs_by_itself();
    service.filter(can_be).ok_or_else(|| {
        Error::no("no member of this workspace can be started: none has a `start` script or a framework")
            .hint(known(project))
    })
}

/// Whether `--entry` names a script or a file of the root.
fn is_of_root(planner: &Planner, workspace: &Workspace) -> bool {
    let project = &workspace.project;
    let wish = planner.wishes.entry.as_deref().filter(|wish| asked(project, wish).is_none());
    wish.is_some_and(|wish| project.root.manifest.scripts.contains_key(wish) || workspace.is_asked_file)
}

fn known(project: &Project) -> String {
    let names = project.members.iter().map(|member| format!("`--entry {}`", typed(&member.folder)));
    format!("members are {}", names.take(8).collect::<Vec<_>>().join(", "))
}

/// Whether a script of the root that is no developer's starts this member.
fn is_started(project: &Project, package: &Package) -> bool {
    let starts =
        |name: &str| name.split([':', '-']).any(|part| CATALOG.usual.scripts.iter().any(|usual| usual == part));
    let all = |line: &str| CATALOG.skipped.all.iter().any(|words| line.contains(words.as_str()));
    let mut scripts = project.root.manifest.scripts.iter();
    scripts.any(|(name, line)| starts(name) && (names(line, package) || all(line)))
}

/// Whether a script with which the root builds names this member.
fn is_built_by_root(project: &Project, package: &Package) -> bool {
    let builds = |name: &str| CATALOG.usual.builds.iter().any(|usual| name.split(':').next() == Some(usual));
    project.root.manifest.scripts.iter().any(|(name, line)| builds(name) && names(line, package))
}

/// Whether a member is a program that answers others, or works beside one that does.
fn stands_alone(service: &Service) -> bool {
    let folder = &service.package.folder;
    let has = |words: &[String]| folder.split(['/', '-']).any(|part| words.iter().any(|word| word == part));
    let starts = service.ways.iter().any(|way| way.verdict == Verdict::Starts);
    let serves = service.findings.listens.is_some() || service.server().is_some();
    starts && !has(&SHARED.aside) && (serves || has(&CATALOG.usual.beside))
}

/// The members that can be started, and a root that is a program of its own, with what speaks for each.
fn members(workspace: &Workspace) -> Vec<Startable<String>> {
    let project = &workspace.project;
    let apps: Vec<&Package> = workspace.apps().collect();
    let root = workspace.service("").filter(|_| !apps.is_empty());
    let only = root.is_none() && apps.iter().filter(|package| !project.is_needed(package)).count() == 1;
    let of_root = |service: &Service| Startable {
        value: String::new(),
        entry: ".".to_owned(),
        aliases: service.package.manifest.name.iter().cloned().collect(),
        place: String::new(),
        serves: true,
        reason: "the root is a program of its own".to_owned(),
        evidence: Evidence::new("package.json", "", Strength::Stated),
    };
    root.map(of_root).into_iter().chain(apps.iter().map(|package| startable(project, package, only))).collect()
}

fn startable(project: &Project, package: &Package, only: bool) -> Startable<String> {
    let root = root_script(project).filter(|(_, line)| names(line, package));
    let built = project.root.manifest.scripts.get("build").is_some_and(|line| names(line, package));
    let (reason, strength) = match (root, only) {
        (Some(_), _) => ("the root's `start` script names it", Strength::Stated),
        (_, false) if built => ("the root's `build` script names it", Strength::Convention),
        (_, true) if !project.is_needed(package) => ("the only member that can be started", Strength::Stated),
        _ => ("a member that can be started", Strength::Guess),
    };
    let evidence = match root {
        Some((name, line)) => Evidence::new("package.json", &format!("\"{name}\": \"{line}\""), strength),
        None => Evidence::new(&package.path("package.json"), "", strength),
    };
    Startable {
        value: package.folder.clone(),
        entry: package.folder.clone(),
        aliases: package.manifest.name.iter().cloned().collect(),
        place: package.folder.clone(),
        serves: !project.is_needed(package),
        reason: reason.to_owned(),
        evidence,
    }
}
