//! The fields of a head, in their order, as the bytes that they came in.
//!
//! A field that passes is an entry of 16 bytes that points into the head as it was read; a field that viaduct adds is
//! text of our own behind it. Nothing is hashed, lowered or copied, and neighbours that pass untouched are written in
//! one piece. Names are compared without regard to case; most that are absent are known to be so by one bit.

mod line;
mod spare;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use memchr::memchr3;

pub(crate) use self::line::marks;
use self::line::{Form, Line, is_same, len, mark, mark_of};

/// The fields of a head.
#[derive(Clone, Default)]
pub struct Fields {
    /// What was read.
    head: Bytes,
    /// What was added: whole lines.
    own: Vec<u8>,
    lines: Vec<Line>,
    /// A bit for each name that is, or was, among them; several names share one.
    marks: u64,
}

// === impl Fields ===

impl Fields {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// None yet, with room for so many that point into `head`.
    pub(crate) fn of(head: Bytes, room: usize) -> Self {
        let (mut lines, own) = spare::take();
        lines.reserve(room);
        Self { head, own, lines, marks: 0 }
    }

    /// As read from a head that a parser has taken apart: both are slices of it, and valid.
    pub(crate) fn push_parsed(&mut self, name: &[u8], value: &[u8]) {
        let head = self.head.as_ptr() as usize;
        let at = len((name.as_ptr() as usize).wrapping_sub(head));
        // An empty value has no place that is worth pointing to.
        let colon = at + len(name.len());
        let value_at = if value.is_empty() { colon } else { len((value.as_ptr() as usize).wrapping_sub(head)) };
        let end = value_at + len(value.len());
        debug_assert!(self.head.len() >= end as usize, "not a part of this head");
        let is_plain = value_at == colon + 2 && self.head.get(colon as usize + 1) == Some(&b' ');
        let form = if is_plain { Form::Plain } else { Form::Spaced };
        self.marks |= mark(name);
        self.lines.push(Line::new(name, at, value_at, end, form));
    }

    /// As [`push_parsed`](Self::push_parsed), for a line `name: value` that begins at `at` in the head, with its colon
    /// and its end there.
    pub(crate) fn push_plain(&mut self, at: usize, colon: usize, end: usize) {
        let line = Line::new(&self.head[at..colon], len(at), len(colon + 2), len(end), Form::Plain);
        self.marks |= mark_of(colon - at, line.first);
        self.lines.push(line);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The value of the first of this name.
    #[expect(clippy::inline_always, reason = "most names are constants and absent: one bit of a constant tells it")]
    #[inline(always)]
    pub fn get(&self, name: &HeaderName) -> Option<&[u8]> {
        let name = name.as_str().as_bytes();
        if self.marks & mark(name) == 0 { None } else { self.find(name).map(|line| self.value(line)) }
    }

    fn find(&self, name: &[u8]) -> Option<&Line> {
        self.lines.iter().find(|line| self.is(line, name))
    }

    /// The value of the first of this name, if it is visible ASCII.
    pub fn get_str(&self, name: &HeaderName) -> Option<&str> {
        let value = self.get(name)?;
        let is_visible = value.iter().all(|&b| matches!(b, b' '..=b'~' | b'\t'));
        if is_visible { str::from_utf8(value).ok() } else { None }
    }

    /// False if certainly none of the names that made these [`marks`] is among them.
    pub(crate) fn may_have(&self, marks: u64) -> bool {
        self.marks & marks != 0
    }

    /// The values of all of this name.
    #[inline]
    pub fn get_all<'a>(&'a self, name: &'a HeaderName) -> impl Iterator<Item = &'a [u8]> {
        let name = name.as_str().as_bytes();
        let lines = if self.marks & mark(name) == 0 { &[][..] } else { &self.lines };
        lines.iter().filter(move |line| self.is(line, name)).map(|line| self.value(line))
    }

    /// Whether there is one of this name.
    #[inline]
    pub fn contains(&self, name: &HeaderName) -> bool {
        self.get(name).is_some()
    }

    /// All of them: name, as it was written, and value.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.lines.iter().map(|line| (self.name(line), self.value(line)))
    }

    /// Puts one of this name in the place of all others of it.
    #[inline]
    pub fn insert(&mut self, name: &HeaderName, value: impl AsRef<[u8]>) {
        let had = self.marks;
        self.append(name, value);
        self.take_place(name.as_str().as_bytes(), had);
    }

    /// As [`insert`](Self::insert), of a value that cannot end its line: a word of our own, or one that was read from a
    /// field.
    #[inline]
    pub(crate) fn insert_clean(&mut self, name: &HeaderName, value: &[u8]) {
        let had = self.marks;
        self.append_clean(name, value);
        self.take_place(name.as_str().as_bytes(), had);
    }

    /// The last line takes the place of all others of its name; `had` are the marks from before it.
    #[inline]
    fn take_place(&mut self, name: &[u8], had: u64) {
        if had & mark(name) != 0 {
            self.replace(name);
        }
    }

