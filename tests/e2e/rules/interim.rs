//! Section 6: interim responses, Expect, trailers (I1 to I9).

use std::time::Duration;

use tokio::sync::mpsc;

use super::lab::{Recorder, SMUGGLED};
use crate::support::{Origin, Viaduct, ok};

const EXPECTING: &str = "POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n";

#[tokio::test]
async fn i01_any_number_of_interim_responses_comes_before_the_final_one() {
    for interim in [
        "HTTP/1.1 100 Continue\r\ncontent-length: 40\r\n\r\n",
        "HTTP/1.1 102 Processing\r\n\r\n",
        "HTTP/1.1 199 Odd\r\nx: y\r\n\r\n",
    ] {
        let lab = Recorder::answering(move |_| {
            format!("{}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi", interim.repeat(5)).into_bytes()
        })
        .await;
        let mut client = lab.viaduct.client().await;
        for _ in 0..2 {
            client.get("/").await;
            let mut head = client.head().await;
            // Whatever of them was relayed stands in front.
            while head.status() < 200 {
                assert_eq!(head.field("content-length"), None);
                head = client.head().await;
            }
            assert_eq!(client.body_of(head, true).await.text(), "hi", "{interim:?}");
        }
    }
}

#[tokio::test]
async fn i02_hints_arrive_at_once_and_without_hop_fields() {
    for (status, name) in [(103, "Early Hints"), (102, "Processing")] {
        let (go, told) = mpsc::channel::<()>(1);
        let mut told = Some(told);
        let origin = Origin::start(move |mut peer, _| {
            let told = told.take();
            async move {
                let _ = peer.request().await;
                let fields =
                    "link: </a.css>; rel=preload\r\nconnection: x-hop\r\nx-hop: 1\r\nkeep-alive: 5\r\nx-kept: 2\r\n";
                peer.send(format!("HTTP/1.1 {status} {name}\r\n{fields}\r\n")).await;
                told.unwrap().recv().await;
                peer.send(ok(b"done")).await;
                peer.rest().await;
            }
        })
        .await;
        let viaduct = Viaduct::to(&[origin.address]);
        let mut client = viaduct.client().await;
        client.get("/").await;
        let hint = client.head().await;
        assert_eq!(
            (hint.status(), hint.field("link"), hint.field("x-kept")),
            (status, Some("</a.css>; rel=preload"), Some("2"))
        );
        for name in ["x-hop", "connection", "keep-alive", "content-length", "transfer-encoding"] {
            assert_eq!(hint.field(name), None, "{name}");
        }
        go.send(()).await.unwrap();
        let response = client.response().await;
        assert_eq!((response.status(), response.text()), (200, "done"));
        // The connection goes on.
        client.get("/").await;
    }
}

#[tokio::test]
async fn i02_hints_that_come_with_the_answer_stand_in_front_of_it() {
    let lab = Recorder::answering(|_| {
        b"HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: b\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi".to_vec()
    })
    .await;
    let mut client = lab.viaduct.client().await;
    for _ in 0..3 {
        client.get("/").await;
        for link in ["a", "b"] {
            let hint = client.head().await;
            assert_eq!((hint.status(), hint.field("link")), (103, Some(link)));
        }
        assert_eq!(client.response().await.text(), "hi");
    }
    client.send("GET / HTTP/1.0\r\nhost: a\r\n\r\n").await;
    let response = client.response().await;
    assert_eq!((response.status(), response.text()), (200, "hi"));
}

#[tokio::test]
async fn i02_pipelined_requests_keep_their_hints() {
    let lab = Recorder::answering(|request| {
        let number = request.start().split(' ').nth(1).unwrap().trim_start_matches('/').to_owned();
        format!(
            "HTTP/1.1 103 Early Hints\r\nlink: {number}\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n{number}"
        )
        .into_bytes()
    })
    .await;
    let mut client = lab.viaduct.client().await;
    let all: String = (0..6).map(|n| format!("GET /{n} HTTP/1.1\r\nhost: a\r\n\r\n")).collect();
    client.send(all).await;
    for n in 0..6 {
        let number = n.to_string();
        assert_eq!(client.head().await.field("link"), Some(number.as_str()));
        assert_eq!(client.response().await.text(), number);
    }
}

