//! What starting the service comes down to: a server, or files for a web server.

use crate::error::{Error, typed};
use crate::facts::{Evidence, Strength};
use crate::plan::toolchain::Toolchain;
use crate::plan::{Candidate, Decision, Planner, topic};

use super::build::Build;
use super::catalog::CATALOG;
use super::framework::Shape;
use super::server::{Server, say_what_is_left_out};
use super::service::Service;
use super::start::{self, Start};
use super::ways::{self, Verdict, Way};
use super::workspace::Workspace;

/// What a service comes down to.
pub enum Outcome<'a> {
    /// A process of its own.
    Server(Box<Server<'a>>),
    /// Files.
    Site(Box<Site<'a>>),
}

/// Files for a web server.
pub struct Site<'a> {
    /// What people call the framework.
    pub title: String,
    /// How it is built.
    pub build: &'a Build,
    /// The framework.
    pub shape: Option<&'a Shape>,
    /// Where the files lie.
    pub output: String,
    /// What speaks for it.
    pub evidence: Evidence,
}

/// Decides what the service comes down to.
///
/// # Errors
/// Where nothing says how to start it, or what is said cannot be done.
pub fn decide<'a>(
    planner: &mut Planner,
    workspace: &'a Workspace,
    service: &'a Service,
    toolchain: &Toolchain,
) -> Result<Outcome<'a>, Error> {
    if let Some(shape) = &service.shape {
        let value = format!("{} ({})", shape.framework.title, shape.mode.id);
        let reason = "it is a dependency, and the build calls it";
        planner.note(Decision::new(topic::FRAMEWORK, value, reason, shape.evidence.clone()));
    }
    refuse_unknown(planner, service)?;
    let chosen = planner.choose(topic::START, candidates(service));
    planner.amend(topic::START, |decision| {
        // A member is what `--entry` names of a workspace.
        let is_way = |name: &String| service.ways.iter().any(|way| way.name == *name) && !service.package.is_member();
        decision.options.retain(is_way);
    });
    let way = service.ways.iter().find(|way| takes(service, way) && Some(&way.resolved.start) == chosen.as_ref());
    match (chosen, way) {
        (Some(Start::Files(folder)), way) => {
            let evidence = way.map(|way| &way.evidence).or(service.shape.as_ref().map(|shape| &shape.evidence));
            let evidence = evidence.cloned().unwrap_or_else(Evidence::guess);
            Ok(Outcome::Site(Box::new(Site::new(planner, service, folder, evidence))))
        }
        (Some(_), Some(way)) => {
            planner.program = Some(service.program(way));
            say_what_cannot_be(planner, service, Some(way));
            refuse_typescript(way, toolchain)?;
            Ok(Outcome::Server(Box::new(Server::new(planner, &workspace.project, service, way))))
        }
        _ => Err(nothing(planner, workspace, service)),
    }
}

/// What `--entry` names has to be there.
fn refuse_unknown(planner: &Planner, service: &Service) -> Result<(), Error> {
    let wish = planner.wishes.entry.as_deref().filter(|wish| !ways::names(&service.package, wish));
    match wish.filter(|_| service.ways.is_empty()) {
        None => Ok(()),
        Some(wish) => {
            let manifest = service.package.path("package.json");
            Err(Error::no(format!("`--entry {wish}` is no script and no file of `{manifest}`"))
                .hint("name a script, or a file relative to that folder"))
        }
    }
}

/// Whether a way can be taken. Where a framework compiles to files, its server and the manifest's `main`, which is there for
/// others to import, serve nothing; a server for development says nothing against a script for production.
fn takes(service: &Service, way: &Way) -> bool {
    let files = service.shape.as_ref().filter(|shape| shape.mode.is_static);
    let production = |way: &Way| way.verdict == Verdict::Starts && CATALOG.usual.production.contains(&way.name);
    match &way.verdict {
        Verdict::Starts => !files.is_some_and(|shape| way.is_main() || is_framework_server(way, shape)),
        Verdict::Files(_, is_there) => {
            let serves = service.shape.as_ref().map_or(service.advice.is_some(), |shape| !shape.mode.is_static);
            *is_there && !serves && !service.ways.iter().any(production)
        }
        Verdict::Cannot(_) => false,
    }
}

