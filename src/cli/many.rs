//! Several services in one repository: one run looks for them all, and writes the files of each, or none.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde_json::json;

use super::outlook::{self, Outlook};
use super::print::{self, DIM, GOOD};
use super::{CheckArgs, ExplainArgs, InitArgs, UpdateArgs, next, settle};
use crate::ask::{self, Wanted};
use crate::changes::{Change, Fate, Manners, reconcile};
use crate::config::{self, Standing};
use crate::disk::{self, Hold};
use crate::error::{Error, Exit, typed};
use crate::judge;
use crate::language;
use crate::lint::{Level, Reason};
use crate::lock::{self, Lock};
use crate::neighbours;
use crate::path::join;
use crate::repo::{self, Repo};
use crate::service::{Known, Role, Service};
use crate::services::{self, Asked, Found, Search, together};
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
    port: Option<String>,
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
    /// Looks, decides and compares; writes nothing.
    ///
    /// # Errors
    /// As for a draft of each; where a name is none of a service.
    pub fn of(wanting: &Wanting) -> Result<Self, Error> {
        let lock = settle::lock(wanting.dir)?;
        let standing = settle::standing(wanting.dir)?;
        let known = lock.services();
        let (repo, search) = search(wanting.dir, wanting.asked, &standing, &lock)?;
        if !lock.is_empty() {
            outlook::whole(&repo)?;
        }
        let Search { services, passed } = search;
        unknown(wanting.choice, &services)?;
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
        let parts = meant.into_iter().map(|found| Part::of(wanting, found, &lock)).collect::<Result<Vec<_>, _>>()?;
        let shared = shared(wanting, &repo, &parts, &lock)?;
        let config = kept(wanting, &standing)?;
        Ok(Many { parts, others, passed, shared, gone, warnings, lock, config })
    }

    /// The changes, with paths from the top of the repository.
    pub fn changes(&self) -> Vec<Change> {
        self.parts.iter().flat_map(Part::changes).chain(self.shared.iter().cloned()).collect()
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

    /// Says which services there are, and which were passed over.
    fn tell(&self) {
        for part in &self.parts {
            let Part { known, port, why, outlook } = part;
            let port = port.as_ref().map_or_else(String::new, |port| format!(", port {port}"));
            let text = format!("({}{port}): {why}", outlook.draft.language.title);
            print::say(&format!(
                "{GOOD}{}{GOOD:#} {} {DIM}{}{DIM:#}",
                known.name,
                shown(&known.folder()),
                print::printable(&text)
            ));
        }
        for (name, folder, why) in &self.others {
            let text = format!("not written: {name}, `{}`: {why}; `--service {name}` writes it", shown(folder));
            print::say(&print::printable(&text));
        }
        for (folder, why) in &self.passed {
            print::say(&print::printable(&format!("passed over: `{}`: {why}", shown(folder))));
        }
        for known in &self.gone {
            print::warning(&format!("the service `{}` is gone: its files are not dockgen's any more", known.name));
        }
    }

    fn warn(&self) {
        self.warnings.iter().for_each(|warning| print::warning(warning));
        for part in &self.parts {
            let (warnings, findings) = part.outlook.told();
            warnings.into_iter().for_each(|warning| print::warning(&format!("{}: {warning}", part.known.name)));
            for mut finding in findings {
                finding.file = join(&part.known.context, &finding.file);
                print::finding(&finding);
            }
        }
    }

    fn json(&self, wrote: bool) -> serde_json::Value {
        let of = |part: &Part| {
            let mut value = crate::explain::json(&part.outlook.draft, &[]);
            if let Some(map) = value.as_object_mut() {
                map.insert("service".to_owned(), json!(part.known.name));
                map.insert("folder".to_owned(), json!(part.known.folder()));
                map.insert("context".to_owned(), json!(part.known.context));
                map.insert("findings".to_owned(), json!(part.outlook.found()));
                map.insert("changes".to_owned(), json!(part.changes()));
            }
            value
        };
        let passed: Vec<_> = self.passed.iter().map(|(folder, why)| json!({ "folder": folder, "why": why })).collect();
        let others =
            self.others.iter().map(|(name, folder, why)| json!({ "service": name, "folder": folder, "why": why }));
        json!({
            "services": self.parts.iter().map(of).collect::<Vec<_>>(),
            "not_written": others.collect::<Vec<_>>(),
            "passed_over": passed,
            "gone": self.gone.iter().map(|known| &known.name).collect::<Vec<_>>(),
            "warnings": self.warnings,
            "wrote": wrote,
        })
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
        let port = found.port().map(str::to_owned);
        let named = |error: Error| Error { what: format!("service `{}`: {}", found.known.name, error.what), ..error };
        let (draft, changes) = settle::changes(&root, &found.repo, found.draft, &lock, manners).map_err(named)?;
        if !wanting.judges {
            settle::proven(&draft, wanting.strict).map_err(named)?;
            settle::guard(&found.repo, &draft, &changes).map_err(named)?;
        }
        let outlook = Outlook { repo: found.repo, draft, lock, changes, config: None };
        Ok(Part { known: found.known, port, why: found.why, outlook })
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
        reasons.iter_mut().for_each(|reason| reason.file = join(&self.known.context, &reason.file));
        reasons
    }

    /// Its changes, with paths from the top of the repository.
    fn changes(&self) -> Vec<Change> {
        let at_top = |change: &Change| Change { path: join(&self.known.context, &change.path), ..change.clone() };
        self.outlook.changes.iter().map(at_top).collect()
    }
}

