//! What was decided, as build stages and the last one.

use std::collections::BTreeSet;

use serde::Serialize;

use super::assets::Collect;
use super::install::Install;
use super::own_build::Build;
use super::packages::{self, Step};
use super::rows::CATALOG;
use super::start::Start;
use crate::catalog::{Runtime, SHARED};
use crate::error::Error;
use crate::image::{Copy, Image, Part, Version};
use crate::language::{Extra, Labels, Variable};
use crate::plan::toolchain::Toolchain;
use crate::plan::{Planner, topic};

/// The variable of the path on which modules are found.
const SEARCH_PATH: &str = "PYTHONPATH";

/// What was decided.
pub struct Order<'a> {
    /// The release.
    pub toolchain: &'a Toolchain,
    /// The runtime.
    pub runtime: &'a Runtime,
    /// What is started.
    pub start: Start,
    /// How packages are installed.
    pub install: Install,
    /// Folders of packages that an installed project does not need on its search path.
    pub roots: Vec<String>,
}

/// The words of the stage with the environment.
#[derive(Debug, Serialize)]
struct Words<'w> {
    builder: String,
    extra: Extra,
    apk: &'static [String],
    apt: Vec<String>,
    /// A server to install beside the project's own packages.
    server: Option<&'w str>,
    /// What the project is built with.
    requires: &'w [String],
    #[serde(flatten)]
    install: &'w Install,
}

/// The words of the stage that reads the sources.
#[derive(Debug, Serialize)]
struct Built<'w> {
    extra: Extra,
    project: Option<&'w Build>,
    /// What is built lies over the sources, from which the program is loaded.
    overlay: bool,
    collect: Option<&'w Collect>,
    /// What the build of a front end makes.
    brought: [(); 0],
}

