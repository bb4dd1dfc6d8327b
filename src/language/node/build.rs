//! What the build of a service is: its commands, the framework behind it, and where the result lies.

use std::collections::BTreeMap;

use crate::command::option;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::format::package_json::Texts;
use crate::path;
use crate::path::{join, normal};
use crate::repo::Repo;
use crate::source::shell;

use super::catalog::{CATALOG, Framework, Prepare};
use super::framework::{self, Shape};
use super::package::Package;
use super::steps::{begins, expand, installs, needs_database, says_only, words};
use super::typescript::compiler;

/// The build of a service.
#[derive(Debug, Clone, Default)]
pub struct Build {
    /// The script that is run, where there is one.
    pub script: Option<String>,
    /// Steps to run one by one in place of the script, or where no script says them: each a command of a package.
    pub steps: Vec<String>,
    /// Steps of the script that are left out because they need a database.
    pub dropped: Vec<String>,
    /// Where the results lie, relative to the service.
    pub outputs: Vec<String>,
    /// Whether something is built in a place that is not known.
    pub elsewhere: bool,
    /// Scripts of the package that an install would run, and that need the sources.
    pub hooks: Vec<String>,
    /// Commands that have to run first, and that the script does not call.
    pub before: Vec<String>,
    /// Variables that a command demands and does nothing with, and what stands in for their values.
    pub stand_ins: BTreeMap<String, String>,
    /// Those of the outputs that hold files of the repository.
    pub committed: Vec<String>,
    /// Whether a step of it installs packages in a folder below.
    pub installs: bool,
    /// Whether packages of the workspace that it is made of are built.
    pub others: bool,
    /// What speaks for it.
    pub evidence: Option<Evidence>,
}

impl Build {
    /// Whether anything is built.
    pub fn is_there(&self) -> bool {
        self.others
            || !self.hooks.is_empty()
            || !self.before.is_empty()
            || self.script.is_some()
            || !self.steps.is_empty()
    }

    /// Takes up steps that a start line runs before the program, and that belong to the build.
    pub fn take(&mut self, steps: &[String], evidence: &Evidence) {
        let new: Vec<String> = steps.iter().filter(|step| !self.before.contains(step)).cloned().collect();
        self.elsewhere |= !steps.is_empty();
        if !new.is_empty() {
            self.before.extend(new);
            self.evidence.get_or_insert_with(|| evidence.clone());
        }
    }

