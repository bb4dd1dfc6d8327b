//! Which base images nobody mends any more, as far as the catalogs know.

use std::sync::LazyLock;

use regex_lite::Regex;

use crate::catalog::{Ended, SHARED};
use crate::language::ALL;

static ENDED: LazyLock<Vec<(Regex, &'static Ended)>> =
    LazyLock::new(|| SHARED.ended.iter().map(|row| (crate::source::short(&row.image), row)).collect());

/// Sentences where the maker of an image, or of what it holds, mends it no more. Images that the catalogs do not know are
/// passed over.
pub fn ended(image: &str) -> Vec<String> {
    let toolchain = toolchain(image).map(|what| format!("`{image}`: {what}"));
    toolchain.into_iter().chain(system_ended(image)).collect()
}

/// The sentence where nobody mends the system below an image any more.
pub fn system_ended(image: &str) -> Option<String> {
    let row = row(image)?;
    let so = row.so.as_ref().map_or(String::new(), |so| format!("; {so}"));
    Some(format!("`{image}`: {} gets no more security updates since {}{so}", row.what, row.end))
}

/// The row about a suite of Debian or Ubuntu that nobody mends any more.
pub fn suite_ended(suite: &str) -> Option<&'static Ended> {
    row(&format!("debian:{suite}"))
}

fn row(image: &str) -> Option<&'static Ended> {
    ENDED.iter().find(|(pattern, _)| pattern.is_match(image)).map(|(_, row)| *row)
}

fn toolchain(image: &str) -> Option<String> {
    let (name, tag) = image.rsplit('/').next()?.split_once(':')?;
    let language = ALL.iter().find(|language| language.images.contains(&name))?;
    let release = (language.releases)().iter().find(|release| {
        let rest = tag.strip_prefix(&release.cycle);
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
    })?;
    let since = release.end.as_ref().map_or(String::new(), |end| format!(" since {end}"));
    (!release.supported).then(|| format!("{} {} is out of support{since}", language.title, release.cycle))
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
}
