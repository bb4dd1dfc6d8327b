//! What a module's build makes, and how it is started.

use super::catalog::{CATALOG, LISTENS, SpringBoot, is_one_of, numbers};
use super::reactor::{Reactor, folder, join};
use crate::facts::{Evidence, Strength};
use crate::format::pom::{Dependency, Lineage, Plugin};
use crate::repo::Repo;
use crate::source::java::{self, JavaSource, Main};

/// How many sources of a module are looked into.
const SOURCES: usize = 3000;

/// Folders whose programs are tools, samples or tests, by convention.
const ASIDE: [&str; 14] = [
    "example",
    "examples",
    "sample",
    "samples",
    "demo",
    "demos",
    "test",
    "tests",
    "integration-tests",
    "benchmark",
    "benchmarks",
    "tools",
    "it",
    "jmh",
];

/// Names of classes, or what they end with, that usually are the program.
const USUAL: [&str; 6] = ["Main", "App", "Application", "Server", "MainKt", "ApplicationKt"];

/// Names of modules that usually are the service.
const SERVICES: [&str; 11] =
    ["app", "application", "server", "api", "web", "service", "boot", "bootstrap", "main", "launcher", "admin"];

const BOOT_PLUGIN: &str = "spring-boot-maven-plugin";
const QUARKUS_PLUGIN: &str = "quarkus-maven-plugin";

/// What the build leaves in `target`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// A jar of Spring Boot that can be taken apart.
    Boot,
    /// The folder `quarkus-app`.
    Quarkus,
    /// One jar with everything in it; what its name ends with behind the version.
    Single(String),
    /// A jar with the module's own classes, and the name of the one to start.
    Plain(String),
}

/// A source file of a module with what was found in it.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file.
    pub file: String,
    /// What was found.
    pub found: JavaSource,
}

/// Something that can be started.
#[derive(Debug, Clone)]
pub struct Program {
    /// The module's pom.
    pub pom: String,
    /// What `--entry` calls it.
    pub entry: String,
    /// What the build makes of it.
    pub shape: Shape,
    /// Why, a clause.
    pub reason: String,
    /// Where that shows.
    pub evidence: Evidence,
}

impl Program {
    /// The module's folder; empty for the top.
    pub fn folder(&self) -> &str {
        folder(&self.pom)
    }

    fn rank(&self) -> (bool, usize, usize) {
        let parts = || self.folder().split('/').flat_map(|part| part.split('-'));
        let aside = parts().any(|part| ASIDE.contains(&part)) || self.entry.contains("Example");
        let service =
            SERVICES.iter().position(|service| parts().next_back() == Some(*service)).unwrap_or(SERVICES.len());
        (aside, service, self.folder().split('/').count())
    }
}

/// Every program of a repository, likeliest first.
pub fn programs(repo: &Repo, reactor: &Reactor) -> Vec<Program> {
    let mut programs: Vec<Program> =
        reactor.lineages(repo).flat_map(|(pom, lineage)| of_module(repo, reactor, pom, &lineage)).collect();
    for program in &mut programs {
        if program.rank().0 {
            program.evidence.strength = Strength::Guess;
        }
    }
    programs.sort_by_key(Program::rank);
    programs
}

fn of_module(repo: &Repo, reactor: &Reactor, pom: &str, lineage: &Lineage<'_>) -> Vec<Program> {
    let packaging = lineage.property("project.packaging").unwrap_or_default();
    if packaging == "pom" {
        return Vec::new();
    }
    let entry = if folder(pom).is_empty() { lineage.artifact() } else { folder(pom).to_owned() };
    let entry = if reactor.modules.len() > 1 { entry } else { lineage.artifact() };
    let make = |shape: Shape, reason: &str, quote: &str| Program {
        pom: pom.to_owned(),
        entry: entry.clone(),
        shape,
        reason: reason.to_owned(),
        evidence: Evidence::new(pom, quote, Strength::Stated),
    };
    if lineage.uses(QUARKUS_PLUGIN) && !uses_boot(lineage) || packaging == "quarkus" {
        let shape = quarkus_shape(repo, pom, lineage);
        return vec![make(shape, "Quarkus builds it", QUARKUS_PLUGIN)];
    }
    let mains = mains(repo, pom, lineage);
    if repackages(lineage) && (!mains.is_empty() || configured_main(lineage).is_some()) {
        return vec![make(Shape::Boot, "Spring Boot packs it", BOOT_PLUGIN)];
    }
    if packaging == "war" {
        return Vec::new();
    }
    if let Some(row) = CATALOG.single.iter().find(|row| lineage.uses(&row.plugin)) {
        return vec![make(Shape::Single(row.suffix.clone()), "a plugin packs it into one jar", &row.plugin)];
    }
    if let Some((suffix, quote)) = shaded(lineage).or_else(|| assembled(lineage)) {
        return vec![make(Shape::Single(suffix), "a plugin packs it into one jar with a main class", &quote)];
    }
    if let Some((main, quote)) = configured_main(lineage) {
        return vec![make(Shape::Plain(main), "the pom names the main class", &quote)];
    }
    let dependencies = lineage.dependencies();
    let of_framework =
        CATALOG.framework.iter().filter(|row| dependencies.iter().any(|found| is_one_of(found, &row.artifacts)));
    if let Some((main, row)) =
        of_framework.filter_map(|row| Some((row.main_class.clone()?, row))).next().filter(|_| mains.is_empty())
    {
        return vec![make(Shape::Plain(main), "the framework has a main class of its own", &row.title)];
    }
    let several = reactor.modules.len() > 1;
    let only = mains.len() == 1;
    let library = several && reactor.is_library(pom);
    mains.into_iter().map(|(file, main)| plain(file, main, only, several, library, pom)).collect()
}

