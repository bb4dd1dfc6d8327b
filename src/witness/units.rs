//! Units of service managers: what systemd, s6 and runit start.

use serde::Deserialize;

use super::{CATALOG, tasks};
use crate::command::{self, Command};
use crate::facts::{Fact, Kind, Strength};
use crate::path::{name, parent};
use crate::repo::Repo;

/// What is known of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// How the names of unit files end.
    ending: String,
    /// What stands before the command there.
    key: String,
    /// The name of scripts that start a service.
    script: String,
    /// Folders of folders with such scripts.
    folders: Vec<String>,
}

/// No more units than this are read.
const MOST: usize = 40;

/// The commands, that of a unit which is named as its program first.
pub fn testify(repo: &Repo) -> Vec<Fact> {
    let rows = &CATALOG.units;
    let is_script =
        |path: &str| name(path) == rows.script && rows.folders.iter().any(|of| name(parent(parent(path))) == of);
    let units = repo.files().filter(|path| path.ends_with(&rows.ending) || is_script(path)).take(MOST);
    let mut found: Vec<(bool, Fact)> = units.filter_map(|path| of_file(path, repo.text(path)?)).collect();
    found.sort_by_key(|(is_named, _)| !is_named);
    found.into_iter().map(|(_, fact)| fact).collect()
}

fn of_file(path: &str, text: &str) -> Option<(bool, Fact)> {
    let rows = &CATALOG.units;
    let is_unit = path.ends_with(&rows.ending);
    let (unit, command, quote) = match is_unit {
        true => {
            let line = text.lines().find(|line| line.trim_start().starts_with(&rows.key))?;
            let started = line.trim().get(rows.key.len()..)?.trim_start_matches(['-', '@', ':', '+', '!', ' ']);
            (name(path).trim_end_matches(&rows.ending), command::read(started), line.to_owned())
        }
        false => {
            let last: Command = command::script(text, "", &[]).pop().filter(|_| tasks::is_script(path, text))?;
            let quote = last.argv.join(" ");
            (name(parent(path)), last, quote)
        }
    };
    let is_named = command.program() == unit;
    let fact = Fact::new(Kind::Start(command.argv), path, &quote, Strength::Convention);
    matches!(&fact.kind, Kind::Start(argv) if !argv.is_empty()).then_some((is_named, fact))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_service_managers_start() {
        let files = [
            ("client/x-client.service", "[Service]\nExecStart=/usr/bin/x subscribe\n"),
            ("x.service", "[Service]\nExecStart=-/usr/bin/x serve --quiet\n"),
            ("rootfs/etc/services.d/y/run", "#!/usr/bin/with-contenv bash\necho hello\nexec s6-setuidgid z y start\n"),
            ("scripts/run", "#!/bin/sh\nz\n"),
            ("empty.service", "[Unit]\n"),
        ];
        let repo = Repo::from_list("x", files);
        let shown: Vec<String> = testify(&repo).iter().map(|fact| fact.kind.to_string()).collect();
        assert_eq!(
            shown,
            ["started with y start", "started with /usr/bin/x serve --quiet", "started with /usr/bin/x subscribe"]
        );
    }
}
