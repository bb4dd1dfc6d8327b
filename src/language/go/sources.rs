//! What Go sources say: main packages, imports, embedded files, folders read at run time, ports.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::LazyLock;

use regex::Regex;

use crate::dockerignore::literal;
use crate::facts::{Evidence, Strength};
use crate::format::go_mod;
use crate::repo::Repo;
use crate::source::mask::{GO, Masked};
use crate::source::pattern;

use super::config;

/// A module of the build: the main one, a workspace's member, or a local replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// The module's path; empty where the manifest names none.
    pub path: String,
    /// Its folder; empty for the top.
    pub folder: String,
    /// Whether the folder lies outside of the repository.
    pub outside: bool,
}

/// A folder with a program.
#[derive(Debug)]
pub struct Main {
    /// The folder.
    pub folder: String,
    /// The file that says `package main`.
    pub file: String,
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
}

impl Embed {
    /// The folder that is embedded, or in which the embedded files lie.
    pub fn folder(&self) -> &str {
        let base = self.pattern.split(['*', '?', '[']).next().unwrap_or_default();
        let is_folder = base.len() == self.pattern.len() && !base.rsplit('/').next().unwrap_or_default().contains('.');
        match is_folder {
            true => base,
            false => folder_of(base),
        }
    }
}

/// The folder that a path lies in; empty for the top.
fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A path that is read when the program runs.
#[derive(Debug)]
pub struct Data {
    /// Relative to the repository.
    pub path: String,
}

/// A program: its main package and the packages of this repository that it is made of.
#[derive(Debug, Default)]
pub struct Program {
    /// Its files.
    pub files: Vec<String>,
    /// Import paths of other modules.
    pub imports: Vec<(String, Evidence)>,
    /// An `import "C"` of its own.
    pub imports_c: Option<Evidence>,
    /// Embedded files.
    pub embeds: Vec<Embed>,
    /// Files and folders read at run time.
    pub data: Vec<Data>,
    /// Paths read at run time that are not in the repository.
    pub missing: Vec<String>,
    /// Programs that it starts.
    pub commands: Vec<(String, Evidence)>,
    /// The folder that paths count from; the main package's where it is run there.
    pub home: String,
    /// The folder of the main package.
    main: String,
    /// Paths that were looked for as data already, and whether from the main package's folder.
    looked: HashSet<(bool, String)>,
    /// Names of configuration files without their endings, and folders where they are looked for.
    config: (BTreeSet<String>, BTreeSet<String>),
    /// Where it listens, likeliest first.
    pub ports: Vec<(u16, Evidence)>,
    /// Whether it asks the environment for PORT.
    pub port_from_environment: bool,
    /// Whether it listens at all.
    pub listens: bool,
    /// A call that listens where its framework does by itself: `r.Run()`.
    pub listens_by_default: Option<Evidence>,
}

/// Two parts of a path; either may be empty.
pub fn join(folder: &str, name: &str) -> String {
    match (folder.is_empty(), name.is_empty()) {
        (true, _) => name.to_owned(),
        (_, true) => folder.to_owned(),
        _ => format!("{folder}/{name}"),
    }
}

