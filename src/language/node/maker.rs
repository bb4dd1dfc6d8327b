//! Which package and which script make a path of the repository: by its scripts, its configuration, and the recipes that move
//! what it makes.

use crate::catalog::SHARED;
use crate::command::{self, Command};
use crate::facts::{Evidence, Strength};
use crate::format::tasks::Task;
use crate::format::{justfile, makefile, package_json};
use crate::path::{is_below, join, name, parent, resolve};
use crate::repo::Repo;
use crate::source::mask::{JAVASCRIPT, Masked};
use crate::source::shell;

use super::catalog::CATALOG;
use super::manager;

/// Packages and recipes that are looked at, at most.
const MOST: usize = 24;

/// Where packages lie that are installed.
const PACKAGES: &str = "node_modules";

/// What makes a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maker {
    /// The folder of the package.
    pub folder: String,
    /// The script, where it is not the usual one.
    pub script: Option<String>,
    /// The path that is made, as far as it is not in the repository.
    pub made: String,
    /// What moves it there.
    pub moves: Vec<Vec<String>>,
    /// Where that shows.
    pub evidence: Evidence,
}

/// A package with scripts.
struct Package {
    folder: String,
    manifest: String,
    scripts: Vec<(String, String)>,
}

/// What makes this path, or what is missing below it.
pub fn find(repo: &Repo, wanted: &str) -> Option<Maker> {
    let packages = packages(repo);
    if packages.is_empty() {
        return None;
    }
    // Where a package with a build is around it, others only take what that makes.
    let around = |package: &&Package| is_below(wanted, &package.folder);
    let builds = |package: &Package| {
        !package.folder.is_empty() && package.scripts.iter().any(|(name, _)| CATALOG.usual.builds.contains(name))
    };
    let is_around = packages.iter().filter(around).any(builds);
    let scripted = packages.iter().filter(|package| !is_around || around(package));
    let of_scripts = scripted.into_iter().find_map(|package| by_script(repo, package, wanted));
    let of_settings = || packages.iter().find_map(|package| by_settings(repo, package, wanted));
    of_scripts.or_else(of_settings).or_else(|| by_recipe(repo, &packages, wanted))
}

/// The folders of packages with scripts.
pub fn folders(repo: &Repo) -> Vec<String> {
    packages(repo).into_iter().map(|package| package.folder).collect()
}

/// An empty file that a recipe makes below a folder, for builds without what belongs there.
pub fn placeholder(repo: &Repo, wanted: &str) -> Option<(String, Evidence)> {
    recipe_files(repo).find_map(|file| {
        let text = repo.text(file)?;
        let commands = shell::commands(text);
        let touches = |argv: &&Vec<String>| argv.first() == Some(&CATALOG.front_end.touch);
        let touched = commands.iter().filter(touches).flatten().skip(1);
        let inside =
            touched.filter_map(|word| resolve("", word)).find(|path| path != wanted && is_below(path, wanted))?;
        Some((inside, Evidence::new(file, &format!("touch {wanted}"), Strength::Stated)))
    })
}

fn recipe_files(repo: &Repo) -> impl Iterator<Item = &str> {
    let is_recipe = |path: &&str| {
        let file = name(path);
        let is_named = CATALOG.front_end.make.iter().chain(&CATALOG.front_end.just).any(|name| name == file);
        path.matches('/').count() <= 2 && (is_named || file.ends_with(".sh"))
    };
    repo.files().filter(is_recipe).take(MOST)
}

fn packages(repo: &Repo) -> Vec<Package> {
    let is_near = |path: &&str| path.matches('/').count() <= 4 && name(path) == "package.json";
    let is_aside = |path: &str| path.split('/').any(|part| SHARED.aside.iter().any(|aside| aside == part));
    let manifests = repo.files().filter(is_near).filter(|path| !is_aside(path)).take(MOST);
    let read = |path: &str| {
        let manifest = package_json::parse(repo.text(path)?).ok()?;
        let scripts: Vec<(String, String)> = manifest.scripts.into_iter().collect();
        Some(Package { folder: parent(path).to_owned(), manifest: path.to_owned(), scripts })
    };
    manifests.filter_map(read).filter(|package| !package.scripts.is_empty()).collect()
}

