//! Owns what breaks an answer while its headers are said: the bytes above TLS. Must not know what is said.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Way;
use crate::sim::body::Session;

/// Neither HTTP nor JSON nor a Kubernetes message.
pub(crate) const NOISE: &[u8] = b"\x00\xff\x13\x37 no such thing as an answer \xfe\xfd\r\n\x80\x81\x82";

struct HeaderCut {
    way: Way,
    /// Bytes that are still said before it.
    left: usize,
    /// Bytes of noise that were said after it.
    noise: usize,
}

/// What the answers of one connection ask of the connection.
#[derive(Default)]
pub(crate) struct Link {
    rude: AtomicBool,
    silenced: AtomicBool,
    cut: Mutex<Option<HeaderCut>>,
    /// What the connection becomes after the last answer.
    session: Mutex<Option<Session>>,
}

impl Link {
    /// Lets the connection become something else after this answer.
    pub(crate) fn become_of(&self, session: Session) {
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = Some(session);
    }

    /// What the connection becomes now that all is answered; done at once if nothing.
    pub(crate) async fn session(&self) {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(session) = session.and_then(|session| session.take()) {
            session.await;
        }
    }

    /// Lets the connection end at once with a reset.
    pub(crate) fn end_rudely(&self) {
        self.rude.store(true, Ordering::Relaxed);
    }

    pub(crate) fn ends_rudely(&self) -> bool {
        self.rude.load(Ordering::Relaxed)
    }

    /// Nothing will ever come or go on the connection, and nobody is to be told.
    pub(crate) fn silence(&self) {
        self.silenced.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_silenced(&self) -> bool {
        self.silenced.load(Ordering::Relaxed)
    }

    /// Cuts what is said next after so many bytes.
    pub(crate) fn cut_after(&self, bytes: usize, way: Way) {
        let cut = HeaderCut { way, left: bytes, noise: 0 };
        *self.cut.lock().unwrap_or_else(PoisonError::into_inner) = Some(cut);
    }
}

/// The stream that an HTTP server writes its answers to.
pub(crate) struct Mouth<S> {
    stream: S,
    link: Arc<Link>,
}

impl<S> Mouth<S> {
    pub(crate) fn new(stream: S, link: Arc<Link>) -> Self {
        Self { stream, link }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Mouth<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Mouth<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Self { stream, link } = &mut *self;
        let mut stream = Pin::new(stream);
        let mut cut = link.cut.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(cut) = &mut *cut else { return stream.poll_write(context, bytes) };
        if cut.left > 0 {
            let said = ready!(stream.poll_write(context, &bytes[..cut.left.min(bytes.len())]))?;
            cut.left -= said;
            return Poll::Ready(Ok(said));
        }
        while cut.way == Way::Garbage && cut.noise < NOISE.len() {
            cut.noise += ready!(stream.as_mut().poll_write(context, &NOISE[cut.noise..]))?;
        }
        ready!(stream.as_mut().poll_flush(context))?;
        match cut.way {
            // Never woken; that the client hangs up is noticed by reading.
            Way::Stall => return Poll::Pending,
            Way::Reset => link.end_rudely(),
            Way::Truncate | Way::Garbage => {}
        }
        Poll::Ready(Err(io::Error::from(io::ErrorKind::ConnectionAborted)))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
