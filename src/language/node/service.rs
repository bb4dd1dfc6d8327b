//! Which package is the service, and what starting it comes down to: a server, or files for a web server.

use std::sync::LazyLock;

use regex::Regex;

use crate::catalog::SHARED;
use crate::dockerignore::Matcher;
use crate::error::Error;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::format::procfile;
use crate::plan::toolchain::Toolchain;
use crate::plan::{Candidate, Decision, Planner, topic};
use crate::repo::Repo;
use crate::source::pattern;

use super::build::{self, Build, Shape};
use super::catalog::CATALOG;
use super::project::{Package, Project, normal};
use super::source::{self, Findings};
use super::start::{self, Resolved, Resolver, Start};

/// Scripts for production, where `start` is for development.
const PRODUCTION: [&str; 5] = ["start:prod", "start:production", "prod", "production", "serve"];

/// Files that are started where nothing says more.
const USUAL: [&str; 16] = [
    "server.js",
    "index.js",
    "app.js",
    "main.js",
    "server.mjs",
    "index.mjs",
    "app.mjs",
    "index.cjs",
    "src/index.js",
    "src/server.js",
    "src/main.js",
    "src/app.js",
    "src/index.mjs",
    "bin/www",
    "lib/index.js",
    "server/index.js",
];

/// The same in TypeScript.
const SOURCES: [&str; 9] = [
    "src/main.ts",
    "src/index.ts",
    "src/server.ts",
    "src/app.ts",
    "index.ts",
    "server.ts",
    "main.ts",
    "app.ts",
    "src/index.mts",
];

/// Files and folders that programs read without naming them, or by convention.
const READ: [&str; 26] = [
    "public",
    "views",
    "templates",
    "config",
    "migrations",
    "prisma",
    "locales",
    "i18n",
    "static",
    "assets",
    "data",
    "db",
    "seeds",
    "seeders",
    "drizzle",
    "proto",
    "protos",
    "resources",
    "content",
    "messages",
    "certs",
    "knexfile.js",
    "knexfile.cjs",
    "ormconfig.json",
    "ormconfig.js",
    "ecosystem.config.js",
];

/// What may be started, as facts.
pub fn facts(project: &Project) -> Vec<Fact> {
    let mut facts = Vec::new();
    for package in project.packages() {
        let file = package.path("package.json");
        for name in ["build", "start"] {
            if let Some(line) = package.manifest.scripts.get(name) {
                let quote = format!("\"{name}\": \"{line}\"");
                facts.push(Fact::new(Kind::Script(name.to_owned(), line.clone()), &file, &quote, Strength::Stated));
            }
        }
    }
    if let Some(command) = web_process(project.repo) {
        facts.push(Fact::new(
            Kind::Script("web".to_owned(), command.clone()),
            "Procfile",
            &format!("web: {command}"),
            Strength::Stated,
        ));
    }
    let file = "package.json";
    facts.push(Fact::new(Kind::Manifest(file.to_owned()), file, "", Strength::Stated));
    facts
}

fn web_process(repo: &Repo) -> Option<String> {
    let processes = procfile::parse(repo.text("Procfile")?).ok()?;
    processes.iter().find(|(name, _)| name == "web").or(processes.first()).map(|(_, command)| command.clone())
}

/// The package to write for: the root, or a member of the workspace.
///
/// # Errors
/// Where a wish names none, or no member can be started.
pub fn choose<'a>(planner: &mut Planner, project: &'a Project) -> Result<&'a Package, Error> {
    if !project.is_workspace() {
        return Ok(&project.root);
    }
    let mut candidates = Vec::new();
    if let Some(wish) = planner.wishes.entry.clone() {
        let folder = normal(&wish).unwrap_or_default();
        let member = project
            .members
            .iter()
            .find(|member| member.folder == folder || member.manifest.name.as_deref() == Some(&wish));
        if let Some(member) = member {
            candidates.push(Candidate::new(
                member.folder.clone(),
                &member.folder,
                "asked for",
                Evidence::asked(&format!("--entry {wish}")),
            ));
        } else if !project.repo.has(&folder) && !project.root.manifest.scripts.contains_key(&wish) {
            return Err(Error::no(format!("`--entry {wish}` is no member of the workspace")).hint(known(project)));
        }
    }
    candidates.extend(members(project));
    if candidates.is_empty() {
        return match runs_by_itself(project) {
            true => Ok(&project.root),
            false => {
                Err(Error::no("no member of this workspace can be started: none has a `start` script or a framework")
                    .hint(known(project)))
            }
        };
    }
    let folder = planner.choose(topic::ENTRY, candidates).unwrap_or_default();
    Ok(project.packages().find(|package| package.folder == folder).unwrap_or(&project.root))
}

fn known(project: &Project) -> String {
    let names = project.members.iter().map(|member| format!("`--entry {}`", member.folder));
    format!("members are {}", names.take(8).collect::<Vec<_>>().join(", "))
}

/// Words of folder names that are likelier the service.
const SERVICES: [&str; 8] = ["api", "server", "backend", "service", "app", "web", "frontend", "client"];

