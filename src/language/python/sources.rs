//! The sources of a service: which there are, how they are found from each other, what they import and start.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::rows::{CATALOG, Framework, ListenerRow, place};
use crate::facts::{Evidence, Strength};
use crate::path;
use crate::repo::Repo;
use crate::source::python::{Call, Listener, Module, Number};

/// Sources that are looked into at most, and the largest of them in bytes.
const MOST_SOURCES: usize = 1500;
const LARGEST_SOURCE: usize = 400_000;

/// The sources that an import leads to are followed this far.
const MOST_LOADED: usize = 400;

/// The frameworks of calls, by the file, the callee and the depth.
pub type Followed<'a> = HashMap<(&'a str, String, usize), Option<&'static Framework>>;

/// A source file and its masked text.
#[derive(Debug)]
pub struct Source<'a> {
    /// Relative to the repository.
    pub path: &'a str,
    /// What stands in it.
    pub module: Module<'a>,
    listeners: OnceCell<Vec<Listener>>,
    root: OnceCell<String>,
    /// The root from which its settings are found, else the same.
    pub server_root: OnceCell<String>,
}

impl<'a> Source<'a> {
    fn new(path: &'a str, text: &'a str) -> Self {
        let (listeners, root, server_root) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Source { path, module: Module::new(text), listeners, root, server_root }
    }

    /// The folder; empty at the top.
    pub fn folder(&self) -> &'a str {
        path::parent(self.path)
    }

    /// The file's name.
    pub fn name(&self) -> &'a str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The file's name without its ending.
    pub fn stem(&self) -> &'a str {
        self.name().strip_suffix(".py").unwrap_or(self.name())
    }

    /// How many folders it lies in.
    pub fn depth(&self) -> usize {
        self.path.matches('/').count()
    }

    /// The servers that it starts; one that names no port, or one that only the run knows, has its usual one.
    pub fn listeners(&self) -> &[Listener] {
        self.listeners.get_or_init(|| listeners_of(&self.module))
    }

    /// Whether what it starts ends on SIGTERM by itself.
    pub fn ends_itself(&self) -> bool {
        self.module.handles_sigterm() || self.listeners().iter().any(ends_itself)
    }
}

/// Whether a server ends on SIGTERM by itself.
pub fn ends_itself(listener: &Listener) -> bool {
    CATALOG.listener.iter().any(|row| row.signals && row.callee == listener.callee)
}

