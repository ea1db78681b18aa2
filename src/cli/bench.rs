//! `viaduct bench`.

use std::fmt;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::CommandFactory;
use clap::error::ErrorKind;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Cli, Failure, say};
use crate::bench::report::Report;
use crate::bench::{self, Error, Peer, Scenario, Settings, Url, compare, page, table};

/// Measures what a proxy adds: the same load straight at a server and through the proxy, in turns.
///
/// Without a server it runs against embedded simulators, without a proxy it starts a `viaduct serve` of its own. Numbers
/// are medians and quartiles of rounds; the run takes scenarios x rounds x targets x duration, and a quarter more. For
/// plain load oha, wrk and h2load do well; this is for what they cannot.
#[derive(Debug, clap::Args)]
pub(super) struct Bench {
    /// ping, get, post, upload, download, sse, ndjson, summary, idle or all [default: all against simulators, else ping]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    scenario: Vec<String>,
    /// A VIA to load
    #[arg(long, value_name = "URL")]
    via: Option<Url>,
    /// An Ollama to load
    #[arg(long, value_name = "URL")]
    ollama: Option<Url>,
    /// Any HTTP server to load
    #[arg(long, value_name = "URL", conflicts_with_all = ["via", "ollama"])]
    to: Option<Url>,
    /// What to ask of --to
    #[arg(long, value_name = "PATH", default_value = "/", requires = "to")]
    path: String,
    /// A proxy that already stands in front of these [default: a viaduct of our own]
    #[arg(long, value_name = "URL")]
    proxy: Option<Url>,
    /// Installed proxies to start and compare with: nginx, haproxy
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    against: Vec<Peer>,
    /// Connections at a time [default: by scenario, from 4 downloads to 1000 idle ones]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=20_000))]
    connections: Option<u32>,
    /// An open loop of R requests a second: latency counts from the intended start [default: a closed loop]
    #[arg(long, value_name = "R", value_parser = rate)]
    rate: Option<f64>,
    /// Recorded time of one slice: one round, scenario and target
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = humantime::parse_duration)]
    duration: Duration,
    /// Slices of each scenario and target
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// Bytes of an upload or download: 4096, 16MiB, 2GB
    #[arg(long, value_name = "BYTES", default_value = "16MiB", value_parser = bytes)]
    size: u64,
    /// The model to ask for [default: the server's first]
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// How long what runs at the end of a slice may take still
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = humantime::parse_duration)]
    timeout: Duration,
    /// Worker threads of each proxy that is started
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=256))]
    workers: u32,
    /// Write the report as JSON; src/bench/schema.json describes it
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the report as one HTML file with plots
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Compare with the JSON of an older run
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
}

/// Load that did not go well.
#[derive(Debug)]
struct Failed(u64);

// === impl Bench ===

impl Bench {
    pub(super) fn run(self) -> Result<(), Failure> {
        let (json, html) = (self.json.clone(), self.html.clone());
        let old = self.compare.as_deref().map(older);
        let settings = self.settings()?;
        let progress = progress(bench::slices(&settings));
        let report = match bench::run(&settings, &progress) {
            Err(Error::Usage(what)) => usage(&what),
            report => report?,
        };
        progress.finish_and_clear();
        say(&table::text(&report));
        if let Some(old) = old {
            say(&compare::text(&old, &report));
        }
        if let Some(file) = json {
            write(&file, &(serde_json::to_string_pretty(&report)? + "\n"))?;
        }
        if let Some(file) = html {
            write(&file, &page::html(&report))?;
        }
        match report.failed() {
            0 => Ok(()),
            failed => Err(Failed(failed).into()),
        }
    }

    fn settings(self) -> Result<Settings, Failure> {
        let scenarios: Vec<_> = if self.scenario.iter().any(|name| name == "all") {
            Scenario::ALL.into()
        } else {
            let parsed = self.scenario.iter().map(|name| name.parse::<Scenario>());
            parsed.collect::<Result<_, _>>().unwrap_or_else(|unknown| usage(&unknown.to_string()))
        };
        Ok(Settings {
            scenarios,
            via: self.via,
            ollama: self.ollama,
            to: self.to,
            path: self.path,
            proxy: self.proxy,
            against: self.against,
            connections: self.connections.map(|count| count as usize),
            rate: self.rate,
            duration: self.duration,
            rounds: self.rounds as usize,
            size: self.size,
            model: self.model,
            timeout: self.timeout,
            workers: self.workers as usize,
            program: std::env::current_exe()?,
            command: command(),
        })
    }
}

/// The command line, without the folders that the program lies in.
fn command() -> Vec<String> {
    let mut words: Vec<String> = std::env::args().collect();
    if let Some(program) = words.first_mut() {
        *program = "viaduct".into();
    }
    words
}

fn older(file: &Path) -> Report {
    let report = std::fs::read_to_string(file).map_err(|e| e.to_string()).and_then(|json| compare::read(&json));
    report.unwrap_or_else(|why| usage(&format!("{}: {why}", file.display())))
}

fn write(file: &Path, text: &str) -> io::Result<()> {
    std::fs::write(file, text).map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", file.display())))
}

/// Ends with clap's own words and exit code.
fn usage(what: &str) -> ! {
    Cli::command().error(ErrorKind::ValueValidation, what).exit()
}

fn progress(slices: u64) -> ProgressBar {
    let bar = ProgressBar::new(slices);
    if !io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} (eta {eta})  {msg}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.01..=1e6).contains(&rate) { Ok(rate) } else { Err("has to be from 0.01 to 1000000 a second".into()) }
}

/// `4096`, `16MiB`, `2GB`.
fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" | "k" => 1000,
        "mb" | "m" => 1_000_000,
        "gb" | "g" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return Err("write 4096, 16MiB or 2GB".into()),
    };
    let number: u64 = number.parse().map_err(|_| "write 4096, 16MiB or 2GB".to_owned())?;
    number.checked_mul(factor).filter(|bytes| *bytes > 0).ok_or_else(|| "out of range".into())
}

// === impl Failed ===

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} requests failed; the report says which", self.0)
    }
}

impl std::error::Error for Failed {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_sizes_and_rates() {
        assert_eq!((bytes("4096"), bytes("16MiB"), bytes("2GB")), (Ok(4096), Ok(16 << 20), Ok(2_000_000_000)));
        assert!(bytes("x").is_err() && bytes("0").is_err() && bytes("1 potato").is_err());
        assert_eq!(rate("2500"), Ok(2500.0));
        assert!(rate("0").is_err() && rate("nan").is_err());
    }
}
