//! Version ranges of Python projects in the words of npm, which all of dockgen compares: PEP 440, and Poetry's `^`, `~`,
//! bare versions and `||`.
//!
//! Only release numbers count: `<3.13a1` is `<3.13.0`. A complete version has three numbers here, as interpreters have.

/// How a bare version such as `3.12` is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bare {
    /// As this very version (Poetry).
    Exact,
    /// As the whole release line (`.python-version`, `Pipfile`).
    Line,
}

/// Alternatives that are followed at most, when exclusions multiply them.
const ALTERNATIVES: usize = 32;

/// Three release numbers, and whether they lie in the interval themselves.
type Bound = ([u32; 3], bool);

/// Versions between two bounds; a missing bound is none.
#[derive(Debug, Clone, Copy, Default)]
struct Interval {
    low: Option<Bound>,
    high: Option<Bound>,
}

impl Interval {
    fn new(low: Option<Bound>, high: Option<Bound>) -> Self {
        Interval { low, high }
    }

    /// What lies in both; `None` where nothing does.
    fn and(&self, other: &Interval) -> Option<Interval> {
        // Of equal numbers the bound that leaves them out is the tighter one.
        let low = self.low.into_iter().chain(other.low).max_by_key(|(version, within)| (*version, !within));
        let high = self.high.into_iter().chain(other.high).min_by_key(|(version, within)| (*version, *within));
        let is_empty =
            low.zip(high).is_some_and(|((low, from), (high, to))| low > high || (low == high && !(from && to)));
        (!is_empty).then_some(Interval { low, high })
    }

    fn npm(&self) -> String {
        let side = |sign: &str, (version, within): Bound| {
            let [major, minor, patch] = version;
            format!("{sign}{}{major}.{minor}.{patch}", if within { "=" } else { "" })
        };
        match (self.low, self.high) {
            (None, None) => "*".to_owned(),
            (Some(low), None) => side(">", low),
            (None, Some(high)) => side("<", high),
            (Some(low), Some(high)) if low == high => side("", low).trim_start_matches('=').to_owned(),
            (Some(low), Some(high)) => format!("{} {}", side(">", low), side("<", high)),
        }
    }
}

/// The range in npm's language; `None` where a part is neither PEP 440 nor one of Poetry's forms, or nothing fits.
pub fn npm_range(text: &str, bare: Bare) -> Option<String> {
    let mut alternatives = Vec::new();
    let mut parts = text.split('|').map(str::trim).filter(|part| !part.is_empty()).peekable();
    if parts.peek().is_none() {
        return Some("*".to_owned());
    }
    for part in parts {
        alternatives.extend(conjunction(part, bare)?.iter().map(Interval::npm));
    }
    (!alternatives.is_empty()).then(|| alternatives.join(" || "))
}

/// Comparisons that must all hold, as alternatives: `!=` makes two of one.
fn conjunction(text: &str, bare: Bare) -> Option<Vec<Interval>> {
    let mut all = vec![Interval::default()];
    for part in split(text) {
        let choices = comparison(&part, bare)?;
        if all.len() * choices.len() <= ALTERNATIVES {
            all = all.iter().flat_map(|one| choices.iter().filter_map(|choice| one.and(choice))).collect();
        }
    }
    Some(all)
}

/// Splits at commas and blanks; an operator belongs to the word that follows it.
fn split(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut open = false;
    for word in text.split([',', ' ', '\t', '\n', '\r']).filter(|word| !word.is_empty()) {
        match parts.last_mut().filter(|_| open) {
            Some(last) => last.push_str(word),
            None => parts.push(word.to_owned()),
        }
        open = word.chars().all(|c| "<>=!~^".contains(c));
    }
    parts
}

/// One comparison, as alternatives.
fn comparison(part: &str, bare: Bare) -> Option<Vec<Interval>> {
    let at = part.find(|c: char| !"<>=!~^".contains(c)).unwrap_or(part.len());
    let (operator, text) = part.split_at_checked(at)?;
    if text == "*" {
        return Some(vec![Interval::default()]);
    }
    let (release, wildcard) = release(text)?;
    let low = complete(&release);
    let next = |count: usize| complete(&successor(&release, count));
    let from = |within| Some((low, within));
    let up_to = |count: usize| vec![Interval::new(Some((low, true)), Some((next(count), false)))];
    let very = vec![Interval::new(from(true), from(true))];
    Some(match operator {
        ">=" => vec![Interval::new(from(true), None)],
        ">" => vec![Interval::new(from(false), None)],
        "<=" => vec![Interval::new(None, from(true))],
        "<" => vec![Interval::new(None, from(false))],
        "==" | "=" | "===" if wildcard => up_to(release.len()),
        "==" | "=" | "===" => very,
        "!=" if wildcard => {
            vec![Interval::new(None, from(false)), Interval::new(Some((next(release.len()), true)), None)]
        }
        "!=" => vec![Interval::new(None, from(false)), Interval::new(from(false), None)],
        "~=" => up_to(release.len().saturating_sub(1)),
        "~" => up_to(release.len().min(2)),
        "^" => up_to(significant(&release)),
        "" if wildcard || (bare == Bare::Line && release.len() < 3) => up_to(release.len()),
        "" => very,
        _ => return None,
    })
}

