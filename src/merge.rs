//! Three-way merge of lines: what was generated, what people made of it, what is generated now.
//!
//! Lines that differ in blanks only are the same line, and keep the person's blanks. Unlike a merge tool's, edits of neighbouring lines go together here: in these files a line is an instruction or an
//! entry of its own. What both sides put at one place stays both, dockgen's first, unless it is about the same thing. A Dockerfile is merged stage by stage, a .dockerignore as sets of patterns. Only
//! different edits of the same instruction or entry are conflicts. Lines from [`PIN`] to the next blank line are the person's alone.

mod carry;
mod hunks;
mod lines;
mod stages;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::service::Role;

pub use carry::{carried, renumbered};
use hunks::Piece;
use lines::{Line, lines};

/// The comment that begins a pinned paragraph.
pub const PIN: &str = "# dockgen: keep";

/// What sort of lines a text has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Instructions in stages.
    Dockerfile,
    /// Entries whose order hardly counts.
    List,
    /// Keys with values.
    Yaml,
}

impl Kind {
    /// The kind of a document.
    pub fn of(role: Role) -> Self {
        match role {
            Role::Dockerfile => Kind::Dockerfile,
            Role::Ignore | Role::OwnIgnore => Kind::List,
            Role::Workflow | Role::Bake => Kind::Yaml,
        }
    }
}

/// A merged text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The text, with markers around each conflict.
    pub text: String,
    /// How many conflicts it has.
    pub conflicts: usize,
}

/// Merges `ours` and `theirs`, which both come from `base`. Each line of `ours` keeps its line end; new ones get that of the
/// most.
pub fn merge(base: &str, ours: &str, theirs: &str, kind: Kind) -> Merged {
    let end = line_end(ours);
    let theirs = theirs.replace('\n', end);
    let (base, ours, theirs) = (lines(base, kind), lines(ours, kind), lines(&theirs, kind));
    let pieces = match kind {
        Kind::Dockerfile => without_orphans(stages::merge(&base, &ours, &theirs), &ours),
        Kind::List | Kind::Yaml => hunks::merge(&base, &ours, &theirs, kind),
    };
    let mut merged = Merged { text: String::new(), conflicts: 0 };
    for piece in pieces {
        match piece {
            Piece::Lines(lines) => copy(&mut merged.text, &lines, end),
            Piece::Conflict(ours, theirs) => {
                merged.conflicts += 1;
                let text = |lines: Vec<Line>| lines.iter().map(|line| line.text.to_owned()).collect::<Vec<_>>();
                add(&mut merged.text, &conflict(&text(ours), &text(theirs), end), end);
            }
        }
    }
    merged
}

/// Lines that go on with an instruction whose beginning is gone become conflicts.
fn without_orphans<'a>(pieces: Vec<Piece<'a>>, ours: &[Line<'a>]) -> Vec<Piece<'a>> {
    let mut sound = Vec::new();
    let mut word = String::new();
    for piece in pieces {
        let Piece::Lines(lines) = piece else {
            sound.push(piece);
            word.clear();
            continue;
        };
        for line in lines {
            let is_orphan = line.joins == Some(true) && !word.is_empty() && line.word != word;
            match (is_orphan, sound.last_mut()) {
                (true, Some(Piece::Conflict(own, _))) if ours.contains(&line) => own.push(line),
                (true, Some(Piece::Conflict(_, new))) => new.push(line),
                (true, _) if ours.contains(&line) => sound.push(Piece::Conflict(vec![line], Vec::new())),
                (true, _) => sound.push(Piece::Conflict(Vec::new(), vec![line])),
                (false, last) => {
                    if !line.word.is_empty() {
                        word.clone_from(&line.word);
                    }
                    match last {
                        Some(Piece::Lines(lines)) => lines.push(line),
                        _ => sound.push(Piece::Lines(vec![line])),
                    }
                }
            }
        }
    }
    sound
}

/// How most lines end.
pub fn line_end(text: &str) -> &'static str {
    match text.matches("\r\n").count() * 2 > text.matches('\n').count() {
        true => "\r\n",
        false => "\n",
    }
}

/// A marked conflict of lines.
pub fn conflict(ours: &[String], theirs: &[String], end: &str) -> String {
    let mut text = format!("<<<<<<< yours{end}");
    ours.iter().for_each(|line| add(&mut text, line, end));
    add(&mut text, &format!("======={end}"), end);
    theirs.iter().for_each(|line| add(&mut text, line, end));
    add(&mut text, &format!(">>>>>>> dockgen{end}"), end);
    text
}

/// How lines became others. Lines that differ in blanks, or in the sign that the next line goes on, are the same line.
pub fn differences(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    let line = |text: &&str| Line { text, ..Line::default() }.words().into_iter().map(str::to_owned).collect();
    let words = |lines: &[&str]| -> Vec<Vec<String>> { lines.iter().map(line).collect() };
    capture_diff_slices(Algorithm::Myers, &words(old), &words(new))
}

fn copy(text: &mut String, lines: &[Line], end: &str) {
    for line in lines {
        if let Some(joins) = line.joins {
            go_on(text, joins);
        }
        add(text, line.text, end);
    }
}

