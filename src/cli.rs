//! Arguments in, exit code out.

mod check;
mod config;
mod explain;
mod findings;
mod init;
mod print;
mod settle;
mod update;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::error::{Error, Exit};
use crate::wishes::{Ci, PortWish, Wishes};

/// Looks at a repository and writes the Dockerfile an expert would have written for it, with its .dockerignore and CI
/// workflow.
#[derive(Debug, Parser)]
#[command(
    name = "dockgen",
    bin_name = "dockgen",
    version,
    arg_required_else_help = true,
    args_conflicts_with_subcommands = true,
    after_help = EXIT_CODES,
    after_long_help = EXAMPLES
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    init: InitArgs,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 the answer is no, 2 wrong usage or unreadable input, 130 interrupted.";

const EXAMPLES: &str = "Examples:
  dockgen init                                      look, ask what the repository does not say, preview, write
  dockgen init --yes                                take dockgen's own answers
  dockgen --lang go --runtime distroless            the same with wishes
  dockgen init --stdout dockerfile | docker build -f - .
  dockgen explain                                   why every choice was made
  dockgen explain Dockerfile:17                     why this line stands there

Exit codes: 0 done, 1 the answer is no, 2 wrong usage or unreadable input, 130 interrupted.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a Dockerfile, a .dockerignore and a CI workflow
    Init(InitArgs),
    /// Bring the files up to date with the repository, keeping what people edited
    Update(UpdateArgs),
    /// Say whether the files are stale or break a promise; writes nothing
    Check(CheckArgs),
    /// Show the facts with their evidence, the decisions with their reasons and the rivals that lost, and what each line
    /// of the Dockerfile is for
    Explain(ExplainArgs),
    /// Read and change dockgen.toml; comments and order stay
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print the value of a key
    Get {
        /// The key, such as `run.packages`
        key: String,
        /// The folder of the repository
        #[arg(default_value = ".")]
        dir: PathBuf,
    },
    /// Set a key
    Set {
        /// The key
        key: String,
        /// The value; lists as `a,b`, tables as in TOML
        value: String,
        /// The folder of the repository
        #[arg(default_value = ".")]
        dir: PathBuf,
    },
    /// Take a key away
    Unset {
        /// The key
        key: String,
        /// The folder of the repository
        #[arg(default_value = ".")]
        dir: PathBuf,
    },
    /// Print the JSON schema of dockgen.toml
    Schema,
}

#[derive(Debug, Args)]
struct InitArgs {
    /// The folder of the repository
    #[arg(default_value = ".", value_hint = clap::ValueHint::DirPath)]
    dir: PathBuf,
    #[command(flatten)]
    wishes: WishArgs,
    /// Ask nothing; take dockgen's own answers, and say which
    #[arg(short, long)]
    yes: bool,
    /// Say what would be written, and write nothing
    #[arg(short = 'n', long, help_heading = "Output")]
    dry_run: bool,
    /// Show the difference to what is there, and write nothing
    #[arg(long, help_heading = "Output")]
    diff: bool,
    /// Print one document and write nothing
    #[arg(long, value_enum, value_name = "DOCUMENT", help_heading = "Output", conflicts_with_all = ["diff", "json"])]
    stdout: Option<Printed>,
    /// Print what was decided and what happens to each file, as JSON
    #[arg(long, help_heading = "Output", conflicts_with = "diff")]
    json: bool,
    /// Replace files that are there and are not dockgen's
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    voice: VoiceArgs,
}

#[derive(Debug, Args)]
struct UpdateArgs {
    /// The folder of the repository
    #[arg(default_value = ".", value_hint = clap::ValueHint::DirPath)]
    dir: PathBuf,
    #[command(flatten)]
    wishes: WishArgs,
    /// Say what would change, and write nothing
    #[arg(short = 'n', long, help_heading = "Output")]
    dry_run: bool,
    /// Show the difference to what is there, and write nothing
    #[arg(long, help_heading = "Output")]
    diff: bool,
    /// Only this document
    #[arg(long, value_enum, value_name = "DOCUMENT")]
    only: Vec<Printed>,
    /// Bring back documents that were deleted
    #[arg(long)]
    restore: bool,
    /// Take in files that are not dockgen's: they stay as they are, and later changes are merged into them
    #[arg(long)]
    adopt: bool,
    #[command(flatten)]
    voice: VoiceArgs,
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// The folder of the repository
    #[arg(default_value = ".", value_hint = clap::ValueHint::DirPath)]
    dir: PathBuf,
    /// How to say it
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT", help_heading = "Output")]
    format: Format,
    #[command(flatten)]
    voice: VoiceArgs,
}

/// How `check` speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A sentence a line
    Text,
    /// JSON
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// Annotations of GitHub Actions
    Github,
}

