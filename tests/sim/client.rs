//! A client that hides nothing: it writes bytes and reads bytes.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use viaduct::sim::{ollama, via};

/// Longer than anything here takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// An open connection.
pub(crate) struct Wire {
    stream: TcpStream,
    read: Vec<u8>,
}

/// A whole response.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    /// Without chunked framing.
    pub(crate) body: Vec<u8>,
    /// The chunks, if it was chunked.
    pub(crate) chunks: Vec<Vec<u8>>,
    /// Whether it came to its proper end.
    pub(crate) whole: bool,
}

pub(crate) fn local() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

pub(crate) fn start_via() -> via::Via {
    via::start(via::Settings::default(), local()).unwrap()
}

pub(crate) fn start_ollama() -> ollama::Ollama {
    ollama::start(ollama::Settings::default(), local()).unwrap()
}

/// Waits, but not forever.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it takes too long")
}

/// Sends a request on a connection of its own and reads the response.
pub(crate) async fn send(addr: SocketAddr, method: &str, target: &str, headers: &str, body: &[u8]) -> Reply {
    let mut wire = Wire::open(addr).await;
    wire.request(method, target, headers, body).await;
    wire.reply(method).await
}

pub(crate) async fn get(addr: SocketAddr, target: &str) -> Reply {
    send(addr, "GET", target, "", b"").await
}

pub(crate) async fn post(addr: SocketAddr, target: &str, body: &Value) -> Reply {
    send(addr, "POST", target, "content-type: application/json\r\n", body.to_string().as_bytes()).await
}

/// A form with one file, cut into parts as curl does.
pub(crate) fn form(name: &str, content: &[u8]) -> Vec<u8> {
    let mut form = Vec::new();
    form.extend_from_slice(b"--XX\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nvision\r\n");
    form.extend_from_slice(b"--XX\r\nContent-Disposition: form-data; name=\"media_type\"\r\n\r\nvideo\r\n");
    let head = format!(
        "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: video/mp4\r\n\r\n"
    );
    form.extend_from_slice(head.as_bytes());
    form.extend_from_slice(content);
    form.extend_from_slice(b"\r\n--XX--\r\n");
    form
}

pub(crate) const FORM: &str = "content-type: multipart/form-data; boundary=XX\r\n";

/// Uploads a file; its id.
pub(crate) async fn upload(addr: SocketAddr, name: &str, content: &[u8]) -> String {
    let reply = send(addr, "POST", "/files", FORM, &form(name, content)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["id"].as_str().unwrap().to_owned()
}

impl Wire {
    pub(crate) async fn open(addr: SocketAddr) -> Self {
        Self { stream: soon(TcpStream::connect(addr)).await.unwrap(), read: Vec::new() }
    }

    pub(crate) async fn request(&mut self, method: &str, target: &str, headers: &str, body: &[u8]) {
        let length = if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
        let host = if headers.to_ascii_lowercase().contains("host:") { "" } else { "host: localhost\r\n" };
        self.write(format!("{method} {target} HTTP/1.1\r\n{host}{headers}{length}\r\n").as_bytes()).await;
        self.write(body).await;
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        soon(self.stream.write_all(bytes)).await.unwrap();
    }

    /// Reads up to and with `end`.
    pub(crate) async fn until(&mut self, end: &str) -> String {
        loop {
            if let Some(at) = find(&self.read, end.as_bytes()) {
                let rest = self.read.split_off(at + end.len());
                return String::from_utf8(std::mem::replace(&mut self.read, rest)).unwrap();
            }
            assert!(
                self.more().await,
                "the connection ended before {end:?}: {:?}",
                String::from_utf8_lossy(&self.read)
            );
        }
    }

    /// Reads to the end of the connection: whether it was closed (and not reset).
    pub(crate) async fn end(&mut self) -> bool {
        let mut buffer = vec![0; 65_536];
        loop {
            match soon(self.stream.read(&mut buffer)).await {
                Ok(0) => return true,
                Ok(n) => self.read.extend_from_slice(&buffer[..n]),
                Err(_) => return false,
            }
        }
    }

    /// What was read and not taken.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.read
    }

    /// Reads a response to `method`.
    pub(crate) async fn reply(&mut self, method: &str) -> Reply {
        let head = self.until("\r\n\r\n").await;
        let status = head[9..12].parse().unwrap();
        let mut reply = Reply { status, head, body: Vec::new(), chunks: Vec::new(), whole: true };
        let length = reply.header("content-length").map(|length| length.parse::<usize>().unwrap());
        if method == "HEAD" || status == 204 || status == 304 {
            return reply;
        }
        if reply.header("transfer-encoding") == Some("chunked") {
            while let Some(chunk) = self.chunk().await {
                if chunk.is_empty() {
                    return reply;
                }
                reply.body.extend_from_slice(&chunk);
                reply.chunks.push(chunk);
            }
            reply.whole = false;
            return reply;
        }
        let length = length.unwrap_or(0);
        while self.read.len() < length && self.more().await {}
        reply.whole = self.read.len() >= length;
        let rest = self.read.split_off(length.min(self.read.len()));
        reply.body = std::mem::replace(&mut self.read, rest);
        reply
    }

    /// The next chunk; `None` if the connection ends first.
    pub(crate) async fn chunk(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(at) = find(&self.read, b"\r\n") {
                let size = usize::from_str_radix(std::str::from_utf8(&self.read[..at]).unwrap(), 16).unwrap();
                if self.read.len() >= at + 2 + size + 2 {
                    let rest = self.read.split_off(at + 2 + size + 2);
                    let chunk = std::mem::replace(&mut self.read, rest);
                    return Some(chunk[at + 2..at + 2 + size].to_vec());
                }
            }
            if !self.more().await {
                return None;
            }
        }
    }

    async fn more(&mut self) -> bool {
        let mut buffer = vec![0; 65_536];
        match soon(self.stream.read(&mut buffer)).await {
            Ok(0) | Err(_) => false,
            Ok(n) => {
                self.read.extend_from_slice(&buffer[..n]);
                true
            }
        }
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.split("\r\n").skip(1).find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
