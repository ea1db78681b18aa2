//! Bytes on their way into a socket: some of our own, then a piece of body that is not copied, then its line end.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::AsyncWrite;

/// A small piece of body is copied behind what stands before it: cheaper than a second slice for the kernel.
const COPY_LIMIT: usize = 4 * 1024;
/// What an idle connection may keep of its buffer.
const KEEP_LIMIT: usize = 8 * 1024;

/// What has to be written next.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    own: Vec<u8>,
    /// How much of `own` has gone.
    gone: usize,
    data: Bytes,
    tail: &'static [u8],
    /// Bytes written on this connection.
    written: u64,
}

// === impl Outgoing ===

impl Outgoing {
    /// Where the next bytes of our own go. Only while no data waits.
    pub(crate) fn own(&mut self) -> &mut Vec<u8> {
        debug_assert!(self.data.is_empty() && self.tail.is_empty(), "what comes behind data would overtake it");
        &mut self.own
    }

    /// Puts a piece of body behind them, and behind that its line end.
    pub(crate) fn push(&mut self, data: Bytes, tail: &'static [u8]) {
        debug_assert!(self.data.is_empty() && self.tail.is_empty(), "one piece at a time");
        if self.own.is_empty() || data.len() > COPY_LIMIT {
            (self.data, self.tail) = (data, tail);
        } else {
            self.own.extend_from_slice(&data);
            self.own.extend_from_slice(tail);
        }
    }

    /// Whether all has gone.
    pub(crate) fn is_empty(&self) -> bool {
        self.own.is_empty() && self.data.is_empty() && self.tail.is_empty()
    }

    /// Bytes written on this connection so far.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Forgets what has not gone; with it goes what a connection does not need while it is idle.
    pub(crate) fn clear(&mut self) {
        self.own.clear();
        self.own.shrink_to(KEEP_LIMIT);
        (self.gone, self.data, self.tail) = (0, Bytes::new(), b"");
    }

    /// Writes until all has gone.
    pub(crate) fn poll_flush<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while !self.is_empty() {
            let stream = Pin::new(&mut *stream);
            let own = &self.own[self.gone..];
            let count = if self.data.is_empty() && self.tail.is_empty() {
                ready!(stream.poll_write(cx, own))?
            } else {
                let slices = [IoSlice::new(own), IoSlice::new(&self.data), IoSlice::new(self.tail)];
                let first = usize::from(own.is_empty());
                let end = if self.tail.is_empty() { 2 } else { 3 };
                ready!(stream.poll_write_vectored(cx, &slices[first..end]))?
            };
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.advance(count);
        }
        // What TLS accepted it may still hold; a bare socket holds nothing.
        Pin::new(stream).poll_flush(cx)
    }

    fn advance(&mut self, mut count: usize) {
        self.written += count as u64;
        let own = count.min(self.own.len() - self.gone);
        self.gone += own;
        count -= own;
        if self.gone == self.own.len() {
            self.own.clear();
            self.gone = 0;
        }
        let data = count.min(self.data.len());
        self.data.advance(data);
        self.tail = &self.tail[count - data..];
        if self.data.is_empty() {
            // An empty slice would keep its whole buffer alive.
            self.data = Bytes::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    /// Takes a few bytes at a time.
    struct Narrow(Vec<u8>, usize);

    impl AsyncWrite for Narrow {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
            let count = buf.len().min(self.1);
            self.0.extend_from_slice(&buf[..count]);
            Poll::Ready(Ok(count))
        }

        fn poll_write_vectored(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bufs: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            let all = bufs.iter().flat_map(|buf| buf.iter().copied()).collect::<Vec<_>>();
            let count = all.len().min(self.1);
            self.0.extend_from_slice(&all[..count]);
            Poll::Ready(Ok(count))
        }

        fn is_write_vectored(&self) -> bool {
            true
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn all_goes_in_order_however_little_the_socket_takes() {
        for size in [0, 10, COPY_LIMIT, COPY_LIMIT + 1] {
            for width in [1, 2, 3, 7, 4096, 100_000] {
                for own in ["head ", ""] {
                    let data = "x".repeat(size);
                    let mut outgoing = Outgoing::default();
                    outgoing.own().extend_from_slice(own.as_bytes());
                    outgoing.push(Bytes::from(data.clone()), b"\r\n");
                    let mut sink = Narrow(Vec::new(), width);
                    let flushed = outgoing.poll_flush(&mut sink, &mut Context::from_waker(Waker::noop()));
                    assert!(matches!(flushed, Poll::Ready(Ok(()))));
                    assert_eq!(sink.0, format!("{own}{data}\r\n").into_bytes());
                    assert!(outgoing.is_empty());
                    assert_eq!(outgoing.written(), sink.0.len() as u64);
                }
            }
        }
    }
}
