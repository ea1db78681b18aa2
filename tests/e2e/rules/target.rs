//! Section 3: target and Host (T1 to T10). T6 is in `proxy::route`, T9 in `errors`.

use viaduct::config::Overrides;

use super::lab::{Recorder, SMUGGLED, attack, echoed, refused};
use crate::support::{Origin, Viaduct, urls};

#[tokio::test]
async fn t01_host_is_one_valid_authority() {
    for host in [
        "",
        "host: a\r\nhost: a\r\n",
        "host: a\r\nHost: b\r\n",
        "host: a b\r\n",
        "host: a/b\r\n",
        "host: u@a\r\n",
        "host:\r\n",
        "host: a\\b\r\n",
        "host: a?b\r\n",
        "host: a#b\r\n",
        "host: [::1\r\n",
        "host: a:b\r\n",
        "host: a:99999999\r\n",
        "host: http://a\r\n",
        "host: a,b:1:2\r\n",
        "host: \"a\"\r\n",
        "host: a<b>\r\n",
        "host: a\tb\r\n",
        "host: \u{e9}\r\n",
        "host: a:-1\r\n",
        "host: :80\r\n",
        "host: a:80:80\r\n",
    ] {
        assert_eq!(refused(format!("GET / HTTP/1.1\r\n{host}\r\n{SMUGGLED}")).await, 400, "{host:?}");
    }
    for host in ["a", "a.b-c.d:80", "127.0.0.1:1", "[::1]:80", "[::1]", "A", "a_b", "xn--nxasmq6b", "a."] {
        assert_eq!(echoed(format!("GET / HTTP/1.1\r\nhost: {host}\r\n\r\n")).await.all("host"), [host]);
    }
}

#[tokio::test]
async fn t02_absolute_form_becomes_origin_form_and_its_authority_host() {
    for (target, path, host) in [
        ("http://real/x", "/x", "real"),
        ("http://real:81/x?y=%20", "/x?y=%20", "real:81"),
        ("http://real", "/", "real"),
        ("http://real?q", "/?q", "real"),
        ("http://real/", "/", "real"),
        ("http://real//x/../y", "//x/../y", "real"),
        ("http://[::1]:5/x", "/x", "[::1]:5"),
        ("HTTP://real/x", "/x", "real"),
    ] {
        let seen = echoed(format!("GET {target} HTTP/1.1\r\nhost: fake\r\n\r\n")).await;
        assert_eq!((seen.start(), seen.all("host")), (format!("GET {path} HTTP/1.1").as_str(), vec![host]), "{target}");
    }
    for target in
        ["http:///x", "http://u:p@real/x", "http:/x", "http:x", "ftp://real/x", "http://a b/x", "http://real:x/"]
    {
        refused(format!("GET {target} HTTP/1.1\r\nhost: fake\r\n\r\n{SMUGGLED}")).await;
    }
}

#[tokio::test]
async fn t03_other_forms_are_refused() {
    for start in [
        "GET admin",
        "GET *",
        "GET a:80",
        "POST *",
        "GET ?x",
        "GET real/x",
        "GET ./x",
        "OPTIONS x",
        "GET **",
        "GET //",
        "HEAD a.b",
    ] {
        let outcome = attack(format!("{start} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")).await;
        // `//` is an odd but valid path.
        let expected = if start == "GET //" { 200 } else { 400 };
        assert_eq!(outcome.status(), expected, "{start}: {outcome:?}");
        assert_eq!(outcome.seen.is_empty(), expected == 400);
    }
}