    fn replace(&mut self, name: &[u8]) {
        let Some(last) = self.lines.pop() else { return };
        match self.lines.iter().position(|line| self.is(line, name)) {
            Some(place) => {
                self.remove_from(place + 1, name);
                self.lines[place] = last;
            }
            None => self.lines.push(last),
        }
    }

    /// Adds one behind all others.
    pub fn append(&mut self, name: &HeaderName, value: impl AsRef<[u8]>) {
        let value = value.as_ref();
        // RFC 9110, section 5.5: what could end the line becomes a space.
        if memchr3(b'\r', b'\n', 0, value).is_some() {
            let spaced = |&b: &u8| if matches!(b, b'\r' | b'\n' | 0) { b' ' } else { b };
            let clean: Vec<u8> = value.iter().map(spaced).collect();
            self.append_clean(name, &clean);
        } else {
            self.append_clean(name, value);
        }
    }

    /// As [`append`](Self::append), of a value that cannot end its line: a word of our own, or one that was read from a
    /// field.
    #[inline]
    pub(crate) fn append_clean(&mut self, name: &HeaderName, value: &[u8]) {
        debug_assert!(memchr3(b'\r', b'\n', 0, value).is_none(), "a value that ends its line");
        let name = name.as_str().as_bytes();
        let line = Line::write(&mut self.own, name, value);
        self.marks |= mark(name);
        self.lines.push(line);
    }

    /// Puts the value of the first `from` in the place of all `to`; false if there is no `from`.
    pub fn copy(&mut self, from: &HeaderName, to: &HeaderName) -> bool {
        let Some(line) = self.find(from.as_str().as_bytes()).copied() else { return false };
        let to = to.as_str().as_bytes();
        let had = self.marks;
        let line = if line.form == Form::Own {
            let value = self.value(&line).to_vec();
            Line::write(&mut self.own, to, &value)
        } else {
            Line::write(&mut self.own, to, &self.head[line.value as usize..line.end as usize])
        };
        self.marks |= mark(to);
        self.lines.push(line);
        self.take_place(to, had);
        true
    }

    /// Takes out all of this name; whether there was one.
    pub fn remove(&mut self, name: &HeaderName) -> bool {
        let name = name.as_str().as_bytes();
        self.marks & mark(name) != 0 && self.remove_from(0, name)
    }

    fn remove_from(&mut self, start: usize, name: &[u8]) -> bool {
        let before = self.lines.len();
        let mut lines = std::mem::take(&mut self.lines);
        let mut at = 0;
        lines.retain(|line| {
            at += 1;
            at <= start || !self.is(line, name)
        });
        self.lines = lines;
        self.lines.len() < before
    }

    /// Keeps those that pass, by name (as it was written) and value.
    pub fn retain(&mut self, mut passes: impl FnMut(&[u8], &[u8]) -> bool) {
        let mut lines = std::mem::take(&mut self.lines);
        lines.retain(|line| passes(self.name(line), self.value(line)));
        self.lines = lines;
    }

    /// Writes all of them as lines. What passes untouched keeps the form that it came in, except for white space around
    /// values.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let mut lines = self.lines.iter().peekable();
        while let Some(line) = lines.next() {
            let text = self.text(line);
            if line.form == Form::Spaced {
                out.extend_from_slice(self.name(line));
                out.extend_from_slice(b": ");
                out.extend_from_slice(self.value(line));
                out.extend_from_slice(b"\r\n");
                continue;
            }
            let mut end = line.end;
            while let Some(next) = lines.next_if(|next| next.follows(line, end)) {
                end = next.end;
            }
            out.extend_from_slice(&text[line.name as usize..end as usize]);
            out.extend_from_slice(b"\r\n");
        }
    }

    /// As `http` has them, without those that it does not take.
    pub fn to_map(&self) -> HeaderMap {
        let mut map = HeaderMap::with_capacity(self.len());
        for (name, value) in self.iter() {
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
                map.append(name, value);
            }
        }
        map
    }

    /// As `http` has them.
    pub fn from_map(map: &HeaderMap) -> Self {
        let mut fields = Self::new();
        for (name, value) in map {
            fields.append(name, value);
        }
        fields
    }

    fn is(&self, line: &Line, name: &[u8]) -> bool {
        usize::from(line.name_len) == name.len() && name.first() == Some(&line.first) && is_same(self.name(line), name)
    }

    fn text(&self, line: &Line) -> &[u8] {
        if line.form == Form::Own { &self.own } else { &self.head }
    }

    fn name(&self, line: &Line) -> &[u8] {
        let start = line.name as usize;
        &self.text(line)[start..start + usize::from(line.name_len)]
    }

    fn value(&self, line: &Line) -> &[u8] {
        &self.text(line)[line.value as usize..line.end as usize]
    }
}

impl Drop for Fields {
    fn drop(&mut self) {
        if self.lines.capacity() > 0 {
            spare::keep(std::mem::take(&mut self.lines), std::mem::take(&mut self.own));
        }
    }
}

impl std::fmt::Debug for Fields {
    /// Names only: values may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| String::from_utf8_lossy(name))).finish()
    }
}

#[cfg(test)]
mod tests;
