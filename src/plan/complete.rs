//! What witnesses add to the last stage, the same for all languages.

use super::Planner;
use crate::facts::Fact;
use crate::image::Run;

impl Planner<'_> {
    /// Completes the run that a language lent.
    pub fn complete(&mut self, run: &mut Run) {
        run.writes = self.writes();
        self.exposed_beside(run);
        let more = std::mem::take(&mut run.ports).into_iter().chain(self.wishes.extras.ports.iter().copied());
        for port in run.port.into_iter().chain(more) {
            if !run.ports.contains(&port) {
                run.ports.push(port);
            }
        }
        let placed = self.placed(run);
        let below_app = run.writes.iter().chain(&placed).any(|folder| folder.starts_with("/app/"));
        if below_app && run.workdir.as_deref() == Some("/") {
            run.workdir = Some("/app".to_owned());
        }
        self.environment(run);
        self.packages(run);
        self.started_as_asked(run);
        self.starts(run, &placed);
        self.health();
        self.given(run);
    }

    pub(super) fn testimony(&self) -> Vec<Fact> {
        self.facts.iter().filter(|fact| self.is_heard(fact)).cloned().collect()
    }

    /// Packages of Debian that the program needs and the language does not know of.
    fn packages(&self, run: &mut Run) {
        let packages = self.needs.iter().filter_map(|need| need.id.strip_prefix("package:"));
        let is_debian = self.runtime.as_deref() == Some("slim");
        for package in packages.filter(|_| is_debian) {
            if !run.apt.iter().any(|known| known == package) {
                run.apt.push(package.to_owned());
            }
        }
    }
}
