//! Java and Kotlin, built by Maven: Spring Boot, Quarkus, single jars, and plain main classes.

mod build;
mod catalog;
mod client;
mod config;
mod given;
mod inputs;
mod listen;
mod needed;
mod options;
mod program;
mod reactor;
mod read;
mod refuse;
mod release;
mod seen;
mod settings;
mod shape;
mod sources;
mod start;
mod testify;
mod writes;

use super::{Extra, Labels, Language, Project, Recipe, Variable, sign};
use crate::catalog::{Runtime, SHARED};
use crate::dockerignore::{Section, literal};
use crate::error::Error;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::image::{Copy, Image, Part, Run, Version};
use crate::plan::labels::Stated;
use crate::plan::program::Startable;
use crate::plan::toolchain::Toolchain;
use crate::plan::{Decision, Planner, topic};
use crate::render::sinks::path_operand;
use build::{Jre, Words};
use catalog::{CATALOG, Maven};
use client::Client;
use given::Given;
use options::Options;
use program::Program;
use reactor::{Module, Reactor};
use read::{Java, Unit};
use shape::Shape;
use start::Start;

/// The row.
pub const LANGUAGE: Language = Language {
    id: "java",
    title: "Java",
    signs: &[sign("pom.xml", Strength::Stated)],
    images: &["eclipse-temurin", "amazoncorretto", "azul-zulu"],
    image: || &CATALOG.image,
    managers: || vec!["maven"],
    releases: || &CATALOG.release,
    release: release::named,
    read: |scope| Box::new(Java::read(scope)),
};

/// The secret that holds a `settings.xml`.
const SETTINGS_SECRET: &str = "MAVEN_SETTINGS";

impl Project for Java<'_> {
    fn testify(&self) -> Vec<Fact> {
        self.facts()
    }

    fn recipe(&self, planner: &mut Planner) -> Result<Recipe, Error> {
        self.check_poms(planner)?;
        let (unit, program) = self.entry(planner)?;
        planner.obey()?;
        let module = self.module(unit);
        let toolchain = planner.toolchain(LANGUAGE.id, "Java", &CATALOG.release)?;
        let maven = maven(planner, &toolchain)?;
        warn_of_age(planner, module, &toolchain);
        let runtimes = unit.container.map_or(&CATALOG.runtime, |container| &container.runtime);
        let runtime = planner.runtime(planner.needs(&assumed()), runtimes, &toolchain)?;
        planner.tell_secrets();
        let port = unit.listening.port(planner);
        let (told, more) = unit.listening.told(planner, unit.framework);
        let name = name(planner, &self.reactor, module);
        let jar = shape::jar(&program.shape, module.folder(), &module.lineage);
        let start = Start::new(program, module, &jar, &planner.data());
        planner.note(start.decision(program));
        let (options, given) = options_of(planner, module, &toolchain, port);
        self.tell_build(planner);
        let front = front(planner, unit)?;
        let node = self.node(planner, unit)?;
        let mut words = Words {
            name: name.clone(),
            cycle: toolchain.cycle.clone(),
            suite: toolchain.suite.clone(),
            secrets: self.secrets(planner),
            apt: planner.build_packages(),
            node: node.as_ref().map(|node| node.fill_with(&(super::node::LANGUAGE.image)().builder, "${NODE_VERSION}")),
            provides: needed::provides(module, &toolchain),
            made: unit.client.as_ref().and_then(Client::made),
            extra: Extra::new(&planner.wishes.extras),
            ..self.words(unit, program, &start, jar)
        };
        words.flags.extend_from_slice(&planner.wishes.extras.build_flags);
        let node = node.iter().map(|node| Version::new("NODE_VERSION", &node.version, topic::FRONT_TOOLCHAIN));
        let java = Version::new("JAVA_VERSION", &toolchain.version, topic::TOOLCHAIN);
        let versions = [Version::new("MAVEN_VERSION", &maven, topic::MANAGER_VERSION)].into_iter();
        let versions = versions.chain(unit.container.is_none().then_some(java)).chain(node);
        let part = self.part(planner, unit, &words, versions.collect())?;
        let needed = [options.modules, modules(planner)].concat();
        let jre = runtime.builder.as_deref().map(|image| Jre::new(fill(&toolchain, image), &needed, &toolchain));
        let jre = jre.map(|words| Part::new("java/jre.tera", &words)).transpose()?;
        let run = planner.run(fill(&toolchain, &runtime.image), labels(planner, &name, module), port);
        let options = [options::usual(&module.lineage), options.words, more].concat();
        let mut run = match unit.container {
            Some(container) => contained(run, container, start, &options),
            None => started(run, planner, unit, &runtime, start, options),
        };
        if run.command.is_empty() && unit.container.is_none() {
            run.command = given.arguments;
        }
        run.environment.extend(told);
        let parts = front.into_iter().chain([part]).chain(jre).collect();
        let recipe = Recipe::new(name, Image::new(parts, run, &planner.wishes.extras));
        Ok(recipe.of(self.reactor.members(unit.module)))
    }
}

