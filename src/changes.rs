//! What happens to each file: the new documents against what was generated last and what is there today.

mod again;
mod planned;

use serde::Serialize;
use similar::TextDiff;

use crate::Document;
use crate::lint::Reason;
use crate::lint::structure::marker;
use crate::lock::Lock;
use crate::merge::{Kind, carried, merge, renumbered};
use crate::repo::Repo;
use crate::service::{Role, Service};

pub use planned::planned;

/// What happens to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// It is not there and will be.
    Create,
    /// It is there already, as it should be.
    Same,
    /// It is as it was generated, and gets the new text.
    Replace,
    /// It was edited, and the edits and the new text go together.
    Merge,
    /// It was edited where the new text differs: marked in the file.
    Conflict,
    /// It was deleted by somebody, and stays away.
    Away,
    /// It is somebody else's: left alone.
    Foreign,
    /// It was somebody else's, and is dockgen's to keep right from now on; unchanged today.
    Adopt,
    /// It is not there and is not written, since it would change what other people's files do.
    Held,
}

/// One file's change.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// What it is for.
    #[serde(skip)]
    pub role: Role,
    /// The file.
    pub path: String,
    /// What happens to it.
    pub fate: Fate,
    /// Why it is held back, or stands at another place than usual.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Its text today.
    #[serde(skip)]
    pub today: Option<String>,
    /// Its text afterwards; `None` where it is not touched.
    #[serde(skip)]
    pub text: Option<String>,
    /// What was generated.
    #[serde(skip)]
    pub generated: String,
    /// What a person should know about it, sentences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What a merge that went together would have broken; it is marked instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Reason>,
}

/// How to treat files that are somebody's.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manners {
    /// Replace what somebody else wrote.
    pub force: bool,
    /// Bring back what was deleted.
    pub restore: bool,
    /// Take a file of somebody else's in: it stays as it is, and later changes are merged into it.
    pub adopt: bool,
}

/// Compares each document with what was generated last and what is there today, and reads what was merged again.
pub fn reconcile(
    service: &Service,
    documents: &[Document],
    lock: &Lock,
    today: impl Fn(&str) -> Option<String>,
    manners: Manners,
    repo: &Repo,
) -> Vec<Change> {
    let change = |document: &Document| {
        let today = today(&document.path);
        let kind = Kind::of(document.role);
        let (fate, text) = settle(kind, &document.text, lock.base(&document.path), today.as_deref(), manners);
        let generated = document.text.clone();
        let (notes, problems) = (Vec::new(), Vec::new());
        let path = document.path.clone();
        Change { role: document.role, path, fate, why: None, today, text, generated, notes, problems }
    };
    let mut changes: Vec<Change> = documents.iter().map(change).collect();
    if !manners.force {
        again::read_again(service, &mut changes, repo);
    }
    changes
}

fn settle(kind: Kind, new: &str, base: Option<&str>, today: Option<&str>, manners: Manners) -> (Fate, Option<String>) {
    let whole = Some(new.to_owned());
    match (base, today) {
        (_, Some(today)) if unix(today) == new => (Fate::Same, None),
        (_, Some(_)) if manners.force => (Fate::Replace, whole),
        (Some(_), Some(today)) if marker(today).is_some() => (Fate::Conflict, None),
        (None, None) => (Fate::Create, whole),
        (Some(_), None) if manners.force || manners.restore => (Fate::Create, whole),
        (None, Some(_)) if manners.adopt => (Fate::Adopt, None),
        (Some(_), None) => (Fate::Away, None),
        (None, Some(_)) => (Fate::Foreign, None),
        (Some(base), Some(today)) => merged(kind, base, today, new),
    }
}

