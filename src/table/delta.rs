//! Applying a cluster's changes to its table. Must not know where deltas come from.

use std::sync::Arc;

use super::engine::Table;
use super::row::Row;
use super::tally::Tally;
use crate::model::update::Delta;

impl<R: Row, T: Tally<R>> Table<R, T> {
    /// Applies one delta. Rows that a full listing did not confirm go when it is complete, not when it starts, so that
    /// a resync never blanks the table. While the rows are lent, it waits.
    pub fn apply(&mut self, delta: Delta<R>) {
        self.waiting.push(delta);
        self.take_in();
    }

    /// Takes in what waited for the rows to come back, if they have.
    pub(super) fn take_in(&mut self) {
        let stays = |before: &R, after: &R| self.asked.stays(before, after);
        if !self.amended.is_empty()
            && let Some(rows) = Arc::get_mut(&mut self.rows)
        {
            // Before what arrived later.
            for row in std::mem::take(&mut self.amended) {
                self.changes.exchange(row, rows, &mut self.tally, stays);
            }
        }
        for delta in std::mem::take(&mut self.waiting) {
            // Only the loop lends rows: what is back for the first delta is there for the last.
            match Arc::get_mut(&mut self.rows) {
                Some(rows) => self.changes.apply(delta, rows, &mut self.tally, stays),
                None => self.waiting.push(delta),
            }
        }
        self.changes.bound(self.rows.capacity());
    }
}
