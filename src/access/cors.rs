//! CORS: which pages' scripts may read answers (Fetch standard, section 3.2).
//!
//! Once it is configured viaduct decides alone: preflights end here, `Origin` does not reach an Ollama that would refuse
//! it, and what an upstream says on the matter is taken out of its answers, for browsers refuse two opinions. It only
//! tells browsers what to show to scripts; who may ask at all is the keys' business.

use http::Method;
use http::header::{self, HeaderName};

use crate::error::{Error, Kind};
use crate::head::{Fields, RequestHead};

/// What is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The origins that may read answers, as browsers write them; empty for any.
    pub origins: Vec<String>,
    /// What their scripts may ask with, as a list.
    pub methods: String,
    /// Which fields they may send, as a list.
    pub headers: String,
    /// Whether cookies and the like go along.
    pub credentials: bool,
    /// How many seconds a browser may remember the answer.
    pub max_age: u64,
}

/// The policy.
#[derive(Debug)]
pub(super) struct Cors(Settings);

/// What a request says of the page that it comes from.
#[derive(Debug)]
pub struct Page {
    origin: Option<Box<[u8]>>,
    is_preflight: bool,
}

/// Fields of viaduct's own that a script may want to read.
const EXPOSED: &str = "retry-after, x-request-id, x-viaduct-error, x-viaduct-upstream";

/// What upstreams may have said.
const OPINIONS: [HeaderName; 6] = [
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_ALLOW_METHODS,
    header::ACCESS_CONTROL_ALLOW_HEADERS,
    header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
    header::ACCESS_CONTROL_MAX_AGE,
    header::ACCESS_CONTROL_EXPOSE_HEADERS,
];

// === impl Cors ===

impl Cors {
    pub(super) fn new(settings: Settings) -> Self {
        Self(settings)
    }

    /// Whether the request ends here: a preflight is answered, or refused for an origin that is not listed.
    pub(super) fn is_preflight(&self, page: &Page) -> Result<bool, Error> {
        match &page.origin {
            Some(origin) if page.is_preflight && !self.allows(origin) => Err(Error::new(Kind::ForbiddenOrigin)),
            _ => Ok(page.is_preflight),
        }
    }

    /// Whether the page is one of those that may read answers.
    pub(super) fn allows_page(&self, page: &Page) -> bool {
        page.origin.as_deref().is_some_and(|origin| self.allows(origin))
    }

    fn allows(&self, origin: &[u8]) -> bool {
        self.0.origins.is_empty() || self.0.origins.iter().any(|own| own.as_bytes().eq_ignore_ascii_case(origin))
    }

