//! The package manager: which one, which release of it, and the words that install with it.

use nodejs_semver::{Range, Version};
use serde::Serialize;

use crate::error::Error;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::format::{npmrc, pnpm_workspace};
use crate::plan::toolchain::Toolchain;
use crate::plan::{Decision, Planner, topic};
use crate::render::sinks::path_operand;

use super::Desk;
use super::build;
use super::catalog::{CATALOG, Manager};
use super::project::{Package, Project, join, normal};
use crate::language::Variable;

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
        for file in manager.lockfiles.iter().filter(|file| project.repo.has(file)) {
            if manager.id.ends_with("-berry") == project.berry || id != "yarn" {
                says(id, None, file, "", Strength::Stated);
            }
        }
    }
    for tool in &root.dev_package_managers {
        says(&tool.name, tool.version.clone(), "package.json", "\"devEngines\"", Strength::Stated);
    }
    for (file, id) in [("pnpm-workspace.yaml", "pnpm"), (".yarnrc.yml", "yarn"), ("bunfig.toml", "bun")] {
        if project.repo.has(file) {
            says(id, None, file, "", Strength::Convention);
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
    let lockfile = row.lockfiles.iter().find(|file| project.repo.has(file)).cloned();
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
    let has_it = committed || row.bundled.as_deref().is_some_and(|range| holds(range, &toolchain.version));
    let version = match (committed, has_it) {
        // Yarn 1 of the image hands over to the committed copy.
        (true, _) if !holds("<26", &toolchain.version) => Some("1.22.22".to_owned()),
        (_, true) => None,
        (_, false) => version.map(|(version, _)| version),
    };
    Ok(Chosen { row, version, lockfile, stale, legacy, committed })
}

fn warn(planner: &mut Planner, project: &Project, row: &Manager, lockfile: Option<&str>) {
    let all = CATALOG.manager.iter().flat_map(|manager| &manager.lockfiles);
    let mut others: Vec<&String> = all.filter(|file| project.repo.has(file) && !row.lockfiles.contains(file)).collect();
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
    let locked = |release: &&super::catalog::ManagerRelease| {
        project.lock_version.as_ref().is_some_and(|lock| release.locks.contains(lock))
    };
    let unasked = natives && !approves(project);
    let fitting = runs().filter(locked).find(|release| release.scripts || !unasked).or_else(|| runs().find(locked));
    if let (Some(found), Some(lock)) = (fitting, &project.lock_version) {
        return Some((found.version.clone(), format!("it writes lock files of version {lock}")));
    }
    let newest = runs().next().or(row.releases.last())?;
    Some((newest.version.clone(), format!("the newest that runs on Node {}", toolchain.cycle)))
}

/// Whether the project says which packages may run install scripts, as pnpm 10 asks.
fn approves(project: &Project) -> bool {
    let words = ["onlyBuiltDependencies", "allowBuilds", "dangerouslyAllowAllBuilds"];
    ["package.json", "pnpm-workspace.yaml"]
        .iter()
        .filter_map(|file| project.repo.text(file))
        .any(|text| words.iter().any(|word| text.contains(word)))
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
    pub project: &'a Project<'a>,
    /// The manager.
    pub manager: &'a Chosen,
    /// The service.
    pub service: &'a Package,
    /// The packages whose manifests are needed, the service last; empty where there is no workspace.
    pub closure: Vec<&'a Package>,
    /// Scripts of the root that are taken out of its manifest before the install, as they need the sources.
    pub hooks: Vec<String>,
    /// The command that patches packages after the install, with the files of `patches/`.
    pub patches: Option<Vec<String>>,
    /// Files that the install reads beside the usual ones.
    pub more: Vec<String>,
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
        if let Some(command) = &self.patches {
            commands.push(command.clone());
            binds.push("patches".to_owned());
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
        top.extend(self.project.repo.has("pnpm-workspace.yaml").then(|| "pnpm-workspace.yaml".to_owned()));
        let binds = self.beside().into_iter().filter(|path| !top.contains(path)).collect();
        let members = self.copied_members().map(|package| Copied {
            files: vec![package.path("package.json")],
            folder: format!("{}/", package.folder),
        });
        (binds, std::iter::once(Copied { files: top, folder: "./".to_owned() }).chain(members).collect())
    }

    /// Settings and patches that the install reads.
    fn beside(&self) -> Vec<String> {
        let repo = self.project.repo;
        let reads = self.manager.row.reads.iter().filter(|path| repo.exists(path)).cloned();
        let secret = self.secrets.iter().any(|secret| secret.id == "npmrc");
        let mut all: Vec<String> =
            reads.chain(self.more.iter().cloned()).filter(|path| !(secret && path == ".npmrc")).collect();
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

/// What the manifest of the root takes from folders of the repository, `file:lib`: their manifests, or packed files.
fn local_packages(project: &Project) -> Vec<String> {
    if project.is_workspace() {
        return Vec::new();
    }
    let manifest = &project.root.manifest;
    let all = manifest.dependencies.values().chain(manifest.dev_dependencies.values());
    let paths = all.filter_map(|range| normal(range.strip_prefix("file:").or_else(|| range.strip_prefix("link:"))?));
    let there = |path: String| {
        let inside = join(&path, "package.json");
        [path, inside].into_iter().find(|file| project.repo.has(file))
    };
    paths.filter_map(there).collect()
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

/// Private registries: the secrets of the install, and the facts about them.
pub fn secrets(planner: &mut Planner, project: &Project) -> Vec<Secret> {
    let Some(read) = project.repo.text(".npmrc").and_then(|text| npmrc::parse(text).ok()) else { return Vec::new() };
    let mut secrets = Vec::new();
    let mut literal = false;
    for (name, value) in read.credentials() {
        literal |= !value.contains("${");
        let fact = Fact::new(Kind::Feed(name.to_owned()), ".npmrc", name, Strength::Stated);
        planner.facts.push(fact);
    }
    if literal {
        planner.warn("`.npmrc` holds a token: it stays out of the build, which takes the file as the secret `npmrc`; replace the token with `${NPM_TOKEN}`");
        secrets.push(Secret { id: "npmrc".to_owned(), env: None, target: Some("/root/.npmrc".to_owned()) });
        return secrets;
    }
    let mut names: Vec<&str> = read
        .variables()
        .filter(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
        .collect();
    names.sort_unstable();
    names.dedup();
    secrets.extend(names.iter().map(|name| Secret {
        id: (*name).to_owned(),
        env: Some((*name).to_owned()),
        target: None,
    }));
    let private = read
        .registries()
        .any(|address| !address.contains("registry.npmjs.org") && !address.contains("registry.yarnpkg.com"));
    if private && read.credentials().next().is_none() {
        secrets.push(Secret { id: "npmrc".to_owned(), env: None, target: Some("/root/.npmrc".to_owned()) });
    }
    secrets
}

impl Desk<'_> {
    /// Scripts that an install would run before the sources are there.
    fn hooks(&self) -> Vec<String> {
        let scripts = &self.project.root.manifest.scripts;
        build::HOOKS.iter().filter(|name| scripts.contains_key(**name)).map(|name| (*name).to_owned()).collect()
    }

    /// The command that patches packages, where a hook of the root calls it.
    fn patches(&self) -> Option<Vec<String>> {
        let root = &self.project.root.manifest;
        let called =
            build::HOOKS.iter().filter_map(|name| root.scripts.get(*name)).any(|line| line.contains("patch-package"));
        if !called || !self.project.repo.has_folder("patches") {
            return None;
        }
        let range = root.dependency("patch-package").unwrap_or_default();
        let version = range.trim_start_matches(['^', '~', '=', 'v']);
        let exact = version.split('.').count() == 3 && version.chars().all(|c| c.is_ascii_digit() || c == '.');
        Some(split(&format!("npx --yes patch-package@{}", if exact { version } else { "8.0.0" })))
    }

    /// How the service is installed.
    pub fn order(&self) -> Order<'_> {
        let repo = self.project.repo;
        let root = &self.project.root.manifest;
        let mut more: Vec<String> = root.patches.iter().filter(|path| repo.has(path)).cloned().collect();
        if let Some(text) = repo.text("pnpm-workspace.yaml") {
            let patched = pnpm_workspace::parse(text).map(|file| file.patched_dependencies).unwrap_or_default();
            more.extend(patched.into_values().filter(|path| repo.has(path)));
        }
        more.extend(local_packages(self.project));
        if let Some(path) = self.project.yarn_path.as_ref().filter(|path| !path.starts_with(".yarn/releases/")) {
            more.push(path.clone());
        }
        Order {
            project: self.project,
            manager: &self.manager,
            service: self.package,
            closure: self.project.closure(&self.package.folder),
            hooks: self.hooks(),
            patches: self.patches(),
            more,
            secrets: self.secrets.clone(),
        }
    }
}
