//! One table: its rows, what is asked of it, and the order that answers. Must not know which kind, nor who looks.
//!
//! Rows stand in a slab; `order` lists the slots the query admits, sorted. A change notes its slot; the next refresh
//! takes the noted slots out of the order and puts them in again, so that a change costs what changed and not what there
//! is; one that leaves a row where it stands is not even noted. A table nobody looks at costs nothing but its rows. Another question to a large table is
//! answered beside the loop: the rows are lent to a [`Job`], and what changes meanwhile waits.

use std::borrow::Cow;
use std::sync::Arc;

use super::cell::{Cell, Column, Weight};
use super::changes::Changes;
use super::export::Export;
use super::filter::Filter;
use super::names::Names;
use super::order::{Answer, Asked, Job, Near, Ordered, Ticket, sooner};
use super::query::{Only, Query};
use super::row::Row;
use super::sequence::Sequence;
use super::slab::Slab;
use super::tally::Tally;
use crate::model::age::Unix;
use crate::model::ids::Uid;
use crate::model::update::Delta;

/// From this many rows on a whole table is put in order beside the loop.
const LARGE: usize = 8_000;
/// More changes than this are too many for a frame of a large table.
const MANY: usize = 1_024;
/// A large table is asked again at most this often only because time passes. Unit: seconds.
const TURN_EVERY: i64 = 5;

/// Rows of one kind in one cluster, and counts over them.
pub struct Table<R, T = ()> {
    pub(super) rows: Arc<Slab<R>>,
    /// What arrived while the rows are lent.
    pub(super) waiting: Vec<Delta<R>>,
    /// Rows that were changed in place while they were lent; older than what arrived since.
    pub(super) amended: Vec<R>,
    pub(super) changes: Changes,
    pub(super) tally: T,
    order: Sequence,
    /// Every row of the order stands in its place.
    exact: bool,
    /// What is shown of a row; a kind whose columns the server names learns them late.
    pub(super) columns: Cow<'static, [Column]>,
    pub(super) asked: Arc<Asked>,
    /// What is asked has not been answered.
    unanswered: bool,
    /// The question that is being answered beside the loop.
    ticket: Option<Ticket>,
    /// Which rows belonged when that was asked, if it was others: sets that the server picks change all the time.
    lent_for: Option<Only>,
    /// The earliest future moment at which the answer is another.
    turns_at: Option<Unix>,
    large: usize,
}

impl<R: Row, T: Tally<R>> Default for Table<R, T> {
    fn default() -> Self {
        let columns = Cow::Borrowed(R::COLUMNS);
        Self {
            rows: Arc::default(),
            waiting: Vec::new(),
            amended: Vec::new(),
            changes: Changes::default(),
            tally: T::default(),
            order: Sequence::default(),
            exact: true,
            asked: Arc::new(Asked::new(Query::all::<R>(), &columns)),
            columns,
            unanswered: false,
            ticket: None,
            lent_for: None,
            turns_at: None,
            large: LARGE,
        }
    }
}

impl<R: Row, T: Tally<R>> Table<R, T> {
    /// Iterates over all rows, in no particular order.
    pub fn rows(&self) -> impl Iterator<Item = &R> {
        self.rows.rows()
    }

    /// Finds a row by identity, whether or not the query admits it.
    pub fn get(&self, uid: Uid) -> Option<&R> {
        self.rows.find(uid).and_then(|slot| self.rows.at(slot))
    }

    /// The counts over all rows.
    pub fn tally(&self) -> &T {
        &self.tally
    }

    /// The counts, to be brought up to date with the clock.
    pub fn tally_mut(&mut self) -> &mut T {
        &mut self.tally
    }

    /// Counts all rows again, for counts that begin anew.
    pub fn recount(&mut self, mut fresh: T) {
        self.rows.rows().for_each(|row| fresh.add(row));
        self.tally = fresh;
    }

    /// Grows with every change of any row; equal versions mean equal rows.
    pub fn version(&self) -> u64 {
        self.changes.version
    }

    /// An estimate of the memory the rows take up, indexes and the strings of their own included. Unit: bytes.
    pub fn bytes(&self) -> usize {
        self.rows.bytes()
    }

    /// Forgets all rows; returns them, since to let go of many takes a while.
    #[must_use]
    pub fn clear(&mut self) -> Self {
        let columns = std::mem::replace(&mut self.columns, Cow::Borrowed(&[]));
        let query = self.asked.query.clone();
        let changes = Changes::after(self.changes.version);
        self.give_up();
        let fresh = Self { columns, changes, large: self.large, ..Self::default() };
        let old = std::mem::replace(self, fresh);
        self.ask(&query);
        old
    }

