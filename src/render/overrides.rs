//! Templates of a repository that take the place of dockgen's own, whole or a paragraph at a time.

use std::collections::BTreeSet;

use super::TEMPLATES;
use crate::config;
use crate::error::Error;
use crate::repo::Repo;
use crate::source::Pattern;

/// What stands before the name of dockgen's own template where another has taken its place.
pub const OWN: &str = "dockgen/";

static BLOCK: Pattern = Pattern::new(r"\{%-?\s*block\s+([A-Za-z_]\w*)");
static EXTENDS: Pattern = Pattern::new(r#"\{%-?\s*extends\s+"([^"]*)""#);

/// The templates in a folder of the repository, by the names of those whose place they take.
///
/// # Errors
/// Where there is no such folder, it holds no template, one takes the place of none, or a paragraph has a name that the
/// template below does not know.
pub fn find(repo: &Repo, folder: &str) -> Result<Vec<(&'static str, String)>, Error> {
    let folder = folder.trim_start_matches("./").trim_end_matches('/');
    let files: Vec<&str> = repo.below(folder).filter(|path| path.ends_with(".tera")).collect();
    if files.is_empty() {
        return Err(Error::no(format!("`{}` names the templates in `{folder}`, and none is there", config::PATH))
            .hint("add one, such as `run.tera`, or `dockgen config unset templates`"));
    }
    files.into_iter().map(|path| read(repo, folder, path)).collect()
}

/// What stood in one template and now stands in several.
const PARTED: &[(&str, &str)] = &[
    ("go/Dockerfile.tera", "go/build.tera"),
    ("node/Dockerfile.tera", "node/build.tera"),
    ("node/site.Dockerfile.tera", "node/site.tera"),
];

/// The sentence about a template that there is no more, or never was.
fn unknown(path: &str, name: &str) -> Error {
    let error = Error::no(format!("`{path}` takes the place of no template"));
    match PARTED.iter().find(|(old, _)| *old == name) {
        Some((old, new)) => error.hint(format!(
            "dockgen's `{old}` was divided: the build is `{new}`, the last stage (`runtime`, `program`, `start`) is `run.tera`, the versions at the top are in `Dockerfile.tera`"
        )),
        None => {
            let names: Vec<&str> = TEMPLATES.iter().map(|(name, _)| *name).collect();
            error.hint(format!("name it as one of {}", names.join(", ")))
        }
    }
}

fn read(repo: &Repo, folder: &str, path: &str) -> Result<(&'static str, String), Error> {
    let name = path.strip_prefix(folder).unwrap_or(path).trim_start_matches('/');
    let Some((name, own)) = TEMPLATES.iter().find(|(known, _)| *known == name) else {
        return Err(unknown(path, name));
    };
    let text =
        repo.try_text(path).transpose().map_err(|unread| Error::no(format!("`{path}`: {unread}")))?.unwrap_or_default();
    if let Some(base) = EXTENDS.captures(text).and_then(|found| found.get(1)) {
        extends(path, name, base.as_str(), own, text)?;
    }
    Ok((name, text.to_owned()))
}

/// A template that extends another may only name that one's paragraphs.
fn extends(path: &str, name: &str, base: &str, own: &str, text: &str) -> Result<(), Error> {
    if base.strip_prefix(OWN) != Some(name) {
        return Err(
            Error::no(format!("`{path}` extends `{base}`")).hint(format!("write `{{% extends \"{OWN}{name}\" %}}`"))
        );
    }
    let blocks = |text: &str| BLOCK.captures_iter(text).map(|found| found[1].to_owned()).collect::<BTreeSet<_>>();
    let known = blocks(own);
    match blocks(text).difference(&known).next() {
        None => Ok(()),
        Some(block) => {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            Err(Error::no(format!("`{path}` has a block `{block}`, and dockgen's `{name}` has none of that name"))
                .hint(format!("its blocks are {}", known.join(", "))))
        }
    }
}
