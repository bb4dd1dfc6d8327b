//! `requirements.txt` and the requirement strings of PEP 508.

use std::fmt;

use super::Fault;

/// One requirement, its parts as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requirement {
    /// The name as PEP 503 normalises it; empty for a URL or a path that does not tell.
    pub name: String,
    /// Normalised extras.
    pub extras: Vec<String>,
    /// `>=2,<3`, without blanks; empty means any.
    pub specifier: String,
    /// A URL, a version control address or a path in place of a version.
    pub location: Option<String>,
    /// `python_version < "3.9"`; empty means always.
    pub marker: String,
    /// `-e` stood before it.
    pub editable: bool,
}

impl Requirement {
    /// The version of `==1.2.3`; `None` for anything else.
    pub fn pinned(&self) -> Option<&str> {
        let version = self.specifier.strip_prefix("==")?.trim_start_matches('=');
        (!version.contains(['*', ','])).then_some(version)
    }

    /// The path of a requirement that lies in the repository itself, `file:` and `./` taken away.
    pub fn local_path(&self) -> Option<&str> {
        let location = self.location.as_deref()?;
        let path = location.strip_prefix("file://").or_else(|| location.strip_prefix("file:")).unwrap_or(location);
        let path = path.split(['#', '[']).next().unwrap_or_default();
        (!path.contains("://") && !path.starts_with('/') && !path.contains('@')).then(|| path.trim_start_matches("./"))
    }

    /// Whether git has to fetch it.
    pub fn needs_git(&self) -> bool {
        self.location.as_deref().is_some_and(|location| location.starts_with("git+"))
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if !self.extras.is_empty() {
            write!(f, "[{}]", self.extras.join(","))?;
        }
        match &self.location {
            Some(location) => write!(f, " @ {location}"),
            None => f.write_str(&self.specifier),
        }
    }
}

/// What a requirements file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requirements {
    /// In the order of the file.
    pub requirements: Vec<Requirement>,
    /// Files of `-r`, relative to this one.
    pub includes: Vec<String>,
    /// Files of `-c`, relative to this one.
    pub constraints: Vec<String>,
    /// Addresses of `--index-url` and `--extra-index-url`, variables unexpanded.
    pub indexes: Vec<String>,
    /// Addresses or folders of `--find-links`.
    pub find_links: Vec<String>,
    /// Some line has `--hash`, so pip asks for one on every line.
    pub hashed: bool,
    /// Lines that were not understood.
    pub unknown: Vec<String>,
}

/// More packages than any environment has.
const MOST: usize = 10_000;

/// Reads a requirements file; a line that cannot be understood is kept in `unknown`.
///
/// # Errors
/// A text that holds a NUL, hence no text, and one that names more packages than anybody installs.
pub fn parse(text: &str) -> Result<Requirements, Fault> {
    if text.contains('\0') {
        return Err(Fault::new("this is not a text file", ""));
    }
    let mut out = Requirements::default();
    for line in logical_lines(text) {
        read_line(&line, &mut out);
        if out.requirements.len() + out.unknown.len() > MOST {
            return Err(Fault::new(format!("has more than {MOST} requirements"), &line));
        }
    }
    Ok(out)
}

