//! The socket of a connection, whole or in halves.
//!
//! Most requests are out before their answer's head is in, and one poll serves both directions. An upload that goes on
//! behind the head must not: whoever streams the answer stops polling while the client takes no bytes, and a client may
//! well send all of its request before it reads the first of the answer. Then the upload gets a task and half of the
//! socket, until it is done.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, ReadHalf, WriteHalf};
use tokio::task::JoinHandle;

use super::upload::Upload;
use crate::h1::Error;

/// A socket.
#[derive(Debug)]
pub(super) enum Stream<S> {
    /// Both directions.
    Whole(S),
    /// The other half is with a [`Courier`].
    Reading(ReadHalf<S>),
    /// Only between two of the above.
    Gone,
}

/// An upload on its own way. Dropping it ends the upload, and closes its half of the socket.
#[derive(Debug)]
pub(super) struct Courier<S>(JoinHandle<Delivered<S>>);

/// What a courier brings back.
#[derive(Debug)]
pub(super) struct Delivered<S> {
    pub upload: Upload,
    pub result: Result<(), Error>,
    half: WriteHalf<S>,
}

// === impl Stream ===

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream<S> {
    /// Sends an upload away with half of the socket.
    pub(super) fn send_away(&mut self, mut upload: Upload) -> Option<Courier<S>> {
        let Self::Whole(stream) = std::mem::replace(self, Self::Gone) else { return None };
        let (reading, mut half) = tokio::io::split(stream);
        *self = Self::Reading(reading);
        Some(Courier(tokio::spawn(async move {
            let result = std::future::poll_fn(|cx| upload.poll(&mut half, cx)).await;
            Delivered { upload, result, half }
        })))
    }

    /// Makes the socket whole again.
    pub(super) fn rejoin(&mut self, delivered: Delivered<S>) -> (Upload, Result<(), Error>) {
        if let Self::Reading(reading) = std::mem::replace(self, Self::Gone) {
            *self = Self::Whole(reading.unsplit(delivered.half));
        }
        (delivered.upload, delivered.result)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Whole(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Reading(half) => Pin::new(half).poll_read(cx, buf),
            Self::Gone => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

// === impl Courier ===

impl<S> Courier<S> {
    /// The upload, once it has come to its end.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Delivered<S>, Error>> {
        Poll::Ready(ready!(Pin::new(&mut self.0).poll(cx)).map_err(|e| Error::Body(e.into())))
    }
}

impl<S> Drop for Courier<S> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