fn plain(file: &str, main: Main, only: bool, several: bool, library: bool, pom: &str) -> Program {
    let name = main.class.rsplit('.').next().unwrap_or_default();
    let usual = USUAL.iter().any(|usual| name.ends_with(usual)) || main.spring_boot;
    let (strength, reason) = match (only, usual) {
        _ if library => (Strength::Guess, "a class with a main method in a library"),
        (true, _) if !several => (Strength::Stated, "the only class with a main method"),
        (true, true) => (Strength::Stated, "the module's only class with a main method"),
        (false, true) => (Strength::Convention, "a class with a main method and the usual name"),
        (_, false) => (Strength::Guess, "a class with a main method"),
    };
    let folder = folder(pom);
    Program {
        pom: pom.to_owned(),
        entry: if several && only && !folder.is_empty() { folder.to_owned() } else { main.class.clone() },
        shape: Shape::Plain(main.class),
        reason: reason.to_owned(),
        evidence: Evidence::new(file, &main.quote, strength),
    }
}

/// The source files of a module.
pub fn files<'a>(repo: &'a Repo, pom: &str, lineage: &Lineage<'_>) -> Vec<&'a str> {
    let written = lineage.pom().and_then(|pom| pom.source_directory.as_deref()).map(|path| lineage.resolve(path));
    let folders = [Some("src/main/java".to_owned()), Some("src/main/kotlin".to_owned()), written];
    let mut files: Vec<&str> = folders
        .iter()
        .flatten()
        .filter_map(|path| super::reactor::resolve(folder(pom), path))
        .filter(|path| !path.is_empty())
        .flat_map(|path| repo.below(&path).collect::<Vec<_>>())
        .filter(|path| path.ends_with(".java") || path.ends_with(".kt"))
        .collect();
    files.sort_unstable();
    files.dedup();
    files.truncate(SOURCES);
    files
}

/// The classes of a module that have a `main` method, with their files.
fn mains<'a>(repo: &'a Repo, pom: &str, lineage: &Lineage<'_>) -> Vec<(&'a str, Main)> {
    let main = |file: &'a str| {
        let (stem, ending) = file.rsplit('/').next()?.rsplit_once('.')?;
        let main = java::main(stem, ending == "kt", repo.text(file)?)?;
        is_class(&main.class).then_some((file, main))
    };
    files(repo, pom, lineage).into_iter().filter_map(main).collect()
}

/// The sources of a program, looked into.
pub fn sources(repo: &Repo, files: &[&str]) -> Vec<Source> {
    let read = |file: &&str| Some(Source { file: (*file).to_owned(), found: java::read(repo.text(file)?, &LISTENS) });
    files.iter().filter_map(read).collect()
}

fn uses_boot(lineage: &Lineage<'_>) -> bool {
    lineage.uses(BOOT_PLUGIN)
}

/// Whether Spring Boot's plugin makes an executable jar: by an execution, or by Spring's own parent.
fn repackages(lineage: &Lineage<'_>) -> bool {
    let by_parent = lineage.outside_parent().is_some_and(|parent| parent.artifact == "spring-boot-starter-parent");
    let skipped = lineage.plugin_text(BOOT_PLUGIN, &["skip"]).is_some_and(|text| text == "true");
    uses_boot(lineage)
        && !skipped
        && (by_parent || lineage.plugin_settings(BOOT_PLUGIN).any(|plugin| plugin.runs("repackage")))
}

