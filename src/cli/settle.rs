//! From a draft to the disk: what `init` and `update` share.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Draft;
use crate::changes::{Change, Fate, Manners, planned, reconcile};
use crate::config::{self, Standing};
use crate::disk;
use crate::dockerignore::{self, Matcher};
use crate::error::{Error, Exit, typed};
use crate::judge;
use crate::lint::Reason;
use crate::lock::{self, Lock};
use crate::neighbours;
use crate::repo::Repo;
use crate::service::{Role, Service};
use crate::wishes::Wishes;
use crate::workflow;

/// The wishes of `dockgen.toml`; none where it is not there.
///
/// # Errors
/// Where it cannot be read.
pub fn standing_wishes(root: &Path) -> Result<Wishes, Error> {
    standing(root).map(|standing| standing.all)
}

/// The same with those for each of several services.
///
/// # Errors
/// Where it cannot be read.
pub fn standing(root: &Path) -> Result<Standing, Error> {
    disk::today(root, config::PATH)?.map_or_else(|| Ok(Standing::default()), |text| config::parse_all(&text))
}

/// The draft of what was asked for over what stands in `dockgen.toml`. A refusal of what stands there says so.
///
/// # Errors
/// As for [`crate::draft`].
pub fn draft(repo: &Repo, asked: &Wishes, standing: &Wishes) -> Result<Draft, Error> {
    crate::draft(repo, &asked.clone().or(standing.clone())).map_err(|error| {
        let said = asked.said();
        let standing = standing.said().into_iter().filter(|(key, _)| !said.iter().any(|(asked, _)| asked == key));
        standing.fold(error, |error, (key, value)| {
            let flag = format!("`--{key} {value}`");
            if !error.what.contains(&flag) {
                return error;
            }
            let what = error.what.replace(&flag, &format!("`{key} = {value}` of `{}`", config::PATH));
            let set = format!("`dockgen config set {key} ");
            let hint = error.hint.as_ref().map(|hint| hint.replace(&format!("`--{key} "), &set));
            Error { what, hint, ..error }
        })
    })
}

/// The lock beside the files; an absent one is empty. An ignore file that a person renamed, so that it counts for the
/// Dockerfile alone, is the same document.
///
/// # Errors
/// Where it is damaged.
pub fn lock(root: &Path) -> Result<Lock, Error> {
    let lock = disk::today(root, lock::PATH)?.map_or_else(|| Ok(Lock::default()), |text| Lock::parse(&text))?;
    let [usual, own] = [Role::Ignore, Role::OwnIgnore].map(|role| Service::default().path(role));
    let was_known = lock.base(&usual).is_some() && lock.base(&own).is_none();
    let is_moved = was_known && disk::today(root, &usual)?.is_none() && disk::today(root, &own)?.is_some();
    Ok(if is_moved { lock.moved(&usual, &own) } else { lock })
}

/// What would happen to each document, and to the ignore file beside what other people's files need; and the draft, which a
/// line of a person's may have changed.
///
/// # Errors
/// Where a file that is there cannot be read.
pub fn changes(
    root: &Path,
    repo: &Repo,
    draft: Draft,
    lock: &Lock,
    manners: Manners,
) -> Result<(Draft, Vec<Change>), Error> {
    let mut today = BTreeMap::new();
    let ignores = [Role::Ignore, Role::OwnIgnore].map(|role| draft.service.path(role));
    for path in draft.documents.iter().map(|document| document.path.clone()).chain(ignores) {
        let text = disk::today_or(root, &path, manners.force)?;
        today.insert(path, text);
    }
    let today = |path: &str| today.get(path).cloned().flatten();
    Ok(planned(draft, repo, lock, |draft| compared(repo, draft, lock, today, manners)))
}

