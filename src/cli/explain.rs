//! `dockgen explain`.

use std::path::{Path, PathBuf};

use super::{ExplainArgs, many, print, project, settle};
use crate::disk;
use crate::error::{Error, Exit};
use crate::explain::written::{self, Written};
use crate::repo::Repo;
use crate::service::Role;
use crate::services::Doubt;

/// The name of the file that can be asked about.
const DOCKERFILE: &str = "Dockerfile";

/// Shows the draft and the Dockerfile on the disk, or that file or one line of it only.
///
/// # Errors
/// As for a draft, and where there is no such line.
pub fn run(args: &ExplainArgs) -> Result<Exit, Error> {
    print::colour(args.voice.color);
    let target = Target::of(args.what.as_deref(), args.voice.quiet)?;
    disk::look(&target.dir)?;
    let standing = settle::standing_wishes(&target.dir)?;
    let repo = Repo::in_git(&target.dir)?;
    let draft = settle::draft(&repo, &args.wishes.wishes(), &standing);
    let doubt = draft.as_ref().map_or(None, |draft| Doubt::of(draft, &repo));
    if !target.is_file
        && (args.service.is_some() || draft.is_err() || doubt.is_some())
        && let Some(exit) = many::explain(args, &target.dir, doubt)?
    {
        return Ok(exit);
    }
    let draft = draft?;
    let text = disk::today(&target.dir, &draft.service.path(Role::Dockerfile))?;
    let lock = settle::lock(&target.dir)?;
    let steps = match (&text, target.is_file) {
        (None, true) => return Err(Error::no("there is no Dockerfile").hint("`dockgen init` writes one")),
        (None, false) => Vec::new(),
        (Some(text), _) => written::explain(text, lock.base(&draft.service.path(Role::Dockerfile)), &draft)
            .map_err(|fault| Error::no(format!("the Dockerfile cannot be read: {fault}")))?,
    };
    let steps = match target.line {
        None => steps,
        Some(line) => vec![at(steps, line, text.as_deref().unwrap_or_default())?],
    };
    match (args.json, target.is_file) {
        (true, true) => print::json(serde_json::json!({ "steps": steps }))?,
        (true, false) => print::json(crate::explain::json(&draft, &steps))?,
        (false, true) => print::product(&print::printable(&written::text(&steps, &draft)))?,
        (false, false) => print::product(&print::printable(&crate::explain::text(&draft, &steps)))?,
    }
    Ok(Exit::Done)
}

fn at(steps: Vec<Written>, line: usize, text: &str) -> Result<Written, Error> {
    let lines = text.lines().count();
    written::at(steps, line).filter(|_| (1..=lines).contains(&line)).ok_or_else(|| {
        Error::usage(format!("`{DOCKERFILE}:{line}` is no line of an instruction"))
            .hint(format!("the file has {lines} lines: `dockgen explain {DOCKERFILE}` explains all of them"))
    })
}

/// What is to be explained: a repository, its Dockerfile, or one line of that.
struct Target {
    dir: PathBuf,
    is_file: bool,
    line: Option<usize>,
}

impl Target {
    fn of(what: Option<&Path>, quiet: bool) -> Result<Self, Error> {
        let Some(what) = what else {
            return Ok(Target { dir: project::folder(None, quiet), is_file: false, line: None });
        };
        let name = what.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let (file, line) = name.split_once(':').map_or((name, None), |(file, line)| (file, Some(line)));
        if file != DOCKERFILE || what.is_dir() {
            return Ok(Target { dir: what.to_owned(), is_file: false, line: None });
        }
        let dir = match what.parent().filter(|dir| !dir.as_os_str().is_empty()) {
            None if Path::new(DOCKERFILE).exists() => PathBuf::from("."),
            dir => project::folder(dir, quiet),
        };
        let line = line.map(|line| line.parse().map_err(|_| Error::usage(format!("`{line}` is no line number"))));
        Ok(Target { dir, is_file: true, line: line.transpose()? })
    }
}
