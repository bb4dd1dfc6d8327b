//! Files of other people in a repository: they go on working, and the run says what it left alone.

mod support;

use support::{Outcome, Tree};

const GO: [(&str, &str); 2] = [
    ("go.mod", "module example.com/x\n\ngo 1.26\n"),
    ("main.go", "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":8080\", nil) }\n"),
];
const NODE: [(&str, &str); 3] = [
    ("package-lock.json", "{ \"lockfileVersion\": 3, \"packages\": {} }\n"),
    ("package.json", "{ \"name\": \"x\", \"scripts\": { \"start\": \"node server.js\" } }\n"),
    ("server.js", "require(\"http\").createServer().listen(3000)\n"),
];
const THEIRS: &str =
    "FROM golang:1.27.0-trixie\nWORKDIR /app\nCOPY . ./\nRUN make x\nUSER 1000\nENTRYPOINT [\"/app/x\"]\n";
const MAKEFILE: (&str, &str) = ("Makefile", "x:\n\tgo build -o x .\n");
const WORKFLOW: &str = ".github/workflows/docker.yml";

fn tree(files: &[(&str, &str)], more: &[(&str, &str)]) -> Tree {
    Tree::new(&[files, more].concat())
}

fn written(tree: &Tree) -> Vec<&'static str> {
    let places = ["Dockerfile", ".dockerignore", "Dockerfile.dockerignore", WORKFLOW, "dockgen.lock"];
    places.into_iter().filter(|path| tree.has(path)).collect()
}

fn said(done: &Outcome, words: &[&str]) {
    for word in words {
        assert!(done.err.contains(word), "{word} in {}", done.err);
    }
}

#[test]
fn nothing_is_written_beside_a_dockerfile_of_somebody_else() {
    for theirs in [THEIRS, "FROM golang:1.27\nCOPY config/app.yaml /etc/\nUSER 1\n"] {
        let tree = tree(&GO, &[("Dockerfile", theirs), ("config/app.yaml", ""), MAKEFILE]);
        let before = tree.everything();
        let done = tree.run(&["init", "--yes"]);
        assert_eq!((done.code, tree.everything()), (1, before));
        said(&done, &["left alone", "dockgen init --adopt", "not written: .dockerignore", WORKFLOW]);
        assert_eq!(tree.run(&["init", "--yes", "--force"]).code, 0);
        assert_eq!(written(&tree), ["Dockerfile", ".dockerignore", WORKFLOW, "dockgen.lock"]);
    }
}

#[test]
fn an_adopted_dockerfile_gets_no_ignore_file_that_hides_what_it_copies() {
    for command in [&["init", "--yes", "--adopt"][..], &["update", "--adopt"]] {
        let tree = tree(&GO, &[("Dockerfile", THEIRS), MAKEFILE]);
        let done = tree.run(command);
        assert_eq!((done.code, tree.read("Dockerfile").as_str()), (0, THEIRS), "{}", done.err);
        said(&done, &["not written: .dockerignore", "copies `Makefile`, which it would hide"]);
        for again in [&["update"][..], &["init", "--yes"], &["check"]] {
            let done = tree.run(again);
            assert_eq!((done.code, written(&tree)), (0, vec!["Dockerfile", WORKFLOW, "dockgen.lock"]), "{}", done.err);
        }
    }
    let tree = tree(&GO, &[("Dockerfile", "FROM golang:1.27\nCOPY go.mod main.go /src/\nUSER 0\nCMD [\"x\"]\n")]);
    let init = tree.run(&["init", "--yes", "--adopt"]);
    assert_eq!(init.code, 0);
    assert!(tree.has(".dockerignore"), "one that hides nothing of it is written");
    let check = tree.run(&["check"]);
    assert_eq!((check.code, check.out.as_str()), (1, "Dockerfile:3: the image runs as root [root-user]\n"));
    assert!(init.err.contains(check.out.trim()), "what was taken in is judged as dockgen's: {}", init.err);
}

#[test]
fn other_dockerfiles_of_the_same_context_see_what_they_saw() {
    let compose = "services:\n  x:\n    build:\n      context: .\n      dockerfile: build.txt\n";
    for more in [
        &[("packaging/Dockerfile", THEIRS), MAKEFILE][..],
        &[("Dockerfile.dev", "FROM a:1\nCOPY Makefile /\n"), MAKEFILE],
        &[("build.txt", THEIRS), ("compose.yaml", compose), MAKEFILE],
    ] {
        let tree = tree(&GO, more);
        let done = tree.run(&["init", "--yes"]);
        assert_eq!(done.code, 0, "{}", done.err);
        assert_eq!(written(&tree), ["Dockerfile", "Dockerfile.dockerignore", WORKFLOW, "dockgen.lock"]);
        said(&done, &["`.dockerignore` would hide `", more[0].0]);
        assert_eq!(tree.run(&["check"]).code, 0);
        assert_eq!(tree.run(&["update", "--only", "dockerignore"]).code, 0);
        assert!(!tree.has(".dockerignore"));
    }
    let tree =
        tree(&GO, &[("api/Dockerfile", THEIRS), ("api/go.mod", ""), ("Dockerfile.dev", "FROM a:1\nCOPY go.mod /\n")]);
    assert_eq!(tree.run(&["init", "--yes"]).code, 0);
    assert!(tree.has(".dockerignore"), "another context, and one that loses nothing");
}

