//! A client as simple as can be: one connection, one call at a time.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Method, Request, Response, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use super::Error;

/// A body of any kind.
pub(super) type Body = BoxBody<Bytes, std::convert::Infallible>;

/// One connection.
pub(super) struct Client {
    sender: SendRequest<Body>,
    host: String,
}

// === impl Client ===

impl Client {
    pub(super) async fn connect(address: SocketAddr) -> Result<Self, Error> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // Its end shows in the call that is running.
        tokio::spawn(connection);
        Ok(Self { sender, host: address.to_string() })
    }

    pub(super) async fn get(&mut self, path: &str) -> Result<Response<Incoming>, Error> {
        self.call(Method::GET, path, &[], Full::default().boxed()).await
    }

    /// A POST of JSON.
    pub(super) async fn post(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        body: &Value,
    ) -> Result<Response<Incoming>, Error> {
        let mut all = vec![("content-type", "application/json")];
        all.extend_from_slice(fields);
        self.call(Method::POST, path, &all, Full::from(body.to_string()).boxed()).await
    }

    /// Any call; anything but a 200 is an error, with what was said.
    pub(super) async fn call(
        &mut self,
        method: Method,
        path: &str,
        fields: &[(&str, &str)],
        body: Body,
    ) -> Result<Response<Incoming>, Error> {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, &self.host);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let request = request.body(body).map_err(|e| Error::Unexpected(format!("{path}: {e}")))?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        if status != http::StatusCode::OK {
            let said = text(response).await.unwrap_or_default();
            return Err(Error::Unexpected(format!("{path}: {status}: {said}")));
        }
        Ok(response)
    }
}

/// The whole body of an answer.
pub(super) async fn text(response: Response<Incoming>) -> Result<String, Error> {
    let body = response.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// The whole body of an answer, as JSON.
pub(super) async fn json(response: Response<Incoming>) -> Result<Value, Error> {
    let text = text(response).await?;
    serde_json::from_str(&text).map_err(|e| Error::Unexpected(format!("no JSON ({e}): {text}")))
}
