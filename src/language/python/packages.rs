//! What packages cost: system packages, wheels that end with a release line, needs of the runtime.

use std::collections::{BTreeMap, BTreeSet};

use super::manifests::{Dependency, Manifests, PIPFILE_LOCK, names};
use super::rows::{CATALOG, Native, PkgResources};
use super::sources::Program;
use super::start::Start;
use super::wheels::{Ceiling, minor};
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::format::python_lock::{Lock, LockedPackage};
use crate::plan::toolchain::Toolchain;
use crate::plan::{Need, Planner};

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
    pub fn new(manifests: &Manifests, manager: &str, dependencies: &[Dependency]) -> Self {
        let lock_file =
            CATALOG.manager.iter().find(|row| row.id == manager).map(|row| row.lock.clone()).unwrap_or_default();
        let mut versions = BTreeMap::new();
        if let Some(lock) = manifests.lock(&lock_file) {
            let packages = closure(lock, dependencies);
            versions.extend(packages.map(|package| (package.name.clone(), package.version.clone())));
        }
        if let Some(lock) = manifests.pipfile_lock.as_ref().filter(|_| lock_file == PIPFILE_LOCK) {
            versions.extend(lock.packages.iter().cloned());
        }
        let names = names(dependencies).into_iter().chain(versions.keys().cloned()).collect();
        Installed { names, dependencies: dependencies.to_vec(), lock_file, versions }
    }

    /// The newest version that a package may have; `None` where that is any.
    fn ceiling(&self, name: &str) -> Option<Ceiling> {
        if let Some(version) = self.versions.get(name) {
            return Ceiling::exactly(version);
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

/// The packages of a lock that these depend on.
pub fn closure<'a>(lock: &'a Lock, dependencies: &'a [Dependency]) -> impl Iterator<Item = &'a LockedPackage> {
    lock.closure(dependencies.iter().map(|dependency| dependency.requirement.name.as_str())).into_iter()
}

/// What programs that the sources start need of the runtime.
pub fn testify(program: &Program) -> Vec<Fact> {
    let need = |(command, evidence): &(String, Evidence)| {
        let row = CATALOG.command.iter().find(|row| row.names.contains(command))?;
        let kind = Kind::Need(row.need.clone(), format!("it starts `{command}`"));
        Some(Fact::from_evidence(kind, evidence.clone()))
    };
    let mut seen = BTreeSet::new();
    let once = |(command, _): &&(String, Evidence)| seen.insert(command.clone());
    program.commands().iter().filter(once).filter_map(need).collect()
}

/// What the runtime must provide.
pub fn needs(planner: &Planner, installed: &Installed, start: &Start, toolchain: &Toolchain) -> Vec<Need> {
    let mut needs = planner.needs(&[
        ("ca", "TLS needs CA certificates"),
        ("zoneinfo", "time zones are data"),
        ("wheels", "wheels on PyPI are made for the GNU C library first"),
    ]);
    if !CATALOG.release.iter().any(|release| release.version == toolchain.version) {
        let evidence = Evidence::new("", "", Strength::Convention);
        needs.push(Need::new("exact", "the patch release was asked for, and not the newest one", evidence));
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
    if let Some(name) = &start.program {
        let reason = format!("`{name}` is a program that a package installs");
        needs.push(Need::new("scripts", reason, start.evidence.clone()));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    #[test]
    fn what_imports_pkg_resources_gets_an_older_setuptools() {
        let who = |requirements: &str, source: &str| {
            let repo = Repo::from_list("x", [("requirements.txt", requirements), ("app.py", source)]);
            let manifests = Manifests::read(&repo);
            let installed = Installed::new(&manifests, "pip", &manifests.dependencies("pip"));
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
    fn extras_decide_what_is_compiled() {
        let packages = |text: &str| {
            let repo = Repo::from_list("x", [("requirements.txt", text)]);
            let manifests = Manifests::read(&repo);
            let installed = Installed::new(&manifests, "pip", &manifests.dependencies("pip"));
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
