//! Several services in one repository: one run looks for them all, and writes the files of each, or none.

mod choose;
mod commands;
mod tell;
mod whole;

use std::path::Path;

pub use choose::{asked, several};
pub use commands::{check, explain, init, update};

use super::outlook::{self, Outlook};
use super::settle;
use crate::changes::{Change, Fate, Manners};
use crate::config::{self, Standing};
use crate::disk::{self, Hold};
use crate::error::{Error, Exit};
use crate::judge;
use crate::lint::Reason;
use crate::lock::{self, Lock};
use crate::path::join;
use crate::repo::{self, Repo};
use crate::service::{Known, Role};
use crate::services::{self, Asked, Found, Search};
use crate::wishes::Wishes;

/// Which services are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// Those that have files already.
    Known,
    /// Those that are certain.
    Certain,
    /// All.
    All,
    /// Those with these names.
    Named(Vec<String>),
}

/// One service and what a run would do with it.
pub struct Part {
    known: Known,
    /// Its language and its port, for people.
    described: String,
    why: String,
    pub outlook: Outlook,
}

/// What a run would do with all of them.
pub struct Many {
    /// The services that are written.
    pub parts: Vec<Part>,
    /// Those that are not: each with its name, its folder and why it is one, or is none.
    others: Vec<(String, String, String)>,
    passed: Vec<(String, String)>,
    /// What they have together.
    shared: Vec<Change>,
    /// Those that had files and are not there any more.
    gone: Vec<Known>,
    /// What the whole repository has to say.
    warnings: Vec<String>,
    lock: Lock,
    config: Option<String>,
}

/// What was asked for, of which services.
pub struct Wanting<'a> {
    pub dir: &'a Path,
    pub asked: &'a Wishes,
    pub choice: &'a Choice,
    pub manners: Manners,
    /// Whether what was deleted comes back where the Dockerfile is gone too.
    pub begins: bool,
    pub strict: bool,
    /// Whether what keeps files from being written is a finding, and no refusal.
    pub judges: bool,
}

/// Looks for the services of a repository.
///
/// # Errors
/// Where a file cannot be read.
pub fn search(dir: &Path, asked: &Wishes, standing: &Standing, lock: &Lock) -> Result<(Repo, Search), Error> {
    let repo = Repo::in_git(dir)?;
    let wishes = |name: &str| {
        let own = standing.services.get(name).cloned().unwrap_or_default();
        asked.clone().or(own).or(standing.all.clone())
    };
    let top = repo::git_root(dir);
    let is_foreign = |folder: &str| repo::git_root(&dir.join(folder)) != top;
    let search = services::find(&repo, &Asked { wishes: &wishes, lock, is_foreign: &is_foreign })?;
    Ok((repo, search))
}

impl Many {
    /// Looks, where nobody has, decides and compares; writes nothing.
    ///
    /// # Errors
    /// As for a draft of each; where a name is none of a service.
    pub fn of(wanting: &Wanting, searched: Option<(Repo, Search)>) -> Result<Self, Error> {
        let lock = settle::lock(wanting.dir)?;
        let standing = settle::standing(wanting.dir)?;
        let known = lock.services();
        let look = || search(wanting.dir, wanting.asked, &standing, &lock);
        // What was found before the lock was taken counts where nothing was written since.
        let (repo, search) = searched.filter(|_| lock.is_empty()).map_or_else(look, Ok)?;
        if !lock.is_empty() {
            outlook::whole(&repo)?;
        }
        let Search { services, passed } = search;
        choose::unknown(wanting.choice, &services)?;
        let is_gone = |known: &&Known| !services.iter().any(|found| found.known.name == known.name);
        let gone: Vec<Known> = known.iter().filter(is_gone).cloned().collect();
        let mut warnings: Vec<String> = repo.gaps().map(|gap| format!("not looked at: {gap}")).collect();
        let sections = standing.services.keys().filter(|name| !services.iter().any(|it| it.known.name == **name));
        warnings.extend(sections.map(|name| format!("`{}`: there is no service `{name}`", config::PATH)));
        let is_meant = |found: &Found| {
            let is_known = known.iter().any(|known| known.name == found.known.name);
            is_known
                || match wanting.choice {
                    Choice::Known => false,
                    Choice::Certain => found.is_certain,
                    Choice::All => true,
                    Choice::Named(names) => names.contains(&found.known.name),
                }
        };
        let (meant, others): (Vec<Found>, Vec<Found>) = services.into_iter().partition(is_meant);
        let others = others.into_iter().map(|it| (it.known.name.clone(), it.folder(), it.why)).collect();
        let mut parts =
            meant.into_iter().map(|found| Part::of(wanting, found, &lock)).collect::<Result<Vec<_>, _>>()?;
        spare(&mut parts);
        let shared = whole::shared(wanting, &repo, &parts, &lock)?;
        let config = whole::kept(wanting, &standing)?;
        Ok(Many { parts, others, passed, shared, gone, warnings, lock, config })
    }

