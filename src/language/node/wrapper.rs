//! What stands before the real command of a line, and between it and the image: `npx`, `cross-env A=1`, `node_modules/.bin/`.

use crate::source::shell;

use super::catalog::{CATALOG, Wrapper, WrapperKind};
use super::start::{PORT, Resolved};

/// How many wrappers may stand before one another.
const DEEPEST: usize = 8;

/// `./node_modules/.bin/next` is `next`.
pub fn plain_program(mut argv: Vec<String>) -> Vec<String> {
    if let Some(first) = argv.first_mut() {
        let plain = first.trim_start_matches("./").strip_prefix("node_modules/.bin/").map(str::to_owned);
        if let Some(plain) = plain {
            *first = plain;
        }
    }
    argv
}

/// The row with the longest beginning, and what follows it.
pub fn wrapper(argv: &[String]) -> Option<(&'static Wrapper, &[String])> {
    let fits = |words: &str| {
        let count = words.split(' ').count();
        (argv.len() >= count && words.split(' ').zip(argv).all(|(word, arg)| word == arg)).then_some(count)
    };
    let rows = CATALOG.wrapper.iter();
    let found = rows.filter_map(|row| row.words.iter().filter_map(|words| fits(words)).max().map(|count| (row, count)));
    let (row, count) = found.max_by_key(|(_, count)| *count)?;
    Some((row, argv.get(count..).unwrap_or_default()))
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

/// The words of a command without those that only prepare for it: `npx`, `cross-env A=1`, `dotenv -e FILE --`.
pub fn bare(mut argv: Vec<String>) -> Vec<String> {
    for _ in 0..DEEPEST {
        let mut scratch = Resolved::default();
        let rest = match wrapper(&argv) {
            Some((row, rest)) if row.kind == WrapperKind::Pass && !rest.is_empty() => inner(rest, &mut scratch),
            _ if argv.first().is_some_and(|word| shell::assignment(word).is_some()) => inner(&argv, &mut scratch),
            _ => break,
        };
        if rest.is_empty() {
            break;
        }
        argv = rest;
    }
    named_program(argv)
}

/// What a wrapper runs: behind its options and assignments.
pub fn inner(rest: &[String], into: &mut Resolved) -> Vec<String> {
    let mut words = rest.iter().peekable();
    while let Some(word) = words.peek().map(|word| word.as_str()) {
        if let Some((name, value)) = shell::assignment(word) {
            into.env.push((name.to_owned(), value.to_owned()));
        } else if word == "--" {
            words.next();
            break;
        } else if !word.starts_with('-') {
            break;
        } else if matches!(word, "-e" | "-f" | "-p" | "-n" | "--file" | "--package") {
            words.next();
        }
        words.next();
    }
    words.cloned().collect()
}

/// The arguments of node without what only developers want.
pub fn without_development(rest: &[String]) -> Vec<String> {
    let mut kept = Vec::new();
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        let is_option = |option: &String| match option.strip_suffix('*') {
            Some(begin) => word.starts_with(begin),
            None => word.strip_prefix(option.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')),
        };
        if CATALOG.skipped.pairs.contains(word) {
            words.next();
        } else if !CATALOG.skipped.options.iter().any(is_option) {
            kept.push(word.clone());
        }
    }
    kept
}

/// The arguments of a program that takes PORT by itself, to which `-p $PORT` says nothing.
pub fn without_port_variable(program: &str, rest: &[String]) -> Vec<String> {
    let takes_port = CATALOG.skipped.ports.iter().any(|name| name == program);
    let Some(at) = rest.iter().position(|word| word == PORT).filter(|_| takes_port) else {
        return rest.to_vec();
    };
    rest.iter().enumerate().filter(|(index, _)| *index != at && index + 1 != at).map(|(_, word)| word.clone()).collect()
}

/// The folder that a file server is told of.
pub fn folder(rest: &[String]) -> Option<String> {
    let takes = ["-l", "-p", "--port", "--listen", "-a", "--host", "-c", "--config", "-n"];
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        if takes.contains(&word.as_str()) {
            words.next();
        } else if !word.starts_with('-') && !word.starts_with(|c: char| c.is_ascii_digit()) {
            return Some(word.trim_start_matches("./").trim_end_matches('/').to_owned());
        }
    }
    None
}
