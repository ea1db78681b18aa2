//! A viaduct on port 0, raw clients, and origins that do what a test tells them, byte by byte.

use std::future::Future;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Child;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use viaduct::app::{App, Reload};
use viaduct::config::{Config, Overrides};
use viaduct::pool::Codec;

/// Nothing that works takes this long; what does fails its test.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn patiently<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("waited too long")
}

// === the proxy ===

pub(crate) struct Viaduct {
    pub(crate) address: SocketAddr,
    pub(crate) admin: SocketAddr,
    /// All of them.
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) reload: Reload,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<bool>,
}

impl Viaduct {
    /// In front of these plain upstream endpoints.
    pub(crate) fn to(origins: &[SocketAddr]) -> Self {
        Self::start(Overrides { to: urls(origins), ..Overrides::default() })
    }

    pub(crate) fn start(overrides: Overrides) -> Self {
        Self::with_file("", overrides)
    }

    /// As the TOML in `file` says, with port 0 for both listeners unless it names others.
    pub(crate) fn with_file(file: &str, mut overrides: Overrides) -> Self {
        if overrides.listen.is_empty() {
            overrides.listen = vec!["127.0.0.1:0".parse().unwrap()];
        }
        overrides.admin.get_or_insert_with(|| "127.0.0.1:0".into());
        let mut config = Config::parse(std::path::Path::new("test.toml"), file, overrides).unwrap();
        if let Some(codec) = codec_of_the_run().filter(|_| !file.contains("http = ")) {
            config.upstreams.iter_mut().for_each(|upstream| upstream.pool.http = codec);
        }
        let app = App::bind(config).unwrap();
        let (address, admin) = (app.addresses()[0], app.admin_address().unwrap());
        let (addresses, reload) = (app.addresses(), app.reload());
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(app.run(async {
            let _ = stopped.await;
        }));
        Self { address, admin, addresses, reload, stop: Some(stop), running }
    }

    /// Begins the drain, as SIGTERM does.
    pub(crate) fn begin_stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Whether everything that ran had ended in time.
    pub(crate) async fn stopped(self) -> bool {
        patiently(self.running).await.unwrap()
    }

    pub(crate) async fn client(&self) -> Peer {
        Peer::connect(self.address).await
    }

    /// One GET on a connection of its own.
    pub(crate) async fn get(&self, path: &str) -> Message {
        let mut client = self.client().await;
        client.get(path).await;
        client.response().await
    }

