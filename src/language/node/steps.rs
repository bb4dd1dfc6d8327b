//! The steps of a script's line: scripts that call scripts are read through, and what only finds the program is left out.

use crate::command::{bare, behind};
use crate::format::package_json::Texts;
use crate::source::shell::{self, Command};
use crate::witness;

use super::catalog::{CATALOG, Wrapper, WrapperKind};
use super::manager;

/// How many scripts may call one another.
const DEEPEST: usize = 6;

/// The steps of a line, with scripts that call scripts read through.
pub fn expand(scripts: &Texts, line: &str, into: &mut Vec<String>, depth: usize) {
    for step in shell::steps(line).into_iter().filter(|step| !step.is_empty()) {
        let inner = called(scripts, &words(step));
        match inner.is_empty() || depth >= DEEPEST || into.len() > 100 {
            true => into.push(step.to_owned()),
            false => inner.into_iter().for_each(|inner| expand(scripts, &inner, into, depth + 1)),
        }
    }
}

/// The scripts of a pattern: `build:*`.
pub fn matching(scripts: &Texts, name: &str) -> Vec<String> {
    match name.strip_suffix('*').map(|begin| begin.trim_end_matches('*')) {
        Some(begin) => scripts.keys().filter(|key| key.starts_with(begin)).cloned().collect(),
        None => vec![name.to_owned()],
    }
}

/// The lines of the scripts that a step runs.
fn called(scripts: &Texts, words: &[String]) -> Vec<String> {
    let Some((row, rest)) = wrapper(words) else { return Vec::new() };
    let several = row.kind == WrapperKind::Series;
    if !several && !matches!(row.kind, WrapperKind::Script | WrapperKind::Bun) {
        return Vec::new();
    }
    let mut names = rest.iter().skip_while(|word| word.starts_with('-'));
    let first = names.next().filter(|name| !CATALOG.skipped.commands.contains(name));
    let others: Vec<&String> = names.filter(|word| *word != "--").collect();
    // Managers put what follows a single name behind the script's line.
    let quoted = others.iter().filter(|_| !several).filter_map(|word| shlex::try_quote(word).ok());
    let more = quoted.map(|word| format!(" {word}")).collect::<String>();
    let names = first.into_iter().chain(others.into_iter().filter(|word| several && !word.starts_with('-')));
    let lines = names.flat_map(|name| matching(scripts, name)).filter_map(|name| scripts.get(&name));
    lines.map(|line| format!("{line}{more}")).collect()
}

/// The words of a step without variables, and without what only finds the program.
pub fn words(step: &str) -> Vec<String> {
    let argv = match shell::parse(step) {
        Command::Simple { argv, .. } => argv,
        Command::Shell => step.split_whitespace().map(str::to_owned).collect(),
    };
    let mut argv = named_program(plain_program(bare(argv)));
    if let Some(first) = argv.first_mut() {
        *first = first.trim_start_matches("./").to_owned();
    }
    argv
}

/// `./node_modules/.bin/next` is `next`.
pub fn plain_program(mut argv: Vec<String>) -> Vec<String> {
    if let Some(first) = argv.first_mut() {
        let plain = first.trim_start_matches("./").strip_prefix("node_modules/.bin/").map(str::to_owned);
        *first = plain.unwrap_or_else(|| std::mem::take(first));
    }
    argv
}

/// The row with the longest beginning, and what follows it.
pub fn wrapper(argv: &[String]) -> Option<(&'static Wrapper, &[String])> {
    let rows = CATALOG.wrapper.iter();
    let found = rows.flat_map(|row| row.words.iter().filter_map(move |words| Some((row, behind(argv, words)?))));
    found.min_by_key(|(_, rest)| rest.len())
}

/// `node --option node_modules/gatsby/cli.js build` is `gatsby build`.
pub fn named_program(argv: Vec<String>) -> Vec<String> {
    let is_node = argv.first().is_some_and(|word| word == "node");
    let at = argv.iter().skip(1).position(|word| !word.starts_with('-')).map(|at| at + 1);
    let Some((at, file)) = at.filter(|_| is_node).and_then(|at| Some((at, argv.get(at)?))) else { return argv };
    let Some(inside) = file.trim_start_matches("./").strip_prefix("node_modules/") else { return argv };
    let name = inside.rsplit('/').next().unwrap_or_default().split('.').next().unwrap_or_default();
    let package = inside.split('/').next().unwrap_or_default();
    let name = if ["cli", "index", "main", "bin"].contains(&name) { package } else { name };
    let rest = argv.get(at + 1..).unwrap_or_default();
    std::iter::once(name.to_owned()).chain(rest.iter().cloned()).collect()
}

/// Whether a step is this command, with or without arguments.
pub fn begins(step: &str, command: &str) -> bool {
    step.strip_prefix(command).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// Whether a step changes a database by a tool for that.
pub fn changes_database(step: &str) -> bool {
    witness::changes_database(&words(step).join(" "))
}

/// Whether a step needs a database, which the build of an image has not: by such a tool, or by a file that is named after it.
pub fn needs_database(step: &str) -> bool {
    let words = words(step);
    let kinds = [WrapperKind::Node, WrapperKind::Typescript, WrapperKind::Bun];
    let run = wrapper(&words).filter(|(row, _)| kinds.contains(&row.kind));
    let file = run.and_then(|(_, rest)| rest.iter().find(|word| !word.starts_with('-')));
    let stem = file.and_then(|file| file.rsplit('/').next()?.split('.').next());
    stem.is_some_and(|stem| CATALOG.skipped.migrations.iter().any(|name| name == stem)) || changes_database(step)
}

/// Whether a step brings packages.
pub fn installs(step: &str) -> bool {
    let words = words(step);
    let is_manager = words.first().is_some_and(|word| manager::known().contains(&word.as_str()));
    is_manager && (words.len() == 1 || words.iter().any(|word| CATALOG.skipped.installs.contains(word)))
}

/// Whether a line prints, and does nothing.
pub fn says_only(line: &str) -> bool {
    shell::steps(line).iter().all(|step| ["echo", "exit", "true", ":"].iter().any(|word| begins(step, word)))
}
