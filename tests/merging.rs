//! What a merge would get wrong if nobody read its result: each is mended, or marked.

use dockgen::Draft;
use dockgen::changes::{Change, Fate, Manners, planned, reconcile};
use dockgen::lint::structure::{Texts, marker, structure};
use dockgen::lock::Lock;
use dockgen::merge::{Kind, merge};
use dockgen::repo::Repo;
use dockgen::service::Role;
use dockgen::wishes::Wishes;

/// The files of a repository.
type Files<'a> = Vec<(&'a str, &'a str)>;

/// Generates for `before`, edits the documents, and updates for `after`.
fn updated(before: &Files, edit: impl Fn(&str, &str) -> String, after: &Files) -> (Draft, Vec<Change>) {
    let draft = |files: &Files| {
        let repo = Repo::from_list("service", files.iter().copied());
        (dockgen::draft(&repo, &Wishes::default()).unwrap(), repo)
    };
    let (first, _) = draft(before);
    let mut lock = Lock::default();
    for document in &first.documents {
        lock.set(&document.path, &document.text);
    }
    lock.note(&first);
    let today = |path: &str| lock.base(path).map(|text| edit(path, text));
    let (second, repo) = draft(after);
    let compare = |draft: &Draft| reconcile(&draft.service, &draft.documents, &lock, today, Manners::default(), &repo);
    let (draft, changes) = planned(second, &repo, &lock, compare);
    let text = |role: Role| changes.iter().find(|change| change.role == role)?.after();
    let broken: Vec<_> =
        structure(&Texts::new(&draft.service, text), &repo).into_iter().filter(|it| it.rule != "conflict").collect();
    assert_eq!(broken, [], "{changes:#?}");
    (draft, changes)
}

fn dockerfile(changes: &[Change]) -> (Fate, &str) {
    (changes[0].fate, changes[0].after().unwrap())
}

/// The Dockerfile with one text for another.
fn replaced<'a>(from: &'a str, to: &'a str) -> impl Fn(&str, &str) -> String + 'a {
    move |path, text| {
        if path == "Dockerfile" {
            assert!(text.contains(from), "{from}\n{text}");
            text.replacen(from, to, 1)
        } else {
            text.to_owned()
        }
    }
}

fn flask(version: &'static str) -> Files<'static> {
    vec![
        (".python-version", version),
        ("requirements.txt", "flask==3.0.0\ngunicorn==23.0.0\n"),
        ("app.py", "from flask import Flask\napp = Flask(__name__)\n"),
    ]
}

fn go() -> Files<'static> {
    let main = "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":8080\", nil) }\n";
    vec![("go.mod", "module example.com/x\n\ngo 1.26\n"), ("main.go", main)]
}

fn node() -> Files<'static> {
    vec![
        ("package.json", r#"{"name":"x","scripts":{"start":"node server.js"},"dependencies":{"express":"4.19.2"}}"#),
        (
            "package-lock.json",
            r#"{"name":"x","lockfileVersion":3,"packages":{"":{"name":"x","dependencies":{"express":"4.19.2"}},"node_modules/express":{"version":"4.19.2"}}}"#,
        ),
        ("server.js", "require('http').createServer().listen(3000)\n"),
    ]
}

#[test]
fn the_runtime_stays_one_with_a_shell_while_a_line_needs_it() {
    let edit = replaced("USER 1001", "RUN apt-get update && apt-get install -y ffmpeg\nUSER 1001");
    let (draft, changes) = updated(&flask("3.12\n"), edit, &flask("3.13\n"));
    let (fate, text) = dockerfile(&changes);
    assert!(fate == Fate::Merge && text.contains("ffmpeg") && !text.contains("distroless"), "{text}");
    assert!(
        draft.plan.warnings.iter().any(|warning| warning.contains("the runtime stays `slim`")),
        "{:?}",
        draft.plan.warnings
    );
    let plain = updated(&flask("3.12\n"), |_, text| text.to_owned(), &flask("3.13\n")).1;
    assert!(dockerfile(&plain).1.contains("distroless"));
}

#[test]
fn a_digest_goes_with_its_version() {
    let pinned = format!("slim-trixie@sha256:{}", "a".repeat(64));
    let (_, changes) = updated(&flask("3.11\n"), replaced("slim-trixie", &pinned), &flask("3.12\n"));
    let (fate, text) = dockerfile(&changes);
    assert!(fate == Fate::Merge && !text.contains("@sha256"), "{text}");
    assert!(changes[0].notes[0].contains("python:3.12"), "{:?}", changes[0].notes);
    let (_, changes) = updated(
        &flask("3.11\n"),
        replaced("slim-trixie", &pinned),
        &[flask("3.11\n"), vec![("Procfile", "web: gunicorn app:app -b :7000\n")]].concat(),
    );
    assert!(dockerfile(&changes).1.contains("@sha256") && changes[0].notes.is_empty());
}

#[test]
fn a_renamed_stage_is_renamed_in_what_is_new() {
    let with_data = |main: &'static str| {
        let mut files = go();
        files[1].1 = main;
        files.extend([("assets/a.txt", "a"), ("go.sum", "example.com/z v1.0.0 h1:abc\n")]);
        files
    };
    let main = "package main\n\nimport (\n\t\"net/http\"\n\t\"os\"\n)\n\nfunc main() { os.ReadFile(\"assets/a.txt\"); http.ListenAndServe(\":8080\", nil) }\n";
    let edit = |path: &str, text: &str| match path {
        "Dockerfile" => text.replace(" AS build\n", " AS ours\n").replace("--from=build", "--from=ours"),
        _ => text.to_owned(),
    };
    let (_, changes) = updated(&go(), edit, &with_data(main));
    let (fate, text) = dockerfile(&changes);
    assert!(fate == Fate::Merge && text.contains("AS ours") && !text.contains("=build "), "{text}");
}

