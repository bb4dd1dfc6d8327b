//! What witnesses add to the last stage, the same for all languages: folders that are written to, variables, packages, and the
//! words that make a program serve.

use super::{Decision, Planner, Rival, topic};
use crate::catalog::SHARED;
use crate::command;
use crate::facts::{Evidence, Fact, Kind};
use crate::image::Run;
use crate::language::Variable;
use crate::path;

impl Planner<'_> {
    /// Completes the run that a language lent.
    pub fn complete(&mut self, run: &mut Run) {
        run.writes = self.writes();
        run.ports = run.port.into_iter().chain(self.wishes.extras.ports.iter().copied()).collect();
        run.ports.dedup();
        let below_app = run.writes.iter().any(|folder| folder.starts_with("/app/"));
        if below_app && run.workdir.as_deref() == Some("/") {
            run.workdir = Some("/app".to_owned());
        }
        self.environment(run);
        self.packages(run);
        self.started_as_asked(run);
        self.starts(run);
        self.health();
    }

    fn testimony(&self) -> Vec<Fact> {
        self.facts.iter().filter(|fact| self.is_heard(fact)).cloned().collect()
    }

    /// Variables that the language does not set, as far as what they name is there.
    fn environment(&mut self, run: &mut Run) {
        for fact in self.testimony() {
            let Kind::Variable(name, value) = &fact.kind else { continue };
            if !run.environment.iter().any(|known| known.name == *name) && is_there(value, &run.writes) {
                let shown = format!("{name}={value}");
                self.note(Decision::new(topic::ENVIRONMENT, shown, "another container file sets it", fact.evidence));
                run.environment.push(Variable::new(name, value));
            }
        }
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

    /// The words that are asked for: behind those that start the program, or in place of them.
    fn started_as_asked(&mut self, run: &mut Run) {
        let (args, command) = (&self.wishes.args, &self.wishes.extras.command);
        if !command.is_empty() {
            let init = run.entrypoint.iter().position(|word| word == "--").map_or(0, |at| at + 1);
            run.entrypoint.truncate(init);
            run.entrypoint.extend_from_slice(command);
            run.command.clear();
        }
        run.command.extend_from_slice(args);
        if !command.is_empty() || !args.is_empty() {
            let words = [command.as_slice(), args].concat().join(" ");
            let evidence = Evidence::asked(&format!("-- {words}"));
            self.note(Decision::new(topic::START, words, "asked for", evidence));
        }
    }

    /// What other images are started with: words behind a program that is built here too, else a rival.
    fn starts(&mut self, run: &mut Run) {
        for fact in self.testimony() {
            let Kind::Start(argv) = &fact.kind else { continue };
            let is_taken =
                |it: &Decision| (&it.evidence.file, &it.evidence.quote) == (&fact.evidence.file, &fact.evidence.quote);
            if run.entrypoint.iter().chain(&run.command).eq(argv) || self.decisions.iter().any(is_taken) {
                continue;
            }
            let words = argv.get(1..).unwrap_or_default();
            if run.command.is_empty()
                && !words.is_empty()
                && self.is_built_here(argv, run)
                && words.iter().all(|word| is_plain(word))
            {
                let port = run.port.unwrap_or_default().to_string();
                run.command = words.iter().map(|word| word.replace(command::PORT, &port)).collect();
                let words = run.command.join(" ");
                self.note(Decision::new(topic::START, words, "another container file starts it so", fact.evidence));
            } else {
                self.lose(argv, &fact.evidence);
            }
        }
    }

    /// Whether the first of these words is the one program that is built: by its name, or as there is no other.
    fn is_built_here(&self, argv: &[String], run: &Run) -> bool {
        let [program] = run.entrypoint.as_slice() else { return false };
        let last = |path: &str| path::name(path).to_owned();
        let name = last(argv.first().map_or("", String::as_str));
        let entries = self.facts.iter().filter(|fact| matches!(fact.kind, Kind::Entry(_))).count();
        let is_other = name.contains('.') || SHARED.interpreters.contains(&name) || SHARED.shells.contains(&name);
        name == last(program) || (entries == 1 && !is_other)
    }

    /// A start that is not taken is told beside the one that is.
    fn lose(&mut self, argv: &[String], evidence: &Evidence) {
        let told = [topic::START, topic::SERVER, topic::ENTRY];
        let decided = told.iter().find_map(|topic| self.decisions.iter().position(|it| it.topic == *topic));
        if let Some(decision) = decided.and_then(|at| self.decisions.get_mut(at)) {
            let why = "another container file starts it so, and dockgen starts what it builds".to_owned();
            decision.rivals.push(Rival { value: argv.join(" "), why, evidence: evidence.clone() });
        }
    }

    /// Where the program says whether it is well.
    fn health(&mut self) {
        let path = self.testimony().into_iter().find_map(|fact| match fact.kind {
            Kind::HealthPath(path) => Some((path, fact.evidence)),
            _ => None,
        });
        if let Some((path, evidence)) = path {
            self.note(Decision::new(topic::HEALTH, path, "it answers there whether it is well", evidence));
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

/// Whether a word names no file.
fn is_plain(word: &str) -> bool {
    let ends = [".yaml", ".yml", ".toml", ".json", ".conf", ".ini", ".cfg", ".env", ".js", ".py", ".sh"];
    !word.contains(['/', '$', '`']) && !ends.iter().any(|end| word.ends_with(end))
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
        assert!(is_plain("serve") && is_plain("--port={port}") && !is_plain("/etc/x") && !is_plain("c.yaml"));
    }
}
