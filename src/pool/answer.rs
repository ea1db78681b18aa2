//! The body of an upstream's answer, and the connection that it comes on.

use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::PooledConn;
use super::conn::{Cause, Conn, LeanError};

/// The body of an answer. Dropping it before its end closes the connection.
#[derive(Debug)]
pub struct Answer(State);

#[derive(Debug)]
enum State {
    /// Our own connection gives the frames itself.
    Lean(PooledConn),
    /// hyper's body, and the connection that must outlive it.
    Hyper(Incoming, PooledConn),
    /// hyper's connection, behind a body that has shown its end: of one in chunks hyper does not say so itself.
    Over(PooledConn),
    /// hyper's body on a connection that is not the pool's, and driven until the body is over or dropped.
    Apart(Incoming),
    /// The connection was taken out, the body being over.
    Taken,
    /// The body broke off, or was closed.
    Broken,
}

// === impl Answer ===

impl Answer {
    /// The answer on `conn`; hyper's has a body of its own.
    pub fn new(incoming: Option<Incoming>, conn: PooledConn) -> Self {
        Self(match incoming {
            Some(incoming) => State::Hyper(incoming, conn),
            None => State::Lean(conn),
        })
    }

    /// The connection, once the body is over: to be checked in, if nothing else speaks against it.
    pub fn take_conn(&mut self) -> Option<PooledConn> {
        if !self.is_end_stream() {
            return None;
        }
        match std::mem::replace(&mut self.0, State::Taken) {
            State::Lean(conn) | State::Hyper(_, conn) | State::Over(conn) => Some(conn),
            State::Apart(_) | State::Taken | State::Broken => None,
        }
    }

    /// All of the body, if it is not longer than `most`, in which case the connection goes back. For the answers that
    /// viaduct reads itself.
    pub async fn collect(mut self, most: usize) -> Result<Bytes, Box<dyn StdError + Send + Sync>> {
        let body = Limited::new(&mut self, most).collect().await?.to_bytes();
        if let Some(conn) = self.take_conn() {
            conn.check_in(Instant::now());
        }
        Ok(body)
    }

    /// Has the kernel keep so many bytes of it that nobody has read yet; a few system calls. Only on a connection of our
    /// own, and not while its upload goes on.
    pub fn reserve(&mut self, bytes: usize) {
        if let State::Lean(conn) = &mut self.0 {
            conn.reserve(bytes);
        }
    }

    /// The socket, if its next so many bytes are the body as they are, for whoever moves them without looking.
    pub fn bare(&self) -> Option<(&TcpStream, u64)> {
        match &self.0 {
            State::Lean(PooledConn { conn: Conn::Lean(lean), .. }) => lean.bare(),
            _ => None,
        }
    }

    /// So many of those were moved.
    pub fn passed(&mut self, count: u64) {
        if let State::Lean(PooledConn { conn: Conn::Lean(lean), .. }) = &mut self.0 {
            lean.passed(count);
        }
    }

    /// All of it, to go on elsewhere.
    #[must_use]
    pub fn take(&mut self) -> Self {
        Self(std::mem::replace(&mut self.0, State::Broken))
    }

    /// Nothing more comes.
    fn note_end(&mut self) {
        self.0 = match std::mem::replace(&mut self.0, State::Taken) {
            State::Hyper(_, conn) => State::Over(conn),
            other => other,
        };
    }

    /// Closes the connection, whatever was still to come.
    pub fn close(&mut self) {
        self.0 = State::Broken;
    }
}

/// The answer of a connection that somebody else drives.
impl From<Incoming> for Answer {
    fn from(incoming: Incoming) -> Self {
        Self(State::Apart(incoming))
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Cause;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cause>>> {
        let this = self.get_mut();
        let polled = match &mut this.0 {
            State::Lean(conn) => match &mut conn.conn {
                Conn::Lean(lean) => lean.poll_frame(cx).map_err(|e| Cause::Lean(LeanError(e))),
                Conn::Hyper(_) => Poll::Ready(Some(Err(Cause::Over))),
            },
            State::Hyper(incoming, _) | State::Apart(incoming) => {
                Pin::new(incoming).poll_frame(cx).map_err(Cause::Driven)
            }
            State::Over(_) | State::Taken => Poll::Ready(None),
            State::Broken => Poll::Ready(Some(Err(Cause::Over))),
        };
        match &polled {
            Poll::Ready(Some(Err(_))) => this.close(),
            Poll::Ready(Some(Ok(frame))) if frame.is_trailers() => this.note_end(),
            Poll::Ready(None) => this.note_end(),
            _ => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            State::Lean(conn) => matches!(&conn.conn, Conn::Lean(lean) if lean.is_end_stream()),
            State::Hyper(incoming, _) | State::Apart(incoming) => incoming.is_end_stream(),
            State::Over(_) | State::Taken => true,
            State::Broken => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            State::Lean(conn) => match &conn.conn {
                Conn::Lean(lean) => lean.size_hint(),
                Conn::Hyper(_) => SizeHint::default(),
            },
            State::Hyper(incoming, _) | State::Apart(incoming) => incoming.size_hint(),
            State::Over(_) | State::Taken => SizeHint::with_exact(0),
            State::Broken => SizeHint::default(),
        }
    }
}
