//! Front ends in folders of the repository: what builds the one that the program serves, and which stay as they are.

use super::rows::CATALOG;
use super::sources::{Program, ancestors};
use crate::catalog::SHARED;
use crate::error::{Error, typed};
use crate::facts::{Evidence, Fact, Strength};
use crate::language::node::frontend::{Frontend, Lent, MANIFEST};
use crate::language::node::maker;
use crate::language::node::placed::Placed;
use crate::path::{self, is_below, join};
use crate::plan::Planner;
use crate::repo::Repo;

/// Front ends that are looked at, at most.
const MOST: usize = 8;

/// The front ends of a repository.
#[derive(Default)]
pub struct FrontEnds {
    /// The one that is built.
    built: Option<Placed>,
    /// Folders of others, and why they are not built, a sentence each.
    left: Vec<(String, String)>,
}

impl FrontEnds {
    /// Looks for manifests with a build script, for what other container files do with them, where they write, and what the sources say of
    /// that.
    pub fn read(repo: &Repo, program: &Program) -> Self {
        let folders = folders(repo);
        let built = if folders.is_empty() { None } else { Placed::by_stage(repo) };
        let mut found = FrontEnds { built, left: Vec::new() };
        let packages = serves_packages(program);
        for folder in folders {
            if found.built.as_ref().is_some_and(|built| built.frontend.folder == folder) {
                continue;
            }
            let evidence = packages.as_ref().filter(|_| folder.is_empty());
            match of_folder(repo, program, &folder) {
                Ok(Some(placed)) if found.built.is_none() => {
                    found.built =
                        Some(if evidence.is_some() { placed.with(repo, &CATALOG.names.packages) } else { placed });
                }
                Err(why) => found.left.push((folder, why)),
                _ => {}
            }
        }
        found
    }

    /// Decides: what builds it and where it goes, and says what is left alone. What somebody asks for comes in its place.
    ///
    /// # Errors
    /// Where it cannot be built.
    pub fn plan(&self, planner: &mut Planner) -> Result<Option<(Lent, String)>, Error> {
        let asked = &planner.wishes.extras.front_ends;
        let is_asked = |folder: &str| asked.keys().any(|key| path::normal(key).as_deref() == Some(folder));
        let left: Vec<&String> = self.left.iter().filter(|(folder, _)| !is_asked(folder)).map(|(_, why)| why).collect();
        let built = self.built.as_ref().filter(|_| asked.is_empty());
        left.into_iter().for_each(|sentence| planner.warn(sentence));
        let Some(Placed { frontend, target, reason, evidence }) = built else { return Ok(None) };
        planner.front_end(&frontend.folder, reason, evidence.clone());
        let target = if target.starts_with('/') { target.clone() } else { format!("./{target}") };
        Ok(Some((frontend.lend(planner)?, target)))
    }

    /// What its folder says of how it is built.
    pub fn testify(&self) -> Vec<Fact> {
        self.built.iter().flat_map(|placed| placed.frontend.testify()).collect()
    }
}

/// What builds the front end in a folder for the program, nothing where that is there already, or why it is not built.
fn of_folder(repo: &Repo, program: &Program, folder: &str) -> Result<Option<Placed>, String> {
    if let Some((output, evidence)) = served(program, folder).filter(|_| !folder.is_empty()) {
        let made = join(folder, &output);
        if repo.has_folder(&made) {
            return Ok(None);
        }
        let reason = "the program serves what its build makes";
        let placed =
            |frontend: Frontend| Placed { target: frontend.made.clone(), frontend, reason, evidence: evidence.clone() };
        return Frontend::find(repo, &format!("{made}/index.html")).map(placed).map(Some).ok_or_else(|| {
            format!("{evidence}: the program serves `{made}`, which nothing here builds: build it before the image, and commit it or add it with `run.copy` in `dockgen.toml`")
        });
    }
    let serves = |path: &str| serves(program, folder, path);
    Placed::by_output(repo, folder, &serves).map(Some).ok_or_else(|| {
        let manifest = join(folder, MANIFEST);
        let key = typed(&format!("front-ends.{}", path::shown(folder))).to_string();
        let name = if folder.is_empty() { " --lang node".to_owned() } else { format!(" {}", typed(folder)) };
        format!("`{manifest}` has a build script, and nothing shows that the program serves what it makes: it is not built; where it serves that, say so: `dockgen config set {key} static`; `dockgen init{name}` writes for it alone")
    })
}

