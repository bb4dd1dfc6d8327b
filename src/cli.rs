//! Arguments in, exit code out.

mod check;
mod config;
mod explain;
mod findings;
mod init;
mod many;
mod next;
mod outlook;
mod print;
mod project;
mod settle;
mod update;
mod wishes;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::error::{Error, Exit};
use crate::service::Role;
use crate::values;
use wishes::{Keys, WishArgs};

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
    /// Print a manual page
    Man {
        /// The command that it is about, such as `init` or `config set`; the whole where nothing is said
        command: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print the keys that are set, with their values
    List {
        /// The folder of the repository; else this one, or the nearest above that has dockgen's files
        #[arg(value_hint = clap::ValueHint::DirPath)]
        dir: Option<PathBuf>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the value of a key
    Get {
        /// The key, such as `run.packages` or `run.env.NAME`
        #[arg(value_parser = Keys, hide_possible_values = true)]
        key: String,
        /// The folder of the repository; else this one, or the nearest above that has dockgen's files
        #[arg(value_hint = clap::ValueHint::DirPath)]
        dir: Option<PathBuf>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Set a key
    Set {
        /// The key, such as `run.packages` or `run.env.NAME`
        #[arg(value_parser = Keys, hide_possible_values = true)]
        key: String,
        /// The value; lists as `a,b`, tables as in TOML
        value: String,
        /// The folder of the repository; else this one, or the nearest above that has dockgen's files
        #[arg(value_hint = clap::ValueHint::DirPath)]
        dir: Option<PathBuf>,
        /// Print what is set, as JSON
        #[arg(long)]
        json: bool,
    },
    /// Take a key away; its comments stay
    Unset {
        /// The key, such as `run.packages` or `run.env.NAME`
        #[arg(value_parser = Keys, hide_possible_values = true)]
        key: String,
        /// The folder of the repository; else this one, or the nearest above that has dockgen's files
        #[arg(value_hint = clap::ValueHint::DirPath)]
        dir: Option<PathBuf>,
        /// Print what is left, as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON schema of dockgen.toml
    Schema {
        /// The same, as it is JSON already
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
struct InitArgs {
    /// The folder of the repository
    #[arg(default_value = ".", value_hint = clap::ValueHint::DirPath)]
    dir: PathBuf,
    /// One of several services, by its name; may be given several times
    #[arg(long, value_name = "NAME")]
    service: Vec<String>,
    /// All services, also those that are not certain
    #[arg(long, conflicts_with = "service")]
    all: bool,
    #[command(flatten)]
    wishes: WishArgs,
    /// Ask nothing; take dockgen's own answers, and say which
    #[arg(short, long)]
    yes: bool,
    /// Take no guesses: refuse where something is not proven
    #[arg(long)]
    strict: bool,
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
    /// Take in files that are not dockgen's: they stay as they are, and later changes are merged into them
    #[arg(long, conflicts_with = "force")]
    adopt: bool,
    #[command(flatten)]
    voice: VoiceArgs,
}

#[derive(Debug, Args)]
struct UpdateArgs {
    /// The folder of the repository; else this one, or the nearest above that has dockgen's files
    #[arg(value_hint = clap::ValueHint::DirPath)]
    dir: Option<PathBuf>,
    #[command(flatten)]
    wishes: WishArgs,
    /// Ask nothing before writing
    #[arg(short, long)]
    yes: bool,
    /// Take no guesses: refuse where something is not proven
    #[arg(long)]
    strict: bool,
    /// Say what would change, and write nothing
    #[arg(short = 'n', long, help_heading = "Output")]
    dry_run: bool,
    /// Show the difference to what is there, and write nothing
    #[arg(long, help_heading = "Output")]
    diff: bool,
    /// Print what changed and what happens to each file, as JSON
    #[arg(long, help_heading = "Output", conflicts_with = "diff")]
    json: bool,
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
    /// The folder of the repository; else this one, or the nearest above that has dockgen's files
    #[arg(value_hint = clap::ValueHint::DirPath)]
    dir: Option<PathBuf>,
    /// How to say it
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT", help_heading = "Output")]
    format: Format,
    /// Take no guesses: what is not proven is a finding
    #[arg(long)]
    strict: bool,
    /// The same as `--format json`
    #[arg(long, help_heading = "Output", conflicts_with = "format")]
    json: bool,
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
    /// The folder of the repository, its `Dockerfile`, or a line of that: `Dockerfile:17`; else this folder, or the nearest
    /// above that has dockgen's files
    #[arg(value_name = "WHAT", value_hint = clap::ValueHint::AnyPath)]
    what: Option<PathBuf>,
    /// One of several services, by its name
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
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
    /// What the document is for.
    fn role(self) -> Role {
        match self {
            Printed::Dockerfile => Role::Dockerfile,
            Printed::Dockerignore => Role::Ignore,
            Printed::Workflow => Role::Workflow,
        }
    }

    /// Whether it is a document with this role.
    fn is(self, role: Role) -> bool {
        role == self.role() || (self == Printed::Dockerignore && role.is_ignore())
    }
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

/// Runs the command with the process's arguments.
pub fn main() -> ExitCode {
    let exit = Cli::try_parse().map_or_else(|error| refused(&error), |cli| run(&cli)).unwrap_or_else(|error| {
        let told = match wants_json() {
            true => print::json(serde_json::json!({ "error": { "what": error.what, "hint": error.hint } })),
            false => Err(error.clone()),
        };
        told.err().iter().for_each(print::error);
        error.exit
    });
    ExitCode::from(exit as u8)
}

/// Whether the answer shall be JSON, also where the arguments cannot be understood.
fn wants_json() -> bool {
    let arguments: Vec<std::ffi::OsString> = std::env::args_os().collect();
    let names = |argument: &std::ffi::OsString| argument == "--json" || argument == "--format=json";
    arguments.iter().any(names) || arguments.windows(2).any(|pair| pair[0] == "--format" && pair[1] == "json")
}

fn run(cli: &Cli) -> Result<Exit, Error> {
    match &cli.command {
        None => wished(&cli.init),
        Some(Command::Init(args)) => init::run(args),
        Some(Command::Update(args)) => update::run(args),
        Some(Command::Check(args)) => check::run(args),
        Some(Command::Explain(args)) => explain::run(args),
        Some(Command::Config(command)) => config::run(command),
        Some(Command::Completions { shell }) => completions(*shell),
        Some(Command::Man { command }) => man(command),
    }
}

/// What clap says in place of a command: help and the version, or what is wrong with the arguments.
fn refused(error: &clap::Error) -> Result<Exit, Error> {
    if error.use_stderr() && wants_json() {
        let text = error.to_string();
        let (what, hint) = text.split_once("\n\n").unwrap_or((&text, ""));
        let hint = hint.split_once("Usage:").map_or(hint, |(tips, _)| tips).trim();
        let hint = if hint.is_empty() { "`dockgen --help`" } else { hint };
        return Err(Error::usage(what.trim_start_matches("error: ").trim()).hint(hint));
    }
    print::clap(error)?;
    Ok(if error.use_stderr() { Exit::Usage } else { Exit::Done })
}

/// Wishes without a command are an `init`, unless the folder is a misspelt command.
fn wished(args: &InitArgs) -> Result<Exit, Error> {
    let word = args.dir.to_string_lossy();
    let known = Cli::command();
    match values::nearest(&word, known.get_subcommands().map(clap::Command::get_name)).filter(|_| !args.dir.exists()) {
        Some(command) => Err(Error::usage(format!("`{word}` is no command and no folder"))
            .hint(format!("did you mean `dockgen {command}`?"))),
        None => init::run(args),
    }
}

fn completions(shell: clap_complete::Shell) -> Result<Exit, Error> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "dockgen", &mut script);
    print::bytes(&script)?;
    Ok(Exit::Done)
}

fn man(words: &[String]) -> Result<Exit, Error> {
    let mut whole = Cli::command();
    whole.build();
    let command = words.iter().try_fold(&whole, |command, word| {
        command.find_subcommand(word).ok_or_else(|| {
            let known: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
            Error::usage(format!("`{word}` is no command of `{command}`{}", values::did_you_mean(word, known)))
        })
    })?;
    let mut page = Vec::new();
    let written = clap_mangen::Man::new(command.clone()).render(&mut page);
    written.map_err(|error| Error::usage(error.to_string()))?;
    print::bytes(&page)?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_sound() {
        Cli::command().debug_assert();
    }
}
