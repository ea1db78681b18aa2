//! Certificates for tests: an authority, what it vouches for, and the files in which a viaduct finds them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig, ServerConnection};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::support::{Message, Peer, patiently};

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
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        // Two of one name are one to whoever looks for an issuer.
        params
            .distinguished_name
            .push(DnType::CommonName, format!("authority {}", NEXT.fetch_add(1, Ordering::SeqCst)));
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

impl Identity {
    /// A server that is this, and asks its clients who they are if it has an authority to ask.
    pub(crate) fn server(&self, clients: Option<&Authority>) -> ServerConfig {
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(clients) => {
                let roots = Arc::new(clients.roots());
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, Arc::new(default_provider()));
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let (chain, key) = self.der();
        builder.with_single_cert(chain, key).unwrap()
    }
}

pub(crate) type TlsServed = Peer<tokio_rustls::server::TlsStream<TcpStream>>;

/// An origin that speaks TLS; as `Origin`, it serves who says something.
pub(crate) struct TlsOrigin {
    pub(crate) address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl TlsOrigin {
    pub(crate) async fn start<F>(config: ServerConfig, serve: impl Fn(TlsServed) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let (count, serve) = (Arc::clone(&accepted), Arc::new(serve));
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let accepting = tokio::spawn(async move {
            loop {
                let (tcp, _) = listener.accept().await.unwrap();
                tcp.set_nodelay(true).unwrap();
                let (acceptor, count, serve) = (acceptor.clone(), Arc::clone(&count), Arc::clone(&serve));
                tokio::spawn(async move {
                    let mut tls = match acceptor.accept(tcp).into_fallible().await {
                        Ok(tls) => tls,
                        // No reset may overtake the alert.
                        Err((_, mut tcp)) => {
                            let _ = tcp.shutdown().await;
                            return Peer::new(tcp).peek_end().await;
                        }
                    };
                    if tls.fill_buf().await.is_ok_and(|said| !said.is_empty()) {
                        count.fetch_add(1, Ordering::SeqCst);
                        serve(Peer::new(tls)).await;
                    }
                });
            }
        });
        Self { address, accepted, accepting }
    }

    /// Answers every request of every connection with what `answer` makes of it.
    pub(crate) async fn answering(
        config: ServerConfig,
        answer: impl Fn(&Message, &ServerConnection) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        let answer = Arc::new(answer);
        Self::start(config, move |mut peer| {
            let answer = Arc::clone(&answer);
            async move {
                while let Some(request) = peer.try_request().await {
                    let answer = answer(&request, peer.stream().get_ref().1);
                    peer.send(answer).await;
                }
            }
        })
        .await
    }

    /// Connections on which something was said so far.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for TlsOrigin {
    fn drop(&mut self) {
        self.accepting.abort();
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
        self.path(name)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).into_os_string().into_string().unwrap()
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
