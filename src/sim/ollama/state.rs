//! What a simulated Ollama keeps: models, blobs, the scheduler.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::sim::ollama::models::Model;
use crate::sim::ollama::sched::Scheduler;
use crate::sim::ollama::settings::Settings;
use crate::sim::tasks::Tasks;

/// Most models and blobs on disk.
pub(crate) const ENTRIES: usize = 10_000;

/// A server.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) tasks: Arc<Tasks>,
    pub(crate) scheduler: Arc<Scheduler>,
    pub(crate) check_host: bool,
    models: Mutex<Vec<Model>>,
    blobs: Mutex<BTreeMap<String, u64>>,
    answers: AtomicU64,
}

// === impl State ===

impl State {
    pub(crate) fn new(settings: Settings, tasks: Arc<Tasks>, loopback: bool) -> Self {
        Self {
            scheduler: Arc::new(Scheduler::new(&settings)),
            models: Mutex::new(settings.models.clone()),
            check_host: settings.host_check.unwrap_or(loopback),
            blobs: Mutex::default(),
            answers: AtomicU64::new(0),
            settings,
            tasks,
        }
    }

    /// The models on disk.
    pub(crate) fn models(&self) -> MutexGuard<'_, Vec<Model>> {
        self.models.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The model of that normal name.
    pub(crate) fn model(&self, normal: &str) -> Option<Model> {
        self.models().iter().find(|model| model.name == normal).cloned()
    }

    /// Blobs by digest, with their sizes.
    pub(crate) fn blobs(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.blobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number in `chatcmpl-N`: 0 to 998, not unique.
    pub(crate) fn number(&self) -> u64 {
        self.answers.fetch_add(1, Relaxed) % 999
    }
}
