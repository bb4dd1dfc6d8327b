//! The services of a repository that has several: found by what its folders hold, each drafted for itself.

pub mod members;
pub mod together;

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::SHARED;
use crate::error::{Error, typed};
use crate::facts::Strength;
use crate::lock::{self, Lock};
use crate::path::{self, is_below, join};
use crate::plan::topic;
use crate::repo::Repo;
use crate::service::{Known, Role, Service, Sharing};
use crate::values::slug;
use crate::wishes::Wishes;
use crate::{Draft, draft_of, language, neighbours};
use members::Workspace;

/// No more folders with manifests are drafted than these.
pub const MOST: usize = 200;

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
    let grounds = grounds(repo, asked, &known, &mut search.passed);
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
    let idle = |folder: &&String| !standing.iter().any(|it| join(&it.context, &it.place) == **folder);
    for (folder, workspace) in grounds.iter().flat_map(|ground| ground.members.iter().map(|it| (it, &ground.folder))) {
        if idle(&folder) {
            let why = format!("a member of the workspace at `{}` that nothing starts", path::shown(workspace));
            search.passed.push((folder.clone(), why));
        }
    }
    let names = names(repo, &standing, &known);
    for (candidate, name) in standing.into_iter().zip(names) {
        let folder = join(&candidate.context, &candidate.place);
        match found(candidate, name, asked, &known) {
            Ok(found) => search.services.push(found),
            Err(error) => search.passed.push((folder, error.what)),
        }
    }
    search.passed.sort();
    Ok(search)
}

/// A folder that may be a build context.
struct Ground {
    folder: String,
    /// The folders of the workspace that begins here.
    members: Vec<String>,
    /// What builds it already, a clause.
    named: Option<String>,
}

/// The folders with a manifest that belong to no workspace above them.
fn grounds(repo: &Repo, asked: &Asked, known: &[Known], passed: &mut Vec<(String, String)>) -> Vec<Ground> {
    let built = neighbours::contexts(repo);
    for (by, _) in built.iter().filter(|(by, context)| context.is_none() && !by.is_empty()) {
        passed
            .push((path::parent(by).to_owned(), format!("`{by}` builds from a folder that is not in this repository")));
    }
    let mut workspaces: Vec<Workspace> = Vec::new();
    let mut grounds: Vec<Ground> = Vec::new();
    let mut folders: Vec<&str> = language::signed(repo).into_iter().map(|(folder, _)| folder).collect();
    if folders.first().is_none_or(|first| !first.is_empty()) && !repo.inside("").all(|path| path.starts_with('.')) {
        folders.insert(0, "");
    }
    let mut foreign: Option<&str> = None;
    for folder in folders {
        if foreign.is_some_and(|above| is_below(folder, above)) {
            continue;
        }
        if !folder.is_empty() && (asked.is_foreign)(folder) {
            foreign = Some(folder);
            passed.push((folder.to_owned(), "a git repository of its own".to_owned()));
            continue;
        }
        let own = join(folder, lock::PATH);
        if !folder.is_empty() && repo.has(&own) {
            let why = format!("`{own}` is there: `dockgen update {}` keeps its files", typed(folder));
            passed.push((folder.to_owned(), why));
            continue;
        }
        if grounds.len() == MOST {
            let why = format!("more than {MOST} folders have manifests: name one, `dockgen init FOLDER`");
            passed.push((folder.to_owned(), why));
            break;
        }
        if let Some(workspace) = workspaces.iter().find(|it| it.has(folder)) {
            if let Some(ground) = grounds.iter_mut().find(|ground| ground.folder == workspace.folder) {
                ground.members.push(folder.to_owned());
            }
            continue;
        }
        let named = named(repo, folder, &built, known);
        if let Some(word) = aside(folder).filter(|_| named.is_none()) {
            passed.push((folder.to_owned(), format!("`{word}` is a name for tools, samples and tests")));
            continue;
        }
        workspaces.extend(members::of(repo, folder));
        grounds.push(Ground { folder: folder.to_owned(), members: Vec::new(), named });
    }
    grounds
}

/// The part of a path that says that it holds no service.
fn aside(folder: &str) -> Option<&str> {
    let mut words = folder.split(['/', '-', '_']);
    words.find(|word| SHARED.aside.iter().any(|aside| aside == word))
}

/// What builds an image of a folder already.
fn named(repo: &Repo, folder: &str, built: &[(String, Option<String>)], known: &[Known]) -> Option<String> {
    let by = built.iter().find(|(_, context)| !folder.is_empty() && context.as_deref() == Some(folder));
    let is_dockgens = |path: &str| known.iter().any(|known| known.dockerfile() == path);
    let is_theirs = |path: &&str| neighbours::is_container_file(path) && !folder.is_empty() && !is_dockgens(path);
    let own = || repo.inside(folder).find(is_theirs);
    by.map(|(by, _)| format!("`{by}` builds it")).or_else(|| own().map(|path| format!("`{path}` is there")))
}