fn shown(folder: &str) -> &str {
    if folder.is_empty() { "." } else { folder }
}

/// What happens to the documents that all services have together.
fn shared(wanting: &Wanting, repo: &Repo, parts: &[Part], lock: &Lock) -> Result<Vec<Change>, Error> {
    let pairs: Vec<_> = parts.iter().map(|part| (&part.known, &part.outlook.draft)).collect();
    let documents = if pairs.is_empty() { Vec::new() } else { together::documents(repo, &pairs)? };
    let mut today = BTreeMap::new();
    for document in &documents {
        today.insert(document.path.clone(), disk::today_or(wanting.dir, &document.path, wanting.manners.force)?);
    }
    let text = |path: &str| today.get(path).cloned().flatten();
    let whole = Service::default();
    let mut changes = reconcile(&whole, &documents, lock, text, wanting.manners, repo);
    let other = repo.inside("").find(|path| path.starts_with("docker-bake.") && *path != whole.path(Role::Bake));
    let asks = pairs.iter().any(|(_, draft)| draft.wishes.ci.is_some());
    for change in changes.iter_mut().filter(|change| change.fate == Fate::Create) {
        let why = match change.role {
            Role::Bake => other.map(|other| format!("`docker buildx bake` reads `{other}` too")),
            _ if !repo.folder().is_empty() => {
                Some("GitHub reads workflows at the top of a git repository only: run dockgen there".to_owned())
            }
            _ => neighbours::publisher(repo, &whole).filter(|_| !asks).map(|it| {
                format!("`{}` publishes images already ({}); `--ci github` writes it all the same", it.path, it.what)
            }),
        };
        why.into_iter().for_each(|why| change.hold(why));
    }
    Ok(changes)
}

/// Refuses names of no service.
fn unknown(choice: &Choice, services: &[Found]) -> Result<(), Error> {
    let Choice::Named(names) = choice else { return Ok(()) };
    let known: Vec<&str> = services.iter().map(|found| found.known.name.as_str()).collect();
    let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) else { return Ok(()) };
    let error = Error::no(format!("`--service {name}`: there is no such service"));
    Err(match known.is_empty() {
        true => error.hint("no folder of this repository has one"),
        false => error.hint(format!("there is {}", known.join(", "))),
    })
}

/// The text of `dockgen.toml` with what was asked for: of one service in its section.
fn kept(wanting: &Wanting, standing: &Standing) -> Result<Option<String>, Error> {
    let own = ["entry", "port", "name"];
    match wanting.choice {
        Choice::Named(names) if names.len() == 1 => {
            let name = names.first().map_or("", String::as_str);
            let section = standing.services.get(name).cloned().unwrap_or_default();
            settle::kept_in(wanting.dir, &format!("service.{name}."), wanting.asked, &section)
        }
        _ => match wanting.asked.said().iter().find(|(key, _)| own.contains(key)) {
            Some((key, _)) => Err(Error::usage(format!("`--{key}` holds for one service, and there are several"))
                .hint("name the service: `--service NAME`")),
            None => settle::kept(wanting.dir, wanting.asked, &standing.all),
        },
    }
}

