//! One field, as where it stands; and what tells names from each other without reading them.

/// Bytes of the fields that viaduct adds to a request, usually.
const OWN: usize = 320;

/// One field. Offsets into the head, or into our own text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub name: u32,
    pub value: u32,
    pub end: u32,
    pub name_len: u16,
    /// First byte of the name, lower case.
    pub first: u8,
    pub form: Form,
}

/// Where a line stands, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// In the head, as `name: value` and nothing else.
    Plain,
    /// In the head, with other white space.
    Spaced,
    /// In our own text.
    Own,
}

// === impl Line ===

impl Line {
    /// One of this name; the offsets are those of the name, the value and its end.
    pub(super) fn new(name: &[u8], at: u32, value: u32, end: u32, form: Form) -> Self {
        let name_len = u16::try_from(name.len()).unwrap_or(u16::MAX);
        Self { name: at, value, end, name_len, first: name.first().copied().unwrap_or_default() | 0x20, form }
    }

    /// Writes one behind our own text.
    #[inline]
    pub(super) fn write(own: &mut Vec<u8>, name: &[u8], value: &[u8]) -> Self {
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
        Self::new(name, at, value_at, end, Form::Own)
    }

    /// Whether it stands right behind a line that ends at `end`, in the same text and form.
    pub(super) fn follows(self, other: &Self, end: u32) -> bool {
        self.form == other.form && self.name == end + 2
    }
}

/// Whether a token is this lower-case name of letters, digits and hyphens; both are equally long. Eight bytes at once:
/// with the bit of the case set, no other byte of a token becomes one of those.
pub(super) fn is_same(token: &[u8], name: &[u8]) -> bool {
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
pub(super) fn len(length: usize) -> u32 {
    length as u32
}

/// The bits of some lower-case names, for [`Fields::may_have`](super::Fields::may_have).
pub(crate) const fn marks(names: &[&str]) -> u64 {
    let (mut marks, mut at) = (0, 0);
    while at < names.len() {
        marks |= mark_of(names[at].len(), names[at].as_bytes()[0]);
        at += 1;
    }
    marks
}

/// The bit of a name.
pub(super) fn mark(name: &[u8]) -> u64 {
    mark_of(name.len(), name.first().copied().unwrap_or_default() | 0x20)
}

pub(super) const fn mark_of(name_len: usize, first: u8) -> u64 {
    1 << ((name_len * 5 + first as usize) % 64)
}
