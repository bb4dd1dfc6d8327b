//! What changed in a repository since the files were generated, a sentence each.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::Draft;
use crate::facts::Kind;
use crate::plan::topic;

/// What was known and decided when the files were generated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// The version of dockgen; `None` in locks of before it was noted.
    #[serde(default)]
    pub version: Option<String>,
    /// What was asked for, a line each; `None` in locks of before it was noted.
    #[serde(default)]
    pub wish: Option<Vec<String>>,
    /// Testimonies.
    #[serde(default)]
    pub fact: Vec<String>,
    /// Decisions.
    #[serde(default)]
    pub decision: Vec<NotedDecision>,
}

/// A decision's topic and value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotedDecision {
    /// The topic.
    pub topic: String,
    /// The value.
    pub value: String,
}

impl Noted {
    /// What is known and decided now.
    pub fn of(draft: &Draft) -> Self {
        let mut fact: Vec<String> = facts(draft).collect();
        fact.sort();
        fact.dedup();
        let decision = draft.plan.decisions.iter();
        let decision = decision.map(|it| NotedDecision { topic: it.topic.to_owned(), value: it.value.clone() });
        Noted {
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            wish: Some(draft.wishes.lines()),
            fact,
            decision: decision.collect(),
        }
    }
}

/// The topics that say what is started.
const PROGRAM: [&str; 3] = [topic::ENTRY, topic::START, topic::SERVER];

/// Decisions that came out otherwise, those about what is started first, and wishes and testimonies that came or went.
pub fn since(noted: &Noted, draft: &Draft) -> Vec<String> {
    let mut news = started(noted, draft);
    news.extend(decided(noted, draft, |topic| !PROGRAM.contains(&topic)));
    if let Some(before) = &noted.wish {
        let is_decided =
            |wish: &String| draft.plan.decisions.iter().any(|it| wish.starts_with(&format!("{} = ", it.topic)));
        let wishes = draft.wishes.lines().into_iter().filter(|wish| !is_decided(wish)).collect();
        let before = before.iter().filter(|wish| !is_decided(wish)).cloned().collect();
        news.extend(compared(&before, &wishes, "wished for"));
    }
    if !noted.fact.is_empty() {
        news.extend(compared(&noted.fact.iter().cloned().collect(), &facts(draft).collect(), ""));
    }
    news
}

fn compared(before: &BTreeSet<String>, now: &BTreeSet<String>, what: &str) -> Vec<String> {
    let sentence = |word: &str, line: &String| match what {
        "" => format!("{word}: {line}"),
        what => format!("{word} {what}: `{line}`"),
    };
    let new = now.difference(before).map(|line| sentence("new", line));
    new.chain(before.difference(now).map(|line| sentence("gone", line))).collect()
}

/// Why the same repository gives another text: another dockgen. `None` where that cannot be told.
pub fn of_dockgen(noted: &Noted) -> Option<String> {
    let (before, now) = (noted.version.as_deref()?, env!("CARGO_PKG_VERSION"));
    (before != now).then(|| format!("dockgen {now} writes this otherwise than {before} did"))
}

/// What is started otherwise than before.
pub fn started(noted: &Noted, draft: &Draft) -> Vec<String> {
    decided(noted, draft, |topic| PROGRAM.contains(&topic))
}

fn decided(noted: &Noted, draft: &Draft, about: impl Fn(&str) -> bool) -> Vec<String> {
    let mut news = Vec::new();
    for decision in draft.plan.decisions.iter().filter(|decision| about(decision.topic)) {
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
    let told = |kind: &Kind| {
        matches!(kind, Kind::Toolchain(..) | Kind::Bound(..) | Kind::Manager(..) | Kind::Entry(_) | Kind::Port(_))
    };
    let stated =
        draft.plan.facts.iter().filter(move |fact| !told(&fact.kind)).map(|fact| match fact.evidence.file.is_empty() {
            true => fact.kind.to_string(),
            false => format!("{} (`{}`)", fact.kind, fact.evidence.file),
        });
    let needs = draft.plan.needs.iter().filter(|need| !need.evidence.file.is_empty());
    stated.chain(needs.map(|need| format!("needs {} (`{}`)", need.id, need.evidence.file)))
}
