//! One event as one line: JSON, or aligned for a person.

use std::fmt::{self, Write};
use std::time::SystemTime;

use tracing::Event;
use tracing::field::{Field, Visit};
use tracing_subscriber::fmt::format::Writer;

/// Writes the event's fields, in their order, as one line.
pub(super) fn format(mut writer: Writer<'_>, event: &Event<'_>, for_humans: bool) -> fmt::Result {
    let now = humantime::format_rfc3339_millis(SystemTime::now());
    if for_humans {
        // Only the time of day: whoever watches a terminal knows the date.
        let now = now.to_string();
        write!(writer, "{}", now.get(11..19).unwrap_or_default())?;
    } else {
        let meta = event.metadata();
        write!(writer, r#"{{"time":"{now}","level":"{}","target":"{}""#, meta.level(), meta.target())?;
    }
    let mut line = Line { writer: &mut writer, for_humans, result: Ok(()) };
    event.record(&mut line);
    line.result?;
    if !for_humans {
        writer.write_char('}')?;
    }
    writer.write_char('\n')
}

struct Line<'a, 'w> {
    writer: &'a mut Writer<'w>,
    for_humans: bool,
    result: fmt::Result,
}

impl Line<'_, '_> {
    fn put(&mut self, field: &Field, is_text: bool, value: &dyn fmt::Display) {
        if self.result.is_ok() {
            self.result = self.write(field.name(), is_text, value);
        }
    }

    fn write(&mut self, name: &str, is_text: bool, value: &dyn fmt::Display) -> fmt::Result {
        if self.for_humans {
            return match name {
                "client" | "method" | "path" | "status" | "message" => write!(Escape { to: self.writer }, " {value}"),
                "id" => Ok(()),
                _ => {
                    write!(self.writer, " {name}=")?;
                    write!(Escape { to: self.writer }, "{value}")
                }
            };
        }
        write!(self.writer, ",\"{name}\":")?;
        if !is_text {
            return write!(self.writer, "{value}");
        }
        self.writer.write_char('"')?;
        write!(Escape { to: self.writer }, "{value}")?;
        self.writer.write_char('"')
    }
}

impl Visit for Line<'_, '_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, false, &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, false, &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, false, &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, false, &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, true, &value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, true, &format_args!("{value:?}"));
    }
}

/// Escapes as JSON does, which also keeps control characters of clients off a terminal (contract: http-proxy L8).
struct Escape<'a, 'w> {
    to: &'a mut Writer<'w>,
}

impl Write for Escape<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let needs_escape = |b: u8| b < 0x20 || b == b'"' || b == b'\\' || b == 0x7f;
        let mut rest = text;
        while let Some(at) = rest.bytes().position(needs_escape) {
            self.to.write_str(&rest[..at])?;
            match rest.as_bytes()[at] {
                b'"' => self.to.write_str("\\\"")?,
                b'\\' => self.to.write_str("\\\\")?,
                b'\n' => self.to.write_str("\\n")?,
                byte => write!(self.to, "\\u{byte:04x}")?,
            }
            rest = &rest[at + 1..];
        }
        self.to.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_would_break_the_line() {
        let mut text = String::new();
        write!(Escape { to: &mut Writer::new(&mut text) }, "a\"b\\c\nd\x1b[31me 한").unwrap();
        assert_eq!(text, "a\\\"b\\\\c\\nd\\u001b[31me 한");
    }
}
