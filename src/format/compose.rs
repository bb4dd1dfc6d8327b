//! Compose files: what they build, and from which folders.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Fault, yaml};

/// What the build of a service is told; paths as they are written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Build {
    /// The folder that is the build context, from the file's own.
    pub context: String,
    /// The Dockerfile, from the context.
    pub dockerfile: Option<String>,
    /// A Dockerfile that stands in the file itself.
    pub inline: Option<String>,
    /// Further contexts: their names, and where they are.
    pub contexts: Vec<(String, String)>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Compose {
    #[serde(deserialize_with = "yaml::lenient")]
    services: BTreeMap<String, Value>,
}

/// Reads the builds of the services, in the order of their names.
///
/// # Errors
/// Where the text is no YAML.
pub fn parse(text: &str) -> Result<Vec<Build>, Fault> {
    let compose: Compose = yaml::parse(text)?;
    Ok(compose.services.values().filter_map(|service| build(service.get("build")?)).collect())
}

fn build(value: &Value) -> Option<Build> {
    let field = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    match value {
        Value::String(context) => Some(Build { context: context.clone(), ..Build::default() }),
        Value::Object(_) => Some(Build {
            context: field("context").unwrap_or_else(|| ".".to_owned()),
            dockerfile: field("dockerfile"),
            inline: field("dockerfile_inline"),
            contexts: value.get("additional_contexts").map(pairs).unwrap_or_default(),
        }),
        _ => None,
    }
}

/// A mapping, or a list of `name=value`.
fn pairs(value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Object(map) => {
            map.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
        }
        Value::Array(list) => {
            let split = list.iter().filter_map(|pair| pair.as_str()?.split_once('='));
            split.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_are_read() {
        let text = "services:\n  a:\n    image: x\n  b:\n    build: ./web\n  c:\n    build:\n      dockerfile: docker/Dockerfile\n      \
                    additional_contexts:\n        top: ..\n  d:\n    build:\n      context: ..\n      dockerfile_inline: |\n        FROM x\n      \
                    additional_contexts: [a=b]\n";
        let named = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        assert_eq!(
            parse(text).unwrap(),
            [
                Build { context: "./web".into(), ..Build::default() },
                Build {
                    context: ".".into(),
                    dockerfile: Some("docker/Dockerfile".into()),
                    contexts: named("top", ".."),
                    ..Build::default()
                },
                Build {
                    context: "..".into(),
                    inline: Some("FROM x\n".into()),
                    contexts: named("a", "b"),
                    ..Build::default()
                },
            ]
        );
        assert_eq!(
            parse("x-build: &b\n  context: web\nservices:\n  a:\n    build:\n      <<: *b\n").unwrap()[0].context,
            "web"
        );
        assert_eq!(parse("services: [1]\n"), Ok(Vec::new()));
        assert_eq!(parse(""), Ok(Vec::new()));
        parse("services: 'a").unwrap_err();
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s).{0,200}") {
            let _ = parse(&text);
        }
    }
}
