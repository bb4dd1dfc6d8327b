//! A client for browsers in the repository: Node builds it for the jar where Maven does not.

use serde::Serialize;

use super::catalog::{CATALOG, Framework};
use super::reactor::{Module, Reactor};
use crate::dockerignore::Section;
use crate::error::Error;
use crate::format::package_json;
use crate::format::pom::Element;
use crate::image::Part;
use crate::language::node::frontend::Frontend;
use crate::path::join;
use crate::plan::Planner;
use crate::repo::Repo;

/// A client that Maven does not build.
pub struct Client {
    /// Its `package.json`.
    pub manifest: String,
    /// The package that builds it.
    pub tool: &'static str,
    /// What builds it for the image, and the folder that the framework hands out; `None` where it cannot be built here.
    pub built: Option<(Frontend, String)>,
}

/// What the build of a client makes, and where the jar takes it from.
#[derive(Debug, Serialize)]
pub struct Made {
    from: String,
    to: String,
}

impl Client {
    /// The client of a module, where its framework hands out files, and neither Maven makes them nor do they lie there.
    pub fn read(repo: &Repo, reactor: &Reactor, module: &Module, framework: Option<&Framework>) -> Option<Self> {
        let target = join(module.folder(), framework?.site.as_deref()?);
        if repo.has(&join(&target, "index.html")) || reactor.modules.iter().any(builds_clients) {
            return None;
        }
        let below = |base: &str| CATALOG.client.folders.iter().map(|name| join(base, name)).collect::<Vec<_>>();
        let folders = below(module.folder()).into_iter().chain(below(""));
        let (tool, folder) = folders.into_iter().find_map(|folder| Some((tool(repo, &folder)?, folder)))?;
        let built = Frontend::of_site(repo, &folder).map(|frontend| (frontend, target));
        Some(Client { manifest: join(&folder, "package.json"), tool, built })
    }

    /// What its build makes, and where the jar takes it from.
    pub fn made(&self) -> Option<Made> {
        let (frontend, target) = self.built.as_ref()?;
        Some(Made { from: format!("/src/{}", frontend.made), to: target.clone() })
    }

    /// The stage that builds it, by Node's own rules.
    ///
    /// # Errors
    /// Where it cannot be built.
    pub fn part(&self, planner: &mut Planner) -> Result<Option<Part>, Error> {
        let Some((frontend, _)) = &self.built else { return Ok(None) };
        let lent = frontend.lend(planner)?;
        let lines = lent.hidden.into_iter().chain(std::iter::once("**/node_modules".to_owned()));
        let ignore = vec![Section::new("The client is built inside of the image.", lines)];
        Ok(Some(Part { ignore, ..lent.part }))
    }
}

/// The package that builds the client in a folder, if there is one.
fn tool(repo: &Repo, folder: &str) -> Option<&'static str> {
    let package = package_json::parse(repo.text(&join(folder, "package.json"))?).ok()?;
    let uses = |tool: &&String| package.dependency(tool).is_some();
    CATALOG.client.tools.iter().find(uses).filter(|_| package.scripts.contains_key("build")).map(String::as_str)
}

/// Whether a module's plugins build clients: by themselves, or as their configuration calls a package manager.
fn builds_clients(module: &Module) -> bool {
    let rows = &CATALOG.client;
    let calls = |element: &&Element| rows.words.iter().any(|word| element.text.split_whitespace().any(|it| it == word));
    let builds = |artifact: &str| {
        let mut settings = module.lineage.plugin_settings(artifact).flat_map(|plugin| plugin.configurations());
        rows.plugins.iter().any(|plugin| plugin == artifact) || settings.any(|all| all.descendants().iter().any(calls))
    };
    let depends = |artifact: &String| module.dependencies.iter().any(|entry| entry.artifact == *artifact);
    module.lineage.plugins().any(|plugin| builds(&plugin.artifact)) || rows.plugins.iter().any(depends)
}

#[cfg(test)]
mod tests {
    use crate::repo::Repo;
    use crate::wishes::Wishes;

    const MAIN: &str = "@SpringBootApplication class App { public static void main(String[] a) {} }";

    fn drafted(plugin: &str, files: &[(&str, &str)]) -> (String, Vec<String>) {
        let pom = format!(
            "<project><parent><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId><version>3.5.6</version><relativePath/></parent><groupId>g</groupId><artifactId>a</artifactId><version>1</version><dependencies><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId></dependency></dependencies><build><plugins><plugin><artifactId>spring-boot-maven-plugin</artifactId></plugin>{plugin}</plugins></build></project>"
        );
        let own = [("pom.xml", pom.as_str()), ("src/main/java/App.java", MAIN)];
        let repo = Repo::from_list("a", own.into_iter().chain(files.iter().copied()));
        let draft = crate::draft(&repo, &Wishes { lang: Some("java".into()), ..Wishes::default() }).unwrap();
        (draft.documents[0].text.clone(), draft.plan.warnings)
    }

    #[test]
    fn a_client_is_built_once_or_said() {
        let vite = r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}"#;
        let exec = "<plugin><artifactId>exec-maven-plugin</artifactId><configuration><executable>npm</executable></configuration></plugin>";
        let front = "<plugin><artifactId>frontend-maven-plugin</artifactId></plugin>";
        let in_jar = ("src/main/resources/static/index.html", "");
        type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], bool, usize);
        let cases: [Case; 7] = [
            ("", &[("frontend/package.json", vite), ("frontend/index.html", "")], true, 0),
            ("", &[("src/main/webapp/package.json", vite), ("src/main/webapp/index.html", "")], true, 0),
            ("", &[("package.json", vite)], false, 1),
            ("", &[("frontend/package.json", r#"{"dependencies": {"vite": "7"}}"#)], false, 0),
            (exec, &[("frontend/package.json", vite)], false, 0),
            (front, &[("frontend/package.json", vite)], false, 0),
            ("", &[("frontend/package.json", vite), in_jar], false, 0),
        ];
        for (plugin, files, built, said) in cases {
            let (text, warnings) = drafted(plugin, files);
            assert_eq!(text.contains("COPY --from=frontend"), built, "{plugin} {files:?}\n{text}");
            assert_eq!(
                warnings.iter().filter(|warning| warning.contains("package.json")).count(),
                said,
                "{warnings:?}"
            );
        }
    }
}