    /// Whether the build makes this file.
    pub fn makes(&self, file: &str) -> bool {
        let inside = |output: &String| {
            file == output || file.strip_prefix(output.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        self.is_there() && (self.elsewhere || self.outputs.iter().any(inside))
    }
}

/// Reads the build of a service.
pub fn read(repo: &Repo, package: &Package) -> (Build, Option<Shape>) {
    of_script(repo, package, usual(package))
}

/// The build that a script does.
pub fn of_script(repo: &Repo, package: &Package, named: Option<(&str, &str)>) -> (Build, Option<Shape>) {
    let called = named.map_or("", |(_, line)| line);
    let mut steps = Vec::new();
    expand(&package.manifest.scripts, called, &mut steps, 0);
    steps = [before(package), steps].concat();
    let shape = framework::shape(repo, package, &steps);
    let mut build = Build::default();
    build.script(package, named, &mut steps, shape.as_ref());
    for step in &steps {
        build.add_outputs(repo, package, step, shape.as_ref());
    }
    build.add_hooks(package);
    build.prepare(repo, package, &steps);
    build.installs = steps.iter().any(|step| installs(step));
    build.outputs.sort();
    build.outputs.dedup();
    build.committed = build.outputs.iter().filter(|path| repo.has_folder(&package.path(path))).cloned().collect();
    (build, shape)
}

/// The scripts of a package that build, as facts.
pub fn facts(package: &Package) -> impl Iterator<Item = Fact> {
    let builds = |name: &str| {
        CATALOG
            .usual
            .builds
            .iter()
            .filter_map(|usual| name.strip_prefix(usual.as_str()))
            .any(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
    };
    let scripts = package.manifest.scripts.iter().filter(move |(name, _)| builds(name));
    scripts
        .map(|(name, line)| Fact::from_evidence(Kind::Script(name.clone(), line.clone()), stated(package, name, line)))
}

/// The script that builds, and its line.
pub fn usual(package: &Package) -> Option<(&str, &str)> {
    let scripts = &package.manifest.scripts;
    if let Some((name, line)) = package.asked.as_ref().and_then(|name| scripts.get_key_value(name)) {
        return Some((name, line));
    }
    if let Some(found) = of_containers(scripts, &CATALOG.usual.container.builds) {
        return Some(found);
    }
    let mut named = CATALOG.usual.builds.iter().filter_map(|name| scripts.get_key_value(name));
    named.find(|(_, line)| !line.trim().is_empty()).map(|(name, line)| (name.as_str(), line.as_str()))
}

/// The script whose name says that it is for containers and does one of these, and that is run inside of one.
pub fn of_containers<'a>(scripts: &'a Texts, does: &[String]) -> Option<(&'a str, &'a str)> {
    let row = &CATALOG.usual.container;
    let parts = |name: &'a str| name.split([':', '-', '_', '.']);
    let is_named = |name: &'a str, words: &[String]| parts(name).any(|part| words.iter().any(|word| word == part));
    let is_of = |name: &'a str| is_named(name, &row.words) && is_named(name, does);
    let calls_engine = |line: &str| {
        let is_call = |words: &[String]| matches!(words, [engine, verb] if row.engines.contains(engine) && row.verbs.contains(verb));
        let calls = |words: Vec<String>| {
            words.first().is_some_and(|word| row.engines.contains(word)) || words.windows(2).any(is_call)
        };
        shell::steps(line).into_iter().any(|step| calls(words(step)))
    };
    let mut found = scripts.iter().map(|(name, line)| (name.as_str(), line.as_str()));
    found.find(|(name, line)| is_of(name) && !line.trim().is_empty() && !calls_engine(line))
}

/// What managers run before the script, where a step of it needs a database: an image is built without one.
fn before(package: &Package) -> Vec<String> {
    let before = usual(package).and_then(|(name, _)| package.manifest.scripts.get(&format!("pre{name}")));
    let mut steps = Vec::new();
    expand(&package.manifest.scripts, before.map_or("", String::as_str), &mut steps, 0);
    match steps.iter().any(|step| needs_database(step)) {
        true => steps,
        false => Vec::new(),
    }
}

/// A script of the manifest as evidence.
fn stated(package: &Package, name: &str, line: &str) -> Evidence {
    Evidence::new(&package.path("package.json"), &format!("\"{name}\": \"{line}\""), Strength::Stated)
}

/// Those of a member that prepare what others import, and that its build script does not repeat.
pub fn preparing(package: &Package) -> impl Iterator<Item = &'static str> {
    let build = package.manifest.scripts.get("build");
    let idle = |line: &String| CATALOG.skipped.hooks.iter().any(|begin| line.contains(begin.as_str()));
    package.hooks().filter(move |name| {
        let line = package.manifest.scripts.get(*name);
        let called = |line: &String| {
            build.is_some_and(|build| build == line || line.contains("build")) || CATALOG.skipped.hooks.contains(line)
        };
        *name != "preinstall" && line.is_some_and(|line| !line.trim().is_empty() && !idle(line) && !called(line))
    })
}

/// What to do about a framework that is built, and none of whose modes fits.
pub fn advice(repo: &Repo, package: &Package) -> Option<String> {
    let mut steps = Vec::new();
    expand(&package.manifest.scripts, usual(package).map_or("", |(_, line)| line), &mut steps, 0);
    let steps: Vec<String> = steps.iter().map(|step| words(step).join(" ")).collect();
    let unfit = |framework: &&Framework| {
        let called = steps.iter().any(|step| framework.commands.iter().any(|command| begins(step, command)));
        let named = package.manifest.dependency(&framework.dependency).is_some();
        called && named && !framework::is_fitting(repo, package, framework, &steps)
    };
    CATALOG.framework.iter().find(unfit).and_then(|framework| framework.advice.clone())
}

/// Where a script's build writes by what it says, as seen from the package; it may be outside of that.
pub fn said(repo: &Repo, package: &Package, line: &str) -> Option<String> {
    let mut steps = Vec::new();
    expand(&package.manifest.scripts, line, &mut steps, 0);
    steps.iter().find_map(|step| {
        let words = words(step);
        let step = words.join(" ");
        let called = |row: &&Framework| row.commands.iter().any(|command| begins(&step, command));
        let mut rows = CATALOG.framework.iter().filter(|row| package.manifest.dependency(&row.dependency).is_some());
        framework::said(repo, package, rows.find(called)?, &words)
    })
}

/// A TypeScript project without a build script, whose compiler's output is what is started.
pub fn typescript(repo: &Repo, package: &Package) -> Option<Build> {
    let row = CATALOG.compiler()?;
    package.manifest.dependency(row.package.as_ref()?)?;
    let mut build = Build { steps: vec![row.command.clone()], ..Build::default() };
    build.evidence = Some(Evidence::new(&package.path("tsconfig.json"), "", Strength::Convention));
    build.add_outputs(repo, package, &row.command, None);
    (!build.outputs.is_empty() || build.elsewhere).then_some(build)
}

impl Build {
    /// The script that builds; else those that build parts; else what the framework's build is called.
    fn script(
        &mut self,
        package: &Package,
        named: Option<(&str, &str)>,
        steps: &mut Vec<String>,
        shape: Option<&Shape>,
    ) {
        let scripts = &package.manifest.scripts;
        let mut parts = CATALOG.usual.parts.iter().filter_map(|name| scripts.get_key_value(name)).peekable();
        if let Some((name, line)) = named.filter(|(_, line)| !says_only(line)) {
            self.script = Some(name.to_owned());
            self.evidence = Some(stated(package, name, line));
            self.leave_out_migrations(steps);
        } else if let Some((name, line)) = parts.peek() {
            self.evidence = Some(stated(package, name, line));
            self.steps = parts.map(|(name, _)| format!("npm run {name}")).collect();
            self.steps.iter().for_each(|step| expand(&package.manifest.scripts, step, steps, 0));
        } else if let Some(shape) = shape {
            self.steps.extend(shape.framework.commands.first().cloned());
            self.evidence = Some(shape.evidence.clone());
            steps.clone_from(&self.steps);
        }
    }

