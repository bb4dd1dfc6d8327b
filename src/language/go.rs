//! Go: modules, workspaces, vendored trees, and single files without a module.

mod config;
mod sources;
mod start;

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::node::frontend::Frontend;
use super::{Extra, Labels, Language, Late, Recipe, Variable, sign};
use crate::catalog::{self, Image as Tags, Release, Runtime};
use crate::command;
use crate::dockerignore::{Matcher, Section, literal};
use crate::error::Error;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::format::go_mod;
use crate::image::{Copy, Image, Part};
use crate::plan::processes::{self, Process};
use crate::plan::toolchain::Requirement;
use crate::plan::{Candidate, Decision, Need, Planner, topic};
use crate::repo::Repo;
use sources::{Module, Program, join};

/// The row.
pub const LANGUAGE: Language = Language {
    id: "go",
    title: "Go",
    signs: &[
        sign("go.mod", Strength::Stated),
        sign("go.work", Strength::Stated),
        sign("main.go", Strength::Convention),
        sign("*.go", Strength::Guess),
    ],
    images: &["golang"],
    image: || &CATALOG.image,
    managers: Vec::new,
    releases: || &CATALOG.release,
    release: |text| Requirement::line(text.strip_prefix("go").unwrap_or(text)),
    read: |scope| Box::new(Late { repo: scope.repo, inspect, recipe }),
};

/// `templates/go/catalog.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalog {
    image: Tags,
    release: Vec<Release>,
    runtime: Vec<Runtime>,
    cgo: Vec<Cgo>,
    command: Vec<Command>,
    framework: Vec<Framework>,
}

/// A framework that listens by itself where nothing tells it where.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Framework {
    module: String,
    port: u16,
}

/// A module that compiles C.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cgo {
    module: String,
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    build: Vec<String>,
    #[serde(default)]
    run: Vec<String>,
}

/// A program that programs start, and the need that this makes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Command {
    names: Vec<String>,
    need: String,
}

static CATALOG: LazyLock<Catalog> =
    LazyLock::new(|| catalog::parse("go/catalog.toml", include_str!("../../templates/go/catalog.toml")));

fn inspect(repo: &Repo) -> Vec<Fact> {
    let mut facts = Vec::new();
    for file in ["go.work", "go.mod"] {
        match repo.try_text(file) {
            None => {}
            Some(Err(why)) => facts.push(Fact::new(Kind::Unreadable(why.to_string()), file, "", Strength::Stated)),
            Some(Ok(text)) => match go_mod::parse(text) {
                Err(fault) => {
                    facts.push(Fact::new(Kind::Unreadable(fault.what), file, &fault.quote, Strength::Stated));
                }
                Ok(read) => facts.extend(versions(file, &read)),
            },
        }
    }
    for module in sources::modules(repo) {
        let manifests = ["go.mod", "go.sum"].map(|name| join(&module.folder, name));
        let there = manifests.into_iter().filter(|path| repo.has(path));
        facts.extend(there.map(|path| Fact::new(Kind::Manifest(path.clone()), &path, "", Strength::Stated)));
    }
    facts.extend(mains(repo));
    facts
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
    lines.into_iter().filter_map(fact).collect()
}

/// Folders whose programs are tools of the developers, by convention.
const ASIDE: [&str; 10] =
    ["examples", "example", "tools", "hack", "scripts", "script", "test", "tests", "testdata", "internal"];

/// Names under `cmd/` that usually are the service.
const SERVICES: [&str; 7] = ["server", "api", "web", "app", "service", "main", "daemon"];