impl Order<'_> {
    /// The image.
    ///
    /// # Errors
    /// Where words cannot be given to a template, which a test would show.
    pub fn image(&self, planner: &Planner, labels: Labels) -> Result<Image, Error> {
        let extras = &planner.wishes.extras;
        let is_empty = extras.build_commands.is_empty() && extras.build_args.is_empty() && extras.build_env.is_empty();
        let project = self.install.project.as_ref();
        let ships_sources = self.start.collect.is_some() || !is_empty || project.is_some_and(|build| build.in_place);
        let mut parts = Vec::new();
        if self.has_environment() || ships_sources {
            parts.push(self.dependencies(planner)?);
        }
        if project.is_some() || ships_sources {
            let collect = self.start.collect.as_ref();
            let is_flat = !self.start.environment.iter().any(|variable| variable.name == SEARCH_PATH);
            let overlay = is_flat && project.is_some_and(|build| build.in_place);
            let words = Built { extra: Extra::new(extras), project, overlay, collect, brought: [] };
            parts.push(Part::new("python/build.tera", &words)?);
        }
        let init = self.init(planner);
        if init.is_some() {
            let suite = if self.toolchain.has_ended() { &SHARED.debian } else { &self.toolchain.suite };
            let words = serde_json::json!({ "image": format!("debian:{suite}-slim"), "apk": [], "apt": ["tini"] });
            parts.push(Part::new("init.tera", &words)?);
        }
        let distroless = self.runtime.id == "distroless";
        let mut run = planner.run(self.fill(&self.runtime.image), labels, self.start.port);
        run.apt = self.run_packages(planner);
        run.environment = self.environment();
        if self.has_environment() && !distroless {
            run.path = "/venv/bin";
        }
        run.copies = init.map(|path| Copy::stage("init", path, "/usr/bin/tini")).into_iter().collect();
        run.copies.extend(self.environment_copy());
        run.copies.extend(self.data().map(|step| Copy::stage("deps", step.folder, step.folder)));
        let outside = self.start.collect.iter().filter_map(|collect| collect.outside.as_deref());
        run.copies.extend(outside.map(|folder| Copy::stage("build", folder, folder)));
        run.copies.extend(match ships_sources {
            true => vec![Copy::stage("build", "/app", "./")],
            false => vec![Copy::context(".", ".")],
        });
        (run.entrypoint, run.command) = self.command();
        if self.has_environment() || ships_sources || !distroless {
            run.versions.push(Version::new("PYTHON_VERSION", &self.toolchain.version, topic::TOOLCHAIN));
        }
        Ok(Image::new(parts, run, extras))
    }

    fn dependencies(&self, planner: &Planner) -> Result<Part, Error> {
        let alpine = self.runtime.id == "alpine";
        let mut packages: BTreeSet<String> = planner.build_packages().into_iter().collect();
        packages.extend(self.install.needs_git.then(|| CATALOG.vcs.clone()));
        packages.extend(self.install.project.iter().flat_map(|build| &build.packages).cloned());
        let compiles = alpine && !packages.is_empty();
        packages.retain(|_| !alpine);
        let words = Words {
            builder: self.fill(self.runtime.builder.as_deref().unwrap_or(&CATALOG.image.builder)),
            extra: Extra::new(&planner.wishes.extras),
            apk: if compiles { &CATALOG.alpine_build } else { &[] },
            apt: self.toolchain.suited(packages),
            server: self.start.install.as_deref(),
            requires: self.install.project.as_ref().map_or(&[], |build| build.requires.as_slice()),
            install: &self.install,
        };
        Ok(Part {
            versions: self
                .install
                .uv
                .iter()
                .map(|version| Version::new("UV_VERSION", version, topic::MANAGER_VERSION))
                .collect(),
            reads: self.install.reads(),
            secrets: self.install.secrets.iter().map(|secret| secret.id.clone()).collect(),
            ..Part::new(self.install.template, &serde_json::json!({ "words": words }))?
        })
    }

    fn fill(&self, image: &str) -> String {
        self.toolchain.fill_with(image, "${PYTHON_VERSION}")
    }

    /// Whether something is installed.
    fn has_environment(&self) -> bool {
        !self.install.nothing || self.start.install.is_some() || self.install.setuptools.is_some()
    }

    /// What steps bring beside the packages.
    fn data(&self) -> impl Iterator<Item = &Step> {
        self.install.steps.iter().filter(|step| !step.folder.is_empty())
    }

    /// The packages that the program takes along; distroless has a folder for them.
    fn environment_copy(&self) -> Option<Copy> {
        let stage = if self.install.project.is_some() { "build" } else { "deps" };
        let line = &self.toolchain.cycle;
        let copy = match self.runtime.id == "distroless" {
            true => {
                let packages = format!("/venv/lib/python{line}/site-packages");
                Copy::stage(stage, &packages, format!("/usr/local/lib/python{line}/dist-packages"))
            }
            false => Copy::stage(stage, "/venv", "/venv"),
        };
        self.has_environment().then_some(copy.of_dependencies())
    }

    /// Packages of the runtime; tini is among them where there are others.
    fn run_packages(&self, planner: &Planner) -> Vec<String> {
        let mut packages = packages::run_packages(planner);
        packages.retain(|_| self.runtime.id == "slim");
        let with_tini = !packages.is_empty() && !self.start.signals;
        packages.extend(with_tini.then(|| "tini".to_owned()));
        self.toolchain.suited(packages)
    }

    /// Where a stage of its own has tini; none where it comes with other packages, or none is needed.
    fn init(&self, planner: &Planner) -> Option<&'static str> {
        let is_other = self.runtime.id == "alpine" || self.toolchain.has_ended();
        let path = if is_other { "/usr/bin/tini-static" } else { "/usr/bin/tini" };
        (!self.start.signals && self.run_packages(planner).is_empty()).then_some(path)
    }

    fn command(&self) -> (Vec<String>, Vec<String>) {
        let tini = ["/usr/bin/tini", "--"].map(str::to_owned);
        let mut entrypoint: Vec<String> = tini.into_iter().filter(|_| !self.start.signals).collect();
        let argv = self.start.argv.iter().cloned();
        if let Some(program) = &self.start.program {
            return (entrypoint, [program.clone()].into_iter().chain(argv).collect());
        }
        entrypoint.push(match self.runtime.id == "distroless" {
            true => format!("/usr/bin/python{}", self.toolchain.cycle),
            false => "python".to_owned(),
        });
        (entrypoint, argv.collect())
    }

    /// Variables of the program; an installed project needs no search path.
    fn environment(&self) -> Vec<Variable> {
        let is_root = |value: &str| {
            let path = value.strip_prefix("/app/");
            path.is_some_and(|path| path == "src" || self.roots.iter().any(|root| root == path))
        };
        let is_superfluous = |variable: &Variable| {
            self.install.project.is_some()
                && !self.start.in_sources
                && variable.name == SEARCH_PATH
                && is_root(&variable.value)
        };
        let always = CATALOG.environment.iter().map(|(name, value)| Variable::new(name, value));
        let data = self.data().map(|step| Variable::new(step.variable, step.folder));
        let own = self.start.environment.iter().filter(|variable| !is_superfluous(variable)).cloned();
        always.chain(data).chain(own).collect()
    }
}
