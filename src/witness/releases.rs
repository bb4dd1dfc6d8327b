//! Release files: how the programs are built that people download.

use serde::Deserialize;

use super::CATALOG;
use super::tasks::Tasks;
use crate::command::{self, Command};
use crate::facts::{Fact, Kind, Strength};
use crate::format::goreleaser::{self, Build};
use crate::format::tasks::UNKNOWN;
use crate::path;
use crate::repo::Repo;
use crate::source::Pattern;
use crate::source::shell;

/// What is known of release files.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// Their paths, the likeliest first.
    path: Vec<String>,
    /// The command that they stand for.
    command: String,
    /// The system that images are of.
    system: String,
}

/// The builds of the first file, as the commands that they stand for.
pub fn testify(repo: &Repo, tasks: &Tasks) -> Vec<Fact> {
    let rows = &CATALOG.released;
    let Some((path, text)) = rows.path.iter().find_map(|path| Some((path, repo.text(path)?))) else {
        return Vec::new();
    };
    let release = match goreleaser::parse(text) {
        Ok(release) => release,
        Err(fault) => return vec![Fact::new(Kind::Unreadable(fault.what), path, &fault.quote, Strength::Guess)],
    };
    let is_meant = |build: &&Build| build.systems.is_empty() || build.systems.contains(&rows.system);
    let fact = |build: &Build| {
        let hooks = release.before.iter().chain(&build.before).map(|hook| untold(hook));
        let mut commands: Vec<Command> = hooks.flat_map(|hook| command::script(&hook, "", &[])).collect();
        let command = command_of(build);
        let quote =
            format!("main: {}, tags: {}, ldflags: {}", build.main, build.tags.join(","), build.ldflags.join(" "));
        commands.push(command);
        Fact::new(Kind::Build(tasks.followed(commands)), path, &quote, Strength::Stated)
    };
    release.builds.iter().filter(is_meant).map(fact).collect()
}

fn command_of(build: &Build) -> Command {
    let mut argv: Vec<String> = CATALOG.released.command.split(' ').map(str::to_owned).collect();
    argv.extend(build.flags.iter().map(|flag| untold(flag)));
    if !build.tags.is_empty() {
        argv.extend(["-tags".to_owned(), untold(&build.tags.join(","))]);
    }
    argv.extend(["-ldflags".to_owned(), untold(&build.ldflags.join(" "))]);
    if !build.binary.is_empty() {
        argv.extend(["-o".to_owned(), untold(&build.binary)]);
    }
    let main = path::join(build.folder.trim_start_matches("./"), build.main.trim_start_matches("./"));
    argv.push(format!("./{}", main.trim_end_matches('/')));
    let pairs = build.environment.iter().filter_map(|pair| shell::assignment(pair));
    let environment = pairs.map(|(name, value)| (name.to_owned(), untold(value))).collect();
    Command { argv, environment, ..Command::default() }
}

/// The text without what the tool fills in.
fn untold(text: &str) -> String {
    static FILLED: Pattern = Pattern::new(r"\{\{[^}]*\}\}");
    FILLED.replace_all(text, |_| UNKNOWN.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_stands_for_commands() {
        let text = "before: {hooks: [go mod tidy]}\nbuilds:\n- main: ./cmd/x\n  tags: [a, b]\n  env: [CGO_ENABLED=0]\n  ldflags: [-s, '-X main.v={{ .Version }}']\n- goos: [windows]\n";
        let repo = Repo::from_list("x", [(".goreleaser.yaml", text)]);
        let facts = testify(&repo, &Tasks::read(&repo));
        let shown: Vec<String> = facts.iter().map(|fact| fact.kind.to_string()).collect();
        assert_eq!(shown, ["built with go mod tidy; go build -tags a,b -ldflags -s -X main.v=${?} ./cmd/x"]);
        let repo = Repo::from_list("x", [(".goreleaser.yaml", "a: 'b")]);
        assert!(matches!(testify(&repo, &Tasks::read(&repo))[0].kind, Kind::Unreadable(_)));
    }
}
