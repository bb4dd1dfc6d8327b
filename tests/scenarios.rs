//! Months in the life of a repository, told with the real binary: init, edits by people, changes, update, check.

mod support;

use support::Tree;

/// A repository with dockgen's files and a line of its user's in the Dockerfile.
fn edited(fixture: &str) -> Tree {
    let tree = Tree::fixture(fixture);
    assert_eq!(tree.run(&["init", "--yes", "--name", "service"]).code, 0);
    let text = tree.read("Dockerfile").replace("\nUSER 1001\n", "\n# Ours.\nENV TEAM=shop\nUSER 1001\n");
    tree.write("Dockerfile", text.as_bytes());
    assert_eq!(tree.run(&["check"]).code, 0, "an edit that breaks no promise is no reason");
    tree
}

/// Says first why the files are stale, then updates; the user's line is still there, and a second run changes nothing.
fn updated(tree: &Tree) -> (String, String) {
    let check = tree.run(&["check"]);
    assert_eq!(check.code, 1, "{}", check.out);
    let update = tree.run(&["update"]);
    assert_eq!(update.code, 0, "{}", update.err);
    assert!(tree.read("Dockerfile").contains("# Ours.\nENV TEAM=shop\n"));
    let after = tree.everything();
    let again = tree.run(&["update"]);
    assert_eq!(again.code, 0, "{}", again.err);
    assert_eq!(tree.everything(), after);
    assert_eq!(tree.run(&["check"]).code, 0);
    (check.out, update.err)
}

#[test]
fn a_version_is_bumped_and_taken_back() {
    let tree = edited("python-flask");
    let (first, lock) = (tree.read("Dockerfile"), tree.read("dockgen.lock"));
    tree.write(".python-version", b"3.12\n");
    let (check, update) = updated(&tree);
    assert!(check.contains("gave way to Python 3.12"), "{check}");
    assert!(update.contains("`.python-version`"), "{update}");
    assert!(tree.read("Dockerfile").contains("ARG PYTHON_VERSION=3.12."));
    std::fs::remove_file(tree.path().join(".python-version")).unwrap();
    updated(&tree);
    assert_eq!((tree.read("Dockerfile"), tree.read("dockgen.lock")), (first, lock));
}

#[test]
fn the_package_manager_changes() {
    let tree = edited("node-server");
    std::fs::remove_file(tree.path().join("package-lock.json")).unwrap();
    tree.write("pnpm-lock.yaml", b"lockfileVersion: '9.0'\n\nimporters:\n  .: {}\n");
    let (check, update) = updated(&tree);
    assert!(check.contains("package-manager: npm gave way to pnpm"), "{check}");
    assert!(update.contains("`pnpm-lock.yaml`"), "{update}");
    let text = tree.read("Dockerfile");
    assert!(text.contains("pnpm") && !text.contains("package-lock.json"), "{text}");
}

#[test]
fn a_server_is_added() {
    let tree = edited("python-flask");
    let requirements = tree.read("requirements.txt") + "waitress==3.0.2\n";
    assert!(!requirements.contains("gunicorn") || tree.read("Dockerfile").contains("gunicorn"));
    tree.write("requirements.txt", requirements.replace("gunicorn", "# gunicorn").as_bytes());
    let (check, _) = updated(&tree);
    assert!(check.contains("server"), "{check}");
    assert!(tree.read("Dockerfile").contains("waitress"));
}

#[test]
fn the_entry_point_is_renamed() {
    let tree = edited("go-cmd");
    let folder = |name: &str| tree.path().join("cmd").join(name);
    std::fs::rename(folder("server"), folder("renamed")).unwrap();
    let (check, _) = updated(&tree);
    assert!(check.contains("./cmd/renamed"), "{check}");
    assert!(tree.read("Dockerfile").contains("./cmd/renamed"));
}

