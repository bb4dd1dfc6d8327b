//! Any journal: no panic, and one that is accepted reads back and leads to no place outside of the repository.
#![no_main]

use dockgen::disk::journal::Journal;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(journal) = Journal::parse(text) else { return };
    assert_eq!(Journal::parse(&journal.text()).as_ref(), Ok(&journal));
    for path in journal.file.iter().map(|step| &step.path).chain(&journal.folders) {
        assert!(std::path::Path::new(path).components().all(|part| matches!(part, std::path::Component::Normal(_))));
    }
});
