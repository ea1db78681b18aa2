//! The mixed load: good clients, bad clients, good servers, bad servers, in proportion and from a seed.
//!
//! Every piece knows what may come of it. VIA and Ollama never die here, so a good request to them must succeed; faults
//! are asked of them by header. The plain origins die and come back, so there an error is no surprise.

use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Answer, Client};

/// What came of a piece of load.
pub(crate) enum Came {
    Good,
    /// An error that was asked for.
    Expected(&'static str),
    /// What must not be.
    Wrong(String),
}

/// Where the load goes.
pub(crate) struct Target {
    pub(crate) viaduct: SocketAddr,
    /// A file that VIA has, summarized.
    pub(crate) file: String,
}

/// One client, which does one thing after the other.
pub(crate) struct Worker<'a> {
    target: &'a Target,
    rng: fastrand::Rng,
    /// Kept alive between requests, as long as it lasts.
    kept: Option<Client>,
}

/// All pieces, each with how often it comes.
const PIECES: &[(&str, u32)] = &[
    ("get kept alive", 30),
    ("get anew", 10),
    ("post", 14),
    ("chat", 12),
    ("upload", 3),
    ("upload cut", 4),
    ("upload stalled", 1),
    ("pipelined", 5),
    ("garbage", 3),
    ("slow head", 2),
    ("faulty", 6),
    ("plain", 12),
    ("bad origin", 6),
    ("tunnel", 3),
    ("download left", 2),
    ("download stalled", 1),
];
const BOUNDARY: &str = "soak-3f9c";
/// Faults that end an exchange, and the client's patience does the rest.
const FAULTS: [&str; 7] =
    ["status=503", "reset-after=1", "cut-after=20", "reset-after=0", "cut-after=0", "hang", "delay=150ms"];

// === impl Came ===

impl Came {
    /// A good client of a good server.
    fn of(answer: &io::Result<Answer>) -> Self {
        match answer {
            Ok(answer) if answer.status == 200 => Self::Good,
            Ok(answer) => Self::Wrong(format!(
                "{}: {}",
                answer.status,
                String::from_utf8_lossy(&answer.body[..answer.body.len().min(200)])
            )),
            Err(e) => Self::Wrong(e.to_string()),
        }
    }

    /// Of something bad: every status and every end will do, as long as there is one.
    fn at_best(answer: &io::Result<Answer>) -> Self {
        match answer {
            Ok(answer) => Self::at_best_status(answer.status),
            Err(_) => Self::Expected("cut"),
        }
    }

    fn at_best_status(status: u16) -> Self {
        match status {
            200 => Self::Good,
            400 => Self::Expected("400"),
            408 => Self::Expected("408"),
            500 => Self::Expected("500"),
            502 => Self::Expected("502"),
            503 => Self::Expected("503"),
            504 => Self::Expected("504"),
            status => Self::Wrong(format!("status {status}")),
        }
    }
}

/// Says what was being done, and stops there.
type Done = Result<Came, String>;

fn at<E: Display>(what: &str) -> impl FnOnce(E) -> String {
    move |e| format!("{what}: {e}")
}

// === impl Worker ===

impl<'a> Worker<'a> {
    pub(crate) fn new(target: &'a Target, seed: u64) -> Self {
        Self { target, rng: fastrand::Rng::with_seed(seed), kept: None }
    }

    /// A piece by lot; its name and what came of it.
    pub(crate) async fn piece(&mut self) -> (&'static str, Came) {
        let mut lot = self.rng.u32(..PIECES.iter().map(|(_, share)| share).sum::<u32>());
        let drawn = PIECES.iter().find(|(_, share)| lot.checked_sub(*share).map(|rest| lot = rest).is_none());
        let name = drawn.map_or("", |(name, _)| name);
        (name, self.do_piece(name).await.unwrap_or_else(Came::Wrong))
    }

    /// A streamed answer, read to its end or left in the middle.
    pub(crate) async fn stream(&mut self) -> (&'static str, Came) {
        let name = ["sse", "ndjson", "summary"][self.rng.usize(..3)];
        (name, self.do_stream(name).await.unwrap_or_else(Came::Wrong))
    }