fn quarkus_shape(repo: &Repo, pom: &str, lineage: &Lineage<'_>) -> Shape {
    let settings = super::listen::settings(repo, folder(pom));
    let names = ["quarkus.package.jar.type", "quarkus.package.type"];
    let written = names.iter().find_map(|name| {
        let in_file = settings.iter().find_map(|(_, settings)| settings.get(name).map(str::to_owned));
        in_file.or_else(|| lineage.property(name))
    });
    match written.as_deref() {
        Some("uber-jar") => Shape::Single("-runner".to_owned()),
        _ => Shape::Quarkus,
    }
}

/// The main class that the pom names, with the text that does.
fn configured_main(lineage: &Lineage<'_>) -> Option<(String, String)> {
    let manifest = ["archive", "manifest", "mainClass"];
    let places: [(&str, &[&str]); 4] = [
        (BOOT_PLUGIN, &["mainClass"]),
        ("maven-jar-plugin", &manifest),
        ("maven-assembly-plugin", &manifest),
        ("exec-maven-plugin", &["mainClass"]),
    ];
    let by_plugin = places.iter().find_map(|(plugin, path)| lineage.plugin_text(plugin, path));
    let properties = ["start-class", "exec.mainClass", "mainClass", "main.class", "main-class"];
    let by_property = || properties.iter().find_map(|name| lineage.property(name));
    let main = by_plugin.or_else(by_property).filter(|main| is_class(main))?;
    let quote = format!("mainClass {main}");
    Some((main, quote))
}

/// Whether a text is the full name of a class.
fn is_class(text: &str) -> bool {
    let is_name = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$');
    text.split('.').all(is_name)
}

/// What the shaded jar's name ends with, where it has a main class.
fn shaded(lineage: &Lineage<'_>) -> Option<(String, String)> {
    let plugin = "maven-shade-plugin";
    if !lineage.uses(plugin) || !lineage.plugin_settings(plugin).any(names_main) {
        return None;
    }
    let attached = lineage.plugin_text(plugin, &["shadedArtifactAttached"]).is_some_and(|text| text == "true");
    let suffix = match attached {
        true => {
            format!("-{}", lineage.plugin_text(plugin, &["shadedClassifierName"]).unwrap_or_else(|| "shaded".into()))
        }
        false => String::new(),
    };
    Some((suffix, plugin.to_owned()))
}

/// The same for a jar that the assembly plugin makes.
fn assembled(lineage: &Lineage<'_>) -> Option<(String, String)> {
    let plugin = "maven-assembly-plugin";
    let whole = |plugin: &Plugin| {
        plugin.configurations().any(|all| all.descendants().iter().any(|e| e.text == "jar-with-dependencies"))
    };
    let bound = |plugin: &Plugin| plugin.runs("single") || plugin.runs("assembly");
    if !lineage.plugin_settings(plugin).any(|all| whole(all) && names_main(all))
        || !lineage.plugin_settings(plugin).any(bound)
    {
        return None;
    }
    let bare = lineage.plugin_text(plugin, &["appendAssemblyId"]).is_some_and(|text| text == "false");
    Some((if bare { String::new() } else { "-jar-with-dependencies".to_owned() }, plugin.to_owned()))
}

fn names_main(plugin: &Plugin) -> bool {
    let named = |name: &str| matches!(name, "mainClass" | "Main-Class");
    plugin
        .configurations()
        .any(|all| all.descendants().iter().any(|element| named(&element.name) && !element.text.is_empty()))
}

/// A jar in a module's `target`, as the template names it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Jar {
    /// The module's folder with a slash; empty for the top.
    pub folder: String,
    /// The name without version.
    pub stem: String,
    /// Whether a version follows.
    pub versioned: bool,
    /// What follows the version.
    pub suffix: String,
    /// `jar` or `war`.
    pub kind: String,
}

