//! Which images were published, as far as the catalogs know: of a toolchain's releases, and of a reference.

use std::sync::LazyLock;

use globset::{GlobBuilder, GlobMatcher};
use regex_lite::Regex;

use crate::catalog::{Image, Release, SHARED, Span};
use crate::language::{ALL, Language};
use crate::requirement::number;
use crate::source::short;
use crate::support;

/// Where an exact version stands among those of its line that have images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Era {
    /// It is this one of them.
    Known(usize),
    /// Younger than the catalog: what holds for the newest is taken to hold.
    Newer,
    /// The catalog would know it.
    Never,
}

impl Release {
    fn era(&self, version: &str) -> Era {
        match self.releases.iter().position(|known| known == version) {
            Some(index) => Era::Known(index),
            None if number(&self.version) < number(version) => Era::Newer,
            None => Era::Never,
        }
    }

    /// Those of the systems that a version was published on, oldest first.
    fn systems<'a>(&self, spans: &'a [Span], version: &str) -> Vec<&'a str> {
        let index = |name: &String| self.releases.iter().position(|known| known == name);
        let newest = self.releases.len().saturating_sub(1);
        let at = match self.era(version) {
            Era::Known(index) => index,
            Era::Newer => newest,
            Era::Never => return Vec::new(),
        };
        let holds = |span: &&Span| index(&span.1) <= Some(at) && index(&span.2) >= Some(at);
        spans.iter().filter(holds).map(|span| span.0.as_str()).collect()
    }

    /// The suite of Debian or Ubuntu that a version's images are taken from: the line's own where the version has it, else
    /// the newest; empty where it has none.
    pub fn suite_of(&self, version: &str) -> &str {
        let suites = self.systems(&self.suites, version);
        let own = self.suite.as_deref().filter(|own| suites.contains(own));
        own.or(suites.last().copied()).unwrap_or_default()
    }

    /// The newest Alpine that a version was published on; empty, as its tags say none, where the catalog knows none.
    pub fn alpine_of(&self, version: &str) -> &str {
        self.systems(&self.alpine, version).last().copied().unwrap_or_default()
    }

    /// The version whose images are taken where `version` is asked for, and why where it is another one: one that was never
    /// published, or whose systems nobody mends any more, gives way to the newest of its line where that is better off.
    pub fn usable<'a>(&'a self, version: &'a str) -> (&'a str, Option<String>) {
        let ended = |version: &str| support::suite_ended(self.suite_of(version));
        if self.era(version) == Era::Never {
            return (&self.version, Some("has no images".to_owned()));
        }
        match (ended(version), ended(&self.version)) {
            (Some(row), None) => {
                let why =
                    format!("has images on {} only, which gets no more security updates since {}", row.what, row.end);
                (&self.version, Some(why))
            }
            _ => (version, None),
        }
    }
}

/// What the catalogs know of an image reference, as a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It was published.
    Yes(String),
    /// It never was.
    No(String),
    /// No row speaks of it.
    Unknown(String),
}

/// Whether an image reference, `node:24.1.0-alpine3.21`, was published, as far as the catalogs know. References of mirrors
/// (`registry.example.com/mirror/library/node:24`) and with digests count as what they mirror.
pub fn look_up(reference: &str) -> Answer {
    let plain = reference.split('@').next().unwrap_or_default();
    let of_toolchain = IMAGES.iter().filter_map(|row| row.look_up(plain)).next();
    let known = of_toolchain.or_else(|| ROWS.iter().find_map(|row| row.look_up(plain)));
    known.unwrap_or_else(|| Answer::Unknown(format!("dockgen knows no tags of `{plain}`")))
}

/// Sentences where the maker of an image, or of what it holds, mends it no more. Images that the catalogs do not know are
/// passed over.
pub fn ended(image: &str) -> Vec<String> {
    let toolchain = toolchain_ended(image).map(|what| format!("`{image}`: {what}"));
    toolchain.into_iter().chain(support::system_ended(image)).collect()
}

fn toolchain_ended(image: &str) -> Option<String> {
    let (name, tag) = image.rsplit('/').next()?.split_once(':')?;
    let language = ALL.iter().find(|language| language.images.contains(&name))?;
    let release = (language.releases)().iter().find(|release| {
        let rest = tag.strip_prefix(&release.cycle);
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
    })?;
    let since = release.end.as_ref().map_or(String::new(), |end| format!(" since {end}"));
    (!release.supported).then(|| format!("{} {} is out of support{since}", language.title, release.cycle))
}

