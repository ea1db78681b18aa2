//! The client's side: listeners, connections, and their end.
//!
//! [`Drain`] is how a stop is told to everybody: first unready, then no longer accepting, then over. Each connection
//! holds a [`Watch`]; when the last is dropped, all have ended.

mod alarm;
pub mod conn;
mod date;
pub mod door;
mod h1;
mod h2;
pub mod listener;
mod proxy_header;
pub mod renewal;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::watch;

#[cfg(any(test, feature = "fuzz"))]
pub(crate) use self::proxy_header::in_pieces;

/// Tells everybody that the process stops, and waits for them.
#[derive(Debug)]
pub struct Drain {
    draining: watch::Sender<bool>,
    ready: Arc<AtomicBool>,
}

/// What listeners and connections hold of a [`Drain`].
#[derive(Debug, Clone)]
pub struct Watch(watch::Receiver<bool>);

/// Whether new work is welcome.
#[derive(Debug, Clone)]
pub struct Readiness(Arc<AtomicBool>);

// === impl Drain ===

impl Drain {
    /// Nobody stops yet.
    pub fn new() -> Self {
        Self { draining: watch::Sender::new(false), ready: Arc::new(AtomicBool::new(true)) }
    }

    /// For one listener or connection.
    pub fn watch(&self) -> Watch {
        Watch(self.draining.subscribe())
    }

    /// For whoever is asked whether new work is welcome; unlike a [`Watch`], nobody waits for it to be dropped.
    pub fn readiness(&self) -> Readiness {
        Readiness(Arc::clone(&self.ready))
    }

    /// From now on readiness fails; everything else goes on.
    pub fn unready(&self) {
        self.ready.store(false, Relaxed);
    }

    /// Listeners close, connections end with the exchange that is running. Returns whether all had ended `within`.
    pub async fn drain(self, within: Duration) -> bool {
        self.unready();
        self.draining.send_replace(true);
        tokio::time::timeout(within, self.draining.closed()).await.is_ok()
    }
}

impl Default for Drain {
    fn default() -> Self {
        Self::new()
    }
}

// === impl Watch ===

impl Watch {
    /// Whether anything was said since this watch was made; an atomic load.
    fn has_changed(&self) -> bool {
        self.0.has_changed().unwrap_or(true)
    }

    /// For what may outlive its connection.
    fn receiver(&self) -> watch::Receiver<bool> {
        self.0.clone()
    }

    /// Resolves when listeners and connections are to end.
    pub async fn draining(&mut self) {
        // An error means that the `Drain` is gone: that is an end too.
        let _ = self.0.wait_for(|draining| *draining).await;
    }
}

// === impl Readiness ===

impl Readiness {
    /// Whether it is.
    pub fn is_ready(&self) -> bool {
        self.0.load(Relaxed)
    }
}
