//! A front end that another language's program carries: what builds it, for a stage of that program's Dockerfile.

use serde::Serialize;

use crate::dockerignore::{Section, literal};
use crate::error::Error;
use crate::facts::{Fact, Kind};
use crate::image::{Part, Version};
use crate::language::{Project as _, Scope, Variable, variables};
use crate::path::{is_below, join};
use crate::plan::{Planner, topic};
use crate::repo::Repo;
use crate::wishes::Wishes;
use crate::witness;

use super::Desk;
use super::catalog::CATALOG;
use super::project::Project;
use super::registry::Secret;
use super::service::Service;
use super::variables::Argument;

/// A front end that was read: what its folder says of itself.
pub struct Frontend {
    /// Its folder in the repository.
    pub folder: String,
    /// Where its build writes, relative to the repository.
    pub made: String,
    project: Project,
    facts: Vec<Fact>,
}

/// What builds it.
pub struct Lent {
    /// Its folder in the repository.
    pub folder: String,
    /// Where its build writes, relative to the repository and to `/src` in the stage `frontend`.
    pub made: String,
    /// What no build context may hold of it.
    pub hidden: Vec<String>,
    /// The stage `frontend`.
    pub part: Part,
}

impl Lent {
    /// What an allow list lets in for it.
    pub fn ignore(&self) -> Section {
        let lines = [format!("!{}", literal(&self.folder))];
        Section::new("The front end, which is built inside of the image.", lines.iter().chain(&self.hidden))
    }
}

/// The words of the stage `frontend`.
#[derive(Debug, Serialize)]
struct Words {
    folder: String,
    builder: String,
    environment: Vec<Variable>,
    bring: Option<Vec<String>>,
    manifests: Vec<String>,
    cache: String,
    sharing: String,
    secrets: Vec<Secret>,
    install: Vec<Vec<String>>,
    arguments: Vec<Argument>,
    commands: Vec<Vec<String>>,
}

impl Frontend {
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

    /// What builds the folder `made`, which lies below one with a `package.json` and a build script. `None` where
    /// nothing does, or where that is the top of the repository or a workspace.
    pub fn find(repo: &Repo, made: &str) -> Option<Self> {
        let parents = made.match_indices('/').map(|(at, _)| made.get(..at).unwrap_or_default());
        let folder = parents.into_iter().rev().find(|folder| repo.has(&join(folder, "package.json")))?;
        let output = made.strip_prefix(folder)?.trim_start_matches('/').split('/').next()?;
        Self::read(&inside(repo, folder), folder, Some(output))
    }

    /// What builds a folder with a `package.json` that makes the files of a site. `None` where that is the top of the
    /// repository or a workspace, or where it is not known which folder its build makes.
    pub fn of_site(repo: &Repo, folder: &str) -> Option<Self> {
        (!folder.is_empty()).then(|| Self::read(&inside(repo, folder), folder, None))?
    }

    fn read(repo: &Repo, folder: &str, output: Option<&str>) -> Option<Self> {
        let wishes = Wishes::default();
        let told = witness::testify(repo);
        let project = Project::read(Scope { repo, wishes: &wishes, told: &told });
        let service = project.service("").filter(|service| !project.is_workspace() && service.build.is_there())?;
        let made = join(folder, output.or_else(|| site(service))?);
        let mut facts = [told.clone(), project.testify()].concat();
        for file in facts.iter_mut().map(|fact| &mut fact.evidence.file).filter(|file| !file.is_empty()) {
            *file = join(folder, file);
        }
        Some(Frontend { folder: folder.to_owned(), made, project, facts })
    }

    /// What its folder says of how it is built.
    pub fn testify(&self) -> Vec<Fact> {
        let is_of_build = |fact: &&Fact| {
            matches!(fact.kind, Kind::Toolchain(..) | Kind::Bound(..) | Kind::Manager(..) | Kind::Feed(_))
        };
        let of = format!("front end `{}`", self.folder);
        self.facts.iter().filter(is_of_build).map(|fact| fact.clone().of(&of)).collect()
    }

