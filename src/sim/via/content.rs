//! `GET /files/{id}/content`: the very bytes, whole or in ranges, with Starlette's habits (via.md 1.7).

use std::fs::File;
use std::sync::Arc;

use bytes::Bytes;
use hyper::header::{
    ACCEPT_RANGES, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_RANGE, LAST_MODIFIED, RANGE,
};
use hyper::{Response, StatusCode};

use crate::sim::body::{Body, Pieces};
use crate::sim::time;
use crate::sim::via::id::Id;
use crate::sim::via::reply::{self, Reply, with, with_text};
use crate::sim::via::spool;
use crate::sim::via::state::State;

/// More ranges than this in one request are malformed.
const RANGES: usize = 64;

/// What a `range` header comes to.
#[derive(Debug, PartialEq, Eq)]
enum Ranges {
    /// From each start to before its end; not empty.
    Parts(Vec<(u64, u64)>),
    Malformed(&'static str),
    Unsatisfiable,
}

/// Answers `GET /files/{id}/content`.
pub(crate) fn get(state: &State, id: Id, headers: &HeaderMap) -> Reply {
    let asset = state.tables().file(id)?.clone();
    let Some(file) = asset.spooled.file else {
        let message = "The file is not on disk any more";
        return Err(reply::error(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", message));
    };
    let length = asset.spooled.length;
    let content_type = media_type(&asset.name);
    let etag = format!("\"{:016x}{:016x}\"", asset.spooled.hash, length ^ asset.spooled.hash.rotate_left(32));
    let modified = time::http(asset.stored);
    let if_range = headers.get(IF_RANGE).map(HeaderValue::as_bytes);
    let fresh = if_range.is_none_or(|value| value == etag.as_bytes() || value == modified.as_bytes());
    let ranges = headers.get(RANGE).filter(|_| fresh).map(|value| parse(value.to_str().unwrap_or_default(), length));
    let mut response = match ranges {
        None => reply::bare(StatusCode::OK, Body::pieces(spool::pieces(file, 0, length), length)),
        Some(Ranges::Malformed(why)) => {
            let plain = HeaderValue::from_static("text/plain; charset=utf-8");
            return Ok(reply::typed(StatusCode::BAD_REQUEST, plain, Body::full(why)));
        }
        Some(Ranges::Unsatisfiable) => {
            let response = reply::bare(StatusCode::RANGE_NOT_SATISFIABLE, Body::empty());
            return Ok(with_text(response, CONTENT_RANGE, &format!("*/{length}")));
        }
        Some(Ranges::Parts(parts)) => match parts.as_slice() {
            [(start, end)] => {
                let body = Body::pieces(spool::pieces(file, *start, *end), end - start);
                let range = format!("bytes {start}-{}/{length}", end - 1);
                with_text(reply::bare(StatusCode::PARTIAL_CONTENT, body), CONTENT_RANGE, &range)
            }
            parts => byteranges(&file, parts, length, content_type),
        },
    };
    response = with(response, CONTENT_TYPE, HeaderValue::from_static(content_type));
    response = with(response, ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    response = with_text(response, LAST_MODIFIED, &modified);
    Ok(with_text(response, ETAG, &etag))
}

/// Several ranges: a multipart body whose boundary stands in `content-range`, and nowhere else.
fn byteranges(file: &Arc<File>, parts: &[(u64, u64)], length: u64, content_type: &str) -> Response<Body> {
    let boundary = format!("{:026x}", fastrand::u128(..) >> 24);
    let mut pieces: Pieces = Box::new(std::iter::empty());
    let mut total = 0;
    for (start, end) in parts {
        let head = format!(
            "--{boundary}\r\nContent-Type: {content_type}\r\nContent-Range: bytes {start}-{}/{length}\r\n\r\n",
            end - 1
        );
        total += head.len() as u64 + (end - start) + 2;
        let part = spool::pieces(Arc::clone(file), *start, *end);
        let head = std::iter::once(Ok(Bytes::from(head)));
        pieces = Box::new(pieces.chain(head).chain(part).chain(std::iter::once(Ok(Bytes::from_static(b"\r\n")))));
    }
    let last = format!("--{boundary}--");
    total += last.len() as u64;
    pieces = Box::new(pieces.chain(std::iter::once(Ok(Bytes::from(last)))));
    let range = format!("multipart/byteranges; boundary={boundary}");
    with_text(reply::bare(StatusCode::PARTIAL_CONTENT, Body::pieces(pieces, total)), CONTENT_RANGE, &range)
}

fn parse(header: &str, length: u64) -> Ranges {
    let Some((unit, ranges)) = header.split_once('=') else { return Ranges::Malformed("Malformed range header.") };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Ranges::Malformed("Only support bytes range");
    }
    let mut parts = Vec::new();
    for range in ranges.split(',').map(str::trim).filter(|range| !range.is_empty()) {
        let Some((start, end)) = range.split_once('-') else { return Ranges::Malformed("Malformed range header.") };
        let part = match (start.trim().parse::<u64>(), end.trim().parse::<u64>()) {
            (Ok(start), Ok(end)) if start > end => {
                return Ranges::Malformed("Range header: start must be less than end");
            }
            (Ok(start), Ok(end)) => (start, length.min(end.saturating_add(1))),
            (Ok(start), Err(_)) if end.trim().is_empty() => (start, length),
            (Err(_), Ok(last)) if start.trim().is_empty() && last > 0 => (length.saturating_sub(last), length),
            _ => return Ranges::Malformed("Malformed range header."),
        };
        parts.push(part);
    }
    if parts.is_empty() || parts.len() > RANGES {
        return Ranges::Malformed("Range header: range must be requested");
    }
    if parts.iter().any(|(start, _)| *start >= length) {
        return Ranges::Unsatisfiable;
    }
    parts.sort_unstable();
    // What overlaps or touches becomes one.
    let mut merged: Vec<(u64, u64)> = Vec::new();
    for (start, end) in parts {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    Ranges::Parts(merged)
}

/// Guessed from the name, as Python's `mimetypes` would.
fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).as_deref() {
        Some("mp4") => "video/mp4",
        Some("mkv") => "video/x-matroska",
        Some("mov") => "video/quicktime",
        Some("webm") => "video/webm",
        Some("avi") => "video/x-msvideo",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("png") => "image/png",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_ranges() {
        assert_eq!(parse("bytes=0-9", 100), Ranges::Parts(vec![(0, 10)]));
        assert_eq!(parse("bytes=90-", 100), Ranges::Parts(vec![(90, 100)]));
        assert_eq!(parse("bytes=-5", 100), Ranges::Parts(vec![(95, 100)]));
        assert_eq!(parse("bytes=90-999", 100), Ranges::Parts(vec![(90, 100)]));
        assert_eq!(parse("bytes=50-59, 0-9, 10-12", 100), Ranges::Parts(vec![(0, 13), (50, 60)]));
        assert_eq!(parse("bytes=100-", 100), Ranges::Unsatisfiable);
        for malformed in ["bytes", "lines=0-1", "bytes=x", "bytes=5-2", "bytes="] {
            assert!(matches!(parse(malformed, 100), Ranges::Malformed(_)), "{malformed}");
        }
    }
}
