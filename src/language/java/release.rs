//! Which Java: what poms compile for, and what a framework's parent does by itself.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::catalog::CATALOG;
use super::reactor::{Module, Reactor};
use super::shape::spring_boot;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::requirement::Requirement;

/// The testimonies of the poms, the newest release first. A program is built and run with the Java that it is compiled for,
/// which is the one that it was tested with; when somebody asks for another, any newer one can build it too.
pub fn facts(reactor: &Reactor) -> Vec<Fact> {
    let mut levels: BTreeMap<Reverse<u32>, Evidence> = BTreeMap::new();
    for (level, evidence) in reactor.modules.iter().filter_map(level) {
        levels.entry(Reverse(level)).or_insert(evidence);
    }
    if levels.is_empty() {
        return tested(reactor).into_iter().collect();
    }
    let bound = |(level, evidence): (&Reverse<u32>, &Evidence)| {
        let wanted = Requirement::at_least(&level.0.to_string())?;
        Some(Fact::from_evidence(Kind::Bound("java".to_owned(), wanted), evidence.clone()))
    };
    let wanted = |(level, evidence): (&Reverse<u32>, &Evidence)| {
        let strength = evidence.strength.min(Strength::Convention);
        let evidence = Evidence { strength, ..evidence.clone() };
        Some(Fact::from_evidence(Kind::Toolchain("java".to_owned(), line(level.0)?), evidence))
    };
    levels.iter().filter_map(bound).chain(levels.iter().filter_map(wanted)).collect()
}

/// Where no pom says what it compiles for: the newest release that its Spring Boot was tested with.
fn tested(reactor: &Reactor) -> Option<Fact> {
    let (module, (row, version)) =
        reactor.modules.iter().find_map(|module| Some((module, spring_boot(&module.lineage)?)))?;
    let known = CATALOG.release.iter().filter_map(|release| release.cycle.parse::<u32>().ok());
    let newest = known.filter(|cycle| *cycle <= row.newest_java).max()?.to_string();
    let text = format!("{newest}, the newest that Spring Boot {version} was tested with");
    let wanted = Requirement::range(&text, &newest)?;
    let kind = Kind::Toolchain("java".to_owned(), wanted);
    Some(Fact::new(kind, &module.file, &format!("Spring Boot {version}"), Strength::Convention))
}

/// The release line that builds and runs a level: the oldest that dockgen knows and that is not older.
fn line(level: u32) -> Option<Requirement> {
    let known = CATALOG.release.iter().filter_map(|release| release.cycle.parse::<u32>().ok());
    let line = known.filter(|cycle| *cycle >= level).min()?;
    Requirement::range(&level.to_string(), &line.to_string())
}

/// A release as version files name it.
pub fn named(text: &str) -> Option<Requirement> {
    line(major(text)?)
}

/// The release in `17`, `1.8`, `21.0.2-tem`, `temurin-21.0.2+13`, `openjdk64-11.0.2`.
pub fn major(text: &str) -> Option<u32> {
    let is_number = |part: &&str| part.starts_with(|c: char| c.is_ascii_digit());
    let version = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).find(is_number)?;
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
    match (numbers.next()?.ok()?, numbers.next()) {
        (1, Some(Ok(minor))) => Some(minor),
        (major, _) => (major < 1000).then_some(major),
    }
}

/// The level that a module compiles for.
fn level(module: &Module) -> Option<(u32, Evidence)> {
    let (lineage, rows) = (&module.lineage, &CATALOG.level);
    let written = |name: &str| lineage.plugin_text(&CATALOG.plugin.compiler, &[name]);
    let by_property = rows.properties.iter().find_map(|name| {
        let text = lineage.property(name)?;
        Some((major(&text).filter(|_| !text.contains('$'))?, format!("{name} {text}")))
    });
    let by_plugin = rows.elements.iter().find_map(|element| {
        let text = written(element)?;
        Some((major(&text).filter(|_| !text.contains('$'))?, format!("<{element}>{text}</{element}>")))
    });
    let stated = match written("release") {
        Some(_) => by_plugin.or(by_property),
        None => by_property.or(by_plugin),
    };
    if let Some((level, quote)) = stated {
        return Some((level, Evidence::new(&module.file, &quote, Strength::Stated)));
    }
    let parent = lineage.outside_parent().filter(|parent| parent.artifact == CATALOG.boot.parent)?;
    let (row, version) = spring_boot(lineage)?;
    let quote = format!("{} {version}", parent.artifact);
    Some((row.release.parse().ok()?, Evidence::new(&module.file, &quote, Strength::Convention)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    #[test]
    fn an_old_spring_boot_speaks_where_nothing_else_does() {
        let asked = |version: &str, more: &str| {
            let pom = format!(
                "<project><artifactId>a</artifactId>{more}<dependencies><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot</artifactId><version>{version}</version></dependency></dependencies></project>"
            );
            let repo = Repo::from_list("x", [("pom.xml", pom.as_str())]);
            let facts = facts(&Reactor::read(&repo));
            facts.into_iter().map(|fact| fact.kind.to_string()).next().unwrap_or_default()
        };
        assert!(asked("2.5.12", "").contains("17, the newest"));
        assert!(asked("3.3.1", "").contains("21, the newest"));
        assert!(!asked("2.5.12", "<properties><java.version>11</java.version></properties>").contains("newest"));
    }

    #[test]
    fn a_version_file_loses_to_what_the_poms_compile_for() {
        let pom = "<project><artifactId>a</artifactId><properties><maven.compiler.release>17</maven.compiler.release></properties></project>";
        let main = "class App { public static void main(String[] a) {} }";
        for (file, text, cycle, said) in [
            (".java-version", "11", "17.", 1),
            (".sdkmanrc", "java=11.0.2-tem", "17.", 1),
            (".tool-versions", "java temurin-21.0.2+13", "21.", 0),
            ("README", "java 8", "17.", 0),
        ] {
            let files = [("pom.xml", pom), ("src/main/java/App.java", main), (file, text)];
            let draft = crate::draft(&Repo::from_list("x", files), &crate::wishes::Wishes::default()).unwrap();
            let version = format!("ARG JAVA_VERSION={cycle}");
            assert!(draft.documents[0].text.contains(&version), "{file}: {}", draft.documents[0].text);
            assert_eq!(draft.plan.warnings.len(), said, "{file}: {:?}", draft.plan.warnings);
        }
    }

    #[test]
    fn versions_have_a_release() {
        let cases = [
            ("17", Some(17)),
            ("1.8", Some(8)),
            ("1.8.0_302", Some(8)),
            ("21.0.2-tem", Some(21)),
            ("temurin-21.0.2+13", Some(21)),
            ("openjdk64-11.0.2", Some(11)),
            ("zulu-8.72.0.17", Some(8)),
            ("8u502-b07", Some(8)),
            ("", None),
            ("latest", None),
            ("${java}", None),
            ("99999999999", None),
        ];
        for (text, expected) in cases {
            assert_eq!(major(text), expected, "{text}");
        }
    }
}
