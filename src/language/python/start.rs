//! How what was chosen is started: its arguments, its port, what it needs around it.

use std::collections::{BTreeMap, BTreeSet};

use super::apps::App;
use super::assets::{self, Collect};
use super::manifests::Manifests;
use super::optional;
use super::packages::{Installed, servers};
use super::process::Process;
use super::rows::{CATALOG, Framework, Server, Worker};
use super::scripts::Script;
use super::source::{Source, ends_itself};
use super::sources::Program;
use super::way::{Entry, Heard, Way};
use super::wheels::numbers;
use crate::command::PORT;
use crate::error::Error;
use crate::facts::{Evidence, Strength};
use crate::language::Variable;
use crate::plan::program::weigh;
use crate::plan::{Candidate, Decision, Planner, processes, topic};
use crate::render::sinks::path_operand;

/// The port of servers that have none of their own.
const USUAL_PORT: u16 = 8000;

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
    /// It is found among the sources, whatever is installed of them: its script, its settings and its files lie there.
    pub in_sources: bool,
    /// What says that it is started like this.
    pub evidence: Evidence,
}

impl Start {
    fn new(argv: Vec<String>, root: &str) -> Self {
        Start {
            program: None,
            argv,
            signals: false,
            port: None,
            environment: search_path(root),
            install: None,
            collect: None,
            in_sources: false,
            evidence: Evidence::guess(),
        }
    }
}

/// What is known of the project.
pub struct Known<'k, 'r> {
    /// The manifests.
    pub manifests: &'k Manifests,
    /// The sources.
    pub program: &'k Program<'r>,
    /// The packages.
    pub installed: &'k Installed,
    /// The release line.
    pub cycle: &'k str,
}

/// Decides how a way is started.
pub fn decide(planner: &mut Planner, known: &Known, way: &Way) -> Start {
    let told = processes::all(&planner.facts).find(|process| process.name == way.label);
    if let Some(process) = told.filter(|_| matches!(way.entry, Entry::Process(_))) {
        planner.leave_out(&process);
    }
    let heard = way.heard(known.program);
    let mut start = match &way.entry {
        Entry::App(app) => of_app(planner, known, app),
        Entry::Process(process) => of_process(planner, known, process, &heard),
        Entry::Command(module, function) => of_command(planner, known, &way.label, (module, function), &heard),
        Entry::Script(script) => of_script(planner, known, script, &heard),
    };
    let app = match &way.entry {
        Entry::App(app) => Some(app.clone()),
        Entry::Process(_) => known.program.apps().into_iter().find(|app| app.framework.generated),
        _ => None,
    };
    if let Some(app) = app {
        start.in_sources = app.framework.generated;
        let settings = assets::settings(planner, known.program, &app);
        start.environment.extend(settings.as_ref().and_then(|it| it.chosen.clone()));
        start.collect = settings.and_then(|it| assets::collect(planner, known.manifests, known.program, &app, it));
    }
    if known.program.calls_one_of(&CATALOG.calls.user).is_some() {
        start.environment.push(Variable::new("USER", "app"));
    }
    start.evidence = way.evidence.clone();
    let ends_itself = Evidence::new(&start.evidence.file, "", Strength::Convention);
    planner.first_process(start.signals.then_some(ends_itself));
    start
}

/// The way that is taken, of all and of what a wish names beside them; those of each member of a workspace are weighed for themselves.
///
/// # Errors
/// Where nothing can be started, or a wish names something that is not there.
pub fn way(
    planner: &mut Planner,
    (manifests, program): (&Manifests, &Program),
    ways: &[Way],
    wished: Option<&Way>,
) -> Result<Way, Error> {
    let ways: Vec<&Way> = ways.iter().chain(wished).collect();
    let mut of_members: BTreeMap<Option<usize>, Vec<_>> = BTreeMap::new();
    for (at, way) in ways.iter().enumerate() {
        of_members.entry(optional::member(manifests, program, way)).or_default().push(way.weighable(at));
    }
    let found = of_members.into_values().flat_map(weigh).collect();
    let chosen = planner.program("application, command or file", found)?;
    chosen.and_then(|at| ways.get(at)).map(|way| (*way).clone()).ok_or_else(|| {
        Error::nothing("nothing here can be started: no application object, no Procfile, no script that does something")
            .hint("name the file or `module:variable` with `--entry`")
    })
}

/// The path on which a module's imports are found.
fn search_path(root: &str) -> Vec<Variable> {
    match root.is_empty() {
        true => Vec::new(),
        false => vec![Variable::new("PYTHONPATH", format!("/app/{root}"))],
    }
}

