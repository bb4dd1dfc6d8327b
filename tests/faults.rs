//! Every system call of a run that writes fails once, or the process is killed at it, alone and in pairs: the files are old or
//! new, never between, what was said is true, and the next run is clean. Needs strace; takes some minutes:
//! `cargo test --test faults`.

#![cfg(target_os = "linux")]
#![expect(clippy::disallowed_methods, reason = "a test that makes trees, and starts strace and the binary")]

mod support;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use support::Tree;

/// Calls that change something on the disk.
const CHANGES: [&str; 14] = [
    "write",
    "fsync",
    "fdatasync",
    "flock",
    "mkdir",
    "mkdirat",
    "rmdir",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "fchmod",
];

/// Calls that only look.
const LOOKS: [&str; 9] = ["openat", "read", "close", "statx", "fstat", "newfstatat", "readlink", "getdents64", "lseek"];

/// Folders and files with modes and contents, but for dockgen's own folder; and whether something of dockgen's own lies
/// about.
type State = (BTreeMap<PathBuf, (u32, Vec<u8>)>, bool);

fn state(root: &Path) -> State {
    fn look(root: &Path, folder: &Path, state: &mut State) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let about = path.symlink_metadata().unwrap();
            if path.file_name().unwrap().to_string_lossy().starts_with(".dockgen") {
                state.1 = true;
                continue;
            }
            let bytes = if about.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
            state.0.insert(path.strip_prefix(root).unwrap().to_owned(), (about.permissions().mode(), bytes));
            if about.is_dir() {
                look(root, &path, state);
            }
        }
    }
    let mut found = State::default();
    look(root, root, &mut found);
    found
}

fn copy(state: &State) -> Tree {
    let tree = Tree::new(&[]);
    for (path, (mode, bytes)) in &state.0 {
        let place = tree.path().join(path);
        if mode & 0o170_000 == 0o040_000 {
            fs::create_dir(&place).unwrap();
        } else {
            fs::write(&place, bytes).unwrap();
        }
        fs::set_permissions(&place, fs::Permissions::from_mode(mode & 0o7777)).unwrap();
    }
    tree
}

/// A run that writes, and what it makes of what.
struct Scenario {
    name: &'static str,
    arguments: Vec<&'static str>,
    before: State,
    after: State,
    /// Its system calls since it began to work: names, each with its count among those of its name since the start.
    calls: Vec<(String, usize)>,
    /// The first call that changes something.
    begins: usize,
}

impl Scenario {
    fn new(name: &'static str, tree: &Tree, arguments: &[&'static str]) -> Self {
        let before = state(tree.path());
        let (calls, begins) = traced(&copy(&before), arguments, &[]);
        let done = tree.run(arguments);
        assert_eq!(done.code, 0, "{name}: {}", done.err);
        let after = state(tree.path());
        assert!(before.0 != after.0 && !after.1, "{name} writes, and leaves nothing");
        // What holds here holds wherever the files are these: it need not be tried after each fault.
        for arguments in [arguments, &["update"], &["check"]] {
            let again = tree.run(arguments);
            assert_eq!((again.code, state(tree.path())), (0, after.clone()), "{name}: {}{}", again.out, again.err);
        }
        Scenario { name, arguments: arguments.to_vec(), before, after, calls, begins }
    }

    /// One fault at each call: errors, and the end of the process.
    fn singles(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (index, (name, count)) in self.calls.iter().enumerate() {
            let does: &[&str] = match name.as_str() {
                "openat" => &["error=ENOSPC", "error=EIO", "error=EACCES"],
                name if CHANGES.contains(&name) => &["error=ENOSPC", "error=EIO", "error=EACCES"],
                _ => &["error=EIO"],
            };
            faults.extend(does.iter().map(|does| Fault::new(name, *count, does)));
            // Before anything is written, the end of the process is the same everywhere.
            if index >= self.begins || index % 10 == 0 {
                faults.push(Fault::new(name, *count, "signal=KILL"));
            }
            if index >= self.begins && CHANGES.contains(&name.as_str()) {
                faults.extend(["signal=INT", "signal=TERM"].map(|does| Fault::new(name, *count, does)));
            }
        }
        faults
    }

    /// A second fault at the calls that follow a first one, which are those of taking back.
    fn pairs(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let first = self.calls.iter().skip(self.begins).filter(|(name, _)| {
            ["rename", "renameat", "renameat2", "unlink", "link", "linkat"].contains(&name.as_str())
        });
        for (name, count) in first {
            let fault = Fault::new(name, *count, "error=ENOSPC");
            let (calls, _) = traced(&copy(&self.before), &self.arguments, &fault.injections);
            let failed = calls.iter().position(|call| (&call.0, call.1) == (name, *count)).unwrap();
            for (index, (name, count)) in calls.iter().enumerate().skip(failed + 1) {
                let does = ["error=EIO", "signal=KILL"];
                let mutates = CHANGES.contains(&name.as_str()) && name != "write";
                for does in does.into_iter().filter(|_| mutates || index % 4 == 0) {
                    faults.push(fault.and(name, *count, does));
                }
            }
            faults.push(Fault { injections: vec![format!("{}:error=ENOSPC:when={count}+", CHANGES.join(","))] });
        }
        faults
    }

    fn check(&self, fault: &Fault) {
        let tree = copy(&self.before);
        let done = strace(&tree, &fault.injections, None, &self.arguments).output().unwrap();
        let err = String::from_utf8_lossy(&done.stderr).into_owned();
        let now = state(tree.path());
        let told = format!("{} with {fault:?}: {:?}\n{err}", self.name, done.status);
        let is_open = match (done.status.code(), done.status.signal()) {
            // A part that could not be read is named; only a first run goes on without it.
            (Some(0), _) if err.contains("not looked at") => return assert_ne!(self.name, "update", "{told}"),
            (Some(0), _) => {
                assert_eq!(now.0, self.after.0, "{told}");
                false
            }
            (Some(1 | 2), _) => {
                let is_said = err.lines().any(|line| line.starts_with("error: ")) && !err.contains(".new");
                assert!(is_said || fault.is_of("write"), "{told}");
                let is_open = err.contains("failed too");
                assert!(is_open || now.0 == self.before.0, "{told}");
                is_open
            }
            // The standard library gives up where a folder cannot be closed.
            (Some(101), _) | (_, Some(6)) if err.contains("closedir") => true,
            (_, Some(2 | 9 | 15)) => true,
            _ => panic!("{told}"),
        };
        if is_open || now.1 {
            let next = tree.run(&["config", "unset", "uid"]);
            let ended = state(tree.path());
            assert_eq!(next.code, 0, "{told}{}", next.err);
            assert!(ended == self.before || ended == self.after, "between: {told}{}", next.err);
            assert!(is_open || ended.0 == now.0, "{told}{}", next.err);
        }
    }
}

