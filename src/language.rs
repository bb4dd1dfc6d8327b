//! The languages: a row each, of data and two functions.

pub mod go;
pub mod java;
pub mod node;
pub mod python;
pub mod rust;

use std::sync::LazyLock;

use crate::catalog::{Foreign, Image as Tags, Release, SHARED};
use crate::dockerignore::Section;
use crate::error::{Error, typed};
use crate::facts::{Evidence, Fact, Strength};
use crate::format::Fault;
pub use crate::image::{AllLabels, Extra, Labels, USER, Variable, variables};
use crate::image::{Filled, Image, Part};
use crate::members::Members;
use crate::path;
use crate::plan::{Candidate, Decision, Planner, topic};
use crate::repo::Repo;
use crate::requirement::Requirement;
use crate::values;
use crate::wishes::Wishes;

/// A file that speaks for a language, at the top of a repository or in a folder that is named too.
#[derive(Debug)]
pub struct Sign {
    /// The file's path; a leading `*` stands for any beginning.
    pub file: &'static str,
    /// How strongly.
    pub strength: Strength,
}

/// A sign.
pub const fn sign(file: &'static str, strength: Strength) -> Sign {
    Sign { file, strength }
}

/// A language.
#[derive(Debug)]
pub struct Language {
    /// What `--lang` calls it.
    pub id: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// What speaks for it.
    pub signs: &'static [Sign],
    /// The names of images whose tags begin with a release of its toolchain.
    pub images: &'static [&'static str],
    /// The image of its toolchain.
    pub image: fn() -> &'static Tags,
    /// The ids of its package managers that can be asked for.
    pub managers: fn() -> Vec<&'static str>,
    /// The releases of its toolchain.
    pub releases: fn() -> &'static [Release],
    /// Reads a release of its toolchain as version files name it.
    pub release: fn(&str) -> Option<Requirement>,
    /// Reads the service's manifests, locks and sources, once. Never fails: what cannot be read is a fact.
    pub read: for<'r> fn(Scope<'r>) -> Box<dyn Project + 'r>,
}

/// What a language may read: the files of a service, and what was asked for, as a wish may name a file.
#[derive(Clone, Copy)]
pub struct Scope<'r> {
    /// The files.
    pub repo: &'r Repo,
    /// What was asked for.
    pub wishes: &'r Wishes,
    /// What files say that belong to no language.
    pub told: &'r [Fact],
}

/// A file as its reader understands it; where it is there and cannot be read, a fact says so.
pub fn parsed<T>(repo: &Repo, path: &str, parse: fn(&str) -> Result<T, Fault>, faults: &mut Vec<Fact>) -> Option<T> {
    let read = repo.try_text(path)?.map_err(|why| Fault::new(why.to_string(), "")).and_then(parse);
    read.map_err(|fault| faults.push(Fact::unreadable(path, &fault))).ok()
}

/// What one language read of a service. It is only passed on: nothing is read after [`Project::testify`].
pub trait Project {
    /// Everything that was seen, the losers too. No choice.
    fn testify(&self) -> Vec<Fact>;

    /// Decides, with the planner's rules, and says what the templates need.
    ///
    /// # Errors
    /// Where nothing can be started, a wish cannot be met, or what was found cannot be written.
    fn recipe(&self, planner: &mut Planner) -> Result<Recipe, Error>;
}

/// All of them. Of equally strong signs the earlier row is the default answer: a server language comes before the one
/// that also builds other languages' assets.
pub const ALL: &[Language] = &[go::LANGUAGE, java::LANGUAGE, rust::LANGUAGE, python::LANGUAGE, node::LANGUAGE];

/// Languages that dockgen recognises and does not write for, by their titles.
static FOREIGN: LazyLock<Vec<(&str, Vec<Sign>)>> = LazyLock::new(|| {
    let signs = |row: &'static Foreign| {
        let stated = row.files.iter().map(|file| sign(file, Strength::Stated));
        stated.chain(row.usual.iter().map(|file| sign(file, Strength::Convention))).collect()
    };
    SHARED.foreign.iter().map(|row| (row.title.as_str(), signs(row))).collect()
});

/// What a language contributes to the documents.
#[derive(Debug)]
pub struct Recipe {
    /// The image's name.
    pub name: String,
    /// What the Dockerfile says.
    pub image: Image,
    /// The .dockerignore, before the parts that are the same for all.
    pub ignore: Vec<Section>,
    /// Paths that the build reads and the .dockerignore must therefore let in.
    pub reads: Vec<String>,
    /// Secrets that the build mounts, by their names in CI.
    pub secrets: Vec<String>,
    /// Build arguments that the workflow fills.
    pub filled: Vec<Filled>,
    /// The packages of the build context, and those of them that it is made of.
    pub members: Members,
    /// Why it may be no service for production at all, a clause.
    pub doubt: Option<String>,
}