impl<'r> Java<'r> {
    /// The module of a unit.
    fn module(&self, unit: &Unit) -> &Module {
        &self.reactor.modules[unit.module]
    }

    /// Everything that can be started.
    fn programs(&self) -> impl Iterator<Item = (&Unit<'r>, &Program)> {
        self.units.iter().flat_map(|unit| unit.programs.iter().map(move |program| (unit, program)))
    }

    fn entry(&self, planner: &mut Planner) -> Result<(&Unit<'r>, &Program), Error> {
        let programs: Vec<(&Unit, &Program)> = self.programs().collect();
        let found = programs.iter().enumerate().map(|(value, (unit, program))| self.startable(value, unit, program));
        let chosen = planner.program("module or main class", found.collect())?;
        chosen.and_then(|at| programs.get(at).copied()).ok_or_else(|| self.nothing_starts())
    }

    /// What the planner weighs of a program.
    fn startable(&self, value: usize, unit: &Unit, program: &Program) -> Startable<usize> {
        let module = self.module(unit);
        let mut aliases = vec![module.lineage.artifact()];
        if let Shape::Plain(main) = &program.shape {
            aliases.extend([main.clone(), main.rsplit('.').next().unwrap_or_default().to_owned()]);
        }
        let sample = program.entry.contains("Example").then_some("example");
        Startable {
            value,
            entry: program.entry.clone(),
            aliases,
            place: [module.folder()].into_iter().chain(sample).collect::<Vec<_>>().join("/"),
            serves: unit.listening.listens(),
            reason: program.reason.clone(),
            evidence: program.evidence.clone(),
        }
    }

    /// The stage that builds a program.
    fn part(&self, planner: &Planner, unit: &Unit, words: &Words, versions: Vec<Version>) -> Result<Part, Error> {
        let sources = unit.sources.files.iter().map(|file| (*file).to_owned());
        let reads: Vec<String> = self.inputs.iter().cloned().chain(planner.data()).chain(sources).collect();
        Ok(Part {
            versions,
            ignore: self.ignore(&reads),
            reads,
            secrets: words.secrets.iter().map(|secret| secret.id.clone()).collect(),
            ..Part::new("java/build.tera", words)?
        })
    }

    /// A deny list: Maven's plugins may read anything, so only what they make, and tests, stay out.
    fn ignore(&self, reads: &[String]) -> Vec<Section> {
        let mut sections = vec![Section::new("What Maven, Gradle and editors leave behind.", &CATALOG.layout.left)];
        if !self.unused.is_empty() {
            sections.push(Section::new("The image brings its own Maven.", self.unused.iter().copied()));
        }
        if !self.tests.is_empty() && !self.tests_are_read() {
            let tests = self.tests.iter().map(|path| literal(path));
            sections.push(Section::new("Tests are not compiled here (-Dmaven.test.skip=true).", tests));
        }
        let packed = |path: &str| CATALOG.layout.packed.iter().any(|folder| path.contains(folder.as_str()));
        let is_kept = |path: &&&str| packed(path) || reads.iter().any(|read| read == *path);
        let kept: Vec<String> = self.hidden.iter().filter(is_kept).map(|path| format!("!{}", literal(path))).collect();
        if !kept.is_empty() {
            sections.push(Section::new("Read by the build, whatever its name.", kept));
        }
        sections
    }
}

/// The release of Maven: the one that the wrapper names, where there is an image of it; else the newest of its line.
fn maven(planner: &mut Planner, toolchain: &Toolchain) -> Result<String, Error> {
    let (_, wanted) = planner.manager(&["maven"], "maven")?;
    let fits = |row: &&Maven| row.java.contains(&toolchain.cycle);
    let major = wanted.as_deref().and_then(|version| version.split('.').next());
    let named = CATALOG.maven.iter().filter(fits).find(|row| major == Some(row.cycle.as_str()));
    let row = named
        .or_else(|| CATALOG.maven.iter().find(fits))
        .ok_or_else(|| Error::no(format!("no Maven runs on Java {}", toolchain.cycle)))?;
    let has_image = |version: &String| {
        let runs = |java: &str| java.split(' ').any(|cycle| cycle == toolchain.cycle);
        *version == row.version || row.older.iter().any(|[known, java]| known == version && runs(java))
    };
    let exact = wanted.clone().filter(has_image);
    let reason = match (&wanted, &exact) {
        (_, Some(_)) => "the version that the wrapper names".to_owned(),
        (Some(version), None) => format!("the newest in place of the wrapper's {version}, of which there is no image"),
        (None, None) => "the current release".to_owned(),
    };
    let evidence = match wanted {
        Some(_) => Evidence::new(&CATALOG.layout.wrapper, "", Strength::Stated),
        None => Evidence::new("", "", Strength::Convention),
    };
    let version = exact.unwrap_or_else(|| row.version.clone());
    planner.note(Decision::new(topic::MANAGER_VERSION, version.clone(), reason, evidence));
    Ok(version)
}

