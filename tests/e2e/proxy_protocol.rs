//! PROXY headers: who is believed to be the client, and that nothing but the header is taken for one.

use std::net::SocketAddr;
use std::time::Duration;

use viaduct::config::Overrides;

use crate::authority::{Authority, Folder};
use crate::support::{Message, Origin, Peer, Viaduct, urls};

const LINE: &[u8] = b"PROXY TCP4 192.0.2.7 10.0.0.1 8080 80\r\n";
const BLOCK: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0f\xc0\0\x02\x07\x0a\0\0\x01\x1f\x90\0\x50\x04\0\0";
const LOCAL: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
const GET: &str = "GET /a HTTP/1.1\r\nhost: localhost\r\nx-forwarded-for: 198.51.100.9\r\n\r\n";

fn start(origin: &Origin, networks: &str) -> Viaduct {
    let file = format!("proxy_protocol = [{networks}]\ndownstream.head = \"2s\"");
    Viaduct::with_file(&file, Overrides { to: urls(&[origin.address]), ..Overrides::default() })
}

/// The request as the origin got it, if the header and the request go out in two writes.
async fn seen(address: SocketAddr, first: &[u8], second: &[u8]) -> Message {
    let mut client = Peer::connect(address).await;
    client.send(first).await;
    if !first.is_empty() {
        // Most often it is read before the rest comes.
        tokio::task::yield_now().await;
    }
    client.send(second).await;
    let answer = client.response().await;
    assert_eq!(answer.status(), 200, "{}", answer.head);
    answer.echoed()
}

#[tokio::test]
async fn the_client_is_whom_the_header_names_wherever_it_is_cut() {
    let origin = Origin::echo().await;
    let viaduct = start(&origin, "'127.0.0.0/8'");
    for header in [LINE, BLOCK] {
        let wire = [header, GET.as_bytes()].concat();
        for cut in 0..header.len() + 2 {
            let (first, second) = wire.split_at(cut);
            let seen = seen(viaduct.address, first, second).await;
            assert_eq!(seen.start(), "GET /a HTTP/1.1");
            assert_eq!(seen.all("x-forwarded-for"), ["192.0.2.7"]);
        }
    }
}

#[tokio::test]
async fn who_speaks_for_itself_stays_the_client() {
    let origin = Origin::echo().await;
    let viaduct = start(&origin, "'127.0.0.1'");
    for header in [LOCAL, b"PROXY UNKNOWN\r\n"] {
        let seen = seen(viaduct.address, header, GET.as_bytes()).await;
        assert_eq!(seen.all("x-forwarded-for"), ["127.0.0.1"]);
    }
}

#[tokio::test]
async fn whom_the_header_names_is_trusted_or_not() {
    let origin = Origin::echo().await;
    for (trusted, expected) in [("192.0.2.0/24", "198.51.100.9, 192.0.2.7"), ("127.0.0.0/8", "192.0.2.7")] {
        let file = format!("proxy_protocol = ['127.0.0.1']\ntrusted_proxy = ['{trusted}']");
        let viaduct = Viaduct::with_file(&file, Overrides { to: urls(&[origin.address]), ..Overrides::default() });
        let seen = seen(viaduct.address, LINE, GET.as_bytes()).await;
        assert_eq!(seen.all("x-forwarded-for"), [expected]);
    }
}

#[tokio::test]
async fn without_a_header_nobody_gets_in() {
    let origin = Origin::echo().await;
    let viaduct = start(&origin, "'127.0.0.0/8'");
    for garbage in [
        GET.as_bytes(),
        b"PROXY TCP4 192.0.2.7\r\n",
        b"\r\n\r\n\0\r\nQUIT\n\x31\x11\0\x0c",
        &[b"PROXY UNKNOWN ", &[b'x'; 200][..]].concat(),
    ] {
        let mut client = viaduct.client().await;
        client.send(garbage).await;
        client.try_send(GET).await;
        assert_eq!(client.rest().await, b"");
    }
    // Cut off in the middle.
    let mut client = viaduct.client().await;
    client.send(&LINE[..20]).await;
    client.finish().await;
    assert_eq!(client.rest().await, b"");
    viaduct.metric_reaches("viaduct_handshake_failures_total{reason=\"proxy-header\"}", 5.0).await;
    assert_eq!(origin.accepted(), 0);
}

#[tokio::test]
async fn a_header_that_does_not_come_is_not_waited_for() {
    let origin = Origin::echo().await;
    let file = "proxy_protocol = ['127.0.0.0/8']\ndownstream.head = \"300ms\"";
    let viaduct = Viaduct::with_file(file, Overrides { to: urls(&[origin.address]), ..Overrides::default() });
    let begun = tokio::time::Instant::now();
    let (mut silent, mut slow) = (viaduct.client().await, viaduct.client().await);
    slow.send(&BLOCK[..20]).await;
    assert!(silent.is_closed().await);
    assert_eq!(slow.rest().await, b"");
    assert!(begun.elapsed() >= Duration::from_millis(300));
    viaduct.metric_reaches("viaduct_handshake_failures_total{reason=\"timeout\"}", 2.0).await;
}

#[tokio::test]
async fn from_anywhere_else_a_header_is_bad_http() {
    let origin = Origin::echo().await;
    let viaduct = start(&origin, "'192.0.2.0/24'");
    for header in [LINE, BLOCK] {
        let mut client = viaduct.client().await;
        client.send(header).await;
        client.try_send(GET).await;
        assert!(client.rest().await.starts_with(b"HTTP/1.1 400 "));
    }
    assert_eq!(origin.accepted(), 0);
    assert_eq!(viaduct.get("/").await.status(), 200);
}

#[tokio::test]
async fn the_header_comes_before_tls() {
    let origin = Origin::echo().await;
    let (authority, folder) = (Authority::new(), Folder::new());
    let (cert, key) = folder.identity(&authority.issue(&["localhost"]));
    let file = format!("proxy_protocol = ['127.0.0.1']\n[tls]\ncert = {cert:?}\nkey = {key:?}");
    let viaduct = Viaduct::with_file(&file, Overrides { to: urls(&[origin.address]), ..Overrides::default() });
    for header in [LINE, BLOCK] {
        let mut tcp = tokio::net::TcpStream::connect(viaduct.address).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut tcp, header).await.unwrap();
        let mut client = authority.client(None).over(tcp).await.unwrap();
        client.send(GET).await;
        let seen = client.response().await.echoed();
        assert_eq!(seen.all("x-forwarded-for"), ["192.0.2.7"]);
        assert_eq!(seen.field("x-forwarded-proto"), Some("https"));
    }
    assert!(authority.client(None).try_connect(viaduct.address).await.is_err());
}
