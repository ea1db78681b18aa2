//! A client's body as HTTP/2 carries it.
//!
//! A window is given back with each frame that is taken: what the upstream does not take, the client cannot send. Only
//! `END_STREAM` ends a body; every reset breaks it off, whatever its code (hyper takes `NO_ERROR` for an end, and would
//! turn half an upload into a whole one).

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::RecvStream;
use http_body::{Frame, SizeHint};

/// The body of one stream.
#[derive(Debug)]
pub struct Streamed {
    stream: RecvStream,
    /// Bytes still to come, if their number is known.
    left: Option<u64>,
    /// The last piece of an announced length, until `END_STREAM` says that it is.
    held: Option<Bytes>,
    has_ended: bool,
}

// === impl Streamed ===

impl Streamed {
    /// Of this length, if one was announced.
    pub fn new(stream: RecvStream, length: Option<u64>) -> Self {
        Self { stream, left: length, held: None, has_ended: false }
    }

    /// The next frame. More or fewer bytes than announced are an error of the stream (RFC 9113, section 8.1.1): the
    /// last piece waits for the end, or else the upstream had a whole request before that is known.
    pub fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        loop {
            if self.has_ended {
                return Poll::Ready(None);
            }
            match ready!(self.stream.poll_data(cx)) {
                Some(Ok(data)) => {
                    // Fails for a stream that is gone, which the next poll tells.
                    let _ = self.stream.flow_control().release_capacity(data.len());
                    if data.is_empty() {
                        continue;
                    }
                    self.left = self.left.map(|left| left.saturating_sub(data.len() as u64));
                    if self.left != Some(0) || self.stream.is_end_stream() {
                        return Poll::Ready(Some(Ok(Frame::data(data))));
                    }
                    self.held = Some(data);
                }
                Some(Err(e)) => return Poll::Ready(Some(Err(e))),
                None if self.held.is_some() => {
                    // A length was announced: nobody takes trailers.
                    self.has_ended = true;
                    return Poll::Ready(self.held.take().map(|data| Ok(Frame::data(data))));
                }
                None => {
                    let trailers = ready!(self.stream.poll_trailers(cx))?;
                    self.has_ended = true;
                    return Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))));
                }
            }
        }
    }

    /// Whether nothing is to come.
    pub fn is_end_stream(&self) -> bool {
        self.has_ended || self.held.is_none() && self.stream.is_end_stream()
    }

    /// How much is to come.
    pub fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
