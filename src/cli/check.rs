//! `dockgen check`.

use serde_json::json;

use super::findings::Folder;
use super::{CheckArgs, Format, Printed, print, settle};
use crate::changes::{Fate, Manners};
use crate::disk;
use crate::dockerignore::Matcher;
use crate::error::{Error, Exit};
use crate::facts::Kind;
use crate::lint::structure::{PATHS, Texts, structure};
use crate::lint::{self, Reason};
use crate::news;
use crate::repo::Repo;
use crate::{Draft, OWN_IGNORE};

/// Says why the files are stale or break a promise; writes nothing.
///
/// # Errors
/// As for a draft, and where nothing was generated yet.
pub fn run(args: &CheckArgs) -> Result<Exit, Error> {
    print::colour(args.voice.color);
    let repo = Repo::open(&args.dir)?;
    let lock = settle::lock(&args.dir)?;
    if lock.is_empty() {
        return Err(Error::no("nothing was generated here yet: there is no `dockgen.lock`")
            .hint("`dockgen init` writes the files"));
    }
    let draft = crate::draft(&repo, &settle::standing_wishes(&args.dir)?)?;
    let changes = settle::changes(&args.dir, &repo, &draft, &lock, Manners::default())?;
    let mut reasons = Vec::new();
    for change in &changes {
        let reason = |rule, message: &str| Reason {
            rule,
            file: change.path.to_owned(),
            line: None,
            message: message.to_owned(),
        };
        match change.fate {
            Fate::Replace | Fate::Merge | Fate::Conflict => {
                let news = news::since(lock.noted(), &draft);
                reasons.extend(news.iter().map(|sentence| reason("stale", sentence)));
                if news.is_empty() {
                    reasons.push(reason("stale", "this dockgen, or dockgen.toml, now says this differently"));
                }
            }
            Fate::Create => reasons.push(reason("missing", "it is not there; `dockgen update` writes it")),
            Fate::Away => reasons.push(reason("missing", &deleted(change.path))),
            Fate::Same | Fate::Foreign | Fate::Adopt | Fate::Held => {}
        }
    }
    reasons.extend(written(args, &repo, &draft)?);
    reasons.dedup();
    speak(args, &reasons)?;
    Ok(if reasons.is_empty() { Exit::Done } else { Exit::No })
}

/// What mends a deletion.
fn deleted(path: &str) -> String {
    let back = "it was deleted; `dockgen update --restore` brings it back";
    match path == Printed::Workflow.path() {
        true => format!("{back}, and `dockgen config set ci none` says that there shall be none"),
        false => back.to_owned(),
    }
}

/// What the files on the disk break, whoever wrote them.
fn written(args: &CheckArgs, repo: &Repo, draft: &Draft) -> Result<Vec<Reason>, Error> {
    let mut texts = [None, None, None];
    for (path, text) in PATHS.into_iter().zip(&mut texts) {
        *text = disk::today(&args.dir, path)?;
    }
    if let Some(own) = disk::today(&args.dir, OWN_IGNORE)? {
        texts[1] = Some(own);
    }
    let [dockerfile, dockerignore, workflow] = texts.each_ref().map(Option::as_deref);
    let mut reasons = structure(&Texts { dockerfile, dockerignore, workflow }, repo);
    if let Some(text) = dockerfile {
        reasons.extend(lint::promises("Dockerfile", text));
        let generated = draft.documents.iter().find(|document| document.path == "Dockerfile");
        let named = |text: &str, path: &str| text.contains(path);
        for fact in &draft.facts {
            if let Kind::Manifest(path) = &fact.kind
                && generated.is_some_and(|document| named(&document.text, path))
                && !named(text, path)
            {
                let message = format!("`{path}` decides about dependencies, and no step of the Dockerfile names it");
                reasons.push(Reason {
                    rule: "manifest-not-copied",
                    file: "Dockerfile".to_owned(),
                    line: None,
                    message,
                });
            }
        }
    }
    if let Some(text) = dockerignore {
        let matcher = Matcher::new(text);
        for path in draft.reads.iter().filter(|path| matcher.hides(path)) {
            let message = format!("it hides `{path}`, which the build reads");
            reasons.push(Reason { rule: "hidden-input", file: ".dockerignore".to_owned(), line: None, message });
        }
    }
    Ok(reasons)
}

fn speak(args: &CheckArgs, reasons: &[Reason]) -> Result<(), Error> {
    match args.format {
        Format::Json => print::product(&format!("{:#}\n", json!({ "schema": 1, "reasons": reasons }))),
        Format::Sarif => print::product(&format!("{:#}\n", Folder::of(&args.dir)?.sarif(reasons))),
        Format::Github => {
            let folder = Folder::of(&args.dir)?;
            print::product(&reasons.iter().map(|reason| folder.annotation(reason)).collect::<String>());
        }
        Format::Text => {
            for reason in reasons {
                print::product(&print::printable(&format!(
                    "{}: {} [{}]\n",
                    place(reason),
                    reason.message,
                    reason.rule
                )));
            }
            if reasons.is_empty() && !args.voice.quiet {
                print::say("the files are up to date and keep their promises");
            } else if !args.voice.quiet {
                print::say(&format!("{} found; `dockgen update` brings the files up to date", reasons.len()));
            }
        }
    }
    Ok(())
}

fn place(reason: &Reason) -> String {
    reason.line.map_or_else(|| reason.file.clone(), |line| format!("{}:{line}", reason.file))
}
