//! Flags, streams and exit codes of the real binary.

mod support;

use support::Tree;

#[test]
fn init_writes_three_documents_and_a_lock_and_says_so() {
    let tree = Tree::fixture("go-server");
    let done = tree.run(&["init", "--yes"]);
    assert_eq!((done.code, done.out.as_str()), (0, ""), "{}", done.err);
    for file in ["Dockerfile", ".dockerignore", ".github/workflows/docker.yml", "dockgen.lock"] {
        assert!(tree.has(file), "{file}");
    }
    assert!(done.err.contains("docker build -t greeter ."), "{}", done.err);
    let again = tree.run(&["init", "--yes"]);
    assert_eq!(again.code, 0);
    assert!(again.err.contains("is up to date: Dockerfile"), "{}", again.err);
}

#[test]
fn what_check_finds_is_said_once_by_init() {
    let manifest = r#"{"packageManager": "bun@1.1.34", "scripts": {"start": "bun run index.ts"}}"#;
    let tree = Tree::new(&[("package.json", manifest), ("index.ts", "export default { port: 3000 };\n")]);
    let sentence = "`oven/bun:1.1.34-distroless`: Debian 11";
    let init = tree.run(&["init", "--yes"]);
    assert_eq!(init.err.matches(sentence).count(), 1, "{}", init.err);
    let check = tree.run(&["check"]);
    assert_eq!((check.code, check.out.matches(sentence).count()), (1, 1), "{}", check.out);
}

#[test]
fn wishes_without_a_command_are_an_init_without_questions() {
    let tree = Tree::fixture("go-server");
    assert_eq!(tree.run(&["--lang", "go", "--runtime", "scratch"]).code, 0);
    assert!(tree.read("Dockerfile").contains("\nFROM scratch\n"));
}

#[test]
fn the_same_tree_gives_the_same_bytes() {
    let (one, two) = (Tree::fixture("go-server"), Tree::fixture("go-server"));
    one.run(&["init", "--yes", "--name", "x"]);
    two.run(&["init", "--yes", "--name", "x"]);
    assert_eq!(one.read("Dockerfile"), two.read("Dockerfile"));
    assert_eq!(one.read("dockgen.lock"), two.read("dockgen.lock"));
}

#[test]
fn printing_writes_nothing() {
    let tree = Tree::fixture("go-server");
    let before = tree.everything();
    let printed = tree.run(&["init", "--stdout", "dockerfile"]);
    assert!(printed.out.starts_with("# syntax=docker/dockerfile:1\n") && printed.err.is_empty());
    let json: serde_json::Value = serde_json::from_str(&tree.run(&["init", "--json", "--dry-run"]).out).unwrap();
    assert_eq!(json["changes"][0]["fate"], "create");
    assert!(tree.run(&["init", "--diff"]).out.contains("+++ b/Dockerfile"));
    assert!(tree.run(&["init", "--dry-run"]).err.contains("would write Dockerfile"));
    let explained: serde_json::Value = serde_json::from_str(&tree.run(&["explain", "--json"]).out).unwrap();
    assert_eq!(explained["language"], "go");
    assert!(tree.run(&["explain"]).out.contains("not scratch"));
    assert_eq!(tree.everything(), before);
}

#[test]
fn a_foreign_file_is_left_alone_without_force() {
    let tree = Tree::fixture("go-server");
    for file in ["Dockerfile", ".dockerignore", ".github/workflows/docker.yml"] {
        tree.write(file, b"mine\n");
    }
    assert_eq!(tree.run(&["init", "--yes"]).code, 1, "nothing was done, so it is not 0");
    assert_eq!(tree.read(".dockerignore"), "mine\n");
    assert_eq!(tree.run(&["init", "--yes", "--force"]).code, 0);
    assert!(tree.read("Dockerfile").starts_with("# syntax"));
}

#[test]
fn an_edit_survives_a_change_of_the_repository() {
    let tree = Tree::fixture("go-server");
    tree.run(&["init", "--yes"]);
    let edited = tree.read("Dockerfile").replace("WORKDIR /\n", "WORKDIR /\nENV MINE=1\n");
    tree.write("Dockerfile", edited.as_bytes());
    tree.write("go.mod", tree.read("go.mod").replace("go 1.24", "go 1.24\ntoolchain go1.27.0").as_bytes());
    tree.write("main.go", tree.read("main.go").replace(":8080", ":9090").as_bytes());
    assert_eq!(tree.run(&["init", "--yes"]).code, 0);
    let merged = tree.read("Dockerfile");
    assert!(merged.contains("ENV MINE=1") && merged.contains("EXPOSE 9090"), "{merged}");
}

