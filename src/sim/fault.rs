//! Faults: how a simulator misbehaves, by a closed set of rules that may change while it runs.
//!
//! A rule is a fault and how often it strikes. Rules are written as text, the same in code, on the command line and in
//! the request header [`HEADER`] (whose rules come on top, for that one request):
//!
//! ```text
//! delay=200ms; pace=20ms; status=503@5%; hang@every=10; reset-after=1000; cut-after=3ev; refuse@every=4
//! ```
//!
//! All chance comes from one seeded generator, so the same requests in the same order meet the same faults.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The request header that carries rules for its own request.
pub const HEADER: &str = "x-sim-fault";

/// More rules than this are refused.
const RULES: usize = 32;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// `delay=200ms`: wait before the response's head (several add up).
    Delay(Duration),
    /// `pace=20ms`: wait between the frames of the body (chunks, events, lines).
    Pace(Duration),
    /// `status=503`: answer at once with this status, in the error shape of that API.
    Status(u16),
    /// `hang`: never answer.
    Hang,
    /// `refuse`: close the connection at accept. Not per request.
    Refuse,
    /// `reset-after=1000`, `cut-after=3ev`: end the connection in the middle of the body.
    Cut(Cut),
    /// `error-after=2`: that API's own failure inside a 200 stream, after so many events.
    ErrorAfter(u64),
    /// `no-end`: end the stream cleanly, but without its last event (`[DONE]`, the `done` line).
    NoEnd,
    /// `done-false`: Ollama's 200 whose only or last object says `"done":false`.
    DoneFalse,
}

/// Where and how a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// How many bytes (or frames) of the body still go out.
    pub after: u64,
    /// Whether `after` counts frames (events, lines) instead of bytes.
    pub frames: bool,
    /// A reset (RST) instead of a close (FIN) without the last chunk.
    pub reset: bool,
}

/// How often a rule strikes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum When {
    /// Each time.
    Always,
    /// With this probability, 0 to 1 (`@5%`).
    Chance(f64),
    /// Each nth request, counted from the start of the simulator (`@every=10` strikes the 10th, the 20th...).
    Every(u64),
}

/// One fault and how often it strikes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// What goes wrong.
    pub fault: Fault,
    /// How often.
    pub when: When,
}

/// A list of rules; parsed from text, separated by `;` or `,`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules(pub Vec<Rule>);

/// What happens to one request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Plan {
    /// Wait before the head.
    pub delay: Duration,
    /// Wait between frames.
    pub pace: Duration,
    /// Answer with this status.
    pub status: Option<u16>,
    /// Never answer.
    pub hang: bool,
    /// Cut the body.
    pub cut: Option<Cut>,
    /// Fail inside the stream after so many events.
    pub error_after: Option<u64>,
    /// Leave out the last event.
    pub no_end: bool,
    /// Say `"done":false`.
    pub done_false: bool,
}

/// The rules of a running simulator; a handle that may be cloned.
#[derive(Debug, Clone)]
pub struct Faults(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    rules: Rules,
    rng: fastrand::Rng,
    requests: u64,
    accepts: u64,
}

/// A rule that cannot be read: the text of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRule(String);

// === impl Faults ===

