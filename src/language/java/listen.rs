//! Where a module's programs listen: application settings, then sources, then what its framework does by itself.

use super::catalog::{CATALOG, Container, Framework, is_one_of};
use super::settings;
use super::sources::Sources;
use crate::facts::{Evidence, Host, Strength};
use crate::format::pom::Dependency;
use crate::image::Variable;
use crate::plan::{Decision, Planner, topic};
use crate::source::listening;

/// How deep a default may lie in another one: `${PORT:${SERVER_PORT:8080}}`.
const NESTING: usize = 8;

/// The port that a program takes when nothing but the environment says which.
const USUAL_PORT: u16 = 8080;

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
    /// What serves, where nothing shows at which port.
    unknown: Option<Evidence>,
    /// Settings with an address that only its own machine reaches.
    deaf: Vec<(&'static str, Evidence)>,
}

impl Listening {
    /// Whether the program listens at all, as far as its settings, sources and dependencies tell.
    pub fn listens(&self) -> bool {
        !self.ports.is_empty() || self.variable.is_some() || self.unknown.is_some()
    }

    /// Where the container of a war listens.
    pub fn of_container(container: &Container, pom: &str) -> Self {
        let evidence =
            Evidence::new(pom, &format!("{}, whose port is {}", container.title, container.port), Strength::Convention);
        Listening { ports: vec![(container.port, evidence)], ..Listening::default() }
    }

    /// The port, where somebody says one; where only the program knows it, that is said.
    pub fn port(&self, planner: &mut Planner) -> Option<u16> {
        let usual = self.variable.as_ref().map(|name| (USUAL_PORT, format!("the program takes it from {name}")));
        let port = planner.listen(self.listens(), usual);
        if let Some(evidence) = self.unknown.as_ref().filter(|_| port.is_none() && planner.wishes.port.is_none()) {
            planner
                .warn(format!("{evidence} serves, and where the program listens is not found: say it with `--port`"));
        }
        port
    }

    /// What the program has to be told, so that others than its own machine reach it: variables, and options of Java.
    pub fn told(&self, planner: &mut Planner, framework: Option<&Framework>) -> (Vec<Variable>, Vec<String>) {
        let (mut variables, mut options) = (Vec::new(), Vec::new());
        for (name, evidence) in &self.deaf {
            let all = "0.0.0.0";
            let word = match framework.and_then(|row| row.option.as_ref()) {
                Some(option) => option.replace("{name}", name),
                None => format!("{}={all}", variable(name)),
            };
            let reason = "nothing outside of the container reaches the address of its own machine";
            planner.note(Decision::new(topic::ENVIRONMENT, word.clone(), reason, evidence.clone()));
            match word.starts_with('-') {
                true => options.push(word),
                false => variables.push(Variable::new(variable(name), all)),
            }
        }
        (variables, options)
    }

    fn add(&mut self, port: u16, file: &str, quote: &str, strength: Strength) {
        let is_known = self.ports.iter().any(|(known, _)| *known == port);
        if !is_known && self.ports.len() < PORTS {
            self.ports.push((port, Evidence::new(file, quote, strength)));
        }
    }

    /// What the settings say under a framework's names; nothing more where one of them says that it does not listen.
    fn hear_settings(&mut self, framework: &'static Framework, files: &[settings::File]) -> bool {
        for name in &framework.hosts {
            let written = files.iter().find_map(|(file, settings)| settings.get(name).map(|text| (file, text)));
            if let Some((file, text)) = written.filter(|(_, text)| is_deaf(text)) {
                self.deaf.push((name, Evidence::new(file, &format!("{name}: {text}"), Strength::Stated)));
            }
        }
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
            let Some(port) = framework.port else {
                self.unknown = Some(Evidence::new(pom, &entry.artifact, Strength::Stated));
                return;
            };
            let quote = format!("{}, whose default is {port}", entry.artifact);
            self.add(port, pom, &quote, if framework.by_code { Strength::Guess } else { Strength::Convention });
        }
    }
}

/// Looks where the programs of a module listen.
pub fn listening(
    pom: &str,
    framework: Option<&'static Framework>,
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

/// Whether an address is one that only its own machine reaches; the variable in `${HOST:localhost}` may say another, and nobody does.
fn is_deaf(text: &str) -> bool {
    let address = text.trim().trim_end_matches('}').rsplit_once(':').map_or(text.trim(), |(_, default)| default);
    matches!(listening::address(address), Some((Some(Host::Loopback), _)))
}

/// The variable that takes the place of a setting: `server.bind-host` is `SERVER_BIND_HOST`.
fn variable(name: &str) -> String {
    let name = name.strip_prefix("%prod.").unwrap_or(name);
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
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
