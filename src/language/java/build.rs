//! The words of the build stage.

use std::collections::BTreeSet;

use serde::Serialize;

use super::catalog::CATALOG;
use super::program::Program;
use super::reactor::Module;
use super::read::{Java, Unit};
use super::shape::{Jar, Shape};
use super::start::{Start, Taking, has_library};
use crate::format::pom::Dependency;
use crate::plan::toolchain::Toolchain;

/// The words of the build stage.
#[derive(Debug, Serialize)]
pub struct Build {
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

impl Java<'_> {
    /// The words for a program.
    pub fn build(
        &self,
        unit: &Unit,
        program: &Program,
        toolchain: &Toolchain,
        start: &Start,
        jar: Jar,
        secret: Option<&'static str>,
    ) -> Build {
        let modules = self.reactor.with_siblings(unit.module);
        let mut folders: Vec<String> = modules.iter().map(|module| module.folder().to_owned()).collect();
        folders.sort();
        let switches: BTreeSet<&String> = modules.iter().flat_map(|module| &module.switches).collect();
        let only = folders.first().filter(|folder| !folder.is_empty());
        Build {
            cycle: toolchain.cycle.clone(),
            suite: toolchain.suite.clone(),
            poms: self.inputs.clone(),
            only: only.map(|folder| format!("{folder}/")).unwrap_or_default(),
            folders: if folders.len() > 1 { folders } else { Vec::new() },
            switches: switches.into_iter().cloned().collect(),
            secret,
            flags: self.flags(),
            idle: self.idle(),
            goals: self.goals(unit, program),
            inf: if jar.kind == "war" { "WEB-INF" } else { "BOOT-INF" },
            layered: start.taking == Taking::Layers,
            exploded: start.taking == Taking::Unpacked,
            whole: start.taking == Taking::Whole,
            jar,
        }
    }

    /// The goals, and of several modules the one that is wanted.
    fn goals(&self, unit: &Unit, program: &Program) -> Goals {
        let module = self.module(unit);
        let copies = matches!(program.shape, Shape::Plain(_)) && has_library(module);
        let is_one = self.reactor.modules.len() > 1 && !module.folder().is_empty();
        Goals {
            phase: "package",
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
        let is_used = |plugins: &[String]| plugins.iter().any(|plugin| self.uses(plugin));
        let skips = CATALOG.skip.iter().filter(|row| is_used(&row.plugins));
        let skips = skips.map(|row| format!("-D{}=true", row.property));
        ["--batch-mode", "--no-transfer-progress", tests].map(str::to_owned).into_iter().chain(skips).collect()
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
