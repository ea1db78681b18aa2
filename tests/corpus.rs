//! Scores `timestamps::read` on the labelled answers of `tests/corpus/*.jsonl`, class by class.
//!
//! A plain class has to be read without a fault *and* without doubt. An `unsure` answer has to raise a doubt, and what is
//! read from it for certain has to be exactly its label (mostly nothing).

use std::collections::BTreeMap;
use std::path::Path;
use std::{fmt, fs};

use serde::Deserialize;
use viaduct::timestamps::read::read;
use viaduct::timestamps::time::{Found, Reading, Time};

#[derive(Deserialize)]
struct Answer {
    class: String,
    text: String,
    ranges: Vec<(Label, Label)>,
    duration: Option<f64>,
    #[serde(default)]
    unsure: bool,
}

#[derive(Debug, Clone, PartialEq, PartialOrd, Deserialize)]
#[serde(untagged)]
enum Label {
    Seconds(f64),
    Wall(String),
}

#[derive(Default)]
struct Score {
    answers: usize,
    hits: usize,
    wrong: usize,
    missed: usize,
    undecided: usize,
}

// === impl Label ===

impl From<&Time> for Label {
    fn from(time: &Time) -> Self {
        match time {
            Time::Media(seconds) => Self::Seconds((seconds * 1e6).round() / 1e6),
            Time::Wall(wall) => Self::Wall(wall.text.to_string()),
        }
    }
}

impl Label {
    fn rounded(&self) -> Self {
        match self {
            Self::Seconds(seconds) => Self::Seconds((seconds * 1e6).round() / 1e6),
            Self::Wall(_) => self.clone(),
        }
    }
}

// === impl Score ===

impl Score {
    fn precision(&self) -> f64 {
        ratio(self.hits, self.hits + self.wrong)
    }

    fn recall(&self) -> f64 {
        ratio(self.hits, self.hits + self.missed)
    }

    fn f1(&self) -> f64 {
        ratio(2 * self.hits, 2 * self.hits + self.wrong + self.missed)
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { answers, undecided, .. } = self;
        let (precision, recall, f1) = (self.precision(), self.recall(), self.f1());
        write!(f, "{answers:4} answers  P {precision:.3}  R {recall:.3}  F1 {f1:.3}  doubt {undecided}")
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a corpus")]
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

fn answers() -> Vec<Answer> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("a corpus").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    let lines = files.iter().flat_map(|file| {
        let text = fs::read_to_string(file).expect("readable text");
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}")))
            .collect::<Vec<_>>()
    });
    lines.collect()
}

/// What the middleware does with a reading: reversed ranges out, ends into the media, sorted, each once.
fn finish(reading: &Reading, duration: Option<f64>) -> Vec<(Label, Label)> {
    let end = duration.unwrap_or(f64::INFINITY);
    let keep = |found: &Found| match (&found.start, &found.end) {
        (Time::Media(start), Time::Media(stop)) => {
            (start <= stop && *start < end).then(|| (Time::Media(*start), Time::Media(stop.min(end))))
        }
        (start, stop) => (start <= stop).then(|| (start.clone(), stop.clone())),
    };
    let kept = reading.found.iter().filter_map(keep);
    let mut ranges: Vec<(Label, Label)> = kept.map(|(start, stop)| ((&start).into(), (&stop).into())).collect();
    ranges.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    ranges.dedup();
    ranges
}

#[test]
fn reads_every_answer_as_labelled() {
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    let mut faults = Vec::new();
    for answer in answers() {
        let reading = read(&answer.text);
        let ranges = finish(&reading, answer.duration);
        let mut labels: Vec<_> = answer.ranges.iter().map(|(start, end)| (start.rounded(), end.rounded())).collect();
        labels.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
        let hits = ranges.iter().filter(|range| labels.contains(range)).count();
        let score = scores.entry(answer.class.clone()).or_default();
        score.answers += 1;
        score.hits += hits;
        score.wrong += ranges.len() - hits;
        score.missed += labels.len() - hits.min(labels.len());
        score.undecided += usize::from(!reading.is_sure());
        if ranges != labels || reading.is_sure() == answer.unsure {
            let Answer { class, text, .. } = &answer;
            faults.push(format!("{class}: {text:?}\n    label {labels:?}\n    read  {ranges:?} {:?}", reading.doubt));
        }
    }
    for (class, score) in &scores {
        println!("{class:16} {score}");
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// A trap has no time, or none that can be told for certain, or things that look like times beside real ones.
#[test]
fn holds_traps_for_half_of_its_answers() {
    let answers = answers();
    let is_trap = |answer: &&Answer| answer.unsure || answer.ranges.is_empty() || answer.class.starts_with("trap");
    let traps = answers.iter().filter(is_trap).count();
    assert!(answers.len() >= 300 && 2 * traps >= answers.len(), "{traps} traps of {}", answers.len());
}
