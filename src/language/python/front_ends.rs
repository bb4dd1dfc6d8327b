//! Front ends in folders of the repository: what builds the one that the program serves, and which stay as they are.

use super::rows::CATALOG;
use super::sources::Program;
use crate::catalog::SHARED;
use crate::error::{Error, typed};
use crate::facts::{Evidence, Fact, Strength};
use crate::format::package_json;
use crate::language::node::frontend::{Frontend, Lent};
use crate::path;
use crate::plan::Planner;
use crate::repo::Repo;

/// Front ends that are looked at, at most.
const MOST: usize = 8;

/// The front ends of a repository.
#[derive(Default)]
pub struct FrontEnds {
    /// The one that is built, and what says that the program serves it.
    built: Option<(Frontend, Evidence)>,
    /// Why others are not, a sentence each.
    left: Vec<String>,
}

impl FrontEnds {
    /// Looks for manifests with a build script, and for what the sources say of their output.
    pub fn read(repo: &Repo, program: &Program) -> Self {
        let mut found = FrontEnds::default();
        for manifest in manifests(repo) {
            let folder = manifest.strip_suffix("/package.json").unwrap_or_default();
            let served = served(program, folder).filter(|_| !folder.is_empty());
            let is_there = |made: &String| repo.has_folder(made);
            match served.map(|(output, evidence)| (format!("{folder}/{output}"), evidence)) {
                Some((made, _)) if is_there(&made) => {}
                Some((made, evidence)) => match Frontend::find(repo, &format!("{made}/index.html")) {
                    Some(front) if found.built.is_none() => found.built = Some((front, evidence)),
                    _ => found.left.push(format!(
                        "{evidence}: the program serves `{made}`, which nothing here builds: build it before the image, and commit it or add it with `run.copy` in `dockgen.toml`"
                    )),
                },
                None => found.left.push(format!(
                    "`{manifest}` has a build script, and nothing shows that the program serves what it makes: it is not built; {}",
                    match folder.is_empty() {
                        true => "`dockgen init --lang node` writes for it alone".to_owned(),
                        false => format!("where it serves that, say so: `dockgen config set front-ends.{0} static`; `dockgen init {0}` writes for it alone", typed(folder)),
                    }
                )),
            }
        }
        found
    }

    /// Decides: what builds it, and says what is left alone.
    ///
    /// # Errors
    /// Where it cannot be built.
    pub fn plan(&self, planner: &mut Planner) -> Result<Option<Lent>, Error> {
        self.left.iter().for_each(|sentence| planner.warn(sentence));
        let Some((front, evidence)) = &self.built else { return Ok(None) };
        planner.front_end(&front.folder, "the program serves what its build makes", evidence.clone());
        front.lend(planner).map(Some)
    }

    /// What its folder says of how it is built.
    pub fn testify(&self) -> Vec<Fact> {
        self.built.iter().flat_map(|(front, _)| front.testify()).collect()
    }
}

/// Manifests with a build script, at the top or in folders that are no tools; those below another one belong to it.
fn manifests(repo: &Repo) -> Vec<&str> {
    let is_aside = |part: &str| part.starts_with('.') || CATALOG.names.aside.iter().any(|aside| aside == part);
    let near = |path: &&str| path.matches('/').count() <= 2 && !path.split('/').any(is_aside);
    let named = repo.files().filter(|path| path.rsplit('/').next() == Some("package.json")).filter(near);
    let builds = |path: &&str| {
        let read = repo.text(path).and_then(|text| package_json::parse(text).ok());
        read.is_some_and(|read| read.scripts.contains_key("build"))
    };
    let mut found: Vec<&str> = named.filter(builds).take(MOST).collect();
    found.sort_by_key(|path| (path.matches('/').count(), *path));
    let all = found.clone();
    let is_below = |path: &&str, other: &&str| {
        other
            .strip_suffix("package.json")
            .is_some_and(|folder| !folder.is_empty() && path != other && path.starts_with(folder))
    };
    found.retain(|path| !all.iter().any(|other| is_below(path, other)));
    found
}

/// The folder of what is built that a source names, as `frontend/dist` or as `"frontend", "dist"`.
fn served(program: &Program, folder: &str) -> Option<(String, Evidence)> {
    let name = path::name(folder);
    program.sources.iter().find_map(|source| {
        let mut texts = source.module.strings().peekable();
        while let Some(text) = texts.next() {
            let rest = [folder, name].into_iter().find_map(|folder| below(text, folder));
            let Some(rest) = rest else { continue };
            let output = match rest.is_empty() {
                true => texts.peek().copied().unwrap_or_default(),
                false => rest,
            };
            let output = output.trim_matches('/').split('/').next().unwrap_or_default();
            if SHARED.made_folders.iter().any(|made| made == output) {
                return Some((output.to_owned(), Evidence::new(source.path, text, Strength::Convention)));
            }
        }
        None
    })
}

/// What stands behind a folder in a path, which may begin above it.
fn below<'t>(path: &'t str, folder: &str) -> Option<&'t str> {
    let mut path = path.trim_start_matches("./").trim_start_matches('/');
    while let Some(rest) = path.strip_prefix("../") {
        path = rest;
    }
    let rest = path.strip_prefix(folder)?;
    (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_served_is_built_and_the_rest_is_named() {
        const BUILT: &str = r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}"#;
        let read = |source: &str, more: &[(&str, &str)]| {
            let files = [("main.py", source), ("web/package.json", BUILT), ("web/pages/package.json", BUILT)];
            let repo = Repo::from_list("x", files.iter().chain(more).copied());
            let found = FrontEnds::read(&repo, &Program::read(&repo, Vec::new()));
            (found.built.map(|(front, _)| front.made), found.left)
        };
        for source in ["serve('web/dist')", "serve('../web/dist/assets')", "serve(HERE / 'web' / 'dist')"] {
            assert_eq!(read(source, &[]), (Some("web/dist".to_owned()), vec![]), "{source}");
        }
        let (built, left) = read("print('web/static')", &[("tools/package.json", BUILT), ("package.json", BUILT)]);
        assert_eq!((built, left.len()), (None, 2));
        assert!(left[0].starts_with("`package.json` has a build script"), "{left:?}");
        assert!(left[1].ends_with("`dockgen init web` writes for it alone"), "{left:?}");
        assert_eq!(read("serve('web/dist')", &[("web/dist/index.html", "")]), (None, vec![]));
        assert_eq!(below("./web2/dist", "web"), None);
    }
}
