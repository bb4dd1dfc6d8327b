//! The stages that build, in the words of their templates.

use serde::Serialize;

use crate::catalog::{Runtime, SHARED};
use crate::error::Error;
use crate::image::{Part, Version};
use crate::language::{Extra, Variable, variables};
use crate::path::join;
use crate::plan::toolchain::Toolchain;
use crate::plan::{Planner, topic};

use super::Desk;
use super::build::Build;
use super::catalog::{CATALOG, Generated, Manager};
use super::framework::Shape;
use super::install::Install;
use super::outcome::Site;
use super::registry::Secret;
use super::server::Server;
use super::start::Start;
use super::variables::Argument;

/// Where pnpm keeps packages, and with them what is generated into them.
const STORE: &str = "/app/node_modules/.pnpm";

/// The words of `node/base.tera`.
#[derive(Debug, Serialize)]
struct Base {
    is_needed: bool,
    builder: String,
    environment: Vec<Variable>,
    apt: Vec<String>,
    bring: Option<Vec<String>>,
    extra: Extra,
}

/// The words of `node/build.tera`, and a part of those of `node/site.tera`.
#[derive(Debug, Serialize)]
struct Built {
    name: String,
    install: Option<Install>,
    arguments: Vec<Argument>,
    environment: Vec<Variable>,
    cache: Option<String>,
    downloads: Option<Downloads>,
    secrets: Vec<Secret>,
    commands: Vec<Vec<String>>,
    extra: Extra,
}

/// The words of `node/site.tera`.
#[derive(Debug, Serialize)]
struct BuiltSite {
    builder: String,
    base_environment: Vec<Variable>,
    bring: Option<Vec<String>>,
    output: String,
    #[serde(flatten)]
    built: Built,
}

/// Where a build that installs packages by itself keeps what it downloads.
#[derive(Debug, Serialize)]
struct Downloads {
    cache: &'static str,
    sharing: &'static str,
}

/// The stage that brings tini, and where it lies there.
#[derive(Debug)]
pub struct Tini {
    /// The image of the stage.
    image: String,
    /// Its path there.
    pub path: &'static str,
}

/// Which stages a server is built in.
#[derive(Debug)]
pub struct Stages {
    /// Whether anything is built.
    pub is_built: bool,
    /// The stage from which node_modules come, where they are needed.
    pub modules: Option<&'static str>,
    /// What brings tini.
    pub tini: Option<Tini>,
    /// Packages of the last stage.
    pub apt: Vec<String>,
    /// Whether a stage of its own installs what the program needs when it runs.
    has_deps: bool,
    /// What has to be laid over it.
    generated: Option<&'static Generated>,
}

