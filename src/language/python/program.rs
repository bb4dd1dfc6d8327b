//! What Python sources say: applications, scripts, Django, ports, programs that are started.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::facts::{Evidence, Strength};
use crate::repo::Repo;
use crate::source::pattern;
use crate::source::python::{Call, Listener, Module, Number};

use super::project::join;
use super::rows::{CATALOG, Framework};

/// Folders whose programs are not the service.
const ASIDE: [&str; 22] = [
    "tests",
    "test",
    "testing",
    "docs",
    "doc",
    "examples",
    "example",
    "samples",
    "benchmarks",
    "benchmark",
    "notebooks",
    "migrations",
    "alembic",
    "scripts",
    "script",
    "tools",
    "hack",
    "dev",
    "env",
    "venv",
    "site-packages",
    "e2e",
];

/// Module names in the order in which they usually are the service.
const MODULES: [&str; 14] = [
    "wsgi",
    "asgi",
    "main",
    "app",
    "server",
    "application",
    "api",
    "web",
    "run",
    "index",
    "start",
    "service",
    "bot",
    "__init__",
];

/// File names of programs at the top, in the same sense.
const SCRIPTS: [&str; 16] = [
    "main.py",
    "app.py",
    "server.py",
    "run.py",
    "start.py",
    "index.py",
    "bot.py",
    "application.py",
    "service.py",
    "api.py",
    "worker.py",
    "cli.py",
    "web.py",
    "__main__.py",
    "hello.py",
    "program.py",
];

/// Variables in the order in which they usually hold the application.
const VARIABLES: [&str; 6] = ["application", "app", "server", "api", "asgi", "wsgi"];

/// Functions that make an application, by their names.
const FACTORIES: [&str; 9] = [
    "create_app",
    "make_app",
    "get_app",
    "build_app",
    "init_app",
    "create_application",
    "get_application",
    "app_factory",
    "application_factory",
];

/// Sources that are looked into at most, and the largest of them in bytes.
const MOST_SOURCES: usize = 1500;
const LARGEST_SOURCE: usize = 400_000;

/// How many functions, classes and imports an application is followed through.
const DEPTH: usize = 3;

/// A source file and its masked text.
#[derive(Debug)]
pub struct Source<'a> {
    /// Relative to the repository.
    pub path: &'a str,
    /// What stands in it.
    pub module: Module<'a>,
    root: OnceCell<String>,
    /// The root from which its settings are found, else the same.
    server_root: OnceCell<String>,
}

impl<'a> Source<'a> {
    fn new(path: &'a str, text: &'a str) -> Self {
        Source { path, module: Module::new(text), root: OnceCell::new(), server_root: OnceCell::new() }
    }

    fn folder(&self) -> &'a str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    fn stem(&self) -> &'a str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.strip_suffix(".py").unwrap_or(name)
    }
}

/// Something that a server loads: `module:variable`.
#[derive(Debug, Clone)]
pub struct App {
    /// The file that holds it.
    pub file: String,
    /// The folder that its module name starts from; empty for the top.
    pub root: String,
    /// `package.module:variable`, or `package.module:create_app` for a factory.
    pub reference: String,
    /// It has to be called first.
    pub factory: bool,
    /// The framework.
    pub framework: &'static Framework,
    /// The line that shows it.
    pub quote: String,
}

/// A file that is run.
#[derive(Debug, Clone)]
pub struct Script {
    /// The file.
    pub file: String,
    /// The folder that its imports start from.
    pub root: String,
    /// It must be run as a module of its package, because it imports relatively or from above.
    pub module: Option<String>,
    /// It lies where the program usually lies.
    pub conventional: bool,
    /// The line that shows it.
    pub quote: String,
}

/// The frameworks of calls, by the file, the callee and the depth.
type Followed<'a> = HashMap<(&'a str, String, usize), Option<&'static Framework>>;

