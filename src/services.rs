//! The services of a repository that has several: found by what its folders hold, each drafted for itself.

mod grounds;
pub mod members;
mod programs;
pub mod together;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::error::Error;
use crate::facts::Strength;
use crate::lock::{self, Lock};
use crate::path::{self, is_below, join};
use crate::plan::topic;
use crate::repo::Repo;
use crate::service::{Known, Role, Service, Sharing};
use crate::values::slug;
use crate::wishes::Wishes;
use crate::{Draft, draft_of, language, neighbours};
use grounds::Ground;
use programs::{Program, beside, programs};

/// One of the services.
pub struct Found {
    /// What it is known by.
    pub known: Known,
    /// The build context as a repository.
    pub repo: Repo,
    /// What would be written for it.
    pub draft: Draft,
    /// Why it is one, a clause.
    pub why: String,
    /// Whether it is written without being asked for.
    pub is_certain: bool,
}

impl Found {
    /// The folder that it lies in, from the top of the repository.
    pub fn folder(&self) -> String {
        self.known.folder()
    }

    /// Where its Dockerfile lies, from the top of the repository.
    pub fn dockerfile(&self) -> String {
        self.known.dockerfile()
    }

    /// The port that it serves on.
    pub fn port(&self) -> Option<&str> {
        port(&self.draft)
    }

    /// Its language and its port, for people.
    pub fn described(&self) -> String {
        let port = self.port().map_or_else(String::new, |port| format!(", port {port}"));
        format!("{}{port}", self.draft.language.title)
    }

    /// Whether something shows that it serves: a port that is only usual does not.
    pub fn serves(&self) -> bool {
        serves(&self.draft)
    }
}

fn port(draft: &Draft) -> Option<&str> {
    draft.plan.decision(topic::PORT).map(|decision| decision.value.as_str()).filter(|port| *port != "none")
}

fn serves(draft: &Draft) -> bool {
    port(draft).is_some() && draft.plan.decision(topic::PORT).is_some_and(|decision| !decision.is_guess())
}

fn is_started(draft: &Draft) -> bool {
    draft.plan.decision(topic::ENTRY).is_some_and(|it| it.evidence.strength >= Strength::Stated)
}

/// What a search found.
#[derive(Default)]
pub struct Search {
    /// The services, by the paths of their contexts.
    pub services: Vec<Found>,
    /// Folders that were passed over, and why.
    pub passed: Vec<(String, String)>,
}

impl Search {
    /// The services that are written without being asked for.
    pub fn certain(&self) -> impl Iterator<Item = &Found> {
        self.services.iter().filter(|found| found.is_certain)
    }
}

/// What a search goes by.
pub struct Asked<'a> {
    /// What was asked for of a service with this name, flags over its section over the rest of `dockgen.toml`.
    pub wishes: &'a dyn Fn(&str) -> Wishes,
    /// What was generated, and for which services.
    pub lock: &'a Lock,
    /// Whether a folder is a git repository of its own.
    pub is_foreign: &'a dyn Fn(&str) -> bool,
}

/// Why a folder that can be drafted as a whole may be several services all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Programs that are as likely lie in folders of their own.
    Programs,
    /// Manifests of several languages lie at its top.
    Languages,
    /// What lies at its top serves nobody, and nothing says that it is started.
    Idle,
}

impl Doubt {
    /// What speaks against one service.
    pub fn of(draft: &Draft, repo: &Repo) -> Option<Self> {
        match () {
            () if programs(draft, repo).iter().filter(|program| program.is_tied).count() > 1 => Some(Doubt::Programs),
            () if beside(draft).next().is_some() => Some(Doubt::Languages),
            () if !serves(draft) && !is_started(draft) => Some(Doubt::Idle),
            () => None,
        }
    }

    /// Whether what was found is several services indeed.
    pub fn holds(self, search: &Search) -> bool {
        let is_meant = |found: &&Found| match self {
            Doubt::Programs => found.serves(),
            Doubt::Languages => found.serves() && found.known.context.is_empty(),
            Doubt::Idle => !found.known.context.is_empty(),
        };
        search.certain().filter(is_meant).count() > 1
    }
}

