//! Code that is not in the repository, and the tools that make it before the build.

use std::collections::{BTreeMap, BTreeSet};

use crate::command::{self, Command};
use crate::facts::{Evidence, Strength};
use crate::format::go_mod::{self, GoMod};
use crate::path::{self, join, name, parent};
use crate::repo::Repo;

use super::build::Build;
use super::catalog::{CATALOG, Generator};
use super::modules::Module;
use super::packages::Package;
use super::program::Program;

/// What the go command needs and the repository does not hold.
#[derive(Debug)]
pub struct Missing {
    /// The folder of the package.
    pub folder: String,
    /// What shows it.
    pub evidence: Evidence,
    /// What it is, a clause.
    pub what: String,
    /// What makes it, where that is known.
    pub made: Option<Made>,
}

/// A command that makes code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Its words; none where its release is not known.
    pub argv: Vec<String>,
    /// What people call it.
    pub tool: String,
    /// Patterns of what it reads.
    inputs: Vec<String>,
}

/// What was read of the code that is there.
pub struct Code<'a> {
    /// The modules of the build.
    pub modules: &'a [Module],
    /// How files say that the programs are built.
    pub builds: &'a [Build],
    /// The packages of the programs, by their folders.
    pub packages: &'a BTreeMap<String, Package>,
    /// The programs.
    pub programs: &'a [Program],
}

/// What is missing for these programs.
pub fn missing(repo: &Repo, code: &Code) -> Vec<Missing> {
    let folders: BTreeSet<&String> = code.programs.iter().flat_map(|program| &program.packages).collect();
    let manifest = repo.text("go.mod").and_then(|text| go_mod::parse(text).ok()).unwrap_or_default();
    let tools = CATALOG.generator.iter().flat_map(|row| row.settings.iter().map(|file| (row.run.as_str(), file)));
    let settings = tools.filter_map(|(tool, file)| Some((tool, repo.text(file)?))).collect();
    let directed = directed(repo, code);
    let is_directed = !directed.is_empty();
    let commands = code.builds.iter().flat_map(|build| build.before.iter().cloned()).chain(directed).collect();
    let seen = Seen { commands, manifest, settings, is_directed };
    let of_sources = folders.iter().filter_map(|folder| seen.unmade(repo, folder));
    let mut found: Vec<Missing> = of_sources.collect();
    let is_absent = |folder: &&&String| !repo.inside(folder).any(|path| path.ends_with(".go"));
    for folder in folders.iter().filter(is_absent) {
        if !found.iter().any(|missing| missing.folder == **folder) {
            found.extend(seen.absent(code, folder));
        }
    }
    found
}

/// The commands of `//go:generate` lines.
fn directed(repo: &Repo, code: &Code) -> Vec<Command> {
    let files = code.packages.values().flat_map(Package::files).collect::<BTreeSet<_>>();
    let texts = files.iter().take(2000).filter_map(|path| Some((path, repo.text(path)?)));
    let of_file = |(path, text): (&&str, &str)| -> Vec<Command> {
        let lines = text.lines().filter_map(|line| line.strip_prefix("//go:generate ")).take(20);
        lines.flat_map(|line| command::script(line, parent(path), &[])).collect()
    };
    texts.flat_map(of_file).take(100).collect()
}

struct Seen<'r> {
    commands: Vec<Command>,
    manifest: GoMod,
    /// Tools with settings at the top: what they are called, and the text of the settings.
    settings: Vec<(&'static str, &'r str)>,
    /// Whether sources have `//go:generate` lines.
    is_directed: bool,
}

/// Whether settings name a folder or something in it.
fn names(text: &str, folder: &str) -> bool {
    let is_end = |c: char| !(c.is_ascii_alphanumeric() || "._-/".contains(c));
    !folder.is_empty() && text.split(is_end).any(|word| path::is_below(word.trim_start_matches("./"), folder))
}

