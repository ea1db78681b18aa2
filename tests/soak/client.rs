//! A client that knows as much HTTP as a soak needs, and never panics over what comes: that is the load's to judge.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};

use crate::narrow;

pub(crate) struct Client(BufReader<TcpStream>);

/// An answer, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// How a body is framed.
enum Framing {
    Length(usize),
    Chunked,
    Close,
}

// === impl Client ===

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// As [`connect`](Self::connect), on a socket that holds little.
    pub(crate) async fn narrow(address: SocketAddr) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        narrow(&socket);
        Ok(Self(BufReader::new(socket.connect(address).await?)))
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.get_mut().write_all(bytes).await
    }

    /// A whole answer; anything less is an error.
    pub(crate) async fn answer(&mut self) -> io::Result<Answer> {
        let (status, framing) = self.head().await?;
        let mut body = Vec::new();
        match framing {
            Framing::Length(length) => {
                body.resize(length, 0);
                self.0.read_exact(&mut body).await?;
            }
            Framing::Chunked => while self.chunk(&mut body).await? {},
            Framing::Close => {
                self.0.read_to_end(&mut body).await?;
            }
        }
        Ok(Answer { status, body })
    }

    /// The answer's head and the first byte of its body, for those who leave then.
    pub(crate) async fn beginning(&mut self) -> io::Result<u16> {
        let (status, _) = self.head().await?;
        self.0.fill_buf().await?;
        Ok(status)
    }

    /// The status of a head alone.
    pub(crate) async fn status(&mut self) -> io::Result<u16> {
        Ok(self.head().await?.0)
    }

    pub(crate) async fn exactly(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        self.0.read_exact(bytes).await.map(drop)
    }

    /// Everything until the other side ends, which may be with a reset.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let _ = self.0.read_to_end(&mut rest).await;
        rest
    }

    /// Ends the sending side.
    pub(crate) async fn finish(&mut self) -> io::Result<()> {
        self.0.get_mut().shutdown().await
    }

    /// Ends with a reset.
    pub(crate) fn reset(self) {
        let _ = socket2::SockRef::from(self.0.get_ref()).set_linger(Some(Duration::ZERO));
    }

    async fn head(&mut self) -> io::Result<(u16, Framing)> {
        let line = self.line().await?;
        let status = line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
        let status = status.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("no status: {line}")))?;
        let mut framing = if matches!(status, 101 | 204 | 304) { Framing::Length(0) } else { Framing::Close };
        loop {
            let line = self.line().await?.to_ascii_lowercase();
            match line.split_once(':') {
                None => return Ok((status, framing)),
                Some(("content-length", length)) => framing = Framing::Length(number(length.trim(), 10)?),
                Some(("transfer-encoding", _)) => framing = Framing::Chunked,
                Some(_) => {}
            }
        }
    }

    /// Adds a chunk to `body`; false at the last.
    async fn chunk(&mut self, body: &mut Vec<u8>) -> io::Result<bool> {
        let size = number(&self.line().await?, 16)?;
        if size == 0 {
            while !self.line().await?.is_empty() {}
            return Ok(false);
        }
        let from = body.len();
        body.resize(from + size, 0);
        self.0.read_exact(&mut body[from..]).await?;
        self.line().await?;
        Ok(true)
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.0.read_line(&mut line).await?;
        match line.strip_suffix("\r\n") {
            Some(line) => Ok(line.to_owned()),
            None if line.is_empty() => Err(io::ErrorKind::UnexpectedEof.into()),
            None => Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("half a line: {line}"))),
        }
    }
}

fn number(digits: &str, radix: u32) -> io::Result<usize> {
    usize::from_str_radix(digits, radix).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
}
