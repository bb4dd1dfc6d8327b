//! The one error that reaches a person, and the exit codes.

use std::fmt;

/// What the process says to its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// The answer is no: nothing to write for, a refusal, a conflict, a foreign file.
    No = 1,
    /// Wrong usage, or input that cannot be read, or output that cannot be written.
    Usage = 2,
    /// Interrupted by the person.
    Interrupted = 130,
}

/// A sentence a person can act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What and where, lower case, without a full stop.
    pub what: String,
    /// What to do, something that can be typed.
    pub hint: Option<String>,
    /// How the process ends.
    pub exit: Exit,
    /// Whether the language has nothing to start here, so that another one may.
    pub nothing: bool,
}

impl Error {
    /// The answer is no.
    pub fn no(what: impl Into<String>) -> Self {
        Error { what: what.into(), hint: None, exit: Exit::No, nothing: false }
    }

    /// The language has nothing to start here.
    pub fn nothing(what: impl Into<String>) -> Self {
        Error { nothing: true, ..Error::no(what) }
    }

    /// Input or usage is wrong.
    pub fn usage(what: impl Into<String>) -> Self {
        Error { what: what.into(), hint: None, exit: Exit::Usage, nothing: false }
    }

    /// The same with a hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A word as a person can type it in a shell: a name of the repository in a command of a hint.
pub fn typed(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| word.escape_debug().to_string(), |quoted| quoted.into_owned())
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Error {}
