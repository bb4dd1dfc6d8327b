//! What a build needs beside the poms and the sources: a profile, secrets, Node, a toolchain.

use super::SETTINGS_SECRET;
use super::build::Secret;
use super::catalog::CATALOG;
use super::reactor::Module;
use super::read::{Java, Unit};
use crate::error::Error;
use crate::facts::{Evidence, Kind, Strength};
use crate::image::Variable;
use crate::language::node;
use crate::path;
use crate::plan::toolchain::Toolchain;
use crate::plan::{Decision, Planner, Rival, topic};
use crate::wishes::Wishes;

impl Java<'_> {
    /// Says which profile makes the program, and what the build needs that no build context has.
    pub fn tell_build(&self, planner: &mut Planner) {
        if let Some((pom, id)) = &self.reactor.production {
            let evidence = Evidence::new(pom, &format!("<id>{id}</id>"), Strength::Convention);
            let reason = "the profile for production, and an image is for production";
            let rival = Rival {
                value: "package".to_owned(),
                why: "without it Maven builds what it builds on the machine of a developer".to_owned(),
                evidence: Evidence::guess(),
            };
            let decision = Decision::new(topic::BUILD, format!("package -P{id}"), reason, evidence);
            planner.note(Decision { rivals: vec![rival], ..decision });
        }
        for (row, file, name) in self.kept() {
            planner.warn(format!(
                "`{file}` reads `{name}`, which `{}` makes of `.git`, and no build context has that: let its `{}` be `false`",
                row.plugins.join("` or `"),
                row.without
            ));
        }
    }

    /// The secrets of the steps that download: what the settings of the repository name, else settings where a place of
    /// packages asks for credentials.
    pub fn secrets(&self, planner: &Planner) -> Vec<Secret> {
        let mut feeds = planner.facts.iter().filter(|fact| matches!(fact.kind, Kind::Feed(_)));
        match &self.named {
            Some(names) => names.iter().map(|name| Secret { id: name.clone(), variable: true }).collect(),
            None => {
                feeds.next().map(|_| Secret { id: SETTINGS_SECRET.to_owned(), variable: false }).into_iter().collect()
            }
        }
    }

    /// The release of Node, where the build starts npm and no plugin brings it.
    pub fn node(&self, planner: &mut Planner, unit: &Unit) -> Result<Option<Toolchain>, Error> {
        let Some(evidence) = &unit.npm else { return Ok(None) };
        let (language, wishes) = (&node::LANGUAGE, Wishes::default());
        let mut beside = planner.beside(&[], &wishes);
        let node = beside.toolchain(language.id, "Node", (language.releases)())?;
        planner.take_back(path::parent(&evidence.file), beside);
        Ok(Some(node))
    }
}

/// What a toolchain of the image's own JDK provides, where a plugin of the module asks Maven for one.
pub fn provides(module: &Module, toolchain: &Toolchain) -> Vec<Variable> {
    let plugin = &CATALOG.plugin.toolchains;
    if !module.lineage.runs(plugin, &CATALOG.plugin.toolchain) || !module.lineage.uses(plugin) {
        return Vec::new();
    }
    let settings = module.lineage.plugin_settings(plugin).flat_map(|plugin| plugin.configurations());
    let wanted = settings.filter_map(|all| all.at(&["toolchains", "jdk"])).flat_map(|jdk| &jdk.children);
    let others = wanted.filter(|one| one.name != "version" && !one.text.contains(['$', '<', '&']));
    let others = others.map(|one| Variable::new(&one.name, &one.text));
    std::iter::once(Variable::new("version", &toolchain.cycle)).chain(others).collect()
}
