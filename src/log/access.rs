//! The access line of an exchange: JSON, or aligned for a person.
//!
//! It is written for every request, so it takes the short way: from the exchange straight into the buffer, past tracing
//! and its visitors, at a quarter of their instructions. Whether anybody wants it is still tracing's filter to say
//! (target `access`).

use std::sync::OnceLock;

use tokio::time::Instant;

use super::buffer::Buffer;
use super::event::with_wall_time;

/// What is known of an exchange at its end; what is `None` is left out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Line<'a> {
    /// Address of the client.
    pub client: &'a str,
    /// The request's method.
    pub method: &'a str,
    /// The request's target, as it came, less what looks like a secret.
    pub path: &'a str,
    /// The answer's status.
    pub status: u16,
    /// The class of the route.
    pub route: Option<&'a str>,
    /// `NAME/NUMBER` of the endpoint that answered.
    pub upstream: Option<&'a str>,
    /// The name of the API key.
    pub key: Option<&'a str>,
    /// Bytes of the request's body.
    pub received: u64,
    /// Bytes of the answer's body.
    pub sent: u64,
    /// Microseconds to the head of the answer.
    pub first_byte_us: Option<u64>,
    /// Microseconds in all.
    pub duration_us: u64,
    /// How often the request had to go again.
    pub retries: Option<u64>,
    /// The version, unless it is the usual one.
    pub proto: Option<&'a str>,
    /// What became of the timestamps.
    pub timestamps: Option<&'a str>,
    /// The kind of error.
    pub error: Option<&'a str>,
    /// How it ended, if not well.
    pub end: Option<&'a str>,
    /// `x-request-id`: visible ASCII.
    pub id: &'a [u8],
}

/// Where access lines go, and how they look.
pub(super) struct Access {
    pub buffer: Buffer,
    pub for_humans: bool,
}

/// Set once, as tracing's subscriber is.
static ACCESS: OnceLock<Access> = OnceLock::new();

/// From now on lines go there, if tracing's filter lets them pass; it is asked once, for it does not change. A second
/// call changes nothing.
pub(super) fn start(access: Access) {
    if tracing::enabled!(target: "access", tracing::Level::INFO) {
        let _ = ACCESS.set(access);
    }
}

/// Writes one line, of an exchange that ends `now`, if anybody wants it.
pub fn write(now: Instant, line: &Line<'_>) {
    let Some(access) = ACCESS.get() else { return };
    let form = if access.for_humans { human } else { json };
    access.buffer.line(|out| form(out, now, line));
}

fn json(out: &mut Vec<u8>, now: Instant, line: &Line<'_>) {
    out.extend_from_slice(b"{\"time\":\"");
    with_wall_time(now, |second, millis| {
        out.extend_from_slice(second.as_bytes());
        let digit = |divisor: u32| b'0' + u8::try_from(millis / divisor % 10).unwrap_or_default();
        let fraction = [b'.', digit(100), digit(10), digit(1)];
        out.extend_from_slice(&fraction);
    });
    // Addresses, tokens and words of our own have nothing to escape; what a client chose has.
    text(out, "Z\",\"level\":\"INFO\",\"target\":\"access\",\"client\":\"", line.client);
    text(out, "\",\"method\":\"", line.method);
    out.extend_from_slice(b"\",\"path\":\"");
    escape(out, line.path.as_bytes());
    number(out, "\",\"status\":", line.status.into());
    if let Some(route) = line.route {
        text(out, ",\"route\":\"", route);
        out.push(b'"');
    }
    if let Some(upstream) = line.upstream {
        text(out, ",\"upstream\":\"", upstream);
        out.push(b'"');
    }
    if let Some(key) = line.key {
        text(out, ",\"key\":\"", key);
        out.push(b'"');
    }
    number(out, ",\"received\":", line.received);
    number(out, ",\"sent\":", line.sent);
    if let Some(first_byte) = line.first_byte_us {
        number(out, ",\"first_byte_us\":", first_byte);
    }
    number(out, ",\"duration_us\":", line.duration_us);
    if let Some(retries) = line.retries {
        number(out, ",\"retries\":", retries);
    }
    let seldom = [
        (",\"proto\":\"", line.proto),
        (",\"timestamps\":\"", line.timestamps),
        (",\"error\":\"", line.error),
        (",\"end\":\"", line.end),
    ];
    for (name, value) in seldom {
        if let Some(value) = value {
            text(out, name, value);
            out.push(b'"');
        }
    }
    out.extend_from_slice(b",\"id\":\"");
    escape(out, line.id);
    out.extend_from_slice(b"\"}\n");
}

fn text(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(value.as_bytes());
}

fn number(out: &mut Vec<u8>, name: &str, value: u64) {
    out.extend_from_slice(name.as_bytes());
    decimal(out, value);
}

/// Without the id, and with the time of day only: whoever watches a terminal knows the date.
fn human(out: &mut Vec<u8>, now: Instant, line: &Line<'_>) {
    with_wall_time(now, |second, _| out.extend_from_slice(second.get(11..19).unwrap_or_default().as_bytes()));
    for value in [line.client, line.method, line.path] {
        out.push(b' ');
        escape(out, value.as_bytes());
    }
    out.push(b' ');
    decimal(out, line.status.into());
    let texts = [
        ("route", line.route),
        ("upstream", line.upstream),
        ("key", line.key),
        ("proto", line.proto),
        ("timestamps", line.timestamps),
        ("error", line.error),
        ("end", line.end),
    ];
    let numbers = [
        ("received", Some(line.received)),
        ("sent", Some(line.sent)),
        ("first_byte_us", line.first_byte_us),
        ("duration_us", Some(line.duration_us)),
        ("retries", line.retries),
    ];
    for (name, value) in numbers {
        if let Some(value) = value {
            out.extend_from_slice(format!(" {name}=").as_bytes());
            decimal(out, value);
        }
    }
    for (name, value) in texts {
        if let Some(value) = value {
            out.extend_from_slice(format!(" {name}=").as_bytes());
            escape(out, value.as_bytes());
        }
    }
    out.push(b'\n');
}

