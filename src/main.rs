//! The `viaduct` program: parse, run one command, exit code.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    viaduct::cli::Cli::parse().run()
}
