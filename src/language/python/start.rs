//! How the program is started: what a Procfile says, an application behind its server, a declared command, a script.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;

use super::packages::{Installed, numbers};
use super::program::{App, Program, Script};
use super::project::{Project, names};
use super::rows::{CATALOG, Framework, Server, Worker};
use crate::error::Error;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::format::procfile;
use crate::language::Variable;
use crate::plan::{Candidate, Decision, Planner, topic};
use crate::render::sinks::path_operand;
use crate::repo::Repo;
use crate::source::pattern;
use crate::source::python::Listener;
use crate::source::shell::{self, Command};

/// The port of servers that have none of their own.
const PORT: u16 = 8000;

/// The variable of platforms in command lines: `$PORT`, `${PORT}`, `${PORT:-8000}`.
static PORT_VARIABLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\$\{PORT(?::?-\d+)?\}|\$PORT\b"));

/// A port behind a flag or an address.
static PORT_ARGUMENT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:^|[:=])(\d{2,5})$"));

/// A port in `gunicorn.conf.py`.
static BIND: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?m)^\s*bind\s*=\s*\[?f?["'][^"'\n]*:(\d{2,5})["']"#));

/// How it is started.
#[derive(Debug, Clone)]
pub struct Start {
    /// A program of a package in place of `python`.
    pub program: Option<String>,
    /// The arguments.
    pub argv: Vec<String>,
    /// It ends on SIGTERM by itself.
    pub signals: bool,
    /// Where it listens.
    pub port: Option<u16>,
    /// Variables that it needs.
    pub environment: Vec<Variable>,
    /// A server to install beside the project's own packages.
    pub install: Option<String>,
    /// Static files to collect in the build.
    pub collect: Option<Collect>,
    /// What says that it is started like this.
    pub evidence: Evidence,
}

/// Django's static files.
#[derive(Debug, Clone, Serialize)]
pub struct Collect {
    manage: String,
    environment: Vec<Variable>,
}

/// What can be started.
#[derive(Debug, Clone)]
enum Entry {
    /// A process of the Procfile: variables and words.
    Process(Vec<Variable>, Vec<String>),
    /// An application.
    App(App),
    /// A declared command: its module and function.
    Command(String, String),
    /// A file.
    Script(Script),
}

/// Something that can be started, with its name and what speaks for it.
#[derive(Debug, Clone)]
struct Choice {
    entry: Entry,
    label: String,
    reason: &'static str,
    evidence: Evidence,
}

/// Facts about entries and frameworks.
pub fn facts(repo: &Repo, project: &Project, program: &Program) -> Vec<Fact> {
    let mut facts = Vec::new();
    for choice in choices(repo, project, program) {
        if let Entry::App(app) = &choice.entry {
            facts.push(Fact::from_evidence(Kind::Framework(app.framework.id.clone()), choice.evidence.clone()));
        }
        facts.push(Fact::from_evidence(Kind::Entry(choice.label), choice.evidence));
    }
    facts
}

/// Names of packages by any manifest.
fn declared(project: &Project) -> BTreeSet<String> {
    ["pip", "uv", "pipenv"].iter().flat_map(|manager| names(&project.dependencies(manager))).collect()
}

fn servers<'a>(names: &'a BTreeSet<String>) -> impl Iterator<Item = &'static Server> + use<'a> {
    CATALOG.server.iter().filter(|row| names.contains(&row.id) || row.with.iter().any(|name| names.contains(name)))
}

