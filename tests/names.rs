//! Hostile names at every place where a fixture has a name: each is refused with the name, or the documents say what they
//! say with a harmless name, and nothing else.
//!
//! With `DOCKGEN_PARSE_DOCKERFILES` the program of `.ci/parse-dockerfiles` reads the documents, with BuildKit's parser, and
//! every name stands at every place, which takes two minutes. Without, each fixture gets four names at each of two places.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests read the fixtures, start the judge, and say how many names there were"
)]

#[path = "support/reading.rs"]
mod reading;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use dockgen::dockerignore::Matcher;
use dockgen::repo::Repo;
use dockgen::values::slug;
use dockgen::wishes::Wishes;
use dockgen::{Document, Draft};
use reading::Instruction;
use regex::Regex;
use serde::{Deserialize, Serialize};

/// Every one has the letters `zq`, which no fixture has, so that a piece of one is seen wherever it comes out.
const HOSTILE: [&str; 31] = [
    "zq,from=PWNED",
    "--from=zq",
    "-zq",
    "zq a",
    " zq",
    "zq ",
    "zq=b",
    "zq\"b",
    "zq'b",
    "zq\\b",
    "zq\\",
    "zq$(x)",
    "zq$X",
    "zq${X}",
    "#zq",
    "!zq",
    "zq*b",
    "[zq]",
    "zq?b",
    "zq:b",
    "<<zq",
    "zq;x&&y",
    "zq`x`",
    "zq...",
    "${{ zq }}",
    "zq\u{202e}b",
    "zq\u{2028}b",
    "zq\nRUN b",
    "zq\tb",
    "zqé😀",
    "zq|b>c",
];

const HARMLESS: &str = "zqplain";

/// Files of a repository, by path.
type Files = BTreeMap<String, String>;

/// A place where a fixture has a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Site {
    /// A folder or a file.
    Path(String),
    /// A word of manifests: the name of a package, a module, a profile.
    Word(String),
}

#[test]
fn hostile_names_stay_names() {
    let fixtures = fixtures();
    let next = AtomicUsize::new(0);
    let found: Vec<Outcomes> = std::thread::scope(|scope| {
        let work = || {
            let mut outcomes = Outcomes::default();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some((fixture, files)) = fixtures.get(index) else { return outcomes };
                let sites: Vec<Site> = sites(files).into_iter().collect();
                if judge().is_some() {
                    sites.iter().for_each(|site| outcomes.judge(fixture, files, site, &HOSTILE));
                    continue;
                }
                for turn in [index * 2, index * 2 + 1] {
                    let names: Vec<&str> = HOSTILE.into_iter().cycle().skip(turn * 4 % HOSTILE.len()).take(4).collect();
                    outcomes.judge(fixture, files, &sites[turn * 7 % sites.len()], &names);
                }
            }
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
    });
    let sum = |of: fn(&Outcomes) -> usize| found.iter().map(of).sum::<usize>();
    let (same, refused, other) = (sum(|all| all.same), sum(|all| all.refused), sum(|all| all.other));
    let faults: Vec<&String> = found.iter().flat_map(|all| &all.faults).collect();
    println!("{same} the same, {refused} refused, {other} decided otherwise, {} faults", faults.len());
    assert!(faults.is_empty(), "{}", faults.iter().take(20).map(|fault| fault.as_str()).collect::<Vec<_>>().join("\n"));
    assert!(same > 3 * other && refused > 0, "most names change nothing but the name");
}

/// What came of the names.
#[derive(Default)]
struct Outcomes {
    same: usize,
    refused: usize,
    /// The name is read in another way by the files that hold it, so something else was decided; it stayed whole.
    other: usize,
    faults: Vec<String>,
}

impl Outcomes {
    fn judge(&mut self, fixture: &str, files: &Files, site: &Site, names: &[&str]) {
        let names = std::iter::once(HARMLESS).chain(names.iter().copied());
        let drafts: Vec<_> = names.clone().map(|name| drafted(fixture, &renamed(files, site, name))).collect();
        let readings =
            read(drafts.iter().filter_map(|draft| draft.as_ref().ok()).map(|(draft, paths)| asked(draft, paths)));
        let mut readings = readings.into_iter();
        let mut harmless = None;
        for (name, draft) in names.zip(drafts) {
            let at = format!("{fixture}, {site:?}, {name:?}");
            let outcome = match draft {
                Err(refusal) => Err(refusal),
                Ok((draft, _)) => Ok((draft, readings.next().expect("one for each draft"))),
            };
            let Some(harmless) = &harmless else {
                harmless = Some(outcome.map(|(draft, reading)| exchanged(&draft, &reading, site, name)));
                continue;
            };
            match (outcome, harmless) {
                (Err(refusal), Ok(_)) if !names_it(&refusal, name) => self.faults.push(format!("{at}: {refusal}")),
                (Err(_), _) => self.refused += 1,
                (Ok((draft, reading)), harmless) => match exchanged(&draft, &reading, site, name) {
                    Err(fault) => self.faults.push(format!("{at}: {fault}\n{}", draft.documents[0].text)),
                    Ok(parts) if harmless.as_ref().is_ok_and(|harmless| harmless.as_ref() == Ok(&parts)) => {
                        self.same += 1
                    }
                    Ok(_) => self.other += 1,
                },
            }
        }
    }
}

