//! A program: its main package, the packages that it is made of, and what they read, need and say.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::dockerignore::literal;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::path::{join, name, parent, resolve};
use crate::plan::listen::FIRST_OF_USERS;
use crate::repo::Repo;
use crate::rows::Seen;
use crate::source::{Pattern, named};
use crate::witness;

use super::catalog::CATALOG;
use super::config;
use super::known::Known;
use super::links;
use super::modules::Module;
use super::packages::Package;
use super::source::{self, Source};

/// A program.
#[derive(Debug)]
pub struct Program {
    /// What `--entry` calls it.
    pub entry: String,
    /// Its folder.
    pub folder: String,
    /// The file where it begins.
    pub file: String,
    /// The folders of the packages that it is made of.
    pub packages: Vec<String>,
    /// Embedded files.
    pub embeds: Vec<Embed>,
    /// Paths that it reads and that are not in the repository.
    pub missing: Vec<String>,
    /// A folder outside of the repository that it serves a front end from.
    pub served: Option<(String, Evidence)>,
    /// Files of the repository that lie elsewhere in the image: where the program looks for one of that name.
    pub stand_ins: Vec<(String, String)>,
    /// The folder that paths count from when it runs; its own where it climbs out of that.
    pub home: String,
    /// Whether something in it serves, by names that nothing else has.
    pub serves: bool,
    /// Whether it listens at all.
    pub listens: bool,
    /// Whether it asks the environment for PORT.
    pub from_environment: bool,
    /// What is testified of it.
    pub facts: Vec<Fact>,
}

/// A pattern of a `//go:embed` line.
#[derive(Debug)]
pub struct Embed {
    /// Relative to the repository.
    pub pattern: String,
    /// The same for a .dockerignore: the folder of the file is no pattern, whatever its name.
    pub ignored: String,
    /// Where it stands.
    pub file: String,
    /// Whether anything fits it.
    pub is_there: bool,
    /// Whether what fits it only keeps the folder's place: `.gitkeep`.
    pub is_empty: bool,
    /// A page in it, and a script or a style that it loads and that is not there.
    pub wants: Option<(String, String)>,
}

impl Embed {
    fn read(repo: &Repo, source: &Source, word: &str) -> Option<Self> {
        let home = parent(&source.path);
        let pattern = resolve(home, word)?;
        let base = pattern.split(['*', '?', '[']).next().unwrap_or_default();
        let is_there = match base.len() == pattern.len() {
            true => repo.exists(&pattern),
            false => repo.below(parent(base)).any(|file| file.starts_with(base)),
        };
        let inside = base.trim_end_matches('/');
        let hidden = |file: &str| name(file).starts_with('.');
        let is_empty =
            (inside.is_empty() || repo.below(inside).all(hidden)) && (!repo.has(&pattern) || hidden(&pattern));
        let own = pattern.strip_prefix(home).unwrap_or_default();
        let ignored = format!("{}{own}", literal(home));
        let wants = wanted(repo, inside);
        Some(Embed { ignored, file: source.path.clone(), is_there, is_empty, wants, pattern })
    }

    /// The folder that is embedded, or in which the embedded files lie.
    pub fn folder(&self) -> &str {
        let base = self.pattern.split(['*', '?', '[']).next().unwrap_or_default();
        let is_folder = base.len() == self.pattern.len() && !name(base).contains('.');
        if is_folder { base } else { parent(base) }
    }
}

/// Pages that are looked into, at most.
const MOST_PAGES: usize = 8;

