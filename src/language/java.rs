//! Java and Kotlin, built by Maven: Spring Boot, Quarkus, single jars, and plain main classes.

mod build;
mod catalog;
mod inputs;
mod listen;
mod program;
mod reactor;
mod read;
mod release;
mod settings;
mod shape;
mod sources;
mod start;
mod testify;

use serde::Serialize;

use super::{Common, Dockerfile, Labels, Language, Project, Recipe, Variable, sign, view};
use crate::dockerignore::{Section, literal};
use crate::error::Error;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::plan::program::Startable;
use crate::plan::toolchain::Toolchain;
use crate::plan::{Decision, Need, Planner, topic};
use crate::render::sinks::path_operand;
use build::Build;
use catalog::{CATALOG, Maven};
use program::Program;
use reactor::Module;
use read::{Java, Unit};
use shape::Shape;
use start::{Copy, Start};

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

/// The port that a program takes when nothing but the environment says which.
const USUAL_PORT: u16 = 8080;

impl Project for Java<'_> {
    fn testify(&self) -> Vec<Fact> {
        self.facts()
    }

    fn recipe(&self, planner: &mut Planner) -> Result<Recipe, Error> {
        self.check_poms(planner)?;
        let (unit, program) = self.entry(planner)?;
        self.recipe_of(planner, unit, program)
    }
}

/// The words of the templates.
#[derive(Debug, Serialize)]
struct View {
    maven: String,
    version: String,
    builder: String,
    runtime: String,
    modules: Vec<String>,
    compress: &'static str,
    apk_run: Vec<String>,
    apt_run: Vec<String>,
    environment: Vec<Variable>,
    build: Build,
    copies: Vec<Copy>,
    entrypoint: Vec<String>,
    arguments: Vec<String>,
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

    fn recipe_of(&self, planner: &mut Planner, unit: &Unit, program: &Program) -> Result<Recipe, Error> {
        let module = self.module(unit);
        let lineage = &module.lineage;
        let toolchain = planner.toolchain(LANGUAGE.id, "Java", &CATALOG.release)?;
        let maven = maven(planner, &toolchain)?;
        warn_of_age(planner, module, &toolchain);
        let needs = needs(unit);
        let runtime = planner.runtime(needs.clone(), &CATALOG.runtime, &toolchain)?;
        let packages = |id: &str| match runtime.id == id {
            true => CATALOG.packages(id, needs.iter().map(|need| need.id.as_str())),
            false => Vec::new(),
        };
        let (port, environment) = port(planner, unit);
        let artifact = lineage.artifact();
        let stated = Evidence::new(&module.file, &format!("<artifactId>{artifact}"), Strength::Stated);
        let name = planner.name(Some((&artifact, stated)));
        let secret = planner.facts.iter().any(|fact| matches!(fact.kind, Kind::Feed(_))).then_some(SETTINGS_SECRET);
        let jar = shape::jar(&program.shape, module.folder(), lineage);
        let start = Start::new(program, module, &jar, unit);
        planner.note(start.decision(program));
        let fill = |image: &str| toolchain.fill_with(image, "${JAVA_VERSION}");
        let java = if runtime.builder.is_some() { "/opt/jre/bin/java" } else { "java" };
        let reads = self.reads(unit);
        let tests_are_read = self.tests_are_read();
        let own = View {
            maven: maven.version.clone(),
            version: toolchain.version.clone(),
            builder: fill(runtime.builder.as_deref().unwrap_or_default()),
            runtime: fill(&runtime.image),
            modules: jlink_modules(unit, &toolchain).chunks(6).map(|list| list.join(",")).collect(),
            compress: if release_number(&toolchain) <= CATALOG.jlink.number_until { "2" } else { "zip-6" },
            apk_run: packages("alpine"),
            apt_run: packages("slim"),
            environment,
            build: self.build(unit, program, &toolchain, &start, jar, secret),
            entrypoint: std::iter::once(java.to_owned()).chain(start::options(lineage)).chain(start.words).collect(),
            copies: start.copies,
            arguments: arguments(unit),
        };
        let common = Common::new(planner, &name, port, labels(&name, module));
        let template = if runtime.builder.is_some() { "java/Dockerfile.tera" } else { "java/jre.Dockerfile.tera" };
        let ignore = self.ignore(&reads, tests_are_read);
        let secrets = secret.map(str::to_owned).into_iter().collect();
        let dockerfile = Dockerfile::Whole(template, view(&common, &own)?);
        Ok(Recipe { name, dockerfile, ignore, reads, secrets })
    }

