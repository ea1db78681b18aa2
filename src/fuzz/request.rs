//! A client's bytes, end to end: our server half, the proxy and our connection upstream, to an origin that reads by the
//! letter.
//!
//! What the client's bytes hold under a strict reading bounds what may reach the origin: those requests in that order,
//! each with its own target, fields and body, and not one more.

pub(super) mod lab;
pub(super) mod strict;

use self::lab::{Lab, Outcome, Seen};
use self::strict::{Fields, Maker, Message, Read};
use super::Dice;

thread_local!(static LAB: Lab = Lab::new(false));

/// Longer inputs say nothing new, and would have to be read while they are written.
const LONGEST: usize = 16 * 1024;

/// How often something has to go wrong.
const TRIES: usize = 3;

/// Fields that end at viaduct, that it sets, or that are compared by what they mean.
const OWN: [&[u8]; 19] = [
    b"connection",
    b"keep-alive",
    b"proxy-connection",
    b"te",
    b"transfer-encoding",
    b"upgrade",
    b"proxy-authorization",
    b"proxy-authenticate",
    b"content-length",
    b"host",
    b"via",
    b"forwarded",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-proto",
    b"x-request-id",
    b"x-viaduct-endpoint",
    b"max-forwards",
    b"expect",
];

/// Checks what one client sends.
pub fn check(bytes: &[u8]) {
    if bytes.len() > LONGEST {
        return;
    }
    let pieces = Dice::of(bytes).cut(&bytes::Bytes::copy_from_slice(bytes));
    let (asked, is_whole) = asked(bytes);
    // The kernel's clock runs on while ours jumps: on a busy machine it may be late with what it has, and then an
    // exchange breaks off as if a peer had slept, or comes into the next attack. What is wrong stays wrong.
    let mut wrong = String::new();
    for _ in 0..TRIES {
        let judged = LAB.with(|lab| lab.attack(&pieces)).and_then(|outcome| {
            reaches_only_what_was_asked(&outcome, &asked, is_whole)?;
            is_answered(&outcome, &asked, bytes)
        });
        match judged {
            Ok(()) => return,
            Err(why) => wrong = why,
        }
        LAB.with(Lab::settle);
    }
    panic!("{wrong}");
}

/// The requests in a client's bytes, and whether they end with the last of them.
fn asked(bytes: &[u8]) -> (Vec<Message>, bool) {
    let mut requests = Vec::new();
    let mut rest = bytes;
    loop {
        match strict::request(rest, Maker::Client) {
            Read::Whole(request, length) => {
                requests.push(request);
                rest = &rest[length..];
            }
            Read::Partial | Read::Wrong(_) => return (requests, rest.iter().all(|byte| b"\r\n".contains(byte))),
        }
    }
}

fn reaches_only_what_was_asked(outcome: &Outcome, asked: &[Message], is_whole: bool) -> Result<(), String> {
    let mut left = asked.iter();
    for seen in &outcome.seen {
        match seen {
            Seen::Wrong(why, bytes) => {
                return Err(format!("the origin could misread {:?}: {why}", bytes.escape_ascii().to_string()));
            }
            Seen::Partial if is_whole => return Err(format!("a whole request became half a one: {outcome:?}")),
            Seen::Partial => {}
            Seen::Whole(reached) => {
                if !left.any(|asked| is_same(asked, reached)) {
                    return Err(format!("nobody asked {reached:?}; asked was {asked:?}"));
                }
            }
        }
    }
    Ok(())
}

/// Whether one request became the other.
fn is_same(asked: &Message, reached: &Message) -> bool {
    let (authority, target) = parts(&asked.line[1]);
    let hosts: Vec<_> = match authority {
        Some(authority) => vec![authority],
        None => strict::values(&asked.fields, b"host").collect(),
    };
    // HTTP/1.0 may name no host; then the upstream's own is said.
    let is_host = hosts.is_empty() || strict::values(&reached.fields, b"host").eq(hosts);
    asked.line[0] == reached.line[0]
        && target == reached.line[1]
        && asked.body == reached.body
        && is_host
        && passing(&asked.fields, &asked.fields) == passing(&reached.fields, &asked.fields)
}

/// The authority of a target, if it has one, and the target in origin-form.
fn parts(target: &[u8]) -> (Option<&[u8]>, Vec<u8>) {
    let lower = target.to_ascii_lowercase();
    let Some(scheme) = [&b"http://"[..], b"https://"].into_iter().find(|scheme| lower.starts_with(scheme)) else {
        return (None, target.to_vec());
    };
    let rest = &target[scheme.len()..];
    let end = rest.iter().position(|byte| b"/?".contains(byte)).unwrap_or(rest.len());
    let path = if rest[end..].starts_with(b"/") { rest[end..].to_vec() } else { [b"/", &rest[end..]].concat() };
    (Some(&rest[..end]), path)
}

