//! A container from its start to its end.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::case::Case;
use crate::docker::{docker, last_lines, run};

/// The user that every image names.
const USER: &str = "1001";
/// How long a program may take until it answers or has printed.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long `docker stop` may take; the engine kills after ten seconds.
const STOPS_WITHIN: Duration = Duration::from_secs(2);
const KILLED: &str = "137";

/// A container that is removed when it is dropped.
pub struct Container<'a> {
    name: String,
    case: &'a Case,
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        let _ = docker(["rm", "--force", "--volumes", &self.name]);
    }
}

impl<'a> Container<'a> {
    /// Starts the image as it is; `options` are for `docker run`.
    pub fn start(image: &str, case: &'a Case, options: &[&str]) -> Result<Self, String> {
        let container = Container { name: image.to_owned(), case };
        let mut command = Command::new("docker");
        command.args(["run", "--detach", "--name", &container.name]).args(options);
        if let Some(port) = case.port {
            command.arg("--publish").arg(format!("127.0.0.1::{port}"));
        }
        for (name, value) in &case.env {
            command.arg("--env").arg(format!("{name}={value}"));
        }
        run(command.arg(image))?;
        Ok(container)
    }

    /// Waits until the program has answered or printed as it should.
    pub fn wait(&self) -> Result<(), String> {
        let began = Instant::now();
        loop {
            let running = self.is_running()?;
            let Err(why) = self.look(running) else { return Ok(()) };
            if !running || began.elapsed() > PATIENCE {
                let state = if running { "runs".to_owned() } else { format!("ended with exit {}", self.exit_code()?) };
                return Err(format!("{why}; the program {state} and printed:\n{}", last_lines(&self.log()?)));
            }
            sleep(Duration::from_millis(200));
        }
    }

    fn look(&self, running: bool) -> Result<(), String> {
        match (self.case.port, &self.case.output) {
            (Some(port), _) => self.answers(port),
            (None, Some(output)) if !self.log()?.contains(output) => Err(format!("it did not print `{output}`")),
            _ if !running && self.exit_code()? != "0" => Err("it printed what it should, then failed".to_owned()),
            _ => Ok(()),
        }
    }

    fn answers(&self, port: u16) -> Result<(), String> {
        let address = docker(["port", &self.name, &format!("{port}/tcp")])?;
        let answer = get(address.lines().next().unwrap_or_default(), &self.case.path)
            .map_err(|error| format!("no answer on port {port} ({error})"))?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.lines().next().unwrap_or_default();
        if status.split(' ').nth(1) != Some("200") {
            return Err(format!("`{}` answers `{status}`", self.case.path));
        }
        if !body.contains(&self.case.expect) {
            return Err(format!("`{}` answers without `{}`:\n{}", self.case.path, self.case.expect, last_lines(body)));
        }
        Ok(())
    }

    /// Whether the first process belongs to the user 1001, as the kernel says where it can be asked.
    pub fn check_user(&self) -> Result<(), String> {
        let user = docker(["inspect", "--format", "{{.Config.User}}", &self.name])?;
        if user.split(':').next() != Some(USER) {
            return Err(format!("the image's user is `{user}`, not {USER}"));
        }
        match self.user_of_first_process()? {
            Some(uid) if uid != USER => Err(format!("the first process runs as {uid}, not as {USER}")),
            _ => Ok(()),
        }
    }

    /// None where the program has ended.
    fn user_of_first_process(&self) -> Result<Option<String>, String> {
        let pid = docker(["inspect", "--format", "{{.State.Pid}}", &self.name])?;
        if pid == "0" {
            return Ok(None);
        }
        if let Ok(status) = std::fs::read_to_string(format!("/proc/{pid}/status")) {
            let line = status.lines().find_map(|line| line.strip_prefix("Uid:"));
            return Ok(line.and_then(|ids| ids.split_whitespace().next()).map(str::to_owned));
        }
        let table = docker(["top", &self.name, "-o", "pid,uid"])?; // an engine in a virtual machine
        Ok(table.lines().nth(1).and_then(|row| row.split_whitespace().nth(1)).map(str::to_owned))
    }

    /// How long the program takes to end when it is asked to; None where it has ended by itself.
    pub fn stop(&self) -> Result<Option<Duration>, String> {
        if !self.is_running()? {
            return Ok(None);
        }
        let began = Instant::now();
        docker(["stop", "-t", "10", &self.name])?;
        let took = began.elapsed();
        if self.exit_code()? == KILLED {
            return Err("it does not end on its stop signal and is killed".to_owned());
        }
        if took > STOPS_WITHIN {
            return Err(format!("it takes {:.1} s to end on its stop signal", took.as_secs_f64()));
        }
        Ok(Some(took))
    }

    fn is_running(&self) -> Result<bool, String> {
        docker(["inspect", "--format", "{{.State.Running}}", &self.name]).map(|answer| answer == "true")
    }

    fn exit_code(&self) -> Result<String, String> {
        docker(["inspect", "--format", "{{.State.ExitCode}}", &self.name])
    }

    fn log(&self) -> Result<String, String> {
        let done = run(Command::new("docker").args(["logs", &self.name]))?;
        Ok(format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr)))
    }
}

/// The whole answer, head and body; HTTP/1.0, so that its end is the connection's end.
fn get(address: &str, path: &str) -> std::io::Result<String> {
    let limit = Some(Duration::from_secs(10));
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(limit)?;
    stream.set_write_timeout(limit)?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
