//! The viaduct under test: a `viaduct serve` of this very program, in a process of its own so that its CPU time and
//! memory can be told from the load's.

use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use super::child::Child;

/// Starts it; where it listens. `arguments` name its upstreams.
pub(super) fn start(program: &Path, workers: usize, arguments: &[String]) -> io::Result<(Child, SocketAddr)> {
    let mut command = Command::new(program);
    command.args(["serve", "--listen", "127.0.0.1:0", "--admin", "off", "--drain", "100ms"]);
    command.args(["--workers", &workers.to_string()]).args(arguments);
    // What the user has set for the viaduct in production is not for this one.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("VIADUCT_") {
            command.env_remove(name);
        }
    }
    // No access log, as the peers have none.
    command.env("VIADUCT_LOG", "info,access=off");
    let mut child = Child::start(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()))?;
    let Some(stderr) = child.stderr() else { return Err(io::Error::other("no standard error")) };
    let mut said = String::new();
    let mut lines = BufReader::new(stderr);
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Err(io::Error::other(format!("viaduct did not start: {}", said.trim())));
        }
        if let Some(address) = listening(&line) {
            // Its further words must not fill the pipe; the thread ends with it.
            std::thread::spawn(move || lines.lines().for_each(drop));
            return Ok((child, address));
        }
        said.push_str(&line);
    }
}

/// The address of a `listening` line.
fn listening(line: &str) -> Option<SocketAddr> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    (line["message"] == "listening").then(|| line["address"].as_str()?.parse().ok()).flatten()
}
