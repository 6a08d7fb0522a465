//! Rows of one kind, their identity and their order. Must not know which kind, nor who looks.
//!
//! Rows stand in a slab; a map finds them by uid; `order` lists the slots the query admits, sorted. A change marks its
//! slot; [`Table::refresh`] takes the marked slots out of the order and merges them back in, so that a change costs
//! what changed plus one pass over 4-byte slots, and a table nobody looks at costs nothing but its rows.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;

use super::cell::{Cell, Column, Weight};
use super::filter::{Filter, Scratch};
use super::natural;
use super::query::Query;
use super::row::Row;
use crate::model::age::Unix;
use crate::model::ids::Uid;
use crate::model::update::Scope;

type Slot = u32;

/// Rows of one kind in one cluster.
pub struct Table<R> {
    pub(super) slab: Vec<Option<Entry<R>>>,
    pub(super) free: Vec<Slot>,
    pub(super) slots: HashMap<Uid, Slot>,
    order: Vec<Slot>,
    changed: Vec<Slot>,
    /// What is shown of a row; a kind whose columns the server names learns them late.
    pub(super) columns: Cow<'static, [Column]>,
    query: Query,
    filter: Filter,
    rebuild: bool,
    /// The earliest future moment at which a row starts to need a person.
    turns_at: Option<Unix>,
    version: u64,
    pub(super) epoch: u32,
    /// The epoch at which each scope's latest listing began.
    pub(super) scope_starts: HashMap<Scope, u32>,
}

pub(super) struct Entry<R> {
    pub(super) row: R,
    /// The listing that last confirmed the row.
    pub(super) epoch: u32,
    marked: bool,
}

impl<R: Row> Default for Table<R> {
    fn default() -> Self {
        Self {
            slab: Vec::new(),
            free: Vec::new(),
            slots: HashMap::new(),
            order: Vec::new(),
            changed: Vec::new(),
            columns: Cow::Borrowed(R::COLUMNS),
            query: Query::all::<R>(),
            filter: Filter::default(),
            rebuild: false,
            turns_at: None,
            version: 0,
            epoch: 0,
            scope_starts: HashMap::new(),
        }
    }
}

impl<R: Row> Table<R> {
    /// Iterates over all rows, in no particular order.
    pub fn rows(&self) -> impl Iterator<Item = &R> {
        self.slab.iter().flatten().map(|entry| &entry.row)
    }

    /// Finds a row by identity, whether or not the query admits it.
    pub fn get(&self, uid: Uid) -> Option<&R> {
        self.slots.get(&uid).and_then(|slot| self.at(*slot))
    }

    /// Grows with every change of any row; equal versions mean equal rows.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// An estimate of the memory the rows take up, indexes and the strings of their own included. Unit: bytes.
    pub fn bytes(&self) -> usize {
        // A map entry is a uid, a slot and control bytes; a row's own strings (name, reason) some 60 bytes.
        let per_row = size_of::<Option<Entry<R>>>() + 24 + 60 + size_of::<Slot>();
        self.slots.len() * per_row
    }

    /// Adds a row or replaces the one of the same uid.
    pub(super) fn upsert(&mut self, row: R) {
        self.version += 1;
        let uid = row.uid();
        let epoch = self.epoch;
        if let Some(&slot) = self.slots.get(&uid) {
            if let Some(entry) = self.slab.get_mut(slot as usize).and_then(Option::as_mut) {
                entry.row = row;
                entry.epoch = epoch;
            }
            self.mark(slot);
            return;
        }
        let entry = Some(Entry { row, epoch, marked: false });
        let slot = if let Some(slot) = self.free.pop() {
            if let Some(place) = self.slab.get_mut(slot as usize) {
                *place = entry;
            }
            slot
        } else {
            self.slab.push(entry);
            (self.slab.len() - 1) as Slot
        };
        self.slots.insert(uid, slot);
        self.mark(slot);
    }

