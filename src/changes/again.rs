//! What was merged is read again: what is wrong now and was not before is mended where that is known, else marked.

use std::collections::BTreeSet;

use super::{Change, Fate};
use crate::dockerfile::{Step, steps};
use crate::lint::structure::{Texts, foreign_digests, structure};
use crate::lint::{Reason, promises};
use crate::merge::{conflict, line_end};
use crate::repo::Repo;
use crate::service::{Role, Service};

/// Reads all documents as they would stand, and mends or marks what the changes broke.
pub fn read_again(service: &Service, changes: &mut [Change], repo: &Repo) {
    if changes.iter().all(|change| change.text.is_none()) || !changes.iter().any(is_kept) {
        return;
    }
    if let Some(dockerfile) = changes.iter_mut().find(|change| change.role == Role::Dockerfile) {
        drop_digests(dockerfile);
    }
    let before: BTreeSet<(&str, String)> = judged(service, changes, false, repo).into_iter().map(told).collect();
    let new = judged(service, changes, true, repo);
    for reason in new.into_iter().rev().filter(|reason| !before.contains(&told(reason.clone()))) {
        let ignores = |change: &&mut Change| change.role.is_ignore() && is_kept(change);
        let place = match reason.rule {
            "hidden-input" => changes.iter_mut().find(ignores),
            _ => None,
        };
        match place {
            Some(ignore) => show(ignore, &reason),
            None => {
                if let Some(change) = changes.iter_mut().find(|change| change.path == reason.file) {
                    mark(change, reason);
                }
            }
        }
    }
}

/// Whether it is a file of dockgen's that is there already: what somebody else's or a new one breaks is no merge's fault.
fn is_kept(change: &Change) -> bool {
    matches!(change.fate, Fate::Same | Fate::Replace | Fate::Merge | Fate::Conflict)
}

/// A reason without what a merge moves: its line, and the image that a shell is missing in.
fn told(reason: Reason) -> (&'static str, String) {
    match reason.rule {
        "no-shell" => (reason.rule, String::new()),
        rule => (rule, reason.message),
    }
}

/// What is wrong with the documents as they stand today, or afterwards.
fn judged(service: &Service, changes: &[Change], afterwards: bool, repo: &Repo) -> Vec<Reason> {
    let text = |role: Role| {
        let change = changes.iter().find(|change| change.role == role)?;
        let text = if afterwards { change.after() } else { change.today.as_deref() };
        // An unchanged workflow is as it was, but for a stage that it may name.
        text.filter(|text| role != Role::Workflow || change.text.is_some() || text.contains("target:"))
    };
    let texts = Texts::new(service, text);
    let mut reasons = structure(&texts, repo);
    let unpinned = texts.dockerfile.map(|text| promises(&service.path(Role::Dockerfile), text)).unwrap_or_default();
    reasons.extend(unpinned.into_iter().filter(|reason| reason.rule == "unpinned-base"));
    reasons.retain(|reason| reason.rule != "conflict");
    let moved = changes.iter().find(|change| change.role == Role::Dockerfile).filter(|_| afterwards).map(moved);
    reasons.extend(moved.unwrap_or_default());
    reasons.sort_by_key(|reason| reason.line);
    reasons
}

/// Takes digests away that belong to another version than the one that is now beside them.
fn drop_digests(change: &mut Change) {
    let (Some(today), Some(text)) = (&change.today, &change.text) else { return };
    let (Ok(before), Ok(after)) = (steps(today), steps(text)) else { return };
    let foreign = foreign_digests(&before, &after);
    let mended = |(at, line): (usize, &str)| match foreign.iter().find(|(of, _)| *of == at + 1) {
        Some((_, image)) => match image.split_once('@') {
            Some((_, digest)) => line.replace(&format!("@{digest}"), ""),
            None => line.to_owned(),
        },
        None => line.to_owned(),
    };
    let text = text.split_inclusive('\n').enumerate().map(mended).collect();
    let notes = foreign.iter().map(|(line, image)| {
        let (tag, digest) = image.split_once('@').unwrap_or((image, ""));
        let short: String = digest.chars().take(19).collect();
        format!(
            "Dockerfile:{line}: the digest `{short}…` was of another version than `{tag}`, and is gone: pin the new one"
        )
    });
    change.notes.extend(notes);
    change.text = Some(text);
}

