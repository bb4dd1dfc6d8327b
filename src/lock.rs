//! `dockgen.lock`: the text of every document as it was last generated, so that a person's edits can be told from
//! dockgen's own changes. Generated, committed, readable in a diff.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Draft;
use crate::error::Error;
use crate::lint::structure::marker;
use crate::news::Noted;
use crate::path::{self, join};
use crate::service::{Known, Role, Service, Sharing};

/// The lock's path in the repository.
pub const PATH: &str = "dockgen.lock";

/// The format of one service, and that of several, which older releases cannot read. No newer one is read.
const FORMAT: u32 = 1;
const FORMAT_OF_MANY: u32 = 2;

const HEAD: &str = "# Written by dockgen, for dockgen: commit it, and do not edit it. It holds the files as they were last generated,\n\
                    # so that your edits to them can be told from dockgen's.\n\n";

/// What was generated last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    format: u32,
    /// Documents that are not written, since the adopted Dockerfile copies what they would hide.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    held: Vec<String>,
    /// The Dockerfile of somebody's that dockgen's took the place of: what it says of the program still counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replaced: Option<String>,
    /// What was known and decided then; for the sentences that say what changed.
    #[serde(default, skip_serializing_if = "is_nothing")]
    noted: Noted,
    #[serde(default)]
    document: Vec<Locked>,
    /// The services, where there are several: what each is known by, and of each what stands above of one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    service: BTreeMap<String, Section>,
    /// Whether it was read out of a file with a merge conflict, which has to be written anew.
    #[serde(skip)]
    conflict: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Locked {
    path: String,
    text: String,
}

/// One of several services.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Section {
    /// Its build context.
    context: String,
    /// Its Dockerfile, from the context.
    dockerfile: String,
    /// Whether others are built from the same context.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    shared: bool,
    /// What is started, where the context holds several programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    program: Option<String>,
    /// The language of that, where it is not the context's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lang: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    held: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replaced: Option<String>,
    #[serde(default)]
    noted: Noted,
}

fn is_nothing(noted: &Noted) -> bool {
    *noted == Noted::default()
}

/// The roles of the documents that every service has for itself.
const OWN: [Role; 3] = [Role::Dockerfile, Role::Ignore, Role::OwnIgnore];

