//! `viaduct serve` and `viaduct check`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Failure, say};
use crate::app::{App, Reload};
use crate::config::{Config, Overrides};
use crate::log;

/// Every flag has an environment variable; flags win over it, it wins over the file.
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    /// Where clients connect; repeatable [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", env = "VIADUCT_LISTEN", value_delimiter = ',')]
    listen: Vec<SocketAddr>,
    /// Where probes and metrics are, or `off` [default: 127.0.0.1:8081]
    #[arg(long, value_name = "ADDR", env = "VIADUCT_ADMIN")]
    admin: Option<String>,
    /// A certificate chain in PEM: with it, clients connect with TLS
    #[arg(long, value_name = "FILE", env = "VIADUCT_TLS_CERT")]
    tls_cert: Option<PathBuf>,
    /// The certificate's key in PEM
    #[arg(long, value_name = "FILE", env = "VIADUCT_TLS_KEY")]
    tls_key: Option<PathBuf>,
    /// Where clients connect with TLS, those of --listen staying plain; repeatable [default: all of --listen]
    #[arg(long, value_name = "ADDR", env = "VIADUCT_TLS_LISTEN", value_delimiter = ',')]
    tls_listen: Vec<SocketAddr>,
    /// A VIA server; a path in the URL is put in front of every request's [default: `http://127.0.0.1:8100`]
    #[arg(long, value_name = "URL", env = "VIADUCT_VIA", value_delimiter = ',')]
    via: Vec<String>,
    /// An Ollama server; repeatable [default: `http://127.0.0.1:11434`]
    #[arg(long, value_name = "URL", env = "VIADUCT_OLLAMA", value_delimiter = ',')]
    ollama: Vec<String>,
    /// A plain upstream for every path that no other route takes; repeatable
    #[arg(long, value_name = "URL", env = "VIADUCT_TO", value_delimiter = ',')]
    to: Vec<String>,
    /// Who reads times from answers: off, text, auto or model
    #[arg(long, value_name = "MODE", env = "VIADUCT_TIMESTAMPS")]
    timestamps: Option<String>,
    /// Ollama's model that reads them where the parser is not sure
    #[arg(long, value_name = "NAME", env = "VIADUCT_MODEL")]
    model: Option<String>,
    /// A name that Host may have besides loopback's, `*` for any; repeatable
    #[arg(long, value_name = "NAME", env = "VIADUCT_HOST", value_delimiter = ',')]
    host: Vec<String>,
    /// A network whose X-Forwarded-* are believed; repeatable
    #[arg(long, value_name = "CIDR", env = "VIADUCT_TRUSTED_PROXY", value_delimiter = ',')]
    trusted_proxy: Vec<IpNet>,
    /// A network whose connections begin with a PROXY header (version 1 or 2), always; repeatable
    #[arg(long, value_name = "CIDR", env = "VIADUCT_PROXY_PROTOCOL", value_delimiter = ',')]
    proxy_protocol: Vec<IpNet>,
    /// What is off beyond loopback and is to be on: ollama.library, via.filename; a list holds on every listener, `none`
    /// is an empty one; repeatable
    #[arg(long, value_name = "NAME", env = "VIADUCT_ALLOW", value_delimiter = ',')]
    allow: Vec<String>,
    /// How long running exchanges may take after SIGTERM [default: 30s]
    #[arg(long, value_name = "DURATION", env = "VIADUCT_DRAIN", value_parser = humantime::parse_duration)]
    drain: Option<Duration>,
    /// How long to be unready but still accepting after SIGTERM [default: 0s]
    #[arg(long, value_name = "DURATION", env = "VIADUCT_DRAIN_DELAY", value_parser = humantime::parse_duration)]
    drain_delay: Option<Duration>,
    /// Worker threads [default: one for each core]
    #[arg(long, value_name = "N", env = "VIADUCT_WORKERS")]
    workers: Option<usize>,
    /// A configuration in TOML
    #[arg(long, value_name = "FILE", env = "VIADUCT_CONFIG")]
    config: Option<PathBuf>,
}

/// Validates a configuration.
#[derive(Debug, clap::Args)]
pub(super) struct Check {
    /// The file.
    file: PathBuf,
}

// === impl Serve ===

impl Serve {
    pub(super) fn run(self) -> Result<(), Failure> {
        let config = self.config.clone();
        let config = Config::load(config.as_deref(), self.overrides()).map_err(Failure::Config)?;
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

    fn overrides(self) -> Overrides {
        Overrides {
            listen: self.listen,
            admin: self.admin,
            tls_cert: self.tls_cert,
            tls_key: self.tls_key,
            tls_listen: self.tls_listen,
            via: self.via,
            ollama: self.ollama,
            to: self.to,
            host: self.host,
            trusted_proxy: self.trusted_proxy,
            proxy_protocol: self.proxy_protocol,
            allow: self.allow,
            timestamps: self.timestamps,
            model: self.model,
            drain: self.drain,
            drain_delay: self.drain_delay,
            workers: self.workers,
        }
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

// === impl Check ===

impl Check {
    pub(super) fn run(&self) -> Result<(), Failure> {
        Config::load(Some(&self.file), Overrides::default()).map_err(Failure::Config)?;
        say(&format!("{}: ok", self.file.display()));
        Ok(())
    }
}
