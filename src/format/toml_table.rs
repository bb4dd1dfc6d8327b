//! Looks into a TOML table without caring for what else is in it.

use toml::{Table, Value};

use super::Fault;

/// Reads a TOML document.
///
/// # Errors
/// The parser's message and the line it points at.
pub fn parse(text: &str) -> Result<Table, Fault> {
    text.parse::<Table>().map_err(|error| {
        let line =
            error.span().and_then(|span| text.get(..span.start)).map(|head| head.rfind('\n').map_or(0, |at| at + 1));
        Fault::new(error.message().replace('\n', ", "), line.and_then(|at| text.get(at..)).unwrap_or_default())
    })
}

/// The value below a path of keys.
pub fn value<'a>(table: &'a Table, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(table.get(*first)?, |value, key| value.get(key))
}

/// The table below a path of keys.
pub fn table<'a>(from: &'a Table, path: &[&str]) -> Option<&'a Table> {
    value(from, path)?.as_table()
}

/// The text below a path of keys.
pub fn text(from: &Table, path: &[&str]) -> Option<String> {
    value(from, path)?.as_str().map(str::to_owned)
}

/// The texts of the list below a path of keys; other items are left out.
pub fn texts(from: &Table, path: &[&str]) -> Vec<String> {
    let items = value(from, path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The boolean below a path of keys.
pub fn flag(from: &Table, path: &[&str]) -> Option<bool> {
    value(from, path)?.as_bool()
}
