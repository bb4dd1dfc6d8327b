//! What the build of a service is: its commands, the framework behind it, and where the result lies.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::facts::{Evidence, Strength};
use crate::format::tsconfig::{self, Tsconfig};
use crate::repo::Repo;
use crate::source::shell::{self, Command};

use super::catalog::{CATALOG, Framework, Mode};
use super::project::{Package, join, normal};
use super::start::bare;

/// Scripts that make what is started, the usual one first.
const SCRIPTS: [&str; 6] = ["build", "build:prod", "build:production", "compile", "bundle", "heroku-postbuild"];

/// What scripts build that make parts of what is started, where none makes the whole: `build:client`.
const PARTS: [&str; 10] = ["css", "assets", "frontend", "client", "web", "ui", "app", "server", "backend", "api"];

/// How many scripts may call one another.
const DEEPEST: usize = 6;

/// The scripts that build parts, with the first of them.
fn parts(package: &Package) -> Option<(&'static str, Vec<&'static str>)> {
    static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| PARTS.iter().map(|part| format!("build:{part}")).collect());
    let there = NAMES.iter().map(String::as_str).filter(|name| package.manifest.scripts.contains_key(*name));
    let there: Vec<&str> = there.collect();
    Some((there.first()?, there.clone()))
}

/// The build of a service.
#[derive(Debug, Default)]
pub struct Build {
    /// The script that is run, where there is one.
    pub script: Option<String>,
    /// Steps to run one by one in place of the script, or where no script says them: each a command of a package.
    pub steps: Vec<String>,
    /// Steps of the script that are left out because they need a database.
    pub dropped: Vec<String>,
    /// Where the results lie, relative to the service.
    pub outputs: Vec<String>,
    /// Whether something is built in a place that is not known.
    pub elsewhere: bool,
    /// Scripts of the package that an install would run, and that need the sources.
    pub hooks: Vec<String>,
    /// Commands that have to run first, and that the script does not call.
    pub before: Vec<String>,
    /// Whether a step of it installs packages in a folder below.
    pub installs: bool,
    /// Whether packages of the workspace that it is made of are built.
    pub others: bool,
    /// What speaks for it.
    pub evidence: Option<Evidence>,
}

impl Build {
    /// Whether anything is built.
    pub fn is_there(&self) -> bool {
        self.others
            || !self.hooks.is_empty()
            || !self.before.is_empty()
            || self.script.is_some()
            || !self.steps.is_empty()
    }

    /// Takes up steps that a start line runs before the program, and that belong to the build.
    pub fn take(&mut self, steps: &[String], evidence: &Evidence) {
        let new: Vec<String> = steps.iter().filter(|step| !self.before.contains(step)).cloned().collect();
        self.elsewhere |= !steps.is_empty();
        if !new.is_empty() {
            self.before.extend(new);
            self.evidence.get_or_insert_with(|| evidence.clone());
        }
    }

