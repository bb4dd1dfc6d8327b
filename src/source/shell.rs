//! Splits the command lines that people write into scripts and Procfiles.
//!
//! The question is whether a line can be started without a shell, in exec form, and then with which words. What
//! only a shell can do (variables, globs, lists, pipes, redirects) is recognised and not imitated.

use std::iter::Peekable;
use std::str::Chars;

/// A command line, as far as it can be understood without a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// One program with its words; quotes and backslashes are resolved, a leading `exec` is gone.
    Simple {
        /// The assignments before the program, in order.
        env: Vec<(String, String)>,
        /// The program and its arguments; never empty.
        argv: Vec<String>,
    },
    /// Only a shell can run this line, or it is no command at all.
    Shell,
}

/// Words that only a shell knows, as the name of a program.
const BUILTINS: &[&str] = &[
    "!", ".", ":", "[[", "alias", "case", "cd", "do", "done", "elif", "else", "esac", "eval", "exit", "export", "fi",
    "for", "function", "if", "read", "return", "set", "shift", "source", "then", "time", "trap", "ulimit", "umask",
    "unset", "until", "wait", "while", "{", "}",
];

/// Reads a line as the POSIX shell would.
pub fn parse(line: &str) -> Command {
    simple(line.trim()).unwrap_or(Command::Shell)
}

fn simple(line: &str) -> Option<Command> {
    let mut chars = line.chars().peekable();
    let (mut env, mut argv) = (Vec::new(), Vec::new());
    while let Some(word) = word(&mut chars)? {
        match word.assignment() {
            Some(pair) if argv.is_empty() => env.push(pair),
            _ => argv.push(word.text),
        }
    }
    if argv.len() > 1 && argv.first().is_some_and(|first| first == "exec") {
        argv.remove(0);
    }
    let program = argv.first()?;
    let runnable = !program.is_empty() && !program.starts_with('-') && !BUILTINS.contains(&program.as_str());
    runnable.then_some(Command::Simple { env, argv })
}

/// Splits `NAME=value`, where the name is one that a shell accepts.
pub fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (starts_well && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')).then_some((name, value))
}

/// Splits a line at each `&&` that stands outside of quotes and brackets; the parts are trimmed.
pub fn steps(line: &str) -> Vec<&str> {
    split(line, false)
}

/// Splits a line into the steps that run one after the other: at each `&&` and `;` outside of quotes and brackets.
pub fn sequence(line: &str) -> Vec<&str> {
    split(line, true)
}

fn split(line: &str, at_semicolons: bool) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut depth, mut quote) = (0, 0_usize, None);
    let mut chars = line.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (Some('\''), '\'') | (Some('"'), '"') | (Some('`'), '`') => quote = None,
            (None | Some('"' | '`'), '\\') => drop(chars.next()),
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, '&') if depth == 0 && chars.next_if(|(_, next)| *next == '&').is_some() => {
                parts.push(line.get(start..at).unwrap_or_default().trim());
                start = at + 2;
            }
            (None, ';') if depth == 0 && at_semicolons => {
                parts.push(line.get(start..at).unwrap_or_default().trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(line.get(start..).unwrap_or_default().trim());
    parts
}

/// The words of every simple command in a text, in order, as far as they can be read; variables stay as they are written.
pub fn commands(text: &str) -> Vec<Vec<String>> {
    read(text, false)
}

fn read(text: &str, tells_brackets: bool) -> Vec<Vec<String>> {
    let mut reader = Loose::default();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (reader.quote, c) {
            (Some(quote), c) if c == quote => reader.quote = None,
            (None | Some('"'), '\\') => match chars.next() {
                Some('\n') if reader.quote.is_some() => {}
                Some('\n') => reader.end_word(),
                Some(c) => reader.push(c),
                None => {}
            },
            (Some(_), c) => reader.push(c),
            (None, '\'' | '"') => {
                reader.quote = Some(c);
                reader.open = true;
            }
            (None, '#') if !reader.open => drop(chars.by_ref().find(|c| *c == '\n').map(|_| reader.end())),
            (None, '<' | '>') => {
                reader.end_word();
                reader.skip = true;
            }
            (None, '&') if reader.skip && !reader.open => {}
            (None, '\n' | ';' | '&' | '|' | '(' | ')' | '`') => {
                reader.end();
                if tells_brackets && matches!(c, '(' | ')') {
                    reader.done.push(vec![c.to_string()]);
                }
            }
            (None, c) if c.is_whitespace() => reader.end_word(),
            (None, c) => reader.push(c),
        }
    }
    reader.end();
    reader.done
}

