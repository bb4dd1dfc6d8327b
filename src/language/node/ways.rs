//! The ways to start a package: scripts, processes, the framework's own, the manifest's `main`, files that are usually started;
//! what each comes down to, and whether it can be started.

use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::language::Scope;
use crate::path;
use crate::path::{join, normal};
use crate::plan::processes;
use crate::repo::Repo;

use super::build::{self, Build};
use super::catalog::{CATALOG, Serves};
use super::commands::Commands;
use super::framework::Shape;
use super::imports::imported;
use super::line::{self, Resolver};
use super::package::Package;
use super::project::Project;
use super::source;
use super::start::{self, Resolved, Start};
use super::typescript;

/// A way to start.
pub struct Way {
    /// What `--entry` would call it: a script, a file, a process.
    pub name: String,
    /// The command line.
    pub line: String,
    /// What speaks for it.
    pub evidence: Evidence,
    /// Why it may be right, a clause.
    pub reason: &'static str,
    /// What the line comes down to.
    pub resolved: Resolved,
    /// Whether it can be started.
    pub verdict: Verdict,
    /// The build that makes what it starts.
    pub build: Build,
    /// The file that node or Bun starts, relative to the package.
    pub file: Option<String>,
    /// The same in the repository, where it is there.
    pub entry: Option<String>,
    /// Whether sources of the repository are started, and no result of the build.
    pub from_source: bool,
    /// Whether it takes packages that are for development only.
    pub needs_development: bool,
}

/// Whether what would be started is there, or is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It can be started.
    Starts,
    /// A web server serves files, from this folder where one is named; whether there is something to serve.
    Files(Option<String>, bool),
    /// It cannot be started, because.
    Cannot(String),
}

/// Why a manifest's `main` may be what is started.
const MAIN: &str = "the manifest's `main`";

/// Why what a framework's build makes may be.
const FRAMEWORK: &str = "the framework's own start";

/// Why a process of a platform may be.
const PROCESS: &str = "a platform's process";

/// Why what a package publishes may be.
const COMMAND: &str = "the manifest's command";

/// Why a script may be.
const SCRIPT: &str = "the start script";

impl Way {
    /// What is known of it before its files are looked for.
    fn new(name: &str, line: String, evidence: Evidence, reason: &'static str) -> Self {
        Way {
            name: name.to_owned(),
            line,
            evidence,
            reason,
            resolved: Resolved::default(),
            verdict: Verdict::Cannot("it says nothing".to_owned()),
            build: Build::default(),
            file: None,
            entry: None,
            from_source: false,
            needs_development: false,
        }
    }

    /// Whether the manifest's `main` is started, which is also what others import.
    pub fn is_main(&self) -> bool {
        self.reason == MAIN
    }

    /// Whether it may be there for others only: they import it, or call it.
    pub fn is_published(&self) -> bool {
        self.is_main() || self.reason == COMMAND
    }

    /// What it says: a script, a program, or why it cannot be started. Processes testify for themselves.
    pub fn fact(&self) -> Option<Fact> {
        let kind = match &self.verdict {
            Verdict::Cannot(why) => Kind::Cannot(self.name.clone(), why.clone()),
            _ if self.reason == PROCESS => return None,
            _ if self.reason == SCRIPT => Kind::Script(self.name.clone(), self.line.clone()),
            _ => Kind::Entry(self.name.clone()),
        };
        Some(Fact::from_evidence(kind, self.evidence.clone()))
    }

    /// The port that its words or its variables name.
    pub fn port(&self) -> Option<u16> {
        let flag = match &self.resolved.start {
            Start::Node(args) | Start::Bun(args) | Start::Program(args) => start::port(args),
            _ => None,
        };
        let variable = self.resolved.env.iter().find(|(name, _)| name == "PORT");
        flag.or_else(|| variable.and_then(|(_, value)| value.parse().ok()))
    }

    /// The row of the package whose program it starts.
    pub fn program(&self) -> Option<&'static Serves> {
        let file = self.file.as_ref()?;
        CATALOG.program.iter().find(|row| file.contains(&format!("node_modules/{}/", row.package)))
    }
}

/// All ways to start a package, what each comes down to, and whether it can be.
pub fn read(scope: Scope, (project, package): (&Project, &Package), build: &Build, shape: Option<&Shape>) -> Vec<Way> {
    let repo = scope.repo;
    let commands = Commands { project, package };
    let find = |name: &str| commands.file(name);
    let interpreter = |file: &str| interpreter(repo, package, file);
    let ecosystem = |file: &str| ecosystem(repo, package, file);
    let manifest = &package.manifest;
    let resolver = Resolver {
        scripts: &manifest.scripts,
        main: manifest.main.as_deref(),
        command: &find,
        ecosystem: &ecosystem,
        interpreter: &interpreter,
    };
    let wish = scope.wishes.entry.as_deref().filter(|wish| !names(package, wish));
    let ways = match wish {
        Some(wish) => asked(repo, package, wish).into_iter().collect(),
        None => all(scope, &commands, shape),
    };
    let look = |way: Way| {
        let mut resolved = resolver.line(&way.line);
        let before = manifest.scripts.get(&format!("pre{}", way.name)).filter(|_| way.reason == SCRIPT);
        before.into_iter().for_each(|line| resolver.before(line, &mut resolved));
        Way { resolved, ..way }.looked(repo, package, build, shape)
    };
    ways.into_iter().map(look).collect()
}