/// The new text in today's: with its byte order mark, and line by line with its line ends.
fn merged(kind: Kind, base: &str, today: &str, new: &str) -> (Fate, Option<String>) {
    let (mark, ours) = today.strip_prefix(MARK).map_or(("", today), |ours| (MARK, ours));
    let (carried_base, carried_new) = match kind {
        Kind::Dockerfile => carried(base, &unix(ours), new),
        Kind::List | Kind::Yaml => (base.to_owned(), new.to_owned()),
    };
    let mut merged = merge(&carried_base, ours, &carried_new, kind);
    if kind == Kind::Dockerfile && merged.conflicts == 0 {
        merged.text = renumbered(&unix(ours), &merged.text);
    }
    let fate = match () {
        () if merged.conflicts > 0 => Fate::Conflict,
        () if merged.text == ours => return (Fate::Same, None),
        () if unix(today) == base => Fate::Replace,
        () => Fate::Merge,
    };
    (fate, Some(format!("{mark}{}", merged.text)))
}

/// The byte order mark.
const MARK: &str = "\u{feff}";

fn unix(text: &str) -> String {
    text.replace("\r\n", "\n")
}

impl Change {
    /// Keeps it from being written.
    pub fn hold(&mut self, why: String) {
        (self.fate, self.text, self.why) = (Fate::Held, None, Some(why));
    }

    /// The file's text afterwards, whether it is touched or not; `None` where there is none.
    pub fn after(&self) -> Option<&str> {
        self.text.as_deref().or(self.today.as_deref())
    }

    /// The change as a unified diff; empty where nothing changes.
    pub fn diff(&self) -> String {
        let Some(text) = &self.text else { return String::new() };
        let old = self.today.as_deref().unwrap_or_default();
        let from = if self.today.is_some() { format!("a/{}", self.path) } else { "/dev/null".to_owned() };
        TextDiff::from_lines(old, text.as_str()).unified_diff().header(&from, &format!("b/{}", self.path)).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds() {
        let plain = Manners::default();
        let fate = |new, base, today| settle(Kind::Yaml, new, base, today, plain).0;
        assert_eq!(fate("n\n", None, None), Fate::Create);
        assert_eq!(fate("n\n", None, Some("n\n")), Fate::Same);
        assert_eq!(fate("n\n", None, Some("x\n")), Fate::Foreign);
        assert_eq!(fate("n\n", Some("b\n"), Some("b\n")), Fate::Replace);
        assert_eq!(fate("n\n", Some("b\n"), None), Fate::Away);
        assert_eq!(fate("a\nb\nN\n", Some("a\nb\nc\n"), Some("A\nb\nc\n")), Fate::Merge);
        assert_eq!(fate("N\n", Some("b\n"), Some("x\n")), Fate::Conflict);
        assert_eq!(settle(Kind::Yaml, "n\n", None, Some("x\n"), Manners { force: true, ..plain }).1.unwrap(), "n\n");
    }

    #[test]
    fn line_ends_stay_the_users() {
        let merged = |today: &str| {
            let (fate, text) =
                settle(Kind::Dockerfile, "a\nb\nN\n", Some("a\nb\nc\n"), Some(today), Manners::default());
            (fate, text.unwrap())
        };
        assert_eq!(merged("A\r\nb\r\nc\r\n"), (Fate::Merge, "A\r\nb\r\nN\r\n".to_owned()));
        assert_eq!(merged("a\nb\nc\nmine\r\n"), (Fate::Merge, "a\nb\nN\nmine\r\n".to_owned()));
        assert_eq!(merged("a\r\nb\r\nc\r\nmine\n"), (Fate::Merge, "a\r\nb\r\nN\r\nmine\n".to_owned()));
        assert_eq!(merged("\u{feff}a\nb\nc\n"), (Fate::Merge, "\u{feff}a\nb\nN\n".to_owned()));
        assert_eq!(merged("a\r\nb\r\nc\r\n"), (Fate::Replace, "a\r\nb\r\nN\r\n".to_owned()));
    }

    proptest::proptest! {
        #[test]
        fn an_unchanged_repository_changes_nothing(base in "([a-c]\n){0,8}", ours in "([a-d]\n){0,8}") {
            let (_, text) = settle(Kind::Yaml, &base, Some(&base), Some(&ours), Manners::default());
            proptest::prop_assert!(text.is_none() || ours == base);
        }
    }
}
