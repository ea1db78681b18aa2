//! Who may ask for what, and how much: API keys, what is off beyond loopback, CORS, sizes, connections.
//!
//! ```text
//! accept ─▶ Seats ·· route ─▶ Access::admit ─▶ preflight answered here
//!                               ├─▶ key, scope, rate
//!                               ├─▶ what is off
//!                               └─▶ length, form ─▶ a Watch over the body, if it needs one
//! answer ─▶ Access::mark: what a browser needs to know
//! ```
//!
//! Judged after the route is known and before anything goes upstream. What is not configured costs a branch. It knows
//! nothing of routes but numbers of classes; `config` reads their words.

mod allow;
mod cors;
mod form;
mod keys;
mod mask;
mod multipart;
mod new_key;
mod part;
mod rate;
mod scope;
mod seats;
mod token;
mod watch;

use std::sync::Arc;

use http::header;

pub use self::allow::{Allow, Feature};
use self::cors::Cors;
pub use self::cors::{Page, Settings as Origins};
use self::keys::Keyring;
pub use self::keys::{Digest, Key};
pub use self::mask::masked;
use self::multipart::Scanner;
pub use self::new_key::new_key;
pub use self::rate::Rate;
pub use self::scope::{Place, Scope};
pub use self::seats::{FULL, Limits, Seat, Seats};
use self::watch::{Watch, refused};
use crate::body::Inspect;
use crate::error::{Error, Kind};
use crate::head::{Fields, RequestHead};
use crate::upstream::Kind as Api;

/// What is configured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// All keys; none lets everybody in.
    pub keys: Vec<Key>,
    /// What is on.
    pub allow: Allow,
    /// CORS.
    pub origins: Option<Origins>,
}

/// The judge.
#[derive(Debug)]
pub struct Access {
    keys: Option<Keyring>,
    allow: Allow,
    cors: Option<Cors>,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Where it goes.
    pub place: Place<'a>,
    /// Its path as the upstream gets it, without the upstream's base.
    pub path: &'a str,
    /// Whether it is an upload to VIA.
    pub is_upload: bool,
    /// Whether its connection came in from beyond loopback.
    pub is_beyond: bool,
    /// Whether it has a body.
    pub has_body: bool,
    /// The most bytes that this may have.
    pub max_body: Option<u64>,
}

/// What comes of a request that is not refused.
#[derive(Debug)]
pub enum Verdict {
    /// It goes on, and its body is looked at if somebody is named for it.
    Pass(Option<Box<dyn Inspect>>),
    /// It is a preflight: nothing is to be done but to say yes.
    Preflight,
}

// === impl Access ===

impl Access {
    /// Judges by these settings.
    pub fn new(settings: Settings) -> Self {
        Self { keys: Keyring::new(settings.keys), allow: settings.allow, cors: settings.origins.map(Cors::new) }
    }

    /// What a request says of the page that it comes from, for its answer's sake; `None` without CORS.
    pub fn page(&self, head: &RequestHead) -> Option<Page> {
        self.cors.as_ref().map(|_| Page::of(head))
    }

    /// Judges a request, takes out of its head what ends here, and tells `who` asks.
    pub fn admit(
        &self,
        asked: &Asked<'_>,
        page: Option<&Page>,
        fields: &mut Fields,
        who: &mut Option<Arc<str>>,
    ) -> Result<Verdict, Error> {
        if let Some((cors, page)) = self.cors.as_ref().zip(page) {
            if cors.is_preflight(page)? {
                return Ok(Verdict::Preflight);
            }
            if asked.place.kind == Api::Ollama && cors.allows_page(page) {
                // Ollama would judge by a list of its own (contract: ollama, 4.3).
                fields.remove(&header::ORIGIN);
                fields.remove(&header::REFERER);
            }
        }
        if let Some(keys) = &self.keys {
            keys.admit(fields, &asked.place, who)?;
        }
        if asked.place.kind == Api::Ollama && !self.allow.allows(Feature::Library, asked.is_beyond) {
            refuse_management(asked.path)?;
        }
        let hides_disk = asked.place.kind == Api::Via && !self.allow.allows(Feature::Filename, asked.is_beyond);
        if hides_disk && allow::is_review(asked.path) {
            return Err(Error::new(Kind::NotAllowed).detail(Feature::Filename.word()));
        }
        if !asked.has_body {
            return Ok(Verdict::Pass(None));
        }
        let left = unmeasured(fields, asked.max_body)?;
        let form = if hides_disk && asked.is_upload {
            Some(Scanner::new(&form::boundary(fields).map_err(refused)?))
        } else {
            None
        };
        let is_watched = left.is_some() || form.is_some();
        Ok(Verdict::Pass(is_watched.then(|| Box::new(Watch { left, form }) as _)))
    }

    /// Says in an answer what a browser needs to know.
    pub fn mark(&self, page: Option<&Page>, fields: &mut Fields) {
        if let Some((cors, page)) = self.cors.as_ref().zip(page) {
            cors.mark(page, fields);
        }
    }
}

fn refuse_management(path: &str) -> Result<(), Error> {
    let word = Feature::Library.word();
    if allow::is_management(path) { Err(Error::new(Kind::NotAllowed).detail(word)) } else { Ok(()) }
}

/// Refuses a body that says itself that it is too long. One that does not say how long it is has to be measured:
/// against what is returned.
fn unmeasured(fields: &Fields, most: Option<u64>) -> Result<Option<u64>, Error> {
    let Some(most) = most else { return Ok(None) };
    let length = fields.get_str(&header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    match length {
        Some(length) if length > most => Err(Error::new(Kind::TooLarge)),
        Some(_) => Ok(None),
        None => Ok(Some(most)),
    }
}
