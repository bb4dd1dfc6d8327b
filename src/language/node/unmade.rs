//! Code that sources import and that is not in the repository, and the script of the package that makes it.

use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::path::{join, parent, resolve};
use crate::repo::Repo;
use crate::source::{Pattern, go::line};

use super::catalog::CATALOG;
use super::package::Package;
use super::source::MOST_FILES;

/// An import at the begin of a line, also the last line of one; the group is a path of the package.
static IMPORT: Pattern =
    Pattern::new(r#"(?m)^(?:import\b|export\b|\})[^'"\n;]*?['"]((?:\.\.?|src)/[A-Za-z0-9_./-]*[A-Za-z0-9_])['"]"#);

/// Code that is imported and not there.
#[derive(Debug)]
pub struct Unmade {
    /// The import.
    pub evidence: Evidence,
    /// The script that makes it.
    pub script: Option<String>,
}

impl Unmade {
    /// What is said where nothing makes it.
    pub fn fact(&self) -> Option<Fact> {
        let what = format!(
            "{} imports what is not in the repository, and no script is known to make it: let a command of `build.commands` do so where the build needs it",
            self.evidence
        );
        self.script.is_none().then(|| Fact::from_evidence(Kind::Warning(what), self.evidence.clone()))
    }
}

/// What the first import names that nothing in the repository fits, in the folder of a package.
pub fn find(repo: &Repo, package: &Package) -> Option<Unmade> {
    let is_page = |path: &&str| {
        let sources = &CATALOG.sources;
        let is_aside = |path: &str| sources.aside.iter().any(|part| path.contains(part.as_str()));
        sources.pages.iter().any(|end| path.ends_with(end.as_str())) && !is_aside(path) && !is_of_tests(path)
    };
    let evidence = repo.below(&package.folder).filter(is_page).take(MOST_FILES).find_map(|path| {
        let text = repo.text(path)?;
        let named = IMPORT.captures_iter(text).filter_map(|found| found.get(1));
        let missing = named.into_iter().find(|word| !is_there(repo, package, path, word.as_str()))?;
        Some(Evidence::new(path, line(text, missing.start()), Strength::Stated))
    })?;
    let makes = |line: &str| CATALOG.generators.iter().any(|tool| line.contains(tool.as_str()));
    let mut scripts = package.manifest.scripts.iter();
    let script = scripts.find(|(_, line)| makes(line) && !line.contains("--watch")).map(|(name, _)| name.clone());
    let is_run =
        |line: &String| makes(line) || script.as_ref().is_some_and(|script| line.split(' ').any(|word| word == script));
    let is_made = built(package).any(is_run);
    (!is_made).then_some(Unmade { evidence, script })
}

/// The scripts that an installation and the build run.
fn built(package: &Package) -> impl Iterator<Item = &String> {
    let usual = CATALOG.usual.builds.iter().flat_map(|name| [format!("pre{name}"), name.clone()]);
    let hooks = package.hooks().map(str::to_owned);
    usual.chain(hooks).filter_map(|name| package.manifest.scripts.get(&name))
}

fn is_of_tests(path: &str) -> bool {
    path.split('/').any(|part| CATALOG.sources.folders.iter().any(|folder| folder == part))
}

/// Whether a file or a folder of the repository is what an import of a source means.
fn is_there(repo: &Repo, package: &Package, source: &str, word: &str) -> bool {
    let from = if word.starts_with('.') { parent(source) } else { package.folder.as_str() };
    let Some(place) = resolve(from, word) else { return true };
    let (folder, name) = (parent(&place), crate::path::name(&place));
    // A framework makes what is named `$types` or lies in a hidden folder.
    if place.split('/').any(|part| part.starts_with(['.', '$', '+'])) || repo.has_folder(&place) {
        return true;
    }
    // Another ending may stand for the one of the source: `./a.js` is `a.ts`.
    let stem = join(folder, name.split('.').next().unwrap_or(name));
    repo.has(&place) || repo.has_beginning(&format!("{stem}.")) || repo.has_folder(&stem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::package_json;

    #[test]
    fn imports_that_nothing_fits() {
        let manifest = r#"{"scripts": {"gen": "graphql-codegen --config codegen.yml"}}"#;
        for (line, missing) in [
            ("import {A} from './gen/a'", true),
            ("import {\n  A,\n} from \"../gen/a\";", true),
            ("import * as G from 'src/gen/a'", true),
            ("export * from './b.js'", false),
            ("import './b'", false),
            ("import x from './c'", false),
            ("import x from './$types'", false),
            ("import x from 'gen/a'", false),
            ("// import x from './gen/a'", false),
        ] {
            let repo = Repo::from_list("x", [("src/p/a.ts", line), ("src/p/b.tsx", ""), ("src/p/c/index.ts", "")]);
            let package = Package::new(&repo, "", package_json::parse(manifest).unwrap());
            let found = find(&repo, &package);
            assert_eq!(found.is_some(), missing, "{line}");
            assert!(found.is_none_or(|found| found.script.as_deref() == Some("gen")), "{line}");
            let built = manifest.replace("{\"gen", "{\"build\": \"yarn gen && vite build\", \"gen");
            let package = Package::new(&repo, "", package_json::parse(&built).unwrap());
            assert!(find(&repo, &package).is_none(), "{line}");
        }
    }
}