fn choices(repo: &Repo, project: &Project, program: &Program) -> Vec<Choice> {
    let declared = declared(project);
    let mut interfaces: BTreeSet<&str> =
        servers(&declared).flat_map(|row| &row.interfaces).map(String::as_str).collect();
    if !interfaces.is_empty() {
        interfaces.insert("own");
    }
    let mut choices = processes(repo);
    let mut apps = program.apps(&interfaces);
    // Servers would take such a name of a module for an option.
    apps.retain(|app| !app.reference.starts_with('-'));
    let served = apps.iter().any(|app| app.framework.interface != "worker");
    choices.extend(app_choices(&apps, program));
    choices.extend(command_choices(project, program, served));
    let files: BTreeSet<&str> = apps.iter().map(|app| app.file.as_str()).collect();
    choices.extend(script_choices(program, served).into_iter().filter(|choice| !files.contains(choice.label.as_str())));
    choices
}

fn processes(repo: &Repo) -> Vec<Choice> {
    let processes = repo.text("Procfile").and_then(|text| procfile::parse(text).ok()).unwrap_or_default();
    let is_one = |name: &str| !matches!(name, "release" | "postdeploy");
    let only = processes.iter().filter(|(name, _)| is_one(name)).count() == 1;
    let started = processes.iter().filter(|(name, _)| is_one(name));
    started
        .filter_map(|(name, command)| {
            let (environment, words) = command_line(command)?;
            let words = without_wrapper(repo, words);
            let strength = if name == "web" || only { Strength::Stated } else { Strength::Guess };
            Some(Choice {
                entry: Entry::Process(environment, words),
                label: name.clone(),
                reason: "the Procfile starts it",
                evidence: Evidence::new("Procfile", &format!("{name}: {command}"), strength),
            })
        })
        .collect()
}

/// The words of a command line that needs no shell and starts no development server; `{port}` stands for `$PORT`. Of
/// several steps the last counts: those before it prepare.
fn command_line(command: &str) -> Option<(Vec<Variable>, Vec<String>)> {
    let command = PORT_VARIABLE.replace_all(command, "{port}");
    let step = shell::steps(&command).into_iter().next_back()?.to_owned();
    if command.trim_start().starts_with("cd ") {
        return None;
    }
    let Command::Simple { env, argv } = shell::parse(&step) else { return None };
    let skipped = match (argv.first().map(String::as_str), argv.get(1).map(String::as_str)) {
        (Some("uv" | "poetry" | "pipenv" | "pdm" | "hatch"), Some("run")) => 2,
        _ => 0,
    };
    let words: Vec<String> = argv.into_iter().skip(skipped).filter(|word| word != "--reload").collect();
    let is_development = CATALOG
        .development
        .iter()
        .any(|row| row.words.iter().all(|word| words.iter().any(|own| own.ends_with(word.as_str()))));
    let environment = env.into_iter().map(|(name, value)| Variable::new(name, value)).collect();
    (!words.is_empty() && !is_development).then_some((environment, words))
}

/// Leaves out a program such as `bin/start-nginx`, which the platform lays beside the sources, before one that is known.
fn without_wrapper(repo: &Repo, words: Vec<String>) -> Vec<String> {
    let is_known = |word: &String| word == "python" || CATALOG.tool.iter().any(|row| row.names.contains(word));
    let is_foreign = |word: &String| {
        let path = word.trim_start_matches("./");
        !word.starts_with('/') && path.contains('/') && !repo.has(path)
    };
    let wrapped = words.first().is_some_and(is_foreign) && words.get(1).is_some_and(is_known);
    words.into_iter().skip(usize::from(wrapped)).collect()
}

fn app_choices(apps: &[App], program: &Program) -> Vec<Choice> {
    let only = apps.iter().filter(|app| app.framework.interface != "worker").count() == 1;
    let choice = |(index, app): (usize, &App)| {
        let django = app.framework.id.starts_with("django");
        let strength = match index {
            0 if app.framework.interface == "worker" && !program.scripts().is_empty() => Strength::Guess,
            0 if only || django => Strength::Stated,
            0 => Strength::Convention,
            _ => Strength::Guess,
        };
        Choice {
            label: format!("{}{}", app.reference, if app.factory { "()" } else { "" }),
            reason: if only { "the only application in the sources" } else { "an application, where it usually is" },
            evidence: Evidence::new(&app.file, &app.quote, strength),
            entry: Entry::App(app.clone()),
        }
    };
    apps.iter().enumerate().map(choice).collect()
}

