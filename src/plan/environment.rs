//! Variables that the program is started with.

use super::{Decision, Planner, topic};
use crate::facts::{Fact, Kind};
use crate::image::{Run, Variable};
use crate::witness;

impl Planner<'_> {
    /// Variables that the language does not set, as far as what they name is there.
    pub(super) fn environment(&mut self, run: &mut Run) {
        for fact in self.testimony() {
            let Kind::Variable(name, value) = &fact.kind else { continue };
            if !run.environment.iter().any(|known| known.name == *name) && is_there(value, &run.writes) {
                let value = self.agreed(name, value, &fact, run);
                let shown = format!("{name}={value}");
                self.note(Decision::new(topic::ENVIRONMENT, shown, "another container file sets it", fact.evidence));
                run.environment.push(Variable::new(name, value));
            }
        }
    }

    /// The value of a variable that says where the program listens is the port that is exposed.
    fn agreed(&self, name: &str, value: &str, fact: &Fact, run: &Run) -> String {
        let number = value.parse::<u16>().ok();
        let is_named = |it: &Fact| matches!(&it.kind, Kind::Listens(it) if it.variable.as_deref() == Some(name));
        let is_exposed = |it: &Fact| {
            it.evidence.file == fact.evidence.file && matches!(it.kind, Kind::Port(port) if Some(port) == number)
        };
        let is_own = |name: &str| name.ends_with("PORT") && !witness::is_of_others(name);
        // The only port that a file tells the program is the one where it listens, whatever else the file exposes.
        let is_rival = |it: &Fact| {
            it.evidence.file == fact.evidence.file
                && matches!(&it.kind, Kind::Variable(other, _) if other != name && is_own(other))
        };
        let is_meant = || self.heard().any(|it| is_named(it) || is_exposed(it)) || !self.heard().any(is_rival);
        match run.port.filter(|_| number.is_some() && is_own(name) && is_meant()) {
            Some(port) => port.to_string(),
            None => value.to_owned(),
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
    use crate::facts::{Listens, Strength};
    use crate::image::Labels;
    use crate::repo::Repo;
    use crate::wishes::Wishes;

    #[test]
    fn a_program_listens_where_it_is_reached() {
        let fact = |kind| Fact::new(kind, "Dockerfile", "x", Strength::Stated);
        let variable = |name: &str, value: &str| fact(Kind::Variable(name.to_owned(), value.to_owned()));
        let listens = Listens { variable: Some("ROCKET_PORT".to_owned()), ..Listens::default() };
        let (repo, wishes) = (Repo::from_list("x", []), Wishes::default());
        for (facts, expected) in [
            (vec![variable("ROCKET_PORT", "80"), fact(Kind::Listens(listens))], "ROCKET_PORT=8000"),
            (vec![variable("WEB_PORT", "80"), fact(Kind::Port(80))], "WEB_PORT=8000"),
            (vec![variable("WEB_PORT", "80"), fact(Kind::Port(8000))], "WEB_PORT=8000"),
            (vec![variable("WEB_PORT", "80"), variable("LIVE_PORT", "81")], "WEB_PORT=80 LIVE_PORT=81"),
            (vec![variable("METRICS_PORT", "80"), fact(Kind::Port(8000))], "METRICS_PORT=80"),
            (vec![variable("DB_PORT", "80"), fact(Kind::Port(80))], "DB_PORT=80"),
            (vec![variable("WEB_HOST", "80"), fact(Kind::Port(80))], "WEB_HOST=80"),
        ] {
            let mut planner = Planner::new(&repo, facts, &wishes);
            let mut run = planner.run("x".into(), Labels::default(), Some(8000));
            planner.environment(&mut run);
            let set: Vec<String> = run.environment.iter().map(|it| format!("{}={}", it.name, it.value)).collect();
            assert_eq!(set.join(" "), expected);
        }
    }

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
