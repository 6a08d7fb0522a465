//! Owns response bodies: whole ones and streams. Must not know what is in a body, nor what breaks it.

use bytes::Bytes;
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