/// A path below `folder` with `.` and `..` resolved; `None` where it leaves the repository.
pub fn resolve(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The modules of the build, the top one first.
pub fn modules(repo: &Repo) -> Vec<Module> {
    let read = |path: &str| repo.text(path).and_then(|text| go_mod::parse(text).ok());
    let mut folders: VecDeque<(String, Option<String>)> = VecDeque::new();
    if repo.has("go.mod") {
        folders.push_back((String::new(), None));
    }
    let workspace = read("go.work");
    let members = workspace.iter().flat_map(|work| work.members.iter().map(|member| (member, None)));
    let replaced =
        workspace.iter().flat_map(|work| work.replace.iter().map(|(path, folder)| (folder, Some(path.clone()))));
    let (mut found, mut strays): (Vec<Module>, Vec<Module>) = (Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    let outside =
        |path: Option<String>| Module { path: path.unwrap_or_default(), folder: String::new(), outside: true };
    for (target, path) in members.chain(replaced) {
        match resolve("", target) {
            Some(folder) => folders.push_back((folder, path)),
            None => strays.push(outside(path)),
        }
    }
    while let Some((folder, named)) = folders.pop_front() {
        if !seen.insert(folder.clone()) {
            continue;
        }
        let manifest = read(&join(&folder, "go.mod")).unwrap_or_default();
        for (path, target) in manifest.replace {
            match resolve(&folder, &target) {
                Some(target) => folders.push_back((target, Some(path))),
                None => strays.push(outside(Some(path))),
            }
        }
        found.push(Module { path: manifest.module.or(named).unwrap_or_default(), folder, outside: false });
    }
    found.append(&mut strays);
    found
}

/// Whether a file is compiled on Linux and not a test.
fn is_compiled(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let Some(stem) = name.strip_suffix(".go") else { return false };
    let foreign =
        ["_test", "_windows", "_darwin", "_freebsd", "_netbsd", "_openbsd", "_solaris", "_plan9", "_js", "_wasm"];
    !name.starts_with(['.', '_']) && !foreign.iter().any(|end| stem.ends_with(end))
}

/// Whether a `//go:build` line keeps the file out of an ordinary Linux build, without cgo and without tags of its own.
fn is_constrained(text: &str) -> bool {
    let line = text.lines().map(str::trim).take(40).find_map(|line| line.strip_prefix("//go:build "));
    let is_set =
        |tag: &str| ["linux", "unix", "gc", "amd64", "arm64"].contains(&tag) || tag.strip_prefix("go1.").is_some();
    line.is_some_and(|line| !holds(line, &is_set))
}

/// Whether a build constraint holds: alternatives of conjunctions of tags, with `!` before single ones and groups.
fn holds(line: &str, is_set: &dyn Fn(&str) -> bool) -> bool {
    static INNER: LazyLock<Regex> = LazyLock::new(|| pattern(r"\(([^()]*)\)"));
    let flat = |text: &str| {
        let term = |term: &str| {
            let tag = term.trim().trim_start_matches('!');
            let negative = term.matches('!').count() % 2 == 1;
            (tag == "true" || tag != "false" && is_set(tag)) != negative
        };
        text.split("||").any(|all| all.split("&&").all(term))
    };
    let mut text = line.to_owned();
    for _ in 0..50 {
        let Some((range, value)) =
            INNER.captures(&text).and_then(|found| Some((found.get(0)?.range(), flat(found.get(1)?.as_str()))))
        else {
            break;
        };
        text.replace_range(range, if value { "true" } else { "false" });
    }
    flat(&text)
}

static PACKAGE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^\s*package\s+(\w+)"));
/// Quick to search for: a text without it is of no main package.
static CLAUSE: LazyLock<Regex> = LazyLock::new(|| pattern(r"package\s+main\b"));
static MAIN: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^func\s+main\s*\(\s*\)"));
static DECLARATION: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^(?:func|type|var|const)\b"));
static LISTENS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bListenAndServe|\.Listen(?:Packet|TLS|Mutual\w*)?\(|\.Serve(?:TLS)?\(|\.Run(?:TLS)?\(|\.Start(?:TLS|Server)?\(",
    )
});
/// The same without names that other things have too.
static SERVES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"\bListenAndServe|\bnet\.Listen\(|\.Listen(?:TLS)?\(|\.Serve(?:TLS)?\(|\bgin\.(?:Default|New)\(|\becho\.New\(|\bfiber\.New\("#,
    )
});
static CONFIG_NAME: LazyLock<Regex> = LazyLock::new(|| pattern(r"\.SetConfigName\(\s*"));
static CONFIG_FOLDER: LazyLock<Regex> = LazyLock::new(|| pattern(r"\.AddConfigPath\(\s*"));
static BLANK: LazyLock<Regex> = LazyLock::new(|| pattern(r"\.Run\(\s*\)"));
static EXEC: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bexec\.(?:Command\(|CommandContext\([^,\n]*,|LookPath\()"));
static ADDRESS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:|0\.0\.0\.0|\[::\]|localhost|127\.0\.0\.1):(\d{2,5})$"));
static READS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:os\.(?:Open|OpenFile|ReadFile|ReadDir|DirFS|Stat)|ioutil\.Read\w+|http\.(?:Dir|ServeFile)|filepath\.(?:Walk|WalkDir|Glob)|ParseFiles|ParseGlob|LoadHTML\w+|Static\w*|SendFile|File\w*|NewFileSystem|New|SetConfigFile|AddConfigPath|Load)\s*\(",
    )
});
static PORT_NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    // A flag or a default by name, with or without a short name; an assignment; a tag of a field; a flag as a struct.
    pattern(concat!(
        r#"(?i)"[\w.-]*port[\w.-]*"\s*,\s*(?:"\w?"\s*,\s*)?"?:?(\d{2,5})\b"#,
        r#"|\b(?:(?:\w*_)?port|\w*(?-i:[A-Za-z0-9]Port))(?:_?num(?:ber)?)?\s*(?::=|=|:)\s*"?:?(\d{2,5})\b"#,
        r#"|\b\w*(?:port|addr|address|listen)\s+\w+\s+`[^`\n]*\b(?:env-?)?default:"(?:[^":\n]*:)?(\d{2,5})""#,
        r#"|`[^`\n]*(?:long|env|name):"[\w.-]*(?:port|listen)"[^`\n]*\b(?:env-?)?default:"(?:[^":\n]*:)?(\d{2,5})""#,
        r#"|\bName:\s*"[\w-]*port[\w-]*"[\x00-\x7F]{0,160}?\bValue:\s*"?:?(\d{2,5})\b"#,
    ))
});
static FLAG: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\b(?:flags?|fs|pflag|kingpin)\.(?:\w*String\w*|\w*Path\w*)\(|Flags\(\)\.\w*String|\.Default\(")
});
/// A name that is a folder's or a file's.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"(?i)^\s*(?:const|var)?\s*\w*(?:dir|directory|folder|path)\w*\s*(?:string\s*)?(?::=|=|:)\s*""#)
});
static PORT_VARIABLE: LazyLock<Regex> = LazyLock::new(|| pattern(r#"\b(?:Getenv|LookupEnv)\("PORT"\)"#));

/// The folders with a `func main`, outside of vendored trees.
pub fn main_packages(repo: &Repo, modules: &[Module]) -> Vec<Main> {
    let ours: HashSet<&str> =
        modules.iter().filter(|module| !module.outside).map(|module| module.folder.as_str()).collect();
    let mut mains: Vec<Main> = Vec::new();
    // The package clause of one file holds for all in its folder.
    let mut settled: HashSet<&str> = HashSet::new();
    for path in repo.files().filter(|path| is_compiled(path)) {
        let folder = folder_of(path);
        if settled.contains(folder) || is_hidden(folder) || !is_ours(repo, &ours, folder) {
            continue;
        }
        let Some(text) = repo.text(path).filter(|text| !is_constrained(text)) else { continue };
        let masked = CLAUSE.is_match(text).then(|| Masked::new(text, &GO));
        let package = masked.as_ref().and_then(|masked| PACKAGE.captures(masked.code()));
        let is_main = package.is_some_and(|found| &found[1] == "main");
        let begins = is_main && masked.is_some_and(|masked| MAIN.is_match(masked.code()));
        if begins {
            mains.push(Main { folder: folder.to_owned(), file: path.to_owned() });
        }
        if begins || !is_main {
            settled.insert(folder);
        }
    }
    mains
}

/// Whether the go command passes a folder over.
fn is_hidden(folder: &str) -> bool {
    folder
        .split('/')
        .any(|part| part == "vendor" || part == "testdata" || (part.starts_with(['.', '_']) && part.len() > 1))
}

/// Whether the go command, run at the top, can build this folder; `ours` are the folders of the modules.
fn is_ours(repo: &Repo, ours: &HashSet<&str>, folder: &str) -> bool {
    if ours.is_empty() {
        return folder.is_empty();
    }
    let mut at = folder;
    loop {
        if repo.has(&join(at, "go.mod")) {
            return ours.contains(at);
        }
        match at.rsplit_once('/') {
            Some((parent, _)) => at = parent,
            None if at.is_empty() => return false,
            None => at = "",
        }
    }
}

/// The folders that are reached from the first ones by what `next` says of each, which is asked once.
fn follow(first: Vec<String>, mut next: impl FnMut(&str) -> Vec<String>) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut waiting = VecDeque::from(first);
    while let Some(folder) = waiting.pop_front() {
        if seen.insert(folder.clone()) {
            waiting.extend(next(&folder));
        }
    }
    seen
}

/// The files of a folder that an ordinary build compiles, with their texts.
fn compiled<'a>(repo: &'a Repo, folder: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let texts = repo.inside(folder).filter(|path| is_compiled(path)).filter_map(|path| Some((path, repo.text(path)?)));
    texts.filter(|(_, text)| !is_constrained(text))
}

