//! The heads of the last requests, as the simulator received them: what a test of a proxy wants to look at.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use hyper::{Method, Request, Version};

/// The head of a request. Header names are lower case (hyper does not keep their spelling), in the order received;
/// values that are no UTF-8 are shown with replacement characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The method.
    pub method: Method,
    /// The request target as written (normally the path and the query).
    pub target: String,
    /// The protocol version.
    pub version: Version,
    /// Names and values.
    pub headers: Vec<(String, String)>,
}

/// The last `limit` heads.
#[derive(Debug)]
pub(crate) struct Heads {
    limit: usize,
    last: Mutex<VecDeque<Head>>,
}

// === impl Head ===

impl Head {
    pub(crate) fn of<B>(request: &Request<B>) -> Self {
        let headers = request.headers().iter();
        Self {
            method: request.method().clone(),
            target: request.uri().to_string(),
            version: request.version(),
            headers: headers
                .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
                .collect(),
        }
    }

    /// The value of the first header of that name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

// === impl Heads ===

impl Heads {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, last: Mutex::default() }
    }

    pub(crate) fn saw<B>(&self, request: &Request<B>) {
        if self.limit == 0 {
            return;
        }
        let head = Head::of(request);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() == self.limit {
            last.pop_front();
        }
        last.push_back(head);
    }

    pub(crate) fn list(&self) -> Vec<Head> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
