//! Node: servers, and applications that compile to files for a web server; alone or as members of a workspace.

mod aged;
mod angular;
mod build;
mod catalog;
mod commands;
mod framework;
pub mod frontend;
mod ignore;
mod imports;
mod install;
mod line;
pub mod maker;
mod manager;
mod member;
mod needs;
mod outcome;
mod package;
mod parts;
pub mod placed;
mod project;
mod reach;
mod recipes;
mod registry;
mod run;
mod server;
mod service;
mod sites;
mod source;
mod start;
mod steps;
mod typescript;
mod unmade;
mod variables;
mod versions;
mod ways;
mod workspace;
mod writes;

use std::collections::{BTreeMap, BTreeSet};

use super::{Language, Recipe, Scope, sign};
use crate::catalog::Runtime;
use crate::catalog::SHARED;
use crate::error::{Error, typed};
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::image::Image;
use crate::path::join;
use crate::plan::toolchain::Toolchain;
use crate::plan::{Need, Planner};
use crate::repo::Repo;
use crate::witness::variables::is_own_address;
use build::Build;
use catalog::{CATALOG, Native};
use frontend::Frontend;
use manager::Chosen;
use outcome::{Outcome, Site};
use package::Package;
use project::Project;
use server::Server;
use service::Service;
use start::Start;
use variables::Argument;
use workspace::Workspace;

/// The row.
pub const LANGUAGE: Language = Language {
    id: "node",
    title: "Node.js",
    signs: &[sign("package.json", Strength::Stated)],
    images: &["node"],
    image: || &CATALOG.image,
    managers: manager::known,
    releases: || &CATALOG.release,
    release: versions::release,
    read: |scope| Box::new(Node::read(scope)),
};

/// What was read: the packages, and a front end in a folder of its own that the program serves.
struct Node {
    workspace: Workspace,
    front_end: Option<(Frontend, String)>,
    /// Front ends that nothing shows to be served.
    unserved: Vec<Fact>,
}

/// No more folders than this may hold the front end.
const MOST_FOLDERS: usize = 10;

impl Node {
    fn read(scope: Scope) -> Self {
        let workspace = Workspace::read(scope);
        let root = workspace.service("").filter(|_| !workspace.project.is_workspace());
        let front_end = root.and_then(|service| served(scope.repo, &workspace.project, service));
        let unasked = root.filter(|_| front_end.is_none() && scope.wishes.extras.front_ends.is_empty());
        let unserved = unasked.map_or_else(Vec::new, |service| unserved(scope.repo, &workspace.project, service));
        Node { workspace, front_end, unserved }
    }
}

/// Whether the build of a service, or its start, names a folder.
fn builds(service: &Service, folder: &str) -> bool {
    let scripts = &service.package.manifest.scripts;
    let script = service.build.script.as_ref().and_then(|name| scripts.get(name));
    let ways = service.ways.iter().map(|way| &way.line);
    script
        .into_iter()
        .chain(&service.build.steps)
        .chain(&service.build.before)
        .chain(ways)
        .any(|line| line.contains(folder))
}

/// The front ends in folders below that a service which answers others does not build.
fn unbuilt(repo: &Repo, project: &Project, service: &Service) -> Vec<Frontend> {
    let is_aside = |folder: &str| folder.split('/').any(|part| SHARED.aside.iter().any(|aside| aside == part));
    let is_near = |folder: &&String| !folder.contains('/') && !is_aside(folder) && !builds(service, folder);
    let answers = service.findings.listens.is_some() && service.shape.is_none();
    let folders = project.folders.iter().filter(|_| answers).filter(is_near).take(MOST_FOLDERS);
    folders.filter_map(|folder| Frontend::of_site(repo, folder)).filter(|it| !repo.has_folder(&it.made)).collect()
}

/// What a person should know of front ends that may be served, and are not built.
fn unserved(repo: &Repo, project: &Project, service: &Service) -> Vec<Fact> {
    let sentence = |front_end: Frontend| {
        let folder = front_end.folder;
        let manifest = join(&folder, "package.json");
        let key = typed(&format!("front-ends.{folder}")).to_string();
        let what = format!(
            "`{manifest}` has a front end, and nothing shows that the program serves what it makes: it is not built; where it serves that, say so: `dockgen config set {key} public`; `dockgen init {}` writes for it alone",
            typed(&folder)
        );
        Fact::new(Kind::Warning(what), &manifest, "", Strength::Stated)
    };
    unbuilt(repo, project, service).into_iter().map(sentence).collect()
}

