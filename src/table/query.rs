//! What a table is asked to show: order and filter. Must not know rows of any particular kind.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::filter::{Filter, Scratch};
use super::row::Row;
use crate::model::age::Unix;

/// The order of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// Index of the column.
    pub column: usize,
    /// Largest first.
    pub descending: bool,
}

/// Order and filter of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The order.
    pub sort: Sort,
    /// Only these namespaces; all if empty. Ignored for what lives in none.
    pub namespaces: BTreeSet<Arc<str>>,
    /// Only rows that this filter admits, as it was typed; one that means nothing here admits all.
    pub text: String,
    /// Only what needs a person.
    pub unwell: bool,
}

impl Query {
    /// Asks for every row in the kind's own order.
    #[must_use]
    pub fn all<R: Row>() -> Self {
        let (column, descending) = R::DEFAULT_SORT;
        Self { sort: Sort { column, descending }, namespaces: BTreeSet::new(), text: String::new(), unwell: false }
    }

    /// Tells whether a row is asked for; `filter` is what its text means.
    pub fn admits<R: Row>(&self, row: &R, filter: &Filter, now: Unix, scratch: &mut Scratch) -> bool {
        let namespace = row.namespace();
        (self.namespaces.is_empty() || namespace.is_empty() || self.namespaces.contains(namespace))
            && (!self.unwell || row.unwell(now).is_some())
            && filter.admits(row, now, scratch)
    }
}