/// The path that a word names for somebody who waits for `wanted`, as seen from a folder: not the folder itself nor one above it.
fn made(repo: &Repo, folder: &str, word: &str, wanted: &str) -> Option<String> {
    let word = word.trim_matches(['"', '\'', '`', ';', ',', ')', '(']);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/@".contains(c);
    if word.is_empty() || word.starts_with('/') || !word.chars().all(is_plain) {
        return None;
    }
    let path = resolve(folder, word).filter(|path| !path.is_empty() && !is_below(folder, path))?;
    let has_ending = name(&path).rsplit_once('.').is_some_and(|(stem, _)| !stem.is_empty());
    let path = if has_ending { parent(&path).to_owned() } else { path };
    if is_below(folder, &path) {
        return None;
    }
    let is_there = |path: &str| repo.below(path).any(is_built) || (path != wanted && repo.exists(path));
    if is_below(wanted, &path) || (is_below(&path, wanted) && !repo.exists(wanted)) {
        return Some(wanted.to_owned()).filter(|path| !path.is_empty() && !is_there(path));
    }
    (is_below(&path, wanted) && !is_there(&path)).then_some(path)
}

/// Whether a file is what builds of front ends make: where none is there, what is there only keeps the place.
pub fn is_built(path: &str) -> bool {
    CATALOG.front_end.built.iter().any(|ending| path.ends_with(ending.as_str()))
}

/// What the scripts and the configuration of the package in a folder say that its build writes, as far as it is not in the
/// repository. A path with an ending is a file of a page; its folder is what is made.
pub fn written(repo: &Repo, folder: &str) -> Vec<Maker> {
    let Some(package) = packages(repo).into_iter().find(|package| package.folder == folder) else { return Vec::new() };
    let usual = |name: &&String| package.scripts.iter().any(|(script, _)| script == *name);
    let whole = CATALOG.usual.builds.iter().find(usual);
    let maker = |made: String, script: Option<&String>, evidence: Evidence| Maker {
        folder: folder.to_owned(),
        script: whole.or(script).cloned(),
        made,
        moves: Vec::new(),
        evidence,
    };
    let mut found = Vec::new();
    for (script, line) in package.scripts.iter().filter(|(script, _)| is_meant(script)) {
        let words = line.split([' ', '=', '\t']);
        let evidence = || Evidence::new(&package.manifest, &format!("\"{script}\": \"{line}\""), Strength::Stated);
        found.extend(
            words
                .filter_map(|word| missing(repo, folder, word, true))
                .map(|made| maker(made, Some(script), evidence())),
        );
    }
    for (file, masked) in settings(repo, &package) {
        let said = masked.literals().filter(|(at, _)| is_output(masked.line(*at)));
        let made = said.filter_map(|(at, text)| Some((missing(repo, folder, text, false)?, masked.line(at))));
        found.extend(made.map(|(made, line)| maker(made, None, Evidence::new(file, line, Strength::Stated))));
    }
    found.retain(|maker| maker.script.is_some());
    found
}

/// The folder that is made by a build that writes to what a word names.
fn missing(repo: &Repo, folder: &str, word: &str, only_files: bool) -> Option<String> {
    let word = word.trim_matches(['"', '\'', '`', ';', ',', ')', '(']);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/@".contains(c);
    let is_page = |path: &str| !name(path).starts_with('.');
    let is_path = word.contains('/') && !word.starts_with('/') && word.chars().all(is_plain);
    let path = resolve(folder, word).filter(|_| is_path)?;
    let made = match is_built(&path) {
        true if repo.has(&path) => return None,
        true => parent(&path).to_owned(),
        false if only_files || repo.has(&path) || repo.below(&path).any(is_page) => return None,
        false => path,
    };
    let is_package = made.split('/').any(|part| part == PACKAGES);
    (!made.is_empty() && !is_package && !is_below(folder, &made)).then_some(made)
}

/// The names of the scripts of the package in a folder.
pub fn scripts(repo: &Repo, folder: &str) -> Vec<String> {
    let found = packages(repo).into_iter().find(|package| package.folder == folder);
    found.into_iter().flat_map(|package| package.scripts).map(|(name, _)| name).collect()
}

/// The script of the package in a folder that builds by its name.
pub fn script(repo: &Repo, folder: &str) -> Option<String> {
    let usual = &CATALOG.usual.builds;
    let begins = |name: &String| usual.iter().any(|usual| name.split([':', '-', '_']).next() == Some(usual));
    let mut names = scripts(repo, folder);
    names.retain(|name| begins(name) && is_meant(name));
    let rank =
        |name: &String| (usual.iter().position(|usual| usual == name).unwrap_or(usual.len()), !name.contains("prod"));
    names.into_iter().min_by_key(rank)
}

