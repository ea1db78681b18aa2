//! API keys: who presents one, whether it exists, and what it is for.
//!
//! viaduct knows only the hash of a key. What is presented is hashed, and the hash compared with every key's in the
//! same time whichever it is; a key is random and long, so that one round of SHA-256 keeps it. The fields that carry
//! keys are taken out of the head as soon as they are looked at: they reach no upstream, no log and no error.

use std::fmt;
use std::sync::Arc;

use http::header::{self, HeaderName};
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use super::rate::{Limiter, Rate};
use super::scope::{Place, Scope};
use crate::error::{Error, Kind};
use crate::head::Fields;

/// Where clients of some APIs put a key.
const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Nothing longer is hashed: no key of ours is.
const LONGEST: usize = 1024;

/// One key, as the configuration says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its name in logs.
    pub name: String,
    /// The hash of the key.
    pub digest: Digest,
    /// What it is for; `None` for everything.
    pub scopes: Option<Vec<Scope>>,
    /// How often it may ask.
    pub rate: Option<Rate>,
}

/// The SHA-256 of a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest([u8; 32]);

/// All keys.
#[derive(Debug)]
pub(super) struct Keyring(Vec<Held>);

/// A key, and how often it asked.
#[derive(Debug)]
struct Held {
    name: Arc<str>,
    digest: Digest,
    scopes: Option<Vec<Scope>>,
    limiter: Option<Limiter>,
}

// === impl Digest ===

impl Digest {
    /// The hash of a key.
    pub fn of(key: &[u8]) -> Self {
        Self(Sha256::digest(key).into())
    }

    /// Reads 64 hexadecimal digits.
    pub fn parse(hex: &str) -> Option<Self> {
        let mut digest = [0; 32];
        if hex.len() != 64 || !hex.is_ascii() {
            return None;
        }
        for (byte, at) in digest.iter_mut().zip((0..64).step_by(2)) {
            // A sign is no digit, though `from_str_radix` takes one.
            *byte = u8::from_str_radix(hex.get(at..at + 2).filter(|pair| !pair.starts_with('+'))?, 16).ok()?;
        }
        Some(Self(digest))
    }

    /// 64 hexadecimal digits.
    pub fn hex(&self) -> String {
        super::new_key::hex(&self.0)
    }
}

impl fmt::Debug for Digest {
    /// A hash is no key, but it is nobody's business either.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(…)")
    }
}

// === impl Keyring ===

impl Keyring {
    /// `None` without keys: then everybody may.
    pub(super) fn new(keys: Vec<Key>) -> Option<Self> {
        let held = |key: Key| Held {
            name: key.name.into(),
            digest: key.digest,
            scopes: key.scopes,
            limiter: key.rate.and_then(Limiter::new),
        };
        (!keys.is_empty()).then(|| Self(keys.into_iter().map(held).collect()))
    }

    /// Takes the key out of a request's head and judges it; `who` learns its name, also if it is refused.
    pub(super) fn admit(
        &self,
        fields: &mut Fields,
        place: &Place<'_>,
        who: &mut Option<Arc<str>>,
    ) -> Result<(), Error> {
        let found = self.find(fields);
        fields.remove(&header::AUTHORIZATION);
        fields.remove(&X_API_KEY);
        let key = &self.0[found?];
        *who = Some(Arc::clone(&key.name));
        if key.scopes.as_ref().is_some_and(|scopes| !scopes.iter().any(|scope| scope.covers(place))) {
            return Err(Error::new(Kind::OutOfScope));
        }
        match &key.limiter {
            Some(limiter) => limiter.count().map_err(|seconds| Error::new(Kind::RateLimited(seconds))),
            None => Ok(()),
        }
    }

    /// The number of the key that a head presents. Where two fields present one, either may: clients of some APIs
    /// always fill both. Two keys of ours are one too many.
    fn find(&self, fields: &Fields) -> Result<usize, Error> {
        let names = [header::AUTHORIZATION, X_API_KEY];
        let (bearer, plain) = (single(fields, &names[0])?, single(fields, &names[1])?);
        let is_presented = bearer.is_some() || plain.is_some();
        let found = (bearer.and_then(token).and_then(|key| self.look_up(key)), plain.and_then(|key| self.look_up(key)));
        match found {
            (Some(a), Some(b)) if a != b => Err(Error::new(Kind::BadRequest).detail("two different keys")),
            (Some(found), _) | (None, Some(found)) => Ok(found),
            (None, None) if is_presented => Err(Error::new(Kind::Unauthorized).detail("this key is not known")),
            (None, None) => Err(Error::new(Kind::Unauthorized)),
        }
    }

    /// Takes as long for any key as for none.
    fn look_up(&self, key: &[u8]) -> Option<usize> {
        if key.is_empty() || key.len() > LONGEST {
            return None;
        }
        let digest = Digest::of(key);
        let mut found = u64::MAX;
        for (number, held) in (0..).zip(&self.0) {
            let is_same: Choice = held.digest.0.ct_eq(&digest.0);
            found.conditional_assign(&number, is_same);
        }
        usize::try_from(found).ok().filter(|number| *number < self.0.len())
    }
}

/// The only line of a field. Two lines are a request with two readings (RFC 9110, section 5.3).
fn single<'a>(fields: &'a Fields, name: &'a HeaderName) -> Result<Option<&'a [u8]>, Error> {
    let mut lines = fields.get_all(name);
    let line = lines.next();
    if lines.next().is_some() {
        return Err(Error::new(Kind::BadRequest).detail(format!("more than one {name}")));
    }
    Ok(line.map(<[u8]>::trim_ascii))
}

/// The token of `Bearer TOKEN` (RFC 6750, section 2.1); the scheme's case is nobody's business (RFC 9110, 11.1).
fn token(credentials: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = credentials.split_at_checked(b"bearer".len())?;
    let is_bearer = scheme.eq_ignore_ascii_case(b"bearer") && token.starts_with(b" ");
    is_bearer.then(|| token.trim_ascii())
}

#[cfg(test)]
mod tests;
