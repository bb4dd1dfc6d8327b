//! Compose files: what they build, from which folders, and how the services run.

use std::collections::BTreeMap;
use std::fmt;

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

impl Build {
    /// Whether the context is this folder, from the file's own.
    pub fn is_of(&self, folder: &str) -> bool {
        self.context.trim_start_matches("./").trim_matches('/').trim_start_matches('.') == folder
    }
}

/// A command as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A list of words.
    Words(Vec<String>),
    /// A line for a shell's rules of quoting.
    Text(String),
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Line::Words(words) => f.write_str(&shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default()),
            Line::Text(text) => f.write_str(text.trim()),
        }
    }
}

/// A service: how its container is run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// What is built for it; `None` where it takes an image as it is.
    pub build: Option<Build>,
    /// What it runs in place of the image's own command.
    pub command: Option<Line>,
    /// The ports inside of the container.
    pub ports: Vec<u16>,
    /// The folder in which it starts.
    pub folder: Option<String>,
    /// Paths in the container on which named volumes lie.
    pub volumes: Vec<String>,
    /// Paths beside the file and the paths in the container on which they lie, but for those that nobody may write to.
    pub mounts: Vec<(String, String)>,
    /// Variables that it is given, and their values.
    pub environment: Vec<(String, Option<String>)>,
    /// Services that start before it.
    pub needs: Vec<String>,
    /// The image that it is started from.
    pub image: Option<String>,
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
    Ok(services(text)?.into_iter().filter_map(|service| service.build).collect())
}

/// Reads the services, in the order of their names.
///
/// # Errors
/// Where the text is no YAML.
pub fn services(text: &str) -> Result<Vec<Service>, Fault> {
    let compose: Compose = yaml::parse(text)?;
    Ok(compose.services.iter().map(|(name, value)| service(name, value)).collect())
}

fn service(name: &str, value: &Value) -> Service {
    let items = |key: &str| value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let (ports, exposed) = (items("ports").iter().filter_map(port), items("expose").iter().filter_map(port));
    let mut ports: Vec<u16> = ports.chain(exposed).collect();
    let mut seen = std::collections::BTreeSet::new();
    ports.retain(|port| seen.insert(*port));
    Service {
        name: name.to_owned(),
        build: value.get("build").and_then(build),
        command: value.get("command").and_then(line),
        ports,
        folder: value.get("working_dir").and_then(Value::as_str).map(str::to_owned),
        volumes: items("volumes").iter().filter_map(volume).collect(),
        mounts: items("volumes").iter().filter_map(mount).collect(),
        environment: value.get("environment").map(variables).unwrap_or_default(),
        needs: value.get("depends_on").map(names).unwrap_or_default(),
        image: value.get("image").and_then(Value::as_str).map(str::to_owned),
    }
}

fn line(value: &Value) -> Option<Line> {
    match value {
        Value::String(text) => Some(Line::Text(text.clone())),
        Value::Array(words) => {
            let words: Option<Vec<String>> = words.iter().map(|word| word.as_str().map(str::to_owned)).collect();
            words.filter(|words| !words.is_empty()).map(Line::Words)
        }
        _ => None,
    }
}

/// `8080`, `80:8080`, `127.0.0.1:80:8080/tcp`, `${PORT:-80}:8080`, or a mapping with `target`.
fn port(value: &Value) -> Option<u16> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        value => match value.get("target")? {
            Value::String(text) => text.clone(),
            target => target.to_string(),
        },
    };
    let (inside, protocol) = text.split_once('/').unwrap_or((&text, "tcp"));
    let inside = inside.rsplit(':').next().unwrap_or(inside).trim_start_matches('-').trim_end_matches('}');
    inside.parse().ok().filter(|port| *port > 0 && protocol == "tcp")
}

/// Where a named volume lies: `data:/var/lib/x`, or a mapping.
fn volume(value: &Value) -> Option<String> {
    let is_name = |source: &str| source.starts_with(|c: char| c.is_ascii_alphanumeric());
    match value {
        Value::String(text) => {
            let mut parts = text.split(':');
            let (source, target) = (parts.next()?, parts.next()?);
            (is_name(source) && target.starts_with('/')).then(|| target.to_owned())
        }
        value => {
            let field = |key: &str| value.get(key).and_then(Value::as_str);
            let is_named = field("type") == Some("volume") && field("source").is_some_and(is_name);
            field("target").filter(|target| is_named && target.starts_with('/')).map(str::to_owned)
        }
    }
}