/// The same of a script: a bracket that opens or closes a shell of its own is a command for itself, and what another command
/// tells stands as `${?}`.
pub fn script(text: &str) -> Vec<Vec<String>> {
    read(&untold(text), true)
}

/// The text with `$(...)` and what stands in backticks replaced.
fn untold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let end = match c {
            '\\' => {
                out.push(c);
                out.extend(chars.next());
                continue;
            }
            '$' if chars.peek() == Some(&'(') => ')',
            '`' => '`',
            c => {
                out.push(c);
                continue;
            }
        };
        let mut depth = usize::from(end == '`');
        for c in chars.by_ref() {
            depth += usize::from(c == '(' && end == ')');
            depth -= usize::from(c == end);
            if depth == 0 {
                break;
            }
        }
        out.push_str("${?}");
    }
    out
}

/// Reads words without asking whether a shell is needed.
#[derive(Default)]
struct Loose {
    done: Vec<Vec<String>>,
    words: Vec<String>,
    word: String,
    /// Whether a word is begun, be it an empty one.
    open: bool,
    /// Whether the next word is the place of a redirect.
    skip: bool,
    quote: Option<char>,
}

impl Loose {
    fn push(&mut self, c: char) {
        self.word.push(c);
        self.open = true;
    }

    fn end_word(&mut self) {
        let word = std::mem::take(&mut self.word);
        if std::mem::take(&mut self.open) && !std::mem::take(&mut self.skip) {
            self.words.push(word);
        }
    }

    fn end(&mut self) {
        self.end_word();
        self.skip = false;
        if !self.words.is_empty() {
            self.done.push(std::mem::take(&mut self.words));
        }
    }
}

/// A word; `name` is the length of what stands unquoted before its first `=`.
#[derive(Default)]
struct Word {
    text: String,
    name: Option<usize>,
    quoted: bool,
}

impl Word {
    fn assignment(&self) -> Option<(String, String)> {
        self.name?;
        assignment(&self.text).map(|(name, value)| (name.to_owned(), value.to_owned()))
    }
}

/// The next word; `None` where a shell is needed, `Some(None)` at the end.
fn word(chars: &mut Peekable<Chars>) -> Option<Option<Word>> {
    while chars.next_if(|c| matches!(c, ' ' | '\t' | '\r')).is_some() {}
    let mut word = Word::default();
    let mut started = false;
    while let Some(c) = chars.next_if(|c| !matches!(c, ' ' | '\t' | '\r')) {
        match c {
            '\'' => single_quoted(chars, &mut word)?,
            '"' => double_quoted(chars, &mut word)?,
            '\\' => word.text.push(chars.next().filter(|c| *c != '\n')?),
            '~' | '#' if !started => return None,
            '=' if word.name.is_none() && !word.quoted => {
                word.name = Some(word.text.len());
                word.text.push('=');
            }
            '\n' | '\0' | '&' | '|' | ';' | '<' | '>' | '(' | ')' | '$' | '`' | '*' | '?' | '[' => return None,
            _ => word.text.push(c),
        }
        word.quoted |= matches!(c, '\'' | '"' | '\\');
        started = true;
    }
    Some(started.then_some(word))
}

fn single_quoted(chars: &mut Peekable<Chars>, word: &mut Word) -> Option<()> {
    loop {
        match chars.next()? {
            '\'' => return Some(()),
            c => word.text.push(c),
        }
    }
}

