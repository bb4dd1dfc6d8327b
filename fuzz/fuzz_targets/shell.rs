//! Any command line: no panic.
#![no_main]

use dockgen::source::shell;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = shell::parse(text);
    let _ = dockgen::command::read(text);
    let _ = shell::commands(text);
    for step in shell::sequence(text) {
        let _ = shell::parse(step);
        let _ = shell::assignment(step);
    }
});
