//! A front end that another language's program carries: what builds it, for a stage of that program's Dockerfile.

mod lent;
mod outside;

pub use lent::Lent;

use crate::error::Error;
use crate::facts::{Evidence, Fact, Kind};
use crate::format::package_json;
use crate::language::Scope;
use crate::path::{self, is_below, join, parent, resolve};
use crate::repo::Repo;
use crate::wishes::Wishes;
use crate::witness;

use super::build;
use super::catalog::CATALOG;
use super::maker::{self, Maker};
use super::package::Package;
use super::service::Service;
use super::workspace::Workspace;

/// No more folders than this are looked into.
const MOST_FOLDERS: usize = 30;

/// The manifest of a package.
pub const MANIFEST: &str = "package.json";

/// A front end that was read: what its folder says of itself.
pub struct Frontend {
    /// Its folder in the repository.
    pub folder: String,
    /// Where its build writes, relative to the repository.
    pub made: String,
    workspace: Workspace,
    /// What says that its build writes there, where its own folder does not.
    evidence: Option<Evidence>,
    facts: Vec<Fact>,
    /// The scripts or commands that make it, where it is not the usual script.
    pub scripts: Vec<String>,
    /// What moves it there.
    moves: Vec<Vec<String>>,
    /// What it is built from, where its folder is the top of the repository.
    inputs: Vec<String>,
    /// What the program takes of it beside that, relative to the repository.
    beside: Vec<String>,
    /// The repository holds some of what lies there.
    is_mixed: bool,
}

