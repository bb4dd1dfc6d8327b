//! The folders that a program writes to, as its sources name them.

use std::sync::LazyLock;

use crate::path::{is_below, join, name, normal, parent};
use crate::source::mask::{Masked, boundary};
use crate::source::{Pattern, Place};

use super::catalog::CATALOG;

/// What a call makes: the folder that it names, or a file in one.
struct Calls {
    folders: Pattern,
    files: Pattern,
}

static CALLS: LazyLock<Calls> = LazyLock::new(|| {
    let row = &CATALOG.writes;
    let calls = |names: &[String]| Pattern::from(format!(r"\b(?:{})\s*\(\s*", names.join("|")));
    Calls { folders: calls(&row.folders), files: calls(&row.files) }
});

/// A variable by whose name an operator says where the program keeps what it writes, before the usual place.
static SETTINGS: LazyLock<Pattern> = LazyLock::new(|| {
    let ends = &CATALOG.writes.settings;
    Pattern::from(format!(r"(?:[=:]|\breturn)\s*process\.env\.\w*{ends}\s*(?:\?[^:;?\n]{{1,80}}:|\|\||\?\?)\s*"))
});

/// An expression is no longer than this.
const LONGEST: usize = 200;

/// How many names may stand for one another.
const DEEPEST: usize = 3;

/// Whether a source calls what makes folders or files, or names a database that is one.
pub fn may_make(text: &str, masked: &Masked) -> bool {
    CALLS.folders.is_match(text)
        || CALLS.files.is_match(text)
        || SETTINGS.is_match(text)
        || masked.literals().any(|(_, literal)| is_database(literal))
}

/// The folders below `package` that a source writes to, with where it says so, relative to the repository.
/// Texts and the working folder are relative to `base`.
pub fn find(path: &str, (package, base): (&str, &str), text: &str, masked: &Masked) -> Vec<(String, usize)> {
    let place = |at: usize| place(text, argument(text, at), (path, base), 0);
    let of = |pattern: &Pattern| -> Vec<(usize, usize)> {
        let live = pattern.find_iter(text).filter(|found| masked.is_code(found.start()));
        live.map(|found| (found.start(), found.end())).collect()
    };
    let folders = of(&CALLS.folders).into_iter().filter_map(|(at, end)| Some((place(end)?, at)));
    let files = of(&CALLS.files).into_iter().filter_map(|(at, end)| Some((parent(&place(end)?).to_owned(), at)));
    let databases = masked.literals().filter(|(_, literal)| is_database(literal));
    let databases = databases.filter_map(|(at, literal)| Some((parent(&below(base, &[literal])?).to_owned(), at)));
    // A plain name may be a part of a path that is put together elsewhere.
    let is_path = |(_, end): &(usize, usize)| argument(text, *end).contains(['/', '(']);
    let given = of(&SETTINGS).into_iter().filter(is_path).filter_map(|(at, end)| Some((folder(place(end)?), at)));
    let is_inside = |(folder, _): &(String, usize)| {
        !folder.is_empty() && !is_below(package, folder) && !folder.contains("node_modules")
    };
    folders.chain(files).chain(databases).chain(given).filter(is_inside).collect()
}

/// The folder of a path whose last part has an ending.
fn folder(path: String) -> String {
    match name(&path).trim_start_matches('.').contains('.') {
        true => parent(&path).to_owned(),
        false => path,
    }
}