#[test]
fn the_answer_no_is_1_and_wrong_usage_is_2() {
    let empty = Tree::new(&[("notes.txt", "")]);
    let done = empty.run(&["init", "--yes"]);
    assert_eq!(done.code, 1);
    assert!(done.err.contains("hint:"), "{}", done.err);
    let tree = Tree::fixture("go-server");
    assert_eq!(tree.run(&["init", "--lang", "cobol"]).code, 2);
    assert_eq!(tree.run(&["init", "--port", "0"]).code, 2);
    assert_eq!(tree.run(&["init", "--toolchain", "99"]).code, 1);
    assert_eq!(tree.run(&["init", "nowhere"]).code, 2);
    assert_eq!(tree.run(&["--no-such-flag"]).code, 2);
    assert_eq!(tree.run(&[]).code, 2);
    assert_eq!(tree.run(&["--version"]).code, 0);
    assert!(!tree.has("Dockerfile"));
}

#[test]
fn a_binary_in_gitignore_hides_no_command() {
    let tree = Tree::new(&[
        (".gitignore", "server\n"),
        ("go.mod", "module example.com/shop\n\ngo 1.26\n"),
        ("cmd/server/main.go", "package main\n\nfunc main() {}\n"),
    ]);
    assert_eq!(tree.run(&["init", "--yes"]).code, 0);
    assert!(tree.read("Dockerfile").contains("./cmd/server"));
}

#[test]
fn a_folder_below_is_pointed_at_and_a_foreign_language_named() {
    let below = Tree::new(&[("backend/go.mod", "module x")]);
    assert!(below.run(&["init", "--yes"]).err.contains("dockgen init backend"));
    let ruby = Tree::new(&[("Gemfile", ""), ("package.json", "{}")]);
    let done = ruby.run(&["init", "--yes"]);
    assert_eq!(done.code, 1);
    assert!(done.err.contains("Ruby"), "{}", done.err);
}

#[test]
fn shells_complete_values() {
    let tree = Tree::new(&[]);
    let bash = tree.run(&["completions", "bash"]).out;
    for values in ["go java rust python node", "auto scratch distroless alpine slim", "pip npm pnpm yarn bun"] {
        assert!(bash.contains(values), "{values}");
    }
    for positional in ["run.packages run.env", "bash elvish fish"] {
        assert!(bash.contains(positional), "{positional}");
        assert!(tree.run(&["completions", "zsh"]).out.contains(positional.split(' ').next().unwrap()));
    }
}

#[test]
fn what_was_meant_is_said() {
    let tree = Tree::fixture("go-server");
    for (arguments, said) in [
        (&["inti"][..], "did you mean `dockgen init`?"),
        (&["init", "--runtme", "slim"], "a similar argument exists: '--runtime'"),
        (&["init", "--lang", "nod"], "a similar value exists: 'node'"),
        (&["init", "--runtime", "slimm"], "a similar value exists: 'slim'"),
        (&["init", "--package-manager", "pnmp"], "a similar value exists: 'pnpm'"),
        (&["init", "--toolchain", "1.72"], "did you mean `1.27`?"),
        (&["init", "--platform", "linux/adm64"], "did you mean `linux/amd64`?"),
        (&["init", "--name", "My Shop"], "did you mean `my-shop`?"),
        (&["init", "--port", "99999"], "from 1 to 65535"),
        (&["init", "--uid", "0"], "from 1 to 2147483647"),
        (&["config", "set", "runtme", "slim"], "did you mean `runtime`?"),
        (&["config", "get", "packages"], "`?"),
        (&["config", "set", "lang", "nod"], "did you mean `node`?"),
        (&["config", "set", "port", "99999"], "from 1 to 65535"),
        (&["config", "set", "platforms", "linux/amd64,linux/adm64"], "did you mean `linux/amd64`?"),
    ] {
        let done = tree.run(arguments);
        let code = if arguments.contains(&"--toolchain") { 1 } else { 2 };
        assert!(done.code == code && done.err.contains(said), "{arguments:?} {}: {}", done.code, done.err);
    }
    assert!(!tree.has("Dockerfile") && !tree.has("dockgen.toml"));
}

