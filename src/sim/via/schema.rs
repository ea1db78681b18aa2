//! Checking a request body as Pydantic does: fields in the order of the schema, then what does not belong; the first
//! error is the answer, worded and located as VIA words and locates it (via.md 1.0 and 2).
//!
//! Values are coerced in place, as Pydantic does by default: `"12"` becomes 12, `"false"` becomes false.

use serde_json::{Map, Value};

use crate::sim::via::id::Id;

/// A field of a body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) nullable: bool,
    pub(crate) kind: Kind,
}

/// What a field may hold. Bounds are inclusive, lengths in characters or items.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Id,
    /// An id or a list of ids.
    Ids,
    Text(usize),
    /// A text made of characters that the function accepts.
    Pattern(usize, &'static str, fn(&str) -> bool),
    Integer(i64, i64),
    Number(f64, f64),
    Bool,
    OneOf(&'static [&'static str]),
    List(usize, &'static Self),
    Object(&'static [Field]),
    Any,
}

/// Where it is wrong, and how.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Invalid {
    place: Vec<String>,
    text: String,
}

/// Checks and coerces a whole body.
pub(crate) fn body(fields: &[Field], body: Value) -> Result<Map<String, Value>, Invalid> {
    let mut body = body;
    object(fields, &mut body).map_err(|invalid| invalid.within("body"))?;
    match body {
        Value::Object(map) => Ok(map),
        _ => Ok(Map::new()),
    }
}

/// An optional field.
pub(crate) const fn optional(name: &'static str, kind: Kind) -> Field {
    Field { name, required: false, nullable: false, kind }
}

/// A required field.
pub(crate) const fn required(name: &'static str, kind: Kind) -> Field {
    Field { name, required: true, nullable: false, kind }
}

/// An optional field that may also be `null`.
pub(crate) const fn nullable(name: &'static str, kind: Kind) -> Field {
    Field { name, required: false, nullable: true, kind }
}

fn object(fields: &[Field], value: &mut Value) -> Result<(), Invalid> {
    let Value::Object(map) = value else {
        return Err(Invalid::new("Input should be a valid dictionary or object to extract fields from"));
    };
    for field in fields {
        match map.get_mut(field.name) {
            Some(Value::Null) if field.nullable => {}
            Some(value) => check(field.kind, value).map_err(|invalid| invalid.within(field.name))?,
            None if field.required => return Err(Invalid::new("Field required").within(field.name)),
            None => {}
        }
    }
    match map.keys().find(|key| fields.iter().all(|field| field.name != key.as_str())) {
        Some(extra) => Err(Invalid::new("Extra inputs are not permitted").within(extra)),
        None => Ok(()),
    }
}

fn check(kind: Kind, value: &mut Value) -> Result<(), Invalid> {
    match kind {
        Kind::Id => id(value),
        Kind::Ids => ids(value).map_err(|invalid| invalid.within("uuid")),
        Kind::Text(most) => text(value, most).map(drop),
        Kind::Pattern(most, pattern, accepts) => {
            if accepts(text(value, most)?) {
                return Ok(());
            }
            Err(Invalid::about(format!("String should match pattern '{pattern}'"), value))
        }
        Kind::Integer(least, most) => {
            let number = integer(value)?;
            bound(number < least, number > most, &least, &most)?;
            *value = number.into();
            Ok(())
        }
        Kind::Number(least, most) => {
            let number = number(value)?;
            bound(number < least, number > most, &least, &most)
        }
        Kind::Bool => boolean(value),
        Kind::OneOf(names) => {
            if value.as_str().is_some_and(|text| names.contains(&text)) {
                return Ok(());
            }
            let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
            Err(Invalid::new(format!("Input should be {}", names.join(" or "))))
        }
        Kind::List(most, kind) => {
            let Value::Array(items) = value else { return Err(Invalid::new("Input should be a valid list")) };
            if items.len() > most {
                let text = format!("List should have at most {most} items after validation, not {}", items.len());
                return Err(Invalid::new(text));
            }
            let mut numbered = items.iter_mut().enumerate();
            numbered.try_for_each(|(at, item)| check(*kind, item).map_err(|invalid| invalid.at(at)))
        }
        Kind::Object(fields) => object(fields, value),
        Kind::Any => Ok(()),
    }
}

fn text(value: &Value, most: usize) -> Result<&str, Invalid> {
    match value.as_str() {
        None => Err(Invalid::new("Input should be a valid string")),
        Some(text) if text.chars().count() > most => {
            Err(Invalid::new(format!("String should have at most {most} characters")))
        }
        Some(text) => Ok(text),
    }
}

fn id(value: &mut Value) -> Result<(), Invalid> {
    let Some(text) = value.as_str() else {
        return Err(Invalid::about("UUID input should be a string, bytes or UUID object", value));
    };
    match Id::parse(text) {
        Ok(id) => *value = id.to_string().into(),
        Err(why) => return Err(Invalid::about(format!("Input should be a valid UUID, {why}"), value)),
    }
    Ok(())
}

fn ids(value: &mut Value) -> Result<(), Invalid> {
    match value {
        Value::Array(items) if items.len() <= 50 => items.iter_mut().try_for_each(id),
        _ => id(value),
    }
}

