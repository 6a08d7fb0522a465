//! The names of a table's rows, lent to be searched beside the loop. Must not know who searches, nor for what.

use std::sync::Arc;

use super::row::Row;
use super::slab::Slab;
use crate::model::ids::Uid;

/// Namespace, name and identity of a row; answers whether more are wanted.
pub type Visit<'a> = &'a mut dyn FnMut(&str, &str, Uid) -> bool;

/// The rows of a table, as far as they are named. What changes meanwhile waits until this is dropped.
pub struct Names(Box<dyn Fn(Visit<'_>) + Send>);

impl Names {
    /// Lends the rows.
    pub(super) fn new<R: Row>(rows: Arc<Slab<R>>) -> Self {
        Self(Box::new(move |visit| {
            for row in rows.rows() {
                if !visit(row.namespace(), row.name(), row.uid()) {
                    return;
                }
            }
        }))
    }

    /// Shows every row, in no particular order.
    pub fn each(&self, visit: Visit<'_>) {
        (self.0)(visit);
    }
}
