//! The server's side of TLS: certificate, key and the clients' authorities, read from files, and read again when they
//! change.
//!
//! A new set is taken whole or not at all. A handshake holds the set that it began with; connections never notice.

use std::path::{Path, PathBuf};

use rustls::ServerConfig;
use rustls::crypto::ring::Ticketer;
use rustls::server::WebPkiClientVerifier;
use tokio::net::TcpStream;
use tokio_rustls::{Accept, TlsAcceptor};

use super::error::{Error, Part, Problem};
use super::from_files::FromFiles;
use super::{alpn, pem, provider};

/// Which files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The certificate chain, ours first.
    pub cert: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// Whether clients show certificates too.
    pub client_auth: Option<ClientAuth>,
    /// Whether HTTP/2 is offered.
    pub http2: bool,
}

/// How clients are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientAuth {
    /// The authorities that vouch for them.
    pub ca: PathBuf,
    /// Whether a client without a certificate is refused; one with a certificate of another authority always is.
    pub is_required: bool,
}

/// Greets clients with TLS.
#[derive(Debug)]
pub struct Acceptor {
    settings: Settings,
    current: FromFiles<ServerConfig>,
}

// === impl Acceptor ===

impl Acceptor {
    /// Reads the files.
    pub fn load(settings: Settings) -> Result<Self, Error> {
        let current = FromFiles::new(settings.files(), || settings.read())?;
        Ok(Self { settings, current })
    }

    /// Which files it reads.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Begins a handshake.
    pub fn accept(&self, tcp: TcpStream) -> Accept<TcpStream> {
        TlsAcceptor::from(self.current.current()).accept(tcp)
    }

    /// Reads the files again. What is wrong with them changes nothing. Blocks on the files.
    pub fn reload(&self) -> Result<(), Error> {
        self.current.reload(|| self.settings.read())
    }

    /// Whether a file is another than when it was read last, also where reading it came to nothing. Blocks as well.
    pub fn has_changed(&self) -> bool {
        self.current.has_changed()
    }
}

// === impl Settings ===

impl Settings {
    fn read(&self) -> Result<ServerConfig, Error> {
        let (chain, key) = (pem::chain(&self.cert)?, pem::key(&self.key)?);
        let unusable = |part: Part, file: &Path, e: rustls::Error| Error::new(part, file, Problem::Unusable(e));
        let builder = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|e| unusable(Part::Chain, &self.cert, e))?;
        let builder = match &self.client_auth {
            None => builder.with_no_client_auth(),
            Some(ClientAuth { ca, is_required }) => {
                let verifier = WebPkiClientVerifier::builder_with_provider(pem::authorities(ca)?, provider());
                let verifier = if *is_required { verifier } else { verifier.allow_unauthenticated() };
                let verifier = verifier
                    .build()
                    .map_err(|e| unusable(Part::Authorities, ca, rustls::Error::General(e.to_string())))?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let mut config =
            builder.with_single_cert(chain, key).map_err(|e| Error::unusable_pair(&self.cert, &self.key, e))?;
        config.alpn_protocols = alpn(self.http2);
        // Sealed tickets instead of a table of sessions. New files mean a new seal: nobody resumes a session that was
        // granted under authorities which are gone.
        config.ticketer = Ticketer::new().map_err(|e| unusable(Part::Key, &self.key, e))?;
        Ok(config)
    }

    fn files(&self) -> Vec<PathBuf> {
        let files = [Some(&self.cert), Some(&self.key), self.client_auth.as_ref().map(|auth| &auth.ca)];
        files.into_iter().flatten().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_tried_once_each_time_they_change() {
        let folder = std::env::temp_dir().join(format!("viaduct-acceptor-{:032x}", fastrand::u128(..)));
        std::fs::create_dir(&folder).unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
        let issue = || rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (old, new) = (issue(), issue());
        write("cert.pem", &old.cert.pem());
        write("key.pem", &old.signing_key.serialize_pem());
        let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
        let acceptor = Acceptor::load(Settings { cert, key, client_auth: None, http2: true }).unwrap();
        let current = || std::sync::Arc::as_ptr(&acceptor.current.current());
        let first = current();
        assert!(!acceptor.has_changed());

        // Another length, for a clock of files may be coarse.
        write("cert.pem", &(new.cert.pem() + "\n"));
        assert!(acceptor.has_changed());
        assert_eq!(acceptor.reload().unwrap_err().part(), Part::Key);
        assert!(!acceptor.has_changed() && current() == first);

        std::fs::remove_file(folder.join("key.pem")).unwrap();
        assert!(acceptor.has_changed());
        assert!(acceptor.reload().is_err() && !acceptor.has_changed() && current() == first);

        write("key.pem", &new.signing_key.serialize_pem());
        assert!(acceptor.has_changed());
        acceptor.reload().unwrap();
        assert!(!acceptor.has_changed() && current() != first);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