/// What goes wrong, in the words of strace.
#[derive(Debug, Clone)]
struct Fault {
    injections: Vec<String>,
}

impl Fault {
    fn new(name: &str, count: usize, does: &str) -> Self {
        Fault { injections: vec![format!("{name}:{does}:when={count}")] }
    }

    fn is_of(&self, name: &str) -> bool {
        self.injections.iter().any(|injection| injection.starts_with(name))
    }

    /// The same and a second one.
    fn and(&self, name: &str, count: usize, does: &str) -> Self {
        let mut injections = self.injections.clone();
        injections.push(format!("{name}:{does}:when={count}"));
        Fault { injections }
    }
}

/// The binary under strace.
fn strace(tree: &Tree, injections: &[String], log: Option<&Path>, arguments: &[&str]) -> Command {
    let mut command = Command::new("strace");
    command.args(["-f", "--seccomp-bpf", "-qq", "-o"]).arg(log.unwrap_or(Path::new("/dev/null")));
    let faulty = injections.iter().filter_map(|injection| injection.split(':').next());
    let mut names: Vec<&str> = faulty.collect();
    if log.is_some() {
        names.extend(["sigaltstack"].iter().chain(&CHANGES).chain(&LOOKS));
    }
    command.args(["-e", &format!("trace={}", names.join(","))]);
    for injection in injections {
        command.args(["-e", &format!("inject={injection}")]);
    }
    command.arg(env!("CARGO_BIN_EXE_dockgen")).args(arguments);
    command.current_dir(tree.path()).stdin(Stdio::null()).env_remove("CI");
    command
}

/// The calls of a run since `main` began, and the number among them of the first that changes something.
fn traced(tree: &Tree, arguments: &[&str], injections: &[String]) -> (Vec<(String, usize)>, usize) {
    let log = tempfile::NamedTempFile::new().unwrap();
    let done = strace(tree, injections, Some(log.path()), arguments).output().expect("strace is needed");
    assert!(done.status.code().is_some(), "{}", String::from_utf8_lossy(&done.stderr));
    let (mut counts, mut calls, mut has_begun) = (HashMap::new(), Vec::new(), false);
    for line in fs::read_to_string(log.path()).unwrap().lines() {
        let Some((name, _)) = line.split_whitespace().nth(1).and_then(|call| call.split_once('(')) else { continue };
        let count: &mut usize = counts.entry(name.to_owned()).or_default();
        *count += 1;
        if name == "sigaltstack" {
            has_begun = true;
        } else if has_begun {
            calls.push((name.to_owned(), *count));
        }
    }
    let begins = calls.iter().position(|(name, _)| name.starts_with("mkdir")).expect("it writes");
    (calls, begins)
}

/// Checks all, on all processors; panics with what was found.
fn all(scenario: &Scenario, faults: &[Fault]) {
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, Into::into) {
            scope.spawn(|| {
                while let Some(fault) = faults.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| scenario.check(fault)));
                    if result.is_err() {
                        found.lock().unwrap().push(fault);
                    }
                }
            });
        }
    });
    let found = found.into_inner().unwrap();

    assert!(found.is_empty(), "{}: {} of {} faults: {found:?}", scenario.name, found.len(), faults.len());
}

fn scenarios() -> [Scenario; 3] {
    let fresh = Tree::fixture("go-server");
    let force = Tree::fixture("go-server");
    force.write("Dockerfile", b"FROM scratch\n");
    force.write(".dockerignore", b"*\n");
    let edited = Tree::fixture("go-server");
    assert_eq!(edited.run(&["init", "--yes", "--name", "service"]).code, 0);
    edited.write("go.mod", edited.read("go.mod").replace("module ", "module example.com/").as_bytes());
    edited.write("Dockerfile", format!("{}# mine\n", edited.read("Dockerfile")).as_bytes());
    fs::set_permissions(edited.path().join("Dockerfile"), fs::Permissions::from_mode(0o664)).unwrap();
    [
        Scenario::new("init", &fresh, &["init", "--yes", "--port", "9099"]),
        Scenario::new("init --force", &force, &["init", "--yes", "--force"]),
        Scenario::new("update", &edited, &["update", "--port", "9099", "--runtime", "alpine", "--name", "other"]),
    ]
}

#[test]
fn every_fault_leaves_all_old_or_all_new() {
    for scenario in scenarios() {
        all(&scenario, &scenario.singles());
    }
}

#[test]
fn a_fault_while_taking_back_is_mended_by_the_next_run() {
    for scenario in scenarios() {
        all(&scenario, &scenario.pairs());
    }
}
