//! TLS toward upstreams as it is written.

use std::sync::Arc;

use toml::Spanned;

use super::Named;
use crate::config::build::Source;
use crate::config::url::Endpoint;
use crate::config::{Error, file};
use crate::tls::{Client, ClientSettings, Part};
use crate::upstream::Location;

/// The endpoints of an upstream in the file, and whom TLS has to find at those that speak it.
pub(in crate::config::build) fn locations(
    source: &Source<'_>,
    written: &file::Upstream,
    endpoints: Vec<(&Spanned<String>, Endpoint)>,
) -> Result<Vec<Location>, Error> {
    let named = |written| Named::new(source, ("", None), written);
    let (ca, cert, key) =
        (named(written.ca.as_ref()), named(written.client_cert.as_ref()), named(written.client_key.as_ref()));
    if !endpoints.iter().any(|(_, endpoint)| endpoint.is_secure) {
        let keys = [&written.ca, &written.tls_name, &written.client_cert, &written.client_key];
        return match keys.into_iter().flatten().next() {
            Some(key) => Err(source.wrong(key.span(), "no endpoint of this upstream is https://")),
            None => Ok(endpoints.into_iter().map(|(_, endpoint)| endpoint.location).collect()),
        };
    }
    let identity = match (&cert, &key) {
        (Some(cert), Some(key)) => Some((cert.path.clone(), key.path.clone())),
        (Some(cert), None) => return Err(cert.wrong(source, "a certificate needs its key: `client_key`")),
        (None, Some(key)) => return Err(key.wrong(source, "a key needs its certificate: `client_cert`")),
        (None, None) => None,
    };
    let settings = ClientSettings { ca: ca.as_ref().map(|ca| ca.path.clone()), identity };
    let client = Client::load(settings).map(Arc::new).map_err(|e| {
        let blamed = match e.part() {
            Part::Chain => cert.as_ref(),
            Part::Key => key.as_ref(),
            Part::Authorities => ca.as_ref(),
        };
        match blamed {
            Some(blamed) => blamed.wrong(source, e),
            None => source.wrong(written.endpoints.span(), format!("{e}; name some with `ca`")),
        }
    })?;
    let secure = |(url, endpoint)| match &written.tls_name {
        None => source.read(url, |_| secure(&client, None, endpoint)),
        Some(name) => source.read(name, |name| secure(&client, Some(name), endpoint)),
    };
    endpoints.into_iter().map(secure).collect()
}

/// As [`locations`], for endpoints that a flag named: the system's authorities vouch for them.
pub(in crate::config::build) fn locations_by_flag(endpoints: Vec<Endpoint>) -> Result<Vec<Location>, String> {
    if !endpoints.iter().any(|endpoint| endpoint.is_secure) {
        return Ok(endpoints.into_iter().map(|endpoint| endpoint.location).collect());
    }
    let client = Client::load(ClientSettings::default()).map(Arc::new);
    let client = client.map_err(|e| format!("{e}; name some with `ca` in a file"))?;
    endpoints.into_iter().map(|endpoint| secure(&client, None, endpoint)).collect()
}

fn secure(
    client: &Arc<Client>,
    name: Option<&str>,
    Endpoint { mut location, is_secure }: Endpoint,
) -> Result<Location, String> {
    if is_secure {
        let name = name.unwrap_or_else(|| location.address.host());
        let expected = client.expect(name).ok_or_else(|| format!("no certificate can be for `{name}`"))?;
        location.tls = Some(expected);
    }
    Ok(location)
}
