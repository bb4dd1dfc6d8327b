//! A Dockerfile stage by stage, so that no line gets into another stage than its own.

use std::ops::Range;

use super::hunks::{self, Edit, Piece};
use super::lines::Line;
use super::{Kind, PIN};

/// The lines before the first stage, or a stage with the comments right above it.
pub(super) struct Section {
    lines: Range<usize>,
    /// The stage's name; `None` before the first.
    name: Option<String>,
    image: String,
}

/// Merges a Dockerfile stage by stage; as a whole where stages cannot be told apart or stand in another order.
pub(super) fn merge<'a>(base: &[Line<'a>], ours: &[Line<'a>], theirs: &[Line<'a>]) -> Vec<Piece<'a>> {
    let whole = || hunks::merge(base, ours, theirs, Kind::Dockerfile);
    let (old, mine, new) = (sections(base), sections(ours), sections(theirs));
    let (to_mine, to_new) = (pairs(&old, &mine, true), pairs(&old, &new, false));
    let in_order = |pairs: &[Option<usize>]| pairs.iter().flatten().is_sorted();
    if pins_a_stage(ours) || !in_order(&to_mine) || !in_order(&to_new) {
        return whole();
    }
    let mut pieces = Vec::new();
    for (at, from_mine) in order(&to_mine, &to_new, mine.len(), new.len()) {
        let of = |lines: &[Line<'a>], sections: &[Section], at: Option<usize>| {
            at.and_then(|at| sections.get(at))
                .map(|section| lines.get(section.lines.clone()).unwrap_or_default().to_vec())
        };
        let (old_at, own, dockgens) = match from_mine {
            true => (to_mine.iter().position(|to| *to == Some(at)), Some(at), None),
            false => {
                let old_at = to_new.iter().position(|to| *to == Some(at));
                (old_at, old_at.and_then(|old_at| to_mine.get(old_at).copied().flatten()), Some(at))
            }
        };
        let (before, own, dockgens) = (of(base, &old, old_at), of(ours, &mine, own), of(theirs, &new, dockgens));
        match (before, own, dockgens) {
            (Some(before), Some(own), None) => pieces.extend(gone(before, &own)),
            (None, Some(own), None) => pieces.push(Piece::Lines(own)),
            (before, own, dockgens) => pieces.extend(hunks::merge(
                &before.unwrap_or_default(),
                &own.unwrap_or_default(),
                &dockgens.unwrap_or_default(),
                Kind::Dockerfile,
            )),
        }
    }
    pieces
}

/// A stage that dockgen no longer writes: it goes, but for what the person wrote into it.
fn gone<'a>(mut before: Vec<Line<'a>>, own: &[Line<'a>]) -> Option<Piece<'a>> {
    let edits: Vec<Edit> = hunks::edits(&mut before, own, Kind::Dockerfile);
    let lines: Vec<Line> = edits.into_iter().flat_map(|edit| edit.lines).collect();
    (!lines.iter().all(Line::is_blank)).then_some(Piece::Conflict(lines, Vec::new()))
}

/// Whether a pinned paragraph goes on from one stage into the next.
fn pins_a_stage(lines: &[Line]) -> bool {
    let mut pinned = false;
    lines.iter().any(|line| {
        pinned = !line.is_blank() && (pinned || line.text.trim() == PIN);
        pinned && line.stage.is_some()
    })
}

pub(super) fn sections(lines: &[Line]) -> Vec<Section> {
    let begins = |at: usize| {
        let comments = lines.iter().take(at).rev().take_while(|line| line.text.trim_start().starts_with('#'));
        at - comments.count()
    };
    let froms: Vec<usize> =
        (0..lines.len()).filter(|at| lines.get(*at).is_some_and(|line| line.stage.is_some())).collect();
    let mut starts: Vec<usize> = vec![0];
    starts.extend(froms.iter().map(|at| begins(*at).max(1)));
    starts.push(lines.len());
    let place = |at: usize| at.checked_sub(1).and_then(|at| lines.get(*froms.get(at)?));
    let section = |(at, pair): (usize, &[usize])| Section {
        lines: pair[0]..pair[1].max(pair[0]),
        name: place(at).and_then(|line| line.stage.clone()),
        image: place(at).map(|line| image(line.text).to_owned()).unwrap_or_default(),
    };
    starts.windows(2).enumerate().map(section).collect()
}

/// The image of a FROM, without its digest.
fn image(from: &str) -> &str {
    let image = from.split_whitespace().skip(1).find(|word| !word.starts_with("--")).unwrap_or_default();
    image.split('@').next().unwrap_or_default()
}

/// For each section of the base the one that was made of it: of the same name, else the only others left, and of dockgen's
/// such ones from the same image.
pub(super) fn pairs(old: &[Section], other: &[Section], is_ours: bool) -> Vec<Option<usize>> {
    let mut pairs: Vec<Option<usize>> = vec![None; old.len()];
    let mut taken = vec![false; other.len()];
    let mut pair = |is_same: &dyn Fn(&Section, &Section) -> bool| {
        for (at, section) in old.iter().enumerate() {
            let free = |to: &usize| !taken[*to] && is_same(section, &other[*to]);
            if let Some(to) = (0..other.len()).find(free).filter(|_| pairs[at].is_none()) {
                pairs[at] = Some(to);
                taken[to] = true;
            }
        }
    };
    pair(&|old, other| old.name == other.name);
    pair(&|old, other| old.name.is_some() && other.name.is_some() && old.image == other.image);
    let free: Vec<usize> = (0..other.len()).filter(|at| !taken[*at]).collect();
    let mut open = pairs.iter_mut().filter(|to| to.is_none());
    if let (true, [to], Some(place), None) = (is_ours, free.as_slice(), open.next(), open.next()) {
        *place = Some(*to);
    }
    pairs
}

/// The sections of the result: dockgen's in their order, and behind the one that stands before it each that only the
/// person has, or that dockgen no longer has; `true` for these.
fn order(to_mine: &[Option<usize>], to_new: &[Option<usize>], mine: usize, new: usize) -> Vec<(usize, bool)> {
    let in_new = |own: usize| {
        let old = to_mine.iter().position(|to| *to == Some(own))?;
        to_new.get(old).copied().flatten()
    };
    let mut order: Vec<(usize, bool)> = (0..new).map(|at| (at, false)).collect();
    let mut last = (0, false);
    for own in 0..mine {
        match in_new(own) {
            Some(at) => last = (at, false),
            None => {
                let place = order.iter().position(|known| *known == last).map_or(0, |place| place + 1);
                order.insert(place, (own, true));
                last = (own, true);
            }
        }
    }
    order
}
