//! What the Dockerfile of a service says, in the words of its template.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::catalog::{Runtime, SHARED};
use crate::dockerignore::literal;
use crate::language::Variable;
use crate::plan::toolchain::Toolchain;
use crate::render::sinks::path_operand;
use crate::source::shell::{self, Command};

use super::Desk;
use super::build::{self, Build};
use super::catalog::CATALOG;
use super::framework::Shape;
use super::manager::{Install, KNOWN, split};
use super::outcome::Site;
use super::project::{Package, join, normal};
use super::server::Server;
use super::start::Start;

/// The words of `node/Dockerfile.tera` and `node/site.Dockerfile.tera`.
#[derive(Debug, Serialize)]
pub struct View {
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
    build_arguments: Vec<Argument>,
    build_cache: Option<String>,
    downloads: Option<Downloads>,
    commands: Vec<Vec<String>>,
    tini: Option<Tini>,
    apt_run: Vec<String>,
    workdir: String,
    run_environment: Vec<Variable>,
    generated: Option<Kept>,
    modules: Option<Copy>,
    copies: Vec<Copy>,
    entrypoint: Vec<String>,
    command: Vec<String>,
    site: Option<SiteView>,
}

/// What the build generates into the folder in which pnpm keeps packages.
#[derive(Debug, Serialize)]
struct Kept {
    folder: String,
    paths: &'static str,
}

/// Where a stage of its own takes tini from.
#[derive(Debug, Serialize)]
struct Tini {
    image: String,
    path: &'static str,
}

/// Where a build that installs packages by itself keeps what it downloads.
#[derive(Debug, Serialize)]
struct Downloads {
    cache: String,
    sharing: String,
}

/// An argument of the build.
#[derive(Debug, Clone, Serialize)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// What the repository sets it to.
    pub value: Option<String>,
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
    exclude: Vec<String>,
}

/// What the web server is told.
#[derive(Debug, Serialize)]
struct SiteView {
    output: String,
    assets: Option<String>,
    pages: bool,
}

impl Copy {
    /// From the build context.
    fn context(source: &str, target: impl Into<String>) -> Self {
        Copy { stage: None, sources: vec![source.to_owned()], target: target.into(), exclude: Vec::new() }
    }

    /// From the folder of the application in a stage.
    fn stage(stage: &'static str, path: &str, target: impl Into<String>) -> Self {
        Copy {
            stage: Some(stage),
            sources: vec![join("/app", path).trim_end_matches('/').to_owned()],
            target: target.into(),
            exclude: Vec::new(),
        }
    }

    fn without_modules(self) -> Self {
        Copy { exclude: vec!["**/node_modules".to_owned()], ..self }
    }
}

/// Where pnpm keeps packages, and with them what is generated into them.
const GENERATED: &str = "node_modules/.pnpm";

/// The search path of the image, with the commands of packages before it.
const PATH: &str = "/app/node_modules/.bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

fn variable(name: &str, value: impl Into<String>) -> Variable {
    Variable { name: name.to_owned(), value: value.into() }
}

/// A map as variables.
pub fn variables(map: &BTreeMap<String, String>) -> impl Iterator<Item = Variable> {
    map.iter().map(|(name, value)| variable(name, value))
}

