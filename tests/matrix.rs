//! Every kind of edit against every kind of change, for each language: what merges cleanly and is right, what is a
//! marked conflict, and that nothing is lost.

#![expect(clippy::disallowed_macros, reason = "the figures are the result")]

use std::collections::BTreeMap;

use dockgen::Document;
use dockgen::changes::{Fate, Manners, reconcile};
use dockgen::dockerfile::steps;
use dockgen::lock::Lock;
use dockgen::merge::is_unresolved;
use dockgen::repo::Repo;
use dockgen::wishes::Wishes;

/// An edit that a person makes to a Dockerfile: what it is, and the text afterwards.
type Edit = (&'static str, fn(&str) -> String);

/// Inserts a line before the last line that starts with `anchor`.
fn before(text: &str, anchor: &str, line: &str) -> String {
    let at = text.rfind(&format!("\n{anchor}")).map_or(text.len(), |at| at + 1);
    format!("{}{line}\n{}", &text[..at], &text[at..])
}

fn after_first(text: &str, anchor: &str, line: &str) -> String {
    let start = text.find(anchor).unwrap();
    let at = text[start..].find('\n').map_or(text.len(), |at| start + at + 1);
    format!("{}{line}\n{}", &text[..at], &text[at..])
}

fn without(text: &str, starts: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.starts_with(starts)).collect()
}

/// Renames the first stage.
fn renamed(text: &str) -> String {
    let line = text.lines().find(|line| line.starts_with("FROM ") && line.contains(" AS ")).unwrap();
    let name = line.rsplit(' ').next().unwrap();
    text.replace(&format!(" AS {name}\n"), " AS mine\n")
        .replace(&format!("--from={name} "), "--from=mine ")
        .replace(&format!("FROM {name} "), "FROM mine ")
        .replace(&format!("from={name},"), "from=mine,")
}

const EDITS: &[Edit] = &[
    ("an environment variable", |text| before(text, "USER ", "ENV MINE=1")),
    ("a comment at the top", |text| after_first(text, "# syntax", "# Kept by the platform team.")),
    ("a comment at the end", |text| format!("{text}# the end\n")),
    ("another user", |text| text.replace("USER 1001", "USER 2001")),
    ("a label", |text| before(text, "USER ", "LABEL team=\"shop\"")),
    ("a health check", |text| before(text, "USER ", "HEALTHCHECK NONE")),
    ("a stop signal", |text| before(text, "ENTRYPOINT", "STOPSIGNAL SIGINT")),
    ("a volume", |text| before(text, "USER ", "VOLUME /data")),
    ("a second port", |text| before(text, "ENTRYPOINT", "EXPOSE 9999")),
    ("a copied file", |text| before(text, "USER ", "COPY --link mine.conf /etc/mine.conf")),
    ("a build argument", |text| after_first(text, "WORKDIR", "ARG MINE=1")),
    ("a step in the build", |text| after_first(text, "WORKDIR", "RUN echo mine")),
    ("an argument of the program", |text| text.replace("ENTRYPOINT [", "ENTRYPOINT [\"/mine\", ")),
    ("a stage of one's own at the end of the builders", |text| {
        before(text, "FROM ", "FROM busybox:1.37 AS mine\nRUN true\n")
    }),
    ("a renamed stage", renamed),
    ("deleted labels", |text| {
        let kept = without(text, "LABEL ");
        without(&kept, "      org.opencontainers")
    }),
    ("deleted comments", |text| {
        let (head, rest) = text.split_once('\n').unwrap();
        format!("{head}\n{}", without(rest, "# "))
    }),
    ("Windows line ends", |text| text.replace('\n', "\r\n")),
    ("no line end at the end", |text| text.trim_end().to_owned()),
    ("tabs for blanks", |text| text.replace("\n    ", "\n\t")),
    ("blank lines everywhere", |text| text.replace("\nUSER", "\n\nUSER").replace("\nENTRYPOINT", "\n\nENTRYPOINT")),
    ("lower-case instructions at the end", |text| text.replace("\nUSER ", "\nuser ")),
];

/// A change of the repository: what it is, and the files that it writes (`None` takes one away).
struct Step {
    name: &'static str,
    files: Vec<(&'static str, Option<String>)>,
    wishes: fn(&mut Wishes),
}

fn step(name: &'static str, files: Vec<(&'static str, Option<String>)>) -> Step {
    Step { name, files, wishes: |_| {} }
}

fn wish(name: &'static str, wishes: fn(&mut Wishes)) -> Step {
    Step { name, files: Vec::new(), wishes }
}

