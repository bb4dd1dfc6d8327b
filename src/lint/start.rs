//! Whether what is started is in the last stage, as far as that can be known.

use std::sync::LazyLock;

use regex_lite::Regex;

use super::{Chain, Reason, context, is_root_image};
use crate::catalog::SHARED;
use crate::dockerfile::{Body, Step};
use crate::dockerignore::Matcher;
use crate::neighbours::{files, plain};
use crate::path;
use crate::repo::Repo;
use crate::source::short;

/// The program that is started and that no step puts into the last stage. Nothing is said where a step may make it (`RUN`,
/// `ADD`), where it may be the base image's, and where a shell looks for it.
pub fn missing(file: &str, steps: &[Step], repo: &Repo, ignore: Option<&str>) -> Option<Reason> {
    let chain = super::chain(steps)?;
    let (step, program) = started(&chain)?;
    let may_be_made = chain.steps.iter().any(|step| matches!(step.word.as_str(), "RUN" | "ADD" | "ONBUILD" | "VOLUME"));
    if may_be_made || may_be_of_base(&chain.image, &program) {
        return None;
    }
    let ignore = Matcher::new(ignore.unwrap_or_default());
    let mut folder = "/".to_owned();
    for step in &chain.steps {
        match &step.body {
            _ if step.word == "WORKDIR" => folder = absolute(&folder, &step.rest)?,
            Body::Copy(sources, destination) => {
                let places = Places { repo, ignore: &ignore, program: &program };
                if places.may_hold(step, sources, &folder, destination)? {
                    return None;
                }
            }
            _ => {}
        }
    }
    let message = format!("`{program}` is started, and no step puts it into the last stage");
    Some(Reason::new("missing-start", file, Some(step.line), message))
}

/// The step that says what is started, and the program's path.
fn started<'a>(chain: &Chain<'a>) -> Option<(&'a Step, String)> {
    let last = |word: &str| chain.steps.iter().rev().find(|step| step.word == word).copied();
    let step = last("ENTRYPOINT").or_else(|| last("CMD"))?;
    let Body::Exec(words) = &step.body else { return None };
    let program = words.first().filter(|program| program.contains('/') && !program.contains('$'))?;
    let mut folder = "/".to_owned();
    for step in chain.steps.iter().filter(|step| step.word == "WORKDIR") {
        folder = absolute(&folder, &step.rest)?;
    }
    Some((step, absolute(&folder, program)?))
}

static BARE: LazyLock<Vec<Regex>> = LazyLock::new(|| SHARED.bare_images.iter().map(|row| short(row)).collect());

/// Whether the base image may hold this path.
fn may_be_of_base(image: &str, path: &str) -> bool {
    let top = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let is_system = SHARED.system_folders.iter().any(|folder| folder == top);
    let is_empty = path.starts_with("/usr/local/") && BARE.iter().any(|row| row.is_match(image));
    image != "scratch" && (!is_root_image(&image.replace("nonroot", "")) || (is_system && !is_empty))
}

