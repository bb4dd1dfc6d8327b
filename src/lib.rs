//! dockgen looks at a repository and writes the Dockerfile an expert would have written for it, with its
//! .dockerignore and CI workflow.
//!
//! Witnesses testify, the planner judges, languages lend stages, the house does the rest:
//!
//! ```text
//!             language: read once ┐
//!  files -> Repo -> witnesses ----+-> Facts -> decide -> Plan -> Parts + Run = Image -> Documents -> reconcile -> Changes -> disk
//! ```

pub mod ask;
pub mod catalog;
pub mod changes;
pub mod cli;
pub mod command;
pub mod config;

pub mod disk;
pub mod dockerfile;
pub mod dockerignore;
pub mod error;
pub mod explain;
pub mod facts;
pub mod format;
pub mod image;
pub mod judge;
pub mod language;
pub mod lint;
pub mod lock;
pub mod members;
pub mod merge;
pub mod neighbours;
pub mod news;
pub mod path;
pub mod plan;
pub mod published;
pub mod render;
pub mod repo;
pub mod requirement;
pub mod rows;
pub mod service;
pub mod services;
pub mod slice;
pub mod source;
pub mod support;
pub mod values;
pub mod wishes;
pub mod witness;
pub mod workflow;

use std::collections::BTreeSet;

use dockerignore::Section;
use error::Error;
use facts::{Fact, Strength};
use image::Image;
use language::node::frontend::Frontend;
use language::{Language, Recipe, Scope};
use plan::{Decision, Plan, Planner, topic};
use render::Templates;
use render::reasons::{self, Reason};
use repo::Repo;
use repo::door::Why;
use serde::Serialize;
use service::{Role, Service};
use slice::Slice;
use wishes::{Ci, Wishes};
use workflow::Delivery;

/// A path and its text: what dockgen writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Document {
    /// What it is for.
    #[serde(skip)]
    pub role: Role,
    /// Relative to the top of the build context.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// Everything that is known and decided about a service, and what follows from it. Nothing was written yet.
#[derive(Debug, Clone)]
pub struct Draft {
    /// What it is a draft of.
    pub service: Service,
    /// The language.
    pub language: &'static Language,
    /// The image's name.
    pub name: String,
    /// What was decided, and from what.
    pub plan: Plan,
    /// Why the instructions of the Dockerfile are there.
    pub reasons: Vec<Reason>,
    /// Paths that the build reads.
    pub reads: Vec<String>,
    /// The files.
    pub documents: Vec<Document>,
    /// Why it may be no service for production at all, a clause.
    pub doubt: Option<String>,
    /// The paths of a shared build context that it is made from; none where that is all of it.
    pub taken: Vec<String>,
    /// What a workflow gives to the build.
    pub delivery: Delivery,
    /// What was asked for.
    pub wishes: Wishes,
}

impl Draft {
    /// The text of a document; empty where it is not written with these wishes.
    pub fn text(&self, role: Role) -> &str {
        self.documents.iter().find(|document| document.role == role).map_or("", |document| &document.text)
    }
}

/// Looks, decides and renders. No I/O but for the texts that the repository hands out.
///
/// # Errors
/// Where there is no known language, a wish cannot be met, or what was found cannot be written.
pub fn draft(repo: &Repo, wishes: &Wishes) -> Result<Draft, Error> {
    draft_from(repo, wishes, &|_| true)
}

/// The same for one of the services of a build context.
///
/// # Errors
/// As for [`draft`].
pub fn draft_of(repo: &Repo, service: &Service, wishes: &Wishes) -> Result<Draft, Error> {
    drawn(repo, service, wishes, &|_| true).map_err(|error| with_what_is_unread(repo, error))
}

/// The same from some of the facts: what others decide shows in what is missing.
///
/// # Errors
/// As for [`draft`].
pub fn draft_from(repo: &Repo, wishes: &Wishes, hears: &dyn Fn(&Fact) -> bool) -> Result<Draft, Error> {
    drawn(repo, &Service::default(), wishes, hears).map_err(|error| with_what_is_unread(repo, error))
}

fn drawn(repo: &Repo, service: &Service, wishes: &Wishes, hears: &dyn Fn(&Fact) -> bool) -> Result<Draft, Error> {
    let (language, detected) = language::detect(repo, wishes)?;
    let others = if detected.tie { detected.options.clone() } else { Vec::new() };
    match draft_in(repo, service, wishes, (language, detected), hears) {
        Err(error) if error.nothing => in_another(repo, service, wishes, language, &others, &error).ok_or(error),
        Ok(draft) => match guessed(&draft).filter(|_| !others.is_empty()) {
            Some(why) => {
                let other = in_another(repo, service, wishes, language, &others, &why);
                Ok(other.filter(|other| guessed(other).is_none()).unwrap_or(draft))
            }
            None => Ok(draft),
        },
        done => done,
    }
}

