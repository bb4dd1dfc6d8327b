//! Workflows: the releases of toolchains that a team's own checks run with. They were good enough for a check, and say no more.

use serde::Deserialize;

use super::CATALOG;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::language;
use crate::repo::Repo;
use crate::requirement::Requirement;

/// An action that installs a toolchain.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    action: String,
    /// What says the release.
    key: String,
    tool: String,
}

/// Where workflows lie.
const FOLDER: &str = ".github/workflows";

/// No more workflows than this are read.
const MOST_FILES: usize = 20;

/// No more lines behind the name of an action are looked at.
const MOST_LINES: usize = 15;

/// The release of each toolchain, where all workflows name the same one: several are no pin.
pub fn testify(repo: &Repo) -> Vec<Fact> {
    let files = repo.inside(FOLDER).filter(|path| path.ends_with(".yml") || path.ends_with(".yaml")).take(MOST_FILES);
    let mut found: Vec<(&str, Option<Requirement>, Evidence)> = Vec::new();
    for path in files {
        found.extend(repo.text(path).into_iter().flat_map(|text| of_text(path, text)));
    }
    let rows = &CATALOG.setup;
    let mut tools: Vec<&str> = rows.iter().map(|row| row.tool.as_str()).collect();
    tools.dedup();
    tools.into_iter().filter_map(|tool| agreed(tool, &found)).collect()
}

fn agreed(tool: &str, found: &[(&str, Option<Requirement>, Evidence)]) -> Option<Fact> {
    let mut of_tool = found.iter().filter(|(of, ..)| *of == tool);
    let (_, wanted, evidence) = of_tool.next()?;
    let is_same = of_tool.all(|(_, other, _)| other == wanted);
    let is_known = |wanted: &&Requirement| {
        let releases = language::by_id(tool).map(|language| (language.releases)()).unwrap_or_default();
        let line = |cycle: &str| Requirement::line(cycle).is_some_and(|line| !line.excludes(wanted));
        // What nobody mends any more is not taken for a check's sake.
        releases.iter().any(|release| release.supported && line(&release.cycle))
    };
    let wanted = wanted.as_ref().filter(|_| is_same).filter(is_known)?;
    Some(Fact::from_evidence(Kind::Toolchain(tool.to_owned(), wanted.clone()), evidence.clone()))
}

/// What a workflow gives to actions that install toolchains; no release where it is no literal.
fn of_text<'t>(path: &str, text: &str) -> Vec<(&'t str, Option<Requirement>, Evidence)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(action) = line.trim_start().trim_start_matches("- ").strip_prefix("uses:").map(bare) else { continue };
        let is_of = |row: &&Row| action.split('@').next() == Some(&row.action);
        for row in CATALOG.setup.iter().filter(is_of).filter(|row| !is_told(&row.tool)) {
            let inner =
                lines.iter().skip(at + 1).take(MOST_LINES).take_while(|line| !line.trim_start().starts_with("- "));
            let value = inner.clone().find_map(|line| line.trim().strip_prefix(row.key.as_str())?.strip_prefix(':'));
            let Some(value) = value.map(bare) else { continue };
            let evidence = Evidence::new(path, &format!("{}: {value}", row.key), Strength::Guess);
            found.push((row.tool.as_str(), super::containers::line_of(&row.tool, value), evidence));
        }
    }
    found
}

/// Whether manifests of this toolchain say enough.
fn is_told(tool: &str) -> bool {
    CATALOG.containers.manifest.iter().any(|of| of == tool)
}

/// A value without its comment and quotes.
fn bare(value: &str) -> &str {
    let value = value.split(" #").next().unwrap_or_default().trim();
    value.trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(workflows: &[&str]) -> String {
        let paths: Vec<String> = (0..workflows.len()).map(|at| format!(".github/workflows/{at}.yml")).collect();
        let repo = Repo::from_list("x", paths.iter().map(String::as_str).zip(workflows.iter().copied()));
        let shown = |fact: &Fact| match &fact.kind {
            Kind::Toolchain(tool, wanted) => format!("{tool} {wanted}"),
            kind => kind.to_string(),
        };
        testify(&repo).iter().map(shown).collect::<Vec<_>>().join(", ")
    }

    fn step(action: &str, with: &str) -> String {
        format!(
            "jobs:\n  a:\n    steps:\n      - uses: {action}\n        with:\n          cache: x\n          {with}\n      - run: x\n        node-version: 9\n"
        )
    }

    #[test]
    fn a_release_that_all_name_counts() {
        let node = |version: &str| step("actions/setup-node@v4", &format!("node-version: {version}"));
        for (workflows, expected) in [
            (vec![node("22")], "node 22"),
            (vec![node("'24.x' # LTS")], "node 24"),
            (vec![node("22.11.0"), node("22")], "node 22"),
            (vec![node("22"), node("24")], ""),
            (vec![node("22"), node("${{ matrix.node }}")], ""),
            (vec![node("[20, 22]")], ""),
            (vec![node("lts/*")], ""),
            (vec![node("12")], ""),
            (vec![step("actions/setup-python@v5", "python-version: \"3.13\"")], "python 3.13"),
            (vec![step("actions/setup-java@v4", "java-version: 21")], "java 21"),
            (vec![step("actions/setup-go@v5", "go-version: 1.22")], ""),
            (vec![step("actions/setup-node-not@v1", "node-version: 22")], ""),
            (vec![step("actions/setup-node@v4", "node-version-file: .nvmrc")], ""),
        ] {
            let workflows: Vec<&str> = workflows.iter().map(String::as_str).collect();
            assert_eq!(said(&workflows), expected, "{workflows:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s).{0,200}") {
            said(&[&format!("- uses: actions/setup-node@v4\n  with:\n    node-version: {text}")]);
        }
    }
}
