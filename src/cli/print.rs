//! What the commands say: the product on standard output, everything for people on standard error.

use std::io::{ErrorKind, Write};

use anstyle::{AnsiColor, Style};

use crate::changes::{Change, Fate};
use crate::error::Error;
use crate::lint::{Level, Reason};
use crate::render::sinks::is_unseen;

/// The style of a word that says something good.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// The style of a word that warns.
pub const WARN: Style = AnsiColor::Yellow.on_default();
/// The style of a word that says no.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// The style of what is beside the point.
pub const DIM: Style = Style::new().dimmed();

/// The version of the objects that `--json` prints; it grows with incompatible changes only.
const OUTPUT: u32 = 1;

/// Sets when colours are used, for both streams.
pub fn colour(choice: clap::ColorChoice) {
    let choice = match choice {
        clap::ColorChoice::Auto => return,
        clap::ColorChoice::Always => anstream::ColorChoice::Always,
        clap::ColorChoice::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
}

/// Prints the product. A reader that went away is no error.
///
/// # Errors
/// Where it cannot be written, such as on a full disk.
pub fn product(text: &str) -> Result<(), Error> {
    bytes(text.as_bytes())
}

/// Prints an object of `docs/output.schema.json` with its version.
///
/// # Errors
/// As for [`product`].
pub fn json(mut value: serde_json::Value) -> Result<(), Error> {
    if let Some(map) = value.as_object_mut() {
        map.shift_insert(0, "schema".to_owned(), OUTPUT.into());
    }
    product(&format!("{value:#}\n"))
}

/// Prints the product as it is.
///
/// # Errors
/// As for [`product`].
pub fn bytes(bytes: &[u8]) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    arrived(out.write_all(bytes).and_then(|()| out.flush()))
}

/// Prints the product with its colours, where they are wanted.
///
/// # Errors
/// As for [`product`].
pub fn coloured(text: &str) -> Result<(), Error> {
    let mut out = anstream::stdout().lock();
    arrived(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Prints the help or the version that was asked for, or what is wrong with the arguments.
///
/// # Errors
/// As for [`product`].
pub fn clap(error: &clap::Error) -> Result<(), Error> {
    arrived(error.print().and_then(|()| std::io::stdout().flush()))
}

fn arrived(written: std::io::Result<()>) -> Result<(), Error> {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Error::usage(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Tells a person something.
pub fn say(line: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

/// Tells a person something of some length: words that do not fit on the terminal go to a line of their own.
pub fn wrapped(indent: &str, style: Style, text: &str) {
    let width = terminal_size::terminal_size_of(std::io::stderr()).map_or(usize::MAX, |(width, _)| width.0.into());
    let mut line = String::new();
    for word in printable(text).split(' ') {
        let length = [indent, &line, word].iter().map(|part| part.chars().count()).sum::<usize>();
        if !line.is_empty() && length + 1 > width {
            say(&format!("{indent}{style}{line}{style:#}"));
            line.clear();
        }
        line.push_str(if line.is_empty() { "" } else { " " });
        line.push_str(word);
    }
    say(&format!("{indent}{style}{line}{style:#}"));
}

/// Tells a person what went wrong and what to do.
pub fn error(error: &Error) {
    say(&format!("{BAD}error:{BAD:#} {}", printable(&error.what)));
    if let Some(hint) = &error.hint {
        say(&format!("{GOOD}hint:{GOOD:#} {}", printable(hint)));
    }
}

/// Tells a person about a risk.
pub fn warning(text: &str) {
    say(&format!("{WARN}warning:{WARN:#} {}", printable(text)));
}

/// A reason as a line for people.
pub fn line(reason: &Reason) -> String {
    let place = reason.line.map_or_else(|| reason.file.clone(), |line| format!("{}:{line}", reason.file));
    let note = if reason.level == Level::Note { "note: " } else { "" };
    format!("{place}: {note}{} [{}]", reason.message, reason.rule)
}

/// A finding: a note as it is, anything worse as a warning.
pub fn finding(reason: &Reason) {
    match reason.level {
        Level::Note => say(&printable(&line(reason))),
        _ => warning(&line(reason)),
    }
}

/// What comes from a repository must not steer the terminal.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if is_unseen(c) && c != '\n' { '\u{fffd}' } else { c }).collect()
}

/// A diff with colours.
pub fn diff(text: &str) -> String {
    let paint = |line: &str| {
        let style = match line.as_bytes().first() {
            Some(b'+') => GOOD,
            Some(b'-') => AnsiColor::Red.on_default(),
            Some(b'@') => DIM,
            _ => Style::new(),
        };
        format!("{style}{}{style:#}\n", printable(line))
    };
    text.lines().map(paint).collect()
}

/// What happened, or would happen, to each file.
pub fn changes(changes: &[Change], wrote: bool) {
    for change in changes {
        let (style, word) = match (change.fate, wrote) {
            (Fate::Create, true) => (GOOD, "wrote"),
            (Fate::Create, false) => (GOOD, "would write"),
            (Fate::Replace, true) => (GOOD, "updated"),
            (Fate::Merge, true) => (GOOD, "merged into"),
            (Fate::Replace | Fate::Merge, false) => (GOOD, "would update"),
            (Fate::Same, _) => (DIM, "is up to date:"),
            (Fate::Adopt, true) => (GOOD, "took in, unchanged:"),
            (Fate::Adopt, false) => (GOOD, "would take in, unchanged:"),
            (Fate::Conflict, true) => (WARN, "has conflicts to resolve:"),
            (Fate::Conflict, false) => (WARN, "would have conflicts:"),
            (Fate::Away, _) => (WARN, "was deleted and stays away (`dockgen update --restore` brings it back):"),
            (Fate::Foreign, _) => {
                (WARN, "left alone, not dockgen's (`dockgen init --adopt` takes it in, `--force` replaces it):")
            }
            (Fate::Held, _) => (WARN, "not written:"),
        };
        let why = change.why.as_ref().map_or_else(String::new, |why| format!(": {}", printable(why)));
        say(&format!("  {style}{word}{style:#} {}{why}", change.path));
        for problem in &change.problems {
            warning(&format!("{}: merged without a mark this would be wrong: {}", change.path, problem.message));
        }
        change.notes.iter().for_each(|note| warning(note));
    }
}
