//! Versions that are wanted, and the numbers of versions.

use std::fmt;

use nodejs_semver::{Range, Version};

/// A wanted version: `22.11.0`, `>=3.10,<4`, `lts/iron`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// As it is written.
    pub(crate) text: String,
    /// `None` for a name that the catalog has to know.
    pub(crate) range: Option<Range>,
}

impl Requirement {
    /// A range in npm's language, in which the other ecosystems' ranges can be said too; `None` where it is not one.
    pub fn range(text: &str, npm: &str) -> Option<Self> {
        Some(Requirement { text: text.trim().to_owned(), range: Some(Range::parse(npm).ok()?) })
    }

    /// A version or the beginning of one: `22`, `3.12`, `1.26.3`; a leading `v` is allowed.
    pub fn line(text: &str) -> Option<Self> {
        let digits = text.trim().trim_start_matches('v');
        let parts: Vec<u64> = digits.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
        (1..=3).contains(&parts.len()).then(|| Self::range(text, digits))?
    }

    /// This version or a newer one: the `go` line.
    pub fn at_least(text: &str) -> Option<Self> {
        let line = Self::line(text)?;
        Self::range(&line.text, &format!(">={}", line.text.trim_start_matches('v')))
    }

    /// A name such as `lts/iron`.
    pub fn alias(text: &str) -> Self {
        Requirement { text: text.trim().to_owned(), range: None }
    }

    /// Whether it is a name such as `lts/iron`, and no range.
    pub fn is_name(&self) -> bool {
        self.range.is_none()
    }

    /// Whether it holds for no version of this line and none of a later one.
    pub fn is_below(&self, line: &str) -> bool {
        let later = Range::parse(format!(">={line}")).ok();
        match (&self.range, later) {
            (Some(range), Some(later)) => range.intersect(&later).is_none(),
            _ => false,
        }
    }

    /// Whether no version fits both.
    pub fn excludes(&self, other: &Requirement) -> bool {
        match (&self.range, &other.range) {
            (Some(own), Some(other)) => own.intersect(other).is_none(),
            _ => false,
        }
    }

    /// The one version that this allows, where it is an exact statement.
    pub fn exact(&self) -> Option<Version> {
        let only = self.range.as_ref()?.min_version()?;
        let range = Range::parse(only.to_string()).ok()?;
        range.allows_all(self.range.as_ref()?).then_some(only)
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The three leading numbers of a version, whatever follows: `25.0.4_7` is 25.0.4.
pub fn number(text: &str) -> Option<Version> {
    let release = text.split('_').next()?;
    let mut parts = release.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse::<u64>().ok());
    let mut next = || parts.next().flatten();
    Some(Version::new(next()?, next().unwrap_or(0), next().unwrap_or(0), Vec::new(), Vec::new()))
}
