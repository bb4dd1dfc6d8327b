//! Which release of a toolchain: one rule for every language.

use std::fmt;

use nodejs_semver::{Range, Version};

use super::{Decision, Rival};
use crate::catalog::Release;
use crate::error::Error;
use crate::facts::{Evidence, Fact, Kind, Strength};

/// A wanted version: `22.11.0`, `>=3.10,<4`, `lts/iron`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    text: String,
    /// `None` for a name that the catalog has to know.
    range: Option<Range>,
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

    /// Whether it holds for no version of this line and none of a later one.
    pub fn is_below(&self, line: &str) -> bool {
        let later = Range::parse(format!(">={line}")).ok();
        match (&self.range, later) {
            (Some(range), Some(later)) => range.intersect(&later).is_none(),
            _ => false,
        }
    }

    /// The exact version of `release` that this asks for; `None` where no version of that line will do.
    fn pick(&self, release: &Release) -> Option<String> {
        let Some(range) = &self.range else {
            return release.aliases.contains(&self.text).then(|| release.version.clone());
        };
        if version(&release.version).is_some_and(|newest| range.satisfies(&newest)) {
            return Some(release.version.clone());
        }
        let line = Range::parse(&release.cycle).ok()?;
        Some(range.intersect(&line)?.min_version()?.to_string())
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The three leading numbers of a version, whatever follows: `25.0.4_7` is 25.0.4.
fn version(text: &str) -> Option<Version> {
    let mut parts = text.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse::<u64>().ok());
    let mut next = || parts.next().flatten();
    Some(Version::new(next()?, next().unwrap_or(0), next().unwrap_or(0), Vec::new(), Vec::new()))
}

/// The chosen release.
#[derive(Debug, Clone)]
pub struct Toolchain {
    /// The exact version, as tags write it.
    pub version: String,
    /// Its line.
    pub cycle: String,
    /// The Debian suite of its images.
    pub suite: String,
    /// The Alpine release of its images.
    pub alpine: Option<String>,
}

impl Toolchain {
    /// An image reference of a catalog with its placeholders filled in.
    pub fn fill(&self, image: &str) -> String {
        let alpine = self.alpine.as_deref().unwrap_or("3.24");
        let image = image.replace("{version}", &self.version).replace("{cycle}", &self.cycle);
        image.replace("{suite}", &self.suite).replace("{alpine}", alpine)
    }

    fn new(release: &Release, version: String) -> Self {
        let is_older = |since: &String| self::version(&version) < self::version(since);
        let suite = match (&release.old_suite, &release.suite_since) {
            (Some(old), Some(since)) if is_older(since) => old.clone(),
            _ => release.suite.clone(),
        };
        Toolchain { version, cycle: release.cycle.clone(), suite, alpine: release.alpine.clone() }
    }
}

/// A release that still stands, with the exact version of it that all heard requirements ask for.
type Standing<'a> = (&'a Release, String);