fn compared(
    repo: &Repo,
    draft: &Draft,
    lock: &Lock,
    today: impl Fn(&str) -> Option<String>,
    manners: Manners,
) -> Vec<Change> {
    let (role, why) = ignore_file(repo, draft, lock, &today, manners);
    let mut documents = draft.documents.clone();
    for document in documents.iter_mut().filter(|document| document.role.is_ignore()) {
        (document.role, document.path) = (role, draft.service.path(role));
    }
    let mut changes = reconcile(&draft.service, &documents, lock, today, manners, repo);
    changes.iter_mut().filter(|change| change.role == role).for_each(|change| change.why.clone_from(&why));
    hold(repo, draft, lock, manners, &mut changes);
    changes
}

/// Where the ignore file goes, and why, where that is not the usual place.
fn ignore_file(
    repo: &Repo,
    draft: &Draft,
    lock: &Lock,
    today: impl Fn(&str) -> Option<String>,
    manners: Manners,
) -> (Role, Option<String>) {
    let [usual, own] = [Role::Ignore, Role::OwnIgnore].map(|role| draft.service.path(role));
    let is_known = |path: &str| lock.base(path).is_some();
    if draft.service.is_shared() || is_known(&own) || today(&own).is_some() {
        return (Role::OwnIgnore, None);
    }
    if is_known(&usual) {
        return (Role::Ignore, None);
    }
    let ours = draft.text(Role::Ignore);
    let why = match today(&usual).filter(|_| !manners.force) {
        // A list of what may enter takes the place of any other; a list of what may not would let in what theirs keeps out.
        Some(theirs) if dockerignore::allows(ours) => neighbours::missed(repo, draft, &theirs)
            .first()
            .map(|path| format!("`{usual}` is not dockgen's and hides `{path}`, which the build reads")),
        Some(_) => None,
        None => neighbours::hurt(repo, &draft.service, ours)
            .map(|hurt| format!("`{usual}` would hide `{}`, which `{}` copies", hurt.path, hurt.reader)),
    };
    (if why.is_some() { Role::OwnIgnore } else { Role::Ignore }, why)
}

/// Holds back what would change what other people's files do.
fn hold(repo: &Repo, draft: &Draft, lock: &Lock, manners: Manners, changes: &mut [Change]) {
    let file = draft.service.path(Role::Dockerfile);
    let dockerfile = changes.iter().find(|change| change.role == Role::Dockerfile);
    let foreign = dockerfile.is_some_and(|change| change.fate == Fate::Foreign);
    let adopted = dockerfile.filter(|change| change.fate == Fate::Adopt).and_then(|change| change.today.clone());
    let hidden = |ignore: &str| {
        let path = neighbours::hidden(repo, &Matcher::new(ignore), &neighbours::sources(adopted.as_deref()?));
        path.map(|path| format!("`{file}` copies `{path}`, which it would hide"))
    };
    for change in changes.iter_mut().filter(|change| change.fate == Fate::Create) {
        let why = match change.role {
            _ if foreign => Some(format!("`{file}` is not dockgen's, and what it builds stays as it is")),
            Role::Workflow if !repo.folder().is_empty() => Some(elsewhere(repo.folder())),
            Role::Workflow => {
                neighbours::publisher(repo, &draft.service).filter(|_| draft.wishes.ci.is_none()).map(|it| {
                    format!(
                        "`{}` publishes images already ({}); `--ci github` writes it all the same",
                        it.path, it.what
                    )
                })
            }
            Role::Ignore | Role::OwnIgnore if lock.holds(&change.path) && !manners.force => {
                Some(format!("`{file}` copies what it would hide"))
            }
            Role::Ignore | Role::OwnIgnore => hidden(&change.generated),
            Role::Dockerfile | Role::Bake => None,
        };
        if let Some(why) = why {
            change.hold(why);
        }
    }
}

