//! What platforms and container files start Java with: options of the machine, and the words behind the jar.

use super::catalog::CATALOG;
use crate::command;
use crate::facts::{Evidence, Kind};
use crate::path;
use crate::plan::processes::{self, Process};
use crate::plan::{Decision, Planner, topic};
use crate::source::shell;

/// Words of another start that hold here too.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Options of `java`.
    pub options: Vec<String>,
    /// Those that open or add modules, with their values.
    pub modules: Vec<String>,
    /// The words behind the jar or the class.
    pub arguments: Vec<String>,
}

impl Given {
    /// Those of the process that serves, else of the first container file that starts Java.
    pub fn read(planner: &mut Planner, port: Option<u16>) -> Self {
        let process = processes::started(&planner.facts).map(|one| (words(&one), one.evidence));
        let starts = planner.heard().filter_map(|fact| match &fact.kind {
            Kind::Start(argv) => Some((argv.clone(), fact.evidence.clone())),
            _ => None,
        });
        let is_java = |(argv, _): &(Vec<String>, Evidence)| argv.first().is_some_and(|word| path::name(word) == "java");
        let Some((argv, evidence)) = process.into_iter().chain(starts).find(is_java) else { return Given::default() };
        let port = port.map(|port| port.to_string()).unwrap_or_default();
        let argv: Vec<String> = argv.iter().map(|word| word.replace(command::PORT, &port)).collect();
        let given = Given::of(&argv);
        if given != Given::default() {
            let words = [given.options.as_slice(), &given.modules, &given.arguments].concat().join(" ");
            planner.note(Decision::new(topic::START, words, "what starts it elsewhere says so", evidence));
        }
        given
    }

    /// Splits the words behind `java`, without what names files of another image.
    fn of(argv: &[String]) -> Self {
        let rows = &CATALOG.start;
        let mut words = argv.iter().skip(1).peekable();
        let mut given = Given::default();
        // A variable that nobody knows holds options too.
        while let Some(word) = words.peek().filter(|word| word.starts_with(['-', '$'])) {
            let word = (*word).clone();
            words.next();
            if word == "-jar" {
                break;
            }
            let value = rows.takes.contains(&word).then(|| words.next()).flatten();
            let is_one = |starts: &[String]| starts.iter().any(|start| word.starts_with(start.as_str()));
            if is_one(&rows.modules) {
                given.modules.push(value.map_or(word.clone(), |value| format!("{word}={value}")));
            } else if value.is_none() && is_one(&rows.kept) && is_own(&word) {
                given.options.push(word);
            }
        }
        words.next();
        given.arguments = words.filter(|word| is_own(word)).cloned().collect();
        given
    }
}

/// The words of a process; of one that only a shell can read those of its last command, as they are written.
fn words(process: &Process) -> Vec<String> {
    if !process.command.argv.is_empty() {
        return process.command.argv.clone();
    }
    let line = process.line.replace("$PORT", command::PORT).replace("${PORT}", command::PORT);
    shell::commands(&line).pop().unwrap_or_default()
}

/// Whether a word says the same in every image: no path, and nothing for a shell.
fn is_own(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-=:,@+".contains(c);
    !word.is_empty() && word.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_around_the_jar() {
        for (line, options, arguments) in [
            (
                "java -Xmx1g -Dserver.port=8080 -jar app.jar --spring.profiles.active=prod",
                "-Dserver.port=8080",
                "--spring.profiles.active=prod",
            ),
            ("java -cp lib/* -Dfile=/etc/x net.example.Main serve", "", "serve"),
            ("java --enable-preview -jar a.jar $ARGS /config", "--enable-preview", ""),
            (
                "java --add-opens a/b=C --add-exports=a/c=D -Dx=y -jar a.jar",
                "-Dx=y --add-opens=a/b=C --add-exports=a/c=D",
                "",
            ),
            ("java $OPTS -Dx=${Y} -Xss256K ${MORE} -jar a.jar ${ARGS}", "-Xss256K", ""),
            ("java -jar a.jar", "", ""),
            ("java", "", ""),
        ] {
            let argv: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let given = Given::of(&argv);
            assert_eq!(
                ([given.options, given.modules].concat().join(" "), given.arguments.join(" ")),
                (options.to_owned(), arguments.to_owned())
            );
        }
    }
}
