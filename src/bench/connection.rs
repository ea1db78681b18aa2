//! The load's own HTTP/1.1 client: one connection, one exchange at a time, bodies looked at and never held.
//!
//! Not hyper's, because a generator that costs as much as the proxy under test measures itself: here an exchange is
//! one write, one read and a parsed head.

use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::TcpStream;

use super::call::Body;
use super::chunked::Chunked;

/// The most fields that an answer may have.
const FIELDS: usize = 64;
/// An answer's head that is longer is refused.
const HEAD: usize = 64 * 1024;
/// How much of an upload goes in one write.
const PIECE: usize = 256 * 1024;

/// A connection and what was read ahead on it.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// What of the buffer is read and not yet used.
    from: usize,
    to: usize,
    /// Whether an exchange has ended well on it.
    is_used: bool,
}

/// Hears of an exchange while it goes on.
pub(super) trait Listen {
    /// Bytes of the request's body went.
    fn sent(&mut self, bytes: usize);
    /// The answer's head is there.
    fn answered(&mut self);
    /// Bytes of the answer's body came.
    fn came(&mut self, bytes: &[u8]);
}

/// How an exchange failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// A reused connection ended before it answered: the race that every keep-alive client knows. Worth another one.
    Stale,
    Io(io::Error),
    /// It ended in the middle.
    Cut,
    /// What came is no HTTP.
    Malformed,
    /// An answer, but not a good one.
    Status(u16),
    /// It took too long.
    Timeout,
}

struct Head {
    status: u16,
    length: Option<u64>,
    is_chunked: bool,
    closes: bool,
}

// === impl Connection ===

