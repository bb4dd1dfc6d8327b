//! Looks inside source files: comments and strings are masked, then patterns are matched.
//!
//! A mask answers what a generator asks of a source file (is there a `package main`, an `import "C"`, a
//! `listen(3000)`) without a parser for each language, and keeps byte offsets, so that evidence can be quoted.

pub mod java;
pub mod mask;
pub mod python;
pub mod shell;

/// A pattern of the program's own.
///
/// # Panics
/// Where it is no regular expression, which the test of whoever uses it finds.
pub fn pattern(text: &str) -> regex::Regex {
    regex::Regex::new(text).unwrap_or_else(|error| panic!("{error}"))
}
