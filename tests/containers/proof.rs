//! What is proven of one case, from the repository to the rebuilt image.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::case::Case;
use crate::container::Container;
use crate::docker::{self, Build, Network, docker};

/// The strictest way a cluster runs a container.
const HARDENED: [&str; 7] =
    ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"];
/// What name look-ups and the like may receive during a build that downloads nothing, in bytes.
const NOTHING: u64 = 20_000;

/// What was measured; a figure is missing where the proof did not get so far.
#[derive(Default)]
pub struct Figures {
    /// Bytes of the image.
    pub image: Option<u64>,
    /// The first build, with empty cache mounts.
    pub cold: Option<Duration>,
    /// The build after an edit of the source, with warm cache mounts.
    pub edit: Option<Duration>,
    /// The same with every layer and empty cache mounts.
    pub runner: Option<Duration>,
    /// From `docker stop` to the program's end.
    pub stop: Option<Duration>,
}

/// Kept, or why it is not.
type Promise = Result<(), String>;

/// A case in the middle of its proof.
pub struct Proof<'a> {
    case: &'a Case,
    context: &'a Path,
    /// The name of the image, of its container, and of the cache mounts, so that no case profits from another.
    image: String,
    /// What was measured so far.
    pub figures: Figures,
    /// The promises that do not hold.
    pub broken: Vec<String>,
}

impl Drop for Proof<'_> {
    fn drop(&mut self) {
        let _ = docker(["image", "rm", "--force", &self.image]);
        let _ = docker::empty_mounts(&self.image);
    }
}

impl<'a> Proof<'a> {
    /// Of `case`, the row `number`, whose files are copied to `context`, an empty folder.
    pub fn new(case: &'a Case, context: &'a Path, number: u32) -> Self {
        let image = format!("dockgen-proof-{}-{number}", std::process::id());
        Proof { case, context, image, figures: Figures::default(), broken: Vec::new() }
    }

    /// Tries everything; after a broken promise the others are still tried, as far as there is an image.
    pub fn run(&mut self, fixtures: &Path) {
        let built = copy(&fixtures.join(&self.case.fixture), self.context)
            .map_err(|error| format!("copying the fixture: {error}"))
            .and_then(|()| self.write_files())
            .and_then(|()| self.build_cold());
        if let Err(why) = built {
            return self.broken.push(why);
        }
        let promises = [
            ("small", self.is_small()),
            ("no shell", self.has_no_shell()),
            ("runs", self.runs()),
            ("runs hardened", self.runs_hardened()),
            ("README edited", self.readme_changes_nothing()),
            ("source edited", self.rebuilds_warm()),
            ("source edited, empty cache mounts", self.rebuilds_on_a_fresh_runner()),
            ("updated", self.is_right_after_an_update()),
        ];
        let broken = |(name, kept): (&str, Promise)| kept.err().map(|why| format!("{name}: {why}"));
        self.broken.extend(promises.into_iter().filter_map(broken));
    }

