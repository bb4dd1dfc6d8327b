//! A service that is a process of its own: how it runs, what it needs beside it, where it listens.

use crate::catalog::SHARED;
use crate::dockerignore::Matcher;
use crate::plan::Planner;

use super::build::Build;
use super::catalog::{CATALOG, Generated, Serves};
use super::commands::Commands;
use super::framework::Shape;
use super::package::Package;
use super::project::Project;
use super::service::Service;
use super::start::Start;
use super::ways::Way;

/// A program that runs.
pub struct Server<'a> {
    /// What was seen of it.
    pub service: &'a Service,
    /// The way that is taken.
    pub way: &'a Way,
    /// What runs.
    pub start: Start,
    /// Variables of the start.
    pub environment: Vec<(String, String)>,
    /// The framework behind it.
    pub shape: Option<&'a Shape>,
    /// Whether it needs node_modules.
    pub modules: bool,
    /// Whether everything but node_modules is shipped, because it is not known what is read.
    pub whole: bool,
    /// What is shipped beside the build's outputs, from the repository.
    pub kept: Vec<String>,
    /// What the build makes inside of node_modules.
    pub generated: Option<&'static Generated>,
    /// Whether PORT has to be set.
    pub sets_port: bool,
    /// Whether tini is the first process.
    pub tini: bool,
}

impl<'a> Server<'a> {
    /// The program of a way.
    pub fn new(planner: &mut Planner, project: &'a Project, service: &'a Service, way: &'a Way) -> Self {
        say(planner, service, way);
        let package = &service.package;
        let shape = service.server();
        let modules = shape.is_none_or(|shape| shape.mode.modules || !is_own_start(project, package, shape, way));
        let made = |file: &String| file.contains("node_modules/") || way.build.makes(file);
        let whole = way.build.elsewhere || way.from_source || way.file.as_ref().is_some_and(|file| !made(file));
        let hosts = [shape.and_then(|shape| shape.mode.host.clone()), way.program().and_then(|row| row.host.clone())];
        let hosts = hosts.into_iter().flatten().map(|host| (host, "0.0.0.0".to_owned()));
        Server {
            service,
            way,
            start: way.resolved.start.clone(),
            environment: way.resolved.env.iter().cloned().chain(hosts).collect(),
            shape,
            modules,
            whole,
            kept: kept(project, service, way),
            generated: project.closure(&package.folder).into_iter().find_map(|package| package.generated),
            sets_port: false,
            tini: true,
        }
    }

    /// The port, and whether PORT has to be set for it.
    pub fn listen(&mut self, planner: &mut Planner) -> Option<u16> {
        let (service, way) = (self.service, self.way);
        let findings = &service.findings;
        let by_itself = service.serves_by_itself(way);
        let listens = findings.listens.is_some() || by_itself || findings.from_environment.is_some();
        let from_environment = findings.from_environment.as_ref();
        let usual = || service.usual_port(way).filter(|_| !by_itself);
        let given = || from_environment.map(|_| (3000, "the program takes it from PORT".to_owned()));
        let unsaid = || (3000, "it listens, and nothing says where".to_owned());
        let says_where = findings.says_where();
        let fallback = usual().or_else(given).or_else(|| (!by_itself && !says_where).then(unsaid));
        let port = planner.listen(listens || way.port().is_some(), fallback);
        let placeholder = self.start.fill(port.unwrap_or(3000));
        let without_default = from_environment.is_some_and(|(_, default)| !default) && !says_where;
        let wanted = self.shape.is_some_and(|shape| shape.mode.wants_port);
        let unset = !placeholder && way.port().is_none();
        self.sets_port =
            port.is_some() && unset && (without_default && !by_itself || planner.wishes.port.is_some() || wanted);
        port
    }

    /// ENTRYPOINT and CMD.
    pub fn words(&self, distroless: bool) -> (Vec<String>, Vec<String>) {
        let mut entrypoint: Vec<String> =
            if self.tini { vec!["/usr/bin/tini".to_owned(), "--".to_owned()] } else { Vec::new() };
        let command = match &self.start {
            Start::Node(args) => {
                entrypoint.push(if distroless { "/nodejs/bin/node" } else { "node" }.to_owned());
                args.clone()
            }
            Start::Bun(args) => {
                entrypoint.extend(CATALOG.runner().map(|row| row.id.clone()));
                args.clone()
            }
            Start::Program(argv) => argv.clone(),
            Start::Shell(line) => vec!["sh".to_owned(), "-c".to_owned(), line.clone()],
            Start::Files(_) | Start::Develop(_) => Vec::new(),
        };
        (entrypoint, command)
    }
}

