//! Which release of a toolchain: one rule for every language.

use std::borrow::Cow;

use nodejs_semver::Range;

use super::{Decision, Planner, Rival, topic};
use crate::catalog::{Release, Runtime, SHARED};
use crate::error::Error;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::requirement::{Requirement, number};
use crate::support;
use crate::values;

/// The chosen release.
#[derive(Debug, Clone)]
pub struct Toolchain {
    /// The exact version, as tags write it.
    pub version: String,
    /// Its line.
    pub cycle: String,
    /// The Debian suite of its images.
    pub suite: String,
    /// The Alpine release of its images; empty where tags name none.
    pub alpine: String,
}

impl Toolchain {
    /// An image reference of a catalog with its placeholders filled in.
    pub fn fill(&self, image: &str) -> String {
        self.fill_with(image, &self.version)
    }

    /// The reference with what stands for the version: an argument of the Dockerfile.
    pub fn fill_with(&self, image: &str, version: &str) -> String {
        let image = image.replace("{version}", version).replace("{cycle}", &self.cycle);
        image.replace("{suite}", &self.suite).replace("{alpine}", &self.alpine)
    }

    /// Whether a runtime exists for it.
    pub fn has(&self, runtime: &Runtime) -> bool {
        let is_line = runtime.cycles.is_empty() || runtime.cycles.contains(&self.cycle);
        let range = runtime.releases.as_ref().and_then(|range| Range::parse(range).ok());
        is_line && range.is_none_or(|range| number(&self.version).is_some_and(|version| range.satisfies(&version)))
    }

    /// Whether the suite of its images gets no more updates, so that `apt-get` finds nothing there.
    pub fn has_ended(&self) -> bool {
        support::suite_ended(&self.suite).is_some()
    }

    /// Packages by their names in its suite: some that Debian 13 gave a new ending lacked it before.
    pub fn suited(&self, packages: impl IntoIterator<Item = String>) -> Vec<String> {
        let is_new = self.suite == SHARED.debian;
        packages.into_iter().map(|name| if is_new { name } else { name.replace("t64", "") }).collect()
    }

    /// A release in an exact version, with the systems of its images.
    pub fn new(release: &Release, version: &str) -> Self {
        Toolchain {
            version: version.to_owned(),
            cycle: release.cycle.clone(),
            suite: release.suite_of(version).to_owned(),
            alpine: release.alpine_of(version).to_owned(),
        }
    }
}

/// A release line that still stands, with the versions of it that all heard requirements allow.
#[derive(Clone)]
struct Standing<'a> {
    release: Cow<'a, Release>,
    /// All where nothing was asked.
    range: Option<Range>,
}

impl Standing<'_> {
    /// What is left of it; `None` where no version of the line will do.
    fn narrow(&self, requirement: &Requirement) -> Option<Self> {
        let range = match (&self.range, &requirement.range) {
            (_, None) => {
                return self.release.aliases.contains(&requirement.text).then(|| self.clone());
            }
            (None, Some(asked)) => asked.intersect(&Range::parse(&self.release.cycle).ok()?)?,
            (Some(range), Some(asked)) => range.intersect(asked)?,
        };
        let left = Standing { release: self.release.clone(), range: Some(range) };
        left.version().is_some().then_some(left)
    }

    /// The newest version that is known and allowed, else the oldest that is allowed.
    fn version(&self) -> Option<String> {
        let Some(range) = &self.range else { return Some(self.release.version.clone()) };
        let known = self.release.releases.iter().rev().chain([&self.release.version]);
        let mut known = known.filter(|known| number(known).is_some_and(|known| range.satisfies(&known)));
        known.next().cloned().or_else(|| Some(range.min_version()?.to_string()))
    }
}

