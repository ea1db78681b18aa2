//! The tasks of one simulator: its connections, and the work that outlives them. A panic in any of them is kept and
//! comes out at the end, so that a test cannot pass over a broken simulator.

use std::any::Any;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::task::{JoinError, JoinSet};

/// A set of tasks that may be added to from anywhere.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    running: Mutex<Running>,
}

#[derive(Debug, Default)]
struct Running {
    set: JoinSet<()>,
    panic: Option<Panic>,
    closed: bool,
}

/// What a panicking task threw.
struct Panic(Box<dyn Any + Send>);

// === impl Tasks ===

impl Tasks {
    /// Runs `work` until it ends or the simulator does. After the end nothing is started any more.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut running = self.lock();
        if running.closed {
            return;
        }
        running.reap();
        running.set.spawn(work);
    }

    /// How many tasks run.
    pub(crate) fn len(&self) -> usize {
        let mut running = self.lock();
        running.reap();
        running.set.len()
    }

    /// Aborts all tasks without waiting for them.
    pub(crate) fn abort(&self) {
        let mut running = self.lock();
        running.closed = true;
        running.set.abort_all();
    }

    /// Aborts all tasks and waits until they are gone; panics as the first of them did.
    pub(crate) async fn finish(&self) {
        let (mut set, mut panic) = {
            let mut running = self.lock();
            running.closed = true;
            running.reap();
            (std::mem::take(&mut running.set), running.panic.take())
        };
        set.abort_all();
        while let Some(joined) = set.join_next().await {
            if let Err(error) = joined {
                panic = panic.or_else(|| thrown(error));
            }
        }
        if let Some(Panic(thrown)) = panic {
            std::panic::resume_unwind(thrown);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Running ===

impl Running {
    fn reap(&mut self) {
        while let Some(joined) = self.set.try_join_next() {
            if let Err(error) = joined
                && self.panic.is_none()
            {
                self.panic = thrown(error);
            }
        }
    }
}

// === impl Panic ===

impl std::fmt::Debug for Panic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Panic")
    }
}

fn thrown(error: JoinError) -> Option<Panic> {
    error.try_into_panic().ok().map(Panic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    #[should_panic(expected = "a broken simulator")]
    async fn a_panic_comes_out_at_the_end() {
        let tasks = Tasks::default();
        tasks.spawn(async { panic!("a broken simulator") });
        tasks.spawn(std::future::pending());
        while tasks.len() > 1 {
            tokio::task::yield_now().await;
        }
        tasks.finish().await;
    }

    #[tokio::test]
    async fn nothing_starts_after_the_end() {
        let tasks = Tasks::default();
        tasks.finish().await;
        tasks.spawn(async { panic!("it must not run") });
        assert_eq!(tasks.len(), 0);
        tasks.finish().await;
    }
}
