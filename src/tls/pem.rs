//! Reads PEM files. Every error names the file and what it was read for.

use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::error::{Error, Part, Problem};

/// A certificate, and those that lead from it to an authority.
pub(super) fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    certificates(file, Part::Chain)
}

/// The first private key of a file: PKCS #8, PKCS #1 or SEC 1.
pub(super) fn key(file: &Path) -> Result<PrivateKeyDer<'static>, Error> {
    PrivateKeyDer::from_pem_file(file).map_err(|e| wrong(file, Part::Key, e))
}

/// Authorities to believe.
pub(super) fn authorities(file: &Path) -> Result<Arc<RootCertStore>, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file, Part::Authorities)? {
        roots.add(certificate).map_err(|e| Error::new(Part::Authorities, file, Problem::Unusable(e)))?;
    }
    Ok(Arc::new(roots))
}

fn certificates(file: &Path, part: Part) -> Result<Vec<CertificateDer<'static>>, Error> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = read.map_err(|e| wrong(file, part, e))?;
    if certificates.is_empty() {
        return Err(Error::new(part, file, Problem::Empty));
    }
    Ok(certificates)
}

fn wrong(file: &Path, part: Part, error: pem::Error) -> Error {
    let problem = match error {
        pem::Error::Io(e) => Problem::Io(e),
        pem::Error::NoItemsFound => Problem::Empty,
        e => Problem::Pem(e),
    };
    Error::new(part, file, problem)
}
