//! Both versions of the header (haproxy.org, "The PROXY protocol", versions 1 and 2). Pure: bytes in, an address out.
//!
//! Strict, for whoever gets a header past this names any client it likes; and so that no byte behind it is touched,
//! wherever the bytes were cut.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What a line of version 1 begins with.
const LINE: &[u8] = b"PROXY ";
/// The longest line of version 1, its end included.
const LINE_LIMIT: usize = 107;
/// What version 2 begins with.
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// Signature, version and command, family, length.
const FIXED: usize = 16;
/// The longest header of version 2 that is taken: addresses need 232 bytes, the rest are extensions that nobody reads.
const BLOCK_LIMIT: usize = 4096;

/// A header on its way.
#[derive(Debug, Default)]
pub(super) struct Parser(Vec<u8>);

/// What a header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// Who the client is.
    Client(SocketAddr),
    /// Nothing: the balancer speaks for itself, or for somebody who has no TCP address.
    Nothing,
}

/// No header, or one that must not be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed(&'static str);

// === impl Parser ===

impl Parser {
    /// Whether nothing has come.
    pub(super) fn is_fresh(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes what of `bytes`, which come next, belongs to the header: how many, and what it says once it is whole.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(usize, Option<Said>), Malformed> {
        let before = self.0.len();
        for &byte in bytes {
            self.0.push(byte);
            if let Some(said) = self.look()? {
                return Ok((self.0.len() - before, Some(said)));
            }
        }
        Ok((bytes.len(), None))
    }

    fn look(&self) -> Result<Option<Said>, Malformed> {
        let seen = &self.0[..];
        let begins = |with: &[u8]| seen.iter().zip(with).all(|(seen, with)| seen == with);
        if begins(LINE) {
            return match seen {
                [.., b'\n'] => line(seen).map(Some),
                _ if seen.len() >= LINE_LIMIT => Err(Malformed("a line that is too long")),
                _ => Ok(None),
            };
        }
        if !begins(SIGNATURE) {
            return Err(Malformed("not a PROXY header"));
        }
        let Some((fixed, rest)) = seen.split_at_checked(FIXED) else { return Ok(None) };
        let length = usize::from(u16::from_be_bytes([fixed[14], fixed[15]]));
        match length {
            _ if FIXED + length > BLOCK_LIMIT => Err(Malformed("a block that is too long")),
            _ if rest.len() == length => block(fixed[12], fixed[13], rest).map(Some),
            _ => Ok(None),
        }
    }
}

/// A whole line of version 1.
fn line(line: &[u8]) -> Result<Said, Malformed> {
    let wrong = Malformed("a line that is not as it should be");
    let text = line.strip_suffix(b"\r\n").and_then(|line| std::str::from_utf8(line).ok()).ok_or(wrong)?;
    let words: Vec<_> = text.split(' ').collect();
    match words[..] {
        ["PROXY", "UNKNOWN", ..] => Ok(Said::Nothing),
        ["PROXY", family, source, destination, from, to] => {
            let ip = |word: &str| -> Result<IpAddr, Malformed> {
                match family {
                    "TCP4" => word.parse::<Ipv4Addr>().map(IpAddr::from),
                    "TCP6" => word.parse::<Ipv6Addr>().map(IpAddr::from),
                    _ => return Err(wrong),
                }
                .map_err(|_| wrong)
            };
            let client = SocketAddr::new(ip(source)?, port(from).ok_or(wrong)?);
            // Believed only as a whole.
            ip(destination)?;
            port(to).ok_or(wrong)?;
            Ok(Said::Client(client))
        }
        _ => Err(wrong),
    }
}

fn port(word: &str) -> Option<u16> {
    let is_plain = word.bytes().all(|b| b.is_ascii_digit()) && (word == "0" || !word.starts_with('0'));
    if is_plain { word.parse().ok() } else { None }
}

/// A whole header of version 2, without its length.
fn block(version_command: u8, family: u8, addresses: &[u8]) -> Result<Said, Malformed> {
    match version_command {
        0x20 => return Ok(Said::Nothing),
        0x21 => {}
        _ => return Err(Malformed("another version or command")),
    }
    let client = match family {
        0x11 => addresses.first_chunk::<12>().map(|a| {
            let [a0, a1, a2, a3, _, _, _, _, p0, p1, _, _] = *a;
            SocketAddr::from(([a0, a1, a2, a3], u16::from_be_bytes([p0, p1])))
        }),
        0x21 => addresses.first_chunk::<36>().and_then(|a| {
            let ip: [u8; 16] = *a.first_chunk()?;
            Some(SocketAddr::from((ip, u16::from_be_bytes([a[32], a[33]]))))
        }),
        // Unspecified, datagrams, UNIX sockets.
        0x00 | 0x12 | 0x22 | 0x31 | 0x32 => return Ok(Said::Nothing),
        _ => return Err(Malformed("an unknown family")),
    };
    client.map(Said::Client).ok_or(Malformed("a block too short for its addresses"))
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no valid PROXY header: {}", self.0)
    }
}

impl std::error::Error for Malformed {}

#[cfg(test)]
mod tests {
    use super::*;

    fn v2(version_command: u8, family: u8, length: u16, rest: &[u8]) -> Vec<u8> {
        [SIGNATURE, &[version_command, family], &length.to_be_bytes(), rest].concat()
    }

