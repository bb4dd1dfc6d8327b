//! The rows of `templates/node/catalog.toml`.

mod framework;
mod line;
mod manager;
mod package;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::catalog::{self, Image, Release, Runtime};
use crate::rows::Row;

pub use framework::{Framework, Mode, Reader};
pub use line::{Skipped, Wrapper, WrapperKind};
pub use manager::{Manager, ManagerRelease};
pub use package::{Generated, Native, Patcher, Prepare, Serves};

/// The catalog.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    /// The image of Node.
    pub image: Image,
    /// Release lines of Node.
    pub release: Vec<Release>,
    /// Images for servers.
    pub runtime: Vec<Runtime>,
    /// Images for programs that Bun runs.
    pub bun: Vec<Runtime>,
    /// Images that serve built files.
    pub server: Vec<Runtime>,
    /// Commands in scripts that make code which a repository may leave out.
    pub generators: Vec<String>,
    /// Hosts of registries that everybody may read.
    pub registries: Vec<String>,
    /// Package managers.
    pub manager: Vec<Manager>,
    /// Frameworks, the most specific first.
    pub framework: Vec<Framework>,
    /// Names that people give.
    pub usual: Usual,
    /// What sources ask of the environment of a build.
    pub demanded: Demanded,
    /// Which files are sources.
    pub sources: Sources,
    /// What says that a source writes to a folder.
    pub writes: Writes,
    /// What makes front ends of programs in other languages.
    pub front_end: FrontEnds,
    /// What the build context leaves out.
    pub context: Clutter,
    /// Ports of other services.
    pub elsewhere: Elsewhere,
    /// What is generated into node_modules.
    pub generated: Vec<Generated>,
    /// What runs before a build.
    pub prepare: Vec<Prepare>,
    /// What patches packages.
    pub patcher: Vec<Patcher>,
    /// Programs of build scripts.
    pub builder: Vec<Builder>,
    /// What is left out of scripts.
    pub skipped: Skipped,
    /// Command to its file below node_modules.
    pub commands: BTreeMap<String, String>,
    /// What stands before the real command.
    pub wrapper: Vec<Wrapper>,
    /// Programs of packages that serve.
    pub program: Vec<Serves>,
    /// Libraries with a server inside.
    pub library: Vec<Serves>,
    /// Packages with native parts.
    pub native: Vec<Native>,
    /// What follows from packages and from commands.
    pub row: Vec<Row>,
    /// Releases of packages that do not fit every release of Node.
    pub aged: Vec<Row>,
}

/// A program that build scripts call.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Builder {
    /// Its name.
    pub command: String,
    /// The package of the one that compiles TypeScript where no script calls it.
    pub package: Option<String>,
    /// Options that name its output.
    #[serde(default)]
    pub options: Vec<String>,
    /// Where it writes without one.
    pub default: Option<String>,
    /// Whether a tsconfig.json names its output.
    #[serde(default)]
    pub tsconfig: bool,
}

/// What makes front ends of programs in other languages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrontEnds {
    /// Endings of files that builds make.
    pub built: Vec<String>,
    /// Words with which names of scripts begin that build nothing.
    pub not: Vec<String>,
    /// How the names of configuration files of bundlers begin.
    pub settings: Vec<String>,
    /// Beginnings of the names of other files that name what the build reads beside its folder.
    pub outside: Vec<String>,
    /// Settings in them that say where the result lies.
    pub written: Vec<String>,
    /// Words of lines in them that say where the result lies.
    pub output: Vec<String>,
    /// Files with recipes of make.
    pub make: Vec<String>,
    /// Files with recipes of just.
    pub just: Vec<String>,
    /// The program that makes an empty file, for builds without the front end.
    pub touch: String,
    /// Programs that move files.
    pub moves: Vec<String>,
    /// Folders that programs serve.
    pub served: Vec<String>,
    /// What no front end at the top of a repository reads.
    pub foreign: Vec<String>,
    /// The same as patterns of what is not copied for one.
    pub exclude: Vec<String>,
}

/// Names that people give, the usual one first.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usual {
    /// Scripts that start.
    pub scripts: Vec<String>,
    /// Those that say that they are for production.
    pub production: Vec<String>,
    /// Commands with which a program serves that has several.
    pub serving: Vec<String>,
    /// Packages of applications for phones.
    pub phones: Vec<String>,
    /// Scripts that make files of what is a server otherwise.
    pub sites: Vec<String>,
    /// Words in the names of members that run beside the service.
    pub beside: Vec<String>,
    /// Scripts that make what is started.
    pub builds: Vec<String>,
    /// Scripts that make parts of it.
    pub parts: Vec<String>,
    /// Files that are started.
    pub files: Vec<String>,
    /// Sources of what is started.
    pub sources: Vec<String>,
    /// Parts of the names of files that are samples.
    pub samples: Vec<String>,
    /// How the names of files begin in which a program begins.
    pub begins: Vec<String>,
    /// Files and folders that programs read.
    pub read: Vec<String>,
    /// Packages that read files when the program runs, and how the names of those begin.
    pub read_by: BTreeMap<String, String>,
    /// How names begin of what only tools and people read.
    pub tooling: Vec<String>,
    /// Scripts that are for containers.
    pub container: Containers,
}

