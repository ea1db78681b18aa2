//! A buffer between the workers and a slow writer: a part for each worker, emptied by a thread of its own.
//!
//! Lines of one worker stay in order. Those of different workers come within [`DELAY`] of their order, as with all servers
//! whose workers have a buffer each; every line says its time.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, Thread};
use std::time::Duration;

use crate::parts::Parts;

/// A line waits at most this long.
const DELAY: Duration = Duration::from_millis(100);
/// Full enough to be written at once.
const EAGER: usize = 128 * 1024;
/// A part that has so much takes no more: lines are dropped.
const CAP: usize = 4 * 1024 * 1024;

/// Takes lines.
#[derive(Clone)]
pub(super) struct Buffer {
    shared: Arc<Shared>,
    /// Who empties it; nobody, if no thread was to be had.
    writer: Option<Thread>,
}

/// Writes what is left when dropped.
pub struct Flush {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    parts: Parts<Mutex<Lines>>,
    /// The thread has seen a while without a line, and waits for the next; else it looks by itself.
    is_asleep: AtomicBool,
    is_closed: AtomicBool,
}

#[derive(Default)]
struct Lines {
    text: Vec<u8>,
    dropped: u64,
}

// === impl Buffer ===

impl Buffer {
    /// A buffer in front of `to`.
    pub(super) fn start(to: impl Write + Send + 'static) -> (Self, Flush) {
        let (is_asleep, is_closed) = (AtomicBool::new(false), AtomicBool::new(false));
        let shared = Arc::new(Shared { parts: Parts::new(), is_asleep, is_closed });
        let writing = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("access-log".into()).spawn(move || writing.run(to)).ok();
        let writer = thread.as_ref().map(|thread| thread.thread().clone());
        (Self { shared: Arc::clone(&shared), writer }, Flush { shared, thread })
    }

    /// Has `write` add one line, or drops it.
    pub(super) fn line(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut lines = lock(self.shared.parts.mine().part);
        let before = lines.text.len();
        if before >= CAP {
            lines.dropped += 1;
            return;
        }
        write(&mut lines.text);
        // A thread that is woken takes the processor from the worker: not for each line, and not to find the lock taken.
        let is_full = before < EAGER && lines.text.len() >= EAGER;
        // Asked while the lock is held: a thread that falls asleep afterwards finds the line first.
        let is_awaited = self.shared.is_asleep.load(Relaxed);
        drop(lines);
        if (is_full || is_awaited && self.shared.is_asleep.swap(false, Relaxed))
            && let Some(writer) = &self.writer
        {
            writer.unpark();
        }
    }
}

// === impl Shared ===

impl Shared {
    fn run(&self, mut to: impl Write) {
        let mut writing = Vec::new();
        loop {
            // Asked before the last look.
            let is_closed = self.is_closed.load(Acquire);
            if self.write(&mut writing, &mut to) && !is_closed {
                std::thread::park_timeout(DELAY);
            } else if is_closed {
                return;
            } else {
                self.is_asleep.store(true, Relaxed);
                if self.parts.iter().all(|part| lock(part).text.is_empty()) {
                    std::thread::park();
                }
                self.is_asleep.store(false, Relaxed);
            }
        }
    }

    /// Writes what there is, if there is anything. Swaps each full buffer for the one that was written last, so that none
    /// is ever copied or freed.
    fn write(&self, writing: &mut Vec<u8>, to: &mut impl Write) -> bool {
        let (mut has_any, mut dropped) = (false, 0);
        for part in self.parts.iter() {
            let mut lines = lock(part);
            if lines.text.is_empty() {
                continue;
            }
            std::mem::swap(&mut lines.text, writing);
            dropped += std::mem::take(&mut lines.dropped);
            drop(lines);
            has_any = true;
            // Nobody is left to be told when the log itself fails.
            let _ = to.write_all(writing).and_then(|()| to.flush());
            writing.clear();
        }
        if dropped > 0 {
            tracing::warn!(dropped, "access lines were dropped: their reader is too slow");
        }
        has_any
    }
}

fn lock(part: &Mutex<Lines>) -> MutexGuard<'_, Lines> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

// === impl Flush ===

impl Drop for Flush {
    fn drop(&mut self) {
        self.shared.is_closed.store(true, Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::mpsc;

    use super::*;

    /// Passes on what is written; waits to be read.
    struct Sink(mpsc::SyncSender<Vec<u8>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // A test that has seen enough does not read on.
            let _ = self.0.send(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn put(buffer: &Buffer, text: &str) {
        buffer.line(|out| out.extend_from_slice(text.as_bytes()));
    }

    #[test]
    fn everything_is_written_before_the_guard_is_gone() {
        let (sender, received) = mpsc::sync_channel(100);
        let (buffer, flush) = Buffer::start(Sink(sender));
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let buffer = &buffer;
                scope.spawn(move || (0..1000).for_each(|n| put(buffer, &format!("{thread} {n:04}\n"))));
            }
        });
        drop(flush);
        let text = String::from_utf8(received.try_iter().flatten().collect()).unwrap();
        for thread in 0..4 {
            let own: Vec<_> = text.lines().filter(|line| line.starts_with(&format!("{thread} "))).collect();
            assert!(own.len() == 1000 && own.is_sorted(), "each thread's lines are whole and in order");
        }
    }

    #[test]
    fn a_line_is_written_though_no_other_follows() {
        let (sender, received) = mpsc::sync_channel(1);
        let (buffer, _flush) = Buffer::start(Sink(sender));
        for line in ["one\n", "two\n", "three\n"] {
            put(&buffer, line);
            // Whether the thread was awake or asleep.
            assert_eq!(received.recv().unwrap(), line.as_bytes());
        }
    }

    /// Says how much it has to write, and writes when nobody holds it up any more.
    struct Stuck(mpsc::Sender<usize>, mpsc::Receiver<()>);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(bytes.len()).unwrap();
            assert!(self.1.recv().is_err(), "nothing is sent here");
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_writer_that_does_not_follow_costs_lines_and_not_memory() {
        let ((begun, lengths), (hold, release)) = (mpsc::channel(), mpsc::channel());
        let (buffer, flush) = Buffer::start(Stuck(begun, release));
        let line = "x".repeat(CAP / 4);
        put(&buffer, &line);
        assert_eq!(lengths.recv().unwrap(), line.len());
        (0..6).for_each(|_| put(&buffer, &line));
        drop(hold);
        drop(flush);
        assert_eq!(lengths.iter().sum::<usize>(), 4 * line.len());
    }
}