/// The string literals before the first declaration, which are what the file imports, with their offsets.
fn imports<'a>(masked: &Masked<'a>) -> impl Iterator<Item = (usize, &'a str)> {
    let head = DECLARATION.find(masked.code()).map_or(masked.code().len(), |found| found.start());
    masked.literals().take_while(move |(at, _)| *at < head)
}

/// The folders that are made of something that serves, and of something that listens, among the main packages and what they
/// use.
pub fn serving(repo: &Repo, modules: &[Module], mains: &[Main]) -> [BTreeSet<String>; 2] {
    let folders = folders(modules);
    let mut users: HashMap<String, Vec<String>> = HashMap::new();
    let (mut serve, mut listen) = (Vec::new(), Vec::new());
    follow(mains.iter().map(|main| main.folder.clone()).collect(), |folder| {
        let mut used = Vec::new();
        for (_, text) in compiled(repo, folder) {
            let masked = Masked::new(text, &GO);
            serve.extend(SERVES.is_match(masked.code()).then(|| folder.to_owned()));
            listen.extend(LISTENS.is_match(masked.code()).then(|| folder.to_owned()));
            used.extend(imports(&masked).filter_map(|(_, import)| local(&folders, import)));
        }
        used.iter().for_each(|other| users.entry(other.clone()).or_default().push(folder.to_owned()));
        used
    });
    [serve, listen].map(|first| follow(first, |folder| users.get(folder).cloned().unwrap_or_default()))
}

