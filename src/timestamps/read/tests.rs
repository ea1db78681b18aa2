//! Laws that hold for every text, and the single times and mentions by example. The answers as a whole are scored by
//! `tests/corpus.rs`.

use proptest::prelude::*;

use super::*;

fn seconds(text: &str) -> Option<f64> {
    time(text).and_then(|time| time.seconds())
}

#[test]
fn reads_single_times() {
    let cases = [
        ("12", 12.0),
        (" 12.5 ", 12.5),
        ("12,5", 12.5),
        ("0:12", 12.0),
        ("01:05", 65.0),
        ("75:10", 4510.0),
        ("1:02:03", 3723.0),
        ("00:00:02,000", 2.0),
        ("00:00:02.250", 2.25),
        ("0:12,5", 12.5),
        ("12s", 12.0),
        ("47 sec", 47.0),
        ("47 sec.", 47.0),
        ("10 seconds", 10.0),
        ("1.5 minutes", 90.0),
        ("5m", 300.0),
        ("1m30s", 90.0),
        ("1h02m03s", 3723.0),
        ("1 minute 10 seconds", 70.0),
        ("1 hour, 2 minutes and 3 seconds", 3723.0),
        ("90-second", 90.0),
        ("12.5초", 12.5),
        ("1분 30초", 90.0),
        ("1분30초", 90.0),
        ("1시간 2분 3초", 3723.0),
        ("1分30秒", 90.0),
        ("1时2分3秒", 3723.0),
        ("1時間2分3秒", 3723.0),
        ("12 Sekunden", 12.0),
        ("12,5 Sekunden", 12.5),
        ("１２", 12.0),
        ("０１：０５", 65.0),
        ("１２．５", 12.5),
        ("00.01.10", 70.0),
        ("47.266666666666666", 47.266_666_666_666_666),
    ];
    for (text, expected) in cases {
        assert_eq!(seconds(text), Some(expected), "{text}");
    }
    assert!(matches!(time("2026-03-04T09:15:20.000Z"), Some(Time::Wall(_))));
}

#[test]
fn refuses_what_is_no_single_time() {
    let cases = [
        "",
        " ",
        "0:75",
        "00:75",
        "1:60:00",
        "1:5",
        "-5",
        "+5",
        "1e5",
        "NaN",
        "inf",
        "null",
        "12 13",
        "0:12-0:47",
        "00:12:00:47",
        "12.5.1",
        "1.2.3.4",
        "12 workers",
        "$5",
        "5%",
        "1:02:03:04",
        "twelve",
        "초",
        "s",
        ":",
        "12:",
        "2026-03-04T09:15:20",
        "2026-03-04",
        "0:12 PM",
        "<12>",
        "1,234,567",
    ];
    for text in cases {
        assert_eq!(time(text), None, "{text}");
    }
}

#[test]
fn mentions_what_is_found_and_what_is_in_doubt() {
    let named =
        |text: &str| mentions(text).into_iter().filter_map(|mention| mention.time.seconds()).collect::<Vec<_>>();
    assert_eq!(named("From 0:12 to 0:47, then at 55."), [12.0, 47.0, 55.0]);
    assert_eq!(named("12.4 - 18 seconds"), [12.4, 18.0]);
    assert_eq!(named("1 to 2 minutes in"), [60.0, 120.0]);
    assert_eq!(named("- 12.0:18.5: a man with 2 bags"), [12.0, 18.5]);
    assert_eq!(named("- 0:10: a\n- 10:20: b\n- 20:30: c"), [10.0, 0.0, 10.0, 620.0, 10.0, 20.0, 1230.0, 20.0, 30.0]);
    assert_eq!(named("It lasts 60 seconds, 4-5 workers, 16:9, 10:22 AM."), [0.0; 0]);
    assert_eq!(named("Roughly two minutes in, the crowd leaves."), [120.0]);
    assert_eq!(named("In the first half minute nothing happens."), [0.0, 30.0]);
    assert_eq!(named("처음 십 초 동안 비가 옵니다."), [0.0, 10.0]);
    assert_eq!(named("about a minute and a half in"), [90.0]);
    assert_eq!(named("At one minute and thirty seconds"), [90.0]);
}

#[test]
fn returns_reversed_ranges_as_found() {
    let reading = read("50.0-40.0");
    assert_eq!(reading.found.len(), 1);
    assert_eq!(reading.found[0].start, Time::Media(50.0));
    assert!(reading.is_sure());
}

#[test]
fn ends_with_every_address() {
    for text in ["à://", "éhttp://a.b/0:12 0:30", "càhttps://example.com at 0:30", "www", "www. 0:30", "ä://ä://"]
    {
        assert!(read(text).found.len() <= 1, "{text}");
    }
}

#[test]
fn takes_steps_in_proportion_to_the_text() {
    let patterns = [
        "1:",
        "1:1:",
        "(",
        "((1",
        "- ",
        "-1",
        "1-",
        "0",
        "1.",
        "1,",
        "<1> ",
        "a ",
        "1 to ",
        "1분 ",
        "십초에",
        "一分",
        "10秒から",
        "|1",
        "| Start | End |\n",
        "start: 1 ",
        "end: 1 ",
        "1m",
        "1 second and ",
        "0:12 ",
        "00:00:01 --> ",
        "five ",
        "second ",
        "\n- 1: ",
        "[[1, 2], ",
        "\u{200B}",
        "e\u{301}",
        "１：",
        "1:00,",
        "2026-01-",
        "2026-01-01T00:00:00Z ",
        "until ",
        "from 1 ",
        "&&",
        "'",
        "a'",
        "a_",
        "a-1",
        "http://",
        "é://",
        "初",
        "第",
        "ก",
        "*1*",
        "12, ",
        "1 and ",
        "one minute and ",
    ];
    for pattern in patterns {
        let small = steps(&pattern.repeat((1 << 12) / pattern.len()));
        let large = steps(&pattern.repeat((1 << 17) / pattern.len()));
        // 32 times the text; a quadratic rule would take 1,024 times as many
        assert!(large < (small + 64) * 40, "{pattern:?}: {small}, then {large}");
    }
}

