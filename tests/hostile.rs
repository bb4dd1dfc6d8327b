//! Bad input: a clear sentence, never a panic, never half a file, never an instruction from the repository.

#![expect(clippy::disallowed_methods, reason = "tests make odd files, and start the binary with a limit")]

mod support;

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use support::{Outcome, Tree};

const MAIN: (&str, &str) = ("main.go", "package main\n\nfunc main() {}\n");

/// A run that says no with a sentence and leaves nothing behind.
fn refused(tree: &Tree) -> Outcome {
    let before = tree.everything();
    let done = tree.run(&["init", "--yes"]);
    assert!(done.code == 1 || done.code == 2, "{} {}", done.code, done.err);
    assert!(done.err.starts_with("error: ") && !done.err.contains("panicked"), "{}", done.err);
    assert_eq!(tree.everything(), before);
    done
}

#[test]
fn broken_manifests_are_quoted() {
    let cases: [(&str, &[u8], &str); 5] = [
        ("go.mod", b"module x\nrequire (\n\ta v1\n", "require ("),
        ("go.mod", b"<<<<<<< HEAD\nmodule x\n", "<<<<<<< HEAD"),
        ("go.mod", b"\xff\xfem\0o\0", "UTF-16"),
        ("go.mod", b"module x\xff\n", "not UTF-8"),
        ("go.mod", b"module x\ngo 9.99\n", "9.99"),
    ];
    for (file, bytes, quote) in cases {
        let tree = Tree::new(&[MAIN]);
        tree.write(file, bytes);
        let done = refused(&tree);
        assert!(done.err.contains(quote) && done.err.contains(file), "{quote}: {}", done.err);
    }
}

#[test]
fn a_byte_order_mark_is_no_obstacle() {
    let tree = Tree::new(&[MAIN, ("go.mod", "\u{feff}module x\r\n\r\ngo 1.26\r\n")]);
    assert_eq!(tree.run(&["init", "--yes"]).code, 0);
}

