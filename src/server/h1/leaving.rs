//! Whether a client has left, seen without reading what it sent before (contract: http-proxy, L5).
//!
//! A connection that is read tells its end by itself. One that is not, because the upstream takes no more of the
//! request or because too much is pipelined behind it, is asked about once a second. A reset is an end whatever came
//! before. A client that closed its direction behind its whole request has left too (E7), but only once that request is
//! read: the upstream is to have it. Behind a part of a request it has left at once, for the rest cannot come any more.
//! Nothing follows such an end, so what waits in the kernel is all there will ever be.

use std::pin::pin;
use std::task::{Context, Poll};

use tokio::io::{Interest, ReadBuf};
use tokio::net::TcpStream;

use super::{Connection, HOLD_LIMIT};
use crate::h1::Input;
use crate::transport::Transport;

/// The most that is looked at to find the end of a chunked body.
const PEEK_LIMIT: usize = 8 * 1024 * 1024;
/// The most that a TLS session holds of what it has read.
const SESSION: u64 = 64 * 1024;

impl Connection {
    /// Whether nothing of the client is read now, so that its end has to be looked for.
    pub(in crate::server) fn is_deaf(&self) -> bool {
        !self.input.is_done() || self.input.bytes.len() >= HOLD_LIMIT
    }

    /// Whether the client has left, as far as that shows without reading what it sent before.
    pub(in crate::server) fn has_left(&mut self, cx: &mut Context<'_>) -> bool {
        let tcp = self.stream.tcp();
        if is_reset(tcp) {
            return true;
        }
        if !has_finished(tcp, cx) {
            return false;
        }
        if self.input.is_done() {
            return true;
        }
        if self.giver.is_none() {
            // Nobody waits for the rest: it is being told why.
            return false;
        }
        if self.is_complete.is_none() {
            self.is_complete = completes(&self.stream, &self.input, cx);
        }
        self.is_complete == Some(false)
    }
}

/// Whether the connection was reset.
fn is_reset(tcp: &TcpStream) -> bool {
    !matches!(tcp.take_error(), Ok(None))
}

/// Whether the client has closed its direction, read to there or not. The kernel tells it with the last event; no
/// system call is made.
fn has_finished(tcp: &TcpStream, cx: &mut Context<'_>) -> bool {
    let ready = pin!(tcp.ready(Interest::READABLE)).poll(cx);
    matches!(ready, Poll::Ready(Ok(ready)) if ready.is_read_closed())
}

/// Whether what was read, and what waits in the kernel of a client that has finished, complete the request's body;
/// `None` if that cannot be known.
fn completes(stream: &Transport, input: &Input, cx: &mut Context<'_>) -> Option<bool> {
    let waiting = waiting(stream.tcp())?;
    if let Some(left) = input.remaining() {
        let session = if stream.is_tls() { SESSION } else { 0 };
        return Some(input.bytes.len() as u64 + waiting + session >= left);
    }
    let waiting = usize::try_from(waiting).ok().filter(|&waiting| waiting <= PEEK_LIMIT && !stream.is_tls())?;
    let mut bytes = vec![0; waiting];
    let mut peeked = ReadBuf::new(&mut bytes);
    if waiting > 0 && !matches!(stream.tcp().poll_peek(cx, &mut peeked), Poll::Ready(Ok(_))) {
        return None;
    }
    Some(input.would_end(peeked.filled()))
}

/// Whether the rest of a request's body was read already, or can be without waiting.
pub(super) fn is_at_hand(stream: &Transport, input: &Input) -> bool {
    input.remaining().is_some_and(|left| {
        let read = input.bytes.len() as u64;
        read >= left || (!stream.is_tls() && waiting(stream.tcp()).is_some_and(|waiting| read + waiting >= left))
    })
}

/// Bytes in the kernel.
fn waiting(tcp: &TcpStream) -> Option<u64> {
    rustix::io::ioctl_fionread(tcp).ok()
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::*;
    use crate::h1::Framing;

    /// The server's end of a connection whose client has sent `bytes` and closed, with nothing of it read.
    async fn finished(bytes: &[u8]) -> Transport {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        client.write_all(bytes).await.unwrap();
        assert!(!poll_fn(|cx| Poll::Ready(has_finished(&stream, cx))).await);
        drop(client);
        while !poll_fn(|cx| Poll::Ready(has_finished(&stream, cx))).await {
            tokio::task::yield_now().await;
        }
        stream.into()
    }

    async fn is_complete(framing: Framing, read: &'static [u8], waiting: &[u8]) -> Option<bool> {
        let stream = finished(waiting).await;
        let mut input = Input::new();
        input.begin(framing);
        input.bytes = read.into();
        poll_fn(|cx| Poll::Ready(completes(&stream, &input, cx))).await
    }

    #[tokio::test]
    async fn a_client_that_closes_behind_a_part_of_its_request_has_left() {
        assert_eq!(is_complete(Framing::Length(9), b"abcd", b"efgh").await, Some(false));
        assert_eq!(is_complete(Framing::Length(9), b"abcd", b"efghi").await, Some(true));
        assert_eq!(is_complete(Framing::Length(9), b"abcd", b"").await, Some(false));
        assert_eq!(is_complete(Framing::Chunked, b"4\r\na", b"bcd\r\n0\r\n\r").await, Some(false));
        assert_eq!(is_complete(Framing::Chunked, b"4\r\na", b"bcd\r\n0\r\n\r\n").await, Some(true));
        assert_eq!(is_complete(Framing::Chunked, b"4\r\na", b"bcd\r\nx").await, Some(false));
    }

    #[tokio::test]
    async fn only_what_can_be_read_without_waiting_is_at_hand() {
        let stream = finished(b"abc").await;
        let mut input = Input::new();
        for (framing, at_hand) in [(Framing::Length(3), true), (Framing::Length(4), false), (Framing::Chunked, false)] {
            input.begin(framing);
            assert_eq!(is_at_hand(&stream, &input), at_hand, "{framing:?}");
        }
    }
}
