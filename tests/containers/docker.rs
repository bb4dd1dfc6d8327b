//! What is asked of the container engine, by way of the `docker` command alone.
//!
//! `DOCKGEN_DOCKER_BUILD` names a command in place of `docker buildx build`, for engines that can reach no registry
//! and get their base images in another way. It is called with the context first, then with options.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use regex::Regex;

use crate::progress::{self, Step};

/// Whether an engine answers, and with it the client and the build plugin.
pub fn answers() -> bool {
    docker(["version"]).is_ok() && docker(["buildx", "version"]).is_ok()
}

/// Runs `docker` and gives what it prints; a failure is what it complains about.
pub fn docker<const N: usize>(words: [&str; N]) -> Result<String, String> {
    run(Command::new("docker").args(words)).map(|done| String::from_utf8_lossy(&done.stdout).trim().to_owned())
}

/// Runs a command without input; a failure holds the last lines that it printed.
pub fn run(command: &mut Command) -> Result<Output, String> {
    let done = command.stdin(Stdio::null()).output().map_err(|error| format!("{command:?}: {error}"))?;
    if done.status.success() {
        return Ok(done);
    }
    let said = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
    let words: Vec<_> = [command.get_program()].into_iter().chain(command.get_args().take(2)).collect();
    Err(format!("`{}` failed:\n{}", words.join(" ".as_ref()).display(), last_lines(&said)))
}

/// As much as a person wants to read of a log.
pub fn last_lines(log: &str) -> String {
    let lines: Vec<&str> = log.trim_end().lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}

/// Whether the steps of a build may reach the network.
#[derive(Clone, Copy, PartialEq)]
pub enum Network {
    /// They may.
    Open,
    /// They are told of a proxy where nobody listens. BuildKit leaves these variables out of what it compares, so that
    /// the cache holds, which it would not with `--network=none`.
    Closed,
}

const NOBODY: &str = "http://127.0.0.1:9";
const PROXIES: [&str; 5] = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"];

/// How a build went.
pub struct Build {
    /// How long it took.
    pub took: Duration,
    /// What the Dockerfile's steps did.
    pub steps: Vec<Step>,
    /// Bytes that the steps received, where the engine's network is this machine's.
    pub received: Option<u64>,
}

impl Build {
    /// The steps that were carried out, one a line.
    pub fn ran(&self) -> Vec<&str> {
        self.steps.iter().filter(|step| step.ran).map(|step| step.name.as_str()).collect()
    }
}

/// Builds `context` as `image`, with cache mounts in a namespace of this name.
pub fn build(context: &Path, image: &str, network: Network) -> Result<Build, String> {
    let mut command = builder()?;
    command.arg(context).arg("-f").arg(context.join("Dockerfile"));
    command.args(["-t", image, "--load", "--progress=plain", "--provenance=false"]);
    command.args(["--build-arg", &format!("BUILDKIT_CACHE_MOUNT_NS={image}")]);
    if network == Network::Closed {
        command.args(PROXIES.iter().flat_map(|name| ["--build-arg".to_owned(), format!("{name}={NOBODY}")]));
    }
    let (began, received) = (Instant::now(), received_by_containers());
    let done = run(&mut command)?;
    Ok(Build {
        took: began.elapsed(),
        steps: progress::steps(&String::from_utf8_lossy(&done.stderr)),
        received: received.zip(received_by_containers()).map(|(before, after)| after.saturating_sub(before)),
    })
}

fn builder() -> Result<Command, String> {
    let words = std::env::var("DOCKGEN_DOCKER_BUILD").unwrap_or_else(|_| "docker buildx build".to_owned());
    let words = shlex::split(&words).unwrap_or_default();
    let (program, rest) = words.split_first().ok_or("`DOCKGEN_DOCKER_BUILD` is no command")?;
    let mut command = Command::new(program);
    command.args(rest);
    Ok(command)
}

/// What the engine's bridge has sent to all containers so far, in bytes.
fn received_by_containers() -> Option<u64> {
    std::fs::read_to_string("/sys/class/net/docker0/statistics/tx_bytes").ok()?.trim().parse().ok()
}

// Cache mounts ---------------------------------------------------------------------------------------------------

/// A cache mount as the engine keeps it.
pub struct Mount {
    id: String,
    /// Where the Dockerfile puts it.
    pub folder: String,
    /// How much it holds, in the engine's words, `29.6MB`.
    pub size: String,
}

impl Mount {
    /// Whether it holds more than a few settings and locks.
    pub fn is_filled(&self) -> bool {
        let number = self.size.trim_end_matches(|unit: char| unit.is_ascii_alphabetic());
        let unit = &self.size[number.len()..];
        matches!(unit, "MB" | "GB") || (unit == "kB" && number.parse::<f64>().is_ok_and(|kilobytes| kilobytes > 100.0))
    }
}

static DESCRIPTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?m)^Description:\s+cached mount (\S+) from exec .* with id "([^"]*)"$"#).expect("a pattern")
});

/// The cache mounts of the namespace.
pub fn mounts(namespace: &str) -> Result<Vec<Mount>, String> {
    let said = docker(["buildx", "du", "--verbose", "--filter", "type=exec.cachemount"])?;
    let prefix = format!("{namespace}/");
    let mount = |record: &str| {
        let about = DESCRIPTION.captures(record).filter(|found| found[2].starts_with(&prefix))?;
        Some(Mount { id: field(record, "ID:")?, folder: about[1].to_owned(), size: field(record, "Size:")? })
    };
    Ok(said.split("\n\n").filter_map(mount).collect())
}

fn field(record: &str, name: &str) -> Option<String> {
    record.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
}

/// Empties the namespace's cache mounts; layers stay, and so do the mounts of everybody else.
pub fn empty_mounts(namespace: &str) -> Result<(), String> {
    for mount in mounts(namespace)? {
        docker(["buildx", "prune", "--force", "--filter", &format!("id={}", mount.id)])?;
    }
    match mounts(namespace)?.first() {
        Some(mount) => Err(format!("the engine keeps the cache mount at `{}`", mount.folder)),
        None => Ok(()),
    }
}