fn members(project: &Project) -> Vec<Candidate<String>> {
    let rank = |package: &&Package| {
        let words: Vec<&str> = package.folder.split(['/', '-', '_']).collect();
        (project.is_needed(package), SERVICES.iter().position(|word| words.contains(word)).unwrap_or(SERVICES.len()))
    };
    let scripts = &project.root.manifest.scripts;
    let started = std::iter::once(&"start").chain(&PRODUCTION).find(|name| scripts.contains_key(**name)).copied();
    let line = |name: &str| scripts.get(name).map(String::as_str).unwrap_or_default();
    let names = |line: &str, package: &Package| {
        let mut words = line.split(|c: char| c.is_whitespace() || c == '=');
        words.any(|word| word == package.label() || word.trim_start_matches("./") == package.folder)
    };
    let root = started.map(line).unwrap_or_default();
    let named = |package: &Package| names(root, package);
    let built = |package: &Package| names(line("build"), package);
    let mut apps: Vec<&Package> =
        project.members.iter().filter(|member| is_app(project, member) || named(member)).collect();
    apps.sort_by_key(rank);
    let only = apps.iter().filter(|package| !project.is_needed(package)).count() == 1;
    let candidate = |package: &&Package| {
        let (reason, strength) = match (named(package), only) {
            (true, _) => ("the root's `start` script names it", Strength::Stated),
            (_, false) if built(package) => ("the root's `build` script names it", Strength::Convention),
            (_, true) if !project.is_needed(package) => ("the only member that can be started", Strength::Stated),
            _ => ("a member that can be started", Strength::Guess),
        };
        let started = started.unwrap_or("start");
        let quote = if named(package) { format!("\"{started}\": \"{root}\"") } else { String::new() };
        let file = if named(package) { "package.json".to_owned() } else { package.path("package.json") };
        Candidate::new(package.folder.clone(), &package.folder, reason, Evidence::new(&file, &quote, strength))
    };
    apps.iter().map(candidate).collect()
}

fn is_app(project: &Project, package: &Package) -> bool {
    let scripts = &package.manifest.scripts;
    let mut names = ["start", "preview"].iter().chain(&PRODUCTION);
    let starts = names.any(|name| scripts.contains_key(*name));
    let (_, shape) = build::read(project.repo, package);
    let library = shape.as_ref().is_some_and(|shape| shape.framework.id == "storybook");
    let watches = scripts.get("start").is_some_and(|line| line.contains("--watch") || line.contains(" -w"));
    let alone = !project.is_needed(package);
    (alone && (starts || shape.is_some()) || scripts.contains_key("start") && !watches) && !library
}

/// A root with a program of its own, which does not hand over to members.
fn runs_by_itself(project: &Project) -> bool {
    let manifest = &project.root.manifest;
    manifest.scripts.contains_key("start")
        || manifest.main.as_ref().is_some_and(|main| project.repo.has(main))
        || bun_module(project.repo, &project.root).is_some()
        || build::read(project.repo, &project.root).1.is_some()
}

/// What a service comes down to.
pub enum Outcome {
    /// A process of its own.
    Server(Box<Server>),
    /// Files.
    Site(Box<Site>),
}

/// A program that runs.
pub struct Server {
    /// What runs.
    pub start: Start,
    /// Variables of the start script.
    pub environment: Vec<(String, String)>,
    /// What speaks for it.
    pub evidence: Evidence,
    /// How it is built.
    pub build: Build,
    /// The framework behind it.
    pub shape: Option<Shape>,
    /// Whether it needs node_modules.
    pub modules: bool,
    /// Whether it needs packages that are for development only.
    pub needs_development: bool,
    /// Whether everything but node_modules is shipped, because it is not known what is read.
    pub whole: bool,
    /// What is shipped beside the build's outputs, from the repository.
    pub kept: Vec<String>,
    /// Paths that the build makes inside of node_modules.
    pub generated: Vec<String>,
    /// Whether Prisma's client is generated into a package that pnpm keeps apart.
    pub generated_by_pnpm: bool,
    /// What the sources say.
    pub findings: Findings,
    /// Whether PORT has to be set.
    pub sets_port: bool,
    /// The framework's or a library's port.
    pub usual_port: Option<(u16, String)>,
    /// Whether it ends on SIGTERM, and what says so.
    pub signals: Option<Evidence>,
    /// Whether tini is the first process.
    pub tini: bool,
}

/// Files for a web server.
pub struct Site {
    /// What people call the framework.
    pub title: String,
    /// How it is built.
    pub build: Build,
    /// The framework.
    pub shape: Option<Shape>,
    /// Where the files lie.
    pub output: String,
    /// The folder of files that never change.
    pub assets: Option<String>,
    /// Each page is a file of its own.
    pub pages: bool,
    /// What speaks for it.
    pub evidence: Evidence,
}

/// A way to start, before it is known whether it works.
struct Way {
    resolved: Resolved,
    evidence: Evidence,
    reason: &'static str,
}

