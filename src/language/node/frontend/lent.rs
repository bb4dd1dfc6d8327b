//! The stage that builds a front end, and how it comes into an image of any language.

use std::collections::BTreeSet;

use serde::Serialize;

use super::super::build::Build;
use super::super::catalog::CATALOG;
use super::super::install::Copied;
use super::super::registry::Secret;
use super::super::service::Service;
use super::super::unmade::Unmade;
use super::super::variables::Argument;
use super::super::{Desk, LANGUAGE};
use super::Frontend;
use crate::dockerignore::{Section, literal};
use crate::error::{Error, typed};
use crate::facts::{Evidence, Kind};
use crate::image::{Copy, Part, Version};
use crate::language::{Recipe, Variable, variables};
use crate::path::{is_below, join, parent, shown};
use crate::plan::{Planner, topic};
use crate::wishes::Wishes;

/// The argument that names the release.
const NODE_VERSION: &str = "NODE_VERSION";

/// The word of a template whose stage reads what a front end's build makes.
const BROUGHT: &str = "brought";

/// What no build context holds, wherever it lies.
const PACKAGES: &str = "**/node_modules";

/// What builds it.
pub struct Lent {
    /// Its folder in the repository.
    pub folder: String,
    /// Where its build writes, relative to the repository and to `/src` in the stage `frontend`.
    pub made: String,
    /// What the program takes of it beside that.
    beside: Vec<String>,
    /// What no build context may hold of it.
    pub hidden: Vec<String>,
    /// The stage `frontend`.
    pub part: Part,
    /// The image that it is built in, with its release.
    pub builder: String,
    /// What a build context holds for it.
    inputs: Vec<String>,
}

impl Lent {
    /// What an allow list lets in for it.
    pub fn ignore(&self) -> Section {
        let lines: Vec<String> = self.inputs.iter().map(|path| format!("!{}", literal(path))).collect();
        Section::new("The front end, which is built inside of the image.", lines.iter().chain(&self.hidden))
    }
}

/// The words of the stage `frontend`.
#[derive(Debug, Serialize)]
struct Words {
    home: String,
    source: String,
    builder: String,
    environment: Vec<Variable>,
    bring: Option<Vec<String>>,
    manifests: Vec<Copied>,
    cache: String,
    sharing: String,
    secrets: Vec<Secret>,
    install: Vec<Vec<String>>,
    arguments: Vec<Argument>,
    commands: Vec<Vec<String>>,
    /// What is no part of it, where its folder is the top of the repository.
    exclude: Vec<String>,
    /// What its build reads beside its folder, and where that lies in the stage.
    outside: Vec<Beside>,
}

/// What a build reads beside the folder of the front end.
#[derive(Debug, Serialize)]
struct Beside {
    from: String,
    to: String,
}

impl Recipe {
    /// Adds a front end that somebody wants to be built, and the place in the image that it is served from.
    ///
    /// # Errors
    /// Where another one is built already, and as [`Frontend::lend`].
    pub fn serve(&mut self, frontend: &Frontend, place: &str, planner: &mut Planner) -> Result<(), Error> {
        let folder = &frontend.folder;
        if let Some(other) = planner.front_end_built() {
            return Err(Error::no(format!("`front-ends` names `{folder}`, and one is built already: {other}"))
                .hint(format!("`dockgen config unset {}`", typed(&format!("front-ends.{folder}")))));
        }
        planner.front_end(folder, "asked for", Evidence::asked(&format!("front-ends.{folder}")));
        let lent = frontend.lend(planner)?;
        let target = if place.starts_with('/') { place.to_owned() } else { format!("./{place}") };
        self.take(lent, target);
        Ok(())
    }

    /// Puts what a front end's build makes into the image. Where the program has a release of Node too, its stage names its own.
    pub fn take(&mut self, mut lent: Lent, target: String) {
        if self.image.versions().iter().any(|version| version.name == NODE_VERSION) {
            lent.part.words.insert("builder", &lent.builder);
            lent.part.versions.clear();
        }
        let allows = self.ignore.first().is_some_and(|section| section.patterns.first().is_some_and(|it| it == "*"));
        let comment = match lent.folder.as_str() {
            "" => "The front end is built inside of the image.".to_owned(),
            folder => format!("The front end in {folder}, which is built inside of the image."),
        };
        let is_hidden = self.ignore.iter().any(|section| section.patterns.iter().any(|pattern| pattern == PACKAGES));
        let packages = (!is_hidden).then(|| PACKAGES.to_owned());
        let hidden = lent.hidden.iter().chain(&packages);
        self.ignore.push(if allows { lent.ignore() } else { Section::new(&comment, hidden) });
        self.reads.extend(lent.part.reads.iter().cloned());
        self.secrets.extend(lent.part.secrets.iter().cloned());
        let beside = lent.beside.iter().map(|path| (path, format!("./{path}")));
        let all = std::iter::once((&lent.made, target)).chain(beside);
        let copies: Vec<Copy> = all.map(|(made, to)| Copy::stage("frontend", &join("/src", made), to)).collect();
        let (outside, inside): (Vec<Copy>, Vec<Copy>) =
            copies.into_iter().partition(|copy| copy.target.starts_with('/'));
        let run = &mut self.image.run.copies;
        let reads_sources = run.iter().any(|copy| copy.stage.is_none());
        let part = self.image.parts.iter_mut().find(|part| part.words.get(BROUGHT).is_some());
        if reads_sources || part.is_none() {
            run.extend(inside.iter().cloned());
        }
        if let Some(part) = part {
            part.words.insert(BROUGHT, &inside);
        }
        run.extend(outside);
        self.image.parts.insert(0, lent.part);
    }
}