/// Every main package, with how likely it is the one.
fn mains(repo: &Repo) -> Vec<Fact> {
    let modules = sources::modules(repo);
    let mains = sources::main_packages(repo, &modules);
    let base = modules.first().map(|module| module.path.rsplit('/').next().unwrap_or_default().to_owned());
    let only = mains.len() == 1;
    let [serving, listening] = sources::serving(repo, &modules, if only { &[] } else { &mains });
    let none_serves = !mains.iter().any(|main| serving.contains(&main.folder));
    let serves = |folder: &str| none_serves || serving.contains(folder);
    let strength = |folder: &str| {
        let name = folder.rsplit('/').next().unwrap_or_default();
        let aside = folder.split('/').any(|part| ASIDE.contains(&part));
        if only {
            Strength::Stated
        } else if aside {
            Strength::Guess
        } else if serves(folder) && (folder.is_empty() || base.as_deref() == Some(name) || name == repo.name()) {
            Strength::Convention
        } else {
            Strength::Guess
        }
    };
    let rank = |folder: &str| {
        let name = folder.rsplit('/').next().unwrap_or_default();
        let aside = folder.split('/').any(|part| ASIDE.contains(&part));
        (
            aside,
            !serves(folder),
            SERVICES.iter().position(|service| *service == name).unwrap_or(SERVICES.len()),
            !listening.contains(folder),
            folder.matches('/').count(),
        )
    };
    let mut mains: Vec<&sources::Main> = mains.iter().collect();
    mains.sort_by(|a, b| rank(&a.folder).cmp(&rank(&b.folder)).then_with(|| a.folder.cmp(&b.folder)));
    mains
        .into_iter()
        .map(|main| {
            let strength = strength(&main.folder);
            Fact::new(Kind::Entry(package(&main.folder)), &main.file, "package main", strength)
        })
        .collect()
}

/// A folder as the go command takes it.
fn package(folder: &str) -> String {
    if folder.is_empty() { ".".to_owned() } else { format!("./{folder}") }
}

/// The words of `go/build.tera`.
#[derive(Debug, Serialize)]
struct Words {
    name: String,
    builder: String,
    cross: bool,
    cgo_enabled: u8,
    apk: Vec<&'static str>,
    apt: Vec<String>,
    manifests: Vec<String>,
    /// What the front end makes and the program carries.
    embedded: Vec<String>,
    sources: Vec<String>,
    /// Whether the image has no files of its own at all.
    root: bool,
    extra: Extra,
}

fn recipe(planner: &mut Planner) -> Result<Recipe, Error> {
    let repo = planner.repo;
    let modules = readable_modules(planner)?;
    let toolchain = planner.toolchain(LANGUAGE.id, "Go", &CATALOG.release)?;
    let entry = entry(planner)?;
    let folder = entry.trim_start_matches("./").trim_matches('.').trim_matches('/').to_owned();
    let mut program = Program::read(repo, &modules, &folder);
    leave_out_secrets(planner, &mut program);
    let (needs, cgo) = needs(repo, &modules, &program);
    let runtime = planner.runtime(needs, &CATALOG.runtime, &toolchain)?;
    let port = port(planner, &program);
    let module = modules.iter().find(|module| module.folder.is_empty()).or(modules.first());
    let stated = module.and_then(|module| {
        let parts = module.path.split('/').chain(folder.split('/').filter(|part| !part.is_empty()));
        let mut parts: Vec<&str> = parts.collect();
        // Folders that are named after their place.
        while folder.ends_with(parts.last()?) && ["cmd", "main", "src"].contains(parts.last()?) && parts.len() > 1 {
            parts.pop();
        }
        let name = parts.into_iter().rfind(|part| !is_major(part))?;
        Some((
            name,
            Evidence::new(&join(&module.folder, "go.mod"), &format!("module {}", module.path), Strength::Stated),
        ))
    });
    let name = planner.name(stated);
    let vendored = repo.has("vendor/modules.txt");
    let has_dependencies = modules.iter().any(|module| repo.has(&join(&module.folder, "go.sum")));
    let manifests = if has_dependencies && !vendored { manifests(repo, &modules) } else { Vec::new() };
    let mut front = frontend(planner, &program)?;
    let fill = |image: &str| toolchain.fill_with(image, "${GO_VERSION}");
    let cross = cgo.is_none();
    let words = Words {
        name: name.clone(),
        builder: fill(runtime.builder.as_deref().filter(|_| !cross).unwrap_or(&CATALOG.image.builder)),
        cross,
        cgo_enabled: u8::from(!cross),
        apk: if !cross && runtime.id == "alpine" { vec!["gcc", "musl-dev"] } else { Vec::new() },
        apt: toolchain.suited(cgo.as_ref().map(|cgo| cgo.build.clone()).unwrap_or_default()),
        manifests,
        embedded: front.iter().filter(|front| front.embedded).map(|front| front.frontend.made.clone()).collect(),
        sources: if modules.is_empty() { program.files.clone() } else { vec![entry] },
        root: runtime.id == "scratch",
        extra: Extra::new(&planner.wishes.extras),
    };
    let mut run = planner.run(fill(&runtime.image), labels(&name, module), port);
    if runtime.id == "slim" {
        let own = ["ca-certificates", "tzdata"].map(str::to_owned).into_iter();
        run.apt = toolchain.suited(own.chain(program.packages(&cgo)));
    }
    let data = copied(&program, front.as_ref());
    run.workdir = Some(match data.is_empty() {
        true => "/".to_owned(),
        false => join("/app", &program.home).trim_end_matches('/').to_owned(),
    });
    run.copies = carried(&runtime, &mut run.environment);
    run.copies.push(Copy::stage("build", &format!("/out/{name}"), format!("/usr/local/bin/{name}")));
    run.copies.extend(data);
    let told = port.filter(|_| program.port_from_environment);
    run.environment.extend(told.map(|port| Variable::new("PORT", port.to_string())));
    run.entrypoint = vec![format!("/usr/local/bin/{name}")];
    run.command = self::words(planner, &program, &name, port);
    let (ignore, reads) = ignore(repo, &modules, &program, front.as_mut(), vendored);
    let versions = vec![Variable::new("GO_VERSION", &toolchain.version)];
    let own = Part { versions, ignore, reads, ..Part::new("go/build.tera", &words)? };
    let parts = front.map(|front| front.frontend.part).into_iter().chain([own]).collect();
    Ok(Recipe::new(name, Image::new(parts, run, &planner.wishes.extras)))
}