    /// Whether the build makes this file.
    pub fn makes(&self, file: &str) -> bool {
        let inside = |output: &String| {
            file == output || file.strip_prefix(output.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        self.is_there() && (self.elsewhere || self.outputs.iter().any(inside))
    }
}

/// A framework in the shape that a service has it.
#[derive(Debug, Clone)]
pub struct Shape {
    /// The framework.
    pub framework: &'static Framework,
    /// Its mode.
    pub mode: Mode,
    /// What speaks for it.
    pub evidence: Evidence,
}

/// Reads the build of a service.
pub fn read(repo: &Repo, package: &Package) -> (Build, Option<Shape>) {
    let scripts = &package.manifest.scripts;
    let script = SCRIPTS.iter().find(|name| scripts.get(**name).is_some_and(|line| !line.trim().is_empty()));
    let line = script.and_then(|name| scripts.get(*name)).map_or("", String::as_str);
    let mut steps = Vec::new();
    expand(package, line, &mut steps, 0);
    // Managers run this before, and an image is built without a database.
    let before = script.and_then(|name| scripts.get(&format!("pre{name}"))).map_or("", String::as_str);
    let mut prepares = Vec::new();
    expand(package, before, &mut prepares, 0);
    if prepares.iter().any(|step| needs_database(step)) {
        steps = [prepares, steps].concat();
    }
    let shape = shape(repo, package, &steps);
    let mut build = Build::default();
    if let Some(name) = script.filter(|_| !says_only(line)) {
        let quote = format!("\"{name}\": \"{line}\"");
        build.script = Some((*name).to_owned());
        build.evidence = Some(Evidence::new(&package.path("package.json"), &quote, Strength::Stated));
        build.leave_out_migrations(&steps);
    } else if let Some((name, parts)) = parts(package) {
        let line = scripts.get(name).map_or("", String::as_str);
        build.evidence =
            Some(Evidence::new(&package.path("package.json"), &format!("\"{name}\": \"{line}\""), Strength::Stated));
        build.steps = parts.iter().map(|name| format!("npm run {name}")).collect();
        build.steps.iter().for_each(|step| expand(package, step, &mut steps, 0));
    } else if let Some(shape) = &shape {
        build.steps.extend(shape.framework.commands.first().cloned());
        build.evidence = Some(shape.evidence.clone());
        steps.clone_from(&build.steps);
    }
    for step in &steps {
        build.add_outputs(repo, package, step, shape.as_ref());
    }
    build.add_hooks(package);
    let generates = || {
        steps
            .iter()
            .chain(hooks(package).filter_map(|name| package.manifest.scripts.get(name)))
            .any(|step| step.contains("prisma generate") || step.contains("prisma:generate"))
    };
    let schema =
        ["prisma/schema.prisma", "schema.prisma", "prisma.config.ts"].iter().any(|file| repo.has(&package.path(file)));
    if schema && package.manifest.dependency("prisma").is_some() && !generates() {
        build.before.push("prisma generate".to_owned());
    }
    build.installs = steps.iter().any(|step| installs(step));
    build.outputs.sort();
    build.outputs.dedup();
    (build, shape)
}

/// Scripts that an install runs.
pub const HOOKS: [&str; 5] = ["preinstall", "install", "postinstall", "prepare", "prepublish"];

/// The names of a package's scripts that an install runs.
pub fn hooks(package: &Package) -> impl Iterator<Item = &'static str> {
    HOOKS.iter().copied().filter(|name| package.manifest.scripts.contains_key(*name))
}

/// Those of a member that prepare what others import, and that its build script does not repeat.
pub fn preparing(package: &Package) -> impl Iterator<Item = &'static str> {
    let build = package.manifest.scripts.get("build");
    let idle = |line: &String| CATALOG.skipped.hooks.iter().any(|begin| line.contains(begin.as_str()));
    hooks(package).filter(move |name| {
        let line = package.manifest.scripts.get(*name);
        let called = |line: &String| {
            build.is_some_and(|build| build == line || line.contains("build")) || CATALOG.skipped.hooks.contains(line)
        };
        *name != "preinstall" && line.is_some_and(|line| !line.trim().is_empty() && !idle(line) && !called(line))
    })
}

fn needs_database(step: &str) -> bool {
    let words = words(step);
    let bare = words.join(" ");
    let begins = |text: &str| CATALOG.skipped.migrations.iter().any(|begin| text.starts_with(begin.as_str()));
    begins(step) || begins(&bare) || migrates(&words)
}

/// Whether a step runs a file that is named after what it does to a database.
fn migrates(words: &[String]) -> bool {
    let runs = words.first().is_some_and(|word| ["node", "tsx", "ts-node", "bun"].contains(&word.as_str()));
    let file = words.iter().skip(1).find(|word| !word.starts_with('-'));
    let stem = file.and_then(|file| file.rsplit('/').next()?.split('.').next());
    runs && stem.is_some_and(|stem| ["migrate", "migration", "migrations", "seed"].contains(&stem))
}

