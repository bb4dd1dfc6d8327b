#![no_main]

use dockgen::render::sinks::{SINKS, copy, is_unseen};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for (name, sink) in SINKS {
        if let Ok(said) = sink(&[text]) {
            assert!(!said.chars().any(is_unseen), "{name}: {said:?}");
            assert!(*name != "flag" || (said.is_ascii() && !said.contains([',', '"', '\'', '$'])), "{said:?}");
        }
    }
    if let Ok(said) = copy(&[text], text) {
        assert!(!said.chars().any(is_unseen) && !said.starts_with("--"), "{said:?}");
        let words: Vec<&str> = said.split([' ', '\t']).collect();
        assert!(said.starts_with('[') || words.len() == 2, "{said:?}");
    }
});
