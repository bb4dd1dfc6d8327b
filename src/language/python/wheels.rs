//! Which release lines packages fit: where their wheels end, and what newer lines do not have any more.

use nodejs_semver::Version;

use super::manifests::{Manifests, PIPFILE_LOCK};
use super::requirements::Dependency;
use super::rows::{CATALOG, Gone, Manager};
use super::sources::Program;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::format::python_lock::LockedPackage;
use crate::format::requirements;
use crate::requirement::Requirement;

/// Toolchain facts of packages whose wheels end below the preferred release line.
pub fn newest_lines(manifests: &Manifests) -> Vec<Fact> {
    let dependencies = |row: &Manager| manifests.dependencies(row, &manifests.usual(row));
    if let Some((file, lock)) = manifests.locks.first() {
        let direct = dependencies(Manager::of("pyproject.toml"));
        let direct = direct.iter().map(|dependency: &Dependency| dependency.requirement.name.as_str());
        return lock
            .closure(direct)
            .into_iter()
            .filter_map(|package| {
                let line = locked_line(package).or_else(|| pinned_line(&package.name, &package.version))?;
                Some(newest_line_facts(&line, file, &format!("{} {}", package.name, package.version)))
            })
            .flatten()
            .collect();
    }
    if let Some(lock) = &manifests.pipfile_lock {
        let pins = lock.packages.iter();
        return pins
            .filter_map(|(name, version)| {
                Some(newest_line_facts(&pinned_line(name, version)?, PIPFILE_LOCK, &format!("{name} {version}")))
            })
            .flatten()
            .collect();
    }
    let found = dependencies(Manager::of("requirements.txt")).into_iter();
    found
        .filter_map(|dependency| {
            let line = wanted_line(&dependency.requirement)?;
            Some(newest_line_facts(&line, &dependency.file, &dependency.requirement.to_string()))
        })
        .flatten()
        .collect()
}

/// Only what rules out the preferred line is worth a word. Pins that old have neighbours of their age, so the newest line
/// with distutils, which those import, is a guess beside it.
fn newest_line_facts(line: &str, file: &str, quote: &str) -> Vec<Fact> {
    let preferred = CATALOG.release.iter().find(|release| release.preferred).map(|release| release.cycle.as_str());
    if minor(line) >= preferred.and_then(minor) {
        return Vec::new();
    }
    let upto = |line: &str, why: &str, strength| {
        let wanted = Requirement::range(&format!("up to {line}, {why}"), &format!("<3.{}.0", minor(line)? + 1))?;
        Some(Fact::new(Kind::Toolchain("python".to_owned(), wanted), file, quote, strength))
    };
    let wheels = upto(line, "the newest that its packages fit", Strength::Convention);
    wheels.into_iter().chain(upto(&CATALOG.distutils, "the newest with distutils", Strength::Guess)).collect()
}

/// The newest line that a locked package has a wheel for; `None` where it is pure or has one for the newest.
fn locked_line(package: &LockedPackage) -> Option<String> {
    let newest = CATALOG
        .release
        .iter()
        .filter(|_| !CATALOG.pure.contains(&package.name))
        .find(|release| package.is_native() && package.has_wheel_for(&release.cycle))?;
    Some(newest.cycle.clone())
}

/// The newest line for a pinned version, by the catalog.
fn pinned_line(name: &str, version: &str) -> Option<String> {
    line_below(name, Some(&Ceiling::exactly(version)?))
}

/// The newest line for the newest version that a requirement allows.
fn wanted_line(requirement: &requirements::Requirement) -> Option<String> {
    line_below(&requirement.name, Ceiling::of(&requirement.specifier).as_ref())
}

fn line_below(name: &str, ceiling: Option<&Ceiling>) -> Option<String> {
    let row = CATALOG.wheels.iter().find(|row| row.package == name)?;
    let below = ceiling.and_then(|ceiling| row.below.iter().find(|(bound, _)| ceiling.is_below(bound)));
    below.map(|(_, line)| line.clone()).or_else(|| row.newest.clone())
}

/// The newest version that a requirement allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceiling {
    version: Version,
    /// It may be this version itself.
    allowed: bool,
}

impl Ceiling {
    /// One version, and no newer one.
    pub fn exactly(version: &str) -> Option<Self> {
        Some(Ceiling { version: numbers(version)?, allowed: true })
    }

    /// `==2.0.25`, `<=2`, `<2`, `~=2.0.25`, `==2.0.*`; of several clauses the strictest. `None` where nothing is too new.
    pub fn of(specifier: &str) -> Option<Self> {
        specifier
            .split(',')
            .filter_map(Self::of_clause)
            .min_by(|a, b| a.version.cmp(&b.version).then(a.allowed.cmp(&b.allowed)))
    }

