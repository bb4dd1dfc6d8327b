//! `.nvmrc` and `.node-version`: the Node release that a version manager should use.

use super::Fault;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// `20`, `20.11` or `20.11.1`, without a leading `v`.
    Version(String),
    /// A long-term release by its code name, in lower case: `iron`.
    Codename(String),
    /// `lts/*`: the newest long-term release.
    Lts,
    /// `node`, `stable`, `latest` or `current`: the newest release.
    Latest,
}

/// Reads the first line that says something; comments and blank lines before it do not.
pub fn parse(text: &str) -> Result<Request, Fault> {
    let mut lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let line = lines.find(|line| !line.is_empty()).ok_or_else(|| Fault::new("names no version", ""))?;
    request(line).ok_or_else(|| Fault::new("names no version that Node has", line))
}

/// Reads a version as it is written in version files of Node, asdf and mise.
pub fn request(word: &str) -> Option<Request> {
    let word = word.trim().to_ascii_lowercase();
    match word.as_str() {
        "node" | "stable" | "latest" | "current" => Some(Request::Latest),
        "lts/*" | "lts" | "lts/-0" | "--lts" => Some(Request::Lts),
        _ => match word.strip_prefix("lts/").or_else(|| word.strip_prefix("lts-")) {
            Some(name) => codename(name),
            None => version(&word),
        },
    }
}

fn codename(name: &str) -> Option<Request> {
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase());
    plain.then(|| Request::Codename(name.to_owned()))
}

fn version(word: &str) -> Option<Request> {
    let word = word.strip_prefix("node").map_or(word, |rest| rest.trim_start_matches(['-', '@', '/']));
    let word = word.strip_prefix(['v', '=']).unwrap_or(word);
    let word = word.trim_end_matches(".x");
    let numbers: Vec<_> = word.split('.').collect();
    let plain = |part: &&str| !part.is_empty() && part.len() < 5 && part.chars().all(|c| c.is_ascii_digit());
    (numbers.len() < 4 && numbers.iter().all(plain)).then(|| Request::Version(word.to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn requests() {
        let version = |text: &str| Request::Version(text.to_owned());
        let codename = |text: &str| Request::Codename(text.to_owned());
        for (text, request) in [
            ("20", version("20")),
            ("v20.11.1\r\n", version("20.11.1")),
            ("20.x\n", version("20")),
            ("\n# node\n\n  18.2 # why\n20\n", version("18.2")),
            ("node-v22.1.0", version("22.1.0")),
            ("lts/*", Request::Lts),
            ("lts/Iron", codename("iron")),
            ("lts/jod", codename("jod")),
            ("node", Request::Latest),
            ("stable", Request::Latest),
        ] {
            assert_eq!(parse(text), Ok(request), "{text}");
        }
    }

    #[test]
    fn faults() {
        for text in
            ["", "\n\n# 20\n", "some_version", "iojs-3", "system", "20.11.1.2", "v", "20;rm", "lts/", "lts/-1", ">=20"]
        {
            parse(text).unwrap_err();
        }
        assert_eq!(parse("what").unwrap_err().to_string(), "names no version that Node has: `what`");
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s).{0,200}") {
            let _ = parse(&text);
        }
    }
}
