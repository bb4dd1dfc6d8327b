//! Application settings of a module.

use super::catalog::CATALOG;
use super::reactor::Module;
use crate::format::pom::Lineage;
use crate::format::properties::Properties;
use crate::format::{application_yaml, properties};
use crate::path::join;
use crate::repo::Repo;

/// A file of settings, with what stands in it.
pub type File = (String, Properties);

/// The settings files of a module that can be read, the one that wins first.
pub fn read(repo: &Repo, module: &Module, named: &[&str]) -> Vec<File> {
    let rows = &CATALOG.settings;
    let below = |name: &String| parse(repo, join(module.folder(), &format!("{}/{name}", rows.folder)));
    let of_name = named.iter().flat_map(|name| rows.named.iter().map(move |file| file.replace("{name}", name)));
    let found: Vec<File> = of_name.chain(rows.files.iter().cloned()).filter_map(|name| below(&name)).collect();
    let active = rows.profile.iter().filter_map(|key| found.iter().find_map(|(_, settings)| settings.get(key)));
    let active: Vec<String> = active.map(|text| filtered(text, &module.lineage)).collect();
    let profiles = active.iter().flat_map(|names| names.rsplit(',')).map(str::trim).filter(|name| is_profile(name));
    let names = || named.iter().copied().chain([rows.name.as_str()]);
    let of_profile =
        profiles.flat_map(|profile| rows.of_profile.iter().map(move |file| file.replace("{profile}", profile)));
    let of_profile = of_profile.flat_map(|file| names().map(move |name| file.replace("{name}", name)));
    let mut all: Vec<File> = of_profile.filter_map(|name| below(&name)).collect();
    all.extend(found);
    all
}

fn parse(repo: &Repo, path: String) -> Option<File> {
    let text = repo.text(&path)?;
    let parsed = if path.ends_with(".properties") { properties::parse(text) } else { application_yaml::parse(text) };
    Some((path, parsed.ok()?))
}

/// A value that Maven fills in: `@spring.profiles.active@`, which YAML is read with `_` for.
fn filtered(text: &str, lineage: &Lineage) -> String {
    let name = ['@', '_', '#'].iter().find_map(|mark| text.trim().strip_prefix(*mark)?.strip_suffix(*mark));
    name.and_then(|name| lineage.property(name)).unwrap_or_else(|| text.to_owned())
}

fn is_profile(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
}

/// A file beside the sources that the program is given by name, such as Dropwizard's settings.
pub fn given(repo: &Repo, folder: &str) -> Option<String> {
    let is_yaml = |path: &&str| path.ends_with(".yml") || path.ends_with(".yaml");
    let begins = |line: &str| CATALOG.settings.given.iter().any(|name| line.starts_with(name));
    let is_settings = |path: &&str| repo.text(path).is_some_and(|text| text.lines().any(begins));
    let there = |folder: &str| repo.inside(folder).filter(is_yaml).find(is_settings).map(str::to_owned);
    there(folder).or_else(|| there(&join(folder, "config"))).or_else(|| there(""))
}

/// The settings in that file.
pub fn of_given(repo: &Repo, file: &str) -> Option<File> {
    Some((file.to_owned(), application_yaml::parse(repo.text(file)?).ok()?))
}
