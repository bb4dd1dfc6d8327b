//! Static files that a framework gathers in the build.

use serde::Serialize;

use super::apps::App;
use super::manifests::Manifests;
use super::rows::{CATALOG, StandIn};
use super::sources::{Program, Source};
use crate::facts::{Evidence, Strength};
use crate::language::Variable;
use crate::plan::{Decision, Planner, topic};
use crate::source::python;

/// The command that gathers static files.
#[derive(Debug, Clone, Serialize)]
pub struct Collect {
    script: String,
    arguments: &'static str,
    environment: Vec<Variable>,
}

/// Static files are collected where the settings say where to, and no storage elsewhere takes them.
pub fn collect(planner: &mut Planner, manifests: &Manifests, program: &Program, app: &App) -> Option<Collect> {
    let row = app.framework.assets.as_ref()?;
    let script = program.nearest(&row.script)?;
    let source = program.source(&app.file)?;
    let stated = source.module.environment_default(&app.framework.settings);
    let settings = stated.or_else(|| {
        source.module.strings().filter(|text| text.contains(".") && program.module(text).is_some()).last()
    })?;
    let files = program.settings(settings);
    let elsewhere = files.iter().any(|source| source.module.strings().any(|text| text.starts_with(&row.elsewhere)));
    let installs_nothing = manifests.requirements.as_ref().is_some_and(|set| set.dependencies.is_empty());
    let folder = files.iter().find(|source| source.module.assigns(&row.folder))?;
    if elsewhere || installs_nothing {
        return None;
    }
    let by_script =
        program.source(script).and_then(|source| source.module.environment_default(&app.framework.settings));
    let chosen = (by_script != Some(settings)).then(|| Variable::new(&app.framework.settings, settings));
    let evidence = Evidence::new(folder.path, folder.module.quote(&row.folder), Strength::Stated);
    let (value, reason) = ("collected in the build", "the settings name a folder for them");
    planner.note(Decision::new(topic::ASSETS, value, reason, evidence));
    Some(Collect { script: script.to_owned(), arguments: &row.arguments, environment: environment(chosen, &files) })
}

/// Values for the variables that the settings ask for.
fn environment(chosen: Option<Variable>, files: &[&Source]) -> Vec<Variable> {
    let mut environment: Vec<Variable> = chosen.into_iter().collect();
    for variable in files.iter().flat_map(|source| source.module.variables()) {
        let wanted = variable.required || row(&variable.name).is_some_and(|row| row.secret);
        if wanted && !environment.iter().any(|known| known.name == variable.name) {
            environment.push(Variable::new(&variable.name, stand_in(&variable)));
        }
    }
    environment
}

fn row(name: &str) -> Option<&'static StandIn> {
    CATALOG.stand_in.iter().find(|row| row.fits(name))
}

/// A value that lets settings load in the build, where nothing is connected to.
fn stand_in(variable: &python::Variable) -> &'static str {
    match (variable.boolean, variable.numeric) {
        (true, _) => "false",
        (_, true) => "1",
        _ => row(&variable.name).map_or("", |row| &row.value),
    }
}