/// The changes that any language knows.
fn wished() -> Vec<Step> {
    vec![
        wish("another port by wish", |wishes| wishes.answer("port", "7777").unwrap()),
        wish("no port by wish", |wishes| wishes.answer("port", "none").unwrap()),
        wish("another name by wish", |wishes| wishes.answer("name", "renamed").unwrap()),
        wish("the slim runtime by wish", |wishes| wishes.answer("runtime", "slim").unwrap()),
        wish("another user by wish", |wishes| wishes.uid = Some(3003)),
        wish("a package at run time", |wishes| wishes.extras.run_packages = vec!["curl".into()]),
        wish("a package at build time", |wishes| wishes.extras.build_packages = vec!["make".into()]),
        wish("a build argument", |wishes| drop(wishes.extras.build_args.insert("VERSION".into(), "1".into()))),
        wish("an environment variable", |wishes| drop(wishes.extras.env.insert("MODE".into(), "x".into()))),
        wish("a label", |wishes| drop(wishes.extras.labels.insert("com.example.a".into(), "b".into()))),
        wish("a mirror", |wishes| wishes.extras.mirror = Some("m.example.com".into())),
    ]
}

fn cases() -> Vec<(&'static str, &'static str, Vec<Step>)> {
    let fixture = |name: &str, file: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
        Repo::open(&path).unwrap().text(file).unwrap().to_owned()
    };
    let edited = |name: &str, file: &'static str, from: &str, to: &str| {
        let text = fixture(name, file);
        assert!(text.contains(from), "{name}/{file} has no {from}");
        (file, Some(text.replace(from, to)))
    };
    let new = |file: &'static str, text: &str| (file, Some(text.to_owned()));
    vec![
        (
            "go",
            "go-server",
            vec![
                step("a pinned toolchain", vec![new(".go-version", "1.26.3\n")]),
                step("another port", vec![edited("go-server", "main.go", ":8080", ":9090")]),
                step("a C compiler", vec![new("c.go", "package main\n\nimport \"C\"\n")]),
                step(
                    "data at run time",
                    vec![
                        new("data.go", "package main\n\nimport \"os\"\n\nvar _, _ = os.ReadFile(\"assets/a.txt\")\n"),
                        new("assets/a.txt", "a"),
                    ],
                ),
                step("another module name", vec![edited("go-server", "go.mod", "greeter", "welcomer")]),
                step("no dependencies any more", vec![("go.sum", None)]),
            ],
        ),
        (
            "node",
            "node-server",
            vec![
                step("a pinned toolchain", vec![new(".nvmrc", "22\n")]),
                step("another port", vec![edited("node-server", "server.js", "3000", "4000")]),
                step(
                    "another entry",
                    vec![edited("node-server", "package.json", "node server.js", "node app.js"), new("app.js", "")],
                ),
                step("another manager", vec![("package-lock.json", None), new("yarn.lock", "# yarn lockfile v1\n")]),
                step(
                    "a handler of signals",
                    vec![edited(
                        "node-server",
                        "server.js",
                        "const app",
                        "process.on('SIGTERM', () => process.exit(0));\nconst app",
                    )],
                ),
            ],
        ),
        (
            "python",
            "python-flask",
            vec![
                step("a pinned toolchain", vec![new(".python-version", "3.12\n")]),
                step("another port", vec![edited("python-flask", "app.py", "5001", "5002")]),
                step(
                    "a server among the dependencies",
                    vec![new("requirements.txt", "flask==3.1.2\ngunicorn==23.0.0\n")],
                ),
                step("a native library", vec![new("requirements.txt", "flask==3.1.2\npsycopg2==2.9.10\n")]),
                step("another variable", vec![edited("python-flask", "app.py", "app = Flask", "web = app = Flask")]),
            ],
        ),
        (
            "java",
            "java-spring-boot",
            vec![
                step(
                    "another release",
                    vec![edited("java-spring-boot", "pom.xml", "<java.version>21", "<java.version>17")],
                ),
                step("another port", vec![new("src/main/resources/application.properties", "server.port=9191\n")]),
                step(
                    "another artifact",
                    vec![edited("java-spring-boot", "pom.xml", "greeter</artifactId>", "welcomer</artifactId>")],
                ),
                step("another description", vec![edited("java-spring-boot", "pom.xml", "Says hello", "Says welcome")]),
            ],
        ),
    ]
}

/// What became of one cell of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Right,
    Conflict,
    Wrong,
}

