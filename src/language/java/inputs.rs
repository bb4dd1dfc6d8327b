//! What Maven reads before the sources: poms, `.mvn`, and the files that plugins are told of.

use std::collections::BTreeSet;

use super::catalog::CATALOG;
use super::config;
use super::reactor::{Module, Reactor};
use crate::format::pom::{Element, resolve};
use crate::repo::Repo;

/// The paths, poms first.
pub fn read(repo: &Repo, reactor: &Reactor) -> Vec<String> {
    let mut inputs = reactor.files.clone();
    inputs.sort_by_key(|path| path.split('/').count());
    inputs.extend(CATALOG.layout.mvn.iter().filter(|path| repo.has(path)).cloned());
    let configured = reactor.modules.iter().flat_map(|module| configured(repo, module));
    let found: BTreeSet<String> = configured.chain(config::read(repo).settings).collect();
    let below = |path: &String| path.match_indices('/').any(|(at, _)| found.contains(&path[..at]));
    let taken: BTreeSet<String> = inputs.iter().cloned().collect();
    inputs.extend(found.iter().filter(|path| !below(path) && !taken.contains(*path)).cloned());
    inputs
}

/// Paths that are there, of those in the configuration of plugins, jars beside the poms, and repositories of files.
fn configured(repo: &Repo, module: &Module) -> Vec<String> {
    let lineage = &module.lineage;
    let mut found = Vec::new();
    let is_skipped = |artifact: &String| CATALOG.skip.iter().any(|row| row.plugins.contains(artifact));
    let mut settings = lineage.all_plugin_settings();
    for plugin in lineage.plugins().filter(|plugin| !is_skipped(&plugin.artifact)) {
        let all = settings.remove(plugin.artifact.as_str()).into_iter().flatten();
        let texts = all.flat_map(|plugin| plugin.configurations()).flat_map(Element::descendants);
        found.extend(texts.filter(|element| element.text.contains('/')).map(|element| lineage.resolve(&element.text)));
        let rows = CATALOG.generator.iter().filter(|row| row.plugin == plugin.artifact);
        found.extend(rows.flat_map(|row| row.folders.iter().cloned()));
    }
    found.extend(module.dependencies.iter().filter_map(|entry| entry.system_path.clone()));
    let of_files = |url: &str| Some(url.strip_prefix("file:")?.trim_start_matches("//").to_owned());
    found.extend(lineage.repositories().iter().filter_map(|place| of_files(&place.url)));
    let here = found.iter().filter_map(|path| resolve(module.folder(), path));
    here.filter(|path| is_input(repo, path)).collect()
}

/// Whether the warm-up may read a path: it is there, and no edit of an ordinary source changes it.
fn is_input(repo: &Repo, path: &str) -> bool {
    let is_ordinary = |folder: &String| path == folder || path.ends_with(&format!("/{folder}"));
    !path.is_empty()
        && !CATALOG.layout.ordinary.iter().any(is_ordinary)
        && !path.contains("src/test/")
        && !path.contains("src/main/java/")
        && repo.exists(path)
        && !path.ends_with("pom.xml")
}
