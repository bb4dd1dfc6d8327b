//! Go: modules, workspaces, vendored trees, and single files without a module.

mod build;
mod catalog;
mod config;
mod flags;
mod front;
mod generate;
mod ignore;
mod known;
mod links;
mod listen;
mod missing;
mod modules;
mod packages;
mod program;
mod project;
mod settings;
mod source;
mod subcommand;

use serde::Serialize;

use super::{Extra, Language, Project, Recipe, Variable, sign};
use crate::catalog::Runtime;
use crate::command;
use crate::error::Error;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::image::{Copy, Image, Part, Version};
use crate::path::{join, name};
use crate::plan::labels::Stated;
use crate::plan::processes::{self, Process};
use crate::plan::program::{Startable, nothing};
use crate::plan::toolchain::Toolchain;
use crate::plan::{Decision, Planner, topic};
use crate::requirement::Requirement;
use catalog::CATALOG;
use front::Front;
use missing::Made as Generated;
use modules::Module;
use program::Program;
use project::Go;

/// The row.
pub const LANGUAGE: Language = Language {
    id: "go",
    title: "Go",
    signs: &[
        sign("go.mod", Strength::Stated),
        sign("go.work", Strength::Stated),
        sign("main.go", Strength::Convention),
        sign("*.go", Strength::Guess),
    ],
    images: &["golang"],
    image: || &CATALOG.image,
    managers: Vec::new,
    releases: || &CATALOG.release,
    release: |text| Requirement::line(text.strip_prefix("go").unwrap_or(text)),
    read: |scope| Box::new(Go::read(scope.repo, scope.told)),
};

/// The port of a program that only says that the environment has it.
const USUAL_PORT: u16 = 8080;

/// The words of `go/build.tera`.
#[derive(Debug, Serialize)]
struct Words {
    name: String,
    builder: String,
    cross: bool,
    cgo_enabled: u8,
    apk: Vec<String>,
    apt: Vec<String>,
    manifests: Vec<String>,
    /// What the front end makes and the program carries.
    embedded: Vec<Made>,
    /// Empty pages in place of what is embedded and not made here.
    pages: Vec<String>,
    sources: Vec<String>,
    /// Variables of the go command, options of the compiler, and of the linker.
    environment: Vec<Variable>,
    options: Vec<String>,
    linker: Vec<String>,
    /// Whether the image has no files of its own at all.
    root: bool,
    extra: Extra,
}

/// What a stage makes, and where the compiler looks for it.
#[derive(Debug, Serialize)]
struct Made {
    from: String,
    to: String,
}

impl Project for Go {
    fn testify(&self) -> Vec<Fact> {
        self.facts()
    }

    fn recipe(&self, planner: &mut Planner) -> Result<Recipe, Error> {
        planner.readable()?;
        let toolchain = planner.toolchain(LANGUAGE.id, "Go", &CATALOG.release)?;
        let program = self.entry(planner)?;
        planner.obey()?;
        planner.tell_secrets();
        let usual: Vec<(&str, &str)> = CATALOG.usual.iter().map(|(id, why)| (id.as_str(), why.as_str())).collect();
        let runtime = planner.runtime(planner.needs(&usual), &CATALOG.runtime, &toolchain)?;
        let fallback = (USUAL_PORT, "the program takes it from PORT".to_owned());
        let listen = planner.listen_told(program.listens, Some(fallback).filter(|_| program.from_environment));
        let port = listen.port;
        if port.is_none() && program.serves && planner.wishes.port.is_none() {
            planner.warn("where the program listens is not found: say it with `--port`");
        }
        let module = self.modules.iter().find(|module| module.folder.is_empty()).or(self.modules.first());
        let name = planner.name(module.and_then(|module| stated_name(module, &program.folder)));
        let front = self.front(planner, program)?;
        let own = self.part(planner, program, &name, &toolchain, &runtime, front.as_ref())?;
        let source = module.map(source);
        let labels = planner.labels(&name, &Stated { source: source.as_deref(), ..Stated::default() });
        let run = planner.run(fill(&toolchain, &runtime.image), labels, port);
        let mut run = run.bring(planner, &runtime, &toolchain);
        let data = copied(planner, program, front.as_ref());
        let writes_there = planner.heard().any(|fact| matches!(&fact.kind, Kind::Writes(folder) if folder == "/app"));
        run.workdir = Some(match data.is_empty() && !writes_there {
            true => "/".to_owned(),
            false => join("/app", &program.home),
        });
        run.copies.extend(zones(&runtime, &mut run.environment));
        run.copies.push(Copy::stage("build", &format!("/out/{name}"), format!("/usr/local/bin/{name}")));
        run.copies.extend(data);
        let told = listen.variables.iter().map(|(name, value)| Variable::new(name, value));
        run.environment.extend(told);
        let is_told = run.environment.iter().any(|variable| variable.name == "PORT");
        let usual = port.filter(|_| program.from_environment && !is_told);
        run.environment.extend(usual.map(|port| Variable::new("PORT", port.to_string())));
        run.entrypoint = vec![format!("/usr/local/bin/{name}")];
        run.command = self.words(planner, program, &name, port);
        let known = run.command.clone();
        let is_new = |pair: &&[String]| !pair.iter().take(1).any(|flag| known.contains(flag));
        run.command.extend(listen.arguments.chunks(2).filter(is_new).flatten().cloned());
        let parts = front.map(|front| front.lent.part).into_iter().chain([own]).collect();
        let recipe = Recipe::new(name, Image::new(parts, run, &planner.wishes.extras));
        Ok(recipe.of(self.members(program)))
    }
}

