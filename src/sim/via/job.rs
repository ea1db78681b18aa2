//! A query at work: it runs as a task of the server, whether or not somebody reads, and leaves its events in a queue
//! (via.md 3.4).

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Serialize, Serializer};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::sim::time;
use crate::sim::via::id::Id;

/// A live stream that nobody reads keeps so many events; older ones are lost.
const EVENTS: usize = 4096;

/// A summary or captions run.
#[derive(Debug)]
pub(crate) struct Job {
    /// The request's id.
    pub(crate) id: Id,
    pub(crate) created: u64,
    started: Instant,
    context: bool,
    queue: Mutex<Queue>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    events: VecDeque<Event>,
    ready: bool,
    chunks: u64,
    took: Duration,
    end: Option<End>,
}

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// As it should.
    Done,
    /// Its file or stream was deleted under it.
    Dropped,
}

/// Something that a job tells its reader.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    Summary {
        text: String,
        media: Media,
    },
    Alert {
        name: String,
        event: String,
        offset: u64,
        at: Option<String>,
    },
    Captions {
        captions: Vec<Caption>,
        media: Media,
    },
    /// The run failed: an answer's text that says so.
    Failure(String),
}

/// The part of the medium that an answer is about.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(crate) enum Media {
    Offset { start_offset: u64, end_offset: u64 },
    Timestamp { start_timestamp: String, end_timestamp: String },
}

/// `media_info` of an event.
#[derive(Debug, Clone)]
pub(crate) enum MediaInfo {
    /// No such key: alerts and failures.
    Absent,
    /// `null`: the usage event.
    Null,
    Of(Media),
}

/// One chunk's caption; its times are texts on the wire.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Caption {
    pub(crate) start_time: String,
    pub(crate) end_time: String,
    pub(crate) content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reasoning_description: Option<String>,
}

/// A job's totals.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Totals {
    pub(crate) chunks: u64,
    pub(crate) seconds: u64,
}

// === impl MediaInfo ===

impl MediaInfo {
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl Serialize for MediaInfo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Null => serializer.serialize_none(),
            Self::Of(media) => media.serialize(serializer),
        }
    }
}

// === impl Job ===

impl Job {
    /// A new job; `context` tells whether it occupies a context manager.
    pub(crate) fn new(context: bool) -> Self {
        Self {
            id: Id::random(),
            created: time::unix_seconds(),
            started: Instant::now(),
            context,
            queue: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// The set-up is over: a stream's head may go out.
    pub(crate) fn ready(&self) {
        self.change(|queue| queue.ready = true);
    }

    /// Adds an event; ignored once the job has ended.
    pub(crate) fn push(&self, event: Event, chunks: u64) {
        self.change(|queue| {
            if queue.end.is_none() {
                queue.chunks += chunks;
                queue.events.push_back(event);
                if queue.events.len() > EVENTS {
                    queue.events.pop_front();
                }
            }
        });
    }

    /// Ends the job. Only the first end counts; a dropped job's events are gone.
    pub(crate) fn end(&self, end: End) {
        let took = self.started.elapsed();
        self.change(|queue| {
            queue.ready = true;
            if queue.end.is_none() {
                queue.end = Some(end);
                queue.took = took;
                if end == End::Dropped {
                    queue.events.clear();
                }
            }
        });
    }

    pub(crate) fn is_running(&self) -> bool {
        self.lock().end.is_none()
    }

    pub(crate) fn was_dropped(&self) -> bool {
        self.lock().end == Some(End::Dropped)
    }

    pub(crate) fn holds_context(&self) -> bool {
        self.context && self.is_running()
    }

    /// Waits for the end of the set-up.
    pub(crate) async fn wait_ready(&self) {
        self.wait(|queue| queue.ready.then_some(())).await;
    }

    /// Waits for the end.
    pub(crate) async fn wait_end(&self) -> End {
        self.wait(|queue| queue.end).await
    }

    /// The next event, or `None` at the end. Cancelling it loses nothing.
    pub(crate) async fn next(&self) -> Option<Event> {
        self.wait(|queue| match queue.events.pop_front() {
            Some(event) => Some(Some(event)),
            None => queue.end.map(|_| None),
        })
        .await
    }

    pub(crate) fn totals(&self) -> Totals {
        let queue = self.lock();
        Totals { chunks: queue.chunks, seconds: queue.took.as_secs() }
    }

    async fn wait<T>(&self, mut look: impl FnMut(&mut Queue) -> Option<T>) -> T {
        loop {
            // Registered before the look, so that a change between the two is not missed.
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(found) = look(&mut self.lock()) {
                return found;
            }
            changed.await;
        }
    }

    fn change(&self, change: impl FnOnce(&mut Queue)) {
        change(&mut self.lock());
        self.changed.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
