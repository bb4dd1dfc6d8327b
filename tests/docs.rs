//! The pages against the program: links, tables, terminal sessions, flags.
//!
//! What stands between `<!-- KIND ARGUMENT -->` and `<!-- end -->` is made here; `SNAPSHOTS=overwrite cargo test --test
//! docs` writes it anew.

#![expect(clippy::disallowed_methods, reason = "tests read and write the pages")]

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use support::Tree;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Every page: (path, text).
fn pages() -> Vec<(PathBuf, String)> {
    let top = ["README.md", "CHANGELOG.md"].map(|name| root().join(name));
    let below = ["docs", "docs/decisions"].iter().flat_map(|folder| entries(&root().join(folder)));
    let pages = top.into_iter().chain(below).filter(|path| path.extension().is_some_and(|end| end == "md"));
    pages.map(|path| (path.clone(), read(&path))).collect()
}

/// The lines outside of fenced code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

/// A heading as the part of an address after `#`.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

#[test]
fn every_link_leads_somewhere() {
    for (page, text) in pages() {
        for target in prose(&text).flat_map(|line| line.split("](").skip(1)).filter_map(|rest| rest.split(')').next()) {
            if target.contains("://") {
                continue;
            }
            let (file, part) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(path.exists(), "{} links to {target}", page.display());
            let headings = |text: &str| {
                prose(text)
                    .filter(|line| line.starts_with('#'))
                    .map(|line| anchor(line.trim_start_matches('#')))
                    .collect::<Vec<_>>()
            };
            assert!(
                part.is_empty() || headings(&read(&path)).iter().any(|heading| heading == part),
                "{} links to {target}",
                page.display()
            );
        }
    }
}

/// A catalog table as Markdown. The argument: `LANGUAGE/TABLE: Title=key, Title=key`; the language `*` is all of them,
/// the key `.` is the name of a row that has one, or the row itself where it is no table; `a.b` is the key `b` of the table
/// `a`, and rows without a key that ends with `!` are left out.
fn catalog(argument: &str) -> String {
    let (place, columns) = argument.split_once(": ").unwrap();
    let (language, table) = place.split_once('/').unwrap();
    let columns: Vec<(&str, &str)> = columns.split(", ").map(|column| column.split_once('=').unwrap()).collect();
    let mut titles: Vec<&str> = columns.iter().map(|(title, _)| *title).collect();
    let mut rows = Vec::new();
    for entry in entries(&root().join("templates")) {
        let name = entry.file_stem().unwrap().to_str().unwrap().to_owned();
        let file = if entry.is_dir() { entry.join("catalog.toml") } else { entry };
        if (language != "*" && language != name) || file.extension().is_none_or(|it| it != "toml") || !file.exists() {
            continue;
        }
        let catalog: toml::Table = read(file).parse().unwrap();
        for (key, row) in catalog.get(table).map(named_rows).unwrap_or_default() {
            let find = |column: &str| {
                let mut parts = column.trim_end_matches('!').split('.');
                parts.try_fold(&row, |found, part| found.get(part)).map(cell).unwrap_or_default()
            };
            if columns.iter().any(|(_, column)| column.ends_with('!') && find(column).is_empty()) {
                continue;
            }
            let cells = columns.iter().map(|(_, column)| if *column == "." { cell(&key) } else { find(column) });
            rows.push((language == "*").then(|| name.clone()).into_iter().chain(cells).collect::<Vec<_>>());
        }
    }
    assert!(!rows.is_empty(), "there is no {place} in the catalogs");
    if language == "*" {
        titles.insert(0, "Language");
    }
    let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | ")).replace("|  |", "| |").replace("|  |", "| |");
    let rule = format!("|{}\n", "---|".repeat(titles.len()));
    let body: String = rows.iter().map(|row| line(row.iter().map(String::as_str).collect())).collect();
    format!("\n{}{rule}{body}\n", line(titles))
}

fn named_rows(table: &toml::Value) -> Vec<(toml::Value, toml::Value)> {
    match table {
        toml::Value::Array(rows) => rows.iter().map(|row| (row.clone(), row.clone())).collect(),
        toml::Value::Table(rows) => rows.iter().map(|(name, row)| (name.as_str().into(), row.clone())).collect(),
        row => vec![(row.clone(), row.clone())],
    }
}

