use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::fuzz::splice_sse::{plainly, splice};

const LIMIT: usize = 1024 * 1024;

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

/// Every cut into one, two and three frames, and into single bytes, gives what the standard says.
fn any_cut(body: &[u8]) -> String {
    let expected = plainly(LIMIT, body);
    let bytes = body.iter().map(|byte| Bytes::copy_from_slice(&[*byte]));
    assert_eq!(splice(LIMIT, bytes), expected);
    for first in 0..=body.len() {
        for second in first..=body.len() {
            assert_eq!(splice(LIMIT, cut(body, &[first, second])), expected, "cut at {first} and {second}");
        }
    }
    String::from_utf8(expected.out).unwrap()
}

#[test]
fn marks_messages_and_the_done_event() {
    let body = b": ping\r\n\r\ndata: {\"a\": 1}\r\n\r\n: ping\r\n\r\ndata: [DONE]\r\n\r\n";
    let out = ": ping\r\n\r\ndata: {\"a\": 1}\r\n\r\n<1\\r\\n>: ping\r\n\r\n<0\\r\\n>data: [DONE]\r\n\r\n";
    assert_eq!(any_cut(body), out);
}

#[test]
fn takes_every_line_end() {
    assert_eq!(any_cut(b"data:1\n\ndata:[DONE]\n\n"), "data:1\n\n<1\\n><0\\n>data:[DONE]\n\n");
    assert_eq!(any_cut(b"data: 1\r\rdata: [DONE]\r\r"), "data: 1\r\r<1\\r><0\\r>data: [DONE]\r\r");
    assert_eq!(any_cut(b"data: 1\r\n\rdata: 2\n\r\n\n\r\r\n"), "data: 1\r\n\r<1\\r>data: 2\n\r\n<2\\r\\n>\n\r\r\n");
    assert_eq!(any_cut(b"data: [DONE]\r"), "<0\\r>data: [DONE]\r");
    assert_eq!(any_cut(b"data: 1\r\r"), "data: 1\r\r<1\\r>");
}

#[test]
fn joins_data_lines_and_ignores_other_fields() {
    let body =
        b"\xef\xbb\xbfevent: x\nid:\0\ndata\n: comment\ndata:  b\r\ndat: c\ndataset: d\ndata:e\r\n\r\nretry: 1\n\n";
    assert_eq!(splice(LIMIT, cut(body, &[])).messages, [Some(b"\n b\ne".to_vec())]);
    any_cut(body);
}

#[test]
fn the_done_event_may_have_other_fields() {
    assert_eq!(any_cut(b"id: 7\nevent: e\ndata: [DONE]\n\n"), "<0\\n>id: 7\nevent: e\ndata: [DONE]\n\n");
    assert_eq!(any_cut(b": c\ndata: [DONE]\ndata: x\n\n"), ": c\n<0\\n>data: [DONE]\ndata: x\n\n");
    assert_eq!(any_cut(b"\xef\xbb\xbfdata: [DONE]\n"), "\u{feff}<0\\n>data: [DONE]\n");
}

#[test]
fn what_only_looks_like_done_is_a_message() {
    for body in [
        "data: [DONE] \n\n",
        "data:  [DONE]\n\n",
        "data: x\ndata: [DONE]\n\n",
        "data\ndata:[DONE]\n\n",
        "data: [DON\n\n",
    ] {
        assert_eq!(any_cut(body.as_bytes()), format!("{body}<1\\n>"));
    }
    for body in ["data: [DONE]", "data: x\n", "dat: [DONE]\n\n", ":data: [DONE]\n\n", "\u{fefe}data: [DONE]\n\n", ""] {
        assert_eq!(any_cut(body.as_bytes()), body);
    }
}

#[test]
fn bytes_go_at_once() {
    let mut splice = SseSplice::new(LIMIT);
    let mut gone = 0;
    let mut len = 0;
    for frame in ["data: {\"a\"", ": 1}\r", "\n", "\r", "\n: ping\r\n", "id", "en: x\r\n\r\n", "da", "te\n"] {
        let mut out: Vec<Bytes> = Vec::new();
        splice.push(Bytes::from_static(frame.as_bytes()), &mut out, |_| None);
        gone += out.concat().len();
        len += frame.len();
        let held = match frame {
            "id" | "da" => 2,
            "te\n" => 5,
            _ => 0,
        };
        assert_eq!(gone, len - held, "{frame:?}");
    }
}

#[test]
fn frames_go_on_uncopied_and_uncut() {
    let frame = Bytes::from(vec![b"data: {}\n\n".as_slice(); 400].concat());
    let mut out: Vec<Bytes> = Vec::new();
    let mut messages = 0;
    SseSplice::new(LIMIT).push(frame.clone(), &mut out, |_| {
        messages += 1;
        None
    });
    assert_eq!((messages, out.len(), out[0].as_ptr()), (400, 1, frame.as_ptr()));
}