impl Go {
    fn entry(&self, planner: &mut Planner) -> Result<&Program, Error> {
        let startable = |(at, program): (usize, &Program)| {
            let strength = self.strength(program);
            Startable {
                value: at,
                entry: program.entry.clone(),
                aliases: vec![program.folder.clone()],
                place: program.folder.clone(),
                serves: self.serves(program),
                reason: match strength {
                    Strength::Stated => "the only main package",
                    Strength::Convention => "the main package where it usually is",
                    _ => "a main package",
                }
                .to_owned(),
                evidence: Evidence::new(&program.file, "package main", strength),
            }
        };
        let found = self.programs.iter().enumerate().map(startable).collect();
        let chosen = planner.program("main package", found)?;
        chosen.and_then(|at| self.programs.get(at)).ok_or_else(|| nothing("main package", None))
    }

    /// The stage that builds the program.
    fn part(
        &self,
        planner: &mut Planner,
        program: &Program,
        name: &str,
        toolchain: &Toolchain,
        runtime: &Runtime,
        front: Option<&Front>,
    ) -> Result<Part, Error> {
        let made = self.generate(planner, program)?;
        let flags = self.flags(planner, program);
        let cross = !planner.heard().any(|fact| matches!(&fact.kind, Kind::Need(id, _) if id == "libc"));
        let has_dependencies = self.manifests.iter().any(|path| self::name(path) == "go.sum");
        let own_builder = runtime.builder.as_deref().filter(|_| !cross);
        let embedded = front.filter(|front| front.embedded).map(|front| Made {
            from: format!("/src/{}", front.lent.made),
            to: front.target.clone().unwrap_or_else(|| front.lent.made.clone()),
        });
        let words = Words {
            name: name.to_owned(),
            builder: fill(toolchain, own_builder.unwrap_or(&CATALOG.image.builder)),
            cross,
            cgo_enabled: u8::from(!cross),
            apk: CATALOG.compiler.iter().filter(|_| !cross && runtime.id == "alpine").cloned().collect(),
            apt: toolchain.suited(planner.build_packages()),
            manifests: self.manifests.iter().filter(|_| has_dependencies && !self.is_vendored).cloned().collect(),
            embedded: embedded.into_iter().collect(),
            pages: self.pages(program, front),
            sources: if self.modules.is_empty() { self.files(program) } else { vec![program.entry.clone()] },
            root: runtime.id == "scratch",
            environment: flags.environment,
            options: flags.options,
            linker: flags.linker,
            extra: Extra::new(&planner.wishes.extras)
                .after(flags.arguments, made.iter().map(Generated::line).collect()),
        };
        Ok(Part {
            versions: vec![Version::new("GO_VERSION", &toolchain.version, topic::TOOLCHAIN)],
            ignore: self.ignore(planner, program, front, &made),
            filled: flags.filled,
            reads: self.manifests.iter().cloned().chain(self.files(program)).collect(),
            ..Part::new("go/build.tera", &words)?
        })
    }

