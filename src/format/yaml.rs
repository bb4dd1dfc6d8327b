//! What the readers of YAML files share.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::Fault;

/// Reads a mapping; a blank document gives the default. It goes by way of a value, so that the reader of YAML is compiled once
/// and not for each type.
pub fn parse<T: DeserializeOwned + Default>(text: &str) -> Result<T, Fault> {
    match value(text)? {
        Value::Null => Ok(T::default()),
        Value::Array(_) => Err(Fault::new("is no valid YAML", text.lines().next().unwrap_or_default())),
        value => serde_json::from_value(value).map_err(|error| mismatch(text, &error.to_string())),
    }
}

/// Reads a document; a blank one is null.
pub fn value(text: &str) -> Result<Value, Fault> {
    let blank = text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#') || line == "---");
    if blank { Ok(Value::Null) } else { serde_saphyr::from_str(text).map_err(|error| fault(text, &error)) }
}

fn fault(text: &str, error: &serde_saphyr::Error) -> Fault {
    let line = error.location().map_or(0, |location| usize::try_from(location.line()).unwrap_or_default());
    Fault::new("is no valid YAML", text.lines().nth(line.saturating_sub(1)).unwrap_or_default()).at(line)
}

/// A value of another type than is wanted, with its line where only one holds that value.
fn mismatch(text: &str, message: &str) -> Fault {
    let value = message.split(['"', '`']).nth(1).unwrap_or_default();
    let mut lines = text.lines().enumerate().filter(|(_, line)| !value.is_empty() && line.contains(value));
    let fault =
        |line| Fault::new(format!("has a value of another type ({})", message.replacen("invalid type: ", "", 1)), line);
    match (lines.next(), lines.next()) {
        (Some((at, line)), None) => fault(line).at(at + 1),
        _ => fault(""),
    }
}

/// For `deserialize_with`: a field of a wrong type is as if absent.
pub fn lenient<'de, T: DeserializeOwned + Default, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_value_of_another_type_is_shown_where_only_one_line_has_it() {
        let fault = |text: &str| parse::<BTreeMap<String, Vec<String>>>(text).unwrap_err();
        let found = fault("a: [b]\nc: other\n");
        assert_eq!((found.line, found.quote.as_str()), (Some(2), "c: other"));
        assert!(found.what.contains(r#"(string "other", expected a sequence)"#), "{}", found.what);
        assert_eq!(fault("other: [b]\nc: other\n").line, None);
    }
}