/// A page in a folder without any script or style, and one that it loads from there.
fn wanted(repo: &Repo, folder: &str) -> Option<(String, String)> {
    static LOADED: Pattern = Pattern::new(r#"(?:src|href)\s*=\s*"(/?[\w.-]+(?:/[\w.-]+)*\.(?:m?js|css))""#);
    let is_made = |path: &str| path.ends_with(".js") || path.ends_with(".css");
    if repo.below(folder).any(is_made) {
        return None;
    }
    let pages = repo.below(folder).filter(|path| path.ends_with(".html") && !folder.is_empty()).take(MOST_PAGES);
    let missing = |page: &str| {
        let text = repo.text(page)?;
        let place = |path: &str| match path.strip_prefix('/') {
            Some(path) => resolve(folder, path),
            None => resolve(parent(page), path),
        };
        let loaded = LOADED.captures_iter(text).filter_map(|found| place(found.group()?.as_str()));
        loaded.into_iter().find(|path| !repo.has(path)).map(|path| (page.to_owned(), path))
    };
    pages.into_iter().find_map(missing)
}

/// A folder as the go command takes it.
pub fn package(folder: &str) -> String {
    if folder.is_empty() { ".".to_owned() } else { format!("./{folder}") }
}

impl Program {
    /// What people call it; the one at the top is called as the whole.
    pub fn name(&self, whole: &str) -> String {
        if self.folder.is_empty() { whole.to_owned() } else { name(&self.folder).to_owned() }
    }

    /// The program that begins in a folder and a file, of these packages of all.
    pub fn read(
        repo: &Repo,
        (folder, file): (String, String),
        packages: Vec<String>,
        all: &BTreeMap<String, Package>,
        required: &Required,
    ) -> Self {
        let entry = package(&folder);
        let sources: Vec<&Source> =
            packages.iter().filter_map(|folder| all.get(folder)).flat_map(|package| &package.sources).collect();
        let mut paths = Paths::new(repo, &folder);
        sources.iter().for_each(|source| source.names.iter().for_each(|text| paths.take(text)));
        paths.take_configured(&sources);
        let settings = Known::read(repo, &sources);
        let mut facts: Vec<Fact> = ports(&sources, &folder);
        let is_known = |facts: &[Fact], one: &Fact| {
            let same = |fact: &Fact| fact.evidence == one.evidence && fact.kind.to_string() == one.kind.to_string();
            facts.iter().any(same)
        };
        let listens: Vec<Fact> = settings.listens().into_iter().filter(|fact| !is_known(&facts, fact)).collect();
        facts.extend(listens);
        facts.extend(config::ports(repo, &paths.data));
        facts.extend(paths.unconfigured.take());
        let is_low = |fact: &Fact| matches!(fact.kind, Kind::Port(port) if port < FIRST_OF_USERS);
        facts.sort_by_key(|fact| (Reverse(fact.evidence.strength), is_low(fact), !is_http(&fact.evidence)));
        facts.extend(witness::follow(&CATALOG.row, &Uses { repo, sources: &sources, required }));
        facts.extend(links::facts(sources.iter().flat_map(|source| &source.links)));
        facts.extend(settings.writes());
        facts.extend(settings.configuration());
        if let Some((word, evidence)) = source::serving(sources.iter().copied()) {
            facts.extend(word.wants.then(|| Fact::from_evidence(wanting(&word.word), evidence.clone())));
            let own = if folder.is_empty() { repo.name() } else { name(&folder) };
            facts.push(Fact::from_evidence(Kind::Start(vec![own.to_owned(), word.word.clone()]), evidence));
        }
        let stand_ins = stand_ins(repo, &paths.missing);
        facts.extend(stand_ins.iter().map(|(path, target)| stand_in(path, target)));
        let data = paths.data();
        facts.extend(data.into_iter().map(|path| Fact::new(Kind::Data(path.clone()), &path, "", Strength::Stated)));
        let embeds = sources.iter().flat_map(|source| source.embeds.iter().map(move |word| (*source, word)));
        Program {
            embeds: embeds.filter_map(|(source, word)| Embed::read(repo, source, word)).collect(),
            missing: paths.missing,
            served: settings.served(),
            stand_ins,
            home: paths.home,
            serves: sources.iter().any(|source| source.serves),
            listens: sources.iter().any(|source| source.listening.listens),
            from_environment: sources.iter().any(|source| source.listening.from_environment),
            facts: facts.into_iter().map(|fact| fact.of(&entry)).collect(),
            entry,
            folder,
            file,
            packages,
        }
    }
}

/// Configuration files that a program looks for in a folder, where the one at the top has their name.
fn stand_ins(repo: &Repo, missing: &[String]) -> Vec<(String, String)> {
    let there = missing.iter().filter(|path| config::is_named(path) && repo.has(name(path)) && !named::is_secret(path));
    there.map(|path| (name(path).to_owned(), path.clone())).collect()
}

fn stand_in(path: &str, target: &str) -> Fact {
    let what =
        format!("the program reads `{target}`: the image has the repository's `{path}` there; mount your own over it");
    Fact::new(Kind::Warning(what), path, "", Strength::Convention)
}

fn wanting(word: &str) -> Kind {
    Kind::Warning(format!(
        "the command `{word}` takes words of its own, such as a configuration file: say them with `-- {word} WORD`"
    ))
}

fn is_http(evidence: &Evidence) -> bool {
    evidence.quote.to_lowercase().contains("http")
}

fn ports(sources: &[&Source], main: &str) -> Vec<Fact> {
    let of = |source: &Source| parent(&source.path) == main;
    let ports = sources.iter().flat_map(|source| source.listening.ports.iter().map(|port| (of(source), port)));
    let heard = ports.filter(|(is_main, port)| *is_main || !port.in_main);
    heard.map(|(_, port)| Fact::from_evidence(Kind::Port(port.number), port.evidence.clone())).collect()
}

/// Paths that a program reads when it runs.
struct Paths<'r> {
    repo: &'r Repo,
    main: &'r str,
    home: String,
    data: Vec<String>,
    missing: Vec<String>,
    /// A configuration that a library looks for and does not find.
    unconfigured: Option<Fact>,
    /// What was looked for already, and whether from the main package's folder.
    looked: HashSet<(bool, String)>,
}