fn command_choices(project: &Project, program: &Program, served: bool) -> Vec<Choice> {
    let scripts = project.scripts();
    let strength = match scripts.len() {
        1 if !served => Strength::Stated,
        _ if served => Strength::Guess,
        _ => Strength::Convention,
    };
    let file =
        if project.pyproject.as_ref().is_some_and(|p| !p.scripts.is_empty()) { "pyproject.toml" } else { "setup.cfg" };
    let commands = scripts.iter().filter_map(|(name, target)| {
        let (module, function) = target.split_once(':')?;
        let function = function.split('[').next().unwrap_or_default().trim();
        let is_name = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "._".contains(c));
        program.module(module).filter(|_| is_name(module) && is_name(function))?;
        Some(Choice {
            entry: Entry::Command(module.trim().to_owned(), function.to_owned()),
            label: name.clone(),
            reason: "the project declares this command",
            evidence: Evidence::new(file, &format!("{name} = \"{target}\""), strength),
        })
    });
    commands.collect()
}

fn script_choices(program: &Program, served: bool) -> Vec<Choice> {
    let scripts = program.scripts();
    let choice = |(index, script): (usize, &Script)| Choice {
        label: script.file.clone(),
        reason: if script.conventional {
            "the file that is run, where it usually is"
        } else {
            "a file that can be run"
        },
        evidence: Evidence::new(
            &script.file,
            &script.quote,
            match script.conventional && index == 0 && !served {
                true => Strength::Convention,
                false => Strength::Guess,
            },
        ),
        entry: Entry::Script(script.clone()),
    };
    scripts.iter().enumerate().map(choice).collect()
}

/// Decides what is started, and how.
///
/// # Errors
/// Where nothing can be started, or a wish names something that is not there.
pub fn decide(
    planner: &mut Planner,
    project: &Project,
    program: &Program,
    installed: &Installed,
    cycle: &str,
) -> Result<Start, Error> {
    let mut choices = choices(planner.repo, project, program);
    if let Some(wish) = planner.wishes.entry.clone() {
        let found =
            choices.iter().position(|choice| choice.label == wish || choice.label.trim_end_matches("()") == wish);
        let evidence = Evidence::asked(&format!("--entry {wish}"));
        let choice = match found {
            Some(index) => choices.swap_remove(index),
            None => asked(planner, project, program, &wish, &choices)?,
        };
        choices.insert(0, Choice { reason: "asked for", evidence, ..choice });
    }
    let candidates = choices
        .iter()
        .enumerate()
        .map(|(index, choice)| Candidate::new(index, choice.label.clone(), choice.reason, choice.evidence.clone()));
    let chosen = planner.choose(topic::ENTRY, candidates.collect()).and_then(|index| choices.into_iter().nth(index));
    let Some(choice) = chosen else {
        return Err(Error::nothing(
            "nothing here can be started: no application object, no Procfile, no script that does something",
        )
        .hint("name the file or `module:variable` with `--entry`"));
    };
    let django = match &choice.entry {
        Entry::App(app) => Some(app.clone()).filter(|app| app.framework.id.starts_with("django")),
        Entry::Process(..) => {
            program.apps(&BTreeSet::new()).into_iter().find(|app| app.framework.id.starts_with("django"))
        }
        _ => None,
    };
    let mut start = match choice.entry {
        Entry::App(app) => of_app(planner, program, installed, cycle, &app),
        Entry::Process(environment, words) => of_process(planner, program, environment, words, choice.label == "web"),
        Entry::Command(module, function) => of_command(planner, program, &module, &function),
        Entry::Script(script) => of_script(planner, program, &script),
    };
    start.evidence = choice.evidence;
    if let Some(app) = django {
        start.collect = collect(planner, project, program, &app);
    }
    note_signals(planner, &start);
    Ok(start)
}

