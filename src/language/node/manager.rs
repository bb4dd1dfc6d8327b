//! The package manager: which one, which release of it, and the words that install with it.

use std::collections::{BTreeMap, BTreeSet};

use nodejs_semver::{Range, Version};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::plan::toolchain::Toolchain;
use crate::plan::{Decision, Planner, topic};
use crate::render::sinks::path_operand;

use super::Desk;
use super::build;
use super::catalog::{CATALOG, Patcher};
use super::project::{Package, Project};
use crate::language::Variable;

/// A package manager.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manager {
    /// `npm`, `pnpm`, `yarn`, `yarn-berry`, `bun`.
    pub id: String,
    /// Its own name on the registry, where npm has to install it.
    pub package: Option<String>,
    /// Its lock files.
    pub lockfiles: Vec<String>,
    /// Files that speak for it.
    #[serde(default)]
    pub marks: Vec<String>,
    /// What else an install reads, where it is there.
    pub reads: Vec<String>,
    /// Where downloads are kept.
    pub cache: String,
    /// `locked` or `shared`.
    pub sharing: String,
    /// The releases of Node whose image has it.
    pub bundled: Option<String>,
    /// Variables of the builder.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Whether it refuses a release of Node that `engines` rules out.
    #[serde(default)]
    pub engines: bool,
    /// Installs what the lock file says.
    pub install: String,
    /// Installs without a lock file.
    pub unlocked: String,
    /// Installs with a lock file that is older than the manifest.
    pub stale: String,
    /// Installs without development packages, where that is a command of its own.
    pub install_production: Option<String>,
    /// The option that leaves development packages out.
    pub production: String,
    /// Runs a script.
    pub run: String,
    /// Runs a command of an installed package.
    pub exec: String,
    /// Its own releases, newest first.
    #[serde(default)]
    pub releases: Vec<ManagerRelease>,
}

/// A release of a package manager.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManagerRelease {
    /// The exact version.
    pub version: String,
    /// The releases of Node on which it runs.
    pub node: String,
    /// The versions of lock files that it is taken for.
    pub locks: Vec<String>,
    /// Whether it runs the install scripts of packages that nobody has approved.
    #[serde(default)]
    pub scripts: bool,
}

impl Manager {
    /// Its newest release.
    fn newest(&self) -> Option<String> {
        self.releases.first().map(|release| release.version.clone())
    }
}

/// The ids that `--package-manager` knows.
pub const KNOWN: [&str; 4] = ["npm", "pnpm", "yarn", "bun"];

