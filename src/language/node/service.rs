//! A package that may be the service, with all that was seen of it: its build, the ways to start it, what its sources say.

use std::collections::BTreeSet;

use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::format::package_json::PackageJson;
use crate::language::Scope;
use crate::path::{self, join};
use crate::repo::Repo;

use super::aged;
use super::build::{self, Build};
use super::catalog::{CATALOG, Serves};
use super::framework::Shape;
use super::package::Package;
use super::project::Project;
use super::reach;
use super::sites::{self, Member, Site};
use super::source::{self, Findings, Sources};
use super::start::{self, Start};
use super::typescript;
use super::unmade::{self, Unmade};
use super::variables::{self, Demands};
use super::versions;
use super::ways::{self, Verdict, Way};

/// The folder of the user in the image, where a program keeps something there.
pub const HOME: &str = "/home/app";

/// The sources of no more packages that a service is made of are read for it: each service reads them again.
const MOST_BESIDE: usize = 20;

/// What was seen of a package.
#[derive(Default)]
pub struct Service {
    /// The package.
    pub package: Package,
    /// How it is built.
    pub build: Build,
    /// The framework behind it.
    pub shape: Option<Shape>,
    /// What to do about a framework that is built, and none of whose modes fits.
    pub advice: Option<String>,
    /// The ways to start it, the best first.
    pub ways: Vec<Way>,
    /// What its sources say.
    pub findings: Findings,
    /// Names at the top of the repository that strings of its program name.
    pub named: BTreeSet<String>,
    /// Paths among its sources that strings of its program name, and that hold no code.
    pub read: BTreeSet<String>,
    /// What is missing, and a sample of it.
    pub samples: Vec<(String, String)>,
    /// What its sources ask of the environment of its build.
    pub demands: Demands,
    /// Code that it imports and that is not there.
    pub unmade: Option<Unmade>,
    /// Manifests in folders below, which a script may build.
    pub below: Vec<PackageJson>,
    /// The folders of sources that a compiler turns into something else.
    pub sources: BTreeSet<String>,
    /// What its sources name outside of its folder.
    pub outside: BTreeSet<String>,
    /// Members whose result it serves.
    pub sites: Vec<Site>,
    /// Testimonies about the toolchain.
    pub versions: Vec<Fact>,
}

impl Service {
    /// As a site, where a script makes files of what is a server otherwise.
    pub fn as_site(&mut self, repo: &Repo) {
        let scripts = &self.package.manifest.scripts;
        let mut named = CATALOG.usual.sites.iter().filter_map(|name| scripts.get_key_value(name));
        if let Some((name, line)) = named.next().filter(|_| self.server().is_some()) {
            let (build, shape) = build::of_script(repo, &self.package, Some((name, line)));
            if shape.as_ref().is_some_and(|shape| shape.mode.is_static) {
                (self.build, self.shape) = (build, shape);
            }
        }
    }

    /// What its manifest says.
    pub fn light((package, build, shape): Member) -> Self {
        Service { package, build, shape, ..Service::default() }
    }

    /// Looks into what only a candidate is asked.
    pub fn look(&mut self, scope: Scope, project: &Project, sources: &Sources) {
        let repo = scope.repo;
        let package = &self.package;
        self.build.others = is_made_of_others(project, package);
        self.advice = build::advice(repo, package);
        self.below = aged::manifests(repo, package);
        self.sources = typescript::sources(repo, package);
        self.versions = aged::facts(project, package);
        if package.is_member() {
            self.outside = reach::outside(repo, &package.folder, true);
            self.versions.splice(0..0, versions::facts(repo, &package.path("package.json"), &package.manifest));
        }
        self.ways = ways::read(scope, (project, package), &self.build, self.shape.as_ref());
        let is_site = self.ways.iter().any(|way| matches!(way.verdict, Verdict::Files(..)));
        if self.build.is_there() && (is_site || self.shape.is_some()) {
            self.demands = variables::read(repo, &self.package.folder);
            self.unmade = Some(package).filter(|_| self.build.before.is_empty()).and_then(|it| unmade::find(repo, it));
            let script = self.unmade.as_ref().and_then(|unmade| unmade.script.clone());
            let builds = self.ways.iter_mut().map(|way| &mut way.build).chain([&mut self.build]);
            builds.for_each(|build| build.hooks.extend(script.clone()));
        }
        if self.ways.iter().any(|way| way.verdict == Verdict::Starts) {
            self.read_sources(repo, project, sources);
        }
    }

