//! The admin listener: is the process alive, does it want traffic, what has it counted.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::metrics::Metrics;
use crate::server::{Readiness, Watch, listener};

/// Serves the admin routes until `end`.
pub async fn serve(listener: TcpListener, end: Watch, readiness: Readiness, metrics: Arc<Metrics>) {
    let serve = move |stream, _peer| connection(stream, readiness.clone(), Arc::clone(&metrics));
    listener::accept(listener, end, serve).await;
}

async fn connection(stream: TcpStream, readiness: Readiness, metrics: Arc<Metrics>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let response = answer(request.method(), request.uri().path(), readiness.is_ready(), &metrics);
        async move { Ok::<_, Infallible>(response) }
    });
    let conn = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if let Err(e) = conn.await {
        tracing::debug!(error = %e, "admin connection ended");
    }
}

fn answer(method: &Method, path: &str, is_ready: bool, metrics: &Metrics) -> Response<Full<Bytes>> {
    const TEXT: &str = "text/plain; charset=utf-8";
    let (status, content_type, body) = match path {
        _ if method != Method::GET && method != Method::HEAD => {
            (StatusCode::METHOD_NOT_ALLOWED, TEXT, "GET or HEAD\n".into())
        }
        "/livez" => (StatusCode::OK, TEXT, "ok\n".into()),
        "/readyz" if is_ready => (StatusCode::OK, TEXT, "ok\n".into()),
        "/readyz" => (StatusCode::SERVICE_UNAVAILABLE, TEXT, "draining\n".into()),
        "/metrics" => {
            (StatusCode::OK, "application/openmetrics-text; version=1.0.0; charset=utf-8", metrics.encode().into())
        }
        _ => (StatusCode::NOT_FOUND, TEXT, "/livez, /readyz or /metrics\n".into()),
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(method: &Method, path: &str, is_ready: bool) -> u16 {
        answer(method, path, is_ready, &Metrics::new()).status().as_u16()
    }

    #[test]
    fn a_draining_process_is_alive_but_not_ready() {
        assert_eq!(status(&Method::GET, "/livez", false), 200);
        assert_eq!(status(&Method::GET, "/readyz", true), 200);
        assert_eq!(status(&Method::HEAD, "/readyz", false), 503);
    }

    #[test]
    fn nothing_else_is_answered() {
        assert_eq!(status(&Method::POST, "/livez", true), 405);
        assert_eq!(status(&Method::GET, "/", true), 404);
        assert_eq!(status(&Method::GET, "/metrics", true), 200);
    }
}
