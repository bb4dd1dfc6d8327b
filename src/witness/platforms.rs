//! Files of platforms: how somebody has the program run. Which keys say what is data; charts are read the same way.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{CATALOG, packages, services, tree, variables};
use crate::catalog::SHARED;
use crate::facts::{Fact, Kind, Strength};
use crate::language;
use crate::path::{name, parent};
use crate::repo::Repo;
use crate::source::shell;

/// A platform's file: paths of keys.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Row {
    files: Vec<String>,
    /// The file lies beside the `Chart.yaml` of a chart.
    chart: bool,
    /// The list of services, where there are several.
    services: String,
    /// What a service is, and what those are that answer requests.
    kind: String,
    serves: Vec<String>,
    /// What runs it.
    runtime: Vec<String>,
    /// Its folder.
    folder: Vec<String>,
    port: Vec<String>,
    health: Vec<String>,
    start: Vec<String>,
    arguments: Vec<String>,
    /// Steps before a release.
    release: Vec<String>,
    /// Tables of processes, and how the one is called that answers requests.
    processes: Vec<String>,
    web: Vec<String>,
    build: Vec<String>,
    writes: Vec<String>,
    /// The folder of the program there.
    home: String,
    environment: Vec<String>,
    /// Tables that hold releases of toolchains only.
    releases: Vec<String>,
    /// Packages of Nix.
    packages: Vec<String>,
    /// Names of services that it uses, and keys that are one.
    uses: Vec<String>,
    has: BTreeMap<String, String>,
}

/// Words of steps that change a database.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    words: Vec<String>,
    phrases: Vec<String>,
}

/// No more charts than this are looked at.
const MOST_CHARTS: usize = 3;

/// No more values of one kind in one file are looked at.
const MOST: usize = 20;

/// The testimonies of the platforms' files at the top, and of the values of charts.
pub fn testify(repo: &Repo) -> Vec<Fact> {
    let at_top = |row: &'static Row| row.files.iter().filter(|path| repo.has(path)).map(String::as_str);
    let mut facts = Vec::new();
    for row in &CATALOG.platform {
        let files: Vec<&str> = if row.chart { charts(repo, row) } else { at_top(row).collect() };
        for path in files {
            facts.extend(of_file(repo, row, path));
        }
    }
    facts
}

/// The values of charts; where there are several, of the one that is called like the repository.
fn charts<'r>(repo: &'r Repo, row: &Row) -> Vec<&'r str> {
    let inside = CATALOG.cluster.charts.iter().flat_map(|folder| repo.below(folder));
    let is_values = |path: &&str| {
        row.files.iter().any(|file| name(path) == file)
            && !parent(parent(path)).ends_with("/charts/charts")
            && repo.has(&format!("{}/Chart.yaml", parent(path)))
    };
    let mut found: Vec<&str> = inside.filter(is_values).take(MOST_CHARTS).collect();
    if found.len() > 1 {
        found.retain(|path| name(parent(path)) == repo.name());
    }
    found
}

fn of_file(repo: &Repo, row: &Row, path: &str) -> Vec<Fact> {
    let Some(text) = repo.text(path) else { return Vec::new() };
    let documents = match tree::read(path, text) {
        Ok(documents) => documents,
        Err(fault) => return vec![Fact::new(Kind::Unreadable(fault.what), path, &fault.quote, Strength::Guess)],
    };
    documents.iter().flat_map(|document| of_document(row, document, path, text)).collect()
}

fn of_document(row: &Row, document: &Value, path: &str, text: &str) -> Vec<Fact> {
    let mut reader = Reader { row, path, text, facts: Vec::new() };
    if row.services.is_empty() {
        reader.service(document);
    } else {
        reader.services(document);
    }
    reader.uses(document);
    reader.facts
}

struct Reader<'a> {
    row: &'a Row,
    path: &'a str,
    text: &'a str,
    facts: Vec<Fact>,
}