    /// What has to run before, and nothing calls.
    fn prepare(&mut self, repo: &Repo, package: &Package, steps: &[String]) {
        let lines = || steps.iter().chain(package.hooks().filter_map(|name| package.manifest.scripts.get(name)));
        let calls = |row: &Prepare| lines().any(|step| row.called.iter().any(|call| step.contains(call.as_str())));
        let rows = || CATALOG.prepare.iter().filter(|row| package.manifest.dependency(&row.dependency).is_some());
        let is_there = |file: &String| repo.has(&package.path(file));
        let wanted = |row: &&Prepare| row.files.iter().any(is_there) && !calls(row);
        self.before.extend(rows().filter(wanted).map(|row| row.command.clone()));
        for row in rows().filter(|row| calls(row) || self.before.contains(&row.command)) {
            let texts = row.settings.iter().filter_map(|file| repo.text(&package.path(file)));
            let names = texts
                .flat_map(|text| row.demands.captures_iter(text).map(|found| found[1].to_owned()).collect::<Vec<_>>());
            self.stand_ins.extend(names.map(|name| (name, row.stand_in.clone())));
        }
    }

    /// Hooks that prepare the sources; what they are for the developer's machine, for patches, or what the build does
    /// anyway, is left out.
    fn add_hooks(&mut self, package: &Package) {
        let scripts = &package.manifest.scripts;
        let idle = |line: &str| CATALOG.skipped.hooks.iter().any(|begin| line.contains(begin.as_str()));
        let scripted = self.script.is_some();
        let compiles = |line: &str| CATALOG.compiler().is_some_and(|row| line.contains(&row.command));
        let built = |line: &str| scripted && (line.contains("build") || compiles(line));
        for name in package.hooks().filter(|name| *name != "preinstall") {
            let Some(line) = scripts.get(name).filter(|line| !built(line) && !line.trim().is_empty()) else {
                continue;
            };
            if idle(line) {
                self.add_rest(package, line);
                continue;
            }
            if says_only(line) {
                continue;
            }
            self.hooks.push(name.to_owned());
            let bare = words(line).join(" ");
            self.elsewhere |= !CATALOG.prepare.iter().any(|row| begins(&bare, &row.command));
        }
        if !self.hooks.is_empty() && self.evidence.is_none() {
            let quote = self.hooks.first().map(|name| format!("\"{name}\""));
            self.evidence =
                Some(Evidence::new(&package.path("package.json"), &quote.unwrap_or_default(), Strength::Stated));
        }
    }

