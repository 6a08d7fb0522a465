//! Reads from a socket what is there, whatever is asked for: TLS asks for a record at a time, of which many API servers
//! write one for every 4 KB, and each question costs a system call. Must not know what the bytes are.
//!
//! The room is there only while something is read: a connection at rest keeps none.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};

/// Room of the first read, in bytes: an event or two.
const FIRST: usize = 4 * 1024;
/// The most that is read at once, in bytes.
const MOST: usize = 64 * 1024;
/// Bytes that came since a thread last waited, from which on more is likely to follow: below are answers and single events.
const LIKELY: usize = 4 * 1024;
/// Bytes from which on a thread is far behind and must not wait.
const BEHIND: usize = 48 * 1024;
/// How long what follows may gather: a list of 10 MB/s is read with a quarter of the wake-ups.
const MOMENT: Duration = Duration::from_micros(500);

thread_local! {
    /// Bytes read on this thread since it last waited.
    static CAME: Cell<usize> = const { Cell::new(0) };
}

/// Gives what is on its way a moment to gather, if a little has just come. For a thread of connections that is about to wait
/// for the next bytes: a server writes a list piece by piece, and to be woken for each costs more than to read it.
pub fn gather() {
    if is_trickle(CAME.take()) {
        std::thread::sleep(MOMENT);
    }
}

fn is_trickle(came: usize) -> bool {
    (LIKELY..BEHIND).contains(&came)
}

/// A stream whose reads are larger and fewer than those that it answers.
pub struct Ahead<S> {
    inner: S,
    /// What was read: that up to `filled` is true, and before `taken` handed on.
    room: Vec<u8>,
    taken: usize,
    filled: usize,
}

impl<S> Ahead<S> {
    /// Reads from `inner`; writes go there as they come.
    pub fn new(inner: S) -> Self {
        Self { inner, room: Vec::new(), taken: 0, filled: 0 }
    }
}

impl<S: Read + Unpin> Ahead<S> {
    /// Makes sure that something is there to hand on, unless the stream is at its end.
    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.taken < self.filled {
            return Poll::Ready(Ok(()));
        }
        // What came filled its room: more may be there. Twice as much, so that no more is cleared than was read.
        let full = self.filled == self.room.len();
        let size = if full { (self.room.len() * 2).clamp(FIRST, MOST) } else { self.room.len() };
        self.room.resize(size, 0);
        (self.taken, self.filled) = (0, 0);
        let mut buffer = ReadBuf::new(&mut self.room);
        let read = Pin::new(&mut self.inner).poll_read(context, buffer.unfilled());
        self.filled = buffer.filled().len();
        CAME.set(CAME.get().saturating_add(self.filled));
        if read.is_pending() {
            self.room = Vec::new();
        }
        read
    }
}

impl<S: Read + Unpin> Read for Ahead<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut wanted: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_fill(context))?;
        let there = self.room.get(self.taken..self.filled).unwrap_or_default();
        let handed = there.get(..wanted.remaining()).unwrap_or(there);
        wanted.put_slice(handed);
        self.taken += handed.len();
        Poll::Ready(Ok(()))
    }
}

impl<S: Write + Unpin> Write for Ahead<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, parts)
    }
}

impl<S: Connection> Connection for Ahead<S> {
    fn connected(&self) -> Connected {
        self.inner.connected()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use futures::task::noop_waker_ref;

    use super::*;

    /// Hands out what is there in pieces no larger than are asked for, and counts how often it was asked.
    #[derive(Default)]
    struct Socket {
        there: VecDeque<u8>,
        asked: usize,
        breaks: bool,
        ended: bool,
    }

    impl Read for Socket {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            mut wanted: ReadBufCursor<'_>,
        ) -> Poll<io::Result<()>> {
            self.asked += 1;
            let piece: Vec<u8> = {
                let size = wanted.remaining().min(self.there.len());
                self.there.drain(..size).collect()
            };
            wanted.put_slice(&piece);
            match piece.is_empty() {
                true if self.breaks => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
                true if !self.ended => Poll::Pending,
                _ => Poll::Ready(Ok(())),
            }
        }
    }

    fn read(ahead: &mut Ahead<Socket>, size: usize) -> Poll<io::Result<Vec<u8>>> {
        let mut bytes = vec![0; size];
        let mut buffer = ReadBuf::new(&mut bytes);
        let polled = Pin::new(ahead).poll_read(&mut Context::from_waker(noop_waker_ref()), buffer.unfilled());
        polled.map_ok(|()| buffer.filled().to_vec())
    }

    #[test]
    fn every_byte_comes_once_and_in_order_in_far_fewer_reads_and_no_room_is_kept_at_rest() {
        let sent: Vec<u8> = (0..1_000_000_u32).map(|at| (at % 251) as u8).collect();
        let mut ahead = Ahead::new(Socket { there: sent.iter().copied().collect(), ..Socket::default() });
        let (mut got, mut reads) = (Vec::new(), 0);
        while let Poll::Ready(bytes) = read(&mut ahead, 4_118) {
            got.extend(bytes.unwrap());
            reads += 1;
        }
        assert_eq!(got, sent);
        assert!(reads > 240 && ahead.inner.asked < 24, "{reads} reads, {} of the socket", ahead.inner.asked);
        assert_eq!((ahead.room.capacity(), ahead.filled), (0, 0));
        ahead.inner.there.extend(b"more");
        assert!(matches!(read(&mut ahead, 3), Poll::Ready(Ok(bytes)) if bytes == b"mor"));
        assert!(matches!(read(&mut ahead, 3), Poll::Ready(Ok(bytes)) if bytes == b"e"));
        assert!(read(&mut ahead, 3).is_pending());
    }

    #[test]
    fn only_a_trickle_is_given_time_to_gather() {
        let mut ahead = Ahead::new(Socket { there: vec![7; 5_000].into(), ..Socket::default() });
        CAME.set(0);
        while read(&mut ahead, 4_118).is_ready() {}
        assert_eq!(CAME.get(), 5_000);
        let given = [0, 300, 5_000, 40_000, 64_000, usize::MAX].map(is_trickle);
        assert_eq!(given, [false, false, true, true, false, false]);
    }

    #[test]
    fn what_came_before_the_end_or_a_failure_is_handed_on_first() {
        for breaks in [false, true] {
            let there: VecDeque<u8> = b"last words".iter().copied().collect();
            let mut ahead = Ahead::new(Socket { there, breaks, ended: true, ..Socket::default() });
            assert!(matches!(read(&mut ahead, 5), Poll::Ready(Ok(bytes)) if bytes == b"last "));
            assert!(matches!(read(&mut ahead, 9), Poll::Ready(Ok(bytes)) if bytes == b"words"));
            let end = read(&mut ahead, 9);
            assert!(matches!(end, Poll::Ready(ref end) if end.is_err() == breaks), "{end:?}");
            assert!(breaks || matches!(end, Poll::Ready(Ok(bytes)) if bytes.is_empty()));
        }
    }
}