/// Whether a step brings packages.
fn installs(step: &str) -> bool {
    let words = words(step);
    let manager = words.first().is_some_and(|word| ["npm", "yarn", "pnpm", "bun"].contains(&word.as_str()));
    manager && (words.len() == 1 || words.iter().any(|word| ["install", "ci", "i"].contains(&word.as_str())))
}

/// Whether a line prints, and does nothing.
fn says_only(line: &str) -> bool {
    shell::steps(line).iter().all(|step| ["echo", "exit", "true", ":"].iter().any(|word| begins(step, word)))
}

/// A TypeScript project without a build script, whose compiler's output is what is started.
pub fn typescript(repo: &Repo, package: &Package) -> Option<Build> {
    package.manifest.dependency("typescript")?;
    let mut build = Build { steps: vec!["tsc".to_owned()], ..Build::default() };
    build.evidence = Some(Evidence::new(&package.path("tsconfig.json"), "", Strength::Convention));
    build.add_outputs(repo, package, "tsc", None);
    (!build.outputs.is_empty() || build.elsewhere).then_some(build)
}

impl Build {
    /// Hooks that prepare the sources; what they are for the developer's machine, for patches, or what the build does
    /// anyway, is left out.
    fn add_hooks(&mut self, package: &Package) {
        let scripts = &package.manifest.scripts;
        let idle = |line: &str| CATALOG.skipped.hooks.iter().any(|begin| line.contains(begin.as_str()));
        let scripted = self.script.is_some();
        let built = |line: &str| scripted && (line.contains("build") || line.contains("tsc"));
        for name in HOOKS.iter().filter(|name| **name != "preinstall") {
            let Some(line) = scripts.get(*name).filter(|line| !built(line) && !line.trim().is_empty()) else {
                continue;
            };
            if idle(line) {
                self.add_rest(package, line);
                continue;
            }
            if says_only(line) {
                continue;
            }
            self.hooks.push((*name).to_owned());
            self.elsewhere |= !line.starts_with("prisma generate") && !line.starts_with("npx prisma generate");
        }
        if !self.hooks.is_empty() && self.evidence.is_none() {
            let quote = self.hooks.first().map(|name| format!("\"{name}\""));
            self.evidence =
                Some(Evidence::new(&package.path("package.json"), &quote.unwrap_or_default(), Strength::Stated));
        }
    }

    /// What a hook makes beside what is left out of it: `patch-package && npm run css`.
    fn add_rest(&mut self, package: &Package, line: &str) {
        let mut steps = Vec::new();
        for step in shell::steps(line) {
            let mut inner = Vec::new();
            expand(package, step, &mut inner, 0);
            let makes = |step: &String| words(step).first().is_some_and(|word| CATALOG.skipped.makers.contains(word));
            if !inner.is_empty() && inner.iter().all(makes) {
                steps.push(step.to_owned());
            }
        }
        self.elsewhere |= !steps.is_empty();
        self.before.extend(steps);
    }

    fn leave_out_migrations(&mut self, steps: &[String]) {
        let (dropped, kept): (Vec<&String>, Vec<&String>) = steps.iter().partition(|step| needs_database(step));
        if !dropped.is_empty() {
            self.dropped = dropped.into_iter().cloned().collect();
            self.steps = kept.into_iter().cloned().collect();
            self.script = None;
        }
    }

