//! Python: pip, uv, Poetry, Pipenv and PDM; web applications behind a server, scripts, or what a Procfile says.

mod dockerfile;
mod install;
mod packages;
mod program;
mod project;
mod rows;
mod start;

use super::{Common, Dockerfile, Labels, Language, Late, Recipe, sign, view};
use crate::dockerignore::Section;
use crate::error::Error;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::plan::Planner;
use crate::repo::Repo;
use dockerfile::{Parts, View};
use program::Program;
use project::Project;
use rows::{CATALOG, Framework};

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
    images: &["python"],
    image: || &CATALOG.image,
    managers: || CATALOG.manager.iter().map(|row| row.id.as_str()).collect(),
    releases: || &CATALOG.release,
    release: project::release,
    read: |scope| Box::new(Late { repo: scope.repo, inspect, recipe }),
};

fn inspect(repo: &Repo) -> Vec<Fact> {
    let project = Project::read(repo);
    let mut facts: Vec<Fact> = project
        .faults
        .iter()
        .map(|(file, fault)| Fact::new(Kind::Unreadable(fault.what.clone()), file, &fault.quote, Strength::Stated))
        .collect();
    facts.extend(project::versions(&project));
    facts.extend(project::managers(repo, &project));
    facts.extend(packages::newest_lines(&project));
    let program = Program::read(repo, project.source_roots());
    facts.extend(packages::gone_modules(&program));
    facts.extend(start::facts(repo, &project, &program));
    facts
}

fn recipe(planner: &mut Planner) -> Result<Recipe, Error> {
    let repo = planner.repo;
    let project = readable_project(planner)?;
    let program = Program::read(repo, project.source_roots());
    let toolchain = planner.toolchain(LANGUAGE.id, "Python", &CATALOG.release)?;
    let ids: Vec<&str> = CATALOG.manager.iter().map(|row| row.id.as_str()).collect();
    let (manager, version) = planner.manager(&ids, "pip")?;
    let dependencies = project.dependencies(&manager);
    let installed = packages::Installed::new(&project, &manager, &dependencies);
    let start = start::decide(planner, &project, &program, &installed, &toolchain.cycle)?;
    let needs = packages::needs(&program, &installed, &start, &toolchain);
    let runtime = planner.runtime(needs, &CATALOG.runtime, &toolchain)?;
    let stated =
        project.name().map(|(name, file)| (name, Evidence::new(file, &format!("name = \"{name}\""), Strength::Stated)));
    let name = planner.name(stated);
    let mut install = install::plan(planner, &project, &program, &manager, version.as_deref(), &toolchain)?;
    if let Some((who, evidence)) = packages::old_setuptools(&program, &installed, &toolchain.cycle) {
        install::add_setuptools(planner, &mut install, who, evidence);
    }
    if dependencies.is_empty() && install.project.is_none() {
        warn_of_missing(planner, &program, &start.evidence.file)?;
    }

    let common = Common::new(planner, &name, start.port, labels(&name, &project));
    let parts =
        Parts { program: &program, toolchain: &toolchain, runtime: &runtime, installed: &installed, start, install };
    let roots = project.source_roots();
    let own = View::new(parts, &roots, &planner.wishes.extras);
    let ignore = ignore(repo, &program);
    let secrets = own.install.secrets.iter().map(|secret| secret.id.clone()).collect();
    let reads = own.install.reads();
    let dockerfile = Dockerfile::Whole("python/Dockerfile.tera", view(&common, &own)?);
    Ok(Recipe { name, dockerfile, ignore, reads, secrets })
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
fn warn_of_missing(planner: &mut Planner, program: &Program, entry: &str) -> Result<(), Error> {
    let found = program.foreign_imports(&CATALOG.stdlib);
    let Some((module, file)) = found.first() else { return Ok(()) };
    let known = |row: &&Framework| {
        let mut constructors = row.constructors.iter();
        row.imports == *module || constructors.any(|constructor| constructor.split('.').next() == Some(module))
    };
    let sentence = format!("`{file}` imports `{module}`, and no manifest names the packages that the program needs");
    // What the started file itself imports outside of any block, nothing starts without.
    let is_needed = file == entry
        && program
            .source(file)
            .is_some_and(|source| source.module.plain_import(std::slice::from_ref(module)).is_some());
    if CATALOG.framework.iter().any(|row| known(&row)) {
        let hint = format!("write a requirements.txt: `echo {module} > requirements.txt`, better with versions");
        return Err(Error::no(sentence).hint(hint));
    }
    if is_needed {
        return Err(Error::no(sentence).hint("write a requirements.txt with the names that PyPI knows them by"));
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
fn ignore(repo: &Repo, program: &Program) -> Vec<Section> {
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
    made.retain(|pattern| !repo.below(pattern).any(|path| path.ends_with(".py")));
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
    if program.sources.iter().any(|source| source.module.strings().any(|text| text.ends_with(".md"))) {
        sections.push(Section::new("The program reads these.", ["!**/*.md"]));
    }
    sections
}
