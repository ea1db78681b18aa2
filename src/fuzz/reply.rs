//! What a model said about a text, and what is made of that.

use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::Dice;
use crate::timestamps::answer::Echo;
use crate::timestamps::list::{Entry, List, Rules};
use crate::timestamps::object::{Object, Source};
use crate::timestamps::prompt::Dialect;
use crate::timestamps::read::{mentions, read};
use crate::timestamps::reply::{Completeness, Pair, Reply};
use crate::timestamps::splice_sse::LineEnd;
use crate::timestamps::time::{Clock, Found, Mention, Reading, Time};
use crate::timestamps::verify::verify;

/// The most ranges that are taken from a reply.
const MOST_PAIRS: usize = 1000;
/// Seconds that a model may be off, and by rounding it mostly is.
const ROUNDING: f64 = 0.5;
/// Seconds beyond which all times are alike.
const BEYOND: f64 = 1e12;

/// Checks one text and one reply, which a NUL parts; without one, the reply is about itself.
pub fn check(bytes: &[u8]) {
    let mut dice = Dice::of(bytes);
    let both = String::from_utf8_lossy(bytes);
    let (text, said) = both.split_once('\0').unwrap_or((&both, &both));
    let is_cut = dice.once_in(4);
    let reply = Reply::read_content(said, is_cut);
    is_sane(&reply);
    comes_in_any_dialect(said, is_cut, &reply);
    for dialect in [Dialect::Ollama, Dialect::OpenAi, Dialect::OpenAiObject] {
        is_sane(&Reply::read(dialect, said.as_bytes()));
    }
    let (reading, mentions) = (read(text), mentions(text));
    let Some(entries) = verify(&reply, text, &reading, &mentions) else {
        let all_false = !reading.found.is_empty() && reply.completeness != Completeness::Unreadable;
        let empty = reply.pairs.is_empty() && !mentions.is_empty();
        assert!(reply.completeness == Completeness::Unreadable || all_false || empty, "a good reply is used");
        return;
    };
    is_borne_out(&reply, &entries, text, &reading, &mentions);
    is_written(entries, text, &mut dice);
}

fn is_sane(reply: &Reply) {
    assert!(reply.pairs.len() <= MOST_PAIRS, "no more than enough");
    let is_nothing = reply.completeness == Completeness::Unreadable;
    assert!(!is_nothing || reply.pairs.is_empty(), "what cannot be read says nothing");
    let times = reply.pairs.iter().flat_map(|pair| [&pair.start, &pair.end]);
    assert!(times.filter_map(Time::seconds).all(f64::is_finite), "a number is a number");
}

/// The same content says the same, whoever wraps it.
fn comes_in_any_dialect(content: &str, is_cut: bool, expected: &Reply) {
    let reason = if is_cut { "length" } else { "stop" };
    let ollama = json!({"message": {"content": content}, "done": true, "done_reason": reason});
    assert_eq!(&Reply::read(Dialect::Ollama, ollama.to_string().as_bytes()), expected);
    let openai = json!({"choices": [{"message": {"content": content}, "finish_reason": reason}]});
    for dialect in [Dialect::OpenAi, Dialect::OpenAiObject] {
        assert_eq!(&Reply::read(dialect, openai.to_string().as_bytes()), expected);
    }
    let running = json!({"message": {"content": content}, "done": false});
    let unfinished = Reply::read(Dialect::Ollama, running.to_string().as_bytes());
    assert_eq!(unfinished.completeness, Completeness::Unreadable, "a reply that goes on is none");
}

/// Every range that is said to be true is in the text; every other one is as the model said it; and none that the parser
/// is certain of is lost by a list that is not whole.
fn is_borne_out(reply: &Reply, entries: &[Entry], text: &str, reading: &Reading, mentions: &[Mention]) {
    assert!(entries.len() >= reply.pairs.len(), "no range is lost");
    for (pair, entry) in reply.pairs.iter().zip(entries) {
        if entry.verified {
            assert!(
                is_close(&pair.start, &entry.start) && is_close(&pair.end, &entry.end),
                "{pair:?} became {entry:?}"
            );
        } else {
            assert_eq!((entry.span.as_ref(), &pair_of(entry)), (None, pair), "what is not borne out stays as it was");
        }
    }
    for entry in entries.iter().filter(|entry| entry.verified) {
        let span = entry.span.clone().expect("what is borne out stands somewhere");
        assert!(text.get(span).is_some_and(|said| !said.is_empty()), "it stands in the text");
        let is_found = reading.found.iter().any(|found| is_entry_of(entry, found));
        assert!(is_found || is_together(entry, text, mentions), "the text does not say {entry:?}");
    }
    for entry in &entries[reply.pairs.len()..] {
        assert!(reading.found.iter().any(|found| is_entry_of(entry, found)), "what is added is the parser's");
    }
    if reply.completeness != Completeness::Complete {
        let is_there = |found: &Found| {
            let overlaps = |entry: &Entry| {
                entry.span.as_ref().is_some_and(|span| span.start < found.span.end && found.span.start < span.end)
            };
            found.span.is_empty() || entries.iter().any(overlaps)
        };
        assert!(reading.found.iter().all(is_there), "a list that is not whole takes no range away");
    }
}

