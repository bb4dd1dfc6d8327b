//! Configuration files that a program reads: which ones, the port in them, and the folders that they name.

use std::collections::{BTreeSet, HashMap};

use crate::facts::{Fact, Kind, Strength};
use crate::repo::Repo;
use crate::source::Pattern;

use super::catalog::CATALOG;

/// A line that sets where a server listens.
static PORT: Pattern = Pattern::new(
    r#"(?im)^[ \t]*["']?(?:(?:http|server|app|web|api|listen|service|rest)[_.-]?)*(?:port|addr|address|listen)["']?[ \t]*[:=][ \t]*["']?(?:[\w.\[\]-]*:)?(\d{4,5})["']?[ \t]*,?[ \t]*(?:[#;].*)?\r?$"#,
);

/// A value that names a folder beside the program.
static NAMED: Pattern = Pattern::new(r#"(?m)[:=][ \t]*["']?(?:file://|\./)([\w][\w./-]*)["']?[ \t]*\r?$"#);

/// The configuration files with one of these names, in these folders and where they usually lie.
pub fn named(repo: &Repo, names: &BTreeSet<String>, folders: &BTreeSet<String>) -> Vec<String> {
    let folders: Vec<&str> = folders.iter().chain(&CATALOG.config.folders).map(String::as_str).collect();
    let places: HashMap<&str, usize> = folders.into_iter().enumerate().rev().map(|(at, folder)| (folder, at)).collect();
    let mut found = Vec::new();
    for file in repo.files().filter(|file| !names.is_empty() && is_config(file)) {
        let (ending, stem) = endings().enumerate().find_map(|(at, end)| Some((at, file.strip_suffix(end)?))).unzip();
        let whole = [(endings().count(), file)].into_iter();
        for (ending, path) in ending.zip(stem).into_iter().chain(whole) {
            let cuts = path.match_indices('/').map(|(at, _)| (&path[..at], &path[at + 1..])).chain([("", path)]);
            let fitting = cuts.filter(|(_, name)| names.contains(*name));
            found.extend(fitting.filter_map(|(folder, name)| Some((name, *places.get(folder)?, ending, file))));
        }
    }
    found.sort_unstable();
    found.into_iter().map(|(.., file)| file.to_owned()).collect()
}

/// Whether a string is likely the name of a configuration file.
pub fn is_named(text: &str) -> bool {
    let plain =
        text.len() < 80 && text.contains('.') && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    let is_other = || CATALOG.config.not.iter().any(|name| name == text);
    plain && is_config(text) && !is_other() && !text.starts_with('.')
}

fn endings() -> impl Iterator<Item = &'static str> {
    CATALOG.config.endings.iter().map(String::as_str)
}

fn is_config(path: &str) -> bool {
    endings().any(|end| path.ends_with(end))
}

/// The configuration files among paths that a program reads.
fn files<'a>(repo: &'a Repo, data: &'a [String]) -> impl Iterator<Item = &'a str> {
    data.iter().flat_map(|path| {
        let inside: Vec<&str> = match repo.has(path) {
            true => vec![path],
            false => repo.inside(path).collect(),
        };
        inside.into_iter().filter(|file| is_config(file))
    })
}

/// The ports that these files set.
pub fn ports(repo: &Repo, data: &[String]) -> Vec<Fact> {
    let found = files(repo, data).filter_map(|file| {
        let text = repo.text(file)?;
        let all =
            PORT.captures_iter(text).filter_map(|found| Some((found.get(0)?, found.get(1)?.as_str().parse().ok()?)));
        let (line, port) = all.into_iter().find(|(_, port)| !CATALOG.config.others.contains(port))?;
        Some(Fact::new(Kind::Port(port), file, line.as_str().trim(), Strength::Convention))
    });
    found.collect()
}

/// Folders and files of the repository that these files name.
pub fn paths(repo: &Repo, data: &[String]) -> Vec<String> {
    let texts = files(repo, data).filter_map(|file| repo.text(file));
    let named = texts.flat_map(|text| NAMED.captures_iter(text)).filter_map(|found| found.get(1));
    let paths = named.map(|path| path.as_str().trim_end_matches('/').to_owned());
    paths.filter(|path| repo.exists(path) && !path.contains("..") && !path.ends_with(".go")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_configuration_files_say() {
        for (file, text, port) in [
            ("c.yaml", "database:\n  port: 5432\nserver:\n  port: 8000\n", Some(8000)),
            ("c.yml", "server:\n  http:\n    addr: 0.0.0.0:8001\n", Some(8001)),
            ("c.ini", "[server]\nHttpPort = 8002\n", Some(8002)),
            ("c.toml", "listen = \":8003\" # here\n", Some(8003)),
            ("c.json", "{\n  \"port\": 8004,\n}", Some(8004)),
            ("a.env", "HTTP_SERVER_ADDRESS=0.0.0.0:8005\n", Some(8005)),
            ("c.yaml", "redis:\n  addr: localhost:6379\n", None),
            ("c.txt", "port: 8006", None),
        ] {
            let repo = Repo::from_list("x", [(file, text)]);
            let found = ports(&repo, &[file.to_owned()]);
            let number =
                found.first().and_then(|fact| if let Kind::Port(port) = fact.kind { Some(port) } else { None });
            assert_eq!(number, port, "{text}");
        }
        let repo =
            Repo::from_list("x", [("app.env", "MIGRATION_URL=file://db/migration\n"), ("db/migration/1.sql", "")]);
        assert_eq!(paths(&repo, &["app.env".to_owned()]), ["db/migration"]);
        assert_eq!(named(&repo, &BTreeSet::from(["app".to_owned()]), &BTreeSet::new()), ["app.env"]);
    }
}
