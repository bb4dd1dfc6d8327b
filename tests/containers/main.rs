//! The proof: every row of `tests/containers.toml` is written, built, run, stopped and rebuilt by a container engine.
//!
//! `cargo test --test containers [NAME]`. Without an engine the rows are skipped, and with `DOCKGEN_REQUIRE_DOCKER=1`
//! that is a failure. `DOCKGEN_DOCKER_BUILD` is told in `docker.rs`.
#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a test speaks to the world")]

mod case;
mod container;
mod docker;
mod progress;
mod proof;

use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};

use case::Case;
use proof::{Figures, Proof, megabytes};

type Rows = Arc<Mutex<Vec<(String, Figures)>>>;

fn main() -> ExitCode {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let cases = match case::read(&tests.join("containers.toml"), &tests.join("fixtures")) {
        Ok(cases) => cases,
        Err(why) => return fail(&why),
    };
    let engine = docker::answers();
    if !engine && std::env::var_os("DOCKGEN_REQUIRE_DOCKER").is_some() {
        return fail("no container engine answers (`docker version`), and DOCKGEN_REQUIRE_DOCKER is set");
    }
    if !engine {
        println!("skipped: no container engine answers (`docker version`), so no image is built or run");
    }
    let rows = Rows::default();
    let trials = cases.into_iter().zip(1..).map(|(case, number)| trial(case, number, &rows).with_ignored_flag(!engine));
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    print_table(&rows.lock().unwrap_or_else(PoisonError::into_inner));
    conclusion.exit_code()
}

fn fail(why: &str) -> ExitCode {
    eprintln!("error: {why}");
    ExitCode::FAILURE
}

fn trial(case: Case, number: u32, rows: &Rows) -> Trial {
    let rows = Arc::clone(rows);
    Trial::test(case.name(), move || {
        let context = tempfile::tempdir()?;
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let mut proof = Proof::new(&case, context.path(), number);
        proof.run(&fixtures);
        let figures = std::mem::take(&mut proof.figures);
        rows.lock().unwrap_or_else(PoisonError::into_inner).push((case.name(), figures));
        if proof.broken.is_empty() { Ok(()) } else { Err(Failed::from(proof.broken.join("\n\n"))) }
    })
}

fn print_table(rows: &[(String, Figures)]) {
    if rows.is_empty() {
        return;
    }
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    println!("{:width$}  image MB  build s   edit s  fresh runner s  stop s", "");
    for (name, figures) in rows {
        let size = figures.image.map_or_else(|| "-".to_owned(), |bytes| format!("{:.1}", megabytes(bytes)));
        let [cold, edit, runner, stop] = [figures.cold, figures.edit, figures.runner, figures.stop].map(seconds);
        println!("{name:width$}  {size:>8}  {cold:>7}  {edit:>7}  {runner:>14}  {stop:>6}");
    }
}

fn seconds(time: Option<Duration>) -> String {
    time.map_or_else(|| "-".to_owned(), |time| format!("{:.1}", time.as_secs_f64()))
}