    /// How long to think before the next piece.
    pub(crate) fn pause(&mut self, mean: Duration) -> Duration {
        mean.mul_f64(2.0 * self.rng.f64())
    }

    async fn do_piece(&mut self, name: &str) -> Done {
        let model = json!({"model": "llama3", "stream": false, "messages": [{"role": "user", "content": "hi"}]});
        match name {
            "get kept alive" => self.on_kept(&request("GET", "/models", "", b"")).await,
            "post" => self.on_kept(&request("POST", "/api/chat", JSON, model.to_string().as_bytes())).await,
            "chat" => self.chat().await,
            "get anew" => {
                let answer = self.once(&request("GET", "/api/version", "connection: close\r\n", b"")).await;
                Ok(Came::of(&answer))
            }
            "upload" => self.upload().await,
            "upload cut" => self.upload_cut().await,
            "upload stalled" => self.upload_stalled().await,
            "pipelined" => self.pipelined().await,
            "garbage" => self.garbage().await,
            "slow head" => self.slow_head().await,
            "faulty" => self.faulty().await,
            "plain" => {
                let path = ["/plain/ok", "/plain/ok", "/plain/slow"][self.rng.usize(..3)];
                Ok(Came::at_best(&self.once(&request("GET", path, "", b"")).await))
            }
            "bad origin" => {
                let path = ["/plain/reset", "/plain/truncated", "/plain/silent", "/plain/garbage"][self.rng.usize(..4)];
                Ok(Came::at_best(&self.once(&request("GET", path, "", b"")).await))
            }
            "tunnel" => self.tunnel().await,
            "download left" => self.download(Duration::ZERO).await,
            // Longer than the proxy waits for a client to take a byte.
            _ => self.download(Duration::from_secs(4)).await,
        }
    }

    async fn connect(&self) -> Result<Client, String> {
        Client::connect(self.target.viaduct).await.map_err(at("connect"))
    }

    async fn once(&self, request: &[u8]) -> io::Result<Answer> {
        let mut client = Client::connect(self.target.viaduct).await?;
        client.send(request).await?;
        client.answer().await
    }

    /// On the kept connection; on another one if that was idle for too long, as every client has to.
    async fn on_kept(&mut self, request: &[u8]) -> Done {
        if let Some(mut client) = self.kept.take()
            && client.send(request).await.is_ok()
            && let Ok(answer) = client.answer().await
        {
            self.kept = Some(client);
            return Ok(Came::of(&Ok(answer)));
        }
        let mut client = self.connect().await?;
        client.send(request).await.map_err(at("send"))?;
        let answer = client.answer().await;
        let came = Came::of(&answer);
        self.kept = answer.is_ok().then_some(client);
        Ok(came)
    }

    async fn chat(&mut self) -> Done {
        let body = json!({"id": self.target.file, "model": "cosmos-reason2",
            "messages": [{"role": "user", "content": "#say=From 1:05 to 1:18 a child runs."}]});
        let fields = format!("{JSON}x-viaduct-timestamps: text\r\n");
        let answer = self.once(&request("POST", "/chat/completions", &fields, body.to_string().as_bytes())).await;
        let has_ranges = |answer: &Answer| {
            let value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            value["timestamps"]["ranges"][0]["start"] == 65.0
        };
        Ok(match Came::of(&answer) {
            Came::Good if !answer.as_ref().is_ok_and(has_ranges) => Came::Wrong("no timestamps".into()),
            came => came,
        })
    }

    async fn upload(&mut self) -> Done {
        let size = self.rng.usize(1000..600_000);
        let file = self.store("soak.mp4", size).await?;
        self.delete(&file).await
    }

    /// Streams a file to VIA; its id.
    async fn store(&mut self, name: &str, size: usize) -> Result<String, String> {
        let body = form(name, size);
        let mut client = self.connect().await?;
        client.send(&upload_head(body.len())).await.map_err(at("head"))?;
        for piece in body.chunks(32 * 1024) {
            client.send(piece).await.map_err(at("piece"))?;
        }
        let answer = client.answer().await.map_err(at("answer to an upload"))?;
        let value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        value["id"].as_str().map(str::to_owned).ok_or_else(|| format!("upload: {} {value}", answer.status))
    }

