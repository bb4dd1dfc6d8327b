//! `dockgen init`.

use super::many::{self, Choice};
use super::outlook::{self, Outlook};
use super::{InitArgs, next, print, settle};
use crate::ask;
use crate::ask::{Theirs, Wanted};
use crate::changes::{Fate, Manners};
use crate::disk::{self, Hold};
use crate::error::{Error, Exit, typed};
use crate::plan::{Decision, topic};
use crate::repo::Repo;
use crate::service::{Role, Service};
use crate::wishes::Wishes;
use print::{DIM, GOOD};

/// Looks, decides, asks where somebody is there, and writes.
///
/// # Errors
/// As for a draft, and where something cannot be written.
pub fn run(args: &InitArgs) -> Result<Exit, Error> {
    print::colour(args.voice.color);
    let asked = args.wishes.wishes();
    let writes = args.stdout.is_none() && !args.dry_run && !args.diff;
    if let Some(choice) = many::asked(args)? {
        return many::init(args, &asked, choice, None);
    }
    if writes && !args.yes && ask::is_possible()? {
        let whole = seen(args, &asked, manners(args)?);
        return match many::several(args, &asked, whole.as_ref())? {
            Some(searched) => many::init(args, &asked, Choice::Certain, Some(searched)),
            None => session(args, asked),
        };
    }
    let hold = outlook::enter(&args.dir, writes)?;
    if let Some(printed) = args.stdout {
        let standing = settle::standing_wishes(&args.dir)?;
        let draft = settle::draft(&Repo::in_git(&args.dir)?, &asked, &standing)?;
        settle::proven(&draft, args.strict)?;
        return outlook::document(&draft, printed);
    }
    let whole = seen(args, &asked, manners(args)?);
    if let Some(searched) = many::several(args, &asked, whole.as_ref())? {
        drop(hold);
        return many::init(args, &asked, Choice::Certain, Some(searched));
    }
    finish(args, &vetted(args, whole?)?, hold.as_ref())
}

/// How what is there is met. Who asks for files where the Dockerfile was deleted starts over; a workflow that alone was deleted
/// stays away.
fn manners(args: &InitArgs) -> Result<Manners, Error> {
    let restore = disk::today_or(&args.dir, &Service::default().path(Role::Dockerfile), args.force)?.is_none();
    Ok(Manners { force: args.force, restore, adopt: args.adopt })
}

fn seen(args: &InitArgs, asked: &Wishes, manners: Manners) -> Result<Outlook, Error> {
    Outlook::of(&args.dir, settle::lock(&args.dir)?, asked, manners)
}

fn vetted(args: &InitArgs, outlook: Outlook) -> Result<Outlook, Error> {
    settle::proven(&outlook.draft, args.strict)?;
    settle::guard(&outlook.repo, &outlook.draft, &outlook.changes)?;
    Ok(outlook)
}

fn look(args: &InitArgs, asked: &Wishes, manners: Manners) -> Result<Outlook, Error> {
    vetted(args, seen(args, asked, manners)?)
}

/// Asks, names what would be written, asks once more, and writes that. Nobody is kept waiting while a person thinks: what
/// was shown is compared with what is there when it is written.
fn session(args: &InitArgs, asked: Wishes) -> Result<Exit, Error> {
    drop(outlook::hold(&args.dir)?);
    let manners = theirs(args, &asked)?;
    let mut asked = answers(args, asked)?;
    loop {
        let shown = look(args, &asked, manners)?;
        match shown.consent(true)? {
            Wanted::Change => asked = changed(args, &shown, asked)?,
            Wanted::Write => {
                let hold = outlook::hold(&args.dir)?;
                return finish(args, &shown.still(look(args, &asked, manners)?)?, Some(&hold));
            }
            _ => return Ok(outlook::stopped()),
        }
    }
}

