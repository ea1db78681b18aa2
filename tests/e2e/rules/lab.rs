//! Attacks on one side, and the raw record of what reached the other.

use std::sync::{Arc, Mutex};

use crate::support::{Message, Origin, Peer, Viaduct, ok};

/// A request that must never reach an origin; attacks hide it in places where it is not a request.
pub(crate) const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n";

/// An origin that answers 200 and keeps every byte that it gets.
pub(crate) struct Recorder {
    pub(crate) origin: Origin,
    pub(crate) viaduct: Viaduct,
    seen: Arc<Mutex<Vec<Message>>>,
}

impl Recorder {
    pub(crate) async fn start() -> Self {
        Self::answering(|_| ok(b"reached")).await
    }

    pub(crate) async fn answering(answer: impl Fn(&Message) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let saw = Arc::clone(&seen);
        let origin = Origin::start({
            let answer = Arc::new(answer);
            move |mut peer: Peer, _| {
                let (saw, answer) = (Arc::clone(&saw), Arc::clone(&answer));
                async move {
                    while let Some(request) = peer.try_request().await {
                        saw.lock().unwrap().push(request.clone());
                        if !request.is_whole {
                            return;
                        }
                        peer.send(answer(&request)).await;
                    }
                }
            }
        })
        .await;
        let viaduct = Viaduct::to(&[origin.address]);
        Self { origin, viaduct, seen }
    }

    /// The requests that reached the origin so far, whole or not.
    pub(crate) fn seen(&self) -> Vec<Message> {
        self.seen.lock().unwrap().clone()
    }

    /// How many of them were whole.
    pub(crate) fn whole(&self) -> usize {
        self.seen().iter().filter(|request| request.is_whole).count()
    }
}

/// How an attack ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Everything that the client got until the connection ended.
    pub(crate) text: String,
    /// What reached the origin.
    pub(crate) seen: Vec<Message>,
}

impl Outcome {
    /// The status of the first answer; 0 if there was none.
    pub(crate) fn status(&self) -> u16 {
        Message { head: self.text.clone(), ..Message::default() }.status()
    }

    /// How many answers came.
    pub(crate) fn answers(&self) -> usize {
        self.text.matches("HTTP/1.").count()
    }
}

/// Sends `bytes` and reads until the connection ends: that it does is part of the rule.
pub(crate) async fn attack(bytes: impl AsRef<[u8]>) -> Outcome {
    let lab = Recorder::start().await;
    let mut client = lab.viaduct.client().await;
    client.try_send(bytes).await;
    let text = String::from_utf8_lossy(&client.rest().await).into_owned();
    // A good request on another connection: viaduct is alive, and what was smuggled would be seen by now.
    assert_eq!(lab.viaduct.get("/alive").await.status(), 200);
    let mut seen = lab.seen();
    seen.retain(|request| !request.head.starts_with("GET /alive"));
    assert!(!seen.iter().any(|request| request.head.contains("/smuggled")), "{seen:?}");
    Outcome { text, seen }
}

/// As [`attack`]: the request is refused with a status of 400 to 599, nothing reaches the origin whole, nothing behind
/// it is answered, and the connection ends.
pub(crate) async fn refused(bytes: impl AsRef<[u8]>) -> u16 {
    let bytes = bytes.as_ref();
    let shown = String::from_utf8_lossy(bytes);
    let outcome = attack(bytes).await;
    assert!((400..=505).contains(&outcome.status()), "{shown:?}: {outcome:?}");
    assert_eq!(outcome.answers(), 1, "{shown:?}: {outcome:?}");
    assert!(!outcome.seen.iter().any(|request| request.is_whole), "{shown:?}: {outcome:?}");
    outcome.status()
}

/// Sends a request to an origin that echoes its head; the head as the origin got it.
pub(crate) async fn echoed(request: impl AsRef<[u8]>) -> Message {
    let lab = Recorder::start().await;
    let mut client = lab.viaduct.client().await;
    client.send(&request).await;
    let response = client.response().await;
    assert_eq!(response.status(), 200, "{:?}: {}", String::from_utf8_lossy(request.as_ref()), response.head);
    lab.seen().pop().unwrap()
}

/// What a client gets for a GET when the origin answers with exactly these bytes and closes.
pub(crate) async fn answered(answer: impl AsRef<[u8]>) -> Message {
    let answer = answer.as_ref().to_vec();
    let origin = Origin::start(move |mut peer, _| {
        let answer = answer.clone();
        async move {
            let _ = peer.try_request().await;
            let _ = peer.try_send(answer).await;
        }
    })
    .await;
    Viaduct::to(&[origin.address]).get("/").await
}
