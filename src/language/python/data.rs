//! What the program writes: folders that its user has to own.

use std::collections::BTreeSet;

use super::rows::CATALOG;
use super::source::Source;
use super::sources::Program;
use crate::facts::{Fact, Kind, Strength};
use crate::path;

/// Where the sources lie in the image.
const APP: &str = "/app";

/// The folders that the sources say they write to.
pub fn testify(program: &Program) -> Vec<Fact> {
    let mut seen = BTreeSet::new();
    let mut facts: Vec<Fact> = program.sources.iter().flat_map(|source| of_source(program, source)).collect();
    facts.retain(|fact| seen.insert(fact.kind.to_string()));
    facts
}

fn of_source(program: &Program, source: &Source) -> Vec<Fact> {
    let words: Vec<&str> = CATALOG.writes.words.iter().map(|(word, _)| word.as_str()).collect();
    if !source.module.says_one_of(&words) {
        return Vec::new();
    }
    let fact = |folder: String, quote: &str| Fact::new(Kind::Writes(folder), source.path, quote, Strength::Convention);
    let mut facts = Vec::new();
    for call in source.module.calls_with_text(|callee| CATALOG.calls.folders.iter().any(|name| name == callee)) {
        facts.extend(call.text.and_then(folder).map(|folder| fact(folder, call.quote)));
    }
    for (word, text) in CATALOG.writes.words.iter().filter(|(_, text)| !text.is_empty()) {
        let quote = source.module.quote(word);
        facts.extend((!quote.is_empty()).then(|| fact(path::join(&at(program, source), text), quote)));
    }
    for text in source.module.strings() {
        let file = CATALOG.writes.databases.iter().find_map(|scheme| text.strip_prefix(scheme.as_str()));
        let file = file.map(|file| file.split('?').next().unwrap_or_default()).filter(|file| file.contains('/'));
        if let Some(file) =
            file.filter(|file| path::parent(file) == CATALOG.writes.lost && path::name(file).contains('.'))
        {
            let what = format!(
                "`{}` keeps the database `{file}` where no volume should lie, and a new container begins without it: give it another place by its settings",
                source.path
            );
            facts.push(Fact::new(Kind::Warning(what), source.path, text, Strength::Convention));
        }
        facts.extend(file.and_then(|file| folder(path::parent(file))).map(|folder| fact(folder, text)));
    }
    for name in &CATALOG.writes.settings {
        let line = source.module.quote(&format!("{name} ="));
        let texts = line.split(['"', '\'']).skip(1).step_by(2);
        let named = texts.filter(|text| text.chars().any(|c| c.is_ascii_lowercase())).last();
        facts.extend(named.and_then(folder).map(|folder| fact(folder, line)));
    }
    facts.extend(of_joined_paths(program, source));
    facts
}

/// Databases in files of the program's own folders: `BASE_DIR / "data" / "db.sqlite3"`. One beside the sources can be given no folder.
fn of_joined_paths(program: &Program, source: &Source) -> Vec<Fact> {
    let is_database = |text: &&str| CATALOG.writes.files.iter().any(|ending| text.ends_with(ending.as_str()));
    let script = CATALOG.framework.iter().find_map(|row| program.nearest(&row.assets.as_ref()?.script));
    let base = path::join(APP, script.map(path::parent).unwrap_or_default());
    let mut facts = Vec::new();
    for (before, text) in source.module.joined_texts().into_iter().filter(|(_, text)| is_database(text)) {
        let whole = before.iter().chain([&text]).copied().collect::<Vec<_>>().join("/");
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
        if whole.starts_with('/')
            || whole.contains("..")
            || path::name(&whole).matches('.').count() != 1
            || !whole.chars().all(is_plain)
        {
            continue;
        }
        facts.push(match path::parent(&whole) {
            "" if !CATALOG.writes.tables.iter().any(|name| source.module.assigns(name)) => continue,
            "" => Fact::new(
                Kind::Warning(format!(
                    "`{}` keeps the database `{whole}` beside the sources, where the user may not write: give it a folder of its own, or another database by its variables",
                    source.path
                )),
                source.path,
                text,
                Strength::Convention,
            ),
            below => Fact::new(Kind::Writes(path::join(&base, below)), source.path, text, Strength::Convention),
        });
    }
    facts
}

/// The folder of the image that the modules of a source are found from.
fn at(program: &Program, source: &Source) -> String {
    let root = program.root_of(source);
    if root.is_empty() { APP.to_owned() } else { format!("{APP}/{root}") }
}

/// A folder as a program names it, as it lies in the image; `None` where it is none, or one of the system.
fn folder(text: &str) -> Option<String> {
    let is_path = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if text.is_empty() || !text.chars().all(is_path) || text.contains("..") {
        return None;
    }
    let path = match text.starts_with('/') {
        true => text.trim_end_matches('/').to_owned(),
        false => path::join(APP, text.trim_start_matches("./").trim_end_matches('/')),
    };
    let top = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let is_system = CATALOG.writes.system.iter().any(|name| name == top);
    (!is_system && path != APP && path.len() > 1).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    #[test]
    fn folders_that_are_written_to() {
        for (source, expected) in [
            ("import os\nos.makedirs('data/x', exist_ok=True)\n", "/app/data/x"),
            ("import os\nos.makedirs('/config')\n", "/config"),
            ("import os\nos.makedirs('/tmp/x')\nos.makedirs('../x')\nos.makedirs(name)\n", ""),
            ("import os\nos.makedirs(app.instance_path)\n", "/app/instance"),
            ("URL = 'sqlite:////data/app.db'\n", "/data"),
            ("URL = 'sqlite:///db/app.db?x=1'\nB = 'sqlite:///app.db'\n", "/app/db"),
            ("MEDIA_ROOT = os.path.join(BASE_DIR, 'media')\n", "/app/media"),
            ("MEDIA_ROOT = env('MEDIA_ROOT')\n", ""),
            ("# sqlite\nX = {'NAME': BASE_DIR / 'data' / 'db.sqlite3'}\n", "/app/data"),
            ("# sqlite\nX = {'NAME': os.path.join(BASE_DIR, 'data/db.sqlite3')}\n", "/app/data"),
            ("X = {'ENGINE': 'django.db.backends.sqlite3', 'NAME': getenv('DB', 'x.db')}\n", ""),
            ("SQLALCHEMY_DATABASE_URI = 'sqlite:////tmp/x.db'\n", "`app.py` keeps the database `/tmp/x.db`"),
            (
                "SQLALCHEMY_DATABASE_URI = 'sqlite:///' + join(base, 'x.db')\n",
                "`app.py` keeps the database `x.db` beside",
            ),
        ] {
            let repo = Repo::from_list("x", [("app.py", source)]);
            let facts = testify(&Program::read(&repo, Vec::new()));
            let found: Vec<String> = facts.iter().map(|fact| fact.kind.to_string()).collect();
            match expected.starts_with('`') {
                true => assert!(found.len() == 1 && found[0].starts_with(&format!("to know: {expected}")), "{found:?}"),
                false => {
                    let expected: Vec<String> =
                        expected.split_whitespace().map(|path| format!("writes {path}")).collect();
                    assert_eq!(found, expected, "{source}");
                }
            }
        }
    }
}