#[test]
fn wishes_are_listed_and_members_reached() {
    let tree = Tree::fixture("go-server");
    for (key, value) in [("run.env.MODE", "x"), ("build.args.VERSION", "1"), ("port", "9000")] {
        assert_eq!(tree.run(&["config", "set", key, value]).code, 0, "{key}");
    }
    let listed = "port = 9000\nbuild.args = { VERSION = \"1\" }\nrun.env = { MODE = \"x\" }\n";
    assert_eq!(tree.run(&["config", "list"]).out, listed);
    assert_eq!(tree.run(&["config", "get", "run.env.MODE"]).out, "\"x\"\n");
    assert_eq!(tree.run(&["config", "unset", "run.env.MODE"]).code, 0);
    assert_eq!(tree.run(&["config", "get", "run.env"]).code, 1);
    assert_eq!(tree.run(&["init", "--yes"]).code, 0);
    assert!(tree.read("Dockerfile").contains("VERSION=1"));
}

#[test]
fn from_a_folder_below_the_project_above_is_found() {
    let tree = Tree::fixture("go-server");
    tree.write(".git/HEAD", b"ref: refs/heads/main\n");
    tree.write("a/b/notes.txt", b"");
    let below = |arguments: &[&str]| tree.run_in("a/b", arguments);
    assert_eq!(below(&["update"]).code, 1, "nothing was generated anywhere");
    assert_eq!(tree.run(&["init", "--yes"]).code, 0);
    for arguments in [
        &["update"][..],
        &["check"],
        &["explain"],
        &["explain", "Dockerfile:3"],
        &["config", "set", "port", "9000"],
        &["config", "get", "port"],
    ] {
        let done = below(arguments);
        assert!(
            done.code == 0 && done.err.contains("in `../..`, where dockgen's files are"),
            "{arguments:?} {}",
            done.err
        );
    }
    assert!(tree.read("dockgen.toml").contains("port = 9000"));
    assert!(!below(&["update", "--quiet"]).err.contains("in `"));
    // A folder that is named is that folder, and nothing above the git repository counts.
    assert_eq!(below(&["update", "."]).code, 1);
    tree.write("a/.git", b"gitdir: elsewhere\n");
    assert_eq!(below(&["check"]).code, 1);
}

#[test]
fn the_workflow_of_a_folder_belongs_to_the_top() {
    let tree = Tree::new(&[
        (".git/HEAD", "ref: refs/heads/main\n"),
        ("api/go.mod", "module example.com/api\ngo 1.25\n"),
        ("api/main.go", "package main\n\nfunc main() {}\n"),
    ]);
    let done = tree.run(&["init", "--yes", "api"]);
    let command = "init --stdout workflow api > .github/workflows/docker-api.yml";
    assert!(
        done.code == 0 && done.err.contains(command) && done.err.contains("docker build -t api api"),
        "{}",
        done.err
    );
    assert!(!tree.path().join("api/.github").exists() && tree.path().join("api/Dockerfile").exists());
    assert_eq!(tree.run(&["check", "api"]).code, 0);
    let workflow = tree.run(&["init", "--stdout", "workflow", "api"]).out;
    for line in [
        "name: docker-api",
        "      - \"api/**\"",
        "      - \".github/workflows/docker-api.yml\"",
        "dockerfile: api/Dockerfile",
        "context: api",
        "images: ghcr.io/${{ github.repository }}/api",
        "scope=api",
    ] {
        assert!(workflow.contains(&format!("{line}\n")) || workflow.contains(line), "no {line} in {workflow}");
    }
}

#[test]
fn completions_and_the_manual_are_there() {
    let tree = Tree::new(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(tree.run(&["completions", shell]).out.contains("dockgen"), "{shell}");
    }
    assert!(tree.run(&["man"]).out.contains(".TH dockgen 1"));
    for page in ["init", "update", "check", "explain", "config", "config set", "completions", "man"] {
        let command: Vec<&str> = ["man"].into_iter().chain(page.split(' ')).collect();
        let shown = tree.run(&command);
        let title = page.replace(' ', "-");
        assert!(shown.out.contains(&format!(".TH dockgen-{title} 1")) && shown.code == 0, "{page}: {}", shown.out);
    }
    let wrong = tree.run(&["man", "inti"]);
    assert!(wrong.code == 2 && wrong.err.contains("did you mean `init`?"), "{}", wrong.err);
}

