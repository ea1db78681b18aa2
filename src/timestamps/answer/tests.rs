use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const PROGRESS: &str = r#"{"id": "0d6f", "model": "cosmos-reason2", "created": 1772612999, "object": "summarization.progressing", "media_info": {"type": "offset", "start_offset": 10, "end_offset": 600}, "choices": [{"finish_reason": "stop", "index": 0, "message": {"content": "- 12.0:18.5: \uc9c0\uac8c\ucc28 \ud83d\ude9a", "role": "assistant"}}], "usage": null}"#;

fn read(message: &str) -> Answer {
    Answer::read(message.as_bytes()).unwrap()
}

fn text(message: &str) -> Option<String> {
    read(message).text
}

#[test]
fn reads_a_progress_event() {
    let answer = read(PROGRESS);
    assert_eq!(answer.text.as_deref(), Some("- 12.0:18.5: 지게차 🚚"));
    assert_eq!(answer.delta, None);
    assert_eq!(answer.object.as_deref(), Some("summarization.progressing"));
    assert_eq!(answer.window, Some(Window { start: 10.0, end: 600.0 }));
    assert_eq!(answer.clock, Some(Clock::Media));
    assert_eq!(answer.echo.id.as_deref(), Some("\"0d6f\""));
    assert_eq!(answer.echo.created.as_deref(), Some("1772612999"));
    let media_info = r#"{"type": "offset", "start_offset": 10, "end_offset": 600}"#;
    assert_eq!(answer.echo.media_info.as_deref(), Some(media_info));
    assert!(!answer.has_timestamps);
}

