//! What the readers of task runners share: named lists of shell lines.

/// A task: what somebody types a name for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Task {
    /// Its name.
    pub name: String,
    /// The tasks that run before it.
    pub needs: Vec<String>,
    /// Its lines; each is a shell of its own.
    pub lines: Vec<String>,
    /// The folder in which they run; empty for that of the file.
    pub folder: String,
    /// Variables of their environment.
    pub environment: Vec<(String, String)>,
}

/// Stands for what only the run of a tool can tell.
pub const UNKNOWN: &str = "${?}";

/// No more tasks of one file than this are read.
pub const MOST_TASKS: usize = 500;

/// No text that comes of variables is longer.
pub const LONGEST: usize = 20_000;
