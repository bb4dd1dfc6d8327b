//! The services of a repository that has several: found by what its folders hold, each drafted for itself.

mod grounds;
pub mod members;
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
use grounds::{Ground, aside};

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

/// Whether the programs of a build context that are as likely lie in folders of their own: then it is no single service.
pub fn is_many(draft: &Draft, repo: &Repo) -> bool {
    programs(draft, repo).iter().filter(|program| program.is_tied).count() > 1
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
    let idle = |folder: &&String| !standing.iter().any(|it| it.folder() == **folder);
    for (folder, workspace) in grounds.iter().flat_map(|ground| ground.members.iter().map(|it| (it, &ground.folder))) {
        if idle(&folder) {
            let why = format!("a member of the workspace at `{}` that nothing starts", path::shown(workspace));
            search.passed.push((folder.clone(), why));
        }
    }
    let names = names(repo, &standing, &known);
    for (candidate, name) in standing.into_iter().zip(names) {
        let folder = candidate.folder();
        match found(candidate, name, asked, &known) {
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
    /// The build context as a repository, with what the lock says of it.
    repo: Repo,
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

    /// Whether it is one without a question, and why.
    fn certainty(&self, draft: &Draft) -> (bool, String) {
        let is_started = draft.plan.decision(topic::ENTRY).is_some_and(|it| it.evidence.strength >= Strength::Stated);
        let is_likely = self.program.as_ref().is_none_or(|program| program.is_tied);
        match (&self.named, &self.outer) {
            (Some(why), _) => (true, why.clone()),
            (None, Some(outer)) => (false, format!("it lies in `{outer}`, which is a service itself")),
            (None, None) if serves(draft) => (is_likely, "it serves".to_owned()),
            (None, None) if is_started => (is_likely, "it is started".to_owned()),
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
    let outer = above.iter().find(|it| is_below(&ground.folder, &it.context) && it.context != ground.folder);
    if let Some(outer) = outer.filter(|outer| takes(outer, &ground.folder)) {
        return Err(Error::no(format!("the image of `{}` has it inside", path::shown(&outer.context))));
    }
    let mut programs: Vec<Option<Program>> = programs(&draft, &repo).into_iter().map(Some).collect();
    let is_one = programs.iter().flatten().filter(|program| program.is_tied).count() < 2;
    if is_one {
        programs.splice(..programs.len().min(1), [None]);
    }
    let candidate = |program| Candidate {
        context: ground.folder.clone(),
        program,
        repo: repo.part(""),
        draft: Rc::clone(&draft),
        named: ground.named.clone(),
        outer: outer.map(Candidate::folder),
    };
    Ok(programs.into_iter().map(candidate).collect())
}

/// Whether what is built in the context of a service reads a folder.
fn takes(outer: &Candidate, folder: &str) -> bool {
    let inner = folder.strip_prefix(&outer.context).unwrap_or(folder).trim_start_matches('/');
    let sources = neighbours::sources(outer.draft.text(Role::Dockerfile));
    sources.iter().any(|source| is_below(neighbours::plain(source), inner))
}

/// A program of a build context that lies in a folder of its own.
struct Program {
    name: String,
    place: String,
    /// Whether it is as likely as the one that was chosen.
    is_tied: bool,
}

/// The programs of a context, the chosen one first; none but one where they share a folder.
fn programs(draft: &Draft, repo: &Repo) -> Vec<Program> {
    let Some(entry) = draft.plan.decision(topic::ENTRY) else { return Vec::new() };
    let chosen = (entry.options.first().unwrap_or(&entry.value), &entry.evidence);
    let others = entry.rivals.iter().map(|rival| (&rival.value, &rival.evidence));
    let mut places = BTreeSet::new();
    let mut programs = Vec::new();
    for (name, evidence) in [chosen].into_iter().chain(others) {
        let is_tied = evidence.strength == entry.evidence.strength;
        let named = name.trim_start_matches("./").trim_end_matches('/');
        let place = match (named, repo.has_folder(named)) {
            ("" | ".", _) => String::new(),
            (folder, true) => folder.to_owned(),
            _ if is_tied => home(repo, path::parent(&evidence.file)),
            _ => continue,
        };
        if aside(&place).is_none() && places.insert(place.clone()) {
            programs.push(Program { name: name.clone(), place, is_tied });
        }
    }
    programs
}

/// The nearest folder with a manifest, this one or one above.
fn home(repo: &Repo, folder: &str) -> String {
    let mut folder = folder;
    while !folder.is_empty() && !language::has_sign(repo, folder) {
        folder = path::parent(folder);
    }
    folder.to_owned()
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
fn found(candidate: Candidate, name: String, asked: &Asked, known: &[Known]) -> Result<Found, Error> {
    let before = known.iter().find(|known| known.name == name);
    let service = before.map_or_else(|| placed(&candidate, &name), |known| known.service.clone());
    let program = candidate.program.as_ref().map(|program| program.name.clone());
    let mut wishes = (asked.wishes)(&name);
    wishes.entry = wishes.entry.or_else(|| program.clone());
    let is_same = candidate.draft.service == service && candidate.draft.wishes == wishes;
    let draft = match is_same {
        true => (*candidate.draft).clone(),
        false => draft_of(&candidate.repo, &service, &wishes)?,
    };
    let (is_certain, why) = candidate.certainty(&draft);
    let known = Known { name, context: candidate.context, program, service };
    Ok(Found { known, repo: candidate.repo, draft, why, is_certain })
}

/// Where the files of a new service lie.
fn placed(candidate: &Candidate, name: &str) -> Service {
    let Some(program) = &candidate.program else {
        return Service { folder: String::new(), sharing: Sharing::Beside };
    };
    let suffix = if program.place.is_empty() { format!(".{name}") } else { String::new() };
    Service { folder: program.place.clone(), sharing: Sharing::Shared(suffix) }
}

#[cfg(test)]
mod tests;