#[derive(Debug, Args)]
struct ExplainArgs {
    /// The folder of the repository, its `Dockerfile`, or a line of that: `Dockerfile:17`
    #[arg(default_value = ".", value_name = "WHAT", value_hint = clap::ValueHint::AnyPath)]
    what: PathBuf,
    #[command(flatten)]
    wishes: WishArgs,
    /// As JSON
    #[arg(long, help_heading = "Output")]
    json: bool,
    #[command(flatten)]
    voice: VoiceArgs,
}

/// A document that `--stdout` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Printed {
    Dockerfile,
    Dockerignore,
    Workflow,
}

impl Printed {
    /// The document's path.
    fn path(self) -> &'static str {
        match self {
            Printed::Dockerfile => "Dockerfile",
            Printed::Dockerignore => ".dockerignore",
            Printed::Workflow => ".github/workflows/docker.yml",
        }
    }
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Wishes")]
struct WishArgs {
    /// The language: go, node, python, java
    #[arg(long, value_name = "LANG")]
    lang: Option<String>,
    /// The image to run in: auto, scratch, distroless, alpine, slim
    #[arg(long, value_name = "RUNTIME", value_parser = ["auto", "scratch", "distroless", "alpine", "slim"])]
    runtime: Option<String>,
    /// The version of the language's toolchain
    #[arg(long, value_name = "VERSION")]
    toolchain: Option<String>,
    /// The package manager
    #[arg(long, value_name = "NAME")]
    package_manager: Option<String>,
    /// What to start: a main package, a script, module:variable, a main class or a jar
    #[arg(long, value_name = "WHAT")]
    entry: Option<String>,
    /// Where the program listens, or `none`
    #[arg(long, value_name = "PORT")]
    port: Option<PortWish>,
    /// The image's name
    #[arg(long, value_name = "IMAGE")]
    name: Option<String>,
    /// The CI workflow to write
    #[arg(long, value_enum, value_name = "CI")]
    ci: Option<Ci>,
    /// Platforms that the workflow builds for, such as linux/amd64,linux/arm64
    #[arg(long, value_name = "PLATFORM", value_delimiter = ',', value_parser = platform)]
    platform: Vec<String>,
    /// The numeric user that the image runs as
    #[arg(long, value_name = "UID", value_parser = clap::value_parser!(u32).range(1..))]
    uid: Option<u32>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
struct VoiceArgs {
    /// Say only what went wrong
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Say every decision
    #[arg(short, long)]
    verbose: bool,
    /// When to use colour
    #[arg(long, value_enum, default_value_t = clap::ColorChoice::Auto, value_name = "WHEN")]
    color: clap::ColorChoice,
}

fn platform(text: &str) -> Result<String, String> {
    let plain = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let parts: Vec<&str> = text.split('/').collect();
    match (2..=3).contains(&parts.len()) && parts.iter().all(|part| plain(part)) {
        true => Ok(text.to_owned()),
        false => Err("a platform looks like `linux/amd64` or `linux/arm/v7`".to_owned()),
    }
}

impl WishArgs {
    fn wishes(&self) -> Wishes {
        Wishes {
            lang: self.lang.clone(),
            runtime: self.runtime.clone(),
            toolchain: self.toolchain.clone(),
            package_manager: self.package_manager.clone(),
            entry: self.entry.clone(),
            port: self.port,
            name: self.name.clone(),
            ci: self.ci,
            platforms: self.platform.clone(),
            uid: self.uid,
            ..Wishes::default()
        }
    }
}

/// Runs the command with the process's arguments.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { Exit::Usage as u8 } else { Exit::Done as u8 });
        }
    };
    let result = match &cli.command {
        None => init::run(&cli.init, true),
        Some(Command::Init(args)) => init::run(args, false),
        Some(Command::Update(args)) => update::run(args),
        Some(Command::Check(args)) => check::run(args),
        Some(Command::Explain(args)) => explain::run(args),
        Some(Command::Config(command)) => config::run(command),
        Some(Command::Completions { shell }) => completions(*shell),
        Some(Command::Man) => man(),
    };
    let exit = result.unwrap_or_else(|error| {
        print::error(&error);
        error.exit
    });
    ExitCode::from(exit as u8)
}

fn completions(shell: clap_complete::Shell) -> Result<Exit, Error> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "dockgen", &mut script);
    print::bytes(&script);
    Ok(Exit::Done)
}

fn man() -> Result<Exit, Error> {
    let mut page = Vec::new();
    let written = clap_mangen::Man::new(Cli::command()).render(&mut page);
    written.map_err(|error| Error::usage(error.to_string()))?;
    print::bytes(&page);
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn platforms_are_checked() {
        assert!(platform("linux/arm/v7").is_ok());
        assert!(platform("linux").is_err() && platform("linux/$x").is_err());
    }
}
