//! The framework behind a build, and the shape that a service has it in.

use nodejs_semver::Range;

use crate::command::option;
use crate::facts::{Evidence, Strength};
use crate::path::normal;
use crate::repo::Repo;

use super::angular::{self, Settings};
use super::catalog::{CATALOG, Framework, Mode, Reader};
use super::package::Package;
use super::steps::{begins, words};

/// A framework in the shape that a service has it.
#[derive(Debug, Clone)]
pub struct Shape {
    /// The framework.
    pub framework: &'static Framework,
    /// Its mode.
    pub mode: Mode,
    /// What speaks for it.
    pub evidence: Evidence,
    /// The path below which browsers ask for its files, where that is not the top.
    pub base: Option<String>,
}

/// The first framework that fits.
pub fn shape(repo: &Repo, package: &Package, steps: &[String]) -> Option<Shape> {
    CATALOG.framework.iter().find_map(|framework| {
        package.manifest.dependency(&framework.dependency)?;
        let steps: Vec<String> = steps.iter().map(|step| words(step).join(" ")).collect();
        let called = steps.iter().any(|step| framework.commands.iter().any(|command| begins(step, command)));
        let settings = settings(repo, package, framework);
        let mode = framework.mode.iter().find(|mode| fits(repo, package, framework, mode, &steps, &settings))?;
        // A build script that does not call it builds something else.
        let callable =
            framework.command_package.as_ref().is_none_or(|name| package.manifest.dependency(name).is_some());
        let unsaid = steps.is_empty()
            && callable
            && (!mode.is_static
                || mode.file.is_some()
                || framework.config.iter().any(|file| repo.has(&package.path(file))));
        (called || unsaid).then(|| {
            let quote = format!("\"{}\"", framework.dependency);
            let evidence = Evidence::new(&package.path("package.json"), &quote, Strength::Stated);
            let base = base(repo, package, framework, &steps, &settings);
            let mut mode = settle(repo, package, &settings, mode);
            let found = mode.fallback.as_ref().and_then(|pattern| find_setting(repo, package, framework, pattern));
            mode.fallback = found.or(mode.fallback).filter(|name| name.chars().all(is_plain));
            Shape { framework, mode, evidence, base }
        })
    })
}

fn fits(
    repo: &Repo,
    package: &Package,
    framework: &Framework,
    mode: &Mode,
    steps: &[String],
    settings: &Settings,
) -> bool {
    let configured = |pattern: &String| find_setting(repo, package, framework, pattern).is_some();
    mode.when.as_ref().is_none_or(configured)
        && !mode.unless.as_ref().is_some_and(configured)
        && mode.releases.as_ref().is_none_or(|releases| is_of(package, framework, releases))
        && mode.needs.as_ref().is_none_or(|name| package.manifest.dependency(name).is_some())
        && mode.script.as_ref().is_none_or(|part| steps.iter().any(|step| step.contains(part.as_str())))
        && mode.file.as_ref().is_none_or(|file| repo.has(&package.path(file)))
        && mode.says.as_ref().is_none_or(|word| settings.words.contains(&word.as_str()))
}

/// Whether the oldest release of a framework that a manifest allows is one of these.
fn is_of(package: &Package, framework: &Framework, releases: &str) -> bool {
    let stated = package.manifest.dependency(&framework.dependency).and_then(|range| Range::parse(range).ok());
    let oldest = stated.and_then(|range| range.min_version());
    oldest.zip(Range::parse(releases).ok()).is_some_and(|(version, range)| range.satisfies(&version))
}

/// A framework's own settings.
fn settings(repo: &Repo, package: &Package, framework: &Framework) -> Settings {
    match framework.reader {
        Some(Reader::AngularJson) => angular::settings(repo, package),
        None => Settings::default(),
    }
}

/// Whether one of a framework's modes fits.
pub fn is_fitting(repo: &Repo, package: &Package, framework: &Framework, steps: &[String]) -> bool {
    let settings = settings(repo, package, framework);
    framework.mode.iter().any(|mode| fits(repo, package, framework, mode, steps, &settings))
}

/// A mode with the folders of this service.
pub fn settled(repo: &Repo, package: &Package, framework: &Framework, mode: &Mode) -> Mode {
    settle(repo, package, &settings(repo, package, framework), mode)
}

/// The mode as this service has it: with its folders, and without what is not there.
fn settle(repo: &Repo, package: &Package, settings: &Settings, mode: &Mode) -> Mode {
    let there = |paths: &[String]| paths.iter().filter(|path| repo.exists(&package.path(path))).cloned().collect();
    let fill = |words: &[String]| words.iter().map(|word| settings.fill(word)).collect();
    Mode {
        keeps: there(&mode.keeps),
        beside: there(&mode.beside),
        output: fill(&mode.output),
        start: fill(&mode.start),
        ..mode.clone()
    }
}