/// Whether a wish names the package itself.
pub fn names(package: &Package, wish: &str) -> bool {
    normal(wish).as_deref() == Some(&package.folder) || package.manifest.name.as_deref() == Some(wish)
}

/// What `--entry` names: a script or a file.
fn asked(repo: &Repo, package: &Package, wish: &str) -> Option<Way> {
    let is_file = || normal(wish).is_some_and(|path| repo.has(&package.path(&path)));
    let line = match package.manifest.scripts.get(wish) {
        Some(line) => line.clone(),
        None if is_file() => node_line(wish),
        None => return None,
    };
    Some(Way::new(wish, line, Evidence::asked(&format!("--entry {wish}")), "asked for"))
}

fn all(scope: Scope, commands: &Commands, shape: Option<&Shape>) -> Vec<Way> {
    let (repo, package) = (scope.repo, commands.package);
    let (file, manifest) = (package.path("package.json"), &package.manifest);
    let stated =
        |name: &str, value: &str, strength| Evidence::new(&file, &format!("\"{name}\": \"{value}\""), strength);
    let mut ways = Vec::new();
    let process = processes::started(scope.told);
    if let Some(process) = process.filter(|_| !package.is_member()) {
        let evidence = Evidence { strength: Strength::Pinned, ..process.evidence };
        ways.push(Way::new(&process.name, process.line, evidence, PROCESS));
    }
    if let Some((name, line)) = build::of_containers(&manifest.scripts, &CATALOG.usual.container.starts) {
        ways.push(Way::new(name, line.to_owned(), stated(name, line, Strength::Pinned), SCRIPT));
    }
    for (name, line) in CATALOG.usual.scripts.iter().filter_map(|name| manifest.scripts.get_key_value(name)) {
        ways.push(Way::new(name, line.clone(), stated(name, line, Strength::Stated), SCRIPT));
    }
    if let Some(shape) = shape.filter(|shape| !shape.mode.start.is_empty()) {
        let words: Vec<String> = shape.mode.start.iter().map(|word| commands.placed(word)).collect();
        let evidence = Evidence { strength: Strength::Convention, ..shape.evidence.clone() };
        ways.push(Way::new(&shape.framework.id, format!("node {}", words.join(" ")), evidence, FRAMEWORK));
    }
    let served =
        scope.told.iter().filter(|_| shape.is_none() && !package.is_member()).filter_map(|fact| match &fact.kind {
            Kind::Output(folder) if !repo.exists(folder) => Some((folder, &fact.evidence)),
            _ => None,
        });
    if let Some((folder, evidence)) = served.into_iter().next() {
        let line = format!("serve {}", shlex::try_quote(folder).unwrap_or_default());
        ways.push(Way::new(folder, line, evidence.clone(), "a web server of another image serves it"));
    }
    // What is published as a command is a program; what others import may be none.
    let has_script = ways.iter().any(|way| way.reason == SCRIPT || way.reason == PROCESS);
    if !has_script && shape.is_none() {
        ways.extend(of_container(scope, package));
        ways.extend(own_command(repo, package));
    }
    if let Some(main) = &manifest.main {
        ways.push(Way::new(main, node_line(main), stated("main", main, Strength::Convention), MAIN));
    }
    if let Some(module) = bun_module(repo, package) {
        let line = format!("bun {}", shlex::try_quote(module).unwrap_or_default());
        ways.push(Way::new(module, line, stated("module", module, Strength::Convention), "what Bun starts"));
    }
    let guess = |path: &str| Evidence::new(&package.path(path), "", Strength::Guess);
    for usual in CATALOG.usual.files.iter().filter(|usual| repo.has(&package.path(usual))) {
        ways.push(Way::new(usual, node_line(usual), guess(usual), "a file that is usually started"));
    }
    if let Some((source, made)) = compiled(repo, package) {
        ways.push(Way::new(source, node_line(&made), guess(source), "the source that is usually started, compiled"));
    }
    ways
}

