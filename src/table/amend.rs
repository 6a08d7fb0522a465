//! Changing rows in place: what is known of an object besides what its watch says. Must not know what that is.

use std::collections::HashSet;

use super::engine::Table;
use super::row::Row;
use super::tally::Tally;
use crate::model::ids::Uid;
use crate::model::update::{Delta, Scope};

impl<R: Row, T: Tally<R>> Table<R, T> {
    /// Shows every row to `change`, and takes in those it returns another version of. Costs a look at each row.
    pub fn amend(&mut self, mut change: impl FnMut(&R) -> Option<R>) {
        // What waits for lent rows is newer than they are.
        let mut newer: HashSet<Uid> = HashSet::new();
        for delta in &mut self.waiting {
            newer.extend(&delta.gone);
            for row in &mut delta.rows {
                newer.insert(row.uid());
                if let Some(other) = change(row) {
                    *row = other;
                }
            }
        }
        let rows: Vec<R> = self.rows().filter(|row| !newer.contains(&row.uid())).filter_map(change).collect();
        if !rows.is_empty() {
            self.apply(Delta { scope: Scope::Cluster, restart: false, rows, gone: Vec::new(), complete: false });
        }
    }
}