impl Lock {
    /// Reads a lock. Of one with a merge conflict one side is taken: what both branches generated is drawn anew, and the next
    /// run writes the lock whole.
    ///
    /// # Errors
    /// Where it is damaged, also on both sides of a conflict, or was written by a newer dockgen.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if marker(text).is_none() {
            return Lock::parse_whole(text);
        }
        let [ours, theirs] = sides(text);
        let lock = Lock::parse_whole(&ours).or_else(|_| Lock::parse_whole(&theirs))?;
        Ok(Lock { conflict: true, ..lock })
    }

    fn parse_whole(text: &str) -> Result<Self, Error> {
        let hint = "take the one of your branch, `git checkout HEAD -- dockgen.lock`, and run `dockgen update`; or delete it: files that are there then count as yours";
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let damaged = |error: toml::de::Error| {
            Error::usage(format!("`{PATH}` is damaged: {}", error.message().lines().next().unwrap_or_default()))
                .hint(hint)
        };
        let head: Head = toml::from_str(text).map_err(damaged)?;
        if head.format > FORMAT_OF_MANY {
            return Err(Error::usage(format!(
                "`{PATH}` has format {}, and this dockgen knows {FORMAT_OF_MANY}",
                head.format
            ))
            .hint("use the newer dockgen that wrote it"));
        }
        toml::from_str(text).map_err(damaged)
    }

    /// The lock's text.
    pub fn text(&self) -> String {
        let body = toml::to_string_pretty(self).unwrap_or_default();
        format!("{HEAD}{body}")
    }

    /// The services, where there are several.
    pub fn services(&self) -> Vec<Known> {
        let service = |section: &Section| {
            let file = path::name(&section.dockerfile);
            let suffix = file.strip_prefix("Dockerfile").unwrap_or_default().to_owned();
            let sharing = if section.shared { Sharing::Shared(suffix) } else { Sharing::Beside };
            Service { folder: path::parent(&section.dockerfile).to_owned(), sharing, ..Service::default() }
        };
        let known = self.service.iter().map(|(name, section)| Known {
            name: name.clone(),
            context: section.context.clone(),
            program: section.program.clone(),
            lang: section.lang.clone(),
            service: service(section),
        });
        known.collect()
    }

    /// The lock of one of several services, with paths from its build context.
    #[must_use]
    pub fn part(&self, known: &Known) -> Lock {
        let section = self.service.get(&known.name).cloned().unwrap_or_default();
        let own = OWN.map(|role| known.service.path(role));
        let document = own.iter().filter_map(|path| {
            let text = self.base(&join(&known.context, path))?.to_owned();
            Some(Locked { path: path.clone(), text })
        });
        Lock {
            format: FORMAT,
            held: section.held,
            replaced: section.replaced,
            noted: section.noted,
            document: document.collect(),
            service: BTreeMap::new(),
            conflict: self.conflict,
        }
    }

    /// What was generated below a folder, with paths from there, and the Dockerfile that the one at its top took the place of.
    #[must_use]
    pub fn below(&self, folder: &str) -> Lock {
        let own = |locked: &Locked| {
            let path =
                if folder.is_empty() { &locked.path } else { locked.path.strip_prefix(folder)?.strip_prefix('/')? };
            Some(Locked { path: path.to_owned(), text: locked.text.clone() })
        };
        let at_top = |section: &&Section| section.context == folder && path::parent(&section.dockerfile).is_empty();
        Lock {
            format: FORMAT,
            replaced: self.service.values().find(at_top).and_then(|section| section.replaced.clone()),
            document: self.document.iter().filter_map(own).collect(),
            ..Lock::default()
        }
    }

    /// Takes the lock of one of several services in.
    pub fn take(&mut self, known: &Known, part: Lock) {
        for Locked { path, text } in part.document {
            self.set(&join(&known.context, &path), &text);
        }
        let section = Section {
            context: known.context.clone(),
            dockerfile: known.service.path(Role::Dockerfile),
            shared: known.service.is_shared(),
            program: known.program.clone(),
            lang: known.lang.clone(),
            held: part.held,
            replaced: part.replaced,
            noted: part.noted,
        };
        self.format = FORMAT_OF_MANY;
        self.service.insert(known.name.clone(), section);
    }

    /// Forgets one of several services: its files are nobody's but the person's from then on.
    pub fn forget(&mut self, known: &Known) {
        self.service.remove(&known.name);
        let own = OWN.map(|role| join(&known.context, &known.service.path(role)));
        self.document.retain(|locked| !own.contains(&locked.path));
    }

    /// What was known and decided then.
    pub fn noted(&self) -> &Noted {
        &self.noted
    }

    /// Notes what is known and decided now.
    pub fn note(&mut self, draft: &Draft) {
        self.noted = Noted::of(draft);
    }

    /// Whether the same texts were generated, the same ones are held back, and `other` stands in its file like this.
    pub fn has_same_documents(&self, other: &Lock) -> bool {
        !other.conflict
            && self.document == other.document
            && self.outlines().eq(other.outlines())
            && (self.held == other.held || self.is_empty())
    }

    /// What is known of the services beside what was noted of them.
    fn outlines(&self) -> impl Iterator<Item = (&String, Section)> {
        self.service.iter().map(|(name, section)| (name, Section { noted: Noted::default(), ..section.clone() }))
    }

    /// The Dockerfile that was there before dockgen's.
    pub fn replaced(&self) -> Option<&str> {
        self.replaced.as_deref()
    }

    /// Keeps the Dockerfile that was there before dockgen's.
    pub fn keep_replaced(&mut self, text: &str) {
        self.replaced = Some(text.to_owned());
    }

    /// Whether a document is not written, for the sake of an adopted file.
    pub fn holds(&self, path: &str) -> bool {
        self.held.iter().any(|held| held == path)
    }

    /// Notes that a document is not written, for the sake of an adopted file.
    pub fn hold(&mut self, path: &str) {
        if !self.holds(path) {
            self.held.push(path.to_owned());
        }
    }

    /// Whether it was read out of a file with a merge conflict.
    pub fn has_conflict(&self) -> bool {
        self.conflict
    }

    /// Whether nothing was generated yet.
    pub fn is_empty(&self) -> bool {
        self.document.is_empty()
    }

    /// What was last generated for a path.
    pub fn base(&self, path: &str) -> Option<&str> {
        self.document.iter().find(|locked| locked.path == path).map(|locked| locked.text.as_str())
    }

    /// The same, where a person moved a document to another place.
    #[must_use]
    pub fn moved(mut self, from: &str, to: &str) -> Self {
        self.document.retain(|locked| locked.path != to);
        self.document
            .iter_mut()
            .filter(|locked| locked.path == from)
            .for_each(|locked| to.clone_into(&mut locked.path));
        self
    }

    /// Notes what was generated for a path.
    pub fn set(&mut self, path: &str, text: &str) {
        self.format = if self.service.is_empty() { FORMAT } else { FORMAT_OF_MANY };
        self.held.retain(|held| held != path);
        self.document.retain(|locked| locked.path != path);
        self.document.push(Locked { path: path.to_owned(), text: text.to_owned() });
        self.document.sort_by(|a, b| a.path.cmp(&b.path));
    }
}

