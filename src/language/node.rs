//! Node: servers, and applications that compile to files for a web server; alone or as members of a workspace.

mod aged;
mod angular;
mod build;
mod catalog;
mod commands;
mod framework;
pub mod frontend;
mod ignore;
mod imports;
mod manager;
mod member;
mod outcome;
mod parts;
mod project;
mod recipes;
mod run;
mod server;
mod service;
mod source;
mod start;
mod steps;
mod typescript;
mod variables;
mod versions;
mod ways;

use std::collections::BTreeMap;

use super::{Language, Recipe, sign};
use crate::catalog::Runtime;
use crate::error::Error;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::image::Image;
use crate::plan::toolchain::Toolchain;
use crate::plan::{Need, Planner};
use build::Build;
use catalog::{CATALOG, Native};
use manager::Chosen;
use outcome::{Outcome, Site};
use project::{Package, Project};
use server::Server;
use service::Service;
use start::Start;
use variables::Argument;

/// The row.
pub const LANGUAGE: Language = Language {
    id: "node",
    title: "Node.js",
    signs: &[sign("package.json", Strength::Stated)],
    images: &["node"],
    image: || &CATALOG.image,
    managers: || manager::KNOWN.to_vec(),
    releases: || &CATALOG.release,
    release: versions::release,
    read: |scope| Box::new(Project::read(scope)),
};

impl super::Project for Project {
    fn testify(&self) -> Vec<Fact> {
        let mut facts = self.versions.clone();
        facts.extend(manager::facts(self));
        for (file, fault) in &self.faults {
            facts.push(Fact::new(Kind::Unreadable(fault.what.clone()), file, &fault.quote, Strength::Stated));
        }
        facts.extend(self.packages().filter_map(build::fact));
        facts.extend(self.services.iter().flat_map(Service::facts));
        facts.push(Fact::new(Kind::Manifest("package.json".to_owned()), "package.json", "", Strength::Stated));
        facts.extend(manager::feeds(self));
        facts
    }

    fn recipe(&self, planner: &mut Planner) -> Result<Recipe, Error> {
        refuse_unreadable(planner, self)?;
        let service = member::choose(planner, self)?;
        planner.program = Some(service.package.folder.clone());
        let toolchain = planner.toolchain(LANGUAGE.id, "Node", &CATALOG.release)?;
        let desk = Desk::new(planner, self, service, toolchain)?;
        let outcome = outcome::decide(planner, self, service, &desk.toolchain)?;
        desk.order().check_names()?;
        match outcome {
            Outcome::Server(server) => desk.server(planner, *server),
            Outcome::Site(site) => desk.site(planner, &site),
        }
    }
}

/// A manifest that cannot be read ends the matter; of other files a word is said.
fn refuse_unreadable(planner: &mut Planner, project: &Project) -> Result<(), Error> {
    if let Some((file, fault)) = project.faults.iter().find(|(file, _)| file == "package.json") {
        return Err(Error::usage(format!("`{file}` {fault}")).hint("mend the file: npm cannot read it either"));
    }
    if !project.is_there {
        return Err(
            Error::no("there is no `package.json` at the top").hint("run dockgen where the `package.json` lies")
        );
    }
    let unread: Vec<String> = planner
        .facts
        .iter()
        .filter_map(|fact| match &fact.kind {
            Kind::Unreadable(why) => Some(format!("{}: {why}; it is as if it were not there", fact.evidence)),
            _ => None,
        })
        .collect();
    unread.into_iter().for_each(|sentence| planner.warn(sentence));
    Ok(())
}

/// Rows about packages with native parts, with the package that is used.
fn natives(project: &Project, package: &Package) -> Vec<(&'static Native, String)> {
    let mut packages = project.closure(&package.folder);
    packages.push(package);
    let direct = |name: &String| packages.iter().any(|package| package.manifest.runtime_dependency(name).is_some());
    let used = |row: &Native, name: &String| match row.compile {
        true => packages.iter().any(|package| project.uses(package, name)),
        false => direct(name),
    };
    let rows = CATALOG.native.iter();
    rows.filter_map(|row| row.packages.iter().find(|name| used(row, name)).map(|name| (row, name.clone()))).collect()
}