/// Decides what the service comes down to.
///
/// # Errors
/// Where nothing says how to start it, or what is said cannot be done.
pub fn plan(
    planner: &mut Planner,
    project: &Project,
    package: &Package,
    toolchain: &Toolchain,
) -> Result<Outcome, Error> {
    let repo = project.repo;
    let (mut build, shape) = build::read(repo, package);
    let mut others = project.closure(&package.folder).into_iter().filter(|other| other.folder != package.folder);
    build.others =
        others.any(|other| other.manifest.scripts.contains_key("build") || build::preparing(other).next().is_some());
    if let Some(shape) = &shape {
        let value = format!("{} ({})", shape.framework.title, shape.mode.id);
        planner.note(Decision::new(
            topic::FRAMEWORK,
            value,
            "it is a dependency, and the build calls it",
            shape.evidence.clone(),
        ));
    }
    let all = ways(planner, project, package, shape.as_ref())?;
    let advice = build::advice(repo, package);
    let serves = shape.as_ref().map_or(advice.is_some(), |shape| !shape.mode.is_static);
    // A server for development says nothing against a script for production that starts a program.
    let programs =
        |way: &Way| PRODUCTION.iter().take(4).any(|name| way.evidence.quote.starts_with(&format!("\"{name}\"")));
    let has_program =
        all.iter().any(|way| programs(way) && matches!(viable(repo, package, way, &mut build), Viable::Yes));
    let mut wrong = Vec::new();
    let mut chosen = None;
    for way in all {
        match viable(repo, package, &way, &mut build) {
            Viable::Yes => {
                chosen = Some(way);
                break;
            }
            Viable::Files(folder)
                if !serves
                    && !has_program
                    && (build.is_there() || repo.has_folder(&package.path(&folder.clone().unwrap_or_default()))) =>
            {
                return Ok(Outcome::Site(Box::new(site(planner, package, build, shape, folder, way.evidence))));
            }
            Viable::Files(_) => {}
            Viable::No(why) => wrong.push((why, way.evidence)),
        }
    }
    if let Some(shape) = shape.as_ref().filter(|shape| shape.mode.is_static) {
        let weak = chosen.as_ref().is_none_or(|way| {
            way.evidence.strength < Strength::Stated || way.reason == MAIN || is_framework_server(way, shape)
        });
        if weak {
            let evidence = shape.evidence.clone();
            return Ok(Outcome::Site(Box::new(site(planner, package, build, Some(shape.clone()), None, evidence))));
        }
    }
    for (why, evidence) in &wrong {
        planner.warn(format!("{evidence}: {why}"));
    }
    let Some(way) = chosen else {
        let error = Error::no(
            "nothing says how to start this: there is no `start` script, no `main` that exists, and no file that is usually started",
        );
        let usual = below(project).unwrap_or_else(|| {
            "add a `start` script to `package.json`, or name a file or script with `--entry`".to_owned()
        });
        return Err(error.hint(advice.unwrap_or(usual)));
    };
    server(planner, project, package, build, shape, way, toolchain).map(|server| Outcome::Server(Box::new(server)))
}

/// Whether this starts the framework's server, which has nothing to serve where the framework compiles to files.
fn is_framework_server(way: &Way, shape: &Shape) -> bool {
    let Start::Node(args) = &way.resolved.start else { return false };
    let servers = shape.framework.mode.iter().filter_map(|mode| mode.start.first()?.strip_prefix("node_modules/"));
    start::file(args)
        .is_some_and(|file| servers.into_iter().any(|server| file.ends_with(&format!("node_modules/{server}"))))
}

/// A hint to folders below with programs of their own.
fn below(project: &Project) -> Option<String> {
    let folders = project.repo.files().filter_map(|path| path.strip_suffix("/package.json"));
    let starts = |folder: &&str| {
        let text = project.repo.text(&format!("{folder}/package.json"));
        text.is_some_and(|text| text.contains("\"start\"") || text.contains("\"build\""))
    };
    let names: Vec<String> = folders.filter(starts).take(3).map(|folder| format!("`dockgen init {folder}`")).collect();
    (!names.is_empty()).then(|| format!("run it in a folder with a program of its own: {}", names.join(", ")))
}

fn site(
    planner: &mut Planner,
    package: &Package,
    build: Build,
    shape: Option<Shape>,
    folder: Option<String>,
    evidence: Evidence,
) -> Site {
    let shape = shape.filter(|shape| shape.mode.is_static);
    let named = shape.as_ref().map(|shape| shape.framework.title.clone());
    let title = named.unwrap_or_else(|| "the project".to_owned());
    let output =
        build.outputs.first().cloned().or_else(|| shape.as_ref().and_then(|shape| shape.mode.output.first().cloned()));
    let output = folder.or(output).unwrap_or_else(|| "dist".to_owned());
    planner.note(Decision::new(
        topic::START,
        format!("a web server for the files in {}", package.path(&output)),
        format!("{title} compiles to files"),
        evidence.clone(),
    ));
    say_what_is_left_out(planner, &build);
    let assets = shape.as_ref().and_then(|shape| shape.mode.assets.clone());
    let pages = shape.as_ref().is_some_and(|shape| shape.mode.pages);
    Site { title, build, shape, output, assets, pages, evidence }
}