#[tokio::test]
async fn t03_options_star_is_forwarded_as_such_or_answered() {
    let outcome = attack("OPTIONS * HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    assert!(matches!(outcome.status(), 200 | 204), "{outcome:?}");
    for request in outcome.seen {
        assert_eq!(request.start(), "OPTIONS * HTTP/1.1");
    }
}

#[tokio::test]
async fn t04_spaces_and_control_bytes_in_a_target_are_refused() {
    for target in ["/a b", "/a\u{1}", "/a\0", "/a\tb", "/\u{7f}", "/a\u{b}b", "/a HTTP/1.1 b", "/a\u{1f}"] {
        refused(format!("GET {target} HTTP/1.1\r\nhost: a\r\n\r\n{SMUGGLED}")).await;
    }
}

#[tokio::test]
async fn t05_the_target_passes_byte_for_byte() {
    for target in [
        "/a%2e%2e/b",
        "/a%2fb",
        "//",
        "//x",
        "/a;b=c",
        "/%zz",
        "/?",
        "/x?",
        "/x??",
        "/x?a=b&&c=%26",
        "/a/../b",
        "/./",
        "/%",
        "/%C3%A9",
        "/a+b",
        "/x?y=/../z",
        "/x?a=http://b/c",
        "/~!$&'()*+,;=:@-._",
        "/a%20b",
        "/A%2f%2F",
        "/x?[]",
        "/x?{}",
        "/x?|^`",
        "/a\"b",
        "/x?\"",
        "/%00",
        "/{a}|^`",
    ] {
        let outcome = attack(format!("GET {target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")).await;
        // What no URI may hold may also be refused, but never changed.
        let is_uri = !target.contains(['{', '|', '^', '`', '"', '[']) && target != "/%00";
        assert!(outcome.status() == 200 || (!is_uri && outcome.status() == 400), "{target}: {outcome:?}");
        for request in outcome.seen {
            assert_eq!(request.start(), format!("GET {target} HTTP/1.1"));
        }
    }
}

#[tokio::test]
async fn t05_a_fragment_is_refused() {
    for target in ["/a#b", "/#", "/a?b#c", "http://a/b#c", "/a#/../admin", "*#x"] {
        assert_eq!(refused(format!("GET {target} HTTP/1.1\r\nhost: a\r\n\r\n{SMUGGLED}")).await, 400, "{target}");
    }
    // Behind a first request, and in any cut.
    let good = "GET /good HTTP/1.1\r\nhost: a\r\n\r\n";
    let outcome = attack(format!("{good}GET /a#b HTTP/1.1\r\nhost: a\r\n\r\n")).await;
    assert_eq!((outcome.answers(), outcome.seen.len()), (2, 1), "{outcome:?}");
    let post = "POST /good HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello";
    let outcome = attack(format!("{post}GET /a#b HTTP/1.1\r\nhost: a\r\n\r\n")).await;
    assert_eq!((outcome.answers(), outcome.seen.len()), (2, 1), "{outcome:?}");
    let chunked = "POST /good HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let outcome = attack(format!("{chunked}GET /a#b HTTP/1.1\r\nhost: a\r\n\r\n")).await;
    assert_eq!((outcome.answers(), outcome.seen.len()), (2, 1), "{outcome:?}");
    // Elsewhere it is an ordinary byte.
    let seen = echoed("POST /x HTTP/1.1\r\nhost: a\r\nx: #\r\ncontent-length: 1\r\n\r\n#").await;
    assert_eq!((seen.field("x"), seen.body.as_slice()), (Some("#"), &b"#"[..]));
}

#[tokio::test]
async fn t06_a_path_that_reads_as_another_routes_is_refused() {
    let origin = Origin::echo().await;
    let url = urls(&[origin.address]);
    let viaduct = Viaduct::start(Overrides { via: url.clone(), ollama: url.clone(), to: url, ..Overrides::default() });
    for path in [
        "/x/../api/pull",
        "/%61pi/pull",
        "//api/pull",
        "/api%2fpull",
        "/x\\..\\api/pull",
        "/x/%2e%2e/api/pull",
        "/api%00",
    ] {
        assert_eq!(viaduct.get(path).await.status(), 400, "{path}");
    }
}

#[tokio::test]
async fn t07_connect_is_refused_and_never_a_tunnel() {
    for target in ["127.0.0.1:22", "a:80", "/x", "http://a/"] {
        let status = refused(format!("CONNECT {target} HTTP/1.1\r\nhost: a\r\n\r\n{SMUGGLED}")).await;
        assert!(matches!(status, 400 | 405 | 501), "{target}: {status}");
    }
}

#[tokio::test]
async fn t08_trace_is_refused() {
    for fields in
        ["", "max-forwards: 0\r\n", "max-forwards: 5\r\n", "cookie: secret\r\nauthorization: Basic c2VjcmV0\r\n"]
    {
        let outcome = attack(format!("TRACE / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{fields}\r\n")).await;
        assert!(matches!(outcome.status(), 405 | 501), "{outcome:?}");
        assert!(outcome.seen.is_empty());
        assert!(!outcome.text.contains("secret"));
    }
}

#[tokio::test]
async fn t08_max_forwards_is_counted_down_and_answered_at_0() {
    for target in ["*", "/x"] {
        let outcome =
            attack(format!("OPTIONS {target} HTTP/1.1\r\nhost: a\r\nmax-forwards: 0\r\nconnection: close\r\n\r\n"))
                .await;
        assert!(matches!(outcome.status(), 200 | 204), "{outcome:?}");
        assert!(outcome.seen.is_empty(), "{outcome:?}");
        let seen = echoed(format!("OPTIONS {target} HTTP/1.1\r\nhost: a\r\nmax-forwards: 5\r\n\r\n")).await;
        assert_eq!(seen.all("max-forwards"), ["4"]);
    }
    // Of any other method it is an ordinary field.
    assert_eq!(echoed("GET / HTTP/1.1\r\nhost: a\r\nmax-forwards: 0\r\n\r\n").await.all("max-forwards"), ["0"]);
}

#[tokio::test]
async fn t10_long_request_lines_work_and_longer_ones_are_414() {
    let path = format!("/{}", "x".repeat(8000));
    assert_eq!(echoed(format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n")).await.start(), format!("GET {path} HTTP/1.1"));
    for length in [100_000, 1 << 20] {
        let outcome = attack(format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "x".repeat(length))).await;
        assert_eq!(outcome.status(), 414, "{length}");
        assert!(outcome.seen.is_empty());
    }
    let lab = Recorder::start().await;
    assert_eq!(lab.viaduct.get("/").await.status(), 200);
}
