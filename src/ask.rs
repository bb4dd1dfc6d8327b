//! The interactive session. The only file that prompts.

use std::io::IsTerminal;

use inquire::error::InquireError;
use inquire::validator::Validation;
use inquire::{MultiSelect, Select, Text};

use crate::error::{Error, Exit};
use crate::plan::Decision;
use crate::wishes::Wishes;

/// No more questions than these; the rest takes dockgen's answer.
pub const MOST_QUESTIONS: usize = 5;

/// A choice that leads to a free answer.
const OTHER: &str = "something else";

/// Whether there is somebody to ask: both ends of the conversation are a terminal, and nothing says that it is a
/// machine's.
///
/// # Errors
/// Where somebody is there, and the terminal cannot show a question.
pub fn is_possible() -> Result<bool, Error> {
    #[expect(clippy::disallowed_methods, reason = "the door to the person")]
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let is_there = std::io::stdin().is_terminal() && std::io::stderr().is_terminal() && variable("CI").is_empty();
    if is_there && variable("TERM") == "dumb" {
        return Err(Error::usage("this terminal (`TERM=dumb`) cannot show the question before writing")
            .hint("`--yes` writes without questions, `--dry-run` says what would be written"));
    }
    Ok(is_there)
}

/// Asks one question; the answer is a value for the wish of its topic.
///
/// # Errors
/// Where the person goes away.
pub fn question(decision: &Decision) -> Result<String, Error> {
    let prompt = match decision.topic {
        "lang" => "Which language is the service written in?",
        "entry" => "Which program is the service?",
        "start" => "What is started?",
        "port" => "On which port does it listen?",
        "package-manager" => "Which package manager counts?",
        "runtime" => "Which image should it run in?",
        "toolchain" => "Which version?",
        _ => "What is the image's name?",
    };
    let help = format!("{} ({})", decision.reason, decision.evidence);
    let mut options = decision.options.clone();
    options.push(OTHER.to_owned());
    let answer = Select::new(prompt, options).with_help_message(&help).prompt().map_err(gone)?;
    if answer != OTHER {
        return Ok(answer);
    }
    let is_answer = |text: &str| match Wishes::default().answer(decision.topic, text.trim()) {
        Ok(()) => Ok(Validation::Valid),
        Err(what) => Ok(Validation::Invalid(what.into())),
    };
    let text = Text::new(prompt).with_validator(is_answer).prompt().map_err(gone)?;
    Ok(text.trim().to_owned())
}

/// One of several ways to go on, each with its words; letters choose by the beginning of the words.
fn way<T: Copy>(prompt: &str, ways: &[(&str, T)]) -> Result<T, Error> {
    let begins = |input: &str, _: &&str, words: &str, _: usize| words.starts_with(input).then_some(0);
    let words = ways.iter().map(|(words, _)| *words).collect();
    let at = Select::new(prompt, words).with_scorer(&begins).without_help_message().raw_prompt().map_err(gone)?.index;
    ways.get(at).map(|(_, way)| *way).ok_or_else(|| Error::usage("there is no such answer"))
}

/// What a person wants of what was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// It is written.
    Write,
    /// The difference is shown, and the question comes again.
    Difference,
    /// An answer is given anew.
    Change,
    /// Nothing is written.
    Stop,
}

/// Asks once before writing.
///
/// # Errors
/// Where the person goes away.
pub fn last(files: usize, can_change: bool) -> Result<Wanted, Error> {
    let what = if files == 1 { "Write this file?".to_owned() } else { format!("Write these {files} files?") };
    let mut ways = vec![("yes", Wanted::Write), ("difference: show it first", Wanted::Difference)];
    ways.extend(can_change.then_some(("change an answer", Wanted::Change)));
    ways.push(("no, stop", Wanted::Stop));
    way(&what, &ways)
}

/// What becomes of files that are somebody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theirs {
    /// They stay.
    Keep,
    /// They stay, and later changes are merged into them.
    Adopt,
    /// They give way.
    Replace,
    /// The difference is shown, and the question comes again.
    Difference,
}

/// Asks what becomes of files that are there and not dockgen's.
///
/// # Errors
/// Where the person goes away.
pub fn theirs(paths: &[&str]) -> Result<Theirs, Error> {
    let (names, are) = (paths.join("`, `"), if paths.len() == 1 { "is" } else { "are" });
    let ways = [
        ("keep what is there", Theirs::Keep),
        ("adopt: it stays, and later changes are merged into it", Theirs::Adopt),
        ("replace it", Theirs::Replace),
        ("difference: show it first", Theirs::Difference),
    ];
    way(&format!("`{names}` {are} there already, and not dockgen's:"), &ways)
}

/// Asks which of these answers is given anew; its place among them.
///
/// # Errors
/// Where the person goes away.
pub fn which(answers: &[String]) -> Result<usize, Error> {
    let answers = answers.iter().map(String::as_str).collect();
    Ok(Select::new("Which answer?", answers).raw_prompt().map_err(gone)?.index)
}

/// Asks which of these are meant; their places. `ticked` are so from the beginning.
///
/// # Errors
/// Where the person goes away.
pub fn several(prompt: &str, labels: &[String], ticked: &[usize]) -> Result<Vec<usize>, Error> {
    let labels = labels.iter().map(String::as_str).collect();
    let chosen = MultiSelect::new(prompt, labels).with_default(ticked).raw_prompt().map_err(gone)?;
    Ok(chosen.into_iter().map(|option| option.index).collect())
}

fn gone(error: InquireError) -> Error {
    match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => {
            Error { exit: Exit::Interrupted, ..Error::no("interrupted; nothing was written") }
        }
        other => Error::usage(format!("cannot ask: {other}")).hint("answer in advance: `dockgen init --yes`"),
    }
}