/// What the program reads when it runs: of the repository, and of what the front end makes.
fn copied(program: &Program, front: Option<&Front>) -> Vec<Copy> {
    // At the same place as in the repository, as seen from where the program is run.
    let target = |path: &str| match program.home.is_empty() {
        true => format!("./{path}"),
        false => format!("/app/{path}"),
    };
    let data = program.data.iter().map(|data| Copy::context(&data.path, target(&data.path)));
    let beside = front.filter(|front| !front.embedded).map(|front| &front.frontend.made);
    data.chain(beside.map(|made| Copy::stage("frontend", &format!("/src/{made}"), target(made)))).collect()
}

/// What every program needs and this image lacks.
fn carried(runtime: &Runtime, environment: &mut Vec<Variable>) -> Vec<Copy> {
    let mut copies = Vec::new();
    if runtime.id == "scratch" {
        let root = Copy::stage("build", "/out/root/", "/");
        copies.push(root.because("scratch has no CA certificates and no /tmp."));
        copies.push(Copy::stage("build", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs/"));
    }
    if runtime.carries.iter().any(|word| word == "zoneinfo") {
        let zones = Copy::stage("build", "/usr/local/go/lib/time/zoneinfo.zip", "/usr/local/share/");
        copies.push(zones.because("Go's own time zones, as the image has none."));
        environment.push(Variable::new("ZONEINFO", "/usr/local/share/zoneinfo.zip"));
    }
    copies
}

/// What builds embedded files that are not in the repository; nothing where all are there.
fn frontend(planner: &mut Planner, program: &Program) -> Result<Option<Front>, Error> {
    let lacking = || program.embeds.iter().filter(|embed| embed.is_empty);
    let found = lacking().find_map(|embed| Some((embed, Frontend::find(planner.repo, embed.folder())?)));
    let made = |embed: &&sources::Embed| {
        found.as_ref().is_some_and(|(_, frontend)| embed.pattern.starts_with(&format!("{}/", frontend.made)))
            || found.as_ref().is_some_and(|(_, frontend)| embed.pattern == frontend.made)
    };
    if let Some(embed) = program.embeds.iter().find(|embed| !embed.is_there && !made(embed)) {
        let what = format!("`{}` embeds `{}`, which is not in the repository", embed.file, embed.pattern);
        if planner.wishes.extras.build_commands.is_empty() {
            return Err(Error::no(format!("{what}: the build would fail"))
                .hint("make it with `dockgen config set build.commands 'COMMAND'`, or commit it"));
        }
        planner.warn(format!("{what}: a command of `build.commands` has to make it"));
    }
    if found.is_none()
        && let Some(frontend) = program.missing.iter().find_map(|path| Frontend::find(planner.repo, path))
    {
        let value = format!("`{}`, built by Node", frontend.folder);
        let evidence = Evidence::new(&join(&frontend.folder, "package.json"), "\"build\"", Strength::Convention);
        planner.note(Decision::new(topic::FRONT_END, value, "the program reads what its build makes", evidence));
        return Ok(Some(Front { frontend, embedded: false }));
    }
    if let Some((embed, frontend)) = &found {
        let quote = format!("//go:embed {}", embed.pattern);
        let evidence = Evidence::new(&embed.file, &quote, Strength::Stated);
        let value = format!("`{}`, built by Node", frontend.folder);
        planner.note(Decision::new(topic::FRONT_END, value, "the program carries what its build makes", evidence));
    }
    Ok(found.map(|(_, frontend)| Front { frontend, embedded: true }))
}

/// A front end, and how the program carries it.
struct Front {
    frontend: Frontend,
    /// Whether it is compiled in; else it lies beside the program.
    embedded: bool,
}

/// The words behind the program's name.
fn words(planner: &mut Planner, program: &Program, name: &str, port: Option<u16>) -> Vec<String> {
    let folder = program.folder().rsplit('/').next().unwrap_or_default();
    let ours = |process: &Process| {
        [name, folder, planner.repo.name()].contains(&process.command.program())
            || planner.facts.iter().filter(|fact| matches!(fact.kind, Kind::Entry(_))).count() == 1
    };
    let fill = |word: &String| word.replace(command::PORT, &port.unwrap_or(8080).to_string());
    let said = processes::started(&planner.facts).filter(ours).filter(|process| !process.command.words().is_empty());
    let (words, evidence) = match said {
        Some(process) => {
            planner.leave_out(&process);
            (process.command.words().iter().map(fill).collect::<Vec<_>>(), process.evidence)
        }
        None => match start::command(planner.repo, &program.files) {
            Some((word, file)) => {
                let quote = format!("Use: \"{word}\"");
                (vec![word], Evidence::new(&file, &quote, Strength::Convention))
            }
            None => return Vec::new(),
        },
    };
    planner.note(Decision::new(topic::START, words.join(" "), "what makes the program serve", evidence));
    words
}

/// A path element that only says which major version a module has: `v2`.
fn is_major(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()))
}

