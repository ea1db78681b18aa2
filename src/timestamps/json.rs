//! A cursor over a JSON text: members, elements, strings and numbers as slices, nothing built, and each byte looked at once.
//!
//! It checks what it goes over, and stops where that is no JSON; [`Cursor::is_over`] tells which of both it was. It never
//! recurses (100,000 levels are as good as one), lets the caller decide which of two equal keys wins, and reads every
//! string: a lone surrogate becomes U+FFFD.

mod escape;
mod nesting;
mod skip;
mod token;

use std::borrow::Cow;

use self::escape::resolve;
pub(super) use self::escape::unescape;
use super::room;
use memchr::memchr2;
use token::{control, escape_length, is_plain as is_plain_text, near_special};

/// The room that is made for what a string with escapes says, at first.
const SOME_ROOM: usize = 4096;

/// Whether the text is one JSON value.
pub(super) fn is_valid(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// The members of an object, in order: key, and value as written. Empty for anything else.
pub(super) fn members(object: &str) -> impl Iterator<Item = (Cow<'_, str>, &str)> {
    let mut cursor = Cursor::new(object);
    let mut is_inside = cursor.enter(b'{');
    let mut is_first = true;
    std::iter::from_fn(move || {
        is_inside = is_inside && cursor.goes_on(b'}', &mut is_first);
        is_inside.then(|| (cursor.key(), cursor.value()))
    })
}

/// The elements of an array, in order, as written. Empty for anything else.
pub(super) fn elements(array: &str) -> impl Iterator<Item = &str> {
    let mut cursor = Cursor::new(array);
    let mut is_inside = cursor.enter(b'[');
    let mut is_first = true;
    std::iter::from_fn(move || {
        is_inside = is_inside && cursor.goes_on(b']', &mut is_first);
        is_inside.then(|| cursor.value())
    })
}

/// The value of a member; the last one where the key is there more than once.
pub(super) fn member<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    members(object).filter(|(key, _)| key == name).last().map(|(_, value)| value)
}

/// Whether a text stands in JSON as it is: nothing in it has to be escaped.
pub(super) fn is_plain(text: &str) -> bool {
    is_plain_text(text.as_bytes())
}

/// What a raw string says; `None` for any other value.
pub(super) fn string(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?;
    Some(unescape(inner.strip_suffix('"').unwrap_or(inner)))
}

/// What a raw number is; `None` for any other value, or one that no double can hold.
pub(super) fn number(raw: &str) -> Option<f64> {
    let first = *raw.as_bytes().first()?;
    if first != b'-' && !first.is_ascii_digit() {
        return None;
    }
    // no shorter integer is rounded
    if raw.len() <= 15 && raw.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(raw.bytes().fold(0.0, |value, digit| 10.0 * value + f64::from(digit - b'0')));
    }
    raw.parse().ok().filter(|number: &f64| number.is_finite())
}

/// A place in a text, that goes on value by value.
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    /// Whether something was met that is no JSON; the cursor is at the text's end then.
    is_broken: bool,
    /// The first control character from where one was last looked for; the text's end if there is none.
    control: usize,
}

// === impl Cursor ===

impl<'a> Cursor<'a> {
    /// At the text's first value.
    pub(super) fn new(text: &'a str) -> Self {
        let mut cursor = Self { text, at: 0, is_broken: false, control: 0 };
        cursor.skip_space();
        cursor
    }

    /// How many bytes lie behind it.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Whether everything that it went over is JSON, and only white space is left.
    pub(super) fn is_over(&mut self) -> bool {
        self.skip_space();
        !self.is_broken && self.at == self.text.len()
    }

    /// Walks through the members of the object that begins here. A value that `visit` does not go through is skipped.
    /// Anything but an object stays where it is.
    #[inline]
    pub(super) fn each_member(&mut self, mut visit: impl FnMut(&str, &mut Self)) {
        if self.enter(b'{') {
            let mut is_first = true;
            while self.goes_on(b'}', &mut is_first) {
                let key = self.key();
                self.visit(|cursor| visit(&key, cursor));
            }
        }
    }

    /// Walks through the elements of the array that begins here, in the same way.
    #[inline]
    pub(super) fn each_element(&mut self, mut visit: impl FnMut(&mut Self)) {
        if self.enter(b'[') {
            let mut is_first = true;
            while self.goes_on(b']', &mut is_first) {
                self.visit(&mut visit);
            }
        }
    }

