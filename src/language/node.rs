//! Node: servers, and applications that compile to files for a web server; alone or as members of a workspace.

mod build;
mod catalog;
mod manager;
mod project;
mod service;
mod source;
mod start;
mod versions;

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Common, Labels, Language, Recipe, Variable, sign};
use crate::catalog::Runtime;
use crate::dockerignore::{Section, literal};
use crate::error::Error;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::plan::toolchain::Toolchain;
use crate::plan::{Need, Planner};
use crate::repo::Repo;
use crate::source::shell::{self, Command};
use build::{Build, Shape};
use catalog::{CATALOG, Native};
use manager::{Chosen, Install, Order};
use project::{Package, Project, join};
use service::{Outcome, Server, Site};
use source::Findings;
use start::Start;

/// The row.
pub const LANGUAGE: Language =
    Language { id: "node", title: "Node.js", signs: &[sign("package.json", Strength::Stated)], inspect, recipe };

fn inspect(repo: &Repo) -> Vec<Fact> {
    let project = Project::read(repo);
    let mut facts = versions::facts(repo, str::to_owned, &project.root.manifest);
    facts.extend(manager::facts(&project));
    for (file, fault) in &project.faults {
        facts.push(Fact::new(Kind::Unreadable(fault.what.clone()), file, &fault.quote, Strength::Stated));
    }
    facts.extend(service::facts(&project));
    facts
}

/// The words of `node/Dockerfile.tera` and `node/site.Dockerfile.tera`.
#[derive(Debug, Serialize)]
struct View {
    version: String,
    builder: String,
    runtime: String,
    alpine: bool,
    base: bool,
    environment: Vec<Variable>,
    bring: Option<Vec<String>>,
    apt_build: Vec<String>,
    production: Option<Install>,
    everything: Option<Install>,
    built: bool,
    build_environment: Vec<Variable>,
    build_arguments: Vec<String>,
    build_cache: Option<String>,
    commands: Vec<Vec<String>>,
    tini: bool,
    apt_run: Vec<String>,
    workdir: String,
    run_environment: Vec<Variable>,
    modules: Option<Copy>,
    copies: Vec<Copy>,
    entrypoint: Vec<String>,
    command: Vec<String>,
    site: Option<SiteView>,
}

/// A line that copies into the final stage.
#[derive(Debug, Clone, Serialize)]
struct Copy {
    /// The stage; the build context where there is none.
    stage: Option<&'static str>,
    /// Paths.
    sources: Vec<String>,
    /// The target.
    target: String,
    /// Left out.
    exclude: Option<&'static str>,
}

/// What the web server is told.
#[derive(Debug, Serialize)]
struct SiteView {
    output: String,
    assets: Option<String>,
    pages: bool,
}

fn recipe(planner: &mut Planner) -> Result<Recipe, Error> {
    let project = Project::read(planner.repo);
    refuse_unreadable(planner, &project)?;
    let package = service::choose(planner, &project)?.clone();
    if !package.folder.is_empty() {
        planner.facts.extend(versions::facts(planner.repo, |file| package.path(file), &package.manifest));
    }
    let toolchain = planner.toolchain("Node", &CATALOG.release)?;
    let natives = natives(&project, &package);
    let compiles = natives.iter().any(|(native, _)| native.compile);
    let manager = manager::choose(planner, &project, &toolchain, compiles)?;
    let secrets = manager::secrets(planner, &project);
    let outcome = service::plan(planner, &project, &package, &toolchain)?;
    let desk = Desk { project: &project, package: &package, toolchain, manager, natives, secrets };
    match outcome {
        Outcome::Server(server) => desk.server(planner, *server),
        Outcome::Site(site) => desk.site(planner, *site),
    }
}

