//! The interactive session in a pseudo-terminal, judged by what a person sees.

#![expect(clippy::disallowed_methods, reason = "a test waits, with a limit")]

mod support;

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use support::Tree;

struct Session {
    screen: std::sync::mpsc::Receiver<Vec<u8>>,
    parser: vt100::Parser,
    keys: Box<dyn Write + Send>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    _master: Box<dyn portable_pty::MasterPty + Send>,
}

impl Session {
    fn start(tree: &Tree, arguments: &[&str]) -> Self {
        Self::start_on("xterm-256color", (60, 120), tree, arguments)
    }

    fn start_on(terminal: &str, (rows, cols): (u16, u16), tree: &Tree, arguments: &[&str]) -> Self {
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_dockgen"));
        command.args(arguments);
        command.cwd(tree.path());
        command.env("TERM", terminal);
        command.env_remove("CI");
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, screen) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                let _ = sender.send(buffer[..length].to_vec());
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Session {
            screen,
            parser: vt100::Parser::new(rows.try_into().unwrap(), cols.try_into().unwrap(), 0),
            keys,
            child,
            _master: pair.master,
        }
    }

    /// Waits until the screen shows this.
    fn sees(&mut self, text: &str) -> &mut Self {
        let end = Instant::now() + Duration::from_secs(20);
        while !self.parser.screen().contents().contains(text) {
            assert!(Instant::now() < end, "no {text:?} on\n{}", self.parser.screen().contents());
            if let Ok(bytes) = self.screen.recv_timeout(Duration::from_millis(100)) {
                self.parser.process(&bytes);
            }
        }
        self
    }

    fn types(&mut self, keys: &str) -> &mut Self {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self
    }

    fn ends(&mut self) -> u32 {
        let code = self.child.wait().unwrap().exit_code();
        while let Ok(bytes) = self.screen.recv_timeout(Duration::from_millis(200)) {
            self.parser.process(&bytes);
        }
        assert!(!self.parser.screen().hide_cursor(), "the cursor is back");
        code
    }
}

#[test]
fn a_clear_repository_is_asked_about_once() {
    let tree = Tree::fixture("go-server");
    let mut session = Session::start(&tree, &["init"]);
    session.sees("Write these 4 files?").types("\r");
    assert_eq!(session.ends(), 0);
    assert!(tree.has("Dockerfile"));
}

#[test]
fn a_tie_is_a_question_and_the_answer_counts() {
    let main = "package main\n\nfunc main() {}\n";
    let tree = Tree::new(&[("go.mod", "module x\n"), ("cmd/alpha/main.go", main), ("cmd/beta/main.go", main)]);
    let mut session = Session::start(&tree, &["init"]);
    session.sees("Which program is the service?").types("\x1b[B\r");
    session.sees("dockgen.toml").sees("Write these 5 files?").types("y\r");
    assert_eq!(session.ends(), 0);
    assert!(tree.read("Dockerfile").contains("./cmd/beta"));
}

#[test]
fn an_answer_is_kept_also_where_it_is_the_first_choice() {
    let main = "package main\n\nfunc main() {}\n";
    let tree = Tree::new(&[("go.mod", "module x\n"), ("cmd/alpha/main.go", main), ("cmd/beta/main.go", main)]);
    let mut session = Session::start(&tree, &["init"]);
    session.sees("Which program is the service?").types("\r");
    session.sees("Write these 5 files?").types("y\r");
    assert_eq!(session.ends(), 0);
    assert!(tree.read("dockgen.toml").contains("entry = \"./cmd/alpha\""));
}

#[test]
fn ctrl_c_leaves_nothing_behind() {
    let tree = Tree::fixture("go-server");
    let before = tree.everything();
    let mut session = Session::start(&tree, &["init"]);
    session.sees("Write these 4 files?").types("\x03");
    assert_eq!(session.ends(), 130);
    assert_eq!(tree.everything(), before);
}

#[test]
fn no_is_respected() {
    let tree = Tree::fixture("go-server");
    let mut session = Session::start(&tree, &["init"]);
    session.sees("Write these 4 files?").types("n\r");
    assert_eq!(session.ends(), 1);
    assert!(!tree.has("Dockerfile"));
}

#[test]
fn what_changed_while_a_person_thought_is_not_overwritten() {
    let tree = Tree::fixture("go-server");
    let mut session = Session::start(&tree, &["init"]);
    session.sees("Write these 4 files?");
    // Nobody waits for the person.
    assert_eq!(tree.run(&["config", "set", "port", "9001"]).code, 0);
    let before = tree.everything();
    session.types("y\r").sees("the repository changed while you were asked; nothing was written");
    assert_eq!(session.ends(), 1);
    assert_eq!(tree.everything(), before);
    let mut session = Session::start(&tree, &["init"]);
    session.sees("Write these 4 files?").types("y\r");
    assert_eq!(session.ends(), 0);
    assert!(tree.read("Dockerfile").contains("EXPOSE 9001"));
}

#[test]
fn nothing_is_written_without_a_question_however_it_is_called() {
    for arguments in [&["."][..], &["--lang", "go"], &["init", "--json"], &["init", "--quiet"]] {
        let tree = Tree::fixture("go-server");
        let before = tree.everything();
        let mut session = Session::start(&tree, arguments);
        session.sees("dockgen.lock").sees("Write these");
        assert_eq!(tree.everything(), before, "{arguments:?}");
        session.types("n\r");
        assert_eq!(session.ends(), 1, "{arguments:?}");
        assert_eq!(tree.everything(), before, "{arguments:?}");
    }
}