/// Why the workflow of a folder is not written into it, and what to do.
pub fn elsewhere(folder: &str) -> String {
    let place = workflow::place(folder);
    let folder = typed(folder);
    format!(
        "GitHub reads workflows at the top of a git repository only; there, `dockgen init --stdout workflow {folder} > {place}` writes it"
    )
}

/// What breaks a rule in the files as they will be.
pub fn found(repo: &Repo, draft: &Draft, lock: &Lock, changes: &[Change]) -> Vec<Reason> {
    let mut lock = lock.clone();
    for change in changes.iter().filter(|change| change.fate == Fate::Adopt) {
        lock.set(&change.path, &change.generated);
    }
    judge::written(&draft.service, repo, Some(draft), &lock, |role| {
        let change = changes.iter().find(|change| change.role == role)?;
        change.text.as_deref().or(change.today.as_deref())
    })
}

/// Refuses to write a Dockerfile that cannot be built, since somebody else's ignore file hides what it reads.
///
/// # Errors
/// Names the file, its line and what it hides.
pub fn guard(repo: &Repo, draft: &Draft, changes: &[Change]) -> Result<(), Error> {
    let writes = changes.iter().any(|change| change.role == Role::Dockerfile && change.text.is_some());
    let is_theirs = |change: &&Change| matches!(change.fate, Fate::Foreign | Fate::Adopt) && change.role.is_ignore();
    let Some(theirs) = changes.iter().find(is_theirs).filter(|_| writes) else { return Ok(()) };
    let text = theirs.today.as_deref().unwrap_or_default();
    let paths = neighbours::missed(repo, draft, text);
    let Some(first) = paths.first() else { return Ok(()) };
    let line = dockerignore::hiding_line(text, first).unwrap_or_default();
    let lines: Vec<String> = paths.iter().map(|path| format!("`!{}`", dockerignore::literal(path))).collect();
    Err(Error::no(format!("line {line} of `{}` hides `{}`, which the build reads", theirs.path, paths.join("`, `")))
        .hint(format!("add {} at its end, or replace the file: `dockgen init --force`", lines.join(" and "))))
}

/// Refuses what is not proven, where no guesses are wanted.
///
/// # Errors
/// Names each guess, and what says otherwise.
pub fn proven(draft: &Draft, strict: bool) -> Result<(), Error> {
    let open: Vec<String> = draft.plan.unproven().iter().filter(|_| strict).map(ToString::to_string).collect();
    match open.is_empty() {
        true => Ok(()),
        false => Err(Error::no(format!("`--strict` takes no guesses: {}", open.join("; and "))).hint(
            "say what is right by flags or in `dockgen.toml`; without `--strict` dockgen's own answers are taken",
        )),
    }
}

/// The text of `dockgen.toml` with what was said by flags and answers, also where it is what dockgen would choose today;
/// `None` where it stays as it is.
///
/// # Errors
/// Where it cannot be read.
pub fn kept(root: &Path, asked: &Wishes, standing: &Wishes) -> Result<Option<String>, Error> {
    kept_in(root, "", asked, standing)
}

/// The same for a section of the file, whose name ends with a dot.
///
/// # Errors
/// Where it cannot be read.
pub fn kept_in(root: &Path, section: &str, asked: &Wishes, standing: &Wishes) -> Result<Option<String>, Error> {
    let before = disk::today(root, config::PATH)?.unwrap_or_else(config::head);
    let standing = standing.said();
    let mut text = before.clone();
    for said in asked.said().iter().filter(|said| !standing.contains(said)) {
        text = config::set(&text, &format!("{section}{}", said.0), &said.1)?;
    }
    Ok((text != before).then_some(text))
}

/// How a run over these changes ends.
pub fn exit(changes: &[Change]) -> Exit {
    let nothing = changes.iter().all(|change| matches!(change.fate, Fate::Foreign | Fate::Away | Fate::Held));
    let conflict = changes.iter().any(|change| change.fate == Fate::Conflict);
    if nothing || conflict { Exit::No } else { Exit::Done }
}