    /// Takes over a question, if it is another one.
    fn ask(&mut self, query: &Query) {
        if *query == self.asked.query {
            return;
        }
        let before = self.asked.query.only.clone();
        let sets = query.only.as_ref().zip(before.as_ref());
        let added = sets.and_then(|(only, before)| only.added(before)).filter(|_| query.is_like(&self.asked.query));
        if let (Some(added), Some(before)) = (added, before) {
            // A row that belongs now is as one that has just come: nothing has to be asked anew.
            self.asked = Arc::new(Asked { query: query.clone(), ..Asked::clone(&self.asked) });
            if self.ticket.is_some() {
                self.lent_for.get_or_insert(before);
            }
            self.belong(&added);
            return;
        }
        self.set_question(query.clone());
        // What does not belong leaves at once, however long the order of the rest takes.
        self.belong(&[]);
    }

    /// Takes out what does not belong any more, and notes what does now.
    fn belong(&mut self, added: &[Uid]) {
        let Some(only) = &self.asked.query.only else { return };
        let rows = &self.rows;
        self.order.retain(|slot| rows.at(slot).is_some_and(|row| only.admits(row)));
        self.changes.slots.extend(added.iter().filter_map(|uid| rows.find(*uid)));
    }

    /// Reads the question again, for columns that may be others now.
    pub(super) fn ask_again(&mut self) {
        self.set_question(self.asked.query.clone());
    }

    fn set_question(&mut self, query: Query) {
        self.asked = Arc::new(Asked::new(query, &self.columns));
        self.unanswered = true;
        self.give_up();
    }

    fn give_up(&mut self) {
        self.lent_for = None;
        if let Some(ticket) = self.ticket.take() {
            ticket.cancel();
        }
    }

    /// Whether the order has to be made anew from all rows.
    fn is_outdated(&self, now: Unix) -> bool {
        self.unanswered || self.changes.all || self.turns_at.is_some_and(|at| at <= now)
    }

    /// Takes over an order that was made from all rows as they are now.
    fn adopt(&mut self, ordered: Ordered, exact: bool) {
        self.order = ordered.slots;
        self.exact = exact;
        self.unanswered = false;
        self.turns_at = ordered.turns_at;
    }

    fn repair(&mut self, now: Unix) {
        let changed = self.changes.take();
        let turns_at = self.asked.repair(&self.rows, &mut self.order, changed, now);
        self.turns_at = sooner(self.turns_at, turns_at);
    }

    fn row(&self, index: usize) -> Option<&R> {
        self.order.get(index).and_then(|slot| self.rows.at(slot))
    }
}

/// A table whose kind does not matter: what the screen needs of it. Indexes are positions in the query's order.
pub trait AnyTable {
    /// Brings the order up to date with the rows, the query and the clock.
    fn refresh(&mut self, query: &Query, now: Unix);
    /// The same within a moment: what would take longer is returned, to be done beside the loop, and until it is
    /// answered the order stays as it was.
    fn refresh_beside(&mut self, query: &Query, near: Near, now: Unix) -> Option<Job>;
    /// Takes in an answer; one to a question that is no longer asked is dropped.
    fn answered(&mut self, answer: Answer);
    /// Whether the order is that of the question asked last.
    fn is_answered(&self) -> bool;
    /// Rows in all.
    fn total(&self) -> usize;
    /// Rows the query admits.
    fn len(&self) -> usize;
    /// Whether the query admits none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The kind's columns.
    fn columns(&self) -> &[Column];
    /// The filter in force.
    fn filter(&self) -> &Filter;
    /// The order a fresh table has.
    fn default_query(&self) -> Query;
    /// One cell of the row at a position.
    fn cell(&self, index: usize, column: usize, now: Unix) -> Option<Cell<'_>>;
    /// The identity of the row at a position.
    fn uid_at(&self, index: usize) -> Option<Uid>;
    /// The position of a row, if the query admits it.
    fn position(&self, uid: Uid) -> Option<usize>;
    /// Whether there is such a row, admitted or not.
    fn has(&self, uid: Uid) -> bool;
    /// Prepares the rows at some positions, or all that are admitted, to be written as text.
    fn export(&self, columns: Vec<(usize, Column)>, only: Option<Vec<usize>>, now: Unix) -> Export;
    /// The position of the object of a name, if the query admits it.
    fn place_of(&self, namespace: &str, name: &str) -> Option<usize>;
    /// Lends the names of all rows, admitted or not.
    fn names(&self) -> Names;
    /// How much the row at a position matters.
    fn weight_at(&self, index: usize, now: Unix) -> Weight;
    /// Namespace, name and explanation of the row at a position.
    fn explain_at(&self, index: usize, now: Unix) -> Option<(&str, &str, Option<String>)>;
}