/// Finds and drafts all services.
///
/// # Errors
/// Where a service that has files already cannot be drafted any more, though its folder is there.
pub fn find(repo: &Repo, asked: &Asked) -> Result<Search, Error> {
    let mut search = Search::default();
    let known = asked.lock.services();
    let grounds = grounds::grounds(repo, asked, &known, &mut search.passed);
    let mut standing: Vec<Candidate> = Vec::new();
    for ground in &grounds {
        match stand(repo, ground, asked, &known, &standing) {
            Ok(found) => standing.extend(found),
            Err(error) => {
                let gone = known.iter().find(|known| known.context == ground.folder);
                if let Some(known) = gone {
                    let what = format!("service `{}`: {}", known.name, error.what);
                    return Err(Error { what, ..error });
                }
                if !ground.folder.is_empty() || language::has_sign(repo, "") {
                    search.passed.push((ground.folder.clone(), error.what));
                }
            }
        }
    }
    let is_it = |it: &Candidate, folder: &str| it.folder() == folder || it.program.is_none() && it.home == folder;
    let idle = |folder: &&String| !standing.iter().any(|it| is_it(it, folder));
    for (folder, workspace) in grounds.iter().flat_map(|ground| ground.members.iter().map(|it| (it, &ground.folder))) {
        if idle(&folder) {
            let why = format!("a member of the workspace at `{}` that nothing starts", path::shown(workspace));
            search.passed.push((folder.clone(), why));
        }
    }
    let names = names(repo, &standing, &known);
    let apart: Vec<Vec<String>> = standing.iter().map(|candidate| apart(candidate, &standing)).collect();
    for ((candidate, name), apart) in standing.into_iter().zip(names).zip(apart) {
        let folder = candidate.folder();
        match found(candidate, name, apart, asked, &known) {
            Ok(found) => search.services.push(found),
            Err(error) => search.passed.push((folder, error.what)),
        }
    }
    search.passed.sort();
    Ok(search)
}

/// A service that is not named yet.
struct Candidate {
    context: String,
    program: Option<Program>,
    /// The language of that, where it is not the one that the context is drafted in.
    lang: Option<String>,
    /// The build context as a repository, with what the lock says of it.
    repo: Repo,
    /// The folder of what the draft of the context starts.
    home: String,
    /// The draft of the context, which is that of the service where it is the only one.
    draft: Rc<Draft>,
    /// What builds it already, a clause.
    named: Option<String>,
    /// The service that it lies in.
    outer: Option<String>,
}

impl Candidate {
    fn place(&self) -> &str {
        self.program.as_ref().map_or("", |program| &program.place)
    }

    fn folder(&self) -> String {
        join(&self.context, self.place())
    }

    /// Whether anything shows that it is one.
    fn is_likely(&self) -> bool {
        self.named.is_some() || serves(&self.draft) || is_started(&self.draft)
    }

    /// Whether it is one without a question, and why.
    fn certainty(&self, draft: &Draft) -> (bool, String) {
        let is_likely = self.program.as_ref().is_none_or(|program| program.is_tied);
        match (&self.named, &self.outer) {
            (None, None) if draft.doubt.is_some() => (false, draft.doubt.clone().unwrap_or_default()),
            (Some(why), _) => (true, why.clone()),
            (None, Some(outer)) => (false, format!("it lies in `{outer}`, which is a service itself")),
            (None, None) if serves(draft) => (is_likely, "it serves".to_owned()),
            (None, None) if is_started(draft) => (is_likely, "it is started".to_owned()),
            (None, None) => (false, "nothing shows that it serves".to_owned()),
        }
    }
}

/// The services of a folder.
fn stand(
    whole: &Repo,
    ground: &Ground,
    asked: &Asked,
    known: &[Known],
    above: &[Candidate],
) -> Result<Vec<Candidate>, Error> {
    let lock = asked.lock.below(&ground.folder);
    let part = whole.part(&ground.folder);
    let repo = if lock.is_empty() { part } else { part.with(lock::PATH, lock.text()) };
    let service = Service { sharing: Sharing::Beside, ..Service::default() };
    let name = known.iter().find(|known| known.context == ground.folder && known.program.is_none());
    let draft = Rc::new(draft_of(&repo, &service, &(asked.wishes)(name.map_or("", |known| &known.name)))?);
    let is_outer = |it: &&Candidate| is_below(&ground.folder, &it.context) && it.context != ground.folder;
    let outer = above.iter().find(|it| is_outer(it) && it.is_likely());
    if let Some(outer) = outer.filter(|outer| takes(outer, &ground.folder)) {
        return Err(Error::no(format!("the image of `{}` has it inside", path::shown(&outer.context))));
    }
    let (programs, home) = programs::split(&draft, &repo, &service);
    let home = join(&ground.folder, &home);
    let candidate = |(program, lang)| Candidate {
        home: home.clone(),
        context: ground.folder.clone(),
        program,
        lang,
        repo: repo.part(""),
        draft: Rc::clone(&draft),
        named: ground.named.clone(),
        outer: outer.map(Candidate::folder),
    };
    Ok(programs.into_iter().map(candidate).collect())
}