impl Frontend {
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

    /// The builds of the scripts that are named, else the usual one.
    fn builds(&self, service: &Service) -> Vec<Build> {
        let of_script = |name: &String| match service.package.manifest.scripts.contains_key(name) {
            true => Build { script: Some(name.clone()), steps: Vec::new(), ..service.build.clone() },
            false => Build { script: None, steps: vec![name.clone()], ..service.build.clone() },
        };
        match self.scripts.is_empty() {
            true => vec![service.build.clone()],
            false => self.scripts.iter().map(of_script).collect(),
        }
    }

    /// What these builds run, each command once.
    fn commands(&self, desk: &Desk, builds: &[Build]) -> Vec<Vec<String>> {
        let all = builds.iter().flat_map(|build| desk.commands(build)).chain(self.moves.iter().cloned());
        let mut seen = BTreeSet::new();
        all.filter(|command| seen.insert(command.clone())).collect()
    }

    fn decide(&self, planner: &mut Planner) -> Result<Lent, Error> {
        let Frontend { folder, made, workspace, inputs, .. } = self;
        let project = &workspace.project;
        let service = workspace.service("").ok_or_else(|| Error::no(format!("nothing builds `{made}`")))?;
        planner.program = Some(service.package.folder.clone());
        let toolchain = planner.toolchain(LANGUAGE.id, "Node", &CATALOG.release)?;
        let desk = Desk::new(planner, project, service, toolchain)?;
        if let Some(Kind::Warning(what)) = service.unmade.as_ref().and_then(Unmade::fact).map(|fact| fact.kind) {
            planner.warn(what);
        }
        let install = desk.order().install(false);
        let copied = install.copies.iter().flat_map(|copy| copy.files.iter());
        let manifests: Vec<String> = install.binds.iter().chain(copied).map(|path| join(folder, path)).collect();
        let framework = service.shape.iter().flat_map(|shape| variables(&shape.framework.environment));
        let mut environment = desk.manager.environment();
        environment.extend(framework.chain(variables(&desk.aged)).chain(variables(&service.demands.switches)));
        let builds = self.builds(service);
        let words = Words {
            home: join("/src", folder),
            source: shown(folder).to_owned(),
            builder: desk.own_builder(),
            environment,
            bring: desk.manager.bring(),
            manifests: by_folder(folder, &manifests),
            cache: install.cache,
            sharing: install.sharing,
            secrets: install.secrets,
            install: install.commands,
            arguments: builds.first().map(|build| desk.arguments(planner, build)).unwrap_or_default(),
            commands: self.commands(&desk, &builds),
            exclude: if folder.is_empty() { CATALOG.front_end.exclude.clone() } else { Vec::new() },
            outside: match folder.is_empty() {
                true => Vec::new(),
                false => inputs.iter().filter(|path| *path != folder).map(|path| beside(path)).collect(),
            },
        };
        let is_secret = project.npmrc.is_some() && desk.secrets.iter().any(|secret| secret.target.is_some());
        let npmrc = is_secret.then(|| literal(&join(folder, ".npmrc")));
        let part = Part {
            versions: vec![Version::new(NODE_VERSION, &desk.toolchain.version, topic::FRONT_TOOLCHAIN)],
            reads: manifests,
            secrets: desk.secret_names(),
            ..Part::new("node/frontend.tera", &words)?
        };
        let hidden = std::iter::once(literal(made)).filter(|_| !self.is_mixed).chain(npmrc).collect();
        let builder = desk.toolchain.fill_with(&desk.own_builder(), &desk.toolchain.version);
        let builder = builder.replace("${NODE_VERSION}", &desk.toolchain.version);
        Ok(Lent {
            folder: folder.clone(),
            made: made.clone(),
            beside: self.beside.clone(),
            hidden,
            part,
            builder,
            inputs: inputs.clone(),
        })
    }
}

fn beside(path: &str) -> Beside {
    Beside { from: path.to_owned(), to: join("/src", path) }
}

/// Manifests with the folders that they lie in below that of the front end.
fn by_folder(folder: &str, manifests: &[String]) -> Vec<Copied> {
    let place = |path: &String| parent(path).strip_prefix(folder).map(|rest| format!(".{rest}/")).unwrap_or_default();
    let mut copies: Vec<Copied> = Vec::new();
    for path in manifests {
        match copies.iter_mut().find(|copy| copy.folder == place(path)) {
            Some(copy) => copy.files.push(path.clone()),
            None => copies.push(Copied { files: vec![path.clone()], folder: place(path) }),
        }
    }
    copies
}
