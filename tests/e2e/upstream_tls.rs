//! TLS toward upstreams: who is believed to be one, who we are to it, and what an end means there.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustls::HandshakeKind;
use tokio::net::TcpListener;
use viaduct::config::Overrides;

use crate::authority::{Authority, Folder, Identity, TlsOrigin, TlsServed};
use crate::support::{Message, Origin, Peer, Viaduct, ok, patiently, serve_where};

/// An authority and the folder in which a viaduct finds it.
struct Lab {
    authority: Authority,
    folder: Folder,
}

impl Lab {
    fn new() -> Self {
        let (authority, folder) = (Authority::new(), Folder::new());
        folder.write("ca.pem", &authority.pem());
        Self { authority, folder }
    }

    fn localhost(&self) -> Identity {
        self.authority.issue(&["localhost"])
    }

    /// A viaduct in front of a URL which this authority vouches for, with more keys of its upstream.
    fn viaduct(&self, url: &str, more: &str) -> Viaduct {
        let ca = self.folder.write("ca.pem", &self.authority.pem());
        let file = format!("[[upstream]]\nname = 'to'\nkind = 'http'\nendpoints = ['{url}']\nca = {ca:?}\n{more}\n");
        Viaduct::with_file(&file, Overrides::default())
    }

    async fn echo(&self) -> TlsOrigin {
        TlsOrigin::answering(self.localhost().server(None), |request, _| ok(request.head.as_bytes())).await
    }
}

fn url(origin: &TlsOrigin) -> String {
    format!("https://localhost:{}", origin.address.port())
}