    fn dockgen(&self, arguments: &[&str]) -> Promise {
        let dockgen = std::env::var("DOCKGEN_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_dockgen").to_owned());
        docker::run(Command::new(dockgen).args(arguments).arg(self.context)).map(drop)
    }

    fn write_files(&mut self) -> Promise {
        let init: Vec<&str> = ["init", "--yes"].into_iter().chain(self.case.init.iter().map(String::as_str)).collect();
        self.dockgen(&init)?;
        let missing = ["Dockerfile", ".dockerignore"].into_iter().find(|name| !self.context.join(name).is_file());
        missing.map_or(Ok(()), |name| Err(format!("`dockgen init` wrote no {name}")))
    }

    fn build(&self, network: Network) -> Result<Build, String> {
        docker::build(self.context, &self.image, network)
    }

    fn build_cold(&mut self) -> Promise {
        let build = self.build(Network::Open)?;
        self.figures.cold = Some(build.took);
        if build.steps.is_empty() {
            return Err("the progress of the build names no step, so no promise can be judged".to_owned());
        }
        Ok(())
    }

    fn is_small(&mut self) -> Promise {
        let size = docker(["image", "inspect", "--format", "{{.Size}}", &self.image])?;
        let bytes: u64 = size.parse().map_err(|_| format!("`{size}` is no size"))?;
        self.figures.image = Some(bytes);
        let megabytes = megabytes(bytes);
        match self.case.megabytes {
            Some(most) if megabytes > most => Err(format!("the image has {megabytes:.1} MB, more than {most}")),
            _ => Ok(()),
        }
    }

    fn has_no_shell(&mut self) -> Promise {
        let shell = docker(["run", "--rm", "--entrypoint", "/bin/sh", &self.image, "-c", "true"]);
        match (self.case.shell, shell) {
            (false, Ok(_)) => Err("`/bin/sh` runs in an image that promises none".to_owned()),
            (false, Err(why)) if !why.contains("no such file or directory") => Err(why),
            (true, Err(_)) => Err("there is no `/bin/sh`: the row may promise so".to_owned()),
            _ => Ok(()),
        }
    }

    fn runs(&mut self) -> Promise {
        let container = Container::start(&self.image, self.case, &[])?;
        container.wait()?;
        let user = container.check_user();
        self.figures.stop = container.stop()?;
        user
    }

    fn runs_hardened(&mut self) -> Promise {
        let container = Container::start(&self.image, self.case, &HARDENED)?;
        container.wait()?;
        container.stop().map(drop)
    }

    fn readme_changes_nothing(&mut self) -> Promise {
        append(&self.context.join("README.md"), "\nan edit\n")?;
        match self.build(Network::Closed)?.ran() {
            ran if ran.is_empty() => Ok(()),
            ran => Err(format!("these steps ran again:\n{}", ran.join("\n"))),
        }
    }

    fn rebuilds_warm(&mut self) -> Promise {
        self.figures.edit = Some(self.rebuild()?);
        Ok(())
    }

    fn rebuilds_on_a_fresh_runner(&mut self) -> Promise {
        docker::empty_mounts(&self.image)?;
        self.figures.runner = Some(self.rebuild()?);
        let mounts = docker::mounts(&self.image)?;
        match mounts.iter().find(|mount| mount.is_filled() && holds_downloads(&mount.folder)) {
            Some(mount) => Err(format!("the cache mount `{}` was filled again: {}", mount.folder, mount.size)),
            None => Ok(()),
        }
    }

    /// A person edits the Dockerfile, the repository changes, and an update carries both.
    fn is_right_after_an_update(&mut self) -> Promise {
        if self.case.change.is_empty() {
            return Ok(());
        }
        let write = |path: &str, text: &str| {
            fs::write(self.context.join(path), text).map_err(|error| format!("{path}: {error}"))
        };
        let text = fs::read_to_string(self.context.join("Dockerfile")).map_err(|error| error.to_string())?;
        write("Dockerfile", &text.replace("\nUSER ", "\nENV TEAM=shop\nUSER "))?;
        self.case.change.iter().try_for_each(|(path, text)| write(path, text))?;
        self.dockgen(&["update"])?;
        self.dockgen(&["check"])?;
        let updated = fs::read_to_string(self.context.join("Dockerfile")).map_err(|error| error.to_string())?;
        if updated.replace("ENV TEAM=shop\n", "") == text {
            return Err("the update changed nothing".to_owned());
        }
        self.build(Network::Open)?;
        let environment = docker(["image", "inspect", "--format", "{{.Config.Env}}", &self.image])?;
        if !environment.contains("TEAM=shop") {
            return Err(format!("the person's line is lost: {environment}"));
        }
        self.runs_hardened()
    }

    /// Edits the source and builds where nothing can be downloaded.
    fn rebuild(&mut self) -> Result<Duration, String> {
        append(&self.context.join(&self.case.edit), &self.case.comment()?)?;
        let build = self.build(Network::Closed)?;
        if build.ran().is_empty() {
            return Err(format!("nothing was built again: is `{}` part of the context?", self.case.edit.display()));
        }
        match build.received {
            Some(bytes) if bytes > NOTHING => {
                Err(format!("{bytes} bytes were downloaded by one of these steps:\n{}", build.ran().join("\n")))
            }
            _ => Ok(build.took),
        }
    }
}

/// In the unit that image sizes are told in.
pub fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// What compilers leave behind is no download: `/root/.cache/go-build`, `target`, `.next/cache`.
fn holds_downloads(folder: &str) -> bool {
    !["build", "target", ".next/cache"].iter().any(|ending| folder.ends_with(ending))
}

fn append(path: &Path, text: &str) -> Promise {
    let file = fs::OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| format!("{}: {error}", path.display()))
}

/// Copies a folder as it is: hidden files, symbolic links and permissions too.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            fs::create_dir(&target)?;
            copy(&source, &target)?;
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(&source)?, &target)?;
        } else {
            fs::copy(&source, &target)?;
        }
    }
    Ok(())
}