    /// Goes over the value that begins here and gives it as written.
    pub(super) fn value(&mut self) -> &'a str {
        self.value_by(|_| {})
    }

    /// The same, of a value that `walk` may go through.
    #[inline]
    pub(super) fn value_by(&mut self, walk: impl FnOnce(&mut Self)) -> &'a str {
        let start = self.at;
        self.visit(walk);
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// What the string says that begins here, which is gone over; `None` for any other value.
    pub(super) fn string(&mut self) -> Option<Cow<'a, str>> {
        self.is_string().then(|| self.said())
    }

    /// Whether a string begins here.
    pub(super) fn is_string(&self) -> bool {
        self.byte() == Some(b'"')
    }

    #[inline]
    fn visit(&mut self, visit: impl FnOnce(&mut Self)) {
        let start = self.at;
        visit(self);
        if self.at == start {
            self.skip();
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// What stands here is no JSON: nothing more is read.
    #[cold]
    fn stop(&mut self) {
        self.is_broken = true;
        self.at = self.text.len();
    }

    fn key(&mut self) -> Cow<'a, str> {
        let Some(key) = self.string() else {
            self.stop();
            return Cow::Borrowed("");
        };
        self.skip_colon();
        key
    }

    /// Goes over the colon between a key and its value.
    fn skip_colon(&mut self) {
        self.skip_space();
        if self.byte() == Some(b':') {
            self.at += 1;
            self.skip_space();
        } else {
            self.stop();
        }
    }

    fn enter(&mut self, bracket: u8) -> bool {
        let is_there = self.byte() == Some(bracket);
        self.at += usize::from(is_there);
        is_there
    }

    /// Whether another value comes before the container's end, which is gone over.
    fn goes_on(&mut self, close: u8, is_first: &mut bool) -> bool {
        self.skip_space();
        let was_first = std::mem::replace(is_first, false);
        match self.byte() {
            Some(byte) if byte == close => {
                self.at += 1;
                return false;
            }
            Some(b',') if !was_first => {
                self.at += 1;
                self.skip_space();
            }
            Some(_) if was_first => {}
            _ => self.stop(),
        }
        !self.is_broken
    }

    #[inline]
    fn skip_space(&mut self) {
        while self.byte().is_some_and(is_space) {
            self.at += 1;
        }
    }

    /// Where, from `from` on, which is inside of a string, the next quote, backslash or control character stands; the text's
    /// end if there is none.
    #[inline]
    fn special(&mut self, from: usize) -> usize {
        let bytes = self.text.as_bytes();
        // Most are near: keys, and the quotes and line ends of a text.
        if let Some(near) = near_special(bytes, from) {
            return near;
        }
        // The others stand behind prose, where two bytes are found faster than all control characters.
        let end = memchr2(b'"', b'\\', &bytes[from..]).map_or(bytes.len(), |found| from + found);
        if self.control < from {
            self.look_for_control(from);
        }
        end.min(self.control)
    }

    /// No string has one, so that one look is enough for all strings up to the white space that does.
    #[inline(never)]
    fn look_for_control(&mut self, from: usize) {
        self.control = control(self.text.as_bytes(), from);
    }

    /// What the string says that begins here.
    fn said(&mut self) -> Cow<'a, str> {
        let start = self.at + 1;
        let end = self.special(start);
        if self.text.as_bytes().get(end) == Some(&b'"') {
            self.at = end + 1;
            return Cow::Borrowed(&self.text[start..end]);
        }
        Cow::Owned(self.unescaped(start, end))
    }

    /// What the string says whose inside begins at `from`, and has its first escape at `at`.
    fn unescaped(&mut self, mut from: usize, mut at: usize) -> String {
        let (text, bytes) = (self.text, self.text.as_bytes());
        // an empty vector is a text
        let mut plain = String::from_utf8(room::take((text.len() - from).min(SOME_ROOM))).unwrap_or_default();
        loop {
            plain.push_str(&text[from..at]);
            match &bytes[at..] {
                [b'"', ..] => break self.at = at + 1,
                [b'\\', simple @ (b'n' | b'"'), ..] => {
                    plain.push(if *simple == b'n' { '\n' } else { '"' });
                    from = at + 2;
                }
                escape if escape_length(escape) > 0 => {
                    let (said, behind) = resolve(&text[at + 1..]);
                    plain.extend(said);
                    from = text.len() - behind.len();
                }
                _ => break self.stop(),
            }
            // Escapes often come in rows: VIA writes every Korean letter of an event as one.
            at = if bytes.get(from) == Some(&b'\\') { from } else { self.special(from) };
        }
        plain
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests;
