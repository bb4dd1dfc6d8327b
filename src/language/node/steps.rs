//! The steps of a script's line: scripts that call scripts are read through, and what only finds the program is left out.

use crate::source::shell::{self, Command};

use super::catalog::CATALOG;
use super::package::Package;
use super::wrapper::bare;

/// How many scripts may call one another.
const DEEPEST: usize = 6;

/// The steps of a line, with scripts that call scripts read through.
pub fn expand(package: &Package, line: &str, into: &mut Vec<String>, depth: usize) {
    for step in shell::steps(line).into_iter().filter(|step| !step.is_empty()) {
        let words = words(step);
        let known = |name: String| {
            let line = package.manifest.scripts.get(&name)?;
            // Managers put what follows a single name behind the script's line.
            let rest = words.iter().skip_while(|word| **word != name).skip(1).filter(|word| *word != "--");
            let rest = rest.filter_map(|word| shlex::try_quote(word).ok()).collect::<Vec<_>>().join(" ");
            let several = words.first().is_some_and(|word| word.starts_with("run-") || word.starts_with("npm-run-all"));
            Some(if several || rest.is_empty() { line.clone() } else { format!("{line} {rest}") })
        };
        let names = called(&words).into_iter().flat_map(|name| matching(package, name));
        let scripts: Vec<String> = names.filter_map(known).collect();
        match scripts.is_empty() || depth >= DEEPEST || into.len() > 100 {
            true => into.push(step.to_owned()),
            false => scripts.into_iter().for_each(|inner| expand(package, &inner, into, depth + 1)),
        }
    }
}

/// The scripts of a pattern: `build:*`.
fn matching(package: &Package, name: String) -> Vec<String> {
    match name.strip_suffix('*').map(|begin| begin.trim_end_matches('*').to_owned()) {
        Some(begin) => package.manifest.scripts.keys().filter(|key| key.starts_with(&begin)).cloned().collect(),
        None => vec![name],
    }
}

/// The names of scripts that a step may run.
fn called(words: &[String]) -> Vec<String> {
    let (first, rest) = words.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let names = || rest.iter().filter(|word| !word.starts_with('-') && *word != "run");
    match first {
        "npm" if rest.first().is_some_and(|word| word == "run" || word == "run-script") => {
            names().take(1).cloned().collect()
        }
        "pnpm" | "yarn" | "bun" => names().take(1).cloned().collect(),
        "run-s" | "run-p" | "npm-run-all" | "npm-run-all2" => names().cloned().collect(),
        _ => Vec::new(),
    }
}

/// The words of a step without variables, and without what only finds the program.
pub fn words(step: &str) -> Vec<String> {
    let mut argv = match shell::parse(step) {
        Command::Simple { argv, .. } => argv,
        Command::Shell => step.split_whitespace().map(str::to_owned).collect(),
    };
    let passed = argv.iter().take_while(|word| ["--", "shx", "-y"].contains(&word.as_str())).count();
    argv.drain(..passed.min(argv.len().saturating_sub(1)));
    argv = bare(argv);
    if argv.len() > 1 && argv.first().is_some_and(|word| word == "shx") {
        argv.remove(0);
    }
    if let Some(first) = argv.first_mut() {
        *first = first.trim_start_matches("./").trim_start_matches("node_modules/.bin/").to_owned();
    }
    argv
}

/// The value of the first of these options, `--x y` or `--x=y`.
pub fn option(words: &[String], options: &[String]) -> Option<String> {
    let value = |(at, word): (usize, &String)| {
        options.iter().find_map(|option| match word.strip_prefix(option.as_str())? {
            "" => words.get(at + 1).filter(|value| !value.starts_with('-')).cloned(),
            rest => rest.strip_prefix('=').map(str::to_owned),
        })
    };
    words.iter().enumerate().find_map(value)
}

/// Whether a step is this command, with or without arguments.
pub fn begins(step: &str, command: &str) -> bool {
    step.strip_prefix(command).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// Whether a step needs a database, which the build of an image has not.
pub fn needs_database(step: &str) -> bool {
    let words = words(step);
    let bare = words.join(" ");
    let begins = |text: &str| CATALOG.skipped.migrations.iter().any(|begin| text.starts_with(begin.as_str()));
    begins(step) || begins(&bare) || migrates(&words)
}

/// Whether a step runs a file that is named after what it does to a database.
fn migrates(words: &[String]) -> bool {
    let runs = words.first().is_some_and(|word| ["node", "tsx", "ts-node", "bun"].contains(&word.as_str()));
    let file = words.iter().skip(1).find(|word| !word.starts_with('-'));
    let stem = file.and_then(|file| file.rsplit('/').next()?.split('.').next());
    runs && stem.is_some_and(|stem| ["migrate", "migration", "migrations", "seed"].contains(&stem))
}

/// Whether a step brings packages.
pub fn installs(step: &str) -> bool {
    let words = words(step);
    let manager = words.first().is_some_and(|word| ["npm", "yarn", "pnpm", "bun"].contains(&word.as_str()));
    manager && (words.len() == 1 || words.iter().any(|word| ["install", "ci", "i"].contains(&word.as_str())))
}

/// Whether a line prints, and does nothing.
pub fn says_only(line: &str) -> bool {
    shell::steps(line).iter().all(|step| ["echo", "exit", "true", ":"].iter().any(|word| begins(step, word)))
}
