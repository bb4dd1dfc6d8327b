//! Applications: what a server loads, what a worker runs, the pages of tools that have their own server.

use std::collections::{BTreeSet, HashMap};

use super::rows::{CATALOG, Framework, place};
use super::source::Source;
use super::sources::{Program, ancestors, module_name};
use crate::source::python::Function;

/// How many functions, classes and imports an application is followed through.
const DEPTH: usize = 3;

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
    /// The function that completes it, where only its caller has what that takes.
    pub completed_by: Option<String>,
}

impl App {
    /// The module and the variable.
    pub fn parts(&self) -> (&str, &str) {
        self.reference.split_once(':').unwrap_or((&self.reference, ""))
    }

    /// It works through a queue and serves nobody.
    pub fn is_worker(&self) -> bool {
        self.framework.interface == "worker"
    }

    /// A server of its own starts it, as an application of another interface is no use to any of them.
    pub fn needs_server(&self) -> bool {
        !matches!(self.framework.interface.as_str(), "own" | "worker")
    }
}

impl<'a> Program<'a> {
    /// Applications, in the order of their files.
    pub fn apps(&self) -> Vec<App> {
        let mut apps: Vec<App> = self.sources.iter().flat_map(|source| self.apps_of(source)).collect();
        if apps.iter().all(App::is_worker) {
            apps.extend(self.sources.iter().flat_map(|source| self.factories_of(source)));
        }
        apps.extend(self.pages());
        // Servers would take such a name of a module for an option.
        apps.retain(|app| !app.reference.starts_with('-'));
        apps
    }

    fn apps_of(&self, source: &Source<'a>) -> Vec<App> {
        let mut apps = Vec::new();
        let assignments = source.module.assignments();
        let finishers = finishers(source);
        for assignment in &assignments {
            let framework = self.framework_of(source, &assignment.callee, DEPTH);
            let Some(framework) = framework.filter(|row| row.attribute.is_empty()) else { continue };
            let app = self.app(source, &assignment.variable, false, framework, &assignment.quote);
            apps.push(match finishers.get(assignment.variable.as_str()).copied() {
                Some(function) if is_factory(function) => self.factory(source, function, framework),
                function => App { completed_by: function.map(|function| function.name.clone()), ..app },
            });
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
            completed_by: None,
        }
    }

    /// An application that somebody names; its framework is the first among the packages.
    pub fn asked_app(&self, module: &str, variable: &str, packages: &BTreeSet<String>) -> Option<App> {
        let source = self.module(module)?;
        let speaks = |row: &&Framework| {
            let package = row.constructors.first().and_then(|constructor| constructor.split('.').next());
            package.is_some_and(|package| packages.contains(package))
        };
        let mut served = CATALOG.framework.iter().filter(|row| row.interface.ends_with("sgi"));
        let framework = served.find(speaks).or(CATALOG.framework.first())?;
        let name = variable.trim_end_matches("()");
        let app = self.app(source, name, name != variable, framework, "");
        Some(App { reference: format!("{module}:{name}"), ..app })
    }

    /// Functions such as `create_app` whose result nobody keeps in a module.
    fn factories_of(&self, source: &Source<'a>) -> Vec<App> {
        let functions = source.module.functions().iter();
        functions
            .filter(|function| is_factory(function))
            .filter_map(|function| {
                let framework = function.calls.iter().find_map(|callee| self.framework_of(source, callee, 1))?;
                Some(self.factory(source, function, framework))
            })
            .collect()
    }

    fn factory(&self, source: &Source<'a>, function: &Function, framework: &'static Framework) -> App {
        let app = self.app(source, &function.name, true, framework, &function.quote);
        App { completed_by: self.completer(source, &function.name), ..app }
    }

    /// A function elsewhere that calls a factory and adds to what it gets.
    fn completer(&self, factory: &Source<'a>, name: &str) -> Option<String> {
        let found = self.completers.get_or_init(|| self.find_completers()).get(name)?;
        found.iter().find(|(path, _)| *path != factory.path).map(|(_, function)| function.clone())
    }

    fn find_completers(&self) -> HashMap<String, Vec<(&'a str, String)>> {
        let mut found: HashMap<String, Vec<(&'a str, String)>> = HashMap::new();
        let known: Vec<&str> = CATALOG.names.completers.iter().map(String::as_str).collect();
        for source in self.sources.iter().filter(|source| source.module.says_one_of(&known)) {
            for function in source.module.functions() {
                let last = |callee: &'_ String| callee.rsplit('.').next().unwrap_or_default().to_owned();
                let calls: BTreeSet<String> = function.calls.iter().map(last).collect();
                for call in calls.iter().filter(|_| known.iter().any(|name| calls.contains(*name))) {
                    found.entry(call.clone()).or_default().push((source.path, function.name.clone()));
                }
            }
        }
        found
    }

    /// Files that a tool such as Streamlit runs: they import it, and nothing else imports them.
    fn pages(&self) -> Vec<App> {
        let mut pages = Vec::new();
        for framework in CATALOG.framework.iter().filter(|row| !row.imports.is_empty()) {
            let users =
                self.sources.iter().filter(|source| source.module.imported().contains(&framework.imports.as_str()));
            let mut users: Vec<&Source> = users.filter(|source| !self.is_imported(source)).collect();
            users.sort_by_key(|source| (source.depth(), place(&CATALOG.names.scripts, source.name()), source.path));
            pages.extend(users.first().map(|source| App {
                reference: source.path.to_owned(),
                root: self.root_of(source),
                file: source.path.to_owned(),
                factory: false,
                framework,
                quote: source.module.quote("import").to_owned(),
                completed_by: None,
            }));
        }
        pages
    }

    /// The folder from which the settings are found that a file names for its framework.
    fn settings_root(&self, source: &Source) -> Option<String> {
        let names = CATALOG.framework.iter().map(|row| row.settings.as_str()).filter(|name| !name.is_empty());
        let path = { names }.find_map(|name| source.module.environment_default(name))?.replace('.', "/");
        let folders = ancestors(source.folder()).into_iter().rev();
        folders.filter(|root| self.is_module(root, &path)).map(str::to_owned).next()
    }

    /// The framework that a call makes an application of; through functions and classes of this repository, `depth` deep.
    fn framework_of(&self, source: &Source<'a>, callee: &str, depth: usize) -> Option<&'static Framework> {
        let starred = || source.module.stars().find_map(|module| Framework::made_by(&format!("{module}.{callee}")));
        let direct = Framework::made_by(callee).or_else(starred);
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
}

/// A function whose name says that it makes the application, and which needs nothing for it.
fn is_factory(function: &Function) -> bool {
    function.callable_bare && CATALOG.names.factories.contains(&function.name)
}

/// The functions that complete a variable of their module and give it back.
fn finishers<'p>(source: &'p Source) -> HashMap<&'p str, &'p Function> {
    let functions = source.module.functions().iter().rev().filter(|function| function.calls.len() > 1);
    functions.flat_map(|function| function.returns.iter().map(move |name| (name.as_str(), function))).collect()
}
