//! Instructions of one request through the whole proxy, counted by callgrind: a number that a busy machine cannot shake.
//!
//! A `viaduct serve` runs under valgrind, in front of a trivial origin in this process, and gets requests one after the
//! other on one connection. Two runs of different length differ only by their requests: the difference of their counts
//! is what those cost, and start and end of the process are in neither. It counts user space alone, so that a system
//! call costs what leads to it; `viaduct bench` has the time that the kernel takes.
//!
//!     cargo bench --bench request                 prints
//!     cargo bench --bench request -- --check      fails where a figure is 5 % above `benches/instructions.json`
//!     cargo bench --bench request -- --write      writes that file anew
//!
//! The figures are of release builds on x86-64; another compiler is another figure, so that one who changes the
//! toolchain writes the file anew in a commit of its own. Without valgrind it says so and passes. Under `cargo test` it
//! sends a few requests without counting.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench is there to say something")]

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

/// Requests of the short run: beyond everything that only happens at first.
const SHORT: u32 = 500;
/// Requests that the long run has more.
const MORE: u32 = 1000;
/// A figure may grow by so much.
const ALLOWED: f64 = 1.05;
/// What waits longer is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// The head that a usual client sends, without its end.
const FIELDS: &str = "host: 127.0.0.1\r\nuser-agent: bench\r\naccept: */*\r\naccept-encoding: identity\r\n";

