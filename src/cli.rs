//! The command line: flags, environment, exit codes.
//!
//! `serve` runs the proxy, `check` only reads its configuration, and prints it. Exit codes: 0 ok, 1 runtime, 2 usage (clap's own),
//! 3 configuration.

mod bench;
mod check;
mod demo;
mod flags;
mod key;
mod later;
mod serve;
mod sim;
mod timestamps;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::later::Later;

/// One address for VIA and Ollama, nothing buffered, and the time ranges already in the answer.
#[derive(Debug, Parser)]
#[command(name = "viaduct", version, about, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the proxy; works with no file at all.
    Serve(Later<serve::Serve>),
    /// Runs the main job once on simulated servers, prints what happened, then keeps serving.
    Demo(Later<demo::DemoArgs>),
    /// Measures what a proxy adds, against simulators or your own servers.
    Bench(Later<bench::Bench>),
    /// Runs one simulator alone.
    #[command(subcommand)]
    Sim(sim::SimCommand),
    /// Validates a configuration and says what is wrong where.
    Check(Later<check::Check>),
    /// Makes an API key: prints it once, and the hash that the configuration wants.
    Key(Later<key::KeyArgs>),
    /// Reads an answer's text and prints the `timestamps` object that it would gain.
    Timestamps(Later<timestamps::Timestamps>),
    /// Prints the version.
    Version(Version),
}

#[derive(Debug, clap::Args)]
struct Version {
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Why a command failed; each has an exit code.
#[derive(Debug)]
enum Failure {
    Runtime(Box<dyn std::error::Error>),
    Config(crate::config::Error),
}

// === impl Cli ===

impl Cli {
    /// Runs the command.
    pub fn run(self) -> ExitCode {
        let done = match self.command {
            Command::Serve(serve) => serve.into_inner().run(),
            Command::Demo(demo) => demo.into_inner().run(),
            Command::Bench(bench) => bench.into_inner().run(),
            Command::Key(key) => key.into_inner().run(),
            Command::Sim(command) => simulate(command),
            Command::Check(check) => check.into_inner().run(),
            Command::Timestamps(timestamps) => timestamps.into_inner().run(),
            Command::Version(version) => {
                version.print();
                Ok(())
            }
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => failure.report(),
        }
    }
}

fn simulate(command: sim::SimCommand) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    Ok(runtime.block_on(sim::run(command))?)
}

// === impl Version ===

impl Version {
    fn print(&self) {
        let version = env!("CARGO_PKG_VERSION");
        if self.json {
            say(&serde_json::json!({"name": "viaduct", "version": version}).to_string());
        } else {
            say(&format!("viaduct {version}"));
        }
    }
}

// === impl Failure ===

impl Failure {
    /// Says it on standard error, causes included.
    fn report(self) -> ExitCode {
        let (error, code): (Box<dyn std::error::Error>, u8) = match self {
            Self::Runtime(error) => (error, 1),
            Self::Config(error) => (Box::new(error), 3),
        };
        let mut line = format!("viaduct: {error}");
        let mut source = error.source();
        while let Some(cause) = source {
            line.push_str(": ");
            line.push_str(&cause.to_string());
            source = cause.source();
        }
        #[expect(clippy::print_stderr, reason = "the command's own words to its user")]
        {
            eprintln!("{line}");
        }
        ExitCode::from(code)
    }
}

impl<E: std::error::Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Runtime(Box::new(error))
    }
}

/// A line for the user.
#[expect(clippy::print_stdout, reason = "the command's own words to its user")]
fn say(line: &str) {
    println!("{line}");
}