fn of_app(planner: &mut Planner, known: &Known, app: &App) -> Start {
    let mut start = Start::new(Vec::new(), &app.root);
    start.signals = app.framework.signals;
    start.environment.extend(app.framework.environment.iter().map(|(name, value)| Variable::new(name, value)));
    let words = if app.needs_server() {
        let (server, install) = server(planner, known, app.framework);
        start.signals = server.signals;
        start.install = install;
        served_by(server, app, known.installed)
    } else {
        app.framework.argv.clone()
    };
    if !app.is_worker() {
        let fallback = app.framework.port.unwrap_or(USUAL_PORT);
        start.port = planner.port(Some((fallback, "the server's own port".to_owned())));
    }
    start.argv = fill(&words, app, start.port);
    start
}

/// The server: the project's own, else one that is installed beside its packages, and said so.
fn server(planner: &mut Planner, known: &Known, framework: &Framework) -> (&'static Server, Option<String>) {
    let installed = known.installed;
    let speaks = |row: &&Server| row.interfaces.contains(&framework.interface);
    let own: Vec<&'static Server> = servers(&installed.names).filter(speaks).collect();
    let candidates = own.iter().enumerate().map(|(index, row)| {
        let brought = row.with.iter().find(|name| installed.has(name) && !installed.has(&row.id));
        let name = brought.map_or(row.id.as_str(), |name| name.split('[').next().unwrap_or(name));
        // The first row of the catalog wins where a project brings several.
        let strength = if index == 0 { Strength::Stated } else { Strength::Convention };
        let evidence = Evidence { strength, ..installed.evidence(name) };
        Candidate::new(row.id.clone(), row.id.clone(), "the project depends on it", evidence)
    });
    let chosen = planner.choose(topic::SERVER, candidates.collect());
    if let Some(row) = chosen.and_then(|id| own.into_iter().find(|row| row.id == id)) {
        return (row, None);
    }
    let row = CATALOG.server.iter().filter(speaks).find(|row| row.install.is_some()).unwrap_or(&CATALOG.server[0]);
    (row, Some(beside(planner, known, row)))
}

/// Installs a server beside the project's packages, and says so.
fn beside(planner: &mut Planner, known: &Known, row: &Server) -> String {
    let is_old = numbers(known.cycle).zip(numbers(&row.python)).is_some_and(|(cycle, oldest)| cycle < oldest);
    let install = row.install.clone().filter(|_| !is_old).unwrap_or_else(|| row.older.clone());
    let evidence = Evidence::new("", "", Strength::Convention);
    planner.note(Decision::new(topic::SERVER, &install, "the project brings no production server", evidence));
    planner.warn(format!(
        "no production server is among the dependencies: {install} is installed beside them; better add `{}` to them",
        row.id
    ));
    install
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
    word.replace(PORT, &port.unwrap_or(USUAL_PORT).to_string())
}

fn of_process(planner: &mut Planner, known: &Known, process: &Process, heard: &[Heard]) -> Start {
    let (takes, states) = (process.takes_port(), process.stated_port().is_some());
    // What a platform calls `web` listens at PORT, whatever starts it.
    let by_contract = process.web && !takes && !states && heard.is_empty();
    let from_variable = heard.iter().any(|heard| heard.listener.port.variable.is_some());
    let fallback =
        (by_contract || takes || from_variable).then(|| (USUAL_PORT, "the Procfile takes it from PORT".to_owned()));
    let port = planner.listen(process.web || takes || states || !heard.is_empty(), fallback);
    let ends_itself = process.script(known.program).is_some_and(|source| source.ends_itself());
    let is_there = |row: &Server| servers(&known.installed.names).any(|own| own.id == row.id) || row.install.is_none();
    let missing = process.server.filter(|row| !is_there(row));
    let mut start = Start {
        program: process.program.clone(),
        install: missing.map(|row| beside(planner, known, row)),
        signals: process.server.is_some_and(|row| row.signals) || process.ends || ends_itself,
        port,
        environment: process.environment.clone(),
        ..Start::new(process.argv.iter().map(|word| with_port(word, port)).collect(), "")
    };
    set_port_variable(&mut start, heard);
    let variable = process.bound_by.or(process.server.is_none().then_some("PORT"));
    let is_set = |name: &str| start.environment.iter().any(|variable| variable.name == name);
    if let Some((name, port)) = variable.filter(|name| !is_set(name)).zip(port.filter(|_| by_contract)) {
        start.environment.push(Variable::new(name, port.to_string()));
    }
    start
}

/// A variable that has no default in the source gets one.
fn set_port_variable(start: &mut Start, heard: &[Heard]) {
    let Some(port) = start.port else { return };
    let other = heard.iter().map(|heard| &heard.listener.port).filter(|number| number.value != Some(port));
    for name in other.filter_map(|number| number.variable.as_ref()) {
        if !start.environment.iter().any(|variable| variable.name == *name) {
            start.environment.push(Variable::new(name, port.to_string()));
        }
    }
}

