//! What `check` finds: over the files of every fixture, over edits, and over files of somebody else.

#![expect(clippy::disallowed_methods, reason = "tests list the fixtures and take files away")]

mod support;

use dockgen::judge;
use dockgen::lock::Lock;
use dockgen::repo::Repo;
use dockgen::wishes::Wishes;
use support::Tree;

#[test]
fn a_file_just_written_has_no_finding() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut wrong = Vec::new();
    let mut drawn = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let repo = Repo::open(&path).unwrap();
        let Ok(draft) = dockgen::draft(&repo, &Wishes::default()) else { continue };
        drawn += 1;
        let mut lock = Lock::default();
        for document in &draft.documents {
            lock.set(&document.path, &document.text);
        }
        let text = |role| Some(draft.text(role)).filter(|text| !text.is_empty());
        for reason in judge::written(&draft.service, &repo, Some(&draft), &lock, text) {
            // The release is the repository's own choice, and `init` says it too.
            let is_known = reason.rule == "end-of-life" && path.ends_with("python-end-of-life");
            if !is_known {
                wrong.push(format!("{}: {reason:?}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty() && drawn > 40, "{drawn}\n{}", wrong.join("\n"));
}

#[test]
fn init_says_what_check_finds() {
    let old = Tree::fixture("python-end-of-life");
    let init = old.run(&["init", "--yes"]);
    let check = old.run(&["check"]);
    assert_eq!((init.code, check.code), (0, 1), "{}", init.err);
    for line in check.out.lines() {
        assert!(init.err.contains(line), "{line} in {}", init.err);
    }
    assert!(check.err.ends_with(" found\n"), "{}", check.err);
}

/// A Go service with dockgen's files and a Dockerfile that somebody edited.
fn edited(from: &str, to: &str) -> Tree {
    let tree = Tree::fixture("go-server");
    assert_eq!(tree.run(&["init", "--yes", "--name", "service"]).code, 0);
    let text = tree.read("Dockerfile");
    assert!(text.contains(from), "{text}");
    tree.write("Dockerfile", text.replacen(from, to, 1).as_bytes());
    tree
}

#[test]
fn a_manifest_of_python_that_the_dockerfile_lost_is_named() {
    let tree = Tree::fixture("python-procfile");
    assert_eq!(tree.run(&["init", "--yes"]).code, 0);
    let (text, mount) =
        (tree.read("Dockerfile"), "--mount=type=bind,source=requirements/base.txt,target=requirements/base.txt");
    assert!(text.contains(mount), "{text}");
    tree.write("Dockerfile", text.replacen(&format!("{mount} \\\n    "), "", 1).as_bytes());
    let check = tree.run(&["check"]);
    assert!(check.out.contains("`requirements/base.txt` decides about dependencies"), "{}", check.out);
}

#[test]
fn an_edit_that_breaks_something_is_named_once_with_what_mends_it() {
    for (from, to, rule, says) in [
        ("USER 1001", "USER root", "root-user", "runs as root"),
        (
            "ENTRYPOINT [\"/usr/local/bin/service\"]",
            "ENTRYPOINT [\"/usr/local/bin/servise\"]",
            "missing-start",
            "`/usr/local/bin/servise` is started",
        ),
        (
            "USER 1001",
            "COPY conf/app.yaml /etc/\nUSER 1001",
            "missing-input",
            "`conf/app.yaml`, which is not in the repository",
        ),
        ("--from=build", "--from=built", "unknown-stage", "no stage `built`"),
        ("USER 1001", "COPY tools.mk /etc/\nUSER 1001", "hidden-input", "`tools.mk`"),
        ("USER 1001", "RUN true\nUSER 1001", "no-shell", "has none"),
    ] {
        let tree = edited(from, to);
        tree.write("tools.mk", b"");
        let check = tree.run(&["check"]);
        assert_eq!((check.code, check.out.lines().count()), (1, 1), "{rule}: {}", check.out);
        assert!(check.out.contains(&format!("[{rule}]")) && check.out.contains(says), "{}", check.out);
        assert_eq!(check.err, "1 found\n");
    }
}

#[test]
fn why_a_file_is_stale_is_true() {
    let says = |tree: &Tree| {
        let check = tree.run(&["check"]);
        assert_eq!(check.code, 1, "{}", check.out);
        assert!(
            check.err.ends_with("found; `dockgen update` mends it\n") || check.err.ends_with("mends them\n"),
            "{}",
            check.err
        );
        check.out
    };
    let tree = edited("USER 1001", "# ours\nUSER 1001");
    tree.write("main.go", tree.read("main.go").replace(":8080", ":9090").as_bytes());
    let out = says(&tree);
    assert!(out.contains("writes `ENV PORT=9090` here") || out.contains("writes `EXPOSE 9090` here"), "{out}");
    assert!(out.contains("what changed: port: 8080 gave way to 9090"), "{out}");
    assert_eq!(tree.run(&["update"]).code, 0);
    // A wish that no decision speaks of.
    tree.write("dockgen.toml", b"name = \"service\"\n[run]\nlabels = { team = \"shop\" }\n");
    assert!(says(&tree).contains("what changed: new wished for: `run.labels = {\"team\":\"shop\"}`"));
    assert_eq!(tree.run(&["update"]).code, 0);
    // Another dockgen, and a lock of before versions were noted.
    let lock = tree.read("dockgen.lock");
    let older = lock.replace("trimpath", "trim").replacen(
        &format!("version = \"{}\"", env!("CARGO_PKG_VERSION")),
        "version = \"0.0.1\"",
        1,
    );
    tree.write("Dockerfile", tree.read("Dockerfile").replace("trimpath", "trim").as_bytes());
    tree.write("dockgen.lock", older.as_bytes());
    assert!(
        says(&tree).contains(&format!("dockgen {} writes this otherwise than 0.0.1 did", env!("CARGO_PKG_VERSION")))
    );
    tree.write("dockgen.lock", older.replacen("version = \"0.0.1\"\n", "", 1).as_bytes());
    let out = says(&tree);
    assert!(!out.contains("what changed") && out.contains("-trimpath"), "{out}");
    assert_eq!(tree.run(&["update"]).code, 0);
    assert_eq!(tree.run(&["check"]).code, 0);
}

#[test]
fn a_conflict_is_one_finding_whatever_the_file() {
    for file in ["Dockerfile", ".dockerignore", ".github/workflows/docker.yml"] {
        for marked in ["<<<<<<< yours\nx\n=======\ny\n>>>>>>> dockgen\n", "=======\n"] {
            let tree = Tree::fixture("go-server");
            assert_eq!(tree.run(&["init", "--yes"]).code, 0);
            tree.write(file, (tree.read(file) + marked).as_bytes());
            tree.write("go.mod", tree.read("go.mod").replace("greeter", "renamed").as_bytes());
            let check = tree.run(&["check"]);
            let about: Vec<&str> = check.out.lines().filter(|line| line.starts_with(file)).collect();
            assert!(about.len() == 1 && about[0].ends_with("[conflict]"), "{}", check.out);
        }
    }
}

#[test]
fn a_dockerfile_of_somebody_else_is_judged_by_the_same_rules_and_made_no_promise() {
    let theirs = "FROM golang:1.25 AS b\nWORKDIR /app\nCOPY . ./\nRUN go build -o /x .\nFROM scratch\nCOPY --from=b /x /x\nENTRYPOINT [\"/x\"]\n";
    let tree =
        Tree::new(&[("Dockerfile", theirs), ("go.mod", "module x\n"), ("main.go", "package main\n\nfunc main() {}\n")]);
    let init = tree.run(&["init", "--yes"]);
    for _ in 0..2 {
        let check = tree.run(&["check"]);
        assert_eq!((check.code, check.out.lines().count()), (0, 2), "{}", check.out);
        assert!(
            check.out.contains("Dockerfile:1: note: `golang:1.25`") && check.out.contains("[root-user]"),
            "{}",
            check.out
        );
        assert!(check.err.ends_with("2 notes\n") && !check.err.contains("dockgen update"), "{}", check.err);
        assert!(check.out.lines().all(|line| init.err.contains(line)), "{}", init.err);
    }
    tree.write("Dockerfile", theirs.replace("\"/x\"", "\"/y\"").as_bytes());
    let check = tree.run(&["check", "--format", "github"]);
    assert!(
        check.code == 1 && check.out.contains("::error file=Dockerfile,line=7") && check.out.contains("::notice"),
        "{}",
        check.out
    );
    tree.write("Dockerfile", theirs.replace("COPY . ./", "COPY gone.txt main.go ./").as_bytes());
    let check = tree.run(&["check"]);
    assert!(check.code == 1 && check.out.contains("`gone.txt`, which is not in the repository"), "{}", check.out);
    std::fs::remove_file(tree.path().join("Dockerfile")).unwrap();
    let check = tree.run(&["check"]);
    assert!(
        check.code == 1 && check.out.contains("Dockerfile: it is not there; `dockgen init` writes it"),
        "{}",
        check.out
    );
}

#[test]
fn a_dockerfile_is_judged_also_where_dockgen_writes_none() {
    let dockerfile =
        "FROM ruby:3.4 AS b\nCOPY . .\nRUN make\nFROM debian:13\nCOPY --from=b /x /x\nUSER 1\nENTRYPOINT [\"/x\"]\n";
    let tree = Tree::new(&[("Gemfile", ""), ("Dockerfile", dockerfile)]);
    let check = tree.run(&["check"]);
    assert_eq!((check.code, check.out.as_str()), (0, ""), "{}", check.err);
    tree.write("Dockerfile", dockerfile.replace("--from=b /x /x", "--from=b /x /y").as_bytes());
    assert!(tree.run(&["check"]).out.contains("[missing-start]"));
    std::fs::remove_file(tree.path().join("Dockerfile")).unwrap();
    assert!(tree.run(&["check"]).err.contains("Ruby"));
}
