//! Any source: no panic, and a mask as long as the text, with its lines.
#![no_main]

use dockgen::source::mask::{GO, JAVA, JAVASCRIPT, Masked, PYTHON, RUST};

libfuzzer_sys::fuzz_target!(|text: &str| {
    for syntax in [&GO, &JAVASCRIPT, &JAVA, &PYTHON, &RUST] {
        let masked = Masked::new(text, syntax);
        assert_eq!(masked.code().len(), text.len());
        assert_eq!(masked.code().matches('\n').count(), text.matches('\n').count());
        for (at, literal) in masked.literals() {
            assert!(text[at..].starts_with(literal));
        }
    }
});
