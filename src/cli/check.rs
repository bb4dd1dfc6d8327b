//! `dockgen check`.

use std::path::Path;

use serde_json::json;

use super::findings::Folder;
use super::outlook::{self, Outlook};
use super::{CheckArgs, Format, many, print, project, settle};
use crate::changes::Manners;
use crate::disk;
use crate::error::{Error, Exit};
use crate::judge;
use crate::lint::{Level, Reason};
use crate::lock::Lock;
use crate::repo::Repo;
use crate::service::{Role, Service};
use crate::wishes::Wishes;

/// Says why the files are stale or break a rule; writes nothing. A Dockerfile of somebody else's is judged also where dockgen
/// could not write one.
///
/// # Errors
/// As for a draft.
pub fn run(args: &CheckArgs) -> Result<Exit, Error> {
    print::colour(args.voice.color);
    let dir = &project::folder(args.dir.as_deref(), args.voice.quiet);
    disk::look(dir)?;
    let lock = settle::lock(dir)?;
    if !lock.services().is_empty() {
        let reasons = many::check(args, dir)?;
        speak(args, dir, &reasons)?;
        return Ok(exit(&reasons));
    }
    let (service, mut texts) = (Service::default(), Vec::new());
    for role in [Role::Dockerfile, Role::Ignore, Role::OwnIgnore, Role::Workflow] {
        texts.push((role, disk::today(dir, &service.path(role))?));
    }
    let text = |role: Role| texts.iter().find(|(of, _)| *of == role)?.1.as_deref();
    let is_theirs = lock.is_empty() && text(Role::Dockerfile).is_some();
    let reasons = match Outlook::of(dir, lock, &Wishes::default(), Manners::default()) {
        Ok(Outlook { repo, draft, lock, changes, .. }) => {
            outlook::whole(&repo)?;
            let refused = settle::guard(&repo, &draft, &changes).err();
            let mut reasons = judge::states(&changes, &lock, &draft, refused.as_ref());
            reasons.extend(judge::written(&service, &repo, Some(&draft), &lock, text));
            let is_own = lock.base(&service.path(Role::Dockerfile)).is_some();
            reasons.extend(is_own.then(|| judge::not_proven(&draft, args.strict)).into_iter().flatten());
            reasons
        }
        Err(error) if is_theirs && error.exit == Exit::No => {
            let repo = Repo::open(dir)?;
            outlook::whole(&repo)?;
            judge::written(&service, &repo, None, &Lock::default(), text)
        }
        Err(error) => return Err(error),
    };
    speak(args, dir, &reasons)?;
    Ok(exit(&reasons))
}

fn exit(reasons: &[Reason]) -> Exit {
    if reasons.iter().all(|reason| reason.level == Level::Note) { Exit::Done } else { Exit::No }
}

fn speak(args: &CheckArgs, dir: &Path, reasons: &[Reason]) -> Result<(), Error> {
    match args.format {
        _ if args.json => print::json(json!({ "reasons": reasons })),
        Format::Json => print::json(json!({ "reasons": reasons })),
        Format::Sarif => print::product(&format!("{:#}\n", Folder::of(dir)?.sarif(reasons))),
        Format::Github => {
            let folder = Folder::of(dir)?;
            print::product(&reasons.iter().map(|reason| folder.annotation(reason)).collect::<String>())
        }
        Format::Text => {
            print::product(
                &reasons.iter().map(|it| print::printable(&format!("{}\n", print::line(it)))).collect::<String>(),
            )?;
            if !args.voice.quiet {
                print::say(&judge::summary(reasons));
            }
            Ok(())
        }
    }
}