/// How many tokens are looked at to read a text.
fn steps(text: &str) -> u64 {
    let before = page::steps::taken();
    std::hint::black_box(read(text));
    page::steps::taken() - before
}

/// Texts that are more like answers than random characters are.
fn answers() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "0:12",
        "00:01:10",
        "12.5",
        "12",
        "3",
        "10 seconds",
        "45s",
        "1m30s",
        "90-second",
        "second",
        "2분 10초",
        "초",
        "부터",
        "까지",
        "동안",
        "10秒",
        "から",
        "まで",
        "第",
        "00.01.10",
        "12.0:18.5",
        ":",
        "-",
        "–",
        "~",
        "->",
        "-->",
        "to",
        "until",
        "and",
        "between",
        "from",
        "at",
        "for",
        "lasts",
        "later",
        "in",
        "into",
        "the",
        "a",
        "mark",
        "start",
        "end",
        "start:",
        "end:",
        "\"start_time\":",
        "workers",
        "Camera",
        "|",
        "\n",
        "\n- ",
        "\n1. ",
        "| Start | End |\n",
        "<",
        ">",
        "[",
        "]",
        "(",
        ")",
        ",",
        ".",
        ";",
        "AM",
        "%",
        "$",
        "2025-01-15",
        "2026-03-04T09:15:20.000Z",
        "two",
        "half",
        "minute",
        "first",
        "**",
        "`",
        "１２",
        "：",
        "/",
        "10.0.0.1:80",
        "B12",
        "é",
        "://",
        "www",
        "ก",
        "🐕",
        "\u{200B}",
        "''",
        "\t",
        "  ",
    ]);
    let glue = prop::sample::select(vec!["", " ", " ", " "]);
    prop::collection::vec((pieces, glue), 0..40).prop_map(|parts| parts.into_iter().flat_map(|(a, b)| [a, b]).collect())
}

/// The words of one time name the same time alone. A bare number may have the unit of a partner, and a bare pair its half.
fn reads_back(words: &str, named: &Time) -> bool {
    let Some(alone) = time(words) else { return true };
    // of full width as well
    let bare = words.chars().all(|char| char.is_ascii_digit() || matches!(char, '.' | ',' | ':' | '０'..='９' | '．'));
    let lent = |unit: f64| {
        let pair = alone.seconds().zip(named.seconds());
        pair.is_some_and(|(alone, named)| (alone * unit - named).abs() <= 1e-9 * named.abs())
    };
    let half = || words.split(':').any(|half| time(half).is_some_and(|half| half == *named));
    alone == *named || bare && (lent(60.0) || lent(3600.0) || half())
}

fn obeys_the_laws(text: &str) -> Result<(), TestCaseError> {
    let reading = read(text);
    let mentions = mentions(text);
    let mut before = 0;
    for found in &reading.found {
        prop_assert!(found.span.start >= before, "in the order of the text");
        before = found.span.start;
        let words = text.get(found.span.clone());
        prop_assert!(words.is_some(), "on the borders of characters");
        for end in [&found.start, &found.end] {
            let opening = end.seconds() == Some(0.0) || end.clock() == super::super::time::Clock::Wall;
            let mentioned = mentions.iter().any(|mention| {
                mention.time == *end && mention.span.start >= found.span.start && mention.span.end <= found.span.end
            });
            prop_assert!(mentioned || opening, "{end:?} is mentioned in {words:?}");
        }
    }
    for mention in &mentions {
        let words = text.get(mention.span.clone());
        prop_assert!(words.is_some(), "on the borders of characters");
        let words = words.unwrap_or_default();
        prop_assert!(reads_back(words, &mention.time), "{words:?} alone");
    }
    if let Some(doubt) = &reading.doubt {
        prop_assert!(text.get(doubt.span.clone()).is_some());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reads_any_text(text in any::<String>()) {
        obeys_the_laws(&text)?;
        let _ = time(&text);
    }

    #[test]
    fn reads_any_answer(text in answers()) {
        obeys_the_laws(&text)?;
    }

    #[test]
    fn reads_any_clock(hours in 0_u32..100, minutes in 0_u32..60, second in 0_u32..60, milli in 0_u32..1000) {
        let expected = f64::from(hours * 3600 + minutes * 60 + second) + f64::from(milli) / 1000.0;
        let text = format!("{hours}:{minutes:02}:{second:02}.{milli:03}");
        let read = seconds(&text).unwrap_or(f64::NAN);
        prop_assert!((read - expected).abs() < 1e-9, "{text}: {read}");
    }

    #[test]
    fn reads_any_number_as_the_standard_library_does(value in 0.0_f64..1e9, digits in 0_usize..18) {
        let text = format!("{value:.digits$}");
        prop_assert_eq!(seconds(&text), text.parse().ok());
    }
}