/// A manifest that cannot be read ends the matter; of other files a word is said.
fn refuse_unreadable(planner: &mut Planner, project: &Project) -> Result<(), Error> {
    if let Some((file, fault)) = project.faults.iter().find(|(file, _)| file == "package.json") {
        return Err(Error::usage(format!("`{file}` {fault}")).hint("mend the file: npm cannot read it either"));
    }
    if !planner.repo.has("package.json") {
        return Err(
            Error::no("there is no `package.json` at the top").hint("run dockgen where the `package.json` lies")
        );
    }
    let unread: Vec<String> = planner
        .facts
        .iter()
        .filter_map(|fact| match &fact.kind {
            Kind::Unreadable(why) => Some(format!("{}: {why}; it is as if it were not there", fact.evidence)),
            _ => None,
        })
        .collect();
    unread.into_iter().for_each(|sentence| planner.warn(sentence));
    Ok(())
}

/// Rows about packages with native parts, with the package that is used.
fn natives(project: &Project, package: &Package) -> Vec<(&'static Native, String)> {
    let mut packages = project.closure(&package.folder);
    packages.push(package);
    let direct = |name: &String| packages.iter().any(|package| package.manifest.runtime_dependency(name).is_some());
    let used = |row: &Native, name: &String| match row.compile {
        true => packages.iter().any(|package| project.uses(package, name)),
        false => direct(name),
    };
    let rows = CATALOG.native.iter();
    rows.filter_map(|row| row.packages.iter().find(|name| used(row, name)).map(|name| (row, name.clone()))).collect()
}

/// What is decided before the shapes part.
struct Desk<'a> {
    project: &'a Project<'a>,
    package: &'a Package,
    toolchain: Toolchain,
    manager: Chosen,
    natives: Vec<(&'static Native, String)>,
    secrets: Vec<manager::Secret>,
}