fn integer(value: &Value) -> Result<i64, Invalid> {
    match value {
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => Ok(number),
            (None, Some(float)) if float.fract() == 0.0 && float.abs() < 1e15 => {
                format!("{float:.0}").parse().map_err(|_| Invalid::new("Input should be a valid integer"))
            }
            (None, Some(float)) if float.fract() != 0.0 => {
                Err(Invalid::new("Input should be a valid integer, got a number with a fractional part"))
            }
            _ => Ok(i64::MAX),
        },
        Value::String(text) => text
            .trim()
            .parse()
            .map_err(|_| Invalid::new("Input should be a valid integer, unable to parse string as an integer")),
        Value::Bool(flag) => Ok(i64::from(*flag)),
        _ => Err(Invalid::new("Input should be a valid integer")),
    }
}

fn number(value: &Value) -> Result<f64, Invalid> {
    match value {
        Value::Number(number) => Ok(number.as_f64().unwrap_or(f64::MAX)),
        Value::String(text) => text
            .trim()
            .parse()
            .map_err(|_| Invalid::new("Input should be a valid number, unable to parse string as a number")),
        Value::Bool(flag) => Ok(f64::from(u8::from(*flag))),
        _ => Err(Invalid::new("Input should be a valid number")),
    }
}

fn boolean(value: &mut Value) -> Result<(), Invalid> {
    let flag = match &*value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => match number.as_f64() {
            Some(1.0) => Some(true),
            Some(0.0) => Some(false),
            _ => None,
        },
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "1" | "true" | "t" | "yes" | "y" | "on" => Some(true),
            "0" | "false" | "f" | "no" | "n" | "off" => Some(false),
            _ => None,
        },
        _ => return Err(Invalid::new("Input should be a valid boolean")),
    };
    let flag = flag.ok_or_else(|| Invalid::new("Input should be a valid boolean, unable to interpret input"))?;
    *value = flag.into();
    Ok(())
}

fn bound(below: bool, above: bool, least: &impl ToString, most: &impl ToString) -> Result<(), Invalid> {
    if below {
        return Err(Invalid::new(format!("Input should be greater than or equal to {}", least.to_string())));
    }
    if above {
        return Err(Invalid::new(format!("Input should be less than or equal to {}", most.to_string())));
    }
    Ok(())
}

// === impl Invalid ===

impl Invalid {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { place: Vec::new(), text: text.into() }
    }

    /// With the input behind it: value, UUID and pattern errors have that.
    pub(crate) fn about(text: impl Into<String>, input: &Value) -> Self {
        Self::new(format!("{} (input: {input})", text.into()))
    }

    pub(crate) fn within(mut self, name: &str) -> Self {
        self.place.insert(0, format!("'{name}'"));
        self
    }

    pub(crate) fn at(mut self, index: usize) -> Self {
        self.place.insert(0, index.to_string());
        self
    }
}

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A Python tuple: one member needs a comma.
        let comma = if self.place.len() == 1 { "," } else { "" };
        write!(f, "({}{comma}): {}", self.place.join(", "), self.text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const FIELDS: &[Field] = &[
        required("id", Kind::Ids),
        required("model", Kind::Text(4)),
        optional("n", Kind::Integer(1, 1024)),
        optional("t", Kind::Number(0.0, 1.0)),
        optional("stream", Kind::Bool),
        optional("list", Kind::List(2, &Kind::OneOf(&["a", "b"]))),
        nullable("opt", Kind::Object(&[optional("x", Kind::Bool)])),
    ];

    fn message(value: Value) -> String {
        body(FIELDS, value).unwrap_err().to_string()
    }

    #[test]
    fn words_the_first_error() {
        const ID: &str = "5b0f6c1e3f0a4b529d672f1c8f4b7a10";
        assert_eq!(message(json!({"id": ID, "foo": 1})), "('body', 'model'): Field required");
        assert_eq!(
            message(json!({"id": ID, "model": "m", "foo": 1})),
            "('body', 'foo'): Extra inputs are not permitted"
        );
        assert_eq!(
            message(json!({"id": "abc", "model": "m"})),
            "('body', 'id', 'uuid'): Input should be a valid UUID, invalid length: found 3 (input: \"abc\")"
        );
        let with = |name: &str, value: Value| message(json!({"id": ID, "model": "m", name: value}));
        assert_eq!(with("n", json!(2000)), "('body', 'n'): Input should be less than or equal to 1024");
        assert_eq!(
            with("n", json!(12.5)),
            "('body', 'n'): Input should be a valid integer, got a number with a fractional part"
        );
        assert_eq!(with("n", json!(null)), "('body', 'n'): Input should be a valid integer");
        assert_eq!(with("t", json!(1.5)), "('body', 't'): Input should be less than or equal to 1");
        assert_eq!(with("list", json!(["a", "c"])), "('body', 'list', 1): Input should be 'a' or 'b'");
        assert_eq!(with("opt", json!({"y": 1})), "('body', 'opt', 'y'): Extra inputs are not permitted");
        assert_eq!(
            message(json!([1])),
            "('body',): Input should be a valid dictionary or object to extract fields from"
        );
    }

    #[test]
    fn coerces() {
        let id = "5B0F6C1E3F0A4B529D672F1C8F4B7A10";
        let body = body(FIELDS, json!({"id": [id], "model": "m", "n": "12", "stream": "false", "opt": null})).unwrap();
        assert_eq!(body["id"], json!(["5b0f6c1e-3f0a-4b52-9d67-2f1c8f4b7a10"]));
        assert_eq!((&body["n"], &body["stream"]), (&json!(12), &json!(false)));
    }
}