/// The sources of the service.
pub struct Program<'a> {
    /// Files of Python, and the folders that hold some, the top too.
    files: HashSet<&'a str>,
    folders: HashSet<&'a str>,
    roots: Vec<String>,
    /// Parts of imported names, each with the folders of the files that import it.
    importers: BTreeMap<String, BTreeSet<&'a str>>,
    /// The places of the sources that imports may mean by the last part of a name, which is empty for a package's own.
    named: HashMap<&'a str, Vec<usize>>,
    by_path: HashMap<&'a str, usize>,
    /// The frameworks of calls that were followed already.
    pub followed: RefCell<Followed<'a>>,
    commands: OnceCell<Vec<(String, Evidence)>>,
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
            commands: OnceCell::new(),
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
            let stem = stem.strip_suffix("_example").or_else(|| stem.strip_suffix(".example"))?;
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

    /// Files near the top that start a server, the likeliest first.
    pub fn listening(&self) -> Vec<&Source<'a>> {
        let mut near: Vec<&Source> = self.sources.iter().filter(|source| source.depth() <= 1).collect();
        near.sort_by_key(|source| (place(&CATALOG.names.scripts, source.name()), source.path));
        near.retain(|source| !source.listeners().is_empty());
        near
    }

    /// Files of this repository that a file imports and that start a server.
    pub fn imported_and_listening(&self, source: &Source) -> Vec<&Source<'a>> {
        let parts = source.module.import_targets().flat_map(|target| target.split('.')).filter(|part| !part.is_empty());
        let places: BTreeSet<usize> = parts.filter_map(|part| self.named.get(part)).flatten().copied().collect();
        let found = places.into_iter().filter_map(|at| self.sources.get(at));
        found.filter(|other| other.path != source.path && !other.listeners().is_empty()).collect()
    }

    /// Imported modules that are neither Python's nor this repository's, each with a file that imports it.
    pub fn foreign_imports(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        for source in &self.sources {
            for name in source.module.imported().into_iter().filter(|name| !CATALOG.stdlib.contains(*name)) {
                let local = ancestors(source.folder()).into_iter().any(|root| self.is_module(root, name))
                    || self.roots.iter().any(|root| self.is_module(root, name));
                if !local && seen.insert(name) {
                    found.push((name.to_owned(), source.path.to_owned()));
                }
            }
        }
        found
    }

    /// The first import of one of these modules that happens whenever its file is loaded.
    pub fn imports_one_of(&self, names: &[String]) -> Option<Evidence> {
        let sources = self.sources.iter().filter(|source| source.stem() != "setup");
        let mut found = sources.filter_map(|source| {
            let line = source.module.plain_import(names)?;
            let folders = ancestors(source.folder());
            let local = |name: &String| folders.iter().any(|root| self.is_module(root, name));
            let foreign = names.iter().filter(|name| line.contains(name.as_str())).any(|name| !local(name));
            foreign.then(|| Evidence::new(source.path, line, Strength::Convention))
        });
        found.next()
    }

    /// A source that holds this text.
    pub fn says(&self, word: &str) -> Option<Evidence> {
        let found = self.sources.iter().find(|source| source.module.says_one_of(&[word]))?;
        let line = found.module.strings().find(|text| text.contains(word));
        Some(Evidence::new(found.path, line.unwrap_or_else(|| found.module.quote(word)), Strength::Stated))
    }

    /// The texts that a function is given.
    pub fn texts_of_calls(&self, callee: &str) -> Vec<&'a str> {
        let word = callee.rsplit('.').next().unwrap_or(callee);
        let calling = self.sources.iter().filter(|source| source.module.says_one_of(&[word]));
        let calls = calling.flat_map(|source| source.module.calls_with_text(|name| name == callee));
        calls.filter_map(|call| call.text).collect()
    }

    /// The first call of one of these functions; a name that ends with a dot stands for all below it.
    pub fn calls_one_of(&self, names: &[String]) -> Option<Evidence> {
        let is_meant = |callee: &str| {
            names.iter().any(|name| callee == name || (name.ends_with('.') && callee.starts_with(name.as_str())))
        };
        let words = last_words(names);
        self.sources.iter().filter(|source| source.module.says_one_of(&words)).find_map(|source| {
            let call = source.module.calls_with_text(is_meant).into_iter().next()?;
            Some(Evidence::new(source.path, call.quote, Strength::Stated))
        })
    }

    /// Modules of others that are imported whenever a file is loaded, or one that it loads.
    pub fn loaded(&self, source: &Source<'a>) -> Vec<(String, Evidence)> {
        let (mut found, mut names) = (Vec::new(), HashSet::new());
        let (mut open, mut seen) = (vec![source], HashSet::from([source.path]));
        while let Some(source) = open.pop() {
            for (target, line) in source.module.loads() {
                let local = self.local(source, target);
                let top = target.split('.').next().unwrap_or_default();
                if local.is_empty() && !top.is_empty() && !CATALOG.stdlib.contains(top) && names.insert(top.to_owned())
                {
                    found.push((top.to_owned(), Evidence::new(source.path, line, Strength::Stated)));
                }
                open.extend(local.into_iter().filter(|other| seen.len() < MOST_LOADED && seen.insert(other.path)));
            }
        }
        found
    }

    /// The sources of this repository that an import loads.
    fn local(&self, source: &Source<'a>, target: &str) -> Vec<&Source<'a>> {
        let name = target.trim_start_matches('.');
        let up = target.len() - name.len();
        let folders = ancestors(source.folder());
        let roots: Vec<&str> = match up {
            0 => folders.into_iter().chain(self.roots.iter().map(String::as_str)).collect(),
            _ => folders.len().checked_sub(up).and_then(|at| folders.get(at).copied()).into_iter().collect(),
        };
        let ends = name.match_indices('.').map(|(at, _)| at).chain([name.len()]);
        let paths: Vec<String> = ends.filter_map(|end| Some(name.get(..end)?.replace('.', "/"))).collect();
        let files = |root: &&str| -> Vec<&Source<'a>> {
            let path = |path: &String| path::join(root, path);
            let named = paths.iter().map(path).flat_map(|path| [format!("{path}.py"), format!("{path}/__init__.py")]);
            named.filter_map(|path| self.source(&path)).collect()
        };
        roots.iter().rev().map(files).find(|found| !found.is_empty()).unwrap_or_default()
    }

    /// A call that asks for the project's own metadata, which only an installed project has.
    pub fn reads_own_metadata(&self, name: &str) -> Option<Evidence> {
        let asks = |callee: &str| CATALOG.calls.metadata.iter().any(|call| call == callee);
        let is_own = |call: &Call| call.text.is_none_or(|text| super::manifests::is_same(text, name));
        let words = first_words(&CATALOG.calls.metadata);
        self.sources.iter().find_map(|source| {
            let calls = source.module.says_one_of(&words).then(|| source.module.calls_with_text(asks))?;
            let call = calls.into_iter().find(is_own)?;
            Some(Evidence::new(source.path, call.quote, Strength::Stated))
        })
    }

    /// Programs and shells that the sources start, each with a place where that shows.
    pub fn commands(&self) -> &[(String, Evidence)] {
        self.commands.get_or_init(|| {
            let words = [last_words(&CATALOG.calls.shells), first_words(&CATALOG.calls.starts)].concat();
            let starting = self.sources.iter().filter(|source| source.module.says_one_of(&words));
            starting.flat_map(commands_of).collect()
        })
    }
}

