//! The sinks: one filter for each syntax that text goes to, with the characters that it takes and its way of quoting.
//!
//! A text that cannot be said in a sink fails the rendering with its name, so that no text of a repository becomes an
//! instruction, a flag, an option of a mount, a shell word or a YAML node. What BuildKit reads is in
//! `frontend/dockerfile/{parser,instructions,shell}` of moby/buildkit; `.ci/parse-dockerfiles` asks it in the gate.

use std::io::{self, Write};
use std::sync::LazyLock;

use regex_lite::Regex;
use tera::{Kwargs, State, Tera, TeraResult, Value};

use crate::source::short;

/// The quoted text, or a sentence that says why there is none and, in a second line, a hint.
pub type Said = Result<String, String>;

/// What a filter does with texts.
pub type Sink = fn(&[&str]) -> Said;

/// The sinks that take texts, by the names of their filters. `copy` stands beside them, as it has a target.
pub const SINKS: &[(&str, Sink)] = &[
    ("bare", |texts| bare(&texts.join(" "))),
    ("command", |texts| each(texts, " ", command)),
    ("comment", |texts| Ok(without_unseen(&texts.join(" ")))),
    ("flag", |texts| each(texts, ",", flag)),
    ("hcl", |texts| hcl(&texts.join(" "))),
    ("image", |texts| each(texts, " ", image)),
    ("json", json),
    ("line", |texts| each(texts, " ", line)),
    ("linker", |texts| each(texts, " ", linker)),
    ("module", |texts| each(texts, ",", module)),
    ("name", |texts| each(texts, " ", name)),
    ("operands", |texts| each(texts, " ", operand)),
    ("package", |texts| each(texts, " ", package)),
    ("part", |texts| each(texts, "", part)),
    ("paths", |texts| each(texts, " ", |text| word(&path_operand(text)))),
    ("quoted", |texts| quoted(&texts.join(" "))),
    ("sh", |texts| each(texts, " ", word)),
    ("text", |texts| quoted(&without_unseen(&texts.join(" ")))),
    ("workdir", |texts| each(texts, "/", workdir)),
    ("yaml", |texts| each(texts, ",", yaml)),
];

/// Makes the filters known; a value without one is a plain word.
pub fn register(tera: &mut Tera) {
    tera.autoescape_on([".tera"]);
    tera.set_escape_fn(plain);
    for (name, sink) in SINKS {
        tera.register_filter(*name, move |value: &Value, _: Kwargs, _: &State| -> TeraResult<Value> {
            let said = texts(value).and_then(|texts| sink(&texts)).map_err(tera::Error::message)?;
            // A single argument of the exec form has no brackets.
            let single = said.strip_prefix('[').and_then(|said| said.strip_suffix(']'));
            let said = single.filter(|_| *name == "json" && value.as_str().is_some()).unwrap_or(&said);
            Ok(Value::safe_string(said))
        });
    }
    tera.register_filter("copy", |value: &Value, kwargs: Kwargs, _: &State| -> TeraResult<Value> {
        let target: String = kwargs.must_get("target")?;
        let said = texts(value).and_then(|sources| copy(&sources, &target)).map_err(tera::Error::message)?;
        Ok(Value::safe_string(&said))
    });
}

fn texts(value: &Value) -> Result<Vec<&str>, String> {
    let text = |value: &'_ Value| -> Result<(), String> {
        value.as_str().map(drop).ok_or_else(|| format!("`{value}` is no text"))
    };
    match value.as_array() {
        None => text(value).map(|()| value.as_str().into_iter().collect()),
        Some(items) => {
            items.iter().try_for_each(text)?;
            Ok(items.iter().filter_map(Value::as_str).collect())
        }
    }
}

fn each(texts: &[&str], between: &str, sink: fn(&str) -> Said) -> Said {
    texts.iter().map(|text| sink(text)).collect::<Result<Vec<_>, _>>().map(|said| said.join(between))
}

/// Whether a character is not seen where it stands, or moves what is: controls, line and paragraph separators, and the
/// controls of bidirectional text (Unicode Standard Annex 9).
pub fn is_unseen(c: char) -> bool {
    let is_bidi = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || is_bidi || matches!(c, '\u{2028}' | '\u{2029}')
}