    /// What a hook makes beside what is left out of it: `patch-package && npm run css`.
    fn add_rest(&mut self, package: &Package, line: &str) {
        let mut steps = Vec::new();
        for step in shell::steps(line) {
            let mut inner = Vec::new();
            expand(&package.manifest.scripts, step, &mut inner, 0);
            let makes = |step: &String| words(step).first().is_some_and(|word| CATALOG.skipped.makers.contains(word));
            if !inner.is_empty() && inner.iter().all(makes) {
                steps.push(step.to_owned());
            }
        }
        self.elsewhere |= !steps.is_empty();
        self.before.extend(steps);
    }

    fn leave_out_migrations(&mut self, steps: &[String]) {
        let (dropped, kept): (Vec<&String>, Vec<&String>) = steps.iter().partition(|step| needs_database(step));
        if !dropped.is_empty() {
            self.dropped = dropped.into_iter().cloned().collect();
            self.steps = kept.into_iter().cloned().collect();
            self.script = None;
        }
    }

    fn add_outputs(&mut self, repo: &Repo, package: &Package, step: &str, shape: Option<&Shape>) {
        let words = words(step);
        let program = words.first().map(|word| path::name(word)).unwrap_or_default();
        let step = words.join(" ");
        if let Some(framework) =
            CATALOG.framework.iter().find(|row| row.commands.iter().any(|command| begins(&step, command)))
        {
            let shape = shape.filter(|shape| shape.framework.commands.iter().any(|command| begins(&step, command)));
            let (framework, mode) =
                shape.map_or((framework, framework.mode.last()), |shape| (shape.framework, Some(&shape.mode)));
            let compiles = CATALOG.builder.iter().any(|row| row.command == program && row.tsconfig);
            if !compiles {
                let own = framework::output(repo, package, framework, &words).map(|path| vec![path]);
                let usual = || mode.map(|mode| framework::settled(repo, package, framework, mode).output);
                self.outputs.extend(own.or_else(usual).unwrap_or_default());
                return;
            }
        }
        let Some(row) = CATALOG.builder.iter().find(|row| row.command == program) else {
            self.elsewhere |= !program.is_empty();
            return;
        };
        if let Some(path) = option(&words, &row.options) {
            let path = if path.ends_with(".js") || path.ends_with(".mjs") || path.ends_with(".cjs") {
                path::parent(&path).to_owned()
            } else {
                path
            };
            self.add_output(&path);
        } else if row.tsconfig {
            self.compiled(repo, package, &words);
        } else if let Some(path) = &row.default {
            self.outputs.push(path.clone());
        }
    }

    fn add_output(&mut self, path: &str) {
        match normal(path).filter(|path| !path.is_empty()) {
            Some(path) => self.outputs.push(path),
            None => self.elsewhere = true,
        }
    }

