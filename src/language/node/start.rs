//! What the image runs: the words of a start.

use crate::source::{Found, Pattern};

/// What a command line comes down to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// Node with these arguments.
    Node(Vec<String>),
    /// Bun with these arguments.
    Bun(Vec<String>),
    /// Another program.
    Program(Vec<String>),
    /// A line that only a shell can run.
    Shell(String),
    /// Built files are served from this folder, where one is named.
    Files(Option<String>),
    /// Something for the developer's machine; the words that say so.
    Develop(String),
}

impl Default for Start {
    fn default() -> Self {
        Start::Shell(String::new())
    }
}

impl Start {
    /// The words, with the port in the place of `$PORT`; whether there was such a place.
    pub fn fill(&mut self, port: u16) -> bool {
        let (Start::Node(words) | Start::Bun(words) | Start::Program(words)) = self else { return false };
        let open = words.iter().any(|word| word.contains(PORT));
        words.iter_mut().for_each(|word| *word = word.replace(PORT, &port.to_string()));
        open
    }
}

/// A resolved command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolved {
    /// What to run.
    pub start: Start,
    /// The folder that it runs in, relative to the package.
    pub folder: String,
    /// Variables that the line sets.
    pub env: Vec<(String, String)>,
    /// Steps that managers run before it, and the image does not.
    pub hooks: Vec<String>,
    /// Packages that it takes, though they may be for development only.
    pub packages: Vec<String>,
    /// Steps that are left out: they need a database, or the image build has done them.
    pub dropped: Vec<String>,
    /// Steps before the start that make files, and so belong to the build of the image.
    pub makes: Vec<String>,
}

/// Stands for `$PORT` while a line is read.
pub const PORT: &str = "__PORT__";

/// `$PORT` and `${PORT:-3000}` are the only variables that need no shell: the port is known when the image is made.
pub fn with_port(line: &str) -> String {
    static VARIABLE: Pattern = Pattern::new(r"\$(?:PORT\b|\{PORT\}|\{PORT:-([^}]*)\})");
    let value = |found: &Found| found.get(1).map_or(PORT, |value| value.as_str()).to_owned();
    VARIABLE.replace_all(line, value)
}

/// Whether a file is TypeScript by its name.
pub fn is_typescript(file: &str) -> bool {
    [".ts", ".mts", ".cts"].iter().any(|end| file.ends_with(end))
}

/// The file among node's arguments.
pub fn file(args: &[String]) -> Option<&str> {
    let mut words = args.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-r" | "--require" | "--import" | "--loader" | "--experimental-loader" | "-C" | "--conditions" => {
                words.next();
            }
            option if option.starts_with('-') => {}
            file => return Some(file),
        }
    }
    None
}

/// The port among the words of a start: `-p 4000`, `--port=4000`.
pub fn port(args: &[String]) -> Option<u16> {
    let mut words = args.iter().peekable();
    while let Some(word) = words.next() {
        if matches!(word.as_str(), "-p" | "--port") {
            return words.peek()?.parse().ok();
        }
        if let Some(value) = word.strip_prefix("--port=") {
            return value.parse().ok();
        }
    }
    None
}
