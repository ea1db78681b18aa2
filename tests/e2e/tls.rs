//! TLS toward clients: what they get over it, who gets in, and how certificates change under a running stream.

use std::process::Command;
use std::time::Duration;

use rustls::HandshakeKind;
use viaduct::config::Overrides;

use crate::authority::{Authority, Client, Folder, Identity, TlsPeer};
use crate::support::{Message, Origin, Peer, Viaduct, ok, patiently, serve, urls};

/// A viaduct with TLS, the authority that vouches for it, and the files that it reads.
struct Lab {
    viaduct: Viaduct,
    authority: Authority,
    folder: Folder,
}

impl Lab {
    fn start(origin: &Origin) -> Self {
        Self::with(origin, "", |_| String::new())
    }

    /// With more keys before `[tls]`, and more in it.
    fn with(origin: &Origin, before: &str, more: impl FnOnce(&Folder) -> String) -> Self {
        let (authority, folder) = (Authority::new(), Folder::new());
        let (cert, key) = folder.identity(&authority.issue(&["localhost"]));
        let file = format!("{before}\n[tls]\ncert = {cert:?}\nkey = {key:?}\n{}", more(&folder));
        let viaduct = Viaduct::with_file(&file, Overrides { to: urls(&[origin.address]), ..Overrides::default() });
        Self { viaduct, authority, folder }
    }

    fn client(&self) -> Client {
        self.authority.client(None)
    }

    async fn connect(&self) -> TlsPeer {
        self.client().connect(self.viaduct.address).await
    }
}

