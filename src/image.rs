//! What a Dockerfile says: the parts that build, of one language or several, and the run, which is the last stage.
//!
//! A language fills a [`Part`] with the words of its template, takes [`Planner::run`] for the run and adds what the
//! program needs, and hands both to [`Recipe::new`](crate::language::Recipe::new):
//!
//! ```text
//! let part = Part { versions, ignore, reads, secrets, ..Part::new("go/build.tera", &words)? };
//! let run = Run { workdir, environment, copies, entrypoint, ..planner.run(base, labels, port) };
//! Ok(Recipe::new(name, Image::new(vec![part], run, &planner.wishes.extras)))
//! ```

mod binary;
mod copy;

use std::collections::BTreeMap;

pub use copy::Copy;
use serde::Serialize;

use crate::catalog::SHARED;
use crate::dockerignore::Section;
use crate::error::Error;
use crate::plan::Planner;
use crate::render::Templates;
use crate::wishes::Extras;

/// What a Dockerfile says.
#[derive(Debug)]
pub struct Image {
    /// The stages that build, in their order; the program's own language comes last.
    pub parts: Vec<Part>,
    /// The last stage.
    pub run: Run,
}

/// Build stages that a language lends.
#[derive(Debug, Clone)]
pub struct Part {
    /// The template of its stages.
    pub template: &'static str,
    /// The words that the template may use.
    pub words: tera::Context,
    /// Exact versions, which stand at the head of the Dockerfile as arguments.
    pub versions: Vec<Version>,
    /// What the .dockerignore says for it.
    pub ignore: Vec<Section>,
    /// Paths that it reads and the .dockerignore must therefore let in.
    pub reads: Vec<String>,
    /// Secrets that it mounts, by their names in CI.
    pub secrets: Vec<String>,
    /// Build arguments that the workflow fills.
    pub filled: Vec<Filled>,
}

/// A build argument that the workflow fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// Its name.
    pub name: String,
    /// What with: an id of the catalog.
    pub with: String,
}

impl Part {
    /// A part of one template and its words.
    ///
    /// # Errors
    /// Where the words are no map, which a test would show.
    pub fn new(template: &'static str, words: &impl Serialize) -> Result<Self, Error> {
        Ok(Part {
            template,
            words: context(words)?,
            versions: Vec::new(),
            ignore: Vec::new(),
            reads: Vec::new(),
            secrets: Vec::new(),
            filled: Vec::new(),
        })
    }
}

/// The last stage: the words of `run.tera`.
#[derive(Debug, Serialize)]
pub struct Run {
    /// Exact versions that the image below is named with.
    #[serde(skip)]
    pub versions: Vec<Version>,
    /// The image below.
    pub base: String,
    /// Why it is no smaller one, where the repository is the reason.
    pub comment: Option<String>,
    /// Packages of Alpine.
    pub apk: Vec<String>,
    /// Packages of Debian.
    pub apt: Vec<String>,
    /// The folder in which the program starts; the base's own where it is none.
    pub workdir: Option<String>,
    /// The environment of the program.
    pub environment: Vec<Variable>,
    /// A folder of commands that stands first in the search path; empty where there is none.
    pub path: &'static str,
    /// Files that the Dockerfile itself holds.
    #[serde(skip)]
    pub files: Vec<File>,
    /// Folders that the user owns, as the program writes there.
    pub writes: Vec<String>,
    /// What comes from stages and from the repository, what changes most seldom first.
    pub copies: Vec<Copy>,
    /// The command that says whether the program is well.
    pub health: Vec<String>,
    /// The labels.
    pub labels: AllLabels,
    /// The numeric user.
    pub user: u32,
    /// Where the program serves.
    #[serde(skip)]
    pub port: Option<u16>,
    /// Every port that it listens on.
    pub ports: Vec<u16>,
    /// Every port where it takes datagrams.
    pub udp: Vec<u16>,
    /// The first words of the process; the base's own where there are none.
    pub entrypoint: Vec<String>,
    /// The words behind them, which `docker run IMAGE ...` replaces.
    pub command: Vec<String>,
}

/// A file whose text stands in the Dockerfile: the result of a template.
#[derive(Debug)]
pub struct File {
    /// Where it lies in the image.
    pub path: &'static str,
    /// The template of its text.
    pub template: &'static str,
    /// The words that the template may use.
    pub words: tera::Context,
}

impl Run {
    /// The words of `run.tera`, with the texts of the files.
    ///
    /// # Errors
    /// Where a file cannot be rendered.
    pub fn words(&self, templates: &Templates) -> Result<tera::Context, Error> {
        let mut words = context(self)?;
        let text = |file: &File| {
            let text = templates.render(file.template, &file.words)?;
            Ok(BTreeMap::from([("path", file.path.to_owned()), ("text", text.trim_end().to_owned())]))
        };
        words.insert("files", &self.files.iter().map(text).collect::<Result<Vec<_>, Error>>()?);
        let reasons = self.environment.iter().filter_map(|variable| SHARED.variables.get(&variable.name));
        words.insert("reasons", &reasons.collect::<Vec<_>>());
        Ok(words)
    }
}

