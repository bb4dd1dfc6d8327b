//! What packages cost: system packages, wheels that end with a release line, needs of the runtime.

use std::collections::{BTreeMap, BTreeSet};

use nodejs_semver::Version;

use super::program::Program;
use super::project::{Dependency, Project, names};
use super::rows::{CATALOG, Gone, Native, PkgResources};
use super::start::Start;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::format::python_lock::Lock;
use crate::format::requirements;
use crate::plan::Need;
use crate::plan::toolchain::{Requirement, Toolchain};

/// The package that brings `pkg_resources`.
const SETUPTOOLS: &str = "setuptools";

/// The packages of the environment, as far as they are known: what is asked for, and what the lock adds.
#[derive(Debug)]
pub struct Installed {
    /// Normalised names, extras as `name[extra]` too.
    pub names: BTreeSet<String>,
    dependencies: Vec<Dependency>,
    lock_file: String,
    /// Locked versions.
    versions: BTreeMap<String, String>,
}

impl Installed {
    /// What a manager installs.
    pub fn new(project: &Project, manager: &str, dependencies: &[Dependency]) -> Self {
        let lock_file =
            CATALOG.manager.iter().find(|row| row.id == manager).map(|row| row.lock.clone()).unwrap_or_default();
        let mut versions = BTreeMap::new();
        if let Some(lock) = project.lock(&lock_file) {
            let packages = closure(lock, dependencies);
            versions.extend(packages.map(|package| (package.name.clone(), package.version.clone())));
        }
        if let Some(lock) = project.pipfile_lock.as_ref().filter(|_| manager == "pipenv") {
            versions.extend(lock.packages.iter().cloned());
        }
        let names = names(dependencies).into_iter().chain(versions.keys().cloned()).collect();
        Installed { names, dependencies: dependencies.to_vec(), lock_file, versions }
    }

    /// The newest version that a package may have; `None` where that is any.
    fn ceiling(&self, name: &str) -> Option<Ceiling> {
        if let Some(version) = self.versions.get(name) {
            return Some(Ceiling { version: numbers(version)?, allowed: true });
        }
        let asked = self.dependencies.iter().filter(|dependency| dependency.requirement.name == name);
        asked.filter_map(|dependency| Ceiling::of(&dependency.requirement.specifier)).next()
    }

    /// Where a package comes from.
    pub fn evidence(&self, name: &str) -> Evidence {
        let direct = self.dependencies.iter().find(|dependency| dependency.requirement.name == name);
        direct.map_or_else(
            || Evidence::new(&self.lock_file, name, Strength::Stated),
            |dependency| dependency.evidence(Strength::Stated),
        )
    }

    /// Whether a package, or `name[extra]`, is there.
    pub fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    fn natives(&self) -> impl Iterator<Item = &'static Native> {
        CATALOG.native.iter().filter(|row| {
            let extra = row.extra.is_empty() || self.has(&format!("{}[{}]", row.package, row.extra));
            let without = row.without.iter().any(|extra| self.has(&format!("{}[{extra}]", row.package)));
            self.has(&row.package) && extra && !without && (row.unless.is_empty() || !self.has(&row.unless))
        })
    }

    /// System packages for the build; a compiler where something is compiled.
    pub fn build_packages(&self) -> BTreeSet<String> {
        let mut packages = BTreeSet::new();
        for row in self.natives().filter(|row| row.compiled || !row.build.is_empty()) {
            packages.insert("build-essential".to_owned());
            packages.extend(row.build.iter().cloned());
        }
        packages
    }
}

fn closure<'a>(
    lock: &'a Lock,
    dependencies: &'a [Dependency],
) -> impl Iterator<Item = &'a crate::format::python_lock::LockedPackage> {
    lock.closure(dependencies.iter().map(|dependency| dependency.requirement.name.as_str())).into_iter()
}

