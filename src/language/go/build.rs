//! How others build the program: tags, values for the linker, and whether C is compiled in.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::command::{self, Command};
use crate::facts::{self, Evidence, Fact, Kind, Strength};
use crate::format::tasks::UNKNOWN;
use crate::path::{name, parent, resolve};
use crate::repo::Repo;
use crate::source::Pattern;
use crate::source::shell;

use super::catalog::CATALOG;
use super::modules::{self, Module};
use super::program::Program;

/// A build of one program.
#[derive(Debug)]
pub struct Build {
    /// The folder of the program; `None` where it cannot be known.
    pub folder: Option<String>,
    /// What the binary is called, where that is said.
    pub output: Option<String>,
    /// Build tags.
    pub tags: Vec<String>,
    /// Whether it has tags that only its run can tell.
    pub is_untold: bool,
    /// Variables of the go command.
    pub environment: Vec<(String, String)>,
    /// Variables that the linker sets, and the value where it is known.
    pub values: Vec<(String, Option<String>)>,
    /// Whether C is compiled in, where that is said.
    pub cgo: Option<bool>,
    /// The commands before it.
    pub before: Vec<Command>,
    /// Where it stands.
    pub evidence: Evidence,
}

/// The builds that files tell of, the strongest first.
pub fn builds(told: &[Fact], modules: &[Module]) -> Vec<Build> {
    let read = |(before, command, evidence): (&[Command], &Command, &Evidence)| {
        Some(Build { before: before.to_vec(), evidence: evidence.clone(), ..Build::read(command, modules)? })
    };
    let mut found: Vec<Build> = facts::builds(told).filter_map(read).collect();
    found.sort_by_key(|build| (Reverse(build.evidence.strength), build.is_untold));
    found
}

impl Build {
    fn read(command: &Command, modules: &[Module]) -> Option<Self> {
        let rows = &CATALOG.build;
        let words = rows.commands.iter().find_map(|row| command::behind(&command.argv, row))?;
        let other = command.variable("GOOS").filter(|system| *system != "linux" && !system.contains('$'));
        let (options, operands) = options(words, &rows.valued);
        let option = |name: &str| options.iter().rfind(|(known, _)| *known == name).map(|(_, value)| value.as_str());
        let folder = option("C").map_or(Some(command.folder.clone()), |folder| resolve(&command.folder, folder))?;
        let known = operands.iter().rfind(|operand| !operand.contains(['$', '>']) && !operand.contains("..."));
        // All at once, or a tool in the release that is named.
        let is_other = operands.iter().any(|operand| operand.contains("...") || operand.contains('@'));
        if other.is_some() || is_other {
            return None;
        }
        let folder = match known {
            Some(operand) => package(operand, &folder, modules),
            None => Some(folder).filter(|_| operands.is_empty()),
        };
        let tags = option("tags").unwrap_or_default();
        let words = shell::commands(option("ldflags").unwrap_or_default()).concat();
        Some(Build {
            folder,
            output: option("o").map(|path| name(path.trim_end_matches('/')).to_owned()),
            is_untold: tags.contains('$'),
            tags: tags.replace(UNKNOWN, ",").split([',', ' ']).filter(|tag| is_tag(tag)).map(str::to_owned).collect(),
            values: values(&words),
            cgo: command.variable("CGO_ENABLED").and_then(|value| match value {
                "0" => Some(false),
                "1" => Some(true),
                _ => None,
            }),
            environment: rows
                .environment
                .iter()
                .filter_map(|name| Some((name.clone(), command.variable(name)?.to_owned())))
                .collect(),
            before: Vec::new(),
            evidence: Evidence::guess(),
        })
    }

    /// Whether it is a build of this program.
    pub fn fits(&self, program: &Program, is_only: bool) -> bool {
        self.folder.as_ref().map_or(is_only, |folder| *folder == program.folder)
    }
}

/// Options with their values, without dashes, and the operands.
fn options<'a>(words: &'a [String], valued: &[String]) -> (Vec<(&'a str, String)>, Vec<&'a str>) {
    let (mut options, mut operands) = (Vec::new(), Vec::new());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let name = word.trim_start_matches('-');
        match (word.starts_with('-'), name.split_once('=')) {
            (false, _) => operands.push(word.as_str()),
            (true, Some((name, value))) => options.push((name, value.trim_matches(['"', '\'']).to_owned())),
            (true, None) if valued.iter().any(|known| known == name) => {
                options.push((name, words.next().cloned().unwrap_or_default()));
            }
            (true, None) => options.push((name, String::new())),
        }
    }
    (options, operands)
}

/// The folder of what `go build` is told to build.
fn package(operand: &str, folder: &str, modules: &[Module]) -> Option<String> {
    let place = match modules::local(&modules::folders(modules), operand) {
        Some(local) => local,
        None if operand.contains('.') && !operand.starts_with('.') && !operand.ends_with(".go") => return None,
        None => resolve(folder, operand)?,
    };
    Some(if place.ends_with(".go") { parent(&place).to_owned() } else { place })
}

fn is_tag(tag: &str) -> bool {
    !tag.is_empty() && tag.chars().all(|c| c.is_ascii_alphanumeric() || "_.".contains(c))
}

