//! Python: pip, uv, Poetry, Pipenv and PDM; web applications behind a server, scripts, or what a Procfile says.

mod install;
mod packages;
mod program;
mod project;
mod start;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::{Common, Labels, Language, Recipe, Variable, sign, view};
use crate::catalog::{self, Release, Runtime};
use crate::dockerignore::Section;
use crate::error::Error;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::plan::Planner;
use crate::repo::Repo;
use program::Program;
use project::Project;

/// The row.
pub const LANGUAGE: Language = Language {
    id: "python",
    title: "Python",
    signs: &[
        sign("pyproject.toml", Strength::Stated),
        sign("requirements.txt", Strength::Stated),
        sign("Pipfile", Strength::Stated),
        sign("uv.lock", Strength::Stated),
        sign("poetry.lock", Strength::Stated),
        sign("setup.py", Strength::Stated),
        sign("requirements.in", Strength::Stated),
        sign("requirements/base.txt", Strength::Stated),
        sign("requirements/common.txt", Strength::Stated),
        sign("requirements/production.txt", Strength::Stated),
        sign("requirements/prod.txt", Strength::Stated),
        sign("manage.py", Strength::Convention),
        sign("main.py", Strength::Convention),
        sign("app.py", Strength::Convention),
        sign(".python-version", Strength::Guess),
        sign("*.py", Strength::Guess),
    ],
    inspect,
    recipe,
};

/// `templates/python/catalog.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalog {
    pip_since: Vec<String>,
    public_indexes: Vec<String>,
    pure: BTreeSet<String>,
    stdlib: BTreeSet<String>,
    release: Vec<Release>,
    runtime: Vec<Runtime>,
    manager: Vec<Manager>,
    framework: Vec<Framework>,
    server: Vec<Server>,
    tool: Vec<Names>,
    development: Vec<Development>,
    listener: Vec<ListenerRow>,
    native: Vec<Native>,
    glibc: Vec<Glibc>,
    wheels: Vec<Wheels>,
    command: Vec<Command>,
}

/// How a manager's locked packages are installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Form {
    Pip,
    Uv,
    Export,
    Install,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manager {
    id: String,
    form: Form,
    version: String,
    #[serde(default)]
    lock: String,
    #[serde(default)]
    manifest: String,
    #[serde(default)]
    tools: Vec<String>,
    #[serde(default)]
    command: String,
    #[serde(default)]
    unhashed: String,
    #[serde(default)]
    relock: String,
    #[serde(default)]
    cycles: Vec<String>,
}

