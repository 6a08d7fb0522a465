//! Keeps one scope of one kind current: list, watch, and what to do when either ends.
//!
//! Owns the order of questions, retries and backoff. Must not know bytes. Rows on the screen are never taken away by a
//! failure: a new listing replaces the old one when it is complete.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::ReaderContext;
use super::backoff::Backoff;
use super::board::Board;
use super::fold::Fold;
use super::request::{Age, Ask};
use super::stream::End;
use super::subject::Subject;
use crate::cluster::project::interner::Interner;
use crate::model::failure::{Failure, FailureKind};
use crate::model::kind::Kind;
use crate::model::object::ColumnDefinition;
use crate::model::update::{Reading, Scope};

/// A watch that lived for this long may end without a word: it is opened again at once. Waiting less than this to open
/// it again leaves the data fresh enough to say nothing either.
pub(super) const GOOD_LIFE: Duration = Duration::from_secs(5);
/// After so many listings that broke off in the middle, a humbler way of listing is taken.
const BROKEN_LISTS: u32 = 2;

/// What a scope has come to for now.
#[derive(Debug)]
pub enum Settled {
    /// We may not list it; the server's words.
    Forbidden(String),
    /// The server does not know it.
    Missing,
    /// The server makes nothing of what a person typed.
    Invalid(Failure),
    /// Nobody listens any more.
    Closed,
}

/// The ways to get the first list, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// One connection that lists and then watches.
    Streaming,
    /// A list as a whole, then a watch.
    Whole,
    /// Pages, then a watch: each page gets through where the whole does not.
    Paged,
}

/// One scope of one kind.
pub struct Follow<'a, S: Subject> {
    pub(super) subject: &'a S,
    pub(super) context: &'a ReaderContext,
    pub(super) board: &'a Board,
    pub(super) scope: Scope,
    pub(super) kick: watch::Receiver<u64>,
    pub(super) refresh: watch::Receiver<(u64, Option<Kind>)>,
    /// Whether the watch may rest now; `None` if it never may.
    pub(super) rest: Option<watch::Receiver<bool>>,
    /// Says that what rests is wanted soon.
    pub(super) wanted: Option<watch::Receiver<u64>>,
    /// When what rests was last caught up with.
    pub(super) caught_up: Option<tokio::time::Instant>,
    pub(super) interner: Interner,
    pub(super) fold: Fold<S>,
    pub(super) backoff: Backoff,
    /// The last watch broke: that another is opened is no recovery yet, for it may break in the same place.
    pub(super) doubt: bool,
    /// Where a watch goes on from.
    pub(super) version: Option<String>,
    /// The last version seen, kept when a watch cannot go on from it: no list may be older.
    pub(super) seen: Option<String>,
    /// The server cannot give a list that is not older than that (its past is gone, or it was restored from a backup):
    /// the newest is asked for, until one has come.
    pub(super) newest: bool,
    /// The current listing is complete.
    pub(super) listed: bool,
    /// When the latest listing was complete: then rows of this scope are on the screen.
    pub(super) listed_at: Option<tokio::time::Instant>,
    /// The server's columns as last told, where it has any.
    pub(super) columns: Option<Vec<ColumnDefinition>>,
    way: Way,
    broken_lists: u32,
}

impl<'a, S: Subject> Follow<'a, S> {
    /// Prepares to follow a scope; nothing is asked yet.
    pub fn new(subject: &'a S, context: &'a ReaderContext, board: &'a Board, scope: Scope) -> Self {
        let limits = &context.limits;
        let mut kick = context.kick.clone();
        kick.mark_unchanged();
        Self {
            subject,
            context,
            board,
            kick,
            refresh: context.refresh.clone(),
            rest: context.rest.clone(),
            wanted: context.wanted.clone(),
            caught_up: None,
            interner: Interner::default(),
            fold: Fold::new(scope.clone(), limits.fold, limits.fold_objects),
            backoff: Backoff::new(limits.backoff, limits.jitter),
            doubt: false,
            scope,
            version: None,
            seen: None,
            newest: false,
            listed: false,
            listed_at: None,
            columns: None,
            way: Way::Streaming,
            broken_lists: 0,
        }
    }

