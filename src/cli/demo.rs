//! `viaduct demo`.

use std::net::SocketAddr;

use super::{Failure, serve};
use crate::demo::{Demo, Settings};

/// Runs the main job once on simulated servers, prints what happened, then keeps serving.
#[derive(Debug, clap::Args)]
pub(super) struct DemoArgs {
    /// Where the viaduct listens; port 0 for a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// MiB of the generated video
    #[arg(long, value_name = "MIB", default_value_t = 64)]
    size: u64,
    /// Exit when the job is done: 0 if it went well, else 1
    #[arg(long)]
    once: bool,
}

// === impl DemoArgs ===

impl DemoArgs {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let demo = Demo::start(Settings { listen: self.listen, size: self.size * 1024 * 1024 })?;
            let walked = demo.walk().await;
            if walked.is_ok() && !self.once {
                demo.hints();
                serve::stop()?.await;
            }
            demo.stop().await;
            Ok(walked?)
        })
    }
}
