//! What all services have together: documents and wishes.

use std::collections::BTreeMap;

use super::{Choice, Part, Wanting};
use crate::changes::{Change, Fate, reconcile};
use crate::cli::settle;
use crate::config::Standing;
use crate::disk;
use crate::error::Error;
use crate::lock::Lock;
use crate::neighbours;
use crate::repo::Repo;
use crate::service::{Role, Service};
use crate::services::together;

/// What happens to the documents that all services have together.
pub fn shared(wanting: &Wanting, repo: &Repo, parts: &[Part], lock: &Lock) -> Result<Vec<Change>, Error> {
    let pairs: Vec<_> = parts.iter().map(|part| (&part.known, &part.outlook.draft)).collect();
    let documents = if pairs.is_empty() { Vec::new() } else { together::documents(repo, &pairs)? };
    let mut today = BTreeMap::new();
    for document in &documents {
        today.insert(document.path.clone(), disk::today_or(wanting.dir, &document.path, wanting.manners.force)?);
    }
    let text = |path: &str| today.get(path).cloned().flatten();
    let whole = Service::default();
    let mut changes = reconcile(&whole, &documents, lock, text, wanting.manners, repo);
    let other = repo.inside("").find(|path| path.starts_with("docker-bake.") && *path != whole.path(Role::Bake));
    let asks = pairs.iter().any(|(_, draft)| draft.wishes.ci.is_some());
    for change in changes.iter_mut().filter(|change| change.fate == Fate::Create) {
        let why = match change.role {
            Role::Bake => other.map(|other| format!("`docker buildx bake` reads `{other}` too")),
            _ if !repo.folder().is_empty() => {
                Some("GitHub reads workflows at the top of a git repository only: run dockgen there".to_owned())
            }
            _ => neighbours::publisher(repo, &whole).filter(|_| !asks).map(|it| {
                format!("`{}` publishes images already ({}); `--ci github` writes it all the same", it.path, it.what)
            }),
        };
        why.into_iter().for_each(|why| change.hold(why));
    }
    Ok(changes)
}

/// The text of `dockgen.toml` with what was asked for: of one service in its section.
pub fn kept(wanting: &Wanting, standing: &Standing) -> Result<Option<String>, Error> {
    let own = ["entry", "port", "name"];
    match wanting.choice {
        Choice::Named(names) if names.len() == 1 => {
            let name = names.first().map_or("", String::as_str);
            let section = standing.services.get(name).cloned().unwrap_or_default();
            settle::kept_in(wanting.dir, &format!("service.{name}."), wanting.asked, &section)
        }
        _ => match wanting.asked.said().iter().find(|(key, _)| own.contains(key)) {
            Some((key, _)) => Err(Error::usage(format!("`--{key}` holds for one service, and there are several"))
                .hint("name the service: `--service NAME`")),
            None => settle::kept(wanting.dir, wanting.asked, &standing.all),
        },
    }
}