/// A path from a folder of the image; `None` where a variable stands in it.
fn absolute(folder: &str, path: &str) -> Option<String> {
    let path = path.trim_matches(['"', '\'']);
    if path.contains(['$', '\\']) {
        return None;
    }
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{folder}/{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/').filter(|part| !part.is_empty() && *part != ".") {
        match part {
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Some(format!("/{}", parts.join("/")))
}

/// What a step may have copied to the place of the program.
struct Places<'a> {
    repo: &'a Repo,
    ignore: &'a Matcher,
    program: &'a str,
}

impl Places<'_> {
    /// `None` where it cannot be known.
    fn may_hold(&self, step: &Step, sources: &[String], folder: &str, destination: &str) -> Option<bool> {
        let place = absolute(folder, destination)?;
        let Some(inner) = self.program.strip_prefix(place.trim_end_matches('/')) else { return Some(false) };
        let is_folder = destination.ends_with('/') || destination.ends_with('.') || sources.len() > 1;
        match (step.flag("from"), inner) {
            _ if sources.iter().any(|source| source.contains('$')) => None,
            (_, "") => Some(!is_folder),
            (_, inner) if !inner.starts_with('/') => Some(false),
            (Some(_), _) => Some(true),
            (None, inner) => Some(sources.iter().any(|source| self.brings(source, inner.trim_start_matches('/')))),
        }
    }

    /// Whether a source of the context has this path, from where it is copied to.
    fn brings(&self, source: &str, inner: &str) -> bool {
        let path = plain(source);
        let files = files(self.repo, source);
        let is_file = self.repo.has(path);
        let from = |file: &str| match is_file {
            true => path::name(file).to_owned(),
            false => file.strip_prefix(path).unwrap_or(file).trim_start_matches('/').to_owned(),
        };
        let has = |file: &&str| !self.ignore.hides(file) && from(file) == inner;
        let is_exact = is_file || self.repo.has_folder(path) || path.is_empty();
        let made = || context::may_be_made(self.repo, &format!("{path}/{inner}"));
        !is_exact || files.iter().any(has) || (!is_file && made())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dockerfile::steps;

    fn found(text: &str) -> Option<String> {
        let repo = Repo::from_list("r", [("run.sh", ""), ("bin/tool", ""), ("Makefile", "serve:\n"), ("src/a.js", "")]);
        missing("Dockerfile", &steps(text).unwrap(), &repo, None).map(|reason| reason.message)
    }

    #[test]
    fn what_a_step_copies_is_there() {
        for text in [
            "FROM a:1 AS b\nFROM scratch\nCOPY --from=b /x /x\nENTRYPOINT [\"/x\"]\n",
            "FROM a:1 AS b\nFROM debian:13\nCOPY --from=b /out/ /usr/local/bin/\nENTRYPOINT [\"/usr/local/bin/x\"]\n",
            "FROM a:1 AS b\nFROM scratch AS c\nCOPY --from=b /out /app\nFROM c\nWORKDIR /app\nCMD [\"./bin/x\"]\n",
            "FROM debian:13\nCOPY run.sh /\nENTRYPOINT [\"/run.sh\"]\n",
            "FROM debian:13\nWORKDIR /app\nCOPY . .\nENTRYPOINT [\"./bin/tool\"]\n",
            "FROM debian:13\nWORKDIR /app\nCOPY . .\nENTRYPOINT [\"./serve\"]\n",
            "FROM debian:13\nCOPY bin/ src/ /opt/\nENTRYPOINT [\"/opt/tool\"]\n",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn what_nobody_knows_is_passed_over() {
        for text in [
            "FROM example.com/own:1\nENTRYPOINT [\"/app/x\"]\n",
            "FROM debian:13\nRUN make /x\nENTRYPOINT [\"/x\"]\n",
            "FROM debian:13\nENTRYPOINT [\"/usr/bin/perl\"]\n",
            "FROM golang:1.27\nENTRYPOINT [\"/usr/local/go/bin/go\"]\n",
            "FROM scratch\nCOPY --from=a:1 /x $WHERE\nENTRYPOINT [\"/x\"]\n",
            "FROM debian:13\nENTRYPOINT exec /x\n",
            "FROM debian:13\nENTRYPOINT [\"x\"]\n",
            "FROM debian:13\nENTRYPOINT [\"$X/x\"]\n",
            "FROM debian:13\n",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn what_no_step_brings_is_named() {
        for text in [
            "FROM a:1 AS b\nFROM scratch\nCOPY --from=b /x /x\nENTRYPOINT [\"/y\"]\n",
            "FROM a:1 AS b\nFROM debian:13\nCOPY --from=b /out/x /usr/local/bin/x\nENTRYPOINT [\"/usr/local/bin/y\"]\n",
            "FROM gcr.io/distroless/static-debian13:nonroot\nENTRYPOINT [\"/usr/local/bin/y\"]\n",
            "FROM debian:13\nWORKDIR /app\nCOPY . .\nENTRYPOINT [\"./start.sh\"]\n",
            "FROM debian:13\nCOPY run.sh /run.sh\nCMD [\"/start.sh\"]\n",
        ] {
            assert!(found(text).is_some_and(|message| message.contains("is started")), "{text}");
        }
    }
}