#[test]
fn a_manifest_of_200_megabytes_is_refused() {
    let tree = Tree::new(&[MAIN]);
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(tree.path().join("go.mod")).unwrap();
    file.set_len(200 << 20).unwrap();
    let done = tree.run(&["init", "--yes"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("200 MiB"), "{}", done.err);
}

#[test]
fn rings_of_links_and_closed_folders_are_survived() {
    let tree = Tree::new(&[MAIN, ("go.mod", "module x\n")]);
    symlink("b", tree.path().join("a")).unwrap();
    symlink("a", tree.path().join("b")).unwrap();
    symlink(".", tree.path().join("self")).unwrap();
    std::fs::create_dir(tree.path().join("closed")).unwrap();
    std::fs::set_permissions(tree.path().join("closed"), std::fs::Permissions::from_mode(0o0)).unwrap();
    assert_eq!(tree.run(&["init", "--yes"]).code, 0);
    std::fs::set_permissions(tree.path().join("closed"), std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_manifest_that_leads_out_of_the_repository_is_not_read() {
    let (outside, tree) = (Tree::new(&[("go.mod", "module secret\n")]), Tree::new(&[MAIN]));
    symlink(outside.path().join("go.mod"), tree.path().join("go.mod")).unwrap();
    let done = tree.run(&["init", "--yes"]);
    assert!(done.code == 2 && done.err.contains("leads out"), "{}", done.err);
}

#[test]
fn no_name_becomes_an_instruction() {
    let names = ["x$(touch pwned)", "a\"; touch pwned; \"", "a b", "n\nRUN evil", "b\\\\c", "`x`", "-rf", "ü"];
    for name in names {
        let module = format!("module \"example.com/{}\"\n", name.replace('\n', " "));
        let main = format!("cmd/{name}/main.go");
        let tree = Tree::new(&[(main.as_str(), MAIN.1), ("go.mod", &module)]);
        let done = tree.run(&["init", "--yes"]);
        assert!((0..=2).contains(&done.code) && !done.err.contains("panicked"), "{name:?}: {}", done.err);
        if done.code == 0 {
            let text = tree.read("Dockerfile");
            assert!(!text.lines().any(|line| line.starts_with("RUN evil") || line.contains("&& touch")), "{text}");
            assert!(!text.contains("$(touch") || text.contains("'./cmd/x$(touch pwned)'"), "{text}");
        }
    }
}

#[test]
fn a_folder_without_write_permission_gets_nothing() {
    let tree = Tree::new(&[MAIN, ("go.mod", "module x\n"), (".github", "a file where a folder must be")]);
    let done = refused(&tree);
    assert!(done.err.contains("nothing was changed"), "{}", done.err);
}

#[test]
fn a_bad_lock_is_named_and_harms_nothing() {
    for text in ["format = 99\n", "format = \"x\"\n", "<<<<<<< ours\n", "\0"] {
        let tree = Tree::new(&[MAIN, ("go.mod", "module x\n"), ("dockgen.lock", text), ("Dockerfile", "FROM mine\n")]);
        assert!(refused(&tree).err.contains("dockgen.lock"));
    }
}

/// What may lie where a text is expected, with what is said about it.
const NO_TEXTS: [(&str, &str); 5] = [
    ("a pipe", "is not a regular file"),
    ("a device", "leads out"),
    ("a secret", "leads out"),
    ("nothing", "is a link to nothing"),
    ("a desert", "MiB large"),
];

fn put(kind: &str, place: &Path) {
    let _ = std::fs::remove_file(place);
    match kind {
        "a pipe" => assert!(std::process::Command::new("mkfifo").arg(place).status().unwrap().success()),
        "a device" => symlink("/dev/zero", place).unwrap(),
        "a secret" => symlink("/etc/passwd", place).unwrap(),
        "nothing" => symlink("nothing", place).unwrap(),
        _ => std::fs::File::create(place).unwrap().set_len(3 << 30).unwrap(),
    }
}

/// The binary, ended after some seconds: a run that waits for something fails.
fn at_once(tree: &Tree, folder: &str, arguments: &[&str]) -> Outcome {
    let done = std::process::Command::new("timeout")
        .args(["-s", "KILL", "20", env!("CARGO_BIN_EXE_dockgen")])
        .args(arguments)
        .current_dir(tree.path().join(folder))
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Outcome { code: done.status.code().unwrap_or(-1), out: text(&done.stdout), err: text(&done.stderr) }
}

#[test]
fn only_plain_files_are_read_and_only_so_far() {
    for (kind, said) in NO_TEXTS {
        for file in ["Dockerfile", ".dockerignore", ".github/workflows/docker.yml", "dockgen.lock", "dockgen.toml"] {
            let tree = Tree::new(&[MAIN, ("go.mod", "module x\n"), (file, "")]);
            put(kind, &tree.path().join(file));
            let done = at_once(&tree, "", &["init", "--yes"]);
            assert_eq!(done.code, 2, "{kind} as {file}: {}", done.err);
            assert!(done.err.contains(&format!("`{file}` {said}")) || done.err.contains(said), "{}", done.err);
            assert!(done.err.contains(file) && !done.err.contains("root:"), "{}", done.err);
        }
        let done = {
            let tree = Tree::new(&[MAIN, ("go.mod", "")]);
            put(kind, &tree.path().join("go.mod"));
            at_once(&tree, "", &["init", "--yes"])
        };
        // A pipe is no file of the repository, as for git.
        let codes = if kind == "a pipe" { 0..=0 } else { 1..=2 };
        assert!(codes.contains(&done.code), "{kind} as go.mod: {}", done.err);
    }
}

#[test]
fn a_gitignore_that_cannot_be_read_is_named_and_those_above_are_none_of_ours() {
    for (kind, said) in NO_TEXTS {
        let tree = Tree::new(&[("r/main.go", MAIN.1), ("r/go.mod", "module x\n"), ("r/sub/x", "")]);
        put(kind, &tree.path().join(".gitignore"));
        let done = at_once(&tree, "r", &["init", "--yes"]);
        assert!(done.code == 0 && !done.err.contains("gitignore"), "{kind}: {}", done.err);
        for file in [".gitignore", "sub/.gitignore"] {
            put(kind, &tree.path().join("r").join(file));
            let done = at_once(&tree, "r", &["init", "--yes", "--stdout", "dockerfile"]);
            assert_eq!(done.code, 0, "{}", done.err);
            let done = at_once(&tree, "r", &["update"]);
            let is_link = said.contains("link") || said.contains("leads");
            assert_eq!(done.code, if is_link { 0 } else { 2 }, "{kind}: {}", done.err);
            assert!(done.err.contains(&format!("`{file}` ")) && done.err.contains(said), "{}", done.err);
            std::fs::remove_file(tree.path().join("r").join(file)).unwrap();
        }
    }
}

#[test]
fn force_replaces_what_is_no_text() {
    let tree = Tree::new(&[MAIN, ("go.mod", "module x\n")]);
    assert_eq!(tree.run(&["init", "--yes"]).code, 0);
    let text = tree.read("Dockerfile");
    let utf_16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.bytes().flat_map(|byte| [byte, 0])).collect();
    for bytes in [utf_16, b"FROM \xff".to_vec(), vec![b'#'; 2 << 20]] {
        tree.write("Dockerfile", &bytes);
        for arguments in [&["init", "--yes"][..], &["update"], &["check"], &["explain"]] {
            let done = tree.run(arguments);
            assert!(done.code == 2 && done.err.contains("`Dockerfile` is "), "{}", done.err);
            assert!(done.err.contains("`dockgen init --force`"), "{}", done.err);
        }
        assert_eq!(tree.run(&["init", "--yes", "--force"]).code, 0);
        assert_eq!(tree.read("Dockerfile"), text);
    }
}

#[test]
fn a_mirror_is_no_instruction() {
    let tree = Tree::new(&[MAIN, ("go.mod", "module x\n"), ("dockgen.toml", "mirror = \"a AS b\\nRUN evil\"\n")]);
    assert!(refused(&tree).err.contains("mirror"));
}

#[test]
fn a_name_that_a_mount_cannot_hold_is_refused_with_what_renames_it() {
    let member = ("web,from=x/go.mod", "module e.com/web\n");
    let work = ("go.work", "go 1.26\nuse (\n\t.\n\t./web,from=x\n)\n");
    let tree = Tree::new(&[MAIN, ("go.mod", "module e.com/x\n"), ("go.sum", ""), work, member]);
    let done = refused(&tree);
    assert!(done.err.contains("`web,from=x/go.mod` cannot be written as a path of a build step"), "{}", done.err);
    assert!(done.err.contains("git mv 'web,from=x' web-from-x"), "{}", done.err);
}