/// Gives the last instruction the sign that it goes on, or takes it away.
fn go_on(text: &mut String, joins: bool) {
    let is_said = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let Some(line) = text.lines().rev().find(is_said).filter(|line| !line.starts_with(">>>>>>> ")) else { return };
    let body = line.trim_end();
    let start = line.as_ptr().addr() - text.as_ptr().addr();
    match body.strip_suffix('\\') {
        None if joins => text.insert_str(start + body.len(), " \\"),
        Some(rest) if !joins => text.replace_range(start + rest.trim_end().len()..start + body.len(), ""),
        _ => {}
    }
}

/// Adds a line; one before it that has no line end gets one.
fn add(text: &mut String, line: &str, end: &str) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push_str(end);
    }
    text.push_str(line);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(base: &str, ours: &str, theirs: &str) -> (String, usize) {
        let lines = |text: &str| text.chars().map(|c| format!("{c}\n")).collect::<String>();
        let merged = merge(&lines(base), &lines(ours), &lines(theirs), Kind::Yaml);
        (merged.text.replace('\n', ""), merged.conflicts)
    }

    #[test]
    fn neighbours_go_together_and_the_same_line_does_not() {
        assert_eq!(merged("abc", "aBc", "abC"), ("aBC".into(), 0));
        assert_eq!(merged("abc", "abxc", "abC"), ("abxC".into(), 0));
        assert_eq!(merged("abc", "ac", "abC"), ("aC".into(), 0));
        assert_eq!(merged("abc", "xabc", "Abc"), ("xAbc".into(), 0));
        assert_eq!(merged("abc", "aBc", "aBc"), ("aBc".into(), 0));
        assert_eq!(merged("abc", "axc", "ayc").1, 1);
        assert_eq!(merged("ab", "axb", "ayb"), ("ayxb".into(), 0));
        assert_eq!(merged("ab", "axb", "axyb"), ("axyb".into(), 0));
        assert_eq!(merged("abc", "aBc", "axbc"), ("axBc".into(), 0));
        assert_eq!(merged("abcd", "axyd", "abCd").1, 1);
        assert_eq!(merged("", "x", "").0, "x");
    }

    #[test]
    fn a_pinned_paragraph_is_left_alone() {
        let base = "a\n\nb\nc\n\nd\n";
        let ours = "a\n\n# dockgen: keep\nb\nX\n\nd\n";
        assert_eq!(merge(base, ours, "A\n\nB\nC\n\nD\n", Kind::Yaml).text, "A\n\n# dockgen: keep\nb\nX\n\nD\n");
        let only_marked = "a\n\n# dockgen: keep\nb\nc\n\nd\n";
        assert_eq!(merge(base, only_marked, "A\n\nb\nC\n\nD\n", Kind::Yaml).text, "A\n\n# dockgen: keep\nb\nc\n\nD\n");
        let at_the_end = "a\n\nb\nc\n\n# dockgen: keep\nd\n";
        assert_eq!(merge(base, at_the_end, "a\n\nb\nc\n\nD\n", Kind::Yaml).text, at_the_end);
        let across = merge(base, only_marked, "a\n\nb\nC\nD\n", Kind::Yaml);
        assert!(across.conflicts == 1 && across.text.contains("b\nc\n"));
    }

    proptest::proptest! {
        #[test]
        fn a_pinned_line_stays(
            base in "[a-d]{0,8}",
            before in "[a-d]{0,4}",
            after in "[a-d]{0,4}",
            theirs in "[a-e]{0,8}",
        ) {
            let lines = |text: &str| text.chars().map(|c| format!("{c}\n")).collect::<String>();
            let ours = format!("{}\n{PIN}\na\nX\n\n{}", lines(&before), lines(&after));
            let merged = merge(&lines(&base), &ours, &lines(&theirs), Kind::Yaml);
            let pinned = format!("{PIN}\na\nX\n");
            proptest::prop_assert!(merged.text.contains(&pinned), "{}", merged.text);
        }

        #[test]
        fn one_side_alone_wins(base in "[a-d]{0,8}", other in "[a-d]{0,8}") {
            proptest::prop_assert_eq!(merged(&base, &base, &other), (other.clone(), 0));
            proptest::prop_assert_eq!(merged(&base, &other, &base), (other, 0));
        }

        #[test]
        fn no_line_of_the_user_vanishes(base in "[a-d]{0,8}", ours in "[a-dX-Z]{0,8}", theirs in "[a-d]{0,8}") {
            let (text, _) = merged(&base, &ours, &theirs);
            for line in ours.chars().filter(|c| c.is_ascii_uppercase()) {
                proptest::prop_assert!(text.contains(line), "{} in {}", line, text);
            }
        }

        #[test]
        fn merging_again_changes_nothing(base in "[a-d]{0,8}", ours in "[a-d]{0,8}", theirs in "[a-d]{0,8}") {
            let (first, conflicts) = merged(&base, &ours, &theirs);
            if conflicts == 0 {
                proptest::prop_assert_eq!(merged(&theirs, &first, &theirs), (first, 0));
            }
        }
    }
}
