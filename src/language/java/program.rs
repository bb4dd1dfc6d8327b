//! The programs of a module: everything in it that can be started.

use super::catalog::{CATALOG, is_one_of};
use super::reactor::Module;
use super::settings;
use super::shape::{self, Shape};
use super::sources::Sources;
use crate::facts::{Evidence, Strength};
use crate::source::java::Main;

/// Something that can be started.
#[derive(Debug, Clone)]
pub struct Program {
    /// What `--entry` calls it.
    pub entry: String,
    /// What the build makes of it.
    pub shape: Shape,
    /// Why, a clause.
    pub reason: String,
    /// Where that shows.
    pub evidence: Evidence,
}

/// The programs of a module; `several` says whether there are other modules.
pub fn of_module(module: &Module, several: bool, sources: &Sources, settings: &[settings::File]) -> Vec<Program> {
    let lineage = &module.lineage;
    let mains = mains(sources);
    let make = |shape: Shape, reason: &str, quote: &str| {
        let is_of_folder = several && !module.folder().is_empty();
        vec![Program {
            entry: if is_of_folder { module.folder().to_owned() } else { lineage.artifact() },
            shape,
            reason: reason.to_owned(),
            evidence: Evidence::new(&module.file, quote, Strength::Stated),
        }]
    };
    let main = shape::configured_main(lineage);
    match shape::packaging(lineage).as_str() {
        "pom" => return Vec::new(),
        _ if shape::is_quarkus(lineage) => {
            return make(shape::of_quarkus(lineage, settings), "Quarkus builds it", &CATALOG.quarkus.plugin);
        }
        _ if shape::repackages(lineage) && !(mains.is_empty() && main.is_none()) => {
            return make(Shape::Boot, "Spring Boot packs it", &CATALOG.boot.plugin);
        }
        "war" if module.has_library() => return make(Shape::War, "a war, which a servlet container starts", "war"),
        "war" => return Vec::new(),
        _ => {}
    }
    if let Some((suffix, why, plugin)) = shape::single(lineage) {
        return make(Shape::Single(suffix), why, plugin);
    }
    if let Some(main) = main {
        let quote = format!("mainClass {main}");
        return make(Shape::Plain(main), "the pom names the main class", &quote);
    }
    if let Some((main, title)) = framework_main(module).filter(|_| mains.is_empty()) {
        return make(Shape::Plain(main.to_owned()), "the framework has a main class of its own", title);
    }
    let only = mains.len() == 1;
    mains.into_iter().map(|(file, main)| plain(file, main, only, several, module)).collect()
}

/// The main class that a framework brings along, and the framework's title.
fn framework_main(module: &Module) -> Option<(&'static str, &'static str)> {
    let used =
        CATALOG.framework.iter().filter(|row| module.dependencies.iter().any(|found| is_one_of(found, &row.artifacts)));
    used.filter_map(|row| Some((row.main_class.as_deref()?, row.title.as_str()))).next()
}

/// The classes of a module that have a `main` method, with their files.
fn mains<'a>(sources: &'a Sources) -> Vec<(&'a str, &'a Main)> {
    let mains = sources.found.iter().filter_map(|(file, found)| Some((*file, found.main.as_ref()?)));
    mains.filter(|(_, main)| shape::is_class(&main.class)).collect()
}

fn plain(file: &str, main: &Main, only: bool, several: bool, module: &Module) -> Program {
    let name = main.class.rsplit('.').next().unwrap_or_default();
    let usual = CATALOG.main.usual.iter().any(|usual| name.ends_with(usual)) || main.spring_boot;
    let (strength, reason) = match (only, usual) {
        _ if module.is_library => (Strength::Guess, "a class with a main method in a library"),
        (true, _) if !several => (Strength::Stated, "the only class with a main method"),
        (true, true) => (Strength::Stated, "the module's only class with a main method"),
        (false, true) => (Strength::Convention, "a class with a main method and the usual name"),
        (_, false) => (Strength::Guess, "a class with a main method"),
    };
    let is_of_folder = several && only && !module.folder().is_empty();
    Program {
        entry: if is_of_folder { module.folder().to_owned() } else { main.class.clone() },
        shape: Shape::Plain(main.class.clone()),
        reason: reason.to_owned(),
        evidence: Evidence::new(file, &main.quote, strength),
    }
}