    /// Deletes a file; a summary whose reader has left may have to be told twice.
    async fn delete(&mut self, file: &str) -> Done {
        let request = request("DELETE", &format!("/files/{file}"), "", b"");
        let mut answer = self.once(&request).await;
        if answer.as_ref().is_ok_and(|answer| answer.status == 409) {
            tokio::time::sleep(Duration::from_millis(50)).await;
            answer = self.once(&request).await;
        }
        Ok(Came::of(&answer))
    }

    async fn upload_cut(&mut self) -> Done {
        let body = form("cut.mp4", 200_000);
        let mut client = self.connect().await?;
        client.send(&upload_head(body.len())).await.map_err(at("head"))?;
        client.send(&body[..self.rng.usize(1..body.len())]).await.map_err(at("half a body"))?;
        match self.rng.u8(..3) {
            0 => client.reset(),
            1 => drop(client),
            _ => {
                client.finish().await.map_err(at("finish"))?;
                let _ = client.rest().await;
            }
        }
        Ok(Came::Expected("cut by us"))
    }

    async fn upload_stalled(&mut self) -> Done {
        let body = form("stalled.mp4", 200_000);
        let mut client = self.connect().await?;
        client.send(&upload_head(body.len())).await.map_err(at("head"))?;
        client.send(&body[..1000]).await.map_err(at("a bit of a body"))?;
        match client.answer().await {
            Ok(answer) if answer.status == 408 => Ok(Came::Expected("408")),
            other => Ok(Came::Wrong(format!("a stalled upload: {other:?}"))),
        }
    }

    async fn pipelined(&mut self) -> Done {
        let mut client = self.connect().await?;
        let one = request("GET", "/models", "", b"");
        client.send(&one.repeat(4)).await.map_err(at("send"))?;
        for _ in 0..4 {
            match Came::of(&client.answer().await) {
                Came::Good => {}
                came => return Ok(came),
            }
        }
        Ok(Came::Good)
    }

    async fn garbage(&mut self) -> Done {
        let mut client = self.connect().await?;
        let noise: Vec<u8> = (0..self.rng.usize(1..2000)).map(|_| self.rng.u8(..)).collect();
        let _ = client.send(&noise).await;
        let _ = client.send(b"\r\n\r\n").await;
        Ok(Came::at_best(&client.answer().await))
    }