    /// Removes a row; nothing happens if there is none.
    pub(super) fn remove(&mut self, uid: Uid) {
        let Some(slot) = self.slots.remove(&uid) else { return };
        self.version += 1;
        if let Some(place) = self.slab.get_mut(slot as usize) {
            *place = None;
        }
        self.free.push(slot);
        // The order may still name the slot: what holds nothing, or holds a newcomer that is marked, is taken out by
        // the next refresh.
        self.changed.push(slot);
    }

    fn mark(&mut self, slot: Slot) {
        if let Some(entry) = self.slab.get_mut(slot as usize).and_then(Option::as_mut)
            && !entry.marked
        {
            entry.marked = true;
            self.changed.push(slot);
        }
    }

    fn at(&self, slot: Slot) -> Option<&R> {
        self.slab.get(slot as usize)?.as_ref().map(|entry| &entry.row)
    }

    fn rebuild_order(&mut self, now: Unix) {
        self.order.clear();
        let mut scratch = Scratch::default();
        for slot in 0..self.slab.len() as Slot {
            if self.at(slot).is_some_and(|row| self.query.admits(row, &self.filter, now, &mut scratch)) {
                self.order.push(slot);
            }
        }
        let mut order = std::mem::take(&mut self.order);
        order.sort_unstable_by(|a, b| self.compare(*a, *b));
        self.order = order;
    }

    /// Takes the changed slots out of the order and merges them back in: a search for each, and the runs between them
    /// moved as a whole, so that the rows that stay are not even looked at.
    fn splice_changed(&mut self, now: Unix) {
        let mut fresh = std::mem::take(&mut self.changed);
        // A slot that was freed and taken again stands there twice.
        fresh.sort_unstable();
        fresh.dedup();
        let touched = SlotSet::of(&fresh, self.slab.len());
        self.changed.clone_from(&fresh);
        let mut scratch = Scratch::default();
        let mut admits = |row: &R| self.query.admits(row, &self.filter, now, &mut scratch);
        fresh.retain(|slot| self.at(*slot).is_some_and(&mut admits));
        fresh.sort_unstable_by(|a, b| self.compare(*a, *b));
        let mut kept = std::mem::take(&mut self.order);
        kept.retain(|slot| !touched.contains(*slot));
        let mut merged = Vec::with_capacity(kept.len() + fresh.len());
        let mut rest = &*kept;
        for slot in fresh {
            let (before, after) = rest.split_at(rest.partition_point(|other| self.compare(*other, slot).is_lt()));
            merged.extend_from_slice(before);
            merged.push(slot);
            rest = after;
        }
        merged.extend_from_slice(rest);
        self.order = merged;
    }

    /// Total order: the asked column, then namespace, name and uid.
    fn compare(&self, a: Slot, b: Slot) -> Ordering {
        let (Some(left), Some(right)) = (self.at(a), self.at(b)) else { return a.cmp(&b) };
        let column = self.query.sort.column;
        let sense = self.columns.get(column).map(|column| column.sense).unwrap_or_default();
        let by_column = left.compare(right, column, sense);
        let by_column = if self.query.sort.descending { by_column.reverse() } else { by_column };
        by_column
            .then_with(|| natural::compare(left.namespace(), right.namespace()))
            .then_with(|| natural::compare(left.name(), right.name()))
            .then_with(|| left.uid().cmp(&right.uid()))
    }

    /// Reads the filter again, for columns that may have other names now.
    pub(super) fn read_filter(&mut self) {
        self.filter = Filter::parse(&self.query.text, &self.columns).unwrap_or_default();
        self.rebuild = true;
    }

    /// Forgets all rows.
    pub fn clear(&mut self) {
        let columns = std::mem::replace(&mut self.columns, Cow::Borrowed(&[]));
        *self = Self {
            columns,
            query: self.query.clone(),
            version: self.version + 1,
            epoch: self.epoch,
            ..Self::default()
        };
        self.rebuild = true;
    }
}

/// Some slots of a slab, one bit each: small enough to stay in the processor's cache.
struct SlotSet(Vec<u64>);

impl SlotSet {
    fn of(slots: &[Slot], slab: usize) -> Self {
        let mut bits = vec![0; slab.div_ceil(64)];
        for slot in slots {
            if let Some(word) = bits.get_mut(*slot as usize / 64) {
                *word |= 1 << (slot % 64);
            }
        }
        Self(bits)
    }

