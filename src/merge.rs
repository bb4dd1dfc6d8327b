//! Three-way merge of lines: what was generated, what people made of it, what is generated now.
//!
//! Lines that differ in blanks only are the same line, and keep the person's blanks. Unlike a merge tool's, edits of neighbouring lines go together here: in these files a line is an instruction or an
//! entry of its own. Only edits of the same lines, or two insertions at the same place, are conflicts. Lines from [`PIN`]
//! to the next blank line are the person's alone.

use std::ops::Range;

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices};

/// The comment that begins a pinned paragraph.
pub const PIN: &str = "# dockgen: keep";

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
    let mut new = edits(&mut old.clone(), theirs);
    let mut mine = edits(&mut old, ours);
    pin(&mut mine, &mut new, ours);
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

/// Makes each pinned paragraph one edit of the person's, and drops what dockgen would change inside of it.
fn pin<'a>(mine: &mut Vec<Edit<'a>>, new: &mut Vec<Edit<'a>>, ours: &'a str) {
    let lines: Vec<&str> = ours.split_inclusive('\n').collect();
    let mut from = 0;
    while let Some(at) = lines.iter().skip(from).position(|line| line.trim() == PIN) {
        let start = from + at;
        let length = lines.iter().skip(start).position(|line| line.trim().is_empty());
        from = length.map_or(lines.len(), |length| start + length);
        let pinned = paragraph(mine, &lines, start..from);
        new.retain(|edit| {
            let touches = edit.start < pinned.end && edit.end > pinned.start;
            !touches || edit.start < pinned.start || edit.end > pinned.end
        });
        mine.retain(|edit| edit.end < pinned.start || edit.start > pinned.end);
        mine.insert(mine.partition_point(|edit| edit.start < pinned.start), pinned);
    }
}

/// A person's lines as one edit of the base, with the edits that touch them.
fn paragraph<'a>(mine: &[Edit<'a>], lines: &[&'a str], mut own: Range<usize>) -> Edit<'a> {
    let mut placed: Vec<(&Edit, Range<usize>)> = Vec::new();
    for edit in mine {
        let start = line_of(edit.start, placed.last());
        placed.push((edit, start..start + edit.lines.len()));
    }
    for (_, place) in &placed {
        if place.start <= own.end && place.end >= own.start {
            own = own.start.min(place.start)..own.end.max(place.end);
        }
    }
    let base = |line: usize, last: Option<&(&Edit, Range<usize>)>| match last {
        Some((edit, place)) => edit.end + line.saturating_sub(place.end),
        None => line,
    };
    let start = base(own.start, placed.iter().rfind(|(_, place)| place.end < own.start));
    let end = base(own.end, placed.iter().rfind(|(_, place)| place.end <= own.end));
    Edit { start, end, lines: lines.get(own).unwrap_or_default().to_vec() }
}

/// The line of a person's text where a line of the base stands, by the last edit before it.
fn line_of(base: usize, last: Option<&(&Edit, Range<usize>)>) -> usize {
    last.map_or(base, |(edit, place)| place.end + base.saturating_sub(edit.end))
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

/// How lines became others. Lines that differ in blanks only are the same line.
pub fn differences(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    let words = |lines: &[&str]| -> Vec<Vec<String>> {
        lines.iter().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
    };
    capture_diff_slices(Algorithm::Myers, &words(old), &words(new))
}

/// What a side made of the base. Lines that differ in blanks only count as the same, and take that side's blanks.
fn edits<'a>(old: &mut [&'a str], text: &'a str) -> Vec<Edit<'a>> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut edits = Vec::new();
    for op in differences(old, &lines) {
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

    #[test]
    fn a_pinned_paragraph_is_left_alone() {
        let base = "a\n\nb\nc\n\nd\n";
        let ours = "a\n\n# dockgen: keep\nb\nX\n\nd\n";
        assert_eq!(merge(base, ours, "A\n\nB\nC\n\nD\n").text, "A\n\n# dockgen: keep\nb\nX\n\nD\n");
        let only_marked = "a\n\n# dockgen: keep\nb\nc\n\nd\n";
        assert_eq!(merge(base, only_marked, "A\n\nb\nC\n\nD\n").text, "A\n\n# dockgen: keep\nb\nc\n\nD\n");
        let at_the_end = "a\n\nb\nc\n\n# dockgen: keep\nd\n";
        assert_eq!(merge(base, at_the_end, "a\n\nb\nc\n\nD\n").text, at_the_end);
        let across = merge(base, only_marked, "a\n\nb\nC\nD\n");
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
            let merged = merge(&lines(&base), &ours, &lines(&theirs));
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
