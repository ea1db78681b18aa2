//! Bytes go on as they come, in both directions (contract: http-proxy, sections 6 to 8).

use std::net::SocketAddr;
use std::os::fd::AsRawFd;

use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
use socket2::Socket;
use tokio::sync::mpsc;
use viaduct::config::Overrides;

use crate::support::{Origin, Viaduct, ok};

#[tokio::test]
async fn an_event_arrives_before_the_next_is_sent() {
    let (next, mut told) = mpsc::channel::<()>(1);
    let mut told = Some(told.take_once());
    let origin = Origin::start(move |mut peer, _| {
        let mut told = told.take().unwrap();
        async move {
            let _ = peer.request().await;
            peer.send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n").await;
            for n in 0..3 {
                peer.send(format!("9\r\ndata: {n}\n\n\r\n")).await;
                told.recv().await.unwrap();
            }
            peer.send("0\r\n\r\n").await;
        }
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.get("/").await;
    assert_eq!(client.head().await.status(), 200);
    for n in 0..3 {
        client.until(format!("data: {n}\n\n").as_bytes()).await;
        next.send(()).await.unwrap();
    }
    client.until(b"0\r\n\r\n").await;
}

/// A receiver that a closure can give away once.
trait TakeOnce {
    fn take_once(&mut self) -> Self;
}

impl TakeOnce for mpsc::Receiver<()> {
    fn take_once(&mut self) -> Self {
        std::mem::replace(self, mpsc::channel(1).1)
    }
}

#[tokio::test]
async fn megabytes_pass_unchanged_in_both_directions() {
    let origin = Origin::answering(|request| ok(&request.body)).await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    let body: Vec<u8> = (0..3_000_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    client.send(format!("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n", body.len())).await;
    client.send(&body).await;
    assert!(client.response().await.body == body);
    client.send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n").await;
    for piece in body.chunks(70_001) {
        client.send(format!("{:x}\r\n", piece.len())).await;
        client.send(piece).await;
        client.send("\r\n").await;
    }
    client.send("0\r\n\r\n").await;
    assert!(client.response().await.body == body);
}

#[tokio::test]
async fn a_client_that_does_not_read_stops_the_origin() {
    let (told, mut sent) = mpsc::channel::<usize>(1);
    let origin = Origin::start(move |mut peer, _| {
        let told = told.clone();
        async move {
            let _ = peer.request().await;
            peer.send("HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n").await;
            let piece = vec![b'x'; 64 * 1024];
            let mut total = 0;
            // Until a write does not go through for a while: the proxy has stopped reading.
            while tokio::time::timeout(std::time::Duration::from_millis(300), peer.send(&piece)).await.is_ok() {
                total += piece.len();
            }
            told.send(total).await.unwrap();
        }
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.get("/").await;
    let _ = client.head().await;
    let total = crate::support::patiently(sent.recv()).await.unwrap();
    assert!(total < 64 * 1024 * 1024, "{total} bytes went into a client that reads none");
}

/// What the kernel keeps of an event stream that nobody reads, in bytes: the receive buffer of the proxy's connection to
/// an upstream of this kind, once the answer's head has gone on, and not that of its probes. None where a process may not copy its own descriptors.
async fn room_for_events(kind: &str) -> Option<usize> {
    let origin = Origin::start(move |mut peer, _| async move {
        let _ = peer.request().await;
        peer.send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 1000\r\n\r\n").await;
        let _ = peer.rest().await;
    })
    .await;
    let file = format!(
        "[[upstream]]\nkind = '{kind}'\nendpoints = ['http://{}']\npool = {{ http = 'lean' }}\n",
        origin.address
    );
    let viaduct = Viaduct::with_file(&file, Overrides::default());
    let mut client = viaduct.client().await;
    client.send("POST /summarize HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{}").await;
    assert_eq!(client.head().await.status(), 200);
    let connected = own_sockets()?.filter(|socket| peer_of(socket) == Some(origin.address));
    Some(connected.map(|socket| socket.recv_buffer_size().unwrap()).max().expect("a connection to the origin"))
}

/// Copies of this process's descriptors, the proxy's among them. None where a sandbox forbids them, as many containers do.
fn own_sockets() -> Option<impl Iterator<Item = Socket>> {
    let this = pidfd_open(getpid(), PidfdFlags::empty()).ok()?;
    pidfd_getfd(&this, this.as_raw_fd(), PidfdGetfdFlags::empty()).ok()?;
    let open = std::fs::read_dir("/proc/self/fd").ok()?;
    let numbers = open.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    // What was closed since it was listed is no longer there.
    Some(numbers.filter_map(move |number| pidfd_getfd(&this, number, PidfdGetfdFlags::empty()).ok()).map(Socket::from))
}

/// None for what is no connected socket.
fn peer_of(socket: &Socket) -> Option<SocketAddr> {
    socket.peer_addr().ok()?.as_socket()
}

#[tokio::test]
async fn vias_events_find_room_while_their_client_does_not_read() {
    // How much of it fills, and when, is up to the kernel, which is short of memory beside many tests. What counts is what
    // it was asked for, and it tells twice that.
    let limit = std::fs::read_to_string("/proc/sys/net/core/rmem_max").unwrap();
    let most = limit.trim().parse::<usize>().unwrap().min(4 << 20);
    let (Some(via), Some(other)) = (room_for_events("via").await, room_for_events("http").await) else {
        println!("not looked at: no process may copy its descriptors here");
        return;
    };
    assert!(via >= 2 * most, "{via} of {most}");
    assert!(via > other || other >= 2 * most, "{via} with VIA, {other} with another");
}
