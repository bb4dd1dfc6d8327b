//! `dockgen update`.

use std::path::Path;

use serde_json::json;

use super::outlook::{self, Outlook, stopped};
use super::{UpdateArgs, many, print, project, settle};
use crate::ask::{self, Wanted};
use crate::changes::Manners;
use crate::error::{Error, Exit};
use crate::news;

/// Plans again, asks where somebody is there, and merges what is new into what is there.
///
/// # Errors
/// As for a draft; where nothing was generated yet; where something cannot be written.
pub fn run(args: &UpdateArgs) -> Result<Exit, Error> {
    print::colour(args.voice.color);
    let dir = &project::folder(args.dir.as_deref(), args.voice.quiet);
    if !settle::lock(dir)?.services().is_empty() {
        return many::update(args, dir);
    }
    let writes = !args.dry_run && !args.diff;
    if writes && !args.yes && ask::is_possible()? {
        return session(args, dir);
    }
    let hold = outlook::enter(dir, writes)?;
    let outlook = look(args, dir)?;
    if let Some(hold) = &hold {
        outlook.apply(hold)?;
    }
    if args.json {
        json(&outlook, writes)?;
    } else if args.diff {
        print::coloured(&outlook.changes.iter().map(|change| print::diff(&change.diff())).collect::<String>())?;
    } else {
        tell(args, &outlook);
        if !args.voice.quiet {
            outlook.warn();
            print::changes(&outlook.changes, writes);
        }
    }
    Ok(settle::exit(&outlook.changes))
}

/// Shows what would be written, asks once, and writes that.
fn session(args: &UpdateArgs, dir: &Path) -> Result<Exit, Error> {
    drop(outlook::hold(dir)?);
    let shown = look(args, dir)?;
    tell(args, &shown);
    if shown.consent(false)? != Wanted::Write {
        return Ok(stopped());
    }
    let hold = outlook::hold(dir)?;
    let now = shown.still(look(args, dir)?)?;
    now.apply(&hold)?;
    match args.json {
        true => json(&now, true)?,
        false if !args.voice.quiet => print::changes(&now.changes, true),
        false => {}
    }
    Ok(settle::exit(&now.changes))
}

fn look(args: &UpdateArgs, dir: &Path) -> Result<Outlook, Error> {
    let lock = settle::lock(dir)?;
    if lock.is_empty() && !args.adopt {
        return Err(Error::no("nothing was generated here yet: there is no `dockgen.lock`")
            .hint("`dockgen init` writes the files; `dockgen update --adopt` takes in what is there"));
    }
    let manners = Manners { restore: args.restore, adopt: args.adopt, ..Manners::default() };
    let mut outlook = Outlook::of(dir, lock, &args.wishes.wishes(), manners)?;
    if !args.only.is_empty() {
        outlook.changes.retain(|change| args.only.iter().any(|only| only.is(change.role)));
    }
    settle::proven(&outlook.draft, args.strict)?;
    settle::guard(&outlook.repo, &outlook.draft, &outlook.changes)?;
    if outlook.lock.has_conflict() {
        let warning = "`dockgen.lock` has a merge conflict: one side was taken, and the files are drawn anew";
        outlook.draft.plan.warnings.push(warning.to_owned());
    }
    Ok(outlook)
}

/// What changed in the repository, where that changes a file; another program to start also where nothing else is said.
fn tell(args: &UpdateArgs, outlook: &Outlook) {
    let news = match args.voice.quiet {
        true if outlook.is_quiet() => Vec::new(),
        true => news::started(outlook.lock.noted(), &outlook.draft),
        false => outlook.news(),
    };
    news.iter().for_each(|sentence| print::say(&print::printable(sentence)));
}

fn json(outlook: &Outlook, wrote: bool) -> Result<(), Error> {
    let warnings = &outlook.draft.plan.warnings;
    let (open, found) = (outlook.draft.plan.unproven(), outlook.found());
    print::json(json!({
        "news": outlook.news(),
        "warnings": warnings,
        "not_proven": open,
        "findings": found,
        "changes": outlook.changes,
        "wrote": wrote,
    }))
}
