use proptest::collection::vec;
use proptest::prelude::*;

use super::super::object::{Object, Status};
use super::*;

const LIMIT: usize = 1024 * 1024;
const MEMBER: &[u8] = br#""timestamps":{"status":"none"}"#;
const OBJECT: &str = r#"{"status":"none"}"#;

/// What came out, and what the end was.
#[derive(Debug, PartialEq)]
struct Outcome {
    out: Vec<u8>,
    end: String,
}

fn splice(limit: usize, frames: impl IntoIterator<Item = Bytes>) -> Outcome {
    let mut splice = JsonSplice::new(limit);
    let mut out = Vec::new();
    for frame in frames {
        splice.push(frame, &mut out);
    }
    let end = match splice.finish() {
        End::Answer(answer) => format!("answer {:?}", answer.text),
        End::TooLarge => "too large".into(),
        End::Untouched(why) => format!("{why:?}"),
    };
    out.push(splice.release(Some(OBJECT)));
    Outcome { out: out.concat(), end }
}

/// Cuts a body at these places, in any order, some maybe beyond its end.
fn cut(body: &[u8], places: &[usize]) -> Vec<Bytes> {
    let mut places: Vec<_> = places.iter().map(|place| place % (body.len() + 1)).collect();
    places.sort_unstable();
    let mut body = Bytes::copy_from_slice(body);
    let mut frames = Vec::new();
    let mut gone = 0;
    for place in places {
        frames.push(body.split_to(place - gone));
        gone = place;
    }
    frames.push(body);
    frames
}

fn whole(limit: usize, body: &[u8]) -> Outcome {
    let outcome = splice(limit, cut(body, &[]));
    read_at_once(body, &outcome);
    outcome
}

