//! How others build the program: tags, values for the linker, and whether C is compiled in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use crate::command::{self, Command};
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::format::tasks::UNKNOWN;
use crate::image::{Filled, Variable};
use crate::path::{parent, resolve};
use crate::plan::{Decision, Planner, Rival, topic};
use crate::repo::Repo;
use crate::source::{pattern, shell};

use super::catalog::CATALOG;
use super::modules::{self, Module};
use super::program::Program;
use super::project::Go;

/// What is known of the commands that build.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// Commands that build programs.
    commands: Vec<String>,
    /// Options that have a value.
    valued: Vec<String>,
    /// Variables that change what the go command does.
    environment: Vec<String>,
    /// Values that only a release knows.
    filled: Vec<Told>,
}

/// A value that only a release knows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    /// Words in the name of the variable.
    words: Vec<String>,
    /// The build argument.
    argument: String,
    /// Its value where nobody says one.
    default: String,
    /// What the workflow fills it with.
    filled: String,
}

/// A build of one program.
#[derive(Debug)]
pub struct Build {
    /// The folder of the program; `None` where it cannot be known.
    pub folder: Option<String>,
    /// Build tags.
    pub tags: Vec<String>,
    /// Whether it has tags that only its run can tell.
    is_untold: bool,
    /// Variables of the go command.
    environment: Vec<(String, String)>,
    /// Variables that the linker sets, and the value where it is known.
    values: Vec<(String, Option<String>)>,
    /// Whether C is compiled in, where that is said.
    pub cgo: Option<bool>,
    /// The commands before it.
    pub before: Vec<Command>,
    /// Where it stands.
    pub evidence: Evidence,
}

/// The builds that files tell of, the strongest first.
pub fn builds(told: &[Fact], modules: &[Module]) -> Vec<Build> {
    let mut found = Vec::new();
    for fact in told {
        let Kind::Build(commands) = &fact.kind else { continue };
        let one = |(at, command): (usize, &Command)| {
            let build = Build::read(command, modules)?;
            let before = commands.get(..at).unwrap_or_default().to_vec();
            Some(Build { before, evidence: fact.evidence.clone(), ..build })
        };
        found.extend(commands.iter().enumerate().filter_map(one));
    }
    found.sort_by_key(|build| (std::cmp::Reverse(build.evidence.strength), build.is_untold));
    found
}