/// Every way to print a product.
const PRODUCTS: [&[&str]; 17] = [
    &["init", "--stdout", "dockerfile"],
    &["init", "--json", "--dry-run"],
    &["init", "--diff", "--port", "9099"],
    &["update", "--diff", "--port", "9099"],
    &["explain"],
    &["explain", "--json"],
    &["check"],
    &["check", "--format", "json"],
    &["check", "--format", "sarif"],
    &["check", "--format", "github"],
    &["config", "get", "runtime"],
    &["config", "list"],
    &["config", "schema"],
    &["completions", "bash"],
    &["man"],
    &["--help"],
    &["init", "--help"],
];

#[test]
fn a_full_disk_behind_standard_output_is_no_success_and_a_closed_pipe_none_of_our_business() {
    let tree = Tree::fixture("go-server");
    assert_eq!(tree.run(&["init", "--yes"]).code, 0);
    assert_eq!(tree.run(&["config", "set", "runtime", "slim"]).code, 0);
    for arguments in PRODUCTS {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let done = tree.run_into(arguments, full);
        assert_eq!(done.code, 2, "{arguments:?}: {}", done.err);
        assert!(done.err.contains("error: cannot write to standard output: No space left"), "{}", done.err);
        let usual = tree.run(arguments);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let done = tree.run_into(arguments, writer);
        assert_eq!((done.code, done.err), (usual.code, usual.err), "{arguments:?}");
        assert!(!usual.out.is_empty(), "{arguments:?}");
    }
}

#[test]
fn arguments_and_folders_are_asked_for_and_kept() {
    let tree = Tree::fixture("go-server");
    let done = tree.run(&["init", "--yes", "--data", "/data", "--", "serve", "--motto", "a, b"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let wishes = tree.read("dockgen.toml");
    assert!(wishes.contains("args = [\"serve\", \"--motto\", \"a, b\"]\ndata = [\"/data\"]"), "{wishes}");
    let text = tree.read("Dockerfile");
    assert!(text.contains("CMD [\"serve\", \"--motto\", \"a, b\"]") && text.contains("/data/.keep"), "{text}");
    assert_eq!(tree.run(&["check"]).code, 0);
    let refused = tree.run(&["init", "--data", "/etc"]);
    assert!(refused.code == 2 && refused.err.contains("belongs to the image's system"), "{}", refused.err);
}

#[test]
fn the_next_commands_work_from_where_one_stands() {
    let tree = Tree::new(&[
        ("my shop/go.mod", "module shop\n\ngo 1.26\n"),
        ("my shop/main.go", "package main\n\nfunc main() {}\n"),
    ]);
    let done = tree.run(&["init", "--yes", "my shop"]);
    assert!(done.code == 0 && done.err.contains("  docker build -t shop 'my shop'\n"), "{}", done.err);
}

#[test]
fn guesses_are_listed_in_one_way_and_refused_with_strict() {
    let files = [("go.mod", "module example.com/x\n\ngo 1.26\n")];
    let tree = Tree::new(&files);
    for folder in ["cmd/one", "cmd/two"] {
        tree.write(&format!("{folder}/main.go"), b"package main\n\nfunc main() {}\n");
    }
    let sentence = "entry ./cmd/one is not proven: a main package (`cmd/one/main.go`: `package main`); it may be ./cmd/two; `--entry ./cmd/two` says otherwise";
    let refused = tree.run(&["init", "--yes", "--strict"]);
    assert!(refused.code == 1 && refused.err.contains(sentence), "{}", refused.err);
    assert!(!tree.path().join("Dockerfile").exists());
    let done = tree.run(&["init", "--yes", "--json"]);
    assert!(done.code == 0 && done.out.contains("\"change\": \"--entry ./cmd/two\""), "{}", done.out);
    let check = tree.run(&["check"]);
    assert!(check.code == 0 && check.out.contains(sentence), "{}{}", check.out, check.err);
    assert_eq!(tree.run(&["check", "--strict"]).code, 1);
    assert_eq!(tree.run(&["update", "--strict", "--entry", "./cmd/one"]).code, 0);
    assert_eq!(tree.run(&["check", "--strict"]).code, 0);
}

#[test]
fn what_init_would_not_write_is_not_promised() {
    let tree = Tree::fixture("node-server");
    tree.write(".dockerignore", b"package.json\n");
    let check = tree.run(&["check"]);
    assert!(check.code == 1 && check.out.contains("`dockgen init` does not write it: line 1"), "{}", check.out);
    assert!(!check.err.contains("mends"), "{}", check.err);
    let set = tree.run(&["config", "set", "port", "80", "--json"]);
    assert!(set.out.contains("\"port\": 80"), "{}", set.out);
}