/// An origin whose every connection is served like this, and a viaduct in front of it.
async fn served<F>(serve: impl Fn(TlsServed) -> F + Send + Sync + 'static) -> (Viaduct, TlsOrigin, Lab)
where
    F: Future<Output = ()> + Send + 'static,
{
    let lab = Lab::new();
    let origin = TlsOrigin::start(lab.localhost().server(None), serve).await;
    (lab.viaduct(&url(&origin), ""), origin, lab)
}

fn objection(answer: &Message) -> (u16, &str, &str) {
    (answer.status(), answer.field("x-viaduct-error").unwrap_or_default(), answer.text())
}

#[tokio::test]
async fn requests_share_a_connection() {
    let lab = Lab::new();
    for codec in ["lean", "hyper"] {
        let origin = lab.echo().await;
        let viaduct = lab.viaduct(&format!("{}/base", url(&origin)), &format!("pool = {{ http = '{codec}' }}"));
        // A session's tickets come when they like: they are no bytes that nobody asked for.
        for _ in 0..5 {
            let seen = viaduct.get("/a").await.echoed();
            assert_eq!(seen.start(), "GET /base/a HTTP/1.1");
            assert_eq!((seen.field("host"), seen.field("x-forwarded-proto")), (Some("localhost"), Some("http")));
        }
        assert_eq!(origin.accepted(), 1, "{codec}");
    }
}

#[tokio::test]
async fn who_is_not_the_one_expected_is_told_why() {
    let (lab, other) = (Lab::new(), Authority::new());
    for (identity, host, words) in [
        (lab.localhost(), "127.0.0.1", "its certificate is for another name"),
        (lab.authority.issue_until(&["localhost"], 2020), "localhost", "its certificate has expired"),
        (other.issue(&["localhost"]), "localhost", "its certificate is from an unknown authority"),
    ] {
        let origin = TlsOrigin::answering(identity.server(None), |_, _| ok(b"")).await;
        let viaduct = lab.viaduct(&format!("https://{host}:{}", origin.address.port()), "");
        let answer = viaduct.get("/").await;
        assert_eq!(objection(&answer), (502, "tls", &*format!("no TLS connection to the upstream: {words}\n")));
        assert_eq!(origin.accepted(), 0);
    }
    let plain = Origin::start(|mut peer, _| async move {
        let _ = peer.some().await;
        peer.send("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
        peer.peek_end().await;
    })
    .await;
    let viaduct = lab.viaduct(&format!("https://localhost:{}", plain.address.port()), "");
    let answer = viaduct.get("/").await;
    assert_eq!(objection(&answer), (502, "tls", "no TLS connection to the upstream: it does not speak TLS\n"));
}

#[tokio::test]
async fn other_authorities_are_believed_from_the_next_connection_on() {
    let (lab, other) = (Lab::new(), Authority::new());
    let origin = TlsOrigin::answering(lab.localhost().server(None), |request, _| {
        let end = if request.start().starts_with("GET /last ") { "connection: close\r\n" } else { "" };
        format!("HTTP/1.1 200 OK\r\n{end}content-length: 0\r\n\r\n").into_bytes()
    })
    .await;
    let viaduct = lab.viaduct(&url(&origin), "");
    let read = async |text: &str, result: &str, times: f64| {
        lab.folder.write("ca.pem", text);
        viaduct.reload.now();
        viaduct.metric_reaches(&format!("viaduct_tls_reloads_total{{result=\"{result}\"}}"), times).await;
    };
    let unknown = (502, "tls", "no TLS connection to the upstream: its certificate is from an unknown authority\n");
    assert_eq!(viaduct.get("/").await.status(), 200);

    // What stands goes on: this connection, and perhaps the one of the probe at start. The next one may not resume their
    // session, for which nobody vouches now.
    read(&other.pem(), "ok", 1.0).await;
    assert_eq!(viaduct.get("/last").await.status(), 200);
    let next = patiently(async {
        loop {
            let answer = viaduct.get("/last").await;
            if answer.status() != 200 {
                break answer;
            }
        }
    });
    assert_eq!(objection(&next.await), unknown);
    assert!(origin.accepted() <= 2);

    // What is no list of authorities changes nothing, nor does a list that is gone.
    read("no certificate", "rejected", 1.0).await;
    assert_eq!(objection(&viaduct.get("/").await), unknown);
    read(&(other.pem() + &lab.authority.pem()), "ok", 2.0).await;
    assert_eq!(viaduct.get("/last").await.status(), 200);
    read("", "rejected", 2.0).await;
    assert_eq!(viaduct.get("/last").await.status(), 200);
    std::fs::remove_file(lab.folder.path("ca.pem")).unwrap();
    viaduct.reload.now();
    viaduct.metric_reaches("viaduct_tls_reloads_total{result=\"rejected\"}", 3.0).await;
    assert_eq!(viaduct.get("/").await.status(), 200);
}

#[tokio::test]
async fn another_certificate_of_ours_is_shown_from_the_next_connection_on() {
    let (lab, clients) = (Lab::new(), Authority::new());
    let origin = TlsOrigin::answering(lab.localhost().server(Some(&clients)), |_, _| ok(b"known")).await;
    lab.folder.identity(&lab.authority.issue(&["viaduct"]));
    let path = |name: &str| lab.folder.path(name);
    let show = format!("client_cert = {:?}\nclient_key = {:?}", path("cert.pem"), path("key.pem"));
    let viaduct = lab.viaduct(&url(&origin), &show);
    assert_eq!(viaduct.get("/").await.status(), 502);
    lab.folder.identity(&clients.issue(&["viaduct"]));
    viaduct.reload.now();
    viaduct.metric_reaches("viaduct_tls_reloads_total{result=\"ok\"}", 1.0).await;
    assert_eq!(viaduct.get("/").await.text(), "known");
}

#[tokio::test]
async fn another_name_can_be_expected() {
    let lab = Lab::new();
    let origin = lab.echo().await;
    let viaduct = lab.viaduct(&format!("https://127.0.0.1:{}", origin.address.port()), "tls_name = 'localhost'");
    assert_eq!(viaduct.get("/").await.status(), 200);
    let origin = TlsOrigin::answering(lab.authority.issue(&["127.0.0.1"]).server(None), |_, _| ok(b"")).await;
    let viaduct = lab.viaduct(&format!("https://127.0.0.1:{}", origin.address.port()), "");
    assert_eq!(viaduct.get("/").await.status(), 200);
}

#[tokio::test]
async fn an_upstream_learns_who_we_are() {
    let (lab, clients) = (Lab::new(), Authority::new());
    let origin = TlsOrigin::answering(lab.localhost().server(Some(&clients)), |_, _| ok(b"known")).await;
    lab.folder.identity(&clients.issue(&["viaduct"]));
    let path = |name: &str| lab.folder.path(name);
    let show = format!("client_cert = {:?}\nclient_key = {:?}", path("cert.pem"), path("key.pem"));
    assert_eq!(lab.viaduct(&url(&origin), &show).get("/").await.text(), "known");

    let answer = lab.viaduct(&url(&origin), "").get("/").await;
    assert_eq!(objection(&answer), (502, "tls", "no TLS connection to the upstream: it asks for a certificate\n"));
    lab.folder.identity(&lab.authority.issue(&["viaduct"]));
    let answer = lab.viaduct(&url(&origin), &show).get("/").await;
    assert_eq!(
        objection(&answer),
        (502, "tls", "no TLS connection to the upstream: it does not accept our certificate\n")
    );
}

#[tokio::test]
async fn sessions_are_resumed() {
    let lab = Lab::new();
    let origin = TlsOrigin::start(lab.localhost().server(None), |mut peer| async move {
        let _ = peer.request().await;
        let kind = format!("{:?}", peer.stream().get_ref().1.handshake_kind().unwrap());
        let length = kind.len();
        peer.send(format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{kind}")).await;
    })
    .await;
    let viaduct = lab.viaduct(&url(&origin), "");
    // The connection of the probe at start is used too, and may have come before there was a session.
    let resumed = format!("{:?}", HandshakeKind::Resumed);
    patiently(async { while viaduct.get("/").await.text() != resumed {} }).await;
}

#[tokio::test]
async fn only_an_end_that_is_said_ends_a_body_without_length() {
    for says_so in [true, false] {
        let (viaduct, _origin, _lab) = served(move |mut peer| async move {
            let _ = peer.request().await;
            peer.send("HTTP/1.1 200 OK\r\n\r\nhello").await;
            if says_so {
                peer.finish().await;
            }
        })
        .await;
        let answer = viaduct.get("/").await;
        assert_eq!((answer.status(), answer.text(), answer.is_whole), (200, "hello", says_so));
    }
}

#[tokio::test]
async fn a_body_that_is_complete_needs_no_end() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ] {
        for says_so in [true, false] {
            let (viaduct, origin, _lab) = served(move |mut peer| async move {
                let _ = peer.request().await;
                peer.send(answer).await;
                if says_so {
                    peer.finish().await;
                }
            })
            .await;
            // Each on a connection of its own, for each was closed: seen before the request is risked, or sent again.
            for _ in 0..3 {
                let answer = viaduct.get("/").await;
                assert_eq!((answer.status(), answer.text(), answer.is_whole), (200, "hello", true));
            }
            assert_eq!(origin.accepted(), 3);
        }
    }
}

#[tokio::test]
async fn a_body_that_is_cut_is_cut() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ] {
        for says_so in [true, false] {
            let (viaduct, _origin, _lab) = served(move |mut peer| async move {
                let _ = peer.request().await;
                peer.send(answer).await;
                if says_so {
                    peer.finish().await;
                }
            })
            .await;
            let answer = viaduct.get("/").await;
            assert_eq!((answer.status(), answer.is_whole), (200, false));
        }
    }
}

