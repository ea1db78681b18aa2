//! The fields of a head as they are read, one after the other, and what they say about the rest of the message.

use bytes::Bytes;
use http::Version;

use super::error::Error;
use super::framing::Announced;
use super::ordinary::{self, Line};
use crate::head::Fields;

/// Room for what the proxy adds, so that the fields do not grow once more.
const ROOM: usize = 16;

/// A head under way.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    head: &'a Bytes,
    /// What was said about framing.
    pub announced: Announced,
    /// The fields so far.
    pub fields: Fields,
    /// Whether `TE` says that trailer fields are taken.
    pub takes_trailers: bool,
}

// === impl Reading ===

impl<'a> Reading<'a> {
    /// None yet; all of them will be parts of `head`.
    pub(crate) fn new(version: Version, head: &'a Bytes) -> Self {
        let fields = Fields::of(head.clone(), ROOM);
        Self { head, announced: Announced::new(version), fields, takes_trailers: false }
    }

    /// Reads the lines from `at` on, if they are ordinary and whole, and not more than `most`. Returns where they end,
    /// behind the empty line.
    pub(crate) fn ordinary(&mut self, mut at: usize, most: usize) -> Option<usize> {
        let head = &self.head[..];
        for _ in 0..=most {
            match ordinary::line(head, at)? {
                Line::Field { colon, end } => {
                    if self.note(&head[at..colon], &head[colon + 2..end]).ok()? {
                        self.fields.push_plain(at, colon, end);
                    }
                    at = end + 2;
                }
                Line::End(end) => return Some(end),
            }
        }
        None
    }

    /// Takes a line that httparse has taken apart: both are slices of the head.
    pub(crate) fn parsed(&mut self, name: &[u8], value: &[u8]) -> Result<(), Error> {
        if self.note(name, value)? {
            self.fields.push_parsed(name, value);
        }
        Ok(())
    }

    /// False if the field is to be left out. Most names are sorted out by their length alone.
    #[inline]
    fn note(&mut self, name: &[u8], value: &[u8]) -> Result<bool, Error> {
        match name.len() {
            2 => {
                self.takes_trailers |= name.eq_ignore_ascii_case(b"te") && lists_trailers(value);
                Ok(true)
            }
            10 | 14 | 17 => self.announced.note(name, value),
            _ => Ok(true),
        }
    }
}

fn lists_trailers(value: &[u8]) -> bool {
    value.split(|&b| b == b',').any(|token| token.trim_ascii().eq_ignore_ascii_case(b"trailers"))
}
