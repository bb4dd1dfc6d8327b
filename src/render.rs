//! The Tera engine: templates by name, and a filter for each syntax that text can go to.

mod overrides;
pub mod reasons;
pub mod sinks;

use tera::{Context, Delimiters, ErrorKind, Tera};

use crate::error::Error;
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
    "Dockerfile.tera",
    "go/build.tera",
    "init.tera",
    "java/build.tera",
    "java/jre.tera",
    "java/parts.tera",
    "node/base.tera",
    "node/build.tera",
    "node/deps.tera",
    "node/frontend.tera",
    "node/modules.tera",
    "node/nginx.tera",
    "node/parts.tera",
    "node/site.tera",
    "parts.tera",
    "python/build.tera",
    "python/lock.tera",
    "python/parts.tera",
    "python/pip.tera",
    "python/project-parts.tera",
    "python/tool.tera",
    "python/uv.tera",
    "rust/build.tera",
    "run.tera",
    "services/bake.tera",
    "services/github.tera",
}

/// A template in which lines that hold nothing but tags leave no line behind.
fn without_tag_lines(text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| match line.trim_matches([' ', '\t', '\n']) {
        tags if line.ends_with('\n') && !tags.is_empty() && only_tags(tags) => tags,
        _ => line,
    });
    lines.collect()
}

fn only_tags(line: &str) -> bool {
    let tag = |rest: &str| rest.starts_with("{%") || rest.starts_with("{/");
    let end = |rest: &str| ["%}", "/}"].iter().filter_map(|close| rest.find(close)).min();
    let mut rest = line;
    while tag(rest) {
        let Some(at) = end(&rest[2..]) else { return false };
        rest = &rest[at + 4..];
    }
    rest.is_empty()
}

/// The templates of a language: dockgen's own, some of which a folder of the repository may have taken the place of.
#[derive(Debug)]
pub struct Templates {
    engine: Tera,
    folder: Option<String>,
}

impl Templates {
    /// What rendering `wanted` takes, with the templates in `folder` where a wish names one.
    ///
    /// # Errors
    /// Where the folder's templates are wrong: what, and in which file.
    pub fn new(repo: &Repo, wanted: &[&str], folder: Option<&str>) -> Result<Self, Error> {
        let replaced = folder.map_or_else(|| Ok(Vec::new()), |folder| overrides::find(repo, folder))?;
        let engine = engine(wanted, &replaced).map_err(|error| match folder {
            Some(folder) => Error::no(format!("templates in `{folder}`: {}", innermost(&error))),
            None => Error::usage(format!("templates: {error}")),
        })?;
        Ok(Templates { engine, folder: folder.map(str::to_owned) })
    }

    /// Renders a template; the result has no trailing blanks, no runs of empty lines, and ends with one newline.
    ///
    /// # Errors
    /// Where a value cannot be written into this kind of file.
    pub fn render(&self, template: &str, words: &Context) -> Result<String, Error> {
        self.engine.render(template, words).map(|text| tidy(&text)).map_err(|error| {
            let why = innermost(&error);
            match (why.split_once('\n'), &self.folder) {
                (Some((what, hint)), _) => Error::no(what).hint(hint),
                (None, Some(folder)) => {
                    Error::no(format!("{template}: {error}")).hint(format!("mend the templates in `{folder}`"))
                }
                (None, None) => Error::usage(format!("{template}: {why}")),
            }
        })
    }
}

/// What went wrong at the bottom of it; of a refusal the sentence and, behind a line end, the hint.
fn innermost(error: &tera::Error) -> String {
    let mut why = match error.kind() {
        ErrorKind::RenderingError(report) => report.message().to_owned(),
        _ => error.to_string(),
    };
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        why = inner.to_string();
        source = inner.source();
    }
    why
}

/// Only what is used is parsed, since that takes most of the time of a rendering: of languages the templates that are
/// wanted, and the components of their folders.
fn engine(wanted: &[&str], replaced: &[(&'static str, String)]) -> tera::TeraResult<Tera> {
    let folder = |name: &str| name.split_once('/').map(|(folder, _)| folder.to_owned());
    let folders: Vec<String> = wanted.iter().filter_map(|name| folder(name)).collect();
    let is_used = |name: &str| match name.split_once('/') {
        Some((folder, file)) if file.ends_with("parts.tera") => folders.iter().any(|used| used == folder),
        Some((folder, _)) => wanted.contains(&name) || folder == "ci",
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
    sinks::register(&mut tera);
    let own = TEMPLATES.iter().filter(|(name, _)| is_used(name)).map(|(name, text)| {
        match replaced.iter().any(|(taken, _)| taken == name) {
            true => (format!("{}{name}", overrides::OWN), *text),
            false => ((*name).to_owned(), *text),
        }
    });
    let theirs =
        replaced.iter().filter(|(name, _)| is_used(name)).map(|(name, text)| ((*name).to_owned(), text.as_str()));
    tera.add_raw_templates(own.chain(theirs).map(|(name, text)| (name, without_tag_lines(text))))?;
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
        // A reason is taken out again, and is as if it were not there.
        if !line.starts_with(reasons::MARK) {
            blank = line.is_empty();
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_loads() {
        for (name, _) in TEMPLATES {
            assert!(engine(&[name], &[]).is_ok(), "{name}");
        }
    }

    #[test]
    fn blank_lines_fold() {
        assert_eq!(tidy("\n\na  \n\n\n\nb\n\n"), "a\n\nb\n");
    }
}
