//! Knowledge as data: the rows that every language's catalog has, parsed strictly.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize};

use crate::source::Pattern;

/// A release line of a toolchain, newest first in the catalog.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The line: `1.27`, `24`, `3.13`.
    pub cycle: String,
    /// The newest exact version, as image tags write it.
    pub version: String,
    /// Whether its maker still mends it.
    #[serde(default)]
    pub supported: bool,
    /// The line that is taken where nothing speaks for another.
    #[serde(default)]
    pub preferred: bool,
    /// The line for what was written for older ones than are known: newer ones dropped more.
    #[serde(default)]
    pub for_older: bool,
    /// End of support, `YYYY-MM-DD`, where it is published.
    #[serde(default)]
    pub end: Option<String>,
    /// Other names: `lts/krypton`.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Every exact version that has images, oldest first; the last is `version`. In the catalog a text with blanks between,
    /// which is read in a tenth of the time of a list.
    #[serde(default, deserialize_with = "words")]
    pub releases: Vec<String>,
    /// The suites of Debian or Ubuntu that its images were published on, oldest first; in the catalog with commas between.
    #[serde(default, deserialize_with = "spans")]
    pub suites: Vec<Span>,
    /// The releases of Alpine that its images were published on, oldest first.
    #[serde(default, deserialize_with = "spans")]
    pub alpine: Vec<Span>,
    /// The suite that is taken where a version has it; the newest where it is not said.
    #[serde(default)]
    pub suite: Option<String>,
}

/// A system below images: its name, the first and the last version of the toolchain that was published on it.
#[derive(Debug, Clone)]
pub struct Span(pub String, pub String, pub String);

fn words<'de, D: Deserializer<'de>>(text: D) -> Result<Vec<String>, D::Error> {
    Ok(String::deserialize(text)?.split_whitespace().map(str::to_owned).collect())
}

fn spans<'de, D: Deserializer<'de>>(text: D) -> Result<Vec<Span>, D::Error> {
    let span = |text: &str| match text.split_whitespace().collect::<Vec<_>>().as_slice() {
        [name, first, last] => Ok(Span((*name).to_owned(), (*first).to_owned(), (*last).to_owned())),
        _ => Err(D::Error::custom(format!("`{text}` is no name with its first and last version"))),
    };
    String::deserialize(text)?.split(',').map(span).collect()
}

/// An image of a toolchain.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// Its name: `node`.
    pub name: String,
    /// The forms of its tags; `{version}`, `{suite}` and `{alpine}` stand for what the releases say.
    pub tags: Vec<String>,
    /// The day up to which its releases are known, `YYYY-MM-DD`.
    pub known: String,
    /// The reference that builds, where no runtime has one of its own.
    #[serde(default)]
    pub builder: String,
    /// The one that builds with git and a compiler.
    #[serde(default)]
    pub full: String,
}

/// An image that can hold the program.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runtime {
    /// What `--runtime` calls it: `scratch`, `distroless`, `alpine`, `slim`.
    pub id: String,
    /// The image reference; `{version}`, `{cycle}`, `{suite}` and `{alpine}` are filled in.
    pub image: String,
    /// The image that builds for it, where it is not the language's usual one.
    #[serde(default)]
    pub builder: Option<String>,
    /// The needs that it meets.
    pub provides: Vec<String>,
    /// The needs that the Dockerfile can bring along when this runtime is asked for.
    #[serde(default)]
    pub carries: Vec<String>,
    /// Its size without the program, in megabytes; orders the rows.
    pub megabytes: f64,
    /// The release lines that it exists for; all where empty.
    #[serde(default)]
    pub cycles: Vec<String>,
    /// The exact releases that it exists for, as a range; all where it is not said.
    #[serde(default)]
    pub releases: Option<String>,
}

/// An entry of the catalog that every language shares.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// The id that the workflow template uses.
    pub id: String,
    /// `owner/name`.
    pub uses: String,
    /// The release.
    pub tag: String,
    /// The commit of the release.
    pub commit: String,
}