/// A framework that is older than the Java that it shall run on.
fn warn_of_age(planner: &mut Planner, module: &Module, toolchain: &Toolchain) {
    let is_older = |(row, _): &(&catalog::SpringBoot, String)| build::number(toolchain) > row.newest_java;
    if let Some((row, version)) = shape::spring_boot(&module.lineage).filter(is_older) {
        planner.warn(format!(
            "Spring Boot {version} was never tested with Java {}, only up to {}",
            toolchain.cycle, row.newest_java
        ));
    }
}

/// What every program needs, and why.
fn assumed() -> [(&'static str, &'static str); 2] {
    [("jvm", "it is Java"), ("libc", "native parts of jars are made for glibc first")]
}

/// An image of a catalog, with the argument for its version.
fn fill(toolchain: &Toolchain, image: &str) -> String {
    toolchain.fill_with(image, "${JAVA_VERSION}")
}

/// The options that the poms and other starts of the program name, and what else these say.
fn options_of(planner: &mut Planner, module: &Module, toolchain: &Toolchain, port: Option<u16>) -> (Options, Given) {
    let java = build::number(toolchain);
    let options = Options::read(&module.lineage, java);
    options.note(planner, &module.file);
    let mut given = Given::read(planner, port);
    let mut options = options.with(&given.modules, java);
    given.options.retain(|word| !options.words.contains(word));
    options.words.append(&mut given.options);
    (options, given)
}

/// The modules of Java that the program needs beside the usual ones.
fn modules(planner: &Planner) -> Vec<String> {
    let name = |fact: &Fact| match &fact.kind {
        Kind::Need(id, _) => id.strip_prefix("module:").map(str::to_owned),
        _ => None,
    };
    planner.heard().filter_map(name).collect()
}

/// The name of the module, but for one that programs of all kinds have: then that of the whole.
fn name(planner: &mut Planner, reactor: &Reactor, module: &Module) -> String {
    let is_usual = SHARED.services.contains(&module.lineage.artifact());
    let module = reactor.modules.first().filter(|_| is_usual).unwrap_or(module);
    let artifact = module.lineage.artifact();
    let stated = Evidence::new(&module.file, &format!("<artifactId>{artifact}"), Strength::Stated);
    planner.name(Some((&artifact, stated)))
}

/// The last stage, with the program in it.
fn started(run: Run, planner: &Planner, unit: &Unit, runtime: &Runtime, start: Start, options: Vec<String>) -> Run {
    let packages = CATALOG.packages(&runtime.id, &planner.needs(&[]));
    let (apk, apt) = if runtime.id == "alpine" { (packages, Vec::new()) } else { (Vec::new(), packages) };
    let is_own = runtime.builder.is_some();
    let language = is_own.then(|| Variable::new("LANG", "C.UTF-8"));
    let port = unit.listening.variable.as_ref().zip(run.port);
    let port = port.map(|(name, port)| Variable::new(name, port.to_string()));
    let jre = is_own.then(|| Copy::stage("jre", "/opt/jre", "/opt/jre"));
    let java = if is_own { "/opt/jre/bin/java" } else { "java" };
    Run {
        apk,
        apt,
        environment: language.into_iter().chain(port).collect(),
        ports: unit.listening.more.clone(),
        copies: jre.into_iter().chain(start.copies).collect(),
        entrypoint: std::iter::once(java.to_owned()).chain(options).chain(start.words).collect(),
        command: arguments(unit),
        ..run
    }
}

/// The last stage of a war: its container starts it in a folder of its own.
fn contained(run: Run, container: &catalog::Container, start: Start, options: &[String]) -> Run {
    Run {
        workdir: None,
        environment: vec![Variable::new(&container.options, options.join(" "))],
        copies: start.copies,
        entrypoint: start.words,
        ..run
    }
}

/// The stage that builds a client; one that cannot be built here is said.
fn front(planner: &mut Planner, unit: &Unit) -> Result<Option<Part>, Error> {
    let Some(client) = &unit.client else { return Ok(None) };
    let Some((frontend, _)) = &client.built else {
        planner.warn(format!(
            "`{}` has a client that {} builds, and nothing builds it here: it is no part of the image; let Maven build it, or run it as an image of its own",
            client.manifest, client.tool
        ));
        return Ok(None);
    };
    let evidence = Evidence::new(&client.manifest, client.tool, Strength::Convention);
    planner.front_end(&frontend.folder, "the jar hands out what its build makes", evidence);
    client.part(planner)
}

/// What the program wants behind its jar.
fn arguments(unit: &Unit) -> Vec<String> {
    let words = unit.framework.map(|row| row.arguments.clone()).unwrap_or_default();
    words.into_iter().chain(unit.settings.as_deref().map(path_operand)).collect()
}

fn labels(planner: &Planner, name: &str, module: &Module) -> Labels {
    let pom = module.lineage.pom();
    let description = pom.and_then(|pom| pom.description.as_deref());
    planner.labels(name, &Stated { description, source: pom.and_then(|pom| pom.url.as_deref()), licenses: None })
}

#[cfg(test)]
mod tests;
