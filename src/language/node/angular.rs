//! `angular.json`: where the build of Angular writes, and whether a server renders.

use serde_json::Value;

use crate::format::json;
use crate::path::{join, normal};
use crate::repo::Repo;

use super::package::Package;

/// What a framework's own settings say: words, and the folders that stand for placeholders.
#[derive(Debug, Default)]
pub struct Settings {
    /// Words that modes ask for.
    pub words: Vec<&'static str>,
    /// A placeholder and its folder.
    pub folders: Vec<(&'static str, String)>,
    /// Where the build writes, as it is written.
    pub said: Option<String>,
    /// The path below which browsers ask for the files.
    pub base: Option<String>,
}

impl Settings {
    /// A text with the folders in their places.
    pub fn fill(&self, text: &str) -> String {
        self.folders.iter().fold(text.to_owned(), |text, (place, folder)| text.replace(place, folder))
    }
}

/// The folders of the application that is built: `{base}`, and in it what browsers load, `{browser}`.
pub fn settings(repo: &Repo, package: &Package) -> Settings {
    let found = repo.text(&package.path("angular.json")).and_then(|text| read(&json::relaxed(text).ok()?));
    let usual = || "dist".to_owned();
    found.unwrap_or_else(|| Settings {
        folders: vec![("{base}", usual()), ("{browser}", usual())],
        ..Settings::default()
    })
}

fn read(root: &Value) -> Option<Settings> {
    let (name, project) = application(root)?;
    let target = project.get("architect").or_else(|| project.get("targets")).and_then(|targets| targets.get("build"));
    let options = target.and_then(|target| target.get("options"));
    let said = options.and_then(|options| options.get("outputPath"));
    let base = said.and_then(|path| path.as_str().or_else(|| path.get("base")?.as_str()));
    let outside = base.filter(|path| path.starts_with("..")).map(str::to_owned);
    let base = base.and_then(normal).unwrap_or_else(|| format!("dist/{name}"));
    let builder = target.and_then(|target| target.get("builder")).and_then(Value::as_str).unwrap_or_default();
    let by_application = builder.ends_with(":application");
    let renders =
        |options: &Value| options.get("server").is_some() && options.get("ssr").is_some_and(|ssr| ssr != false);
    let words = if by_application && options.is_some_and(renders) { vec!["server"] } else { Vec::new() };
    let browser = said.and_then(|path| path.get("browser")?.as_str()).unwrap_or("browser");
    let outside = outside.map(|path| if by_application && !browser.is_empty() { join(&path, browser) } else { path });
    let browser = if by_application && !browser.is_empty() { format!("{base}/{browser}") } else { base.clone() };
    let href = options.and_then(|options| options.get("baseHref")).and_then(Value::as_str).map(str::to_owned);
    Some(Settings { words, folders: vec![("{base}", base), ("{browser}", browser)], base: href, said: outside })
}

/// The project that is named as the default, else the first that is an application.
fn application(root: &Value) -> Option<(&String, &Value)> {
    let projects = root.get("projects").and_then(Value::as_object);
    let named = root.get("defaultProject").and_then(Value::as_str);
    let is_app = |(_, project): &(&String, &Value)| project.get("projectType").is_none_or(|kind| kind == "application");
    let all = || projects.into_iter().flatten();
    all().find(|(name, _)| Some(name.as_str()) == named).or_else(|| all().find(is_app))
}