    /// The value of the first metric whose line begins with `name`.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        let mut admin = Peer::connect(self.admin).await;
        admin.get("/metrics").await;
        let text = String::from_utf8(admin.response().await.body).unwrap();
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.rsplit(' ').next()).and_then(|value| value.parse().ok()).unwrap_or(0.0)
    }

    /// Waits until a metric has a value, or at least that.
    pub(crate) async fn metric_reaches(&self, name: &str, least: f64) {
        patiently(async {
            while self.metric(name).await < least {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

/// Who speaks HTTP upstream, if a run of these tests is to choose: `VIADUCT_TEST_CONN=hyper`.
pub(crate) fn codec_of_the_run() -> Option<Codec> {
    let word = std::env::var("VIADUCT_TEST_CONN").ok()?;
    Some(Codec::ALL.into_iter().find(|codec| codec.word() == word).expect("VIADUCT_TEST_CONN is lean or hyper"))
}

/// `viaduct serve` as a process of its own, which ends with the returned handle, and the address that it logs.
pub(crate) async fn serve(arguments: &[&str]) -> (Child, SocketAddr) {
    serve_where(&[], arguments).await
}

/// As [`serve`], with more variables.
pub(crate) async fn serve_where(variables: &[(&str, &str)], arguments: &[&str]) -> (Child, SocketAddr) {
    let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_viaduct"))
        .args(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
        .args(arguments)
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut diagnostics = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = patiently(diagnostics.next_line()).await.unwrap().unwrap();
    // Read on, so that it never finds its standard error closed.
    tokio::spawn(async move { while let Ok(Some(_)) = diagnostics.next_line().await {} });
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["message"], "listening");
    (child, line["address"].as_str().unwrap().parse().unwrap())
}

pub(crate) fn urls(origins: &[SocketAddr]) -> Vec<String> {
    origins.iter().map(|origin| format!("http://{origin}")).collect()
}

/// An address on which nobody listens.
pub(crate) async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

// === origins ===

/// Serves each connection with `serve`, which also learns which connection it is, counted from 0.
pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Origin {
    pub(crate) async fn start<F>(mut serve: impl FnMut(Peer, usize) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        let accepting = tokio::spawn(async move {
            let (spoken, mut speakers) = tokio::sync::mpsc::unbounded_channel();
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        let (stream, spoken) = (accepted.unwrap().0, spoken.clone());
                        stream.set_nodelay(true).unwrap();
                        // The start-up probe connects and says nothing: only who speaks is counted and served.
                        tokio::spawn(async move {
                            if stream.peek(&mut [0]).await.is_ok_and(|count| count > 0) {
                                let _ = spoken.send(stream);
                            }
                        });
                    }
                    Some(stream) = speakers.recv() => {
                        let number = count.fetch_add(1, Ordering::SeqCst);
                        tokio::spawn(serve(Peer::new(stream), number));
                    }
                }
            }
        });
        Self { address, accepted, accepting }
    }

    /// Answers every request of every connection with what `answer` makes of it.
    pub(crate) async fn answering(answer: impl Fn(&Message) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let answer = Arc::new(answer);
        Self::start(move |mut peer, _| {
            let answer = Arc::clone(&answer);
            async move {
                while let Some(request) = peer.try_request().await {
                    peer.send(answer(&request)).await;
                }
            }
        })
        .await
    }

    /// Answers with the request's own head, as text.
    pub(crate) async fn echo() -> Self {
        Self::answering(|request| ok(request.head.as_bytes())).await
    }

    /// Connections accepted so far.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// A 200 with this body.
pub(crate) fn ok(body: &[u8]) -> Vec<u8> {
    let mut response = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
    response.extend_from_slice(body);
    response
}

// === one side of a connection ===

pub(crate) struct Peer<S = TcpStream> {
    stream: S,
    read: Vec<u8>,
}

/// A message as it stood on the wire.
#[derive(Debug, Clone, Default)]
pub(crate) struct Message {
    /// The start line and the fields, without the empty line.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// The lines behind the last chunk.
    pub(crate) trailers: String,
    /// Whether the body ended as its framing says.
    pub(crate) is_whole: bool,
}

impl Message {
    pub(crate) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    /// `METHOD TARGET`
    pub(crate) fn start(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// All values of a field, in order.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let fields = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        fields.filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body as the head of the request that an echoing origin got.
    pub(crate) fn echoed(&self) -> Self {
        Self { head: self.text().to_owned(), ..Self::default() }
    }
}

impl Peer {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self::new(stream)
    }

    /// Ends with a reset instead of a clean end.
    pub(crate) fn reset(self) {
        socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, read: Vec::new() }
    }

    /// The connection itself.
    pub(crate) fn stream(&self) -> &S {
        &self.stream
    }

    /// The same to keep. What was read of it is lost.
    pub(crate) fn into_stream(self) -> S {
        self.stream
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        patiently(self.stream.write_all(bytes.as_ref())).await.unwrap();
        patiently(self.stream.flush()).await.unwrap();
    }

    /// As [`send`](Self::send), where the other side may have had enough.
    pub(crate) async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        patiently(self.stream.write_all(bytes.as_ref())).await.is_ok()
    }

    pub(crate) async fn get(&mut self, path: &str) {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")).await;
    }

    /// Says that nothing more will come.
    pub(crate) async fn finish(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    /// More bytes into the buffer; false at the end.
    async fn fill(&mut self) -> bool {
        patiently(self.stream.read_buf(&mut self.read)).await.is_ok_and(|count| count > 0)
    }

    /// Whatever comes until the other side ends or resets.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        while self.fill().await {}
        std::mem::take(&mut self.read)
    }

    /// Whatever has come, at least a byte.
    pub(crate) async fn some(&mut self) -> Vec<u8> {
        if self.read.is_empty() {
            assert!(self.fill().await, "ended");
        }
        std::mem::take(&mut self.read)
    }

    /// As [`rest`](Self::rest), and whether it ended in a reset.
    pub(crate) async fn rest_or_reset(&mut self) -> (Vec<u8>, bool) {
        loop {
            match patiently(self.stream.read_buf(&mut self.read)).await {
                Ok(0) => return (std::mem::take(&mut self.read), false),
                Ok(_) => {}
                Err(_) => return (std::mem::take(&mut self.read), true),
            }
        }
    }

    /// Resolves when the other side ends; what comes before is kept.
    pub(crate) async fn peek_end(&mut self) {
        while self.fill().await {}
    }

    /// Whether neither bytes nor an end come for that long.
    pub(crate) async fn is_silent(&mut self, long: Duration) -> bool {
        self.read.is_empty() && tokio::time::timeout(long, self.stream.read_buf(&mut self.read)).await.is_err()
    }

    /// Whether the other side has ended, without more bytes.
    pub(crate) async fn is_closed(&mut self) -> bool {
        self.read.is_empty() && !self.fill().await
    }

    /// Reads until the buffer holds `needle`, and takes everything up to and including it.
    pub(crate) async fn until(&mut self, needle: &[u8]) -> Vec<u8> {
        loop {
            if let Some(at) = self.read.windows(needle.len()).position(|window| window == needle) {
                return self.read.drain(..at + needle.len()).collect();
            }
            assert!(self.fill().await, "ended before {:?}: {:?}", String::from_utf8_lossy(needle), self.lossy());
        }
    }

    fn lossy(&self) -> String {
        String::from_utf8_lossy(&self.read).into_owned()
    }

    pub(crate) async fn exactly(&mut self, count: usize) -> Vec<u8> {
        while self.read.len() < count {
            assert!(self.fill().await, "ended after {} of {count} bytes", self.read.len());
        }
        self.read.drain(..count).collect()
    }

    /// As [`exactly`](Self::exactly); `None` when the other side ends before.
    pub(crate) async fn try_exactly(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.read.len() < count {
            if !self.fill().await {
                return None;
            }
        }
        Some(self.read.drain(..count).collect())
    }

    /// A message's head alone.
    pub(crate) async fn head(&mut self) -> Message {
        let head = self.until(b"\r\n\r\n").await;
        Message { head: String::from_utf8_lossy(&head).trim_end().to_owned(), ..Message::default() }
    }

    /// A whole request; `None` when the connection ends before one.
    pub(crate) async fn try_request(&mut self) -> Option<Message> {
        while !self.read.windows(4).any(|window| window == b"\r\n\r\n") {
            let got = tokio::time::timeout(PATIENCE, self.stream.read_buf(&mut self.read)).await.ok()?.ok()?;
            if got == 0 {
                return None;
            }
        }
        let head = self.head().await;
        Some(self.body_of(head, false).await)
    }

    pub(crate) async fn request(&mut self) -> Message {
        self.try_request().await.expect("no request came")
    }

    /// A whole response (or as much of it as came, see `is_whole`), to anything but HEAD.
    pub(crate) async fn response(&mut self) -> Message {
        let head = self.head().await;
        self.body_of(head, true).await
    }

    /// The body that belongs to a head.
    pub(crate) async fn body_of(&mut self, mut message: Message, is_response: bool) -> Message {
        if message.field("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
            return self.chunked(message).await;
        }
        if let Some(length) = message.field("content-length") {
            let length: usize = length.parse().unwrap();
            while self.read.len() < length {
                if !self.fill().await {
                    message.body = std::mem::take(&mut self.read);
                    return message;
                }
            }
            message.body = self.read.drain(..length).collect();
            message.is_whole = true;
            return message;
        }
        message.is_whole = true;
        if is_response && !matches!(message.status(), 204 | 304) {
            message.body = self.rest().await;
        }
        message
    }

    async fn chunked(&mut self, mut message: Message) -> Message {
        loop {
            while !self.read.windows(2).any(|window| window == b"\r\n") {
                if !self.fill().await {
                    return message;
                }
            }
            let line = String::from_utf8(self.until(b"\r\n").await).unwrap();
            let size = usize::from_str_radix(line.trim().split(';').next().unwrap(), 16).unwrap();
            if size == 0 {
                loop {
                    let line = String::from_utf8(self.until(b"\r\n").await).unwrap();
                    if line == "\r\n" {
                        message.is_whole = true;
                        return message;
                    }
                    message.trailers.push_str(&line);
                }
            }
            while self.read.len() < size + 2 {
                if !self.fill().await {
                    message.body.append(&mut self.read);
                    return message;
                }
            }
            message.body.extend(self.read.drain(..size));
            assert_eq!(self.read.drain(..2).collect::<Vec<_>>(), b"\r\n");
        }
    }
}