#[test]
fn an_ignore_file_of_somebody_else_that_hides_what_is_read_is_named_before_anything_is_written() {
    let node = tree(&NODE, &[(".dockerignore", "# ours\n*\n!server.js\n")]);
    let before = node.everything();
    let done = node.run(&["init", "--yes"]);
    assert_eq!((done.code, node.everything()), (1, before), "{}", done.err);
    said(&done, &["line 2 of `.dockerignore` hides `package-lock.json`, `package.json`", "`!package.json`"]);
    node.write(".dockerignore", b"# ours\n*\n!server.js\n!package-lock.json\n!package.json\n");
    assert_eq!(node.run(&["init", "--yes"]).code, 0);
    assert!(node.read(".dockerignore").starts_with("# ours"));
    // A list of what may enter lets in nothing that theirs keeps out but what it names.
    let go = tree(&GO, &[(".dockerignore", "go.mod\n")]);
    let done = go.run(&["init", "--yes"]);
    assert_eq!((done.code, go.read(".dockerignore").as_str()), (0, "go.mod\n"), "{}", done.err);
    said(&done, &["Dockerfile.dockerignore", "hides `go.mod`, which the build reads"]);
    assert_eq!(go.run(&["check"]).code, 0);
}

#[test]
fn no_second_workflow_pushes_unless_it_is_asked_for() {
    let release = (
        "on: push\njobs:\n  a:\n    steps:\n      - uses: docker/build-push-action@v6\n",
        ".github/workflows/release.yml",
    );
    let tree = tree(&GO, &[(release.1, release.0), (".gitattributes", "* text\n")]);
    for _ in 0..2 {
        let done = tree.run(&["init", "--yes"]);
        assert_eq!(done.code, 0, "{}", done.err);
        said(&done, &["not written", release.1, "docker/build-push-action", "--ci github"]);
        assert!(!tree.has(WORKFLOW));
    }
    assert_eq!(tree.run(&["check"]).code, 0);
    assert_eq!(tree.run(&["update", "--ci", "github"]).code, 0);
    assert!(tree.has(WORKFLOW));
    assert_eq!(tree.run(&["check"]).code, 0);
    assert_eq!((tree.read(release.1).as_str(), tree.read(".gitattributes").as_str()), (release.0, "* text\n"));
}

#[test]
fn an_ignore_file_that_hides_from_a_later_dockerfile_is_renamed() {
    let tree = tree(&GO, &[MAKEFILE]);
    assert_eq!(tree.run(&["init", "--yes"]).code, 0);
    tree.write(".dockerignore", (tree.read(".dockerignore") + "# ours\n").as_bytes());
    tree.write("dev.dockerfile", b"FROM a:1\nCOPY Makefile /\n");
    let check = tree.run(&["check"]);
    assert_eq!(check.code, 1, "{}", check.err);
    assert!(
        check.out.starts_with(".dockerignore:2: this hides `Makefile`, which `dev.dockerfile` copies"),
        "{}",
        check.out
    );
    std::fs::rename(tree.path().join(".dockerignore"), tree.path().join("Dockerfile.dockerignore")).unwrap();
    assert_eq!(tree.run(&["check"]).code, 0);
    tree.write("go.sum", b"example.com/z v1.0.0 h1:abc\n");
    let update = tree.run(&["update"]);
    assert_eq!(update.code, 0, "{}", update.err);
    let merged = tree.read("Dockerfile.dockerignore");
    assert!(merged.contains("!go.sum\n") && merged.ends_with("# ours\n") && !tree.has(".dockerignore"), "{merged}");
    assert_eq!(tree.run(&["check"]).code, 0);
}

#[test]
fn what_a_replaced_dockerfile_said_of_the_program_is_not_forgotten() {
    let tree = Tree::new(&[
        ("go.mod", "module example.com/shop\n\ngo 1.25\n"),
        (
            "main.go",
            "package main\n\nimport (\"net/http\"; \"os\")\n\nfunc main() { http.ListenAndServe(os.Getenv(\"ADDR\"), nil) }\n",
        ),
        (
            "Dockerfile",
            "FROM golang:1.25\nENV ADDR=:9000\nVOLUME /data\nEXPOSE 9000\nCOPY . .\nRUN go build -o /shop .\nCMD [\"/shop\"]\n",
        ),
    ]);
    assert_eq!(tree.run(&["init", "--yes", "--force"]).code, 0);
    let text = tree.read("Dockerfile");
    for line in ["ENV ADDR=:9000\n", "EXPOSE 9000\n", " /data/.keep\n"] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert_eq!(tree.run(&["check"]).code, 0);
    assert_eq!(tree.run(&["update"]).code, 0);
    assert_eq!(tree.read("Dockerfile"), text);
}
