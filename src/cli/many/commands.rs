//! The commands, for several services.

use std::path::Path;

use super::choose::{ticked, unknown};
use super::tell;
use super::{Choice, Many, Part, Wanting, search};
use crate::ask::{self, Wanted};
use crate::changes::{Change, Fate, Manners};
use crate::cli::print::{self, DIM};
use crate::cli::{CheckArgs, ExplainArgs, InitArgs, UpdateArgs, outlook, settle};
use crate::error::{Error, Exit};
use crate::lint::{Level, Reason};
use crate::lock;
use crate::path::{join, shown};
use crate::repo::Repo;
use crate::services::{Doubt, Found, Search};
use crate::wishes::Wishes;

/// `dockgen init` for several services.
///
/// # Errors
/// As for [`Many::of`], and where something cannot be written.
pub fn init(args: &InitArgs, asked: &Wishes, choice: Choice, searched: Option<(Repo, Search)>) -> Result<Exit, Error> {
    let writes = args.stdout.is_none() && !args.dry_run && !args.diff;
    let manners = Manners { force: args.force, restore: false, adopt: args.adopt };
    let wanting =
        |choice| Wanting { dir: &args.dir, asked, choice, manners, begins: true, strict: args.strict, judges: false };
    if writes && !args.yes && ask::is_possible()? {
        drop(outlook::hold(&args.dir)?);
        let choice = ticked(args, asked, choice, searched)?;
        return consented(&args.dir, args.voice.quiet, || Many::of(&wanting(&choice), None));
    }
    let hold = outlook::enter(&args.dir, writes)?;
    let many = Many::of(&wanting(&choice), searched)?;
    if let Some(printed) = args.stdout {
        let is_meant = |part: &&Part| match &choice {
            Choice::Named(names) => names.contains(&part.known.name),
            _ => true,
        };
        let meant: Vec<&Part> = many.parts.iter().filter(is_meant).collect();
        let [part] = meant.as_slice() else {
            return Err(Error::usage("`--stdout` prints one document, and there are several services")
                .hint("name the service: `--service NAME`"));
        };
        return outlook::document(&part.outlook.draft, printed);
    }
    if let Some(hold) = &hold {
        many.apply(hold)?;
    }
    match (args.json, args.diff) {
        (true, _) => print::json(many.json(hold.is_some()))?,
        (_, true) => print::coloured(&many.difference())?,
        _ if args.voice.quiet => {}
        _ => {
            many.tell();
            tell::finish(&args.dir, &many, hold.is_some());
        }
    }
    Ok(many.exit())
}

/// Shows what would be written, asks once, and writes that.
fn consented(dir: &Path, quiet: bool, look: impl Fn() -> Result<Many, Error>) -> Result<Exit, Error> {
    drop(outlook::hold(dir)?);
    let shown = look()?;
    shown.tell();
    let files = shown.files();
    for (path, text) in &files {
        print::say(&format!("  {path} {DIM}{} lines, {} bytes{DIM:#}", text.lines().count(), text.len()));
    }
    shown.warn();
    while !files.is_empty() {
        match ask::last(files.len(), false)? {
            Wanted::Difference => shown.changes().iter().for_each(|it| print::say(&print::diff(&it.diff()))),
            Wanted::Write => break,
            _ => return Ok(outlook::stopped()),
        }
    }
    let hold = outlook::hold(dir)?;
    let now = look()?;
    if now.files() != files {
        return Err(Error::no("the repository changed while you were asked; nothing was written")
            .hint("run it once more: it looks again"));
    }
    now.apply(&hold)?;
    if !quiet {
        print::changes(&now.changes(), true);
        tell::commands(dir, &now);
    }
    Ok(now.exit())
}