/// The sources of the service.
pub struct Program<'a> {
    repo: &'a Repo,
    roots: Vec<String>,
    /// Parts of imported names, each with the folders of the files that import it.
    importers: BTreeMap<String, BTreeSet<&'a str>>,
    /// The places of the sources that imports may mean by the last part of a name, which is empty for a package's own.
    named: HashMap<&'a str, Vec<usize>>,
    /// The frameworks of calls that were followed already.
    followed: RefCell<Followed<'a>>,
    commands: OnceCell<Vec<(String, Evidence)>>,
    /// The files, without tests and the like.
    pub sources: Vec<Source<'a>>,
}

impl<'a> Program<'a> {
    /// Looks into the sources; `roots` are folders of packages that a manifest names.
    pub fn read(repo: &'a Repo, roots: Vec<String>) -> Self {
        let mut files: Vec<&str> = repo.files().filter(|path| path.ends_with(".py") && !is_aside(path)).collect();
        // Programs lie near the top.
        files.sort_by_key(|path| path.matches('/').count());
        let texts = files.into_iter().take(MOST_SOURCES).filter_map(|path| Some((path, repo.text(path)?)));
        let small = texts.filter(|(_, text)| text.len() <= LARGEST_SOURCE);
        let sources: Vec<Source> = small.map(|(path, text)| Source::new(path, text)).collect();
        Program {
            repo,
            roots,
            importers: importers(&sources),
            named: named(&sources),
            sources,
            followed: RefCell::default(),
            commands: OnceCell::new(),
        }
    }

