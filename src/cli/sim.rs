//! `viaduct sim via|ollama`: a simulator on a port of this machine, until ctrl-c or SIGTERM.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::later::Later;
use crate::sim::fault::Rules;
use crate::sim::ollama::{self, Model};
use crate::sim::via::answers::Fixed;
use crate::sim::via::{self, Version};

/// Which simulator.
#[derive(Debug, Subcommand)]
pub(super) enum SimCommand {
    /// A VIA server: uploads, summaries, chat, live streams, without a GPU
    Via(Later<ViaArgs>),
    /// An Ollama server: chat, generate, /v1, models, without a model
    Ollama(Later<OllamaArgs>),
}

/// What both have.
#[derive(Debug, Args)]
pub(super) struct CommonArgs {
    /// Chooses answers and faults: the same seed and requests give the same of both
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Faults, such as `delay=200ms; status=503@5%; hang@every=10; reset-after=1000`
    #[arg(long, default_value = "", value_name = "RULES", value_parser = rules)]
    faults: Rules,
    /// Open the port only after so many seconds (until then connections are refused)
    #[arg(long, default_value = "0", value_name = "SECONDS", value_parser = seconds)]
    start_delay: Duration,
    /// One text for every answer
    #[arg(long, value_name = "TEXT")]
    say: Option<String>,
}

/// `viaduct sim via`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags that have nothing to do with each other")]
pub(super) struct ViaArgs {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8100")]
    listen: SocketAddr,
    #[command(flatten)]
    common: CommonArgs,
    /// Simulated seconds per real one
    #[arg(long, default_value_t = 1.0)]
    pace: f64,
    /// Set-up before a summary, in simulated seconds
    #[arg(long, default_value = "1", value_name = "SECONDS", value_parser = seconds)]
    setup_time: Duration,
    /// Work per chunk, in simulated seconds
    #[arg(long, default_value = "0.26", value_name = "SECONDS", value_parser = seconds)]
    chunk_time: Duration,
    /// Work per question, in simulated seconds
    #[arg(long, default_value = "2", value_name = "SECONDS", value_parser = seconds)]
    chat_time: Duration,
    /// One of the built-in answers for everything, by number
    #[arg(long, value_name = "N")]
    answer: Option<usize>,
    /// The model's id
    #[arg(long, default_value = "cosmos-reason2")]
    model: String,
    /// Behave as VIA 2.3
    #[arg(long)]
    v2_3: bool,
    /// All API routes below /v1
    #[arg(long)]
    prefix: bool,
    /// Without CA-RAG: no chat, summaries must stream
    #[arg(long)]
    no_chat: bool,
    /// Accept `enable_audio`
    #[arg(long)]
    audio: bool,
    /// Context managers: running summaries plus files held for chat
    #[arg(long, default_value_t = 256)]
    capacity: usize,
    /// Count uploaded bytes and drop them, so that /content has nothing to give
    #[arg(long)]
    discard: bool,
}

/// `viaduct sim ollama`.
#[derive(Debug, Args)]
pub(super) struct OllamaArgs {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:11434")]
    listen: SocketAddr,
    #[command(flatten)]
    common: CommonArgs,
    /// A model on disk, may be repeated (default: a usual collection)
    #[arg(long = "model", value_name = "NAME")]
    models: Vec<String>,
    /// One of the canned replies of small models for everything, by number
    #[arg(long, value_name = "N")]
    reply: Option<usize>,
    /// How long a cold model loads, in seconds
    #[arg(long, default_value = "2", value_name = "SECONDS", value_parser = seconds)]
    load_time: Duration,
    /// Generated tokens per second; 0: all at once
    #[arg(long, default_value_t = 40.0, value_name = "N")]
    tokens_per_second: f64,
    /// Parallel requests per model
    #[arg(long, default_value_t = 1, value_name = "N")]
    slots: usize,
    /// Waiting requests for cold models; beyond, 503
    #[arg(long, default_value_t = 512, value_name = "N")]
    queue: usize,
    /// More allowed origins
    #[arg(long = "origin", value_name = "ORIGIN")]
    origins: Vec<String>,
}