/// What is said where files refer to nothing any more, as their own syntax reads the name in another way.
const LOST: [&str; 4] =
    ["nothing says how to start", "nothing here can be started", "no member of this workspace", "no manifest names"];

/// Whether a refusal quotes the name, as it is or with escapes, or says that nothing is referred to.
fn names_it(refusal: &str, name: &str) -> bool {
    let is_hidden = |c: char| dockgen::render::sinks::is_unseen(c);
    let escape = |c: char| if is_hidden(c) { c.escape_unicode().to_string() } else { c.to_string() };
    let escaped: String = name.chars().map(escape).collect();
    let seen: String = name.chars().filter(|c| !c.is_control()).collect();
    // A file of lines has such a name on two of them.
    let last_line = name.lines().last().unwrap_or(name);
    let shown =
        [name, last_line, &escaped, &name.escape_default().to_string(), &name.escape_debug().to_string(), &seen];
    shown.iter().any(|shown| refusal.contains(shown.trim())) || LOST.iter().any(|lost| refusal.contains(lost))
}

fn drafted(fixture: &str, files: &Files) -> Result<(Draft, Vec<String>), String> {
    let repo = Repo::from_list(fixture, files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let draft = dockgen::draft(&repo, &Wishes::default());
    draft
        .map(|draft| (draft, files.keys().cloned().collect()))
        .map_err(|error| format!("{error} {}", error.hint.clone().unwrap_or_default()))
}

/// Everything that the documents say, in an order that does not depend on names, with `NAME` where the name stands.
///
/// # Errors
/// Where a piece of the name stands alone, or where it is read as an option.
fn exchanged(draft: &Draft, reading: &Reading, site: &Site, name: &str) -> Result<BTreeSet<Vec<String>>, String> {
    if let Some(error) = &reading.error {
        return Err(error.clone());
    }
    // A manifest may read a part of a word as the name, and the image has that; commands are read as a shell reads them.
    let image = if matches!(site, Site::Word(_)) { draft.name.as_str() } else { HARMLESS };
    let is_word = shlex::try_quote(name).is_ok_and(|quoted| quoted == name);
    // Maven takes a backslash of a path for a slash.
    let as_path = if draft.language.id == "java" { name.replace('\\', "/") } else { name.to_owned() };
    // What Maven fills in only the build knows: a star stands for it.
    let filled = if draft.language.id == "java" { name.replace("${X}", "*") } else { name.to_owned() };
    let own = |text: &str| text.replace(image, "NAME").replace(&as_path, name).replace(&filled, name);
    let exchange = |text: &str| match exchange(&own(text), name) {
        Err(_) if text.starts_with("exec=") && !is_word => Ok(text.to_owned()),
        exchanged => exchanged,
    };
    let mut all = BTreeSet::new();
    for instruction in &reading.instructions {
        let mut parts = Vec::new();
        for (index, part) in instruction.iter().enumerate() {
            match part.strip_prefix("shell=") {
                None => parts.push(exchange(part)?),
                Some(command) => shell_words(command, name, &exchange, &mut parts)?,
            }
            // What follows `-m` is a module, whatever it begins with.
            let is_module = index.checked_sub(1).is_some_and(|before| instruction[before] == "exec=-m");
            if !is_module {
                option(part.strip_prefix("exec=").unwrap_or_default(), name)?;
            }
        }
        parts.sort();
        all.insert(parts);
    }
    let workflow = document(draft, ".github/workflows/docker.yml").unwrap_or_default();
    let value: serde_json::Value =
        serde_saphyr::from_str(workflow).map_err(|error| format!("the workflow: {error}"))?;
    all.insert(vec![exchange(&value.to_string())?]);
    all.insert(reading.hidden.iter().map(bool::to_string).collect());
    if draft
        .documents
        .iter()
        .any(|document| document.text.chars().any(|c| c != '\n' && dockgen::render::sinks::is_unseen(c)))
    {
        return Err("what is not seen stands in a document".to_owned());
    }
    Ok(all)
}

/// Puts `NAME` in place of the name.
type Exchange<'a> = dyn Fn(&str) -> Result<String, String> + 'a;

/// The words of a shell command, those of a script among them too.
fn shell_words(command: &str, name: &str, exchange: &Exchange, parts: &mut Vec<String>) -> Result<(), String> {
    let words = shlex::split(command).ok_or_else(|| format!("the shell cannot read {command}"))?;
    for (index, word) in words.iter().enumerate() {
        option(word, name)?;
        match index.checked_sub(1).and_then(|before| words.get(before)).is_some_and(|before| before == "-c") {
            true => shell_words(word, name, exchange, parts)?,
            false => parts.push(exchange(word)?),
        }
    }
    Ok(())
}

fn option(word: &str, name: &str) -> Result<(), String> {
    let is_option = name.starts_with('-') && word.starts_with(name);
    if is_option { Err(format!("{word} is an option")) } else { Ok(()) }
}

/// The text with `NAME` in place of the name, and of what is made of it for images, files and caches.
fn exchange(text: &str, name: &str) -> Result<String, String> {
    let json = serde_json::Value::from(name).to_string();
    let mut text = text.to_owned();
    for shown in [name, json.trim_matches('"'), &slug(name)] {
        text = text.replace(shown, "NAME");
    }
    if text.contains("zq") { Err(format!("a piece of the name stands in {text}")) } else { Ok(text) }
}

fn document<'a>(draft: &'a Draft, path: &str) -> Option<&'a str> {
    draft.documents.iter().find(|document| document.path == path).map(|Document { text, .. }| text.as_str())
}

