//! Big answers that pass inside the kernel: out of the upstream's socket into a pipe, out of the pipe into the client's.
//!
//! Only what nobody has to look at passes so: a body of known length, between two bare sockets, with nothing read ahead.
//! This moves what is there and judges nothing. Where there is nothing to move, because the upstream sent nothing, ended,
//! or failed, the body is asked for a frame as ever and says so in its own way: deadlines, cuts and ends have one place.
//!
//! A pipe is filled only when it is empty: otherwise "it would block" could mean the pipe as well as the socket, and
//! tokio would wait for a socket that has long been readable.

mod pipe;

use std::io;
use std::task::{Context, Poll, ready};

use tokio::io::Interest;
use tokio::net::TcpStream;

use self::pipe::{PIPES, Pipe};
use super::Connection;
use crate::proxy::ResponseBody;

/// Less than this is copied: it costs fewer system calls.
const LEAST: u64 = 64 * 1024;

/// The splicing side of one client's connection. Has a pipe only while bytes flow.
#[derive(Debug, Default)]
pub(super) struct Splice(Option<Pipe>);

// === impl Connection ===

impl Connection {
    /// Has the kernel move some of a body of which `left` bytes are to come, behind everything that is up for writing.
    /// `None` where that cannot be, or where there is nothing to move: asked for a frame, the body tells why.
    pub(super) fn splice(&mut self, body: &mut ResponseBody, left: u64) -> Option<u64> {
        let splice = self.splice.as_mut()?;
        let (upstream, _) = body.bare().filter(|&(_, bare)| bare == left)?;
        let count = splice.take(upstream, left)?;
        body.passed(count);
        Some(count)
    }

    /// Writes what the kernel has of a body.
    pub(super) fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match (&mut self.splice, self.stream.as_tcp()) {
            (Some(splice), Some(client)) => splice.poll_drain(client, cx),
            _ => Poll::Ready(Ok(())),
        }
    }
}

// === impl Splice ===

impl Splice {
    /// Takes what `upstream` has of the next `left` bytes, but not more than fits. `None` if nothing was taken.
    pub(super) fn take(&mut self, upstream: &TcpStream, left: u64) -> Option<u64> {
        debug_assert!(self.0.as_ref().is_none_or(Pipe::is_empty), "what is taken now would overtake it");
        if left < LEAST {
            self.0 = None;
            return None;
        }
        let taken = upstream.try_io(Interest::READABLE, || {
            let pipe = match &mut self.0 {
                Some(pipe) => pipe,
                none => none.insert(Pipe::lend(&PIPES).ok_or(io::ErrorKind::QuotaExceeded)?),
            };
            pipe.fill(upstream, left)
        });
        match taken {
            Ok(count) if count > 0 => Some(count as u64),
            // Who waits does so without a pipe.
            Ok(_) | Err(_) => {
                self.0 = None;
                None
            }
        }
    }

    /// Gives the client what was taken; ready when it has all of it.
    pub(super) fn poll_drain(&mut self, client: &TcpStream, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(pipe) = self.0.as_mut().filter(|pipe| !pipe.is_empty()) {
            ready!(client.poll_write_ready(cx))?;
            match client.try_io(Interest::WRITABLE, || pipe.drain(client)) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Err(e) if e.kind() != io::ErrorKind::WouldBlock => return Poll::Ready(Err(e)),
                Ok(_) | Err(_) => {}
            }
        }
        Poll::Ready(Ok(()))
    }

    /// The answer is over.
    pub(super) fn rest(&mut self) {
        self.0 = None;
    }
}
