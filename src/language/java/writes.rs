//! Folders that a program writes to, as its settings and sources say: databases in files, logs, uploads.

use super::catalog::CATALOG;
use super::settings;
use super::sources::Sources;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::path;
use crate::witness;

/// The facts, each folder once.
pub fn facts(files: &[settings::File], sources: &Sources) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    let mut add = |fact: Fact| {
        if !facts.iter().any(|known| known.kind.to_string() == fact.kind.to_string()) {
            facts.push(fact);
        }
    };
    for (file, settings) in files {
        for (name, text) in settings.entries().filter(|(name, _)| !is_of_others(name)) {
            let evidence = || Evidence::new(file, &format!("{name}: {text}"), Strength::Stated);
            written(name, text).and_then(|path| fact(&path, evidence())).into_iter().for_each(&mut add);
        }
    }
    for (file, line) in &sources.places {
        let evidence = Evidence::new(file, line, Strength::Stated);
        database(line).or_else(|| own(line)).and_then(|path| fact(&path, evidence)).into_iter().for_each(&mut add);
    }
    facts
}

/// Whether a name holds for a profile that no image runs with.
fn is_of_others(name: &str) -> bool {
    CATALOG.writes.others.iter().any(|start| name.starts_with(start.as_str()))
}

/// The path of a file that a setting names: below the folder, where it names one.
fn written(name: &str, text: &str) -> Option<String> {
    let rows = &CATALOG.writes;
    if let Some(rest) = text.strip_prefix(rows.home.as_str()) {
        let is_place = rows.places.iter().any(|end| name.to_ascii_lowercase().ends_with(end.as_str()));
        return (is_place || database(text).is_some()).then(|| format!("~{rest}"));
    }
    let is_one = |names: &[String]| names.iter().any(|end| name == end || name.ends_with(&format!(".{end}")));
    let plain = || default(text).filter(|path| !path.is_empty());
    match (is_one(&rows.files), is_one(&rows.folders)) {
        (true, _) => plain(),
        (_, true) => plain().map(|folder| path::join(folder.trim_end_matches('/'), "x")),
        _ => database(text),
    }
}

/// The value of `x`, or the default of `${NAME:x}`.
fn default(text: &str) -> Option<String> {
    let inner = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')?.split_once(':'));
    let text = inner.map_or(text, |(_, default)| default).trim();
    (!text.contains('$')).then(|| text.to_owned())
}

/// The file of a database that lies in one.
fn database(text: &str) -> Option<String> {
    CATALOG.writes.database.word(text).map(str::to_owned)
}

/// A file in a folder of the program that no image has.
fn own(line: &str) -> Option<String> {
    let found = CATALOG.writes.own.captures_iter(line).next()?;
    let [folder, name] = [1, 2].map(|group| found.get(group).map_or("", |place| place.as_str()));
    let is_system = CATALOG.writes.system.iter().any(|system| system == name);
    (!is_system).then(|| format!("{folder}/x"))
}

/// What follows from a file that is written; nothing where everybody may write.
fn fact(file: &str, evidence: Evidence) -> Option<Fact> {
    let folder = path::parent(file.trim_start_matches("./"));
    if folder == "/tmp" || folder.starts_with("/tmp/") {
        return None;
    }
    let own = witness::placed(folder, "").filter(|_| !file.starts_with('~'));
    let kind = own.map(Kind::Writes).unwrap_or_else(|| {
        Kind::Warning(format!(
            "{evidence}: the program writes a file where its user may not: let it write to a folder such as `/app/data`, and give it that with `--data /app/data`"
        ))
    });
    Some(Fact::from_evidence(kind, evidence))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::properties;

    #[test]
    fn sources_name_folders_that_no_image_has() {
        for (line, is_said) in [
            ("Paths.get(\"/var/airsonic\");", true),
            ("new File(\"/var/docs/db\");", true),
            ("open(\"jdbc:sqlite:app.db\");", true),
            ("read(\"/var/run/secrets/token\");", false),
        ] {
            let sources = Sources { places: vec![("A.java", line)], ..Sources::default() };
            assert_eq!(facts(&[], &sources).len(), usize::from(is_said), "{line}");
        }
    }

    #[test]
    fn settings_name_files_and_folders() {
        for (text, expected) in [
            ("spring.datasource.url=jdbc:h2:file:./data/db;MODE=X", "writes /app/data"),
            ("%prod.quarkus.datasource.jdbc.url=jdbc:h2:/data/x/db", "writes /data/x"),
            ("%dev.quarkus.datasource.jdbc.url=jdbc:h2:./data/db", ""),
            ("spring.datasource.url=${DB:jdbc:sqlite:db/app.db}", "writes /app/db"),
            ("spring.datasource.url=jdbc:h2:~/app", "to know: "),
            ("spring.datasource.url=jdbc:sqlite:app.db", "to know: "),
            ("spring.datasource.url=jdbc:h2:mem:app", ""),
            ("spring.datasource.url=jdbc:h2:tcp://db/x", ""),
            ("spring.datasource.url=jdbc:sqlite::memory:", ""),
            ("logging.file.name=logs/app.log", "writes /app/logs"),
            ("logging.file.path=${LOGS:/var/log/app}", "to know: "),
            ("logging.file.path=/tmp/log", ""),
            ("logging.file.path=${user.home}/log", "to know: "),
            ("shop.serverDirectory=${user.home}/.shop-${shop.version}/", "to know: "),
            ("shop.key=${user.home}/.ssh/id", ""),
            ("spring.servlet.multipart.location=uploads/", "writes /app/uploads"),
        ] {
            let files = [("a.properties".to_owned(), properties::parse(text).unwrap())];
            let facts = facts(&files, &Sources::default());
            let said = facts.first().map(|fact| fact.kind.to_string()).unwrap_or_default();
            assert!(said == expected || (expected.ends_with(": ") && said.starts_with(expected)), "{text}: {said}");
        }
    }
}