impl Reader<'_> {
    fn say(&mut self, kind: Kind, key: &str, value: &str, strength: Strength) {
        let quote = tree::quote(self.text, key, value);
        self.facts.push(Fact::new(kind, self.path, &quote, strength));
    }

    /// The texts below paths of keys, with their paths.
    fn texts<'p>(&self, value: &Value, paths: &'p [String]) -> Vec<(&'p str, String)> {
        let of = |path: &'p String| {
            tree::below(value, path).into_iter().filter_map(tree::scalar).map(move |it| (path.as_str(), it))
        };
        paths.iter().flat_map(of).take(MOST).collect()
    }

    /// Of several services that of this folder which answers requests; the others of this folder are processes.
    fn services(&mut self, document: &Value) {
        let row = self.row;
        let is_here = |service: &&Value| {
            let folder = tree::first(service, &row.folder).unwrap_or_default();
            let is_top = folder.trim_start_matches("./").trim_matches('/').trim_start_matches('.').is_empty();
            is_top && tree::first(service, &row.runtime).as_deref() != Some("static")
        };
        let serves = |service: &Value| {
            let kind = tree::first(service, std::slice::from_ref(&row.kind));
            row.serves.is_empty() || kind.is_some_and(|kind| row.serves.contains(&kind))
        };
        let here: Vec<&Value> = tree::below(document, &row.services).into_iter().filter(is_here).take(MOST).collect();
        let main = here.iter().position(|service| serves(service));
        for (at, service) in here.iter().enumerate() {
            if Some(at) == main {
                self.service(service);
            } else {
                self.other(service);
            }
        }
    }

    /// A service that is started from the same image with words of its own.
    fn other(&mut self, service: &Value) {
        let Some(name) = tree::first(service, &["name".to_owned()]).filter(|name| is_name(name)) else { return };
        if let Some((key, line)) = self.texts(service, &self.row.start).into_iter().next() {
            self.say(Kind::Process(name, one_line(&line)), key, &line, Strength::Guess);
        }
    }

    fn service(&mut self, service: &Value) {
        self.ports(service);
        for (key, path) in self.texts(service, &self.row.health) {
            self.health(key, &path);
        }
        self.processes(service);
        self.steps(service);
        for (key, folder) in self.texts(service, &self.row.writes) {
            if let Some(placed) = super::placed(&folder, &self.row.home) {
                self.say(Kind::Writes(placed), key, &folder, Strength::Stated);
            }
        }
        self.arguments(service);
        self.environment(service);
        for (key, package) in self.texts(service, &self.row.packages) {
            if let Some((tool, wanted)) = of_nix(&package) {
                self.say(Kind::Toolchain(tool, wanted), key, &package, Strength::Convention);
            } else if let Some(debian) = packages::known(&package) {
                let kind = Kind::Need(format!("package:{debian}"), format!("a platform installs `{package}` for it"));
                self.say(kind, key, &package, Strength::Convention);
            }
        }
    }

    fn ports(&mut self, service: &Value) {
        let ports = self.texts(service, &self.row.port).into_iter();
        let mut numbers: Vec<(&str, u16)> = Vec::new();
        for (key, port) in ports.filter_map(|(key, text)| Some((key, text.parse().ok().filter(|port| *port > 0)?))) {
            if !numbers.iter().any(|(_, known)| *known == port) {
                numbers.push((key, port));
            }
        }
        for (at, (key, port)) in numbers.into_iter().enumerate() {
            let strength = if self.row.chart { Strength::Guess } else { super::strength(port, at == 0) };
            self.say(Kind::Port(port), key, &port.to_string(), strength);
        }
    }

    /// A path that answers; the top of a site answers everywhere and says little.
    fn health(&mut self, key: &str, path: &str) {
        if let Some(path) = super::health_path(path) {
            let strength = if path == "/" { Strength::Guess } else { Strength::Stated };
            self.say(Kind::HealthPath(path.clone()), key, &path, strength);
        }
    }

    fn processes(&mut self, service: &Value) {
        for (key, line) in self.texts(service, &self.row.start).into_iter().take(1) {
            let line = one_line(&line);
            self.say(Kind::Process(SHARED.process.serves.clone(), line.clone()), key, &line, Strength::Stated);
        }
        for table in self.row.processes.iter().flat_map(|path| tree::below(service, path)) {
            for (name, value) in table.as_object().into_iter().flatten().take(MOST).filter(|(name, _)| is_name(name)) {
                let Some(line) = line(value) else { continue };
                let name = if self.row.web.contains(name) { SHARED.process.serves.clone() } else { name.clone() };
                self.say(Kind::Process(name.clone(), line.clone()), &name, &line, Strength::Stated);
            }
        }
    }

    /// Steps before a release, also those that stand in the build, where no image has its database.
    fn steps(&mut self, service: &Value) {
        let mut steps: Vec<(&str, String)> = self.texts(service, &self.row.release);
        for (key, line) in self.texts(service, &self.row.build) {
            let line = one_line(&line);
            let changes = shell::sequence(&line).into_iter().filter(|step| changes_database(step));
            steps.extend(changes.map(|step| (key, step.to_owned())));
        }
        let Some(name) = SHARED.process.steps.first() else { return };
        for (key, line) in steps {
            let line = one_line(&line);
            self.say(Kind::Process(name.clone(), line.clone()), key, &line, Strength::Stated);
        }
    }

    fn arguments(&mut self, service: &Value) {
        let words: Vec<String> = self.texts(service, &self.row.arguments).into_iter().map(|(_, word)| word).collect();
        if let Some(key) = self.row.arguments.first().filter(|_| !words.is_empty()) {
            let first = words.first().cloned().unwrap_or_default();
            self.say(Kind::Arguments(words), key, &first, Strength::Convention);
        }
    }

    fn environment(&mut self, service: &Value) {
        let all = |paths: &[String]| {
            let values = paths.iter().flat_map(|path| tree::below(service, path));
            values.flat_map(variables::all).take(variables::MOST).collect::<Vec<_>>()
        };
        let given = all(&self.row.environment);
        self.facts.extend(given.iter().filter_map(|given| variables::testify(given, self.path, Strength::Stated)));
        let releases = all(&self.row.releases);
        let facts = releases.iter().filter_map(|given| variables::testify(given, self.path, Strength::Stated));
        self.facts.extend(facts.filter(|fact| matches!(fact.kind, Kind::Toolchain(..))).collect::<Vec<_>>());
    }

    fn uses(&mut self, document: &Value) {
        let mut used: Vec<(&str, String, &str)> = Vec::new();
        for (key, text) in self.texts(document, &self.row.uses) {
            used.extend(services::named(&text).map(|service| (key, text, service)));
        }
        let there = self.row.has.iter().filter(|(key, _)| !tree::below(document, key).is_empty());
        used.extend(there.map(|(key, service)| (key.as_str(), String::new(), service.as_str())));
        if self.row.chart {
            used.extend(parts(document).map(|(key, service)| (key, "enabled".to_owned(), service)));
        }
        let mut known: Vec<&str> = Vec::new();
        for (key, text, service) in used {
            if !known.contains(&service) {
                known.push(service);
                self.say(Kind::Uses(service.to_owned()), key, &text, Strength::Stated);
            }
        }
    }
}

