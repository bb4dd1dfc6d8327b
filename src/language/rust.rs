//! Rust: packages and workspaces of Cargo.

mod crates;
mod program;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::json;

use super::node::frontend::{Frontend, Lent};
use super::{Extra, Language, Project, Recipe, Scope, Variable, sign};
use crate::catalog::{self, Image as Tags, Release, Runtime};
use crate::dockerignore::Section;
use crate::error::Error;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::format::cargo_manifest::Binary;
use crate::image::{Image, Part, Version};
use crate::members::Members;
use crate::path::join;
use crate::plan::labels::Stated;
use crate::plan::{Decision, Planner, topic};
use crate::requirement::Requirement;
use crate::rows::{Behind, Embed, Native, Row};
use crate::source::rust::{self as source, Source};
use crates::{Crates, LOCK, Member};
use program::Program;

/// The row.
pub const LANGUAGE: Language = Language {
    id: "rust",
    title: "Rust",
    signs: &[sign("Cargo.toml", Strength::Stated)],
    images: &["rust"],
    image: || &CATALOG.image,
    managers: Vec::new,
    releases: || &CATALOG.release,
    release: Requirement::line,
    read: |scope| Box::new(Cargo::read(scope)),
};

/// `templates/rust/catalog.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalog {
    image: Tags,
    release: Vec<Release>,
    runtime: Vec<Runtime>,
    native: Native,
    unused: Vec<Behind>,
    implied: Vec<Behind>,
    embed: Vec<Embed>,
    row: Vec<Row>,
    /// How the names of channels begin that have no images.
    channels: Vec<String>,
}

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| catalog::parse("rust/catalog.toml"));

/// What was read.
#[derive(Default)]
struct Cargo {
    crates: Crates,
    facts: Vec<Fact>,
    /// Programs with the places of their packages, and what tells of features with which others build them, by their names.
    programs: BTreeMap<String, (usize, Binary, Option<Evidence>)>,
    /// The configuration of Cargo.
    config: Option<&'static str>,
    /// Whether that says where packages come from.
    has_sources: bool,
    frontends: Vec<Frontend>,
}

impl Cargo {
    fn read(scope: Scope) -> Self {
        let repo = scope.repo;
        let config = [".cargo/config.toml", ".cargo/config"].into_iter().find(|path| repo.has(path));
        let said = config.and_then(|path| repo.text(path)).unwrap_or_default();
        let mut cargo = Cargo {
            crates: Crates::read(repo),
            config,
            has_sources: said.contains("[source") || said.contains("[registr"),
            ..Cargo::default()
        };
        cargo.look(scope);
        cargo.frontends = Frontend::all(scope, &mut cargo.facts);
        cargo
    }

    /// Programs, and what is seen of each.
    fn look(&mut self, Scope { repo, wishes, told }: Scope) {
        let is_asked = wishes.extras.build_flags.iter().any(|flag| flag.contains("features"));
        let (crates, sources) = (&self.crates, Source::all(repo));
        let all = || {
            crates.members.iter().enumerate().flat_map(|(at, member)| member.binaries.iter().map(move |one| (at, one)))
        };
        for (place, binary) in all() {
            let member = &crates.members[place];
            let is_one = all().filter(|(_, other)| other.name == binary.name).count() == 1;
            let label = if is_one { binary.name.clone() } else { join(&member.folder, &binary.name) };
            let (binary, followed) = member.as_built(binary, told);
            let built = crates.built(place, &binary);
            let program = Program { repo, crates, binary: &binary, built, sources: &sources };
            let entry = Kind::Entry(label.clone());
            let usual = if binary.file.ends_with("src/main.rs") { Strength::Convention } else { Strength::Guess };
            self.facts.push(match member.manifest.default_run() == Some(&binary.name) {
                true => Fact::new(entry, &member.path(), "default-run", Strength::Stated),
                false => Fact::new(entry, &binary.file, "", usual),
            });
            let on = member.manifest.asked(&binary.features);
            let demanded = source::demanded(program.sources(), &on).filter(|_| !is_asked);
            self.facts.extend(program.facts().into_iter().chain(demanded).map(|fact| fact.of(&label)));
            self.programs.insert(label, (place, binary, followed));
        }
    }

    /// The files that the dependency step reads.
    fn manifests(&self) -> Vec<String> {
        let lock = self.crates.is_locked.then(|| LOCK.to_owned());
        let members = self.crates.members.iter().map(Member::path);
        members.chain(lock).chain(self.config.map(str::to_owned)).collect()
    }

