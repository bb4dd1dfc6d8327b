//! `dockgen init`.

use super::outlook::{self, Outlook};
use super::{InitArgs, Printed, print, settle};
use crate::changes::{Change, Manners};
use crate::disk::{self, Hold};
use crate::error::{Error, Exit};
use crate::facts::Strength;
use crate::plan::topic;
use crate::repo::Repo;
use crate::service::{Role, Service};
use crate::wishes::Wishes;
use crate::{Draft, ask};
use print::{DIM, GOOD};

/// Looks, decides, asks where somebody is there, and writes.
///
/// # Errors
/// As for a draft, and where something cannot be written.
pub fn run(args: &InitArgs) -> Result<Exit, Error> {
    print::colour(args.voice.color);
    let asked = args.wishes.wishes();
    let writes = args.stdout.is_none() && !args.dry_run && !args.diff;
    if writes && !args.yes && ask::is_possible()? {
        return session(args, asked);
    }
    let hold = outlook::enter(&args.dir, writes)?;
    if let Some(printed) = args.stdout {
        let standing = settle::standing_wishes(&args.dir)?;
        return stdout(&settle::draft(&Repo::open(&args.dir)?, &asked, &standing)?, printed);
    }
    finish(args, &look(args, &asked)?, hold.as_ref())
}

fn look(args: &InitArgs, asked: &Wishes) -> Result<Outlook, Error> {
    // Who asks for files where the Dockerfile was deleted starts over; a workflow that alone was deleted stays away.
    let restore = disk::today_or(&args.dir, &Service::default().path(Role::Dockerfile), args.force)?.is_none();
    let manners = Manners { force: args.force, restore, adopt: args.adopt };
    let outlook = Outlook::of(&args.dir, settle::lock(&args.dir)?, asked, manners)?;
    settle::guard(&outlook.repo, &outlook.draft, &outlook.changes)?;
    Ok(outlook)
}

/// Asks, shows what would be written, asks once more, and writes that. Nobody is kept waiting while a person thinks: what
/// was shown is compared with what is there when it is written.
fn session(args: &InitArgs, asked: Wishes) -> Result<Exit, Error> {
    drop(outlook::hold(&args.dir)?);
    let asked = answers(args, asked)?;
    let shown = look(args, &asked)?;
    let dockerfile = shown.changes.iter().find(|change| change.role == Role::Dockerfile);
    if let Some(text) = dockerfile.and_then(|change| change.text.as_deref()) {
        print::say(&format!("\n{}", print::dockerfile(text)));
    }
    if !shown.consent()? {
        return Ok(Exit::No);
    }
    let hold = outlook::hold(&args.dir)?;
    finish(args, &shown.still(look(args, &asked)?)?, Some(&hold))
}

/// Draws, asks what is only a guess, draws again with the answer, until nothing is left to ask.
fn answers(args: &InitArgs, mut asked: Wishes) -> Result<Wishes, Error> {
    let repo = Repo::open(&args.dir)?;
    let standing = settle::standing_wishes(&args.dir)?;
    let mut draft = settle::draft(&repo, &asked, &standing)?;
    print::say(&format!("{GOOD}{}{GOOD:#} {DIM}({}){DIM:#}", draft.name, draft.language.title));
    for decision in draft.plan.decisions.iter().filter(|decision| !decision.is_question()) {
        print::say(&print::printable(&format!("  {}: {}", decision.topic, decision.value)));
        print::wrapped("    ", DIM, &format!("{} {}", decision.reason, decision.evidence));
    }
    let mut done = Vec::new();
    while done.len() < ask::MOST_QUESTIONS {
        let open =
            draft.plan.decisions.iter().find(|decision| decision.is_question() && !done.contains(&decision.topic));
        let Some(decision) = open else { break };
        done.push(decision.topic);
        let answer = ask::question(decision)?;
        asked.answer(decision.topic, &answer).map_err(Error::usage)?;
        draft = settle::draft(&repo, &asked, &standing)?;
    }
    Ok(asked)
}

fn finish(args: &InitArgs, outlook: &Outlook, hold: Option<&Hold>) -> Result<Exit, Error> {
    if let Some(hold) = hold {
        outlook.apply(hold)?;
    }
    let Outlook { draft, changes, .. } = outlook;
    if args.json {
        print::json(json(draft, changes, hold.is_some()))?;
    } else if args.diff {
        print::coloured(&changes.iter().map(|change| print::diff(&change.diff())).collect::<String>())?;
    } else if !args.voice.quiet {
        tell(args, outlook, hold.is_some());
    }
    Ok(settle::exit(changes))
}

fn stdout(draft: &Draft, printed: Printed) -> Result<Exit, Error> {
    let document = draft.documents.iter().find(|document| document.role == printed.role());
    let document = document.ok_or_else(|| {
        Error::usage(format!("`{}` is not written with these wishes", draft.service.path(printed.role())))
    })?;
    print::product(&document.text)?;
    Ok(Exit::Done)
}

fn json(draft: &Draft, changes: &[Change], wrote: bool) -> serde_json::Value {
    let mut value = crate::explain::json(draft, &[]);
    if let Some(map) = value.as_object_mut() {
        map.insert("changes".to_owned(), serde_json::json!(changes));
        map.insert("wrote".to_owned(), wrote.into());
    }
    value
}

fn tell(args: &InitArgs, outlook: &Outlook, wrote: bool) {
    let Outlook { draft, changes, .. } = outlook;
    print::say(&format!("{} {DIM}({}){DIM:#}", draft.name, draft.language.title));
    for decision in &draft.plan.decisions {
        let guessed = decision.evidence.strength == Strength::Guess || decision.tie;
        if args.voice.verbose || guessed || decision.topic == topic::RUNTIME || decision.topic == topic::TOOLCHAIN {
            let mark = if guessed { " (a guess)" } else { "" };
            let text = format!("{}: {}{mark}, {}", decision.topic, decision.value, decision.reason);
            print::say(&format!("  {}", print::printable(&text)));
        }
    }
    outlook.warn();
    print::changes(changes, wrote);
    if wrote && changes.iter().any(|change| change.text.is_some()) {
        print::say(&format!("\nnext:\n  docker build -t {} .", draft.name));
        let port = draft.plan.decision(topic::PORT).filter(|decision| decision.value != "none");
        let publish = port.map_or_else(String::new, |port| format!("-p {0}:{0} ", port.value));
        print::say(&format!("  docker run --rm {publish}{}", draft.name));
    }
}