/// Chooses the release: the strongest requirement first, each narrowing what is left; one that leaves nothing loses.
/// Of what is left: the preferred line, else the newest supported one, else the newest.
///
/// # Errors
/// Where the strongest requirement fits no known release.
pub fn choose(
    title: &str,
    wish: Option<&str>,
    facts: &[Fact],
    releases: &[Release],
) -> Result<(Toolchain, Decision, Vec<String>), Error> {
    let mut heard = requirements(wish, facts)?;
    heard.sort_by_key(|(_, evidence)| std::cmp::Reverse(evidence.strength));
    let mut standing: Vec<Standing> = releases.iter().map(|release| (release, release.version.clone())).collect();
    let mut strongest: Option<(Requirement, Evidence)> = None;
    let (mut rivals, mut warnings) = (Vec::new(), Vec::new());
    for (requirement, evidence) in heard {
        let left: Vec<Standing> = standing.iter().filter_map(|standing| narrow(standing, &requirement)).collect();
        match (&strongest, left.is_empty()) {
            (None, true) => return Err(nothing_fits(title, &requirement, &evidence, releases)),
            (Some((winner, by)), true) => {
                let why = format!("{evidence} asks for {title} {requirement}, which {by} ({winner}) rules out");
                // A convention that loses is no news.
                if evidence.strength >= Strength::Stated {
                    warnings.push(why.clone());
                }
                rivals.push(Rival { value: requirement.to_string(), why, evidence });
            }
            (None, false) => {
                standing = left;
                strongest = Some((requirement, evidence));
            }
            (Some(_), false) => {
                let why = "agrees".to_owned();
                standing = left;
                rivals.push(Rival { value: requirement.to_string(), why, evidence });
            }
        }
    }
    let best = standing.iter().find(|(release, _)| release.preferred && release.supported);
    let best = best.or_else(|| standing.iter().find(|(release, _)| release.supported)).or_else(|| standing.first());
    let Some((release, version)) = best else {
        return Err(Error::no(format!("the catalog has no release of {title}")));
    };
    let is_lost = release.images_since.as_ref().is_some_and(|since| self::version(version) < self::version(since));
    if is_lost {
        warnings.push(format!(
            "the images of {title} {version} stand on a Debian that has no packages any more: {} of the same line is taken",
            release.version
        ));
    }
    let version = if is_lost { &release.version } else { version };
    if !release.supported {
        let end = release.end.as_ref().map_or(String::new(), |end| format!(" since {end}"));
        warnings.push(format!("{title} {} is out of support{end}: nobody mends its holes any more", release.cycle));
    }
    let reason = match &strongest {
        Some((requirement, _)) if release.supported => format!("the release for {requirement}"),
        Some((requirement, _)) => format!("out of support, but {requirement} asks for it"),
        None if release.preferred => "the release to take where nothing asks for another".to_owned(),
        None => "the newest supported release".to_owned(),
    };
    let evidence = strongest.map_or_else(|| Evidence::new("", "", Strength::Convention), |(_, evidence)| evidence);
    let decision = Decision { rivals, ..Decision::new("toolchain", format!("{title} {version}"), reason, evidence) };
    Ok((Toolchain::new(release, version.clone()), decision, warnings))
}

fn narrow<'a>((release, version): &Standing<'a>, requirement: &Requirement) -> Option<Standing<'a>> {
    let picked = requirement.pick(release)?;
    // A stronger requirement may have asked for an exact older version; then a range must hold for that one.
    if *version == release.version {
        return Some((release, picked));
    }
    let holds = requirement.range.as_ref().is_none_or(|range| {
        self::version(version).is_some_and(|version| range.satisfies(&version)) || picked == release.version
    });
    holds.then(|| (*release, version.clone()))
}

fn requirements(wish: Option<&str>, facts: &[Fact]) -> Result<Vec<(Requirement, Evidence)>, Error> {
    let mut heard = Vec::new();
    if let Some(wish) = wish {
        let requirement = Requirement::line(wish).ok_or_else(|| {
            Error::usage(format!("`--toolchain {wish}` is no version")).hint("write a version such as `22` or `3.12.1`")
        })?;
        heard.push((requirement, Evidence::asked(&format!("--toolchain {wish}"))));
    }
    for fact in facts {
        if let Kind::Toolchain(requirement) = &fact.kind {
            heard.push((requirement.clone(), fact.evidence.clone()));
        }
    }
    Ok(heard)
}