    fn add_outputs(&mut self, repo: &Repo, package: &Package, step: &str, shape: Option<&Shape>) {
        let words = words(step);
        let program = words.first().map(|word| word.rsplit('/').next().unwrap_or(word)).unwrap_or_default();
        let step = words.join(" ");
        if let Some(framework) =
            CATALOG.framework.iter().find(|row| row.commands.iter().any(|command| begins(&step, command)))
        {
            let shape = shape.filter(|shape| shape.framework.commands.iter().any(|command| begins(&step, command)));
            let (framework, mode) =
                shape.map_or((framework, framework.mode.last()), |shape| (shape.framework, Some(&shape.mode)));
            if !matches!(framework.id.as_str(), "nest") || program == "nest" {
                let own = output(repo, package, framework, &words);
                self.outputs.extend(
                    own.map(|path| vec![path]).or_else(|| mode.map(|mode| mode.output.clone())).unwrap_or_default(),
                );
                return;
            }
        }
        let Some(row) = CATALOG.builder.iter().find(|row| row.command == program) else {
            self.elsewhere |= !program.is_empty();
            return;
        };
        if let Some(path) = option(&words, &row.options) {
            let path = if path.ends_with(".js") || path.ends_with(".mjs") || path.ends_with(".cjs") {
                parent(&path)
            } else {
                path
            };
            self.add_output(&path);
        } else if row.tsconfig {
            self.compiled(repo, package, &words);
        } else if let Some(path) = &row.default {
            self.outputs.push(path.clone());
        }
    }

    fn add_output(&mut self, path: &str) {
        match normal(path).filter(|path| !path.is_empty()) {
            Some(path) => self.outputs.push(path),
            None => self.elsewhere = true,
        }
    }

    /// Where the TypeScript compiler writes: `outDir`, else beside the sources.
    fn compiled(&mut self, repo: &Repo, package: &Package, words: &[String]) {
        let named = option(words, &["-p".to_owned(), "--project".to_owned(), "-b".to_owned(), "--build".to_owned()]);
        let file = named.map_or_else(
            || "tsconfig.json".to_owned(),
            |path| if path.ends_with(".json") { path } else { join(&path, "tsconfig.json") },
        );
        let settings = normal(&package.path(&file)).and_then(|path| compiler(repo, &path));
        match settings {
            Some(settings) if settings.no_emit == Some(true) || words.iter().any(|word| word == "--noEmit") => {}
            Some(settings) => match settings
                .out_dir
                .and_then(|path| path.strip_prefix(&format!("{}/", package.folder)).map(str::to_owned).or(Some(path)))
            {
                Some(path) => self.add_output(&path),
                None => self.elsewhere = true,
            },
            None => self.elsewhere = true,
        }
    }
}

/// The settings of a tsconfig.json with those it builds on; `out_dir` is relative to the repository.
fn compiler(repo: &Repo, path: &str) -> Option<Tsconfig> {
    let mut path = path.to_owned();
    let mut found = Tsconfig::default();
    for _ in 0..5 {
        let settings = tsconfig::parse(repo.text(&path)?).ok()?;
        let folder = parent(&path);
        let place = |own: &str| normal(&join(&folder, own));
        found.out_dir = found.out_dir.or_else(|| settings.out_dir.as_deref().and_then(place));
        found.no_emit = found.no_emit.or(settings.no_emit);
        let base = settings.extends.iter().rev().find(|base| base.starts_with('.'));
        let next = base
            .and_then(|base| place(base))
            .map(|base| if base.ends_with(".json") { base } else { format!("{base}.json") });
        match next.filter(|next| repo.has(next)) {
            Some(next) => path = next,
            None => break,
        }
    }
    Some(found)
}

fn parent(path: &str) -> String {
    path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned())
}