    /// A pom that cannot be read ends the matter, and so does one whose parent is not here.
    fn check_poms(&self, planner: &Planner) -> Result<(), Error> {
        for fact in &planner.facts {
            if let Kind::Unreadable(why) = &fact.kind {
                return Err(Error::usage(format!("{}: {why}", fact.evidence))
                    .hint("mend the file; Maven could not build this either"));
            }
        }
        if let Some((file, parent)) = &self.reactor.lost_parent {
            let name = format!("{}:{}:{}", parent.group, parent.artifact, parent.version);
            return Err(Error::no(format!("`{file}` has a parent, `{name}`, that lies outside of this folder"))
                .hint(format!("run dockgen in the folder that holds the parent, with `--entry {}`", self.name)));
        }
        match self.reactor.modules.is_empty() {
            false => Ok(()),
            true => {
                Err(Error::no("there is no `pom.xml` at the top").hint("dockgen writes for Java that Maven builds"))
            }
        }
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

    fn nothing_starts(&self) -> Error {
        match self.reactor.modules.iter().find(|module| shape::packaging(&module.lineage) == "war") {
            Some(module) => Error::no(format!(
                "`{}` builds a war, which needs a servlet container, and dockgen writes for none yet",
                module.file
            ))
            .hint("a war of Spring Boot with its plugin starts by itself"),
            None => {
                Error::nothing("nothing here can be started: no Spring Boot, no Quarkus, no class with a main method")
                    .hint("a library is no image; run dockgen in the folder of an application")
            }
        }
    }

    /// What the build of a program reads.
    fn reads(&self, unit: &Unit) -> Vec<String> {
        let beside = unit.data.iter().chain(&unit.settings).cloned();
        let sources = unit.sources.files.iter().map(|file| (*file).to_owned());
        self.inputs.iter().cloned().chain(beside).chain(sources).collect()
    }

    /// A deny list: Maven's plugins may read anything, so only what they make, and tests, stay out.
    fn ignore(&self, reads: &[String], tests_are_read: bool) -> Vec<Section> {
        let mut sections = vec![Section::new("What Maven, Gradle and editors leave behind.", &CATALOG.layout.left)];
        if !self.unused.is_empty() {
            sections.push(Section::new("The image brings its own Maven.", self.unused.iter().copied()));
        }
        if !self.tests.is_empty() && !tests_are_read {
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

/// The line of Maven: what the wrapper names, as far as there is an image of it.
fn maven(planner: &mut Planner, toolchain: &Toolchain) -> Result<&'static Maven, Error> {
    let (_, wanted) = planner.manager(&["maven"], "maven")?;
    let fits = |row: &&Maven| row.java.contains(&toolchain.cycle);
    let major = wanted.as_deref().and_then(|version| version.split('.').next());
    let named = CATALOG.maven.iter().filter(fits).find(|row| major == Some(row.cycle.as_str()));
    let row = named
        .or_else(|| CATALOG.maven.iter().find(fits))
        .ok_or_else(|| Error::no(format!("no Maven runs on Java {}", toolchain.cycle)))?;
    let reason = match &wanted {
        Some(version) if *version == row.version => "the version that the wrapper names".to_owned(),
        Some(version) => {
            format!("the image's own in place of the wrapper's {version}, so that no build downloads a Maven")
        }
        None => "the current release".to_owned(),
    };
    let evidence = match wanted {
        Some(_) => Evidence::new(&CATALOG.layout.wrapper, "", Strength::Stated),
        None => Evidence::new("", "", Strength::Convention),
    };
    planner.note(Decision::new(topic::MANAGER_VERSION, row.version.clone(), reason, evidence));
    Ok(row)
}

/// A framework that is older than the Java that it shall run on.
fn warn_of_age(planner: &mut Planner, module: &Module, toolchain: &Toolchain) {
    let is_older = |(row, _): &(&catalog::SpringBoot, String)| release_number(toolchain) > row.newest_java;
    if let Some((row, version)) = shape::spring_boot(&module.lineage).filter(is_older) {
        planner.warn(format!(
            "Spring Boot {version} was never tested with Java {}, only up to {}",
            toolchain.cycle, row.newest_java
        ));
    }
}

fn needs(unit: &Unit) -> Vec<Need> {
    let assumed = |id: &str, reason: &str| Need::new(id, reason, Evidence::new("", "", Strength::Convention));
    let mut needs =
        vec![assumed("jvm", "it is Java"), assumed("libc", "native parts of jars are made for glibc first")];
    for (row, artifact) in &unit.natives {
        let evidence = Evidence::new("pom.xml", artifact, Strength::Stated);
        needs.extend(row.need.iter().map(|id| Need::new(id, format!("`{artifact}` needs it"), evidence.clone())));
    }
    let imports = unit.sources.imports.iter();
    needs.extend(
        imports.map(|(file, row)| Need::new(&row.need, &row.reason, Evidence::new(file, &row.text, Strength::Stated))),
    );
    needs
}

fn release_number(toolchain: &Toolchain) -> u32 {
    toolchain.cycle.parse().unwrap_or_default()
}

/// The modules of the runtime: the fixed list, what a dependency needs beside it, and none that the release lacks.
fn jlink_modules(unit: &Unit, toolchain: &Toolchain) -> Vec<String> {
    let older =
        CATALOG.jlink.until.iter().filter(|(_, last)| release_number(toolchain) <= **last).map(|(name, _)| name);
    let needed = unit.natives.iter().flat_map(|(row, _)| &row.modules);
    let mut modules: Vec<String> = CATALOG.jlink.modules.iter().chain(older).chain(needed).cloned().collect();
    modules.sort();
    modules.dedup();
    modules
}

/// Where it listens, and the variable that tells it so.
fn port(planner: &mut Planner, unit: &Unit) -> (Option<u16>, Vec<Variable>) {
    if !unit.listening.listens() && planner.wishes.port.is_none() {
        planner.note(Decision::new(topic::PORT, "none", "nothing listens", Evidence::new("", "", Strength::Stated)));
        return (None, Vec::new());
    }
    let variable = unit.listening.variable.as_ref();
    let port = planner.port(variable.map(|name| (USUAL_PORT, format!("the program takes it from {name}"))));
    let variable = variable.zip(port).map(|(name, port)| Variable::new(name, port.to_string()));
    (port, variable.into_iter().collect())
}

/// What the program wants behind its jar.
fn arguments(unit: &Unit) -> Vec<String> {
    let words = unit.framework.map(|row| row.arguments.clone()).unwrap_or_default();
    words.into_iter().chain(unit.settings.as_deref().map(path_operand)).collect()
}

fn labels(name: &str, module: &Module) -> Labels {
    let pom = module.lineage.pom();
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_whole = |text: &String| !text.contains("${");
    Labels {
        title: name.to_owned(),
        description: pom.and_then(|pom| pom.description.as_deref()).map(one_line).filter(is_whole),
        source: pom.and_then(|pom| pom.url.clone()).filter(|url| url.starts_with("https://") && is_whole(url)),
        licenses: None,
    }
}
