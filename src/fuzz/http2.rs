//! A client's frames, end to end, as [`request`](super::request) does for HTTP/1.1: whatever comes in frames goes on as
//! requests of HTTP/1.1 with one reading each, and never as one that no stream said whole.
//!
//! The frames go through sockets to the very server: h2, the account of what frames cost, the proxy, the connection
//! upstream. That memory is bounded is libFuzzer's to see (`-malloc_limit_mb`).

mod frames;
mod script;

use bytes::Bytes;

use self::script::{Script, Stream};
use super::Dice;
use super::request::lab::{Lab, Outcome, Seen};
use super::request::passing;
use super::request::strict::{self, Fields, Message};

thread_local!(static LAB: Lab = Lab::new(true));

/// Longer scripts say nothing new.
const LONGEST: usize = 8 * 1024;

/// How often something has to go wrong (see `request`).
const TRIES: usize = 3;

/// Checks what one client sends.
pub fn check(bytes: &[u8]) {
    if bytes.len() > LONGEST {
        return;
    }
    let script = Script::of(bytes);
    let pieces = Dice::of(bytes).cut(&Bytes::copy_from_slice(&script.bytes));
    let mut wrong = String::new();
    for _ in 0..TRIES {
        let judged = LAB.with(|lab| lab.attack(&pieces)).and_then(|outcome| {
            reaches_only_what_was_said(&outcome, &script)?;
            frames::judge(&outcome.got, outcome.is_clean)
        });
        match judged {
            Ok(()) => return,
            Err(why) => wrong = why,
        }
        LAB.with(Lab::settle);
    }
    panic!("{wrong}");
}

fn reaches_only_what_was_said(outcome: &Outcome, script: &Script) -> Result<(), String> {
    let mut left: Vec<_> = script.streams.iter().filter(|stream| stream.is_whole).collect();
    for seen in &outcome.seen {
        match seen {
            Seen::Wrong(why, bytes) => {
                return Err(format!("the origin could misread {:?}: {why}", bytes.escape_ascii().to_string()));
            }
            Seen::Partial => {}
            Seen::Whole(_) if !script.is_plain => {}
            Seen::Whole(reached) => match left.iter().position(|said| is_same(said, reached)) {
                Some(at) => drop(left.swap_remove(at)),
                None => return Err(format!("nobody said {reached:?}; said was {left:?}")),
            },
        }
    }
    Ok(())
}

/// Whether one became the other.
fn is_same(said: &Stream, reached: &Message) -> bool {
    let first = |name: &'static [u8]| strict::values(&said.fields, name).next();
    // The types of h2 drop a fragment before anybody sees it.
    let path = first(b":path").unwrap_or_default().split(|&byte| byte == b'#').next().unwrap_or_default();
    let path = if path.is_empty() { b"/" } else { path };
    let host = first(b":authority").or_else(|| first(b"host"));
    first(b":method") == Some(&reached.line[0])
        && path == reached.line[1]
        && said.body == reached.body
        && strict::values(&reached.fields, b"host").next() == host
        && passing(&plain(&said.fields), &Fields::new()) == passing(&reached.fields, &Fields::new())
}

/// The fields as HTTP/1.1 says them: nothing of the target, and cookies as one.
fn plain(said: &Fields) -> Fields {
    let is_crumb = |name: &[u8]| name == b"cookie";
    let mut fields: Fields =
        said.iter().filter(|(name, _)| !name.starts_with(b":") && !is_crumb(name)).cloned().collect();
    let crumbs: Vec<_> = said.iter().filter(|(name, _)| is_crumb(name)).map(|(_, value)| value.as_slice()).collect();
    if !crumbs.is_empty() {
        // Behind an empty crumb at the end stands a space, which a line of HTTP/1.1 has not.
        fields.push((b"cookie".to_vec(), crumbs.join(&b"; "[..]).trim_ascii_end().to_vec()));
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    const GET: &[u8] = b"H\x05\x01\x31:method: GET\n:scheme: http\n:path: /a\nhost: a\nx: y";

    fn attack(script: &[u8]) -> (Script, Outcome) {
        let script = Script::of(script);
        let outcome = LAB.with(|lab| lab.attack(&[Bytes::from(script.bytes.clone())])).unwrap();
        (script, outcome)
    }

    #[test]
    fn a_script_reaches_the_origin() {
        assert_eq!(GET.len(), 4 + 0x31);
        let (script, outcome) = attack(GET);
        assert!(matches!(outcome.seen[..], [Seen::Whole(_)]), "{outcome:?}");
        reaches_only_what_was_said(&outcome, &script).unwrap();
        frames::judge(&outcome.got, outcome.is_clean).unwrap();
    }

    #[test]
    fn what_no_stream_said_whole_is_told() {
        let (_, outcome) = attack(GET);
        let mut open = GET.to_vec();
        open[1] = 4;
        let said = Script::of(&open);
        assert!(reaches_only_what_was_said(&outcome, &said).unwrap_err().starts_with("nobody said"));
        let (_, outcome) = attack(&open);
        assert!(outcome.seen.iter().all(|seen| matches!(seen, Seen::Partial)), "{outcome:?}");
    }

    #[test]
    fn what_is_no_order_of_frames_is_told() {
        let frame = |kind: u8, flags: u8, stream: u8| vec![0, 0, 0, kind, flags, 0, 0, 0, stream];
        let twice = [frame(1, 5, 1), frame(0, 1, 1), frame(7, 0, 0)].concat();
        assert!(frames::judge(&twice, true).is_err());
        assert!(frames::judge(&[frame(1, 0, 1), frame(0, 0, 1)].concat(), false).is_err());
        assert!(frames::judge(&[frame(1, 5, 1), frame(3, 0, 1), frame(7, 0, 0)].concat(), true).is_ok());
        assert!(frames::judge(&frame(1, 5, 1), true).is_err());
    }
}
