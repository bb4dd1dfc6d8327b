//! What makes documents, written by anybody, fail as a whole: references that lead nowhere, a shell that is not there, a
//! context that hides what is copied, conflicts that are not resolved.

use std::sync::LazyLock;

use regex_lite::Regex;
use serde_json::Value;

use super::{Reason, filled};
use crate::catalog::SHARED;
use crate::dockerfile::{Body, Step, steps};
use crate::dockerignore::Matcher;
use crate::repo::Repo;
use crate::service::{Role, Service};
use crate::source::short;

/// The documents of a service as they stand; `None` where one is not there.
#[derive(Debug, Clone, Copy)]
pub struct Texts<'a> {
    /// Whose they are.
    pub service: &'a Service,
    /// The Dockerfile.
    pub dockerfile: Option<&'a str>,
    /// The .dockerignore.
    pub dockerignore: Option<&'a str>,
    /// The workflow that builds the image.
    pub workflow: Option<&'a str>,
}

impl<'a> Texts<'a> {
    /// The documents by their roles.
    pub fn new(service: &'a Service, text: impl Fn(Role) -> Option<&'a str>) -> Self {
        let [dockerfile, dockerignore, workflow] = ROLES.map(text);
        Texts { service, dockerfile, dockerignore, workflow }
    }
}

const ROLES: [Role; 3] = [Role::Dockerfile, Role::Ignore, Role::Workflow];

/// What is wrong with the documents. A document with conflict markers is judged by these alone, and one that cannot be
/// read only by that.
pub fn structure(texts: &Texts, repo: &Repo) -> Vec<Reason> {
    let all = [texts.dockerfile, texts.dockerignore, texts.workflow];
    let mut reasons = Vec::new();
    let mut sound = [None; 3];
    for ((role, text), sound) in ROLES.into_iter().zip(all).zip(&mut sound) {
        let Some(text) = text else { continue };
        match marker(text) {
            Some(line) => {
                let message = "the conflict is not resolved: keep what is right, and delete the markers";
                reasons.push(Reason::new("conflict", &texts.service.path(role), Some(line), message));
            }
            None => *sound = Some(text),
        }
    }
    let [dockerfile, dockerignore, workflow] = sound;
    let [file, _, workflow_file] = ROLES.map(|role| texts.service.path(role));
    let steps = dockerfile.map(steps).and_then(|read| match read {
        Ok(steps) => Some(steps),
        Err(fault) => {
            reasons.push(Reason::new("unparsable", &file, fault.line, fault.to_string()));
            None
        }
    });
    if let Some(steps) = &steps {
        reasons.extend(references(&file, steps));
        reasons.extend(shells(&file, steps));
        reasons.extend(dockerignore.map(|text| hidden(&file, steps, text, repo)).unwrap_or_default());
    }
    reasons.extend(workflow.map(|text| of_workflow(&workflow_file, text, steps.as_deref())).unwrap_or_default());
    reasons
}

/// The first line with a marker of a conflict, also where the other markers are gone already.
pub fn marker(text: &str) -> Option<usize> {
    let is_one = |line: &str| {
        let line = line.trim_end();
        let begins = |sign: &str| line.strip_prefix(sign).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
        line == "=======" || ["<<<<<<<", "|||||||", ">>>>>>>"].into_iter().any(begins)
    };
    text.lines().position(is_one).map(|at| at + 1)
}

/// References to stages that do not stand above.
fn references(file: &str, steps: &[Step]) -> Vec<Reason> {
    let names: Vec<(usize, String)> =
        steps.iter().filter_map(|step| Some((step.stage?, step.stage_name()?.to_ascii_lowercase()))).collect();
    let mut reasons = Vec::new();
    for (step, stage) in steps.iter().filter_map(|step| Some((step, step.stage?))) {
        let place = |name: &str| names.iter().find(|(_, known)| *known == name.to_ascii_lowercase()).map(|(at, _)| *at);
        let mut add = |rule, message: String| reasons.push(Reason::new(rule, file, Some(step.line), message));
        let early = |name: &str| format!("the stage `{name}` does not stand above, where `{}` needs it", step.word);
        if let Some(image) = step.image().filter(|image| place(image).is_some_and(|at| at >= stage)) {
            add("unknown-stage", early(image));
        }
        for origin in step.origins() {
            let at = place(&origin).or_else(|| origin.parse().ok());
            match at {
                Some(at) if at >= stage => add("unknown-stage", early(&origin)),
                None if is_bare(&origin) => add(
                    "unknown-stage",
                    format!("no stage `{origin}` stands above; an image of that name would need a version"),
                ),
                _ => {}
            }
        }
        let first = step.stage_name().and_then(place);
        if let Some(name) = step.stage_name().filter(|_| first.is_some_and(|first| first < stage)) {
            add("duplicate-stage", format!("there is a stage `{name}` above already"));
        }
    }
    reasons
}

/// Whether this names a stage rather than an image: images in these places have a version, or a registry.
pub fn is_bare(name: &str) -> bool {
    !name.is_empty() && !name.contains(['/', ':', '@', '.', '$']) && name != "scratch"
}

static NO_SHELL: LazyLock<Vec<Regex>> = LazyLock::new(|| SHARED.no_shell.iter().map(|row| short(row)).collect());

/// Whether an image is known to have no `/bin/sh`.
pub fn has_no_shell(image: &str) -> bool {
    NO_SHELL.iter().any(|row| row.is_match(image))
}

/// Instructions that need a shell in stages that have none.
fn shells(file: &str, steps: &[Step]) -> Vec<Reason> {
    let needs = steps.iter().filter(|step| step.body == Body::Shell);
    let lacks = needs.filter_map(|step| Some((step, shell_less(steps, step)?)));
    let sentence = |(step, image): (&Step, String)| {
        let message = format!("`{}` needs a shell, and `{image}` has none", step.word);
        Reason::new("no-shell", file, Some(step.line), message)
    };
    lacks.map(sentence).collect()
}

