//! How the tables of a cluster were left, from one run to the next: the order and the filter of each kind. Must not read or
//! write files.
//!
//! A column is known by its heading: which place it has the server tells, and may tell otherwise the next time.

use std::collections::BTreeMap;

use super::picked::unpickable;
use super::tab::{ClusterView, KindView};
use super::tables::Tables;
use crate::config::state::{SavedSort, SavedTable};
use crate::model::kind::Kind;
use crate::table::cell::{Column, Metered};
use crate::table::filter::Filter;
use crate::table::query::Sort;

/// Kinds of a cluster whose tables are remembered, at most.
const KINDS: usize = 64;
/// Characters of a filter that is remembered, at most.
const LONGEST: usize = 500;

/// What is still to be made of how a table was left.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// The heading it is sorted by, if that is not the kind's own order.
    sort: Option<SavedSort>,
    /// It is to be sorted so once its columns are known.
    awaited: bool,
    /// The filter that was restored, as long as it is not known whether it means something here.
    filter: Option<String>,
}

impl KindView {
    /// A table as it was left.
    fn restore(&mut self, saved: SavedTable) {
        let SavedTable { sort, filter } = saved;
        self.kept = Kept { awaited: sort.is_some(), sort, filter: None };
        if !filter.is_empty() && filter.chars().count() <= LONGEST {
            self.query.text.clone_from(&filter);
            self.kept.filter = Some(filter);
        }
    }

    /// Sorts as it was left, once that can be said of the columns there are, and lets go of a filter that means nothing in
    /// them. Then takes note of what it is sorted by.
    pub(super) fn recall(&mut self, kind: &Kind, columns: &[Column]) {
        // Before the server has named its own there is one at most.
        if columns.len() < 2 {
            return;
        }
        if let Some(sort) = self.kept.sort.as_ref().filter(|_| self.kept.awaited)
            && let Some(column) = columns.iter().position(|column| column.title == sort.column)
        {
            self.query.sort = Sort { column, descending: sort.descending };
        }
        self.kept.awaited = false;
        if let Some(filter) = self.kept.filter.take()
            && self.query.text == filter
        {
            // What is measured may not be so yet.
            let measured = |column: &Column| match column.metered {
                Metered::Absent => Column { metered: Metered::Measured, ..column.clone() },
                _ => column.clone(),
            };
            let columns: Vec<Column> = columns.iter().map(measured).collect();
            if unpickable(kind, &filter).is_some() || Filter::parse(&filter, &columns).is_err() {
                self.query.text.clear();
            }
        }
        let sort = self.query.sort;
        let title = columns.get(sort.column).map(|column| &*column.title);
        let title = title.filter(|_| sort != Tables::default_query(kind).sort);
        let known = self.kept.sort.as_ref().map(|sort| (&*sort.column, sort.descending));
        if title.map(|title| (title, sort.descending)) != known {
            let descending = sort.descending;
            self.kept.sort = title.map(|title| SavedSort { column: title.to_owned(), descending });
        }
    }

    /// What is to be kept of it; `None` if it is as a fresh one.
    fn saved(&self) -> Option<SavedTable> {
        let filter = Some(&self.query.text).filter(|text| text.chars().count() <= LONGEST).cloned();
        let saved = SavedTable { sort: self.kept.sort.clone(), filter: filter.unwrap_or_default() };
        (saved != SavedTable::default()).then_some(saved)
    }
}

impl ClusterView {
    /// Takes over how the tables were left, before any is shown.
    pub(super) fn restore_tables(&mut self, saved: &BTreeMap<String, SavedTable>) {
        self.left = saved.iter().take(KINDS).map(|(kind, table)| (kind.clone(), table.clone())).collect();
        let kind = self.kind().clone();
        let fresh = self.fresh(&kind);
        *self.kind_view_mut() = fresh;
    }

    /// The table of a kind that was not shown in this run: as the last one left it.
    pub(super) fn fresh(&mut self, kind: &Kind) -> KindView {
        let mut view = KindView::of(kind);
        if let Some(saved) = self.left.remove(&kind.to_string()) {
            view.restore(saved);
        }
        view
    }

    /// How the tables are left.
    pub(super) fn saved_tables(&self) -> BTreeMap<String, SavedTable> {
        let shown = self.tables().filter_map(|(kind, view)| Some((kind.to_string(), view.saved()?)));
        shown.chain(self.left.clone()).take(KINDS).collect()
    }
}
