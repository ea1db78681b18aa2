//! Reads certificates again: when somebody asks for it, and when a look at the files, every ten seconds, finds others.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::metrics::Metrics;
use crate::tls::Acceptor;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(10);

/// Asks for it.
#[derive(Debug, Clone, Default)]
pub struct Reload(Arc<Notify>);

// === impl Reload ===

impl Reload {
    /// Asks, and does not wait.
    pub fn now(&self) {
        self.0.notify_one();
    }
}

/// Keeps `acceptor` up with its files, for ever. Cancelling is harmless.
pub async fn keep(acceptor: Arc<Acceptor>, reload: Reload, metrics: Arc<Metrics>) {
    loop {
        let is_asked = tokio::select! {
            () = reload.0.notified() => true,
            () = tokio::time::sleep(LOOK) => false,
        };
        let acceptor = Arc::clone(&acceptor);
        // A file may be on a disk that is far away.
        let reading =
            tokio::task::spawn_blocking(move || (is_asked || acceptor.has_changed()).then(|| acceptor.reload()));
        match reading.await {
            Ok(None) => {}
            Ok(Some(Ok(()))) => {
                metrics.tls_reloaded("ok");
                tracing::info!("certificate and key read again");
            }
            Ok(Some(Err(e))) => {
                metrics.tls_reloaded("rejected");
                tracing::error!(error = %e, "new certificate or key rejected; the old ones stay");
            }
            Err(e) => tracing::error!(error = %e, "certificate and key could not be read"),
        }
    }
}