/// Testimonies about the manager.
pub fn facts(project: &Project) -> Vec<Fact> {
    let root = &project.root.manifest;
    let mut facts = Vec::new();
    let mut says = |id: &str, version: Option<String>, file: &str, quote: &str, strength| {
        if KNOWN.contains(&id) {
            facts.push(Fact::new(Kind::Manager(id.to_owned(), version), file, quote, strength));
        }
    };
    if let Some(tool) = &root.package_manager {
        let quote = format!("\"packageManager\": \"{}@{}\"", tool.name, tool.version.as_deref().unwrap_or_default());
        says(&tool.name, tool.version.clone(), "package.json", &quote, Strength::Pinned);
    }
    for manager in &CATALOG.manager {
        let id = manager.id.trim_end_matches("-berry");
        for file in manager.lockfiles.iter().filter(|file| project.has(file)) {
            if manager.id.ends_with("-berry") == project.berry || id != "yarn" {
                says(id, None, file, "", Strength::Stated);
            }
        }
    }
    for tool in &root.dev_package_managers {
        says(&tool.name, tool.version.clone(), "package.json", "\"devEngines\"", Strength::Stated);
    }
    for manager in &CATALOG.manager {
        for file in manager.marks.iter().filter(|file| project.has(file)) {
            says(manager.id.trim_end_matches("-berry"), None, file, "", Strength::Convention);
        }
    }
    for id in KNOWN {
        if let Some(range) = root.engines.get(id).or_else(|| root.volta.get(id)).filter(|_| id != "npm") {
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
    let (id, named) = planner.manager(&KNOWN, "npm")?;
    let id = match id.as_str() {
        "yarn" if is_berry(project, named.as_deref()) => "yarn-berry",
        id => id,
    };
    let row =
        CATALOG.manager(id).ok_or_else(|| Error::usage(format!("`{id}` is no package manager of the catalog")))?;
    let lockfile = row.lockfiles.iter().find(|file| project.has(file)).cloned();
    if let Some((file, fault)) = project.faults.iter().find(|(file, _)| Some(file) == lockfile.as_ref()) {
        return Err(Error::usage(format!("`{file}` {fault}"))
            .hint(format!("make it anew with {}, or delete it", id.trim_end_matches("-berry"))));
    }
    warn(planner, project, row, lockfile.as_deref());
    let stale = lockfile.as_ref().and_then(|file| stale(project, file));
    if let (Some(name), Some(file)) = (&stale, &lockfile) {
        let manager = id.trim_end_matches("-berry");
        planner.warn(format!("`{file}` does not know `{name}`, which `package.json` names: the build adds it; run `{manager} install` and commit the file"));
    }
    let legacy = row.id == "npm" && project.npm.as_ref().is_some_and(|lock| lock.version < 2 || lock.unmet.is_some());
    let committed = id == "yarn-berry" && project.yarn_path.is_some();
    let version = release(row, project, toolchain, named.as_deref(), natives);
    if let Some((version, reason)) = &version {
        let evidence = Evidence::new(lockfile.as_deref().unwrap_or("package.json"), "", Strength::Stated);
        planner.note(Decision::new(topic::MANAGER_VERSION, format!("{} {version}", row.id), reason.clone(), evidence));
    }
    let bundles = |range: &str| holds(range, &toolchain.version);
    let has_it = committed || row.bundled.as_deref().is_some_and(bundles);
    let classic = CATALOG.manager("yarn").unwrap_or(row);
    let version = match (committed, has_it) {
        // Yarn 1 of the image hands over to the committed copy.
        (true, _) if !classic.bundled.as_deref().is_some_and(bundles) => classic.newest(),
        (_, true) => None,
        (_, false) => version.map(|(version, _)| version),
    };
    Ok(Chosen { row, version, lockfile, stale, legacy, committed })
}

fn warn(planner: &mut Planner, project: &Project, row: &Manager, lockfile: Option<&str>) {
    let all = CATALOG.manager.iter().flat_map(|manager| &manager.lockfiles);
    let mut others: Vec<&String> = all.filter(|file| project.has(file) && !row.lockfiles.contains(file)).collect();
    others.dedup();
    let name = row.id.trim_end_matches("-berry");
    match (lockfile, others.first()) {
        (Some(own), Some(other)) => {
            planner.warn(format!("two lock files, `{own}` and `{other}`: {name} is taken; delete the other or name one with `--package-manager`"));
        }
        (None, Some(other)) => planner.warn(format!(
            "{name} is asked for, and the lock file is `{other}`: without a lock file of its own, {name} installs the newest versions that fit"
        )),
        (None, None) if !project.root.manifest.dependencies.is_empty() => {
            planner.warn(format!("there is no lock file: every build installs the newest versions that fit; commit the one that `{name} install` writes"));
        }
        _ => {}
    }
}

/// A dependency from a registry that the lock file does not name. Lock files of workspaces and of npm's first format
/// do not tell.
fn stale(project: &Project, file: &str) -> Option<String> {
    if project.is_workspace() || project.locked.is_empty() || file.starts_with("bun") {
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

fn is_berry(project: &Project, named: Option<&str>) -> bool {
    match named
        .and_then(|version| version.split('.').next()?.trim_start_matches(['^', '~', '>', '=']).parse::<u32>().ok())
    {
        Some(major) => major >= 2,
        None => project.berry,
    }
}

fn holds(range: &str, version: &str) -> bool {
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
    if let Some(range) = named
        && let Some(found) = runs().find(|release| holds(range, &release.version))
    {
        return Some((found.version.clone(), format!("the newest for {range}")));
    }
    let locked =
        |release: &&ManagerRelease| project.lock_version.as_ref().is_some_and(|lock| release.locks.contains(lock));
    let unasked = natives && !project.approves;
    let fitting = runs().filter(locked).find(|release| release.scripts || !unasked).or_else(|| runs().find(locked));
    if let (Some(found), Some(lock)) = (fitting, &project.lock_version) {
        return Some((found.version.clone(), format!("it writes lock files of version {lock}")));
    }
    let newest = runs().next().or(row.releases.last())?;
    Some((newest.version.clone(), format!("the newest that runs on Node {}", toolchain.cycle)))
}

/// A dependency step, in the words of the templates.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Install {
    /// Files that are mounted while it runs.
    pub binds: Vec<String>,
    /// Manifests that are copied, with their folder: `(files, folder/)`.
    pub copies: Vec<Copied>,
    /// The folder of downloads.
    pub cache: String,
    /// `locked` or `shared`.
    pub sharing: String,
    /// Secrets.
    pub secrets: Vec<Secret>,
    /// Whether scripts that need the sources are taken out of the manifest.
    pub without_scripts: bool,
    /// Commands, each a list of words.
    pub commands: Vec<Vec<String>>,
}

/// Files copied into a folder.
#[derive(Debug, Clone, Serialize)]
pub struct Copied {
    /// Paths in the repository.
    pub files: Vec<String>,
    /// `./` or `apps/web/`.
    pub folder: String,
}

/// A secret of the build.
#[derive(Debug, Clone, Serialize)]
pub struct Secret {
    /// Its id.
    pub id: String,
    /// The variable that it becomes, where it is one.
    pub env: Option<String>,
    /// The file that it becomes, where it is one.
    pub target: Option<String>,
}

/// How one service is installed.
pub struct Order<'a> {
    /// The project.
    pub project: &'a Project,
    /// The manager.
    pub manager: &'a Chosen,
    /// The service.
    pub service: &'a Package,
    /// The packages whose manifests are needed, the service last; empty where there is no workspace.
    pub closure: Vec<&'a Package>,
    /// Scripts of the root that are taken out of its manifest before the install, as they need the sources.
    pub hooks: Vec<String>,
    /// The command that patches packages after the install, with the files of `patches/`.
    pub patches: Option<(String, Vec<String>)>,
    /// Secrets.
    pub secrets: Vec<Secret>,
}

impl Order<'_> {
    /// The words that install with or without what is for development only.
    pub fn install(&self, production: bool) -> Install {
        let edits = self.edits(production);
        let (mut binds, copies) = match self.project.is_workspace() {
            true => self.files_of_workspace(),
            false => self.files(!edits.is_empty()),
        };
        let mut commands = Vec::new();
        if !edits.is_empty() {
            commands.push([split("npm pkg delete"), edits].concat());
        }
        commands.extend(self.edits_of_members());
        commands.push(self.command(production));
        if let Some((folder, command)) = &self.patches {
            commands.push(command.clone());
            binds.push(folder.clone());
        }
        Install {
            binds,
            copies,
            cache: self.manager.row.cache.clone(),
            sharing: self.manager.row.sharing.clone(),
            secrets: self.secrets.clone(),
            without_scripts: !self.hooks.is_empty() || self.edits_of_members().next().is_some(),
            commands,
        }
    }

    /// Manifests are mounted, except those that the step changes.
    fn files(&self, edited: bool) -> (Vec<String>, Vec<Copied>) {
        let stale = self.manager.stale.is_some();
        let manifest = std::iter::once(("package.json".to_owned(), edited || stale));
        let lockfile = self.manager.lockfile.clone().map(|file| (file, stale));
        let (changed, kept): (Vec<_>, Vec<_>) = manifest.chain(lockfile).partition(|(_, changed)| *changed);
        let names = |pairs: Vec<(String, bool)>| -> Vec<String> { pairs.into_iter().map(|(path, _)| path).collect() };
        let copies = Copied { files: names(changed), folder: "./".to_owned() };
        let mut binds = names(kept);
        binds.extend(self.beside());
        (binds, if copies.files.is_empty() { Vec::new() } else { vec![copies] })
    }

    /// Manifests are copied, as the image takes them along.
    fn files_of_workspace(&self) -> (Vec<String>, Vec<Copied>) {
        let mut top = vec!["package.json".to_owned()];
        top.extend(self.manager.lockfile.clone());
        top.extend(self.project.has("pnpm-workspace.yaml").then(|| "pnpm-workspace.yaml".to_owned()));
        let binds = self.beside().into_iter().filter(|path| !top.contains(path)).collect();
        let members = self.copied_members().map(|package| Copied {
            files: vec![package.path("package.json")],
            folder: format!("{}/", package.folder),
        });
        (binds, std::iter::once(Copied { files: top, folder: "./".to_owned() }).chain(members).collect())
    }

    /// Settings and patches that the install reads.
    fn beside(&self) -> Vec<String> {
        let reads = self.manager.row.reads.iter().filter(|path| self.project.has(path)).cloned();
        let secret = self.secrets.iter().any(|secret| secret.id == "npmrc");
        let mut all: Vec<String> =
            reads.chain(self.project.patched.iter().cloned()).filter(|path| !(secret && path == ".npmrc")).collect();
        all.dedup();
        all
    }

    /// npm, pnpm and Yarn 4 install one member from the manifests that it is made of; others want them all.
    fn copied_members(&self) -> impl Iterator<Item = &Package> {
        let whole = !self.by_member();
        let members = self.project.members.iter().filter(move |_| whole);
        members.chain(self.closure.iter().copied().filter(move |package| !whole && !package.folder.is_empty()))
    }

    fn by_member(&self) -> bool {
        let locked = self.manager.lockfile.is_some();
        locked
            && !self.service.folder.is_empty()
            && (matches!(self.manager.row.id.as_str(), "npm" | "pnpm") || self.focuses())
    }

    /// `yarn workspaces focus` is part of Yarn 4.
    fn focuses(&self) -> bool {
        let version =
            self.manager.version.as_deref().filter(|_| !self.manager.committed).or(self.project.yarn_path.as_deref());
        self.manager.row.id == "yarn-berry"
            && !version.is_some_and(|text| {
                text.starts_with(['2', '3']) || text.contains("yarn-3.") || text.contains("yarn-2.")
            })
    }

    /// What goes from the manifest before the install.
    fn edits(&self, production: bool) -> Vec<String> {
        let mut edits: Vec<String> = self.hooks.iter().map(|name| format!("scripts.{name}")).collect();
        if production && self.manager.row.id == "yarn-berry" && !self.focuses() {
            edits.push("devDependencies".to_owned());
        }
        edits
    }

    /// The same for the members whose manifests are there.
    fn edits_of_members(&self) -> impl Iterator<Item = Vec<String>> {
        self.copied_members().filter_map(|package| {
            let hooks: Vec<String> = build::hooks(package).map(|name| format!("scripts.{name}")).collect();
            let place = ["--prefix".to_owned(), path_operand(&package.folder)];
            (!hooks.is_empty()).then(|| [split("npm pkg delete"), hooks, place.to_vec()].concat())
        })
    }

    fn command(&self, production: bool) -> Vec<String> {
        let row = self.manager.row;
        let stale = self.manager.stale.is_some();
        let mut words = match (self.manager.lockfile.is_some(), production) {
            (true, _) if stale && !row.stale.is_empty() => split(&row.stale),
            (_, true) if self.focuses() => split(row.install_production.as_deref().unwrap_or_default()),
            (true, true) if row.id == "yarn-berry" => split(&row.unlocked),
            (true, _) => split(&row.install),
            (false, _) => split(&row.unlocked),
        };
        if production && !row.production.is_empty() {
            words.push(row.production.clone());
        }
        if self.manager.legacy {
            words.push("--legacy-peer-deps".to_owned());
        }
        if self.by_member() {
            match row.id.as_str() {
                "npm" => words.push(format!("--workspace={}", self.service.folder)),
                "pnpm" => words.push(format!("--filter={}...", self.selector())),
                _ => {
                    words = split("yarn workspaces focus");
                    words.extend(production.then(|| "--production".to_owned()));
                    words.push(self.service.label().to_owned());
                }
            }
            if !production && row.id == "npm" {
                words.push("--include-workspace-root".to_owned());
            }
            if !production && row.id == "pnpm" {
                words.push("--filter=.".to_owned());
            }
        }
        words
    }

    /// Names that managers would read as patterns or options.
    ///
    /// # Errors
    /// Where a package of the service has one.
    pub fn check_names(&self) -> Result<(), Error> {
        let is_word = |text: &str| {
            !text.starts_with('-') && text.chars().all(|c| c.is_ascii_alphanumeric() || "@/._~-".contains(c))
        };
        let by_name =
            |package: &&&Package| !matches!(self.manager.row.id.as_str(), "npm" | "bun") && !package.folder.is_empty();
        match self.closure.iter().filter(by_name).find(|package| !is_word(package.label())) {
            None => Ok(()),
            Some(package) => {
                let (label, file, manager) = (package.label(), package.path("package.json"), &self.manager.row.id);
                let manager = manager.trim_end_matches("-berry");
                Err(Error::no(format!("{manager} cannot be asked for the package `{label}` (`{file}`), whose name is more than a word to it"))
                    .hint("give it a name of letters, digits and dashes inside"))
            }
        }
    }

    /// How pnpm selects the service.
    pub fn selector(&self) -> String {
        match &self.service.manifest.name {
            Some(name) => name.clone(),
            None => format!("{{{}}}", self.service.folder),
        }
    }
}

/// Words of the catalog.
pub fn split(words: &str) -> Vec<String> {
    words.split_whitespace().map(str::to_owned).collect()
}

impl Chosen {
    /// The words that bring the manager into the builder.
    pub fn bring(&self) -> Option<Vec<String>> {
        let package = if self.committed { "yarn" } else { self.row.package.as_deref()? };
        let version = self.version.as_ref()?;
        let mut words = split("npm install --global --no-audit --no-fund");
        if package == "@yarnpkg/cli-dist" {
            // The image has a `yarn` already.
            words.push("--force".to_owned());
        }
        words.push(format!("{package}@{version}"));
        Some(words)
    }

    /// Variables of the builder.
    pub fn environment(&self) -> Vec<Variable> {
        let variables =
            self.row.environment.iter().map(|(name, value)| Variable { name: name.clone(), value: value.clone() });
        variables.collect()
    }

    /// The words that run a script of the service.
    pub fn run(&self, script: &str) -> Vec<String> {
        [split(&self.row.run), vec![script.to_owned()]].concat()
    }

    /// The words that run a script of one member of a workspace.
    pub fn run_in(&self, package: &Package, script: &str) -> Vec<String> {
        let words = match self.row.id.as_str() {
            "npm" => {
                return [split("npm run"), vec![script.to_owned(), format!("--workspace={}", package.folder)]].concat();
            }
            "pnpm" => vec!["pnpm".to_owned(), format!("--dir={}", package.folder), "run".to_owned()],
            "bun" => vec!["bun".to_owned(), "run".to_owned(), format!("--cwd={}", package.folder)],
            _ => vec!["yarn".to_owned(), "workspace".to_owned(), package.label().to_owned(), "run".to_owned()],
        };
        [words, vec![script.to_owned()]].concat()
    }
}

/// Testimonies about private registries.
pub fn feeds(project: &Project) -> impl Iterator<Item = Fact> {
    let names = project.npmrc.iter().flat_map(|npmrc| npmrc.credentials().map(|(name, _)| name));
    names.map(|name| Fact::new(Kind::Feed(name.to_owned()), ".npmrc", name, Strength::Stated))
}

/// The secrets of the install, for private registries.
pub fn secrets(planner: &mut Planner, project: &Project) -> Vec<Secret> {
    let Some(npmrc) = &project.npmrc else { return Vec::new() };
    let file = || Secret { id: "npmrc".to_owned(), env: None, target: Some("/root/.npmrc".to_owned()) };
    if npmrc.credentials().any(|(_, value)| !value.contains("${")) {
        planner.warn("`.npmrc` holds a token: it stays out of the build, which takes the file as the secret `npmrc`; replace the token with `${NPM_TOKEN}`");
        return vec![file()];
    }
    let is_name = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let names: BTreeSet<&str> = npmrc.variables().filter(is_name).collect();
    let variable = |name: &str| Secret { id: name.to_owned(), env: Some(name.to_owned()), target: None };
    let is_public = |address: &str| CATALOG.registries.iter().any(|host| address.contains(host.as_str()));
    let private = npmrc.registries().any(|address| !is_public(address)) && npmrc.credentials().next().is_none();
    names.into_iter().map(variable).chain(private.then(file)).collect()
}

impl Desk<'_> {
    /// The command that patches packages, where a hook of the root calls it, and the folder of patches.
    fn patches(&self) -> Option<(String, Vec<String>)> {
        let root = &self.project.root.manifest;
        let lines = || build::hooks(&self.project.root).filter_map(|name| root.scripts.get(name));
        let called = |row: &&Patcher| lines().any(|line| line.contains(&row.package)) && self.project.has(&row.folder);
        let row = CATALOG.patcher.iter().find(called)?;
        let range = root.dependency(&row.package).unwrap_or_default();
        let version = range.trim_start_matches(['^', '~', '=', 'v']);
        let exact = version.split('.').count() == 3 && version.chars().all(|c| c.is_ascii_digit() || c == '.');
        let command = row.command.replace("{version}", if exact { version } else { &row.version });
        Some((row.folder.clone(), split(&command)))
    }

    /// How the service is installed.
    pub fn order(&self) -> Order<'_> {
        let package = &self.service.package;
        Order {
            project: self.project,
            manager: &self.manager,
            service: package,
            closure: self.project.closure(&package.folder),
            hooks: build::hooks(&self.project.root).map(str::to_owned).collect(),
            patches: self.patches(),
            secrets: self.secrets.clone(),
        }
    }
}
