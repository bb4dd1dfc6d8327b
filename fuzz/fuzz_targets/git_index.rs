//! Any bytes: no panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = dockgen::format::git_index::parse(bytes, |_| {});
});