impl Faults {
    /// `rules`, with chance from `seed`.
    pub fn new(rules: Rules, seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State { rules, rng: fastrand::Rng::with_seed(seed), requests: 0, accepts: 0 })))
    }

    /// Replaces the rules; requests under way keep theirs.
    pub fn set(&self, rules: Rules) {
        self.lock().rules = rules;
    }

    /// Replaces the rules by those in `text`.
    pub fn set_text(&self, text: &str) -> Result<(), BadRule> {
        self.set(text.parse()?);
        Ok(())
    }

    /// No faults any more.
    pub fn clear(&self) {
        self.set(Rules::default());
    }

    /// Whether the next connection is refused.
    pub(crate) fn refuses(&self) -> bool {
        let mut state = self.lock();
        state.accepts += 1;
        let State { rules, rng, accepts, .. } = &mut *state;
        rules.0.iter().any(|rule| rule.fault == Fault::Refuse && rule.when.strikes(*accepts, rng))
    }

    /// What happens to the next request, whose own rules are `extra`.
    pub(crate) fn plan(&self, extra: &Rules) -> Plan {
        let mut state = self.lock();
        state.requests += 1;
        let State { rules, rng, requests, .. } = &mut *state;
        let mut plan = Plan::decide(rules, *requests, rng);
        plan.add(extra, *requests, rng);
        plan
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Plan ===

impl Plan {
    /// Decides for the `nth` request (from 1). Each rule that needs chance takes one number, struck or not, so that a
    /// rule does not shift the luck of those behind it.
    pub fn decide(rules: &Rules, nth: u64, rng: &mut fastrand::Rng) -> Self {
        let mut plan = Self::default();
        plan.add(rules, nth, rng);
        plan
    }

    fn add(&mut self, rules: &Rules, nth: u64, rng: &mut fastrand::Rng) {
        for rule in &rules.0 {
            if rule.fault == Fault::Refuse || !rule.when.strikes(nth, rng) {
                continue;
            }
            match rule.fault {
                Fault::Delay(time) => self.delay += time,
                Fault::Pace(time) => self.pace = time,
                Fault::Status(status) => self.status = Some(status),
                Fault::Hang => self.hang = true,
                Fault::Cut(cut) => self.cut = Some(cut),
                Fault::ErrorAfter(events) => self.error_after = Some(events),
                Fault::NoEnd => self.no_end = true,
                Fault::DoneFalse => self.done_false = true,
                Fault::Refuse => {}
            }
        }
    }
}

// === impl When ===

impl When {
    fn strikes(self, nth: u64, rng: &mut fastrand::Rng) -> bool {
        match self {
            Self::Always => true,
            Self::Chance(chance) => rng.f64() < chance,
            Self::Every(n) => n > 0 && nth.is_multiple_of(n),
        }
    }
}

// === impl Rules ===

impl FromStr for Rules {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<Self, BadRule> {
        let rules = text.split([';', ',']).map(str::trim).filter(|rule| !rule.is_empty());
        let rules = rules.map(str::parse).collect::<Result<Vec<Rule>, _>>()?;
        if rules.len() > RULES { Err(BadRule(format!("more than {RULES} rules"))) } else { Ok(Self(rules)) }
    }
}

impl FromStr for Rule {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<Self, BadRule> {
        let bad = || BadRule(text.to_owned());
        let (fault, when) = match text.split_once('@') {
            Some((fault, when)) => (fault.trim(), when.trim().parse().map_err(|()| bad())?),
            None => (text, When::Always),
        };
        let (name, value) = fault.split_once('=').unwrap_or((fault, ""));
        let number = || value.parse::<u64>().map_err(|_| bad());
        let cut = |reset| {
            let (digits, frames) = value.strip_suffix("ev").map_or((value, false), |digits| (digits, true));
            digits.parse().map(|after| Fault::Cut(Cut { after, frames, reset })).map_err(|_| bad())
        };
        let fault = match name {
            "delay" => Fault::Delay(duration(value).ok_or_else(bad)?),
            "pace" => Fault::Pace(duration(value).ok_or_else(bad)?),
            "status" => match value.parse() {
                Ok(status @ 200..=599) => Fault::Status(status),
                _ => return Err(bad()),
            },
            "hang" => Fault::Hang,
            "refuse" => Fault::Refuse,
            "reset-after" => cut(true)?,
            "cut-after" => cut(false)?,
            "error-after" => Fault::ErrorAfter(number()?),
            "no-end" => Fault::NoEnd,
            "done-false" => Fault::DoneFalse,
            _ => return Err(bad()),
        };
        Ok(Self { fault, when })
    }
}

impl FromStr for When {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if let Some(n) = text.strip_prefix("every=") {
            return n.parse().map(Self::Every).map_err(drop);
        }
        let chance = match text.strip_suffix('%') {
            Some(percent) => percent.parse::<f64>().map(|p| p / 100.0),
            None => text.parse(),
        };
        chance.ok().filter(|chance| (0.0..=1.0).contains(chance)).map(Self::Chance).ok_or(())
    }
}

/// `1.5s`, `200ms`, `2m`.
fn duration(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let scale = match &text[digits.len()..] {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(digits.parse::<f64>().ok()? * scale).ok()
}

// === impl BadRule ===

impl fmt::Display for BadRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no such fault: {:?}", self.0)
    }
}

impl std::error::Error for BadRule {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_fault() {
        let rules: Rules = "delay=200ms; pace=1.5s, status=503@5%; hang@every=10; refuse@0.5; reset-after=1000; \
            cut-after=3ev; error-after=2; no-end; done-false"
            .parse()
            .unwrap();
        assert_eq!(rules.0.len(), 10);
        assert_eq!(rules.0[2], Rule { fault: Fault::Status(503), when: When::Chance(0.05) });
        assert_eq!(rules.0[3].when, When::Every(10));
        assert_eq!(rules.0[6].fault, Fault::Cut(Cut { after: 3, frames: true, reset: false }));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for bad in ["delay", "delay=5", "status=99", "status=x", "hang@2.0", "hang@every=x", "explode"] {
            assert!(bad.parse::<Rules>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_faults() {
        let run = |seed| {
            let faults = Faults::new("status=503@30%; hang@every=7".parse().unwrap(), seed);
            (0..200).map(|_| faults.plan(&Rules::default())).collect::<Vec<_>>()
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
        assert_eq!(run(1).iter().filter(|plan| plan.hang).count(), 200 / 7);
    }
}
