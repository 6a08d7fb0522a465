//! Putting rows in order: all of them, on the loop or beside it, or what changed. Must not know who looks.
//!
//! A whole large table is ordered by a [`Job`] beside the loop, which reads the rows that the table lends it and answers
//! twice: first with the window that is looked at in place, then with everything. Small tables and few changes are quick
//! enough for the loop.

use std::cmp::Ordering;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering as Memory};

use super::cell::Column;
use super::filter::{Filter, Scratch};
use super::measure::Sense;
use super::natural;
use super::query::{Only, Query};
use super::row::Row;
use super::sequence::Sequence;
use super::slab::{Slab, Slot};
use crate::model::age::Unix;
use crate::model::ids::Uid;

/// Rows looked at between two looks at whether anyone still wants the answer.
const STRIDE: usize = 1_024;

/// What is asked of a table: the query, and what of it depends on the kind's columns.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The query.
    pub query: Query,
    /// What its text means.
    pub filter: Filter,
    /// How the texts of the column it sorts by are understood.
    pub sense: Sense,
}

/// The part of a table that is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Near {
    /// The selected row; the first one, if none was chosen.
    pub uid: Option<Uid>,
    /// Rows on screen.
    pub rows: usize,
}

/// Rows in order, and until when.
#[derive(Debug, Default)]
pub struct Ordered {
    /// The slots of the rows that are admitted.
    pub slots: Sequence,
    /// The earliest future moment at which a row is admitted that was not, or the other way round.
    pub turns_at: Option<Unix>,
}

/// Rows that are admitted, in whatever order they are so far.
#[derive(Debug, Default)]
struct Found {
    slots: Vec<Slot>,
    turns_at: Option<Unix>,
}

impl Found {
    /// As the order of a slab of that many slots.
    fn in_order(&self, slab: usize) -> Ordered {
        Ordered { slots: Sequence::of(&self.slots, slab), turns_at: self.turns_at }
    }
}

impl Asked {
    /// Reads a query for a table with these columns.
    pub fn new(query: Query, columns: &[Column]) -> Self {
        let filter = Filter::parse(&query.text, columns).unwrap_or_default();
        let sense = columns.get(query.sort.column).map(|column| column.sense).unwrap_or_default();
        Self { query, filter, sense }
    }

    /// Tells whether a row is asked for.
    pub fn admits<R: Row>(&self, row: &R, now: Unix, scratch: &mut Scratch) -> bool {
        self.query.admits(row, &self.filter, now, scratch)
    }

    /// The first moment after `now` at which a row may be admitted that is not, or the other way round.
    pub fn turns<R: Row>(&self, row: &R, now: Unix) -> Option<Unix> {
        let unwell = if self.query.unwell { row.unwell_from().filter(|from| *from > now) } else { None };
        [unwell, self.filter.turns(row, now)].into_iter().flatten().min()
    }

    /// Total order: the asked column, then namespace, name and uid.
    pub fn compare<R: Row>(&self, left: &R, right: &R) -> Ordering {
        let by_column = left.compare(right, self.query.sort.column, self.sense);
        let by_column = if self.query.sort.descending { by_column.reverse() } else { by_column };
        by_column
            .then_with(|| natural::compare(left.namespace(), right.namespace()))
            .then_with(|| natural::compare(left.name(), right.name()))
            .then_with(|| left.uid().cmp(&right.uid()))
    }

    /// The same, of the rows in two slots.
    pub fn compare_slots<R: Row>(&self, rows: &Slab<R>, a: Slot, b: Slot) -> Ordering {
        match (rows.at(a), rows.at(b)) {
            (Some(left), Some(right)) => self.compare(left, right),
            _ => a.cmp(&b),
        }
    }

    /// Admits rows, in no order; gives up, with nothing, once `wanted` says no.
    fn admitted<R: Row>(&self, rows: &Slab<R>, now: Unix, wanted: impl Fn() -> bool) -> Option<Found> {
        let mut found = Found::default();
        let mut scratch = Scratch::default();
        for (count, (slot, row)) in rows.slots().enumerate() {
            if count % STRIDE == 0 && !wanted() {
                return None;
            }
            if self.admits(row, now, &mut scratch) {
                found.slots.push(slot);
            }
            found.turns_at = sooner(found.turns_at, self.turns(row, now));
        }
        Some(found)
    }

    /// Puts all rows in order.
    pub fn ordered<R: Row>(&self, rows: &Slab<R>, now: Unix) -> Ordered {
        let mut found = self.admitted(rows, now, || true).unwrap_or_default();
        found.slots.sort_unstable_by(|a, b| self.compare_slots(rows, *a, *b));
        found.in_order(rows.capacity())
    }

    /// Whether another version of a row is admitted as it was and stands where it stood, as far as that can be told
    /// without the clock and the filter.
    pub fn stays<R: Row>(&self, before: &R, after: &R) -> bool {
        let Query { sort, unwell, only, .. } = &self.query;
        let by_set = matches!(only, None | Some(Only::These(_)));
        let any = self.filter.is_empty() && !unwell && by_set;
        any && before.namespace() == after.namespace()
            && before.name() == after.name()
            && before.compare(after, sort.column, self.sense).is_eq()
    }

