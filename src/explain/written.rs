//! The Dockerfile as it stands on the disk, step by step: whose it is, what it is for, what was decided about it.

use std::fmt::Write;

use serde::Serialize;
use similar::{DiffTag, TextDiff};

use crate::Draft;
use crate::dockerfile::{Step, steps};
use crate::format::Fault;
use crate::merge::differences;
use crate::service::Role;

/// Who wrote a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Author {
    /// dockgen, and nobody changed it.
    Dockgen,
    /// dockgen, and somebody changed a line of it.
    Edited,
    /// Somebody else.
    You,
}

/// A step of the written Dockerfile.
#[derive(Debug, Clone, Serialize)]
pub struct Written {
    /// Its first line, from 1; comments above it belong to it.
    pub line: usize,
    /// Its last line.
    pub end: usize,
    /// The instruction and what follows, continuations joined.
    pub text: String,
    /// Who wrote it.
    pub author: Author,
    /// What it is for; `None` where that is only its author's to say.
    pub why: Option<String>,
    /// The topics of the decisions behind it.
    pub topics: Vec<&'static str>,
    /// The needs that it meets, by their ids.
    pub needs: Vec<String>,
}

/// An instruction of the draft, with its reasons.
struct Known {
    word: String,
    rest: String,
    stage: Option<String>,
    why: Vec<String>,
    topics: Vec<String>,
}

/// Explains every step of `text`; `base` is what dockgen generated last.
///
/// # Errors
/// Where the text is no Dockerfile.
pub fn explain(text: &str, base: Option<&str>, draft: &Draft) -> Result<Vec<Written>, Fault> {
    let yours = yours(base.unwrap_or_default(), text);
    let steps = steps(text)?;
    let (names, known) = (stages(&steps), known(draft)?);
    let written = steps.iter().map(|step| {
        let author = author(step, &yours);
        let stage = step.stage.and_then(|at| names.get(at)?.as_deref());
        let known = (author != Author::You).then(|| likeliest(step, stage, &known)).flatten();
        written(step, author, known, draft)
    });
    Ok(written.collect())
}

/// The names of the stages.
fn stages(steps: &[Step]) -> Vec<Option<String>> {
    steps.iter().filter(|step| step.word == "FROM").map(|step| step.stage_name().map(str::to_owned)).collect()
}

/// The instructions of the draft; a reason belongs to the first one that ends behind it.
fn known(draft: &Draft) -> Result<Vec<Known>, Fault> {
    let steps = steps(draft.text(Role::Dockerfile))?;
    let names = stages(&steps);
    let mut reasons = draft.reasons.iter().peekable();
    let mut known = Vec::new();
    for step in steps {
        let (mut why, mut topics) = (Vec::new(), Vec::new());
        while let Some(reason) = reasons.next_if(|reason| reason.line <= step.end) {
            why.push(reason.why.clone());
            topics.extend(reason.topics.iter().cloned());
        }
        let stage = step.stage.and_then(|at| names.get(at).cloned().flatten());
        known.push(Known { word: step.word, rest: step.rest, stage, why, topics });
    }
    Ok(known)
}

/// How alike instructions are at least that are taken for the same one.
const ALIKE: f32 = 0.4;

/// The instruction of the draft that a step is, or was before somebody changed it or the repository did: the likest one, rather
/// of the same stage.
fn likeliest<'k>(step: &Step, stage: Option<&str>, known: &'k [Known]) -> Option<&'k Known> {
    let of_word = || known.iter().filter(|it| it.word == step.word);
    let is_same = |it: &&Known| it.stage.as_deref() == stage;
    let exact = || of_word().filter(|it| it.rest == step.rest);
    let alike = |it: &Known| TextDiff::from_chars(it.rest.as_str(), step.rest.as_str()).ratio();
    let ranked = || of_word().map(|it| (alike(it), is_same(&it), it)).filter(|(alike, ..)| *alike >= ALIKE);
    let best = || ranked().max_by(|(a, same_a, _), (b, same_b, _)| a.total_cmp(b).then(same_a.cmp(same_b)));
    exact().find(is_same).or_else(|| exact().next()).or_else(|| best().map(|(.., it)| it))
}

fn author(step: &Step, yours: &[bool]) -> Author {
    let own = yours.get(step.line - 1..step.end).unwrap_or_default();
    match (own.iter().all(|yours| *yours), own.iter().any(|yours| *yours)) {
        (true, _) => Author::You,
        (false, true) => Author::Edited,
        (false, false) => Author::Dockgen,
    }
}

