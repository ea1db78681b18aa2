//! A generated video on its way up: a multipart form whose file is made while it is sent.

use std::hash::{DefaultHasher, Hasher};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use indicatif::ProgressBar;

pub(super) const BOUNDARY: &str = "viaduct-demo-9d3c1f";

/// How much goes in one frame.
const FRAME: usize = 256 * 1024;

/// The form: the file first, as the app does it.
pub(super) struct Upload {
    head: Option<Bytes>,
    /// Noise to cut the file's frames from.
    noise: Bytes,
    left: u64,
    tail: Option<Bytes>,
    bar: ProgressBar,
    sum: Sum,
}

/// The checksum of bytes that went, for whoever compares them with what came back.
#[derive(Clone, Default)]
pub(super) struct Sum(Arc<Mutex<DefaultHasher>>);

// === impl Upload ===

impl Upload {
    /// A file of `size` bytes under this name.
    pub(super) fn new(name: &str, size: u64, bar: ProgressBar) -> (Self, Sum) {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        let field = |name: &str, value: &str| {
            format!("\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}")
        };
        let tail = format!("{}{}\r\n--{BOUNDARY}--\r\n", field("purpose", "vision"), field("media_type", "video"));
        let mut noise = vec![0; 2 * FRAME];
        fastrand::Rng::with_seed(7).fill(&mut noise);
        let sum = Sum::default();
        let upload = Self {
            head: Some(head.into()),
            noise: noise.into(),
            left: size,
            tail: Some(tail.into()),
            bar,
            sum: sum.clone(),
        };
        (upload, sum)
    }

    fn next_frame(&mut self) -> Option<Bytes> {
        if let Some(head) = self.head.take() {
            return Some(head);
        }
        if self.left == 0 {
            return self.tail.take();
        }
        let len = self.left.min(FRAME as u64);
        // No two frames alike, and none of them copied.
        let from = usize::try_from(self.left / FRAME as u64 * 61).unwrap_or_default() % FRAME;
        let frame = self.noise.slice(from..from + usize::try_from(len).unwrap_or(FRAME));
        self.left -= len;
        self.sum.add(&frame);
        self.bar.inc(len);
        Some(frame)
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::convert::Infallible>>> {
        Poll::Ready(self.next_frame().map(|frame| Ok(Frame::data(frame))))
    }

    fn size_hint(&self) -> SizeHint {
        let part = |part: &Option<Bytes>| part.as_ref().map_or(0, |part| part.len() as u64);
        SizeHint::with_exact(part(&self.head) + self.left + part(&self.tail))
    }
}

// === impl Sum ===

impl Sum {
    pub(super) fn add(&self, bytes: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes);
    }

    pub(super) fn value(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).finish()
    }
}
