//! What the image says of itself: only what manifests say, by the same rules for all languages.

use super::Planner;
use crate::catalog::SHARED;
use crate::image::Labels;

/// What a manifest says, as it stands there.
#[derive(Debug, Clone, Default)]
pub struct Stated<'a> {
    /// What it is for.
    pub description: Option<&'a str>,
    /// Where its sources are.
    pub source: Option<&'a str>,
    /// Its licences.
    pub licenses: Option<&'a str>,
}

/// The longest text that is an identifier of licences, and not the text of one.
const LICENCE: usize = 60;

impl Planner<'_> {
    /// The labels of an image of this name.
    pub fn labels(&self, name: &str, stated: &Stated) -> Labels {
        let is_meant = |text: &String| {
            !text.is_empty() && !text.contains("${") && !SHARED.placeholders.iter().any(|start| text.starts_with(start))
        };
        let said = |text: Option<&str>| text.map(one_line).filter(is_meant);
        let source = stated.source.map(str::trim).filter(|text| !text.contains(char::is_whitespace));
        let source = source.map(str::to_owned).filter(is_meant).and_then(|text| address(&text));
        let licenses = said(stated.licenses).filter(|text| text.len() < LICENCE);
        Labels { title: name.to_owned(), description: said(stated.description), source, licenses }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `https://…`, `git+https://….git`, an address for ssh, `github:a/b`, `github.com/a/b` and `a/b` as the address of a page.
fn address(text: &str) -> Option<String> {
    let text = text.trim_start_matches("git+").trim_end_matches(".git");
    if text.starts_with("https://") {
        return Some(text.to_owned());
    }
    let place = text.trim_start_matches("ssh://").trim_start_matches("git://");
    let place = place.strip_prefix("git@").map_or_else(|| place.to_owned(), |rest| rest.replacen(':', "/", 1));
    let hosts = &SHARED.hosts;
    if hosts.iter().any(|host| place.strip_prefix(host.as_str()).is_some_and(|rest| rest.starts_with('/'))) {
        return Some(format!("https://{place}"));
    }
    let (of, path) = text.split_once(':').unwrap_or(("", text));
    let host = hosts.iter().find(|host| of.is_empty() || host.split('.').next() == Some(of))?;
    let is_plain = path.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    let is_owner = path.split('/').next().is_some_and(|owner| !owner.contains('.'));
    (is_plain && is_owner && path.split('/').count() == 2).then(|| format!("https://{host}/{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_sources() {
        for (text, expected) in [
            ("https://example.com/a/b.git", Some("https://example.com/a/b")),
            ("git+https://github.com/a/b.git", Some("https://github.com/a/b")),
            ("git@github.com:a/b.git", Some("https://github.com/a/b")),
            ("ssh://git@gitlab.com/a/b.git", Some("https://gitlab.com/a/b")),
            ("git://github.com/a/b", Some("https://github.com/a/b")),
            ("git@intern:a/b.git", None),
            ("gitlab:a/b", Some("https://gitlab.com/a/b")),
            ("a/b", Some("https://github.com/a/b")),
            ("github.com/a/b", Some("https://github.com/a/b")),
            ("example.com/b", None),
            ("a b/c", None),
            ("http://example.com", None),
        ] {
            assert_eq!(address(text).as_deref(), expected, "{text}");
        }
    }
}
