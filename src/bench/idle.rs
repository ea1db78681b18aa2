//! A slice of idle connections: each asks once, then they do nothing for the time of the slice, then each asks once
//! more. What counts is the memory that one holds, and whether it still works.

use std::io;

use tokio::time::Instant;

use super::connection::{Connection, Failure};
use super::load::{Clocks, Load, Slice, ask};
use super::place::Place;
use super::process;
use super::record::Record;

/// As [`Load::slice`], with the same bounds.
pub(super) async fn slice(load: &Load, place: &Place) -> io::Result<Slice> {
    let now = Instant::now();
    let mut record = Record::new((now, now + load.duration + load.timeout));
    let mut connections = Vec::with_capacity(load.connections);
    for call in load.calls.iter().cycle().take(load.connections) {
        let opened = async {
            let mut connection = Connection::open(place.address, load.buffer).await?;
            ask(&mut connection, call, place).await.map(|(_, is_open)| is_open.then_some(connection))
        };
        match tokio::time::timeout(load.timeout, opened).await.unwrap_or(Err(Failure::Timeout)) {
            Ok(connection) => connections.extend(connection.map(|connection| (connection, call))),
            Err(failure) => record.failed(&failure),
        }
    }
    let before = Clocks::now(place);
    tokio::time::sleep(load.duration).await;
    let after = Clocks::now(place);
    let held = process::anonymous(&place.pids);
    let memory = process::memory(&place.pids);
    let count = connections.len();
    for (connection, call) in &mut connections {
        let due = Instant::now();
        let asked = ask(connection, call, place);
        match tokio::time::timeout(load.timeout, asked).await.unwrap_or(Err(Failure::Timeout)) {
            Ok(_) => record.finished(due),
            // Closed meanwhile, as a server may do.
            Err(Failure::Stale) => record.counts.reopened += 1,
            Err(failure) => record.failed(&failure),
        }
    }
    let mut slice = Slice::new(record, place, before, after);
    slice.per_connection = held.zip(place.fresh).and_then(|(now, fresh)| {
        let grown = now.saturating_sub(fresh);
        (count > 0).then(|| float(grown) / float(count as u64))
    });
    slice.memory = memory;
    Ok(slice)
}

/// Near enough for sizes.
pub(super) fn float(count: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "fifteen digits are enough of any count here")]
    {
        count as f64
    }
}
