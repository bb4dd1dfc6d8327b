//! What the rows of the catalog may ask of a module: dependencies, plugins, what its build and its sources start, words.

use super::catalog::is_one_of;
use super::reactor::{Module, Reactor};
use super::sources::Sources;
use crate::facts::{Evidence, Strength};
use crate::format::pom::{Dependency, Plugin};
use crate::path::{self, join};
use crate::repo::Repo;
use crate::rows::Seen;

/// A module with what it is built from.
pub struct View<'v, 'r> {
    /// The repository.
    pub repo: &'r Repo,
    /// The module itself.
    pub module: &'v Module,
    /// It and the modules that it depends on.
    pub compiled: Vec<&'v Module>,
    /// What it needs when it runs.
    pub dependencies: &'v [&'v Dependency],
    /// Its sources.
    pub sources: &'v Sources<'r>,
}

impl<'v, 'r> View<'v, 'r> {
    /// A module of a reactor.
    pub fn new(
        repo: &'r Repo,
        (reactor, at): (&'v Reactor, usize),
        module: &'v Module,
        dependencies: &'v [&'v Dependency],
        sources: &'v Sources<'r>,
    ) -> Self {
        View { repo, module, compiled: reactor.with_siblings(at), dependencies, sources }
    }

    /// A plugin, or `PLUGIN:GOAL` that an execution binds.
    fn plugin(&self, name: &str) -> Option<(Option<String>, Evidence)> {
        let (artifact, goal) = name.split_once(':').map_or((name, None), |(artifact, goal)| (artifact, Some(goal)));
        let lineages = self.compiled.iter().map(|module| (&module.file, &module.lineage));
        let mut used = lineages.filter(|(_, lineage)| lineage.uses(artifact));
        let (file, lineage) = used.find(|(_, lineage)| goal.is_none_or(|goal| lineage.runs(artifact, goal)))?;
        let version = lineage.plugin_settings(artifact).find_map(|plugin| plugin.version.as_deref());
        let version = version.map(|version| lineage.resolve(version));
        Some((version, Evidence::new(file, artifact, Strength::Stated)))
    }

    /// A program that an execution of the build starts: its `executable`.
    pub fn started(&self, program: &str) -> Option<Evidence> {
        let is_it = |text: &&str| path::name(text.split_whitespace().next().unwrap_or_default()) == program;
        let of_plugin = |plugin: &Plugin| {
            let active =
                plugin.executions.iter().filter(|one| one.phase.as_deref().is_some_and(|phase| phase != "none"));
            let texts = active.flat_map(|one| {
                [one.configuration.text_at(&["executable"]), plugin.configuration.text_at(&["executable"])]
            });
            texts.flatten().find(is_it).map(str::to_owned)
        };
        self.compiled.iter().find_map(|module| {
            let quote = module.lineage.plugins().find_map(of_plugin)?;
            Some(Evidence::new(&module.file, &format!("<executable>{quote}"), Strength::Stated))
        })
    }
}

impl Seen for View<'_, '_> {
    fn dependency(&self, name: &str) -> Option<(Option<String>, Evidence)> {
        if let Some(plugin) = name.strip_prefix("plugin:") {
            return self.plugin(plugin);
        }
        if let Some(program) = name.strip_prefix("build:") {
            return self.started(program).map(|evidence| (None, evidence));
        }
        let entry = self.dependencies.iter().find(|entry| is_one_of(entry, &[name]))?;
        Some((entry.version.clone(), Evidence::new(&self.module.file, &entry.artifact, Strength::Stated)))
    }

    fn has(&self, path: &str) -> bool {
        self.repo.exists(&join(self.module.folder(), path)) || self.repo.exists(path)
    }

    fn word(&self, word: &str) -> Option<Evidence> {
        let (file, _) = self.sources.words.iter().find(|(_, known)| *known == word)?;
        Some(Evidence::new(file, word, Strength::Stated))
    }

    fn command(&self, name: &str) -> Option<Evidence> {
        self.sources.found.iter().find_map(|(file, found)| {
            let (_, quote) = found.commands.iter().find(|(command, _)| command == name)?;
            Some(Evidence::new(file, quote, Strength::Stated))
        })
    }
}
