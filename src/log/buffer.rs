//! A buffer between the workers and a slow writer, emptied by a thread of its own.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// A line waits at most this long.
const DELAY: Duration = Duration::from_millis(100);
/// Full enough to be written at once.
const EAGER: usize = 128 * 1024;
/// Lines that do not fit any more are dropped.
const CAP: usize = 4 * 1024 * 1024;

/// Takes lines.
#[derive(Clone)]
pub(super) struct Buffer(Arc<Shared>);

/// Writes what is left when dropped.
pub struct Flush {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    lines: Vec<u8>,
    dropped: u64,
    /// The thread has seen a while without a line, and waits for the next; else it looks by itself.
    is_asleep: bool,
    is_closed: bool,
}

// === impl Buffer ===

impl Buffer {
    /// A buffer in front of `to`.
    pub(super) fn start(to: impl Write + Send + 'static) -> (Self, Flush) {
        let shared = Arc::new(Shared { state: Mutex::default(), wake: Condvar::new() });
        let writer = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("access-log".into()).spawn(move || writer.run(to)).ok();
        (Self(Arc::clone(&shared)), Flush { shared, thread })
    }
}

impl Write for &Buffer {
    /// Takes a whole line or drops it.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut state = self.0.lock();
        if state.lines.len() + line.len() > CAP {
            state.dropped += 1;
            return Ok(line.len());
        }
        let before = state.lines.len();
        state.lines.extend_from_slice(line);
        // A thread that is woken takes the processor from the worker: not for each line, and not to find the lock taken.
        let is_full = before < EAGER && state.lines.len() >= EAGER;
        let wakes = std::mem::take(&mut state.is_asleep) || is_full;
        drop(state);
        if wakes {
            self.0.wake.notify_one();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

// === impl Shared ===

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for lines, and then for more of them.
    fn gathered(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        if state.lines.len() < EAGER && !state.is_closed {
            state = self.wake.wait_timeout(state, DELAY).unwrap_or_else(PoisonError::into_inner).0;
        }
        while state.lines.is_empty() && !state.is_closed {
            state.is_asleep = true;
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state
    }

    /// Swaps the full buffer for the one that was written last, so that neither is ever copied or freed.
    fn run(&self, mut to: impl Write) {
        let mut writing = Vec::new();
        loop {
            let mut state = self.gathered();
            std::mem::swap(&mut state.lines, &mut writing);
            let dropped = std::mem::take(&mut state.dropped);
            let is_closed = state.is_closed;
            drop(state);
            // Nobody is left to be told when the log itself fails.
            let _ = to.write_all(&writing).and_then(|()| to.flush());
            if dropped > 0 {
                tracing::warn!(dropped, "access lines were dropped: their reader is too slow");
            }
            if is_closed && writing.is_empty() {
                return;
            }
            writing.clear();
        }
    }
}

// === impl Flush ===

impl Drop for Flush {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.wake.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn everything_is_written_before_the_guard_is_gone() {
        let sink = Sink::default();
        let (buffer, flush) = Buffer::start(sink.clone());
        for n in 0..10_000 {
            writeln!(&buffer, "line {n}").unwrap();
        }
        drop(flush);
        let written = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
        assert_eq!(written.lines().count(), 10_000);
        assert!(written.ends_with("line 9999\n"));
    }
}
