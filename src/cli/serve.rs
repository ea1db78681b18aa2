//! `viaduct serve`.

use std::path::PathBuf;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Failure;
use super::flags::Sourced;
use crate::app::{App, Reload};
use crate::config::Config;
use crate::log;

/// Every flag has an environment variable; flags win over it, it wins over the file.
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    #[command(flatten)]
    flags: Sourced,
    /// A configuration in TOML
    #[arg(long, value_name = "FILE", env = "VIADUCT_CONFIG")]
    config: Option<PathBuf>,
}

// === impl Serve ===

impl Serve {
    pub(super) fn run(self) -> Result<(), Failure> {
        let config = Config::load(self.config.as_deref(), self.flags.overrides()).map_err(Failure::Config)?;
        let _flush = log::start();
        warn_of_strangers(&config);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(config.workers)
            .thread_name("viaduct-worker")
            .enable_all()
            .build()?;
        let is_clean = runtime.block_on(async {
            let app = App::bind(config)?;
            for address in app.addresses() {
                tracing::info!(%address, "listening");
            }
            if let Some(address) = app.admin_address() {
                tracing::info!(%address, "admin: /livez /readyz /metrics");
            }
            tokio::spawn(reload(app.reload(), signal(SignalKind::hangup())?));
            // Spawned, so that it runs on a worker and not on this thread beside them.
            let running = tokio::spawn(app.run(stop()?));
            Ok::<_, Failure>(running.await?)
        })?;
        // What a blocking lookup still does must not hold the exit up.
        runtime.shutdown_background();
        if !is_clean {
            tracing::warn!("the drain deadline passed; what still ran was cut");
        }
        Ok(())
    }
}

/// Beyond loopback anybody who reaches the listener may ask, unless there are keys.
fn warn_of_strangers(config: &Config) {
    let beyond = config.listen.iter().find(|address| !address.ip().to_canonical().is_loopback());
    if let Some(address) = beyond.filter(|_| config.access.keys.is_empty()) {
        tracing::warn!(%address, "open to everybody who can reach it: there are no [[keys]]");
    }
}

/// Resolves at SIGTERM or SIGINT.
pub(super) fn stop() -> std::io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Reads again at each SIGHUP what can be read again.
async fn reload(reload: Reload, mut hangup: Signal) {
    while hangup.recv().await.is_some() {
        reload.now();
    }
}