/// A front end that the sources of a service name the result of, and that its own build does not make, and where it is served from.
fn served(repo: &Repo, project: &Project, service: &Service) -> Option<(Frontend, String)> {
    let is_built = |folder: &str| builds(service, folder);
    let names = |made: &str| service.findings.named(made.split('/')).len() == made.split('/').count();
    // Only what the sources name is looked into, as all of its files are read then.
    let is_near = |folder: &&String| folder.matches('/').count() < 2 && names(folder) && !is_built(folder);
    let folders = project.folders.iter().filter(is_near).take(MOST_FOLDERS);
    let mut named = folders.filter_map(|folder| Frontend::of_site(repo, folder));
    let named = named.find(|it| names(&it.made) && !repo.has_folder(&it.made));
    named
        .map(|it| (it.made.clone(), it))
        .or_else(|| {
            // A page that the program sends, which is not there: the one front end makes it.
            let sends = |folder: &&String| service.findings.names_path(&format!("{folder}/index.html"));
            let is_missing = |folder: &&String| !repo.exists(folder) && !service.build.makes(folder);
            let place = CATALOG.front_end.served.iter().find(|folder| sends(folder) && is_missing(folder))?;
            let mut unbuilt = unbuilt(repo, project, service);
            (unbuilt.len() == 1).then(|| unbuilt.pop())?.map(|it| (place.clone(), it))
        })
        .map(|(place, it)| (it, place))
}

impl super::Project for Node {
    fn testify(&self) -> Vec<Fact> {
        let front_end = self.front_end.iter().flat_map(|(front_end, _)| front_end.testify());
        self.workspace.facts().into_iter().chain(front_end).chain(self.unserved.iter().cloned()).collect()
    }

    fn recipe(&self, planner: &mut Planner) -> Result<Recipe, Error> {
        let project = &self.workspace.project;
        planner.readable()?;
        if !project.is_there {
            let none = Error::no("there is no `package.json` at the top");
            return Err(none.hint("run dockgen where the `package.json` lies"));
        }
        let service = member::choose(planner, &self.workspace)?;
        planner.program = Some(service.package.folder.clone());
        let toolchain = planner.toolchain(LANGUAGE.id, "Node", &CATALOG.release)?;
        let desk = Desk::new(planner, project, service, toolchain)?;
        let outcome = outcome::decide(planner, &self.workspace, service, &desk.toolchain)?;
        desk.order().check_names()?;
        let doubt = doubt(&service.package, service.shape.is_some() || matches!(outcome, Outcome::Site(_)));
        let recipe = match outcome {
            Outcome::Server(server) => {
                let lent = self
                    .front_end
                    .as_ref()
                    .map(|(it, place)| Ok::<_, Error>((it.lend(planner)?, place)))
                    .transpose()?;
                let mut recipe = desk.server(planner, *server)?;
                if let Some((lent, place)) = lent {
                    recipe.take(lent, format!("./{place}"));
                }
                recipe
            }
            Outcome::Site(site) => desk.site(planner, &site)?,
        };
        Ok(Recipe { doubt, ..recipe })
    }
}

/// Why a package may be no service: it is for phones, or a framework compiles it and nothing but starts for development says so.
fn doubt(package: &Package, is_compiled: bool) -> Option<String> {
    let phone = CATALOG.usual.phones.iter().find(|name| package.manifest.dependency(name).is_some());
    if let Some(name) = phone {
        return Some(format!("it is an application for phones (`{name}`)"));
    }
    let is_built = build::usual(package).is_some() || package.has_production_start();
    (is_compiled && !is_built).then(|| "it has no script that builds: only a start for development".to_owned())
}

/// What is decided before the shapes part.
struct Desk<'a> {
    project: &'a Project,
    service: &'a Service,
    toolchain: Toolchain,
    manager: Chosen,
    natives: Vec<&'static Native>,
    /// Variables with which the build's packages work on this release.
    aged: BTreeMap<String, String>,
    secrets: Vec<registry::Secret>,
}

impl<'a> Desk<'a> {
    fn new(
        planner: &mut Planner,
        project: &'a Project,
        service: &'a Service,
        toolchain: Toolchain,
    ) -> Result<Self, Error> {
        let aged = aged::environment(project, &service.package, &service.below, &toolchain);
        let natives = needs::natives(project, &service.package);
        let compiles = natives.iter().any(|native| native.compile);
        let manager = manager::choose(planner, project, &toolchain, compiles)?;
        let secrets = registry::secrets(planner, project);
        Ok(Desk { project, service, toolchain, manager, natives, aged, secrets })
    }

    fn server(&self, planner: &mut Planner, mut server: Server) -> Result<Recipe, Error> {
        let runtime = self.runtime(planner, &server)?;
        let port = server.listen(planner);
        server.tini = !planner.ends_by_itself();
        let name = planner.name(self.stated_name());
        let stages = self.stages(planner, &server, &runtime);
        let parts = self.parts(planner, &server, &stages, &runtime, &name)?;
        let run = self.run(planner, &server, &stages, &runtime, (&name, port));
        let recipe = Recipe::new(name, Image::new(parts, run, &planner.wishes.extras));
        let (ignore, reads) = self.ignore(&server.way.build, server.shape);
        Ok(Recipe { ignore, reads, ..recipe }.of(self.made_of()))
    }

