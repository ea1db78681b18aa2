//! A client's frames, written as a script: so that changing a byte changes a frame and not only the end of all frames.
//!
//! A line of the script is four bytes and a payload: what it is, flags, stream, length of the payload. `H` and `C` are
//! HEADERS and CONTINUATION whose payload is text, a field on each line, written as literals (RFC 7541, section 6.2.2);
//! in it 0x1f, 0x1e and 0x1d stand for LF, CR and NUL. Everything else is a frame of that type as it stands.

use super::super::request::strict::Fields;

/// In front of every script: the preface, and settings without any.
const OPENING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const PUSH: u8 = 5;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;

/// What a stream says.
#[derive(Debug, Default)]
pub(super) struct Stream {
    number: u8,
    /// Those of the head.
    pub(super) fields: Fields,
    pub(super) body: Vec<u8>,
    has_head: bool,
    /// Whether all of it was said.
    pub(super) is_whole: bool,
    is_reset: bool,
}

/// A script as a client says it.
#[derive(Debug, Default)]
pub(super) struct Script {
    /// What goes over the wire.
    pub(super) bytes: Vec<u8>,
    pub(super) streams: Vec<Stream>,
    /// Whether the streams say all that was said: none of it was compressed.
    pub(super) is_plain: bool,
}

// === impl Script ===

impl Script {
    /// Reads a script; the last line may be cut.
    pub(super) fn of(mut lines: &[u8]) -> Self {
        let mut script = Self { bytes: OPENING.to_vec(), streams: Vec::new(), is_plain: true };
        while let [what, flags, stream, length, rest @ ..] = lines {
            let payload = &rest[..usize::from(*length).min(rest.len())];
            lines = &rest[payload.len()..];
            script.say(*what, *flags, *stream, payload);
        }
        script
    }

    fn say(&mut self, what: u8, flags: u8, stream: u8, payload: &[u8]) {
        match what {
            b'H' | b'C' => {
                let kind = if what == b'H' { HEADERS } else { CONTINUATION };
                let fields = fields(payload);
                let flags = flags & (END_STREAM | END_HEADERS);
                self.frame(kind, flags, stream, &block(&fields));
                self.note_fields(kind, flags, stream, fields);
            }
            HEADERS | PUSH | CONTINUATION => {
                self.is_plain = false;
                self.frame(what, flags, stream, payload);
            }
            _ => {
                self.frame(what, flags, stream, payload);
                self.note(what, flags, stream, payload);
            }
        }
    }

    fn frame(&mut self, kind: u8, flags: u8, stream: u8, payload: &[u8]) {
        let length = u32::try_from(payload.len()).unwrap_or_default().to_be_bytes();
        self.bytes.extend_from_slice(&length[1..]);
        self.bytes.extend_from_slice(&[kind, flags, 0, 0, 0, stream]);
        self.bytes.extend_from_slice(payload);
    }

    fn stream(&mut self, number: u8) -> &mut Stream {
        let at = self.streams.iter().position(|stream| stream.number == number).unwrap_or_else(|| {
            self.streams.push(Stream { number, ..Stream::default() });
            self.streams.len() - 1
        });
        &mut self.streams[at]
    }

    fn note_fields(&mut self, kind: u8, flags: u8, number: u8, fields: Fields) {
        let stream = self.stream(number);
        if !stream.has_head {
            // CONTINUATION ends no stream: what HEADERS said of it counts.
            stream.fields.extend(fields);
        }
        if kind == HEADERS && flags & END_STREAM != 0 && !stream.is_reset {
            stream.is_whole = true;
        }
        stream.has_head |= flags & END_HEADERS != 0;
    }

    fn note(&mut self, kind: u8, flags: u8, number: u8, payload: &[u8]) {
        match kind {
            DATA => {
                let stream = self.stream(number);
                let content = match payload {
                    [padding, rest @ ..] if flags & PADDED != 0 => {
                        rest.len().checked_sub((*padding).into()).map(|end| &rest[..end])
                    }
                    _ => (flags & PADDED == 0).then_some(payload),
                };
                let Some(content) = content else { return };
                if !stream.is_whole {
                    stream.body.extend_from_slice(content);
                    stream.is_whole = flags & END_STREAM != 0 && !stream.is_reset;
                }
            }
            RESET => {
                let stream = self.stream(number);
                stream.is_reset = true;
            }
            _ => {}
        }
    }
}

/// The fields that a payload tells.
fn fields(payload: &[u8]) -> Fields {
    let plain = |bytes: &[u8]| -> Vec<u8> {
        let plain = |byte: &u8| match byte {
            0x1f => b'\n',
            0x1e => b'\r',
            0x1d => 0,
            byte => *byte,
        };
        bytes.iter().map(plain).collect()
    };
    let lines = payload.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    lines
        .map(|line| {
            // The name of a pseudo-field begins with one.
            let colon = line.iter().skip(1).position(|&byte| byte == b':').map_or(line.len(), |at| at + 1);
            let value = line.get(colon + 1..).unwrap_or_default();
            (plain(&line[..colon]), plain(value.strip_prefix(b" ").unwrap_or(value)))
        })
        .collect()
}

fn block(fields: &Fields) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        text(&mut block, name);
        text(&mut block, value);
    }
    block
}

/// Shorter than 256 bytes: its length has two bytes at most behind the prefix (RFC 7541, section 5.1).
fn text(block: &mut Vec<u8>, text: &[u8]) {
    match u8::try_from(text.len()) {
        Ok(length @ ..127) => block.push(length),
        Ok(length) => {
            let rest = length - 127;
            block.push(127);
            if rest >= 128 {
                block.extend_from_slice(&[rest % 128 + 128, 1]);
            } else {
                block.push(rest);
            }
        }
        Err(_) => return block.push(0),
    }
    block.extend_from_slice(text);
}