/// The name of a package as PEP 503 wants it compared: lower case, runs of `-`, `_` and `.` as one `-`.
pub fn normalize(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.trim().chars() {
        match c {
            '-' | '_' | '.' if out.ends_with('-') => {}
            '-' | '_' | '.' => out.push('-'),
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

/// Lines with continuations joined and comments taken away.
fn logical_lines(text: &str) -> impl Iterator<Item = String> {
    let mut lines = text.lines().map(without_comment);
    let joined = std::iter::from_fn(move || {
        let mut joined = String::new();
        for line in lines.by_ref() {
            match line.strip_suffix('\\') {
                Some(head) => joined.extend([head.trim_end(), " "]),
                None => return Some(joined + line),
            }
        }
        (!joined.is_empty()).then_some(joined)
    });
    joined.map(|line| line.trim().to_owned()).filter(|line| !line.is_empty())
}

fn without_comment(line: &str) -> &str {
    let starts_comment = |at: usize| line.get(..at).is_some_and(|head| head.is_empty() || head.ends_with([' ', '\t']));
    let end = line.match_indices('#').map(|(at, _)| at).find(|at| starts_comment(*at)).unwrap_or(line.len());
    line.get(..end).unwrap_or_default().trim_end()
}

fn read_line(line: &str, out: &mut Requirements) {
    if !line.starts_with('-') {
        out.hashed |= line.contains("--hash");
        match parse_requirement(line) {
            Some(requirement) => out.requirements.push(requirement),
            None => out.unknown.push(line.to_owned()),
        }
        return;
    }
    let (option, value) = split_option(line);
    let list = match option {
        "-r" | "--requirement" => &mut out.includes,
        "-c" | "--constraint" => &mut out.constraints,
        "-i" | "--index-url" | "--pypi-url" | "--extra-index-url" => &mut out.indexes,
        "-f" | "--find-links" => &mut out.find_links,
        "-e" | "--editable" => {
            let requirement = parse_requirement(value).map(|requirement| Requirement { editable: true, ..requirement });
            return match requirement {
                Some(requirement) => out.requirements.push(requirement),
                None => out.unknown.push(line.to_owned()),
            };
        }
        "--require-hashes" => {
            out.hashed = true;
            return;
        }
        _ => return,
    };
    if !value.is_empty() {
        list.push(value.to_owned());
    }
}

/// `--name=value`, `--name value`, `-n value`, `-nvalue`.
fn split_option(line: &str) -> (&str, &str) {
    let end = line.find(['=', ' ', '\t']).unwrap_or(line.len());
    let (option, value) = match line.starts_with("--") {
        true => line.split_at(end),
        false => line.split_at_checked(2).unwrap_or((line, "")),
    };
    (option, value.trim_start_matches('=').trim().trim_matches(['"', '\'']))
}

/// Reads one requirement: PEP 508, or a bare URL or path as pip takes them. Options behind it are ignored.
pub fn parse_requirement(text: &str) -> Option<Requirement> {
    let text = text.split(" --").next().unwrap_or_default().trim();
    let (head, marker) = split_marker(text);
    let name_end = head.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(head.len());
    let (name, rest) = head.split_at_checked(name_end)?;
    let (extras, rest) = split_extras(rest.trim_start());
    let is_location =
        name.is_empty() || name.starts_with('.') || rest.starts_with([':', '/', '+', '\\']) || is_archive(name);
    if is_location {
        return bare_location(head).map(|requirement| Requirement { marker, ..requirement });
    }
    let base = Requirement { name: normalize(name), extras, marker, ..Requirement::default() };
    if let Some(location) = rest.strip_prefix('@') {
        return Some(Requirement { location: Some(location.trim().to_owned()), ..base });
    }
    let specifier: String = rest.trim_matches(['(', ')', ' ', '\t']).chars().filter(|c| !c.is_whitespace()).collect();
    let valid = specifier.is_empty() || specifier.starts_with(['<', '>', '=', '!', '~']);
    valid.then_some(Requirement { specifier, ..base })
}

/// In a URL a semicolon counts as the marker's start only behind a blank.
fn split_marker(text: &str) -> (&str, String) {
    let at = match text.contains("://") || text.contains(" @ ") {
        true => text.find(" ;"),
        false => text.find(';'),
    };
    match at.and_then(|at| text.split_at_checked(at)) {
        Some((head, marker)) => (head.trim(), marker.trim_start_matches([' ', ';']).trim().to_owned()),
        None => (text, String::new()),
    }
}

fn split_extras(rest: &str) -> (Vec<String>, &str) {
    match rest.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((extras, rest)) => {
            (extras.split(',').map(normalize).filter(|extra| !extra.is_empty()).collect(), rest.trim_start())
        }
        None => (Vec::new(), rest),
    }
}

fn is_archive(name: &str) -> bool {
    [".whl", ".tar.gz", ".zip", ".tar.bz2"].iter().any(|end| name.ends_with(end))
}

fn bare_location(text: &str) -> Option<Requirement> {
    let looks_like_one = text.starts_with('.') || text.contains('/') || is_archive(text);
    looks_like_one.then(|| Requirement {
        name: normalize(name_of_location(text)),
        location: Some(text.to_owned()),
        ..Requirement::default()
    })
}

/// `#egg=name`, or the head of a wheel's file name.
fn name_of_location(text: &str) -> &str {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c));
    if let Some((_, egg)) = text.split_once("egg=") {
        return egg.split(ends).next().unwrap_or_default();
    }
    let file = text.rsplit('/').next().unwrap_or_default();
    match file.ends_with(".whl") {
        true => file.split('-').next().unwrap_or_default(),
        false => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Requirement {
        parse_requirement(text).unwrap()
    }

    #[test]
    fn names_are_compared_as_pep_503_says() {
        for (text, name) in
            [("Flask_SQLAlchemy", "flask-sqlalchemy"), ("zope.interface", "zope-interface"), ("a-_.b", "a-b")]
        {
            assert_eq!(normalize(text), name);
        }
    }

    #[test]
    fn requirements_come_apart() {
        let r = one("uvicorn [standard] >= 0.30, <1 ; python_version >= '3.9'  --hash=sha256:00");
        assert_eq!((r.name.as_str(), r.specifier.as_str()), ("uvicorn", ">=0.30,<1"));
        assert_eq!(r.extras, ["standard"]);
        assert_eq!(r.to_string(), "uvicorn[standard]>=0.30,<1");
        assert_eq!(r.marker, "python_version >= '3.9'");
        assert_eq!(one("Django (>=4.2,<5)").specifier, ">=4.2,<5");
        assert_eq!(one("pandas==1.4.3").pinned(), Some("1.4.3"));
        assert_eq!(one("pandas==1.4.*").pinned(), None);
        assert_eq!(one("pandas>=1").pinned(), None);
        assert_eq!(one("requests").specifier, "");
        assert!(parse_requirement("what is this").is_none());
        assert!(parse_requirement("<<<<<<< HEAD").is_none());
        assert!(parse_requirement("").is_none());
    }

    #[test]
    fn locations_are_kept_with_the_name_they_tell() {
        let r = one("tool @ git+https://example.org/t.git@v1;x ; os_name == 'nt'");
        assert_eq!((r.name.as_str(), r.location.as_deref()), ("tool", Some("git+https://example.org/t.git@v1;x")));
        assert!(r.needs_git());
        assert_eq!(one("git+ssh://git@example.org/t.git#egg=My_Tool").name, "my-tool");
        assert_eq!(one("https://example.org/my_tool-1.0-py3-none-any.whl").name, "my-tool");
        for (text, path) in [
            ("./libs/shared", Some("libs/shared")),
            (".", Some(".")),
            (".[web]", Some(".")),
            ("shared @ file:libs/shared", Some("libs/shared")),
            ("libs/shared", Some("libs/shared")),
            ("vendor/x-1.0.tar.gz", Some("vendor/x-1.0.tar.gz")),
            ("https://example.org/x.zip", None),
            ("file:///opt/x", None),
        ] {
            assert_eq!(one(text).local_path(), path, "{text}");
        }
    }

    #[test]
    fn a_file_has_options_and_comments() {
        let text = "# all\r\n-r base.txt\r\n--requirement=more.txt # why\n-cconstraints.txt\n-i https://u:${TOKEN}@example.org/simple\n\
                    --extra-index-url https://example.org/x\n--find-links ./wheels\n-e .\n--no-binary :all:\n\
                    flask==3.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\nx @ https://example.org/x.zip#sha256=1\n???\n";
        let file = parse(text).unwrap();
        assert_eq!(file.includes, ["base.txt", "more.txt"]);
        assert_eq!(file.constraints, ["constraints.txt"]);
        assert_eq!(file.indexes, ["https://u:${TOKEN}@example.org/simple", "https://example.org/x"]);
        assert_eq!(file.find_links, ["./wheels"]);
        assert_eq!(file.unknown, ["???"]);
        assert!(file.hashed);
        let names: Vec<_> = file.requirements.iter().map(|r| (r.name.as_str(), r.editable)).collect();
        assert_eq!(names, [("", true), ("flask", false), ("x", false)]);
        assert_eq!(file.requirements[1].pinned(), Some("3.0"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = parse(&text);
        }

        #[test]
        fn any_line_is_read_or_refused(text in "[-a-z.@;#\\[\\]=<>/:\\\\ \"']{0,40}") {
            let _ = parse(&text);
            if let Some(requirement) = parse_requirement(&text) {
                requirement.local_path();
            }
        }
    }
}
