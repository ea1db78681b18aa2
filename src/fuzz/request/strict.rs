//! A reader of HTTP/1.1 that shares nothing with ours and asks for the letter of RFC 9112: whole messages from all the
//! bytes at once, slowly.

/// By whom a message is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fuzz) enum Maker {
    /// A client: what the RFC lets a server take.
    Client,
    /// Viaduct: said in one way only.
    Viaduct,
}

/// What stands at the front of some bytes.
#[derive(Debug)]
pub(in crate::fuzz) enum Read<T> {
    /// A message, and its length.
    Whole(T, usize),
    /// The beginning of one.
    Partial,
    /// None.
    Wrong(&'static str),
}

/// Names in lower case and values without the white space around them.
pub(in crate::fuzz) type Fields = Vec<(Vec<u8>, Vec<u8>)>;

/// A message.
#[derive(Debug)]
pub(in crate::fuzz) struct Message {
    /// The three parts of its first line.
    pub(in crate::fuzz) line: [Vec<u8>; 3],
    pub(in crate::fuzz) fields: Fields,
    pub(in crate::fuzz) body: Vec<u8>,
}

/// How a body is framed.
#[derive(Clone, Copy)]
enum Framing {
    Length(usize),
    Chunked,
    UntilClose,
}

/// Why there is no message; `None` where more bytes may make one.
type Not = Option<&'static str>;

const PARTIAL: Not = None;

/// Reads a request.
pub(in crate::fuzz) fn request(bytes: &[u8], maker: Maker) -> Read<Message> {
    whole(|at| {
        if maker == Maker::Client {
            while bytes[*at..].starts_with(b"\r\n") {
                *at += 2;
            }
        }
        let (line, fields) = head(bytes, at)?;
        let [method, target, version] = split(line).ok_or(Some("a request line"))?;
        let is_new = version == b"HTTP/1.1";
        if !(is_token(&method) && !target.is_empty() && target.iter().all(|&byte| byte > b' ' && byte != 0x7f)) {
            return Err(Some("a request line"));
        }
        if !(is_new || maker == Maker::Client && version == b"HTTP/1.0") {
            return Err(Some("a version"));
        }
        let framing = framing(&fields, maker)?.unwrap_or(Framing::Length(0));
        if matches!(framing, Framing::Chunked) && !is_new {
            return Err(Some("chunks in HTTP/1.0"));
        }
        if maker == Maker::Viaduct && values(&fields, b"host").count() != 1 {
            return Err(Some("not one Host"));
        }
        let body = body(bytes, at, framing, maker)?;
        Ok(Message { line: [method, target, version], fields, body })
    })
}

/// Reads an answer, interim ones too. `is_bodiless` says that it answers a HEAD.
pub(in crate::fuzz) fn answer(bytes: &[u8], is_bodiless: bool) -> Read<Message> {
    whole(|at| {
        let (line, fields) = head(bytes, at)?;
        let [version, status, reason] = split(line).ok_or(Some("a status line"))?;
        if version != b"HTTP/1.1" || status.len() != 3 || !status.iter().all(u8::is_ascii_digit) {
            return Err(Some("a status line"));
        }
        let said = framing(&fields, Maker::Viaduct)?;
        let framing = match (status.as_slice(), said) {
            ([b'1', ..] | b"204", Some(_)) => return Err(Some("a framing where none may be")),
            ([b'1', ..] | b"204" | b"304", _) => Framing::Length(0),
            _ if is_bodiless => Framing::Length(0),
            (_, said) => said.unwrap_or(Framing::UntilClose),
        };
        let body = body(bytes, at, framing, Maker::Viaduct)?;
        Ok(Message { line: [version, status, reason], fields, body })
    })
}

/// The values of a field.
pub(in crate::fuzz) fn values<'a>(fields: &'a Fields, name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    fields.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.as_slice())
}

/// The members of a list field, in lower case.
pub(in crate::fuzz) fn members(fields: &Fields, name: &[u8]) -> Vec<Vec<u8>> {
    let members = values(fields, name).flat_map(|value| value.split(|&byte| byte == b','));
    members.map(|member| member.trim_ascii().to_ascii_lowercase()).collect()
}

fn whole<T>(read: impl FnOnce(&mut usize) -> Result<T, Not>) -> Read<T> {
    let mut at = 0;
    match read(&mut at) {
        Ok(message) => Read::Whole(message, at),
        Err(None) => Read::Partial,
        Err(Some(what)) => Read::Wrong(what),
    }
}

