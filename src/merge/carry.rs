//! What a person said about a stage is said of dockgen's text as well, before both are merged: its name, with every
//! reference to it, a digest of its image, its flags.

use std::sync::LazyLock;

use regex_lite::{Captures, Regex};

use crate::dockerfile::{Step, steps};
use crate::source::short;

use super::Kind;
use super::lines::lines;
use super::stages::{pairs, sections};

/// A FROM in its parts: flags, image, digest, name.
type Parts = [String; 4];

/// `base` and `theirs` with what `ours` made of the stages of `base`, where `theirs` did not change the same.
pub fn carried(base: &str, ours: &str, theirs: &str) -> (String, String) {
    let as_they_are = || (base.to_owned(), theirs.to_owned());
    let read = [steps(base), steps(ours), steps(theirs)];
    let [Ok(old), Ok(own), Ok(new)] = &read else { return as_they_are() };
    let [old_sections, mine, dockgens] = [base, ours, theirs].map(|text| sections(&lines(text, Kind::Dockerfile)));
    let to_mine = pairs(&old_sections, &mine, true);
    let to_new = pairs(&old_sections, &dockgens, false);
    let (mut base, mut theirs) = as_they_are();
    for (stage, (to_mine, to_new)) in to_mine.iter().zip(&to_new).enumerate().skip(1) {
        let from = |steps: &[Step], at: usize| steps.iter().find(|step| step.stage == Some(at - 1)).cloned();
        let after = |steps: &[Step], at: &Option<usize>| at.and_then(|at| from(steps, at));
        let (Some(before), Some(own)) = (from(old, stage), after(own, to_mine)) else { continue };
        let now = after(new, to_new);
        let taken = now.is_none() || new.iter().filter_map(Step::stage_name).any(|name| Some(name) == own.stage_name());
        let said = said(&parts(&before), &parts(&own), now.as_ref().map(parts).as_ref());
        theirs = now.map(|now| with(&theirs, &now, &said)).unwrap_or(theirs);
        base = with(&base, &before, &said);
        if let (Some(name), Some(other), false) = (before.stage_name(), own.stage_name(), taken) {
            (base, theirs) = (renamed(&base, name, other), renamed(&theirs, name, other));
        }
    }
    (base, theirs)
}

/// For each part what the person alone changed.
fn said(base: &Parts, ours: &Parts, theirs: Option<&Parts>) -> [Option<String>; 4] {
    let mut said = [None, None, None, None];
    for (at, said) in said.iter_mut().enumerate() {
        let is_mine = ours[at] != base[at] && theirs.is_none_or(|theirs| theirs[at] == base[at]);
        *said = is_mine.then(|| ours[at].clone());
    }
    said
}

fn parts(step: &Step) -> Parts {
    let image = step.image().unwrap_or_default();
    let (tag, digest) = image.split_once('@').unwrap_or((image, ""));
    let flags: Vec<String> = step.flags.iter().map(|(name, value)| format!("--{name}={value}")).collect();
    [flags.join(" "), tag.to_owned(), digest.to_owned(), step.stage_name().unwrap_or_default().to_owned()]
}

/// The text with these parts of a FROM, where it stands on one line.
fn with(text: &str, from: &Step, said: &[Option<String>; 4]) -> String {
    if from.line != from.end || said.iter().all(Option::is_none) {
        return text.to_owned();
    }
    let mut parts = parts(from);
    for (part, said) in parts.iter_mut().zip(said) {
        *part = said.clone().unwrap_or_else(|| std::mem::take(part));
    }
    let [flags, image, digest, name] = parts;
    let image = if digest.is_empty() { image } else { format!("{image}@{digest}") };
    let name = if name.is_empty() { name } else { format!("AS {name}") };
    let words = ["FROM".to_owned(), flags, image, name].into_iter().filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    let put = |(at, old): (usize, &str)| match at + 1 == from.line {
        true => format!("{line}\n"),
        false => old.to_owned(),
    };
    text.split_inclusive('\n').enumerate().map(put).collect()
}

/// The text with another name for a stage, wherever it is named.
fn renamed(text: &str, name: &str, other: &str) -> String {
    let (Ok(steps), Ok(places)) = (
        steps(text),
        Regex::new(&format!(
            r"(?i)(^\s*FROM\s+(?:--\S+\s+)*|\sAS\s+|--from=|[,=]from=){}([\s,]|$)",
            regex_lite::escape(name)
        )),
    ) else {
        return text.to_owned();
    };
    let names = |line: usize| {
        let step = steps.iter().find(|step| (step.line..=step.end).contains(&line));
        step.is_some_and(|step| matches!(step.word.as_str(), "FROM" | "COPY" | "ADD" | "RUN"))
    };
    let put = |(at, line): (usize, &str)| match names(at + 1) {
        true => places.replace_all(line, format!("${{1}}{other}${{2}}")).into_owned(),
        false => line.to_owned(),
    };
    text.split_inclusive('\n').enumerate().map(put).collect()
}

/// The merged text, in which the numbers that a person calls stages by are those of the same stages as in `ours`. dockgen calls
/// none by a number.
pub fn renumbered(ours: &str, merged: &str) -> String {
    let (Ok(own), Ok(now)) = (steps(ours), steps(merged)) else { return merged.to_owned() };
    let (own, froms) = (froms(&own), froms(&now));
    let moved = |number: usize| {
        let to = froms.iter().position(|from| Some(from) == own.get(number))?;
        (to != number).then_some(to)
    };
    let names = |line: usize| {
        let step = now.iter().find(|step| (step.line..=step.end).contains(&line));
        step.is_some_and(|step| step.origins().any(|from| from.parse().is_ok_and(|number| moved(number).is_some())))
    };
    let put = |(at, line): (usize, &str)| match names(at + 1) {
        true => NUMBER
            .replace_all(line, |found: &Captures| {
                let to = found[2].parse().ok().and_then(moved).map_or(found[2].to_owned(), |to| to.to_string());
                format!("{}{to}{}", &found[1], &found[3])
            })
            .into_owned(),
        false => line.to_owned(),
    };
    merged.split_inclusive('\n').enumerate().map(put).collect()
}

/// A stage called by its number.
static NUMBER: LazyLock<Regex> = LazyLock::new(|| short(r"(--from=|[,=]from=)(\d+)([\s,]|$)"));

/// The stages in their order, by their names; those without one by their images.
fn froms(steps: &[Step]) -> Vec<String> {
    let froms = steps.iter().filter(|step| step.word == "FROM");
    froms.map(|step| step.stage_name().map_or_else(|| step.rest.clone(), str::to_lowercase)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_stages_move_with_them() {
        let ours =
            "FROM a AS build\nFROM b\nFROM c\nCOPY --from=0 /x /x\nRUN --mount=type=bind,from=1,target=/y true\n";
        let merged = "FROM z AS front\nRUN echo from=0\nFROM a AS build\nFROM b\nFROM c\nCOPY --from=0 /x /x\nRUN --mount=type=bind,from=1,target=/y true\n";
        let right = merged.replace("--from=0", "--from=1").replace(",from=1", ",from=2");
        assert_eq!(renumbered(ours, merged), right);
        assert_eq!(renumbered(ours, ours), ours);
    }
}
