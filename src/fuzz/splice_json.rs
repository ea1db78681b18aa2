//! A JSON answer that gains a member, held against serde.

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::Dice;
use crate::timestamps::answer::Answer;
use crate::timestamps::splice_json::{End, JsonSplice, Untouched};

/// What is added, and how it stands in the body.
const OBJECT: &str = r#"{"status":"none"}"#;
const MEMBER: &str = r#""timestamps":{"status":"none"}"#;

/// The most white space behind an object that is waited for.
const MOST_SPACE: usize = 64 * 1024;

/// What came of a body.
#[derive(Debug, PartialEq)]
struct Outcome {
    out: Vec<u8>,
    end: Ended,
}

#[derive(Debug, PartialEq)]
enum Ended {
    Answer(Box<Answer>),
    TooLarge,
    Untouched(Untouched),
}

/// Checks one body.
pub fn check(body: &[u8]) {
    let mut dice = Dice::of(body);
    let limit = dice.limit();
    let whole = splice(limit, [Bytes::copy_from_slice(body)]);
    for frames in dice.cuts(body) {
        assert_eq!(splice(limit, frames), whole, "a cut changes what comes out");
    }
    let was_added = whole.out != body;
    assert_eq!(was_added, !matches!(whole.end, Ended::Untouched(_)), "what is added is told");
    if was_added {
        assert!(without_member(&whole.out).any(|rest| rest == body), "without the member it is the body");
    }
    is_what_serde_says(body, limit, &whole);
    breaks_off(body, &mut dice);
}

fn splice(limit: usize, frames: impl IntoIterator<Item = Bytes>) -> Outcome {
    let mut splice = JsonSplice::new(limit);
    let mut out: Vec<Bytes> = Vec::new();
    for frame in frames {
        splice.push(frame, &mut out);
    }
    let end = match splice.finish() {
        End::Answer(answer) => Ended::Answer(answer),
        End::TooLarge => Ended::TooLarge,
        End::Untouched(why) => Ended::Untouched(why),
    };
    out.push(splice.release(Some(OBJECT)));
    Outcome { out: out.concat(), end }
}

/// All that this may have been before the member came, with or without a comma in front of it.
fn without_member(out: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let places = memchr::memmem::find_iter(out, MEMBER);
    places.flat_map(|at| {
        let behind = &out[at + MEMBER.len()..];
        let before = [Some(&out[..at]), out[..at].strip_suffix(b",")];
        before.into_iter().flatten().map(|before| [before, behind].concat())
    })
}

/// Whether, and why not, something is added, and what the answer says.
fn is_what_serde_says(body: &[u8], limit: usize, whole: &Outcome) {
    let text = String::from_utf8_lossy(body);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if serde_json::from_str::<IgnoredAny>(text).is_err() {
        assert!(!matches!(whole.end, Ended::Answer(_)), "what is no JSON is no answer");
        return;
    }
    let space = text.len() - text.trim_end().len();
    if !text.trim_start().starts_with('{') {
        assert_eq!(whole.end, Ended::Untouched(Untouched::NotAnObject));
    } else if let Ok(Keys(mut keys)) = serde_json::from_str(text)
        && space < MOST_SPACE
    {
        if keys.iter().any(|key| key == "timestamps") {
            assert_eq!(whole.end, Ended::Untouched(Untouched::Present));
            return;
        }
        let out = String::from_utf8_lossy(&whole.out);
        let Ok(Keys(after)) = serde_json::from_str(out.strip_prefix('\u{feff}').unwrap_or(&out)) else {
            panic!("JSON stays JSON: {out}");
        };
        keys.push("timestamps".to_owned());
        assert_eq!(after, keys, "one member more");
    }
    if let Ended::Answer(answer) = &whole.end {
        assert!(body.trim_ascii_end().len() <= limit, "a text over the limit is not read");
        says_the_same(answer, text);
    }
}

/// The answer as serde's values have it. (A number that no double can hold is no value of serde's; nor is a lone
/// surrogate a text.)
fn says_the_same(answer: &Answer, text: &str) {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return };
    let choices = value["choices"].as_array();
    let line = |part, between| {
        let all = choices.into_iter().flatten().filter_map(|choice| content(&choice[part]["content"], between));
        let all: Vec<_> = all.collect();
        (!all.is_empty()).then(|| all.join("\n"))
    };
    assert_eq!(answer.text, line("message", "\n"));
    assert_eq!(answer.delta, line("delta", ""));
    assert_eq!(answer.object.as_deref(), value["object"].as_str());
    assert!(!answer.has_timestamps);
    for (echo, name) in [(&answer.echo.id, "id"), (&answer.echo.created, "created"), (&answer.echo.model, "model")] {
        let again = echo.as_deref().map(|raw| serde_json::from_str::<Value>(raw).expect("an echo is JSON"));
        assert_eq!(again.as_ref(), value.get(name), "an echo of {name}");
        assert!(!echo.as_deref().unwrap_or_default().contains(['\r', '\n']), "an echo stands on one line");
    }
    let end = value["media_info"]["end_offset"].as_f64().filter(|end| *end > 0.0);
    assert_eq!(answer.window.map(|window| window.end), end);
}

fn content(content: &Value, between: &str) -> Option<String> {
    match content {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => {
            let texts: Vec<_> = parts.iter().filter_map(|part| part["text"].as_str()).collect();
            (!texts.is_empty()).then(|| texts.join(between))
        }
        _ => None,
    }
}

/// A body that breaks off anywhere goes on as far as it came.
fn breaks_off(body: &[u8], dice: &mut Dice) {
    let mut splice = JsonSplice::new(dice.limit());
    let mut out: Vec<Bytes> = Vec::new();
    let came = &body[..dice.below(body.len() + 1)];
    splice.push(Bytes::copy_from_slice(came), &mut out);
    out.push(splice.release(None));
    assert_eq!(out.concat(), came, "what came goes on");
}

/// The keys of an object, in order.
struct Keys(Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Keys;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys = Vec::new();
                while let Some((key, IgnoredAny)) = map.next_entry()? {
                    keys.push(key);
                }
                Ok(Keys(keys))
            }
        }

        deserializer.deserialize_map(Object)
    }
}