fn asked(
    planner: &Planner,
    project: &Project,
    program: &Program,
    wish: &str,
    choices: &[Choice],
) -> Result<Choice, Error> {
    let file = wish.trim_start_matches("./");
    if let Some(source) = program.source(file) {
        let script = program.script(source, true, "");
        return Ok(Choice {
            entry: Entry::Script(script),
            label: wish.to_owned(),
            reason: "asked for",
            evidence: Evidence::guess(),
        });
    }
    if let Some(app) =
        wish.split_once(':').and_then(|(module, variable)| program.asked_app(module, variable, &declared(project)))
    {
        return Ok(Choice {
            entry: Entry::App(app),
            label: wish.to_owned(),
            reason: "asked for",
            evidence: Evidence::guess(),
        });
    }
    let known: Vec<String> = choices.iter().take(8).map(|choice| format!("`--entry {}`", choice.label)).collect();
    let hint = if known.is_empty() {
        "name a `.py` file of the repository".to_owned()
    } else {
        format!("known are {}", known.join(", "))
    };
    Err(Error::no(format!("`--entry {wish}` names nothing in `{}`", planner.repo.name())).hint(hint))
}

fn note_signals(planner: &mut Planner, start: &Start) {
    let (value, reason) = match start.signals {
        true => ("none", "the program ends on SIGTERM by itself"),
        false => ("tini", "as the first process Python ignores SIGTERM without a handler"),
    };
    planner.note(Decision::new(
        topic::INIT,
        value,
        reason,
        Evidence::new(&start.evidence.file, "", Strength::Convention),
    ));
}

/// The path on which a module's imports are found.
fn search_path(root: &str) -> Vec<Variable> {
    match root.is_empty() {
        true => Vec::new(),
        false => vec![Variable::new("PYTHONPATH", format!("/app/{root}"))],
    }
}

fn of_app(planner: &mut Planner, program: &Program, installed: &Installed, cycle: &str, app: &App) -> Start {
    let mut listeners = program.listeners(&app.file);
    if listeners.is_empty() {
        listeners = program.all_listeners();
    }
    testify_ports(planner, &app.file, &listeners, planner.repo.text("gunicorn.conf.py"));
    let mut start = Start {
        program: None,
        argv: Vec::new(),
        signals: app.framework.signals,
        port: None,
        environment: search_path(&app.root),
        install: None,
        collect: None,
        evidence: Evidence::guess(),
    };
    start.environment.extend(app.framework.environment.iter().map(|(name, value)| Variable::new(name, value)));
    let words = if matches!(app.framework.interface.as_str(), "own" | "worker") {
        app.framework.argv.clone()
    } else {
        let (server, install) = server(planner, installed, app.framework, cycle);
        start.signals = server.signals;
        start.install = install;
        served_by(server, app, installed)
    };
    if app.framework.interface != "worker" {
        let fallback = app.framework.port.unwrap_or(PORT);
        start.port = planner.port(Some((fallback, "the server's own port".to_owned())));
    }
    start.argv = fill(&words, app, start.port);
    start
}