    fn of_clause(clause: &str) -> Option<Self> {
        let clause = clause.trim();
        let (operator, text) = clause.split_at(clause.find(|c: char| c.is_ascii_digit() || c == 'v')?);
        let text = text.trim();
        match operator.trim() {
            "==" | "===" if text.ends_with(".*") => after(text.trim_end_matches(".*")),
            "==" | "===" | "<=" => Ceiling::exactly(text),
            "<" => Some(Ceiling { version: numbers(text)?, allowed: false }),
            "~=" => after(text.rsplit_once('.')?.0),
            _ => None,
        }
    }

    /// Whether every allowed version is older than this one.
    pub fn is_below(&self, bound: &str) -> bool {
        numbers(bound).is_some_and(|bound| self.version < bound || (!self.allowed && self.version == bound))
    }
}

/// What lies before the next version of as many numbers: `2.0` ends at `2.1`.
fn after(text: &str) -> Option<Ceiling> {
    let version = numbers(text)?;
    let version = match text.split('.').count() {
        1 => Version::new(version.major() + 1, 0, 0, Vec::new(), Vec::new()),
        2 => Version::new(version.major(), version.minor() + 1, 0, Vec::new(), Vec::new()),
        _ => Version::new(version.major(), version.minor(), version.patch() + 1, Vec::new(), Vec::new()),
    };
    Some(Ceiling { version, allowed: false })
}

/// Toolchain facts of modules of Python that newer releases do not have.
pub fn gone_modules(program: &Program) -> Vec<Fact> {
    let wanted = |(row, evidence): (&Gone, Evidence)| {
        let text = format!("up to {}, the newest with a module of Python that it imports", row.until);
        let range = Requirement::range(&text, &format!("<3.{}.0", minor(&row.until)? + 1))?;
        Some(Fact::from_evidence(Kind::Toolchain("python".to_owned(), range), evidence))
    };
    let imported = CATALOG.gone.iter().filter_map(|row| Some((row, program.imports_one_of(&row.modules)?)));
    imported.filter_map(wanted).collect()
}

/// The second number of a release line.
pub fn minor(line: &str) -> Option<u64> {
    line.split('.').nth(1)?.parse().ok()
}

/// The three leading numbers of a version.
pub fn numbers(text: &str) -> Option<Version> {
    let mut parts = text.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse::<u64>().ok());
    let mut next = || parts.next().flatten();
    Some(Version::new(next()?, next().unwrap_or(0), next().unwrap_or(0), Vec::new(), Vec::new()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    #[test]
    fn old_pins_end_with_their_release_lines() {
        for (name, version, line) in [
            ("pandas", "1.4.3", Some("3.10")),
            ("numpy", "1.26.0", Some("3.12")),
            ("numpy", "2.4", None),
            ("psycopg2-binary", "2.9.9", Some("3.12")),
            ("pydantic", "2.3", Some("3.11")),
            ("flask", "1.0", None),
        ] {
            assert_eq!(pinned_line(name, version).as_deref(), line, "{name} {version}");
        }
    }

    #[test]
    fn what_a_requirement_allows_counts() {
        let line = |text: &str| {
            let set = requirements::parse(text).unwrap();
            wanted_line(set.requirements.first().unwrap())
        };
        for (text, wanted) in [
            ("numpy<2", Some("3.12")),
            ("numpy>=1.20,<2.0.0", Some("3.12")),
            ("numpy<3", None),
            ("numpy", None),
            ("sqlalchemy==2.0.25", Some("3.12")),
            ("sqlalchemy~=2.0.25", None),
            ("sqlalchemy==1.4.46", Some("3.14")),
            ("pandas==1.5.*", Some("3.11")),
            ("aioredis", Some("3.10")),
            ("aioredis>=2.0", Some("3.10")),
            ("pydub~=0.25.1", Some("3.12")),
        ] {
            assert_eq!(line(text).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn modules_that_are_gone_want_an_older_release() {
        let ranges = |source: &str| {
            let repo = Repo::from_list("x", [("app.py", source), ("imp.py", "")]);
            let facts = gone_modules(&Program::read(&repo, Vec::new()));
            facts.into_iter().map(|fact| fact.kind.to_string()).collect::<Vec<_>>()
        };
        assert!(ranges("import cgi, json\n")[0].contains("3.12"));
        assert!(ranges("from asyncore import dispatcher\n")[0].contains("3.11"));
        assert!(ranges("import json\nimport imp\ndef f():\n    import cgi\n").is_empty());
    }

    #[test]
    fn the_lock_tells_what_it_has_wheels_for() {
        let lock = "[[package]]\nname='a'\nversion='1'\nwheels=[{url='x/a-1-cp311-cp311-manylinux_2_17_x86_64.whl'},{url='x/a-1-cp310-cp310-manylinux_2_17_x86_64.whl'}]\n";
        let repo =
            Repo::from_list("x", [("uv.lock", lock), ("pyproject.toml", "[project]\nname='x'\ndependencies=['a']")]);
        let facts = newest_lines(&Manifests::read(&repo));
        assert_eq!(facts.len(), 2);
        assert!(facts[0].kind.to_string().contains("3.11, the newest that its packages fit"));
    }
}
