//! Files once they are there: list, info, delete (via.md 1.5, 1.6, 1.8).

use hyper::StatusCode;
use serde::Serialize;

use crate::sim::via::id::Id;
use crate::sim::via::job::End;
use crate::sim::via::reply::{self, Reply};
use crate::sim::via::schema::Invalid;
use crate::sim::via::state::State;
use crate::sim::via::upload::FileInfo;

#[derive(Serialize)]
struct List {
    data: Vec<FileInfo>,
    object: &'static str,
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the API's names")]
struct Deleted {
    id: Id,
    object: &'static str,
    deleted: bool,
}

/// `GET /files?purpose=vision`.
pub(crate) fn list(state: &State, query: Option<&str>) -> Reply {
    let Some(purpose) = parameter(query, "purpose") else {
        return Err(reply::invalid(Invalid::new("Field required").within("purpose").within("query").to_string()));
    };
    if purpose.len() > 36 || !purpose.bytes().all(|b| b.is_ascii_alphabetic()) {
        let why = Invalid::about("String should match pattern '^[a-zA-Z]*$'", &purpose.into());
        return Err(reply::invalid(why.within("purpose").within("query").to_string()));
    }
    let tables = state.tables();
    let files = tables.files.values().filter(|_| purpose == "vision");
    let data = files.map(|asset| FileInfo::of(asset, state.settings.version, true)).collect();
    Ok(reply::json(&List { data, object: "list" }))
}

/// `GET /files/{id}`.
pub(crate) fn info(state: &State, id: Id) -> Reply {
    let tables = state.tables();
    Ok(reply::json(&FileInfo::of(tables.file(id)?, state.settings.version, false)))
}

/// `DELETE /files/{id}`. In use it is 409, and the query is destroyed all the same.
pub(crate) fn delete(state: &State, id: Id) -> Reply {
    let mut tables = state.tables();
    tables.file(id)?;
    let Some(asset) = tables.files.get_mut(&id) else { return Err(crate::sim::via::state::unknown(id)) };
    let in_use = asset.jobs.iter().any(|job| job.is_running());
    for job in asset.jobs.drain(..) {
        job.end(End::Dropped);
    }
    if in_use {
        return Err(reply::error(StatusCode::CONFLICT, "ResourceInUse", format!("{id} is in use")));
    }
    tables.files.remove(&id);
    Ok(reply::json(&Deleted { id, object: "file", deleted: true }))
}

/// A query parameter; the last of equal names, `+` and percent escapes decoded.
pub(crate) fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let pairs = query?.split('&').rev().map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| decode(value))
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], escape) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}