/// Chooses the release: the strongest requirement first, each narrowing what is left; one that leaves nothing loses.
/// Of what is left: the preferred line, else the newest supported one, else the newest.
///
/// # Errors
/// Where the strongest requirement fits no known release.
fn choose(title: &str, heard: Heard, releases: &[Release]) -> Result<(Toolchain, Decision, Vec<String>), Error> {
    let Heard { wanted: mut heard, passed_over: mut warnings } = heard;
    heard.sort_by_key(|(_, evidence)| std::cmp::Reverse(evidence.strength));
    let newcomer = heard.iter().find_map(|(requirement, _)| newcomer(requirement, releases));
    let known = newcomer.iter().cloned().map(Cow::Owned).chain(releases.iter().map(Cow::Borrowed));
    let mut trial = Trial {
        standing: known.map(|release| Standing { release, range: None }).collect(),
        accepted: Vec::new(),
        decisive: 0,
        lost: Vec::new(),
    };
    for (requirement, evidence) in heard {
        trial
            .hear(title, requirement, evidence)
            .map_err(|(requirement, evidence)| nothing_fits(title, &requirement, &evidence, releases))?;
    }
    let Some((release, asked)) = best(&trial.standing) else {
        return Err(Error::no(format!("the catalog has no release of {title}")));
    };
    let (version, gives_way) = release.usable(&asked);
    // A convention that loses is no news.
    let lost = trial.lost.iter().filter(|rival| rival.evidence.strength >= Strength::Stated);
    warnings.extend(lost.map(|rival| rival.why.clone()));
    warnings.extend(gives_way.map(|why| format!("{title} {asked} {why}: {version}, the newest of its line, is taken")));
    if newcomer.is_some_and(|newcomer| newcomer.cycle == release.cycle) {
        warnings
            .push(format!("{title} {version} is younger than this dockgen, which does not know whether it has images"));
    }
    if !release.supported {
        let end = release.end.as_ref().map_or(String::new(), |end| format!(" since {end}"));
        warnings.push(format!("{title} {} is out of support{end}: nobody mends its holes any more", release.cycle));
    }
    let toolchain = Toolchain::new(&release, version);
    let decision = trial.decision(&release, format!("{title} {version}"));
    Ok((toolchain, decision, warnings))
}

/// What was heard so far, and what it leaves.
struct Trial<'a> {
    standing: Vec<Standing<'a>>,
    accepted: Vec<(Requirement, Evidence)>,
    /// The accepted one, among the strongest, that made the choice what it is.
    decisive: usize,
    lost: Vec<Rival>,
}

impl Trial<'_> {
    /// One more requirement; the same again where nothing fits the very first.
    fn hear(&mut self, title: &str, asked: Requirement, by: Evidence) -> Result<(), (Requirement, Evidence)> {
        let left: Vec<Standing> = self.standing.iter().filter_map(|standing| standing.narrow(&asked)).collect();
        if !left.is_empty() {
            let of = |standing: &[Standing]| best(standing).map(|(release, version)| (release.cycle.clone(), version));
            let is_strongest = self.accepted.first().is_none_or(|(_, first)| first.strength == by.strength);
            if is_strongest && of(&left) != of(&self.standing) {
                self.decisive = self.accepted.len();
            }
            self.standing = left;
            self.accepted.push((asked, by));
            return Ok(());
        }
        let against = self.accepted.iter().find(|(winner, _)| winner.excludes(&asked)).or(self.accepted.first());
        let Some((winner, who)) = against else { return Err((asked, by)) };
        let why = format!("{by} asks for {title} {asked}, which {who} ({winner}) rules out");
        self.lost.push(Rival { value: asked.to_string(), why, evidence: by });
        Ok(())
    }

    fn decision(mut self, release: &Release, value: String) -> Decision {
        let strongest = (!self.accepted.is_empty()).then(|| self.accepted.remove(self.decisive));
        let agrees = |(asked, evidence): (Requirement, Evidence)| Rival {
            value: asked.to_string(),
            why: "agrees".to_owned(),
            evidence,
        };
        let rivals = self.accepted.into_iter().map(agrees).chain(self.lost).collect();
        let reason = match &strongest {
            Some((asked, _)) if release.supported => format!("the release for {asked}"),
            Some((asked, _)) => format!("out of support, but {asked} asks for it"),
            None if release.preferred => "the release to take where nothing asks for another".to_owned(),
            None => "the newest supported release".to_owned(),
        };
        let evidence = strongest.map_or_else(|| Evidence::new("", "", Strength::Convention), |(_, evidence)| evidence);
        Decision { rivals, ..Decision::new(topic::TOOLCHAIN, value, reason, evidence) }
    }
}

/// The line to take, and the version of it.
fn best<'a>(standing: &[Standing<'a>]) -> Option<(Cow<'a, Release>, String)> {
    let first = |fits: fn(&Release) -> bool| standing.iter().find(|standing| fits(&standing.release));
    let best = first(|release| release.preferred && release.supported).or_else(|| first(|release| release.supported));
    let best = best.or_else(|| standing.first())?;
    Some((best.release.clone(), best.version()?))
}

