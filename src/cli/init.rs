//! `dockgen init`.

use std::path::Path;

use super::{InitArgs, Printed, print};
use crate::changes::{Change, Fate, Manners, reconcile};
use crate::error::{Error, Exit};
use crate::facts::Strength;
use crate::lock::{self, Lock};
use crate::repo::Repo;
use crate::wishes::Wishes;
use crate::{Draft, ask, disk};
use print::{DIM, GOOD, WARN};

/// Looks, decides and writes. `wished`: called without the word `init`, which asks nothing.
///
/// # Errors
/// As for a draft, and where something cannot be written.
pub fn run(args: &InitArgs, wished: bool) -> Result<Exit, Error> {
    print::colour(args.voice.color);
    let repo = Repo::open(&args.dir)?;
    let mut wishes = args.wishes.wishes();
    let prints = args.stdout.is_some() || args.json || args.diff || args.dry_run;
    let asks = !wished && !args.yes && !prints && ask::is_possible();
    if asks {
        return session(args, &repo, &mut wishes);
    }
    finish(args, &crate::draft(&repo, &wishes)?, false)
}

/// Draws, asks what is only a guess, draws again with the answer, until nothing is left to ask.
fn session(args: &InitArgs, repo: &Repo, wishes: &mut Wishes) -> Result<Exit, Error> {
    let mut draft = crate::draft(repo, wishes)?;
    print::say(&format!("{GOOD}{}{GOOD:#} {DIM}({}){DIM:#}", draft.name, draft.language.title));
    for decision in draft.decisions.iter().filter(|decision| !decision.is_question()) {
        let text = format!("{}: {}, {}", decision.topic, decision.value, decision.reason);
        print::say(&format!(
            "  {} {DIM}{}{DIM:#}",
            print::printable(&text),
            print::printable(&decision.evidence.to_string())
        ));
    }
    let mut asked = Vec::new();
    while asked.len() < ask::MOST_QUESTIONS {
        let open = draft.decisions.iter().find(|decision| decision.is_question() && !asked.contains(&decision.topic));
        let Some(decision) = open else { break };
        asked.push(decision.topic);
        let answer = ask::question(decision)?;
        wishes.answer(decision.topic, &answer).map_err(Error::usage)?;
        draft = crate::draft(repo, wishes)?;
    }
    finish(args, &draft, true)
}

fn finish(args: &InitArgs, draft: &Draft, asks: bool) -> Result<Exit, Error> {
    if let Some(printed) = args.stdout {
        return stdout(draft, printed);
    }
    let mut lock = read_lock(&args.dir)?;
    let mut today = std::collections::BTreeMap::new();
    for document in &draft.documents {
        today.insert(document.path, disk::today(&args.dir, document.path)?);
    }
    let manners = Manners { force: args.force };
    let changes = reconcile(&draft.documents, &lock, |path| today.get(path).cloned().flatten(), manners);
    let writes = !args.dry_run && !args.diff;
    let touched = changes.iter().filter(|change| change.text.is_some()).count();
    if asks && touched > 0 {
        preview(&changes);
        if !ask::may_write(touched)? {
            print::say("nothing was written");
            return Ok(Exit::No);
        }
    }
    if writes {
        apply(&args.dir, &changes, &mut lock)?;
    }
    if args.json {
        print::product(&format!("{:#}\n", json(draft, &changes)));
    } else if args.diff {
        print::coloured(&changes.iter().map(|change| print::diff(&change.diff())).collect::<String>());
    } else if !args.voice.quiet {
        tell(args, draft, &changes, writes);
    }
    Ok(exit(&changes))
}

/// The Dockerfile with colours, and the sizes of everything that would be written.
fn preview(changes: &[Change]) {
    for change in changes {
        let Some(text) = &change.text else { continue };
        if change.path == "Dockerfile" {
            print::say(&format!("\n{}", print::dockerfile(text)));
        }
        print::say(&format!("  {} {DIM}{} lines, {} bytes{DIM:#}", change.path, text.lines().count(), text.len()));
    }
}

