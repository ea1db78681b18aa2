//! Reads certificates again: when somebody asks for it, and when a look at the files, every ten seconds, finds others.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::metrics::Metrics;
use crate::tls::{Acceptor, Client, Error};

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

/// What is read again.
#[derive(Debug, Clone)]
pub enum Kept {
    /// Certificate and key that clients see.
    Listeners(Arc<Acceptor>),
    /// Whom we believe to be an upstream, by its name, and who we are to it.
    Upstream(String, Arc<Client>),
}

// === impl Kept ===

impl Kept {
    /// Reads the files again, if they have changed or somebody asks. `None` if nothing was read. Blocks on them.
    fn renew(&self, is_asked: bool) -> Option<Result<(), Error>> {
        match self {
            Self::Listeners(acceptor) => (is_asked || acceptor.has_changed()).then(|| acceptor.reload()),
            Self::Upstream(_, client) => (is_asked || client.has_changed()).then(|| client.reload()),
        }
    }

    fn tell(&self, renewed: Result<(), Error>, metrics: &Metrics) {
        metrics.tls_reloaded(if renewed.is_ok() { "ok" } else { "rejected" });
        match (self, renewed) {
            (Self::Listeners(_), Ok(())) => tracing::info!("certificate and key read again"),
            (Self::Listeners(_), Err(e)) => {
                tracing::error!(error = %e, "new certificate or key rejected; the old ones stay");
            }
            (Self::Upstream(upstream, _), Ok(())) => {
                tracing::info!(upstream, "authorities and certificate for an upstream read again");
            }
            (Self::Upstream(upstream, _), Err(e)) => {
                tracing::error!(upstream, error = %e, "new authorities or certificate rejected; the old ones stay");
            }
        }
    }
}

/// Keeps all of them up with their files, for ever. Cancelling is harmless.
pub async fn keep(all: Vec<Kept>, reload: Reload, metrics: Arc<Metrics>) {
    loop {
        let is_asked = tokio::select! {
            () = reload.0.notified() => true,
            () = tokio::time::sleep(LOOK) => false,
        };
        for kept in &all {
            let reading = kept.clone();
            // A file may be on a disk that is far away.
            match tokio::task::spawn_blocking(move || reading.renew(is_asked)).await {
                Ok(None) => {}
                Ok(Some(renewed)) => kept.tell(renewed, &metrics),
                Err(e) => tracing::error!(error = %e, "certificate and key could not be read"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::ClientSettings;

    #[tokio::test(start_paused = true)]
    async fn a_change_is_found_without_asking() {
        let folder = std::env::temp_dir().join(format!("viaduct-renewal-{:032x}", fastrand::u128(..)));
        std::fs::create_dir(&folder).unwrap();
        let ca = folder.join("ca.pem");
        let write = |more: &str| {
            let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
            std::fs::write(&ca, issued.cert.pem() + more).unwrap();
        };
        write("");
        let client = Client::load(ClientSettings { ca: Some(ca.clone()), identity: None }).unwrap();
        let metrics = Arc::new(Metrics::new());
        let all = vec![Kept::Upstream("a".into(), Arc::new(client))];
        let keeping = tokio::spawn(keep(all, Reload::default(), Arc::clone(&metrics)));
        tokio::time::sleep(3 * LOOK).await;
        assert!(!metrics.encode().contains("viaduct_tls_reloads_total{"));
        // Another length, for a clock of files may be coarse.
        write("\n");
        let is_read = async {
            while !metrics.encode().contains("viaduct_tls_reloads_total{result=\"ok\"} 1") {
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(100 * LOOK, is_read).await.unwrap();
        keeping.abort();
        std::fs::remove_dir_all(folder).unwrap();
    }
}
