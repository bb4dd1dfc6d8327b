//! What a module defines: objects, functions, classes; and whether it does something when it is run.

use std::collections::HashMap;
use std::ops::Range;

use super::{LIST, Module};
use crate::source::{Pattern, Place};

/// A module-level `variable = callee(…)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The variable.
    pub variable: String,
    /// The callee, resolved through the imports: `flask.Flask`, `.factory.create_app`, or a plain local name.
    pub callee: String,
    /// The line that shows it.
    pub quote: String,
}

/// A module-level function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// It can be called without arguments.
    pub callable_bare: bool,
    /// What it calls, resolved through the imports.
    pub calls: Vec<String>,
    /// Variables of the module that it works on and gives back, not its own.
    pub returns: Vec<String>,
    /// Its first line.
    pub quote: String,
}

static ASSIGNMENT: Pattern = Pattern::new(
    r"(?m)^([A-Za-z_]\w*)(?:[ \t]*,[ \t]*\w+)*[ \t]*(?::[^=\n]+)?=[ \t]*(?:[A-Za-z_]\w*[ \t]*=[ \t]*)?(?:\(\s*)?([A-Za-z_][\w.]*)[ \t]*\(",
);
static ATTRIBUTE: Pattern = Pattern::new(r"(?m)^([A-Za-z_]\w*)[ \t]*=[ \t]*([A-Za-z_]\w*)\.([A-Za-z_]\w*)[ \t]*$");
static FUNCTION: Pattern = Pattern::new(r"(?m)^(?:async[ \t]+)?def[ \t]+(\w+)[ \t]*\(");
static CLASS: Pattern = Pattern::new(r"(?m)^class[ \t]+(\w+)[ \t]*\(");
static RETURN: Pattern = Pattern::new(r"(?m)^[ \t]+return[ \t]+([A-Za-z_]\w*)[ \t]*$");
static GUARD: Pattern = Pattern::new(r"(?m)^if[ \t(]+(?:__name__[ \t]*==|.{10,14}==[ \t]*__name__)");

impl Module<'_> {
    /// Calls whose result is kept in a module-level variable.
    pub fn assignments(&self) -> Vec<Assignment> {
        let found = ASSIGNMENT.captures_iter(self.masked.code());
        found
            .filter_map(|found| {
                let (variable, callee) = (found.get(1)?, found.get(2)?);
                Some(Assignment {
                    variable: variable.as_str().to_owned(),
                    callee: self.resolve(callee.as_str()),
                    quote: self.masked.line(variable.start()).to_owned(),
                })
            })
            .collect()
    }

    /// Module-level `variable = object.attribute`, as variable, object and attribute.
    pub fn attributes(&self) -> Vec<(&str, &str, &str)> {
        let found = ATTRIBUTE.captures_iter(self.masked.code());
        found
            .filter_map(|found| Some((found.get(1)?.as_str(), found.get(2)?.as_str(), found.get(3)?.as_str())))
            .collect()
    }

    /// Module-level functions.
    pub fn functions(&self) -> &[Function] {
        self.functions.get_or_init(|| {
            let found = FUNCTION.captures_iter(self.masked.code());
            found.filter_map(|found| Some(self.function(found.get(0)?.end(), found.get(1)?))).collect()
        })
    }

    /// The function of a name, whose parameters begin behind `inside`.
    fn function(&self, inside: usize, name: Place) -> Function {
        let arguments = self.balanced(inside, LIST);
        let body = self.block(arguments.end);
        let given: Vec<&str> = self.split(arguments.clone()).iter().map(|part| parameter(self.code(part))).collect();
        let mut returns = self.returned(body.clone());
        returns.retain(|name| !given.contains(&name.as_str()));
        Function {
            name: name.as_str().to_owned(),
            callable_bare: self.split(arguments).iter().all(|argument| is_optional(self.code(argument))),
            calls: self.calls(body),
            returns,
            quote: self.masked.line(name.start()).to_owned(),
        }
    }

    /// What a body gives back that it does not assign itself.
    fn returned(&self, body: Range<usize>) -> Vec<String> {
        let code = self.code(&body);
        let assigns = |name: &str| {
            let mut lines = code.lines().map(str::trim_start);
            lines.any(|line| {
                line.strip_prefix(name).is_some_and(|rest| {
                    let rest = rest.trim_start();
                    rest.starts_with([':', '=']) && !rest.starts_with("==") && !line.ends_with(',')
                })
            })
        };
        let found = RETURN.captures_iter(code).filter_map(|found| Some(found.get(1)?.as_str()));
        found.filter(|name| !assigns(name)).map(str::to_owned).collect()
    }

    /// Module-level classes, each with the classes that it is made from, resolved through the imports.
    pub fn classes(&self) -> Vec<(&str, Vec<String>)> {
        let found = CLASS.captures_iter(self.masked.code());
        found
            .filter_map(|found| {
                let (all, name) = (found.get(0)?, found.get(1)?);
                let bases = self.split(self.balanced(all.end(), LIST));
                Some((name.as_str(), bases.iter().map(|base| self.resolve(self.code(base).trim())).collect()))
            })
            .collect()
    }

    /// What a name of this module is made of: what the function calls, what the class inherits from, what is imported.
    pub fn makers(&self, name: &str) -> Vec<String> {
        let makers = self.makers.get_or_init(|| {
            let functions =
                self.functions().iter().rev().map(|function| (function.name.clone(), function.calls.clone()));
            let classes = self.classes().into_iter().rev().map(|(name, bases)| (name.to_owned(), bases));
            let mut makers: HashMap<String, Vec<String>> = classes.collect();
            makers.extend(functions);
            makers
        });
        let imported = || self.imported_as(name).map(str::to_owned).into_iter().collect();
        makers.get(name).cloned().unwrap_or_else(imported)
    }

    /// The body of `if __name__ == "__main__":`, as calls that it makes; `None` where there is no such block.
    pub fn main_guard(&self) -> Option<Vec<String>> {
        let found = GUARD.find(self.masked.code())?;
        let line_end =
            self.masked.code().get(found.end()..)?.find('\n').map_or(self.masked.code().len(), |at| at + found.end());
        let rest_of_line = found.start()..line_end;
        Some(self.calls(rest_of_line.start..self.block(line_end).end))
    }

    /// Whether the module does something when it is run: a main guard, or calls at module level besides definitions.
    pub fn runs(&self) -> bool {
        let statement = |line: &str| line.starts_with(|c: char| c.is_ascii_alphabetic()) && line.contains('(');
        let definition = |line: &str| {
            ["def ", "class ", "from ", "import ", "async def ", "@"].iter().any(|word| line.starts_with(word))
        };
        let lines = self.masked.code().lines();
        self.main_guard().is_some()
            || lines.into_iter().any(|line| statement(line) && !definition(line) && !ASSIGNMENT.is_match(line))
    }

    /// From a line's end to the next line that is not indented.
    fn block(&self, start: usize) -> Range<usize> {
        let code = self.masked.code();
        let mut at = code.get(start..).and_then(|tail| tail.find('\n')).map_or(code.len(), |end| start + end + 1);
        while let Some(line) = code.get(at..).and_then(|tail| tail.split_inclusive('\n').next()) {
            if line.starts_with(|c: char| !c.is_whitespace() && !")]}".contains(c)) {
                break;
            }
            at += line.len();
        }
        start..at
    }
}