fn without_unseen(text: &str) -> String {
    text.chars().map(|c| if is_unseen(c) { ' ' } else { c }).collect()
}

/// The text with everything unseen as an escape.
fn shown(text: &str) -> String {
    let escaped = |c: char| if is_unseen(c) { c.escape_unicode().to_string() } else { c.to_string() };
    text.chars().take(200).map(escaped).collect()
}

/// The sentence of a refusal, and what helps.
fn refuse(text: &str, place: &str) -> String {
    format!(
        "`{}` cannot be written as {place}\nrename it: ASCII letters, digits, dots and dashes inside always work",
        shown(text)
    )
}

/// The same for a path of the repository: the command that renames the first part of it that is at fault.
fn refuse_path(path: &str, place: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let is_bad = |part: &str| part.starts_with('-') || !part.chars().all(is_plain);
    let parts: Vec<&str> = path.trim_start_matches("./").split('/').collect();
    let Some(at) = parts.iter().position(|part| is_bad(part)).filter(|_| !path.chars().any(is_unseen)) else {
        return refuse(path, place);
    };
    let (before, old) = (parts[..at].join("/"), path_operand(&parts[..=at].join("/")));
    let part: String = parts[at].chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
    let new = [before.as_str(), part.trim_matches('-')].join("/");
    let old = shlex::try_quote(&old).unwrap_or_default();
    let new = new.trim_start_matches('/');
    format!(
        "`{path}` cannot be written as {place}\nrename it, with `git mv {old} {}` and where files name it",
        if new.is_empty() { "NEW" } else { new }
    )
}

/// The text, where it has no other characters than ASCII letters, digits and these.
fn only(text: &str, more: &str, place: &str) -> Result<(), String> {
    match text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c)) {
        true => Ok(()),
        false => Err(refuse(text, place)),
    }
}

fn seen(text: &str, place: &str) -> Result<(), String> {
    if text.chars().any(is_unseen) { Err(refuse(text, place)) } else { Ok(()) }
}

/// The default: a plain word that is no option, or nothing.
fn plain(text: &str, out: &mut dyn Write) -> io::Result<()> {
    let place = "a plain word";
    let said = if text.starts_with('-') { Err(refuse(text, place)) } else { only(text, "_./:@+~%-", place) };
    said.map_err(io::Error::other).and_then(|()| out.write_all(text.as_bytes()))
}

/// A word of a POSIX shell.
fn word(text: &str) -> Said {
    seen(text, "a word of a shell command")?;
    // `=` means itself behind the first word, and that one is never a repository's.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => Ok(text.to_owned()),
        false => shlex::try_quote(text).map(Into::into).map_err(|_| refuse(text, "a word of a shell command")),
    }
}

/// A piece of a shell word, which may be empty.
fn part(text: &str) -> Said {
    if text.is_empty() { Ok(String::new()) } else { word(text) }
}

/// A path as an operand of a command: what begins with a dash is no option then.
pub fn path_operand(path: &str) -> String {
    if path.starts_with('-') { format!("./{path}") } else { path.to_owned() }
}

/// A shell word that is no path and must be no option.
fn operand(text: &str) -> Said {
    if text.starts_with('-') { Err(refuse(text, "an operand, as it reads like an option")) } else { word(text) }
}

/// What `go build` takes: a file, or the path of a package, which Go limits to these (golang.org/x/mod/module).
fn package(text: &str) -> Said {
    if text.ends_with(".go") {
        return word(&path_operand(text));
    }
    let path = text.strip_prefix("./").unwrap_or(text);
    let is_element = |element: &str| {
        let is_taken = |c: char| c.is_ascii_alphanumeric() || "._~+-".contains(c);
        !element.starts_with(['-', '+']) && !element.ends_with('.') && element.chars().all(is_taken)
    };
    match text == "." || path.split('/').all(is_element) {
        true => Ok(text.to_owned()),
        false => {
            Err(refuse_path(text, "a package of Go, whose folders are named with ASCII letters, digits and ._~+-"))
        }
    }
}

/// A module by its folder for `mvn --projects`, a list with signs of its own before each element.
fn module(text: &str) -> Said {
    let is_said = !text.contains([',', ':']) && !text.starts_with(['-', '!', '+', '?']) && text.trim() == text;
    match is_said {
        true => word(text),
        false => Err(refuse_path(text, "a module that Maven is asked for, as it reads signs in it")),
    }
}

