//! `viaduct check`: what `serve` would make of the same file, flags and environment.

use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

use super::flags::Sourced;
use super::{Failure, say};
use crate::config::Config;

/// Validates a configuration.
#[derive(Debug, clap::Args)]
pub(super) struct Check {
    /// The file
    #[arg(env = "VIADUCT_CONFIG")]
    file: Option<PathBuf>,
    /// Prints what holds, with where each value comes from; secrets are masked
    #[arg(long)]
    print: bool,
    #[command(flatten)]
    flags: Sourced,
}

// === impl Check ===

impl Check {
    pub(super) fn run(self) -> Result<(), Failure> {
        let (file, overrides) = (self.file.as_deref(), self.flags.overrides());
        if self.print {
            let page = Config::print(file, &overrides).map_err(Failure::Config)?;
            return Ok(print(&page)?);
        }
        Config::load(file, overrides).map_err(Failure::Config)?;
        let name = file.map_or_else(|| "no file".to_owned(), |file| file.display().to_string());
        say(&format!("{name}: ok"));
        Ok(())
    }
}

/// Whoever has read enough of it (`| head`) may go.
fn print(page: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(page.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