/// A path beside the file that lies in the container: `./data:/data`, or a mapping.
fn mount(value: &Value) -> Option<(String, String)> {
    let is_beside = |source: &str, target: &str| source.starts_with('.') && target.starts_with('/');
    match value {
        Value::String(text) => {
            let parts: Vec<&str> = text.split(':').collect();
            let [source, target, options @ ..] = parts.as_slice() else { return None };
            let is_open = options.iter().all(|words| !words.split(',').any(|word| word == "ro"));
            (is_open && is_beside(source, target)).then(|| ((*source).to_owned(), (*target).to_owned()))
        }
        value => {
            let field = |key: &str| value.get(key).and_then(Value::as_str);
            let (source, target) = (field("source")?, field("target")?);
            let is_open = value.get("read_only").and_then(Value::as_bool) != Some(true);
            (is_open && is_beside(source, target)).then(|| (source.to_owned(), target.to_owned()))
        }
    }
}

/// A mapping, or a list of `NAME=value` and of names alone.
fn variables(value: &Value) -> Vec<(String, Option<String>)> {
    let scalar = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        value => Some(value.to_string()),
    };
    let pair = |text: &str| match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (text.to_owned(), None),
    };
    match value {
        Value::Object(map) => map.iter().map(|(name, value)| (name.clone(), scalar(value))).collect(),
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(pair).collect(),
        _ => Vec::new(),
    }
}

/// The names of a mapping, or those of a list before `=`.
fn names(value: &Value) -> Vec<String> {
    let name = |text: &str| text.split('=').next().unwrap_or_default().to_owned();
    match value {
        Value::Object(map) => map.keys().cloned().collect(),
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(name).collect(),
        _ => Vec::new(),
    }
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

    #[test]
    fn how_a_service_runs() {
        let text = "services:\n  web:\n    build: .\n    command: gunicorn -b :8000 app\n    working_dir: /code\n    \
                    ports: [8000, '80:8001', '127.0.0.1:1:8002/tcp', '${P:-9}:8003', 5:53/udp, {target: 8004}, '8000']\n    \
                    volumes: ['data:/data', './src:/src', {type: volume, source: up, target: /up}, {type: bind, source: ./x, target: /y}, /only]\n    environment: [A=1, B]\n    depends_on: {w: {condition: x}}\n  \
                    w:\n    image: x\n    command: [celery, worker]\n";
        let services = services(text).unwrap();
        let web = services.iter().find(|service| service.name == "web").unwrap();
        assert_eq!(web.ports, [8000, 8001, 8002, 8003, 8004]);
        let binds: Vec<String> = web.mounts.iter().map(|(source, target)| format!("{source}>{target}")).collect();
        assert_eq!(
            (
                binds.join(" "),
                web.environment
                    .iter()
                    .map(|(name, value)| format!("{name}:{}", value.as_deref().unwrap_or("?")))
                    .collect::<Vec<_>>()
                    .join(" "),
                web.needs.join(" ")
            ),
            ("./src>/src ./x>/y".to_owned(), "A:1 B:?".to_owned(), "w".to_owned())
        );
        assert_eq!((web.folder.as_deref(), web.volumes.join(" ")), (Some("/code"), "/data /up".to_owned()));
        let lines: Vec<String> = services.iter().filter_map(|it| it.command.as_ref()).map(Line::to_string).collect();
        assert_eq!(lines, ["celery worker", "gunicorn -b :8000 app"]);
        assert!(web.build.as_ref().is_some_and(|build| build.is_of("")));
        let mounts = "services:\n  a:\n    volumes: ['./up/:/up', './c.toml:/c.toml:ro', 'x:/x', {type: bind, source: ./y, target: /y}, {type: bind, source: ./z, target: /z, read_only: true}]\n";
        let expected = [("./up/", "/up"), ("./y", "/y")].map(|(source, target)| (source.to_owned(), target.to_owned()));
        assert_eq!(super::services(mounts).unwrap()[0].mounts, expected);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s).{0,200}") {
            let _ = parse(&text);
        }
    }
}
