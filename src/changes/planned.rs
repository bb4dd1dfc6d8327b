//! A draft and what it changes, where a line of a person's decides with.

use super::Change;
use crate::Draft;
use crate::facts::{Evidence, Strength};
use crate::lock::Lock;
use crate::plan::topic;
use crate::repo::Repo;
use crate::wishes::Wishes;

/// A draft and what `compare` makes of it. Where a line of a person's needs a shell, and only the new runtime has none, the
/// one of before stays, and a warning says so.
pub fn planned(
    draft: Draft,
    repo: &Repo,
    lock: &Lock,
    compare: impl Fn(&Draft) -> Vec<Change>,
) -> (Draft, Vec<Change>) {
    let changes = compare(&draft);
    if let Some(other) = with_shell(&changes, repo, &draft, lock) {
        let again = compare(&other);
        if needs_shell(&again).is_none() {
            return (other, again);
        }
    }
    (draft, changes)
}

/// The instruction of a person's that the new runtime has no shell for.
fn needs_shell(changes: &[Change]) -> Option<String> {
    let change = changes.iter().find(|change| change.problems.iter().any(|problem| problem.rule == "no-shell"))?;
    let message = &change.problems.iter().find(|problem| problem.rule == "no-shell")?.message;
    Some(message.split('`').nth(1)?.to_owned())
}

/// The draft with the runtime that was chosen last, where nobody asked for another.
fn with_shell(changes: &[Change], repo: &Repo, draft: &Draft, lock: &Lock) -> Option<Draft> {
    let wishes = &draft.wishes;
    let word = needs_shell(changes)?;
    let noted = lock.noted().decision.iter().find(|decision| decision.topic == topic::RUNTIME)?;
    let runtime = noted.value.split(' ').next()?.to_owned();
    if wishes.runtime.as_ref().is_some_and(|wish| wish != "auto") {
        return None;
    }
    let mut draft =
        crate::draft_of(repo, &draft.service, &Wishes { runtime: Some(runtime.clone()), ..wishes.clone() }).ok()?;
    let sentence = format!("the runtime stays `{runtime}`: a `{word}` of yours in the last stage needs a shell");
    if let Some(decision) = draft.plan.decisions.iter_mut().find(|decision| decision.topic == topic::RUNTIME) {
        decision.reason = format!("a `{word}` of yours needs a shell");
        decision.evidence = Evidence::new("Dockerfile", &word, Strength::Stated);
    }
    draft.plan.warnings.push(sentence);
    draft.wishes = wishes.clone();
    Some(draft)
}
