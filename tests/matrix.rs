//! Every kind of edit against every kind of change, for each language: what merges cleanly and is right, what is a
//! marked conflict, and that nothing is lost.

#![expect(clippy::disallowed_macros, reason = "the figures are the result")]

use std::collections::BTreeMap;

use dockgen::changes::{Change, Fate, Manners, planned, reconcile};
use dockgen::dockerfile::steps;
use dockgen::lint::structure::{Texts, marker, structure};
use dockgen::lock::Lock;
use dockgen::repo::Repo;
use dockgen::service::Role;
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

/// Renames the first stage, with every reference to it.
fn renamed(text: &str) -> String {
    let line = text.lines().find(|line| line.starts_with("FROM ") && line.contains(" AS ")).unwrap();
    let name = line.rsplit(' ').next().unwrap();
    text.replace(&format!(" AS {name}\n"), " AS mine\n")
        .replace(&format!("--from={name} "), "--from=mine ")
        .replace(&format!("FROM {name} "), "FROM mine ")
        .replace(&format!("FROM {name}\n"), "FROM mine\n")
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
    ("a renamed stage and a step in it", |text| renamed(&after_first(text, "WORKDIR", "RUN echo mine"))),
    ("a name for the last stage", |text| {
        let at = text.rfind("\nFROM ").unwrap() + 1;
        let end = at + text[at..].find('\n').unwrap();
        format!("{} AS final{}", &text[..end], &text[end..])
    }),
    ("a digest of the first image", |text| text.replacen(" AS ", &format!("@sha256:{} AS ", "a".repeat(64)), 1)),
    ("a digest of the last image", |text| {
        let at = text.rfind("\nFROM ").unwrap() + 1;
        let end = at + text[at..].find('\n').unwrap();
        format!("{}@sha256:{}{}", &text[..end], "b".repeat(64), &text[end..])
    }),
    ("a shell line in the last stage", |text| before(text, "USER ", "RUN apt-get update && apt-get install -y ffmpeg")),
    ("another port", |text| text.replace("\nEXPOSE ", "\nEXPOSE 1")),
    ("a deleted port", |text| without(text, "EXPOSE ")),
    ("a label more in the list", |text| {
        let (head, rest) = text.split_once("\nUSER ").unwrap();
        format!("{head} \\\n      com.example.mine=\"x\"\nUSER {rest}")
    }),
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
        wish("arguments", |wishes| wishes.args = vec!["--mode".into(), "x y".into()]),
        wish("a folder for data", |wishes| wishes.data = vec!["/data".into()]),
        wish("another start", |wishes| wishes.extras.command = vec!["start".into(), "it".into()]),
        wish("a second port", |wishes| wishes.extras.ports = vec![2525]),
        wish("an environment of the build", |wishes| drop(wishes.extras.build_env.insert("MODE".into(), "x".into()))),
        wish("a label", |wishes| drop(wishes.extras.labels.insert("com.example.a".into(), "b".into()))),
        wish("a mirror", |wishes| wishes.extras.mirror = Some("m.example.com".into())),
    ]
}

/// A service: its language, its fixture, files that it begins with besides, its changes.
type Case = (&'static str, &'static str, Vec<(&'static str, &'static str)>, Vec<Step>);

