//! Everything that is wrong with the files of a repository: what is stale or gone, and what breaks a rule, whoever wrote it.

use crate::changes::{Change, Fate};
use crate::error::Error;
use crate::facts::Kind;
use crate::lint::structure::{Texts, marker, structure};
use crate::lint::{self, Level, Reason, context, start};
use crate::lock::{self, Lock};
use crate::merge::differences;
use crate::plan::unproven::Unproven;
use crate::repo::Repo;
use crate::service::{Role, Service};
use crate::{Draft, dockerfile, neighbours, news};

/// What is not proven; only told, unless somebody wants no guesses.
pub fn not_proven(draft: &Draft, strict: bool) -> Vec<Reason> {
    let file = draft.service.path(Role::Dockerfile);
    let reason = |open: Unproven| Reason::new("not-proven", &file, None, open.to_string());
    let level = if strict { Level::Warning } else { Level::Note };
    draft.plan.unproven().into_iter().map(|open| Reason { level, ..reason(open) }).collect()
}

/// What a run of `update` would do, as reasons; `refused` says why it would write nothing.
pub fn states(changes: &[Change], lock: &Lock, draft: &Draft, refused: Option<&Error>) -> Vec<Reason> {
    let write = if lock.is_empty() { "dockgen init" } else { "dockgen update" };
    let reason = |change: &Change| {
        let missing = |message: String| Reason::new("missing", &change.path, None, message);
        match change.fate {
            Fate::Replace | Fate::Merge | Fate::Conflict => stale(change, lock, draft),
            Fate::Create => Some(match refused {
                Some(why) if change.role == Role::Dockerfile => {
                    missing(format!("it is not there, and `{write}` does not write it: {}", why.what))
                }
                Some(_) => missing("it is not there, and comes with the Dockerfile".to_owned()),
                None => missing(format!("it is not there; `{write}` writes it")).mended_by(write),
            }),
            Fate::Away => Some(missing(deleted(change.role)).mended_by("dockgen update --restore")),
            Fate::Same | Fate::Foreign | Fate::Adopt | Fate::Held => None,
        }
    };
    let message = "it has a merge conflict; `dockgen update` takes one side and draws the files anew";
    let conflict = || Reason::new("conflict", lock::PATH, None, message).mended_by("dockgen update");
    let of_lock = lock.has_conflict().then(conflict);
    of_lock.into_iter().chain(changes.iter().filter_map(reason)).collect()
}

/// What mends a deletion.
fn deleted(role: Role) -> String {
    let back = "it was deleted; `dockgen update --restore` brings it back";
    match role == Role::Workflow {
        true => format!("{back}, and `dockgen config set ci none` says that there shall be none"),
        false => back.to_owned(),
    }
}

/// Why a file is not as it would be written today. One with markers of a conflict is named by those.
fn stale(change: &Change, lock: &Lock, draft: &Draft) -> Option<Reason> {
    let (before, after) = (change.today.as_deref()?, change.text.as_deref()?);
    if marker(before).is_some() {
        return None;
    }
    let (line, would) = first_difference(before, after)?;
    let mut news = news::since(lock.noted(), draft);
    if news.is_empty() {
        news.extend(news::of_dockgen(lock.noted()));
    }
    let news = if news.is_empty() { String::new() } else { format!("; what changed: {}", news.join("; ")) };
    let reason = |what: String| Reason::new("stale", &change.path, Some(line), format!("{what}{news}"));
    Some(match change.fate {
        Fate::Conflict => reason("`dockgen update` marks a conflict with an edit here".to_owned()),
        _ => reason(format!("`dockgen update` {would}")).mended_by("dockgen update"),
    })
}

/// The first line, from 1, that becomes another, and what becomes of it.
fn first_difference(before: &str, after: &str) -> Option<(usize, String)> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let ops = differences(&old, &new);
    let op = ops.iter().find(|op| op.tag() != similar::DiffTag::Equal)?;
    let would = match (said(new.get(op.new_range())), said(old.get(op.old_range()))) {
        (Some(line), _) => format!("writes `{line}` here"),
        (None, Some(line)) => format!("takes `{line}` away"),
        (None, None) => "changes blank lines here".to_owned(),
    };
    Some((op.old_range().start.min(old.len().saturating_sub(1)) + 1, would))
}

/// The first line that is not blank.
fn said<'a>(lines: Option<&[&'a str]>) -> Option<&'a str> {
    lines?.iter().map(|line| line.trim()).find(|line| !line.is_empty())
}

