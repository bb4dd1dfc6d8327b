//! Looks inside source files: comments and strings are masked, then patterns are matched.
//!
//! A mask answers what a generator asks of a source file (is there a `package main`, an `import "C"`, a
//! `listen(3000)`) without a parser for each language, and keeps byte offsets, so that evidence can be quoted.

pub mod java;
pub mod mask;
pub mod python;
pub mod shell;

/// A pattern of the program's own, in which `\w`, `\d`, `\s` and `\b` know ASCII only: the Unicode tables of these would take
/// half the time of a run over a small repository.
///
/// # Panics
/// Where it is no regular expression, which the test of whoever uses it finds.
pub fn pattern(text: &str) -> regex::Regex {
    regex::Regex::new(&ascii(text)).unwrap_or_else(|error| panic!("{error}"))
}

fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            (_, Some('w')) => out.push_str("[0-9A-Za-z_]"),
            (_, Some('d')) => out.push_str("[0-9]"),
            (_, Some('s')) => out.push_str(r"[\t\n\x0B\x0C\r ]"),
            (_, Some('b')) => out.push_str(r"(?-u:\b)"),
            (c, next) => out.extend([c].into_iter().chain(next)),
        }
    }
    out
}
