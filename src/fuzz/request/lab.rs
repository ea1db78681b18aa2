//! A whole viaduct between one client and one origin, in one thread and on a clock that stands still: when nobody has
//! anything to do, time jumps to the next deadline.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{sleep, timeout};

use super::super::Dice;
use super::strict::{self, Maker, Message, Read};
use crate::app::App;
use crate::config::{Config, Overrides};

/// What viaduct is told, but for the origin's address.
const FILE: &str = "
    listen = ['127.0.0.1:0']
    admin = 'off'
    workers = 1
    [[upstream]]
    kind = 'http'
    deadlines.plain = { upload = '2s', first_byte = '2s', silence = '2s', total = '5s' }
";
/// The same of clients.
const CLIENTS: &str = "[downstream]\nhead = '2s'\nidle = '2s'\nwrite = '2s'\n";
/// After this, of all its deadlines none is left; so long that the kernel has some time of its own meanwhile.
const PATIENCE: Duration = Duration::from_secs(600);
/// In this nobody has anything left to do but to wait for a deadline.
const A_MOMENT: Duration = Duration::from_millis(1);

/// What reached the origin.
#[derive(Debug)]
pub(in crate::fuzz) enum Seen {
    /// A whole request.
    Whole(Message),
    /// The beginning of one.
    Partial,
    /// Something that an upstream could misread.
    Wrong(&'static str, Vec<u8>),
}

/// What came of the client's bytes.
#[derive(Debug)]
pub(in crate::fuzz) struct Outcome {
    pub(in crate::fuzz) seen: Vec<Seen>,
    /// What the client got, and whether the connection ended in order.
    pub(in crate::fuzz) got: Vec<u8>,
    pub(in crate::fuzz) is_clean: bool,
}

/// The three of them.
pub(in crate::fuzz) struct Lab {
    runtime: Runtime,
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

// === impl Lab ===

impl Lab {
    /// Whether clients may speak HTTP/2 is to be said.
    pub(in crate::fuzz) fn new(http2: bool) -> Self {
        let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let address = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let origin = listener.local_addr().expect("an address");
            tokio::spawn(serve(listener, Arc::clone(&seen)));
            let file = format!("{FILE}endpoints = ['http://{origin}']\n{CLIENTS}http2 = {http2}\n");
            let config = Config::parse(Path::new("lab"), &file, Overrides::default()).expect("a configuration");
            let app = App::bind(config).expect("a port");
            let address = app.addresses()[0];
            tokio::spawn(app.run(std::future::pending()));
            sleep(A_MOMENT).await;
            address
        });
        Self { runtime, address, seen }
    }

    /// Sends these bytes in these pieces, and waits until viaduct ends the connection; an error if it never does.
    pub(in crate::fuzz) fn attack(&self, pieces: &[bytes::Bytes]) -> Result<Outcome, String> {
        self.runtime.block_on(async {
            let mut client = TcpStream::connect(self.address).await.expect("viaduct takes connections");
            // No port has to wait after an attack.
            SockRef::from(&client).set_linger(Some(Duration::ZERO)).expect("a socket");
            // The kernel's clock does not stand still: what Nagle keeps back would come behind every deadline.
            client.set_nodelay(true).expect("a socket");
            for piece in pieces {
                // It may have hung up already.
                let _ = client.write_all(piece).await;
                sleep(A_MOMENT).await;
            }
            let mut got = Vec::new();
            let ended = timeout(PATIENCE, client.read_to_end(&mut got)).await;
            let Ok(ended) = ended else {
                return Err(format!("viaduct neither answers nor closes; so far it said {got:?}"));
            };
            drop(client);
            sleep(A_MOMENT).await;
            Ok(Outcome { seen: std::mem::take(&mut *lock(&self.seen)), got, is_clean: ended.is_ok() })
        })
    }

    /// Gives the kernel time for what it is late with, and forgets what comes of it.
    pub(in crate::fuzz) fn settle(&self) {
        std::thread::sleep(Duration::from_millis(20));
        self.runtime.block_on(async { sleep(A_MOMENT).await });
        lock(&self.seen).clear();
    }
}

fn lock(seen: &Mutex<Vec<Seen>>) -> std::sync::MutexGuard<'_, Vec<Seen>> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, seen: Arc<Mutex<Vec<Seen>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        // As the client's, in the lab.
        let _ = stream.set_nodelay(true);
        tokio::spawn(converse(stream, Arc::clone(&seen)));
    }
}

/// One connection of the origin's: reads strictly, answers in one way or another.
async fn converse(mut stream: TcpStream, seen: Arc<Mutex<Vec<Seen>>>) {
    let mut buffer = Vec::new();
    let mut has_continued = false;
    loop {
        match strict::request(&buffer, Maker::Viaduct) {
            Read::Whole(request, length) => {
                let (answer, goes_on) = answer(&request);
                let behind = buffer.split_off(length);
                lock(&seen).push(Seen::Whole(request));
                if !behind.is_empty() {
                    lock(&seen).push(Seen::Wrong("bytes behind a request that has no answer yet", behind));
                    return;
                }
                (buffer, has_continued) = (behind, false);
                if stream.write_all(&answer).await.is_err() || !goes_on {
                    return;
                }
                continue;
            }
            Read::Wrong(why) => return lock(&seen).push(Seen::Wrong(why, buffer)),
            Read::Partial => {}
        }
        if !has_continued && buffer.windows(4).any(|end| end == b"\r\n\r\n") && expects(&buffer) {
            has_continued = true;
            let _ = stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await;
        }
        if !matches!(stream.read_buf(&mut buffer).await, Ok(1..)) {
            if !buffer.is_empty() {
                lock(&seen).push(Seen::Partial);
            }
            return;
        }
    }
}

fn expects(buffer: &[u8]) -> bool {
    String::from_utf8_lossy(buffer).to_lowercase().contains("\nexpect: 100-continue")
}

/// An answer, and whether the connection goes on behind it.
fn answer(request: &Message) -> (Vec<u8>, bool) {
    let [method, target, _] = &request.line;
    let mut dice = Dice::of(&[target.as_slice(), &request.body].concat());
    let (head, body, goes_on) = match dice.below(8) {
        0 => ("200 OK\r\ntransfer-encoding: chunked\r\n", "3\r\nrea\r\n4\r\nched\r\n0\r\nx-sum: 1\r\n\r\n", true),
        1 => ("200 OK\r\ncontent-length: 7\r\nconnection: close\r\n", "reached", false),
        2 => ("200 OK\r\n", "reached", false),
        3 => ("204 No Content\r\n", "", true),
        4 => ("304 Not Modified\r\ncontent-length: 7\r\n", "", true),
        5 => ("103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 404 Nowhere\r\ncontent-length: 0\r\n", "", true),
        _ => ("200 OK\r\ncontent-length: 7\r\nx-a: 1\r\n", "reached", true),
    };
    let body = if method == b"HEAD" { "" } else { body };
    (format!("HTTP/1.1 {head}\r\n{body}").into_bytes(), goes_on)
}