    /// Decides how it is built, by Node's own rules; the decisions and warnings are the planner's.
    ///
    /// # Errors
    /// Where a version that is demanded exists nowhere, or a name cannot be written.
    pub fn lend(&self, planner: &mut Planner) -> Result<Lent, Error> {
        let wishes = Wishes::default();
        let mut own = planner.beside(&self.facts, &wishes);
        let lent = self.decide(&mut own);
        planner.take_back(&self.folder, own);
        lent
    }

    /// Those that make what the chosen program compiles in, by facts of [`Kind::Output`].
    ///
    /// # Errors
    /// As [`Frontend::lend`].
    pub fn lend_heard(all: &[Self], planner: &mut Planner) -> Result<Vec<Lent>, Error> {
        let is_heard = |frontend: &&Self| {
            let makes = |kind: &Kind| matches!(kind, Kind::Output(path) if is_below(path, &frontend.made));
            planner.heard().any(|fact| makes(&fact.kind))
        };
        let heard: Vec<&Self> = all.iter().filter(is_heard).collect();
        heard.into_iter().map(|frontend| frontend.lend(planner)).collect()
    }

    fn decide(&self, planner: &mut Planner) -> Result<Lent, Error> {
        let Frontend { folder, made, project, .. } = self;
        let service = project.service("").ok_or_else(|| Error::no(format!("nothing builds `{made}`")))?;
        planner.program = Some(service.package.folder.clone());
        let toolchain = planner.toolchain(super::LANGUAGE.id, "Node", &CATALOG.release)?;
        let desk = Desk::new(planner, project, service, toolchain)?;
        let install = desk.order().install(false);
        let copied = install.copies.iter().flat_map(|copy| copy.files.iter());
        let manifests: Vec<String> = install.binds.iter().chain(copied).map(|path| join(folder, path)).collect();
        let framework = service.shape.iter().flat_map(|shape| variables(&shape.framework.environment));
        let mut environment = desk.manager.environment();
        environment.extend(framework.chain(variables(&desk.aged)).chain(variables(&service.demands.switches)));
        let words = Words {
            folder: folder.clone(),
            builder: desk.own_builder(),
            environment,
            bring: desk.manager.bring(),
            manifests: manifests.clone(),
            cache: install.cache,
            sharing: install.sharing,
            secrets: install.secrets,
            install: install.commands,
            arguments: desk.arguments(planner, &service.build),
            commands: desk.commands(&service.build),
        };
        let is_secret = project.npmrc.is_some() && desk.secrets.iter().any(|secret| secret.target.is_some());
        let npmrc = is_secret.then(|| literal(&join(folder, ".npmrc")));
        let part = Part {
            versions: vec![Version::new("NODE_VERSION", &desk.toolchain.version, topic::FRONT_TOOLCHAIN)],
            reads: manifests,
            secrets: desk.secret_names(),
            ..Part::new("node/frontend.tera", &words)?
        };
        let hidden = std::iter::once(literal(made)).chain(npmrc).collect();
        Ok(Lent { folder: folder.clone(), made: made.clone(), hidden, part })
    }
}

/// A folder as a repository of its own.
fn inside(repo: &Repo, folder: &str) -> Repo {
    let files = repo.below(folder).map(|path| path.strip_prefix(&format!("{folder}/")).unwrap_or(path));
    let texts: Vec<(&str, &str)> =
        files.map(|path| (path, repo.text(&join(folder, path)).unwrap_or_default())).collect();
    Repo::from_list(folder, texts)
}

/// The one folder that the build of a site makes.
fn site(service: &Service) -> Option<&str> {
    service.shape.as_ref().filter(|shape| shape.mode.is_static && !service.build.elsewhere)?;
    match service.build.outputs.as_slice() {
        [only] => Some(only),
        _ => None,
    }
}