#[tokio::test]
async fn i03_a_refusal_after_a_pause_comes_without_a_100() {
    let origin = Origin::start(|mut peer, _| async move {
        let head = peer.head().await;
        assert_eq!(head.field("expect"), Some("100-continue"));
        tokio::time::sleep(Duration::from_millis(1200)).await;
        peer.send("HTTP/1.1 401 No\r\ncontent-length: 2\r\n\r\nno").await;
        // Not a byte of a body that was not asked for.
        assert_eq!(peer.rest().await, b"");
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.send(EXPECTING).await;
    let response = client.response().await;
    assert_eq!((response.status(), response.text()), (401, "no"));
}

#[tokio::test]
async fn i03_the_origins_100_comes_once_and_only_after_it_was_said() {
    let (go, told) = mpsc::channel::<()>(1);
    let mut told = Some(told);
    let origin = Origin::start(move |mut peer, _| {
        let told = told.take();
        async move {
            let _ = peer.head().await;
            told.unwrap().recv().await;
            peer.send("HTTP/1.1 100 Continue\r\n\r\n").await;
            assert_eq!(peer.exactly(5).await, b"hello");
            peer.send(ok(b"done")).await;
            peer.rest().await;
        }
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.send(EXPECTING).await;
    assert!(client.is_silent(Duration::from_millis(300)).await);
    go.send(()).await.unwrap();
    assert_eq!(client.head().await.status(), 100);
    client.send("hello").await;
    let response = client.response().await;
    assert_eq!((response.status(), response.text()), (200, "done"));
    client.get("/").await;
}

#[tokio::test]
async fn i04_an_impatient_client_is_not_held_up() {
    // The body comes without waiting, or after a wait of the client's own; the origin never says 100.
    for pause in [0, 300] {
        let origin = Origin::start(|mut peer, _| async move {
            let request = peer.request().await;
            peer.send(ok(&request.body)).await;
            peer.rest().await;
        })
        .await;
        let viaduct = Viaduct::to(&[origin.address]);
        let mut client = viaduct.client().await;
        client.send(EXPECTING).await;
        tokio::time::sleep(Duration::from_millis(pause)).await;
        client.send("hello").await;
        let begun = tokio::time::Instant::now();
        let response = client.response().await;
        assert_eq!((response.status(), response.text()), (200, "hello"), "{}", response.head);
        assert!(begun.elapsed() < Duration::from_millis(800), "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn i04_a_chunked_body_that_was_expected_goes_too() {
    let lab = Recorder::start().await;
    let mut client = lab.viaduct.client().await;
    client.send("POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-Continue\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n").await;
    assert_eq!(client.response().await.status(), 200);
    assert_eq!(lab.seen()[0].body, b"hello");
    client.get("/").await;
    assert_eq!(client.response().await.status(), 200);
}

#[tokio::test]
async fn i05_a_body_outstanding_is_never_a_request_on_either_side() {
    let origin = Origin::start(|mut peer, number| async move {
        let head = peer.head().await;
        if head.field("expect").is_some() {
            peer.send("HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n").await;
            assert_eq!(peer.rest().await, b"", "nothing more on this connection");
        } else {
            peer.send(ok(number.to_string().as_bytes())).await;
            let _ = peer.rest().await;
        }
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    let length = SMUGGLED.len();
    client
        .send(format!("POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: {length}\r\n\r\n"))
        .await;
    let head = client.head().await;
    assert_eq!((head.status(), head.field("connection")), (401, Some("close")));
    client.try_send(SMUGGLED).await;
    assert_eq!(client.rest().await, b"");
    assert_eq!(viaduct.get("/").await.body, b"1");
}

#[tokio::test]
async fn i06_other_expectations_are_forwarded_or_417_and_ignored_in_1_0() {
    let lab = Recorder::start().await;
    let mut client = lab.viaduct.client().await;
    client.send("POST / HTTP/1.1\r\nhost: a\r\nexpect: x\r\ncontent-length: 5\r\n\r\nhello").await;
    let response = client.response().await;
    assert!(matches!(response.status(), 200 | 417));
    let mut client = lab.viaduct.client().await;
    client.send("POST / HTTP/1.0\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\nhello").await;
    let response = client.response().await;
    assert_eq!((response.status(), response.text()), (200, "reached"));
    assert_eq!(lab.seen().pop().unwrap().field("expect"), None);
}

#[tokio::test]
async fn i06_an_expectation_without_a_body_waits_for_nothing() {
    let lab = Recorder::start().await;
    let mut client = lab.viaduct.client().await;
    for framing in ["", "content-length: 0\r\n"] {
        client.send(format!("POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n{framing}\r\n")).await;
        assert_eq!(client.response().await.status(), 200);
    }
}

#[tokio::test]
async fn i07_trailers_go_to_who_takes_them_and_the_body_is_whole_either_way() {
    let lab = Recorder::answering(|_| {
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n2\r\nhi\r\n0\r\nx-sum: 7\r\n\r\n"
            .to_vec()
    })
    .await;
    let mut client = lab.viaduct.client().await;
    for (te, trailers) in [("te: trailers\r\nconnection: te\r\n", "x-sum: 7\r\n"), ("", "")] {
        client.send(format!("GET / HTTP/1.1\r\nhost: a\r\n{te}\r\n")).await;
        let response = client.response().await;
        assert_eq!((response.text(), response.trailers.as_str(), response.is_whole), ("hi", trailers, true));
    }
}

#[tokio::test]
async fn i08_an_answers_trailers_lose_what_ends_here_and_what_a_cache_would_read() {
    let lab = Recorder::answering(|_| {
        b"HTTP/1.1 200 OK\r\nconnection: X-Hop\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n2\r\nhi\r\n0\r\n\
          x-hop: 1\r\npragma: no-cache\r\nx-sum: 7\r\n\r\n"
            .to_vec()
    })
    .await;
    let mut client = lab.viaduct.client().await;
    client.send("GET / HTTP/1.1\r\nhost: a\r\nte: trailers\r\nconnection: te\r\n\r\n").await;
    assert_eq!(client.response().await.trailers, "x-sum: 7\r\n");
}

#[tokio::test]
async fn i07_a_requests_trailers_do_not_hurt_its_body() {
    let lab = Recorder::start().await;
    let mut client = lab.viaduct.client().await;
    client
        .send("POST / HTTP/1.1\r\nhost: a\r\ntrailer: x-sum\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 7\r\n\r\n")
        .await;
    assert_eq!(client.response().await.status(), 200);
    let seen = lab.seen().pop().unwrap();
    assert_eq!((seen.body.as_slice(), seen.is_whole), (&b"hello"[..], true));
    assert!(matches!(seen.trailers.as_str(), "" | "x-sum: 7\r\n"), "{seen:?}");
    client.get("/").await;
    assert_eq!(client.response().await.status(), 200);
}

#[tokio::test]
async fn i08_no_trailer_becomes_a_field_and_none_frames_or_routes() {
    let bad = "content-length: 9\r\nhost: evil\r\nauthorization: x\r\ntransfer-encoding: chunked\r\ncookie: a=b\r\n\
               x-forwarded-for: 1.2.3.4\r\nconnection: close\r\n";
    let lab = Recorder::start().await;
    let mut client = lab.viaduct.client().await;
    client
        .send(format!(
            "POST / HTTP/1.1\r\nhost: a\r\ntrailer: host, content-length, authorization, cookie, x-forwarded-for, x-sum\r\n\
             transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n{bad}x-sum: 7\r\n\r\n"
        ))
        .await;
    assert_eq!(client.response().await.status(), 200);
    let seen = lab.seen().pop().unwrap();
    assert_eq!((seen.all("host"), seen.field("authorization"), seen.field("cookie")), (vec!["a"], None, None));
    for name in
        ["host", "authorization", "content-length", "transfer-encoding", "cookie", "x-forwarded-for", "connection"]
    {
        assert!(!seen.trailers.to_ascii_lowercase().contains(&format!("{name}:")), "{name}: {seen:?}");
    }
}

#[tokio::test]
async fn i09_trailers_are_limited() {
    for trailer in [format!("x: {}\r\n", "y".repeat(2 << 20)), "x: y\r\n".repeat(20_000)] {
        let lab = Recorder::start().await;
        let mut client = lab.viaduct.client().await;
        client.send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n").await;
        client.try_send(&trailer).await;
        client.try_send("\r\n").await;
        let text = String::from_utf8_lossy(&client.rest().await).into_owned();
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{text}");
        assert_eq!(lab.whole(), 0);
    }
}
