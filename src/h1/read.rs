//! Reads from a socket into memory that is shared as long as little comes, and handed on as it is when much does.

use std::cell::RefCell;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

/// What a thread reads small things into. What came is then copied, exactly as long as it is.
const SCRATCH: usize = 64 * 1024;
/// What one read of a big body takes at most. The buffer goes on as the frame, without a copy.
const BIG: usize = 256 * 1024;
/// A read that gives less than this ends the big reads.
const SMALL: usize = 8 * 1024;

thread_local! {
    static THREADS: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH].into());
}

/// The reading side of one connection. Holds memory only while a big body passes.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    big: BytesMut,
    is_big: bool,
    /// Bytes read on this connection.
    read: u64,
}

// === impl Reader ===

impl Reader {
    /// Bytes read on this connection so far.
    pub(crate) fn read(&self) -> u64 {
        self.read
    }

    /// Gives back what only a big body needs.
    pub(crate) fn rest(&mut self) {
        *self = Self { read: self.read, ..Self::default() };
    }

    /// What the socket has, or nothing at its end. `expected` is how much is to come, if that is known.
    pub(crate) fn poll_read<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
        expected: Option<u64>,
    ) -> Poll<io::Result<Bytes>> {
        let expected = expected.map(|expected| usize::try_from(expected).unwrap_or(usize::MAX));
        let bytes = if self.is_big || expected.is_some_and(|expected| expected > SCRATCH) {
            ready!(self.poll_big(stream, cx, expected.unwrap_or(BIG).min(BIG)))?
        } else {
            ready!(self.poll_small(stream, cx))?
        };
        self.read += bytes.len() as u64;
        Poll::Ready(Ok(bytes))
    }

    fn poll_small<S: AsyncRead + Unpin>(&mut self, stream: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        THREADS.with_borrow_mut(|scratch| {
            let mut buf = ReadBuf::new(scratch);
            ready!(Pin::new(stream).poll_read(cx, &mut buf))?;
            // More waits, most likely.
            self.is_big = buf.remaining() == 0;
            Poll::Ready(Ok(Bytes::copy_from_slice(buf.filled())))
        })
    }

    fn poll_big<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
        most: usize,
    ) -> Poll<io::Result<Bytes>> {
        // Takes the same memory again if the frame that had it has gone. Dropping the future loses nothing.
        self.big.reserve(most);
        let count = ready!(pin!((&mut *stream).take(most as u64).read_buf(&mut self.big)).poll(cx))?;
        let bytes = self.big.split().freeze();
        self.is_big = count >= SMALL;
        if !self.is_big {
            self.big = BytesMut::new();
        }
        Poll::Ready(Ok(bytes))
    }
}
