//! `viaduct bench`: what a proxy adds, measured.
//!
//! For plain load there are oha, wrk and h2load. This is for what they cannot do: the same load straight at a server,
//! through a viaduct (or another proxy that runs already) and through peers, in slices that take turns, so that the
//! report's numbers are differences of neighbours in time; streams with their first byte, first event and gaps;
//! uploads and downloads of any size in constant memory; idle connections; and the CPU time of the proxy beside it all.
//!
//! # How to read the numbers
//!
//! * A round gives each place one slice of each scenario, in an order that is reversed every other round. What drifts
//!   slower than a round is in both numbers of a pair and not in their difference. Read median and quartiles of pairs;
//!   a lone number means nothing.
//! * **CPU per request** of the proxy is the steadiest number, and the one to steer by. A latency under a closed loop
//!   is mostly the queue of the loop's own connections; with a rate (an open loop) it counts from the moment when the
//!   request was due, so that a stall is in the latency of everything that it held up.
//! * What the load and the simulators themselves cost is measured too, and said when it was the limit.
//!
//! # The rooms
//!
//! `scenario` names loads and `call` writes their requests; `connection` (over `chunked` and `events`) is the client,
//! `load` the loops around it, `pacer` the open loop's clock, `idle` the load that does nothing, `record` what they
//! leave. `stage` sets up servers (`simulators`), the viaduct (`serve`) and `peer`s as `child` processes, each a
//! `place` that `process` looks into. `metric` and `gather` turn slices into a `report`, `advice` into warnings;
//! `table`, `page` and `compare` show it.

mod advice;
mod call;
mod child;
mod chunked;
pub mod compare;
mod connection;
mod events;
mod gather;
mod idle;
mod load;
mod machine;
mod metric;
mod pacer;
pub mod page;
mod peer;
mod place;
mod plot;
mod process;
mod record;
pub mod report;
mod scenario;
mod serve;
mod show;
mod simulators;
mod stage;
mod statistics;
pub mod table;
mod url;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use indicatif::ProgressBar;
use tokio::time::Instant;

pub use self::machine::Machine;
pub use self::peer::Peer;
pub use self::scenario::Scenario;
pub use self::statistics::Spread;
pub use self::url::Url;

use self::gather::Gathered;
use self::load::{Load, Slice};
use self::place::Place;
use self::report::{Report, SCHEMA, Section};
use self::stage::{Servers, Stage};

/// How a bench is run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What to run; empty: everything against simulators, the smallest against servers of the user's.
    pub scenarios: Vec<Scenario>,
    /// A VIA.
    pub via: Option<Url>,
    /// An Ollama.
    pub ollama: Option<Url>,
    /// Any server.
    pub to: Option<Url>,
    /// What to ask of it.
    pub path: String,
    /// A proxy that stands in front of these already; `None`: a viaduct is started.
    pub proxy: Option<Url>,
    /// Proxies to start and compare with.
    pub against: Vec<Peer>,
    /// Connections at a time; `None`: as the scenario likes.
    pub connections: Option<usize>,
    /// Requests a second of an open loop; `None`: a closed one.
    pub rate: Option<f64>,
    /// Of one slice.
    pub duration: Duration,
    /// Slices of each place and scenario.
    pub rounds: usize,
    /// Bytes of an upload or download.
    pub size: u64,
    /// Of the server that is asked; `None`: its first.
    pub model: Option<String>,
    /// What runs when a slice ends may take so long still.
    pub timeout: Duration,
    /// Threads of each proxy that is started.
    pub workers: usize,
    /// This program, to start a viaduct from.
    pub program: PathBuf,
    /// The command line, for the report.
    pub command: Vec<String>,
}

/// Why there is no report.
#[derive(Debug)]
pub enum Error {
    /// What was asked for cannot be.
    Usage(String),
    /// A program, file or socket failed.
    Io(io::Error),
    /// A server did not answer as it should have: which, and what happened.
    Server(String, String),
    /// The user ended it.
    Interrupted,
}

/// The noise that uploads are made of; random, for servers that look.
const NOISE: usize = 256 * 1024;

/// Runs it all; `progress` is told of each slice. Blocks this thread, which becomes the load generator.
pub fn run(settings: &Settings, progress: &ProgressBar) -> Result<Report, Error> {
    let scenarios = chosen(settings)?;
    if let Some(missing) = settings.against.iter().find(|peer| peer.program().is_none()) {
        return Err(Error::Usage(format!("{missing} is not installed (not in PATH)")));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        tokio::select! {
            report = report(settings, &scenarios, progress) => report,
            _ = tokio::signal::ctrl_c() => Err(Error::Interrupted),
        }
    })
}

/// How many slices a run has, for whoever shows progress.
pub fn slices(settings: &Settings) -> u64 {
    let scenarios = chosen(settings).map_or(0, |scenarios| scenarios.len());
    (scenarios * settings.rounds * (2 + settings.against.len())) as u64
}