/// The words without which none of these functions is called: what their names end with.
fn last_words(names: &[String]) -> Vec<&str> {
    names.iter().filter_map(|name| name.rsplit('.').next()).collect()
}

/// What imports of functions with these beginnings say.
fn first_words(names: &[String]) -> Vec<&str> {
    names.iter().filter_map(|name| name.split('.').next()).collect()
}

fn commands_of(source: &Source) -> Vec<(String, Evidence)> {
    let calls = &CATALOG.calls;
    let is_shell = |callee: &str| calls.shells.iter().any(|shell| shell == callee);
    let starts = |callee: &str| is_shell(callee) || calls.starts.iter().any(|start| callee.starts_with(start.as_str()));
    let mut found = Vec::new();
    for call in source.module.calls_with_text(starts) {
        let evidence = || Evidence::new(source.path, call.quote, Strength::Stated);
        if is_shell(&call.callee) || call.shell {
            found.push(("sh".to_owned(), evidence()));
        }
        let word = call.text.and_then(|text| text.split_whitespace().next());
        let program = word.and_then(|word| word.rsplit('/').next());
        found.extend(program.map(|program| (program.to_owned(), evidence())));
    }
    found
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

fn listeners_of(module: &Module) -> Vec<Listener> {
    let debugs = |listener: &&Listener| {
        let top = listener.callee.split('.').next().unwrap_or_default();
        CATALOG.calls.debuggers.iter().any(|debugger| debugger == top)
    };
    let found: Vec<Listener> = module.listeners().iter().filter(|listener| !debugs(listener)).cloned().collect();
    if !found.is_empty() {
        return found;
    }
    let usual = |row: &'static ListenerRow| {
        let is_meant = row.beside.is_empty() || module.strings().any(|text| row.beside.iter().any(|word| word == text));
        let found = if is_meant { module.listeners_by(&row.callee) } else { Vec::new() };
        found.into_iter().filter_map(|mut listener| {
            if listener.port == Number::default() {
                listener.port.value = Some(row.port?);
            }
            listener.host = listener.host.or(row.loopback.then(|| LOOPBACK.to_owned()));
            Some(listener)
        })
    };
    CATALOG.listener.iter().flat_map(usual).collect()
}

/// The address that only its own machine reaches.
const LOOPBACK: &str = "127.0.0.1";

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
    fn commands_are_needs() {
        let repo = Repo::from_list(
            "x",
            [("a.py", "import subprocess\nsubprocess.run(['/usr/bin/git', 'log'])\nsubprocess.run('x', shell=True)\n")],
        );
        let program = Program::read(&repo, Vec::new());
        assert_eq!(program.commands().iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["git", "sh", "x"]);
    }
}
