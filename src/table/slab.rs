//! The rows of a table in slots that do not move, found by uid. Must not know any order.

use std::collections::HashMap;

use super::row::Row;
use crate::model::ids::Uid;

/// A place in a slab.
pub type Slot = u32;

/// Rows in slots.
pub struct Slab<R> {
    entries: Vec<Option<Entry<R>>>,
    free: Vec<Slot>,
    slots: HashMap<Uid, Slot>,
}

struct Entry<R> {
    row: R,
    /// The listing that last confirmed the row.
    epoch: u32,
}

impl<R> Default for Slab<R> {
    fn default() -> Self {
        Self { entries: Vec::new(), free: Vec::new(), slots: HashMap::new() }
    }
}

impl<R: Row> Slab<R> {
    /// The rows there are.
    pub fn count(&self) -> usize {
        self.slots.len()
    }

    /// The slots there are, those without a row included.
    pub fn capacity(&self) -> usize {
        self.entries.len()
    }

    /// Iterates over all rows, in no particular order.
    pub fn rows(&self) -> impl Iterator<Item = &R> {
        self.entries.iter().flatten().map(|entry| &entry.row)
    }

    /// Iterates over all rows with their slots.
    pub fn slots(&self) -> impl Iterator<Item = (Slot, &R)> {
        let slots = self.entries.iter().enumerate();
        slots.filter_map(|(slot, entry)| Some((slot as Slot, &entry.as_ref()?.row)))
    }

    /// The row in a slot.
    pub fn at(&self, slot: Slot) -> Option<&R> {
        self.entries.get(slot as usize)?.as_ref().map(|entry| &entry.row)
    }

    /// The slot of a row.
    pub fn find(&self, uid: Uid) -> Option<Slot> {
        self.slots.get(&uid).copied()
    }

    /// Puts a row in, in place of the one of the same uid; returns its slot and what was there.
    pub fn put(&mut self, row: R, epoch: u32) -> (Slot, Option<R>) {
        let uid = row.uid();
        let entry = Some(Entry { row, epoch });
        if let Some(&slot) = self.slots.get(&uid) {
            let place = self.entries.get_mut(slot as usize);
            return (slot, place.and_then(|place| std::mem::replace(place, entry)).map(|entry| entry.row));
        }
        let slot = if let Some(slot) = self.free.pop() {
            if let Some(place) = self.entries.get_mut(slot as usize) {
                *place = entry;
            }
            slot
        } else {
            self.entries.push(entry);
            (self.entries.len() - 1) as Slot
        };
        self.slots.insert(uid, slot);
        (slot, None)
    }

    /// Puts another version of a row in its place, confirmed by no listing but those before; returns what was there.
    pub fn exchange(&mut self, slot: Slot, row: R) -> Option<R> {
        let entry = self.entries.get_mut(slot as usize)?.as_mut()?;
        Some(std::mem::replace(&mut entry.row, row))
    }

    /// Takes a row out; returns the slot that is free now, and the row.
    pub fn take(&mut self, uid: Uid) -> Option<(Slot, R)> {
        let slot = self.slots.remove(&uid)?;
        self.free.push(slot);
        let entry = self.entries.get_mut(slot as usize)?.take()?;
        Some((slot, entry.row))
    }

    /// The rows that were last confirmed before an epoch.
    pub fn unconfirmed(&self, epoch: u32) -> impl Iterator<Item = &R> {
        self.entries.iter().flatten().filter(move |entry| entry.epoch < epoch).map(|entry| &entry.row)
    }

    /// An estimate of the memory all rows take up, indexes and the strings of their own included. Unit: bytes.
    pub fn bytes(&self) -> usize {
        // A map entry is a uid, a slot and control bytes; a row's own strings (name, reason) some 60 bytes.
        let per_row = size_of::<Option<Entry<R>>>() + 24 + 60 + size_of::<Slot>();
        self.count() * per_row
    }
}
