//! Any three texts, divided by NULs: no panic, and where one side changed nothing, the other one's text stands.
#![no_main]

use dockgen::merge::{Kind, merge};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let mut parts = text.splitn(3, '\0');
    let [base, ours, theirs] = [(); 3].map(|()| parts.next().unwrap_or_default());
    let _ = merge(base, ours, theirs, Kind::Dockerfile);
    assert_eq!(merge(base, ours, base, Kind::Dockerfile).conflicts, 0);
    assert_eq!(merge(base, base, theirs, Kind::Dockerfile).conflicts, 0);
});
