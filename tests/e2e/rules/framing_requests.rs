//! Section 1: message framing of requests (F1 to F18).

use super::lab::{Recorder, SMUGGLED, attack, echoed, refused};
use crate::support::{Origin, Viaduct, patiently};

fn post(rest: &str) -> String {
    format!("POST /x HTTP/1.1\r\nhost: a\r\n{rest}")
}

#[tokio::test]
async fn f01_of_two_framings_none_runs_or_the_coding_decides_and_the_connection_ends() {
    let te = "transfer-encoding: chunked\r\n";
    for length in [0, 5, 6, 60] {
        for fields in [format!("content-length: {length}\r\n{te}"), format!("{te}content-length: {length}\r\n")] {
            for body in ["0\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n"] {
                let outcome = attack(post(&format!("{fields}\r\n{body}{SMUGGLED}"))).await;
                assert_eq!(outcome.answers(), 1, "{fields:?}: {outcome:?}");
                for request in outcome.seen {
                    assert!(request.all("content-length").len() + request.all("transfer-encoding").len() == 1);
                }
            }
        }
    }
}

#[tokio::test]
async fn f01_a_second_framing_that_is_garbage_is_no_way_round() {
    for fields in [
        "transfer-encoding: chunked\r\ncontent-length: x\r\n",
        "content-length: 5\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length : 5\r\n",
    ] {
        let outcome = attack(post(&format!("{fields}\r\n0\r\n\r\n{SMUGGLED}"))).await;
        assert_eq!(outcome.answers(), 1, "{fields:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn f02_a_length_is_digits_and_nothing_else() {
    for length in
        ["+5", "-5", "0x5", "5abc", "1_0", "5 5", "", " ", "5.0", "5e0", "\"5\"", "5;q", ",5", "5,", "٥", "\u{b}5"]
    {
        refused(post(&format!("content-length: {length}\r\n\r\nhello{SMUGGLED}"))).await;
    }
}

#[tokio::test]
async fn f03_two_lengths_that_differ_are_refused() {
    for fields in [
        "content-length: 5\r\ncontent-length: 0",
        "content-length: 0\r\ncontent-length: 5",
        "content-length: 5, 6",
        "content-length: 5\r\ncontent-length: 6",
        "content-length:\r\ncontent-length: 5",
        "content-length: 5\r\ncontent-length:",
        "content-length: 5\r\nContent-Length: +5",
    ] {
        refused(post(&format!("{fields}\r\n\r\nhello{SMUGGLED}"))).await;
    }
}

#[tokio::test]
async fn f04_a_length_said_twice_is_one_or_refused() {
    for fields in [
        "content-length: 5\r\ncontent-length: 5",
        "content-length: 5, 5",
        "content-length: 5\r\nx: y\r\nContent-Length: 5",
    ] {
        let outcome = attack(post(&format!("connection: close\r\n{fields}\r\n\r\nhello"))).await;
        assert!(matches!(outcome.status(), 200 | 400), "{outcome:?}");
        for request in outcome.seen {
            assert_eq!((request.all("content-length"), request.body.as_slice()), (vec!["5"], &b"hello"[..]));
        }
    }
}

#[tokio::test]
async fn f05_lengths_beyond_64_bits_are_refused() {
    for length in ["18446744073709551621", "99999999999999999999999", "18446744073709551615", "18446744073709551614"] {
        refused(post(&format!("content-length: {length}\r\n\r\nhello{SMUGGLED}"))).await;
    }
    for size in ["10000000000000005", "FFFFFFFFFFFFFFFFF", "100000000000000000000000000000005"] {
        refused(post(&format!("transfer-encoding: chunked\r\n\r\n{size}\r\nhello\r\n0\r\n\r\n{SMUGGLED}"))).await;
    }
}

#[tokio::test]
async fn f06_the_only_coding_is_one_chunked() {
    for coding in [
        "gzip",
        "chunked, gzip",
        "gzip, chunked",
        "chunked, chunked",
        "chunked\r\ntransfer-encoding: chunked",
        "chunked\r\ntransfer-encoding: identity",
        "identity\r\ntransfer-encoding: chunked",
        "identity",
        "xchunked",
        "chunkedx",
        "\"chunked\"",
        "\u{b}chunked",
        "chunked;a=b",
        "chunked;",
        "chunk",
        "",
        "chunked\u{b}",
        "\u{c}chunked",
        "'chunked'",
        "cow\r\ntransfer-encoding: chunked",
    ] {
        refused(post(&format!("transfer-encoding: {coding}\r\n\r\n5\r\nhello\r\n0\r\n\r\n{SMUGGLED}"))).await;
    }
    for bytes in [&b"\xa0chunked"[..], b"chunked\xa0", b"\x00chunked", b"chunked\x00", b"\xffchunked", b"chunked\x01"] {
        let mut request = post("transfer-encoding: ").into_bytes();
        request.extend_from_slice(bytes);
        request.extend_from_slice(format!("\r\n\r\n5\r\nhello\r\n0\r\n\r\n{SMUGGLED}").as_bytes());
        refused(request).await;
    }
    for coding in ["chunked", "Chunked", "CHUNKED", "\tchunked ", " chunked\t "] {
        let seen = echoed(post(&format!("transfer-encoding:{coding}\r\n\r\n5\r\nhello\r\n0\r\n\r\n"))).await;
        assert_eq!((seen.all("transfer-encoding"), seen.body.as_slice()), (vec!["chunked"], &b"hello"[..]));
    }
}

#[tokio::test]
async fn f06_a_name_that_only_looks_like_the_coding_frames_nothing() {
    for field in [
        "Transfer_Encoding: chunked",
        "x-transfer-encoding: chunked",
        "transfer-encodin: chunked",
        "Transfer-Encoding\u{2010}: chunked",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding\t: chunked",
        "\u{b}Transfer-Encoding: chunked",
        "X:\n Transfer-Encoding: chunked",
    ] {
        let outcome = attack(post(&format!("connection: close\r\ncontent-length: 5\r\n{field}\r\n\r\nhello"))).await;
        for request in outcome.seen {
            assert_eq!(
                (request.all("transfer-encoding"), request.body.as_slice()),
                (vec![], &b"hello"[..]),
                "{field:?}"
            );
        }
    }
}

#[tokio::test]
async fn f07_an_empty_element_is_never_relayed() {
    for coding in [",chunked", "chunked,", ", chunked", "chunked,,", ",,chunked"] {
        let outcome =
            attack(post(&format!("connection: close\r\ntransfer-encoding: {coding}\r\n\r\n5\r\nhello\r\n0\r\n\r\n")))
                .await;
        for request in outcome.seen {
            assert_eq!(request.all("transfer-encoding"), ["chunked"]);
        }
    }
}

#[tokio::test]
async fn f08_a_coding_in_http_1_0_is_refused() {
    for connection in ["", "connection: keep-alive\r\n"] {
        refused(format!(
            "POST / HTTP/1.0\r\nhost: a\r\n{connection}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n{SMUGGLED}"
        ))
        .await;
    }
}

fn chunked(body: &str) -> String {
    post(&format!("transfer-encoding: chunked\r\n\r\n{body}"))
}

#[tokio::test]
async fn f09_a_chunk_size_is_hex_digits_and_nothing_else() {
    for size in [
        "0x5", "+5", "-5", "1_0", "", " 5", "5 x", "5x", "5\u{b}", "5\u{c}", "\t5", "5,5", "5.", "g", "x5", "\"5\"",
        "5 5", ";a", "5=a",
    ] {
        let outcome = attack(chunked(&format!("{size}\r\nhello\r\n0\r\n\r\n{SMUGGLED}"))).await;
        assert!(!outcome.seen.iter().any(|request| request.is_whole), "{size:?}: {outcome:?}");
        assert!(matches!(outcome.status(), 0 | 400..=505), "{size:?}: {outcome:?}");
        assert!(outcome.answers() <= 1);
    }
    assert_eq!(refused(chunked(&format!("0x5\r\nhello\r\n0\r\n\r\n{SMUGGLED}"))).await, 400);
}

#[tokio::test]
async fn f09_the_answer_says_that_the_connection_closes() {
    let outcome = attack(chunked(&format!("5\r\nhello\r\nx\r\n{SMUGGLED}"))).await;
    let answer = outcome.text.to_ascii_lowercase();
    assert!(answer.starts_with("http/1.1 400 ") && answer.contains("\r\nconnection: close\r\n"), "{answer}");
    assert!(answer.contains("the framing of its body"), "{answer}");
}

#[tokio::test]
async fn f09_good_sizes_pass() {
    for size in ["5", "05", "00000000005", "5 ", "5\t"] {
        let outcome = attack(post(&format!(
            "connection: close\r\ntransfer-encoding: chunked\r\n\r\n{size}\r\nhello\r\n0\r\n\r\n"
        )))
        .await;
        // Whitespace behind the size may be refused.
        if size.trim() == size {
            assert_eq!(outcome.status(), 200, "{size:?}");
        }
        for request in outcome.seen {
            assert_eq!(request.body, b"hello");
        }
    }
}

#[tokio::test]
async fn f10_chunk_data_ends_in_crlf() {
    for body in [
        "5\r\nhello!\r\n0\r\n\r\n",
        "5\r\nhelloXX0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello\r0\r\n\r\n",
        "5\r\nhell\r\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhello\r\r\n0\r\n\r\n",
        "5\r\nhello \r\n0\r\n\r\n",
    ] {
        refused(chunked(&format!("{body}{SMUGGLED}"))).await;
    }
}

#[tokio::test]
async fn f11_a_bare_lf_or_cr_in_chunk_lines_is_an_error() {
    for body in [
        "5;a\nXX\r\nhello\r\n0\r\n\r\n",
        "5;a\rXX\r\nhello\r\n0\r\n\r\n",
        "5\r\r;a\r\nhello\r\n0\r\n\r\n",
        "5\nhello\n0\n\n",
        "5\nhello\r\n0\r\n\r\n",
        "5\rhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\n\r\n",
        "5\r\nhello\r\n0\r\r\n",
        "5;\n\r\nhello\r\n0\r\n\r\n",
        "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n",
    ] {
        let outcome = attack(chunked(&format!("{body}{SMUGGLED}"))).await;
        assert!(!outcome.seen.iter().any(|request| request.is_whole), "{body:?}: {outcome:?}");
        assert!(outcome.answers() <= 1, "{body:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn f12_extensions_are_dropped_and_capped() {
    let seen = echoed(chunked("5;a=b;c=\"d;e\"\r\nhello\r\n0;last=\"1\"\r\n\r\n")).await;
    assert_eq!(seen.body, b"hello");
    let lab = Recorder::start().await;
    let mut client = lab.viaduct.client().await;
    client.send(chunked("")).await;
    let line = format!("1;{}\r\nx\r\n", "e".repeat(8000));
    for _ in 0..300 {
        if !client.try_send(&line).await {
            break;
        }
    }
    client.try_send("0\r\n\r\n").await;
    let text = String::from_utf8_lossy(&client.rest().await).into_owned();
    assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{text}");
    assert_eq!(lab.whole(), 0);
}

#[tokio::test]
async fn f13_an_upload_that_stops_is_aborted_and_its_connection_not_used_again() {
    for framing in [
        "content-length: 10\r\n\r\nhello",
        "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "transfer-encoding: chunked\r\n\r\n5\r\nhel",
        "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        "transfer-encoding: chunked\r\n\r\n",
        "content-length: 10\r\n\r\n",
    ] {
        for by_reset in [false, true] {
            let lab = Recorder::start().await;
            let mut client = lab.viaduct.client().await;
            client.send(post(framing)).await;
            lab.viaduct.metric_reaches("viaduct_downstream_connections_total", 1.0).await;
            if by_reset {
                // Let it arrive first: a reset throws away what was not read yet.
                while lab.origin.accepted() == 0 {
                    tokio::task::yield_now().await;
                }
                client.reset();
            } else {
                client.finish().await;
                client.rest().await;
            }
            assert_eq!(lab.viaduct.get("/next").await.status(), 200);
            assert_eq!(lab.whole(), 1, "{framing:?}: {:?}", lab.seen());
            assert_eq!(lab.origin.accepted(), 2, "{framing:?}");
        }
    }
}

#[tokio::test]
async fn f14_a_body_behind_any_method_is_never_the_next_request() {
    for method in ["GET", "HEAD", "DELETE", "OPTIONS", "FROB"] {
        let hidden = SMUGGLED.len();
        for body in [
            format!("content-length: {hidden}\r\n\r\n{SMUGGLED}"),
            format!("transfer-encoding: chunked\r\n\r\n{hidden:x}\r\n{SMUGGLED}\r\n0\r\n\r\n"),
        ] {
            let lab = Recorder::answering(|_| b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()).await;
            let mut client = lab.viaduct.client().await;
            client.send(format!("{method} /x HTTP/1.1\r\nhost: a\r\n{body}")).await;
            client.send("GET /next HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
            assert_eq!(client.head().await.status(), 204, "{method} {body:?}");
            assert_eq!(client.head().await.status(), 204, "{method} {body:?}");
            let seen = lab.seen();
            assert_eq!(seen.len(), 2, "{seen:?}");
            assert_eq!(seen[0].body, SMUGGLED.as_bytes());
            assert_eq!(seen[1].start(), "GET /next HTTP/1.1");
        }
    }
}

#[tokio::test]
async fn f15_a_request_without_framing_gains_none() {
    for method in ["GET", "HEAD", "DELETE", "OPTIONS", "POST", "PUT", "PATCH"] {
        let lab = Recorder::answering(|_| b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()).await;
        let mut client = lab.viaduct.client().await;
        client.send(format!("{method} / HTTP/1.1\r\nhost: a\r\n\r\n")).await;
        assert_eq!(client.head().await.status(), 204);
        let seen = lab.seen().pop().unwrap();
        assert_eq!(seen.field("transfer-encoding"), None, "{method}");
        assert!(seen.field("content-length").is_none_or(|length| length == "0"), "{method}");
    }
}

#[tokio::test]
async fn f16_a_known_length_stays_known_both_ways() {
    let lab = Recorder::answering(|_| crate::support::ok(&vec![b'y'; 70_000])).await;
    let mut client = lab.viaduct.client().await;
    client.send(post("content-length: 50000\r\n\r\n")).await;
    client.send(vec![b'x'; 50_000]).await;
    let response = client.response().await;
    assert_eq!((response.all("content-length"), response.all("transfer-encoding")), (vec!["70000"], vec![]));
    let seen = lab.seen().pop().unwrap();
    assert_eq!((seen.all("content-length"), seen.all("transfer-encoding")), (vec!["50000"], vec![]));
    // An empty body said to be empty stays said.
    assert_eq!(echoed(post("content-length: 0\r\n\r\n")).await.all("content-length"), ["0"]);
}

#[tokio::test]
async fn f17_connection_cannot_name_the_framing_away() {
    let length = SMUGGLED.len();
    for fields in [
        format!("connection: content-length\r\ncontent-length: {length}\r\n\r\n{SMUGGLED}"),
        format!(
            "connection: Transfer-Encoding\r\ntransfer-encoding: chunked\r\n\r\n{length:x}\r\n{SMUGGLED}\r\n0\r\n\r\n"
        ),
        format!("connection: close, content-length, transfer-encoding\r\ncontent-length: {length}\r\n\r\n{SMUGGLED}"),
    ] {
        let seen = echoed(post(&fields)).await;
        assert_eq!(seen.body, SMUGGLED.as_bytes(), "{fields:?}");
    }
}

#[tokio::test]
async fn f18_behind_an_error_nothing_is_parsed() {
    let good = "GET /good HTTP/1.1\r\nhost: a\r\n\r\n";
    for bad in [
        "garbage\r\n\r\n",
        "GET / HTTP/1.1\r\nbad name: x\r\nhost: a\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "\x16\x03\x01\r\n\r\n",
    ] {
        let outcome = attack(format!("{good}{bad}{SMUGGLED}")).await;
        assert_eq!((outcome.status(), outcome.answers()), (200, 2), "{bad:?}: {outcome:?}");
        assert!(outcome.text.contains("HTTP/1.1 400"), "{bad:?}: {outcome:?}");
        assert_eq!(outcome.seen.len(), 1);
    }
    refused(chunked(&format!("zz\r\n{SMUGGLED}"))).await;
}

#[tokio::test]
async fn f18_a_bad_chunk_in_the_middle_of_a_running_upload_ends_both_connections() {
    let (ended, mut told) = tokio::sync::mpsc::channel(1);
    let origin = Origin::start(move |mut peer, _| {
        let ended = ended.clone();
        async move {
            peer.until(b"hello").await;
            let rest = peer.rest().await;
            ended.send(rest).await.unwrap();
        }
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.send(chunked("5\r\nhello\r\n")).await;
    patiently(async {
        while origin.accepted() == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    client.send(format!("xx\r\n{SMUGGLED}")).await;
    let text = String::from_utf8(client.rest().await).unwrap();
    assert!(text.is_empty() || text.starts_with("HTTP/1.1 400"), "{text}");
    let rest = patiently(told.recv()).await.unwrap();
    assert!(!rest.windows(5).any(|window| window == b"0\r\n\r\n"), "{rest:?}");
}