impl<'r> Paths<'r> {
    fn new(repo: &'r Repo, main: &'r str) -> Self {
        Paths {
            repo,
            main,
            home: String::new(),
            data: Vec::new(),
            missing: Vec::new(),
            unconfigured: None,
            looked: HashSet::new(),
        }
    }

    /// Takes up a string that names something in the repository; of a pattern, the folder before it.
    fn take(&mut self, text: &str) {
        let text = text.strip_prefix("file://").unwrap_or(text);
        // A path and the name under which it is packed.
        let packed = text.split_once(':').filter(|_| text.starts_with("./"));
        let text = packed.map_or(text, |(path, _)| path);
        let base: Vec<&str> = text.split('/').take_while(|part| !part.contains(['*', '?', '['])).collect();
        // A program that climbs out of its folder is run in it.
        let climbs = text.starts_with("../") && !self.main.is_empty() && !text.trim_start_matches("../").is_empty();
        let from = if climbs { self.main } else { "" };
        let path = resolve(from, &base.join("/")).filter(|path| !path.is_empty() && !text.starts_with('/'));
        let Some(path) = path.filter(|path| self.looked.insert((climbs, path.clone()))) else { return };
        match self.repo.exists(&path) {
            true => {
                if climbs {
                    self.main.clone_into(&mut self.home);
                }
                self.data.extend(Some(path).filter(|path| self.is_data(path)));
            }
            false if path.contains('/') => self.missing.push(path),
            false => {}
        }
    }

    /// Whether it is no source, no manifest, and no folder of sources, which is an import path.
    fn is_data(&self, path: &str) -> bool {
        let is_sources = || self.repo.has_folder(path) && self.repo.below(path).all(|file| file.ends_with(".go"));
        !path.ends_with(".go") && !["go.mod", "go.sum"].contains(&path) && !is_sources()
    }

    /// Takes up configuration files that a library looks for by name, and the paths that these and others name.
    fn take_configured(&mut self, sources: &[&Source]) {
        let names: BTreeSet<String> = sources.iter().flat_map(|source| source.config_names.iter().cloned()).collect();
        let folders = sources.iter().flat_map(|source| &source.config_folders);
        let folders: BTreeSet<String> = folders.filter_map(|folder| resolve("", folder)).collect();
        let found = config::named(self.repo, &names, &folders);
        let named = sources.iter().find_map(|source| Some((source.config_names.first()?, source)));
        self.unconfigured = named.filter(|_| found.is_empty()).map(|(name, source)| {
            let folders: Vec<&str> = sources.iter().flat_map(|source| &source.config_folders).map(String::as_str).collect();
            let what = format!("the program looks for its configuration (`{name}` in `{}`), which is not in the repository: mount it where the program needs one", folders.join("`, `"));
            Fact::new(Kind::Warning(what), &source.path, name, Strength::Stated)
        });
        self.data.extend(found);
        let more = config::paths(self.repo, &self.data);
        self.data.extend(more);
    }