#[test]
fn knows_a_live_stream_by_its_media_info() {
    let answer = read(r#"{"media_info":{"type":"timestamp","start_timestamp":"2026-03-04T09:15:00.000Z"}}"#);
    assert_eq!(answer.clock, Some(Clock::Wall));
    assert_eq!(answer.window, None);
}

#[test]
fn an_end_of_zero_is_not_known() {
    let answer = read(r#"{"media_info":{"type":"offset","start_offset":0,"end_offset":0}}"#);
    assert_eq!(answer.window, None);
    assert!(answer.echo.media_info.is_some());
    assert_eq!(read(r#"{"media_info":null}"#).echo.media_info, None);
    assert_eq!(read(r#"{"media_info":{"end_offset":1e999}}"#).window, None);
}

#[test]
fn messages_without_a_text() {
    for message in [
        "{}",
        r#"{"choices":[]}"#,
        r#"{"choices":null}"#,
        r#"{"choices":{}}"#,
        r#"{"choices":[null,1,[]]}"#,
        r#"{"choices":[{"message":null}]}"#,
        r#"{"choices":[{"message":{"content":null}}]}"#,
        r#"{"choices":[{"message":{"content":[]}}]}"#,
        r#"{"choices":[{"message":{"tool_calls":[{"type":"alert","alert":{"name":"x","offset":40}}]}}]}"#,
        r#"{"choices":[],"usage":{"total_chunks_processed":60}}"#,
    ] {
        assert_eq!(text(message), None, "{message}");
    }
}

#[test]
fn joins_choices_and_parts() {
    let two = r#"{"choices":[{"message":{"content":"a"}},{"message":{}},{"message":{"content":"b"}}]}"#;
    assert_eq!(text(two).as_deref(), Some("a\nb"));
    let parts = r#"{"choices":[{"message":{"content":[{"type":"text","text":"a"},{"type":"image"},{"text":"b"}]}}]}"#;
    assert_eq!(text(parts).as_deref(), Some("a\nb"));
}

#[test]
fn reads_deltas() {
    let answer = read(r#"{"choices":[{"delta":{"content":" 12"},"index":0}]}"#);
    assert_eq!((answer.delta.as_deref(), answer.text), (Some(" 12"), None));
    assert_eq!(read(r#"{"choices":[{"delta":{"role":"assistant"}}]}"#).delta, None);
}

#[test]
fn the_last_of_equal_keys_wins() {
    let message = r#"{"id":1,"choices":[{"message":{"content":"a","content":"b"}}],"choi\u0063es":[{"message":{"content":"c"}}],"id":2}"#;
    let answer = read(message);
    assert_eq!(answer.text.as_deref(), Some("c"));
    assert_eq!(answer.echo.id.as_deref(), Some("2"));
}

#[test]
fn a_json_content_is_a_text_like_any_other() {
    let message = r#"{"choices":[{"message":{"content":"{\"events\": [{\"start_time\": 12.0}]}"}}]}"#;
    assert_eq!(text(message).as_deref(), Some("{\"events\": [{\"start_time\": 12.0}]}"));
}

#[test]
fn survives_broken_characters() {
    let mut message = br#"{"choices":[{"message":{"content":"a"#.to_vec();
    message.extend_from_slice(b"\xff\xfe\xed\xa0\x80");
    message.extend_from_slice(br#"\ud800 b \udc00"}}]}"#);
    let said = Answer::read(&message).unwrap().text.unwrap();
    assert!(said.starts_with('a') && said.contains(" b ") && said.contains('\u{fffd}'), "{said}");
}

#[test]
fn survives_deep_nesting() {
    let deep = format!(
        "{{\"x\":{}{},\"choices\":[{{\"message\":{{\"content\":\"a\"}}}}]}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert_eq!(text(&deep).as_deref(), Some("a"));
    let deep = format!(
        "{{\"choices\":{}{}}}",
        "[{\"message\":".repeat(100_000),
        "1}]".repeat(99_999).replace('1', "") + "1}]"
    );
    let _ = Answer::read(deep.as_bytes());
}

#[test]
fn what_is_no_object_is_no_message() {
    for message in
        ["", " ", "[DONE]", "[]", "1", "\"x\"", "null", "{", "{}{}", "{\"a\":1,}", "{\"a\":\"\n\"}", "{'a':1}"]
    {
        assert_eq!(Answer::read(message.as_bytes()), None, "{message}");
    }
    assert!(Answer::read(b"\xef\xbb\xbf {} ").is_some());
}

#[test]
fn echoes_on_one_line() {
    let answer = read("{\"media_info\": {\r\n  \"type\": \"offset\"\n},\"timestamps\":1}");
    assert_eq!(answer.echo.media_info.as_deref(), Some("{  \"type\": \"offset\"}"));
    assert!(answer.has_timestamps);
}

#[test]
fn knows_the_non_answers_by_their_beginnings() {
    assert_eq!(kind("Summarization failed. Reason: 12:30"), Kind::Failure);
    assert_eq!(kind(" An internal error occurred"), Kind::Failure);
    assert_eq!(kind("Media processed"), Kind::Nothing);
    assert_eq!(kind("Chat functionality disabled"), Kind::Nothing);
    assert_eq!(kind("Couldn't Produce Highlights for 1"), Kind::Nothing);
    assert_eq!(kind("At 0:10 the Summarization failed"), Kind::Text);
    assert_eq!(kind(""), Kind::Text);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(message in vec(any::<u8>(), 0..64)) {
        let _ = Answer::read(&message);
    }

    /// Whatever a text says and however it is escaped, it comes out as serde reads it.
    #[test]
    fn any_text(said in "\\PC{0,40}|[\"\\\\\n\t\u{0}\u{1f600}a-f0-9]{0,40}", ascii: bool, pretty: bool) {
        let message = serde_json::json!({"choices": [{"x": [], "message": {"content": said}}, {"delta": {"content": said}}]});
        let message = if pretty { serde_json::to_string_pretty(&message) } else { serde_json::to_string(&message) }.unwrap();
        let escape = |letter: char| {
            let units: Vec<_> = letter.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04X}")).collect();
            if letter.is_ascii() || !ascii { letter.to_string() } else { units.concat() }
        };
        let message: String = message.chars().map(escape).collect();
        let answer = read(&message);
        prop_assert_eq!((answer.text.as_deref(), answer.delta.as_deref()), (Some(&*said), Some(&*said)));
    }
}
