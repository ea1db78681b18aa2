//! `POST /chat/completions`: one JSON object, whatever `stream` says; failures inside of a 200 (via.md 1.12).

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use serde_json::Value;

use crate::sim::via::call::Call;
use crate::sim::via::completion::{Choice, Completion, Usage};
use crate::sim::via::fields;
use crate::sim::via::id::Id;
use crate::sim::via::query;
use crate::sim::via::reply::{self, Refused, Reply};
use crate::sim::via::state::{State, unknown};

const DISABLED: &str = "Chat functionality disabled for this request; summarize it with enable_chat first.";

/// Answers `POST /chat/completions`.
pub(crate) async fn post(state: Arc<State>, request: Request<Incoming>, fail: bool) -> Reply {
    let call = Call::read(request, &fields::chat(state.settings.version)).await?;
    let ids = call.ids();
    let (about, enabled) = look_up(&state, &ids)?;
    query::model(&state, &call)?;
    if !state.settings.chat {
        return Err(reply::bad("BadParameters", "Chat functionality disabled on this server"));
    }
    let messages = call.get("messages").and_then(Value::as_array);
    let last = messages.and_then(|messages| messages.last());
    let Some(question) = last.and_then(|message| message.get("content")).and_then(Value::as_str) else {
        let message = "list index out of range";
        return Err(reply::error(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", message));
    };
    let info = call.get("media_info");
    let halves =
        ["start_offset", "end_offset"].iter().filter(|name| info.is_some_and(|info| info.get(**name).is_some()));
    if info.is_some_and(|info| info["type"] == "offset") && halves.count() == 1 {
        let message = "unsupported operand";
        return Err(reply::error(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", message));
    }
    tokio::time::sleep(state.settings.paced(state.settings.chat_time)).await;
    let text = if !enabled {
        DISABLED.to_owned()
    } else if fail {
        "An internal error occurred while the answer was made.".to_owned()
    } else if call.flag("highlight") == Some(true) && !question.contains('#') {
        "{\"type\": \"highlight\", \"highlightResponse\": {\"video\": \"/tmp/assets/highlight.mp4\"}}".to_owned()
    } else {
        query::answer(&state, question, about)
    };
    let id = Id::random();
    Ok(reply::json(&Completion {
        id,
        choices: vec![Choice::text(text, true)],
        created: 0,
        model: &state.settings.model,
        media_info: call.media(0),
        object: "summarization.completion",
        usage: Usage { query_processing_time: 0, total_chunks_processed: 0 },
    }))
}

/// What the ids are about, and whether they were summarized together with `enable_chat` on this instance.
fn look_up(state: &State, ids: &[Id]) -> Result<(u64, bool), Refused> {
    let tables = state.tables();
    let mut about = 0;
    let mut enabled = !ids.is_empty();
    for id in ids {
        if let Some(asset) = tables.files.get(id) {
            about ^= asset.spooled.hash;
            enabled &= asset.chat.as_ref().is_some_and(|chat| ids.iter().all(|id| chat.contains(id)));
        } else {
            let live = tables.streams.get(id).ok_or_else(|| unknown(*id))?;
            enabled &= live.chat;
        }
    }
    Ok((about, enabled))
}
