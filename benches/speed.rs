//! How fast dockgen looks, and how much memory that takes: a small repository, a large tree, a manifest of 200 MB.
//!
//! `cargo bench` prints the memory of the whole process first, then its time beside `rg --files`, pair by pair, then the parts
//! with what they allocate in their own thread. These are figures, not tests: a busy machine would fail them.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a bench makes trees, starts programs, speaks"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use divan::{AllocProfiler, Bencher};
use dockgen::repo::Repo;
use dockgen::wishes::Wishes;

#[global_allocator]
static MEMORY: AllocProfiler = AllocProfiler::system();

/// Pairs of runs of which the median counts.
const PAIRS: usize = 11;

/// Files of the large tree, without those of node_modules.
const SOURCES: usize = 20_000;

/// Files below node_modules.
const INSTALLED: usize = 50_000;

/// The size of the large manifest, in bytes.
const MANIFEST: u64 = 200_000_000;

fn small() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/go-server")
}

/// 70,000 files, made once: a Go service and a front end of many small sources, and what npm installed for it.
static LARGE: LazyLock<PathBuf> = LazyLock::new(|| {
    made("large", |tree| {
        write(tree, "go.mod", "module example.com/large\n\ngo 1.26\n");
        write(tree, "main.go", "package main\n\nfunc main() {}\n");
        write(tree, ".gitignore", "node_modules/\n");
        write(tree, ".git/HEAD", "ref: refs/heads/main\n");
        for number in 0..SOURCES {
            let (folder, kind) = (number / 100, ["ts", "tsx", "css", "json", "svg"][number % 5]);
            write(tree, &format!("web/src/feature{folder}/part{number}.{kind}"), "export {};\n");
        }
        for number in 0..INSTALLED {
            write(tree, &format!("web/node_modules/package{}/file{number}.js", number / 50), "module.exports = 1;\n");
        }
    })
});

/// A manifest of 200 MB; its bytes are a hole in the file.
static HEAVY: LazyLock<PathBuf> = LazyLock::new(|| {
    made("heavy", |tree| {
        write(tree, "main.go", "package main\n\nfunc main() {}\n");
        fs::File::create(tree.join("go.mod")).unwrap().set_len(MANIFEST).unwrap();
    })
});

/// A tree below the target folder; a mark beside it says that it is whole.
fn made(name: &str, fill: impl Fn(&Path)) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench");
    let (tree, mark) = (place.join(name), place.join(format!("{name}.made")));
    if !mark.exists() {
        let _ = fs::remove_dir_all(&tree);
        fs::create_dir_all(&tree).unwrap();
        fill(&tree);
        fs::write(mark, "").unwrap();
    }
    tree
}

fn write(tree: &Path, path: &str, text: &str) {
    let path = tree.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn dockgen(tree: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dockgen"));
    command.args(["init", "--yes", "--dry-run", "--quiet"]).arg(tree);
    command
}

fn rg(tree: &Path) -> Command {
    let mut command = Command::new("rg");
    command.arg("--files").arg(tree);
    command
}

fn seconds(mut command: Command) -> f64 {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    command.status().unwrap();
    start.elapsed().as_secs_f64()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// The most memory that a process started so far has held, in MiB; asked after smaller trees before larger ones.
fn most_memory() -> String {
    #[cfg(target_os = "linux")]
    if let Ok(usage) = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_CHILDREN) {
        return format!("{:.1} MiB", usage.max_rss() as f64 / 1024.0);
    }
    "not known here".to_owned()
}

/// The whole process and `rg --files` over the same tree, by turns.
fn beside_rg(name: &str, tree: &Path) {
    let has_rg =
        Command::new("rg").arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success());
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        let own = seconds(dockgen(tree));
        ours.push(own);
        if has_rg {
            let walk = seconds(rg(tree));
            theirs.push(walk);
            ratios.push(own / walk);
        }
    }
    let show = |figures| Duration::from_secs_f64(median(figures));
    print!("{name}: dockgen init --dry-run {:.1?}", show(ours));
    match has_rg {
        true => println!(", rg --files {:.1?}, ratio {:.2}", show(theirs), median(ratios)),
        false => println!(" (rg is not installed)"),
    }
}

fn main() {
    if std::env::args().any(|argument| argument == "--bench") {
        let trees =
            [("small repository", small()), ("manifest of 200 MB", HEAVY.clone()), ("70,000 files", LARGE.clone())];
        for (name, tree) in &trees {
            seconds(dockgen(tree));
            println!("{name}: at most {}", most_memory());
        }
        for (name, tree) in &trees {
            beside_rg(name, tree);
        }
    }
    divan::main();
}

fn draft(tree: &Path) -> Result<dockgen::Draft, dockgen::error::Error> {
    dockgen::draft(&Repo::open(tree)?, &Wishes::default())
}

#[divan::bench]
fn draft_of_a_small_repository() {
    draft(&small()).unwrap();
}

#[divan::bench(max_time = 5)]
fn walk_of_70_000_files(bencher: Bencher) {
    let tree = &*LARGE;
    bencher.bench(|| Repo::open(tree).unwrap().files().count());
}

#[divan::bench(max_time = 5)]
fn draft_of_70_000_files(bencher: Bencher) {
    let tree = &*LARGE;
    bencher.bench(|| draft(tree).unwrap());
}

#[divan::bench]
fn refusal_of_a_manifest_of_200_megabytes(bencher: Bencher) {
    let tree = &*HEAVY;
    bencher.bench(|| draft(tree).unwrap_err());
}