/// Charts that another one brings with it, by tables such as `postgresql` that say `enabled`.
fn parts(document: &Value) -> impl Iterator<Item = (&str, &'static str)> {
    let table = document.as_object().into_iter().flatten();
    let enabled = table.filter(|(_, value)| value.get("enabled").and_then(Value::as_bool) == Some(true));
    enabled.filter_map(|(key, _)| Some((key.as_str(), services::named(key)?)))
}

/// A line, or the one that stands in a list or in a table with `command`.
fn line(value: &Value) -> Option<String> {
    let value = value.get("command").unwrap_or(value);
    match tree::below(value, "").as_slice() {
        [one] => tree::scalar(one).map(|line| one_line(&line)),
        _ => None,
    }
}

/// A line of a shell that was written on several.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for part in text.lines().map(str::trim).filter(|part| !part.is_empty() && !part.starts_with('#')) {
        let is_open = ["&&", "||", ";", "|"].iter().any(|end| line.ends_with(end));
        match (line.strip_suffix('\\').map(str::trim_end), is_open || line.is_empty()) {
            (Some(before), _) => line = format!("{before} {part}"),
            (None, true) => line = format!("{line} {part}"),
            (None, false) => line = format!("{line}; {part}"),
        }
    }
    line.trim_start().to_owned()
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() < 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

