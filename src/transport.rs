//! What carries HTTP on either side: a TCP connection, bare or under TLS.
//!
//! A bare one costs one branch more than the socket itself. Under TLS two things differ from a socket, and both are
//! settled here. A write is *accepted* when the session has it: an error of the socket is told by the next call, so
//! that nobody takes bytes that may have gone for bytes that have not. And what was accepted may still wait here, so
//! whoever has written must flush.

use std::io::{self, IoSlice, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::coop;
use tokio_rustls::{TlsStream, client, server};

/// A connection to a client or to an upstream.
#[derive(Debug)]
pub enum Transport {
    /// TCP alone.
    Plain(TcpStream),
    /// TLS over TCP, its handshake done.
    Tls(Box<TlsStream<TcpStream>>),
}

// === impl Transport ===

impl Transport {
    /// The socket under it: for its addresses and options, never for its bytes.
    pub fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref().0,
        }
    }

    /// The socket, if its bytes are what is sent and received.
    pub fn as_tcp(&self) -> Option<&TcpStream> {
        match self {
            Self::Plain(tcp) => Some(tcp),
            Self::Tls(_) => None,
        }
    }

    /// Whether nobody between the two ends reads along.
    pub fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// Whether the handshake settled on HTTP/2.
    pub fn is_h2(&self) -> bool {
        matches!(self, Self::Tls(tls) if tls.get_ref().1.alpn_protocol() == Some(b"h2"))
    }

    /// Whether the peer has left an idle connection alone: nothing came, no end, no error. Under TLS a record that
    /// only concerns the session, such as a ticket, is nothing. What else there is may be lost: the connection can only
    /// be dropped then.
    ///
    /// Costs a system call only after an event that told of something: no waker is left behind, and the budget of the
    /// task that asks is not touched, for a budget that is used up looks like a socket that is silent.
    pub fn is_quiet(&mut self) -> bool {
        if let Self::Plain(tcp) = self
            && tcp.try_io(Interest::READABLE, || Ok(())).is_err()
        {
            // Nothing was told of it: neither a lock nor a waker is needed to see that.
            return true;
        }
        let mut asked = coop::unconstrained(std::future::poll_fn(|cx| {
            let mut byte = [0];
            let mut buf = ReadBuf::new(&mut byte);
            Poll::Ready(match self {
                Self::Plain(tcp) => tcp.poll_read_ready(cx).is_pending() || tcp.poll_peek(cx, &mut buf).is_pending(),
                Self::Tls(tls) => Pin::new(&mut **tls).poll_read(cx, &mut buf).is_pending(),
            })
        }));
        let asked = Pin::new(&mut asked).poll(&mut Context::from_waker(Waker::noop()));
        matches!(asked, Poll::Ready(true))
    }
}

impl From<TcpStream> for Transport {
    fn from(tcp: TcpStream) -> Self {
        Self::Plain(tcp)
    }
}

impl From<server::TlsStream<TcpStream>> for Transport {
    fn from(tls: server::TlsStream<TcpStream>) -> Self {
        Self::Tls(Box::new(tls.into()))
    }
}

impl From<client::TlsStream<TcpStream>> for Transport {
    fn from(tls: client::TlsStream<TcpStream>) -> Self {
        Self::Tls(Box::new(tls.into()))
    }
}

/// For socket options.
impl AsFd for Transport {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.tcp().as_fd()
    }
}

impl AsyncRead for Transport {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Tls(tls) => poll_read_records(tls, cx, buf),
        }
    }
}

/// Takes as many records as there are and fit: one read of rustls gives one, 16 KiB at most.
fn poll_read_records(
    tls: &mut TlsStream<TcpStream>,
    cx: &mut Context<'_>,
    buf: &mut ReadBuf<'_>,
) -> Poll<io::Result<()>> {
    let mut before = buf.filled().len();
    ready!(Pin::new(&mut *tls).poll_read(cx, buf))?;
    while buf.filled().len() > before && buf.remaining() > 0 {
        before = buf.filled().len();
        // An end or an error shows again at the next read.
        if !matches!(Pin::new(&mut *tls).poll_read(cx, buf), Poll::Ready(Ok(()))) {
            break;
        }
    }
    Poll::Ready(Ok(()))
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Self::Tls(tls) => poll_write_records(tls, cx, &[IoSlice::new(buf)]),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write_vectored(cx, bufs),
            Self::Tls(tls) => poll_write_records(tls, cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(tls) => Pin::new(&mut **tls).poll_flush(cx),
        }
    }

    /// Under TLS the peer is told that this is the end, and not a cut.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(&mut **tls).poll_shutdown(cx),
        }
    }
}

/// tokio-rustls would tell of an error at once, and not how much it had accepted before.
fn poll_write_records(
    tls: &mut TlsStream<TcpStream>,
    cx: &mut Context<'_>,
    bufs: &[IoSlice<'_>],
) -> Poll<io::Result<usize>> {
    ready!(Pin::new(&mut *tls).poll_flush(cx))?;
    let accepted = match tls {
        TlsStream::Client(tls) => tls.get_mut().1.writer().write_vectored(bufs),
        TlsStream::Server(tls) => tls.get_mut().1.writer().write_vectored(bufs),
    }?;
    // What this says, the next write or flush says again.
    let _ = Pin::new(tls).poll_flush(cx);
    Poll::Ready(Ok(accepted))
}
