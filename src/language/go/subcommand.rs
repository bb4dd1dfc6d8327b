//! Commands of a command line: what is typed behind the name of a program.

use crate::catalog::SHARED;
use crate::source::Pattern;
use crate::source::mask::Masked;

use super::catalog::CATALOG;

static USE: Pattern = Pattern::new(r#"(?m)^\s*Use:\s*"([\w-]+)[^"\n]*""#);
static RUNS: Pattern = Pattern::new(r"(?m)^\s*RunE?:");

/// A command of a command line.
#[derive(Debug)]
pub struct Word {
    /// What is typed.
    pub word: String,
    /// Whether it does something by itself.
    pub runs: bool,
    /// Whether it takes words of its own.
    pub wants: bool,
    /// Whether it is the program itself.
    pub is_root: bool,
    /// The line that says so.
    pub quote: String,
}

/// The commands that a file defines.
pub fn words(masked: &Masked, text: &str) -> Vec<Word> {
    let mut words = of_library(masked, text);
    words.extend(others(masked, text));
    words
}

/// Those of the library that most programs use for a command line.
fn of_library(masked: &Masked, text: &str) -> Vec<Word> {
    if !text.contains(&CATALOG.source.command_mark) {
        return Vec::new();
    }
    let found = CATALOG.source.command.captures_iter(masked.code());
    let starts: Vec<_> = found.filter_map(|found| Some((found.get(0)?, found.get(1)))).collect();
    let word = |index: usize| {
        let (whole, variable) = starts.get(index)?;
        let end = starts.get(index + 1).map_or(text.len(), |(next, _)| next.start());
        let body = text.get(whole.end()..end).unwrap_or_default();
        let literal = body.find("\n}").map_or(body, |at| body.get(..at).unwrap_or(body));
        let name = USE.word(literal)?.to_owned();
        Some(Word {
            quote: format!("Use: \"{name}\""),
            word: name,
            runs: RUNS.is_match(literal) && !CATALOG.source.helps.is_match(literal),
            wants: CATALOG.source.wants.is_match(literal),
            is_root: variable.as_ref().is_some_and(|name| name.as_str().to_lowercase().contains("root")),
        })
    };
    (0..starts.len()).filter_map(word).collect()
}

/// What is compared with the first argument, and what other libraries call a command.
fn others(masked: &Masked, text: &str) -> Vec<Word> {
    let rows = || CATALOG.subcommand.iter().filter(|row| text.contains(&row.mark));
    let called = rows().filter_map(|row| row.word.as_ref()).flat_map(|word| word.find_iter(masked.code()));
    let called = called.filter_map(|found| Some((found.start(), masked.string_at(found.end())?.to_owned())));
    let fields = rows().filter_map(|row| row.field.as_ref()).flat_map(|field| field.captures_iter(text));
    let fields = fields.filter_map(|found| {
        let at = found.group()?;
        Some((at.start(), at.as_str().to_lowercase()))
    });
    let word = |(at, word): (usize, String)| {
        let quote = masked.line(at).trim().to_owned();
        Some(Word { word, runs: true, wants: false, is_root: false, quote })
            .filter(|word| SHARED.serving.contains(&word.word))
    };
    called.chain(fields).filter_map(word).collect()
}