impl Program {
    /// Reads the main package of a folder and, by their imports, the packages of this repository that it uses.
    pub fn read(repo: &Repo, modules: &[Module], folder: &str) -> Self {
        let folders = folders(modules);
        let mut program = Program { main: folder.to_owned(), ..Program::default() };
        follow(vec![folder.to_owned()], |folder| {
            let files = compiled(repo, folder);
            let imports = files.flat_map(|(path, text)| program.file(repo, path, folder, text));
            imports.filter_map(|import| local(&folders, &import)).collect()
        });
        program.configured(repo);
        program.data.sort_by(|a, b| a.path.cmp(&b.path));
        program.data.dedup_by(|a, b| a.path == b.path);
        let paths: HashSet<String> = program.data.iter().map(|data| data.path.clone()).collect();
        let folders = |path: &str| path.match_indices('/').any(|(at, _)| paths.contains(&path[..at]));
        program.data.retain(|data| !folders(&data.path));
        let is_http = |evidence: &Evidence| evidence.quote.to_lowercase().contains("http");
        program.ports.sort_by_key(|(_, evidence)| std::cmp::Reverse((evidence.strength, is_http(evidence))));
        program
    }

    /// The folder of its main package.
    pub fn folder(&self) -> &str {
        &self.main
    }

    /// Takes up configuration files: those that a library looks for by name, and what they say.
    fn configured(&mut self, repo: &Repo) {
        let (names, folders) = &self.config;
        let found = config::named(repo, names, folders);
        self.data.extend(found.into_iter().map(|path| Data { path }));
        let read: Vec<String> = self.data.iter().map(|data| data.path.clone()).collect();
        self.data.extend(config::paths(repo, &read).into_iter().map(|path| Data { path }));
        self.ports.extend(config::ports(repo, &read));
    }