fn of_command(
    planner: &mut Planner,
    known: &Known,
    name: &str,
    (module, function): (&str, &str),
    heard: &[Heard],
) -> Start {
    let program = known.program;
    let Some(source) = program.module(module) else { return Start::new(Vec::new(), "") };
    let guarded = source.module.main_guard().is_some_and(|calls| calls.iter().any(|call| call == function));
    let mut start = of_script(planner, known, &program.script(source, ""), heard);
    let package = module.split('.').next().unwrap_or_default();
    let main = program.module(&format!("{package}.__main__"));
    let calls_it =
        main.is_some_and(|main| main.module.import_targets().any(|target| target.rsplit('.').next() == Some(function)));
    start.argv = match (calls_it, guarded) {
        (true, _) => vec!["-m".to_owned(), package.to_owned()],
        (false, true) => vec!["-m".to_owned(), module.strip_suffix(".__main__").unwrap_or(module).to_owned()],
        (false, false) => {
            vec!["-c".to_owned(), format!("import sys; from {module} import {function}; sys.exit({function}())")]
        }
    };
    let words = planner.words_behind(name);
    if words.is_empty() {
        tell_commands(planner, source, name);
    }
    let is_told = start.port.is_none() || !words.is_empty();
    start.argv.extend(if is_told { words } else { told_host(source) });
    start.environment.retain(|variable| variable.name != "PYTHONPATH");
    start.environment.extend(search_path(&program.root_of(source)));
    start
}

/// The option of a program that says at which address it listens, where its own file names none that others reach. What has
/// commands of its own would take it for one of theirs.
fn told_host(source: &Source) -> Vec<String> {
    let row = &CATALOG.host;
    let takes = source.module.calls_with_text(|callee| row.options.iter().any(|name| callee.ends_with(name.as_str())));
    let takes = takes.iter().any(|call| call.text == Some(row.option.as_str()));
    let is_open = source.module.strings().any(|text| text == row.value);
    let commands: Vec<&str> = row.commands.iter().map(String::as_str).collect();
    let has_commands = source.module.says_one_of(&commands);
    let told = takes && !is_open && !has_commands;
    [&row.option, &row.value].into_iter().filter(|_| told).cloned().collect()
}

/// A server whose port does not show is said, as none is exposed.
fn tell_unknown_port(planner: &mut Planner, program: &Program, file: &str) {
    let app = program.apps().into_iter().find(App::needs_server);
    let app = app.map(|app| format!("`{}` has an application of {}", app.file, app.framework.id));
    let call = || Some(format!("{} starts a server", program.calls_one_of(&CATALOG.calls.serves)?));
    let Some(what) = app.or_else(call) else { return };
    let told = "and nothing shows where";
    planner.warn(format!("{what}, {told} `{file}` listens: no port is exposed; `--port PORT` names it"));
    planner.amend(topic::PORT, |decision| decision.reason = "nothing shows where it listens".to_owned());
}

/// A program of several commands that is given none tells how it is used, and ends: that is said.
fn tell_commands(planner: &mut Planner, source: &Source, name: &str) {
    let rows = &CATALOG.calls;
    let is_command = |callee: &str| rows.commands.iter().any(|end| callee.ends_with(end.as_str()));
    let commands = source.module.calls_with_text(is_command);
    let divides: Vec<&str> = rows.divides.iter().map(String::as_str).collect();
    let is_divided = commands.len() > 1 || source.module.says_one_of(&divides);
    if !is_divided || !planner.wishes.args.is_empty() {
        return;
    }
    let names: BTreeSet<&str> = commands.iter().filter_map(|call| call.text).take(8).collect();
    let such: String = names.iter().map(|name| format!(", `{name}`")).collect();
    let first = names.first().unwrap_or(&"COMMAND");
    planner.warn(format!("`{name}` has commands of its own{such}, and nothing says which one serves: name it, as in `dockgen config set run.args {first}`"));
}