impl<R: Row, T: Tally<R>> AnyTable for Table<R, T> {
    fn refresh(&mut self, query: &Query, now: Unix) {
        self.ask(query);
        self.give_up();
        self.take_in();
        if self.is_outdated(now) || !self.exact {
            drop(self.changes.take());
            let ordered = self.asked.ordered(&self.rows, now);
            self.adopt(ordered, true);
        } else if !self.changes.slots.is_empty() {
            self.repair(now);
        }
    }

    fn refresh_beside(&mut self, query: &Query, near: Near, now: Unix) -> Option<Job> {
        self.ask(query);
        self.take_in();
        if self.ticket.as_ref().is_some_and(Ticket::is_lost) {
            self.ticket = None;
            self.lent_for = None;
            self.unanswered = true;
        }
        if self.ticket.is_some() {
            return None;
        }
        let many = self.changes.slots.len() > MANY;
        if self.rows.count() < self.large || !(many || self.is_outdated(now) || !self.exact) {
            self.refresh(query, now);
            return None;
        }
        if self.changes.all || !self.changes.slots.is_empty() {
            // Those that are gone leave at once; those that changed wait in their old places.
            drop(self.changes.take());
            self.order.exchange(self.rows.free(), &[], |_, _| false);
            self.exact = false;
        }
        let ticket = Ticket::default();
        self.ticket = Some(ticket.clone());
        self.turns_at = None;
        Some(Job::new(Arc::clone(&self.rows), Arc::clone(&self.asked), near, now, ticket))
    }

    fn answered(&mut self, answer: Answer) {
        if !self.ticket.as_ref().is_some_and(|ticket| ticket.is(&answer.ticket)) {
            return;
        }
        let (complete, mut ordered) = (answer.complete, answer.ordered);
        if complete {
            self.ticket = None;
        }
        // Time alone asks a large table again only now and then.
        ordered.turns_at = ordered.turns_at.map(|at| at.plus(TURN_EVERY));
        self.adopt(ordered, complete);
        if let Some(before) = &self.lent_for {
            let added = self.asked.query.only.as_ref().and_then(|only| only.added(before)).unwrap_or_default();
            self.belong(&added);
        }
        if complete {
            self.lent_for = None;
        }
        self.take_in();
    }

    fn is_answered(&self) -> bool {
        !self.unanswered
    }

    fn total(&self) -> usize {
        self.rows.count()
    }

    fn len(&self) -> usize {
        self.order.len()
    }

    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn filter(&self) -> &Filter {
        &self.asked.filter
    }

    fn default_query(&self) -> Query {
        Query::all::<R>()
    }

    fn cell(&self, index: usize, column: usize, now: Unix) -> Option<Cell<'_>> {
        self.row(index).map(|row| row.cell(column, now))
    }

    fn uid_at(&self, index: usize) -> Option<Uid> {
        self.row(index).map(Row::uid)
    }

    fn position(&self, uid: Uid) -> Option<usize> {
        self.order.place(self.rows.find(uid)?)
    }

    fn has(&self, uid: Uid) -> bool {
        self.rows.find(uid).is_some()
    }

    fn export(&self, columns: Vec<(usize, Column)>, only: Option<Vec<usize>>, now: Unix) -> Export {
        let some = |places: Vec<usize>| places.iter().filter_map(|place| self.order.get(*place)).collect();
        let slots = only.map_or_else(|| self.order.iter().collect(), some);
        Export::new(Arc::clone(&self.rows), slots, columns, now)
    }

    fn place_of(&self, namespace: &str, name: &str) -> Option<usize> {
        let named = |row: &R| row.name() == name && row.namespace() == namespace;
        // As they stand in memory: in their order each would have to be fetched.
        let (slot, _) = self.rows.slots().find(|(_, row)| named(row))?;
        self.order.place(slot)
    }

    fn names(&self) -> Names {
        Names::new(Arc::clone(&self.rows))
    }

    fn weight_at(&self, index: usize, now: Unix) -> Weight {
        self.row(index).map_or(Weight::Plain, |row| row.weight(now))
    }

    fn explain_at(&self, index: usize, now: Unix) -> Option<(&str, &str, Option<String>)> {
        let row = self.row(index)?;
        Some((row.namespace(), row.name(), row.explain(now)))
    }
}

#[cfg(test)]
mod tests;
