//! Looks inside source files: comments and strings are masked, then patterns are matched.
//!
//! A mask answers what a generator asks of a source file (is there a `package main`, an `import "C"`, a
//! `listen(3000)`) without a parser for each language, and keeps byte offsets, so that evidence can be quoted.

pub mod go;
pub mod java;
pub mod listening;
pub mod mask;
pub mod named;
pub mod python;
pub mod rust;
pub mod shell;

use std::ops::Deref;
use std::sync::OnceLock;

use serde::Deserialize;

/// A pattern of the program's own, in which `\w`, `\d`, `\s` and `\b` know ASCII only: the Unicode tables of these would take
/// half the time of a run over a small repository. For the same reason what is repeated up to a bound is better a class of
/// ASCII characters than `.` or a negated class: each repetition is compiled.
///
/// # Panics
/// Where it is no regular expression, which the test of whoever uses it finds.
pub fn pattern(text: &str) -> regex::Regex {
    regex::Regex::new(&ascii(text)).unwrap_or_else(|error| panic!("{error}"))
}

/// A regular expression of a catalog: it is compiled when it is first used.
#[derive(Debug, Deserialize)]
#[serde(from = "String")]
pub struct Pattern {
    text: String,
    regex: OnceLock<regex::Regex>,
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        Pattern { text, regex: OnceLock::new() }
    }
}

impl Deref for Pattern {
    type Target = regex::Regex;

    fn deref(&self) -> &regex::Regex {
        self.regex.get_or_init(|| pattern(&self.text))
    }
}

/// A pattern for short texts (a reference, a word, a line): it is made in a tenth of the time of the other, and matches slower.
///
/// # Panics
/// As [`pattern`].
pub fn short(text: &str) -> regex_lite::Regex {
    regex_lite::Regex::new(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The pattern with `(?-u:…)` around classes that can only match ASCII: also the case folding of Unicode costs time there.
fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(class @ ('w' | 'd' | 's' | 'b')) => out.extend(["(?-u:\\", class.encode_utf8(&mut [0; 4]), ")"]),
                next => out.extend([c].into_iter().chain(next)),
            },
            '[' => {
                let class = class(&mut chars);
                match class.starts_with('^') || !class.is_ascii() {
                    true => out.extend(["[", &plain(&class), "]"]),
                    false => out.extend(["(?-u:[", &class, "])"]),
                }
            }
            c => out.push(c),
        }
    }
    out
}

/// What stands between the brackets of a class; escapes stay together.
fn class(chars: &mut std::str::Chars) -> String {
    let mut class = String::new();
    while let Some(c) = chars.next() {
        match c {
            '\\' => class.extend([c].into_iter().chain(chars.next())),
            ']' if !class.is_empty() && class != "^" => break,
            c => class.push(c),
        }
    }
    class
}

/// A class that Unicode has to know, with the ASCII members of the shorthands.
fn plain(class: &str) -> String {
    class.replace(r"\w", "0-9A-Za-z_").replace(r"\d", "0-9").replace(r"\s", r"\t\n\x0B\x0C\r ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shorthands_know_ascii_only() {
        let matches = |text: &str, place: &str| pattern(text).is_match(place);
        assert!(matches(r"^\w+$", "a_1") && !matches(r"^\w+$", "é"));
        assert!(matches(r"^[\w.-]+$", "a.b") && matches(r"^[^\w]$", "é") && matches(r"(?i)^[a-z]+$", "AB"));
        assert!(matches(r"^[]a\]]+$", "]a") && matches(r"^[^\]]$", "é") && matches(r"\bé?x\b", "x"));
        assert_eq!(ascii(r"\[a\\]"), r"\[a\\]");
    }
}