/// Why a draft may be of no program at all: what it starts is a guess.
fn guessed(draft: &Draft) -> Option<Error> {
    let is_it =
        |it: &&Decision| it.evidence.strength == Strength::Guess && [topic::ENTRY, topic::START].contains(&it.topic);
    let decision = draft.plan.decisions.iter().find(is_it)?;
    Some(Error::no(format!("what it would start, `{}`, is no more than a guess", decision.value)))
}

/// A refusal that may come from what could not be read says so; a text that the system did not hand out is the reason itself.
fn with_what_is_unread(repo: &Repo, error: Error) -> Error {
    if let Some(failed) = repo.unread(Why::is_of_this_time).next() {
        return Error::usage(failed).hint("mend its permissions, or name it in `.gitignore`");
    }
    let mut what = error.what.clone();
    let unread = repo.gaps().map(str::to_owned).chain(repo.unread(|_| true));
    for unread in unread.filter(|unread| !error.what.contains(unread.as_str())).take(3) {
        what.push_str("; not looked at: ");
        what.push_str(&unread);
    }
    Error { what, ..error }
}

/// The draft in one of the languages whose signs are as strong, where the first has nothing to start.
fn in_another(
    repo: &Repo,
    service: &Service,
    wishes: &Wishes,
    first: &Language,
    others: &[String],
    why: &Error,
) -> Option<Draft> {
    let asked = |id: &String| Wishes { lang: Some(id.clone()), ..wishes.clone() };
    others.iter().filter(|id| *id != first.id).find_map(|id| {
        let detected = language::detect(repo, &asked(id)).ok()?;
        let mut draft = draft_in(repo, service, wishes, detected, &|_| true).ok()?;
        draft.plan.warnings.insert(0, format!("{} is passed over: {}", first.title, why.what));
        Some(draft)
    })
}