fn draft(files: &BTreeMap<String, String>, wishes: &Wishes) -> dockgen::Draft {
    let repo = Repo::from_list("service", files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    dockgen::draft(&repo, wishes).unwrap()
}

/// The lines that a person added, without their blanks.
fn added(base: &str, edited: &str) -> Vec<String> {
    let known: Vec<&str> = base.lines().map(str::trim).collect();
    let lines = edited.lines().map(str::trim).filter(|line| !line.is_empty() && !known.contains(line));
    lines.map(str::to_owned).collect()
}

fn judge(base: &str, edited: &str, new: &str, merged: &str, fate: Fate) -> Verdict {
    let lost = |text: &str| added(base, edited).iter().any(|line| !text.lines().any(|there| there.trim() == line));
    if fate == Fate::Conflict {
        return if lost(merged) { Verdict::Wrong } else { Verdict::Conflict };
    }
    let carried =
        |line: &&str| !base.lines().any(|old| old == *line) && !line.trim().is_empty() && !line.starts_with('#');
    let missing: Vec<&str> =
        new.lines().filter(carried).filter(|line| !merged.lines().any(|there| there.trim() == line.trim())).collect();
    match steps(merged).is_err() || lost(merged) || !missing.is_empty() {
        true => Verdict::Wrong,
        false => Verdict::Right,
    }
}

/// The lines without their blanks: those of a line that dockgen wrote again are dockgen's.
fn words(text: &str) -> Vec<Vec<&str>> {
    text.lines().map(|line| line.split_whitespace().collect()).collect()
}

/// What a second run makes of a merged Dockerfile, and what one makes of it after the repository went back.
fn next_runs(before: &[Document], after: &[Document], merged: &str) -> (Option<String>, Option<String>) {
    let mut lock = Lock::default();
    for document in after {
        lock.set(document.path, &document.text);
    }
    let today = |path: &str| (path == "Dockerfile").then(|| merged.to_owned());
    let run = |documents: &[Document]| reconcile(documents, &lock, today, Manners::default()).swap_remove(0).text;
    (run(after), run(before))
}

#[test]
fn edits_and_changes_go_together() {
    let (mut cells, mut conflicts, mut wrong) = (0, Vec::new(), Vec::new());
    let (mut marked_back, mut lost_back) = (Vec::new(), Vec::new());
    for (language, fixture, mut changes) in cases() {
        changes.extend(wished());
        assert!(changes.len() >= 15 && EDITS.len() >= 20, "{language}: the matrix is large enough");
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(fixture);
        let repo = Repo::open(&root).unwrap();
        let files: BTreeMap<String, String> =
            repo.files().filter_map(|path| Some((path.to_owned(), repo.text(path)?.to_owned()))).collect();
        let before = draft(&files, &Wishes::default());
        let mut lock = Lock::default();
        for document in &before.documents {
            lock.set(document.path, &document.text);
        }
        let base = &before.documents[0].text;
        for change in &changes {
            let mut files = files.clone();
            for (path, text) in &change.files {
                match text {
                    Some(text) => drop(files.insert((*path).to_owned(), text.clone())),
                    None => drop(files.remove(*path)),
                }
            }
            let mut wishes = Wishes::default();
            (change.wishes)(&mut wishes);
            let after = draft(&files, &wishes);
            for (edit, apply) in EDITS {
                let edited = apply(base);
                let today = |path: &str| {
                    let text = before.documents.iter().find(|document| document.path == path)?.text.clone();
                    Some(if path == "Dockerfile" { edited.clone() } else { text })
                };
                let changes = reconcile(&after.documents, &lock, today, Manners::default());
                let outcome = &changes[0];
                let merged = outcome.text.clone().unwrap_or_else(|| edited.clone());
                cells += 1;
                let name = format!("{language}: {edit} x {}", change.name);
                match judge(base, &edited, &after.documents[0].text, &merged, outcome.fate) {
                    Verdict::Right => {
                        let (again, back) = next_runs(&before.documents, &after.documents, &merged);
                        assert_eq!(again, None, "{name}: a second run changes something");
                        let back = back.as_deref().unwrap_or(&merged);
                        match words(back) == words(&edited) {
                            true => {}
                            false if is_unresolved(back) => marked_back.push(name),
                            false => lost_back.push(format!("{name}\n{back}")),
                        }
                    }
                    Verdict::Conflict => conflicts.push(name),
                    Verdict::Wrong => wrong.push(format!("{name}\n{merged}")),
                }
            }
        }
    }
    let clean = cells - conflicts.len() - wrong.len();
    println!("{cells} cells: {clean} merge cleanly and are right, {} are marked conflicts", conflicts.len());
    println!("{}", conflicts.join("\n"));
    println!("taken back: {} give marked conflicts, the others the edited file", marked_back.len());
    assert!(lost_back.is_empty(), "{} do not come back:\n{}", lost_back.len(), lost_back.join("\n"));
    assert!(
        marked_back.len() * 100 <= clean * 2,
        "{} of {clean} do not come back:\n{}",
        marked_back.len(),
        marked_back.join("\n")
    );
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(clean * 100 >= cells * 95, "{clean} of {cells}");
}