    fn read_sources(&mut self, repo: &Repo, project: &Project, sources: &Sources) {
        let starts = self.ways.iter().filter(|way| way.verdict == Verdict::Starts);
        let entries: Vec<&str> = starts.filter_map(|way| way.entry.as_deref()).collect();
        let others = project.others(&self.package).map(|other| other.folder.as_str());
        let mut beside: Vec<&str> = others.filter(|folder| !folder.is_empty()).collect();
        // The nearest come last.
        beside.drain(..beside.len().saturating_sub(MOST_BESIDE));
        let first = self.ways.iter().find(|way| way.verdict == Verdict::Starts);
        let base = first.map_or_else(String::new, |way| self.package.path(&way.resolved.folder));
        self.findings = sources.read((&self.package.folder, &base), &beside, &entries);
        let names = project.top.iter().map(|top| top.name.as_str());
        self.named = self.findings.named(names.clone().chain(["docs"]));
        let is_data = |path: &str| {
            let mut files = repo.below(path).chain(repo.has(path).then_some(path));
            files.any(|path| !CATALOG.sources.code.iter().any(|end| path.ends_with(end.as_str())))
        };
        let named = self.findings.paths(&self.sources, &|path| repo.exists(&self.package.path(path)));
        let named = named.into_iter().filter(|path| is_data(&self.package.path(path)));
        // What one file of a folder is read for, the others are there for too.
        let whole = |path: String| match path::parent(&path) {
            folder if folder.contains('/') && repo.has(&self.package.path(&path)) => folder.to_owned(),
            _ => path,
        };
        self.read = named.map(whole).collect();
        let missing = names.filter_map(|name| Some((sampled(name)?, name.to_owned())));
        self.samples = missing.filter(|(path, _)| !repo.has(path) && self.findings.names_file(path)).collect();
    }

    /// Takes up the members that it cannot do without, and does not name.
    pub fn join(&mut self, project: &Project, members: &[Member], made: &[Vec<(String, String)>]) {
        self.sites = sites::find(project, (&self.package, &self.findings), members, made);
        let others = !self.sites.is_empty() || is_made_of_others(project, &self.package);
        let builds = self.ways.iter_mut().map(|way| &mut way.build).chain([&mut self.build]);
        builds.for_each(|build| build.others = others);
    }

    /// As facts name it; every fact holds for a root.
    pub fn about(&self, fact: Fact) -> Fact {
        match self.package.is_member() {
            true => fact.of(&self.package.folder),
            false => fact,
        }
    }

    /// Everything that was seen, with what follows from its packages and commands.
    pub fn facts(&self, needed: Vec<Fact>) -> Vec<Fact> {
        let ways = self.ways.iter().filter_map(Way::fact);
        let mut facts: Vec<Fact> = self.versions.iter().cloned().chain(ways).collect();
        if !self.ways.is_empty() {
            facts.extend(needed);
        }
        if self.findings.listens.is_some() {
            let ports = self.findings.ports().into_iter();
            facts.extend(ports.map(|(port, evidence)| Fact::from_evidence(Kind::Port(port), evidence)));
        }
        let written = self.findings.writes.iter();
        let written = written.map(|(folder, evidence)| (join("/app", folder), evidence.clone()));
        facts.extend(written.map(|(folder, evidence)| Fact::from_evidence(Kind::Writes(folder), evidence)));
        if let Some((name, evidence)) = self.findings.address.as_ref().filter(|_| self.findings.listens.is_some()) {
            let what = format!(
                "{evidence}: where the program listens there, nobody outside of the container reaches it: give `-e {name}=0.0.0.0` when the image is run"
            );
            facts.push(Fact::from_evidence(Kind::Warning(what), evidence.clone()));
        }
        if let Some(home) = &self.findings.home {
            facts.push(Fact::from_evidence(Kind::Writes(HOME.to_owned()), home.clone()));
        }
        let is_owned = self.server().is_some_and(|shape| shape.mode.owned) || !self.findings.writes.is_empty();
        if let Some(evidence) = self.findings.unplaced.as_ref().filter(|_| !is_owned) {
            let what = format!(
                "{evidence}: where this folder lies is known when the program runs: where it is in `/app`, name it with `--data FOLDER`, or mount a volume there that the user of the image owns"
            );
            facts.push(Fact::from_evidence(Kind::Warning(what), evidence.clone()));
        }
        facts.extend(self.unmade.iter().filter_map(Unmade::fact));
        for (path, sample) in &self.samples {
            let what = format!(
                "the program reads `{path}`, which is not in the repository; `{sample}` shows it: it may have to lie at `/app/{path}` when the image is run"
            );
            facts.push(Fact::new(Kind::Warning(what), sample, "", Strength::Stated));
        }
        if !self.findings.says_where() && self.ways.iter().any(|way| way.verdict == Verdict::Starts) {
            // A framework's own port is a convention, and no guess.
            let own = self.framework_port();
            facts.extend(own.map(|(port, why)| Fact::new(Kind::Port(port), "", &why, Strength::Convention)));
        }
        facts
            .into_iter()
            .map(|fact| self.about(fact))
            .chain(self.ways.iter().flat_map(|way| self.facts_of(way)))
            .collect()
    }

