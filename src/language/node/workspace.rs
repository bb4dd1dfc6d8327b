//! A repository with a `package.json` at its top: its packages, and those of them that may be the service.

use crate::facts::Fact;
use crate::language::Scope;
use crate::path::{is_below, join, normal};
use crate::repo::Repo;

use super::build;
use super::catalog::CATALOG;
use super::package::Package;
use super::project::Project;
use super::service::Service;
use super::sites::{self, Member};
use super::source::Sources;
use super::{manager, needs, registry};

/// What was read.
pub struct Workspace {
    /// The manifests and the lock files.
    pub project: Project,
    /// What may be started: the root, and the members that may be services.
    pub services: Vec<Service>,
    /// Folders below with scripts that build or start, where nothing else can be started.
    pub runnable: Vec<String>,
    /// Whether `--entry` names a file.
    pub is_asked_file: bool,
}

impl Workspace {
    /// Reads what there is.
    pub fn read(scope: Scope) -> Self {
        let repo = scope.repo;
        let mut project = Project::read(repo);
        for package in project.members.iter_mut().chain([&mut project.root]) {
            package.asked.clone_from(&scope.wishes.extras.build_script);
        }
        let members: Vec<Member> = project.members.iter().map(|package| member(repo, package)).collect();
        let mut services = services(scope, &project, &members);
        for service in &mut services {
            service.package.borrowed = sites::borrowed(&project, &service.package, &service.findings);
            let own = project.members.iter_mut().find(|member| member.folder == service.package.folder);
            own.into_iter().for_each(|member| member.borrowed.clone_from(&service.package.borrowed));
        }
        let started = services.iter_mut().filter(|service| service.package.is_member() && !service.ways.is_empty());
        let made: Vec<_> = members.iter().map(|(package, ..)| sites::made(repo, package)).collect();
        started.for_each(|service| service.join(&project, &members, &made));
        let is_idle = services.iter().all(|service| service.ways.is_empty() && service.shape.is_none());
        let startable = project.folders.iter().filter(|folder| is_idle && has_scripts(repo, folder));
        Workspace {
            runnable: startable.take(3).cloned().collect(),
            is_asked_file: scope.wishes.entry.as_deref().and_then(normal).is_some_and(|path| repo.has(&path)),
            project,
            services,
        }
    }

    /// The members that may be the service.
    pub fn apps(&self) -> impl Iterator<Item = &Package> {
        self.services.iter().map(|service| &service.package).filter(|package| package.is_member())
    }

    /// What was seen of the package in this folder.
    pub fn service(&self, folder: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.package.folder == folder)
    }

    /// Everything that was seen.
    pub fn facts(&self) -> Vec<Fact> {
        let project = &self.project;
        let mut facts = project.versions.clone();
        facts.extend(manager::facts(project));
        facts.extend(project.faults.iter().cloned());
        facts.extend(project.packages().flat_map(build::facts));
        facts.extend(self.services.iter().flat_map(|service| service.facts(needs::facts(project, service))));
        facts.push(Fact::manifest("package.json"));
        facts.extend(registry::feeds(project));
        facts
    }
}

/// Reads the packages that may be the service: those members that `--entry` or their scripts make one, else the root.
fn services(scope: Scope, project: &Project, members: &[Member]) -> Vec<Service> {
    let sources = Sources::new(scope.repo);
    let light = |package: &Package| Service::light(member(scope.repo, package));
    let known = members.iter().cloned().map(Service::light);
    let mut services: Vec<Service> =
        known.filter(|service| is_app(project, service) || is_named(project, &service.package)).collect();
    let wish = scope.wishes.entry.as_deref();
    if let Some(asked) = wish.and_then(|wish| asked(project, wish)) {
        if services.iter().all(|service| service.package.folder != asked.folder) {
            services.push(light(asked));
        }
        let is_asked = |service: &&mut Service| service.package.folder == asked.folder;
        services.iter_mut().filter(is_asked).for_each(|service| service.look(scope, project, &sources));
    } else {
        services.iter_mut().for_each(|service| service.look(scope, project, &sources));
    }
    if services.is_empty() || wish.is_none() && is_program(scope.repo, project) {
        let mut root = light(&project.root);
        root.look(scope, project, &sources);
        services.push(root);
    }
    services
}

/// Whether the root of a workspace is a program of its own: its build calls a framework, or its start a file of its own.
fn is_program(repo: &Repo, project: &Project) -> bool {
    let (build, shape) = build::read(repo, &project.root);
    let is_member = |path: &str| project.members.iter().any(|member| is_below(path, &member.folder));
    let is_made = |path: &str| path.ends_with("js") && !path.contains("node_modules/") && build.makes(path);
    let is_own = |path: String| (repo.has(&path) || is_made(&path)) && !is_member(&path);
    let is_own = |word: &str| normal(word).is_some_and(is_own);
    let starts = root_script(project).is_some_and(|(_, line)| line.split_whitespace().any(is_own));
    build.script.is_some() && shape.is_some_and(|shape| !shape.framework.library) || starts
}

/// What the manifest of a package says.
fn member(repo: &Repo, package: &Package) -> Member {
    let (build, shape) = build::read(repo, package);
    (package.clone(), build, shape)
}

/// The member that a wish names, by its folder or by its name.
pub fn asked<'a>(project: &'a Project, wish: &str) -> Option<&'a Package> {
    let folder = normal(wish).unwrap_or_default();
    let named = |member: &&Package| member.folder == folder || member.manifest.name.as_deref() == Some(wish);
    project.members.iter().find(named)
}

/// The script with which the root starts something.
pub fn root_script(project: &Project) -> Option<(&str, &str)> {
    let scripts = &project.root.manifest.scripts;
    let (name, line) = CATALOG.usual.scripts.iter().find_map(|name| scripts.get_key_value(name))?;
    Some((name, line))
}

/// Whether a line names a package.
pub fn names(line: &str, package: &Package) -> bool {
    let mut words = line.split(|c: char| c.is_whitespace() || c == '=');
    words.any(|word| word == package.label() || word.trim_start_matches("./") == package.folder)
}

/// Whether the script with which the root starts something names this member.
fn is_named(project: &Project, package: &Package) -> bool {
    root_script(project).is_some_and(|(_, line)| names(line, package))
}

/// Whether a member is a program, and no library.
fn is_app(project: &Project, service: &Service) -> bool {
    let Service { package, shape, .. } = service;
    let scripts = &package.manifest.scripts;
    let mut names = CATALOG.usual.scripts.iter().map(String::as_str).chain(["preview"]);
    let starts = names.any(|name| scripts.contains_key(name));
    let library = shape.as_ref().is_some_and(|shape| shape.framework.library);
    let watches = scripts.get("start").is_some_and(|line| line.contains("--watch") || line.contains(" -w"));
    let alone = !project.is_needed(package);
    (alone && (starts || shape.is_some()) || scripts.contains_key("start") && !watches) && !library
}

/// Whether the manifest of a folder seems to have scripts that build or start.
fn has_scripts(repo: &Repo, folder: &str) -> bool {
    let text = repo.text(&join(folder, "package.json"));
    text.is_some_and(|text| text.contains("\"start\"") || text.contains("\"build\""))
}
