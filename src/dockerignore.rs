//! .dockerignore: what is written into one, and what one hides.
//!
//! The rules are Docker's and not git's: every pattern is anchored at the context's root, the last line that matches
//! decides, and a file may come back although its folder is hidden (moby/patternmatcher).

use crate::path;
use std::collections::HashMap;

use regex::bytes::{RegexSet, RegexSetBuilder};
use serde::Serialize;

/// Lines under one comment.
#[derive(Debug, Clone, Serialize)]
pub struct Section {
    /// What they are, a line.
    pub comment: String,
    /// The patterns.
    pub patterns: Vec<String>,
}

impl Section {
    /// A section.
    pub fn new(comment: impl Into<String>, patterns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Section { comment: comment.into(), patterns: patterns.into_iter().map(Into::into).collect() }
    }
}

/// A pattern that means exactly this path. Blanks at the ends of a line are not read, but in a class.
pub fn literal(path: &str) -> String {
    let (start, end) = (path.len() - path.trim_start().len(), path.trim_end().len());
    let quoted = |(at, c): (usize, char)| match c {
        '*' | '?' | '[' | '\\' => format!("\\{c}"),
        '#' | '!' if at == 0 => format!("\\{c}"),
        c if at < start || at >= end => format!("[{c}]"),
        c => c.to_string(),
    };
    path.char_indices().map(quoted).collect()
}

/// Whether an ignore file keeps out all but what it names.
pub fn allows(text: &str) -> bool {
    text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).is_some_and(|line| line == "*")
}

/// The line of an ignore file that hides a path, from 1.
pub fn hiding_line(ignore: &str, path: &str) -> Option<usize> {
    let lines: Vec<&str> = ignore.lines().collect();
    let until = |count: usize| Matcher::new(&lines.get(..count).unwrap_or_default().join("\n")).hides(path);
    (1..=lines.len()).rev().find(|count| until(*count) && !until(count - 1))
}

/// A name with stars.
struct Starred {
    /// What stands around the stars: two or more.
    pieces: Vec<String>,
    /// Whether it is a name in any folder.
    anywhere: bool,
    /// The pattern's place.
    place: usize,
}

impl Starred {
    /// Whether the pieces stand in the name one behind the other, the first at its start and the last at its end.
    fn means(&self, path: &str, name: &str) -> bool {
        let [first, middle @ .., last] = self.pieces.as_slice() else { return false };
        let folder = path.strip_suffix(name).unwrap_or_default();
        // Docker's `**` ends at the end of a line.
        if !self.anywhere && !folder.is_empty() || folder.contains('\n') {
            return false;
        }
        let within = name.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str()));
        let after = |rest: &str, piece: &String| rest.find(piece).map(|at| at + piece.len());
        within.is_some_and(|rest| middle.iter().try_fold(rest, |rest, piece| rest.get(after(rest, piece)?..)).is_some())
    }
}

/// A .dockerignore that can be asked. Patterns are known by their places; most are a path or a name, and are looked up.
#[derive(Default)]
pub struct Matcher {
    /// Paths, each with the last pattern that means exactly it.
    paths: HashMap<String, usize>,
    /// Names in any folder, which patterns such as `**/name` mean.
    names: HashMap<String, usize>,
    /// Names with stars, at the top or in any folder: to make an automaton of all of these takes a tenth of a run over a small
    /// repository.
    starred: Vec<Starred>,
    /// All others, and their places.
    others: Option<RegexSet>,
    places: Vec<usize>,
    /// For each pattern whether it lets in again.
    shows: Vec<bool>,
}

impl Matcher {
    /// Reads the text of a .dockerignore; lines that are no pattern are passed over.
    pub fn new(text: &str) -> Self {
        let mut matcher = Matcher::default();
        let mut others = Vec::new();
        let lines = text.lines().filter(|line| !line.starts_with('#')).map(str::trim);
        for (place, (shows, parts)) in lines.filter_map(rule).enumerate() {
            matcher.shows.push(shows);
            let path: Option<Vec<String>> = parts.iter().map(|part| plain(part)).collect();
            match (path, parts.as_slice()) {
                (Some(path), _) => drop(matcher.paths.insert(path.join("/"), place)),
                (None, ["**", name]) if plain(name).is_some() => {
                    matcher.names.insert(plain(name).unwrap_or_default(), place);
                }
                (None, ["**", name] | [name]) if *name != "**" && !name.contains(['\\', '?', '[']) => {
                    let pieces = name.split('*').map(str::to_owned).collect();
                    matcher.starred.push(Starred { pieces, anywhere: parts.len() == 2, place });
                }
                _ => others.push((place, regex(&parts))),
            }
        }
        matcher.others = set(&others);
        if matcher.others.is_none() {
            others.retain(|other| set(std::slice::from_ref(other)).is_some());
            matcher.others = set(&others);
        }
        matcher.places = others.into_iter().map(|(place, _)| place).collect();
        matcher
    }

    /// Whether this file stays out of the build context: by the last pattern that matches it or one of the folders that it
    /// lies in.
    pub fn hides(&self, path: &str) -> bool {
        let folders = path.match_indices('/').map(|(at, _)| &path[..at]);
        let last = folders.chain([path]).filter_map(|path| self.last(path)).max();
        last.is_some_and(|last| !self.shows.get(last).copied().unwrap_or(false))
    }

