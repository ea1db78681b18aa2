//! The server below both simulators.

use std::time::Duration;

use tokio::net::TcpStream;
use viaduct::sim::via;

use crate::client::{Wire, get, local, soon, start_ollama, start_via};

#[tokio::test]
async fn counts_connections_and_requests() {
    let via = start_via();
    let mut wire = Wire::open(via.addr()).await;
    for _ in 0..3 {
        wire.request("GET", "/models", "", b"").await;
        assert_eq!(wire.reply("GET").await.status, 200);
    }
    let counts = soon(via.until(|counts| counts.running == 0)).await;
    assert_eq!((counts.opened, counts.open, counts.requests), (1, 1, 3));
    drop(wire);
    soon(via.until(|counts| counts.open == 0)).await;
    via.stop().await;
}

#[tokio::test]
async fn remembers_the_heads_it_saw() {
    let via = start_via();
    let mut wire = Wire::open(via.addr()).await;
    wire.request("GET", "/files?purpose=vision", "X-One: a\r\nx-one: b\r\n", b"").await;
    wire.reply("GET").await;
    let heads = via.heads();
    assert_eq!(heads[0].target, "/files?purpose=vision");
    let headers: Vec<_> = heads[0].headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(headers, [("host", "localhost"), ("x-one", "a"), ("x-one", "b")]);
    assert_eq!(heads[0].header("x-one"), Some("a"));
    via.stop().await;
}

#[tokio::test]
async fn closes_idle_connections_but_never_before_the_first_request() {
    let settings = via::Settings { keep_alive: Duration::from_millis(50), ..via::Settings::default() };
    let via = via::start(settings, local()).unwrap();
    let mut fresh = Wire::open(via.addr()).await;
    let mut used = Wire::open(via.addr()).await;
    used.request("GET", "/models", "", b"").await;
    used.reply("GET").await;
    assert!(used.end().await, "closed, not reset");
    fresh.request("GET", "/models", "", b"").await;
    assert_eq!(fresh.reply("GET").await.status, 200);
    via.stop().await;
}

#[tokio::test]
async fn kill_resets_every_connection() {
    let via = start_via();
    let mut wire = Wire::open(via.addr()).await;
    wire.request("GET", "/models", "", b"").await;
    wire.reply("GET").await;
    let addr = via.addr();
    via.kill().await;
    assert!(!wire.end().await, "reset, not closed");
    assert!(TcpStream::connect(addr).await.is_err());
    // The port is free again at once.
    let again = via::start(via::Settings::default(), addr).unwrap();
    assert_eq!(get(addr, "/models").await.status, 200);
    again.stop().await;
}

#[tokio::test]
async fn the_port_stays_closed_until_the_start_is_over() {
    let settings = via::Settings { start_delay: Duration::from_millis(80), ..via::Settings::default() };
    let via = via::start(settings, local()).unwrap();
    assert!(TcpStream::connect(via.addr()).await.is_err());
    soon(async {
        while TcpStream::connect(via.addr()).await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert_eq!(get(via.addr(), "/health/ready").await.status, 200);
    via.stop().await;
}

#[tokio::test]
async fn ollama_keeps_idle_connections() {
    let ollama = start_ollama();
    let mut wire = Wire::open(ollama.addr()).await;
    for _ in 0..2 {
        wire.request("GET", "/", "", b"").await;
        let reply = wire.reply("GET").await;
        assert_eq!(reply.text(), "Ollama is running");
        assert_eq!(reply.header("content-type"), Some("text/plain; charset=utf-8"));
        assert_eq!(reply.header("content-length"), Some("17"));
    }
    ollama.stop().await;
}
