//! Applying a cluster's changes to its table. Must not know where deltas come from.

use super::engine::Table;
use super::row::Row;
use crate::model::ids::Uid;
use crate::model::update::{Delta, Scope};

impl<R: Row> Table<R> {
    /// Applies one delta. Rows that a full listing did not confirm go when it is complete, not when it starts, so that
    /// a resync never blanks the table.
    pub fn apply(&mut self, delta: Delta<R>) {
        if delta.restart {
            // One counter serves all scopes: a sweep looks at its own scope's rows alone, and every row that was
            // confirmed since that scope's restart carries a later epoch than the rows before it.
            self.epoch += 1;
            self.restarted(&delta.scope);
        }
        for row in delta.rows {
            self.upsert(row);
        }
        for uid in delta.gone {
            self.remove(uid);
        }
        if delta.complete {
            self.sweep(&delta.scope);
        }
    }

    fn restarted(&mut self, scope: &Scope) {
        let epoch = self.epoch;
        self.scope_starts.insert(scope.clone(), epoch);
    }

    fn sweep(&mut self, scope: &Scope) {
        let Some(start) = self.scope_starts.get(scope).copied() else { return };
        let gone: Vec<Uid> = self
            .slab
            .iter()
            .flatten()
            .filter(|entry| entry.epoch < start)
            .filter(|entry| match scope {
                Scope::Cluster => true,
                Scope::Namespace(namespace) => entry.row.namespace() == &**namespace,
            })
            .map(|entry| entry.row.uid())
            .collect();
        for uid in gone {
            self.remove(uid);
        }
    }
}