    /// An allow list: manifests, packages, and what else the build or the program reads.
    fn ignore(&self, planner: &Planner, lent: &[Lent]) -> Vec<Section> {
        let own = self.crates.members.iter().flat_map(Member::sources);
        let mut sections = planner.allow_list("Only what Cargo reads.", self.manifests().into_iter().chain(own));
        sections.extend(lent.iter().map(Lent::ignore));
        sections.push(Section::new("Made by builds on this machine.", ["**/target", "**/node_modules"]));
        sections
    }

    /// `cargo VERB --release` with these packages.
    fn command(&self, verb: &str, members: &[Member]) -> Vec<String> {
        let own = members.iter().filter(|member| !member.name().is_empty());
        let packages = own.map(|member| format!("--package={}", self.crates.spec(member)));
        ["cargo", verb, "--release"].map(str::to_owned).into_iter().chain(packages).collect()
    }

    /// The environment of the build, with a channel that has no image.
    fn environment(&self, channel: Option<&String>) -> Vec<Variable> {
        let is_silent = self.crates.members.first().is_none_or(|root| !root.manifest.strips);
        let strip = is_silent.then(|| Variable::new("CARGO_PROFILE_RELEASE_STRIP", "symbols"));
        strip.into_iter().chain(channel.map(|name| Variable::new("RUSTUP_TOOLCHAIN", name))).collect()
    }

    fn build(&self, place: usize, binary: &Binary, more: &[String]) -> Vec<String> {
        let features = Some(binary.features.join(",")).filter(|features| !features.is_empty());
        let own =
            [format!("--bin={}", binary.name)].into_iter().chain(self.crates.is_locked.then(|| "--locked".to_owned()));
        let own = own.chain(features.map(|features| format!("--features={features}")));
        self.command("build", &self.crates.members[place..=place])
            .into_iter()
            .chain(own)
            .chain(more.iter().cloned())
            .collect()
    }
}

impl Project for Cargo {
    fn testify(&self) -> Vec<Fact> {
        let bound = |member: &Member| {
            let version = member.manifest.package.as_ref()?.rust_version.get()?;
            let kind = Kind::Bound(LANGUAGE.id.to_owned(), Requirement::at_least(version)?);
            Some(Fact::new(kind, &member.path(), &format!("rust-version = \"{version}\""), Strength::Stated))
        };
        let mut facts = self.crates.faults.clone();
        facts.extend(self.crates.members.iter().filter_map(bound));
        facts.extend(self.manifests().iter().map(|path| Fact::manifest(path)));
        facts.extend(self.facts.iter().cloned().chain(self.frontends.iter().flat_map(Frontend::testify)));
        facts
    }

