//! A diagnostic event as one line of JSON.

use std::cell::RefCell;
use std::fmt;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use tracing::Event;
use tracing::field::{Field, Visit};
use tracing_subscriber::fmt::format::Writer;

/// Writes the event's fields, in their order, as one line.
pub(super) fn format(mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
    with_wall_time(Instant::now(), |second, millis| {
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

/// Calls with the second that `now` lies in, `2026-11-24T15:55:27`, and the milliseconds in it. The text is made, and the
/// wall clock read, once a second: what is set meanwhile shows in the next.
pub(super) fn with_wall_time<T>(now: Instant, call: impl FnOnce(&str, u32) -> T) -> T {
    thread_local!(static SECOND: RefCell<Option<Second>> = const { RefCell::new(None) });
    SECOND.with_borrow_mut(|cached| {
        let second = match cached {
            Some(second) if second.millis(now).is_some() => second,
            _ => cached.insert(Second::of(now)),
        };
        call(&second.text, second.millis(now).unwrap_or_default())
    })
}

/// A second of the wall clock.
struct Second {
    start: Instant,
    text: String,
}

// === impl Second ===

impl Second {
    /// The one that `now` lies in.
    fn of(now: Instant) -> Self {
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        // Whoever asks looked at the time a moment ago.
        let wall = wall.saturating_sub(now.elapsed());
        let start = now.checked_sub(Duration::from_nanos(wall.subsec_nanos().into())).unwrap_or(now);
        let whole = SystemTime::UNIX_EPOCH + Duration::from_secs(wall.as_secs());
        let mut text = humantime::format_rfc3339_seconds(whole).to_string();
        text.pop();
        Self { start, text }
    }

    /// The milliseconds from its start to `now`, if that is in it.
    fn millis(&self, now: Instant) -> Option<u32> {
        let passed = now.checked_duration_since(self.start)?;
        (passed.as_secs() == 0).then_some(passed.subsec_millis())
    }
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
        let text = with_wall_time(Instant::now(), |second, millis| format!("{second}.{millis:03}Z"));
        assert!(humantime::parse_rfc3339(&text).is_ok(), "{text}");
    }

    #[test]
    fn a_second_ends_where_the_next_begins() {
        let begun = Instant::now();
        let at = |millis| begun + Duration::from_millis(millis);
        let second = Second { start: at(1), text: String::new() };
        assert_eq!([0, 1, 1000, 1001].map(|millis| second.millis(at(millis))), [None, Some(0), Some(999), None]);
    }
}