/// A line for an exact version that is younger than all known ones, on the systems of the newest.
fn newcomer(requirement: &Requirement, releases: &[Release]) -> Option<Release> {
    let (exact, newest) = (requirement.exact()?, releases.first()?);
    let is_known = releases.iter().any(|release| Range::parse(&release.cycle).is_ok_and(|line| line.satisfies(&exact)));
    if is_known || number(&newest.version)? >= exact {
        return None;
    }
    let parts = newest.cycle.split('.').count();
    let cycle = exact.to_string().split('.').take(parts).collect::<Vec<_>>().join(".");
    Some(Release { cycle, preferred: false, supported: true, aliases: Vec::new(), end: None, ..newest.clone() })
}

/// What was heard about the releases of one toolchain.
#[derive(Debug, Default)]
struct Heard {
    wanted: Vec<(Requirement, Evidence)>,
    /// Sentences about what no release can be meant by.
    passed_over: Vec<String>,
}

impl Heard {
    fn new(tool: &str, wish: Option<&str>, facts: &[&Fact]) -> Result<Self, Error> {
        let mut heard = Heard::default();
        if let Some(wish) = wish {
            let requirement = Requirement::line(wish).ok_or_else(|| {
                Error::usage(format!("`--toolchain {wish}` is no version"))
                    .hint("write a version such as `22` or `3.12.1`")
            })?;
            heard.wanted.push((requirement, Evidence::asked(&format!("--toolchain {wish}"))));
        }
        let mut lost = Vec::new();
        for fact in facts {
            match &fact.kind {
                Kind::Toolchain(of, wanted) if of == tool => match refused(tool, wanted, &fact.evidence, facts) {
                    true => {
                        let strength = Strength::Stated.min(fact.evidence.strength);
                        lost.push((wanted.clone(), Evidence { strength, ..fact.evidence.clone() }));
                    }
                    false => heard.wanted.push((wanted.clone(), fact.evidence.clone())),
                },
                Kind::Bound(of, bound) if of == tool => heard.wanted.push((bound.clone(), fact.evidence.clone())),
                _ => {}
            }
        }
        heard.wanted.extend(lost);
        Ok(heard)
    }

    /// Names that no release has are passed over; what is older than all releases asks for the one that old programs run on.
    fn known(mut self, title: &str, releases: &[Release]) -> Self {
        let is_name = |wanted: &Requirement| releases.iter().any(|release| release.aliases.contains(&wanted.text));
        let oldest = releases.last().map_or("", |release| &release.cycle);
        let for_older = releases.iter().find(|release| release.for_older).and_then(|release| {
            let range = Range::parse(format!("<={}", release.cycle)).ok();
            Some(Requirement { text: format!("<={}", release.cycle), range: Some(range?) })
        });
        for (wanted, evidence) in std::mem::take(&mut self.wanted) {
            let why = match &wanted.range {
                _ if evidence.strength == Strength::Asked => None,
                None if !is_name(&wanted) => Some(format!("names no version that {title} has")),
                Some(_) if for_older.is_some() && wanted.is_below(oldest) => {
                    Some(format!("it asks for {wanted}, and the oldest release known to dockgen is {oldest}"))
                }
                _ => None,
            };
            let Some(why) = why else {
                self.wanted.push((wanted, evidence));
                continue;
            };
            self.passed_over.push(format!("{evidence}: {why}; it is as if it were not there"));
            if let Some(old) = for_older.clone().filter(|_| wanted.range.is_some()) {
                self.wanted.push((old, Evidence { strength: Strength::Convention, ..evidence }));
            }
        }
        self
    }
}

/// Whether the build would refuse it: a file that asks for what the manifest's own bound rules out counts less than the bound.
fn refused(tool: &str, wanted: &Requirement, by: &Evidence, facts: &[&Fact]) -> bool {
    facts.iter().any(|fact| match &fact.kind {
        Kind::Bound(of, bound) => of == tool && bound.excludes(wanted) && fact.evidence.strength < by.strength,
        _ => false,
    })
}

fn nothing_fits(title: &str, requirement: &Requirement, evidence: &Evidence, releases: &[Release]) -> Error {
    let known: Vec<&str> =
        releases.iter().filter(|release| release.supported).map(|release| release.cycle.as_str()).collect();
    let newest = known.first().copied().unwrap_or_default();
    let cycles = releases.iter().map(|release| release.cycle.as_str());
    let meant = match evidence.strength {
        Strength::Asked => values::did_you_mean(&requirement.to_string(), cycles),
        _ => String::new(),
    };
    Error::no(format!("{evidence} asks for {title} {requirement}, and no release known to dockgen is that{meant}"))
        .hint(format!("supported are {}; take one with `--toolchain {newest}`, or correct the file", known.join(", ")))
}

