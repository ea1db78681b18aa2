//! Programs that the bench starts: each ends with its guard, and nothing else is ever ended.

use std::io;
use std::process::{Child as Process, Command};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// How long a program may take to end by itself.
const PATIENCE: Duration = Duration::from_secs(2);
const STEP: Duration = Duration::from_millis(10);

/// A running program.
#[derive(Debug)]
pub(super) struct Child(Process);

// === impl Child ===

impl Child {
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        command.spawn().map(Self)
    }

    pub(super) fn stderr(&mut self) -> Option<std::process::ChildStderr> {
        self.0.stderr.take()
    }

    /// Whether it has ended by itself.
    pub(super) fn has_ended(&mut self) -> bool {
        !matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Child {
    /// Asks it to end, so that it can end its own workers, and insists after a while.
    fn drop(&mut self) {
        if let Some(pid) = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw)
            && !self.has_ended()
        {
            // It may just have ended.
            let _ = kill_process(pid, Signal::TERM);
        }
        let mut waited = Duration::ZERO;
        while !self.has_ended() && waited < PATIENCE {
            std::thread::sleep(STEP);
            waited += STEP;
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