fn of_script(planner: &mut Planner, known: &Known, script: &Script, heard: &[Heard]) -> Start {
    let variable = heard.iter().find_map(|heard| heard.listener.port.variable.clone());
    let fallback = variable.map(|name| (USUAL_PORT, format!("the program takes it from {name}")));
    let port = planner.listen(!heard.is_empty(), fallback);
    if port.is_none() && planner.wishes.port.is_none() {
        tell_unknown_port(planner, known.program, &script.file);
    }
    let mut said = Vec::new();
    for Heard { listener, .. } in heard {
        let row = CATALOG.listener.iter().find(|row| row.callee == listener.callee);
        let host = listener.host.as_deref().filter(|host| matches!(*host, "127.0.0.1" | "localhost"));
        match (host, row.and_then(|row| row.variable.as_ref())) {
            (Some(_), Some((name, value))) => said.push(Variable::new(name, value)),
            (Some(host), None) => planner.warn(format!(
                "`{}` listens at {host}, where nothing outside of the container reaches it: `{}`; give it `host=\"0.0.0.0\"`, or `host=` from a variable",
                script.file, listener.quote
            )),
            _ => {}
        }
    }
    let mut argv = match &script.module {
        Some(module) => vec!["-m".to_owned(), module.clone()],
        None => vec![path_operand(&script.file)],
    };
    argv.extend(known.program.source(&script.file).filter(|_| port.is_some()).into_iter().flat_map(told_host));
    let ends_itself = known.program.source(&script.file).is_some_and(|source| source.ends_itself())
        || heard.iter().any(|heard| ends_itself(heard.listener));
    let mut start = Start { signals: ends_itself, port, ..Start::new(argv, script.search_root()) };
    start.environment.extend(said);
    set_port_variable(&mut start, heard);
    start
}

#[cfg(test)]
mod tests {
    use crate::repo::Repo;
    use crate::service::Role;
    use crate::wishes::Wishes;

    #[test]
    fn a_command_takes_the_words_that_a_container_gives_it() {
        let manifest = "[project]\nname = \"x\"\nversion = \"1\"\n[project.scripts]\nx = \"x.__main__:run\"\n[build-system]\nrequires = [\"setuptools\"]\nbuild-backend = \"setuptools.build_meta\"\n";
        let source = "def run():\n    pass\n\nif __name__ == \"__main__\":\n    run()\n";
        let written = |container: &str| {
            let files = [
                ("pyproject.toml", manifest),
                ("x/__init__.py", ""),
                ("x/__main__.py", source),
                ("Dockerfile.x", container),
            ];
            let draft = crate::draft(&Repo::from_list("x", files), &Wishes::default()).unwrap();
            draft.text(Role::Dockerfile).to_owned()
        };
        for (container, expected) in [
            (
                "FROM python\nENTRYPOINT [\"/v/bin/python\", \"/v/bin/x\"]\nCMD [\"--hosts\", \"0.0.0.0:5232,[::]:5232\"]\n",
                "CMD [\"-m\", \"x\", \"--hosts\", \"0.0.0.0:5232,[::]:5232\"]\n",
            ),
            ("FROM python\nCMD [\"x\", \"--upstream=db:80\"]\n", "CMD [\"-m\", \"x\", \"--upstream=db:80\"]\n"),
            ("FROM python\nCMD [\"x\", \"--config\", \"/etc/x.conf\"]\n", "CMD [\"-m\", \"x\"]\n"),
            ("FROM python\nCMD [\"python\", \"x\", \"-h\"]\n", "CMD [\"-m\", \"x\"]\n"),
        ] {
            let text = written(container);
            assert!(text.contains(expected), "{text}");
            assert_eq!(text.contains("EXPOSE 5232\n"), container.contains(":5232"), "{text}");
        }
    }

    fn warnings(main: &str, args: &[&str]) -> Vec<String> {
        let manifest = "[project]\nname='shop'\ndependencies=['uvicorn']\n[project.scripts]\nshop='shop.cli:main'\n";
        let web = "import uvicorn\ndef serve(port):\n    uvicorn.Server(uvicorn.Config('x:y', port=port)).run()\n";
        let files = [("pyproject.toml", manifest), ("shop/cli.py", main), ("shop/web.py", web)];
        let args = args.iter().map(|word| (*word).to_owned()).collect();
        let draft = crate::draft(&Repo::from_list("x", files), &Wishes { args, ..Wishes::default() }).unwrap();
        assert_eq!(draft.plan.decision("port").unwrap().reason, "nothing shows where it listens");
        draft.plan.warnings
    }

    #[test]
    fn a_program_that_is_told_too_little_is_said() {
        let plain = "def main():\n    pass\n";
        let divided = "import argparse\ndef main():\n    p = argparse.ArgumentParser()\n    all = p.add_subparsers()\n    all.add_parser('serve')\n";
        let said = |warnings: Vec<String>, what: &str| warnings.iter().any(|warning| warning.contains(what));
        let unknown = "`shop/web.py`: `uvicorn.Server(uvicorn.Config('x:y', port=port)).run()` starts a server, and nothing shows where `shop/cli.py` listens";
        assert!(said(warnings(plain, &[]), unknown));
        let commands = "`shop` has commands of its own, `serve`, and nothing says which one serves";
        assert!(!said(warnings(plain, &[]), commands) && said(warnings(divided, &[]), commands));
        assert!(!said(warnings(divided, &["serve"]), commands));
    }
}
