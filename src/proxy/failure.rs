//! Failures that an upstream tells of inside an answer whose head said 200 (contracts: via, 3.2 and 3.3; ollama, 2.5).
//!
//! Only the beginning of each line of a stream is looked at: that is where all of them say it, and it keeps the look
//! bounded. A line's beginning is copied only where it is cut in two. A stream of events that ends without its last event
//! has failed too: it is how a failure of Ollama's shows under `/v1`.

use memchr::memchr;
use memchr::memmem::find;

use super::events::Framing;
use super::route::Class;

/// How much of a line is looked at: VIA's events put ids, a model's name and two times in front of their text.
const LOOK: usize = 512;

/// Texts of VIA's that tell of a failure, as they begin a message.
const TEXTS: [&[u8]; 2] = [b"\"content\": \"Summarization failed", b"\"content\": \"An internal error"];

/// Watches one stream.
#[derive(Debug)]
pub(super) struct Watch {
    framing: Framing,
    is_via: bool,
    /// Whether the stream says by an event of its own that it is over, and has not said so.
    lacks_end: bool,
    has_failed: bool,
    /// The beginning of a line that did not come in one piece.
    begun: [u8; LOOK],
    place: Place,
}

/// Where in a line the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In its beginning, of which so much is known.
    Beginning(usize),
    /// Behind it.
    Rest,
}

/// What a line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Nothing,
    Failure,
    End,
}

// === impl Watch ===

impl Watch {
    /// Of an answer to a request of that class.
    pub(super) fn new(framing: Framing, is_via: bool, class: Class) -> Self {
        let has_end = matches!(class, Class::Summarize | Class::Captions | Class::Chat | Class::Generate);
        Self {
            framing,
            is_via,
            lacks_end: has_end && framing == Framing::Sse,
            has_failed: false,
            begun: [0; LOOK],
            place: Place::Beginning(0),
        }
    }

    /// The next bytes. Whether the stream has failed, so far.
    pub(super) fn look(&mut self, mut data: &[u8]) -> bool {
        while !data.is_empty() && !self.has_failed {
            let Place::Beginning(begun) = self.place else {
                let Some(end) = memchr(b'\n', data) else { break };
                data = &data[end + 1..];
                self.place = Place::Beginning(0);
                continue;
            };
            let near = &data[..data.len().min(LOOK - begun)];
            let end = memchr(b'\n', near);
            let piece = &near[..end.unwrap_or(near.len())];
            let (length, is_whole) = (begun + piece.len(), end.is_some());
            data = &data[piece.len() + usize::from(is_whole)..];
            if begun == 0 && (is_whole || length == LOOK) {
                self.judge(piece, is_whole);
            } else {
                self.begun[begun..length].copy_from_slice(piece);
                if is_whole || length == LOOK {
                    let begun = self.begun;
                    self.judge(&begun[..length], is_whole);
                }
            }
            self.place = match (is_whole, length) {
                (true, _) => Place::Beginning(0),
                (false, LOOK) => Place::Rest,
                (false, length) => Place::Beginning(length),
            };
        }
        self.has_failed
    }

    /// It is over, without a word from the connection. Whether it has failed.
    pub(super) fn end(&mut self) -> bool {
        if let Place::Beginning(length @ 1..) = self.place {
            let begun = self.begun;
            self.judge(&begun[..length], true);
            self.place = Place::Rest;
        }
        self.has_failed || self.lacks_end
    }

    fn judge(&mut self, line: &[u8], is_whole: bool) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let says = match self.framing {
            Framing::Ndjson if is_error(line) => Says::Failure,
            Framing::Ndjson => Says::Nothing,
            Framing::Sse => self.of_event(line, is_whole),
        };
        match says {
            Says::Nothing => {}
            Says::Failure => self.has_failed = true,
            Says::End => self.lacks_end = false,
        }
    }

    fn of_event(&self, line: &[u8], is_whole: bool) -> Says {
        if let Some(name) = line.strip_prefix(b"event:") {
            return match name.trim_ascii() {
                b"error" | b"response.failed" => Says::Failure,
                b"message_stop" | b"response.completed" | b"response.incomplete" => Says::End,
                _ => Says::Nothing,
            };
        }
        let Some(data) = line.strip_prefix(b"data:").map(<[u8]>::trim_ascii_start) else { return Says::Nothing };
        if data.starts_with(b"[DONE]") {
            Says::End
        } else if is_error(data) || self.is_via && is_vias(data, is_whole) {
            Says::Failure
        } else {
            Says::Nothing
        }
    }
}

/// An object that is an error first of all; `"error": null` is none.
fn is_error(json: &[u8]) -> bool {
    let Some(behind) = json.strip_prefix(b"{\"error\"") else { return json.starts_with(b"{\"type\":\"error\"") };
    let value = behind.trim_ascii_start().strip_prefix(b":").unwrap_or_default().trim_ascii_start();
    !value.is_empty() && !value.starts_with(b"null")
}

