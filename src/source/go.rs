//! Settings of programs in Go: what is typed or set to change a value, and the value where nobody does.

use super::{Found, Pattern};
use crate::source::mask::{LONG, boundary};

/// A value that somebody can change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The flag, without dashes.
    pub flag: Option<String>,
    /// The variable of the environment.
    pub variable: Option<String>,
    /// The key of a configuration, which may be a variable too.
    pub key: Option<String>,
    /// The value, or the name of the constant that holds it.
    pub value: Value,
    /// Where it begins.
    pub at: usize,
}

/// The value of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// As it is written.
    Text(String),
    /// A constant, without its package.
    Constant(String),
}

/// How a library says a setting: a text that every file with one holds, and the pattern, with the groups `flag`, `variable`,
/// `key`, `text`, `number` and `constant`. In the group `body` they are looked for by `PARTS`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    mark: String,
    pattern: Pattern,
}

/// The parts of a flag as a struct, a chain of calls, or the tags of a field: the name of each group, and the pattern.
static PARTS: [(&str, Pattern); 4] = [
    ("flag", Pattern::new(r#"\bName:\s*"([\w.-]+)|\bFlag\("([\w.-]+)"|\b(?:long|name|arg):"([\w.-]+)""#)),
    (
        "variable",
        Pattern::new(
            r#"(?:EnvVars?:\s*(?:\[\]string\{\s*)?|\bEnvVars\(\s*|\bEnvar\(\s*|\b(?:env|envconfig|environment):)"([A-Z][A-Z0-9_]+)"#,
        ),
    ),
    ("text", Pattern::new(r#"(?:\bValue:\s*|\bDefault\(\s*)"?([^",\s)]+)|\b(?:env-?)?[dD]efault:"([^"]+)""#)),
    ("key", Pattern::new(r#"\b(?:yaml|json|toml|mapstructure|koanf):"([\w.-]+)"#)),
];

/// The settings of a text, in order.
pub fn settings(forms: &[Form], text: &str) -> Vec<Setting> {
    let mut found: Vec<Setting> = Vec::new();
    for form in forms.iter().filter(|form| memchr::memmem::find(text.as_bytes(), form.mark.as_bytes()).is_some()) {
        found.extend(form.pattern.captures_iter(text).filter_map(|found| setting(&found, text)));
    }
    found.sort_by_key(|setting| setting.at);
    found
}

fn setting(found: &Found, text: &str) -> Option<Setting> {
    let at = found.get(0)?.start();
    if line(text, at).starts_with("//") {
        return None;
    }
    let body = found.name("body");
    let part = |name: &str| {
        let of_body = || {
            let (_, pattern) = PARTS.iter().find(|(known, _)| *known == name)?;
            pattern.word(body?)
        };
        found.name(name).or_else(of_body).map(str::to_owned)
    };
    let constant = part("constant").or_else(|| part("text").filter(|text| is_constant(body, text)));
    let value = match constant {
        Some(name) => Value::Constant(name.rsplit('.').next().unwrap_or_default().to_owned()),
        None => Value::Text(part("text").or_else(|| part("number"))?),
    };
    let (flag, variable, key) = (part("flag"), part("variable"), part("key"));
    (flag.is_some() || variable.is_some() || key.is_some()).then_some(Setting { flag, variable, key, value, at })
}

/// Whether the value of a struct is no literal.
fn is_constant(body: Option<&str>, text: &str) -> bool {
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic());
    is_word && body.is_some_and(|body| body.contains(&format!("Value: {text}")))
}

/// The value of a constant or a variable of a package, where a text has it.
pub fn constant<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let bytes = text.as_bytes();
    memchr::memmem::find_iter(bytes, name.as_bytes()).find_map(|at| {
        let end = at + name.len();
        if (at > 0 && is_word(bytes.get(at - 1))) || is_word(bytes.get(end)) {
            return None;
        }
        let rest = text.get(end..boundary(text, end + LONG))?.split('\n').next()?;
        let (kind, value) = rest.split_once('=')?;
        let is_type = kind.trim().trim_end_matches(':').chars().all(|c| c.is_ascii_alphanumeric());
        let value = value.trim();
        let literal = value.strip_prefix('"').and_then(|value| value.split('"').next());
        let number = || value.split(|c: char| !c.is_ascii_digit()).next().filter(|digits| !digits.is_empty());
        is_type.then(|| literal.or_else(number))?
    })
}

/// The line around an offset, at most [`LONG`] bytes on either side.
pub fn line(text: &str, at: usize) -> &str {
    let from = boundary(text, at.saturating_sub(LONG)).min(at);
    let head = text.get(from..at).unwrap_or_default().rsplit('\n').next().unwrap_or_default();
    let tail = text.get(at..boundary(text, at + LONG)).unwrap_or_default().split('\n').next().unwrap_or_default();
    text.get(at - head.len()..at + tail.len()).unwrap_or_default().trim()
}