/// The server: the project's own, else one that is installed beside its packages, and said so.
fn server(
    planner: &mut Planner,
    installed: &Installed,
    framework: &Framework,
    cycle: &str,
) -> (&'static Server, Option<String>) {
    let speaks = |row: &&Server| row.interfaces.contains(&framework.interface);
    let own: Vec<&'static Server> = servers(&installed.names).filter(speaks).collect();
    let candidates = own.iter().enumerate().map(|(index, row)| {
        let brought = row.with.iter().find(|name| installed.has(name) && !installed.has(&row.id));
        let name = brought.map_or(row.id.as_str(), |name| name.split('[').next().unwrap_or(name));
        // The first row of the catalog wins where a project brings several.
        let strength = if index == 0 { Strength::Stated } else { Strength::Convention };
        Candidate::new(
            row.id.clone(),
            row.id.clone(),
            "the project depends on it",
            Evidence { strength, ..installed.evidence(name) },
        )
    });
    if let Some(row) =
        planner.choose(topic::SERVER, candidates.collect()).and_then(|id| own.into_iter().find(|row| row.id == id))
    {
        return (row, None);
    }
    let row = CATALOG.server.iter().filter(speaks).find(|row| row.install.is_some()).unwrap_or(&CATALOG.server[0]);
    let is_old = numbers(cycle).zip(numbers(&row.python)).is_some_and(|(cycle, oldest)| cycle < oldest);
    let install = row.install.clone().filter(|_| !is_old).unwrap_or_else(|| row.older.clone());
    planner.note(Decision::new(
        topic::SERVER,
        install.clone(),
        "the project brings no production server",
        Evidence::new("", "", Strength::Convention),
    ));
    planner.warn(format!(
        "no production server is among the dependencies: {install} is installed beside them; better add `{}` to them",
        row.id
    ));
    (row, Some(install))
}

fn served_by(server: &Server, app: &App, installed: &Installed) -> Vec<String> {
    let mut words = vec!["-m".to_owned(), server.id.clone()];
    for (flags, value) in &server.options {
        words.push(flags.split('|').next().unwrap_or_default().to_owned());
        words.push(value.clone());
    }
    let fits = |row: &&Worker| row.server == server.id && row.packages.iter().all(|package| installed.has(package));
    words.extend(CATALOG.worker.iter().find(fits).into_iter().flat_map(|row| row.options.clone()));
    if app.factory {
        words.extend(server.factory.iter().cloned());
    }
    words.push(if app.factory && server.call { "{app}()".to_owned() } else { "{app}".to_owned() });
    words
}

fn fill(words: &[String], app: &App, port: Option<u16>) -> Vec<String> {
    let word = |word: &String| {
        let word = word
            .replace("{app}", &app.reference)
            .replace("{file}", &path_operand(&app.file))
            .replace("{interface}", &app.framework.interface);
        with_port(&word, port)
    };
    words.iter().map(word).collect()
}

fn with_port(word: &str, port: Option<u16>) -> String {
    word.replace("{port}", &port.unwrap_or(PORT).to_string())
}

/// Facts about ports; a port that only a default of a variable gives is one too.
fn testify_ports(planner: &mut Planner, file: &str, listeners: &[Listener], gunicorn: Option<&str>) {
    let bind = gunicorn.and_then(|text| BIND.captures(text)?.get(1)?.as_str().parse().ok());
    if let Some(port) = bind {
        planner.facts.push(Fact::new(Kind::Port(port), "gunicorn.conf.py", "bind", Strength::Stated));
    }
    for listener in listeners {
        if let Some(port) = listener.port.value.filter(|_| bind.is_none()) {
            planner.facts.push(Fact::new(Kind::Port(port), file, &listener.quote, Strength::Stated));
            break;
        }
    }
}

