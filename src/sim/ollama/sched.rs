//! Who may run, and when: the queue for cold models, loading one at a time, eviction, slots, keep-alive (ollama.md
//! section 5).
//!
//! A request walks through phases; one whose client goes away is counted under the phase it was in. Unlike the real
//! one, a cancelled entry leaves the queue at once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use hyper::StatusCode;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

use crate::sim::ollama::reply::Problem;
use crate::sim::ollama::settings::Settings;

/// Where a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// In the queue for a cold model.
    Queue,
    /// Its model is being loaded.
    Load,
    /// Waiting for a slot of a loaded model.
    Slot,
    /// Its prompt is evaluated.
    Prompt,
    /// Tokens come.
    Generate,
}

/// How many requests lost their client, by phase.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cancelled {
    /// In the queue.
    pub queue: u64,
    /// While loading.
    pub load: u64,
    /// Waiting for a slot.
    pub slot: u64,
    /// While the prompt was evaluated.
    pub prompt: u64,
    /// While tokens came.
    pub generate: u64,
}

/// How long a model stays loaded without a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Keep {
    For(Duration),
    Forever,
}

/// The options that a model is loaded with: another value reloads it.
pub(crate) type LoadOptions = Vec<(&'static str, String)>;

/// The names of those options.
pub(crate) const LOAD_OPTIONS: [&str; 7] =
    ["num_ctx", "num_batch", "num_gpu", "main_gpu", "use_mmap", "num_thread", "draft_num_predict"];

/// The scheduler.
#[derive(Debug)]
pub(crate) struct Scheduler {
    runners: Mutex<BTreeMap<String, Runner>>,
    changed: Notify,
    // Loads happen one after the other, in order of arrival.
    loading: Arc<Semaphore>,
    queued: Arc<Semaphore>,
    cancelled: watch::Sender<Cancelled>,
    slots: usize,
    most: usize,
    load_time: Duration,
    default_keep: Keep,
}

#[derive(Debug, Clone)]
struct Runner {
    options: LoadOptions,
    slots: Arc<Semaphore>,
    running: usize,
    keep: Keep,
    idle: Instant,
    expires: SystemTime,
}

/// A request's way through the phases; dropped before its end, it counts as cancelled.
#[derive(Debug)]
pub(crate) struct Progress {
    scheduler: Arc<Scheduler>,
    phase: Phase,
    done: bool,
}

/// A slot of a loaded model.
#[derive(Debug)]
pub(crate) struct Lease {
    scheduler: Arc<Scheduler>,
    name: String,
    unload: bool,
    // Held, never looked at.
    slot: Option<OwnedSemaphorePermit>,
}

/// A loaded model as `/api/ps` shows it.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    pub(crate) name: String,
    pub(crate) expires: SystemTime,
    pub(crate) context: Option<u64>,
}

// === impl Scheduler ===

