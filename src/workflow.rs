//! The views of the documents that no language knows: the CI workflow and the frame of the .dockerignore.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::catalog::{Action, Released, SHARED};
use crate::dockerignore::{Section, literal};
use crate::image::{Filled, Variable};
use crate::language::Recipe;
use crate::path;
use crate::values::slug;
use crate::wishes::Wishes;

/// The words of the workflow's template.
#[derive(Debug, Serialize)]
pub struct Workflow {
    /// The image, which its layers are kept under.
    name: String,
    /// What GitHub calls it.
    title: String,
    /// The folder of the service, from the top of the git repository, and its Dockerfile.
    context: String,
    dockerfile: String,
    /// What stands behind the repository's name in that of the image.
    suffix: String,
    /// The pattern of what it runs for, where that is not everything; and its own path.
    folder: Option<String>,
    own: String,
    platforms: Option<String>,
    secrets: Vec<String>,
    /// Build arguments, each with the expression that it is filled with.
    arguments: Vec<Variable>,
    /// The dockgen that checks first, where that is wished.
    check: Option<&'static Released>,
    actions: BTreeMap<&'static str, &'static Action>,
}

/// What the workflow gives to the build.
#[derive(Debug, Clone, Default)]
pub struct Delivery {
    /// Secrets, by their names in CI.
    pub secrets: Vec<String>,
    /// Build arguments, each with the expression that it is filled with.
    pub arguments: Vec<Variable>,
}

/// What the build of a recipe is given.
pub fn delivery(recipe: &Recipe, wishes: &Wishes) -> Delivery {
    let wished = wishes.extras.build_secrets.iter().filter(|name| !recipe.secrets.contains(name));
    let argument = |it: &Filled| Some(Variable::new(&it.name, SHARED.filled.get(&it.with)?));
    Delivery {
        secrets: recipe.secrets.iter().chain(wished).cloned().collect(),
        arguments: recipe.filled.iter().filter_map(argument).collect(),
    }
}

/// The workflow of a service in a folder of its git repository.
pub fn view(recipe: &Recipe, wishes: &Wishes, folder: &str) -> Workflow {
    let is_top = folder.is_empty();
    let of_folder = |text: String| if is_top { String::new() } else { text };
    let Delivery { secrets, arguments } = delivery(recipe, wishes);
    Workflow {
        name: recipe.name.clone(),
        title: format!("docker{}", of_folder(format!("-{}", slug(folder)))),
        context: path::shown(folder).to_owned(),
        dockerfile: path::join(folder, "Dockerfile"),
        suffix: of_folder(format!("/{}", recipe.name)),
        folder: (!is_top).then(|| format!("{folder}/**")),
        own: place(folder),
        platforms: (!wishes.platforms.is_empty()).then(|| wishes.platforms.join(",")),
        secrets,
        arguments,
        check: SHARED.released.as_ref().filter(|_| wishes.extras.check),
        actions: SHARED.action.iter().map(|action| (action.id.as_str(), action)).collect(),
    }
}

/// Where GitHub reads the workflow of a service in a folder, from the top of the git repository.
pub fn place(folder: &str) -> String {
    format!(".github/workflows/docker-{}.yml", slug(folder))
}

/// The words of the .dockerignore's template.
#[derive(Debug, Serialize)]
pub struct Ignore {
    sections: Vec<Section>,
}

/// The recipe's sections, and what belongs to others of the context; an allow list needs no clutter, a deny list does; the secrets
/// always come last.
pub fn ignore_view(recipe: &Recipe, wishes: &Wishes, others: Option<Section>) -> Ignore {
    let allows =
        recipe.ignore.first().is_some_and(|section| section.patterns.first().is_some_and(|first| first == "*"));
    let mut sections = recipe.ignore.clone();
    if !wishes.extras.copy.is_empty() {
        let lines = wishes.extras.copy.iter().map(|path| format!("!{}", literal(path)));
        sections.push(Section::new("Asked for in dockgen.toml.", lines));
    }
    if !allows {
        let templates = wishes.extras.templates.as_deref().map(literal);
        let clutter = SHARED.clutter.iter().cloned().chain(templates);
        sections.insert(0, Section::new("Nothing in an image needs these.", clutter));
    }
    sections.extend(others);
    sections.push(Section::new("Never in an image, wherever they lie.", SHARED.secrets.clone()));
    Ignore { sections }
}

/// The Dockerfile with its base images from another registry: `golang:1` becomes `MIRROR/library/golang:1`, and a
/// registry's name stays as a folder, as pull-through caches have it.
pub fn mirrored(text: &str, mirror: &str) -> String {
    let mirror = mirror.trim_end_matches('/');
    let stages: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("FROM ")?.split(" AS ").nth(1)).collect();
    let place = |image: &str| match image.split_once('/') {
        _ if image == "scratch" || stages.contains(&image) => image.to_owned(),
        None => format!("{mirror}/library/{image}"),
        Some(_) => format!("{mirror}/{image}"),
    };
    let line = |line: &str| {
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        match words.first().map(String::as_str) {
            Some("FROM") => {
                if let Some(image) = words.iter_mut().skip(1).find(|word| !word.starts_with("--")) {
                    *image = place(image);
                }
            }
            Some("COPY") => {
                for word in words.iter_mut().skip(1).take_while(|word| word.starts_with("--")) {
                    if let Some(image) = word.strip_prefix("--from=") {
                        *word = format!("--from={}", place(image));
                    }
                }
            }
            _ => return format!("{line}\n"),
        }
        words.join(" ") + "\n"
    };
    text.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_released_dockgen_is_fetched_and_compared_before_it_checks() {
        let released = Released { url: "https://example.com/v1/dockgen".to_owned(), sha256: "ab12".to_owned() };
        let action = |action: &'static Action| (action.id.as_str(), action);
        let workflow = Workflow {
            name: "x".to_owned(),
            title: "docker".to_owned(),
            context: ".".to_owned(),
            dockerfile: "Dockerfile".to_owned(),
            suffix: String::new(),
            folder: None,
            own: String::new(),
            platforms: None,
            secrets: Vec::new(),
            arguments: Vec::new(),
            check: Some(Box::leak(Box::new(released))),
            actions: SHARED.action.iter().map(action).collect(),
        };
        let repo = crate::repo::Repo::from_list("x", []);
        let templates = crate::render::Templates::new(&repo, &[], None).unwrap();
        let text = templates.render("ci/github.yml.tera", &crate::image::context(&workflow).unwrap()).unwrap();
        let at = |line: &str| text.find(line).unwrap_or_else(|| panic!("no {line} in\n{text}"));
        assert!(at("https://example.com/v1/dockgen") < at("echo \"ab12  $RUNNER_TEMP/dockgen\" | sha256sum --check"));
        assert!(at("sha256sum") < at("\"$RUNNER_TEMP/dockgen\" check --format github"));
    }

    #[test]
    fn base_images_come_from_the_mirror_and_stages_do_not() {
        let text = "FROM --platform=$BUILDPLATFORM golang:1 AS build\nFROM gcr.io/x:y\nCOPY --link --from=build a b\n";
        let want = "FROM --platform=$BUILDPLATFORM m.io/p/library/golang:1 AS build\nFROM m.io/p/gcr.io/x:y\nCOPY --link --from=build a b\n";
        assert_eq!(mirrored(text, "m.io/p/"), want);
        assert_eq!(mirrored("FROM scratch\n", "m"), "FROM scratch\n");
    }
}