impl Image {
    /// An image; what `dockgen.toml` adds comes behind what the language says, so that it has the last word.
    pub fn new(parts: Vec<Part>, mut run: Run, extras: &Extras) -> Self {
        let more = extras.run_packages.iter().filter(|package| !run.apt.contains(package)).cloned();
        run.apt.extend(more.collect::<Vec<_>>());
        run.environment.retain(|variable| !extras.env.contains_key(&variable.name));
        run.environment.extend(variables(&extras.env));
        run.copies.extend(extras.copy.iter().map(|path| Copy::context(path, format!("./{path}"))));
        Image { parts, run }
    }

    /// The versions at the head; those of the program's own language come first.
    pub fn versions(&self) -> Vec<&Version> {
        let mut versions: Vec<&Version> = Vec::new();
        let of_parts = self.parts.iter().rev().flat_map(|part| &part.versions);
        for version in self.run.versions.iter().chain(of_parts) {
            if versions.iter().all(|known| known.name != version.name) {
                versions.push(version);
            }
        }
        versions
    }
}

impl Planner<'_> {
    /// The last stage on this image, with what the planner knows of it; a language adds what its program needs.
    pub fn run(&self, base: String, labels: Labels, port: Option<u16>) -> Run {
        let extras = &self.wishes.extras;
        Run {
            versions: Vec::new(),
            base,
            comment: self.runtime_comment(),
            apk: Vec::new(),
            apt: Vec::new(),
            workdir: Some("/app".to_owned()),
            environment: Vec::new(),
            path: "",
            files: Vec::new(),
            writes: Vec::new(),
            copies: Vec::new(),
            health: extras.health.clone(),
            labels: AllLabels { own: labels, more: variables(&extras.labels) },
            user: self.wishes.uid.unwrap_or(USER),
            port,
            ports: Vec::new(),
            udp: Vec::new(),
            entrypoint: Vec::new(),
            command: Vec::new(),
        }
    }
}

/// An exact version at the head of a Dockerfile, and the topic of the decision behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Version {
    /// The argument's name.
    pub name: &'static str,
    value: String,
    topic: &'static str,
}

impl Version {
    /// A version.
    pub fn new(name: &'static str, value: impl Into<String>, topic: &'static str) -> Self {
        Version { name, value: value.into(), topic }
    }
}

/// What `dockgen.toml` adds to the stages that build.
#[derive(Debug, Default, Serialize)]
pub struct Extra {
    build_packages: Vec<String>,
    build_args: Vec<Variable>,
    build_commands: Vec<String>,
    build_flags: Vec<String>,
    build_env: Vec<Variable>,
    build_secrets: Vec<String>,
}

/// A name and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Variable {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

impl Variable {
    /// A variable.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Variable { name: name.into(), value: value.into() }
    }
}

/// A map as variables.
pub fn variables(map: &std::collections::BTreeMap<String, String>) -> Vec<Variable> {
    map.iter().map(|(name, value)| Variable { name: name.clone(), value: value.clone() }).collect()
}

impl Extra {
    /// The same behind what the repository itself asks for; what a person names is theirs.
    pub fn after(self, mut arguments: Vec<Variable>, mut commands: Vec<String>) -> Self {
        arguments.retain(|argument| self.build_args.iter().all(|own| own.name != argument.name));
        arguments.extend(self.build_args);
        commands.extend(self.build_commands);
        Extra { build_args: arguments, build_commands: commands, ..self }
    }

    /// The words.
    pub fn new(extras: &Extras) -> Self {
        Extra {
            build_packages: extras.build_packages.clone(),
            build_args: variables(&extras.build_args),
            build_commands: extras.build_commands.clone(),
            build_flags: extras.build_flags.clone(),
            build_env: variables(&extras.build_env),
            build_secrets: extras.build_secrets.clone(),
        }
    }
}

/// What the image says of itself; only what manifests say.
#[derive(Debug, Default, Serialize)]
pub struct Labels {
    /// org.opencontainers.image.title
    pub title: String,
    /// org.opencontainers.image.description
    pub description: Option<String>,
    /// org.opencontainers.image.source
    pub source: Option<String>,
    /// org.opencontainers.image.licenses
    pub licenses: Option<String>,
}

/// The labels of the manifests and of `dockgen.toml`.
#[derive(Debug, Serialize)]
pub struct AllLabels {
    /// Those of the manifests.
    #[serde(flatten)]
    pub own: Labels,
    /// Those of `dockgen.toml`.
    pub more: Vec<Variable>,
}

/// The user that images run as where nobody asks for another.
pub const USER: u32 = 1001;

/// Words as the context of a template.
///
/// # Errors
/// Where they are no map, which a test would show.
pub fn context(words: &impl Serialize) -> Result<tera::Context, Error> {
    tera::Context::from_serialize(words).map_err(|error| Error::usage(error.to_string()))
}
