//! One slice of load on one place: a closed loop (each connection sends its next request when the last one is
//! answered) or an open one (requests are due at fixed times, and wait in their latency if no connection is free).
//!
//! Everything runs on the one thread that calls, so that its CPU time is the generator's. Connections are new in each
//! slice; what happens in the first part, until they and the proxy's pools are warm, is not recorded.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::Instant;

use super::call::Call;
use super::connection::{Connection, Failure, Listen};
use super::pacer::Pacer;
use super::place::Place;
use super::process;
use super::record::{Record, Watch};

/// After a failure a connection rests so long.
const REST: Duration = Duration::from_millis(5);
/// Of an answer that has to be understood, so much is kept.
const KEPT: usize = 1024 * 1024;

/// What a slice does, wherever.
#[derive(Debug)]
pub(super) struct Load {
    /// What is asked; the connections take them in turn.
    pub(super) calls: Vec<Call>,
    pub(super) connections: usize,
    /// Requests a second of an open loop; `None`: a closed one.
    pub(super) rate: Option<f64>,
    /// Recorded time.
    pub(super) duration: Duration,
    /// What runs at the end may take so long still.
    pub(super) timeout: Duration,
    /// Bytes to read at once.
    pub(super) buffer: usize,
    /// What uploads are made of.
    pub(super) noise: Bytes,
}

/// What a slice gave.
#[derive(Debug)]
pub(super) struct Slice {
    pub(super) record: Record,
    /// Recorded time, in seconds.
    pub(super) seconds: f64,
    /// Of the place's processes.
    pub(super) cpu: Option<Duration>,
    /// That this thread ran or waited for a core.
    pub(super) generator: Duration,
    /// Bytes of the place's memory at the end.
    pub(super) memory: Option<u64>,
    /// Bytes of memory for each connection, where that is what the slice is about.
    pub(super) per_connection: Option<f64>,
}

/// CPU times at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clocks {
    at: Instant,
    place: Option<Duration>,
    generator: Duration,
}

struct Shared {
    record: RefCell<Record>,
    calls: Vec<Call>,
    heads: Vec<Vec<u8>>,
    place: Place,
    buffer: usize,
    noise: Bytes,
    pacer: Option<Pacer>,
}

/// An answer's beginning, kept beside what else listens.
struct Kept<L> {
    also: Option<L>,
    text: Vec<u8>,
}

// === impl Load ===

impl Load {
    /// How long the unrecorded beginning is.
    fn warm_up(&self) -> Duration {
        (self.duration / 4).min(Duration::from_millis(300))
    }

    /// Runs one slice. Dropped, it ends at once.
    pub(super) async fn slice(&self, place: &Place) -> io::Result<Slice> {
        let begin = Instant::now();
        let start = begin + self.warm_up();
        let end = start + self.duration;
        let pacer = self.rate.map(|rate| Pacer::start(rate, begin, end)).transpose()?;
        let shared = Rc::new(Shared {
            record: RefCell::new(Record::new((start, end))),
            heads: self.calls.iter().map(|call| call.head(&place.url)).collect(),
            calls: self.calls.clone(),
            place: place.clone(),
            buffer: self.buffer,
            noise: self.noise.clone(),
            pacer,
        });
        let local = LocalSet::new();
        let mut workers = JoinSet::new();
        for number in 0..self.connections {
            workers.spawn_local_on(Rc::clone(&shared).work(number), &local);
        }
        let (before, after) = local
            .run_until(async {
                tokio::time::sleep_until(start).await;
                let before = Clocks::now(place);
                tokio::time::sleep_until(end).await;
                let after = Clocks::now(place);
                let all = async { while workers.join_next().await.is_some() {} };
                if tokio::time::timeout(self.timeout, all).await.is_err() {
                    let running = workers.len();
                    workers.shutdown().await;
                    let mut record = shared.record.borrow_mut();
                    (0..running).for_each(|_| record.failed(&Failure::Timeout));
                }
                (before, after)
            })
            .await;
        drop(local);
        let record = match Rc::try_unwrap(shared) {
            Ok(shared) => shared.settle(),
            Err(_) => return Err(io::Error::other("a connection of the load outlived its slice")),
        };
        Ok(Slice::new(record, place, before, after))
    }
}

// === impl Slice ===

impl Slice {
    pub(super) fn new(record: Record, place: &Place, before: Clocks, after: Clocks) -> Self {
        Self {
            record,
            seconds: (after.at - before.at).as_secs_f64(),
            cpu: after.place.zip(before.place).map(|(after, before)| after.saturating_sub(before)),
            generator: after.generator.saturating_sub(before.generator),
            memory: process::memory(&place.pids),
            per_connection: None,
        }
    }
}

