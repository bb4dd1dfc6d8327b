//! Any .dockerignore and path (after the first NUL): no panic, and a literal pattern means its path.
#![no_main]

use dockgen::dockerignore::{Matcher, literal};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (ignore, path) = text.split_once('\0').unwrap_or((text, "a/b"));
    Matcher::new(ignore).hides(path);
    let is_path = !path.is_empty() && path.trim() == path && !path.contains(|c: char| c.is_control());
    if is_path && path.split('/').all(|part| !matches!(part, "" | "." | ".." | "**")) {
        assert!(Matcher::new(&literal(path)).hides(path));
    }
});
