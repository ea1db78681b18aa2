//! W3: lengths, ends and trailers of bodies, both ways.

use super::super::frames::{CANCEL, END_HEADERS, END_STREAM, Frames, HEADERS, NO_ERROR, block, get};
use super::super::lab::Recorder;
use crate::support::{Origin, Viaduct, ok};

fn post<'a>(fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let head = [(":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", "/up")];
    [&head[..], fields].concat()
}

/// Sends a request with these fields and pieces, the last of them with `END_STREAM`; asserts that the origin gets no whole
/// request.
async fn never_whole(fields: &[(&str, &str)], pieces: &[&str]) {
    let lab = Recorder::start().await;
    let mut client = Frames::connect(lab.viaduct.address).await;
    client.headers(1, &post(fields), pieces.is_empty()).await;
    for (number, piece) in pieces.iter().enumerate() {
        client.data(1, piece, number + 1 == pieces.len()).await;
    }
    let outcome = client.outcome(1).await;
    assert!(outcome.reset.is_some() || outcome.is_gone, "{fields:?} {pieces:?}: {outcome:?}");
    assert_eq!(lab.viaduct.get("/alive").await.status(), 200);
    assert_eq!(lab.whole(), 1, "{fields:?} {pieces:?}: {:?}", lab.seen());
}

#[tokio::test]
async fn w3_fewer_bytes_than_announced_are_no_request() {
    never_whole(&[("content-length", "10")], &["12345"]).await;
    never_whole(&[("content-length", "10")], &["12345", ""]).await;
    never_whole(&[("content-length", "10")], &[]).await;
    never_whole(&[("content-length", "10")], &[""]).await;
}

#[tokio::test]
async fn w3_more_bytes_than_announced_are_no_request() {
    never_whole(&[("content-length", "5")], &["1234567890"]).await;
    never_whole(&[("content-length", "5")], &["12345", "67890"]).await;
}

#[tokio::test]
async fn w3_a_length_has_one_reading() {
    for length in ["5, 5", "+5", "-5", "0x5", "5 5", "", "99999999999999999999"] {
        never_whole(&[("content-length", length)], &["12345"]).await;
    }
    never_whole(&[("content-length", "5"), ("content-length", "6")], &["12345"]).await;
}

#[tokio::test]
async fn w3_a_reset_is_never_the_end_of_a_body_whatever_its_code() {
    for code in [NO_ERROR, CANCEL] {
        for fields in [&[][..], &[("content-length", "5")], &[("content-length", "9")]] {
            let lab = Recorder::start().await;
            let mut client = Frames::connect(lab.viaduct.address).await;
            client.headers(1, &post(fields), false).await;
            client.data(1, "12345", false).await;
            client.reset(1, code).await;
            client.get(3, "/alive").await;
            assert_eq!(client.outcome(3).await.status, 200);
            assert_eq!(lab.whole(), 1, "{code} {fields:?}: {:?}", lab.seen());
        }
    }
}

