//! Examples of the environment, such as `.env.example`: the names that a program reads, and what they may hold.

use serde::Deserialize;

use super::CATALOG;
use super::variables::{self, Given};
use crate::facts::{Fact, Strength};
use crate::repo::Repo;
use crate::source::shell;

/// What is known of these files.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    files: Vec<String>,
}

/// The names in the first of these files that is there.
pub fn testify(repo: &Repo) -> Vec<Fact> {
    let Some(path) = CATALOG.examples.files.iter().find(|path| repo.has(path)) else { return Vec::new() };
    let lines = repo.text(path).unwrap_or_default().lines();
    let given = lines.filter_map(given).take(variables::MOST);
    let strength =
        |given: &Given| if variables::is_needed(&given.name) { Strength::Convention } else { Strength::Guess };
    given.filter_map(|given| variables::testify(&given, path, strength(&given))).collect()
}

/// A name and its value, which may be blank. A name behind `#` is one that the program does without.
fn given(line: &str) -> Option<Given> {
    let line = line.trim();
    let bare = line.trim_start_matches('#').trim_start();
    let is_optional = bare.len() < line.len();
    let (name, value) = shell::assignment(bare.strip_prefix("export ").unwrap_or(bare).trim_start())?;
    let is_name = name.chars().all(|c| !c.is_ascii_lowercase());
    let value = value.trim();
    let value = match value.chars().next() {
        Some(quote @ ('"' | '\'')) => value.trim_start_matches(quote).split(quote).next().unwrap_or_default(),
        Some('#') | None => "",
        Some(_) => value.split(" #").next().unwrap_or_default().trim(),
    };
    is_name.then(|| Given { name: name.to_owned(), value: (!value.is_empty()).then(|| value.to_owned()), is_optional })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_examples() {
        let text = "# Settings of the shop\nDATABASE_URL=postgres://a:b@db/x\nexport LOG_LEVEL=\"info\" # how much\nSECRET_KEY=\n#CACHE_URL=redis://localhost\n\
                    # URL=is set by the proxy\nPORT=4000\nEMPTY= # none\nNODE_ENV=production\nlower=case\nnonsense\n";
        let repo = Repo::from_list("x", [(".env.example", text), (".env.sample", "OTHER=1\n")]);
        let said: Vec<String> =
            testify(&repo).iter().map(|fact| format!("{} [{}]", fact.kind, fact.evidence.strength)).collect();
        assert_eq!(
            said,
            [
                "is given DATABASE_URL, such as postgres://USER:PASSWORD@db/x [convention]",
                "is given LOG_LEVEL, such as info [guess]",
                "is given SECRET_KEY [convention]",
                "is given CACHE_URL, such as redis://HOST [guess]",
                "is given URL, such as is set by the proxy [guess]",
                "port 4000 [guess]",
                "is given EMPTY [guess]",
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s).{0,200}") {
            testify(&Repo::from_list("x", [(".env.example", text.as_str())]));
        }
    }
}
