//! What the engine asks of a row. Must not know any particular kind.

use std::cmp::Ordering;

use super::cell::{Cell, Column, Weight};
use super::measure::Sense;
use crate::model::age::Unix;
use crate::model::ids::Uid;

/// A row that the engine can keep, sort, filter and show.
pub trait Row: Send + Sync + 'static {
    /// The columns of this kind, in order; wide ones included.
    const COLUMNS: &'static [Column];
    /// The column a fresh table is sorted by, and whether descending.
    const DEFAULT_SORT: (usize, bool);

    /// The object's identity.
    fn uid(&self) -> Uid;
    /// Its namespace; empty for what lives in none.
    fn namespace(&self) -> &str;
    /// Its name.
    fn name(&self) -> &str;
    /// The text of one column; `column` is an index into [`Row::COLUMNS`].
    fn cell(&self, column: usize, now: Unix) -> Cell<'_>;
    /// Orders two rows by one column: numbers as numbers, ages as times, texts as the column's sense has it.
    fn compare(&self, other: &Self, column: usize, sense: Sense) -> Ordering;
    /// The moment behind a cell that shows how long ago it was; the cell alone is not exact.
    fn moment(&self, _column: usize) -> Option<Unix> {
        None
    }
    /// The exact number behind a cell that shows a rounded one, in billionths; `None` if the cell alone tells.
    fn exact(&self, _column: usize) -> Option<i128> {
        None
    }
    /// Calls `visit` with every text a filter looks at, until it returns true; returns whether it did.
    fn any_text(&self, visit: &mut dyn FnMut(&str) -> bool) -> bool;
    /// What the row holds besides itself and what it shares with others. Unit: bytes.
    fn own_bytes(&self) -> usize;
    /// Whether the object names another as an owner.
    fn is_owned_by(&self, _owner: Uid) -> bool {
        false
    }
    /// Why the object needs a person at `now`.
    fn unwell(&self, now: Unix) -> Option<&str>;
    /// The moment it starts to need a person, past or future.
    fn unwell_from(&self) -> Option<Unix>;
    /// How much the row as a whole matters.
    fn weight(&self, now: Unix) -> Weight;
    /// One line that explains the row, shown when it is selected.
    fn explain(&self, now: Unix) -> Option<String>;
}
