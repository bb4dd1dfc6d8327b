//! What packages cost: system packages, steps that bring data, needs of the runtime.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::manifests::{Manifests, PIPFILE_LOCK, names};
use super::requirements::Dependency;
use super::rows::{CATALOG, Fetch, Manager, PkgResources, Server};
use super::sources::Program;
use super::wheels::{Ceiling, minor};
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::plan::toolchain::Toolchain;
use crate::plan::{Need, Planner};
use crate::rows::{Row, Seen, follow};
use crate::witness;

/// The packages of the environment, as far as they are known: what is asked for, and what the lock adds.
#[derive(Debug)]
pub struct Installed {
    /// Normalised names, extras as `name[extra]` too.
    pub names: BTreeSet<String>,
    dependencies: Vec<Dependency>,
    lock_file: String,
    /// Locked versions.
    versions: BTreeMap<String, String>,
    /// Those that the lock has wheels of for Linux.
    wheels: BTreeSet<String>,
}

/// Servers that the names of packages bring.
pub fn servers<'a>(names: &'a BTreeSet<String>) -> impl Iterator<Item = &'static Server> + use<'a> {
    CATALOG.server.iter().filter(|row| names.contains(&row.id) || row.with.iter().any(|name| names.contains(name)))
}

impl Installed {
    /// What a manager installs.
    pub fn new(manifests: &Manifests, manager: &Manager, dependencies: &[Dependency]) -> Self {
        let (mut versions, mut wheels) = (BTreeMap::new(), BTreeSet::new());
        if let Some(lock) = manifests.lock(&manager.lock) {
            let direct = dependencies.iter().map(|dependency| dependency.requirement.name.as_str());
            for package in lock.closure(direct) {
                let has_wheel = package.is_native()
                    && CATALOG.release.iter().any(|it| it.preferred && package.has_wheel_for(&it.cycle));
                wheels.extend(has_wheel.then(|| package.name.clone()));
                versions.insert(package.name.clone(), package.version.clone());
            }
        }
        if let Some(lock) = manifests.pipfile_lock.as_ref().filter(|_| manager.lock == PIPFILE_LOCK) {
            versions.extend(lock.packages.iter().cloned());
        }
        let names = names(dependencies).into_iter().chain(versions.keys().cloned()).collect();
        Installed { names, dependencies: dependencies.to_vec(), lock_file: manager.lock.clone(), versions, wheels }
    }

    /// The newest version that a package may have; `None` where that is any.
    fn ceiling(&self, name: &str) -> Option<Ceiling> {
        if let Some(version) = self.versions.get(name) {
            return Ceiling::exactly(version);
        }
        let asked = self.dependencies.iter().filter(|dependency| dependency.requirement.name == name);
        asked.filter_map(|dependency| Ceiling::of(&dependency.requirement.specifier)).next()
    }

    /// The one version that a package has, where it is known.
    fn version(&self, name: &str) -> Option<String> {
        let asked = self.dependencies.iter().filter(|dependency| dependency.requirement.name == name);
        let mut pinned = asked.filter_map(|dependency| dependency.requirement.specifier.strip_prefix("=="));
        self.versions.get(name).cloned().or_else(|| pinned.next().map(|version| version.trim().to_owned()))
    }

    /// Where a package comes from.
    pub fn evidence(&self, name: &str) -> Evidence {
        let bare = name.split('[').next().unwrap_or(name);
        let direct = self.dependencies.iter().find(|dependency| dependency.requirement.name == bare);
        direct.map_or_else(
            || Evidence::new(&self.lock_file, name, Strength::Stated),
            |dependency| dependency.evidence(Strength::Stated),
        )
    }

    /// Whether a package, or `name[extra]`, is there.
    pub fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }
}

/// What rows ask: packages, and words of the sources.
struct Looked<'l, 'r> {
    installed: &'l Installed,
    program: &'l Program<'r>,
}

impl Seen for Looked<'_, '_> {
    fn dependency(&self, name: &str) -> Option<(Option<String>, Evidence)> {
        self.installed.has(name).then(|| (self.installed.version(name), self.installed.evidence(name)))
    }

    fn has(&self, _path: &str) -> bool {
        false
    }

    fn word(&self, word: &str) -> Option<Evidence> {
        self.program.says(word)
    }
}

/// What rows say of the packages and of words in the sources. What has a wheel is not compiled.
pub fn rows(program: &Program, installed: &Installed) -> Vec<Fact> {
    let is_made = |row: &&Row| {
        let mut there = row.when.dependency.iter().filter(|name| installed.has(name)).peekable();
        !row.then.build.is_empty() && there.peek().is_some() && there.all(|name| installed.wheels.contains(name))
    };
    follow(CATALOG.row.iter().filter(|row| !is_made(row)), &Looked { installed, program })
}

/// A step that brings data of a package.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// The package and the data.
    pub what: String,
    /// The arguments of `python`.
    pub command: String,
    /// What is carried over.
    pub folder: &'static str,
    /// The variable that names it.
    pub variable: &'static str,
    /// It installs a package.
    pub pip: bool,
}

/// The steps that bring data of packages.
pub fn steps(program: &Program, installed: &Installed) -> Vec<Step> {
    let step = |row: &'static Fetch, text: &str| Step {
        what: if text.is_empty() { row.package.clone() } else { format!("{} {text}", row.package) },
        command: row.command.replace("{text}", text),
        folder: &row.folder,
        variable: &row.variable,
        pip: row.pip,
    };
    let is_name =
        |text: &&str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    let mut steps = Vec::new();
    for row in CATALOG.fetch.iter().filter(|row| installed.has(&row.package)) {
        if row.call.is_empty() {
            steps.extend(program.says(&row.word).map(|_| step(row, "")));
            continue;
        }
        let texts: BTreeSet<&str> = program.texts_of_calls(&row.call).into_iter().filter(is_name).collect();
        let is_brought = |text: &&str| installed.has(&crate::format::requirements::normalize(text));
        steps.extend(texts.into_iter().filter(|text| !is_brought(text)).map(|text| step(row, text)));
    }
    steps
}