    /// Takes up one file; gives its imports.
    fn file(&mut self, repo: &Repo, path: &str, folder: &str, text: &str) -> Vec<String> {
        let masked = Masked::new(text, &GO);
        let code = masked.code();
        let mut names = Vec::new();
        for (at, import) in imports(&masked) {
            let evidence = Evidence::new(path, masked.line(at), Strength::Stated);
            match import {
                "C" => self.imports_c = Some(evidence),
                _ => self.imports.push((import.to_owned(), evidence)),
            }
            names.push(import.to_owned());
        }
        self.files.push(path.to_owned());
        self.embeds(repo, path, folder, text);
        self.data(repo, &masked);
        for found in CONFIG_NAME.find_iter(code) {
            self.config.0.extend(masked.string_at(found.end()).map(str::to_owned));
        }
        for found in CONFIG_FOLDER.find_iter(code) {
            let folder = masked.string_at(found.end()).and_then(|folder| resolve("", folder));
            self.config.1.extend(folder);
        }
        self.listening(path, &masked, text);
        for call in EXEC.find_iter(code) {
            if let Some(command) = masked.string_at(call.end()) {
                let command = command.rsplit('/').next().unwrap_or(command).to_owned();
                self.commands.push((command, Evidence::new(path, masked.line(call.start()), Strength::Stated)));
            }
        }
        names
    }

    fn embeds(&mut self, repo: &Repo, path: &str, folder: &str, text: &str) {
        let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix("//go:embed "));
        for word in lines.flat_map(str::split_whitespace) {
            let word = word.trim_matches(['"', '`']);
            let word = word.strip_prefix("all:").unwrap_or(word);
            let Some(pattern) = resolve(folder, word) else { continue };
            let base = pattern.split(['*', '?', '[']).next().unwrap_or_default();
            let is_there = match base.len() == pattern.len() {
                true => repo.exists(&pattern),
                false => repo.below(folder_of(base)).any(|file| file.starts_with(base)),
            };
            let inside = base.trim_end_matches('/');
            let hidden = |file: &str| file.rsplit('/').next().is_some_and(|name| name.starts_with('.'));
            let is_empty =
                (inside.is_empty() || repo.below(inside).all(hidden)) && (!repo.has(&pattern) || hidden(&pattern));
            let own = pattern.strip_prefix(folder).unwrap_or_default();
            let ignored = format!("{}{own}", literal(folder));
            self.embeds.push(Embed { pattern, ignored, file: path.to_owned(), is_there, is_empty });
        }
    }

    /// String literals that name something in the repository, where a call reads files, where a flag has its default,
    /// or where they begin with `./`.
    fn data(&mut self, repo: &Repo, masked: &Masked) {
        for (at, text) in masked.literals() {
            if config::is_named(text)
                || NAMED.is_match(masked.line(at))
                || text.starts_with("./")
                || text.starts_with("../")
                || FLAG.is_match(masked.line(at))
            {
                self.datum(repo, text);
            }
        }
        for call in READS.find_iter(masked.code()) {
            masked.strings_behind(call.end()).for_each(|text| self.datum(repo, text));
        }
    }

    /// Takes up a literal that names something in the repository; of a pattern, the folder before it.
    fn datum(&mut self, repo: &Repo, text: &str) {
        let text = text.strip_prefix("file://").unwrap_or(text);
        let base: Vec<&str> = text.split('/').take_while(|part| !part.contains(['*', '?', '['])).collect();
        // A program that climbs out of its folder is run in it.
        let climbs = text.starts_with("../") && !self.main.is_empty();
        let from = if climbs { self.main.as_str() } else { "" };
        let path = resolve(from, &base.join("/")).filter(|path| !path.is_empty() && !text.starts_with('/'));
        let path = path.filter(|path| self.looked.insert((climbs, path.clone())));
        if climbs && path.as_ref().is_some_and(|path| repo.exists(path)) {
            self.home.clone_from(&self.main);
        }
        let manifest = |path: &str| ["go.mod", "go.sum"].contains(&path);
        // A folder of sources is an import path.
        let sources = |path: &str| repo.has_folder(path) && repo.below(path).all(|file| file.ends_with(".go"));
        let is_data = |path: &String| repo.exists(path) && !path.ends_with(".go") && !manifest(path) && !sources(path);
        match path {
            Some(path) if is_data(&path) => self.data.push(Data { path }),
            Some(path) if path.contains('/') && !repo.exists(&path) => self.missing.push(path),
            _ => {}
        }
    }

    fn listening(&mut self, path: &str, masked: &Masked, text: &str) {
        let code = masked.code();
        self.listens |= LISTENS.is_match(code);
        let is_main = folder_of(path) == self.main;
        // Other programs are run by the same word.
        let framework = super::CATALOG.framework.iter().any(|row| text.contains(&row.module));
        if let Some(call) = BLANK.find(code).filter(|_| framework) {
            self.listens_by_default = Some(Evidence::new(path, masked.line(call.start()), Strength::Stated));
        }
        self.port_from_environment |= PORT_VARIABLE.is_match(text);
        for (at, literal) in masked.literals() {
            let Some(port) = ADDRESS.captures(literal).and_then(|found| found[1].parse().ok()) else { continue };
            let line = masked.line(at);
            let lower = line.to_lowercase();
            let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
            let strength = match () {
                // Profiles are served beside the program.
                () if port == 6060 || says(&["pprof", "metrics", "debug", "smtp", "ftp", "grpc"]) => Strength::Guess,
                () if LISTENS.is_match(line) => Strength::Stated,
                () if said_before(masked, at) => Strength::Convention,
                () if says(&["listen", "bind", "http-addr", "http_addr", "httpaddr"]) => Strength::Convention,
                () if !literal.starts_with(':') && !literal.starts_with("0.0.0.0") => continue,
                () if says(&["addr", "port", "host", "addflags"]) => Strength::Convention,
                () if port < 1024 || !is_main => continue,
                () => Strength::Guess,
            };
            self.ports.push((port, Evidence::new(path, line, strength)));
        }
        for found in PORT_NUMBER.captures_iter(text) {
            let Some(number) = (1..=5).find_map(|group| found.get(group)) else { continue };
            // The beginning of an address.
            if text.get(number.end()..).is_some_and(|rest| rest.starts_with('.')) {
                continue;
            }
            let line = masked.line(number.start());
            let other = [
                "redis", "postgres", "mysql", "db", "smtp", "mail", "kafka", "mongo", "metrics", "debug", "pprof",
                "grpc",
            ];
            let lower = line.to_lowercase();
            if let Ok(port) = number.as_str().parse()
                && !config::OTHERS.contains(&port)
                && !other.iter().any(|word| lower.contains(word))
                && !line.trim_start().starts_with("//")
            {
                let strength = if port < 1024 { Strength::Guess } else { Strength::Convention };
                self.ports.push((port, Evidence::new(path, line, strength)));
            }
        }
    }
}