fn pair_of(entry: &Entry) -> Pair {
    Pair { start: entry.start.clone(), end: entry.end.clone() }
}

fn is_entry_of(entry: &Entry, found: &Found) -> bool {
    entry.start == found.start && entry.end == found.end && entry.span.as_ref() == Some(&found.span)
}

/// Two mentions that make the whole of the entry's span, on one line unless one of them stands on two.
fn is_together(entry: &Entry, text: &str, mentions: &[Mention]) -> bool {
    let Some(span) = &entry.span else { return false };
    let of = |time: &Time| mentions.iter().filter(move |mention| mention.time == *time).collect::<Vec<_>>();
    let ends = of(&entry.end);
    of(&entry.start).iter().any(|start| {
        ends.iter().any(|end| {
            let union = start.span.start.min(end.span.start)..start.span.end.max(end.span.end);
            let is_broken = |words: &str| words.contains(['\n', '\r']);
            let may_break = is_broken(&text[start.span.clone()]) || is_broken(&text[end.span.clone()]);
            union == *span && (may_break || !is_broken(&text[union]))
        })
    })
}

fn is_close(a: &Time, b: &Time) -> bool {
    match (a, b) {
        (Time::Media(a), Time::Media(b)) => (a - b).abs() <= ROUNDING + 1e-9 || a.min(*b) > BEYOND,
        (Time::Wall(a), Time::Wall(b)) => (a.nanos - b.nanos).abs() <= 500_000_000,
        _ => false,
    }
}

/// The list is sorted and inside the media; the object and its event are JSON, and quote the text.
fn is_written(entries: Vec<Entry>, text: &str, dice: &mut Dice) {
    let rules = Rules {
        clock: [None, Some(Clock::Media), Some(Clock::Wall)][dice.below(3)],
        end: [None, Some(60.0), Some(3600.0)][dice.below(3)],
        merge_gap: [None, Some(0.0), Some(2.5)][dice.below(3)],
    };
    let all = entries.len();
    let list = List::new(entries, &rules);
    assert!(list.entries().len() + list.dropped() <= all, "nothing is made up");
    for entry in list.entries() {
        assert!(entry.start <= entry.end, "time goes forward");
        assert!(entry.start.clock() == list.clock() && entry.end.clock() == list.clock(), "one list has one clock");
        let is_inside = |time: &Time| time.seconds().is_none_or(|seconds| seconds <= rules.end.unwrap_or(f64::MAX));
        assert!(is_inside(&entry.start) && is_inside(&entry.end), "a range ends with the media");
    }
    assert!(list.entries().windows(2).all(|pair| pair[0].start <= pair[1].start), "a list is sorted");
    let count = list.entries().len();
    let object = Object::read(list, Source::Model, text).with_sentences(dice.once_in(2));
    let said: Value = serde_json::from_str(&object.json()).expect("an object is JSON");
    let ranges = said["ranges"].as_array().expect("there is a list");
    assert_eq!(ranges.len(), count, "every range is written");
    let quotes = ranges.iter().flat_map(|range| [&range["quote"], &range["sentence"]]);
    assert!(quotes.filter_map(Value::as_str).all(|quote| text.contains(quote)), "a quote is the text's");
    let event = object.event(1, &Echo::default(), LineEnd::CrLf);
    assert!(event.is_ascii(), "an event is ASCII");
    let data = event.strip_prefix(b"data: ").and_then(|rest| rest.strip_suffix(b"\r\n\r\n")).expect("one event");
    assert!(!data.contains(&b'\n') && serde_json::from_slice::<IgnoredAny>(data).is_ok(), "its data is JSON");
}
