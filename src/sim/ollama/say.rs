//! What the simulated model says to a prompt.

use serde_json::Value;

use crate::sim::ollama::reader;
use crate::sim::ollama::replies;
use crate::sim::ollama::settings::Settings;

/// The request header that chooses a canned reply by number, or gives a text: `3`, `text=anything`.
pub const HEADER: &str = "x-sim-reply";

/// A reply before it is cut into tokens.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) thinking: Option<String>,
    pub(crate) content: String,
    /// `None`: ends without `done`.
    pub(crate) reason: Option<&'static str>,
}

/// What is asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Question {
    pub(crate) system: String,
    pub(crate) user: String,
    pub(crate) format: Option<Value>,
    pub(crate) think: bool,
    pub(crate) header: Option<String>,
}

/// The reply: by the request's header, else by a marker in the prompt (`#reply=N`, or `#say=` and the rest of the
/// line), else by the settings, else made up to fit the format.
pub(crate) fn reply(question: &Question, settings: &Settings) -> Said {
    let header = question.header.as_deref().unwrap_or_default();
    if let Some(text) = header.strip_prefix("text=") {
        return said(text.to_owned());
    }
    let marker = question.user.split_once("#reply=").map(|(_, rest)| rest).unwrap_or_default();
    let digits = marker.find(|c: char| !c.is_ascii_digit()).map_or(marker, |end| &marker[..end]);
    let number = header.parse().ok().or_else(|| digits.parse().ok());
    if let Some(reply) = number.and_then(replies::numbered) {
        return canned(reply);
    }
    if let Some((_, rest)) = question.user.split_once("#say=") {
        return said(rest.lines().next().unwrap_or_default().to_owned());
    }
    if let Some(text) = &settings.say {
        return said(text.clone());
    }
    if let Some(reply) = settings.reply.and_then(replies::numbered) {
        return canned(reply);
    }
    let thinking = question.think.then(|| "Let me look at the text once more.".to_owned());
    Said { thinking, content: content(question), reason: Some("stop") }
}

fn content(question: &Question) -> String {
    let asks_ranges = |format: &Value| format.get("properties").is_some_and(|p| p.get("ranges").is_some());
    match &question.format {
        Some(format) if asks_ranges(format) => reader::as_json(&reader::ranges(&question.user)),
        Some(Value::String(_)) => r#"{"answer": "simulated"}"#.to_owned(),
        Some(schema) => instance(schema, 0).to_string(),
        None => {
            let asked = format!("{}\n{}", question.system, question.user).to_lowercase();
            let ranges = reader::ranges(&question.user);
            if !ranges.is_empty() && ["timestamp", "time stamp", "time range", "구간"].iter().any(|w| asked.contains(w))
            {
                return reader::as_text(&ranges);
            }
            let start: String = question.user.chars().take(60).collect();
            format!("This is a simulated answer to: {start}")
        }
    }
}

/// The smallest value that fits a schema, more or less.
fn instance(schema: &Value, depth: u8) -> Value {
    if let Some(first) = schema.get("enum").and_then(|values| values.get(0)) {
        return first.clone();
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("object") if depth < 8 => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let filled = properties.into_iter().flatten().map(|(name, kind)| (name.clone(), instance(kind, depth + 1)));
            Value::Object(filled.collect())
        }
        Some("array") => Value::Array(Vec::new()),
        Some("integer" | "number") => 0.into(),
        Some("boolean") => false.into(),
        Some("string") => "simulated".into(),
        _ => Value::Null,
    }
}

fn said(content: String) -> Said {
    Said { thinking: None, content, reason: Some("stop") }
}

fn canned(reply: replies::Reply) -> Said {
    Said { thinking: reply.thinking.map(str::to_owned), content: reply.content.to_owned(), reason: reply.reason }
}

/// A text as tokens: words with the blank before them, long ones in pieces. Joined they are the text again.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    const LONGEST: usize = 6;
    let mut tokens: Vec<String> = Vec::new();
    let mut length = LONGEST;
    for c in text.chars() {
        if length >= LONGEST || (c == ' ' && length > 0) {
            tokens.push(String::new());
            length = 0;
        }
        if let Some(last) = tokens.last_mut() {
            last.push(c);
            length += 1;
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_the_text() {
        for text in ["", "a", "A van arrives at 1:05.", "사람이 문 앞에 서 있습니다. 😀", "  "] {
            assert_eq!(tokens(text).concat(), text);
        }
        assert_eq!(tokens("A van"), ["A", " van"]);
    }

    #[test]
    fn fills_a_schema() {
        let schema =
            serde_json::json!({"type": "object", "properties": {"a": {"type": "array"}, "b": {"enum": ["x"]}}});
        assert_eq!(instance(&schema, 0), serde_json::json!({"a": [], "b": "x"}));
    }
}
