//! Java and Kotlin, built by Maven: Spring Boot, Quarkus, single jars, and plain main classes.

mod catalog;
mod listen;
mod program;
mod reactor;
mod release;

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Common, Dockerfile, Labels, Language, Late, Recipe, sign, view};
use crate::dockerignore::{Section, literal};
use crate::error::Error;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::format::pom::{Dependency, Element, Lineage};
use crate::format::properties;
use crate::plan::toolchain::Toolchain;
use crate::plan::{Candidate, Decision, Need, Planner, topic};
use crate::render::sinks::path_operand;
use crate::repo::Repo;
use catalog::{CATALOG, Framework, Maven, is_one_of};
use program::{Jar, Program, Shape, Source};
use reactor::{Reactor, folder, join};

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
    read: |scope| Box::new(Late { repo: scope.repo, inspect, recipe }),
};

const WRAPPER: &str = ".mvn/wrapper/maven-wrapper.properties";

/// The secret that holds a `settings.xml`.
const SETTINGS_SECRET: &str = "MAVEN_SETTINGS";

/// What every program is started with: three quarters of the container's memory, and an end where that is not enough.
const OPTIONS: [&str; 2] = ["-XX:MaxRAMPercentage=75", "-XX:+ExitOnOutOfMemoryError"];

fn inspect(repo: &Repo) -> Vec<Fact> {
    let reactor = Reactor::read(repo);
    let mut facts = reactor.faults.clone();
    facts.extend(release::facts(repo, &reactor));
    facts.extend(manager(repo));
    let manifests = reactor.files().map(|file| Fact::new(Kind::Manifest(file.to_owned()), file, "", Strength::Stated));
    facts.extend(manifests);
    let programs = program::programs(repo, &reactor);
    facts.extend(programs.into_iter().map(|program| Fact::from_evidence(Kind::Entry(program.entry), program.evidence)));
    facts.extend(feeds(repo, &reactor));
    facts
}

/// Maven, with the version that the wrapper names.
fn manager(repo: &Repo) -> Option<Fact> {
    let read = properties::parse(repo.text(WRAPPER)?).ok()?;
    let url = read.get("distributionUrl")?;
    let version = url.rsplit('/').next()?.strip_prefix("apache-maven-")?.strip_suffix("-bin.zip")?;
    Some(Fact::new(Kind::Manager("maven".into(), Some(version.to_owned())), WRAPPER, url, Strength::Stated))
}

/// Places of packages that may ask for credentials.
fn feeds(repo: &Repo, reactor: &Reactor) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    let mut seen = BTreeSet::new();
    for (pom, lineage) in reactor.lineages(repo) {
        for place in lineage.repositories() {
            let Some((_, rest)) = place.url.split_once("://") else { continue };
            let host = rest.split(['/', ':']).next().unwrap_or_default();
            let known =
                CATALOG.repositories.public.iter().any(|public| public == host) || place.url.starts_with("file:");
            if !known && seen.insert(place.id.clone()) {
                facts.push(Fact::new(Kind::Feed(place.id.clone()), pom, &place.url, Strength::Stated));
            }
        }
    }
    facts
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
    apk_run: Vec<&'static str>,
    apt_run: Vec<&'static str>,
    environment: Vec<Variable>,
    build: Build,
    copies: Vec<Copy>,
    entrypoint: Vec<String>,
    arguments: Vec<String>,
}

/// The words of the build stage.
#[derive(Debug, Serialize)]
struct Build {
    cycle: String,
    suite: String,
    poms: Vec<String>,
    folders: Vec<String>,
    /// The folder of the only module that is compiled, with a slash; empty for the top.
    only: String,
    /// Files that must be there for a profile to be active, whatever is in them.
    switches: Vec<String>,
    secret: Option<&'static str>,
    flags: Vec<String>,
    /// Properties with which plugins do nothing in the first step.
    idle: Vec<String>,
    goals: Goals,
    jar: Jar,
    layered: bool,
    exploded: bool,
    whole: bool,
    inf: &'static str,
}

