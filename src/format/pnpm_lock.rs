//! `pnpm-lock.yaml`, line by line: it may have a hundred thousand of them, and few are wanted.

use std::collections::BTreeMap;

use super::Fault;

/// What a lock file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PnpmLock {
    /// `lockfileVersion`: `5.3`, `6.0`, `9.0`; empty where it says none.
    pub version: String,
    /// The locked packages with one of their versions.
    pub packages: BTreeMap<String, String>,
    /// Whether a package comes from a git repository.
    pub git: bool,
}

/// Reads a lock file.
pub fn parse(text: &str) -> Result<PnpmLock, Fault> {
    let mut lock = PnpmLock::default();
    let mut in_packages = false;
    for line in text.lines() {
        if line.starts_with("<<<<<<<") {
            return Err(Fault::new("has an unresolved merge conflict", line));
        }
        if let Some(version) = line.strip_prefix("lockfileVersion:") {
            lock.version = unquoted(version.trim()).to_owned();
        } else if !line.starts_with([' ', '#']) && !line.trim().is_empty() {
            in_packages = line.starts_with("packages:");
        } else if in_packages {
            lock.git |= line.contains("type: git}") || line.contains("codeload.github.com");
            lock.packages.extend(package(line));
        }
    }
    match lock.version.is_empty() {
        true => Err(Fault::new("has no `lockfileVersion`", text)),
        false => Ok(lock),
    }
}

/// `/@a/b/1.0.0_peer:`, `/@a/b@1.0.0(peer):` and `'@a/b@1.0.0':` with two spaces before them.
fn package(line: &str) -> Option<(String, String)> {
    let key = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' '))?;
    let key = unquoted(key.trim_end().strip_suffix(':')?);
    let key = key.strip_prefix('/').unwrap_or(key);
    let key = key.split('(').next()?;
    let (name, version) = slashed(key).or_else(|| key.rsplit_once('@'))?;
    version.starts_with(|c: char| c.is_ascii_digit()).then(|| (name.to_owned(), version.to_owned()))
}

/// The form of version 5, where a slash stands before the version and peers follow behind an underscore.
fn slashed(key: &str) -> Option<(&str, &str)> {
    let (name, version) = key.split('_').next()?.rsplit_once('/')?;
    version.starts_with(|c: char| c.is_ascii_digit()).then_some((name, version)).filter(|_| !version.contains('@'))
}

fn unquoted(text: &str) -> &str {
    text.trim_matches(['\'', '"'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_generation() {
        for (text, version) in [
            (
                "lockfileVersion: 5.4\n\nspecifiers:\n  a: 1\n\npackages:\n\n  /@a/b/1.2.3_react@18.0.0:\n    dev: true\n  /c/2.0.0:\n",
                "5.4",
            ),
            (
                "lockfileVersion: '6.0'\r\n\r\npackages:\r\n\r\n  /@a/b@1.2.3(react@18.0.0):\r\n    dev: true\r\n  /c@2.0.0:\r\n",
                "6.0",
            ),
            (
                "lockfileVersion: '9.0'\nsettings:\n  x@1.0.0: 1\npackages:\n  '@a/b@1.2.3':\n    resolution: {}\n  c@2.0.0:\nsnapshots:\n  d@1.0.0: {}",
                "9.0",
            ),
        ] {
            let lock = parse(text).unwrap();
            assert_eq!(lock.version, version);
            let packages: Vec<_> = lock.packages.iter().map(|(name, version)| format!("{name} {version}")).collect();
            assert_eq!(packages, ["@a/b 1.2.3", "c 2.0.0"]);
            assert!(!lock.git);
        }
    }

    #[test]
    fn what_is_none() {
        assert_eq!(parse("a: b").unwrap_err().to_string(), "has no `lockfileVersion`: `a: b`");
        parse("").unwrap_err();
        parse("lockfileVersion: 9\n<<<<<<< HEAD\n").unwrap_err();
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s)lockfileVersion: 1\npackages:\n(  .{0,40}\n){0,8}.{0,50}") {
            let _ = parse(&text);
        }
    }
}