    /// The paths, without those that lie in others.
    fn data(&self) -> Vec<String> {
        let paths: BTreeSet<&str> = self.data.iter().map(String::as_str).collect();
        let is_inside = |path: &&str| path.match_indices('/').any(|(at, _)| paths.contains(&path[..at]));
        paths.iter().copied().filter(|path| !is_inside(path)).map(str::to_owned).collect()
    }
}

/// What a program imports and starts, for the rows.
struct Uses<'a> {
    repo: &'a Repo,
    sources: &'a [&'a Source],
    required: &'a Required,
}

impl Uses<'_> {
    fn import(&self, fits: impl Fn(&str) -> bool) -> Option<Evidence> {
        let imports = self.sources.iter().flat_map(|source| &source.imports);
        imports.into_iter().find(|(import, _)| fits(import)).map(|(_, evidence)| evidence.clone())
    }
}

impl Seen for Uses<'_> {
    fn dependency(&self, module: &str) -> Option<(Option<String>, Evidence)> {
        let is_in =
            |import: &str| import.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.import(is_in).map(|evidence| (None, evidence))
    }

    fn has(&self, path: &str) -> bool {
        self.repo.exists(path)
    }

    fn command(&self, name: &str) -> Option<Evidence> {
        let mut commands = self.sources.iter().flat_map(|source| &source.commands);
        commands.find(|(command, _)| command == name).map(|(_, evidence)| evidence.clone())
    }

    fn word(&self, word: &str) -> Option<Evidence> {
        let mut marks = self.sources.iter().flat_map(|source| &source.marks);
        marks.find(|(mark, _)| *mark == word).map(|(_, evidence)| evidence.clone())
    }

    fn asks(&self, question: &str) -> Option<Evidence> {
        match question {
            "import C" => self.import(|import| import == "C"),
            "listens by itself" => self.sources.iter().find_map(|source| source.listening.by_itself.clone()),
            "behind" => self.behind(),
            "compiles C++" => self.cpp(),
            "dies without .env" => self.sources.iter().find_map(|source| source.dies.clone()),
            _ => None,
        }
    }
}

impl Uses<'_> {
    /// A source that compiles C and has C++ beside it.
    fn cpp(&self) -> Option<Evidence> {
        let is_cpp = |path: &str| CATALOG.cpp.iter().any(|end| path.ends_with(end.as_str()));
        let is_beside = |source: &&&Source| self.repo.inside(parent(&source.path)).any(is_cpp);
        let of_c = |source: &&Source| source.imports.iter().find(|(import, _)| import == "C").map(|(_, it)| it.clone());
        let mut links = self.sources.iter().flat_map(|source| &source.links);
        let linked = links.find(|(name, _)| name == "stdc++").map(|(_, evidence)| evidence.clone());
        linked.or_else(|| self.sources.iter().filter(|source| of_c(source).is_some()).find(is_beside).and_then(of_c))
    }

    /// An import of a module of somebody else that is named like one which go.mod has for it.
    fn behind(&self) -> Option<Evidence> {
        let Required { has_behind, ours } = self.required;
        let is_named = |import: &str| {
            let is_name = |part: &str| CATALOG.behind.names.iter().any(|name| name == part);
            import.contains('.') && import.split('/').any(is_name)
        };
        let is_ours = |import: &str| ours.iter().any(|path| import.starts_with(path.as_str()));
        self.import(|import| is_named(import) && !is_ours(import)).filter(|_| *has_behind)
    }
}

/// What the manifests of the modules say for the rows.
pub struct Required {
    /// Whether one names the module that compiles C behind others.
    has_behind: bool,
    /// The paths of the modules.
    ours: Vec<String>,
}

impl Required {
    /// Looks into the manifests.
    pub fn read(repo: &Repo, modules: &[Module]) -> Self {
        let mut manifests = modules.iter().filter_map(|module| repo.text(&join(&module.folder, "go.mod")));
        let paths = modules.iter().map(|module| module.path.clone());
        Required {
            has_behind: manifests.any(|text| text.contains(&CATALOG.behind.module)),
            ours: paths.filter(|path| !path.is_empty()).collect(),
        }
    }
}