fn draft_in(
    repo: &Repo,
    service: &Service,
    wishes: &Wishes,
    (language, detected): (&'static Language, Decision),
    hears: &dyn Fn(&Fact) -> bool,
) -> Result<Draft, Error> {
    let mut told = witness::testify(repo);
    told.retain(hears);
    let project = (language.read)(Scope { repo, wishes, told: &told });
    let facts = told.iter().cloned().chain(project.testify().into_iter().filter(hears)).collect();
    let mut planner = Planner::new(repo, facts, wishes);
    planner.note(detected);
    for gap in repo.gaps() {
        planner.warn(format!("not looked at: {gap}"));
    }
    let asked = Frontend::asked(repo, wishes)?;
    repo.close();
    let recipe = project.recipe(&mut planner);
    repo.reopen();
    let mut recipe = recipe?;
    if let Some((frontend, place)) = asked {
        recipe.serve(&frontend, place, &mut planner)?;
    }
    planner.complete(&mut recipe.image.run);
    planner.tell_processes();
    planner.tell_testimony();
    let templates = Templates::new(repo, &recipe.templates(), wishes.extras.templates.as_deref())?;
    let Documents { documents, reasons, taken } = documents(repo, service, &recipe, wishes, &templates)?;
    guard_context(repo, &recipe, &documents)?;
    ended(&documents).into_iter().for_each(|sentence| planner.warn(sentence));
    idle_wishes(&documents, wishes).for_each(|sentence| planner.warn(sentence));
    for failed in repo.unread(Why::is_of_this_time) {
        planner.warn(format!("not looked at: {failed}"));
    }
    Ok(Draft {
        service: service.clone(),
        language,
        delivery: workflow::delivery(&recipe, wishes),
        name: recipe.name,
        plan: planner.finish(),
        reasons,
        reads: recipe.reads,
        documents,
        doubt: recipe.doubt,
        taken,
        wishes: wishes.clone(),
    })
}

/// Wishes for the build that no step of it takes.
fn idle_wishes(documents: &[Document], wishes: &Wishes) -> impl Iterator<Item = String> {
    let dockerfile = documents.iter().find(|document| document.role == Role::Dockerfile);
    let extras = &wishes.extras;
    let secrets = extras.build_secrets.iter().map(|name| ("build.secrets", name, format!("type=secret,id={name},")));
    let flags = extras.build_flags.iter().map(|flag| ("build.flags", flag, flag.clone()));
    let script = extras.build_script.iter().map(|name| ("build.script", name, name.clone()));
    let all = secrets.chain(flags).chain(script);
    let is_idle = move |text: &str| !dockerfile.is_some_and(|document| document.text.contains(text));
    let idle = all.filter(move |(.., text)| is_idle(text));
    idle.map(|(key, what, _)| format!("`{key}` says `{what}`, and this build has no step that takes it"))
}

/// What `check` will say of the systems below the images.
fn ended(documents: &[Document]) -> BTreeSet<String> {
    let dockerfile = documents.iter().find(|document| document.role == Role::Dockerfile);
    let steps = dockerfile.and_then(|document| dockerfile::steps(&document.text).ok()).unwrap_or_default();
    lint::bases(&steps).into_iter().filter_map(|(_, image)| support::system_ended(&image)).collect()
}

/// The files, why their instructions are there, and what they are made from.
struct Documents {
    documents: Vec<Document>,
    reasons: Vec<Reason>,
    taken: Vec<String>,
}

fn documents(
    repo: &Repo,
    service: &Service,
    recipe: &Recipe,
    wishes: &Wishes,
    templates: &Templates,
) -> Result<Documents, Error> {
    let document = |role, text| Document { role, path: service.path(role), text };
    let ignored = |others: Option<Section>| {
        templates.render("dockerignore.tera", &image::context(&workflow::ignore_view(recipe, wishes, others))?)
    };
    let (mut text, mut ignore) = (stages(&recipe.image, templates)?, ignored(None)?);
    let members = recipe.members.clone().without(&service.apart);
    let slice = || Slice::new(repo, &members, &recipe.reads, &text, &ignore);
    let slice = service.is_shared().then(slice).flatten();
    if let Some(slice) = &slice {
        text = slice.dockerfile(&text).map_err(Error::no)?;
        ignore = ignored(Some(slice.section()))?;
    }
    let (text, reasons) = dockerfile(&text, wishes)?;
    let mut documents = vec![document(Role::Dockerfile, text), document(Role::Ignore, ignore)];
    if service.is_alone() && wishes.ci != Some(Ci::None) {
        let words = image::context(&workflow::view(recipe, wishes, repo.folder()))?;
        let text = templates.render("ci/github.yml.tera", &words)?;
        documents.push(document(Role::Workflow, text));
    }
    Ok(Documents { documents, reasons, taken: slice.map(|slice| slice.taken).unwrap_or_default() })
}

fn dockerfile(text: &str, wishes: &Wishes) -> Result<(String, Vec<Reason>), Error> {
    let (text, reasons) = reasons::split(text);
    if wishes.extras.templates.is_some() {
        dockerfile::steps(&text).map_err(|fault| {
            let what = format!("the templates in `dockgen.toml` render what is no Dockerfile: {fault}");
            Error::no(what).hint("correct the template that you wrote")
        })?;
    }
    let text = match &wishes.extras.mirror {
        Some(mirror) => workflow::mirrored(&text, &registry(mirror)?),
        None => text,
    };
    Ok((text, reasons))
}

/// The head, the parts, and the last stage.
fn stages(image: &Image, templates: &Templates) -> Result<String, Error> {
    let parts = image.parts.iter().map(|part| templates.render(part.template, &part.words));
    let mut stages = parts.collect::<Result<Vec<_>, _>>()?;
    stages.push(templates.render("run.tera", &image.run.words(templates)?)?);
    let words = serde_json::json!({ "versions": image.versions(), "stages": stages });
    templates.render("Dockerfile.tera", &image::context(&words)?)
}

/// The registry in place of the base images' own, which becomes a part of references.
fn registry(mirror: &str) -> Result<String, Error> {
    render::sinks::image(mirror).map_err(|_| {
        Error::usage(format!("`mirror` in `{}` is `{mirror}`, which is the name of no registry", config::PATH))
            .hint("`dockgen config set mirror registry.example.com/mirror`")
    })
}

/// The .dockerignore must let in what the build reads.
fn guard_context(repo: &Repo, recipe: &Recipe, documents: &[Document]) -> Result<(), Error> {
    let Some(ignore) = documents.iter().find(|document| document.role == Role::Ignore) else { return Ok(()) };
    let matcher = dockerignore::Matcher::new(&ignore.text);
    let hidden = recipe.reads.iter().find(|path| repo.has(path) && matcher.hides(path));
    match hidden {
        None => Ok(()),
        Some(path) => Err(Error::no(format!("the build reads `{path}`, whose name is one that holds secrets"))
            .hint("rename the file, or write the .dockerignore by hand")),
    }
}