// === impl Clocks ===

impl Clocks {
    pub(super) fn now(place: &Place) -> Self {
        Self {
            at: Instant::now(),
            place: process::cpu(&place.pids),
            generator: process::thread_demand(&process::this_thread()).unwrap_or_default(),
        }
    }
}

// === impl Shared ===

impl Shared {
    /// One connection's share of the load.
    async fn work(self: Rc<Self>, number: usize) {
        let (call, head) = (&self.calls[number % self.calls.len()], &self.heads[number % self.heads.len()]);
        // Opened beforehand, so that no request pays for it; if it cannot be had, the first request says why.
        let mut connection = Connection::open(self.place.address, self.buffer).await.ok();
        while let Some(due) = self.turn().await {
            self.record.borrow_mut().began(due);
            let mut done = self.once(&mut connection, call, head, due).await;
            if matches!(done, Err(Failure::Stale)) {
                self.record.borrow_mut().counts.reopened += 1;
                done = self.once(&mut connection, call, head, due).await;
            }
            match done {
                Ok(()) => {}
                Err(failure) => {
                    self.record.borrow_mut().failed(&failure);
                    tokio::time::sleep(REST).await;
                }
            }
        }
    }

    /// When the next request should begin; `None` at the end.
    async fn turn(&self) -> Option<Instant> {
        match &self.pacer {
            Some(pacer) => pacer.turn().await,
            None => (!self.record.borrow().is_over()).then(Instant::now),
        }
    }

    /// One exchange, and what belongs to it.
    async fn once(
        &self,
        connection: &mut Option<Connection>,
        call: &Call,
        head: &[u8],
        due: Instant,
    ) -> Result<(), Failure> {
        let mut open = match connection.take() {
            Some(open) => open,
            None => Connection::open(self.place.address, self.buffer).await?,
        };
        let watch = Watch::new(&self.record, due, call.reading);
        let mut is_open;
        if call.leaves_a_file {
            let mut kept = Kept { also: Some(watch), text: Vec::new() };
            is_open = open.exchange(head, &call.body, &self.noise, &mut kept).await?;
            self.record.borrow_mut().finished(due);
            if let Some(id) = kept.id().filter(|_| is_open) {
                // Else the server would fill up. Not timed, but a part of what the proxy does.
                is_open = ask(&mut open, &Call::delete(format!("/files/{id}")), &self.place).await?.1;
            }
        } else {
            let mut watch = watch;
            is_open = open.exchange(head, &call.body, &self.noise, &mut watch).await?;
            self.record.borrow_mut().finished(due);
        }
        if is_open {
            *connection = Some(open);
        }
        Ok(())
    }

    /// The record, with what an open loop left over.
    fn settle(self) -> Record {
        let mut record = self.record.into_inner();
        for due in self.pacer.iter().flat_map(Pacer::left) {
            record.unstarted(due);
        }
        record
    }
}

/// A call outside of the load: the beginning of its answer, and whether the connection is still good.
pub(super) async fn ask(connection: &mut Connection, call: &Call, place: &Place) -> Result<(String, bool), Failure> {
    let mut kept = Kept { also: None::<Watch<'_>>, text: Vec::new() };
    let noise = Bytes::from_static(&[0x5a; 4096]);
    let is_open = connection.exchange(&call.head(&place.url), &call.body, &noise, &mut kept).await?;
    Ok((String::from_utf8_lossy(&kept.text).into_owned(), is_open))
}

/// What `ask` and uploads are answered with: the id of an object.
pub(super) fn id(text: &str) -> Option<String> {
    serde_json::from_str::<serde_json::Value>(text).ok()?.get("id")?.as_str().map(str::to_owned)
}

// === impl Kept ===

impl<L> Kept<L> {
    fn id(&self) -> Option<String> {
        id(&String::from_utf8_lossy(&self.text))
    }
}

impl<L: Listen> Listen for Kept<L> {
    fn sent(&mut self, bytes: usize) {
        if let Some(also) = &mut self.also {
            also.sent(bytes);
        }
    }

    fn answered(&mut self) {
        if let Some(also) = &mut self.also {
            also.answered();
        }
    }

    fn came(&mut self, bytes: &[u8]) {
        let room = KEPT.saturating_sub(self.text.len()).min(bytes.len());
        self.text.extend_from_slice(&bytes[..room]);
        if let Some(also) = &mut self.also {
            also.came(bytes);
        }
    }
}