/// What the runtime must provide.
pub fn needs(program: &Program, installed: &Installed, start: &Start, toolchain: &Toolchain) -> Vec<Need> {
    let assumed = |id: &str, reason: &str| Need::new(id, reason, Evidence::new("", "", Strength::Convention));
    let mut needs = vec![
        assumed("ca", "TLS needs CA certificates"),
        assumed("zoneinfo", "time zones are data"),
        assumed("wheels", "wheels on PyPI are made for the GNU C library first"),
    ];
    if !CATALOG.release.iter().any(|release| release.version == toolchain.version) {
        needs.push(assumed("exact", "the patch release was asked for, and not the newest one"));
    }
    for row in installed.natives() {
        let evidence = || installed.evidence(&row.package);
        let need = |id: String, what: &str| Need::new(id, format!("`{}` needs {what}", row.package), evidence());
        needs.extend(row.run.iter().map(|package| need(format!("package:{package}"), package)));
        needs.extend((!row.need.is_empty()).then(|| need(row.need.clone(), &row.need)));
    }
    for name in CATALOG.glibc.iter().flat_map(|row| &row.packages).filter(|name| installed.has(name)) {
        needs.push(Need::new("glibc", format!("`{name}` has wheels for nothing else"), installed.evidence(name)));
    }
    for (command, evidence) in program.commands() {
        if let Some(row) = CATALOG.command.iter().find(|row| row.names.contains(command)) {
            needs.push(Need::new(&row.need, format!("it starts `{command}`"), evidence.clone()));
        }
    }
    if let Some(name) = &start.program {
        needs.push(Need::new(
            "scripts",
            format!("`{name}` is a program that a package installs"),
            start.evidence.clone(),
        ));
    }
    let mut seen = BTreeSet::new();
    needs.retain(|need| seen.insert(need.id.clone()));
    needs
}

/// System packages of a runtime that has a package manager.
pub fn run_packages(program: &Program, installed: &Installed) -> BTreeSet<String> {
    let natives = installed.natives().flat_map(|row| row.run.iter().chain(&row.run_slim).cloned());
    let commands = program.commands().iter().filter_map(|(command, _)| {
        let row = CATALOG.command.iter().find(|row| row.names.contains(command))?;
        row.need.strip_prefix("package:").map(str::to_owned)
    });
    natives.chain(commands).collect()
}

