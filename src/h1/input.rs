//! What was read of a message and not yet looked at, and the body that it belongs to.

use bytes::{Buf, Bytes, BytesMut};
use http::HeaderMap;

use super::decode::Decoder;
use super::error::Error;
use super::framing::Framing;

/// Chunks that came in one piece leave in one piece, up to this size.
const MERGE_LIMIT: usize = 16 * 1024;

/// The receiving side of one connection.
#[derive(Debug)]
pub(crate) struct Input {
    /// Read and not yet looked at.
    pub bytes: Bytes,
    decoder: Decoder,
    trailers: Option<HeaderMap>,
}

// === impl Input ===

impl Input {
    /// Nothing read, no body.
    pub(crate) fn new() -> Self {
        Self { bytes: Bytes::new(), decoder: Decoder::Done, trailers: None }
    }

    /// The first `end` bytes; all of them as they are, for a part of them would have to be counted.
    pub(crate) fn split_to(&mut self, end: usize) -> Bytes {
        if end == self.bytes.len() { std::mem::take(&mut self.bytes) } else { self.bytes.split_to(end) }
    }

    /// Takes the first `end` bytes off.
    pub(crate) fn skip(&mut self, end: usize) {
        if end == self.bytes.len() {
            // An empty slice would keep its whole buffer alive.
            self.bytes = Bytes::new();
        } else {
            self.bytes.advance(end);
        }
    }

    /// A body begins.
    pub(crate) fn begin(&mut self, framing: Framing) {
        self.decoder = Decoder::new(framing);
        self.trailers = None;
    }

    /// Whether the body is over.
    pub(crate) fn is_done(&self) -> bool {
        self.decoder.is_done()
    }

    /// How many bytes of the body are to come, if that is known.
    pub(crate) fn remaining(&self) -> Option<u64> {
        self.decoder.remaining()
    }

    /// How many bytes of the body the socket has as they are; `None` while some that were read wait here.
    pub(crate) fn bare(&self) -> Option<u64> {
        self.decoder.bare().filter(|_| self.bytes.is_empty())
    }

    /// So many of those passed unseen.
    pub(crate) fn passed(&mut self, count: u64) {
        self.decoder.passed(count);
    }

    /// Whether the body would be over with what was read and `more` behind it.
    pub(crate) fn would_end(&self, more: &[u8]) -> bool {
        let (mut decoder, mut trailers) = (self.decoder.clone(), None);
        for mut bytes in [&self.bytes[..], more] {
            while !bytes.is_empty() && !decoder.is_done() {
                let Ok(step) = decoder.step(bytes, &mut trailers) else { return false };
                bytes = &bytes[step.skip + step.data..];
            }
        }
        decoder.is_done()
    }

    /// Whether trailer fields wait.
    pub(crate) fn has_trailers(&self) -> bool {
        self.trailers.is_some()
    }

    /// The trailer fields, once the body is over.
    pub(crate) fn take_trailers(&mut self) -> Option<HeaderMap> {
        self.trailers.take()
    }

    /// The connection has ended: a clean end only for a body that ends so.
    pub(crate) fn end(&mut self) -> Result<(), Error> {
        self.decoder.end()
    }

    /// The next data of what has been read. Small chunks that came together go on together.
    pub(crate) fn take_data(&mut self) -> Result<Option<Bytes>, Error> {
        let Some(first) = self.take_piece()? else { return Ok(None) };
        if self.bytes.is_empty() || first.len() > MERGE_LIMIT || !matches!(self.decoder, Decoder::Chunked(_)) {
            return Ok(Some(first));
        }
        // Most often only the line end behind the data is left.
        let Some(second) = self.take_piece()? else { return Ok(Some(first)) };
        let mut merged = BytesMut::with_capacity(first.len() + second.len() + self.bytes.len());
        merged.extend_from_slice(&first);
        merged.extend_from_slice(&second);
        while merged.len() <= MERGE_LIMIT
            && let Some(piece) = self.take_piece()?
        {
            merged.extend_from_slice(&piece);
        }
        Ok(Some(merged.freeze()))
    }

    fn take_piece(&mut self) -> Result<Option<Bytes>, Error> {
        while !self.bytes.is_empty() && !self.decoder.is_done() {
            let step = self.decoder.step(&self.bytes, &mut self.trailers)?;
            if step.data == self.bytes.len() {
                return Ok(Some(std::mem::take(&mut self.bytes)));
            }
            self.bytes.advance(step.skip);
            if step.data > 0 {
                return Ok(Some(self.bytes.split_to(step.data)));
            }
        }
        Ok(None)
    }
}
