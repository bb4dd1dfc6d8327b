//! `dockgen config`.

use std::path::Path;

use super::{ConfigCommand, outlook, print};
use crate::config;
use crate::disk;
use crate::error::{Error, Exit};

/// Reads or changes `dockgen.toml`.
///
/// # Errors
/// Where a key is unknown or a file cannot be read or written.
pub fn run(command: &ConfigCommand) -> Result<Exit, Error> {
    match command {
        ConfigCommand::Schema => {
            print::product(&format!("{:#}\n", config::schema()))?;
            Ok(Exit::Done)
        }
        ConfigCommand::Get { key, dir } => {
            disk::look(dir)?;
            let value = config::get(&text(dir)?.unwrap_or_default(), key)?.ok_or_else(|| {
                Error::no(format!("`{key}` is not set")).hint(format!("`dockgen config set {key} VALUE`"))
            })?;
            print::product(&format!("{value}\n"))?;
            Ok(Exit::Done)
        }
        ConfigCommand::List { dir } => {
            disk::look(dir)?;
            let set = config::list(&text(dir)?.unwrap_or_default())?;
            print::product(&set.iter().map(|(key, value)| format!("{key} = {value}\n")).collect::<String>())?;
            Ok(Exit::Done)
        }
        ConfigCommand::Set { key, value, dir } => {
            change(dir, |before| config::set(&before.unwrap_or_else(config::head), key, value))
        }
        ConfigCommand::Unset { key, dir } => change(dir, |before| config::unset(&before.unwrap_or_default(), key)),
    }
}

/// Reads, changes and writes while nobody else does.
fn change(dir: &Path, changed: impl FnOnce(Option<String>) -> Result<String, Error>) -> Result<Exit, Error> {
    let hold = outlook::hold(dir)?;
    let before = text(dir)?;
    let after = changed(before.clone())?;
    if after != before.unwrap_or_default() {
        hold.write(&[(config::PATH, &after)])?;
    }
    Ok(Exit::Done)
}

fn text(dir: &Path) -> Result<Option<String>, Error> {
    disk::today(dir, config::PATH)
}