/// A service that is not named yet.
struct Candidate {
    context: String,
    program: Option<String>,
    place: String,
    draft: Draft,
    repo: Repo,
    why: String,
    is_certain: bool,
    is_shared: bool,
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
    let draft = draft_of(&repo, &service, &(asked.wishes)(name.map_or("", |known| &known.name)))?;
    let outer = above.iter().find(|it| is_below(&ground.folder, &it.context) && it.context != ground.folder);
    if let Some(outer) = outer.filter(|outer| takes(outer, &ground.folder)) {
        return Err(Error::no(format!("the image of `{}` has it inside", path::shown(&outer.context))));
    }
    let programs = programs(&draft, &repo);
    let of = |program: Option<&Program>, draft: Draft| {
        let serves = serves(&draft);
        let is_started = draft.plan.decision(topic::ENTRY).is_some_and(|it| it.evidence.strength >= Strength::Stated);
        let is_likely = program.is_none_or(|program| program.is_tied) && (serves || is_started);
        let (is_certain, why) = match (&ground.named, outer) {
            (Some(why), _) => (true, why.clone()),
            (None, Some(outer)) => {
                (false, format!("it lies in `{}`, which is a service itself", join(&outer.context, &outer.place)))
            }
            (None, None) if serves => (is_likely, "it serves".to_owned()),
            (None, None) if is_started => (is_likely, "it is started".to_owned()),
            (None, None) => (false, "nothing shows that it serves".to_owned()),
        };
        Candidate {
            context: ground.folder.clone(),
            program: program.map(|program| program.name.clone()),
            place: program.map_or_else(String::new, |program| program.place.clone()),
            repo: repo.part(""),
            is_shared: program.is_some(),
            draft,
            why,
            is_certain,
        }
    };
    let is_one = programs.iter().filter(|program| program.is_tied).count() < 2;
    let mut found = if is_one { vec![of(None, draft)] } else { Vec::new() };
    let base = (asked.wishes)("");
    for program in programs.iter().skip(found.len()) {
        let wishes = Wishes { entry: Some(program.name.clone()), ..base.clone() };
        found.extend(draft_of(&repo, &service, &wishes).ok().map(|draft| of(Some(program), draft)));
    }
    Ok(found)
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
    let is_it = |it: &Known, candidate: &Candidate| it.context == candidate.context && it.program == candidate.program;
    let mut taken: BTreeSet<String> = known.iter().map(|it| it.name.clone()).collect();
    let short = |candidate: &Candidate| match join(&candidate.context, &candidate.place).as_str() {
        "" => slug(repo.name()),
        folder => slug(path::name(folder)),
    };
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    candidates.iter().for_each(|candidate| *count.entry(short(candidate)).or_default() += 1);
    let mut name = |candidate: &Candidate| {
        if let Some(known) = known.iter().find(|it| is_it(it, candidate)) {
            return known.name.clone();
        }
        let folder = join(&candidate.context, &candidate.place);
        let short = short(candidate);
        let long = if folder.is_empty() { short.clone() } else { slug(&folder) };
        let first = if count.get(&short) == Some(&1) { short } else { long.clone() };
        let more = (2..).map(|number| format!("{long}-{number}"));
        let free = [first, long.clone()].into_iter().chain(more).find(|name| !taken.contains(name)).unwrap_or(long);
        taken.insert(free.clone());
        free
    };
    candidates.iter().map(&mut name).collect()
}

/// The service with its name, its place and the wishes for it.
fn found(candidate: Candidate, name: String, asked: &Asked, known: &[Known]) -> Result<Found, Error> {
    let before = known.iter().find(|known| known.name == name);
    let service = before.map_or_else(|| placed(&candidate, &name), |known| known.service.clone());
    let mut wishes = (asked.wishes)(&name);
    wishes.entry = wishes.entry.or_else(|| candidate.program.clone());
    let is_same = candidate.draft.service == service && candidate.draft.wishes == wishes;
    let draft = if is_same { candidate.draft } else { draft_of(&candidate.repo, &service, &wishes)? };
    let known = Known { name, context: candidate.context, program: candidate.program, service };
    Ok(Found { known, repo: candidate.repo, draft, why: candidate.why, is_certain: candidate.is_certain })
}

/// Where the files of a new service lie.
fn placed(candidate: &Candidate, name: &str) -> Service {
    if !candidate.is_shared {
        return Service { folder: String::new(), sharing: Sharing::Beside };
    }
    let suffix = if candidate.place.is_empty() { format!(".{name}") } else { String::new() };
    Service { folder: candidate.place.clone(), sharing: Sharing::Shared(suffix) }
}
