//! What sources say and call: texts, functions, programs that they start.

use super::manifests::is_same;
use super::rows::{CATALOG, place};
use super::source::Source;
use super::sources::Program;
use crate::facts::{Evidence, Strength};
use crate::source::python::Call;

impl<'a> Program<'a> {
    /// A source that holds this text.
    pub fn says(&self, word: &str) -> Option<Evidence> {
        let found = self.sources.iter().find(|source| source.module.says_one_of(&[word]))?;
        let line = found.module.strings().find(|text| text.contains(word));
        Some(Evidence::new(found.path, line.unwrap_or_else(|| found.module.quote(word)), Strength::Stated))
    }

    /// The texts that a function is given.
    pub fn texts_of_calls(&self, callee: &str) -> Vec<&'a str> {
        let word = callee.rsplit('.').next().unwrap_or(callee);
        let calling = self.sources.iter().filter(|source| source.module.says_one_of(&[word]));
        let calls = calling.flat_map(|source| source.module.calls_with_text(|name| name == callee));
        calls.filter_map(|call| call.text).collect()
    }

    /// The first call of one of these functions; a name that ends with a dot stands for all below it.
    pub fn calls_one_of(&self, names: &[String]) -> Option<Evidence> {
        let is_meant = |callee: &str| {
            names.iter().any(|name| callee == name || (name.ends_with('.') && callee.starts_with(name.as_str())))
        };
        let words = last_words(names);
        self.sources.iter().filter(|source| source.module.says_one_of(&words)).find_map(|source| {
            let call = source.module.calls_with_text(is_meant).into_iter().next()?;
            Some(Evidence::new(source.path, call.quote, Strength::Stated))
        })
    }

    /// Files near the top that start a server, the likeliest first.
    pub fn listening(&self) -> Vec<&Source<'a>> {
        let mut near: Vec<&Source> = self.sources.iter().filter(|source| source.depth() <= 1).collect();
        near.sort_by_key(|source| (place(&CATALOG.names.scripts, source.name()), source.path));
        near.retain(|source| !source.listeners().is_empty());
        near
    }

    /// A call that asks for the project's own metadata, which only an installed project has.
    pub fn reads_own_metadata(&self, name: &str) -> Option<Evidence> {
        let asks = |callee: &str| CATALOG.calls.metadata.iter().any(|call| call == callee);
        let is_own = |call: &Call| call.text.is_none_or(|text| is_same(text, name));
        let words = first_words(&CATALOG.calls.metadata);
        self.sources.iter().find_map(|source| {
            let calls = source.module.says_one_of(&words).then(|| source.module.calls_with_text(asks))?;
            let call = calls.into_iter().find(is_own)?;
            Some(Evidence::new(source.path, call.quote, Strength::Stated))
        })
    }

    /// Programs and shells that the sources start, each with a place where that shows.
    pub fn commands(&self) -> &[(String, Evidence)] {
        self.started.get_or_init(|| {
            let words = [last_words(&CATALOG.calls.shells), first_words(&CATALOG.calls.starts)].concat();
            let starting = self.sources.iter().filter(|source| source.module.says_one_of(&words));
            starting.flat_map(commands_of).collect()
        })
    }
}

/// The words without which none of these functions is called: what their names end with.
fn last_words(names: &[String]) -> Vec<&str> {
    names.iter().filter_map(|name| name.rsplit('.').next()).collect()
}

/// What imports of functions with these beginnings say.
fn first_words(names: &[String]) -> Vec<&str> {
    names.iter().filter_map(|name| name.split('.').next()).collect()
}

fn commands_of(source: &Source) -> Vec<(String, Evidence)> {
    let calls = &CATALOG.calls;
    let is_shell = |callee: &str| calls.shells.iter().any(|shell| shell == callee);
    let starts = |callee: &str| is_shell(callee) || calls.starts.iter().any(|start| callee.starts_with(start.as_str()));
    let mut found = Vec::new();
    for call in source.module.calls_with_text(starts) {
        let evidence = || Evidence::new(source.path, call.quote, Strength::Stated);
        if is_shell(&call.callee) || call.shell {
            found.push(("sh".to_owned(), evidence()));
        }
        let word = call.text.and_then(|text| text.split_whitespace().next());
        let program = word.and_then(|word| word.rsplit('/').next());
        found.extend(program.map(|program| (program.to_owned(), evidence())));
    }
    found
}