impl Frontend {
    /// The one that `front-ends` asks for, and the place that it is served from.
    ///
    /// # Errors
    /// Where the folder is none of a front end, or several are asked for.
    pub fn asked<'w>(repo: &Repo, wishes: &'w Wishes) -> Result<Option<(Self, &'w str)>, Error> {
        let asked = &wishes.extras.front_ends;
        let Some((folder, place)) = asked.first_key_value() else { return Ok(None) };
        if asked.len() > 1 {
            return Err(Error::no("`front-ends` names several folders, and an image has room for one front end"));
        }
        let found = path::normal(folder).and_then(|folder| {
            let told = || Self::written(repo, &folder, &path::normal(place)?);
            Self::of_site(repo, &folder).or_else(told)
        });
        let frontend = found.ok_or_else(|| {
            let what =
                format!("`front-ends` names `{folder}`, where no `{MANIFEST}` with a build that makes a site is seen");
            Error::no(what).hint("name the folder of its manifest: `dockgen config set front-ends.web static`")
        })?;
        Ok(Some((frontend, place)))
    }

    /// The package in a folder that writes to a place, or below it, by its own word or else by that of somebody who wants it there.
    fn written(repo: &Repo, folder: &str, place: &str) -> Option<Self> {
        let makers = maker::written(repo, folder);
        let there = makers.iter().find(|maker| is_below(&maker.made, place));
        let maker = match there.or(makers.first()) {
            Some(maker) if there.is_some() => Maker { made: place.to_owned(), ..maker.clone() },
            Some(maker) => maker.clone(),
            None => Maker {
                folder: folder.to_owned(),
                script: Some(maker::script(repo, folder)?),
                made: place.to_owned(),
                moves: Vec::new(),
                evidence: Evidence::asked(&format!("front-ends.{folder}")),
            },
        };
        Self::by(repo, maker).map(|found| found.with(repo, Vec::new()))
    }

    /// What builds the paths of facts of [`Kind::Output`]. One that nothing makes is an obstacle, or a warning where a command of
    /// the wishes may make it.
    pub fn all(scope: Scope, facts: &mut [Fact]) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for fact in facts {
            let Kind::Output(path) = &fact.kind else { continue };
            if found.iter().any(|frontend| is_below(path, &frontend.made)) {
                continue;
            }
            let what = format!("`{path}` is compiled in and not in the repository");
            match Self::find(scope.repo, path) {
                Some(frontend) => found.push(frontend),
                None if scope.wishes.extras.build_commands.is_empty() => {
                    let hint = "commit it, or make it with `dockgen config set build.commands 'COMMAND'`".to_owned();
                    fact.kind = Kind::Obstacle(format!("{what}: the build would fail"), hint);
                }
                None => fact.kind = Kind::Warning(format!("{what}: a command of `build.commands` has to make it")),
            }
        }
        found
    }

    /// What builds the folder `made`, or what is missing below it: a script, settings or a recipe that name it, or the build of a
    /// package in whose folder it lies. `None` where nothing does, or where that is a workspace.
    pub fn find(repo: &Repo, made: &str) -> Option<Self> {
        maker::find(repo, made).and_then(|maker| Self::by(repo, maker)).or_else(|| Self::around(repo, made))
    }

    /// The same where what is there only keeps the place.
    pub fn find_named(repo: &Repo, made: &str) -> Option<Self> {
        maker::find(repo, made).and_then(|maker| Self::by(repo, maker))
    }

    /// What a maker makes.
    pub fn by(repo: &Repo, maker: Maker) -> Option<Self> {
        let has_scripts = |service: &Service| !service.package.manifest.scripts.is_empty();
        let found = Self::read(repo, &maker.folder, &|_, service| has_scripts(service).then(|| maker.made.clone()))?;
        let evidence = Some(maker.evidence);
        let scripts = maker.script.into_iter().collect();
        Some(Frontend { made: maker.made, scripts, moves: maker.moves, evidence, ..found })
    }

    /// What builds a folder that lies below one with a `package.json` and a build script.
    pub fn around(repo: &Repo, made: &str) -> Option<Self> {
        let parents = made.match_indices('/').map(|(at, _)| made.get(..at).unwrap_or_default());
        let above = parents.into_iter().rev().find(|folder| repo.has(&join(folder, MANIFEST)));
        let of_above = above.and_then(|folder| {
            let output = made.strip_prefix(folder)?.trim_start_matches('/').split('/').next()?;
            Self::read(repo, folder, &|_, service| service.build.is_there().then(|| join(folder, output)))
        });
        of_above.or_else(|| Self::outside(repo, made))
    }

    /// What builds a folder that lies outside of its own: a script of it says so.
    fn outside(repo: &Repo, made: &str) -> Option<Self> {
        let folders = repo.files().filter_map(|path| path.strip_suffix("/package.json"));
        let folders = folders.filter(|folder| !folder.contains("node_modules") && !is_below(made, folder));
        folders.take(MOST_FOLDERS).find_map(|folder| {
            let own = repo.part(folder);
            let package = Package::new(&own, "", package_json::parse(own.text("package.json")?).ok()?);
            let place = |line: &str| resolve(folder, &build::said(&own, &package, line)?);
            let is_it = |line: &str| place(line).filter(|place| is_below(made, place));
            let scripts = package.manifest.scripts.iter();
            let (script, place) = scripts.filter_map(|(name, line)| Some(((name, line), is_it(line)?))).next()?;
            let named = Some((script.0.as_str(), script.1.as_str()));
            Self::read(repo, folder, &|repo, service| {
                (service.build, service.shape) = build::of_script(repo, &service.package, named);
                service.build.is_there().then(|| place.clone())
            })
        })
    }

    /// What builds a folder with a `package.json` that makes the files of a site. `None` where that is the top of the
    /// repository or a workspace, or where it is not known which folder its build makes.
    pub fn of_site(repo: &Repo, folder: &str) -> Option<Self> {
        (!folder.is_empty()).then(|| {
            Self::read(repo, folder, &|repo, service| {
                service.as_site(repo);
                if !service.build.is_there() {
                    return None;
                }
                let line = service.build.script.as_ref().and_then(|name| service.package.manifest.scripts.get(name));
                let said = line.and_then(|line| build::said(repo, &service.package, line));
                match said.filter(|path| path.starts_with("..")) {
                    Some(path) => resolve(folder, &path),
                    None => Some(join(folder, site(service)?)),
                }
            })
        })?
    }

    /// The one front end in a folder of the repository that makes the files of a site.
    pub fn only_site(repo: &Repo) -> Option<Self> {
        let mut sites = maker::folders(repo).into_iter().filter_map(|folder| Self::of_site(repo, &folder));
        let first = sites.next()?;
        sites.next().is_none().then_some(first)
    }

    /// With the folder that `made` says it makes.
    fn read(whole: &Repo, folder: &str, made: &dyn Fn(&Repo, &mut Service) -> Option<String>) -> Option<Self> {
        let (repo, wishes) = (&whole.part(folder), Wishes::default());
        let told = witness::testify(repo);
        let mut workspace = Workspace::read(Scope { repo, wishes: &wishes, told: &told });
        workspace.project.lock_above = lock_above(whole, folder);
        let is_alone = !workspace.project.is_workspace();
        let service = workspace.services.iter_mut().find(|service| is_alone && service.package.folder.is_empty())?;
        let made = made(repo, service)?;
        let mut facts = [told.clone(), workspace.facts()].concat();
        for file in facts.iter_mut().map(|fact| &mut fact.evidence.file).filter(|file| !file.is_empty()) {
            *file = join(folder, file);
        }
        let inputs = match folder.is_empty() {
            true => inputs(whole),
            false => std::iter::once(folder.to_owned()).chain(outside::outside(whole, folder, &made)).collect(),
        };
        Some(Frontend {
            folder: folder.to_owned(),
            made,
            evidence: None,
            workspace,
            facts,
            scripts: Vec::new(),
            moves: Vec::new(),
            inputs,
            beside: Vec::new(),
            is_mixed: false,
        })
    }

    /// With what the program takes of it beside its result; files of the repository in the same place stay.
    pub fn with(self, repo: &Repo, beside: Vec<String>) -> Self {
        Frontend { is_mixed: repo.exists(&self.made), beside, ..self }
    }

    /// The same by several scripts.
    pub fn of_scripts(self, scripts: Vec<String>) -> Self {
        Frontend { scripts, ..self }
    }

    /// What says that its build writes out of its own folder.
    pub fn elsewhere(&self) -> Option<Evidence> {
        let is_outside = self.folder.is_empty() || !is_below(&self.made, &self.folder);
        self.evidence.clone().filter(|_| is_outside)
    }

    /// What its folder says of how it is built.
    pub fn testify(&self) -> Vec<Fact> {
        let is_of_build = |fact: &&Fact| {
            matches!(fact.kind, Kind::Toolchain(..) | Kind::Bound(..) | Kind::Manager(..) | Kind::Feed(_))
        };
        let of = format!("front end `{}`", self.folder);
        self.facts.iter().filter(is_of_build).map(|fact| fact.clone().of(&of)).collect()
    }
}