/// The image of a language, its tags' forms as patterns.
struct Known {
    language: &'static Language,
    image: &'static Image,
    forms: Vec<Regex>,
}

static IMAGES: LazyLock<Vec<Known>> = LazyLock::new(|| ALL.iter().map(Known::new).collect());

impl Known {
    fn new(language: &'static Language) -> Self {
        let image = (language.image)();
        let form = |tag: &String| {
            let tag = regex_lite::escape(tag).replace(r"\{version\}", r"(?<version>\d+(?:\.\d+)*(?:_\d+|u\d+-b\d+)?)");
            let tag = tag.replace(r"\{suite\}", "(?<suite>[a-z]+)").replace(r"\{alpine\}", r"(?<alpine>\d+\.\d+)");
            short(&format!("^{tag}$"))
        };
        // `alpine` and `slim` are no suites.
        let (suites, plain): (Vec<&String>, Vec<&String>) = image.tags.iter().partition(|tag| tag.contains("{suite}"));
        Known { language, image, forms: plain.into_iter().chain(suites).map(form).collect() }
    }

    /// `None` where the reference is of another image, or its tag has no form that is known.
    fn look_up(&self, reference: &str) -> Option<Answer> {
        let (path, tag) = reference.rsplit_once(':')?;
        let of_library = path.strip_suffix(&self.image.name)?;
        let is_official = of_library.is_empty() || of_library == "docker.io/" || of_library.ends_with("library/");
        let parts = self.forms.iter().find_map(|form| form.captures(tag)).filter(|_| is_official)?;
        let part = |name: &str| parts.name(name).map(|found| found.as_str());
        Some(self.judge(reference, part("version")?, part("suite"), part("alpine")))
    }

    fn judge(&self, reference: &str, version: &str, suite: Option<&str>, alpine: Option<&str>) -> Answer {
        let Some(release) = (self.language.releases)().iter().find(|release| begins(version, &release.cycle)) else {
            return Answer::Unknown(format!("dockgen has no row for {} {version}", self.language.title));
        };
        // A line, or the beginning of a version, stands for all that begin with it.
        let meant: Vec<&String> = release.releases.iter().filter(|known| begins(known, version)).collect();
        let title = format!("{} {version}", self.language.title);
        if meant.is_empty() {
            return match release.era(version) {
                Era::Newer => {
                    Answer::Unknown(format!("{title} is younger than dockgen's list of {}", self.image.known))
                }
                _ => Answer::No(format!("`{reference}` was never published: {title} has no images")),
            };
        }
        let systems = |spans| meant.iter().flat_map(|known| release.systems(spans, known)).collect::<Vec<_>>();
        let (asked, spans, kind) = match (suite, alpine) {
            (Some(suite), _) => (suite, &release.suites, ""),
            (None, Some(alpine)) => (alpine, &release.alpine, "Alpine "),
            (None, None) => return Answer::Yes(format!("{title} was published")),
        };
        let mut there = systems(spans);
        there.dedup();
        let named = |release: &Release| release.suites.iter().chain(&release.alpine).any(|span| span.0 == asked);
        match there.contains(&asked) {
            true => Answer::Yes(format!("{title} was published on {kind}{asked}")),
            false if there.is_empty() || !(self.language.releases)().iter().any(named) => {
                Answer::Unknown(format!("dockgen has no row for {} on {kind}{asked}", self.language.title))
            }
            false => Answer::No(format!("`{reference}` was never published: {title} has {kind}{}", there.join(", "))),
        }
    }
}

/// Whether a version is `start`, or goes on after it with a new part.
fn begins(version: &str, start: &str) -> bool {
    version
        .strip_prefix(start)
        .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()) || rest.starts_with('u'))
}

/// A row of the shared catalog about images that have no releases there.
struct Row {
    of: GlobMatcher,
    exist: Vec<GlobMatcher>,
    whole: bool,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| SHARED.image.iter().map(Row::new).collect());

impl Row {
    fn new(row: &crate::catalog::Tags) -> Self {
        // References of mirrors begin with an address.
        let glob = |tag: &str| {
            let text = format!("{{,*/}}{}:{tag}", row.of);
            let glob = GlobBuilder::new(&text).empty_alternates(true).build();
            glob.unwrap_or_else(|error| panic!("templates/catalog.toml: {error}")).compile_matcher()
        };
        Row { of: glob("*"), exist: row.tags.iter().map(|tag| glob(tag)).collect(), whole: row.whole }
    }

