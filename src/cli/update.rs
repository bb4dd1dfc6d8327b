//! `dockgen update`.

use super::outlook::{self, Outlook};
use super::{UpdateArgs, print, settle};
use crate::changes::Manners;
use crate::error::{Error, Exit};
use crate::news;

/// Plans again and merges what is new into what is there.
///
/// # Errors
/// As for a draft; where nothing was generated yet; where something cannot be written.
pub fn run(args: &UpdateArgs) -> Result<Exit, Error> {
    print::colour(args.voice.color);
    let writes = !args.dry_run && !args.diff;
    let hold = outlook::enter(&args.dir, writes)?;
    let lock = settle::lock(&args.dir)?;
    if lock.is_empty() && !args.adopt {
        return Err(Error::no("nothing was generated here yet: there is no `dockgen.lock`")
            .hint("`dockgen init` writes the files; `dockgen update --adopt` takes in what is there"));
    }
    let manners = Manners { restore: args.restore, adopt: args.adopt, ..Manners::default() };
    let mut outlook = Outlook::of(&args.dir, lock, &args.wishes.wishes(), manners)?;
    if !args.only.is_empty() {
        outlook.changes.retain(|change| args.only.iter().any(|only| only.is(change.path)));
    }
    settle::guard(&outlook.repo, &outlook.draft, &outlook.changes)?;
    if let Some(hold) = &hold {
        outlook.apply(hold)?;
    }
    let Outlook { draft, lock, changes, .. } = &outlook;
    if args.diff {
        print::coloured(&changes.iter().map(|change| print::diff(&change.diff())).collect::<String>())?;
        return Ok(settle::exit(changes));
    }
    let news = match (changes.iter().any(|change| change.text.is_some()), args.voice.quiet) {
        (false, _) => Vec::new(),
        (true, true) => news::started(lock.noted(), draft),
        (true, false) => news::since(lock.noted(), draft),
    };
    for sentence in &news {
        print::say(&print::printable(sentence));
    }
    if !args.voice.quiet {
        for warning in &draft.warnings {
            print::warning(warning);
        }
        print::changes(changes, writes);
    }
    Ok(settle::exit(changes))
}
