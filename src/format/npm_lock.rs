//! `package-lock.json` and `npm-shrinkwrap.json`; of what may be tens of megabytes only a few words are kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::{Fault, json};

/// What a lock file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NpmLock {
    /// `lockfileVersion`; 0 where it says none (npm 4 and older).
    pub version: u64,
    /// The packages that lie directly below the root's `node_modules`, by name. Empty in version 1, which names
    /// no places.
    pub packages: BTreeMap<String, Locked>,
    /// Every package with an install script, at whatever depth.
    pub install_scripts: BTreeSet<String>,
    /// Whether a package comes from a git repository.
    pub git: bool,
    /// A package that another one wants beside it and that is not locked: npm was told not to bring such ones.
    pub unmet: Option<String>,
}

/// A package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Locked {
    /// Its exact version.
    pub version: String,
    /// Its commands: name to path inside the package.
    pub bin: BTreeMap<String, String>,
}

/// Reads a lock file.
pub fn parse(text: &str) -> Result<NpmLock, Fault> {
    let file: File = serde_json::from_str(text).map_err(|error| json::fault(text, &error))?;
    Ok(NpmLock { version: file.version.unwrap_or_default(), ..file.packages.unwrap_or_default().read() })
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "lockfileVersion")]
    version: Option<u64>,
    packages: Option<Packages>,
}

#[derive(Deserialize)]
struct Entry {
    version: Option<String>,
    resolved: Option<String>,
    bin: Option<Value>,
    #[serde(default, rename = "hasInstallScript")]
    has_install_script: bool,
    #[serde(rename = "peerDependencies")]
    peers: Option<Value>,
    #[serde(rename = "peerDependenciesMeta")]
    peers_meta: Option<Value>,
}

#[derive(Default)]
struct Packages {
    lock: NpmLock,
    /// The names at whatever depth, and those that are wanted beside packages.
    names: BTreeSet<String>,
    peers: BTreeSet<String>,
}

impl<'de> Deserialize<'de> for Packages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Packages::default())
    }
}

impl<'de> Visitor<'de> for Packages {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of packages")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some(place) = map.next_key::<String>()? {
            match place.rsplit_once("node_modules/") {
                Some((above, name)) => self.add(above, name, map.next_value()?),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(self)
    }
}

impl Packages {
    fn read(self) -> NpmLock {
        let unmet = self.peers.into_iter().find(|name| !self.names.contains(name));
        NpmLock { unmet, ..self.lock }
    }

    fn add(&mut self, above: &str, name: &str, entry: Entry) {
        self.names.insert(name.to_owned());
        let optional = |name: &str| {
            let row = entry.peers_meta.as_ref().and_then(|meta| meta.get(name));
            row.is_some_and(|row| row.get("optional").is_some_and(|value| value == true))
        };
        let peers = entry.peers.as_ref().and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name);
        self.peers.extend(peers.filter(|name| !optional(name)).cloned());
        let lock = &mut self.lock;
        lock.git |= entry.resolved.is_some_and(|from| from.starts_with("git"));
        if entry.has_install_script {
            lock.install_scripts.insert(name.to_owned());
        }
        if above.is_empty() {
            let bin = entry.bin.as_ref().map(json::text_map).unwrap_or_default();
            lock.packages.insert(name.to_owned(), Locked { version: entry.version.unwrap_or_default(), bin });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn versions_two_and_three_name_packages_and_commands() {
        let lock = parse(
            r#"{"name": "a", "lockfileVersion": 3, "requires": true, "packages": {
  "": {"name": "a", "bin": {"a": "a.js"}},
  "packages/b": {"version": "1.0.0"},
  "node_modules/b": {"resolved": "packages/b", "link": true},
  "node_modules/@nestjs/cli": {"version": "10.0.0", "bin": {"nest": "bin/nest.js"}, "engines": {"node": ">= 16"}},
  "node_modules/c": {"version": "2.0.0", "resolved": "git+ssh://git@example.com/c.git#1"},
  "node_modules/c/node_modules/bcrypt": {"version": "5.0.0", "hasInstallScript": true}
}, "dependencies": {"c": {}}}"#,
        )
        .unwrap();
        assert_eq!(lock.version, 3);
        assert_eq!(lock.packages.keys().collect::<Vec<_>>(), ["@nestjs/cli", "b", "c"]);
        assert_eq!(lock.packages["@nestjs/cli"].bin["nest"], "bin/nest.js");
        assert_eq!(lock.install_scripts, BTreeSet::from(["bcrypt".to_owned()]));
        assert!(lock.git);
    }

    #[test]
    fn what_is_wanted_beside_a_package_and_is_not_there() {
        let unmet = |entry: &str| {
            let text = format!(
                r#"{{"lockfileVersion": 3, "packages": {{"node_modules/a": {entry}, "node_modules/a/node_modules/c": {{}}}}}}"#
            );
            parse(&text).unwrap().unmet
        };
        assert_eq!(unmet(r#"{"peerDependencies": {"b": "1", "c": "1"}}"#).as_deref(), Some("b"));
        assert_eq!(
            unmet(r#"{"peerDependencies": {"b": "1"}, "peerDependenciesMeta": {"b": {"optional": true}}}"#),
            None
        );
        assert_eq!(unmet(r#"{"peerDependencies": ["b"]}"#), None);
    }

    #[test]
    fn version_one_names_none() {
        let lock = parse(r#"{"lockfileVersion": 1, "dependencies": {"a": {"version": "1.0.0"}}}"#).unwrap();
        assert_eq!(lock, NpmLock { version: 1, ..NpmLock::default() });
    }

    #[test]
    fn what_is_cut_short_or_in_conflict_is_a_fault() {
        for text in ["", "{\"packages\": {", "<<<<<<< HEAD\n{}", "{\"packages\": []}", "[]"] {
            parse(text).unwrap_err();
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s).{0,200}") {
            let _ = parse(&text);
        }
    }
}
