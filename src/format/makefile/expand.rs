//! The variables of a Makefile and what texts with them come to.

use std::collections::BTreeMap;

use crate::format::tasks::{LONGEST, UNKNOWN};

/// How many variables may stand in one another.
const DEEPEST: usize = 20;

/// How many variables are filled in for a whole file.
const MOST_FILLED: usize = 20_000;

/// Variables, and how much may still be filled in.
#[derive(Default)]
pub struct Expander {
    variables: BTreeMap<String, String>,
    /// Those of the target whose lines are read.
    own: BTreeMap<String, String>,
    filled: std::cell::Cell<usize>,
}

impl Expander {
    /// Whether a variable has a value.
    pub fn is_set(&self, name: &str) -> bool {
        self.variables.get(name).is_some_and(|value| !value.is_empty())
    }

    /// Takes up an assignment by its sign.
    pub fn assign(&mut self, name: &str, sign: &str, value: &str) {
        let value = match sign {
            "?=" if self.variables.contains_key(name) => return,
            "!=" => UNKNOWN.to_owned(),
            ":=" | "::=" | ":::=" => self.expand(value),
            "+=" => match self.variables.get(name) {
                Some(before) => format!("{before} {value}"),
                None => value.to_owned(),
            },
            _ => value.to_owned(),
        };
        self.variables.insert(name.to_owned(), value.chars().take(LONGEST).collect());
    }

    /// Begins the lines of a target.
    pub fn enter(&mut self, target: &str, first: &str, own: Vec<(String, String)>) {
        self.own = own.into_iter().collect();
        self.own.insert("@".to_owned(), target.to_owned());
        if !first.is_empty() {
            self.own.insert("<".to_owned(), first.to_owned());
        }
    }

    /// The text with what is known; the rest is [`UNKNOWN`].
    pub fn expand(&self, text: &str) -> String {
        self.text(text, UNKNOWN, 0)
    }

    /// The text where nothing is set that the file does not set.
    pub fn silent(&self, text: &str) -> String {
        self.text(text, "", 0)
    }

    fn text(&self, text: &str, unset: &str, depth: usize) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(rest.get(..at).unwrap_or_default());
            rest = rest.get(at + 1..).unwrap_or_default();
            let Some(c) = rest.chars().next() else { break };
            let close = match c {
                '(' => ')',
                '{' => '}',
                _ => {
                    rest = rest.get(c.len_utf8()..).unwrap_or_default();
                    match c {
                        '$' => out.push('$'),
                        name => out.push_str(&self.value(&name.to_string(), unset, depth)),
                    }
                    continue;
                }
            };
            let Some(end) = closed(rest, c, close) else { break };
            out.push_str(&self.value(rest.get(1..end).unwrap_or_default(), unset, depth));
            rest = rest.get(end + 1..).unwrap_or_default();
            if out.len() > LONGEST {
                return UNKNOWN.to_owned();
            }
        }
        out.push_str(rest);
        out
    }

    /// What stands in the brackets of a reference comes to.
    fn value(&self, inner: &str, unset: &str, depth: usize) -> String {
        self.filled.set(self.filled.get() + 1);
        if depth > DEEPEST || self.filled.get() > MOST_FILLED {
            return UNKNOWN.to_owned();
        }
        match inner.split_once([' ', '\t']) {
            Some(("strip", text)) => self.text(text, unset, depth + 1).split_whitespace().collect::<Vec<_>>().join(" "),
            Some(("or", list)) => {
                let values = split(list).into_iter().map(|text| self.text(text.trim(), "", depth + 1));
                values.into_iter().find(|value| !value.is_empty()).unwrap_or_else(|| unset.to_owned())
            }
            Some(("if", list)) => {
                let mut branches = split(list).into_iter();
                let holds = !self.text(branches.next().unwrap_or_default().trim(), "", depth + 1).is_empty();
                let branch = if holds { branches.next() } else { branches.nth(1) };
                branch.map_or_else(String::new, |branch| self.text(branch, unset, depth + 1))
            }
            Some(_) => UNKNOWN.to_owned(),
            None if inner.contains('$') => self.value(&self.text(inner, unset, depth + 1), unset, depth + 1),
            None => match (self.own.get(inner).or_else(|| self.variables.get(inner)), inner) {
                (Some(value), _) => self.text(value, unset, depth + 1),
                (None, "CURDIR") => ".".to_owned(),
                (None, "MAKE") => "make".to_owned(),
                (None, _) => unset.to_owned(),
            },
        }
    }
}

/// Arguments of a function: a comma in brackets separates nothing.
fn split(list: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (at, c) in list.char_indices() {
        match c {
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(list.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(list.get(start..).unwrap_or_default());
    parts
}

/// Where the bracket that a text begins with is closed.
fn closed(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        depth += usize::from(c == open);
        if c == close {
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}