    fn look_up(&self, reference: &str) -> Option<Answer> {
        if self.exist.iter().any(|tag| tag.is_match(reference)) {
            return Some(Answer::Yes(format!("`{reference}` was published")));
        }
        let no = self.whole && self.of.is_match(reference);
        no.then(|| Answer::No(format!("`{reference}` was never published")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_images_are_known() {
        for (image, is_ended) in [
            ("python:3.8.20-slim-bookworm", true),
            ("python:3.13-slim-trixie", false),
            ("registry.example.com/mirror/library/golang:1.21", true),
            ("golang:1.26.7-trixie", false),
            ("node:20-alpine3.22", true),
            ("node:24-alpine3.18", true),
            ("node:24-bullseye-slim", true),
            ("eclipse-temurin:8-jre-noble", false),
            ("eclipse-temurin:21.0.12_8-jdk-noble", false),
            ("openjdk:17", true),
            ("debian:trixie-slim", false),
            ("alpine:3.2", true),
            ("alpine:3.24", false),
            ("gcr.io/distroless/static-debian12:nonroot", true),
            ("gcr.io/distroless/static-debian13:nonroot", false),
            ("ubuntu:24.04", false),
            ("example.com/own:1", false),
        ] {
            assert_eq!(ended(image).is_empty(), !is_ended, "{image}");
        }
        assert!(ended("python:3.8")[0].contains("Python 3.8 is out of support since 2024"));
        assert_eq!(ended("python:3.8.11-slim-bullseye").len(), 2, "both are said");
    }

    #[test]
    fn references_are_looked_up() {
        let yes = [
            "node:24.1.0-alpine3.21",
            "node:24.1.0-bookworm-slim",
            "node:24-trixie-slim",
            "node:24.19.0",
            "node:12.11.0-alpine",
            "docker.io/library/node:22.20.0-trixie",
            "mirror.example.com/library/python:3.11.5-slim-bookworm@sha256:abc",
            "python:3.13-slim",
            "golang:1.26.2-trixie",
            "golang:1.27-alpine3.24",
            "eclipse-temurin:21.0.12_8-jdk-noble",
            "eclipse-temurin:8u502-b07-jre-alpine-3.24",
            "eclipse-temurin:25-jre",
            "maven:3.9.16-eclipse-temurin-21-noble",
            "debian:trixie-slim",
            "registry.example.com/mirror/library/debian:trixie-slim",
            "gcr.io/distroless/python3-debian13:nonroot",
            "oven/bun:1.1.45-distroless",
        ];
        let no = [
            "node:24.1.0-alpine3.24",
            "node:12.11.0-bullseye-slim",
            "node:16.0.0-bullseye",
            "node:24.0.7",
            "python:3.12.1-slim-trixie",
            "golang:1.24.0-alpine3.24",
            "eclipse-temurin:21.0.1_12-jdk-noble",
            "gcr.io/distroless/nodejs20-debian13:nonroot",
        ];
        let unknown = [
            "node:24.99.0-trixie",
            "node:99",
            "node:lts",
            "node",
            "bitnami/node:24.1.0-alpine3.24",
            "python:3.15-rc-slim",
            "golang:1.26.2-nanoserver",
            "python",
            "example.com/own:1",
            "",
        ];
        for reference in yes {
            assert!(matches!(look_up(reference), Answer::Yes(_)), "{:?}", look_up(reference));
        }
        for reference in no {
            assert!(matches!(look_up(reference), Answer::No(_)), "{reference}: {:?}", look_up(reference));
        }
        for reference in unknown {
            assert!(matches!(look_up(reference), Answer::Unknown(_)), "{reference}: {:?}", look_up(reference));
        }
        let Answer::No(sentence) = look_up("node:24.1.0-alpine3.24") else { panic!("known") };
        assert_eq!(
            sentence,
            "`node:24.1.0-alpine3.24` was never published: Node.js 24.1.0 has Alpine 3.20, 3.21, 3.22"
        );
    }

    #[test]
    fn the_rows_fit_together() {
        for language in ALL {
            for release in (language.releases)() {
                let place = format!("{} {}", language.title, release.cycle);
                assert_eq!(release.releases.last(), Some(&release.version), "{place}: the newest is the last");
                let numbers: Vec<_> = release.releases.iter().map(|known| number(known)).collect();
                assert!(numbers.is_sorted(), "{place}: oldest first");
                for Span(name, first, last) in release.suites.iter().chain(&release.alpine) {
                    let at = |version| release.releases.iter().position(|known| known == version);
                    assert!(at(first).is_some() && at(first) <= at(last), "{place}: {name}");
                }
                for version in &release.releases {
                    assert!(!release.suite_of(version).is_empty(), "{place}: {version} has a suite");
                }
            }
        }
    }
}
