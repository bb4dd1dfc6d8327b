//! The Tera engine: templates by name, one quoting filter for each syntax that text can go to.
//!
//! A value without a filter must be a plain word; anything else fails the rendering, so that no text of a repository
//! can become an instruction, a shell word or a YAML node by mistake.

mod overrides;

use std::io::{self, Write};
use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;
use tera::{Context, Delimiters, Kwargs, State, Tera, Value};

use crate::error::Error;
use crate::language::{Language, by_id};
use crate::repo::Repo;

/// Every template, by its path below `templates/`.
macro_rules! templates {
    ($($name:literal),* $(,)?) => {
        /// Every template and its text.
        pub const TEMPLATES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../templates/", $name)))),*];
    };
}

templates! {
    "ci/github.yml.tera",
    "dockerignore.tera",
    "go/Dockerfile.tera",
    "java/Dockerfile.tera",
    "java/jre.Dockerfile.tera",
    "java/parts.tera",
    "node/Dockerfile.tera",
    "node/parts.tera",
    "node/site.Dockerfile.tera",
    "parts.tera",
    "python/Dockerfile.tera",
    "python/parts.tera",
}

/// A line that holds nothing but tags leaves no line behind.
static TAG_LINE: LazyLock<Regex> =
    LazyLock::new(|| crate::source::pattern(r"(?m)^[ \t]*((?:\{[%/][^\n]*?[%/]\})+)[ \t]*\n"));

/// The templates of a language: dockgen's own, some of which a folder of the repository may have taken the place of.
#[derive(Debug)]
pub struct Templates {
    engine: Tera,
    folder: Option<String>,
}

impl Templates {
    /// The templates, with those in `folder` where a wish names one.
    ///
    /// # Errors
    /// Where the folder's templates are wrong: what, and in which file.
    pub fn new(repo: &Repo, language: &Language, folder: Option<&str>) -> Result<Self, Error> {
        let replaced = folder.map_or_else(|| Ok(Vec::new()), |folder| overrides::find(repo, folder))?;
        let engine = engine(language, &replaced).map_err(|error| match folder {
            Some(folder) => Error::no(format!("templates in `{folder}`: {}", innermost(&error))),
            None => Error::usage(format!("templates: {error}")),
        })?;
        Ok(Templates { engine, folder: folder.map(str::to_owned) })
    }

    /// Renders a template; the result has no trailing blanks, no runs of empty lines, and ends with one newline.
    ///
    /// # Errors
    /// Where a value cannot be written into this kind of file.
    pub fn render(&self, template: &str, view: &impl Serialize) -> Result<String, Error> {
        self.render_context(template, &Context::from_serialize(view).map_err(|error| Error::usage(error.to_string()))?)
    }

    /// The same for words that are already a context.
    ///
    /// # Errors
    /// As [`Templates::render`].
    pub fn render_context(&self, template: &str, context: &Context) -> Result<String, Error> {
        self.engine.render(template, context).map(|text| tidy(&text)).map_err(|error| {
            let error = Error::usage(format!("{template}: {}", innermost(&error)));
            error.hint(match &self.folder {
                Some(folder) => format!("mend the templates in `{folder}`"),
                None => "rename the file, or name another with `--entry` or `--name`".to_owned(),
            })
        })
    }
}

/// What went wrong at the bottom of it.
fn innermost(error: &tera::Error) -> String {
    let mut why = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        why = inner.to_string();
        source = inner.source();
    }
    why
}

/// Only what a language uses is parsed, since that takes most of the time of a rendering.
fn engine(language: &Language, replaced: &[(&'static str, String)]) -> tera::TeraResult<Tera> {
    let is_used = |name: &str| match name.split_once('/') {
        Some((folder, _)) => folder == language.id || by_id(folder).is_none(),
        None => true,
    };
    let mut tera = Tera::new();
    tera.set_delimiters(Delimiters {
        block_start: "{%".into(),
        block_end: "%}".into(),
        variable_start: "{=".into(),
        variable_end: "=}".into(),
        comment_start: "{/".into(),
        comment_end: "/}".into(),
    })?;
    tera.autoescape_on([".tera"]);
    tera.set_escape_fn(plain);
    tera.register_filter("sh", sh);
    tera.register_filter("json", json);
    tera.register_filter("quoted", quoted);
    tera.register_filter("bare", bare);
    tera.register_filter("line", line);
    tera.register_filter("comment", comment);
    let own = TEMPLATES.iter().filter(|(name, _)| is_used(name)).map(|(name, text)| {
        match replaced.iter().any(|(taken, _)| taken == name) {
            true => (format!("{}{name}", overrides::OWN), *text),
            false => ((*name).to_owned(), *text),
        }
    });
    let theirs =
        replaced.iter().filter(|(name, _)| is_used(name)).map(|(name, text)| ((*name).to_owned(), text.as_str()));
    tera.add_raw_templates(
        own.chain(theirs).map(|(name, text)| (name, TAG_LINE.replace_all(text, "$1").into_owned())),
    )?;
    Ok(tera)
}

fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = true;
    for line in text.lines().map(str::trim_end).filter(|line| *line != "#~") {
        if !line.is_empty() {
            out.push_str(line);
            out.push('\n');
        } else if !blank {
            out.push('\n');
        }
        blank = line.is_empty();
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn refuse(text: &str, place: &str) -> String {
    let shown: String = text.chars().flat_map(char::escape_default).take(80).collect();
    format!("`{shown}` cannot be written as {place}")
}

/// What needs no quoting in any of the syntaxes.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._/:@+~=,%-".contains(c) || (!c.is_ascii() && c.is_alphanumeric())
}

/// The default: a plain word or nothing.
fn plain(text: &str, out: &mut dyn Write) -> io::Result<()> {
    match text.chars().all(is_plain) {
        true => out.write_all(text.as_bytes()),
        false => Err(io::Error::other(refuse(text, "a plain word"))),
    }
}

fn strings(value: &Value) -> Vec<&str> {
    match value.as_str() {
        Some(text) => vec![text],
        None => value.as_array().map_or_else(Vec::new, |items| items.iter().filter_map(Value::as_str).collect()),
    }
}

fn one_line(text: &str, place: &str) -> tera::TeraResult<()> {
    match text.chars().any(char::is_control) {
        true => Err(tera::Error::message(refuse(text, place))),
        false => Ok(()),
    }
}

/// Words of a POSIX shell, joined by blanks.
fn sh(value: &Value, _: Kwargs, _: &State) -> tera::TeraResult<Value> {
    let mut words = Vec::new();
    for text in strings(value) {
        one_line(text, "a shell word")?;
        words.push(match is_shell_plain(text) {
            true => text.into(),
            false => shlex::try_quote(text).map_err(|_| tera::Error::message(refuse(text, "a shell word")))?,
        });
    }
    Ok(Value::safe_string(&words.join(" ")))
}

/// Whether an argument means itself in a shell; `=` does behind the first word, and that one is never a repository's.
fn is_shell_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c))
}