#[test]
fn another_runtime_is_wished_for_and_kept() {
    let tree = edited("go-server");
    assert_eq!(tree.run(&["config", "set", "runtime", "scratch"]).code, 0);
    let (check, _) = updated(&tree);
    assert!(check.contains("runtime: distroless") && check.contains("gave way to scratch"), "{check}");
    assert_eq!(tree.run(&["update", "--runtime", "alpine"]).code, 0);
    assert!(tree.read("dockgen.toml").contains("runtime = \"alpine\""), "a flag stays");
    assert_eq!(tree.run(&["check"]).code, 0);
}

#[test]
fn the_program_that_was_named_is_started_also_where_it_was_the_default() {
    let program = |text: &str| format!("package main\n\n{text}\n");
    let idle = program("func main() {}");
    let files = [("go.mod", "module x\n"), ("cmd/alpha/main.go", &idle), ("cmd/beta/main.go", &idle)];
    let serving = program("import \"net/http\"\n\nfunc main() { http.ListenAndServe(\":9090\", nil) }");
    let grown = |init: &[&str], update: &[&str]| {
        let tree = Tree::new(&files);
        assert_eq!(tree.run(init).code, 0);
        tree.write("cmd/debug/main.go", serving.as_bytes());
        let update = tree.run(update);
        assert_eq!(update.code, 0, "{}", update.err);
        (tree, update.err)
    };
    let (named, said) = grown(&["init", "--yes", "--entry", "./cmd/alpha"], &["update"]);
    assert!(named.read("dockgen.toml").contains("entry = \"./cmd/alpha\""));
    assert!(named.read("Dockerfile").contains("./cmd/alpha") && !said.contains("gave way"), "{said}");
    for update in [&["update"][..], &["update", "--quiet"]] {
        let (_, said) = grown(&["init", "--yes"], update);
        assert!(said.starts_with("entry: ./cmd/alpha gave way to ./cmd/debug"), "{said}");
    }
}

#[test]
fn a_wish_of_dockgen_toml_that_cannot_be_met_any_more_is_named_there() {
    let main = "package main\n\nfunc main() {}\n";
    let files = [("go.mod", "module x\n"), ("cmd/alpha/main.go", main), ("cmd/beta/main.go", main)];
    let tree = Tree::new(&files);
    assert_eq!(tree.run(&["init", "--yes", "--entry", "./cmd/alpha"]).code, 0);
    std::fs::rename(tree.path().join("cmd/alpha"), tree.path().join("cmd/gamma")).unwrap();
    for command in ["check", "update", "explain"] {
        let done = tree.run(&[command]);
        assert_eq!(done.code, 1, "{command}");
        assert!(done.err.contains("`entry = ./cmd/alpha` of `dockgen.toml`"), "{}", done.err);
        assert!(done.err.contains("`dockgen config set entry ./cmd/gamma`"), "{}", done.err);
    }
    assert_eq!(tree.run(&["config", "set", "entry", "./cmd/gamma"]).code, 0);
    assert_eq!(tree.run(&["update"]).code, 0);
    assert_eq!(tree.run(&["check"]).code, 0);
}

#[test]
fn a_native_package_is_added() {
    let tree = edited("python-flask");
    tree.write("requirements.txt", (tree.read("requirements.txt") + "psycopg2==2.9.11\n").as_bytes());
    let (check, _) = updated(&tree);
    assert!(check.contains("needs package:libpq5"), "{check}");
    assert!(tree.read("Dockerfile").contains("libpq5"));
}

#[test]
fn a_deleted_file_stays_away_until_it_is_wanted() {
    let workflow = ".github/workflows/docker.yml";
    let tree = edited("go-server");
    std::fs::remove_file(tree.path().join(workflow)).unwrap();
    let check = tree.run(&["check"]);
    assert!(
        check.code == 1 && check.out.contains("deleted") && check.out.contains("update --restore"),
        "{}",
        check.out
    );
    for command in [&["update"][..], &["init", "--yes"]] {
        let done = tree.run(command);
        assert!(done.code == 0 && done.err.contains("stays away"), "{}", done.err);
        assert!(!tree.has(workflow));
    }
    assert_eq!(tree.run(&["update", "--restore"]).code, 0);
    assert!(tree.has(workflow));
    std::fs::remove_file(tree.path().join(workflow)).unwrap();
    assert_eq!(tree.run(&["config", "set", "ci", "none"]).code, 0);
    assert_eq!(tree.run(&["check"]).code, 0, "a workflow that nobody wants is not missed");
}

