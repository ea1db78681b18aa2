//! The fields of a head, in their order, as the bytes that they came in.
//!
//! A field that passes is an entry of 16 bytes that points into the head as it was read; a field that viaduct adds is
//! text of our own behind it. Nothing is hashed, lowered or copied, and neighbours that pass untouched are written in
//! one piece. Names are compared without regard to case; most that are absent are known to be so by one bit.

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use memchr::memchr3;

/// Bytes of the fields that viaduct adds to a request, usually.
const OWN: usize = 320;

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
        Self { head, own: Vec::new(), lines: Vec::with_capacity(room), marks: 0 }
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
        self.push(name, at, value_at, end, form);
    }

    fn push(&mut self, name: &[u8], at: u32, value: u32, end: u32, form: Form) {
        let name_len = u16::try_from(name.len()).unwrap_or(u16::MAX);
        let first = name.first().copied().unwrap_or_default() | 0x20;
        self.marks |= mark(name);
        self.lines.push(Line { name: at, value, end, name_len, first, form });
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
    pub fn get(&self, name: &HeaderName) -> Option<&[u8]> {
        let name = name.as_str().as_bytes();
        if self.marks & mark(name) == 0 {
            return None;
        }
        self.lines.iter().find(|line| self.is(line, name)).map(|line| self.value(line))
    }

    /// The value of the first of this name, if it is visible ASCII.
    pub fn get_str(&self, name: &HeaderName) -> Option<&str> {
        let value = self.get(name)?;
        let is_visible = value.iter().all(|&b| matches!(b, b' '..=b'~' | b'\t'));
        if is_visible { str::from_utf8(value).ok() } else { None }
    }

    /// The values of all of this name.
    pub fn get_all<'a>(&'a self, name: &'a HeaderName) -> impl Iterator<Item = &'a [u8]> {
        let name = name.as_str().as_bytes();
        let lines = if self.marks & mark(name) == 0 { &[][..] } else { &self.lines };
        lines.iter().filter(move |line| self.is(line, name)).map(|line| self.value(line))
    }

    /// Whether there is one of this name.
    pub fn contains(&self, name: &HeaderName) -> bool {
        self.get(name).is_some()
    }

    /// All of them: name, as it was written, and value.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.lines.iter().map(|line| (self.name(line), self.value(line)))
    }

    /// Puts one of this name in the place of all others of it.
    pub fn insert(&mut self, name: &HeaderName, value: impl AsRef<[u8]>) {
        let bytes = name.as_str().as_bytes();
        if self.marks & mark(bytes) == 0 {
            return self.append(name, value);
        }
        let Some(place) = self.lines.iter().position(|line| self.is(line, bytes)) else {
            return self.append(name, value);
        };
        self.append(name, value);
        if let Some(line) = self.lines.pop() {
            self.remove_from(place + 1, bytes);
            self.lines[place] = line;
        }
    }

    /// Adds one behind all others.
    pub fn append(&mut self, name: &HeaderName, value: impl AsRef<[u8]>) {
        let (name, value) = (name.as_str().as_bytes(), value.as_ref());
        if self.own.capacity() == 0 {
            // Room for what the proxy adds, so that it does not grow step by step.
            self.own.reserve(OWN);
        }
        let at = len(self.own.len());
        self.own.extend_from_slice(name);
        self.own.extend_from_slice(b": ");
        let value_at = len(self.own.len());
        self.own.extend_from_slice(value);
        let end = len(self.own.len());
        self.own.extend_from_slice(b"\r\n");
        // RFC 9110, section 5.5: what could end the line becomes a space.
        if memchr3(b'\r', b'\n', 0, value).is_some() {
            for byte in &mut self.own[value_at as usize..end as usize] {
                if matches!(*byte, b'\r' | b'\n' | 0) {
                    *byte = b' ';
                }
            }
        }
        self.push(name, at, value_at, end, Form::Own);
    }

    /// Puts the value of the first `from` in the place of all `to`; false if there is no `from`.
    pub fn copy(&mut self, from: &HeaderName, to: &HeaderName) -> bool {
        let name = from.as_str().as_bytes();
        let Some(line) = self.lines.iter().copied().find(|line| self.is(line, name)) else { return false };
        let value = if line.form == Form::Own { Bytes::copy_from_slice(self.value(&line)) } else { self.slice(&line) };
        self.insert(to, value);
        true
    }

    fn slice(&self, line: &Line) -> Bytes {
        self.head.slice(line.value as usize..line.end as usize)
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

/// Heads are limited to far less than 4 GiB.
#[expect(clippy::cast_possible_truncation, reason = "checked where heads are read")]
fn len(length: usize) -> u32 {
    length as u32
}

/// The bit of a name.
fn mark(name: &[u8]) -> u64 {
    let first = name.first().copied().unwrap_or_default() | 0x20;
    1 << ((name.len() * 5 + usize::from(first)) % 64)
}

impl std::fmt::Debug for Fields {
    /// Names only: values may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| String::from_utf8_lossy(name))).finish()
    }
}