fn written(step: &Step, author: Author, known: Option<&Known>, draft: &Draft) -> Written {
    let about = |topic: &&'static str| known.is_some_and(|it| it.topics.iter().any(|about| about == topic));
    let names = |id: &str| match id.rsplit_once(':') {
        Some((_, package)) => step.rest.split(|c: char| c.is_whitespace() || c == ',').any(|word| word == package),
        None => false,
    };
    Written {
        line: step.line,
        end: step.end,
        text: format!("{} {}", step.word, step.rest),
        author,
        why: known.map(|it| it.why.join("; ")).filter(|why| !why.is_empty()),
        topics: draft.plan.decisions.iter().map(|decision| decision.topic).filter(about).collect(),
        needs: draft.plan.needs.iter().map(|need| need.id.clone()).filter(|id| names(id)).collect(),
    }
}

/// For each line of `text` whether it is not among those of `base`.
fn yours(base: &str, text: &str) -> Vec<bool> {
    let (base, text): (Vec<&str>, Vec<&str>) = (base.lines().collect(), text.lines().collect());
    let mut yours = vec![true; text.len()];
    for op in differences(&base, &text).iter().filter(|op| op.tag() == DiffTag::Equal) {
        yours.get_mut(op.new_range()).unwrap_or_default().fill(false);
    }
    yours
}

/// The step that a line belongs to: comments and blank lines belong to the next one.
pub fn at(steps: Vec<Written>, line: usize) -> Option<Written> {
    steps.into_iter().find(|step| line <= step.end)
}

/// How many characters of a step are shown to people.
const WIDTH: usize = 110;

/// The steps as text for people.
pub fn text(steps: &[Written], draft: &Draft) -> String {
    let mut out = String::new();
    for step in steps {
        let more = if step.text.chars().nth(WIDTH).is_some() { "…" } else { "" };
        let _ = writeln!(out, "{:>4}  {}{more}", step.line, step.text.chars().take(WIDTH).collect::<String>());
        let whose = match step.author {
            Author::You => "yours: dockgen did not write this",
            Author::Edited => "edited by you",
            Author::Dockgen => "",
        };
        for sentence in
            [whose, step.why.as_deref().unwrap_or_default()].into_iter().filter(|sentence| !sentence.is_empty())
        {
            let _ = writeln!(out, "      {sentence}");
        }
        for decision in draft.plan.decisions.iter().filter(|decision| step.topics.contains(&decision.topic)) {
            let _ = writeln!(
                out,
                "      {}: {}, {} [{}]",
                decision.topic, decision.value, decision.reason, decision.evidence
            );
        }
        for need in draft.plan.needs.iter().filter(|need| step.needs.contains(&need.id)) {
            let _ = writeln!(out, "      {}: {} [{}]", need.id, need.reason, need.evidence);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;
    use crate::wishes::Wishes;

    fn draft() -> Draft {
        let files = [("go.mod", "module a/b\n\ngo 1.26\n"), ("main.go", "package main\nfunc main() {}\n")];
        crate::draft(&Repo::from_list("b", files), &Wishes::default()).unwrap()
    }

    #[test]
    fn a_line_is_explained_by_its_rule_and_its_decisions() {
        let draft = draft();
        let base = draft.documents[0].text.clone();
        let edited = base.replace("USER 1001", "RUN true\nUSER 1002").replace("-trimpath", "-race");
        let steps = explain(&edited, Some(&base), &draft).unwrap();
        let step = |begins: &str| steps.iter().find(|step| step.text.starts_with(begins)).unwrap();
        assert_eq!(step("RUN true").author, Author::You);
        assert_eq!(step("RUN true").why, None);
        assert_eq!(step("RUN --mount").author, Author::Edited);
        assert_eq!(step("ARG GO_VERSION").topics, ["toolchain"]);
        assert_eq!(step("ENTRYPOINT").author, Author::Dockgen);
        let line = edited.lines().position(|line| line == "RUN true").unwrap() + 1;
        assert_eq!(at(steps.clone(), line).unwrap().text, "RUN true");
        assert!(at(steps.clone(), 1).unwrap().text.starts_with("ARG"));
        assert!(at(steps, 1000).is_none());
    }

    #[test]
    fn a_file_of_somebody_else_is_all_theirs() {
        let steps = explain("FROM a:1\nUSER 1\n", None, &draft()).unwrap();
        assert!(steps.iter().all(|step| step.author == Author::You));
    }
}