/// The first group of a pattern (or the whole match) in one of a framework's files, outside of comments.
fn find_setting(repo: &Repo, package: &Package, framework: &Framework, pattern: &str) -> Option<String> {
    let pattern = crate::source::Pattern::from(pattern.to_owned());
    framework.config.iter().find_map(|file| {
        let text = repo.text(&package.path(file))?;
        let lines =
            text.lines().filter(|line| !line.trim_start().starts_with("//") && !line.trim_start().starts_with('*'));
        let text = lines.collect::<Vec<_>>().join("\n");
        let found = pattern.captures(&text)?;
        found.get(1).or_else(|| found.get(0)).map(|group| group.as_str().to_owned())
    })
}

/// The path below which browsers ask for the files: of an option, a setting, or the address of the site.
fn base(
    repo: &Repo,
    package: &Package,
    framework: &Framework,
    steps: &[String],
    settings: &Settings,
) -> Option<String> {
    let row = &framework.base;
    let words = |step: &String| step.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let said = || steps.iter().find_map(|step| option(&words(step), std::slice::from_ref(row.option.as_ref()?)));
    let set = || row.setting.as_ref().and_then(|pattern| find_setting(repo, package, framework, pattern));
    let address = package.manifest.homepage.as_deref().filter(|_| row.homepage);
    let path = |address: &str| Some(address.split_once("://")?.1.split_once('/')?.1.to_owned());
    let found = said().or_else(set).or_else(|| settings.base.clone()).or_else(|| address.and_then(path))?;
    normal(found.trim_start_matches('/')).filter(|path| !path.is_empty() && path.chars().all(is_plain))
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "/._-".contains(c)
}

/// Where a framework's build writes, if a script or a setting says another place than the usual one.
pub fn output(repo: &Repo, package: &Package, framework: &Framework, words: &[String]) -> Option<String> {
    said(repo, package, framework, words).as_deref().and_then(normal).filter(|path| !path.is_empty())
}

/// The same as it is written: it may lie outside of the package.
pub fn said(repo: &Repo, package: &Package, framework: &Framework, words: &[String]) -> Option<String> {
    let said = framework.output_option.as_ref().and_then(|name| option(words, std::slice::from_ref(name)));
    let set = || framework.output_setting.as_ref().and_then(|pattern| find_setting(repo, package, framework, pattern));
    said.or_else(set).or_else(|| settings(repo, package, framework).said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::package_json;

    #[test]
    fn frameworks_have_modes() {
        let mode = |dependency: &str, script: &str, files: &[(&str, &str)]| {
            let manifest =
                format!(r#"{{"scripts": {{"build": "{script}"}}, "dependencies": {{"{dependency}": "1"}}}}"#);
            let mut all = vec![("package.json", manifest.as_str())];
            all.extend(files);
            let repo = Repo::from_list("x", all);
            let manifest = package_json::parse(repo.text("package.json").unwrap()).unwrap();
            let (_, shape) = super::super::build::read(&repo, &Package::new(&repo, "", manifest));
            shape.map(|shape| (shape.framework.id.as_str(), shape.mode.id, shape.mode.output.join(" ")))
        };
        let some = |framework, mode: &str, output: &str| Some((framework, mode.to_owned(), output.to_owned()));
        assert_eq!(mode("next", "next build", &[]), some("next", "server", ".next"));
        assert_eq!(
            mode("next", "next build", &[("next.config.js", "module.exports = { output: 'standalone' }")]),
            some("next", "standalone", ".next/standalone")
        );
        assert_eq!(
            mode("next", "next build", &[("next.config.js", "// output: 'export'")]),
            some("next", "server", ".next")
        );
        assert_eq!(
            mode("next", "next build", &[("next.config.ts", "export default { output: \"export\" };")]),
            some("next", "export", "out")
        );
        assert_eq!(mode("vite", "vite build", &[("index.html", "")]), some("vite", "static", "dist"));
        assert_eq!(mode("vite", "tsc", &[("index.html", "")]), None);
        assert_eq!(
            mode(
                "@angular/core",
                "ng build",
                &[(
                    "angular.json",
                    r#"{"projects": {"shop": {"projectType": "application", "architect": {"build": {"builder": "@angular/build:application", "options": {}}}}}}"#
                )]
            ),
            some("angular", "static", "dist/shop/browser")
        );
    }
}
