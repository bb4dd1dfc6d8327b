//! The promises that a Dockerfile, edited by anybody, may break.

pub mod context;
mod rules;
pub mod start;
pub mod structure;

pub use rules::{Level, RULES, Rule, level};

use std::sync::LazyLock;

use regex_lite::Regex;
use serde::Serialize;

use crate::catalog::SHARED;
use crate::dockerfile::{Step, steps};
use crate::published::{self, Answer};
use crate::source::short;

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The rule's id.
    pub rule: &'static str,
    /// The file.
    pub file: String,
    /// The line, from 1, where there is one.
    pub line: Option<usize>,
    /// A sentence.
    pub message: String,
    /// How bad it is: as for its rule, or less.
    pub level: Level,
    /// The command that mends it; `None` where that is for a person to do.
    pub mend: Option<&'static str>,
}

impl Reason {
    /// A reason, as bad as its rule, that a person must mend.
    pub fn new(rule: &'static str, file: &str, line: Option<usize>, message: impl Into<String>) -> Self {
        Reason { rule, file: file.to_owned(), line, message: message.into(), level: level(rule), mend: None }
    }

    /// With the command that mends it.
    #[must_use]
    pub fn mended_by(self, command: &'static str) -> Self {
        Reason { mend: Some(command), ..self }
    }
}

static SECRET_NAME: LazyLock<Regex> = LazyLock::new(|| {
    short(r"(?i)(^|_)(apikey|api_key|auth|credentials?|password|passwd|pword|secret|token|private_key)(_|$)")
});
/// Whether a variable of this name holds a secret.
pub fn is_secret(name: &str) -> bool {
    SECRET_NAME.is_match(name)
}

static SECRET_FILE: LazyLock<Regex> =
    LazyLock::new(|| short(r"(^|/)(\.env(\.[\w.]+)?|id_rsa|id_ed25519|[^/ ]+\.pem|[^/ ]+\.key|\.netrc)$"));

/// What a Dockerfile breaks; nothing where it cannot be read, which is for [`structure`] to say.
pub fn promises(file: &str, text: &str) -> Vec<Reason> {
    let reason = |rule, line, message: String| Reason::new(rule, file, line, message);
    let Ok(steps) = steps(text) else { return Vec::new() };
    let mut reasons = Vec::new();
    let last = steps.iter().filter_map(|step| step.stage).max();
    let mut told: Vec<String> = Vec::new();
    for (line, image) in bases(&steps) {
        if is_unpinned(&image) {
            reasons.push(reason("unpinned-base", Some(line), format!("`{image}` names no version")));
        }
        if let Answer::No(what) = published::look_up(&image) {
            reasons.push(reason("unknown-tag", Some(line), what));
        }
        for what in published::ended(&image) {
            if !told.contains(&what) {
                reasons.push(reason("end-of-life", Some(line), what.clone()));
                told.push(what);
            }
        }
    }
    for step in &steps {
        let line = Some(step.line);
        match step.word.as_str() {
            "ENV" | "ARG" => {
                for name in assigned(&step.rest).filter(|name| SECRET_NAME.is_match(name)) {
                    let what = format!("{} {name} stays in the image's history: use a secret mount", step.word);
                    reasons.push(reason("secret", line, what));
                }
            }
            "COPY" | "ADD" => {
                for path in step.rest.split_whitespace().filter(|path| SECRET_FILE.is_match(path)) {
                    reasons.push(reason("secret", line, format!("`{path}` gets into a layer")));
                }
            }
            "CMD" | "ENTRYPOINT" if step.stage == last => {
                if let Some(manager) = first_word(&step.rest).filter(|word| is_manager(word)) {
                    let what = format!("`{manager}` is the first process, and passes no signals on");
                    reasons.push(reason("package-manager-as-init", line, what));
                }
            }
            _ => {}
        }
    }
    reasons.extend(root(&steps).map(|(line, what)| reason("root-user", Some(line), what)));
    reasons
}

/// The images that stages start from, with their lines: arguments filled in, without `scratch` and other stages.
pub fn bases(steps: &[Step]) -> Vec<(usize, String)> {
    let names: Vec<&str> = steps.iter().filter_map(Step::stage_name).collect();
    let arguments = arguments(steps);
    let images = steps.iter().filter_map(|step| Some((step.line, filled(step.image()?, &arguments))));
    images.filter(|(_, image)| image != "scratch" && !names.contains(&image.as_str())).collect()
}

/// Why the last stage runs as root, and where that shows. Of images whose user is not known nothing is said.
fn root(steps: &[Step]) -> Option<(usize, String)> {
    let chain = chain(steps)?;
    let from = chain.steps.iter().rfind(|step| step.image().is_some())?;
    match chain.steps.iter().rev().find(|step| step.word == "USER") {
        Some(step) => {
            let user = step.rest.split(':').next().unwrap_or_default().trim();
            matches!(user, "root" | "0").then(|| (step.line, "the image runs as root".to_owned()))
        }
        None if !is_root_image(&chain.image) => None,
        None => Some((from.line, "no USER stands in the last stage, so the image runs as root".to_owned())),
    }
}