fn nothing_fits(title: &str, requirement: &Requirement, evidence: &Evidence, releases: &[Release]) -> Error {
    let known: Vec<&str> =
        releases.iter().filter(|release| release.supported).map(|release| release.cycle.as_str()).collect();
    let newest = known.first().copied().unwrap_or_default();
    Error::no(format!("{evidence} asks for {title} {requirement}, and no release known to dockgen is that"))
        .hint(format!("supported are {}; take one with `--toolchain {newest}`, or correct the file", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn releases() -> Vec<Release> {
        toml::from_str::<std::collections::BTreeMap<String, Vec<Release>>>(
            r#"r = [
                { cycle = "26", version = "26.7.0", supported = true },
                { cycle = "24", version = "24.19.0", supported = true, preferred = true, aliases = ["lts/krypton"] },
                { cycle = "22", version = "22.23.2", supported = true, suite_since = "22.18.0", old_suite = "bookworm" },
                { cycle = "20", version = "20.20.2", end = "2026-04-30", suite = "bookworm" },
            ]"#,
        )
        .unwrap()
        .remove("r")
        .unwrap()
    }

    fn fact(requirement: Option<Requirement>, strength: Strength) -> Fact {
        Fact::new(Kind::Toolchain(requirement.unwrap()), "file", "quote", strength)
    }

    fn chosen(facts: &[Fact]) -> (String, usize) {
        let (toolchain, _, warnings) = choose("Node.js", None, facts, &releases()).unwrap();
        (toolchain.version, warnings.len())
    }

    #[test]
    fn the_strongest_wins_and_the_rest_narrows() {
        use Strength::{Pinned, Stated};
        let range = |text| Requirement::range(text, text);
        assert_eq!(chosen(&[]), ("24.19.0".into(), 0));
        assert_eq!(chosen(&[fact(range(">=18"), Stated)]), ("24.19.0".into(), 0));
        assert_eq!(chosen(&[fact(range(">=26"), Stated)]), ("26.7.0".into(), 0));
        assert_eq!(chosen(&[fact(range("^20"), Stated)]), ("20.20.2".into(), 1));
        assert_eq!(chosen(&[fact(range(">=20 <22.5"), Stated)]).0, "22.0.0");
        assert_eq!(chosen(&[fact(Requirement::line("v22"), Pinned)]), ("22.23.2".into(), 0));
        assert_eq!(chosen(&[fact(Requirement::line("22.11.0"), Pinned), fact(range(">=22"), Stated)]).0, "22.11.0");
        assert_eq!(
            chosen(&[fact(Requirement::line("22.11.0"), Pinned), fact(range(">=24"), Stated)]),
            ("22.11.0".into(), 1)
        );
        assert_eq!(
            chosen(&[fact(range("24"), Stated), fact(range("22"), Strength::Convention)]),
            ("24.19.0".into(), 0)
        );
        assert_eq!(chosen(&[fact(Some(Requirement::alias("lts/krypton")), Pinned)]), ("24.19.0".into(), 0));
        assert_eq!(chosen(&[fact(Requirement::at_least("22.1"), Stated)]).0, "24.19.0");
    }

    #[test]
    fn an_older_patch_takes_the_older_suite() {
        let facts = [fact(Requirement::line("22.11.0"), Strength::Pinned)];
        assert_eq!(choose("Node.js", None, &facts, &releases()).unwrap().0.suite, "bookworm");
        assert_eq!(choose("Node.js", Some("22"), &facts, &releases()).unwrap().0.suite, "bookworm");
        assert_eq!(choose("Node.js", Some("22"), &[], &releases()).unwrap().0.suite, "trixie");
    }

    #[test]
    fn a_patch_without_packages_becomes_the_newest_of_its_line() {
        let mut releases = releases();
        releases[2].images_since = Some("22.2.0".to_owned());
        let asked = |version: &str| {
            let facts = [fact(Requirement::line(version), Strength::Pinned)];
            let (toolchain, _, warnings) = choose("Node.js", None, &facts, &releases).unwrap();
            (toolchain.version, toolchain.suite, warnings.len())
        };
        assert_eq!(asked("22.1.0"), ("22.23.2".into(), "trixie".into(), 1));
        assert_eq!(asked("22.2.0"), ("22.2.0".into(), "bookworm".into(), 0));
    }

    #[test]
    fn a_version_that_exists_nowhere_is_refused() {
        let error =
            choose("Node.js", None, &[fact(Requirement::line("99"), Strength::Pinned)], &releases()).unwrap_err();
        assert!(error.what.contains("Node.js 99") && error.hint.unwrap().contains("--toolchain 26"));
        assert!(choose("Node.js", Some("x"), &[], &releases()).is_err());
    }
}
