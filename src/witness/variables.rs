//! Variables that platforms, clusters and examples give to a program: the port, a release of a toolchain, or a name that a
//! person has to know. Values that may be secrets are never passed on.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::packages::fits;
use super::{CATALOG, tree};
use crate::facts::{Fact, Kind, Strength};
use crate::language;
use crate::lint;
use crate::source::Pattern;
use crate::source::shell;

/// What is known of variables.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// That which says where the program listens.
    port: Vec<String>,
    /// Words in the names of ports of other services.
    other_ports: Vec<String>,
    /// Those without which programs do not come up: globs.
    needed: Vec<String>,
    /// Settings of platforms: globs.
    aside: Vec<String>,
    /// Those that hold a release, by the toolchain.
    releases: BTreeMap<String, Vec<String>>,
}

/// A variable as a file gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Its name.
    pub name: String,
    /// Its value, where the file holds one.
    pub value: Option<String>,
    /// Whether the program does without.
    pub is_optional: bool,
}

/// No more variables of one file are looked at.
pub const MOST: usize = 200;

/// A longer value is no example.
const LONGEST: usize = 120;

/// The variables of a value: a table of names, or a member of a list with its name and value.
pub fn all(value: &Value) -> Vec<Given> {
    let Some(table) = value.as_object() else { return Vec::new() };
    let named = ["key", "name"].iter().find_map(|key| table.get(*key)?.as_str());
    let given = |name: &str, value: &Value| {
        let is_optional = value.get("required").and_then(Value::as_bool) == Some(false);
        // What the cluster itself knows nobody has to give.
        let is_known = value.get("valueFrom").is_some_and(|from| from.get("fieldRef").is_some());
        let own = if value.is_object() { value.get("value") } else { Some(value) };
        let is_name = shell::assignment(&format!("{name}=")).is_some();
        let value = own.and_then(tree::scalar);
        (is_name && !is_known).then(|| Given { name: name.to_owned(), value, is_optional })
    };
    match named {
        Some(name) => given(name, value).into_iter().collect(),
        None => table.iter().take(MOST).filter_map(|(name, value)| given(name, value)).collect(),
    }
}

/// What a variable says. `strength` is that of a name that has to be given; one with a value, or that the program does without,
/// is no more than a guess.
pub fn testify(given: &Given, path: &str, strength: Strength) -> Option<Fact> {
    let Given { name, value, is_optional } = given;
    let rows = &CATALOG.variables;
    let quote = || value.as_ref().map_or_else(|| name.clone(), |value| format!("{name}={value}"));
    if let Some(fact) = release(given, path) {
        return Some(fact);
    }
    if rows.port.contains(name) {
        let port = value.as_ref()?.parse::<u16>().ok().filter(|port| *port > 0)?;
        return Some(Fact::new(Kind::Port(port), path, &quote(), Strength::Guess));
    }
    let is_aside = |globs: &[String]| globs.iter().any(|glob| fits(glob, name));
    if is_aside(&rows.aside) || is_aside(&CATALOG.containers.environment) {
        return None;
    }
    let is_open = value.as_ref().is_none_or(|value| is_hidden(name, value)) && !is_optional;
    let strength = if is_open { strength } else { Strength::Guess };
    let kind = Kind::Wants(name.clone(), value.as_deref().and_then(|value| example(name, value)));
    Some(Fact::new(kind, path, name, strength))
}

/// The release of a toolchain.
fn release(given: &Given, path: &str) -> Option<Fact> {
    let tool = CATALOG.variables.releases.iter().find(|(_, names)| names.contains(&given.name))?.0;
    let value = given.value.as_ref()?;
    // What runs today is a release line; which patch of it was the newest then says no more.
    let wanted = super::containers::line_of(tool, value).or_else(|| (language::by_id(tool)?.release)(value))?;
    let quote = format!("{}={value}", given.name);
    Some(Fact::new(Kind::Toolchain(tool.clone(), wanted), path, &quote, Strength::Convention))
}

/// Whether a variable says where another service listens.
pub fn is_of_others(name: &str) -> bool {
    CATALOG.variables.other_ports.iter().any(|word| name.contains(word.as_str()))
}

/// Whether programs seldom come up without it.
pub fn is_needed(name: &str) -> bool {
    CATALOG.variables.needed.iter().any(|glob| fits(glob, name))
}

