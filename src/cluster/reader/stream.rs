//! One answer, from its head to its end: bytes into rows, rows into deltas. Must not decide what is asked next.

use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use http::{Response, header};
use http_body::Frame;
use http_body_util::BodyExt;
use kube::client::Body;
use tokio::time::{Instant, sleep_until};

use super::doze::rest_is;
use super::follow::{Follow, GOOD_LIFE, refresh_of};
use super::request::{Ask, request};
use super::subject::{Decode, Subject};
use super::turn::{give_up_processor, give_way};
use crate::cluster::access::LONGEST_WISH;
use crate::cluster::redact::{LONGEST, one_line};
use crate::cluster::wire::status::Status;
use crate::cluster::wire::{Item, Shape, WireError};
use crate::model::age::duration;
use crate::model::failure::{Failure, FailureKind};
use crate::model::object::ColumnDefinition;
use crate::model::update::Reading;

/// A watch that is silent for so much longer than it should be open is dead.
const OVERDUE: Duration = Duration::from_secs(5);

/// A watch that stood for so long works, though it had nothing to say. With the first wait for the next try this is less
/// than what makes rows stale: one that breaks once does not make them so.
const STOOD: Duration = Duration::from_secs(3);

/// How an answer ended.
#[derive(Debug)]
pub enum End {
    /// The list was read to its end; holds the token of the next page, empty on the last.
    Listed(String),
    /// The watch came to its end after this long.
    Watched(Duration),
    /// Nobody will hear more from this stream, but it is no failure: it is to be opened anew.
    Reopen,
    /// Somebody wants it listed anew.
    Refresh,
    /// Nobody is near the cluster: the watch was let go on purpose.
    Rested,
    /// The resource version is too old to go on from.
    Expired,
    /// It failed, after a part of a list had come or before.
    Failed {
        /// Why.
        failure: Failure,
        /// The answer had begun.
        begun: bool,
    },
    /// Nobody listens any more.
    Closed,
}

impl End {
    fn before(failure: Failure) -> Self {
        Self::of(failure, false)
    }

    fn within(failure: Failure) -> Self {
        Self::of(failure, true)
    }

    fn of(failure: Failure, begun: bool) -> Self {
        match failure.kind {
            FailureKind::Gone => Self::Expired,
            _ => Self::Failed { failure, begun },
        }
    }

    /// Reads the server's refusal inside an answer.
    fn refused(status: &Status) -> Self {
        if status.is_expired() {
            return Self::Expired;
        }
        Self::Failed { failure: refusal(status), begun: true }
    }
}

/// Explains the server's refusal inside an answer.
pub fn refusal(status: &Status) -> Failure {
    let kind = match status.code {
        400 | 422 => FailureKind::Invalid,
        401 => FailureKind::Unauthorized,
        403 => FailureKind::Forbidden,
        404 => FailureKind::NotFound,
        429 => FailureKind::Throttled,
        500..=599 => FailureKind::Server,
        _ => FailureKind::Unknown,
    };
    let words = one_line(&status.message, LONGEST);
    let words = if words.is_empty() { "the server ended the stream".to_owned() } else { words };
    let wish = Duration::from_secs(status.details.retry_after_seconds.into()).min(LONGEST_WISH);
    Failure { retry_after: Some(wish).filter(|wish| !wish.is_zero()), ..Failure::new(kind, words) }
}

