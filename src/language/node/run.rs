//! The last stage of a service: what runs, and what it takes from the stages before and from the repository.

use crate::catalog::Runtime;
use crate::dockerignore::literal;
use crate::error::Error;
use crate::image::{self, Copy, File, Run};
use crate::language::{Labels, Variable, variables};
use crate::path::{join, normal};
use crate::plan::Planner;
use crate::plan::labels::Stated;

use super::Desk;
use super::framework::Shape;
use super::manager::split;
use super::outcome::Site;
use super::package::Package;
use super::parts::Stages;
use super::server::Server;
use super::service::HOME;
use super::start::{self, Start};

/// The folder with the commands of packages.
const COMMANDS: &str = "/app/node_modules/.bin";

/// Where the web server looks for files.
const FILES: &str = "/usr/share/nginx/html";

/// From the folder of the application in a stage.
fn made(stage: &'static str, path: &str, target: impl Into<String>) -> Copy {
    Copy::stage(stage, join("/app", path).trim_end_matches('/'), target)
}

/// The same, which the program may write to, where a mode says so.
fn owned(copy: Copy, shape: Option<&Shape>) -> Copy {
    Copy { is_owned: shape.is_some_and(|shape| shape.mode.owned), ..copy }
}

fn without_modules(copy: Copy) -> Copy {
    Copy { exclude: vec!["**/node_modules".to_owned()], ..copy }
}