/// The image without a shell that the stage of a step stands on; `None` where it has one, may have got one, or is not known.
pub fn shell_less(steps: &[Step], step: &Step) -> Option<String> {
    let arguments = super::arguments(steps);
    let (mut stage, mut until) = (step.stage?, step.line);
    loop {
        let own = || steps.iter().filter(|other| other.stage == Some(stage) && other.line < until);
        if own().any(brings_shell) {
            return None;
        }
        let from = own().find_map(Step::image)?;
        let above = steps.iter().filter(|other| other.stage.is_some_and(|other| other < stage));
        let parent = above.rev().find(|other| other.stage_name().is_some_and(|name| name.eq_ignore_ascii_case(from)));
        match parent.and_then(|parent| parent.stage) {
            Some(parent) => (stage, until) = (parent, usize::MAX),
            None => {
                let image = filled(from, &arguments);
                return has_no_shell(&image).then_some(image);
            }
        }
    }
}

/// Whether a step may put a shell where there was none: `SHELL` names one, a whole file system or a `sh` is copied.
fn brings_shell(step: &Step) -> bool {
    let Body::Copy(sources, destination) = &step.body else { return step.word == "SHELL" };
    let is_place = |path: &str| matches!(path.trim_end_matches('/'), "" | "/bin" | "/usr" | "/usr/bin");
    is_place(destination) || [destination].into_iter().chain(sources).any(|path| path.ends_with("/sh"))
}

/// Paths of the context that the .dockerignore hides from the steps that name them.
fn hidden(file: &str, steps: &[Step], ignore: &str, repo: &Repo) -> Vec<Reason> {
    let matcher = Matcher::new(ignore);
    let mut reasons = Vec::new();
    for step in steps {
        let paths = step.context_paths().into_iter().filter(|path| !path.contains('$'));
        for path in paths.filter(|path| is_hidden(&matcher, path, repo)) {
            let message = format!("the .dockerignore hides `{path}`, which `{}` names", step.word);
            reasons.push(Reason::new("hidden-input", file, Some(step.line), message));
        }
    }
    reasons
}

/// Whether there are files of this name or below it, and all of them are hidden.
fn is_hidden(matcher: &Matcher, path: &str, repo: &Repo) -> bool {
    let plain = path.trim_start_matches("./").trim_matches('/');
    if repo.has(plain) {
        return matcher.hides(plain);
    }
    let meant = Matcher::new(&format!("./{plain}"));
    let mut files = repo.files().filter(|file| meant.hides(file)).peekable();
    files.peek().is_some() && files.all(|file| matcher.hides(file))
}

/// A workflow that is no YAML, or builds a stage that is not there.
fn of_workflow(file: &str, text: &str, steps: Option<&[Step]>) -> Vec<Reason> {
    let value: Value = match crate::format::yaml::value(text) {
        Ok(value) => value,
        Err(fault) => return vec![Reason::new("unparsable", file, fault.line, fault.to_string())],
    };
    let Some(steps) = steps else { return Vec::new() };
    let jobs = value.get("jobs").and_then(Value::as_object).into_iter().flat_map(|jobs| jobs.values());
    let run = jobs.filter_map(|job| job.get("steps")?.as_array()).flatten().filter_map(|step| step.get("with"));
    let of_context = |with: &&Value| {
        let is_top = |key: &str, tops: &[&str]| {
            with.get(key).is_none_or(|value| value.as_str().is_some_and(|it| tops.contains(&it)))
        };
        is_top("file", &["Dockerfile", "./Dockerfile"]) && is_top("context", &[".", "./"])
    };
    let targets = run.filter(of_context).filter_map(|with| with.get("target")?.as_str());
    let is_stage = |name: &str| {
        steps.iter().filter_map(Step::stage_name).any(|stage| stage.eq_ignore_ascii_case(name))
            || name.parse::<usize>().is_ok()
    };
    let unknown = targets.filter(|target| is_bare(target) && !is_stage(target));
    let reason = |target: &str| {
        let names = |line: &str| line.trim().strip_prefix("target:").is_some_and(|rest| rest.contains(target));
        let line = text.lines().position(names).map(|at| at + 1);
        Reason::new("unknown-stage", file, line, format!("the Dockerfile has no stage `{target}`"))
    };
    unknown.map(reason).collect()
}

/// Digests that stand beside a version that is not the one they were written for, compared with the steps before.
pub fn foreign_digests(before: &[Step], after: &[Step]) -> Vec<(usize, String)> {
    let pinned = |steps: &[Step]| -> Vec<(usize, String, String)> {
        let arguments = super::arguments(steps);
        let image = |step: &Step| Some((step.line, filled(step.image()?, &arguments)));
        let pair = |(line, image): (usize, String)| {
            let (tag, digest) = image.split_once('@')?;
            Some((line, tag.to_owned(), digest.to_owned()))
        };
        steps.iter().filter_map(image).filter_map(pair).collect()
    };
    let known = pinned(before);
    let is_foreign = |(_, tag, digest): &(usize, String, String)| {
        let same: Vec<_> = known.iter().filter(|(_, _, known)| known == digest).collect();
        !same.is_empty() && same.iter().all(|(_, known, _)| known != tag)
    };
    let found = pinned(after).into_iter().filter(is_foreign);
    found.map(|(line, tag, digest)| (line, format!("{tag}@{digest}"))).collect()
}

#[cfg(test)]
#[path = "structure_tests.rs"]
mod tests;
