//! Any version requirement: no panic.
#![no_main]

use dockgen::requirement::Requirement;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = Requirement::line(text);
    let _ = Requirement::at_least(text);
    let _ = Requirement::range(text, text);
});
