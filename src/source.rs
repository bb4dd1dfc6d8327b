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

use std::borrow::Cow;
use std::ops::{Index, Range};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Deserialize;

/// A regular expression of the program's own. What is looked at first is matched by one that is made in a tenth of the time and
/// matches slower: a small repository has no more. Behind that stands one of the crate `regex`, with the same results: `\w`, `\d`, `\s`
/// and `\b` know ASCII only in both. What is repeated up to a bound is better a class of ASCII characters than `.` or a negated class:
/// each repetition is compiled.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "String")]
pub struct Pattern {
    text: Cow<'static, str>,
    quick: OnceLock<Option<regex_lite::Regex>>,
    regex: OnceLock<regex::Regex>,
    seen: AtomicUsize,
}

/// Bytes that are matched by what is made quickly.
const FEW: usize = 4096;

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        Pattern { text: Cow::Owned(text), ..Pattern::new("") }
    }
}

impl Pattern {
    /// A pattern in the code; one that is none is found by the test of whoever uses it.
    pub const fn new(text: &'static str) -> Self {
        Pattern { text: Cow::Borrowed(text), quick: OnceLock::new(), regex: OnceLock::new(), seen: AtomicUsize::new(0) }
    }

    fn quick(&self, text: &str) -> Option<&regex_lite::Regex> {
        let seen = self.seen.fetch_add(text.len(), Ordering::Relaxed).saturating_add(text.len());
        if seen > FEW {
            return None;
        }
        self.quick.get_or_init(|| regex_lite::Regex::new(&self.text).ok()).as_ref()
    }

    fn full(&self) -> &regex::Regex {
        self.regex.get_or_init(|| regex::Regex::new(&ascii(&self.text)).unwrap_or_else(|error| panic!("{error}")))
    }

    /// Whether it fits somewhere.
    pub fn is_match(&self, text: &str) -> bool {
        self.quick(text).map_or_else(|| self.full().is_match(text), |quick| quick.is_match(text))
    }

    /// Where it fits first.
    pub fn find<'t>(&self, text: &'t str) -> Option<Place<'t>> {
        let range = match self.quick(text) {
            Some(quick) => quick.find(text)?.range(),
            None => self.full().find(text)?.range(),
        };
        Some(Place { text, range })
    }

    /// Where it fits.
    pub fn find_iter<'t>(&'t self, text: &'t str) -> Box<dyn Iterator<Item = Place<'t>> + 't> {
        match self.quick(text) {
            Some(quick) => Box::new(quick.find_iter(text).map(move |found| Place { text, range: found.range() })),
            None => Box::new(self.full().find_iter(text).map(move |found| Place { text, range: found.range() })),
        }
    }

    /// Where it fits first, with its groups.
    pub fn captures<'t>(&self, text: &'t str) -> Option<Found<'t>> {
        match self.quick(text) {
            Some(quick) => quick.captures(text).map(|groups| Found { text, groups: Groups::Quick(groups) }),
            None => self.full().captures(text).map(|groups| Found { text, groups: Groups::Full(groups) }),
        }
    }

    /// Where it fits, with its groups.
    pub fn captures_iter<'t>(&'t self, text: &'t str) -> Box<dyn Iterator<Item = Found<'t>> + 't> {
        match self.quick(text) {
            Some(quick) => {
                Box::new(quick.captures_iter(text).map(move |groups| Found { text, groups: Groups::Quick(groups) }))
            }
            None => Box::new(
                self.full().captures_iter(text).map(move |groups| Found { text, groups: Groups::Full(groups) }),
            ),
        }
    }

    /// The text with this in place of what fits.
    pub fn replace_all(&self, text: &str, by: impl Fn(&Found) -> String) -> String {
        let (mut out, mut at) = (String::new(), 0);
        for found in self.captures_iter(text) {
            let Some(place) = found.get(0) else { continue };
            out.push_str(text.get(at..place.start()).unwrap_or_default());
            out.push_str(&by(&found));
            at = place.end();
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }

    /// The first group that took part where it fits first.
    pub fn word<'t>(&self, text: &'t str) -> Option<&'t str> {
        Some(self.captures(text)?.group()?.as_str())
    }
}