/// What node starts in a container of it, where the file is in the repository.
fn of_container(scope: Scope, package: &Package) -> Option<Way> {
    let starts = scope.told.iter().filter_map(|fact| match &fact.kind {
        Kind::Start(argv) => Some((argv.iter().position(|word| path::name(word) == "node")?, argv, &fact.evidence)),
        _ => None,
    });
    let way = |(at, argv, evidence): (usize, &Vec<String>, &Evidence)| {
        let mut words = argv.get(at..)?.to_vec();
        "node".clone_into(words.first_mut()?);
        let file = words.iter_mut().skip(1).find(|word| !word.starts_with('-'))?;
        let ends = file.match_indices('/').filter_map(|(at, _)| file.get(at + 1..));
        let mut inside = std::iter::once(file.as_str()).chain(ends).filter_map(normal);
        *file = inside.find(|inside| scope.repo.has(&package.path(inside)))?;
        let name = file.clone();
        let line = shlex::try_join(words.iter().map(String::as_str)).ok()?;
        Some(Way::new(&name, line, evidence.clone(), "a container of it is started so"))
    };
    starts.filter_map(way).next()
}

/// The command that a package publishes under its own name, or the only one, where no `main` is called as programs are.
fn own_command(repo: &Repo, package: &Package) -> Option<Way> {
    let manifest = &package.manifest;
    let is_named = |main: &String| !path::name(main).starts_with("index.") && CATALOG.usual.files.contains(main);
    let is_program = |main: &String| normal(main).as_ref().is_some_and(is_named);
    let own = manifest.name.as_deref().and_then(|name| name.rsplit('/').next());
    let (name, file) = own
        .and_then(|own| manifest.bin.get_key_value(own))
        .or_else(|| manifest.bin.first_key_value().filter(|_| manifest.bin.len() == 1))?;
    let file = normal(file).filter(|_| !manifest.main.as_ref().is_some_and(is_program))?;
    let words = source::serving(repo, &package.folder).map_or_else(String::new, |word| format!(" {word}"));
    let quote = format!("\"{name}\": \"{file}\"");
    let evidence = Evidence::new(&package.path("package.json"), &quote, Strength::Convention);
    Some(Way::new(&file, format!("{}{words}", node_line(&file)), evidence, COMMAND))
}

/// The field `module` of a project that Bun installs, where the file is there.
fn bun_module<'a>(repo: &Repo, package: &'a Package) -> Option<&'a str> {
    let locks = &CATALOG.runner()?.lockfiles;
    let file = package.manifest.module_file.as_deref().filter(|file| !file.starts_with('-'))?;
    (locks.iter().any(|lock| repo.has(lock)) && repo.has(&package.path(&normal(file)?))).then_some(file)
}

fn node_line(file: &str) -> String {
    let quoted = shlex::try_quote(file).unwrap_or_default();
    match file.starts_with('-') {
        true => format!("node ./{quoted}"),
        false => format!("node {quoted}"),
    }
}

/// What a TypeScript source that is usually started becomes, where a compiler that nothing else calls makes it.
fn compiled(repo: &Repo, package: &Package) -> Option<(&'static str, String)> {
    let source = CATALOG.usual.sources.iter().find(|source| repo.has(&package.path(source)))?;
    let build = build::typescript(repo, package)?;
    let (stem, _) = source.rsplit_once('.')?;
    let root = typescript::root(repo, package);
    let inside = stem.strip_prefix(&root).unwrap_or(stem).trim_start_matches('/');
    Some((source, join(build.outputs.first().map_or("", String::as_str), &format!("{inside}.js"))))
}

/// The first script that a configuration of pm2 names.
fn ecosystem(repo: &Repo, package: &Package, file: &str) -> Option<String> {
    let name = path::name(file);
    let is_one = [".config.js", ".config.cjs", ".json", ".yml", ".yaml"].iter().any(|end| name.ends_with(end));
    let text = repo.text(&normal(&package.path(file))?).filter(|_| is_one)?;
    line::named_script(text)
}

/// What the first line of a script of the project names.
fn interpreter(repo: &Repo, package: &Package, file: &str) -> Option<String> {
    let path = normal(&package.path(file)).filter(|_| file.contains('/') || file.ends_with(".sh"))?;
    let first = repo.text(&path)?.lines().next()?;
    let Some(words) = first.strip_prefix("#!").map(str::split_whitespace) else {
        return file.ends_with(".sh").then(|| "sh".to_owned());
    };
    let mut words = words.map(path::name);
    words.find(|word| *word != "env" && !word.starts_with('-')).map(str::to_owned)
}

