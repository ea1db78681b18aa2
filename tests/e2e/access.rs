//! Access: who may ask for what, and how much; with what somebody tries who may not.

mod cors;
mod forms;
mod keys;
mod limits;
mod off;
mod secrets;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use viaduct::access::Digest;
use viaduct::config::Overrides;

use crate::support::{Message, Origin, Viaduct, ok, urls};

/// An echo that counts the requests that were passed on to it, and not the probe at start.
struct Counting(Origin, Arc<AtomicUsize>);

impl Counting {
    async fn start() -> Self {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let origin = Origin::answering(move |request| {
            counted.fetch_add(usize::from(request.field("x-forwarded-for").is_some()), Relaxed);
            ok(request.head.as_bytes())
        })
        .await;
        Self(origin, count)
    }

    fn count(&self) -> usize {
        self.1.load(Relaxed)
    }
}

/// `[[keys]]` with the hash of `key`, and what else is written.
fn key(name: &str, key: &str, rest: &str) -> String {
    format!("[[keys]]\nname = \"{name}\"\nsha256 = \"{}\"\n{rest}\n", Digest::of(key.as_bytes()).hex())
}

/// In front of one origin as VIA, as Ollama and as a plain upstream.
fn in_front_of(origin: &Origin, file: &str) -> Viaduct {
    let url = urls(&[origin.address]);
    Viaduct::with_file(file, Overrides { via: url.clone(), ollama: url.clone(), to: url, ..Overrides::default() })
}

/// The answer to one request, on a connection of its own.
async fn ask(viaduct: &Viaduct, start: &str, fields: &str) -> Message {
    let mut client = viaduct.client().await;
    client.send(format!("{start} HTTP/1.1\r\nhost: localhost\r\n{fields}\r\n")).await;
    if start.starts_with("HEAD ") { client.head().await } else { client.response().await }
}

/// Status and `x-viaduct-error`.
fn refusal(answer: &Message) -> (u16, Option<&str>) {
    (answer.status(), answer.field("x-viaduct-error"))
}