/// The steps of a line, with scripts that call scripts read through.
fn expand(package: &Package, line: &str, into: &mut Vec<String>, depth: usize) {
    for step in shell::steps(line).into_iter().filter(|step| !step.is_empty()) {
        let words = words(step);
        let known = |name: String| {
            let line = package.manifest.scripts.get(&name)?;
            // Managers put what follows a single name behind the script's line.
            let rest = words.iter().skip_while(|word| **word != name).skip(1).filter(|word| *word != "--");
            let rest = rest.filter_map(|word| shlex::try_quote(word).ok()).collect::<Vec<_>>().join(" ");
            let several = words.first().is_some_and(|word| word.starts_with("run-") || word.starts_with("npm-run-all"));
            Some(if several || rest.is_empty() { line.clone() } else { format!("{line} {rest}") })
        };
        let names = called(&words).into_iter().flat_map(|name| matching(package, name));
        let scripts: Vec<String> = names.filter_map(known).collect();
        match scripts.is_empty() || depth >= DEEPEST || into.len() > 100 {
            true => into.push(step.to_owned()),
            false => scripts.into_iter().for_each(|inner| expand(package, &inner, into, depth + 1)),
        }
    }
}

/// The scripts of a pattern: `build:*`.
fn matching(package: &Package, name: String) -> Vec<String> {
    match name.strip_suffix('*').map(|begin| begin.trim_end_matches('*').to_owned()) {
        Some(begin) => package.manifest.scripts.keys().filter(|key| key.starts_with(&begin)).cloned().collect(),
        None => vec![name],
    }
}

/// The names of scripts that a step may run.
fn called(words: &[String]) -> Vec<String> {
    let (first, rest) = words.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let names = || rest.iter().filter(|word| !word.starts_with('-') && *word != "run");
    match first {
        "npm" if rest.first().is_some_and(|word| word == "run" || word == "run-script") => {
            names().take(1).cloned().collect()
        }
        "pnpm" | "yarn" | "bun" => names().take(1).cloned().collect(),
        "run-s" | "run-p" | "npm-run-all" | "npm-run-all2" => names().cloned().collect(),
        _ => Vec::new(),
    }
}

/// The words of a step without variables, and without what only finds the program.
fn words(step: &str) -> Vec<String> {
    let mut argv = match shell::parse(step) {
        Command::Simple { argv, .. } => argv,
        Command::Shell => step.split_whitespace().map(str::to_owned).collect(),
    };
    let passed = argv.iter().take_while(|word| ["--", "shx", "-y"].contains(&word.as_str())).count();
    argv.drain(..passed.min(argv.len().saturating_sub(1)));
    argv = bare(argv);
    if argv.len() > 1 && argv.first().is_some_and(|word| word == "shx") {
        argv.remove(0);
    }
    if let Some(first) = argv.first_mut() {
        *first = first.trim_start_matches("./").trim_start_matches("node_modules/.bin/").to_owned();
    }
    argv
}

/// The value of the first of these options, `--x y` or `--x=y`.
fn option(words: &[String], options: &[String]) -> Option<String> {
    let value = |(at, word): (usize, &String)| {
        options.iter().find_map(|option| match word.strip_prefix(option.as_str())? {
            "" => words.get(at + 1).filter(|value| !value.starts_with('-')).cloned(),
            rest => rest.strip_prefix('=').map(str::to_owned),
        })
    };
    words.iter().enumerate().find_map(value)
}