/// Static files are collected where the settings say where to, and no storage elsewhere takes them.
fn collect(planner: &mut Planner, project: &Project, program: &Program, app: &App) -> Option<Collect> {
    let manage = planner
        .repo
        .files()
        .filter(|path| *path == "manage.py" || path.ends_with("/manage.py"))
        .min_by_key(|path| path.matches('/').count())?;
    let source = program.source(&app.file)?;
    let stated = source.module.environment_default("DJANGO_SETTINGS_MODULE");
    let settings = stated.or_else(|| {
        source.module.strings().filter(|text| text.contains(".") && program.module(text).is_some()).last()
    })?;
    let files = program.settings(settings);
    let has_root = files.iter().any(|source| source.module.assigns("STATIC_ROOT"));
    let remote = files.iter().any(|source| source.module.strings().any(|text| text.starts_with("storages.backends")));
    let by_manage =
        program.source(manage).and_then(|source| source.module.environment_default("DJANGO_SETTINGS_MODULE"));
    if !has_root || remote || project.requirements.as_ref().is_some_and(|set| set.dependencies.is_empty()) {
        return None;
    }
    let mut environment: Vec<Variable> = Vec::new();
    if by_manage != Some(settings) {
        environment.push(Variable::new("DJANGO_SETTINGS_MODULE", settings));
    }
    for variable in files.iter().flat_map(|source| source.module.variables()) {
        let wanted = variable.required || variable.name.contains("SECRET_KEY");
        if wanted && !environment.iter().any(|known| known.name == variable.name) {
            environment
                .push(Variable::new(&variable.name, stand_in(&variable.name, variable.numeric, variable.boolean)));
        }
    }
    let evidence = files.iter().find(|source| source.module.assigns("STATIC_ROOT"));
    let evidence = evidence.map_or_else(Evidence::guess, |source| {
        Evidence::new(source.path, source.module.quote("STATIC_ROOT"), Strength::Stated)
    });
    planner.note(Decision::new(
        "static files",
        "collected in the build",
        "the settings name a folder for them",
        evidence,
    ));
    Some(Collect { manage: manage.to_owned(), environment })
}

/// A value that lets settings load in the build, where nothing is connected to.
fn stand_in(name: &str, numeric: bool, boolean: bool) -> &'static str {
    match name {
        _ if boolean => "false",
        _ if numeric || name.ends_with("_PORT") => "1",
        _ if name.contains("DATABASE_URL") || name == "DB_URL" => "sqlite:////tmp/build.sqlite3",
        _ if name.contains("REDIS") && name.ends_with("_URL") => "redis://localhost",
        _ if name.ends_with("_URL") => "http://localhost",
        _ => "build",
    }
}

fn of_process(
    planner: &mut Planner,
    program: &Program,
    environment: Vec<Variable>,
    words: Vec<String>,
    web: bool,
) -> Start {
    let first = words.first().cloned().unwrap_or_default();
    let name = first.rsplit('/').next().unwrap_or_default().to_owned();
    let rest = || words.iter().skip(1).cloned();
    let is_python =
        name.strip_prefix("python").is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || c == '.'));
    let known = CATALOG.tool.iter().any(|row| row.names.contains(&name));
    let (program_name, mut argv): (Option<String>, Vec<String>) = match (is_python, known) {
        (true, _) => (None, rest().collect()),
        (_, true) => (None, ["-m".to_owned(), name.clone()].into_iter().chain(rest()).collect()),
        _ => (Some(first.clone()), rest().collect()),
    };
    let module = argv.iter().position(|word| word == "-m").and_then(|at| argv.get(at + 1)).cloned();
    let server = CATALOG.server.iter().find(|row| Some(&row.id) == module.as_ref());
    if let Some(row) = server {
        complete(&mut argv, row);
    }
    let script = argv.iter().find(|word| word.ends_with(".py")).and_then(|word| program.source(word));
    let listeners = script.map(|source| program.listeners(source.path)).unwrap_or_default();
    let file = script.map_or("Procfile", |source| source.path).to_owned();
    let stated =
        argv.iter().skip(1).find_map(|word| PORT_ARGUMENT.captures(word)?.get(1)?.as_str().parse::<u16>().ok());
    if let Some(port) = stated.filter(|_| server.is_some() || !listeners.is_empty()) {
        planner.facts.push(Fact::new(Kind::Port(port), "Procfile", &words.join(" "), Strength::Stated));
    }
    testify_ports(planner, &file, &listeners, None);
    let takes_port = argv.iter().any(|word| word.contains("{port}"));
    let from_variable = listeners.iter().find_map(|listener| listener.port.variable.clone());
    // What a platform calls `web` listens at PORT, whatever starts it.
    let by_contract = web && !takes_port && stated.is_none() && listeners.is_empty();
    let listens = web || takes_port || stated.is_some() || !listeners.is_empty();
    let fallback = (by_contract || takes_port || from_variable.is_some())
        .then(|| (PORT, "the Procfile takes it from PORT".to_owned()));
    let port = if listens || planner.wishes.port.is_some() { planner.port(fallback) } else { none(planner) };
    let mut start = Start {
        program: program_name,
        argv: argv.iter().map(|word| with_port(word, port)).collect(),
        signals: server.is_some_and(|row| row.signals)
            || script.is_some_and(|source| ends_itself(&source.module.listeners(), source.module.handles_sigterm())),
        port,
        environment,
        install: None,
        collect: None,
        evidence: Evidence::guess(),
    };
    set_port_variable(&mut start, &listeners);
    let has_port = start.environment.iter().any(|variable| variable.name == "PORT");
    if let Some(port) = port.filter(|_| by_contract && server.is_none() && !has_port) {
        start.environment.push(Variable::new("PORT", port.to_string()));
    }
    start
}

