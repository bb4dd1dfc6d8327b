//! `go.mod` and `go.work`, which share a grammar of directives, one a line or in a block.

use super::Fault;

/// What a generator wants of a `go.mod` or a `go.work`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GoMod {
    /// The module's path.
    pub module: Option<String>,
    /// The least Go release.
    pub go: Option<String>,
    /// The suggested toolchain, without its `go` prefix.
    pub toolchain: Option<String>,
    /// Paths of the required modules, in order.
    pub require: Vec<String>,
    /// The same with their versions.
    pub versions: Vec<(String, String)>,
    /// Packages of tools.
    pub tools: Vec<String>,
    /// Local folders that replace modules: (module, folder).
    pub replace: Vec<(String, String)>,
    /// Folders of a workspace's members.
    pub members: Vec<String>,
}

/// Reads a `go.mod` or `go.work`. Unknown directives are passed over.
///
/// # Errors
/// Where a block is not closed or a line is no directive.
pub fn parse(text: &str) -> Result<GoMod, Fault> {
    let mut found = GoMod::default();
    let mut block: Option<(String, String)> = None;
    for line in text.lines() {
        let mut words = words(line)?;
        match &block {
            _ if words.is_empty() => {}
            Some(_) if words[0] == ")" => block = None,
            Some((directive, _)) => apply(&mut found, directive, &words),
            None => {
                let directive = words.remove(0);
                match directive.strip_suffix('(').filter(|name| !name.is_empty()) {
                    Some(name) => block = Some((name.to_owned(), line.to_owned())),
                    None if words.first().is_some_and(|word| word == "(") => block = Some((directive, line.to_owned())),
                    None if directive.chars().all(|c| c.is_ascii_lowercase()) => apply(&mut found, &directive, &words),
                    None => return Err(Fault::new("this is no directive of go.mod", line)),
                }
            }
        }
    }
    match block {
        Some((_, line)) => Err(Fault::new("a block is not closed", &line)),
        None => Ok(found),
    }
}

fn apply(found: &mut GoMod, directive: &str, words: &[String]) {
    let first = words.first().cloned();
    match directive {
        "module" => found.module = first,
        "go" => found.go = first,
        "toolchain" => found.toolchain = first.map(|name| name.trim_start_matches("go").to_owned()),
        "require" => {
            found.versions.extend(first.clone().zip(words.get(1).cloned()));
            found.require.extend(first);
        }
        "tool" => found.tools.extend(first),
        "use" => found.members.extend(first),
        "replace" => found.replace.extend(local_replacement(words)),
        _ => {}
    }
}

fn local_replacement(words: &[String]) -> Option<(String, String)> {
    let arrow = words.iter().position(|word| word == "=>")?;
    let target = words.get(arrow + 1)?;
    let is_local = target == "." || target == ".." || target.starts_with("./") || target.starts_with("../");
    is_local.then(|| Some((words.first()?.clone(), target.clone())))?
}

/// The words of a line, without its comment; strings may be quoted.
fn words(line: &str) -> Result<Vec<String>, Fault> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() && !rest.starts_with("//") {
        let (word, tail) = match rest.chars().next().filter(|c| matches!(c, '"' | '`')) {
            Some(quote) => {
                let (word, tail) =
                    rest[1..].split_once(quote).ok_or_else(|| Fault::new("a quoted word is not closed", line))?;
                match quote == '"' && word.contains('\\') {
                    true => {
                        return Err(Fault::new("a quoted word has a backslash, which no path of a module has", line));
                    }
                    false => (word, tail),
                }
            }
            None => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                let end = rest[..end].find("//").filter(|at| *at > 0 && !rest[..*at].ends_with(':')).unwrap_or(end);
                rest.split_at(end)
            }
        };
        words.push(word.to_owned());
        rest = tail.trim_start();
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_reads() {
        let text = "module \"example.com/x\" // it\r\n\ngo 1.24.0\ntoolchain go1.26.3\ngodebug default=go1.21\nrequire(\n\ta.com/b v1.0.0 // indirect; cgo\n)\n\
                    require c.com/d v2.0.0\nreplace a.com/b => ../b\nreplace (\n c.com/d v1 => e.com/f v2\n g => ./g\n)\ntool h/cmd/i\nfuture x";
        let read = parse(text).unwrap();
        assert_eq!(read.module.as_deref(), Some("example.com/x"));
        assert_eq!((read.go.as_deref(), read.toolchain.as_deref()), (Some("1.24.0"), Some("1.26.3")));
        assert_eq!(read.require, ["a.com/b", "c.com/d"]);
        assert_eq!((read.versions[1].1.as_str(), read.tools.join(" ")), ("v2.0.0", "h/cmd/i".to_owned()));
        assert_eq!(read.replace, [("a.com/b".into(), "../b".into()), ("g".into(), "./g".into())]);
    }

    #[test]
    fn a_workspace_reads() {
        assert_eq!(parse("go 1.22\nuse (\n\t./a\n\t./b // second\n)\nuse ./c").unwrap().members, ["./a", "./b", "./c"]);
    }

    #[test]
    fn what_is_wrong_is_quoted() {
        assert_eq!(parse("require (\n a v1").unwrap_err().quote, "require (");
        assert_eq!(parse("<<<<<<< HEAD").unwrap_err().quote, "<<<<<<< HEAD");
        assert!(parse("module \"x").is_err());
        assert!(parse("module \"x\\\"y\"").unwrap_err().what.contains("backslash"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_survived(text: String) {
            let _ = parse(&text);
        }
    }
}
