//! The sources of a service: which there are, and how they are found from each other.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::rows::{CATALOG, Framework};
use super::source::Source;
use crate::facts::Evidence;
use crate::language::Variable;
use crate::path;
use crate::repo::Repo;
use crate::source::python::Module;

/// Sources that are looked into at most, and the largest of them in bytes.
const MOST_SOURCES: usize = 1500;
const LARGEST_SOURCE: usize = 400_000;

/// The frameworks of calls, by the file, the callee and the depth.
pub type Followed<'a> = HashMap<(&'a str, String, usize), Option<&'static Framework>>;

/// The sources of the service.
pub struct Program<'a> {
    /// Files of Python, and the folders that hold some, the top too.
    files: HashSet<&'a str>,
    folders: HashSet<&'a str>,
    /// Folders of packages that a manifest names.
    pub roots: Vec<String>,
    /// Parts of imported names, each with the folders of the files that import it.
    importers: BTreeMap<String, BTreeSet<&'a str>>,
    /// The places of the sources that imports may mean by the last part of a name, which is empty for a package's own.
    pub named: HashMap<&'a str, Vec<usize>>,
    by_path: HashMap<&'a str, usize>,
    /// The frameworks of calls that were followed already.
    pub followed: RefCell<Followed<'a>>,
    /// Programs that the sources start.
    pub started: OnceCell<Vec<(String, Evidence)>>,
    /// What functions that complete an application call, each with the file and the name of the function.
    pub completers: OnceCell<HashMap<String, Vec<(&'a str, String)>>>,
    /// The files, without tests and the like.
    pub sources: Vec<Source<'a>>,
}

impl<'a> Program<'a> {
    /// Looks into the sources; `roots` are folders of packages that a manifest names.
    pub fn read(repo: &'a Repo, roots: Vec<String>) -> Self {
        let files: HashSet<&str> = repo.files().filter(|path| path.ends_with(".py")).collect();
        let own = settings_packages(repo, &files);
        let mut near: Vec<&str> = files.iter().copied().filter(|path| !is_aside(path, &own)).collect();
        // Programs lie near the top.
        near.sort_by_key(|path| (path.matches('/').count(), *path));
        let texts = near.into_iter().take(MOST_SOURCES).filter_map(|path| Some((path, repo.text(path)?)));
        let small = texts.filter(|(_, text)| text.len() <= LARGEST_SOURCE);
        let sources: Vec<Source> = small.map(|(path, text)| Source::new(path, text)).collect();
        Program {
            folders: files.iter().flat_map(|path| folders_of(path)).collect(),
            files,
            roots,
            importers: importers(&sources),
            named: named(&sources),
            by_path: sources.iter().enumerate().map(|(at, source)| (source.path, at)).collect(),
            sources,
            followed: RefCell::default(),
            started: OnceCell::new(),
            completers: OnceCell::new(),
        }
    }