impl Desk<'_> {
    /// The last stage of a server.
    pub fn run(
        &self,
        planner: &Planner,
        server: &Server,
        stages: &Stages,
        runtime: &Runtime,
        (name, port): (&str, Option<u16>),
    ) -> Run {
        let run = planner.run(self.fill(&runtime.image), self.labels(planner, name), port);
        let (entrypoint, command) = server.words(runtime.id == "distroless");
        let tini = (server.tini && stages.tini.is_none()).then(|| "tini".to_owned());
        let by_name = stages.modules.is_some() && matches!(server.start, Start::Shell(_) | Start::Program(_));
        Run {
            apt: stages.apt.iter().cloned().chain(tini).collect(),
            workdir: Some(join("/app", &self.service.package.folder).trim_end_matches('/').to_owned()),
            environment: self.run_environment(server, port),
            path: if by_name { COMMANDS } else { "" },
            copies: self.copies(server, stages),
            entrypoint,
            command,
            ..run
        }
    }

    /// The last stage of a site: a web server with its files.
    ///
    /// # Errors
    /// Where words are no map, which a test would show.
    pub fn site_run(
        &self,
        planner: &Planner,
        site: &Site,
        runtime: &Runtime,
        (name, port): (&str, u16),
    ) -> Result<Run, Error> {
        let base = site.shape.and_then(|shape| shape.base.as_ref()).map(|base| format!("{base}/")).unwrap_or_default();
        let pages = site.shape.is_some_and(|shape| shape.mode.pages);
        let file = site.shape.and_then(|shape| shape.mode.fallback.as_deref());
        let file = file.or((!pages).then_some("index.html"));
        let fallback = file.map(|file| format!("/{base}{file}"));
        let words = serde_json::json!({
            "port": port,
            "fallback": fallback,
            "base": base,
            "assets": site.shape.and_then(|shape| shape.mode.assets.as_ref()),
            "pages": pages,
        });
        let template = "node/nginx.tera";
        let file = File { path: "/etc/nginx/conf.d/default.conf", template, words: image::context(&words)? };
        let run = planner.run(self.fill(&runtime.image), self.labels(planner, name), Some(port));
        let target = join(FILES, base.trim_end_matches('/'));
        let copies = vec![made("build", &self.service.package.path(&site.output), target.trim_end_matches('/'))];
        Ok(Run { workdir: None, files: vec![file], copies, ..run })
    }

    fn labels(&self, planner: &Planner, name: &str) -> Labels {
        let (own, root) = (&self.service.package.manifest, &self.project.root.manifest);
        let stated = Stated {
            description: own.description.as_deref(),
            source: own.repository.as_deref().or(root.repository.as_deref()),
            licenses: own.license.as_deref().or(root.license.as_deref()),
        };
        planner.labels(name, &stated)
    }

    fn run_environment(&self, server: &Server, port: Option<u16>) -> Vec<Variable> {
        let mut all = vec![Variable::new("NODE_ENV", "production")];
        for (name, value) in &server.environment {
            all.retain(|known| known.name != *name);
            all.push(Variable::new(name, value));
        }
        all.extend(self.natives.iter().flat_map(|row| variables(&row.run_environment)));
        all.extend(self.service.findings.home.iter().map(|_| Variable::new("HOME", HOME)));
        all.extend(port.filter(|_| server.sets_port).map(|port| Variable::new("PORT", port.to_string())));
        all
    }

    /// node_modules; of a workspace with the manifests, as each member has its own.
    fn modules(&self, stage: &'static str) -> Copy {
        let copy = match self.project.is_workspace() {
            true => made(stage, "", "/app"),
            false => made(stage, "node_modules", "./node_modules"),
        };
        copy.of_dependencies()
    }

    /// What it takes, what changes most seldom first.
    fn copies(&self, server: &Server, stages: &Stages) -> Vec<Copy> {
        let tini = stages.tini.as_ref().map(|tini| Copy::stage("init", tini.path, "/usr/bin/tini"));
        let then = self.natives.iter().find_map(|row| row.install.as_deref()).map(split).unwrap_or_default();
        let modules = stages.modules.map(|stage| Copy { then, ..self.modules(stage) });
        let program = match server.shape.filter(|_| !server.modules) {
            Some(shape) => self.standalone(shape),
            None => self.program(server, stages.is_built),
        };
        tini.into_iter().chain(modules).chain(program).collect()
    }

    /// The program, with what its build generates into node_modules.
    fn program(&self, server: &Server, is_built: bool) -> Vec<Copy> {
        let out = |path: &String| owned(made("build", path, format!("./{path}")), server.shape);
        let generated = server.generated.filter(|_| is_built && !self.project.is_isolated()).map(|row| &row.path);
        if self.service.package.is_member() {
            let generated = generated.map(|path| made("build", path, join("/app", path)));
            let closure = self.project.closure(&self.service.package.folder).into_iter();
            let own = |package: &Package| server.shape.filter(|_| package.folder == self.service.package.folder);
            let sites = self.service.sites.iter().map(|site| made("build", &site.made, join("/app", &site.made)));
            let closure = closure.map(|package| owned(member(package, is_built), own(package)));
            return closure.chain(sites).chain(generated).collect();
        }
        if !is_built {
            return vec![Copy::context(".", ".")];
        }
        if let Some(shape) = server.shape.filter(|shape| shape.mode.home) {
            return shape.mode.output.iter().map(|path| made("build", path, "./")).collect();
        }
        if server.whole {
            let whole = made("build", "", "./");
            let whole = match self.home(server) {
                Some(home) => Copy { exclude: self.other_modules(&home), ..whole },
                None => without_modules(whole),
            };
            let rooted = server.shape.filter(|shape| shape.mode.rooted).map(|shape| self.standalone(shape));
            let generated = generated.map(out).into_iter().chain(rooted.into_iter().flatten());
            return std::iter::once(owned(whole, server.shape)).chain(generated).collect();
        }
        let (folders, files): (Vec<&String>, Vec<&String>) =
            server.kept.iter().partition(|path| path.contains('/') || self.project.is_folder(path));
        let files = Copy { sources: files.into_iter().cloned().collect(), ..Copy::context("", "./") };
        let folders = folders.into_iter().map(|path| Copy::context(path, format!("./{path}")));
        let members = self.project.others(&self.service.package).map(|package| member(package, true));
        let outputs = server.way.build.outputs.iter().map(out);
        std::iter::once(files).chain(folders).chain(members).chain(generated.map(out)).chain(outputs).collect()
    }

    /// The folder below with a manifest of its own in which the program lies, where the build installs its packages.
    fn home(&self, server: &Server) -> Option<String> {
        let Start::Node(args) = &server.start else { return None };
        let path = normal(start::file(args)?).filter(|_| server.way.build.installs)?;
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
        let out = |path: &String| {
            let path = self.service.package.path(path);
            made("build", &path, join("/app", &path))
        };
        let whole = |copy: Copy| if mode.rooted { Copy { target: "/app/".to_owned(), ..copy } } else { copy };
        // A layer that is linked makes the folders above its files anew, with their owner.
        let beside = mode.made.iter().chain(&mode.beside).map(|path| owned(out(path), Some(shape)));
        mode.output.iter().map(|path| owned(whole(out(path)), Some(shape))).chain(beside).collect()
    }
}

/// The sources of a package of the workspace, as they are after the build.
fn member(package: &Package, built: bool) -> Copy {
    let target = join("/app", &package.folder);
    match built {
        true => without_modules(made("build", &package.folder, target)),
        false => Copy::context(&package.folder, target),
    }
}
