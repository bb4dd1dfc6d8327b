//! Container files that are there already: what somebody else's Dockerfile says of the same program.

mod started;

use std::collections::BTreeMap;

use serde::Deserialize;

use super::stages::{self, Carried, Stage, defaults, filled, pairs};
use super::tasks::{self, Tasks};
use super::{CATALOG, packages};
use crate::dockerfile::{self, Body, Step};
use crate::facts::{Fact, Kind, Strength};
use crate::language;
use crate::lock::{self, Lock};
use crate::path;
use crate::repo::Repo;
use crate::requirement::Requirement;
use crate::source::Pattern;
use crate::{lint, neighbours};

/// What is known of the container files of others.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// Folders where they lie.
    folders: Vec<String>,
    /// Words in their names that say that they are not for production.
    aside: Vec<String>,
    /// Compose files, that for production first.
    pub compose: Vec<String>,
    /// Toolchains whose releases are told by the first number.
    majors: Vec<String>,
    /// Toolchains of which the manifest says enough.
    pub manifest: Vec<String>,
    /// Variables that say nothing of the program: globs.
    pub environment: Vec<String>,
    /// Folders whose files a web server serves.
    served: Vec<String>,
    /// How the names of configuration files end.
    configuration: Vec<String>,
}

/// The one at the top, which dockgen writes.
const DOCKERFILE: &str = "Dockerfile";

/// No more files than this are read.
const MOST_FILES: usize = 20;

static HEALTH: Pattern =
    Pattern::new(r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::[0-9${}A-Z_]{1,20})?(/[\w./-]*)");

/// The testimonies of the container files of others, the likeliest first. What dockgen wrote says nothing new; the file that
/// it took the place of does.
pub fn testify(repo: &Repo, tasks: &Tasks) -> Vec<Fact> {
    let lock = lock_of(repo);
    let facts: Vec<Fact> = texts(repo, &lock).flat_map(|(path, text)| of_file(repo, tasks, path, text)).collect();
    if !facts.is_empty() {
        return facts;
    }
    let builds = |facts: &Vec<Fact>| facts.iter().any(|fact| matches!(fact.kind, Kind::Build(_)));
    let deeper = deeper(repo).take(MOST_FILES).filter_map(|path| Some((path, repo.text(path)?)));
    deeper.map(|(path, text)| of_file(repo, tasks, path, text)).find(builds).unwrap_or_default()
}

/// Container files for production farther below these folders: one of them counts where it builds what is here.
fn deeper(repo: &Repo) -> impl Iterator<Item = &str> {
    let rows = &CATALOG.containers;
    let below = rows.folders.iter().filter(|folder| !folder.is_empty()).flat_map(|folder| repo.below(folder));
    below.filter(|path| neighbours::is_container_file(path) && !is_aside(path))
}

/// Whether words in a path say that it is not for production.
fn is_aside(path: &str) -> bool {
    let mut words = path.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase);
    words.any(|word| CATALOG.containers.aside.contains(&word))
}

fn lock_of(repo: &Repo) -> Lock {
    repo.text(lock::PATH).and_then(|text| Lock::parse(text).ok()).unwrap_or_default()
}

/// The paths and the texts.
fn texts<'r>(repo: &'r Repo, lock: &'r Lock) -> impl Iterator<Item = (&'r str, &'r str)> {
    let is_own = |path: &str| lock.base(path).is_some();
    let there = files(repo).into_iter().filter(move |path| !is_own(path)).take(MOST_FILES);
    let replaced = lock.replaced().map(|text| (DOCKERFILE, text));
    replaced.into_iter().chain(there.filter_map(|path| Some((path, repo.text(path)?))))
}

/// Container files for production, that of the top first.
fn files(repo: &Repo) -> Vec<&str> {
    let rows = &CATALOG.containers;
    let inside = rows.folders.iter().flat_map(|folder| repo.inside(folder));
    inside.filter(|path| neighbours::is_container_file(path) && !is_aside(path)).collect()
}

