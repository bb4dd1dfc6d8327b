//! Front ends that a program of another language has in a place of its own: where their builds write, by the container files of
//! others, by scripts and by the configuration of bundlers.

use crate::command::Command;
use crate::facts::Evidence;
use crate::path::is_below;
use crate::repo::Repo;
use crate::witness::containers;
use crate::witness::stages::Carried;

use super::catalog::CATALOG;
use super::frontend::Frontend;
use super::maker::{self, Maker};
use super::manager;
use super::steps::begins;

/// A front end, and where the program has what it makes.
pub struct Placed {
    /// What builds it.
    pub frontend: Frontend,
    /// The place, relative to the sources.
    pub target: String,
    /// Why it is built, a clause.
    pub reason: &'static str,
    /// Where that shows.
    pub evidence: Evidence,
}

impl Placed {
    /// The front end that a stage of a container file builds, and that the program's own stage takes.
    pub fn by_stage(repo: &Repo) -> Option<Self> {
        let is_known = |one: &Carried| !one.target.is_empty() && (one.is_named || !one.target.starts_with('/'));
        containers::carried(repo).into_iter().filter(is_known).find_map(|one| {
            let (folder, scripts) = built(repo, &one)?;
            let Carried { made, target, evidence, .. } = one;
            let maker = Maker { folder, script: None, made, moves: Vec::new(), evidence: evidence.clone() };
            let frontend = Frontend::by(repo, maker)?.of_scripts(scripts).with(repo, Vec::new());
            let reason = "another container file builds it, and its program takes the result";
            Some(Placed { frontend, target, reason, evidence })
        })
    }

    /// The front end in a folder whose build writes to places that the program serves. Of several places it is the folder that
    /// holds all of them.
    pub fn by_output(repo: &Repo, folder: &str, serves: &dyn Fn(&str) -> bool) -> Option<Self> {
        let mut makers = maker::written(repo, folder);
        makers.retain(|maker| serves(&maker.made));
        let scripts = makers.iter().filter_map(|maker| maker.script.clone());
        let scripts =
            scripts.fold(Vec::new(), |all, name| if all.contains(&name) { all } else { [all, vec![name]].concat() });
        let made = makers
            .iter()
            .map(|maker| maker.made.as_str())
            .reduce(common)
            .filter(|made| serves(made) && !is_below(folder, made))?
            .to_owned();
        let maker = Maker { script: None, made: made.clone(), ..makers.into_iter().next()? };
        let evidence = maker.evidence.clone();
        let frontend = Frontend::by(repo, maker)?.of_scripts(scripts).with(repo, Vec::new());
        Some(Placed { frontend, target: made, reason: "its build writes to a place that the program serves", evidence })
    }

    /// The same with what the program takes of it beside its result.
    pub fn with(self, repo: &Repo, beside: &str) -> Self {
        Placed { frontend: self.frontend.with(repo, vec![beside.to_owned()]), ..self }
    }
}

/// The folder of the package that a stage builds, and the scripts or commands that do it.
fn built(repo: &Repo, one: &Carried) -> Option<(String, Vec<String>)> {
    let is_manager = |command: &&Command| manager::known().contains(&command.program());
    let folder = &one.commands.iter().find(is_manager)?.folder;
    let known = maker::scripts(repo, folder);
    let run = |command: &Command| match is_manager(&command) {
        true => command.words().iter().find(|word| known.contains(word) && maker::is_meant(word)).cloned(),
        false => {
            let line = [&[command.program().to_owned()][..], command.words()].concat().join(" ");
            let mut builds = CATALOG.framework.iter().flat_map(|row| &row.commands);
            (command.folder == *folder && builds.any(|build| begins(&line, build))).then_some(line)
        }
    };
    let runs: Vec<String> = one.commands.iter().filter_map(run).collect();
    let runs = if runs.is_empty() { vec![maker::script(repo, folder)?] } else { runs };
    Some((folder.clone(), runs))
}

/// The folder that holds both; empty where that is the top.
fn common<'p>(a: &'p str, b: &'p str) -> &'p str {
    let mut folder = a;
    while !is_below(b, folder) {
        folder = crate::path::parent(folder);
    }
    folder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_write_where_scripts_and_settings_say() {
        let found = |manifest: &str, more: &[(&str, &str)]| {
            let files = [("package.json", manifest), ("shop/app.py", ""), ("shop/static/logo.js", "")];
            let repo = Repo::from_list("x", files.iter().chain(more).copied());
            let placed = Placed::by_output(&repo, "", &|path| is_below(path, "shop") && path != "shop");
            placed.map(|it| format!("{} {}", it.target, it.frontend.scripts.join(" ")))
        };
        let rollup = (
            "rollup.config.mjs",
            "export default {\n  dirs: 'shop/src',\n  output: {\n    dir: 'shop/static/gen',\n  } }",
        );
        for (manifest, more, expected) in [
            (r#"{"scripts": {"build": "sass a.scss shop/static/a.css"}}"#, &[][..], Some("shop/static build")),
            (
                r#"{"scripts": {"build:css": "sass a.scss shop/static/css/a.css", "build:js": "x -o shop/static/js/a.js"}}"#,
                &[],
                Some("shop/static build:css build:js"),
            ),
            (r#"{"scripts": {"build": "rollup -c"}}"#, &[rollup], Some("shop/static/gen build")),
            (r#"{"scripts": {"build": "cat shop/static/logo.js"}}"#, &[], None),
            (r#"{"scripts": {"watch": "sass a.scss shop/static/a.css"}}"#, &[], None),
            (r#"{"scripts": {"build": "sass a.scss dist/a.css"}}"#, &[], None),
        ] {
            assert_eq!(found(manifest, more).as_deref(), expected, "{manifest}");
        }
    }

    #[test]
    fn a_stage_says_what_is_built_and_where_it_goes() {
        let found = |run: &str, manifest: &str| {
            let text = format!(
                "FROM node AS web\nWORKDIR /w\nCOPY web/package.json ./\nRUN npm ci\nCOPY web .\nRUN {run}\nFROM python\nWORKDIR /code\nCOPY . .\nCOPY --from=web /w/out shop/static\n"
            );
            let repo =
                Repo::from_list("x", [("Dockerfile", &*text), ("web/package.json", manifest), ("shop/app.py", "")]);
            let placed = Placed::by_stage(&repo);
            placed.map(|it| {
                format!("{} {} {} {}", it.frontend.folder, it.frontend.made, it.target, it.frontend.scripts.join(" "))
            })
        };
        let manifest = r#"{"scripts": {"build": "a", "build-prod": "b", "lint": "c"}}"#;
        for (run, manifest, expected) in [
            ("npm run build-prod", manifest, Some("web web/out shop/static build-prod")),
            ("make js", manifest, Some("web web/out shop/static build")),
            ("npm run lint && npm run build", manifest, Some("web web/out shop/static build")),
            ("./node_modules/.bin/vite build --mode x", manifest, Some("web web/out shop/static vite build --mode x")),
            ("true", r#"{"scripts": {"lint": "c"}}"#, None),
        ] {
            assert_eq!(found(run, manifest).as_deref(), expected, "{run}");
        }
    }
}