impl Desk<'_> {
    /// Which stages a server is built in.
    pub fn stages(&self, planner: &Planner, server: &Server, runtime: &Runtime) -> Stages {
        let is_built = server.way.build.is_there();
        let needs_development = server.way.needs_development;
        let modules = server.modules && (needs_development || self.has_runtime_dependencies());
        let has_deps = modules && (!needs_development || !is_built);
        let generated = server.generated.filter(|_| has_deps && is_built && self.project.is_isolated());
        let stage = match (generated.is_some(), has_deps) {
            (true, _) => "modules",
            (false, true) => "deps",
            (false, false) => "build",
        };
        let apt = self.toolchain.suited(planner.run_packages(&[]));
        let tini = server.tini && apt.is_empty();
        Stages {
            is_built,
            modules: modules.then_some(stage),
            tini: tini.then(|| self.tini(server, runtime)),
            apt,
            has_deps,
            generated,
        }
    }

    /// The stages before the last one of a server.
    ///
    /// # Errors
    /// Where words are no map, which a test would show.
    pub fn parts(
        &self,
        planner: &mut Planner,
        server: &Server,
        stages: &Stages,
        runtime: &Runtime,
        name: &str,
    ) -> Result<Vec<Part>, Error> {
        let build = &server.way.build;
        let has_base = stages.has_deps || stages.is_built || stages.tini.as_ref().is_some_and(|it| it.image == "base");
        let mut parts = vec![self.base(planner, build, runtime, has_base)?];
        if let Some(tini) = &stages.tini {
            let package = |is_its: bool| if is_its { vec!["tini"] } else { Vec::new() };
            let is_alpine = runtime.id == "alpine";
            let words =
                serde_json::json!({ "image": tini.image, "apk": package(is_alpine), "apt": package(!is_alpine) });
            parts.push(Part::new("init.tera", &words)?);
        }
        if stages.has_deps {
            let install = self.order().install(!server.way.needs_development);
            parts.push(Part::new("node/deps.tera", &serde_json::json!({ "install": install }))?);
        }
        if stages.is_built {
            let words = self.built(planner, build, server.shape, name);
            parts.push(Part::new("node/build.tera", &words)?);
        }
        if let Some(row) = stages.generated {
            let words = serde_json::json!({ "folder": STORE, "paths": row.pnpm });
            parts.push(Part::new("node/modules.tera", &words)?);
        }
        Ok(parts)
    }

    /// The stage that the others begin with; it says as well what holds for all of them.
    fn base(&self, planner: &Planner, build: &Build, runtime: &Runtime, is_needed: bool) -> Result<Part, Error> {
        let mut environment = self.environment();
        if self.natives.iter().any(|row| row.compile) && runtime.builder.is_none() {
            // The image has the headers that node-gyp would download.
            environment.push(Variable::new("npm_config_nodedir", "/usr/local"));
        }
        let words = Base {
            is_needed,
            builder: self.builder(runtime),
            environment,
            apt: self.toolchain.suited(planner.build_packages()),
            bring: self.bring(build),
            extra: Extra::new(&planner.wishes.extras),
        };
        let part = Part::new("node/base.tera", &words)?;
        Ok(Part { versions: self.versions(), secrets: self.secret_names(), ..part })
    }

    /// The stage that makes the files of a site.
    ///
    /// # Errors
    /// Where words are no map, which a test would show.
    pub fn site_part(&self, planner: &mut Planner, site: &Site, runtime: &Runtime, name: &str) -> Result<Part, Error> {
        let words = BuiltSite {
            builder: self.builder(runtime),
            base_environment: self.environment(),
            bring: self.bring(site.build),
            output: join("/app", &self.service.package.path(&site.output)),
            built: self.built(planner, site.build, site.shape, name),
        };
        let part = Part::new("node/site.tera", &words)?;
        Ok(Part { versions: self.versions(), secrets: self.secret_names(), ..part })
    }

    fn built(&self, planner: &mut Planner, build: &Build, shape: Option<&Shape>, name: &str) -> Built {
        let framework = shape.map(|shape| shape.framework);
        let environment = framework.into_iter().flat_map(|framework| variables(&framework.environment));
        let cache = framework.and_then(|framework| framework.cache.as_ref());
        let row = self.manager.row;
        Built {
            name: name.to_owned(),
            install: self.has_dependencies().then(|| self.order().install(false)),
            arguments: self.arguments(planner, build),
            environment: environment
                .chain(variables(&self.aged))
                .chain(variables(&self.service.demands.switches))
                .collect(),
            cache: cache.map(|path| join("/app", &self.service.package.path(path))),
            downloads: build.installs.then_some(Downloads { cache: &row.cache, sharing: &row.sharing }),
            secrets: self.kept(planner, build),
            commands: self.commands(build),
            extra: Extra::new(&planner.wishes.extras),
        }
    }

    fn versions(&self) -> Vec<Version> {
        vec![Version::new("NODE_VERSION", &self.toolchain.version, topic::TOOLCHAIN)]
    }

    /// Variables of the builder.
    fn environment(&self) -> Vec<Variable> {
        let natives = self.natives.iter().flat_map(|row| variables(&row.environment));
        self.manager.environment().into_iter().chain(natives).collect()
    }

    fn bring(&self, build: &Build) -> Option<Vec<String>> {
        self.manager.bring().filter(|_| self.has_dependencies() || build.is_there())
    }

    /// Where tini comes from: the builder's own Debian, unless that has ended. One that is linked to nothing fits where the
    /// program runs on another system.
    fn tini(&self, server: &Server, runtime: &Runtime) -> Tini {
        let ended = self.toolchain.has_ended() && runtime.id != "alpine";
        let path = match (runtime.id == "alpine", ended || matches!(server.start, Start::Bun(_))) {
            (true, _) => "/sbin/tini",
            (false, true) => "/usr/bin/tini-static",
            (false, false) => "/usr/bin/tini",
        };
        let image = if ended { format!("debian:{}-slim", SHARED.debian) } else { "base".to_owned() };
        Tini { image, path }
    }

    /// Git and a compiler are in the full image only.
    fn builder(&self, runtime: &Runtime) -> String {
        match &runtime.builder {
            Some(builder) => self.fill(builder),
            None => self.own_builder(),
        }
    }

    /// The image that builds where the runtime asks for none of its own.
    pub fn own_builder(&self) -> String {
        let full = self.project.git || self.natives.iter().any(|row| row.compile);
        self.fill(if full { &CATALOG.image.full } else { &CATALOG.image.builder })
    }

    /// A reference of the catalog with the release as the Dockerfile's argument.
    pub fn fill(&self, image: &str) -> String {
        self.toolchain.fill_with(image, "${NODE_VERSION}")
    }

    /// The release of Bun that runs the program.
    pub fn bun(&self) -> Toolchain {
        let named = self.manager.version.as_deref().filter(|_| self.manager.row.runs);
        let newest = CATALOG.runner().and_then(Manager::newest).unwrap_or_default();
        let version = named.unwrap_or(newest).to_owned();
        Toolchain { cycle: version.clone(), version, suite: String::new(), alpine: String::new() }
    }
}