// The judge ------------------------------------------------------------------------------------------------------------

/// What a judge reads.
#[derive(Serialize)]
struct Asked {
    dockerfile: String,
    dockerignore: String,
    paths: Vec<String>,
}

/// What it says.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Reading {
    instructions: Vec<Instruction>,
    /// Whether the .dockerignore hides each path.
    hidden: Vec<bool>,
    error: Option<String>,
}

fn asked(draft: &Draft, paths: &[String]) -> Asked {
    let text = |path: &str| document(draft, path).unwrap_or_default().to_owned();
    Asked { dockerfile: text("Dockerfile"), dockerignore: text(".dockerignore"), paths: paths.to_vec() }
}

fn read(asked: impl Iterator<Item = Asked>) -> Vec<Reading> {
    let asked: Vec<Asked> = asked.collect();
    let own: Vec<Reading> = asked.iter().map(own_reading).collect();
    let Some(program) = judge() else { return own };
    let mut judge = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    let question = serde_json::to_vec(&asked).expect("texts are JSON");
    let mut stdin = judge.stdin.take().expect("it is a pipe");
    let writer = std::thread::spawn(move || stdin.write_all(&question));
    let answer = judge.wait_with_output().expect("it answers");
    writer.join().expect("no panic").expect("it reads");
    let mut readings: Vec<Reading> = serde_json::from_slice(&answer.stdout).expect("it answers in JSON");
    for (own, reading) in own.iter().zip(&mut readings) {
        if own.instructions != reading.instructions || own.hidden != reading.hidden {
            let why = reading.error.take().unwrap_or_default();
            let hidden = (&own.hidden, &reading.hidden);
            reading.error =
                Some(format!("BuildKit reads {:?}, not {:?} {hidden:?} {why}", reading.instructions, own.instructions));
        }
    }
    readings
}

/// The program that judges.
fn judge() -> Option<String> {
    std::env::var("DOCKGEN_PARSE_DOCKERFILES").ok()
}

fn own_reading(asked: &Asked) -> Reading {
    let matcher = Matcher::new(&asked.dockerignore);
    match reading::read(&asked.dockerfile) {
        Err(error) => Reading { error: Some(error), ..Reading::default() },
        Ok(instructions) => {
            let hidden = asked.paths.iter().map(|path| matcher.hides(path)).collect();
            Reading { instructions, hidden, error: None }
        }
    }
}

#[test]
fn every_snapshot_is_read_alike() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots");
    let text = |name: &str, file: &str| std::fs::read_to_string(folder.join(name).join(file)).ok();
    let names = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let asked = names.filter_map(|name| {
        let paths = ["go.mod", "src/main.py", "README.md", "node_modules/a/b", ".env"].map(str::to_owned).to_vec();
        Some(Asked { dockerfile: text(&name, "Dockerfile")?, dockerignore: text(&name, ".dockerignore")?, paths })
    });
    for reading in read(asked) {
        assert_eq!(reading.error, None);
    }
}

// The names ------------------------------------------------------------------------------------------------------------

