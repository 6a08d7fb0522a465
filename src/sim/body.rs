//! Owns response bodies: whole ones and streams; and what a connection becomes after an answer that switches protocols.
//! Must not know what is in a body, nor what breaks it.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::{BoxStream, StreamExt as _};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};

/// An error ends a body without its proper end: the client sees the connection cut.
pub(crate) type BodyError = std::io::Error;

/// Body of every answer.
pub(crate) type Body = UnsyncBoxBody<Bytes, BodyError>;

/// Chunks as a handler makes them.
pub(crate) type Chunks = BoxStream<'static, Bytes>;

/// A body known as a whole.
pub(crate) fn whole(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// A body sent as its chunks come.
pub(crate) fn streamed(chunks: Chunks) -> Body {
    StreamBody::new(chunks.map(|chunk| Ok(Frame::data(chunk)))).boxed_unsync()
}

/// What a connection becomes once its last answer was sent: travels with that answer.
#[derive(Clone)]
pub(crate) struct Session(Arc<Mutex<Option<BoxFuture<'static, ()>>>>);

impl Session {
    pub(crate) fn new(session: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Some(Box::pin(session)))))
    }

    /// The session itself; nothing the second time.
    pub(crate) fn take(&self) -> Option<BoxFuture<'static, ()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
