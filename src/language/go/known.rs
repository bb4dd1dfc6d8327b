//! What can be set of a program, and what its defaults say: where it listens, and what it writes to.

use std::collections::HashMap;

use crate::catalog::SHARED;
use crate::facts::{Evidence, Fact, Kind, Listens, Strength};
use crate::path::{is_below, name, parent};
use crate::repo::Repo;
use crate::source::Pattern;
use crate::source::go::{self, Setting, Value};
use crate::source::listening::address;
use crate::witness::placed;

use super::catalog::CATALOG;
use super::config;
use super::settings::Settings;
use super::source::Source;

/// Settings and places of a program that are looked at, at most.
const MOST: usize = 64;

/// A setting of a program, with its value.
struct One<'a> {
    name: &'a str,
    flag: Option<String>,
    variable: Option<String>,
    value: String,
    evidence: &'a Evidence,
}

/// The settings of a program.
pub struct Known<'a> {
    repo: &'a Repo,
    sources: &'a [&'a Source],
    known: Vec<One<'a>>,
    /// How the names of most variables begin.
    prefix: String,
}

impl<'a> Known<'a> {
    /// The settings of these sources.
    pub fn read(repo: &'a Repo, sources: &'a [&'a Source]) -> Self {
        let all = || sources.iter().map(|source| &source.settings);
        let mut known = Known { repo, sources, known: Vec::new(), prefix: own_prefix(all()) };
        let any = |has: fn(&Settings) -> bool| all().any(has);
        let automatic = any(|settings| settings.automatic);
        let bound = any(|settings| settings.bound);
        let (replaced, prefixed) = (any(|settings| settings.replaced), any(|settings| settings.prefixed));
        let library =
            all().find_map(|settings| settings.prefix.clone()).map_or_else(String::new, |it| format!("{it}_"));
        if !library.is_empty() {
            known.prefix.clone_from(&library);
        }
        let made = |name: &str| {
            let is_plain = !name.contains(['-', '.']);
            (automatic && (is_plain || replaced))
                .then(|| format!("{library}{}", name.to_uppercase().replace(['-', '.'], "_")))
        };
        let (mut found, mut looks) = (Vec::new(), 0);
        for (setting, evidence) in all().flat_map(|settings| &settings.own) {
            let Some(name) = setting.flag.as_ref().or(setting.key.as_ref()).or(setting.variable.as_ref()) else {
                continue;
            };
            if !known.speaks(name) {
                continue;
            }
            looks += 1;
            if looks > MOST {
                break;
            }
            let of_library = setting.key.as_deref().or(setting.flag.as_deref().filter(|_| bound)).and_then(made);
            let Some(value) = known.value(setting) else { continue };
            let variable = setting.variable.clone().filter(|_| !prefixed || setting.flag.is_some()).or(of_library);
            found.push(One { name, flag: setting.flag.clone(), variable, value, evidence });
        }
        known.known = found;
        known
    }

    fn fits(&self, pattern: &Pattern, name: &str) -> bool {
        pattern.is_match(name.strip_prefix(&self.prefix).unwrap_or(name))
    }

    fn speaks(&self, name: &str) -> bool {
        let rows = &CATALOG.source;
        [&rows.r#where, &rows.store, &rows.front, &rows.config].into_iter().any(|pattern| self.fits(pattern, name))
    }

    fn value(&self, setting: &Setting) -> Option<String> {
        match &setting.value {
            Value::Text(text) => Some(text.clone()).filter(|text| !text.is_empty()),
            Value::Constant(name) => self
                .sources
                .iter()
                .find_map(|source| go::constant(self.repo.text(&source.path)?, name).map(str::to_owned)),
        }
    }

    /// Where the program listens by its settings, and how it is told otherwise.
    pub fn listens(&self) -> Vec<Fact> {
        let rows = [&SHARED.listen.others, &SHARED.listen.second];
        let mut facts = Vec::new();
        for known in self.known.iter().filter(|known| self.fits(&CATALOG.source.r#where, known.name)) {
            let names = [Some(known.name), known.variable.as_deref()];
            if names.into_iter().flatten().any(|name| rows.iter().any(|row| row.is_match(name))) {
                continue;
            }
            let is_port = known.name.to_lowercase().ends_with("port");
            let Some((host, port)) = address(&known.value).filter(|(host, _)| host.is_some() || is_port) else {
                continue;
            };
            let listens = Listens {
                host,
                port,
                value: known.value.clone(),
                variable: known.variable.clone(),
                flag: known.flag.clone(),
            };
            let usual = Evidence { strength: Strength::Convention, ..known.evidence.clone() };
            facts.extend(port.map(|port| Fact::from_evidence(Kind::Port(port), usual)));
            facts.push(Fact::from_evidence(Kind::Listens(listens), known.evidence.clone()));
        }
        facts
    }

    /// Folders that the program writes to, as they lie in the image.
    pub fn writes(&self) -> Vec<Fact> {
        let is_path = |text: &str| text.contains(['/', '.']) || text == "data";
        let set = self.named(&CATALOG.source.store).map(|known| (known.value.as_str(), known.evidence));
        let made = self
            .sources
            .iter()
            .flat_map(|source| &source.settings.stores)
            .map(|(path, evidence)| (path.as_str(), evidence));
        let found = set.chain(made).filter(|(text, _)| is_path(text) && !text.contains(':'));
        let facts = found.filter_map(|(text, evidence)| {
            let folder = if name(text).trim_start_matches('.').contains('.') { parent(text) } else { text };
            let relative = folder.trim_start_matches("./").trim_end_matches('/');
            let is_there = !relative.starts_with('/') && !relative.is_empty() && self.repo.exists(relative);
            let place = if ["", "."].contains(&relative) { Some("/app".to_owned()) } else { placed(relative, "/app") };
            Some((place.filter(|_| !is_there)?, evidence))
        });
        let places: Vec<(String, &Evidence)> = facts.take(MOST).collect();
        let is_inner = |place: &str| places.iter().any(|(other, _)| other != place && is_below(place, other));
        let outer = places.iter().filter(|(place, _)| !is_inner(place));
        outer.map(|(place, evidence)| Fact::from_evidence(Kind::Writes(place.clone()), (*evidence).clone())).collect()
    }

    fn named<'s>(&'s self, pattern: &'s Pattern) -> impl Iterator<Item = &'s One<'s>> {
        self.known.iter().filter(|known| self.fits(pattern, known.name))
    }

    /// A configuration file that is not there.
    pub fn configuration(&self) -> Vec<Fact> {
        let is_missing = |path: &str| {
            let path = path.trim_start_matches("./");
            config::is_named(path) && !self.repo.has(path) && !self.repo.has(name(path))
        };
        let set = self.named(&CATALOG.source.config).map(|known| (known.value.as_str(), known.evidence));
        let constants = self.sources.iter().flat_map(|source| &source.settings.configured);
        let all = set.chain(constants.map(|(path, evidence)| (path.as_str(), evidence)));
        let said = all.filter(|(path, _)| is_missing(path)).take(1).map(|(path, evidence)| {
            let what = format!(
                "the program takes its configuration from `{path}`, which is not in the repository: mount it where the program needs one"
            );
            Fact::from_evidence(Kind::Warning(what), evidence.clone())
        });
        said.collect()
    }

    /// The folder of a machine that a front end is served from.
    pub fn served(&self) -> Option<(String, Evidence)> {
        let is_folder =
            |known: &&One| known.value.starts_with('/') && !name(&known.value).contains('.') && known.value.len() > 2;
        let mut found = self.named(&CATALOG.source.front).filter(is_folder);
        found.find_map(|known| Some((placed(&known.value, "/app")?, known.evidence.clone())))
    }
}

/// How the names of most variables begin, where at least three do.
fn own_prefix<'a>(all: impl Iterator<Item = &'a Settings>) -> String {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for (setting, _) in all.flat_map(|settings| &settings.own) {
        if let Some((prefix, _)) = setting.variable.as_deref().and_then(|name| name.split_once('_')) {
            *counts.entry(prefix).or_default() += 1;
        }
    }
    let most = counts.into_iter().filter(|(_, count)| *count >= 3).max_by_key(|(name, count)| (*count, *name));
    most.map_or_else(String::new, |(prefix, _)| format!("{prefix}_"))
}
