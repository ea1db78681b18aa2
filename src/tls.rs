//! TLS on both sides, from PEM files to what a handshake needs. What carries bytes afterwards is `transport`'s.
//!
//! One provider of cryptography for the whole process, named here and nowhere else.

mod acceptor;
mod client;
mod error;
mod pem;

use std::sync::{Arc, LazyLock};

use rustls::crypto::CryptoProvider;

pub use self::acceptor::{Acceptor, ClientAuth, Settings};
pub use self::client::{Client, ClientSettings, Expected, objection};
pub use self::error::{Error, Part};

/// What is spoken under TLS, the best first. `h2` goes in front when it can be served.
const ALPN: [&[u8]; 1] = [b"http/1.1"];

static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(rustls::crypto::ring::default_provider()));

fn provider() -> Arc<CryptoProvider> {
    Arc::clone(&PROVIDER)
}

fn alpn() -> Vec<Vec<u8>> {
    ALPN.map(<[u8]>::to_vec).to_vec()
}
