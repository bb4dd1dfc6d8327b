//! Which services are meant.

use super::{Choice, search};
use crate::ask;
use crate::cli::outlook::Outlook;
use crate::cli::{InitArgs, print, settle};
use crate::error::{Error, Exit};
use crate::language;
use crate::lock::Lock;
use crate::path::shown;
use crate::repo::Repo;
use crate::services::{Doubt, Found, Search};
use crate::wishes::Wishes;

/// What `dockgen init` was asked for where that is about several services.
pub fn asked(args: &InitArgs) -> Result<Option<Choice>, Error> {
    let is_known = !settle::lock(&args.dir)?.services().is_empty();
    Ok(match (args.all, args.service.is_empty()) {
        (true, _) => Some(Choice::All),
        (_, false) => Some(Choice::Named(args.service.clone())),
        _ => is_known.then_some(Choice::Certain),
    })
}

/// The services of a folder that holds several and is none itself, as the draft of the whole, or why there is none, tells.
///
/// # Errors
/// As for a search.
pub fn several(
    args: &InitArgs,
    asked: &Wishes,
    whole: Result<&Outlook, &Error>,
) -> Result<Option<(Repo, Search)>, Error> {
    let is_single = asked.entry.is_some() || asked.lang.is_some();
    let doubt = whole.map_or(None, |outlook| Doubt::of(&outlook.draft, &outlook.repo));
    let may_be = match whole {
        Ok(outlook) => outlook.lock.is_empty() && doubt.is_some(),
        Err(error) => error.exit == Exit::No,
    };
    if is_single || !may_be || !settle::lock(&args.dir)?.is_empty() {
        return Ok(None);
    }
    let is_below = |(folder, _): &(&str, _)| !folder.is_empty();
    if whole.is_err() && language::signed(&Repo::open(&args.dir)?).into_iter().filter(is_below).count() < 2 {
        return Ok(None);
    }
    let (repo, search) = search(&args.dir, asked, &settle::standing(&args.dir)?, &Lock::default())?;
    let are_several = doubt.map_or(search.certain().count() > 1, |doubt| doubt.holds(&search));
    Ok(are_several.then_some((repo, search)))
}

/// Lets a person tick the services; those that are certain are ticked.
pub fn ticked(
    args: &InitArgs,
    asked: &Wishes,
    choice: Choice,
    searched: Option<(Repo, Search)>,
) -> Result<Choice, Error> {
    if choice != Choice::Certain {
        return Ok(choice);
    }
    let look = || search(&args.dir, asked, &settle::standing(&args.dir)?, &settle::lock(&args.dir)?);
    let (_, Search { services, .. }) = searched.map_or_else(look, Ok)?;
    let label = |found: &Found| {
        let (name, folder) = (&found.known.name, found.folder());
        print::printable(&format!("{name} {} ({}): {}", shown(&folder), found.described(), found.why))
    };
    let labels: Vec<String> = services.iter().map(label).collect();
    let certain: Vec<usize> =
        (0..services.len()).filter(|at| services.get(*at).is_some_and(|it| it.is_certain)).collect();
    let chosen = ask::several("Which services?", &labels, &certain)?;
    let names = chosen.into_iter().filter_map(|at| services.get(at)).map(|found| found.known.name.clone());
    Ok(Choice::Named(names.collect()))
}

/// Refuses names of no service.
pub fn unknown(choice: &Choice, services: &[Found]) -> Result<(), Error> {
    let Choice::Named(names) = choice else { return Ok(()) };
    let known: Vec<&str> = services.iter().map(|found| found.known.name.as_str()).collect();
    let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) else { return Ok(()) };
    let error = Error::no(format!("`--service {name}`: there is no such service"));
    Err(match known.is_empty() {
        true => error.hint("no folder of this repository has one"),
        false => error.hint(format!("there is {}", known.join(", "))),
    })
}
