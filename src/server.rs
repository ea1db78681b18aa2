//! The client's side: listeners, connections, and their end.
//!
//! [`Drain`] is how a stop is told to everybody: first unready, then no longer accepting, then over. Each connection
//! holds a [`Watch`]; when the last is dropped, all have ended.

pub mod conn;
pub mod listener;

use std::time::Duration;

use tokio::sync::watch;

/// How far a stop has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Serving,
    Unready,
    Draining,
}

/// Tells everybody that the process stops, and waits for them.
#[derive(Debug)]
pub struct Drain(watch::Sender<Stage>);

/// What listeners and connections hold of a [`Drain`].
#[derive(Debug, Clone)]
pub struct Watch(watch::Receiver<Stage>);

// === impl Drain ===

impl Drain {
    /// Nobody stops yet.
    pub fn new() -> Self {
        Self(watch::Sender::new(Stage::Serving))
    }

    /// For one listener or connection.
    pub fn watch(&self) -> Watch {
        Watch(self.0.subscribe())
    }

    /// From now on readiness fails; everything else goes on.
    pub fn unready(&self) {
        self.0.send_if_modified(|stage| std::mem::replace(stage, Stage::Unready) != Stage::Unready);
    }

    /// Listeners close, connections end with the exchange that is running. Returns whether all had ended `within`.
    pub async fn drain(self, within: Duration) -> bool {
        self.0.send_replace(Stage::Draining);
        tokio::time::timeout(within, self.0.closed()).await.is_ok()
    }
}

impl Default for Drain {
    fn default() -> Self {
        Self::new()
    }
}

// === impl Watch ===

impl Watch {
    /// Whether new work is welcome.
    pub fn is_ready(&self) -> bool {
        *self.0.borrow() == Stage::Serving
    }

    /// Whether anything was said since this watch was made; an atomic load.
    fn has_changed(&self) -> bool {
        self.0.has_changed().unwrap_or(true)
    }

    /// Resolves when listeners and connections are to end.
    pub async fn draining(&mut self) {
        // An error means that the `Drain` is gone: that is an end too.
        let _ = self.0.wait_for(|stage| *stage == Stage::Draining).await;
    }
}