fn say_what_is_left_out(planner: &mut Planner, build: &Build) {
    for step in &build.dropped {
        planner
            .warn(format!("`{step}` is left out of the build, as there is no database: run it before the first start"));
    }
}

/// The ways to start, the best first.
fn ways(planner: &Planner, project: &Project, package: &Package, shape: Option<&Shape>) -> Result<Vec<Way>, Error> {
    let command = |name: &str| command(project, package, name);
    let interpreter = |file: &str| interpreter(project.repo, package, file);
    let manifest = &package.manifest;
    let main = manifest.main.as_deref();
    let ecosystem = |file: &str| ecosystem(project.repo, package, file);
    let resolver = Resolver {
        scripts: &manifest.scripts,
        main,
        command: &command,
        ecosystem: &ecosystem,
        interpreter: &interpreter,
    };
    let names_package =
        |wish: &&String| normal(wish).as_deref() == Some(&package.folder) || manifest.name.as_ref() == Some(wish);
    let lines = match planner.wishes.entry.as_ref().filter(|wish| !names_package(wish)) {
        Some(wish) => vec![asked(project, package, wish)?],
        None => lines(project, package, shape),
    };
    Ok(lines
        .into_iter()
        .map(|(line, evidence, reason)| Way { resolved: resolver.line(&line), evidence, reason })
        .collect())
}

/// A command line, what speaks for it, and why it may be right.
type Line = (String, Evidence, &'static str);

/// A script, with the line of the manifest that holds it.
fn script(package: &Package, name: &str) -> Option<(String, Evidence)> {
    let line = package.manifest.scripts.get(name)?;
    let quote = format!("\"{name}\": \"{line}\"");
    Some((line.clone(), Evidence::new(&package.path("package.json"), &quote, Strength::Stated)))
}

/// What `--entry` names: a script or a file.
fn asked(project: &Project, package: &Package, wish: &str) -> Result<Line, Error> {
    let is_file = || normal(wish).is_some_and(|path| project.repo.has(&package.path(&path)));
    let line = match script(package, wish) {
        Some((line, _)) => line,
        None if is_file() => node_line(wish),
        None => {
            let manifest = package.path("package.json");
            return Err(Error::no(format!("`--entry {wish}` is no script and no file of `{manifest}`"))
                .hint("name a script, or a file relative to that folder"));
        }
    };
    Ok((line, Evidence::asked(&format!("--entry {wish}")), "asked for"))
}

fn lines(project: &Project, package: &Package, shape: Option<&Shape>) -> Vec<Line> {
    let repo = project.repo;
    let mut lines: Vec<Line> = Vec::new();
    if let Some(line) = web_process(repo).filter(|_| package.folder.is_empty()) {
        let evidence = Evidence::new("Procfile", &format!("web: {line}"), Strength::Pinned);
        lines.push((line, evidence, "the Procfile's process"));
    }
    let scripts = std::iter::once(&"start").chain(&PRODUCTION).filter_map(|name| script(package, name));
    lines.extend(scripts.map(|(line, evidence)| (line, evidence, "the start script")));
    if let Some(shape) = shape.filter(|shape| !shape.mode.start.is_empty()) {
        let words: Vec<String> = shape.mode.start.iter().map(|word| placed(project, package, word)).collect();
        lines.push((format!("node {}", words.join(" ")), shape.evidence.clone(), "the framework's own start"));
    }
    if let Some(main) = &package.manifest.main {
        let evidence = Evidence::new(&package.path("package.json"), &format!("\"main\": \"{main}\""), Strength::Stated);
        lines.push((node_line(main), evidence, MAIN));
    }
    if let Some(file) = bun_module(repo, package) {
        let evidence =
            Evidence::new(&package.path("package.json"), &format!("\"module\": \"{file}\""), Strength::Stated);
        lines.push((format!("bun {}", shlex::try_quote(file).unwrap_or_default()), evidence, "what Bun starts"));
    }
    let guess = |path: &str| Evidence::new(&package.path(path), "", Strength::Guess);
    let usual = USUAL.iter().filter(|usual| repo.has(&package.path(usual)));
    lines.extend(usual.map(|usual| (node_line(usual), guess(usual), "a file that is usually started")));
    if let Some((source, made)) = compiled(repo, package) {
        lines.push((node_line(&made), guess(source), "the source that is usually started, compiled"));
    }
    lines
}

/// The field `module` of a project that Bun installs, where the file is there.
fn bun_module<'a>(repo: &Repo, package: &'a Package) -> Option<&'a str> {
    let locks = &CATALOG.manager("bun")?.lockfiles;
    let file = package.manifest.module_file.as_deref().filter(|file| !file.starts_with('-'))?;
    (locks.iter().any(|lock| repo.has(lock)) && repo.has(&package.path(&normal(file)?))).then_some(file)
}

/// Why a manifest's `main` may be what is started.
const MAIN: &str = "the manifest's `main`";

fn node_line(file: &str) -> String {
    let quoted = shlex::try_quote(file).unwrap_or_default();
    match file.starts_with('-') {
        true => format!("node ./{quoted}"),
        false => format!("node {quoted}"),
    }
}