/// What lies at the top of a repository and may belong to a front end there.
fn inputs(repo: &Repo) -> Vec<String> {
    let is_foreign = |path: &str| CATALOG.front_end.foreign.iter().any(|end| path.ends_with(end.as_str()));
    let is_meant = |entry: &&str| {
        let mut below = repo.below(entry).chain(repo.has(entry).then_some(*entry));
        !entry.starts_with(".git") && below.any(|path| !is_foreign(path))
    };
    repo.top().into_iter().filter(is_meant).map(str::to_owned).collect()
}

/// The nearest lock file above a folder.
fn lock_above(repo: &Repo, folder: &str) -> Option<String> {
    let locks = || CATALOG.manager.iter().flat_map(|manager| &manager.lockfiles);
    let mut above = std::iter::successors(Some(folder), |folder| (!folder.is_empty()).then(|| parent(folder))).skip(1);
    above.find_map(|folder| locks().map(|lock| join(folder, lock)).find(|path| repo.has(path)))
}

/// The one folder that the build of a site makes.
fn site(service: &Service) -> Option<&str> {
    service.shape.as_ref().filter(|shape| shape.mode.is_static && !service.build.elsewhere)?;
    match service.build.outputs.as_slice() {
        [only] => Some(only),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::Role;

    const VITE: &str =
        r#"{"scripts": {"release": "vite build --outDir=../server/dist"}, "devDependencies": {"vite": "7"}}"#;
    const NUXT: &str =
        r#"{"scripts": {"build": "nuxt build", "generate": "nuxt generate"}, "dependencies": {"nuxt": "2"}}"#;
    const ANGULAR: &str = r#"{"projects": {"x": {"architect": {"build": {"builder": "@angular/build:application", "options": {"outputPath": {"base": "../static/ui", "browser": ""}}}}}}}"#;

    #[test]
    fn a_lock_file_above_is_seen() {
        let site = r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}"#;
        for (lock, expected) in
            [("bun.lock", Some("bun.lock")), ("a/yarn.lock", Some("a/yarn.lock")), ("b/yarn.lock", None)]
        {
            let repo = Repo::from_list("x", [("a/web/package.json", site), ("a/web/index.html", ""), (lock, "")]);
            let found = Frontend::of_site(&repo, "a/web").unwrap();
            assert_eq!(found.workspace.project.lock_above.as_deref(), expected);
        }
    }

    #[test]
    fn what_lies_elsewhere_is_made_by_the_script_that_says_so() {
        let repo = Repo::from_list("x", [("web/package.json", VITE), ("web/index.html", "")]);
        let found = Frontend::find(&repo, "server/dist").map(|it| (it.folder, it.made));
        assert_eq!(found, Some(("web".to_owned(), "server/dist".to_owned())));
        assert!(Frontend::find(&repo, "server/other").is_none());
    }

    #[test]
    fn sites_are_made_where_scripts_and_settings_say() {
        let repo = Repo::from_list(
            "x",
            [
                ("a/package.json", NUXT),
                ("b/package.json", r#"{"scripts": {"build": "ng build"}, "dependencies": {"@angular/core": "21"}}"#),
                ("b/angular.json", ANGULAR),
            ],
        );
        let made = |folder: &str| Frontend::of_site(&repo, folder).map(|it| it.made);
        assert_eq!(made("a").as_deref(), Some("a/dist"));
        assert_eq!(made("b").as_deref(), Some("static/ui"));
    }

    #[test]
    fn what_is_asked_for_is_built_and_lies_where_it_is_served() {
        const WEB: [(&str, &str); 2] = [
            ("web/package.json", r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}"#),
            ("web/index.html", ""),
        ];
        let draft = |own: &[(&'static str, &'static str)], folder: &str| {
            let mut wishes = Wishes::default();
            wishes.extras.front_ends.insert(folder.to_owned(), "static/ui".to_owned());
            crate::draft(&Repo::from_list("x", own.iter().chain(&WEB).copied()), &wishes)
        };
        let go = [
            ("go.mod", "module x\n"),
            ("main.go", "package main\nfunc main() { http.ListenAndServe(\":80\", nil) }\n"),
        ];
        let python = [("requirements.txt", "flask\n"), ("app.py", "from flask import Flask\napp = Flask(__name__)\n")];
        let node = [
            ("package.json", r#"{"engines": {"node": "22"}}"#),
            ("server.js", "require('http').createServer().listen(80)\n"),
        ];
        for own in [&go, &python, &node] {
            let draft = draft(own, "./web/").unwrap();
            let [dockerfile, ignore] = [Role::Dockerfile, Role::Ignore].map(|role| draft.text(role));
            assert!(dockerfile.contains("COPY --link --from=frontend /src/web/dist ./static/ui\n"), "{dockerfile}");
            assert!(dockerfile.contains("AS frontend\nWORKDIR /src/web\n"), "{dockerfile}");
            assert!(ignore.contains("web/dist\n"), "{ignore}");
        }
        assert!(draft(&go, "other").unwrap_err().what.contains("`front-ends` names `other`"));
    }
}
