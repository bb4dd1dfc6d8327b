//! The programs of a build context that lie in folders of their own.

use std::collections::BTreeSet;

use super::grounds::aside;
use crate::path::{self, is_below};
use crate::plan::topic;
use crate::repo::Repo;
use crate::service::{Role, Service};
use crate::wishes::Wishes;
use crate::{Draft, draft_of, language, neighbours};

/// A program with its language, where that is not the context's own; none stands for the context as a whole, which has one.
pub type Started = (Option<Program>, Option<String>);

/// What is started in a context, and the folder of what its draft starts.
pub fn split(draft: &Draft, repo: &Repo, service: &Service) -> (Vec<Started>, String) {
    let (own, others) = (programs(draft, repo), others(draft, repo, service));
    let home = own.first().map_or_else(String::new, |program| program.place.clone());
    let is_one = own.iter().filter(|program| program.is_tied).count() < 2 && (others.is_empty() || home.is_empty());
    let mut found: Vec<Started> = own.into_iter().map(|it| (Some(it), None)).collect();
    if is_one {
        found.splice(..found.len().min(1), [(None, None)]);
    }
    found.extend(others.into_iter().map(|(program, lang)| (Some(program), Some(lang))));
    (found, home)
}

/// The programs of a context in the languages whose signs are as strong there, where they lie in folders of their own and the one
/// that was drafted has them not inside.
fn others(draft: &Draft, repo: &Repo, service: &Service) -> Vec<(Program, String)> {
    let mut found = Vec::new();
    for id in beside(draft) {
        let wishes = Wishes { lang: Some(id.clone()), entry: None, ..draft.wishes.clone() };
        let Ok(other) = draft_of(repo, service, &wishes) else { continue };
        let own = programs(&other, repo).into_iter().filter(|program| program.is_tied && !program.place.is_empty());
        let sources = neighbours::sources(draft.text(Role::Dockerfile));
        let is_inside = |place: &str| sources.iter().any(|source| is_below(neighbours::plain(source), place));
        found.extend(own.filter(|program| !is_inside(&program.place)).map(|program| (program, id.clone())));
    }
    found
}

/// The languages whose signs are as strong as those of the one that was taken.
pub fn beside(draft: &Draft) -> impl Iterator<Item = &String> {
    let decision = draft.plan.decision(topic::LANG).filter(|_| draft.wishes.lang.is_none());
    decision.into_iter().flat_map(|decision| &decision.options).filter(|id| *id != draft.language.id)
}

/// A program of a build context that lies in a folder of its own.
pub struct Program {
    /// What `--entry` calls it.
    pub name: String,
    /// Its folder.
    pub place: String,
    /// Whether it is as likely as the one that was chosen.
    pub is_tied: bool,
}

/// The programs of a context, the chosen one first; none but one where they share a folder.
pub fn programs(draft: &Draft, repo: &Repo) -> Vec<Program> {
    let Some(entry) = draft.plan.decision(topic::ENTRY) else { return Vec::new() };
    let chosen = (entry.options.first().unwrap_or(&entry.value), &entry.evidence);
    let others = entry.rivals.iter().map(|rival| (&rival.value, &rival.evidence));
    let mut places = BTreeSet::new();
    let mut programs = Vec::new();
    for (name, evidence) in [chosen].into_iter().chain(others) {
        let is_tied = evidence.strength == entry.evidence.strength;
        let named = name.trim_start_matches("./").trim_end_matches('/');
        let place = match (named, repo.has_folder(named)) {
            ("" | ".", _) => String::new(),
            (folder, true) => folder.to_owned(),
            _ if is_tied => home(repo, path::parent(&evidence.file)),
            _ => continue,
        };
        if aside(&place).is_none() && places.insert(place.clone()) {
            programs.push(Program { name: name.clone(), place, is_tied });
        }
    }
    programs
}

/// The nearest folder with a manifest, this one or one above.
fn home(repo: &Repo, folder: &str) -> String {
    let mut folder = folder;
    while !folder.is_empty() && !language::has_sign(repo, folder) {
        folder = path::parent(folder);
    }
    folder.to_owned()
}
