//! Variables that the program is started with.

use super::{Decision, Planner, topic};
use crate::facts::{Fact, Kind};
use crate::image::{Run, Variable};
use crate::path;
use crate::witness;

impl Planner<'_> {
    /// Variables that the language does not set, as far as what they name is there. A port that a file gives beside that of the
    /// program, and exposes, is exposed here too.
    pub(super) fn environment(&mut self, run: &mut Run) {
        for fact in self.testimony() {
            let Kind::Variable(name, value) = &fact.kind else { continue };
            let copied = run.copies.iter().map(|copy| &copy.target).filter(|target| target.starts_with('/'));
            let folders: Vec<String> = run.writes.iter().chain(copied).cloned().collect();
            if !run.environment.iter().any(|known| known.name == *name) && is_there(value, &folders) {
                let file = &fact.evidence.file;
                let carried = run.port.filter(|port| self.carrier(file, *port).as_ref() == Some(name));
                let value = carried.map_or_else(|| value.clone(), |port| port.to_string());
                let beside = own_port(name, &value).filter(|port| self.exposes(file, *port) && Some(*port) != run.port);
                run.ports.extend(beside.filter(|port| !run.ports.contains(port)));
                let shown = format!("{name}={value}");
                self.note(Decision::new(topic::ENVIRONMENT, shown, "another container file sets it", fact.evidence));
                run.environment.push(Variable::new(name, value));
            }
        }
    }

    /// The other ports that a container file exposes beside that of the program.
    pub(super) fn exposed_beside(&self, run: &mut Run) {
        let exposed = || self.heard().filter(|fact| fact.evidence.quote.starts_with("EXPOSE "));
        let is_own = |fact: &&Fact| matches!(fact.kind, Kind::Port(port) if Some(port) == run.port);
        let Some(file) = exposed().find(is_own).map(|fact| fact.evidence.file.as_str()) else { return };
        for fact in exposed().filter(|fact| fact.evidence.file == file) {
            match fact.kind {
                Kind::Port(port) => run.ports.push(port),
                Kind::Udp(port) => run.udp.push(port),
                _ => {}
            }
        }
    }

    /// Which variable of a file says where the program listens: the one that has the port already, that the program reads, whose
    /// port the file exposes, or the only one. It gets the port that is exposed, and no other one does: two servers of a program
    /// do not share a port.
    fn carrier(&self, file: &str, port: u16) -> Option<String> {
        let of_file = self.heard().filter(|fact| fact.evidence.file == file);
        let own: Vec<(&String, u16)> = of_file
            .filter_map(|fact| match &fact.kind {
                Kind::Variable(name, value) => Some((name, own_port(name, value)?)),
                _ => None,
            })
            .collect();
        let is_read = |name: &String| {
            self.heard().any(|fact| matches!(&fact.kind, Kind::Listens(it) if it.variable.as_ref() == Some(name)))
        };
        let first = |is_it: &dyn Fn(&String, u16) -> bool| own.iter().find(|(name, number)| is_it(name, *number));
        let found = first(&|_, number| number == port)
            .or_else(|| first(&|name, _| is_read(name)))
            .or_else(|| first(&|_, number| self.exposes(file, number)))
            .or_else(|| first(&|_, _| own.len() == 1));
        found.map(|(name, _)| (*name).clone())
    }

    fn exposes(&self, file: &str, port: u16) -> bool {
        let is_it = |kind: &Kind| matches!(kind, Kind::Port(known) if *known == port);
        self.heard().any(|fact| fact.evidence.file == file && is_it(&fact.kind))
    }
}

/// The port of a variable that says where this program listens, and no other one.
fn own_port(name: &str, value: &str) -> Option<u16> {
    let is_own = name.ends_with("PORT") && !witness::is_of_others(name);
    value.parse().ok().filter(|_| is_own)
}

/// Whether what a value names is in the image: no path of another one.
fn is_there(value: &str, folders: &[String]) -> bool {
    let is_ours = |path: &str| folders.iter().any(|folder| path::is_below(path, folder));
    let remote = value.contains("://");
    let plain = !value.chars().any(char::is_control) && value.len() < 200 && !value.contains('@');
    plain && !remote && value.split([':', ',', ' ', '=']).all(|part| !part.starts_with('/') || is_ours(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Fact, Listens, Strength};
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
            (
                vec![
                    variable("HTTP_PORT", "80"),
                    variable("HTTPS_PORT", "443"),
                    fact(Kind::Port(80)),
                    fact(Kind::Port(443)),
                ],
                "HTTP_PORT=8000 HTTPS_PORT=443 443",
            ),
            (vec![variable("DB_PORT", "80"), fact(Kind::Port(80))], "DB_PORT=80"),
            (vec![variable("WEB_HOST", "80"), fact(Kind::Port(80))], "WEB_HOST=80"),
        ] {
            let mut planner = Planner::new(&repo, facts, &wishes);
            let mut run = planner.run("x".into(), Labels::default(), Some(8000));
            planner.environment(&mut run);
            let mut set: Vec<String> = run.environment.iter().map(|it| format!("{}={}", it.name, it.value)).collect();
            set.extend(run.ports.iter().map(u16::to_string));
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