/// Whether the name of a script is not one of those for development.
pub fn is_meant(script: &str) -> bool {
    let first = script.split([':', '-', '_']).next().unwrap_or_default();
    !CATALOG
        .front_end
        .not
        .iter()
        .any(|word| word == first || script.ends_with(&format!(":{word}")) || script.ends_with(&format!("-{word}")))
}

/// Whether a line gives a value to a setting that says where the result lies.
fn is_output(line: &str) -> bool {
    let key = line.split([':', '=']).next().unwrap_or_default();
    let key = key.rsplit(|c: char| !c.is_ascii_alphanumeric()).find(|word| !word.is_empty());
    key.is_some_and(|key| CATALOG.front_end.written.iter().any(|word| word == key))
}

fn says_output(line: &str) -> bool {
    CATALOG.front_end.output.iter().any(|word| line.contains(word.as_str()))
}

/// The configuration of bundlers in the folder of a package, and the files there that its scripts run.
fn settings<'r>(repo: &'r Repo, package: &Package) -> Vec<(&'r str, Masked<'r>)> {
    let is_run = |file: &str| {
        let mut words = package.scripts.iter().flat_map(|(_, line)| line.split_whitespace());
        words.any(|word| word.trim_start_matches("./") == file)
    };
    let is_settings = |file: &str| CATALOG.front_end.settings.iter().any(|begin| file.starts_with(begin.as_str()));
    let files = repo.inside(&package.folder).filter(|path| is_settings(name(path)) || is_run(name(path)));
    files.take(MOST).filter_map(|file| Some((file, Masked::new(repo.text(file)?, &JAVASCRIPT)))).collect()
}

fn by_script(repo: &Repo, package: &Package, wanted: &str) -> Option<Maker> {
    let names = |(script, line): &(String, String)| {
        let made = line.split([' ', '=', '\t']).find_map(|word| made(repo, &package.folder, word, wanted))?;
        let quote = format!("\"{script}\": \"{line}\"");
        Some(Maker {
            folder: package.folder.clone(),
            script: Some(script.clone()),
            made,
            moves: Vec::new(),
            evidence: Evidence::new(&package.manifest, &quote, Strength::Stated),
        })
    };
    let mut found: Vec<Maker> =
        package.scripts.iter().filter(|(script, _)| is_meant(script)).filter_map(names).collect();
    let rank = |maker: &Maker| {
        let script = maker.script.as_deref().unwrap_or_default();
        CATALOG.usual.builds.iter().position(|name| name == script).unwrap_or(usize::MAX)
    };
    found.sort_by_key(rank);
    found.into_iter().next()
}

/// A configuration of a bundler, or a file that a script runs, which names the path.
fn by_settings(repo: &Repo, package: &Package, wanted: &str) -> Option<Maker> {
    settings(repo, package).into_iter().find_map(|(file, masked)| {
        let roots: Vec<String> = masked
            .literals()
            .filter(|(at, _)| masked.line(*at).contains("root"))
            .filter_map(|(_, text)| resolve(&package.folder, text))
            .collect();
        let found = masked.literals().filter(|(at, _)| says_output(masked.line(*at))).find_map(|(at, text)| {
            let bases = std::iter::once(package.folder.as_str()).chain(roots.iter().map(String::as_str));
            let path = bases.into_iter().find_map(|base| made(repo, base, text, wanted))?;
            Some((path, masked.line(at)))
        });
        let (made, line) = found?;
        Some(Maker {
            folder: package.folder.clone(),
            script: None,
            made,
            moves: Vec::new(),
            evidence: Evidence::new(file, line, Strength::Stated),
        })
    })
}

/// A recipe of a task runner or a script that runs a package's build and moves what it makes.
fn by_recipe(repo: &Repo, packages: &[Package], wanted: &str) -> Option<Maker> {
    recipe_files(repo).find_map(|file| {
        let recipes = recipes(file, repo.text(file)?);
        recipes.iter().find_map(|commands| moved(packages, file, commands, wanted))
    })
}

/// The commands of each recipe of a file.
fn recipes(file: &str, text: &str) -> Vec<Vec<Command>> {
    if file.ends_with(".sh") {
        return vec![command::script(text, "", &[])];
    }
    let is_just = CATALOG.front_end.just.iter().any(|known| known == name(file));
    let parse = if is_just { justfile::parse } else { makefile::parse };
    let of = |task: Task| task.lines.iter().flat_map(|line| command::script(line, &task.folder, &[])).collect();
    parse(text).unwrap_or_default().into_iter().map(of).collect()
}

