//! Section 5: responses from the origin, as the client gets them (R1 to R15).

use viaduct::config::Overrides;

use super::lab::{Recorder, answered};
use crate::support::{Message, Origin, Peer, Viaduct, nobody, ok, patiently, serve};

#[tokio::test]
async fn r01_an_invalid_length_is_502() {
    for length in ["-1", "x", "5, 6", "18446744073709551621", "+5", "5 5", "", "0x5"] {
        let response = answered(format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\nhello")).await;
        assert_eq!(response.status(), 502, "{length:?}");
    }
    assert_eq!(answered("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!").await.status(), 502);
    // It frames nothing there, and would mislead whoever believes it.
    assert_eq!(answered("HTTP/1.1 304 Not Modified\r\ncontent-length: -5\r\n\r\n").await.status(), 502);
}

#[tokio::test]
async fn r01_equal_lengths_go_on_as_one_number() {
    for lengths in ["content-length: 5\r\ncontent-length: 5", "content-length: 5, 5", "content-length: 05"] {
        let response = answered(format!("HTTP/1.1 200 OK\r\n{lengths}\r\n\r\nhello")).await;
        assert_eq!((response.all("content-length"), response.text()), (vec!["5"], "hello"), "{lengths}");
    }
}

#[tokio::test]
async fn r02_of_two_framings_the_coding_decides() {
    for (before, after) in [
        ("content-length: 1\r\n", ""),
        ("", "content-length: 1\r\n"),
        ("content-length: 900\r\n", ""),
        ("", "content-length: 900\r\n"),
    ] {
        let answer =
            format!("HTTP/1.1 200 OK\r\n{before}transfer-encoding: chunked\r\n{after}\r\n5\r\nhello\r\n0\r\n\r\n");
        let response = answered(answer).await;
        if response.status() != 502 {
            assert_eq!((response.body.as_slice(), response.is_whole), (&b"hello"[..], true));
            assert_eq!(response.field("content-length"), None);
        }
    }
}

#[tokio::test]
async fn r03_other_codings_are_502() {
    for coding in [
        "gzip",
        "chunked, chunked",
        "gzip, chunked",
        "chunked, gzip",
        "identity",
        "xchunked",
        "chunked\r\ntransfer-encoding: chunked",
    ] {
        let response =
            answered(format!("HTTP/1.1 200 OK\r\ntransfer-encoding: {coding}\r\n\r\n5\r\nhello\r\n0\r\n\r\n")).await;
        assert_eq!(response.status(), 502, "{coding:?}");
    }
    let response = answered("HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n").await;
    assert!(response.status() == 502 || response.body == b"hello");
}

#[tokio::test]
async fn r04_a_bad_head_is_502_with_a_body() {
    for answer in [
        "HTTP/1.1 OK\r\n\r\n",
        "garbage\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 -200 OK\r\n\r\n",
        "",
        "HTTP/1.1 200 OK\r\nx-cut",
        "HTTP/1.1 200 O",
        "<html>hello</html>",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\n\r\n",
        "http/1.1 200 OK\r\n\r\n",
    ] {
        let response = answered(answer).await;
        assert_eq!(response.status(), 502, "{answer:?}");
        assert!(!response.body.is_empty() && response.field("content-type").is_some());
    }
}

#[tokio::test]
async fn r05_bad_lines_are_502_or_cleaned() {
    for field in [
        "x: a\rb",
        "x: a\0b",
        "x y: b",
        "x : b",
        "x: a\r\n b",
        ": b",
        "colonless",
        "x(: b",
        "x\0: b",
        "x: a\u{1}b",
        "content-length : 5",
        " x: y",
    ] {
        let response = answered(format!("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n{field}\r\n\r\nhi")).await;
        assert!(matches!(response.status(), 200 | 502), "{field:?}");
        if response.status() == 200 {
            assert!(!response.head.contains(['\0', '\u{1}']), "{field:?}: {:?}", response.head);
            assert!(!response.head.split("\r\n").any(|line| line.contains('\r') || line.starts_with([' ', ':'])));
            assert!(!response.head.contains(" :"), "{field:?}");
        }
    }
}

#[tokio::test]
async fn r06_bytes_behind_a_bodyless_answer_are_no_answer() {
    let poison = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison";
    for (method, first) in [
        ("HEAD", "HTTP/1.1 200 OK\r\ncontent-length: 51\r\n\r\n"),
        ("GET", "HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", "HTTP/1.1 304 Not Modified\r\ncontent-length: 51\r\n\r\n"),
        ("GET", "HTTP/1.1 204 No Content\r\ncontent-length: 51\r\n\r\n"),
        ("HEAD", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"),
    ] {
        let origin = Origin::start(move |mut peer, number| async move {
            let _ = peer.try_request().await;
            if number == 0 {
                peer.send(format!("{first}{poison}")).await;
                let _ = peer.try_request().await;
            } else {
                peer.send(ok(b"good")).await;
            }
        })
        .await;
        let viaduct = Viaduct::to(&[origin.address]);
        let mut client = viaduct.client().await;
        client.send(format!("{method} / HTTP/1.1\r\nhost: a\r\n\r\n")).await;
        let _ = client.head().await;
        client.get("/").await;
        let response = client.response().await;
        assert_eq!((response.status(), response.text()), (200, "good"), "{method} {first:?}");
    }
}

#[tokio::test]
async fn r07_204_leaves_bare_and_head_and_304_keep_their_length() {
    let get = |method: &'static str, answer: &'static str| async move {
        let lab = Recorder::answering(move |_| answer.as_bytes().to_vec()).await;
        let mut client = lab.viaduct.client().await;
        client.send(format!("{method} / HTTP/1.1\r\nhost: a\r\n\r\n")).await;
        let head = client.head().await;
        (
            head.status(),
            head.field("content-length").map(str::to_owned),
            head.field("transfer-encoding").map(str::to_owned),
        )
    };
    assert_eq!(get("GET", "HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n").await, (204, None, None));
    assert_eq!(get("GET", "HTTP/1.1 304 Not Modified\r\n\r\n").await, (304, None, None));
    assert_eq!(get("HEAD", "HTTP/1.1 200 OK\r\n\r\n").await, (200, None, None));
    assert_eq!(get("HEAD", "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n").await, (200, Some("7".into()), None));
}

#[tokio::test]
async fn r07_a_304_keeps_the_length_that_it_names() {
    let lab =
        Recorder::answering(|_| b"HTTP/1.1 304 Not Modified\r\ncontent-length: 7\r\netag: \"x\"\r\n\r\n".to_vec())
            .await;
    let mut client = lab.viaduct.client().await;
    client.get("/").await;
    let head = client.head().await;
    assert_eq!((head.status(), head.all("content-length")), (304, vec!["7"]));
    client.get("/").await;
    assert_eq!(client.head().await.status(), 304);
}

#[tokio::test]
async fn r08_bytes_on_an_idle_connection_answer_nobody() {
    let origin = Origin::start(|mut peer, number| async move {
        let _ = peer.try_request().await;
        if number % 2 == 0 {
            // In one segment with the answer.
            peer.send([ok(number.to_string().as_bytes()), ok(b"poison")].concat()).await;
        } else {
            peer.send(ok(number.to_string().as_bytes())).await;
            peer.try_send(ok(b"poison")).await;
        }
        let _ = peer.try_request().await;
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    for n in 0..4 {
        client.get("/").await;
        assert_ne!(client.response().await.text(), "poison", "{n}");
    }
}

/// Everything a client gets for a request of this version, and whether it ended in a reset.
async fn raw(version: &str, answer: &'static str, by_reset: bool) -> (String, bool) {
    let origin = Origin::start(move |mut peer, _| async move {
        let _ = peer.try_request().await;
        peer.send(answer).await;
        if by_reset {
            // Let it arrive: a reset overtakes what was not read.
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            peer.reset();
        }
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.send(format!("GET / HTTP/{version}\r\nhost: a\r\nconnection: close\r\n\r\n")).await;
    let (bytes, is_reset) = client.rest_or_reset().await;
    (String::from_utf8(bytes).unwrap(), is_reset)
}

#[tokio::test]
async fn r09_a_message_that_breaks_off_never_ends_clean() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhelloXX",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
    ] {
        for by_reset in [false, true] {
            let (text, _) = raw("1.1", answer, by_reset).await;
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let head = Message { head: head.to_owned(), ..Message::default() };
                let looks_whole = match head.field("content-length") {
                    Some(length) => head.status() != 502 && body.len().to_string() == length,
                    None => body.ends_with("0\r\n\r\n"),
                };
                assert!(!looks_whole, "{answer:?}: {text}");
            }
        }
    }
}

#[tokio::test]
async fn r10_a_close_delimited_body_is_chunked_on_and_cut_by_a_reset() {
    let answer = "HTTP/1.1 200 OK\r\n\r\nhello";
    let (text, _) = raw("1.1", answer, false).await;
    assert!(text.contains("transfer-encoding: chunked") && text.ends_with("\r\n0\r\n\r\n"), "{text}");
    let (text, _) = raw("1.1", answer, true).await;
    assert!(!text.ends_with("0\r\n\r\n"), "{text}");
}

#[tokio::test]
async fn r11_after_the_head_the_only_signal_is_the_cut() {
    let origin = Origin::start(|mut peer, _| async move {
        let _ = peer.try_request().await;
        peer.send("HTTP/1.1 200 OK\r\ncontent-length: 9000000\r\n\r\n").await;
        peer.send(vec![b'x'; 2 << 20]).await;
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.get("/").await;
    let bytes = client.rest().await;
    let body = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    assert!(bytes[body..].iter().all(|&b| b == b'x') && bytes.len() - body == 2 << 20);
    assert_eq!(origin.accepted(), 1);
}

#[tokio::test]
async fn r12_a_switch_nobody_asked_for_is_502() {
    let response =
        answered("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nraw").await;
    assert_eq!(response.status(), 502);
}

#[tokio::test]
async fn r13_heads_of_answers_are_limited() {
    let big = format!("HTTP/1.1 200 OK\r\nx: {}\r\ncontent-length: 0\r\n\r\n", "y".repeat(1 << 20));
    assert_eq!(answered(big).await.status(), 502);
    let many: String = (0..5000).map(|n| format!("x-{n}: y\r\n")).collect();
    assert_eq!(answered(format!("HTTP/1.1 200 OK\r\n{many}content-length: 0\r\n\r\n")).await.status(), 502);
}

#[tokio::test]
async fn r13_hints_without_end_are_no_answer() {
    for hint in ["HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"] {
        let (gone, mut told) = tokio::sync::mpsc::channel(1);
        let origin = Origin::start(move |mut peer, _| {
            let gone = gone.clone();
            async move {
                let _ = peer.try_request().await;
                while peer.try_send(hint.repeat(50)).await {
                    tokio::task::yield_now().await;
                }
                let _ = gone.send(()).await;
            }
        })
        .await;
        let viaduct = Viaduct::to(&[origin.address]);
        let mut client = viaduct.client().await;
        client.get("/").await;
        let mut head = client.head().await;
        while head.status() < 200 {
            head = client.head().await;
        }
        assert_eq!(head.status(), 502);
        patiently(told.recv()).await.unwrap();
    }
}

#[tokio::test]
async fn r14_errors_have_a_body_a_type_and_a_mark() {
    let silent = Origin::start(|mut peer, _| async move { drop(peer.rest().await) }).await;
    let file = format!(
        "[[upstream]]\nkind = 'http'\nendpoints = ['http://{}']\n[upstream.deadlines.plain]\nfirst_byte = '100ms'\n",
        silent.address
    );
    let late = Viaduct::with_file(&file, Overrides::default()).get("/").await;
    let gone = Viaduct::to(&[nobody().await]).get("/").await;
    let broken = answered("junk\r\n\r\n").await;
    for (response, status) in [(late, 504), (gone, 502), (broken, 502)] {
        assert_eq!(response.status(), status, "{}", response.head);
        assert!(response.field("content-type").is_some() && response.field("x-viaduct-error").is_some());
        assert!(!response.body.is_empty() && response.body.len() < 1000 && response.is_whole);
    }
}

#[tokio::test]
async fn r15_a_1_0_client_gets_no_coding_and_a_closed_connection() {
    for answer in [
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nhello",
    ] {
        let (text, is_reset) = raw("1.0", answer, false).await;
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.") && head.contains(" 200 "), "{head}");
        assert!(!head.contains("transfer-encoding") && !head.contains("keep-alive"), "{head}");
        assert!(head.contains("connection: close"), "{head}");
        assert_eq!((body, is_reset), ("hello", false), "{head}");
    }
}

#[tokio::test]
async fn r15_a_1_0_client_without_host_is_served() {
    let lab = Recorder::start().await;
    let mut client = lab.viaduct.client().await;
    client.send("GET /x HTTP/1.0\r\n\r\n").await;
    assert_eq!(client.response().await.status(), 200);
    let seen = lab.seen().pop().unwrap();
    assert_eq!((seen.start(), seen.all("host").len()), ("GET /x HTTP/1.1", 1));
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn r15_keep_alive_is_kept_where_it_was_agreed_and_the_length_is_known() {
    let lab = Recorder::start().await;
    let mut client = lab.viaduct.client().await;
    for _ in 0..2 {
        client.send("GET /x HTTP/1.0\r\nhost: a\r\nconnection: keep-alive\r\n\r\n").await;
        let response = client.response().await;
        assert_eq!(response.all("connection"), ["keep-alive"], "{}", response.head);
        assert_eq!(response.text(), "reached");
    }
    let lab = Recorder::answering(|_| {
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n".to_vec()
    })
    .await;
    let mut client = lab.viaduct.client().await;
    client.send("GET /x HTTP/1.0\r\nhost: a\r\nconnection: keep-alive\r\n\r\n").await;
    let response = client.response().await;
    assert_eq!((response.all("connection"), response.text()), (vec!["close"], "hello"), "{}", response.head);
}

#[tokio::test]
async fn r15_an_aborted_body_to_a_1_0_client_ends_in_a_reset() {
    for answer in
        ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", "HTTP/1.1 200 OK\r\n\r\nhello"]
    {
        for by_reset in [false, true] {
            if answer.contains("chunked") || by_reset {
                let (text, is_reset) = raw("1.0", answer, by_reset).await;
                assert!(is_reset, "{answer:?}: {text}");
            }
        }
    }
}

/// An origin of half an answer whose length nobody knows, and then nothing.
async fn half() -> Origin {
    Origin::start(|mut peer, _| async move {
        let _ = peer.request().await;
        peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n").await;
        let _ = peer.rest().await;
    })
    .await
}

#[tokio::test]
async fn r15_a_1_0_client_that_has_ended_its_side_cannot_take_half_for_all() {
    let origin = half().await;
    let mut client = Viaduct::to(&[origin.address]).client().await;
    client.send("GET / HTTP/1.0\r\nhost: a\r\n\r\n").await;
    client.until(b"hello").await;
    client.finish().await;
    assert!(client.rest_or_reset().await.1);
}

#[tokio::test]
async fn r15_a_1_0_client_that_took_nothing_in_time_cannot_take_half_for_all() {
    let origin = Origin::start(|mut peer, _| async move {
        let _ = peer.request().await;
        peer.send("HTTP/1.1 200 OK\r\n\r\n").await;
        while peer.try_send(vec![b'x'; 64 * 1024]).await {}
    })
    .await;
    let file = format!(
        "[[upstream]]\nkind = 'http'\nendpoints = ['http://{}']\n[downstream]\nwrite = '200ms'\n",
        origin.address
    );
    let viaduct = Viaduct::with_file(&file, Overrides::default());
    let mut client = viaduct.client().await;
    client.send("GET / HTTP/1.0\r\nhost: a\r\n\r\n").await;
    viaduct.metric_reaches("viaduct_expired_phases_total{route=\"none\",upstream=\"none\",phase=\"write\"}", 1.0).await;
    assert!(client.rest_or_reset().await.1);
}

#[tokio::test]
async fn r15_a_1_0_client_cannot_take_half_for_all_when_the_process_ends() {
    let origin = half().await;
    for signal in ["-TERM", "-KILL"] {
        let (mut child, address) = serve(&["--to", &format!("http://{}", origin.address), "--drain", "100ms"]).await;
        let mut client = Peer::connect(address).await;
        client.send("GET / HTTP/1.0\r\nhost: a\r\n\r\n").await;
        client.until(b"hello").await;
        let pid = child.id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args([signal, &pid]).status().unwrap().success());
        assert!(client.rest_or_reset().await.1, "{signal}");
        patiently(child.wait()).await.unwrap();
    }
}
