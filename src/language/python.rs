//! Python: pip, uv, Poetry, Pipenv and PDM; web applications behind a server, scripts, or what a Procfile says.

mod apps;
mod assets;
mod calls;
mod data;
mod feeds;
mod front_ends;
mod imports;
mod install;
mod manifests;
mod optional;
mod own_build;
mod packages;
mod part;
mod process;
mod requirements;
mod rows;
mod scripts;
mod source;
mod sources;
mod start;
mod versions;
mod way;
mod ways;
mod wheels;

use super::{Labels, Language, Project, Recipe, Scope, sign};
use crate::dockerignore::Section;
use crate::error::Error;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::format::pyproject::Pyproject;
use crate::plan::Planner;
use crate::plan::labels::Stated;
use crate::repo::Repo;
use crate::source::python::Module;
use front_ends::FrontEnds;
use manifests::Manifests;
use part::Order;
use rows::{CATALOG, Framework, Manager};
use sources::Program;
use start::Known;
use way::Way;

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
    release: versions::release,
    read: |scope| Box::new(Python::read(scope)),
};

/// What was read of a service.
struct Python<'r> {
    manifests: Manifests,
    program: Program<'r>,
    ways: Vec<Way>,
    /// What a wish names beside them.
    wished: Option<Way>,
    /// The port in the configuration of a server that applications are put behind.
    configured: Option<Fact>,
    front_ends: FrontEnds,
    /// Names at the top that are for development only, and patterns of made files that hide no source.
    aside: Vec<&'static str>,
    made: Vec<&'static str>,
}

impl<'r> Python<'r> {
    fn read(scope: Scope<'r>) -> Self {
        let Scope { repo, wishes, told } = scope;
        let manifests = Manifests::read(repo);
        let program = Program::read(repo, manifests.source_roots());
        let ways = ways::ways(told, &manifests, &program);
        let wish = wishes.entry.as_deref();
        let hides_none = |pattern: &&str| !repo.below(pattern).any(|path| path.ends_with(".py"));
        Python {
            wished: wish.and_then(|wish| ways::wished(wish, &ways, &manifests, &program)),
            configured: configured_port(repo),
            front_ends: FrontEnds::read(repo, &program),
            aside: CATALOG.ignore.aside.iter().map(String::as_str).filter(|name| repo.exists(name)).collect(),
            made: CATALOG.ignore.made.iter().map(String::as_str).filter(hides_none).collect(),
            manifests,
            program,
            ways,
        }
    }
}

/// The port in a file of a server's own, if the project has one.
fn configured_port(repo: &Repo) -> Option<Fact> {
    CATALOG.server.iter().find_map(|row| {
        let (file, name) = row.config.as_ref()?;
        let module = Module::new(repo.text(file)?);
        let port = module.keyword_texts(name).first()?.rsplit_once(':')?.1.parse().ok()?;
        Some(Fact::new(Kind::Port(port), file, module.quote(name), Strength::Pinned))
    })
}

