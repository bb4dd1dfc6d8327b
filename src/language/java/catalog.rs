//! The rows of `templates/java/catalog.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::catalog::{self, Image, Release, Runtime};
use crate::format::pom::Dependency;
use crate::plan::Need;
use crate::rows::Row;
use crate::source::Pattern;

/// All rows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    pub image: Image,
    pub release: Vec<Release>,
    pub maven: Vec<Maven>,
    pub runtime: Vec<Runtime>,
    pub container: Vec<Container>,
    pub jlink: Jlink,
    pub plugin: Plugins,
    pub layout: Layout,
    pub start: Start,
    pub level: Level,
    pub main: Mains,
    pub boot: Boot,
    pub packed: BTreeMap<String, Packed>,
    pub quarkus: Quarkus,
    pub shade: Shade,
    pub assembly: Assembly,
    pub settings: Settings,
    pub writes: Writes,
    pub packages: Vec<Packages>,
    pub spring_boot: Vec<SpringBoot>,
    pub framework: Vec<Framework>,
    pub client: Clients,
    pub listen: Vec<Listen>,
    pub single: Vec<Single>,
    pub skip: Vec<Skip>,
    pub idle: Vec<Idle>,
    pub generator: Vec<Generator>,
    pub row: Vec<Row>,
    pub repositories: Repositories,
    pub profile: Profiles,
}

/// Profiles by their names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profiles {
    pub production: Vec<String>,
}

/// A line of Maven.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Maven {
    pub cycle: String,
    pub version: String,
    pub java: Vec<String>,
    #[serde(default)]
    pub older: Vec<[String; 2]>,
}

/// What goes into a runtime made by jlink.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jlink {
    pub modules: Vec<String>,
    pub number_until: u32,
    pub until: BTreeMap<String, u32>,
}

/// Maven's own plugins.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plugins {
    pub copies: String,
    pub dependency: String,
    pub compiler: String,
    pub toolchains: String,
    pub toolchain: String,
    pub jar: String,
    pub war: String,
}

/// A servlet container.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Container {
    pub title: String,
    #[serde(default)]
    pub dependencies: Vec<String>,
    #[serde(default)]
    pub since: Option<String>,
    pub folder: String,
    pub start: Vec<String>,
    pub options: String,
    pub port: u16,
    pub runtime: Vec<Runtime>,
}

/// Where Maven finds what it reads.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    pub sources: Vec<String>,
    pub packed: Vec<String>,
    pub ordinary: Vec<String>,
    pub tests: String,
    pub mvn: Vec<String>,
    pub wrapper: String,
    pub archive: [String; 2],
    pub unused: Vec<String>,
    pub left: Vec<String>,
}

/// What every program is started with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    pub options: Vec<String>,
    pub preview: String,
    pub modules: Vec<String>,
    pub kept: Vec<String>,
    pub takes: Vec<String>,
    pub build: Vec<String>,
    pub told: Vec<[String; 2]>,
    pub properties: Vec<String>,
}

/// What says which release is compiled for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    pub properties: Vec<String>,
    pub elements: Vec<String>,
}

/// What names the class to start: plugins with the path to it in their configuration, and properties.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mains {
    pub plugins: Vec<Vec<String>>,
    /// Plugins that run a class in a phase of the build, which is a step of it and no program.
    pub runs: Vec<String>,
    pub properties: Vec<String>,
    pub usual: Vec<String>,
}

/// Spring Boot's plugin and parent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Boot {
    pub framework: String,
    pub plugin: String,
    pub group: String,
    pub parent: String,
    pub versions: Vec<String>,
    pub layers: Vec<String>,
}

/// What Spring Boot packs: the class that starts it when it is unpacked, and the folder of what it brings along.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packed {
    pub launcher: String,
    pub folder: String,
}

/// Quarkus' plugin and what it makes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quarkus {
    pub framework: String,
    pub plugin: String,
    pub packaging: String,
    pub settings: Vec<String>,
    pub single: String,
    pub suffix: String,
    pub folder: String,
    pub parts: Vec<(String, String)>,
    pub jar: String,
}

/// The plugin that shades.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shade {
    pub plugin: String,
    pub suffix: String,
}

/// The plugin that assembles.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assembly {
    pub plugin: String,
    pub goals: Vec<String>,
    pub descriptor: String,
}

/// Application settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub folder: String,
    pub files: Vec<String>,
    pub name: String,
    pub profile: Vec<String>,
    pub of_profile: Vec<String>,
    pub renamed: String,
    pub more: Vec<String>,
    pub named: Vec<String>,
    pub given: Vec<String>,
}

/// What says where a program writes: names of settings that hold files and folders, the pattern of a database in a file, and how
/// names begin that hold elsewhere.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Writes {
    pub home: String,
    pub places: Vec<String>,
    pub files: Vec<String>,
    pub folders: Vec<String>,
    pub database: Pattern,
    pub others: Vec<String>,
    pub own: Pattern,
    pub system: Vec<String>,
}

/// The packages that meet a need.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packages {
    pub need: String,
    pub runtime: String,
    pub names: Vec<String>,
}

/// A line of Spring Boot.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpringBoot {
    pub since: String,
    #[serde(default)]
    pub tools: bool,
    #[serde(default)]
    pub launcher: Option<String>,
    pub newest_java: u32,
    pub release: String,
}

