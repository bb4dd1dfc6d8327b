//! What was read of a service in Go: manifests, packages, programs.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::format::go_mod;
use crate::language::node::frontend::{Frontend, MANIFEST};
use crate::language::node::maker;
use crate::language::parsed;
use crate::members::Members;
use crate::path::{join, name, parent};
use crate::repo::Repo;
use crate::requirement::Requirement;

use super::LANGUAGE;
use super::build::{self, Build};
use super::catalog::CATALOG;
use super::missing::{self, Code, Missing};
use super::modules::{self, Module};
use super::packages::{Package, Packages};
use super::program::{Embed, Program, Required};

/// A service in Go.
pub struct Go {
    /// The modules of the build, the top one first.
    pub modules: Vec<Module>,
    /// The manifests that are there.
    pub manifests: Vec<String>,
    /// Whether what the modules need lies in the repository.
    pub is_vendored: bool,
    /// Endings of sources in other languages that are compiled along.
    pub others: Vec<&'static str>,
    /// All sources, vendored ones left out.
    pub sources: Vec<String>,
    /// Whether of each program all packages were looked into.
    pub is_whole: bool,
    /// The packages of the programs, by their folders.
    pub packages: BTreeMap<String, Package>,
    /// The programs, by their folders.
    pub programs: Vec<Program>,
    /// What builds folders that programs embed or read and that are not there, by these folders.
    pub fronts: BTreeMap<String, Frontend>,
    /// How files say that the programs are built, the strongest first.
    pub builds: Vec<Build>,
    /// What the sources say of variables that the linker sets.
    pub defaults: BTreeMap<String, String>,
    /// Those of packages that are not there.
    pub strange: BTreeSet<String>,
    /// Code that is not in the repository.
    pub missing: Vec<Missing>,
    /// The only front end of the repository that makes a site, where something looks for one.
    pub site: Option<Frontend>,
    /// Empty files that a recipe makes in place of what is embedded, by the folders.
    pub pages: BTreeMap<String, (String, Evidence)>,
    /// The manifest of a package for Node, which may build what is embedded.
    pub package: Option<String>,
    /// The name of the service's folder.
    pub name: String,
    stated: Vec<Fact>,
}

/// Endings of sources that the go command compiles along.
const OTHERS: [&str; 8] = ["c", "h", "cc", "cpp", "hpp", "s", "S", "syso"];

impl Go {
    /// Reads it.
    pub fn read(repo: &Repo, told: &[Fact]) -> Self {
        let (modules, strays) = modules::modules(repo);
        let builds = build::builds(told, &modules);
        let mut packages =
            Packages::new(repo, &modules, builds.first().map(|build| build.tags.clone()).unwrap_or_default());
        let mains = packages.mains(&modules);
        let closures: Vec<Vec<String>> = mains.iter().map(|(folder, _)| packages.closure(folder)).collect();
        let mut stated = stated(repo);
        stated.extend(strays);
        let is_whole = !packages.is_full();
        if !is_whole {
            let what =
                "there are more programs and packages than are looked into: of the last ones only their own folder was";
            stated.push(Fact::new(Kind::Warning(what.to_owned()), "", "", Strength::Convention));
        }
        let packages = packages.finish();
        let required = Required::read(repo, &modules);
        let read = |(begins, closure)| Program::read(repo, begins, closure, &packages, &required);
        let programs: Vec<Program> = mains.into_iter().zip(closures).map(read).collect();
        let fronts = fronts(repo, &programs);
        let is_missing = |embed: &&Embed| !embed.is_there && !fronts.contains_key(embed.folder());
        let missing = || programs.iter().flat_map(|program| &program.embeds).filter(is_missing);
        let is_wanted = missing().next().is_some() || programs.iter().any(|program| program.served.is_some());
        let page = |folder: &str| Some((folder.to_owned(), maker::placeholder(repo, folder)?));
        let pages = missing().map(Embed::folder).filter_map(page).collect();
        let is_other = |ending: &&str| repo.files().any(|path| path.ends_with(&format!(".{ending}")));
        let code = Code { modules: &modules, builds: &builds, packages: &packages, programs: &programs };
        let missing = missing::missing(repo, &code);
        stated.extend(build::run_by_source(told, &modules, &programs, repo.name()));
        Go {
            manifests: manifests(repo, &modules),
            sources: sources(repo),
            is_whole,
            is_vendored: repo.has("vendor/modules.txt"),
            others: OTHERS.into_iter().filter(is_other).collect(),
            site: is_wanted.then(|| Frontend::only_site(repo)).flatten(),
            fronts,
            pages,
            package: repo.files().find(|path| name(path) == MANIFEST).map(str::to_owned),
            name: repo.name().to_owned(),
            strange: build::strange(repo, &builds, &modules),
            defaults: build::defaults(repo, &builds, &modules, &programs),
            missing,
            builds,
            stated,
            packages,
            programs,
            modules,
        }
    }

