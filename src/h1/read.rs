//! Reads from a socket into memory that is shared as long as little comes, and handed on as it is when much does.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, ReadBuf};

use super::few;
use super::slab::{self, SLABS, Slab, Slabs};

/// What a thread reads small things into. What came is then copied, exactly as long as it is.
const SCRATCH: usize = 64 * 1024;
/// The same for a big body, when too many big bodies are stuck: it takes turns more often, and costs less while it waits.
const MODEST: usize = 32 * 1024;
/// A read of a big body that gives less than this is copied: it does not keep a large buffer from others.
const COPIED: usize = 16 * 1024;
/// A read that gives less than this ends the big reads.
const SMALL: usize = 8 * 1024;

thread_local! {
    static THREADS: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH].into());
}

/// The reading side of one connection. Holds no memory: what it reads into is lent for the one read.
#[derive(Debug)]
pub(crate) struct Reader {
    slabs: &'static Slabs,
    is_big: bool,
    /// Bytes read on this connection.
    read: u64,
}

// === impl Reader ===

impl Default for Reader {
    fn default() -> Self {
        Self::new(&SLABS)
    }
}

impl Reader {
    fn new(slabs: &'static Slabs) -> Self {
        Self { slabs, is_big: false, read: 0 }
    }

    /// Bytes read on this connection so far.
    pub(crate) fn read(&self) -> u64 {
        self.read
    }

    /// The body is over: what comes next is small again.
    pub(crate) fn rest(&mut self) {
        self.is_big = false;
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
            ready!(self.poll_big(stream, cx, expected.unwrap_or(slab::SIZE).min(slab::SIZE)))?
        } else {
            let bytes = ready!(poll_scratch(stream, cx, SCRATCH))?;
            // More waits, most likely.
            self.is_big = bytes.len() == SCRATCH;
            bytes
        };
        self.read += bytes.len() as u64;
        Poll::Ready(Ok(bytes))
    }

    /// While it is pending it has no buffer: it is lent one when there is something to read, if there is one.
    fn poll_big<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
        most: usize,
    ) -> Poll<io::Result<Bytes>> {
        let bytes = match Slab::lend(self.slabs) {
            Some(mut slab) => {
                let mut buf = ReadBuf::new(&mut slab.memory()[..most]);
                ready!(Pin::new(stream).poll_read(cx, &mut buf))?;
                match buf.filled() {
                    few if few.len() < COPIED => Bytes::copy_from_slice(few),
                    many => {
                        let count = many.len();
                        Bytes::from_owner(slab.filled(count))
                    }
                }
            }
            None => ready!(poll_scratch(stream, cx, most.min(MODEST)))?,
        };
        self.is_big = bytes.len() >= SMALL;
        Poll::Ready(Ok(bytes))
    }
}

/// Reads into the thread's memory.
fn poll_scratch<S: AsyncRead + Unpin>(stream: &mut S, cx: &mut Context<'_>, most: usize) -> Poll<io::Result<Bytes>> {
    THREADS.with_borrow_mut(|scratch| {
        let mut buf = ReadBuf::new(&mut scratch[..most]);
        ready!(Pin::new(stream).poll_read(cx, &mut buf))?;
        Poll::Ready(Ok(few::copy(buf.filled())))
    })
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use tokio::io::AsyncWriteExt;

    use super::*;

    const MUCH: u64 = 1 << 40;

    fn read(reader: &mut Reader, stream: &mut (impl AsyncRead + Unpin), expected: Option<u64>) -> Poll<Bytes> {
        let polled = reader.poll_read(stream, &mut Context::from_waker(Waker::noop()), expected);
        polled.map(|read| read.expect("it can be read"))
    }

    fn count(polled: Poll<Bytes>) -> Option<usize> {
        match polled {
            Poll::Ready(bytes) => Some(bytes.len()),
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_big_body_comes_in_large_pieces_as_long_as_there_are_buffers() {
        static SLABS: Slabs = Slabs::new(1, 1);
        let (mut stream, bytes) = (tokio::io::repeat(b'x'), Some(MUCH));
        let (mut stuck, mut other) = (Reader::new(&SLABS), Reader::new(&SLABS));
        let Poll::Ready(frame) = read(&mut stuck, &mut stream, bytes) else { panic!("there is something to read") };
        assert_eq!(frame.len(), slab::SIZE);
        assert_eq!(count(read(&mut other, &mut stream, bytes)), Some(MODEST));
        assert_eq!(count(read(&mut other, &mut stream, None)), Some(MODEST));
        drop(frame);
        assert_eq!(count(read(&mut other, &mut stream, bytes)), Some(slab::SIZE));
        assert_eq!(other.read(), (2 * MODEST + slab::SIZE) as u64);
    }

    #[test]
    fn no_buffer_is_kept_while_nothing_comes_or_for_little() {
        static SLABS: Slabs = Slabs::new(1, 1);
        let (mut stream, mut peer) = tokio::io::duplex(slab::SIZE);
        let (mut waiting, mut other) = (Reader::new(&SLABS), Reader::new(&SLABS));
        assert!(read(&mut waiting, &mut stream, Some(MUCH)).is_pending());
        let mut sent = std::pin::pin!(peer.write_all(&[0; COPIED - 1]));
        assert!(sent.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
        let few = read(&mut waiting, &mut stream, Some(MUCH));
        assert_eq!(count(read(&mut other, &mut tokio::io::repeat(0), Some(MUCH))), Some(slab::SIZE));
        assert_eq!(count(few), Some(COPIED - 1));
    }

    #[test]
    fn what_stands_behind_a_body_is_left_in_the_socket() {
        let (mut reader, mut stream) = (Reader::default(), tokio::io::repeat(0));
        assert_eq!(count(read(&mut reader, &mut stream, Some(SCRATCH as u64 + 1))), Some(SCRATCH + 1));
    }

    #[test]
    fn reads_grow_only_while_much_comes() {
        let (mut reader, mut stream) = (Reader::default(), tokio::io::repeat(0));
        assert_eq!(count(read(&mut reader, &mut stream, None)), Some(SCRATCH));
        assert_eq!(count(read(&mut reader, &mut stream, None)), Some(slab::SIZE));
        reader.rest();
        assert_eq!(count(read(&mut reader, &mut stream, None)), Some(SCRATCH));
        assert_eq!(count(read(&mut reader, &mut &[0; SMALL - 1][..], None)), Some(SMALL - 1));
        assert_eq!(count(read(&mut reader, &mut stream, None)), Some(SCRATCH));
    }
}