fn main() -> ExitCode {
    let has = |flag: &str| std::env::args().any(|argument| argument == flag);
    // Cargo says `--bench` to benches, and not when it tests them.
    let done = if has("--bench") { measure(has("--check"), has("--write")) } else { smoke() };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("request: {e}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all is well.
fn measure(is_check: bool, is_write: bool) -> io::Result<bool> {
    if Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("valgrind is not installed: nothing was counted");
        return Ok(true);
    }
    let body = vec![b'x'; 2048];
    let post = format!("POST /sink HTTP/1.1\r\n{FIELDS}content-type: application/json\r\ncontent-length: 2048\r\n\r\n");
    let get = format!("GET /small HTTP/1.1\r\n{FIELDS}\r\n").into_bytes();
    let post = [post.into_bytes(), body].concat();
    let start = count(&get, SHORT, &[])?;
    let mut figures = BTreeMap::new();
    for (name, request) in [("get", &get), ("post_2k", &post)] {
        // The same beginning, then more of these.
        let long = count(&get, SHORT, &vec![request.as_slice(); MORE as usize])?;
        figures.insert(name.to_owned(), long.saturating_sub(start) / u64::from(MORE));
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/instructions.json");
    let known: BTreeMap<String, u64> = match std::fs::read_to_string(&file) {
        Ok(text) => serde_json::from_str(&text)?,
        Err(_) => BTreeMap::new(),
    };
    let mut is_well = true;
    for (name, figure) in &figures {
        let Some(before) = known.get(name) else {
            println!("{name}: {figure} instructions per request");
            continue;
        };
        let ratio = ratio(*figure, *before);
        let is_more = ratio > ALLOWED;
        is_well &= !(is_check && is_more);
        let verdict = if is_more { ", TOO MUCH" } else { "" };
        println!(
            "{name}: {figure} instructions per request, {ratio:.3} of the {before} in {}{verdict}",
            name_of(&file)
        );
    }
    if is_write {
        std::fs::write(&file, serde_json::to_string_pretty(&figures)? + "\n")?;
    }
    Ok(is_well)
}

/// A few requests, so that this file does not rot.
fn smoke() -> io::Result<bool> {
    let mut viaduct = Viaduct::start(&mut Command::new(env!("CARGO_BIN_EXE_viaduct")))?;
    let get = format!("GET /small HTTP/1.1\r\n{FIELDS}\r\n");
    viaduct.ask(get.as_bytes())?;
    viaduct.ask(get.as_bytes())?;
    viaduct.end()?;
    Ok(true)
}

/// Instructions of a whole process that serves so many times `first`, then these.
fn count(first: &[u8], times: u32, then: &[&[u8]]) -> io::Result<u64> {
    let out = std::env::temp_dir().join(format!("viaduct-callgrind-{}", std::process::id()));
    let mut valgrind = Command::new("valgrind");
    valgrind.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", out.display()));
    let mut viaduct = Viaduct::start(valgrind.arg(env!("CARGO_BIN_EXE_viaduct")))?;
    for _ in 0..times {
        viaduct.ask(first)?;
    }
    for request in then {
        viaduct.ask(request)?;
    }
    let said = viaduct.end()?;
    // It is the count that matters, not where it was spent.
    let _ = std::fs::remove_file(out);
    let collected = said.lines().find_map(|line| line.split("Collected :").nth(1));
    let count = collected.and_then(|count| count.trim().parse().ok());
    count.ok_or_else(|| io::Error::other(format!("callgrind said no count: {said}")))
}

/// A `viaduct serve`, its origin, and one connection to it.
struct Viaduct {
    process: Child,
    said: Option<std::thread::JoinHandle<String>>,
    connection: TcpStream,
}

impl Viaduct {
    fn start(command: &mut Command) -> io::Result<Self> {
        let origin = origin()?;
        command.args(["serve", "--listen", "127.0.0.1:0", "--admin", "off", "--workers", "1", "--drain", "5s"]);
        command.arg("--to").arg(format!("http://{origin}"));
        command.env("VIADUCT_LOG", "info,access=off");
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(process.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?);
        let address = loop {
            let mut line = String::new();
            if lines.read_line(&mut line)? == 0 {
                return Err(io::Error::other("viaduct did not start"));
            }
            if let Some(address) = listening(&line) {
                break address;
            }
        };
        let said = std::thread::spawn(move || {
            let mut said = String::new();
            // What is lost shows as a missing count.
            let _ = lines.read_to_string(&mut said);
            said
        });
        let connection = TcpStream::connect(address)?;
        connection.set_nodelay(true)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { process, said: Some(said), connection })
    }

    /// One exchange; its answer must be a 200 with a length.
    fn ask(&mut self, request: &[u8]) -> io::Result<()> {
        self.connection.write_all(request)?;
        let mut answer = Vec::new();
        let mut piece = [0; 4096];
        loop {
            let length = self.connection.read(&mut piece)?;
            answer.extend_from_slice(&piece[..length]);
            let text = String::from_utf8_lossy(&answer);
            if length == 0 || !text.starts_with("HTTP/1.1 200 ") {
                return Err(io::Error::other(format!("answered {text:?}")));
            }
            if let Some((_, body)) = text.split_once("\r\n\r\n").filter(|(_, body)| body.len() >= BODY.len()) {
                return if body == BODY { Ok(()) } else { Err(io::Error::other("another answer")) };
            }
        }
    }

    /// Ends it cleanly; what it said.
    fn end(mut self) -> io::Result<String> {
        let pid = self.process.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status()?;
        self.process.wait()?;
        let said = self.said.take().and_then(|said| said.join().ok());
        Ok(said.unwrap_or_default())
    }
}

impl Drop for Viaduct {
    fn drop(&mut self) {
        // Ended already, unless something failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const BODY: &str = r#"{"object":"list","data":[{"id":"model","created":1764000000,"object":"model"}]}"#;

/// Answers every request with the same small JSON, as long as it runs.
fn origin() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream));
        }
    });
    Ok(address)
}

fn serve(mut stream: TcpStream) -> io::Result<()> {
    let answer = format!(
        "HTTP/1.1 200 OK\r\ndate: Tue, 24 Nov 2026 12:00:00 GMT\r\nserver: origin\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    stream.set_nodelay(true)?;
    let mut read = Vec::new();
    let mut piece = [0; 8192];
    loop {
        let count = stream.read(&mut piece)?;
        if count == 0 {
            return Ok(());
        }
        read.extend_from_slice(&piece[..count]);
        while let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&read[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let whole = end + 4 + length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
            if read.len() < whole {
                break;
            }
            read.drain(..whole);
            stream.write_all(answer.as_bytes())?;
        }
    }
}

/// The address of a `listening` line.
fn listening(line: &str) -> Option<SocketAddr> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    (line["message"] == "listening").then(|| line["address"].as_str()?.parse().ok()).flatten()
}

fn ratio(a: u64, b: u64) -> f64 {
    // Counts of a request fit many times over.
    f64::from(u32::try_from(a).unwrap_or(u32::MAX)) / f64::from(u32::try_from(b).unwrap_or(u32::MAX).max(1))
}

fn name_of(file: &Path) -> String {
    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
