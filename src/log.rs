//! What the process says: diagnostics on standard error, the access line of each exchange on standard output.
//!
//! Human on a terminal, JSON otherwise. Access lines (target `access`) go past tracing into a buffer that a thread of its
//! own empties, so that a worker never waits for a disk; if the disk cannot follow, lines are dropped and counted, for
//! requests come before their log.

pub mod access;
mod buffer;
mod event;

use std::fmt;
use std::io::{self, IsTerminal};

use tracing::{Event, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{self, FormatEvent, FormatFields, Writer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;

use self::access::Access;
use self::buffer::{Buffer, Flush};

/// Starts tracing. `VIADUCT_LOG` filters, as a level or as `TARGET=LEVEL`, with commas between them; default `info`.
/// (tracing's `EnvFilter` could filter by fields too, for half a MiB of regular expressions in every process.) The
/// access lines that are still in the buffer are written when the returned guard is dropped.
pub fn start() -> Flush {
    let (buffer, flush) = Buffer::start(io::stdout());
    let filter = std::env::var("VIADUCT_LOG").ok().and_then(|filter| filter.parse().ok());
    let filter: Targets = filter.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let lines = Lines { for_humans: io::stderr().is_terminal() };
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(lines.for_humans)
        .event_format(lines)
        .with_writer(io::stderr)
        .finish()
        .with(filter);
    // A second start (in tests) keeps the first subscriber.
    let _ = tracing::subscriber::set_global_default(subscriber);
    access::start(Access { buffer, for_humans: io::stdout().is_terminal() });
    flush
}

/// How a diagnostic line looks.
struct Lines {
    for_humans: bool,
}

// === impl Lines ===

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        if self.for_humans {
            format::format().compact().with_target(false).format_event(context, writer, event)
        } else {
            event::format(writer, event)
        }
    }
}