#[test]
fn insertions_into_a_list_are_all_kept() {
    let edit = |path: &str, text: &str| match path {
        ".dockerignore" => text.replace("!go.mod\n", "!go.mod\n!ours\n"),
        _ => text.to_owned(),
    };
    let (_, changes) = updated(&go(), edit, &[go(), vec![("go.sum", "example.com/z v1.0.0 h1:abc\n")]].concat());
    assert!(changes[1].after().unwrap().contains("!go.mod\n!go.sum\n!ours\n"), "{:?}", changes[1].after());
    assert_eq!(changes[1].fate, Fate::Merge);
}

#[test]
fn another_language_takes_no_line_into_another_stage() {
    let edit = |path: &str, text: &str| match text.find("WORKDIR").filter(|_| path == "Dockerfile") {
        Some(at) => {
            let end = at + text[at..].find('\n').unwrap() + 1;
            format!("{}RUN echo mine\n{}", &text[..end], &text[end..])
        }
        None => text.to_owned(),
    };
    let (_, changes) = updated(&node(), edit, &go());
    let (fate, text) = dockerfile(&changes);
    assert!(
        fate == Fate::Conflict && text.contains("<<<<<<< yours\nRUN echo mine\n=======\n>>>>>>> dockgen\n"),
        "{text}"
    );
    assert_eq!(text.matches("<<<<<<<").count(), 1, "{text}");
}

#[test]
fn a_port_is_no_part_of_a_conflict_about_the_command() {
    let edit = replaced("CMD [", "CMD [\"--trace-warnings\", ");
    let mut after = node();
    after[0].1 = r#"{"name":"x","scripts":{"start":"node app.js"},"dependencies":{"express":"4.19.2"}}"#;
    after[2] = ("app.js", "require('http').createServer().listen(4000)\n");
    let (_, changes) = updated(&node(), edit, &after);
    let (fate, text) = dockerfile(&changes);
    let head = &text[..text.find("<<<<<<<").unwrap()];
    assert!(fate == Fate::Conflict && head.contains("EXPOSE 4000\n") && !head.contains("EXPOSE 3000"), "{text}");
}

#[test]
fn a_path_that_a_new_dockerignore_hides_is_marked() {
    let edit = replaced("USER 1001", "COPY --link conf/app.ini /etc/app.ini\nUSER 1001");
    let before = [node(), vec![("conf/app.ini", "x")]].concat();
    let after = [go(), vec![("conf/app.ini", "x")]].concat();
    let (_, changes) = updated(&before, edit, &after);
    let ignore = changes[1].after().unwrap();
    assert!(dockerfile(&changes).1.contains("/etc/app.ini"));
    assert!(
        changes[1].fate == Fate::Conflict && ignore.ends_with("=======\n!conf/app.ini\n>>>>>>> dockgen\n"),
        "{ignore}"
    );
}

#[test]
fn a_workflow_that_builds_a_stage_of_before_is_marked() {
    let edit = |path: &str, text: &str| match path.ends_with(".yml") {
        true => text.replace("          context: .\n", "          context: .\n          target: deps\n"),
        false => text.to_owned(),
    };
    let (_, changes) = updated(&node(), edit, &go());
    let text = changes[2].after().unwrap();
    assert!(changes[2].fate == Fate::Conflict && text.contains("<<<<<<< yours\n          target: deps\n"), "{text}");
    assert!(marker(text).is_some() && changes[2].problems[0].rule == "unknown-stage");
}

#[test]
fn lists_over_several_lines_stay_instructions() {
    let merged = |base: &str, ours: &str, theirs: &str| {
        let file = |text: &str| format!("FROM a:1\n{text}USER 1\n");
        let merged = merge(&file(base), &file(ours), &file(theirs), Kind::Dockerfile);
        (merged.text.replace("FROM a:1\n", "").replace("USER 1\n", ""), merged.conflicts)
    };
    let list = "RUN install \\\n  a \\\n  b\n";
    let mine = "RUN install \\\n  a \\\n  b \\\n  mine\n";
    assert_eq!(
        merged(list, mine, "RUN install \\\n  a \\\n  b \\\n  new\n"),
        ("RUN install \\\n  a \\\n  b \\\n  new \\\n  mine\n".to_owned(), 0)
    );
    assert_eq!(merged(list, mine, "RUN install \\\n  a\n"), ("RUN install \\\n  a \\\n  mine\n".to_owned(), 0));
    assert_eq!(merged(list, "RUN install \\\n  a\n", list), ("RUN install \\\n  a\n".to_owned(), 0));
    let (text, conflicts) = merged("COPY x y\nLABEL a=1\n", "COPY x y\n", "COPY x y\nLABEL a=1 \\\n  b=2\n");
    assert!(conflicts == 1 && text.starts_with("COPY x y\n<<<<<<<"), "{text}");
    assert_eq!(merged("", "ENV A=1\n", "ENV A=2\n").1, 1);
    assert_eq!(merged("", "ENV A=1\n", "ENV B=2\n"), ("ENV B=2\nENV A=1\n".to_owned(), 0));
}
