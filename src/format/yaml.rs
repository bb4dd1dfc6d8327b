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
        value => serde_json::from_value(value).map_err(|_| Fault::new("is no valid YAML", "")),
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

/// For `deserialize_with`: a field of a wrong type is as if absent.
pub fn lenient<'de, T: DeserializeOwned + Default, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).unwrap_or_default())
}
