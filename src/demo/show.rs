//! What the demo prints, and how.

use std::fmt::Display;
use std::time::Duration;

use serde_json::Value;

/// A line.
#[expect(clippy::print_stdout, reason = "the demo is there to be read")]
pub(super) fn line(text: impl Display) {
    println!("{text}");
}

/// The title of a step.
pub(super) fn step(title: &str, how: &str) {
    line("");
    line(format_args!("── {title}  ({how})"));
}

/// One thing that was seen, behind its time.
pub(super) fn seen(at: Duration, what: impl Display) {
    line(format_args!("   {:>6.2} s  {what}", at.as_secs_f64()));
}

/// One thing, without a time.
pub(super) fn note(what: impl Display) {
    line(format_args!("             {what}"));
}

/// The ranges of a `timestamps` object, one a line.
pub(super) fn timestamps(at: Duration, object: &Value) {
    let word = |name: &str| object[name].as_str().unwrap_or("-").to_owned();
    seen(at, format_args!("timestamps: {} by {}", word("status"), word("source")));
    for range in object["ranges"].as_array().into_iter().flatten() {
        let quote = range["quote"].as_str().unwrap_or_default();
        note(format_args!("  {:>6} to {:>6}   {quote}", range["start"], range["end"]));
    }
}

/// Bytes for people.
pub(super) fn bytes(count: u64) -> String {
    indicatif::HumanBytes(count).to_string()
}
