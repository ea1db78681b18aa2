//! What is off beyond loopback: Ollama's management.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use viaduct::config::Overrides;

use super::{Counting, ask, in_front_of, refusal};
use crate::support::{Origin, Peer, Viaduct, urls};

/// Ways to write what must not pass. Some are refused for their form.
const ATTEMPTS: &[&str] = &[
    "POST /api/pull",
    "POST /api/pull/",
    "POST /api/push",
    "POST /api/create",
    "POST /api/copy",
    "DELETE /api/delete",
    "HEAD /api/blobs/sha256:00",
    "POST /api/blobs/sha256:00",
    "GET /api/pull",
    "OPTIONS /api/pull",
    "PURGE /api/delete",
    "POST /ollama/api/pull",
    "POST /ollama/api/pull/",
    "POST /ollama//api/pull",
    "POST //api/pull",
    "POST /api//pull",
    "POST /api/./pull",
    "POST /API/PULL",
    "POST /ollama/API/Pull",
    "POST /%61pi/pull",
    "POST /api/%70ull",
    "POST /ollama/api/%70ull",
    "POST /api%2fpull",
    "POST /ollama/api%2fpull",
    "POST /api/chat/../pull",
    "POST /api/chat/..%2fpull",
    "POST /via/..%2fapi/pull",
    "POST /via/../api/pull",
    "POST /v1/../api/pull",
    "POST /api\\pull",
    "POST /api/pull?x=/api/chat",
    "POST http://localhost/api/pull",
    "DELETE /api/user/keys/x",
];

#[tokio::test]
async fn a_written_list_shuts_management_off_however_it_is_written() {
    let origin = Counting::start().await;
    // No plain upstream: it would take what is not Ollama's.
    let url = urls(&[origin.0.address]);
    let overrides = Overrides { via: url.clone(), ollama: url, allow: vec!["none".into()], ..Overrides::default() };
    let viaduct = Viaduct::start(overrides);
    for start in ATTEMPTS {
        let answer = ask(&viaduct, start, "").await;
        assert!(matches!(answer.status(), 400 | 403 | 404), "{start}: {}", answer.head);
    }
    assert_eq!(origin.count(), 0, "something went upstream");
    let answer = ask(&viaduct, "POST /api/pull", "").await;
    assert_eq!(refusal(&answer), (403, Some("not-allowed")));
    assert!(answer.text().contains("ollama.library"), "{}", answer.text());
    for start in ["POST /api/chat", "GET /api/tags", "POST /api/show", "POST /v1/chat/completions", "GET /"] {
        assert_eq!(ask(&viaduct, start, "").await.status(), 200, "{start}");
    }
}

#[tokio::test]
async fn a_base_path_hides_nothing() {
    let origin = Origin::echo().await;
    let ollama = vec![format!("http://{}/api", origin.address)];
    let viaduct = Viaduct::start(Overrides { ollama, allow: vec!["none".into()], ..Overrides::default() });
    for start in ["POST /ollama/pull", "POST /ollama/%70ull", "POST /ollama/./pull"] {
        assert_eq!(ask(&viaduct, start, "").await.status(), 403, "{start}");
    }
    assert_eq!(ask(&viaduct, "POST /ollama/chat", "").await.echoed().start(), "POST /api/chat HTTP/1.1");
}

#[tokio::test]
async fn on_loopback_and_where_it_is_allowed_management_passes() {
    let origin = Origin::echo().await;
    for file in ["", "allow = [\"ollama.library\"]"] {
        let viaduct = in_front_of(&origin, file);
        for start in ["POST /api/pull", "DELETE /api/delete", "POST /ollama/api/create"] {
            assert_eq!(ask(&viaduct, start, "").await.status(), 200, "{start}");
        }
    }
}

#[tokio::test]
async fn a_client_whom_a_proxy_on_this_machine_names_is_a_stranger() {
    let origin = Origin::echo().await;
    let viaduct = in_front_of(&origin, "proxy_protocol = [\"127.0.0.0/8\"]");
    for (client, expected) in [("192.0.2.1", 403), ("127.0.0.1", 200)] {
        let mut peer = viaduct.client().await;
        let request = "POST /api/pull HTTP/1.1\r\nhost: localhost\r\n\r\n";
        peer.send(format!("PROXY TCP4 {client} 127.0.0.1 5000 8080\r\n{request}")).await;
        assert_eq!(peer.response().await.status(), expected, "{client}");
    }
}

/// This machine's address as others see it, if it has one. Connecting a UDP socket sends nothing.
fn address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|ip| !ip.is_loopback() && !ip.is_unspecified())
}

#[tokio::test]
async fn beyond_loopback_it_is_off_from_the_start() {
    let Some(ip) = address() else { return };
    let origin = Origin::echo().await;
    let url = urls(&[origin.address]);
    let listen = vec![SocketAddr::from(([0, 0, 0, 0], 0))];
    let viaduct = Viaduct::start(Overrides { via: url.clone(), ollama: url, listen, ..Overrides::default() });
    let port = viaduct.address.port();
    let status = async |address: SocketAddr, start: &str| {
        let mut client = Peer::connect(address).await;
        client.send(format!("{start} HTTP/1.1\r\nhost: localhost\r\n\r\n")).await;
        client.response().await.status()
    };
    // The same listener: what counts is the address by which a connection came in.
    for (ip, expected) in [(ip, 403), (IpAddr::from([127, 0, 0, 1]), 200)] {
        let address = SocketAddr::new(ip, port);
        assert_eq!(status(address, "POST /api/pull").await, expected);
        assert_eq!(status(address, "POST /api/chat").await, 200);
    }
}