/// The modules; a manifest that cannot be read ends the matter.
fn readable_modules(planner: &Planner) -> Result<Vec<Module>, Error> {
    for fact in &planner.facts {
        if let Kind::Unreadable(why) = &fact.kind {
            return Err(Error::usage(format!("{}: {why}", fact.evidence)).hint("mend the file"));
        }
    }
    let modules = sources::modules(planner.repo);
    match modules.iter().find(|module| module.outside) {
        None => Ok(modules),
        Some(module) => {
            let what = format!("`{}` is replaced by a folder outside of this repository", module.path);
            Err(Error::no(what).hint("run dockgen in the folder that holds both, which becomes the build context"))
        }
    }
}

fn entry(planner: &mut Planner) -> Result<String, Error> {
    let mut candidates = Vec::new();
    if let Some(wish) = planner.wishes.entry.clone() {
        let folder = wish.trim_start_matches("./").trim_matches('/').trim_matches('.');
        let there =
            planner.facts.iter().any(|fact| matches!(&fact.kind, Kind::Entry(entry) if *entry == package(folder)));
        if !there {
            return Err(Error::no(format!("`--entry {wish}`: there is no main package")).hint(known_mains(planner)));
        }
        candidates.push(Candidate::new(
            package(folder),
            package(folder),
            "asked for",
            Evidence::asked(&format!("--entry {wish}")),
        ));
    }
    for fact in &planner.facts {
        if let Kind::Entry(entry) = &fact.kind {
            let reason = match fact.evidence.strength {
                Strength::Stated => "the only main package",
                Strength::Convention => "the main package where it usually is",
                _ => "a main package",
            };
            candidates.push(Candidate::new(entry.clone(), entry.clone(), reason, fact.evidence.clone()));
        }
    }
    planner.choose(topic::ENTRY, candidates).ok_or_else(|| {
        Error::nothing("there is no main package: this is a library, and a library is no image".to_owned())
            .hint("run dockgen where a `package main` with a `func main` is below")
    })
}

