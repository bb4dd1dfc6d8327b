//! Looks inside source files: comments and strings are masked, then patterns are matched.
//!
//! A mask answers what a generator asks of a source file (is there a `package main`, an `import "C"`, a
//! `listen(3000)`) without a parser for each language, and keeps byte offsets, so that evidence can be quoted.

pub mod mask;
pub mod shell;
