//! How a program lies in the image and is started.

use super::catalog::{CATALOG, Container};
use super::program::Program;
use super::reactor::Module;
use super::shape::{self, Jar, Shape};
use crate::format::pom::{Lineage, resolve};
use crate::image::Copy;
use crate::path::join;
use crate::plan::{Decision, topic};

/// What is done with the jar before it is copied.
#[derive(Debug, PartialEq, Eq)]
pub enum Taking {
    /// Its own tools take it apart.
    Layers,
    /// `jar` takes it apart.
    Unpacked,
    /// It stays as it is.
    Whole,
    /// There is a folder in its place.
    Folder,
}

/// How a program lies in the image and is started.
#[derive(Debug)]
pub struct Start {
    /// What is done with the jar.
    pub taking: Taking,
    /// What is copied, what changes most seldom first.
    pub copies: Vec<Copy>,
    /// What follows the options of `java`.
    pub words: Vec<String>,
    reason: String,
}

impl Start {
    /// How a program is started; what it reads beside the jar lies where it does in the repository.
    pub fn new(program: &Program, module: &Module, jar: &Jar, data: &[String]) -> Self {
        let mut start = match &program.shape {
            Shape::Boot => boot(&module.lineage, jar),
            Shape::Quarkus => quarkus(module),
            Shape::Single(_) => whole(jar, "one jar with everything in it"),
            Shape::Plain(main) => plain(main, module, jar),
            Shape::War => war(module),
        };
        start.copies.extend(data.iter().map(|path| built(&format!("/src/{path}"), &format!("./{path}"))));
        start
    }

    /// The decision.
    pub fn decision(&self, program: &Program) -> Decision {
        Decision::new(topic::START, self.words.join(" "), self.reason.clone(), program.evidence.clone())
    }
}

fn application(jar: &Jar) -> String {
    format!("application.{}", jar.kind)
}

fn built(source: &str, target: &str) -> Copy {
    Copy::stage("build", source, target)
}

fn made(name: &str) -> Copy {
    built(&format!("/out/{name}"), "./")
}

/// Several that begin with the dependencies.
fn from_slow(copies: impl Iterator<Item = Copy>) -> Vec<Copy> {
    copies.enumerate().map(|(at, copy)| if at == 0 { copy.of_dependencies() } else { copy }).collect()
}

/// The jar as it is.
fn whole(jar: &Jar, reason: &str) -> Start {
    let name = application(jar);
    Start {
        taking: Taking::Whole,
        copies: vec![made(&name)],
        words: vec!["-jar".to_owned(), name],
        reason: reason.to_owned(),
    }
}

/// Spring Boot's jar, taken apart where that is possible.
fn boot(lineage: &Lineage, jar: &Jar) -> Start {
    match shape::spring_boot(lineage).filter(|_| shape::can_be_taken_apart(lineage)) {
        Some((row, version)) if row.tools => Start {
            taking: Taking::Layers,
            copies: from_slow(CATALOG.boot.layers.iter().map(|layer| made(&format!("{layer}/")))),
            ..whole(jar, &format!("Spring Boot {version} takes its jar apart into layers"))
        },
        Some((row, version)) => Start {
            taking: Taking::Unpacked,
            copies: from_slow(["dependencies/", "application/"].map(made).into_iter()),
            words: vec![format!("{}.{}", row.launcher.as_deref().unwrap_or_default(), jar.launcher())],
            reason: format!("the jar of Spring Boot {version}, unpacked: its dependencies are a layer of their own"),
        },
        None => whole(jar, "the executable jar as it is"),
    }
}

/// Quarkus' folder.
fn quarkus(module: &Module) -> Start {
    let row = &CATALOG.quarkus;
    let target = join(module.folder(), shape::TARGET);
    let part = |(name, to): &(String, String)| built(&format!("/src/{target}/{}/{name}", row.folder), to);
    Start {
        taking: Taking::Folder,
        copies: from_slow(row.parts.iter().map(part)),
        words: vec!["-jar".to_owned(), row.jar.clone()],
        reason: "Quarkus' folder, from slow to fast".to_owned(),
    }
}

/// A war, unpacked where its container looks for it.
fn war(module: &Module) -> Start {
    let row = container(module);
    let folder = row.map_or("", |row| row.folder.as_str());
    let part = |name| built(&format!("/out/{name}/"), folder);
    Start {
        taking: Taking::Unpacked,
        copies: from_slow(["dependencies", "application"].map(part).into_iter()),
        words: row.map(|row| row.start.clone()).unwrap_or_default(),
        reason: format!("the war, unpacked for {}", row.map_or("", |row| row.title.as_str())),
    }
}

/// The servlet container of a module that is a war.
pub fn container(module: &Module) -> Option<&'static Container> {
    CATALOG.container(&module.dependencies)
}

/// A jar with the module's own classes, and its dependencies beside it.
fn plain(main: &str, module: &Module, jar: &Jar) -> Start {
    let library = module.has_library().then(|| format!("/src/{}/", join(module.folder(), &library(&module.lineage))));
    let beside = system_jars(module).into_iter().map(|path| format!("/src/{path}"));
    let lib = library.into_iter().chain(beside).map(|from| built(&from, "./lib/").of_dependencies());
    let copies: Vec<Copy> = lib.chain([made(&application(jar))]).collect();
    let path = if copies.len() == 1 { application(jar) } else { format!("{}:lib/*", application(jar)) };
    Start {
        taking: Taking::Whole,
        copies,
        words: vec!["-cp".to_owned(), path, main.to_owned()],
        reason: format!("the class {main} with its dependencies beside the jar"),
    }
}

/// Jars of the repository that are dependencies themselves; Maven copies none of them.
fn system_jars(module: &Module) -> Vec<String> {
    let paths = module.dependencies.iter().filter_map(|entry| entry.system_path.as_deref());
    paths.filter_map(|path| resolve(module.folder(), path)).collect()
}

/// The folder that Maven copies dependencies to, from the module's folder.
fn library(lineage: &Lineage) -> String {
    let mut settings = lineage.plugin_settings(&CATALOG.plugin.dependency);
    let written = settings.find_map(|plugin| plugin.configuration.text_at(&["outputDirectory"]));
    let path = written.map(|text| lineage.resolve(text)).unwrap_or_else(|| "target/dependency".into());
    path.trim_start_matches("./").to_owned()
}
