//! One generation: checks in Ollama's order, the way through the scheduler, then tokens as time allows (ollama.md 1.3,
//! 1.4 and 2).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde::Serialize;
use tokio::time::Instant;

use crate::sim::body::Body;
use crate::sim::fault::Plan;
use crate::sim::ollama::call::Call;
use crate::sim::ollama::models::{Model, normal};
use crate::sim::ollama::reply::Problem;
use crate::sim::ollama::say::{self, Said};
use crate::sim::ollama::sched::{Keep, LOAD_OPTIONS, Lease, LoadOptions, Phase, Progress};
use crate::sim::ollama::state::State;

/// A generation that has its slot and its first piece.
#[derive(Debug)]
pub(crate) struct Run {
    /// The model as the client wrote it.
    pub(crate) model: String,
    pub(crate) created: u64,
    pub(crate) reason: Option<&'static str>,
    pieces: VecDeque<Piece>,
    token_time: Duration,
    per_line: usize,
    started: Instant,
    load: Duration,
    prompt: Duration,
    prompt_tokens: u64,
    generating: Instant,
    generated: u64,
    progress: Progress,
    _lease: Lease,
}

/// Some tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Thinking(String),
    Content(String),
}

/// What the last line tells; a zero is left out.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Metrics {
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) total_duration: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) load_duration: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) prompt_eval_count: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) prompt_eval_duration: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) eval_count: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) eval_duration: u64,
}

/// What a generation is started with.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) model: String,
    pub(crate) keep: Option<Keep>,
    pub(crate) options: LoadOptions,
    pub(crate) limit: Option<u64>,
    pub(crate) prompt_tokens: u64,
}

/// How a generation is printed.
pub(crate) trait Print: Send + 'static {
    /// A line or event; `None` prints nothing for it.
    fn piece(&mut self, run: &Run, piece: Piece) -> Bytes;

    /// Everything behind the last piece, in frames.
    fn end(&mut self, run: &Run) -> Vec<Bytes>;

    /// What a failure in the middle looks like.
    fn failure(&mut self, run: &Run) -> Bytes;
}

// === impl Start ===

impl Start {
    /// The model that a call names, checked: given, a name, on disk.
    pub(crate) fn find(state: &State, name: &str) -> Result<Model, Problem> {
        if name.is_empty() {
            return Err(Problem::bad("model is required"));
        }
        let normal = normal(name).ok_or_else(|| Problem::bad("invalid model name"))?;
        state.model(&normal).ok_or_else(|| Problem::missing(format!("model '{name}' not found")))
    }

    /// What a native call says about loading and length.
    pub(crate) fn native(call: &Call, model: &str, prompt: usize) -> Result<Self, Problem> {
        let mut options = LoadOptions::new();
        for name in LOAD_OPTIONS {
            if let Some(value) = call.get("options").and_then(|options| options.get(name)) {
                options.push((name, value.to_string()));
            }
        }
        for name in ["temperature", "top_p", "top_k", "seed", "repeat_penalty", "num_ctx", "num_predict"] {
            call.option(name)?;
        }
        // Negative: open ended.
        let limit = call.option("num_predict")?.filter(|limit| *limit >= 0.0).map(f64::round);
        Ok(Self {
            model: model.to_owned(),
            keep: call.keep_alive()?,
            options,
            limit: limit.and_then(|limit| format!("{limit:.0}").parse().ok()),
            prompt_tokens: tokens_in(prompt),
        })
    }
}

/// About how many tokens a text of `length` bytes is.
pub(crate) fn tokens_in(length: usize) -> u64 {
    (length / 4 + 12) as u64
}

// === impl Run ===