/// What `dockgen init` was asked for where that is about several services.
pub fn asked(args: &InitArgs) -> Result<Option<Choice>, Error> {
    let is_known = !settle::lock(&args.dir)?.services().is_empty();
    Ok(match (args.all, args.service.is_empty()) {
        (true, _) => Some(Choice::All),
        (_, false) => Some(Choice::Named(args.service.clone())),
        _ => is_known.then_some(Choice::Certain),
    })
}

/// Whether a folder holds several services and is none itself, as the draft of the whole, or why there is none, tells.
///
/// # Errors
/// As for a search.
pub fn is_meant(args: &InitArgs, asked: &Wishes, whole: Result<&Outlook, &Error>) -> Result<bool, Error> {
    let is_single = asked.entry.is_some() || asked.lang.is_some();
    let may_be = match whole {
        Ok(outlook) => outlook.lock.is_empty() && services::is_many(&outlook.draft, &outlook.repo),
        Err(error) => error.exit == Exit::No,
    };
    if is_single || !may_be || !settle::lock(&args.dir)?.is_empty() {
        return Ok(false);
    }
    let is_below = |(folder, _): &(&str, _)| !folder.is_empty();
    if whole.is_err() && language::signed(&Repo::open(&args.dir)?).into_iter().filter(is_below).count() < 2 {
        return Ok(false);
    }
    let (_, search) = search(&args.dir, asked, &settle::standing(&args.dir)?, &Lock::default())?;
    let serving = search.certain().filter(|found| whole.is_err() || found.port().is_some());
    Ok(serving.count() > 1)
}

/// `dockgen init` for several services.
///
/// # Errors
/// As for [`Many::of`], and where something cannot be written.
pub fn init(args: &InitArgs, asked: &Wishes, choice: Choice) -> Result<Exit, Error> {
    let writes = args.stdout.is_none() && !args.dry_run && !args.diff;
    let manners = Manners { force: args.force, restore: false, adopt: args.adopt };
    let wanting =
        |choice| Wanting { dir: &args.dir, asked, choice, manners, begins: true, strict: args.strict, judges: false };
    if writes && !args.yes && ask::is_possible()? {
        drop(outlook::hold(&args.dir)?);
        let choice = ticked(args, asked, choice)?;
        return consented(&args.dir, args.voice.quiet, || Many::of(&wanting(&choice)));
    }
    let hold = outlook::enter(&args.dir, writes)?;
    let many = Many::of(&wanting(&choice))?;
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
        return super::init::stdout(&part.outlook.draft, printed);
    }
    if let Some(hold) = &hold {
        many.apply(hold)?;
    }
    match (args.json, args.diff) {
        (true, _) => print::json(many.json(hold.is_some()))?,
        (_, true) => {
            print::coloured(&many.changes().iter().map(|change| print::diff(&change.diff())).collect::<String>())?
        }
        _ if args.voice.quiet => {}
        _ => {
            many.tell();
            finish(&args.dir, &many, hold.is_some());
        }
    }
    Ok(settle::exit(&many.changes()))
}

/// Lets a person tick the services; those that are certain are ticked.
fn ticked(args: &InitArgs, asked: &Wishes, choice: Choice) -> Result<Choice, Error> {
    if choice != Choice::Certain {
        return Ok(choice);
    }
    let lock = settle::lock(&args.dir)?;
    let (_, Search { services, .. }) = search(&args.dir, asked, &settle::standing(&args.dir)?, &lock)?;
    let label = |found: &Found| {
        let port = found.port().map_or_else(String::new, |port| format!(", port {port}"));
        let (title, folder) = (found.draft.language.title, found.folder());
        print::printable(&format!("{} {} ({title}{port}): {}", found.known.name, shown(&folder), found.why))
    };
    let labels: Vec<String> = services.iter().map(label).collect();
    let certain: Vec<usize> =
        (0..services.len()).filter(|at| services.get(*at).is_some_and(|it| it.is_certain)).collect();
    let chosen = ask::several("Which services?", &labels, &certain)?;
    let names = chosen.into_iter().filter_map(|at| services.get(at)).map(|found| found.known.name.clone());
    Ok(Choice::Named(names.collect()))
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
        commands(dir, &now);
    }
    Ok(settle::exit(&now.changes()))
}