/// Lines of a person's that stand in another stage than before.
fn moved(change: &Change) -> Vec<Reason> {
    let (Some(today), Some(text)) = (&change.today, &change.text) else { return Vec::new() };
    let (Ok(before), Ok(after), Ok(generated)) = (steps(today), steps(text), steps(&change.generated)) else {
        return Vec::new();
    };
    let same = |a: &Step, b: &Step| (&a.word, &a.rest) == (&b.word, &b.rest);
    let is_lost = |step: &&Step| {
        let own: Vec<&Step> = before.iter().filter(|other| same(other, step)).collect();
        let is_theirs = own.is_empty() || generated.iter().any(|other| same(other, step));
        !is_theirs && !own.iter().any(|other| stage(&before, other) == stage(&after, step))
    };
    let reason = |step: &Step| {
        Reason::new(
            "moved",
            &change.path,
            Some(step.line),
            format!("`{} {}` stood in another stage", step.word, step.rest),
        )
    };
    after.iter().filter(|step| step.word != "FROM").filter(is_lost).map(reason).collect()
}

/// The name of a step's stage; one without a name by its place from the end.
fn stage(steps: &[Step], step: &Step) -> Option<String> {
    let from = steps.iter().find(|other| other.stage == step.stage && other.word == "FROM")?;
    let last = steps.iter().filter_map(|step| step.stage).max()?;
    Some(from.stage_name().map_or_else(|| (last - from.stage.unwrap_or_default()).to_string(), str::to_ascii_lowercase))
}

/// Marks the instruction, or the line, that is wrong: as the person's where the person wrote it.
fn mark(change: &mut Change, reason: Reason) {
    let Some(text) = change.after().map(str::to_owned) else { return };
    if !is_kept(change) {
        return;
    }
    let end = line_end(&text);
    let owned = |text: &str| text.split_inclusive('\n').map(str::to_owned).collect::<Vec<_>>();
    let lines = owned(&text);
    let steps = steps(&text).unwrap_or_default();
    let step = reason.line.map(|line| {
        steps
            .iter()
            .find(|step| (step.line..=step.end).contains(&line))
            .map_or(line..line + 1, |step| step.line..step.end + 1)
    });
    change.text = Some(match step.filter(|range| range.end - 1 <= lines.len()) {
        Some(range) => {
            let (head, rest) = lines.split_at(range.start - 1);
            let (own, tail) = rest.split_at(range.len());
            let is_dockgens = own.iter().all(|line| change.generated.lines().any(|new| new.trim() == line.trim()));
            let marked = if is_dockgens { conflict(&[], own, end) } else { conflict(own, &[], end) };
            [head.concat(), marked, tail.concat()].concat()
        }
        None => conflict(&owned(change.today.as_deref().unwrap_or_default()), &owned(&change.generated), end),
    });
    change.fate = Fate::Conflict;
    change.problems.insert(0, reason);
}

/// Marks at the end of a .dockerignore what would let the hidden path in.
fn show(ignore: &mut Change, reason: &Reason) {
    let Some(text) = ignore.after() else { return };
    let path = reason.message.split('`').nth(1).unwrap_or_default().trim_start_matches("./");
    let end = line_end(text);
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { end };
    let line = format!("!{}{end}", crate::dockerignore::literal(path));
    if text.contains(&line) {
        return;
    }
    ignore.text = Some(format!("{text}{gap}{}", conflict(&[], &[line], end)));
    ignore.fate = Fate::Conflict;
    ignore.problems.insert(0, reason.clone());
}
