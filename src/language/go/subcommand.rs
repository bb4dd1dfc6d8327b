//! Commands of a command line beside those of the library that most programs use for one.

use crate::source::mask::Masked;

use super::catalog::CATALOG;
use super::source::Word;

/// What is compared with the first argument, and what other libraries call a command.
pub fn words(masked: &Masked, text: &str) -> Vec<Word> {
    let rows = CATALOG.subcommand.iter().filter(|row| text.contains(&row.mark));
    let found = rows.flat_map(|row| row.word.find_iter(masked.code()));
    let word = |found: regex::Match| {
        let word =
            masked.string_at(found.end()).filter(|word| CATALOG.source.serving.iter().any(|serves| serves == word))?;
        let quote = masked.line(found.start()).trim().to_owned();
        Some(Word { word: word.to_owned(), runs: true, is_root: false, quote })
    };
    found.filter_map(word).collect()
}