/// Where a source makes a folder whose place only shows when it runs; folders of the system and temporary ones are none.
pub fn unplaced(path: &str, package: &str, text: &str, masked: &Masked) -> Option<usize> {
    static ELSEWHERE: Pattern = Pattern::new(r#"(?i)te?mp|^['"`]"#);
    let made = CALLS.folders.find_iter(text).filter(|found| masked.is_code(found.start()));
    let unknown = |found: &Place| {
        let named = argument(text, found.end());
        !named.is_empty() && !ELSEWHERE.is_match(named) && place(text, named, (path, package), 0).is_none()
    };
    made.filter(|found| !masked.line(found.start()).contains("function")).find(unknown).map(|found| found.start())
}

/// Whether a text is the path of a database that is a file.
fn is_database(literal: &str) -> bool {
    let ends = |end: &String| literal.ends_with(end.as_str());
    literal.contains('/') && !literal.contains("://") && CATALOG.writes.databases.iter().any(ends)
}

/// The text of the first argument that begins here.
fn argument(text: &str, at: usize) -> &str {
    let rest = text.get(at..boundary(text, at + LONGEST)).unwrap_or_default();
    let mut depth = 0;
    let goes_on =
        |at: usize| rest.get(at..).is_some_and(|rest| rest.trim_start().starts_with(['?', ':', '|', '.', '+']));
    let end = rest.char_indices().find(|(at, c)| {
        depth += match c {
            '(' | '[' | '{' => 1,
            ')' | ']' | '}' => -1,
            _ => 0,
        };
        depth < 0 || depth == 0 && (*c == ',' || *c == '\n' && !goes_on(*at)) || *c == ';'
    });
    rest.get(..end.map_or(rest.len(), |(at, _)| at)).unwrap_or_default().trim()
}

/// The path that an expression stands for, relative to the repository, where only texts and the folder of the source are in it.
fn place(text: &str, expression: &str, (path, package): (&str, &str), depth: usize) -> Option<String> {
    static TEXTS: Pattern = Pattern::new(r#"['"`]([^'"`\n]*)['"`]"#);
    static NAME: Pattern = Pattern::new(r"^[A-Za-z_$][\w$.]*$");
    let row = &CATALOG.writes;
    if NAME.is_match(expression) && depth < DEEPEST {
        let known = regex::escape(expression);
        let set = Pattern::from(format!(r"(?m)(?:^\s*|\b(?:const|let|var)\s+){known}(?:\s*:\s*\w+)?\s*=\s*"));
        return place(text, argument(text, set.find(text)?.end()), (path, package), depth + 1);
    }
    let expression = expression.split_whitespace().collect::<Vec<_>>().join(" ");
    let usual =
        ["||", "??", " : "].iter().fold(expression.as_str(), |rest, mark| rest.rsplit(mark).next().unwrap_or(rest));
    // What is left of an alternative behind another argument is only the end of a path.
    let before = expression.strip_suffix(usual).and_then(|before| before.rsplit('(').next()).unwrap_or_default();
    if before.contains(',') && usual.matches(')').count() > usual.matches('(').count() {
        return None;
    }
    let said = with_texts(text, usual);
    let usual = said.as_str();
    let outside = TEXTS.replace_all(usual, |_| " ".to_owned());
    let mut words =
        outside.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').filter(|word| !word.is_empty());
    let of_source = row.source.iter().any(|word| outside.contains(word.as_str()));
    let parts: Vec<&str> = TEXTS.captures_iter(usual).filter_map(|found| Some(found.get(1)?.as_str())).collect();
    let first = parts.first().filter(|first| !first.is_empty())?;
    if !words.all(|word| row.words.iter().any(|known| known == word)) || first.starts_with(['/', '~']) && !of_source {
        return None;
    }
    let base = if of_source { parent(path) } else { package };
    below(base, &parts)
}

/// An expression with the texts in the place of the constants that stand for them.
fn with_texts(text: &str, expression: &str) -> String {
    static CONSTANTS: Pattern = Pattern::new(r#"\bconst\s+([A-Za-z_$][\w$]*)\s*=\s*['"]([^'"\n]*)['"]"#);
    static NAMES: Pattern = Pattern::new(r"([(,+]\s*)([A-Za-z_$][\w$]*)\b");
    if !NAMES.captures_iter(expression).any(|found| !CATALOG.writes.words.iter().any(|word| *word == found[2])) {
        return expression.to_owned();
    }
    let value =
        |name: &str| CONSTANTS.captures_iter(text).find(|found| found[1] == *name).map(|found| found[2].to_owned());
    NAMES.replace_all(expression, |found| match value(&found[2]) {
        Some(value) => format!("{}'{value}'", &found[1]),
        None => found[0].to_owned(),
    })
}

/// A path of these parts below a folder, where it is one.
fn below(base: &str, parts: &[&str]) -> Option<String> {
    let path = parts.iter().map(|part| part.trim_start_matches('/')).collect::<Vec<_>>().join("/");
    let is_path = path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    normal(&join(base, &path)).filter(|_| is_path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::mask::JAVASCRIPT;

    #[test]
    fn folders_that_are_written_to() {
        for (text, folder) in [
            ("fs.mkdirSync('./data/')", Some("data")),
            (
                "const dir = process.env.DATA_DIR || './data/';\nif (!x) { fs.mkdirSync(dir, { recursive: true }); }",
                Some("data"),
            ),
            ("await mkdir(path.join(process.cwd(), 'public', 'uploads'))", Some("public/uploads")),
            ("const root = path.join(__dirname, '..', 'storage');\nensureDirSync(root)", Some("storage")),
            ("new Database('db/app.sqlite')", Some("db")),
            ("fs.writeFileSync('state/a.json', x)", Some("state")),
            ("fs.writeFileSync('a.json', x)", None),
            ("fs.mkdirSync(path.join(os.tmpdir(), 'x'))", None),
            ("Store.dir = process.env.D || args[\"d\"] || './files/';\nmkdirSync(Store.dir)", Some("files")),
            (
                "const dir = process.env.C ? process.env.C : path.join(process.cwd(), 'config');\nmkdirSync(dir)",
                Some("config"),
            ),
            (
                "const dir = process.env.C\n  ? process.env.C\n  : path.join(process.cwd(), 'config');\nmkdirSync(dir)",
                Some("config"),
            ),
            ("const database = { database: 'config/db/db.sqlite3' }", Some("config/db")),
            ("const name = 'kept';\nfs.mkdirSync(path.join(__dirname, '..', name))", Some("kept")),
            ("const name = 'kept';\nfs.mkdirSync('./' + name)", Some("kept")),
            (
                "return process.env.X_DATA ? process.env.X_DATA : path.normalize(path.join(__dirname, '..', 'data'))",
                Some("data"),
            ),
            ("const file = process.env.DATA_FILE || './kept/a.json'", Some("kept")),
            ("path.join(root, process.env.STORAGE_DIR || 'data', 'a')", None),
            ("const root = process.env.STORAGE_FOLDER || 'data'", None),
            ("const port = process.env.DATABASE_PORT || '5432'", None),
            ("const url = process.env.DATA_URL || 'https://a.example/b'", None),
            ("fs.mkdirSync(path.join(global.root, 'x'))", None),
            ("fs.mkdirSync(`./${name}`)", None),
            ("fs.mkdirSync('/data')", None),
            ("// fs.mkdirSync('data')", None),
            ("fs.mkdirSync(dir)", None),
            ("fs.mkdirSync('../other')", None),
            ("fs.mkdirSync(path.join(this.root, daily ? 'a' : 'b'))", None),
            ("fs.mkdirSync(path.join(process.env.DATA || './data', 'a'))", Some("data/a")),
        ] {
            let found = find("src/a.js", ("", ""), text, &Masked::new(text, &JAVASCRIPT));
            assert_eq!(found.first().map(|(folder, _)| folder.as_str()), folder, "{text}");
        }
    }

    #[test]
    fn folders_that_only_show_when_it_runs() {
        for (text, is_one) in [
            ("fs.mkdirSync(path.join(config.root, 'x'))", true),
            ("await mkdir(dir, { recursive: true })", true),
            ("fs.mkdirSync('./data')", false),
            ("fs.mkdirSync('/data')", false),
            ("fs.mkdirSync(path.join(os.tmpdir(), 'x'))", false),
            ("// fs.mkdirSync(dir)", false),
        ] {
            assert_eq!(unplaced("a.js", "", text, &Masked::new(text, &JAVASCRIPT)).is_some(), is_one, "{text}");
        }
    }
}