/// Systems, each with the first and the last release that was published on it.
fn spans(text: &str) -> Option<Vec<String>> {
    let is_version = |word: &&&str| word.split('.').count() > 2;
    let span = |text: &str| match text.split_whitespace().collect::<Vec<_>>().as_slice() {
        [name, ends @ ..] if ends.len() == 2 && ends.iter().filter(is_version).count() == 2 => {
            Some(format!("{name} {}", ends.join(" to ")))
        }
        _ => None,
    };
    text.split(',').map(span).collect()
}

fn cell(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) if text.contains(['{', '*', ':', '/', '<', '_', '$', '=']) => {
            format!("`{}`", text.replace('|', "\\|"))
        }
        toml::Value::String(text) => spans(text).map_or_else(|| text.clone(), |spans| spans.join(", ")),
        toml::Value::Boolean(yes) => if *yes { "yes" } else { "" }.to_owned(),
        toml::Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        toml::Value::Table(entries) => {
            let entry = |(key, value): (&String, &toml::Value)| format!("*{key}* {}", cell(value));
            entries.iter().map(entry).collect::<Vec<_>>().join("; ")
        }
        other => other.to_string(),
    }
}

/// The example's own files in a tree of their own, without what dockgen wrote there for somebody who tried it.
fn example(name: &str) -> Tree {
    let from = root().join("examples").join(name);
    let repo = dockgen::repo::Repo::open(&from).unwrap();
    let draft = dockgen::draft(&repo, &Default::default()).unwrap();
    let mut written: Vec<&str> = draft.documents.iter().map(|document| document.path.as_str()).collect();
    written.extend([dockgen::lock::PATH, dockgen::config::PATH]);
    let tree = Tree::new(&[]);
    for path in repo.files().filter(|path| !written.contains(path)) {
        tree.write(path, &std::fs::read(from.join(path)).unwrap());
    }
    tree
}

/// What a person sees who types `dockgen ARGUMENTS` in an example or a fixture. The argument: `NAME: ARGUMENTS`.
fn session(argument: &str) -> String {
    let (name, arguments) = argument.split_once(": ").unwrap();
    let tree = if root().join("examples").join(name).exists() { example(name) } else { Tree::fixture(name) };
    let done = tree.run(&arguments.split(' ').collect::<Vec<_>>());
    format!("```console\n$ dockgen {arguments}\n{}{}```\n", done.out, done.err)
}

/// A table of the program's own: `keys` of dockgen.toml, or `rules` of `dockgen check`.
fn program(table: &str) -> String {
    match table {
        "keys" => {
            let keys = dockgen::config::KEYS.iter().map(|key| format!("| `{}` | {} |\n", key.name, key.help));
            format!("\n| Key | Means |\n|---|---|\n{}\n", keys.collect::<String>())
        }
        "rules" => {
            let rules = dockgen::lint::RULES.iter().map(|rule| {
                let level = format!("{:?}", rule.level).to_lowercase();
                format!("| `{}` | {level} | {} | {} |\n", rule.id, rule.text, rule.help)
            });
            format!("\n| Rule | Level | Means | Mended by |\n|---|---|---|---|\n{}\n", rules.collect::<String>())
        }
        other => panic!("the program has no {other}"),
    }
}

/// A snapshot as code.
fn snapshot(file: &str) -> String {
    let syntax = match file.rsplit_once('.') {
        Some((_, "yml")) => "yaml",
        _ if file.ends_with("Dockerfile") => "dockerfile",
        _ => "text",
    };
    format!("```{syntax}\n{}```\n", read(Path::new("snapshots").join(file)))
}

/// The page with its blocks made anew.
fn refreshed(text: &str) -> String {
    let (mut out, mut inside) = (String::new(), false);
    for line in text.lines() {
        if line == "<!-- end -->" {
            inside = false;
        }
        if !inside {
            out.push_str(line);
            out.push('\n');
        }
        let marker =
            line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")).and_then(|rest| rest.split_once(' '));
        let made = match marker.filter(|_| !inside) {
            Some(("catalog", argument)) => catalog(argument),
            Some(("session", argument)) => session(argument),
            Some(("snapshot", file)) => snapshot(file),
            Some(("program", table)) => program(table),
            _ => continue,
        };
        inside = true;
        out.push_str(&made);
    }
    assert!(!inside, "a block is not ended");
    out
}

