use super::*;

#[test]
fn walks_an_object() {
    let text = "{ \"a\" : [1, {\"b\":\"]}\"}] ,\"c\\\"\":\"x\\\\\" ,\"d\":-1.5e3}";
    let all: Vec<_> = members(text).collect();
    let expected = [("a", "[1, {\"b\":\"]}\"}]"), ("c\"", "\"x\\\\\""), ("d", "-1.5e3")];
    assert_eq!(all, expected.map(|(key, value)| (Cow::Borrowed(key), value)));
    let inner: Vec<_> = elements(all[0].1).collect();
    assert_eq!(inner, ["1", "{\"b\":\"]}\"}"]);
}

#[test]
fn the_last_of_equal_keys_wins() {
    assert_eq!(member(r#"{"a":1,"\u0061":2,"b":3}"#, "a"), Some("2"));
    assert_eq!(member("{}", "a"), None);
    assert_eq!(member("[1]", "a"), None);
}

#[test]
fn reads_every_escape() {
    assert_eq!(string(r#""\"\\\/\b\f\n\r\t\u00e9""#).unwrap(), "\"\\/\u{8}\u{c}\n\r\t\u{e9}");
    assert_eq!(string(r#""\uC548\ub155 \ud83d\ude00""#).unwrap(), "안녕 😀");
    assert_eq!(string(r#""plain""#).unwrap(), "plain");
    assert_eq!(string("12"), None);
}

#[test]
fn lone_surrogates_become_replacement_characters() {
    for raw in [r#""a\ud83db""#, r#""a\ude00b""#, r#""a\ud83d\ud83d\ude00""#, r#""\ud83d\u0041""#, r#""\ud83d""#] {
        assert!(string(raw).unwrap().contains('\u{fffd}'), "{raw}");
    }
    assert_eq!(string(r#""\ud83d\u0041""#).unwrap(), "\u{fffd}A");
}

#[test]
fn a_control_character_is_met_in_strings_only() {
    let long = "x".repeat(100);
    for space in ["", "\n", " \r\n\t"] {
        for text in ["", "a", "éé\u{7f}", &long] {
            for (control, is_json) in [("", true), ("\\n", true), ("\n", false), ("\u{0}", false), ("\u{1f}", false)] {
                for behind in ["", "b", &long] {
                    let json = format!("{{{space}\"k\"{space}:{space}\"{text}{control}{behind}\"{space}}}{space}");
                    let mut cursor = Cursor::new(&json);
                    let mut said = None;
                    cursor.each_member(|_, value| said = value.string().map(Cow::into_owned));
                    assert_eq!(cursor.is_over(), is_json, "{json}");
                    let all = format!("{text}{}{behind}", control.replace("\\n", "\n"));
                    assert!(!is_json || said == Some(all), "{json}");
                }
            }
        }
    }
}

#[test]
fn deep_nesting_needs_no_stack() {
    let text = format!("{{\"a\":{}{},\"b\":1}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(is_valid(&text));
    assert_eq!(member(&text, "b"), Some("1"));
}

/// What is gone over here and what serde reads must be the same texts, however deep.
#[test]
fn goes_over_the_containers_that_are_json() {
    let is_gone_over = |text: &str| {
        let mut cursor = Cursor::new(text);
        cursor.skip();
        cursor.is_over()
    };
    let pieces =
        ["[", "]", "{", "}", ",", ":", "\"k\"", "\"a\\\"é\"", "-1.5e3", "01", "null", " ", "\n", "\"\t\"", "é"];
    let mut random = 1_u64;
    let mut next = |count: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) as usize % count
    };
    for _ in 0..20_000 {
        let text: String = (0..=next(9)).map(|_| pieces[next(pieces.len())]).collect();
        assert_eq!(is_gone_over(&text), is_valid(&text), "{text}");
    }
    for inside in
        ["", "1", "[]", "{}", "{\"a\": [1, {\"b\":null}] , \"c\":\"]\"}", "{\"a\"}", "[1,]", "{\"a\":1,}", "1 2", "x"]
    {
        for depth in [1, 2, 62, 63, 64, 65, 130] {
            for (open, close) in [("[", "]"), ("{ \"k\" :", "}"), ("[0, {\"k\":", " }\n]")] {
                let text = format!("{}{inside}{}", open.repeat(depth), close.repeat(depth));
                assert_eq!(is_gone_over(&text), is_valid(&text), "{text}");
                assert!(!is_gone_over(&text[..text.len() - 1]), "{text}");
            }
        }
    }
}

#[test]
fn reads_numbers_as_the_standard_library_does() {
    for raw in ["0", "600", "999999999999999", "1772612999", "12345678901234567890", "-3", "1.5", "1e3", "007"] {
        assert_eq!(number(raw), raw.parse().ok(), "{raw}");
    }
    assert_eq!((number(""), number("x"), number("1e999")), (None, None, None));
}

#[test]
fn nonsense_does_not_panic() {
    for text in ["{", "{\"", "{\"a", "{\"a\"", "{\"a\":", "{\"a\\", "{,,:", "[[[", "[\"\\", "", "{]", "{\"a\":}", "\""]
    {
        let _ = members(text).count() + elements(text).count();
        let _ = string(text);
    }
    for raw in ["\"\\", "\"\\u", "\"\\u12", "\"\\u12é4\"", "\"\\ud800\\u", "\"\\é\""] {
        let _ = string(raw);
    }
}