impl Way {
    /// With what its files say.
    fn looked(mut self, repo: &Repo, package: &Package, build: &Build, shape: Option<&Shape>) -> Self {
        self.build = build.clone();
        let makes = |shape: &Shape| shape.mode.rooted && self.reason == FRAMEWORK;
        self.verdict = match shape.is_some_and(makes) {
            true => Verdict::Starts,
            false => self.verdict(repo, package),
        };
        if self.verdict != Verdict::Starts {
            return self;
        }
        self.by_itself(shape);
        self.build.take(&self.resolved.makes, &self.evidence);
        self.file = match &self.resolved.start {
            Start::Node(args) | Start::Bun(args) => start::file(args).and_then(normal),
            _ => None,
        };
        let place = self.file.as_ref().map(|file| package.path(file));
        self.from_source = match &self.resolved.start {
            Start::Shell(_) | Start::Program(_) => true,
            _ => place.as_ref().is_some_and(|path| resolves(repo, path)),
        };
        self.entry = place.filter(|path| repo.has(path));
        let manifest = &package.manifest;
        let taken = self.resolved.packages.iter().any(|name| manifest.runtime_dependency(name).is_none());
        let only_development =
            |name: &String| manifest.runtime_dependency(name).is_none() && manifest.dependency(name).is_some();
        let imports = self.entry.iter().flat_map(|path| imported(repo, path));
        self.needs_development = taken || imports.into_iter().any(|name| only_development(&name));
        self
    }

    /// A result that brings its packages along is not started by the framework's command, which wants all of them.
    fn by_itself(&mut self, shape: Option<&Shape>) {
        let Some(shape) = shape.filter(|shape| !shape.mode.modules && !shape.mode.start.is_empty()) else { return };
        let Start::Node(args) = &self.resolved.start else { return };
        let own = format!("node_modules/{}/", shape.framework.dependency);
        if start::file(args).is_some_and(|file| file.contains(&own)) {
            if let Some(port) = start::port(args) {
                self.resolved.env.push(("PORT".to_owned(), port.to_string()));
            }
            self.resolved.start = Start::Node(shape.mode.start.clone());
        }
    }

    fn verdict(&mut self, repo: &Repo, package: &Package) -> Verdict {
        let no = |why: &str| Verdict::Cannot(why.to_owned());
        match &self.resolved.start {
            Start::Files(folder) => {
                let place = package.path(&folder.clone().unwrap_or_default());
                Verdict::Files(folder.clone(), self.build.is_there() || repo.has_folder(&place))
            }
            Start::Develop(words) => Verdict::Cannot(format!("`{words}` is for development")),
            Start::Shell(line) if line.trim().is_empty() => no("it says nothing"),
            Start::Program(argv) | Start::Bun(argv) if argv.is_empty() => no("it says nothing"),
            Start::Program(argv) => {
                let own =
                    |word: &&String| word.contains('/') && !word.starts_with('/') && !word.contains("node_modules/");
                match argv.iter().find(own).and_then(|word| normal(word)) {
                    Some(path)
                        if !repo.has(&package.path(&path)) && (path.ends_with(".sh") || !self.build.makes(&path)) =>
                    {
                        Verdict::Cannot(format!("`{path}` is not in the repository"))
                    }
                    _ => Verdict::Starts,
                }
            }
            Start::Shell(_) | Start::Bun(_) => Verdict::Starts,
            Start::Node(args) => match start::file(args).map(str::to_owned) {
                None => no("it names no file"),
                Some(file) if is_of_repository(repo, package, &file) => Verdict::Cannot(format!(
                    "`{file}` lies in a folder `node_modules`, of which no image takes what is not installed there"
                )),
                Some(file) if file.contains("node_modules/") => Verdict::Starts,
                Some(file) => self.found(repo, package, &file),
            },
        }
    }

    fn found(&mut self, repo: &Repo, package: &Package, file: &str) -> Verdict {
        let Some(path) = normal(file) else {
            return Verdict::Cannot(format!("`{file}` lies outside of the repository"));
        };
        if resolves(repo, &package.path(&path)) || self.build.makes(&path) {
            return Verdict::Starts;
        }
        if !self.build.is_there()
            && let Some(compiled) = build::typescript(repo, package).filter(|compiled| compiled.makes(&path))
        {
            self.build = compiled;
            return Verdict::Starts;
        }
        // What is built under another name than any that is known.
        let top = path.split('/').next().unwrap_or_default();
        if self.build.is_there() && path.contains('/') && !repo.has_folder(&package.path(top)) {
            self.build.elsewhere = true;
            return Verdict::Starts;
        }
        Verdict::Cannot(format!("`{file}` is not in the repository and nothing builds it"))
    }
}

/// Whether a path goes into a folder of packages that no install makes, as no manifest lies beside it.
fn is_of_repository(repo: &Repo, package: &Package, file: &str) -> bool {
    let Some((above, _)) = file.split_once("node_modules/") else { return false };
    let above = normal(above).filter(|above| !above.is_empty());
    above.is_some_and(|above| !repo.has(&package.path(&join(&above, "package.json"))))
}

/// Whether node finds something under this path.
fn resolves(repo: &Repo, path: &str) -> bool {
    CATALOG.sources.found.iter().any(|end| repo.has(&format!("{path}{end}")))
}