    /// Everything that was seen.
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = self.stated.clone();
        facts.extend(
            self.manifests.iter().filter(|path| !name(path).starts_with("go.work")).map(|path| Fact::manifest(path)),
        );
        for program in &self.programs {
            let strength = self.strength(program);
            facts.push(Fact::new(Kind::Entry(program.entry.clone()), &program.file, "package main", strength));
        }
        for program in &self.programs {
            let cgo = self.cgo(program);
            let is_denied = |fact: &&Fact| {
                !(cgo.is_some_and(|(cgo, evidence)| !cgo && evidence.strength >= Strength::Stated) && is_of_c(fact))
            };
            facts.extend(program.facts.iter().filter(is_denied).cloned());
            if let Some((true, evidence)) = cgo {
                let kind = Kind::Need("libc".to_owned(), "its own build compiles C".to_owned());
                facts.push(Fact::from_evidence(kind, evidence.clone()).of(&program.entry));
            }
        }
        facts.extend(self.fronts.values().chain(&self.site).flat_map(Frontend::testify));
        facts
    }

    /// Whether the strongest build of a program says something of C.
    pub fn cgo<'a>(&'a self, program: &'a Program) -> Option<(bool, &'a Evidence)> {
        let build = self.fitting(program).next()?;
        build.cgo.map(|cgo| (cgo, &build.evidence))
    }

    /// The builds of a program, the strongest first.
    pub fn fitting<'a>(&'a self, program: &'a Program) -> impl Iterator<Item = &'a Build> {
        self.builds.iter().filter(|build| build.fits(program, self.programs.len() == 1))
    }

    /// How likely a program is the service: the only one is it; the one that is named as the whole usually is.
    pub fn strength(&self, program: &Program) -> Strength {
        let top = self.modules.first().filter(|module| module.folder.is_empty());
        let base = top.map(|module| name(&module.path)).unwrap_or_default();
        let folder = name(&program.folder);
        let is_made_so =
            |build: &Build| build.folder.as_ref() == Some(&program.folder) && build.output.as_deref() == Some(base);
        let is_usual = folder.is_empty() || folder == base || folder == self.name || self.builds.iter().any(is_made_so);
        match (self.programs.len(), is_usual && self.serves(program)) {
            (1, _) => Strength::Stated,
            (_, true) => Strength::Convention,
            (_, false) => Strength::Guess,
        }
    }

    /// Whether a program serves, as far as that shows: where none does, any may.
    pub fn serves(&self, program: &Program) -> bool {
        program.serves || !self.programs.iter().any(|program| program.serves)
    }

    /// The sources, and those of the packages that a program is made of: none where these are not known as a whole.
    pub fn members(&self, program: &Program) -> Members {
        let is_known = self.is_whole && self.missing.is_empty() && !self.modules.is_empty();
        let is_own = |path: &&String| program.packages.iter().any(|folder| folder == parent(path));
        let own = self.sources.iter().filter(is_own).cloned();
        if is_known { Members::new(self.sources.iter().cloned(), own) } else { Members::default() }
    }

    /// The files that a program is compiled from.
    pub fn files(&self, program: &Program) -> Vec<String> {
        let packages = program.packages.iter().filter_map(|folder| self.packages.get(folder));
        packages.flat_map(Package::files).map(str::to_owned).collect()
    }
}

/// Whether a fact says that C is compiled in.
fn is_of_c(fact: &Fact) -> bool {
    matches!(&fact.kind, Kind::Need(id, _) if id == "libc")
}

/// The files in Go, but for those that others wrote.
fn sources(repo: &Repo) -> Vec<String> {
    let is_vendored = |path: &str| path.split('/').any(|part| part == "vendor");
    repo.files().filter(|path| path.ends_with(".go") && !is_vendored(path)).map(str::to_owned).collect()
}

/// The manifests that are there.
fn manifests(repo: &Repo, modules: &[Module]) -> Vec<String> {
    let top = ["go.work", "go.work.sum"].map(str::to_owned).into_iter();
    let own = modules.iter().flat_map(|module| ["go.mod", "go.sum"].map(|name| join(&module.folder, name)));
    top.chain(own).filter(|path| repo.has(path)).collect()
}