/// What may be started, each once.
fn candidates(service: &Service) -> Vec<Candidate<Start>> {
    let mut candidates: Vec<Candidate<Start>> = Vec::new();
    let ways = service.ways.iter().filter(|way| takes(service, way));
    for way in ways {
        let start = way.resolved.start.clone();
        let mut evidence = way.evidence.clone();
        // What others import, and what answers nobody, may be no program at all.
        let is_usual = CATALOG.usual.files.contains(&way.name);
        if way.is_published() && !is_usual && service.findings.listens.is_none() {
            evidence.strength = Strength::Guess;
        }
        if candidates.iter().all(|candidate| candidate.value != start) {
            candidates.push(Candidate::new(start, &way.name, way.reason, evidence).shown(shown(&way.resolved.start)));
        }
    }
    let files = service.shape.as_ref().filter(|shape| shape.mode.is_static);
    if let Some(shape) = files.filter(|_| candidates.iter().all(|candidate| candidate.value != Start::Files(None))) {
        let evidence = Evidence { strength: Strength::Convention, ..shape.evidence.clone() };
        let reason = format!("{} compiles to files", shape.framework.title);
        candidates.push(Candidate::new(Start::Files(None), &shape.framework.id, reason, evidence));
    }
    candidates
}

/// Whether this starts the framework's server, which has nothing to serve where the framework compiles to files.
fn is_framework_server(way: &Way, shape: &Shape) -> bool {
    let Start::Node(args) = &way.resolved.start else { return false };
    let mut servers = shape.framework.mode.iter().filter_map(|mode| mode.start.first()?.strip_prefix("node_modules/"));
    start::file(args).is_some_and(|file| servers.any(|server| file.ends_with(&format!("node_modules/{server}"))))
}

/// A start in the words of people.
fn shown(start: &Start) -> String {
    match start {
        Start::Node(args) => format!("node {}", args.join(" ")),
        Start::Bun(args) => format!("bun {}", args.join(" ")),
        Start::Program(argv) => argv.join(" "),
        Start::Shell(line) => line.clone(),
        Start::Files(_) | Start::Develop(_) => String::new(),
    }
}

/// Node before 22.18 cannot run TypeScript.
fn refuse_typescript(way: &Way, toolchain: &Toolchain) -> Result<(), Error> {
    let Start::Node(args) = &way.resolved.start else { return Ok(()) };
    let loads = args.iter().any(|word| word.starts_with('-'));
    let file = start::file(args).filter(|file| start::is_typescript(file) && !loads);
    let old = matches!(toolchain.cycle.parse::<u32>(), Ok(cycle) if cycle < 22);
    match file.filter(|_| old) {
        None => Ok(()),
        Some(file) => {
            let (evidence, version) = (&way.evidence, &toolchain.version);
            Err(Error::no(format!("{evidence} starts `{file}`, and Node {version} cannot run TypeScript"))
                .hint("add a build script that compiles it, or take a newer release with `--toolchain 24`"))
        }
    }
}

/// Ways that would have been taken, and cannot be.
fn say_what_cannot_be(planner: &mut Planner, service: &Service, chosen: Option<&Way>) {
    let before = service.ways.iter().take_while(|way| chosen.is_none_or(|chosen| !std::ptr::eq(*way, chosen)));
    for way in before {
        if let Verdict::Cannot(why) = &way.verdict {
            planner.warn(format!("{}: {why}", way.evidence));
        }
    }
}

fn nothing(planner: &mut Planner, workspace: &Workspace, service: &Service) -> Error {
    say_what_cannot_be(planner, service, None);
    let names: Vec<String> =
        workspace.runnable.iter().map(|folder| format!("`dockgen init {}`", typed(folder))).collect();
    let usual = match names.is_empty() {
        true => "add a `start` script to `package.json`, or name a file or script with `--entry`".to_owned(),
        false => format!("run it in a folder with a program of its own: {}", names.join(", ")),
    };
    let what = match service.ways.iter().find(|way| way.verdict != Verdict::Starts) {
        Some(Way { evidence, verdict: Verdict::Cannot(why), .. }) => format!("nothing here can be started: {evidence}: {why}"),
        _ => "nothing says how to start this: there is no `start` script, no `main` that exists, and no file that is usually started".to_owned(),
    };
    Error::no(what).hint(service.advice.clone().unwrap_or(usual))
}