/// A line without its CRLF.
fn line<'a>(bytes: &'a [u8], at: &mut usize) -> Result<&'a [u8], Not> {
    let rest = &bytes[*at..];
    let end = rest.iter().position(|&byte| byte == b'\n').ok_or(PARTIAL)?;
    let line = rest[..end].strip_suffix(b"\r").ok_or(Some("a bare LF"))?;
    if line.iter().any(|&byte| byte == b'\r' || byte == 0) {
        return Err(Some("a bare CR, or NUL"));
    }
    *at += end + 1;
    Ok(line)
}

fn head<'a>(bytes: &'a [u8], at: &mut usize) -> Result<(&'a [u8], Fields), Not> {
    Ok((line(bytes, at)?, field_lines(bytes, at)?))
}

fn field_lines(bytes: &[u8], at: &mut usize) -> Result<Fields, Not> {
    let mut fields = Vec::new();
    loop {
        let line = line(bytes, at)?;
        if line.is_empty() {
            return Ok(fields);
        }
        let colon = line.iter().position(|&byte| byte == b':').ok_or(Some("a field without a colon"))?;
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        if !is_token(name) {
            return Err(Some("a field name"));
        }
        if value.iter().any(|&byte| byte < b' ' && byte != b'\t' || byte == 0x7f) {
            return Err(Some("a field value"));
        }
        fields.push((name.to_ascii_lowercase(), value.trim_ascii().to_vec()));
    }
}

fn split(line: &[u8]) -> Option<[Vec<u8>; 3]> {
    let mut parts = line.splitn(3, |&byte| byte == b' ').map(<[u8]>::to_vec);
    Some([parts.next()?, parts.next()?, parts.next()?])
}

fn is_token(bytes: &[u8]) -> bool {
    let is_tchar = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !bytes.is_empty() && bytes.iter().all(is_tchar)
}

fn framing(fields: &Fields, maker: Maker) -> Result<Option<Framing>, Not> {
    let codings: Vec<_> = values(fields, b"transfer-encoding").collect();
    let lengths: Vec<_> = values(fields, b"content-length").collect();
    match (codings.as_slice(), lengths.as_slice()) {
        ([], []) => Ok(None),
        ([coding], []) if coding.eq_ignore_ascii_case(b"chunked") => Ok(Some(Framing::Chunked)),
        ([], [length]) if maker == Maker::Viaduct => Ok(Some(Framing::Length(number(length)?))),
        ([], lengths) if maker == Maker::Client => {
            let mut numbers = lengths.iter().flat_map(|length| length.split(|&byte| byte == b','));
            let first = number(numbers.next().unwrap_or_default().trim_ascii())?;
            for other in numbers {
                if number(other.trim_ascii())? != first {
                    return Err(Some("two lengths"));
                }
            }
            Ok(Some(Framing::Length(first)))
        }
        _ => Err(Some("two framings, or an odd one")),
    }
}

fn number(digits: &[u8]) -> Result<usize, Not> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let number = is_number.then(|| String::from_utf8_lossy(digits).parse().ok()).flatten();
    number.ok_or(Some("a length that is no number"))
}

fn body(bytes: &[u8], at: &mut usize, framing: Framing, maker: Maker) -> Result<Vec<u8>, Not> {
    match framing {
        Framing::Length(length) => take(bytes, at, length),
        Framing::UntilClose => take(bytes, at, bytes.len() - *at),
        Framing::Chunked => {
            let mut body = Vec::new();
            loop {
                let size = line(bytes, at)?;
                let (size, extension) = match size.iter().position(|&byte| byte == b';') {
                    Some(end) if maker == Maker::Client => (&size[..end], &size[end..]),
                    _ => (size, &b""[..]),
                };
                let is_size = !size.is_empty() && size.len() <= 16 && size.iter().all(u8::is_ascii_hexdigit);
                let is_extension = extension.iter().all(|&byte| byte == b'\t' || byte >= b' ' && byte != 0x7f);
                let size = usize::from_str_radix(&String::from_utf8_lossy(size), 16).ok();
                let size = size.filter(|_| is_size && is_extension).ok_or(Some("a chunk's size"))?;
                if size == 0 {
                    field_lines(bytes, at)?;
                    return Ok(body);
                }
                body.extend(take(bytes, at, size)?);
                match bytes[*at..] {
                    [] | [b'\r'] => return Err(PARTIAL),
                    [b'\r', b'\n', ..] => *at += 2,
                    _ => return Err(Some("the end of a chunk")),
                }
            }
        }
    }
}

fn take(bytes: &[u8], at: &mut usize, length: usize) -> Result<Vec<u8>, Not> {
    let end = at.checked_add(length).filter(|&end| end <= bytes.len()).ok_or(PARTIAL)?;
    let taken = bytes[*at..end].to_vec();
    *at = end;
    Ok(taken)
}
