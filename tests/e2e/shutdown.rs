//! The drain: what runs ends whole, what idles ends at once, nothing new comes (contract: http-proxy L7).

use tokio::sync::mpsc;

use crate::support::{Origin, Peer, Viaduct, patiently};

#[tokio::test]
async fn a_running_stream_ends_whole_and_then_everything_stops() {
    let (go, gone) = mpsc::channel::<()>(1);
    let mut gone = Some(gone);
    let origin = Origin::start(move |mut peer, _| {
        let gone = gone.take();
        async move {
            let _ = peer.request().await;
            peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n").await;
            gone.unwrap().recv().await;
            peer.send("4\r\nlast\r\n0\r\n\r\n").await;
            let _ = peer.rest().await;
        }
    })
    .await;
    let mut viaduct = Viaduct::to(&[origin.address]);
    let mut idle = viaduct.client().await;
    let mut client = viaduct.client().await;
    client.get("/").await;
    client.until(b"first\r\n").await;
    viaduct.begin_stop();
    assert!(idle.is_closed().await);
    // Nobody listens any more.
    patiently(async {
        while tokio::net::TcpStream::connect(viaduct.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    // Alive, but not ready.
    for (path, status) in [("/livez", 200), ("/readyz", 503)] {
        let mut admin = Peer::connect(viaduct.admin).await;
        admin.get(path).await;
        assert_eq!(admin.response().await.status(), status, "{path}");
    }
    go.send(()).await.unwrap();
    client.until(b"last\r\n0\r\n\r\n").await;
    assert!(client.is_closed().await);
    assert!(viaduct.stopped().await, "the drain was clean");
}

#[tokio::test]
async fn a_ready_viaduct_says_so() {
    let origin = Origin::echo().await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut admin = Peer::connect(viaduct.admin).await;
    admin.get("/readyz").await;
    assert_eq!(admin.response().await.status(), 200);
}