    /// Testimonies about where a way listens, and whether it ends by itself.
    fn facts_of(&self, way: &Way) -> Vec<Fact> {
        if way.verdict != Verdict::Starts {
            return Vec::new();
        }
        let pinned = || Evidence { strength: Strength::Pinned, ..way.evidence.clone() };
        let named = way.port().map(|port| Fact::from_evidence(Kind::Port(port), pinned()));
        let own = self.framework_port();
        let by_package = self.serves_by_itself(way) && !self.findings.says_where();
        let usual = self.usual_port(way).filter(|usual| by_package && Some(usual) != own.as_ref());
        let usual = usual.map(|(port, why)| Fact::new(Kind::Port(port), "", &why, Strength::Convention));
        // A shell passes no signal on.
        let signals = self.signals(way).filter(|_| !matches!(way.resolved.start, Start::Shell(_)));
        let signals = signals.map(|evidence| Fact::from_evidence(Kind::Signals, evidence));
        named.into_iter().chain(usual).chain(signals).map(|fact| fact.of(&self.program(way))).collect()
    }

    /// The id of a way to start it, as facts name it.
    pub fn program(&self, way: &Way) -> String {
        format!("{} {}", self.package.folder, way.name).trim_start().to_owned()
    }

    /// Whether a root has a program of its own, and does not hand over to members.
    pub fn runs_by_itself(&self) -> bool {
        let own = |way: &Way| {
            way.name == "start" || way.is_main() && way.entry.is_some() || matches!(way.resolved.start, Start::Bun(_))
        };
        self.shape.is_some() || self.ways.iter().any(own)
    }

    /// The framework, where a server of it runs.
    pub fn server(&self) -> Option<&Shape> {
        self.shape.as_ref().filter(|shape| !shape.mode.is_static)
    }

    /// Whether the framework, or a package, brings the server that a way starts.
    pub fn serves_by_itself(&self, way: &Way) -> bool {
        let by_package = match &way.resolved.start {
            Start::Node(args) => start::file(args).is_some_and(|file| file.contains("node_modules/")),
            _ => false,
        };
        self.server().is_some_and(|shape| shape.mode.port.is_some()) || by_package && self.usual_port(way).is_some()
    }

    /// The port of the framework whose server runs.
    pub fn framework_port(&self) -> Option<(u16, String)> {
        let shape = self.server()?;
        Some((shape.mode.port?, format!("the port of {} where nothing says another", shape.framework.title)))
    }

    /// Where a program of a package, the framework or a library listens where nothing says another place, and why.
    pub fn usual_port(&self, way: &Way) -> Option<(u16, String)> {
        if let Some((row, port)) = way.program().and_then(|row| Some((row, row.port?))) {
            return Some((port, format!("the port of `{}` where nothing says another", row.package)));
        }
        if let Some(own) = self.framework_port() {
            return Some(own);
        }
        let used = |row: &&Serves| self.package.manifest.runtime_dependency(&row.package).is_some();
        let row = CATALOG.library.iter().find(used)?;
        Some((row.port.unwrap_or(3000), format!("`{}` serves, and nothing says where", row.package)))
    }

    /// What says that the program of a way ends on SIGTERM.
    pub fn signals(&self, way: &Way) -> Option<Evidence> {
        if let Some(shape) = self.server().filter(|shape| shape.mode.signals) {
            return Some(shape.evidence.clone());
        }
        let is_own = |found: &&Evidence| Some(&found.file) == way.entry.as_ref() || source::begins(&found.file);
        self.findings.signals.as_ref().filter(is_own).cloned()
    }
}

/// The file that a sample stands for: `config.sample.yml` for `config.yml`. Variables have witnesses of their own.
fn sampled(name: &str) -> Option<String> {
    let (before, after) = CATALOG.usual.samples.iter().find_map(|word| name.split_once(word.as_str()))?;
    let is_file = !before.is_empty() && !before.starts_with('.') && (after.is_empty() || after.starts_with('.'));
    is_file.then(|| format!("{before}{after}")).filter(|name| name.contains('.'))
}

/// Whether packages of the workspace that a package is made of are built.
fn is_made_of_others(project: &Project, package: &Package) -> bool {
    let built = |other: &Package| {
        other.manifest.scripts.contains_key("build")
            || build::preparing(other).next().is_some()
            || !other.prepares.is_empty()
    };
    project.others(package).any(built)
}

#[cfg(test)]
mod tests {
    use crate::repo::Repo;
    use crate::service::Role;
    use crate::wishes::Wishes;