/// The jar that a program is.
pub fn jar(program: &Program, lineage: &Lineage<'_>) -> Jar {
    let suffix = match &program.shape {
        Shape::Boot => classifier(lineage).map(|name| format!("-{name}")).unwrap_or_default(),
        Shape::Single(suffix) => suffix.clone(),
        Shape::Quarkus | Shape::Plain(_) => String::new(),
    };
    let version = lineage.property("project.version").unwrap_or_default();
    let by_plugin = match &program.shape {
        Shape::Boot => lineage.plugin_text(BOOT_PLUGIN, &["finalName"]),
        Shape::Single(_) => ["maven-shade-plugin", "maven-assembly-plugin"]
            .iter()
            .filter(|plugin| lineage.uses(plugin))
            .find_map(|plugin| lineage.plugin_text(plugin, &["finalName"])),
        _ => lineage.plugin_text("maven-jar-plugin", &["finalName"]),
    };
    let name = by_plugin.or_else(|| lineage.final_name());
    let (stem, versioned) = match name {
        None => (lineage.artifact(), true),
        Some(name) => match name.strip_suffix(&format!("-{version}")).filter(|_| !version.is_empty()) {
            Some(stem) => (stem.to_owned(), true),
            None => (name, false),
        },
    };
    let packaging = lineage.property("project.packaging").unwrap_or_default();
    Jar {
        folder: if program.folder().is_empty() { String::new() } else { format!("{}/", program.folder()) },
        stem,
        versioned,
        suffix,
        kind: if packaging == "war" { packaging } else { "jar".to_owned() },
    }
}

/// The classifier of the executable jar; a plain jar lies beside it then.
fn classifier(lineage: &Lineage<'_>) -> Option<String> {
    lineage.plugin_text(BOOT_PLUGIN, &["classifier"])
}

/// The line of Spring Boot that a module uses, and its version, where the pom says so.
pub fn spring_boot(lineage: &Lineage<'_>) -> Option<(&'static SpringBoot, String)> {
    let parent = lineage.outside_parent().filter(|parent| parent.group == "org.springframework.boot");
    let of_parent = parent.map(|parent| lineage.resolve(&parent.version));
    let managed = || {
        let all = lineage.managed_dependencies().into_iter().chain(lineage.dependencies());
        let mut boot = all.filter(|entry| entry.group == "org.springframework.boot");
        boot.find_map(|entry| entry.version.filter(|version| !numbers(version).is_empty()))
    };
    let of_plugin = || {
        let version = lineage.plugin_settings(BOOT_PLUGIN).find_map(|plugin| plugin.version.as_deref())?;
        Some(lineage.resolve(version))
    };
    let of_property = || ["spring-boot.version", "spring.boot.version"].iter().find_map(|name| lineage.property(name));
    let version = of_parent.or_else(managed).or_else(of_plugin).or_else(of_property)?;
    Some((CATALOG.spring_boot(&version)?, version))
}

/// Whether the executable jar can be taken apart by the tools in it or by `jar`.
pub fn can_be_taken_apart(lineage: &Lineage<'_>) -> bool {
    let is = |path: &[&str], value: &str| {
        lineage.plugin_text(BOOT_PLUGIN, path).is_some_and(|text| text.eq_ignore_ascii_case(value))
    };
    let layered = !is(&["layers", "enabled"], "false") && !is(&["includeTools"], "false");
    layered && !is(&["executable"], "true") && !is(&["layout"], "ZIP") && !is(&["layout"], "NONE")
}

/// The id of the framework that a program is made with.
pub fn framework(program: &Program, lineage: &Lineage<'_>, dependencies: &[Dependency]) -> Option<&'static str> {
    let by_shape = match program.shape {
        Shape::Boot => Some("spring-boot"),
        Shape::Quarkus => Some("quarkus"),
        _ if lineage.uses(QUARKUS_PLUGIN) => Some("quarkus"),
        _ => None,
    };
    let rows =
        || CATALOG.framework.iter().filter(|row| dependencies.iter().any(|found| is_one_of(found, &row.artifacts)));
    by_shape.or_else(|| rows().map(|row| row.id.as_str()).next())
}

/// Poms with packaging `war` that no plugin makes executable.
pub fn wars(repo: &Repo, reactor: &Reactor) -> Vec<String> {
    let is_war = |lineage: &Lineage<'_>| lineage.property("project.packaging").as_deref() == Some("war");
    reactor.lineages(repo).filter(|(_, lineage)| is_war(lineage)).map(|(pom, _)| pom.to_owned()).collect()
}

/// A file beside the sources that the program is given by name, such as Dropwizard's settings.
pub fn settings_file(repo: &Repo, folder: &str) -> Option<String> {
    let is_yaml = |path: &&str| path.ends_with(".yml") || path.ends_with(".yaml");
    let is_settings = |path: &&str| {
        repo.text(path)
            .is_some_and(|text| text.lines().any(|line| line.starts_with("server:") || line.starts_with("logging:")))
    };
    let there = |folder: &str| repo.inside(folder).filter(is_yaml).find(is_settings).map(str::to_owned);
    there(folder).or_else(|| there(&join(folder, "config"))).or_else(|| there(""))
}
