//! TLS as it is written: which files, for which listeners; for which upstreams, see `upstream`.

pub(super) mod upstream;

use std::path::{Path, PathBuf};

use toml::Spanned;

use super::Source;
use crate::config::{Error, Overrides, Tls, file};
use crate::tls::{self, Acceptor, ClientAuth, Part};

/// A file that was named, and by whom.
struct Named<'a> {
    path: PathBuf,
    by: By<'a>,
}

enum By<'a> {
    Flag(&'static str),
    Key(&'a Spanned<String>),
}

// === impl Named ===

impl<'a> Named<'a> {
    /// The flag's word, or else the file's.
    fn new(
        source: &Source<'_>,
        flag: (&'static str, Option<&Path>),
        written: Option<&'a Spanned<String>>,
    ) -> Option<Self> {
        match (flag, written) {
            ((name, Some(path)), _) => Some(Self { path: path.to_owned(), by: By::Flag(name) }),
            (_, Some(written)) => Some(Self { path: source.beside(written.get_ref()), by: By::Key(written) }),
            _ => None,
        }
    }

    fn wrong(&self, source: &Source<'_>, message: impl std::fmt::Display) -> Error {
        match self.by {
            By::Flag(name) => Error::new(format!("{name}: {message}")),
            By::Key(written) => source.wrong(written.span(), message.to_string()),
        }
    }
}

/// `[tls]`, and the flags over it.
pub(super) fn listeners(source: &Source<'_>, overrides: &Overrides) -> Result<Option<Tls>, Error> {
    let file = &source.file.tls;
    let cert = Named::new(source, ("--tls-cert", overrides.tls_cert.as_deref()), file.cert.as_ref());
    let key = Named::new(source, ("--tls-key", overrides.tls_key.as_deref()), file.key.as_ref());
    let (cert, key) = match (cert, key) {
        (Some(cert), Some(key)) => (cert, key),
        (Some(cert), None) => return Err(cert.wrong(source, "a certificate needs its key (`tls.key`, --tls-key)")),
        (None, Some(key)) => return Err(key.wrong(source, "a key needs its certificate (`tls.cert`, --tls-cert)")),
        (None, None) => return without(source, overrides),
    };
    let ca = Named::new(source, ("", None), file.client_ca.as_ref());
    let client_auth = client_auth(source, file, ca.as_ref())?;
    let http2 = source.file.downstream.http2.unwrap_or(true);
    let settings = tls::Settings { cert: cert.path.clone(), key: key.path.clone(), client_auth, http2 };
    let acceptor = Acceptor::load(settings).map_err(|e| {
        let blamed = match e.part() {
            Part::Chain => &cert,
            Part::Key => &key,
            Part::Authorities => ca.as_ref().unwrap_or(&cert),
        };
        blamed.wrong(source, e)
    })?;
    let listen = if overrides.tls_listen.is_empty() {
        file.listen.iter().map(|written| source.read(written, super::address)).collect::<Result<_, _>>()?
    } else {
        overrides.tls_listen.clone()
    };
    Ok(Some(Tls { acceptor: acceptor.into(), listen }))
}

fn client_auth(source: &Source<'_>, file: &file::Tls, ca: Option<&Named<'_>>) -> Result<Option<ClientAuth>, Error> {
    let is_required = match &file.client_auth {
        None => true,
        Some(written) => {
            let is_required = source.read(written, |word| match word {
                "required" => Ok(true),
                "optional" => Ok(false),
                _ => Err(format!("`{word}` is no way to know clients; write \"required\" or \"optional\"")),
            })?;
            if ca.is_none() {
                return Err(source.wrong(written.span(), "whose certificates? name them with `client_ca`"));
            }
            is_required
        }
    };
    Ok(ca.map(|ca| ClientAuth { ca: ca.path.clone(), is_required }))
}

/// Nothing of it makes sense without a certificate.
fn without(source: &Source<'_>, overrides: &Overrides) -> Result<Option<Tls>, Error> {
    let message = "TLS needs a certificate and its key: `cert` and `key`";
    let file = &source.file.tls;
    if let Some(written) = file.client_ca.as_ref().or(file.client_auth.as_ref()).or_else(|| file.listen.first()) {
        return Err(source.wrong(written.span(), message));
    }
    if !overrides.tls_listen.is_empty() {
        return Err(Error::new("--tls-listen: a TLS listener needs --tls-cert and --tls-key"));
    }
    Ok(None)
}