/// Both sides of a text with conflicts.
fn sides(text: &str) -> [String; 2] {
    let mut sides = [String::new(), String::new()];
    let mut shown = [true, true];
    for line in text.split_inclusive('\n') {
        match line.get(..7) {
            Some("<<<<<<<") => shown = [true, false],
            Some("|||||||") => shown = [false, false],
            Some("=======") => shown = [false, true],
            Some(">>>>>>>") => shown = [true, true],
            _ => sides.iter_mut().zip(shown).filter(|(_, shown)| *shown).for_each(|(side, _)| side.push_str(line)),
        }
    }
    sides
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_reads_back() {
        let mut lock = Lock::default();
        lock.set("b", "FROM x\nRUN echo '''\"\"\" \\\\ \n");
        lock.set("a", "");
        assert_eq!(Lock::parse(&lock.text()).unwrap(), lock);
        assert_eq!(lock.base("a"), Some(""));
    }

    #[test]
    fn a_bad_lock_is_named() {
        let what = |text| Lock::parse(text).unwrap_err().what;
        assert!(what("<<<<<<< ours\nformat = \n=======\nformat = x\n>>>>>>> a\n").contains("damaged"));
        assert!(what("format = 99\nnew = true\n").contains("format 99"));
        assert!(what("format = ").contains("damaged"));
        assert!(what("").contains("damaged"));
    }

    #[test]
    fn one_side_of_a_conflict_is_taken() {
        let lock = |version: &str| {
            let mut lock = Lock::default();
            lock.set("Dockerfile", &format!("FROM x:{version}\nUSER 1\n"));
            lock
        };
        let (ours, theirs) = (lock("1").text(), lock("2").text());
        let both = ours.replace(
            "FROM x:1\n",
            "<<<<<<< HEAD\nFROM x:1\n||||||| base\nFROM x:0\n=======\nFROM x:2\n>>>>>>> branch\n",
        );
        assert!(both != ours && theirs.contains("FROM x:2"));
        let read = Lock::parse(&both).unwrap();
        assert_eq!(read.base("Dockerfile"), lock("1").base("Dockerfile"));
        assert!(read.has_conflict() && !read.has_same_documents(&read));
        let damaged = both.replacen("FROM x:1\n", "FROM x:1\\q\n'''\n", 1);
        assert_eq!(
            Lock::parse(&damaged).ok().and_then(|lock| lock.base("Dockerfile").map(str::to_owned)),
            lock("2").base("Dockerfile").map(str::to_owned)
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_survives(text: String) {
            let mut lock = Lock::default();
            lock.set("x", &text);
            // Lines that look like conflict markers are the only text that a lock cannot hold.
            proptest::prop_assume!(marker(&lock.text()).is_none());
            proptest::prop_assert_eq!(Lock::parse(&lock.text()), Ok(lock));
        }
    }
}
