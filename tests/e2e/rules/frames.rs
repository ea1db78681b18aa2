//! A client of HTTP/2 that writes frames as it is told, also such as no library would.

use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::support::Peer;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const PRIORITY: u8 = 2;
pub(crate) const RESET: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
pub(crate) const ACK: u8 = 1;

/// A status that is not in the static table, such as 431.
pub(crate) const UNLISTED: u16 = 1;

pub(crate) const NO_ERROR: u32 = 0;
pub(crate) const PROTOCOL_ERROR: u32 = 1;
pub(crate) const INTERNAL_ERROR: u32 = 2;
pub(crate) const CANCEL: u32 = 8;
pub(crate) const CALM: u32 = 11;

/// The client's end of a connection.
pub(crate) struct Frames<S = TcpStream>(pub(crate) Peer<S>);

#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

/// What became of a stream.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Of the last head; 0 if there was none.
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// Ended by `END_STREAM`.
    pub(crate) is_whole: bool,
    /// The stream was reset with this code.
    pub(crate) reset: Option<u32>,
    /// The connection ended.
    pub(crate) is_gone: bool,
}

impl Frames {
    /// Behind the preface and our settings.
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::over(Peer::connect(address).await, &[]).await
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Frames<S> {
    pub(crate) async fn over(peer: Peer<S>, settings: &[(u16, u32)]) -> Self {
        let mut frames = Self(peer);
        frames.0.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        let payload: Vec<u8> = settings
            .iter()
            .flat_map(|(name, value)| [&name.to_be_bytes()[..], &value.to_be_bytes()[..]].concat())
            .collect();
        frames.send(SETTINGS, 0, 0, payload).await;
        frames
    }

    /// Sends a frame; false if nobody takes it any more.
    pub(crate) async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: impl AsRef<[u8]>) -> bool {
        self.0.try_send(frame(kind, flags, stream, payload.as_ref())).await
    }

    pub(crate) async fn headers(&mut self, stream: u32, fields: &[(&str, &str)], ends: bool) -> bool {
        let flags = END_HEADERS | if ends { END_STREAM } else { 0 };
        self.send(HEADERS, flags, stream, block(fields)).await
    }

    /// A GET of this path.
    pub(crate) async fn get(&mut self, stream: u32, path: &str) {
        self.headers(stream, &get(path), true).await;
    }

    pub(crate) async fn data(&mut self, stream: u32, data: impl AsRef<[u8]>, ends: bool) -> bool {
        self.send(DATA, if ends { END_STREAM } else { 0 }, stream, data).await
    }

    pub(crate) async fn reset(&mut self, stream: u32, code: u32) -> bool {
        self.send(RESET, 0, stream, code.to_be_bytes()).await
    }

    /// The next frame; `None` when the connection has ended. Settings are acknowledged, PING answered.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        let head = self.0.try_exactly(9).await?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let payload = self.0.try_exactly(length).await?;
        let stream = u32::from_be_bytes([head[5] & 0x7f, head[6], head[7], head[8]]);
        let frame = Frame { kind: head[3], flags: head[4], stream, payload };
        match (frame.kind, frame.flags & ACK) {
            (SETTINGS, 0) => {
                self.send(SETTINGS, ACK, 0, []).await;
            }
            (PING, 0) => {
                self.send(PING, ACK, 0, &frame.payload).await;
            }
            _ => {}
        }
        Some(frame)
    }

    /// The next frame of this kind.
    pub(crate) async fn next_of(&mut self, kind: u8) -> Frame {
        loop {
            let frame = self.next().await.expect("the connection ended");
            if frame.kind == kind {
                return frame;
            }
        }
    }

    /// Reads until this stream is over, or the connection.
    pub(crate) async fn outcome(&mut self, stream: u32) -> Outcome {
        let mut outcome = Outcome::default();
        loop {
            let Some(frame) = self.next().await else {
                outcome.is_gone = true;
                return outcome;
            };
            match frame.kind {
                _ if frame.stream != stream => {}
                HEADERS => outcome.status = status(&frame.payload).unwrap_or(outcome.status),
                DATA => outcome.body.extend_from_slice(&frame.payload),
                RESET => {
                    outcome.reset = Some(code(&frame.payload));
                    return outcome;
                }
                _ => {}
            }
            if matches!(frame.kind, HEADERS | DATA) && frame.stream == stream && frame.flags & END_STREAM != 0 {
                outcome.is_whole = true;
                return outcome;
            }
        }
    }

    /// Reads until the connection ends; the code of its GOAWAY.
    pub(crate) async fn end(&mut self) -> Option<u32> {
        let mut said = None;
        while let Some(frame) = self.next().await {
            if frame.kind == GOAWAY {
                said = Some(code(&frame.payload[4..]));
            }
        }
        said
    }
}

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// The pseudo-fields of a GET.
pub(crate) fn get(path: &str) -> [(&str, &str); 4] {
    [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", path)]
}

/// As literals, never indexed, never compressed (RFC 7541, section 6.2.2).
pub(crate) fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        text(&mut block, name.as_bytes());
        text(&mut block, value.as_bytes());
    }
    block
}

fn text(block: &mut Vec<u8>, text: &[u8]) {
    if text.len() < 127 {
        block.push(u8::try_from(text.len()).unwrap());
    } else {
        block.push(127);
        let mut rest = text.len() - 127;
        while rest >= 128 {
            block.push(u8::try_from(rest % 128 + 128).unwrap());
            rest /= 128;
        }
        block.push(u8::try_from(rest).unwrap());
    }
    block.extend_from_slice(text);
}

fn code(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(bytes[..4].try_into().unwrap())
}

/// The status that a head begins with, if it is one of the static table (RFC 7541, appendix A), or [`UNLISTED`].
fn status(block: &[u8]) -> Option<u16> {
    let first = block.iter().find(|byte| **byte & 0xe0 != 0x20)?;
    Some(match first {
        0x88 => 200,
        0x89 => 204,
        0x8b => 304,
        0x8c => 400,
        0x8d => 404,
        0x8e => 500,
        _ => UNLISTED,
    })
}