    fn contains(&self, slot: Slot) -> bool {
        self.0.get(slot as usize / 64).is_some_and(|word| word & (1 << (slot % 64)) != 0)
    }
}

/// A table whose kind does not matter: what the screen needs of it. Indexes are positions in the query's order.
pub trait AnyTable {
    /// Brings the order up to date with the rows, the query and the clock.
    fn refresh(&mut self, query: &Query, now: Unix);
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
    /// How much the row at a position matters.
    fn weight_at(&self, index: usize, now: Unix) -> Weight;
    /// Namespace, name and explanation of the row at a position.
    fn explain_at(&self, index: usize, now: Unix) -> Option<(&str, &str, Option<String>)>;
}

impl<R: Row> AnyTable for Table<R> {
    fn refresh(&mut self, query: &Query, now: Unix) {
        if *query != self.query {
            self.query = query.clone();
            self.read_filter();
        }
        let turned = self.query.unwell && self.turns_at.is_some_and(|at| at <= now);
        if !self.rebuild && !turned && self.changed.is_empty() {
            return;
        }
        // Past this share a full sort is cheaper than taking out and merging in.
        if self.rebuild || turned || self.changed.len() > self.slab.len() / 4 {
            self.rebuild_order(now);
        } else {
            self.splice_changed(now);
        }
        for slot in std::mem::take(&mut self.changed) {
            if let Some(entry) = self.slab.get_mut(slot as usize).and_then(Option::as_mut) {
                entry.marked = false;
            }
        }
        self.rebuild = false;
        self.turns_at = if self.query.unwell {
            self.rows().filter_map(Row::unwell_from).filter(|from| *from > now).min()
        } else {
            None
        };
    }

    fn total(&self) -> usize {
        self.slots.len()
    }

    fn len(&self) -> usize {
        self.order.len()
    }

    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn filter(&self) -> &Filter {
        &self.filter
    }

    fn default_query(&self) -> Query {
        Query::all::<R>()
    }

