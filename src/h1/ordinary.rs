//! Reads the heads that nearly all messages have, in one pass: a start line of HTTP/1.1, and lines of `name: value` with
//! one space, no tab and no control character, each ended by CRLF.
//!
//! It judges nothing. What is not of this shape, or not whole, is `None`, and then the reader of all heads, httparse,
//! has the word. What it does read httparse reads in the same way: tests and the fuzzer compare the two. Two fifths of
//! what a request cost in instructions outside the kernel was once spent on heads that never surprise anybody.

/// One line of a head, from where it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// A field. The value begins two bytes behind the colon, and the next line two bytes behind its end.
    Field {
        /// Where the colon stands, from the beginning of the head.
        colon: usize,
        /// Where the value ends.
        end: usize,
    },
    /// The empty line; the head ends here.
    End(usize),
}

/// Where the method and the target of a request line end. The method begins at 0, the target one byte behind it, and the
/// fields [`VERSION`] bytes behind the target.
pub(crate) fn request_line(head: &[u8]) -> Option<(usize, usize)> {
    let method = head.iter().position(|&b| !is(TOKEN, b))?;
    let target = head.get(method..)?.strip_prefix(b" ")?;
    let length = target.iter().position(|&b| !is(TARGET, b))?;
    let is_ordinary = method > 0 && target.first() == Some(&b'/') && target[length..].starts_with(b" HTTP/1.1\r\n");
    is_ordinary.then_some((method, method + 1 + length))
}

/// The length of ` HTTP/1.1` and its line end.
pub(crate) const VERSION: usize = 11;

/// The status and where the reason ends, which begins at [`REASON`].
pub(crate) fn status_line(head: &[u8]) -> Option<(u16, usize)> {
    let line = head.strip_prefix(b"HTTP/1.1 ")?;
    let (&[hundreds, tens, ones, b' '], reason) = line.split_first_chunk()? else { return None };
    let status = [hundreds, tens, ones].into_iter().try_fold(0, |status, digit| {
        let digit = digit.wrapping_sub(b'0');
        (digit < 10).then_some(status * 10 + u16::from(digit))
    })?;
    let length = text(reason)?;
    let is_ordinary = reason[..length].is_ascii() && !reason.starts_with(b" ") && ends_line(reason, length);
    is_ordinary.then_some((status, REASON + length))
}

/// Where the reason phrase begins.
pub(crate) const REASON: usize = 13;

/// The line that begins at `at`.
pub(crate) fn line(head: &[u8], at: usize) -> Option<Line> {
    let line = head.get(at..)?;
    let colon = name(line)?;
    if colon == 0 {
        return line.starts_with(b"\r\n").then_some(Line::End(at + 2));
    }
    let value = line[colon..].strip_prefix(b": ")?;
    let length = text(value)?;
    let is_trimmed = length > 0 && value[0] != b' ' && value[length - 1] != b' ';
    let end = at + colon + 2 + length;
    (is_trimmed && ends_line(value, length)).then_some(Line::Field { colon: at + colon, end })
}

fn ends_line(text: &[u8], length: usize) -> bool {
    text[length..].starts_with(b"\r\n")
}

/// How far there is a token. Most names are letters and hyphens, which eight at a time are told from the rest.
fn name(line: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(eight) = line.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let others = others(u64::from_le_bytes(*eight));
        if others != 0 {
            at += others.trailing_zeros() as usize / 8;
            break;
        }
        at += 8;
    }
    let rest = line.get(at..)?;
    Some(at + rest.iter().position(|&b| !is(TOKEN, b))?)
}

/// The high bit of each byte of eight that is neither a letter nor a hyphen.
fn others(eight: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = ONES * 0x80;
    let low = eight & !HIGH;
    let lower = low | (ONES * 0x20);
    // Above z (0x7a), or below a (0x61); none of the sums passes on to the next byte.
    let letters = !(lower + ONES * (0x7f - 0x7a)) & (lower + ONES * (0x80 - 0x61));
    let hyphens = !((low ^ (ONES * 0x2d)) + ONES * 0x7f);
    (!(letters | hyphens) | eight) & HIGH
}

