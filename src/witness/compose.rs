//! Compose files: how the service that is built here is run.

use super::variables::{self, Given};
use super::{CATALOG, services};
use crate::command;
use crate::facts::{Fact, Kind, Strength};
use crate::format::compose::{self, Service};
use crate::path;
use crate::repo::Repo;

/// The testimonies of the compose files at the top; that for production speaks first.
pub fn testify(repo: &Repo) -> Vec<Fact> {
    CATALOG.containers.compose.iter().filter(|path| repo.has(path)).flat_map(|path| of_file(repo, path)).collect()
}

fn of_file(repo: &Repo, path: &str) -> Vec<Fact> {
    let services = match repo.text(path).map(compose::services) {
        Some(Ok(services)) => services,
        Some(Err(fault)) => return vec![Fact::new(Kind::Unreadable(fault.what), path, &fault.quote, Strength::Guess)],
        None => return Vec::new(),
    };
    let is_here = |service: &&Service| service.build.as_ref().is_some_and(|build| build.is_of(""));
    let mut here: Vec<&Service> = services.iter().filter(is_here).collect();
    // The one that is reached from outside is the service, others run its image with words of their own.
    here.sort_by_key(|service| service.ports.is_empty());
    let Some((main, others)) = here.split_first() else { return Vec::new() };
    let mut facts = of_service(repo, main, path);
    facts.extend(beside(main, &services, path));
    let other = |service: &&Service| {
        let line = service.command.as_ref()?.to_string();
        let quote = format!("{}: {line}", service.name);
        Some(Fact::new(Kind::Process(service.name.clone(), line), path, &quote, Strength::Guess))
    };
    facts.extend(others.iter().filter_map(other));
    facts
}

fn of_service(repo: &Repo, service: &Service, file: &str) -> Vec<Fact> {
    let mut facts = Vec::new();
    for (index, port) in service.ports.iter().enumerate() {
        let quote = format!("{}: ports: {port}", service.name);
        facts.push(Fact::new(Kind::Port(*port), file, &quote, super::strength(*port, index == 0)));
    }
    let folder = service.folder.as_deref().unwrap_or_default();
    for volume in &service.volumes {
        let placed = super::placed(volume, folder);
        facts.extend(placed.map(|folder| {
            Fact::new(Kind::Writes(folder), file, &format!("{}: volumes: {volume}", service.name), Strength::Stated)
        }));
    }
    for (source, target) in &service.mounts {
        // What lies in the repository is given to the container and no folder for what it makes.
        let is_made = path::resolve("", source).is_some_and(|source| !source.is_empty() && !repo.exists(&source));
        let quote = format!("{}: volumes: {source}:{target}", service.name);
        let placed = super::placed(target, folder).filter(|_| is_made && !path::name(target).contains('.'));
        facts.extend(placed.map(|folder| Fact::new(Kind::Writes(folder), file, &quote, Strength::Stated)));
    }
    let argv = service.command.as_ref().map(|line| match line {
        compose::Line::Words(words) => command::of_words(words).argv,
        compose::Line::Text(text) => command::read(text).argv,
    });
    if let Some(argv) = argv.filter(|argv| !argv.is_empty()) {
        let quote = format!("{}: command: {}", service.name, argv.join(" "));
        facts.push(Fact::new(Kind::Start(argv), file, &quote, Strength::Stated));
    }
    facts
}

/// What the service is run with and the image does not have: services beside it, and variables.
fn beside(service: &Service, all: &[Service], path: &str) -> Vec<Fact> {
    let images = service.needs.iter().filter_map(|name| all.iter().find(|other| other.name == *name)?.image.as_ref());
    let used = images.filter_map(|image| {
        let quote = format!("image: {image}");
        Some(Fact::new(Kind::Uses(services::named(image)?.to_owned()), path, &quote, Strength::Stated))
    });
    let given = service.environment.iter().take(variables::MOST).map(|(name, value)| Given {
        name: name.clone(),
        value: value.clone(),
        is_optional: value.is_some(),
    });
    used.chain(given.filter_map(|given| variables::testify(&given, path, Strength::Guess))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_the_service_runs() {
        let text = "services:\n  db: {image: 'postgres:18'}\n  web:\n    build: .\n    ports: ['80:8000']\n    command: x serve\n    depends_on: [db]\n    \
                    environment: {SHOP_MODE: live, PORT: 1}\n    volumes: ['./data:/data', './conf:/conf', './x.yml:/x.yml', 'up:/srv/up']\n";
        let repo = Repo::from_list("x", [("compose.yaml", text), ("conf/a", "")]);
        let shown: Vec<String> = testify(&repo).iter().map(|fact| fact.kind.to_string()).collect();
        assert_eq!(
            shown,
            [
                "port 8000",
                "writes /srv/up",
                "writes /data",
                "started with x serve",
                "uses PostgreSQL",
                "is given SHOP_MODE, such as live",
                "port 1",
            ]
        );
    }
}
