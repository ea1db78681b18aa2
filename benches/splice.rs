//! What it costs to look at a body that passes: JSON answers, a burst of events, tokens one by one.
//!
//! `cargo bench --bench splice`. Throughput is bytes of the body; `frames` are 16 KiB, as a read buffer gives them.

use std::hint::black_box;

use bytes::Bytes;
use divan::Bencher;
use divan::counter::BytesCount;
use viaduct::timestamps::answer::Answer;
use viaduct::timestamps::splice_json::{End, JsonSplice};
use viaduct::timestamps::splice_sse::SseSplice;

const LIMIT: usize = 1024 * 1024;
const FRAME: usize = 16 * 1024;

fn main() {
    divan::main();
}

fn frames(body: &str) -> Vec<Bytes> {
    let body = Bytes::copy_from_slice(body.as_bytes());
    (0..body.len()).step_by(FRAME).map(|at| body.slice(at..body.len().min(at + FRAME))).collect()
}

/// An answer as VIA gives it, of about this many bytes.
fn answer(size: usize) -> String {
    let line = "- 12.0:18.5: a van blocks the ramp, \\\"again\\\"\\n";
    let content = line.repeat(size / line.len());
    format!(
        concat!(
            r#"{{"id":"0d6f2a58-1c55-4f0e-9b0b-3a5b2f6f7c01","choices":[{{"finish_reason":"stop","index":0,"#,
            r#""message":{{"content":"{}","tool_calls":[],"role":"assistant"}}}}],"created":1772612999,"#,
            r#""model":"cosmos-reason2","media_info":{{"type":"offset","start_offset":0,"end_offset":600}},"#,
            r#""object":"summarization.completion","usage":{{"query_processing_time":41,"total_chunks_processed":60}}}}"#
        ),
        content
    )
}

/// An event of VIA's with a text of this many Korean letters.
fn event(letters: usize) -> String {
    let text = "\\uc9c0".repeat(letters);
    format!(
        concat!(
            r#"data: {{"id": "0d6f2a58-1c55-4f0e-9b0b-3a5b2f6f7c01", "model": "cosmos-reason2", "created": 1772612999, "#,
            r#""object": "summarization.progressing", "media_info": {{"type": "offset", "start_offset": 0, "#,
            r#""end_offset": 600}}, "choices": [{{"finish_reason": "stop", "index": 0, "message": {{"content": "{}", "#,
            r#""role": "assistant"}}}}], "usage": null}}"#,
            "\r\n\r\n"
        ),
        text
    )
}

/// The body passes, and is found to be an answer.
#[divan::bench(args = [2 * 1024, 64 * 1024])]
fn json(bencher: Bencher<'_, '_>, size: usize) {
    let body = answer(size);
    let frames = frames(&body);
    bencher.counter(BytesCount::new(body.len())).with_inputs(|| frames.clone()).bench_values(|frames| {
        let mut splice = JsonSplice::new(LIMIT);
        let mut out: Vec<Bytes> = Vec::with_capacity(8);
        for frame in frames {
            splice.push(frame, &mut out);
        }
        assert!(matches!(splice.finish(), End::Answer(_)));
        out.push(splice.release(Some("{}")));
        out
    });
}

/// The passing alone, without the reading at the end.
#[divan::bench(args = [2 * 1024, 64 * 1024])]
fn json_passing(bencher: Bencher<'_, '_>, size: usize) {
    let body = answer(size);
    let frames = frames(&body);
    bencher.counter(BytesCount::new(body.len())).with_inputs(|| frames.clone()).bench_values(|frames| {
        let mut splice = JsonSplice::new(LIMIT);
        let mut out: Vec<Bytes> = Vec::with_capacity(8);
        for frame in frames {
            splice.push(frame, &mut out);
        }
        out
    });
}

/// A file without CA-RAG: all events at the end, at once. Each is read, and gets an event behind it.
#[divan::bench]
fn sse_burst(bencher: Bencher<'_, '_>) {
    let body = event(60).repeat(360) + "data: [DONE]\r\n\r\n";
    let frames = frames(&body);
    let added = Bytes::from_static(b"data: {}\r\n\r\n");
    bencher.counter(BytesCount::new(body.len())).with_inputs(|| frames.clone()).bench_values(|frames| {
        let mut splice = SseSplice::new(LIMIT);
        let mut out: Vec<Bytes> = Vec::with_capacity(1024);
        for frame in frames {
            splice.push(frame, &mut out, |message| {
                black_box(message.data.as_deref().and_then(Answer::read));
                Some(added.clone())
            });
        }
        assert!(splice.is_done());
        out.extend(splice.release());
        out
    });
}

/// The same burst, of which nobody wants to know more than where its messages end.
#[divan::bench]
fn sse_burst_passing(bencher: Bencher<'_, '_>) {
    let body = event(60).repeat(360) + "data: [DONE]\r\n\r\n";
    let frames = frames(&body);
    bencher.counter(BytesCount::new(body.len())).with_inputs(|| frames.clone()).bench_values(|frames| {
        let mut splice = SseSplice::new(LIMIT);
        let mut out: Vec<Bytes> = Vec::with_capacity(64);
        for frame in frames {
            splice.push(frame, &mut out, |_| None);
        }
        out.extend(splice.release());
        out
    });
}

/// Tokens, one frame each.
#[divan::bench]
fn sse_tokens(bencher: Bencher<'_, '_>) {
    let token =
        Bytes::from_static(b"data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" 12\"}}]}\n\n");
    let frames = vec![token.clone(); 1000];
    bencher.counter(BytesCount::new(1000 * token.len())).with_inputs(|| frames.clone()).bench_values(|frames| {
        let mut splice = SseSplice::new(LIMIT);
        let mut out: Vec<Bytes> = Vec::with_capacity(1024);
        for frame in frames {
            splice.push(frame, &mut out, |message| {
                black_box(message.data);
                None
            });
        }
        out
    });
}
