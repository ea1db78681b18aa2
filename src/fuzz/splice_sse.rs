//! An event stream that gains events, held against a plain reading of the standard (HTML, section 9.2).

use bytes::Bytes;
use serde::de::IgnoredAny;

use super::Dice;
use crate::timestamps::answer::Answer;
use crate::timestamps::object::{Object, Status};
use crate::timestamps::splice_sse::{LineEnd, Message, SseSplice};

const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];
const DONE: &[u8] = b"[DONE]";
/// The longest `[DONE]` event that is held, and the most bytes that wait behind it.
const LONGEST_DONE: usize = 1024;
const LONGEST_TAIL: usize = 64 * 1024;

/// An event that a check puts where the splicer says that one may stand.
const OURS: &[u8] = b"data: ours\n\n";

/// Everything that a run can show: the bytes, with a mark behind each message and one before the `[DONE]` event, and
/// the messages' texts.
#[derive(Debug, PartialEq, Default)]
pub(crate) struct Outcome {
    pub(crate) out: Vec<u8>,
    pub(crate) messages: Vec<Option<Vec<u8>>>,
}

/// Checks one stream.
pub fn check(body: &[u8]) {
    if body.len() > LONGEST_TAIL {
        return;
    }
    let mut dice = Dice::of(body);
    let limit = dice.limit();
    let expected = plainly(limit, body);
    let whole = splice(limit, [Bytes::copy_from_slice(body)]);
    assert_eq!(whole, expected, "in one piece it is not what the standard says");
    for frames in dice.cuts(body) {
        assert_eq!(splice(limit, frames.iter().cloned()), expected, "a cut changes it");
        passes(body, &frames);
    }
    for message in expected.messages.iter().flatten() {
        is_one_event(message);
    }
}

/// Runs a stream through the splicer.
pub(crate) fn splice(limit: usize, frames: impl IntoIterator<Item = Bytes>) -> Outcome {
    let mut splice = SseSplice::new(limit);
    let mut out: Vec<Bytes> = Vec::new();
    let mut messages = Vec::new();
    let mut message = |message: Message| {
        messages.push(message.data.map(Vec::from));
        Some(Bytes::from(mark(messages.len(), message.line_end)))
    };
    for frame in frames {
        splice.push(frame, &mut out, &mut message);
    }
    splice.finish(&mut out, &mut message);
    if splice.is_done() {
        out.push(Bytes::from(mark(0, splice.line_end())));
        out.extend(splice.release());
    }
    Outcome { out: out.concat(), messages }
}

fn mark(n: usize, line_end: LineEnd) -> Vec<u8> {
    format!("<{n}{}>", line_end.as_str().escape_default()).into_bytes()
}

/// The same, from the whole body at once, as plainly as the standard says it. (A line that begins with half a byte
/// order mark is as good as a comment.)
pub(crate) fn plainly(limit: usize, body: &[u8]) -> Outcome {
    let mut outcome = Outcome::default();
    let mut at = if body.starts_with(BYTE_ORDER_MARK) { 3 } else { 0 };
    let (mut gone, mut event_start, mut data) = (0, None, None::<Vec<u8>>);
    while let Some(len) = body[at..].iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
        let line = &body[at..at + len];
        let line_end = match body[at + len..] {
            [b'\r', b'\n', ..] => LineEnd::CrLf,
            [b'\r', ..] => LineEnd::Cr,
            _ => LineEnd::Lf,
        };
        let next = at + len + line_end.as_str().len();
        if line.is_empty() {
            if let Some(data) = data.take() {
                outcome.messages.push((data.len() <= limit).then_some(data));
                outcome.out.extend_from_slice(&body[gone..next]);
                outcome.out.extend(mark(outcome.messages.len(), line_end));
                gone = next;
            }
            event_start = None;
        } else if !(line.starts_with(b":") || at == 0 && line[0] == BYTE_ORDER_MARK[0]) {
            let start = *event_start.get_or_insert(at);
            let value = if line == b"data" { Some(&b""[..]) } else { line.strip_prefix(b"data:") };
            if let Some(value) = value {
                let value = value.strip_prefix(b" ").unwrap_or(value);
                if value == DONE && data.is_none() && next - start <= LONGEST_DONE {
                    outcome.out.extend_from_slice(&body[gone..start]);
                    outcome.out.extend(mark(0, line_end));
                    outcome.out.extend_from_slice(&body[start..]);
                    return outcome;
                }
                let data = match &mut data {
                    Some(data) => {
                        data.push(b'\n');
                        data
                    }
                    none => none.insert(Vec::new()),
                };
                data.extend_from_slice(value);
            }
        }
        at = next;
    }
    outcome.out.extend_from_slice(&body[gone..]);
    outcome
}

/// Where nothing is added the stream is the body, and little of it waits; where something is added between two events,
/// the others are what they were.
fn passes(body: &[u8], frames: &[Bytes]) {
    let mut splice = SseSplice::new(usize::MAX);
    let mut theirs: Vec<Bytes> = Vec::new();
    let mut with_ours = Vec::new();
    let (mut came, mut gone) = (0, 0);
    for frame in frames {
        let before = theirs.len();
        splice.push(frame.clone(), &mut theirs, |_| None);
        came += frame.len();
        for piece in &theirs[before..] {
            with_ours.extend_from_slice(piece);
            gone += piece.len();
        }
        let most = if splice.is_done() { LONGEST_DONE + LONGEST_TAIL } else { LONGEST_DONE };
        assert!(gone <= came && came - gone <= most, "no more than enough waits");
        if splice.is_between_events() {
            with_ours.extend_from_slice(OURS);
            with_ours.extend_from_slice(&splice.line_end().comment());
        }
    }
    let rest: Vec<_> = splice.release().collect();
    with_ours.extend(rest.iter().flatten().copied());
    theirs.extend(rest);
    assert_eq!(theirs.concat(), body, "a stream that gains nothing is the body");
    let mut messages = plainly(usize::MAX, &with_ours).messages;
    messages.retain(|message| message.as_deref() != Some(b"ours"));
    let mut expected = plainly(usize::MAX, body).messages;
    expected.retain(|message| message.as_deref() != Some(b"ours"));
    assert_eq!(messages, expected, "what stands between two events harms neither");
}

/// What is said about a message is one event, and JSON.
fn is_one_event(message: &[u8]) {
    let Some(answer) = Answer::read(message) else { return };
    for line_end in [LineEnd::Lf, LineEnd::CrLf, LineEnd::Cr] {
        let event = Object::unread(Status::Skipped, answer.clock).event(1, &answer.echo, line_end);
        let seen = plainly(usize::MAX, &event).messages;
        let [Some(data)] = seen.as_slice() else { panic!("{event:?} is not one event") };
        assert!(serde_json::from_slice::<IgnoredAny>(data).is_ok(), "{event:?} is no JSON");
    }
}
