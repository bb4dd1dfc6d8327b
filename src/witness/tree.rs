//! Files of any form as trees of values, and what lies below a path of keys in them.

use serde_json::Value;

use crate::format::{Fault, json, toml_table, yaml};

/// No larger file is read as a tree, in bytes.
const LARGEST: usize = 256 * 1024;

/// No more documents of one file are looked at.
const MOST_DOCUMENTS: usize = 50;

/// No more values below one path are looked at.
const MOST_VALUES: usize = 200;

/// The documents of a file, by the ending of its name. Templates of other tools are none.
///
/// # Errors
/// Where the text is not what its name says, or too large to be written by hand.
pub fn read(path: &str, text: &str) -> Result<Vec<Value>, Fault> {
    if text.len() > LARGEST {
        return Err(Fault::new("is larger than such files are", ""));
    }
    match path.rsplit('.').next() {
        Some("toml") => {
            let table = toml_table::parse(text)?;
            Ok(serde_json::to_value(table).into_iter().collect())
        }
        Some("json") => json::relaxed(text).map(|value| vec![value]),
        _ => documents(text).into_iter().map(yaml::value).collect(),
    }
}

/// The documents of a YAML file that no other tool has to fill in first.
fn documents(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("\n---") {
        let (document, behind) = rest.split_at(at + 1);
        found.push(document);
        rest = behind;
    }
    found.push(rest);
    found.retain(|document| !document.contains("{{"));
    found.truncate(MOST_DOCUMENTS);
    found
}

/// What lies below a path of keys with dots between. A list stands for each of its members, `*` for each member of a table.
pub fn below<'v>(value: &'v Value, path: &str) -> Vec<&'v Value> {
    let mut found = spread(value);
    for key in path.split('.').filter(|key| !key.is_empty()) {
        let member = |value: &'v Value| match (key, value.as_object()) {
            ("*", Some(table)) => table.values().collect(),
            (_, Some(table)) => table.get(key).into_iter().collect(),
            (_, None) => Vec::new(),
        };
        found = found.into_iter().flat_map(member).flat_map(spread).take(MOST_VALUES).collect();
    }
    found
}

fn spread(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(list) => list.iter().take(MOST_VALUES).collect(),
        value => vec![value],
    }
}

/// A text, a number or a flag as text, on one line; `None` for what is blank or no such thing.
pub fn scalar(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// The first text below one of these paths, in their order.
pub fn first(value: &Value, paths: &[String]) -> Option<String> {
    paths.iter().flat_map(|path| below(value, path)).find_map(scalar)
}

/// The line of a file that holds both a key and its value, else the two as such a line is written.
pub fn quote(text: &str, path: &str, value: &str) -> String {
    let key = path.rsplit('.').find(|key| *key != "*").unwrap_or(path);
    let start = value.lines().next().unwrap_or_default();
    let line = text.lines().find(|line| line.contains(key) && line.contains(start));
    line.map_or_else(|| format!("{key}: {start}"), |line| line.trim().trim_start_matches("- ").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_becomes_a_tree() {
        let toml = "[[services]]\nport = 1\n[[services]]\nport = 2\n[checks.alive]\npath = '/up'\n";
        let yaml = "services:\n- port: 1\n- port: 2\nchecks: {alive: {path: /up}}\n";
        let json =
            "{\"services\": [{\"port\": 1}, {\"port\": 2}], /* x */ \"checks\": {\"alive\": {\"path\": \"/up\"}},}";
        for (path, text) in [("a.toml", toml), ("a.yaml", yaml), ("a.json", json)] {
            let documents = read(path, text).unwrap();
            let texts = |path: &str| below(&documents[0], path).into_iter().filter_map(scalar).collect::<Vec<_>>();
            assert_eq!(texts("services.port"), ["1", "2"], "{path}");
            assert_eq!(texts("checks.*.path"), ["/up"], "{path}");
            assert!(texts("services.port.x").is_empty() && texts("checks").is_empty());
        }
    }

    #[test]
    fn documents_are_divided_and_templates_left_out() {
        let text = "---\na: 1\n---\na: {{ .Values.a }}\n---\na: 2\n";
        let documents = read("x.yaml", text).unwrap();
        assert_eq!(documents.iter().map(|it| it["a"].to_string()).collect::<Vec<_>>(), ["1", "2"]);
        read("x.yaml", "a: [1").unwrap_err();
        read("x.yaml", &"a".repeat(LARGEST + 1)).unwrap_err();
        assert_eq!(read("x.yaml", &"---\n".repeat(1000)).unwrap().len(), MOST_DOCUMENTS);
    }

    #[test]
    fn the_line_is_quoted() {
        assert_eq!(quote("a:\n  - port: 80 # x\n", "services.port", "80"), "port: 80 # x");
        assert_eq!(quote("port:\n  80\n", "port", "80"), "port: 80");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s).{0,200}") {
            for path in ["a.toml", "a.json", "a.yaml"] {
                let _ = read(path, &text).map(|documents| documents.iter().map(|it| below(it, "a.*.b").len()).sum::<usize>());
            }
        }
    }
}
