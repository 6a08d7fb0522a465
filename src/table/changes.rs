//! What changed since rows were last put in order, and how far full listings have come. Must not know the order: what
//! leaves a row where it stands is told by whoever does.

use std::collections::HashMap;
use std::ops::Range;

use super::row::Row;
use super::slab::{Slab, Slot};
use super::tally::Tally;
use crate::model::ids::Uid;
use crate::model::update::{Delta, Scope};

/// Slots that changed, and the listings that confirm rows.
#[derive(Default)]
pub struct Changes {
    /// The slots whose rows came, went or changed so that they may stand elsewhere; some may be there more than once.
    pub slots: Vec<Slot>,
    /// So much changed that all rows are to be put in order.
    pub all: bool,
    /// Grows with every change of any row.
    pub version: u64,
    epoch: u32,
    /// The epoch at which each scope's latest listing began.
    starts: HashMap<Scope, u32>,
}

impl Changes {
    /// Starts anew, one version after another one.
    pub fn after(version: u64) -> Self {
        Self { version: version + 1, ..Self::default() }
    }

    /// Applies one delta to rows. `stays` tells whether a row stands where its version before stood.
    pub fn apply<R: Row, T: Tally<R>>(
        &mut self,
        delta: Delta<R>,
        rows: &mut Slab<R>,
        tally: &mut T,
        stays: impl Fn(&R, &R) -> bool,
    ) {
        if delta.restart {
            // One counter serves all scopes: a sweep looks at its own scope's rows alone, and every row that was
            // confirmed since that scope's restart carries a later epoch than the rows before it.
            self.epoch += 1;
            self.starts.insert(delta.scope.clone(), self.epoch);
        }
        for row in delta.rows {
            tally.add(&row);
            let (slot, before) = rows.put(row, self.epoch);
            let known = before.as_ref().zip(rows.at(slot)).is_some_and(|(before, after)| stays(before, after));
            if let Some(before) = before {
                tally.remove(&before);
            }
            self.note(slot, known);
        }
        for uid in delta.gone {
            self.remove(uid, rows, tally);
        }
        if delta.complete {
            self.sweep(&delta.scope, rows, tally);
        }
    }

    /// Exchanges the rows in some slots for other versions of themselves, as far as `change` has any.
    pub fn amend<R: Row, T: Tally<R>>(
        &mut self,
        rows: &mut Slab<R>,
        places: Range<usize>,
        tally: &mut T,
        stays: impl Fn(&R, &R) -> bool,
        mut change: impl FnMut(&R) -> Option<R>,
    ) {
        for slot in places {
            if let Some(row) = rows.at(slot as Slot).and_then(&mut change) {
                self.exchange(row, rows, tally, &stays);
            }
        }
    }

    /// Exchanges a row, if it is still there, for another version of itself; that confirms nothing.
    pub fn exchange<R: Row, T: Tally<R>>(
        &mut self,
        row: R,
        rows: &mut Slab<R>,
        tally: &mut T,
        stays: impl Fn(&R, &R) -> bool,
    ) {
        let Some(slot) = rows.find(row.uid()) else { return };
        let known = rows.at(slot).is_some_and(|before| stays(before, &row));
        tally.add(&row);
        if let Some(before) = rows.exchange(slot, row) {
            tally.remove(&before);
        }
        self.note(slot, known);
    }

    fn sweep<R: Row, T: Tally<R>>(&mut self, scope: &Scope, rows: &mut Slab<R>, tally: &mut T) {
        let Some(start) = self.starts.get(scope).copied() else { return };
        let within = |row: &&R| match scope {
            Scope::Cluster => true,
            Scope::Namespace(namespace) => row.namespace() == &**namespace,
        };
        let gone: Vec<Uid> = rows.unconfirmed(start).filter(within).map(Row::uid).collect();
        for uid in gone {
            self.remove(uid, rows, tally);
        }
    }

    fn remove<R: Row, T: Tally<R>>(&mut self, uid: Uid, rows: &mut Slab<R>, tally: &mut T) {
        if let Some((slot, row)) = rows.take(uid) {
            tally.remove(&row);
            self.note(slot, false);
        }
    }

    fn note(&mut self, slot: Slot, stays: bool) {
        self.version += 1;
        if !self.all && !stays {
            self.slots.push(slot);
        }
    }

    /// Keeps the list shorter than the slab it is about: past a quarter of it a full sort is cheaper than taking out and
    /// merging in, and a table that nobody looks at must not remember every change.
    pub fn bound(&mut self, slab: usize) {
        if self.slots.len() <= slab / 4 + 64 {
            return;
        }
        self.slots.sort_unstable();
        self.slots.dedup();
        if self.slots.len() > slab / 8 {
            self.all = true;
            self.slots = Vec::new();
        }
    }

    /// Takes what changed; from now on nothing has.
    pub fn take(&mut self) -> Vec<Slot> {
        self.all = false;
        std::mem::take(&mut self.slots)
    }
}
