//! Where a module's programs listen: application settings, then sources, then what its framework does by itself.

use super::catalog::{CATALOG, Framework, is_one_of};
use super::settings;
use super::sources::Sources;
use crate::facts::{Evidence, Strength};
use crate::format::pom::Dependency;

/// How deep a default may lie in another one: `${PORT:${SERVER_PORT:8080}}`.
const NESTING: usize = 8;

/// More ports than any program has.
const PORTS: usize = 20;

/// What is known about where a program listens.
#[derive(Debug, Default)]
pub struct Listening {
    /// Ports, with where they show.
    pub ports: Vec<(u16, Evidence)>,
    /// The environment variable without which the program has no port.
    pub variable: Option<String>,
    /// Other ports, for other protocols or for its management.
    pub more: Vec<u16>,
}

impl Listening {
    /// Whether the program listens at all, as far as its settings, sources and dependencies tell.
    pub fn listens(&self) -> bool {
        !self.ports.is_empty() || self.variable.is_some()
    }

    fn add(&mut self, port: u16, file: &str, quote: &str, strength: Strength) {
        let is_known = self.ports.iter().any(|(known, _)| *known == port);
        if !is_known && self.ports.len() < PORTS {
            self.ports.push((port, Evidence::new(file, quote, strength)));
        }
    }

    /// What the settings say under a framework's names; nothing more where one of them says that it does not listen.
    fn hear_settings(&mut self, framework: &Framework, files: &[settings::File]) -> bool {
        for name in &framework.settings {
            let written = files.iter().find_map(|(file, settings)| settings.get(name).map(|text| (file, text)));
            let Some((file, text)) = written else { continue };
            match placeholder(text, NESTING) {
                Value::Port(0) => return false,
                Value::Port(port) => self.add(port, file, &format!("{name}: {text}"), Strength::Stated),
                Value::Variable(variable) => self.variable = Some(variable),
                Value::Unknown => {}
            }
        }
        true
    }

    /// Ports under the program's own names, such as `listener.tcp.bind_port`, of what is not switched off.
    fn hear_more(&mut self, files: &[settings::File]) {
        let default = |text: &str| text.trim_matches(['$', '{', '}', ' ']).rsplit(':').next().map(str::to_owned);
        for (name, text) in files.iter().flat_map(|(_, settings)| settings.entries()) {
            let is_one = CATALOG.settings.more.iter().any(|end| name == end || name.ends_with(&format!(".{end}")));
            let switch = name.rsplit_once('.').map(|(group, _)| format!("{group}.enabled"));
            let said = switch.and_then(|switch| files.iter().find_map(|(_, settings)| settings.get(&switch)));
            let is_off = said.and_then(default).as_deref() == Some("false");
            if let Value::Port(port) = placeholder(text, NESTING)
                && is_one
                && !is_off
                && port > 0
                && self.more.len() < PORTS
            {
                self.more.push(port);
            }
        }
    }

    fn hear_sources(&mut self, sources: &Sources) {
        for (file, found) in &sources.found {
            for listens in &found.listens {
                self.add(listens.port, file, &listens.quote, Strength::Stated);
            }
            if found.port_variable.is_some() && found.listens.is_empty() {
                self.variable = Some("PORT".to_owned());
            }
        }
    }

    /// The default of a framework, where a dependency shows that it listens.
    fn assume(&mut self, framework: &Framework, dependencies: &[&Dependency], pom: &str) {
        let names = if framework.listens.is_empty() { &framework.artifacts } else { &framework.listens };
        if let Some(entry) = dependencies.iter().find(|entry| is_one_of(entry, names)) {
            let quote = format!("{}, whose default is {}", entry.artifact, framework.port);
            self.add(framework.port, pom, &quote, Strength::Convention);
        }
    }
}

/// Looks where the programs of a module listen.
pub fn listening(
    pom: &str,
    framework: Option<&Framework>,
    settings: &[settings::File],
    sources: &Sources,
    dependencies: &[&Dependency],
) -> Listening {
    let mut found = Listening::default();
    if framework.is_some_and(|row| !found.hear_settings(row, settings)) {
        return Listening::default();
    }
    found.hear_sources(sources);
    found.hear_more(settings);
    if let Some(row) = framework.filter(|_| !found.listens()) {
        found.assume(row, dependencies, pom);
    }
    found
}

enum Value {
    Port(u16),
    Variable(String),
    Unknown,
}

/// The port of `8080`, `${PORT:8080}` or `${A:${B:8080}}`; the variable of `${PORT}`.
fn placeholder(text: &str, nesting: usize) -> Value {
    let text = text.trim();
    if let Ok(port) = text.parse() {
        return Value::Port(port);
    }
    let Some(inner) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).filter(|_| nesting > 0) else {
        return Value::Unknown;
    };
    let is_name = |name: &str| name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    match inner.split_once(':') {
        Some((_, default)) => placeholder(default, nesting - 1),
        None if is_name(inner) => Value::Variable(inner.to_owned()),
        None => Value::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_ports_are_those_of_what_is_on() {
        let entries = [
            ("server.port", "8083"),
            ("listener.tcp.bind_port", "${TCP_PORT:1883}"),
            ("listener.ssl.enabled", "${SSL:false}"),
            ("listener.ssl.bind_port", "8883"),
            ("management.server.port", "9000"),
            ("smtp.port", "25"),
        ];
        let own = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
        let mut found = Listening::default();
        found.hear_more(&[("a".to_owned(), entries.into_iter().map(own).collect())]);
        assert_eq!(found.more, [1883, 9000]);
    }

    #[test]
    fn placeholders_have_defaults() {
        let cases = [
            ("8081", Some(8081), None),
            (" ${PORT:5000} ", Some(5000), None),
            ("${PORT:${SERVER_PORT:9090}}", Some(9090), None),
            ("${PORT}", None, Some("PORT")),
            ("${server.port.custom}", None, None),
            ("_port_", None, None),
            ("99999", None, None),
            ("${", None, None),
        ];
        for (text, port, variable) in cases {
            let (found, name) = match placeholder(text, NESTING) {
                Value::Port(port) => (Some(port), None),
                Value::Variable(name) => (None, Some(name)),
                Value::Unknown => (None, None),
            };
            assert_eq!((found, name.as_deref()), (port, variable), "{text}");
        }
        placeholder(&"${A:".repeat(10_000), NESTING);
    }
}