/// Adds what the server must be told in a container and the line does not say: the address, the port.
fn complete(argv: &mut Vec<String>, server: &Server) {
    for (flags, value) in server.options.iter().rev() {
        let said = |word: &String| {
            flags.split('|').any(|flag| {
                word == flag
                    || word.starts_with(&format!("{flag}="))
                    || (!flag.starts_with("--") && word.starts_with(flag))
            })
        };
        if !argv.iter().any(said) && !value.contains("{interface}") {
            let flag = flags.split('|').next().unwrap_or_default().to_owned();
            argv.splice(2..2, [flag, value.clone()]);
        }
    }
}

fn none(planner: &mut Planner) -> Option<u16> {
    planner.note(Decision::new(topic::PORT, "none", "nothing listens", Evidence::new("", "", Strength::Convention)));
    None
}

fn ends_itself(listeners: &[Listener], handles: bool) -> bool {
    handles
        || listeners
            .iter()
            .any(|listener| CATALOG.listener.iter().any(|row| row.signals && row.callee == listener.callee))
}

/// A variable that has no default in the source gets one.
fn set_port_variable(start: &mut Start, listeners: &[Listener]) {
    let Some(port) = start.port else { return };
    for name in listeners
        .iter()
        .filter(|listener| listener.port.value != Some(port))
        .filter_map(|listener| listener.port.variable.as_ref())
    {
        if !start.environment.iter().any(|variable| variable.name == *name) {
            start.environment.push(Variable::new(name, port.to_string()));
        }
    }
}

fn of_command(planner: &mut Planner, program: &Program, module: &str, function: &str) -> Start {
    let source = program.module(module);
    let guarded = source
        .and_then(|source| source.module.main_guard())
        .is_some_and(|calls| calls.iter().any(|call| call == function));
    let script = source.map(|source| program.script(source, true, ""));
    let mut start = match script {
        Some(script) => of_script(planner, program, &script),
        None => of_script(
            planner,
            program,
            &Script {
                file: String::new(),
                root: String::new(),
                module: None,
                conventional: true,
                quote: String::new(),
            },
        ),
    };
    let package = module.split('.').next().unwrap_or_default();
    let main = program.module(&format!("{package}.__main__"));
    let main =
        main.filter(|main| main.module.import_targets().any(|target| target.rsplit('.').next() == Some(function)));
    start.argv = match (guarded, main) {
        (_, Some(_)) => vec!["-m".to_owned(), package.to_owned()],
        (true, None) => vec!["-m".to_owned(), module.to_owned()],
        (false, None) => {
            vec!["-c".to_owned(), format!("import sys; from {module} import {function}; sys.exit({function}())")]
        }
    };
    start.environment.retain(|variable| variable.name != "PYTHONPATH");
    start.environment.extend(search_path(&source.map(|source| program.root_of(source)).unwrap_or_default()));
    start
}

