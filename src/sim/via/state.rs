//! What one VIA process keeps in memory: files, live streams, alerts, and the queries that run on them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::sim::tasks::Tasks;
use crate::sim::time;
use crate::sim::via::id::Id;
use crate::sim::via::job::Job;
use crate::sim::via::reply::{self, Refused};
use crate::sim::via::settings::Settings;
use crate::sim::via::spool::Spooled;

/// Most live streams, and most alerts, that an instance takes.
pub(crate) const STREAMS: usize = 1024;
/// Most alerts remembered for `/alerts/recent`.
const RECENT: usize = 1000;

/// An instance.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) tasks: Arc<Tasks>,
    pub(crate) started: u64,
    pub(crate) received: AtomicU64,
    pub(crate) work: watch::Sender<Work>,
    tables: Mutex<Tables>,
}

/// Queries on files and live streams since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Begun.
    pub started: u64,
    /// Come to their end, good or bad.
    pub finished: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Tables {
    pub(crate) files: BTreeMap<Id, Asset>,
    pub(crate) streams: BTreeMap<Id, Live>,
    pub(crate) alerts: BTreeMap<Id, Alert>,
    recent: VecDeque<Recent>,
}

/// An uploaded file.
#[derive(Debug, Clone)]
pub(crate) struct Asset {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) image: bool,
    pub(crate) spooled: Spooled,
    pub(crate) stored: SystemTime,
    /// Length of the video in seconds.
    pub(crate) seconds: u64,
    /// Queries that run, or ended without having been collected.
    pub(crate) jobs: Vec<Arc<Job>>,
    /// The ids that were summarized together with `enable_chat`: they hold a context manager.
    pub(crate) chat: Option<Vec<Id>>,
    pub(crate) polled: Option<Instant>,
}

/// A live stream.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    pub(crate) url: String,
    pub(crate) description: String,
    pub(crate) chunk_duration: u64,
    pub(crate) chunk_overlap_duration: u64,
    pub(crate) summary_duration: i64,
    pub(crate) job: Option<Arc<Job>>,
    pub(crate) chat: bool,
    pub(crate) polled: Option<Instant>,
}

/// An alert on a live stream.
#[derive(Debug, Clone)]
pub(crate) struct Alert {
    pub(crate) name: String,
    pub(crate) stream: Id,
    pub(crate) events: Vec<String>,
}

/// An alert that was raised.
#[derive(Debug, Clone)]
pub(crate) struct Recent {
    pub(crate) alert: Id,
    pub(crate) name: String,
    pub(crate) stream: Id,
    pub(crate) event: String,
    pub(crate) at: String,
}

// === impl State ===

impl State {
    pub(crate) fn new(settings: Settings, tasks: Arc<Tasks>) -> Self {
        let started = time::unix_seconds();
        Self {
            settings,
            tasks,
            started,
            received: AtomicU64::new(0),
            work: watch::Sender::default(),
            tables: Mutex::default(),
        }
    }

    /// The tables; never held across an await.
    pub(crate) fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers that the reader of `id` is still there; `false` if another one was there a moment ago.
    pub(crate) fn attach(&self, id: Id) -> bool {
        let mut tables = self.tables();
        let Some(polled) = tables.polled(id) else { return true };
        if polled.is_some_and(|at| at.elapsed() < self.settings.reader_window) {
            return false;
        }
        *polled = Some(Instant::now());
        true
    }

    /// The reader of `id` is still there.
    pub(crate) fn poll(&self, id: Id) {
        if let Some(polled) = self.tables().polled(id) {
            *polled = Some(Instant::now());
        }
    }
}

// === impl Work ===

impl Work {
    /// Begun and not at their end.
    pub fn running(&self) -> u64 {
        self.started - self.finished
    }
}

// === impl Tables ===

impl Tables {
    /// The file, or VIA's way to say that there is none.
    pub(crate) fn file(&self, id: Id) -> Result<&Asset, Refused> {
        if self.streams.contains_key(&id) {
            return Err(reply::bad("BadParameter", format!("{id} is a live stream, not a file")));
        }
        self.files.get(&id).ok_or_else(|| unknown(id))
    }

    /// Bytes stored.
    pub(crate) fn stored(&self) -> u64 {
        self.files.values().map(|asset| asset.spooled.length).sum()
    }

    /// Context managers in use by others than `ids`.
    pub(crate) fn contexts(&self, ids: &[Id]) -> usize {
        let others = self.files.values().filter(|asset| !ids.contains(&asset.id));
        let files = others.filter(|asset| asset.chat.is_some() || asset.jobs.iter().any(|job| job.holds_context()));
        let streams = self.streams.values().filter(|live| live.job.as_ref().is_some_and(|job| job.is_running()));
        files.count() + streams.count()
    }

    /// An alert was raised on `stream`: once for each alert that waits there.
    pub(crate) fn raise(&mut self, stream: Id, at: &str) {
        let raised: Vec<Recent> = self
            .alerts
            .iter()
            .filter(|(_, alert)| alert.stream == stream)
            .map(|(id, alert)| Recent {
                alert: *id,
                name: alert.name.clone(),
                stream,
                event: alert.events.first().cloned().unwrap_or_default(),
                at: at.to_owned(),
            })
            .collect();
        self.recent.extend(raised);
        let over = self.recent.len().saturating_sub(RECENT);
        self.recent.drain(..over);
    }

    /// Alerts raised, newest first.
    pub(crate) fn recent(&self) -> impl Iterator<Item = &Recent> {
        self.recent.iter().rev()
    }

    fn polled(&mut self, id: Id) -> Option<&mut Option<Instant>> {
        match self.files.get_mut(&id) {
            Some(asset) => Some(&mut asset.polled),
            None => self.streams.get_mut(&id).map(|live| &mut live.polled),
        }
    }
}

/// "Not found" in VIA's words.
pub(crate) fn unknown(id: Id) -> Refused {
    reply::bad("BadParameter", format!("No such resource {id}"))
}