impl Project for Python<'_> {
    fn testify(&self) -> Vec<Fact> {
        let mut facts = self.manifests.testify();
        facts.extend(versions::testify(&self.manifests));
        facts.extend(wheels::newest_lines(&self.manifests));
        facts.extend(wheels::gone_modules(&self.program));
        facts.extend(feeds::testify(&self.manifests));
        facts.extend(packages::testify(&self.program));
        facts.extend(data::testify(&self.program));
        facts.extend(self.front_ends.testify());
        let configured = self.configured.as_ref();
        facts.extend(self.ways.iter().flat_map(|way| way.testify(&self.program, configured)));
        facts.extend(self.wished.iter().flat_map(|way| way.traits(&self.program, configured)));
        facts
    }

    fn recipe(&self, planner: &mut Planner) -> Result<Recipe, Error> {
        let (manifests, program) = (&self.manifests, &self.program);
        readable(planner, manifests)?;
        let toolchain = planner.toolchain(LANGUAGE.id, "Python", &CATALOG.release)?;
        let ids: Vec<&str> = CATALOG.manager.iter().map(|row| row.id.as_str()).collect();
        let (manager, version) = planner.manager(&ids, &Manager::of("requirements.txt").id)?;
        let row = Manager::named(&manager);
        let way = start::way(planner, (manifests, program), &self.ways, self.wished.as_ref())?;
        let selection = &optional::select(planner, manifests, program, row, &way);
        let dependencies = &manifests.dependencies(row, selection);
        let installed = &packages::Installed::new(manifests, row, dependencies);
        planner.facts.extend(packages::rows(program, installed));
        let start = start::decide(planner, &Known { manifests, program, installed, cycle: &toolchain.cycle }, &way);
        let script = start.program.as_deref().map(|name| (name, &start.evidence));
        let needs = packages::needs(planner, installed, script, &toolchain);
        let runtime = planner.runtime(needs, &CATALOG.runtime, &toolchain)?;
        let stated = manifests
            .name()
            .map(|(name, file)| (name, Evidence::new(file, &format!("name = \"{name}\""), Strength::Stated)));
        let name = planner.name(stated);
        let order = install::Order { row, version: version.as_deref(), toolchain: &toolchain, selection, dependencies };
        let mut install = install::plan(planner, manifests, program, &order)?;
        install.steps = packages::steps(program, installed);
        if let Some((who, evidence)) = packages::old_setuptools(program, installed, &toolchain.cycle) {
            install::add_setuptools(planner, &mut install, who, evidence);
        }
        if dependencies.is_empty() && install.project.is_none() {
            warn_of_missing(planner, program, &start.evidence.file)?;
        }
        let order = Order { toolchain: &toolchain, runtime: &runtime, start, install, roots: manifests.source_roots() };
        let image = order.image(planner, labels(planner, &name, manifests))?;
        let recipe = Recipe { ignore: self.ignore(), ..Recipe::new(name, image) };
        let mut recipe = recipe.of(manifests.made_of(selection));
        if let Some((lent, target)) = self.front_ends.plan(planner)? {
            recipe.take(lent, target);
        }
        Ok(recipe)
    }
}

impl Python<'_> {
    /// A deny list: what a Python program reads at run time cannot be known.
    fn ignore(&self) -> Vec<Section> {
        let made = self.made.iter().copied();
        let mut sections = vec![Section::new("Made by tools, and data of a developer's machine.", made)];
        if !self.aside.is_empty() {
            sections.push(Section::new("For development.", self.aside.iter().copied()));
        }
        if self.program.sources.iter().any(|source| source.module.strings().any(|text| text.ends_with(".md"))) {
            sections.push(Section::new("The program reads these.", ["!**/*.md"]));
        }
        sections
    }
}

/// A manifest that cannot be read ends the matter.
fn readable(planner: &Planner, manifests: &Manifests) -> Result<(), Error> {
    planner.readable()?;
    let above = |read: &Pyproject| {
        read.workspace_members.is_empty() && read.local_sources.iter().any(|(_, path)| path.is_empty())
    };
    if manifests.pyproject.as_ref().is_some_and(above) {
        return Err(Error::no("`pyproject.toml` takes packages from a workspace that begins above this folder").hint(
            "run dockgen in the folder whose `pyproject.toml` has `[tool.uv.workspace]`; `--entry` names the program",
        ));
    }
    match manifests.requirements.as_ref().and_then(|set| Some((set.installed.first()?, set.missing.first()?))) {
        Some((by, file)) => Err(Error::usage(format!("`{by}` includes `{file}`, which is not there"))
            .hint("add the file, or take the line out")),
        None => Ok(()),
    }
}

/// With nothing to install, modules that are neither Python's nor the repository's own cannot be there.
fn warn_of_missing(planner: &mut Planner, program: &Program, entry: &str) -> Result<(), Error> {
    let found = program.foreign_imports();
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

fn labels(planner: &Planner, name: &str, manifests: &Manifests) -> Labels {
    let read = manifests.pyproject.as_ref();
    let [description, licenses] =
        [read.and_then(|read| read.description.as_deref()), read.and_then(|read| read.license.as_deref())];
    planner.labels(name, &Stated { description, licenses, source: None })
}