/// How far there is neither a control character nor DEL; `None` if there is none at all.
fn text(bytes: &[u8]) -> Option<usize> {
    let (chunks, rest) = bytes.as_chunks::<8>();
    for (number, chunk) in chunks.iter().enumerate() {
        let controls = controls(u64::from_le_bytes(*chunk));
        if controls != 0 {
            return Some(number * 8 + controls.trailing_zeros() as usize / 8);
        }
    }
    let end = rest.iter().position(|&b| b < b' ' || b == 0x7f)?;
    Some(chunks.len() * 8 + end)
}

/// The high bit of each byte of eight that is a control character. A borrow may mark bytes behind the first one as well,
/// so only the lowest mark counts.
fn controls(eight: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let low = eight.wrapping_sub(ONES * 0x20) & !eight;
    let delete = eight ^ (ONES * 0x7f);
    let delete = delete.wrapping_sub(ONES) & !delete;
    (low | delete) & (ONES * 0x80)
}

/// A byte of a token (RFC 9110, section 5.6.2).
const TOKEN: u8 = 1;
/// A byte of a path or a query (RFC 3986, section 3), or the percent sign.
const TARGET: u8 = 2;

static CLASSES: [u8; 256] = {
    let (mut classes, mut byte) = ([0; 256], 0);
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "an index of 256")]
        let char = byte as u8;
        if char.is_ascii_alphanumeric() {
            classes[byte] = TOKEN | TARGET;
        }
        byte += 1;
    }
    mark(mark(classes, b"!#$%&'*+-.^_`|~", TOKEN), b"-._~!$&'()*+,;=:@/?%[]", TARGET)
};

const fn mark(mut classes: [u8; 256], bytes: &[u8], class: u8) -> [u8; 256] {
    let mut at = 0;
    while at < bytes.len() {
        classes[bytes[at] as usize] |= class;
        at += 1;
    }
    classes
}

