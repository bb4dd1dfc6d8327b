//! What was read, as facts: everything that can be started, and what holds for it.

use std::collections::BTreeSet;

use super::catalog::CATALOG;
use super::read::{Java, Unit};
use super::release;
use crate::facts::{Fact, Kind, Strength};

impl Java<'_> {
    /// The facts.
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = self.reactor.faults.clone();
        facts.extend(release::facts(&self.reactor));
        facts.extend(self.manager());
        let manifest = |file: &String| Fact::manifest(file);
        facts.extend(self.reactor.files.iter().map(manifest));
        let entry = |(_, program): (_, &super::program::Program)| {
            Fact::from_evidence(Kind::Entry(program.entry.clone()), program.evidence.clone())
        };
        facts.extend(self.programs().map(entry));
        facts.extend(self.feeds());
        facts.extend(self.units.iter().flat_map(|unit| self.of_unit(unit)));
        facts
    }

    /// Maven, with the version that the wrapper names.
    fn manager(&self) -> Option<Fact> {
        let (url, layout) = (self.wrapper.as_deref()?, &CATALOG.layout);
        let version = url.rsplit('/').next()?.strip_prefix(&layout.archive[0])?.strip_suffix(&layout.archive[1])?;
        let kind = Kind::Manager("maven".into(), Some(version.to_owned()));
        Some(Fact::new(kind, &layout.wrapper, url, Strength::Stated))
    }

    /// Places of packages that may ask for credentials.
    fn feeds(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        let mut seen = BTreeSet::new();
        for module in &self.reactor.modules {
            for place in module.lineage.repositories() {
                let Some((_, rest)) = place.url.split_once("://") else { continue };
                let host = rest.split(['/', ':']).next().unwrap_or_default();
                let rows = &CATALOG.repositories;
                let text = format!("{} {}", place.id, place.url).to_lowercase();
                let says = |words: &[String]| words.iter().any(|word| text.contains(word.as_str()));
                let is_public = rows.public.iter().any(|public| public == host) || says(&rows.open);
                if !is_public && says(&rows.private) && !place.url.starts_with("file:") && seen.insert(place.id.clone())
                {
                    facts.push(Fact::new(Kind::Feed(place.id), &module.file, &place.url, Strength::Stated));
                }
            }
        }
        facts
    }

    /// What holds for each program of a module; of the only module there is, for all.
    fn of_unit(&self, unit: &Unit) -> Vec<Fact> {
        let pom = self.module(unit).file.as_str();
        let stated = |kind| Fact::new(kind, pom, "", Strength::Stated);
        let framework = unit.framework.map(|row| stated(Kind::Framework(row.title.clone())));
        let ports = unit.listening.ports.iter();
        let ports = ports.map(|(port, evidence)| Fact::from_evidence(Kind::Port(*port), evidence.clone()));
        let named = unit.data.iter().map(|(path, file)| (path, *file));
        let given = unit.settings.iter().map(|path| (path, path.as_str()));
        let data = named.chain(given);
        let data = data.map(|(path, file)| Fact::new(Kind::Data(path.clone()), file, "", Strength::Stated));
        let facts = framework.into_iter().chain(ports).chain(unit.followed.iter().cloned()).chain(data);
        let facts: Vec<Fact> = facts.collect();
        if self.units.len() == 1 {
            return facts;
        }
        unit.programs.iter().flat_map(|program| facts.iter().map(|fact| fact.clone().of(&program.entry))).collect()
    }
}
