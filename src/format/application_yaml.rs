//! `application.yaml` of Spring Boot, Quarkus, Micronaut and Helidon: nested settings as names with dots,
//! members of lists as Spring names them, `name[0]`.

use std::borrow::Cow;

use serde_json::Value;

use super::Fault;
use super::properties::Properties;

/// Mappings below this depth are not read.
const DEPTH: usize = 16;

/// Names longer than this are not read, in bytes: each one is repeated in those below it.
const LENGTH: usize = 1000;

/// Names that bind a document to a profile (Spring Boot 2.4 and later, and before).
const PROFILES: [&str; 2] = ["spring.config.activate.on-profile", "spring.profiles"];

/// Reads the documents that hold for every profile; of two values for a name the later one counts.
///
/// # Errors
/// Text that is no YAML.
pub fn parse(text: &str) -> Result<Properties, Fault> {
    // Maven fills in `@name@` before anybody reads the file as YAML, which such a value is not.
    let plain = if text.contains('@') { Cow::Owned(text.replace('@', "_")) } else { Cow::Borrowed(text) };
    let documents: Vec<Value> = serde_saphyr::from_multiple(&plain).map_err(|error| {
        let message = error.to_string();
        let line = error.location().and_then(|at| text.lines().nth((at.line() as usize).saturating_sub(1)));
        Fault::new(format!("no valid YAML ({})", message.lines().next().unwrap_or_default()), line.unwrap_or_default())
    })?;
    drop(plain);
    Ok(documents.into_iter().map(flat).filter(|entries| holds_always(entries)).flatten().collect())
}

fn holds_always(entries: &[(String, String)]) -> bool {
    !entries.iter().any(|(name, _)| PROFILES.iter().any(|profile| name == profile))
}

fn flat(document: Value) -> Vec<(String, String)> {
    let mut entries = Vec::new();
    flatten(document, "", DEPTH, &mut entries);
    entries
}

fn flatten(value: Value, name: &str, depth: usize, entries: &mut Vec<(String, String)>) {
    match value {
        _ if name.len() > LENGTH => {}
        Value::Object(map) if depth > 0 => {
            for (key, value) in map {
                let name = if name.is_empty() { key } else { format!("{name}.{key}") };
                flatten(value, &name, depth - 1, entries);
            }
        }
        Value::Array(items) if depth > 0 => {
            for (index, value) in items.into_iter().enumerate() {
                flatten(value, &format!("{name}[{index}]"), depth - 1, entries);
            }
        }
        Value::String(text) => entries.push((name.to_owned(), text)),
        Value::Number(number) => entries.push((name.to_owned(), number.to_string())),
        Value::Bool(flag) => entries.push((name.to_owned(), flag.to_string())),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_names_with_dots() {
        let cases = [
            ("server:\n  port: 8081\n", Some("8081")),
            ("server.port: ${PORT:5000}\r\n", Some("${PORT:5000}")),
            ("server:\n  port: \"${PORT:5000}\"", Some("${PORT:5000}")),
            ("app:\n  version: @project.version@\nserver: {port: 1}", Some("1")),
            (
                "server: {port: 1}\n---\nspring:\n  config:\n    activate:\n      on-profile: dev\nserver: {port: 2}",
                Some("1"),
            ),
            ("spring.profiles: dev\nserver: {port: 2}", None),
            ("server: {port: 1}\n---\nserver: {port: 3}", Some("3")),
            ("", None),
            ("- a\n- b", None),
        ];
        let list = parse("server:\n  connectors:\n    - port: 9000\n").unwrap();
        assert_eq!(list.get("server.connectors[0].port"), Some("9000"));
        for (text, port) in cases {
            assert_eq!(parse(text).unwrap().get("server.port"), port, "{text}");
        }
    }

    #[test]
    fn a_fault_shows_the_line() {
        let fault = parse("a: 1\nserver: [1\nb: 2").unwrap_err();
        assert!(fault.what.starts_with("no valid YAML"), "{fault}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text: String, edge in "[a:{}\\[\\]\n \\-&*]{0,60}") {
            let _ = parse(&text);
            let _ = parse(&edge);
        }
    }
}
