//! Any text: no panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = dockgen::format::justfile::parse(text);
});