    /// A head in drops: half of them end, half of them never do.
    async fn slow_head(&mut self) -> Done {
        let mut client = self.connect().await?;
        let ends = self.rng.bool();
        let head = request("GET", "/models", "", b"");
        for piece in head[..head.len() - 2].chunks(16) {
            client.send(piece).await.map_err(at("a drop"))?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if ends {
            client.send(b"\r\n").await.map_err(at("the last drop"))?;
        }
        let answer = client.answer().await;
        match answer {
            Ok(answer) if !ends && answer.status == 408 => Ok(Came::Expected("408")),
            answer if ends => Ok(Came::of(&answer)),
            answer => Ok(Came::Wrong(format!("half a head: {answer:?}"))),
        }
    }

    async fn faulty(&mut self) -> Done {
        let fault = FAULTS[self.rng.usize(..FAULTS.len())];
        let path = ["/models", "/api/tags"][self.rng.usize(..2)];
        let request = request("GET", path, &format!("x-sim-fault: {fault}\r\n"), b"");
        let patience = if fault == "hang" { Duration::from_millis(200) } else { Duration::from_secs(15) };
        match tokio::time::timeout(patience, self.once(&request)).await {
            Ok(answer) => Ok(Came::at_best(&answer)),
            Err(_) if fault == "hang" => Ok(Came::Expected("left by us")),
            Err(_) => Ok(Came::Wrong(format!("{fault}: no end"))),
        }
    }

    async fn tunnel(&mut self) -> Done {
        let mut client = self.connect().await?;
        let fields = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                      sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        client.send(&request("GET", "/plain/ws", fields, b"")).await.map_err(at("send"))?;
        match client.status().await {
            Ok(101) => {}
            Ok(status) => return Ok(Came::at_best_status(status)),
            Err(_) => return Ok(Came::Expected("cut")),
        }
        for _ in 0..5 {
            let said: [u8; 100] = std::array::from_fn(|_| self.rng.u8(..));
            let mut echoed = [0; 100];
            if client.send(&said).await.is_err() || client.exactly(&mut echoed).await.is_err() {
                return Ok(Came::Expected("cut"));
            }
            if echoed != said {
                return Ok(Came::Wrong("another echo".into()));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        match self.rng.u8(..3) {
            0 => client.reset(),
            1 => drop(client),
            _ => {
                client.finish().await.map_err(at("finish"))?;
                let _ = client.rest().await;
            }
        }
        Ok(Came::Good)
    }

    /// A download without end, left after a while in which nothing is read.
    async fn download(&mut self, stalled: Duration) -> Done {
        let mut client = self.connect().await?;
        client.send(&request("GET", "/plain/huge", "", b"")).await.map_err(at("send"))?;
        match client.beginning().await {
            Ok(200) => {}
            Ok(status) => return Ok(Came::at_best_status(status)),
            Err(_) => return Ok(Came::Expected("cut")),
        }
        tokio::time::sleep(stalled).await;
        if self.rng.bool() {
            client.reset();
        }
        Ok(Came::Expected("left by us"))
    }

    async fn do_stream(&mut self, name: &str) -> Done {
        let ask = json!({"model": "llama3", "stream": true, "messages": [{"role": "user", "content": "tell me"}]});
        let (path, body, file) = match name {
            "sse" => ("/v1/chat/completions", ask, None),
            "ndjson" => ("/api/chat", ask, None),
            _ => {
                let file = self.store("soak_60s.mp4", 2000).await?;
                let body = json!({"id": file, "model": "cosmos-reason2", "stream": true, "chunk_duration": 10});
                ("/summarize", body, Some(file))
            }
        };
        let fate = self.rng.u8(..10);
        let fault = match fate {
            0 => "reset-after=2ev",
            1 => "cut-after=1ev",
            2 => "error-after=1",
            _ => "pace=40ms",
        };
        let fields = format!("{JSON}x-sim-fault: {fault}\r\nx-viaduct-timestamps: text\r\n");
        let mut client = self.connect().await?;
        client.send(&request("POST", path, &fields, body.to_string().as_bytes())).await.map_err(at("send"))?;
        let came = if matches!(fate, 3 | 4) {
            let status = client.beginning().await.map_err(at("the beginning"))?;
            tokio::time::sleep(Duration::from_millis(self.rng.u64(..200))).await;
            if fate == 3 {
                client.reset();
            } else {
                drop(client);
            }
            if status == 200 { Came::Expected("left by us") } else { Came::Wrong(format!("status {status}")) }
        } else {
            let answer = client.answer().await;
            if fate < 3 { Came::at_best(&answer) } else { Came::of(&answer) }
        };
        match file {
            Some(file) => match self.delete(&file).await? {
                Came::Good => Ok(came),
                wrong => Ok(wrong),
            },
            None => Ok(came),
        }
    }
}

/// Uploads a file and has it summarized, so that there can be chats about it; its id.
pub(crate) async fn prepare(viaduct: SocketAddr) -> String {
    let target = Target { viaduct, file: String::new() };
    let mut worker = Worker::new(&target, 0);
    let file = worker.store("known_60s.mp4", 1000).await.unwrap();
    let ask = json!({"id": file, "model": "cosmos-reason2", "enable_chat": true, "chunk_duration": 10});
    let answer = worker.once(&request("POST", "/summarize", JSON, ask.to_string().as_bytes())).await.unwrap();
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    file
}

const JSON: &str = "content-type: application/json\r\n";

pub(crate) fn request(method: &str, path: &str, fields: &str, body: &[u8]) -> Vec<u8> {
    let length = if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n{fields}{length}\r\n");
    [head.as_bytes(), body].concat()
}

fn upload_head(length: usize) -> Vec<u8> {
    let head = "POST /files HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=";
    format!("{head}{BOUNDARY}\r\ncontent-length: {length}\r\n\r\n").into_bytes()
}

fn form(name: &str, size: usize) -> Vec<u8> {
    let field = |name: &str, value: &str| {
        format!("\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}")
    };
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    let tail = format!("{}{}\r\n--{BOUNDARY}--\r\n", field("purpose", "vision"), field("media_type", "video"));
    [head.as_bytes(), &vec![b'v'; size], tail.as_bytes()].concat()
}
