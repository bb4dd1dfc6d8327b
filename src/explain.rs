//! The draft, told: facts with their evidence, decisions with their reasons and the rivals that lost.

pub mod written;

use std::fmt::Write;

use crate::Draft;
use written::Written;

/// As text for people; no colours, stable. `steps` are those of the Dockerfile on the disk.
pub fn text(draft: &Draft, steps: &[Written]) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{} ({})", draft.name, draft.language.title);
    let _ = writeln!(out, "\nFacts");
    for fact in &draft.plan.facts {
        let _ = writeln!(out, "  {} [{}] {}", fact.kind, fact.evidence.strength, fact.evidence);
    }
    let _ = writeln!(out, "\nDecisions");
    for decision in &draft.plan.decisions {
        let _ = writeln!(out, "  {}: {}", decision.topic, decision.value);
        let _ = writeln!(out, "    because {} [{}] {}", decision.reason, decision.evidence.strength, decision.evidence);
        for rival in &decision.rivals {
            let _ = match rival.why.as_str() {
                "agrees" => writeln!(out, "    as does {} [{}]", rival.value, rival.evidence),
                why => writeln!(out, "    not {}: {why}", rival.value),
            };
        }
    }
    if !draft.plan.needs.is_empty() {
        let _ = writeln!(out, "\nThe runtime must have");
    }
    for need in &draft.plan.needs {
        let _ = writeln!(out, "  {}: {} [{}] {}", need.id, need.reason, need.evidence.strength, need.evidence);
    }
    if !draft.plan.warnings.is_empty() {
        let _ = writeln!(out, "\nWarnings");
    }
    for warning in &draft.plan.warnings {
        let _ = writeln!(out, "  {warning}");
    }
    if !steps.is_empty() {
        let _ = writeln!(out, "\nDockerfile");
        out.push_str(&written::text(steps, draft));
    }
    out
}

/// As JSON.
pub fn json(draft: &Draft, steps: &[Written]) -> serde_json::Value {
    let facts = draft
        .plan
        .facts
        .iter()
        .map(|fact| serde_json::json!({ "fact": fact.kind.to_string(), "evidence": fact.evidence }));
    serde_json::json!({
        "language": draft.language.id,
        "name": draft.name,
        "facts": facts.collect::<Vec<_>>(),
        "decisions": draft.plan.decisions,
        "needs": draft.plan.needs,
        "warnings": draft.plan.warnings,
        "not_proven": draft.plan.unproven(),
        "documents": draft.documents,
        "steps": steps,
    })
}
