//! Imports: what names of a source stand for.

use crate::source::Pattern;

/// A name that an import binds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The name in this module.
    pub bound: String,
    /// What it stands for: `flask.Flask`, `.factory.create_app`, `numpy`.
    pub target: String,
    /// Where it stands, if that is outside of any block, so that it happens whenever the module is loaded.
    pub plain: Option<usize>,
}

static FROM: Pattern = Pattern::new(r"(?m)^[ \t]*from[ \t]+([.\w]+)[ \t]+import[ \t]+(\([^()]*\)|[^\n]+)");
static IMPORT: Pattern = Pattern::new(r"(?m)^[ \t]*import[ \t]+([^\n]+)");

/// What the imports of a source bind.
pub fn read(code: &str) -> Vec<Import> {
    let mut imports = Vec::new();
    for found in FROM.captures_iter(code) {
        let (Some(module), Some(names)) = (found.get(1), found.get(2)) else { continue };
        let module = module.as_str();
        let separator = if module.ends_with('.') { "" } else { "." };
        let plain = found.get(0).filter(|all| all.as_str().starts_with("from")).map(|all| all.start());
        for (name, bound) in aliases(names.as_str()) {
            imports.push(Import { bound: bound.to_owned(), target: format!("{module}{separator}{name}"), plain });
        }
    }
    for found in IMPORT.captures_iter(code) {
        let plain = found.get(0).filter(|all| all.as_str().starts_with("import")).map(|all| all.start());
        for (name, bound) in found.get(1).map(|names| aliases(names.as_str())).unwrap_or_default() {
            let top = name.split('.').next().unwrap_or_default();
            let target = if bound == name { top } else { name };
            let bound = if bound == name { top } else { bound };
            imports.push(Import { bound: bound.to_owned(), target: target.to_owned(), plain });
        }
    }
    imports
}

/// `a, b as c` as pairs of a name and what it is called here.
pub fn aliases(names: &str) -> Vec<(&str, &str)> {
    let names = names.trim().trim_start_matches('(').trim_end_matches(')');
    let names = names.split([',', ';']).map(|name| name.trim_matches(|c: char| c.is_whitespace() || c == '\\'));
    let pair = |name: &'_ str| name.split_whitespace().count() <= 3;
    names
        .filter(|name| !name.is_empty() && pair(name))
        .map(|name| match name.split_once(" as ") {
            Some((name, bound)) => (name.trim(), bound.trim()),
            None => (name, name),
        })
        .collect()
}
