//! Where the stages of container files have what: folders of a stage as those of the repository, the commands that run in them, and
//! what one stage takes from another.

use std::collections::BTreeMap;

use crate::command::{self, Command};
use crate::dockerfile::{Body, Step};
use crate::facts::{Evidence, Strength};
use crate::path::{self, is_below, join, resolve};
use crate::repo::Repo;
use crate::source::shell;
use crate::source::{Found, Pattern};

/// No more variables of a stage are kept.
const MOST: usize = 20;

/// What a stage builds and another one takes from it.
#[derive(Debug, Clone)]
pub struct Carried {
    /// The commands of the stage, with folders as they are in the repository.
    pub commands: Vec<Command>,
    /// Where it lies after the build, in the repository.
    pub made: String,
    /// Where the program has it: relative to the folder of its sources, or absolute.
    pub target: String,
    /// A variable of the image names that place.
    pub is_named: bool,
    /// The line that takes it.
    pub evidence: Evidence,
}

/// A stage, as far as it was read.
#[derive(Debug, Clone, Default)]
pub struct Stage {
    name: String,
    folder: String,
    /// Folders of the stage, without the slash at the beginning, and what was copied there from the repository.
    copied: Vec<(String, String)>,
    environment: Vec<(String, String)>,
    values: BTreeMap<String, String>,
    /// The commands that run in it and in those below it.
    pub commands: Vec<Command>,
    /// What it takes from others: the commands, the path of the repository, the place.
    taken: Vec<(Vec<Command>, String, String, Evidence)>,
}

/// The stages of a container file, and what they take from each other.
pub fn read(repo: &Repo, path: &str, steps: &[Step]) -> (Vec<Stage>, Vec<Carried>) {
    let mut stages: Vec<Stage> = Vec::new();
    for step in steps {
        if let Body::From(image, name) = &step.body {
            let base = stages.iter().rfind(|stage| stage.name == *image).cloned().unwrap_or_default();
            let values = [defaults(steps), base.values].into_iter().flatten().collect();
            stages.push(Stage { name: name.clone().unwrap_or_default(), values, taken: Vec::new(), ..base });
            continue;
        }
        let from = step.flag("from").map(|from| (from, stages.iter().position(|stage| stage.name == from)));
        let from = from.map(|(from, named)| named.or_else(|| from.parse().ok()).and_then(|at| stages.get(at)).cloned());
        let Some(stage) = stages.last_mut() else { continue };
        match from {
            Some(from) => stage.taken.extend(from.and_then(|from| stage.takes(&from, path, step))),
            None => stage.step(repo, step),
        }
    }
    let carried = stages.iter().flat_map(Stage::carried).collect();
    (stages, carried)
}

impl Stage {
    /// A path of the stage, without the slash at the beginning.
    fn inside(&self, path: &str) -> String {
        let path = filled(path, &self.values);
        resolve(if path.starts_with('/') { "" } else { &self.folder }, &path).unwrap_or_default()
    }

    /// The path of the repository that lies there. Where a folder has its own name, those above it are as in the repository too.
    fn in_repository(&self, place: &str) -> Option<String> {
        let above = |(copied, of): &(String, String)| {
            let pairs = std::iter::successors(Some((copied.clone(), of.clone())), |(copied, of)| {
                let is_same = path::name(copied) == path::name(of) && !of.is_empty();
                is_same.then(|| (path::parent(copied).to_owned(), path::parent(of).to_owned()))
            });
            pairs.collect::<Vec<_>>()
        };
        let known = self.copied.iter().flat_map(above);
        let (copied, of) =
            known.filter(|(copied, _)| is_below(place, copied)).max_by_key(|(copied, _)| copied.len())?;
        Some(join(&of, place.strip_prefix(copied.as_str())?.trim_start_matches('/')))
    }