impl Scheduler {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            runners: Mutex::default(),
            changed: Notify::new(),
            loading: Arc::new(Semaphore::new(1)),
            queued: Arc::new(Semaphore::new(settings.queue)),
            cancelled: watch::Sender::default(),
            slots: settings.slots.max(1),
            most: settings.loaded.max(1),
            load_time: settings.load_time,
            default_keep: settings.keep_alive.map_or(Keep::Forever, Keep::For),
        }
    }

    /// A slot of the model, loaded before if need be. `keep` as the request says it.
    pub(crate) async fn acquire(
        self: &Arc<Self>,
        name: &str,
        options: LoadOptions,
        keep: Option<Keep>,
        progress: &mut Progress,
    ) -> Result<Lease, Problem> {
        let mut lease = match self.warm(name, &options, keep) {
            Some(lease) => lease,
            None => self.cold(name, &options, keep, progress).await?,
        };
        progress.phase = Phase::Slot;
        let slots = self.lock().get(name).map(|runner| Arc::clone(&runner.slots));
        if let Some(slots) = slots {
            lease.slot = slots.acquire_owned().await.ok();
        }
        lease.unload = keep == Some(Keep::For(Duration::ZERO));
        Ok(lease)
    }

    /// Unloads the model, once nobody uses it.
    pub(crate) fn unload(&self, name: &str) {
        let mut runners = self.lock();
        if let Some(runner) = runners.get_mut(name) {
            runner.keep = Keep::For(Duration::ZERO);
        }
        reap(&mut runners);
        drop(runners);
        self.changed.notify_waiters();
    }

    /// What is loaded, longest remaining life first.
    pub(crate) fn loaded(&self) -> Vec<Loaded> {
        let mut runners = self.lock();
        reap(&mut runners);
        let mut loaded: Vec<Loaded> = runners
            .iter()
            .map(|(name, runner)| Loaded {
                name: name.clone(),
                expires: runner.expires,
                context: runner.options.iter().find(|(n, _)| *n == "num_ctx").and_then(|(_, v)| v.parse().ok()),
            })
            .collect();
        loaded.sort_by_key(|loaded| std::cmp::Reverse(loaded.expires));
        loaded
    }

    pub(crate) fn cancelled(&self) -> watch::Receiver<Cancelled> {
        self.cancelled.subscribe()
    }

    fn warm(self: &Arc<Self>, name: &str, options: &LoadOptions, keep: Option<Keep>) -> Option<Lease> {
        let mut runners = self.lock();
        reap(&mut runners);
        let runner = runners.get_mut(name).filter(|runner| runner.options == *options)?;
        runner.running += 1;
        if let Some(keep) = keep {
            runner.keep = keep;
        }
        Some(Lease { scheduler: Arc::clone(self), name: name.to_owned(), unload: false, slot: None })
    }

    async fn cold(
        self: &Arc<Self>,
        name: &str,
        options: &LoadOptions,
        keep: Option<Keep>,
        progress: &mut Progress,
    ) -> Result<Lease, Problem> {
        progress.phase = Phase::Queue;
        let _place = Arc::clone(&self.queued).try_acquire_owned().map_err(|_| {
            let text = "server busy, please try again.  maximum pending requests exceeded";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, text)
        })?;
        let closed = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "server is shutting down");
        let _turn = self.loading.acquire().await.map_err(closed)?;
        loop {
            // Registered before the look: an end in between is not missed.
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(lease) = self.warm(name, options, keep) {
                return Ok(lease);
            }
            if self.make_room(name) {
                break;
            }
            changed.await;
        }
        progress.phase = Phase::Load;
        if self.load_time > Duration::ZERO {
            tokio::time::sleep(self.load_time).await;
        }
        let runner = Runner {
            options: options.clone(),
            slots: Arc::new(Semaphore::new(self.slots)),
            running: 1,
            keep: keep.unwrap_or(self.default_keep),
            idle: Instant::now(),
            expires: SystemTime::now(),
        };
        self.lock().insert(name.to_owned(), runner);
        Ok(Lease { scheduler: Arc::clone(self), name: name.to_owned(), unload: false, slot: None })
    }

    /// Whether the model may be loaded now: unloads an idle runner of its own with other options, or of another.
    fn make_room(&self, name: &str) -> bool {
        let mut runners = self.lock();
        if let Some(runner) = runners.get(name) {
            if runner.running > 0 {
                return false;
            }
            runners.remove(name);
        }
        if runners.len() < self.most {
            return true;
        }
        let idle = runners.iter().filter(|(_, runner)| runner.running == 0);
        let victim = idle.min_by_key(|(_, runner)| runner.keep).map(|(name, _)| name.clone());
        victim.is_some_and(|victim| runners.remove(&victim).is_some())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Runner>> {
        self.runners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes what has outlived its keep-alive.
fn reap(runners: &mut BTreeMap<String, Runner>) {
    runners.retain(|_, runner| runner.running > 0 || runner.keep.lasts(runner.idle.elapsed()));
}

// === impl Keep ===

impl Keep {
    fn lasts(self, idle: Duration) -> bool {
        match self {
            Self::For(keep) => idle < keep,
            Self::Forever => true,
        }
    }

    /// What `expires_at` is reckoned with: "forever" is about 292 years, and so is everything longer.
    fn shown(self) -> Duration {
        const FOREVER: Duration = Duration::from_secs(9_223_372_036);
        match self {
            Self::For(keep) => keep.min(FOREVER),
            Self::Forever => FOREVER,
        }
    }
}

// === impl Progress ===

impl Progress {
    pub(crate) fn new(scheduler: Arc<Scheduler>) -> Self {
        Self { scheduler, phase: Phase::Queue, done: false }
    }

    pub(crate) fn enter(&mut self, phase: Phase) {
        self.phase = phase;
    }

    /// The request came to its end, good or bad.
    pub(crate) fn done(&mut self) {
        self.done = true;
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        self.scheduler.cancelled.send_modify(|cancelled| {
            *match self.phase {
                Phase::Queue => &mut cancelled.queue,
                Phase::Load => &mut cancelled.load,
                Phase::Slot => &mut cancelled.slot,
                Phase::Prompt => &mut cancelled.prompt,
                Phase::Generate => &mut cancelled.generate,
            } += 1;
        });
    }
}

// === impl Lease ===

impl Drop for Lease {
    fn drop(&mut self) {
        let mut runners = self.scheduler.lock();
        if let Some(runner) = runners.get_mut(&self.name) {
            runner.running = runner.running.saturating_sub(1);
            runner.idle = Instant::now();
            if self.unload {
                runner.keep = Keep::For(Duration::ZERO);
            }
            runner.expires = SystemTime::now() + runner.keep.shown();
        }
        reap(&mut runners);
        drop(runners);
        self.scheduler.changed.notify_waiters();
    }
}
