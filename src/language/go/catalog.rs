//! `templates/go/catalog.toml`: releases, runtimes, rows, and how sources are read.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::catalog::{self, Image, Release, Runtime};
use crate::rows::Row;
use crate::source::{Pattern, go::Form};

/// The catalog.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    /// The image of the toolchain.
    pub image: Image,
    /// Its releases.
    pub release: Vec<Release>,
    /// Images to run in.
    pub runtime: Vec<Runtime>,
    /// What follows from what a program imports and starts.
    pub row: Vec<Row>,
    /// What sources say.
    pub source: Source,
    /// What configuration files say.
    pub config: Config,
    /// Commands of a command line.
    pub subcommand: Vec<Subcommand>,
    /// What is known of commands that build.
    pub build: Builds,
    /// Tools that make code.
    pub generator: Vec<Generator>,
    /// Their options that say where they write.
    pub into: Vec<String>,
    /// C libraries: the packages of Debian for the build and for the program; none where every libc comes with it.
    pub libraries: BTreeMap<String, Vec<String>>,
    /// How names of files with C++ end.
    pub cpp: Vec<String>,
    /// A module that compiles C and stands behind others.
    pub behind: Behind,
    /// What every program needs, and why.
    pub usual: Vec<(String, String)>,
    /// Packages of Alpine with a C compiler.
    pub compiler: Vec<String>,
}

/// How a command of a command line is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subcommand {
    /// A text that a source holds which has them.
    pub mark: String,
    /// What stands before their names: a pattern over masked code.
    #[serde(default)]
    pub word: Option<Pattern>,
    /// A field that is one, whose name is the group: a pattern over the text.
    #[serde(default)]
    pub field: Option<Pattern>,
}

/// What is known of the commands that build.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Builds {
    /// Commands that build programs.
    pub commands: Vec<String>,
    /// Options that have a value.
    pub valued: Vec<String>,
    /// Variables that change what the go command does.
    pub environment: Vec<String>,
    /// Values that only a release knows.
    pub filled: Vec<Told>,
}

/// A value that only a release knows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// Words in the name of the variable.
    pub words: Vec<String>,
    /// The build argument.
    pub argument: String,
    /// Its value where nobody says one.
    pub default: String,
    /// What the workflow fills it with.
    pub filled: String,
}

/// A tool that makes code.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generator {
    /// The command.
    pub run: String,
    /// The package of the tool.
    pub module: String,
    /// How the names of files end that it reads, where each of them gives one file.
    #[serde(default)]
    pub source: Option<String>,
    /// How the names of files end that it makes.
    #[serde(default)]
    pub made: Option<String>,
    /// Its settings at the top of the repository, which name the folders that it makes.
    #[serde(default)]
    pub settings: Vec<String>,
    /// Patterns of what it reads.
    pub inputs: Vec<String>,
}

/// A module that stands behind others, which have one of these names in their paths.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behind {
    /// The module.
    pub module: String,
    /// Parts of paths.
    pub names: Vec<String>,
}

/// How sources are read: patterns over masked code, and words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Calls that listen.
    pub listens: Pattern,
    /// The same without names that other things have too.
    pub serves: Pattern,
    /// Calls that listen where their framework does by itself.
    pub by_itself: Pattern,
    /// Calls that start a program.
    pub starts: Pattern,
    /// Calls that read a file or a folder.
    pub reads: Pattern,
    /// Lines of a flag.
    pub flag: Pattern,
    /// Lines of a name of a folder or a file.
    pub named: Pattern,
    /// Calls that name a configuration file without its ending, and a folder where it may lie.
    pub config_name: Pattern,
    /// The same for its folder.
    pub config_folder: Pattern,
    /// Numbers of ports.
    pub port: Pattern,
    /// PORT is asked for.
    pub port_variable: Pattern,
    /// Commands of a command line: what a text with one holds, and where one begins.
    pub command_mark: String,
    /// Where one begins, with the name of its variable.
    pub command: Pattern,
    /// A program that without a command only tells how it is used.
    pub helps: Pattern,
    /// A command that takes words of its own.
    pub wants: Pattern,
    /// Words of lines whose ports are for something beside the program's purpose.
    pub beside: Vec<String>,
    /// Words of lines whose ports are of other services.
    pub others: Vec<String>,
    /// Parts of paths of what only says how the program is, and of tests.
    pub aside: Vec<String>,
    /// Words of lines that say where a server listens.
    pub listening: Vec<String>,
    /// Words of lines that may say so.
    pub address: Vec<String>,
    /// Code that looks at a text and listens nowhere.
    pub compares: Pattern,
    /// Ends the program where a file of variables is not there.
    pub dotenv: Pattern,
    /// Lines of what a command writes.
    pub written: Pattern,
    /// Lines that name the file of a configuration.
    pub configured: Pattern,
    /// Paths of what a program makes where it is started.
    pub stored: Pattern,
    /// Names of settings that say where a front end lies.
    pub front: Pattern,
    /// Names of settings that say where the configuration lies.
    pub config: Pattern,
    /// How libraries say a setting.
    pub setting: Vec<Form>,
    /// Names of settings that say where a server listens.
    pub r#where: Pattern,
    /// Names of settings that say what the program writes to.
    pub store: Pattern,
    /// The prefix of variables that a library makes of settings.
    pub prefix: Pattern,
    /// Code that makes them.
    pub automatic: String,
    /// Code that makes `_` of other marks in their names.
    pub replacer: String,
    /// Code that makes settings of flags.
    pub bound: String,
    /// Code by which the variables of tags have another beginning.
    pub prefixed: Pattern,
}

/// How configuration files are read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Endings of their names.
    pub endings: Vec<String>,
    /// Names with such an ending that are no configuration of a program.
    pub not: Vec<String>,
    /// Folders where they usually lie.
    pub folders: Vec<String>,
    /// Ports of databases and brokers, which stand in such files too.
    pub others: Vec<u16>,
}

/// The catalog.
pub static CATALOG: LazyLock<Catalog> = LazyLock::new(|| catalog::parse("go/catalog.toml"));
