//! What one file says of settings.

use crate::facts::{Evidence, Strength};
use crate::source::go::{self, Setting};
use crate::source::mask::Masked;

use super::catalog::CATALOG;
use super::config;

/// What one file says of settings.
#[derive(Debug, Default)]
pub struct Settings {
    /// The settings, each with its line.
    pub own: Vec<(Setting, Evidence)>,
    /// Files and folders that it makes where it is started.
    pub stores: Vec<(String, Evidence)>,
    /// Files of a configuration that constants name.
    pub configured: Vec<(String, Evidence)>,
    /// The prefix of variables that a library makes of all settings.
    pub prefix: Option<String>,
    /// Whether it makes them.
    pub automatic: bool,
    /// Whether it makes `_` of other marks in their names.
    pub replaced: bool,
    /// Whether flags are settings for it.
    pub bound: bool,
    /// Whether variables of tags begin with something else.
    pub prefixed: bool,
}

impl Settings {
    /// Looks into a file.
    pub fn read(path: &str, masked: &Masked, text: &str) -> Self {
        let rows = &CATALOG.source;
        let has = |mark: &str| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some();
        let line = |at: usize| Evidence::new(path, go::line(text, at), Strength::Stated);
        let own = go::settings(&rows.setting, text).into_iter().map(|setting| (line(setting.at), setting));
        Settings {
            stores: stores(path, masked),
            configured: configured(path, masked),
            own: own.map(|(evidence, setting)| (setting, evidence)).collect(),
            prefix: rows.prefix.word(text).map(str::to_uppercase),
            automatic: has(&rows.automatic),
            replaced: has(&rows.replacer),
            bound: has(&rows.bound),
            prefixed: rows.prefixed.is_match(text),
        }
    }
}

/// Literals that name files of databases, and folders of data, where the program is started.
fn stores(path: &str, masked: &Masked) -> Vec<(String, Evidence)> {
    let is_store = |(at, text): &(usize, &str)| {
        let is_short = text.len() < 60 && !text.starts_with('/') && text.contains(['.', '/']);
        is_short && CATALOG.source.stored.is_match(text) && !CATALOG.source.compares.is_match(masked.line(*at))
    };
    let line = |at: usize| Evidence::new(path, masked.line(at), Strength::Convention);
    let plain = |(at, text)| (at, tag_default(text).unwrap_or(text));
    masked.literals().map(plain).filter(is_store).map(|(at, text)| (text.to_owned(), line(at))).collect()
}

/// The default in the tag of a field.
fn tag_default(tag: &str) -> Option<&str> {
    Some(tag.split_once("default:\"")?.1.split_once('"')?.0)
}

/// Literals that name the file of a configuration.
fn configured(path: &str, masked: &Masked) -> Vec<(String, Evidence)> {
    let is_meant =
        |(at, text): &(usize, &str)| config::is_named(text) && CATALOG.source.configured.is_match(masked.line(*at));
    let line = |at: usize| Evidence::new(path, masked.line(at), Strength::Convention);
    masked.literals().filter(is_meant).map(|(at, text)| (text.to_owned(), line(at))).collect()
}
