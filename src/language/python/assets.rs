//! The settings of a framework: which module of them, and the static files that it gathers in the build.

use serde::Serialize;

use super::apps::App;
use super::manifests::Manifests;
use super::rows::{CATALOG, StandIn};
use super::source::Source;
use super::sources::Program;
use crate::facts::{Evidence, Strength};
use crate::language::Variable;
use crate::plan::{Decision, Planner, Rival, topic};

/// The commands that gather static files.
#[derive(Debug, Clone, Serialize)]
pub struct Collect {
    script: String,
    arguments: Vec<&'static str>,
    environment: Vec<Variable>,
    /// Where the files lie, where that is outside of the sources.
    pub outside: Option<String>,
}

/// A module of settings.
pub struct Settings {
    module: String,
    /// The variable that names it, where it is not the one that the program names itself.
    pub chosen: Option<Variable>,
}

/// The module of settings that the program loads; one for development gives way to one for production beside it.
pub fn settings(planner: &mut Planner, program: &Program, app: &App) -> Option<Settings> {
    let variable = app.framework.settings.as_str();
    let source = program.source(&app.file)?;
    let stated = source.module.environment_default(variable).map(str::to_owned);
    let by_text = || {
        let modules = source.module.strings().filter(|text| text.contains(".") && program.module(text).is_some());
        modules.last().map(str::to_owned)
    };
    let module = stated.or_else(by_text).filter(|_| !variable.is_empty())?;
    let Some(better) = for_production(program, &module) else { return Some(Settings { module, chosen: None }) };
    let evidence = Evidence::new(source.path, &module, Strength::Convention);
    let rival = Rival { value: module, why: "settings for development".to_owned(), evidence: evidence.clone() };
    let shown = format!("{variable}={better}");
    let reason = "the program names settings for development, and these lie beside them";
    planner.note(Decision { rivals: vec![rival], ..Decision::new(topic::ENVIRONMENT, shown, reason, evidence) });
    let chosen = Some(Variable::new(variable, &better));
    Some(Settings { module: better, chosen })
}

/// The settings for production beside those for development.
fn for_production(program: &Program, module: &str) -> Option<String> {
    let usual = &CATALOG.names;
    let is_meant = |name: &str| usual.development.iter().any(|known| name == known);
    let source = program.module(module)?;
    let package = match source.stem() == "__init__" {
        // A package that takes over the settings of one of its modules.
        true => {
            source.module.stars().any(|star| is_meant(star.rsplit('.').next().unwrap_or(star))).then_some(module)?
        }
        false => module.rsplit_once('.').filter(|(_, name)| is_meant(name))?.0,
    };
    let mut beside = usual.settings.iter().map(|name| format!("{package}.{name}"));
    beside.find(|module| program.module(module).is_some())
}

/// Static files are collected where the settings say where to, and no storage elsewhere takes them.
pub fn collect(
    planner: &mut Planner,
    manifests: &Manifests,
    program: &Program,
    app: &App,
    settings: Settings,
) -> Option<Collect> {
    let row = app.framework.assets.as_ref()?;
    let script = program.nearest(&row.script)?;
    let files = program.settings(&settings.module);
    let elsewhere = files.iter().any(|source| source.module.says_always(&row.elsewhere));
    let installs_nothing = manifests.requirements.as_ref().is_some_and(|set| set.dependencies.is_empty());
    let folder = files.iter().find(|source| source.module.assigns(&row.folder))?;
    if elsewhere || installs_nothing {
        return None;
    }
    let mut stand_in = None;
    if let Some((path, example)) = program.demanded().into_iter().next() {
        stand_in = program.stand_in(&path);
        let step = format!(", and run `{script} {}` with it", row.arguments);
        let step = if stand_in.is_some() { "" } else { &step };
        planner.warn(format!(
            "`{path}` is not in the repository (`{example}` is), and the program loads it: mount it at `/app/{path}`{step}"
        ));
        stand_in.as_ref()?;
    }
    let of_script =
        program.source(script).and_then(|source| source.module.environment_default(&app.framework.settings));
    let is_other = of_script != Some(settings.module.as_str());
    let chosen = is_other.then(|| Variable::new(&app.framework.settings, &settings.module));
    let evidence = Evidence::new(folder.path, folder.module.quote(&row.folder), Strength::Stated);
    let (value, reason) = ("collected in the build", "the settings name a folder for them");
    planner.note(Decision::new(topic::ASSETS, value, reason, evidence));
    let words: Vec<&str> = row.served.iter().map(String::as_str).collect();
    if !program.sources.iter().any(|source| source.module.says_one_of(&words)) {
        let first = words.first().copied().unwrap_or_default();
        planner.warn(format!("`{}` gathers static files, and nothing in the program serves them: put a web server before it that does, or add `{first}`", row.arguments));
    }
    let is_set = |name: &String| files.iter().any(|source| source.module.assigns(name));
    let more = row.more.iter().filter(|(setting, _)| is_set(setting)).map(|(_, arguments)| arguments.as_str());
    Some(Collect {
        script: script.to_owned(),
        arguments: std::iter::once(row.arguments.as_str()).chain(more).collect(),
        outside: outside(folder.module.quote(&row.folder)),
        environment: environment(chosen.into_iter().chain(stand_in).collect(), &files),
    })
}

/// The absolute path that a setting names, by itself or where a variable is not set.
fn outside(line: &str) -> Option<String> {
    let texts = line.split(['"', '\'']).skip(1).step_by(2);
    let is_plain = |text: &&str| text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    let absolute = |text: &&str| text.starts_with('/') && text.len() > 1 && !text.starts_with("/app/");
    texts.filter(is_plain).find(absolute).map(|text| text.trim_end_matches('/').to_owned())
}

/// Values for the variables that the settings ask for, which let them load in the build, where nothing is connected to.
fn environment(mut environment: Vec<Variable>, files: &[&Source]) -> Vec<Variable> {
    for variable in files.iter().flat_map(|source| source.module.variables()) {
        let row = |row: &&StandIn| row.fits(&variable.name, variable.line);
        let Some(row) = CATALOG.stand_in.iter().find(row) else { continue };
        let wanted = variable.required || row.secret;
        if wanted && !environment.iter().any(|known| known.name == variable.name) {
            environment.push(Variable::new(&variable.name, &row.value));
        }
    }
    environment
}