#[tokio::test]
async fn an_upstream_that_only_hangs_up_is_no_matter_of_tls() {
    let (viaduct, _origin, _lab) = served(|mut peer| async move {
        let _ = peer.request().await;
    })
    .await;
    let answer = viaduct.get("/").await;
    assert_eq!((answer.status(), answer.field("x-viaduct-error")), (502, Some("send")));
}

#[tokio::test]
async fn a_request_that_may_have_gone_in_part_does_not_go_again() {
    // Reads some of an upload on a used connection, and resets: whatever was accepted, it was not nothing.
    let used = Arc::new(AtomicBool::new(false));
    let deliveries = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&deliveries);
    let (viaduct, _origin, _lab) = served(move |mut peer| {
        let (used, counted) = (Arc::clone(&used), Arc::clone(&counted));
        async move {
            if !used.swap(true, Ordering::SeqCst) {
                let _ = peer.request().await;
                peer.send(ok(b"first")).await;
            }
            let _ = peer.some().await;
            counted.fetch_add(1, Ordering::SeqCst);
            socket2::SockRef::from(peer.stream().get_ref().0).set_linger(Some(Duration::ZERO)).unwrap();
        }
    })
    .await;
    assert_eq!(viaduct.get("/").await.text(), "first");
    let mut client = viaduct.client().await;
    let body = vec![b'x'; 8 << 20];
    client.send(format!("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n", body.len())).await;
    client.try_send(&body).await;
    assert_eq!(client.response().await.status(), 502);
    assert_eq!(deliveries.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn big_bodies_pass_both_ways() {
    let lab = Lab::new();
    let body: Vec<u8> = (0..8u32 << 20).map(|n| (n % 251) as u8).collect();
    for codec in ["lean", "hyper"] {
        let origin = TlsOrigin::answering(lab.localhost().server(None), |request, _| ok(&request.body)).await;
        let viaduct = lab.viaduct(&url(&origin), &format!("pool = {{ http = '{codec}' }}"));
        let mut client = viaduct.client().await;
        client.send(format!("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n", body.len())).await;
        client.send(&body).await;
        let answer = client.response().await;
        assert!(answer.is_whole && answer.body == body, "{codec}: {} bytes", answer.body.len());
    }
}

#[tokio::test]
async fn an_upload_goes_on_behind_the_answers_head() {
    let lab = Lab::new();
    let origin = TlsOrigin::start(lab.localhost().server(None), |mut peer| async move {
        let _ = peer.head().await;
        peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
        for _ in 0..3 {
            assert_eq!(peer.exactly(4).await, b"ping");
            peer.send("4\r\npong\r\n").await;
        }
        peer.send("0\r\n\r\n").await;
        assert_eq!(peer.request().await.start(), "GET /next HTTP/1.1");
        peer.send(ok(b"next")).await;
    })
    .await;
    // hyper's connection is not used again after this.
    let viaduct = lab.viaduct(&url(&origin), "pool = { http = 'lean' }");
    let mut client = viaduct.client().await;
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 12\r\n\r\n").await;
    client.until(b"\r\n\r\n").await;
    for _ in 0..3 {
        client.send("ping").await;
        client.until(b"pong").await;
    }
    client.until(b"0\r\n\r\n").await;
    client.get("/next").await;
    assert_eq!(client.response().await.text(), "next");
}

#[tokio::test]
async fn tunnels_pass_under_tls() {
    let (viaduct, _origin, _lab) = served(|mut peer| async move {
        let _ = peer.head().await;
        peer.send("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nhello").await;
        let asked = peer.exactly(4).await;
        peer.send(asked).await;
        peer.peek_end().await;
        peer.finish().await;
    })
    .await;
    let mut client = viaduct.client().await;
    client
        .send("GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: k\r\n\r\n")
        .await;
    assert_eq!(client.head().await.status(), 101);
    assert_eq!(client.exactly(5).await, b"hello");
    client.send("ping").await;
    assert_eq!(client.exactly(4).await, b"ping");
    client.finish().await;
    assert_eq!(client.rest().await, b"");

    let lab = Lab::new();
    let stranger = TlsOrigin::answering(Authority::new().issue(&["localhost"]).server(None), |_, _| ok(b"")).await;
    let viaduct = lab.viaduct(&url(&stranger), "");
    let mut client = viaduct.client().await;
    client.send("GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n").await;
    assert_eq!(client.response().await.field("x-viaduct-error"), Some("tls"));
}

#[tokio::test]
async fn the_deadline_of_the_connection_is_the_handshakes_too() {
    // Accepts, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let lab = Lab::new();
    let url = format!("https://localhost:{}", silent.local_addr().unwrap().port());
    let viaduct = lab.viaduct(&url, "pool = { connect = \"200ms\" }");
    let answer = viaduct.get("/").await;
    assert_eq!((answer.status(), answer.field("x-viaduct-error")), (504, Some("timeout-connect")));
}

#[tokio::test]
async fn the_systems_authorities_are_believed_where_none_are_named() {
    let lab = Lab::new();
    let origin = lab.echo().await;
    let ca = lab.folder.path("ca.pem");
    let where_from = [("SSL_CERT_FILE", &*ca), ("SSL_CERT_DIR", "")];
    let (_child, address) = serve_where(&where_from, &["--to", &url(&origin)]).await;
    let mut client = Peer::connect(address).await;
    client.get("/").await;
    assert_eq!(client.response().await.status(), 200);

    let text = format!("[[upstream]]\nkind = 'http'\nendpoints = ['{}']\n", url(&origin));
    let output = Command::new(env!("CARGO_BIN_EXE_viaduct"))
        .args(["check", &lab.folder.write("v.toml", &text)])
        .envs([("SSL_CERT_FILE", &*lab.folder.write("none.pem", "")), ("SSL_CERT_DIR", "")])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("v.toml:3:13: the system's authorities: there is no certificate in it; name some"), "{said}");
}

