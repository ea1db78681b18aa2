//! A JSON body that is here as a whole before any of it has gone: read at once, and written again with the member.
//!
//! What comes of it is what comes of the same body in frames. Whatever is not the plain case (no object, broken, with the
//! member already, not UTF-8) is left to those.

use bytes::Bytes;

use crate::timestamps::answer::{Answer, Echoed, Place};
use crate::timestamps::object::Object;
use crate::timestamps::room;

/// A body that can take the member.
#[derive(Debug)]
pub struct Whole {
    body: Bytes,
    place: Place,
}

// === impl Whole ===

impl Whole {
    /// Reads a body, of which nothing is echoed; `None` if it has to go the long way.
    pub fn read(body: &Bytes) -> Option<(Self, Answer)> {
        let (answer, place) = Answer::read_object(str::from_utf8(body).ok()?, Echoed::None)?;
        (!answer.has_timestamps).then(|| (Self { body: body.clone(), place }, answer))
    }

    /// The body with the member before its last brace.
    pub fn with(&self, object: &Object<'_>) -> Bytes {
        let (before, behind) = self.body.split_at(self.place.brace);
        let mut with = room::take(self.body.len() + object.size_hint());
        with.extend_from_slice(before);
        with.extend_from_slice(if self.place.has_members { b",\"timestamps\":" } else { b"\"timestamps\":" });
        object.write_json(&mut with);
        with.extend_from_slice(behind);
        room::lend(with)
    }
}