    /// The words behind the program's name.
    fn words(&self, planner: &mut Planner, program: &Program, own: &str, port: Option<u16>) -> Vec<String> {
        let names = [own, name(&program.folder), &self.name];
        let is_ours = |process: &Process| names.contains(&process.command.program()) || self.programs.len() == 1;
        let said = processes::started(&planner.facts).filter(is_ours);
        let Some(process) = said.filter(|process| !process.command.words().is_empty()) else { return Vec::new() };
        planner.leave_out(&process);
        let fill = |word: &String| word.replace(command::PORT, &port.unwrap_or(USUAL_PORT).to_string());
        let words: Vec<String> = process.command.words().iter().map(fill).collect();
        let evidence = process.evidence;
        planner.note(Decision::new(topic::START, words.join(" "), "what makes the program serve", evidence));
        words
    }
}

fn fill(toolchain: &Toolchain, image: &str) -> String {
    toolchain.fill_with(image, "${GO_VERSION}")
}

/// What the program reads when it runs: of the repository, and of what the front end makes.
fn copied(planner: &Planner, program: &Program, front: Option<&Front>) -> Vec<Copy> {
    // At the same place as in the repository, as seen from where the program is run.
    let target = |path: &str| match program.home.is_empty() {
        true => format!("./{path}"),
        false => format!("/app/{path}"),
    };
    let stand_ins = program.stand_ins.iter().map(|(path, place)| Copy::context(path, target(place)));
    let data: Vec<Copy> = planner.data().iter().map(|path| Copy::context(path, target(path))).collect();
    let beside = front.filter(|front| !front.embedded);
    let made = beside.map(|front| {
        let place = front.target.clone().unwrap_or_else(|| target(&front.lent.made));
        Copy::stage("frontend", &format!("/src/{}", front.lent.made), place)
    });
    data.into_iter().chain(stand_ins).chain(made).collect()
}

/// Go's own time zones, where the image has none.
fn zones(runtime: &Runtime, environment: &mut Vec<Variable>) -> Option<Copy> {
    runtime.carries.iter().find(|word| *word == "zoneinfo")?;
    environment.push(Variable::new("ZONEINFO", "/usr/local/share/zoneinfo.zip"));
    let zones = Copy::stage("build", "/usr/local/go/lib/time/zoneinfo.zip", "/usr/local/share/");
    Some(zones.because("Go's own time zones, as the image has none."))
}

/// What the module's path says of the name of the program in a folder.
fn stated_name<'a>(module: &'a Module, folder: &'a str) -> Option<(&'a str, Evidence)> {
    let parts = module.path.split('/').chain(folder.split('/').filter(|part| !part.is_empty()));
    let mut parts: Vec<&str> = parts.collect();
    // Folders that are named after their place.
    while folder.ends_with(parts.last()?)
        && ["cmd", "main", "src", "cli", "app"].contains(parts.last()?)
        && parts.len() > 1
    {
        parts.pop();
    }
    let name = parts.into_iter().rfind(|part| !is_major(part))?;
    let quote = format!("module {}", module.path);
    Some((name, Evidence::new(&join(&module.folder, "go.mod"), &quote, Strength::Stated)))
}

/// A path element that only says which major version a module has: `v2`.
fn is_major(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()))
}