/// What the linker sets: `-X path.Name=value`.
fn values(words: &[String]) -> Vec<(String, Option<String>)> {
    static SYMBOL: Pattern = Pattern::new(r"^[A-Za-z0-9_./~-]+\.[A-Za-z_]\w*$");
    let joined = words.iter().filter_map(|word| word.strip_prefix("-X=").map(str::to_owned));
    let behind = words.windows(2).filter(|pair| pair.first().is_some_and(|word| word == "-X"));
    let pairs = behind.filter_map(|pair| pair.get(1).cloned()).chain(joined);
    let value = |pair: String| {
        let (symbol, value) = pair.split_once('=')?;
        let known = !value.contains(['$', '{', '`']);
        SYMBOL.is_match(symbol).then(|| (symbol.to_owned(), known.then(|| value.to_owned())))
    };
    pairs.filter_map(value).collect()
}

/// Variables that builds set in packages which would be of the repository and are not there.
pub fn strange(repo: &Repo, builds: &[Build], modules: &[Module]) -> BTreeSet<String> {
    let folders = modules::folders(modules);
    let is_strange = |symbol: &str| {
        let package = symbol.rsplit_once('.').map_or("main", |(package, _)| package);
        let folder = modules::local(&folders, package).filter(|_| package != "main");
        folder.is_some_and(|folder| !repo.inside(&folder).any(|path| path.ends_with(".go")))
    };
    let symbols = builds.iter().flat_map(|build| &build.values).map(|(symbol, _)| symbol);
    symbols.filter(|symbol| is_strange(symbol)).cloned().collect()
}

/// What the sources say of the variables that the linker sets.
pub fn defaults(repo: &Repo, builds: &[Build], modules: &[Module], programs: &[Program]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let folders = modules::folders(modules);
    for (symbol, _) in builds.iter().flat_map(|build| &build.values).take(100) {
        let Some((package, name)) = symbol.rsplit_once('.').filter(|_| !found.contains_key(symbol)) else { continue };
        let places: Vec<String> = match package {
            "main" => programs.iter().take(20).map(|program| program.folder.clone()).collect(),
            package => modules::local(&folders, package).into_iter().collect(),
        };
        let files = places.iter().flat_map(|folder| repo.inside(folder)).filter(|path| path.ends_with(".go"));
        let line = Pattern::from(format!(r#"(?m)^\s*(?:var\s+)?{name}\s*(?:string\s*)?=\s*"([^"\n]*)""#));
        let texts = files.take(50).filter_map(|path| repo.text(path));
        if let Some(value) = texts.filter_map(|text| line.captures(text)).map(|found| found[1].to_owned()).next() {
            found.insert(symbol.clone(), value);
        }
    }
    found
}

/// What others start by its package, as `go run` does, is a start of that program.
pub fn run_by_source(told: &[Fact], modules: &[Module], programs: &[Program], name: &str) -> Vec<Fact> {
    let start = |fact: &Fact| {
        let Kind::Start(argv) = &fact.kind else { return None };
        let command::Command { argv, .. } = command::of_words(argv);
        let [go, run, rest @ ..] = argv.as_slice() else { return None };
        let at = rest.iter().position(|word| !word.starts_with('-')).filter(|_| go == "go" && run == "run")?;
        let folder = package(rest.get(at)?, "", modules)?;
        let program = programs.iter().find(|program| program.folder == folder)?;
        let words = rest.iter().skip(at + 1).filter(|word| !word.ends_with(".go"));
        let argv = [program.name(name)].into_iter().chain(words.cloned()).collect();
        let evidence = Evidence { strength: Strength::Guess, ..fact.evidence.clone() };
        Some(Fact::from_evidence(Kind::Start(argv), evidence).of(&program.entry))
    };
    told.iter().filter_map(start).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_build() {
        let modules = [Module { path: "e.com/x".to_owned(), folder: String::new() }];
        let shown = |line: &str| {
            let one = |command: &Command| Build::read(command, &modules);
            let build = command::script(line, "", &[]).iter().find_map(one)?;
            let value =
                |(symbol, value): &(String, Option<String>)| format!("{symbol}={}", value.as_deref().unwrap_or("?"));
            let values: Vec<String> = build.values.iter().map(value).collect();
            Some(format!(
                "{} {} {} {:?}",
                build.folder.as_deref().unwrap_or("?"),
                build.tags.join(","),
                values.join(" "),
                build.cgo
            ))
        };
        for (line, expected) in [
            ("go build", Some("   None")),
            ("CGO_ENABLED=0 go build -o bin/x -tags 'a b' ./cmd/x", Some("cmd/x a,b  Some(false)")),
            ("cd cmd && go build -tags=a,b x/main.go", Some("cmd/x a,b  None")),
            ("go build -C cmd/x -v", Some("cmd/x   None")),
            (
                "go install -ldflags \"-s -X main.a=b -X 'e.com/x.V=$(git describe)'\" e.com/x/cmd/y",
                Some("cmd/y  main.a=b e.com/x.V=? None"),
            ),
            ("go build -ldflags='-X=main.a=$A' -o $OUT $PKG", Some("?  main.a=? None")),
            ("go build -tags=a,b${?} .", Some(" a,b  None")),
            ("go build ./...", None),
            ("GOOS=windows go build .", None),
            ("go install github.com/a/b@latest", None),
            ("go test ./cmd/x", None),
        ] {
            assert_eq!(shown(line).as_deref(), expected, "{line}");
        }
    }
}