/// What breaks a rule in the documents as they stand, or would stand. A Dockerfile of somebody else's never made dockgen's
/// promises: of these it is only told. Without a draft it is somebody else's.
pub fn written<'a>(
    service: &Service,
    repo: &Repo,
    draft: Option<&Draft>,
    lock: &Lock,
    text: impl Fn(Role) -> Option<&'a str>,
) -> Vec<Reason> {
    let dockerfile = text(Role::Dockerfile);
    let ignore = [Role::OwnIgnore, Role::Ignore].into_iter().find_map(|role| Some((service.path(role), text(role)?)));
    let is_own = |draft: &&Draft| {
        let is_known = lock.base(&service.path(Role::Dockerfile)).is_some();
        is_known || dockerfile.is_none_or(|text| text == draft.text(Role::Dockerfile))
    };
    let own = draft.filter(is_own);
    let dockerignore = ignore.as_ref().map(|(_, text)| *text);
    let texts = Texts { service, dockerfile, dockerignore, workflow: text(Role::Workflow) };
    let mut reasons = structure(&texts, repo);
    let usual = service.path(Role::Ignore);
    for reason in reasons.iter_mut().filter(|reason| reason.file == usual) {
        reason.file = ignore.as_ref().map_or(&usual, |(path, _)| path).clone();
    }
    reasons.extend(of_dockerfile(&texts, repo, own));
    if let (Some((place, ignore)), Some(draft)) = (&ignore, own) {
        let is_told = |reason: &Reason| reasons.iter().any(|told| told.rule == reason.rule && names_same(told, reason));
        let reads = context::hidden_reads(repo, ignore, place, &draft.reads);
        reasons.extend(reads.into_iter().filter(|reason| !is_told(reason)).collect::<Vec<_>>());
    }
    if let Some(ignore) = text(Role::Ignore).filter(|_| lock.base(&usual).is_some()) {
        reasons.extend(context::hidden_from_others(repo, service, ignore));
    }
    if own.is_none() {
        reasons.iter_mut().filter(|reason| is_promise(reason)).for_each(|reason| reason.level = Level::Note);
    }
    reasons
}

/// Whether both speak of the same path.
fn names_same(one: &Reason, other: &Reason) -> bool {
    let path = |reason: &Reason| reason.message.split('`').nth(1).map(str::to_owned);
    path(one) == path(other)
}

/// What only dockgen's own files promise. A name that no stage has may be a context that the call of the build names.
fn is_promise(reason: &Reason) -> bool {
    matches!(
        reason.rule,
        "root-user"
            | "secret"
            | "unpinned-base"
            | "package-manager-as-init"
            | "end-of-life"
            | "unknown-tag"
            | "unknown-stage"
    )
}

/// `own`: the draft that the Dockerfile comes from; `None` where it is somebody else's.
fn of_dockerfile(texts: &Texts, repo: &Repo, own: Option<&Draft>) -> Vec<Reason> {
    let (file, text) = (texts.service.path(Role::Dockerfile), texts.dockerfile.unwrap_or_default());
    let Ok(steps) = dockerfile::steps(text) else { return Vec::new() };
    let mut reasons = lint::promises(&file, text);
    let is_elsewhere =
        own.is_none() && (context::has_other_contexts(repo) || !neighbours::is_built_here(repo, texts.service, &steps));
    if !is_elsewhere {
        reasons.extend(context::missing(&file, &steps, repo));
        reasons.extend(start::missing(&file, &steps, repo, texts.dockerignore));
    }
    if let Some(draft) = own {
        let generated = draft.text(Role::Dockerfile);
        let manifests = draft.plan.facts.iter().filter_map(|fact| match &fact.kind {
            Kind::Manifest(path) if generated.contains(path.as_str()) => Some(path.as_str()),
            _ => None,
        });
        reasons.extend(context::unseen_manifests(&file, &steps, repo, &manifests.collect::<Vec<_>>()));
    }
    reasons
}

/// The last line of a run of `check`: how many were found, and which commands mend how many of them.
pub fn summary(reasons: &[Reason]) -> String {
    let notes = reasons.iter().filter(|reason| reason.level == Level::Note).count();
    let found = reasons.len() - notes;
    let told = match notes {
        0 => String::new(),
        1 => "; 1 note".to_owned(),
        count => format!("; {count} notes"),
    };
    if found == 0 {
        return format!("the files are up to date and keep their promises{told}");
    }
    let mut commands: Vec<&str> = reasons.iter().filter_map(|reason| reason.mend).collect();
    commands.sort_unstable();
    commands.dedup();
    let mends = |command: &&str| {
        let count = reasons.iter().filter(|reason| reason.mend == Some(command)).count();
        match count == found {
            true => format!("; `{command}` mends {}", if found == 1 { "it" } else { "them" }),
            false => format!("; `{command}` mends {count} of them"),
        }
    };
    format!("{found} found{}{told}", commands.iter().map(mends).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_promises_what_holds() {
        let stale = Reason::new("stale", "a", None, "x").mended_by("dockgen update");
        let gone = Reason::new("missing", "b", None, "x").mended_by("dockgen update --restore");
        let own = Reason::new("root-user", "a", None, "x");
        let told = Reason { level: Level::Note, ..own.clone() };
        assert_eq!(summary(&[]), "the files are up to date and keep their promises");
        assert_eq!(summary(std::slice::from_ref(&told)), "the files are up to date and keep their promises; 1 note");
        assert_eq!(summary(std::slice::from_ref(&own)), "1 found");
        assert_eq!(summary(std::slice::from_ref(&stale)), "1 found; `dockgen update` mends it");
        assert_eq!(summary(&[stale.clone(), stale.clone()]), "2 found; `dockgen update` mends them");
        assert_eq!(
            summary(&[stale, gone, own, told]),
            "3 found; `dockgen update` mends 1 of them; `dockgen update --restore` mends 1 of them; 1 note"
        );
    }

    #[test]
    fn the_first_line_that_changes_is_named() {
        let first = |before, after| first_difference(before, after).unwrap();
        assert_eq!(first("a\nb\n", "a\nc\n"), (2, "writes `c` here".to_owned()));
        assert_eq!(first("a\nb\n", "a\n"), (2, "takes `b` away".to_owned()));
        assert_eq!(first("a\n", "a\n\nb\n"), (1, "writes `b` here".to_owned()));
        assert_eq!(first_difference("a\n", "a\n"), None);
    }
}
