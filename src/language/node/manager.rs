//! The package manager: which one, which release of it, and its words.

use nodejs_semver::{Range, Version};

use crate::error::Error;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::language::{Variable, variables};
use crate::plan::toolchain::Toolchain;
use crate::plan::{Decision, Planner, topic};

use super::catalog::{CATALOG, Manager, ManagerRelease};
use super::package::Package;
use super::project::Project;

/// The names that `--package-manager` knows.
pub fn known() -> Vec<&'static str> {
    CATALOG.manager.iter().filter(|row| !row.modern).map(|row| row.name.as_str()).collect()
}

/// Testimonies about the manager.
pub fn facts(project: &Project) -> Vec<Fact> {
    let root = &project.root.manifest;
    let mut facts = Vec::new();
    let mut says = |id: &str, version: Option<String>, file: &str, quote: &str, strength| {
        if known().contains(&id) {
            facts.push(Fact::new(Kind::Manager(id.to_owned(), version), file, quote, strength));
        }
    };
    if let Some(tool) = &root.package_manager {
        let quote = format!("\"packageManager\": \"{}@{}\"", tool.name, tool.version.as_deref().unwrap_or_default());
        says(&tool.name, tool.version.clone(), "package.json", &quote, Strength::Pinned);
    }
    for manager in CATALOG.manager.iter().filter(|row| !row.modern) {
        for file in manager.lockfiles.iter().filter(|file| project.has(file)) {
            says(&manager.name, None, file, "", Strength::Stated);
        }
    }
    for tool in &root.dev_package_managers {
        says(&tool.name, tool.version.clone(), "package.json", "\"devEngines\"", Strength::Stated);
    }
    for manager in &CATALOG.manager {
        for file in manager.marks.iter().filter(|file| project.has(file)) {
            says(&manager.name, None, file, "", Strength::Convention);
        }
    }
    for row in CATALOG.manager.iter().filter(|row| row.package.is_some() && !row.modern) {
        let id = row.name.as_str();
        if let Some(range) = root.engines.get(id).or_else(|| root.volta.get(id)) {
            says(id, Some(range.clone()), "package.json", &format!("\"{id}\": \"{range}\""), Strength::Convention);
        }
    }
    facts
}

/// The chosen manager.
#[derive(Debug)]
pub struct Chosen {
    /// Its row.
    pub row: &'static Manager,
    /// The release to bring; `None` where the image has it.
    pub version: Option<String>,
    /// Its lock file, where it is there.
    pub lockfile: Option<String>,
    /// A dependency that the lock file does not know: it is older than the manifest.
    pub stale: Option<String>,
    /// Whether npm resolves as the releases did that wrote the lock file.
    pub legacy: bool,
    /// Whether `.yarnrc.yml` names a copy of Yarn in the repository.
    pub committed: bool,
}

/// Chooses.
///
/// # Errors
/// Where a wish names one that is not known, or the lock file cannot be read.
pub fn choose(planner: &mut Planner, project: &Project, toolchain: &Toolchain, natives: bool) -> Result<Chosen, Error> {
    let (id, named) = planner.manager(&known(), known().first().copied().unwrap_or_default())?;
    let row = CATALOG.named(&id, is_modern(project, named.as_deref()));
    let row = row.ok_or_else(|| Error::usage(format!("`{id}` is no package manager of the catalog")))?;
    let lockfile = row.lockfiles.iter().find(|file| project.has(file)).cloned();
    if let Some(fault) = project.faults.iter().find(|fault| Some(&fault.evidence.file) == lockfile.as_ref()) {
        return Err(Error::usage(fault.kind.to_string()).hint(format!("make it anew with {id}, or delete it")));
    }
    warn(planner, project, row, lockfile.as_deref());
    let stale = lockfile.as_ref().filter(|_| !row.opaque).and_then(|_| stale(project));
    if let (Some(name), Some(file)) = (&stale, &lockfile) {
        planner.warn(format!("`{file}` does not know `{name}`, which `package.json` names: the build adds it; run `{id} install` and commit the file"));
    }
    let legacy =
        row.legacy.is_some() && project.npm.as_ref().is_some_and(|lock| lock.version < 2 || lock.unmet.is_some());
    let committed = row.committed && project.yarn_path.is_some();
    let version = release(row, project, toolchain, named.as_deref(), natives);
    if let Some((version, reason)) = &version {
        let evidence = Evidence::new(lockfile.as_deref().unwrap_or("package.json"), "", Strength::Stated);
        planner.note(Decision::new(topic::MANAGER_VERSION, format!("{} {version}", row.id), reason.clone(), evidence));
    }
    let bundles = |range: &str| holds(range, &toolchain.version);
    let has_it = committed || row.bundled.as_deref().is_some_and(bundles);
    let first = CATALOG.named(&id, false).unwrap_or(row);
    let version = match (committed, has_it) {
        // The one of the image hands over to the committed copy.
        (true, _) if !first.bundled.as_deref().is_some_and(bundles) => first.newest().map(str::to_owned),
        (_, true) => None,
        (_, false) => version.map(|(version, _)| version),
    };
    Ok(Chosen { row, version, lockfile, stale, legacy, committed })
}