#[test]
fn who_deleted_everything_starts_over() {
    let tree = Tree::fixture("go-server");
    let written = ["Dockerfile", ".dockerignore", ".github/workflows/docker.yml"];
    assert_eq!(tree.run(&["init", "--yes"]).code, 0);
    let first = tree.everything();
    for path in written {
        std::fs::remove_file(tree.path().join(path)).unwrap();
    }
    let check = tree.run(&["check"]);
    assert_eq!((check.code, check.out.matches("[missing]").count()), (1, 3), "{}", check.out);
    let update = tree.run(&["update"]);
    assert_eq!((update.code, update.err.matches("stays away").count()), (1, 3), "{}", update.err);
    let init = tree.run(&["init", "--yes"]);
    assert_eq!(init.code, 0, "{}", init.err);
    assert_eq!(tree.everything(), first);
    assert_eq!(tree.run(&["check"]).code, 0);
    // A Dockerfile that alone was deleted is asked for, and the edits of the others stay.
    tree.write(".dockerignore", (tree.read(".dockerignore") + "ours\n").as_bytes());
    std::fs::remove_file(tree.path().join("Dockerfile")).unwrap();
    assert_eq!(tree.run(&["init", "--yes"]).code, 0);
    assert!(tree.has("Dockerfile") && tree.read(".dockerignore").ends_with("ours\n"));
}

#[test]
fn a_conflict_is_marked_resolved_and_followed_by_more() {
    let tree = edited("go-server");
    let text = tree.read("Dockerfile");
    let line = text.lines().find(|line| line.starts_with("ARG GO_VERSION=")).unwrap().to_owned();
    tree.write("Dockerfile", text.replace(&line, "ARG GO_VERSION=1.26.5").as_bytes());
    assert_eq!(tree.run(&["config", "set", "toolchain", "1.26.6"]).code, 0);
    let update = tree.run(&["update"]);
    assert_eq!(update.code, 1, "{}", update.err);
    let marked = tree.read("Dockerfile");
    assert!(marked.contains("<<<<<<< yours\nARG GO_VERSION=1.26.5\n=======\nARG GO_VERSION=1.26.6\n>>>>>>> dockgen\n"));
    assert!(tree.run(&["check"]).out.contains("[conflict]"));
    // What changes before the conflict is resolved comes later, and is not lost.
    tree.run(&["config", "set", "runtime", "scratch"]);
    assert_eq!(tree.run(&["update"]).code, 1);
    assert_eq!(tree.read("Dockerfile"), marked);
    let resolved: String = marked
        .lines()
        .filter(|line| !line.starts_with(['<', '=', '>']) && !line.contains("1.26.5"))
        .map(|line| format!("{line}\n"))
        .collect();
    tree.write("Dockerfile", resolved.as_bytes());
    updated(&tree);
    let text = tree.read("Dockerfile");
    assert!(text.contains("ARG GO_VERSION=1.26.6\n") && text.contains("\nFROM scratch\n"), "{text}");
}

#[test]
fn a_foreign_dockerfile_is_taken_in() {
    let tree = Tree::fixture("go-server");
    let theirs = "FROM golang:1.26 AS build\nCOPY . .\nRUN go build -o /app .\n\nFROM debian:trixie-slim\n\
                  COPY --from=build /app /app\nUSER 5\nCMD [\"/app\"]\n";
    tree.write("Dockerfile", theirs.as_bytes());
    assert_eq!(tree.run(&["update", "--adopt"]).code, 0);
    assert_eq!(tree.read("Dockerfile"), theirs);
    assert!(tree.run(&["explain", "Dockerfile:3"]).out.contains("yours"));
    tree.write("Dockerfile", theirs.replace("USER 5", "USER root").as_bytes());
    let check = tree.run(&["check", "--format", "github"]);
    assert!(check.out.contains("line=7") && check.out.contains("root"), "{}", check.out);
}