    /// The source of a path.
    pub fn source(&self, path: &str) -> Option<&Source<'a>> {
        self.by_path.get(path).and_then(|at| self.sources.get(*at))
    }

    /// The file of this name that lies nearest to the top, whether it is looked into or not.
    pub fn nearest(&self, name: &str) -> Option<&'a str> {
        let is_meant = |path: &&&str| path.rsplit('/').next() == Some(name);
        self.files.iter().filter(is_meant).min_by_key(|path| (path.matches('/').count(), **path)).copied()
    }

    /// The source of a dotted module name, wherever its root is.
    pub fn module(&self, name: &str) -> Option<&Source<'a>> {
        let path = name.replace('.', "/");
        let ends = [format!("{path}.py"), format!("{path}/__init__.py")];
        let fits =
            |source: &&Source| ends.iter().any(|end| source.path == end || source.path.ends_with(&format!("/{end}")));
        let last = path.rsplit('/').next().unwrap_or_default();
        self.sources_named(last).filter(fits).min_by_key(|source| source.path.len())
    }

    /// The sources that the last part of a module's name may mean.
    pub fn sources_named(&self, name: &str) -> impl Iterator<Item = &Source<'a>> {
        let places = self.named.get(name).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|place| self.sources.get(*place))
    }

    /// A module of settings and the modules beside it that it imports.
    pub fn settings(&self, name: &str) -> Vec<&Source<'a>> {
        let mut found: Vec<&Source> = self.module(name).into_iter().collect();
        let mut at = 0;
        while let Some(main) = found.get(at).copied() {
            let targets = main.module.import_targets().map(|target| target.trim_end_matches(".*"));
            let imported: HashSet<&str> = targets.filter_map(|target| target.rsplit('.').next()).collect();
            let is_new = |other: &&Source| found.iter().all(|known| known.path != other.path);
            let beside = self.sources.iter().filter(|it| it.folder() == main.folder() && imported.contains(it.stem()));
            let more: Vec<&Source> = beside.filter(is_new).collect();
            found.extend(more);
            at += 1;
        }
        found
    }

    /// Modules that sources name and that are not there, each with the file beside it that shows what it may be.
    pub fn demanded(&self) -> Vec<(String, String)> {
        let real = |path: &str| {
            let stem = path.strip_suffix(".py")?;
            let stem = CATALOG.names.examples.iter().find_map(|end| stem.strip_suffix(end.as_str()))?;
            let real = format!("{stem}.py");
            let (package, name) = stem.rsplit_once('/')?;
            let module = format!("{}.{name}", path::name(package));
            (!self.files.contains(real.as_str()) && self.says(&module).is_some()).then_some(real)
        };
        let mut found: Vec<(String, String)> =
            self.files.iter().filter_map(|path| Some((real(path)?, (*path).to_owned()))).collect();
        found.sort();
        found
    }

    /// The module for tests beside one that is not there, by the variable that takes it in its place.
    pub fn stand_in(&self, missing: &str) -> Option<Variable> {
        let (folder, stem) = (path::parent(missing), path::name(missing).strip_suffix(".py")?);
        let is_there = |name: &String| self.files.contains(format!("{folder}/{name}.py").as_str());
        let beside = CATALOG.names.tests.iter().map(|end| format!("{stem}_{end}")).find(is_there)?;
        let mut read = self.sources.iter().flat_map(|source| source.module.variables());
        let variable = read.find(|variable| variable.name.ends_with(&format!("_{}", stem.to_uppercase())))?;
        Some(Variable::new(variable.name, format!("{}.{beside}", path::name(folder))))
    }

    /// Whether another file of its folder imports it, or any file where it lies at the top.
    pub fn is_imported(&self, source: &Source) -> bool {
        let folder = source.folder();
        self.importers.get(source.stem()).is_some_and(|folders| folder.is_empty() || folders.contains(folder))
    }

    /// Whether a source belongs to a package.
    pub fn is_in_package(&self, source: &Source) -> bool {
        let folder = source.folder();
        let above = || ancestors(folder).into_iter().filter(|root| *root != folder);
        self.files.contains(format!("{folder}/__init__.py").as_str())
            || source.module.imported().into_iter().any(|name| above().any(|root| self.is_module(root, name)))
    }

    /// Whether a module, by its name or path, lies in a folder.
    pub fn is_module(&self, root: &str, name: &str) -> bool {
        let path = if root.is_empty() { name.to_owned() } else { format!("{root}/{name}") };
        self.folders.contains(path.as_str()) || self.files.contains(format!("{path}.py").as_str())
    }

    /// The folder from which a file's own imports are found; where they do not tell, the one that holds its package.
    pub fn root_of(&self, source: &Source) -> String {
        source.root.get_or_init(|| self.find_root(source)).clone()
    }

    fn find_root(&self, source: &Source) -> String {
        let folder = source.folder();
        let own = source.stem();
        let imported = source.module.imported();
        let count = |root: &str| imported.iter().filter(|name| **name != own && self.is_module(root, name)).count();
        let folders = ancestors(folder);
        let best = folders.iter().map(|root| count(root)).max().unwrap_or(0);
        if best > 0 {
            return folders.into_iter().find(|root| count(root) == best).unwrap_or_default().to_owned();
        }
        if let Some(root) = self.roots.iter().find(|root| folders.contains(&root.as_str())) {
            return root.clone();
        }
        let is_package = |folder: &&&str| self.files.contains(format!("{folder}/__init__.py").as_str());
        if let Some(package) = folders.iter().find(is_package) {
            return path::parent(package).to_owned();
        }
        let in_src = folder == "src" || folder.starts_with("src/");
        if in_src && !source.module.imports_relatively() { "src".to_owned() } else { String::new() }
    }
}

/// The places of sources by their names, packages by those of their folders, and all packages by none.
fn named<'a>(sources: &[Source<'a>]) -> HashMap<&'a str, Vec<usize>> {
    let mut named: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, source) in sources.iter().enumerate() {
        let package = source.folder().rsplit('/').next().filter(|_| source.stem() == "__init__");
        let names: BTreeSet<&str> = package.into_iter().flat_map(|name| ["", name]).chain([source.stem()]).collect();
        names.into_iter().for_each(|name| named.entry(name).or_default().push(at));
    }
    named
}

fn importers<'a>(sources: &[Source<'a>]) -> BTreeMap<String, BTreeSet<&'a str>> {
    let mut importers: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for source in sources {
        for part in
            source.module.import_targets().flat_map(|target| target.split('.')).filter(|part| *part != source.stem())
        {
            importers.entry(part.to_owned()).or_default().insert(source.folder());
        }
    }
    importers
}

/// The packages at the top or below it that hold the settings of a framework, by the word of its script: they are what is served,
/// whatever they are called.
fn settings_packages(repo: &Repo, files: &HashSet<&str>) -> Vec<String> {
    let rows = CATALOG.framework.iter().filter_map(|row| Some((row.settings.as_str(), row.assets.as_ref()?)));
    let mut found: Vec<String> = rows
        .flat_map(|(variable, assets)| {
            let scripts =
                files.iter().filter(|path| path::name(path) == assets.script && path.matches('/').count() <= 2);
            scripts.filter_map(move |path| {
                let settings = Module::new(repo.text(path)?).environment_default(variable)?;
                Some(path::join(path::parent(path), settings.split('.').next()?))
            })
        })
        .collect();
    found.dedup();
    found
}