/// A part of a text.
#[derive(Debug, Clone)]
pub struct Place<'t> {
    text: &'t str,
    range: Range<usize>,
}

impl<'t> Place<'t> {
    /// Where it begins.
    pub fn start(&self) -> usize {
        self.range.start
    }

    /// Where it ends.
    pub fn end(&self) -> usize {
        self.range.end
    }

    /// Both.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// What stands there.
    pub fn as_str(&self) -> &'t str {
        self.text.get(self.range()).unwrap_or_default()
    }
}

/// A place where a pattern fits, with its groups.
pub struct Found<'t> {
    text: &'t str,
    groups: Groups<'t>,
}

/// The groups of what is made quickly, and of the other.
enum Groups<'t> {
    Quick(regex_lite::Captures<'t>),
    Full(regex::Captures<'t>),
}

impl<'t> Found<'t> {
    /// A group; 0 is the whole.
    pub fn get(&self, group: usize) -> Option<Place<'t>> {
        let range = match &self.groups {
            Groups::Quick(found) => found.get(group)?.range(),
            Groups::Full(found) => found.get(group)?.range(),
        };
        Some(Place { text: self.text, range })
    }

    /// The first group that took part.
    pub fn group(&self) -> Option<Place<'t>> {
        let groups = match &self.groups {
            Groups::Quick(found) => found.len(),
            Groups::Full(found) => found.len(),
        };
        (1..groups).find_map(|group| self.get(group))
    }

    /// What a named group holds.
    pub fn name(&self, name: &str) -> Option<&'t str> {
        match &self.groups {
            Groups::Quick(found) => found.name(name).map(|found| found.as_str()),
            Groups::Full(found) => found.name(name).map(|found| found.as_str()),
        }
    }
}

/// The text of a group; empty where it took no part.
impl Index<usize> for Found<'_> {
    type Output = str;

    fn index(&self, group: usize) -> &str {
        self.get(group).map_or("", |place| place.as_str())
    }
}

/// A pattern for short texts (a reference, a word, a line): it is made in a tenth of the time of the other, and matches slower.
///
/// # Panics
/// Where it is no regular expression, which the test of whoever uses it finds.
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
        let matches = |text: &str, place: &str| Pattern::from(text.to_owned()).full().is_match(place);
        assert!(matches(r"^\w+$", "a_1") && !matches(r"^\w+$", "é"));
        assert!(matches(r"^[\w.-]+$", "a.b") && matches(r"^[^\w]$", "é") && matches(r"(?i)^[a-z]+$", "AB"));
        assert!(matches(r"^[]a\]]+$", "]a") && matches(r"^[^\]]$", "é") && matches(r"\bé?x\b", "x"));
        assert_eq!(ascii(r"\[a\\]"), r"\[a\\]");
    }

    #[test]
    fn what_is_made_quickly_finds_the_same() {
        let catalog: toml::Table = include_str!("../templates/go/catalog.toml").parse().unwrap();
        let source = catalog["source"].as_table().unwrap();
        let own = source.values().filter_map(|value| value.as_str());
        let forms = source["setting"].as_array().unwrap().iter().filter_map(|form| form["pattern"].as_str());
        let text = include_str!("language/go/source.rs").to_owned() + include_str!("language/go/project.rs");
        for pattern in own.chain(forms) {
            let pattern = Pattern::from(pattern.to_owned());
            let Ok(quick) = regex_lite::Regex::new(&pattern.text) else { continue };
            let quick: Vec<_> = quick.find_iter(&text).map(|found| found.range()).collect();
            let full: Vec<_> = pattern.full().find_iter(&text).map(|found| found.range()).collect();
            assert_eq!(quick, full, "{}", pattern.text);
        }
    }
}