impl Desk<'_> {
    /// A reference of the catalog with the release as the Dockerfile's argument.
    fn fill(&self, image: &str) -> String {
        self.toolchain.fill_with(image, "${NODE_VERSION}")
    }

    /// The release of Bun that runs the program.
    pub fn bun(&self) -> Toolchain {
        let named = self.manager.version.as_deref().filter(|_| self.manager.row.id == "bun");
        let newest = CATALOG.manager("bun").and_then(|row| row.releases.first()).map_or("", |release| &release.version);
        let version = named.unwrap_or(newest).to_owned();
        Toolchain { cycle: version.clone(), version, suite: String::new(), alpine: String::new() }
    }

    /// Where tini comes from: the builder's own Debian, unless that has ended. One that is linked to nothing fits where the
    /// program runs on another system.
    fn tini(&self, server: &Server, runtime: &Runtime) -> Tini {
        let ended = self.toolchain.has_ended() && runtime.id != "alpine";
        let path = match (runtime.id == "alpine", ended || matches!(server.start, Start::Bun(_))) {
            (true, _) => "/sbin/tini",
            (false, true) => "/usr/bin/tini-static",
            (false, false) => "/usr/bin/tini",
        };
        let image = if ended { format!("debian:{}-slim", SHARED.debian) } else { "base".to_owned() };
        Tini { image, path }
    }

    /// Git and a compiler are in the full image only.
    fn builder(&self, runtime: &Runtime) -> String {
        match &runtime.builder {
            Some(builder) => self.fill(builder),
            None => self.own_builder(),
        }
    }

    /// The image that builds where the runtime asks for none of its own.
    pub fn own_builder(&self) -> String {
        let full = self.project.git || self.natives.iter().any(|(row, _)| row.compile);
        self.fill(if full { &CATALOG.image.full } else { &CATALOG.image.builder })
    }

    fn base_view(&self, build: &Build, shape: Option<&Shape>, runtime: &Runtime) -> View {
        let framework = shape.map(|shape| shape.framework);
        let mut environment = self.manager.environment();
        environment.extend(
            self.natives
                .iter()
                .flat_map(|(row, _)| variables(&row.environment))
                .filter(|variable| variable.name.contains("SKIP")),
        );
        if self.natives.iter().any(|(row, _)| row.compile) && runtime.builder.is_none() {
            // The image has the headers that node-gyp would download.
            environment.push(variable("npm_config_nodedir", "/usr/local"));
        }
        let apt_build = self.natives.iter().flat_map(|(row, _)| row.build.iter().cloned()).collect();
        View {
            version: self.toolchain.version.clone(),
            builder: self.builder(runtime),
            runtime: self.fill(&runtime.image),
            alpine: runtime.id == "alpine",
            base: true,
            environment,
            bring: self.manager.bring().filter(|_| self.has_dependencies() || build.is_there()),
            apt_build,
            production: None,
            everything: None,
            built: build.is_there(),
            build_environment: framework
                .into_iter()
                .flat_map(|framework| variables(&framework.environment))
                .chain(variables(&self.aged))
                .collect(),
            build_arguments: Vec::new(),
            build_cache: framework
                .and_then(|framework| framework.cache.as_ref())
                .map(|path| join("/app", &self.service.package.path(path))),
            downloads: build.installs.then(|| Downloads {
                cache: self.manager.row.cache.clone(),
                sharing: self.manager.row.sharing.clone(),
            }),
            commands: self.commands(build),
            tini: None,
            apt_run: Vec::new(),
            workdir: "/app".to_owned(),
            run_environment: Vec::new(),
            generated: None,
            modules: None,
            copies: Vec::new(),
            entrypoint: Vec::new(),
            command: Vec::new(),
            site: None,
        }
    }

    /// What the build stage runs when the sources are there.
    pub fn commands(&self, build: &Build) -> Vec<Vec<String>> {
        let mut commands = Vec::new();
        if !build.is_there() {
            return commands;
        }
        commands.extend(build.hooks.iter().filter(|_| !self.is_member()).map(|name| self.manager.run(name)));
        commands.extend(build.before.iter().map(|step| self.step(step)));
        if self.is_member() {
            for package in self.project.closure(&self.service.package.folder) {
                let script = match package.folder == self.service.package.folder {
                    true => build.script.as_deref(),
                    false => package.manifest.scripts.contains_key("build").then_some("build"),
                };
                commands.extend(build::preparing(package).map(|hook| self.manager.run_in(package, hook)));
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
            let is_manager = |word: &String| KNOWN.contains(&word.as_str());
            if let [first, run, script] = argv.as_slice()
                && is_manager(first)
                && run == "run"
            {
                return self.manager.run(script);
            }
            if argv.first().is_some_and(|word| is_manager(word) || word == "node") {
                return argv;
            }
            return [split(&self.manager.row.exec), argv].concat();
        }
        let folder = path_operand(&self.service.package.folder);
        let quoted = shlex::try_quote(&folder).ok().filter(|_| self.is_member());
        let enter = quoted.map_or_else(String::new, |quoted| format!("cd {quoted} && "));
        vec!["sh".to_owned(), "-c".to_owned(), format!("PATH=$PWD/node_modules/.bin:$PATH; {enter}{step}")]
    }

    /// The words of a site.
    pub fn site_view(&self, site: &Site, runtime: &Runtime, arguments: Vec<Argument>) -> View {
        View {
            build_arguments: arguments,
            everything: self.has_dependencies().then(|| self.order().install(false)),
            site: Some(SiteView {
                output: join("/app", &self.service.package.path(&site.output)),
                assets: site.shape.and_then(|shape| shape.mode.assets.clone()),
                pages: site.shape.is_some_and(|shape| shape.mode.pages),
            }),
            ..self.base_view(site.build, site.shape, runtime)
        }
    }

    /// The words of a server.
    pub fn server_view(&self, server: &Server, runtime: &Runtime, port: Option<u16>, arguments: Vec<Argument>) -> View {
        let base = self.base_view(&server.way.build, server.shape, runtime);
        let order = self.order();
        let needs_development = server.way.needs_development;
        let modules = server.modules && (needs_development || self.has_runtime_dependencies());
        let from_deps = modules && (!needs_development || !base.built);
        let production = from_deps.then(|| order.install(!needs_development));
        let everything = (base.built && self.has_dependencies()).then(|| order.install(false));
        let mut apt_run = self.packages();
        let tini = (server.tini && apt_run.is_empty()).then(|| self.tini(server, runtime));
        if server.tini && tini.is_none() {
            apt_run.push("tini".to_owned());
        }
        let (entrypoint, command) = server.words(runtime.id == "distroless");
        let generated = server.generated.filter(|_| from_deps && base.built && self.project.is_pnpm());
        let stage = match (generated.is_some(), from_deps) {
            (true, _) => "modules",
            (false, true) => "deps",
            (false, false) => "build",
        };
        View {
            base: production.is_some()
                || everything.is_some()
                || base.built
                || tini.as_ref().is_some_and(|tini| tini.image == "base"),
            build_arguments: arguments,
            production,
            everything,
            tini,
            apt_run,
            workdir: join("/app", &self.service.package.folder).trim_end_matches('/').to_owned(),
            run_environment: self.run_environment(server, port, modules),
            generated: generated.map(|row| Kept { folder: join("/app", GENERATED), paths: &row.pnpm }),
            modules: modules.then(|| self.modules(stage)),
            copies: self.copies(server),
            entrypoint,
            command,
            ..base
        }
    }

    fn run_environment(&self, server: &Server, port: Option<u16>, modules: bool) -> Vec<Variable> {
        let mut all = vec![variable("NODE_ENV", "production")];
        for (name, value) in &server.environment {
            all.retain(|known| known.name != *name);
            all.push(variable(name, value));
        }
        let natives = self.natives.iter().flat_map(|(row, _)| variables(&row.environment));
        all.extend(natives.filter(|variable| variable.name.contains("EXECUTABLE")));
        all.extend(port.filter(|_| server.sets_port).map(|port| variable("PORT", port.to_string())));
        if modules && matches!(server.start, Start::Shell(_) | Start::Program(_)) {
            all.push(variable("PATH", PATH));
        }
        all
    }

    /// Debian packages that the program needs when it runs.
    fn packages(&self) -> Vec<String> {
        let needs = self.natives.iter().flat_map(|(row, _)| &row.needs);
        let mut packages: Vec<String> =
            needs.filter_map(|need| need.strip_prefix("package:")).map(str::to_owned).collect();
        packages.sort();
        packages.dedup();
        packages
    }

    /// node_modules; of a workspace with the manifests, as each member has its own.
    fn modules(&self, stage: &'static str) -> Copy {
        match self.is_member() || self.project.others(&self.service.package).next().is_some() {
            true => Copy::stage(stage, "", "/app"),
            false => Copy::stage(stage, "node_modules", "./node_modules"),
        }
    }

    /// What the final stage takes beside node_modules, in lines of COPY.
    fn copies(&self, server: &Server) -> Vec<Copy> {
        let built = server.way.build.is_there();
        let inside = server.generated.filter(|_| !self.project.is_pnpm()).map(|row| row.path.clone());
        if let Some(shape) = server.shape.filter(|_| !server.modules) {
            return self.standalone(shape);
        }
        if self.is_member() {
            let generated = inside.iter().filter(|_| built);
            let generated = generated.map(|path| Copy::stage("build", path, join("/app", path)));
            let members =
                self.project.closure(&self.service.package.folder).into_iter().map(|package| member(package, built));
            return members.chain(generated).collect();
        }
        if !built {
            return vec![Copy::context(".", ".")];
        }
        let made = |path: &String| Copy::stage("build", path, format!("./{path}"));
        let generated = inside.iter().map(made);
        if server.whole {
            let whole = Copy::stage("build", "", "./");
            let whole = match self.home(server) {
                Some(home) => Copy { exclude: self.other_modules(&home), ..whole },
                None => whole.without_modules(),
            };
            return std::iter::once(whole).chain(generated).collect();
        }
        let (files, folders): (Vec<&String>, Vec<&String>) =
            server.kept.iter().partition(|path| !self.project.is_folder(path));
        let files = Copy { sources: files.into_iter().cloned().collect(), ..Copy::context("", "./") };
        let folders = folders.into_iter().map(|path| Copy::context(path, format!("./{path}")));
        let members = self.project.others(&self.service.package).map(|package| member(package, built));
        let outputs = server.way.build.outputs.iter().map(made);
        std::iter::once(files).chain(folders).chain(members).chain(generated).chain(outputs).collect()
    }

    /// The folder below with a manifest of its own in which the program lies, where the build installs its packages.
    fn home(&self, server: &Server) -> Option<String> {
        let Start::Node(args) = &server.start else { return None };
        let path = normal(super::start::file(args)?).filter(|_| server.way.build.installs)?;
        let (folder, _) = path.split_once('/')?;
        self.project.has_manifest(folder).then(|| folder.to_owned())
    }

    /// Where packages lie that the program in a folder below has no use for.
    fn other_modules(&self, home: &str) -> Vec<String> {
        let others = self.project.folders.iter().filter(|folder| *folder != home);
        let others = others.map(|folder| format!("{}/node_modules", literal(folder)));
        std::iter::once("node_modules".to_owned()).chain(others.take(20)).collect()
    }

    /// A result that brings its packages along, with what has to lie beside it.
    fn standalone(&self, shape: &Shape) -> Vec<Copy> {
        let mode = &shape.mode;
        let made = |path: &String| {
            let path = self.service.package.path(path);
            Copy::stage("build", &path, join("/app", &path))
        };
        let whole = |copy: Copy| if mode.rooted { Copy { target: "/app/".to_owned(), ..copy } } else { copy };
        let beside = mode.made.iter().chain(&mode.beside).map(made);
        mode.output.iter().map(|path| whole(made(path))).chain(beside).collect()
    }
}

/// The sources of a package of the workspace, as they are after the build.
fn member(package: &Package, built: bool) -> Copy {
    let target = join("/app", &package.folder);
    match built {
        true => Copy::stage("build", &package.folder, target).without_modules(),
        false => Copy::context(&package.folder, target),
    }
}