/// The steps that the last stage is made of, those of the stages below it first, and the image that it stands on.
struct Chain<'a> {
    steps: Vec<&'a Step>,
    image: String,
}

fn chain(steps: &[Step]) -> Option<Chain<'_>> {
    let mut stage = steps.iter().filter_map(|step| step.stage).max()?;
    let mut found = Vec::new();
    loop {
        let own: Vec<&Step> = steps.iter().filter(|step| step.stage == Some(stage)).collect();
        let from = own.first().and_then(|step| step.image())?;
        found.splice(0..0, own.iter().copied());
        let above = steps.iter().filter(|step| step.stage < Some(stage));
        match above.rev().find(|step| step.stage_name().is_some_and(|name| name.eq_ignore_ascii_case(from))) {
            Some(parent) => stage = parent.stage?,
            None => return Some(Chain { steps: found, image: filled(from, &arguments(steps)) }),
        }
    }
}

static ROOT_IMAGES: LazyLock<Vec<Regex>> = LazyLock::new(|| SHARED.root_images.iter().map(|row| short(row)).collect());

/// Whether an image is known to start its programs as root where nobody says otherwise.
fn is_root_image(image: &str) -> bool {
    ROOT_IMAGES.iter().any(|row| row.is_match(image)) && !image.contains("nonroot")
}

/// The global arguments with their defaults.
fn arguments(steps: &[Step]) -> Vec<(&str, &str)> {
    let global = steps.iter().filter(|step| step.word == "ARG" && step.stage.is_none());
    global.flat_map(|step| step.rest.split_whitespace()).filter_map(|word| word.split_once('=')).collect()
}

/// The image with the defaults of the global arguments.
fn filled(image: &str, arguments: &[(&str, &str)]) -> String {
    let mut image = image.to_owned();
    for (name, value) in arguments {
        let value = value.trim_matches('"');
        image = image.replace(&format!("${{{name}}}"), value).replace(&format!("${name}"), value);
    }
    image
}

fn is_unpinned(image: &str) -> bool {
    let tail = image.rsplit('/').next().unwrap_or(image);
    !image.contains('@') && !image.contains('$') && (!tail.contains(':') || tail.ends_with(":latest"))
}

/// The names that an ENV or ARG gives a value.
fn assigned(rest: &str) -> impl Iterator<Item = &str> {
    rest.split_whitespace().filter_map(|word| {
        let (name, value) = word.split_once('=')?;
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        (is_name && !value.trim_matches('"').is_empty()).then_some(name)
    })
}

fn is_manager(word: &str) -> bool {
    SHARED.managers.iter().any(|manager| manager == word)
}

fn first_word(rest: &str) -> Option<&str> {
    rest.trim_start_matches(['[', ' '])
        .split([' ', ',', ']'])
        .map(|word| word.trim_matches('"'))
        .find(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Vec<(&'static str, Option<usize>)> {
        promises("Dockerfile", text).into_iter().map(|reason| (reason.rule, reason.line)).collect()
    }

    #[test]
    fn a_good_one_breaks_nothing() {
        assert_eq!(rules("ARG V=1\nFROM node:${V} AS a\nFROM a\nUSER 1001\nENTRYPOINT [\"node\"]\n"), []);
        assert_eq!(rules("FROM gcr.io/distroless/static:nonroot\n"), []);
        assert_eq!(rules("FROM debian:13 AS base\nUSER 5\nFROM base\nENV A=1\n"), [], "a user is inherited");
        assert_eq!(rules("FROM example.com/own:1\n"), [], "nobody knows its user");
    }

    #[test]
    fn each_promise_is_kept() {
        assert_eq!(rules("FROM debian:13\n"), [("root-user", Some(1))]);
        assert_eq!(rules("FROM m.io/library/golang:1.27 AS a\nUSER root\nFROM a\n"), [("root-user", Some(2))]);
        assert_eq!(rules("FROM scratch\n"), [("root-user", Some(1))]);
        assert_eq!(rules("FROM a:1\nUSER 5\nUSER root\n"), [("root-user", Some(3))]);
        assert_eq!(rules("FROM node:24.1.0-alpine3.24\nUSER 5\n"), [("unknown-tag", Some(1))]);
        assert_eq!(rules("FROM a\nUSER 5\n"), [("unpinned-base", Some(1))]);
        assert_eq!(rules("FROM h:5000/a:latest\nUSER 5\n"), [("unpinned-base", Some(1))]);
        assert_eq!(
            rules("FROM a:1\nENV API_TOKEN=x MODE=y\nCOPY .env ./\nUSER 5\n"),
            [("secret", Some(2)), ("secret", Some(3))]
        );
        assert_eq!(rules("ARG V=3.8\nFROM python:$V AS a\nFROM a\nUSER 5\n"), [("end-of-life", Some(2))]);
        assert_eq!(rules("FROM a:1\nUSER 5\nCMD npm start\n"), [("package-manager-as-init", Some(3))]);
        assert_eq!(rules("FROM a:1\nUSER 5\nCMD [\"yarn\", \"start\"]\n"), [("package-manager-as-init", Some(3))]);
        assert_eq!(rules("FRM a:1\n"), []);
    }
}
