//! What is read of a service: poms, version files, settings and sources, each once.

use std::collections::{BTreeMap, BTreeSet};

use super::catalog::{CATALOG, Container, Framework, is_one_of};
use super::client::Client;
use super::listen::{self, Listening};
use super::program::{self, Program};
use super::reactor::{Module, Reactor};
use super::seen::View;
use super::shape::{self, Shape};
use super::sources::Sources;
use super::{config, inputs, settings, start, writes};
use crate::catalog::SHARED;
use crate::dockerignore::Matcher;
use crate::facts::{Evidence, Fact, Kind};
use crate::format::pom::resolve;
use crate::format::properties;
use crate::language::Scope;
use crate::path::join;
use crate::repo::Repo;
use crate::witness;

/// More files than any program names.
const DATA: usize = 50;

/// What Java's reader made of a service.
pub struct Java<'r> {
    /// The name of the folder.
    pub name: &'r str,
    /// The poms.
    pub reactor: Reactor,
    /// The modules in which something can be started.
    pub units: Vec<Unit<'r>>,
    /// The variables that the settings of the repository name, where `.mvn/maven.config` takes some.
    pub named: Option<Vec<String>>,
    /// The address in Maven's wrapper.
    pub wrapper: Option<String>,
    /// What Maven reads before the sources.
    pub inputs: Vec<String>,
    /// What the image brings itself.
    pub unused: Vec<&'static str>,
    /// The folders of tests.
    pub tests: Vec<String>,
    /// Sources of all modules that name what a plugin makes.
    pub reads: Vec<(&'r str, &'static str)>,
    /// Files that every .dockerignore hides, and that a build may read.
    pub hidden: Vec<&'r str>,
}

/// A module in which something can be started, with everything that hangs on it.
pub struct Unit<'r> {
    /// Which module.
    pub module: usize,
    /// What can be started.
    pub programs: Vec<Program>,
    /// The servlet container that starts it, where it is a war.
    pub container: Option<&'static Container>,
    /// What it is made with.
    pub framework: Option<&'static Framework>,
    /// Where it listens.
    pub listening: Listening,
    /// The sources.
    pub sources: Sources<'r>,
    /// What follows from all of it by the rows of the catalog.
    pub followed: Vec<Fact>,
    /// Where the build says that it starts npm.
    pub npm: Option<Evidence>,
    /// The file that the program is given by name.
    pub settings: Option<String>,
    /// Files and folders beside the sources that the program names.
    pub data: Vec<(String, &'r str)>,
    /// A client for browsers that Maven does not build.
    pub client: Option<Client>,
}

impl<'r> Java<'r> {
    /// Reads a service.
    pub fn read(scope: Scope<'r>) -> Self {
        let repo = scope.repo;
        let reactor = Reactor::read(repo);
        let mut reads = Vec::new();
        let units = (0..reactor.modules.len()).filter_map(|at| Unit::read(repo, &reactor, at, &mut reads));
        let units: Vec<Unit> = units.collect();
        let inputs = inputs::read(repo, &reactor);
        let tests = reactor.modules.iter().map(|module| join(module.folder(), &CATALOG.layout.tests));
        let unused = CATALOG.layout.unused.iter().map(String::as_str);
        Java {
            name: repo.name(),
            named: config::read(repo).settings.map(|path| variables(repo, &path)),
            wrapper: wrapper(repo),
            unused: unused.filter(|path| repo.exists(path)).collect(),
            tests: tests.filter(|path| repo.has_folder(path)).collect(),
            hidden: hidden(repo, &inputs, &units),
            reads,
            reactor,
            units,
            inputs,
        }
    }
}

/// The variables of the environment that settings of Maven name: `${env.TOKEN}`.
fn variables(repo: &Repo, path: &str) -> Vec<String> {
    let names = repo.text(path).unwrap_or_default().split("${env.").skip(1).filter_map(|rest| rest.split_once('}'));
    let is_name = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let names: BTreeSet<&str> = names.map(|(name, _)| name).filter(|name| !name.is_empty()).filter(is_name).collect();
    names.into_iter().map(str::to_owned).collect()
}

/// The address from which Maven's wrapper fetches it.
fn wrapper(repo: &Repo) -> Option<String> {
    let read = properties::parse(repo.text(&CATALOG.layout.wrapper)?).ok()?;
    read.get("distributionUrl").map(str::to_owned)
}

/// Files that every .dockerignore hides, of those that go into the jar or that a build of one of the programs reads.
fn hidden<'r>(repo: &'r Repo, inputs: &[String], units: &[Unit]) -> Vec<&'r str> {
    let beside =
        units.iter().flat_map(|unit| unit.data.iter().map(|(path, _)| path).chain(&unit.settings)).map(String::as_str);
    let sources = units.iter().flat_map(|unit| unit.sources.files.iter().copied());
    let read: BTreeSet<&str> = inputs.iter().map(String::as_str).chain(beside).chain(sources).collect();
    let packed = |path: &str| CATALOG.layout.packed.iter().any(|folder| path.contains(folder.as_str()));
    let clutter = Matcher::new(&SHARED.clutter.join("\n"));
    repo.files().filter(|path| (packed(path) || read.contains(path)) && clutter.hides(path)).collect()
}

