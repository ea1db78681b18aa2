//! A diagnostic event as one line of JSON.

use std::cell::RefCell;
use std::fmt;
use std::time::{Duration, SystemTime};

use tracing::Event;
use tracing::field::{Field, Visit};
use tracing_subscriber::fmt::format::Writer;

/// Writes the event's fields, in their order, as one line.
pub(super) fn format(mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
    with_now(|second, millis| {
        let meta = event.metadata();
        writer.write_str("{\"time\":\"")?;
        writer.write_str(second)?;
        let digit = |divisor: u32| char::from_digit(millis / divisor % 10, 10).unwrap_or('0');
        for part in ['.', digit(100), digit(10), digit(1)] {
            writer.write_char(part)?;
        }
        writer.write_str("Z\",\"level\":\"")?;
        writer.write_str(meta.level().as_str())?;
        writer.write_str("\",\"target\":\"")?;
        writer.write_str(meta.target())?;
        writer.write_char('"')
    })?;
    let mut line = Line { writer: &mut writer, result: Ok(()) };
    event.record(&mut line);
    line.result?;
    writer.write_str("}\n")
}

/// Calls with the present second, `2026-11-24T15:55:27`, and the milliseconds in it. The text is made once a second.
pub(super) fn with_now<T>(call: impl FnOnce(&str, u32) -> T) -> T {
    thread_local!(static SECOND: RefCell<(u64, String)> = const { RefCell::new((u64::MAX, String::new())) });
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    SECOND.with_borrow_mut(|(second, text)| {
        if *second != now.as_secs() {
            *second = now.as_secs();
            let whole = SystemTime::UNIX_EPOCH + Duration::from_secs(*second);
            *text = humantime::format_rfc3339_seconds(whole).to_string();
            text.pop();
        }
        call(text, now.subsec_millis())
    })
}

struct Line<'a, 'w> {
    writer: &'a mut Writer<'w>,
    result: fmt::Result,
}

impl Line<'_, '_> {
    fn put(&mut self, field: &Field, write: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        if self.result.is_ok() {
            self.result = write!(self.writer, ",\"{}\":", field.name()).and_then(|()| write(self.writer));
        }
    }
}

impl Visit for Line<'_, '_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, |writer| write!(writer, "{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, |writer| write!(writer, "{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, |writer| write!(writer, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, |writer| writer.write_str(if value { "true" } else { "false" }));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, |writer| {
            writer.write_char('"')?;
            escape(writer, value)?;
            writer.write_char('"')
        });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

/// Escapes as JSON does, which also keeps control characters of clients off a terminal (contract: http-proxy L8).
fn escape(writer: &mut Writer<'_>, text: &str) -> fmt::Result {
    let needs_escape = |b: u8| b < 0x20 || b == b'"' || b == b'\\' || b == 0x7f;
    let mut rest = text;
    while let Some(at) = rest.bytes().position(needs_escape) {
        writer.write_str(&rest[..at])?;
        match rest.as_bytes()[at] {
            b'"' => writer.write_str("\\\"")?,
            b'\\' => writer.write_str("\\\\")?,
            b'\n' => writer.write_str("\\n")?,
            byte => write!(writer, "\\u{byte:04x}")?,
        }
        rest = &rest[at + 1..];
    }
    writer.write_str(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Writer<'_>) -> fmt::Result) -> String {
        let mut text = String::new();
        write(&mut Writer::new(&mut text)).unwrap();
        text
    }

    #[test]
    fn escapes_what_would_break_the_line() {
        let text = written(|writer| escape(writer, "a\"b\\c\nd\x1b[31me 한"));
        assert_eq!(text, "a\\\"b\\\\c\\nd\\u001b[31me 한");
    }

    #[test]
    fn the_time_is_rfc_3339() {
        let text = with_now(|second, millis| format!("{second}.{millis:03}Z"));
        assert!(humantime::parse_rfc3339(&text).is_ok(), "{text}");
    }
}