/// JSON, as the exec form has it: a string, or a list of them.
fn json(value: &Value, _: Kwargs, _: &State) -> tera::TeraResult<Value> {
    let texts = strings(value);
    for text in &texts {
        one_line(text, "an argument")?;
    }
    let quoted: Vec<String> = texts.iter().map(|text| serde_json::Value::from(*text).to_string()).collect();
    let joined = quoted.join(", ");
    Ok(Value::safe_string(&match value.as_str() {
        Some(_) => joined,
        None => format!("[{joined}]"),
    }))
}

/// A double-quoted value of ENV, LABEL or ARG, in which nothing is expanded.
fn quoted(value: &Value, _: Kwargs, _: &State) -> tera::TeraResult<Value> {
    let text = value.as_str().unwrap_or_default();
    one_line(text, "a value")?;
    let escaped: String =
        text.chars().flat_map(|c| matches!(c, '"' | '\\' | '$').then_some('\\').into_iter().chain([c])).collect();
    Ok(Value::safe_string(&format!("\"{escaped}\"")))
}

/// As [`quoted`], but without quotes where the value is a plain word.
fn bare(value: &Value, kwargs: Kwargs, state: &State) -> tera::TeraResult<Value> {
    match value.as_str().filter(|text| !text.is_empty() && text.chars().all(is_plain)) {
        Some(text) => Ok(Value::safe_string(text)),
        None => quoted(value, kwargs, state),
    }
}

/// A line of a file that has no quoting of its own.
fn line(value: &Value, _: Kwargs, _: &State) -> tera::TeraResult<Value> {
    let text = value.as_str().unwrap_or_default();
    one_line(text, "a line")?;
    Ok(Value::safe_string(text))
}

/// The text of a comment: one line, and never the first characters of a directive.
fn comment(value: &Value, _: Kwargs, _: &State) -> tera::TeraResult<Value> {
    let text = value.as_str().unwrap_or_default();
    Ok(Value::safe_string(&text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_loads() {
        for language in crate::language::ALL {
            assert!(engine(language, &[]).is_ok(), "{}", language.id);
        }
    }

    #[test]
    fn blank_lines_fold() {
        assert_eq!(tidy("\n\na  \n\n\n\nb\n\n"), "a\n\nb\n");
    }

    fn filtered(filter: fn(&Value, Kwargs, &State) -> tera::TeraResult<Value>, text: &str) -> Option<String> {
        let mut tera = Tera::new();
        tera.register_filter("f", filter);
        tera.add_raw_template("t", "{{ x | f }}").unwrap();
        let mut context = Context::new();
        context.insert("x", text);
        tera.render("t", &context).ok()
    }

    #[test]
    fn each_syntax_has_its_quotes() {
        assert_eq!(filtered(sh, "a b").unwrap(), "'a b'");
        assert_eq!(filtered(sh, "$(x)").unwrap(), "'$(x)'");
        assert_eq!(filtered(sh, "--omit=dev").unwrap(), "--omit=dev");
        assert_eq!(filtered(json, "a\"b").unwrap(), "\"a\\\"b\"");
        assert_eq!(filtered(quoted, "a\"$b\\").unwrap(), "\"a\\\"\\$b\\\\\"");
        for filter in [sh, json, quoted] {
            assert_eq!(filtered(filter, "a\nRUN evil"), None);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_becomes_a_second_line(text: String) {
            for filter in [sh, json, quoted, bare, line, comment] {
                if let Some(out) = filtered(filter, &text) {
                    proptest::prop_assert_eq!(out.lines().count().max(1), 1);
                }
            }
            let mut out = Vec::new();
            if plain(&text, &mut out).is_ok() {
                proptest::prop_assert!(!out.iter().any(|byte| b" \n\r\"'\\`();&|<>#".contains(byte)));
            }
        }

        #[test]
        fn a_shell_word_stays_one_word(text: String) {
            if let Some(out) = filtered(sh, &text) {
                proptest::prop_assert_eq!(shlex::split(&out), Some(vec![text]));
            }
        }

        #[test]
        fn json_reads_back(text: String) {
            if let Some(out) = filtered(json, &text) {
                proptest::prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
            }
        }
    }
}
