//! What the sources ask of the environment of a build: the variables that it writes into what browsers load, and others.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use serde::Serialize;

use crate::path::join;
use crate::repo::Repo;
use crate::source::Pattern;

use super::catalog::CATALOG;
use super::source::MOST_FILES;

/// An argument of the build.
#[derive(Debug, Clone, Serialize)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// What the repository sets it to; empty where the build demands it and nothing is said.
    pub value: Option<String>,
    /// Whether it has a value.
    pub is_set: bool,
}

/// What the sources of a service ask of the environment of its build.
#[derive(Debug, Default)]
pub struct Demands {
    /// Variables that the build writes into what browsers load, sorted.
    pub public: Vec<Argument>,
    /// Variables that it writes into the program, which keeps them.
    pub kept: BTreeSet<String>,
    /// Variables that turn checks off that no build of an image passes.
    pub switches: BTreeMap<String, String>,
}

/// The patterns of the catalog.
struct Patterns {
    /// A variable for browsers in a source.
    public: Pattern,
    /// The same in a file that shows which variables there are.
    example: Pattern,
    /// A list of names that a build demands and shows.
    shown: Pattern,
    /// The same of those that it keeps.
    kept: Pattern,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let row = &CATALOG.demanded;
    let begins = row.public.join("|");
    Patterns {
        public: Pattern::from(format!(r"\b(?:import\.meta|process)\.env\.((?:{begins})_[A-Z0-9_]+)")),
        example: Pattern::from(format!(r"(?m)^\s*(?:export\s+)?((?:{begins})_[A-Z0-9_]+)\s*=")),
        shown: Pattern::from(row.shown.clone()),
        kept: Pattern::from(row.kept.clone()),
    }
});

/// Reads the sources of a folder.
pub fn read(repo: &Repo, folder: &str) -> Demands {
    let (row, patterns) = (&CATALOG.demanded, &*PATTERNS);
    let is_page = |path: &&str| CATALOG.sources.pages.iter().any(|end| path.ends_with(end.as_str()));
    let files = repo.below(folder).filter(|path| is_page(path) && !path.contains(".test."));
    let texts: Vec<&str> = files.take(MOST_FILES).filter_map(|path| repo.text(path)).collect();
    let all = |pattern: &Pattern| texts.iter().flat_map(|text| named(pattern, text)).collect::<BTreeSet<String>>();
    let examples = row.examples.iter().filter_map(|file| repo.text(&join(folder, file)));
    let (shown, kept) = (listed(all(&patterns.shown)), listed(all(&patterns.kept)));
    let mut names = all(&patterns.public);
    names.extend(examples.flat_map(|text| named(&patterns.example, text)));
    names.extend(shown.iter().cloned());
    let assigned: Vec<_> =
        row.set.iter().map(|file| repo.text(&join(folder, file)).map(assignments).unwrap_or_default()).collect();
    let value = |name: &str| assigned.iter().find_map(|set| plain_value(set.get(name)?));
    let empty = |name: &String| shown.contains(name).then(String::new);
    let argument = |name: String| {
        let value = value(&name).or_else(|| empty(&name));
        Argument { is_set: value.is_some(), value, name }
    };
    let is_read = |name: &String| texts.iter().any(|text| text.contains(name.as_str()));
    let switches = row.switches.iter().filter(|(name, _)| is_read(name));
    Demands {
        public: names.into_iter().map(argument).collect(),
        kept,
        switches: switches.map(|(name, value)| (name.clone(), value.clone())).collect(),
    }
}

/// What the first group of a pattern finds.
fn named(pattern: &Pattern, text: &str) -> Vec<String> {
    pattern.captures_iter(text).filter_map(|found| Some(found.get(1)?.as_str().to_owned())).collect()
}

/// The names in lists of what is imported: `A, B as c`.
fn listed(lists: BTreeSet<String>) -> BTreeSet<String> {
    let first = |name: &str| name.split_whitespace().next().map(str::to_owned);
    let is_name = |name: &String| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    lists.iter().flat_map(|list| list.split(',')).filter_map(first).filter(is_name).collect()
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
        let found = read(&repo, "").public;
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
    fn demanded_variables() {
        let repo = Repo::from_list(
            "x",
            [
                (
                    "a.ts",
                    "import { MAIL_KEY, B as b } from '$env/static/private';\nimport { PUBLIC_NAME } from \"$env/static/public\"",
                ),
                ("env.js", "skipValidation: !!process.env.SKIP_ENV_VALIDATION"),
            ],
        );
        let found = read(&repo, "");
        assert_eq!(found.kept.into_iter().collect::<Vec<_>>(), ["B", "MAIL_KEY"]);
        assert_eq!(
            found.public.first().map(|it| (it.name.as_str(), it.value.as_deref())),
            Some(("PUBLIC_NAME", Some("")))
        );
        assert_eq!(found.switches.len(), 1);
    }

    #[test]
    fn every_pattern_compiles() {
        let all = [&PATTERNS.public, &PATTERNS.example, &PATTERNS.shown, &PATTERNS.kept];
        assert!(all.iter().all(|pattern| !pattern.is_match(&" ".repeat(5000))));
    }
}