    /// Where the TypeScript compiler writes: `outDir`, else beside the sources.
    fn compiled(&mut self, repo: &Repo, package: &Package, words: &[String]) {
        let named = option(words, &["-p", "--project", "-b", "--build"]);
        let file = named.map_or_else(
            || "tsconfig.json".to_owned(),
            |path| if path.ends_with(".json") { path } else { join(&path, "tsconfig.json") },
        );
        let settings = normal(&package.path(&file)).and_then(|path| compiler(repo, &path));
        match settings {
            Some(settings) if settings.no_emit == Some(true) || words.iter().any(|word| word == "--noEmit") => {}
            Some(settings) => match settings
                .out_dir
                .and_then(|path| path.strip_prefix(&format!("{}/", package.folder)).map(str::to_owned).or(Some(path)))
            {
                Some(path) => self.add_output(&path),
                None => self.elsewhere = true,
            },
            None => self.elsewhere = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::package_json;

    fn built(files: &[(&str, &str)]) -> (Build, Option<Shape>) {
        let repo = Repo::from_list("x", files.iter().copied());
        let manifest = package_json::parse(repo.text("package.json").unwrap()).unwrap();
        read(&repo, &Package::new(&repo, "", manifest))
    }

    fn outputs(script: &str, dependency: &str, files: &[(&str, &str)]) -> (Vec<String>, bool) {
        let manifest = format!(
            r#"{{"scripts": {{"build": "{script}", "ts": "tsc -p ."}}, "devDependencies": {{"{dependency}": "1"}}}}"#
        );
        let mut all = vec![("package.json", manifest.as_str())];
        all.extend(files);
        let (build, _) = built(&all);
        (build.outputs, build.elsewhere)
    }

    #[test]
    fn outputs_are_where_programs_write_them() {
        let ts = [
            ("tsconfig.json", "{\"extends\": \"./base.json\"}"),
            ("base.json", "{\"compilerOptions\": {\"outDir\": \"./out\"}}"),
        ];
        for (script, dependency, files, found, elsewhere) in [
            ("tsc", "typescript", &ts[..], &["out"][..], false),
            ("rimraf out && npm run ts", "typescript", &ts, &["out"], false),
            ("npx tsc --outDir lib", "typescript", &ts, &["lib"], false),
            ("tsc", "typescript", &[("tsconfig.json", "{}")], &[], true),
            (
                "tsc && vite build",
                "vite",
                &[("index.html", ""), ("tsconfig.json", "{\"compilerOptions\": {\"noEmit\": true}}")],
                &["dist"],
                false,
            ),
            ("vite build --outDir out", "vite", &[("index.html", "")], &["out"], false),
            (
                "vite build",
                "vite",
                &[
                    ("index.html", ""),
                    ("vite.config.ts", "// outDir: 'x'\nbuild: { rollupOptions: { output: {} }, outDir: 'www' }"),
                ],
                &["www"],
                false,
            ),
            ("vite build", "vite", &[("index.html", ""), ("vite.config.ts", "{ outDir: 'www' }")], &["dist"], false),
            ("run-s ts", "typescript", &ts, &["out"], false),
            ("npm-run-all --sequential t*", "typescript", &ts, &["out"], false),
            ("esbuild a.ts --bundle --outfile=build/a.js", "esbuild", &[], &["build"], false),
            ("nest build", "@nestjs/core", &[], &["dist"], false),
            ("node make.js", "x", &[], &[], true),
            ("echo none", "x", &[], &[], false),
            ("node --a=1 ./node_modules/gatsby/cli.js build", "gatsby", &[], &["public"], false),
        ] {
            assert_eq!(
                outputs(script, dependency, files),
                (found.iter().map(ToString::to_string).collect(), elsewhere),
                "{script}"
            );
        }
    }

    #[test]
    fn migrations_are_no_part_of_a_build() {
        let (build, _) =
            built(&[("package.json", r#"{"scripts": {"build": "prisma generate && tsc && prisma migrate deploy"}}"#)]);
        assert_eq!(build.dropped, ["prisma migrate deploy"]);
        assert_eq!(build.steps, ["prisma generate", "tsc"]);
        assert_eq!(build.script, None);
        let (build, _) = built(&[("package.json", r#"{"scripts": {"build": "tsx lib/db/migrate && tsc"}}"#)]);
        assert_eq!(build.dropped, ["tsx lib/db/migrate"]);
        let (build, _) = built(&[(
            "package.json",
            r#"{"scripts": {"prebuild": "run-s gen migrate", "gen": "prisma generate", "migrate": "prisma migrate dev", "build": "tsc"}}"#,
        )]);
        assert_eq!(build.steps, ["prisma generate", "tsc"]);
    }
}
