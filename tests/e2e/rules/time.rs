//! Section 11: time, limits, cancellation, drain (L1 to L8). L2, L6 and L7 are also in `timeouts` and `shutdown`.

use std::time::Duration;

use tokio::sync::mpsc;
use viaduct::config::Overrides;

use super::lab::{Recorder, attack, refused};
use crate::support::{Origin, Viaduct, patiently};

fn short_heads(origin: &Origin) -> Viaduct {
    let file = format!(
        "[[upstream]]\nkind = 'http'\nendpoints = ['http://{}']\n[downstream]\nhead = '300ms'\nidle = '10s'\n",
        origin.address
    );
    Viaduct::with_file(&file, Overrides::default())
}

#[tokio::test]
async fn l01_a_head_that_trickles_is_408_and_never_reaches_the_origin() {
    let origin = Origin::echo().await;
    let viaduct = short_heads(&origin);
    let mut client = viaduct.client().await;
    let trickle = "GET / HTTP/1.1\r\nhost: a\r\nx: y";
    for byte in trickle.as_bytes() {
        if !client.try_send([*byte]).await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let text = String::from_utf8(client.rest().await).unwrap();
    assert!(text.starts_with("HTTP/1.1 408 "), "{text}");
    assert!(text.contains("x-viaduct-error: timeout-head") && text.contains("connection: close"), "{text}");
    assert_eq!(origin.accepted(), 0);
}

#[tokio::test]
async fn l01_also_for_the_second_request() {
    let origin = Origin::echo().await;
    let viaduct = short_heads(&origin);
    for first in ["GET / HTTP/1.1\r\nhost: a\r\n\r\n", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi"] {
        let mut client = viaduct.client().await;
        // Half of the second head comes with the first request.
        client.send(format!("{first}GET /second HTTP/1.1\r\nho")).await;
        assert_eq!(client.response().await.status(), 200);
        let text = String::from_utf8(client.rest().await).unwrap();
        assert!(text.starts_with("HTTP/1.1 408 "), "{first:?}: {text}");
    }
    assert_eq!(origin.accepted(), 1);
}

#[tokio::test]
async fn l03_oversized_heads_are_refused() {
    let field = format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "y".repeat(1 << 20));
    assert_eq!(refused(field).await, 431);
    let many: String = (0..5000).map(|n| format!("x-{n}: y\r\n")).collect();
    assert_eq!(refused(format!("GET / HTTP/1.1\r\nhost: a\r\n{many}\r\n")).await, 431);
    let endless = format!("GET / HTTP/1.1\r\n{}", "x".repeat(2 << 20));
    assert_eq!(refused(endless).await, 431);
}

#[tokio::test]
async fn l03_the_limits_of_a_head_are_settings() {
    let origin = Origin::echo().await;
    let file = format!(
        "[[upstream]]\nkind = 'http'\nendpoints = ['http://{}']\n[downstream]\nmax_head = '4KiB'\nmax_fields = 20\n",
        origin.address
    );
    let viaduct = Viaduct::with_file(&file, Overrides::default());
    let of_bytes = |bytes: usize| {
        let empty = "GET / HTTP/1.1\r\nhost: a\r\nx: \r\n\r\n".len();
        format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "y".repeat(bytes - empty))
    };
    let of_fields = |fields: usize| {
        let more: String = (1..fields).map(|n| format!("x-{n}: y\r\n")).collect();
        format!("GET / HTTP/1.1\r\nhost: a\r\n{more}\r\n")
    };
    let (bytes, fields) =
        ("the request's head has more than 4096 bytes\n", "the request's head has more than 20 fields\n");
    for (head, said) in [
        (of_bytes(4096), None),
        (of_bytes(4097), Some(bytes)),
        (of_fields(20), None),
        (of_fields(21), Some(fields)),
        // Not ordinary, so read line by line.
        (of_fields(20).replace("x-1: ", "x-1:"), None),
        (of_fields(21).replace("x-1: ", "x-1:"), Some(fields)),
        (of_bytes(4097).replace("x: ", "x:"), None),
        (of_bytes(4098).replace("x: ", "x:"), Some(bytes)),
    ] {
        for cut in [head.len(), 10] {
            let mut client = viaduct.client().await;
            client.send(&head[..cut]).await;
            client.try_send(&head[cut..]).await;
            let answer = client.response().await;
            match said {
                None => assert_eq!(answer.status(), 200, "{}", answer.text()),
                Some(said) => assert_eq!((answer.status(), answer.text()), (431, said)),
            }
        }
    }
    // Where the line alone is too long, it is the target that has to be shorter.
    let mut client = viaduct.client().await;
    client.try_send(format!("GET /{}", "x".repeat(4092))).await;
    assert_eq!(client.response().await.status(), 414);
}

