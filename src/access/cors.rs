//! CORS: which pages' scripts may read answers (Fetch standard, section 3.2).
//!
//! Once it is configured viaduct decides alone: preflights end here, `Origin` does not reach an Ollama that would refuse
//! it, and what an upstream says on the matter is taken out of its answers, for browsers refuse two opinions. It only
//! tells browsers what to show to scripts; who may ask at all is the keys' business.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, request};

use crate::error::{Error, Kind};

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
pub(super) struct Cors {
    origins: Vec<String>,
    methods: HeaderValue,
    headers: HeaderValue,
    credentials: bool,
    max_age: HeaderValue,
}

/// What a request says of the page that it comes from.
#[derive(Debug)]
pub struct Page {
    origin: Option<HeaderValue>,
    is_preflight: bool,
}

/// Fields of viaduct's own that a script may want to read.
const EXPOSED: HeaderValue = HeaderValue::from_static("retry-after, x-request-id, x-viaduct-error, x-viaduct-upstream");

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
    pub(super) fn new(settings: &Settings) -> Self {
        // What a configuration has checked is a valid value.
        let value = |text: &str| HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""));
        Self {
            origins: settings.origins.clone(),
            methods: value(&settings.methods),
            headers: value(&settings.headers),
            credentials: settings.credentials,
            max_age: HeaderValue::from(settings.max_age),
        }
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
        page.origin.as_ref().is_some_and(|origin| self.allows(origin))
    }

    fn allows(&self, origin: &HeaderValue) -> bool {
        self.origins.is_empty() || self.origins.iter().any(|own| own.as_bytes().eq_ignore_ascii_case(origin.as_bytes()))
    }

    /// Says in an answer what a browser needs to know.
    pub(super) fn mark(&self, page: &Page, headers: &mut HeaderMap) {
        for opinion in OPINIONS {
            headers.remove(opinion);
        }
        if page.is_preflight {
            append_vary(headers, "origin, access-control-request-method, access-control-request-headers");
        } else if !self.origins.is_empty() {
            append_vary(headers, "origin");
        }
        let Some(origin) = page.origin.as_ref().filter(|origin| self.allows(origin)) else { return };
        let origin = if self.origins.is_empty() { HeaderValue::from_static("*") } else { origin.clone() };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if self.credentials {
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        if page.is_preflight {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, self.methods.clone());
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, self.headers.clone());
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, self.max_age.clone());
        } else {
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }
}

// === impl Page ===

impl Page {
    pub(super) fn of(head: &request::Parts) -> Self {
        let origin = head.headers.get(header::ORIGIN).cloned();
        let asks = head.method == Method::OPTIONS && head.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        Self { is_preflight: asks && origin.is_some(), origin }
    }
}

/// Adds to `Vary` what is not there already.
fn append_vary(headers: &mut HeaderMap, names: &'static str) {
    let has = |name: &str| {
        let lines = headers.get_all(header::VARY).iter();
        let mut listed = lines.flat_map(|line| line.as_bytes().split(|&b| b == b',')).map(<[u8]>::trim_ascii);
        listed.any(|listed| listed == b"*" || listed.eq_ignore_ascii_case(name.as_bytes()))
    };
    if !names.split(", ").all(has) {
        headers.append(header::VARY, HeaderValue::from_static(names));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cors(origins: &[&str], credentials: bool) -> Cors {
        Cors::new(&Settings {
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
        Page::of(&request.body(()).unwrap().into_parts().0)
    }

    fn marked(cors: &Cors, page: &Page, from: &[(&'static str, &str)]) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in from {
            headers.append(*name, value.parse().unwrap());
        }
        cors.mark(page, &mut headers);
        let mut lines: Vec<_> =
            headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
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