/// A framework.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Framework {
    pub id: String,
    pub title: String,
    pub artifacts: Vec<String>,
    #[serde(default)]
    pub listens: Vec<String>,
    #[serde(default)]
    pub settings: Vec<String>,
    #[serde(default)]
    pub port: Option<u16>,
    #[serde(default)]
    pub by_code: bool,
    #[serde(default)]
    pub hosts: Vec<String>,
    #[serde(default)]
    pub option: Option<String>,
    #[serde(default)]
    pub site: Option<String>,
    #[serde(default)]
    pub main_class: Option<String>,
    #[serde(default)]
    pub arguments: Vec<String>,
}

/// Clients for browsers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clients {
    pub folders: Vec<String>,
    pub tools: Vec<String>,
    pub plugins: Vec<String>,
    pub words: Vec<String>,
    pub node: Vec<String>,
}

/// A call that opens a port.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    pub pattern: String,
}

/// A plugin that makes one jar.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Single {
    pub plugin: String,
    #[serde(default)]
    pub suffix: String,
}

/// A plugin that does nothing while there are no sources.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Idle {
    pub plugin: String,
    pub properties: Vec<String>,
}

/// A plugin that an image does without.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skip {
    pub plugins: Vec<String>,
    pub properties: Vec<String>,
    #[serde(default)]
    pub goals: Vec<String>,
    #[serde(default)]
    pub reads: Vec<String>,
    #[serde(default)]
    pub without: String,
}

/// A plugin that reads files before the sources are compiled.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generator {
    pub plugin: String,
    pub folders: Vec<String>,
}

/// Places of packages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repositories {
    pub public: Vec<String>,
    pub private: Vec<String>,
    pub open: Vec<String>,
}

/// The catalog.
pub static CATALOG: LazyLock<Catalog> = LazyLock::new(|| catalog::parse("java/catalog.toml"));

impl Catalog {
    /// The packages of a runtime that meet needs.
    pub fn packages(&self, runtime: &str, needs: &[Need]) -> Vec<String> {
        let is_needed = |row: &&Packages| row.runtime == runtime && needs.iter().any(|need| need.id == row.need);
        self.packages.iter().filter(is_needed).flat_map(|row| row.names.iter().cloned()).collect()
    }

    /// The servlet container for a war with these dependencies, whatever for.
    pub fn container(&self, dependencies: &[Dependency]) -> Option<&Container> {
        let fits = |row: &Container, entry: &Dependency| {
            let version = numbers(entry.version.as_deref().unwrap_or_default());
            is_one_of(entry, &row.dependencies) && row.since.as_ref().is_none_or(|since| version >= numbers(since))
        };
        let named = self.container.iter().find(|row| dependencies.iter().any(|entry| fits(row, entry)));
        named.or(self.container.last())
    }

    /// The row of a framework.
    pub fn framework(&self, id: &str) -> Option<&Framework> {
        self.framework.iter().find(|row| row.id == id)
    }

    /// The line that a version of Spring Boot belongs to.
    pub fn spring_boot(&self, version: &str) -> Option<&SpringBoot> {
        let wanted = numbers(version);
        if wanted.is_empty() {
            return None;
        }
        self.spring_boot.iter().find(|row| wanted >= numbers(&row.since))
    }
}

/// The leading numbers of a version, or of the lower end of a range.
pub fn numbers(version: &str) -> Vec<u32> {
    let start = version.trim_start_matches(['[', '(']);
    start.split(['.', ',']).map_while(|part| part.parse().ok()).collect()
}

/// Whether a dependency is one of `group` or `group:artifact`; a `*` at the end stands for any ending.
pub fn is_one_of(dependency: &Dependency, artifacts: &[impl AsRef<str>]) -> bool {
    let name = format!("{}:{}", dependency.group, dependency.artifact);
    artifacts.iter().map(AsRef::as_ref).any(|wanted| match wanted.split_once('*') {
        Some((start, end)) => name.starts_with(start) && name.ends_with(end) && name.len() >= start.len() + end.len(),
        None => name == wanted || dependency.group == wanted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_readable() {
        assert_eq!(super::super::sources::LISTENS.len(), CATALOG.listen.len());
        for maven in &CATALOG.maven {
            assert!(maven.java.iter().all(|cycle| CATALOG.release.iter().any(|release| release.cycle == *cycle)));
        }
        let lines: Vec<_> = CATALOG.spring_boot.iter().map(|row| numbers(&row.since)).collect();
        assert!(lines.is_sorted_by(|a, b| a > b));
        assert!(CATALOG.spring_boot.iter().all(|row| row.tools || row.launcher.is_some()));
    }

    #[test]
    fn versions_belong_to_lines() {
        let since = |version| CATALOG.spring_boot(version).map(|row| row.since.as_str());
        assert_eq!(since("3.5.16"), Some("3.5"));
        assert_eq!(since("2.3.0.RELEASE"), Some("2.1"));
        assert_eq!(since("3.3.0-SNAPSHOT"), Some("3.3"));
        assert_eq!(since("[2.1,2.2)"), Some("2.1"));
        assert_eq!(since("${spring.version}"), None);
    }

    #[test]
    fn artifacts_are_matched_by_name() {
        let dependency = |group: &str, artifact: &str| Dependency {
            group: group.into(),
            artifact: artifact.into(),
            ..Dependency::default()
        };
        let is = |group, artifact, wanted: &str| is_one_of(&dependency(group, artifact), &[wanted.to_owned()]);
        assert!(is("io.javalin", "javalin", "io.javalin:*") && !is("io.javalinx", "x", "io.javalin:*"));
        assert!(is("a", "b", "a:b") && is("a", "b", "a") && !is("a", "bc", "a:b"));
        assert!(is("a", "x-webapp", "a:*-webapp"));
    }
}