fn moved(packages: &[Package], file: &str, commands: &[Command], wanted: &str) -> Option<Maker> {
    let mut built: Option<(&Package, String)> = None;
    let mut moves: Vec<Vec<String>> = Vec::new();
    for Command { argv, folder, .. } in commands {
        let (program, rest) = argv.split_first()?;
        if manager::known().contains(&program.as_str()) {
            let package = packages.iter().find(|package| package.folder == *folder)?;
            let known = rest.iter().find(|word| package.scripts.iter().any(|(name, _)| name == *word));
            if let Some(script) = known {
                built = Some((package, script.clone()));
                moves.clear();
            }
        } else if CATALOG.front_end.moves.contains(program) && built.is_some() {
            moves.push(placed(program, rest, folder)?);
        }
    }
    let reaches = |argv: &Vec<String>| argv.iter().skip(1).any(|path| *path == format!("/src/{wanted}"));
    let (package, script) = built.filter(|_| moves.iter().any(reaches))?;
    Some(Maker {
        folder: package.folder.clone(),
        script: Some(script),
        made: wanted.to_owned(),
        moves,
        evidence: Evidence::new(file, &format!("{wanted} ({})", name(file)), Strength::Stated),
    })
}

/// A command that moves files, with paths from the top of the sources; `None` where a shell has to read them.
fn placed(program: &str, words: &[String], at: &str) -> Option<Vec<String>> {
    let mut argv = vec![program.to_owned()];
    for word in words {
        if word.contains(['*', '?', '$', '[', '{', '`']) {
            return None;
        }
        argv.push(if word.starts_with('-') { word.clone() } else { join("/src", &resolve(at, word)?) });
    }
    Some(argv)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(wanted: &str, files: &[(&str, &str)]) -> Option<(String, Option<String>, String, usize)> {
        let repo = Repo::from_list("x", files.iter().copied());
        find(&repo, wanted).map(|maker| (maker.folder, maker.script, maker.made, maker.moves.len()))
    }

    #[test]
    fn scripts_settings_and_recipes_make_folders() {
        let some = |folder: &str, script: Option<&str>, made: &str, moves| {
            Some((folder.to_owned(), script.map(str::to_owned), made.to_owned(), moves))
        };
        let moved = r#"{"scripts": {"build": "vite build", "release": "vite build --outDir=../server/dist"}}"#;
        let plain = r#"{"scripts": {"build": "vite build", "dev": "vite --outDir ../server/dist"}}"#;
        let page = ("server/dist/index.html", "no front end here");
        assert_eq!(
            made("server/dist", &[("web/package.json", moved), page]),
            some("web", Some("release"), "server/dist", 0)
        );
        assert_eq!(made("server/dist", &[("web/package.json", plain)]), None);
        let there = ("server/dist/app.js", "");
        assert_eq!(made("server/dist", &[("web/package.json", moved), there]), None);
        let settings = ("web/vite.config.ts", "export default { build: { outDir: '../server/dist' } }");
        assert_eq!(made("server/dist", &[("web/package.json", plain), settings]), some("web", None, "server/dist", 0));
        let rooted = ("vite.config.js", "export default { root: './assets',\n build: { outDir: '../dist/' } }");
        assert_eq!(made("dist", &[("package.json", plain), rooted]), some("", None, "dist", 0));
        let inner = r#"{"scripts": {"build": "esbuild a.js --outdir=server/ui/dist"}}"#;
        assert_eq!(
            made("server/ui", &[("package.json", inner), ("server/ui/index.html", "")]),
            some("", Some("build"), "server/ui/dist", 0)
        );
        let make = (
            "Makefile",
            "web:\n\tcd web \\\n\t&& npm run build \\\n\t&& rm -rf ../server/site \\\n\t&& mv build ../server/site\n",
        );
        assert_eq!(
            made("server/site", &[("web/package.json", plain), make]),
            some("web", Some("build"), "server/site", 2)
        );
        let script = ("scripts/build.sh", "#!/bin/sh\ncd web\nnpm run build\ncd ..\ncp -r web/dist server/site\n");
        assert_eq!(
            made("server/site", &[("web/package.json", plain), script]),
            some("web", Some("build"), "server/site", 1)
        );
        let unknown = ("Makefile", "web:\n\tcd web && npm run build && cp dist/* ../server/site\n");
        assert_eq!(made("server/site", &[("web/package.json", plain), unknown]), None);
    }
}