/// Asks what becomes of files that are there and not dockgen's, where no flag says it.
fn theirs(args: &InitArgs, asked: &Wishes) -> Result<Manners, Error> {
    let manners = manners(args)?;
    let outlook = |manners| Outlook::of(&args.dir, settle::lock(&args.dir)?, asked, manners);
    let now = outlook(manners)?;
    let foreign = now.changes.iter().filter(|change| change.fate == Fate::Foreign);
    let paths: Vec<&str> = foreign.map(|change| change.path.as_str()).collect();
    while !paths.is_empty() {
        match ask::theirs(&paths)? {
            Theirs::Keep => break,
            Theirs::Adopt => return Ok(Manners { adopt: true, ..manners }),
            Theirs::Replace => return Ok(Manners { force: true, ..manners }),
            Theirs::Difference => outlook(Manners { force: true, ..manners })?.show(|path| paths.contains(&path)),
        }
    }
    Ok(manners)
}

/// Asks for one answer anew. Where no file follows from it, that is said, and the old one holds.
fn changed(args: &InitArgs, shown: &Outlook, asked: Wishes) -> Result<Wishes, Error> {
    let plan = &shown.draft.plan;
    // Beside a program its words are no answer to which one is started.
    let is_words = |decision: &Decision| decision.topic == topic::START && plan.decision(topic::ENTRY).is_some();
    let can = |decision: &&Decision| !is_words(decision) && Wishes::default().answer(decision.topic, "none").is_ok();
    let decisions: Vec<&Decision> = plan.decisions.iter().filter(can).collect();
    let labels: Vec<String> = decisions.iter().map(|it| format!("{}: {}", it.topic, it.value)).collect();
    let Some(decision) = decisions.get(ask::which(&labels)?) else { return Ok(asked) };
    let mut wishes = asked.clone();
    wishes.answer(decision.topic, &ask::question(decision)?).map_err(Error::usage)?;
    match answers(args, wishes) {
        Err(error) if error.exit != Exit::Interrupted => {
            print::error(&error);
            Ok(asked)
        }
        done => done,
    }
}

/// Draws, asks what is only a guess, draws again with the answer, until nothing is left to ask.
fn answers(args: &InitArgs, mut asked: Wishes) -> Result<Wishes, Error> {
    let repo = Repo::in_git(&args.dir)?;
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
    let changes = &outlook.changes;
    if args.json {
        print::json(json(outlook, hold.is_some()))?;
    } else if args.diff {
        print::coloured(&changes.iter().map(|change| print::diff(&change.diff())).collect::<String>())?;
    } else if !args.voice.quiet {
        tell(args, outlook, hold.is_some());
    }
    Ok(settle::exit(changes))
}

fn json(outlook: &Outlook, wrote: bool) -> serde_json::Value {
    let mut value = crate::explain::json(&outlook.draft, &[]);
    if let Some(map) = value.as_object_mut() {
        map.insert("findings".to_owned(), serde_json::json!(outlook.found()));
        map.insert("changes".to_owned(), serde_json::json!(outlook.changes));
        map.insert("wrote".to_owned(), wrote.into());
    }
    value
}

fn tell(args: &InitArgs, outlook: &Outlook, wrote: bool) {
    let Outlook { draft, changes, .. } = outlook;
    print::say(&format!("{} {DIM}({}){DIM:#}", draft.name, draft.language.title));
    for decision in &draft.plan.decisions {
        let is_told = decision.topic == topic::RUNTIME || decision.topic == topic::TOOLCHAIN;
        if args.voice.verbose || decision.is_guess() || is_told {
            let mark = if decision.is_guess() { " (a guess)" } else { "" };
            let text = format!("{}: {}{mark}, {}", decision.topic, decision.value, decision.reason);
            print::say(&format!("  {}", print::printable(&text)));
        }
    }
    outlook.warn();
    print::changes(changes, wrote);
    if wrote && changes.iter().any(|change| change.text.is_some()) {
        let folder = typed(&args.dir.to_string_lossy());
        print::say("\nnext:");
        for line in next::lines(&draft.name, &folder, &draft.plan.decisions) {
            print::say(&format!("  {}", print::printable(&line)));
        }
    }
}