/// What Maven is asked for.
#[derive(Debug, Serialize)]
struct Goals {
    phase: &'static str,
    /// The goal that copies dependencies.
    copies: Option<String>,
    /// The folder of the module, where there are several.
    module: Option<String>,
}

#[derive(Debug, Serialize)]
struct Copy {
    from: String,
    to: String,
}

#[derive(Debug, Serialize)]
struct Variable {
    name: String,
    value: String,
}

/// How a program lies in the image and is started.
struct Start {
    /// Whether the jar's own tools take it apart.
    layered: bool,
    /// Whether `jar` takes it apart.
    exploded: bool,
    copies: Vec<Copy>,
    /// What follows the options of `java`.
    words: Vec<String>,
}

fn recipe(planner: &mut Planner) -> Result<Recipe, Error> {
    let repo = planner.repo;
    let reactor = readable(planner)?;
    let program = entry(planner, &reactor)?;
    let lineage = reactor.lineage(repo, &program.pom);
    let toolchain = planner.toolchain(LANGUAGE.id, "Java", &CATALOG.release)?;
    let maven = maven(planner, &toolchain)?;
    let dependencies = reactor.dependencies(repo, &program.pom);
    let framework = listen::row(program::framework(&program, &lineage, &dependencies));
    testify(planner, &program, framework, &dependencies);
    warn_of_age(planner, &lineage, &toolchain);
    let files = program::files(repo, &program.pom, &lineage);
    let sources = match program.shape {
        Shape::Boot | Shape::Quarkus => Vec::new(),
        _ => program::sources(repo, &files),
    };
    let runtime = planner.runtime(needs(repo, &dependencies, &files), &CATALOG.runtime, &toolchain)?;
    let settings =
        framework.filter(|row| !row.arguments.is_empty()).and_then(|_| program::settings_file(repo, program.folder()));
    let (port, environment) = port(planner, &program, &dependencies, &sources, framework, settings.as_deref());
    let pom = lineage.pom();
    let artifact = lineage.artifact();
    let name = planner
        .name(Some((&artifact, Evidence::new(&program.pom, &format!("<artifactId>{artifact}"), Strength::Stated))));
    let secret = planner.facts.iter().any(|fact| matches!(fact.kind, Kind::Feed(_))).then_some(SETTINGS_SECRET);
    let jar = program::jar(&program, &lineage);
    let mut start = start(planner, &program, &lineage, &jar);
    let data = data(repo, &program, &sources);
    let folders = folders(repo, &reactor, &program);
    start.copies.extend(
        data.iter().chain(&settings).map(|path| Copy { from: format!("/src/{path}"), to: format!("./{path}") }),
    );
    let fill = |image: &str| toolchain.fill_with(image, "${JAVA_VERSION}");
    let java = if runtime.builder.is_some() { "/opt/jre/bin/java" } else { "java" };
    let options = OPTIONS.iter().map(|option| (*option).to_owned()).chain(preview(&lineage));
    let tests_are_read = tests_are_read(repo, &reactor);
    let fonts = needs(repo, &dependencies, &files).iter().any(|need| need.id == "fonts");
    let own = View {
        maven: maven.version.clone(),
        version: toolchain.version.clone(),
        builder: fill(runtime.builder.as_deref().unwrap_or_default()),
        runtime: fill(&runtime.image),
        modules: jlink_modules(&dependencies, &toolchain).chunks(6).map(|list| list.join(",")).collect(),
        compress: if release_number(&toolchain) <= CATALOG.jlink.number_until { "2" } else { "zip-6" },
        apk_run: if runtime.id == "alpine" && fonts { vec!["fontconfig", "ttf-dejavu"] } else { Vec::new() },
        apt_run: if runtime.id == "slim" && fonts { vec!["fontconfig", "fonts-dejavu-core"] } else { Vec::new() },
        environment,
        build: Build {
            cycle: toolchain.cycle.clone(),
            suite: toolchain.suite.clone(),
            poms: inputs(repo, &reactor),
            only: folders
                .first()
                .filter(|folder| !folder.is_empty())
                .map(|folder| format!("{folder}/"))
                .unwrap_or_default(),
            folders: if folders.len() > 1 { folders } else { Vec::new() },
            switches: switches(repo, &reactor, &program),
            secret,
            flags: flags(repo, &reactor, tests_are_read),
            idle: idle(repo, &reactor),
            goals: goals(&program, &lineage, &reactor),
            inf: if jar.kind == "war" { "WEB-INF" } else { "BOOT-INF" },
            layered: start.layered,
            exploded: start.exploded,
            whole: !start.layered && !start.exploded && program.shape != Shape::Quarkus,
            jar,
        },
        copies: start.copies,
        entrypoint: std::iter::once(java.to_owned()).chain(options).chain(start.words).collect(),
        arguments: framework
            .map(|row| row.arguments.iter().cloned().chain(settings.as_deref().map(path_operand)).collect())
            .unwrap_or_default(),
    };
    let labels = Labels {
        title: name.clone(),
        description: pom.and_then(|pom| pom.description.as_deref()).map(one_line).filter(|text| !text.contains("${")),
        source: pom.and_then(|pom| pom.url.clone()).filter(|url| url.starts_with("https://") && !url.contains("${")),
        licenses: None,
    };
    let common = Common::new(planner, &name, port, labels);
    let template = if runtime.builder.is_some() { "java/Dockerfile.tera" } else { "java/jre.Dockerfile.tera" };
    let mut reads = own.build.poms.clone();
    reads.extend(data.into_iter().chain(settings).filter(|path| repo.has(path)));
    reads.extend(files.iter().map(|file| (*file).to_owned()));
    let ignore = ignore(repo, &reactor, &reads, tests_are_read);
    let secrets = secret.map(str::to_owned).into_iter().collect();
    let dockerfile = Dockerfile::Whole(template, view(&common, &own)?);
    Ok(Recipe { name, dockerfile, ignore, reads, secrets })
}

