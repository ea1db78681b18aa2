//! Pipes, lent for as long as bytes are in them; all connections together have no more than a fixed number.

use std::io;
use std::os::fd::OwnedFd;

use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice};
use tokio::net::TcpStream;

use crate::h1::Stock;

/// What a pipe is to hold: twice a large frame, for fewer system calls; to move it takes less than 100 µs.
const SIZE: usize = 512 * 1024;
/// How many there are at most, two descriptors each: together they hold what the kernel lets an ordinary user's pipes have
/// (64 MiB, `pipe-user-pages-soft`).
const MOST: usize = 128;
/// How many wait for their next use instead of being closed.
const KEPT: usize = 32;

/// Those of the process.
pub(super) static PIPES: Pipes = Pipes::new(MOST, KEPT);

/// A number of pipes.
pub(super) type Pipes = Stock<Ends>;

/// The two ends of one.
#[derive(Debug)]
pub(super) struct Ends {
    reading: OwnedFd,
    writing: OwnedFd,
}

/// A pipe that is lent. Dropped empty it goes back; with bytes in it, which are nobody's, it is closed.
#[derive(Debug)]
pub(super) struct Pipe {
    ends: Option<Ends>,
    held: usize,
    home: &'static Pipes,
}

// === impl Ends ===

impl Ends {
    fn open() -> io::Result<Self> {
        let (reading, writing) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        // A user who has many gets no larger one; it works with any size.
        let _ = fcntl_setpipe_size(&writing, SIZE);
        Ok(Self { reading, writing })
    }
}

// === impl Pipe ===

impl Pipe {
    /// An empty pipe, if there is one left and the kernel has another.
    pub(super) fn lend(home: &'static Pipes) -> Option<Self> {
        let ends = home.lend(|| Ends::open().ok())?;
        Some(Self { ends: Some(ends), held: 0, home })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// Takes what the socket has, but not more than `left` bytes, nor than fit. 0 is the socket's end.
    pub(super) fn fill(&mut self, from: &TcpStream, left: u64) -> io::Result<usize> {
        debug_assert!(self.is_empty(), "it could not be known who would block");
        let most = usize::try_from(left).map_or(SIZE, |left| left.min(SIZE));
        let ends = self.ends.as_ref().ok_or(io::ErrorKind::NotConnected)?;
        self.held = splice(from, None, &ends.writing, None, most, SpliceFlags::NONBLOCK)?;
        Ok(self.held)
    }

    /// Gives the socket as much as it takes.
    pub(super) fn drain(&mut self, to: &TcpStream) -> io::Result<usize> {
        let ends = self.ends.as_ref().ok_or(io::ErrorKind::NotConnected)?;
        let count = splice(&ends.reading, None, to, None, self.held, SpliceFlags::NONBLOCK)?;
        self.held -= count;
        Ok(count)
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.home.take_back(self.ends.take().filter(|_| self.held == 0));
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_pipe_with_bytes_in_it_is_never_lent_again() {
        static PIPES: Pipes = Pipes::new(2, 2);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        peer.write_all(b"nobody's").await.unwrap();
        stream.readable().await.unwrap();

        let (mut dirty, clean) = (Pipe::lend(&PIPES).unwrap(), Pipe::lend(&PIPES).unwrap());
        assert!(Pipe::lend(&PIPES).is_none());
        assert_eq!(dirty.fill(&stream, 6).unwrap(), 6);
        drop((dirty, clean));
        assert_eq!(PIPES.count(), (0, 1));
    }
}