#[cfg(test)]
mod tests {
    use http::header;

    use super::*;

    const HEAD: &[u8] = b"GET / HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nX-B:\t2 \r\nx-a: 3\r\nX-E:\r\nX-F: 4\r\n\r\n";

    fn parsed() -> Fields {
        let head = Bytes::from_static(HEAD);
        let mut lines = [httparse::EMPTY_HEADER; 8];
        let mut request = httparse::Request::new(&mut lines);
        assert!(request.parse(&head).unwrap().is_complete());
        let mut fields = Fields::of(head.clone(), 8);
        for line in request.headers.iter() {
            fields.push_parsed(line.name.as_bytes(), line.value);
        }
        fields
    }

    fn written(fields: &Fields) -> String {
        let mut out = Vec::new();
        fields.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    fn name(name: &'static str) -> HeaderName {
        HeaderName::from_static(name)
    }

    #[test]
    fn what_passes_is_written_as_it_came_but_for_white_space() {
        assert_eq!(written(&parsed()), "Host: h\r\nX-A: 1\r\nX-B: 2\r\nx-a: 3\r\nX-E: \r\nX-F: 4\r\n");
    }

    #[test]
    fn names_have_no_case() {
        let fields = parsed();
        assert_eq!(fields.get(&header::HOST), Some(&b"h"[..]));
        assert_eq!(fields.get_all(&name("x-a")).collect::<Vec<_>>(), [b"1", b"3"]);
        assert_eq!((fields.get(&name("x-e")), fields.get(&name("x-g"))), (Some(&b""[..]), None));
        assert_eq!(fields.get_str(&name("x-b")), Some("2"));
    }

    #[test]
    fn one_takes_the_place_of_all() {
        let mut fields = parsed();
        fields.insert(&name("x-a"), "new");
        fields.insert(&header::VIA, "v");
        fields.append(&header::VIA, "w");
        assert_eq!(written(&fields), "Host: h\r\nx-a: new\r\nX-B: 2\r\nX-E: \r\nX-F: 4\r\nvia: v\r\nvia: w\r\n");
        assert!(fields.copy(&header::HOST, &name("x-f")) && !fields.copy(&header::ETAG, &name("x-f")));
        assert_eq!(fields.get(&name("x-f")), Some(&b"h"[..]));
    }

    #[test]
    fn what_is_taken_out_is_gone() {
        let mut fields = parsed();
        assert!(fields.remove(&name("x-a")) && !fields.remove(&name("x-a")));
        fields.retain(|name, value| name != b"X-B" && !value.is_empty());
        assert_eq!(written(&fields), "Host: h\r\nX-F: 4\r\n");
    }

    #[test]
    fn no_value_can_end_its_line() {
        let mut fields = Fields::new();
        fields.insert(&name("x"), "a\r\nb: c\0");
        assert_eq!(written(&fields), "x: a  b: c \r\n");
    }

    #[test]
    fn a_map_and_back() {
        let fields = Fields::from_map(&parsed().to_map());
        let mut lines: Vec<_> = written(&fields).lines().map(str::to_owned).collect();
        lines.sort();
        assert_eq!(lines, ["host: h", "x-a: 1", "x-a: 3", "x-b: 2", "x-e: ", "x-f: 4"]);
    }
}