    /// The source of a path.
    pub fn source(&self, path: &str) -> Option<&Source<'a>> {
        self.sources.iter().find(|source| source.path == path)
    }

    /// Applications, the likeliest first. `interfaces` are those that the project's own servers speak.
    pub fn apps(&self, interfaces: &BTreeSet<&str>) -> Vec<App> {
        let mut apps: Vec<App> = self.sources.iter().flat_map(|source| self.apps_of(source)).collect();
        if apps.iter().all(|app| app.framework.interface == "worker") {
            apps.extend(self.sources.iter().flat_map(|source| self.factories_of(source)));
        }
        apps.extend(self.pages());
        let rank = |app: &App| {
            let (module, variable) = app.reference.split_once(':').unwrap_or((&app.reference, ""));
            let speaks = interfaces.is_empty() || interfaces.contains(app.framework.interface.as_str());
            (
                app.framework.interface == "worker",
                !speaks,
                CATALOG
                    .framework
                    .iter()
                    .position(|row| row.id == app.framework.id && row.id.starts_with("django"))
                    .unwrap_or(usize::MAX),
                !app.framework.wraps,
                place(&MODULES, module.rsplit('.').next().unwrap_or_default()),
                module.matches('.').count(),
                place(&VARIABLES, variable),
                app.reference.clone(),
            )
        };
        apps.sort_by_cached_key(rank);
        apps
    }

    fn apps_of(&self, source: &Source<'a>) -> Vec<App> {
        let mut apps = Vec::new();
        let assignments = source.module.assignments();
        for assignment in &assignments {
            let framework = self.framework_of(source, &assignment.callee, DEPTH);
            let Some(framework) = framework.filter(|row| row.attribute.is_empty()) else { continue };
            apps.push(self.app(source, &assignment.variable, false, framework, &assignment.quote));
        }
        let made: HashMap<&str, &str> = assignments.iter().rev().map(|one| (&*one.variable, &*one.callee)).collect();
        for (variable, object, attribute) in source.module.attributes() {
            let framework = made.get(object).and_then(|callee| self.framework_of(source, callee, DEPTH));
            if let Some(framework) = framework.filter(|row| row.attribute == attribute) {
                apps.push(self.app(source, variable, false, framework, &format!("{variable} = {object}.{attribute}")));
            }
        }
        apps
    }

    fn app(&self, source: &Source, variable: &str, factory: bool, framework: &'static Framework, quote: &str) -> App {
        let found = || self.settings_root(source).unwrap_or_else(|| self.root_of(source));
        let root = source.server_root.get_or_init(found).clone();
        App {
            reference: format!("{}:{variable}", module_name(source.path, &root)),
            file: source.path.to_owned(),
            root,
            factory,
            framework,
            quote: quote.to_owned(),
        }
    }

    /// An application that somebody names; its framework is the first among the packages.
    pub fn asked_app(&self, module: &str, variable: &str, packages: &BTreeSet<String>) -> Option<App> {
        let source = self.module(module)?;
        let speaks = |row: &&Framework| {
            let package = row.constructors.first().and_then(|constructor| constructor.split('.').next());
            package.is_some_and(|package| packages.contains(package))
        };
        let framework = CATALOG
            .framework
            .iter()
            .filter(|row| row.interface.ends_with("sgi"))
            .find(speaks)
            .or(CATALOG.framework.first())?;
        let name = variable.trim_end_matches("()");
        let app = self.app(source, name, name != variable, framework, "");
        Some(App { reference: format!("{module}:{name}"), ..app })
    }

    /// Functions such as `create_app` whose result nobody keeps in a module.
    fn factories_of(&self, source: &Source<'a>) -> Vec<App> {
        let functions = source.module.functions().into_iter();
        functions
            .filter(|function| function.callable_bare && FACTORIES.contains(&function.name.as_str()))
            .filter_map(|function| {
                let framework = function.calls.iter().find_map(|callee| self.framework_of(source, callee, 1))?;
                Some(self.app(source, &function.name, true, framework, &function.quote))
            })
            .collect()
    }

    /// Files that a tool such as Streamlit runs: they import it, and nothing else imports them.
    fn pages(&self) -> Vec<App> {
        let mut pages = Vec::new();
        for framework in CATALOG.framework.iter().filter(|row| !row.imports.is_empty()) {
            let users =
                self.sources.iter().filter(|source| source.module.imported().contains(&framework.imports.as_str()));
            let mut users: Vec<&Source> = users.filter(|source| !self.is_imported(source)).collect();
            users.sort_by_key(|source| {
                (
                    source.path.matches('/').count(),
                    place(&SCRIPTS, source.path.rsplit('/').next().unwrap_or_default()),
                    source.path,
                )
            });
            pages.extend(users.first().map(|source| App {
                reference: source.path.to_owned(),
                root: self.root_of(source),
                file: source.path.to_owned(),
                factory: false,
                framework,
                quote: source.module.quote("import").to_owned(),
            }));
        }
        pages
    }

    fn is_imported(&self, source: &Source) -> bool {
        let folder = source.folder();
        self.importers.get(source.stem()).is_some_and(|folders| folder.is_empty() || folders.contains(folder))
    }

    /// The framework that a call makes an application of; through functions and classes of this repository, `depth` deep.
    fn framework_of(&self, source: &Source<'a>, callee: &str, depth: usize) -> Option<&'static Framework> {
        let direct =
            CATALOG.framework.iter().find(|row| row.constructors.iter().any(|constructor| constructor == callee));
        if direct.is_some() || depth == 0 {
            return direct;
        }
        let key = (source.path, callee.to_owned(), depth);
        if let Some(known) = self.followed.borrow().get(&key) {
            return *known;
        }
        let found = match callee.rsplit_once('.') {
            None => self.made_in(source, callee, depth),
            Some((module, name)) => {
                let stem = module.rsplit('.').next().unwrap_or_default();
                self.sources_named(stem).find_map(|other| self.made_in(other, name, depth))
            }
        };
        self.followed.borrow_mut().insert(key, found);
        found
    }

    /// The same for a name of a source.
    fn made_in(&self, source: &Source<'a>, name: &str, depth: usize) -> Option<&'static Framework> {
        source.module.makers(name).iter().find_map(|callee| self.framework_of(source, callee, depth - 1))
    }

    /// The sources that the last part of a module's name may mean.
    fn sources_named(&self, name: &str) -> impl Iterator<Item = &Source<'a>> {
        let places = self.named.get(name).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|place| self.sources.get(*place))
    }

    /// Files that do something when they are run, the likeliest first.
    pub fn scripts(&self) -> Vec<Script> {
        let runs = self.sources.iter().filter(|source| {
            (source.module.runs() || source.stem() == "__main__")
                && source.stem() != "__init__"
                && source.stem() != "setup"
                && source.stem() != "conftest"
        });
        let mut scripts: Vec<(bool, &Source)> =
            runs.map(|source| (source.module.main_guard().is_none(), source)).collect();
        let top = |source: &Source| source.folder().is_empty() || source.folder() == "src";
        scripts.sort_by_cached_key(|(bare, source)| {
            let name = source.path.rsplit('/').next().unwrap_or_default();
            (
                place(&SCRIPTS, name) == SCRIPTS.len() || !(top(source) || name == "__main__.py"),
                source.path.matches('/').count(),
                place(&SCRIPTS, name),
                source.module.listeners().is_empty(),
                *bare,
                source.path,
            )
        });
        let only = scripts.iter().filter(|(_, source)| top(source)).count() == 1;
        let script = |(bare, source): &(bool, &Source)| {
            let name = source.path.rsplit('/').next().unwrap_or_default();
            let conventional = name == "__main__.py" || (top(source) && (only || SCRIPTS.contains(&name)));
            let quote = if *bare { "" } else { source.module.quote("__name__") };
            self.script(source, conventional, quote)
        };
        scripts.iter().filter(|(bare, source)| !*bare || !self.is_imported(source)).map(script).collect()
    }

    /// How a file is run.
    pub fn script(&self, source: &Source, conventional: bool, quote: &str) -> Script {
        let root = self.root_of(source);
        let as_module = source.module.imports_relatively()
            || (root != source.folder() && self.is_in_package(source))
            || source.stem() == "__main__";
        let name = module_name(source.path, &root);
        let name = name.strip_suffix(".__main__").map_or(name.clone(), str::to_owned);
        Script {
            module: (as_module && name != "__main__").then_some(name),
            file: source.path.to_owned(),
            root,
            conventional,
            quote: quote.to_owned(),
        }
    }

    fn is_in_package(&self, source: &Source) -> bool {
        self.repo.has(&format!("{}/__init__.py", source.folder())) || self.first_imports(source).next().is_some()
    }

    /// Top-level names of absolute imports that exist in this repository, with the folder they are found from.
    fn first_imports<'s>(&'s self, source: &'s Source) -> impl Iterator<Item = &'s str> {
        source.module.imported().into_iter().filter(|name| {
            let folder = source.folder();
            ancestors(folder).into_iter().filter(|root| *root != folder).any(|root| self.is_module(root, name))
        })
    }

    fn is_module(&self, root: &str, name: &str) -> bool {
        let path = join(root, name).unwrap_or_default();
        self.repo.has(&format!("{path}.py"))
            || self.repo.has(&format!("{path}/__init__.py"))
            || self.repo.below(&path).any(|file| file.ends_with(".py"))
    }

    /// The folder from which the settings of Django are found that a file names.
    fn settings_root(&self, source: &Source) -> Option<String> {
        let path = source.module.environment_default("DJANGO_SETTINGS_MODULE")?.replace('.', "/");
        let folders = ancestors(source.folder()).into_iter().rev();
        folders.filter(|root| self.is_module(root, &path)).map(str::to_owned).next()
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
        if let Some(package) = folders.iter().find(|folder| self.repo.has(&format!("{folder}/__init__.py"))) {
            return package.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned();
        }
        let in_src = folder == "src" || folder.starts_with("src/");
        if in_src && !source.module.imports_relatively() { "src".to_owned() } else { String::new() }
    }

    /// The servers that a file starts itself.
    pub fn listeners(&self, file: &str) -> Vec<Listener> {
        self.source(file).map(|source| listeners_of(&source.module)).unwrap_or_default()
    }

    /// All servers that files at the top start, those of the likeliest file first.
    pub fn all_listeners(&self) -> Vec<Listener> {
        let mut near: Vec<&Source> =
            self.sources.iter().filter(|source| source.path.matches('/').count() <= 1).collect();
        near.sort_by_key(|source| (place(&SCRIPTS, source.path.rsplit('/').next().unwrap_or_default()), source.path));
        near.iter().flat_map(|source| listeners_of(&source.module)).collect()
    }

    /// The servers that the modules start which a file imports from this repository.
    pub fn listeners_of_imports(&self, file: &str) -> Vec<Listener> {
        let Some(source) = self.source(file) else { return Vec::new() };
        let parts: HashSet<&str> = source.module.import_targets().flat_map(|target| target.split('.')).collect();
        let imported = self.sources.iter().filter(|other| other.path != file && parts.contains(other.stem()));
        imported.flat_map(|other| listeners_of(&other.module)).collect()
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

    /// A Django settings module and the modules beside it that it imports.
    pub fn settings(&self, name: &str) -> Vec<&Source<'a>> {
        let Some(main) = self.module(name) else { return Vec::new() };
        let targets = main.module.import_targets().map(|target| target.trim_end_matches(".*"));
        let imported: HashSet<&str> = targets.filter_map(|target| target.rsplit('.').next()).collect();
        let beside = self.sources.iter().filter(|other| {
            other.path != main.path && other.folder() == main.folder() && imported.contains(other.stem())
        });
        std::iter::once(main).chain(beside).collect()
    }

    /// Imported modules that are neither Python's nor this repository's, each with a file that imports it.
    pub fn foreign_imports(&self, stdlib: &BTreeSet<String>) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        for source in &self.sources {
            for name in source.module.imported().into_iter().filter(|name| !stdlib.contains(*name)) {
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

    /// Calls that ask for the project's own metadata, which only an installed project has.
    pub fn reads_own_metadata(&self, name: &str) -> Option<Evidence> {
        let asks = |callee: &str| {
            [
                "importlib.metadata.version",
                "importlib_metadata.version",
                "importlib.metadata.metadata",
                "importlib.metadata.distribution",
                "pkg_resources.get_distribution",
            ]
            .contains(&callee)
        };
        self.sources.iter().find_map(|source| {
            let calls = source.module.matches(&METADATA).then(|| source.module.calls_with_text(asks))?;
            let call =
                calls.into_iter().find(|call| call.text.is_none_or(|text| super::project::is_same(text, name)))?;
            Some(Evidence::new(source.path, call.quote, Strength::Stated))
        })
    }

    /// Programs and shells that the sources start: a need each.
    pub fn commands(&self) -> &[(String, Evidence)] {
        self.commands.get_or_init(|| {
            let starting = self.sources.iter().filter(|source| source.module.matches(&STARTS));
            starting.flat_map(commands_of).collect()
        })
    }
}

/// Words without which a source asks for no metadata, and starts no program.
static METADATA: LazyLock<Regex> = LazyLock::new(|| pattern("metadata|get_distribution"));
static STARTS: LazyLock<Regex> = LazyLock::new(|| pattern("subprocess|system|popen|which|spawn"));

fn is_shell(callee: &str) -> bool {
    matches!(callee, "os.system" | "os.popen" | "asyncio.create_subprocess_shell")
}

fn commands_of(source: &Source) -> Vec<(String, Evidence)> {
    let starts = |callee: &str| {
        let heads = ["subprocess.", "asyncio.create_subprocess", "shutil.which", "pexpect.spawn"];
        is_shell(callee) || heads.iter().any(|head| callee.starts_with(head))
    };
    let mut found = Vec::new();
    for call in source.module.calls_with_text(starts) {
        let evidence = || Evidence::new(source.path, call.quote, Strength::Stated);
        if is_shell(&call.callee) || call.shell {
            found.push(("sh".to_owned(), evidence()));
        }
        let program = call
            .text
            .and_then(|text| text.split_whitespace().next())
            .map(|word| word.rsplit('/').next().unwrap_or(word));
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
        let folder = source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for part in
            source.module.import_targets().flat_map(|target| target.split('.')).filter(|part| *part != source.stem())
        {
            importers.entry(part.to_owned()).or_default().insert(folder);
        }
    }
    importers
}

/// The servers that a module starts; one that names no port, or one that only the run knows, has its usual one.
fn listeners_of(module: &Module) -> Vec<Listener> {
    let found = module.listeners();
    if !found.is_empty() {
        return found;
    }
    let row = |callee: &str| CATALOG.listener.iter().find(|row| row.callee == callee);
    let usual = |call: Call| {
        let row = row(&call.callee)?;
        let port = Number { value: Some(row.port?), variable: None };
        Some(Listener { callee: call.callee, port, host: None, quote: call.quote.to_owned() })
    };
    module.calls_with_text(|callee| row(callee).is_some()).into_iter().filter_map(usual).collect()
}

/// The folder and those above it, the top first.
fn ancestors(folder: &str) -> Vec<&str> {
    let ends = folder.match_indices('/').map(|(at, _)| at).chain((!folder.is_empty()).then_some(folder.len()));
    std::iter::once("").chain(ends.filter_map(|end| folder.get(..end))).collect()
}

fn is_aside(path: &str) -> bool {
    let Some((folders, name)) = path.rsplit_once('/').or(Some(("", path))) else { return false };
    folders.split('/').any(|folder| ASIDE.contains(&folder) || folder.starts_with('.'))
        || matches!(name, "test.py" | "tests.py")
        || name.starts_with("test_")
        || name.ends_with("_test.py")
}

fn place(list: &[&str], name: &str) -> usize {
    list.iter().position(|known| *known == name).unwrap_or(list.len())
}

/// `src/pkg/main.py` from `src` is `pkg.main`; a package's `__init__.py` is the package.
fn module_name(path: &str, root: &str) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path).trim_start_matches('/');
    let name = relative.strip_suffix(".py").unwrap_or(relative).replace('/', ".");
    name.strip_suffix(".__init__").map_or(name.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apps(files: &[(&str, &str)]) -> Vec<(String, String, String)> {
        let repo = Repo::from_list("x", files.iter().copied());
        let found = Program::read(&repo, Vec::new()).apps(&BTreeSet::new());
        found.into_iter().map(|app| (app.reference, app.root, app.framework.id.clone())).collect()
    }

    fn first(files: &[(&str, &str)]) -> (String, String, String) {
        apps(files).into_iter().next().unwrap()
    }

    fn is(reference: &str, root: &str, framework: &str) -> (String, String, String) {
        (reference.to_owned(), root.to_owned(), framework.to_owned())
    }

    #[test]
    fn applications_are_found_wherever_they_lie() {
        const FLASK: &str = "from flask import Flask\napp = Flask(__name__)\n";
        assert_eq!(first(&[("app.py", FLASK)]), is("app:app", "", "flask"));
        assert_eq!(first(&[("app/__init__.py", ""), ("app/main.py", FLASK)]), is("app.main:app", "", "flask"));
        assert_eq!(
            first(&[("app/main.py", "from fastapi import FastAPI\nfrom .x import y\napi = FastAPI()")]),
            is("app.main:api", "", "fastapi")
        );
        assert_eq!(first(&[("src/main.py", FLASK)]), is("main:app", "src", "flask"));
        assert_eq!(
            first(&[("src/shop/__init__.py", ""), ("src/shop/web.py", FLASK)]),
            is("shop.web:app", "src", "flask")
        );
        assert_eq!(
            first(&[
                ("src/main.py", "from src.db import x\nfrom fastapi import FastAPI\napp = FastAPI()"),
                ("src/db.py", "")
            ]),
            is("src.main:app", "", "fastapi")
        );
        assert_eq!(
            first(&[
                ("backend/main.py", "import db\nfrom fastapi import FastAPI\napp = FastAPI()"),
                ("backend/db.py", "")
            ]),
            is("main:app", "backend", "fastapi")
        );
        assert!(apps(&[("tests/app.py", FLASK), ("main.py", "'''app = Flask()'''\n")]).is_empty());
    }

    #[test]
    fn factories_are_followed() {
        let package =
            ("shop/__init__.py", "from flask import Flask\ndef create_app(config=None):\n    return Flask(__name__)\n");
        assert_eq!(
            first(&[package, ("wsgi.py", "from shop import create_app\napp = create_app()\n")]),
            is("wsgi:app", "", "flask")
        );
        let repo = Repo::from_list("x", [package]);
        let found = Program::read(&repo, Vec::new()).apps(&BTreeSet::new());
        assert_eq!((found[0].reference.as_str(), found[0].factory), ("shop:create_app", true));
    }

    #[test]
    fn a_class_of_ones_own_is_its_framework_too() {
        let files = [
            ("shop/__init__.py", "from .app import create_app\n"),
            ("shop/wsgi.py", "from shop import create_app\napp = create_app()\n"),
            (
                "shop/app.py",
                "from flask import Flask\nclass Shop(Flask):\n    pass\ndef create_app():\n    return Shop()\n",
            ),
        ];
        assert_eq!(first(&files), is("shop.wsgi:app", "", "flask"));
        assert_eq!(
            first(&[("main.py", "from fastapi import FastAPI\nclass Api(FastAPI):\n    pass\napi = Api()\n")]),
            is("main:api", "", "fastapi")
        );
    }

    #[test]
    fn django_is_found_from_where_its_settings_are() {
        let wsgi = "import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'core.settings')\napplication = get_wsgi_application()\n";
        let files = [
            ("web/__init__.py", ""),
            ("web/core/__init__.py", ""),
            ("web/core/settings/__init__.py", ""),
            ("web/core/wsgi.py", wsgi),
        ];
        assert_eq!(first(&files), is("core.wsgi:application", "web", "django"));
    }

    #[test]
    fn the_interface_follows_the_servers() {
        let files = [
            ("site/wsgi.py", "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()"),
            ("site/asgi.py", "from django.core.asgi import get_asgi_application\napplication = get_asgi_application()"),
        ];
        let repo = Repo::from_list("x", files);
        let program = Program::read(&repo, Vec::new());
        assert_eq!(program.apps(&BTreeSet::new())[0].reference, "site.wsgi:application");
        assert_eq!(program.apps(&BTreeSet::from(["asgi"]))[0].reference, "site.asgi:application");
    }

    #[test]
    fn pages_and_attributes_count_too() {
        assert_eq!(
            first(&[("app.py", "import dash\napp = dash.Dash(__name__)\nserver = app.server\n")]),
            is("app:server", "", "dash")
        );
        assert_eq!(
            first(&[("home.py", "import streamlit as st\nimport lib\n"), ("lib.py", "import streamlit\n")]).0,
            "home.py"
        );
    }

    #[test]
    fn scripts_are_ranked_and_know_how_they_run() {
        let repo = Repo::from_list(
            "x",
            [
                ("main.py", "print(1)"),
                ("helpers.py", "def f():\n    pass\n"),
                ("pkg/__init__.py", ""),
                ("pkg/cli.py", "from .x import y\nif __name__ == '__main__':\n    y()\n"),
                ("pkg/__main__.py", "from pkg import cli\ncli.main()\n"),
            ],
        );
        let found = Program::read(&repo, Vec::new()).scripts();
        let shown: Vec<_> = found.iter().map(|s| (s.file.as_str(), s.module.as_deref(), s.conventional)).collect();
        assert_eq!(
            shown,
            [("main.py", None, true), ("pkg/__main__.py", Some("pkg"), true), ("pkg/cli.py", Some("pkg.cli"), false)]
        );
    }

    #[test]
    fn what_listens_comes_first_and_a_package_runs() {
        let order = |files: &[(&str, &str)]| {
            let repo = Repo::from_list("x", files.iter().copied());
            let found = Program::read(&repo, Vec::new()).scripts();
            found.into_iter().map(|script| script.file).collect::<Vec<_>>()
        };
        let guard = "if __name__ == '__main__':\n    main()\n";
        let server = format!("server.add_insecure_port('[::]:8080')\n{guard}");
        assert_eq!(
            order(&[("mail_client.py", guard), ("mail_server.py", &server)]),
            ["mail_server.py", "mail_client.py"]
        );
        let package = ("bot/__main__.py", "try:\n    main()\nexcept OSError:\n    pass\n");
        assert_eq!(order(&[("bootstrap.py", guard), package]), ["bot/__main__.py", "bootstrap.py"]);
    }

    #[test]
    fn a_server_without_a_port_has_its_usual_one() {
        let ports = |text: &str| {
            let repo = Repo::from_list("x", [("main.py", text)]);
            let found = Program::read(&repo, Vec::new()).listeners("main.py");
            found.into_iter().map(|listener| listener.port.value).collect::<Vec<_>>()
        };
        assert_eq!(ports("from aiohttp import web\nweb.run_app(app)\n"), [Some(8080)]);
        assert_eq!(ports("from aiohttp import web\nweb.run_app(app, port=81)\n"), [Some(81)]);
        assert!(ports("from aiohttp import web\nweb.json_response(x)\n").is_empty());
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