    fn recipe(&self, planner: &mut Planner) -> Result<Recipe, Error> {
        planner.readable()?;
        let label = planner.program_of_facts("binary")?;
        planner.obey()?;
        let channel = planner.channel(LANGUAGE.id, LANGUAGE.title, &CATALOG.channels);
        let toolchain = planner.toolchain(LANGUAGE.id, LANGUAGE.title, &CATALOG.release)?;
        let needs = planner.needs(&[("ca", "TLS needs CA certificates"), ("tmp", "temporary files need /tmp")]);
        let runtime = planner.runtime(needs, &CATALOG.runtime, &toolchain)?;
        let listen = planner.listening();
        let (place, binary, followed) = &self.programs[&label];
        let member = &self.crates.members[*place];
        if let Some(evidence) = followed {
            let said = format!("--features {}", binary.features.join(","));
            planner.note(Decision::new(topic::BUILD, said, "its own build has these features", evidence.clone()));
        }
        let name = planner.name(Some((&binary.name, Evidence::new(&member.path(), &binary.name, Strength::Stated))));
        let is_own = planner.ends_by_itself();
        let lent = Frontend::lend_heard(&self.frontends, planner)?;
        let fill = |image: &str| toolchain.fill_with(image, "${RUST_VERSION}");
        let musl = runtime.provides.iter().all(|word| word != "libc");
        let packages =
            planner.build_packages().into_iter().filter(|package| musl || *package != CATALOG.native.package);
        let vendor = ["cargo", "vendor"].into_iter().chain(self.crates.is_locked.then_some("--locked"));
        let mut all = self.crates.members.iter().flat_map(|member| &member.manifest.dependencies);
        let has_layer = !self.has_sources && all.any(|dependency| dependency.path.is_none());
        // Cargo wants to see the main files of all packages; where dependencies have a layer, empty ones are there already.
        let files: Vec<String> = self.crates.members.iter().flat_map(|member| member.targets.clone()).collect();
        let words = json!({
            "name": name,
            "builder": fill(&CATALOG.image.builder),
            "environment": self.environment(channel.as_ref()),
            "apt": toolchain.suited(packages.chain((!is_own).then(|| "tini".to_owned()))),
            "nightly": channel,
            "musl": musl,
            "binds": if has_layer { self.manifests() } else { Vec::new() },
            "files": files,
            "vendor": vendor.chain(["/vendor"]).collect::<Vec<_>>(),
            "build": self.build(*place, binary, &planner.wishes.extras.build_flags),
            "clean": self.command("clean", &self.crates.members),
            "binary": binary.name,
            "embedded": lent.iter().map(|lent| &lent.made).collect::<Vec<_>>(),
            "root": runtime.id == "scratch",
            "extra": Extra::new(&planner.wishes.extras),
        });
        let part = Part {
            versions: vec![Version::new("RUST_VERSION", &toolchain.version, topic::TOOLCHAIN)],
            ignore: self.ignore(planner, &lent),
            reads: self.manifests().into_iter().chain(files.into_iter().filter(|_| !has_layer)).collect(),
            ..Part::new("rust/build.tera", &words)?
        };
        let package = member.manifest.package.clone().unwrap_or_default();
        let (description, source) = (package.description.get(), package.repository.get());
        let labels = planner.labels(&name, &Stated { description, source, licenses: package.license.get() });
        let run = planner.run(fill(&runtime.image), labels, listen.port);
        let run = run.bring(planner, &runtime, &toolchain).binary(planner, &name, &member.folder, listen, is_own);
        let parts = lent.into_iter().map(|lent| lent.part).chain([part]).collect();
        let own = self.crates.built(*place, binary).members;
        let packages = self.crates.members.iter().enumerate().map(|(at, one)| (own.contains(&at), one.sources()));
        Ok(Recipe::new(name, Image::new(parts, run, &planner.wishes.extras)).of(Members::of(packages)))
    }
}

#[cfg(test)]
mod tests {
    use crate::repo::Repo;
    use crate::wishes::Wishes;

    #[test]
    fn what_programs_in_the_wild_need() {
        let manifest = "[package]\nname = \"x\"\nversion = \"1.0.0\"\n[features]\npg = []\nlite = []\n";
        let demands = "#[cfg(not(any(feature = \"pg\", feature = \"lite\")))]\ncompile_error!(\"one\");\nfn main() { x.bind(\"0.0.0.0:80\") }\n";
        let command = "struct Options {\n    #[command(subcommand)]\n    command: Command,\n}\n#[derive(Subcommand)]\nenum Command {\n    Schema,\n    Run(Run),\n}\nfn main() {}\n";
        let build = "FROM rust AS a\nARG DB=pg,other\nRUN cargo build --release --features ${DB}\nFROM a\n";
        let workspace = format!("{manifest}[workspace]\nmembers = [\"app\"]\n");
        let app = "[package]\nname = \"app\"\nversion = \"1.0.0\"\n[dependencies]\nyew = \"1\"\n";
        type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);
        let cases: [Case; 4] = [
            (
                &[("Cargo.toml", manifest), ("src/main.rs", demands)],
                "",
                "ends the build, as none of the features `pg`, `lite` is on",
            ),
            (&[("Cargo.toml", manifest), ("src/main.rs", demands), ("Dockerfile.x", build)], "--features=pg \\\n", ""),
            (&[("Cargo.toml", manifest), ("src/main.rs", command)], "CMD [\"run\"]\n", ""),
            (
                &[
                    ("Cargo.toml", &workspace),
                    ("src/main.rs", "fn main() {}\n"),
                    ("app/Cargo.toml", app),
                    ("app/src/lib.rs", ""),
                ],
                "FROM",
                "`app/Cargo.toml` is of a front end in WebAssembly (`yew`)",
            ),
        ];
        for (files, line, said) in cases {
            match crate::draft(&Repo::from_list("x", files.iter().copied()), &Wishes::default()) {
                Ok(draft) => {
                    let text = &draft.documents[0].text;
                    assert!(text.contains(line), "{line} is not in\n{text}");
                    let told = draft.plan.warnings.join("\n");
                    assert!(told.contains(said), "{said} is not in\n{told}");
                }
                Err(error) => assert!(line.is_empty() && error.what.contains(said), "{error:?}"),
            }
        }
    }
}
