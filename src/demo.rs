//! `viaduct demo`: the main job on the embedded default, for people to look at.
//!
//! A simulated VIA and Ollama, a viaduct in front, and one walk through the job: model, upload, summary stream,
//! questions, timestamps; then what viaduct did meanwhile. The bytes go over real loopback sockets, the viaduct is the
//! one that `serve` runs; only VIA's and Ollama's answers are invented.

mod client;
mod show;
mod upload;
mod walk;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::app::{App, BindError};
use crate::config::{self, Config, Overrides};
use crate::sim::{ollama, via};
use crate::timestamps::parameters::Mode;

/// How the demo is run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the viaduct listens; port 0 for a free one.
    pub listen: SocketAddr,
    /// Bytes of the generated video.
    pub size: u64,
}

/// The embedded default, running.
#[derive(Debug)]
pub struct Demo {
    settings: Settings,
    via: via::Via,
    ollama: ollama::Ollama,
    address: SocketAddr,
    admin: SocketAddr,
    model: String,
    stop: oneshot::Sender<()>,
    running: JoinHandle<bool>,
}

/// Why the demo failed.
#[derive(Debug)]
pub enum Error {
    /// A simulator could not listen.
    Io(io::Error),
    /// The viaduct could not listen.
    Bind(BindError),
    /// The embedded configuration is wrong: a bug.
    Config(config::Error),
    /// A call did not go as it should have.
    Http(hyper::Error),
    /// An answer was not what it should have been.
    Unexpected(String),
}

// === impl Demo ===

impl Demo {
    /// Starts the simulators and the viaduct. Needs a tokio runtime.
    pub fn start(settings: Settings) -> Result<Self, Error> {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        // Slow enough to be watched.
        let via = via::start(
            via::Settings {
                setup_time: Duration::from_millis(500),
                chunk_time: Duration::from_millis(250),
                chat_time: Duration::from_millis(400),
                bytes_per_second: settings.size.div_ceil(90).max(1),
                ..via::Settings::default()
            },
            free,
        )?;
        let ollama =
            ollama::start(ollama::Settings { prompt_time: Duration::from_millis(300), ..Default::default() }, free)?;
        let model = ollama.models().into_iter().next().unwrap_or_default();
        let config = Config::load(
            None,
            Overrides {
                listen: vec![settings.listen],
                admin: Some(free.to_string()),
                via: vec![via.url()],
                ollama: vec![ollama.url()],
                model: Some(model.clone()),
                timestamps: Some(Mode::Auto.as_str().to_owned()),
                ..Overrides::default()
            },
        )?;
        let app = App::bind(config)?;
        let address = app.addresses().first().copied().unwrap_or(settings.listen);
        let admin = app.admin_address().unwrap_or(free);
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(app.run(async move {
            let _ = stopped.await;
        }));
        Ok(Self { settings, via, ollama, address, admin, model, stop, running })
    }

    /// Where the viaduct listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends everything.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.running.await;
        self.via.stop().await;
        self.ollama.stop().await;
    }
}

// === impl Error ===

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(_) => f.write_str("a connection or listener failed"),
            Self::Bind(e) => e.fmt(f),
            Self::Config(e) => e.fmt(f),
            Self::Http(_) => f.write_str("a call broke off"),
            Self::Unexpected(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(e) => Some(e),
            Self::Bind(e) => e.source(),
            Self::Config(_) | Self::Unexpected(_) => None,
            Self::Http(e) => Some(e),
        }
    }
}

impl From<io::Error> for Error {
    fn from(e: io::Error) -> Self {
        Self::Io(e)
    }
}

impl From<BindError> for Error {
    fn from(e: BindError) -> Self {
        Self::Bind(e)
    }
}

impl From<config::Error> for Error {
    fn from(e: config::Error) -> Self {
        Self::Config(e)
    }
}

impl From<hyper::Error> for Error {
    fn from(e: hyper::Error) -> Self {
        Self::Http(e)
    }
}
