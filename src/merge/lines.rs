//! What a line is, for the merge: what it begins, what it goes on with, what it competes with.

use crate::dockerfile::{Step, steps};

use super::Kind;

/// A line of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// With its line end.
    pub text: &'a str,
    /// Whether an instruction, an entry or a comment begins here.
    pub begins: bool,
    /// Whether the line before has to have the sign that an instruction goes on; `None` where that is as it is.
    pub joins: Option<bool>,
    /// The word of the instruction that it belongs to; empty outside of one.
    pub word: String,
    /// What there can be only one of at a place: `EXPOSE`, `ENV NAME`, `scope:`. Empty where several go together.
    pub slot: String,
    /// The name of the stage that begins with this FROM; empty where it has none.
    pub stage: Option<String>,
}

impl Line<'_> {
    /// What counts when lines are compared: neither blanks nor the continuation sign.
    pub fn words(&self) -> Vec<&str> {
        let text = self.text.trim_end();
        text.strip_suffix('\\').unwrap_or(text).split_whitespace().collect()
    }

    /// Whether it says nothing.
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// The lines of a text.
pub(super) fn lines(text: &str, kind: Kind) -> Vec<Line<'_>> {
    let plain = |text| Line { text, begins: true, ..Line::default() };
    let mut lines: Vec<Line> = text.split_inclusive('\n').map(plain).collect();
    match kind {
        Kind::List => {}
        Kind::Yaml => lines.iter_mut().for_each(|line| line.slot = key(line.text)),
        Kind::Dockerfile => {
            for step in steps(text).unwrap_or_default() {
                mark(&mut lines, &step);
            }
            if crate::dockerfile::is_windows(text) {
                lines.iter_mut().for_each(|line| line.joins = None);
            }
        }
    }
    lines
}

/// The key of a line of YAML with its blanks: entries of one map have the same.
fn key(line: &str) -> String {
    match line.split_once(':') {
        Some((key, _)) if !key.trim().is_empty() && !key.trim_start().starts_with(['#', '-']) => key.to_owned(),
        _ => String::new(),
    }
}

fn mark(lines: &mut [Line], step: &Step) {
    let has_document = step.rest.contains("<<");
    let own = lines.get_mut(step.line - 1..step.end).unwrap_or_default();
    let Some((first, more)) = own.split_first_mut() else { return };
    (first.slot, first.joins, first.word) = (slot(step), Some(false), step.word.clone());
    first.stage = step.image().map(|_| step.stage_name().unwrap_or_default().to_ascii_lowercase());
    for line in more {
        (line.begins, line.word) = (false, step.word.clone());
        line.joins = (!has_document && !line.text.trim_start().starts_with('#')).then_some(true);
        if matches!(step.word.as_str(), "ENV" | "LABEL") {
            line.slot = named(&step.word, line.text.trim());
        }
    }
}

fn slot(step: &Step) -> String {
    match step.word.as_str() {
        "ENV" | "LABEL" | "ARG" => named(&step.word, &step.rest),
        "RUN" | "COPY" | "ADD" | "VOLUME" | "SHELL" | "ONBUILD" => String::new(),
        word => word.to_owned(),
    }
}

/// A word with the name that gets a value.
fn named(word: &str, rest: &str) -> String {
    let name = rest.split(['=', ' ']).next().unwrap_or_default();
    format!("{word} {name}")
}

/// What pairs the parts of an instruction's old and new text: the slot, else its first word, else the whole line.
pub(super) fn pairing(line: &Line, kind: Kind) -> String {
    let word = line.text.split_whitespace().next().unwrap_or_default();
    let is_instruction = kind == Kind::Dockerfile && word.chars().all(|c| c.is_ascii_alphabetic()) && !word.is_empty();
    match is_instruction {
        _ if !line.slot.is_empty() => line.slot.clone(),
        true => word.to_ascii_uppercase(),
        false => line.text.trim().to_owned(),
    }
}