#[test]
fn a_stream_that_breaks_off_gets_its_held_bytes() {
    for body in ["data: {}\n\nda", "data: 1\n\ndata: [DONE]\n\n: more"] {
        let mut splice = SseSplice::new(LIMIT);
        let mut out: Vec<Bytes> = Vec::new();
        splice.push(Bytes::from_static(body.as_bytes()), &mut out, |_| None);
        out.extend(splice.release());
        splice.push(Bytes::from_static(b"data: [DONE]\n\n"), &mut out, |_| None);
        assert_eq!(out.concat(), format!("{body}data: [DONE]\n\n").into_bytes());
        assert!(!splice.is_done() && !splice.is_between_events());
    }
}

#[test]
fn a_message_over_the_limit_has_no_text_and_the_next_one_has() {
    let body = b"data: 12345\n\ndata: 123456\n\ndata: 123\ndata: 45\n\ndata: 1\n\n";
    let expected = [Some(b"12345".to_vec()), None, None, Some(b"1".to_vec())];
    for at in 0..body.len() {
        assert_eq!(splice(5, cut(body, &[at])).messages, expected);
    }
}

#[test]
fn memory_is_bounded() {
    let mut splice = SseSplice::new(LIMIT);
    let mut out: Vec<Bytes> = Vec::new();
    let field = Bytes::from(vec![b'x'; HOLD_LIMIT]);
    splice.push(field.clone(), &mut out, |_| None);
    assert!(out.is_empty());
    splice.push(field, &mut out, |_| None);
    assert_eq!(out.concat().len(), 2 * HOLD_LIMIT);
    splice.push(Bytes::from_static(b"\n\ndata: [DONE]\n\n"), &mut out, |_| None);
    assert!(splice.is_done());
    let tail = Bytes::from(vec![b'x'; TAIL_LIMIT]);
    splice.push(tail, &mut out, |_| None);
    assert!(!splice.is_done());
    assert_eq!(out.concat().len(), 2 * HOLD_LIMIT + 16 + TAIL_LIMIT);
}

#[test]
fn ten_mebibytes_pass() {
    let text = "x".repeat(10 * 1024 * 1024);
    let body = Bytes::from(format!("data: {text}\r\n\r\ndata: 1\r\n\r\ndata: [DONE]\r\n\r\n"));
    let frames = (0..body.len()).step_by(8191).map(|at| body.slice(at..body.len().min(at + 8191)));
    let outcome = splice(LIMIT, frames);
    assert_eq!(outcome.messages, [None, Some(b"1".to_vec())]);
    assert_eq!(outcome.out.len(), body.len() + "<1\\r\\n><2\\r\\n><0\\r\\n>".len());
}

/// Streams made of what matters.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => Just(&b"\r\n"[..]),
        4 => Just(&b"\n"[..]),
        2 => Just(&b"\r"[..]),
        3 => Just(&b"data: [DONE]"[..]),
        2 => Just(&b"data: {}"[..]),
        1 => Just(&b"data: {}\r\n\r\n"[..]),
        1 => Just(&b"data:"[..]),
        1 => Just(&b"data"[..]),
        1 => Just(&b"[DONE]"[..]),
        1 => Just(&b": ping"[..]),
        1 => Just(&b"event: x"[..]),
        1 => Just(&b"\0 "[..]),
        1 => Just(BYTE_ORDER_MARK),
        1 => Just(&b"\xef"[..]),
    ];
    vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_stream_in_any_cut(body in stream(), limit in 0_usize..16, places in vec(any::<usize>(), 0..12)) {
        prop_assert_eq!(splice(limit, cut(&body, &places)), plainly(limit, &body));
    }

    #[test]
    fn any_bytes_in_any_cut(body in vec(any::<u8>(), 0..64), places in vec(any::<usize>(), 0..6)) {
        prop_assert_eq!(splice(LIMIT, cut(&body, &places)), plainly(LIMIT, &body));
    }

    /// Wherever the splicer says that an event may go, one does no harm to the others.
    #[test]
    fn between_events_is_between_events(body in stream(), places in vec(any::<usize>(), 0..12)) {
        let mut splice = SseSplice::new(LIMIT);
        let mut out: Vec<Bytes> = Vec::new();
        let mut comments: Vec<Bytes> = Vec::new();
        for frame in cut(&body, &places) {
            splice.push(frame.clone(), &mut out, |_| None);
            if splice.is_between_events() {
                out.push(Bytes::from_static(b"data: ours\n\n"));
                comments.push(splice.line_end().comment());
            }
        }
        out.extend(splice.release());
        let mut theirs = plainly(LIMIT, &out.concat()).messages;
        theirs.retain(|message| message.as_deref() != Some(b"ours"));
        prop_assert_eq!(theirs, plainly(LIMIT, &body).messages);
    }

    #[test]
    fn a_large_stream_in_any_cut(text in "\\PC{0,2000}", crlf: bool, places in vec(any::<usize>(), 0..300)) {
        let line_end = if crlf { "\r\n" } else { "\n" };
        let event = format!("data: {text}{line_end}{line_end}: ping{line_end}{line_end}");
        let body = event.repeat(100) + "data: [DONE]" + line_end + line_end;
        prop_assert!(splice(LIMIT, cut(body.as_bytes(), &places)) == plainly(LIMIT, body.as_bytes()));
    }
}