/// What an application is made with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Framework {
    id: String,
    interface: String,
    #[serde(default)]
    constructors: Vec<String>,
    #[serde(default)]
    imports: String,
    #[serde(default)]
    attribute: String,
    #[serde(default)]
    wraps: bool,
    #[serde(default)]
    argv: Vec<String>,
    #[serde(default)]
    port: Option<u16>,
    #[serde(default)]
    environment: Vec<(String, String)>,
    #[serde(default)]
    signals: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Server {
    id: String,
    interfaces: Vec<String>,
    #[serde(default)]
    with: Vec<String>,
    #[serde(default)]
    install: Option<String>,
    #[serde(default)]
    python: String,
    #[serde(default)]
    older: String,
    options: Vec<(String, String)>,
    #[serde(default)]
    factory: Vec<String>,
    #[serde(default)]
    call: bool,
    #[serde(default)]
    signals: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    names: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Development {
    words: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListenerRow {
    callee: String,
    signals: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Native {
    package: String,
    #[serde(default)]
    extra: String,
    #[serde(default)]
    without: Vec<String>,
    #[serde(default)]
    unless: String,
    #[serde(default)]
    compiled: bool,
    #[serde(default)]
    build: Vec<String>,
    #[serde(default)]
    run: Vec<String>,
    #[serde(default)]
    need: String,
    #[serde(default)]
    run_slim: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Glibc {
    packages: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wheels {
    package: String,
    below: Vec<(String, String)>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Command {
    names: Vec<String>,
    need: String,
}

static CATALOG: LazyLock<Catalog> =
    LazyLock::new(|| catalog::parse("python/catalog.toml", include_str!("../../templates/python/catalog.toml")));

fn inspect(repo: &Repo) -> Vec<Fact> {
    let project = Project::read(repo);
    let mut facts: Vec<Fact> = project
        .faults
        .iter()
        .map(|(file, fault)| Fact::new(Kind::Unreadable(fault.what.clone()), file, &fault.quote, Strength::Stated))
        .collect();
    facts.extend(project::versions(repo, &project));
    facts.extend(project::managers(repo, &project));
    facts.extend(packages::newest_lines(&project));
    let program = Program::read(repo, project.source_roots());
    facts.extend(start::facts(repo, &project, &program));
    facts
}

/// The words of `python/Dockerfile.tera`.
#[derive(Debug, Serialize)]
struct View {
    /// The release; none where no image of the Dockerfile has it in its name.
    version: Option<String>,
    builder: String,
    runtime: String,
    suite: String,
    python: String,
    /// The folder of packages in distroless; the environment is copied as it is where this is none.
    packages: Option<String>,
    install: install::View,
    apt_build: Vec<String>,
    apk_build: Vec<String>,
    apt_run: Vec<String>,
    server: Option<String>,
    collect: Option<start::Collect>,
    /// Where the stage that fetches tini has it, if there is such a stage.
    init: Option<&'static str>,
    /// The stage whose environment is shipped, if there is one.
    stage: Option<&'static str>,
    /// There is a stage with the build's tools, one that reads the sources, and whether its sources are shipped.
    deps: bool,
    build: bool,
    built: bool,
    /// The environment is shipped as it is.
    path: bool,
    environment: Vec<Variable>,
    entrypoint: Vec<String>,
    cmd: Vec<String>,
}

fn recipe(planner: &mut Planner) -> Result<Recipe, Error> {
    let repo = planner.repo;
    let project = readable_project(planner)?;
    let program = Program::read(repo, project.source_roots());
    let toolchain = planner.toolchain("Python", &CATALOG.release)?;
    let ids: Vec<&str> = CATALOG.manager.iter().map(|row| row.id.as_str()).collect();
    let (manager, version) = planner.manager(&ids, "pip")?;
    let dependencies = project.dependencies(&manager);
    let installed = packages::Installed::new(&project, &manager, &dependencies);
    let mut start = start::decide(planner, &project, &program, &installed, &toolchain.cycle)?;
    let needs = packages::needs(&program, &installed, &start);
    let runtime = planner.runtime(needs, &CATALOG.runtime, &toolchain)?;
    let port = start.port;
    let stated =
        project.name().map(|(name, file)| (name, Evidence::new(file, &format!("name = \"{name}\""), Strength::Stated)));
    let name = planner.name(stated);
    let install = install::plan(planner, &project, &program, &manager, version.as_deref(), &toolchain)?;
    if dependencies.is_empty() && install.project.is_none() {
        warn_of_missing(planner, &program)?;
    }

    if install.project.is_some() {
        // Installed packages are found without it.
        let roots: Vec<String> = project.source_roots().iter().map(|root| format!("/app/{root}")).collect();
        start.environment.retain(|variable| {
            !(variable.name == "PYTHONPATH" && (roots.contains(&variable.value) || variable.value == "/app/src"))
        });
    }

    let distroless = runtime.id == "distroless";
    let alpine = runtime.id == "alpine";
    let fill = |image: &str| {
        let alpine = toolchain.alpine.as_deref().unwrap_or("3.24");
        image.replace("{version}", "${PYTHON_VERSION}").replace("{suite}", &toolchain.suite).replace("{alpine}", alpine)
    };
    let suited = |packages: BTreeSet<String>| -> Vec<String> {
        // Names that Debian 13 gave a new ending lacked it before.
        packages
            .into_iter()
            .map(|name| if toolchain.suite == "trixie" { name } else { name.replace("t64", "") })
            .collect()
    };
    let mut build = installed.build_packages();
    if install.needs_git {
        build.insert("git".to_owned());
    }
    let interpreter = if distroless { format!("/usr/bin/python{}", toolchain.cycle) } else { "python".to_owned() };
    let mut run = packages::run_packages(&program, &installed);
    run.retain(|_| runtime.id == "slim");
    let tini = !start.signals;
    let has_packages = !run.is_empty();
    run.extend((tini && has_packages).then(|| "tini".to_owned()));
    let init = (tini && !has_packages).then_some(if alpine { "/usr/bin/tini-static" } else { "/usr/bin/tini" });
    let prefix = if tini { vec!["/usr/bin/tini".to_owned(), "--".to_owned()] } else { Vec::new() };
    let (entrypoint, cmd) = match &start.program {
        None => ([prefix, vec![interpreter]].concat(), start.argv.clone()),
        Some(program) => (prefix, [vec![program.clone()], start.argv.clone()].concat()),
    };
    let common = Common::new(planner, &name, port, labels(&name, &project));
    let extras = &planner.wishes.extras;
    let has_environment = !install.nothing || start.install.is_some();
    let built = start.collect.is_some() || !extras.build_commands.is_empty() || !extras.build_args.is_empty();
    let own = View {
        version: Some(toolchain.version.clone()).filter(|_| has_environment || built || !distroless),
        builder: fill(runtime.builder.as_deref().unwrap_or("python:{version}-slim-{suite}")),
        runtime: fill(&runtime.image),
        suite: toolchain.suite.clone(),
        python: toolchain.cycle.clone(),
        packages: (distroless && has_environment)
            .then(|| format!("/usr/local/lib/python{}/dist-packages", toolchain.cycle)),
        apk_build: if alpine && !build.is_empty() { vec!["build-base".to_owned()] } else { Vec::new() },
        apt_build: if alpine { Vec::new() } else { suited(build) },
        apt_run: suited(run),
        server: start.install.clone(),
        collect: start.collect.clone(),
        init,
        stage: has_environment.then_some(if install.project.is_some() { "build" } else { "deps" }),
        deps: has_environment || built,
        build: install.project.is_some() || built,
        built,
        path: has_environment && !distroless,
        environment: start.environment.clone(),
        entrypoint,
        cmd,
        install,
    };
    let secrets = own.install.secrets.iter().map(|secret| secret.id.clone()).collect();
    let reads = own.install.reads();
    Ok(Recipe {
        name,
        template: "python/Dockerfile.tera",
        view: view(&common, &own)?,
        ignore: ignore(repo, &project, &program, &own),
        reads,
        secrets,
    })
}

/// The project; a manifest that cannot be read ends the matter.
fn readable_project(planner: &Planner) -> Result<Project, Error> {
    for fact in &planner.facts {
        if let Kind::Unreadable(why) = &fact.kind {
            return Err(Error::usage(format!("{}: {why}", fact.evidence)).hint("mend the file"));
        }
    }
    let project = Project::read(planner.repo);
    if let Some(file) = project.requirements.as_ref().and_then(|set| set.missing.first()) {
        let by = project.requirements.as_ref().map(|set| set.file.clone()).unwrap_or_default();
        return Err(Error::usage(format!("`{by}` includes `{file}`, which is not there"))
            .hint("add the file, or take the line out"));
    }
    Ok(project)
}

/// With nothing to install, modules that are neither Python's nor the repository's own cannot be there.
fn warn_of_missing(planner: &mut Planner, program: &Program) -> Result<(), Error> {
    let found = program.foreign_imports(&CATALOG.stdlib);
    let Some((module, file)) = found.first() else { return Ok(()) };
    let known = |row: &&Framework| {
        let mut constructors = row.constructors.iter();
        row.imports == *module || constructors.any(|constructor| constructor.split('.').next() == Some(module))
    };
    let sentence = format!("`{file}` imports `{module}`, and no manifest names the packages that the program needs");
    if CATALOG.framework.iter().any(|row| known(&row)) {
        let hint = format!("write a requirements.txt: `echo {module} > requirements.txt`, better with versions");
        return Err(Error::no(sentence).hint(hint));
    }
    planner.warn(format!("{sentence}: write a requirements.txt if it is one of PyPI's"));
    Ok(())
}

fn labels(name: &str, project: &Project) -> Labels {
    let pyproject = project.pyproject.as_ref();
    let one_line = |text: &String| !text.chars().any(char::is_control);
    Labels {
        title: name.to_owned(),
        description: pyproject
            .and_then(|p| p.description.clone())
            .filter(one_line)
            .filter(|text| !text.trim().is_empty() && !text.starts_with("Add your description")),
        licenses: pyproject.and_then(|p| p.license.clone()).filter(one_line).filter(|text| text.len() < 60),
        source: None,
    }
}

/// A deny list: what a Python program reads at run time cannot be known.
fn ignore(repo: &Repo, project: &Project, program: &Program, own: &View) -> Vec<Section> {
    let mut made: Vec<&str> = vec![
        "**/__pycache__",
        "**/*.py[cod]",
        "**/.venv",
        "**/venv",
        "**/.pytest_cache",
        "**/.mypy_cache",
        "**/.ruff_cache",
        "**/.tox",
        "**/.nox",
        "**/.coverage*",
        "**/htmlcov",
        "**/*.egg-info",
        "**/.ipynb_checkpoints",
        "build",
        "dist",
        "**/*.sqlite3",
    ];
    made.retain(|pattern| !repo.files().any(|path| path.starts_with(&format!("{pattern}/")) && path.ends_with(".py")));
    let mut sections = vec![Section::new("Made by tools, and data of a developer's machine.", made)];
    let aside = [
        "tests",
        "test",
        "notebooks",
        "benchmarks",
        ".pre-commit-config.yaml",
        "tox.ini",
        "noxfile.py",
        "Makefile",
        "mkdocs.yml",
    ];
    let there: Vec<&str> = aside.into_iter().filter(|name| repo.exists(name)).collect();
    if !there.is_empty() {
        sections.push(Section::new("For development.", there));
    }
    let mut kept: Vec<String> = Vec::new();
    if program.sources.iter().any(|source| source.module.strings().any(|text| text.ends_with(".md"))) {
        kept.push("!**/*.md".to_owned());
    }
    let build_reads = project.pyproject.as_ref().map(|pyproject| pyproject.build_reads.clone()).unwrap_or_default();
    if own.install.project.is_some() {
        kept.extend(
            build_reads
                .into_iter()
                .filter(|path| repo.has(path))
                .map(|path| format!("!{}", crate::dockerignore::literal(&path))),
        );
    }
    if !kept.is_empty() {
        sections.push(Section::new("The program reads these.", kept));
    }
    sections
}