fn known_mains(planner: &Planner) -> String {
    let mains = planner.facts.iter().filter_map(|fact| match &fact.kind {
        Kind::Entry(entry) => Some(format!("`--entry {entry}`")),
        _ => None,
    });
    format!("main packages are {}", mains.take(8).collect::<Vec<_>>().join(", "))
}

/// What the program needs, and what compiles C in it, if something does.
fn needs(repo: &Repo, modules: &[Module], program: &Program) -> (Vec<Need>, Option<CgoUse>) {
    let assumed = |id: &str, reason: &str| Need::new(id, reason, Evidence::new("", "", Strength::Convention));
    let mut needs = vec![
        assumed("ca", "TLS needs CA certificates"),
        assumed("zoneinfo", "time zones are data"),
        assumed("tmp", "temporary files need /tmp"),
    ];
    let mut cgo: Option<CgoUse> = None;
    if let Some(evidence) = &program.imports_c {
        cgo = Some(CgoUse::default());
        needs.push(Need::new("libc", "it compiles C", evidence.clone()));
    }
    for (import, evidence) in &program.imports {
        let row =
            CATALOG.cgo.iter().find(|row| import == &row.module || import.starts_with(&format!("{}/", row.module)));
        let Some(row) = row else { continue };
        let cgo = cgo.get_or_insert_default();
        cgo.build.extend(row.build.iter().cloned());
        cgo.run.extend(row.run.iter().cloned());
        needs.push(Need::new("libc", format!("`{}` compiles C", row.module), evidence.clone()));
        let own = row.needs.iter().cloned().chain(row.run.iter().map(|package| format!("package:{package}")));
        needs.extend(own.map(|id| Need::new(id, format!("`{}` is linked to it", row.module), evidence.clone())));
    }
    if let Some(evidence) = sqlite(repo, modules, program).filter(|_| cgo.is_none()) {
        cgo = Some(CgoUse::default());
        needs.push(Need::new("libc", "`github.com/mattn/go-sqlite3`, behind this, compiles C", evidence));
    }
    for (command, evidence) in &program.commands {
        if let Some(row) = CATALOG.command.iter().find(|row| row.names.contains(command)) {
            needs.push(Need::new(&row.need, format!("it starts `{command}`"), evidence.clone()));
        }
    }
    (needs, cgo)
}

/// An import of a module that is named after SQLite, where go.mod says that it is the one that compiles C.
fn sqlite(repo: &Repo, modules: &[Module], program: &Program) -> Option<Evidence> {
    let mut manifests = modules.iter().filter_map(|module| repo.text(&join(&module.folder, "go.mod")));
    let compiles = manifests.any(|text| text.contains("github.com/mattn/go-sqlite3"));
    let named =
        |import: &str| import.contains('.') && import.split('/').any(|part| ["sqlite", "sqlite3"].contains(&part));
    let ours = |import: &str| modules.iter().any(|module| !module.path.is_empty() && import.starts_with(&module.path));
    let import = program.imports.iter().find(|(import, _)| named(import) && !ours(import));
    import.filter(|_| compiles).map(|(_, evidence)| evidence.clone())
}

/// Keeps files that may be secrets out of what the image takes along.
fn leave_out_secrets(planner: &mut Planner, program: &mut Program) {
    let secrets = Matcher::new(&catalog::SHARED.secrets.join("\n"));
    let (hidden, kept): (Vec<_>, Vec<_>) =
        std::mem::take(&mut program.data).into_iter().partition(|data| secrets.hides(&data.path));
    program.data = kept;
    for data in hidden {
        planner.warn(format!("the program reads `{}`, which may hold secrets and stays out of the image: mount it, or give its variables when the image is run", data.path));
    }
}

/// What C costs in packages.
#[derive(Debug, Default)]
struct CgoUse {
    build: Vec<String>,
    run: Vec<String>,
}