    /// Takes changed slots out of an order and puts them in again where they belong: a search for each, and the rows that
    /// stay are not even looked at. Returns when the first of the changed rows turns.
    pub fn repair<R: Row>(
        &self,
        rows: &Slab<R>,
        order: &mut Sequence,
        mut changed: Vec<Slot>,
        now: Unix,
    ) -> Option<Unix> {
        // A slot that was freed and taken again stands there twice.
        changed.sort_unstable();
        changed.dedup();
        let mut scratch = Scratch::default();
        let there = changed.iter().filter_map(|slot| Some((*slot, rows.at(*slot)?)));
        let turns_at = there.clone().filter_map(|(_, row)| self.turns(row, now)).min();
        let admitted = there.filter(|(_, row)| self.admits(*row, now, &mut scratch));
        let mut come: Vec<Slot> = admitted.map(|(slot, _)| slot).collect();
        come.sort_unstable_by(|a, b| self.compare_slots(rows, *a, *b));
        order.exchange(&changed, &come, |a, b| self.compare_slots(rows, a, b).is_lt());
        turns_at
    }
}

/// The earlier of two moments that may not be.
pub fn sooner(one: Option<Unix>, other: Option<Unix>) -> Option<Unix> {
    [one, other].into_iter().flatten().min()
}

/// Names one question to one table; whoever asked can take it back.
#[derive(Clone, Debug, Default)]
pub struct Ticket(Arc<AtomicBool>);

impl Ticket {
    /// Says that nobody wants the answer any more.
    pub fn cancel(&self) {
        self.0.store(true, Memory::Relaxed);
    }

    /// Whether somebody wants the answer.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        !self.0.load(Memory::Relaxed)
    }

    /// Whether both name the same question.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether nobody else has it: neither a job nor an answer on its way.
    pub fn is_lost(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }
}

/// An answer to a question about the order of a table.
#[derive(Debug)]
pub struct Answer {
    /// The question.
    pub ticket: Ticket,
    /// The rows; only those looked at stand in their place until it is complete.
    pub ordered: Ordered,
    /// Everything is in its place.
    pub complete: bool,
}

type Work = Box<dyn FnOnce(&mut dyn FnMut(Answer)) + Send>;

/// The ordering of a whole table, to be done beside the loop.
pub struct Job(Work);

impl Job {
    /// Prepares it: nothing is looked at before it runs. Until then, and while it runs, it reads the rows it is lent.
    pub fn new<R: Row>(rows: Arc<Slab<R>>, asked: Arc<Asked>, near: Near, now: Unix, ticket: Ticket) -> Self {
        Self(Box::new(move |tell| {
            let Some(mut found) = asked.admitted(&rows, now, || ticket.is_wanted()) else { return };
            let compare = |a: &Slot, b: &Slot| asked.compare_slots(&rows, *a, *b);
            let window = window(&mut found.slots, near.uid.and_then(|uid| rows.find(uid)), near.rows, compare);
            let slab = rows.capacity();
            tell(Answer { ticket: ticket.clone(), ordered: found.in_order(slab), complete: false });
            let (before, rest) = found.slots.split_at_mut(window.start);
            for part in [before, rest.split_at_mut(window.len()).1] {
                if !ticket.is_wanted() {
                    return;
                }
                part.sort_unstable_by(compare);
            }
            // The rows are given back before the answer, so that whoever takes it in can take in what waited.
            drop(rows);
            tell(Answer { ticket, ordered: found.in_order(slab), complete: true });
        }))
    }

    /// Does it; `tell` gets the answers, as long as they are wanted.
    pub fn run(self, tell: &mut dyn FnMut(Answer)) {
        (self.0)(tell);
    }
}

/// Puts the rows around a selected one, or the first ones, into their places; what is before and after them stays in no
/// order.
fn window(
    slots: &mut [Slot],
    selected: Option<Slot>,
    rows: usize,
    compare: impl Fn(&Slot, &Slot) -> Ordering,
) -> std::ops::Range<usize> {
    let selected = selected.filter(|selected| slots.contains(selected));
    let rank = selected.map_or(0, |selected| slots.iter().filter(|slot| compare(slot, &selected).is_lt()).count());
    let start = rank.saturating_sub(rows);
    let end = (rank + rows).min(slots.len());
    if start > 0 && start < slots.len() {
        slots.select_nth_unstable_by(start, &compare);
    }
    let (_, rest) = slots.split_at_mut(start.min(end));
    let length = end.saturating_sub(start);
    if length > 0 && length < rest.len() {
        rest.select_nth_unstable_by(length, &compare);
    }
    let (shown, _) = rest.split_at_mut(length);
    shown.sort_unstable_by(&compare);
    start.min(end)..end
}
