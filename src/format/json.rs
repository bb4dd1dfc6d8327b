//! What the readers of JSON files share: reading only some fields, taking values as they come, quoting the place of a fault.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::Fault;

/// Reads the named fields of an object; others are skipped without being kept, and of two equal names the last
/// counts, as in JavaScript.
pub fn pick(text: &str, names: &[&str]) -> Result<Map<String, Value>, Fault> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let picked = Pick(names).deserialize(&mut reader).and_then(|fields| reader.end().map(|()| fields));
    picked.map_err(|error| fault(text, &error))
}

/// Reads JSON with comments and trailing commas.
pub fn relaxed(text: &str) -> Result<Value, Fault> {
    let options = jsonc_parser::ParseOptions::default();
    // The tree is built only because its parser, unlike the other, bounds the depth.
    jsonc_parser::parse_to_ast(text, &jsonc_parser::CollectOptions::default(), &options)
        .and_then(|_| jsonc_parser::parse_to_serde_value(text, &options))
        .map_err(|error| Fault::new("is no valid JSON", nth_line(text, error.line_display())))
}

/// A fault that quotes the line of a JSON error.
pub fn fault(text: &str, error: &serde_json::Error) -> Fault {
    let what = match error.classify() {
        serde_json::error::Category::Eof => "ends in the middle of a JSON value",
        serde_json::error::Category::Data => "is not the JSON object that was expected",
        _ => "is no valid JSON",
    };
    Fault::new(what, nth_line(text, error.line()))
}

fn nth_line(text: &str, number: usize) -> &str {
    text.lines().nth(number.saturating_sub(1)).unwrap_or_default()
}

/// A string that is not empty.
pub fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The strings of a list; other members are skipped.
pub fn texts(value: &Value) -> Option<Vec<String>> {
    value.as_array().map(|list| list.iter().filter_map(text).collect())
}

/// The members of an object that are strings, empty ones too.
pub fn text_map(value: &Value) -> BTreeMap<String, String> {
    let pairs = value.as_object().into_iter().flatten();
    pairs.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

struct Pick<'a>(&'a [&'a str]);

impl<'de> DeserializeSeed<'de> for Pick<'_> {
    type Value = Map<String, Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Pick<'_> {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            if self.0.contains(&name.as_str()) {
                fields.insert(name, map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picks_the_last_of_two_and_skips_the_rest() {
        let fields = pick(r#"{"a": 1, "b": [{}], "a": 2}"#, &["a"]).unwrap();
        assert_eq!(Value::Object(fields), serde_json::json!({"a": 2}));
    }

    #[test]
    fn faults_quote_the_line() {
        for (text, what) in [
            ("{\n  \"a\": 1,,\n}", "is no valid JSON: `\"a\": 1,,`"),
            ("{\"a\": [1", "ends in the middle of a JSON value: `{\"a\": [1`"),
            ("[]", "is not the JSON object that was expected: `[]`"),
            ("{} x", "is no valid JSON: `{} x`"),
            ("", "ends in the middle of a JSON value"),
        ] {
            assert_eq!(pick(text, &["a"]).unwrap_err().to_string(), what);
        }
    }

    #[test]
    fn relaxed_json_has_comments_and_survives_deep_nesting() {
        let value = relaxed("// a\n{\"a\": [1, /* b */ 2,], // c\n}").unwrap();
        assert_eq!(value, serde_json::json!({"a": [1, 2]}));
        relaxed(&"[".repeat(200_000)).unwrap_err();
        pick(&format!("{{\"a\":{}", "[".repeat(200_000)), &["a"]).unwrap_err();
        pick(&format!("{{\"b\":{}", "[".repeat(200_000)), &["a"]).unwrap_err();
    }
}
