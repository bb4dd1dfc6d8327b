//! The variables that a build writes into what browsers load.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;

use crate::path::join;
use crate::repo::Repo;
use crate::source::pattern;

use super::source::MOST_FILES;

/// An argument of the build.
#[derive(Debug, Clone, Serialize)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// What the repository sets it to.
    pub value: Option<String>,
}

static PUBLIC: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:import\.meta|process)\.env\.((?:VITE|NEXT_PUBLIC|REACT_APP|VUE_APP|PUBLIC|GATSBY|NUXT_PUBLIC)_[A-Z0-9_]+)",
    )
});

/// The variables that a build writes into what browsers load, as the sources name them, sorted.
pub fn public(repo: &Repo, folder: &str) -> Vec<Argument> {
    let extensions = [".js", ".mjs", ".ts", ".jsx", ".tsx", ".vue", ".svelte", ".astro"];
    let files =
        repo.below(folder).filter(|path| extensions.iter().any(|end| path.ends_with(end)) && !path.contains(".test."));
    let texts = files.take(MOST_FILES).filter_map(|path| repo.text(path));
    let named = |pattern: &Regex, text: &str| -> Vec<String> {
        pattern.captures_iter(text).filter_map(|found| Some(found.get(1)?.as_str().to_owned())).collect()
    };
    let mut names: BTreeSet<String> = texts.flat_map(|text| named(&PUBLIC, text)).collect();
    for file in [".env.example", ".env.sample", ".env.template", ".env.dist", ".env", ".env.production"] {
        let path = join(folder, file);
        names.extend(repo.text(&path).into_iter().flat_map(|text| named(&EXAMPLE, text)));
    }
    let files = [".env.production", ".env"].map(|file| repo.text(&join(folder, file)));
    let assigned = files.map(|text| text.map(assignments).unwrap_or_default());
    let value = |name: &str| assigned.iter().find_map(|set| plain_value(set.get(name)?));
    names.into_iter().map(|name| Argument { value: value(&name), name }).collect()
}

/// What a file of variables sets, as it stands; of two values for a name the later one counts.
fn assignments(text: &str) -> HashMap<&str, &str> {
    let lines = text.lines().filter_map(|line| line.trim().trim_start_matches("export ").split_once('='));
    lines.map(|(key, value)| (key.trim(), value)).collect()
}

/// A value without its quotes; what refers to others or stands on several lines is left to the build.
fn plain_value(value: &str) -> Option<String> {
    let value = value.trim();
    let quoted = ['"', '\'', '`'].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    let plain = quoted.unwrap_or_else(|| value.split(" #").next().unwrap_or_default().trim());
    let sound = !plain.is_empty() && !plain.contains(['$', '"', '\'', '`', '\\', '\n']);
    sound.then(|| plain.to_owned())
}

/// The same in a file that shows which variables there are.
static EXAMPLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?m)^\s*(?:export\s+)?((?:VITE|NEXT_PUBLIC|REACT_APP|VUE_APP|GATSBY|NUXT_PUBLIC)_[A-Z0-9_]+)\s*=")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_variables_with_what_is_committed() {
        let repo = Repo::from_list(
            "x",
            [
                ("a.ts", "import.meta.env.VITE_A; process.env.SECRET"),
                (".env.example", "VITE_B=1\nPASSWORD=x"),
                (".env", "VITE_A=dev\nVITE_C=\"two words\"\nVITE_D=$VITE_A\nSECRET=x"),
                (".env.production", "VITE_A=https://a.example/api # here"),
            ],
        );
        let found = public(&repo, "");
        let found: Vec<_> = found.iter().map(|argument| (argument.name.as_str(), argument.value.as_deref())).collect();
        let expected = [
            ("VITE_A", Some("https://a.example/api")),
            ("VITE_B", None),
            ("VITE_C", Some("two words")),
            ("VITE_D", None),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn every_pattern_compiles() {
        let _ = (&*PUBLIC, &*EXAMPLE);
    }
}