/// An option of Go's linker inside of double quotes; a variable that is set is a plain word, or what a build argument says.
fn linker(text: &str) -> Said {
    static OPTION: LazyLock<Regex> =
        LazyLock::new(|| short(r"^(?:-[a-z]+|-X '[A-Za-z0-9_./~-]+=(?:\$[A-Z_]+|[A-Za-z0-9._:/@+,-]*)')$"));
    match OPTION.is_match(text) {
        true => Ok(text.to_owned()),
        false => Err(refuse(text, "an option of the linker")),
    }
}

/// JSON, as the exec form has it.
fn json(texts: &[&str]) -> Said {
    let argument = |text: &&str| match text.chars().any(char::is_control) {
        true => Err(refuse(text, "an argument of the program")),
        false => Ok(escape_unseen(&serde_json::Value::from(*text).to_string())),
    };
    let all = texts.iter().map(argument).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("[{}]", all.join(", ")))
}

/// A string of HCL, as bake files have it, in which nothing is filled in.
fn hcl(text: &str) -> Said {
    match text.contains("${") || text.contains("%{") || text.chars().any(char::is_control) {
        true => Err(refuse(text, "a value of docker-bake.hcl")),
        false => Ok(escape_unseen(&serde_json::Value::from(text).to_string())),
    }
}

fn escape_unseen(json: &str) -> String {
    let escaped = |c: char| if is_unseen(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    json.chars().map(escaped).collect()
}

/// Backslashes before what a Dockerfile's words give a meaning.
fn escape(text: &str, special: &[char]) -> String {
    text.chars().flat_map(|c| special.contains(&c).then_some('\\').into_iter().chain([c])).collect()
}

/// A double-quoted value of ENV, LABEL or ARG, in which nothing is expanded.
fn quoted(text: &str) -> Said {
    seen(text, "a value of the image")?;
    Ok(format!("\"{}\"", escape(text, &['"', '\\', '$'])))
}

/// As [`quoted`], but without quotes where the value is a plain word.
fn bare(text: &str) -> Said {
    let is_plain =
        |c: char| c.is_ascii_alphanumeric() || "._/:@+~=,%-".contains(c) || (!c.is_ascii() && c.is_alphanumeric());
    match !text.is_empty() && text.chars().all(is_plain) {
        true => Ok(text.to_owned()),
        false => quoted(text),
    }
}

/// A folder of the image.
fn workdir(text: &str) -> Said {
    if text.trim() == text { bare(text) } else { quoted(text) }
}

/// The name of a variable, an argument, a label or a secret.
fn name(text: &str) -> Said {
    let place = "a name of a variable, which has letters, digits, _ and, inside, . and -";
    only(text, "_./-", place)?;
    match text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        true => Ok(text.to_owned()),
        false => Err(refuse(text, place)),
    }
}

/// A reference of a base image, with build arguments in it.
///
/// # Errors
/// Where it has characters that no reference has.
pub fn image(text: &str) -> Said {
    static ARGUMENT: LazyLock<Regex> = LazyLock::new(|| short(r"\$\{[A-Z_]+\}"));
    let place = "the name of an image";
    let rest = ARGUMENT.replace_all(text, "0");
    only(&rest, "._/:@-", place)?;
    if rest.starts_with(|c: char| c.is_ascii_alphanumeric()) { Ok(text.to_owned()) } else { Err(refuse(text, place)) }
}

/// A value in a flag of an instruction, `--mount=…,source=VALUE` or `--exclude=VALUE`. BuildKit reads flags byte by byte, so
/// that nothing but ASCII arrives, then as CSV, then as a word with variables; a blank needs a backslash.
fn flag(text: &str) -> Said {
    let place = "a path of a build step, which takes ASCII letters, digits, blanks inside and ._/:@+~%=*-";
    let is_taken = |c: char| c.is_ascii_alphanumeric() || "._/:@+~%=*- ".contains(c);
    match text.chars().all(is_taken) && text.trim() == text {
        true => Ok(escape(text, &[' '])),
        false => Err(refuse_path(text, place)),
    }
}

