//! Certificates for tests: an authority, what it vouches for, and the files in which a viaduct finds them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::support::{Peer, patiently};

pub(crate) type TlsPeer = Peer<TlsStream<TcpStream>>;

/// Vouches for what it issues.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) cert: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// For these names and addresses.
    pub(crate) fn issue(&self, names: &[&str]) -> Identity {
        self.issue_until(names, 2100)
    }

    /// As [`issue`](Self::issue), until the beginning of a year.
    pub(crate) fn issue_until(&self, names: &[&str], year: i32) -> Identity {
        let mut params = CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
        params.not_after = date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let cert = params.signed_by(&key, &self.0).unwrap();
        Identity { cert: cert.pem(), key: key.serialize_pem() }
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        roots
    }

    /// A client that believes this authority, and shows who it is if it has something to show.
    pub(crate) fn client(&self, identity: Option<&Identity>) -> Client {
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(self.roots());
        let config = match identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let (chain, key) = identity.der();
                builder.with_client_auth_cert(chain, key).unwrap()
            }
        };
        Client(config)
    }
}

impl Identity {
    pub(crate) fn der(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let chain = CertificateDer::pem_slice_iter(self.cert.as_bytes()).collect::<Result<_, _>>().unwrap();
        (chain, PrivateKeyDer::from_pem_slice(self.key.as_bytes()).unwrap())
    }
}

/// What a client speaks TLS with; remembers sessions.
pub(crate) struct Client(pub(crate) ClientConfig);

impl Client {
    pub(crate) async fn connect(&self, address: SocketAddr) -> TlsPeer {
        self.try_connect(address).await.unwrap()
    }

    pub(crate) async fn try_connect(&self, address: SocketAddr) -> std::io::Result<TlsPeer> {
        let tcp = TcpStream::connect(address).await?;
        self.over(tcp).await
    }

    /// Over a connection on which something was said before.
    pub(crate) async fn over(&self, tcp: TcpStream) -> std::io::Result<TlsPeer> {
        tcp.set_nodelay(true)?;
        let name = ServerName::try_from("localhost").unwrap();
        let connector = TlsConnector::from(Arc::new(self.0.clone()));
        Ok(Peer::new(patiently(connector.connect(name, tcp)).await?))
    }
}

/// A folder that goes with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::SeqCst);
        let path = std::env::temp_dir().join(format!("viaduct-tls-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Writes a file whole; its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        let new = self.0.join(format!("{name}.new"));
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, &path).unwrap();
        path.into_os_string().into_string().unwrap()
    }

    /// Writes `cert.pem` and `key.pem`.
    pub(crate) fn identity(&self, identity: &Identity) -> (String, String) {
        (self.write("cert.pem", &identity.cert), self.write("key.pem", &identity.key))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
