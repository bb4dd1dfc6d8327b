//! The documents that all services have together: the workflow, and the file that `docker buildx bake` reads.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::catalog::{Action, SHARED};
use crate::dockerignore::Matcher;
use crate::error::Error;
use crate::image::{self, Variable};
use crate::path::{is_below, join, shown};
use crate::render::Templates;
use crate::repo::Repo;
use crate::service::{Known, Role, Service};
use crate::wishes::Ci;
use crate::{Document, Draft};

/// The templates, in the order of their documents.
const BAKE: &str = "services/bake.tera";
const WORKFLOW: &str = "services/github.tera";

/// One service as the templates see it.
#[derive(Serialize)]
struct One<'a> {
    name: &'a str,
    image: &'a str,
    /// Its build context from the top of the repository, and its Dockerfile from there.
    context: &'a str,
    inside: String,
    platforms: &'a [String],
    secrets: Vec<String>,
    /// The line of the matrix.
    row: String,
}

/// A line of the matrix, with paths from the top of the git repository.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    image: &'a str,
    context: String,
    file: String,
    platforms: String,
    paths: BTreeSet<String>,
    /// Patterns of what lies there and is in no image.
    idle: Vec<&'static str>,
}

/// The words of both templates.
#[derive(Serialize)]
struct Words<'a> {
    services: Vec<One<'a>>,
    platforms: bool,
    secrets: BTreeSet<&'a str>,
    arguments: Vec<Variable>,
    actions: BTreeMap<&'static str, &'static Action>,
}

/// The documents of these services; no workflow where nobody wants one.
///
/// # Errors
/// Where a name cannot be written into one.
pub fn documents(repo: &Repo, services: &[(&Known, &Draft)]) -> Result<Vec<Document>, Error> {
    let words = Words {
        services: services.iter().map(|(known, draft)| one(repo, known, draft)).collect(),
        platforms: services.iter().any(|(_, draft)| !draft.wishes.platforms.is_empty()),
        secrets: services.iter().flat_map(|(_, draft)| draft.delivery.secrets.iter().map(String::as_str)).collect(),
        arguments: arguments(services),
        actions: SHARED.action.iter().map(|action| (action.id.as_str(), action)).collect(),
    };
    let words = image::context(&words)?;
    let templates = Templates::new(repo, &[BAKE, WORKFLOW], None)?;
    let document = |role, template| {
        let text = templates.render(template, &words)?;
        Ok::<_, Error>(Document { role, path: Service::default().path(role), text })
    };
    let mut documents = vec![document(Role::Bake, BAKE)?];
    if services.iter().any(|(_, draft)| draft.wishes.ci != Some(Ci::None)) {
        documents.push(document(Role::Workflow, WORKFLOW)?);
    }
    Ok(documents)
}

fn one<'a>(repo: &Repo, known: &'a Known, draft: &'a Draft) -> One<'a> {
    One {
        name: &known.name,
        image: image_of(known, draft),
        context: shown(&known.context),
        inside: known.service.path(Role::Dockerfile),
        platforms: &draft.wishes.platforms,
        secrets: draft.delivery.secrets.iter().map(|name| format!("id={name},env={name}")).collect(),
        row: row(repo, known, draft),
    }
}

/// The image's name: the one that was asked for, else the service's, which is there once.
fn image_of<'a>(known: &'a Known, draft: &'a Draft) -> &'a str {
    draft.wishes.name.as_deref().unwrap_or(&known.name)
}

/// The line of the matrix as JSON in ASCII, without a sign that begins an expression.
fn row(repo: &Repo, known: &Known, draft: &Draft) -> String {
    let at_top = |path: &str| join(repo.folder(), path);
    let row = Row {
        name: &known.name,
        image: image_of(known, draft),
        context: shown(&at_top(&known.context)).to_owned(),
        file: at_top(&known.dockerfile()),
        platforms: draft.wishes.platforms.join(","),
        paths: paths(known, draft).iter().map(|path| shown(&at_top(path)).to_owned()).collect(),
        idle: idle(draft),
    };
    let text = serde_json::to_string(&row).unwrap_or_default();
    let is_plain = |c: char| (c == ' ' || c.is_ascii_graphic()) && c != '$';
    let escaped = |c: char| {
        let mut units = [0; 2];
        c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>()
    };
    text.chars().map(|c| if is_plain(c) { c.to_string() } else { escaped(c) }).collect()
}

/// What the image of a service is made from: its context, and of one that it shares its part.
fn paths(known: &Known, draft: &Draft) -> BTreeSet<String> {
    let own = [known.dockerfile(), join(&known.context, &known.service.path(Role::OwnIgnore))];
    let workflow = Service::default().path(Role::Workflow);
    let all: BTreeSet<String> = match draft.taken.is_empty() {
        true => [known.context.clone()].into_iter().collect(),
        false => draft.taken.iter().map(|path| join(&known.context, path)).chain(own).collect(),
    };
    let is_inner = |path: &String| all.iter().any(|other| other != path && is_below(path, other));
    let mut outer: BTreeSet<String> = all.iter().filter(|path| !is_inner(path)).cloned().collect();
    outer.insert(workflow);
    outer
}

/// Those patterns of the catalog that the ignore file hides, at the top and below.
fn idle(draft: &Draft) -> Vec<&'static str> {
    let ignore = Matcher::new(draft.text(Role::Ignore));
    let sample = |pattern: &str| pattern.trim_start_matches("**/").replace('*', "x");
    let is_hidden = |pattern: &&&str| {
        let sample = sample(pattern);
        ignore.hides(&sample) && ignore.hides(&join("x", &sample))
    };
    let patterns: Vec<&str> = SHARED.idle.iter().map(String::as_str).collect();
    patterns.iter().filter(is_hidden).copied().collect()
}

/// Build arguments with the expressions that fill them; where services fill one otherwise, by the service.
fn arguments(services: &[(&Known, &Draft)]) -> Vec<Variable> {
    let mut values: BTreeMap<&str, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    for (known, draft) in services {
        for argument in &draft.delivery.arguments {
            values.entry(&argument.name).or_default().entry(&argument.value).or_default().push(&known.name);
        }
    }
    let by_service = |(value, names): (&str, Vec<&str>)| {
        let names = names.iter().map(|name| format!("matrix.name == '{name}'")).collect::<Vec<_>>().join(" || ");
        format!("({names}) && ({value})")
    };
    let variable = |(name, values): (&str, BTreeMap<&str, Vec<&str>>)| match values.keys().next() {
        Some(only) if values.len() == 1 => Variable::new(name, *only),
        _ => Variable::new(name, values.into_iter().map(by_service).collect::<Vec<_>>().join(" || ")),
    };
    values.into_iter().map(variable).collect()
}