/// Sources and target of COPY. A source is a pattern of Go's `filepath.Match`, in which classes of one character quote;
/// both are words with quotes and variables; blanks need the JSON form. A source that could be a flag, a URL or a
/// here-document begins with `./`.
///
/// # Errors
/// Where a path has characters that are not seen.
pub fn copy(sources: &[&str], target: &str) -> Said {
    sources.iter().copied().chain([target]).try_for_each(|path| seen(path, "a path of COPY"))?;
    let all: Vec<String> =
        sources.iter().map(|source| pattern_of(source)).chain([target.to_owned()]).map(|path| local(&path)).collect();
    let words = all.iter().map(|path| escape(path, &['\\', '\'', '"', '$']));
    match all.iter().any(|path| path.contains(char::is_whitespace)) {
        false => Ok(words.collect::<Vec<_>>().join(" ")),
        true => json(&words.collect::<Vec<_>>().iter().map(String::as_str).collect::<Vec<_>>()),
    }
}

/// A pattern that only this path fits.
fn pattern_of(path: &str) -> String {
    let quoted = |c: char| match c {
        '*' | '?' | '[' => format!("[{c}]"),
        '\\' => r"[\\]".to_owned(),
        c => c.to_string(),
    };
    path.chars().map(quoted).collect()
}

fn local(path: &str) -> String {
    let is_path = path.starts_with(|c: char| c.is_alphanumeric() || "._@".contains(c)) && !path.contains([':', '<']);
    if is_path || path.is_empty() || path.starts_with('/') { path.to_owned() } else { format!("./{path}") }
}

/// A line of a file that has no quoting of its own.
fn line(text: &str) -> Said {
    seen(text, "a line")?;
    Ok(text.to_owned())
}