    /// The changes, with paths from the top of the repository.
    pub fn changes(&self) -> Vec<Change> {
        self.parts.iter().flat_map(Part::changes).chain(self.shared.iter().cloned()).collect()
    }

    /// How a run ends: that the last service went leaves nothing to write, and is done.
    fn exit(&self) -> Exit {
        if self.is_over() { Exit::Done } else { settle::exit(&self.changes()) }
    }

    /// Whether there were services, and are none any more.
    fn is_over(&self) -> bool {
        self.parts.is_empty() && !self.gone.is_empty()
    }

    /// Everything that would be written: paths and texts.
    fn files(&self) -> Vec<(String, String)> {
        let mut after = self.lock.clone();
        self.gone.iter().for_each(|known| after.forget(known));
        self.parts.iter().for_each(|part| after.take(&part.known, part.outlook.after()));
        let of = |part: &Part| {
            let context = part.known.context.clone();
            part.outlook.texts().map(|(path, text)| (join(&context, path), text)).collect::<Vec<_>>()
        };
        let mut files: Vec<(String, String)> = self.parts.iter().flat_map(of).collect();
        for change in &self.shared {
            let waits = change.fate == Fate::Conflict && change.text.is_none();
            if !waits && !matches!(change.fate, Fate::Held | Fate::Foreign) {
                after.set(&change.path, &change.generated);
            }
            files.extend(change.text.clone().map(|text| (change.path.clone(), text)));
        }
        if !after.has_same_documents(&self.lock) {
            files.push((lock::PATH.to_owned(), after.text()));
        }
        files.extend(self.config.clone().map(|text| (config::PATH.to_owned(), text)));
        files
    }

    fn apply(&self, hold: &Hold) -> Result<(), Error> {
        let files = self.files();
        hold.write(&files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect::<Vec<_>>())
    }
}

/// Takes back what a service says of a program that is written beside it.
fn spare(parts: &mut [Part]) {
    let written: Vec<Known> = parts.iter().map(|part| part.known.clone()).collect();
    for Part { known, outlook, .. } in parts {
        let beside = written.iter().filter(|other| other.context == known.context);
        beside.filter_map(|other| other.program.as_ref()).for_each(|program| outlook.draft.plan.has_own_image(program));
    }
}

impl Part {
    fn of(wanting: &Wanting, found: Found, lock: &Lock) -> Result<Self, Error> {
        let root = wanting.dir.join(&found.known.context);
        let lock = lock.part(&found.known);
        let dockerfile = found.draft.service.path(Role::Dockerfile);
        let force = wanting.manners.force;
        let restore = wanting.begins && disk::today_or(&root, &dockerfile, force)?.is_none();
        let manners = Manners { restore: wanting.manners.restore || restore, ..wanting.manners };
        let described = found.described();
        let named = |error: Error| Error { what: format!("service `{}`: {}", found.known.name, error.what), ..error };
        let (draft, changes) = settle::changes(&root, &found.repo, found.draft, &lock, manners).map_err(named)?;
        if !wanting.judges {
            settle::proven(&draft, wanting.strict).map_err(named)?;
            settle::guard(&found.repo, &draft, &changes).map_err(named)?;
        }
        let outlook = Outlook { repo: found.repo, draft, lock, changes, config: None };
        Ok(Part { known: found.known, described, why: found.why, outlook })
    }

    /// What is wrong with its files as they stand, with paths from the top of the repository.
    fn judged(&self, strict: bool) -> Vec<Reason> {
        let Outlook { repo, draft, lock, changes, .. } = &self.outlook;
        let refused = settle::guard(repo, draft, changes).err();
        let mut reasons = judge::states(changes, lock, draft, refused.as_ref());
        let text = |role: Role| changes.iter().find(|change| change.role == role)?.today.as_deref();
        reasons.extend(judge::written(&draft.service, repo, Some(draft), lock, text));
        if lock.base(&draft.service.path(Role::Dockerfile)).is_some() {
            reasons.extend(judge::not_proven(draft, strict));
        }
        self.at_top(reasons)
    }

    /// Findings with paths from the top of the repository.
    fn at_top(&self, mut reasons: Vec<Reason>) -> Vec<Reason> {
        reasons.iter_mut().for_each(|reason| reason.file = join(&self.known.context, &reason.file));
        reasons
    }

    /// Its changes, with paths from the top of the repository.
    fn changes(&self) -> Vec<Change> {
        let at_top = |change: &Change| Change { path: join(&self.known.context, &change.path), ..change.clone() };
        self.outlook.changes.iter().map(at_top).collect()
    }
}
