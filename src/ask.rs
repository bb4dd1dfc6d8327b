//! The interactive session. The only file that prompts.

use std::io::IsTerminal;

use inquire::error::InquireError;
use inquire::validator::Validation;
use inquire::{Confirm, CustomType, Select};

use crate::error::{Error, Exit};
use crate::plan::Decision;
use crate::plan::topic;

/// No more questions than these; the rest takes dockgen's answer.
pub const MOST_QUESTIONS: usize = 5;

/// A choice that leads to a free answer.
const OTHER: &str = "another port";

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
        "port" => "On which port does it listen?",
        "package-manager" => "Which package manager counts?",
        "runtime" => "Which image should it run in?",
        "toolchain" => "Which version?",
        _ => "What is the image's name?",
    };
    let mut options = decision.options.clone();
    if decision.topic == topic::PORT {
        options.push(OTHER.to_owned());
    }
    let help = format!("{} ({})", decision.reason, decision.evidence);
    let answer = Select::new(prompt, options).with_help_message(&help).prompt().map_err(gone)?;
    if answer == OTHER {
        let port = CustomType::<u16>::new("Port:").with_validator(|port: &u16| {
            Ok(if *port == 0 {
                Validation::Invalid("a port is a number from 1 to 65535".into())
            } else {
                Validation::Valid
            })
        });
        return port.prompt().map(|port| port.to_string()).map_err(gone);
    }
    Ok(answer)
}

/// Asks once before writing.
///
/// # Errors
/// Where the person goes away.
pub fn may_write(files: usize) -> Result<bool, Error> {
    let what = if files == 1 { "Write this file?".to_owned() } else { format!("Write these {files} files?") };
    Confirm::new(&what).with_default(true).prompt().map_err(gone)
}

fn gone(error: InquireError) -> Error {
    match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => {
            Error { exit: Exit::Interrupted, ..Error::no("interrupted; nothing was written") }
        }
        other => Error::usage(format!("cannot ask: {other}")).hint("answer in advance: `dockgen init --yes`"),
    }
}