fn decimal(out: &mut Vec<u8>, mut value: u64) {
    if let Ok(digit @ 0..10) = u8::try_from(value) {
        return out.push(b'0' + digit);
    }
    let mut digits = [b'0'; 20];
    let mut at = digits.len();
    // Two digits a division.
    while value >= 10 {
        at -= 2;
        let pair = PAIRS[usize::try_from(value % 100).unwrap_or_default()];
        digits[at..at + 2].copy_from_slice(&pair);
        value /= 100;
    }
    if value > 0 {
        at -= 1;
        digits[at] = b'0' + u8::try_from(value).unwrap_or_default();
    }
    // A pair may begin with a zero.
    at += usize::from(digits[at] == b'0');
    out.extend_from_slice(&digits[at..]);
}

/// `00` to `99`.
static PAIRS: [[u8; 2]; 100] = {
    let (mut pairs, mut at) = ([[b'0'; 2]; 100], 0);
    while at < 100 {
        let (tens, ones) = (at / 10, at % 10);
        pairs[at] = [b"0123456789"[tens], b"0123456789"[ones]];
        at += 1;
    }
    pairs
};

/// Escapes as JSON does, which also keeps control characters of clients off a terminal (contract: http-proxy L8).
fn escape(out: &mut Vec<u8>, text: &[u8]) {
    let (chunks, rest) = text.as_chunks::<8>();
    let needs_none = chunks.iter().all(|chunk| specials(u64::from_le_bytes(*chunk)) == 0);
    if needs_none && !rest.iter().any(|&b| needs_escape(b)) {
        return out.extend_from_slice(text);
    }
    for &byte in text {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            byte if needs_escape(byte) => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            byte => out.push(byte),
        }
    }
}

fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\' || byte == 0x7f
}

/// Not zero if any of eight bytes needs an escape: the high bit of each byte that is below a space, or equal to one of
/// three, after a subtraction that borrows only behind such a byte.
fn specials(eight: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let equal = |byte: u8| {
        let other = eight ^ (ONES * u64::from(byte));
        other.wrapping_sub(ONES) & !other
    };
    let low = eight.wrapping_sub(ONES * 0x20) & !eight;
    (low | equal(b'"') | equal(b'\\') | equal(0x7f)) & (ONES * 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    fn line() -> Line<'static> {
        Line { client: "1.2.3.4:5", method: "GET", path: "/a\"b", status: 200, sent: 7, id: b"x", ..Line::default() }
    }

    #[test]
    fn a_line_is_json_in_a_fixed_order() {
        let text =
            written(|out| json(out, Instant::now(), &Line { route: Some("models"), retries: Some(1), ..line() }));
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&value["path"], &value["status"], &value["retries"]), (&"/a\"b".into(), &200.into(), &1.into()));
        assert!(value.get("upstream").is_none());
        let (_, rest) = text.split_once("\"target\"").unwrap();
        assert_eq!(
            rest,
            ":\"access\",\"client\":\"1.2.3.4:5\",\"method\":\"GET\",\"path\":\"/a\\\"b\",\"status\":200,\
             \"route\":\"models\",\"received\":0,\"sent\":7,\"duration_us\":0,\"retries\":1,\"id\":\"x\"}\n"
        );
    }

    #[test]
    fn a_version_is_said_where_it_is_not_the_usual_one() {
        let line = Line { proto: Some("HTTP/2.0"), end: Some("left"), ..line() };
        let text = written(|out| json(out, Instant::now(), &line));
        assert!(text.contains(",\"duration_us\":0,\"proto\":\"HTTP/2.0\",\"end\":\"left\",\"id\""), "{text}");
        assert!(written(|out| human(out, Instant::now(), &line)).ends_with(" proto=HTTP/2.0 end=left\n"));
    }

    #[test]
    fn a_person_reads_it_without_the_id() {
        let text = written(|out| human(out, Instant::now(), &Line { error: Some("connect"), ..line() }));
        assert_eq!(&text[8..], " 1.2.3.4:5 GET /a\\\"b 200 received=0 sent=7 duration_us=0 error=connect\n");
    }

    #[test]
    fn escapes_what_would_break_the_line() {
        assert_eq!(written(|out| escape(out, "a\"b\\c\nd\x1b[31me 한".as_bytes())), "a\\\"b\\\\c\\nd\\u001b[31me 한");
    }

    #[test]
    fn every_byte_is_judged_alike_at_every_place() {
        for byte in 0..=u8::MAX {
            for at in 0..8 {
                let mut eight = *b"a \xffz~!#0";
                eight[at] = byte;
                assert_eq!(specials(u64::from_le_bytes(eight)) != 0, needs_escape(byte), "{byte} {at}");
            }
        }
    }

    #[test]
    fn writes_whole_numbers() {
        for value in [0, 7, 10, 99, 100, 101, 900, 1000, 1010, 12_345, 123_456, u64::MAX] {
            assert_eq!(written(|out| decimal(out, value)), value.to_string());
        }
    }
}
