//! The client's side of TLS: whom an upstream's endpoints are expected to be, whose word counts for that, and who we are.
//!
//! The files are read again when they change; a new set is taken whole or not at all. Connections never notice: a
//! handshake holds the set that it began with, and no session outlives the authorities under which it was granted.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError, ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client};

use super::error::{Error, Part, Problem};
use super::from_files::FromFiles;
use super::{alpn, pem, provider};

/// How many sessions an endpoint may have for us to resume: as many as rustls keeps for one name.
const SESSIONS: usize = 8;

/// Read once, for they are a few hundred.
static SYSTEMS: LazyLock<Arc<RootCertStore>> = LazyLock::new(|| {
    let mut roots = RootCertStore::empty();
    // What cannot be read or is no authority vouches for nobody.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    Arc::new(roots)
});

/// Which files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientSettings {
    /// The authorities to believe instead of the system's.
    pub ca: Option<PathBuf>,
    /// The certificate chain that we show, and its key.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// What all endpoints of an upstream have in common.
#[derive(Debug)]
pub struct Client {
    settings: ClientSettings,
    current: FromFiles<ClientConfig>,
}

/// One endpoint as it is expected.
#[derive(Clone)]
pub struct Expected {
    name: ServerName<'static>,
    client: Arc<Client>,
    own: Arc<Mutex<Own>>,
}

/// What an endpoint has for itself: settings with sessions that no other endpoint knows of.
struct Own {
    /// What they were made of.
    of: Arc<ClientConfig>,
    config: Arc<ClientConfig>,
}

// === impl Client ===

impl Client {
    /// Reads the files.
    pub fn load(settings: ClientSettings) -> Result<Self, Error> {
        let current = FromFiles::new(settings.files(), || settings.read())?;
        Ok(Self { settings, current })
    }

    /// Whether there are files to read again: the system's authorities alone are read once.
    pub fn has_files(&self) -> bool {
        !self.settings.files().is_empty()
    }

    /// Reads the files again, for connections to come. What is wrong with them changes nothing. Blocks on the files.
    pub fn reload(&self) -> Result<(), Error> {
        self.current.reload(|| self.settings.read())
    }

    /// Whether a file is another than when it was read last, also where reading it came to nothing. Blocks as well.
    pub fn has_changed(&self) -> bool {
        self.current.has_changed()
    }

    /// For an endpoint whose certificate names `name`, a host name or an address; `None` if it can have no such
    /// certificate. Sessions are remembered for this endpoint alone: another knows nothing of them, and other
    /// credentials must not resume them.
    pub fn expect(self: &Arc<Self>, name: &str) -> Option<Expected> {
        let name = ServerName::try_from(name).ok()?.to_owned();
        let own = Mutex::new(Own::new(self.current.current()));
        Some(Expected { name, client: Arc::clone(self), own: own.into() })
    }
}

// === impl ClientSettings ===

impl ClientSettings {
    fn files(&self) -> Vec<PathBuf> {
        let (cert, key) = self.identity.as_ref().map(|(cert, key)| (cert, key)).unzip();
        [self.ca.as_ref(), cert, key].into_iter().flatten().cloned().collect()
    }

    fn read(&self) -> Result<ClientConfig, Error> {
        let systems = Path::new("the system's authorities");
        let wrong = |ca: &Path, problem| Error::new(Part::Authorities, ca, problem);
        let roots = match &self.ca {
            Some(ca) => pem::authorities(ca)?,
            None if SYSTEMS.is_empty() => return Err(wrong(systems, Problem::Empty)),
            None => Arc::clone(&SYSTEMS),
        };
        let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
        let builder = builder.map_err(|e| wrong(self.ca.as_deref().unwrap_or(systems), Problem::Unusable(e)))?;
        let builder = builder.with_root_certificates(roots);
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some((cert, key)) => builder
                .with_client_auth_cert(pem::chain(cert)?, pem::key(key)?)
                .map_err(|e| Error::unusable_pair(cert, key, e))?,
        };
        config.alpn_protocols = alpn(false);
        Ok(config)
    }
}

// === impl Own ===

impl Own {
    fn new(of: Arc<ClientConfig>) -> Self {
        let mut config = ClientConfig::clone(&of);
        config.resumption = Resumption::in_memory_sessions(SESSIONS);
        Self { of, config: Arc::new(config) }
    }
}

// === impl Expected ===

