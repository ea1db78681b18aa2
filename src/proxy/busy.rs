//! VIA says that it is full with a 500, for its 503 slipped into the wrong argument (contract: via, 5.1): the number
//! stands in the body alone. Clients, and proxies before us, read the status.

use bytes::Bytes;
use http::{StatusCode, header};
use http_body::Body;
use serde_json::Value;

use super::exchange::Exchange;
use crate::error::{Error, Kind};
use crate::head::AnswerHead;
use crate::pool::Answer;

/// The longest body that is looked at: VIA's says it in a few hundred bytes.
const LIMIT: u64 = 8 * 1024;
/// Seconds after which it is worth asking again; VIA does not say.
const RETRY_AFTER: &str = "10";

/// Whether an answer may mean that: a small error in JSON, all of which can be read before its head goes on.
pub(super) fn may_be(head: &AnswerHead, incoming: &Answer) -> bool {
    head.status == StatusCode::INTERNAL_SERVER_ERROR
        && incoming.size_hint().exact().is_some_and(|length| (1..=LIMIT).contains(&length))
        && head.fields.get(&header::CONTENT_TYPE).is_some_and(|of| of.starts_with(b"application/json"))
}

/// Reads the body, and says in the head what it means. The body stays as it is.
pub(super) async fn settle(exchange: &mut Exchange, head: &mut AnswerHead, incoming: Answer) -> Result<Bytes, Error> {
    let body = incoming.collect(usize::try_from(LIMIT).unwrap_or(usize::MAX));
    let body = body.await.map_err(|e| Error::new(Kind::BadResponse).source(e))?;
    if says_busy(&body) {
        head.status = StatusCode::SERVICE_UNAVAILABLE;
        head.fields.insert(&header::RETRY_AFTER, RETRY_AFTER);
    }
    exchange.gave(body.len());
    Ok(body)
}

/// `{"code":503,…}`, or the same as text.
fn says_busy(body: &[u8]) -> bool {
    let Ok(Value::Object(error)) = serde_json::from_slice(body) else { return false };
    match error.get("code") {
        Some(Value::Number(code)) => code.as_u64() == Some(503),
        Some(Value::String(code)) => code == "503",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_code_of_the_object_counts() {
        for body in [r#"{"code":503,"message":"full"}"#, r#"{"message":"full", "code": "503"}"#] {
            assert!(says_busy(body.as_bytes()), "{body}");
        }
        for body in [
            "",
            "503",
            r#"{"code":"InternalServerError","message":"503"}"#,
            r#"{"code":500}"#,
            r#"{"a":{"code":503}}"#,
            r#"[{"code":503}]"#,
            r#"{"code":503"#,
        ] {
            assert!(!says_busy(body.as_bytes()), "{body}");
        }
    }
}