#[test]
fn a_paragraph_of_the_templates_is_replaced() {
    let tree = Tree::fixture("go-server");
    let own = "{% extends \"dockgen/run.tera\" %}\n{% block program %}\n{= super() =}\nCOPY --link --from=build /etc/mime.types /etc/\n{% endblock %}\n";
    tree.write("build/templates/run.tera", own.as_bytes());
    tree.write("dockgen.toml", b"# Ours.\ntemplates = \"build/templates\"\n");
    let init = tree.run(&["init", "--yes"]);
    assert_eq!(init.code, 0, "{}", init.err);
    let text = tree.read("Dockerfile");
    assert!(
        text.contains("COPY --link --from=build /etc/mime.types /etc/\n") && text.contains("/out/greeter"),
        "{text}"
    );
    let refused = |text: &str, path: &str| {
        let tree = Tree::fixture("go-server");
        tree.write(&format!("t/{path}"), text.as_bytes());
        tree.write("dockgen.toml", b"templates = \"t\"\n");
        let done = tree.run(&["init", "--yes"]);
        assert!(done.code == 1 && !tree.has("Dockerfile"), "{}", done.err);
        done.err
    };
    let wrong_block = own.replace("block program", "block programme");
    assert!(refused(&wrong_block, "run.tera").contains("block `programme`"));
    assert!(refused(own, "go/Build.tera").contains("`t/go/Build.tera` takes the place of no template"));
    assert!(refused(own, "go/Dockerfile.tera").contains("the build is `go/build.tera`, the last stage"));
    assert!(refused("{% if %}", "go/build.tera").contains("go/build.tera"));
    assert!(refused("NOT one\n", "go/build.tera").contains("no Dockerfile"));
    assert!(refused(own, "run.txt").contains("none is there"));
}

#[test]
fn a_pinned_paragraph_is_left_alone() {
    let tree = edited("go-server");
    let text = tree.read("Dockerfile").replace("ARG GO_VERSION=", "# dockgen: keep\nARG GO_VERSION=");
    tree.write("Dockerfile", text.as_bytes());
    assert_eq!(tree.run(&["config", "set", "toolchain", "1.26.6"]).code, 0);
    assert!(tree.run(&["init", "--stdout", "dockerfile"]).out.contains("ARG GO_VERSION=1.26.6\n"));
    assert_eq!(tree.run(&["update"]).code, 0);
    assert_eq!(tree.read("Dockerfile"), text);
}

#[test]
fn a_workflow_names_no_dockgen_that_does_not_exist() {
    let tree = edited("go-server");
    let set = tree.run(&["config", "set", "check", "true"]);
    assert!(set.code == 1 && set.err.contains("none is released yet") && !tree.read("dockgen.toml").contains("check"));
    tree.write("dockgen.toml", b"check = true\n");
    assert_eq!(tree.run(&["update"]).code, 1);
    assert_eq!(tree.run(&["config", "unset", "check"]).code, 0);
    assert_eq!(tree.run(&["update"]).code, 0);
}

#[test]
fn two_runs_at_once_do_not_mix() {
    let tree = edited("go-server");
    std::thread::scope(|scope| {
        for runtime in ["scratch", "alpine", "scratch", "alpine", "slim", "distroless"] {
            let tree = &tree;
            scope.spawn(move || assert_eq!(tree.run(&["update", "--runtime", runtime]).code, 0));
        }
    });
    assert_eq!(tree.run(&["check"]).code, 0, "{}", tree.run(&["check"]).out);
    assert!(tree.read("Dockerfile").contains("# Ours.\nENV TEAM=shop\n"));
    let stray = tree.everything().iter().any(|(path, _)| path.to_string_lossy().contains(".dockgen-"));
    assert!(!stray);
}

/// Runs both at once and wants both to succeed.
fn at_once(tree: &Tree, one: &[&str], other: &[&str]) {
    std::thread::scope(|scope| {
        for arguments in [one, other] {
            scope.spawn(move || {
                let done = tree.run(arguments);
                assert_eq!(done.code, 0, "{arguments:?}: {}", done.err);
            });
        }
    });
}