/// The name of a parameter.
fn parameter(text: &str) -> &str {
    text.split([':', '=']).next().unwrap_or_default().trim()
}

/// A parameter that a call may leave out.
fn is_optional(parameter: &str) -> bool {
    let parameter = parameter.trim();
    parameter.starts_with(['*', '/']) || parameter.contains('=')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factories_tell_their_arguments_and_calls() {
        let module = Module::new(
            "from flask import Flask\n\ndef create_app(config: dict[str, int] | None = None, *, name='x'):\n    app = Flask(__name__)\n\n    return app\n\n\
             def build(config):\n    return Flask(config)\nx = 1\n",
        );
        let functions = module.functions();
        assert_eq!(functions.len(), 2);
        assert!(functions[0].callable_bare && functions[0].calls.contains(&"flask.Flask".to_owned()));
        assert!(!functions[1].callable_bare);
        let module = Module::new(
            "app = Flask()\ndef finish(store):\n    app.register(store)\n    return app\ndef own():\n    app = X()\n    return app\n",
        );
        assert_eq!(module.functions().iter().map(|it| it.returns.join(" ")).collect::<Vec<_>>(), ["app", ""]);
    }

    #[test]
    fn classes_tell_what_they_are_made_from() {
        let module = Module::new(
            "import flask\nclass Shop(flask.Flask, Mixin):\n    class Inner(X):\n        pass\nclass Bare:\n    pass\n",
        );
        assert_eq!(module.classes(), [("Shop", vec!["flask.Flask".to_owned(), "Mixin".to_owned()])]);
    }

    #[test]
    fn a_main_guard_is_found_with_its_calls() {
        let module = Module::new("def main():\n    pass\n\nif __name__ == '__main__':\n    # run it\n    main()\n");
        assert_eq!(module.main_guard(), Some(vec!["main".to_owned()]));
        assert!(module.runs());
        assert_eq!(Module::new("if __name__ == \"__main__\": go()").main_guard(), Some(vec!["go".to_owned()]));
        assert_eq!(Module::new("'if __name__ == 1'\nx = 1\n").main_guard(), None);
        assert!(Module::new("print('hello')\n").runs());
        assert!(!Module::new("import os\n\ndef f():\n    print(1)\n\nX = dict()\n").runs());
    }

    #[test]
    fn what_makes_a_name() {
        let module = Module::new("from a import b, f\ndef f():\n    g()\nclass C(b.D):\n    def b(self): pass\n");
        assert_eq!(["f", "C", "b", "x"].map(|name| module.makers(name).join(" ")), ["g", "a.b.D", "a.b", ""]);
    }
}