/// Starts the simulator, prints where it listens, and runs it until it is told to end.
pub(super) async fn run(command: SimCommand) -> io::Result<()> {
    let signal = end()?;
    match command {
        SimCommand::Via(args) => {
            let args = args.into_inner();
            let addr = args.listen;
            let via = via::start(args.settings(), addr)?;
            announce("VIA", via.addr());
            signal.await;
            via.stop().await;
        }
        SimCommand::Ollama(args) => {
            let args = args.into_inner();
            let addr = args.listen;
            let ollama = ollama::start(args.settings(), addr)?;
            announce("Ollama", ollama.addr());
            signal.await;
            ollama.stop().await;
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the address is the command's one line of output")]
fn announce(what: &str, addr: SocketAddr) {
    println!("simulated {what} listens on http://{addr}");
}

/// Ends with ctrl-c or SIGTERM, whichever comes first.
fn end() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

fn rules(text: &str) -> Result<Rules, String> {
    text.parse().map_err(|error: crate::sim::fault::BadRule| error.to_string())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

// === impl ViaArgs ===

impl ViaArgs {
    fn settings(self) -> via::Settings {
        via::Settings {
            version: if self.v2_3 { Version::V2_3 } else { Version::V2_4 },
            prefix: self.prefix,
            model: self.model,
            chat: !self.no_chat,
            audio: self.audio,
            capacity: self.capacity,
            start_delay: self.common.start_delay,
            setup_time: self.setup_time,
            chunk_time: self.chunk_time,
            chat_time: self.chat_time,
            pace: self.pace,
            keep: !self.discard,
            seed: self.common.seed,
            fixed: Fixed { answer: self.answer, say: self.common.say },
            faults: self.common.faults,
            ..via::Settings::default()
        }
    }
}

// === impl OllamaArgs ===

impl OllamaArgs {
    fn settings(self) -> ollama::Settings {
        let defaults = ollama::Settings::default();
        let models =
            self.models.iter().map(|name| Model::new(name, "llama", "8.0B", 4_661_224_676, &["completion", "tools"]));
        ollama::Settings {
            models: if self.models.is_empty() { defaults.models } else { models.collect() },
            load_time: self.load_time,
            tokens_per_second: self.tokens_per_second,
            slots: self.slots,
            queue: self.queue,
            origins: self.origins,
            say: self.common.say,
            reply: self.reply,
            seed: self.common.seed,
            faults: self.common.faults,
            start_delay: self.common.start_delay,
            ..defaults
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Whole {
        #[command(subcommand)]
        command: SimCommand,
    }

    #[test]
    fn flags_become_settings() {
        let args =
            ["sim", "via", "--pace", "10", "--faults", "status=503@5%; hang@every=9", "--say", "at 1:05", "--v2-3"];
        let Ok(Whole { command: SimCommand::Via(via) }) = Whole::try_parse_from(args) else { panic!("not understood") };
        let via = via.into_inner();
        assert_eq!(via.listen, SocketAddr::from(([127, 0, 0, 1], 8100)));
        let settings = via.settings();
        assert_eq!((settings.faults.0.len(), settings.version), (2, Version::V2_3));
        assert_eq!(settings.fixed.say.as_deref(), Some("at 1:05"));
        let args = ["sim", "ollama", "--model", "qwen3:4b", "--load-time", "0.5"];
        let Ok(Whole { command: SimCommand::Ollama(ollama) }) = Whole::try_parse_from(args) else {
            panic!("not understood")
        };
        let settings = ollama.into_inner().settings();
        assert_eq!((settings.models.len(), settings.load_time), (1, Duration::from_millis(500)));
        assert!(Whole::try_parse_from(["sim", "via", "--faults", "explode"]).is_err());
    }
}