/// What a person should know of the build and the start.
fn say(planner: &mut Planner, service: &Service, way: &Way) {
    if let Some(evidence) = &way.build.evidence {
        let words = way.build.script.clone().unwrap_or_else(|| way.build.steps.join(" && "));
        planner.build(words, evidence.clone());
    }
    say_what_is_left_out(planner, &way.build);
    for step in &way.resolved.dropped {
        planner.warn(format!("`{step}` is left out of the start: the image has done it, or it belongs into a step of its own before the start"));
    }
    for step in &way.resolved.hooks {
        planner.warn(format!("`{step}` runs before `{}` where npm starts it, and not in the image: where the program needs it, make it a part of the build", way.name));
    }
    let is_local = |row: &&Serves| row.local && service.package.manifest.runtime_dependency(&row.package).is_some();
    let unbound = || service.findings.unbound.as_ref().filter(|_| CATALOG.library.iter().any(|row| is_local(&row)));
    if let Some(local) = service.findings.local.as_ref().or_else(unbound) {
        planner.warn(format!("{local}: the program listens to its own machine only, so nobody outside of the container reaches it; listen on 0.0.0.0"));
    }
}

/// What belongs neither into the build nor into the start.
pub fn say_what_is_left_out(planner: &mut Planner, build: &Build) {
    for step in &build.dropped {
        planner
            .warn(format!("`{step}` is left out of the build, as there is no database: run it before the first start"));
    }
}

fn is_own_start(project: &Project, package: &Package, shape: &Shape, way: &Way) -> bool {
    let commands = Commands { project, package };
    way.resolved.start == Start::Node(shape.mode.start.iter().map(|word| commands.placed(word)).collect())
}

/// What the final stage takes from the repository: the manifest, what is read by convention, and what the program names.
fn kept(project: &Project, service: &Service, way: &Way) -> Vec<String> {
    let shape = service.server();
    let mut kept = vec!["package.json".to_owned()];
    kept.extend(shape.iter().flat_map(|shape| &shape.mode.keeps).cloned());
    // A framework copies what it serves into its output.
    let copied = |name: &str| {
        shape.is_some_and(|shape| shape.mode.port.is_some()) && ["public", "static", "assets"].contains(&name)
    };
    let wanted = |name: &str| {
        let mut read = CATALOG.usual.read_by.iter().filter(|(_, begin)| name.starts_with(begin.as_str()));
        read.any(|(package, _)| service.package.manifest.runtime_dependency(package).is_some())
    };
    let hidden = Matcher::new(&project.context.tests.join("\n"));
    let named = |name: &str| {
        let settings = name.contains(".config.") || name == "node_modules";
        service.named.contains(name)
            && !settings
            && !service.sources.contains(name)
            && !is_tooling(name)
            && !hidden.hides(name)
    };
    // The build context does not hold what may be a secret.
    let secrets = Matcher::new(&SHARED.secrets.join("\n"));
    let names = project.top.iter().map(|top| &top.name).filter(|name| {
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) && !name.starts_with('.');
        let built = way.build.outputs.iter().any(|output| output.split('/').next() == Some(name));
        let read = CATALOG.usual.read.contains(name) || wanted(name) || named(name);
        plain && read && !built && *name != "package.json" && !secrets.hides(name) && !copied(name)
    });
    kept.extend(names.cloned().chain(service.read.iter().cloned()));
    kept.sort_by_key(|name| (name != "package.json", name.clone()));
    kept.dedup();
    kept
}

/// Whether only tools and people read a file.
fn is_tooling(name: &str) -> bool {
    let locks = CATALOG.manager.iter().any(|manager| manager.lockfiles.iter().any(|file| file == name));
    let begins = |begin: &String| name == begin || (begin.len() > 5 && name.starts_with(begin.as_str()));
    locks || name.ends_with(".md") || CATALOG.usual.tooling.iter().any(begins)
}
