//! `.mvn/maven.config`: words that Maven is always told.

use super::catalog::CATALOG;
use crate::format::pom::resolve;
use crate::repo::Repo;

/// What the words come down to.
#[derive(Debug, Default)]
pub struct Config {
    /// The profiles that are asked for.
    pub profiles: Vec<String>,
    /// The settings, where the file lies in the repository.
    pub settings: Option<String>,
}

/// Reads the words; one may stand on a line with its value, or before it.
pub fn read(repo: &Repo) -> Config {
    let text = CATALOG.layout.mvn.first().and_then(|path| repo.text(path)).unwrap_or_default();
    let words: Vec<&str> = text.split_whitespace().collect();
    let value = |names: &[&str]| {
        let at = words.iter().position(|word| names.iter().any(|name| is_option(word, name)))?;
        let (word, name) = (words[at], names.iter().find(|name| is_option(words[at], name))?);
        let glued = word.strip_prefix(name).unwrap_or_default().trim_start_matches('=');
        if glued.is_empty() { words.get(at + 1).copied() } else { Some(glued) }
    };
    let profiles = value(&["--activate-profiles", "-P"]).unwrap_or_default();
    let is_asked = |id: &&str| !id.is_empty() && !id.starts_with(['!', '-', '?']);
    let settings = value(&["--settings", "-s"]).or_else(|| value(&["--global-settings", "-gs"]));
    Config {
        profiles: profiles.split(',').filter(is_asked).map(str::to_owned).collect(),
        settings: settings.and_then(|path| resolve("", path)).filter(|path| repo.has(path)),
    }
}

/// Whether a word is this option: with its value behind it where the name is short, behind `=` where it is long.
fn is_option(word: &str, name: &str) -> bool {
    match (word.strip_prefix(name), name.strip_prefix("-P")) {
        (Some(""), _) => true,
        (Some(rest), short) => rest.starts_with('=') || short.is_some(),
        (None, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_values_beside_them_or_behind_them() {
        for (text, profiles, settings) in [
            ("-Pprod,!dev\n-T1C", "prod", None),
            ("-P\nprod,web", "prod web", None),
            ("--activate-profiles=prod", "prod", None),
            ("--settings\n./ci.xml", "", Some("ci.xml")),
            ("-s gone.xml", "", None),
            ("-gs=ci.xml", "", Some("ci.xml")),
            ("-Dstyle=x -ntp", "", None),
        ] {
            let read = read(&Repo::from_list("x", [(".mvn/maven.config", text), ("ci.xml", "")]));
            assert_eq!((read.profiles.join(" ").as_str(), read.settings.as_deref()), (profiles, settings), "{text}");
        }
    }
}
