//! Any lock: no panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = dockgen::lock::Lock::parse(text);
});