impl<S: Subject> Follow<'_, S> {
    /// Sends a question and reads its answer to the end.
    pub async fn ask(&mut self, ask: &Ask) -> End {
        let (request, seconds) = match request(self.subject, ask, &self.scope, &self.context.limits) {
            Ok(request) => request,
            Err(failure) => return End::before(failure),
        };
        let limits = &self.context.limits;
        let limit = if ask.shape() == Shape::Watch { limits.handshake } else { limits.silent_list };
        let asked = Instant::now();
        let cuts = self.context.connection.cuts();
        let sent = self.context.connection.send(request, limit);
        tokio::pin!(sent);
        let response = loop {
            tokio::select! {
                response = &mut sent => match response {
                    Ok(response) => break response,
                    Err(failure) => return End::before(failure),
                },
                kicked = self.kick.changed() => match kicked {
                    Err(_) => return End::Closed,
                    // A question that hangs while the server answers others is lost on a dead connection.
                    Ok(()) if asked.elapsed() >= self.context.limits.silent => return End::Reopen,
                    Ok(()) => {}
                },
            }
        };
        let media = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let decoder = match self.subject.decoder(media.unwrap_or_default(), ask.shape()) {
            Ok(decoder) => decoder,
            Err(error) => return End::before(unreadable(self.subject.kind().plural(), &error)),
        };
        if !self.opened(ask).await {
            return End::Closed;
        }
        let last_byte = Instant::now();
        let mut stream =
            Stream { decoder, items: Vec::new(), token: String::new(), spoke: false, proven: false, last_byte, cuts };
        let end = self.read(ask, response, &mut stream, Duration::from_secs(seconds) + OVERDUE).await;
        // What has arrived is true whatever came after it.
        if !self.flush(Instant::now()).await {
            return End::Closed;
        }
        if self.listed || matches!(end, End::Listed(_)) {
            self.version = stream.decoder.version().map(str::to_owned).or(self.version.take());
            self.seen = self.version.clone().or(self.seen.take());
        }
        end
    }

    /// The answer's head is here, and of a type that can be read: whatever was broken is not any more, unless it was broken
    /// by what came after the head.
    async fn opened(&mut self, ask: &Ask) -> bool {
        let broken = matches!(self.board.get(&self.scope), Some(Reading::Broken { .. }));
        match ask {
            Ask::Watch(_) if broken && self.doubt => true,
            Ask::Watch(_) => self.board.set(&self.scope, Reading::Live).await,
            _ if broken => self.board.set(&self.scope, Reading::Waiting).await,
            _ => true,
        }
    }

    async fn read(&mut self, ask: &Ask, response: Response<Body>, stream: &mut Stream<S>, overdue: Duration) -> End {
        let opened = Instant::now();
        let mut body = response.into_body();
        // One for all that is waited for, and set anew only for what comes earlier: most chunks then touch no timer.
        let alarm = sleep_until(opened + overdue);
        tokio::pin!(alarm);
        let mut more = false;
        loop {
            // Where a list comes chunk by chunk, the next is most often there at once, and nobody is to be heard before it.
            if std::mem::take(&mut more) && !self.listed {
                give_way().await;
                if let Some(frame) = body.frame().now_or_never() {
                    if let Some(end) = self.frame(frame, ask, stream, opened).await {
                        return end;
                    }
                    more = true;
                    continue;
                }
            }
            let waits_for_list = !self.listed;
            let within = ask.shape() == Shape::Watch && stream.decoder.finish().is_err();
            let silence = match (waits_for_list, within) {
                (true, _) => self.context.limits.silent_list,
                (false, true) => self.context.limits.silent_event.min(overdue),
                (false, false) => overdue,
            };
            let due = self.fold.due();
            let watches = self.listed && !stream.proven && !within && !matches!(ask, Ask::CatchUp(_));
            if watches && stream.spoke && !self.prove(stream).await {
                return End::Closed;
            }
            let silent = stream.last_byte + silence;
            let proves = (watches && !stream.proven).then(|| opened + STOOD);
            let next = due.into_iter().chain(proves).fold(silent, Instant::min);
            if next < alarm.deadline() {
                alarm.as_mut().reset(next);
            }
            tokio::select! {
                // What has arrived is read before timers are looked at; a chunk that fills a delta, or finds it due, sends it.
                biased;
                () = refresh_of(&mut self.refresh, self.subject.kind()), if self.listed => return End::Refresh,
                kicked = self.kick.changed() => match kicked {
                    Err(_) => return End::Closed,
                    // The server answers, this stream does not: its connection may be dead.
                    Ok(()) if stream.last_byte.elapsed() >= self.context.limits.silent => return End::Reopen,
                    Ok(()) => {}
                },
                () = rest_is(&mut self.rest, true), if self.listed && !matches!(ask, Ask::CatchUp(_)) => return End::Rested,
                frame = body.frame() => {
                    if let Some(end) = self.frame(frame, ask, stream, opened).await {
                        return end;
                    }
                    more = true;
                }
                () = &mut alarm => {
                    let now = Instant::now();
                    let heard = if next > now {
                        alarm.as_mut().reset(next);
                        true
                    } else if due.is_some_and(|due| due <= now) {
                        self.flush(now).await
                    } else if proves.is_some_and(|proves| proves <= now) {
                        self.prove(stream).await
                    } else if waits_for_list {
                        let words = format!("no data from the server for {}", duration(silence.as_secs().cast_signed()));
                        return End::within(Failure::new(FailureKind::Timeout, words));
                    } else {
                        // A connection that died is silent like this: what the rest would say is not known.
                        return if within { End::within(stopped()) } else { End::Reopen };
                    };
                    if !heard {
                        return End::Closed;
                    }
                }
            }
        }
    }

    /// Takes what the body has next; returns how the answer ended, if it did.
    async fn frame(
        &mut self,
        frame: Option<Result<Frame<Bytes>, kube::Error>>,
        ask: &Ask,
        stream: &mut Stream<S>,
        opened: Instant,
    ) -> Option<End> {
        match frame {
            // We have cut it off ourselves: that is no failure of the server.
            None | Some(Err(_)) if self.context.connection.cuts() != stream.cuts => Some(End::Reopen),
            None => Some(self.ended(ask, stream, opened)),
            Some(Err(error)) => {
                let failure = self.context.connection.stream_failure(&error);
                let lived = opened.elapsed();
                // Proxies and restarting servers cut watches off; the next question tells whether it is worse.
                let passing = self.listed && ask.shape() == Shape::Watch && lived >= GOOD_LIFE;
                Some(if passing { End::Watched(lived) } else { End::within(failure) })
            }
            Some(Ok(frame)) => match frame.into_data() {
                Ok(bytes) => {
                    let end = self.digest(&bytes, stream).await;
                    if self.listed {
                        give_up_processor();
                    }
                    end
                }
                Err(_) => None,
            },
        }
    }

    /// The watch works. `false` once nobody listens any more.
    async fn prove(&mut self, stream: &mut Stream<S>) -> bool {
        stream.proven = true;
        self.recover();
        self.board.set(&self.scope, Reading::Live).await
    }

    /// Takes one chunk; returns how the answer ended, if it did.
    async fn digest(&mut self, bytes: &[u8], stream: &mut Stream<S>) -> Option<End> {
        let result = stream.decoder.feed(bytes, &mut self.interner, &mut stream.items);
        let mut items = std::mem::take(&mut stream.items);
        let now = Instant::now();
        stream.last_byte = now;
        stream.spoke |= !items.is_empty();
        for item in items.drain(..) {
            match item {
                Item::Row(row) => self.fold.upsert(row, now),
                Item::Deleted(uid) => self.fold.remove(uid, now),
                Item::ListMeta(meta) => stream.token = meta.continue_token,
                Item::Bookmark { initial_events_end: true } if !self.listed => {
                    self.listed = true;
                    self.listed_at = Some(now);
                    self.newest = false;
                    self.recover();
                    self.fold.complete(now);
                    if !self.flush(now).await || !self.board.set(&self.scope, Reading::Live).await {
                        return Some(End::Closed);
                    }
                }
                Item::Bookmark { .. } => {}
                Item::Columns(columns) => {
                    // What came before them was printed in other columns.
                    if !self.flush(now).await || !self.define(columns).await {
                        return Some(End::Closed);
                    }
                }
                Item::Error(status) => return Some(End::refused(&status)),
            }
            if self.fold.is_full() && !self.flush(now).await {
                return Some(End::Closed);
            }
        }
        stream.items = items;
        if let Err(error) = result {
            return Some(End::within(unreadable(self.subject.kind().plural(), &error)));
        }
        if self.fold.due().is_some_and(|due| due <= now) && !self.flush(now).await {
            return Some(End::Closed);
        }
        None
    }

    /// Tells the server's columns, if they are news. `false` once nobody listens any more.
    async fn define(&mut self, columns: Vec<ColumnDefinition>) -> bool {
        if self.columns.as_ref() == Some(&columns) {
            return true;
        }
        self.columns = Some(columns.clone());
        match self.subject.columns(columns) {
            Some(update) => self.context.outlet.send(update).await,
            None => true,
        }
    }

    /// The answer has no more bytes.
    fn ended(&self, ask: &Ask, stream: &Stream<S>, opened: Instant) -> End {
        let whole = stream.decoder.finish();
        match ask {
            Ask::List(_) | Ask::Page(_) => match whole {
                Ok(()) => End::Listed(stream.token.clone()),
                Err(error) => End::within(unreadable(self.subject.kind().plural(), &error)),
            },
            // Inside the initial events nothing tells where to go on from.
            Ask::StreamingList(_) if !self.listed => {
                End::within(Failure::new(FailureKind::Closed, "the server ended the list in the middle"))
            }
            Ask::StreamingList(_) | Ask::Watch(_) | Ask::CatchUp(_) => End::Watched(opened.elapsed()),
        }
    }

    /// Sends what was folded. `false` once nobody listens any more.
    pub async fn flush(&mut self, now: Instant) -> bool {
        match self.fold.take(now) {
            Some(delta) => self.context.outlet.send(self.subject.wrap(delta)).await,
            None => true,
        }
    }
}

/// What reading one answer needs.
struct Stream<S: Subject> {
    decoder: S::Decoder,
    items: Vec<Item<S::Row>>,
    token: String,
    /// Something whole has come.
    spoke: bool,
    /// It has shown that it works.
    proven: bool,
    last_byte: Instant,
    /// How many times our sockets had been cut when it was asked for.
    cuts: u64,
}

/// Says that the rest of an event does not come.
pub fn stopped() -> Failure {
    Failure::new(FailureKind::Timeout, "the server stopped in the middle of an event")
}

/// Says that an answer is not what was asked for.
pub fn unreadable(plural: &str, error: &WireError) -> Failure {
    let kind = if *error == WireError::Truncated { FailureKind::Closed } else { FailureKind::Decode };
    Failure::new(kind, format!("cannot read {plural}: {error}"))
}