/// The poms; one that cannot be read ends the matter.
fn readable(planner: &Planner) -> Result<Reactor, Error> {
    for fact in &planner.facts {
        if let Kind::Unreadable(why) = &fact.kind {
            return Err(Error::usage(format!("{}: {why}", fact.evidence))
                .hint("mend the file; Maven could not build this either"));
        }
    }
    let reactor = Reactor::read(planner.repo);
    if let Some((file, parent)) = reactor.lost_parent() {
        let name = format!("{}:{}:{}", parent.group, parent.artifact, parent.version);
        return Err(Error::no(format!("`{file}` has a parent, `{name}`, that lies outside of this folder"))
            .hint(format!("run dockgen in the folder that holds the parent, with `--entry {}`", planner.repo.name())));
    }
    match reactor.modules.is_empty() {
        false => Ok(reactor),
        true => Err(Error::no("there is no `pom.xml` at the top").hint("dockgen writes for Java that Maven builds")),
    }
}

fn entry(planner: &mut Planner, reactor: &Reactor) -> Result<Program, Error> {
    let programs = program::programs(planner.repo, reactor);
    let mut candidates = Vec::new();
    if let Some(wish) = planner.wishes.entry.clone() {
        candidates.push(asked(planner, reactor, &programs, &wish)?);
    }
    candidates.extend(programs.iter().enumerate().map(|(index, program)| {
        Candidate::new(index, program.entry.clone(), program.reason.clone(), program.evidence.clone())
    }));
    match planner.choose(topic::ENTRY, candidates) {
        Some(index) => programs.into_iter().nth(index).ok_or_else(|| Error::no("there is no such program")),
        None => Err(nothing_starts(planner.repo, reactor)),
    }
}

