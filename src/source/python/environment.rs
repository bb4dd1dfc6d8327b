//! Variables of the environment that a module reads, and those that it sets.

use std::ops::Range;

use super::Module;
use crate::source::{Pattern, Place};

/// An environment variable that the module reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable<'a> {
    /// Its name.
    pub name: String,
    /// The module cannot be imported without it, as far as one sees: no default, read at module level.
    pub required: bool,
    /// The line that reads it.
    pub line: &'a str,
}

/// Where a variable is read; behind it stands its name.
pub(super) static READ: Pattern = Pattern::new(
    r"\b(?:environ[ \t]*\[|environ\.get[ \t]*\(|getenv[ \t]*\(|config[ \t]*\(|env(?:\.[a-z_]+)?[ \t]*\()[ \t\r\n]*",
);
static ENVIRONMENT: Pattern = Pattern::new(r"\benviron(?:\.setdefault[ \t]*\(|[ \t]*\[)[ \t\r\n]*");

impl<'a> Module<'a> {
    /// Environment variables that the module reads by name.
    pub fn variables(&self) -> Vec<Variable<'a>> {
        READ.find_iter(self.masked.code())
            .filter_map(|found| {
                let name = self.masked.string_at(found.end()).filter(|name| is_variable(name))?;
                let arguments = self.arguments(found.end());
                let call = found.as_str();
                let has_default = self.split(arguments.clone()).len() > 1 && self.has_default(&arguments)
                    || call.contains(".get")
                    || call.contains("getenv");
                Some(Variable {
                    name: name.to_owned(),
                    required: !has_default && !self.is_indented(found.start()) && !self.is_stored(found.end()),
                    line: self.masked.line(found.start()),
                })
            })
            .collect()
    }

    /// The value of `setdefault("NAME", "value")` or `environ["NAME"] = "value"`.
    pub fn environment_default(&self, name: &str) -> Option<&'a str> {
        let pair = |found: Place| {
            self.masked.string_at(found.end()).filter(|text| *text == name)?;
            let arguments = self.arguments(found.end());
            let value = self.split(arguments.clone()).into_iter().nth(1).map_or(arguments.end, |part| part.start);
            let at =
                self.code(&(value..self.masked.code().len())).find(|c: char| !(c.is_whitespace() || "]=".contains(c)));
            self.masked.string_at(value + at?)
        };
        ENVIRONMENT.find_iter(self.masked.code()).find_map(pair)
    }

    fn is_indented(&self, at: usize) -> bool {
        let line = self.masked.line_start(at).and_then(|start| self.masked.code().get(start..));
        line.is_none_or(|line| line.starts_with([' ', '\t']))
    }

    /// `environ["X"] = …` writes.
    fn is_stored(&self, at: usize) -> bool {
        let tail = self.masked.code().get(self.arguments(at).end..).unwrap_or_default();
        let tail = tail.trim_start_matches([']', ' ', '\t']);
        tail.starts_with('=') && !tail.starts_with("==")
    }

    fn has_default(&self, arguments: &Range<usize>) -> bool {
        let parts = self.split(arguments.clone());
        let is_keyword = |part: &str| {
            part.split_once('=').is_some_and(|(name, _)| name.trim().chars().all(|c| c.is_alphanumeric() || c == '_'))
        };
        parts
            .iter()
            .skip(1)
            .map(|part| self.code(part).trim())
            .any(|part| part.starts_with("default") || !is_keyword(part))
    }
}

pub(super) fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.len() < 60 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_without_a_default_are_required() {
        let module = Module::new(
            "SECRET = os.environ['SECRET_KEY']\nDEBUG = config('DEBUG', default=False, cast=bool)\nKEY = config('KEY')\nN = env.int('N')\n\
             X = os.getenv('X')\nos.environ['TZ'] = 'UTC'\ndef f():\n    return os.environ['LATER']\nD = env('D', 'x')\nC = config('C', cast=bool)\n",
        );
        let required: Vec<_> =
            module.variables().into_iter().filter(|v| v.required).map(|v| (v.name, v.line)).collect();
        let expected = [
            ("SECRET_KEY", "SECRET = os.environ['SECRET_KEY']"),
            ("KEY", "KEY = config('KEY')"),
            ("N", "N = env.int('N')"),
            ("C", "C = config('C', cast=bool)"),
        ];
        assert_eq!(required, expected.map(|(name, line)| (name.to_owned(), line)));
    }
}