#[tokio::test]
async fn w3_a_connection_that_ends_ends_no_body() {
    let (report, mut reports) = tokio::sync::mpsc::channel(1);
    let origin = Origin::start(move |mut peer, _| {
        let report = report.clone();
        async move {
            let head = peer.head().await;
            report.send(false).await.unwrap();
            report.send(peer.body_of(head, false).await.is_whole).await.unwrap();
        }
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = Frames::connect(viaduct.address).await;
    client.headers(1, &post(&[]), false).await;
    client.data(1, "12345", false).await;
    assert_eq!(crate::support::patiently(reports.recv()).await, Some(false));
    drop(client);
    assert_eq!(crate::support::patiently(reports.recv()).await, Some(false));
}

#[tokio::test]
async fn w3_a_request_without_content_is_whole_when_its_stream_ends() {
    for ends_well in [true, false] {
        for surplus in [true, false] {
            let (report, mut reports) = tokio::sync::mpsc::channel(1);
            let origin = Origin::start(move |mut peer, _| {
                let report = report.clone();
                async move {
                    let head = peer.head().await;
                    report.send(false).await.unwrap();
                    report.send(peer.body_of(head, false).await.is_whole).await.unwrap();
                }
            })
            .await;
            let viaduct = Viaduct::to(&[origin.address]);
            let mut client = Frames::connect(viaduct.address).await;
            client.headers(1, &post(&[("content-length", "0")]), false).await;
            assert_eq!(crate::support::patiently(reports.recv()).await, Some(false));
            match (ends_well, surplus) {
                (true, _) => client.data(1, "", true).await,
                (false, true) => client.data(1, "GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n", true).await,
                (false, false) => client.reset(1, CANCEL).await,
            };
            assert_eq!(crate::support::patiently(reports.recv()).await, Some(ends_well), "{surplus}");
        }
    }
}

#[tokio::test]
async fn f15_the_framing_follows_from_what_is_known() {
    let lab = Recorder::start().await;
    let mut client = Frames::connect(lab.viaduct.address).await;
    client.headers(1, &post(&[("content-length", "5")]), false).await;
    client.data(1, "12", false).await;
    client.data(1, "345", true).await;
    assert_eq!(client.outcome(1).await.status, 200);
    client.headers(3, &post(&[]), false).await;
    client.data(3, "12345", false).await;
    client.data(3, "", true).await;
    assert_eq!(client.outcome(3).await.status, 200);
    client.headers(5, &post(&[]), true).await;
    assert_eq!(client.outcome(5).await.status, 200);
    client.get(7, "/").await;
    assert_eq!(client.outcome(7).await.status, 200);
    client.headers(9, &post(&[("content-length", "5"), ("content-length", "5")]), false).await;
    client.data(9, "12345", true).await;
    assert_eq!(client.outcome(9).await.status, 200);
    let seen = lab.seen();
    let framings: Vec<_> =
        seen.iter().map(|request| (request.all("content-length"), request.all("transfer-encoding"))).collect();
    let none = Vec::<&str>::new;
    assert_eq!(framings[0], (vec!["5"], none()));
    assert_eq!(framings[1], (none(), vec!["chunked"]));
    assert!(framings[2].1.is_empty() && framings[2].0.iter().all(|length| *length == "0"), "{:?}", seen[2]);
    assert_eq!(framings[3], (none(), none()));
    assert_eq!(framings[4], (vec!["5"], none()));
    assert_eq!((&seen[0].body[..], &seen[1].body[..]), (&b"12345"[..], &b"12345"[..]));
}

#[tokio::test]
async fn trailers_of_a_request_end_here_as_in_http_1_1() {
    let lab = Recorder::start().await;
    let mut client = Frames::connect(lab.viaduct.address).await;
    client.headers(1, &post(&[("trailer", "x-sum")]), false).await;
    client.data(1, "12345", false).await;
    client.send(HEADERS, END_HEADERS | END_STREAM, 1, block(&[("x-sum", "15"), ("content-length", "3")])).await;
    assert_eq!(client.outcome(1).await.status, 200);
    let seen = lab.seen();
    assert!(seen[0].is_whole && seen[0].body == b"12345" && seen[0].trailers.is_empty(), "{seen:?}");
}

#[tokio::test]
async fn trailers_of_an_answer_come_behind_it() {
    let origin = Origin::answering(|_| {
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n2\r\nab\r\n0\r\nx-sum: 3\r\n\r\n"
            .to_vec()
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let tcp = tokio::net::TcpStream::connect(viaduct.address).await.unwrap();
    let (mut sender, connection) = h2::client::handshake(tcp).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get("http://a/").header("te", "trailers").body(()).unwrap();
    let (response, _) = sender.send_request(request, true).unwrap();
    let mut body = crate::support::patiently(response).await.unwrap().into_body();
    assert_eq!(body.data().await.unwrap().unwrap(), "ab");
    assert!(body.data().await.is_none());
    assert_eq!(body.trailers().await.unwrap().unwrap()["x-sum"], "3");
}

#[tokio::test]
async fn answers_without_a_body_have_none() {
    let lab = Recorder::answering(|request| match request.start().split(' ').next() {
        Some("HEAD") => b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n".to_vec(),
        Some("GET") => b"HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n".to_vec(),
        _ => b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(),
    })
    .await;
    let mut client = Frames::connect(lab.viaduct.address).await;
    for (stream, method, status) in [(1, "HEAD", 200), (3, "GET", 304), (5, "DELETE", 204)] {
        client
            .headers(stream, &[(":method", method), (":scheme", "http"), (":authority", "a"), (":path", "/")], true)
            .await;
        let outcome = client.outcome(stream).await;
        assert!(outcome.is_whole && outcome.status == status && outcome.body.is_empty(), "{method}: {outcome:?}");
    }
}

#[tokio::test]
async fn big_bodies_pass_both_ways_and_side_by_side() {
    let origin = Origin::answering(|request| ok(&request.body)).await;
    let viaduct = Viaduct::to(&[origin.address]);
    let tcp = tokio::net::TcpStream::connect(viaduct.address).await.unwrap();
    let (sender, connection) = h2::client::handshake(tcp).await.unwrap();
    tokio::spawn(connection);
    let body: bytes::Bytes = (0..3u32 << 20).map(|n| (n % 251) as u8).collect();
    let echo = |number: u32| {
        let (mut sender, body) = (sender.clone(), body.clone());
        async move {
            let request = http::Request::post(format!("http://a/{number}")).body(()).unwrap();
            let (response, mut upload) = sender.send_request(request, false).unwrap();
            let sending = tokio::spawn(async move {
                let mut rest = body;
                while !rest.is_empty() {
                    upload.reserve_capacity(rest.len());
                    let room = std::future::poll_fn(|cx| upload.poll_capacity(cx)).await.unwrap().unwrap();
                    upload.send_data(rest.split_to(room.min(rest.len())), rest.is_empty()).unwrap();
                }
            });
            let mut answer = response.await.unwrap().into_body();
            let mut got = Vec::new();
            while let Some(data) = answer.data().await {
                let data = data.unwrap();
                let _ = answer.flow_control().release_capacity(data.len());
                got.extend_from_slice(&data);
            }
            sending.await.unwrap();
            got
        }
    };
    let all = crate::support::patiently(async { tokio::join!(echo(1), echo(2), echo(3)) }).await;
    assert!(all.0 == body && all.1 == body && all.2 == body);
}

#[tokio::test]
async fn interim_answers_are_told_and_a_client_that_waits_is_asked() {
    let origin = Origin::start(|mut peer, _| async move {
        let _ = peer.head().await;
        peer.send("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n").await;
        let body = peer.until(b"0\r\n\r\n").await;
        peer.send(ok(&body)).await;
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = Frames::connect(viaduct.address).await;
    client.headers(1, &post(&[("expect", "100-continue")]), false).await;
    for _ in 0..2 {
        assert_eq!(client.next_of(HEADERS).await.flags & END_STREAM, 0);
    }
    client.data(1, "12345", true).await;
    let outcome = client.outcome(1).await;
    assert!(outcome.status == 200 && outcome.body == b"5\r\n12345\r\n0\r\n\r\n", "{outcome:?}");
    client.headers(3, &get("/x"), true).await;
}
