//! Programs that are not in the image, and how a person gets them.

use super::{Plan, Planner};

impl Planner<'_> {
    /// Says of a program that it is not in this image.
    pub fn left_out(&mut self, what: &str, program: &str) {
        self.warn(format!("{what}: {}", remedy(program)));
    }
}

impl Plan {
    /// Takes back that a program is not in this image: it has one of its own.
    pub fn has_own_image(&mut self, program: &str) {
        let remedy = remedy(program);
        self.warnings.retain(|warning| !warning.ends_with(&remedy));
    }
}

fn remedy(program: &str) -> String {
    format!("`dockgen init --entry {program}` writes for it")
}
