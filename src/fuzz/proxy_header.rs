//! What a load balancer says of its client, held against a plain reading of the protocol's text (haproxy.org, "The PROXY
//! protocol", versions 1 and 2).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::Dice;
use crate::server::in_pieces;

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// Checks the first bytes of one connection.
pub fn check(bytes: &[u8]) {
    let whole = in_pieces([bytes]);
    for frames in Dice::of(bytes).cuts(bytes) {
        assert_eq!(in_pieces(frames.iter().map(AsRef::as_ref)), whole, "a cut changes it");
    }
    match &whole {
        Ok(Some((length, client))) => {
            let (header, behind) = bytes.split_at(*length);
            assert_eq!(in_pieces([header]), whole, "the header stands alone");
            assert_eq!(plainly(header), Some(*client), "it names {client:?}");
            let other: Vec<_> = behind.iter().map(|byte| !byte).collect();
            assert_eq!(in_pieces([header, &other]), whole, "what stands behind it says nothing of it");
        }
        Ok(None) => {
            assert!(
                b"PROXY ".starts_with(&bytes[..bytes.len().min(6)])
                    || SIGNATURE.starts_with(&bytes[..bytes.len().min(12)])
            );
            assert!(bytes.len() < 4096, "nothing is waited for without end");
        }
        Err(_) => {
            let more = [bytes, b"\r\n"].concat();
            assert_eq!(in_pieces([more.as_slice()]), whole, "what is refused stays refused");
        }
    }
}

/// Whom a header names; nobody, where a balancer speaks for itself.
type Named = Option<SocketAddr>;

/// Whom a whole header names; `None` for what is no header.
fn plainly(header: &[u8]) -> Option<Named> {
    match header.strip_prefix(SIGNATURE) {
        Some(rest) => block(rest),
        None => line(std::str::from_utf8(header).ok()?.strip_prefix("PROXY ")?.strip_suffix("\r\n")?),
    }
}

fn line(words: &str) -> Option<Named> {
    if words == "UNKNOWN" || words.starts_with("UNKNOWN ") {
        return Some(None);
    }
    let words: Vec<_> = words.split(' ').collect();
    let [family @ ("TCP4" | "TCP6"), source, destination, from, to] = words[..] else { return None };
    let (source, destination): (IpAddr, IpAddr) = (source.parse().ok()?, destination.parse().ok()?);
    let is_v4 = family == "TCP4";
    let (from, to): (u16, u16) = (from.parse().ok()?, to.parse().ok()?);
    // Printed again, the words are what they were: no sign, no zero in front.
    let ports = words[3] == from.to_string() && words[4] == to.to_string();
    (ports && source.is_ipv4() == is_v4 && destination.is_ipv4() == is_v4).then(|| Some(SocketAddr::new(source, from)))
}

fn block(rest: &[u8]) -> Option<Named> {
    let (&[command, family, high, low], addresses) = rest.split_first_chunk()?;
    if addresses.len() != usize::from(high) * 256 + usize::from(low) || !matches!(command, 0x20 | 0x21) {
        return None;
    }
    let port = |at: usize| Some(u16::from(*addresses.get(at)?) * 256 + u16::from(*addresses.get(at + 1)?));
    match (command, family) {
        (0x21, 0x11) => {
            addresses.get(11)?;
            let source = Ipv4Addr::from(*addresses.first_chunk::<4>()?);
            Some(Some(SocketAddr::new(source.into(), port(8)?)))
        }
        (0x21, 0x21) => {
            addresses.get(35)?;
            let source = Ipv6Addr::from(*addresses.first_chunk::<16>()?);
            Some(Some(SocketAddr::new(source.into(), port(32)?)))
        }
        _ => Some(None),
    }
}
