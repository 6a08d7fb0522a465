//! The rows of a table in slots that do not move, found by uid. Must not know any order.
//!
//! Rows stand in chunks, so that a table that grows copies nothing and holds no room for as many again. The index holds
//! slots alone: a row knows its own uid.

use std::hash::BuildHasher as _;

use hashbrown::HashTable;

use super::row::Row;
use crate::model::hash::Quick;
use crate::model::ids::Uid;

/// A place in a slab.
pub type Slot = u32;

/// Slots of one chunk.
const CHUNK: usize = 64;

/// Rows in slots.
pub struct Slab<R> {
    /// All but the last are full.
    chunks: Vec<Vec<Option<R>>>,
    /// For each slot the listing that last confirmed its row.
    epochs: Vec<u32>,
    free: Vec<Slot>,
    index: HashTable<Slot>,
    quick: Quick,
    /// What the rows hold besides themselves. Unit: bytes.
    held: usize,
}

impl<R> Default for Slab<R> {
    fn default() -> Self {
        Self {
            chunks: Vec::new(),
            epochs: Vec::new(),
            free: Vec::new(),
            index: HashTable::new(),
            quick: Quick::default(),
            held: 0,
        }
    }
}

/// The row in a slot of some chunks.
fn row_at<R>(chunks: &[Vec<Option<R>>], slot: Slot) -> Option<&R> {
    chunks.get(slot as usize / CHUNK)?.get(slot as usize % CHUNK)?.as_ref()
}

impl<R: Row> Slab<R> {
    /// The rows there are.
    pub fn count(&self) -> usize {
        self.index.len()
    }

    /// The slots there are, those without a row included.
    pub fn capacity(&self) -> usize {
        self.epochs.len()
    }

    /// Iterates over all rows, in no particular order.
    pub fn rows(&self) -> impl Iterator<Item = &R> {
        self.chunks.iter().flatten().flatten()
    }

    /// Iterates over all rows with their slots.
    pub fn slots(&self) -> impl Iterator<Item = (Slot, &R)> {
        let slots = self.chunks.iter().flatten().enumerate();
        slots.filter_map(|(slot, row)| Some((slot as Slot, row.as_ref()?)))
    }

    /// The slots without a row.
    pub fn free(&self) -> &[Slot] {
        &self.free
    }

    /// The row in a slot.
    pub fn at(&self, slot: Slot) -> Option<&R> {
        row_at(&self.chunks, slot)
    }

    /// The slot of a row.
    pub fn find(&self, uid: Uid) -> Option<Slot> {
        let is = |slot: &Slot| self.at(*slot).is_some_and(|row| row.uid() == uid);
        self.index.find(self.quick.hash_one(uid), is).copied()
    }

    /// Puts a row in, in place of the one of the same uid; returns its slot and what was there.
    pub fn put(&mut self, row: R, epoch: u32) -> (Slot, Option<R>) {
        let uid = row.uid();
        if let Some(slot) = self.find(uid) {
            self.confirm(slot, epoch);
            return (slot, self.exchange(slot, row));
        }
        self.held += row.own_bytes();
        let slot = self.settle(row, epoch);
        let Self { chunks, index, quick, .. } = self;
        let hash = |slot: &Slot| row_at(chunks, *slot).map_or(0, |row| quick.hash_one(row.uid()));
        index.insert_unique(quick.hash_one(uid), slot, hash);
        (slot, None)
    }

    /// Puts a row that is not there into a free slot.
    fn settle(&mut self, row: R, epoch: u32) -> Slot {
        if let Some(slot) = self.free.pop() {
            if let Some(place) = self.place(slot) {
                *place = Some(row);
            }
            self.confirm(slot, epoch);
            return slot;
        }
        if let Some(chunk) = self.chunks.last_mut().filter(|chunk| chunk.len() < CHUNK) {
            chunk.push(Some(row));
        } else {
            // The first chunk grows as it is needed: many a table is small.
            let mut chunk = Vec::with_capacity(if self.chunks.is_empty() { 1 } else { CHUNK });
            chunk.push(Some(row));
            self.chunks.push(chunk);
        }
        self.epochs.push(epoch);
        (self.epochs.len() - 1) as Slot
    }

    fn place(&mut self, slot: Slot) -> Option<&mut Option<R>> {
        self.chunks.get_mut(slot as usize / CHUNK)?.get_mut(slot as usize % CHUNK)
    }

    fn confirm(&mut self, slot: Slot, epoch: u32) {
        if let Some(confirmed) = self.epochs.get_mut(slot as usize) {
            *confirmed = epoch;
        }
    }