    fn step(&mut self, repo: &Repo, step: &Step) {
        match (step.word.as_str(), &step.body) {
            ("WORKDIR", _) => self.folder = self.inside(&step.rest),
            ("ENV", _) => {
                for (name, value) in pairs(&step.rest).into_iter().take(MOST) {
                    let value = filled(&value, &self.values);
                    self.values.insert(name.clone(), value.clone());
                    self.environment.push((name, value));
                }
            }
            ("ARG", _) => {
                let given = step.rest.split_whitespace().filter_map(shell::assignment).take(MOST);
                self.environment
                    .extend(given.map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned())));
            }
            ("COPY" | "ADD", Body::Copy(sources, target)) => {
                sources.iter().for_each(|source| self.copy(repo, source, target, sources.len()));
            }
            ("RUN", Body::Exec(words)) => self.commands.push(command::of_words(words)),
            ("RUN", _) => {
                let line = step.rest.split_whitespace().skip_while(|word| word.starts_with("--"));
                let folder = self.in_repository(&self.folder).unwrap_or_default();
                self.commands.extend(command::script(&line.collect::<Vec<_>>().join(" "), &folder, &self.environment));
            }
            _ => {}
        }
    }

    fn copy(&mut self, repo: &Repo, source: &str, target: &str, count: usize) {
        let Some(of) = resolve("", &filled(source, &self.values)) else { return };
        let place = self.inside(target);
        let is_glob = of.contains(['*', '?', '[']);
        let is_folder = repo.has_folder(&of) && !is_glob;
        let (place, of) = match is_folder {
            true => (place, of),
            false if is_glob || count > 1 || target.ends_with(['/', '.']) => {
                let plain = of.split(['*', '?', '[']).next().unwrap_or_default();
                (place, path::parent(plain).to_owned())
            }
            false => (path::parent(&place).to_owned(), path::parent(&of).to_owned()),
        };
        // What is copied as a folder says more than files beside others.
        self.copied.retain(|(known, _)| *known != place || !is_folder);
        if !self.copied.iter().any(|(known, _)| *known == place) {
            self.copied.push((place, of));
        }
    }

    /// What it takes from another stage, where that is one thing of known places.
    fn takes(&self, from: &Stage, path: &str, step: &Step) -> Option<(Vec<Command>, String, String, Evidence)> {
        let Body::Copy(sources, target) = &step.body else { return None };
        let [source] = sources.as_slice() else { return None };
        let made = from.in_repository(&from.inside(source)).filter(|made| !made.is_empty())?;
        let place = self.inside(target);
        let is_plain = |path: &String| !path.contains(['*', '?', '$', '[']);
        let evidence = Evidence::new(path, &format!("{} {}", step.word, step.rest), Strength::Stated);
        (is_plain(&made) && is_plain(&place)).then(|| (from.commands.clone(), made, place, evidence))
    }

    /// The same with its places as they are in the end.
    fn carried(&self) -> impl Iterator<Item = Carried> {
        self.taken.iter().map(|(commands, made, place, evidence)| {
            let folder = Some(&self.folder).filter(|folder| !folder.is_empty() && is_below(place, folder));
            let below = || Some(place.strip_prefix(folder?.as_str())?.trim_start_matches('/').to_owned());
            let absolute = format!("/{place}");
            let is_named = self.values.values().any(|value| *value == absolute);
            let target = self.in_repository(place).or_else(below).unwrap_or(absolute);
            Carried { commands: commands.clone(), made: made.clone(), target, is_named, evidence: evidence.clone() }
        })
    }
}

/// The defaults of arguments.
pub fn defaults(steps: &[Step]) -> BTreeMap<String, String> {
    let arguments = steps.iter().filter(|step| step.word == "ARG").flat_map(|step| pairs(&step.rest));
    arguments.filter(|(_, value)| !value.contains('$')).collect()
}

/// `A=b C="d e"`, and the older `A b`.
pub fn pairs(text: &str) -> Vec<(String, String)> {
    let words = shell::commands(text).into_iter().next().unwrap_or_default();
    match words.first().is_some_and(|word| word.contains('=')) {
        true => {
            let split = words.iter().filter_map(|word| shell::assignment(word));
            split.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
        }
        false => {
            let pair = text.split_once(char::is_whitespace);
            pair.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).into_iter().collect()
        }
    }
}

/// The text with the values of variables.
pub fn filled(text: &str, values: &BTreeMap<String, String>) -> String {
    static VARIABLE: Pattern = Pattern::new(r"\$(?:(\w+)|\{(\w+)(?::-([^}]*))?\})");
    let value = |found: &Found| {
        let name = found.get(1).or(found.get(2)).map_or("", |name| name.as_str());
        let default = || found.get(3).map(|default| default.as_str().to_owned());
        values.get(name).cloned().or_else(default).unwrap_or_else(|| found[0].to_owned())
    };
    VARIABLE.replace_all(text, value)
}
