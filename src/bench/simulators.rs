//! VIA and Ollama as the embedded default: both on a thread of their own, so that their CPU time is not the load's.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use super::process;
use crate::sim::{ollama, via};

/// The two, running.
#[derive(Debug)]
pub(super) struct Simulators {
    pub(super) via: SocketAddr,
    pub(super) ollama: SocketAddr,
    thread: PathBuf,
    stop: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<()>>,
}

/// Between two events of a stream: frequent enough for many in a slice, and more than a timer's grain.
const TOKENS_PER_SECOND: f64 = 100.0;

// === impl Simulators ===

impl Simulators {
    pub(super) fn start() -> io::Result<Self> {
        let (stop, stopped) = oneshot::channel();
        let (started, starting) = mpsc::channel();
        let running = std::thread::Builder::new().name("bench-simulators".into()).spawn(move || {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(e) => return drop(started.send(Err(e))),
            };
            runtime.block_on(async {
                let both = match both() {
                    Ok(both) => both,
                    Err(e) => return drop(started.send(Err(e))),
                };
                // Nobody waits for it any more only if the bench is already over.
                let _ = started.send(Ok((both.0.addr(), both.1.addr(), process::this_thread())));
                let _ = stopped.await;
            });
        })?;
        let (via, ollama, thread) = starting.recv().map_err(io::Error::other)??;
        Ok(Self { via, ollama, thread, stop: Some(stop), running: Some(running) })
    }

    /// How long they ran or waited for a core so far.
    pub(super) fn demand(&self) -> Option<Duration> {
        process::thread_demand(&self.thread)
    }
}

/// Quick, but for the events of a stream.
fn both() -> io::Result<(via::Via, ollama::Ollama)> {
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let via = via::Settings {
        setup_time: Duration::from_millis(20),
        // Slices come fast: the stream that just ended is no second reader.
        reader_window: Duration::ZERO,
        capacity: usize::MAX,
        heads: 0,
        ..via::Settings::default()
    };
    let ollama = ollama::Settings {
        tokens_per_second: TOKENS_PER_SECOND,
        slots: 10_000,
        queue: 10_000,
        say: Some("A child runs between the shelves. ".repeat(3)),
        heads: 0,
        ..ollama::Settings::default()
    };
    Ok((via::start(via, free)?, ollama::start(ollama, free)?))
}

impl Drop for Simulators {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(running) = self.running.take() {
            // A panic of a simulator shows in the errors of the load.
            let _ = running.join();
        }
    }
}