/// What is decided before the shapes part.
struct Desk<'a> {
    project: &'a Project,
    service: &'a Service,
    toolchain: Toolchain,
    manager: Chosen,
    natives: Vec<(&'static Native, String)>,
    /// Variables with which the build's packages work on this release.
    aged: BTreeMap<String, String>,
    secrets: Vec<manager::Secret>,
}

impl<'a> Desk<'a> {
    fn new(
        planner: &mut Planner,
        project: &'a Project,
        service: &'a Service,
        toolchain: Toolchain,
    ) -> Result<Self, Error> {
        let aged = aged::environment(project, service, &toolchain);
        let natives = natives(project, &service.package);
        let compiles = natives.iter().any(|(native, _)| native.compile);
        let manager = manager::choose(planner, project, &toolchain, compiles)?;
        let secrets = manager::secrets(planner, project);
        Ok(Desk { project, service, toolchain, manager, natives, aged, secrets })
    }

    fn server(&self, planner: &mut Planner, mut server: Server) -> Result<Recipe, Error> {
        let runtime = self.runtime(planner, &server)?;
        let port = server.listen(planner);
        server.signals(planner);
        let name = planner.name(self.stated_name());
        let stages = self.stages(&server, &runtime);
        let parts = self.parts(planner, &server, &stages, &runtime, &name)?;
        let run = self.run(planner, &server, &stages, &runtime, (&name, port));
        let recipe = Recipe::new(name, Image::new(parts, run, &planner.wishes.extras));
        let (ignore, reads) = self.ignore(&server.way.build, server.shape);
        Ok(Recipe { ignore, reads, ..recipe })
    }

    /// The image that runs the program: Node's, or Bun's.
    fn runtime(&self, planner: &mut Planner, server: &Server) -> Result<Runtime, Error> {
        let needs = self.needs(server);
        if !matches!(server.start, Start::Bun(_)) {
            return planner.runtime(needs, &CATALOG.runtime, &self.toolchain);
        }
        let bun = self.bun();
        planner.runs_on(&format!("Bun {}", bun.version), server.way.evidence.clone());
        let row = planner.runtime(needs, &CATALOG.bun, &bun)?;
        Ok(Runtime { image: bun.fill(&row.image), ..row })
    }

    fn site(&self, planner: &mut Planner, site: &Site) -> Result<Recipe, Error> {
        let needs = vec![Need::new("files", format!("{} compiles to files", site.title), site.evidence.clone())];
        let runtime = planner.runtime(needs, &CATALOG.server, &self.toolchain)?;
        let own = Evidence::new("", "the web server's own port", Strength::Convention);
        planner.facts.push(Fact::from_evidence(Kind::Port(8080), own));
        let port = planner.port(None).unwrap_or(8080);
        let name = planner.name(self.stated_name());
        let part = self.site_part(planner, site, &runtime, &name)?;
        let run = self.site_run(planner, site, &runtime, (&name, port))?;
        let recipe = Recipe::new(name, Image::new(vec![part], run, &planner.wishes.extras));
        let (ignore, reads) = self.ignore(site.build, site.shape);
        Ok(Recipe { ignore, reads, ..recipe })
    }

    fn needs(&self, server: &Server) -> Vec<Need> {
        let convention = || Evidence::new("", "", Strength::Convention);
        let mut needs = vec![Need::new("node", "it is a program for Node", convention())];
        needs.push(Need::new("libc", "packages bring programs for the GNU C library", convention()));
        let newest = CATALOG.release.iter().any(|release| release.version == self.toolchain.version);
        if !newest {
            needs.push(Need::new(
                "exact",
                format!("Node {} is asked for, to the patch release", self.toolchain.version),
                convention(),
            ));
        }
        if matches!(server.start, Start::Shell(_) | Start::Program(_)) {
            needs.push(Need::new("shell", "what is started needs a shell", server.way.evidence.clone()));
        }
        for (row, name) in &self.natives {
            let evidence =
                Evidence::new(&self.service.package.path("package.json"), &format!("\"{name}\""), Strength::Stated);
            needs.extend(row.needs.iter().map(|need| Need::new(need, format!("`{name}` uses it"), evidence.clone())));
        }
        needs
    }

