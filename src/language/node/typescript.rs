//! The TypeScript compiler: where it writes, and what it makes of a source.

use std::collections::BTreeSet;

use crate::format::tsconfig::{self, Tsconfig};
use crate::path;
use crate::path::{join, normal};
use crate::repo::Repo;

use super::package::Package;

/// The settings of a tsconfig.json with those it builds on; `out_dir` is relative to the repository.
pub fn compiler(repo: &Repo, path: &str) -> Option<Tsconfig> {
    let mut path = path.to_owned();
    let mut found = Tsconfig::default();
    for _ in 0..5 {
        let settings = tsconfig::parse(repo.text(&path)?).ok()?;
        let folder = path::parent(&path).to_owned();
        let place = |own: &str| normal(&join(&folder, own));
        found.out_dir = found.out_dir.or_else(|| settings.out_dir.as_deref().and_then(place));
        found.no_emit = found.no_emit.or(settings.no_emit);
        let base = settings.extends.iter().rev().find(|base| base.starts_with('.'));
        let next = base
            .and_then(|base| place(base))
            .map(|base| if base.ends_with(".json") { base } else { format!("{base}.json") });
        match next.filter(|next| repo.has(next)) {
            Some(next) => path = next,
            None => break,
        }
    }
    Some(found)
}

/// The folder whose inside the compiler mirrors: `rootDir`, else the one in which all sources lie.
pub fn root(repo: &Repo, package: &Package) -> String {
    let settings =
        repo.text(&package.path("tsconfig.json")).and_then(|text| tsconfig::parse(text).ok()).unwrap_or_default();
    let included = settings.include.iter().flatten().all(|path| path.trim_start_matches("./").starts_with("src"));
    let by_include = settings.include.is_some() && included;
    let mut sources = repo
        .below(&package.folder)
        .filter(|path| path.ends_with(".ts") && !path.ends_with(".d.ts") && !path.contains(".config."));
    let all_in_src = sources.all(|path| path.starts_with(&package.path("src/")));
    let stated = settings.root_dir.as_deref().and_then(normal);
    stated.unwrap_or_else(|| if by_include || all_in_src { "src".to_owned() } else { String::new() })
}

/// The folders of sources that a compiler turns into something else.
pub fn sources(repo: &Repo, package: &Package) -> BTreeSet<String> {
    let settings = repo.text(&package.path("tsconfig.json")).and_then(|text| tsconfig::parse(text).ok());
    let root =
        settings.and_then(|settings| settings.root_dir).as_deref().and_then(normal).filter(|path| !path.is_empty());
    let top = |path: String| path.split('/').next().map(str::to_owned);
    root.and_then(top).into_iter().chain(["src".to_owned()]).collect()
}