/// A body that is read at once becomes what it does in frames, and every plain one can be.
fn read_at_once(body: &[u8], outcome: &Outcome) {
    let Some((whole, answer)) = Whole::read(&Bytes::copy_from_slice(body)) else {
        assert!(!outcome.end.starts_with("answer") || str::from_utf8(body).is_err(), "{outcome:?}");
        return;
    };
    if outcome.end != "too large" && outcome.end != "Trailing" {
        assert_eq!(format!("answer {:?}", answer.text), outcome.end);
        let with = whole.with(&Object::unread(Status::None, None));
        let out = String::from_utf8(outcome.out.clone()).unwrap();
        assert_eq!(with, out.replace(OBJECT, r#"{"status":"none","clock":"media","ranges":[]}"#));
    }
}

/// Every cut into two and three frames, and the cut into single bytes, give the same.
fn any_cut(limit: usize, body: &[u8]) -> Outcome {
    let expected = whole(limit, body);
    let bytes = body.iter().map(|byte| Bytes::copy_from_slice(&[*byte]));
    assert_eq!(splice(limit, bytes), expected);
    for first in 0..=body.len() {
        for second in first..=body.len() {
            assert_eq!(splice(limit, cut(body, &[first, second])), expected, "cut at {first} and {second}");
        }
    }
    expected
}

/// The body with the member before its last brace.
fn with_member(body: &[u8], comma: bool) -> Vec<u8> {
    let brace = body.iter().rposition(|byte| *byte == b'}').unwrap();
    let comma: &[u8] = if comma { b"," } else { b"" };
    [&body[..brace], comma, MEMBER, &body[brace..]].concat()
}

#[test]
fn adds_the_member_before_the_closing_brace() {
    for body in [
        r#"{"a":1}"#,
        " \r\n{ \"a\" : {\"b\":[{}]} , \"c\":\"}\\\"}\" \n} \t\r\n",
        "\u{feff}{\"a\":\"timestamps\",\"b\":{\"timestamps\":1}}",
        r#"{"timestamp":1,"timestamps ":2,"timestampsx":3,"Timestamps":4,"\\timestamps":5}"#,
        r#"{"a\"":["timestamps","x"]}"#,
        r#"{"":1}"#,
    ] {
        let outcome = any_cut(LIMIT, body.as_bytes());
        assert_eq!(outcome.end, "answer None", "{body}");
        assert_eq!(outcome.out, with_member(body.as_bytes(), true), "{body}");
    }
}

#[test]
fn an_empty_object_needs_no_comma() {
    for body in ["{}", " { \n} ", "\u{feff}{}"] {
        let outcome = any_cut(LIMIT, body.as_bytes());
        assert_eq!(outcome.out, with_member(body.as_bytes(), false), "{body}");
    }
}

#[test]
fn collects_the_answer() {
    let body = r#"{"choices":[{"message":{"content":"\u0030:05 \ud800"}}]}"#;
    assert_eq!(any_cut(LIMIT, body.as_bytes()).end, "answer Some(\"0:05 \u{fffd}\")");
}

#[test]
fn leaves_other_bodies_alone() {
    for (body, why) in [
        ("", Untouched::Truncated),
        ("  ", Untouched::Truncated),
        ("[{\"a\":1}]", Untouched::NotAnObject),
        ("12", Untouched::NotAnObject),
        ("\"{}\"", Untouched::NotAnObject),
        ("<html>{}</html>", Untouched::NotAnObject),
        (" \u{feff}{}", Untouched::NotAnObject),
        ("\u{fefe}{}", Untouched::NotAnObject),
        ("{\"a\":1]", Untouched::NotAnObject),
        ("{\"a\":1} x", Untouched::Trailing),
        ("{}{}", Untouched::Trailing),
        ("{}\n{}\n", Untouched::Trailing),
        ("{}}", Untouched::Trailing),
        ("{\"timestamps\":1}", Untouched::Present),
        ("{\"a\":{},\"timestamps\" : {}} ", Untouched::Present),
        (r#"{"timest\u0061mps":1}"#, Untouched::Present),
        (r#"{"\u0074\u0069\u006d\u0065\u0073\u0074\u0061\u006D\u0070\u0073":1}"#, Untouched::Present),
        ("{\"a\":1", Untouched::Truncated),
        ("{\"a\":\"}", Untouched::Truncated),
        ("{\"a\":\"\\\"}", Untouched::Truncated),
        ("{\"a\"}", Untouched::Invalid),
        ("{\"a\":1,}", Untouched::Invalid),
        ("{\"a\":[}}", Untouched::Invalid),
        ("{\"a\":\"\n\"}", Untouched::Invalid),
        ("{\"a\":\0}", Untouched::Invalid),
        ("{\"a\":tru}", Untouched::Invalid),
    ] {
        let outcome = any_cut(LIMIT, body.as_bytes());
        assert_eq!(outcome, Outcome { out: body.into(), end: format!("{why:?}") }, "{body}");
    }
}

#[test]
fn holds_nothing_but_the_brace_and_the_space_behind_it() {
    let mut splice = JsonSplice::new(LIMIT);
    let mut out: Vec<Bytes> = Vec::new();
    splice.push(Bytes::from_static(b"{\"a\":\"b}"), &mut out);
    assert_eq!(out.concat(), b"{\"a\":\"b}");
    splice.push(Bytes::from_static(b"\"} "), &mut out);
    splice.push(Bytes::from_static(b"\n"), &mut out);
    assert_eq!(out.concat(), b"{\"a\":\"b}\"");
    assert!(splice.is_closed());
    splice.push(Bytes::from_static(b" x"), &mut out);
    assert_eq!(out.concat(), b"{\"a\":\"b}\"} \n x");
    assert!(!splice.is_closed());
}

#[test]
fn frames_go_on_uncopied() {
    let frame = Bytes::from(vec![b' '; 4096]);
    let mut out: Vec<Bytes> = Vec::new();
    JsonSplice::new(LIMIT).push(frame.clone(), &mut out);
    assert_eq!(out[0].as_ptr(), frame.as_ptr());
}

#[test]
fn a_body_that_breaks_off_gets_its_held_bytes_and_nothing_else() {
    let mut splice = JsonSplice::new(LIMIT);
    let mut out: Vec<Bytes> = Vec::new();
    splice.push(Bytes::from_static(b"{\"a\":1} "), &mut out);
    out.push(splice.release(None));
    assert_eq!(out.concat(), b"{\"a\":1} ");
    assert!(splice.release(Some(OBJECT)).is_empty());
}

#[test]
fn over_the_limit_the_structure_is_enough() {
    let body = format!(r#"{{"a":"{}","b":[]}} "#, "x".repeat(40));
    for limit in [0, 10, body.len() - 2] {
        let outcome = any_cut(limit, body.as_bytes());
        assert_eq!(outcome, Outcome { out: with_member(body.as_bytes(), true), end: "too large".into() }, "{limit}");
    }
    assert_eq!(whole(body.len() - 1, body.as_bytes()).end, "answer None");
    assert_eq!(any_cut(10, br#"{"a":"long enough","timest\u0061mps":1}"#).end, "Present");
    assert_eq!(any_cut(10, br#"{"a":"long enough" "#).end, "Truncated");
}

#[test]
fn ten_mebibytes_pass() {
    let body = format!(r#"{{"choices":[{{"message":{{"content":"{}"}}}}]}}"#, "x\\\"".repeat(10 * 1024 * 1024 / 3));
    let frames = Bytes::from(body.clone());
    let frames = (0..frames.len()).step_by(8191).map(|at| frames.slice(at..frames.len().min(at + 8191)));
    let outcome = splice(LIMIT, frames);
    assert_eq!(outcome.end, "too large");
    assert!(outcome.out == with_member(body.as_bytes(), true));
}

#[test]
fn endless_space_behind_the_object_is_not_held() {
    let mut splice = JsonSplice::new(LIMIT);
    let mut out: Vec<Bytes> = Vec::new();
    splice.push(Bytes::from_static(b"{}"), &mut out);
    for _ in 0..HOLD_LIMIT / 1024 {
        splice.push(Bytes::from(vec![b' '; 1024]), &mut out);
    }
    assert!(matches!(splice.finish(), End::Untouched(Untouched::Trailing)));
    assert_eq!(out.concat().len(), HOLD_LIMIT + 2);
}

#[test]
fn deep_nesting_passes() {
    let body = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let outcome = whole(LIMIT, body.as_bytes());
    assert_eq!(outcome.end, "answer None");
    assert!(outcome.out == with_member(body.as_bytes(), true));
}

#[test]
fn broken_characters_pass() {
    let body = b"{\"\xff\":\"\xed\xa0\x80 \xc3\"}";
    assert_eq!(any_cut(LIMIT, body).out, with_member(body, true));
}

/// Any JSON, with keys that matter among others.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        ".{0,12}".prop_map(Into::into),
        r#"[\\"{}\[\],: ]{0,12}"#.prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let key = prop_oneof![4 => ".{0,6}", 1 => Just("timestamps".to_owned()), 1 => Just("choices".to_owned())];
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Into::into),
            vec((key, inner), 0..6).prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_json_in_any_cut(value in json(), pretty: bool, tail in "[ \r\n\t]{0,5}", places in vec(any::<usize>(), 0..8)) {
        let mut body = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        body.push_str(&tail);
        let body = body.as_bytes();
        let outcome = splice(LIMIT, cut(body, &places));
        match value.as_object() {
            Some(object) if object.contains_key("timestamps") => prop_assert_eq!(&outcome.end, "Present"),
            Some(object) => prop_assert_eq!(&outcome.out, &with_member(body, !object.is_empty())),
            None => prop_assert_eq!(&outcome.end, "NotAnObject"),
        }
        if !outcome.end.starts_with("answer") {
            prop_assert_eq!(outcome.out, body);
        }
    }

    #[test]
    fn any_bytes_in_any_cut(
        body in vec(prop_oneof![
            Just(b"{".to_vec()), Just(b"}".to_vec()), Just(b"\"".to_vec()), Just(b"\\".to_vec()), Just(b"[".to_vec()),
            Just(b"]".to_vec()), Just(b":".to_vec()), Just(b",".to_vec()), Just(b" ".to_vec()), Just(b"1".to_vec()),
            Just(b"\"timestamps\"".to_vec()), Just(b"\xef\xbb\xbf".to_vec()), Just(b"{\"a\":1".to_vec()),
            vec(any::<u8>(), 0..3),
        ], 0..24),
        limit in 0_usize..64,
        places in vec(any::<usize>(), 0..8),
    ) {
        let body = body.concat();
        let expected = whole(limit, &body);
        prop_assert_eq!(&splice(limit, cut(&body, &places)), &expected);
        if expected.out != body {
            let at = expected.out.windows(MEMBER.len()).position(|window| window == MEMBER).unwrap();
            let before = expected.out[..at].strip_suffix(b",").unwrap_or(&expected.out[..at]);
            prop_assert_eq!([before, &expected.out[at + MEMBER.len()..]].concat(), body);
        }
    }

    #[test]
    fn a_large_body_in_any_cut(piece in "\\PC{1,200}", places in vec(any::<usize>(), 0..200)) {
        let content = piece.repeat(100_000 / piece.len());
        let body = serde_json::json!({"id": "x", "choices": [{"message": {"content": content}}]}).to_string();
        let outcome = splice(LIMIT, cut(body.as_bytes(), &places));
        prop_assert!(outcome.out == with_member(body.as_bytes(), true));
        prop_assert_eq!(outcome.end, format!("answer {:?}", Some(content)));
    }
}