/// What says that a script is for containers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Containers {
    /// Parts of their names.
    pub words: Vec<String>,
    /// Parts of the names of those that build.
    pub builds: Vec<String>,
    /// Parts of the names of those that start.
    pub starts: Vec<String>,
    /// Commands of those that are run outside.
    pub engines: Vec<String>,
    /// What follows these where they stand behind another program.
    pub verbs: Vec<String>,
}

/// Which files are sources.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sources {
    /// How the paths of code end.
    pub code: Vec<String>,
    /// How the paths of code end that is for browsers.
    pub pages: Vec<String>,
    /// How the paths of files end that name others by their places.
    pub linked: Vec<String>,
    /// Parts of the names of those that never run in production.
    pub aside: Vec<String>,
    /// Folders of those.
    pub folders: Vec<String>,
    /// What node, and a compiler, add to the path of a module.
    pub endings: Vec<String>,
    /// What node adds to the path of a program.
    pub found: Vec<String>,
}

/// What says that a source writes to a folder.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Writes {
    /// Calls whose first argument is a folder.
    pub folders: Vec<String>,
    /// Calls whose first argument is a file in one.
    pub files: Vec<String>,
    /// Words that stand for the folder of the source.
    pub source: Vec<String>,
    /// Names that may stand in what they name.
    pub words: Vec<String>,
    /// A pattern of how the names of variables end that say where it keeps what it writes.
    pub settings: String,
    /// How the names of databases end that are files.
    pub databases: Vec<String>,
}

/// What sources ask of the environment of a build.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demanded {
    /// How the names of variables begin that a build writes into what browsers load.
    pub public: Vec<String>,
    /// A pattern that finds the names that a build demands and shows to everybody; and one for those that it keeps.
    pub shown: String,
    /// The same for those that only the server sees.
    pub kept: String,
    /// Files that show which variables there are.
    pub examples: Vec<String>,
    /// Files that set them for production, the strongest first.
    pub set: Vec<String>,
    /// Parts of names that checks of Dockerfiles take for secrets.
    pub secret: Vec<String>,
    /// Variables that turn checks of the environment off which a build cannot pass, where a source names them, and their values.
    pub switches: BTreeMap<String, String>,
}

/// What a build context leaves out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clutter {
    /// What installs and builds make: patterns.
    pub inside: Vec<String>,
    /// What tools leave behind.
    pub made: Vec<String>,
    /// A part of a path that only tests have, and the pattern that hides them.
    pub tests: Vec<(String, String)>,
}

/// What says that a port is another service's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Elsewhere {
    /// The ports themselves.
    pub ports: Vec<u16>,
    /// Words in the path of the file.
    pub words: Vec<String>,
}

/// The catalog, read once.
pub static CATALOG: LazyLock<Catalog> = LazyLock::new(|| catalog::parse("node/catalog.toml"));

impl Catalog {
    /// The one that runs programs too.
    pub fn runner(&self) -> Option<&Manager> {
        self.manager.iter().find(|manager| manager.runs)
    }

    /// The compiler that reads a tsconfig.json.
    pub fn compiler(&self) -> Option<&Builder> {
        self.builder.iter().find(|row| row.package.is_some())
    }

    /// The manager of this name; of two the later one where that is meant.
    pub fn named(&self, name: &str, modern: bool) -> Option<&Manager> {
        let of_name = || self.manager.iter().filter(|manager| manager.name == name);
        of_name().find(|manager| manager.modern == modern).or_else(|| of_name().next())
    }

    /// The files and folders of managers and patchers that lie at the top.
    pub fn tools(&self) -> impl Iterator<Item = &str> {
        let managers = self.manager.iter().flat_map(|row| row.lockfiles.iter().chain(&row.reads).chain(&row.marks));
        let patchers = self.patcher.iter().map(|row| &row.folder);
        managers.chain(patchers).chain(&self.context.made).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalog_is_sound() {
        let catalog = &*CATALOG;
        let pattern = |text: &Option<String>| text.iter().for_each(|text| drop(regex::Regex::new(text).unwrap()));
        for framework in &catalog.framework {
            pattern(&framework.output_setting);
            framework.mode.iter().for_each(|mode| {
                pattern(&mode.when);
                pattern(&mode.unless);
            });
        }
        for release in catalog.manager.iter().flat_map(|manager| &manager.releases) {
            nodejs_semver::Range::parse(&release.node).unwrap();
        }
        for range in catalog.aged.iter().flat_map(|row| row.when.range.iter().chain(row.then.toolchain.values())) {
            nodejs_semver::Range::parse(range).unwrap();
        }
        assert!(catalog.runner().is_some() && catalog.compiler().is_some());
    }
}