/// A path into node_modules as seen from the service's folder.
fn placed(project: &Project, package: &Package, word: &str) -> String {
    match word.strip_prefix("node_modules/") {
        Some(rest) => format!("{}{rest}", modules(project, package)),
        None => word.to_owned(),
    }
}

/// Where a member's packages lie: pnpm puts them into its folder, the others to the top.
fn modules(project: &Project, package: &Package) -> String {
    let hoisted = !package.folder.is_empty() && !project.repo.has("pnpm-lock.yaml");
    let up = if hoisted { "../".repeat(package.folder.split('/').count()) } else { String::new() };
    format!("{up}node_modules/")
}

/// The file of a command, as seen from the service's folder, by the lock file or by the catalog.
fn command(project: &Project, package: &Package, name: &str) -> Option<String> {
    let locked = project.npm.iter().flat_map(|lock| &lock.packages);
    let by_lock = locked.filter_map(|(of, locked)| {
        let file = locked.bin.get(name)?;
        Some((of != name, format!("{of}/{}", file.trim_start_matches("./"))))
    });
    let found = by_lock.min().map(|(_, file)| file).or_else(|| CATALOG.commands.get(name).cloned()).or_else(|| {
        // npm, Yarn and Bun link the commands of packages; pnpm writes shell scripts in their place.
        let linked = !project.repo.has("pnpm-lock.yaml") && package.manifest.dependency(name).is_some();
        linked.then(|| format!(".bin/{name}"))
    })?;
    Some(format!("{}{found}", modules(project, package)))
}

/// The first script that a configuration of pm2 names.
fn ecosystem(repo: &Repo, package: &Package, file: &str) -> Option<String> {
    let name = file.rsplit('/').next().unwrap_or(file);
    let is_one = [".config.js", ".config.cjs", ".json", ".yml", ".yaml"].iter().any(|end| name.ends_with(end));
    let text = repo.text(&normal(&package.path(file))?).filter(|_| is_one)?;
    let found = SCRIPT.captures(text)?;
    Some(found.get(1)?.as_str().trim_start_matches("./").to_owned())
}

