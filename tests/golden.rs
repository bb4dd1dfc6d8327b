//! Every fixture against `snapshots/`: what a user would get, as plain files with their real names.
//!
//! `SNAPSHOTS=overwrite cargo test --test golden` writes them anew.

#![expect(clippy::disallowed_methods, reason = "tests read and write the snapshots")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use dockgen::repo::Repo;
use dockgen::wishes::Wishes;
use serde::Deserialize;

/// A fixture with wishes, under a snapshot name of its own.
#[derive(Debug, Deserialize)]
struct Variant {
    snapshot: String,
    fixture: String,
    wishes: std::collections::BTreeMap<String, String>,
    /// The text of a dockgen.toml.
    #[serde(default)]
    config: String,
}

#[derive(Debug, Deserialize)]
struct Variants {
    variant: Vec<Variant>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn fixtures() -> Vec<(String, PathBuf, Wishes)> {
    let folder = root().join("tests/fixtures");
    let mut found: Vec<(String, PathBuf, Wishes)> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path(), Wishes::default()))
        .collect();
    let text = std::fs::read_to_string(root().join("tests/golden.toml")).unwrap();
    for variant in toml::from_str::<Variants>(&text).unwrap().variant {
        let mut wishes = dockgen::config::parse(&variant.config).unwrap();
        for (topic, value) in &variant.wishes {
            wishes.answer(topic, value).unwrap();
        }
        found.push((variant.snapshot, folder.join(variant.fixture), wishes));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

#[test]
fn every_fixture_gives_its_snapshot() {
    let overwrite = std::env::var("SNAPSHOTS").is_ok_and(|value| value == "overwrite");
    let mut wrong = Vec::new();
    let mut expected = std::collections::BTreeSet::new();
    for (name, folder, wishes) in fixtures() {
        let place = root().join("snapshots").join(&name);
        expected.insert(name.clone());
        for (file, text) in drafted(&folder, &wishes) {
            let path = place.join(&file);
            if overwrite {
                std::fs::create_dir_all(&place).unwrap();
                std::fs::write(&path, &text).unwrap();
            }
            let there = std::fs::read_to_string(&path).unwrap_or_default();
            if there != text {
                let diff = similar::TextDiff::from_lines(&there, &text).unified_diff().to_string();
                wrong.push(format!("snapshots/{name}/{file}\n{diff}"));
            }
        }
    }
    let there = std::fs::read_dir(root().join("snapshots")).unwrap();
    let names = there.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    wrong.extend(names.filter(|name| !expected.contains(name)).map(|name| format!("snapshots/{name} has no fixture")));
    assert!(wrong.is_empty(), "SNAPSHOTS=overwrite writes them anew:\n{}", wrong.join("\n"));
}

#[test]
fn every_instruction_has_its_reason() {
    let topics = std::fs::read_to_string(root().join("src/plan/topic.rs")).unwrap();
    for (name, folder, wishes) in fixtures() {
        let Ok(draft) = dockgen::draft(&Repo::open(&folder).unwrap(), &wishes) else { continue };
        let text = draft.text(dockgen::service::Role::Dockerfile);
        for step in dockgen::explain::written::explain(text, Some(text), &draft).unwrap() {
            assert!(step.why.is_some(), "{name}: {}", step.text);
        }
        for reason in &draft.reasons {
            let unknown = reason.topics.iter().find(|topic| !topics.contains(&format!("= \"{topic}\";")));
            assert_eq!(unknown, None, "{name}: `{}` names a topic that there is not", reason.why);
        }
    }
}

/// The documents and the explanation of a fixture; a refusal is a document too.
fn drafted(folder: &Path, wishes: &Wishes) -> Vec<(String, String)> {
    match dockgen::draft(&Repo::open(folder).unwrap(), wishes) {
        Ok(draft) => {
            let mut files: Vec<(String, String)> = draft
                .documents
                .iter()
                .map(|document| (document.path.rsplit('/').next().unwrap().to_owned(), document.text.clone()))
                .collect();
            files.push(("explain.txt".to_owned(), dockgen::explain::text(&draft, &[])));
            files
        }
        Err(error) => {
            let hint = error.hint.map_or_else(String::new, |hint| format!("hint: {hint}\n"));
            vec![("refusal.txt".to_owned(), format!("error: {}\n{hint}", error.what))]
        }
    }
}

#[test]
fn nothing_is_read_after_testimony() {
    for (name, folder, wishes) in fixtures() {
        let repo = Repo::open(&folder).unwrap();
        let _ = dockgen::draft(&repo, &wishes);
        assert_eq!(repo.late(), 0, "{name}: questions after testimony");
    }
}

/// A kind that `check` compares with what the Dockerfile names.
const CHECKED: &str = "Manifest";

fn kind(fact: &dockgen::facts::Fact) -> String {
    format!("{:?}", fact.kind).split('(').next().unwrap().to_owned()
}

/// The kinds of the vocabulary.
fn kinds() -> BTreeSet<String> {
    let text = std::fs::read_to_string("src/facts.rs").unwrap();
    let body = text.split_once("pub enum Kind {\n").unwrap().1.split_once("\n}").unwrap().0;
    let names = body.lines().map(str::trim).filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
    names.map(|line| line.split(['(', ',']).next().unwrap().to_owned()).collect()
}

/// Everything that a draft decides, says or refuses.
fn outcome(draft: Result<dockgen::Draft, dockgen::error::Error>) -> String {
    match draft {
        Ok(draft) => format!("{:?} {:?} {:?}", draft.documents, draft.plan.decisions, draft.plan.warnings),
        Err(error) => format!("{error:?}"),
    }
}

/// Small repositories in which kinds decide that do so in no fixture.
const SMALL: [&[(&str, &str)]; 3] = [
    &[
        ("package.json", r#"{"scripts": {"start": "node a.js", "build": "tsc", "build:production": "tsc -p p.json"}}"#),
        ("a.ts", "require('http').createServer().listen(3000)"),
    ],
    &[
        ("Cargo.toml", "[package]\nname = \"a\"\n[dependencies]\naxum = \"0.8\"\n"),
        ("src/main.rs", "fn main() { a::serve() }"),
    ],
    &[("Cargo.toml", "[workspace]\nmembers = [\"b\"]\n")],
];

#[test]
fn every_kind_of_fact_is_emitted_and_decides() {
    let (mut emitted, mut decides) = (BTreeSet::new(), BTreeSet::new());
    let small = SMALL.iter().map(|files| (Repo::from_list("a", files.iter().copied()), Wishes::default()));
    let whole = fixtures().into_iter().map(|(_, folder, wishes)| (Repo::open(&folder).unwrap(), wishes));
    for (repo, wishes) in whole.chain(small) {
        let seen = std::cell::RefCell::new(BTreeSet::new());
        let hears = |fact: &dockgen::facts::Fact| {
            seen.borrow_mut().insert(kind(fact));
            true
        };
        let whole = outcome(dockgen::draft_from(&repo, &wishes, &hears));
        for name in seen.into_inner() {
            if !decides.contains(&name)
                && outcome(dockgen::draft_from(&repo, &wishes, &|fact| kind(fact) != name)) != whole
            {
                decides.insert(name.clone());
            }
            emitted.insert(name);
        }
    }
    let idle = emitted.difference(&decides).map(String::as_str).filter(|name| *name != CHECKED);
    assert_eq!(idle.collect::<Vec<_>>(), Vec::<&str>::new(), "these decide nothing");
    let silent = kinds().difference(&emitted).cloned().collect::<BTreeSet<_>>();
    assert!(silent.is_empty(), "nobody emits these: {silent:?}");
}
