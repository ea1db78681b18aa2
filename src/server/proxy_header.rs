//! The PROXY protocol: what a load balancer says of its client before the client's own first byte.
//!
//! The header is looked at where it lies and then taken exactly: what stands behind it belongs to TLS or HTTP.

mod parse;

use std::io;
use std::net::SocketAddr;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use self::parse::{Parser, Said};

/// The address that the header at the beginning of `tcp` names, or `peer` if it names none. `None` if the connection
/// ended before its first byte. Cancelling leaves the connection at an unknown place: it can only be dropped.
pub(super) async fn read(tcp: &mut TcpStream, peer: SocketAddr) -> io::Result<Option<SocketAddr>> {
    let mut parser = Parser::default();
    let mut buf = [0; 512];
    loop {
        let there = tcp.peek(&mut buf).await?;
        if there == 0 {
            return if parser.is_fresh() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        let (taken, said) = parser.take(&buf[..there]).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
        tcp.read_exact(&mut buf[..taken]).await?;
        match said {
            Some(Said::Client(client)) => return Ok(Some(client)),
            Some(Said::Nothing) => return Ok(Some(peer)),
            None => {}
        }
    }
}

/// How long the header is that comes in these pieces, and whom it names; `None` if it is not whole.
#[cfg(any(test, feature = "fuzz"))]
pub(crate) fn in_pieces<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Option<(usize, Option<SocketAddr>)>, String> {
    let mut parser = Parser::default();
    let mut length = 0;
    for piece in pieces {
        let (taken, said) = parser.take(piece).map_err(|e| e.to_string())?;
        length += taken;
        match said {
            Some(Said::Client(client)) => return Ok(Some((length, Some(client)))),
            Some(Said::Nothing) => return Ok(Some((length, None))),
            None => {}
        }
    }
    Ok(None)
}
