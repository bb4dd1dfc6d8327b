//! The command.

fn main() -> std::process::ExitCode {
    dockgen::cli::main()
}