impl Recipe {
    /// The recipe of an image: what its parts read, ignore and mount.
    pub fn new(name: String, image: Image) -> Self {
        let of = |list: fn(&Part) -> &Vec<String>| image.parts.iter().flat_map(list).cloned().collect();
        Recipe {
            name,
            ignore: image.parts.iter().rev().flat_map(|part| part.ignore.iter().cloned()).collect(),
            reads: of(|part| &part.reads),
            secrets: of(|part| &part.secrets),
            filled: image.parts.iter().flat_map(|part| part.filled.iter().cloned()).collect(),
            members: Members::default(),
            doubt: None,
            image,
        }
    }

    /// The same with the packages of the build context, as the language knows them.
    pub fn of(self, members: Members) -> Self {
        Recipe { members, ..self }
    }

    /// The templates that it is rendered with.
    pub fn templates(&self) -> Vec<&'static str> {
        let files = self.image.run.files.iter().map(|file| file.template);
        self.image.parts.iter().map(|part| part.template).chain(files).collect()
    }
}

/// The ids of the languages.
pub fn ids() -> Vec<&'static str> {
    ALL.iter().map(|language| language.id).collect()
}

/// The ids of all package managers.
pub fn managers() -> Vec<&'static str> {
    ALL.iter().flat_map(|language| (language.managers)()).collect()
}

/// The row with this id.
pub fn by_id(id: &str) -> Option<&'static Language> {
    ALL.iter().find(|language| language.id == id)
}

/// Chooses the language by the signs at the top of the repository.
///
/// # Errors
/// Where none is there, or one that dockgen does not write for speaks louder.
pub fn detect(repo: &Repo, wishes: &Wishes) -> Result<(&'static Language, Decision), Error> {
    let mut candidates = Vec::new();
    if let Some(id) = &wishes.lang {
        values::one_of(id, &ids()).map_err(|what| Error::usage(format!("--lang {what}")))?;
        let language = by_id(id).ok_or_else(|| nothing_here(repo))?;
        candidates.push(Candidate::new(
            Ok(language.id),
            language.id,
            "asked for",
            Evidence::asked(&format!("--lang {id}")),
        ));
    }
    let strong = |strength: Strength| strength >= Strength::Stated;
    let own = ALL.iter().map(|language| (Ok(language.id), language.id, language.signs));
    let foreign = FOREIGN.iter().map(|(title, signs)| (Err(*title), *title, signs.as_slice()));
    let (node, first): (Vec<_>, Vec<_>) = own.partition(|(value, _, _)| *value == Ok(node::LANGUAGE.id));
    // Programs for Node are published for another too.
    let is_beside = |title: &str| SHARED.foreign.iter().any(|row| row.title == title && row.beside_node);
    let (beside, foreign): (Vec<_>, Vec<_>) = foreign.partition(|(_, title, _)| is_beside(title));
    for (value, label, signs) in first.into_iter().chain(foreign).chain(node).chain(beside) {
        if let Some((sign, file)) = strongest(repo, signs) {
            let evidence = Evidence::new(file, "", sign.strength);
            candidates.push(Candidate::new(value, label, format!("`{file}` is there"), evidence));
        }
    }
    let mut planner = Planner::new(repo, Vec::new(), wishes);
    let chosen = planner.choose(topic::LANG, candidates).ok_or_else(|| nothing_here(repo))?;
    let mut decision = planner.finish().decisions.pop().ok_or_else(|| nothing_here(repo))?;
    decision.options.retain(|option| by_id(option).is_some());
    match chosen {
        Ok(id) => by_id(id).map(|language| (language, decision)).ok_or_else(|| nothing_here(repo)),
        Err(title) => {
            let error = Error::no(format!(
                "this is a {title} project ({}), and dockgen does not write for {title} yet",
                decision.evidence
            ));
            let other =
                decision.rivals.iter().find(|rival| by_id(&rival.value).is_some() && strong(rival.evidence.strength));
            Err(match other {
                Some(rival) => error.hint(format!(
                    "for the part that {} describes: `dockgen init --lang {}`",
                    rival.evidence, rival.value
                )),
                None => error,
            })
        }
    }
}

/// Whether a manifest lies directly in a folder, of a language that dockgen writes for or only knows.
pub fn has_sign(repo: &Repo, folder: &str) -> bool {
    let signs = || ALL.iter().flat_map(|language| language.signs).chain(FOREIGN.iter().flat_map(|(_, signs)| signs));
    let stated = |name: &str| signs().any(|sign| sign.strength >= Strength::Stated && fits(sign, name));
    repo.inside(folder).any(|path| path.rsplit('/').next().is_some_and(stated))
}