#[test]
fn check_names_the_key_whose_file_is_wrong() {
    let lab = Lab::new();
    lab.folder.identity(&lab.localhost());
    let check = |endpoint: &str, more: &str| {
        let text = format!("[[upstream]]\nkind = 'http'\nendpoints = ['{endpoint}']\n{more}\n");
        let path = lab.folder.write("v.toml", &text);
        let output = Command::new(env!("CARGO_BIN_EXE_viaduct")).arg("check").arg(path).output().unwrap();
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
    };
    for (endpoint, more, said) in [
        ("http://a:1", "ca = 'ca.pem'", "v.toml:4:6: no endpoint of this upstream is https://"),
        ("https://a:1", "ca = 'none.pem'", "v.toml:4:6: "),
        ("https://a:1", "ca = 'key.pem'", "there is no certificate in it"),
        ("https://a:1", "ca = 'ca.pem'\nclient_key = 'key.pem'", "v.toml:5:14: a key needs its certificate"),
        ("https://a:1", "ca = 'ca.pem'\nclient_cert = 'cert.pem'", "v.toml:5:15: a certificate needs its key"),
        ("https://a:1", "ca = 'ca.pem'\ntls_name = 'a b'", "v.toml:5:12: no certificate can be for `a b`"),
        ("https://a_b:1/x", "ca = 'ca.pem'\nclient_cert = 'cert.pem'\nclient_key = 'key.pem'", "ok"),
        ("https://-:1", "ca = 'ca.pem'", "v.toml:3:14: no certificate can be for `-`"),
        ("ftp://a", "", "v.toml:3:14: `ftp://a` is not an endpoint: the scheme has to be http or https"),
    ] {
        let got = check(endpoint, more);
        assert!(got.contains(said), "{endpoint} {more}: {got}");
    }
}