/// The release numbers, and whether `.*` follows; pre-release, post-release and local parts are left out.
fn release(text: &str) -> Option<(Vec<u32>, bool)> {
    let text = text.trim_start_matches('v').split('+').next()?;
    let (text, wildcard) = text.strip_suffix(".*").map_or((text, false), |head| (head, true));
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let numbers = text.get(..end)?.trim_end_matches('.').split('.').map(|number| number.parse().ok());
    let tail = text.get(end..)?;
    let is_suffix = |tail: &str| tail.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    Some((numbers.collect::<Option<Vec<u32>>>()?, wildcard)).filter(|_| is_suffix(tail))
}

/// Three numbers.
fn complete(release: &[u32]) -> [u32; 3] {
    let number = |at: usize| release.get(at).copied().unwrap_or(0);
    [number(0), number(1), number(2)]
}

/// The first release behind all that share the first `count` numbers.
fn successor(release: &[u32], count: usize) -> Vec<u32> {
    let mut next: Vec<u32> = release.iter().take(count.clamp(1, 3)).copied().collect();
    if let Some(last) = next.last_mut() {
        *last = last.saturating_add(1);
    }
    next
}

/// How many numbers `^` keeps: up to the first that is not zero.
fn significant(release: &[u32]) -> usize {
    release.iter().position(|number| *number != 0).map_or(release.len(), |at| at + 1)
}

#[cfg(test)]
mod tests {
    use nodejs_semver::Range;

    use super::*;

    fn lines(text: &str, bare: Bare) -> Vec<&'static str> {
        let range = Range::parse(npm_range(text, bare).unwrap()).unwrap();
        let all = ["2.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"];
        all.into_iter().filter(|line| range.allows_any(&Range::parse(line).unwrap())).collect()
    }

    #[test]
    fn ranges_meet_release_lines() {
        for (text, expected) in [
            (">=3.12", vec!["3.12", "3.13", "3.14"]),
            (">=3.9,<3.12", vec!["3.9", "3.10", "3.11"]),
            (">=3.9, <3.12,", vec!["3.9", "3.10", "3.11"]),
            (">= 3.9 < 3.11", vec!["3.9", "3.10"]),
            ("~=3.11.4", vec!["3.11"]),
            ("~=3.11", vec!["3.11", "3.12", "3.13", "3.14"]),
            ("==3.11.*", vec!["3.11"]),
            (">3.12.4,<3.13", vec!["3.12"]),
            (">=3.11,<3.13.0a1", vec!["3.11", "3.12"]),
            ("!=3.9.*,>=3.8,<3.11", vec!["3.8", "3.10"]),
            ("!=3.9.7,!=3.9.8,>=3.9,<3.11", vec!["3.9", "3.10"]),
            ("^3.12", vec!["3.12", "3.13", "3.14"]),
            ("~3.12", vec!["3.12"]),
            ("~3", vec!["3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"]),
            ("~3.12.1", vec!["3.12"]),
            ("~2.7 || ^3.13", vec!["2.7", "3.13", "3.14"]),
            ("3.11.*", vec!["3.11"]),
            ("*", vec!["2.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"]),
            ("", vec!["2.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"]),
        ] {
            assert_eq!(lines(text, Bare::Exact), expected, "{text}");
        }
    }

    #[test]
    fn a_bare_version_depends_on_who_says_it() {
        assert_eq!(npm_range("3.11", Bare::Exact).unwrap(), "3.11.0");
        assert_eq!(npm_range("3.11", Bare::Line).unwrap(), ">=3.11.0 <3.12.0");
        assert_eq!(npm_range("3.11.4", Bare::Line).unwrap(), "3.11.4");
        assert_eq!(npm_range("^0.3", Bare::Exact).unwrap(), ">=0.3.0 <0.4.0");
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["three", ">=", "^", "=>3.9", "3.9 and up", ">=3..9", "<3.9;x", "99999999999", ">3.9,<3.8"] {
            assert_eq!(npm_range(text, Bare::Exact), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = npm_range(&text, Bare::Exact);
        }

        #[test]
        fn what_is_read_is_a_range(text in "[\\^~<>=!]{0,2}[0-9]{1,9}(\\.[0-9*]{1,3}){0,4}([ ,|]{1,2}[\\^~<>=!]{0,2}[0-9.]{0,6}){0,3}") {
            if let Some(range) = npm_range(&text, Bare::Line) {
                proptest::prop_assert!(Range::parse(&range).is_ok(), "{range}");
            }
        }
    }
}
