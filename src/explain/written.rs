//! The Dockerfile as it stands on the disk, step by step: whose it is, what it is for, what was decided about it.

use std::fmt::Write;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};
use similar::DiffTag;

use crate::Draft;
use crate::dockerfile::{Step, steps};
use crate::format::Fault;
use crate::merge::differences;

/// A row of `templates/rules.toml`: why such an instruction stands there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    word: String,
    #[serde(default)]
    place: Option<Place>,
    #[serde(default)]
    text: Option<String>,
    why: String,
    #[serde(default)]
    topics: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Place {
    Head,
    Build,
    Last,
}

static RULES: LazyLock<Vec<(Rule, Option<Regex>)>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    struct Rows {
        rule: Vec<Rule>,
    }
    let rows: Rows = crate::catalog::parse("rules.toml", include_str!("../../templates/rules.toml"));
    let compiled = |rule: Rule| {
        let text = rule.text.as_deref().map(crate::source::pattern);
        (rule, text)
    };
    rows.rule.into_iter().map(compiled).collect()
});

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
    pub why: Option<&'static str>,
    /// The topics of the decisions behind it.
    pub topics: Vec<&'static str>,
    /// The needs that it meets, by their ids.
    pub needs: Vec<String>,
}

/// Explains every step of `text`; `base` is what dockgen generated last.
///
/// # Errors
/// Where the text is no Dockerfile.
pub fn explain(text: &str, base: Option<&str>, draft: &Draft) -> Result<Vec<Written>, Fault> {
    let yours = yours(base.unwrap_or_default(), text);
    let steps = steps(text)?;
    let last = steps.iter().filter_map(|step| step.stage).max();
    Ok(steps.iter().map(|step| written(step, &yours, last, draft)).collect())
}

fn written(step: &Step, yours: &[bool], last: Option<usize>, draft: &Draft) -> Written {
    let own = yours.get(step.line - 1..step.end).unwrap_or_default();
    let author = match (own.iter().all(|yours| *yours), own.iter().any(|yours| *yours)) {
        (true, _) => Author::You,
        (false, true) => Author::Edited,
        (false, false) => Author::Dockgen,
    };
    let place = match step.stage {
        None => Place::Head,
        Some(_) if step.stage == last => Place::Last,
        Some(_) => Place::Build,
    };
    let rule = RULES.iter().map(|(rule, text)| (rule, text)).find(|(rule, text)| {
        rule.word == step.word
            && rule.place.is_none_or(|wanted| wanted == place)
            && text.as_ref().is_none_or(|text| text.is_match(&step.rest))
    });
    let rule = rule.map(|(rule, _)| rule).filter(|_| author != Author::You);
    let about = |topic: &&'static str| rule.is_some_and(|rule| rule.topics.iter().any(|about| about == topic));
    let names = |id: &str| match id.rsplit_once(':') {
        Some((_, package)) => step.rest.split(|c: char| c.is_whitespace() || c == ',').any(|word| word == package),
        None => false,
    };
    Written {
        line: step.line,
        end: step.end,
        text: format!("{} {}", step.word, step.rest),
        author,
        why: rule.map(|rule| rule.why.as_str()),
        topics: draft.decisions.iter().map(|decision| decision.topic).filter(about).collect(),
        needs: draft.needs.iter().map(|need| need.id.clone()).filter(|id| names(id)).collect(),
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
        for sentence in [whose, step.why.unwrap_or_default()].into_iter().filter(|sentence| !sentence.is_empty()) {
            let _ = writeln!(out, "      {sentence}");
        }
        for decision in draft.decisions.iter().filter(|decision| step.topics.contains(&decision.topic)) {
            let _ = writeln!(
                out,
                "      {}: {}, {} [{}]",
                decision.topic, decision.value, decision.reason, decision.evidence
            );
        }
        for need in draft.needs.iter().filter(|need| step.needs.contains(&need.id)) {
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