/// The fields that pass: not those that end here, nor those that `Connection` named.
pub(super) fn passing(fields: &Fields, asked: &Fields) -> Fields {
    let named = strict::members(asked, b"connection");
    let passes = |name: &Vec<u8>| !OWN.contains(&name.as_slice()) && !named.contains(name);
    let mut passing: Fields = fields.iter().filter(|(name, _)| passes(name)).cloned().collect();
    // Stable: the lines of one name keep their order.
    passing.sort_by(|(a, _), (b, _)| a.cmp(b));
    passing
}

/// Whether what follows the requests, and is none, begins as a HEAD: its refusal has no content then.
fn ends_in_head(mut bytes: &[u8]) -> bool {
    while let Read::Whole(_, length) = strict::request(bytes, Maker::Client) {
        bytes = &bytes[length..];
    }
    let line = bytes.iter().position(|byte| !b"\r\n".contains(byte)).map_or(&[][..], |start| &bytes[start..]);
    line.starts_with(b"HEAD ")
}

/// Whether what looks like the answer to a HEAD has content all the same, as the last answer of all: one to a head that
/// is refused before its method counts.
fn has_content(answer: &[u8]) -> bool {
    let Read::Whole(head, length) = strict::answer(answer, true) else { return false };
    let closes = strict::members(&head.fields, b"connection").contains(&b"close".to_vec());
    let is_last = matches!(strict::answer(answer, false), Read::Whole(_, whole) if whole == answer.len());
    closes && is_last && answer.len() > length
}

/// The client gets whole answers, at most one for each request and one for what is none.
fn is_answered(outcome: &Outcome, asked: &[Message], bytes: &[u8]) -> Result<(), String> {
    let mut rest = outcome.got.as_slice();
    let mut count = 0;
    while !rest.is_empty() {
        let is_head = asked.get(count).map_or_else(|| ends_in_head(bytes), |request| request.line[0] == b"HEAD");
        let is_head = is_head && !has_content(rest);
        match strict::answer(rest, is_head) {
            Read::Whole(answer, length) => {
                count += usize::from(answer.line[1][0] != b'1');
                rest = &rest[length..];
            }
            Read::Partial if !outcome.is_clean => break,
            odd => return Err(format!("{odd:?} in what the client got: {:?}", outcome.got.escape_ascii().to_string())),
        }
    }
    if count > asked.len() + 1 {
        return Err(format!("{count} answers to {} requests: {outcome:?}", asked.len()));
    }
    if count == 0 && !asked.is_empty() && outcome.is_clean {
        return Err(format!("no answer to {asked:?}: {outcome:?}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attack(bytes: &'static str) -> (usize, String) {
        let outcome = LAB.with(|lab| lab.attack(&[bytes::Bytes::from_static(bytes.as_bytes())])).unwrap();
        let whole = outcome.seen.iter().filter(|seen| matches!(seen, Seen::Whole(_))).count();
        (whole, String::from_utf8(outcome.got).unwrap())
    }

    #[test]
    fn the_lab_is_a_whole_road() {
        let (whole, got) =
            attack("POST /1 HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhiHEAD /2 HTTP/1.1\r\nhost: a\r\n\r\n");
        assert_eq!((whole, got.matches("HTTP/1.1 ").count()), (2, 2), "{got}");
    }

    #[test]
    fn time_jumps_to_the_deadline() {
        let (whole, got) = attack("GET / HTTP/1.1\r\nhost: ");
        assert!(whole == 0 && got.starts_with("HTTP/1.1 408 "), "{got}");
        let (whole, got) = attack("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nhi");
        assert!(whole == 0 && got.starts_with("HTTP/1.1 408 "), "{got}");
    }

    #[test]
    fn nothing_behind_a_bad_chunk_is_a_request() {
        let (whole, got) = attack(
            "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0x: y\r\n\r\n\
             GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n",
        );
        assert_eq!((whole, got.matches("HTTP/1.1 ").count()), (0, 1), "{got}");
    }

    #[test]
    fn what_nobody_asked_is_told() {
        let Read::Whole(smuggled, _) = strict::request(b"GET /s HTTP/1.1\r\nhost: a\r\n\r\n", Maker::Viaduct) else {
            return;
        };
        let outcome = Outcome { seen: vec![Seen::Whole(smuggled)], got: Vec::new(), is_clean: true };
        let (asked, is_whole) = asked(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n");
        assert!(reaches_only_what_was_asked(&outcome, &asked, is_whole).unwrap_err().starts_with("nobody asked"));
    }
}
