//! A JSON call, read as Go's decoder does: names in any case, unknown ones ignored, `null` means absent, what follows
//! the first value is ignored (ollama.md 1.2).

use std::time::Duration;

use bytes::BytesMut;
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::Incoming;
use serde_json::{Map, Value};

use crate::sim::ollama::reply::Problem;
use crate::sim::ollama::sched::Keep;

/// Longest body that is kept: prompts with images are large, and a bound there must be.
const BODY: usize = 256 << 20;

/// A request body.
#[derive(Debug, Default)]
pub(crate) struct Call(Map<String, Value>);

// === impl Call ===

impl Call {
    /// Reads a whole body; `empty_is` is the problem with one that is empty.
    pub(crate) async fn read(body: Incoming) -> Result<Self, Problem> {
        let bytes = whole(body).await?;
        if bytes.is_empty() {
            return Err(Problem::bad("missing request body"));
        }
        match serde_json::Deserializer::from_slice(&bytes).into_iter::<Value>().next() {
            Some(Ok(Value::Object(map))) => Ok(Self(map)),
            Some(Ok(other)) => {
                let kind = match other {
                    Value::Array(_) => "array",
                    Value::String(_) => "string",
                    Value::Number(_) => "number",
                    _ => "bool",
                };
                Err(Problem::bad(format!("json: cannot unmarshal {kind} into Go value of type api.Request")))
            }
            Some(Err(error)) if error.is_eof() => Err(Problem::bad("unexpected EOF")),
            Some(Err(error)) => {
                let at = bytes.get(error.column().saturating_sub(1)).map_or('?', |byte| char::from(*byte));
                Err(Problem::bad(format!("invalid character '{at}' looking for beginning of value")))
            }
            None => Err(Problem::bad("EOF")),
        }
    }

    /// The field, if it is there and not null.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        let exact = self.0.get(name);
        let found = exact.or_else(|| self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| v));
        found.filter(|value| !value.is_null())
    }

    /// A text; absent is empty.
    pub(crate) fn text(&self, name: &str) -> Result<&str, Problem> {
        match self.get(name) {
            None => Ok(""),
            Some(value) => value.as_str().ok_or_else(|| wrong(name, value, "string")),
        }
    }

    /// `model`, or the older `name`.
    pub(crate) fn model(&self) -> Result<&str, Problem> {
        match self.text("model")? {
            "" => self.text("name"),
            model => Ok(model),
        }
    }

    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Problem> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => value.as_bool().map(Some).ok_or_else(|| wrong(name, value, "bool")),
        }
    }

    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, Problem> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or_else(|| wrong(name, value, "int")),
        }
    }

    pub(crate) fn list(&self, name: &str) -> Result<&[Value], Problem> {
        match self.get(name) {
            None => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(value) => Err(wrong(name, value, "[]api.Message")),
        }
    }

    /// `keep_alive`: seconds or a Go duration; negative is forever.
    pub(crate) fn keep_alive(&self) -> Result<Option<Keep>, Problem> {
        let seconds = match self.get("keep_alive") {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_f64().unwrap_or(0.0),
            Some(Value::String(text)) => go_duration(text).ok_or_else(|| {
                Problem::bad(format!("time: missing unit in duration {}", Value::from(text.as_str())))
            })?,
            Some(value) => return Err(wrong("keep_alive", value, "Duration")),
        };
        Ok(Some(Duration::try_from_secs_f64(seconds).map_or(Keep::Forever, Keep::For)))
    }

    /// An option; one of the wrong type is a 500.
    pub(crate) fn option(&self, name: &str) -> Result<Option<f64>, Problem> {
        let value = self.get("options").and_then(|options| options.get(name)).filter(|value| !value.is_null());
        let Some(value) = value else { return Ok(None) };
        value.as_f64().map(Some).ok_or_else(|| {
            let kind = if name.starts_with("num_") { "int" } else { "float32" };
            let text = format!("option \"{name}\" must be of type {kind}");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, text)
        })
    }
}

/// A whole body, up to the bound.
pub(crate) async fn whole(mut body: Incoming) -> Result<BytesMut, Problem> {
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::bad("unexpected EOF"))?;
        if let Ok(data) = frame.into_data() {
            if whole.len() + data.len() > BODY {
                return Err(Problem::bad("request body too large for this simulator"));
            }
            whole.extend_from_slice(&data);
        }
    }
    Ok(whole)
}

fn wrong(name: &str, value: &Value, wanted: &str) -> Problem {
    let kind = match value {
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        _ => "object",
    };
    Problem::bad(format!("json: cannot unmarshal {kind} into Go struct field Request.{name} of type {wanted}"))
}

/// `1h30m`, `5m`, `300ms`, `-1s` in seconds.
fn go_duration(text: &str) -> Option<f64> {
    let (sign, mut rest) = text.strip_prefix('-').map_or((1.0, text), |rest| (-1.0, rest));
    if rest == "0" {
        return Some(0.0);
    }
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let unit = &rest[digits..];
        let end = unit.find(|c: char| c.is_ascii_digit()).unwrap_or(unit.len());
        seconds += number
            * match &unit[..end] {
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "us" | "µs" => 1e-6,
                "ns" => 1e-9,
                _ => return None,
            };
        rest = &unit[end..];
    }
    (!text.is_empty()).then_some(sign * seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_go_durations() {
        assert_eq!(go_duration("1h30m"), Some(5400.0));
        assert_eq!(go_duration("300ms"), Some(0.3));
        assert_eq!(go_duration("-1s"), Some(-1.0));
        assert_eq!(go_duration("10"), None);
        assert_eq!(go_duration(""), None);
    }
}