/// The folders in the context of a service that others are made from, in a context of their own or in another language.
fn apart(candidate: &Candidate, all: &[Candidate]) -> Vec<String> {
    let (context, own) = (&candidate.context, candidate.folder());
    let is_other = |other: &&Candidate| other.context != *context || other.lang != candidate.lang;
    let folders = all.iter().filter(is_other).map(Candidate::folder);
    let folders = folders.filter(|folder| folder != context && is_below(folder, context) && !is_below(&own, folder));
    folders
        .filter_map(|folder| Some(folder.strip_prefix(context.as_str())?.trim_start_matches('/').to_owned()))
        .collect()
}

/// Whether what is built in the context of a service reads a folder.
fn takes(outer: &Candidate, folder: &str) -> bool {
    let inner = folder.strip_prefix(&outer.context).unwrap_or(folder).trim_start_matches('/');
    let sources = neighbours::sources(outer.draft.text(Role::Dockerfile));
    sources.iter().any(|source| is_below(neighbours::plain(source), inner))
}

/// Names, each once: the folder's, and where others are called so, more of its path.
fn names(repo: &Repo, candidates: &[Candidate], known: &[Known]) -> Vec<String> {
    let program = |candidate: &Candidate| candidate.program.as_ref().map(|program| program.name.clone());
    let is_it = |it: &Known, candidate: &Candidate| it.context == candidate.context && it.program == program(candidate);
    let mut taken: BTreeSet<String> = known.iter().map(|it| it.name.clone()).collect();
    let short = |candidate: &Candidate| match candidate.folder().as_str() {
        "" => slug(repo.name()),
        folder => slug(path::name(folder)),
    };
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    candidates.iter().for_each(|candidate| *count.entry(short(candidate)).or_default() += 1);
    let mut name = |candidate: &Candidate| {
        if let Some(known) = known.iter().find(|it| is_it(it, candidate)) {
            return known.name.clone();
        }
        let (folder, short) = (candidate.folder(), short(candidate));
        let long = if folder.is_empty() { short.clone() } else { slug(&folder) };
        let first = if count.get(&short) == Some(&1) { short } else { long.clone() };
        let more = (2..).map(|number| format!("{long}-{number}"));
        let free = [first, long.clone()].into_iter().chain(more).find(|name| !taken.contains(name)).unwrap_or(long);
        taken.insert(free.clone());
        free
    };
    candidates.iter().map(&mut name).collect()
}

/// The service with its name, its place and the wishes for it. The draft of a context is taken where it is no other one.
fn found(
    candidate: Candidate,
    name: String,
    apart: Vec<String>,
    asked: &Asked,
    known: &[Known],
) -> Result<Found, Error> {
    let before = known.iter().find(|known| known.name == name);
    let mut service = before.map_or_else(|| placed(&candidate, &name), |known| known.service.clone());
    if service.is_shared() {
        service.apart = apart;
    }
    let program = candidate.program.as_ref().map(|program| program.name.clone());
    let mut wishes = (asked.wishes)(&name);
    wishes.entry = wishes.entry.or_else(|| program.clone());
    wishes.lang = wishes.lang.or_else(|| candidate.lang.clone());
    let is_same = candidate.draft.service == service && candidate.draft.wishes == wishes;
    let draft = match is_same {
        true => (*candidate.draft).clone(),
        false => draft_of(&candidate.repo, &service, &wishes)?,
    };
    let (is_certain, why) = candidate.certainty(&draft);
    let known = Known { name, context: candidate.context, program, lang: candidate.lang, service };
    Ok(Found { known, repo: candidate.repo, draft, why, is_certain })
}

/// Where the files of a new service lie.
fn placed(candidate: &Candidate, name: &str) -> Service {
    let Some(program) = &candidate.program else {
        return Service { sharing: Sharing::Beside, ..Service::default() };
    };
    let suffix = if program.place.is_empty() { format!(".{name}") } else { String::new() };
    Service { folder: program.place.clone(), sharing: Sharing::Shared(suffix), ..Service::default() }
}

#[cfg(test)]
mod tests;
