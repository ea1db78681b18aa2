//! Bytes go on as they come, in both directions (contract: http-proxy, sections 6 to 8).

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

/// A number in a file of the kernel's, the last on its line.
fn kernel(file: &str) -> usize {
    let text = std::fs::read_to_string(format!("/proc/sys/net/{file}")).unwrap();
    text.split_whitespace().last().unwrap().parse().unwrap()
}

/// Whether an origin can write `bytes` of an answer that its client does not read.
async fn finds_room(kind: &str, bytes: usize) -> bool {
    let (told, mut written) = mpsc::channel::<bool>(1);
    let origin = Origin::start(move |mut peer, _| {
        let told = told.clone();
        async move {
            // What is written has to find its place elsewhere.
            socket2::SockRef::from(peer.stream()).set_send_buffer_size(64 * 1024).unwrap();
            let _ = peer.request().await;
            peer.send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 1000000000\r\n\r\n").await;
            let event = [b"data: ".to_vec(), vec![b'x'; 1000], b"\n\n".to_vec()].concat();
            let mut has_room = true;
            for _ in 0..=bytes / event.len() {
                has_room = has_room && peer.try_send_soon(&event).await;
            }
            told.send(has_room).await.unwrap();
        }
    })
    .await;
    let file = format!(
        "[[upstream]]\nkind = '{kind}'\nendpoints = ['http://{}']\npool = {{ http = 'lean' }}\n",
        origin.address
    );
    let viaduct = Viaduct::with_file(&file, Overrides::default());
    let mut client = viaduct.client().await;
    client.send("POST /summarize HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{}").await;
    let _ = client.head().await;
    crate::support::patiently(written.recv()).await.unwrap()
}

#[tokio::test]
async fn vias_events_find_room_while_their_client_does_not_read() {
    // Beyond what the proxy's socket toward the client takes by itself.
    let limit = kernel("core/rmem_max").min(4 << 20);
    let most = kernel("ipv4/tcp_wmem") + limit / 2;
    // A kernel that is short of memory for sockets, as beside many tests, grants a window late or not: it is asked again.
    let mut has_found = false;
    for _ in 0..5 {
        has_found = has_found || finds_room("via", most).await;
    }
    assert!(has_found);
    if limit == 4 << 20 {
        // On a system that grants less the two are too near to each other.
        assert!(!finds_room("http", most).await);
    }
}