/// `dockgen update` for several services.
///
/// # Errors
/// As for [`Many::of`], and where something cannot be written.
pub fn update(args: &UpdateArgs, dir: &Path) -> Result<Exit, Error> {
    let writes = !args.dry_run && !args.diff;
    let asked = args.wishes.wishes();
    let manners = Manners { restore: args.restore, adopt: args.adopt, ..Manners::default() };
    let look = || {
        let choice = &Choice::Known;
        let strict = args.strict;
        let wanting = Wanting { dir, asked: &asked, choice, manners, begins: false, strict, judges: false };
        let mut many = Many::of(&wanting, None)?;
        if !args.only.is_empty() {
            let is_meant = |change: &Change| args.only.iter().any(|only| only.is(change.role));
            many.shared.retain(is_meant);
            many.parts.iter_mut().for_each(|part| part.outlook.changes.retain(is_meant));
        }
        Ok(many)
    };
    if writes && !args.yes && ask::is_possible()? {
        return consented(dir, args.voice.quiet, look);
    }
    let hold = outlook::enter(dir, writes)?;
    let many = look()?;
    if let Some(hold) = &hold {
        many.apply(hold)?;
    }
    match (args.json, args.diff) {
        (true, _) => print::json(many.json(writes))?,
        (_, true) => print::coloured(&many.difference())?,
        _ if args.voice.quiet => {}
        _ => {
            for part in &many.parts {
                for sentence in part.outlook.news() {
                    print::say(&print::printable(&format!("{}: {sentence}", part.known.name)));
                }
            }
            for (name, folder, why) in &many.others {
                let text = format!(
                    "{name}, `{}`, has no files: {why}; `dockgen init --service {name}` writes them",
                    shown(folder)
                );
                print::say(&print::printable(&text));
            }
            many.mourn();
            many.warn();
            print::changes(&many.changes(), writes);
        }
    }
    Ok(many.exit())
}

/// What `dockgen check` finds in several services.
///
/// # Errors
/// As for [`Many::of`].
pub fn check(args: &CheckArgs, dir: &Path) -> Result<Vec<Reason>, Error> {
    let (asked, choice, manners) = (&Wishes::default(), &Choice::Known, Manners::default());
    let wanting = Wanting { dir, asked, choice, manners, begins: false, strict: false, judges: true };
    let many = Many::of(&wanting, None)?;
    let mut reasons: Vec<Reason> = many.parts.iter().flat_map(|part| part.judged(args.strict)).collect();
    let is_stale = |change: &&Change| change.text.is_some() || change.fate == Fate::Away;
    reasons.extend(many.shared.iter().filter(is_stale).map(|change| {
        let mend = if change.fate == Fate::Away { "dockgen update --restore" } else { "dockgen update" };
        Reason::new("stale", &change.path, None, format!("`{mend}` writes it anew")).mended_by(mend)
    }));
    reasons.extend(many.gone.iter().map(|known| {
        let what = format!("the service `{}` is gone; `dockgen update` takes it out", known.name);
        Reason::new("stale", lock::PATH, None, what).mended_by("dockgen update")
    }));
    reasons.extend(many.others.iter().map(|(name, folder, why)| {
        let what = format!("the service `{name}` has no files: {why}; `dockgen init --service {name}` writes them");
        let reason = Reason::new("missing", &join(folder, "Dockerfile"), None, what);
        Reason { level: Level::Note, ..reason }
    }));
    Ok(reasons)
}

/// `dockgen explain` of a folder that holds several services: what they are; `None` where it holds none or is one.
///
/// # Errors
/// As for a search; where a name is none of a service.
pub fn explain(args: &ExplainArgs, dir: &Path, doubt: Option<Doubt>) -> Result<Option<Exit>, Error> {
    let lock = settle::lock(dir)?;
    let standing = settle::standing(dir)?;
    let asked = args.wishes.wishes();
    let (_, search) = search(dir, &asked, &standing, &lock)?;
    if let Some(name) = &args.service {
        unknown(&Choice::Named(vec![name.clone()]), &search.services)?;
        let found = search.services.iter().find(|found| found.known.name == *name);
        let text = |found: &Found| crate::explain::text(&found.draft, &[]);
        match (found, args.json) {
            (Some(found), true) => print::json(crate::explain::json(&found.draft, &[]))?,
            (found, _) => print::product(&print::printable(&found.map_or_else(String::new, text)))?,
        }
        return Ok(Some(Exit::Done));
    }
    let are_several = doubt.map_or(search.certain().count() > 1, |doubt| doubt.holds(&search));
    if lock.services().is_empty() && !are_several {
        return Ok(None);
    }
    match args.json {
        true => print::json(tell::listed(&search))?,
        false => print::product(&print::printable(&tell::list(&search)))?,
    }
    Ok(Some(Exit::Done))
}
