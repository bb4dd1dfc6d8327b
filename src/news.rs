//! What changed in a repository since the files were generated, a sentence each.

use std::collections::BTreeSet;

use crate::Draft;
use crate::facts::Kind;
use crate::lock::Noted;

/// The topics that say what is started.
const PROGRAM: [&str; 3] = ["entry", "start", "server"];

/// Decisions that came out otherwise, those about what is started first, and testimonies that came or went.
pub fn since(noted: &Noted, draft: &Draft) -> Vec<String> {
    let mut news = started(noted, draft);
    news.extend(decided(noted, draft, |topic| !PROGRAM.contains(&topic)));
    if noted.fact.is_empty() {
        return news;
    }
    let now: BTreeSet<String> = facts(draft).collect();
    let before: BTreeSet<String> = noted.fact.iter().cloned().collect();
    news.extend(now.difference(&before).map(|fact| format!("new: {fact}")));
    news.extend(before.difference(&now).map(|fact| format!("gone: {fact}")));
    news
}

/// What is started otherwise than before.
pub fn started(noted: &Noted, draft: &Draft) -> Vec<String> {
    decided(noted, draft, |topic| PROGRAM.contains(&topic))
}

fn decided(noted: &Noted, draft: &Draft, about: impl Fn(&str) -> bool) -> Vec<String> {
    let mut news = Vec::new();
    for decision in draft.decisions.iter().filter(|decision| about(decision.topic)) {
        let (topic, value, evidence) = (decision.topic, &decision.value, &decision.evidence);
        match noted.decision.iter().find(|before| before.topic == topic) {
            Some(before) if before.value != *value => {
                news.push(format!("{topic}: {} gave way to {value} ({evidence})", before.value));
            }
            None if !noted.decision.is_empty() => news.push(format!("{topic}: {value} is new ({evidence})")),
            _ => {}
        }
    }
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