/// The programs that the sources start.
struct Called<'p>(&'p [(String, Evidence)]);

impl Seen for Called<'_> {
    fn dependency(&self, _name: &str) -> Option<(Option<String>, Evidence)> {
        None
    }

    fn has(&self, _path: &str) -> bool {
        false
    }

    fn command(&self, name: &str) -> Option<Evidence> {
        self.0.iter().find(|(command, _)| command == name).map(|(_, evidence)| evidence.clone())
    }
}

/// What programs that the sources start need of the runtime.
pub fn testify(program: &Program) -> Vec<Fact> {
    let called = Called(program.commands());
    let own = CATALOG.row.iter().filter(|row| !row.when.command.is_empty());
    witness::follow(own, &called)
}

/// What the runtime must provide; `script` is a program that a package installs and that is started, with what says so.
pub fn needs(
    planner: &Planner,
    installed: &Installed,
    script: Option<(&str, &Evidence)>,
    toolchain: &Toolchain,
) -> Vec<Need> {
    let mut needs = planner.needs(&[
        ("ca", "TLS needs CA certificates"),
        ("zoneinfo", "time zones are data"),
        ("wheels", "wheels on PyPI are made for the GNU C library first"),
    ]);
    if !CATALOG.release.iter().any(|release| release.version == toolchain.version) {
        let evidence = Evidence::new("", "", Strength::Convention);
        needs.push(Need::new("exact", "the patch release was asked for, and not the newest one", evidence));
    }
    for name in CATALOG.glibc.iter().flat_map(|row| &row.packages).filter(|name| installed.has(name)) {
        needs.push(Need::new("glibc", format!("`{name}` has wheels for nothing else"), installed.evidence(name)));
    }
    if let Some((name, evidence)) = script {
        needs.push(Need::new("scripts", format!("`{name}` is a program that a package installs"), evidence.clone()));
    }
    let mut seen = BTreeSet::new();
    needs.retain(|need| seen.insert(need.id.clone()));
    needs
}

/// System packages of a runtime that has a package manager.
pub fn run_packages(planner: &Planner) -> Vec<String> {
    let is_needed = |id: &str| planner.facts.iter().any(|fact| matches!(&fact.kind, Kind::Need(need, _) if need == id));
    let carried = CATALOG.carried.iter().filter(|row| is_needed(&row.need)).map(|row| row.package.as_str());
    planner.run_packages(&carried.collect::<Vec<_>>())
}

/// What shows that something imports `pkg_resources`, or another part of setuptools, which is not there by itself or is
/// too new: a package of that age, or the program. With the name to call it by.
pub fn old_setuptools(program: &Program, installed: &Installed, cycle: &str) -> Option<(String, Evidence)> {
    let row = &CATALOG.setuptools;
    if installed.ceiling(&row.package).is_some_and(|ceiling| ceiling.is_below(&row.below)) {
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
        _ => !installed.has(&row.package),
    };
    let modules: Vec<String> = row.modules.iter().filter(is_missing).cloned().collect();
    let evidence = program.imports_one_of(&modules)?;
    Some(("The program".to_owned(), evidence))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::python::manifests::Selection;
    use crate::repo::Repo;

    #[test]
    fn what_imports_pkg_resources_gets_an_older_setuptools() {
        let who = |requirements: &str, source: &str| {
            let repo = Repo::from_list("x", [("requirements.txt", requirements), ("app.py", source)]);
            let manifests = Manifests::read(&repo);
            let pip = Manager::named("pip");
            let installed = Installed::new(&manifests, pip, &manifests.dependencies(pip, &Selection::default()));
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
    fn extras_and_wheels_decide_what_is_compiled() {
        let found = |files: &[(&str, &str)], manager: &str| {
            let repo = Repo::from_list("x", files.iter().copied());
            let manifests = Manifests::read(&repo);
            let row = Manager::named(manager);
            let installed = Installed::new(&manifests, row, &manifests.dependencies(row, &Selection::default()));
            let facts = rows(&Program::read(&repo, Vec::new()), &installed);
            let is = |wanted: &str| facts.iter().any(|fact| fact.kind.to_string().contains(wanted));
            (is("the package libpq-dev"), is("needs package:libpq5"))
        };
        for (text, expected) in [
            ("psycopg[c]", (true, true)),
            ("psycopg[binary]", (false, false)),
            ("psycopg", (false, true)),
            ("Psycopg2==2.9.3", (true, true)),
            ("psycopg2-binary", (false, false)),
        ] {
            assert_eq!(found(&[("requirements.txt", text)], "pip"), expected, "{text}");
        }
        let project = ("pyproject.toml", "[project]\nname='x'\ndependencies=['psycopg2']");
        let lock = |wheel: &str| format!("[[package]]\nname='psycopg2'\nversion='1'\n{wheel}");
        let wheel = "wheels=[{url='x/psycopg2-1-cp313-cp313-manylinux_2_17_x86_64.whl'}]\n";
        assert_eq!(found(&[project, ("uv.lock", &lock(""))], "uv"), (true, true));
        assert_eq!(found(&[project, ("uv.lock", &lock(wheel))], "uv"), (false, false));
    }
}