impl Run {
    /// Waits for the model, and evaluates the prompt. Dropping the future is a client that left.
    pub(crate) async fn begin(state: &Arc<State>, start: Start, said: Said) -> Result<Self, Problem> {
        let started = Instant::now();
        let mut progress = Progress::new(Arc::clone(&state.scheduler));
        let name = normal(&start.model).unwrap_or_default();
        let acquired = state.scheduler.acquire(&name, start.options, start.keep, &mut progress).await;
        let lease = match acquired {
            Ok(lease) => lease,
            Err(problem) => {
                progress.done();
                return Err(problem);
            }
        };
        let load = started.elapsed();
        progress.enter(Phase::Prompt);
        let settings = &state.settings;
        let begun = Instant::now();
        let prompt =
            settings.prompt_time.mul_f64(f64::from(u32::try_from(start.prompt_tokens).unwrap_or(u32::MAX)) / 1e3);
        if prompt > Duration::ZERO {
            tokio::time::sleep(prompt).await;
        }
        progress.enter(Phase::Generate);
        let thinking = said.thinking.iter().flat_map(|text| say::tokens(text)).map(Piece::Thinking);
        let mut pieces: VecDeque<Piece> =
            thinking.chain(say::tokens(&said.content).into_iter().map(Piece::Content)).collect();
        let limit = start.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        let cut = pieces.len() > limit;
        pieces.truncate(limit);
        let rate = settings.tokens_per_second;
        let token_time =
            if rate > 0.0 { Duration::try_from_secs_f64(1.0 / rate).unwrap_or_default() } else { Duration::ZERO };
        Ok(Self {
            model: start.model,
            created: crate::sim::time::unix_seconds(),
            reason: if cut { said.reason.map(|_| "length") } else { said.reason },
            pieces,
            token_time,
            per_line: settings.tokens_per_line.max(1),
            started,
            load,
            prompt: begun.elapsed(),
            prompt_tokens: start.prompt_tokens,
            generating: Instant::now(),
            generated: 0,
            progress,
            _lease: lease,
        })
    }

    /// The next piece, when its tokens are there; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Piece> {
        let mut piece: Option<Piece> = None;
        for _ in 0..self.per_line {
            let fits = matches!(
                (&piece, self.pieces.front()),
                (None, Some(_))
                    | (Some(Piece::Thinking(_)), Some(Piece::Thinking(_)))
                    | (Some(Piece::Content(_)), Some(Piece::Content(_)))
            );
            if !fits {
                break;
            }
            if self.token_time > Duration::ZERO {
                tokio::time::sleep(self.token_time).await;
            }
            self.generated += 1;
            piece = match (piece, self.pieces.pop_front()) {
                (Some(Piece::Thinking(a)), Some(Piece::Thinking(b))) => Some(Piece::Thinking(a + &b)),
                (Some(Piece::Content(a)), Some(Piece::Content(b))) => Some(Piece::Content(a + &b)),
                (_, next) => next,
            };
        }
        piece
    }

    /// Generates everything: thinking and content.
    pub(crate) async fn all(&mut self) -> (String, String) {
        let (mut thinking, mut content) = (String::new(), String::new());
        while let Some(piece) = self.next().await {
            match piece {
                Piece::Thinking(text) => thinking += &text,
                Piece::Content(text) => content += &text,
            }
        }
        (thinking, content)
    }

    /// It came to its end: no cancellation.
    pub(crate) fn done(&mut self) {
        self.progress.done();
    }

    pub(crate) fn metrics(&self) -> Metrics {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Metrics {
            total_duration: nanos(self.started.elapsed()),
            load_duration: nanos(self.load),
            prompt_eval_count: self.prompt_tokens,
            prompt_eval_duration: nanos(self.prompt),
            eval_count: self.generated,
            eval_duration: nanos(self.generating.elapsed()),
        }
    }

    /// Streams the rest. The first line is made here, so that no byte leaves before it; a failure before it has a
    /// status.
    pub(crate) async fn stream(
        mut self,
        state: &Arc<State>,
        plan: Plan,
        mut print: impl Print,
    ) -> Result<Body, Problem> {
        if plan.error_after == Some(0) {
            self.done();
            let text = "an error was encountered while running the model: simulated";
            return Err(Problem::in_stream(text));
        }
        let mut first = self.next().await;
        let (sender, body) = Body::channel(1);
        state.tasks.spawn(async move {
            let mut lines = 0;
            loop {
                if plan.error_after.is_some_and(|after| lines >= after) {
                    let line = print.failure(&self);
                    self.done();
                    let _ = sender.send(Ok(line)).await;
                    return;
                }
                let next = if first.is_some() {
                    first.take()
                } else {
                    tokio::select! {
                        biased;
                        () = sender.closed() => return,
                        piece = self.next() => piece,
                    }
                };
                let Some(piece) = next else { break };
                let line = print.piece(&self, piece);
                lines += 1;
                if sender.send(Ok(line)).await.is_err() {
                    return;
                }
            }
            if self.reason.is_some() && !plan.no_end && !plan.done_false {
                for line in print.end(&self) {
                    if sender.send(Ok(line)).await.is_err() {
                        return;
                    }
                }
            }
            self.done();
        });
        Ok(body)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The current time as Ollama prints it.
pub(crate) fn now() -> String {
    crate::sim::time::go(SystemTime::now())
}