fn is(class: u8, byte: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WHOLE: &str =
        "GET /a?b=c HTTP/1.1\r\nHost: h\r\nX-Long-Name: a long \u{e9} value, with (all) [kinds] of \"bytes\"\r\n\r\n";

    /// The fields, by both readers: this one's and httparse's.
    fn fields(head: &[u8], mut at: usize) -> Option<Vec<(&[u8], &[u8])>> {
        let mut fields = Vec::new();
        loop {
            match line(head, at)? {
                Line::Field { colon, end } => {
                    fields.push((&head[at..colon], &head[colon + 2..end]));
                    at = end + 2;
                }
                Line::End(end) => return (end == head.len()).then_some(fields),
            }
        }
    }

    fn agrees_on_request(head: &[u8]) -> bool {
        let Some((method, target)) = request_line(head) else { return false };
        let Some(read) = fields(head, target + VERSION) else { return false };
        let mut lines = [httparse::EMPTY_HEADER; 64];
        let mut parsed = httparse::Request::new(&mut lines);
        assert_eq!(parsed.parse(head), Ok(httparse::Status::Complete(head.len())));
        assert_eq!((parsed.method.unwrap().as_bytes(), parsed.version), (&head[..method], Some(1)));
        assert_eq!(parsed.path.unwrap().as_bytes(), &head[method + 1..target]);
        let theirs: Vec<_> = parsed.headers.iter().map(|line| (line.name.as_bytes(), line.value)).collect();
        assert_eq!(read, theirs);
        true
    }

    fn agrees_on_answer(head: &[u8]) -> bool {
        let Some((status, reason)) = status_line(head) else { return false };
        let Some(read) = fields(head, reason + 2) else { return false };
        let mut lines = [httparse::EMPTY_HEADER; 64];
        let mut parsed = httparse::Response::new(&mut lines);
        assert_eq!(parsed.parse(head), Ok(httparse::Status::Complete(head.len())));
        assert_eq!((parsed.code, parsed.version), (Some(status), Some(1)));
        assert_eq!(parsed.reason.unwrap().as_bytes(), &head[REASON..reason]);
        let theirs: Vec<_> = parsed.headers.iter().map(|line| (line.name.as_bytes(), line.value)).collect();
        assert_eq!(read, theirs);
        true
    }

    #[test]
    fn reads_ordinary_heads() {
        assert!(agrees_on_request(WHOLE.as_bytes()));
        for line in ["HTTP/1.1 200 OK", "HTTP/1.1 299 Own words", "HTTP/1.1 404 "] {
            assert!(agrees_on_answer(format!("{line}\r\ncontent-length: 5\r\n\r\n").as_bytes()), "{line}");
        }
    }

    #[test]
    fn a_head_that_is_not_whole_is_none() {
        for end in 0..WHOLE.len() {
            assert!(!agrees_on_request(&WHOLE.as_bytes()[..end]), "{end}");
        }
    }

    #[test]
    fn leaves_what_is_unusual_to_the_other_reader() {
        for field in [
            "x:1", "x:  1", "x: 1 ", "x:\t1", "x: ", "x:", " x: 1", "x : 1", "x", ": 1", "x: a\tb", "x: a\x7f",
            "x: a\0", "x: a\rb", "x(: 1",
        ] {
            assert!(!agrees_on_request(format!("GET / HTTP/1.1\r\n{field}\r\n\r\n").as_bytes()), "{field:?}");
        }
        for line in ["GET  / HTTP/1.1", "GET / HTTP/1.0", "GET /# HTTP/1.1", "GET http://h/ HTTP/1.1", " / HTTP/1.1"] {
            assert!(!agrees_on_request(format!("{line}\r\n\r\n").as_bytes()), "{line:?}");
        }
        for line in ["HTTP/1.0 200 OK", "HTTP/1.1 20 OK", "HTTP/1.1 200", "HTTP/1.1 2000 OK", "HTTP/1.1 200 \u{e9}"] {
            assert!(!agrees_on_answer(format!("{line}\r\n\r\n").as_bytes()), "{line:?}");
        }
        assert!(
            !agrees_on_request(b"GET / HTTP/1.1\nx: 1\r\n\r\n") && !agrees_on_request(b"GET / HTTP/1.1\r\nx: 1\n\n")
        );
    }

    #[test]
    fn letters_and_hyphens_are_told_from_the_rest() {
        for byte in 0..=u8::MAX {
            for at in 0..8 {
                let mut eight = *b"aZ-zAaz-";
                eight[at] = byte;
                let expected = if byte.is_ascii_alphabetic() || byte == b'-' { 0 } else { 0x80 << (8 * at) };
                assert_eq!(others(u64::from_le_bytes(eight)), expected, "{byte} {at}");
            }
        }
    }

    #[test]
    fn every_byte_is_judged_alike_at_every_place() {
        for byte in 0..=u8::MAX {
            for at in 0..WHOLE.len() {
                let mut head = WHOLE.as_bytes().to_vec();
                head[at] = byte;
                agrees_on_request(&head);
                let mut head = b"HTTP/1.1 200 Fine\r\nserver: some\r\nx: 0123456789abcdef\r\n\r\n".to_vec();
                if let Some(place) = head.get_mut(at) {
                    *place = byte;
                }
                agrees_on_answer(&head);
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_it_reads_httparse_reads_alike(
            parts in prop::collection::vec(prop::sample::select(PARTS), 0..24),
            noise in any::<(u8, prop::sample::Index)>(),
        ) {
            let mut head = parts.concat();
            if !head.is_empty() && noise.0 < 64 {
                let at = noise.1.index(head.len());
                head[at] = noise.0;
            }
            agrees_on_request(&[b"GET / HTTP/1.1\r\n", &head[..]].concat());
            agrees_on_request(&head);
            agrees_on_answer(&[b"HTTP/1.1 200 OK\r\n", &head[..]].concat());
            agrees_on_answer(&head);
        }
    }

    const PARTS: &[&[u8]] = &[
        b"GET ",
        b"/x?y",
        b" HTTP/1.1\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"\r\n",
        b"\r\n",
        b"a",
        b"content-length",
        b": ",
        b": ",
        b": 5\r\n",
        b":",
        b" ",
        b"\t",
        b"\r",
        b"\n",
        b"\xff\xfe",
        b"0123456789abcdef",
        b"Host: h\r\n",
        b"x: y\r\n",
        b"\0",
    ];
}