impl Build {
    fn read(command: &Command, modules: &[Module]) -> Option<Self> {
        let rows = &CATALOG.build;
        let is_it =
            |row: &&String| row.split(' ').eq(command.argv.iter().map(String::as_str).take(row.split(' ').count()));
        let row = rows.commands.iter().find(is_it)?;
        let other = command.variable("GOOS").filter(|system| *system != "linux" && !system.contains('$'));
        let (options, operands) = options(command.argv.get(row.split(' ').count()..)?, &rows.valued);
        let option = |name: &str| options.iter().rfind(|(known, _)| *known == name).map(|(_, value)| value.as_str());
        let folder = option("C").map_or(Some(command.folder.clone()), |folder| resolve(&command.folder, folder))?;
        let known = operands.iter().rfind(|operand| !operand.contains(['$', '>']) && !operand.contains("..."));
        let is_all = operands.iter().any(|operand| operand.contains("..."));
        if other.is_some() || is_all {
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

    fn fits(&self, program: &Program, is_only: bool) -> bool {
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
    static SYMBOL: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[A-Za-z0-9_./~-]+\.[A-Za-z_]\w*$"));
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
        let line = pattern(&format!(r#"(?m)^\s*(?:var\s+)?{name}\s*(?:string\s*)?=\s*"([^"\n]*)""#));
        let texts = files.take(50).filter_map(|path| repo.text(path));
        if let Some(value) = texts.filter_map(|text| line.captures(text)).map(|found| found[1].to_owned()).next() {
            found.insert(symbol.clone(), value);
        }
    }
    found
}

/// How the program is built here.
#[derive(Debug, Default)]
pub struct Flags {
    /// Variables of the build.
    pub environment: Vec<Variable>,
    /// Options of the compiler.
    pub options: Vec<String>,
    /// Options of the linker.
    pub linker: Vec<String>,
    /// Build arguments.
    pub arguments: Vec<Variable>,
    /// What the workflow gives for them.
    pub filled: Vec<Filled>,
}

impl Go {
    /// The tags under which files are read: those of the strongest build.
    pub fn tags(builds: &[Build]) -> Vec<String> {
        builds.first().map(|build| build.tags.clone()).unwrap_or_default()
    }

    /// Whether the strongest build of a program says something of C.
    pub fn cgo<'a>(&'a self, program: &'a Program) -> Option<(bool, &'a Evidence)> {
        let build = self.fitting(program).next()?;
        build.cgo.map(|cgo| (cgo, &build.evidence))
    }

    fn fitting<'a>(&'a self, program: &'a Program) -> impl Iterator<Item = &'a Build> {
        self.builds.iter().filter(|build| build.fits(program, self.programs.len() == 1))
    }

    /// The flags: tags of the strongest build, and what any of them has the linker set.
    pub fn flags(&self, planner: &mut Planner, program: &Program) -> Flags {
        let mut flags = Flags { options: vec!["-trimpath".to_owned()], ..Flags::default() };
        flags.linker.extend(["-s".to_owned(), "-w".to_owned()]);
        let Some(first) = self.fitting(program).next() else { return flags };
        let mut said: Vec<String> = Vec::new();
        if !first.tags.is_empty() {
            flags.options.push(format!("-tags={}", first.tags.join(",")));
            said.push(format!("-tags {}", first.tags.join(",")));
        }
        if first.is_untold {
            planner.warn(format!(
                "others build the program with tags that only their build can tell ({}): here it has {}",
                first.evidence,
                if first.tags.is_empty() { "none".to_owned() } else { format!("`{}`", first.tags.join(",")) }
            ));
        }
        let is_plain = |value: &str| value.chars().all(|c| c.is_ascii_alphanumeric() || "_.,-".contains(c));
        for (name, value) in first.environment.iter().filter(|(_, value)| is_plain(value)) {
            flags.environment.push(Variable::new(name, value));
            said.push(format!("{name}={value}"));
        }
        let mut known: Vec<&str> = Vec::new();
        for (symbol, value) in self.fitting(program).flat_map(|build| &build.values) {
            if known.contains(&symbol.as_str()) {
                continue;
            }
            known.push(symbol);
            if self.strange.contains(symbol) {
                planner.warn(format!("`{symbol}` is set when others build the program ({}), and there is no such package: it is left out", first.evidence));
                continue;
            }
            match self.linked(symbol, value.as_deref(), &mut flags) {
                Some(value) => {
                    flags.linker.push(format!("-X '{symbol}={value}'"));
                    said.push(format!("-X {symbol}={value}"));
                }
                None => planner.warn(format!("`{symbol}` is set when others build the program ({}), to what only that build can tell: here it keeps its own value", first.evidence)),
            }
        }
        self.tell(planner, program, first, &said);
        flags
    }

    /// The value of a variable: as it is said, or that of an argument which the release fills.
    fn linked(&self, symbol: &str, value: Option<&str>, flags: &mut Flags) -> Option<String> {
        let name = symbol.rsplit('.').next().unwrap_or_default().to_lowercase();
        let plain =
            |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || ".:/@+,_-".contains(c));
        let told = CATALOG.build.filled.iter().find(|told| told.words.iter().any(|word| name.contains(word.as_str())));
        let Some(told) = told else { return value.filter(|value| plain(value)).map(str::to_owned) };
        if flags.arguments.iter().all(|argument| argument.name != told.argument) {
            let own = self.defaults.get(symbol).map(String::as_str).or(value).filter(|value| plain(value));
            flags.arguments.push(Variable::new(&told.argument, own.unwrap_or(&told.default)));
            flags.filled.push(Filled { name: told.argument.clone(), with: told.filled.clone() });
        }
        Some(format!("${}", told.argument))
    }

    /// Notes the choice, with the builds that have other tags.
    fn tell(&self, planner: &mut Planner, program: &Program, first: &Build, said: &[String]) {
        if said.is_empty() {
            return;
        }
        let others = self.fitting(program).filter(|build| build.tags != first.tags);
        let rival = |build: &Build| Rival {
            value: if build.tags.is_empty() { "no tags".to_owned() } else { format!("-tags {}", build.tags.join(",")) },
            why: if build.evidence.strength == first.evidence.strength {
                "as likely; the first was taken".to_owned()
            } else {
                format!("{} is weaker than {}", build.evidence.strength, first.evidence.strength)
            },
            evidence: build.evidence.clone(),
        };
        let decision =
            Decision::new(topic::BUILD, said.join(" "), "its own build has these flags", first.evidence.clone());
        planner.note(Decision { rivals: others.map(rival).collect(), ..decision });
    }

    /// What others start by its package, as `go run` does, is a start of that program.
    pub fn run_by_source(&self, told: &[Fact]) -> Vec<Fact> {
        let start = |fact: &Fact| {
            let Kind::Start(argv) = &fact.kind else { return None };
            let command::Command { argv, .. } = command::of_words(argv);
            let [go, run, rest @ ..] = argv.as_slice() else { return None };
            let at = rest.iter().position(|word| !word.starts_with('-')).filter(|_| go == "go" && run == "run")?;
            let folder = package(rest.get(at)?, "", &self.modules)?;
            let program = self.programs.iter().find(|program| program.folder == folder)?;
            let words = rest.iter().skip(at + 1).filter(|word| !word.ends_with(".go"));
            let argv = [program.name(&self.name)].into_iter().chain(words.cloned()).collect();
            let evidence = Evidence { strength: Strength::Guess, ..fact.evidence.clone() };
            Some(Fact::from_evidence(Kind::Start(argv), evidence).of(&program.entry))
        };
        told.iter().filter_map(start).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_build() {
        let modules = [Module { path: "e.com/x".to_owned(), folder: String::new(), outside: false }];
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
            ("go install github.com/a/b@latest", Some("?   None")),
            ("go test ./cmd/x", None),
        ] {
            assert_eq!(shown(line).as_deref(), expected, "{line}");
        }
    }
}