/// Toolchain facts of packages whose wheels end below the preferred release line.
pub fn newest_lines(project: &Project) -> Vec<Fact> {
    let dependencies = |manager: &str| project.dependencies(manager);
    if let Some((file, lock)) = project.locks.first() {
        let direct = dependencies("uv");
        return closure(lock, &direct)
            .filter_map(|package| {
                let line = locked_line(package).or_else(|| pinned_line(&package.name, &package.version))?;
                Some(newest_line_facts(&line, file, &format!("{} {}", package.name, package.version)))
            })
            .flatten()
            .collect();
    }
    if let Some(lock) = &project.pipfile_lock {
        let pins = lock.packages.iter();
        return pins
            .filter_map(|(name, version)| {
                Some(newest_line_facts(&pinned_line(name, version)?, "Pipfile.lock", &format!("{name} {version}")))
            })
            .flatten()
            .collect();
    }
    let found = dependencies("pip").into_iter();
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
fn locked_line(package: &crate::format::python_lock::LockedPackage) -> Option<String> {
    let newest = CATALOG
        .release
        .iter()
        .filter(|_| !CATALOG.pure.contains(&package.name))
        .find(|release| package.is_native() && package.has_wheel_for(&release.cycle))?;
    Some(newest.cycle.clone())
}

/// The newest line for a pinned version, by the catalog.
fn pinned_line(name: &str, version: &str) -> Option<String> {
    line_below(name, Some(&Ceiling { version: numbers(version)?, allowed: true }))
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
struct Ceiling {
    version: Version,
    /// It may be this version itself.
    allowed: bool,
}

impl Ceiling {
    /// `==2.0.25`, `<=2`, `<2`, `~=2.0.25`, `==2.0.*`; of several clauses the strictest. `None` where nothing is too new.
    fn of(specifier: &str) -> Option<Self> {
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
            "==" | "===" | "<=" => Some(Ceiling { version: numbers(text)?, allowed: true }),
            "<" => Some(Ceiling { version: numbers(text)?, allowed: false }),
            "~=" => after(text.rsplit_once('.')?.0),
            _ => None,
        }
    }

    /// Whether every allowed version is older than this one.
    fn is_below(&self, bound: &str) -> bool {
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

/// What shows that something imports `pkg_resources`, or another part of setuptools, which is not there by itself or is
/// too new: a package of that age, or the program. With the name to call it by.
pub fn old_setuptools(program: &Program, installed: &Installed, cycle: &str) -> Option<(String, Evidence)> {
    if installed.ceiling(SETUPTOOLS).is_some_and(|ceiling| ceiling.is_below(&CATALOG.setuptools)) {
        return None;
    }
    let is_old = |row: &&PkgResources| {
        installed.has(&row.package)
            && (row.below.is_empty()
                || installed.ceiling(&row.package).is_some_and(|ceiling| ceiling.is_below(&row.below)))
    };
    if let Some(row) = CATALOG.pkg_resources.iter().find(is_old) {
        return Some((format!("`{}`", row.package), installed.evidence(&row.package)));
    }
    let with_distutils = minor(cycle) <= minor(&CATALOG.distutils);
    let is_missing = |name: &&String| match name.as_str() {
        "pkg_resources" => true,
        "distutils" if with_distutils => false,
        _ => !installed.has(SETUPTOOLS),
    };
    let modules: Vec<String> = CATALOG.setuptools_modules.iter().filter(is_missing).cloned().collect();
    let evidence = program.imports_one_of(&modules)?;
    Some(("The program".to_owned(), evidence))
}

fn minor(line: &str) -> Option<u64> {
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
    fn what_imports_pkg_resources_gets_an_older_setuptools() {
        let who = |requirements: &str, source: &str| {
            let repo = Repo::from_list("x", [("requirements.txt", requirements), ("app.py", source)]);
            let project = Project::read(&repo);
            let installed = Installed::new(&project, "pip", &project.dependencies("pip"));
            old_setuptools(&Program::read(&repo, Vec::new()), &installed, "3.13").map(|(who, _)| who)
        };
        for (requirements, source, wanted) in [
            ("gunicorn==20.1.0", "", Some("`gunicorn`")),
            ("gunicorn<21", "", Some("`gunicorn`")),
            ("gunicorn==20.1.0\nsetuptools==65.5.0", "", None),
            ("gunicorn", "", None),
            ("gunicorn==23.0.0", "import pkg_resources\n", Some("The program")),
            ("gunicorn==23.0.0", "from distutils.util import strtobool\n", Some("The program")),
            ("gunicorn==23.0.0", "try:\n    import pkg_resources\nexcept ImportError:\n    pass\n", None),
        ] {
            assert_eq!(who(requirements, source).as_deref(), wanted, "{requirements} {source}");
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
        let facts = newest_lines(&Project::read(&repo));
        assert_eq!(facts.len(), 2);
        assert!(facts[0].kind.to_string().contains("3.11, the newest that its packages fit"));
    }

    #[test]
    fn extras_decide_what_is_compiled() {
        let packages = |text: &str| {
            let repo = Repo::from_list("x", [("requirements.txt", text)]);
            let project = Project::read(&repo);
            let installed = Installed::new(&project, "pip", &project.dependencies("pip"));
            (
                installed.build_packages().contains("libpq-dev"),
                run_packages(&Program::read(&repo, Vec::new()), &installed).contains("libpq5"),
            )
        };
        assert_eq!(packages("psycopg[c]"), (true, true));
        assert_eq!(packages("psycopg[binary]"), (false, false));
        assert_eq!(packages("psycopg"), (false, true));
        assert_eq!(packages("Psycopg2==2.9.3"), (true, true));
        assert_eq!(packages("psycopg2-binary"), (false, false));
    }
}