fn of_file(repo: &Repo, tasks: &Tasks, path: &str, text: &str) -> Vec<Fact> {
    let steps = dockerfile::steps(text).unwrap_or_default();
    let Some(last) = steps.last().and_then(|step| step.stage) else { return Vec::new() };
    let stages = lineage(&steps, last);
    let mut reader =
        Reader { repo, path, values: defaults(&steps), folder: String::new(), brought: Vec::new(), facts: Vec::new() };
    let (mut entrypoint, mut words, mut runs) = (None, None, Vec::new());
    for step in &steps {
        if step.word == "FROM" {
            reader.base(step);
        }
        if !step.stage.is_some_and(|stage| stages.contains(&stage)) {
            continue;
        }
        match step.word.as_str() {
            "COPY" => {
                reader.copied(step);
                reader.served(step, &steps);
            }
            "WORKDIR" => reader.folder = reader.filled(&step.rest),
            "EXPOSE" => reader.ports(step),
            "ENV" => reader.variables(step),
            "VOLUME" => reader.volumes(step),
            "HEALTHCHECK" => reader.health(step),
            "RUN" => runs.push(step),
            // Words of the stage below go with its program.
            "ENTRYPOINT" => (entrypoint, words) = (Some(step), words.filter(|words: &&Step| words.stage == step.stage)),
            "CMD" => words = Some(step),
            _ => {}
        }
    }
    reader.start(entrypoint, words);
    reader.move_in();
    reader.facts.extend(packages::secrets(path, &steps));
    [reader.facts, packages::testify(path, &runs), builds(repo, tasks, path, &steps)].concat()
}

/// What the stages build, each with its commands from the first one.
fn builds(repo: &Repo, tasks: &Tasks, path: &str, steps: &[Step]) -> Vec<Fact> {
    let build = |stage: Stage| {
        let commands = tasks.followed(stage.commands);
        let made = commands.iter().find(|command| tasks::makes(command) || tasks::installs(command))?;
        let quote = format!("RUN {}", made.argv.join(" "));
        Some(Fact::new(Kind::Build(commands), path, &quote, Strength::Stated))
    };
    let stages = stages::read(repo, path, steps).0;
    stages.into_iter().take(MOST_FILES).rev().filter_map(build).collect()
}

/// What stages build and others take, for those that only want a part of what the files say.
pub fn carried(repo: &Repo) -> Vec<Carried> {
    let tasks = Tasks::read(repo);
    let of_file = |(path, text): (&str, &str)| stages::read(repo, path, &dockerfile::steps(text).unwrap_or_default()).1;
    let lock = lock_of(repo);
    let mut found: Vec<Carried> = texts(repo, &lock).flat_map(of_file).collect();
    found.retain(|one| !one.commands.is_empty());
    found.iter_mut().for_each(|one| one.commands = tasks.followed(std::mem::take(&mut one.commands)));
    found
}

/// The last stage and those that it stands on.
fn lineage(steps: &[Step], last: usize) -> Vec<usize> {
    let base = |stage: usize| {
        let from = steps.iter().find(|step| step.stage == Some(stage) && step.word == "FROM")?;
        let named = |step: &&Step| step.stage_name().is_some() && step.stage_name() == from.image();
        steps.iter().filter(|step| step.stage < Some(stage)).filter(named).filter_map(|step| step.stage).next_back()
    };
    std::iter::successors(Some(last), |stage| base(*stage)).collect()
}

/// Words of an instruction: a list in brackets, or words with blanks between.
fn list(step: &Step) -> Vec<String> {
    match serde_json::from_str(&step.rest) {
        Ok(list) => list,
        Err(_) => step.rest.split_whitespace().map(str::to_owned).collect(),
    }
}

struct Reader<'a> {
    repo: &'a Repo,
    path: &'a str,
    /// What arguments and variables stand for.
    values: BTreeMap<String, String>,
    folder: String,
    /// What is copied, and how the place is called.
    brought: Vec<(String, String)>,
    facts: Vec<Fact>,
}

