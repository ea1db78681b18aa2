use serde_json::Value;

use super::super::list::Rules;
use super::super::time::{Found, Time, Wall};
use super::*;

fn found(text: &str, start: f64, end: f64, quote: &str) -> Found {
    let at = text.find(quote).unwrap();
    Found { start: Time::Media(start), end: Time::Media(end), span: at..at + quote.len() }
}

fn list(found: impl IntoIterator<Item = Found>) -> List {
    List::new(found, &Rules::default())
}

#[test]
fn writes_the_example() {
    let text = "<12.30> <15.0> A courier in a grey cap sets two parcels beside the turnstile.";
    let object = Object::read(list([found(text, 12.3, 15.0, "<12.30> <15.0>")]), Source::Text, text);
    assert_eq!(
        object.json(),
        r#"{"status":"ok","source":"text","clock":"media","ranges":[{"start":12.3,"end":15.0,"quote":"<12.30> <15.0>"}]}"#
    );
    assert_eq!(object.status(), Status::Ok);
    assert!(object.with_sentences(true).json().contains(r#","sentence":"<12.30> <15.0> A courier in a grey cap sets"#));
}

#[test]
fn numbers_are_doubles_as_written() {
    let text = "x";
    let longest = list([found(text, 41.6, 47.266_666_666_666_666, "x"), found(text, -0.0, 0.1 + 0.2, "x")]);
    let json = Object::read(longest, Source::Text, text).json();
    assert!(json.contains(r#"{"start":0.0,"end":0.30000000000000004,"#), "{json}");
    assert!(json.contains(r#"{"start":41.6,"end":47.266666666666666,"#), "{json}");
}

#[test]
fn wall_times_are_the_strings_of_the_answer() {
    let text = "2026-03-04T09:15:20.000Z";
    let time = Time::Wall(Wall { nanos: 1, text: text.into() });
    let found = Found { start: time.clone(), end: time, span: 0..text.len() };
    let json = Object::read(list([found]), Source::Text, text).json();
    assert!(json.contains(r#""clock":"wall","ranges":[{"start":"2026-03-04T09:15:20.000Z","end":"2026"#), "{json}");
}

#[test]
fn says_why_there_is_nothing() {
    let none = Object::read(list([]), Source::Text, "nothing").json();
    assert_eq!(none, r#"{"status":"none","source":"text","clock":"media","ranges":[]}"#);
    for (status, name) in [(Status::Failed, "failed"), (Status::Skipped, "skipped"), (Status::None, "none")] {
        let json = Object::unread(status, Some(Clock::Wall)).json();
        assert_eq!(json, format!(r#"{{"status":"{name}","clock":"wall","ranges":[]}}"#));
    }
    let json = Object::unavailable(list([]), "").json();
    assert_eq!(json, r#"{"status":"unavailable","clock":"media","ranges":[]}"#);
    let text = "0:05";
    let json = Object::unavailable(list([found(text, 5.0, 5.0, "0:05")]), text).json();
    assert!(json.starts_with(r#"{"status":"unavailable","source":"text","#), "{json}");
}

#[test]
fn says_what_is_doubtful_and_how_much_was_dropped() {
    let doubtful = Entry { start: Time::Media(1.0), end: Time::Media(2.0), span: None, verified: false };
    let reversed = Entry { start: Time::Media(2.0), end: Time::Media(1.0), span: None, verified: true };
    let list = List::new([doubtful, reversed], &Rules::default());
    assert_eq!(
        Object::read(list, Source::Model, "").json(),
        r#"{"status":"ok","source":"model","clock":"media","ranges":[{"start":1.0,"end":2.0,"verified":false}],"dropped":1}"#
    );
}

#[test]
fn quotes_are_escaped_trimmed_and_short() {
    let text = format!("  \"12\"\n\u{1}{} ", "가".repeat(200));
    let found = Found { start: Time::Media(1.0), end: Time::Media(1.0), span: 0..text.len() };
    let json = Object::read(list([found]), Source::Text, &text).json();
    let back: Value = serde_json::from_str(&json).unwrap();
    let quote = back["ranges"][0]["quote"].as_str().unwrap();
    assert!(quote.starts_with("\"12\"\n\u{1}가") && quote.ends_with('가') && quote.len() <= LONGEST_QUOTE);
}

#[test]
fn a_span_that_is_not_the_texts_does_not_panic() {
    let text = "가나";
    for (start, end) in [(1, 2), (0, 99), (50, 99), (4, 1)] {
        let found = Found { start: Time::Media(1.0), end: Time::Media(1.0), span: start..end };
        let object = Object::read(list([found]), Source::Text, text).with_sentences(true);
        assert!(serde_json::from_str::<Value>(&object.json()).is_ok());
    }
}

#[test]
fn an_event_is_one_line_of_ascii() {
    let text = "10초 🚚";
    let object = Object::read(list([found(text, 10.0, 10.0, text)]), Source::Text, text);
    let echo = Echo {
        id: Some("\"a\"".into()),
        created: Some("17".into()),
        model: Some("\"m\"".into()),
        media_info: Some(r#"{"type": "offset"}"#.into()),
    };
    let event = object.event(3, &echo, LineEnd::CrLf);
    let expected = concat!(
        r#"data: {"id":"a","object":"viaduct.timestamps","created":17,"model":"m","media_info":{"type": "offset"},"#,
        r#""choices":[],"usage":null,"timestamps":{"for":3,"status":"ok","source":"text","clock":"media","#,
        r#""ranges":[{"start":10.0,"end":10.0,"quote":"10\ucd08 \ud83d\ude9a"}]}}"#,
        "\r\n\r\n"
    );
    assert_eq!(event, expected);
    let event = Object::unread(Status::Skipped, None).event(0, &Echo::default(), LineEnd::Lf);
    assert!(
        event.starts_with(b"data: {\"object\":\"viaduct.timestamps\",\"choices\":[]") && event.ends_with(b"}}\n\n")
    );
}