impl<'r> Unit<'r> {
    /// A module; what its sources read of plugins is told in any case.
    fn read(repo: &'r Repo, reactor: &Reactor, at: usize, reads: &mut Vec<(&'r str, &'static str)>) -> Option<Self> {
        let module = reactor.modules.get(at).filter(|module| shape::packaging(&module.lineage) != "pom")?;
        let sources = Sources::read(repo, module);
        reads.extend_from_slice(&sources.reads);
        let mut settings = settings::read(repo, module, &sources.names);
        let programs = program::of_module(module, reactor.modules.len() > 1, &sources, &settings);
        let shape = &programs.first()?.shape;
        let container = (*shape == Shape::War).then(|| start::container(module)).flatten();
        let dependencies = reactor.dependencies(at);
        let used = |artifacts: &[String]| dependencies.iter().find(|entry| is_one_of(entry, artifacts));
        let framework =
            framework(shape, module).or_else(|| CATALOG.framework.iter().find(|row| used(&row.artifacts).is_some()));
        let given = framework.filter(|row| !row.arguments.is_empty());
        let given = given.and_then(|_| settings::given(repo, module.folder()));
        settings.extend(given.as_ref().and_then(|file| settings::of_given(repo, file)));
        let view = View::new(repo, (reactor, at), module, &dependencies, &sources);
        Some(Unit {
            module: at,
            framework,
            listening: match container {
                Some(row) => Listening::of_container(row, &module.file),
                None => listen::listening(&module.file, framework, &settings, &sources, &dependencies),
            },
            container,
            followed: [followed(&view), writes::facts(&settings, &sources)].concat(),
            npm: CATALOG.client.node.iter().find_map(|program| view.started(program)),
            settings: given,
            data: data(repo, &sources),
            client: Client::read(repo, reactor, module, framework),
            sources,
            programs,
        })
    }
}

/// What follows by the rows, in words for people.
fn followed(view: &View) -> Vec<Fact> {
    let plain = |text: String| text.replace("`plugin:", "`").replace("`build:", "`");
    let mut facts = witness::follow(&CATALOG.row, view);
    for fact in &mut facts {
        if let Kind::Warning(text) = &mut fact.kind {
            *text = plain(std::mem::take(text));
        }
    }
    facts
}

/// The framework that packs a program.
fn framework(shape: &Shape, module: &Module) -> Option<&'static Framework> {
    CATALOG.framework(match shape {
        Shape::Boot => &CATALOG.boot.framework,
        Shape::Quarkus => &CATALOG.quarkus.framework,
        _ if module.lineage.uses(&CATALOG.quarkus.plugin) => &CATALOG.quarkus.framework,
        _ => return None,
    })
}

/// Files and folders beside the sources that the sources name, each with the first source that does.
fn data<'r>(repo: &Repo, sources: &Sources<'r>) -> Vec<(String, &'r str)> {
    let mut named: BTreeMap<String, &str> = BTreeMap::new();
    for (file, found) in &sources.found {
        for path in found.strings.iter().filter_map(|name| resolve("", name)) {
            named.entry(path).or_insert(file);
        }
    }
    let is_source = |path: &str| path == "src" || path.starts_with("src/") || path.contains("/src/");
    let is_made = |path: &str| path.starts_with("target") || path.split('/').any(|part| part.starts_with('.'));
    let is_pom = |path: &str| path == "pom.xml" || repo.has(&join(path, "pom.xml"));
    let is_data = |path: &str| !path.is_empty() && !is_source(path) && !is_made(path) && !is_pom(path);
    named.into_iter().filter(|(path, _)| is_data(path) && repo.exists(path)).take(DATA).collect()
}

#[cfg(test)]
mod tests {
    use crate::repo::Repo;
    use crate::wishes::Wishes;

    #[test]
    fn files_that_sources_name_lie_in_the_image_unless_they_may_hold_secrets() {
        let main = "class App { public static void main(String[] a) { open(\"data/words.txt\"); open(\"keys/own.p12\"); open(\"gone.txt\"); } }";
        let files = [
            ("pom.xml", "<project><artifactId>a</artifactId></project>"),
            ("src/main/java/App.java", main),
            ("data/words.txt", ""),
            ("keys/own.p12", ""),
        ];
        let draft = crate::draft(&Repo::from_list("a", files), &Wishes::default()).unwrap();
        let text = &draft.documents[0].text;
        assert!(text.contains("COPY --link --from=build /src/data/words.txt ./data/words.txt"), "{text}");
        assert!(!text.contains("own.p12") && !text.contains("gone.txt"), "{text}");
        assert!(
            draft.plan.warnings.iter().any(|warning| warning.contains("keys/own.p12")),
            "{:?}",
            draft.plan.warnings
        );
    }
}