/// Whether a step of a build changes the database of the program.
pub fn changes_database(step: &str) -> bool {
    let rows = &CATALOG.release;
    let is_word = |word: &str| rows.words.iter().any(|glob| packages::fits(glob, word));
    step.split_whitespace().any(is_word) || rows.phrases.iter().any(|phrase| step.contains(phrase.as_str()))
}

/// A toolchain by its name in Nix: `nodejs_20`, `python311`, `jdk17`, `go_1_22`.
fn of_nix(package: &str) -> Option<(String, crate::requirement::Requirement)> {
    let mut rows = CATALOG.nix.iter();
    let (tool, rest) = rows.find_map(|(tool, name)| Some((tool, package.strip_prefix(name.as_str())?)))?;
    let rest = rest.trim_start_matches(['_', '-']).trim_end_matches("_x");
    let is_number = !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit() || c == '_');
    let version = match rest.split_at_checked(1) {
        Some((_, "")) if tool == "python" => return None,
        Some((first, minor)) if tool == "python" => format!("{first}.{minor}"),
        _ => rest.replace('_', "."),
    };
    let wanted = is_number.then(|| (language::by_id(tool)?.release)(&version)).flatten()?;
    Some((tool.clone(), wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(files: &[(&str, &str)]) -> Vec<String> {
        let repo = Repo::from_list("shop", files.iter().copied());
        let shown = |fact: &Fact| format!("{} [{}]", fact.kind, fact.evidence.strength);
        testify(&repo).iter().map(shown).collect()
    }

    #[test]
    fn a_file_of_fly() {
        let text = "app = 'shop'\n[build.args]\n  NODE_VERSION = '20'\n[deploy]\n  release_command = 'bin/migrate up'\n[env]\n  LOG_LEVEL = 'info'\n  \
                    PORT = '8080'\n[processes]\n  app = 'bin/shop serve'\n  worker = 'bin/shop work'\n[[mounts]]\n  source = 'data'\n  destination = '/data'\n\
                    [http_service]\n  internal_port = 8080\n  [[http_service.checks]]\n    path = '/healthz'\n";
        assert_eq!(
            said(&[("fly.toml", text)]),
            [
                "port 8080 [convention]",
                "health path /healthz [stated]",
                "process web: bin/shop serve [stated]",
                "process worker: bin/shop work [stated]",
                "process release: bin/migrate up [stated]",
                "writes /data [stated]",
                "is given LOG_LEVEL, such as info [guess]",
                "port 8080 [guess]",
                "toolchain 20 [convention]",
            ]
        );
        assert_eq!(
            said(&[("fly.toml", "[[services]]\ninternal_port = 80\n[[services]]\ninternal_port = 0\n")]),
            ["port 80 [guess]"]
        );
        assert_eq!(said(&[("fly.toml", "a = ")]).len(), 1);
    }

    #[test]
    fn a_blueprint_of_render() {
        let text = "services:\n- type: web\n  name: site\n  rootDir: web\n  startCommand: npm start\n- {type: web, name: pages, env: static}\n- type: worker\n  name: jobs\n  startCommand: celery -A shop worker\n\
                    - type: web\n  name: api\n  rootDir: .\n  buildCommand: pip install -r requirements.txt && python manage.py migrate\n  startCommand: gunicorn shop.wsgi\n  \
                    preDeployCommand: python manage.py seed\n  healthCheckPath: /up?x=1\n  disk: {mountPath: /var/data}\n  envVars:\n  - {key: PYTHON_VERSION, value: 3.12.3}\n  \
                    - {key: SECRET_KEY, generateValue: true}\n  - key: DATABASE_URL\n    fromDatabase: {name: db}\n- type: keyvalue\n  name: cache\n\
                    databases:\n- name: db\n";
        assert_eq!(
            said(&[("render.yaml", text)]),
            [
                "process jobs: celery -A shop worker [guess]",
                "health path /up [stated]",
                "process web: gunicorn shop.wsgi [stated]",
                "process release: python manage.py seed [stated]",
                "process release: python manage.py migrate [stated]",
                "writes /var/data [stated]",
                "toolchain 3.12 [convention]",
                "is given SECRET_KEY [stated]",
                "is given DATABASE_URL [stated]",
                "uses Redis [stated]",
                "uses PostgreSQL [stated]",
            ]
        );
    }

    #[test]
    fn the_other_platforms() {
        let app = r#"{"env": {"APP_SECRET": {"generator": "secret"}}, "addons": ["heroku-postgresql", {"plan": "heroku-redis:mini"}], "scripts": {"postdeploy": "yarn db:migrate"}}"#;
        let heroku = "build: {docker: {web: Dockerfile}}\nrelease:\n  image: web\n  command:\n  - python manage.py migrate\nrun:\n  web: {command: [gunicorn a], image: web}\n  jobs: ./jobs\n";
        let railway = r#"{"deploy": {"startCommand": "node a.js", "preDeployCommand": ["npm run db:migrate"], "healthcheckPath": "/health", "requiredMountPath": "/data"}}"#;
        let nix = "[phases.setup]\nnixPkgs = ['nodejs_20', 'ffmpeg', 'python311', 'jdk17', 'python3']\n[start]\ncmd = 'npm start'\n[variables]\nNIXPACKS_NODE_VERSION = '22'\n";
        for (file, text, expected) in [
            (
                "app.json",
                app,
                &[
                    "process release: yarn db:migrate [stated]",
                    "is given APP_SECRET [stated]",
                    "uses PostgreSQL [stated]",
                    "uses Redis [stated]",
                ][..],
            ),
            ("app.json", "{\"expo\": {\"name\": \"x\"}}", &[]),
            (
                "heroku.yml",
                heroku,
                &[
                    "process web: gunicorn a [stated]",
                    "process jobs: ./jobs [stated]",
                    "process release: python manage.py migrate [stated]",
                ],
            ),
            (
                "railway.json",
                railway,
                &[
                    "health path /health [stated]",
                    "process web: node a.js [stated]",
                    "process release: npm run db:migrate [stated]",
                    "writes /data [stated]",
                ],
            ),
            (
                "nixpacks.toml",
                nix,
                &[
                    "process web: npm start [stated]",
                    "toolchain 22 [convention]",
                    "toolchain 20 [convention]",
                    "needs package:ffmpeg: a platform installs `ffmpeg` for it [convention]",
                    "toolchain 3.11 [convention]",
                    "toolchain 17 [convention]",
                ],
            ),
        ] {
            assert_eq!(said(&[(file, text)]), expected, "{file}");
        }
    }

    #[test]
    fn the_values_of_a_chart() {
        let text = "image: {repository: x/shop}\nservice: {port: 80, targetPort: 8080}\nargs: [serve, --metrics]\nlivenessProbe: {httpGet: {path: /live, port: http}}\n\
                    persistence: {enabled: true, mountPath: /data}\nenv: {MODE: live}\npostgresql: {enabled: true}\nredis: {enabled: false}\n";
        let expected = [
            "port 8080 [guess]",
            "port 80 [guess]",
            "health path /live [stated]",
            "writes /data [stated]",
            "given the words serve --metrics [convention]",
            "is given MODE, such as live [guess]",
            "uses PostgreSQL [stated]",
        ];
        let chart = ("charts/shop/Chart.yaml", "name: shop\n");
        assert_eq!(said(&[chart, ("charts/shop/values.yaml", text)]), expected);
        assert!(said(&[("charts/shop/values.yaml", text)]).is_empty());
        let other = [("charts/b/Chart.yaml", ""), ("charts/b/values.yaml", "service: {port: 1}")];
        assert_eq!(said(&[&[chart, ("charts/shop/values.yaml", text)][..], &other].concat()), expected);
    }

    #[test]
    fn lines_of_a_shell_are_joined() {
        assert_eq!(
            one_line("corepack enable &&\n  pnpm i \\\n  --prod\n# x\n\nnode a.js\n"),
            "corepack enable && pnpm i --prod; node a.js"
        );
        assert_eq!(one_line("a"), "a");
    }

    #[test]
    fn steps_that_change_a_database() {
        for (step, expected) in [
            ("python manage.py migrate --noinput", true),
            ("alembic upgrade head", true),
            ("npx prisma migrate deploy", true),
            ("npm run db:migrate:prod", true),
            ("npm run build", false),
            ("pip install -r migrate-requirements.txt", false),
        ] {
            assert_eq!(changes_database(step), expected, "{step}");
        }
    }
}