#[test]
fn of_two_runs_at_once_none_forgets_what_the_other_was_told() {
    let kept = |tree: &Tree, wishes: &[&str]| {
        let text = tree.read("dockgen.toml");
        assert!(wishes.iter().all(|wish| text.contains(wish)), "{wishes:?} in\n{text}");
        assert!(tree.everything().iter().all(|(path, _)| !path.to_string_lossy().contains(".dockgen")));
    };
    for _ in 0..14 {
        let tree = Tree::fixture("go-server");
        at_once(&tree, &["config", "set", "port", "9000"], &["config", "set", "name", "zebra"]);
        kept(&tree, &["port = 9000", "name = \"zebra\""]);
        at_once(&tree, &["config", "unset", "port"], &["config", "set", "uid", "5000"]);
        assert!(!tree.read("dockgen.toml").contains("port"));
        kept(&tree, &["zebra", "uid = 5000"]);
    }
    for _ in 0..14 {
        let tree = Tree::fixture("go-server");
        at_once(&tree, &["init", "--yes", "--port", "9000"], &["init", "--yes", "--name", "zebra"]);
        kept(&tree, &["port = 9000", "name = \"zebra\""]);
        at_once(&tree, &["update", "--runtime", "alpine"], &["config", "set", "uid", "5000"]);
        kept(&tree, &["port = 9000", "zebra", "alpine", "uid = 5000"]);
    }
}

#[test]
fn a_lock_that_is_never_given_back_is_named() {
    let tree = Tree::fixture("go-server");
    let folder = std::fs::OpenOptions::new().read(true).open(tree.path()).unwrap();
    folder.lock().unwrap();
    for arguments in [&["init", "--yes"][..], &["config", "set", "port", "9000"]] {
        let done = tree.run(arguments);
        assert!(done.code == 2 && done.err.contains("holds the lock of"), "{}", done.err);
    }
    assert!(!tree.has("Dockerfile") && !tree.has("dockgen.toml"));
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| tree.run(&["init", "--yes"]).code);
        std::thread::sleep(std::time::Duration::from_millis(300));
        folder.unlock().unwrap();
        assert_eq!(waits.join().unwrap(), 0);
    });
}

/// What a dockgen of November 2026, before its second house, wrote for four fixtures lies in `tests/older`: a lock holds all texts.
#[test]
#[expect(clippy::disallowed_methods, reason = "the locks lie beside the tests")]
fn what_an_older_dockgen_wrote_is_followed_with_the_users_line() {
    let older = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/older");
    let locks: Vec<std::path::PathBuf> = std::fs::read_dir(older).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(locks.len(), 4);
    for lock in locks {
        let text = std::fs::read_to_string(&lock).unwrap();
        let tree = Tree::fixture(lock.file_stem().unwrap().to_str().unwrap());
        tree.write("dockgen.lock", text.as_bytes());
        tree.write("dockgen.toml", b"name = \"service\"\n");
        let lock: toml::Table = text.parse().unwrap();
        for document in lock["document"].as_array().unwrap() {
            let text =
                document["text"].as_str().unwrap().replace("\nUSER 1001\n", "\n# Ours.\nENV TEAM=shop\nUSER 1001\n");
            tree.write(document["path"].as_str().unwrap(), text.as_bytes());
        }
        updated(&tree);
    }
}

