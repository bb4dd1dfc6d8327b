//! What was decided, in the words of the Dockerfile's template.

use serde::Serialize;

use super::assets::Collect;
use super::install;
use super::packages::{self, Installed};
use super::rows::CATALOG;
use super::sources::Program;
use super::start::Start;
use crate::catalog::{Runtime, SHARED};
use crate::language::Variable;
use crate::plan::toolchain::Toolchain;
use crate::wishes::Extras;

/// What was decided.
pub struct Parts<'a, 'r> {
    /// The sources.
    pub program: &'a Program<'r>,
    /// The release.
    pub toolchain: &'a Toolchain,
    /// The runtime.
    pub runtime: &'a Runtime,
    /// The packages.
    pub installed: &'a Installed,
    /// What is started.
    pub start: Start,
    /// How packages are installed.
    pub install: install::View,
}

/// The words of `python/Dockerfile.tera`.
#[derive(Debug, Serialize)]
pub struct View {
    /// The release; none where no image of the Dockerfile has it in its name.
    version: Option<String>,
    builder: String,
    runtime: String,
    suite: String,
    python: String,
    /// The folder of packages in distroless; the environment is copied as it is where this is none.
    packages: Option<String>,
    /// The install step.
    pub install: install::View,
    apt_build: Vec<String>,
    apk_build: Vec<String>,
    apt_run: Vec<String>,
    server: Option<String>,
    collect: Option<Collect>,
    /// Where the stage that fetches tini has it, if there is such a stage.
    init: Option<&'static str>,
    /// The stage whose environment is shipped, if there is one.
    stage: Option<&'static str>,
    /// There is a stage with the build's tools, one that reads the sources, and whether its sources are shipped.
    deps: bool,
    build: bool,
    built: bool,
    /// The environment is shipped as it is.
    path: bool,
    environment: Vec<Variable>,
    entrypoint: Vec<String>,
    cmd: Vec<String>,
}

impl View {
    /// The words; `roots` are folders of packages that an installed project does not need on its search path.
    pub fn new(parts: Parts, roots: &[String], extras: &Extras) -> Self {
        let init = parts.init();
        let (entrypoint, cmd) = parts.command();
        let (apt_build, apk_build) = parts.build_packages();
        let (apt_run, builder, runtime) = (parts.run_packages(), parts.builder(), parts.fill(&parts.runtime.image));
        let environment = parts.environment(roots);
        let Parts { toolchain, start, install, .. } = parts;
        let distroless = parts.runtime.id == "distroless";
        let has_environment = !install.nothing || start.install.is_some() || install.setuptools.is_some();
        let built = start.collect.is_some() || !extras.build_commands.is_empty() || !extras.build_args.is_empty();
        View {
            version: Some(toolchain.version.clone()).filter(|_| has_environment || built || !distroless),
            builder,
            runtime,
            suite: if toolchain.has_ended() { SHARED.debian.clone() } else { toolchain.suite.clone() },
            python: toolchain.cycle.clone(),
            packages: (distroless && has_environment)
                .then(|| format!("/usr/local/lib/python{}/dist-packages", toolchain.cycle)),
            apt_build,
            apk_build,
            apt_run,
            server: start.install,
            collect: start.collect,
            init,
            stage: has_environment.then_some(if install.project.is_some() { "build" } else { "deps" }),
            deps: has_environment || built,
            build: install.project.is_some() || built,
            built,
            path: has_environment && !distroless,
            environment,
            entrypoint,
            cmd,
            install,
        }
    }
}

impl Parts<'_, '_> {
    fn fill(&self, image: &str) -> String {
        self.toolchain.fill_with(image, "${PYTHON_VERSION}")
    }

    fn builder(&self) -> String {
        self.fill(self.runtime.builder.as_deref().unwrap_or(&CATALOG.image.builder))
    }

    /// Packages of the build: Debian's, Alpine's.
    fn build_packages(&self) -> (Vec<String>, Vec<String>) {
        let mut packages = self.installed.build_packages();
        packages.extend(self.install.needs_git.then(|| "git".to_owned()));
        match (self.runtime.id == "alpine", packages.is_empty()) {
            (false, _) => (self.toolchain.suited(packages), Vec::new()),
            (true, true) => (Vec::new(), Vec::new()),
            (true, false) => (Vec::new(), vec!["build-base".to_owned(), "git".to_owned()]),
        }
    }

    /// Packages of the runtime; tini is among them where there are others.
    fn run_packages(&self) -> Vec<String> {
        let mut packages = packages::run_packages(self.program, self.installed);
        packages.retain(|_| self.runtime.id == "slim");
        let with_tini = !packages.is_empty() && !self.start.signals;
        packages.extend(with_tini.then(|| "tini".to_owned()));
        self.toolchain.suited(packages)
    }

    /// Where a stage of its own has tini; none where it comes with other packages, or none is needed.
    fn init(&self) -> Option<&'static str> {
        let is_other = self.runtime.id == "alpine" || self.toolchain.has_ended();
        let path = if is_other { "/usr/bin/tini-static" } else { "/usr/bin/tini" };
        (!self.start.signals && self.run_packages().is_empty()).then_some(path)
    }

    fn command(&self) -> (Vec<String>, Vec<String>) {
        let mut entrypoint = Vec::new();
        if !self.start.signals {
            entrypoint.extend(["/usr/bin/tini", "--"].map(str::to_owned));
        }
        let argv = self.start.argv.iter().cloned();
        match &self.start.program {
            Some(program) => (entrypoint, [program.clone()].into_iter().chain(argv).collect()),
            None => {
                let distroless = self.runtime.id == "distroless";
                entrypoint.push(if distroless {
                    format!("/usr/bin/python{}", self.toolchain.cycle)
                } else {
                    "python".to_owned()
                });
                (entrypoint, argv.collect())
            }
        }
    }

    /// Variables of the program; an installed project needs no search path.
    fn environment(&self, roots: &[String]) -> Vec<Variable> {
        let is_root = |value: &str| {
            value.strip_prefix("/app/").is_some_and(|path| path == "src" || roots.iter().any(|root| root == path))
        };
        let mut environment = self.start.environment.clone();
        environment.retain(|variable| {
            !(self.install.project.is_some() && variable.name == "PYTHONPATH" && is_root(&variable.value))
        });
        environment
    }
}
