//! Packages of somebody's image: what the program may need when it runs.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::CATALOG;
use crate::command;
use crate::dockerfile::Step;
use crate::facts::{Fact, Kind, Strength};
use crate::source::shell;

/// What is known of packages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// The words of commands that make keys and certificates.
    secrets: Vec<String>,
    /// The words of commands that install packages.
    install: Vec<String>,
    /// Of the build, of every image, or for another process: globs.
    aside: Vec<String>,
    /// Names in Debian of what programs need when they run: globs.
    known: Vec<String>,
    /// Other names of these: in Alpine, in older releases.
    names: BTreeMap<String, String>,
}

/// The packages that these steps install.
pub fn testify(path: &str, steps: &[&Step]) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut unknown = Vec::new();
    for step in steps {
        let quote = format!("{} {}", step.word, step.rest);
        for name in installed(&step.rest) {
            match need(&name) {
                Known::Aside => {}
                Known::As(debian) => {
                    let kind =
                        Kind::Need(format!("package:{debian}"), format!("another container file installs `{name}`"));
                    facts.push(Fact::new(kind, path, &quote, Strength::Convention));
                }
                Known::No => unknown.push(name),
            }
        }
    }
    if !unknown.is_empty() {
        unknown.sort();
        unknown.dedup();
        let what = format!(
            "`{path}` installs `{}`, and the image does not: what the program needs of it is added by `dockgen config set run.packages {}`",
            unknown.join("`, `"),
            unknown.join(",")
        );
        facts.push(Fact::new(Kind::Warning(what), path, "", Strength::Stated));
    }
    facts
}

/// Keys and certificates that container files make: none is made here, as a secret in a layer is none.
pub fn secrets(path: &str, steps: &[Step]) -> Option<Fact> {
    let runs = steps.iter().filter(|step| step.word == "RUN");
    let commands = runs.flat_map(|step| shell::commands(&step.rest));
    let of_row = |words: Vec<String>| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        CATALOG.packages.secrets.iter().find(|phrase| begins(&words, phrase))
    };
    let phrase = commands.into_iter().find_map(of_row)?;
    let what = format!(
        "`{path}` makes a key or a certificate (`{phrase}`), and this image holds none: where the program reads it, mount it when the image is run"
    );
    Some(Fact::new(Kind::Warning(what), path, phrase, Strength::Stated))
}

/// Whether a command begins with these words.
fn begins(command: &[&str], phrase: &str) -> bool {
    let mut words = command.iter().copied();
    phrase.split(' ').all(|word| words.next() == Some(word))
}

/// The names behind commands that install.
fn installed(line: &str) -> Vec<String> {
    let mut names = Vec::new();
    for words in shell::commands(line) {
        let is_before = |word: &String| command::KEYWORDS.contains(&word.as_str()) || shell::assignment(word).is_some();
        let begin = words.iter().position(|word| !is_before(word)).unwrap_or(0);
        let words = words.get(begin..).unwrap_or_default();
        let plain: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
        let starts = |install: &String| begins(&plain, install).then(|| install.split(' ').count());
        let Some(count) = CATALOG.packages.install.iter().find_map(starts) else { continue };
        let is_value = |at: usize| at > 0 && words.get(at - 1).is_some_and(|word| word == "-t");
        let plain = words.iter().enumerate().filter(|(at, word)| !word.starts_with(['-', '.']) && !is_value(*at));
        let plain = plain.map(|(_, word)| word).skip(count);
        let bare = plain.map(|word| word.split(['=', '~', '<', '>', '@']).next().unwrap_or(word));
        names.extend(bare.filter(|name| is_name(name)).map(str::to_owned));
    }
    names
}

fn is_name(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    starts && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "+.-_".contains(c))
}

/// The package of Debian that is known to be needed by running programs, under one of its names.
pub fn known(name: &str) -> Option<String> {
    match need(name) {
        Known::As(debian) => Some(debian),
        _ => None,
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Known {
    Aside,
    As(String),
    No,
}

fn need(name: &str) -> Known {
    let rows = &CATALOG.packages;
    if let Some(debian) = rows.names.get(name) {
        return Known::As(debian.clone());
    }
    match (rows.aside.iter().any(|glob| fits(glob, name)), rows.known.iter().any(|glob| fits(glob, name))) {
        (true, _) => Known::Aside,
        (_, true) => Known::As(name.to_owned()),
        _ => Known::No,
    }
}

/// Whether a name is what a glob with at most one star means.
pub fn fits(glob: &str, name: &str) -> bool {
    match glob.split_once('*') {
        Some((start, end)) => name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end),
        None => name == glob,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_read_and_known() {
        let line = "if true; then DEBIAN_FRONTEND=none apt-get install -t x-backports odd; fi && apt-get update && apt-get -y install --no-install-recommends ffmpeg=7:5.1 libpq5 \"$MORE\" >/dev/null && apk add --no-cache -t .b vips";
        assert_eq!(installed(line), ["odd", "ffmpeg", "libpq5", "vips"]);
        assert!(installed("pip install ffmpeg").is_empty());
        let made = |line: &str| {
            let steps = crate::dockerfile::steps(&format!("FROM a AS b\nRUN {line}\nFROM c\n")).unwrap();
            secrets("Dockerfile", &steps).is_some()
        };
        assert!(made("apk add openssl && openssl req -x509 -out a.pem") && made("ssh-keygen -A"));
        assert!(!made("openssl dgst -sha256 a") && !made("keytool -importcert -file a"));
        assert_eq!(need("ffmpeg"), Known::As("ffmpeg".into()));
        assert_eq!(need("libgl1-mesa-glx"), Known::As("libgl1".into()));
        assert_eq!(need("build-essential"), Known::Aside);
        assert_eq!(need("libpq-dev"), Known::Aside);
        assert_eq!(need("frobnicate"), Known::No);
    }
}
