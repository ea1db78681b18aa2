//! Interim answers on their way to the client (RFC 9110, section 15.2; RFC 8297).

use http::{HeaderMap, StatusCode, header};

use super::headers;
use crate::body::Progress;
use crate::head::Fields;
use crate::turn::Turn;

/// Passes on an interim answer of the upstream: `100 Continue` to a client that still waits for it, every other to any
/// client that may get one; never a switch of protocols.
pub(super) fn relay(turn: &Turn, progress: Option<&Progress>, status: StatusCode, headers: &HeaderMap) {
    match status {
        StatusCode::SWITCHING_PROTOCOLS => {}
        StatusCode::CONTINUE => {
            let is_awaited = progress.is_some_and(Progress::go_on);
            turn.tell(&if is_awaited { head(status, &HeaderMap::new()) } else { Vec::new() });
        }
        _ => turn.tell(&head(status, headers)),
    }
}

/// The bytes of an interim answer, without what ends at this hop and without a length (RFC 9110, section 8.6).
fn head(status: StatusCode, fields: &HeaderMap) -> Vec<u8> {
    let reason = status.canonical_reason().unwrap_or("Interim");
    let mut head = format!("HTTP/1.1 {} {reason}\r\n", status.as_str()).into_bytes();
    let mut fields = Fields::from_map(fields);
    headers::end_hop(&mut fields);
    fields.remove(&header::CONTENT_LENGTH);
    fields.write(&mut head);
    head.extend_from_slice(b"\r\n");
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hop_fields_and_lengths_stay_here() {
        let mut fields = HeaderMap::new();
        for (name, value) in [("link", "</a>"), ("connection", "x-hop"), ("x-hop", "1"), ("content-length", "5")] {
            fields.insert(name, value.parse().unwrap());
        }
        assert_eq!(head(StatusCode::EARLY_HINTS, &fields), b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n");
    }

    #[test]
    fn a_client_that_expects_nothing_is_not_told_to_continue() {
        let turn = Turn::default();
        turn.begin(false);
        relay(&turn, None, StatusCode::CONTINUE, &HeaderMap::new());
        relay(&turn, None, StatusCode::SWITCHING_PROTOCOLS, &HeaderMap::new());
        assert!(!turn.has_interim());
        relay(&turn, None, StatusCode::PROCESSING, &HeaderMap::new());
        assert!(turn.has_interim());
    }
}
