//! `dockgen config`.

use super::{ConfigCommand, print};
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
            print::product(&format!("{:#}\n", config::schema()));
            Ok(Exit::Done)
        }
        ConfigCommand::List { dir } => {
            let set = config::list(&text(dir)?.unwrap_or_default())?;
            print::product(&set.iter().map(|(key, value)| format!("{key} = {value}\n")).collect::<String>());
            Ok(Exit::Done)
        }
        ConfigCommand::Get { key, dir } => match config::get(&text(dir)?.unwrap_or_default(), key)? {
            Some(value) => {
                print::product(&format!("{value}\n"));
                Ok(Exit::Done)
            }
            None => Err(Error::no(format!("`{key}` is not set")).hint(format!("`dockgen config set {key} VALUE`"))),
        },
        ConfigCommand::Set { key, value, dir } => {
            let changed = config::set(&text(dir)?.unwrap_or_else(config::head), key, value)?;
            disk::write(dir, &[(config::PATH, &changed)])?;
            Ok(Exit::Done)
        }
        ConfigCommand::Unset { key, dir } => {
            let before = text(dir)?.unwrap_or_default();
            let changed = config::unset(&before, key)?;
            if changed != before {
                disk::write(dir, &[(config::PATH, &changed)])?;
            }
            Ok(Exit::Done)
        }
    }
}

fn text(dir: &std::path::Path) -> Result<Option<String>, Error> {
    disk::today(dir, config::PATH)
}
