//! Folds what a stream says into deltas: the last write per uid wins, the first delta goes at once.
//!
//! Must not know the stream or the channel; time arrives as an argument.

use std::time::Duration;

use tokio::time::Instant;

use super::subject::Subject;
use crate::model::hash::QuickMap;
use crate::model::ids::Uid;
use crate::model::update::{Delta, Scope};

/// What is known and not yet sent.
#[derive(Debug)]
pub struct Fold<S: Subject> {
    scope: Scope,
    rows: Vec<S::Row>,
    /// Where a uid's row stands; `None` for a deleted one.
    places: QuickMap<Uid, Option<usize>>,
    restart: bool,
    complete: bool,
    /// When the folded changes are due.
    due: Option<Instant>,
    last_sent: Option<Instant>,
    window: Duration,
    most: usize,
}

impl<S: Subject> Fold<S> {
    /// Starts with nothing; a delta is due `window` after the one before it, or when it holds `most` objects.
    pub fn new(scope: Scope, window: Duration, most: usize) -> Self {
        Self {
            scope,
            rows: Vec::new(),
            places: QuickMap::default(),
            restart: false,
            complete: false,
            due: None,
            last_sent: None,
            window,
            most: most.max(1),
        }
    }

    /// Notes that a full listing starts; what an unfinished one left behind is superseded.
    pub fn restart(&mut self) {
        self.rows.clear();
        self.places.clear();
        self.restart = true;
        self.complete = false;
        self.due = None;
        // The first rows of a listing are shown at once.
        self.last_sent = None;
    }

    /// Notes that the full listing is complete; due at once.
    pub fn complete(&mut self, now: Instant) {
        self.complete = true;
        self.due = Some(now);
    }

    /// Notes an object's newest state.
    pub fn upsert(&mut self, row: S::Row, now: Instant) {
        let place = self.places.entry(S::uid(&row)).or_insert(None);
        if let Some(slot) = place.and_then(|index| self.rows.get_mut(index)) {
            *slot = row;
        } else {
            *place = Some(self.rows.len());
            self.rows.push(row);
        }
        self.touch(now);
    }

    /// Notes that an object is gone.
    pub fn remove(&mut self, uid: Uid, now: Instant) {
        if let Some(Some(index)) = self.places.insert(uid, None) {
            self.rows.swap_remove(index);
            if let Some(moved) = self.rows.get(index) {
                self.places.insert(S::uid(moved), Some(index));
            }
        }
        self.touch(now);
    }

    fn touch(&mut self, now: Instant) {
        let due = self.last_sent.map_or(now, |sent| (sent + self.window).max(now));
        self.due.get_or_insert(due);
    }

    /// Tells when the next delta is due, `None` while there is nothing to send.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Tells whether no more should be folded before the delta is taken.
    pub fn is_full(&self) -> bool {
        self.places.len() >= self.most
    }

    /// Returns the delta, and starts the next one.
    pub fn take(&mut self, now: Instant) -> Option<Delta<S::Row>> {
        self.due.take()?;
        self.last_sent = Some(now);
        let gone = self.places.drain().filter_map(|(uid, place)| place.is_none().then_some(uid)).collect();
        Some(Delta {
            scope: self.scope.clone(),
            restart: std::mem::take(&mut self.restart),
            rows: std::mem::take(&mut self.rows),
            gone,
            complete: std::mem::take(&mut self.complete),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::subject::Standing;
    use super::*;
    use crate::cluster::project::namespace::Namespace;
    use crate::model::age::Unix;
    use crate::model::namespace::NamespaceRow;

    const WINDOW: Duration = Duration::from_millis(50);

    fn row(uid: u128, status: &str) -> NamespaceRow {
        NamespaceRow { uid: Uid(uid), name: "a".into(), status: status.into(), created: Unix(1), deleting: None }
    }

    fn fold() -> (Fold<Standing<Namespace>>, Instant) {
        (Fold::new(Scope::Cluster, WINDOW, 3), Instant::now())
    }

    #[tokio::test]
    async fn the_first_change_is_due_at_once_and_what_follows_after_the_window() {
        let (mut fold, now) = fold();
        assert_eq!(fold.due(), None);
        fold.upsert(row(1, "Active"), now);
        assert_eq!(fold.due(), Some(now));
        fold.take(now).unwrap();
        fold.upsert(row(2, "Active"), now + WINDOW / 5);
        assert_eq!(fold.due(), Some(now + WINDOW));
        fold.upsert(row(3, "Active"), now + WINDOW / 2);
        assert_eq!(fold.due(), Some(now + WINDOW), "later changes do not push the delta back");
        fold.take(now + WINDOW).unwrap();
        fold.upsert(row(4, "Active"), now + WINDOW * 10);
        assert_eq!(fold.due(), Some(now + WINDOW * 10), "after a quiet time a change is due at once");
    }

    #[tokio::test]
    async fn the_last_write_of_a_uid_wins() {
        let (mut fold, now) = fold();
        fold.upsert(row(1, "Active"), now);
        fold.upsert(row(2, "Active"), now);
        fold.upsert(row(1, "Terminating"), now);
        fold.remove(Uid(2), now);
        fold.remove(Uid(3), now);
        let delta = fold.take(now).unwrap();
        assert_eq!(delta.rows, [row(1, "Terminating")]);
        let mut gone = delta.gone;
        gone.sort_unstable();
        assert_eq!(gone, [Uid(2), Uid(3)]);
        fold.remove(Uid(1), now);
        fold.upsert(row(1, "Active"), now);
        let delta = fold.take(now).unwrap();
        assert_eq!((delta.rows.len(), delta.gone.len()), (1, 0), "a uid is in rows or in gone, never in both");
    }

    #[tokio::test]
    async fn a_removal_keeps_the_other_rows_in_their_places() {
        let (mut fold, now) = fold();
        for uid in 1..=3 {
            fold.upsert(row(uid, "Active"), now);
        }
        assert!(fold.is_full());
        fold.remove(Uid(1), now);
        fold.upsert(row(3, "Terminating"), now);
        let delta = fold.take(now).unwrap();
        let mut rows: Vec<_> = delta.rows.iter().map(|row| (row.uid.0, row.status.to_string())).collect();
        rows.sort();
        assert_eq!(rows, [(2, "Active".to_owned()), (3, "Terminating".to_owned())]);
    }

    #[tokio::test]
    async fn an_empty_listing_is_still_a_delta() {
        let (mut fold, now) = fold();
        fold.restart();
        assert_eq!(fold.due(), None);
        fold.complete(now);
        let delta = fold.take(now).unwrap();
        assert!(delta.restart && delta.complete && delta.rows.is_empty());
    }
}