    /// Tells whether a listing was complete at any time.
    pub fn listed_ever(&self) -> bool {
        self.listed_at.is_some()
    }

    /// Follows the scope until it settles on something that asking again soon will not change.
    pub async fn run(&mut self) -> Settled {
        loop {
            let settled = match self.version.clone().filter(|_| self.listed) {
                Some(version) if self.may_rest() => self.doze(version).await,
                Some(version) => self.watch(version).await,
                None => self.list().await,
            };
            if let Some(settled) = settled {
                return settled;
            }
        }
    }

    /// Lists once, by the best way known to work.
    async fn list(&mut self) -> Option<Settled> {
        self.listed = false;
        self.version = None;
        self.fold.restart();
        // Nothing keeps the rows current until this is through, however long it takes.
        let live = self.board.get(&self.scope) == Some(Reading::Live);
        if live && !self.board.set(&self.scope, Reading::Waiting).await {
            return Some(Settled::Closed);
        }
        // This list is as new as any that was asked for by now.
        self.refresh.mark_unchanged();
        let mut ask = match self.way {
            Way::Streaming => Ask::StreamingList(self.age()),
            Way::Whole => Ask::List(self.age()),
            Way::Paged => Ask::Page(String::new()),
        };
        loop {
            match self.ask(&ask).await {
                End::Listed(token) if !token.is_empty() => ask = Ask::Page(token),
                End::Listed(_) => return self.list_complete().await,
                End::Watched(lived) => return self.watch_ended(lived).await,
                End::Refresh | End::Expired if self.listed => {
                    self.listed = false;
                    return None;
                }
                End::Reopen | End::Rested | End::Refresh => return None,
                End::Expired if self.ask_for_the_newest() => return None,
                End::Expired => {
                    return self.broken(Failure::new(FailureKind::Gone, "the list expired")).await;
                }
                End::Closed => return Some(Settled::Closed),
                End::Failed { failure, begun } => return self.list_failed(failure, begun).await,
            }
        }
    }

    fn age(&self) -> Age {
        match &self.seen {
            _ if self.newest => Age::Newest,
            Some(version) => Age::Since(version.clone()),
            None => Age::Any,
        }
    }

    /// Gives up on what was seen; `false` if the list did not depend on it.
    fn ask_for_the_newest(&mut self) -> bool {
        let depends = self.seen.is_some() && !self.newest && self.way != Way::Paged;
        self.newest |= depends;
        depends
    }

    /// Something whole has come through: what was wrong before is not any more.
    pub(super) fn recover(&mut self) {
        self.doubt = false;
        self.backoff.reset();
    }

    async fn list_complete(&mut self) -> Option<Settled> {
        self.listed = true;
        self.newest = false;
        self.broken_lists = 0;
        self.recover();
        let now = tokio::time::Instant::now();
        self.listed_at = Some(now);
        self.fold.complete(now);
        if !self.flush(now).await {
            return Some(Settled::Closed);
        }
        if self.version.is_none() {
            // A list that names no version cannot be watched from: it is listed again.
            return self.poll().await;
        }
        None
    }

    async fn list_failed(&mut self, failure: Failure, begun: bool) -> Option<Settled> {
        if self.listed {
            // The list part was complete: it is the watch that ended.
            self.doubt = true;
            return self.watch_failed(failure).await;
        }
        let streaming = self.way == Way::Streaming;
        match failure.kind {
            // The stream is a watch: listing may be permitted, or supported, where it is not.
            FailureKind::Forbidden | FailureKind::Invalid | FailureKind::Unknown if streaming && !begun => {
                self.way = Way::Whole;
                return None;
            }
            FailureKind::Forbidden => return Some(Settled::Forbidden(failure.summary)),
            FailureKind::NotFound => return Some(Settled::Missing),
            FailureKind::Invalid if self.subject.is_typed() => return Some(Settled::Invalid(failure)),
            FailureKind::Server if is_of_the_future(&failure) && self.ask_for_the_newest() => return None,
            _ => {}
        }
        // A stream waits for a version of the future in silence.
        if begun && failure.kind == FailureKind::Timeout {
            self.ask_for_the_newest();
        }
        if begun {
            self.broken_lists += 1;
            if self.broken_lists >= BROKEN_LISTS {
                self.broken_lists = 0;
                self.way = if streaming { Way::Whole } else { Way::Paged };
            }
        }
        self.broken(failure).await
    }