/// VIA's own ways: an error's code, a message without media whose text says so, captions without captions.
fn is_vias(json: &[u8], is_whole: bool) -> bool {
    if json.starts_with(b"{\"code\"") {
        return true;
    }
    let has = |member: &[u8]| find(json, member).is_some();
    if has(b"\"media_info\"") {
        return false;
    }
    let has_text = TEXTS.iter().any(|text| has(text));
    has_text || is_whole && json.ends_with(b"\"usage\": null}") && !has(b"\"choices\"") && !has(b"\"chunk_responses\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIA_FAILS: &str = "data: {\"id\": \"0d6f2a58-1c55-4f0e-9b0b-3a5b2f6f7c01\", \"model\": \"m\", \"created\": 1, \
        \"object\": \"summarization.progressing\", \"choices\": [{\"finish_reason\": \"stop\", \"index\": 0, \"message\": \
        {\"content\": \"Summarization failed: why\", \"role\": \"assistant\"}}], \"usage\": null}";
    const VIA_ANSWERS: &str = "data: {\"id\": \"0\", \"model\": \"m\", \"created\": 1, \"object\": \
        \"summarization.progressing\", \"media_info\": {\"type\": \"offset\"}, \"choices\": [{\"message\": {\"content\": \
        \"Summarization failed, says the sign at 0:10\"}}], \"usage\": null}";

    /// Whether this stream fails, cut in two at every byte.
    fn fails(framing: Framing, is_via: bool, class: Class, stream: &str) -> bool {
        let bytes = stream.as_bytes();
        let verdicts: Vec<_> = (0..=bytes.len())
            .map(|at| {
                let mut watch = Watch::new(framing, is_via, class);
                let early = watch.look(&bytes[..at]);
                let late = watch.look(&bytes[at..]);
                assert!(!early || late);
                watch.end()
            })
            .collect();
        assert!(verdicts.iter().all(|verdict| *verdict == verdicts[0]), "{stream:?}");
        verdicts[0]
    }

    #[test]
    fn ollama_tells_of_a_failure_by_a_line() {
        let fails = |stream: &str| fails(Framing::Ndjson, false, Class::Generate, stream);
        assert!(fails("{\"message\":{\"content\":\"a\"}}\n{\"error\":\"the runner died\"}\n"));
        assert!(fails("{\"error\":\"pull model manifest: file does not exist\"}"));
        assert!(fails(&format!("{{\"response\":\"{}\"}}\n{{\"error\":\"x\"}}\n", "y".repeat(600))));
        assert!(!fails("{\"message\":{\"content\":\"{\\\"error\\\":1}\"}}\n{\"done\":true}\n"));
        assert!(!fails("{\"error\":null,\"done\":true}\n"));
        assert!(!fails(&format!("{{\"response\":\"{}{{\\\"error\\\":\\\"\"}}\n", "y".repeat(504))));
    }

    #[test]
    fn a_stream_of_openais_kind_fails_by_an_error_or_without_an_end() {
        let fails = |stream: &str| fails(Framing::Sse, false, Class::Generate, stream);
        assert!(!fails("data: {\"choices\":[]}\n\ndata: [DONE]\n\n"));
        assert!(!fails("event: message_stop\ndata: {}\n\n"));
        assert!(fails("data: {\"choices\":[]}\n\n"));
        assert!(fails("data: {\"error\":{\"message\":\"m\"}}\n\ndata: [DONE]\n\n"));
        assert!(fails("event: error\ndata: {\"type\":\"error\"}\n\nevent: message_stop\n\n"));
        assert!(fails("data:{\"type\":\"error\"}\n\ndata: [DONE]\n\n"));
        assert!(!fails("data: {\"delta\":\"data: {\\\"error\\\":1}\"}\n\ndata: [DONE]\n\n"));
    }

    #[test]
    fn via_fails_in_words_of_its_own() {
        let fails = |stream: &str| fails(Framing::Sse, true, Class::Summarize, stream);
        let done = "\r\n\r\ndata: [DONE]\r\n\r\n";
        assert!(fails(&format!(": ping\r\n\r\n{VIA_FAILS}{done}")));
        assert!(!fails(&format!(": ping\r\n\r\n{VIA_ANSWERS}{done}")));
        assert!(fails(VIA_ANSWERS));
        assert!(fails(&format!("data: {{\"id\": \"0\", \"model\": \"m\", \"created\": 1, \"usage\": null}}{done}")));
        assert!(fails(&format!("data: {{\"code\":\"GatewayTimeout\",\"message\":\"m\"}}{done}")));
        let captions = "data: {\"id\": \"0\", \"chunk_responses\": [], \"usage\": null}";
        assert!(!fails(&format!("{captions}{done}")));
    }

    #[test]
    fn a_stream_that_nobody_defined_needs_no_end() {
        assert!(!fails(Framing::Sse, true, Class::Info, "data: x\n\n"));
    }
}