fn fixtures() -> Vec<(String, Files)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let names = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let read = |name: String| {
        let repo = Repo::open(&folder.join(&name)).unwrap();
        let files =
            repo.files().map(|path| (path.to_owned(), repo.text(path).unwrap_or_default().to_owned())).collect();
        (name, files)
    };
    let mut all: Vec<(String, Files)> = names.map(read).collect();
    all.sort();
    all
}

/// Texts above this are lock files, which name nothing of the repository's own.
const LARGE: usize = 20_000;

/// Names that manifests give.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?m)"name": "([^"]+)"|^module (?:\S*/)?([\w.-]+)$|<(?:artifactId|id|finalName|classifier|mainClass)>([\w.-]+)<|^name = "([^"]+)"|"main": "([^"]+)""#).unwrap()
});

fn sites(files: &Files) -> BTreeSet<Site> {
    let folders = files.keys().flat_map(|path| path.match_indices('/').map(|(at, _)| path[..at].to_owned()));
    let paths = folders.chain(files.keys().cloned()).map(Site::Path);
    let manifests = files.iter().filter(|(path, text)| is_manifest(path) && text.len() < LARGE);
    let words = manifests
        .flat_map(|(_, text)| NAMED.captures_iter(text))
        .filter_map(|found| found.iter().skip(1).flatten().next());
    paths.chain(words.map(|word| Site::Word(word.as_str().to_owned()))).collect()
}

fn is_manifest(path: &str) -> bool {
    let sources = ["go", "java", "kt", "js", "mjs", "ts", "tsx", "py", "html", "css"];
    !path.rsplit_once('.').is_some_and(|(_, end)| sources.contains(&end))
}

/// The files with another name at a place, and where the texts refer to it.
fn renamed(files: &Files, site: &Site, name: &str) -> Files {
    let (old, new, path) = match site {
        Site::Word(word) => (word.as_str(), name.to_owned(), ""),
        Site::Path(path) => {
            let last = path.rsplit('/').next().unwrap_or(path);
            let end = last.rfind('.').filter(|at| *at > 0 && files.contains_key(path)).map_or("", |at| &last[at..]);
            (last, format!("{name}{end}"), path.as_str())
        }
    };
    let folder = path.strip_suffix(old).unwrap_or_default();
    let place = |known: &String| match known
        .strip_prefix(path)
        .filter(|rest| !path.is_empty() && (rest.is_empty() || rest.starts_with('/')))
    {
        Some(rest) => format!("{folder}{new}{rest}"),
        None => known.clone(),
    };
    files.iter().map(|(known, text)| (place(known), referred(known, text, old, &new))).collect()
}

/// A text in which the old name is the new one, quoted as the file's syntax has it.
fn referred(path: &str, text: &str, old: &str, new: &str) -> String {
    if !text.contains(old) || text.len() > LARGE {
        return text.to_owned();
    }
    let json = serde_json::Value::from(new).to_string();
    let json = json.trim_matches('"').to_owned();
    let end = path.rsplit(['.', '/']).next().unwrap_or_default();
    let quoted = match end {
        "xml" => new.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
        "mod" | "work" => return go_words(text, old, &json),
        "txt" | "Procfile" | "cfg" | "in" => new.to_owned(),
        _ => json,
    };
    let is_edge = |c: Option<char>| c.is_none_or(|c| !(c.is_alphanumeric() || "_-".contains(c)));
    let is_literal = |c: Option<char>| c.is_some_and(|c| "/\"'`".contains(c));
    let mut out = String::new();
    let mut from = 0;
    for (at, _) in text.match_indices(old) {
        let (before, after) = (text[..at].chars().next_back(), text[at + old.len()..].chars().next());
        let is_element = end == "xml" && (before == Some('<') || text[..at].ends_with("</"));
        let edges = is_edge(before) && is_edge(after) && after != Some('.') && !is_element;
        if at >= from && edges && (is_manifest(path) || is_literal(before) || is_literal(after)) {
            out.push_str(&text[from..at]);
            // Who writes a command writes it so, or means an option.
            let is_command = before == Some('"') && after == Some(' ');
            let is_operand = new.starts_with('-') && (is_command || before.is_some_and(char::is_whitespace));
            out.push_str(if is_operand { "./" } else { "" });
            out.push_str(&quoted);
            from = at + old.len();
        }
    }
    out.push_str(&text[from..]);
    out
}

/// go.mod and go.work, whose words may be quoted.
fn go_words(text: &str, old: &str, new: &str) -> String {
    let word = |word: &str| match word.split('/').any(|part| part == old) {
        true => format!(
            "\"{}\"",
            word.split('/').map(|part| if part == old { new } else { part }).collect::<Vec<_>>().join("/")
        ),
        false => word.to_owned(),
    };
    text.lines().map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" ") + "\n").collect()
}