#[test]
fn yes_asks_nothing() {
    for arguments in [&["--yes", "."][..], &["--yes", "--lang", "go"], &["init", "--json", "-y"]] {
        let tree = Tree::fixture("go-server");
        assert_eq!(Session::start(&tree, arguments).ends(), 0, "{arguments:?}");
        assert!(tree.has("Dockerfile"), "{arguments:?}");
    }
}

#[test]
fn a_terminal_that_cannot_ask_is_told_so_and_nothing_is_written() {
    let tree = Tree::fixture("go-server");
    let before = tree.everything();
    let mut session = Session::start_on("dumb", (60, 120), &tree, &["init"]);
    session.sees("cannot show the question").sees("--yes");
    assert_eq!(session.ends(), 2);
    assert_eq!(tree.everything(), before);
    assert_eq!(Session::start_on("dumb", (60, 120), &tree, &["init", "--yes"]).ends(), 0);
    assert!(tree.has("Dockerfile"));
}

#[test]
fn an_update_shows_what_it_would_do_and_asks() {
    let tree = Tree::fixture("go-server");
    assert_eq!(tree.run(&["init", "--yes"]).code, 0);
    let mut idle = Session::start(&tree, &["update"]);
    assert_eq!(idle.ends(), 0, "there is nothing to ask about");
    tree.write("main.go", tree.read("main.go").replace(":8080", ":9090").as_bytes());
    let before = tree.everything();
    let mut session = Session::start(&tree, &["update"]);
    session.sees("port: 8080 gave way to 9090").sees("Dockerfile").sees("Write these 2 files?").types("n\r");
    assert_eq!(session.ends(), 1);
    assert_eq!(tree.everything(), before);
    let mut session = Session::start(&tree, &["update"]);
    session.sees("Write these 2 files?").types("y\r");
    assert_eq!(session.ends(), 0);
    assert!(tree.read("Dockerfile").contains("EXPOSE 9090"));
}

#[test]
fn warnings_stand_before_the_last_question() {
    let tree = Tree::fixture("python-end-of-life");
    let warned = tree.run(&["init", "--dry-run"]);
    let warning = warned.err.lines().find(|line| line.starts_with("warning: ")).expect(&warned.err).to_owned();
    let mut session = Session::start(&tree, &["init"]);
    session.sees("Write these");
    let screen = session.parser.screen().contents();
    let at = |text: &str| screen.find(text).unwrap_or_else(|| panic!("no {text} on\n{screen}"));
    assert!(at(&warning[..40.min(warning.len())]) < at("Write these"));
    session.types("n\r");
    assert_eq!(session.ends(), 1);
}

#[test]
fn the_difference_is_shown_and_an_answer_given_anew() {
    let tree = Tree::fixture("go-server");
    let mut session = Session::start(&tree, &["init"]);
    session.sees("Write these 4 files?").types("diff\r").sees("+          sbom: true").sees("Write these 4 files?");
    session.types("change\r").sees("Which answer?").types("port\r").sees("On which port does it listen?");
    session.types("something\r").sees("something else").types("99999\r").sees("a port is a number from 1 to 65535");
    session.types("\x7f\x7f\x7f\x7f\x7f7000\r").sees("Write these 5 files?").types("yes\r");
    assert_eq!(session.ends(), 0);
    assert!(tree.read("Dockerfile").contains("EXPOSE 7000"));
    assert!(tree.read("dockgen.toml").contains("port = 7000"));
}

#[test]
fn an_answer_from_which_nothing_follows_is_said_and_the_old_one_holds() {
    let tree = Tree::fixture("go-server");
    let mut session = Session::start(&tree, &["init"]);
    session.sees("Write these").types("change\r").sees("Which answer?").types("toolchain\r").sees("Which version?");
    session.types("something\r").sees("something else").types("0.1\r").sees("error:").sees("Write these 4 files?");
    session.types("yes\r");
    assert_eq!(session.ends(), 0);
}

#[test]
fn what_is_there_already_is_asked_about_first() {
    let own = "FROM alpine:3.22\nCMD [\"true\"]\n";
    for (keys, starts, code) in [("keep\r", own, 1), ("adopt\r", own, 0), ("replace\r", "# syntax", 0)] {
        let tree = Tree::fixture("go-server");
        tree.write("Dockerfile", own.as_bytes());
        let mut session = Session::start(&tree, &["init"]);
        session.sees("`Dockerfile` is there already, and not dockgen's").types("diff\r").sees("+USER 1001").types(keys);
        if code == 0 {
            session.sees("Write these").types("yes\r");
        }
        assert_eq!(session.ends(), code, "{keys}");
        assert!(tree.read("Dockerfile").starts_with(starts), "{keys}");
        assert_eq!(tree.has("dockgen.lock"), keys != "keep\r", "{keys}");
    }
}

#[test]
fn what_was_decided_is_still_on_a_small_screen_when_it_counts() {
    for (size, seen) in [((24, 80), "runtime: distroless"), ((24, 40), "Write these 4 files?")] {
        let tree = Tree::fixture("go-server");
        let mut session = Session::start_on("xterm-256color", size, &tree, &["init"]);
        session.sees("Write these 4 files?").sees(seen).types("yes\r");
        assert_eq!(session.ends(), 0);
    }
}