impl Connection {
    /// `buffer`: bytes to read at once.
    pub(super) async fn open(address: SocketAddr, buffer: usize) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await.map_err(Failure::Io)?;
        stream.set_nodelay(true).map_err(Failure::Io)?;
        Ok(Self { stream, buffer: vec![0; buffer], from: 0, to: 0, is_used: false })
    }

    /// Sends a request and reads its answer. `Ok(true)`: the connection can be used again. Dropped in the middle, it
    /// cannot.
    pub(super) async fn exchange(
        &mut self,
        head: &[u8],
        body: &Body,
        noise: &Bytes,
        listener: &mut impl Listen,
    ) -> Result<bool, Failure> {
        let was_used = std::mem::replace(&mut self.is_used, false);
        let stale = |failure| if was_used { Failure::Stale } else { failure };
        self.stream.write_all(head).await.map_err(|e| stale(Failure::Io(e)))?;
        let mut is_whole = true;
        if let Body::Stream { head, size, tail } = body {
            is_whole = self.upload(head, listener).await? && self.noise(*size, noise, listener).await?;
            is_whole = is_whole && self.upload(tail, listener).await?;
        }
        let head = loop {
            match self.head()? {
                Some(head) if head.status >= 200 || head.status == 101 => break head,
                Some(_) => {}
                None => {
                    if self.fill().await.map_err(|e| stale(Failure::Io(e)))? == 0 {
                        return Err(stale(Failure::Cut));
                    }
                }
            }
        };
        listener.answered();
        let is_open = self.read(&head, listener).await?;
        if !(200..300).contains(&head.status) {
            return Err(Failure::Status(head.status));
        }
        self.is_used = is_open && is_whole && !head.closes;
        Ok(self.is_used)
    }

    /// `size` bytes of noise, in pieces; false when an answer came before its end.
    async fn noise(&self, size: u64, noise: &Bytes, listener: &mut impl Listen) -> Result<bool, Failure> {
        let mut left = size;
        while left > 0 {
            let piece = noise.len().min(PIECE).min(usize::try_from(left).unwrap_or(usize::MAX));
            if !self.upload(&noise[..piece], listener).await? {
                return Ok(false);
            }
            left -= piece as u64;
        }
        Ok(true)
    }

    /// Sends some of a body; false when an answer came before its end, which then is what counts.
    async fn upload(&self, mut bytes: &[u8], listener: &mut impl Listen) -> Result<bool, Failure> {
        while !bytes.is_empty() {
            let ready = self.stream.ready(Interest::READABLE | Interest::WRITABLE).await.map_err(Failure::Io)?;
            if ready.is_readable() {
                return Ok(false);
            }
            match self.stream.try_write(bytes) {
                Ok(count) => {
                    listener.sent(count);
                    bytes = &bytes[count..];
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(e) => return Err(Failure::Io(e)),
            }
        }
        Ok(true)
    }

    /// The head at the front of the buffer, if all of it is there; it is then used up.
    fn head(&mut self) -> Result<Option<Head>, Failure> {
        let mut fields = [httparse::EMPTY_HEADER; FIELDS];
        let mut response = httparse::Response::new(&mut fields);
        let parsed = response.parse(&self.buffer[self.from..self.to]).map_err(|_| Failure::Malformed)?;
        let httparse::Status::Complete(length) = parsed else { return Ok(None) };
        let mut head = Head {
            status: response.code.unwrap_or_default(),
            length: None,
            is_chunked: false,
            closes: response.version == Some(0),
        };
        for field in response.headers.iter() {
            let is = |name: &str| field.name.eq_ignore_ascii_case(name);
            if is("content-length") {
                head.length = std::str::from_utf8(field.value).ok().and_then(|value| value.trim().parse().ok());
            } else if is("transfer-encoding") {
                head.is_chunked = field.value.eq_ignore_ascii_case(b"chunked");
            } else if is("connection") {
                head.closes |= field.value.eq_ignore_ascii_case(b"close");
            }
        }
        self.from += length;
        Ok(Some(head))
    }

    /// Reads a body; whether the connection is still good behind it.
    async fn read(&mut self, head: &Head, listener: &mut impl Listen) -> Result<bool, Failure> {
        if matches!(head.status, 204 | 304) {
            return Ok(true);
        }
        let mut chunked = head.is_chunked.then(Chunked::new);
        let mut left = if head.is_chunked { u64::MAX } else { head.length.unwrap_or(u64::MAX) };
        let until_close = !head.is_chunked && head.length.is_none();
        while left > 0 {
            if self.from == self.to && self.fill().await.map_err(Failure::Io)? == 0 {
                return if until_close { Ok(false) } else { Err(Failure::Cut) };
            }
            let there = &self.buffer[self.from..self.to];
            let used = if let Some(chunked) = &mut chunked {
                let used = chunked.feed(there, |bytes| listener.came(bytes)).map_err(|_| Failure::Malformed)?;
                if chunked.is_over() {
                    left = 0;
                }
                used
            } else {
                let used = there.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                listener.came(&there[..used]);
                left -= used as u64;
                used
            };
            self.from += used;
        }
        Ok(!until_close)
    }

    /// Reads more behind what is there; 0 at the end of the connection.
    async fn fill(&mut self) -> io::Result<usize> {
        if self.from == self.to {
            (self.from, self.to) = (0, 0);
        } else if self.to == self.buffer.len() {
            if self.from == 0 && self.buffer.len() >= HEAD {
                return Err(io::Error::other("the answer's head is too long"));
            }
            self.buffer.copy_within(self.from..self.to, 0);
            (self.from, self.to) = (0, self.to - self.from);
            if self.to == self.buffer.len() {
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
        }
        let count = self.stream.read(&mut self.buffer[self.to..]).await?;
        self.to += count;
        Ok(count)
    }
}

// === impl Failure ===

impl Failure {
    /// A word for counting.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Stale => "stale connection".into(),
            Self::Io(e) => e.kind().to_string(),
            Self::Cut => "cut off".into(),
            Self::Malformed => "malformed".into(),
            Self::Status(status) => format!("status {status}"),
            Self::Timeout => "timeout".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[derive(Default)]
    struct Heard {
        sent: usize,
        body: Vec<u8>,
    }

    impl Listen for Heard {
        fn sent(&mut self, bytes: usize) {
            self.sent += bytes;
        }

        fn answered(&mut self) {}

        fn came(&mut self, bytes: &[u8]) {
            self.body.extend_from_slice(bytes);
        }
    }

    /// What the client makes of these bytes, said in answer to a request with a body of `size`.
    async fn told(answer: &'static [u8], size: u64) -> (Result<bool, String>, Heard) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut read = vec![0; 64];
            stream.read_exact(&mut read[..4]).await.unwrap();
            stream.write_all(answer).await.unwrap();
            stream.shutdown().await.unwrap();
            while stream.read(&mut read).await.is_ok_and(|count| count > 0) {}
        });
        let mut connection = Connection::open(address, 16).await.unwrap();
        let body = Body::Stream { head: Bytes::new(), size, tail: Bytes::new() };
        let mut heard = Heard::default();
        let noise = Bytes::from_static(&[7; 1000]);
        let result = connection.exchange(b"POST", &body, &noise, &mut heard).await.map_err(|e| e.name());
        drop(connection);
        server.await.unwrap();
        (result, heard)
    }

    #[tokio::test]
    async fn reads_every_framing() {
        let (result, heard) =
            told(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc", 0).await;
        assert_eq!((result, heard.body.as_slice()), (Ok(true), &b"abc"[..]));
        let (result, heard) =
            told(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", 0).await;
        assert_eq!((result, heard.body.as_slice()), (Ok(true), &b"abc"[..]));
        let (result, heard) = told(b"HTTP/1.1 200 OK\r\n\r\nabc", 0).await;
        assert_eq!((result, heard.body.as_slice()), (Ok(false), &b"abc"[..]));
        let (result, _) = told(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", 0).await;
        assert_eq!(result, Ok(false));
    }

    #[tokio::test]
    async fn says_how_it_failed() {
        assert_eq!(told(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc", 0).await.0, Err("cut off".into()));
        assert_eq!(told(b"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n", 0).await.0, Err("status 503".into()));
        assert_eq!(told(b"220 smtp\r\n", 0).await.0, Err("malformed".into()));
    }

    #[tokio::test]
    async fn an_early_answer_ends_an_upload() {
        let (result, heard) = told(b"HTTP/1.1 413 No\r\ncontent-length: 0\r\n\r\n", 1 << 40).await;
        assert_eq!(result, Err("status 413".into()));
        assert!(heard.sent < 1 << 30);
    }
}
