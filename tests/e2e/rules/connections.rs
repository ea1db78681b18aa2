//! Section 9: connections, reuse, retries, pipelining (C1 to C10), as far as the client's side shows it. C4 to C10 are
//! in `pooling` and `retries`.

use std::fmt::Write;
use std::time::Duration;

use rustls::ServerConnection;
use viaduct::config::Overrides;

use super::lab::Recorder;
use crate::authority::{Authority, Folder, TlsOrigin};
use crate::support::{Origin, Viaduct, ok};

#[tokio::test]
async fn c01_persistence_is_per_hop() {
    // The origin closes each time, the client stays.
    let origin = Origin::start(|mut peer, _| async move {
        let _ = peer.try_request().await;
        peer.send("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi").await;
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    for _ in 0..4 {
        client.get("/").await;
        let response = client.response().await;
        assert_eq!((response.status(), response.field("connection")), (200, None));
    }
    // The client closes each time, the origin stays.
    let lab = Recorder::start().await;
    for _ in 0..4 {
        let mut client = lab.viaduct.client().await;
        client.send("GET / HTTP/1.1\r\nhost: a\r\nConnection: Close\r\n\r\n").await;
        let response = client.response().await;
        assert_eq!((response.status(), response.field("connection")), (200, Some("close")));
        assert!(client.is_closed().await);
    }
    assert_eq!(lab.origin.accepted(), 1);
    assert!(lab.seen().iter().all(|request| request.field("connection").is_none()));
}

#[tokio::test]
async fn c01_a_1_0_client_is_closed_unless_it_asked_otherwise() {
    let lab = Recorder::start().await;
    let mut client = lab.viaduct.client().await;
    client.send("GET /1 HTTP/1.0\r\nhost: a\r\n\r\nGET /2 HTTP/1.0\r\nhost: a\r\n\r\n").await;
    assert_eq!(client.response().await.status(), 200);
    assert!(client.is_closed().await);
    assert_eq!(lab.whole(), 1);
}

#[tokio::test]
async fn c02_after_close_nothing_is_processed() {
    for close in ["close", "x, Close", "keep-alive\r\nconnection: close"] {
        let lab = Recorder::start().await;
        let mut client = lab.viaduct.client().await;
        client
            .send(format!(
                "GET /1 HTTP/1.1\r\nhost: a\r\nconnection: {close}\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\n"
            ))
            .await;
        assert_eq!(client.response().await.status(), 200);
        assert!(client.is_closed().await, "{close}");
        assert_eq!(lab.whole(), 1);
    }
}

#[tokio::test]
async fn c03_pipelined_requests_are_answered_in_order() {
    let origin = Origin::start(|mut peer, _| async move {
        while let Some(request) = peer.try_request().await {
            if request.start().contains("/0") {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            peer.send(ok(format!("{} {}", request.start(), request.body.len()).as_bytes())).await;
        }
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    let all: String = (0..6)
        .map(|n| match n {
            2 => "POST /2 HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello".to_owned(),
            3 => "POST /3 HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n".to_owned(),
            _ => format!("GET /{n} HTTP/1.1\r\nhost: a\r\n\r\n"),
        })
        .collect();
    client.send(all).await;
    for n in 0..6 {
        let (method, length) = if n == 2 || n == 3 { ("POST", 5) } else { ("GET", 0) };
        assert_eq!(client.response().await.text(), format!("{method} /{n} HTTP/1.1 {length}"));
    }
}

#[tokio::test]
async fn c03_in_any_cut() {
    let lab = Recorder::answering(|request| ok(&request.body)).await;
    let requests = "POST /1 HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhiPOST /2 HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n\
                    3\r\nyou\r\n0\r\n\r\n\r\nGET /3 HTTP/1.1\r\nhost: a\r\n\r\n";
    for cut in 1..requests.len() {
        let mut client = lab.viaduct.client().await;
        client.send(&requests[..cut]).await;
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        client.send(&requests[cut..]).await;
        for body in ["hi", "you", ""] {
            let response = client.response().await;
            assert_eq!((response.status(), response.text()), (200, body), "{cut}");
        }
    }
}

#[tokio::test]
async fn c03_requests_behind_an_unfinished_body_wait() {
    let lab = Recorder::start().await;
    let mut client = lab.viaduct.client().await;
    client.send("POST /1 HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhello").await;
    assert!(client.is_silent(Duration::from_millis(100)).await);
    client.send("worldGET /2 HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert_eq!(client.response().await.status(), 200);
    assert_eq!(client.response().await.status(), 200);
    let seen = lab.seen();
    assert_eq!((seen[0].body.as_slice(), seen[1].start()), (&b"helloworld"[..], "GET /2 HTTP/1.1"));
}

#[tokio::test]
async fn c03_hundreds_of_pipelined_requests_are_all_answered() {
    let lab = Recorder::answering(|request| ok(request.start().as_bytes())).await;
    let mut client = lab.viaduct.client().await;
    let all: String =
        (0..800).map(|n| format!("GET /{n} HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "y".repeat(200))).collect();
    client.send(all).await;
    for n in 0..800 {
        assert_eq!(client.response().await.text(), format!("GET /{n} HTTP/1.1"));
    }
}

#[tokio::test]
async fn c04_200_clients_need_a_handful_of_connections() {
    let lab = Recorder::start().await;
    for _ in 0..200 {
        assert_eq!(lab.viaduct.get("/").await.status(), 200);
    }
    assert!(lab.origin.accepted() <= 4, "{}", lab.origin.accepted());
}

#[tokio::test]
async fn c05_what_is_shown_on_one_connection_is_not_shown_for_another() {
    let (authority, clients, folder) = (Authority::new(), Authority::new(), Folder::new());
    let config = authority.issue(&["localhost"]).server(Some(&clients));
    let shown = |session: &ServerConnection| session.peer_certificates().unwrap()[0].to_vec();
    let origin = TlsOrigin::answering(config, move |_, session| ok(&shown(session))).await;
    let ca = folder.write("ca.pem", &authority.pem());
    let mut file = String::new();
    let identities = ["a", "b"].map(|name| {
        let identity = clients.issue(&[name]);
        let cert = folder.write(&format!("{name}.pem"), &identity.cert);
        let key = folder.write(&format!("{name}.key"), &identity.key);
        write!(
            file,
            "[[upstream]]\nkind = 'http'\nname = '{name}'\nendpoints = ['https://localhost:{}']\nca = {ca:?}\n\
             client_cert = {cert:?}\nclient_key = {key:?}\n[[route]]\npath = '/{name}'\nupstream = '{name}'\n",
            origin.address.port()
        )
        .unwrap();
        identity
    });
    let viaduct = Viaduct::with_file(&file, Overrides::default());
    for _ in 0..3 {
        for (path, identity) in ["/a", "/b"].into_iter().zip(&identities) {
            let answer = viaduct.get(path).await;
            assert_eq!((answer.status(), answer.body), (200, identity.der().0[0].to_vec()), "{path}");
        }
    }
    // One for each, and one that the look at the start may have made beside it.
    assert!(origin.accepted() <= 4, "{}", origin.accepted());
}

#[tokio::test]
async fn c10_an_origin_that_was_down_for_a_moment_is_tried_again() {
    // Retrying a refused connection is optional; that the next request works is not.
    let address = crate::support::nobody().await;
    let viaduct = Viaduct::to(&[address]);
    assert_eq!(viaduct.get("/").await.status(), 502);
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut peer = crate::support::Peer::new(stream);
            tokio::spawn(async move {
                while peer.try_request().await.is_some() {
                    peer.send(ok(b"up")).await;
                }
            });
        }
    });
    assert_eq!(viaduct.get("/").await.body, b"up");
}
