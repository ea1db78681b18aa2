//! The text of an answer, and the times that it names.

use std::time::Duration;

use bytes::Bytes;
use rustix::time::{ClockId, clock_gettime};

use super::Dice;
use crate::timestamps::answer::Answer;
use crate::timestamps::read::{mentions, read, time};
use crate::timestamps::splice_json::{End, JsonSplice};
use crate::timestamps::time::{Found, Mention, Time};

/// How much longer a text is made to see what that costs, and how much more it may cost for each byte.
const LONGER: usize = 16;
const SLACK: u32 = 6;
/// What is too short to be measured.
const BRIEF: Duration = Duration::from_millis(2);

/// Checks one text.
pub fn check(bytes: &[u8]) {
    let text = &*String::from_utf8_lossy(bytes);
    let mut dice = Dice::of(bytes);
    let reading = read(text);
    let mentions = mentions(text);
    for mention in &mentions {
        let said = text.get(mention.span.clone()).expect("a mention stands in the text");
        assert!(!said.is_empty(), "a mention has words");
        is_a_time(&mention.time, said);
    }
    for found in &reading.found {
        let said = text.get(found.span.clone()).expect("a range stands in the text");
        is_a_time(&found.start, said);
        is_a_time(&found.end, said);
        is_mentioned(found, said, &mentions);
    }
    let starts = reading.found.windows(2).all(|pair| pair[0].span.start <= pair[1].span.start);
    assert!(starts, "ranges come in the order of the text");
    if let Some(doubt) = &reading.doubt {
        assert!(text.get(doubt.span.clone()).is_some(), "a doubt stands in the text");
    }
    if let Some(time) = time(text) {
        is_a_time(&time, text);
    }
    if dice.once_in(4) {
        survives_framing(text, &mut dice);
    }
    if dice.once_in(1024) {
        is_linear(text);
    }
}

/// A time is one that media or a clock can have, and its words say so.
fn is_a_time(time: &Time, said: &str) {
    match time {
        Time::Media(seconds) => assert!(seconds.is_finite() && *seconds >= 0.0, "{said:?} is no time: {seconds}"),
        Time::Wall(wall) => {
            assert!(said.contains(&*wall.text), "{said:?} does not have {:?}", wall.text);
            let again = self::time(&wall.text);
            assert_eq!(again.as_ref(), Some(time), "{:?} reads back as it was read", wall.text);
        }
    }
}

/// Both ends of a range stand in its span. But the first ten seconds begin at 0, which nobody says; and a number that
/// takes its unit from the other end (`end: 9, start: 5m`, `| 3 | 81h |`) is mentioned as it stands, in seconds.
fn is_mentioned(found: &Found, said: &str, mentions: &[Mention]) {
    let within = |mention: &&Mention| found.span.start <= mention.span.start && mention.span.end <= found.span.end;
    let is_said = |time: &Time| {
        mentions.iter().filter(within).any(|mention| match (&mention.time, time) {
            (Time::Media(number), Time::Media(time)) => {
                [1.0, 60.0, 3600.0].iter().any(|unit| (number * unit - time).abs() <= 1e-6 * time.max(1.0))
            }
            (mentioned, time) => mentioned == time,
        })
    };
    assert!(is_said(&found.end), "{said:?} does not say {:?}", found.end);
    assert!(is_said(&found.start) || found.start == Time::Media(0.0), "{said:?} does not say {:?}", found.start);
}

/// The text comes out of VIA's JSON as it went in, however that was cut; so its verdict does not depend on either.
fn survives_framing(text: &str, dice: &mut Dice) {
    let body = serde_json::json!({"choices": [{"message": {"content": text}}]}).to_string();
    let body = Bytes::from(body);
    for frames in [dice.cut(&body), dice.cut(&body)] {
        let mut splice = JsonSplice::new(usize::MAX);
        for frame in frames {
            splice.push(frame, &mut Vec::new());
        }
        let End::Answer(answer) = splice.finish() else { panic!("an answer is an answer") };
        assert_eq!(answer.text.as_deref(), Some(text));
    }
    let deltas = serde_json::json!({"choices": [{"delta": {"content": text}}]}).to_string();
    let answer = Answer::read(deltas.as_bytes()).expect("an answer is an answer");
    assert_eq!(answer.delta.as_deref(), Some(text));
}

/// A text that is many times as long takes about so many times as long, by the thread's own clock. A second and a third
/// try, for a machine may stumble.
fn is_linear(text: &str) {
    if text.is_empty() {
        return;
    }
    let once = text.repeat(4096_usize.div_ceil(text.len()));
    let often = once.repeat(LONGER);
    let longer = u32::try_from(LONGER).unwrap_or(u32::MAX);
    let mut worst = (Duration::MAX, Duration::MAX);
    for _ in 0..3 {
        let (short, long) = (cost(&once), cost(&often));
        if long < BRIEF || long <= short * longer * SLACK {
            return;
        }
        worst = (short, long);
    }
    panic!("{} bytes take {:?}, {} bytes {:?}", once.len(), worst.0, often.len(), worst.1);
}

fn cost(text: &str) -> Duration {
    let before = thread_time();
    std::hint::black_box(read(text));
    std::hint::black_box(mentions(text));
    thread_time().saturating_sub(before)
}

fn thread_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}