/// The lock beside the files; an absent one is empty.
fn read_lock(root: &Path) -> Result<Lock, Error> {
    disk::today(root, lock::PATH)?.map_or_else(|| Ok(Lock::default()), |text| Lock::parse(&text))
}

fn stdout(draft: &Draft, printed: Printed) -> Result<Exit, Error> {
    let path = match printed {
        Printed::Dockerfile => "Dockerfile",
        Printed::Dockerignore => ".dockerignore",
        Printed::Workflow => ".github/workflows/docker.yml",
    };
    let document = draft.documents.iter().find(|document| document.path == path);
    let document = document.ok_or_else(|| Error::usage(format!("`{path}` is not written with these wishes")))?;
    print::product(&document.text);
    Ok(Exit::Done)
}

fn apply(root: &Path, changes: &[Change], lock: &mut Lock) -> Result<(), Error> {
    let before = lock.clone();
    for change in changes.iter().filter(|change| change.fate != Fate::Foreign) {
        lock.set(change.path, &change.generated);
    }
    let text = lock.text();
    let mut files: Vec<(&str, &str)> =
        changes.iter().filter_map(|change| Some((change.path, change.text.as_deref()?))).collect();
    if *lock != before {
        files.push((lock::PATH, &text));
    }
    disk::write(root, &files)
}

fn exit(changes: &[Change]) -> Exit {
    let nothing = changes.iter().all(|change| matches!(change.fate, Fate::Foreign | Fate::Away));
    let conflict = changes.iter().any(|change| change.fate == Fate::Conflict);
    if nothing || conflict { Exit::No } else { Exit::Done }
}

fn json(draft: &Draft, changes: &[Change]) -> serde_json::Value {
    let mut value = crate::explain::json(draft);
    if let Some(map) = value.as_object_mut() {
        map.insert("changes".to_owned(), serde_json::json!(changes));
    }
    value
}

fn tell(args: &InitArgs, draft: &Draft, changes: &[Change], wrote: bool) {
    print::say(&format!("{} {DIM}({}){DIM:#}", draft.name, draft.language.title));
    for decision in &draft.decisions {
        let guessed = decision.evidence.strength == Strength::Guess || decision.tie;
        if args.voice.verbose || guessed || decision.topic == "runtime" || decision.topic == "toolchain" {
            let mark = if guessed { " (a guess)" } else { "" };
            let text = format!("{}: {}{mark}, {}", decision.topic, decision.value, decision.reason);
            print::say(&format!("  {}", print::printable(&text)));
        }
    }
    for warning in &draft.warnings {
        print::warning(warning);
    }
    for change in changes {
        let (style, word) = match (change.fate, wrote) {
            (Fate::Create, true) => (GOOD, "wrote"),
            (Fate::Create, false) => (GOOD, "would write"),
            (Fate::Replace, true) => (GOOD, "updated"),
            (Fate::Merge, true) => (GOOD, "merged into"),
            (Fate::Replace | Fate::Merge, false) => (GOOD, "would update"),
            (Fate::Same, _) => (DIM, "is up to date:"),
            (Fate::Conflict, _) => (WARN, "has conflicts to resolve:"),
            (Fate::Away, _) => (WARN, "was deleted and stays away:"),
            (Fate::Foreign, _) => (WARN, "left alone, not dockgen's (--force replaces it):"),
        };
        print::say(&format!("  {style}{word}{style:#} {}", change.path));
    }
    if wrote && changes.iter().any(|change| change.text.is_some()) {
        print::say(&format!("\nnext:\n  docker build -t {} .", draft.name));
        let port = draft.decisions.iter().find(|decision| decision.topic == "port" && decision.value != "none");
        let publish = port.map_or_else(String::new, |port| format!("-p {0}:{0} ", port.value));
        print::say(&format!("  docker run --rm {publish}{}", draft.name));
    }
}