#[test]
fn tables_sessions_and_files_are_those_of_the_program() {
    let overwrite = std::env::var("SNAPSHOTS").is_ok_and(|value| value == "overwrite");
    let mut stale = Vec::new();
    for (page, text) in pages() {
        let fresh = refreshed(&text);
        if fresh != text {
            let diff = similar::TextDiff::from_lines(&text, &fresh).unified_diff().to_string();
            stale.push(format!("{}\n{diff}", page.display()));
        }
        if overwrite {
            std::fs::write(&page, fresh).unwrap();
        }
    }
    assert!(
        overwrite || stale.is_empty(),
        "SNAPSHOTS=overwrite cargo test --test docs writes them anew:\n{}",
        stale.join("\n")
    );
    assert!(read("docs/runtimes.md").contains("<!-- catalog */runtime: "), "docs/runtimes.md shows every runtime");
}

/// The words of a text that look like long flags.
fn flags(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    words
        .filter(|word| word.starts_with("--") && word.len() > 3)
        .map(|word| word.trim_end_matches('-').to_owned())
        .collect()
}

#[test]
fn the_pages_know_the_flags() {
    let tree = Tree::new(&[]);
    let help = |command: &str| flags(&tree.run(&[command, "--help"]).out);
    let (init, commands) = (help("init"), ["update", "check", "explain"]);
    let mut known = flags(&tree.run(&["--help"]).out);
    known.extend(commands.iter().flat_map(|command| help(command)));
    for (page, text) in pages() {
        let code = text
            .lines()
            .flat_map(|line| line.split('`'))
            .filter(|part| part.starts_with("dockgen ") || part.starts_with("$ dockgen "));
        let unknown: Vec<String> = code
            .map(|part| part.split(" | ").next().unwrap())
            .flat_map(flags)
            .filter(|flag| !known.contains(flag))
            .collect();
        assert!(unknown.is_empty(), "{} names {unknown:?}", page.display());
    }
    let named = flags(&read("README.md"));
    let missing: Vec<&String> = init.difference(&named).filter(|flag| *flag != "--help").collect();
    assert!(missing.is_empty(), "README.md does not name {missing:?}");
}

#[test]
fn nothing_is_named_that_is_not_released() {
    if dockgen::catalog::SHARED.released.is_some() {
        return;
    }
    let template = root().join("templates/ci/github.yml.tera");
    for (page, text) in pages().into_iter().chain([(template.clone(), read(template))]) {
        let code = text.lines().filter(|line| line.contains("cargo install") || line.contains("rev: v"));
        let named: Vec<&str> = code.filter(|line| line.contains("dockgen-cli") || line.contains("rev: v")).collect();
        assert!(
            named.is_empty() || page.ends_with("0018-a-check-waits-for-a-release.md"),
            "{}: {named:?}",
            page.display()
        );
    }
}

#[test]
fn every_reader_has_a_fuzz_target() {
    let manifest = read("fuzz/Cargo.toml");
    for path in entries(&root().join("src/format")).into_iter().filter(|path| path.is_file()) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let reads = read(&path).lines().any(|line| line.starts_with("pub fn parse(") && line.contains("Result<"));
        let target = format!("fuzz_targets/{name}.rs");
        let known = manifest.contains(&format!("path = \"{target}\"")) && root().join("fuzz").join(&target).exists();
        assert!(known || !reads, "`src/format/{name}.rs` has no fuzz target: write fuzz/{target} and its [[bin]]");
    }
}

#[test]
fn every_language_has_a_page_and_a_row() {
    let (readme, limits) = (read("README.md"), read("docs/limits.md"));
    for language in dockgen::language::ALL {
        let id = language.id;
        assert!(readme.contains(&format!("[{id}.md](docs/{id}.md)")), "README.md has no row for {id}");
        assert!(limits.contains(&format!("({id}.md#known-limits)")), "docs/limits.md does not name {id}'s limits");
    }
}