    const LOCK: (&str, &str) = ("package-lock.json", r#"{"lockfileVersion": 3}"#);

    /// The Dockerfile with what is said.
    fn written(manifest: &str, files: &[(&str, &str)]) -> String {
        let files = [("package.json", manifest), LOCK].into_iter().chain(files.iter().copied());
        let draft = crate::draft(&Repo::from_list("x", files), &Wishes::default()).unwrap();
        format!("{}{}", draft.text(Role::Dockerfile), draft.plan.warnings.join("\n"))
    }

    #[test]
    fn what_a_program_needs_and_does_not_have_is_said() {
        let start = r#"{"scripts": {"start": "node a.js"}, "dependencies": {"fastify": "5"}}"#;
        let local = "the program listens to its own machine only";
        assert!(written(start, &[("a.js", "app.listen({ port: 3000 })")]).contains(local));
        assert!(!written(start, &[("a.js", "app.listen({ port: 3000, host: '0.0.0.0' })")]).contains(local));
        let express = r#"{"scripts": {"start": "node a.js"}, "dependencies": {"express": "5"}}"#;
        assert!(!written(express, &[("a.js", "app.listen(3000)")]).contains(local));
        let host = [("a.js", "const at = { host: process.env.APP_HOST || 'localhost' };\napp.listen(3000, at.host)")];
        assert!(written(express, &host).contains("give `-e APP_HOST=0.0.0.0` when the image is run"));
        let before = r#"{"scripts": {"prestart": "cp b.js c.js", "start": "node a.js"}}"#;
        assert!(written(before, &[("a.js", "")]).contains("`cp b.js c.js` runs before `start`"));
        let sample = [("a.js", "read('./config.yml'); app.listen(1)"), ("config.sample.yml", "")];
        assert!(written(express, &sample).contains("the program reads `config.yml`"));
        let there = [sample.as_slice(), &[("config.yml", "")]].concat();
        assert!(!written(express, &there).contains("the program reads `config.yml`"));
    }

    #[test]
    fn what_is_kept_in_the_folder_of_the_user_has_one() {
        let start = r#"{"scripts": {"start": "node a.js"}}"#;
        for (source, has) in [
            ("mkdirSync(path.join(os.homedir(), '.x'))", true),
            ("const at = join(process.env.HOME || process.env.HOMEPATH, '.x')", true),
            ("expand(homedir(), name)", false),
        ] {
            let text = written(start, &[("a.js", source)]);
            assert_eq!(text.contains("HOME=/home/app") && text.contains("<<'KEEP' /home/app/.keep"), has, "{text}");
        }
    }

    #[test]
    fn an_address_that_no_browser_elsewhere_reaches_is_said() {
        let site = r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}"#;
        for (value, is_said) in [("http://localhost:8000", true), ("https://api.example", false)] {
            let set = format!("VITE_API={value}\n");
            let files = [("index.html", ""), ("src/a.ts", "import.meta.env.VITE_API"), (".env", set.as_str())];
            assert_eq!(written(site, &files).contains("those of others do not reach that"), is_said, "{value}");
        }
    }

    #[test]
    fn what_is_read_among_the_sources_is_copied() {
        let manifest =
            r#"{"scripts": {"build": "tsc", "start": "node dist/a.js"}, "devDependencies": {"typescript": "5"}}"#;
        let settings = ("tsconfig.json", r#"{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}"#);
        let source =
            ("src/a.ts", "join(process.cwd(), 'src', 'mail', 'texts', 'a.hbs'); join('src', 'lib'); app.listen(1)");
        let files = [settings, source, ("src/mail/texts/a.hbs", ""), ("src/mail/b.ts", ""), ("src/lib/c.ts", "")];
        let text = written(manifest, &files);
        assert!(text.contains("COPY --link src/mail/texts ./src/mail/texts\n") && !text.contains("src/lib"), "{text}");
    }

    #[test]
    fn a_site_is_what_another_image_serves_and_a_script_has_to_be_there() {
        let library = r#"{"scripts": {"build": "grunt prod"}, "main": "src/a.js"}"#;
        let container = "FROM node AS b\nWORKDIR /app\nRUN npm run build\nFROM nginx\nCOPY --from=b /app/build/prod /usr/share/nginx/html/\n";
        let text = written(library, &[("src/a.js", "module.exports = {}"), ("Dockerfile", container)]);
        assert!(text.contains("COPY --link --from=build /app/build/prod /usr/share/nginx/html\n"), "{text}");
        let engine = r#"{"scripts": {"build:docker": "node a.js docker buildx build .", "build:frontend": "vite build", "start": "node a.js"}, "devDependencies": {"vite": "7"}}"#;
        let text = written(engine, &[("a.js", ""), ("index.html", "")]);
        assert!(text.contains("RUN npm run build:frontend\n"), "{text}");
        let script = r#"{"scripts": {"docker:start": "./run.sh", "start": "node a.js"}}"#;
        assert!(written(script, &[("a.js", "")]).contains("`run.sh` is not in the repository"));
    }
}
