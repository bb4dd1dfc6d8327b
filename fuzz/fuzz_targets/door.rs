//! Any .gitignore and any file (after the first NUL): neither the walk nor the door panics, and a text is no more than its
//! bytes.
#![no_main]

use std::sync::LazyLock;

use dockgen::repo::Repo;

static ROOT: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let cut = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (ignore, text) = bytes.split_at(cut);
    let root = ROOT.path();
    std::fs::create_dir_all(root.join("a/b")).unwrap();
    for (path, bytes) in [(".gitignore", ignore), ("a/.gitignore", text), ("a/b/c", text), ("d.txt", text), ("pom.xml", text)] {
        std::fs::write(root.join(path), bytes).unwrap();
    }
    let repo = Repo::open(root).unwrap();
    for path in ["a/b/c", "d.txt", "pom.xml"] {
        if let Some(Ok(read)) = repo.try_text(path) {
            assert!(read.len() <= 3 * text.len());
        }
    }
});