impl<'a> Site<'a> {
    fn new(planner: &mut Planner, service: &'a Service, folder: Option<String>, evidence: Evidence) -> Self {
        let shape = service.shape.as_ref().filter(|shape| shape.mode.is_static);
        let title = shape.map_or_else(|| "the project".to_owned(), |shape| shape.framework.title.clone());
        let made = service.build.outputs.first().or_else(|| shape.and_then(|shape| shape.mode.output.first()));
        let output = folder.or_else(|| made.cloned()).unwrap_or_else(|| "dist".to_owned());
        planner.amend(topic::START, |decision| {
            decision.value = format!("a web server for the files in {}", service.package.path(&output));
            decision.reason = format!("{title} compiles to files");
        });
        say_what_is_left_out(planner, &service.build);
        Site { title, build: &service.build, shape, output, evidence }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;
    use crate::wishes::Wishes;

    type Files<'a> = &'a [(&'a str, &'a str)];

    const NPM: (&str, &str) = ("package-lock.json", r#"{"lockfileVersion": 3}"#);

    fn draft(manifest: &str, files: Files) -> Result<crate::Draft, Error> {
        let files = [("package.json", manifest), NPM].into_iter().chain(files.iter().copied());
        crate::draft(&Repo::from_list("app", files), &Wishes::default())
    }

    fn decided(manifest: &str, files: Files) -> (String, String) {
        let draft = draft(manifest, files).unwrap();
        let value = |topic| draft.plan.decisions.iter().find(|it| it.topic == topic).map(|it| it.value.clone());
        (value(topic::START).unwrap_or_default(), value(topic::PORT).unwrap_or_default())
    }

    #[test]
    fn ordinary_projects_start_what_they_are() {
        let server = ("a.js", "app.listen(3000)");
        let cases: [(&str, Files, &str, &str); 21] = [
            (
                r#"{"module": "index.ts", "type": "module"}"#,
                &[("bun.lock", r#"{"lockfileVersion": 1}"#), ("index.ts", "console.log(1)")],
                "bun index.ts",
                "none",
            ),
            (
                r#"{"scripts": {"build": "expo export --platform web", "start": "expo start"}, "main": "expo-router/entry", "dependencies": {"expo": "56"}}"#,
                &[],
                "a web server for the files in dist",
                "8080",
            ),
            (
                r#"{"scripts": {"start": "pm2 start ecosystem.config.json --no-daemon"}, "dependencies": {"express": "4", "pm2": "6"}}"#,
                &[
                    (
                        "ecosystem.config.json",
                        r#"{"apps": [{"name": "app", "script": "src/index.js", "instances": 1}]}"#,
                    ),
                    ("src/index.js", "app.listen(config.port)"),
                    ("src/config.js", "const schema = { PORT: Joi.number().default(3100) };"),
                ],
                "node src/index.js",
                "3100",
            ),
            (
                r#"{"scripts": {"build": "nest build", "start": "nest start", "start:prod": "node dist/main"}, "dependencies": {"@nestjs/core": "11"}}"#,
                &[("src/main.ts", "await app.listen(process.env.PORT ?? 3000);")],
                "node dist/main",
                "3000",
            ),
            (
                r#"{"scripts": {"start": "node ./bin/www"}, "dependencies": {"express": "4"}}"#,
                &[("bin/www", "var port = normalizePort(process.env.PORT || '3001');\nserver.listen(port);")],
                "node ./bin/www",
                "3001",
            ),
            (
                r#"{"scripts": {"start": "react-scripts start", "build": "react-scripts build"}, "dependencies": {"react-scripts": "5"}}"#,
                &[],
                "a web server for the files in build",
                "8080",
            ),
            (
                r#"{"scripts": {"start": "fastify start app.js"}, "dependencies": {"fastify-cli": "7"}}"#,
                &[("app.js", "")],
                "node node_modules/fastify-cli/cli.js start app.js",
                "3000",
            ),
            (
                r#"{"scripts": {"start": "ts-node src/index.ts"}, "devDependencies": {"ts-node": "10", "typescript": "5"}}"#,
                &[("src/index.ts", "client.login(process.env.TOKEN)")],
                "node --require ts-node/register src/index.ts",
                "none",
            ),
            (
                r#"{"scripts": {"build": "nuxt build", "postinstall": "nuxt prepare"}, "dependencies": {"nuxt": "3"}}"#,
                &[],
                "node .output/server/index.mjs",
                "3000",
            ),
            (
                r#"{"scripts": {"build": "pnpm with-env next build", "start": "pnpm with-env next start", "with-env": "dotenv -e ../.env --"}, "dependencies": {"next": "15"}}"#,
                &[],
                "node node_modules/next/dist/bin/next start",
                "3000",
            ),
            (
                r#"{"scripts": {"build": "next build"}, "dependencies": {"next": "15"}}"#,
                &[("next.config.ts", r#"export default { output: "standalone" };"#)],
                "node server.js",
                "3000",
            ),
            (
                r#"{"scripts": {"prod": "pnpm --filter pad run prod"}}"#,
                &[
                    ("pnpm-lock.yaml", "lockfileVersion: '9.0'\n"),
                    ("pnpm-workspace.yaml", "packages: [src, bin]"),
                    ("src/package.json", r#"{"name": "pad", "scripts": {"prod": "node server.js"}}"#),
                    ("src/server.js", "app.listen(9001)"),
                    ("bin/package.json", r#"{"name": "bin", "dependencies": {"pad": "*"}}"#),
                ],
                "node server.js",
                "9001",
            ),
            (
                r#"{"workspaces": ["e2e"], "scripts": {"build": "vite build"}, "devDependencies": {"vite": "6"}}"#,
                &[("index.html", ""), ("e2e/package.json", r#"{"name": "e2e"}"#)],
                "a web server for the files in dist",
                "8080",
            ),
            (r#"{"scripts": {"start": "node a.js"}}"#, &[("deno.json", "{}"), server], "node a.js", "3000"),
            (
                r#"{"scripts": {"build": "astro build", "start": "astro dev"}, "dependencies": {"astro": "5"}}"#,
                &[],
                "a web server for the files in dist",
                "8080",
            ),
            (
                r#"{"scripts": {"build": "rsbuild build", "start": "rsbuild dev --host"}, "dependencies": {"@rsbuild/core": "1"}}"#,
                &[],
                "a web server for the files in dist",
                "8080",
            ),
            (
                r#"{"scripts": {"start": "run-script-os", "start:windows": "a.exe", "start:default": "node a.js"}}"#,
                &[server],
                "node a.js",
                "3000",
            ),
            (
                r#"{"main": "lib/index.js", "bin": {"x": "./bin/x.js"}}"#,
                &[
                    ("lib/index.js", "app.listen(3000)"),
                    ("lib/cli.js", "yargs.command('seed', 'a').command('start', 'b')"),
                    ("bin/x.js", "require('../lib/cli')"),
                ],
                "node bin/x.js start",
                "3000",
            ),
            (
                r#"{"main": "lib/api.js"}"#,
                &[
                    ("lib/api.js", "app.listen(3000)"),
                    ("bin/x.js", ""),
                    (
                        "Dockerfile",
                        "FROM node\nWORKDIR /x\nCOPY . .\nCMD [\"/usr/bin/node\", \"/x/bin/x.js\", \"--all\"]\n",
                    ),
                ],
                "node bin/x.js --all",
                "3000",
            ),
            (
                r#"{"scripts": {"build": "vite build", "start": "vite serve --host"}, "dependencies": {"vite": "7"}}"#,
                &[("index.html", "")],
                "a web server for the files in dist",
                "8080",
            ),
            (
                r#"{"type": "module"}"#,
                &[("server.js", "http.createServer().listen(process.env.PORT || 8000)")],
                "node server.js",
                "8000",
            ),
        ];
        for (manifest, files, start, port) in cases {
            assert_eq!(decided(manifest, files), (start.to_owned(), port.to_owned()), "{manifest}");
        }
    }

    #[test]
    fn what_is_as_likely_is_a_question() {
        let question = |manifest: &str| {
            let draft = draft(manifest, &[("server.js", ""), ("index.js", "")]).unwrap();
            let start = draft.plan.decisions.iter().find(|it| it.topic == topic::START).unwrap().clone();
            (start.is_question(), start.options)
        };
        assert_eq!(question("{}"), (true, vec!["server.js".to_owned(), "index.js".to_owned()]));
        assert!(!question(r#"{"scripts": {"start": "node index.js"}}"#).0);
    }

    #[test]
    fn what_cannot_be_started_is_refused_with_advice() {
        let kit = r#"{"scripts": {"build": "vite build"}, "devDependencies": {"@sveltejs/kit": "2", "vite": "7"}}"#;
        let error = refused(kit, &[("svelte.config.js", "import adapter from '@sveltejs/adapter-auto'")]);
        assert!(error.hint.unwrap().contains("@sveltejs/adapter-node"));
        let astro = r#"{"scripts": {"build": "astro build", "start": "astro dev"}, "dependencies": {"astro": "5"}}"#;
        let error = refused(astro, &[("astro.config.mjs", "import vercel from '@astrojs/vercel'")]);
        assert!(error.hint.unwrap().contains("@astrojs/node"));
        assert!(refused(r#"{"main": "index.js"}"#, &[]).what.contains("nothing here can be started"));
        assert!(refused("{}", &[]).what.contains("nothing says how to start"));
        let workspace = refused(r#"{"workspaces": ["packages/*"]}"#, &[("packages/a/package.json", "{}")]);
        assert!(workspace.what.contains("no member"));
    }

    fn refused(manifest: &str, files: Files) -> Error {
        draft(manifest, files).unwrap_err()
    }

    fn text(manifest: &str, files: Files) -> String {
        let draft = draft(manifest, files).unwrap();
        format!("{}{}", draft.text(crate::service::Role::Dockerfile), draft.plan.warnings.join("\n"))
    }

    #[test]
    fn a_front_end_whose_page_is_sent_is_built_and_another_is_said() {
        let start = r#"{"scripts": {"start": "node a.js"}, "dependencies": {"express": "4"}}"#;
        let client = (
            "client/package.json",
            r#"{"scripts": {"build": "react-scripts build"}, "dependencies": {"react-scripts": "5"}}"#,
        );
        let sends = ("a.js", "res.sendFile(join(__dirname, 'public/index.html')); app.listen(3000)");
        assert!(text(start, &[client, sends]).contains("COPY --link --from=frontend /src/client/build ./public\n"));
        let other = text(start, &[client, ("a.js", "app.listen(3000)")]);
        assert!(other.contains("`dockgen config set front-ends.client public`"), "{other}");
        let page = ("public/index.html", "");
        assert!(!text(start, &[client, sends, page]).contains("--from=frontend"));
    }

    #[test]
    fn a_root_that_starts_what_its_build_makes_is_the_program() {
        let root = r#"{"workspaces": ["web"], "scripts": {"start": "node dist/a.js", "build": "npm run build:web && tsc", "build:web": "npm --prefix ./web run build"}}"#;
        let web = (
            "web/package.json",
            r#"{"name": "web", "scripts": {"start": "vite", "build": "vite build"}, "devDependencies": {"vite": "7"}}"#,
        );
        let settings = ("tsconfig.json", r#"{"compilerOptions": {"outDir": "dist"}}"#);
        let text = text(root, &[web, settings, ("a.ts", "app.listen(4000)"), ("web/index.html", "")]);
        assert!(text.contains("CMD [\"dist/a.js\"]") && !text.contains("not in this image"), "{text}");
    }

    #[test]
    fn what_no_image_has_is_refused() {
        let committed = refused(r#"{"scripts": {"start": "node lib/node_modules/x/a.js"}}"#, &[]);
        assert!(committed.what.contains("lies in a folder `node_modules`"), "{}", committed.what);
        let start = r#"{"scripts": {"build": "vite build"}, "dependencies": {"@tanstack/react-start": "1"}}"#;
        let cloud = ("vite.config.ts", "plugins: [cloudflare(), tanstackStart()]");
        assert!(refused(start, &[cloud]).hint.is_some_and(|hint| hint.contains("nitro")));
        assert_eq!(decided(start, &[("vite.config.ts", "plugins: [tanstackStart(), nitro()]")]).1, "3000");
    }

    #[test]
    fn a_guess_of_another_language_gives_way() {
        let script = "import sys\n\ndef main():\n    print(sys.argv)\n\nif __name__ == '__main__':\n    main()\n";
        let python = [("Pipfile", ""), ("convert/a.py", script)];
        let server = r#"{"scripts": {"start": "node a.js"}}"#;
        let both = draft(server, &[python.as_slice(), &[("a.js", "app.listen(3000)")]].concat()).unwrap();
        assert_eq!(both.language.id, "node");
        assert!(both.plan.warnings.iter().any(|it| it.contains("no more than a guess")), "{:?}", both.plan.warnings);
    }
}
