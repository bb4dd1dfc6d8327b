//! What changed in a repository since the files were generated, a sentence each.

use std::collections::BTreeSet;

use crate::Draft;
use crate::facts::Kind;
use crate::lock::Noted;

/// Decisions that came out otherwise, and testimonies that came or went.
pub fn since(noted: &Noted, draft: &Draft) -> Vec<String> {
    let mut news = Vec::new();
    let mut told = BTreeSet::new();
    for decision in &draft.decisions {
        let before = noted.decision.iter().find(|before| before.topic == decision.topic);
        match before {
            Some(before) if before.value != decision.value => {
                told.insert(decision.topic);
                let why = format!(
                    "{}: {} gave way to {} ({})",
                    decision.topic, before.value, decision.value, decision.evidence
                );
                news.push(why);
            }
            None if !noted.decision.is_empty() => {
                news.push(format!("{}: {} is new ({})", decision.topic, decision.value, decision.evidence));
            }
            _ => {}
        }
    }
    if noted.fact.is_empty() {
        return news;
    }
    let now: BTreeSet<String> = facts(draft).collect();
    let before: BTreeSet<String> = noted.fact.iter().cloned().collect();
    news.extend(now.difference(&before).map(|fact| format!("new: {fact}")));
    news.extend(before.difference(&now).map(|fact| format!("gone: {fact}")));
    news
}

/// The testimonies as the lock keeps them: what they say and where.
pub fn facts(draft: &Draft) -> impl Iterator<Item = String> {
    // What the decisions tell already, with the value that won, is left out.
    let told = |kind: &Kind| matches!(kind, Kind::Toolchain(_) | Kind::Manager(..) | Kind::Entry(_) | Kind::Port(_));
    let stated =
        draft.facts.iter().filter(move |fact| !told(&fact.kind)).map(|fact| match fact.evidence.file.is_empty() {
            true => fact.kind.to_string(),
            false => format!("{} (`{}`)", fact.kind, fact.evidence.file),
        });
    let needs = draft.needs.iter().filter(|need| !need.evidence.file.is_empty());
    stated.chain(needs.map(|need| format!("needs {} (`{}`)", need.id, need.evidence.file)))
}