static SCRIPT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"\bscript['"]?\s*:\s*['"]?([A-Za-z0-9_./-]+\.[cm]?[jt]s)\b"#));

/// What the first line of a script of the project names.
fn interpreter(repo: &Repo, package: &Package, file: &str) -> Option<String> {
    let path = normal(&package.path(file)).filter(|_| file.contains('/') || file.ends_with(".sh"))?;
    let first = repo.text(&path)?.lines().next()?;
    let Some(words) = first.strip_prefix("#!").map(str::split_whitespace) else {
        return file.ends_with(".sh").then(|| "sh".to_owned());
    };
    let program = words
        .map(|word| word.rsplit('/').next().unwrap_or(word))
        .find(|word| *word != "env" && !word.starts_with('-'))?;
    Some(program.to_owned())
}

enum Viable {
    Yes,
    Files(Option<String>),
    No(String),
}

/// Whether what would be started is there, or is built.
fn viable(repo: &Repo, package: &Package, way: &Way, build: &mut Build) -> Viable {
    match &way.resolved.start {
        Start::Files(folder) => Viable::Files(folder.clone()),
        Start::Develop(words) => Viable::No(format!("`{words}` is for development")),
        Start::Shell(line) if line.trim().is_empty() => Viable::No("it says nothing".to_owned()),
        Start::Program(argv) if argv.is_empty() => Viable::No("it says nothing".to_owned()),
        Start::Shell(_) | Start::Program(_) | Start::Bun(_) => Viable::Yes,
        Start::Node(args) => match start::file(args) {
            None => Viable::No("it names no file".to_owned()),
            Some(file) if file.contains("node_modules/") => Viable::Yes,
            Some(file) => found(repo, package, file, build),
        },
    }
}

fn found(repo: &Repo, package: &Package, file: &str, build: &mut Build) -> Viable {
    let Some(path) = normal(file) else { return Viable::No(format!("`{file}` lies outside of the repository")) };
    let in_repo = |path: &str| resolves(repo, &package.path(path));
    if in_repo(&path) || build.makes(&path) {
        return Viable::Yes;
    }
    if !build.is_there()
        && let Some(compiled) = build::typescript(repo, package).filter(|compiled| compiled.makes(&path))
    {
        *build = compiled;
        return Viable::Yes;
    }
    // What is built under another name than any that is known.
    if build.is_there()
        && !repo.has_folder(&package.path(path.split('/').next().unwrap_or_default()))
        && path.contains('/')
    {
        build.elsewhere = true;
        return Viable::Yes;
    }
    Viable::No(format!("`{file}` is not in the repository and nothing builds it"))
}

/// What a TypeScript source that is usually started becomes, where a compiler that nothing else calls makes it.
fn compiled(repo: &Repo, package: &Package) -> Option<(&'static str, String)> {
    let source = SOURCES.iter().find(|source| repo.has(&package.path(source)))?;
    let build = build::typescript(repo, package)?;
    let (stem, _) = source.rsplit_once('.')?;
    let root = build::root(repo, package);
    let inside = stem.strip_prefix(&root).unwrap_or(stem).trim_start_matches('/');
    Some((source, super::project::join(build.outputs.first().map_or("", String::as_str), &format!("{inside}.js"))))
}

/// Whether node finds something under this path.
fn resolves(repo: &Repo, path: &str) -> bool {
    ["", ".js", ".cjs", ".mjs", ".json", "/index.js", "/index.cjs"].iter().any(|end| repo.has(&format!("{path}{end}")))
}

fn server(
    planner: &mut Planner,
    project: &Project,
    package: &Package,
    mut build: Build,
    shape: Option<Shape>,
    way: Way,
    toolchain: &Toolchain,
) -> Result<Server, Error> {
    let repo = project.repo;
    let Way { mut resolved, evidence, reason } = way;
    by_itself(&mut resolved, shape.as_ref());
    build.take(&resolved.makes, &evidence);
    let file = match &resolved.start {
        Start::Node(args) | Start::Bun(args) => start::file(args).and_then(normal),
        _ => None,
    };
    let entry = file.as_ref().map(|file| package.path(file));
    let findings = source::read(repo, &package.folder, entry.as_deref().filter(|path| repo.has(path)));
    refuse_typescript(&resolved.start, toolchain, &evidence)?;
    planner.note(Decision::new(topic::START, shown(&resolved.start), reason, evidence.clone()));
    if let Some(evidence) = &build.evidence {
        let words = build.script.clone().unwrap_or_else(|| build.steps.join(" && "));
        planner.note(Decision::new(topic::BUILD, words, "it makes what is started", evidence.clone()));
    }
    say_what_is_left_out(planner, &build);
    for step in &resolved.dropped {
        planner.warn(format!("`{step}` is left out of the start: the image has done it, or it belongs into a step of its own before the start"));
    }
    if let Some(local) = &findings.local {
        planner.warn(format!("{local}: the program listens to its own machine only, so nobody outside of the container reaches it; listen on 0.0.0.0"));
    }
    let server_shape = shape.filter(|shape| !shape.mode.is_static);
    let only_development = |name: &String| {
        package.manifest.runtime_dependency(name).is_none() && package.manifest.dependency(name).is_some()
    };
    let imported = entry.iter().filter(|path| repo.has(path)).flat_map(|path| source::imported(repo, path));
    let needs_development = resolved.packages.iter().any(|name| package.manifest.runtime_dependency(name).is_none())
        || imported.into_iter().any(|name| only_development(&name));
    let modules = server_shape
        .as_ref()
        .is_none_or(|shape| shape.mode.modules || resolved.start != framework_start(project, package, shape));
    let from_source = entry.as_ref().is_some_and(|path| resolves(repo, path))
        || matches!(resolved.start, Start::Shell(_) | Start::Program(_));
    let whole = build.elsewhere
        || from_source
        || file.as_ref().is_some_and(|file| !file.contains("node_modules/") && !build.makes(file));
    let kept = kept(repo, package, &build, &findings, server_shape.as_ref());
    let signals = handles_signals(package, server_shape.as_ref(), &findings, entry.as_deref());
    let usual_port = usual_port(package, server_shape.as_ref(), file.as_deref());
    let mut environment = resolved.env;
    if let Some(host) = server_shape.as_ref().and_then(|shape| shape.mode.host.clone()) {
        environment.push((host, "0.0.0.0".to_owned()));
    }
    let program = file
        .as_ref()
        .and_then(|file| CATALOG.program.iter().find(|row| file.contains(&format!("node_modules/{}/", row.package))));
    environment.extend(program.and_then(|row| row.host.clone()).map(|host| (host, "0.0.0.0".to_owned())));
    let generates = generates(project, package);
    let generated_by_pnpm = generates && repo.has("pnpm-lock.yaml");
    let generated = match generates && !generated_by_pnpm {
        true => vec!["node_modules/.prisma".to_owned()],
        false => Vec::new(),
    };
    Ok(Server {
        start: resolved.start,
        environment,
        evidence,
        build,
        shape: server_shape,
        modules,
        needs_development,
        whole,
        kept,
        generated,
        generated_by_pnpm,
        findings,
        sets_port: false,
        usual_port,
        signals,
        tini: true,
    })
}

/// A result that brings its packages along is not started by the framework's command, which wants all of them.
fn by_itself(resolved: &mut Resolved, shape: Option<&Shape>) {
    let Some(shape) = shape.filter(|shape| !shape.mode.modules && !shape.mode.start.is_empty()) else { return };
    let Start::Node(args) = &resolved.start else { return };
    let own = format!("node_modules/{}/", shape.framework.dependency);
    if start::file(args).is_some_and(|file| file.contains(&own)) {
        if let Some(port) = start::port(args) {
            resolved.env.push(("PORT".to_owned(), port.to_string()));
        }
        resolved.start = Start::Node(shape.mode.start.clone());
    }
}

fn framework_start(project: &Project, package: &Package, shape: &Shape) -> Start {
    Start::Node(shape.mode.start.iter().map(|word| placed(project, package, word)).collect())
}

/// Node before 22.18 cannot run TypeScript.
fn refuse_typescript(start: &Start, toolchain: &Toolchain, evidence: &Evidence) -> Result<(), Error> {
    let Start::Node(args) = start else { return Ok(()) };
    let loads = args.iter().any(|word| word.starts_with('-'));
    let file = start::file(args).filter(|file| start::is_typescript(file) && !loads);
    let old = matches!(toolchain.cycle.parse::<u32>(), Ok(cycle) if cycle < 22);
    match file.filter(|_| old) {
        None => Ok(()),
        Some(file) => {
            Err(Error::no(format!("{evidence} starts `{file}`, and Node {} cannot run TypeScript", toolchain.version))
                .hint("add a build script that compiles it, or take a newer release with `--toolchain 24`"))
        }
    }
}

fn shown(start: &Start) -> String {
    match start {
        Start::Node(args) => format!("node {}", args.join(" ")),
        Start::Bun(args) => format!("bun {}", args.join(" ")),
        Start::Program(argv) => argv.join(" "),
        Start::Shell(line) => line.clone(),
        Start::Files(_) | Start::Develop(_) => String::new(),
    }
}

/// What the final stage takes from the repository: the manifest, what is read by convention, and what the program names.
fn kept(repo: &Repo, package: &Package, build: &Build, findings: &Findings, shape: Option<&Shape>) -> Vec<String> {
    let sources = build::sources(repo, package);
    let mut kept = vec!["package.json".to_owned()];
    let keeps = shape.iter().flat_map(|shape| &shape.mode.keeps);
    kept.extend(keeps.filter(|path| repo.exists(&package.path(path))).cloned());
    // A framework copies what it serves into its output.
    let copied = |name: &&str| {
        shape.is_some_and(|shape| {
            shape.mode.port.is_some() && !["nest", "adonis"].contains(&shape.framework.id.as_str())
        }) && ["public", "static", "assets"].contains(name)
    };
    // It reads the settings of the compiler when the program runs.
    let wanted =
        |name: &str| name.starts_with("tsconfig") && package.manifest.runtime_dependency("tsconfig-paths").is_some();
    // The build context does not hold what may be a secret.
    let secrets = Matcher::new(&SHARED.secrets.join("\n"));
    let top = repo.top();
    let names = top.into_iter().filter(|name| {
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        let named = findings.names(name)
            && !name.contains(".config.")
            && !name.starts_with("tsconfig")
            && *name != "node_modules";
        let built = build.outputs.iter().any(|output| output.split('/').next() == Some(name));
        plain
            && !built
            && *name != "package.json"
            && !secrets.hides(name)
            && !name.starts_with('.')
            && !copied(name)
            && (READ.contains(name) || wanted(name) || named && !sources.contains(*name) && !is_tooling(name))
    });
    kept.extend(names.map(str::to_owned));
    kept.sort_by_key(|name| name != "package.json");
    kept.dedup();
    kept
}

/// Files that only tools and people read.
fn is_tooling(name: &str) -> bool {
    let starts = [
        ".git",
        ".github",
        ".vscode",
        ".idea",
        "Dockerfile",
        "README",
        "LICENSE",
        "docker-compose",
        "test",
        "tests",
        "dist",
        "build",
    ];
    let locks = CATALOG.manager.iter().any(|manager| manager.lockfiles.iter().any(|file| file == name));
    locks
        || name.ends_with(".md")
        || starts.iter().any(|start| name == *start || (start.len() > 5 && name.starts_with(start)))
}

/// Whether a build puts the client of Prisma into node_modules, which it does where the schema names no other place.
fn generates(project: &Project, package: &Package) -> bool {
    let of = |package: &Package| {
        let files = ["prisma/schema.prisma", "schema.prisma", "prisma/schema/schema.prisma"];
        let text = files.iter().find_map(|file| project.repo.text(&package.path(file)));
        text.is_some_and(|text| {
            text.contains("prisma-client-js") && !text.lines().any(|line| line.trim_start().starts_with("output"))
        }) && package.manifest.dependency("@prisma/client").is_some()
    };
    of(package) || project.closure(&package.folder).into_iter().any(of)
}

fn handles_signals(
    package: &Package,
    shape: Option<&Shape>,
    findings: &Findings,
    entry: Option<&str>,
) -> Option<Evidence> {
    if let Some(shape) = shape.filter(|shape| shape.mode.signals) {
        return Some(shape.evidence.clone());
    }
    let library = CATALOG
        .library
        .iter()
        .find(|row| row.signals && package.manifest.runtime_dependency(&row.dependency).is_some());
    if let Some(row) = library {
        return Some(Evidence::new(
            &package.path("package.json"),
            &format!("\"{}\"", row.dependency),
            Strength::Stated,
        ));
    }
    let begins = |path: &str| {
        ["index.", "main.", "server.", "app."]
            .iter()
            .any(|begin| path.rsplit('/').next().is_some_and(|name| name.starts_with(begin)))
    };
    findings.signals.clone().filter(|found| Some(found.file.as_str()) == entry || begins(&found.file))
}

fn usual_port(package: &Package, shape: Option<&Shape>, file: Option<&str>) -> Option<(u16, String)> {
    let program = CATALOG
        .program
        .iter()
        .find(|row| file.is_some_and(|file| file.contains(&format!("node_modules/{}/", row.package))));
    if let Some(row) = program {
        return Some((row.port, format!("the port of `{}` where nothing says another", row.package)));
    }
    if let Some(shape) = shape
        && let Some(port) = shape.mode.port
    {
        return Some((port, format!("the port of {} where nothing says another", shape.framework.title)));
    }
    let library = CATALOG
        .library
        .iter()
        .find(|row| !row.signals && package.manifest.runtime_dependency(&row.dependency).is_some())?;
    Some((library.port.unwrap_or(3000), format!("`{}` serves, and nothing says where", library.dependency)))
}

/// The port, and whether PORT has to be set for it.
pub fn port(planner: &mut Planner, server: &mut Server) -> Option<u16> {
    let findings = &server.findings;
    let stated = server.environment.iter().find(|(name, _)| name == "PORT").and_then(|(_, value)| value.parse().ok());
    let flag = match &server.start {
        Start::Node(args) | Start::Bun(args) | Start::Program(args) => start::port(args),
        _ => None,
    };
    if let Some(port) = flag.or(stated) {
        let evidence = Evidence { strength: Strength::Pinned, ..server.evidence.clone() };
        planner.facts.push(Fact::from_evidence(Kind::Port(port), evidence));
    }
    let package = match &server.start {
        Start::Node(args) => start::file(args).is_some_and(|file| file.contains("node_modules/")),
        _ => false,
    };
    let framework =
        server.shape.as_ref().is_some_and(|shape| shape.mode.port.is_some()) || package && server.usual_port.is_some();
    let listens = findings.listens.is_some() || framework || findings.from_environment.is_some();
    if !listens && flag.or(stated).is_none() && planner.wishes.port.is_none() {
        planner.note(Decision::new(
            topic::PORT,
            "none",
            "nothing listens",
            Evidence::new("", "", Strength::Convention),
        ));
        return None;
    }
    let own_server = !framework || findings.listens.is_some();
    let ports = findings.ports.iter().filter(|_| own_server && findings.listens.is_some());
    // The first that is stated counts: other numbers are those of workers and examples.
    let best =
        ports.clone().find(|(_, evidence)| evidence.strength >= Strength::Stated).or_else(|| ports.clone().next());
    planner.facts.extend(best.map(|(port, evidence)| Fact::from_evidence(Kind::Port(*port), evidence.clone())));
    let from_environment = findings.from_environment.clone();
    if best.is_none() {
        // A framework's own port is a convention, and no guess.
        let usual = server.usual_port.clone().filter(|_| framework);
        planner.facts.extend(usual.map(|(port, why)| Fact::new(Kind::Port(port), "", &why, Strength::Convention)));
    }
    let fallback = server
        .usual_port
        .clone()
        .filter(|_| !framework)
        .or_else(|| from_environment.as_ref().map(|_| (3000, "the program takes it from PORT".to_owned())));
    let unsaid = || (3000, "it listens, and nothing says where".to_owned());
    let port = planner.port(fallback.or_else(|| (!framework && best.is_none()).then(unsaid)));
    let asked = planner.wishes.port.is_some();
    let placeholder = server.start.fill(port.unwrap_or(3000));
    let without_default = from_environment.is_some_and(|(_, default)| !default) && best.is_none();
    let wanted = server.shape.as_ref().is_some_and(|shape| shape.mode.wants_port);
    let unset = !placeholder && flag.is_none() && stated.is_none();
    server.sets_port = unset && (without_default && !framework || asked || wanted);
    port
}

/// Whether an init has to pass signals on.
pub fn signals(planner: &mut Planner, server: &mut Server) {
    let shell = matches!(server.start, Start::Shell(_));
    let (value, reason, evidence) = match server.signals.clone().filter(|_| !shell) {
        Some(evidence) => ("the program itself", "it ends on SIGTERM", evidence),
        None => (
            "tini",
            "as the first process, Node ends on SIGTERM only where the program says so",
            Evidence::new("", "", Strength::Convention),
        ),
    };
    planner.note(Decision::new(topic::INIT, value, reason, evidence));
    server.tini = value == "tini";
}

impl Server {
    /// ENTRYPOINT and CMD.
    pub fn words(&self, distroless: bool) -> (Vec<String>, Vec<String>) {
        let mut entrypoint: Vec<String> =
            if self.tini { vec!["/usr/bin/tini".to_owned(), "--".to_owned()] } else { Vec::new() };
        let command = match &self.start {
            Start::Node(args) => {
                entrypoint.push(if distroless { "/nodejs/bin/node" } else { "node" }.to_owned());
                args.clone()
            }
            Start::Bun(args) => {
                entrypoint.push("bun".to_owned());
                args.clone()
            }
            Start::Program(argv) => argv.clone(),
            Start::Shell(line) => vec!["sh".to_owned(), "-c".to_owned(), line.clone()],
            Start::Files(_) | Start::Develop(_) => Vec::new(),
        };
        (entrypoint, command)
    }
}
