//! The stages that build: Maven's, and a Java of the modules that the program needs.

use std::collections::BTreeSet;

use serde::Serialize;

use super::catalog::{CATALOG, Skip};
use super::client::Made;
use super::program::Program;
use super::reactor::Module;
use super::read::{Java, Unit};
use super::shape::{Jar, Shape};
use super::start::{Start, Taking};
use crate::format::pom::{Dependency, Lineage};
use crate::language::{Extra, Variable};
use crate::path::join;
use crate::plan::toolchain::Toolchain;

/// The words of `java/build.tera`.
#[derive(Debug, Default, Serialize)]
pub struct Words {
    /// The image's name, which the cache has too.
    pub name: String,
    /// The line of Java.
    pub cycle: String,
    /// The Ubuntu of its images.
    pub suite: String,
    /// What Maven is told besides its goals.
    pub flags: Vec<String>,
    /// What Maven reads before the sources.
    pub inputs: Vec<String>,
    /// The secrets of the steps that download.
    pub secrets: Vec<Secret>,
    /// Packages of the system that the build needs.
    pub apt: Vec<String>,
    /// The image of Node, where the build starts its programs.
    pub node: Option<String>,
    /// What a toolchain of the image's own JDK provides, where a plugin asks for one.
    pub provides: Vec<Variable>,
    /// The folders of the modules that are compiled, where there are several.
    pub folders: Vec<String>,
    /// The folder of the sources, where there is one.
    pub empty: String,
    /// Files that must be there for a profile to be active, whatever is in them.
    pub switches: Vec<String>,
    /// Properties with which plugins do nothing in the first step.
    pub idle: Vec<String>,
    /// What Maven is asked for.
    pub goals: Goals,
    /// The jar in the module's `target`.
    pub jar: Jar,
    /// Whether the jar's own tools take it apart.
    pub layered: bool,
    /// The folder in the jar that holds what it brings along, where `jar` takes it apart.
    pub unpacked: Option<&'static str>,
    /// Whether it stays as it is.
    pub whole: bool,
    /// What the build of a client makes.
    pub made: Option<Made>,
    /// What `dockgen.toml` adds.
    pub extra: Extra,
}

/// A secret: a `settings.xml`, or a variable that the settings of the repository name.
#[derive(Debug, Serialize)]
pub struct Secret {
    /// Its name.
    pub id: String,
    /// Whether it is a variable.
    pub variable: bool,
}

/// What Maven is asked for besides the package.
#[derive(Debug, Default, Serialize)]
pub struct Goals {
    /// The goal that copies dependencies.
    copies: Option<String>,
    /// The folder of the module, where there are several.
    module: Option<String>,
}

/// The words of `java/jre.tera`.
#[derive(Debug, Serialize)]
pub struct Jre {
    /// The image that has jlink.
    pub builder: String,
    /// How jlink compresses.
    pub compress: &'static str,
    /// The modules, some on each line.
    pub modules: Vec<String>,
}

impl Jre {
    /// The runtime with the modules that the program needs beside the fixed list.
    pub fn new(builder: String, needed: &[String], toolchain: &Toolchain) -> Self {
        let compress = if number(toolchain) <= CATALOG.jlink.number_until { "2" } else { "zip-6" };
        Jre { builder, compress, modules: modules(needed, toolchain).chunks(6).map(|list| list.join(",")).collect() }
    }
}

/// The number of the line.
pub fn number(toolchain: &Toolchain) -> u32 {
    toolchain.cycle.parse().unwrap_or_default()
}

/// The modules of the runtime: the fixed list and what is needed beside it, and none that the release lacks.
fn modules(needed: &[String], toolchain: &Toolchain) -> Vec<String> {
    let rows = &CATALOG.jlink;
    let older = rows.until.iter().filter(|(_, last)| number(toolchain) <= **last).map(|(name, _)| name);
    let modules: BTreeSet<&String> = rows.modules.iter().chain(older).chain(needed).collect();
    modules.into_iter().cloned().collect()
}