fn begins(step: &str, command: &str) -> bool {
    step.strip_prefix(command).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// The first framework that fits.
fn shape(repo: &Repo, package: &Package, steps: &[String]) -> Option<Shape> {
    CATALOG.framework.iter().find_map(|framework| {
        package.manifest.dependency(&framework.dependency)?;
        let steps: Vec<String> = steps.iter().map(|step| words(step).join(" ")).collect();
        let called = steps.iter().any(|step| framework.commands.iter().any(|command| begins(step, command)));
        let mode = framework.mode.iter().find(|mode| fits(repo, package, framework, mode, &steps))?;
        // A build script that does not call it builds something else.
        let callable =
            framework.command_package.as_ref().is_none_or(|name| package.manifest.dependency(name).is_some());
        let unsaid = steps.is_empty()
            && callable
            && (!mode.is_static
                || mode.file.is_some()
                || framework.config.iter().any(|file| repo.has(&package.path(file))));
        (called || unsaid).then(|| {
            let quote = format!("\"{}\"", framework.dependency);
            let evidence = Evidence::new(&package.path("package.json"), &quote, Strength::Stated);
            let mut mode = mode.clone();
            if framework.id == "angular" {
                angular(repo, package, &mut mode);
            }
            Shape { framework, mode, evidence }
        })
    })
}

/// What to do about a framework that is built, and none of whose modes fits.
pub fn advice(repo: &Repo, package: &Package) -> Option<String> {
    let mut steps = Vec::new();
    let line = SCRIPTS.iter().find_map(|name| package.manifest.scripts.get(*name)).map_or("", String::as_str);
    expand(package, line, &mut steps, 0);
    let steps: Vec<String> = steps.iter().map(|step| words(step).join(" ")).collect();
    let unfit = |framework: &&Framework| {
        let called = steps.iter().any(|step| framework.commands.iter().any(|command| begins(step, command)));
        let named = package.manifest.dependency(&framework.dependency).is_some();
        called && named && !framework.mode.iter().any(|mode| fits(repo, package, framework, mode, &steps))
    };
    CATALOG.framework.iter().find(unfit).and_then(|framework| framework.advice.clone())
}

fn fits(repo: &Repo, package: &Package, framework: &Framework, mode: &Mode, steps: &[String]) -> bool {
    let configured = |pattern: &String| find_setting(repo, package, framework, pattern).is_some();
    mode.when.as_ref().is_none_or(configured)
        && !mode.unless.as_ref().is_some_and(configured)
        && mode.needs.as_ref().is_none_or(|name| package.manifest.dependency(name).is_some())
        && mode.script.as_ref().is_none_or(|part| steps.iter().any(|step| step.contains(part.as_str())))
        && mode.file.as_ref().is_none_or(|file| repo.has(&package.path(file)))
}

/// The first group of a pattern (or the whole match) in one of a framework's files, outside of comments.
fn find_setting(repo: &Repo, package: &Package, framework: &Framework, pattern: &str) -> Option<String> {
    let pattern = crate::source::pattern(pattern);
    framework.config.iter().find_map(|file| {
        let text = repo.text(&package.path(file))?;
        let lines =
            text.lines().filter(|line| !line.trim_start().starts_with("//") && !line.trim_start().starts_with('*'));
        let text = lines.collect::<Vec<_>>().join("\n");
        let found = pattern.captures(&text)?;
        found.get(1).or_else(|| found.get(0)).map(|group| group.as_str().to_owned())
    })
}

/// Where a framework's build writes, if a script or a setting says another place than the usual one.
fn output(repo: &Repo, package: &Package, framework: &Framework, words: &[String]) -> Option<String> {
    let said = framework.output_option.as_ref().and_then(|name| option(words, std::slice::from_ref(name)));
    let set = || framework.output_setting.as_ref().and_then(|pattern| find_setting(repo, package, framework, pattern));
    said.or_else(set).as_deref().and_then(normal).filter(|path| !path.is_empty())
}

/// Angular names its output, and whether a server renders, in `angular.json`.
fn angular(repo: &Repo, package: &Package, mode: &mut Mode) {
    let Some(Ok(root)) = repo.text(&package.path("angular.json")).map(crate::format::json::relaxed) else { return };
    let projects = root.get("projects").and_then(serde_json::Value::as_object);
    let named = root.get("defaultProject").and_then(serde_json::Value::as_str);
    let is_app = |project: &&(&String, &serde_json::Value)| {
        project.1.get("projectType").is_none_or(|kind| kind == "application")
    };
    let all: Vec<_> = projects.into_iter().flatten().collect();
    let project = all.iter().find(|(name, _)| Some(name.as_str()) == named).or_else(|| all.iter().find(is_app));
    let Some((name, project)) = project else { return };
    let target = project.get("architect").or_else(|| project.get("targets")).and_then(|targets| targets.get("build"));
    let options = target.and_then(|target| target.get("options"));
    let said = options.and_then(|options| options.get("outputPath"));
    let base = said.and_then(|path| path.as_str().or_else(|| path.get("base")?.as_str()));
    let base = base.and_then(normal).unwrap_or_else(|| format!("dist/{name}"));
    let builder =
        target.and_then(|target| target.get("builder")).and_then(serde_json::Value::as_str).unwrap_or_default();
    let by_application = builder.ends_with(":application");
    let server = options
        .is_some_and(|options| options.get("server").is_some() && options.get("ssr").is_some_and(|ssr| ssr != false));
    if by_application && server && package.manifest.dependency("@angular/ssr").is_some() {
        *mode = Mode {
            id: "server".to_owned(),
            is_static: false,
            start: vec![format!("{base}/server/server.mjs")],
            port: Some(4000),
            output: vec![base],
            ..mode.clone()
        };
    } else {
        let browser = said.and_then(|path| path.get("browser")?.as_str()).unwrap_or("browser");
        let folder = if by_application && !browser.is_empty() { format!("{base}/{browser}") } else { base };
        mode.output = vec![folder];
    }
}

/// The folder whose inside the compiler mirrors: `rootDir`, else the one in which all sources lie.
pub fn root(repo: &Repo, package: &Package) -> String {
    let settings =
        repo.text(&package.path("tsconfig.json")).and_then(|text| tsconfig::parse(text).ok()).unwrap_or_default();
    let included = settings.include.iter().flatten().all(|path| path.trim_start_matches("./").starts_with("src"));
    let by_include = settings.include.is_some() && included;
    let mut sources = repo
        .below(&package.folder)
        .filter(|path| path.ends_with(".ts") && !path.ends_with(".d.ts") && !path.contains(".config."));
    let all_in_src = sources.all(|path| path.starts_with(&package.path("src/")));
    let stated = settings.root_dir.as_deref().and_then(normal);
    stated.unwrap_or_else(|| if by_include || all_in_src { "src".to_owned() } else { String::new() })
}

/// The folders of sources that a compiler turns into something else.
pub fn sources(repo: &Repo, package: &Package) -> BTreeSet<String> {
    let settings = repo.text(&package.path("tsconfig.json")).and_then(|text| tsconfig::parse(text).ok());
    let root =
        settings.and_then(|settings| settings.root_dir).as_deref().and_then(normal).filter(|path| !path.is_empty());
    let top = |path: String| path.split('/').next().map(str::to_owned);
    root.and_then(top).into_iter().chain(["src".to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::package_json;

    fn built(files: &[(&str, &str)]) -> (Build, Option<Shape>) {
        let repo = Repo::from_list("x", files.iter().copied());
        let manifest = package_json::parse(repo.text("package.json").unwrap()).unwrap();
        read(&repo, &Package { folder: String::new(), manifest })
    }

    fn outputs(script: &str, dependency: &str, files: &[(&str, &str)]) -> (Vec<String>, bool) {
        let manifest = format!(
            r#"{{"scripts": {{"build": "{script}", "ts": "tsc -p ."}}, "devDependencies": {{"{dependency}": "1"}}}}"#
        );
        let mut all = vec![("package.json", manifest.as_str())];
        all.extend(files);
        let (build, _) = built(&all);
        (build.outputs, build.elsewhere)
    }

    #[test]
    fn outputs_are_where_programs_write_them() {
        let ts = [
            ("tsconfig.json", "{\"extends\": \"./base.json\"}"),
            ("base.json", "{\"compilerOptions\": {\"outDir\": \"./out\"}}"),
        ];
        for (script, dependency, files, found, elsewhere) in [
            ("tsc", "typescript", &ts[..], &["out"][..], false),
            ("rimraf out && npm run ts", "typescript", &ts, &["out"], false),
            ("npx tsc --outDir lib", "typescript", &ts, &["lib"], false),
            ("tsc", "typescript", &[("tsconfig.json", "{}")], &[], true),
            (
                "tsc && vite build",
                "vite",
                &[("index.html", ""), ("tsconfig.json", "{\"compilerOptions\": {\"noEmit\": true}}")],
                &["dist"],
                false,
            ),
            ("vite build --outDir out", "vite", &[("index.html", "")], &["out"], false),
            (
                "vite build",
                "vite",
                &[
                    ("index.html", ""),
                    ("vite.config.ts", "// outDir: 'x'\nbuild: { rollupOptions: { output: {} }, outDir: 'www' }"),
                ],
                &["www"],
                false,
            ),
            ("vite build", "vite", &[("index.html", ""), ("vite.config.ts", "{ outDir: 'www' }")], &["dist"], false),
            ("run-s ts", "typescript", &ts, &["out"], false),
            ("npm-run-all --sequential t*", "typescript", &ts, &["out"], false),
            ("esbuild a.ts --bundle --outfile=build/a.js", "esbuild", &[], &["build"], false),
            ("nest build", "@nestjs/core", &[], &["dist"], false),
            ("node make.js", "x", &[], &[], true),
            ("echo none", "x", &[], &[], false),
            ("node --a=1 ./node_modules/gatsby/cli.js build", "gatsby", &[], &["public"], false),
        ] {
            assert_eq!(
                outputs(script, dependency, files),
                (found.iter().map(ToString::to_string).collect(), elsewhere),
                "{script}"
            );
        }
    }

    #[test]
    fn frameworks_have_modes() {
        let mode = |dependency: &str, script: &str, files: &[(&str, &str)]| {
            let manifest =
                format!(r#"{{"scripts": {{"build": "{script}"}}, "dependencies": {{"{dependency}": "1"}}}}"#);
            let mut all = vec![("package.json", manifest.as_str())];
            all.extend(files);
            built(&all).1.map(|shape| (shape.framework.id.as_str(), shape.mode.id, shape.mode.output.join(" ")))
        };
        let some = |framework, mode: &str, output: &str| Some((framework, mode.to_owned(), output.to_owned()));
        assert_eq!(mode("next", "next build", &[]), some("next", "server", ".next"));
        assert_eq!(
            mode("next", "next build", &[("next.config.js", "module.exports = { output: 'standalone' }")]),
            some("next", "standalone", ".next/standalone")
        );
        assert_eq!(
            mode("next", "next build", &[("next.config.js", "// output: 'export'")]),
            some("next", "server", ".next")
        );
        assert_eq!(mode("vite", "vite build", &[("index.html", "")]), some("vite", "static", "dist"));
        assert_eq!(mode("vite", "tsc", &[("index.html", "")]), None);
        assert_eq!(
            mode(
                "@angular/core",
                "ng build",
                &[(
                    "angular.json",
                    r#"{"projects": {"shop": {"projectType": "application", "architect": {"build": {"builder": "@angular/build:application", "options": {}}}}}}"#
                )]
            ),
            some("angular", "static", "dist/shop/browser")
        );
    }

    #[test]
    fn migrations_are_no_part_of_a_build() {
        let (build, _) =
            built(&[("package.json", r#"{"scripts": {"build": "prisma generate && tsc && prisma migrate deploy"}}"#)]);
        assert_eq!(build.dropped, ["prisma migrate deploy"]);
        assert_eq!(build.steps, ["prisma generate", "tsc"]);
        assert_eq!(build.script, None);
        let (build, _) = built(&[("package.json", r#"{"scripts": {"build": "tsx lib/db/migrate && tsc"}}"#)]);
        assert_eq!(build.dropped, ["tsx lib/db/migrate"]);
        let (build, _) = built(&[(
            "package.json",
            r#"{"scripts": {"prebuild": "run-s gen migrate", "gen": "prisma generate", "migrate": "prisma migrate dev", "build": "tsc"}}"#,
        )]);
        assert_eq!(build.steps, ["prisma generate", "tsc"]);
    }
}