impl Planner<'_> {
    /// The release of a language's toolchain; `title` is what people call it.
    ///
    /// # Errors
    /// Where a demanded version exists nowhere.
    pub fn toolchain(&mut self, tool: &str, title: &str, releases: &[Release]) -> Result<Toolchain, Error> {
        let facts: Vec<&Fact> = self.facts.iter().filter(|fact| self.is_heard(fact)).collect();
        let heard = Heard::new(tool, self.wishes.toolchain.as_deref(), &facts)?.known(title, releases);
        let (toolchain, decision, warnings) = choose(title, heard, releases)?;
        self.decisions.push(decision);
        self.warnings.extend(warnings);
        Ok(toolchain)
    }

    /// The channel that a file pins and that has no images, where it is one whose name begins so: the build brings it, and what
    /// the file says counts for no image.
    pub fn channel(&mut self, tool: &str, title: &str, begins: &[String]) -> Option<String> {
        let is_one = |wanted: &Requirement| wanted.is_name() && begins.iter().any(|name| wanted.text.starts_with(name));
        let is_it = |fact: &Fact| matches!(&fact.kind, Kind::Toolchain(of, wanted) if of == tool && is_one(wanted));
        let pinned = self.heard().find(|fact| is_it(fact))?;
        let Kind::Toolchain(_, Requirement { text, .. }) = pinned.kind.clone() else { return None };
        let what =
            format!("{}: `{text}` of {title} has no image: it is downloaded while the image is built", pinned.evidence);
        self.warn(what);
        self.facts.retain(|fact| !is_it(fact));
        Some(text)
    }

    /// Another program than the toolchain runs what is built: `toolchain` names it.
    pub fn runs_on(&mut self, toolchain: &str, evidence: Evidence) {
        if let Some(decision) = self.decisions.iter_mut().find(|decision| decision.topic == topic::TOOLCHAIN) {
            decision.reason = format!("it runs the program; {} installs and builds", decision.value);
            decision.value = toolchain.to_owned();
            decision.evidence = evidence;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn releases() -> Vec<Release> {
        toml::from_str::<std::collections::BTreeMap<String, Vec<Release>>>(
            r#"
            [[r]]
            cycle = "26"
            version = "26.7.0"
            supported = true
            suites = "trixie 26.7.0 26.7.0"
            alpine = "3.24 26.7.0 26.7.0"
            releases = "26.7.0"
            [[r]]
            cycle = "24"
            version = "24.19.0"
            supported = true
            preferred = true
            aliases = ["lts/krypton"]
            releases = "24.0.0 24.16.0 24.17.0 24.19.0"
            [[r]]
            cycle = "22"
            version = "22.23.2"
            supported = true
            releases = "22.0.0 22.2.0 22.4.1 22.11.0 22.23.2"
            suites = "bullseye 22.0.0 22.2.0, bookworm 22.2.0 22.11.0, trixie 22.23.2 22.23.2"
            alpine = "3.21 22.4.1 22.11.0, 3.24 22.23.2 22.23.2"
            [[r]]
            cycle = "20"
            version = "20.20.2"
            end = "2026-04-30"
            for_older = true
            releases = "20.0.0 20.20.2"
            suites = "buster 20.0.0 20.0.0, bullseye 20.20.2 20.20.2"
            "#,
        )
        .unwrap()
        .remove("r")
        .unwrap()
    }

    fn fact(requirement: Option<Requirement>, strength: Strength) -> Fact {
        Fact::new(Kind::Toolchain("node".into(), requirement.unwrap()), "file", "quote", strength)
    }

    fn choose(wish: Option<&str>, facts: &[Fact]) -> Result<(Toolchain, Decision, Vec<String>), Error> {
        let heard = Heard::new("node", wish, &facts.iter().collect::<Vec<_>>())?.known("Node.js", &releases());
        super::choose("Node.js", heard, &releases())
    }

    fn chosen(facts: &[Fact]) -> (String, usize) {
        let (toolchain, _, warnings) = choose(None, facts).unwrap();
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
        assert_eq!(chosen(&[fact(range(">=20 <22.5"), Stated)]).0, "22.4.1");
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
    fn an_upper_bound_takes_the_newest_below() {
        use Strength::{Pinned, Stated};
        let range = |text| Requirement::range(text, text);
        for (facts, expected) in [
            (vec![fact(range("<24.17.0"), Stated)], "24.16.0"),
            (vec![fact(range("<24.17.0"), Stated), fact(range(">=22 <24.1"), Stated)], "24.0.0"),
            (vec![fact(Requirement::at_least("22.1"), Stated), fact(Requirement::line("22.4.1"), Stated)], "22.4.1"),
            (vec![fact(Requirement::line("22"), Pinned), fact(range("<22.11"), Stated)], "22.4.1"),
        ] {
            assert_eq!(chosen(&facts).0, expected, "{facts:?}");
        }
    }

    #[test]
    fn a_version_takes_systems_that_it_was_published_on() {
        let asked = |version: &str| {
            let facts = [fact(Requirement::line(version), Strength::Pinned)];
            let (toolchain, _, warnings) = choose(None, &facts).unwrap();
            (toolchain.version, toolchain.suite, toolchain.alpine, warnings.len())
        };
        let row = |version: &str, suite: &str, alpine: &str, said| (version.into(), suite.into(), alpine.into(), said);
        assert_eq!(asked("22.11.0"), row("22.11.0", "bookworm", "3.21", 0));
        assert_eq!(asked("22.2.0"), row("22.2.0", "bookworm", "", 0));
        assert_eq!(asked("22"), row("22.23.2", "trixie", "3.24", 0));
        // On a Debian that nobody mends; never published; younger than the catalog; no better one in its line.
        assert_eq!(asked("22.0.0"), row("22.23.2", "trixie", "3.24", 1));
        assert_eq!(asked("22.3.0"), row("22.23.2", "trixie", "3.24", 1));
        assert_eq!(asked("22.24.0"), row("22.24.0", "trixie", "3.24", 0));
        assert_eq!(asked("28.1.0"), row("28.1.0", "trixie", "3.24", 1));
        assert_eq!(asked("20.0.0"), row("20.0.0", "buster", "", 1));
    }

    #[test]
    fn who_made_the_choice_is_named() {
        let facts = [
            fact(Requirement::at_least("22"), Strength::Stated),
            fact(Requirement::line("22.4.1"), Strength::Stated),
            fact(Requirement::line("22.2.0"), Strength::Stated),
        ];
        let (_, decision, warnings) = choose(None, &facts).unwrap();
        assert_eq!((decision.value.as_str(), decision.reason.as_str()), ("Node.js 22.4.1", "the release for 22.4.1"));
        assert!(
            warnings[0].ends_with("asks for Node.js 22.2.0, which `file`: `quote` (22.4.1) rules out"),
            "{warnings:?}"
        );
    }

    #[test]
    fn a_version_that_exists_nowhere_is_refused() {
        let error = choose(None, &[fact(Requirement::line("99"), Strength::Pinned)]).unwrap_err();
        assert!(error.what.contains("Node.js 99") && error.hint.unwrap().contains("--toolchain 26"));
        assert!(choose(Some("x"), &[]).is_err());
    }

    #[test]
    fn what_names_no_release_is_passed_over_and_what_is_older_than_all_takes_the_one_for_it() {
        let passed = |wanted: Requirement| {
            let (toolchain, _, warnings) = choose(None, &[fact(Some(wanted), Strength::Pinned)]).unwrap();
            (toolchain.version, warnings.first().cloned().unwrap_or_default())
        };
        let (version, said) = passed(Requirement::alias("what"));
        assert_eq!(version, "24.19.0");
        assert_eq!(said, "`file`: `quote`: names no version that Node.js has; it is as if it were not there");
        for (range, version) in [("4.0.0", "20.20.2"), ("8.x", "20.20.2"), (">=8.9", "24.19.0"), ("^20", "20.20.2")] {
            assert_eq!(passed(Requirement::range(range, range).unwrap()).0, version, "{range}");
        }
        assert!(choose(Some("8"), &[]).is_err());
    }

    #[test]
    fn what_the_build_refuses_loses_to_its_bound() {
        let bound = |text: &str| {
            let kind = Kind::Bound("node".into(), Requirement::range(text, text).unwrap());
            Fact::new(kind, "manifest", text, Strength::Stated)
        };
        let pinned = || fact(Requirement::line("20"), Strength::Pinned);
        assert_eq!(chosen(&[pinned(), bound(">=22")]), ("24.19.0".into(), 1));
        assert_eq!(chosen(&[pinned(), bound(">=18")]).0, "20.20.2");
        let other = Fact::new(Kind::Bound("go".into(), Requirement::line("22").unwrap()), "", "", Strength::Stated);
        assert_eq!(chosen(&[pinned(), other]).0, "20.20.2");
    }
}