#[cfg(test)]
mod tests {
    use crate::repo::Repo;
    use crate::wishes::Wishes;

    type Files<'a> = &'a [(&'a str, &'a str)];

    const NPM: (&str, &str) = ("package-lock.json", r#"{"lockfileVersion": 3}"#);
    const SERVER: (&str, &str) = ("a.js", "app.listen(3000)");

    fn draft(manifest: &str, files: Files) -> crate::Draft {
        let files = std::iter::once(("package.json", manifest)).chain(files.iter().copied());
        crate::draft(&Repo::from_list("app", files), &Wishes::default()).unwrap()
    }

    #[test]
    fn what_old_mixed_and_half_built_projects_need() {
        let cases: [(&str, Files, &[&str]); 21] = [
            (
                r#"{"scripts": {"build": "react-scripts build"}, "dependencies": {"react-scripts": "4.0.3"}}"#,
                &[NPM],
                &["NODE_OPTIONS=--openssl-legacy-provider"],
            ),
            (
                r#"{"scripts": {"build": "vite build"}, "dependencies": {"vue": "2"}, "devDependencies": {"vite": "5"}}"#,
                &[
                    (
                        "yarn.lock",
                        "# yarn lockfile v1\nnode-sass@^4.0.0:\n  version \"4.14.1\"\nvue@2:\n  version \"2.0.0\"\n",
                    ),
                    ("index.html", ""),
                ],
                &["ARG NODE_VERSION=14."],
            ),
            (
                r#"{"scripts": {"build": "tsc", "start": "node dist/a.js"}, "dependencies": {"@prisma/client": "6.0.0"}, "devDependencies": {"prisma": "6.0.0"}}"#,
                &[
                    ("pnpm-lock.yaml", "lockfileVersion: '9.0'\npackages:\n  '@prisma/client@6.0.0': {}\n"),
                    ("tsconfig.json", r#"{"compilerOptions": {"outDir": "dist"}}"#),
                    ("prisma/schema.prisma", "generator client {\n  provider = \"prisma-client-js\"\n}"),
                ],
                &["FROM deps AS modules", "COPY --link --from=modules /app/node_modules ./node_modules"],
            ),
            (
                r#"{"workspaces": ["packages/*"]}"#,
                &[
                    NPM,
                    (
                        "packages/db/package.json",
                        r#"{"name": "db", "scripts": {"postinstall": "prisma generate"}, "dependencies": {"@prisma/client": "6"}}"#,
                    ),
                    ("packages/db/schema.prisma", "provider = \"prisma-client-js\""),
                    (
                        "packages/web/package.json",
                        r#"{"name": "web", "scripts": {"start": "node a.js"}, "dependencies": {"db": "*"}}"#,
                    ),
                    ("packages/web/a.js", "app.listen(3000)"),
                ],
                &[
                    "npm pkg delete scripts.postinstall --prefix packages/db",
                    "npm run postinstall --workspace=packages/db",
                    "COPY --link --from=build /app/node_modules/.prisma /app/node_modules/.prisma",
                ],
            ),
            (
                r#"{"scripts": {"start": "npm run css && node a.js", "css": "sass a.scss b.css", "postinstall": "patch-package && npm run css"}}"#,
                &[NPM, SERVER],
                &["RUN npm run css\n", "CMD [\"a.js\"]"],
            ),
            (
                r#"{"scripts": {"start": "node a.js", "build:client": "vite build", "build:docker": "docker build ."}, "dependencies": {"vite": "6", "lib": "file:lib"}}"#,
                &[NPM, SERVER, ("lib/package.json", "{}")],
                &["RUN npm run build:client\n", "source=lib/package.json,target=lib/package.json"],
            ),
            (
                r#"{"scripts": {"start": "node index.js"}, "dependencies": {"@nestjs/core": "7"}, "devDependencies": {"ts-node": "8"}}"#,
                &[
                    NPM,
                    ("index.js", "require('ts-node/register');\nrequire('./src/main');"),
                    ("src/main.ts", "app.listen(3000)"),
                ],
                &["npm ci --no-audit --no-fund --prefer-offline\n", "CMD [\"index.js\"]"],
            ),
            (
                r#"{"scripts": {"build": "cd api && npm install && cd ../web && npm install && npm run build", "start": "node api/server.js", "prepare": "echo hi"}}"#,
                &[("api/package.json", "{}"), ("api/server.js", "app.listen(3000)"), ("web/package.json", "{}")],
                &[
                    "--mount=type=cache,target=/root/.npm,sharing=locked",
                    "--exclude=node_modules --exclude=web/node_modules /app ./",
                ],
            ),
            (
                r#"{"scripts": {"build": "tsc", "start": "node dist/a.js"}, "devDependencies": {"typescript": "5"}}"#,
                &[
                    NPM,
                    ("tsconfig.json", r#"{"compilerOptions": {"outDir": "dist"}}"#),
                    ("src/a.ts", "read('credentials.json'); read('words.json'); app.listen(3000)"),
                    ("credentials.json", "{}"),
                    ("words.json", "{}"),
                ],
                &["COPY --link package.json words.json ./\n"],
            ),
            (
                r#"{"scripts": {"start": "node a.js"}}"#,
                &[
                    NPM,
                    ("a.js", "app.use(express.static(path.join(__dirname, 'client/dist'))); app.listen(3000)"),
                    (
                        "client/package.json",
                        r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}, "patchedDependencies": {"x": "patches/x.patch"}}"#,
                    ),
                    ("client/patches/x.patch", ""),
                    ("client/index.html", ""),
                ],
                &[
                    "COPY client/patches/x.patch ./patches/\n",
                    "COPY --link --from=frontend /src/client/dist ./client/dist\n",
                ],
            ),
            (
                r#"{"scripts": {"build": "medusa build", "start": "medusa start"}, "dependencies": {"@medusajs/medusa": "2", "@medusajs/cli": "2"}}"#,
                &[NPM],
                &["COPY --link --from=build /app/.medusa/server ./\n", "EXPOSE 9000"],
            ),
            (
                r#"{"scripts": {"build": "next build", "start": "next start"}, "dependencies": {"next": "15"}}"#,
                &[NPM, ("env.js", "process.env.SKIP_ENV_VALIDATION")],
                &["SKIP_ENV_VALIDATION=1\n", "COPY --link --chown=1001:1001 --from=build /app/.next ./.next\n"],
            ),
            (
                r#"{"scripts": {"start": "node a.js"}, "dependencies": {"playwright": "1.56.1"}}"#,
                &[NPM, SERVER],
                &[
                    "npx --no-install playwright install --with-deps chromium-headless-shell\n",
                    "PLAYWRIGHT_BROWSERS_PATH=",
                ],
            ),
            (
                r#"{"scripts": {"start": "node a.js"}, "engines": {"pnpm": ">=8"}}"#,
                &[
                    ("pnpm-lock.yaml", "lockfileVersion: '6.0'\n"),
                    ("pnpm-workspace.yaml", "packages: [tool]"),
                    ("tool/package.json", r#"{"name": "tool", "bin": "./t.js"}"#),
                    ("tool/t.js", ""),
                    SERVER,
                ],
                &["pnpm@8.", "COPY tool/t.js tool/\n", "COPY --link --from=deps /app /app\n"],
            ),
            (
                r#"{"scripts": {"build": "prisma generate && tsc", "start": "node dist/a.js"}, "dependencies": {"@prisma/client": "7.0.0"}, "devDependencies": {"prisma": "7.0.0", "typescript": "5"}}"#,
                &[
                    NPM,
                    ("prisma.config.ts", "datasource: { url: env('DATABASE_URL') }"),
                    ("tsconfig.json", r#"{"compilerOptions": {"outDir": "dist"}}"#),
                ],
                &[
                    "RUN export DATABASE_URL=postgresql://nobody@localhost/nothing \\\n    && npm run build\n",
                    "FROM gcr.io/distroless",
                ],
            ),
            (
                r#"{"workspaces": ["packages/*"]}"#,
                &[
                    NPM,
                    (
                        "packages/db/package.json",
                        r#"{"name": "db", "dependencies": {"@prisma/client": "6", "prisma": "6"}}"#,
                    ),
                    ("packages/db/schema.prisma", "provider = \"prisma-client-js\""),
                    (
                        "packages/web/package.json",
                        r#"{"name": "web", "scripts": {"start": "node a.js"}, "dependencies": {"db": "*"}}"#,
                    ),
                    ("packages/web/a.js", "app.listen(3000)"),
                ],
                &["cd packages/db && prisma generate'"],
            ),
            (
                r#"{"scripts": {"build": "remix build", "start": "remix-serve build"}, "dependencies": {"@remix-run/serve": "1"}, "devDependencies": {"@remix-run/dev": "1"}}"#,
                &[NPM, ("public/robots.txt", ""), ("cypress/a.js", ""), ("init.js", "require('./cypress')")],
                &["COPY --link package.json ./\nCOPY --link --from=build /app/build ./build\n"],
            ),
            (
                r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7", "@sveltejs/kit": "2"}}"#,
                &[
                    NPM,
                    ("svelte.config.js", "@sveltejs/adapter-node"),
                    (
                        "a.js",
                        "import { KEY } from '$env/static/private'; import { PUBLIC_A } from '$env/static/public';",
                    ),
                ],
                &["ARG PUBLIC_A=\"\"\n", "RUN --mount=type=secret,id=KEY,env=KEY \\\n"],
            ),
            (
                r#"{"scripts": {"build": "vite build --base=/a/b/"}, "devDependencies": {"vite": "7"}}"#,
                &[NPM, ("index.html", "")],
                &[
                    "location = / { return 302 /a/b/; }",
                    "try_files $uri $uri/ /a/b/index.html;",
                    "/usr/share/nginx/html/a/b\n",
                ],
            ),
            (
                r#"{"packageManager": "yarn@3.8.7", "scripts": {"start": "node a.js"}, "dependencies": {"ms": "2"}, "devDependencies": {"x": "1"}}"#,
                &[
                    (
                        "yarn.lock",
                        "__metadata:\n  version: 6\n\n\"ms@npm:2\":\n  version: 2.0.0\n\n\"x@npm:1\":\n  version: 1.0.0\n",
                    ),
                    SERVER,
                ],
                &["COPY package.json yarn.lock ./\n", "npm pkg delete devDependencies"],
            ),
            (
                r#"{"scripts": {"build": "exit 1", "build-docker": "next build", "start-docker": "npm-run-all migrate serve", "migrate": "node m.js", "serve": "node server.js"}, "dependencies": {"next": "15"}}"#,
                &[NPM, ("m.js", ""), ("next.config.js", "output: 'standalone'")],
                &[
                    "npm run build-docker\n",
                    "COPY --link --chown=1001:1001 --from=build /app/.next/standalone /app/\n",
                    "node m.js && exec node server.js",
                ],
            ),
        ];
        for (manifest, files, expected) in cases {
            let text = &draft(manifest, files).documents[0].text;
            expected.iter().for_each(|line| assert!(text.contains(line), "{line} is not in\n{text}"));
        }
    }

    #[test]
    fn two_lock_files_and_an_old_one_are_said() {
        let lock = r#"{"lockfileVersion": 3, "packages": {"node_modules/koa": {"version": "1.0.0"}}}"#;
        let files = [("package-lock.json", lock), ("yarn.lock", "# yarn lockfile v1\n"), SERVER];
        let draft = draft(r#"{"scripts": {"start": "node a.js"}, "dependencies": {"express": "^5"}}"#, &files);
        let said = draft.plan.warnings.join("\n");
        assert!(said.contains("two lock files") && said.contains("does not know `express`"), "{said}");
        assert!(draft.documents[0].text.contains("COPY package.json package-lock.json ./"));
    }
}
