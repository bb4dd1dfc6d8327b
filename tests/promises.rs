//! What holds for every snapshot, every template and every page.

#![expect(clippy::disallowed_methods, reason = "tests read the snapshots")]

use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every snapshot of this name: (snapshot, text).
fn snapshots(file: &str) -> Vec<(String, String)> {
    let folders = std::fs::read_dir(root().join("snapshots")).unwrap().map(|entry| entry.unwrap());
    let read = |path: PathBuf| std::fs::read_to_string(path.join(file)).ok();
    let mut found: Vec<(String, String)> =
        folders.filter_map(|entry| Some((entry.file_name().into_string().unwrap(), read(entry.path())?))).collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

/// The instructions: continuations joined, comments and here-documents left out.
fn instructions(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let (mut open, mut until) = (false, None::<String>);
    for line in text.lines() {
        if let Some(end) = &until {
            if line == end {
                until = None;
            }
            continue;
        }
        if line.is_empty() || (line.starts_with('#') && !open) {
            continue;
        }
        let (body, continues) = line.strip_suffix('\\').map_or((line, false), |body| (body, true));
        match found.last_mut().filter(|_| open) {
            Some(last) => last.push_str(body.trim_start()),
            None => found.push(body.to_owned()),
        }
        open = continues;
        if let Some((_, rest)) = line.split_once("<<'") {
            until = rest.split('\'').next().map(str::to_owned);
        }
    }
    found
}

fn last_stage(text: &str) -> Vec<String> {
    let all = instructions(text);
    let start = all.iter().rposition(|line| line.starts_with("FROM ")).unwrap();
    all[start..].to_vec()
}

#[test]
fn every_dockerfile_keeps_the_promises() {
    for (name, text) in snapshots("Dockerfile") {
        let stage = last_stage(&text);
        let has = |start: &str| stage.iter().filter(|line| line.starts_with(start)).count();
        assert!(text.starts_with("# syntax=docker/dockerfile:1\n"), "{name}: syntax line");
        assert_eq!(has("USER "), 1, "{name}: one USER");
        assert!(stage.iter().any(|line| line == "USER 1001"), "{name}: USER 1001");
        assert!(has("LABEL org.opencontainers.image.title=") == 1, "{name}: labels");
        assert!(
            stage
                .iter()
                .filter(|line| line.starts_with("ENTRYPOINT") || line.starts_with("CMD"))
                .all(|line| line.contains(" [\"")),
            "{name}: exec form"
        );
        let start = stage
            .iter()
            .filter(|line| line.starts_with("ENTRYPOINT") || line.starts_with("CMD"))
            .cloned()
            .collect::<String>();
        for manager in ["\"npm\"", "\"yarn\"", "\"pnpm\"", "\"uv\"", "\"poetry\"", "\"mvn\"", "\"npx\""] {
            assert!(!start.contains(manager), "{name}: {manager} is PID 1");
        }
        assert!(
            stage.iter().filter(|line| line.starts_with("COPY ")).all(|line| line.starts_with("COPY --link ")),
            "{name}: COPY --link"
        );
        assert!(has("EXPOSE ") <= 1, "{name}: one EXPOSE");
        for line in instructions(&text) {
            assert!(!line.contains(":latest"), "{name}: {line}");
            let words: Vec<&str> = line.split_whitespace().collect();
            if words[0] == "ARG" || words[0] == "ENV" {
                assert!(!["PASSWORD", "TOKEN=", "SECRET"].iter().any(|word| line.contains(word)), "{name}: {line}");
            }
            if words[0] == "FROM" {
                let image = words.iter().skip(1).find(|word| !word.starts_with("--")).unwrap();
                let stages: Vec<String> = instructions(&text)
                    .iter()
                    .filter_map(|line| line.split(" AS ").nth(1).map(str::to_owned))
                    .collect();
                assert!(
                    *image == "scratch" || image.contains(':') || stages.iter().any(|stage| stage == image),
                    "{name}: {line}"
                );
            }
        }
        assert!(
            text.ends_with('\n') && !text.contains("\n\n\n") && !text.lines().any(|line| line.ends_with(' ')),
            "{name}: tidy"
        );
    }
}

#[test]
fn every_fixtures_documents_hold_together() {
    use dockgen::lint::structure::{Texts, structure};
    let mut drawn = 0;
    for entry in std::fs::read_dir(root().join("tests/fixtures")).unwrap() {
        let repo = dockgen::repo::Repo::open(&entry.unwrap().path()).unwrap();
        let Ok(draft) = dockgen::draft(&repo, &dockgen::wishes::Wishes::default()) else { continue };
        let text = |role| Some(draft.text(role)).filter(|text| !text.is_empty());
        assert_eq!(structure(&Texts::new(&draft.service, text), &repo), [], "{}", repo.name());
        drawn += 1;
    }
    assert!(drawn > 50, "{drawn}");
}

#[test]
fn every_base_image_was_published() {
    for (name, text) in snapshots("Dockerfile") {
        let steps = dockgen::dockerfile::steps(&text).unwrap();
        for (line, image) in dockgen::lint::bases(&steps) {
            let answer = dockgen::published::look_up(&image);
            assert!(matches!(answer, dockgen::published::Answer::Yes(_)), "{name}:{line}: {answer:?}");
        }
    }
}

#[test]
fn every_dockerignore_hides_the_secrets_and_git() {
    for (name, text) in snapshots(".dockerignore") {
        let matcher = dockgen::dockerignore::Matcher::new(&text);
        for path in [
            ".git/config",
            ".env",
            "deep/er/.env.production",
            "certs/server.key",
            "id_rsa",
            "dockgen.lock",
            "Dockerfile",
            "README.md",
        ] {
            // A manifest that names its README makes it an input of the build, and then a line says so.
            let is_named = text.lines().any(|line| line == format!("!{path}"));
            assert!(matcher.hides(path) || (path == "README.md" && is_named), "{name} lets in {path}");
        }
    }
}

#[test]
fn every_workflow_pins_its_actions() {
    for (name, text) in snapshots("docker.yml") {
        for line in text.lines().filter(|line| line.contains("uses:")) {
            let (_, commit) = line.split_once('@').unwrap();
            let (commit, tag) = commit.split_once(" # v").unwrap();
            assert!(commit.len() == 40 && !tag.is_empty(), "{name}: {line}");
        }
        assert!(text.contains("permissions: {}") && text.contains("context: .\n"), "{name}");
    }
}

#[test]
fn every_instruction_of_a_template_has_its_reason() {
    let words =
        ["FROM ", "ARG ", "ENV", "WORKDIR ", "RUN ", "COPY ", "LABEL ", "USER ", "EXPOSE ", "ENTRYPOINT ", "CMD "];
    for (name, text) in dockgen::render::TEMPLATES.iter().filter(|(name, _)| !name.starts_with("ci/")) {
        let mut is_said = false;
        for line in text.lines() {
            let is_instruction = words.iter().any(|word| line.starts_with(word));
            assert!(is_said || !is_instruction, "{name}: {line}");
            let is_kept = line.starts_with("{%") || line.starts_with("# ");
            is_said = line.starts_with("#~ why") || (is_said && is_kept);
        }
    }
}

#[test]
fn there_are_enough_fixtures() {
    let fixtures = std::fs::read_dir(root().join("tests/fixtures")).unwrap().count();
    assert!(fixtures >= dockgen::language::ALL.len() * 10, "{fixtures} fixtures");
}

#[test]
fn every_template_is_registered_and_short_on_logic() {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let mut files = Vec::new();
    walk(&root().join("templates"), &mut files);
    for path in files.iter().filter(|path| path.extension().is_some_and(|end| end == "tera")) {
        let name = path.strip_prefix(root().join("templates")).unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(path).unwrap();
        assert!(dockgen::render::TEMPLATES.iter().any(|(known, _)| *known == name), "{name} is not registered");
        // A library holds components, and each of them counts as a stage does.
        for piece in text.split("{% component ") {
            let tags = piece.matches("{% if").count() + piece.matches("{% for").count();
            assert!(tags <= 8, "{name} has {tags} branches and loops in one place: another shape is another template");
        }
        for tag in text.split("{% if ").skip(1).filter_map(|rest| rest.split(" %}").next()) {
            assert!(!tag.contains(['=', '<', '>']), "{name}: a template compares nothing: {tag}");
        }
    }
}
