//! An incremental reader of `multipart/form-data`: bytes in as they come, parts out, and never more kept than a
//! delimiter or a part's head. Pure: any cut of the input gives the same parts.

use memchr::memmem;

/// Longest head of a part.
const HEAD: usize = 16 * 1024;
/// Most parts (Starlette: 1,000 files and 1,000 fields).
const PARTS: usize = 2000;

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    /// A part begins.
    Part {
        /// The field's name.
        name: String,
        /// The file's name, if it is a file.
        filename: Option<String>,
    },
    /// Bytes of the part begun last.
    Data(&'a [u8]),
    /// That part is over.
    End,
}

/// The reader.
#[derive(Debug)]
pub(crate) struct Multipart {
    // CR LF, two hyphens and the boundary.
    delimiter: Vec<u8>,
    buffer: Vec<u8>,
    state: State,
    parts: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Preamble,
    AfterDelimiter,
    Head,
    Data,
    Done,
}

// === impl Multipart ===

impl Multipart {
    /// The boundary that a `content-type` names; empty if it is multipart and names none, `None` if it is not.
    pub(crate) fn boundary(content_type: &str) -> Option<String> {
        let (essence, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
        if !essence.trim().eq_ignore_ascii_case("multipart/form-data") {
            return None;
        }
        Some(parameter(parameters, "boundary").filter(|boundary| boundary.len() <= 200).unwrap_or_default())
    }

    pub(crate) fn new(boundary: &str) -> Self {
        let delimiter = [b"\r\n--", boundary.as_bytes()].concat();
        // The first delimiter may stand at the very start: a line end in front of it makes it like the others.
        Self { delimiter, buffer: b"\r\n".to_vec(), state: State::Preamble, parts: 0 }
    }

    /// Takes the next bytes of the body and tells what is in them.
    pub(crate) fn feed(&mut self, bytes: &[u8], mut found: impl FnMut(Event<'_>)) -> Result<(), &'static str> {
        self.buffer.extend_from_slice(bytes);
        let mut at = 0;
        while let Some(used) = self.step(at, &mut found)? {
            at += used;
        }
        self.buffer.drain(..at);
        Ok(())
    }

    /// The body is over.
    pub(crate) fn finish(&self) -> Result<(), &'static str> {
        if self.state == State::Done { Ok(()) } else { Err("Multipart body ended before its last boundary") }
    }

    /// One step from `at`: how many bytes it used, `None` when more are needed.
    fn step(&mut self, at: usize, found: &mut impl FnMut(Event<'_>)) -> Result<Option<usize>, &'static str> {
        let rest = &self.buffer[at..];
        match self.state {
            State::Preamble | State::Data => {
                let in_part = self.state == State::Data;
                let (data, used, next) = match memmem::find(rest, &self.delimiter) {
                    Some(end) => (&rest[..end], end + self.delimiter.len(), State::AfterDelimiter),
                    // The tail may be the start of a delimiter.
                    None => match rest.len().saturating_sub(self.delimiter.len() - 1) {
                        0 => return Ok(None),
                        sure => (&rest[..sure], sure, self.state),
                    },
                };
                if in_part && !data.is_empty() {
                    found(Event::Data(data));
                }
                if in_part && next != State::Data {
                    found(Event::End);
                }
                self.state = next;
                Ok(Some(used))
            }
            State::AfterDelimiter => match rest {
                [b'-', b'-', ..] => {
                    self.state = State::Done;
                    Ok(Some(2))
                }
                // The line end is left for the head, which may be empty.
                [b'\r', b'\n', ..] => {
                    self.state = State::Head;
                    Ok(Some(0))
                }
                // Padding (RFC 2046, section 5.1.1).
                [b' ' | b'\t', ..] => Ok(Some(1)),
                [] | [b'-' | b'\r'] => Ok(None),
                _ => Err("Unexpected bytes behind a boundary"),
            },
            State::Head => {
                let Some(end) = memmem::find(rest, b"\r\n\r\n") else {
                    return if rest.len() > HEAD { Err("Part header too long") } else { Ok(None) };
                };
                self.parts += 1;
                if end > HEAD || self.parts > PARTS {
                    return Err("Too many or too long parts");
                }
                let (name, filename) = disposition(&rest[..end]).ok_or("Part without a name")?;
                found(Event::Part { name, filename });
                self.state = State::Data;
                Ok(Some(end + 4))
            }
            State::Done => Ok((!rest.is_empty()).then_some(rest.len())),
        }
    }
}

/// The name and file name of a part.
fn disposition(head: &[u8]) -> Option<(String, Option<String>)> {
    let head = String::from_utf8_lossy(head);
    let parameters = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let (kind, parameters) = value.split_once(';')?;
        (name.trim().eq_ignore_ascii_case("content-disposition") && kind.trim().eq_ignore_ascii_case("form-data"))
            .then_some(parameters)
    })?;
    Some((parameter(parameters, "name")?, parameter(parameters, "filename")))
}

/// A parameter's value, quoted or not.
fn parameter(parameters: &str, wanted: &str) -> Option<String> {
    let mut rest = parameters;
    loop {
        let (name, behind) = rest.split_once('=')?;
        let name = name.trim_matches([' ', '\t', ';']);
        let (value, behind) = if let Some(quoted) = behind.strip_prefix('"') {
            unquote(quoted)?
        } else {
            let (value, behind) = behind.split_once(';').unwrap_or((behind, ""));
            (value.trim().to_owned(), behind)
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = behind;
    }
}

/// The text up to the closing quote, and what stands behind it.
fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &quoted[at + 1..])),
            // Only what needs an escape is unescaped: browsers of old send Windows paths as they are.
            '\\' if quoted[at + 1..].starts_with(['"', '\\']) => value.extend(chars.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &[u8] =
        b"preamble\r\n--b0\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nvision\r\n--b0 \r\n\
        content-type: video/mp4\r\nContent-Disposition: form-data; filename=\"a;\\\"b.mp4\"; name=file\r\n\r\n\
        \r\n--b\r\n--b1\r\n\r\n--b0\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n--b0--\r\nepilogue";

    fn read(pieces: &[&[u8]]) -> Vec<(String, Option<String>, Vec<u8>)> {
        let mut parts = Vec::new();
        let mut multipart = Multipart::new("b0");
        for piece in pieces {
            multipart
                .feed(piece, |event| match event {
                    Event::Part { name, filename } => parts.push((name, filename, Vec::new())),
                    Event::Data(data) => parts.last_mut().unwrap().2.extend_from_slice(data),
                    Event::End => {}
                })
                .unwrap();
        }
        multipart.finish().unwrap();
        parts
    }

    #[test]
    fn any_cut_gives_the_same_parts() {
        let whole = read(&[FORM]);
        assert_eq!(whole[0], ("purpose".into(), None, b"vision".to_vec()));
        assert_eq!(whole[1], ("file".into(), Some("a;\"b.mp4".into()), b"\r\n--b\r\n--b1\r\n".to_vec()));
        assert_eq!(whole[2], ("empty".into(), None, Vec::new()));
        for a in 0..FORM.len() {
            assert_eq!(read(&[&FORM[..a], &FORM[a..]]), whole, "cut at {a}");
        }
        let bytes: Vec<&[u8]> = FORM.chunks(1).collect();
        assert_eq!(read(&bytes), whole);
    }

    #[test]
    fn keeps_no_more_than_a_delimiter() {
        let mut multipart = Multipart::new("b0");
        multipart.feed(b"--b0\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n", |_| {}).unwrap();
        for _ in 0..100 {
            multipart.feed(&vec![b'x'; 65_536], |_| {}).unwrap();
            assert!(multipart.buffer.len() < 8);
        }
        assert!(multipart.finish().is_err());
    }

    #[test]
    fn finds_the_boundary() {
        assert_eq!(Multipart::boundary("application/json"), None);
        assert_eq!(Multipart::boundary("multipart/form-data"), Some(String::new()));
        assert_eq!(Multipart::boundary("Multipart/Form-Data; charset=x; Boundary=\"a b\""), Some("a b".into()));
    }
}