    fn has_dependencies(&self) -> bool {
        let of = |package: &Package| {
            let manifest = &package.manifest;
            !(manifest.dependencies.is_empty()
                && manifest.dev_dependencies.is_empty()
                && manifest.optional_dependencies.is_empty())
        };
        self.project.is_workspace() || of(&self.service.package)
    }

    fn has_runtime_dependencies(&self) -> bool {
        let of = |package: &Package| {
            !(package.manifest.dependencies.is_empty() && package.manifest.optional_dependencies.is_empty())
        };
        of(&self.service.package) || self.project.closure(&self.service.package.folder).into_iter().any(of)
    }

    /// Arguments of the build: variables that it writes into what browsers load. Names that checks of Dockerfiles take
    /// for secrets are left to `dockgen.toml`.
    fn arguments(&self, planner: &mut Planner, build: &Build) -> Vec<Argument> {
        let words = ["KEY", "PASSWORD", "PRIVATE", "SECRET", "TOKEN", "USERNAME", "AUTH", "CREDENTIAL"];
        let all = if build.is_there() { self.service.variables.clone() } else { Vec::new() };
        let (doubtful, plain): (Vec<Argument>, Vec<Argument>) =
            all.into_iter().partition(|argument| words.iter().any(|word| argument.name.contains(word)));
        for Argument { name, .. } in &doubtful {
            planner.warn(format!("the build reads `{name}` and shows it to everybody: give it by `build_args` in `dockgen.toml` if that is meant"));
        }
        plain
    }

    fn stated_name(&self) -> Option<(&str, Evidence)> {
        let manifest = &self.service.package.manifest;
        let name = manifest.name.as_deref()?;
        let short = name.rsplit('/').next().unwrap_or(name);
        Some((
            short,
            Evidence::new(
                &self.service.package.path("package.json"),
                &format!("\"name\": \"{name}\""),
                Strength::Stated,
            ),
        ))
    }

