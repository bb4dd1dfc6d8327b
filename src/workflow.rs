//! The views of the documents that no language knows: the CI workflow and the frame of the .dockerignore.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::catalog;
use crate::dockerignore::Section;
use crate::language::Recipe;
use crate::wishes::Wishes;

/// The words of the workflow's template.
#[derive(Debug, Serialize)]
pub struct Workflow {
    name: String,
    platforms: Option<String>,
    secrets: Vec<String>,
    actions: BTreeMap<String, Action>,
}

#[derive(Debug, Serialize)]
struct Action {
    uses: String,
    tag: String,
    commit: String,
}

/// The workflow of a recipe.
pub fn view(recipe: &Recipe, wishes: &Wishes) -> Workflow {
    let row = |row: catalog::Action| (row.id, Action { uses: row.uses, tag: row.tag, commit: row.commit });
    Workflow {
        name: recipe.name.clone(),
        platforms: (!wishes.platforms.is_empty()).then(|| wishes.platforms.join(",")),
        secrets: recipe.secrets.clone(),
        actions: catalog::shared().action.into_iter().map(row).collect(),
    }
}

/// The words of the .dockerignore's template.
#[derive(Debug, Serialize)]
pub struct Ignore {
    sections: Vec<Section>,
}

/// The recipe's sections; an allow list needs no clutter, a deny list does; the secrets always come last.
pub fn ignore_view(recipe: &Recipe) -> Ignore {
    let shared = catalog::shared();
    let allows =
        recipe.ignore.first().is_some_and(|section| section.patterns.first().is_some_and(|first| first == "*"));
    let mut sections = recipe.ignore.clone();
    if !allows {
        sections.insert(0, Section::new("Nothing in an image needs these.", shared.clutter));
    }
    sections.push(Section::new("Never in an image, wherever they lie.", shared.secrets));
    Ignore { sections }
}