    fn cell(&self, index: usize, column: usize, now: Unix) -> Option<Cell<'_>> {
        self.order.get(index).and_then(|slot| self.at(*slot)).map(|row| row.cell(column, now))
    }

    fn uid_at(&self, index: usize) -> Option<Uid> {
        self.order.get(index).and_then(|slot| self.at(*slot)).map(Row::uid)
    }

    fn position(&self, uid: Uid) -> Option<usize> {
        let slot = *self.slots.get(&uid)?;
        let found = self.order.binary_search_by(|probe| self.compare(*probe, slot)).ok()?;
        (self.order.get(found) == Some(&slot)).then_some(found)
    }

    fn weight_at(&self, index: usize, now: Unix) -> Weight {
        self.order.get(index).and_then(|slot| self.at(*slot)).map_or(Weight::Plain, |row| row.weight(now))
    }

    fn explain_at(&self, index: usize, now: Unix) -> Option<(&str, &str, Option<String>)> {
        let row = self.order.get(index).and_then(|slot| self.at(*slot))?;
        Some((row.namespace(), row.name(), row.explain(now)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::super::measure::Sense;
    use super::super::query::Sort;
    use super::*;
    use crate::model::namespace::NamespaceRow;
    use crate::model::update::{Delta, Scope};

    const NOW: Unix = Unix(1_000);

    fn row(uid: u128, name: &str, created: i64) -> NamespaceRow {
        NamespaceRow { uid: Uid(uid), name: Arc::from(name), status: Arc::from("Active"), created: Unix(created) }
    }

    fn delta(rows: Vec<NamespaceRow>) -> Delta<NamespaceRow> {
        Delta { scope: Scope::Cluster, restart: false, rows, gone: Vec::new(), complete: false }
    }

    fn shown(table: &Table<NamespaceRow>) -> Vec<u128> {
        (0..table.len()).filter_map(|index| table.uid_at(index)).map(|uid| uid.0).collect()
    }

    #[test]
    fn a_resync_keeps_rows_until_the_listing_is_complete() {
        let mut table = Table::default();
        let all = Query::all::<NamespaceRow>();
        table.apply(Delta { restart: true, complete: true, ..delta(vec![row(1, "a", 1), row(2, "b", 1)]) });
        table.apply(Delta { restart: true, ..delta(vec![row(2, "b", 1)]) });
        table.refresh(&all, NOW);
        assert_eq!(shown(&table), [1, 2]);
        table.apply(Delta { complete: true, ..delta(vec![row(3, "c", 1)]) });
        table.refresh(&all, NOW);
        assert_eq!(shown(&table), [2, 3]);
    }

    #[test]
    fn a_listing_of_one_namespace_sweeps_that_namespace_alone() {
        use crate::model::event::EventRow;
        let event = |uid: u128, namespace: &str| EventRow {
            uid: Uid(uid),
            namespace: Arc::from(namespace),
            name: "e".into(),
            last_seen: NOW,
            first_seen: NOW,
            event_type: Arc::from("Normal"),
            reason: Arc::from("Started"),
            object: "pod/x".into(),
            subobject: Arc::from(""),
            source: Arc::from(""),
            message: "m".into(),
            count: 1,
        };
        let list = |namespace: &str, rows| Delta {
            scope: Scope::Namespace(Arc::from(namespace)),
            restart: true,
            rows,
            gone: Vec::new(),
            complete: true,
        };
        let mut table = Table::default();
        table.apply(list("a", vec![event(1, "a"), event(2, "a")]));
        table.apply(list("b", vec![event(3, "b")]));
        table.apply(list("a", vec![event(2, "a")]));
        let mut left: Vec<u128> = table.rows().map(|row| row.uid.0).collect();
        left.sort_unstable();
        assert_eq!(left, [2, 3]);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Put(u128, String, i64),
        Remove(u128),
        Refresh,
        SortBy(usize, bool),
        Filter(String),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            6 => (0..40_u128, "[a-c]{1,3}", 0..50_i64).prop_map(|(uid, name, age)| Step::Put(uid, name, age)),
            3 => (0..40_u128).prop_map(Step::Remove),
            3 => Just(Step::Refresh),
            1 => (0..3_usize, any::<bool>()).prop_map(|(column, down)| Step::SortBy(column, down)),
            1 => "[a-c]{0,1}".prop_map(Step::Filter),
        ]
    }

    proptest! {
        #[test]
        fn the_order_equals_a_naive_sort_after_any_sequence_of_changes(
            steps in proptest::collection::vec(step(), 1..200),
        ) {
            let mut table = Table::default();
            let mut naive: BTreeMap<u128, NamespaceRow> = BTreeMap::new();
            let mut query = Query::all::<NamespaceRow>();
            for step in steps {
                match step {
                    Step::Put(uid, name, created) => {
                        naive.insert(uid, row(uid, &name, created));
                        table.apply(delta(vec![row(uid, &name, created)]));
                    }
                    Step::Remove(uid) => {
                        naive.remove(&uid);
                        table.apply(Delta { gone: vec![Uid(uid)], ..delta(Vec::new()) });
                    }
                    Step::Refresh => table.refresh(&query, NOW),
                    Step::SortBy(column, descending) => query.sort = Sort { column, descending },
                    Step::Filter(text) => query.text = text,
                }
            }
            table.refresh(&query, NOW);
            let mut expected: Vec<&NamespaceRow> = naive.values().filter(|row| row.name.contains(&query.text) || "active".contains(&query.text)).collect();
            expected.sort_by(|a, b| {
                let by = a.compare(b, query.sort.column, Sense::Words);
                let by = if query.sort.descending { by.reverse() } else { by };
                by.then_with(|| a.name.cmp(&b.name)).then_with(|| a.uid.cmp(&b.uid))
            });
            let expected: Vec<u128> = expected.into_iter().map(|row| row.uid.0).collect();
            prop_assert_eq!(shown(&table), expected.clone());
            for (index, uid) in expected.iter().enumerate() {
                prop_assert_eq!(table.position(Uid(*uid)), Some(index));
            }
            let unique: BTreeSet<_> = shown(&table).into_iter().collect();
            prop_assert_eq!(unique.len(), expected.len());
        }
    }
}
