//! A stream of events on its way: how it is written, so that a failure in its middle can be told at an event's border,
//! and whether its upstream tells of one.

use bytes::Bytes;
use http::header;

use super::error_response::{self, Dialect};
use super::failure::Watch;
use super::route::Class;
use crate::error::Error;
use crate::head::Fields;

/// One stream.
#[derive(Debug)]
pub(super) struct Events {
    framing: Framing,
    dialect: Dialect,
    /// The last bytes that passed.
    tail: [u8; 4],
    /// Looks for failures, if the answer was no failure from the start.
    watch: Option<Watch>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// Server-sent events.
    Sse,
    /// One JSON text a line.
    Ndjson,
}

/// Whether the answer is a stream of events.
pub(super) fn is_sse(fields: &Fields) -> bool {
    fields.get(&header::CONTENT_TYPE).is_some_and(|content_type| content_type.starts_with(b"text/event-stream"))
}

// === impl Events ===

impl Events {
    /// Of an answer to a request of that class; `None` if it is no such stream, or none that can be read.
    pub(super) fn of(fields: &Fields, dialect: Dialect, class: Option<Class>) -> Option<Box<Self>> {
        let content_type = fields.get(&header::CONTENT_TYPE)?;
        let framing = if is_sse(fields) {
            Framing::Sse
        } else if content_type.starts_with(b"application/x-ndjson") {
            Framing::Ndjson
        } else {
            return None;
        };
        let encoding = fields.get(&header::CONTENT_ENCODING);
        if dialect == Dialect::Text || encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case(b"identity")) {
            return None;
        }
        let watch = class.map(|class| Watch::new(framing, dialect == Dialect::Via, class));
        Some(Box::new(Self { framing, dialect, tail: *b"\n\n\n\n", watch }))
    }

    /// Some of it passes. Whether the upstream has told of a failure.
    pub(super) fn pass(&mut self, data: &[u8]) -> bool {
        let new = &data[data.len().saturating_sub(4)..];
        self.tail.rotate_left(new.len());
        self.tail[4 - new.len()..].copy_from_slice(new);
        self.watch.as_mut().is_some_and(|watch| watch.look(data))
    }

    /// It has come to its end. Whether it has failed.
    pub(super) fn end(&mut self) -> bool {
        self.watch.as_mut().is_some_and(Watch::end)
    }

    /// The error as one event, if the last one is complete.
    pub(super) fn word(&self, error: &Error) -> Option<Bytes> {
        let text = self.dialect.word(error, error_response::status(error.kind()));
        match self.framing {
            Framing::Ndjson => (self.tail[3] == b'\n').then(|| format!("{text}\n").into()),
            Framing::Sse => {
                let end = if self.tail == *b"\r\n\r\n" { "\r\n" } else { "\n" };
                let at_border = self.tail == *b"\r\n\r\n" || self.tail.ends_with(b"\n\n");
                at_border.then(|| format!("data: {text}{end}{end}").into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Kind, Phase};

    fn events(content_type: &'static str, passed: &[&[u8]]) -> Option<String> {
        let mut fields = Fields::new();
        fields.insert(&header::CONTENT_TYPE, content_type);
        let mut events = Events::of(&fields, Dialect::Via, None)?;
        for data in passed {
            events.pass(data);
        }
        let event = events.word(&Error::new(Kind::Timeout(Phase::Silence)))?;
        Some(String::from_utf8(event.into()).unwrap())
    }

    #[test]
    fn an_error_event_stands_only_at_a_border() {
        let event = events("text/event-stream; charset=utf-8", &[b"data: x\r\n\r", b"\n"]).unwrap();
        assert!(event.starts_with("data: {\"code\":\"GatewayTimeout\"") && event.ends_with("}\r\n\r\n"), "{event}");
        assert_eq!(events("text/event-stream", &[b"data: x\r\n"]), None);
        assert!(events("text/event-stream", &[]).is_some());
        assert!(events("application/x-ndjson", &[b"{}\n"]).unwrap().ends_with("}\n"));
        assert_eq!(events("application/x-ndjson", &[b"{}\n{"]), None);
        assert_eq!(events("application/json", &[b"{}\n"]), None);
    }
}
