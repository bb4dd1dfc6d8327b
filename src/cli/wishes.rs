//! Arguments that say wishes, and what their values may be.

use std::ffi::OsStr;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::config;
use crate::language;
use crate::values;
use crate::wishes::{Ci, PortWish, Wishes};

/// The flags that say wishes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Wishes")]
pub struct WishArgs {
    // An argument with more to say than one line spares clap from asking those below for their values, which takes reading all
    // catalogs.
    /// The language
    ///
    /// Where it is not given, the files at the top of the repository say which one it is.
    #[arg(long, value_name = "LANG", value_parser = PossibleValuesParser::new(language::ids()))]
    lang: Option<String>,
    /// The image to run in
    #[arg(long, value_name = "RUNTIME", value_parser = PossibleValuesParser::new(values::RUNTIMES))]
    runtime: Option<String>,
    /// The version of the language's toolchain
    #[arg(long, value_name = "VERSION")]
    toolchain: Option<String>,
    /// The package manager
    #[arg(long, value_name = "NAME", value_parser = OneOf(language::managers))]
    package_manager: Option<String>,
    /// What to start: a main package, a script, module:variable, a main class or a jar
    #[arg(long, value_name = "WHAT")]
    entry: Option<String>,
    /// Where the program listens, or `none`
    #[arg(long, value_name = "PORT")]
    port: Option<PortWish>,
    /// The image's name, without registry and tag
    #[arg(long, value_name = "IMAGE", value_parser = values::image_name)]
    name: Option<String>,
    /// The CI workflow to write
    #[arg(long, value_enum, value_name = "CI")]
    ci: Option<Ci>,
    /// Platforms that the workflow builds for, such as linux/amd64,linux/arm64
    #[arg(long, value_name = "PLATFORM", value_delimiter = ',', value_parser = values::platform)]
    platform: Vec<String>,
    /// The numeric user that the image runs as
    #[arg(long, value_name = "UID", value_parser = values::uid)]
    uid: Option<u32>,
    /// A folder of the image that the program writes to, such as /app/data; may be given several times
    #[arg(long, value_name = "FOLDER", value_parser = values::folder)]
    data: Vec<String>,
    /// The arguments of the program, after `--`
    #[arg(last = true, value_name = "ARGUMENT")]
    args: Vec<String>,
}

impl WishArgs {
    /// What was asked for.
    pub fn wishes(&self) -> Wishes {
        Wishes {
            lang: self.lang.clone(),
            runtime: self.runtime.clone(),
            toolchain: self.toolchain.clone(),
            package_manager: self.package_manager.clone(),
            entry: self.entry.clone(),
            port: self.port,
            name: self.name.clone(),
            ci: self.ci,
            platforms: self.platform.clone(),
            uid: self.uid,
            args: self.args.clone(),
            data: self.data.clone(),
            ..Wishes::default()
        }
    }
}

/// A word of a list that is made only where it is needed, as it takes reading all catalogs.
#[derive(Clone)]
struct OneOf(fn() -> Vec<&'static str>);

impl TypedValueParser for OneOf {
    type Value = String;

    fn parse_ref(&self, cmd: &clap::Command, arg: Option<&clap::Arg>, value: &OsStr) -> Result<String, clap::Error> {
        PossibleValuesParser::new((self.0)()).parse_ref(cmd, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.0)().into_iter().map(PossibleValue::new)))
    }
}

/// The keys of `dockgen.toml`, which shells complete; members of its tables are keys too, so that `config` judges them.
#[derive(Debug, Clone)]
pub struct Keys;

impl TypedValueParser for Keys {
    type Value = String;

    fn parse_ref(&self, _: &clap::Command, _: Option<&clap::Arg>, value: &OsStr) -> Result<String, clap::Error> {
        Ok(value.to_string_lossy().into_owned())
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(config::KEYS.iter().map(|key| PossibleValue::new(key.name).help(key.help))))
    }
}
