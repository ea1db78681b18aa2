//! Other proxies of this machine, started with configurations as fair as we can make them (`config`).
//!
//! Ports are taken free ones; files live in a folder that ends with the peer.

mod config;

use std::fmt;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::time::Duration;

use super::child::Child;

pub(super) use self::config::Behind;

/// A proxy to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// nginx.
    Nginx,
    /// `HAProxy`.
    Haproxy,
}

/// A running peer.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) address: SocketAddr,
    pub(super) version: String,
    // Ended before its folder goes.
    _child: Child,
    _folder: Folder,
}

/// A folder that is removed in the end.
#[derive(Debug)]
struct Folder(PathBuf);

/// A peer is up when it accepts, within this time.
const PATIENCE: Duration = Duration::from_secs(5);
const STEP: Duration = Duration::from_millis(20);

// === impl Peer ===

impl Peer {
    /// As the user writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Haproxy => "haproxy",
        }
    }

    /// Its program in PATH, or where systems keep those of administrators.
    pub(super) fn program(self) -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
        folders.map(|folder| folder.join(self.name())).find(|program| program.is_file())
    }

    /// Starts it.
    pub(super) fn start(self, behind: &Behind, workers: usize) -> io::Result<Running> {
        let missing = || io::Error::new(io::ErrorKind::NotFound, format!("{self} is not installed"));
        let program = self.program().ok_or_else(missing)?;
        let folder = Folder::new(self.name())?;
        // Free now, and taken in a moment by nobody else, most likely.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let file = folder.0.join("config");
        let mut command = Command::new(&program);
        match self {
            Self::Nginx => {
                fs::write(&file, config::nginx(address, behind, workers, &folder.0))?;
                command.arg("-e").arg(folder.0.join("error.log")).arg("-p").arg(&folder.0).arg("-c").arg(&file);
            }
            Self::Haproxy => {
                fs::write(&file, config::haproxy(address, behind, workers))?;
                command.arg("-db").arg("-f").arg(&file);
            }
        }
        let log = fs::File::create(folder.0.join("output"))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let mut child = Child::start(&mut command)?;
        let mut waited = Duration::ZERO;
        while TcpStream::connect(address).is_err() {
            if child.has_ended() || waited > PATIENCE {
                let said = fs::read_to_string(folder.0.join("output")).unwrap_or_default();
                return Err(io::Error::other(format!("{self} did not start: {}", said.trim())));
            }
            std::thread::sleep(STEP);
            waited += STEP;
        }
        Ok(Running { address, version: version(self, &program), _child: child, _folder: folder })
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Peer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "nginx" => Ok(Self::Nginx),
            "haproxy" => Ok(Self::Haproxy),
            _ => Err(format!("no peer `{text}`; there are nginx, haproxy")),
        }
    }
}

/// What the program says of itself.
fn version(peer: Peer, program: &Path) -> String {
    let output = Command::new(program).arg("-v").stdin(Stdio::null()).output();
    let text = output.map(|output| [output.stdout, output.stderr].concat()).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().next().unwrap_or_default();
    let is_number = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
    line.split([' ', '/']).find(is_number).map_or_else(|| peer.name().to_owned(), str::to_owned)
}

// === impl Folder ===

impl Folder {
    fn new(name: &str) -> io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("viaduct-bench-{name}-{:08x}", fastrand::u32(..)));
        fs::create_dir(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed stays in the system's folder for such things.
        let _ = fs::remove_dir_all(&self.0);
    }
}