/// The scenarios to run.
fn chosen(settings: &Settings) -> Result<Vec<Scenario>, Error> {
    let servers = Servers::named(settings);
    let has = |scenario: &Scenario| servers.as_ref().is_none_or(|servers| servers.choose(*scenario).is_some());
    if settings.scenarios.is_empty() {
        // Nobody's GPU is put under load without being asked.
        return Ok(if servers.is_some() { vec![Scenario::Ping] } else { Scenario::ALL.to_vec() });
    }
    if settings.scenarios == Scenario::ALL {
        return Ok(Scenario::ALL.into_iter().filter(has).collect());
    }
    match settings.scenarios.iter().find(|scenario| !has(scenario)) {
        Some(scenario) => Err(Error::Usage(format!("none of the named servers has what `{scenario}` asks for"))),
        None => Ok(settings.scenarios.clone()),
    }
}

async fn report(settings: &Settings, scenarios: &[Scenario], progress: &ProgressBar) -> Result<Report, Error> {
    let machine = Machine::this();
    let is_debug = cfg!(debug_assertions);
    let started = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    // The load, the servers if they are ours, and one busy proxy at a time.
    let threads = 1 + usize::from(Servers::named(settings).is_none()) + settings.workers;
    let mut sections = Vec::new();
    for scenario in scenarios {
        sections.push(section(settings, *scenario, progress).await?);
    }
    Ok(Report {
        schema: SCHEMA.into(),
        viaduct: env!("CARGO_PKG_VERSION").into(),
        build: if is_debug { "debug" } else { "release" }.into(),
        started,
        command: settings.command.clone(),
        warnings: advice::of_run(&machine, settings.rounds, threads, is_debug),
        machine,
        duration_s: settings.duration.as_secs_f64(),
        rounds: settings.rounds,
        workers: settings.workers,
        scenarios: sections,
    })
}

/// One scenario: all its rounds.
async fn section(settings: &Settings, scenario: Scenario, progress: &ProgressBar) -> Result<Section, Error> {
    progress.set_message(format!("{scenario}: starting"));
    let stage = Stage::set(settings, scenario).await?;
    let mut noise = vec![0; NOISE];
    fastrand::Rng::with_seed(7).fill(&mut noise);
    let load = Load {
        calls: stage.calls.clone(),
        connections: stage.connections,
        rate: settings.rate,
        duration: settings.duration,
        timeout: settings.timeout,
        buffer: scenario.buffer(),
        noise: Bytes::from(noise),
    };
    let mut gathered: Vec<_> = stage.places.iter().map(|place| Gathered::new(place, scenario)).collect();
    let mut simulators = Vec::new();
    for round in 0..settings.rounds {
        let mut order: Vec<usize> = (0..stage.places.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for index in order {
            let place = &stage.places[index];
            progress.set_message(format!("{scenario}, round {} of {}: {}", round + 1, settings.rounds, place.name));
            let (begin, before) = (Instant::now(), simulators_demand(&stage));
            gathered[index].add(slice(&load, scenario, place).await?);
            let used = simulators_demand(&stage).zip(before).map(|(after, before)| after.saturating_sub(before));
            simulators.extend(used.map(|used| used.as_secs_f64() / begin.elapsed().as_secs_f64()));
            progress.inc(1);
        }
    }
    let body_bytes = load.calls.first().map_or(0, |call| call.body.len());
    let body_bytes = if scenario == Scenario::Download && settings.to.is_none() { settings.size } else { body_bytes };
    let mut section = Section {
        scenario: scenario.name().into(),
        request: load.calls.first().map_or_else(String::new, call::Call::name),
        connections: load.connections,
        rate: load.rate.filter(|_| scenario != Scenario::Idle),
        body_bytes,
        targets: gathered.iter().map(Gathered::target).collect(),
        added: gather::added(&gathered),
        warnings: Vec::new(),
    };
    let lateness: Vec<_> = gathered.iter().map(|one| &one.lateness).collect();
    section.warnings = advice::of_section(&section, Spread::of(simulators).as_ref(), &lateness);
    stage.clear().await;
    Ok(section)
}

async fn slice(load: &Load, scenario: Scenario, place: &Place) -> io::Result<Slice> {
    if scenario == Scenario::Idle { idle::slice(load, place).await } else { load.slice(place).await }
}

fn simulators_demand(stage: &Stage) -> Option<Duration> {
    stage.simulators.as_ref().and_then(simulators::Simulators::demand)
}

// === impl Error ===

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(what) => f.write_str(what),
            Self::Io(_) => f.write_str("the bench could not run"),
            Self::Server(which, what) => write!(f, "{which}: {what}"),
            Self::Interrupted => f.write_str("interrupted; what was started has been ended"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(e) => Some(e),
            _ => None,
        }
    }
}
