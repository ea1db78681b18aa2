//! One request as it goes on the wire, in bytes that are made once and sent many times.

use std::fmt::Write as _;

use bytes::Bytes;

use super::events::Reading;
use super::url::Url;

/// Separates the parts of an upload's form.
const BOUNDARY: &str = "viaduct-bench-5f0c2a";

/// A request, for any server that stands at the other end.
#[derive(Debug, Clone)]
pub(super) struct Call {
    method: &'static str,
    path: String,
    content_type: Option<String>,
    accept: &'static str,
    pub(super) body: Body,
    pub(super) reading: Reading,
    /// The answer names a file that is to be deleted afterwards.
    pub(super) leaves_a_file: bool,
}

/// What a request carries.
#[derive(Debug, Clone)]
pub(super) enum Body {
    /// Small, sent together with the head.
    Whole(Bytes),
    /// `size` bytes of noise between a head and a tail, made while they are sent.
    Stream {
        /// The form's beginning.
        head: Bytes,
        /// Bytes of noise.
        size: u64,
        /// The form's end.
        tail: Bytes,
    },
}

// === impl Call ===

impl Call {
    pub(super) fn get(path: impl Into<String>) -> Self {
        Self {
            method: "GET",
            path: path.into(),
            content_type: None,
            accept: "*/*",
            body: Body::Whole(Bytes::new()),
            reading: Reading::Bytes,
            leaves_a_file: false,
        }
    }

    pub(super) fn delete(path: impl Into<String>) -> Self {
        Self { method: "DELETE", ..Self::get(path) }
    }

    /// A POST of JSON.
    pub(super) fn post(path: impl Into<String>, json: &serde_json::Value) -> Self {
        let body = Body::Whole(json.to_string().into());
        Self { method: "POST", content_type: Some("application/json".into()), body, ..Self::get(path) }
    }

    /// A POST of noise.
    pub(super) fn noise(path: impl Into<String>, size: u64) -> Self {
        let body = Body::Stream { head: Bytes::new(), size, tail: Bytes::new() };
        Self { method: "POST", content_type: Some("application/octet-stream".into()), body, ..Self::get(path) }
    }

    /// A POST of a form with one file of noise, as VIA takes it.
    pub(super) fn file(path: impl Into<String>, name: &str, size: u64) -> Self {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        let field = |name: &str, value: &str| {
            format!("\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}")
        };
        let tail = format!("{}{}\r\n--{BOUNDARY}--\r\n", field("purpose", "vision"), field("media_type", "video"));
        Self {
            content_type: Some(format!("multipart/form-data; boundary={BOUNDARY}")),
            body: Body::Stream { head: head.into(), size, tail: tail.into() },
            leaves_a_file: true,
            ..Self::noise(path, size)
        }
    }

    pub(super) fn reading(mut self, reading: Reading) -> Self {
        self.reading = reading;
        self.accept = match reading {
            Reading::Bytes => "*/*",
            Reading::Sse => "text/event-stream",
            Reading::Ndjson => "application/x-ndjson",
        };
        self
    }

    /// For people: `GET /models`.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The head as it is sent to `url`, with a small body behind it.
    pub(super) fn head(&self, url: &Url) -> Vec<u8> {
        let mut head = format!(
            "{} {}{} HTTP/1.1\r\nhost: {}\r\nuser-agent: viaduct-bench/{}\r\naccept: {}\r\n",
            self.method,
            url.base(),
            self.path,
            url.authority(),
            env!("CARGO_PKG_VERSION"),
            self.accept,
        );
        if let Some(content_type) = &self.content_type {
            // Writing to a String cannot fail.
            let _ = write!(head, "content-type: {content_type}\r\ncontent-length: {}\r\n", self.body.len());
        }
        head.push_str("\r\n");
        let mut head = head.into_bytes();
        if let Body::Whole(body) = &self.body {
            head.extend_from_slice(body);
        }
        head
    }
}

// === impl Body ===

impl Body {
    /// In bytes.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Whole(body) => body.len() as u64,
            Self::Stream { head, size, tail } => head.len() as u64 + size + tail.len() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_carries_base_host_length_and_a_small_body() {
        let url: Url = "http://via:81/v1".parse().unwrap();
        let head = String::from_utf8(Call::post("/a", &serde_json::json!({"b": 1})).head(&url)).unwrap();
        assert!(head.starts_with("POST /v1/a HTTP/1.1\r\nhost: via:81\r\n"), "{head}");
        assert!(head.ends_with("content-length: 7\r\n\r\n{\"b\":1}"), "{head}");
        let head = String::from_utf8(Call::get("/a").head(&url)).unwrap();
        assert!(!head.contains("content-"), "{head}");
    }

    #[test]
    fn a_form_knows_its_length() {
        let Body::Stream { head, size, tail } = Call::file("/files", "a.mp4", 10).body else { panic!("no stream") };
        assert_eq!(size, 10);
        assert!(head.ends_with(b"\r\n\r\n") && tail.ends_with(b"--\r\n"));
    }
}