    /// Watches from a version until that ends.
    async fn watch(&mut self, version: String) -> Option<Settled> {
        match self.ask(&Ask::Watch(version)).await {
            End::Watched(lived) => self.watch_ended(lived).await,
            End::Listed(_) | End::Reopen | End::Rested => None,
            End::Expired | End::Refresh => {
                self.listed = false;
                None
            }
            End::Closed => Some(Settled::Closed),
            End::Failed { failure, begun } => {
                self.doubt |= begun;
                self.watch_failed(failure).await
            }
        }
    }

    pub(super) async fn watch_failed(&mut self, failure: Failure) -> Option<Settled> {
        match failure.kind {
            // It was watched so far: the permission was withdrawn, and what was listed then is not current.
            FailureKind::Forbidden if self.listed_at.is_some_and(|at| at.elapsed() >= GOOD_LIFE) => {
                self.listed = false;
                self.way = if self.way == Way::Paged { Way::Paged } else { Way::Whole };
                None
            }
            FailureKind::Forbidden => self.poll().await,
            FailureKind::NotFound => Some(Settled::Missing),
            _ => self.broken(failure).await,
        }
    }

    /// A watch has ended without a complaint.
    async fn watch_ended(&mut self, lived: Duration) -> Option<Settled> {
        if lived >= GOOD_LIFE {
            self.backoff.reset();
            return None;
        }
        self.doubt = true;
        let delay = self.backoff.next();
        if delay < GOOD_LIFE {
            return self.rest(delay).await;
        }
        let failure = Failure::new(FailureKind::Closed, "the server ends each watch at once");
        self.broken_for(failure, delay).await
    }

    /// What may be listed but not watched is listed again at survey pace.
    async fn poll(&mut self) -> Option<Settled> {
        let pace = self.context.limits.survey;
        if !self.board.set(&self.scope, Reading::Polled(pace)).await {
            return Some(Settled::Closed);
        }
        self.listed = false;
        self.way = if self.way == Way::Paged { Way::Paged } else { Way::Whole };
        self.rest(pace).await
    }

    /// Says that it broke, and waits for the next try.
    async fn broken(&mut self, failure: Failure) -> Option<Settled> {
        let retry_in = self.backoff.next().max(failure.retry_after.unwrap_or_default());
        self.broken_for(failure, retry_in).await
    }

    async fn broken_for(&mut self, failure: Failure, retry_in: Duration) -> Option<Settled> {
        if !self.board.set(&self.scope, Reading::Broken { failure, retry_in }).await {
            return Some(Settled::Closed);
        }
        self.rest(retry_in).await
    }

    /// Waits, or until kicked.
    async fn rest(&mut self, time: Duration) -> Option<Settled> {
        tokio::select! {
            () = sleep(time) => None,
            // The server answers again: how long it was away says nothing of what comes now.
            kicked = self.kick.changed() => {
                self.backoff.reset();
                kicked.is_err().then_some(Settled::Closed)
            }
        }
    }
}

/// Tells whether the server has not come as far as the version that was asked for.
fn is_of_the_future(failure: &Failure) -> bool {
    failure.summary.to_ascii_lowercase().contains("too large resource version")
}

/// Waits until a kind is to be listed anew; for ever if nobody will ask for that.
pub(super) async fn refresh_of(refresh: &mut watch::Receiver<(u64, Option<Kind>)>, kind: &Kind) {
    while refresh.changed().await.is_ok() {
        if refresh.borrow_and_update().1.as_ref() == Some(kind) {
            return;
        }
    }
    std::future::pending::<()>().await;
}

/// Waits, or until kicked. `false` once nobody will kick any more.
pub async fn rest(kick: &mut watch::Receiver<u64>, time: Duration) -> bool {
    tokio::select! {
        () = sleep(time) => true,
        kicked = kick.changed() => kicked.is_ok(),
    }
}