fn of_script(planner: &mut Planner, program: &Program, script: &Script) -> Start {
    let source = program.source(&script.file);
    let mut listeners = program.listeners(&script.file);
    if listeners.is_empty() {
        listeners = program.listeners_of_imports(&script.file);
    }
    testify_ports(planner, &script.file, &listeners, None);
    let variable = listeners.iter().find_map(|listener| listener.port.variable.clone());
    let fallback = variable.map(|name| (PORT, format!("the program takes it from {name}")));
    let port =
        if listeners.is_empty() && planner.wishes.port.is_none() { none(planner) } else { planner.port(fallback) };
    for listener in &listeners {
        if let Some(host) = listener.host.as_deref().filter(|host| matches!(*host, "127.0.0.1" | "localhost")) {
            planner.warn(format!(
                "`{}` listens at {host}, where nothing outside of the container reaches it: `{}`",
                script.file, listener.quote
            ));
        }
    }
    let mut start = Start {
        program: None,
        argv: match &script.module {
            Some(module) => vec!["-m".to_owned(), module.clone()],
            None => vec![path_operand(&script.file)],
        },
        signals: ends_itself(&listeners, source.is_some_and(|source| source.module.handles_sigterm())),
        port,
        environment: match &script.module {
            Some(_) => search_path(&script.root),
            // A script's own folder is searched anyway.
            None => search_path(if script.file.rsplit_once('/').map_or("", |(folder, _)| folder) == script.root {
                ""
            } else {
                &script.root
            }),
        },
        install: None,
        collect: None,
        evidence: Evidence::guess(),
    };
    set_port_variable(&mut start, &listeners);
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_are_taken_without_a_shell() {
        let words = |line: &str| command_line(line).map(|(_, words)| words.join(" "));
        assert_eq!(
            words("gunicorn app:app --bind 0.0.0.0:$PORT").as_deref(),
            Some("gunicorn app:app --bind 0.0.0.0:{port}")
        );
        assert_eq!(
            words("poetry run uvicorn main:app --reload --port ${PORT:-8000}").as_deref(),
            Some("uvicorn main:app --port {port}")
        );
        assert_eq!(words("python manage.py migrate && gunicorn x.wsgi").as_deref(), Some("gunicorn x.wsgi"));
        assert_eq!(words("python manage.py runserver 0.0.0.0:$PORT"), None);
        assert_eq!(words("flask run"), None);
        assert_eq!(words("make run"), None);
        assert_eq!(words("cd src && python main.py"), None);
        assert_eq!(words("gunicorn app:app -w $WEB_CONCURRENCY"), None);
    }

    #[test]
    fn what_a_platform_wraps_is_unwrapped() {
        let repo = Repo::from_list("x", [("bin/mine", "")]);
        let words = |line: &str| without_wrapper(&repo, line.split(' ').map(str::to_owned).collect()).join(" ");
        assert_eq!(words("bin/start-nginx gunicorn x.wsgi"), "gunicorn x.wsgi");
        assert_eq!(words("bin/mine gunicorn x.wsgi"), "bin/mine gunicorn x.wsgi");
        assert_eq!(words("bin/other"), "bin/other");
        assert_eq!(words("gunicorn a/b"), "gunicorn a/b");
    }

    #[test]
    fn a_server_is_told_what_it_was_not() {
        let gunicorn = CATALOG.server.iter().find(|row| row.id == "gunicorn").unwrap();
        let mut argv: Vec<String> = ["-m", "gunicorn", "app:app", "-b0.0.0.0:5000"].map(str::to_owned).to_vec();
        complete(&mut argv, gunicorn);
        assert_eq!(argv.join(" "), "-m gunicorn --worker-tmp-dir /dev/shm app:app -b0.0.0.0:5000");
    }
}