/// The certificate that a server showed.
fn shown(peer: &TlsPeer) -> Vec<u8> {
    peer.stream().get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

fn der(identity: &Identity) -> Vec<u8> {
    identity.der().0[0].to_vec()
}

#[tokio::test]
async fn requests_go_on_as_from_https() {
    let origin = Origin::echo().await;
    let lab = Lab::start(&origin);
    let mut client = lab.connect().await;
    for path in ["/a", "/b"] {
        client.get(path).await;
        let seen = client.response().await.echoed();
        assert_eq!(seen.start(), format!("GET {path} HTTP/1.1"));
        assert_eq!(seen.field("x-forwarded-proto"), Some("https"));
        assert_eq!(seen.field("x-forwarded-for"), Some("127.0.0.1"));
    }
    assert_eq!(origin.accepted(), 1);
}

#[tokio::test]
async fn http_2_is_agreed_on_or_else_http_1_1() {
    let origin = Origin::echo().await;
    let lab = Lab::start(&origin);
    let mut client = lab.client();
    client.0.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let peer = client.connect(lab.viaduct.address).await;
    assert_eq!(peer.stream().get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    client.0.alpn_protocols = vec![b"http/1.1".to_vec()];
    let peer = client.connect(lab.viaduct.address).await;
    assert_eq!(peer.stream().get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    client.0.alpn_protocols = vec![b"foo".to_vec()];
    assert!(client.try_connect(lab.viaduct.address).await.is_err());
}

#[tokio::test]
async fn http_2_goes_on_as_from_https() {
    let origin = Origin::echo().await;
    let lab = Lab::start(&origin);
    let mut client = lab.client();
    client.0.alpn_protocols = vec![b"h2".to_vec()];
    let tls = client.connect(lab.viaduct.address).await.into_stream();
    let (sender, connection) = h2::client::handshake(tls).await.unwrap();
    tokio::spawn(connection);
    for path in ["/a", "/b"] {
        let request = http::Request::get(format!("https://localhost{path}")).body(()).unwrap();
        let (response, _) = sender.clone().ready().await.unwrap().send_request(request, true).unwrap();
        let mut body = patiently(response).await.unwrap().into_body();
        let seen = body.data().await.unwrap().unwrap();
        let seen = Message { head: String::from_utf8_lossy(&seen).into_owned(), ..Message::default() };
        assert_eq!(seen.start(), format!("GET {path} HTTP/1.1"));
        assert_eq!((seen.field("x-forwarded-proto"), seen.field("host")), (Some("https"), Some("localhost")));
    }
    assert_eq!(origin.accepted(), 1);
}

#[tokio::test]
async fn http_2_is_not_offered_where_it_is_switched_off() {
    let origin = Origin::echo().await;
    let lab = Lab::with(&origin, "[downstream]\nhttp2 = false", |_| String::new());
    let mut client = lab.client();
    client.0.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let peer = client.connect(lab.viaduct.address).await;
    assert_eq!(peer.stream().get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
}

#[tokio::test]
async fn big_bodies_pass_both_ways_to_slow_readers() {
    let origin = Origin::answering(|request| ok(&request.body)).await;
    let lab = Lab::start(&origin);
    let body: Vec<u8> = (0..8u32 << 20).map(|n| (n % 251) as u8).collect();
    let mut client = lab.connect().await;
    let head = format!("POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n", body.len());
    client.send(head).await;
    client.send(&body).await;
    // Nobody reads meanwhile: what is written has to wait, and be flushed in the end.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let response = client.response().await;
    assert!(response.is_whole && response.body == body);
    client.get("/again").await;
    assert_eq!(client.response().await.status(), 200);
}

#[tokio::test]
async fn events_pass_at_once() {
    let (go, gone) = tokio::sync::oneshot::channel::<()>();
    let mut gone = Some(gone);
    let origin = Origin::start(move |mut peer, _| {
        let gone = gone.take();
        async move {
            let _ = peer.request().await;
            peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n").await;
            gone.unwrap().await.unwrap();
            peer.send("3\r\ntwo\r\n0\r\n\r\n").await;
        }
    })
    .await;
    let lab = Lab::start(&origin);
    let mut client = lab.connect().await;
    client.get("/").await;
    client.until(b"one").await;
    go.send(()).unwrap();
    client.until(b"two").await;
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_seen_as_cut() {
    let origin = Origin::start(|mut peer, _| async move {
        let _ = peer.request().await;
        peer.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await;
    })
    .await;
    let lab = Lab::start(&origin);
    let mut client = lab.connect().await;
    client.get("/").await;
    let response = client.response().await;
    assert!(!response.is_whole && response.body == b"half");
}

#[tokio::test]
async fn a_client_that_leaves_frees_the_upstream_with_or_without_a_word() {
    for says_so in [true, false] {
        let (report, mut reports) = tokio::sync::mpsc::channel(2);
        let origin = Origin::start(move |mut peer, _| {
            let report = report.clone();
            async move {
                let _ = peer.request().await;
                report.send(()).await.unwrap();
                peer.peek_end().await;
                report.send(()).await.unwrap();
            }
        })
        .await;
        let lab = Lab::start(&origin);
        let mut client = lab.connect().await;
        client.get("/").await;
        patiently(reports.recv()).await.unwrap();
        if says_so {
            client.finish().await;
        }
        drop(client);
        patiently(reports.recv()).await.unwrap();
    }
}

#[tokio::test]
async fn sessions_are_resumed() {
    let origin = Origin::echo().await;
    let lab = Lab::start(&origin);
    let client = lab.client();
    for expected in [HandshakeKind::Full, HandshakeKind::Resumed] {
        let mut peer = client.connect(lab.viaduct.address).await;
        peer.get("/").await;
        assert_eq!(peer.response().await.status(), 200);
        assert_eq!(peer.stream().get_ref().1.handshake_kind(), Some(expected));
    }
}

#[tokio::test]
async fn only_known_clients_get_in_where_certificates_are_required() {
    let origin = Origin::echo().await;
    let clients = Authority::new();
    let lab = Lab::with(&origin, "", |folder| format!("client_ca = {:?}", folder.write("ca.pem", &clients.pem())));
    let known = clients.issue(&["someone"]);
    let mut peer = lab.authority.client(Some(&known)).connect(lab.viaduct.address).await;
    peer.get("/").await;
    assert_eq!(peer.response().await.status(), 200);

    let stranger = lab.authority.issue(&["someone"]);
    for unknown in [None, Some(&stranger)] {
        // The handshake of TLS 1.3 is over for the client before the server has judged it.
        let mut peer = lab.authority.client(unknown).connect(lab.viaduct.address).await;
        peer.try_send("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        assert_eq!(peer.rest().await, b"");
    }
    lab.viaduct.metric_reaches("viaduct_handshake_failures_total{reason=\"tls\"}", 2.0).await;
}

#[tokio::test]
async fn where_certificates_are_optional_only_wrong_ones_are_refused() {
    let origin = Origin::echo().await;
    let clients = Authority::new();
    let more = |folder: &Folder| {
        format!("client_auth = \"optional\"\nclient_ca = {:?}", folder.write("ca.pem", &clients.pem()))
    };
    let lab = Lab::with(&origin, "", more);
    for identity in [None, Some(clients.issue(&["someone"]))] {
        let mut peer = lab.authority.client(identity.as_ref()).connect(lab.viaduct.address).await;
        peer.get("/").await;
        assert_eq!(peer.response().await.status(), 200);
    }
    let stranger = lab.authority.issue(&["someone"]);
    let mut peer = lab.authority.client(Some(&stranger)).connect(lab.viaduct.address).await;
    peer.try_send("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert_eq!(peer.rest().await, b"");
}

#[tokio::test]
async fn a_new_certificate_is_taken_under_a_running_stream_and_a_wrong_one_is_not() {
    let (go, gone) = tokio::sync::oneshot::channel::<()>();
    let mut gone = Some(gone);
    let origin = Origin::start(move |mut peer, _| {
        let gone = gone.take();
        async move {
            let _ = peer.request().await;
            peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n").await;
            if let Some(gone) = gone {
                gone.await.unwrap();
            }
            peer.send("3\r\ntwo\r\n0\r\n\r\n").await;
        }
    })
    .await;
    let lab = Lab::start(&origin);
    let mut stream = lab.connect().await;
    stream.get("/").await;
    stream.until(b"one").await;
    let old = shown(&stream);

    let new = lab.authority.issue(&["localhost"]);
    lab.folder.write("cert.pem", &new.cert);
    lab.viaduct.reload.now();
    lab.viaduct.metric_reaches("viaduct_tls_reloads_total{result=\"rejected\"}", 1.0).await;
    assert_eq!(shown(&lab.connect().await), old);

    lab.folder.write("key.pem", &new.key);
    lab.viaduct.reload.now();
    lab.viaduct.metric_reaches("viaduct_tls_reloads_total{result=\"ok\"}", 1.0).await;
    assert_eq!(shown(&lab.connect().await), der(&new));

    lab.folder.write("key.pem", "no key at all");
    lab.viaduct.reload.now();
    lab.viaduct.metric_reaches("viaduct_tls_reloads_total{result=\"rejected\"}", 2.0).await;
    assert_eq!(shown(&lab.connect().await), der(&new));

    go.send(()).unwrap();
    stream.until(b"two").await;
}

#[tokio::test]
async fn plain_http_is_told_what_the_port_speaks() {
    let origin = Origin::echo().await;
    let lab = Lab::start(&origin);
    let mut client = lab.viaduct.client().await;
    client.get("/").await;
    let response = client.response().await;
    assert_eq!(response.status(), 400);
    assert!(response.text().contains("https://"), "{}", response.text());
    assert!(client.is_closed().await);
    lab.viaduct.metric_reaches("viaduct_handshake_failures_total{reason=\"plain-http\"}", 1.0).await;
    assert_eq!(origin.accepted(), 0);
}

#[tokio::test]
async fn garbage_is_no_handshake() {
    let origin = Origin::echo().await;
    let lab = Lab::start(&origin);
    let mut client = lab.viaduct.client().await;
    client.send([0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5]).await;
    // An alert, perhaps, and the end.
    assert!(client.rest().await.len() <= 7);
    lab.viaduct.metric_reaches("viaduct_handshake_failures_total{reason=\"tls\"}", 1.0).await;
}

#[tokio::test]
async fn who_dawdles_in_the_handshake_is_shut_out_and_holds_up_nobody() {
    let origin = Origin::echo().await;
    let lab = Lab::with(&origin, "downstream.head = \"1s\"", |_| String::new());
    let mut dawdlers = Vec::new();
    for n in 0..50 {
        let mut dawdler = lab.viaduct.client().await;
        if n % 2 == 0 {
            dawdler.send([0x16, 3, 1]).await;
        }
        dawdlers.push(dawdler);
    }
    let mut client = lab.connect().await;
    client.get("/").await;
    assert_eq!(client.response().await.status(), 200);
    for mut dawdler in dawdlers {
        assert!(dawdler.is_closed().await);
    }
    lab.viaduct.metric_reaches("viaduct_handshake_failures_total{reason=\"timeout\"}", 50.0).await;
}

#[tokio::test]
async fn who_asks_whether_somebody_is_there_has_not_failed() {
    let origin = Origin::echo().await;
    let lab = Lab::start(&origin);
    drop(lab.viaduct.client().await);
    lab.viaduct.client().await.reset();
    let mut client = lab.connect().await;
    client.get("/").await;
    assert_eq!(client.response().await.status(), 200);
    assert!(lab.viaduct.metric("viaduct_handshake_failures_total").await < 1.0);
}

#[tokio::test]
async fn a_drain_ends_quiet_connections_and_unfinished_handshakes() {
    let origin = Origin::echo().await;
    let mut lab = Lab::start(&origin);
    let mut quiet = lab.connect().await;
    quiet.get("/").await;
    assert_eq!(quiet.response().await.status(), 200);
    let mut unfinished = lab.viaduct.client().await;
    unfinished.send([0x16]).await;
    lab.viaduct.begin_stop();
    assert!(quiet.is_closed().await);
    assert!(unfinished.rest_or_reset().await.0.is_empty());
    drop((quiet, unfinished));
    assert!(lab.viaduct.stopped().await);
}

#[tokio::test]
async fn tls_listeners_stand_beside_plain_ones() {
    let origin = Origin::echo().await;
    let more = |_: &Folder| "listen = [\"127.0.0.1:0\"]".to_owned();
    let lab = Lab::with(&origin, "", more);
    let seen = lab.viaduct.get("/").await.echoed();
    assert_eq!(seen.field("x-forwarded-proto"), Some("http"));
    let mut client = lab.client().connect(lab.viaduct.addresses[1]).await;
    client.get("/").await;
    assert_eq!(client.response().await.echoed().field("x-forwarded-proto"), Some("https"));
}

#[tokio::test]
async fn tunnels_pass_under_tls() {
    let origin = Origin::start(|mut peer, _| async move {
        let _ = peer.head().await;
        peer.send("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nhello").await;
        let asked = peer.exactly(4).await;
        peer.send(asked).await;
        peer.peek_end().await;
    })
    .await;
    let lab = Lab::start(&origin);
    let mut client = lab.connect().await;
    client
        .send("GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: k\r\n\r\n")
        .await;
    assert_eq!(client.head().await.status(), 101);
    assert_eq!(client.exactly(5).await, b"hello");
    client.send("ping").await;
    assert_eq!(client.exactly(4).await, b"ping");
    client.finish().await;
    assert_eq!(client.rest().await, b"");
}

#[tokio::test]
async fn a_hangup_reads_the_certificate_again() {
    let (authority, folder) = (Authority::new(), Folder::new());
    let (old, new) = (authority.issue(&["localhost"]), authority.issue(&["localhost"]));
    let (cert, key) = folder.identity(&old);
    let files = ["--tls-cert", &cert, "--tls-key", &key];
    let (child, address) = serve(&files).await;
    let client = authority.client(None);
    assert_eq!(shown(&client.connect(address).await), der(&old));
    folder.identity(&new);
    let pid = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    patiently(async { while shown(&client.connect(address).await) != der(&new) {} }).await;
}

#[test]
fn check_names_the_key_whose_file_is_wrong() {
    let (authority, folder) = (Authority::new(), Folder::new());
    let identity = authority.issue(&["localhost"]);
    folder.identity(&identity);
    folder.write("other.pem", &authority.issue(&["localhost"]).key);
    folder.write("empty.pem", "");
    let check = |tls: &str| {
        let path = folder.write("v.toml", &format!("[tls]\n{tls}\n"));
        let output = Command::new(env!("CARGO_BIN_EXE_viaduct")).arg("check").arg(path).output().unwrap();
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
    };
    for (tls, said) in [
        ("cert = 'cert.pem'", "v.toml:2:8: a certificate needs its key"),
        ("key = 'key.pem'", "v.toml:2:7: a key needs its certificate"),
        ("cert = 'none.pem'\nkey = 'key.pem'", "v.toml:2:8: "),
        ("cert = 'empty.pem'\nkey = 'key.pem'", "there is no certificate in it"),
        ("cert = 'cert.pem'\nkey = 'cert.pem'", "there is no private key that is not encrypted in it"),
        ("cert = 'cert.pem'\nkey = 'other.pem'", "v.toml:3:7: "),
        ("cert = 'cert.pem'\nkey = 'other.pem'", "the key does not belong to the certificate"),
        ("cert = 'cert.pem'\nkey = 'key.pem'\nclient_auth = 'required'", "v.toml:4:15: whose certificates?"),
        ("cert = 'cert.pem'\nkey = 'key.pem'\nclient_ca = 'key.pem'", "v.toml:4:13: "),
        (
            "cert = 'cert.pem'\nkey = 'key.pem'\nclient_ca='cert.pem'\nclient_auth = 'maybe'",
            "is no way to know clients",
        ),
        ("cert = 'cert.pem'\nkey = 'key.pem'\nlisten = ['x']", "v.toml:4:11: `x` is no address"),
        ("client_ca = 'cert.pem'", "v.toml:2:13: TLS needs a certificate and its key"),
        ("cert = 'cert.pem'\nkey = 'key.pem'", "v.toml: ok"),
    ] {
        let got = check(tls);
        assert!(got.contains(said), "{tls}: {got}");
    }
}

#[tokio::test]
async fn the_admin_listener_stays_plain() {
    let origin = Origin::echo().await;
    let lab = Lab::start(&origin);
    let mut admin = Peer::connect(lab.viaduct.admin).await;
    admin.get("/livez").await;
    assert_eq!(admin.response().await.status(), 200);
}