    fn over_v4(more: &[u8]) -> Vec<u8> {
        let rest = [&[192, 0, 2, 7, 10, 0, 0, 1, 0x1f, 0x90, 0, 80], more].concat();
        v2(0x21, 0x11, u16::try_from(rest.len()).unwrap(), &rest)
    }

    fn over_v6() -> Vec<u8> {
        let mut rest = [0; 36];
        rest[..16].copy_from_slice(&"2001:db8::7".parse::<Ipv6Addr>().unwrap().octets());
        rest[32..34].copy_from_slice(&8080u16.to_be_bytes());
        v2(0x21, 0x21, 36, &rest)
    }

    fn client(address: &str) -> Said {
        Said::Client(address.parse().unwrap())
    }

    /// What a header says, cut at every byte, with more behind it.
    fn said(header: &[u8]) -> Result<Said, Malformed> {
        let mut answers = (0..=header.len()).map(|cut| {
            let wire = [header, b"GET / HTTP/1.1\r\n"].concat();
            let mut parser = Parser::default();
            let (first, second) = wire.split_at(cut);
            let (taken, said) = parser.take(first)?;
            if let Some(said) = said {
                assert_eq!(taken, header.len());
                return Ok(said);
            }
            assert_eq!(taken, cut);
            let (taken, said) = parser.take(second)?;
            assert_eq!(cut + taken, header.len());
            Ok(said.unwrap())
        });
        let answer = answers.next().unwrap();
        assert!(answers.all(|other| other == answer));
        answer
    }

    #[test]
    fn names_the_client_wherever_it_is_cut() {
        let longest = "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff \
                       65535 65535\r\n";
        assert_eq!(said(b"PROXY TCP4 192.0.2.7 10.0.0.1 8080 80\r\n"), Ok(client("192.0.2.7:8080")));
        assert_eq!(said(b"PROXY TCP6 2001:db8::7 ::1 8080 80\r\n"), Ok(client("[2001:db8::7]:8080")));
        assert_eq!(said(longest.as_bytes()), Ok(client("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535")));
        assert_eq!(said(&over_v4(b"")), Ok(client("192.0.2.7:8080")));
        assert_eq!(said(&over_v4(&[4; 300])), Ok(client("192.0.2.7:8080")));
        assert_eq!(said(&over_v6()), Ok(client("[2001:db8::7]:8080")));
    }

    #[test]
    fn who_speaks_for_nobody_says_nothing() {
        assert_eq!(said(b"PROXY UNKNOWN\r\n"), Ok(Said::Nothing));
        assert_eq!(said(b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"), Ok(Said::Nothing));
        assert_eq!(said(&v2(0x20, 0x00, 0, b"")), Ok(Said::Nothing));
        assert_eq!(said(&v2(0x20, 0x11, 3, b"abc")), Ok(Said::Nothing));
        assert_eq!(said(&v2(0x21, 0x00, 0, b"")), Ok(Said::Nothing));
        assert_eq!(said(&v2(0x21, 0x31, 216, &[b'/'; 216])), Ok(Said::Nothing));
    }

    #[test]
    fn anything_else_is_refused() {
        let limit = u16::try_from(BLOCK_LIMIT - FIXED).unwrap();
        for header in [
            &b"GET / HTTP/1.1\r\n"[..],
            b"\r\n\r\nGET",
            b"proxy TCP4 192.0.2.7 10.0.0.1 8080 80\r\n",
            b"PROXY TCP4 192.0.2.7 10.0.0.1 8080 80\n",
            b"PROXY TCP4 192.0.2.7 10.0.0.1 8080\r\n",
            b"PROXY TCP4 192.0.2.7 10.0.0.1 8080 80 \r\n",
            b"PROXY  TCP4 192.0.2.7 10.0.0.1 8080 80\r\n",
            b"PROXY TCP4 192.0.2.7 10.0.0.1 08080 80\r\n",
            b"PROXY TCP4 192.0.2.7 10.0.0.1 +80 80\r\n",
            b"PROXY TCP4 192.0.2.7 10.0.0.1 65536 80\r\n",
            b"PROXY TCP4 ::1 ::1 8080 80\r\n",
            b"PROXY TCP6 192.0.2.7 ::1 8080 80\r\n",
            b"PROXY TCP4 192.0.2.7 nobody 8080 80\r\n",
            b"PROXY UDP4 192.0.2.7 10.0.0.1 8080 80\r\n",
            b"PROXY UNKNOWNX\r\n",
            b"PROXY \xff\r\n",
            &[LINE, &[b'x'; 200]].concat(),
            &v2(0x11, 0x11, 12, &[0; 12]),
            &v2(0x22, 0x11, 12, &[0; 12]),
            &v2(0x21, 0x13, 12, &[0; 12]),
            &v2(0x21, 0x41, 12, &[0; 12]),
            &v2(0x21, 0x11, 11, &[0; 11]),
            &v2(0x21, 0x21, 35, &[0; 35]),
            &v2(0x21, 0x11, limit + 1, &[0; 12]),
        ] {
            assert!(Parser::default().take(header).is_err(), "{}", String::from_utf8_lossy(header));
        }
        assert_eq!(Parser::default().take(&v2(0x21, 0x11, limit, &[0; 12])), Ok((28, None)));
    }
}