/// The repository that a module's path names.
fn source(module: &Module) -> String {
    module.path.split('/').take(3).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use crate::repo::Repo;
    use crate::wishes::Wishes;

    #[test]
    fn what_programs_in_the_wild_need() {
        let main = "package main\nfunc main() { http.ListenAndServe(\":8080\", nil) }\n";
        let ui = "package ui\n//go:embed all:dist\nvar Files embed.FS\n";
        type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);
        let cases: [Case; 21] = [
            (&[("go.mod", "module e.com/x\ngo 1.26.6\n"), ("main.go", main)], &["ARG GO_VERSION=1.26.7\n"]),
            (&[("go.mod", "module e.com/x\ngo 1.26.0\n"), ("main.go", main)], &["ARG GO_VERSION=1.27.0\n"]),
            (
                &[
                    ("go.mod", "module e.com/x\n"),
                    (
                        "main.go",
                        "package main\ntype options struct {\n\tHost string `long:\"host\" description:\"Server of the database\" default:\"localhost\"`\n\tAt string `long:\"bind\" default:\"localhost\"`\n\tPort uint `long:\"listen\" default:\"8081\"`\n}\nfunc main() { http.ListenAndServe(a, nil) }\n",
                    ),
                ],
                &["EXPOSE 8081\n", "CMD [\"--bind\", \"0.0.0.0\"]\n"],
            ),
            (
                &[
                    ("go.mod", "module e.com/x\n"),
                    (
                        "main.go",
                        "package main\nimport \"github.com/alecthomas/kong\"\ntype cli struct {\n\tServe ServeCmd `cmd:\"\" help:\"x\"`\n}\nfunc main() { http.ListenAndServe(\":8080\", nil); f(strings.Repeat(\"../\", n)) }\n",
                    ),
                ],
                &["WORKDIR /\n", "CMD [\"serve\"]\n"],
            ),
            (
                &[
                    ("go.mod", "module e.com/x\n"),
                    (
                        "main.go",
                        "package main\nimport _ \"e.com/x/web\"\nfunc main() { http.ListenAndServe(\":8080\", nil) }\n",
                    ),
                    ("web/web.go", "package web\n//go:embed dist\nvar F embed.FS\n"),
                    (
                        "web/package.json",
                        "{\"scripts\": {\"build\": \"vite build\"}, \"devDependencies\": {\"vite\": \"7\"}}",
                    ),
                    ("desktop/package.json", "{\"scripts\": {\"build:web\": \"cp -r ../web/dist web\"}}"),
                ],
                &["WORKDIR /src/web\n", "COPY --from=frontend /src/web/dist web/dist\n"],
            ),
            (
                &[
                    ("go.mod", "module e.com/x\n"),
                    (
                        "main.go",
                        "package main\n//go:embed i18n/*.yaml\nvar T embed.FS\n//go:embed ui/build\nvar F embed.FS\nfunc main() { http.ListenAndServe(\":8080\", nil) }\n",
                    ),
                    ("i18n/en.yaml", ""),
                    (
                        "ui/package.json",
                        "{\"scripts\": {\"build\": \"react-app-rewired build\", \"start\": \"react-app-rewired start\"}, \"dependencies\": {\"react-scripts\": \"5\"}}",
                    ),
                    ("ui/config-overrides.js", "const i18nPath = path.resolve(__dirname, '../i18n');\n"),
                ],
                &["COPY i18n /src/i18n\n", "COPY --from=frontend /src/ui/build ui/build\n"],
            ),
            (
                &[
                    ("go.mod", "module e.com/x\nrequire github.com/99designs/gqlgen v0.17.85\n"),
                    ("go.sum", ""),
                    (
                        "main.go",
                        "package main\nimport _ \"e.com/x/made/api\"\ntype C struct {\n\tConn string `default:\"data/x.db\"`\n}\nfunc main() { http.ListenAndServe(\":8080\", nil) }\n",
                    ),
                    ("gqlgen.yml", "exec:\n  filename: made/api/api.go\n"),
                ],
                &["RUN go run github.com/99designs/gqlgen@v0.17.85\n", "/app/data/.keep"],
            ),
            (
                &[
                    ("go.mod", "module e.com/hub\nrequire github.com/pocketbase/pocketbase v0.30.0\n"),
                    ("go.sum", ""),
                    ("internal/agent/main.go", "package main\nfunc main() { net.Listen(a, b) }\n"),
                    (
                        "internal/hub/main.go",
                        "package main\nimport \"github.com/pocketbase/pocketbase\"\nfunc main() { pocketbase.New().Start() }\n",
                    ),
                    ("Makefile", "build:\n\tgo build -o build/agent ./internal/agent\n"),
                ],
                &["EXPOSE 8090\n", "CMD [\"serve\", \"--http=0.0.0.0:8090\", \"--dir=/data\"]\n"],
            ),
            (
                &[
                    ("go.mod", "module e.com/x\n"),
                    (
                        "main.go",
                        "package main\n\n// #cgo pkg-config: libsodium\nimport \"C\"\nfunc main() { http.ListenAndServe(\":8080\", nil) }\n",
                    ),
                    ("fast.cc", ""),
                ],
                &[
                    "install -y --no-install-recommends libsodium-dev\n",
                    "install -y --no-install-recommends ca-certificates libsodium23 tzdata\n",
                ],
            ),
            (
                &[
                    ("go.mod", "module e.com/x\nrequire github.com/a-h/templ v0.3.960\n"),
                    ("go.sum", ""),
                    ("main.go", main),
                    ("page.templ", "package main\n"),
                    (
                        "Dockerfile.release",
                        "FROM golang\nCOPY . .\nRUN templ generate && GOEXPERIMENT=jsonv2 go build -tags a,b${T} .\n",
                    ),
                ],
                &[
                    "ENV CGO_ENABLED=0 GOEXPERIMENT=jsonv2\n",
                    "RUN go run github.com/a-h/templ/cmd/templ@v0.3.960 generate\n",
                    "go build -trimpath -tags=a -ldflags",
                ],
            ),
            (
                &[
                    ("go.mod", "module e.com/x\ntool github.com/swaggo/swag/cmd/swag\n"),
                    (
                        "main.go",
                        "package main\nimport _ \"e.com/x/docs\"\n//go:generate go tool swag init -g api.go\nfunc main() { x.Serve() }\n",
                    ),
                ],
                &["RUN go tool swag init -g api.go\n"],
            ),
            (
                &[
                    ("go.mod", "module e.com/x\n"),
                    ("main.go", "package main\nimport \"C\"\nfunc main() { x.Serve() }\n"),
                    (
                        "Makefile",
                        "LDFLAGS = -X main.Mode=prod -X main.other=$(shell x)\nrun:\n\tgo run main.go web --quiet\nprod:\n\tgo build -ldflags \"$(LDFLAGS)\"\n",
                    ),
                ],
                &["ENV CGO_ENABLED=1\n", "-ldflags=\"-s -w -X 'main.Mode=prod'\" -o", "CMD [\"web\", \"--quiet\"]\n"],
            ),
            (
                &[
                    ("go.mod", "module e.com/x\nrequire github.com/mattn/go-sqlite3 v1.14.0 // indirect\n"),
                    ("go.sum", ""),
                    ("go.sum", ""),
                    (
                        "main.go",
                        "package main\nimport \"github.com/gofiber/storage/sqlite3/v2\"\nfunc main() {\n\tgodotenv.Load(\"./.env\")\n\ttls.Load(\"./a.p12\")\n\tx.Serve()\n}\n",
                    ),
                    (".env", "A=1"),
                    ("a.p12", ""),
                ],
                &["CGO_ENABLED=1", "WORKDIR /\n"],
            ),
            (
                &[
                    ("go.mod", "module e.com/x\n"),
                    (
                        "main.go",
                        "package main\nimport \"e.com/x/ui\"\nfunc main() { http.ListenAndServe(\":8080\", ui.H) }\n",
                    ),
                    ("ui/ui.go", ui),
                    ("ui/dist/.gitkeep", ""),
                    ("ui/package.json", r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}"#),
                ],
                &["AS frontend\nWORKDIR /src/ui\n", "COPY --from=frontend /src/ui/dist ui/dist\n"],
            ),
            (
                &[
                    ("go.mod", "module e.com/x\n"),
                    (
                        "cmd/server/main.go",
                        "package main\nvar c = flag.String(\"conf\", \"../../configs\", \"\")\nfunc main() { x.Serve() }\n",
                    ),
                    ("configs/config.yaml", "server:\n  http:\n    addr: 0.0.0.0:8000\n"),
                ],
                &["WORKDIR /app/cmd/server\n", "COPY --link configs /app/configs\n", "EXPOSE 8000\n"],
            ),
            (
                &[
                    ("go.mod", "module e.com/x\n"),
                    (
                        "main.go",
                        "package main\nfunc main() {\n\tviper.AddConfigPath(\".\")\n\tviper.SetConfigName(\"app\")\n\tx.Serve()\n}\n",
                    ),
                    ("app.env", "ADDRESS=0.0.0.0:8001\nMIGRATIONS=file://db/migration\n"),
                    ("db/migration/1.sql", ""),
                ],
                &["COPY --link app.env ./app.env\nCOPY --link db/migration ./db/migration\n", "EXPOSE 8001\n"],
            ),
            (
                &[
                    ("go.mod", "module e.com/shop\n"),
                    ("main.go", main),
                    ("Procfile", "web: bin/shop server -p $PORT\n"),
                ],
                &["CMD [\"server\", \"-p\", \"8080\"]\n"],
            ),
            (
                &[
                    ("go.mod", "module e.com/shop\n"),
                    (
                        "main.go",
                        "package main\nfunc main() {\n\thttp.Handle(\"/\", http.FileServer(http.Dir(\"./web/dist\")))\n\thttp.ListenAndServe(\":8080\", nil)\n}\n",
                    ),
                    ("web/package.json", r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}"#),
                    ("web/index.html", ""),
                ],
                &["WORKDIR /app\n", "COPY --link --from=frontend /src/web/dist ./web/dist\n"],
            ),
            (
                &[
                    ("go.mod", "module e.com/shop\n"),
                    ("main.go", main),
                    ("queries/a.sql", ""),
                    ("pack.go", "package main\nvar files = []string{\"./queries:queries\"}\n"),
                    (
                        "Dockerfile.x",
                        "FROM a\nEXPOSE 1025/tcp 8080/tcp\nENTRYPOINT [\"entry\"]\nCMD [\"shop\", \"serve\"]\n",
                    ),
                ],
                &["COPY --link queries ./queries\n", "EXPOSE 8080 1025\n", "CMD [\"serve\"]\n"],
            ),
            (
                &[
                    ("go.mod", "module e.com/shop\n"),
                    (
                        "main.go",
                        "package main\nfunc main() {\n\tgo http.ListenAndServe(\":80\", nil)\n\tx.Serve()\n}\n",
                    ),
                    (
                        "config.go",
                        "package main\nvar c = Config{\n\tExtraPort: 4000 + rand.Intn(9),\n\tPort: 8081,\n}\n",
                    ),
                    ("Makefile", "build:\n\tgo install e.com/tool@latest\n\tgo build -tags lite\n"),
                ],
                &["go build -trimpath -tags=lite ", "EXPOSE 8081\n"],
            ),
            (
                &[
                    ("go.mod", "module e.com/shop\n"),
                    ("cmd/shop/main.go", "package main\nfunc main() { fmt.Println() }\n"),
                    ("cmd/shopd/main.go", main),
                ],
                &["./cmd/shopd\n"],
            ),
        ];
        for (files, expected) in cases {
            let draft = crate::draft(&Repo::from_list("app", files.iter().copied()), &Wishes::default()).unwrap();
            let text = &draft.documents[0].text;
            expected.iter().for_each(|line| assert!(text.contains(line), "{line} is not in\n{text}"));
        }
    }

    #[test]
    fn a_front_end_is_built_as_node_would_build_it_alone() {
        let draft = |token: &str| {
            let npmrc = format!("//npm.example.com/:_authToken={token}\n");
            let files = [
                ("go.mod", "module e.com/x\n"),
                (".nvmrc", "22\n"),
                ("main.go", "package main\n//go:embed all:ui/dist\nvar files embed.FS\nfunc main() {}\n"),
                ("ui/.npmrc", npmrc.as_str()),
                ("ui/package.json", r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}"#),
            ];
            crate::draft(&Repo::from_list("app", files), &Wishes::default()).unwrap()
        };
        let named = draft("${NPM_TOKEN}");
        let (text, workflow) = (&named.documents[0].text, &named.documents[2].text);
        assert!(
            text.contains("ARG NODE_VERSION=22.") && text.contains("COPY ui/package.json ui/.npmrc ./\n"),
            "{text}"
        );
        assert!(text.contains("--mount=type=secret,id=NPM_TOKEN,env=NPM_TOKEN"), "{text}");
        assert!(workflow.contains("NPM_TOKEN=${{ secrets.NPM_TOKEN }}"), "{workflow}");
        let decided = |topic: &str| named.plan.decisions.iter().find(|decision| decision.topic == topic).unwrap();
        assert_eq!(decided("front end toolchain").evidence.file, ".nvmrc");
        assert!(decided("toolchain").value.starts_with("Go "));
        let written = draft("abc");
        let told = |sentence: &String| sentence.starts_with("front end `ui`: `.npmrc` holds a token");
        assert!(written.plan.warnings.iter().any(told), "{:?}", written.plan.warnings);
        let (text, ignore) = (&written.documents[0].text, &written.documents[1].text);
        assert!(text.contains("id=npmrc,target=/root/.npmrc") && ignore.contains("\nui/.npmrc\n"), "{text}{ignore}");
    }
}