/// A Go, a Python and a Node service in folders of their own, a library and samples.
fn several() -> Tree {
    Tree::new(&[
        ("api/go.mod", "module example.com/api\n\ngo 1.26\n"),
        ("api/main.go", "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":8081\", nil) }\n"),
        ("mail/requirements.txt", "flask==3.1.2\ngunicorn==23.0.0\n"),
        ("mail/app.py", "from flask import Flask\n\napp = Flask(__name__)\n"),
        ("web/package.json", r#"{"name": "web", "scripts": {"start": "node server.js"}}"#),
        ("web/server.js", "require('http').createServer().listen(3000);\n"),
        ("words/go.mod", "module example.com/words\n\ngo 1.26\n"),
        ("words/words.go", "package words\n"),
        ("examples/hello/package.json", r#"{"scripts": {"start": "node index.js"}}"#),
        ("examples/hello/index.js", "require('http').createServer().listen(3000);\n"),
    ])
}

#[test]
fn one_run_at_the_top_writes_every_service() {
    let tree = several();
    let explained = tree.run(&["explain"]);
    for line in ["  api: api (Go, port 8081), it serves\n", "  mail: mail (Python, port ", "  words: "] {
        assert!(explained.out.contains(line), "{line}: {}", explained.out);
    }
    let init = tree.run(&["init", "--yes"]);
    assert_eq!(init.code, 0, "{}", init.err);
    for service in ["api", "mail", "web"] {
        assert!(
            tree.has(&format!("{service}/Dockerfile")) && tree.has(&format!("{service}/.dockerignore")),
            "{service}"
        );
        assert!(init.err.contains("  docker buildx bake -f docker-bake.hcl\n"));
    }
    for passed in ["passed over: `examples/hello`: `examples` is a name for", "passed over: `words`: there is no"] {
        assert!(init.err.contains(passed), "{passed}: {}", init.err);
    }
    assert!(!tree.has("Dockerfile") && !tree.has("words/Dockerfile") && !tree.has("api/dockgen.lock"));
    let all = tree.everything();
    let (check, update) = (tree.run(&["check"]), tree.run(&["update"]));
    assert_eq!((check.code, update.code), (0, 0), "{}{}", check.out, update.err);
    assert_eq!(tree.everything(), all);
}

#[test]
fn a_service_is_edited_another_comes_and_one_goes() {
    let tree = several();
    assert_eq!(tree.run(&["init", "--yes", "--service", "api", "--service", "web"]).code, 0);
    assert!(!tree.has("mail/Dockerfile") && !tree.read("docker-bake.hcl").contains("mail"));
    let row = r#"{"name":"api","image":"api","context":"api","file":"api/Dockerfile","platforms":"","paths":[".github/workflows/docker.yml","api"],"idle":["**/*.md","**/*_test.go","**/*.test.*","**/*.spec.*"]}"#;
    assert!(tree.read(".github/workflows/docker.yml").contains(row));
    let others = tree.read("web/Dockerfile");
    let edited = tree.read("api/Dockerfile").replace("\nUSER 1001\n", "\n# Ours.\nENV TEAM=shop\nUSER 1001\n");
    tree.write("api/Dockerfile", edited.as_bytes());
    tree.write("api/main.go", tree.read("api/main.go").replace("8081", "9090").as_bytes());
    let check = tree.run(&["check"]);
    assert!(check.out.contains("api/Dockerfile:"), "{}", check.out);
    assert!(
        check.out.contains("the service `mail` has no files") && !check.out.contains("web/Dockerfile"),
        "{}",
        check.out
    );
    let update = tree.run(&["update"]);
    assert_eq!(update.code, 0, "{}", update.err);
    assert!(
        update.err.contains("api: port: 8081 gave way to 9090") && update.err.contains("mail, `mail`, has no files"),
        "{}",
        update.err
    );
    let text = tree.read("api/Dockerfile");
    assert!(text.contains("\nEXPOSE 9090\n") && text.contains("# Ours.\nENV TEAM=shop\n"), "{text}");
    assert_eq!(tree.read("web/Dockerfile"), others);
    std::fs::remove_dir_all(tree.path().join("web")).unwrap();
    assert!(tree.run(&["check"]).out.contains("the service `web` is gone"));
    let update = tree.run(&["update"]);
    assert!(update.err.contains("the service `web` is gone"), "{}", update.err);
    for file in ["dockgen.lock", "docker-bake.hcl", ".github/workflows/docker.yml"] {
        assert!(!tree.read(file).contains("web"), "{file}");
    }
    assert_eq!(tree.run(&["check"]).code, 0);
    ["api", "mail"].iter().for_each(|folder| std::fs::remove_dir_all(tree.path().join(folder)).unwrap());
    let update = tree.run(&["update"]);
    assert!(update.code == 0 && update.err.contains("no service is left: `docker-bake.hcl`"), "{}", update.err);
}

#[test]
fn wishes_for_one_service_stand_in_its_section() {
    let tree = several();
    let init = tree.run(&["init", "--yes", "--service", "web", "--port", "4000"]);
    assert_eq!(init.code, 0, "{}", init.err);
    assert!(tree.read("dockgen.toml").contains("[service.web]\nport = 4000\n"));
    assert!(tree.read("web/Dockerfile").contains("EXPOSE 4000"));
    assert_eq!(tree.run(&["config", "set", "service.web.runtime", "alpine"]).code, 0);
    assert_eq!(tree.run(&["init", "--yes", "--service", "api"]).code, 0);
    assert!(tree.read("web/Dockerfile").contains("alpine") && !tree.read("api/Dockerfile").contains("alpine"));
    let none = tree.run(&["init", "--yes", "--service", "shop"]);
    assert_eq!(none.code, 1);
    assert!(none.err.contains("there is api, mail, web"), "{}", none.err);
    assert_eq!(tree.run(&["init", "--yes", "--all", "--port", "1"]).code, 2);
}

#[test]
fn of_a_program_that_gets_files_of_its_own_nobody_says_that_it_is_not_in_the_image() {
    let starts = r#"{"scripts": {"start": "node index.js"}, "dependencies": {"express": "5.1.0"}}"#;
    let serves = "require('express')().listen(3000);\n";
    let files: Vec<(String, &str)> = ["a", "b", "c"]
        .iter()
        .flat_map(|name| [(format!("apps/{name}/package.json"), starts), (format!("apps/{name}/index.js"), serves)])
        .collect();
    let mut files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    files.push(("package.json", r#"{"workspaces": ["apps/*"], "scripts": {"start": "npm run start --workspaces"}}"#));
    let tree = Tree::new(&files);
    let init = tree.run(&["init", "--yes", "--dry-run", "--service", "a", "--service", "b"]);
    let said =
        |name: &str| init.err.contains(&format!("`package.json` starts `apps/{name}` too, which is not in this image"));
    assert!(!said("a") && !said("b") && said("c"), "{}", init.err);
}

#[test]
fn programs_of_one_context_have_their_files_in_their_folders() {
    let serves = |port: u16| {
        format!("package main\n\nimport \"net/http\"\n\nfunc main() {{ http.ListenAndServe(\":{port}\", nil) }}\n")
    };
    let (one, two) = (serves(8001), serves(8002));
    let tree = Tree::new(&[
        ("go.mod", "module example.com/shop\n\ngo 1.26\n"),
        ("cmd/orders/main.go", &one),
        ("cmd/stock/main.go", &two),
    ]);
    let init = tree.run(&["init", "--yes"]);
    assert_eq!(init.code, 0, "{}", init.err);
    for (name, port) in [("orders", 8001), ("stock", 8002)] {
        let folder = format!("cmd/{name}");
        assert!(tree.read(&format!("{folder}/Dockerfile")).contains(&format!("EXPOSE {port}")), "{name}");
        assert!(tree.has(&format!("{folder}/Dockerfile.dockerignore")));
        let target = format!(
            "target \"{name}\" {{\n  context    = \".\"\n  dockerfile = \"{folder}/Dockerfile\"\n  tags       = [\"{name}\"]\n}}\n"
        );
        assert!(tree.read("docker-bake.hcl").contains(&target), "{}", tree.read("docker-bake.hcl"));
    }
    assert!(!tree.has("Dockerfile") && !tree.has(".dockerignore"));
    assert_eq!((tree.run(&["check"]).code, tree.run(&["update"]).code), (0, 0));
    let alone = tree.run(&["init", "--yes", "--stdout", "dockerfile", "--service", "stock"]);
    assert_eq!(alone.out, tree.read("cmd/stock/Dockerfile"), "{}", alone.err);
}
