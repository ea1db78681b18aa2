//! Hands a client's body over, from the connection that reads it to whoever sends it on: one frame at a time.
//!
//! The connection puts a frame in when the last one was taken, and reads its socket only when somebody has asked in
//! vain: that is the back-pressure. Both ends are most often in one task; the lock is for the upload that goes on in a
//! task of its own. A wake-up is spent only on an end that has said that it waits.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Frame, SizeHint};

/// The connection's end.
#[derive(Debug)]
pub struct Giver(Arc<Mutex<Slot>>);

/// The exchange's end: the client's body.
#[derive(Debug)]
pub struct Taker {
    slot: Arc<Mutex<Slot>>,
    /// Bytes still to come, if their number is known.
    left: Option<u64>,
    is_over: bool,
}

/// The client's body broke off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrokenOff {
    /// Its client went away.
    Left,
    /// It is not framed as HTTP/1.1 frames bodies.
    Malformed,
}

#[derive(Debug, Default)]
struct Slot {
    data: Option<Bytes>,
    end: Option<Result<Option<HeaderMap>, BrokenOff>>,
    /// Whoever asked in vain.
    taker: Option<Waker>,
    /// Set while the connection waits for the slot to become empty.
    giver: Option<Waker>,
    is_dropped: bool,
}

/// Both ends for a body of this length, or of any.
pub fn handover(length: Option<u64>) -> (Giver, Taker) {
    let slot = Arc::<Mutex<Slot>>::default();
    (Giver(Arc::clone(&slot)), Taker { slot, left: length, is_over: false })
}

fn lock(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    // Nothing between lock and unlock can leave half a frame behind.
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

// === impl Giver ===

impl Giver {
    /// Whether a frame can be put in.
    pub fn has_room(&self) -> bool {
        let slot = lock(&self.0);
        slot.data.is_none() && !slot.is_dropped
    }

    /// Whether a frame was asked for in vain: only then is the socket read.
    pub fn is_wanted(&self) -> bool {
        let slot = lock(&self.0);
        slot.taker.is_some() && slot.data.is_none() && !slot.is_dropped
    }

    /// Whether the body has somebody to go to.
    pub fn is_taken(&self) -> bool {
        !lock(&self.0).is_dropped
    }

    /// Registers `waker` for the moment when the slot becomes empty or a frame is asked for.
    pub fn wait(&self, waker: &Waker) {
        lock(&self.0).giver = Some(waker.clone());
    }

    /// No longer: the connection will look by itself.
    pub fn wait_no_longer(&self) {
        lock(&self.0).giver = None;
    }

    /// Puts a frame in; the slot must have room.
    pub fn give(&self, data: Bytes) {
        let mut slot = lock(&self.0);
        debug_assert!(slot.data.is_none(), "a frame would be lost");
        slot.data = Some(data);
        wake(slot.taker.take());
    }

    /// The body is over, whole or not.
    pub fn end(&self, how: Result<Option<HeaderMap>, BrokenOff>) {
        let mut slot = lock(&self.0);
        if slot.end.is_none() {
            slot.end = Some(how);
        }
        wake(slot.taker.take());
    }
}

/// A connection that ends takes its unfinished body with it.
impl Drop for Giver {
    fn drop(&mut self) {
        self.end(Err(BrokenOff::Left));
    }
}

// === impl Taker ===

impl Taker {
    /// The next frame.
    pub fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        if self.is_end_stream() {
            return Poll::Ready(None);
        }
        let mut slot = lock(&self.slot);
        if let Some(data) = slot.data.take() {
            wake(slot.giver.take());
            if let Some(left) = &mut self.left {
                *left = left.saturating_sub(data.len() as u64);
            } else {
                // The last chunk often comes with its data.
                self.is_over = slot.end == Some(Ok(None));
            }
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        match &mut slot.end {
            Some(Ok(trailers)) => {
                self.is_over = true;
                Poll::Ready(trailers.take().map(|trailers| Ok(Frame::trailers(trailers))))
            }
            Some(Err(broken)) => Poll::Ready(Some(Err(*broken))),
            None => {
                if !slot.taker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                    slot.taker = Some(cx.waker().clone());
                }
                wake(slot.giver.take());
                Poll::Pending
            }
        }
    }

    /// Whether nothing is to come.
    pub fn is_end_stream(&self) -> bool {
        self.is_over || self.left == Some(0)
    }

    /// How much is to come.
    pub fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl Drop for Taker {
    fn drop(&mut self) {
        let mut slot = lock(&self.slot);
        slot.is_dropped = true;
        slot.data = None;
        wake(slot.giver.take());
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl std::fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Left => "the client's body broke off",
            Self::Malformed => "the client's body is malformed",
        })
    }
}

impl std::error::Error for BrokenOff {}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(taker: &mut Taker) -> Poll<Option<Result<Option<Bytes>, BrokenOff>>> {
        let frame = taker.poll_frame(&mut Context::from_waker(Waker::noop()));
        frame.map(|frame| frame.map(|frame| frame.map(|frame| frame.into_data().ok())))
    }

    #[test]
    fn one_frame_at_a_time_and_only_when_asked() {
        let (giver, mut taker) = handover(Some(4));
        assert!(giver.has_room() && !giver.is_wanted());
        assert!(poll(&mut taker).is_pending());
        assert!(giver.is_wanted());
        giver.give(Bytes::from_static(b"ab"));
        assert!(!giver.has_room() && !giver.is_wanted());
        assert_eq!(poll(&mut taker), Poll::Ready(Some(Ok(Some(Bytes::from_static(b"ab"))))));
        assert!(!taker.is_end_stream());
        giver.give(Bytes::from_static(b"cd"));
        giver.end(Ok(None));
        assert!(poll(&mut taker).is_ready());
        assert!(taker.is_end_stream());
        assert_eq!(poll(&mut taker), Poll::Ready(None));
    }

    #[test]
    fn a_body_that_breaks_off_never_ends_cleanly() {
        let (giver, mut taker) = handover(None);
        giver.give(Bytes::from_static(b"ab"));
        drop(giver);
        assert!(matches!(poll(&mut taker), Poll::Ready(Some(Ok(_)))));
        assert_eq!(poll(&mut taker), Poll::Ready(Some(Err(BrokenOff::Left))));
        assert_eq!(poll(&mut taker), Poll::Ready(Some(Err(BrokenOff::Left))));
    }

    #[test]
    fn the_end_of_a_chunked_body_is_known_with_its_last_data() {
        let (giver, mut taker) = handover(None);
        giver.give(Bytes::from_static(b"ab"));
        giver.end(Ok(None));
        assert!(!taker.is_end_stream());
        assert!(poll(&mut taker).is_ready());
        assert!(taker.is_end_stream());
    }

    #[test]
    fn nothing_is_wanted_of_a_body_that_was_given_up() {
        let (giver, taker) = handover(None);
        drop(taker);
        assert!(!giver.has_room() && !giver.is_wanted());
    }
}
