//! TLS on both sides, from PEM files to what a handshake needs. What carries bytes afterwards is `transport`'s.
//!
//! One provider of cryptography for the whole process, named here and nowhere else.

mod acceptor;
mod client;
mod error;
mod from_files;
mod pem;

use std::sync::{Arc, LazyLock};

use rustls::crypto::CryptoProvider;

pub use self::acceptor::{Acceptor, ClientAuth, Settings};
pub use self::client::{Client, ClientSettings, Expected, objection};
pub use self::error::{Error, Part};

/// What is spoken under TLS, the best first.
const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];

static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(rustls::crypto::ring::default_provider()));

fn provider() -> Arc<CryptoProvider> {
    Arc::clone(&PROVIDER)
}

/// With HTTP/2 or without: toward upstreams only HTTP/1.1 is spoken.
fn alpn(http2: bool) -> Vec<Vec<u8>> {
    ALPN[usize::from(!http2)..].iter().map(|name| name.to_vec()).collect()
}