/// Whether nobody else should see the value, or it holds something for a person to fill in.
fn is_hidden(name: &str, value: &str) -> bool {
    lint::is_secret(name) || name.ends_with("KEY") || is_random(value) || CREDENTIALS.is_match(value)
}

static CREDENTIALS: Pattern = Pattern::new(r"://[^/@\s]{1,200}@");
static OWN_HOST: Pattern = Pattern::new(r"(://(?:[^/@\s]{1,200}@)?)(?:localhost|127\.0\.0\.1)\b");

/// Whether a value is an address of one's own machine.
pub fn is_own_address(value: &str) -> bool {
    OWN_HOST.is_match(value)
}

/// A value that can be shown: no secret, and no address that means another machine in a container.
fn example(name: &str, value: &str) -> Option<String> {
    let is_plain = value.len() <= LONGEST && !value.contains(['$', '{', '`']) && !value.chars().any(char::is_control);
    if !is_plain || lint::is_secret(name) || name.ends_with("KEY") || is_random(value) {
        return None;
    }
    let value = CREDENTIALS.replace_all(value, |_| "://USER:PASSWORD@".to_owned());
    let value = OWN_HOST.replace_all(&value, |found| format!("{}HOST", &found[1]));
    (!value.contains('@') || value.contains("USER:PASSWORD@")).then_some(value)
}

/// Whether a value looks made by a machine, as keys are.
fn is_random(value: &str) -> bool {
    let is_word = value.chars().all(|c| c.is_ascii_alphanumeric() || "+/=_-".contains(c));
    let has = |is: fn(&char) -> bool| value.chars().any(|c| is(&c));
    value.len() >= 20 && is_word && has(char::is_ascii_digit) && has(char::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str, value: Option<&str>) -> String {
        let given = Given { name: name.to_owned(), value: value.map(str::to_owned), is_optional: false };
        testify(&given, "f", Strength::Stated).map_or(String::new(), |fact| {
            let Fact { kind, evidence, .. } = fact;
            format!("{kind} [{}] {}", evidence.strength, evidence.quote)
        })
    }

    #[test]
    fn a_variable_says_one_thing() {
        for (name, value, expected) in [
            ("PORT", Some("3000"), "port 3000 [guess] PORT=3000"),
            ("PORT", Some("x"), ""),
            ("PYTHON_VERSION", Some("3.12.1"), "toolchain 3.12 [convention] PYTHON_VERSION=3.12.1"),
            ("NODE_ENV", Some("production"), ""),
            ("FLY_REGION", Some("x"), ""),
            ("SECRET_KEY", Some("hunter2"), "is given SECRET_KEY [stated] SECRET_KEY"),
            ("STRIPE_KEY", None, "is given STRIPE_KEY [stated] STRIPE_KEY"),
            ("LOG_LEVEL", Some("info"), "is given LOG_LEVEL, such as info [guess] LOG_LEVEL"),
            ("SENTRY", Some("a1b2c3d4e5f6a7b8c9d0e1f2"), "is given SENTRY [stated] SENTRY"),
            (
                "DATABASE_URL",
                Some("postgres://me:pw@localhost:5432/x"),
                "is given DATABASE_URL, such as postgres://USER:PASSWORD@HOST:5432/x [stated] DATABASE_URL",
            ),
            ("CALLBACK", Some("${HOST}/x"), "is given CALLBACK [guess] CALLBACK"),
            ("ADMIN", Some("me@example.com"), "is given ADMIN [guess] ADMIN"),
        ] {
            assert_eq!(said(name, value), expected, "{name}");
        }
    }

    #[test]
    fn variables_are_found_in_tables_and_lists() {
        let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let shown = |text: &str| {
            let all = all(&json(text)).into_iter();
            all.map(|it| {
                format!("{}={}{}", it.name, it.value.unwrap_or_default(), if it.is_optional { "?" } else { "" })
            })
            .collect::<Vec<_>>()
            .join(" ")
        };
        for (text, expected) in [
            (
                r#"{"A": 1, "B": {"value": "x"}, "C": {"required": false}, "D": {"generator": "secret"}, "E F": "x"}"#,
                "A=1 B=x C=? D=",
            ),
            (r#"{"key": "A", "value": true}"#, "A=true"),
            (r#"{"name": "A", "valueFrom": {"secretKeyRef": {}}}"#, "A="),
            (r#"{"name": "A", "valueFrom": {"fieldRef": {}}}"#, ""),
            (r#"{"name": "A; rm", "value": "x"}"#, ""),
            ("[1]", ""),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}