fn double_quoted(chars: &mut Peekable<Chars>, word: &mut Word) -> Option<()> {
    loop {
        match chars.next()? {
            '"' => return Some(()),
            '$' | '`' => return None,
            '\\' => match chars.next()? {
                c @ ('"' | '\\' | '$' | '`') => word.text.push(c),
                c => word.text.extend(['\\', c]),
            },
            c => word.text.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn simple(env: &[(&str, &str)], argv: &[&str]) -> Command {
        Command::Simple {
            env: env.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
            argv: argv.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn lines_that_need_no_shell() {
        for (line, env, argv) in [
            ("node index.js", &[][..], &["node", "index.js"][..]),
            ("  node\tindex.js \r\n", &[], &["node", "index.js"]),
            ("NODE_ENV=production node a.js", &[("NODE_ENV", "production")], &["node", "a.js"]),
            ("A='1 2' B=\"x=y\" node", &[("A", "1 2"), ("B", "x=y")], &["node"]),
            ("A= node", &[("A", "")], &["node"]),
            ("node a.js B=1", &[], &["node", "a.js", "B=1"]),
            ("1A=b node", &[], &["1A=b", "node"]),
            ("'A'=b node", &[], &["A=b", "node"]),
            ("exec gunicorn app:app", &[], &["gunicorn", "app:app"]),
            ("exec", &[], &["exec"]),
            (r#"node "a b.js" 'it'\''s' c\ d"#, &[], &["node", "a b.js", "it's", "c d"]),
            (r#"node "say \"hi\" \n""#, &[], &["node", r#"say "hi" \n"#]),
            ("node ''", &[], &["node", ""]),
            ("node a#b a~b", &[], &["node", "a#b", "a~b"]),
            ("./start.sh", &[], &["./start.sh"]),
            ("cross-env A=b node x", &[], &["cross-env", "A=b", "node", "x"]),
        ] {
            assert_eq!(parse(line), simple(env, argv), "{line}");
        }
    }

    #[test]
    fn lines_that_need_a_shell() {
        for line in [
            "",
            "  ",
            "A=b",
            "a && b",
            "a || b",
            "a; b",
            "a &",
            "a | b",
            "a > b",
            "a 2>&1",
            "node $MAIN",
            "node \"$MAIN\"",
            "node `pwd`",
            "node \"`pwd`\"",
            "node *.js",
            "node file?.js",
            "node [ab].js",
            "(node a)",
            "node 'a",
            "node \"a",
            "node a\\",
            "node ~/a",
            "# node",
            "cd app",
            "export A=b",
            "a\nb",
            "node \"a\\",
            "-x",
            "'' a",
        ] {
            assert_eq!(parse(line), Command::Shell, "{line}");
        }
    }

    #[test]
    fn steps_are_split_outside_of_quotes_and_brackets() {
        for (line, parts) in [
            ("a && b", &["a", "b"][..]),
            ("a&&b &&c", &["a", "b", "c"]),
            ("a '&&' b && \"&& c\"", &["a '&&' b", "\"&& c\""]),
            ("(a && b) && c", &["(a && b)", "c"]),
            ("$(a && b) && c", &["$(a && b)", "c"]),
            ("a & b", &["a & b"]),
            ("a \\&& b", &["a \\&& b"]),
            ("", &[""]),
            ("a &&", &["a", ""]),
        ] {
            assert_eq!(steps(line), parts, "{line}");
        }
        assert_eq!(sequence("a; b && c ';' (d; e)"), ["a", "b", "c ';' (d; e)"]);
    }

    #[test]
    fn every_simple_command_has_its_words() {
        let shown = |text: &str| {
            let lines = commands(text).into_iter().map(|words| words.join(" "));
            lines.collect::<Vec<_>>().join(" | ")
        };
        for (text, expected) in [
            ("a b && c 'd e'; f", "a b | c d e | f"),
            ("a \\\n  b # c\nd", "a b | d"),
            ("a > x 2>&1 | b <y", "a 2 | b"),
            ("A=$(git rev-parse HEAD) go build -o \"$B\"", "A=$ | git rev-parse HEAD | go build -o $B"),
            ("(a; b) & c \"\"", "a | b | c "),
            ("'a", "a"),
            ("", ""),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(line in "(?s).{0,200}") {
            parse(&line);
            steps(&line);
            commands(&line);
        }

        #[test]
        fn quoted_words_come_back(words in prop::collection::vec("[ -~]{0,12}", 1..6)) {
            let quoted = |word: &String| format!("'{}'", word.replace('\'', r"'\''"));
            let line = format!("run {}", words.iter().map(quoted).collect::<Vec<_>>().join(" "));
            let mut argv = vec!["run".to_owned()];
            argv.extend(words);
            prop_assert_eq!(parse(&line), Command::Simple { env: Vec::new(), argv });
        }
    }
}
