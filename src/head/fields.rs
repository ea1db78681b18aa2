//! The fields of a head, in their order, as the bytes that they came in.
//!
//! A field that passes is an entry of 16 bytes that points into the head as it was read; a field that viaduct adds is
//! text of our own behind it. Nothing is hashed, lowered or copied, and neighbours that pass untouched are written in
//! one piece. Names are compared without regard to case; most that are absent are known to be so by one bit.

use std::cell::RefCell;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use memchr::memchr3;

/// Bytes of the fields that viaduct adds to a request, usually.
const OWN: usize = 320;

/// How many vectors a thread keeps for the next heads, and how large they may be.
const SPARE: usize = 32;
const SPARE_SIZE: usize = 4 * 1024;

thread_local!(static SPARES: RefCell<Vec<(Vec<Line>, Vec<u8>)>> = const { RefCell::new(Vec::new()) });

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

/// One field. Offsets into the head, or into our own text.
#[derive(Debug, Clone, Copy)]
struct Line {
    name: u32,
    value: u32,
    end: u32,
    name_len: u16,
    /// First byte of the name, lower case.
    first: u8,
    form: Form,
}

/// Where a line stands, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// In the head, as `name: value` and nothing else.
    Plain,
    /// In the head, with other white space.
    Spaced,
    /// In our own text.
    Own,
}

// === impl Fields ===

impl Fields {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// None yet, with room for so many that point into `head`.
    pub(crate) fn of(head: Bytes, room: usize) -> Self {
        // What the last head had need not be asked of the allocator again.
        let (mut lines, own) = SPARES.with_borrow_mut(Vec::pop).unwrap_or_default();
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
        let (name_len, first) = (colon - at, self.head[at] | 0x20);
        self.marks |= mark_of(name_len, first);
        let name_len = u16::try_from(name_len).unwrap_or(u16::MAX);
        self.lines.push(Line {
            name: len(at),
            value: len(colon + 2),
            end: len(end),
            name_len,
            first,
            form: Form::Plain,
        });
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
        let line = write_line(&mut self.own, name, value);
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
            write_line(&mut self.own, to, &value)
        } else {
            write_line(&mut self.own, to, &self.head[line.value as usize..line.end as usize])
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

// === impl Line ===

impl Line {
    fn new(name: &[u8], at: u32, value: u32, end: u32, form: Form) -> Self {
        let name_len = u16::try_from(name.len()).unwrap_or(u16::MAX);
        Self { name: at, value, end, name_len, first: name.first().copied().unwrap_or_default() | 0x20, form }
    }

    /// Whether it stands right behind a line that ends at `end`, in the same text and form.
    fn follows(self, other: &Self, end: u32) -> bool {
        self.form == other.form && self.name == end + 2
    }
}

/// Whether a token is this lower-case name of letters, digits and hyphens; both are equally long. Eight bytes at once:
/// with the bit of the case set, no other byte of a token becomes one of those.
fn is_same(token: &[u8], name: &[u8]) -> bool {
    const CASE: u64 = 0x2020_2020_2020_2020;
    let (tokens, token_rest) = token.as_chunks::<8>();
    let (names, name_rest) = name.as_chunks::<8>();
    let same =
        |(token, name): (&[u8; 8], &[u8; 8])| u64::from_le_bytes(*token) | CASE == u64::from_le_bytes(*name) | CASE;
    tokens.iter().zip(names).all(same)
        && token_rest.iter().zip(name_rest).all(|(token, name)| token | 0x20 == name | 0x20)
}

/// Writes a line behind our own text.
#[inline]
fn write_line(own: &mut Vec<u8>, name: &[u8], value: &[u8]) -> Line {
    if own.capacity() == 0 {
        // Room for what the proxy adds, so that it does not grow step by step.
        own.reserve(OWN);
    }
    let at = len(own.len());
    own.extend_from_slice(name);
    own.extend_from_slice(b": ");
    let value_at = len(own.len());
    own.extend_from_slice(value);
    let end = len(own.len());
    own.extend_from_slice(b"\r\n");
    Line::new(name, at, value_at, end, Form::Own)
}

/// Heads are limited to far less than 4 GiB.
#[expect(clippy::cast_possible_truncation, reason = "checked where heads are read")]
fn len(length: usize) -> u32 {
    length as u32
}

/// The bits of some lower-case names, for [`Fields::may_have`].
pub(crate) const fn marks(names: &[&str]) -> u64 {
    let (mut marks, mut at) = (0, 0);
    while at < names.len() {
        marks |= mark_of(names[at].len(), names[at].as_bytes()[0]);
        at += 1;
    }
    marks
}

/// The bit of a name.
fn mark(name: &[u8]) -> u64 {
    mark_of(name.len(), name.first().copied().unwrap_or_default() | 0x20)
}

const fn mark_of(name_len: usize, first: u8) -> u64 {
    1 << ((name_len * 5 + first as usize) % 64)
}

impl Drop for Fields {
    fn drop(&mut self) {
        let (mut lines, mut own) = (std::mem::take(&mut self.lines), std::mem::take(&mut self.own));
        let is_small = lines.capacity() * size_of::<Line>() <= SPARE_SIZE && own.capacity() <= SPARE_SIZE;
        if lines.capacity() > 0 && is_small {
            lines.clear();
            own.clear();
            // A thread that ends has no use for them.
            let _ = SPARES.try_with(|spares| {
                let mut spares = spares.borrow_mut();
                if spares.len() < SPARE {
                    spares.push((lines, own));
                }
            });
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