    /// Says in an answer what a browser needs to know.
    pub(super) fn mark(&self, page: &Page, fields: &mut Fields) {
        for opinion in OPINIONS {
            fields.remove(&opinion);
        }
        if page.is_preflight {
            append_vary(fields, "origin, access-control-request-method, access-control-request-headers");
        } else if !self.0.origins.is_empty() {
            append_vary(fields, "origin");
        }
        let Some(origin) = page.origin.as_deref().filter(|origin| self.allows(origin)) else { return };
        let origin = if self.0.origins.is_empty() { b"*" } else { origin };
        fields.insert(&header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if self.0.credentials {
            fields.insert(&header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        }
        if page.is_preflight {
            fields.insert(&header::ACCESS_CONTROL_ALLOW_METHODS, &self.0.methods);
            fields.insert(&header::ACCESS_CONTROL_ALLOW_HEADERS, &self.0.headers);
            fields.insert(&header::ACCESS_CONTROL_MAX_AGE, self.0.max_age.to_string());
        } else {
            fields.insert(&header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }
}

// === impl Page ===

impl Page {
    pub(super) fn of(head: &RequestHead) -> Self {
        let origin = head.fields.get(&header::ORIGIN).map(Box::from);
        let asks = head.method == Method::OPTIONS && head.fields.contains(&header::ACCESS_CONTROL_REQUEST_METHOD);
        Self { is_preflight: asks && origin.is_some(), origin }
    }
}

/// Adds to `Vary` what is not there already.
fn append_vary(fields: &mut Fields, names: &'static str) {
    let has = |name: &str| {
        let lines = fields.get_all(&header::VARY);
        let mut listed = lines.flat_map(|line| line.split(|&b| b == b',')).map(<[u8]>::trim_ascii);
        listed.any(|listed| listed == b"*" || listed.eq_ignore_ascii_case(name.as_bytes()))
    };
    if !names.split(", ").all(has) {
        fields.append(&header::VARY, names);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cors(origins: &[&str], credentials: bool) -> Cors {
        Cors::new(Settings {
            origins: origins.iter().map(|&origin| origin.to_owned()).collect(),
            methods: "GET, POST".into(),
            headers: "content-type".into(),
            credentials,
            max_age: 600,
        })
    }

    fn page(method: &Method, fields: &[(&'static str, &str)]) -> Page {
        let mut request = http::Request::builder().method(method);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        Page::of(&request.body(()).unwrap().into_parts().0.into())
    }

    fn marked(cors: &Cors, page: &Page, from: &[(&'static str, &str)]) -> Vec<String> {
        let mut fields = Fields::new();
        for (name, value) in from {
            fields.append(&HeaderName::from_static(name), value);
        }
        cors.mark(page, &mut fields);
        let text = String::from_utf8_lossy;
        let mut lines: Vec<_> = fields.iter().map(|(name, value)| format!("{}: {}", text(name), text(value))).collect();
        lines.sort();
        lines
    }

    const APP: (&str, &str) = ("origin", "https://app.example");
    const ASKS: (&str, &str) = ("access-control-request-method", "POST");

    #[test]
    fn a_preflight_of_a_listed_origin_is_answered() {
        let cors = cors(&["https://app.example"], true);
        let page = page(&Method::OPTIONS, &[APP, ASKS]);
        assert!(cors.is_preflight(&page).unwrap());
        assert_eq!(
            marked(&cors, &page, &[]),
            [
                "access-control-allow-credentials: true",
                "access-control-allow-headers: content-type",
                "access-control-allow-methods: GET, POST",
                "access-control-allow-origin: https://app.example",
                "access-control-max-age: 600",
                "vary: origin, access-control-request-method, access-control-request-headers",
            ]
        );
    }

    #[test]
    fn of_another_origin_it_is_refused_and_tells_nothing() {
        let cors = cors(&["https://app.example"], true);
        for origin in [
            "https://evil.example",
            "http://app.example",
            "https://app.example:444",
            "null",
            "https://app.example.evil.example",
        ] {
            let page = page(&Method::OPTIONS, &[("origin", origin), ASKS]);
            assert_eq!(cors.is_preflight(&page).unwrap_err().kind(), Kind::ForbiddenOrigin, "{origin}");
            assert!(marked(&cors, &page, &[]).iter().all(|line| line.starts_with("vary: ")), "{origin}");
        }
    }

    #[test]
    fn an_options_that_is_no_preflight_goes_on() {
        let cors = cors(&["https://app.example"], false);
        for (method, fields) in [
            (Method::OPTIONS, &[APP][..]),
            (Method::OPTIONS, &[ASKS]),
            (Method::POST, &[APP, ASKS]),
            (Method::GET, &[APP]),
        ] {
            assert!(!cors.is_preflight(&page(&method, fields)).unwrap(), "{method} {fields:?}");
        }
    }

    #[test]
    fn an_answer_has_one_opinion() {
        let cors = cors(&["https://app.example"], false);
        let theirs = [
            ("access-control-allow-origin", "*"),
            ("vary", "accept, Origin"),
            ("access-control-allow-credentials", "true"),
        ];
        let listed = marked(&cors, &page(&Method::GET, &[APP]), &theirs);
        assert_eq!(listed.len(), 3, "{listed:?}");
        assert_eq!(listed[0], "access-control-allow-origin: https://app.example");
        assert_eq!(listed[2], "vary: accept, Origin");
        let evil = page(&Method::GET, &[("origin", "https://evil.example")]);
        assert_eq!(marked(&cors, &evil, &theirs), ["vary: accept, Origin"]);
        assert_eq!(marked(&cors, &page(&Method::GET, &[]), &[]), ["vary: origin"]);
    }

    #[test]
    fn any_origin_is_a_star_that_varies_by_nothing() {
        let cors = cors(&[], false);
        let listed = marked(&cors, &page(&Method::GET, &[APP]), &[]);
        assert_eq!(listed[0], "access-control-allow-origin: *");
        assert_eq!(listed.len(), 2);
    }
}
