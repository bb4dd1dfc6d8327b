//! Files of the repository that lie elsewhere in the image than in the repository.

use super::{Decision, Planner, topic};
use crate::facts::Kind;
use crate::image::{Copy, Run};
use crate::path;

impl Planner<'_> {
    /// Files that a program which is one file finds where others put them: those below its folder, and those that it is started
    /// with. Their places.
    pub(super) fn placed(&mut self, run: &mut Run) -> Vec<String> {
        let is_one_file = match run.entrypoint.as_slice() {
            [program] => program.starts_with("/usr/local/bin/"),
            [program, ..] => path::name(program) == "java",
            [] => false,
        };
        let testimony = self.testimony();
        let is_named = |argv: &[String], to: &str| argv.iter().any(|word| file_of(word) == to);
        let names =
            |to: &str| testimony.iter().any(|fact| matches!(&fact.kind, Kind::Start(argv) if is_named(argv, to)));
        let mut places: Vec<String> = Vec::new();
        for fact in testimony.iter().filter(|_| is_one_file) {
            let Kind::Placed(from, to) = &fact.kind else { continue };
            let is_copied = run.copies.iter().any(|copy| copy.sources.contains(from));
            if is_copied || places.contains(to) || !(to.starts_with("/app/") || names(to)) {
                continue;
            }
            let reason = "another container file puts it there";
            self.note(Decision::new(topic::DATA, format!("{from} at {to}"), reason, fact.evidence.clone()));
            run.copies.push(Copy::context(from, to));
            places.push(to.clone());
        }
        places
    }
}

/// What a word names where it names a file: `--config=/etc/x`.
pub(super) fn file_of(word: &str) -> &str {
    word.split_once('=').map_or(word, |(_, file)| file)
}
