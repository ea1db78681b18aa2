//! The same bytes for our connection and for hyper's, over a pipe in memory: the same answer, or ours is the stricter
//! one.
//!
//! Where ours may be stricter, by what it says: [`MAY_REFUSE`]. That ours takes what hyper refuses is never right. For
//! tests and the fuzzer.

use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::super::conn::deaf;
use super::Connection;
use crate::body::RequestBody;
use crate::h1::Error;
use crate::head::{AnswerHead, RequestHead};

/// What we refuse and hyper takes, in our words.
const MAY_REFUSE: &[&str] = &[
    // hyper takes LF for CRLF, and skips empty lines in front of a status line.
    "a bare line feed in the head",
    "no status line",
    // hyper looks at the last coding of the last line only, and ignores the field in HTTP/1.0.
    "a Transfer-Encoding other than chunked",
    "a Transfer-Encoding in HTTP/1.0",
    // hyper looks at lengths only where it needs them: not beside a coding, not without a body.
    "a Content-Length that is no number",
    "two lengths",
    // hyper takes white space around a chunk's size, leading zeros without end, and control bytes in extensions.
    "a chunk's size",
    "a chunk extension",
    "the end of a chunk's size",
    // hyper takes LF for CRLF here too.
    "a bare line feed in the trailer fields",
    "the trailer fields",
    // hyper hands it on as an answer; `proxy::forward` refuses it.
    "101 without an upgrade",
    // hyper takes any number.
    "too many interim answers",
];

/// Fields that say how a body is framed: what ours says more than once, or beside another, it says once.
const FRAMING: [&str; 2] = ["content-length", "transfer-encoding"];

/// How much a pipe holds.
const PIPE: usize = 1024 * 1024;

/// What came of an exchange.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) status: u16,
    /// All but those of the framing, in their order for each name.
    pub(super) fields: Vec<(String, Vec<u8>)>,
    pub(super) body: Vec<u8>,
    pub(super) trailers: Vec<String>,
    pub(super) is_reusable: bool,
}

/// The body of one connection's answer, for `BodyExt`.
pub(super) struct Frames<'a>(pub(super) &'a mut Connection<DuplexStream>);

/// Compares the two on one answer, in these pieces; each is read before the next is there, and behind the last the
/// connection ends. Says what is wrong.
pub(crate) async fn compare(method: &str, pieces: &[&[u8]]) -> Result<(), String> {
    match (exchange(method, pieces).await, hypers(method, pieces).await) {
        (Ok(ours), Ok(hypers)) if is_same(&ours, &hypers) => surplus(method, pieces, ours).await,
        (Err(_), Err(_)) => Ok(()),
        (Err(ours), Ok(_)) if MAY_REFUSE.iter().any(|reason| ours.to_string().ends_with(reason)) => Ok(()),
        (ours, hypers) => Err(format!("ours: {ours:?}, hyper's: {hypers:?}")),
    }
}

/// Whether a connection goes on is not told by hyper.
fn is_same(ours: &Outcome, hypers: &Outcome) -> bool {
    (ours.status, &ours.fields, &ours.body, &ours.trailers)
        == (hypers.status, &hypers.fields, &hypers.body, &hypers.trailers)
}

/// A connection that may be used again has nothing left in it: one byte more, where it is seen, changes that and nothing
/// else. (What comes later is seen when the connection is to be used.)
async fn surplus(method: &str, pieces: &[&[u8]], outcome: Outcome) -> Result<(), String> {
    if !outcome.is_reusable {
        return Ok(());
    }
    let more = [pieces.concat().as_slice(), b"X"].concat();
    let expected = Outcome { is_reusable: false, ..outcome };
    match exchange(method, &[&more]).await {
        Ok(found) if found == expected => Ok(()),
        found => Err(format!("with a byte behind it: {found:?}, without: {expected:?}")),
    }
}

pub(super) fn request(method: &str) -> RequestHead {
    let mut request = Request::new(());
    *request.method_mut() = method.parse().unwrap_or_default();
    request.headers_mut().insert(http::header::HOST, http::HeaderValue::from_static("h"));
    request.into_parts().0.into()
}

pub(super) async fn send(
    conn: &mut Connection<DuplexStream>,
    head: &RequestHead,
    body: RequestBody,
) -> Result<AnswerHead, Error> {
    conn.begin(head, body)?;
    std::future::poll_fn(|cx| conn.poll_head(&deaf, cx)).await
}

/// One request on our connection, the answer in these pieces.
pub(super) async fn exchange(method: &str, pieces: &[&[u8]]) -> Result<Outcome, Error> {
    let (ours, theirs) = duplex(PIPE);
    let mut conn = Connection::new(ours);
    let head = request(method);
    let downstream = async {
        let response = send(&mut conn, &head, RequestBody::Empty).await?;
        let collected = Frames(&mut conn).collect().await?;
        Ok(Outcome {
            status: response.status.as_u16(),
            fields: fields(response.fields.iter().map(|(name, value)| (name, value.to_vec()))),
            trailers: lines(collected.trailers()),
            body: collected.to_bytes().into(),
            is_reusable: conn.is_reusable(),
        })
    };
    tokio::join!(downstream, play(theirs, pieces)).0
}

async fn hypers(method: &str, pieces: &[&[u8]]) -> Result<Outcome, String> {
    let (ours, theirs) = duplex(PIPE);
    let (mut sender, connection) = http1::handshake(TokioIo::new(ours)).await.map_err(|e| e.to_string())?;
    let downstream = async {
        let request = request(method).to_request(RequestBody::Empty);
        let response = sender.send_request(request).await.map_err(|e| e.to_string())?;
        let (head, body) = response.into_parts();
        let collected = body.collect().await.map_err(|e| e.to_string())?;
        Ok(Outcome {
            status: head.status.as_u16(),
            fields: fields(
                head.headers.iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes().into())),
            ),
            trailers: lines(collected.trailers()),
            body: collected.to_bytes().into(),
            is_reusable: false,
        })
    };
    let driver = async {
        let _ = connection.await;
    };
    tokio::join!(downstream, play(theirs, pieces), driver).0
}

/// The upstream's side.
async fn play(mut theirs: DuplexStream, pieces: &[&[u8]]) {
    let _ = theirs.read(&mut [0; 1024]).await;
    for piece in pieces {
        // Both hang up as soon as they have seen enough.
        let _ = theirs.write_all(piece).await;
        for _ in 0..4 {
            tokio::task::yield_now().await;
        }
    }
}

fn fields<'a>(fields: impl Iterator<Item = (&'a [u8], Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    let named = fields.map(|(name, value)| (String::from_utf8_lossy(name).to_lowercase(), value));
    let mut fields: Vec<_> = named.filter(|(name, _)| !FRAMING.contains(&name.as_str())).collect();
    // Stable: a map groups the lines of a name.
    fields.sort_by(|(a, _), (b, _)| a.cmp(b));
    fields
}

fn lines(trailers: Option<&HeaderMap>) -> Vec<String> {
    // Ours leaves framing out of trailers (RFC 9110, section 6.5.1).
    let lines = trailers.into_iter().flatten().filter(|(name, _)| !FRAMING.contains(&name.as_str()));
    let mut lines: Vec<_> = lines.map(|(n, v)| format!("{n}: {}", String::from_utf8_lossy(v.as_bytes()))).collect();
    // A map that loses a name does not keep the order of the others.
    lines.sort();
    lines
}

// === impl Frames ===

impl http_body::Body for Frames<'_> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.0.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}
