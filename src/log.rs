//! What the process says: diagnostics on standard error, the access line of each exchange on standard output.
//!
//! Human on a terminal, JSON otherwise. Access lines (target `access`) are written by our own formatter into a buffer
//! that a thread of its own empties, so that a worker never waits for a disk; if the disk cannot follow, lines are
//! dropped and counted, for requests come before their log.

mod access;
mod buffer;

use std::fmt;
use std::io::{self, IsTerminal};

use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{self, FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::writer::MakeWriter;
use tracing_subscriber::registry::LookupSpan;

use self::buffer::{Buffer, Flush};

/// The target of access lines.
const ACCESS: &str = "access";

/// Starts tracing. `VIADUCT_LOG` filters, in the words of tracing's `EnvFilter`; default `info`. The access lines that
/// are still in the buffer are written when the returned guard is dropped.
pub fn start() -> Flush {
    let (buffer, flush) = Buffer::start(io::stdout());
    let filter = EnvFilter::try_from_env("VIADUCT_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let lines =
        Lines { access_for_humans: io::stdout().is_terminal(), diagnostics_for_humans: io::stderr().is_terminal() };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(lines.diagnostics_for_humans)
        .event_format(lines)
        .with_writer(Writers { buffer })
        .finish();
    // A second start (in tests) keeps the first subscriber.
    let _ = tracing::subscriber::set_global_default(subscriber);
    flush
}

/// Chooses by target.
struct Writers {
    buffer: Buffer,
}

/// Where one line goes.
enum Sink<'a> {
    Access(&'a Buffer),
    Diagnostics(io::Stderr),
}

/// How a line looks.
struct Lines {
    access_for_humans: bool,
    diagnostics_for_humans: bool,
}

// === impl Writers ===

impl<'a> MakeWriter<'a> for Writers {
    type Writer = Sink<'a>;

    fn make_writer(&'a self) -> Sink<'a> {
        Sink::Diagnostics(io::stderr())
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Sink<'a> {
        if meta.target() == ACCESS { Sink::Access(&self.buffer) } else { self.make_writer() }
    }
}

impl io::Write for Sink<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match self {
            Self::Access(buffer) => buffer.write(line),
            Self::Diagnostics(stderr) => stderr.write(line),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

// === impl Lines ===

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        if event.metadata().target() == ACCESS {
            access::format(writer, event, self.access_for_humans)
        } else if self.diagnostics_for_humans {
            format::format().compact().with_target(false).format_event(context, writer, event)
        } else {
            access::format(writer, event, false)
        }
    }
}