    /// Puts another version of a row in its place, confirmed by no listing but those before; returns what was there.
    pub fn exchange(&mut self, slot: Slot, row: R) -> Option<R> {
        let more = row.own_bytes();
        let before = std::mem::replace(self.place(slot)?.as_mut()?, row);
        self.held = (self.held + more).saturating_sub(before.own_bytes());
        Some(before)
    }

    /// Takes a row out; returns the slot that is free now, and the row.
    pub fn take(&mut self, uid: Uid) -> Option<(Slot, R)> {
        let Self { chunks, index, quick, .. } = self;
        let is = |slot: &Slot| row_at(chunks, *slot).is_some_and(|row| row.uid() == uid);
        let (slot, _) = index.find_entry(quick.hash_one(uid), is).ok()?.remove();
        self.free.push(slot);
        let row = self.place(slot)?.take()?;
        self.held = self.held.saturating_sub(row.own_bytes());
        Some((slot, row))
    }

    /// The rows that were last confirmed before an epoch.
    pub fn unconfirmed(&self, epoch: u32) -> impl Iterator<Item = &R> {
        let rows = self.chunks.iter().flatten().zip(&self.epochs);
        rows.filter(move |(_, confirmed)| **confirmed < epoch).filter_map(|(row, _)| row.as_ref())
    }

    /// The memory all rows take up, indexes and what is theirs alone included; what they share with others is not.
    /// Unit: bytes.
    pub fn bytes(&self) -> usize {
        let full = self.chunks.len().saturating_sub(1) * CHUNK;
        let slots = full + self.chunks.last().map_or(0, Vec::capacity);
        slots * size_of::<Option<R>>()
            + self.chunks.capacity() * size_of::<Vec<Option<R>>>()
            + (self.epochs.capacity() + self.free.capacity()) * size_of::<u32>()
            + self.index.allocation_size()
            + self.held
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::model::age::Unix;
    use crate::model::namespace::NamespaceRow;
    use crate::model::object::ObjectRow;

    fn row(uid: u128, status: &str) -> NamespaceRow {
        NamespaceRow { uid: Uid(uid), name: "n".into(), status: status.into(), created: Unix(0), deleting: None }
    }

    proptest! {
        #[test]
        fn rows_are_found_by_their_uid_whatever_came_and_went(steps in prop::collection::vec((0..300_u128, any::<bool>()), 0..900)) {
            let (mut slab, mut known) = (Slab::default(), HashMap::new());
            for (number, (uid, comes)) in steps.into_iter().enumerate() {
                if comes {
                    let (slot, before) = slab.put(row(uid, &number.to_string()), number as u32);
                    prop_assert_eq!(before.map(|row| row.status.to_string()), known.insert(uid, number.to_string()));
                    prop_assert_eq!(slab.find(Uid(uid)), Some(slot));
                } else {
                    let gone = slab.take(Uid(uid)).map(|(_, row)| row.status.to_string());
                    prop_assert_eq!(gone, known.remove(&uid));
                    prop_assert_eq!(slab.find(Uid(uid)), None);
                }
                prop_assert_eq!(slab.count(), known.len());
            }
            for (uid, status) in &known {
                let slot = slab.find(Uid(*uid)).unwrap();
                prop_assert_eq!(&*slab.at(slot).unwrap().status, &**status);
            }
            prop_assert_eq!(slab.rows().count(), known.len());
            prop_assert!(slab.slots().all(|(slot, row)| slab.find(row.uid) == Some(slot)));
            prop_assert!(slab.capacity() <= 300, "slots are used again");
            let confirmed = |epoch| known.values().filter(|number| number.parse::<u32>().unwrap() < epoch).count();
            prop_assert_eq!(slab.unconfirmed(500).count(), confirmed(500));
        }
    }

    #[test]
    fn what_rows_hold_is_counted_while_they_are_there() {
        let mut slab = Slab::default();
        slab.put(named(10), 0);
        let few = slab.bytes();
        slab.put(named(1_010), 0);
        assert_eq!(slab.bytes(), few + 1_000);
        slab.take(Uid(1)).unwrap();
        assert!(slab.bytes() < few + 100, "only the slot is left");
    }

    fn named(length: usize) -> ObjectRow {
        ObjectRow {
            uid: Uid(1),
            namespace: "a".into(),
            name: "x".repeat(length).into(),
            created: Unix(0),
            deleting: None,
            owners: Box::default(),
            cells: Box::default(),
        }
    }
}
