//! Three-way merge of lines: what was generated, what people made of it, what is generated now.
//!
//! Lines that differ in blanks only are the same line, and keep the person's blanks. Unlike a merge tool's, edits of neighbouring lines go together here: in these files a line is an instruction or an
//! entry of its own. Only edits of the same lines, or two insertions at the same place, are conflicts.

use similar::{Algorithm, DiffTag, capture_diff_slices};

/// A merged text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The text, with markers around each conflict.
    pub text: String,
    /// How many conflicts it has.
    pub conflicts: usize,
}

/// A stretch of base lines that one side replaced; empty where it only inserted.
#[derive(Debug, Clone)]
struct Edit<'a> {
    start: usize,
    end: usize,
    lines: Vec<&'a str>,
}

/// Merges `ours` and `theirs`, which both come from `base`.
pub fn merge(base: &str, ours: &str, theirs: &str) -> Merged {
    let mut old: Vec<&str> = base.split_inclusive('\n').collect();
    let new = edits(&mut old.clone(), theirs);
    let mine = edits(&mut old, ours);
    let (mut mine, mut new) = (mine.as_slice(), new.as_slice());
    let mut merged = Merged { text: String::new(), conflicts: 0 };
    let mut at = 0;
    while let Some(start) = [mine.first(), new.first()].into_iter().flatten().map(|edit| edit.start).min() {
        let (group, end) = group(start, &mut mine, &mut new);
        copy(&mut merged.text, old.get(at..start).unwrap_or_default());
        group.write(&mut merged, &old, start, end);
        at = end.max(at);
    }
    copy(&mut merged.text, old.get(at..).unwrap_or_default());
    merged
}

/// The edits of both sides that touch each other.
struct Group<'a, 'b> {
    mine: &'b [Edit<'a>],
    new: &'b [Edit<'a>],
}

/// Takes the edits that overlap with the one at `start`; gives them and where they end in the base.
fn group<'a, 'b>(start: usize, mine: &mut &'b [Edit<'a>], new: &mut &'b [Edit<'a>]) -> (Group<'a, 'b>, usize) {
    let (mut taken_mine, mut taken_new, mut end) = (0, 0, start);
    let touches = |edit: &Edit, end: usize, first: bool| {
        first || edit.start < end || (edit.start == start && edit.start == edit.end && end == start)
    };
    loop {
        let next_mine =
            mine.get(taken_mine).filter(|edit| touches(edit, end, taken_mine + taken_new == 0 && edit.start == start));
        if let Some(edit) = next_mine {
            end = end.max(edit.end);
            taken_mine += 1;
            continue;
        }
        let next_new =
            new.get(taken_new).filter(|edit| touches(edit, end, taken_mine + taken_new == 0 && edit.start == start));
        match next_new {
            Some(edit) => {
                end = end.max(edit.end);
                taken_new += 1;
            }
            None => break,
        }
    }
    let (mine_now, mine_left) = mine.split_at(taken_mine);
    let (new_now, new_left) = new.split_at(taken_new);
    (*mine, *new) = (mine_left, new_left);
    (Group { mine: mine_now, new: new_now }, end)
}

impl Group<'_, '_> {
    fn write(&self, merged: &mut Merged, old: &[&str], start: usize, end: usize) {
        let (ours, theirs) = (side(self.mine, old, start, end), side(self.new, old, start, end));
        if self.new.is_empty() || ours == theirs {
            copy(&mut merged.text, &ours);
        } else if self.mine.is_empty() {
            copy(&mut merged.text, &theirs);
        } else {
            merged.conflicts += 1;
            marker(&mut merged.text, "<<<<<<< yours\n");
            copy(&mut merged.text, &ours);
            marker(&mut merged.text, "=======\n");
            copy(&mut merged.text, &theirs);
            marker(&mut merged.text, ">>>>>>> dockgen\n");
        }
    }
}

/// What one side makes of the base lines from `start` to `end`.
fn side<'a>(edits: &[Edit<'a>], old: &[&'a str], start: usize, end: usize) -> Vec<&'a str> {
    let (mut lines, mut at) = (Vec::new(), start);
    for edit in edits {
        lines.extend(old.get(at..edit.start).unwrap_or_default());
        lines.extend(&edit.lines);
        at = edit.end;
    }
    lines.extend(old.get(at..end).unwrap_or_default());
    lines
}

/// What a side made of the base. Lines that differ in blanks only count as the same, and take that side's blanks.
fn edits<'a>(old: &mut [&'a str], text: &'a str) -> Vec<Edit<'a>> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let words =
        |lines: &[&'a str]| lines.iter().map(|line| line.split_whitespace().collect()).collect::<Vec<Vec<&str>>>();
    let mut edits = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &words(old), &words(&lines)) {
        let (from, to) = (op.old_range(), lines.get(op.new_range()).unwrap_or_default());
        if op.tag() != DiffTag::Equal {
            edits.push(Edit { start: from.start, end: from.end, lines: to.to_vec() });
        } else if let Some(same) = old.get_mut(from) {
            same.copy_from_slice(to);
        }
    }
    edits
}

fn copy(text: &mut String, lines: &[&str]) {
    for line in lines {
        marker(text, line);
    }
}

/// Adds a line; one before it that has no line end gets one.
fn marker(text: &mut String, line: &str) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(line);
}

/// Whether a text holds the markers of an unresolved conflict.
pub fn is_unresolved(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("<<<<<<< ")) && text.lines().any(|line| line.starts_with(">>>>>>> "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(base: &str, ours: &str, theirs: &str) -> (String, usize) {
        let lines = |text: &str| text.chars().map(|c| format!("{c}\n")).collect::<String>();
        let merged = merge(&lines(base), &lines(ours), &lines(theirs));
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
        assert_eq!(merged("ab", "axb", "ayb").1, 1);
        assert_eq!(merged("abcd", "axyd", "abCd").1, 1);
        assert_eq!(merged("", "x", "").0, "x");
    }

    proptest::proptest! {
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