fn warn(planner: &mut Planner, project: &Project, row: &Manager, lockfile: Option<&str>) {
    let all = CATALOG.manager.iter().flat_map(|manager| &manager.lockfiles);
    let mut others: Vec<&String> = all.filter(|file| project.has(file) && !row.lockfiles.contains(file)).collect();
    others.dedup();
    let name = &row.name;
    match (lockfile, others.first()) {
        (Some(own), Some(other)) => {
            planner.warn(format!("two lock files, `{own}` and `{other}`: {name} is taken; delete the other or name one with `--package-manager`"));
        }
        (None, Some(other)) => planner.warn(format!(
            "{name} is asked for, and the lock file is `{other}`: without a lock file of its own, {name} installs the newest versions that fit"
        )),
        (None, None) if !project.root.manifest.dependencies.is_empty() => planner.warn(match &project.lock_above {
            Some(lock) => format!("`{lock}` is that of a workspace, which is not read where one member is built alone: every build installs the newest versions that fit; commit a lock file that `{name} install` writes beside its manifest"),
            None => format!("there is no lock file: every build installs the newest versions that fit; commit the one that `{name} install` writes"),
        }),
        _ => {}
    }
}

/// A dependency from a registry that the lock file does not name. Lock files of workspaces and of npm's first format
/// do not tell.
fn stale(project: &Project) -> Option<String> {
    if project.is_workspace() || project.locked.is_empty() {
        return None;
    }
    let manifest = &project.root.manifest;
    let from_registry =
        |range: &str| range.is_empty() || range.starts_with(|c: char| c.is_ascii_digit() || "^~><=*".contains(c));
    let all = manifest.dependencies.iter().chain(&manifest.dev_dependencies);
    all.filter(|(_, range)| from_registry(range))
        .map(|(name, _)| name)
        .find(|name| !project.locked.contains_key(*name))
        .cloned()
}

/// Whether the later one of two of the same name is meant: by the version that is named, else by its files.
fn is_modern(project: &Project, named: Option<&str>) -> bool {
    let major = |version: &str| version.split('.').next()?.trim_start_matches(['^', '~', '>', '=']).parse::<u32>().ok();
    named.and_then(major).map_or(project.berry, |major| major >= 2)
}

/// Whether a version is in a range.
pub fn holds(range: &str, version: &str) -> bool {
    match (Range::parse(range), Version::parse(version)) {
        (Ok(range), Ok(version)) => range.satisfies(&version),
        _ => false,
    }
}

/// The release of a manager, and why.
fn release(
    row: &Manager,
    project: &Project,
    toolchain: &Toolchain,
    named: Option<&str>,
    natives: bool,
) -> Option<(String, String)> {
    row.package.as_ref()?;
    if let Some(version) = named.filter(|version| Version::parse(version).is_ok()) {
        return Some((version.to_owned(), "the exact version is named".to_owned()));
    }
    let runs = || row.releases.iter().filter(|release| holds(&release.node, &toolchain.version));
    let is_asked = |release: &&ManagerRelease| named.is_some_and(|range| holds(range, &release.version));
    let asked: Vec<&ManagerRelease> = runs().filter(is_asked).collect();
    let range = named.filter(|_| !asked.is_empty());
    let known = if asked.is_empty() { runs().collect() } else { asked };
    let locked =
        |release: &&&ManagerRelease| project.lock_version.as_ref().is_some_and(|lock| release.locks.contains(lock));
    let unasked = natives && !project.approves;
    let mut fitting = known.iter().filter(locked);
    let fitting = fitting.clone().find(|release| release.scripts || !unasked).or_else(|| fitting.next());
    if let (Some(found), Some(lock)) = (fitting, &project.lock_version) {
        return Some((found.version.clone(), format!("it writes lock files of version {lock}")));
    }
    let newest = known.first().copied().or(row.releases.last())?;
    let usual = || format!("the newest that runs on Node {}", toolchain.cycle);
    Some((newest.version.clone(), range.map_or_else(usual, |range| format!("the newest for {range}"))))
}

/// Words of the catalog.
pub fn split(words: &str) -> Vec<String> {
    words.split_whitespace().map(str::to_owned).collect()
}

/// Words of the catalog with what is known of a member.
pub fn fill(words: &str, package: &Package, script: &str) -> Vec<String> {
    let selector = package.manifest.name.clone().unwrap_or_else(|| format!("{{{}}}", package.folder));
    let places = [
        ("{selector}", selector.as_str()),
        ("{folder}", &package.folder),
        ("{name}", package.label()),
        ("{script}", script),
    ];
    let place = |word: &str| {
        let found = places.iter().find(|(place, _)| word.contains(place));
        found.map_or_else(|| word.to_owned(), |(place, text)| word.replace(place, text))
    };
    words.split_whitespace().map(place).collect()
}

impl Chosen {
    /// The words that bring the manager into the builder. A copy in the repository is called by the first one of its name.
    pub fn bring(&self) -> Option<Vec<String>> {
        let row = if self.committed { CATALOG.named(&self.row.name, false)? } else { self.row };
        let (package, version) = (row.package.as_ref()?, self.version.as_ref()?);
        let mut words = split("npm install --global --no-audit --no-fund");
        words.extend(row.bring.clone());
        words.push(format!("{package}@{version}"));
        Some(words)
    }

    /// Variables of the builder.
    pub fn environment(&self) -> Vec<Variable> {
        variables(&self.row.environment)
    }

    /// The words that run a script of the service.
    pub fn run(&self, script: &str) -> Vec<String> {
        [split(&self.row.run), vec![script.to_owned()]].concat()
    }

    /// The words that run a script of one member of a workspace.
    pub fn run_in(&self, package: &Package, script: &str) -> Vec<String> {
        fill(&self.row.run_in, package, script)
    }
}
