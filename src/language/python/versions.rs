//! Which Python and which package manager files ask for.

use super::manifests::Manifests;
use super::rows::{CATALOG, Manager};
use crate::facts::{Fact, Kind, Strength};
use crate::format::pep440::{Bare, npm_range};
use crate::format::python_version;
use crate::requirement::Requirement;

/// A release as version files name it; only Python's own implementation has images.
pub fn release(text: &str) -> Option<Requirement> {
    let wanted = python_version::parse(text).ok()?.into_iter().next()?;
    let npm = npm_range(&wanted.version, Bare::Line).filter(|_| wanted.implementation == "cpython")?;
    Requirement::range(&wanted.version, &npm)
}

/// Which Python and which manager the manifests speak for.
pub fn testify(manifests: &Manifests) -> Vec<Fact> {
    [versions(manifests), managers(manifests)].concat()
}

/// Which Python the manifests ask for. Pipenv only warns of another.
fn versions(manifests: &Manifests) -> Vec<Fact> {
    let pyproject = manifests.pyproject.as_ref();
    let pipfile = manifests.pipfile.as_ref().and_then(|pipfile| pipfile.python.clone());
    let lock = manifests.pipfile_lock.as_ref().and_then(|lock| lock.python.clone()).filter(|_| pipfile.is_none());
    let cfg = manifests.setup_cfg.as_ref().and_then(|cfg| cfg.python_requires.clone());
    let sources = [
        (pyproject.and_then(|read| read.requires_python.clone()), "pyproject.toml", "requires-python"),
        (pyproject.and_then(|read| read.poetry_python.clone()), "pyproject.toml", "python"),
        (cfg, "setup.cfg", "python_requires"),
        (pipfile, "Pipfile", "python_version"),
        (lock, "Pipfile.lock", "python_version"),
    ];
    let fact = |(text, file, key): (Option<String>, &str, &str)| {
        let text = text?;
        let wanted = Requirement::range(&text, &npm_range(&text, Bare::Line)?)?;
        let kind = if file.starts_with("Pipfile") { Kind::Toolchain } else { Kind::Bound };
        Some(Fact::new(kind("python".to_owned(), wanted), file, &format!("{key} = \"{text}\""), Strength::Stated))
    };
    sources.into_iter().filter_map(fact).collect()
}

/// The managers that files speak for, the strongest first.
fn managers(manifests: &Manifests) -> Vec<Fact> {
    let fact = |row: &Manager, file: &str, quote: &str, strength| {
        Fact::new(Kind::Manager(row.id.clone(), None), file, quote, strength)
    };
    let pip = Manager::of("requirements.txt");
    let locked = CATALOG.manager.iter().filter(|row| manifests.has_lock(row));
    let mut facts: Vec<Fact> = locked.map(|row| fact(row, &row.lock, "", Strength::Pinned)).collect();
    if let Some(set) = &manifests.requirements {
        facts.push(fact(pip, set.installed.first().map_or("", String::as_str), "", Strength::Stated));
    }
    if manifests.pipfile.is_some() {
        facts.push(fact(Manager::of("Pipfile"), "Pipfile", "", Strength::Stated));
    }
    if let Some(pyproject) = &manifests.pyproject {
        let own =
            CATALOG.manager.iter().find(|row| row.own_table).filter(|_| pyproject.has_poetry && !pyproject.has_project);
        let row = own.unwrap_or(Manager::of("pyproject.toml"));
        facts.extend(pyproject.managers.iter().flat_map(|(id, range)| demanded(Manager::named(id), range)));
        let only_groups = !pyproject.has_project && manifests.requirements.is_none() && !pyproject.groups.is_empty();
        let names_packages = pyproject.has_poetry
            || !pyproject.dependencies.is_empty()
            || pyproject.extras.iter().any(|(_, list)| !list.is_empty())
            || only_groups;
        if names_packages && !pyproject.dynamic.iter().any(|field| field == "dependencies") {
            facts.push(fact(row, "pyproject.toml", "dependencies", Strength::Convention));
        }
    }
    let built = [
        (manifests.has_setup_py, "setup.py"),
        (manifests.setup_cfg.is_some(), "setup.cfg"),
        (manifests.pyproject.is_some(), "pyproject.toml"),
    ];
    if let Some((_, file)) = built.into_iter().find(|(is_there, _)| *is_there).filter(|_| facts.is_empty()) {
        facts.push(fact(pip, file, "", Strength::Convention));
    }
    facts
}

/// The newest known version of a manager that the manifest's range allows.
fn demanded(row: &Manager, range: &str) -> Option<Fact> {
    let wanted = Requirement::range(range, &npm_range(range, Bare::Exact)?)?;
    let allows = |version: &&String| Requirement::line(version).is_some_and(|line| !wanted.excludes(&line));
    let known = || std::iter::once(&row.version).chain(&row.older).find(allows).cloned();
    let version = wanted.exact().map(|version| version.to_string()).or_else(known);
    let (what, file) = (format!("{} {range}", row.id), "pyproject.toml");
    Some(match version {
        Some(version) => Fact::new(Kind::Manager(row.id.clone(), Some(version)), file, &what, Strength::Stated),
        None => {
            let sentence = format!("`{file}` demands {what}, and no such release is known: {} is taken", row.version);
            Fact::new(Kind::Warning(sentence), file, &what, Strength::Stated)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    #[test]
    fn a_lock_speaks_louder_than_an_export() {
        let repo = Repo::from_list(
            "x",
            [
                ("uv.lock", "version = 1"),
                ("requirements.txt", ""),
                ("pyproject.toml", "[project]\nname='x'\ndependencies=['a']"),
            ],
        );
        let facts = managers(&Manifests::read(&repo));
        let found: Vec<_> = facts.iter().map(|fact| (fact.kind.to_string(), fact.evidence.strength)).collect();
        assert_eq!(found[0], ("package manager uv".to_owned(), Strength::Pinned));
        assert_eq!(found[1], ("package manager pip".to_owned(), Strength::Stated));
    }

    #[test]
    fn manifests_bound_the_release_and_pipenv_only_asks() {
        let repo = Repo::from_list(
            "x",
            [
                ("pyproject.toml", "[project]\nrequires-python = '>=3.10,<3.13'"),
                ("Pipfile", "[requires]\npython_version = '3.11'"),
            ],
        );
        let facts = versions(&Manifests::read(&repo));
        let found: Vec<_> =
            facts.iter().map(|fact| (matches!(fact.kind, Kind::Bound(..)), fact.kind.to_string())).collect();
        assert_eq!(found, [(true, "toolchain >=3.10,<3.13".to_owned()), (false, "toolchain 3.11".to_owned())]);
        assert!(release("pypy3.10").is_none() && release("my-env").is_none() && release("3.12").is_some());
    }

    #[test]
    fn a_manager_is_taken_in_the_version_that_is_demanded() {
        for (id, range, expected) in [
            ("uv", ">=0.9,<0.10", "package manager uv 0.9"),
            ("uv", "==0.8.3", "package manager uv 0.8.3"),
            ("uv", ">=0.5", "package manager uv 0.12.5"),
            ("poetry", ">=1.8,<2.0", "package manager poetry 1.8.5"),
            ("poetry", "<1.0", "no such release is known"),
        ] {
            let fact = demanded(Manager::named(id), range).unwrap();
            assert!(fact.kind.to_string().contains(expected), "{range}: {}", fact.kind);
        }
    }
}
