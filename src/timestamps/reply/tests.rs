//! The replies of `contracts/ollama.md`, section 9, by their numbers, and some more.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn seconds(time: &Time) -> f64 {
    time.seconds().unwrap()
}

/// What a reply's content says: the pairs and how complete they are.
fn content(content: &str) -> (Vec<(f64, f64)>, Completeness) {
    let reply = Reply::read_content(content, false);
    let pairs = reply.pairs.iter().map(|pair| (seconds(&pair.start), seconds(&pair.end))).collect();
    (pairs, reply.completeness)
}

fn both() -> (Vec<(f64, f64)>, Completeness) {
    (vec![(12.0, 47.0), (125.0, 151.0)], Completeness::Complete)
}

fn first() -> (Vec<(f64, f64)>, Completeness) {
    (vec![(12.0, 47.0)], Completeness::Complete)
}

fn unreadable() -> (Vec<(f64, f64)>, Completeness) {
    (Vec::new(), Completeness::Unreadable)
}

#[test]
fn reads_1_strings() {
    assert_eq!(content(r#"{"ranges":[{"start":"00:12","end":"00:47"},{"start":"2:05","end":"2:31"}]}"#), both());
}

#[test]
fn reads_2_numbers() {
    assert_eq!(
        content("{\"ranges\": [{\"start\": 12, \"end\": 47.0}, {\"start\": 125, \"end\": 151}]}\n\n\n\n\n\n"),
        both()
    );
}

#[test]
fn reads_3_a_fence_with_chatter() {
    let reply = "Sure! Here are the time ranges:\n```json\n[[\"00:12\",\"00:47\"],[\"02:05\",\"02:31\"]]\n```\nLet me know if you need more.";
    assert_eq!(content(reply), both());
}

#[test]
fn reads_4_and_5_whatever_is_wrong_with_them() {
    let (pairs, completeness) = content(r#"{"ranges":[{"start":12,"end":47},{"start":205,"end":231}]}"#);
    assert_eq!((pairs, completeness), (vec![(12.0, 47.0), (205.0, 231.0)], Completeness::Complete));
    let (pairs, _) = content(r#"{"ranges":[{"start":"00:00","end":"00:10"},{"start":"05:00","end":"09:59"}]}"#);
    assert_eq!(pairs, [(0.0, 10.0), (300.0, 599.0)]);
}

#[test]
fn reads_6_hours() {
    let reply = r#"{"ranges":[{"start":"1:02:05","end":"1:03:10"},{"start":"01:15:00","end":"01:15:00"}]}"#;
    assert_eq!(content(reply), (vec![(3725.0, 3790.0), (4500.0, 4500.0)], Completeness::Complete));
}

#[test]
fn reads_7_units_and_commas() {
    let reply = r#"{"ranges":[{"start":"12s","end":"47 sec"},{"start":"00:02:05,000","end":"00:02:31,000"}]}"#;
    assert_eq!(content(reply), both());
}

#[test]
fn reads_8_what_is_cut() {
    let reply = r#"{"ranges":[{"start":"00:12","end":"00:47"},{"start":"2:05","e"#;
    assert_eq!(content(reply), (vec![(12.0, 47.0)], Completeness::Cut));
    for (at, _) in reply.char_indices() {
        let (pairs, completeness) = content(&reply[..at]);
        let expected: &[(f64, f64)] = if at > reply.find('}').unwrap() { &[(12.0, 47.0)] } else { &[] };
        assert_eq!(pairs, expected, "{}", &reply[..at]);
        assert!(matches!(completeness, Completeness::Cut | Completeness::Unreadable), "{}", &reply[..at]);
    }
}

#[test]
fn reads_9_and_12_nothing_and_a_refusal() {
    assert_eq!(content(""), unreadable());
    assert_eq!(content("I'm sorry, but I can't watch videos or access timestamps."), unreadable());
}

#[test]
fn reads_10_and_11_an_empty_list() {
    assert_eq!(content(r#"{"ranges":[]}"#), (vec![], Completeness::Complete));
    assert_eq!(content("```json\n[]\n```"), (vec![], Completeness::Complete));
}

#[test]
fn reads_13_korean_prose() {
    let reply = "영상에서 해당 구간은 다음과 같습니다. 1) 1분 5초 ~ 1분 40초 2) 3분 10초";
    assert_eq!(content(reply).0, [(65.0, 100.0), (190.0, 190.0)]);
}

#[test]
fn reads_14_korean_keys_and_full_width_signs() {
    let reply = r#"{"구간":[{"시작":"01：05","끝":"01：40"},{"시작":"3:10"}]}"#;
    assert_eq!(content(reply), (vec![(65.0, 100.0), (190.0, 190.0)], Completeness::Complete));
}

#[test]
fn reads_15_behind_leaked_thinking() {
    let reply = r#"<think>maybe {"ranges":[{"start":1}]}? no</think>{"ranges":[{"start":"00:12","end":"00:47"}]}"#;
    assert_eq!(content(reply), first());
    assert_eq!(content(&reply.replace("<think>", "")), first());
    assert_eq!(content(&reply.replace("</think>", "")), unreadable());
}

#[test]
fn reads_16_sloppy_json() {
    let reply = "{'ranges': [{'start': '00:12', 'end': '00:47',}, // first\n{'start': '2:05', 'end': '2:31'}]}";
    assert_eq!(content(reply), both());
}

#[test]
fn reads_17_one_object_and_other_words() {
    assert_eq!(content(r#"{"start_time":"0:12","end_time":"0:47"}"#), first());
    assert_eq!(content(r#"{"segments":[{"from":"0:12","to":"0:47"}],"note":"ok"}"#).0, first().0);
    assert_eq!(content(r#"{"result":{"timestamps":[{"Start Time":12,"endTime":47}]}}"#), first());
}

#[test]
fn reads_18_reversed_and_double_ones_as_they_are() {
    let reply =
        r#"{"ranges":[{"start":"2:31","end":"2:05"},{"start":"0:12","end":"0:47"},{"start":"00:12","end":"00:47"}]}"#;
    assert_eq!(content(reply).0, [(151.0, 125.0), (12.0, 47.0), (12.0, 47.0)]);
}

#[test]
fn reads_19_an_echoed_schema_as_nothing() {
    assert_eq!(content(r#"{"type":"object","properties":{"ranges":{"type":"array"}}}"#), unreadable());
}

#[test]
fn reads_20_json_in_json() {
    assert_eq!(content(r#""{\"ranges\":[{\"start\":\"00:12\",\"end\":\"00:47\"}]}""#), first());
}

#[test]
fn reads_21_malformed_times_as_nothing() {
    let reply = r#"{"ranges":[{"start":"00:75","end":"01:20"},{"start":-5,"end":1e12},{"start":null,"end":"00:47"}]}"#;
    assert_eq!(content(reply), unreadable());
}

#[test]
fn reads_22_only_what_is_done() {
    let body = |done| {
        format!(
            r#"{{"model":"m","message":{{"role":"assistant","content":"{{\"ranges\":[[12,47]]}}"}},"done":{done}}}"#
        )
    };
    assert_eq!(Reply::read(Dialect::Ollama, body("true").as_bytes()).pairs.len(), 1);
    for done in ["false", "null", "1"] {
        let reply = Reply::read(Dialect::Ollama, body(done).as_bytes());
        assert_eq!(reply.completeness, Completeness::Unreadable, "{done}");
    }
}

#[test]
fn never_reads_the_thinking() {
    let body = r#"{"message":{"role":"assistant","content":"","thinking":"00:12 - 00:47"},"done":true,"done_reason":"length"}"#;
    assert_eq!(Reply::read(Dialect::Ollama, body.as_bytes()).completeness, Completeness::Unreadable);
}

#[test]
fn a_reply_out_of_room_is_cut_only_if_it_is() {
    let body = |content: &str| {
        let content = serde_json::Value::from(content);
        format!(r#"{{"message":{{"content":{content}}},"done":true,"done_reason":"length"}}"#)
    };
    let whole = Reply::read(Dialect::Ollama, body(r#"{"ranges":[[12,47]]}"#).as_bytes());
    assert_eq!(whole.completeness, Completeness::Complete);
    let prose = Reply::read(Dialect::Ollama, body("00:12 - 00:47").as_bytes());
    assert_eq!((prose.pairs.len(), prose.completeness), (1, Completeness::Cut));
}

#[test]
fn reads_the_openai_way() {
    let body = |message: &str| format!(r#"{{"choices":[{{"index":0,"message":{message},"finish_reason":"stop"}}]}}"#);
    let read = |body: String| Reply::read(Dialect::OpenAi, body.as_bytes());
    assert_eq!(read(body(r#"{"content":"[[12,47]]","reasoning":"0:01 - 0:02"}"#)).pairs.len(), 1);
    assert_eq!(read(body(r#"{"content":null}"#)), Reply::unreadable());
    assert_eq!(read(r#"{"choices":[]}"#.into()), Reply::unreadable());
}

#[test]
fn errors_are_no_replies() {
    for body in
        ["", "{}", "null", "[]", r#"{"error":"model 'x' not found"}"#, "{\"done\":true}\n{\"done\":true}", "<html>"]
    {
        assert_eq!(Reply::read(Dialect::Ollama, body.as_bytes()), Reply::unreadable(), "{body}");
        assert_eq!(Reply::read(Dialect::OpenAi, body.as_bytes()), Reply::unreadable(), "{body}");
    }
}

#[test]
fn survives_broken_characters() {
    let body = b"{\"message\":{\"content\":\"{\\\"ranges\\\":[[12,47]],\\\"\xec\\ud800\\\":1}\"},\"done\":true}";
    assert_eq!(Reply::read(Dialect::Ollama, body).pairs.len(), 1);
}

#[test]
fn reads_lines_as_the_app_asks_for() {
    assert_eq!(content("00:12 - 00:47\n2:05 - 2:31"), both());
    assert_eq!(content("```\n00:12 - 00:47\n```"), first());
    assert_eq!(content("[00:12 - 00:47] A forklift enters.\n[2:05 - 2:31] A worker."), both());
}

#[test]
fn reads_texts_in_lists() {
    assert_eq!(content(r#"{"ranges":["00:12 - 00:47","2:05 - 2:31"]}"#), both());
    assert_eq!(content(r#"["00:12","00:47","2:05","2:31"]"#), both());
    assert_eq!(content("[12, 47]"), first());
    assert_eq!(content(r#"{"timestamp":"00:12 - 00:47"}"#), first());
    assert_eq!(content("{\"start\":\"<12.0>\",\"end\":\"47.0\"}\n{\"start\":125,\"end\":151}"), both());
}

#[test]
fn says_what_is_partial() {
    let (pairs, completeness) = content(r#"{"ranges":[{"start":"0:12","end":"0:47"},{"start":"soon","end":"later"}]}"#);
    assert_eq!((pairs, completeness), (vec![(12.0, 47.0)], Completeness::Partial));
    assert_eq!(content(r#"{"ranges":"none"}"#), unreadable());
    assert_eq!(content(r#"{"count":2,"from":"cam","ranges":[[12,47]],"video":{"duration":600}}"#), first());
    assert_eq!(content(r#"{"count":2}"#), unreadable());
}

#[test]
fn a_full_list_may_have_had_more() {
    let items = |n| vec!["[1,2]"; n].join(",");
    let completeness = |n| content(&format!("{{\"ranges\":[{}]}}", items(n))).1;
    assert_eq!((completeness(63), completeness(64)), (Completeness::Complete, Completeness::Cut));
    assert_eq!(content(&format!("[{}]", items(5000))).0.len(), MOST_PAIRS);
}

#[test]
fn wall_times_keep_their_text() {
    let reply = r#"{"ranges":[{"start":"2026-03-04T09:15:20.000Z","end":"2026-03-04T09:15:31.400Z"}]}"#;
    let reply = Reply::read_content(reply, false);
    assert!(matches!(&reply.pairs[0].start, Time::Wall(wall) if &*wall.text == "2026-03-04T09:15:20.000Z"));
}

#[test]
fn nothing_is_too_odd() {
    for odd in [
        "[",
        "{",
        "\"",
        "\"{",
        "{\"ranges\":",
        "[[[[[[[[[[[[[[[[[[[[[[[[1,2]",
        "</think>",
        "<think>",
        "```",
        "[[],[]]",
        "{\"start\":{}}",
        "{\"time\":{\"time\":{}}}",
    ] {
        let _ = content(odd);
        let _ = Reply::read(Dialect::Ollama, odd.as_bytes());
    }
    let _ = content(&"[".repeat(1_000_000));
    let _ = content(&"{\"time\":".repeat(100_000));
}

/// Replies made of what matters.
fn pieces() -> impl Strategy<Value = String> {
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "'",
        "\\",
        "\"start\":",
        "\"end\":",
        "\"ranges\":[",
        "\"time\":",
        "0:12",
        "12",
        "-5",
        "1e12",
        " - ",
        "\n",
        "```",
        "<think>",
        "</think>",
        "//",
        "/*",
        "*/",
        "가",
        "：",
        "null",
        "<12.5>",
    ];
    vec(proptest::sample::select(pieces.to_vec()), 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_reply(said in prop_oneof![pieces(), "\\PC{0,60}"], is_cut: bool) {
        let reply = Reply::read_content(&said, is_cut);
        if reply.completeness == Completeness::Unreadable {
            prop_assert!(reply.pairs.is_empty());
        }
    }

    #[test]
    fn any_body(body in vec(any::<u8>(), 0..64)) {
        let _ = Reply::read(Dialect::Ollama, &body);
        let _ = Reply::read(Dialect::OpenAi, &body);
    }

    /// What the schema demands is read as it is, and cut anywhere it loses but its last ranges.
    #[test]
    fn any_list_cut_anywhere(ranges in vec((0_u32..4000, 0_u32..4000), 0..8), cut in any::<usize>()) {
        let clock = |second: u32| format!("{}:{:02}", second / 60, second % 60);
        let item = |(start, end): &(u32, u32)| format!(r#"{{"start":"{}","end":"{}"}}"#, clock(*start), clock(*end));
        let reply = format!(r#"{{"ranges":[{}]}}"#, ranges.iter().map(item).collect::<Vec<_>>().join(","));
        let all: Vec<_> = ranges.iter().map(|&(start, end)| (f64::from(start), f64::from(end))).collect();
        prop_assert_eq!(content(&reply), (all.clone(), Completeness::Complete));
        let (some, completeness) = content(&reply[..cut % reply.len()]);
        prop_assert!(all.starts_with(&some));
        prop_assert!(matches!(completeness, Completeness::Cut | Completeness::Unreadable));
    }
}