    /// The image that runs the program: Node's, or Bun's.
    fn runtime(&self, planner: &mut Planner, server: &Server) -> Result<Runtime, Error> {
        let needs = self.needs(planner, server);
        if !matches!(server.start, Start::Bun(_)) {
            return planner.runtime(needs, &CATALOG.runtime, &self.toolchain);
        }
        let bun = self.bun();
        planner.runs_on(&format!("Bun {}", bun.version), server.way.evidence.clone());
        let row = planner.runtime(needs, &CATALOG.bun, &bun)?;
        Ok(Runtime { image: bun.fill(&row.image), ..row })
    }

    fn site(&self, planner: &mut Planner, site: &Site) -> Result<Recipe, Error> {
        let needs = vec![Need::new("files", format!("{} compiles to files", site.title), site.evidence.clone())];
        let runtime = planner.runtime(needs, &CATALOG.server, &self.toolchain)?;
        // Ports of several programs say nothing of one that only has files.
        let said: BTreeSet<u16> = planner
            .heard()
            .filter_map(|fact| match fact.kind {
                Kind::Port(port) => Some(port),
                _ => None,
            })
            .collect();
        let strength = if said.len() > 1 { Strength::Stated } else { Strength::Convention };
        let own = Evidence::new("", "the web server's own port", strength);
        planner.facts.push(Fact::from_evidence(Kind::Port(8080), own));
        let port = planner.port(None).unwrap_or(8080);
        let name = planner.name(self.stated_name());
        let part = self.site_part(planner, site, &runtime, &name)?;
        let run = self.site_run(planner, site, &runtime, (&name, port))?;
        let recipe = Recipe::new(name, Image::new(vec![part], run, &planner.wishes.extras));
        let (ignore, reads) = self.ignore(site.build, site.shape);
        Ok(Recipe { ignore, reads, ..recipe }.of(self.made_of()))
    }

    fn has_dependencies(&self) -> bool {
        let of = |package: &Package| {
            let manifest = &package.manifest;
            !(manifest.dependencies.is_empty()
                && manifest.dev_dependencies.is_empty()
                && manifest.optional_dependencies.is_empty())
        };
        self.project.is_workspace() || of(&self.service.package)
    }

    fn has_runtime_dependencies(&self) -> bool {
        let of = |package: &Package| {
            !(package.manifest.dependencies.is_empty() && package.manifest.optional_dependencies.is_empty())
        };
        // A root that starts files of members has what they need.
        let is_root = self.project.is_workspace() && !self.service.package.is_member();
        is_root || of(&self.service.package) || self.project.closure(&self.service.package.folder).into_iter().any(of)
    }

    /// Arguments of the build: variables that it writes into what browsers load. Names that checks of Dockerfiles take
    /// for secrets are left to `dockgen.toml`.
    fn arguments(&self, planner: &mut Planner, build: &Build) -> Vec<Argument> {
        let all = if build.is_there() { self.service.demands.public.clone() } else { Vec::new() };
        let is_secret = |name: &str| CATALOG.demanded.secret.iter().any(|word| name.contains(word.as_str()));
        let (doubtful, plain): (Vec<Argument>, Vec<Argument>) =
            all.into_iter().partition(|argument| is_secret(&argument.name));
        let args = &planner.wishes.extras.build_args;
        let unheard = plain.iter().filter(|argument| !args.contains_key(&argument.name));
        let local: Vec<_> =
            unheard.filter_map(|it| Some((&it.name, it.value.as_deref().filter(|it| is_own_address(it))?))).collect();
        for (name, value) in local {
            planner.warn(format!("the build writes `{name}={value}` into what browsers load, and those of others do not reach that: give another one by `build_args` in `dockgen.toml`"));
        }
        for Argument { name, .. } in &doubtful {
            planner.warn(format!("the build reads `{name}` and shows it to everybody: give it by `build_args` in `dockgen.toml` if that is meant"));
        }
        for Argument { name, .. } in plain.iter().filter(|argument| argument.value.as_deref() == Some("")) {
            planner.warn(format!("the build demands `{name}`, which is empty: give it with `--build-arg {name}=VALUE`, or by `build_args` in `dockgen.toml`"));
        }
        plain
    }

    /// What the build writes into the program, which nobody else may see.
    fn kept(&self, planner: &mut Planner, build: &Build) -> Vec<registry::Secret> {
        let names = self.service.demands.kept.iter().filter(|_| build.is_there());
        let tell = |name: &String| {
            planner.warn(format!("the build writes `{name}` into the program: give it to the build, with `--secret id={name},env={name}`; what should be given when the image is run is read from `$env/dynamic/private`"));
            registry::Secret::variable(name)
        };
        names.map(tell).collect()
    }

    fn stated_name(&self) -> Option<(&str, Evidence)> {
        let manifest = &self.service.package.manifest;
        let name = manifest.name.as_deref()?;
        let short = name.rsplit('/').next().unwrap_or(name);
        Some((
            short,
            Evidence::new(
                &self.service.package.path("package.json"),
                &format!("\"name\": \"{name}\""),
                Strength::Stated,
            ),
        ))
    }

    fn secret_names(&self) -> Vec<String> {
        let kept = self.service.demands.kept.iter().filter(|_| self.service.build.is_there());
        self.secrets.iter().map(|secret| &secret.id).chain(kept).cloned().collect()
    }
}
