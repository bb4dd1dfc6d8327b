//! A temporary repository and the real binary in it.

#![allow(dead_code, reason = "each test binary uses a part")]
#![expect(clippy::disallowed_methods, reason = "tests make trees and start the binary")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A repository that goes when the test ends.
pub struct Tree(tempfile::TempDir);

/// What a run gave.
pub struct Outcome {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Tree {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let tree = Tree(tempfile::tempdir().unwrap());
        for (path, text) in files {
            tree.write(path, text.as_bytes());
        }
        tree
    }

    /// A copy of a fixture.
    pub fn fixture(name: &str) -> Self {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
        let tree = Tree::new(&[]);
        let repo = dockgen::repo::Repo::open(&from).unwrap();
        for path in repo.files() {
            tree.write(path, &std::fs::read(from.join(path)).unwrap());
        }
        tree
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, path: &str, bytes: &[u8]) {
        let place = self.path().join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, bytes).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub fn has(&self, path: &str) -> bool {
        self.path().join(path).exists()
    }

    /// All files, sorted, with their contents.
    pub fn everything(&self) -> Vec<(PathBuf, Vec<u8>)> {
        fn walk(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
            for entry in std::fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() && !path.is_symlink() {
                    walk(&path, found);
                } else {
                    found.push((path.clone(), std::fs::read(&path).unwrap_or_default()));
                }
            }
        }
        let mut found = Vec::new();
        walk(self.path(), &mut found);
        found.sort();
        found
    }

    /// Runs the binary in the tree, without a terminal.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_into(arguments, Stdio::piped())
    }

    /// The same with a standard output of the test's choice.
    pub fn run_into(&self, arguments: &[&str], out: impl Into<Stdio>) -> Outcome {
        ended(self.command(arguments).stdout(out))
    }

    /// The same in a folder of the tree.
    pub fn run_in(&self, folder: &str, arguments: &[&str]) -> Outcome {
        ended(self.command(arguments).current_dir(self.path().join(folder)).stdout(Stdio::piped()))
    }

    /// The binary in the tree, to be started by the test.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dockgen"));
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null()).env_remove("CI");
        command
    }
}

fn ended(command: &mut Command) -> Outcome {
    let done = command.stderr(Stdio::piped()).output().unwrap();
    Outcome {
        code: done.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&done.stdout).into_owned(),
        err: String::from_utf8_lossy(&done.stderr).into_owned(),
    }
}
