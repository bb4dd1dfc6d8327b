//! `application.yaml` of Spring Boot, Quarkus, Micronaut and Helidon: nested settings as names with dots,
//! members of lists as Spring names them, `name[0]`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

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
    let documents: Vec<Entries> = serde_saphyr::from_multiple(&plain).map_err(|error| {
        let message = error.to_string();
        let line = error.location().and_then(|at| text.lines().nth((at.line() as usize).saturating_sub(1)));
        Fault::new(format!("no valid YAML ({})", message.lines().next().unwrap_or_default()), line.unwrap_or_default())
    })?;
    drop(plain);
    Ok(documents.into_iter().filter(Entries::hold_always).flat_map(|document| document.0).collect())
}

/// A document, as names with values. The tree of it is never there as a whole.
#[derive(Default)]
struct Entries(Vec<(String, String)>);

impl Entries {
    fn hold_always(&self) -> bool {
        !self.0.iter().any(|(name, _)| PROFILES.iter().any(|profile| name == profile))
    }
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut entries = Entries::default();
        Below { name: String::new(), depth: DEPTH, entries: &mut entries.0 }.deserialize(deserializer)?;
        Ok(entries)
    }
}

/// What stands below a name.
struct Below<'a> {
    name: String,
    depth: usize,
    entries: &'a mut Vec<(String, String)>,
}

impl Below<'_> {
    fn is_read(&self) -> bool {
        self.depth > 0 && self.name.len() <= LENGTH
    }

    fn inside(&mut self, name: String) -> Below<'_> {
        Below { name, depth: self.depth - 1, entries: self.entries }
    }

    fn put<E>(self, value: String) -> Result<(), E> {
        if self.name.len() <= LENGTH {
            self.entries.push((self.name, value));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Below<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Below<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("settings")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        if !self.is_read() {
            return IgnoredAny.visit_map(map).map(drop);
        }
        while let Some(key) = map.next_key::<String>()? {
            let name = if self.name.is_empty() { key } else { format!("{}.{key}", self.name) };
            map.next_value_seed(self.inside(name))?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        if !self.is_read() {
            return IgnoredAny.visit_seq(list).map(drop);
        }
        let mut index = 0;
        loop {
            let name = format!("{}[{index}]", self.name);
            if list.next_element_seed(self.inside(name))?.is_none() {
                return Ok(());
            }
            index += 1;
        }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        self.put(text.to_owned())
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<(), E> {
        self.put(flag.to_string())
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<(), E> {
        self.put(number.to_string())
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<(), E> {
        self.put(number.to_string())
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<(), E> {
        self.put(number.to_string())
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_none<E: de::Error>(self) -> Result<(), E> {
        Ok(())
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