/// The folder and those above it, the top first.
pub fn ancestors(folder: &str) -> Vec<&str> {
    let ends = folder.match_indices('/').map(|(at, _)| at).chain((!folder.is_empty()).then_some(folder.len()));
    std::iter::once("").chain(ends.filter_map(|end| folder.get(..end))).collect()
}

/// The folders that a file lies in, the top first.
fn folders_of(path: &str) -> Vec<&str> {
    ancestors(path::parent(path))
}

fn is_aside(path: &str, own: &[String]) -> bool {
    let inside = own.iter().find_map(|folder| path.strip_prefix(folder.as_str())?.strip_prefix('/'));
    let path = inside.unwrap_or(path);
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let usual = &CATALOG.names;
    folders.split('/').any(|folder| folder.starts_with('.') || usual.aside.iter().any(|aside| aside == folder))
        || usual.aside_files.iter().any(|pattern| match pattern.split_once('*') {
            Some((start, end)) => name.starts_with(start) && name.ends_with(end),
            None => name == pattern,
        })
}

/// `src/pkg/main.py` from `src` is `pkg.main`; a package's `__init__.py` is the package.
pub fn module_name(path: &str, root: &str) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path).trim_start_matches('/');
    let name = relative.strip_suffix(".py").unwrap_or(relative).replace('/', ".");
    name.strip_suffix(".__init__").map_or(name.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_without_a_port_has_its_usual_one() {
        let ports = |text: &str| {
            let repo = Repo::from_list("x", [("main.py", text)]);
            let program = Program::read(&repo, Vec::new());
            let found = program.sources[0].listeners();
            found.iter().map(|listener| listener.port.value).collect::<Vec<_>>()
        };
        assert_eq!(ports("from aiohttp import web\nweb.run_app(app)\n"), [Some(8080)]);
        assert_eq!(ports("from aiohttp import web\nweb.run_app(app, port=81)\n"), [Some(81)]);
        assert!(ports("from aiohttp import web\nweb.json_response(x)\n").is_empty());
        assert!(ports("import debugpy\ndebugpy.listen(('0.0.0.0', 5678))").is_empty());
        let mcp = "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\nmcp.run(transport='http-or-not')\n";
        assert!(ports(mcp).is_empty());
        assert_eq!(ports(&mcp.replace("http-or-not", "streamable-http")), [Some(8000)]);
    }

    #[test]
    fn what_a_file_loads_is_followed() {
        let files = [
            ("shop/__init__.py", "import yaml\n"),
            ("shop/web.py", "from .db import x\nfrom shop.api import y\ndef f():\n    import late\n"),
            ("shop/db.py", "import os, psycopg\n"),
            ("shop/api/__init__.py", "from fastapi import FastAPI\n"),
            ("shop/other.py", "import torch\n"),
        ];
        let repo = Repo::from_list("x", files);
        let program = Program::read(&repo, Vec::new());
        let mut loaded: Vec<String> =
            program.loaded(program.source("shop/web.py").unwrap()).into_iter().map(|(name, _)| name).collect();
        loaded.sort();
        assert_eq!(loaded, ["fastapi", "psycopg", "yaml"]);
    }

    #[test]
    fn a_project_may_be_called_an_example() {
        let script = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'example.settings')\n";
        let files = [("manage.py", script), ("example/wsgi.py", ""), ("example/tests/a.py", ""), ("docs/wsgi.py", "")];
        let repo = Repo::from_list("x", files);
        let program = Program::read(&repo, Vec::new());
        assert_eq!(
            program.sources.iter().map(|source| source.path).collect::<Vec<_>>(),
            ["manage.py", "example/wsgi.py"]
        );
    }

    #[test]
    fn a_module_for_tests_stands_in_for_one_that_is_missing() {
        let settings = "load('site.configuration')\nname = environ.get('SITE_CONFIGURATION')\n";
        let stand_in = |beside: &'static str| {
            let files = [("site/settings.py", settings), ("site/configuration_example.py", ""), (beside, "")];
            let repo = Repo::from_list("x", files);
            let program = Program::read(&repo, Vec::new());
            let (missing, _) = program.demanded().into_iter().next()?;
            program.stand_in(&missing).map(|it| format!("{}={}", it.name, it.value))
        };
        assert_eq!(
            stand_in("site/configuration_testing.py").as_deref(),
            Some("SITE_CONFIGURATION=site.configuration_testing")
        );
        assert_eq!(stand_in("site/other_testing.py"), None);
    }

    #[test]
    fn commands_are_needs() {
        let repo = Repo::from_list(
            "x",
            [("a.py", "import subprocess\nsubprocess.run(['/usr/bin/git', 'log'])\nsubprocess.run('x', shell=True)\n")],
        );
        let program = Program::read(&repo, Vec::new());
        assert_eq!(program.commands().iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["git", "sh", "x"]);
    }
}
