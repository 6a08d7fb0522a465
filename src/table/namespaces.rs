//! Namespaces as table rows: kubectl's columns. Must not know the sidebar.

use std::cmp::Ordering;

use super::cell::{Cell, Column, Weight};
use super::measure::Sense;
use super::natural;
use super::row::Row;
use crate::model::age::{Unix, age};
use crate::model::ids::Uid;
use crate::model::namespace::NamespaceRow;

impl Row for NamespaceRow {
    const COLUMNS: &'static [Column] =
        &[Column::text("NAME", 0, 63).shrinking(24).frozen(), Column::text("STATUS", 0, 12), Column::time("AGE", 1, 8)];
    const DEFAULT_SORT: (usize, bool) = (0, false);

    fn uid(&self) -> Uid {
        self.uid
    }

    fn namespace(&self) -> &'static str {
        ""
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn own_bytes(&self) -> usize {
        0
    }

    fn cell(&self, column: usize, now: Unix) -> Cell<'_> {
        match column {
            0 => Cell::plain(&*self.name),
            1 => Cell::weighted(&*self.status, self.weight(now)),
            _ => Cell::plain(age(self.created, now)),
        }
    }

    fn compare(&self, other: &Self, column: usize, _: Sense) -> Ordering {
        match column {
            0 => natural::compare(&self.name, &other.name),
            1 => self.status.cmp(&other.status),
            _ => other.created.cmp(&self.created),
        }
    }

    fn moment(&self, column: usize) -> Option<Unix> {
        (column == 2).then_some(self.created)
    }

    fn any_text(&self, visit: &mut dyn FnMut(&str) -> bool) -> bool {
        visit(&self.name) || visit(&self.status)
    }

    fn unwell(&self, _now: Unix) -> Option<&str> {
        None
    }

    fn unwell_from(&self) -> Option<Unix> {
        None
    }

    fn weight(&self, _now: Unix) -> Weight {
        if &*self.status == "Active" { Weight::Plain } else { Weight::Moving }
    }

    fn explain(&self, now: Unix) -> Option<String> {
        Some(format!("{}, created {} ago", self.status, age(self.created, now)))
    }
}