impl Program {
    /// The Debian packages that must be there at run time.
    fn packages(&self, cgo: &Option<CgoUse>) -> Vec<String> {
        let mut packages: Vec<String> = cgo.iter().flat_map(|cgo| cgo.run.clone()).collect();
        for (command, _) in &self.commands {
            let row = CATALOG.command.iter().find(|row| row.names.contains(command));
            packages.extend(row.and_then(|row| row.need.strip_prefix("package:")).map(str::to_owned));
        }
        packages.sort();
        packages.dedup();
        packages
    }
}

fn port(planner: &mut Planner, program: &Program) -> Option<u16> {
    if !program.listens && planner.wishes.port.is_none() {
        planner.note(Decision::new(topic::PORT, "none", "nothing listens", Evidence::new("", "", Strength::Stated)));
        return None;
    }
    planner
        .facts
        .extend(program.ports.iter().map(|(port, evidence)| Fact::from_evidence(Kind::Port(*port), evidence.clone())));
    let by_default = program.listens_by_default.as_ref().and_then(|evidence| {
        let used = |row: &&Framework| program.imports.iter().any(|(import, _)| import.starts_with(&row.module));
        Some(Fact::from_evidence(Kind::Port(CATALOG.framework.iter().find(used)?.port), evidence.clone()))
    });
    planner.facts.extend(by_default);
    let fallback = program.port_from_environment.then(|| (8080, "the program takes it from PORT".to_owned()));
    let port = planner.port(fallback);
    let local = |evidence: &Evidence| ["127.0.0.1:", "localhost:"].iter().any(|host| evidence.quote.contains(host));
    let chosen = program.ports.iter().find(|(number, _)| Some(*number) == port);
    if let Some((_, evidence)) = chosen.filter(|(_, evidence)| local(evidence)) {
        planner.warn(format!("{evidence}: the program listens to its own machine only, unless it is told otherwise; give it an address on 0.0.0.0, by `run.env` in `dockgen.toml` for one"));
    }
    port
}

fn labels(name: &str, module: Option<&Module>) -> Labels {
    let hosts = ["github.com/", "gitlab.com/", "codeberg.org/", "bitbucket.org/"];
    let source = module.filter(|module| hosts.iter().any(|host| module.path.starts_with(host))).map(|module| {
        let parts: Vec<&str> = module.path.split('/').take(3).collect();
        format!("https://{}", parts.join("/"))
    });
    Labels { title: name.to_owned(), source, ..Labels::default() }
}

fn manifests(repo: &Repo, modules: &[Module]) -> Vec<String> {
    let top = ["go.work", "go.work.sum"].map(str::to_owned).into_iter();
    let own = modules.iter().flat_map(|module| ["go.mod", "go.sum"].map(|name| join(&module.folder, name)));
    top.chain(own).filter(|path| repo.has(path)).collect()
}