    fn secret_names(&self) -> Vec<String> {
        self.secrets.iter().map(|secret| secret.id.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;
    use crate::wishes::Wishes;

    fn draft(files: &[(&str, &str)]) -> Result<crate::Draft, Error> {
        crate::draft(&Repo::from_list("app", files.iter().copied()), &Wishes::default())
    }

    fn dockerfile(files: &[(&str, &str)]) -> String {
        draft(files).unwrap().documents.remove(0).text
    }

    #[test]
    fn ordinary_projects_start_what_they_are() {
        let lock = ("package-lock.json", "{\"lockfileVersion\": 3}");
        type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);
        let cases: [Case; 13] = [
            (
                &[
                    ("bun.lock", "{\"lockfileVersion\": 1}"),
                    ("package.json", r#"{"module": "index.ts", "type": "module"}"#),
                    ("index.ts", "console.log(1)"),
                ],
                &["CMD [\"index.ts\"]", "\"bun\"]"],
            ),
            (
                &[
                    lock,
                    (
                        "package.json",
                        r#"{"scripts": {"build": "next build", "start": "next start"}, "dependencies": {"next": "15"}}"#,
                    ),
                    ("next.config.ts", "export default { output: \"export\" };"),
                ],
                &["COPY --link --from=build /app/out /usr/share/nginx/html"],
            ),
            (
                &[
                    lock,
                    (
                        "package.json",
                        r#"{"scripts": {"build": "expo export --platform web", "start": "expo start"}, "main": "expo-router/entry", "dependencies": {"expo": "56"}}"#,
                    ),
                ],
                &["COPY --link --from=build /app/dist /usr/share/nginx/html"],
            ),
            (
                &[
                    lock,
                    (
                        "package.json",
                        r#"{"scripts": {"start": "pm2 start ecosystem.config.json --no-daemon"}, "dependencies": {"express": "4", "pm2": "6"}}"#,
                    ),
                    (
                        "ecosystem.config.json",
                        r#"{"apps": [{"name": "app", "script": "src/index.js", "instances": 1}]}"#,
                    ),
                    ("src/index.js", "app.listen(config.port)"),
                    ("src/config.js", "const schema = { PORT: Joi.number().default(3100) };"),
                ],
                &["EXPOSE 3100", "CMD [\"src/index.js\"]"],
            ),
            (
                &[
                    lock,
                    (
                        "package.json",
                        r#"{"scripts": {"build": "nest build", "start": "nest start", "start:prod": "node dist/main"}, "dependencies": {"@nestjs/core": "11"}}"#,
                    ),
                    ("src/main.ts", "await app.listen(process.env.PORT ?? 3000);"),
                ],
                &["COPY --link --from=build /app/dist ./dist", "EXPOSE 3000", "CMD [\"dist/main\"]"],
            ),
            (
                &[
                    lock,
                    ("package.json", r#"{"scripts": {"start": "node ./bin/www"}, "dependencies": {"express": "4"}}"#),
                    ("bin/www", "var port = normalizePort(process.env.PORT || '3000');\nserver.listen(port);"),
                ],
                &["COPY --link . .", "EXPOSE 3000", "CMD [\"./bin/www\"]"],
            ),
            (
                &[
                    lock,
                    (
                        "package.json",
                        r#"{"scripts": {"start": "react-scripts start", "build": "react-scripts build"}, "dependencies": {"react-scripts": "5"}}"#,
                    ),
                ],
                &["FROM nginxinc/nginx-unprivileged", "/app/build /usr/share/nginx/html", "EXPOSE 8080"],
            ),
            (
                &[
                    lock,
                    (
                        "package.json",
                        r#"{"scripts": {"start": "fastify start app.js"}, "dependencies": {"fastify-cli": "7"}}"#,
                    ),
                    ("app.js", ""),
                ],
                &["FASTIFY_ADDRESS=0.0.0.0", "EXPOSE 3000", "node_modules/fastify-cli/cli.js"],
            ),
            (
                &[
                    lock,
                    (
                        "package.json",
                        r#"{"scripts": {"start": "node server.js", "heroku-postbuild": "cd client && npm install && npm run build"}, "dependencies": {"express": "4"}}"#,
                    ),
                    ("server.js", "app.listen(process.env.PORT || 5000)"),
                ],
                &["npm run heroku-postbuild", "--exclude=**/node_modules /app ./", "EXPOSE 5000"],
            ),
            (
                &[
                    lock,
                    (
                        "package.json",
                        r#"{"scripts": {"start": "ts-node src/index.ts"}, "dependencies": {"discord.js": "14"}, "devDependencies": {"ts-node": "10", "typescript": "5"}}"#,
                    ),
                    ("src/index.ts", "client.login(process.env.TOKEN)"),
                ],
                &["CMD [\"--require\", \"ts-node/register\", \"src/index.ts\"]"],
            ),
            (
                &[
                    lock,
                    (
                        "package.json",
                        r#"{"scripts": {"build": "nuxt build", "postinstall": "nuxt prepare"}, "dependencies": {"nuxt": "3"}}"#,
                    ),
                ],
                &[
                    "npm pkg delete scripts.postinstall",
                    "COPY --link --from=build /app/.output /app/.output",
                    "CMD [\".output/server/index.mjs\"]",
                ],
            ),
            (
                &[
                    lock,
                    (
                        "package.json",
                        r#"{"scripts": {"build": "ng build", "start": "ng serve"}, "dependencies": {"@angular/core": "20"}}"#,
                    ),
                    (
                        "angular.json",
                        r#"{"projects": {"shop": {"architect": {"build": {"builder": "@angular/build:application"}}}}}"#,
                    ),
                ],
                &["/app/dist/shop/browser /usr/share/nginx/html"],
            ),
            (
                &[
                    ("package.json", r#"{"type": "module"}"#),
                    ("server.js", "http.createServer().listen(process.env.PORT || 8000)"),
                ],
                &["COPY --link . .", "EXPOSE 8000", "CMD [\"server.js\"]"],
            ),
        ];
        for (files, parts) in cases {
            let text = dockerfile(files);
            for part in parts {
                assert!(text.contains(part), "no {part} in\n{text}");
            }
        }
    }

    #[test]
    fn what_cannot_be_started_is_refused_with_advice() {
        let refused = |files: &[(&str, &str)]| draft(files).unwrap_err();
        let kit = r#"{"scripts": {"build": "vite build"}, "devDependencies": {"@sveltejs/kit": "2", "vite": "7"}}"#;
        let error =
            refused(&[("package.json", kit), ("svelte.config.js", "import adapter from '@sveltejs/adapter-auto'")]);
        assert!(error.hint.unwrap().contains("@sveltejs/adapter-node"));
        let astro = r#"{"scripts": {"build": "astro build", "start": "astro dev"}, "dependencies": {"astro": "5"}}"#;
        let error = refused(&[("package.json", astro), ("astro.config.mjs", "import vercel from '@astrojs/vercel'")]);
        assert!(error.hint.unwrap().contains("@astrojs/node"));
        assert!(refused(&[("package.json", r#"{"main": "index.js"}"#)]).what.contains("nothing says how to start"));
        let workspace =
            refused(&[("package.json", r#"{"workspaces": ["packages/*"]}"#), ("packages/a/package.json", "{}")]);
        assert!(workspace.what.contains("no member"));
    }

    #[test]
    fn two_lock_files_and_an_old_one_are_said() {
        let manifest = ("package.json", r#"{"scripts": {"start": "node a.js"}, "dependencies": {"express": "^5"}}"#);
        let lock =
            ("package-lock.json", r#"{"lockfileVersion": 3, "packages": {"node_modules/koa": {"version": "1.0.0"}}}"#);
        let draft = draft(&[manifest, lock, ("yarn.lock", "# yarn lockfile v1\n"), ("a.js", "")]).unwrap();
        let said = draft.warnings.join("\n");
        assert!(said.contains("two lock files") && said.contains("does not know `express`"), "{said}");
        assert!(draft.documents[0].text.contains("COPY package.json package-lock.json ./"));
    }

    #[test]
    fn what_old_mixed_and_half_built_projects_need() {
        let lock = ("package-lock.json", "{\"lockfileVersion\": 3}");
        let pnpm = ("pnpm-lock.yaml", "lockfileVersion: '9.0'\npackages:\n  '@prisma/client@6.0.0': {}\n");
        type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);
        let cases: [Case; 13] = [
            (
                &[
                    lock,
                    (
                        "package.json",
                        r#"{"scripts": {"build": "react-scripts build"}, "dependencies": {"react-scripts": "4.0.3"}}"#,
                    ),
                ],
                &["NODE_OPTIONS=--openssl-legacy-provider"],
            ),
            (
                &[
                    (
                        "yarn.lock",
                        "# yarn lockfile v1\nnode-sass@^4.0.0:\n  version \"4.14.1\"\nvue@2:\n  version \"2.0.0\"\n",
                    ),
                    (
                        "package.json",
                        r#"{"scripts": {"build": "vite build"}, "dependencies": {"vue": "2"}, "devDependencies": {"vite": "5"}}"#,
                    ),
                    ("index.html", ""),
                ],
                &["ARG NODE_VERSION=14."],
            ),
            (
                &[
                    pnpm,
                    (
                        "package.json",
                        r#"{"scripts": {"build": "tsc", "start": "node dist/a.js"}, "dependencies": {"@prisma/client": "6.0.0"}, "devDependencies": {"prisma": "6.0.0"}}"#,
                    ),
                    ("tsconfig.json", r#"{"compilerOptions": {"outDir": "dist"}}"#),
                    ("prisma/schema.prisma", "generator client {\n  provider = \"prisma-client-js\"\n}"),
                ],
                &["FROM deps AS modules", "COPY --link --from=modules /app/node_modules ./node_modules"],
            ),
            (
                &[
                    lock,
                    ("package.json", r#"{"workspaces": ["packages/*"]}"#),
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
                &[
                    lock,
                    (
                        "package.json",
                        r#"{"scripts": {"start": "npm run css && node a.js", "css": "sass a.scss b.css", "postinstall": "patch-package && npm run css"}}"#,
                    ),
                    ("a.js", "app.listen(3000)"),
                ],
                &["RUN npm run css\n", "CMD [\"a.js\"]"],
            ),
            (
                &[
                    lock,
                    (
                        "package.json",
                        r#"{"scripts": {"start": "node a.js", "build:client": "vite build", "build:docker": "docker build ."}, "dependencies": {"vite": "6", "lib": "file:lib"}}"#,
                    ),
                    ("a.js", "app.listen(3000)"),
                    ("lib/package.json", "{}"),
                ],
                &["RUN npm run build:client\n", "source=lib/package.json,target=lib/package.json"],
            ),
            (
                &[
                    lock,
                    (
                        "package.json",
                        r#"{"scripts": {"start": "node index.js"}, "dependencies": {"@nestjs/core": "7"}, "devDependencies": {"ts-node": "8"}}"#,
                    ),
                    ("index.js", "require('ts-node/register');\nrequire('./src/main');"),
                    ("src/main.ts", "app.listen(3000)"),
                ],
                &["npm ci --no-audit --no-fund --prefer-offline\n", "CMD [\"index.js\"]"],
            ),
            (
                &[
                    lock,
                    (
                        "package.json",
                        r#"{"scripts": {"build": "pnpm with-env next build", "start": "pnpm with-env next start", "with-env": "dotenv -e ../.env --"}, "dependencies": {"next": "15"}}"#,
                    ),
                ],
                &["NEXT_TELEMETRY_DISABLED=1", "CMD [\"node_modules/next/dist/bin/next\", \"start\"]"],
            ),
            (
                &[
                    (
                        "package.json",
                        r#"{"scripts": {"build": "cd api && npm install && cd ../web && npm install && npm run build", "start": "node api/server.js", "prepare": "echo hi"}}"#,
                    ),
                    ("api/package.json", "{}"),
                    ("api/server.js", "app.listen(3000)"),
                    ("web/package.json", "{}"),
                ],
                &[
                    "--mount=type=cache,target=/root/.npm,sharing=locked",
                    "--exclude=node_modules --exclude=web/node_modules /app ./",
                ],
            ),
            (
                &[
                    ("pnpm-lock.yaml", "lockfileVersion: '9.0'\n"),
                    ("pnpm-workspace.yaml", "packages: [src, bin]"),
                    ("package.json", r#"{"scripts": {"prod": "pnpm --filter pad run prod"}}"#),
                    ("src/package.json", r#"{"name": "pad", "scripts": {"prod": "node server.js"}}"#),
                    ("src/server.js", "app.listen(9001)"),
                    ("bin/package.json", r#"{"name": "bin", "dependencies": {"pad": "*"}}"#),
                ],
                &["WORKDIR /app/src", "EXPOSE 9001", "CMD [\"server.js\"]"],
            ),
            (
                &[
                    lock,
                    (
                        "package.json",
                        r#"{"workspaces": ["e2e"], "scripts": {"build": "vite build"}, "devDependencies": {"vite": "6"}}"#,
                    ),
                    ("index.html", ""),
                    ("e2e/package.json", r#"{"name": "e2e"}"#),
                ],
                &["FROM nginxinc/nginx-unprivileged", "/app/dist /usr/share/nginx/html"],
            ),
            (
                &[
                    lock,
                    (
                        "package.json",
                        r#"{"scripts": {"build": "tsc", "start": "node dist/a.js"}, "devDependencies": {"typescript": "5"}}"#,
                    ),
                    ("tsconfig.json", r#"{"compilerOptions": {"outDir": "dist"}}"#),
                    ("src/a.ts", "read('credentials.json'); read('words.json'); app.listen(3000)"),
                    ("credentials.json", "{}"),
                    ("words.json", "{}"),
                ],
                &["COPY --link package.json words.json ./\n"],
            ),
            (
                &[
                    lock,
                    ("deno.json", "{}"),
                    ("pyproject.toml", "[project]\nname = \"docs\"\nversion = \"1\"\n"),
                    ("package.json", r#"{"scripts": {"start": "node a.js"}}"#),
                    ("a.js", "app.listen(3000)"),
                ],
                &["CMD [\"a.js\"]"],
            ),
        ];
        for (files, expected) in cases {
            let text = dockerfile(files);
            expected.iter().for_each(|line| assert!(text.contains(line), "{line} is not in\n{text}"));
        }
    }
}