impl Seen<'_> {
    /// A file of a package that a tool reads, without what it makes of it.
    fn unmade(&self, repo: &Repo, folder: &str) -> Option<Missing> {
        CATALOG.generator.iter().find_map(|row| {
            let (source, made) = (row.source.as_deref()?, row.made.as_deref()?);
            let is_unmade =
                |path: &&str| path.strip_suffix(source).is_some_and(|stem| !repo.has(&format!("{stem}{made}")));
            let path = repo.inside(folder).find(is_unmade)?;
            Some(Missing {
                folder: folder.to_owned(),
                evidence: Evidence::new(path, "", Strength::Stated),
                what: format!("what is made of `{path}`"),
                made: Some(self.made(row)),
            })
        })
    }

    /// A package that is imported and has no source at all; what another module may hold is none.
    fn absent(&self, code: &Code, folder: &str) -> Option<Missing> {
        let importing = code.packages.values().find(|package| package.uses.iter().any(|used| used == folder))?;
        let of = |module: &Module| if folder.is_empty() { module.path.clone() } else { join(&module.path, folder) };
        let path = of(code.modules.first()?);
        let imports = importing.sources.iter().flat_map(|source| &source.imports);
        let (import, evidence) = imports.clone().find(|(import, _)| *import == path)?;
        let is_in = |module: &String| {
            import.strip_prefix(module.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if self.manifest.require.iter().any(is_in) {
            return None;
        }
        let makes = |row: &&Generator| {
            let words = self.commands.iter().filter_map(|command| tool(row, command));
            words.into_iter().any(|words| into(&words).is_none_or(|place| name(place) == name(folder)))
        };
        let is_set = |row: &&Generator| self.settings.iter().any(|(of, text)| *of == row.run && names(text, folder));
        let known = CATALOG.generator.iter().find(makes).or_else(|| CATALOG.generator.iter().find(is_set));
        Some(Missing {
            folder: folder.to_owned(),
            evidence: evidence.clone(),
            what: format!("the package `{import}`"),
            made: known.map(|row| self.made(row)).or_else(|| self.is_directed.then(Made::directed)),
        })
    }

    /// The command of a tool: as go.mod has it, as it is run by others, or in the release that something names.
    fn made(&self, row: &Generator) -> Made {
        let used = self.commands.iter().find_map(|command| Some((command, tool(row, command)?)));
        let usual = || row.run.split(' ').skip(1).map(str::to_owned).collect();
        let words: Vec<String> = used.as_ref().map_or_else(usual, |(_, words)| words.clone());
        let command = used.map(|(command, _)| command);
        let folder = command.map_or("", |command| command.folder.as_str());
        let is_plain = |command: &&Command| !command.argv.iter().any(|word| word.contains('$'));
        let run = command
            .filter(is_plain)
            .and_then(|command| command.argv.strip_prefix(["go", "run"].map(str::to_owned).as_slice()));
        let argv = match (self.manifest.tools.contains(&row.module), run) {
            (true, _) => of_go("tool", folder, [name(&row.module).to_owned()].into_iter().chain(words)),
            (false, Some(rest)) => of_go("run", folder, rest.iter().cloned()),
            (false, None) => self.release(row).map_or_else(Vec::new, |version| {
                of_go("run", folder, [format!("{}@{version}", row.module)].into_iter().chain(words))
            }),
        };
        Made { argv, tool: row.run.clone(), inputs: row.inputs.clone() }
    }

    /// The release of a tool that a command or go.mod names.
    fn release(&self, row: &Generator) -> Option<String> {
        let installed = self.commands.iter().flat_map(|command| &command.argv);
        let mut named = installed.filter_map(|word| word.strip_prefix(&row.module)?.strip_prefix('@'));
        let of =
            |(module, version): &(String, String)| row.module.starts_with(module.as_str()).then(|| version.clone());
        let required = || self.manifest.versions.iter().find_map(of);
        named.next().map(str::to_owned).or_else(required).filter(|version| !version.contains('$'))
    }
}

/// A verb of the go command, said from a folder.
fn of_go(verb: &str, folder: &str, words: impl Iterator<Item = String>) -> Vec<String> {
    let inside = Some(["-C", folder]).filter(|_| !folder.is_empty()).into_iter().flatten();
    ["go", verb].into_iter().chain(inside).map(str::to_owned).chain(words).collect()
}

/// Where a tool is told to write.
fn into(words: &[String]) -> Option<&str> {
    let options = CATALOG.into.iter().filter_map(|option| words.iter().position(|word| word == option));
    options.filter_map(|at| words.get(at + 1)).map(|word| word.trim_end_matches('/')).next()
}

/// The words behind the tool of a row, where a command runs it in any of the ways there are.
fn tool(row: &Generator, command: &Command) -> Option<Vec<String>> {
    let argv: Vec<&str> = command.argv.iter().map(String::as_str).collect();
    let rest: Vec<&str> = match argv.as_slice() {
        ["go", "tool", rest @ ..] => rest.to_vec(),
        ["go", "run", package, rest @ ..] => {
            let plain = package.split('@').next().unwrap_or_default();
            [name(plain)].into_iter().chain(rest.iter().copied()).collect()
        }
        [program, rest @ ..] => [name(program)].into_iter().chain(rest.iter().copied()).collect(),
        [] => return None,
    };
    let is_it = row.run.split(' ').eq(rest.iter().copied().take(row.run.split(' ').count()));
    is_it.then(|| rest.iter().skip(1).map(|word| (*word).to_owned()).collect())
}

impl Made {
    /// What the sources say themselves: what that takes is not known.
    fn directed() -> Self {
        Made { argv: Vec::new(), tool: "go generate ./...".to_owned(), inputs: Vec::new() }
    }

    /// The command, a line for a shell.
    pub fn line(&self) -> String {
        shlex::try_join(self.argv.iter().map(String::as_str)).unwrap_or_default()
    }

    /// Patterns of what it reads.
    pub fn inputs(&self) -> impl Iterator<Item = String> {
        self.inputs.iter().map(|pattern| format!("!{pattern}"))
    }
}