impl Expected {
    /// A handshake. Cancelling closes the connection.
    pub async fn connect(&self, tcp: TcpStream) -> io::Result<client::TlsStream<TcpStream>> {
        TlsConnector::from(self.config()).connect(self.name.clone(), tcp).await
    }
}

impl Expected {
    /// Under whose settings.
    pub fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// What holds now. Only a dial asks.
    fn config(&self) -> Arc<ClientConfig> {
        let current = self.client.current.current();
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&own.of, &current) {
            *own = Own::new(current);
        }
        Arc::clone(&own.config)
    }
}

/// The same name under the same settings.
impl PartialEq for Expected {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.own, &other.own)
    }
}

impl Eq for Expected {}

impl fmt::Debug for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expected").field(&self.name).finish()
    }
}

/// What TLS had against the other side, if it was TLS that ended a connection: in words that say nothing of where.
pub fn objection(error: &(dyn StdError + 'static)) -> Option<&'static str> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(e) = error.downcast_ref() {
            return Some(words(e));
        }
        // The error inside of an `io::Error` is not its source.
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

fn words(error: &rustls::Error) -> &'static str {
    use CertificateError as Bad;
    match error {
        rustls::Error::InvalidCertificate(Bad::Expired | Bad::ExpiredContext { .. }) => "its certificate has expired",
        rustls::Error::InvalidCertificate(Bad::NotValidYet | Bad::NotValidYetContext { .. }) => {
            "its certificate is not valid yet"
        }
        rustls::Error::InvalidCertificate(Bad::NotValidForName | Bad::NotValidForNameContext { .. }) => {
            "its certificate is for another name"
        }
        rustls::Error::InvalidCertificate(Bad::UnknownIssuer) => "its certificate is from an unknown authority",
        rustls::Error::InvalidCertificate(_) => "its certificate is not valid",
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => "it asks for a certificate",
        rustls::Error::AlertReceived(
            AlertDescription::BadCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::AccessDenied,
        ) => "it does not accept our certificate",
        rustls::Error::InvalidMessage(_) => "it does not speak TLS",
        rustls::Error::PeerIncompatible(_) => "there is no version or cipher in common",
        rustls::Error::NoApplicationProtocol => "it does not speak HTTP/1.1",
        _ => "the protocol failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_files_make_new_sessions_and_wrong_ones_nothing() {
        let folder = std::env::temp_dir().join(format!("viaduct-client-{:032x}", fastrand::u128(..)));
        std::fs::create_dir(&folder).unwrap();
        let ca = folder.join("ca.pem");
        let issue = || rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert.pem();
        std::fs::write(&ca, issue()).unwrap();
        let client = Arc::new(Client::load(ClientSettings { ca: Some(ca.clone()), identity: None }).unwrap());
        let (one, other) = (client.expect("localhost").unwrap(), client.expect("localhost").unwrap());
        let (first, twin) = (one.config(), one.clone());
        assert!(Arc::ptr_eq(&first, &twin.config()) && !Arc::ptr_eq(&first, &other.config()));

        std::fs::write(&ca, "no certificate").unwrap();
        assert!(client.has_changed());
        assert_eq!(client.reload().unwrap_err().part(), Part::Authorities);
        assert!(!client.has_changed() && Arc::ptr_eq(&first, &one.config()));

        // Another length, for a clock of files may be coarse.
        std::fs::write(&ca, issue() + "\n").unwrap();
        assert!(client.has_changed());
        client.reload().unwrap();
        let second = one.config();
        assert!(!Arc::ptr_eq(&first, &second) && Arc::ptr_eq(&second, &twin.config()));
        assert!(one == twin && one != other);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn the_systems_authorities_are_no_files_of_ours() {
        let files = ClientSettings::default().files();
        assert!(files.is_empty());
        let identity = Some((PathBuf::from("c"), PathBuf::from("k")));
        assert_eq!(ClientSettings { ca: None, identity }.files(), [Path::new("c"), Path::new("k")]);
    }

    #[test]
    fn an_objection_is_found_wherever_it_hides() {
        let error = || rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let hidden = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, error()));
        assert_eq!(objection(&error()), Some("its certificate is from an unknown authority"));
        assert_eq!(objection(&hidden), objection(&error()));
        assert_eq!(objection(&io::Error::from(io::ErrorKind::UnexpectedEof)), None);
    }
}
