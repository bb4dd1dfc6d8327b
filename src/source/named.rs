//! Strings of a source that name files and folders of the repository.

use std::sync::LazyLock;

use super::Pattern;
use crate::catalog::SHARED;
use crate::dockerignore::Matcher;
use crate::facts::{Fact, Host, Kind, Listens, Strength};
use crate::path::{self, parent, resolve};
use crate::repo::Repo;
use crate::rows::{Embed, From};
use crate::witness;

/// What a line has that reads files.
static READS: Pattern = Pattern::new(
    r"(?i)dir|file|path|static|open|read|load|glob|config|folder|template|serve|migrat|include|compile|rerun|source|from\(|new\(",
);

/// Endings that readers of configuration add by themselves.
const ENDINGS: [&str; 8] = ["toml", "yaml", "yml", "json", "ron", "cfg", "conf", "ini"];

/// Folders and files that belong to the sources.
const SOURCES: [&str; 7] = ["src", "target", "tests", "benches", "examples", "Cargo.toml", "Cargo.lock"];

static SETTING: Pattern = Pattern::new(r#"^\s*"?port"?\s*[:=]\s*"?([1-9][0-9]{1,4})\b"#);
static ADDRESS: Pattern = Pattern::new(
    r#"^\s*"?((?:\w{1,30}_)?(?:addr|address|bind|listen|host|ip|inet))"?\s*[:=]\s*["']?((?:(0\.0\.0\.0|\[::\])|127\.0\.0\.1|localhost|\[::1\])(?::([1-9][0-9]{1,4}))?)["']?\s*,?\s*(?:#.*)?$"#,
);
static FOLDER: Pattern = Pattern::new(
    r#"^\s*"?(?:\w{1,30}_)?(?:upload|data|storage|store|cache|media|attachment|state)s?_?(?:path|dir|directory|folder|root)"?\s*[:=]\s*["']([\w./-]{1,80})["']|^\s*"?(?:path|dir|directory|folder)"?\s*[:=]\s*["'](\./[\w./-]{1,80})["']"#,
);
static SECRETS: LazyLock<Matcher> = LazyLock::new(|| Matcher::new(&SHARED.secrets.join("\n")));

/// Whether a file of this name may hold secrets.
pub fn is_secret(path: &str) -> bool {
    SECRETS.hides(path)
}

/// The file or folder that a text names, as seen from one of these folders; `None` where it names none, or a secret.
pub fn find(repo: &Repo, folders: &[&str], text: &str, line: &str) -> Option<String> {
    let text = text.rsplit_once('=').filter(|(key, _)| key.contains("rerun-if-changed")).map_or(text, |(_, path)| path);
    let text = match text.find(['*', '{', '?', '[', '%', '<', '$']) {
        Some(at) => text.get(..at)?.rsplit_once('/')?.0,
        None => text,
    };
    let is_path = |c: char| c.is_alphanumeric() || "._-/@+".contains(c);
    if text.is_empty() || text.starts_with(['/', '~']) || !text.chars().all(is_path) || !READS.is_match(line) {
        return None;
    }
    folders.iter().filter_map(|folder| there(repo, &resolve(folder, text)?)).find(|path| !SECRETS.hides(path))
}

/// What a source compiles in, by rows, of which the first that fits a text counts: paths of the repository, or [`Kind::Output`] where a step of the build has to make them.
/// `behind` gives the texts behind a call, with their lines.
pub fn embedded<'s>(
    repo: &Repo,
    rows: &[Embed],
    (file, package): (&str, &str),
    behind: impl Fn(&str) -> Vec<(Option<&'s str>, &'s str)>,
) -> Vec<Fact> {
    let (mut facts, mut taken) = (Vec::new(), Vec::new());
    for row in rows {
        let base = if row.from == From::File { parent(file) } else { package };
        for (text, line) in behind(&row.call) {
            // What is found without a name is looked for further up too.
            let is_named = text.is_some();
            let Some(text) = text.or(row.default.as_deref()).filter(|text| !taken.contains(&(text.to_string(), line)))
            else {
                continue;
            };
            taken.push((text.to_owned(), line));
            let text = text.trim_start_matches("$CARGO_MANIFEST_DIR").trim_start_matches('/');
            let Some(path) = resolve(base, text) else { continue };
            let above = || ancestors(base).filter_map(|folder| resolve(folder, text)).find(|path| repo.exists(path));
            let path = if is_named || repo.exists(&path) { path } else { above().unwrap_or(path) };
            let kind = if repo.exists(&path) { Kind::Input(path) } else { Kind::Output(path) };
            facts.push(Fact::new(kind, file, line, Strength::Stated));
        }
    }
    facts
}

/// The folders above a folder, the nearest first.
fn ancestors(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |folder| (!folder.is_empty()).then(|| parent(folder))).skip(1)
}

/// How variables of the environment take the place of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naming {
    /// What they begin with.
    pub prefix: Option<String>,
    /// What stands between their parts.
    pub separator: String,
}

impl Naming {
    /// The variable of a key in a section.
    fn variable(&self, section: &str, key: &str) -> String {
        let parts = self.prefix.as_deref().into_iter().chain(section.split('.')).chain([key]);
        let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        parts.join(&self.separator).to_ascii_uppercase()
    }
}

