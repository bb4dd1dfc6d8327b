//! Variables that the program is started with.

use super::{Decision, Planner, topic};
use crate::facts::Kind;
use crate::image::{Run, Variable};

impl Planner<'_> {
    /// Variables that the language does not set, as far as what they name is there.
    pub(super) fn environment(&mut self, run: &mut Run) {
        for fact in self.testimony() {
            let Kind::Variable(name, value) = &fact.kind else { continue };
            if !run.environment.iter().any(|known| known.name == *name) && is_there(value, &run.writes) {
                let shown = format!("{name}={value}");
                self.note(Decision::new(topic::ENVIRONMENT, shown, "another container file sets it", fact.evidence));
                run.environment.push(Variable::new(name, value));
            }
        }
    }
}

/// Whether what a value names is in the image: no path of another one.
fn is_there(value: &str, folders: &[String]) -> bool {
    let is_ours = |path: &str| folders.iter().any(|folder| path == folder || path.starts_with(&format!("{folder}/")));
    let remote = value.contains("://");
    let plain = !value.chars().any(char::is_control) && value.len() < 200 && !value.contains('@');
    plain && !remote && value.split([':', ',', ' ', '=']).all(|part| !part.starts_with('/') || is_ours(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_hold_where_their_paths_are_there() {
        let folders = ["/data".to_owned()];
        for (value, holds) in [
            ("live", true),
            ("0.0.0.0", true),
            ("/data", true),
            ("/data/x.db", true),
            ("/database", false),
            ("/etc/app.yaml", false),
            ("a:/etc/x", false),
            ("postgres://db/x", false),
            ("a\nb", false),
        ] {
            assert_eq!(is_there(value, &folders), holds, "{value}");
        }
    }
}
