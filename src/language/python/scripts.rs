//! Files that are run, as a script or as a module of their package.

use super::rows::CATALOG;
use super::source::Source;
use super::sources::{Program, module_name};
use crate::path;

/// A file that is run.
#[derive(Debug, Clone)]
pub struct Script {
    /// The file.
    pub file: String,
    /// The folder that its imports start from.
    pub root: String,
    /// It must be run as a module of its package, because it imports relatively or from above.
    pub module: Option<String>,
    /// The line that shows it; none where it only does something when it is run.
    pub quote: String,
}

impl Script {
    /// The folder that must be searched for its imports; its own is searched anyway.
    pub fn search_root(&self) -> &str {
        let folder = path::parent(&self.file);
        if self.module.is_none() && folder == self.root { "" } else { &self.root }
    }
}

/// Whether the folder is one where programs lie.
pub fn is_at_the_top(source: &Source) -> bool {
    matches!(source.folder(), "" | "src")
}

impl<'a> Program<'a> {
    /// Files that do something when they are run, in the order of their paths' lengths. One without a main guard that others
    /// import is a part of them.
    pub fn scripts(&self) -> Vec<Script> {
        let is_program = |source: &&Source| !CATALOG.names.no_program.iter().any(|stem| stem == source.stem());
        let runs = |source: &&Source| source.module.runs() || source.stem() == "__main__";
        let found = self.sources.iter().filter(is_program).filter(runs);
        found
            .filter_map(|source| match source.module.main_guard() {
                Some(_) => Some(self.script(source, source.module.quote("__name__"))),
                None => (!self.is_imported(source)).then(|| self.script(source, "")),
            })
            .collect()
    }

    /// How a file is run.
    pub fn script(&self, source: &Source, quote: &str) -> Script {
        let root = self.root_of(source);
        let as_module = source.module.imports_relatively()
            || (root != source.folder() && self.is_in_package(source))
            || source.stem() == "__main__";
        let name = module_name(source.path, &root);
        let name = name.strip_suffix(".__main__").map_or(name.clone(), str::to_owned);
        Script {
            module: (as_module && name != "__main__").then_some(name),
            file: source.path.to_owned(),
            root,
            quote: quote.to_owned(),
        }
    }
}