/// What a file of configuration, or the files in a folder of them, say: ports and addresses, but for those of other programs, and
/// folders that are written to.
pub fn settings(repo: &Repo, path: &str, naming: Option<&Naming>) -> Vec<Fact> {
    let files = repo.inside(path).chain(repo.has(path).then_some(path));
    let files = files.filter(|file| ENDINGS.iter().any(|ending| file.ends_with(&format!(".{ending}"))));
    let mut facts = Vec::new();
    for (file, text) in files.filter_map(|file| Some((file, repo.text(file)?))) {
        let mut section = "";
        for line in text.lines() {
            if !line.starts_with([' ', '\t']) && (line.starts_with('[') || line.trim_end().ends_with(':')) {
                section = line.trim().trim_matches(['[', ']', ':']);
            }
            let kind = setting(line, |key| naming.map(|naming| naming.variable(section, key)));
            let is_meant = |kind: &Kind| match kind {
                Kind::Writes(folder) => folder.strip_prefix("/app/").is_none_or(|folder| !repo.exists(folder)),
                _ => !SHARED.listen.others.is_match(section),
            };
            if let Some(kind) = kind.filter(is_meant) {
                facts.push(Fact::new(kind, file, line, Strength::Convention));
            }
        }
    }
    facts
}

/// What a line of configuration says.
fn setting(line: &str, variable: impl Fn(&str) -> Option<String>) -> Option<Kind> {
    if let Some(port) = SETTING.captures(line).and_then(|found| found[1].parse().ok()) {
        return Some(Kind::Port(port));
    }
    if let Some(found) = ADDRESS.captures(line).filter(|found| !SHARED.listen.others.is_match(&found[1])) {
        let host = if found.get(3).is_some() { Host::All } else { Host::Loopback };
        let port = found.get(4).and_then(|port| port.as_str().parse().ok());
        let value = found[2].to_owned();
        let variable = variable(&found[1]);
        return Some(Kind::Listens(Listens { host: Some(host), port, value, variable, flag: None }));
    }
    let found = FOLDER.captures(line)?;
    let folder = found.group()?;
    let folder = folder.as_str();
    let is_file = path::name(folder).contains('.') && !folder.ends_with('/');
    witness::placed(folder, "").filter(|_| !is_file).map(Kind::Writes)
}

fn there(repo: &Repo, path: &str) -> Option<String> {
    let is_source = |path: &str| path.is_empty() || SOURCES.iter().any(|own| path.split('/').any(|part| part == *own));
    if is_source(path) || path.ends_with(".rs") {
        return None;
    }
    let with_ending = || ENDINGS.iter().map(|ending| format!("{path}.{ending}")).find(|path| repo.has(path));
    if repo.exists(path) { Some(path.to_owned()) } else { with_ending() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configuration_names_ports() {
        let yaml = "application:\n  port: 8000\ndatabase:\n  port: 5432\n";
        let toml = "port = 9000\n[redis]\nport = 6379\n";
        let repo =
            Repo::from_list("x", [("config/base.yaml", yaml), ("app.toml", toml), ("config/a.txt", "port: 1000")]);
        let found =
            |path: &str| settings(&repo, path, None).into_iter().map(|fact| fact.kind.to_string()).collect::<Vec<_>>();
        assert_eq!((found("config"), found("app.toml")), (vec!["port 8000".to_owned()], vec!["port 9000".to_owned()]));
    }

    #[test]
    fn configuration_names_addresses_and_folders() {
        let toml = "[server]\naddress = \"127.0.0.1:8000\"\nupload_path = \"./upload\"\ndata_dir = \"/etc/x\"\ncache_path = \"a.db\"\n[database]\nhost = \"localhost\"\n[http]\nhost = \"0.0.0.0\"\n";
        let repo = Repo::from_list("x", [("config.toml", toml)]);
        let named = |prefix: Option<&str>| {
            let naming = Naming { prefix: prefix.map(str::to_owned), separator: "__".to_owned() };
            let shown = |fact: Fact| match fact.kind {
                Kind::Listens(found) => {
                    format!("{:?} {} {:?}", found.host, found.value, found.variable.unwrap_or_default())
                }
                kind => kind.to_string(),
            };
            settings(&repo, "config.toml", Some(&naming)).into_iter().map(shown).collect::<Vec<_>>()
        };
        let expected = [
            "Some(Loopback) 127.0.0.1:8000 \"SERVER__ADDRESS\"",
            "writes /app/upload",
            "Some(All) 0.0.0.0 \"HTTP__HOST\"",
        ];
        assert_eq!(named(None), expected);
        assert!(named(Some("app"))[0].contains("APP__SERVER__ADDRESS"));
        let text = "[channel]\ninet = \"[::1]:1491\"\n[store]\npath = \"./data/kv/\"\n[site]\npath = \"./pages\"\n";
        let repo = Repo::from_list("x", [("app.cfg", text), ("pages/a.html", "")]);
        let said: Vec<String> = settings(&repo, "app.cfg", None).iter().map(|fact| fact.kind.to_string()).collect();
        assert_eq!(said, ["listens by [::1]:1491", "writes /app/data/kv"]);
    }

    #[test]
    fn strings_name_files() {
        let files = ["static/a.css", "api/templates/a.html", "config/default.yaml", ".env", "src/main.rs", "docs/a.md"];
        let repo = Repo::from_list("x", files.map(|path| (path, "")));
        for (text, line, found) in [
            ("static", "ServeDir::new(\"static\")", Some("static")),
            ("./static/", "Files::new(\"/\", \"./static/\")", Some("static")),
            ("templates/**/*.html", "Tera::new(", Some("api/templates")),
            ("config/default", "File::with_name(", Some("config/default.yaml")),
            ("cargo:rerun-if-changed=static", "println!(\"cargo:rerun-if-changed", Some("static")),
            ("/static", "nest_service(\"/static\", ServeDir", None),
            ("docs", ".tag(\"docs\")", None),
            (".env", "dotenv::from_path(", None),
            ("src/main.rs", "read(", None),
            ("../static", "read(", Some("static")),
            ("../../static", "read(", None),
            ("gone", "read(", None),
        ] {
            assert_eq!(find(&repo, &["api", ""], text, line).as_deref(), found, "{text}");
        }
    }
}
