//! `[downstream]` as it is written: patience with clients, and what is taken of a head.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::Source;
use crate::config::file::Written;
use crate::config::{Downstream, Error};
use crate::h1::MOST_FIELDS;

/// The most bytes of a request's head.
const HEAD: usize = 128 * 1024;
/// What may be written instead: less serves nobody, more is a client's to hold our memory with.
const HEADS: RangeInclusive<usize> = 1024..=1024 * 1024;

pub(super) fn downstream(source: &Source<'_>) -> Result<Downstream, Error> {
    let file = &source.file.downstream;
    let or = |written: Option<Written>, seconds| {
        // "none" is an hour: a client that takes longer has left without a word.
        let written = written.map(|written| written.0.unwrap_or(Duration::from_secs(3600)));
        written.unwrap_or_else(|| Duration::from_secs(seconds))
    };
    Ok(Downstream {
        head: or(file.head, 10),
        idle: or(file.idle, 90),
        write: or(file.write, 60),
        max_head: max_head(source)?,
        max_fields: max_fields(source)?,
        http2: file.http2.unwrap_or(true),
        splice: file.splice.unwrap_or(false),
    })
}

fn max_head(source: &Source<'_>) -> Result<usize, Error> {
    let Some(written) = &source.file.downstream.max_head else { return Ok(HEAD) };
    let bytes = written.get_ref().0.and_then(|bytes| usize::try_from(bytes).ok());
    bytes
        .filter(|bytes| HEADS.contains(bytes))
        .ok_or_else(|| source.wrong(written.span(), "a head is held whole: at least \"1KiB\", at most \"1MiB\""))
}

fn max_fields(source: &Source<'_>) -> Result<usize, Error> {
    let Some(written) = &source.file.downstream.max_fields else { return Ok(MOST_FIELDS) };
    let fields = *written.get_ref();
    if (1..=MOST_FIELDS).contains(&fields) {
        return Ok(fields);
    }
    Err(source.wrong(written.span(), format!("at least 1, at most {MOST_FIELDS}")))
}