impl Reader<'_> {
    fn filled(&self, text: &str) -> String {
        filled(text, &self.values)
    }

    fn say(&mut self, kind: Kind, step: &Step, strength: Strength) {
        let quote = format!("{} {}", step.word, step.rest);
        self.facts.push(Fact::new(kind, self.path, &quote, strength));
    }

    /// The release of a toolchain in the tag of an image. It was good enough once, and says no more.
    fn base(&mut self, step: &Step) {
        let image = self.filled(step.image().unwrap_or_default());
        let (name, tag) = image.split_once(':').unwrap_or((&image, ""));
        let name = path::name(name);
        let found = language::ALL.iter().find(|language| language.images.contains(&name));
        let found = found.filter(|language| !CATALOG.containers.manifest.iter().any(|of| of == language.id));
        let Some((language, wanted)) = found.and_then(|it| Some((it, line_of(it.id, tag)?))) else { return };
        self.say(Kind::Toolchain(language.id.to_owned(), wanted), step, Strength::Guess);
    }

    fn ports(&mut self, step: &Step) {
        for word in list(step) {
            let word = self.filled(&word);
            let (port, protocol) = word.split_once('/').unwrap_or((&word, "tcp"));
            let Some(port) = port.parse::<u16>().ok().filter(|port| *port > 0) else { continue };
            if protocol == "udp" {
                self.say(Kind::Udp(port), step, Strength::Stated);
                continue;
            }
            let is_first = !self.facts.iter().any(|fact| matches!(fact.kind, Kind::Port(_)));
            self.say(Kind::Port(port), step, super::strength(port, is_first));
        }
    }

    fn variables(&mut self, step: &Step) {
        for (name, value) in pairs(&step.rest) {
            let value = self.filled(&value);
            self.values.insert(name.clone(), value.clone());
            if is_of_the_program(&name) && !value.contains('$') {
                self.say(Kind::Variable(name, value), step, Strength::Stated);
            }
        }
    }

    fn volumes(&mut self, step: &Step) {
        for path in list(step) {
            let path = self.filled(&path);
            self.writes(&path, step);
        }
    }

    /// A folder that the program writes to, as it lies in dockgen's images: what is below the working folder stays there.
    fn writes(&mut self, path: &str, step: &Step) {
        if let Some(path) = super::placed(path, &self.folder) {
            self.say(Kind::Writes(path), step, Strength::Stated);
        }
    }

    fn health(&mut self, step: &Step) {
        if let Some(path) = HEALTH.captures(&step.rest).and_then(|found| found.get(1)) {
            let path = path.as_str().to_owned();
            self.say(Kind::HealthPath(path), step, Strength::Stated);
        }
    }

    /// Configuration files of the repository, where the program looks for them.
    fn copied(&mut self, step: &Step) {
        let Body::Copy(sources, target) = &step.body else { return };
        let filled: Vec<String> = sources.iter().map(|source| self.filled(source)).collect();
        let target_name = path::name(target.trim_end_matches('/')).to_owned();
        self.brought.extend(filled.iter().map(|source| (source.clone(), target_name.clone())));
        for source in filled {
            let is_config = CATALOG.containers.configuration.iter().any(|end| source.ends_with(end.as_str()));
            let Some(from) = self.in_repository(&source).filter(|_| is_config) else { continue };
            let is_folder = target.ends_with(['/', '.']) || sources.len() > 1;
            let file = match (is_folder, target.trim_end_matches('/')) {
                (false, _) => self.filled(target),
                (true, ".") => path::name(&source).to_owned(),
                (true, folder) => format!("{folder}/{}", path::name(&source)),
            };
            let inside = super::inside(&file, &self.folder).map(|rest| rest.trim_start_matches('/'));
            let to = match (inside, file.starts_with('/')) {
                (None, true) => file.clone(),
                (inside, _) => format!("/app/{}", inside.unwrap_or(&file).trim_start_matches("./")),
            };
            self.say(Kind::Input(from.clone()), step, Strength::Stated);
            self.say(Kind::Placed(from, to), step, Strength::Stated);
        }
    }

    /// What another stage built, and a web server serves.
    fn served(&mut self, step: &Step, steps: &[Step]) {
        let Body::Copy(sources, target) = &step.body else { return };
        let is_served = CATALOG.containers.served.iter().any(|root| path::is_below(target.trim_matches('/'), root));
        let Some(from) = step.flag("from").filter(|_| is_served) else { return };
        let named =
            |step: &&Step| step.stage_name() == Some(from) || step.stage.is_some_and(|stage| stage.to_string() == from);
        let stage = steps.iter().find(named).and_then(|step| step.stage);
        let folder = steps.iter().rfind(|step| step.stage == stage && step.word == "WORKDIR").map(|step| &step.rest);
        let made =
            folder.zip(sources.first()).and_then(|(folder, source)| match source.strip_prefix(folder.as_str()) {
                Some(inside) => path::normal(inside.trim_start_matches('/')),
                None => path::normal(source).filter(|_| !source.starts_with('/')),
            });
        made.into_iter().for_each(|made| self.say(Kind::Output(made), step, Strength::Stated));
    }

    /// The file that a source of COPY is: as it is named, or as a stage has it in a folder of its own.
    fn in_repository(&self, source: &str) -> Option<String> {
        let plain = path::normal(source)?;
        let ends = plain.match_indices('/').map(|(at, _)| at + 1);
        std::iter::once(0)
            .chain(ends)
            .filter_map(|at| plain.get(at..))
            .find(|path| self.repo.has(path))
            .map(str::to_owned)
    }
}

