//! Three-way merge of lines, hunk by hunk.

use std::ops::Range;

use similar::{Algorithm, DiffTag, capture_diff_slices};

use super::lines::{Line, pairing};
use super::{Kind, PIN};

/// A stretch of base lines that one side replaced; empty where it only inserted.
#[derive(Debug, Clone)]
pub(super) struct Edit<'a> {
    pub start: usize,
    pub end: usize,
    pub lines: Vec<Line<'a>>,
}

/// A piece of the result.
#[derive(Debug)]
pub(super) enum Piece<'a> {
    Lines(Vec<Line<'a>>),
    /// What the person has, and what dockgen has.
    Conflict(Vec<Line<'a>>, Vec<Line<'a>>),
}

/// Merges lines that both sides made of `base`.
pub(super) fn merge<'a>(base: &[Line<'a>], ours: &[Line<'a>], theirs: &[Line<'a>], kind: Kind) -> Vec<Piece<'a>> {
    let mut old = base.to_vec();
    let mut new = edits(&mut old.clone(), theirs, kind);
    let mut mine = edits(&mut old, ours, kind);
    pin(&mut mine, &mut new, ours);
    let (mut mine, mut new) = (mine.as_slice(), new.as_slice());
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(start) = [mine.first(), new.first()].into_iter().flatten().map(|edit| edit.start).min() {
        let (group, end) = group(start, &mut mine, &mut new);
        pieces.push(Piece::Lines(slice(&old, at..start)));
        pieces.push(group.settled(&old, start..end, kind));
        at = end.max(at);
    }
    pieces.push(Piece::Lines(slice(&old, at..old.len())));
    pieces
}

fn slice<'a>(lines: &[Line<'a>], range: Range<usize>) -> Vec<Line<'a>> {
    lines.get(range).unwrap_or_default().to_vec()
}

/// What a side made of the base. Lines that differ in blanks only count as the same, and take that side's blanks.
pub(super) fn edits<'a>(old: &mut [Line<'a>], new: &[Line<'a>], kind: Kind) -> Vec<Edit<'a>> {
    let words = |lines: &[Line<'a>]| lines.iter().map(|line| line.text).collect::<Vec<_>>();
    let mut edits = Vec::new();
    for op in super::differences(&words(old), &words(new)) {
        let (from, to) = (op.old_range(), new.get(op.new_range()).unwrap_or_default());
        if op.tag() != DiffTag::Equal {
            edits.extend(parts(old, from, to, kind));
        } else if let Some(same) = old.get_mut(from) {
            same.clone_from_slice(to);
        }
    }
    edits
}

/// One change of several instructions as a change of each, where an old and a new one are for the same.
fn parts<'a>(old: &[Line<'a>], from: Range<usize>, new: &[Line<'a>], kind: Kind) -> Vec<Edit<'a>> {
    let own = old.get(from.clone()).unwrap_or_default();
    let (before, after) = (chunks(own), chunks(new));
    let keys = |lines: &[Line], chunks: &[Range<usize>]| -> Vec<String> {
        chunks.iter().filter_map(|chunk| Some(pairing(lines.get(chunk.start)?, kind))).collect()
    };
    let place = |chunks: &[Range<usize>], at: usize, length: usize| chunks.get(at).map_or(length, |chunk| chunk.start);
    let edit = |old: Range<usize>, to: Range<usize>| {
        let bounds = |chunks: &[Range<usize>], range: Range<usize>, length| {
            place(chunks, range.start, length)..place(chunks, range.end, length)
        };
        let (old, to) = (bounds(&before, old, own.len()), bounds(&after, to, new.len()));
        Edit { start: from.start + old.start, end: from.start + old.end, lines: slice(new, to) }
    };
    let mut edits = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &keys(own, &before), &keys(new, &after)) {
        match op.tag() {
            DiffTag::Equal => {
                edits.extend(op.old_range().zip(op.new_range()).map(|(old, new)| edit(old..old + 1, new..new + 1)))
            }
            _ => edits.push(edit(op.old_range(), op.new_range())),
        }
    }
    edits.retain(|edit| !are_same(old.get(edit.start..edit.end).unwrap_or_default(), &edit.lines));
    edits
}

fn are_same(some: &[Line], other: &[Line]) -> bool {
    some.iter().map(Line::words).eq(other.iter().map(Line::words))
}

/// Where instructions begin and end; lines before the first are one chunk.
fn chunks(lines: &[Line]) -> Vec<Range<usize>> {
    let mut starts: Vec<usize> = (0..lines.len()).filter(|at| *at == 0 || lines[*at].begins).collect();
    starts.push(lines.len());
    starts.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

/// Makes each pinned paragraph one edit of the person's, and drops what dockgen would change inside of it.
fn pin<'a>(mine: &mut Vec<Edit<'a>>, new: &mut Vec<Edit<'a>>, lines: &[Line<'a>]) {
    let mut from = 0;
    while let Some(at) = lines.iter().skip(from).position(|line| line.text.trim() == PIN) {
        let start = from + at;
        let length = lines.iter().skip(start).position(Line::is_blank);
        from = length.map_or(lines.len(), |length| start + length);
        let pinned = paragraph(mine, lines, start..from);
        new.retain(|edit| {
            let touches = edit.start < pinned.end && edit.end > pinned.start;
            !touches || edit.start < pinned.start || edit.end > pinned.end
        });
        mine.retain(|edit| edit.end < pinned.start || edit.start > pinned.end);
        mine.insert(mine.partition_point(|edit| edit.start < pinned.start), pinned);
    }
}

