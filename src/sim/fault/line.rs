//! Owns what breaks a connection below TLS: cut, silenced, frozen or slow bytes, on a socket or in memory.
//! Must not know what the bytes mean.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Sleep;

use super::control::Faults;
use super::mouth::Link;

/// A pair of byte streams that may be able to end rudely.
pub(crate) trait Socket: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// Makes its end a reset (RST) where there is such a thing.
    fn end_rudely(&self) {}
}

impl Socket for TcpStream {
    fn end_rudely(&self) {
        let _best_effort = self.set_zero_linger();
    }
}

impl Socket for DuplexStream {}

type Change = Pin<Box<dyn Future<Output = watch::Receiver<Faults>> + Send>>;

/// The faults as one direction of a connection sees them: it is woken by every change.
struct Sight {
    now: Faults,
    change: Change,
}

fn change(mut faults: watch::Receiver<Faults>) -> Change {
    Box::pin(async move {
        if faults.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        faults
    })
}

impl Sight {
    fn new(mut faults: watch::Receiver<Faults>) -> Self {
        let now = faults.borrow_and_update().clone();
        Self { now, change: change(faults) }
    }

    fn look(&mut self, context: &mut Context<'_>) -> &Faults {
        while let Poll::Ready(mut faults) = self.change.as_mut().poll(context) {
            self.now = faults.borrow_and_update().clone();
            self.change = change(faults);
        }
        &self.now
    }
}

enum Fate {
    Well,
    /// Nothing comes or goes until a change.
    Frozen,
    /// Nothing goes, ever; what comes is lost.
    Silent,
    Cut,
}

/// A connection that breaks when a fault says so.
pub(crate) struct Line<S: Socket> {
    socket: S,
    link: Arc<Link>,
    reading: Sight,
    writing: Sight,
    /// Restarts before it was opened.
    restarts: u64,
    silent: bool,
    /// Bytes sent are paid for with time.
    debt: Option<Pin<Box<Sleep>>>,
}

impl<S: Socket> Line<S> {
    pub(crate) fn new(socket: S, faults: &watch::Receiver<Faults>, link: Arc<Link>) -> Self {
        let (reading, writing) = (Sight::new(faults.clone()), Sight::new(faults.clone()));
        let restarts = reading.now.restarts;
        Self { socket, link, reading, writing, restarts, silent: false, debt: None }
    }

    fn fate(silent: &mut bool, link: &Link, restarts: u64, faults: &Faults) -> Fate {
        if faults.resets_all() {
            link.end_rudely();
        }
        if faults.swallows() {
            *silent = true;
            link.silence();
        }
        if link.ends_rudely() || faults.refuses() || faults.restarts > restarts {
            Fate::Cut
        } else if *silent {
            Fate::Silent
        } else if faults.freezes() {
            Fate::Frozen
        } else {
            Fate::Well
        }
    }
}

fn cut() -> io::Error {
    io::Error::from(io::ErrorKind::ConnectionAborted)
}

impl<S: Socket> AsyncRead for Line<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        match Self::fate(&mut this.silent, &this.link, this.restarts, this.reading.look(context)) {
            Fate::Well => Pin::new(&mut this.socket).poll_read(context, buffer),
            Fate::Frozen => Poll::Pending,
            Fate::Cut => Poll::Ready(Err(cut())),
            Fate::Silent => loop {
                // Only to notice that the other side gave up.
                let mut lost = [0; 1_024];
                let mut lost = ReadBuf::new(&mut lost);
                ready!(Pin::new(&mut this.socket).poll_read(context, &mut lost))?;
                if lost.filled().is_empty() {
                    return Poll::Ready(Err(cut()));
                }
            },
        }
    }
}

impl<S: Socket> AsyncWrite for Line<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let faults = this.writing.look(context);
        let rate = faults.bytes_per_second();
        match Self::fate(&mut this.silent, &this.link, this.restarts, faults) {
            Fate::Well => {}
            Fate::Frozen | Fate::Silent => return Poll::Pending,
            Fate::Cut => return Poll::Ready(Err(cut())),
        }
        let Some(rate) = rate else { return Pin::new(&mut this.socket).poll_write(context, bytes) };
        if let Some(debt) = &mut this.debt {
            ready!(debt.as_mut().poll(context));
            this.debt = None;
        }
        let most = usize::try_from(rate / 20).unwrap_or(usize::MAX).clamp(1, 16 * 1_024).min(bytes.len());
        let sent = ready!(Pin::new(&mut this.socket).poll_write(context, &bytes[..most]))?;
        let cost = Duration::from_secs_f64(sent as f64 / rate as f64);
        this.debt = Some(Box::pin(tokio::time::sleep(cost)));
        Poll::Ready(Ok(sent))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.link.ends_rudely() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}

impl<S: Socket> Drop for Line<S> {
    fn drop(&mut self) {
        if self.link.ends_rudely() {
            self.socket.end_rudely();
        }
    }
}
