//! `dockgen update`.

use super::{UpdateArgs, print, settle};
use crate::changes::Manners;
use crate::disk;
use crate::error::{Error, Exit};
use crate::news;
use crate::repo::Repo;

/// Plans again and merges what is new into what is there.
///
/// # Errors
/// As for a draft; where nothing was generated yet; where something cannot be written.
pub fn run(args: &UpdateArgs) -> Result<Exit, Error> {
    print::colour(args.voice.color);
    let _alone = disk::alone(&args.dir);
    let repo = Repo::open(&args.dir)?;
    let lock = settle::lock(&args.dir)?;
    if lock.is_empty() && !args.adopt {
        return Err(Error::no("nothing was generated here yet: there is no `dockgen.lock`")
            .hint("`dockgen init` writes the files; `dockgen update --adopt` takes in what is there"));
    }
    let (asked, standing) = (args.wishes.wishes(), settle::standing_wishes(&args.dir)?);
    let draft = crate::draft(&repo, &asked.clone().or(standing.clone()))?;
    let manners = Manners { restore: args.restore, adopt: args.adopt, ..Manners::default() };
    let mut changes = settle::changes(&args.dir, &repo, &draft, &lock, manners)?;
    if !args.only.is_empty() {
        changes.retain(|change| args.only.iter().any(|only| only.is(change.path)));
    }
    settle::guard(&repo, &draft, &changes)?;
    let writes = !args.dry_run && !args.diff;
    if writes {
        let config = settle::kept(&args.dir, &asked, &standing)?;
        settle::apply(&args.dir, &changes, &lock, &draft, config.as_deref())?;
    }
    if args.diff {
        print::coloured(&changes.iter().map(|change| print::diff(&change.diff())).collect::<String>());
        return Ok(settle::exit(&changes));
    }
    let news = match (changes.iter().any(|change| change.text.is_some()), args.voice.quiet) {
        (false, _) => Vec::new(),
        (true, true) => news::started(lock.noted(), &draft),
        (true, false) => news::since(lock.noted(), &draft),
    };
    for sentence in &news {
        print::say(&print::printable(sentence));
    }
    if !args.voice.quiet {
        for warning in &draft.warnings {
            print::warning(warning);
        }
        print::changes(&changes, writes);
    }
    Ok(settle::exit(&changes))
}