fn finish(dir: &Path, many: &Many, wrote: bool) {
    many.warn();
    print::changes(&many.changes(), wrote);
    if wrote && many.changes().iter().any(|change| change.text.is_some()) {
        commands(dir, many);
    }
}

/// What a person does next.
fn commands(dir: &Path, many: &Many) {
    print::say("\nnext:");
    let place = |path: &str| {
        let place: PathBuf = dir.join(path).components().skip_while(|part| *part == Component::CurDir).collect();
        if place.as_os_str().is_empty() { ".".to_owned() } else { typed(&place.to_string_lossy()) }
    };
    let is_baked = |change: &Change| change.role == Role::Bake && !matches!(change.fate, Fate::Held | Fate::Foreign);
    let baked = many.shared.iter().any(is_baked);
    if baked {
        let folder = place("");
        let enter = if folder == "." { String::new() } else { format!("cd {folder} && ") };
        print::say(&format!("  {enter}docker buildx bake -f {}", Service::default().path(Role::Bake)));
    }
    for Part { known, outlook, .. } in &many.parts {
        let file = known.dockerfile();
        let folder = format!("-f {} {}", place(&file), place(&known.context));
        let lines = next::lines(&known.name, &folder, &outlook.draft.plan.decisions);
        for line in lines.into_iter().skip(usize::from(baked)) {
            print::say(&format!("  {}", print::printable(&line)));
        }
    }
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
        let mut many = Many::of(&Wanting {
            dir,
            asked: &asked,
            choice,
            manners,
            begins: false,
            strict: args.strict,
            judges: false,
        })?;
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
        (_, true) => {
            print::coloured(&many.changes().iter().map(|change| print::diff(&change.diff())).collect::<String>())?
        }
        _ if args.voice.quiet => {}
        _ => {
            for part in &many.parts {
                for sentence in super::update::news(&part.outlook) {
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
            for known in &many.gone {
                print::warning(&format!("the service `{}` is gone: its files are not dockgen's any more", known.name));
            }
            many.warn();
            print::changes(&many.changes(), writes);
        }
    }
    Ok(settle::exit(&many.changes()))
}

/// What `dockgen check` finds in several services.
///
/// # Errors
/// As for [`Many::of`].
pub fn check(args: &CheckArgs, dir: &Path) -> Result<Vec<Reason>, Error> {
    let (asked, choice, manners) = (&Wishes::default(), &Choice::Known, Manners::default());
    let many = Many::of(&Wanting { dir, asked, choice, manners, begins: false, strict: false, judges: true })?;
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
pub fn explain(args: &ExplainArgs, dir: &Path) -> Result<Option<Exit>, Error> {
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
    if lock.services().is_empty() && search.certain().count() < 2 {
        return Ok(None);
    }
    match args.json {
        true => print::json(listed(&search))?,
        false => print::product(&print::printable(&list(&search)))?,
    }
    Ok(Some(Exit::Done))
}

fn list(search: &Search) -> String {
    let mut text = String::from("services\n");
    for found in &search.services {
        let port = found.port().map_or_else(String::new, |port| format!(", port {port}"));
        let sure = if found.is_certain { "" } else { " (not certain: `dockgen init --service` writes it)" };
        let (name, folder, title) = (&found.known.name, found.folder(), found.draft.language.title);
        text.push_str(&format!("  {name}: {} ({title}{port}), {}{sure}\n", shown(&folder), found.why));
    }
    if !search.passed.is_empty() {
        text.push_str("\npassed over\n");
    }
    for (folder, why) in &search.passed {
        text.push_str(&format!("  {}: {why}\n", shown(folder)));
    }
    text.push_str("\n`dockgen explain --service NAME` explains one of them.\n");
    text
}

fn listed(search: &Search) -> serde_json::Value {
    let service = |found: &Found| {
        json!({
            "service": found.known.name,
            "folder": found.folder(),
            "context": found.known.context,
            "dockerfile": found.dockerfile(),
            "language": found.draft.language.id,
            "port": found.port(),
            "why": found.why,
            "certain": found.is_certain,
        })
    };
    let passed: Vec<_> = search.passed.iter().map(|(folder, why)| json!({ "folder": folder, "why": why })).collect();
    json!({ "services": search.services.iter().map(service).collect::<Vec<_>>(), "passed_over": passed })
}
