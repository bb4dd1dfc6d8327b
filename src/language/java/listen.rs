//! Where a program listens: application settings, then sources, then what its framework does by itself.

use super::catalog::{CATALOG, Framework, is_one_of};
use super::program::{Program, Shape, Source};
use super::reactor::join;
use crate::facts::{Fact, Kind, Strength};
use crate::format::pom::Dependency;
use crate::format::properties::Properties;
use crate::format::{application_yaml, properties};
use crate::repo::Repo;

/// The names of application settings below `src/main/resources`, in the order in which they win.
const SETTINGS: [&str; 11] = [
    "config/application.properties",
    "config/application.yaml",
    "config/application.yml",
    "application.properties",
    "application.yaml",
    "application.yml",
    "application-default.properties",
    "META-INF/microprofile-config.properties",
    "bootstrap.properties",
    "bootstrap.yaml",
    "bootstrap.yml",
];

/// The port that a program takes when nothing but the environment says which.
pub const USUAL_PORT: u16 = 8080;

/// How deep a default may lie in another one: `${PORT:${SERVER_PORT:8080}}`.
const NESTING: usize = 8;

/// What is known about where a program listens.
#[derive(Debug, Default)]
pub struct Listening {
    /// Ports, with where they show.
    pub ports: Vec<Fact>,
    /// The environment variable without which the program has no port.
    pub variable: Option<String>,
    /// Whether the program listens at all, as far as its dependencies tell.
    pub listens: bool,
}

/// The settings files of a module that can be read, the one that wins first.
pub fn settings(repo: &Repo, folder: &str) -> Vec<(String, Properties)> {
    let read = |path: String| {
        let text = repo.text(&path)?;
        let parsed =
            if path.ends_with(".properties") { properties::parse(text) } else { application_yaml::parse(text) };
        Some((path, parsed.ok()?))
    };
    let below = |name: &str| read(join(folder, &format!("src/main/resources/{name}")));
    let found: Vec<(String, Properties)> = SETTINGS.iter().filter_map(|name| below(name)).collect();
    let active = found.iter().find_map(|(_, settings)| settings.get("spring.profiles.active").map(str::to_owned));
    let profiles = active.iter().flat_map(|names| names.rsplit(',')).map(str::trim).filter(|name| is_profile(name));
    let of_profile =
        profiles.flat_map(|name| ["properties", "yaml", "yml"].map(|ending| format!("application-{name}.{ending}")));
    let mut all: Vec<(String, Properties)> = of_profile.filter_map(|name| below(&name)).collect();
    all.extend(found);
    all
}

fn is_profile(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
}

/// Looks where a program listens.
pub fn listening(
    repo: &Repo,
    program: &Program,
    dependencies: &[Dependency],
    sources: &[Source],
    framework: Option<&Framework>,
    extra: Option<&str>,
) -> Listening {
    let mut found = Listening::default();
    let mut files = settings(repo, program.folder());
    files.extend(extra.and_then(|file| Some((file.to_owned(), application_yaml::parse(repo.text(file)?).ok()?))));
    for name in framework.iter().flat_map(|row| &row.settings) {
        let written = files.iter().find_map(|(file, settings)| settings.get(name).map(|text| (file, text)));
        let Some((file, text)) = written else { continue };
        let quote = format!("{name}: {text}");
        match placeholder(text, NESTING) {
            Value::Port(0) => return Listening::default(),
            Value::Port(port) => found.ports.push(Fact::new(Kind::Port(port), file, &quote, Strength::Stated)),
            Value::Variable(variable) => found.variable = Some(variable),
            Value::Unknown => {}
        }
    }
    if !matches!(program.shape, Shape::Boot | Shape::Quarkus) {
        from_sources(sources, &mut found);
    }
    found.listens = !found.ports.is_empty() || found.variable.is_some();
    if found.listens {
        return found;
    }
    if let Some(row) = framework {
        let shows = |entry: &&Dependency| match row.listens.is_empty() {
            true => is_one_of(entry, &row.artifacts),
            false => is_one_of(entry, &row.listens),
        };
        if let Some(entry) = dependencies.iter().find(shows) {
            found.listens = true;
            let quote = format!("{}, whose default is {}", entry.artifact, row.port);
            found.ports.push(Fact::new(Kind::Port(row.port), &program.pom, &quote, Strength::Convention));
        }
    }
    found
}

fn from_sources(sources: &[Source], found: &mut Listening) {
    for source in sources {
        for listens in &source.found.listens {
            found.ports.push(Fact::new(Kind::Port(listens.port), &source.file, &listens.quote, Strength::Stated));
        }
        if source.found.port_variable.is_some() && source.found.listens.is_empty() {
            found.variable = Some("PORT".to_owned());
        }
    }
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

/// Where health checks are answered, by the dependencies.
pub fn health_path(dependencies: &[Dependency]) -> Option<&'static str> {
    let rows = [
        ("spring-boot-starter-actuator", "/actuator/health"),
        ("quarkus-smallrye-health", "/q/health"),
        ("micronaut-management", "/health"),
    ];
    rows.iter()
        .find(|(artifact, _)| dependencies.iter().any(|entry| entry.artifact == *artifact))
        .map(|(_, path)| *path)
}

/// The row of a framework.
pub fn row(id: Option<&str>) -> Option<&'static Framework> {
    CATALOG.framework(id?)
}

#[cfg(test)]
mod tests {
    use super::*;

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