/// Whether a variable is no secret, and more than the noise of a build.
fn is_of_the_program(name: &str) -> bool {
    let aside = CATALOG.containers.environment.iter().any(|glob| packages::fits(glob, name));
    !aside && !lint::is_secret(name) && !name.ends_with("KEY")
}

/// A release line among the first numbers of a version.
pub fn line_of(tool: &str, version: &str) -> Option<Requirement> {
    let is_version = version.starts_with(|c: char| c.is_ascii_digit());
    let version: String = version.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let line: Vec<&str> = version.split('.').take(2).filter(|part| !part.is_empty()).collect();
    let major = line.first().filter(|_| is_version)?;
    let line = if CATALOG.containers.majors.iter().any(|of| of == tool) { (*major).to_owned() } else { line.join(".") };
    Requirement::line(&line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stage_builds_lies_where_another_one_takes_it() {
        let found = |text: &str| {
            let files = [
                ("Dockerfile", text),
                ("web/package.json", "{}"),
                ("package.json", "{}"),
                ("shop/app.py", ""),
                ("setup.py", ""),
                ("Makefile", "js:\n\tnpx webpack\n"),
            ];
            let all = carried(&Repo::from_list("x", files));
            let shown = |one: &Carried| {
                let commands: Vec<String> =
                    one.commands.iter().map(|it| format!("{}:{}", it.folder, it.argv.join(" "))).collect();
                format!("{} {} {}", one.made, one.target, commands.join(","))
            };
            all.iter().map(shown).collect::<Vec<_>>()
        };
        for (text, expected) in [
            (
                "FROM node AS web\nWORKDIR /w\nCOPY web/package*.json ./\nCOPY ./web .\nRUN npm run build\nFROM python\nWORKDIR /code\nCOPY . .\nCOPY --from=web /w/dist shop/static\n",
                "web/dist shop/static web:npm run build",
            ),
            (
                "FROM node\nWORKDIR /src\nCOPY [\"Makefile\", \"package.json\", \"./\"]\nRUN make js\nFROM python AS lib\nWORKDIR /x\nCOPY [\"setup.py\", \"./\"]\nCOPY [\"./shop/\", \"/x/shop/\"]\nCOPY --from=0 /src/shop/js/ ./shop/js\n",
                "shop/js shop/js :webpack",
            ),
            (
                "FROM node AS web\nWORKDIR /web\nCOPY web .\nRUN cd . && npm run build\nFROM python\nENV HOME_=/opt/x\nWORKDIR $HOME_\nCOPY ./shop $HOME_/shop\nCOPY --from=web /web/dist ${HOME_}/dist\n",
                "web/dist dist web:npm run build",
            ),
            (
                "FROM node AS web\nCOPY web /web\nRUN npm run build\nFROM nginx\nCOPY --from=web /web/dist /usr/share/nginx/html\n",
                "web/dist /usr/share/nginx/html :npm run build",
            ),
            (
                "FROM node AS web\nRUN npm i x\nFROM python\nCOPY --from=web /usr/local/bin/node /usr/local/bin/\nCOPY --from=img /a /b\n",
                "",
            ),
        ] {
            assert_eq!(found(text).join("; "), expected, "{text}");
        }
    }

    fn said(files: &[(&str, &str)]) -> Vec<String> {
        let repo = Repo::from_list("x", files.iter().copied());
        testify(&repo, &Tasks::read(&repo)).iter().map(|fact| fact.kind.to_string()).collect()
    }

    #[test]
    fn the_last_stage_speaks() {
        let text = "ARG V=3.12\nFROM node:22-alpine AS web\nRUN npm run build\nEXPOSE 1\nFROM python:${V}-slim AS base\nWORKDIR /code\n\
                    RUN apt-get update && apt-get install -y libmagic1 gcc odd && rm -rf /x\nENV PYTHONUNBUFFERED=1 MODE=live API_TOKEN=x\n\
                    FROM base\nENV PORT=8000\nEXPOSE $PORT 9000/udp 9100\nVOLUME [\"/code/media\", \"/data\", \"/etc/x\"]\n\
                    HEALTHCHECK CMD curl -f http://localhost:$PORT/healthz || exit 1\nENTRYPOINT [\"tini\", \"--\"]\nCMD [\"gunicorn\", \"a:b\"]\n";
        assert_eq!(
            said(&[("docker/Dockerfile", text), ("Dockerfile.dev", "FROM a\nEXPOSE 2\n")]),
            [
                "toolchain 22",
                "toolchain 3.12",
                "environment MODE=live",
                "port 8000",
                "port 9000/udp",
                "port 9100",
                "writes /app/media",
                "writes /data",
                "health path /healthz",
                "started with gunicorn a:b",
                "needs package:libmagic1: another container file installs `libmagic1`",
                "to know: `docker/Dockerfile` installs `odd`, and the image does not: what the program needs of it is added by `dockgen config set run.packages odd`",
            ]
        );
    }

    #[test]
    fn stages_that_build_and_scripts_that_start() {
        let text = "FROM golang AS b\nWORKDIR /src\nCOPY go.mod ./\nCOPY . .\nENV CGO_ENABLED=0\nRUN --mount=type=cache,target=/x make build\nWORKDIR /src/web\nRUN npm ci\n\
                    FROM alpine\nCOPY --from=b x /app\nENTRYPOINT [\"/entry.sh\"]\nCMD [\"/app\", \"serve\"]\n";
        let files = [
            ("Dockerfile", text),
            ("Makefile", "build:\n\tcd cmd && go build -tags x .\n"),
            ("docker/entry.sh", "#!/bin/sh\nset -e\nmkdir -p /data\nexec gosu app \"$@\"\n"),
        ];
        assert_eq!(said(&files), ["started with /app serve", "built with go build -tags x .; npm ci"]);
        let repo = Repo::from_list("x", files);
        let facts = testify(&repo, &Tasks::read(&repo));
        let Kind::Build(commands) = &facts[1].kind else { panic!("no build") };
        let shown: Vec<String> = commands
            .iter()
            .map(|it| format!("{} {}", it.folder, it.variable("CGO_ENABLED").unwrap_or_default()))
            .collect();
        assert_eq!(shown, ["cmd 0", "web 0"]);
    }

    #[test]
    fn a_script_starts_with_the_variables_that_it_sets() {
        let script = "#!/bin/sh\nif [ $JMX ]; then MORE=-c; fi\nif [ -z $MODE ]; then MODE=x; fi\nOPTS=\"-a=$MODE \\\n  $MORE \\\n -b\"\nexec java $OPTS -jar x.jar \"$@\"\n";
        let text = "FROM a\nCOPY run.sh /\nENTRYPOINT [\"/run.sh\"]\nCMD [\"serve\"]\n";
        assert_eq!(
            said(&[("Dockerfile", text), ("run.sh", script)]),
            ["started with java -a=x $MORE -b -jar x.jar serve"]
        );
    }

    #[test]
    fn what_takes_the_place_of_a_script_is_started() {
        let run = "#!/bin/sh\nexec gunicorn x:y\n";
        for (script, expected) in [
            (
                "if [ $A = x ]; then\n  exec gosu app \"$@\"\nelse\n  for p in a b; do $p x.py; done\nfi\n",
                "serve --all",
            ),
            ("if [ $A ]; then ./check.sh && exec ./run.sh; else exec ./run.sh; fi", "gunicorn x:y"),
            (
                "export BIN=\"$(which serve)\"\nif [ $1 = x ]; then exec sh; else exec gosu $ID $BIN \"$@\"\nfi",
                "serve --all",
            ),
            ("serve --one\n", "serve --one"),
        ] {
            let brought = "FROM b AS c\nFROM a\nCOPY --from=c /src/e.sh /e.sh\nCMD [\"/e.sh\"]\n";
            assert_eq!(said(&[("Dockerfile", brought), ("etc/init.d/e.sh", script)]), ["started with /e.sh"]);
            let text = "FROM a\nCMD [\"serve\", \"--all\"]\nENTRYPOINT [\"/e.sh\"]\n";
            let files = [("Dockerfile", text), ("e.sh", script), ("bin/run.sh", run)];
            assert_eq!(said(&files), [format!("started with {expected}")], "{script}");
        }
        let text = "FROM a AS b\nENV INI=/x.ini PORT=80\nCMD [\"old\"]\nFROM b\nCMD [\"sh\", \"-c\", \"x migrate && x --ini $INI --port $PORT\"]\n";
        let started = said(&[("Dockerfile", text)]).into_iter().find(|said| said.starts_with("started"));
        assert_eq!(started.as_deref(), Some("started with x --ini /x.ini --port {port}"));
        let below = "FROM a AS b\nCMD [\"old\"]\nFROM b\nENTRYPOINT [\"x\"]\n";
        assert_eq!(said(&[("Dockerfile", below)]), ["started with x"]);
    }

    #[test]
    fn paths_below_the_working_folder_move_in() {
        let text = "FROM golang AS b\nRUN go build -o /x .\nFROM a\nENV ROOT=/opt/x/ LOGS=/opt/xy\nWORKDIR /opt/x\nCMD [\"/opt/x/x\", \"--store=/opt/x/data\", \"-c\", \"/etc/x\"]\n";
        let expected =
            ["environment ROOT=/app/", "environment LOGS=/opt/xy", "started with /opt/x/x --store=/app/data -c /etc/x"];
        assert_eq!(said(&[("Dockerfile", text)])[..3], expected);
        assert_eq!(said(&[("docker/prod/amd64/Dockerfile", text)])[..3], expected);
        assert!(said(&[("docker/prod/db/Dockerfile", "FROM a\nEXPOSE 5432\n")]).is_empty());
    }

    #[test]
    fn configuration_lies_where_it_is_looked_for() {
        let text = "FROM a AS b\nCOPY . /src\nFROM c\nCOPY x.yml /etc/x/config.yml\nCOPY --from=b /src/conf/y.toml z.ini conf/\nCOPY bin.sh /bin.sh\nWORKDIR /srv\nCOPY --from=b /src/conf/y.toml ./\n";
        let files = [("Dockerfile", text), ("x.yml", ""), ("conf/y.toml", ""), ("bin.sh", "")];
        let placed: Vec<String> = said(&files).into_iter().filter(|said| said.starts_with("has ")).collect();
        assert_eq!(
            placed,
            ["has x.yml at /etc/x/config.yml", "has conf/y.toml at /app/conf/y.toml", "has conf/y.toml at /app/y.toml"]
        );
    }

    #[test]
    fn what_dockgen_wrote_says_nothing_new() {
        let own = ("Dockerfile", "FROM a\nEXPOSE 80\n");
        assert_eq!(said(&[own]), ["port 80"]);
        let lock = "format = 1\n[[document]]\npath = \"Dockerfile\"\ntext = \"FROM a\\n\"\n";
        assert!(said(&[own, ("dockgen.lock", lock)]).is_empty());
        let kept = format!("replaced = \"FROM a\\nEXPOSE 81\\n\"\n{lock}");
        assert_eq!(said(&[own, ("dockgen.lock", &kept)]), ["port 81"]);
        assert!(said(&[("Dockerfile", "no Dockerfile")]).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s).{0,200}") {
            said(&[("Dockerfile", &format!("FROM a\n{text}"))]);
        }
    }
}