/// The builds of folders that programs embed and that are not there, or of which only the place or a page is; and of those that
/// they read.
fn fronts(repo: &Repo, programs: &[Program]) -> BTreeMap<String, Frontend> {
    let mut fronts = BTreeMap::new();
    if !repo.files().any(|path| name(path) == MANIFEST) {
        return fronts;
    }
    let mut seen = BTreeSet::new();
    for embed in programs.iter().flat_map(|program| &program.embeds) {
        let wanted = embed.folder();
        if !wanted.is_empty() && seen.len() < MOST_FOLDERS && seen.insert(wanted) {
            let around = || Frontend::around(repo, wanted).filter(|_| embed.is_empty);
            fronts.extend(Frontend::find_named(repo, wanted).or_else(around).map(|front| (wanted.to_owned(), front)));
        }
    }
    for missing in programs.iter().flat_map(|program| &program.missing) {
        if seen.insert(missing) {
            let find = if seen.len() < 2 * MOST_FOLDERS { Frontend::find } else { Frontend::around };
            fronts.extend(find(repo, missing).map(|front| (missing.clone(), front)));
        }
    }
    fronts
}

/// Folders for which scripts, settings and recipes are looked through, at most.
const MOST_FOLDERS: usize = 24;

/// What the manifests at the top say of the toolchain.
fn stated(repo: &Repo) -> Vec<Fact> {
    let mut facts = Vec::new();
    for file in ["go.work", "go.mod"] {
        let Some(read) = parsed(repo, file, go_mod::parse, &mut facts) else { continue };
        facts.extend(versions(file, &read));
        facts.extend((file == "go.mod" && has_no_sums(repo, &read)).then(|| without_sums(file)));
    }
    facts
}

/// Whether versions are required and nothing verifies them.
fn has_no_sums(repo: &Repo, read: &go_mod::GoMod) -> bool {
    let is_there = |file: &str| repo.has(file);
    let replaced = |path: &String| read.replace.iter().any(|(module, _)| module == path);
    !read.require.iter().all(replaced)
        && !["go.sum", "go.work", "go.work.sum", "vendor/modules.txt"].into_iter().any(is_there)
}

fn without_sums(file: &str) -> Fact {
    let what = "`go.mod` requires modules and there is no `go.sum`: the build would end with \"missing go.sum entry\"";
    Fact::new(
        Kind::Obstacle(what.to_owned(), "run `go mod tidy` and commit `go.sum`".to_owned()),
        file,
        "require",
        Strength::Stated,
    )
}

/// The release that is the oldest to do, and the one that the team builds with.
fn versions(file: &str, read: &go_mod::GoMod) -> Vec<Fact> {
    type Read = fn(&str) -> Option<Requirement>;
    let lines: [(&Option<String>, &str, Read); 2] =
        [(&read.go, "go ", Requirement::at_least), (&read.toolchain, "toolchain go", Requirement::line)];
    let fact = |(version, words, wanted): (&Option<String>, &str, Read)| {
        let version = version.as_ref()?;
        let release = version.split(|c: char| !c.is_ascii_digit() && c != '.').next().unwrap_or_default();
        let kind = Kind::Bound(LANGUAGE.id.to_owned(), wanted(release.trim_end_matches('.'))?);
        Some(Fact::new(kind, file, &format!("{words}{version}"), Strength::Stated))
    };
    lines.into_iter().filter_map(fact).chain(named_line(file, read)).collect()
}

/// The line of a patch release that the `go` line names, while it is supported: the team builds with that one, and the next may
/// change what the standard library does.
fn named_line(file: &str, read: &go_mod::GoMod) -> Option<Fact> {
    let version = read.go.as_ref().filter(|_| read.toolchain.is_none())?;
    let (line, patch) = version.rsplit_once('.').filter(|(line, _)| line.contains('.'))?;
    let is_supported = CATALOG.release.iter().any(|release| release.supported && release.cycle == line);
    let kind = Kind::Toolchain(LANGUAGE.id.to_owned(), Requirement::line(line)?);
    let is_meant = is_supported && patch.parse::<u32>().is_ok_and(|patch| patch > 0);
    is_meant.then(|| Fact::new(kind, file, &format!("go {version}"), Strength::Convention))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(files: &[(&'static str, &'static str)]) -> Go {
        Go::read(&Repo::from_list("x", files.iter().copied()), &[])
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
        let program = &found.programs[0];
        assert_eq!(program.embeds[0].pattern, "store/sql/*.sql");
        assert!(program.embeds[0].is_there);
        let facts: Vec<String> = program.facts.iter().map(|fact| fact.kind.to_string()).collect();
        assert_eq!(facts, ["reads conf/app.yaml when it runs", "reads ui when it runs"]);
        assert_eq!(found.files(program), ["flags.go", "main.go", "store/store.go"]);
    }

    #[test]
    fn ports_come_from_where_it_listens() {
        let port = |body: &'static str| {
            let text: &'static str = Box::leak(format!("package main\nfunc main() {{\n{body}\n}}\n").into_boxed_str());
            let found = program(&[("go.mod", "module x"), ("main.go", text)]);
            let found = &found.programs[0];
            let mut ports =
                found.facts.iter().filter_map(|fact| if let Kind::Port(port) = fact.kind { Some(port) } else { None });
            (ports.next(), found.listens, found.from_environment)
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
}