fn cases() -> Vec<Case> {
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
            Vec::new(),
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
                step(
                    "no dependencies any more",
                    vec![("go.sum", None), new("go.mod", "module github.com/example/greeter\n\ngo 1.24\n")],
                ),
            ],
        ),
        (
            "rust",
            "rust-server",
            Vec::new(),
            vec![
                step("a pinned toolchain", vec![new("rust-toolchain.toml", "[toolchain]\nchannel = \"1.97.1\"\n")]),
                step("another port", vec![edited("rust-server", "src/main.rs", "3000", "4000")]),
                step(
                    "a native library",
                    vec![edited(
                        "rust-server",
                        "Cargo.toml",
                        "[dependencies]\n",
                        "[dependencies]\nopenssl-sys = \"0.9\"\n",
                    )],
                ),
                step("another name", vec![edited("rust-server", "Cargo.toml", "greeter", "welcomer")]),
            ],
        ),
        (
            "node",
            "node-server",
            Vec::new(),
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
            Vec::new(),
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
            "python of an older release",
            "python-flask",
            vec![(".python-version", "3.12\n")],
            vec![
                step("a release with a smaller image", vec![new(".python-version", "3.13\n")]),
                step("another old release", vec![new(".python-version", "3.11\n")]),
                step("another port", vec![edited("python-flask", "app.py", "5001", "5002")]),
                step(
                    "a server among the dependencies",
                    vec![new("requirements.txt", "flask==3.1.2\ngunicorn==23.0.0\n")],
                ),
            ],
        ),
        (
            "java",
            "java-spring-boot",
            Vec::new(),
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

fn repo(files: &BTreeMap<String, String>) -> Repo {
    Repo::from_list("service", files.iter().map(|(path, text)| (path.as_str(), text.as_str())))
}

/// The lines of instructions that are wrong in a Dockerfile beside the generated files.
fn broken(dockerfile: &str, draft: &dockgen::Draft, repo: &Repo) -> Vec<String> {
    let text = |role: Role| match role {
        Role::Dockerfile => Some(dockerfile),
        Role::Ignore => Some(draft.text(role)),
        _ => None,
    };
    let found = structure(&Texts::new(&draft.service, text), repo).into_iter();
    found.map(|reason| if reason.rule == "no-shell" { reason.rule.to_owned() } else { reason.message }).collect()
}

/// Whether a person's instruction stands in another stage than before; a digest that had to go is no instruction.
fn moved(base: &str, edited: &str, merged: &str) -> bool {
    let place = |text: &str, step: &dockgen::dockerfile::Step| {
        let steps = steps(text).unwrap();
        let last = steps.iter().filter_map(|step| step.stage).max();
        let name = steps.iter().find(|other| other.stage == step.stage)?.stage_name().map(str::to_owned);
        Some(name.unwrap_or_else(|| if step.stage == last { "last" } else { "other" }.to_owned()))
    };
    let (before, after) = (steps(edited).unwrap(), steps(merged).unwrap());
    let own = before.iter().filter(|step| step.word != "FROM" && !base.contains(&step.rest));
    own.filter(|step| !step.rest.is_empty()).any(|step| {
        let there = after.iter().find(|other| (&other.word, &other.rest) == (&step.word, &step.rest));
        there.is_some_and(|there| place(merged, there) != place(edited, step))
    })
}

/// The lines that a person added, without their blanks.
fn added(base: &str, edited: &str) -> Vec<String> {
    let known: Vec<String> = base.lines().map(said).collect();
    let lines = edited.lines().map(str::trim).filter(|line| !line.is_empty() && !known.contains(&said(line)));
    lines.map(str::to_owned).collect()
}

fn judge(base: &str, edited: &str, draft: &dockgen::Draft, repo: &Repo, change: &Change) -> Verdict {
    let merged = change.after().unwrap();
    // A digest goes with the version that it belongs to, and the run says so.
    let told = |line: &str| change.notes.iter().any(|note| note.contains("digest")) && line.contains("@sha256:");
    let there = |line: &str| merged.lines().any(|there| said(there) == said(line)) || is_stage(line, merged);
    let lost = added(base, edited).iter().any(|line| !told(line) && !there(line));
    if change.fate == Fate::Conflict {
        return if lost { Verdict::Wrong } else { Verdict::Conflict };
    }
    let carried =
        |line: &&str| !base.lines().any(|old| old == *line) && !line.trim().is_empty() && !line.starts_with('#');
    let missing = change.generated.lines().filter(carried).any(|line| !there(line));
    let before = broken(edited, draft, repo);
    let is_broken = broken(merged, draft, repo).iter().any(|what| !before.contains(what));
    match is_broken || steps(merged).is_err() || lost || missing || moved(base, edited, merged) {
        true => Verdict::Wrong,
        false => Verdict::Right,
    }
}

/// A line without blanks, without the sign that it goes on, and without names of stages, which may be the person's.
fn said(line: &str) -> String {
    let line = line.trim().trim_end_matches('\\').trim();
    line.split("--from=").next().unwrap().to_owned()
}

/// Whether this FROM stands there: the same image or the same name, the other of which may be the other side's.
fn is_stage(line: &str, merged: &str) -> bool {
    let parts = |line: &str| -> Option<Vec<String>> {
        let words = line.strip_prefix("FROM ")?.split_whitespace();
        let words: Vec<&str> = words.filter(|word| !word.starts_with("--") && *word != "AS").collect();
        Some(words.iter().map(|word| word.split('@').next().unwrap().to_owned()).collect())
    };
    let Some(wanted) = parts(line) else { return false };
    merged.lines().filter_map(parts).any(|there| there[0] == wanted[0] || there.get(1) == wanted.get(1))
}

/// The lines without their blanks: those of a line that dockgen wrote again are dockgen's.
fn words(text: &str) -> Vec<Vec<&str>> {
    text.lines().map(|line| line.split_whitespace().collect()).collect()
}

/// A state of a service: its files, and what is drawn for it.
struct State {
    repo: Repo,
    draft: dockgen::Draft,
}

impl State {
    fn new(files: &BTreeMap<String, String>, wishes: Wishes) -> Self {
        let repo = repo(files);
        State { draft: dockgen::draft(&repo, &wishes).unwrap(), repo }
    }

    /// The Dockerfile's change where it stands as `today`, after `lock` was generated; the other files are as generated.
    fn change(&self, lock: &Lock, today: &str) -> (dockgen::Draft, Change) {
        let text = |path: &str| match path {
            "Dockerfile" => Some(today.to_owned()),
            _ => lock.base(path).map(str::to_owned),
        };
        let compare = |draft: &dockgen::Draft| {
            reconcile(&draft.service, &draft.documents, lock, text, Manners::default(), &self.repo)
        };
        let (draft, mut changes) = planned(self.draft.clone(), &self.repo, lock, compare);
        (draft, changes.swap_remove(0))
    }
}

fn lock(draft: &dockgen::Draft) -> Lock {
    let mut lock = Lock::default();
    for document in &draft.documents {
        lock.set(&document.path, &document.text);
    }
    lock.note(draft);
    lock
}

#[test]
fn edits_and_changes_go_together() {
    let (mut cells, mut conflicts, mut wrong) = (0, Vec::new(), Vec::new());
    let (mut marked_back, mut lost_back) = (Vec::new(), Vec::new());
    for (language, fixture, begins, mut changes) in cases() {
        changes.extend(wished());
        assert!(changes.len() >= 15 && EDITS.len() >= 30, "{language}: the matrix is large enough");
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(fixture);
        let found = Repo::open(&root).unwrap();
        let mut files: BTreeMap<String, String> =
            found.files().filter_map(|path| Some((path.to_owned(), found.text(path)?.to_owned()))).collect();
        files.extend(begins.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())));
        let before = State::new(&files, Wishes::default());
        let old = lock(&before.draft);
        let base = &before.draft.documents[0].text;
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
            let after = State::new(&files, wishes);
            for (edit, apply) in EDITS {
                let edited = apply(base);
                let (draft, outcome) = after.change(&old, &edited);
                let merged = outcome.after().unwrap();
                cells += 1;
                let name = format!("{language}: {edit} x {}", change.name);
                match judge(base, &edited, &draft, &after.repo, &outcome) {
                    // Every third is run once more and taken back, since that takes most of the time.
                    Verdict::Right if cells % 3 == 0 => {
                        let new = lock(&draft);
                        assert_eq!(after.change(&new, merged).1.text, None, "{name}: a second run changes something");
                        let back = before.change(&new, merged).1;
                        let back = back.after().unwrap();
                        // What both took out comes back; so does no digest, and no runtime that never had the shell.
                        let gone = |line: &&str| {
                            !edited.contains(line.trim())
                                && !outcome.generated.contains(line.trim())
                                && base.contains(line.trim())
                        };
                        let own: String = back.split_inclusive('\n').filter(|line| !gone(line)).collect();
                        let never = !broken(&edited, &before.draft, &before.repo).is_empty();
                        match words(&own) == words(&edited) || !outcome.notes.is_empty() || never {
                            true => {}
                            false if marker(back).is_some() => marked_back.push(name),
                            false => lost_back.push(format!("{name}\n{back}")),
                        }
                    }
                    Verdict::Right => {}
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
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(lost_back.is_empty(), "{} do not come back:\n{}", lost_back.len(), lost_back.join("\n"));
    assert!(
        marked_back.len() * 300 <= clean * 2,
        "{} of {clean} do not come back:\n{}",
        marked_back.len(),
        marked_back.join("\n")
    );
    assert!(clean * 100 >= cells * 95, "{clean} of {cells}");
}