/// What all languages share.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shared {
    /// Hosts of code.
    pub hosts: Vec<String>,
    /// How texts of manifests begin that say nothing.
    pub placeholders: Vec<String>,
    /// The actions of the workflow.
    pub action: Vec<Action>,
    /// What never enters a build context: patterns of .dockerignore.
    pub secrets: Vec<String>,
    /// What no image needs.
    pub clutter: Vec<String>,
    /// Files that change often and build nothing, where an ignore file hides them.
    pub idle: Vec<String>,
    /// Image references without `/bin/sh`: regular expressions.
    pub no_shell: Vec<String>,
    /// Systems that nobody mends any more.
    pub ended: Vec<Ended>,
    /// Images that belong to no toolchain, or have no row of releases.
    pub image: Vec<Tags>,
    /// The Debian whose names packages have in the catalogs, and that tools are taken from where an image's own has ended.
    pub debian: String,
    /// The platforms that images are built for, as BuildKit names them.
    pub platforms: Vec<String>,
    /// The newest release of dockgen; `None` before the first.
    #[serde(default)]
    pub released: Option<Released>,
    /// Where CI is described: patterns of .dockerignore.
    pub ci_files: Vec<String>,
    /// How CI publishes images.
    pub publisher: Vec<Publisher>,
    /// Files of tools that build images from a context of their own making: patterns of .dockerignore.
    pub own_contexts: Vec<String>,
    /// Files that say what steps outside of a build make: patterns of .dockerignore.
    pub scripts: Vec<String>,
    /// Folders that hold what tools made.
    pub made_folders: Vec<String>,
    /// Image references that run as root where nobody says otherwise, and hold nothing outside of the system's folders:
    /// regular expressions.
    pub root_images: Vec<String>,
    /// Those of them that hold nothing below `/usr/local` either.
    pub bare_images: Vec<String>,
    /// What lies at the top of these images.
    pub system_folders: Vec<String>,
    /// Programs that run what is written in a file.
    pub interpreters: Vec<String>,
    /// Words with which a program only tells of itself.
    pub telling: Vec<String>,
    /// Package managers and runners, which pass no signals on to what they start.
    pub managers: Vec<String>,
    /// Languages and builds that are recognised and not written for; of equally strong signs the earlier row is named.
    pub foreign: Vec<Foreign>,
    /// Names of shells.
    pub shells: Vec<String>,
    /// Words in the names of folders whose programs are tools, samples or tests.
    pub aside: Vec<String>,
    /// Commands of a command line that serve, the likeliest first.
    pub serving: Vec<String>,
    /// Names of programs that usually are the service, the usual one first.
    pub services: Vec<String>,
    /// How platforms call processes.
    pub process: Processes,
    /// Programs that run another one.
    pub wrapper: Vec<Wrapper>,
    /// Words about addresses.
    pub listen: Listening,
    /// What the workflow fills build arguments with: expressions.
    pub filled: BTreeMap<String, String>,
    /// What variables of the running program are for: their names, and a clause.
    pub variables: BTreeMap<String, String>,
}

/// A language or a build that is refused by its name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Foreign {
    /// What people call it.
    pub title: String,
    /// The files that say so; a leading `*` stands for any beginning.
    pub files: Vec<String>,
    /// Files that usually do.
    #[serde(default)]
    pub usual: Vec<String>,
    /// Whether its files may lie beside those of a program for Node.
    #[serde(default)]
    pub beside_node: bool,
}

/// How platforms call processes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Processes {
    /// The one that answers requests.
    pub serves: String,
    /// Those that run once before each release.
    pub steps: Vec<String>,
}

/// Words of statements that hold an address or a port.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listening {
    /// It is somebody else's.
    pub others: Pattern,
    /// Words in the names of settings that say where a program listens, and nothing else.
    pub named: Vec<String>,
    /// It is the program's, but not the one that it is for.
    pub second: Pattern,
}

/// Tags of an image that are known to exist.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tags {
    /// The image's name: a glob.
    pub of: String,
    /// The tags: globs.
    pub tags: Vec<String>,
    /// Whether there are no others.
    #[serde(default)]
    pub whole: bool,
}

/// A released dockgen, as a workflow fetches it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Released {
    /// The binary for Linux on x86-64.
    pub url: String,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

/// A way in which a CI file publishes images.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publisher {
    /// What the text of a CI file holds.
    pub text: Pattern,
    /// What it is, for people.
    pub what: String,
}

/// A program that runs another one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wrapper {
    /// Its words.
    pub words: Vec<String>,
    /// Options of it that take a word.
    #[serde(default)]
    pub values: Vec<String>,
    /// How many words stand between its options and the program.
    #[serde(default)]
    pub takes: usize,
}

/// A system, as image references name it, that nobody mends any more.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    /// A regular expression for image references.
    pub image: String,
    /// What it is, for people.
    pub what: String,
    /// End of support, `YYYY-MM-DD`.
    pub end: String,
    /// What follows from it.
    #[serde(default)]
    pub so: Option<String>,
}

/// The catalogs by their paths below `templates/`, as `build.rs` writes them: JSON is read in a tenth of the time.
const CATALOGS: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/catalogs.rs"));

/// Parses a catalog that is compiled in.
///
/// # Panics
/// Where the catalog is wrong, which a test finds before anybody else.
pub fn parse<T: DeserializeOwned>(name: &str) -> T {
    let text = CATALOGS.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text);
    serde_json::from_str(text).unwrap_or_else(|error| panic!("templates/{name}: {error}"))
}

/// The shared catalog.
pub static SHARED: LazyLock<Shared> = LazyLock::new(|| parse("catalog.toml"));