impl Java<'_> {
    /// The words for a program; the caller knows the names, and what else stands in the Dockerfile.
    pub fn words(&self, unit: &Unit, program: &Program, start: &Start, jar: Jar) -> Words {
        let compiled = self.reactor.with_siblings(unit.module);
        let mut folders: Vec<String> = compiled.iter().map(|module| module.folder().to_owned()).collect();
        folders.sort();
        let switches: BTreeSet<&String> = compiled.iter().flat_map(|module| &module.switches).collect();
        Words {
            flags: self.flags(),
            inputs: self.inputs.clone(),
            empty: join(folders.first().map_or("", String::as_str), "src/main/java"),
            folders: if folders.len() > 1 { folders } else { Vec::new() },
            switches: switches.into_iter().cloned().collect(),
            idle: self.idle(),
            goals: self.goals(unit, program),
            layered: start.taking == Taking::Layers,
            unpacked: (start.taking == Taking::Unpacked).then_some(jar.folder_inside()),
            whole: start.taking == Taking::Whole,
            jar,
            ..Words::default()
        }
    }

    /// The goals, and of several modules the one that is wanted.
    fn goals(&self, unit: &Unit, program: &Program) -> Goals {
        let module = self.module(unit);
        let copies = matches!(program.shape, Shape::Plain(_)) && module.has_library();
        let is_one = self.reactor.modules.len() > 1 && !module.folder().is_empty();
        Goals {
            copies: copies.then(|| CATALOG.plugin.copies.clone()),
            module: is_one.then(|| module.folder().to_owned()),
        }
    }

    fn uses(&self, plugin: &str) -> bool {
        self.reactor.modules.iter().any(|module| module.lineage.uses(plugin))
    }

    /// What Maven is told besides its goals: no tests, and nothing that only checks, attaches or publishes.
    fn flags(&self) -> Vec<String> {
        let tests = if self.tests_are_read() { "-DskipTests" } else { "-Dmaven.test.skip=true" };
        let profile = self.reactor.production.iter().map(|(_, id)| format!("-P {id}"));
        let skipped = CATALOG.skip.iter().filter(|row| self.has(row) && self.reader(row).is_none());
        let skips: BTreeSet<&String> = skipped.flat_map(|row| &row.properties).collect();
        let skips = skips.into_iter().map(|property| format!("-D{property}"));
        let usual = ["--batch-mode", "--no-transfer-progress", tests].map(str::to_owned);
        usual.into_iter().chain(profile).chain(skips).collect()
    }

    /// Whether the build does what a row skips: by a plugin, with one of the row's goals, or by what a framework's plugin finds
    /// among the dependencies.
    fn has(&self, row: &Skip) -> bool {
        let runs = |lineage: &Lineage, plugin: &String| {
            lineage.uses(plugin) && (row.goals.is_empty() || row.goals.iter().any(|goal| lineage.runs(plugin, goal)))
        };
        let depends = |module: &Module, name: &str| {
            let fits =
                |artifact: &str| name.strip_suffix('*').map_or(artifact == name, |start| artifact.starts_with(start));
            module.dependencies.iter().any(|entry| fits(&entry.artifact))
        };
        let mut modules = self.reactor.modules.iter();
        modules.any(|module| row.plugins.iter().any(|name| runs(&module.lineage, name) || depends(module, name)))
    }

    /// The source that reads what a plugin makes, so that it cannot be skipped.
    pub fn reader(&self, row: &Skip) -> Option<(&str, &str)> {
        self.reads.iter().copied().find(|(_, name)| row.reads.iter().any(|it| it == name))
    }

    /// What is made of things that no build context has, and is read by the program all the same.
    pub fn kept(&self) -> impl Iterator<Item = (&Skip, &str, &str)> {
        let kept = CATALOG.skip.iter().filter(|row| self.has(row));
        let kept = kept.filter_map(|row| self.reader(row).map(|(file, name)| (row, file, name)));
        kept.filter(|(row, ..)| !row.plugins.iter().any(|plugin| self.does_without(plugin, &row.without)))
    }

    /// Whether a setting of a plugin says that it does without.
    fn does_without(&self, plugin: &str, setting: &str) -> bool {
        let says = |module: &Module| module.lineage.plugin_text(plugin, &[setting]).is_some_and(|text| text == "false");
        self.reactor.modules.iter().any(says)
    }

    /// What tells plugins to do nothing while there are no sources.
    pub fn idle(&self) -> Vec<String> {
        let rows = CATALOG.idle.iter().filter(|row| self.uses(&row.plugin));
        rows.flat_map(|row| row.properties.iter().cloned()).collect()
    }

    /// Whether a module needs the compiled tests of another one.
    pub fn tests_are_read(&self) -> bool {
        let groups: BTreeSet<String> = self.reactor.modules.iter().map(|module| module.lineage.group()).collect();
        let is_tests = |entry: &Dependency| entry.kind == "test-jar" || entry.classifier == "tests";
        let reads =
            |module: &Module| module.dependencies.iter().any(|entry| is_tests(entry) && groups.contains(&entry.group));
        self.reactor.modules.iter().any(reads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Scope;
    use crate::repo::Repo;
    use crate::wishes::Wishes;

    #[test]
    fn plugins_that_need_sources_are_idle_in_the_first_step() {
        let properties = |plugin: &str| {
            let pom = format!(
                "<project><artifactId>a</artifactId><build><plugins><plugin><artifactId>{plugin}</artifactId></plugin></plugins></build></project>"
            );
            let repo = Repo::from_list("x", [("pom.xml", pom.as_str())]);
            Java::read(Scope { repo: &repo, wishes: &Wishes::default(), told: &[] })
                .idle()
                .first()
                .cloned()
                .unwrap_or_default()
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