#[tokio::test]
async fn l03_heads_of_many_kilobytes_pass() {
    let big = "y".repeat(32 * 1024);
    let seen = super::lab::echoed(format!("GET / HTTP/1.1\r\nhost: a\r\nx: {big}\r\n\r\n")).await;
    assert_eq!(seen.field("x").map(str::len), Some(big.len()));
}

#[tokio::test]
async fn l04_slow_clients_do_not_delay_others() {
    let lab = Recorder::start().await;
    let mut slow = Vec::new();
    for _ in 0..200 {
        let mut client = lab.viaduct.client().await;
        client.send("GET / HTTP/1.1\r\nhost").await;
        slow.push(client);
    }
    let begun = tokio::time::Instant::now();
    for _ in 0..20 {
        assert_eq!(lab.viaduct.get("/").await.status(), 200);
    }
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

/// A client sends `request`, and when the origin has said `begin` it leaves; the origin must see that within 2 s.
async fn leaves(begin: &'static str, request: &str, by_reset: bool) {
    let (report, mut reports) = mpsc::channel(4);
    let origin = Origin::start(move |mut peer, _| {
        let report = report.clone();
        async move {
            let request = peer.try_request().await;
            let is_whole = request.is_some_and(|request| request.is_whole);
            report.send("request").await.unwrap();
            peer.send(begin).await;
            let _ = peer.rest().await;
            report.send(if is_whole { "closed" } else { "broken" }).await.unwrap();
        }
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.send(request).await;
    assert_eq!(patiently(reports.recv()).await, Some("request"));
    if !begin.is_empty() {
        client.until(b"\r\n\r\n").await;
    }
    let left = tokio::time::Instant::now();
    if by_reset {
        client.reset();
    } else {
        drop(client);
    }
    assert_eq!(patiently(reports.recv()).await, Some("closed"), "{request:?}");
    assert!(left.elapsed() < Duration::from_secs(2), "{request:?} {by_reset}: {:?}", left.elapsed());
}

const STREAM: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n";

#[tokio::test]
async fn l05_a_client_that_is_gone_takes_the_origins_connection_with_it() {
    for by_reset in [false, true] {
        for begin in ["", STREAM] {
            leaves(begin, "GET / HTTP/1.1\r\nhost: a\r\n\r\n", by_reset).await;
            leaves(begin, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi", by_reset).await;
            leaves(
                begin,
                "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
                by_reset,
            )
            .await;
        }
    }
}

#[tokio::test]
async fn l05_also_behind_pipelined_bytes() {
    let next = "GET /2 HTTP/1.1\r\nhost: a\r\n\r\n";
    for by_reset in [false, true] {
        for begin in ["", STREAM] {
            leaves(begin, &format!("GET / HTTP/1.1\r\nhost: a\r\n\r\n{next}"), by_reset).await;
            leaves(begin, &format!("GET / HTTP/1.1\r\nhost: a\r\n\r\n{}", next.repeat(300)), by_reset).await;
            // More than is held of it.
            leaves(begin, &format!("GET / HTTP/1.1\r\nhost: a\r\n\r\n{}", next.repeat(4_000)), by_reset).await;
            leaves(begin, &format!("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi{next}"), by_reset).await;
            leaves(
                begin,
                &format!("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n{next}"),
                by_reset,
            )
            .await;
        }
    }
}

#[tokio::test]
async fn l05_also_while_the_client_does_not_read() {
    let (report, mut reports) = mpsc::channel(4);
    let origin = Origin::start(move |mut peer, _| {
        let report = report.clone();
        async move {
            let _ = peer.try_request().await;
            peer.send("HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n").await;
            report.send(()).await.unwrap();
            while peer.try_send(vec![b'x'; 1 << 20]).await {}
            report.send(()).await.unwrap();
        }
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.get("/").await;
    patiently(reports.recv()).await.unwrap();
    client.until(b"\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    drop(client);
    let left = tokio::time::Instant::now();
    patiently(reports.recv()).await.unwrap();
    assert!(left.elapsed() < Duration::from_secs(2), "{:?}", left.elapsed());
}

#[tokio::test]
async fn l06_an_origin_that_is_gone_is_told_at_once() {
    for by_reset in [false, true] {
        for begin in ["", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello"] {
            let origin = Origin::start(move |mut peer, _| async move {
                let _ = peer.try_request().await;
                peer.send(begin).await;
                tokio::time::sleep(Duration::from_millis(50)).await;
                if by_reset {
                    peer.reset();
                }
            })
            .await;
            let viaduct = Viaduct::to(&[origin.address]);
            let mut client = viaduct.client().await;
            let begun = tokio::time::Instant::now();
            client.get("/").await;
            let response = client.response().await;
            assert!(begun.elapsed() < Duration::from_secs(2));
            if begin.is_empty() {
                assert_eq!(response.status(), 502);
            } else {
                assert!(!response.is_whole);
            }
        }
    }
}

#[tokio::test]
async fn l07_the_last_answer_of_a_drain_says_close() {
    let (go, told) = mpsc::channel::<()>(1);
    let mut told = Some(told);
    let origin = Origin::start(move |mut peer, _| {
        let told = told.take();
        async move {
            let _ = peer.request().await;
            told.unwrap().recv().await;
            peer.send(crate::support::ok(b"last")).await;
            let _ = peer.rest().await;
        }
    })
    .await;
    let mut viaduct = Viaduct::to(&[origin.address]);
    let (mut client, mut idle) = (viaduct.client().await, viaduct.client().await);
    client.get("/").await;
    viaduct.metric_reaches("viaduct_requests_in_flight{route=\"plain\",upstream=\"to\"}", 1.0).await;
    viaduct.begin_stop();
    // The drain has come round to its connections.
    assert!(idle.is_closed().await);
    go.send(()).await.unwrap();
    let response = client.response().await;
    assert_eq!((response.text(), response.field("connection")), ("last", Some("close")));
    assert!(client.is_closed().await);
    // Or else it would be waited for, until it has been quiet for long enough.
    drop(client);
    assert!(viaduct.stopped().await);
}

#[tokio::test]
async fn l08_no_mutation_of_good_requests_kills_it() {
    let lab = Recorder::start().await;
    let good = b"POST /x?y HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\nexpect: 100-continue\r\n\r\n5;e=1\r\nhello\r\n0\r\nt: u\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n";
    // A fixed seed: the same bytes on every machine.
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap()
    };
    for _ in 0..300 {
        let mut bytes = good.to_vec();
        for _ in 0..=random(4) {
            if bytes.is_empty() {
                break;
            }
            let at = random(bytes.len());
            match random(4) {
                0 => bytes[at] = u8::try_from(random(256)).unwrap(),
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, b"\r\n\0:; #\t"[random(8)]),
                _ => bytes.truncate(at.max(1)),
            }
        }
        let mut client = lab.viaduct.client().await;
        client.try_send(&bytes).await;
        client.finish().await;
        client.rest().await;
    }
    assert_eq!(lab.viaduct.get("/").await.status(), 200);
    assert_eq!(attack("x\r\n\r\n").await.status(), 400);
}
