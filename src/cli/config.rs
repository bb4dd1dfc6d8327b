//! `dockgen config`.

use std::path::Path;

use serde_json::json;

use super::{ConfigCommand, outlook, print, project};
use crate::config;
use crate::disk;
use crate::error::{Error, Exit};

/// Reads or changes `dockgen.toml`.
///
/// # Errors
/// Where a key is unknown or a file cannot be read or written.
pub fn run(command: &ConfigCommand) -> Result<Exit, Error> {
    match command {
        ConfigCommand::Schema { .. } => {
            print::product(&format!("{:#}\n", config::schema()))?;
            Ok(Exit::Done)
        }
        ConfigCommand::List { dir, json } => {
            let text = standing(dir.as_deref())?;
            match json {
                true => print::json(json!({ "values": config::json(&text, "")? }))?,
                false => {
                    let set = config::list(&text)?.into_iter().map(|(key, value)| format!("{key} = {value}\n"));
                    print::product(&set.collect::<String>())?;
                }
            }
            Ok(Exit::Done)
        }
        ConfigCommand::Get { key, dir, json } => {
            let text = standing(dir.as_deref())?;
            let value = config::get(&text, key)?.ok_or_else(|| {
                Error::no(format!("`{key}` is not set")).hint(format!("`dockgen config set {key} VALUE`"))
            })?;
            match json {
                true => print::json(json!({ "key": key, "value": config::json(&text, key)? }))?,
                false => print::product(&format!("{value}\n"))?,
            }
            Ok(Exit::Done)
        }
        ConfigCommand::Set { key, value, dir, json } => {
            change(dir.as_deref(), *json, |before| config::set(&before.unwrap_or_else(config::head), key, value))
        }
        ConfigCommand::Unset { key, dir, json } => {
            change(dir.as_deref(), *json, |before| config::unset(&before.unwrap_or_default(), key))
        }
    }
}

/// Reads, changes and writes while nobody else does.
fn change(
    dir: Option<&Path>,
    json: bool,
    changed: impl FnOnce(Option<String>) -> Result<String, Error>,
) -> Result<Exit, Error> {
    let dir = project::folder(dir, false);
    let hold = outlook::hold(&dir)?;
    let before = disk::today(&dir, config::PATH)?;
    let after = changed(before.clone())?;
    if after != before.unwrap_or_default() {
        hold.write(&[(config::PATH, &after)])?;
    }
    if json {
        print::json(json!({ "values": config::json(&after, "")? }))?;
    }
    Ok(Exit::Done)
}

/// The text of the file, empty where it is not there.
fn standing(dir: Option<&Path>) -> Result<String, Error> {
    let dir = project::folder(dir, false);
    disk::look(&dir)?;
    Ok(disk::today(&dir, config::PATH)?.unwrap_or_default())
}