impl Desk<'_> {
    fn server(&self, planner: &mut Planner, mut server: Server) -> Result<Recipe, Error> {
        let rows = if matches!(server.start, Start::Bun(_)) { &CATALOG.bun } else { &CATALOG.runtime };
        let runtime = planner.runtime(self.needs(&server), &self.filled(rows), &self.toolchain)?;
        let port = service::port(planner, &mut server);
        let tini = service::tini(planner, &server);
        let name = planner.name(self.stated_name());
        let common = self.common(planner, &name, port);
        let arguments = if server.shape.is_some() { self.arguments(planner, &server.build) } else { Vec::new() };
        let view = View { build_arguments: arguments, ..self.server_view(&server, &runtime, port, tini) };
        let own = super::view(&common, &view)?;
        let (ignore, reads) = self.ignore(&server.build, server.shape.as_ref(), Some(&server.findings));
        Ok(Recipe { name, template: "node/Dockerfile.tera", view: own, ignore, reads, secrets: self.secret_names() })
    }

    fn site(&self, planner: &mut Planner, site: Site) -> Result<Recipe, Error> {
        let reason = format!("{} compiles to files", site.title);
        let needs = vec![Need::new("files", reason, site.evidence.clone())];
        let runtime = planner.runtime(needs, &CATALOG.server, &self.toolchain)?;
        let own = Evidence::new("", "the web server's own port", Strength::Convention);
        planner.facts.push(Fact { kind: Kind::Port(8080), evidence: own });
        let port = planner.port(None).unwrap_or(8080);
        let name = planner.name(self.stated_name());
        let common = self.common(planner, &name, Some(port));
        let everything = self.has_dependencies().then(|| self.order().install(false));
        let view = View {
            build_arguments: self.arguments(planner, &site.build),
            site: Some(SiteView {
                output: join("/app", &self.package.path(&site.output)),
                assets: site.assets.clone(),
                pages: site.pages,
            }),
            everything,
            ..self.base_view(&site.build, site.shape.as_ref(), &runtime)
        };
        let (ignore, reads) = self.ignore(&site.build, site.shape.as_ref(), None);
        Ok(Recipe {
            name,
            template: "node/site.Dockerfile.tera",
            view: super::view(&common, &view)?,
            ignore,
            reads,
            secrets: self.secret_names(),
        })
    }

    fn needs(&self, server: &Server) -> Vec<Need> {
        let convention = || Evidence::new("", "", Strength::Convention);
        let mut needs = vec![Need::new("node", "it is a program for Node", convention())];
        needs.push(Need::new("libc", "packages bring programs for the GNU C library", convention()));
        let newest = CATALOG.release.iter().any(|release| release.version == self.toolchain.version);
        if !newest {
            needs.push(Need::new(
                "exact",
                format!("Node {} is asked for, to the patch release", self.toolchain.version),
                convention(),
            ));
        }
        if matches!(server.start, Start::Shell(_) | Start::Program(_)) {
            needs.push(Need::new("shell", "what is started needs a shell", server.evidence.clone()));
        }
        for (row, name) in &self.natives {
            let evidence = Evidence::new(&self.package.path("package.json"), &format!("\"{name}\""), Strength::Stated);
            needs.extend(row.needs.iter().map(|need| Need::new(need, format!("`{name}` uses it"), evidence.clone())));
        }
        needs
    }

    fn has_dependencies(&self) -> bool {
        let of = |package: &Package| {
            let manifest = &package.manifest;
            !(manifest.dependencies.is_empty()
                && manifest.dev_dependencies.is_empty()
                && manifest.optional_dependencies.is_empty())
        };
        self.project.is_workspace() || of(self.package)
    }

    fn has_runtime_dependencies(&self) -> bool {
        let of = |package: &Package| {
            !(package.manifest.dependencies.is_empty() && package.manifest.optional_dependencies.is_empty())
        };
        of(self.package) || self.project.closure(&self.package.folder).into_iter().any(of)
    }

    fn is_member(&self) -> bool {
        !self.package.folder.is_empty()
    }

    /// Scripts that an install would run before the sources are there.
    fn hooks(&self) -> Vec<String> {
        let scripts = &self.project.root.manifest.scripts;
        build::HOOKS.iter().filter(|name| scripts.contains_key(**name)).map(|name| (*name).to_owned()).collect()
    }

    /// The command that patches packages, where a hook of the root calls it.
    fn patches(&self) -> Option<Vec<String>> {
        let root = &self.project.root.manifest;
        let called =
            build::HOOKS.iter().filter_map(|name| root.scripts.get(*name)).any(|line| line.contains("patch-package"));
        if !called || !self.project.repo.has_folder("patches") {
            return None;
        }
        let range = root.dependency("patch-package").unwrap_or_default();
        let version = range.trim_start_matches(['^', '~', '=', 'v']);
        let exact = version.split('.').count() == 3 && version.chars().all(|c| c.is_ascii_digit() || c == '.');
        Some(manager::split(&format!("npx --yes patch-package@{}", if exact { version } else { "8.0.0" })))
    }

    fn order(&self) -> Order<'_> {
        let repo = self.project.repo;
        let root = &self.project.root.manifest;
        let mut more: Vec<String> = root.patches.iter().filter(|path| repo.has(path)).cloned().collect();
        if let Some(text) = repo.text("pnpm-workspace.yaml") {
            let patched =
                crate::format::pnpm_workspace::parse(text).map(|file| file.patched_dependencies).unwrap_or_default();
            more.extend(patched.into_values().filter(|path| repo.has(path)));
        }
        if let Some(path) = self.project.yarn_path.as_ref().filter(|path| !path.starts_with(".yarn/releases/")) {
            more.push(path.clone());
        }
        Order {
            project: self.project,
            manager: &self.manager,
            service: self.package,
            closure: self.project.closure(&self.package.folder),
            hooks: self.hooks(),
            patches: self.patches(),
            more,
            secrets: self.secrets.clone(),
        }
    }

    /// A reference of the catalog with the release in it.
    fn fill(&self, image: &str) -> String {
        let bun = self.manager.version.as_deref().filter(|_| self.manager.row.id == "bun");
        let newest = CATALOG.manager("bun").and_then(|row| row.releases.first()).map_or("", |release| &release.version);
        self.toolchain.fill(image).replace("{bun}", bun.unwrap_or(newest))
    }

    fn filled(&self, rows: &[Runtime]) -> Vec<Runtime> {
        let fill = |row: &Runtime| Runtime {
            image: self.fill(&row.image),
            builder: row.builder.as_deref().map(|image| self.fill(image)),
            ..row.clone()
        };
        rows.iter().map(fill).collect()
    }

    /// A reference with the release as the Dockerfile's argument.
    fn argued(&self, image: &str) -> String {
        image.replacen(&format!("node:{}", self.toolchain.version), "node:${NODE_VERSION}", 1)
    }

    /// Git and a compiler are in the full image only.
    fn builder(&self, runtime: &Runtime) -> String {
        let full = self.project.git || self.natives.iter().any(|(row, _)| row.compile);
        let image = self.fill(match (&runtime.builder, full) {
            (Some(builder), _) => builder,
            (None, true) => "node:{version}-{suite}",
            (None, false) => "node:{version}-{suite}-slim",
        });
        self.argued(&image)
    }

    /// Arguments of the build: variables that it writes into what browsers load. Names that checks of Dockerfiles take
    /// for secrets are left to `dockgen.toml`.
    fn arguments(&self, planner: &mut Planner, build: &Build) -> Vec<String> {
        let words = ["KEY", "PASSWORD", "PRIVATE", "SECRET", "TOKEN", "USERNAME", "AUTH", "CREDENTIAL"];
        let all =
            if build.is_there() { source::public_variables(planner.repo, &self.package.folder) } else { Vec::new() };
        let (doubtful, plain): (Vec<String>, Vec<String>) =
            all.into_iter().partition(|name| words.iter().any(|word| name.contains(word)));
        for name in &doubtful {
            planner.warn(format!("the build reads `{name}` and shows it to everybody: give it by `build_args` in `dockgen.toml` if that is meant"));
        }
        plain
    }

    fn base_view(&self, build: &Build, shape: Option<&Shape>, runtime: &Runtime) -> View {
        let framework = shape.map(|shape| shape.framework);
        let variables = |map: &BTreeMap<String, String>| -> Vec<Variable> {
            map.iter().map(|(name, value)| Variable { name: name.clone(), value: value.clone() }).collect()
        };
        let mut environment = self.manager.environment();
        environment.extend(
            self.natives
                .iter()
                .flat_map(|(row, _)| variables(&row.environment))
                .filter(|variable| variable.name.contains("SKIP")),
        );
        let apt_build = self.natives.iter().flat_map(|(row, _)| row.build.iter().cloned()).collect();
        View {
            version: self.toolchain.version.clone(),
            builder: self.builder(runtime),
            runtime: self.argued(&runtime.image),
            alpine: runtime.id == "alpine",
            base: true,
            environment,
            bring: self.manager.bring().filter(|_| self.has_dependencies() || build.is_there()),
            apt_build,
            production: None,
            everything: None,
            built: build.is_there(),
            build_environment: framework.map(|framework| variables(&framework.environment)).unwrap_or_default(),
            build_arguments: Vec::new(),
            build_cache: framework
                .and_then(|framework| framework.cache.as_ref())
                .map(|path| join("/app", &self.package.path(path))),
            commands: self.commands(build),
            tini: false,
            apt_run: Vec::new(),
            workdir: "/app".to_owned(),
            run_environment: Vec::new(),
            modules: None,
            copies: Vec::new(),
            entrypoint: Vec::new(),
            command: Vec::new(),
            site: None,
        }
    }

    /// What the build stage runs when the sources are there.
    fn commands(&self, build: &Build) -> Vec<Vec<String>> {
        let mut commands = Vec::new();
        if !build.is_there() {
            return commands;
        }
        commands.extend(build.hooks.iter().map(|name| self.manager.run(name)));
        commands.extend(build.before.iter().map(|step| self.step(step)));
        if self.is_member() {
            for package in self.project.closure(&self.package.folder) {
                let script = match package.folder == self.package.folder {
                    true => build.script.as_deref(),
                    false => package.manifest.scripts.contains_key("build").then_some("build"),
                };
                commands.extend(script.map(|script| self.manager.run_in(package, script)));
            }
        } else if let Some(script) = &build.script {
            commands.push(self.manager.run(script));
        }
        commands.extend(build.steps.iter().map(|step| self.step(step)));
        commands
    }

    /// A single step: a command of a package, else what only a shell can do.
    fn step(&self, step: &str) -> Vec<String> {
        if let (Command::Simple { env, argv }, false) = (shell::parse(step), self.is_member())
            && env.is_empty()
            && argv.first().is_some_and(|word| word != "npx")
        {
            return [manager::split(&self.manager.row.exec), argv].concat();
        }
        let folder = if self.is_member() { format!("cd {} && ", self.package.folder) } else { String::new() };
        vec!["sh".to_owned(), "-c".to_owned(), format!("PATH=$PWD/node_modules/.bin:$PATH; {folder}{step}")]
    }

    fn server_view(&self, server: &Server, runtime: &Runtime, port: Option<u16>, tini: bool) -> View {
        let base = self.base_view(&server.build, server.shape.as_ref(), runtime);
        let order = self.order();
        let whole_tree = server.needs_development;
        let modules = server.modules && (whole_tree || self.has_runtime_dependencies());
        let production = (modules && !whole_tree).then(|| order.install(true));
        let everything = (base.built && self.has_dependencies() || modules && whole_tree).then(|| order.install(false));
        let mut run_environment = vec![Variable { name: "NODE_ENV".to_owned(), value: "production".to_owned() }];
        for (name, value) in &server.environment {
            run_environment.retain(|variable| variable.name != *name);
            run_environment.push(Variable { name: name.clone(), value: value.clone() });
        }
        let natives =
            self.natives.iter().flat_map(|(row, _)| &row.environment).filter(|(name, _)| name.contains("EXECUTABLE"));
        run_environment.extend(natives.map(|(name, value)| Variable { name: name.clone(), value: value.clone() }));
        if let Some(port) = port.filter(|_| server.sets_port) {
            run_environment.push(Variable { name: "PORT".to_owned(), value: port.to_string() });
        }
        let workdir = join("/app", &self.package.folder);
        if matches!(server.start, Start::Shell(_) | Start::Program(_)) && modules {
            let value = "/app/node_modules/.bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
            run_environment.push(Variable { name: "PATH".to_owned(), value: value.to_owned() });
        }
        let mut apt_run: Vec<String> = self
            .natives
            .iter()
            .flat_map(|(row, _)| &row.needs)
            .filter_map(|need| need.strip_prefix("package:"))
            .map(str::to_owned)
            .collect();
        apt_run.sort();
        apt_run.dedup();
        let own_init = tini && apt_run.is_empty();
        if tini && !apt_run.is_empty() {
            apt_run.push("tini".to_owned());
        }
        let (entrypoint, command) = server.words(runtime.id == "distroless", tini);
        let stage = if whole_tree && !base.built {
            "deps"
        } else if whole_tree {
            "build"
        } else {
            "deps"
        };
        let modules = modules.then(|| match self.is_member() {
            true => {
                Copy { stage: Some(stage), sources: vec!["/app".to_owned()], target: "/app".to_owned(), exclude: None }
            }
            false => Copy {
                stage: Some(stage),
                sources: vec!["/app/node_modules".to_owned()],
                target: "./node_modules".to_owned(),
                exclude: None,
            },
        });
        let production = production.or_else(|| (whole_tree && !base.built).then(|| order.install(false)));
        View {
            base: production.is_some() || everything.is_some() || base.built || own_init,
            production,
            everything: everything.filter(|_| base.built),
            tini: own_init,
            apt_run,
            workdir: workdir.trim_end_matches('/').to_owned(),
            run_environment,
            modules,
            copies: self.copies(server),
            entrypoint,
            command,
            ..base
        }
    }

    /// What the final stage takes beside node_modules, in lines of COPY.
    fn copies(&self, server: &Server) -> Vec<Copy> {
        let line = |stage, source: String, target: String| Copy { stage, sources: vec![source], target, exclude: None };
        if self.is_member() {
            return self.member_copies(server);
        }
        if !server.build.is_there() {
            return vec![line(None, ".".to_owned(), ".".to_owned())];
        }
        if let Some(copies) = server
            .shape
            .as_ref()
            .filter(|shape| !shape.mode.modules && !shape.mode.is_static)
            .map(|shape| self.standalone(shape, ""))
        {
            return copies;
        }
        if server.whole {
            let all = line(Some("build"), "/app".to_owned(), "./".to_owned());
            let mut copies = vec![Copy { exclude: Some("**/node_modules"), ..all }];
            copies.extend(
                server.generated.iter().map(|path| line(Some("build"), format!("/app/{path}"), format!("./{path}"))),
            );
            return copies;
        }
        let (files, folders): (Vec<String>, Vec<String>) =
            server.kept.iter().cloned().partition(|path| self.project.repo.has(path));
        let mut copies = vec![Copy { stage: None, sources: files, target: "./".to_owned(), exclude: None }];
        copies.extend(folders.into_iter().map(|path| line(None, path.clone(), format!("./{path}"))));
        copies.extend(
            server.generated.iter().map(|path| line(Some("build"), format!("/app/{path}"), format!("./{path}"))),
        );
        copies.extend(
            server.build.outputs.iter().map(|path| line(Some("build"), format!("/app/{path}"), format!("./{path}"))),
        );
        copies
    }

    /// The sources of the packages that a member is made of, as they are after the build.
    fn member_copies(&self, server: &Server) -> Vec<Copy> {
        let built = server.build.is_there();
        if let Some(copies) = server
            .shape
            .as_ref()
            .filter(|shape| !shape.mode.modules && !shape.mode.is_static)
            .map(|shape| self.standalone(shape, &self.package.folder))
        {
            return copies;
        }
        let copy = |package: &&Package| Copy {
            stage: built.then_some("build"),
            sources: vec![if built { format!("/app/{}", package.folder) } else { package.folder.clone() }],
            target: format!("/app/{}", package.folder),
            exclude: built.then_some("**/node_modules"),
        };
        self.project.closure(&self.package.folder).iter().map(copy).collect()
    }

    /// A result that brings its packages along; Next.js leaves files for a content delivery network beside it.
    fn standalone(&self, shape: &Shape, folder: &str) -> Vec<Copy> {
        let from = |path: &str, target: String| Copy {
            stage: Some("build"),
            sources: vec![format!("/app/{}", join(folder, path))],
            target,
            exclude: None,
        };
        let mut copies = Vec::new();
        for output in &shape.mode.output {
            let target = if shape.framework.id == "next" {
                "/app/".to_owned()
            } else {
                format!("/app/{}", join(folder, output))
            };
            copies.push(from(output, target));
        }
        if shape.framework.id == "next" {
            copies.push(from(".next/static", format!("/app/{}", join(folder, ".next/static"))));
            if self.project.repo.has_folder(&join(folder, "public")) {
                copies.push(from("public", format!("/app/{}", join(folder, "public"))));
            }
        }
        copies
    }

    fn stated_name(&self) -> Option<(&str, Evidence)> {
        let manifest = &self.package.manifest;
        let name = manifest.name.as_deref()?;
        let short = name.rsplit('/').next().unwrap_or(name);
        Some((
            short,
            Evidence::new(&self.package.path("package.json"), &format!("\"name\": \"{name}\""), Strength::Stated),
        ))
    }

    fn common(&self, planner: &Planner, name: &str, port: Option<u16>) -> Common {
        let (own, root) = (&self.package.manifest, &self.project.root.manifest);
        let source = own.repository.as_deref().or(root.repository.as_deref()).and_then(source_address);
        let licenses = own
            .license
            .clone()
            .or_else(|| root.license.clone())
            .filter(|text| text != "UNLICENSED" && !text.starts_with("SEE "));
        let labels = Labels { title: name.to_owned(), description: own.description.clone(), source, licenses };
        Common::new(planner, name, port, labels)
    }

    fn secret_names(&self) -> Vec<String> {
        self.secrets.iter().map(|secret| secret.id.clone()).collect()
    }

    /// A deny list: what is installed or built inside, tests, and what a site is written in is let in again.
    fn ignore(&self, build: &Build, shape: Option<&Shape>, findings: Option<&Findings>) -> (Vec<Section>, Vec<String>) {
        let repo = self.project.repo;
        let mut inside = vec!["**/node_modules".to_owned(), "**/*.tsbuildinfo".to_owned()];
        inside.extend(build.outputs.iter().map(|path| literal(&self.package.path(path))));
        let made = [
            ".next",
            ".nuxt",
            ".output",
            ".svelte-kit",
            ".turbo",
            ".yarn/cache",
            ".yarn/install-state.gz",
            ".yarn/unplugged",
            ".pnp.cjs",
            ".pnp.loader.mjs",
            "coverage",
            ".cache",
            ".parcel-cache",
        ];
        inside.extend(made.iter().filter(|path| repo.exists(path)).map(|path| (*path).to_owned()));
        inside.extend(
            (self.secrets.iter().any(|secret| secret.id == "npmrc") && repo.has(".npmrc")).then(|| ".npmrc".to_owned()),
        );
        inside.dedup();
        let mut sections = vec![Section::new("Installed or built inside of the image.", inside)];
        let parts = [
            (".test.", "**/*.test.*"),
            (".spec.", "**/*.spec.*"),
            ("__tests__/", "**/__tests__"),
            ("cypress/", "**/cypress"),
            ("e2e/", "**/e2e"),
        ];
        let tests: Vec<&str> = parts
            .iter()
            .filter(|(part, _)| repo.files().any(|path| path.contains(part)))
            .map(|(_, pattern)| *pattern)
            .collect();
        if !tests.is_empty() {
            sections.push(Section::new("Tests are no part of an image.", tests));
        }
        let written = shape.is_some_and(|shape| {
            shape.mode.pages || matches!(shape.framework.id.as_str(), "next" | "nuxt" | "astro" | "sveltekit")
        });
        if written && repo.files().any(|path| path.ends_with(".md")) {
            sections
                .push(Section::new("Pages are written in these.", ["!docs", "!**/*.md", "README.md", "CHANGELOG.md"]));
        } else if findings.is_some_and(|findings| findings.names("docs")) && repo.has_folder("docs") {
            sections.push(Section::new("The program reads these.", ["!docs"]));
        }
        let manifests = std::iter::once("package.json".to_owned()).chain(self.manager.lockfile.clone());
        (sections, manifests.collect())
    }
}

/// `git+https://github.com/a/b.git`, `github:a/b` and `a/b` as an address.
fn source_address(text: &str) -> Option<String> {
    let text = text.trim_start_matches("git+").trim_end_matches(".git");
    let short = text.strip_prefix("github:").unwrap_or(text);
    if let Some(rest) = text
        .strip_prefix("git@github.com:")
        .or_else(|| text.strip_prefix("ssh://git@github.com/"))
        .or_else(|| text.strip_prefix("git://github.com/"))
    {
        return Some(format!("https://github.com/{rest}"));
    }
    if text.starts_with("https://") {
        return Some(text.to_owned());
    }
    let plain = short.split('/').count() == 2 && short.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    plain.then(|| format!("https://github.com/{short}"))
}