/// A shell command of `dockgen.toml`, which ends with its line.
fn command(text: &str) -> Said {
    static HERE: LazyLock<Regex> = LazyLock::new(|| short(r#"<<-?\s*["'\w]"#));
    line(text)?;
    match text.trim_end().ends_with('\\') || HERE.is_match(text) {
        true => Err(format!(
            "`{text}` cannot be written as a step of the build, which is one line\nput it into a script, and name that"
        )),
        false => Ok(text.to_owned()),
    }
}

/// Words that are no text in YAML.
const YAML_WORDS: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];

/// A scalar of YAML; as a plain one where it reads as nothing else.
fn yaml(text: &str) -> Said {
    if text.contains("${{") {
        return Err(refuse(text, "a value of the workflow, as it is an expression"));
    }
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !YAML_WORDS.contains(&text.to_ascii_lowercase().as_str());
    let is_path = text.contains('/') && text.starts_with(|c: char| c.is_ascii_alphanumeric());
    let is_plain =
        text == "." || (is_word || is_path) && text.chars().all(|c| c.is_ascii_alphanumeric() || "._/,-".contains(c));
    if is_plain { Ok(text.to_owned()) } else { Ok(escape_unseen(&serde_json::Value::from(text).to_string())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str, text: &str) -> Option<String> {
        SINKS.iter().find(|(known, _)| *known == name).and_then(|(_, sink)| sink(&[text]).ok())
    }

    #[test]
    fn each_syntax_has_its_quotes() {
        for (name, text, out) in [
            ("hcl", "a \"b", Some("\"a \\\"b\"")),
            ("hcl", "a${b}", None),
            ("sh", "a b", Some("'a b'")),
            ("sh", "$(x)", Some("'$(x)'")),
            ("sh", "--omit=dev", Some("--omit=dev")),
            ("sh", "", Some("''")),
            ("sh", "a\u{202e}b", None),
            ("part", "", Some("")),
            ("paths", "-x/a b", Some("'./-x/a b'")),
            ("operands", "-x", None),
            ("json", "a\"\u{202e}b", Some("[\"a\\\"\\u202eb\"]")),
            ("quoted", "a\"$b\\", Some("\"a\\\"\\$b\\\\\"")),
            ("bare", "a:b=c", Some("a:b=c")),
            ("bare", "a\u{2028}", None),
            ("text", "a\u{202e}b\nc", Some("\"a b c\"")),
            ("comment", "a\u{2028}b", Some("a b")),
            ("flag", "a b/c=d", Some("a\\ b/c=d")),
            ("flag", "x,from=y", None),
            ("flag", "grüße", None),
            ("flag", "a'b", None),
            ("flag", "a ", None),
            ("workdir", "/app/a b", Some("\"/app/a b\"")),
            ("workdir", "/app/$X", Some("\"/app/\\$X\"")),
            ("package", "./cmd/a.b", Some("./cmd/a.b")),
            ("package", "./a b", None),
            ("package", "./a...", None),
            ("package", "./-x", None),
            ("package", ".", Some(".")),
            ("package", "-x.go", Some("./-x.go")),
            ("module", "a b", Some("'a b'")),
            ("module", "m,from=x", None),
            ("module", "!x", None),
            ("name", "A_1", Some("A_1")),
            ("name", "1A", None),
            ("name", "A B", None),
            ("image", "a.io/b:${X_VERSION}-c", Some("a.io/b:${X_VERSION}-c")),
            ("image", "a AS b", None),
            ("image", "--platform", None),
            ("command", "echo x \\", None),
            ("command", "cat <<EOF", None),
            ("command", "cat <<<x", None),
            ("command", "make a && b", Some("make a && b")),
            ("yaml", "linux/amd64,linux/arm64", Some("linux/amd64,linux/arm64")),
            ("yaml", "a: b", Some("\"a: b\"")),
            ("yaml", "${{ x }}", None),
        ] {
            assert_eq!(said(name, text).as_deref(), out, "{name} {text:?}");
        }
    }

    #[test]
    fn paths_of_copy_are_words_of_their_own() {
        for (sources, target, out) in [
            (&["a.txt", "b@c"][..], "./", Some("a.txt b@c ./")),
            (&["--from=x/y"], "--from=x/", Some("./--from=x/y ./--from=x/")),
            (&["a b"], "./a b", Some("[\"a b\", \"./a b\"]")),
            (&["a*b", "c[0]\\"], "/x/a*b", Some("a[[*]]b c[[]0][\\\\\\\\] /x/a*b")),
            (&["$X", "it's"], "./\"", Some("./\\$X it\\'s ./\\\"")),
            (&["http://x", "<<X", "#x"], "./", Some("./http://x ./<<X ./#x ./")),
            (&["/app/a:b"], "/app/a:b", Some("/app/a:b /app/a:b")),
            (&["a\nb"], "./", None),
            (&["a\u{2028}b"], "./", None),
        ] {
            let out = out.map(|out| out.replace("[[*]]", "[*]"));
            assert_eq!(copy(sources, target).ok(), out, "{sources:?}");
        }
    }

    #[test]
    fn a_refusal_quotes_the_name_and_says_what_helps() {
        let (what, hint) = (flag("web,from=x/go.mod").unwrap_err(), line("a\u{202e}b").unwrap_err());
        assert!(what.starts_with("`web,from=x/go.mod` cannot be"), "{what}");
        assert!(what.ends_with("\nrename it, with `git mv 'web,from=x' web-from-x` and where files name it"), "{what}");
        assert!(hint.contains("`a\\u{202e}b`") && hint.contains("\nrename it"), "{hint}");
    }

    proptest::proptest! {
        #[test]
        fn nothing_adds_a_line_or_moves_what_is_seen(text: String) {
            for (name, sink) in SINKS {
                let out = sink(&[&text]).unwrap_or_default();
                proptest::prop_assert!(!out.chars().any(is_unseen), "{} {:?}", name, out);
            }
            let out = copy(&[&text], &text).unwrap_or_default();
            proptest::prop_assert!(!out.chars().any(is_unseen), "{:?}", out);
        }

        #[test]
        fn a_plain_word_has_no_syntax(text in "[ -~]{0,8}") {
            let mut out = Vec::new();
            if plain(&text, &mut out).is_ok() {
                proptest::prop_assert!(!out.starts_with(b"-"));
                let syntax = b" \n\r\"'\\`();&|<>#,=$*?[]{}!";
                proptest::prop_assert!(!out.iter().any(|byte| syntax.contains(byte)));
            }
        }

        #[test]
        fn a_shell_word_stays_one_word(text: String) {
            if let Ok(out) = word(&text) {
                proptest::prop_assert_eq!(shlex::split(&out), Some(vec![text]));
            }
        }

        #[test]
        fn json_reads_back(text: String) {
            if let Ok(out) = json(&[&text]) {
                proptest::prop_assert_eq!(serde_json::from_str::<Vec<String>>(&out).unwrap(), vec![text]);
            }
        }
    }
}