/// A person's lines as one edit of the base, with the edits that touch them.
fn paragraph<'a>(mine: &[Edit<'a>], lines: &[Line<'a>], mut own: Range<usize>) -> Edit<'a> {
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
    Edit { start, end, lines: slice(lines, own) }
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

/// Takes the insertions at `start`, else the edits that overlap with the one there; gives them and where they end.
fn group<'a, 'b>(start: usize, mine: &mut &'b [Edit<'a>], new: &mut &'b [Edit<'a>]) -> (Group<'a, 'b>, usize) {
    let inserts = |edits: &[Edit]| edits.iter().take_while(|edit| edit.start == start && edit.end == start).count();
    let (mut from_mine, mut from_new, mut end) = (inserts(mine), inserts(new), start);
    while from_mine + from_new == 0 || end > start {
        let overlaps = |edit: &&Edit| edit.start == start || edit.start < end;
        let next = match (mine.get(from_mine).filter(overlaps), new.get(from_new).filter(overlaps)) {
            (Some(edit), _) => {
                from_mine += 1;
                edit
            }
            (None, Some(edit)) => {
                from_new += 1;
                edit
            }
            (None, None) => break,
        };
        end = end.max(next.end);
    }
    let (mine_now, mine_left) = mine.split_at(from_mine);
    let (new_now, new_left) = new.split_at(from_new);
    (*mine, *new) = (mine_left, new_left);
    (Group { mine: mine_now, new: new_now }, end)
}

impl<'a> Group<'a, '_> {
    fn settled(&self, old: &[Line<'a>], range: Range<usize>, kind: Kind) -> Piece<'a> {
        let (ours, theirs) = (side(self.mine, old, &range), side(self.new, old, &range));
        let base = old.get(range).unwrap_or_default();
        let is_pinned = ours.iter().any(|line| line.text.trim() == PIN);
        if are_same(&theirs, base) || are_same(&theirs, &ours) {
            Piece::Lines(ours)
        } else if are_same(&ours, base) {
            Piece::Lines(theirs)
        } else if base.is_empty() && is_pinned {
            Piece::Lines([theirs, ours].concat())
        } else if (kind == Kind::List && !is_pinned) || (base.is_empty() && !compete(&ours, &theirs)) {
            Piece::Lines(as_sets(base, ours, theirs, kind))
        } else {
            Piece::Conflict(ours, theirs)
        }
    }
}

/// What one side makes of the base lines of a range.
fn side<'a>(edits: &[Edit<'a>], old: &[Line<'a>], range: &Range<usize>) -> Vec<Line<'a>> {
    let (mut lines, mut at) = (Vec::new(), range.start);
    for edit in edits {
        lines.extend(slice(old, at..edit.start));
        lines.extend(edit.lines.iter().cloned());
        at = edit.end;
    }
    lines.extend(slice(old, at..range.end));
    lines
}

/// dockgen's lines without those that the person took out, then the lines that only the person has: theirs is the last
/// word where order counts. What both have stands there once.
fn as_sets<'a>(old: &[Line<'a>], ours: Vec<Line<'a>>, theirs: Vec<Line<'a>>, kind: Kind) -> Vec<Line<'a>> {
    let has = |lines: &[Line], chunk: &[Line]| {
        let chunks = chunks(lines);
        chunks.into_iter().any(|other| are_same(lines.get(other).unwrap_or_default(), chunk))
    };
    let parts = |lines: &[Line<'a>]| -> Vec<Vec<Line<'a>>> {
        chunks(lines).into_iter().map(|chunk| slice(lines, chunk)).collect()
    };
    let is_blank = |chunk: &[Line]| chunk.iter().all(Line::is_blank);
    let stays = |chunk: &Vec<Line>| is_blank(chunk) || !has(old, chunk) || has(&ours, chunk);
    let adds = |chunk: &Vec<Line>| match is_blank(chunk) {
        true => kind != Kind::List,
        false => !has(old, chunk) && !has(&theirs, chunk),
    };
    let kept = parts(&theirs).into_iter().filter(stays);
    let added = parts(&ours).into_iter().filter(adds);
    kept.chain(added).flatten().collect()
}

/// Whether two insertions say different things about what there can be only one of.
fn compete(ours: &[Line], theirs: &[Line]) -> bool {
    let depth = |line: &&Line| line.text.len() - line.text.trim_start().len();
    let top = |lines: &[Line]| lines.iter().filter(|line| !line.is_blank()).map(|line| depth(&line)).min();
    let (own, new) = (top(ours), top(theirs));
    let slots = theirs.iter().filter(|line| Some(depth(line)) == new && !line.slot.is_empty());
    let mut slots = slots.map(|line| &line.slot);
    slots.any(|slot| ours.iter().any(|line| Some(depth(&line)) == own && line.slot == *slot))
}
