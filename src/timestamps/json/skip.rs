//! Goes over values that nobody asks for.

use memchr::memchr2;

use super::nesting::Nesting;
use super::token::{escape_length, number_length};
use super::{Cursor, is_valid};

impl Cursor<'_> {
    /// Goes over the value that begins here.
    pub(super) fn skip(&mut self) {
        match self.byte() {
            Some(b'"') => self.skip_string(),
            Some(b'{' | b'[') => self.skip_container(),
            _ => self.skip_scalar(),
        }
    }

    /// Goes over a number or a name.
    fn skip_scalar(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        let length = match rest {
            [b't', b'r', b'u', b'e', ..] | [b'n', b'u', b'l', b'l', ..] => 4,
            [b'f', b'a', b'l', b's', b'e', ..] => 5,
            _ => number_length(rest),
        };
        if length == 0 {
            self.stop();
        }
        self.at += length;
    }

    /// Goes over an object or an array with all that is in it.
    fn skip_container(&mut self) {
        let start = self.at;
        let mut inside = Nesting::default();
        loop {
            let is_object = self.byte() == Some(b'{');
            let mut is_first = is_object || self.byte() == Some(b'[');
            if is_first {
                self.at += 1;
                if !inside.enter(is_object) {
                    return self.skip_deep(start);
                }
            } else if self.is_string() {
                self.skip_string();
            } else {
                self.skip_scalar();
            }
            loop {
                let Some(is_object) = inside.is_object() else { return };
                if self.goes_on(if is_object { b'}' } else { b']' }, &mut is_first) {
                    if is_object {
                        self.skip_key();
                    }
                    break;
                }
                if self.is_broken {
                    return;
                }
                inside.leave();
            }
        }
    }

    /// The same, of one that begins at `start` and is deeper than is noted here.
    #[cold]
    #[inline(never)]
    fn skip_deep(&mut self, start: usize) {
        let end = start + container_length(&self.text.as_bytes()[start..]);
        match self.text.get(start..end) {
            Some(container) if is_valid(container) => self.at = end,
            _ => self.stop(),
        }
    }

    pub(super) fn skip_string(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = self.at + 1;
        loop {
            at = self.special(at);
            match bytes.get(at) {
                Some(b'"') => break self.at = at + 1,
                Some(b'\\') if escape_length(&bytes[at..]) > 0 => at += escape_length(&bytes[at..]),
                _ => break self.stop(),
            }
        }
    }

    fn skip_key(&mut self) {
        if self.is_string() {
            self.skip_string();
            self.skip_colon();
        } else {
            self.stop();
        }
    }
}

/// Bytes of the object or the array that a text begins with, if that is one.
fn container_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    let mut depth = 0_usize;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'"' => at = string_end(bytes, at),
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 1 => break,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    at
}

/// Behind the closing quote of the string whose inside begins at `at`.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(rest) = bytes.get(at..) {
        // Escapes often come in rows: VIA writes every Korean letter as one.
        let row = rest.chunks_exact(6).take_while(|letter| letter.starts_with(b"\\u")).count();
        at += 6 * row;
        let Some(found) = memchr2(b'"', b'\\', &rest[6 * row..]) else { break };
        at += found + 1;
        if bytes[at - 1] == b'"' {
            return at;
        }
        at += 1;
    }
    bytes.len()
}