    /// The place of the last pattern that matches a path.
    fn last(&self, path: &str) -> Option<usize> {
        let name = path::name(path);
        let other = self.others.as_ref().and_then(|others| others.matches(path.as_bytes()).into_iter().next_back());
        let other = other.and_then(|index| self.places.get(index));
        let starred = self.starred.iter().rev().find(|starred| starred.means(path, name)).map(|starred| &starred.place);
        [self.paths.get(path), self.names.get(name), starred, other].into_iter().flatten().max().copied()
    }
}

/// The patterns as one automaton over bytes, which is much quicker to make than one for each; `None` where one is wrong.
fn set(patterns: &[(usize, String)]) -> Option<RegexSet> {
    let patterns = patterns.iter().map(|(_, pattern)| pattern);
    RegexSetBuilder::new(patterns).unicode(false).build().ok()
}

/// A line: whether it lets in again, and the parts of its path.
fn rule(line: &str) -> Option<(bool, Vec<&str>)> {
    let (shows, pattern) = match line.strip_prefix('!') {
        Some(rest) => (true, rest.trim()),
        None => (false, line),
    };
    let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    (!parts.is_empty()).then_some((shows, parts))
}

/// A part that means one name: itself, without backslashes.
fn plain(part: &str) -> Option<String> {
    let mut name = String::new();
    let mut chars = part.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' | '?' | '[' => return None,
            '\\' => name.push(chars.next().unwrap_or('\\')),
            c => name.push(c),
        }
    }
    Some(name)
}

/// The parts as a regular expression.
fn regex(parts: &[&str]) -> String {
    let mut regex = String::from("^");
    for (index, part) in parts.iter().enumerate() {
        let last = index + 1 == parts.len();
        match (*part, last) {
            ("**", true) => regex.push_str("(?s:.*)"),
            ("**", false) => regex.push_str("(?:.*/)?"),
            _ => {
                regex.push_str(&element(part));
                if !last {
                    regex.push('/');
                }
            }
        }
    }
    regex.push('$');
    regex
}

/// One path element as a regular expression; a character may have several bytes.
fn element(part: &str) -> String {
    let mut regex = String::new();
    let mut chars = part.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' => regex.push_str("[^/]*"),
            '?' => regex.push_str(r"[^/\x80-\xBF][\x80-\xBF]*"),
            '[' => {
                let class: String = chars.by_ref().take_while(|c| *c != ']').collect();
                regex.push_str(&format!("(?u:[{}])", class.replace('\\', "\\\\").replace('[', "\\[")));
            }
            '\\' => regex.push_str(&regex::escape(&chars.next().unwrap_or('\\').to_string())),
            c => regex.push_str(&regex::escape(&c.to_string())),
        }
    }
    regex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_rules_hold() {
        let cases = [
            ("node_modules", "node_modules/a/b.js", true),
            ("node_modules", "web/node_modules/b.js", false),
            ("**/node_modules", "node_modules/b.js", true),
            ("**/node_modules", "web/x/node_modules/b.js", true),
            ("/foo/", "foo/a", true),
            ("*.md", "README.md", true),
            ("*.md", "docs/README.md", false),
            ("**/*.md", "docs/README.md", true),
            ("caf?", "café", true),
            ("caf[é]", "café", true),
            ("a[", "b", false),
            ("# x", "# x", false),
            ("*\n!src", "src/a/b.go", false),
            ("*\n!src", "go.mod", true),
            ("*\n!src\nsrc/secret", "src/secret/a", true),
            ("*\n!**/*.go", "a/b/c.go", false),
            ("*\n!**/*.go", "a/b/c.txt", true),
            ("a/**", "a/b/c", true),
            ("a?c", "abc", true),
            ("[ab].txt", "b.txt", true),
            ("{a,b}", "a", false),
            ("**/.env*", "deep/er/.env.production", true),
            (".", "x", false),
            ("**/ab*bc", "x/abc", false),
            ("**/ab*bc", "x/ab-bc", true),
            ("**/a**b*c", "x/ab-b-c", true),
            ("**/*ab*ab*", "x/abab", true),
            ("**/*ab*ab*", "x/ab", false),
            ("*a*.md", "x/ab.md", false),
            ("**/*.md", "x\ny/a.md", false),
            ("**/*.md", "x/a\nb.md", true),
            (r"**/a\*c", "x/abc", false),
            (r"**/a\*c", "x/a*c", true),
            ("**/*.md\n!**/a*", "x/a.md", false),
            ("!**/a*\n**/*.md", "x/a.md", true),
        ];
        for (text, path, hidden) in cases {
            assert_eq!(Matcher::new(text).hides(path), hidden, "{text:?} {path}");
        }
    }

    #[test]
    fn the_line_that_hides_is_found() {
        assert_eq!(hiding_line("# x\n*\n!server.js\n", "package.json"), Some(2));
        assert_eq!(hiding_line("*.md\n!a.md\na.md\n", "a.md"), Some(3));
        assert_eq!(hiding_line("*.md\n", "a"), None);
    }

    #[test]
    fn a_list_of_what_may_enter_begins_with_a_star() {
        assert!(allows("# Only these.\n\n*\n!a\n") && !allows("a\n*\n") && !allows(""));
    }

    proptest::proptest! {
        #[test]
        fn a_literal_means_itself(path in "[a-z*?!#^{}()| \\[\\]\\\\]{1,8}") {
            proptest::prop_assert!(Matcher::new(&literal(&path)).hides(&path));
        }

        #[test]
        fn any_text_is_survived(text: String, path: String) {
            Matcher::new(&text).hides(&path);
        }
    }
}
