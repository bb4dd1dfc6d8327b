//! Any text: no panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = dockgen::format::tool_versions::parse(text);
    let _ = dockgen::format::tool_versions::parse_mise(text);
    let _ = dockgen::format::tool_versions::parse_proto(text);
});
