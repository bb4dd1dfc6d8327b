//! Bad input: a clear sentence, never a panic, never half a file, never an instruction from the repository.

mod support;

use std::os::unix::fs::{PermissionsExt, symlink};

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
