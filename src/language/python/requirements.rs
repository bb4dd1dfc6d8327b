//! Requirements files: which one counts, and what it includes.

use std::collections::BTreeSet;

use super::rows::CATALOG;
use crate::facts::{Evidence, Fact, Strength};
use crate::format::Fault;
use crate::format::requirements::{self, Requirement};
use crate::language::parsed;
use crate::path;
use crate::repo::Repo;

/// Requirements files that are followed at most.
const MOST_FILES: usize = 40;

/// A requirement and the file that says it.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// The requirement.
    pub requirement: Requirement,
    /// The file.
    pub file: String,
}

impl Dependency {
    /// The testimony.
    pub fn evidence(&self, strength: Strength) -> Evidence {
        Evidence::new(&self.file, &self.requirement.to_string(), strength)
    }
}

/// Requirements files with all that they include.
#[derive(Debug, Clone, Default)]
pub struct RequirementsSet {
    /// The files that are installed.
    pub installed: Vec<String>,
    /// It and every file that it includes or is constrained by.
    pub files: Vec<String>,
    /// Included files that are not there.
    pub missing: Vec<String>,
    /// All requirements.
    pub dependencies: Vec<Dependency>,
    /// Addresses of package indexes.
    pub indexes: Vec<String>,
    /// Folders of wheels in the repository.
    pub find_links: Vec<String>,
    /// Every line needs a hash.
    pub hashed: bool,
}

/// A file for production that includes the plain one, else the first of the table, else the only one there is.
fn main_requirements(repo: &Repo) -> Option<String> {
    let there: Vec<&str> =
        CATALOG.names.requirements.iter().map(String::as_str).filter(|file| repo.has(file)).collect();
    let wraps = |file: &&str| {
        file.contains("prod")
            && repo.text(file).is_some_and(|text| {
                text.lines().any(|line| line.trim_start().starts_with("-r") && line.contains("requirements.txt"))
            })
    };
    let chosen = there.iter().copied().find(wraps).or(there.first().copied());
    chosen.map(str::to_owned).or_else(|| {
        let is_one = |path: &&str| {
            path.ends_with(".txt")
                && path.rsplit('/').next().is_some_and(|name| {
                    name.starts_with("requirement") && !name.contains("dev") && !name.contains("test")
                })
        };
        let mut others = repo.inside("").chain(repo.inside("requirements")).filter(is_one);
        others.next().filter(|_| others.next().is_none()).map(str::to_owned)
    })
}

/// Files of requirements beside the main one, by what their names add to its: `requirements-api.txt`.
pub fn optional_requirements<'r>(repo: &'r Repo, set: &RequirementsSet) -> Vec<(String, &'r str)> {
    let option = |path: &'r str| {
        let stem = path::name(path).strip_suffix(".txt")?;
        let name = stem.strip_prefix("requirements").unwrap_or(stem).trim_start_matches(['-', '_', '.']);
        let is_other = stem.starts_with("requirements") || path.starts_with("requirements/");
        (is_other && !name.is_empty()).then(|| (name.to_owned(), path))
    };
    let near = repo.inside("").chain(repo.inside("requirements"));
    near.filter(|path| !set.files.iter().any(|file| file == path)).filter_map(option).collect()
}

impl RequirementsSet {
    /// The set of these files, else of the one that counts; none where there is no requirements file.
    pub fn read(repo: &Repo, named: &[String], faults: &mut Vec<Fact>) -> Option<Self> {
        let named: Vec<String> = named.iter().filter_map(|file| join("", file)).collect();
        let installed = if named.is_empty() { vec![main_requirements(repo)?] } else { named };
        let mut open: Vec<(String, bool)> = installed.iter().rev().map(|file| (file.clone(), true)).collect();
        let mut set = RequirementsSet { installed, ..RequirementsSet::default() };
        let mut seen = BTreeSet::new();
        while let Some((path, counts)) = open.pop() {
            if !seen.insert(path.clone()) || seen.len() > MOST_FILES {
                continue;
            }
            if !repo.has(&path) {
                set.missing.push(path);
                continue;
            }
            set.files.push(path.clone());
            open.extend(set.take(repo, &path, counts, faults));
        }
        set.files.sort();
        Some(set)
    }

    /// Takes in one file; what it includes, and whether that is asked for or only constrains.
    fn take(&mut self, repo: &Repo, path: &str, counts: bool, faults: &mut Vec<Fact>) -> Vec<(String, bool)> {
        let Some(read) = parsed(repo, path, requirements::parse, faults) else { return Vec::new() };
        for line in &read.unknown {
            faults.push(Fact::unreadable(path, &Fault::new("this line is no requirement", line)));
        }
        if counts {
            let asked = read.requirements.into_iter();
            self.dependencies.extend(asked.map(|requirement| Dependency { requirement, file: path.to_owned() }));
        }
        self.indexes.extend(read.indexes);
        self.find_links.extend(read.find_links);
        self.hashed |= read.hashed;
        let folder = path::parent(path);
        let included = read.includes.iter().filter_map(|include| join(folder, include)).map(|path| (path, counts));
        let constraining = read.constraints.iter().filter_map(|file| join(folder, file)).map(|path| (path, false));
        included.chain(constraining).collect()
    }
}

/// A path relative to a folder, `.` and `..` resolved; `None` where it leads out of the repository.
pub fn join(folder: &str, path: &str) -> Option<String> {
    let is_relative = !path.starts_with('/') && !path.contains("://");
    is_relative.then(|| path::resolve(folder, path))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> RequirementsSet {
        RequirementsSet::read(&Repo::from_list("x", files.iter().copied()), &[], &mut Vec::new()).unwrap()
    }

    #[test]
    fn requirements_follow_their_includes() {
        let set = read(&[
            ("requirements/base.txt", "flask==3.0\n-c ../constraints.txt\n"),
            ("requirements/production.txt", "-r base.txt\ngunicorn\n-r missing.txt\n"),
            ("constraints.txt", "werkzeug==3\n"),
            ("requirements/dev.txt", "pytest\n"),
        ]);
        assert_eq!(set.installed, ["requirements/production.txt"]);
        assert_eq!(set.files, ["constraints.txt", "requirements/base.txt", "requirements/production.txt"]);
        assert_eq!(set.missing, ["requirements/missing.txt"]);
        let all: Vec<_> = set.dependencies.iter().map(|d| d.requirement.name.as_str()).collect();
        assert_eq!(all, ["gunicorn", "flask"]);
    }

    #[test]
    fn a_production_file_that_includes_the_plain_one_wins() {
        let set = read(&[("requirements.txt", "flask"), ("requirements-prod.txt", "-r requirements.txt\ngunicorn")]);
        assert_eq!(set.installed, ["requirements-prod.txt"]);
    }

    #[test]
    fn paths_stay_inside() {
        assert_eq!(join("a/b", "../c.txt").as_deref(), Some("a/c.txt"));
        assert_eq!(join("", "../c.txt"), None);
        assert_eq!(join("", "/c.txt"), None);
    }
}