/// Whether one of the two lines before an offset speaks of listening.
fn said_before(masked: &Masked, offset: usize) -> bool {
    let before = |at: usize| masked.line_start(at)?.checked_sub(1);
    let first = before(offset);
    let lines = [first, first.and_then(before)].into_iter().flatten();
    lines.into_iter().any(|end| masked.line(end).to_lowercase().contains("listen"))
}

/// The folders of this repository's modules by their paths.
fn folders(modules: &[Module]) -> HashMap<&str, &str> {
    let named = modules.iter().filter(|module| !module.path.is_empty() && !module.outside);
    named.map(|module| (module.path.as_str(), module.folder.as_str())).collect()
}

/// The deepest package that is looked for, in folders below its module.
const DEEPEST: usize = 64;

/// The folder of an import path of this repository: of the module with the longest path that it begins with.
fn local(folders: &HashMap<&str, &str>, import: &str) -> Option<String> {
    let ends = import.rmatch_indices('/').map(|(at, _)| at).take(DEEPEST);
    std::iter::once(import.len()).chain(ends).find_map(|end| {
        let (module, rest) = import.split_at(end);
        Some(join(folders.get(module)?, rest.trim_start_matches('/')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(files: &[(&'static str, &'static str)]) -> Program {
        let repo = Repo::from_list("x", files.iter().copied());
        Program::read(&repo, &modules(&repo), "")
    }

    #[test]
    fn imports_are_followed_within_the_repository() {
        let found = program(&[
            ("go.mod", "module e.com/x\ngo 1.22\n"),
            (
                "main.go",
                "package main\nimport (\n\t\"e.com/x/store\"\n\t_ \"github.com/lib/pq\"\n)\nfunc main() { store.Open() }\n",
            ),
            (
                "store/store.go",
                "package store\n// import \"C\"\nimport \"os\"\n//go:embed sql/*.sql\nvar x string\nfunc Open() { os.ReadFile(\"./conf/app.yaml\") }\n",
            ),
            ("store/store_windows.go", "package store\nimport \"C\"\n"),
            ("store/sql/a.sql", ""),
            ("conf/app.yaml", ""),
            ("flags.go", "package main\nvar ui = flag.String(\"ui-path\", \"./ui\", \"\")\n"),
            ("ui/index.html", ""),
        ]);
        assert!(found.imports_c.is_none());
        assert_eq!(found.embeds[0].pattern, "store/sql/*.sql");
        assert!(found.embeds[0].is_there);
        assert_eq!(found.data.iter().map(|data| data.path.as_str()).collect::<Vec<_>>(), ["conf/app.yaml", "ui"]);
        assert!(found.imports.iter().any(|(import, _)| import == "github.com/lib/pq"));
    }

    #[test]
    fn ports_come_from_where_it_listens() {
        let port = |body: &'static str| {
            let text: &'static str = Box::leak(format!("package main\nfunc main() {{\n{body}\n}}\n").into_boxed_str());
            let found = program(&[("go.mod", "module x"), ("main.go", text)]);
            (found.ports.first().map(|(port, _)| *port), found.listens, found.port_from_environment)
        };
        assert_eq!(port("http.ListenAndServe(\":9000\", nil)"), (Some(9000), true, false));
        assert_eq!(port("s := &http.Server{Addr: \":3000\"}\ns.ListenAndServe()"), (Some(3000), true, false));
        assert_eq!(port("redis.New(\"localhost:6379\")\ne.Start(\":1323\")"), (Some(1323), true, false));
        assert_eq!(
            port("p := flag.Int(\"port\", 8081, \"\")\nhttp.ListenAndServe(fmt.Sprint(p), nil)"),
            (Some(8081), true, false)
        );
        assert_eq!(port("p := os.Getenv(\"PORT\")\nhttp.ListenAndServe(p, nil)"), (None, true, true));
        assert_eq!(port("fmt.Println(\"hello\")"), (None, false, false));
        for (line, constrained) in [
            ("ignore_build", true),
            ("linux && !cgo", false),
            ("!windows", false),
            ("(darwin || linux) && amd64", false),
            ("!(linux && amd64)", true),
            ("sqlite && !wflib", true),
            ("go1.21", false),
            ("((", true),
        ] {
            assert_eq!(is_constrained(&format!("//go:build {line}\npackage x\n")), constrained, "{line}");
        }
        for (body, found) in [
            ("f.IntP(\"port\", \"p\", 8082, \"\")", 8082),
            ("viper.SetDefault(\"server.port\", 8083)", 8083),
            ("type T struct {\n\tHTTPPort uint `long:\"listen\" default:\"8084\"`\n}", 8084),
            ("type T struct {\n\tAddr string `env:\"ADDR\" envDefault:\":8085\"`\n}", 8085),
            ("f.String(\"http-address\", \"127.0.0.1:8086\", \"\")\nx(\":443\")", 8086),
            ("kingpinflag.AddFlags(kingpin.CommandLine, \":8087\")\nx(\":853\")", 8087),
            ("go http.ListenAndServe(\"127.0.0.1:6060\", nil)\nport := 8088", 8088),
            ("x{\n\t\"LISTEN_ADDR\": {\n\t\tvalue: \"127.0.0.1:8092\"", 8092),
            ("ExternalPort = \"127.0.0.1\"\nport := 8093", 8093),
            ("ERROR_EXPORT = 10001\nport := 8090", 8090),
            ("target.Port = 5432\nport = \"80\"\nx.Port = 8091", 8091),
            ("&cli.IntFlag{\n\tName: \"port\",\n\tUsage: \"x\",\n\tValue: 8089,\n}", 8089),
        ] {
            assert_eq!(port(body).0, Some(found), "{body}");
        }
    }

    #[test]
    fn replacements_are_modules_and_leaving_the_repository_is_seen() {
        let repo = Repo::from_list(
            "x",
            [("go.mod", "module a\nreplace b => ./libs/b\nreplace c => ../c"), ("libs/b/go.mod", "module b")],
        );
        let found = modules(&repo);
        assert_eq!(
            found
                .iter()
                .map(|module| (module.path.as_str(), module.folder.as_str(), module.outside))
                .collect::<Vec<_>>(),
            [("a", "", false), ("b", "libs/b", false), ("c", "", true)]
        );
    }
}
