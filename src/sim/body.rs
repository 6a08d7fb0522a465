//! Owns response bodies: whole ones and streams, and the gate that freezes, stalls or cuts a stream when a fault says so.
//! Must not know what is in a body.

use std::pin::pin;

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use tokio::sync::watch;

use super::fault::{Faults, until};

/// An error ends a body without its proper end: the client sees the connection cut.
pub(crate) type BodyError = std::io::Error;

/// Body of every answer.
pub(crate) type Body = UnsyncBoxBody<Bytes, BodyError>;

/// Chunks as a handler makes them.
pub(crate) type Chunks = BoxStream<'static, Bytes>;

/// Which faults concern a stream.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Flow {
    /// Ends by itself: may freeze and stall.
    List,
    /// Lasts: may freeze and be dropped; with `initial`, stalls as lists do.
    Watch {
        /// Begins with everything there is.
        initial: bool,
    },
}

/// A body known as a whole.
pub(crate) fn whole(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

struct Gate {
    chunks: Chunks,
    faults: watch::Receiver<Faults>,
    flow: Flow,
    dropped: u64,
    sent: usize,
}

/// A body sent as its chunks come, subject to faults.
pub(crate) fn streamed(chunks: Chunks, faults: watch::Receiver<Faults>, flow: Flow) -> Body {
    let dropped = faults.borrow().watches_dropped;
    let gate = Gate { chunks, faults, flow, dropped, sent: 0 };
    let frames = stream::unfold(Some(gate), |gate| async move {
        let mut gate = gate?;
        match gate.next().await? {
            Ok(bytes) => Some((Ok(Frame::data(bytes)), Some(gate))),
            Err(error) => Some((Err(error), None)),
        }
    });
    StreamBody::new(frames).boxed_unsync()
}

impl Gate {
    async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        loop {
            until(&mut self.faults, |faults| !faults.freeze).await;
            if self.is_dropped() {
                return Some(Err(BodyError::from(std::io::ErrorKind::ConnectionReset)));
            }
            let chunk = {
                let changed = pin!(self.faults.changed());
                tokio::select! {
                    chunk = self.chunks.next() => chunk?,
                    changed = changed => {
                        changed.ok()?;
                        continue;
                    }
                }
            };
            until(&mut self.faults, |faults| !faults.freeze).await;
            return Some(Ok(self.stall(chunk).await));
        }
    }

    fn is_dropped(&self) -> bool {
        matches!(self.flow, Flow::Watch { .. }) && self.faults.borrow().watches_dropped > self.dropped
    }

    /// Passes a chunk on, or what of it arrives before the stall; then nothing, ever.
    async fn stall(&mut self, chunk: Bytes) -> Bytes {
        let limit = self.faults.borrow().stall_after.filter(|_| self.flow != Flow::Watch { initial: false });
        let Some(limit) = limit else {
            self.sent += chunk.len();
            return chunk;
        };
        let room = limit.saturating_sub(self.sent).min(chunk.len());
        if room == 0 {
            return std::future::pending().await;
        }
        self.sent += room;
        chunk.slice(..room)
    }
}