/// Folders of manifests with a script that builds, the top first, or in folders that are no tools; those below another one belong to it.
fn folders(repo: &Repo) -> Vec<String> {
    let is_aside = |part: &str| part.starts_with('.') || CATALOG.names.aside.iter().any(|aside| aside == part);
    let near = |path: &&str| path.matches('/').count() <= 4 && !path.split('/').any(is_aside);
    let named = repo.files().filter(|path| path::name(path) == MANIFEST).filter(near);
    let mut found: Vec<&str> =
        named.map(path::parent).filter(|folder| maker::script(repo, folder).is_some()).take(MOST).collect();
    found.sort_by_key(|folder| (folder.matches('/').count(), *folder));
    let all = found.clone();
    found.retain(|folder| !all.iter().any(|other| !other.is_empty() && other != folder && is_below(folder, other)));
    found.into_iter().map(str::to_owned).collect()
}

/// Whether the program serves what lies in a place: it is in a package of it, it is called as such places are, or a source names it.
fn serves(program: &Program, folder: &str, place: &str) -> bool {
    let above = || ancestors(place).into_iter().filter(|above| !above.is_empty());
    let is_inside = !folder.is_empty() && is_below(place, folder);
    let is_of_package = above().any(|above| program.is_module("", above)) && !is_inside;
    let is_usual = place.split('/').any(|part| CATALOG.names.served.iter().any(|name| name == part));
    let is_named = |text: &str| above().any(|above| text.trim_start_matches("./").trim_end_matches('/') == above);
    is_of_package || is_usual || program.sources.iter().any(|source| source.module.strings().any(is_named))
}

/// A path with the folder of packages, which a source joins: they are served as they are.
fn serves_packages(program: &Program) -> Option<Evidence> {
    let name = CATALOG.names.packages.as_str();
    let word = [name];
    let mut sources = program.sources.iter().filter(|source| source.module.says_one_of(&word));
    sources.find_map(|source| {
        let joined = source.module.joined_texts().into_iter().find(|(_, text)| *text == name)?;
        Some(Evidence::new(source.path, joined.1, Strength::Convention))
    })
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
            let left: Vec<String> = found.left.into_iter().map(|(_, why)| why).collect();
            (found.built.map(|placed| placed.frontend.made), left)
        };
        for source in ["serve('web/dist')", "serve('../web/dist/assets')", "serve(HERE / 'web' / 'dist')"] {
            assert_eq!(read(source, &[]), (Some("web/dist".to_owned()), vec![]), "{source}");
        }
        let (built, left) = read("print('web/static')", &[("tools/package.json", BUILT), ("package.json", BUILT)]);
        assert_eq!((built, left.len()), (None, 2));
        assert!(left[0].starts_with("`package.json` has a build script"), "{left:?}");
        assert!(left[0].contains("`dockgen config set front-ends.. static`"), "{left:?}");
        assert!(left[1].ends_with("`dockgen init web` writes for it alone"), "{left:?}");
        assert_eq!(read("serve('web/dist')", &[("web/dist/index.html", "")]), (None, vec![]));
        const SASS: &str = r#"{"scripts": {"build": "sass a.scss OUT/a.css"}}"#;
        for (out, source, expected) in [
            ("shop/css", "", Some("shop/css")),
            ("static/css", "", Some("static/css")),
            ("assets/css", "serve(BASE / 'assets')", Some("assets/css")),
            ("assets/css", "", None),
        ] {
            let manifest = SASS.replace("OUT", out);
            let (built, _) = read(source, &[("package.json", &manifest), ("shop/app.py", "")]);
            assert_eq!(built.as_deref(), expected, "{out} {source}");
        }
        assert_eq!(below("./web2/dist", "web"), None);
    }
}