fn fits(sign: &Sign, file: &str) -> bool {
    match sign.file.strip_prefix('*') {
        Some(end) => file.ends_with(end),
        None => file == sign.file,
    }
}

fn strongest<'a>(repo: &'a Repo, signs: &'static [Sign]) -> Option<(&'static Sign, &'a str)> {
    let place = |sign: &Sign| path::parent(sign.file);
    let found =
        signs.iter().filter_map(|sign| repo.inside(place(sign)).find(|file| fits(sign, file)).map(|file| (sign, file)));
    found.fold(None, |best: Option<(&Sign, &str)>, (sign, file)| match best {
        Some((winner, _)) if winner.strength >= sign.strength => best,
        _ => Some((sign, file)),
    })
}

fn nothing_here(repo: &Repo) -> Error {
    let titles: Vec<&str> = ALL.iter().map(|language| language.title).collect();
    let error = Error::no(format!("nothing at the top of `{}` says which language this is", repo.name()));
    let services = below(repo);
    let Some((first, _)) = services.iter().find(|(_, title)| titles.contains(title)).or(services.first()) else {
        return error.hint(format!("dockgen writes for {}; name one with `--lang`", titles.join(", ")));
    };
    let shown = |(folder, title): &(&str, &str)| match titles.contains(title) {
        true => format!("`{folder}` ({title})"),
        false => format!("`{folder}` ({title}, which dockgen does not write for yet)"),
    };
    let named: Vec<String> = services.iter().take(MOST_NAMED).map(shown).collect();
    let more = services.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let typed = typed(first);
    error.hint(match services.len() {
        1 => format!("there is {}: try `dockgen init {typed}`", named.join("")),
        count => format!(
            "there are {count} below, {}{more}: run it for each, such as `dockgen init {typed}`",
            named.join(", ")
        ),
    })
}

/// No more folders than this are named.
const MOST_NAMED: usize = 20;

/// The outermost folders below the top that hold a manifest, with the language that it speaks for.
fn below(repo: &Repo) -> Vec<(&str, &'static str)> {
    let mut outer: Vec<(&str, &str)> = Vec::new();
    for (folder, title) in signed(repo) {
        if outer.last().is_none_or(|(above, _)| !path::is_below(folder, above)) {
            outer.push((folder, title));
        }
    }
    outer
}

/// All folders that hold a manifest, sorted, with the title of the language that it speaks for first.
pub fn signed(repo: &Repo) -> Vec<(&str, &'static str)> {
    let own = ALL.iter().map(|language| (language.title, language.signs));
    let all: Vec<(&str, &[Sign])> =
        own.chain(FOREIGN.iter().map(|(title, signs)| (*title, signs.as_slice()))).collect();
    let is_stated = |sign: &Sign, file: &str| sign.strength >= Strength::Stated && fits(sign, file);
    let title =
        |file: &str| all.iter().find(|(_, signs)| signs.iter().any(|sign| is_stated(sign, file))).map(|it| it.0);
    let at = |title: &str| all.iter().position(|(known, _)| *known == title);
    let found = repo.files().filter_map(|path| Some((path::parent(path), title(path::name(path))?)));
    let mut found: Vec<(&str, &str)> = found.collect();
    found.sort_by_key(|(folder, title)| (*folder, at(title)));
    found.dedup_by_key(|(folder, _)| *folder);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_below_are_named_with_their_languages() {
        let hint = |files: &[&str]| {
            let repo = Repo::from_list("x", files.iter().map(|path| (*path, "")));
            detect(&repo, &Wishes::default()).unwrap_err().hint.unwrap_or_default()
        };
        assert_eq!(hint(&["api/go.mod", "api/cmd/x.go"]), "there is `api` (Go): try `dockgen init api`");
        assert_eq!(
            hint(&[
                "gate/go.mod",
                "gate/web/package.json",
                "pay/App.csproj",
                "stage/Cargo.toml",
                "tickets/requirements.txt"
            ]),
            "there are 4 below, `gate` (Go), `pay` (.NET, which dockgen does not write for yet), `stage` (Rust), `tickets` (Python): run it for each, \
             such as `dockgen init gate`"
        );
        let many: Vec<String> = (0..30).map(|at| format!("s{at:02}/pom.xml")).collect();
        assert!(
            hint(&many.iter().map(String::as_str).collect::<Vec<_>>()).contains("`s19` (Java) and 10 more: run it")
        );
        assert!(hint(&["README.md"]).starts_with("dockgen writes for Go, "));
    }
}