/// The program that `--entry` means: its name, its module's artifact, or its main class.
fn asked(planner: &Planner, reactor: &Reactor, programs: &[Program], wish: &str) -> Result<Candidate<usize>, Error> {
    let named = wish.trim_start_matches("./").trim_end_matches('/');
    let is = |program: &Program| {
        let by_class =
            matches!(&program.shape, Shape::Plain(main) if main == named || main.rsplit('.').next() == Some(named));
        program.entry == named || by_class || reactor.lineage(planner.repo, &program.pom).artifact() == named
    };
    match programs.iter().position(is) {
        Some(index) => {
            let label = programs.get(index).map(|program| program.entry.clone()).unwrap_or_default();
            Ok(Candidate::new(index, label, "asked for", Evidence::asked(&format!("--entry {wish}"))))
        }
        None => {
            let known: Vec<String> =
                programs.iter().take(8).map(|program| format!("`--entry {}`", program.entry)).collect();
            Err(Error::no(format!("`--entry {wish}`: there is no such module or main class"))
                .hint(format!("there is {}", known.join(", "))))
        }
    }
}

fn nothing_starts(repo: &Repo, reactor: &Reactor) -> Error {
    match program::wars(repo, reactor).first() {
        Some(pom) => {
            Error::no(format!("`{pom}` builds a war, which needs a servlet container, and dockgen writes for none yet"))
                .hint("a war of Spring Boot with its plugin starts by itself")
        }
        None => Error::nothing("nothing here can be started: no Spring Boot, no Quarkus, no class with a main method")
            .hint("a library is no image; run dockgen in the folder of an application"),
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
    let evidence = planner
        .repo
        .text(WRAPPER)
        .map_or_else(|| Evidence::new("", "", Strength::Convention), |_| Evidence::new(WRAPPER, "", Strength::Stated));
    planner.note(Decision::new(topic::MANAGER_VERSION, row.version.clone(), reason, evidence));
    Ok(row)
}

fn testify(planner: &mut Planner, program: &Program, framework: Option<&Framework>, dependencies: &[Dependency]) {
    let fact = |kind| Fact::new(kind, &program.pom, "", Strength::Stated);
    planner.facts.extend(framework.map(|row| fact(Kind::Framework(row.title.clone()))));
    planner.facts.extend(listen::health_path(dependencies).map(|path| fact(Kind::HealthPath(path.to_owned()))));
}

/// A framework that is older than the Java that it shall run on.
fn warn_of_age(planner: &mut Planner, lineage: &Lineage<'_>, toolchain: &Toolchain) {
    if let Some((row, version)) =
        program::spring_boot(lineage).filter(|(row, _)| release_number(toolchain) > row.newest_java)
    {
        planner.warn(format!(
            "Spring Boot {version} was never tested with Java {}, only up to {}",
            toolchain.cycle, row.newest_java
        ));
    }
}

fn needs(repo: &Repo, dependencies: &[Dependency], files: &[&str]) -> Vec<Need> {
    let assumed = |id: &str, reason: &str| Need::new(id, reason, Evidence::new("", "", Strength::Convention));
    let mut needs =
        vec![assumed("jvm", "it is Java"), assumed("libc", "native parts of jars are made for glibc first")];
    for row in &CATALOG.native {
        let found = dependencies.iter().find(|entry| is_one_of(entry, &row.artifacts));
        if let (Some(id), Some(entry)) = (&row.need, found) {
            let evidence = Evidence::new("pom.xml", &entry.artifact, Strength::Stated);
            needs.push(Need::new(id, format!("`{}` needs it", entry.artifact), evidence));
        }
    }
    let draws = |file: &&&str| repo.text(file).is_some_and(|text| text.contains("\nimport java.awt."));
    if let Some(file) = files.iter().find(draws) {
        needs.push(Need::new("fonts", "it draws", Evidence::new(file, "import java.awt", Strength::Stated)));
    }
    needs
}

fn release_number(toolchain: &Toolchain) -> u32 {
    toolchain.cycle.parse().unwrap_or_default()
}

/// The modules of the runtime: the fixed list, what a dependency needs beside it, and none that the release lacks.
fn jlink_modules(dependencies: &[Dependency], toolchain: &Toolchain) -> Vec<String> {
    let needed = CATALOG.native.iter().filter(|row| dependencies.iter().any(|entry| is_one_of(entry, &row.artifacts)));
    let older =
        CATALOG.jlink.until.iter().filter(|(_, last)| release_number(toolchain) <= **last).map(|(name, _)| name);
    let mut modules: Vec<String> = CATALOG.jlink.modules.iter().chain(older).cloned().collect();
    modules.extend(needed.flat_map(|row| row.modules.iter().cloned()));
    modules.sort();
    modules.dedup();
    modules
}

/// The option without which classes compiled with preview features do not load.
fn preview(lineage: &Lineage<'_>) -> Option<String> {
    let flag = "--enable-preview";
    let compiled = |all: &Element| {
        all.descendants()
            .iter()
            .any(|element| element.text == flag || (element.name == "enablePreview" && element.text == "true"))
    };
    let settings = || lineage.plugin_settings("maven-compiler-plugin").flat_map(|plugin| plugin.configurations());
    settings().any(compiled).then(|| flag.to_owned())
}

fn port(
    planner: &mut Planner,
    program: &Program,
    dependencies: &[Dependency],
    sources: &[Source],
    framework: Option<&Framework>,
    settings: Option<&str>,
) -> (Option<u16>, Vec<Variable>) {
    let found = listen::listening(planner.repo, program, dependencies, sources, framework, settings);
    if !found.listens && planner.wishes.port.is_none() {
        planner.note(Decision::new(topic::PORT, "none", "nothing listens", Evidence::new("", "", Strength::Stated)));
        return (None, Vec::new());
    }
    planner.facts.extend(found.ports);
    let fallback =
        found.variable.as_ref().map(|name| (listen::USUAL_PORT, format!("the program takes it from {name}")));
    let port = planner.port(fallback);
    let variable = found.variable.zip(port).map(|(name, port)| Variable { name, value: port.to_string() });
    (port, variable.into_iter().collect())
}

/// Where everything lies and what `java` is told.
fn start(planner: &mut Planner, program: &Program, lineage: &Lineage<'_>, jar: &Jar) -> Start {
    let layer = |name: &str| Copy { from: format!("/out/{name}/"), to: "./".to_owned() };
    let application = format!("application.{}", jar.kind);
    let whole = || Copy { from: format!("/out/{application}"), to: "./".to_owned() };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let mut start =
        Start { layered: false, exploded: false, copies: Vec::new(), words: words(&["-jar", &application]) };
    let reason;
    match &program.shape {
        Shape::Boot => match program::spring_boot(lineage).filter(|_| program::can_be_taken_apart(lineage)) {
            Some((row, version)) if row.tools => {
                reason = format!("Spring Boot {version} takes its jar apart into layers");
                start.layered = true;
                start.copies =
                    ["dependencies", "spring-boot-loader", "snapshot-dependencies", "application"].map(layer).into();
            }
            Some((row, version)) => {
                reason =
                    format!("the jar of Spring Boot {version}, unpacked: its dependencies are a layer of their own");
                start.exploded = true;
                start.copies = ["dependencies", "application"].map(layer).into();
                let launcher = if jar.kind == "war" { "WarLauncher" } else { "JarLauncher" };
                start.words = vec![format!("{}.{launcher}", row.launcher.as_deref().unwrap_or_default())];
            }
            None => {
                reason = "the executable jar as it is".to_owned();
                start.copies = vec![whole()];
            }
        },
        Shape::Quarkus => {
            reason = "Quarkus' folder, from slow to fast".to_owned();
            let from = format!("/src/{}target/quarkus-app", jar.folder);
            let part = |name: &str, to: &str| Copy { from: format!("{from}/{name}"), to: to.to_owned() };
            start.copies = vec![
                part("lib/", "./lib/"),
                part("quarkus-run.jar", "./"),
                part("quarkus/", "./quarkus/"),
                part("app/", "./app/"),
            ];
            start.words = words(&["-jar", "quarkus-run.jar"]);
        }
        Shape::Single(_) => {
            reason = "one jar with everything in it".to_owned();
            start.copies = vec![whole()];
        }
        Shape::Plain(main) => {
            let library = has_library(lineage).then(|| format!("/src/{}{}/", jar.folder, library(lineage)));
            let beside = system_jars(program, lineage).into_iter().map(|path| format!("/src/{path}"));
            let from: Vec<String> = library.into_iter().chain(beside).collect();
            reason = format!("the class {main} with its dependencies beside the jar");
            let path = if from.is_empty() { application.clone() } else { format!("{application}:lib/*") };
            start.copies.extend(from.into_iter().map(|from| Copy { from, to: "./lib/".to_owned() }));
            start.copies.push(whole());
            start.words = words(&["-cp", &path, main]);
        }
    }
    planner.note(Decision::new(topic::START, start.words.join(" "), reason, program.evidence.clone()));
    start
}

fn has_library(lineage: &Lineage<'_>) -> bool {
    lineage.dependencies().iter().any(|entry| entry.at_run_time() && entry.scope != "system")
}

/// Jars of the repository that are dependencies themselves; Maven copies none of them.
fn system_jars(program: &Program, lineage: &Lineage<'_>) -> Vec<String> {
    let paths = lineage.dependencies().into_iter().filter_map(|entry| entry.system_path);
    paths.filter_map(|path| reactor::resolve(program.folder(), &path)).collect()
}

/// The folder that `dependency:copy-dependencies` fills, from the module's folder.
fn library(lineage: &Lineage<'_>) -> String {
    let settings = lineage.plugin_settings("maven-dependency-plugin");
    let written = settings.filter_map(|plugin| plugin.configuration.text_at(&["outputDirectory"])).next();
    let path = written.map(|text| lineage.resolve(text)).unwrap_or_else(|| "target/dependency".into());
    path.trim_start_matches("./").to_owned()
}

/// The goals, and of several modules the one that is wanted.
fn goals(program: &Program, lineage: &Lineage<'_>, reactor: &Reactor) -> Goals {
    let copies = matches!(program.shape, Shape::Plain(_)) && has_library(lineage);
    let module = reactor.modules.len() > 1 && !program.folder().is_empty();
    Goals {
        phase: "package",
        copies: copies.then(|| format!("{}:copy-dependencies", CATALOG.plugin.dependency)),
        module: module.then(|| program.folder().to_owned()),
    }
}

/// What Maven is told besides its goals: no tests, and nothing that only checks, attaches or publishes.
fn flags(repo: &Repo, reactor: &Reactor, tests_are_read: bool) -> Vec<String> {
    let tests = if tests_are_read { "-DskipTests" } else { "-Dmaven.test.skip=true" };
    let lineages: Vec<Lineage<'_>> = reactor.lineages(repo).map(|(_, lineage)| lineage).collect();
    let used = |plugins: &[String]| lineages.iter().any(|lineage| plugins.iter().any(|plugin| lineage.uses(plugin)));
    let skips = CATALOG.skip.iter().filter(|row| used(&row.plugins)).map(|row| format!("-D{}=true", row.property));
    ["--batch-mode", "--no-transfer-progress", tests].map(str::to_owned).into_iter().chain(skips).collect()
}

/// What tells plugins to do nothing while there are no sources.
fn idle(repo: &Repo, reactor: &Reactor) -> Vec<String> {
    let used = |plugin: &str| reactor.lineages(repo).any(|(_, lineage)| lineage.uses(plugin));
    CATALOG.idle.iter().filter(|row| used(&row.plugin)).flat_map(|row| row.properties.iter().cloned()).collect()
}

/// Whether a module needs the compiled tests of another one.
fn tests_are_read(repo: &Repo, reactor: &Reactor) -> bool {
    let groups: Vec<String> = reactor.lineages(repo).map(|(_, lineage)| lineage.group()).collect();
    let is_tests =
        |entry: &Dependency| (entry.kind == "test-jar" || entry.classifier == "tests") && groups.contains(&entry.group);
    reactor.lineages(repo).any(|(_, lineage)| lineage.dependencies().iter().any(is_tests))
}

/// The folders of the modules that are compiled.
fn folders(repo: &Repo, reactor: &Reactor, program: &Program) -> Vec<String> {
    let modules = reactor.with_siblings(repo, &program.pom);
    let mut folders: Vec<String> = modules.into_iter().map(|pom| folder(pom).to_owned()).collect();
    folders.sort();
    folders
}

/// The files of those modules that make a profile active.
fn switches(repo: &Repo, reactor: &Reactor, program: &Program) -> Vec<String> {
    let mut files = Vec::new();
    for pom in reactor.with_siblings(repo, &program.pom) {
        let lineage = reactor.lineage(repo, pom);
        files.extend(lineage.activating_files().filter_map(|path| reactor::resolve(folder(pom), path)));
    }
    files.retain(|path| repo.has(path));
    files.sort();
    files.dedup();
    files
}

/// What Maven reads before the sources: poms, `.mvn`, and the files that plugins are told of.
fn inputs(repo: &Repo, reactor: &Reactor) -> Vec<String> {
    let mut inputs: Vec<String> = reactor.files().map(str::to_owned).collect();
    inputs.sort_by_key(|path| path.split('/').count());
    inputs.extend(
        [".mvn/maven.config", ".mvn/jvm.config", ".mvn/extensions.xml"]
            .iter()
            .filter(|path| repo.has(path))
            .map(|path| (*path).to_owned()),
    );
    let mut found: Vec<String> =
        reactor.lineages(repo).flat_map(|(pom, lineage)| configured(repo, pom, &lineage)).collect();
    found.extend(settings_of_config(repo));
    found.sort();
    found.dedup();
    let known: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    let below = |path: &String| path.match_indices('/').any(|(at, _)| known.contains(&path[..at]));
    let taken: BTreeSet<String> = inputs.iter().cloned().collect();
    inputs.extend(found.iter().filter(|path| !below(path) && !taken.contains(*path)).cloned());
    inputs
}

/// The settings that `.mvn/maven.config` names: `-s settings.xml`.
fn settings_of_config(repo: &Repo) -> Option<String> {
    let words: Vec<&str> = repo.text(".mvn/maven.config")?.split_whitespace().collect();
    let at = words.iter().position(|word| matches!(*word, "-s" | "--settings" | "-gs"))?;
    words.get(at + 1).and_then(|path| reactor::resolve("", path)).filter(|path| repo.has(path))
}

/// Paths that are there, of those in the configuration of plugins, jars beside the poms, and repositories of files.
fn configured(repo: &Repo, pom: &str, lineage: &Lineage<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let is_skipped =
        |artifact: &str| CATALOG.skip.iter().any(|row| row.plugins.iter().any(|plugin| plugin == artifact));
    let mut settings = lineage.all_plugin_settings();
    for plugin in lineage.plugins().filter(|plugin| !is_skipped(&plugin.artifact)) {
        let all = settings.remove(plugin.artifact.as_str()).into_iter().flatten();
        let texts = all.flat_map(|plugin| plugin.configurations()).flat_map(Element::descendants);
        found.extend(texts.filter(|element| element.text.contains('/')).map(|element| lineage.resolve(&element.text)));
        let rows = CATALOG.generator.iter().filter(|row| row.plugin == plugin.artifact);
        found.extend(rows.flat_map(|row| row.folders.iter().cloned()));
    }
    found.extend(lineage.dependencies().into_iter().filter_map(|entry| entry.system_path));
    let repositories = lineage.repositories().into_iter();
    found.extend(
        repositories.filter_map(|place| Some(place.url.strip_prefix("file:")?.trim_start_matches("//").to_owned())),
    );
    let here = found.iter().filter_map(|path| reactor::resolve(folder(pom), path));
    here.filter(|path| is_input(repo, path)).collect()
}

/// Whether the warm-up may read a path: it is there, and no edit of an ordinary source changes it.
fn is_input(repo: &Repo, path: &str) -> bool {
    let whole =
        ["src", "src/main", "src/main/java", "src/main/kotlin", "src/main/resources", "src/test", "src/main/webapp"];
    let source = whole.iter().any(|folder| path == *folder || path.ends_with(&format!("/{folder}")));
    !path.is_empty()
        && !source
        && !path.contains("src/test/")
        && !path.contains("src/main/java/")
        && repo.exists(path)
        && !path.ends_with("pom.xml")
}

/// Files and folders beside the sources that a program names.
fn data(repo: &Repo, program: &Program, sources: &[Source]) -> Vec<String> {
    if matches!(program.shape, Shape::Boot | Shape::Quarkus) {
        return Vec::new();
    }
    let names = sources.iter().flat_map(|source| &source.found.strings);
    let mut found: Vec<String> = names
        .filter_map(|name| reactor::resolve("", name))
        .filter(|path| {
            !path.is_empty()
                && path != "src"
                && !path.starts_with("src/")
                && !path.starts_with("target")
                && path != "pom.xml"
        })
        .filter(|path| {
            !path.split('/').any(|part| part.starts_with('.'))
                && !path.contains("/src/")
                && repo.exists(path)
                && !repo.has(&join(path, "pom.xml"))
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A deny list: Maven's plugins may read anything, so only what they make, and tests, stay out.
fn ignore(repo: &Repo, reactor: &Reactor, reads: &[String], tests_are_read: bool) -> Vec<Section> {
    let mut sections = vec![Section::new(
        "What Maven, Gradle and editors leave behind.",
        ["**/target", "**/*.class", "**/.gradle", "**/.settings", "**/.classpath", "**/.project", "**/*.iml"],
    )];
    let mut unused = vec!["mvnw", "mvnw.cmd", ".mvn/wrapper"];
    unused.retain(|path| repo.exists(path));
    if !unused.is_empty() {
        sections.push(Section::new("The image brings its own Maven.", unused));
    }
    let tests = reactor.modules.iter().map(|pom| join(folder(pom), "src/test")).filter(|path| repo.has_folder(path));
    let tests: Vec<String> = tests.map(|path| literal(&path)).collect();
    if !tests.is_empty() && !tests_are_read {
        sections.push(Section::new("Tests are not compiled here (-Dmaven.test.skip=true).", tests));
    }
    let clutter = crate::dockerignore::Matcher::new(&crate::catalog::SHARED.clutter.join("\n"));
    let packed = |path: &str| ["src/main/resources/", "src/main/webapp/"].iter().any(|folder| path.contains(folder));
    let hidden = |path: &&str| clutter.hides(path) && (packed(path) || reads.iter().any(|read| read == path));
    let kept: Vec<String> = repo.files().filter(hidden).map(|path| format!("!{}", literal(path))).collect();
    if !kept.is_empty() {
        sections.push(Section::new("Read by the build, whatever its name.", kept));
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_that_need_sources_are_idle_in_the_first_step() {
        let properties = |plugin: &str| {
            let pom = format!(
                "<project><artifactId>a</artifactId><build><plugins><plugin><artifactId>{plugin}</artifactId></plugin></plugins></build></project>"
            );
            let repo = Repo::from_list("x", [("pom.xml", pom.as_str())]);
            idle(&repo, &Reactor::read(&repo)).first().cloned().unwrap_or_default()
        };
        for (plugin, property) in [
            ("spring-boot-maven-plugin", "spring-boot.repackage.skip"),
            ("frontend-maven-plugin", "skip.installnodenpm"),
            ("exec-maven-plugin", "exec.skip"),
            ("maven-jar-plugin", ""),
        ] {
            assert_eq!(properties(plugin), property);
        }
    }
}