/// An allow list: what the compiler reads, what is embedded, what is read at run time.
fn ignore(
    repo: &Repo,
    modules: &[Module],
    program: &Program,
    front: Option<&mut Front>,
    vendored: bool,
) -> (Vec<Section>, Vec<String>) {
    let mut patterns = vec!["*".to_owned()];
    let mut reads: Vec<String> = manifests(repo, modules);
    patterns.extend(reads.iter().map(|path| format!("!{}", literal(path))));
    patterns.push("!**/*.go".to_owned());
    for extension in ["c", "h", "cc", "cpp", "hpp", "s", "S", "syso"] {
        let end = format!(".{extension}");
        if repo.files().any(|path| path.ends_with(&end)) {
            patterns.push(format!("!**/*.{extension}"));
        }
    }
    if vendored {
        patterns.push("!vendor".to_owned());
    }
    let mut sections = vec![Section::new("Only what the compiler reads.", patterns)];
    let embeds: Vec<String> = program.embeds.iter().map(|embed| format!("!{}", embed.ignored)).collect();
    if !embeds.is_empty() {
        sections.push(Section::new("Embedded by //go:embed.", embeds));
    }
    sections.extend(front.map(|front| std::mem::take(&mut front.frontend.part.ignore)).unwrap_or_default());
    let data: Vec<String> = program.data.iter().map(|data| format!("!{}", literal(&data.path))).collect();
    if !data.is_empty() {
        sections.push(Section::new("Read when the program runs.", data));
    }
    sections.push(Section::new("Tests are no part of a build.", ["**/*_test.go", "**/node_modules"]));
    reads.extend(program.files.iter().cloned());
    (sections, reads)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wishes::Wishes;

    #[test]
    fn what_programs_in_the_wild_need() {
        let main = "package main\nfunc main() { http.ListenAndServe(\":8080\", nil) }\n";
        let ui = "package ui\n//go:embed all:dist\nvar Files embed.FS\n";
        type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);
        let cases: [Case; 7] = [
            (
                &[
                    ("go.mod", "module e.com/x\nrequire github.com/mattn/go-sqlite3 v1.14.0 // indirect\n"),
                    (
                        "main.go",
                        "package main\nimport \"github.com/gofiber/storage/sqlite3/v2\"\nfunc main() {\n\tgodotenv.Load(\"./.env\")\n\ttls.Load(\"./a.p12\")\n\tx.Serve()\n}\n",
                    ),
                    (".env", "A=1"),
                    ("a.p12", ""),
                ],
                &["CGO_ENABLED=1", "WORKDIR /\n"],
            ),
            (
                &[
                    ("go.mod", "module e.com/x\n"),
                    (
                        "main.go",
                        "package main\nimport \"e.com/x/ui\"\nfunc main() { http.ListenAndServe(\":8080\", ui.H) }\n",
                    ),
                    ("ui/ui.go", ui),
                    ("ui/dist/.gitkeep", ""),
                    ("ui/package.json", r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}"#),
                ],
                &["AS frontend\nWORKDIR /src/ui\n", "COPY --from=frontend /src/ui/dist ui/dist\n"],
            ),
            (
                &[
                    ("go.mod", "module e.com/x\n"),
                    (
                        "cmd/server/main.go",
                        "package main\nvar c = flag.String(\"conf\", \"../../configs\", \"\")\nfunc main() { x.Serve() }\n",
                    ),
                    ("configs/config.yaml", "server:\n  http:\n    addr: 0.0.0.0:8000\n"),
                ],
                &["WORKDIR /app/cmd/server\n", "COPY --link configs /app/configs\n", "EXPOSE 8000\n"],
            ),
            (
                &[
                    ("go.mod", "module e.com/x\n"),
                    (
                        "main.go",
                        "package main\nfunc main() {\n\tviper.AddConfigPath(\".\")\n\tviper.SetConfigName(\"app\")\n\tx.Serve()\n}\n",
                    ),
                    ("app.env", "ADDRESS=0.0.0.0:8001\nMIGRATIONS=file://db/migration\n"),
                    ("db/migration/1.sql", ""),
                ],
                &["COPY --link app.env ./app.env\nCOPY --link db/migration ./db/migration\n", "EXPOSE 8001\n"],
            ),
            (
                &[
                    ("go.mod", "module e.com/shop\n"),
                    ("main.go", main),
                    ("Procfile", "web: bin/shop server -p $PORT\n"),
                ],
                &["CMD [\"server\", \"-p\", \"8080\"]\n"],
            ),
            (
                &[
                    ("go.mod", "module e.com/shop\n"),
                    (
                        "main.go",
                        "package main\nfunc main() {\n\thttp.Handle(\"/\", http.FileServer(http.Dir(\"./web/dist\")))\n\thttp.ListenAndServe(\":8080\", nil)\n}\n",
                    ),
                    ("web/package.json", r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}"#),
                    ("web/index.html", ""),
                ],
                &["WORKDIR /app\n", "COPY --link --from=frontend /src/web/dist ./web/dist\n"],
            ),
            (
                &[
                    ("go.mod", "module e.com/shop\n"),
                    ("cmd/shop/main.go", "package main\nfunc main() { fmt.Println() }\n"),
                    ("cmd/shopd/main.go", main),
                ],
                &["./cmd/shopd\n"],
            ),
        ];
        for (files, expected) in cases {
            let draft = crate::draft(&Repo::from_list("app", files.iter().copied()), &Wishes::default()).unwrap();
            let text = &draft.documents[0].text;
            expected.iter().for_each(|line| assert!(text.contains(line), "{line} is not in\n{text}"));
        }
    }
}
