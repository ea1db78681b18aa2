//! Alerts on live streams, and the review of one (via.md 1.14). No callback is ever called: a simulator makes no
//! connections.

use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use crate::sim::body::Body;
use crate::sim::via::call::{self, Call};
use crate::sim::via::fields;
use crate::sim::via::files::parameter;
use crate::sim::via::id::Id;
use crate::sim::via::live::Created;
use crate::sim::via::reply::{self, Reply};
use crate::sim::via::schema::Invalid;
use crate::sim::via::state::{Alert, Recent, STREAMS, State, unknown};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    live_stream_id: Id,
    events: Vec<String>,
    alert_id: Id,
    name: String,
}

#[derive(Serialize)]
struct Raised {
    alert_name: String,
    alert_id: Id,
    live_stream_id: Id,
    detected_events: Vec<String>,
    alert_text: String,
    ntp_timestamp: String,
}

/// Answers `POST /alerts`.
pub(crate) async fn post(state: &State, request: Request<Incoming>) -> Reply {
    let call = Call::read(request, fields::ALERTS).await?;
    if !state.settings.chat {
        let message = "Alerts are not available on this server";
        return Err(reply::error(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message));
    }
    let stream = Id::parse(call.text("liveStreamId")).map_err(reply::invalid)?;
    let mut tables = state.tables();
    let live = tables.streams.get(&stream).ok_or_else(|| unknown(stream))?;
    if !live.job.as_ref().is_some_and(|job| job.is_running()) {
        return Err(reply::bad("BadParameters", format!("No summary runs on {stream}")));
    }
    if tables.alerts.len() >= STREAMS {
        return Err(reply::bad("BadParameters", "Too many alerts"));
    }
    let id = Id::random();
    let events = call.get("events").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let events = events.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    tables.alerts.insert(id, Alert { name: call.text("name").to_owned(), stream, events });
    Ok(reply::json(&Created { id }))
}

/// Answers `GET /alerts`.
pub(crate) fn list(state: &State) -> Response<Body> {
    let tables = state.tables();
    let alerts = tables.alerts.iter().map(|(id, alert)| Listed {
        live_stream_id: alert.stream,
        events: alert.events.clone(),
        alert_id: *id,
        name: alert.name.clone(),
    });
    reply::json(&alerts.collect::<Vec<_>>())
}

/// Answers `DELETE /alerts/{id}`.
pub(crate) fn delete(state: &State, id: Id) -> Reply {
    match state.tables().alerts.remove(&id) {
        Some(_) => Ok(reply::json(&Value::Null)),
        None => Err(reply::bad("BadParameters", format!("No such alert {id}"))),
    }
}

/// Answers `GET /alerts/recent`, newest first.
pub(crate) fn recent(state: &State, query: Option<&str>) -> Reply {
    let stream = match parameter(query, "live_stream_id") {
        None => None,
        Some(text) => Some(Id::parse(&text).map_err(|why| {
            let why = Invalid::about(format!("Input should be a valid UUID, {why}"), &text.as_str().into());
            reply::invalid(why.within("live_stream_id").within("query").to_string())
        })?),
    };
    let tables = state.tables();
    let recent = tables.recent().filter(|recent| stream.is_none_or(|stream| recent.stream == stream));
    Ok(reply::json(&recent.map(Raised::of).collect::<Vec<_>>()))
}

/// Answers `POST /reviewAlert`: the same object and a `result`.
pub(crate) async fn review(request: Request<Incoming>) -> Reply {
    let body = call::read(request.into_body()).await?;
    let decode_error = || reply::invalid(Invalid::new("JSON decode error").at(0).within("body").to_string());
    let mut value: Value = serde_json::from_slice(&body).map_err(|_| decode_error())?;
    let Value::Object(map) = &mut value else { return Err(decode_error()) };
    for name in ["version", "id", "video_path"] {
        if !map.contains_key(name) {
            let missing = Invalid::new("Field required").within(name).within("body");
            return Err(reply::invalid(missing.to_string()));
        }
    }
    let result = json!({
        "status": "SUCCESS",
        "verification_result": true,
        "reasoning": "",
        "description": "The scene shows what the alert says.",
    });
    map.insert("result".into(), result);
    Ok(reply::json(&value))
}

// === impl Raised ===

impl Raised {
    fn of(recent: &Recent) -> Self {
        Self {
            alert_name: recent.name.clone(),
            alert_id: recent.alert,
            live_stream_id: recent.stream,
            detected_events: vec![recent.event.clone()],
            alert_text: format!("{} was seen", recent.event),
            ntp_timestamp: recent.at.clone(),
        }
    }
}
